# SPDX-License-Identifier: MIT
"""Answers that are kept, as clients see them: entity tags and 304, codings,
what a cache in between is told, and who gets which answer."""
import base64
import gzip
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

ADA = "Token 0123456789abcdef0123456789abcdef01234567"
BO = "Token 89abcdef0123456789abcdef0123456789abcdef"
BOT = "Token c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
ADA_BASIC = "Basic " + base64.b64encode(b"ada:ada-demo").decode()
BO_BASIC = "Basic " + base64.b64encode(b"bo:bo-demo").decode()
HIT, MISS, STORED = "thimble; hit", "thimble; fwd=uri-miss", "thimble; fwd=uri-miss; stored"
BYPASS = "thimble; fwd=bypass"
BASE = "http://patchwork.example.org"
PATHS = ["/api/", "/api/1.2/", "/api/1.2/projects/1/", "/api/1.2/patches/1/", "/api/patches/?per_page=30",
         "/api/1.1/patches/?per_page=250", "/api/1.0/events/?per_page=100", "/api/series/?order=-date",
         "/api/1.2/patches/1/checks/", "/api/bundles/", "/series/1/mbox/", "/api/1.2/patches/1/?format=json"]
LARGE = "/api/patches/?per_page=30"
SMALL = "/api/patches/1/checks/?per_page=1&context=nothing"


