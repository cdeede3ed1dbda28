# SPDX-License-Identifier: MIT
"""git-pw, the Patchwork client that most people use, against the fixture: its
commands, over the API's versions that it knows.
"""
import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
TOKEN = "%040x" % 0xabc002      # of maint

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class GitPw:
    kind = "sqlite"
    version = ""

    @classmethod
    def setUpClass(cls):
        if shutil.which("git-pw") is None:
            raise unittest.SkipTest("git-pw is not installed")
        cls.database = originals.copy(cls.kind)
        cls.addClassCleanup(cls.database.drop)
        cls.server = thimble.Server({"store": {"url": cls.database.url}})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start().wait_ready()

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="thimble-git-pw.")
        self.addCleanup(shutil.rmtree, self.home)
        self.work = os.path.join(self.home, "work")
        os.mkdir(self.work)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.home, "TMPDIR": self.home, "LC_ALL": "C.UTF-8",
                            "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat",
                            "PAGER": "cat", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
                            "GIT_COMMITTER_NAME": "C",
                            "GIT_COMMITTER_EMAIL": "c@example.org"}
        self.run_ok("git", "init", "-q")
        self.run_ok("git", "config", "pw.server", "%s/api/%s" % (self.server.url, self.version))
        self.run_ok("git", "config", "pw.project", "myproj")
        self.run_ok("git", "config", "pw.token", TOKEN)
        with open(os.path.join(self.work, "foo"), "w") as f:
            f.write("a\n")
        self.run_ok("git", "add", "foo")
        self.run_ok("git", "commit", "-q", "-m", "foo")

    def run_it(self, *command):
        done = subprocess.run(command, cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=thimble.DEADLINE)
        return done.returncode, done.stdout, done.stderr

    def run_ok(self, *command):
        status, output, errors = self.run_it(*command)
        self.assertEqual((status, errors), (0, ""), (command, output))
        return output

    def pw(self, line):
        return self.run_ok("git-pw", *line.split())

    def table(self, line):
        """The rows of a list, without the date, which is told as time that passed."""
        rows = list(csv.DictReader(io.StringIO(self.pw(line + " -f csv"))))
        return [{k: v for k, v in row.items() if k != "Date"} for row in rows]

    def ids(self, line):
        return [int(row["ID"]) for row in self.table(line)]

    def show(self, line):
        """The properties of an object; those that go on over several lines as a list."""
        shown = {}
        for line in self.pw(line).splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
            if len(cells) == 2 and cells != ["Property", "Value"]:
                name = cells[0] or name
                shown[name] = shown[name] + [cells[1]] if cells[0] == "" else [cells[1]]
        return {name: values if len(values) > 1 else values[0] for name, values in shown.items()}


