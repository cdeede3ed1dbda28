# SPDX-License-Identifier: MIT
"""`thimblectl events`: what is there, and with --follow everything that comes,
once, whatever order it is committed in.
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import libpq
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
NAMES = {"id", "name", "link_name", "username", "state", "context"}
INSERT = "INSERT INTO patchwork_event (category, date, project_id, patch_id) "

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


def reduced(event):
    """One of the API's, with ids and names only."""
    def small(value):
        return {k: v for k, v in value.items() if k in NAMES} if isinstance(value, dict) else value
    return {k: {name: small(v) for name, v in value.items()} if k == "payload" else small(value)
            for k, value in event.items()}


class Follower:
    """`thimblectl events --follow`, and what it printed so far."""

    def __init__(self, config, *arguments):
        self.process = subprocess.Popen([thimble.THIMBLECTL, "-c", config, "events", "--follow", *arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines, self.errors = [], []
        self.threads = [threading.Thread(target=self.read, args=pair) for pair in (
            (self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line)

    def ids(self):
        return [json.loads(line)["id"] for line in list(self.lines)]

    def wait(self, *ids):
        thimble.wait_until(lambda: set(ids) <= set(self.ids()),
                           lambda: "%s among %s; %s" % (ids, self.ids()[-20:], self.errors))

    def wait_said(self, pattern):
        thimble.wait_until(lambda: re.search(pattern, "".join(self.errors)), lambda: "%r in %s" % (pattern, self.errors))

    def end(self, number=signal.SIGTERM):
        """Its exit status, and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(thimble.DEADLINE)
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, "".join(self.errors)


class Case(thimble.TestCase):
    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.place = self.server({"store": {"url": self.database.url}}, start=False)

    def events(self, *arguments, status=0):
        done = subprocess.run([thimble.THIMBLECTL, "-c", self.place.config, "events", *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=thimble.DEADLINE)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotRegex(done.stderr, thimble.SANITIZER)
        self.assertEqual(done.stderr == "", status == 0, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def follow(self, *arguments):
        follower = Follower(self.place.config, "--json", *arguments)
        self.addCleanup(follower.end)
        return follower

    def highest(self):
        return int(self.database.rows("SELECT max(id) FROM patchwork_event")[0][0])

    def happen(self, count=1, category="patch-created", project=1):
        """Their ids."""
        before = self.highest()
        self.database.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) " % count + INSERT
                              + "SELECT '%s', '2026-01-01 00:00:00', %d, 1 FROM n" % (category, project))
        return [int(row[0]) for row in self.database.rows("SELECT id FROM patchwork_event WHERE id > %d ORDER BY id" % before)]

    def started(self, *arguments):
        """One that has printed the last event, and waits."""
        last, = self.happen()
        follower = self.follow("-n", "1", *arguments)
        follower.wait(last)
        return follower


class Both:
    def test_they_are_those_of_the_api(self):
        self.place.start().wait_ready()
        want = json.loads(self.place.get("/api/1.3/events/?per_page=250").body)
        self.assertEqual(len({event["category"] for event in want}), 11)
        got = [json.loads(line) for line in self.events("--json", "-n", "1000").splitlines()]
        self.assertEqual(got, sorted(map(reduced, want), key=lambda event: event["id"]))
        self.assertEqual(list(got[0]), list(want[0]))

    def test_the_last_ones(self):
        everything = [int(row[0]) for row in self.database.rows("SELECT id FROM patchwork_event ORDER BY id")]

        def ids(*arguments):
            return [json.loads(line)["id"] for line in self.events("--json", *arguments).splitlines()]
        self.assertEqual(ids(), everything[-30:])
        self.assertEqual(ids("-n", "3"), everything[-3:])
        self.assertEqual(ids("-n", "0"), [])
        self.assertEqual(ids("-n", "2", "--project", "OTHER"), [30, 35])
        self.assertEqual(ids("--project", "2", "--category", "series-created"), [16])
        self.assertEqual(ids("--category", "check-created"), [12])

    def test_wrong_usage(self):
        for arguments, status, text in ((["-n", "x"], 64, "-n takes"), (["-n", "10001"], 64, "-n takes"), (["12"], 64, "no argument"),
                                        (["--bogus"], 64, "does not know --bogus"), (["--category", "gone"], 64, "no category gone"),
                                        (["--project", "nowhere"], 1, "no project nowhere"),
                                        (["--project", "99"], 1, "no project 99")):
            self.assertIn(text, self.events(*arguments, status=status))

    def test_for_people(self):
        self.database.execute("UPDATE patchwork_patch SET name = 'a' || %s || '[2Jb' || %s || 'c' WHERE id = 3"
                              % (("char(27)", "char(155)") if self.kind == "sqlite" else ("chr(27)", "chr(155)")))
        lines = self.events("-n", "30").splitlines()
        self.assertEqual(lines[:2], [
            '2020-01-03 00:00:00  8  myproj  patch-state-changed  patch 3 "a?[2Jb?c": new -> accepted by maint',
            '2020-01-03 00:00:00  9  myproj  patch-delegated  patch 3 "a?[2Jb?c": none -> deleg by maint'])
        self.assertIn('  12  myproj  check-created  patch 1 "[1/2] p" check 1 "ci": success by maint', lines[4])
        self.assertEqual(lines[10], '2020-01-05 00:00:00  18  index  patch-comment-created  patch 8 "wrong index" comment 5')

    def test_until_it_is_told_to_end(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            follower = self.started()
            new = self.happen(2)
            follower.wait(*new)
            self.assertEqual(follower.end(number), (0, ""))
            self.assertEqual(follower.ids()[1:], new)

    def test_only_what_is_asked_for(self):
        follower = self.started("--project", "myproj", "--category", "patch-created")
        wanted = self.happen() + (self.happen(project=2) and []) + (self.happen(category="patch-completed") and []) + self.happen()
        follower.wait(*wanted)
        self.assertEqual(follower.ids()[1:], wanted)

    def test_many_at_once(self):
        follower = self.started()
        new = self.happen(5000)
        follower.wait(new[-1])
        self.assertEqual(follower.ids()[1:], new)

    def printing(self, *arguments, stdout=subprocess.PIPE):
        process = subprocess.Popen([thimble.THIMBLECTL, "-c", self.place.config, "events", *arguments], stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=subprocess.PIPE)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def ends_well(self, process):
        self.assertEqual(process.wait(thimble.DEADLINE), 0)
        self.assertEqual(process.stderr.read(), b"")

    def test_nobody_reads_any_more(self):
        for busy in (False, True):
            read, write = os.pipe()
            process = self.printing("--follow", "-n", "1", stdout=write)
            os.close(write)
            self.assertTrue(os.read(read, 1))
            if busy:
                process.send_signal(signal.SIGSTOP)
                self.happen(3)
            os.close(read)
            if busy:
                process.send_signal(signal.SIGCONT)
            self.ends_well(process)
        self.happen(3000)
        process = self.printing("-n", "10000")
        process.stdout.readline()
        process.stdout.close()
        self.ends_well(process)

    def test_no_database(self):
        self.place.configure({"store": {"url": "sqlite:/nowhere/at/all" if self.kind == "sqlite"
                                        else self.database.owner_url + "nowhere"}})
        self.events("--follow", status=1)


class Sqlite(Both, Case, unittest.TestCase):
    kind = "sqlite"

    def test_an_older_state_is_restored(self):
        older = self.database.copy()
        self.addCleanup(older.drop)
        self.happen(500)
        follower = self.started()
        highest = follower.ids()[0]
        for suffix in ("-wal", "-shm"):
            if os.path.exists(self.database.path + suffix):
                os.unlink(self.database.path + suffix)
        os.rename(older.path, self.database.path)

        def lower():
            self.happen()
            return [id for id in follower.ids() if id < highest]
        new = thimble.wait_until(lower, "ids that are given once more")
        self.assertEqual(new, list(range(new[0], new[-1] + 1)))


class Postgresql(Both, Case, unittest.TestCase):
    kind = "postgresql"

    def session(self):
        session = libpq.Session(originals.cluster.socket_url(self.database.name))
        self.addCleanup(session.close)
        return session

    def insert(self, session):
        return int(session.execute(INSERT + "VALUES ('patch-created', '2026-01-01', 1, 1) RETURNING id")[0][0])

    def test_committed_in_another_order(self):
        one, two, gone = self.session(), self.session(), self.session()
        for session in (one, two, gone):
            session.execute("BEGIN")
        early = self.insert(one)
        follower = self.started()
        late, lost = self.insert(two), self.insert(gone)
        between = self.happen()
        follower.wait(*between)
        gone.execute("ROLLBACK")
        two.execute("COMMIT")
        follower.wait(late)
        # also what had begun before the follower did
        more = self.insert(one)
        one.execute("COMMIT")
        follower.wait(early, more)
        self.assertNotIn(lost, follower.ids())
        last = self.happen(3)
        follower.wait(*last)
        self.assertEqual(follower.ids()[1:], between + [late, early, more] + last)
        self.assertEqual(follower.end(), (0, ""))

    def test_ids_that_commit_as_they_like(self):
        """Some sessions write at once, with transactions of all lengths, some rolled back."""
        follower = self.started()
        committed, problems = [], []

        def write(number):
            try:
                session = self.session()
                for i in range(30):
                    session.execute("BEGIN")
                    ids = [self.insert(session) for _ in range(1 + (i + number) % 3)]
                    session.execute("SELECT pg_sleep(%f)" % (0.02 * ((i * 7 + number) % 5)))
                    if i % 4 == number:
                        session.execute("ROLLBACK")
                        continue
                    session.execute("COMMIT")
                    committed.extend(ids)
            except Exception as e:
                problems.append(e)
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        follower.wait(*committed)
        got = follower.ids()[1:]
        self.assertEqual(sorted(got), sorted(committed))
        self.assertNotEqual(got, sorted(got), "nothing came out of order: the test shows nothing")

    def test_more_out_of_order_than_is_remembered(self):
        follower = self.started()
        long = self.session()
        long.execute("BEGIN")
        first = self.insert(long)
        start = first + 10
        self.database.execute(INSERT.replace("(category", "(id, category") + "SELECT %d + 2 * i, 'patch-created', '2026-01-01', 1, 1 "
                              "FROM generate_series(0, 5999) i" % start)
        follower.wait_said("held back")
        held = follower.ids()[1:]
        self.assertLess(len(held), 6000)
        long.execute("COMMIT")
        follower.wait(first, start + 2 * 5999)
        self.assertEqual(sorted(follower.ids()[1:]), [first] + [start + 2 * i for i in range(6000)])
        status, said = follower.end()
        self.assertEqual((status, said.count("held back")), (0, 1), said)

    def test_the_database_is_restarted(self):
        follower = self.started()
        originals.cluster.halt()
        try:
            follower.wait_said("database: ")
        finally:
            originals.cluster.start()
        new = self.happen(3)
        follower.wait(*new)
        self.assertEqual(follower.ids()[1:], new)
        status, said = follower.end()
        self.assertEqual(status, 0)
        self.assertEqual(said.count("it is back"), 1, said)
        self.assertLess(said.count("\n"), 6, said)


if __name__ == "__main__":
    unittest.main()
