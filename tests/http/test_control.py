# SPDX-License-Identifier: MIT
"""The control socket and those of thimblectl's commands that talk to it."""
import json
import os
import pwd
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import database
import libpq
import postgres
import redis
import thimble

PROJECT = "/api/projects/3/"


class ControlCase(thimble.TestCase):
    def prepared(self, settings=None):
        """A server with demo data and a control socket, not started yet."""
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        server.init("--demo")
        server.detach()
        return server

    def demo(self, settings=None):
        return self.prepared(settings).start().wait_ready()

    @staticmethod
    def ask(server, method, path, body=None):
        answer = server.request(method, path, body=body, unix=server.control)
        return answer.status, json.loads(answer.body) if answer.body else None

    @staticmethod
    def ctl(server, *arguments):
        return subprocess.run([thimble.THIMBLECTL, "-c", server.config, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=thimble.DEADLINE)

    def done(self, server, *arguments):
        """Standard output of a command that has to go well."""
        ended = self.ctl(server, *arguments)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)
        return ended.stdout

    def fails(self, server, status, pattern, *arguments):
        ended = self.ctl(server, *arguments)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        self.assertRegex(ended.stderr, pattern)
        self.assertNotRegex(ended.stderr, thimble.SANITIZER)

    def rename(self, server, name):
        """Behind the server's back."""
        with sqlite3.connect(os.path.join(server.directory, "thimble.db")) as database:
            database.execute("UPDATE patchwork_project SET name = ? WHERE id = 3", (name,))

    def name(self, server):
        return json.loads(server.get(PROJECT).body)["name"]


class Figures(ControlCase):
    def test_stats(self):
        server = self.demo()
        for _ in range(3):
            server.get(PROJECT)
        server.get("/nowhere/")
        status, stats = self.ask(server, "GET", "/stats")
        self.assertEqual(status, 200)
        cache = stats["cache"]
        self.assertEqual((cache["hits"], cache["misses"], cache["entries"], cache["pins"]), (2, 1, 1, 0))
        self.assertEqual((cache["stores"], cache["evictions"], cache["limbo_bytes"]), (1, 0, 0))
        self.assertGreater(cache["bytes"], 0)
        self.assertGreater(cache["capacity_bytes"], cache["bytes"])
        self.assertGreaterEqual(cache["oldest_seconds"], 0)
        routes = {r["route"]: r for r in stats["routes"]}
        self.assertEqual({name: r["requests"] for name, r in routes.items()}, {"/api/projects/{name}/": 3, "unrouted": 1})
        for route in routes.values():
            self.assertLessEqual({"hits", "misses", "not_modified"}, set(route))
        self.assertEqual(len(stats["workers"]), 2)
        self.assertEqual(sum(w["requests"] for w in stats["workers"]), 4)
        self.assertEqual(sum(w["cache_hits"] for w in stats["workers"]), 2)
        self.assertEqual(sum(w["cache_misses"] for w in stats["workers"]), 1)

    def test_an_empty_cache_has_no_oldest_entry(self):
        self.assertIsNone(self.ask(self.demo(), "GET", "/stats")[1]["cache"]["oldest_seconds"])

    def test_workers(self):
        server = self.demo()
        status, workers = self.ask(server, "GET", "/workers")
        self.assertEqual(status, 200)
        self.assertEqual(sorted(w["pid"] for w in workers), server.workers())
        for worker in workers:
            self.assertEqual(worker["state"], "running")
            self.assertGreater(worker["resident_bytes"], 1000000)
            self.assertGreater(worker["threads"], 1)

    def test_routes_are_in_the_metrics_as_well(self):
        server = self.demo()
        server.get(PROJECT)
        server.get(PROJECT)
        text = server.get("/metrics", port=server.status_port).body.decode()
        self.assertIn("# TYPE thimble_cache_answers_total counter\n", text)
        self.assertRegex(text, r"\nthimble_cache_oldest_seconds \d+\n")
        _, stats = self.ask(server, "GET", "/stats")
        for route in stats["routes"]:
            for result, key in (("hit", "hits"), ("miss", "misses"), ("not_modified", "not_modified")):
                line = '\nthimble_cache_answers_total{route="%s",result="%s"} %d\n' % (route["route"], result, route[key])
                self.assertEqual(line in text, route[key] > 0, line)

    def test_without_a_cache(self):
        server = self.demo({"cache": {"size": "0"}})
        server.get(PROJECT)
        _, stats = self.ask(server, "GET", "/stats")
        self.assertIsNone(stats["cache"])
        self.assertEqual(sum(w["cache_hits"] + w["cache_misses"] for w in stats["workers"]), 0)
        self.assertEqual(self.ask(server, "POST", "/purge", '{"all": true}'), (200, {"all": True, "tags": 0, "cache": False}))
        self.assertIn("The cache is off", self.done(server, "stats"))
        self.assertIn("The cache is off", self.done(server, "purge", "patch:1"))

    def test_it_is_not_counted_itself(self):
        server = self.demo()
        for _ in range(5):
            self.ask(server, "GET", "/workers")
        self.assertEqual(self.ask(server, "GET", "/stats")[1]["routes"], [])


