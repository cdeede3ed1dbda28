# SPDX-License-Identifier: MIT
"""The triggers that `thimblectl init` and `attach` put into the database, on
both kinds: which tags a change leaves, whoever makes it and however; that they
do not hurt the change; and that it is seen when they are gone.

The rule is doc/tags.md's, which test_tags.py has as a function (raised) and
proves to be enough for every answer.  Here each of its changes is made in
either database, and what is in the outbox afterwards is compared with it.
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
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
sys.path.insert(0, HERE)
import libpq
import postgres
import test_tags
import thimble

MANY = 100              # rows of one statement that leave their own tags, on PostgreSQL
SPAN = 20000            # ids in the outbox, on SQLite
MILLION = 1000000

# Columns that answers do not show or go by, though they may raise something.
LEFT_OUT = test_tags.UNREAD - {"auth_user.is_staff", "auth_user.is_superuser"} | test_tags.UNREAD_REVIEWS


def schema(kind):
    """Patchwork's schema, as embed.awk reads it."""
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[kind]
    text = ""
    for name in ("schema.%s.sql" % kind, "indexes.sql"):
        with open(os.path.join(TOP, "store", name), encoding="utf-8") as f:
            text += "".join(line for line in f if not line.rstrip().endswith("-- " + other))
    return text


# --- one database of either kind, with the same calls

class Sqlite:
    kind = "sqlite"

    def __init__(self, server, cluster):
        self.path = os.path.join(server.directory, "thimble.db")
        self.connection = None

    def make(self):
        self.connect()
        self.connection.executescript("PRAGMA journal_mode = WAL; BEGIN; %s; COMMIT;" % schema(self.kind))

    def connect(self):
        self.connection = sqlite3.connect(self.path, isolation_level=None, timeout=thimble.DEADLINE)
        self.connection.row_factory = sqlite3.Row

    def execute(self, sql, values=()):
        return self.connection.execute(sql, values)

    def dump(self):
        rows = self.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        return [tuple(row) for row in rows] + [tuple(row) for row in self.execute("SELECT * FROM sqlite_sequence")]

    def close(self):
        if self.connection is not None:
            self.connection.close()


class Row(dict):
    """As sqlite3.Row: by name or by number."""

    def __getitem__(self, key):
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)


class Rows(list):
    def fetchall(self):
        return self

    def fetchone(self):
        return self[0] if self else None


class Postgresql:
    kind = "postgresql"
    number = 0
    PRAGMAS = {
        "table_info": "SELECT column_name AS name, CASE WHEN data_type = 'smallint' THEN data_type WHEN"
                      " character_maximum_length IS NULL THEN data_type ELSE 'char(' || character_maximum_length || ')'"
                      " END AS type, is_nullable = 'NO' AS notnull"
                      " FROM information_schema.columns WHERE table_name = '%s' ORDER BY ordinal_position",
        "foreign_key_list": "SELECT a.attname AS from, c.confrelid::regclass::text AS table FROM pg_constraint c"
                            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
                            " WHERE c.contype = 'f' AND c.conrelid = '%s'::regclass",
    }

    def __init__(self, server, cluster):
        Postgresql.number += 1
        self.cluster = cluster
        self.name = "triggers%d" % Postgresql.number
        self.session = None
        cluster.create(self.name)
        server.configure({"store": {"url": cluster.url(self.name)}})

    def make(self):
        self.connect()
        self.session.execute("BEGIN; %s; COMMIT" % schema(self.kind))

    def connect(self):
        self.session = self.another()
        self.session.execute("SET client_min_messages = warning")

    def another(self):
        return libpq.Session(self.cluster.socket_url(self.name))

    def execute(self, sql, values=()):
        pragma = re.match(r"PRAGMA (\w+)\((\w+)\)$", sql)
        if pragma:
            sql = self.PRAGMAS[pragma.group(1)] % pragma.group(2)
        for number in range(sql.count("?")):
            sql = sql.replace("?", "$%d" % (number + 1), 1)
        try:
            return Rows(Row(row) for row in self.session.named(sql, list(values)))
        except libpq.Error as error:
            # what somebody else has, and what the column cannot hold
            if (error.sqlstate or "")[:2] in ("22", "23"):
                raise sqlite3.IntegrityError(str(error))
            raise

    def dump(self):
        text = self.cluster.run("pg_dump", "-s", self.name)
        return [line for line in text.splitlines() if not re.match(r"\\(un)?restrict ", line)]

    def close(self):
        if self.session is not None:
            self.session.close()
        self.cluster.drop(self.name)


# --- what both have in common

