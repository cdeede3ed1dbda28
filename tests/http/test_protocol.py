#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP as the worker speaks it, seen from a socket: the I/O half of a worker with a made-up service."""

import fcntl
import json
import os
import re
import resource
import selectors
import signal
import socket
import struct
import sys
import tempfile
import termios
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import PATIENCE, Client, Server, request, wait_until  # noqa: E402

PROGRAM = os.environ.get("ECHO_SERVER") or next(
    (p for p in ("tests/http/echo_server", os.path.join(os.path.dirname(os.path.abspath(__file__)), "echo_server"))
     if os.path.exists(p)), "tests/http/echo_server")
MAX_BODY = 1024 * 1024


# Who the client is, is found out for the access log only.
LOGGED = "access=/dev/null"


def start(*arguments, **options):
    return Server(PROGRAM, *arguments, **options)


class ServerCase(unittest.TestCase):
    """Tests that share one server."""
    arguments = ()
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.server = start(*cls.arguments, environment=cls.environment)

    @classmethod
    def tearDownClass(cls):
        cls.server.close(signal.SIGTERM)

    def connect(self, **options):
        c = self.server.connect(**options)
        self.addCleanup(c.socket.close)
        return c

    def assert_refused(self, c, status, method="GET"):
        """The next answer is a JSON error and the end of the connection."""
        r = c.read(method)
        self.assertIsNotNone(r)
        self.assertEqual(r.status, status, r.body)
        self.assertEqual(r.headers.get("connection"), "close")
        self.assertEqual(r.headers.get("content-type"), "application/json")
        if method != "HEAD":
            self.assertEqual(list(r.json()), ["detail"])
        self.assertEqual(c.read_to_end(), b"")
        return r