class Purge(ControlCase):
    def cached(self):
        server = self.demo()
        self.assertEqual(self.name(server), "Sandbox")
        self.rename(server, "Renamed")
        self.assertEqual(self.name(server), "Sandbox")
        return server

    def test_all(self):
        server = self.cached()
        self.assertEqual(self.ask(server, "POST", "/purge", '{"all": true}'), (200, {"all": True, "tags": 0, "cache": True}))
        self.assertEqual(self.name(server), "Renamed")
        server.wait_log("told to purge everything")

    def test_by_tag(self):
        server = self.cached()
        for body in ('{"tags": ["patch:1"]}', '{"tags": ["project:4711", "nonsense"]}'):
            self.assertEqual(self.ask(server, "POST", "/purge", body)[0], 200)
            self.assertEqual(self.name(server), "Sandbox")
        body = json.dumps({"tags": ["patchwork_project", "project:3"]})
        self.assertEqual(self.ask(server, "POST", "/purge", body), (200, {"all": False, "tags": 2, "cache": True}))
        self.assertEqual(self.name(server), "Renamed")

    def test_what_is_made_anew_is_kept_again(self):
        server = self.cached()
        self.ask(server, "POST", "/purge", '{"all": true}')
        self.assertEqual(self.name(server), "Renamed")
        self.rename(server, "Renamed again")
        self.assertEqual(self.name(server), "Renamed")

    def test_thimblectl_all(self):
        server = self.cached()
        self.assertEqual(self.done(server, "purge", "--all"), "All answers are forgotten.\n")
        self.assertEqual(self.name(server), "Renamed")

    def test_thimblectl_tags(self):
        server = self.cached()
        self.assertIn("this 1 tag are", self.done(server, "purge", "patch:1"))
        self.assertEqual(self.name(server), "Sandbox")
        self.assertIn("these 2 tags are", self.done(server, "purge", "patchwork_project", "project:3"))
        self.assertEqual(self.name(server), "Renamed")

    def test_thimblectl_usage(self):
        server = self.cached()
        self.fails(server, 64, r"--all", "purge")
        self.fails(server, 64, r"not both", "purge", "patch:1", "--all")
        self.fails(server, 64, r"does not know --every", "purge", "--every")
        self.fails(server, 64, r"printable", "purge", b"\xff")
        self.fails(server, 1, r"refuses \(400\): Tag 2 ", "purge", "patch:1", "two words")
        self.fails(server, 1, r"refuses \(400\): Tag 1 ", "purge", "")
        self.assertEqual(self.name(server), "Sandbox")


