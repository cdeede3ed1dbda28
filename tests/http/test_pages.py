# SPDX-License-Identifier: MIT
"""Large answers that are sent from files in memory: the right bytes, whatever becomes of the
answer and of its file while a client takes its time."""
import json
import os
import random
import re
import selectors
import shutil
import socket
import sqlite3
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

HOST = {"Host": "same.example"}
LARGE = "/api/patches/?per_page=240"
SMALL = "/api/1.2/projects/1/"


def request_for(path, *headers, method="GET"):
    return "\r\n".join(["%s %s HTTP/1.1" % (method, path), "Host: same.example", *headers, "", ""]).encode()


class Reader:
    """A client that asks, and takes nothing until it is told to."""

    def __init__(self, port, data):
        self.socket = socket.socket()
        self.socket.settimeout(thimble.DEADLINE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(data)
        self.data = b""

    def take(self, n):
        while n > 0:
            part = self.socket.recv(min(n, 65536))
            if not part:
                raise AssertionError("the server closed the connection")
            self.data += part
            n -= len(part)

    def bodies(self):
        """Of all answers that came, whole ones."""
        found, rest = [], self.data
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            assert len(rest) >= length, "an answer is cut"
            found.append(rest[:length])
            rest = rest[length:]
        return found


def read_all(readers):
    """Each until the server closes."""
    with selectors.DefaultSelector() as selector:
        for r in readers:
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


class Pages(thimble.TestCase):
    def demo(self, settings=None):
        server = self.server({"cache": {"size": "4M", "max_stale": "1h"},
                              "server": {"header_timeout": "5m", "workers": "1"}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        server.init("--demo")
        server.detach()
        return server.start().wait_ready()

    def rename(self, server, name):
        with sqlite3.connect(os.path.join(server.directory, "thimble.db"), timeout=thimble.DEADLINE) as database:
            database.execute("UPDATE patchwork_patch SET name = ? WHERE id = 1", (name,))
        database.close()
        answer = server.request("POST", "/purge", body=json.dumps({"tags": ["patch:1"]}), unix=server.control)
        self.assertEqual(answer.status, 200)

    @staticmethod
    def files(server):
        """The files of all workers, and their sizes."""
        found = {}
        for pid in server.workers():
            for fd in os.listdir("/proc/%d/fd" % pid):
                name = "/proc/%d/fd/%s" % (pid, fd)
                try:
                    if "thimble-page" in os.readlink(name):
                        found[os.stat(name).st_ino] = os.stat(name).st_size
                except FileNotFoundError:
                    pass
        return found

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return int(text.split("\n" + name + " ")[1].split()[0])

    def body(self, server, path):
        answer = server.get(path, headers=HOST)
        self.assertEqual(answer.status, 200)
        return answer.body

    def heat(self, server, path, times=4):
        """The answer, which is asked for until it has a file."""
        found = {self.body(server, path) for _ in range(times)}
        self.assertEqual(len(found), 1)
        return found.pop()

    def file_of(self, server, path):
        """The same for one that has none yet, while others take the room; returns what it is, too."""
        before = set(self.files(server))
        for _ in range(40):
            body = self.body(server, path)
            new = set(self.files(server)) - before
            if new:
                return body, new
        raise AssertionError("%s gets no file" % path)

    def reader(self, server, data):
        reader = Reader(server.port, data)
        self.addCleanup(reader.socket.close)
        return reader

    def wait_idle(self, server):
        thimble.wait_until(lambda: self.metric(server, "thimble_cache_pins") == 0, "pins to be dropped")

    def test_what_is_asked_for_again_has_a_file(self):
        server = self.demo()
        want = self.heat(server, LARGE, 2)
        self.assertEqual(self.files(server), {})
        self.assertEqual(self.heat(server, LARGE), want)
        self.assertEqual(len(self.files(server)), 1)
        self.heat(server, SMALL, 6)
        answer = server.get(LARGE, headers=HOST)
        for _ in range(6):      # what has no body needs no file
            self.assertEqual(server.request("HEAD", "/api/patches/?per_page=241", headers=HOST).status, 200)
            self.assertEqual(server.get(LARGE, headers=dict(HOST, **{"If-None-Match": answer.headers["ETag"]})).status, 304)
        self.assertEqual(server.request("HEAD", LARGE, headers=HOST).body, b"")
        self.assertEqual(len(self.files(server)), 1)
        self.assertEqual(server.get(LARGE, headers=HOST).body, want)

    def test_answers_of_all_kinds_on_one_connection(self):
        """In the order of the requests, however they are sent: from files, from memory, none."""
        server = self.demo()
        other = "/api/patches/?per_page=60"
        want = {path: self.heat(server, path) for path in (LARGE, other, SMALL)}
        self.assertEqual(len(self.files(server)), 2)
        random.seed(3)
        for _ in range(30):
            paths = random.choices([LARGE, other, SMALL], k=12)
            data = b"".join(request_for(p) for p in paths[:-1]) + request_for(paths[-1], "Connection: close")
            reader = self.reader(server, data)
            read_all([reader])
            self.assertEqual([b == want[p] for b, p in zip(reader.bodies(), paths)], [True] * len(paths))
        self.wait_idle(server)

    def test_over_a_local_socket(self):
        directory = tempfile.mkdtemp(prefix="thimble-test.")
        self.addCleanup(shutil.rmtree, directory, True)
        where = os.path.join(directory, "http")
        server = self.demo({"server": {"listen": ["127.0.0.1:0", "unix:" + where]}})
        want = self.heat(server, LARGE)
        self.assertEqual(len(self.files(server)), 1)
        for _ in range(10):
            self.assertEqual(server.request("GET", LARGE, headers=HOST, unix=where).body, want)

    def test_what_changes_is_new_at_once(self):
        server = self.demo()
        before = self.heat(server, LARGE)
        for n in range(10):
            self.rename(server, "name %d" % n)
            found = self.heat(server, LARGE)
            self.assertIn(b'"name":"name %d"' % n, found)
            self.assertNotEqual(found, before)
            before = found
        self.assertLessEqual(sum(self.files(server).values()), 4 * 1024 * 1024 // 8)

    def test_what_is_under_way_is_never_changed(self):
        """Slow readers of an answer that is replaced, whose file goes, and whose place in memory is used again."""
        server = self.demo()
        for n in range(6):
            self.rename(server, "name %d" % n)
            body, mine = self.file_of(server, LARGE)
            # no more, or answers are copied for all
            readers = [self.reader(server, request_for(LARGE, "Connection: close")) for _ in range(2)]
            thimble.wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= len(readers), "answers to be stuck")
            for r in readers:
                r.take(2000)
            for i in range(12):         # others take the room, in the region and of the files
                self.heat(server, "/api/patches/?per_page=%d&n=%d" % (180 + 5 * i, n), 5)
            self.assertFalse(mine & set(self.files(server)), "the file is still there")
            self.rename(server, "another name")
            read_all(readers)
            self.assertEqual([r.bodies() == [body] for r in readers], [True, True])
        self.assertGreater(self.metric(server, 'thimble_cache_evictions_total{reason="space"}'), 10)
        self.wait_idle(server)

    def test_many_large_ones_in_any_order(self):
        server = self.demo({"server": {"workers": "2"}, "cache": {"size": "8M"}})
        paths = ["/api/patches/?per_page=%d" % n for n in range(40, 250, 10)]
        want = {path: self.body(server, path) for path in paths}
        random.seed(4)
        most = 0
        for n in range(60):
            hot = random.choices(paths, weights=[1 / (i + 1) for i in range(len(paths))], k=20)
            readers = [self.reader(server, request_for(p, "Connection: close")) for p in hot]
            files = self.files(server)
            most = max(most, len(files))
            self.assertLessEqual(sum(files.values()), 8 * 1024 * 1024 // 8)
            read_all(readers)
            self.assertEqual([r.bodies() == [want[p]] for r, p in zip(readers, hot)], [True] * len(hot))
        self.assertGreater(most, 2)
        self.wait_idle(server)


if __name__ == "__main__":
    unittest.main()
