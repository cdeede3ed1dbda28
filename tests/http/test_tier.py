# SPDX-License-Identifier: MIT
"""Objects that nodes share in Redis: what one node has read, another one need not ask the database for;
nothing that has changed is shown as it was; and whatever becomes of Redis, every answer is right.

What is right says a node without a cache.  max_stale is an hour, so that nothing gets right by age.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]
import test_bus_redis
import thimble
from thimble import wait_until

BASE = "http://patchwork.example.org"
# all kinds of objects that stand inside others
PATHS = ["/api/patches/?per_page=100", "/api/patches/1/", "/api/patches/1/checks/", "/api/events/?per_page=100",
         "/api/covers/", "/api/series/", "/api/bundles/", "/api/patches/1/comments/"]
EVENTS = "/api/events/?per_page=20&order=id"
CHECKS = "/api/patches/1/checks/"
# of objects, of what others join, of too many rows to name, and of everything
CHANGES = ["UPDATE patchwork_patch SET name = name || ' x' WHERE id = 1",
           "UPDATE patchwork_project SET name = name || ' x', linkname = linkname || 'x' WHERE id = 1",
           "UPDATE auth_user SET first_name = first_name || 'x' WHERE id = 2",
           "UPDATE patchwork_patch SET name = name || ' y'",
           "UPDATE patchwork_patch SET project_id = 3 - project_id WHERE id = 1 AND project_id IN (1, 2)",
           "INSERT INTO thimble_outbox (tags) VALUES ('*')"]


class TierCase(test_bus_redis.BusRedisCase):
    def setUp(self):
        super().setUp()
        self.number = 0
        self.plain = self.server({"cache": {"size": "0"}, "store": {"url": self.base_url()},
                                  "server": {"base_url": BASE}})

    def pair(self, **more):
        return self.two({"server": {"base_url": BASE, "workers": "1"}, "log": {"level": "debug"}}, **more)

    def purge(self, server):
        answer = server.request("POST", "/purge", body='{"all": true}', unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def looked(self, server, since):
        """The bus granted the lease for what there was then."""
        def later():
            now = time.monotonic()
            stats = self.stats(server)
            return stats["lease"] and stats["behind_ms"] is not None and now - stats["behind_ms"] / 1000 > since
        wait_until(later, lambda: "a look at the database: %s\n%s" % (self.stats(server), server.log()))

    def empty(self, *nodes):
        """Their own memory knows nothing, and Redis may be asked."""
        for server in nodes:
            self.purge(server)
        # a lease begins a little later than it is granted
        since = time.monotonic() + 0.3
        for server in nodes:
            self.looked(server, since)

    def anew(self, server, path, headers=None):
        """Answers are kept by their query: each time another one."""
        self.number += 1
        unique = "unique=%d" % self.number
        answer = server.get(path + ("&" if "?" in path else "?") + unique, headers=headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.body, answer.headers.get("Link", "").replace(unique, "")

    def right(self, *nodes, paths=PATHS):
        """Each answer, made anew, is that of a node without a cache."""
        for path in paths:
            want = self.anew(self.plain, path)
            for server in nodes:
                self.assertEqual(self.anew(server, path), want, path)

    def gets_right(self, *nodes):
        """Once word of a change has come."""
        def same():
            try:
                self.right(*nodes)
            except AssertionError as e:
                self.wrong = e
                return False
            return True
        wait_until(same, lambda: "the answers to be right: %s" % self.wrong)

    def figures(self, server):
        return json.loads(server.get("/stats", unix=server.control).body)["redis"]

    def trips(self, server, path):
        """How many statements each round trip for it had."""
        with open(server.log_path, errors="replace") as log:
            log.seek(0, os.SEEK_END)
            self.anew(server, path)
            return [int(n) for n in re.findall(r"database: (\d+) statements in a round trip", log.read())]

    def shared(self, first, second, path=EVENTS):
        """The first has given it to Redis, and the second finds it there, after this node of them forgot it: only
        the page itself is asked of the database.  Again, while Redis seems slow, or has just begun."""
        def all_found():
            self.empty(first)
            self.anew(first, path)
            self.empty(second)
            return len(self.trips(second, path)) == 1
        wait_until(all_found, lambda: "objects in Redis: %s\n%s" % (self.figures(second), second.log()))

    def keys(self, pattern="thimble:*:*:*"):
        with self.redis.connect() as connection:
            return connection.command("KEYS", pattern)


class Tier(TierCase):
    def test_a_node_takes_what_another_has_read(self):
        first, second = self.pair()
        self.shared(first, second)
        wait_until(lambda: self.figures(second)["hits"] > 0, "the worker to tell")
        wait_until(lambda: self.figures(first)["stored"] > 0, "the worker to tell")
        hits = self.figures(second)["hits"]
        # now it has them itself
        self.assertEqual(len(self.trips(second, EVENTS)), 1)
        self.right(first, second)
        self.empty(first, second)
        self.right(first, second)
        wait_until(lambda: self.figures(second)["hits"] > hits, "the worker to tell")
        self.assertEqual(self.figures(second)["breakers_open"], 0)
        shown = subprocess.run([thimble.THIMBLECTL, "-c", second.config, "stats"], check=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, timeout=thimble.DEADLINE, text=True).stdout
        self.assertRegex(shown, r"\nredis\n  hits +[1-9]\d* .*\n  misses +\d+\n  stored +\d+\n  failures +\d+\n"
                         r"  breaker +closed\n")
        self.assertTrue(self.keys())
        for key in self.keys():
            self.assertTrue(0 < self.redis.command("TTL", key) <= 3600, key)

    def test_only_what_is_missing_is_asked_of_the_database(self):
        first, second = self.pair()
        self.shared(first, second)
        people = [key for key in self.keys("thimble:*:*:patch:*")]
        self.assertTrue(people)

        def one_kind():
            self.redis.command("DEL", *people)
            self.empty(second)
            trips = self.trips(second, EVENTS)
            return len(trips) == 2 and trips[1] == 1
        wait_until(one_kind, "one kind of objects to be asked for")
        self.right(second)

    def test_a_change_by_hand(self):
        nodes = self.pair()
        self.shared(*nodes)
        for sql in CHANGES:
            with self.subTest(sql):
                self.right(*nodes)
                before = [self.anew(self.plain, path) for path in PATHS]
                self.execute(sql)
                after = [self.anew(self.plain, path) for path in PATHS]
                self.assertTrue("thimble_outbox" in sql or before != after, "that changes something")
                self.wait_drained()
                self.gets_right(*nodes)
                # what they would not ask for while they still have it
                self.empty(*nodes)
                self.right(*nodes)

    def test_an_object_that_was_read_before_a_change_is_refused(self):
        """By hand in Redis: an object as it was is put back.  It is not told apart from a good one; but one that was
        stored before the epoch is, and one of before the stamp is deleted."""
        first, second = self.pair()
        self.shared(first, second)
        with self.redis.connect() as connection:
            old = {key: connection.command("HGETALL", key) for key in self.keys()}
            self.execute("UPDATE patchwork_project SET name = name || ' x'")
            self.execute("UPDATE patchwork_patch SET name = name || ' y'")
            self.wait_drained()
            self.gets_right(first, second)
            joined = [key for key in old if b":project:" not in key and b":patch:" not in key]
            for key in joined:
                connection.command("HSET", key, *old[key])
        self.empty(first, second)
        self.right(first, second)

    def test_a_write_is_seen_though_redis_is_asked(self):
        first, second = self.pair()
        self.shared(first, second, CHECKS)
        for n in range(20):
            # both have it; the write makes the first forget it, and ask Redis, which may not know yet
            self.anew(second, CHECKS)
            name = "Name %d" % n
            answer = first.request("PATCH", "/api/users/2/", body=json.dumps({"first_name": name}),
                                   headers=test_bus_redis.MAINT)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertIn(('"first_name":"%s"' % name).encode(), self.anew(first, CHECKS)[0])
            wait_until(lambda: name.encode() in self.anew(second, CHECKS)[0], "the write on the other node")
        self.right(first, second)

    def test_a_write_is_seen_though_nobody_publishes(self):
        """Redis has the old object, and goes on having it: both buses are stopped, the lease holds on."""
        first, second = self.pair()
        self.shared(first, second, CHECKS)
        self.empty(first, second)
        buses = [self.stats(server)["pid"] for server in (first, second)]
        for pid in buses:
            os.kill(pid, signal.SIGSTOP)
        try:
            for n in range(5):
                answer = first.request("PATCH", "/api/users/2/", body=json.dumps({"first_name": "Name %d" % n}),
                                       headers=test_bus_redis.MAINT)
                self.assertEqual(answer.status, 200, answer.body)
                self.right(first, paths=[CHECKS, CHECKS])
        finally:
            for pid in buses:
                os.kill(pid, signal.SIGCONT)
        self.gets_right(first, second)

    def test_another_format_is_a_miss(self):
        first, second = self.pair()
        self.shared(first, second)
        with self.redis.connect() as connection:
            for key in self.keys():
                fields = connection.command("HGETALL", key)
                for field, value in zip(fields[::2], fields[1::2]):
                    self.assertEqual(value[:1], b"\1")
                    connection.command("HSET", key, field, b"\2" + value[1:])
        self.empty(second)
        self.assertEqual(len(self.trips(second, EVENTS)), 2, "the database is asked")
        self.right(second)
        self.shared(first, second)


class BadDays(TierCase):
    def change(self, *nodes):
        """Somebody changes something, and it is seen, now or later."""
        self.execute("UPDATE patchwork_project SET name = name || 'x'")
        self.gets_right(*nodes)

    def test_it_hangs(self):
        nodes = self.pair()
        self.shared(*nodes)
        failures = self.figures(nodes[1])["failures"]

        def asked_in_vain():
            self.redis.resume()
            self.empty(*nodes)
            self.redis.pause()
            self.right(*nodes)
            return self.figures(nodes[1])["failures"] > failures and self.figures(nodes[1])["breakers_open"]
        try:
            wait_until(asked_in_vain, lambda: "the breaker to open: %s" % self.figures(nodes[1]))
            text = nodes[1].get("/metrics", port=nodes[1].status_port).body.decode()
            self.assertIn("\nthimble_redis_breakers_open 1\n", text)
            self.change(*nodes)
            self.right(*nodes)
        finally:
            self.redis.resume()
        self.right(*nodes)
        self.shared(*nodes)
        wait_until(lambda: self.figures(nodes[1])["breakers_open"] == 0, "the breaker to close")
        self.right(*nodes)

    def test_it_is_killed_and_started_again(self):
        nodes = self.pair()
        self.shared(*nodes)
        for data in (False, True):
            if data:
                self.redis.save()
                # what it has saved is older than this
                self.change(*nodes)
            self.redis.kill()
            self.right(*nodes)
            self.change(*nodes)
            self.redis.start(data=data)
            self.right(*nodes)
        self.shared(*nodes)
        self.right(*nodes)

    def test_it_is_flushed(self):
        nodes = self.pair()
        self.shared(*nodes)
        for _ in range(3):
            self.redis.command("FLUSHALL")
            self.right(*nodes)
            self.change(*nodes)
        self.shared(*nodes)
        self.right(*nodes)

    def test_it_loses_its_scripts(self):
        nodes = self.pair()
        self.shared(*nodes)
        self.redis.command("SCRIPT", "FLUSH")
        self.right(*nodes)
        self.shared(*nodes)

    def test_it_has_no_memory(self):
        nodes = self.pair()
        self.shared(*nodes)
        self.redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.redis.command("CONFIG", "SET", "maxmemory", "1")
        with self.assertRaises(test_bus_redis.redis.Error):
            self.redis.command("SET", "key", "value")
        self.right(*nodes)
        self.change(*nodes)
        self.right(*nodes)
        self.redis.command("CONFIG", "SET", "maxmemory", "0")
        self.right(*nodes)
        self.wait_drained()
        self.shared(*nodes)
        self.right(*nodes)

    def test_it_evicts_whatever_it_likes(self):
        nodes = self.pair()
        self.shared(*nodes)
        used = int(self.redis.info("memory")["used_memory"])
        self.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.redis.command("CONFIG", "SET", "maxmemory", used + 200000)
        with self.redis.connect() as connection:
            for n in range(6):
                for k in range(30):
                    connection.command("SET", "junk %d %d" % (n, k), "x" * 10000)
                self.right(*nodes)
                if n % 3 == 0:
                    self.change(*nodes)
        self.assertGreater(int(self.redis.info("stats")["evicted_keys"]), 0)
        self.redis.command("CONFIG", "SET", "maxmemory", "0")
        self.redis.command("FLUSHALL")
        self.shared(*nodes)
        self.right(*nodes)

    def test_another_program_has_put_nonsense_there(self):
        nodes = self.pair()
        self.shared(*nodes)
        with self.redis.connect() as connection:
            for n, key in enumerate(self.keys()):
                if n % 3 == 0:
                    connection.command("DEL", key)
                    connection.command("SET", key, "text")
                else:
                    for field in connection.command("HKEYS", key):
                        connection.command("HSET", key, field, b"\1" + b"\0" * 8 + b"\1" + os.urandom(n % 40))
        self.empty(*nodes)
        self.right(*nodes)
        self.change(*nodes)


if __name__ == "__main__":
    unittest.main()