class Base(thimble.TestCase):
    database_class = None

    @classmethod
    def setUpClass(cls):
        if cls.database_class is Postgresql and postgres.bindir() is None:
            raise unittest.SkipTest("PostgreSQL is not installed")
        cls.cluster = postgres.Cluster().start() if cls.database_class is Postgresql else None

    @classmethod
    def tearDownClass(cls):
        if cls.cluster is not None:
            cls.cluster.stop()

    def fresh(self, *init):
        """A database of its own, made by thimblectl; with init=None by Patchwork alone."""
        self.conf = self.server(start=False)
        self.database = self.database_class(self.conf, self.cluster)
        self.addCleanup(self.database.close)
        if init == (None,):
            self.database.make()
        else:
            self.conf.init(*init)
            self.database.connect()
            self.drain()

    def ctl(self, *arguments, status=0):
        done = subprocess.run([thimble.THIMBLECTL, "-c", self.conf.config, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=4 * thimble.DEADLINE)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def check(self, attached=True):
        """The mark of the triggers, which are in place or not."""
        told = json.loads(self.ctl("--json", "attach", "--check", status=0 if attached else 1))
        self.assertEqual(told["attached"], attached)
        return told["mark"]

    def attach(self, changed=True):
        self.assertEqual(json.loads(self.ctl("--json", "attach")), {"attached": True, "changed": changed})

    def detach(self, changed=True):
        self.assertEqual(json.loads(self.ctl("--json", "detach")), {"attached": False, "changed": changed})

    def seconds(self, sql):
        """To be told, not to be judged."""
        began = time.monotonic()
        self.execute(sql)
        return time.monotonic() - began

    @staticmethod
    def text(path):
        with open(path) as f:
            return f.read()

    def execute(self, sql, values=()):
        return self.database.execute(sql, values)

    def reviews(self):
        """Fills the Review Board API's tables."""
        for statement in test_tags.REVIEW_ROWS.split(";\n"):
            if statement.strip():
                self.execute(statement)

    def drain(self):
        """The tags in the outbox, a set a row, which it then has no more."""
        rows = self.execute("SELECT id, tags FROM thimble_outbox ORDER BY id").fetchall()
        self.execute("DELETE FROM thimble_outbox")
        for row in rows:
            self.assertEqual(row["tags"], " ".join(row["tags"].split()))
        return [set(row["tags"].split()) for row in rows]

    def drained(self):
        return set().union(*self.drain())


class Common:
    """Tests for both kinds."""

    def test_attach_may_be_repeated_and_detach_leaves_no_trace(self):
        self.fresh(None)
        before = self.database.dump()
        self.detach(changed=False)
        self.check(attached=False)
        self.attach()
        self.assertEqual(self.drain(), [{"*"}])
        mark, attached = self.check(), self.database.dump()
        self.attach(changed=False)
        self.assertEqual((self.drain(), self.check(), self.database.dump()), ([], mark, attached))
        self.execute("INSERT INTO patchwork_person (id, email) VALUES (1, 'ada@example.org')")
        self.assertEqual(self.drain(), [{"person:1", "people"}])
        self.execute("DELETE FROM patchwork_person")
        self.detach()
        if self.database.kind == "sqlite":
            self.execute("DELETE FROM sqlite_sequence WHERE name = 'patchwork_person'")
        self.assertEqual(self.database.dump(), before)
        self.detach(changed=False)
        self.attach()
        self.check()

    def test_init_attaches(self):
        self.fresh("--demo")
        self.check()
        self.attach(changed=False)
        self.assertEqual(self.execute("SELECT count(*) AS n FROM thimble_bus").fetchone()["n"], 1)

    def test_a_row_saved_as_it_was_leaves_nothing(self):
        self.fresh("--demo")
        self.reviews()
        self.drain()
        for table in test_tags.ALL:
            names = [column["name"] for column in self.execute("PRAGMA table_info(%s)" % table)]
            key = test_tags.Tags.key(table)
            self.execute("UPDATE %s SET %s WHERE %s IN (SELECT %s FROM %s LIMIT 9)" % (
                table, ", ".join('"%s" = "%s"' % (name, name) for name in names), key, key, table))
            self.assertEqual(self.drain(), [], table)
        self.execute("UPDATE auth_user SET last_login = '2026-01-02 03:04:05'")
        self.assertEqual(self.drain(), [])

    def test_what_is_rolled_back_leaves_nothing(self):
        self.fresh("--demo")
        self.execute("BEGIN")
        self.execute("UPDATE patchwork_patch SET name = 'other' WHERE id = 1")
        self.assertEqual(self.execute("SELECT tags FROM thimble_outbox").fetchone()["tags"],
                         "patch:1 patches.name patches@1.name")
        self.execute("ROLLBACK")
        self.assertEqual(self.drain(), [])

    def test_a_trigger_that_is_lost_is_seen_and_made_anew(self):
        self.fresh("--demo")
        on = " ON patchwork_check" if self.database.kind == "postgresql" else ""
        name = "thimble_update" if on else "thimble_patchwork_check_update"
        mark = self.check()
        self.execute("DROP TRIGGER %s%s" % (name, on))
        self.assertNotEqual(self.check(attached=False), mark)
        self.assertIn("patchwork_check: missing", self.ctl("attach", "--check", status=1))
        self.attach()
        self.assertEqual(self.drain(), [{"*"}])
        self.assertNotEqual(self.check(), mark, "it has been away")
        self.execute("UPDATE patchwork_check SET state = 3 WHERE id = 1")
        self.assertEqual(self.drained(), {"check:1", "checks.state", "checks@1.state", "patch:1"})

    def test_reviews_are_not_dropped_by_mistake(self):
        self.fresh(None)
        before = self.database.dump()
        self.attach()
        self.reviews()
        told = self.ctl("detach", status=1)
        self.assertIn("3 review requests", told)
        self.assertIn("--drop-reviews", told)
        self.check()
        self.assertEqual(self.execute("SELECT count(*) AS n FROM thimble_rb_file").fetchone()["n"], 2)
        self.ctl("detach", "--drop-reviews")
        if self.database.kind == "sqlite":
            self.execute("DELETE FROM sqlite_sequence WHERE name = 'auth_group'")
        self.assertEqual(self.database.dump(), before)

    def test_reviews_outlive_a_migration(self):
        self.fresh("--demo")
        self.reviews()
        self.ctl("detach", "--keep-reviews", "--drop-reviews", status=64)
        key = self.execute("SELECT value FROM thimble_meta WHERE name = 'rb_key'").fetchone()["value"]
        self.ctl("detach", "--keep-reviews")
        self.check(attached=False)
        self.execute("UPDATE thimble_rb_request SET summary = 'other' WHERE id = 1")
        self.attach()
        self.check()
        self.drain()
        self.execute("UPDATE thimble_rb_request SET branch = 'other' WHERE id = 1")
        self.assertEqual(self.drain(), [{"rb_request:1", "rb_requests.branch"}])
        self.assertEqual(self.execute("SELECT summary FROM thimble_rb_request WHERE id = 1").fetchone()["summary"], "other")
        self.assertEqual(self.execute("SELECT value FROM thimble_meta WHERE name = 'rb_key'").fetchone()["value"], key)

    def test_what_goes_with_a_review_request_is_told(self):
        self.fresh("--demo")
        self.reviews()
        if self.database.kind == "sqlite":
            self.execute("PRAGMA foreign_keys = ON")
        self.drain()
        self.execute("DELETE FROM thimble_rb_request WHERE id = 1")
        self.assertLessEqual({"rb_request:1", "rb_requests", "rb_drafts", "rb_targets", "rb_diffset:1", "rb_diffset:2",
                              "rb_diffsets", "rb_diffsets@1", "rb_commits", "rb_files"}, self.drained())
        self.assertEqual(self.execute("SELECT count(*) AS n FROM thimble_rb_file").fetchone()["n"], 0)

    def test_what_was_attached_without_reviews_gets_their_tables(self):
        self.fresh("--demo")
        before = self.database.dump()
        for table in reversed([name for name in test_tags.REVIEWS if name.startswith("thimble_")]):
            self.execute("DROP TABLE " + table)
        self.execute("DELETE FROM thimble_meta WHERE name = 'rb_key'")
        self.assertIn("thimble_rb_access: missing", self.ctl("attach", "--check", status=1))
        self.attach()
        self.check()
        for dump in (before, after := self.database.dump()):
            dump[:] = sorted(str(line) for line in dump if line[:1] != ("thimble_outbox",))  # how many rows there ever were
        self.assertEqual(after, before)
        self.assertEqual(len(self.execute("SELECT value FROM thimble_meta WHERE name = 'rb_key'").fetchall()), 1)

    def test_the_key_of_sessions_stays(self):
        self.fresh("--demo")
        question = "SELECT value FROM thimble_meta WHERE name = 'rb_key'"
        before = self.execute(question).fetchone()["value"]
        self.assertRegex(before, "^[0-9a-f]{64}$")
        self.execute("DROP TRIGGER thimble_%s" % ("update ON thimble_rb_token" if self.database.kind == "postgresql"
                                                  else "thimble_rb_token_update"))
        self.attach()
        self.assertEqual(self.execute(question).fetchone()["value"], before)
        self.execute("DELETE FROM thimble_meta WHERE name = 'rb_key'")
        self.attach()
        after = self.execute(question).fetchone()["value"]
        self.assertRegex(after, "^[0-9a-f]{64}$")
        self.assertNotEqual(after, before)

    def test_wrong_usage(self):
        self.fresh()
        for arguments in (("attach", "more"), ("attach", "--wait", "x"), ("attach", "--nothing"), ("detach", "--check"),
                          ("attach", "--drop-reviews"),
                          ("detach", "--wait", "99999999999")):
            self.ctl(*arguments, status=64)
        self.assertIn("that url is not usable", self.ctl("attach", "--url", "nowhere:", status=1))


class Sqlite3(Common, Base):
    database_class = Sqlite

    def test_replaced_rows_are_told_of(self):
        """OR REPLACE removes what has one of the new row's unique keys, and fires no trigger for that."""
        self.fresh("--demo")
        self.execute("INSERT INTO patchwork_patchrelation VALUES (1), (2)")
        self.execute("UPDATE patchwork_patch SET related_id = 1 WHERE id < 3")
        self.reviews()
        tried = 0
        for table in test_tags.ALL:
            key = test_tags.Tags.key(table)
            keys = {(key,)}
            for index in self.execute("PRAGMA index_list(%s)" % table).fetchall():
                if index["unique"] and not index["partial"]:    # nobody replaces by those
                    columns = self.execute("PRAGMA index_info(%s)" % index["name"]).fetchall()
                    keys.add(tuple(column["name"] for column in columns))
            rows = [dict(row) for row in self.execute("SELECT * FROM %s ORDER BY %s LIMIT 2" % (table, key))]
            self.assertEqual(len(rows), 2, table)
            for columns in sorted(keys):
                with self.subTest(table=table, key=columns):
                    self.replace(table, key, columns, *rows)
                    tried += 1
        self.assertGreater(tried, 50)

    def replace(self, table, key, columns, first, second):
        """Another row with the first one's unique key; then the second one is given that."""
        gone = test_tags.raised(table, first, None)
        self.drain()
        self.execute("BEGIN")
        row = dict(second, **{key: 987654 if key == "id" else "none"})
        row.update({name: first[name] for name in columns})
        self.execute("REPLACE INTO %s (%s) VALUES (%s)" % (table, ", ".join('"%s"' % name for name in row),
                     ", ".join("?" * len(row))), list(row.values()))
        self.assertLessEqual({tag for tag in gone if "None" not in tag}, self.drained())
        self.execute("ROLLBACK")
        self.execute("BEGIN")
        self.execute("UPDATE OR REPLACE %s SET %s WHERE %s = ?" % (
            table, ", ".join('"%s" = ?' % name for name in columns), key), [first[c] for c in columns] + [second[key]])
        self.assertIsNone(self.execute("SELECT 1 FROM %s WHERE %s = ? AND ?" % (table, key),
                                       (first[key], columns != (key,))).fetchone())
        self.assertLessEqual({tag for tag in gone if "None" not in tag}, self.drained())
        self.execute("ROLLBACK")

    def test_the_outbox_is_bounded(self):
        self.fresh("--demo")
        self.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                     " INSERT INTO patchwork_person (email) SELECT 'x' || i FROM n")
        self.execute("UPDATE patchwork_person SET name = 'x' WHERE email LIKE 'x%'")
        tags = self.drain()
        self.assertLessEqual(len(tags), SPAN + 1)
        self.assertEqual(tags[0], {"*"})
        self.assertEqual(sum(tag == {"*"} for tag in tags), 1)

    def test_an_update_of_a_million_rows(self):
        self.fresh(None)
        self.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                     " INSERT INTO patchwork_person (id, email) SELECT i, 'x' || i FROM n" % MILLION)
        without = self.seconds("UPDATE patchwork_person SET name = 'x'")
        self.attach()
        self.drain()
        ratio = self.seconds("UPDATE patchwork_person SET name = 'y'") / without
        print("an UPDATE of a million rows, with the triggers: %.1f times as long" % ratio)
        # what was one row is "*" again and again; what came after the last one is told
        tags = self.drain()
        self.assertEqual(tags[0], {"*"})
        self.assertLessEqual(len(tags), SPAN + 1)
        self.assertEqual(tags[1:], [{"person:%d" % i, "people.name"} for i in range(MILLION - len(tags) + 2, MILLION + 1)])

    def test_tables_that_are_built_anew(self):
        """As Django does it: the triggers must not stand in the way, and their loss is seen."""
        self.fresh("--demo")
        mark = self.check()
        for table in test_tags.TABLES:
            sql = self.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()["sql"]
            new = re.sub(r"^CREATE TABLE \"?%s\"?" % table, 'CREATE TABLE "new__%s"' % table, sql)
            self.assertNotEqual(sql, new)
            self.database.connection.executescript(
                "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = OFF; BEGIN; %s;"
                'INSERT INTO "new__%s" SELECT * FROM %s; DROP TABLE %s; ALTER TABLE "new__%s" RENAME TO %s; COMMIT'
                % (new, *[table] * 5))
            self.assertIn("%s: missing" % table, self.ctl("attach", "--check", status=1))
            self.attach()
        self.assertNotEqual(self.check(), mark)
        self.drain()
        self.execute("UPDATE patchwork_state SET name = 'Other' WHERE id = 1")
        self.assertEqual(self.drain(), [{"state:1", "states.name"}])

    def test_attach_beside_a_long_transaction(self):
        self.fresh("--demo")
        self.conf.configure({"server": {"request_timeout": "1s"}})
        self.detach()
        self.execute("BEGIN IMMEDIATE")
        path = os.path.join(self.conf.directory, "attach")
        with open(path, "w") as log:
            running = subprocess.Popen([thimble.THIMBLECTL, "-c", self.conf.config, "attach"],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        thimble.wait_until(lambda: "the database is in use" in self.text(path), "the first try")
        self.execute("COMMIT")
        self.assertEqual(running.wait(thimble.DEADLINE), 0, self.text(path))
        self.check()

    def test_what_older_triggers_said_is_replaced(self):
        self.fresh("--demo")
        self.execute("DROP TRIGGER thimble_patchwork_state_insert")
        self.execute("CREATE TRIGGER thimble_patchwork_state_insert AFTER INSERT ON patchwork_state"
                     " BEGIN SELECT 1; END")
        self.assertIn("patchwork_state: old", self.ctl("attach", "--check", status=1))
        self.attach()
        self.check()


class PostgreSql(Common, Base):
    database_class = Postgresql

    def people(self, count, first=1000):
        self.execute("INSERT INTO patchwork_person (id, email) SELECT i, 'x' || i FROM generate_series(%d, %d) i"
                     % (first, first + count - 1))

    def test_copy_and_truncate(self):
        self.fresh("--demo")
        self.execute("COPY patchwork_person (id, email) FROM PROGRAM 'seq 1000 1002 | sed ''s/.*/&\t&@example.org/'''")
        self.assertEqual(self.drain(), [{"people", "person:1000", "person:1001", "person:1002"}])
        self.execute("COPY patchwork_person (id, email) FROM PROGRAM 'seq 2000 9000 | sed ''s/.*/&\t&@example.org/'''")
        self.assertEqual(self.drain(), [{"people.*", "auth.*"}])
        self.execute("TRUNCATE patchwork_bundlepatch")
        self.assertEqual(self.drain(), [{"bundle_patches.*"}])
        self.execute("TRUNCATE patchwork_patch CASCADE")
        self.assertLessEqual({"patches.*", "checks.*", "patch_comments.*", "events.*"}, self.drained())

    def test_many_rows_leave_the_coarse_tag(self):
        self.fresh("--demo")
        self.people(MANY)
        self.assertEqual(self.drain(), [{"people"} | {"person:%d" % i for i in range(1000, 1000 + MANY)}])
        self.execute("UPDATE patchwork_person SET name = 'x' WHERE id >= 1000")
        self.assertEqual(self.drain(), [{"people.name"} | {"person:%d" % i for i in range(1000, 1000 + MANY)}])
        self.people(1, 1000 + MANY)
        self.drain()
        self.execute("UPDATE patchwork_person SET name = 'y' WHERE id >= 1000")
        self.assertEqual(self.drain(), [{"people.*", "auth.*"}])
        self.execute("DELETE FROM patchwork_person WHERE id >= 1000")
        self.assertEqual(self.drain(), [{"people.*", "auth.*"}])
        self.people(100000)
        self.execute("UPDATE patchwork_person SET name = 'z' WHERE id >= 1000")
        self.assertEqual(self.drain(), 2 * [{"people.*", "auth.*"}])
        # one of them has changed, of few rows that were saved
        self.execute("UPDATE patchwork_person SET name = CASE id WHEN 1001 THEN 'w' ELSE name END"
                     " WHERE id IN (1, 2, 1001)")
        self.assertEqual(self.drain(), [{"person:1001", "people.name"}])

    def test_an_update_of_a_million_rows(self):
        self.fresh(None)
        self.people(MILLION)
        without = self.seconds("UPDATE patchwork_person SET name = 'x'")
        self.attach()
        self.drain()
        ratio = self.seconds("UPDATE patchwork_person SET name = 'y'") / without
        print("an UPDATE of a million rows, with the triggers: %.1f times as long" % ratio)
        self.assertEqual(self.drain(), [{"people.*", "auth.*"}])

    def test_a_dump_is_open_during_the_load(self):
        """What it may still want to see, the bus does not walk again and again."""
        self.fresh("--demo")
        server = self.start()
        patches = [int(row["id"]) for row in self.execute("SELECT id FROM patchwork_patch ORDER BY id LIMIT 5")]
        dump = self.database.another()
        self.addCleanup(dump.close)
        dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM thimble_outbox")
        self.execute("SELECT pg_stat_reset()")
        rounds, each = 60, 20
        for number in range(rounds):
            for patch in patches:
                server.get("/api/patches/%d/" % patch)      # to be kept, for an hour
                self.database.session.execute("".join(
                    "UPDATE patchwork_patch SET name = 'round %d, %d' WHERE id = %d;" % (number, n, patch)
                    for n in range(each)))
            for patch in patches:
                thimble.wait_until(lambda: "round %d, %d" % (number, each - 1)
                                   in server.get("/api/patches/%d/" % patch).body.decode(),
                                   "round %d to be seen in patch %d" % (number, patch))
        thimble.wait_until(lambda: self.execute("SELECT count(*) AS n FROM thimble_outbox").fetchone()["n"] == 0,
                           "all of them to be deleted")
        # who dumps has seen none of it, and the rows are all there still, though dead
        self.assertEqual(dump.execute("SELECT count(*) FROM patchwork_patch WHERE name LIKE 'round%'"), [("0",)])
        server.signal(signal.SIGTERM)
        server.wait_end()
        thimble.wait_until(lambda: self.execute(
            "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'thimble'").fetchone()["n"] == 0,
            "its connections to be gone, which tell then what they read")
        written = rounds * len(patches) * each
        read = self.execute("SELECT idx_tup_read AS n FROM pg_stat_user_indexes"
                            " WHERE relname = 'thimble_outbox'").fetchone()["n"]
        self.assertGreaterEqual(read, written)
        # once to be read, once to be deleted; all of them each time would be hundreds of times that
        self.assertLess(read, 10 * written)

    def start(self):
        """The server, once it has the lease."""
        control = os.path.join(self.conf.directory, "control")
        self.conf.configure({"server": {"control": control}, "cache": {"size": "16M", "max_stale": "1h"}})
        server = self.conf.start().wait_ready()
        thimble.wait_until(lambda: json.loads(server.get("/stats", unix=control).body)["bus"]["lease"], "the lease")
        return server

    def test_what_an_older_version_attached_is_completed(self):
        self.fresh("--demo")
        question = "SELECT value FROM thimble_meta WHERE name = 'installation'"
        before = self.execute(question).fetchone()["value"]
        self.assertRegex(before, "^[0-9a-f]{16}$")
        mark = self.check()
        self.execute("DELETE FROM thimble_meta WHERE name = 'installation'")
        self.attach()
        after = self.execute(question).fetchone()["value"]
        self.assertRegex(after, "^[0-9a-f]{16}$")
        self.assertNotEqual(after, before)
        self.execute("DELETE FROM thimble_bus")
        self.attach()
        self.attach(changed=False)
        self.assertEqual(self.execute(question).fetchone()["value"], after)
        self.assertEqual(self.execute("SELECT count(*) AS n FROM thimble_bus").fetchone()["n"], 1)
        self.assertEqual((self.check(), self.drain()), (mark, []), "no trigger was away")
        self.execute("DROP TABLE thimble_meta")
        self.assertIn("thimble_meta: missing", self.ctl("attach", "--check", status=1))
        self.attach()
        self.check()

    def test_a_writer_without_rights_on_our_tables(self):
        self.fresh("--demo")
        self.execute("DROP ROLE IF EXISTS writer")
        self.execute("CREATE ROLE writer")
        self.addCleanup(self.cluster.sql, "postgres", "DROP ROLE writer")
        self.addCleanup(self.cluster.sql, self.database.name, "DROP OWNED BY writer")
        self.execute("GRANT SELECT, UPDATE ON patchwork_patch, patchwork_userprofile_maintainer_projects TO writer")
        session = self.database.another()
        self.addCleanup(session.close)
        session.execute("SET ROLE writer")
        session.execute("SET search_path = ''")
        with self.assertRaises(libpq.Error):
            session.execute("SELECT * FROM public.thimble_outbox")
        session.execute("UPDATE public.patchwork_patch SET archived = NOT archived WHERE id = 2")
        self.assertEqual(self.drain(), [{"patch:2", "patches.archived", "patches@1.archived"}])
        session.execute("UPDATE public.patchwork_userprofile_maintainer_projects SET project_id = 3 WHERE id = 1")
        self.assertLessEqual({"project:1", "project:3", "auth:1"}, self.drained())

    def test_what_a_writer_defines_is_not_called(self):
        self.fresh("--demo")
        self.execute("CREATE FUNCTION public.trap(text, integer) RETURNS text LANGUAGE plpgsql AS"
                     " $$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$")
        self.execute("CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = integer, FUNCTION = public.trap)")
        self.execute("CREATE TEMP TABLE thimble_outbox (tags text)")
        self.execute("UPDATE patchwork_patch SET archived = NOT archived WHERE id = 2")
        self.execute("DROP TABLE pg_temp.thimble_outbox")
        self.assertEqual(self.drain(), [{"patch:2", "patches.archived", "patches@1.archived"}])

    def test_replicas_and_triggers_that_are_disabled(self):
        self.fresh("--demo")
        mark = self.check()
        self.execute("SET session_replication_role = replica")
        self.execute("UPDATE patchwork_state SET ordering = 99 WHERE id = 1")
        self.execute("RESET session_replication_role")
        self.assertEqual(self.drain(), [{"state:1", "states.ordering"}])
        self.assertEqual(self.check(), mark)

        self.execute("ALTER TABLE patchwork_state DISABLE TRIGGER ALL")
        self.check(attached=False)
        self.assertIn("patchwork_state: disabled", self.ctl("attach", "--check", status=1))
        self.execute("UPDATE patchwork_state SET ordering = 98 WHERE id = 1")
        self.assertEqual(self.drain(), [])
        self.execute("ALTER TABLE patchwork_state ENABLE TRIGGER ALL")
        self.check(attached=False)              # no replica would fire them
        self.attach()
        self.assertNotEqual(self.check(), mark)
        self.assertEqual(self.drain(), [{"*"}])

        # off and on again while nobody looked
        mark = self.check()
        self.execute("ALTER TABLE patchwork_state DISABLE TRIGGER thimble_update")
        self.execute("ALTER TABLE patchwork_state ENABLE ALWAYS TRIGGER thimble_update")
        self.assertNotEqual(self.check(), mark)

    def test_a_function_of_another_version(self):
        self.fresh("--demo")
        self.execute("CREATE OR REPLACE FUNCTION thimble_patchwork_state() RETURNS trigger LANGUAGE plpgsql AS"
                     " $$ BEGIN RETURN NULL; END $$")
        self.assertIn("patchwork_state: old", self.ctl("attach", "--check", status=1))
        # that takes no lock of the table
        session = self.database.another()
        self.addCleanup(session.close)
        session.execute("BEGIN; UPDATE patchwork_state SET name = 'Other' WHERE id = 1")
        self.attach()
        session.execute("ROLLBACK")
        self.execute("ALTER TABLE patchwork_state DISABLE TRIGGER thimble_insert")
        self.execute("DROP TRIGGER thimble_delete ON patchwork_state")
        self.execute("CREATE TRIGGER thimble_delete BEFORE DELETE ON patchwork_state"
                     " EXECUTE FUNCTION thimble_patchwork_state()")
        self.attach()
        self.check()

    def test_a_column_that_is_gone(self):
        self.fresh("--demo")
        self.execute("UPDATE patchwork_person SET name = 'x' WHERE id = 1")     # plans are there
        self.drain()
        self.execute("ALTER TABLE patchwork_person DROP COLUMN name")
        self.execute("UPDATE patchwork_person SET email = 'x' WHERE id = 1")
        self.assertEqual(self.drain(), [{"people.*", "auth.*"}])
        self.execute("ALTER TABLE patchwork_person ALTER COLUMN email TYPE text")

    def test_attach_and_detach_beside_a_long_transaction(self):
        self.fresh("--demo")
        holder, writer = self.database.another(), self.database.another()
        self.addCleanup(holder.close)
        self.addCleanup(writer.close)
        # who waits behind somebody who waits for the holder is never served
        writer.execute("SET lock_timeout = '%ds'" % (thimble.DEADLINE // 2))
        for command, attached in (("detach", False), ("attach", True)):
            holder.execute("BEGIN; UPDATE patchwork_patch SET name = name WHERE id = 1")
            failed = self.ctl(command, "--wait", "0", status=1)
            self.assertRegex(failed, r"patchwork_patch is in use \(by the server's processes \d+\)")
            path = os.path.join(self.conf.directory, command)
            with open(path, "w") as log:
                running = subprocess.Popen([thimble.THIMBLECTL, "-c", self.conf.config, command],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            thimble.wait_until(lambda: "patchwork_patch is in use" in self.text(path), "the first try")
            for _ in range(50):
                writer.execute("UPDATE patchwork_patch SET archived = NOT archived WHERE id = 2")
            self.assertIsNone(running.poll())
            holder.execute("COMMIT")
            self.assertEqual(running.wait(thimble.DEADLINE), 0, self.text(path))
            self.check(attached=attached)

    def test_ids_commit_out_of_order_and_a_transaction_finds_its_own(self):
        self.fresh("--demo")
        first = self.database.another()
        self.addCleanup(first.close)
        first.execute("BEGIN; UPDATE patchwork_state SET name = 'Other' WHERE id = 1")
        self.execute("UPDATE patchwork_state SET name = 'Another' WHERE id = 2")
        own = first.execute("SELECT id, tags FROM thimble_outbox WHERE xid = pg_current_xact_id()")
        self.assertEqual([tags for _, tags in own], ["state:1 states.name"])
        later = self.execute("SELECT id, tags FROM thimble_outbox").fetchall()
        self.assertEqual([row["tags"] for row in later], ["state:2 states.name"])
        self.assertGreater(later[0]["id"], int(own[0][0]))
        self.execute("DELETE FROM thimble_outbox")
        first.execute("COMMIT")
        self.assertEqual(self.drain(), [{"state:1", "states.name"}])

    def test_who_notifies(self):
        self.fresh("--demo")
        listener = self.database.another()
        self.addCleanup(listener.close)
        listener.execute("LISTEN thimble")
        self.execute("SET thimble.writer = on")
        self.execute("UPDATE patchwork_state SET name = 'Other' WHERE id = 1")
        listener.execute("SELECT 1")
        self.assertEqual(listener.notified(), 0)
        self.execute("RESET thimble.writer")
        self.execute("UPDATE patchwork_state SET name = name WHERE id = 1")
        listener.execute("SELECT 1")
        self.assertEqual(listener.notified(), 0)
        self.execute("UPDATE patchwork_state SET name = 'Another' WHERE id = 1")
        thimble.wait_until(lambda: listener.execute("SELECT 1") and listener.notified() == 1, "one notification")

    def test_tables_in_another_schema_and_of_another_owner(self):
        self.fresh(None)
        self.execute("DROP ROLE IF EXISTS owner")
        self.execute("CREATE ROLE owner LOGIN")
        self.addCleanup(self.cluster.sql, "postgres", "DROP ROLE owner")
        self.addCleanup(self.cluster.sql, self.database.name, "DROP OWNED BY owner CASCADE")
        self.execute('CREATE SCHEMA "its own" AUTHORIZATION owner')
        for row in self.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            self.execute('ALTER TABLE %s SET SCHEMA "its own"' % row["tablename"])
            self.execute('ALTER TABLE "its own".%s OWNER TO owner' % row["tablename"])
        self.execute('ALTER DATABASE %s SET search_path = "its own"' % self.database.name)
        self.database.session.close()
        self.database.connect()
        before = self.database.dump()
        self.attach()
        self.drain()
        owners = self.execute("SELECT DISTINCT pg_get_userbyid(proowner) AS name FROM pg_proc"
                              " WHERE proname LIKE 'thimble%'"
                              " UNION SELECT tableowner FROM pg_tables WHERE tablename LIKE 'thimble%'").fetchall()
        self.assertEqual([row["name"] for row in owners], ["owner"])
        self.execute("INSERT INTO patchwork_person (id, email) VALUES (1, 'x')")
        self.assertEqual(self.drain(), [{"people", "person:1"}])
        self.detach()
        self.assertEqual(self.database.dump(), before)
        # the owner may do it, nobody else
        self.execute("DROP ROLE IF EXISTS reader")
        self.execute("CREATE ROLE reader LOGIN")
        self.addCleanup(self.cluster.sql, "postgres", "DROP ROLE reader")
        self.addCleanup(self.cluster.sql, self.database.name, "DROP OWNED BY reader CASCADE")
        self.execute('GRANT USAGE ON SCHEMA "its own" TO reader')
        self.execute('GRANT SELECT ON ALL TABLES IN SCHEMA "its own" TO reader')
        self.conf.configure({"store": {"url": self.cluster.url(self.database.name, user="reader")}})
        self.assertIn("the owner of Patchwork's tables", self.ctl("attach", status=1))
        self.ctl("attach", "--url", self.cluster.url(self.database.name, user="owner"))
        self.check()
        self.ctl("detach", "--url", self.cluster.url(self.database.name, user="owner"))


# --- the rule, and what the triggers leave

class Rule(Base):
    """Makes each change that test_tags.py makes."""

    tables = test_tags.ALL
    more_keys = {}
    columns, row, key, updates = (getattr(test_tags.Tags, name) for name in ("columns", "row", "key", "updates"))
    insert, changes, prepare = (getattr(test_tags.Tags, name) for name in ("insert", "changes", "prepare"))
    key = staticmethod(key)

    def values(self, table, column, old):
        """What the column can hold; PostgreSQL is strict about that."""
        kind = column["type"].lower()
        limit = re.search(r"char\((\d+)\)", kind)
        for value in test_tags.Tags.values(self, table, column, old):
            if isinstance(value, int) and "smallint" in kind:
                value = (old or 0) + (1 if column["name"] == "state" else 1000)
            if isinstance(value, str) and limit and len(value) > int(limit.group(1)):
                value = ("y" if value[0] == "x" else "x") + value[1:int(limit.group(1))]
            yield value

    def change(self, *arguments):
        self.note()
        test_tags.Tags.change(self, *arguments)

    def put(self, *arguments):
        self.note()
        test_tags.Tags.put(self, *arguments)

    def note(self):
        """Before the next change: whatever is there is of the last one being taken back."""
        tags = self.drained()
        if tags:
            self.undone = tags

    def allowed(self, table):
        """What may be raised besides."""
        if table != "patchwork_userprofile_maintainer_projects":
            return set()
        return {"auth.*"} if self.database.kind == "sqlite" else {"auth:%d" % user for user in range(10)}

    def compare(self, what, table, tags, got):
        expected = {tag for tag in tags if "None" not in tag}
        if what.split(" of ")[0] in LEFT_OUT:
            expected = set()
        self.assertEqual(expected - got, set(), "%s does not raise" % what)
        self.assertEqual(got - expected - self.allowed(table), set(), "%s raises besides" % what)

    def test_the_triggers_keep_to_the_rule(self):
        self.fresh("--demo")
        self.undone = set()
        self.prepare()
        self.reviews()
        self.drain()
        seen, last = set(), None
        for what, tags in self.changes():
            table = re.search(r"\w+_\w+", what).group()
            if last is not None:
                self.compare(last[0] + ", taken back,", last[1], last[2], self.undone)
            self.undone = set()
            self.compare(what, table, tags, self.drained())
            seen.add(what.split(" of ")[0])
            last = None if what.split(" of ")[0] in LEFT_OUT else (what, table, tags)
        every = {"%s.%s" % (table, column["name"]) for table in self.tables for column in self.columns(table)
                 if column["name"] != "id"}
        every |= {"a row more in " + table for table in self.tables if table != "patchwork_patchrelation"}
        self.assertEqual(every - seen, set())

    def test_a_change_of_the_key(self):
        self.fresh("--demo")
        self.undone = set()
        self.reviews()
        for table in self.tables:
            key = test_tags.Tags.key(table)
            if key != "id" or table in ("patchwork_patchrelation",):
                continue
            if self.database.kind == "postgresql":
                self.execute("SET session_replication_role = replica")      # no foreign keys
            old = dict(self.execute("SELECT * FROM %s ORDER BY id LIMIT 1" % table).fetchone())
            self.drain()
            self.execute("UPDATE %s SET id = 4711 WHERE id = ?" % table, (old["id"],))
            self.compare("id of a row", table, test_tags.raised(table, old, dict(old, id=4711)), self.drained())


class RuleSqlite(Rule):
    database_class = Sqlite


class RulePostgresql(Rule):
    database_class = Postgresql


def load_tests(loader, tests, pattern):
    """Not those that are there for others."""
    cases = (Sqlite3, PostgreSql, RuleSqlite, RulePostgresql)
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in cases)


if __name__ == "__main__":
    unittest.main()
