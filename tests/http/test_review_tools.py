# SPDX-License-Identifier: MIT
"""`thimblectl repository` and `thimblectl user`: what they leave in the tables
of the Review Board API, on both kinds of database, and what they refuse.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import libpq
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
CORE = ("repository", "add", "core", "--path", "https://example.org/core.git")
REQUEST = ("INSERT INTO thimble_rb_request (submitter_id, repository_id, is_public, status, with_history, summary,"
           " description, testing_done, branch, bugs, close_description, extra_data, time_added, last_updated)"
           " VALUES (1, 1, true, 'P', true, '', '', '', '', '', '', '{}', 1, 1);")

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Common:
    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.site = self.server({"store": {"url": self.database.owner_url}}, start=False)

    def run_ctl(self, *arguments, stdin=None):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run([thimble.THIMBLECTL, "-c", self.site.config, *arguments], capture_output=True, text=True,
                              timeout=4 * thimble.DEADLINE, **given)

    def ctl(self, *arguments, stdin=None):
        done = self.run_ctl(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.ctl("--json", *arguments))

    def refused(self, status, words, *arguments, stdin=None):
        done = self.run_ctl(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")

    def rows(self, sql):
        return self.database.rows(sql)

    def only(self):
        listed = self.json("repository", "list")
        self.assertEqual(len(listed), 1)
        return listed[0]

    # --- repositories

    def test_a_repository_comes_changes_and_goes(self):
        self.assertEqual(self.json("repository", "list"), [])
        added = self.json(*CORE, "--project", "myproj", "--mirror", "git://example.org/core")
        self.assertEqual(added, {"id": added["id"], "name": "core"})
        plain = {"id": added["id"], "name": "core", "path": "https://example.org/core.git",
                 "mirror_path": "git://example.org/core", "project": "myproj", "git_dir": None, "public": True,
                 "visible": True, "history": True, "allowed": []}
        self.assertEqual(self.only(), plain)
        self.ctl("repository", "set", "core", "--path", "ssh://example.org/core", "--mirror", "", "--project", "2",
                 "--git-dir", "/srv/git/core.git", "--private", "--hidden", "--history", "off")
        other = dict(plain, path="ssh://example.org/core", mirror_path="", project="other", git_dir="/srv/git/core.git",
                     public=False, visible=False, history=False)
        self.assertEqual(self.only(), other)
        self.ctl("repository", "set", "core", "--public")
        self.assertEqual(self.only(), dict(other, public=True))
        self.ctl("repository", "set", "core", "--visible", "--history", "on", "--git-dir", "", "--project", "")
        self.assertEqual(self.only(), dict(other, public=True, visible=True, history=True, git_dir=None, project=None))
        self.assertEqual(self.rows("SELECT extra_data FROM thimble_rb_repository"), [["{}"]])
        self.ctl("repository", "remove", "core")
        self.assertEqual(self.json("repository", "list"), [])

    def test_who_may_see_a_private_one(self):
        self.ctl(*CORE, "--private", "--allow", "maint", "--allow", "deleg")
        self.assertEqual(self.only()["allowed"], ["deleg", "maint"])
        self.ctl("repository", "set", "core", "--allow", "other", "--allow", "maint", "--deny", "deleg")
        self.assertEqual(self.only()["allowed"], ["maint", "other"])
        self.refused(1, "there is no user nobody", "repository", "set", "core", "--allow", "nobody", "--hidden")
        self.assertTrue(self.only()["visible"])
        self.ctl("repository", "remove", "core")
        self.assertEqual(self.rows("SELECT id FROM thimble_rb_access"), [])

    def test_the_list_is_for_people_too(self):
        self.ctl(*CORE, "--project", "myproj")
        self.ctl("repository", "add", "docs", "--path", "x", "--hidden", "--private", "--git-dir", "/srv/docs")
        lines = [line.split() for line in self.ctl("repository", "list").splitlines()]
        self.assertEqual(lines[0], ["id", "name", "path", "project", "blobs", "readers", "series"])
        self.assertEqual(lines[1][1:], ["core", "https://example.org/core.git", "myproj", "trusted", "all", "yes"])
        self.assertEqual(lines[2][1:], ["docs", "(hidden)", "x", "-", "/srv/docs", "some", "yes"])

    def test_a_directory_that_is_none_is_told(self):
        directory = os.path.join(self.site.directory, "core.git")
        done = self.run_ctl(*CORE, "--git-dir", directory)
        self.assertEqual(done.returncode, 0)
        self.assertIn(directory + " is no Git repository that can be read here", done.stderr)
        os.makedirs(os.path.join(directory, "objects"))
        done = self.run_ctl("repository", "set", "core", "--git-dir", directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_repository_refuses(self):
        self.ctl(*CORE)
        self.refused(1, "there is a repository core already", *CORE)
        self.refused(1, "there is no project nowhere", "repository", "add", "x", "--path", "y", "--project", "nowhere")
        self.refused(1, "there is no project 99999", "repository", "add", "x", "--path", "y", "--project", "99999")
        self.refused(1, "there is no repository nothing", "repository", "set", "nothing", "--hidden")
        self.refused(1, "there is no repository nothing", "repository", "remove", "nothing")
        for words, *arguments in (
                ("repository what?",), ("there is no repository sell", "sell"), ("wants a --path", "add", "x"),
                ("takes one name", "add", "--path", "y"), ("takes one name", "add", "x", "y", "--path", "y"),
                ("the name must have 1 to 255", "add", "", "--path", "y"), ("the name", "add", 256 * "x", "--path", "y"),
                ("the name", "add", "a\tb", "--path", "y"), ("--path must have", "add", "x", "--path", ""),
                ("--mirror must have", "add", "x", "--path", "y", "--mirror", 256 * "z"),
                ("take a name of digits for an id", "add", "42", "--path", "y"),
                ("must be an absolute path", "add", "x", "--path", "y", "--git-dir", "core.git"),
                ("--history takes on or off", "add", "x", "--path", "y", "--history", "maybe"),
                ("--deny is for", "add", "x", "--path", "y", "--deny", "maint"),
                ("does not know --colour", "add", "x", "--colour"), ("wants a value", "add", "x", "--path"),
                ("at most 16 users", "set", "core", *(17 * ["--allow", "maint"])), ("set core: what?", "set", "core"),
                ("takes no name", "list", "core"), ("no option but --url", "list", "--private"),
                ("no option but --url", "remove", "core", "--hidden")):
            with self.subTest(arguments=arguments):
                self.refused(64, words, "repository", *arguments)
        self.ctl("repository", "add", 255 * "\u00e9", "--path", "y")
        self.assertEqual(len(self.json("repository", "list")), 2)

    def test_one_with_review_requests_stays(self):
        added = self.json(*CORE)
        self.database.execute(REQUEST.replace("VALUES (1, 1,", "VALUES (1, %d," % added["id"]))
        self.refused(1, "core has review requests", "repository", "remove", "core")
        self.assertEqual(self.only()["name"], "core")

    # --- users

    def test_a_token_is_shown_once(self):
        begun = int(time.time() * 1000000)
        token = self.ctl("user", "token", "maint", "--note", "for the robot").strip()
        self.assertRegex(token, "^rbp_[A-Za-z0-9]{50}$")
        ((digest, user, note, created, expires, since, policy),) = self.rows(
            "SELECT digest, user_id, note, created, expires, invalid_since, policy FROM thimble_rb_token"
            " WHERE scopes IS NULL")
        self.assertEqual(digest, hashlib.sha256(token.encode()).hexdigest())
        self.assertEqual((user, note, expires, since, policy), ("2", "for the robot", "", "", ""))
        self.assertLessEqual(begun - 1000000, int(created))
        self.assertLessEqual(int(created), int(time.time() * 1000000))
        self.assertNotEqual(self.ctl("user", "token", "maint").strip(), token)

    def test_what_a_token_may_do(self):
        policy = {"resources": {"*": {"allow": ["GET"], "block": ["POST", "PUT", "DELETE"]}}}
        path = os.path.join(self.site.directory, "policy")
        with open(path, "w") as f:
            json.dump(policy, f)
        told = self.json("user", "token", "maint", "--policy", path, "--expires", "2099-12-31")
        self.ctl("user", "token", "maint", "--policy", "-", "--expires", "2099-12-31T02:00:00+02:00",
                 "--scopes", "draft_commit:read,draft_commit:write session:destroy", stdin=json.dumps(policy))
        kept = self.rows("SELECT policy, expires, scopes FROM thimble_rb_token ORDER BY id")
        self.assertEqual([json.loads(row[0]) for row in kept], [policy, policy])
        self.assertEqual([row[1:] for row in kept], [["4102358400000000", ""],
                         ["4102358400000000", "draft_commit:read draft_commit:write session:destroy"]])
        listed = self.json("user", "tokens", "maint")
        self.assertEqual(listed[0], {"id": told["id"], "note": "", "state": "until 2099-12-31T00:00:00Z", "policy": True,
                                     "scopes": None})
        self.assertEqual(listed[1]["scopes"], kept[1][2])
        self.assertEqual(self.json("user", "tokens", "other"), [])

    def test_a_token_is_revoked(self):
        told = self.json("user", "token", "maint")
        self.assertEqual(self.json("user", "tokens", "maint")[0]["state"], "valid")
        self.assertEqual(self.json("user", "revoke", str(told["id"])), {"revoked": told["id"]})
        self.assertEqual(self.json("user", "tokens", "maint")[0]["state"], "revoked")
        since = self.rows("SELECT invalid_since FROM thimble_rb_token")
        self.ctl("user", "revoke", str(told["id"]))
        self.assertEqual(self.rows("SELECT invalid_since FROM thimble_rb_token"), since)
        self.refused(1, "there is no token 4711", "user", "revoke", "4711")
        lines = self.ctl("user", "tokens", "maint").splitlines()
        self.assertEqual(lines[1].split(), [str(told["id"]), "revoked", "no", "-"])
        self.database.execute("UPDATE thimble_rb_token SET invalid_since = NULL, expires = 5000000;")
        self.assertEqual(self.json("user", "tokens", "maint")[0]["state"], "expired 1970-01-01T00:00:05Z")

    def test_rights(self):
        edit, submit = "can_edit_reviewrequest", "can_submit_as_another_user"
        self.assertEqual(self.json("user", "right", "maint", submit), {"user": "maint", "rights": [submit]})
        self.assertEqual(self.json("user", "right", "maint", edit), {"user": "maint", "rights": [edit, submit]})
        self.assertEqual(self.ctl("user", "right", "maint", edit), edit + "\n" + submit + "\n")
        self.assertEqual(self.json("user", "right", "maint", submit, "--take"), {"user": "maint", "rights": [edit]})
        self.assertEqual(self.rows("SELECT user_id, name FROM thimble_rb_right"), [["2", edit]])

    def test_what_user_refuses(self):
        self.refused(1, "there is no user nobody", "user", "token", "nobody")
        self.refused(1, "there is no user nobody", "user", "tokens", "nobody")
        self.refused(1, "there is no user nobody", "user", "right", "nobody", "can_edit_reviewrequest")
        self.refused(1, "No such file", "user", "token", "maint", "--policy", os.path.join(self.site.directory, "none"))
        for bad in ("", "{", "[]", json.dumps({"resources": 5}), " " * 70000 + "{}"):
            self.assertEqual(self.run_ctl("user", "token", "maint", "--policy", "-", stdin=bad).returncode, 1, bad[:40])
        for words, *arguments in (
                ("user what?",), ("there is no user marry", "marry", "x"), ("takes 1 argument", "token"),
                ("takes 2 arguments", "right", "maint"), ("there is no right can_fly", "right", "maint", "can_fly"),
                ("is over already", "token", "maint", "--expires", "2001-01-01"),
                ("takes a date", "token", "maint", "--expires", "tomorrow"),
                ("--note may", "token", "maint", "--note", 1001 * "x"),
                ("is no scope", "token", "maint", "--scopes", "draft_commit:fly"),
                ("is no scope", "token", "maint", "--scopes", ""),
                ("is no scope", "token", "maint", "--scopes", "draft_commit"),
                ("is no scope", "token", "maint", "--scopes", "session:read,,session:write"),
                ("does not know --take", "token", "maint", "--take"),
                ("does not know --note", "right", "x", "y", "--note", "z"),
                ("takes the id", "revoke", "maint")):
            with self.subTest(arguments=arguments):
                self.refused(64, words, "user", *arguments)
        self.assertEqual(self.rows("SELECT id FROM thimble_rb_token"), [])
        self.assertEqual(self.rows("SELECT id FROM thimble_rb_right"), [])

    # --- both

    def test_without_the_tables(self):
        self.ctl("detach")
        for arguments in (("repository", "list"), CORE, ("user", "token", "maint"), ("user", "revoke", "1")):
            self.refused(1, "run thimblectl attach", *arguments)

    def test_errors_are_for_programs_too(self):
        done = self.run_ctl("--json", "repository", "remove", "nothing")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (1, {"error": "there is no repository nothing"}))

    def test_the_server_is_told(self):
        self.ctl(*CORE)
        tags = " ".join(row[0] for row in self.rows("SELECT tags FROM thimble_outbox")).split()
        self.assertIn("rb_repositories", tags)
        self.ctl("user", "right", "maint", "can_edit_reviewrequest")
        tags = " ".join(row[0] for row in self.rows("SELECT tags FROM thimble_outbox")).split()
        self.assertIn("auth:2", tags)


class Sqlite(Common, thimble.TestCase):
    kind = "sqlite"


class Postgresql(Common, thimble.TestCase):
    kind = "postgresql"

    def test_the_server_is_woken(self):
        listener = libpq.Session(originals.cluster.socket_url(self.database.name))
        self.addCleanup(listener.close)
        listener.execute("LISTEN thimble")
        self.ctl(*CORE)
        thimble.wait_until(lambda: listener.execute("SELECT 1") and listener.notified() == 1, "one notification")

    def test_who_may_only_read(self):
        self.ctl(*CORE)
        self.site.configure({"store": {"url": self.database.url}})
        self.refused(1, "see --url", "user", "token", "maint")
        self.ctl("user", "token", "maint", "--url", self.database.owner_url)
        self.assertEqual(re.findall(r"\bcore\b", self.ctl("repository", "list"))[:1], ["core"])


if __name__ == "__main__":
    unittest.main()