class Basics(ServerCase):
    arguments = (LOGGED,)

    def test_keep_alive(self):
        c = self.connect()
        for i in range(5):
            r = c.get("/echo?%d" % i)
            self.assertEqual((r.status, r.json()["query"]), (200, str(i)))
            self.assertNotIn("connection", r.headers)

    def test_where_answers_come_from(self):
        for path, where in (("/echo", "loop"), ("/job", "job"), ("/hash", "hash")):
            self.assertEqual(self.server.get(path).json()["where"], where)

    def test_date(self):
        r = self.server.get("/echo")
        self.assertRegex(r.headers["date"], r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
        said = time.mktime(time.strptime(r.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
        self.assertLess(abs(said - time.time()), 5)

    def test_connection_close(self):
        c = self.connect()
        r = c.get("/echo", "Connection: close")
        self.assertEqual(r.headers["connection"], "close")
        self.assertEqual(c.read_to_end(), b"")

    def test_the_service_may_close(self):
        c = self.connect()
        c.send(request("/bye") + request("/echo?never"))
        self.assertEqual(c.read().headers["connection"], "close")
        self.assertEqual(c.read_to_end(), b"")

    def test_http_1_0(self):
        c = self.connect()
        c.send("GET /echo HTTP/1.0\r\n\r\n")
        self.assertEqual(c.read().json()["minor"], 0)
        self.assertEqual(c.read_to_end(), b"")

    def test_http_1_0_keep_alive(self):
        c = self.connect()
        for _ in range(2):
            c.send("GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            self.assertEqual(c.read().headers["connection"], "keep-alive")

    def test_head_has_the_length_but_no_body(self):
        c = self.connect()
        r = c.get("/big?1000", method="HEAD")
        self.assertEqual(r.headers["content-length"], "1000")
        self.assertEqual(c.get("/echo?next").json()["query"], "next")

    def test_no_body_with_204_and_304(self):
        c = self.connect()
        self.assertEqual(c.get("/empty").status, 204)
        self.assertEqual(c.get("/notmod").status, 304)
        self.assertEqual(c.get("/echo?next").json()["query"], "next")

    def test_a_service_that_forgets_is_a_500(self):
        self.assertEqual(self.server.get("/nothing").status, 500)

    def test_request_fields(self):
        r = self.server.get(
            "/echo?a=b?c", "Accept: text/html", "ACCEPT: application/json", "Cookie: a=1", "cookie: b=2",
            "Authorization: Token 123", "User-Agent: tester", "Referer: /there", "Content-Type: text/plain",
            method="PUT", body=b"the body").json()
        self.assertEqual(r, {
            "where": "loop", "method": "PUT", "path": "/echo", "query": "a=b?c", "host": "example.org",
            "accept": "text/html, application/json", "authorization": "Token 123", "cookie": "a=1; b=2",
            "content_type": "text/plain", "user_agent": "tester", "referer": "/there", "client": "127.0.0.1",
            "body": "the body", "https": False, "minor": 1})

    def test_absent_fields(self):
        r = self.server.get("/job").json()
        for name in ("query", "accept", "authorization", "cookie", "content_type", "user_agent", "referer"):
            self.assertIsNone(r[name], name)
        self.assertEqual(self.server.get("/job?").json()["query"], "")

    def test_absolute_form(self):
        c = self.connect()
        c.send("POST http://Other.example:81/echo?x HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\n\r\n")
        r = c.read().json()
        self.assertEqual((r["host"], r["path"], r["query"]), ("Other.example:81", "/echo", "x"))

    def test_options_asterisk(self):
        self.assertEqual(self.server.get("*", method="OPTIONS").json()["path"], "*")

    def test_any_method(self):
        self.assertEqual(self.server.get("/echo", method="FROBNICATE").json()["method"], "FROBNICATE")

    def test_untrusted_peers_say_nothing_about_the_client(self):
        r = self.server.get("/echo", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https",
                            "X-Forwarded-Ssl: on", "X-Forwarded-Host: other.example").json()
        self.assertEqual((r["client"], r["https"], r["host"]), ("127.0.0.1", False, "example.org"))

    def test_one_byte_at_a_time(self):
        c = self.connect()
        for byte in request("/job?slow", "Accept: text/html", method="POST", body=b"12345"):
            c.send(bytes([byte]))
            self.server.get("/notmod")      # by now it has been read
        r = c.read().json()
        self.assertEqual((r["query"], r["accept"], r["body"]), ("slow", "text/html", "12345"))

    def test_empty_lines_before_a_request(self):
        c = self.connect()
        c.send(b"\r\n\r\n" + request("/echo"))
        self.assertEqual(c.read().status, 200)


class Pipelining(ServerCase):
    def test_answers_keep_the_order(self):
        kinds = ("/echo", "/job", "/hash", "/echo", "/echo", "/sleep")
        targets = ["%s?%d" % (kinds[i % len(kinds)], i % 7 if kinds[i % len(kinds)] == "/sleep" else i)
                   for i in range(300)]
        c = self.connect()
        c.send(b"".join(request(t) for t in targets))
        for target in targets:
            r = c.read().json()
            self.assertEqual("%s?%s" % (r["path"], r["query"]), target)

    def test_bodies_are_not_mixed_up(self):
        c = self.connect()
        data = b""
        for i in range(50):
            data += request("/echo", method="POST", body=b"length %d" % i)
            data += request("/job", "Transfer-Encoding: chunked", method="POST") + b"6\r\nchunk \r\n2\r\n%02d\r\n0\r\n\r\n" % i
        c.send(data)
        for i in range(50):
            self.assertEqual(c.read().json()["body"], "length %d" % i)
            self.assertEqual(c.read().json()["body"], "chunk %02d" % i)

    def test_answers_leave_together(self):
        c = self.connect()
        c.send(b"".join(request("/echo?%d" % i) for i in range(16)))
        for i in range(16):
            self.assertEqual(c.read().json()["query"], str(i))
        info = c.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        if len(info) < 156:
            self.skipTest("the kernel does not count segments")
        # tcpi_data_segs_in: sixteen answers in one write are one segment on the loopback device.
        self.assertEqual(struct.unpack_from("=I", info, 152)[0], 1)

    def test_a_ready_answer_does_not_wait_for_a_job(self):
        c = self.connect()
        before = time.monotonic()
        c.send(request("/echo?first") + request("/sleep?1500") + request("/echo?last"))
        self.assertEqual(c.read().json()["query"], "first")
        self.assertLess(time.monotonic() - before, 1.2)
        self.assertEqual(c.read().json()["path"], "/sleep")
        self.assertEqual(c.read().json()["query"], "last")

    def test_far_more_than_a_buffer(self):
        count = 6000    # of them a megabyte: several reads, many writes
        c = self.connect()
        sender = threading.Thread(target=c.send, args=(b"".join(
            request("/echo?%d" % i, "X-Padding: " + "x" * 120) for i in range(count)),))
        sender.start()
        for i in range(count):
            self.assertEqual(c.read().json()["query"], str(i))
        sender.join()

    def test_big_answers(self):
        c = self.connect(receive_buffer=4096)
        c.send(b"".join(request("/big?%d" % (300000 + i)) for i in range(10)) + request("/echo?end"))
        for i in range(10):
            self.assertEqual(c.read().body, big(300000 + i))
        self.assertEqual(c.read().json()["query"], "end")

    def test_an_error_ends_the_pipeline(self):
        c = self.connect()
        c.send(request("/job?1") + b"BROKEN\r\n\r\n" + request("/echo?3"))
        self.assertEqual(c.read().json()["query"], "1")
        self.assert_refused(c, 400)

    def test_connection_close_ends_the_pipeline(self):
        c = self.connect()
        c.send(request("/echo?1", "Connection: close") + request("/echo?2") * 100)
        self.assertEqual(c.read().json()["query"], "1")
        self.assertEqual(c.read_to_end(), b"")


def big(size):
    letters = bytes(range(ord("a"), ord("a") + 23))
    return (letters * (size // 23 + 1))[:size]


class Continue(ServerCase):
    arguments = ("max_body=%d" % MAX_BODY,)

    def expect(self, *headers):
        c = self.connect()
        c.send("POST /echo HTTP/1.1\r\nHost: example.org\r\nExpect: 100-continue\r\n" +
               "".join(h + "\r\n" for h in headers) + "\r\n")
        return c

    def test_interim_answer(self):
        c = self.expect("Content-Length: 5")
        self.assertEqual(c.read().raw, b"HTTP/1.1 100 Continue")
        c.send("hello")
        self.assertEqual(c.read().json()["body"], "hello")
        self.assertEqual(c.get("/echo").status, 200)

    def test_chunked(self):
        c = self.expect("Transfer-Encoding: chunked")
        self.assertEqual(c.read().status, 100)
        c.send("5\r\nhello\r\n0\r\n\r\n")
        self.assertEqual(c.read().json()["body"], "hello")

    def test_behind_another_answer(self):
        c = self.connect()
        c.send(request("/big?200000") + b"POST /echo HTTP/1.1\r\nHost: example.org\r\nExpect: 100-continue\r\n"
               b"Content-Length: 2\r\n\r\n")
        self.assertEqual(c.read().body, big(200000))
        self.assertEqual(c.read().status, 100)
        c.send("ok")
        self.assertEqual(c.read().json()["body"], "ok")

    def test_behind_a_job(self):
        c = self.connect()
        c.send(request("/sleep?100") + b"POST /echo HTTP/1.1\r\nHost: example.org\r\nExpect: 100-continue\r\n"
               b"Content-Length: 2\r\n\r\n")
        self.assertEqual(c.read().status, 200)
        self.assertEqual(c.read().status, 100)
        c.send("ok")
        self.assertEqual(c.read().json()["body"], "ok")

    def test_none_when_the_body_is_here(self):
        c = self.connect()
        c.send("POST /echo HTTP/1.1\r\nHost: example.org\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        self.assertEqual(c.read().json()["body"], "hello")
        self.assertEqual(c.get("/echo").status, 200)

    def test_none_without_a_body(self):
        self.assertEqual(self.expect().read().status, 200)
        self.assertEqual(self.expect("Content-Length: 0").read().status, 200)

    def test_none_for_what_is_refused(self):
        self.assert_refused(self.expect("Content-Length: %d" % (MAX_BODY + 1)), 413)

    def test_none_for_http_1_0(self):
        c = self.connect()
        c.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        c.send("hello")
        self.assertEqual(c.read().json()["body"], "hello")

    def test_another_expectation(self):
        c = self.connect()
        c.send("POST /echo HTTP/1.1\r\nHost: example.org\r\nExpect: miracles\r\nContent-Length: 5\r\n\r\nhello")
        self.assert_refused(c, 417)


class Chunked(ServerCase):
    arguments = ("max_body=1000",)

    def post(self, body):
        c = self.connect()
        c.send(request("/echo", "Transfer-Encoding: chunked", method="POST"))
        if body:
            c.send(body)
        return c

    def test_chunks(self):
        r = self.post("5\r\nhello\r\n007\r\n, world\r\n0\r\n\r\n").read()
        self.assertEqual(r.json()["body"], "hello, world")

    def test_empty(self):
        self.assertEqual(self.post("0\r\n\r\n").read().json()["body"], "")

    def test_extensions_and_trailers(self):
        r = self.post("5;name=value\r\nhello\r\n0\r\nX-Trailer: x\r\n\r\n").read()
        self.assertEqual(r.json()["body"], "hello")

    def test_one_byte_at_a_time(self):
        c = self.post("")
        for byte in b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n":
            c.send(bytes([byte]))
        self.assertEqual(c.read().json()["body"], "hello0123456789")
        self.assertEqual(c.get("/echo").status, 200)

    def test_limit(self):
        body = "x" * 1000
        self.assertEqual(self.post("3e8\r\n" + body + "\r\n0\r\n\r\n").read().json()["body"], body)
        self.assert_refused(self.post("3e9\r\n" + body + "x\r\n0\r\n\r\n"), 413)
        self.assert_refused(self.post(("64\r\n" + "x" * 100 + "\r\n") * 11), 413)

    def test_malformed(self):
        for body in ("x\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-1\r\n", "\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\nhello\r\n"):
            with self.subTest(body=body):
                self.assert_refused(self.post(body), 400)


class Limits(ServerCase):
    arguments = ("max_body=%d" % MAX_BODY,)

    def raw(self, data):
        c = self.connect()
        c.send(data)
        return c

    def test_long_query(self):
        query = "q" * 16384
        self.assertEqual(self.server.get("/echo?" + query).json()["query"], query)

    def test_414(self):
        self.assert_refused(self.raw(request("/" + "x" * 30000)), 414)

    def test_414_before_the_end(self):
        self.assert_refused(self.raw("GET /" + "x" * 60000), 414)

    def test_431_too_large(self):
        self.assert_refused(self.raw(request("/echo", *("X-%d: %s" % (i, "x" * 4000) for i in range(20)))), 431)

    def test_431_one_endless_header(self):
        self.assert_refused(self.raw("GET / HTTP/1.1\r\nHost: example.org\r\nX: " + "x" * 200000), 431)

    def test_431_too_many(self):
        self.assert_refused(self.raw(request("/echo", *("X-%d: x" % i for i in range(200)))), 431)

    def test_a_large_head_is_accepted(self):
        r = self.server.get("/echo", *("X-%d: %s" % (i, "x" * 500) for i in range(90)), "Accept: last").json()
        self.assertEqual(r["accept"], "last")

    def test_501(self):
        self.assert_refused(self.raw(request("/echo", "Transfer-Encoding: gzip", method="POST")), 501)

    def test_505(self):
        self.assert_refused(self.raw("GET / HTTP/2.0\r\nHost: example.org\r\n\r\n"), 505)

    def test_missing_host(self):
        self.assert_refused(self.raw("GET / HTTP/1.1\r\n\r\n"), 400)

    def test_head_of_what_is_refused_has_no_body(self):
        r = self.assert_refused(self.raw("HEAD / HTTP/1.1\r\n\r\n"), 400, method="HEAD")
        self.assertNotEqual(r.headers["content-length"], "0")

    def test_413_before_the_body(self):
        c = self.raw("POST /echo HTTP/1.1\r\nHost: example.org\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1))
        self.assert_refused(c, 413)

    def test_413_is_seen_by_a_client_that_sends_all_first(self):
        c = self.connect()
        c.send(request("/echo", method="POST", body=b"x" * (20 * MAX_BODY)))
        self.assert_refused(c, 413)

    def test_413_is_seen_by_a_client_that_sends_on(self):
        """The refusal was written before the body came; a server that closed at once would reset the connection."""
        before = self.server.metric("thimble_http_bad_requests_total")
        c = self.connect()
        c.send(request("/echo", "Content-Length: %d" % (20 * MAX_BODY), method="POST"))
        wait_until(lambda: self.server.metric("thimble_http_bad_requests_total") > before, "the refusal")
        c.send(b"x" * (20 * MAX_BODY))
        self.assert_refused(c, 413)

    def test_a_body_of_the_limit(self):
        body = "x" * MAX_BODY
        self.assertEqual(self.server.get("/echo", method="POST", body=body.encode()).json()["body"], body)

    def test_the_figures(self):
        before = self.server.metric("thimble_http_bad_requests_total")
        self.assert_refused(self.raw("BROKEN\r\n\r\n"), 400)
        self.assertEqual(self.server.metric("thimble_http_bad_requests_total"), before + 1)


class Timeouts(ServerCase):
    arguments = ("header_timeout=1000", "keepalive_timeout=700", "request_timeout=600", "stop_timeout=10000")

    def assert_takes(self, low, high, function):
        before = time.monotonic()
        value = function()
        took = time.monotonic() - before
        self.assertGreater(took, low)
        self.assertLess(took, high)
        return value

    def drip(self, c, data, seconds):
        """Sends a byte every 50 ms until the server ends it or the time is over."""
        end = time.monotonic() + seconds
        for byte in data:
            if time.monotonic() > end or c.is_closed() or c.buffer:
                break
            try:
                c.send(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)

    def test_a_slow_head(self):
        c = self.connect()
        self.assert_takes(0.8, 4, lambda: self.drip(c, request("/echo", "X: " + "x" * 1000), 15))
        self.assert_refused(c, 408)

    def test_a_slow_head_with_many_lines(self):
        c = self.connect()
        self.assert_takes(0.8, 4, lambda: self.drip(c, request("/echo", *["X: y"] * 90), 15))
        self.assert_refused(c, 408)

    def test_a_slow_head_behind_a_request(self):
        c = self.connect()
        self.assertEqual(c.get("/echo").status, 200)
        self.assert_takes(0.8, 4, lambda: self.drip(c, request("/echo", "X: " + "x" * 1000), 15))
        self.assert_refused(c, 408)

    def test_half_a_head(self):
        c = self.connect()
        c.send("GET / HT")
        self.assert_takes(0.8, 4, lambda: self.assert_refused(c, 408))

    def test_a_slow_body(self):
        c = self.connect()
        c.send(request("/echo", "Content-Length: 1000", method="POST"))
        self.assert_takes(0.8, 4, lambda: self.drip(c, b"x" * 1000, 15))
        self.assert_refused(c, 408)

    def test_a_body_that_comes_steadily_may_take_longer(self):
        c = self.connect()
        piece = b"x" * 65536
        c.send(request("/echo", "Content-Length: %d" % (len(piece) * 10), method="POST"))
        before = time.monotonic()
        for _ in range(10):
            c.send(piece)
            time.sleep(0.2)
        self.assertGreater(time.monotonic() - before, 1.8)
        self.assertEqual(len(c.read().json()["body"]), len(piece) * 10)

    def test_a_connection_without_a_request(self):
        c = self.connect()
        self.assertEqual(self.assert_takes(0.8, 4, c.read_to_end), b"")

    def test_keep_alive_ends(self):
        c = self.connect()
        self.assertEqual(c.get("/echo").status, 200)
        self.assertEqual(self.assert_takes(0.5, 3, c.read_to_end), b"")

    def test_a_job_that_takes_too_long(self):
        before = self.server.metric("thimble_http_timeouts_total")
        c = self.connect()
        c.send(request("/sleep?2000"))
        r = self.assert_takes(0.5, 1.9, lambda: self.assert_refused(c, 503))
        self.assertEqual(r.headers["retry-after"], "1")
        self.assertEqual(self.server.metric("thimble_http_timeouts_total"), before + 1)
        self.assertEqual(self.server.get("/job").status, 200)

    def test_requests_behind_a_job_that_takes_too_long(self):
        c = self.connect()
        c.send(request("/sleep?900") + request("/echo") * 1000)
        self.assert_refused(c, 503)

    def test_a_client_that_does_not_read(self):
        c = self.connect(receive_buffer=4096)
        connections = self.server.metric("thimble_http_connections")
        c.send(request("/big?30000000"))
        wait_until(lambda: self.server.metric("thimble_http_connections") < connections, "the connection to be closed")
        self.assertLess(len(c.read_to_end()), 30000000)

    def test_a_client_that_reads_slowly(self):
        """For three times the timeout it takes less than makes the server's socket writable, but it takes some."""
        c = self.connect(receive_buffer=16384)
        c.send(request("/big?30000000"))
        before = time.monotonic()
        while time.monotonic() - before < 3.5:
            c.buffer += c.socket.recv(2000)
            time.sleep(0.005)
        pieces = [c.buffer]
        while sum(map(len, pieces)) < 30000000:
            pieces.append(c.socket.recv(1 << 20))
            self.assertNotEqual(pieces[-1], b"", "the connection was given up")
        c.buffer = b"".join(pieces)
        self.assertEqual(c.read().body, big(30000000))


class ManySlowClients(unittest.TestCase):
    def test_others_are_served(self):
        """A thousand connections with a byte a second each, and one client that notices nothing of it."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 1000
        if soft < wanted + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, wanted + 100), hard))
            wanted = min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
        server = start("header_timeout=60000")
        self.addCleanup(server.close, signal.SIGINT)
        slow = [server.connect() for _ in range(wanted)]
        drip = request("/echo", "X-Slow: yes")
        stop = threading.Event()
        sent = [0]

        def drip_all():
            while not stop.wait(1.0):
                for c in slow:
                    c.send(drip[sent[0]:sent[0] + 1])
                sent[0] += 1

        dripping = threading.Thread(target=drip_all)
        dripping.start()
        try:
            slowest = 0.0
            served = 0
            end = time.monotonic() + 5
            with server.connect() as c:
                while time.monotonic() < end:
                    before = time.monotonic()
                    self.assertEqual(c.get("/job" if served % 2 else "/echo").status, 200)
                    slowest = max(slowest, time.monotonic() - before)
                    served += 1
        finally:
            stop.set()
            dripping.join()
        self.assertGreater(served, 500)
        self.assertLess(slowest, 1.0)
        self.assertGreaterEqual(server.metric("thimble_http_connections"), wanted)
        for c in slow[:20]:         # they are still good
            c.send(drip[sent[0]:])
            self.assertEqual(c.read().status, 200)


def smuggling_table():
    """Requests that must not be served: (name, bytes)."""
    tail = b"GET /echo?smuggled HTTP/1.1\r\nHost: example.org\r\n\r\n"
    good = "POST /echo HTTP/1.1\r\nHost: example.org\r\n"
    table = []

    def lines(name, *headers, start=good, body=b"hello"):
        table.append((name, (start + "".join(h + "\r\n" for h in headers) + "\r\n").encode("latin-1") + body + tail))

    # framing said twice, or in a way that two servers could read differently
    for length in ("+5", "-5", "5,5", "5, 5", "5 5", "0x5", "5.0", "5e0", "", "five", "5;", "\"5\"", "5\x0b", "\x0c5",
                   "5\x00", "00000000000000000000000000000005x", "18446744073709551621", "9223372036854775808",
                   "99999999999999999999999", "4294967301x", "5\t6", "\xa05", "٥".encode().decode("latin-1")):
        lines("length %r" % length, "Content-Length: " + length)
    lines("length twice", "Content-Length: 5", "Content-Length: 6")
    lines("length twice, equal", "Content-Length: 5", "Content-Length: 5")
    for coding in ("chunked, chunked", "identity", "gzip, chunked", "chunked, gzip", "chunked;q=1", "xchunked", "chunke",
                   "chunked,", ",chunked", "\x0bchunked", "chunked\x00", "\"chunked\"", "chunked chunked", "\xa0chunked",
                   "deflate", "chunked\x0c", "", "CHUNKED, identity"):
        lines("coding %r" % coding, "Transfer-Encoding: " + coding, body=b"0\r\n\r\n")
    lines("coding twice", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    lines("coding twice, other", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n")
    lines("length and coding", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    lines("coding and length", "Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n")
    lines("coding in 1.0", "Transfer-Encoding: chunked", start="POST /echo HTTP/1.0\r\nHost: example.org\r\n",
          body=b"0\r\n\r\n")

    # header lines
    for name in ("Content-Length ", "Content-Length\t", " Content-Length", "\tContent-Length", "Content-Length\x00",
                 "Content\x00-Length", "Content Length", "Content-Length\x0b", "", "(Content-Length)", "Content/Length",
                 "Content-Length\xa0", "[X]", "{X}", "X\"", "X,Y", "X;Y", "X@Y", "X=Y", "X?", "X\\", "X\x7f"):
        lines("name %r" % name, name + ": 5")
    lines("no colon", "Content-Length 5")
    lines("folded", "X: a", " b")
    lines("folded with a tab", "Content-Length:", "\t5")
    lines("host twice", "Host: other.example")
    lines("no host", start="GET /echo HTTP/1.1\r\n")
    for code in list(range(0x20)) + [0x7f]:
        byte = bytes([code])
        if byte not in (b"\t", b"\r", b"\n"):
            table.append(("value with %#x" % code, good.encode() + b"X: a" + byte + b"b\r\nContent-Length: 0\r\n\r\n" + tail))
        table.append(("name with %#x" % code, good.encode() + b"X" + byte + b"Y: a\r\nContent-Length: 0\r\n\r\n" + tail))
        table.append(("method with %#x" % code, b"GE" + byte + b"T /echo HTTP/1.1\r\nHost: example.org\r\n\r\n" + tail))
        table.append(("target with %#x" % code, b"GET /e" + byte + b"cho HTTP/1.1\r\nHost: example.org\r\n\r\n" + tail))
        table.append(("version with %#x" % code, b"GET /echo HTTP/1." + byte + b"1\r\nHost: example.org\r\n\r\n" + tail))
        table.append(("before the colon %#x" % code,
                      good.encode() + b"Content-Length" + byte + b": 5\r\n\r\nhello" + tail))
    # ends of lines
    for name, end in (("bare LF", b"\n"), ("bare CR", b"\r"), ("LF CR", b"\n\r"), ("CR CR LF", b"\r\r\n"), ("NUL", b"\0\r\n")):
        table.append((name + " after the request line", b"GET /echo HTTP/1.1" + end + b"Host: example.org\r\n\r\n" + tail))
        table.append((name + " after a header", b"GET /echo HTTP/1.1\r\nHost: example.org" + end + b"X: y\r\n\r\n" + tail))
        table.append((name + " as the end", b"GET /echo HTTP/1.1\r\nHost: example.org\r\n" + end + tail))

    # request lines
    for line in ("GET /echo", "GET  /echo HTTP/1.1", "GET /echo  HTTP/1.1", "GET\t/echo HTTP/1.1", "GET /echo HTTP/1.1 ",
                 "GET /echo HTTP/1.1 x", " GET /echo HTTP/1.1", "GET /echo http/1.1", "GET /echo HTTP/1", "GET /echo HTTP/1.",
                 "GET /echo HTTP/11", "GET /echo HTTP/1.10", "GET /echo HTTP/01.1", "GET /echo HTTP/2.0", "GET /echo HTTP/0.9",
                 "GET /echo HTTP/3.1", "GET /echo HTTP/1,1", "GET /echo HTTPS/1.1", "GET /echo XHTTP/1.1", "GET /echo /x HTTP/1.1",
                 "GET echo HTTP/1.1", "GET * HTTP/1.1", "GET ?x HTTP/1.1", "GET /echo#x HTTP/1.1", "GET",
                 "G@T /echo HTTP/1.1", "G(T /echo HTTP/1.1", "G:T /echo HTTP/1.1", "CONNECT example.org:443 HTTP/1.1",
                 "GET http:///echo HTTP/1.1", "GET http:/echo HTTP/1.1", "GET http://user@example.org/echo HTTP/1.1",
                 "GET http://:80/echo HTTP/1.1", "GET ftp://example.org/echo HTTP/1.1", "GET //\x00 HTTP/1.1",
                 "GET http://a b/ HTTP/1.1", "GET http://example.org\\x/ HTTP/1.1", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 "PRI * HTTP/2.0"):
        lines("line %r" % line, start=line + "\r\nHost: example.org\r\n", body=b"")

    # chunks
    for body in ("5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
                 "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
                 "5\t\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n",
                 "5\r\r\nhello\r\n0\r\n\r\n", "5\x00\r\nhello\r\n0\r\n\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n",
                 "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "7FFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "5,5\r\nhello\r\n0\r\n\r\n",
                 "5\r\nhello!\r\n0\r\n\r\n", "4\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n",
                 "5;" + "x" * 20000 + "\r\nhello\r\n0\r\n\r\n", "5;a=\x01\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nBad Trailer\r\n\r\n",
                 "5\r\nhello\r\n0\r\n X: folded\r\n\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n", "5\r\nhello\r\n0\r\nX: \x00\r\n\r\n"):
        lines("chunk %.30r" % body, "Transfer-Encoding: chunked", body=body.encode("latin-1"))
    return table


class Smuggling(ServerCase):
    arguments = ("max_body=%d" % MAX_BODY,)

    def test_each_is_refused_and_the_next_client_served(self):
        table = smuggling_table()
        self.assertGreater(len(table), 250)
        next_client = self.connect()
        for name, data in table:
            with self.subTest(name):
                c = self.connect()
                c.send(data)
                c.end_input()
                answer = c.read()
                if answer is not None:
                    self.assertIn(answer.status // 100, (4, 5), "%r was served" % data)
                    self.assertEqual(answer.headers["content-type"], "application/json")
                    self.assertEqual(answer.headers["connection"], "close")
                    self.assertEqual(list(answer.json()), ["detail"])
                    self.assertEqual(c.read_to_end(), b"", "%r was followed by another answer" % data)
                c.socket.close()
                self.assertEqual(next_client.get("/echo?good").json()["query"], "good")
        self.assertEqual(self.server.get("/echo").status, 200)

    def test_pieces_make_no_difference(self):
        """The same, torn in two at places where a parser changes its state."""
        for name, data in smuggling_table()[::7]:
            if len(data) > 4000:
                continue
            for cut in (1, 5, data.find(b"\n"), data.find(b":") + 1, data.find(b"\r\n\r\n") + 2):
                if not 0 < cut < len(data):
                    continue
                with self.subTest(name, cut=cut):
                    c = self.connect()
                    c.send(data[:cut])
                    self.server.get("/echo")        # the first piece has been read by now
                    try:
                        c.send(data[cut:])
                        c.end_input()
                    except OSError:
                        pass                        # refused already
                    text = c.read_to_end()
                    self.assertLessEqual(text.count(b"HTTP/1.1 "), 1, "%r" % data)
                    self.assertNotIn(b"HTTP/1.1 2", text)
                    c.socket.close()


class Endings(unittest.TestCase):
    """Drain, deadlines, the master's end."""

    def start(self, *arguments, **options):
        self.server = start(*arguments, **options)
        self.addCleanup(self.finish)
        return self.server

    def finish(self):
        if self.server is not None:
            self.server.close(signal.SIGINT)
            self.server = None

    def in_flight(self, target):
        """A connection whose request has reached a thread."""
        c = self.server.connect()
        before = self.server.metric("thimble_http_requests_in_flight")
        c.send(request(target))
        wait_until(lambda: self.server.metric("thimble_http_requests_in_flight") > before, "the request to be in flight")
        return c

    def test_quit_finishes_what_is_in_flight(self):
        server = self.start("stop_timeout=100")
        idle = server.connect()
        self.assertEqual(idle.get("/echo").status, 200)
        with self.in_flight("/sleep?5000") as c:
            before = time.monotonic()
            server.send_signal(signal.SIGQUIT)
            self.assertEqual(idle.read_to_end(), b"")
            self.assertLess(time.monotonic() - before, 4)
            self.assertIsNone(server.process.poll())
            r = c.read()
            self.assertEqual((r.status, r.headers["connection"]), (200, "close"))
            self.assertEqual(c.read_to_end(), b"")
        self.assertEqual(server.wait(), 0)

    def test_a_kept_connection_is_not_closed_under_a_request_on_its_way(self):
        server = self.start(environment={"STOPPING": "1"})
        idle, busy = server.connect(), self.in_flight("/sleep?500")
        self.assertEqual(idle.get("/echo").status, 200)
        server.send_signal(signal.SIGQUIT)
        wait_until(lambda: server.metric('thimble_workers{state="draining"}') == 1, "the worker to drain")
        idle.send(request("/echo?late"))
        r = idle.read()
        self.assertIsNotNone(r, "closed without an answer")
        self.assertEqual((r.status, r.headers["connection"]), (200, "close"))
        self.assertEqual(idle.read_to_end(), b"")
        self.assertEqual(busy.read().status, 200)
        idle.socket.close()
        busy.socket.close()
        self.assertEqual(server.wait(), 0)

    def test_answers_survive_a_client_that_sends_on_while_the_server_stops(self):
        server = self.start()
        with server.connect() as c:
            c.send(request("/big?300000"))
            time.sleep(0.3)     # all of it is in the kernel's hands, and the connection idle
            server.send_signal(signal.SIGQUIT)
            time.sleep(0.3)
            c.send(request("/echo"))
            time.sleep(0.1)     # a reset would have come by now
            self.assertEqual(c.read().body, big(300000))
            self.assertEqual(c.read().headers["connection"], "close")
        self.assertEqual(server.wait(), 0)

    def test_quit_lets_a_head_and_a_body_arrive(self):
        server = self.start()
        head, body = server.connect(), server.connect()
        head.send("GET /echo?head HTT")
        body.send(request("/job?body", "Content-Length: 4", method="POST") + b"12")
        server.get("/echo")     # both have been read by now
        server.send_signal(signal.SIGQUIT)
        wait_until(lambda: refused(server.status_address), "the status listener to be left")
        head.send("P/1.1\r\nHost: example.org\r\n\r\n")
        body.send("34")
        for c, path in ((head, "/echo"), (body, "/job")):
            r = c.read()
            self.assertEqual((r.json()["path"], r.headers["connection"]), (path, "close"))
            self.assertEqual(c.read_to_end(), b"")
            c.socket.close()
        self.assertEqual(server.wait(), 0)

    def test_quit_with_answers_on_their_way(self):
        server = self.start()
        with server.connect(receive_buffer=4096) as c:
            c.send(request("/big?5000000"))
            c._more()
            server.send_signal(signal.SIGQUIT)
            self.assertEqual(c.read().body, big(5000000))
            self.assertEqual(c.read_to_end(), b"")
        self.assertEqual(server.wait(), 0)

    def test_quit_alone(self):
        server = self.start()
        server.send_signal(signal.SIGQUIT)
        self.assertEqual(server.wait(5), 0)

    def test_term_has_a_deadline(self):
        server = self.start("stop_timeout=500")
        with self.in_flight("/sleep?15000") as c:
            before = time.monotonic()
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(10), 0)
            took = time.monotonic() - before
            self.assertGreater(took, 0.4)
            self.assertLess(took, 5)
            self.assertEqual(c.read_to_end(), b"")
        self.assertIn("stop_timeout", server.stderr())

    def test_term_does_not_wait_for_the_deadline(self):
        server = self.start("stop_timeout=60000")
        with self.in_flight("/sleep?300") as c:
            server.send_signal(signal.SIGTERM)
            self.assertEqual(c.read().status, 200)
        self.assertEqual(server.wait(5), 0)

    def test_int_stops_at_once(self):
        server = self.start()
        with self.in_flight("/sleep?15000") as c:
            server.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(5), 0)
            self.assertEqual(c.read_to_end(), b"")

    def test_quit_waits_for_a_job_nobody_waits_for(self):
        server = self.start("request_timeout=200")
        with server.connect() as c:
            c.send(request("/sleep?1200"))
            self.assertEqual(c.read().status, 503)
        before = time.monotonic()
        server.send_signal(signal.SIGQUIT)
        self.assertEqual(server.wait(), 0)
        self.assertGreater(time.monotonic() - before, 0.3)

    def test_jobs_that_nobody_waits_for_any_more_are_not_begun(self):
        server = self.start("threads=1", "request_timeout=500")
        clients = [server.connect() for _ in range(6)]
        for c in clients:
            c.send(request("/sleep?2000"))
        for c in clients:
            self.assertEqual(c.read().status, 503)
            c.socket.close()
        before = time.monotonic()
        server.send_signal(signal.SIGQUIT)
        self.assertEqual(server.wait(30), 0)
        self.assertLess(time.monotonic() - before, 6)   # one of them; all would take twelve seconds

    def test_the_master_is_gone(self):
        server = self.start()
        with self.in_flight("/sleep?500") as c:
            server.process.stdin.close()
            self.assertEqual(c.read().status, 200)
        self.assertEqual(server.wait(), 0)

    def test_other_signals_do_nothing(self):
        server = self.start()
        for number in (signal.SIGHUP, signal.SIGUSR2, signal.SIGWINCH, signal.SIGTTIN, signal.SIGTTOU, signal.SIGPIPE):
            server.send_signal(number)
        self.assertEqual(server.get("/echo").status, 200)

    def test_readyz_while_the_node_stops(self):
        server = self.start(environment={"STOPPING": "1"})
        r = server.status("/readyz")
        self.assertEqual((r.status, r.json()["ready"]), (503, False))
        self.assertEqual(server.status("/healthz").status, 200)
        with self.in_flight("/sleep?500") as c:
            server.send_signal(signal.SIGQUIT)
            wait_until(lambda: server.metric('thimble_workers{state="draining"}') == 1, "the worker to drain")
            self.assertEqual(server.status("/readyz").status, 503)
            self.assertEqual(c.read().status, 200)
        self.assertEqual(server.wait(), 0)


def refused(address):
    """True when nobody accepts there any more: a connection hangs in the queue."""
    try:
        with Client(address, timeout=0.3) as c:
            c.send(request("/healthz"))
            return c.read() is None
    except OSError:
        return True


class Clients(ServerCase):
    """Clients that behave oddly."""
    arguments = ("threads=4",)

    def test_half_close(self):
        for target in ("/echo", "/sleep?200", "/big?3000000"):
            c = self.connect()
            c.send(request(target))
            c.end_input()
            self.assertEqual(c.read().status, 200, target)
            self.assertEqual(c.read_to_end(), b"")

    def test_half_close_behind_a_pipeline(self):
        c = self.connect()
        c.send(b"".join(request("/job?%d" % i) for i in range(20)))
        c.end_input()
        for i in range(20):
            self.assertEqual(c.read().json()["query"], str(i))
        self.assertEqual(c.read_to_end(), b"")

    def test_half_close_in_a_request(self):
        for data in (b"GET /echo HT", request("/echo", "Content-Length: 10", method="POST") + b"12345"):
            c = self.connect()
            c.send(data)
            c.end_input()
            self.assertEqual(c.read_to_end(), b"")

    def test_gone_while_the_job_runs(self):
        for _ in range(20):
            c = self.connect()
            c.send(request("/sleep?100") * 3)
            c.reset()
        for _ in range(20):
            c = self.connect()
            c.send(request("/sleep?100"))
            c.socket.close()
        wait_until(lambda: self.server.metric("thimble_http_requests_in_flight") == 0, "requests in flight to end")
        wait_until(lambda: self.server.metric("thimble_http_connections") == 0, "connections to end")
        self.assertEqual(self.server.get("/job").status, 200)

    def test_gone_in_the_answer(self):
        for _ in range(10):
            c = self.connect(receive_buffer=4096)
            c.send(request("/big?10000000"))
            c._more()
            c.reset()
        wait_until(lambda: self.server.metric("thimble_http_connections") == 0, "connections to end")

    def test_gone_with_one_answer_on_its_way_and_a_job_behind_it(self):
        for size in range(300000, 6000000, 200000):     # one of them fills the socket but for a part of the second
            c = self.connect(receive_buffer=2048)
            c.send(request("/big?%d" % size) + request("/big?250000") + request("/sleep?300"))
            self.server.get("/echo")        # by now it has been read
            c.reset()
        wait_until(lambda: self.server.metric("thimble_http_connections") == 0, "connections to end")
        time.sleep(0.4)                     # the jobs end into nothing
        self.assertEqual(self.server.get("/job").status, 200)

    def test_a_slow_reader_gets_every_byte(self):
        c = self.connect(receive_buffer=4096)
        c.send(request("/big?8000000"))
        for _ in range(50):
            c._more()
            self.assertEqual(self.server.get("/echo").status, 200)
        self.assertEqual(c.read().body, big(8000000))
        self.assertEqual(c.get("/echo?after").json()["query"], "after")

    def test_many_connections_at_once(self):
        clients = [self.connect() for _ in range(60)]
        for i, c in enumerate(clients):
            c.send(request("/job?%d" % i))
        for i, c in enumerate(clients):
            self.assertEqual(c.read().json()["query"], str(i))


class OneEvent(ServerCase):
    """The worker is told once of what has come, however much that is: it has to look for the rest by itself."""
    arguments = ("threads=4", "max_body=16000000", "keepalive_timeout=600000", "header_timeout=600000")

    def send_to_one_that_sleeps(self, c, data, end=False):
        """All of it is there when the server looks."""
        self.server.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual(c.socket.send(data), len(data))
            if end:
                c.end_input()
            wait_until(lambda: fcntl.ioctl(c.socket, termios.TIOCOUTQ, b"\0\0\0\0") == b"\0\0\0\0", "all to arrive")
        finally:
            self.server.send_signal(signal.SIGCONT)

    def test_the_end_with_the_last_request(self):
        for target in ("/echo", "/job", "/big?3000000"):
            c = self.connect()
            self.assertEqual(c.get("/echo").status, 200)
            self.send_to_one_that_sleeps(c, request(target), end=True)
            self.assertEqual(c.read().status, 200)
            self.assertEqual(c.read_to_end(), b"")

    def test_the_end_with_a_part_of_a_request(self):
        c = self.connect()
        self.assertEqual(c.get("/echo").status, 200)
        self.send_to_one_that_sleeps(c, b"GET /echo HT", end=True)
        self.assertEqual(c.read_to_end(), b"")

    def test_more_than_is_read_at_once(self):
        body = b"x" * 400000
        for target in ("/echo", "/job"):
            c = self.connect()
            for _ in range(4):              # makes the kernel take so much
                self.assertEqual(c.get("/echo", method="POST", body=b"x" * 8000000).status, 200)
            self.send_to_one_that_sleeps(c, request(target, method="POST", body=body) + request("/echo?next"))
            self.assertEqual(c.read().json()["body"], body.decode())
            self.assertEqual(c.read().json()["query"], "next")

    def test_requests_behind_one_that_takes_its_time(self):
        c = self.connect()
        self.assertEqual(c.get("/echo").status, 200)
        self.send_to_one_that_sleeps(c, request("/sleep?100"))
        for i in range(40):
            c.send(request("/echo?%d" % i))
        self.assertEqual(c.read().status, 200)
        for i in range(40):
            self.assertEqual(c.read().json()["query"], str(i))


class Shedding(unittest.TestCase):
    def test_a_full_queue(self):
        """One thread: 256 jobs may wait; the others get a 503 at once and keep their connection."""
        server = start("threads=1")
        self.addCleanup(server.close)
        clients = [server.connect() for _ in range(400)]
        selector = selectors.DefaultSelector()
        for c in clients:
            c.send(request("/sleep?8"))
            selector.register(c.socket, selectors.EVENT_READ, c)
        codes = []
        while len(codes) < len(clients):
            for key, _ in selector.select(PATIENCE):
                r = key.data.read()
                codes.append(r.status)
                if r.status == 503:
                    self.assertEqual(r.headers["retry-after"], "1")
                    self.assertNotIn("connection", r.headers)
                selector.unregister(key.fileobj)
        self.assertEqual(set(codes), {200, 503})
        self.assertGreaterEqual(codes.count(200), 256)
        self.assertEqual(server.metric("thimble_http_shed_total"), codes.count(503))
        selector.close()
        self.assertEqual(clients[-1].get("/job").status, 200)


class Descriptors(unittest.TestCase):
    def test_the_limit_of_connections(self):
        """Idle connections make room for new ones; what cannot be accepted waits."""
        server = start(preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)))
        self.addCleanup(server.close, signal.SIGINT)
        idle = [server.connect() for _ in range(30)]
        for c in idle:
            self.assertEqual(c.get("/echo").status, 200)
        more = [server.connect() for _ in range(150)]
        wait_until(lambda: "connection limit" in server.stderr(), "the limit")
        self.assertEqual(server.status("/healthz").status, 200)
        for c in idle:
            self.assertEqual(c.read_to_end(), b"")
        for c in more[:20]:
            self.assertEqual(c.get("/echo").status, 200)
        for c in more[20:]:
            c.socket.close()
        self.assertEqual(server.get("/echo").status, 200)
        self.assertEqual(server.stderr().count("connection limit"), 1)

    def test_out_of_descriptors(self):
        server = start()
        self.addCleanup(server.close, signal.SIGINT)
        with server.connect() as old:
            self.assertEqual(old.get("/echo").status, 200)
            pid = server.process.pid
            used = len(os.listdir("/proc/%d/fd" % pid))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, 1000))
            waiting = [server.connect() for _ in range(5)]
            for c in waiting:
                c.send(request("/echo"))
            wait_until(lambda: "accepting again" in server.stderr(), "the complaint")
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (1000, 1000))
            before = time.monotonic()
            for c in waiting:
                self.assertEqual(c.read().status, 200)
                c.socket.close()
            self.assertGreater(time.monotonic() - before, 0.3, "it went on trying")
            self.assertEqual(server.stderr().count("accepting again"), 1)


class Trusted(ServerCase):
    arguments = (LOGGED, "trust_loopback=1", "trust_documentation=1")

    def ask(self, *headers):
        return self.server.get("/echo", *headers).json()

    def test_scheme(self):
        for header, https in (
                ("X-Forwarded-Proto: https", True), ("x-forwarded-proto: https", True), ("X-Forwarded-Proto: HTTPS", False),
                ("X-Forwarded-Proto: http", False), ("X-Forwarded-Proto: https, http", False), ("X-Forwarded-Ssl: on", True),
                ("X-Forwarded-Ssl: off", False), ("X-Forwarded-Protocol: ssl", True), ("X-Forwarded-Protocol: https", False),
                ("X-Forwarded-Port: 443", False), ("Forwarded: proto=https", False), ("X-Forwarded-Host: a.example", False)):
            self.assertEqual(self.ask(header)["https"], https, header)

    def test_host_is_never_forwarded(self):
        r = self.ask("X-Forwarded-Host: other.example", "Forwarded: host=other.example", "X-Forwarded-Port: 8443")
        self.assertEqual(r["host"], "example.org")

    def test_client(self):
        for headers, client in (
                (["203.0.113.9"], "203.0.113.9"),
                (["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
                (["198.51.100.1, 203.0.113.9, 127.0.0.7"], "203.0.113.9"),
                (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
                (["198.51.100.1,203.0.113.9", "127.0.0.7 , 2001:db8::5"], "203.0.113.9"),
                (["127.0.0.3, 127.0.0.4"], "127.0.0.3"),
                (["2001:470::1"], "2001:470::1"),
                (["203.0.113.9:4711"], "203.0.113.9"),
                (["[2001:470::1]:4711"], "2001:470::1"),
                (["::ffff:203.0.113.9"], "203.0.113.9"),
                (["unknown"], "127.0.0.1"),
                (["203.0.113.9, unknown"], "127.0.0.1"),
                (["unknown, 127.0.0.7"], "127.0.0.7"),
                ([""], "127.0.0.1"),
                (["203.0.113.9,"], "127.0.0.1"),
                (["[", "]"], "127.0.0.1"),
                (["x" * 5000], "127.0.0.1")):
            self.assertEqual(self.ask(*("X-Forwarded-For: " + h for h in headers))["client"], client, headers)


class UnixSocket(unittest.TestCase):
    def test_a_local_peer_is_trusted(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            server = start("unix=" + path, LOGGED)
            try:
                with Client(path) as c:
                    r = c.get("/job").json()
                    self.assertEqual((r["client"], r["https"]), ("unix:", False))
                    r = c.get("/job", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https").json()
                    self.assertEqual((r["client"], r["https"]), ("203.0.113.9", True))
            finally:
                server.close()


def contents(path):
    with open(path, "rb") as f:
        return f.read()


class AccessLog(unittest.TestCase):
    forged = 'evil" 200 1 "x\\" \u0085\u2028"'.encode()

    def run_requests(self, format_name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "access.log")
        server = start("access=" + path, "format=" + format_name, "trust_loopback=1")
        self.addCleanup(server.close)
        with server.connect() as c:
            c.send(b"GET /job?a=\"b\\&\xff HTTP/1.1\r\nHost: example.org\r\nUser-Agent: " + self.forged +
                   b"\r\nReferer: \xc3\xa4\xff\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
            size = len(c.read().body)
            c.get("/echo", method="HEAD")
            c.get("/big?100000")
            c.send("BROKEN\r\n\r\n")
            self.assertEqual(c.read().status, 400)

        def lines():
            return contents(path).split(b"\n")[:-1]
        wait_until(lambda: len(lines()) >= 4, "four lines")
        self.assertEqual(len(lines()), 4)
        return server, path, lines, size

    def test_combined(self):
        _, _, lines, size = self.run_requests("combined")
        got = lines()
        for line in got:
            self.assertRegex(line, rb'^[0-9.]+ - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*"$')
            self.assertRegex(line, rb"^[ -~]*$")
        self.assertIn(rb'"GET /job?a=\x22b\x5C&\xFF HTTP/1.1" 200 %d "\xC3\xA4\xFF" "evil\x22 200 1 \x22x\x5C\x22 ' % size, got[0])
        self.assertTrue(got[0].startswith(b"203.0.113.9 "))
        self.assertIn(b'"HEAD /echo HTTP/1.1" 200 0 "-" "-"', got[1])
        self.assertIn(b'" 200 100000 ', got[2])
        self.assertIn(b'"-" 400 ', got[3])

    def test_json(self):
        _, _, lines, size = self.run_requests("json")
        got = [json.loads(line) for line in lines()]
        first = got[0]
        self.assertEqual(list(first), ["time", "client", "method", "path", "status", "bytes", "duration_us", "db_us",
                                       "statements", "referer", "agent"])
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$")
        self.assertEqual((first["client"], first["method"], first["status"], first["bytes"]), ("203.0.113.9", "GET", 200, size))
        self.assertEqual(first["path"], '/job?a="b\\&\ufffd')
        self.assertEqual((first["db_us"], first["statements"]), (1234, 3))
        self.assertEqual((first["referer"], first["agent"]), ("ä\ufffd", self.forged.decode()))
        self.assertEqual((got[1]["method"], got[1]["bytes"], got[1]["agent"]), ("HEAD", 0, None))
        self.assertEqual((got[3]["method"], got[3]["path"], got[3]["status"]), (None, None, 400))

    def test_reopen(self):
        server, path, _, _ = self.run_requests("json")
        os.rename(path, path + ".1")
        server.get("/echo?old")
        wait_until(lambda: b"?old" in contents(path + ".1"), "a line in the old file")
        server.send_signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(path), "the new file")
        server.get("/echo?new")
        wait_until(lambda: b"?new" in contents(path), "a line in the new file")
        self.assertNotIn(b"?new", contents(path + ".1"))

    def test_stderr(self):
        server = start("access=stderr")
        self.addCleanup(server.close)
        server.get("/echo?seen")
        wait_until(lambda: '"GET /echo?seen HTTP/1.1" 200' in server.stderr(), "the line")

    def test_a_pipe_that_nobody_reads(self):
        """Lines are lost rather than the loop held."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pipe")
            os.mkfifo(path)
            reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            server = start("access=" + path)
            try:
                with server.connect() as c:
                    for _ in range(200):
                        self.assertEqual(c.get("/notmod?" + "x" * 15000).status, 304)
                wait_until(lambda: "lines lost" in server.stderr(), "the complaint")
                self.assertTrue(os.read(reader, 100).startswith(b"127.0.0.1 "))
            finally:
                os.close(reader)
                server.close()


class Status(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.away = os.path.join(cls.folder.name, "away")
        cls.environment = {"UNREADY": cls.away}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def test_healthz(self):
        self.assertEqual((self.server.status("/healthz").status, self.server.status("/healthz").body), (200, b"ok\n"))
        self.assertEqual(self.server.status("/healthz", method="HEAD").status, 200)

    def test_readyz(self):
        wait_until(lambda: self.server.status("/readyz").status == 200, "readiness")
        self.assertEqual(self.server.status("/readyz").json(), {"ready": True, "reasons": []})
        open(self.away, "w").close()
        self.assertEqual(self.server.status("/readyz").status, 200, "the result is remembered for a second")
        wait_until(lambda: self.server.status("/readyz").status == 503, "the database to be missed")
        r = self.server.status("/readyz")
        self.assertEqual(r.json(), {"ready": False, "reasons": ['The database is away: "test".']})
        self.assertEqual(r.headers["content-type"], "application/json")
        self.assertEqual(self.server.status("/healthz").status, 200)
        os.unlink(self.away)
        wait_until(lambda: self.server.status("/readyz").status == 200, "readiness again")

    def test_anything_else(self):
        for target in ("/", "/echo", "/healthz/", "/metrics/x"):
            r = self.server.status(target)
            self.assertEqual((r.status, list(r.json())), (404, ["detail"]))
        self.assertEqual(self.server.status("/metrics", method="POST").status, 405)

    def test_metrics(self):
        self.server.get("/echo")
        self.server.get("/unknown")
        r = self.server.status("/metrics")
        self.assertTrue(r.headers["content-type"].startswith("text/plain; version=0.0.4"))
        described, values = {}, {}
        for line in r.body.decode().splitlines():
            if line.startswith("# TYPE "):
                described[line.split()[2]] = line.split()[3]
            elif not line.startswith("#"):
                self.assertRegex(line, r'^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+$')
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = float(value)
                family = re.sub(r"\{.*", "", name)
                self.assertTrue(family in described or re.sub("_(bucket|sum|count)$", "", family) in described, line)
        self.assertGreaterEqual(values['thimble_http_requests_total{route="/echo",method="GET",code="200"}'], 1)
        self.assertGreaterEqual(values['thimble_http_requests_total{route="unrouted",method="GET",code="404"}'], 1)
        total = sum(v for k, v in values.items() if k.startswith("thimble_http_requests_total"))
        self.assertEqual(values["thimble_http_request_duration_seconds_count"], total)
        self.assertEqual(values['thimble_http_request_duration_seconds_bucket{le="+Inf"}'], total)
        buckets = [v for k, v in values.items() if k.startswith("thimble_http_request_duration_seconds_bucket")]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual(values['thimble_workers{state="running"}'], 1)
        self.assertEqual(values["thimble_http_requests_in_flight"], 0, "the status listener counts for nothing")
        self.assertGreater(values["process_resident_memory_bytes"], 1000000)

    def test_the_public_listener_has_none_of_it(self):
        for target in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.server.get(target).status, 404)


if __name__ == "__main__":
    unittest.main()
