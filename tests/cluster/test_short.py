#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cluster for a short while, with a few faults; tests/cluster/run is the whole of it."""
import importlib.machinery
import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]


def load_run():
    """tests/cluster/run as a module."""
    loader = importlib.machinery.SourceFileLoader("cluster_run", os.path.join(HERE, "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cluster_run", loader))
    loader.exec_module(module)
    return module


cluster_run = load_run()


class ShortTest(unittest.TestCase):
    def test_faults(self):
        faults = [cluster_run.FAULTS[name] for name in ("kill-workers", "kill-bus", "redis-restart")]
        run = cluster_run.Run("plain", faults, 12)
        violations = run.execute()
        text = run.report(violations)
        print(text, file=sys.stderr)
        self.assertEqual(violations, [], text)
        # that there was something to be found
        for what in "writes", "foreign", "hits", "values", "compared_hits", "redis_hits":
            self.assertGreater(run.result[what], 10, text)


if __name__ == "__main__":
    unittest.main()
