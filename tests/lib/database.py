# SPDX-License-Identifier: MIT
"""Databases of one's own for tests, of either kind, made with `thimblectl init`
and filled from a file of SQL.

    database = database.Sqlite(FIXTURE)
    server = self.server({"store": {"url": database.url}})
    database.execute("UPDATE ...")
    database.drop()

Both kinds offer the same: `url`, `execute(sql)`, `copy()` and `drop()`.
"""
import os
import shutil
import sqlite3
import tempfile

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
        self.url = "sqlite:" + self.path
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

    def copy(self):
        return Sqlite(template=self)

    def drop(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgresql:
    """A database of a postgres.Cluster; `url` is that of a role that may SELECT and no more."""
    kind = "postgresql"
    number = 0

    def __init__(self, cluster, fixture=None, template=None):
        Postgresql.number += 1
        self.cluster = cluster
        self.name = "patchwork%d" % Postgresql.number
        self.url = cluster.url(self.name, user=READER)
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

    def copy(self):
        """Nobody else may be connected to this one meanwhile: copy it before a server uses it."""
        return Postgresql(self.cluster, template=self)

    def drop(self):
        self.cluster.drop(self.name)
