# SPDX-License-Identifier: MIT
"""Writes, beyond what the recordings show (tests/golden.py): seen at once by
who reads, whole or not at all, in order when they come together, and an answer
where the reference fails.
"""
import json
import os
import signal
import sqlite3
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
ADMIN, MAINT, DELEG, SUB, OTHER = 1, 2, 3, 4, 5
BOTH = 14               # maintains projects 1 and 2
READ_ONLY = "This server is read-only."

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Case(thimble.TestCase):
    kind = "sqlite"

    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.server = self.serve({"cache": {"size": "16M", "max_stale": "1h"}})

    def serve(self, settings):
        server = self.server_of = thimble.Server(settings)
        self.addCleanup(server.stop)
        server.configure({"store": {"url": self.database.owner_url}})
        return server.start().wait_ready()

    def rows(self, sql):
        return self.database.rows(sql)

    def ask(self, method, path, data=None, user=MAINT, server=None, **headers):
        headers = {"Host": "example.org", **({"Authorization": "Token %040x" % (0xabc000 + user)} if user else {}),
                   **{k.replace("_", "-"): v for k, v in headers.items()}}
        if data is not None and not isinstance(data, bytes):
            data = json.dumps(data).encode()
            headers.setdefault("Content-Type", "application/json")
        return (server or self.server).request(method, path, body=data, headers=headers)

    def write(self, method, path, data=None, status=200, **more):
        answer = self.ask(method, path, data, **more)
        self.assertEqual(answer.status, status, (method, path, data, answer.body[:1000]))
        return json.loads(answer.body) if answer.body else None

    def read(self, path, **more):
        return self.write("GET", path, **more)

    def break_events(self, how):
        """Every event that is written fails, or takes long."""
        if self.kind == "sqlite":
            body = {"fail": "SELECT RAISE(ABORT, 'broken on purpose');", "wait":
                    "SELECT count(*) FROM patchwork_patch a, patchwork_patch b, patchwork_patch c, patchwork_patch d, "
                    "patchwork_patch e, patchwork_patch f WHERE a.id + b.id + c.id + d.id + e.id + f.id < 0;"}[how]
            self.database.execute("CREATE TRIGGER broken BEFORE INSERT ON patchwork_event BEGIN %s END" % body)
            return
        body = {"fail": "RAISE EXCEPTION 'broken on purpose';", "wait": "PERFORM pg_sleep(600);"}[how]
        self.database.execute("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
                              "$$ BEGIN %s RETURN NEW; END $$; CREATE TRIGGER broken BEFORE INSERT ON patchwork_event "
                              "FOR EACH ROW EXECUTE FUNCTION broken()" % body)

    def mend_events(self):
        self.database.execute("DROP TRIGGER broken" + ("" if self.kind == "sqlite" else " ON patchwork_event"))

    def events(self, of):
        return self.rows("SELECT category, previous_state_id, current_state_id, actor_id FROM patchwork_event WHERE %s "
                         "ORDER BY id" % of)


