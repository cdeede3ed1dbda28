# SPDX-License-Identifier: MIT
"""What real clients write: b4 itself, with a repository of its own, and the
requests of pwclient and of the CI systems, as they send them (curl's with curl).
What they wrote is seen by the next reader, and is in the database as Patchwork
would have left it.  tests/http/test_git_pw.py has git-pw.
"""
import json
import mailbox
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
MAINT, OTHER = 2, 5
TOKEN = "%040x" % (0xabc000 + MAINT)
FORM = "application/x-www-form-urlencoded"
REQUESTS = {"User-Agent": "python-requests/2.28.1", "Accept-Encoding": "gzip, deflate", "Accept": "*/*", "Connection": "keep-alive"}

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Case(thimble.TestCase):
    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.before, = self.database.rows("SELECT max(id) FROM patchwork_event")[0]
        self.site = self.server({"store": {"url": self.database.owner_url}, "cache": {"size": "16M", "max_stale": "1h"}})

    def ask(self, method, path, body=None, kind=None, user=MAINT, headers=REQUESTS):
        sent = dict(headers, Authorization="Token %040x" % (0xabc000 + user))
        if kind is not None:
            sent["Content-Type"] = kind
        return self.site.request(method, path, body=body, headers=sent)

    def read(self, path):
        answer = self.site.get(path)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def events(self, patch):
        return [row for row, in self.database.rows(
            "SELECT category FROM patchwork_event WHERE patch_id = %d AND id > %s ORDER BY id" % (patch, self.before))]

    def watched(self, patch):
        """Reads the patch and its lists, so that there is something old in the cache."""
        for path in ("patches/%d/" % patch, "patches/?state=new", "patches/%d/checks/" % patch, "events/?patch=%d" % patch):
            self.read("/api/1.2/" + path)

    def run_ok(self, *command, cwd, environment):
        done = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=thimble.DEADLINE)
        self.assertEqual(done.returncode, 0, (command, done.stdout))
        return done.stdout


# --------------------------------------------------------------------------
# b4

class B4:
    SERIES = 3

    def setUp(self):
        if shutil.which("b4") is None:
            raise unittest.SkipTest("b4 is not installed")
        super().setUp()
        self.home = tempfile.mkdtemp(prefix="thimble-b4.")
        self.addCleanup(shutil.rmtree, self.home)
        self.work = os.path.join(self.home, "work")
        os.mkdir(self.work)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.home, "TMPDIR": self.home, "LC_ALL": "C.UTF-8",
                            "GIT_CONFIG_NOSYSTEM": "1"}
        self.git("init", "-q", "-b", "main")
        for key, value in (("user.name", "C"), ("user.email", "c@example.org"), ("b4.pw-url", self.site.url + "/"),
                           ("b4.pw-project", "myproj"), ("b4.pw-key", TOKEN), ("b4.pw-review-state", "under-review"),
                           ("b4.pw-accept-state", "accepted"), ("b4.pw-discard-state", "rejected"),
                           ("b4.attestation-policy", "off")):
            self.git("config", key, value)
        self.series = os.path.join(self.home, "series.mbox")
        self.write_series()
        self.cover, self.patches = self.register()

    def git(self, *arguments):
        return self.run_ok("git", *arguments, cwd=self.work, environment=self.environment)

    def b4(self, *arguments):
        for name in ("out", "ty"):
            shutil.rmtree(os.path.join(self.work, name), ignore_errors=True)
            os.mkdir(os.path.join(self.work, name))
        return self.run_ok("b4", *arguments, cwd=self.work, environment=self.environment)

    def commit(self, text):
        with open(os.path.join(self.work, "foo"), "a") as f:
            f.write(text + "\n")
        self.git("add", "foo")
        self.git("commit", "-q", "-m", text)

    def write_series(self):
        self.commit("first")
        self.git("checkout", "-q", "-b", "topic")
        for i in range(self.SERIES):
            self.commit("change %d" % i)
        with open(self.series, "w") as f:
            f.write(self.git("format-patch", "--thread", "--cover-letter", "--stdout", "main"))
        self.git("checkout", "-q", "main")

    def register(self):
        """The patches as Patchwork's mail parser would have stored them: the cover letter's message id, and id by message id."""
        box = mailbox.mbox(self.series)
        messages = [(message["Message-Id"], message["Subject"]) for message in box]
        box.close()
        for number, (msgid, subject) in enumerate(messages[1:]):
            self.database.execute("INSERT INTO patchwork_patch (id, msgid, date, headers, name, project_id, submitter_id, state_id, "
                                  "archived) VALUES (%d, '%s', '2026-01-01 00:00:00', '', '%s', 1, 1, 1, %s)"
                                  % (500 + number, msgid, subject, "FALSE"))
        self.assertEqual(len(messages), 1 + self.SERIES)
        return messages[0][0].strip("<>"), [500 + number for number in range(self.SERIES)]

    def states(self):
        return {self.read("/api/1.2/patches/%d/" % patch)["state"] for patch in self.patches}

    def told(self, output, state):
        self.assertEqual(output.count(" -> %s : " % state), self.SERIES, output)
        self.assertEqual(self.states(), {state})

    def test_am_and_ty(self):
        self.assertEqual(self.states(), {"new"})
        self.told(self.b4("am", "-m", self.series, "-o", "out", self.cover), "under-review")
        mbx, = [name for name in os.listdir(os.path.join(self.work, "out")) if name.endswith(".mbx")]
        self.git("am", "-q", os.path.join("out", mbx))
        self.told(self.b4("ty", "-a", "--branch", "main", "--since", "2020-01-01", "-o", "ty"), "accepted")
        self.told(self.b4("am", "-m", self.series, "-o", "out", self.cover), "under-review")
        self.told(self.b4("ty", "-d", "1"), "rejected")
        self.told(self.b4("am", "-m", self.series, "-o", "out", self.cover), "under-review")
        self.told(self.b4("ty", "-d", "1", "--pw-set-state", "superseded"), "superseded")
        for patch in self.patches:
            self.assertEqual(self.events(patch), ["patch-state-changed"] * 6)
        # who is the actor
        self.assertEqual(self.database.rows("SELECT DISTINCT actor_id FROM patchwork_event WHERE patch_id >= 500"), [[str(MAINT)]])

    def test_who_may_not(self):
        self.git("config", "b4.pw-key", "%040x" % (0xabc000 + OTHER))
        self.assertNotIn(" -> under-review : ", self.b4("am", "-m", self.series, "-o", "out", self.cover))
        self.assertEqual(self.states(), {"new"})

    def test_a_state_that_is_not_there(self):
        self.git("config", "b4.pw-review-state", "bogus")
        self.assertNotIn(" -> bogus : ", self.b4("am", "-m", self.series, "-o", "out", self.cover))
        self.assertEqual(self.states(), {"new"})