class Reads(GitPw):
    def test_patches(self):
        bulk = [44, 41, 32, 29, 37, 28, 36, 33]
        # without --state it asks for those under review and the new ones; by default newest first
        self.assertEqual(set(self.ids("patch list --limit 8")), set(bulk))
        self.assertEqual(self.table("patch list --sort id --limit 1"), [
            {"ID": "1", "Name": "[1/2] p", "Submitter": "Sub Mitter (sub@example.com)", "State": "new",
             "Archived": "no", "Delegate": ""}])
        self.assertEqual(self.ids("patch list --state accepted --archived"), [3])
        self.assertEqual(self.ids("patch list --state accepted"), [])
        self.assertEqual(self.table("patch list --state accepted --archived --delegate deleg")[0]["Delegate"], "deleg")
        self.assertEqual(self.ids("patch list --state new --submitter sub@example.com --sort id --limit 5"),
                         [1, 2, 12, 15, 20])
        self.assertEqual(self.ids("patch list --submitter Sub --sort id --limit 3"), [1, 2, 12])
        self.assertEqual(sorted(self.ids("patch list bulk")), sorted(bulk))
        self.assertEqual(sorted(self.ids("patch list bulk --sort -date --limit 4 --page 1") + self.ids(
            "patch list bulk --sort -date --limit 4 --page 2")), sorted(bulk))
        self.assertEqual(self.ids("patch list nothing-of-the-kind"), [])
        self.assertIn("José Ünïcode 😀 (jose@example.com)", self.pw("patch list bulk"))
        self.assertEqual(self.show("patch show 3"), {
            "ID": "3", "Message ID": "<p3@example.com>", "Date": "2020-01-02T03:07:05", "Name": "third",
            "URL": self.server.url + "/project/myproj/patch/p3@example.com/",
            "Submitter": "None (nobody@example.com)", "State": "accepted", "Archived": "True", "Project": "My Project",
            "Delegate": "deleg", "Commit Ref": "deadbeef",
            "Series": "3    -"})
        self.assertNotIn("Series", self.show("patch show 5"))
        self.assertEqual(self.run_it("git-pw", "patch", "show", "999")[0], 1)

    def test_downloads(self):
        one = self.pw("patch download 1 -")
        self.assertTrue(one.startswith("From patchwork Thu Jan  2 03:05:05 2020\n"))
        self.assertIn("Signed-off-by: A <a@b>\nAcked-by: Foo <f@x>\n---\n", one)
        series = self.pw("series download 1 -")
        self.assertIn(one.rstrip("\n"), series)
        self.assertEqual(series.count("\nX-Patchwork-Id: "), 2)
        self.assertEqual(self.pw("bundle download pub -").count("\nX-Patchwork-Id: "), 3)
        for line, name, text in (("patch download 1", "1-2-p.patch", "Acked-by: Foo"), ("patch download --diff 1",
            "1-2-p.diff", "--- a/foo\n"),
                                 ("series download 1", "cov.patch", "content 2"),
                                 ("bundle download 1", "bundle-1-pub.mbox", "content 4")):
            status, _, told = self.run_it("git-pw", *line.split())
            self.assertEqual(status, 0, told)
            path = told.strip().rpartition(" ")[2]
            self.assertEqual(os.path.basename(path), name)
            with open(path) as f:
                self.assertIn(text, f.read())

    def test_apply(self):
        self.pw("patch apply 1")
        self.pw("patch apply --no-deps 2")
        self.assertEqual(self.run_ok("git", "log", "--reverse", "--format=%s %ae"),
                         "foo a@example.org\np sub@example.com\np sub@example.com\n")
        self.run_ok("git", "reset", "-q", "--hard", "HEAD~2")
        self.pw("patch apply 2")        # with what it depends on
        self.assertIn("Reviewed-by: Ré <r@x>", self.run_ok("git", "log", "-1"))
        self.run_ok("git", "reset", "-q", "--hard", "HEAD~2")
        self.pw("series apply 1")
        self.assertEqual(self.run_ok("git", "show", "HEAD:foo"), "c\n")
        self.run_ok("git", "reset", "-q", "--hard", "HEAD~2")

    def test_series(self):
        self.assertEqual(self.ids("series list --limit 2"), [8, 7])
        self.assertEqual(self.table("series list frob"),
                         [{"ID": "2", "Name": "frob", "Version": "2", "Submitter": "None (nobody@example.com)"}])
        self.assertEqual(self.ids("series list --submitter nobody@example.com --sort date"), [3, 2])
        self.assertEqual(self.show("series show 1"), {
            "ID": "1", "Date": "2020-01-02T03:04:05", "Name": "cov",
            "URL": self.server.url + "/project/myproj/list/?series=1", "Submitter": "Sub Mitter (sub@example.com)",
            "Project": "My Project", "Version": "1", "Received": "2 of 2", "Complete": "True",
            "Cover": "1    [0/2] cov", "Patches": ["1    [1/2] p", "2    [2/2] p"]})
        self.assertEqual(self.show("series show 2")["Complete"], "False")

    def test_bundles(self):
        self.assertEqual(self.table("bundle list --sort id"), [
            {"ID": id, "Name": name, "Owner": owner, "Public": public} for id, name, owner, public in (
                ("1", "pub", "maint", "yes"), ("2", "priv", "maint", "no"), ("4", "emoji 😀", "sub", "yes"),
                ("7", "with/slash", "sub", "yes"), ("8", "café", "deleg", "yes"))])
        self.assertEqual(self.ids("bundle list --owner maint --sort id"), [1, 2])
        self.assertEqual(self.ids("bundle list pri"), [2])
        self.assertEqual(self.show("bundle show pub")["Patches"], ["1    [1/2] p", "2    [2/2] p",
                                                                   "4    [PATCH] elsewhere"])
        self.assertEqual(self.show("bundle show 2")["Public"], "False")
        self.assertEqual(self.run_it("git-pw", "bundle", "show", "3")[0], 1)     # somebody else's


class Writes(GitPw):
    def own(self):
        """A database and a server for this test alone."""
        database = originals.copy(self.kind)
        self.addCleanup(database.drop)
        server = thimble.Server({"store": {"url": database.owner_url}, "cache": {"size": "8M"}})
        self.addCleanup(server.stop)
        server.start().wait_ready()
        self.run_ok("git", "config", "pw.server", "%s/api/%s" % (server.url, self.version))
        return server

    def test_patch_update(self):
        self.own()
        self.pw("patch update --state accepted --delegate maint@example.com --archived 1 1")
        self.pw("patch update --commit-ref beef 1 2")
        shown = self.show("patch show 1")
        self.assertEqual([shown[key] for key in ("State", "Delegate", "Archived", "Commit Ref")],
                         ["accepted", "maint", "True", "beef"])
        self.assertEqual([self.show("patch show 2")[key] for key in ("State", "Commit Ref")], ["new", "beef"])
        self.pw("patch update --archived 0 --state under-review 1")
        self.assertEqual([self.show("patch show 1")[key] for key in ("State", "Archived")], ["under-review", "False"])
        for line in ("patch update --state new 4", "patch update --delegate sub@example.com 1"):
            self.assertEqual(self.run_it("git-pw", *line.split())[0], 1, line)

    def test_bundle_changes(self):
        self.own()
        if self.version == "1.1":
            self.assertEqual(self.run_it("git-pw", "bundle", "create", "mine", "1")[0], 1)     # since 1.2
            return
        self.pw("bundle create --public mine 1 2")
        self.assertEqual(self.show("bundle show mine")["Patches"], ["1    [1/2] p", "2    [2/2] p"])
        mine, = self.ids("bundle list mine")        # what changes a bundle takes its id only
        self.pw("bundle add %d 3" % mine)
        self.assertEqual(len(self.show("bundle show mine")["Patches"]), 3)
        self.pw("bundle remove %d 1 2" % mine)
        self.pw("bundle update --name yours --private %d" % mine)
        shown = self.show("bundle show yours")
        self.assertEqual([shown["Patches"], shown["Public"]], ["3    third", "False"])
        self.assertEqual(self.run_it("git-pw", "bundle", "create", "yours", "1")[0], 1)
        self.pw("bundle delete %d" % mine)
        self.assertEqual(self.run_it("git-pw", "bundle", "show", "yours")[0], 1)


class Version11(Reads, Writes, unittest.TestCase):
    version = "1.1"


class Version12(Reads, Writes, unittest.TestCase):
    version = "1.2"


class Postgresql(Writes, unittest.TestCase):
    kind = "postgresql"
    version = "1.2"


if __name__ == "__main__":
    unittest.main()
