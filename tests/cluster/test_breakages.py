#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker finds what is broken on purpose (base/breakage.h): a cluster for a few seconds with each breakage.

It needs a build that was configured with --enable-breakages. CLUSTER_BREAKAGES names those that are
wanted, with commas between; without it all.
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]
import thimble
from test_short import cluster_run

TRIES = 3               # a race may not happen

# what is broken, the form of the cluster, faults without which it does not show, and what is to be found
BREAKAGES = {
    "own": ("plain", (), {"older than its own node's write"}),
    "changes": ("plain", (), {"older than max_stale", "unequal"}),
    "ahead": ("plain", ("redis-slow",), {"older than its own node's write"}),
    "effects": ("plain", (), {"older than max_stale", "unequal"}),
    "gap": ("plain", ("redis-trim",), {"older than max_stale", "unequal"}),
    "lease": ("plain", ("stop-bus",), {"older than max_stale"}),
}


def can_break():
    """Whether the program has breakages: their names are in no other."""
    with open(thimble.THIMBLED, "rb") as f:
        return b"THIMBLE_BREAK\0" in f.read()


class BreakagesTest(unittest.TestCase):
    def found(self, name, form, faults):
        run = cluster_run.Run(form, [cluster_run.FAULTS[f] for f in faults], 4, environment={"THIMBLE_BREAK": name})
        try:
            violations = run.execute()
        except AssertionError as e:
            # broken as it is, it may not come to stand well; what was found counts
            print(name, "did not end well:", e, file=sys.stderr)
            violations = run.history.violations()
        print("%s: %d violations" % (name, len(violations)), file=sys.stderr)
        for violation in violations[:3]:
            print("   %s: %s: %s" % violation, file=sys.stderr)
        return {violation.kind for violation in violations}

    def test_each_is_found(self):
        if not can_break():
            self.skipTest("%s was not configured with --enable-breakages" % thimble.THIMBLED)
        wanted = os.environ.get("CLUSTER_BREAKAGES")
        for name in wanted.split(",") if wanted else BREAKAGES:
            form, faults, kinds = BREAKAGES[name]
            with self.subTest(name):
                self.assertTrue(any(self.found(name, form, faults) & kinds for _ in range(TRIES)),
                                "%s was not found" % name)


if __name__ == "__main__":
    unittest.main()
