# SPDX-License-Identifier: MIT
"""Two nodes on one PostgreSQL with one Redis between them: what changes on one, or by
hand, is seen by both; and whatever is stopped, killed, emptied or cut off, nothing that changed is shown as it
was for longer than max_stale, nothing is lost, and the lease comes back.

max_stale is an hour where word of a change has to come by itself, and short where age or the lease counts, as in
test_bus.py.
"""
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]
import database
import libpq
import postgres
import proxy
import redis
import thimble
from test_bus import UNRELATED, BusCase
from thimble import wait_until

FIXTURE = os.path.join(HERE, "fixture.sql")
PATCH = "/api/patches/1/"
MAINT = {"Authorization": "Token %040x" % (0xabc000 + 2), "Content-Type": "application/json"}
SHORT = {"cache": {"max_stale": "1s"}}


@unittest.skipUnless(postgres.bindir(), "PostgreSQL is not installed")
class BusRedisCase(BusCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = postgres.Cluster().start()
        cls.addClassCleanup(cls.cluster.stop)
        cls.template = database.Postgresql(cls.cluster, FIXTURE)
        # its ids were given, so that the sequences know nothing of them
        cls.template.execute("SELECT setval(pg_get_serial_sequence(table_name, 'id'), 1000) FROM information_schema.columns"
                             " WHERE table_schema = 'public' AND column_name = 'id'"
                             " AND pg_get_serial_sequence(table_name, 'id') IS NOT NULL")

    def setUp(self):
        self.base = self.template.copy()
        self.addCleanup(self.base.drop)
        self.redis = self.another_redis()

    def another_redis(self):
        server = redis.Redis().start()
        self.addCleanup(server.stop)
        return server

    def proxy(self, target):
        between = proxy.Proxy("127.0.0.1", target.port)
        self.addCleanup(between.close)
        return between

    def base_url(self):
        return self.cluster.url(self.base.name)

    def owner(self):
        return "--url", self.base_url()

    def execute(self, sql):
        return self.base.execute(sql)

    def rows(self):
        return int(self.execute("SELECT count(*) FROM thimble_outbox"))

    def claim(self):
        return self.execute("SELECT incarnation FROM thimble_bus").strip()

    def serve(self, settings=None, **more):
        """Merged by section."""
        merged = {"cache": {"redis": self.redis.url()}}
        for section, values in (settings or {}).items():
            merged.setdefault(section, {}).update(values)
        return super().serve(merged, **more)

    def two(self, settings=None, **more):
        nodes = [self.serve(settings, **more), self.serve(settings, **more)]
        for server in nodes:
            self.wait_lease(server)
        return nodes

    def held(self, *nodes):
        for server in nodes:
            wait_until(lambda: self.stats(server)["state"] == "held" and self.stats(server)["lease"],
                       lambda: "the lease: %s\n%s" % (self.stats(server), server.log()))

    @contextlib.contextmanager
    def session(self):
        session = libpq.Session(self.cluster.socket_url(self.base.name))
        try:
            yield session
        finally:
            session.close()

    # --- changes

    def name(self, server):
        return json.loads(self.ask(server, PATCH).body)["name"]

    def state(self, server):
        return json.loads(self.ask(server, PATCH).body)["state"]

    def write(self, server, state):
        answer = server.request("PATCH", PATCH, body=json.dumps({"state": state}), headers=MAINT)
        self.assertEqual(answer.status, 200, answer.body)

    def rename(self, name):
        self.execute("UPDATE patchwork_patch SET name = '%s' WHERE id = 1" % name)

    def seen_by(self, name, *nodes):
        """A change by hand gets there."""
        for server in nodes:
            self.kept(server, PATCH)
        self.rename(name)
        for server in nodes:
            wait_until(lambda: self.name(server) == name, lambda: "%s to be seen:\n%s" % (name, server.log()))

    def purge(self, server):
        answer = server.request("POST", "/purge", body='{"all": true}', unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def redis_hits(self, server):
        return json.loads(server.get("/stats", unix=server.control).body)["redis"]["hits"]

    def fill_redis(self, server, path):
        """Objects of that answer are there for other nodes."""
        def there():
            # what is here already is not sent there
            self.purge(server)
            self.ask(server, path)
            return [key for key in self.redis.command("KEYS", "thimble:*:project:1")]
        wait_until(there, lambda: "objects in Redis: %s" % self.redis.command("KEYS", "*"))

    def wait_drained(self):
        wait_until(lambda: self.rows() == 0, lambda: "%d rows to be published:\n%s" % (self.rows(), self.execute(
            "SELECT pid, state, wait_event, now() - state_change, query FROM pg_stat_activity WHERE datname = current_database()")))

    def wait_claim(self, count):
        """So many incarnations have counted, this one included."""
        wait_until(lambda: len(self.claim().split(";")) == count, lambda: "another claim: " + self.claim())


class Changes(BusRedisCase):
    def test_a_write_is_seen_on_the_other_node(self):
        first, second = self.two()
        for state in ("accepted", "new", "accepted"):
            before = self.kept(second, PATCH)
            self.kept(first, PATCH)
            self.write(first, state)
            self.assertEqual(self.state(first), state)
            self.wait_change(second, PATCH, before)
            self.assertEqual(self.state(second), state)
            self.write(second, "rejected")
            self.assertEqual(self.state(second), "rejected")
            wait_until(lambda: self.state(first) == "rejected", "the other node's write")
        self.assertGreater(self.stats(first)["published"], 0)
        self.assertGreater(self.stats(second)["messages"], 0)
        self.assertEqual(self.stats(second)["redis"], "followed")

    def test_own_messages_take_no_look(self):
        """Who publishes looks at Redis once behind it, and not again as the bell rings of that message."""
        server = self.serve()
        self.wait_lease(server)
        scripts = lambda: int(self.redis.info("commandstats")["cmdstat_evalsha"].split(",")[0].split("=")[1])
        self.write(server, "accepted")
        first, before, began = self.stats(server)["messages"], scripts(), time.monotonic()
        for number in range(1, 41):
            self.write(server, ("accepted", "new")[number % 2])
            wait_until(lambda: self.stats(server)["messages"] >= first + number, "the message to be applied")
            time.sleep(0.01)    # for the bell
        # each is published, and looked at once; a full look comes every second
        ran = scripts() - before - 2 * (time.monotonic() - began)
        self.assertLess(ran, 100)

    def test_a_bell_that_leads_elsewhere_is_not_believed(self):
        """Its messages are numbered further; by them ours would have lost some, and be claimed again and again."""
        plain, other = self.serve(SHORT), self.another_redis()
        self.wait_lease(plain)
        installation = self.redis.command("KEYS", "thimble:*:clock")[0].decode().split(":")[1]
        for number in range(100, 200):
            other.command("XADD", "thimble:%s:stream" % installation, "%d-0" % number, "t", "patch:7", "w", "1", "n", "a" * 16)
        between = self.proxy(self.redis)
        between.strays[b"thimbled-bell"] = "127.0.0.1", other.port
        node = self.serve({"cache": dict(SHORT["cache"], redis=self.redis.url(port=between.port))})
        self.held(plain, node)
        before = self.claim(), self.stats(plain)["forgets"], self.stats(node)["forgets"]
        # a claim could be made once a second
        for _ in range(12):
            renewed = self.stats(node)["position"]
            self.rename("name %d" % time.monotonic_ns())
            wait_until(lambda: self.stats(node)["position"] != renewed, "another look")
        self.seen_by("the last", plain, node)
        self.assertEqual((self.claim(), self.stats(plain)["forgets"], self.stats(node)["forgets"]), before)

    def test_by_hand(self):
        nodes = self.two()
        self.kept(nodes[0], UNRELATED)
        for number in range(5):
            self.seen_by("name %d" % number, *nodes)
        self.assertTrue(self.ask(nodes[0], UNRELATED).hit)
        self.wait_drained()

    def test_a_writer_sees_its_own_writes(self):
        """While both nodes write and read the same, so that objects go to and fro through Redis."""
        nodes = self.two()
        states, failures = ("accepted", "rejected", "new", "superseded"), []

        def client(server, path, offset):
            for number in range(60):
                state = states[(number + offset) % 4]
                answer = server.request("PATCH", path, body=json.dumps({"state": state}), headers=MAINT)
                if answer.status != 200:
                    failures.append(answer.body)
                for query in ("", "?x=%d" % number):
                    got = json.loads(server.get(path + query).body)["state"]
                    if got != state:
                        failures.append("%s: wrote %s, read %s" % (path + query, state, got))
                listed = json.loads(server.get("/api/patches/?order=id&x=%d" % number).body)
                got = [patch["state"] for patch in listed if path.endswith("/%d/" % patch["id"])]
                if got != [state]:
                    failures.append("%s in a list: wrote %s, read %s" % (path, state, got))
        mine = [patch["id"] for patch in json.loads(nodes[0].get("/api/patches/?project=1&order=id").body)][:4]
        paths = ["/api/patches/%d/" % number for number in mine]
        clients = [threading.Thread(target=client, args=(nodes[n % 2], path, n)) for n, path in enumerate(paths)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        self.assertEqual(failures, [])
        for path in paths:
            wait_until(lambda: len({json.loads(s.get(path).body)["state"] for s in nodes}) == 1, "both to say the same")

    def test_what_is_not_published_yet_is_not_read_from_redis(self):
        """As long as somebody has the row, Redis has the objects of before; the lease holds all the while."""
        first, second = self.two(SHORT)
        listed = "/api/patches/?order=id&per_page=3"

        def web_url(server):
            answer = json.loads(server.get("%s&x=%d" % (listed, time.monotonic_ns())).body)
            return [a["project"]["web_url"] for a in answer if a["id"] == 1][0]

        def looks(server, count, url):
            """Reads it until the bus has looked so often."""
            for _ in range(count):
                wait_until(lambda: self.stats(server)["lease_left_ms"] < 900, "the lease to grow older")
                self.assertEqual(web_url(server), url)
                wait_until(lambda: self.stats(server)["lease_left_ms"] >= 900, "the lease to be renewed")
                self.assertEqual(web_url(server), url)
        self.fill_redis(first, listed)

        def from_redis():
            self.purge(second)
            web_url(second)
            return self.redis_hits(second)
        wait_until(from_redis, "objects of Redis to be used")
        self.wait_drained()
        with self.session() as session:
            session.execute("BEGIN")
            session.execute("SELECT 1 FROM thimble_bus FOR UPDATE")
            answer = first.request("PATCH", "/api/projects/1/", body='{"web_url": "https://new.example.org/"}', headers=MAINT)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(web_url(first), "https://new.example.org/")
            wait_until(lambda: web_url(second) == "https://new.example.org/", "the write to be seen")
            for server in (first, second):
                looks(server, 3, "https://new.example.org/")
            self.execute("UPDATE patchwork_project SET web_url = 'https://by-hand.example.org/' WHERE id = 1")
            for server in (first, second):
                wait_until(lambda: web_url(server) == "https://by-hand.example.org/", "the change to be seen")
                looks(server, 3, "https://by-hand.example.org/")
            self.assertGreater(self.rows(), 0)
            session.execute("ROLLBACK")
        self.wait_drained()
        for server in (first, second):
            looks(server, 3, "https://by-hand.example.org/")

    def test_too_many_to_tell(self):
        nodes = self.two()
        for server in nodes:
            self.kept(server, UNRELATED)
        self.execute("BEGIN;" + "UPDATE patchwork_patch SET content = content || 'x' WHERE id = 1;" * 1500 + "COMMIT")
        self.wait_drained()
        self.seen_by("and on", *nodes)
        for server in nodes:
            self.wait_lease(server, True, "held")

    def test_triggers_were_away(self):
        """Of what was changed meanwhile Redis does not know: its objects are not used either."""
        first, second = self.two()
        listed = "/api/patches/?order=id&per_page=3"
        self.fill_redis(first, listed)
        self.execute("ALTER TABLE patchwork_patch DISABLE TRIGGER thimble_update;"
                     "ALTER TABLE patchwork_project DISABLE TRIGGER thimble_update;"
                     "UPDATE patchwork_patch SET name = 'told by nobody';"
                     "UPDATE patchwork_project SET name = 'nor this' WHERE id = 1;"
                     "ALTER TABLE patchwork_project ENABLE ALWAYS TRIGGER thimble_update;"
                     "ALTER TABLE patchwork_patch ENABLE ALWAYS TRIGGER thimble_update")
        self.wait_claim(2)
        for server in (first, second):
            wait_until(lambda: self.name(server) == "told by nobody", "the name")
            wait_until(lambda: json.loads(self.ask(server, listed).body)[0]["project"]["name"] == "nor this", "the other")
            self.wait_lease(server, True, "held")
        self.assertEqual(len(self.claim().split(";")), 2)

    def test_stats_and_metrics(self):
        first, second = self.two()
        self.seen_by("counted", first, second)
        self.wait_drained()
        wait_until(lambda: self.stats(second)["stream"] == self.stats(first)["stream"] > 0, "both to be at the same place")
        self.assertEqual(self.stats(first)["claims"] + self.stats(second)["claims"], 1)
        self.assertEqual(self.stats(first)["published"] + self.stats(second)["published"], self.stats(first)["stream"])
        self.assertEqual(self.metric(second, "thimble_stream_position"), self.stats(second)["stream"])
        self.assertEqual(self.metric(second, "thimble_stream_followed"), 1)
        self.assertEqual(self.metric(second, "thimble_stream_delay_seconds_count"), self.stats(second)["messages"])
        self.assertEqual(self.metric(second, r'thimble_stream_delay_seconds_bucket\{le="\+Inf"\}'),
                         self.stats(second)["messages"])
        text = subprocess.run([thimble.THIMBLECTL, "-c", second.config, "stats"], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, check=True, timeout=thimble.DEADLINE).stdout
        self.assertRegex(text, r"(?m)^  redis +followed\n  stream +[1-9]\d*\n  messages +\d+\n  published +\d+\n"
                               r"  gaps +0\n  claims +[01]\n  delay +[\d.]+ ms  \(at most [\d.]+ ms\)$")

    def test_sqlite_has_no_use_for_it(self):
        server = self.server({"cache": {"size": "16M", "redis": self.redis.url()}}, start=False)
        server.init()
        server.start().wait_ready()
        server.wait_log(r"bus: \[cache\] redis is not used: nodes share a PostgreSQL database")
        self.assertEqual(server.log_count("redis is not used"), 1)
        self.assertNotIn("thimble_stream", server.get("/metrics", port=server.status_port).body.decode())
        self.assertEqual(self.redis.command("DBSIZE"), 0)

    def test_a_reload_brings_it(self):
        server = super().serve({"cache": {"redis": ""}})
        self.wait_lease(server)
        self.assertEqual(self.stats(server)["redis"], "none")
        server.configure({"cache": {"redis": self.redis.url()}})
        server.signal(signal.SIGHUP)
        server.wait_log("reloaded")
        wait_until(lambda: self.stats(server)["redis"] == "followed", "Redis to be followed")
        other = self.serve()
        self.wait_lease(other)
        wait_until(lambda: self.stats(server)["state"] == "held", "the lease")
        before = self.kept(other, PATCH)
        self.write(server, "accepted")
        self.wait_change(other, PATCH, before)


class TheBus(BusRedisCase):
    def test_killed_in_the_middle(self):
        """Nothing that is in the outbox is lost: the other node, or the next bus, publishes it."""
        nodes = self.two()
        for server in nodes:
            server.expect(r"the bus \(pid \d+\) was killed")
        for number in range(8):
            for server in nodes:
                self.kept(server, PATCH)
            victim = nodes[number % 2]
            wait_until(victim.bus, "a bus")
            self.execute("".join("UPDATE patchwork_patch SET name = 'name %d.%d' WHERE id = 1;" % (number, i)
                                 for i in range(20)))
            os.kill(victim.bus(), signal.SIGKILL)
            for server in nodes:
                wait_until(lambda: self.name(server) == "name %d.19" % number, "the last name")
            wait_until(lambda: victim.bus() is not None and self.stats(victim)["state"] == "held", "another bus")
        self.wait_drained()

    def test_killed_alone(self):
        server = self.serve()
        server.expect(r"the bus \(pid \d+\) was killed")
        self.wait_lease(server)
        old = server.bus()
        os.kill(old, signal.SIGSTOP)
        self.execute("UPDATE patchwork_patch SET name = 'unpublished'")
        self.assertGreater(self.rows(), 0)
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: server.bus() not in (None, old), "another bus")
        self.wait_drained()
        wait_until(lambda: self.name(server) == "unpublished", "the name")
        self.wait_lease(server, True, "held")
        self.seen_by("on and on", server)

    @contextlib.contextmanager
    def load(self):
        """Somebody who writes and writes."""
        stop = threading.Event()

        def write():
            with self.session() as session:
                number = 0
                while not stop.is_set():
                    number += 1
                    session.execute("UPDATE patchwork_patch SET content = 'c%d' WHERE id = 2" % number)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def stop_holding_the_row(self, server):
        """Stops its bus at a moment when it has the row; nobody else is at it."""
        bus = server.bus()
        with self.load(), self.session() as session:
            def caught():
                os.kill(bus, signal.SIGSTOP)
                time.sleep(0.005)
                if session.execute("SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                                   " WHERE l.relation = 'thimble_bus'::regclass AND a.state = 'idle in transaction'"):
                    return True
                os.kill(bus, signal.SIGCONT)
                time.sleep(0.01)
                return False
            wait_until(caught, "the bus to be stopped while it holds the row")
        return bus

    def test_stopped_while_it_holds_the_row(self):
        """The server ends its transaction, and the others go on."""
        first, second = self.two(environment={"THIMBLE_TEST_HEARTBEAT_MS": "300000"})
        first.expect("terminating connection due to idle-in-transaction|connection")
        other = second.bus()
        os.kill(other, signal.SIGSTOP)
        try:
            # should that one hold it, not for long
            self.rename("by the first one alone")
            self.wait_drained()
            bus = self.stop_holding_the_row(first)
        finally:
            os.kill(other, signal.SIGCONT)
        try:
            self.rename("seen without it")
            wait_until(lambda: self.name(second) == "seen without it", "the name")
            self.wait_drained()
            self.wait_lease(second, True, "held")
        finally:
            os.kill(bus, signal.SIGCONT)
        wait_until(lambda: self.name(first) == "seen without it", "the name, by the one that was stopped")
        wait_until(lambda: self.stats(first)["state"] == "held" and self.stats(first)["lease"], "its lease")
        self.seen_by("and on", first, second)

    def test_it_beats_while_redis_is_paused(self):
        server = self.serve(environment={"THIMBLE_TEST_HEARTBEAT_MS": "3000"})
        self.wait_lease(server)
        bus = server.bus()
        self.redis.pause()
        try:
            self.wait_state(server, "redis-away")
            end = time.monotonic() + 6
            while time.monotonic() < end:
                self.rename("name %f" % end)
                time.sleep(0.1)
            self.assertEqual(server.bus(), bus)
        finally:
            self.redis.resume()
        self.wait_state(server, "held")

    def wait_state(self, server, state):
        wait_until(lambda: self.stats(server)["state"] == state, lambda: "%s: %s" % (state, self.stats(server)))


class TheRedis(BusRedisCase):
    def wait_state(self, server, state):
        wait_until(lambda: self.stats(server)["state"] == state, lambda: "%s: %s\n%s" % (state, self.stats(server), server.log()))

    def test_killed_and_back_empty(self):
        first, second = self.two()
        self.seen_by("before", first, second)
        for server in (first, second):
            self.kept(server, UNRELATED)
        forgets = [self.stats(server)["forgets"] for server in (first, second)]
        self.redis.kill()
        for server in (first, second):
            self.wait_state(server, "redis-away")
        self.write(first, "accepted")
        self.assertEqual(self.state(first), "accepted")
        self.assertGreater(self.rows(), 0)
        self.redis.start()
        self.held(first, second)
        self.wait_claim(2)
        for server, before in zip((first, second), forgets):
            self.assertGreater(self.stats(server)["forgets"], before)
        wait_until(lambda: self.state(second) == "accepted", "the write of meanwhile")
        self.wait_drained()
        self.seen_by("after", first, second)

    def test_changes_while_it_is_away_are_seen(self):
        """With max_stale so long, the outbox has to be read and applied without Redis."""
        nodes = self.two()
        self.redis.kill()
        for number in range(3):
            self.seen_by("name %d" % number, *nodes)
        self.assertGreater(self.rows(), 2)
        self.redis.start()
        self.held(*nodes)
        self.wait_drained()

    def test_paused_in_the_middle(self):
        """Who has taken the rows out cannot publish them: they are there for the other node still."""
        nodes = self.two()
        self.redis.pause()
        try:
            for number in range(3):
                self.seen_by("name %d" % number, *nodes)
            self.assertGreater(self.rows(), 2)
        finally:
            self.redis.resume()
        self.held(*nodes)
        self.wait_drained()
        self.seen_by("after", *nodes)

    def test_paused(self):
        first, second = self.two(SHORT)
        self.redis.pause()
        try:
            for server in (first, second):
                self.wait_state(server, "redis-away")
                self.wait_lease(server, False)
                self.not_kept_old(server)
            end = time.monotonic() + 10
            number = 0
            while time.monotonic() < end:
                number += 1
                state = ("accepted", "rejected")[number % 2]
                self.kept(second, PATCH)
                self.write(first, state)
                self.assertEqual(self.state(first), state)
                wait_until(lambda: self.state(second) == state, "the other node to see it")
        finally:
            self.redis.resume()
        # what Redis has is of before
        for query in ("?x=1", "?x=2", "?x=3"):
            self.assertEqual(json.loads(first.get(PATCH + query).body)["state"], state)
            listed = json.loads(first.get("/api/patches/%s&order=id" % query).body)
            self.assertEqual([patch["state"] for patch in listed if patch["id"] == 1], [state])
        self.held(first, second)
        self.wait_drained()
        self.assertEqual(self.state(second), state)
        self.assertEqual(len(self.claim().split(";")), 1)

    def test_flushed(self):
        first, second = self.two()
        self.seen_by("before", first, second)
        self.redis.command("FLUSHALL")
        self.wait_claim(2)
        self.held(first, second)
        self.seen_by("after", first, second)
        self.wait_drained()

    def stop_and_publish(self, stopped, other):
        """Messages that one node has not read yet; `other` has published them."""
        os.kill(stopped.bus(), signal.SIGSTOP)
        for number in range(3):
            self.rename("missed %d" % number)
            self.wait_drained()

    def test_trimmed_behind_a_nodes_back(self):
        first, second = self.two()
        self.kept(second, PATCH)
        self.kept(second, UNRELATED)
        self.stop_and_publish(second, first)
        try:
            self.assertEqual(self.name(first), "missed 2")
            stream, = [key for key in self.redis.command("KEYS", "thimble:*:stream")]
            self.redis.command("XTRIM", stream, "MAXLEN", "0")
        finally:
            os.kill(second.bus(), signal.SIGCONT)
        wait_until(lambda: self.name(second) == "missed 2", "what was missed")
        self.assertEqual(self.stats(second)["gaps"], 1)
        self.held(first, second)
        self.assertEqual(len(self.claim().split(";")), 1)
        self.seen_by("after", first, second)

    def test_the_stream_is_deleted(self):
        first, second = self.two()
        self.seen_by("before", first, second)
        self.kept(second, PATCH)
        self.stop_and_publish(second, first)
        try:
            stream, = [key for key in self.redis.command("KEYS", "thimble:*:stream")]
            self.redis.command("DEL", stream)
        finally:
            os.kill(second.bus(), signal.SIGCONT)
        wait_until(lambda: self.name(second) == "missed 2", "what was missed")
        self.held(first, second)
        self.seen_by("after", first, second)

    def test_the_clock_is_deleted(self):
        first, second = self.two()
        self.seen_by("before", first, second)
        clock, = self.redis.command("KEYS", "thimble:*:clock")
        self.redis.command("DEL", clock)
        self.wait_claim(2)
        self.held(first, second)
        self.seen_by("after", first, second)

    def test_cut_off_and_healed(self):
        for silently in (False, True):
            with self.subTest(silently=silently):
                between = self.proxy(self.redis)
                first = self.serve(SHORT)
                second = self.serve({"cache": {"max_stale": "1s", "redis": self.redis.url(port=between.port)}})
                self.held(first, second)
                before = self.claim()
                between.cut(silently)
                self.wait_state(second, "redis-away")
                self.wait_lease(second, False)
                self.not_kept_old(second)
                self.write(second, "accepted")
                self.assertEqual(self.state(second), "accepted")
                wait_until(lambda: self.state(first) == "accepted", "the write of the node that is cut off")
                self.wait_drained()
                self.write(first, "rejected")
                wait_until(lambda: self.state(second) == "rejected", "the other node's write")
                between.heal()
                self.held(first, second)
                self.assertEqual(self.claim(), before)
                self.seen_by("healed", first, second)
                for server in (first, second):
                    server.signal(signal.SIGTERM)
                    server.wait_end()

    def test_slow(self):
        between = self.proxy(self.redis)
        first = self.serve()
        second = self.serve({"cache": {"redis": self.redis.url(port=between.port)}})
        self.held(first, second)
        between.delay = 0.02
        self.seen_by("slowly", first, second)
        between.delay = 0
        self.held(first, second)

    def test_a_cut_off_primary(self):
        """Redis failed over, and one node still reaches the old primary, which takes writes."""
        other = self.another_redis()
        between = self.proxy(self.redis)
        first = self.serve(SHORT)
        second = self.serve({"cache": {"max_stale": "1s", "redis": self.redis.url(port=between.port)}})
        self.held(first, second)
        self.seen_by("before", first, second)
        # both go over to the other one, which has a copy of everything
        old = self.claim()
        other.replica_of(self.redis)
        other.wait_in_step()
        other.replica_of(None)
        first.configure({"cache": {"redis": other.url()}})
        first.signal(signal.SIGHUP)
        self.wait_claim(2)
        self.held(first)
        claim = self.claim()
        self.assertTrue(claim.endswith(";" + old))
        self.wait_state(second, "redis-other")
        second.wait_log("bus: answers are kept for max_stale only: this Redis is not the one that the nodes")
        self.wait_lease(second, False)
        self.not_kept_old(second)
        keys = self.redis.command("KEYS", "thimble:*:clock")
        numbers = [self.redis.command("HGET", key, "number") for key in keys]
        published = self.stats(second)["published"]
        for state in ("accepted", "rejected"):
            self.kept(second, PATCH)
            self.write(first, state)
            wait_until(lambda: self.state(second) == state, "the write, by age")
            self.kept(first, PATCH)
            self.write(second, "new")
            self.assertEqual(self.state(second), "new")
            wait_until(lambda: self.state(first) == "new", "the write of the one that is cut off")
        self.wait_drained()
        self.assertEqual(self.claim(), claim)
        self.assertEqual(self.stats(second)["published"], published)
        self.assertEqual([self.redis.command("HGET", key, "number") for key in keys], numbers)
        self.assertEqual(self.stats(second)["redis"], "other")
        # and back to where all are
        between.redirect("127.0.0.1", other.port)
        self.held(first, second)
        self.assertEqual(self.claim(), claim)
        self.seen_by("after", first, second)

    def test_moved_while_connected(self):
        """The address leads to another server from one moment to the next, with other data."""
        other = self.another_redis()
        between = self.proxy(self.redis)
        first = self.serve(SHORT)
        second = self.serve({"cache": {"max_stale": "1s", "redis": self.redis.url(port=between.port)}})
        self.held(first, second)
        first.signal(signal.SIGTERM)
        first.wait_end()
        between.redirect("127.0.0.1", other.port)
        self.wait_claim(2)
        self.held(second)
        # the first one is claimed, and nobody may claim it again
        between.redirect("127.0.0.1", self.redis.port)
        self.wait_state(second, "redis-other")
        self.assertEqual(len(self.claim().split(";")), 2)
        # unless it is another run of it
        self.redis.restart()
        self.wait_claim(3)
        self.held(second)
        self.seen_by("after", second)

    def test_it_went_back(self):
        """It has its nonce, but not its last messages: a primary that had not been in step, and was the primary before."""
        first, second = self.two()
        self.seen_by("before", first, second)
        clock, = self.redis.command("KEYS", "thimble:*:clock")
        self.redis.command("HSET", clock, "number", 0)
        self.wait_claim(2)
        self.held(first, second)
        self.seen_by("after", first, second)

    def test_it_went_back_and_cannot_be_claimed_yet(self):
        """What it has must not be used meanwhile: nobody knows any more what it lacks."""
        first = self.serve(SHORT)
        self.held(first)
        self.seen_by("before", first)
        clock, = self.redis.command("KEYS", "thimble:*:clock")
        with self.session() as session:
            session.execute("BEGIN")
            session.execute("SELECT 1 FROM thimble_bus FOR UPDATE")
            self.redis.command("HSET", clock, "number", 0)
            self.wait_lease(first, False)
            self.wait_state(first, "redis-other")
            session.execute("COMMIT")
        self.wait_claim(2)
        self.held(first)
        self.seen_by("after", first)

    def test_it_went_back_and_is_published_to(self):
        """The number of the message is one that the node has seen: it would never read it."""
        server = self.serve()
        self.held(server)
        self.seen_by("before", server)
        clock, = self.redis.command("KEYS", "thimble:*:clock")
        for name in ("one", "two", "three"):
            self.kept(server, PATCH)
            number = int(self.redis.command("HINCRBY", clock, "number", -1))
            stream = self.redis.command("KEYS", "thimble:*:stream")[0]
            self.redis.command("XDEL", stream, "%d-0" % (number + 1))
            self.redis.command("XSETID", stream, "%d-0" % number)
            self.seen_by(name, server)
        self.held(server)


class TheDatabase(BusRedisCase):
    def test_a_copy_beside(self):
        """It has the same number in thimble_meta and the same claim: two databases all the same."""
        first = self.serve(SHORT)
        self.held(first)
        self.seen_by("before", first)
        first.signal(signal.SIGTERM)
        first.wait_end()
        copy = self.base.copy()
        self.addCleanup(copy.drop)
        first = self.serve(SHORT)
        second = self.serve({"cache": {"max_stale": "1s"}, "store": {"url": self.cluster.url(copy.name)}})
        self.held(first, second)
        self.rename("one")
        copy.execute("UPDATE patchwork_patch SET name = 'other' WHERE id = 1")
        for server, name in ((first, "one"), (second, "other")):
            wait_until(lambda: self.name(server) == name, name)
        self.held(first, second)
        claims = [self.stats(server)["claims"] for server in (first, second)]
        self.assertLessEqual(max(claims), 1)

    def test_restarted(self):
        nodes = self.two()
        for server in nodes:
            server.expect("does not answer|terminating|the database system is|connection|server closed")
        self.seen_by("before", *nodes)
        self.cluster.halt()
        for server in nodes:
            wait_until(lambda: self.stats(server)["state"] == "away", "it to be away")
        self.cluster.start()
        for server in nodes:
            wait_until(lambda: self.stats(server)["state"] == "held" and self.stats(server)["lease"],
                       lambda: "the lease: %s\n%s" % (self.stats(server), server.log()))
        self.wait_claim(2)
        self.seen_by("after", *nodes)
        self.wait_drained()

    def test_the_second_node_has_no_redis(self):
        first = self.serve(SHORT)
        self.wait_lease(first)
        second = self.serve({"cache": {"max_stale": "1s", "redis": ""}})
        self.wait_lease(second, False, "another-node")
        second.wait_log("bus: answers are kept for max_stale only: another node is at work on this database, and this one"
                        " has no `redis`")
        self.not_kept_old(second)
        self.kept_old(first)
        before = [self.kept(server, PATCH) for server in (first, second)]
        self.rename("for both")
        for server, answer in zip((first, second), before):
            self.wait_change(server, PATCH, answer)

    def test_the_first_node_has_no_redis(self):
        first = self.serve({"cache": {"max_stale": "1s", "redis": ""}})
        self.wait_lease(first)
        second = self.serve(SHORT)
        self.wait_lease(second, False, "another-node")
        second.wait_log("bus: answers are kept for max_stale only: another node without `redis` is at work")
        self.not_kept_old(second)
        self.kept_old(first)
        first.signal(signal.SIGTERM)
        first.wait_end()
        self.wait_lease(second)

    def test_a_node_without_redis_in_between(self):
        """It tells Redis nothing: what is there is not to be used after it."""
        server = self.serve()
        self.wait_lease(server)
        listed = "/api/patches/?order=id&per_page=3"
        self.fill_redis(server, listed)
        server.signal(signal.SIGTERM)
        server.wait_end()
        alone = self.serve({"cache": {"redis": ""}})
        self.wait_lease(alone)
        self.execute("UPDATE patchwork_patch SET name = 'not told';"
                     "UPDATE patchwork_project SET name = 'nor this' WHERE id = 1")
        self.wait_drained()
        alone.signal(signal.SIGTERM)
        alone.wait_end()
        server = self.serve(SHORT)
        self.wait_lease(server)
        # objects of Redis are used once the lease is a little older; asked for before, they are made anew
        self.kept_old(server)
        self.assertEqual(self.name(server), "not told")

        def from_redis():
            answer = json.loads(self.ask(server, listed).body)
            self.assertEqual({a["project"]["name"] for a in answer if a["id"] == 1}, {"nor this"})
            self.purge(server)
            return self.redis_hits(server)
        wait_until(from_redis, "objects of Redis to be used")


if __name__ == "__main__":
    unittest.main()
