# SPDX-License-Identifier: MIT
"""Replays the recorded answers of the real Patchwork against thimbled, over the
recorded database, on SQLite and on PostgreSQL: without a cache, with one that is
cold, warm, or too small, and with coded bodies.

The recordings stand beside the project, in ../shared/golden (or where
THIMBLE_GOLDEN says); without them there is nothing to do.  Every exchange must
pass, and at least 99 in 100 must be equal to the byte or not comparable.

Left out are the exchanges in which the reference fails (5xx), and those in
which it redirects a path without its final slash: thimble answers these
directly, as the answer with the slash, and tests/http/test_api.py checks it.
"""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import decoding
import postgres
import thimble

GOLDEN = os.environ.get("THIMBLE_GOLDEN") or os.path.join(thimble.TOP, os.pardir, "shared", "golden")
COMPARE = os.path.join(GOLDEN, "compare.py")
WITH_SLASH = r"^[A-Z]+ [^?]*/(\?.*)?$"
SETTINGS = {"api": {"timezone": "Australia/Canberra"}}


def unpack(name, directory):
    path = os.path.join(directory, name[:-len(".gz")])
    with gzip.open(os.path.join(GOLDEN, name), "rb") as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)
    return path


@unittest.skipUnless(os.path.exists(COMPARE), "no recordings in " + GOLDEN)
class Golden(thimble.TestCase):
    def replay(self, server, *more, base=None):
        """Runs both sets, against the server or what stands before it; returns (equal or not comparable, all)."""
        plain = os.path.join(server.directory, "plain.jsonl")
        with open(plain, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(exchange) + "\n" for exchange in self.without_codings())
        more += ("--instead", plain)
        sets = ["--set", os.path.join(GOLDEN, "read.jsonl.gz"), "--set", os.path.join(GOLDEN, "mbox.jsonl.gz")]
        done = subprocess.run([sys.executable, COMPARE, "--base", base or server.url, *sets, "--skip-5xx", "--skip-group", "^slash$",
                               "--match", WITH_SLASH, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        total = re.search(r"^total +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.M)
        self.assertIsNotNone(total, done.stdout)
        byte_equal, json_equal, key_order, tie_order, not_compared, differs = map(int, total.groups())
        everything = byte_equal + json_equal + key_order + tie_order + not_compared + differs
        self.assertGreater(everything, 2000, "the recordings are not whole:\n" + done.stdout)
        self.assertEqual(json_equal + key_order + differs, 0, done.stdout)
        self.assertGreaterEqual((byte_equal + not_compared) / everything, 0.99, done.stdout)
        print("%d byte-equal, %d with ties in another order, %d not compared" % (byte_equal, tie_order, not_compared))

    @staticmethod
    def without_codings():
        """The one exchange that asks for gzip, which the reference does not do; here without asking."""
        with gzip.open(os.path.join(GOLDEN, "read.jsonl.gz"), "rt", encoding="utf-8") as f:
            for exchange in map(json.loads, f):
                headers = exchange["request"]["headers"]
                kept = [header for header in headers if header[0] != "Accept-Encoding"]
                if kept != headers:
                    exchange["request"]["headers"] = kept
                    yield exchange

    def over_sqlite(self, cache, control=False):
        server = self.server(dict(SETTINGS, cache=dict({"max_stale": "24h"}, **cache)), start=False)
        if control:
            server.configure(self.control(server))
        unpack("db.sqlite.gz", server.directory)
        server.configure({"store": {"url": "sqlite:" + os.path.join(server.directory, "db.sqlite")}})
        return server.start().wait_ready()

    def replay_sqlite(self, server, *more, base=None):
        self.replay(server, "--instead", os.path.join(GOLDEN, "read.sqlite.jsonl.gz"), *more, base=base)

    def lookups(self, server, result):
        """Answers that came from the cache, or were looked for there in vain."""
        text = server.get("/metrics", port=server.status_port).body.decode()
        return sum(int(n) for n in re.findall(
            r'^thimble_cache_answers_total\{.*result="%s"\} (\d+)$' % result, text, re.M))

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return int(re.search("^" + re.escape(name) + r" (\d+)$", text, re.M).group(1))

    def test_sqlite_without_a_cache(self):
        self.replay_sqlite(self.over_sqlite({"size": "0"}))

    def test_sqlite_cold_and_warm(self):
        server = self.over_sqlite({"size": "256M"})
        self.replay_sqlite(server)
        cold = self.lookups(server, "hit")
        self.replay_sqlite(server)
        # What is asked with a password or token, or answered without the database, is less than a third.
        self.assertGreater(self.lookups(server, "hit") - cold, 1700)
        self.assertEqual(self.metric(server, "thimble_cache_pins"), 0)

    def test_sqlite_under_constant_eviction(self):
        server = self.over_sqlite({"size": "4M"})
        for _ in range(2):
            self.replay_sqlite(server)
        self.assertGreater(self.metric(server, "thimble_cache_evictions_total{reason=\"space\"}"), 1000)
        self.assertEqual(self.metric(server, "thimble_cache_pins"), 0)

    def test_sqlite_with_codings(self):
        server = self.over_sqlite({"size": "256M"})
        for coding in ("gzip", "zstd", "gzip"):
            with decoding.Relay(server.port, coding) as relay:
                self.replay_sqlite(server, base="http://127.0.0.1:%d" % relay.port)
                self.assertGreater(relay.decoded, 1000)
        self.assertEqual(self.metric(server, "thimble_cache_pins"), 0)

    @staticmethod
    def control(server):
        return {"server": {"control": os.path.join(server.directory, "control")}}

    # In the write set, beside what the reference fails on: what it only answers so because it had failed before.
    AFTER_ITS_FAILURES = frozenset((
        "x1238",        # the id of a bundle, after one that was refused had used up an id
        "x1240",        # the list of bundles, with one that the reference had kept when it failed to show its slash
    ))

    def replay_writes(self, server, reset, read):
        """The write set, then the others again; `reset` restores the database, whatever the server has open."""
        script = os.path.join(server.directory, "reset")
        with open(script, "w", encoding="utf-8") as f:
            f.write("set -e\n%s\n%s -c %s purge --all\n" % (reset, thimble.THIMBLECTL, server.config))
        writes = os.path.join(server.directory, "writes")
        with gzip.open(os.path.join(GOLDEN, "write.jsonl.gz"), "rt", encoding="utf-8") as source, \
                open(writes, "w", encoding="utf-8") as target:
            target.writelines(line for line in source if json.loads(line)["id"] not in self.AFTER_ITS_FAILURES)
        done = subprocess.run([sys.executable, COMPARE, "--base", server.url, "--set", writes, "--skip-5xx", "--mask",
                               "ids", "--reset", "sh " + script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        total = re.search(r"^total +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.M)
        byte_equal, json_equal, key_order, tie_order, not_compared, differs = map(int, total.groups())
        self.assertGreater(byte_equal, 1200, done.stdout)
        self.assertEqual(json_equal + key_order + differs, 0, done.stdout)
        print("%d byte-equal, %d with ties in another order, %d not compared" % (byte_equal, tie_order, not_compared))
        subprocess.run(["sh", script], check=True)
        read(server)

    def test_sqlite_writes(self):
        server = self.over_sqlite({"size": "256M"}, control=True)
        path = os.path.join(server.directory, "db.sqlite")
        shutil.copy(path, path + ".pristine")
        # a transaction in the same file: nobody holds an older one
        self.replay_writes(server, "%s -c 'import sqlite3; sqlite3.connect(\"%s.pristine\").backup(sqlite3.connect(\"%s\"))'" % (
            sys.executable, path, path), self.replay_sqlite)

    def test_postgresql_writes(self):
        with postgres.Cluster() as cluster:
            cluster.create("pristine", dump=unpack("db.pg.sql.gz", cluster.directory))
            cluster.sql("pristine", "ANALYZE")
            cluster.create("golden", template="pristine")
            server = self.server(dict(SETTINGS, store={"url": cluster.url("golden")}, cache={
                "size": "256M", "max_stale": "24h"}), start=False)
            server.configure(self.control(server))
            server.start().wait_ready()
            self.replay_writes(server, "%s -q -X -h %s -p %d -U postgres -d template1 -c 'DROP DATABASE golden WITH (FORCE)' "
                               "-c 'CREATE DATABASE golden TEMPLATE pristine'" % (cluster.program("psql"), cluster.directory,
                                                                                  cluster.port), self.replay)
            server.stop()

    def test_the_second_answer_is_the_first(self):
        server = self.over_sqlite({"size": "256M"})
        hits = 0
        for request in self.requests():
            first, second = (server.request(request["method"], request["path"], headers=dict(request["headers"],
                             **{"Cache-Status": "?1"})) for _ in range(2))
            self.assertEqual((first.status, first.body), (second.status, second.body), request)
            headers = [{k: v for k, v in answer.headers.items() if k not in ("Date", "Cache-Status")}
                       for answer in (first, second)]
            self.assertEqual(headers[0], headers[1], request)
            hits += "hit" in second.headers.get("Cache-Status", "")
        self.assertGreater(hits, 1700)

    @staticmethod
    def requests():
        for name in ("read.jsonl.gz", "mbox.jsonl.gz"):
            with gzip.open(os.path.join(GOLDEN, name), "rt", encoding="utf-8") as f:
                for line in f:
                    request = json.loads(line)["request"]
                    if request["method"] in ("GET", "HEAD") and "body" not in request and "body_b64" not in request:
                        yield request

    def test_postgresql(self):
        with postgres.Cluster() as cluster:
            cluster.create("golden", dump=unpack("db.pg.sql.gz", cluster.directory))
            cluster.sql("golden", "ANALYZE")
            server = self.server(dict(SETTINGS, store={"url": cluster.url("golden")}, cache={
                "size": "256M", "max_stale": "24h"}))
            for _ in range(2):
                self.replay(server)
            self.assertGreater(self.lookups(server, "hit"), 1700)
            server.stop()


if __name__ == "__main__":
    unittest.main()