def decode(coding, data):
    if coding is None:
        return data
    if coding == "gzip":
        return gzip.decompress(data)
    return subprocess.run(["zstd", "-d", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Wire:
    """A connection on which bytes are written and answers are read one by one."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), thimble.DEADLINE)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()
        self.socket.close()

    def answer(self, method="GET"):
        """Status, headers (lower case; a list of values each), body."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while True:
            line = self.file.readline()
            if line == b"\r\n":
                break
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            headers.setdefault(name.lower(), []).append(value)
        length = 0 if status in (204, 304) or method == "HEAD" else int(headers["content-length"][0])
        return status, headers, self.file.read(length)


class KeptCase(thimble.TestCase):
    def prepared(self, settings=None, like=None):
        server = self.server({"cache": {"size": "16M", "max_stale": "1h"}, "server": {"base_url": BASE}}, start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        if like is None:
            server.init("--demo")
            server.detach()
        else:
            shutil.copy(os.path.join(like.directory, "thimble.db"), server.directory)
        return server

    def demo(self, settings=None, like=None):
        return self.prepared(settings, like).start().wait_ready()

    def execute(self, server, *statements):
        with sqlite3.connect(os.path.join(server.directory, "thimble.db"), timeout=thimble.DEADLINE) as database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def hide(self, server):
        """No database any more: what is answered now was kept."""
        os.rename(os.path.join(server.directory, "thimble.db"), os.path.join(server.directory, "elsewhere"))
        others = iter(range(1, 100000))
        thimble.wait_until(lambda: self.ask(server, "/api/patches/?hidden=%d" % next(others)).status == 503,
                           "the file to be missed")

    def purge(self, server, *tags):
        answer = server.request("POST", "/purge", body=json.dumps({"tags": tags}), unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def ask(self, server, path, who=None, method="GET", **headers):
        """Header names with '_' for '-'; the answer gets `cache` and `etag`."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Cache-Status"] = "?1"
        if who is not None:
            headers["Authorization"] = who
        answer = server.request(method, path, headers=headers)
        answer.cache = answer.headers["Cache-Status"]
        answer.etag = answer.headers["ETag"]
        answer.coding = answer.headers["Content-Encoding"]
        return answer

    def pins_end(self, server):
        def pins():
            text = server.get("/metrics", port=server.status_port).body.decode()
            return int(re.search(r"^thimble_cache_pins (\d+)$", text, re.M)[1])
        thimble.wait_until(lambda: pins() == 0, lambda: "the last of %d pins" % pins())

    @staticmethod
    def essence(answer):
        return answer.status, [h for h in answer.headers.items() if h[0] not in ("Date", "Cache-Status")], answer.body


class EntityTags(KeptCase):
    def tags(self, server):
        found = {}
        for path in PATHS:
            for _ in range(6):      # any of the workers, kept or made anew
                answer = self.ask(server, path)
                self.assertEqual(answer.status, 200, path)
                self.assertRegex(answer.etag, r'^"[0-9a-f]{32}"$', path)
                self.assertEqual(len(answer.headers.get_all("ETag")), 1, path)
                found.setdefault(path, set()).add(answer.etag)
        self.assertEqual({path: len(tags) for path, tags in found.items()}, dict.fromkeys(PATHS, 1))
        return found

    def test_strong_and_equal_everywhere(self):
        one = self.demo({"server": {"workers": "3"}})
        want = self.tags(one)
        # /api/patches/1/ and its ?format=json differ, /api/ and /api/1.2/ too
        self.assertEqual(len(set.union(*want.values())), len(PATHS))
        plain = self.demo({"cache": {"size": "0"}}, like=one)
        self.assertIsNone(self.ask(plain, "/api/patches/1/").headers.get("ETag"), "nothing would come of it")
        other = self.demo({"cache": {"size": "4M"}, "server": {"workers": "1"}}, like=one)
        self.assertEqual(self.tags(other), want)
        workers = other.workers()
        other.signal(1)
        other.wait_workers(1, without=workers)
        self.assertEqual(self.tags(other), want)

    def test_one_for_each_caller_of_the_index(self):
        server = self.demo()
        tags = set()
        for who in (None, ADA, BO, ADA, BO_BASIC):
            for path in ("/api/", "/api/1.1/", "/api/1.1/patches/1/"):
                answer = self.ask(server, path, who)
                self.assertEqual((answer.status, len(answer.headers.get_all("ETag"))), (200, 1), path)
                tags.add((path, answer.etag))
        self.assertEqual(len(tags), 3)

    def test_another_one_when_the_body_changes(self):
        server = self.demo()
        before = self.ask(server, "/api/projects/3/").etag
        self.execute(server, "UPDATE patchwork_project SET name = 'Renamed' WHERE id = 3")
        self.assertEqual(self.ask(server, "/api/projects/3/", If_None_Match=before).status, 304)
        self.purge(server, "project:3")
        after = self.ask(server, "/api/projects/3/", If_None_Match=before)
        self.assertEqual((after.status, after.cache), (200, STORED))
        self.assertNotEqual(after.etag, before)
        self.execute(server, "UPDATE patchwork_project SET name = 'Sandbox' WHERE id = 3")
        self.purge(server, "project:3")
        self.assertEqual(self.ask(server, "/api/projects/3/", If_None_Match=before).status, 304)

    def test_another_one_when_only_the_links_change(self):
        server = self.demo()
        path = "/api/patches/?project=1&order=id&per_page=1"
        before = self.ask(server, path)
        self.execute(server, "UPDATE patchwork_patch SET project_id = 2 WHERE id = "
                     "(SELECT MAX(id) FROM patchwork_patch WHERE project_id = 1)")
        self.purge(server, "patches@1", "patches@2")
        after = self.ask(server, path, If_None_Match=before.etag)
        self.assertEqual((after.status, after.body), (200, before.body))
        self.assertNotEqual(after.headers["Link"], before.headers["Link"])
        self.assertNotEqual(after.etag, before.etag)

    def test_another_one_for_another_representation(self):
        server = self.demo()
        answers = [self.ask(server, "/api/patches/1/"),
                   self.ask(server, "/api/patches/1/", Accept="application/json; indent=4"),
                   self.ask(server, "/api/1.0/patches/1/"), self.ask(server, "/api/patches/1/?format=json")]
        self.assertEqual(len({a.etag for a in answers}), 4)


class Conditions(KeptCase):
    def each_way(self, server, number, **headers):
        """The same question of an answer that is not kept, one that is, and with HEAD."""
        path = "/api/1.2/projects/1/?n=%d" % number
        for method, cache in (("GET", STORED), ("GET", HIT), ("HEAD", HIT)):
            answer = self.ask(server, path, method=method, **headers)
            self.assertEqual(answer.cache, cache)
            yield answer
        yield self.ask(server, path + "&head", method="HEAD", **headers)

    def test_none_match(self):
        server = self.demo()
        tag = self.ask(server, "/api/1.2/projects/1/").etag
        other = '"%s"' % ("0" * 32)
        yes = [tag, "W/" + tag, "*", " %s " % tag, "%s, %s" % (other, tag), "%s,%s" % (tag, other),
               '"a", W/"b" , ' + tag,
               ", ,%s" % tag, '"", %s' % tag, '"with,comma", %s' % tag, "%s, garbage" % tag,
               ", ".join(['"%d"' % n for n in range(150)] + [tag])]
        no = [other, "W/" + other, tag.strip('"'), tag[:-1], tag[1:], "w/" + tag, "**", "garbage " + tag, "garbage",
              '"%s"' % tag.strip('"').upper() if tag.upper() != tag else other, "", ",", '"', "'%s'" % tag.strip('"'),
              tag[:-1] + '-g"', tag[:-2] + '"', '"' + tag[2:]]
        number = 0
        for values, status in ((yes, 304), (no, 200)):
            for value in values:
                number += 1
                for answer in self.each_way(server, number, If_None_Match=value):
                    self.assertEqual((answer.status, answer.etag), (status, tag), value)
        self.pins_end(server)

    def test_several_header_lines_are_one_list(self):
        server = self.demo()
        tag = self.ask(server, "/api/1.2/projects/1/").etag
        with Wire(server.port) as wire:
            wire.socket.sendall(('GET /api/1.2/projects/1/ HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a"\r\n'
                                 'If-None-Match: %s\r\n\r\n' % tag).encode())
            self.assertEqual(wire.answer()[0], 304)

    def test_what_304_says(self):
        server = self.demo()
        for path in PATHS:
            whole = self.ask(server, path)
            for method in ("GET", "HEAD"):
                if method == "HEAD" and not path.startswith("/api/"):
                    continue
                answer = self.ask(server, path, If_None_Match=whole.etag, method=method)
                self.assertEqual((answer.status, answer.etag, answer.body), (304, whole.etag, b""), path)
                self.assertEqual(answer.headers.get_all("Vary"), whole.headers.get_all("Vary"), path)
                self.assertLessEqual(set(answer.headers), {"Date", "ETag", "Vary", "Cache-Status", "Connection"})

    def test_only_what_is_there_is_not_modified(self):
        server = self.demo()
        for path, status in (("/api/projects/nowhere/", 404), ("/nowhere/", 404), ("/api/users/", 403),
                             ("/patch/1/", 302)):
            for _ in range(2):
                self.assertEqual(self.ask(server, path, If_None_Match="*").status, status, path)
        self.assertEqual(self.ask(server, "/api/patches/1/", method="OPTIONS", If_None_Match="*").status, 200)
        self.assertEqual(self.ask(server, "/api/patches/1/", If_None_Match="*", who="Token nobody").status, 403)

    def test_the_connection_goes_on(self):
        server = self.demo()
        whole = self.ask(server, LARGE)
        one = self.ask(server, "/api/1.2/projects/1/")
        lines = "Host: x\r\nCache-Status: ?1\r\n"
        for count in range(1, 4):       # the first round misses some, the others do not
            with Wire(server.port) as wire:
                wire.socket.sendall((
                    "GET %s HTTP/1.1\r\n%sIf-None-Match: %s\r\n\r\n" % (LARGE, lines, whole.etag) +
                    "GET /api/1.2/projects/1/?x HTTP/1.1\r\n%s\r\n" % lines +
                    "GET %s HTTP/1.1\r\n%sIf-None-Match: *\r\n\r\n" % (LARGE + "&y", lines) +
                    "HEAD %s HTTP/1.1\r\n%s\r\n" % (LARGE, lines) +
                    "GET %s HTTP/1.1\r\n%sIf-None-Match: \"no\"\r\n\r\n" % (LARGE, lines)).encode())
                answers = [wire.answer(), wire.answer(), wire.answer(), wire.answer("HEAD"), wire.answer()]
                self.assertEqual([a[0] for a in answers], [304, 200, 304, 200, 200])
                self.assertEqual(answers[1][2], one.body)
                self.assertEqual(answers[4][2], whole.body)
                self.assertEqual(int(answers[3][1]["content-length"][0]), len(whole.body))
                if count > 1:
                    self.assertEqual({a[1]["cache-status"][0] for a in answers}, {HIT})
        self.pins_end(server)

    def test_an_entry_whose_head_lies_in_pieces(self):
        """Room in single pieces only, and keys of all lengths: the entity tag may begin in one and end in another."""
        server = self.demo({"cache": {"size": "4M"}, "server": {"workers": "1"}})
        chance = random.Random(1)
        with Wire(server.port) as wire:
            def get(path, *headers):
                wire.socket.sendall(("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" %
                                     (path, "".join(h + "\r\n" for h in headers))).encode())
                return wire.answer()
            whole = get("/api/projects/1/")
            tag = whole[1]["etag"][0]
            for n in range(1500):
                path = "/api/patches/?per_page=%d&n=%d" % (chance.randrange(1, 16), n)
                for _ in range(chance.randrange(1, 3)):     # some stay, some go
                    get(path)
                path = "/api/projects/1/?n=%d&y=%s" % (n, "y" * chance.randrange(800, 980))
                self.assertEqual(get(path)[2], whole[2])
                for value, status in ((tag, 304), ("*", 304), ('"no"', 200)):
                    answer = get(path, "If-None-Match: " + value, "Accept-Encoding: identity")
                    self.assertEqual((answer[0], answer[1]["etag"]), (status, [tag]), (n, value))
                    self.assertIn("Accept-Encoding", answer[1]["vary"], n)
                    self.assertEqual(answer[1]["vary"].count("Accept, Cookie"), 1, n)


class Head(KeptCase):
    def test_the_same_headers_as_get(self):
        server = self.demo()
        for path in PATHS:
            if not path.startswith("/api/"):
                continue
            fresh = path + ("&" if "?" in path else "?") + "h"
            for coding in ("identity", "gzip"):
                first = self.ask(server, fresh, method="HEAD", Accept_Encoding=coding)
                got = self.ask(server, fresh, Accept_Encoding=coding)
                again = self.ask(server, fresh, method="HEAD", Accept_Encoding=coding)
                self.assertEqual(self.essence(first)[:2], self.essence(got)[:2], path)
                self.assertEqual(self.essence(again)[:2], self.essence(got)[:2], path)
                self.assertEqual((first.body, again.body), (b"", b""))
                self.assertEqual(int(again.headers["Content-Length"]), len(got.body))
                if path not in ("/api/", "/api/1.2/"):
                    small = coding == "gzip" and got.coding is None
                    self.assertEqual((first.cache, got.cache), (HIT if small else STORED, HIT), path)


class Codings(KeptCase):
    codings = ["gzip"] + (["zstd"] if shutil.which("zstd") else [])

    def check_coded(self, answer, plain, coding):
        self.assertEqual((answer.status, answer.coding), (200, coding))
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        self.assertEqual(len(answer.headers.get_all("Content-Length")), 1)
        self.assertEqual(decode(coding, answer.body), plain.body)
        self.assertNotEqual(answer.etag, plain.etag)
        self.assertRegex(answer.etag, r'^"[^"]+"$')
        self.assertLess(len(answer.body), len(plain.body))
        skip = ("Date", "Content-Length", "Content-Encoding", "ETag", "Cache-Status", "Vary")
        self.assertEqual([h for h in answer.headers.items() if h[0] not in skip],
                         [h for h in plain.headers.items() if h[0] not in skip])

    def test_made_once_and_kept(self):
        for order in ("plain first", "coded first"):
            server = self.demo()
            for path in PATHS:
                tags = set()
                plain = self.ask(server, path) if order == "plain first" else None
                for coding in self.codings:
                    first = self.ask(server, path, Accept_Encoding=coding)
                    second = self.ask(server, path, Accept_Encoding=coding)
                    plain = plain or self.ask(server, path)
                    if first.coding is None:
                        self.assertLess(len(plain.body), 1024, path)
                        continue
                    self.assertEqual((first.cache, second.cache), (STORED, HIT), path)
                    self.assertEqual(self.essence(first), self.essence(second), path)
                    self.check_coded(second, plain, coding)
                    tags.add(second.etag)
                # the plain one was kept all the while
                if path not in ("/api/", "/api/1.2/"):
                    self.assertEqual(self.ask(server, path).cache, HIT, path)
                self.assertIn(len(tags), (0, len(self.codings)))
            self.hide(server)
            answer = self.ask(server, LARGE, Accept_Encoding=self.codings[0])
            self.assertEqual((answer.status, answer.cache), (200, HIT))
            self.pins_end(server)

    def test_from_what_is_kept_no_database_is_needed(self):
        server = self.demo()
        plain = self.ask(server, LARGE)
        self.hide(server)
        for coding in self.codings:
            answer = self.ask(server, LARGE, Accept_Encoding=coding)
            self.assertEqual(answer.cache, STORED)
            self.check_coded(answer, plain, coding)

    def test_a_coded_form_goes_with_the_plain_one(self):
        server = self.demo()
        path = "/api/projects/?order=id"
        for coding in self.codings:
            self.ask(server, path, Accept_Encoding=coding)
        self.execute(server, "UPDATE patchwork_project SET name = 'Renamed' WHERE id = 3")
        self.purge(server, "project:3")
        for coding in self.codings:
            answer = self.ask(server, path, Accept_Encoding=coding)
            self.assertIn(b"Renamed", decode(answer.coding, answer.body))
            self.assertEqual(answer.cache, STORED)

    def test_without_a_cache_nothing_is_coded(self):
        server = self.demo({"cache": {"size": "0"}})
        plain = self.ask(server, LARGE)
        for coding in self.codings:
            answer = self.ask(server, LARGE, Accept_Encoding=coding)
            self.assertEqual(self.essence(answer), self.essence(plain))

    def test_q_values(self):
        server = self.demo()
        for text, want in (("gzip", "gzip"), ("zstd", "zstd"), ("gzip, zstd", "zstd"), ("gzip;q=1, zstd;q=0.5", "gzip"),
                           ("gzip;q=0", None), ("zstd;q=0, gzip;q=0", None), ("*", "zstd"), ("*;q=0", None),
                           ("identity", None), ("", None), ("br", None), ("br, deflate", None), ("x-gzip", "gzip"),
                           ("GZIP", "gzip"), ("gzip;q=0.001", "gzip"), ("gzip;q=0.001, identity;q=0", "gzip"),
                           ("identity;q=0.5, gzip;q=0.4", None), ("identity;q=0.4, gzip;q=0.5", "gzip"),
                           ("zstd;q=0, *", "gzip"), ("gzip, deflate, br, zstd", "zstd"), ("identity;q=0", None),
                           ("gzip;q=1.1, !!", None)):
            for _ in range(2):
                answer = self.ask(server, LARGE, Accept_Encoding=text)
                self.assertEqual((answer.status, answer.coding), (200, want), text)

    def test_small_answers_stay_plain(self):
        server = self.demo()
        for path in (SMALL, "/api/1.2/", "/api/projects/nowhere/"):
            plain = self.ask(server, path)
            self.assertLess(len(plain.body), 1024)
            for _ in range(2):
                answer = self.ask(server, path, Accept_Encoding="gzip, zstd")
                self.assertIsNone(answer.coding)
                self.assertEqual((answer.body, answer.etag), (plain.body, plain.etag))
            if not path == "/api/1.2/":
                self.assertEqual(answer.cache, HIT)

    def test_what_else_there_is(self):
        server = self.demo()
        for _ in range(2):
            for path, status in (("/nowhere/", 404), ("/api/users/", 403), ("/patch/1/", 302)):
                answer = self.ask(server, path, Accept_Encoding="gzip")
                self.assertEqual((answer.status, answer.coding), (status, None))
                self.assertNotEqual(answer.body[:2], b"\x1f\x8b")
            page = self.ask(server, LARGE, Accept="text/html", Accept_Encoding="gzip")
            self.assertTrue(page.headers["Content-Type"].startswith("text/html"))
            self.assertEqual((page.status, page.coding, page.etag), (200, None, None))
            self.assertIn(b"<html", page.body)
            mbox = self.ask(server, "/series/1/mbox/", Accept_Encoding="gzip")
            plain = self.ask(server, "/series/1/mbox/")
            self.check_coded(mbox, plain, "gzip")
            self.assertEqual(mbox.headers["Content-Disposition"], plain.headers["Content-Disposition"])
            self.assertTrue(plain.body.startswith(b"From "))

    def test_not_modified_is_about_the_coding_that_is_asked_for(self):
        server = self.demo()
        plain, coded = self.ask(server, LARGE), self.ask(server, LARGE, Accept_Encoding="gzip")
        for tag, coding, status in ((coded.etag, "gzip", 304), (plain.etag, "identity", 304), (plain.etag, "gzip", 200),
                                    (coded.etag, "identity", 200), ("%s, %s" % (plain.etag, coded.etag), "gzip", 304)):
            for _ in range(2):
                answer = self.ask(server, LARGE, Accept_Encoding=coding, If_None_Match=tag)
                self.assertEqual((answer.status, answer.etag), (status, coded.etag if coding == "gzip" else plain.etag))

    def test_pipelined_codings(self):
        server = self.demo()
        plain = self.ask(server, LARGE).body
        codings = self.codings + ["identity"] + self.codings
        for _ in range(2):
            with Wire(server.port) as wire:
                wire.socket.sendall("".join("GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n" %
                                            (LARGE, coding) for coding in codings).encode())
                for coding in self.codings + [None] + self.codings:
                    status, headers, body = wire.answer()
                    self.assertEqual(headers.get("content-encoding", [None])[0], coding)
                    self.assertEqual(decode(coding, body), plain)


class ForCaches(KeptCase):
    def test_vary(self):
        server = self.demo()
        for path in PATHS + [SMALL]:
            for _ in range(2):
                for coding in (None, "gzip", "identity", "br"):
                    headers = {} if coding is None else {"Accept_Encoding": coding}
                    for method in ("GET", "HEAD"):
                        if method == "HEAD" and not path.startswith("/api/"):
                            continue
                        answer = self.ask(server, path, method=method, **headers)
                        vary = [v.strip() for v in ", ".join(answer.headers.get_all("Vary") or []).split(",")]
                        self.assertEqual(len(set(vary)), len(vary), path)
                        if coding is not None:
                            self.assertIn("Accept-Encoding", vary, (path, coding))
                        if path.startswith("/api/"):
                            self.assertIn("Accept", vary)
                            self.assertIn("Cookie", vary)

    def test_cache_status(self):
        server = self.demo()
        for path in PATHS:
            answers = [self.ask(server, path).cache for _ in range(3)]
            self.assertEqual(answers, [BYPASS] * 3 if path in ("/api/", "/api/1.2/") else [STORED, HIT, HIT], path)
        self.assertIsNone(server.get(LARGE).headers["Cache-Status"])
        self.assertEqual(self.ask(server, LARGE, Accept="text/html").cache, BYPASS)
        self.assertEqual(self.ask(server, "/nowhere/").cache, BYPASS)
        self.assertEqual(self.ask(server, "/api/patches/1/", method="OPTIONS").cache, BYPASS)
        self.assertEqual(self.ask(server, LARGE, who="Token nobody").cache, BYPASS)
        self.assertEqual([self.ask(server, "/patch/1/").cache for _ in range(2)], [STORED, HIT])

    def test_cache_status_without_a_cache(self):
        server = self.demo({"cache": {"size": "0"}})
        self.assertEqual([self.ask(server, LARGE).cache for _ in range(2)], [BYPASS] * 2)


class Missing(KeptCase):
    def test_a_404_is_kept_until_the_thing_is_there(self):
        server = self.demo()
        cases = (("/api/patches/9999/", "patch:9999", "UPDATE patchwork_patch SET id = 9999 WHERE id = 7"),
                 ("/api/projects/later/", "projects.linkname",
                  "UPDATE patchwork_project SET linkname = 'later' WHERE id = 3"),
                 ("/api/projects/77/", "project:77", "UPDATE patchwork_project SET id = 77 WHERE id = 3"),
                 ("/project/later/cover/demo-1-0@example.org/mbox/", None, None))
        for path, tag, statement in cases:
            first, second = self.ask(server, path), self.ask(server, path)
            self.assertEqual((first.status, second.status), (404, 404), path)
            self.assertEqual((first.cache, second.cache), (STORED, HIT), path)
            self.assertEqual(self.essence(first), self.essence(second))
            self.assertIsNone(first.etag)
            if tag is None:
                continue
            self.execute(server, statement)
            self.assertEqual(self.ask(server, path).status, 404)
            self.purge(server, tag)
            self.assertEqual((self.ask(server, path).status, self.ask(server, path).cache), (200, HIT), path)

    def test_errors_are_not_kept(self):
        server = self.demo()
        for path, status in (("/api/users/", 403), ("/api/patches/?state=nosuch&project=x&page=x", None),
                             ("/api/patches/1/?format=nosuch", 404)):
            answers = [self.ask(server, path) for _ in range(2)]
            if status is not None:
                self.assertEqual({a.status for a in answers}, {status}, path)
                self.assertNotIn(HIT, {a.cache for a in answers}, path)


class Audiences(KeptCase):
    callers = (None, ADA, BO, BOT, ADA_BASIC, BO_BASIC)

    def rounds(self, server, path, check):
        """In changing order, so that each has a chance to fill what the next one reads."""
        for n in range(len(self.callers)):
            for who in self.callers[n:] + self.callers[:n]:
                check(who, self.ask(server, path, who))
        return [self.ask(server, path, who) for who in self.callers]

    def test_private_bundles(self):
        server = self.demo()
        server.get("/api/projects/", headers={"Authorization": BO})

        def check(who, answer):
            self.assertEqual(answer.status, 200)
            self.assertEqual(b"private-notes" in answer.body, who in (BO, BO_BASIC), who)
            self.assertIn(b"for-review", answer.body)
        answers = self.rounds(server, "/api/bundles/", check)
        self.assertEqual({a.cache for a in answers}, {HIT})

        def check_one(who, answer):
            self.assertEqual(answer.status, 200 if who in (BO, BO_BASIC) else 404, who)
        answers = self.rounds(server, "/api/bundles/2/", check_one)
        self.assertEqual({a.cache for a in answers}, {HIT})
        self.assertEqual(answers[2].body, answers[5].body)
        self.rounds(server, "/bundle/bo/private-notes/mbox/", check_one)
        self.pins_end(server)

    def test_settings_of_users(self):
        server = self.demo()

        def check(who, answer):
            self.assertEqual(answer.status, 403 if who is None else 200, who)
            if who is not None:
                self.assertEqual("settings" in json.loads(answer.body), who in (ADA, ADA_BASIC), who)
        answers = self.rounds(server, "/api/users/1/", check)
        self.assertEqual({a.cache for a in answers[1:]}, {HIT})
        self.assertNotEqual(answers[0].cache, HIT)

    def test_people(self):
        server = self.demo()
        for path in ("/api/people/", "/api/people/1/", "/api/users/"):
            answers = self.rounds(server, path, lambda who, answer:
                                  self.assertEqual(answer.status, 403 if who is None else 200))
            self.assertEqual({a.cache for a in answers[1:]}, {HIT})

    def test_what_is_public_is_shared(self):
        server = self.demo()
        for who in (ADA, BO, BO_BASIC):
            self.assertEqual(self.ask(server, "/api/projects/1/?known", who).status, 200)
        for n, (first, second) in enumerate(((None, ADA), (ADA, None), (ADA, BO), (BO, BO_BASIC), (BO_BASIC, None))):
            path = "/api/1.2/patches/1/?n=%d" % n
            one, two = self.ask(server, path, first), self.ask(server, path, second)
            self.assertEqual((one.cache, two.cache), (STORED, HIT), (first, second))
            self.assertEqual(self.essence(one), self.essence(two))

    def test_strangers_fill_for_all(self):
        """A token that is not known yet: the answer is for everybody all the same."""
        server = self.demo()
        self.assertEqual(self.ask(server, LARGE, ADA).status, 200)
        self.assertEqual(self.ask(server, LARGE).cache, HIT)
        self.assertEqual(self.ask(server, LARGE, ADA).cache, HIT)

    def test_a_wrong_credential_never_gets_a_hit(self):
        server = self.demo()
        bad = ["Token nobody", "Token " + ADA[6:-1] + "8", "Token " + ADA[6:] + "0", "Token", "Token a b", "Basic !!",
               "Basic " + base64.b64encode(b"ada:wrong").decode(),
               "Basic " + base64.b64encode(b"nobody:ada-demo").decode()]
        for path in (LARGE, "/api/bundles/", "/api/users/1/", "/api/projects/nowhere/"):
            for who in (None, ADA, ADA_BASIC):
                self.ask(server, path, who)
                self.ask(server, path, who)
            for who in bad:
                for headers in ({}, {"If_None_Match": "*"}, {"Accept_Encoding": "gzip"}):
                    answer = self.ask(server, path, who, **headers)
                    self.assertEqual((answer.status, answer.cache), (403, BYPASS), (path, who))
        # what is no credential of ours is nobody's
        self.assertEqual(self.ask(server, "/api/bundles/", "Bearer x").status, 200)
        self.assertNotIn(b"private-notes", self.ask(server, "/api/bundles/", "Bearer x").body)

    def revoked(self, statement, who, *tags):
        server = self.demo()
        paths = (LARGE, "/api/bundles/", "/api/users/1/")
        for path in paths:
            for _ in range(2):
                answer = self.ask(server, path, who)
            self.assertEqual((answer.status, answer.cache), (200, HIT))
        self.execute(server, statement)
        self.assertEqual(self.ask(server, LARGE, who).cache, HIT)
        self.purge(server, *tags)
        for path in paths:
            for _ in range(2):
                answer = self.ask(server, path, who)
                self.assertEqual((answer.status, answer.cache), (403, BYPASS), path)
        for path in paths:
            self.assertEqual(self.ask(server, path, BO).status, 200)

    def test_a_token_that_is_deleted(self):
        self.revoked("DELETE FROM authtoken_token WHERE user_id = 1", ADA, "auth:1")

    def test_tokens_that_are_deleted_too_many_to_name(self):
        self.revoked("DELETE FROM authtoken_token WHERE user_id = 1", ADA, "auth.*")

    def test_a_user_who_is_deactivated(self):
        self.revoked("UPDATE auth_user SET is_active = 0 WHERE id = 1", ADA, "auth:1")

    def test_a_password_that_is_changed(self):
        self.revoked("UPDATE auth_user SET password = '!' WHERE id = 1", ADA_BASIC, "auth:1")

    def test_a_user_who_is_renamed(self):
        self.revoked("UPDATE auth_user SET username = 'other' WHERE id = 1", ADA_BASIC, "auth:1")

    def test_a_password_is_hashed_once(self):
        server = self.demo()
        for path in (LARGE, "/api/bundles/", "/api/users/1/"):
            self.assertEqual(self.ask(server, path, ADA_BASIC).status, 200)
        self.execute(server, "UPDATE auth_user SET password = 'what nobody can verify' WHERE id = 1")
        self.hide(server)
        for path in (LARGE, "/api/bundles/", "/api/users/1/"):
            answer = self.ask(server, path, ADA_BASIC)
            self.assertEqual((answer.status, answer.cache), (200, HIT), path)
        # spelled otherwise it is not known, and the database would refuse it
        self.assertIn(self.ask(server, LARGE, ADA_BASIC.replace("Basic", "basic")).status, (403, 503))

    def test_known_no_longer_than_max_stale(self):
        server = self.demo({"cache": {"max_stale": "300ms"}})
        self.assertEqual(self.ask(server, LARGE, ADA).status, 200)
        self.execute(server, "DELETE FROM authtoken_token WHERE user_id = 1")
        thimble.wait_until(lambda: self.ask(server, LARGE, ADA).status == 403, "the token to be asked for again")


if __name__ == "__main__":
    unittest.main()
