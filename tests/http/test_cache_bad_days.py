# SPDX-License-Identifier: MIT
"""The cache on bad days: clients that take nothing of what they asked for, a
region too small for it, a crawler, workers that are killed.  No answer is lost
or cut, and in the end nothing is pinned."""
import json
import os
import re
import selectors
import signal
import socket
import sqlite3
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

HIT = "thimble; hit"
PINS_MAX = 1024         # of a worker (cache/region.h)


class Reader:
    """A client that asks, and reads only when it is told to."""

    def __init__(self, port, path, host="same.example"):
        self.socket = socket.socket()
        self.socket.settimeout(thimble.DEADLINE)
        # both before the connection is made: the window, and by small segments the server's buffer, which
        # would hold megabytes else
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, host)).encode())
        self.path, self.data = path, b""

    @staticmethod
    def read_all(readers):
        with selectors.DefaultSelector() as selector:
            for r in readers:
                r.socket.setblocking(False)
                selector.register(r.socket, selectors.EVENT_READ, r)
            while selector.get_map():
                events = selector.select(thimble.DEADLINE)
                if not events:
                    raise AssertionError("%d answers do not go on" % len(selector.get_map()))
                for key, _ in events:
                    part = key.fileobj.recv(65536)
                    key.data.data += part
                    if not part:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()

    def body(self):
        head, _, body = self.data.partition(b"\r\n\r\n")
        assert int(re.search(rb"Content-Length: (\d+)", head)[1]) == len(body), "cut: " + self.path
        return body


