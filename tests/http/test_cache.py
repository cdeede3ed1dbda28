# SPDX-License-Identifier: MIT
"""Answers kept in shared memory and given again: the same bytes, to the same
people, and not longer than they are trusted."""
import os
import signal
import socket
import sqlite3
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

ADA = {"Authorization": "Token 0123456789abcdef0123456789abcdef01234567"}
PATHS = ["/api/1.2/projects/1/", "/api/1.2/patches/1/", "/api/patches/?per_page=30", "/api/1.1/patches/?per_page=250",
         "/api/1.0/events/?per_page=100", "/api/series/?order=-date", "/series/1/mbox/", "/api/bundles/",
         "/api/1.2/patches/1/?format=json", "/api/patches/?page=last&per_page=7"]


class Cache(thimble.TestCase):
    def demo(self, settings=None):
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}}, start=False)
        server.configure(settings or {})
        server.init("--demo")
        server.detach()
        return server.start().wait_ready()

    def execute(self, server, statement):
        with sqlite3.connect(os.path.join(server.directory, "thimble.db")) as database:
            database.execute(statement)

    @staticmethod
    def essence(answer):
        """All of it that is the same with and without a cache: only with one there are codings and entity tags."""
        return answer.status, [h for h in answer.headers.items() if h[0] not in ("Date", "ETag") and
                               h != ("Vary", "Accept-Encoding")], answer.body

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return int(text.split("\n" + name + " ")[1].split()[0])

    def test_the_second_answer_is_the_first(self):
        server = self.demo()
        for path in PATHS:
            first, second = server.get(path), server.get(path)
            self.assertEqual(first.status, 200, path)
            self.assertEqual(self.essence(first), self.essence(second), path)
        self.assertEqual(self.metric(server, 'thimble_cache_lookups_total{tier="region",result="hit"}'), len(PATHS))
        # the objects that they are made of are kept as well
        self.assertGreaterEqual(self.metric(server, "thimble_cache_entries"), len(PATHS))
        self.assertEqual(self.metric(server, "thimble_cache_pins"), 0)

    def test_the_second_answer_needs_no_database(self):
        server = self.demo()
        first = server.get("/api/patches/")
        os.rename(os.path.join(server.directory, "thimble.db"), os.path.join(server.directory, "elsewhere"))
        others = iter(range(1, 1000))       # what was answered once is kept
        thimble.wait_until(lambda: server.get("/api/patches/?x=%d" % next(others)).status == 503, "the file to be missed")
        self.assertEqual(server.get("/api/patches/").body, first.body)

    def test_head_is_answered_from_what_get_left(self):
        server = self.demo()
        for path in PATHS:
            got, head = server.get(path), server.request("HEAD", path)
            if path.startswith("/api/"):
                self.assertEqual(self.essence(head)[:2], self.essence(got)[:2], path)
            self.assertEqual(head.body, b"")

    def test_an_answer_is_not_trusted_for_longer_than_max_stale(self):
        server = self.demo({"cache": {"max_stale": "300ms"}})
        self.assertIn(b'"name":"Sandbox"', server.get("/api/projects/3/").body)
        self.execute(server, "UPDATE patchwork_project SET name = 'Renamed' WHERE id = 3")
        thimble.wait_until(lambda: b'"name":"Renamed"' in server.get("/api/projects/3/").body, "the new name")

    def test_size_zero_keeps_nothing(self):
        server = self.demo({"cache": {"size": "0"}})
        self.assertIn(b'"name":"Sandbox"', server.get("/api/projects/3/").body)
        self.execute(server, "UPDATE patchwork_project SET name = 'Renamed' WHERE id = 3")
        self.assertIn(b'"name":"Renamed"', server.get("/api/projects/3/").body)

    def test_what_is_private_stays_so(self):
        server = self.demo()
        ours = {"Authorization": "Token 89abcdef0123456789abcdef0123456789abcdef"}
        for _ in range(2):
            self.assertNotIn(b"private-notes", server.get("/api/bundles/").body)
            self.assertIn(b"private-notes", server.get("/api/bundles/", headers=ours).body)
            self.assertNotIn(b"private-notes", server.get("/api/bundles/", headers=ADA).body)
            self.assertEqual(server.get("/api/users/").status, 403)
            self.assertEqual(server.get("/api/users/", headers=ADA).status, 200)
            self.assertEqual(server.get("/api/users/1/").status, 403)

    def test_a_bad_credential_is_refused_although_the_answer_is_there(self):
        server = self.demo()
        self.assertEqual(server.get("/api/patches/").status, 200)
        self.assertEqual(server.get("/api/patches/", headers={"Authorization": "Token nobody"}).status, 403)

    def test_keys_tell_hosts_queries_and_representations_apart(self):
        server = self.demo()
        for _ in range(2):
            self.assertIn(b"http://one.example/api", server.get("/api/patches/1/", headers={"Host": "one.example"}).body)
            self.assertIn(b"http://two.example/api", server.get("/api/patches/1/", headers={"Host": "two.example"}).body)
            self.assertIn(b"https://one.example/api", server.get("/api/patches/1/", headers={
                "Host": "one.example", "X-Forwarded-Proto": "https"}).body)
            self.assertIn(b"?format=json", server.get("/api/patches/1/?format=json").body)
            self.assertTrue(server.get("/api/patches/1/", headers={"Accept": "text/html"}).headers["Content-Type"]
                            .startswith("text/html"))
            self.assertIn(b'\n    "id": 1', server.get("/api/patches/1/", headers={
                "Accept": "application/json; indent=4"}).body)
            self.assertNotIn(b"list_archive_url_format", server.get("/api/1.1/patches/1/").body)
            self.assertIn(b"list_archive_url_format", server.get("/api/1.2/patches/1/").body)
            pages = [server.get("/api/patches/?per_page=1&page=%d" % n).body for n in (1, 2, 3)]
            self.assertEqual(len(set(pages)), 3)

    def test_a_path_that_looks_like_a_query_is_another_key(self):
        server = self.demo()
        cover = "/project/thimble/cover/demo-1-0@example.org/mbox/"
        self.assertEqual(server.get(cover + "?page=x/mbox/").status, 200)
        self.assertEqual(server.get(cover + "%23x/mbox/").status, 404)
        self.assertEqual(server.get(cover + "?a=x").status, 200)
        self.assertEqual(server.get(cover + "%3Fa=x/mbox/").status, 404)

    def test_equal_queries_share_an_answer(self):
        server = self.demo()
        first = server.get("/api/patches/?state=new&per_page=2&page=2")
        os.rename(os.path.join(server.directory, "thimble.db"), os.path.join(server.directory, "elsewhere"))
        self.assertEqual(self.essence(server.get("/api/patches/?page=2&per_page=%32&state=new")), self.essence(first))
        self.assertEqual(self.essence(server.get("/api/patches?per_page=2&state=new&page=1&page=2")), self.essence(first))

    def test_another_configuration_has_other_answers(self):
        server = self.demo()
        self.assertEqual(server.get("/api/patches/").body.count(b'"msgid"'), 30)
        server.configure({"api": {"page_size": "5"}})
        server.signal(signal.SIGHUP)
        thimble.wait_until(lambda: server.get("/api/patches/").body.count(b'"msgid"') == 5, "the new page size")

    def test_constant_eviction_loses_no_answer(self):
        small, plain = self.demo({"cache": {"size": "4M"}}), self.demo({"cache": {"size": "0"}})
        for round_ in range(2):
            for n in range(1, 60):
                path = "/api/patches/?per_page=%d" % (n * 4)
                host = {"Host": "same.example"}
                self.assertEqual(self.essence(small.get(path, headers=host)), self.essence(plain.get(path, headers=host)))

    def test_slow_readers_keep_their_bytes_while_all_is_evicted(self):
        server = self.demo({"cache": {"size": "4M"}})
        path = "/api/patches/?per_page=250"
        want = server.get(path).body
        readers = []
        for _ in range(8):
            s = socket.socket()
            s.settimeout(thimble.DEADLINE)
            # before the connection is made: the window, and by small segments the server's buffer
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            s.connect(("127.0.0.1", server.port))
            s.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % (path.encode(), server.port))
            readers.append(s)
        thimble.wait_until(lambda: self.metric(server, "thimble_cache_pins") > 0, "an answer to be stuck")
        for n in range(1, 200):
            server.get("/api/patches/?per_page=%d&page=1" % n)
        self.assertGreater(self.metric(server, "thimble_cache_pins"), 0)
        for s in readers:
            data = b""
            while True:
                part = s.recv(65536)
                if not part:
                    break
                data += part
            s.close()
            self.assertEqual(data.partition(b"\r\n\r\n")[2], want)
        thimble.wait_until(lambda: self.metric(server, "thimble_cache_pins") == 0, "all pins to be dropped")

    def test_workers_that_are_killed_while_they_read_and_fill(self):
        server = self.demo({"cache": {"size": "4M"}, "server": {"workers": "2"}})
        want = {n: server.get("/api/patches/?per_page=%d" % n).body for n in range(1, 40)}
        wrong, stop = [], threading.Event()

        def load():
            while not stop.is_set():
                for n, body in want.items():
                    try:
                        answer = server.get("/api/patches/?per_page=%d" % n)
                    except OSError:
                        continue        # its worker was killed
                    except Exception:   # or in the middle of an answer
                        continue
                    if answer.status != 200 or answer.body != body:
                        wrong.append((n, answer.status))
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        server.expect(r"pid \d+\) was killed by signal 9|killed by SIGKILL|signal 9")
        for _ in range(10):
            workers = server.wait_workers(2)
            os.kill(workers[0], signal.SIGKILL)
            server.wait_workers(2, without=workers[:1])
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        thimble.wait_until(lambda: self.metric(server, "thimble_cache_pins") == 0, "all pins to be dropped")


if __name__ == "__main__":
    unittest.main()
