#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checker of the cluster's histories, over histories made by hand, good ones and bad ones."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import history

STALE = 1.0


class Case(unittest.TestCase):
    def setUp(self):
        self.history = history.History(STALE)
        self.register = self.history.register("register", "zero")

    def write(self, value, begin, end=None, node="a"):
        """Acknowledged by `node` at `end`; without one nobody knows."""
        write = self.register.begin(value, begin)
        if end is not None:
            write.acknowledge(node, end)
        return write

    def read(self, value, begin, end=None, node="a"):
        self.history.read(node, "/", begin, end or begin + 0.01, [(self.register, value)])

    def good(self):
        self.assertEqual(self.history.violations(), [])

    def bad(self, *kinds):
        self.assertEqual([v.kind for v in self.history.violations()], list(kinds))


class Reads(Case):
    def test_nothing_was_written(self):
        self.read("zero", 5)
        self.good()

    def test_what_nobody_wrote(self):
        self.read("one", 5)
        self.bad("never written")

    def test_a_value_before_it_was_written(self):
        self.write("one", 10, 11)
        self.read("one", 9, 9.5)
        self.bad("never written")

    def test_in_flight_both_are_right(self):
        self.write("one", 10, 11)
        for value in "zero", "one":
            self.read(value, 10.1, 10.2)
            self.read(value, 9.9, 10.1, "b")
        self.good()

    def test_the_node_that_wrote(self):
        self.write("one", 10, 11)
        self.read("zero", 10.999)
        self.good()
        self.read("zero", 11.001)
        self.bad("older than its own node's write")

    def test_a_read_that_began_before_the_acknowledgement(self):
        self.write("one", 10, 11)
        self.read("zero", 10.9, 15)
        self.good()

    def test_other_nodes_have_max_stale(self):
        self.write("one", 10, 11)
        self.read("zero", 11.999, 12.5, "b")
        self.read("one", 11.001, 11.1, "b")
        self.good()
        self.read("zero", 12.001, 12.5, "b")
        self.bad("older than max_stale")

    def test_writes_past_all_nodes(self):
        self.write("one", 10, 11, None)
        self.read("zero", 11.9)
        self.read("zero", 11.9, node="b")
        self.good()
        self.read("zero", 12.1)
        self.bad("older than max_stale")

    def test_back_and_forth(self):
        self.write("one", 10, 11)
        self.write("two", 20, 21)
        self.read("two", 22)
        self.good()
        self.read("one", 23)
        self.bad("older than its own node's write")

    def test_the_last_write_of_several_nodes(self):
        self.write("one", 10, 11, "a")
        self.write("two", 11, 11.1, "b")
        self.read("zero", 11.2, node="c")
        self.read("one", 11.2, node="a")
        self.good()
        self.read("one", 11.2, node="b")
        self.read("zero", 11.2, node="a")
        self.bad("older than its own node's write", "older than its own node's write")

    def test_nobody_knows(self):
        self.write("one", 10).lose_sight(11)
        for when in 10.5, 12, 100:
            self.read("zero", when)
            self.read("one", when)
        self.good()
        self.write("two", 200, 201)
        self.read("one", 203)
        self.bad("older than its own node's write")

    def test_one_value_for_several_writes(self):
        self.write("open", 10, 11)
        self.write("closed", 20, 21)
        self.write("open", 30, 31)
        self.read("open", 15)
        self.read("closed", 25)
        self.read("open", 35)
        self.read("open", 20.5)
        self.good()
        self.read("open", 25)
        self.bad("older than its own node's write")

    def test_several_registers_of_one_read(self):
        other = self.history.register("other", 0)
        self.write("one", 10, 11)
        self.history.read("a", "/", 12, 13, [(self.register, "one"), (other, 0)])
        self.good()
        self.history.read("a", "/", 12, 13, [(self.register, "one"), (other, 1)])
        self.bad("never written")

    def test_lag(self):
        self.write("one", 10, 11)
        self.read("zero", 11.25, node="b")
        self.read("one", 15, node="b")
        self.assertEqual(self.history.lag(), 0.25)


class Cuts(Case):
    """One is in the copy, two is not; three comes afterwards."""

    def setUp(self):
        super().setUp()
        self.write("one", 10, 11)
        self.write("two", 20, 21)
        self.history.cut((15, 16), 30, 31)
        self.three = self.register.begin("three", 40)
        self.three.acknowledge("b", 41)

    def test_what_was_lost_is_shown_for_max_stale(self):
        self.read("two", 29)
        self.read("two", 31.9)
        self.read("one", 31.1)
        self.read("one", 35)
        self.good()
        self.read("two", 32.1)
        self.bad("not in the restored database")

    def test_the_copy_is_not_older_than_it_was(self):
        self.read("zero", 35)
        self.bad("not in the restored database")

    def test_before_it_the_old_rules_hold(self):
        self.read("one", 29)
        self.bad("older than its own node's write")

    def test_after_it_the_new_ones_count(self):
        self.read("one", 41.5, node="a")
        self.read("three", 41.5, node="b")
        self.good()
        self.read("one", 41.5, node="b")
        self.read("one", 42.1, node="a")
        self.read("two", 42.1, node="a")
        self.bad("older than its own node's write", "older than max_stale", "not in the restored database")

    def test_the_end(self):
        self.history.judge_end(self.register, "three", 50)
        self.good()
        self.history.judge_end(self.register, "one", 50)
        self.bad("lost")

    def test_what_was_in_flight_may_be_on_either_side(self):
        register = self.history.register("in flight", "zero")
        register.begin("one", 29).lose_sight(32)
        for value in "zero", "one":
            self.history.read("a", "/", 35, 36, [(register, value)])
        self.good()
        register = self.history.register("given up", "zero")
        register.begin("one", 29).lose_sight(29.5)
        self.history.read("a", "/", 35, 36, [(register, "one")])
        self.bad("not in the restored database")


class Ends(Case):
    def test_kept(self):
        self.write("one", 10, 11)
        self.write("two", 12).lose_sight(13)
        self.history.judge_end(self.register, "one", 20)
        self.history.judge_end(self.register, "two", 20)
        self.good()

    def test_lost(self):
        self.write("one", 10, 11)
        self.history.judge_end(self.register, "zero", 20)
        self.bad("lost")

    def test_from_nowhere(self):
        self.history.judge_end(self.register, "one", 20)
        self.bad("never written")


class Failures(Case):
    def fail(self, *arguments):
        self.history.failure("a", "GET /", *arguments)

    def test_without_a_reason(self):
        for status, retry in ((None, None), (500, None), (503, "1"), (503, None), (502, None)):
            self.fail(10, 11, status, retry)
        self.bad(*["error"] * 5)

    def test_while_the_database_is_away(self):
        self.history.window(history.DATABASE, 10, 20)
        self.fail(9, 10.5, 503, "1")
        self.fail(19, 21, 503, "1")
        self.good()
        self.fail(15, 16, 503, None)
        self.fail(15, 16, 500, "1")
        self.fail(15, 16)
        self.fail(21, 22, 503, "1")
        self.fail(8, 9, 503, "1")
        self.bad(*["error"] * 5)

    def test_while_a_node_is_away(self):
        self.history.window(history.BROKEN, 10, 20, "a")
        self.fail(12, 13)
        self.good()
        self.fail(12, 13, 500)
        self.history.failure("b", "GET /", 12, 13)
        self.fail(21, 22)
        self.bad(*["error"] * 3)

    def test_what_others_found(self):
        self.history.accuse("unequal", "/", "text")
        self.bad("unequal")


if __name__ == "__main__":
    unittest.main()