class Line:
    """One connection that is kept; `get` says whether it was a hit."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), thimble.DEADLINE)
        self.file = self.socket.makefile("rb")

    def get(self, path):
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: same.example\r\nCache-Status: ?1\r\n\r\n" % path).encode())
        headers = {}
        self.status = int(self.file.readline().split()[1])
        while True:
            name, _, value = self.file.readline().decode().rstrip("\r\n").partition(": ")
            if not name:
                break
            headers[name.lower()] = value
        self.body = self.file.read(int(headers["content-length"]))
        return headers["cache-status"] == HIT

    def close(self):
        self.file.close()
        self.socket.close()


class BadDays(thimble.TestCase):
    def demo(self, settings=None):
        server = self.server({"cache": {"size": "4M", "max_stale": "1m"},
                              "server": {"header_timeout": "5m", "workers": "1"}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        server.init("--demo")
        server.detach()
        return server.start().wait_ready()

    def execute(self, server, *statement):
        with sqlite3.connect(os.path.join(server.directory, "thimble.db"), timeout=thimble.DEADLINE) as database:
            database.execute(*statement)
        database.close()

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return int(text.split("\n" + name + " ")[1].split()[0])

    def pins(self, server):
        return self.metric(server, "thimble_cache_pins")

    def pins_end(self, server):
        thimble.wait_until(lambda: self.pins(server) == 0, lambda: "%d pins to be dropped" % self.pins(server))

    def line(self, server):
        line = Line(server.port)
        self.addCleanup(line.close)
        return line

    @staticmethod
    def body(server, path):
        return server.get(path, headers={"Host": "same.example"}).body

    def test_full_of_what_slow_readers_hold(self):
        server = self.demo()
        paths = ["/api/patches/?per_page=%d" % n for n in range(200, 240)]     # 40 entries of 200 KB each
        want = {path: self.body(server, path) for path in paths}
        self.assertGreater(sum(map(len, want.values())), 6 * 1024 * 1024)
        readers = [Reader(server.port, path) for path in paths * 2]
        thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers),
                           "all answers to be stuck")
        self.assertGreater(self.pins(server), 0)
        # a quarter may be pinned
        self.assertLessEqual(self.pins(server) * min(map(len, want.values())), 4 * 1024 * 1024 // 4)
        line = self.line(server)
        for n in range(60):
            for path in ("/api/1.2/patches/%d/" % (n % 7 + 1), "/api/projects/?x=%d" % n, paths[n % len(paths)]):
                line.get(path)
                self.assertEqual(line.status, 200)
                if path in want:
                    self.assertEqual(line.body, want[path])
        Reader.read_all(readers)
        for r in readers:
            self.assertEqual(r.body(), want[r.path])
        self.pins_end(server)

    def test_more_slow_readers_than_pins(self):
        server = self.demo({"cache": {"size": "1G"}})       # bytes are not what is short
        path = "/api/patches/?per_page=250"
        want = self.body(server, path)
        readers = [Reader(server.port, path) for _ in range(PINS_MAX + 80)]
        thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers),
                           "all answers to be stuck")
        pins = self.pins(server)
        self.assertLess(pins, PINS_MAX)
        self.assertGreater(pins, PINS_MAX - 50)
        # others are served, from the cache as well, and known by their tokens
        line = self.line(server)
        line.get("/api/1.2/patches/1/")
        self.assertTrue(line.get("/api/1.2/patches/1/"))
        self.assertTrue(line.get(path))
        self.assertEqual(line.body, want)
        ada = {"Authorization": "Token 0123456789abcdef0123456789abcdef01234567", "Cache-Status": "?1"}
        self.assertEqual([server.get("/api/users/1/", headers=ada).headers["Cache-Status"] == HIT for _ in range(2)],
                         [False, True])
        Reader.read_all(readers)
        for r in readers:
            self.assertEqual(r.body(), want)
        self.pins_end(server)

    def test_slow_readers_of_what_changes_meanwhile(self):
        server = self.demo()
        path = "/api/patches/?per_page=250"
        want = self.body(server, path)
        readers = [Reader(server.port, path) for _ in range(5)]
        thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers),
                           "all answers to be stuck")
        self.execute(server, "UPDATE patchwork_patch SET name = 'A new name' WHERE id = 1")
        answer = server.request("POST", "/purge", body=json.dumps({"tags": ["patch:1"]}), unix=server.control)
        self.assertEqual(answer.status, 200)
        self.assertIn(b"A new name", self.body(server, path))
        for n in range(60):
            self.body(server, "/api/patches/?per_page=%d" % n)
        Reader.read_all(readers)
        self.assertEqual({r.body() for r in readers}, {want})
        self.pins_end(server)

    def test_slow_readers_that_go_away(self):
        server = self.demo()
        path = "/api/patches/?per_page=250"
        self.body(server, path)
        for _ in range(3):
            readers = [Reader(server.port, path) for _ in range(20)]
            thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers),
                               "all answers to be stuck")
            self.assertGreater(self.pins(server), 0)
            for r in readers:
                r.socket.close()
            self.pins_end(server)

    def test_a_worker_that_is_killed_with_all_its_pins(self):
        server = self.demo({"server": {"workers": "2"}})
        server.expect(r"signal 9")
        path = "/api/patches/?per_page=250"
        want = self.body(server, path)
        for _ in range(3):
            workers = server.wait_workers(2)
            readers = [Reader(server.port, path) for _ in range(10)]
            thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers),
                               "all answers to be stuck")
            self.assertGreater(self.pins(server), 0)
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            server.wait_workers(2, without=workers)
            self.pins_end(server)
            for r in readers:
                r.socket.close()
            self.assertEqual(self.body(server, path), want)

    def test_an_entry_larger_than_allowed(self):
        server = self.demo()
        self.execute(server, "UPDATE patchwork_project SET web_url = ? WHERE id = 3", ("x" * 1000000,))
        path = "/api/projects/3/"
        want = self.body(server, path)
        self.assertGreater(len(want), 1000000)
        line = self.line(server)
        for _ in range(5):
            self.assertFalse(line.get(path))
            self.assertEqual(line.body, want)
        self.assertGreaterEqual(self.metric(server, "thimble_cache_refused_total"), 6)
        readers = [Reader(server.port, path) for _ in range(10)]
        Reader.read_all(readers)
        self.assertEqual({r.body() for r in readers}, {want})
        # its coded form is small: that one is kept, and goes when the other one would
        coded = [server.get(path, headers={"Accept-Encoding": "gzip", "Cache-Status": "?1"}) for _ in range(2)]
        self.assertEqual([a.headers["Cache-Status"] == HIT for a in coded], [False, True])
        self.assertEqual(coded[0].body, coded[1].body)
        self.execute(server, "UPDATE patchwork_project SET web_url = '' WHERE id = 3")
        answer = server.request("POST", "/purge", body=json.dumps({"tags": ["project:3"]}), unix=server.control)
        self.assertEqual(answer.status, 200)
        again = server.get(path, headers={"Accept-Encoding": "gzip", "Cache-Status": "?1"})
        self.assertNotEqual(again.headers["Cache-Status"], HIT)
        self.assertLess(len(self.body(server, path)), 2000)
        self.pins_end(server)

    def test_a_crawler_does_not_push_out_what_is_asked_for(self):
        """It reads ten times what the region holds; a client asks for the hot set all the while."""
        server = self.demo()
        hot = ["/api/1.2/patches/%d/" % n for n in range(1, 40)]
        hot += ["/api/patches/?per_page=20&page=%d" % n for n in range(1, 6)]
        user, crawler = self.line(server), self.line(server)
        want = {}
        for _ in range(3):
            for path in hot:
                user.get(path)
                self.assertEqual(user.status, 200)
                want.setdefault(path, user.body)
        read = number = hits = asked = 0
        while read < 40 * 1024 * 1024:
            for _ in range(3):
                number += 1
                crawler.get("/api/patches/?per_page=20&page=%d&crawl=%d" % (number % 5 + 1, number))
                self.assertEqual(crawler.status, 200)
                read += len(crawler.body)
            path = hot[number // 3 % len(hot)]
            hits += user.get(path)
            asked += 1
            self.assertEqual(user.body, want[path])
        self.assertGreater(number, 1000)
        self.assertGreater(hits, asked * 0.95, "%d of %d" % (hits, asked))
        self.assertGreater(self.metric(server, 'thimble_cache_evictions_total{reason="space"}'), 1000)
        self.pins_end(server)

    def test_keys_without_end(self):
        """More keys than the index has entries for; what is asked again is right, kept or not."""
        server = self.demo()
        line = self.line(server)
        want = {}
        for n in range(1, 4):
            line.get("/api/projects/%d/" % n)
            want[n] = line.body
        for n in range(6000):
            line.get("/api/projects/%d/?key=%d" % (n % 3 + 1, n))
            self.assertEqual((line.status, line.body), (200, want[n % 3 + 1]))
        self.assertGreater(self.metric(server, 'thimble_cache_evictions_total{reason="space"}'), 4000)
        self.assertEqual(self.metric(server, "thimble_cache_refused_total"), 0)
        self.assertLess(self.metric(server, "thimble_cache_entries"), 1100)
        self.pins_end(server)


if __name__ == "__main__":
    unittest.main()