class PurgeOfAllNodes(ControlCase):
    """With `redis`, the other nodes are told."""

    @classmethod
    def setUpClass(cls):
        if postgres.bindir() is None:
            raise unittest.SkipTest("PostgreSQL is not installed")
        cls.cluster = postgres.Cluster().__enter__()
        cls.addClassCleanup(cls.cluster.stop)
        cls.template = database.Postgresql(cls.cluster, os.path.join(HERE, "fixture.sql"))

    def node(self, redis="redis://127.0.0.1:1/", share=False):
        """A node with PostgreSQL; share: that of the node before."""
        if not share:
            self.watch()
        server = self.server({"cache": {"size": "16M", "redis": redis, "max_stale": "20s"},
                              "store": {"url": self.database.owner_url}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        return server.start().wait_ready()

    def watch(self):
        """A database that remembers what went into the outbox."""
        self.database = self.template.copy()
        self.addCleanup(self.database.drop)
        self.database.execute("CREATE TABLE told (id serial, tags text); CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
                              "$$ BEGIN INSERT INTO public.told (tags) VALUES (NEW.tags); RETURN NULL; END $$; "
                              "CREATE TRIGGER watch AFTER INSERT ON thimble_outbox FOR EACH ROW EXECUTE FUNCTION tell()")

    def told(self):
        return [tags for tags, in self.database.rows("SELECT tags FROM told ORDER BY id")]

    def test_tags(self):
        server = self.node()
        session = libpq.Session(self.cluster.socket_url(self.database.name))
        self.addCleanup(session.close)
        session.execute("LISTEN thimble")
        self.assertIn("these 2 tags are forgotten, on each node", self.done(server, "purge", "patch:1", "patches@3.state_id"))
        self.assertEqual(self.told(), ["patch:1 patches@3.state_id"])
        thimble.wait_until(session.notified, "word of it")
        self.assertEqual(json.loads(self.done(server, "--json", "purge", "--all"))["nodes"], "all")
        self.assertEqual(self.told()[1:], ["*"])

    def test_many_tags(self):
        server = self.node()
        tags = ["patch:%d" % i for i in range(4096)]
        self.done(server, "purge", *tags)
        told = self.told()
        self.assertEqual(" ".join(told).split(), tags)
        self.assertLessEqual(max(map(len, told)), 100 * 129)
        self.fails(server, 1, "Too many", "purge", "one", *tags)
        self.fails(server, 1, "Tag 2 ", "purge", "patch:1", "two words")
        self.assertEqual(self.told(), told)

    def test_alone(self):
        server = self.node(redis=None)
        self.assertNotIn("each node", self.done(server, "purge", "--all"))
        self.assertEqual(json.loads(self.done(server, "--json", "purge", "patch:1"))["nodes"], "this")
        self.assertEqual(self.told(), [])

    def wait_lease(self, server):
        thimble.wait_until(lambda: self.ask(server, "GET", "/stats")[1]["bus"]["lease"], lambda: "a lease:\n" + server.log())

    def kept(self, server, path):
        """Whether the answer came from the cache."""
        return "hit" in server.get(path, headers={"Cache-Status": "?1"}).headers["Cache-Status"]

    def test_the_other_node_and_redis_forget(self):
        path = "/api/projects/1/"
        with redis.Redis() as between:
            first, second = self.node(between.url()), self.node(between.url(), share=True)

            def applied():
                return self.ask(second, "GET", "/stats")[1]["bus"]["invalidations"]

            def objects():
                return between.command("KEYS", "thimble:*:project:1")
            def stored():
                # only what this node has not got itself comes by there
                self.ask(first, "POST", "/purge", '{"all": true}')
                first.get("/api/patches/?per_page=5")
                return objects()
            for server in (first, second):
                self.wait_lease(server)
            thimble.wait_until(stored, lambda: "an object in Redis: %s" % (self.ask(first, "GET", "/stats")[1],))
            thimble.wait_until(lambda: self.kept(second, path), "an answer that is kept")
            before = applied()
            self.done(first, "purge", "project:99")
            thimble.wait_until(lambda: applied() > before, "word to get around")
            self.assertTrue(self.kept(second, path))
            self.assertTrue(objects())
            self.done(first, "purge", "project:1")
            # not to be asked for meanwhile: it would be stored once more
            thimble.wait_until(lambda: not objects(), "the object to be gone")
            thimble.wait_until(lambda: applied() > before + 1, "word to get around")
            self.assertFalse(self.kept(second, path))
            thimble.wait_until(lambda: self.kept(second, path), "an answer that is kept")
            self.done(first, "purge", "--all")
            thimble.wait_until(lambda: not self.kept(second, path), "everything to be forgotten")

    def test_only_this_node(self):
        server = self.node()
        server.configure({"store": {"url": self.database.url}})
        self.fails(server, 1, "only this node was purged.*permission denied", "purge", "patch:1")
        server.configure({"store": {"url": self.database.owner_url}})
        server.expect("thimble_outbox")
        server.detach()
        self.fails(server, 1, "only this node was purged.*is the database attached", "purge", "--all")
        self.assertEqual(server.log_count("told to purge"), 2)
        self.assertEqual(self.told(), [])


class BadInput(ControlCase):
    BODIES = [
        (b"", "not JSON"), (b"{", "not JSON"), (b"\0", "not JSON"), (b'{"all": true', "not JSON"), (b'{"all": true}}', "not JSON"),
        (b'{"tags": ["\xff"]}', "not JSON"), (b'{"all": true, "all": true}', "not JSON"),
        (b"[]", "Give either"), (b"{}", "Give either"), (b'{"al": true}', "Give either"),
        (b'{"all": true, "tags": ["a"]}', "Give either"), (b'{"tags": ["a"], "more": 1}', "Give either"),
        (b'{"all": false}', "can only be true"), (b'{"all": null}', "can only be true"), (b'{"all": 1}', "can only be true"),
        (b'{"tags": []}', "at least one"), (b'{"tags": "a"}', "at least one"), (b'{"tags": null}', "at least one"),
        (b'{"tags": {"a": "b"}}', "at least one"),
        (b'{"tags": ["a", 1]}', "Tag 2 "), (b'{"tags": [null]}', "Tag 1 "), (b'{"tags": [["a"]]}', "Tag 1 "),
        (b'{"tags": [""]}', "Tag 1 "), (b'{"tags": ["a b"]}', "Tag 1 "), (b'{"tags": ["a\\n"]}', "Tag 1 "),
        (b'{"tags": ["\\u007f"]}', "Tag 1 "), (b'{"tags": ["\xc3\xa4"]}', "Tag 1 "),
        (b'{"tags": ["' + b"a" * 129 + b'"]}', "Tag 1 "),
        (b'{"tags": [' + b",".join([b'"a"'] * 4097) + b"]}", "Too many"),
        (b"[" * 100000, "nested"), (b'{"tags": ' + b'{"a":' * 5, "nested"),
        (b'{"tags": ["a"]}' + b" " * 1024 * 1024, "too large"),
    ]
    GOOD = [
        b'{"tags": ["' + b"a" * 128 + b'"]}', b'{"tags": ["a\\"[[[[[[,b"]}', b'{"tags": ["!~"]}',
        b'{"tags": [' + b",".join([b'"a"'] * 4096) + b"]}", b'{"tags":["\\u0061"]}', b' {"tags":["a","a"]}\n',
    ]

    def test_bodies(self):
        server = self.demo()
        self.name(server)
        self.rename(server, "Renamed")
        for body, complaint in self.BODIES:
            status, answer = self.ask(server, "POST", "/purge", body)
            self.assertEqual((status, list(answer)), (400, ["detail"]), body[:80])
            self.assertIn(complaint, answer["detail"], body[:80])
        self.assertEqual(self.name(server), "Sandbox")
        for body in self.GOOD:
            self.assertEqual(self.ask(server, "POST", "/purge", body)[0], 200, body[:80])
        self.assertEqual(self.name(server), "Sandbox")

    def test_paths_and_methods(self):
        server = self.demo()
        for method, path, status in (("GET", "/", 404), ("GET", "/metrics", 404), ("GET", "/api/", 404), ("GET", "/stats/", 404),
                                     ("POST", "/purge/all", 404), ("GET", "/purge", 405), ("PUT", "/purge", 405),
                                     ("POST", "/stats", 405), ("DELETE", "/workers", 405)):
            got, answer = self.ask(server, method, path)
            self.assertEqual((got, list(answer)), (status, ["detail"]), (method, path))
        self.assertEqual(self.ask(server, "HEAD", "/stats"), (200, None))

    def test_it_is_nowhere_else(self):
        server = self.demo()
        for port in (server.port, server.status_port):
            self.assertEqual(server.get("/stats", port=port).status, 404)
            self.assertNotEqual(server.request("POST", "/purge", body='{"all": true}', port=port).status, 200)

    def test_only_a_few_connections(self):
        server = self.demo({"server": {"workers": "1"}})
        taken = []
        for _ in range(8):
            s = socket.socket(socket.AF_UNIX)
            self.addCleanup(s.close)
            s.settimeout(thimble.DEADLINE)
            s.connect(server.control)
            s.sendall(b"GET /workers HTTP/1.1\r\nHost: x\r\n")     # without its end, so that nobody makes it give way
            taken.append(s)
        ninth = threading.Thread(target=self.ask, args=(server, "GET", "/workers"))
        ninth.start()
        server.wait_log("connection limit reached: 8 connections")
        self.assertTrue(ninth.is_alive())
        for s in taken:
            s.close()
        ninth.join(thimble.DEADLINE)
        self.assertFalse(ninth.is_alive())


class Socket(ControlCase):
    def test_mode_and_end(self):
        server = self.demo()
        found = os.stat(server.control)
        self.assertTrue(stat.S_ISSOCK(found.st_mode))
        self.assertEqual(stat.S_IMODE(found.st_mode), 0o660)
        self.assertEqual(found.st_uid, os.geteuid())
        self.assertEqual(server.log_count("control on %s\n" % server.control), 1)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(os.path.exists(server.control))

    @unittest.skipIf(os.geteuid() != 0, "only root gives files away")
    def test_owner(self):
        server = self.prepared({"server": {"user": "nobody"}})
        os.chmod(server.directory, 0o777)
        os.chmod(os.path.join(server.directory, "thimble.db"), 0o666)
        server.start().wait_ready()
        nobody = pwd.getpwnam("nobody")
        found = os.stat(server.control)
        self.assertEqual((found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), (nobody.pw_uid, nobody.pw_gid, 0o660))
        self.assertEqual(len(self.ask(server, "GET", "/workers")[1]), 2)
        # it is taken over by a reload, and goes to the new user
        daemon = pwd.getpwnam("daemon")
        server.configure({"server": {"user": "daemon"}})
        server.signal(signal.SIGHUP)
        server.wait_log("reloaded")
        thimble.wait_until(lambda: os.stat(server.control).st_uid == daemon.pw_uid, "the new owner")
        self.assertEqual(os.stat(server.control).st_ino, found.st_ino)

    def test_off(self):
        server = self.prepared({"server": {"control": None}})
        server.start().wait_ready()
        self.assertFalse(os.path.exists(server.control))
        self.assertNotIn("control on", server.log())
        self.fails(server, 1, r"\[server\] control is not set", "stats")

    def test_stale_file_is_replaced(self):
        server = self.prepared()
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(server.control)
        server.start().wait_ready()
        self.assertEqual(self.ask(server, "GET", "/stats")[0], 200)

    def test_left_by_a_server_that_was_killed(self):
        first = self.demo()
        workers = first.workers()
        first.expect("the master is gone")
        os.kill(first.pid, signal.SIGKILL)
        first.wait_end()
        thimble.wait_until(lambda: not any(map(thimble.alive, workers)), "its workers to leave")
        self.assertTrue(os.path.exists(first.control))
        second = self.prepared({"server": {"control": first.control}})
        second.control = first.control
        second.start().wait_ready()
        self.assertEqual([w["pid"] for w in self.ask(second, "GET", "/workers")[1]], second.workers())

    def test_two_servers_on_one_path(self):
        first = self.demo()
        second = self.prepared({"server": {"control": first.control}})
        second.expect("cannot listen on")
        self.assertEqual(second.start().wait_end(), 1)
        self.assertEqual(second.log_count("cannot listen on %s: Address already in use" % re.escape(first.control)), 1)
        self.assertEqual([w["pid"] for w in self.ask(first, "GET", "/workers")[1]], first.workers())

    def test_other_file_is_not_removed(self):
        server = self.prepared()
        server.expect("cannot listen on")
        with open(server.control, "w") as f:
            f.write("precious")
        self.assertEqual(server.start().wait_end(), 1)
        with open(server.control) as f:
            self.assertEqual(f.read(), "precious")

    def test_path_that_is_too_long(self):
        server = self.prepared()
        server.configure({"server": {"control": "/" + "a" * 107}})
        server.expect("control: ")
        self.assertEqual(server.start().wait_end(), 78)
        self.assertIn("control: longer than the 107 bytes that a socket's path may have", server.log())


class Reload(ControlCase):
    def reload(self, server, pattern="reloaded: 2 workers"):
        before = server.log_count(pattern)
        server.signal(signal.SIGHUP)
        server.wait_log(pattern, before + 1)

    def test_it_stays(self):
        server = self.demo()
        before, inode = server.workers(), os.stat(server.control).st_ino
        self.reload(server)
        self.assertEqual(os.stat(server.control).st_ino, inode)
        server.wait_workers(2, without=before)
        self.assertEqual(sorted(w["pid"] for w in self.ask(server, "GET", "/workers")[1]), server.workers())

    def test_another_path(self):
        server = self.demo()
        old, server.control = server.control, server.control + ".new"
        server.configure({"server": {"control": server.control}})
        self.reload(server)
        self.assertFalse(os.path.exists(old))
        self.assertEqual(stat.S_IMODE(os.stat(server.control).st_mode), 0o660)
        self.assertEqual(self.ask(server, "GET", "/stats")[1]["reloads"], 1)
        server.configure({"server": {"control": None}})
        self.reload(server)
        self.assertFalse(os.path.exists(server.control))
        server.configure({"server": {"control": old}})
        self.reload(server)
        server.control = old
        self.assertEqual(self.ask(server, "GET", "/stats")[0], 200)

    def test_a_path_that_cannot_be_had(self):
        server = self.demo()
        server.expect("not reloaded")
        server.configure({"server": {"control": "/nonexistent/control"}})
        self.reload(server, "not reloaded, .*cannot listen on /nonexistent/control: No such file")
        self.assertEqual(self.ask(server, "GET", "/stats")[1]["reloads_failed"], 1)

    def test_it_answers_while_workers_come_and_go(self):
        server = self.demo()
        for _ in range(5):
            server.signal(signal.SIGHUP)
            for _ in range(5):
                self.assertEqual(json.loads(self.done(server, "--json", "stats"))["respawns"], 0)
        server.wait_log("reloaded: 2 workers")

    def test_it_answers_while_workers_drain(self):
        server = self.demo()
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            # an answer that is not fetched keeps the worker until header_timeout
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"GET /api/1.0/patches/?per_page=250 HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
            thimble.wait_until(lambda: any(w["in_flight"] for w in self.ask(server, "GET", "/workers")[1]), "a request")
            server.signal(signal.SIGWINCH)
            thimble.wait_until(lambda: len(server.workers()) == 1, "the idle worker to leave")
            self.assertEqual([w["state"] for w in self.ask(server, "GET", "/workers")[1]], ["draining"])
            self.assertEqual(self.ask(server, "POST", "/purge", '{"all": true}')[0], 200)
            self.assertIn(" draining ", self.done(server, "workers"))


class Commands(ControlCase):
    def test_json(self):
        server = self.demo()
        server.get(PROJECT)
        stats = json.loads(self.done(server, "--json", "stats"))
        self.assertEqual(stats["cache"]["misses"], 1)
        self.assertEqual(sorted(w["pid"] for w in json.loads(self.done(server, "--json", "workers"))), server.workers())
        self.assertEqual(json.loads(self.done(server, "--json", "purge", "a", "b")),
                         {"all": False, "tags": 2, "cache": True, "nodes": "this"})
        self.assertEqual(json.loads(self.done(server, "--json", "purge", "--all")),
                         {"all": True, "tags": 0, "cache": True, "nodes": "this"})
        refused = self.ctl(server, "--json", "purge", " ")
        self.assertIn("Tag 1", json.loads(refused.stdout)["error"])

    def test_tables(self):
        server = self.demo()
        for _ in range(4):
            server.get(PROJECT)
        text = self.done(server, "stats")
        self.assertRegex(text, r"\n  hits       3  \(75\.0 % of lookups\)\n  misses     1\n")
        self.assertRegex(text, r"\n  memory     \d+\.\d KiB of 1\d\.\d MiB  \(\d+\.\d %\)\n")
        self.assertRegex(text, r"\n/api/projects/\{name\}/ +4 ")
        lines = self.done(server, "workers").splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(len({len(line) for line in lines}), 1, lines)       # the columns end alike
        self.assertEqual(sorted(int(line.split()[1]) for line in lines[1:]), server.workers())

    def test_no_server(self):
        server = self.prepared()
        pattern = r"no server answers on %s: is it running" % re.escape(server.control)
        self.fails(server, 1, pattern, "stats")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(server.control)
            self.fails(server, 1, pattern, "purge", "--all")
        self.assertIn("no server answers", json.loads(self.ctl(server, "--json", "workers").stdout)["error"])

    def test_something_else_listens(self):
        server = self.prepared()
        for said, pattern in ((b"", "ended before it had answered"), (b"220 mail.example.org\r\n", "ended before it had answered"),
                              (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "ended before it had answered"),
                              (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", r"answer \(200\) cannot be read"),
                              (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n[]", r"refuses \(500\): it does not say why")):
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(server.control)
                s.listen()
                thread = threading.Thread(target=self.serve, args=(s, said))
                thread.start()
                try:
                    self.fails(server, 1, pattern, "stats")
                finally:
                    s.shutdown(socket.SHUT_RDWR)
                    thread.join()
            os.unlink(server.control)

    @staticmethod
    def serve(listening, said):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(said)

    def test_a_worker_that_leaves_in_between(self):
        """The connection is closed without an answer, and it is asked again."""
        server = self.prepared()
        said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
        answers = iter([b"", said[:-1], said])
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(server.control)
            s.listen()
            thread = threading.Thread(target=lambda: [self.serve_once(s, answer) for answer in answers])
            thread.start()
            try:
                self.assertEqual(self.done(server, "--json", "workers"), "[]\n")
            finally:
                s.shutdown(socket.SHUT_RDWR)
                thread.join()

    @staticmethod
    def serve_once(listening, said):
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    def test_usage(self):
        server = self.prepared()
        for command in ("stats", "workers"):
            self.fails(server, 64, "takes no argument, but was given now", command, "now")


if __name__ == "__main__":
    unittest.main()