class Both:
    # ---- seen at once

    READS = ["/api/patches/1/", "/api/1.0/patches/1/", "/api/patches/", "/api/patches/?state=new", "/api/patches/?state=accepted",
             "/api/patches/?project=myproj&per_page=5", "/api/patches/?project=myproj&state=new",
             "/api/patches/?archived=true", "/api/patches/?delegate=maint",
             "/api/patches/2/", "/api/patches/15/", "/api/patches/14/", "/api/patches/?order=state", "/api/patches/?order=check",
             "/api/events/", "/api/events/?patch=1", "/api/events/?project=other", "/api/events/?project=myproj&per_page=3", "/api/events/?category=check-created",
             "/api/patches/1/checks/", "/api/patches/1/checks/?context=ci", "/api/patches/1/comments/", "/api/patches/1/comments/1/",
             "/api/covers/1/comments/", "/api/bundles/", "/api/bundles/1/", "/api/bundles/?owner=maint", "/api/bundles/?q=pub", "/api/bundles/?project=myproj", "/api/bundles/?project=other",
             "/api/projects/", "/api/projects/1/", "/api/projects/myproj/", "/api/series/1/", "/api/users/2/", "/api/users/",
             "/api/people/1/", "/api/bundles/1001/", "/series/1/mbox/", "/bundle/maint/pub/mbox/", "/bundle/maint/new/mbox/",
             "/project/myproj/patch/p1@example.com/mbox/"]

    WRITES = [
        ("PATCH", "/api/patches/1/", {"state": "accepted"}, MAINT, 200),
        ("PATCH", "/api/patches/1/", {"delegate": MAINT, "archived": True, "commit_ref": "beef"}, MAINT, 200),
        ("PATCH", "/api/patches/1/", {"related": [2]}, MAINT, 200),
        ("PATCH", "/api/patches/20/", {"related": [1]}, MAINT, 200),
        ("PATCH", "/api/patches/1/", {"related": []}, MAINT, 200),
        ("PATCH", "/api/patches/2/", {"related": []}, MAINT, 200),
        ("PUT", "/api/patches/1/", {"state": "new", "delegate": None}, MAINT, 200),
        ("POST", "/api/patches/1/checks/", {"state": "fail", "context": "ci", "target_url": "https://ci.example.org/1"}, MAINT, 201),
        ("PATCH", "/api/patches/1/comments/1/", {"addressed": True}, MAINT, 200),
        ("PATCH", "/api/covers/1/comments/1/", {"addressed": False}, MAINT, 200),
        ("PATCH", "/api/projects/1/", {"web_url": "https://new.example.org/", "list_archive_url_format": "https://a.example.org/{}"},
         MAINT, 200),
        ("PATCH", "/api/users/2/", {"first_name": "Renamed", "settings": {"items_per_page": 7}}, MAINT, 200),
        ("PATCH", "/api/bundles/1/", {"name": "new", "public": True}, MAINT, 200),
        ("PATCH", "/api/bundles/1/", {"patches": [4]}, MAINT, 200),
        ("POST", "/api/bundles/", {"name": "another pub", "patches": [2, 1], "public": True}, MAINT, 201),
        ("DELETE", "/api/bundles/1/", None, MAINT, 204),
    ]

    def test_a_write_answered_is_a_write_seen(self):
        """Each answer that was kept is, after each write, the one of a server that keeps nothing."""
        plain = self.serve({"cache": {"size": "0"}})
        hits = changed = 0
        for method, path, data, user, status in self.WRITES:
            before = {}
            for read in self.READS:
                self.ask("GET", read)
                again = self.ask("GET", read, Cache_Status="?1")
                before[read] = again.body
                hits += "hit" in again.headers["Cache-Status"]
            self.write(method, path, data, status, user=user)
            for read in self.READS:
                want, got = self.ask("GET", read, server=plain), self.ask("GET", read)
                self.assertEqual((got.status, got.body), (want.status, want.body), (method, path, data, read))
                changed += got.body != before[read]
        # the test would prove nothing if there was nothing to be seen
        self.assertGreater(hits, len(self.WRITES) * len(self.READS) * 3 // 4)
        self.assertGreater(changed, 4 * len(self.WRITES))

    def wait_lease(self):
        """What was left in the outbox before this is applied by then, and nothing is forgotten any more."""
        thimble.wait_until(lambda: b"\nthimble_bus_lease 1\n" in self.server.get("/metrics", port=self.server.status_port).body,
                           lambda: "the lease:\n" + self.server.log())

    def test_a_write_invalidates_no_more_than_it_must(self):
        self.wait_lease()
        for path in ("/api/patches/29/", "/api/people/1/", "/api/projects/9/", "/api/patches/?project=99"):
            self.ask("GET", path)
            self.write("PATCH", "/api/patches/1/", {"state": "accepted"})
            self.write("PATCH", "/api/patches/1/", {"state": "new"})
            self.assertIn("hit", self.ask("GET", path, Cache_Status="?1").headers["Cache-Status"], path)

    def test_rights_are_never_remembered(self):
        self.read("/api/patches/1/")
        self.write("PATCH", "/api/patches/1/", {"state": "accepted"})
        self.database.execute("DELETE FROM patchwork_userprofile_maintainer_projects WHERE userprofile_id = 2")
        self.write("PATCH", "/api/patches/1/", {"state": "new"}, 403)
        self.write("POST", "/api/patches/1/checks/", {"state": "fail"}, 403)
        self.write("PATCH", "/api/bundles/1/", {"public": False})
        self.database.execute("UPDATE auth_user SET is_active = %s WHERE id = 2" % ("0" if self.kind == "sqlite" else "false"))
        self.assertEqual(self.write("PATCH", "/api/bundles/1/", {"public": True}, 403), {"detail": "User inactive or deleted."})

    # ---- together

    def in_parallel(self, calls):
        answers = [None] * len(calls)

        def run(i):
            answers[i] = calls[i]()
        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_changes_of_one_patch_follow_each_other(self):
        states = ("new", "under-review", "accepted", "rejected", "rfc")
        answers = self.in_parallel([lambda i=i: [self.ask("PATCH", "/api/patches/1/", {"state": states[(i + n) % 5]}).status
                                                 for n in range(8)] for i in range(8)])
        self.assertEqual({status for answer in answers for status in answer}, {200})
        events = self.events("patch_id = 1 AND category = 'patch-state-changed' AND actor_id = 2 AND date > '2026-01-01'")
        self.assertGreater(len(events), 8)
        for earlier, later in zip(events, events[1:]):
            self.assertEqual(earlier[2], later[1], events)
        self.assertEqual(self.rows("SELECT state_id FROM patchwork_patch WHERE id = 1"), [[events[-1][2]]])

    def test_relations_made_from_both_ends(self):
        members = [20, 21, 22, 23, 24, 25]
        for _ in range(4):
            answers = self.in_parallel([lambda a=a, b=b: self.ask("PATCH", "/api/patches/%d/" % a, {"related": [b]}).status
                                        for a, b in zip(members, members[1:] + members[:1])])
            self.assertLessEqual(set(answers), {200, 409}, answers)
            found = self.rows("SELECT related_id FROM patchwork_patch WHERE id BETWEEN 20 AND 25")
            self.assertTrue(all(cell[0] for cell in found), found)
            answers = self.in_parallel([lambda a=a: self.ask("PATCH", "/api/patches/%d/" % a, {"related": []}).status
                                        for a in members])
            self.assertEqual(set(answers), {200})
            self.assertEqual(set(map(tuple, self.rows("SELECT related_id FROM patchwork_patch WHERE id BETWEEN 20 AND 25"))), {("",)})

    def test_checks_of_one_patch_at_once(self):
        answers = self.in_parallel([lambda i=i: self.ask("POST", "/api/patches/22/checks/", {"state": "success", "context": "c%d" % i})
                                    for i in range(16)])
        self.assertEqual({answer.status for answer in answers}, {201})
        ids = {json.loads(answer.body)["id"] for answer in answers}
        self.assertEqual(len(ids), 16)
        self.assertLessEqual(ids, {check["id"] for check in self.read("/api/patches/22/checks/?per_page=250")})

    def test_bundles_of_one_name_at_once(self):
        answers = self.in_parallel([lambda: self.ask("POST", "/api/bundles/", {"name": "same", "patches": [1]}) for _ in range(6)])
        self.assertEqual(sorted(answer.status for answer in answers), [201] + [400] * 5)
        self.assertEqual(self.rows("SELECT count(*) FROM patchwork_bundle WHERE name = 'same'"), [["1"]])

    # ---- whole or not at all

    def state_of_all(self):
        return [self.rows("SELECT * FROM %s ORDER BY id" % table) for table in (
            "patchwork_patch", "patchwork_event", "patchwork_check", "patchwork_patchrelation", "patchwork_patchcomment")] + \
            self.rows("SELECT * FROM patchwork_patchchangenotification")

    HALF_WAY = [("PATCH", "/api/patches/1/", {"state": "accepted", "delegate": MAINT, "commit_ref": "x", "related": [2]}),
                ("POST", "/api/patches/1/checks/", {"state": "fail"}),
                ("PATCH", "/api/patches/1/comments/1/", {"addressed": True})]

    def test_what_fails_half_way_leaves_nothing(self):
        self.database.execute("UPDATE patchwork_project SET send_notifications = %s" % ("1" if self.kind == "sqlite" else "true"))
        before = self.state_of_all()
        self.break_events("fail")
        if self.kind == "postgresql":
            self.server.expect("broken on purpose")
        for method, path, data in self.HALF_WAY:
            self.assertEqual(self.ask(method, path, data).status, 400 if self.kind == "sqlite" else 500)
            self.assertEqual(self.state_of_all(), before)
        self.mend_events()
        for method, path, data in self.HALF_WAY:
            self.assertIn(self.ask(method, path, data).status, (200, 201))
        self.assertNotEqual(self.state_of_all(), before)

    def is_writing(self):
        if self.kind == "postgresql":
            return self.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        connection = sqlite3.connect(self.database.path, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False

    def test_a_worker_that_dies_half_way_leaves_nothing(self):
        before = self.state_of_all()
        self.break_events("wait")
        workers = self.server.workers()

        def write():
            try:
                self.ask(*self.HALF_WAY[0])
            except OSError:
                pass        # the connection is gone
        thread = threading.Thread(target=write)
        thread.start()
        thimble.wait_until(self.is_writing, "the write to begin")
        self.server.expect("worker")
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        thread.join()
        if self.kind == "postgresql":
            self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        self.server.wait_workers(2, without=workers)
        thimble.wait_until(lambda: not self.is_writing(), "the transaction to end")
        self.mend_events()
        self.assertEqual(self.state_of_all(), before)
        # nothing is locked
        self.write(*self.HALF_WAY[0])
        self.assertEqual(self.read("/api/patches/1/")["state"], "accepted")

    # ---- side effects

    def test_notifications_wait_until_the_state_is_as_it_was(self):
        self.database.execute("UPDATE patchwork_project SET send_notifications = %s" % ("1" if self.kind == "sqlite" else "true"))

        def waiting():
            return [row[:2] for row in self.rows("SELECT patch_id, orig_state_id, last_modified FROM patchwork_patchchangenotification")]
        self.write("PATCH", "/api/patches/1/", {"commit_ref": "x"})
        self.assertEqual(waiting(), [])
        for state, want in (("accepted", [["1", "1"]]), ("accepted", [["1", "1"]]), ("rfc", [["1", "1"]]), ("new", [])):
            self.write("PATCH", "/api/patches/1/", {"state": state})
            self.assertEqual(waiting(), want, state)
        # a patch that had no state has none to go back to
        self.write("PATCH", "/api/patches/5/", {"state": "new"})
        self.assertEqual(waiting(), [])

    def test_what_every_save_puts_in_order(self):
        crlf = "'one' || %s(13) || %s(10) || 'two'" % (("char",) * 2 if self.kind == "sqlite" else ("chr",) * 2)
        self.database.execute("UPDATE patchwork_patch SET hash = NULL, content = %s WHERE id = 1" % crlf)
        events = self.events("patch_id = 1")
        got = self.write("PATCH", "/api/patches/1/", {})
        self.assertEqual((got["hash"], got["content"]), ("46442bc9db2f5af64914a8eb45701e69d22f2921", "one\ntwo"))
        self.assertEqual(self.events("patch_id = 1"), events)

    def test_a_profile_that_is_missing_is_made(self):
        self.database.execute("DELETE FROM patchwork_userprofile WHERE user_id = 5")
        got = self.write("PATCH", "/api/users/5/", {"last_name": "Known"}, user=OTHER)
        self.assertEqual(got["settings"], {"send_email": False, "items_per_page": 100, "show_ids": False})

    def test_bundles_keep_their_order(self):
        made = self.write("POST", "/api/bundles/", {"name": "ordered", "patches": [3, 1, 2, 3]}, 201)
        order = "SELECT patch_id, \"order\" FROM patchwork_bundlepatch WHERE bundle_id = %d ORDER BY \"order\"" % made["id"]
        self.assertEqual(self.rows(order), [["3", "1"], ["1", "2"], ["2", "3"]])
        self.write("PATCH", "/api/bundles/%d/" % made["id"], {"patches": [2, 3]})
        self.assertEqual(self.rows(order), [["2", "1"], ["3", "2"]])
        self.write("DELETE", "/api/bundles/%d/" % made["id"], None, 204)
        self.assertEqual(self.rows(order), [])

    # ---- where the reference fails

    def test_an_answer_where_the_reference_fails(self):
        for state, name in ((5, "int"), (1.5, "float"), (True, "bool"), ([], "list"), ({}, "dict")):
            self.assertEqual(self.write("PATCH", "/api/patches/1/", {"state": state}, 400),
                             {"state": ["Incorrect type. Expected string value, received %s." % name]})
        for body, kind in (("state", "str"), (5, "int")):
            self.assertEqual(self.write("POST", "/api/patches/1/checks/", body, 400),
                             {"detail": ["Invalid data. Expected a dictionary, but got %s." % kind]})
        self.assertEqual(self.write("POST", "/api/patches/1/checks/", b"null", 400, Content_Type="application/json"),
                         {"detail": ["No data provided"]})
        taken = {"name": ["You have a bundle of that name already."]}
        self.assertEqual(self.write("POST", "/api/bundles/", {"name": "pub", "patches": [1]}, 400), taken)
        self.assertEqual(self.write("PATCH", "/api/bundles/2/", {"name": "pub"}, 400), taken)
        self.assertEqual(self.write("PATCH", "/api/bundles/2/", {"name": "a/b"}, 400),
                         {"name": ["The name may not contain a slash."]})
        self.assertTrue(self.write("PUT", "/api/patches/1/comments/1/", {"addressed": True})["addressed"])
        self.assertTrue(self.write("PUT", "/api/patches/1/comments/1/", {})["addressed"])
        for value in (1e300, -1e300, 10 ** 400, "9" * 5000):
            answer = self.write("PATCH", "/api/patches/1/", {"delegate": value}, 400)
            self.assertIn("object does not exist", answer["delegate"][0])

    def test_bodies_are_large_or_strange(self):
        text = "x" * (15 * 1024 * 1024)
        self.assertEqual(self.write("POST", "/api/patches/1/checks/", {"state": "success", "description": text}, 201)["description"], text)
        self.write("PATCH", "/api/patches/1/", {"related": [1] * 90000})
        self.assertEqual(self.ask("PATCH", "/api/patches/1/", b"[" * 100000, Content_Type="application/json").status, 400)
        for body in (b"\x00", b"{\"commit_ref\": \"\\u0000\"}", b"\xff\xfe{}", b"{\"a\":" * 200, b"commit_ref=%00&archived=1"):
            for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                self.assertLess(self.ask("PATCH", "/api/patches/1/", body, Content_Type=kind).status, 500, (body, kind))
        for slot in ("commit_ref", "pull_url"):
            self.assertEqual(self.write("PATCH", "/api/patches/1/", {slot: "é" * 255})[slot], "é" * 255)
            self.write("PATCH", "/api/patches/1/", {slot: "é" * 256}, 400)

    def test_html_and_locations(self):
        made = self.ask("POST", "/api/1.2/patches/1/checks/?format=json", {"state": "success"})
        self.assertRegex(made.headers["Location"], r"^http://example\.org/api/1\.2/patches/1/checks/\d+/\?format=json$")
        self.assertEqual(json.loads(made.body)["url"], made.headers["Location"])
        gone = self.ask("DELETE", "/api/bundles/1/")
        self.assertEqual((gone.status, gone.body, gone.headers.get("Content-Length"), gone.headers.get("Content-Type")),
                         (204, b"", None, None))
        self.assertEqual(gone.headers["Allow"], "GET, PUT, PATCH, DELETE, HEAD, OPTIONS")


class Sqlite(Both, Case):
    kind = "sqlite"


class Postgresql(Both, Case):
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
