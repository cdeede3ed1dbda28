# SPDX-License-Identifier: MIT
"""Objects that are kept beside the answers: what a page is made of again asks the
database only for what is missing, and shows nothing that has changed."""
import json
import os
import re
import shutil
import sqlite3
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import database
import postgres
import thimble
from thimble import wait_until

BASE = "http://patchwork.example.org"
ADA = {"Authorization": "Token 0123456789abcdef0123456789abcdef01234567"}
# all kinds of embedded objects: projects, people, users, states, series, patches, covers, checks, comments
PATHS = ["/api/patches/?per_page=100", "/api/1.0/patches/?order=-date", "/api/patches/1/", "/api/events/?per_page=250",
         "/api/1.0/events/?per_page=100&page=2", "/api/covers/?per_page=250", "/api/series/?per_page=250",
         "/api/1.1/series/1/", "/api/bundles/", "/api/patches/1/checks/", "/api/patches/1/comments/",
         "/api/people/?per_page=250", "/api/projects/", "/api/covers/21/comments/"]


class ObjectsCase(thimble.TestCase):
    workers = "2"

    def demo(self, settings=None):
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}, "log": {"level": "debug"},
                              "server": {"base_url": BASE, "workers": self.workers}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        server.init("--demo")
        server.detach()
        self.path = os.path.join(server.directory, "thimble.db")
        return self.opened(server.start().wait_ready())

    def opened(self, server):
        # each worker asks one thing itself when it starts
        server.wait_log(r"database: 1 statements in a round trip", int(server.settings["server"]["workers"]))
        self.log = open(server.log_path, errors="replace")
        self.addCleanup(self.log.close)
        self.number = 0
        return server

    def execute(self, *statement, path=None):
        connection = sqlite3.connect(path or self.path, timeout=thimble.DEADLINE)
        with connection:
            rows = connection.execute(*statement).fetchall()
        connection.close()
        return rows

    def purge(self, server, *tags):
        answer = server.request("POST", "/purge", body=json.dumps({"tags": tags} if tags else {"all": True}),
                                unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def lookups(self, server):
        """(objects found, objects not found)"""
        text = server.get("/metrics", port=server.status_port).body.decode()
        return tuple(int(re.search(r'^thimble_cache_lookups_total\{tier="objects",result="%s"\} (\d+)$' % result, text,
                                   re.M)[1]) for result in ("hit", "miss"))

    def trips(self, server, path, headers=None):
        """The answer, made anew, and how many statements each round trip for it had."""
        self.log.read()
        answer = self.anew(server, path, headers)
        return answer, [int(n) for n in re.findall(r"database: (\d+) statements in a round trip", self.log.read())]

    def anew(self, server, path, headers=None):
        """Answers are kept by their query: each time another one."""
        self.number += 1
        unique = "x=%d" % self.number
        answer = server.get(path + ("&" if "?" in path else "?") + unique, headers=headers)
        self.assertEqual(answer.status, 200, path)
        answer.text = answer.body.decode()
        answer.links = answer.headers.get("Link", "").replace(unique, "")
        return answer

    def bodies(self, server):
        found = [self.anew(server, path, ADA) for path in PATHS]
        return [(answer.text, answer.links) for answer in found]

    def settle(self, server):
        """Asks once for all, so that objects are kept."""
        return self.bodies(server)


class Sqlite(ObjectsCase):
    def test_what_is_kept_is_not_asked_for(self):
        server = self.demo()
        path = "/api/events/?per_page=20&order=id"
        first, trips = self.trips(server, path)
        self.assertEqual(len(trips), 2, trips)
        self.assertGreater(trips[1], 2, "several kinds of objects")
        hits, misses = self.lookups(server)
        self.assertEqual(hits, 0)
        second, again = self.trips(server, path)
        self.assertEqual(again, trips[:1], "nothing is missing")
        self.assertEqual((second.text, second.links), (first.text, first.links))
        self.assertEqual(self.lookups(server), (misses, misses))

    def test_only_what_is_missing_is_asked_for(self):
        server = self.demo()
        path = "/api/events/?category=patch-created&per_page=10&order=id"
        first, trips = self.trips(server, path)
        patch = json.loads(first.text)[3]["payload"]["patch"]["id"]
        self.purge(server, "patch:%d" % patch)
        again, missing = self.trips(server, path)
        self.assertEqual(missing, [trips[0], 1], "one kind of objects")
        hits, misses = self.lookups(server)
        self.purge(server, "patch:%d" % patch)
        last, missing = self.trips(server, path)
        self.assertEqual(missing, [trips[0], 1])
        self.assertEqual(self.lookups(server)[1] - misses, 1, "one object")
        self.assertEqual({first.text, again.text, last.text}, {first.text})
        self.assertEqual(self.trips(server, path)[1], trips[:1])

    def test_a_page_of_patches(self):
        """Checks and related patches are lists, which are asked for each time; all else is kept."""
        server = self.demo()
        path = "/api/patches/?per_page=30"
        first, trips = self.trips(server, path)
        second, again = self.trips(server, path)
        self.assertEqual(first.text, second.text)
        self.assertEqual(len(trips), 2)
        self.assertEqual(again[0], trips[0])
        self.assertLessEqual(again[1], 2)
        self.assertGreaterEqual(trips[1], again[1] + 4, "projects, states, people, series")
        self.purge(server, "person:%d" % json.loads(first.text)[0]["submitter"]["id"])
        self.assertEqual(self.trips(server, path)[1], [again[0], again[1] + 1])

    def test_one_object_alone(self):
        server = self.demo()
        _, trips = self.trips(server, "/api/patches/1/comments/")
        self.assertEqual(len(trips), 2, trips)
        self.assertEqual(self.trips(server, "/api/patches/1/comments/")[1], trips[:1])

    def test_a_change_shows_in_every_answer(self):
        server = self.demo()
        plain = self.server({"cache": {"size": "0"}, "server": {"base_url": BASE}}, start=False)
        shutil.copy(self.path, plain.directory)
        plain.start().wait_ready()
        self.assertEqual(self.bodies(server), self.bodies(server))
        for table, column, tag in (("patchwork_project", "name", "project"),
                                   ("patchwork_project", "list_archive_url", "project"),
                                   ("patchwork_person", "name", "person"), ("auth_user", "first_name", "user"),
                                   ("patchwork_patch", "name", "patch"), ("patchwork_series", "name", "series"),
                                   ("patchwork_cover", "name", "cover"), ("patchwork_state", "slug", "state"),
                                   ("patchwork_check", "context", "check"),
                                   ("patchwork_patchcomment", "msgid", "patch_comment")):
            before = self.settle(server)
            keys = [row[0] for row in self.execute("SELECT id FROM %s" % table)]
            for path in (self.path, os.path.join(plain.directory, "thimble.db")):
                self.execute("UPDATE %s SET %s = %s || 'zz'" % (table, column, column), path=path)
            # a hundred at a time, as a request must not be too long
            for n in range(0, len(keys), 100):
                self.purge(server, *("%s:%d" % (tag, key) for key in keys[n:n + 100]))
            after = self.bodies(server)
            self.assertNotEqual(after, before, (table, column))
            self.number -= len(PATHS)
            want = self.bodies(plain)
            for got, expected, path in zip(after, want, PATHS):
                self.assertEqual(got, expected, (table, column, path))

    def test_an_answer_goes_with_the_objects_that_it_was_made_of(self):
        server = self.demo()
        path = "/api/events/?per_page=20"
        event = [e for e in json.loads(self.anew(server, path).text) if "patch" in e["payload"]][0]
        for tag, key in (("patch", event["payload"]["patch"]["id"]), ("project", event["project"]["id"])):
            for number in range(2):
                _, misses = self.lookups(server)
                unique = path + "&unique=%s%d" % (tag, number)
                before = server.get(unique).body
                self.assertEqual(self.lookups(server)[1], misses, "made of objects alone")
                self.execute("UPDATE patchwork_%s SET name = name || ' again' WHERE id = ?" % tag, (key,))
                self.assertEqual(server.get(unique).body, before, "kept")
                self.purge(server, "%s:%d" % (tag, key))
                self.assertIn(b' again"', server.get(unique).body)
                self.assertNotEqual(server.get(unique).body, before)

    def test_an_answer_goes_with_what_its_objects_join(self):
        server = self.demo()
        path = "/api/events/?category=patch-created&per_page=1"
        event = json.loads(self.anew(server, path).text)[0]
        self.assertEqual(event["project"]["id"], 1)
        self.execute("UPDATE patchwork_patch SET project_id = 2 WHERE id = ?", (event["payload"]["patch"]["id"],))
        self.purge(server)
        self.anew(server, path)
        _, misses = self.lookups(server)
        before = server.get(path).body
        self.assertEqual(self.lookups(server)[1], misses, "made of objects alone")
        self.execute("UPDATE patchwork_project SET linkname = 'renamed' WHERE id = 2")
        self.assertEqual(server.get(path).body, before, "kept")
        self.purge(server, "project:2")
        self.assertIn(b"/project/renamed/", server.get(path).body)

    def test_a_renamed_project_is_renamed_wherever_it_is_joined(self):
        server = self.demo()
        self.settle(server)
        self.execute("UPDATE patchwork_project SET linkname = 'renamed' WHERE id = 1")
        self.purge(server, "project:1")
        for path in ("/api/events/?per_page=250", "/api/patches/?project=1", "/api/series/?project=1", "/api/bundles/"):
            text = self.anew(server, path, ADA).text
            self.assertIn("/project/renamed/", text, path)
            self.assertNotIn("/project/thimble/", text, path)

    def test_coarse_tags_and_everything(self):
        server = self.demo()
        path = "/api/events/?per_page=20&order=id"
        for tags in (("people.*",), ("patches.*", "covers.*"), ("projects.*",), ()):
            self.settle(server)
            hits, misses = self.lookups(server)
            self.anew(server, path)
            self.assertEqual(self.lookups(server)[1], misses)
            self.purge(server, *tags)
            self.anew(server, path)
            if tags != ("people.*",):       # these events show nobody
                self.assertGreater(self.lookups(server)[1], misses, tags)

    def test_an_id_that_no_row_has_is_asked_for_each_time(self):
        server = self.demo()
        path = "/api/events/?category=patch-created&per_page=1"
        event = json.loads(self.anew(server, path).text)[0]["id"]
        self.execute("UPDATE patchwork_event SET patch_id = 4711 WHERE id = ?", (event,))
        self.purge(server)
        first, trips = self.trips(server, path)
        self.assertGreater(trips[1], 1)
        for _ in range(2):
            again, missing = self.trips(server, path)
            self.assertEqual((again.text, missing), (first.text, [trips[0], 1]))

    def test_max_stale_bounds_what_is_made_of_objects(self):
        server = self.demo({"cache": {"max_stale": "400ms"}})
        path = "/api/events/?per_page=20&order=id"
        for name in ("one", "two", "three"):
            self.execute("UPDATE patchwork_project SET name = ? WHERE id = 1", (name,))
            # no tag is raised; answers are asked for all the while, kept ones and new ones, made of what is kept
            wait_until(lambda: '"name":"%s"' % name in self.anew(server, path).text, "the new name in new answers")
            wait_until(lambda: '"name":"%s"' % name in server.get(path).body.decode(), "the new name in a kept one")
        self.assertGreater(self.lookups(server)[0], 0, "objects were taken")

    def test_what_a_writer_is_told_fills_nothing(self):
        server = self.demo()
        before = self.lookups(server)
        headers = dict(ADA, **{"Content-Type": "application/json"})
        answer = server.request("PATCH", "/api/patches/1/", body="{}", headers=headers)
        self.assertIn(answer.status, (200, 403))
        self.assertEqual(self.lookups(server), before)

    def test_equal_bytes_with_and_without(self):
        plain = self.demo({"cache": {"size": "0"}})
        want = self.bodies(plain)
        for size in ("16M", "4M"):
            server = self.demo({"cache": {"size": size}})
            for _ in range(3):
                self.number = 0
                self.assertEqual(self.bodies(server), want)
            self.assertGreater(self.lookups(server)[0], 100)

    def test_size_zero_keeps_nothing(self):
        server = self.demo({"cache": {"size": "0"}})
        path = "/api/events/?per_page=20&order=id"
        self.assertEqual(self.trips(server, path)[1], self.trips(server, path)[1])
        text = server.get("/metrics", port=server.status_port).body.decode()
        self.assertNotIn('tier="objects"', text)

    def test_another_configuration_does_not_take_them(self):
        server = self.demo()
        self.settle(server)
        other = os.path.join(server.directory, "other.db")
        shutil.copy(self.path, other)
        self.execute("UPDATE patchwork_project SET name = 'of another database' WHERE id = 1", path=other)
        server.configure({"store": {"url": "sqlite:" + other}})
        workers = server.wait_workers(2)
        server.signal(1)        # HUP
        server.wait_workers(2, without=workers)
        self.assertIn("of another database", self.anew(server, "/api/events/?per_page=20&order=id").text)

    def test_figures(self):
        server = self.demo()
        for _ in range(2):
            self.anew(server, "/api/events/?per_page=20&order=id")
        hits, misses = self.lookups(server)
        stats = json.loads(server.get("/stats", unix=server.control).body)["cache"]
        self.assertEqual((stats["object_hits"], stats["object_misses"]), (hits, misses))
        self.assertGreater(hits, 0)


@unittest.skipIf(postgres.bindir() is None, "PostgreSQL is not installed")
class Postgresql(ObjectsCase):
    def test_over_postgresql(self):
        with postgres.Cluster() as cluster:
            base = database.Postgresql(cluster, os.path.join(HERE, "fixture.sql"))
            server = self.server({"cache": {"size": "16M", "max_stale": "1h"}, "log": {"level": "debug"},
                                  "store": {"url": base.url}, "server": {"base_url": BASE}}, start=False)
            server.control = os.path.join(server.directory, "control")
            server.configure({"server": {"control": server.control}})
            plain = self.server({"store": {"url": base.url}, "server": {"base_url": BASE}})
            self.opened(server.start().wait_ready())
            self.compare(server, plain)
            path = "/api/events/?per_page=20&order=id"
            first, trips = self.trips(server, path)
            self.assertEqual(len(trips), 1, "nothing is missing")
            base.execute("UPDATE patchwork_project SET name = 'Renamed ' || id; UPDATE patchwork_person SET name = 'Nobody'")
            self.assertEqual(self.trips(server, path)[0].text, first.text)
            self.purge(server, *("project:%d" % n for n in range(1, 20)),
                       *("person:%d" % n for n in range(1, 80)))
            second, trips = self.trips(server, path)
            self.assertIn('"name":"Renamed ', second.text)
            self.assertEqual(len(trips), 2)
            self.compare(server, plain)
            server.stop()
            plain.stop()

    def compare(self, server, plain):
        for path in ("/api/patches/?per_page=250", "/api/events/?per_page=250", "/api/covers/",
                     "/api/series/?per_page=250", "/api/bundles/", "/api/projects/"):
            for _ in range(2):
                got = self.anew(server, path)
                self.number -= 1
                want = self.anew(plain, path)
                self.assertEqual((got.text, got.links), (want.text, want.links), path)


if __name__ == "__main__":
    unittest.main()