class B4Sqlite(B4, Case):
    kind = "sqlite"


class B4Postgresql(B4, Case):
    kind = "postgresql"


# --------------------------------------------------------------------------
# Requests

PWCLIENT = {"User-Agent": "pwclient (2.2.0)", "Accept-Encoding": "identity", "Connection": "close"}
RUST = {"User-Agent": "snowpatch/0.1.0", "Accept": "*/*"}


class Requests:
    # client, how it names itself, path, type, body
    CHECKS = [
        ("NIPA", REQUESTS, "/api/1.1/", FORM, {"user": MAINT, "state": "success", "target_url": "https://ci.example.org/1",
                                               "context": "netdev_build", "description": "Errors and warnings: 0"}),
        ("kernel-patches-daemon", REQUESTS, "/api/1.2/", FORM, {"target_url": "https://ci.example.org/run/2", "context": "VM_Test-1",
                                                                "description": "Logs for é", "state": "warning"}),
        ("bluez", REQUESTS, "/api/", FORM, {"user": MAINT, "state": "fail", "target_url": "https://ci.example.org/3", "context": "tedd_an",
                                            "description": "x" * 2000}),
        ("snowpatch", RUST, "/api/1.2/", "application/json", {"state": "pending", "target_url": "https://ci.example.org/4",
                                                              "context": "snowpatch-build", "description": "queued"}),
        ("sashiko", REQUESTS, "/api/1.2/", "application/json", {"state": "success", "context": "review", "description": "none",
                                                                "target_url": "https://ci.example.org/5"}),
        ("gcc-precommit-ci", REQUESTS, "/api/1.3/", "application/json", {"state": "success", "context": "gcc-build--arm", "description": "",
                                                                         "target_url": "https://ci.example.org/6"}),
        ("sktm", REQUESTS, "/api/1.0/", "application/json", {"context": "kernelci", "state": 3, "target_url": "https://ci.example.org/7",
                                                             "description": "boot failed"}),
        ("pwclient", PWCLIENT, "/api/1.2/", "application/json", {"context": "ci", "state": "warning", "target_url":
                                                                 "https://ci.example.org/8", "description": "from pwclient"}),
    ]
    STATES = ["pending", "success", "warning", "fail"]

    @staticmethod
    def body(kind, data):
        return urlencode(data) if kind == FORM else json.dumps(data)

    def test_checks(self):
        self.watched(2)
        for client, headers, version, kind, data in self.CHECKS:
            made = self.ask("POST", version + "patches/2/checks/", self.body(kind, data), kind, headers=headers)
            self.assertEqual(made.status, 201, (client, made.body))
            check = json.loads(made.body)
            state = data["state"] if isinstance(data["state"], str) else self.STATES[data["state"]]
            self.assertEqual((check["state"], check["user"]["id"]), (state, MAINT), client)
            for name in ("target_url", "context", "description"):
                self.assertEqual(check[name], data[name], (client, name))
            self.assertRegex(made.headers["Location"], r"/patches/2/checks/%d/$" % check["id"], client)
            # whoever reads next sees it: the list, the latest of its context, the patch, the event
            listed = self.read("/api/1.2/patches/2/checks/?per_page=250")
            self.assertEqual(listed[-1]["id"], check["id"], client)
            latest, = self.read("/api/1.2/patches/2/checks/?context=%s&order=-date&per_page=1" % data["context"])
            self.assertEqual(latest["id"], check["id"], client)
            self.assertEqual(self.read("/api/1.2/events/?patch=2&category=check-created&order=-date")[0]["payload"]["check"]["id"],
                             check["id"], client)
        self.assertEqual(self.read("/api/1.2/patches/2/")["check"], "fail")
        self.assertEqual(self.events(2), ["check-created"] * len(self.CHECKS))
        for client, headers, version, kind, data in self.CHECKS:
            refused = self.ask("POST", version + "patches/2/checks/", self.body(kind, data), kind, headers=headers, user=OTHER)
            self.assertEqual(refused.status, 403, client)
        self.assertEqual(len(self.events(2)), len(self.CHECKS))

    # client, how it names itself, path, type, body, what is to be seen
    UPDATES = [
        ("b4", {"User-Agent": "b4/0.12.0"}, "/api/1.2/", FORM, {"state": "under-review"}, {"state": "under-review"}),
        ("NIPA", REQUESTS, "/api/1.1/", FORM, {"state": "changes-requested"}, {"state": "changes-requested"}),
        ("kernel-patches-daemon", REQUESTS, "/api/1.2/", FORM, {"state": "accepted", "archived": "True"},
         {"state": "accepted", "archived": True}),
        ("delegation by form", REQUESTS, "/api/1.2/", FORM, {"delegate": str(MAINT), "archived": "False"},
         {"delegate": MAINT, "archived": False}),
        ("pwclient", PWCLIENT, "/api/1.2/", "application/json", {"state": "Under Review", "commit_ref": "cafe01", "archived": True},
         {"state": "under-review", "commit_ref": "cafe01", "archived": True}),
        ("pwclient, one thing only", PWCLIENT, "/api/1.1/", "application/json", {"state": "Accepted"},
         {"state": "accepted", "commit_ref": "cafe01", "archived": True}),
        ("pw-ci", {"User-Agent": "(pw-ci) pw-mon-1.0", "Accept": "*/*"}, "/api/", "application/json", {"state": "superseded"},
         {"state": "superseded"}),
        ("nobody's any more", REQUESTS, "/api/1.2/", "application/json", {"delegate": None}, {"delegate": None}),
    ]

    def test_updates(self):
        self.watched(1)
        for client, headers, version, kind, data, want in self.UPDATES:
            answer = self.ask("PATCH", version + "patches/1/", self.body(kind, data), kind, headers=headers)
            self.assertEqual(answer.status, 200, (client, answer.body))
            for patch in (json.loads(answer.body), self.read("/api/1.2/patches/1/")):
                got = {key: patch[key] for key in want}
                if got.get("delegate"):
                    got["delegate"] = got["delegate"]["id"]
                self.assertEqual(got, want, client)
            refused = self.ask("PATCH", version + "patches/1/", self.body(kind, data), kind, headers=headers, user=OTHER)
            self.assertEqual(refused.status, 403, client)
        self.assertEqual(self.events(1), ["patch-state-changed"] * 3 + ["patch-delegated"] + ["patch-state-changed"] * 3 + ["patch-delegated"])
        self.assertNotIn(1, [patch["id"] for patch in self.read("/api/1.2/patches/?state=new&per_page=250")])
        self.assertIn(1, [patch["id"] for patch in self.read("/api/1.2/patches/?state=superseded&per_page=250")])

    def test_bundles(self):
        """As git-pw sends them: forms, patches repeated; and as JSON."""
        made = self.ask("POST", "/api/1.2/bundles/", urlencode([("name", "ci"), ("patches", 1), ("patches", 2), ("public", "True")]), FORM)
        self.assertEqual(made.status, 201, made.body)
        path = "/api/1.2/bundles/%d/" % json.loads(made.body)["id"]

        def shown():
            bundle = self.read(path)
            return bundle["name"], bundle["public"], [patch["id"] for patch in bundle["patches"]]
        self.assertEqual(shown(), ("ci", True, [1, 2]))
        for kind, data, want in (
                (FORM, [("patches", 1), ("patches", 2), ("patches", 3)], ("ci", True, [1, 2, 3])),
                (FORM, [("name", "renamed")], ("renamed", True, [1, 2, 3])),
                ("application/json", {"patches": [3]}, ("renamed", True, [3])),
                ("application/json", {"name": "again", "public": True}, ("again", True, [3]))):
            answer = self.ask("PATCH", path, self.body(kind, data), kind)
            self.assertEqual(answer.status, 200, (data, answer.body))
            self.assertEqual(shown(), want)
            self.assertEqual(self.ask("PATCH", path, self.body(kind, data), kind, user=OTHER).status, 403)
        self.assertEqual(self.ask("DELETE", path, user=OTHER).status, 403)
        self.assertEqual(self.ask("DELETE", path).status, 204)
        self.assertEqual(self.site.get(path).status, 404)

    def curl(self, *arguments):
        """The status and the body, of what curl makes of it."""
        with tempfile.TemporaryDirectory(prefix="thimble-curl.") as directory:
            output = self.run_ok("curl", "-sS", "-w", "\n%{http_code}", "-H", "Authorization: Token " + TOKEN, *arguments, cwd=directory,
                                 environment={"PATH": os.environ["PATH"], "HOME": directory})
        body, _, status = output.rpartition("\n")
        return int(status), json.loads(body)

    def test_shell_scripts(self):
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        self.watched(1)
        # LTP: multipart
        status, patch = self.curl("-X", "PATCH", "-F", "state=accepted", "-F", "archived=true", self.site.url + "/api/patches/1/")
        self.assertEqual((status, patch["state"], patch["archived"]), (200, "accepted", True))
        status, check = self.curl("-X", "POST", "-F", "state=success", "-F", "context=ltp_build-x86", "-F",
                                  "target_url=https://ci.example.org/9", "-F", "description=ok", self.site.url + "/api/patches/1/checks/")
        self.assertEqual((status, check["context"], check["description"]), (201, "ltp_build-x86", "ok"))
        # pw-ci: JSON; what is long is announced with Expect: 100-continue
        for size in (10, 3000000):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
                json.dump({"state": "fail", "context": "github-robot", "target_url": "https://ci.example.org/10", "description": "x" * size}, f)
                f.flush()
                status, check = self.curl("-A", "(pw-ci) pw-post-1.0", "-H", "Content-Type: application/json", "-X", "POST", "--data",
                                          "@" + f.name, self.site.url + "/api/patches/1/checks/")
            self.assertEqual((status, check["state"], len(check["description"])), (201, "fail", size))
        # a check is looked for before it is made
        self.assertEqual(len(self.read("/api/patches/1/checks/?context=github-robot")), 2)
        self.assertEqual(self.read("/api/patches/1/")["check"], "fail")
        self.assertEqual(self.curl("-X", "PATCH", "-F", "state=bogus", self.site.url + "/api/patches/1/")[0], 400)

    def test_what_is_refused_is_explained(self):
        for kind, data, want in (
                (FORM, {"context": "a b", "state": "success"},
                 {"context": ["Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens."]}),
                (FORM, {"context": "ci"}, {"state": ["A check must have a state."]}),
                ("application/json", {"state": "ok"}, {"state": ["\"ok\" is not a valid choice."]})):
            answer = self.ask("POST", "/api/1.2/patches/2/checks/", self.body(kind, data), kind)
            self.assertEqual((answer.status, json.loads(answer.body)), (400, want))
        for token in ("Token " + "0" * 40, "Token", "Bearer " + TOKEN):
            answer = self.site.request("POST", "/api/1.2/patches/2/checks/", body="state=success",
                                       headers={"Authorization": token, "Content-Type": FORM})
            self.assertIn(answer.status, (401, 403), token)
            self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(self.events(2), [])


class RequestsSqlite(Requests, Case):
    kind = "sqlite"


class RequestsPostgresql(Requests, Case):
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
