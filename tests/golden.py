# SPDX-License-Identifier: MIT
"""Replays the recorded answers of the real Patchwork against thimbled, over the
recorded database, on SQLite and on PostgreSQL.

The recordings stand beside the project, in ../shared/golden (or where
THIMBLE_GOLDEN says); without them there is nothing to do.  Every exchange must
pass, and at least 99 in 100 must be equal to the byte or not comparable.

Left out are the exchanges in which the reference fails (5xx), and those in
which it redirects a path without its final slash: thimble answers these
directly, as the answer with the slash, and tests/http/test_api.py checks it.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
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
    def replay(self, server, *more):
        """Runs both sets; returns (equal or not comparable, all)."""
        sets = ["--set", os.path.join(GOLDEN, "read.jsonl.gz"), "--set", os.path.join(GOLDEN, "mbox.jsonl.gz")]
        done = subprocess.run([sys.executable, COMPARE, "--base", server.url, *sets, "--skip-5xx", "--skip-group", "^slash$",
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

    def test_sqlite(self):
        server = self.server(SETTINGS, start=False)
        unpack("db.sqlite.gz", server.directory)
        server.configure({"store": {"url": "sqlite:" + os.path.join(server.directory, "db.sqlite")}})
        server.start().wait_ready()
        self.replay(server, "--instead", os.path.join(GOLDEN, "read.sqlite.jsonl.gz"))

    def test_postgresql(self):
        with postgres.Cluster() as cluster:
            cluster.create("golden", dump=unpack("db.pg.sql.gz", cluster.directory))
            cluster.sql("golden", "ANALYZE")
            server = self.server(dict(SETTINGS, store={"url": cluster.url("golden")}))
            self.replay(server)
            server.stop()


if __name__ == "__main__":
    unittest.main()
