# SPDX-License-Identifier: MIT
"""The bus: changes that others make in the database are seen, and as long as they
would be, answers are kept however old they are.

max_stale is an hour where a change has to be seen: so it is not by age.  It is short where an
answer that is older has to be a hit: so the lease counts; and where there must be no lease: then
an answer that was changed is seen to change by age.
"""
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import database
import libpq
import postgres
import thimble
from thimble import wait_until

FIXTURE = os.path.join(HERE, "fixture.sql")
UNRELATED = "/api/covers/?since=2100-01-01"

# what is changed, and an answer that is another one then
CHANGES = [
    ("UPDATE patchwork_patch SET name = 'another name' WHERE id = 1", "/api/patches/1/"),
    ("UPDATE patchwork_patch SET state_id = state_id + 1 WHERE id = 1", "/api/patches/?order=id"),
    ("UPDATE patchwork_project SET name = 'Renamed' WHERE id = 1", "/api/projects/1/"),
    ("UPDATE patchwork_person SET name = 'Somebody' WHERE id = 1", "/api/series/1/"),
    ("UPDATE auth_user SET first_name = 'Firstname' WHERE id = 2", "/api/patches/1/checks/"),
    ("UPDATE patchwork_series SET name = 'a series' WHERE id = 1", "/api/series/1/"),
    ("INSERT INTO patchwork_check (id, patch_id, user_id, date, state, context)"
     " VALUES (900, 1, 2, '2020-01-09 00:00:00', 2, 'new')", "/api/patches/1/"),
    ("DELETE FROM patchwork_check WHERE id = 900", "/api/patches/1/checks/"),
    ("UPDATE patchwork_patchcomment SET content = 'said otherwise'", "/api/patches/1/comments/"),
    ("DELETE FROM patchwork_event", "/api/events/"),
    ("UPDATE patchwork_patch SET name = 'all of them'", "/api/patches/?order=id&per_page=3"),
    ("DELETE FROM patchwork_check", "/api/patches/1/"),
]


class BusCase(thimble.TestCase):
    def serve(self, settings=None, start_detached=False, **more):
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}, "store": {"url": self.base_url()}},
                             start=False, **more)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        if start_detached:
            self.run_ctl(server, "detach")
        return server.start().wait_ready()

    def run_ctl(self, server, command):
        """As the owner of the tables."""
        subprocess.run([thimble.THIMBLECTL, "-c", server.config, command, *self.owner()], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=thimble.DEADLINE)

    def attach(self, server):
        self.run_ctl(server, "attach")

    def stats(self, server):
        return json.loads(server.get("/stats", unix=server.control).body)["bus"]

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return float(re.search(r"^%s (\S+)$" % name, text, re.M)[1])

    def wait_lease(self, server, held=True, state=None):
        def those():
            stats = self.stats(server)
            return stats["lease"] == held and state in (None, stats["state"])
        wait_until(those, lambda: "the lease to be %s: %s\n%s" % (held, self.stats(server), server.log()))

    def ask(self, server, path):
        answer = server.get(path, headers={"Cache-Status": "?1"})
        self.assertEqual(answer.status, 200, answer.body)
        answer.hit = answer.headers["Cache-Status"] == "thimble; hit"
        return answer

    def kept(self, server, path):
        """The answer, once it is a hit."""
        def hit():
            answer = self.ask(server, path)
            return answer if answer.hit else None
        return wait_until(hit, "%s to be kept" % path)

    def wait_change(self, server, path, before):
        wait_until(lambda: self.ask(server, path).body != before.body, lambda: "%s to change:\n%s" % (path, server.log()))

    def kept_old(self, server, path=UNRELATED, ms=1000):
        """The answer is a hit and older than that: it was made under the lease, and asked for so much later."""
        def old():
            before = self.kept(server, path)
            time.sleep(1.5 * ms / 1000)
            again = self.ask(server, path)
            return again.hit and again.body == before.body
        wait_until(old, lambda: "an old answer to be trusted:\n" + server.log())

    def not_kept_old(self, server, path=UNRELATED, ms=1000):
        self.kept(server, path)
        time.sleep(1.5 * ms / 1000)
        self.assertFalse(self.ask(server, path).hit)


