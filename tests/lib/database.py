# SPDX-License-Identifier: MIT
"""Databases of one's own for tests, of either kind, made with `thimblectl init`
and filled from a file of SQL.

    database = database.Sqlite(FIXTURE)
    server = self.server({"store": {"url": database.url}})
    database.execute("UPDATE ...")
    database.drop()

Both kinds offer the same: `url`, `owner_url`, `execute(sql)`, `rows(sql)`, `copy()` and `drop()`.

Originals are both kinds, made once for all tests of a file and copied by each:

    originals = database.Originals(FIXTURE)
    setUpModule, tearDownModule = originals.make, originals.drop
    database = originals.copy("postgresql")
"""
import os
import shutil
import sqlite3
import tempfile
import unittest

import postgres
import thimble

READER = "thimble_reader"


def init(url):
    server = thimble.Server({"store": {"url": url}})
    try:
        server.init()
    finally:
        server.stop()


class Sqlite:
    kind = "sqlite"

    def __init__(self, fixture=None, template=None):
        self.directory = tempfile.mkdtemp(prefix="thimble-db.")
        self.path = os.path.join(self.directory, "patchwork.db")
        self.url = self.owner_url = "sqlite:" + self.path
        if template is not None:
            shutil.copy(template.path, self.path)
            return
        init(self.url)
        if fixture is not None:
            with open(fixture, encoding="utf-8") as f:
                self.execute("PRAGMA foreign_keys = ON; BEGIN; %s; COMMIT;" % f.read())

    def execute(self, sql):
        connection = sqlite3.connect(self.path, timeout=thimble.DEADLINE)
        try:
            connection.executescript(sql)
        finally:
            connection.close()

    def rows(self, sql):
        """As lists of text; NULL is empty."""
        connection = sqlite3.connect(self.path, timeout=thimble.DEADLINE)
        try:
            return [["" if cell is None else str(cell) for cell in row] for row in connection.execute(sql)]
        finally:
            connection.close()

    def copy(self):
        return Sqlite(template=self)

    def drop(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgresql:
    """A database of a postgres.Cluster; `url` is that of a role that may SELECT and no more, `owner_url` that of its owner."""
    kind = "postgresql"
    number = 0

    def __init__(self, cluster, fixture=None, template=None):
        Postgresql.number += 1
        self.cluster = cluster
        self.name = "patchwork%d" % Postgresql.number
        self.url = cluster.url(self.name, user=READER)
        self.owner_url = cluster.url(self.name)
        if template is not None:
            cluster.create(self.name, template=template.name)
            return
        cluster.create(self.name)
        init(cluster.url(self.name))
        if fixture is not None:
            with open(fixture, "rb") as f:
                cluster.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-1", "-d", self.name, stdin=f)
        self.execute("DO $$ BEGIN CREATE ROLE %s LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
                     "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s" % (READER, READER))

    def execute(self, sql):
        return self.cluster.sql(self.name, sql)

    def rows(self, sql):
        """As lists of text; NULL is empty."""
        return [line.split("|") for line in self.execute(sql).splitlines()]

    def copy(self):
        """Nobody else may be connected to this one meanwhile: copy it before a server uses it."""
        return Postgresql(self.cluster, template=self)

    def drop(self):
        self.cluster.drop(self.name)


class Originals:
    """`cluster` is None where PostgreSQL is not installed."""

    def __init__(self, fixture):
        self.fixture = fixture
        self.cluster = None
        self.of_kind = {}

    def make(self):
        try:
            self.make_all()
        except BaseException:
            self.drop()
            raise

    def make_all(self):
        self.of_kind["sqlite"] = Sqlite(self.fixture)
        if postgres.bindir() is None:
            return
        self.cluster = postgres.Cluster().__enter__()
        self.of_kind["postgresql"] = original = Postgresql(self.cluster, self.fixture)
        # the fixture names its ids: the next ones follow
        original.execute(
            "SELECT setval(pg_get_serial_sequence(table_name, 'id'), 1000) FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'id' AND pg_get_serial_sequence(table_name, 'id') IS NOT NULL")

    def drop(self):
        for original in self.of_kind.values():
            original.drop()
        self.of_kind.clear()
        if self.cluster is not None:
            self.cluster.stop()

    def __getitem__(self, kind):
        if kind not in self.of_kind:
            raise unittest.SkipTest("PostgreSQL is not installed")
        return self.of_kind[kind]

    def copy(self, kind):
        return self[kind].copy()