class Changes:
    """For both databases: base_url(), execute(sql)."""

    def test_changes_are_seen_and_no_more_than_them(self):
        server = self.serve()
        self.wait_lease(server)
        forgets = self.stats(server)["forgets"]
        for sql, path in CHANGES:
            with self.subTest(sql):
                before = self.kept(server, path)
                self.kept(server, UNRELATED)
                self.execute(sql)
                self.wait_change(server, path, before)
                self.assertTrue(self.ask(server, UNRELATED).hit)
        self.assertGreater(self.metric(server, "thimble_bus_invalidations_total"), len(CHANGES))
        self.assertEqual(self.metric(server, "thimble_bus_lease"), 1)
        self.assertEqual(self.metric(server, "thimble_bus_forgets_total"), forgets)

    def test_old_answers_are_hits_under_the_lease(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        self.kept_old(server)

    def test_credentials_too(self):
        server = self.serve()
        self.wait_lease(server)
        who = {"Authorization": "Token " + self.token()}
        wait_until(lambda: server.get("/api/users/1/", headers=who).status == 200, "the token to count")
        self.execute("DELETE FROM authtoken_token")
        wait_until(lambda: server.get("/api/users/1/", headers=who).status != 200, "the token to count no more")

    def test_a_transaction_shows_when_it_commits(self):
        server = self.serve()
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        with self.writer() as writer:
            writer.execute("BEGIN")
            writer.execute("UPDATE patchwork_patch SET name = 'not yet' WHERE id = 1")
            # others go on, with numbers that are higher
            if self.kind == "postgresql":
                name = self.kept(server, "/api/covers/")
                self.execute("UPDATE patchwork_cover SET name = 'in between'")
                self.wait_change(server, "/api/covers/", name)
            self.assertEqual(self.kept(server, "/api/patches/1/").body, before.body)
            writer.execute("COMMIT")
            self.wait_change(server, "/api/patches/1/", before)

    def test_too_many_to_tell(self):
        server = self.serve()
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        # each of them a statement
        self.execute("BEGIN;" + "UPDATE patchwork_patch SET content = content || 'x' WHERE id = 1;" * 1200
                     + "COMMIT")
        self.wait_change(server, "/api/patches/1/", before)
        wait_until(lambda: self.stats(server)["forgets"] > 0, "everything to be forgotten")
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = 'and on' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)

    def test_star(self):
        server = self.serve()
        self.wait_lease(server)
        self.kept(server, UNRELATED)
        self.execute("INSERT INTO thimble_outbox (tags) VALUES ('*')")
        wait_until(lambda: not self.ask(server, UNRELATED).hit, "everything to be forgotten")

    def test_the_outbox_is_drained(self):
        server = self.serve()
        self.wait_lease(server)
        for number in range(20):
            self.execute("UPDATE patchwork_patch SET name = 'name %d'" % number)
        wait_until(lambda: self.rows() <= 1, lambda: "%d rows to be drained" % self.rows())

    # --- what happens to the bus

    def test_killed(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        server.expect(r"the bus \(pid \d+\) was killed")
        self.wait_lease(server)
        for _ in range(3):
            before, old = self.kept(server, "/api/patches/1/"), server.bus()
            os.kill(old, signal.SIGKILL)
            self.execute("UPDATE patchwork_patch SET name = name || '!' WHERE id = 1")
            self.wait_change(server, "/api/patches/1/", before)
            wait_until(lambda: server.bus() not in (None, old), "another bus")
        self.wait_lease(server)
        self.kept_old(server)

    def test_killed_while_there_are_changes(self):
        """With max_stale so long, only word of each change makes it seen."""
        server = self.serve()
        server.expect(r"the bus \(pid \d+\) was killed")
        self.wait_lease(server)
        for number in range(5):
            self.kept(server, "/api/patches/1/")
            wait_until(server.bus, "a bus")
            os.kill(server.bus(), signal.SIGKILL)
            self.execute("UPDATE patchwork_patch SET name = 'name %d' WHERE id = 1" % number)
            wait_until(lambda: server.bus() is not None and self.stats(server)["state"] == "held", "another bus")
        # what was read before its lease is not under it
        wait_until(lambda: json.loads(self.ask(server, "/api/patches/1/").body)["name"] == "name 4", "the last name")

    def test_stopped(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        self.kept_old(server)
        before, bus = self.kept(server, "/api/patches/1/"), server.bus()
        os.kill(bus, signal.SIGSTOP)
        try:
            self.execute("UPDATE patchwork_patch SET name = name || '!' WHERE id = 1")
            self.wait_change(server, "/api/patches/1/", before)
            self.wait_lease(server, False)
            self.not_kept_old(server)
        finally:
            os.kill(bus, signal.SIGCONT)
        self.wait_lease(server)
        self.kept_old(server)

    def test_one_that_hangs_is_replaced(self):
        server = self.serve(environment={"THIMBLE_TEST_HEARTBEAT_MS": "4000"})
        server.expect(r"the bus \(pid \d+\) (showed no life for too long|was killed)")
        self.wait_lease(server)
        old = server.bus()
        os.kill(old, signal.SIGSTOP)
        wait_until(lambda: server.bus() not in (None, old), "another bus")

    def test_reload(self):
        server = self.serve()
        self.wait_lease(server)
        old = server.bus()
        server.signal(signal.SIGHUP)
        server.wait_log("reloaded")
        wait_until(lambda: server.bus() not in (None, old), "a bus of the new configuration")
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = name || '!' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)

    def test_winch_and_back(self):
        server = self.serve()
        self.wait_lease(server)
        server.signal(signal.SIGWINCH)
        wait_until(lambda: not thimble.children_of(server.pid), "all to leave")
        server.signal(signal.SIGTTIN)
        wait_until(server.bus, "the bus")
        self.wait_lease(server)

    def test_quit_and_int(self):
        for number in (signal.SIGQUIT, signal.SIGINT, signal.SIGTERM):
            server = self.serve()
            self.wait_lease(server)
            server.signal(number)
            self.assertEqual(server.wait_end(), 0)

    def test_stop_with_a_bus_that_hangs(self):
        server = self.serve()
        server.expect(r"the bus \(pid \d+\) (did not leave|was killed)")
        self.wait_lease(server)
        os.kill(server.bus(), signal.SIGSTOP)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)

    def test_the_master_dies(self):
        server = self.serve()
        self.wait_lease(server)
        children = thimble.children_of(server.pid)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(thimble.alive, children)), "all to leave")

    # --- what happens to the database

    def test_triggers_go_and_come_back(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        self.kept_old(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute(self.drop_trigger)
        self.execute("UPDATE patchwork_patch SET name = name || '!' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)
        self.wait_lease(server, False, "no-triggers")
        self.not_kept_old(server)
        self.attach(server)
        self.wait_lease(server)
        self.kept_old(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = name || '?' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)

    def test_triggers_were_away_for_a_moment(self):
        """Back before anybody looked: that they were away shows, and everything is forgotten."""
        server = self.serve()
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        bus = server.bus()
        os.kill(bus, signal.SIGSTOP)
        try:
            self.execute(self.drop_trigger)
            self.execute("UPDATE patchwork_patch SET name = name || '!' WHERE id = 1")
            self.execute(self.make_trigger)
        finally:
            os.kill(bus, signal.SIGCONT)
        self.wait_change(server, "/api/patches/1/", before)

    def test_nothing_attached(self):
        server = self.serve({"cache": {"max_stale": "1s"}}, start_detached=True)
        self.wait_lease(server, False, "no-triggers")
        server.wait_log("bus: answers are kept for max_stale only: the database does not tell of every change")
        self.not_kept_old(server)
        self.attach(server)
        self.wait_lease(server)
        self.kept_old(server)

    def test_what_was_kept_before_the_first_lease_is_trusted_by_age(self):
        server = self.serve({"cache": {"max_stale": "3s"}}, start_detached=True)
        self.wait_lease(server, False, "no-triggers")
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = 'nobody tells of it' WHERE id = 1")
        self.attach(server)
        self.wait_lease(server)
        self.wait_change(server, "/api/patches/1/", before)

    def test_stats(self):
        server = self.serve()
        self.wait_lease(server)
        text = subprocess.run([thimble.THIMBLECTL, "-c", server.config, "stats"], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, check=True, timeout=thimble.DEADLINE).stdout
        self.assertRegex(text, r"(?m)^bus\n  lease +yes: the database tells of every change\n  behind +[\d.]+ s\n"
                               r"  position +\d+\n  outbox +\d+\n  tags +\d+\n  forgets +\d+$")


class Sqlite(Changes, BusCase):
    kind = "sqlite"
    drop_trigger = "DROP TRIGGER thimble_patchwork_patch_update"

    @classmethod
    def setUpClass(cls):
        cls.template = database.Sqlite(FIXTURE)
        cls.addClassCleanup(cls.template.drop)

    def test_triggers_go_without_a_word(self):
        """What is written into the schema itself leaves its version as it was."""
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        self.execute("PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'thimble_patchwork_patch_update'")
        self.wait_lease(server, False, "no-triggers")

    def setUp(self):
        self.base = self.template.copy()
        self.addCleanup(self.base.drop)
        self.make_trigger = self.query("SELECT sql FROM sqlite_master WHERE name = 'thimble_patchwork_patch_update'")

    def base_url(self):
        return self.base.url

    def execute(self, sql):
        self.base.execute(sql)

    def query(self, sql):
        connection = sqlite3.connect(self.base.path, timeout=thimble.DEADLINE)
        try:
            return connection.execute(sql).fetchone()[0]
        finally:
            connection.close()

    def rows(self):
        return self.query("SELECT count(*) FROM thimble_outbox")

    def token(self):
        return self.query("SELECT key FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id WHERE u.is_active"
                          " ORDER BY u.id")

    def owner(self):
        return ()

    def writer(self):
        class Writer:
            def __init__(self, path):
                self.connection = sqlite3.connect(path, isolation_level=None, timeout=thimble.DEADLINE)

            def __enter__(self):
                return self.connection

            def __exit__(self, *exception):
                self.connection.close()
        return Writer(self.base.path)

    def test_the_file_is_replaced(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        self.kept_old(server)
        other = self.template.copy()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE); UPDATE patchwork_patch SET name = 'of another file' WHERE id = 1;"
                      "PRAGMA wal_checkpoint(TRUNCATE)")
        before = self.kept(server, "/api/patches/1/")
        for suffix in ("-wal", "-shm"):
            if os.path.exists(self.base.path + suffix):
                os.unlink(self.base.path + suffix)
        os.rename(other.path, self.base.path)
        other.drop()
        self.wait_change(server, "/api/patches/1/", before)
        self.wait_lease(server)
        self.kept_old(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = 'changed there' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)

    def test_the_file_is_away_and_back(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server)
        os.rename(self.base.path, self.base.path + ".away")
        self.wait_lease(server, False, "away")
        os.rename(self.base.path + ".away", self.base.path)
        self.wait_lease(server)
        self.kept_old(server)

    def test_two_nodes_on_one_file(self):
        """Each reads for itself; what another one deleted too soon is seen to be missing."""
        first, second = self.serve(), self.serve()
        for server in (first, second):
            self.wait_lease(server)
        for number in range(5):
            before = [self.kept(server, "/api/patches/1/") for server in (first, second)]
            self.execute("UPDATE patchwork_patch SET name = 'name %d' WHERE id = 1" % number)
            for server, answer in zip((first, second), before):
                self.wait_change(server, "/api/patches/1/", answer)
        before = self.kept(second, "/api/patches/1/")
        os.kill(second.bus(), signal.SIGSTOP)
        self.execute("UPDATE patchwork_patch SET name = 'unseen' WHERE id = 1; UPDATE patchwork_patch SET name = name;"
                     "UPDATE patchwork_project SET name = 'later' WHERE id = 1;"
                     "DELETE FROM thimble_outbox WHERE id < (SELECT max(id) FROM thimble_outbox)")
        os.kill(second.bus(), signal.SIGCONT)
        self.wait_change(second, "/api/patches/1/", before)
        self.assertGreater(self.stats(second)["forgets"], 0)

    def test_a_stopped_server_leaves_one_file(self):
        """The last to close writes the log back: operators copy the file then."""
        server = self.serve()
        self.wait_lease(server)
        self.execute("UPDATE patchwork_patch SET name = 'at the end'")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(os.path.exists(self.base.path + "-wal"))


@unittest.skipUnless(postgres.bindir(), "PostgreSQL is not installed")
class Postgresql(Changes, BusCase):
    kind = "postgresql"
    drop_trigger = "ALTER TABLE patchwork_patch DISABLE TRIGGER thimble_update"
    make_trigger = "ALTER TABLE patchwork_patch ENABLE ALWAYS TRIGGER thimble_update"

    @classmethod
    def setUpClass(cls):
        cls.cluster = postgres.Cluster().start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.template = database.Postgresql(cls.cluster, FIXTURE)

    def setUp(self):
        self.base = self.template.copy()
        self.addCleanup(self.base.drop)
        self.user = "postgres"

    def base_url(self):
        return self.cluster.url(self.base.name, user=self.user)

    def execute(self, sql):
        return self.base.execute(sql)

    def rows(self):
        return int(self.execute("SELECT count(*) FROM thimble_outbox"))

    def token(self):
        return self.execute("SELECT key FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id WHERE u.is_active"
                            " ORDER BY u.id LIMIT 1").strip()

    def owner(self):
        return "--url", self.cluster.url(self.base.name)

    def writer(self):
        class Writer:
            def __init__(self, url):
                self.session = libpq.Session(url)

            def __enter__(self):
                return self.session

            def __exit__(self, *exception):
                self.session.close()
        return Writer(self.cluster.socket_url(self.base.name))

    def test_truncate_and_copy(self):
        server = self.serve()
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("TRUNCATE patchwork_check CASCADE")
        self.wait_change(server, "/api/patches/1/checks/", self.ask(server, "/api/patches/2/"))
        self.wait_change(server, "/api/patches/1/", before)
        before = self.kept(server, "/api/patches/1/checks/")
        self.execute("INSERT INTO patchwork_check (id, patch_id, user_id, date, state, context)"
                     " SELECT n, 1, 2, '2020-01-09 00:00:00', 2, 'c' || n FROM generate_series(1000, 1200) n")
        self.wait_change(server, "/api/patches/1/checks/", before)

    def test_without_a_notification(self):
        """Other nodes' thimbles do not notify: the next look finds it."""
        server = self.serve()
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("SET thimble.writer = on; UPDATE patchwork_patch SET name = 'quiet' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)

    def test_no_rights(self):
        self.user = database.READER
        server = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(server, False, "no-rights")
        self.not_kept_old(server)
        self.execute("GRANT SELECT, DELETE ON thimble_outbox TO " + database.READER)
        self.wait_lease(server)
        before = self.kept(server, "/api/patches/1/")
        self.execute("UPDATE patchwork_patch SET name = 'with rights' WHERE id = 1")
        self.wait_change(server, "/api/patches/1/", before)
        self.kept_old(server)
        self.execute("REVOKE DELETE ON thimble_outbox FROM " + database.READER)
        self.wait_lease(server, False, "no-rights")

    def test_the_second_node_has_no_lease(self):
        first = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(first)
        second = self.serve({"cache": {"max_stale": "1s"}})
        self.wait_lease(second, False, "another-node")
        second.wait_log("bus: answers are kept for max_stale only: another node is at work on this database")
        self.not_kept_old(second)
        self.kept_old(first)
        before = [self.kept(server, "/api/patches/1/") for server in (first, second)]
        self.execute("UPDATE patchwork_patch SET name = 'for both' WHERE id = 1")
        for server, answer in zip((first, second), before):
            self.wait_change(server, "/api/patches/1/", answer)
        first.signal(signal.SIGTERM)
        first.wait_end()
        self.wait_lease(second)
        self.kept_old(second)

    def test_the_database_is_away_and_back(self):
        server = self.serve({"cache": {"max_stale": "1s"}})
        server.expect("does not answer|terminating|the database system is|connection")
        self.wait_lease(server)
        self.kept_old(server)
        self.cluster.halt()
        self.wait_lease(server, False, "away")
        self.cluster.start()
        self.wait_lease(server)
        self.kept_old(server)
        self.assertGreater(self.stats(server)["forgets"], 0)

    def test_the_connection_is_cut(self):
        server = self.serve()
        self.wait_lease(server)
        for number in range(5):
            before = self.kept(server, "/api/patches/1/")
            self.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                         " WHERE application_name = 'thimble'")
            self.execute("UPDATE patchwork_patch SET name = 'name %d' WHERE id = 1" % number)
            self.wait_change(server, "/api/patches/1/", before)
            self.wait_lease(server, True, "held")

    def test_rows_of_another_cluster(self):
        """A restored outbox has numbers that this server never gave."""
        self.execute("INSERT INTO thimble_outbox (xid, tags) VALUES ('1', 'patch:1'), ('9999999999', '*')")
        server = self.serve()
        self.wait_lease(server)
        wait_until(lambda: self.rows() == 0, "the outbox to be empty")


if __name__ == "__main__":
    unittest.main()
