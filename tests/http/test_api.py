# SPDX-License-Identifier: MIT
"""The Patchwork API as its clients see it, and as somebody who means harm does,
over both databases: one test body, run once for each.

The rows are those of fixture.sql; model.py says what the answers must be.  On
PostgreSQL the server's role may SELECT and nothing else.  All requests but a
few name the host `testserver`, as the examples in the API's description do.
"""
import base64
import glob
import http.client
import itertools
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from urllib.parse import quote, urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import model
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
HOST = "testserver"
BASE = "http://" + HOST
LISTS = ("users", "people", "projects", "patches", "covers", "series", "bundles", "events", "patches/22/checks",
         "patches/2/comments", "covers/1/comments")
TABLES = {"users": "user", "people": "person", "projects": "project", "patches": "patch", "covers": "cover",
          "checks": "check",
          "series": "series", "bundles": "bundle", "events": "event"}
ADMIN, MAINT, DELEG, SUB, OTHER, GONE, SLOW = range(1, 8)
NOBODY = "Authentication credentials were not provided."
FORBIDDEN = "You do not have permission to perform this action."
READ_ONLY = "This server is read-only."

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


def token(user):
    return "Token %040x" % (0xabc000 + user)


def basic(text):
    data = text if isinstance(text, bytes) else text.encode()
    return "Basic " + base64.b64encode(data).decode()


class Client:
    """Requests over one connection that is kept."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=thimble.DEADLINE)

    def ask(self, method, path, headers, body=None):
        self.connection.request(method, path, body=body, headers=headers)
        return thimble.Answer(self.connection.getresponse())

    def close(self):
        self.connection.close()


class Case:
    """A server over a copy of the fixture, for all tests of the class."""
    kind = "sqlite"
    settings = {"server": {"workers": "2"}}

    @classmethod
    def setUpClass(cls):
        cls.database = originals.copy(cls.kind)
        cls.addClassCleanup(cls.database.drop)
        cls.rows = model.Rows(originals["sqlite"].path)
        cls.server, cls.client = cls.serve(cls.addClassCleanup, cls.database, cls.settings)

    @classmethod
    def serve(cls, cleanup, over, settings):
        server = thimble.Server(settings)
        cleanup(server.stop)
        server.configure({"store": {"url": over.url}})
        server.start().wait_ready()
        client = Client(server.port)
        cleanup(client.close)
        return server, client

    def own(self, settings=None):
        """A database and a server for this test alone, used from then on: the test may change both."""
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.server, self.client = self.serve(self.addCleanup, self.database, settings or self.settings)

    def ask(self, path, method="GET", user=None, body=None, **headers):
        """No answer may be a 5xx; header names are written with underscores."""
        sent = {"Host": HOST, **({"Authorization": token(user)} if user else {}),
                **{k.replace("_", "-"): v for k, v in headers.items()}}
        answer = self.client.ask(method, path, sent, body)
        self.assertLess(answer.status, 500, "%s %s: %r" % (method, path, answer.body))
        return answer

    def get(self, path, status=200, **more):
        """The JSON of an answer that must have the status."""
        answer = self.ask(path, **more)
        self.assertEqual(answer.status, status, "%s: %r" % (path, answer.body[:500]))
        self.assertEqual(answer.headers["Content-Type"], "application/json", path)
        return json.loads(answer.body)

    def ids(self, path, **more):
        return [o["id"] for o in self.get(path, **more)]

    def raw(self, *lines):
        """Bytes as they are; the status and body of the answer."""
        with socket.create_connection(("127.0.0.1", self.server.port), thimble.DEADLINE) as s:
            s.sendall(b"\r\n".join(lines) + b"\r\nHost: testserver\r\nConnection: close\r\n\r\n")
            response = http.client.HTTPResponse(s)
            response.begin()
            return response.status, response.read()

    def detail(self, text, path, status, **more):
        self.assertEqual(self.get(path, status, **more), {"detail": text}, (path, more))

    def view(self, version="", **more):
        return model.View(self.rows, BASE, version, **more)

    def table(self, resource):
        return list(getattr(self.rows, TABLES[resource]).values())

    def objects(self):
        """(path, name of the serializer, id) of every object with a page of its own."""
        for resource, table in TABLES.items():
            if resource not in ("checks", "events"):
                for id in getattr(self.rows, table):
                    yield "%s/%d/" % (resource, id), resource, id
        for id, row in self.rows.check.items():
            yield "patches/%d/checks/%d/" % (row["patch_id"], id), "checks", id

    def visible(self, user):
        return [r for r in self.table("bundles") if r["public"] or r["owner_id"] == user]


def prefix(version):
    return "/api/" + (version + "/" if version else "")


# --------------------------------------------------------------------------
# Bodies

class Bodies:
    def test_vectors(self):
        """Paths and what they answer, line by line, from the description of the API."""
        with open(os.path.join(HERE, "vectors.txt"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        for path, body in zip(lines[::2], lines[1::2]):
            self.assertEqual(self.ask(path).body.decode(), body, path)

    def test_every_list_in_every_version(self):
        for version in model.VERSIONS:
            view = self.view(version, user=MAINT)
            for resource in ("users", "people", "projects", "patches", "covers", "series", "bundles", "events"):
                rows = self.visible(MAINT) if resource == "bundles" else self.table(resource)
                if resource == "events":
                    rows = [r for r in rows if view.level >= 3 or r["category"] not in model.COMMENT_EVENTS]
                    rows.sort(key=lambda r: r["date"], reverse=True)
                answer = self.ask(prefix(version) + resource + "/?per_page=250", user=MAINT)
                want = [getattr(view, resource)(r["id"]) for r in rows]
                got = json.loads(answer.body)
                if resource == "events":    # ties come as they come
                    self.assertEqual([e["date"] for e in got], [e["date"] for e in want])
                    got.sort(key=lambda e: e["id"])
                    want.sort(key=lambda e: e["id"])
                for a, b in zip(got, want):
                    self.assertEqual(model.dump(a), model.dump(b))
                self.assertEqual(len(got), len(want), resource)
                if resource != "events":
                    self.assertEqual(answer.body, model.dump(want))

    def test_every_object_in_every_version(self):
        for version in model.VERSIONS:
            view = self.view(version, user=MAINT)
            shown = {r["id"] for r in self.visible(MAINT)}
            for path, resource, id in self.objects():
                answer = self.ask(prefix(version) + path, user=MAINT)
                if resource == "bundles" and id not in shown:
                    self.assertEqual(answer.status, 404, path)
                    continue
                self.assertEqual(answer.body, model.dump(getattr(view, resource)(id, True)), path)
                self.assertEqual(answer.status, 200)

    def test_checks_and_comments_in_every_version(self):
        for version in model.VERSIONS:
            view = self.view(version)
            for patch in (1, 2, 5, 18, 22):
                rows = self.rows.where("check", patch_id=patch)
                self.assertEqual(self.ask("%spatches/%d/checks/" % (prefix(version), patch)).body,
                                 model.dump([view.checks(r["id"]) for r in rows]))
            for kind, plural in (("patch", "patches"), ("cover", "covers")):
                for parent in getattr(self.rows, kind):
                    path = "%s%s/%d/comments/" % (prefix(version), plural, parent)
                    rows = self.rows.where(kind + "comment", **{kind + "_id": parent})
                    answer = self.ask(path)
                    if version == "1.0":
                        self.assert_page(answer, 404)
                    else:
                        self.assertEqual(answer.body, model.dump([view.comment(kind, r["id"]) for r in rows]))
                    for r in rows:
                        answer = self.ask("%s%d/" % (path, r["id"]))
                        if view.level < 3:
                            self.assert_page(answer, 404)
                        else:
                            self.assertEqual(answer.body, model.dump(view.comment(kind, r["id"])))

    def assert_page(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers.get_content_type(), "text/html")

    def test_index(self):
        for version in model.VERSIONS:
            for user in (None, MAINT):
                self.assertEqual(self.ask(prefix(version), user=user).body, model.dump(self.view(version).index()))
        for path in ("/api/1.4/", "/api/2.0/", "/api/1.10/", "/api/1/", "/api/v1/", "/api/1.1/1.1/", "/api/checks/",
                     "/api/events/1/", "/api/states/", "/api/comments/", "/api/patches.json", "/api/patches/1.json",
                     "/", "/api/users//",
                     "/api/patches/x/", "/api/patches/-1/", "/api/patches/1.0/", "/api/patches/%D9%A1/", "/API/",
                     "/api/projects/a/b/"):
            self.assert_page(self.ask(path), 404)
        self.assertEqual(self.get("/api/patches/0001/")["id"], 1)

    def test_a_version_with_another_character(self):
        one = self.get("/api/1x1/patches/1/")
        self.assertEqual(one["url"], BASE + "/api/1x1/patches/1/")
        self.assertIn("related", one)
        self.assertEqual(self.get("/api/1x1/patches/1/comments/")[0]["url"], BASE + "/api/1x1/patches/1/comments/1/")
        self.assert_page(self.ask("/api/1x1/patches/1/comments/1/"), 404)
        self.assertEqual(self.get("/api/1-3/patches/1/comments/1/")["addressed"], None)
        self.assert_page(self.ask("/api/1x0/patches/1/comments/"), 404)

    def test_settings_are_shown_to_their_user_only(self):
        for version, user, caller, shown in (("1.1", 2, 2, False), ("1.2", 2, 2, True), ("", 2, 2, True),
                                             ("", 2, 1, False),
                                             ("", 5, 2, False), ("1.3", 5, 5, True)):
            answer = self.get("%susers/%d/" % (prefix(version), user), user=caller)
            self.assertEqual("settings" in answer, shown, (version, user, caller))
        self.assertEqual(self.get("/api/users/2/", user=MAINT)["settings"],
                         {"send_email": True, "items_per_page": 25, "show_ids": False})
        self.assertNotIn("settings", self.get("/api/users/?q=maint%40", user=MAINT)[0])

    def test_format_is_echoed(self):
        view = self.view("1.2", suffix="?format=json")
        self.assertEqual(self.ask("/api/1.2/patches/1/?format=json").body, model.dump(view.patches(1, True)))
        self.assertEqual(self.ask("/api/1.2/?format=json").body, model.dump(view.index()))
        self.assertEqual(self.ask("/api/1.2/bundles/?format=json").body,
                         model.dump([view.bundles(r["id"]) for r in self.visible(None)]))
        empty = self.view("", suffix="?format=")
        self.assertEqual(self.ask("/api/patches/14/?x=1&format=").body, model.dump(empty.patches(14, True)))
        last = self.ask("/api/projects/?format=api&format=json")
        self.assertEqual(last.headers["Link"].count("format=api&format=json"), 2)
        self.assertEqual(last.headers["Content-Type"], "application/json")

    def test_indent(self):
        self.assertEqual(self.ask("/api/", Accept="application/json; indent=4").body.decode(),
                         json.dumps(self.view().index(), indent=4))
        for given, indent in (("2", 2), ("9", 8), ("99999999999999999999", 8), ("0", 0), ("x", 0), ("-3", 0),
                              ('"3"', 3)):
            answer = self.ask("/api/projects/9/", Accept="*/*; indent=" + given).body
            if indent:
                text = json.dumps(self.view().projects(9), indent=indent, ensure_ascii=False).encode()
            else:
                text = model.dump(self.view().projects(9))
            self.assertEqual(answer, text, given)

    def test_broken_archive_templates_leave_the_key_out(self):
        for patch in (8, 9, 10):
            self.assertNotIn("list_archive_url", self.get("/api/patches/%d/" % patch))
        self.assertNotIn("list_archive_url", self.get("/api/patches/8/comments/")[0])
        self.assertNotIn("list_archive_url", self.get("/api/patches/8/comments/5/"))
        self.assertEqual(self.get("/api/patches/14/")["list_archive_url"], "{p14@example.com}?again=p14@example.com")
        self.assertIsNone(self.get("/api/patches/4/")["list_archive_url"])

    def test_message_ids_in_urls(self):
        self.assertEqual(self.get("/api/patches/6/")["web_url"],
                         BASE + "/project/myproj/patch/a%252Fb+c%2520@example.com/")
        self.assertEqual(self.get("/api/patches/27/")["mbox"],
                         BASE + "/project/myproj/patch/odd%3Ebrackets%3E@example.com/mbox/")
        self.assertEqual(self.get("/api/patches/11/")["web_url"],
                         BASE + "/project/%D0%BF%D1%80%D0%BE%D0%B5%D0%BA%D1%82/patch/%C3%BCn%C3%AF@example.com/")

    def test_headers_that_repeat_and_fold(self):
        self.assertEqual(self.get("/api/patches/6/")["headers"], {
            "B": ["1", "2", "3"], "Folded": "one\n two\n\tthree", "b": ["1", "2", "3"], "Empty": "", ">From": "quoted",
            "Utf": "é \u2028 =?utf-8?q?=C3=A9?="})
        self.assertIn(b"\xc3\xa9 \\u2028 =?utf-8", self.ask("/api/patches/6/").body)

    def test_combined_checks(self):
        want = {1: "success", 2: "pending", 18: "success", 19: "fail", 20: "warning", 21: "pending", 22: "fail",
                23: "success",
                24: "fail", 25: "pending"}
        self.assertEqual({id: self.get("/api/patches/%d/" % id)["check"] for id in want}, want)

    def test_maintainers_have_the_ids_of_their_profiles(self):
        for name in ("other", "2"):
            self.assertEqual([(m["id"], m["url"], m["username"]) for m in self.get("/api/projects/%s/" %
                name)["maintainers"]],
                             [(114, BASE + "/api/users/114/", "maint2")])

    def test_projects_by_name(self):
        for name, id in (("1", 1), ("myproj", 1), ("other", 2), ("2", 2), ("99", 7), ("8", 8), ("+1", 1),
                         ("%201%20", 1), ("0_1", 1),
                         ("%D9%A1", 1), ("%D0%BF%D1%80%D0%BE%D0%B5%D0%BA%D1%82", 9)):
            got = self.get("/api/projects/%s/" % name)
            self.assertEqual((got["id"], got["url"]), (id, "%s/api/projects/%d/" % (BASE, id)), name)
        for name in ("MYPROJ", "myproj%20", "1.0", "98", "-1", "9" * 30, "%ff", "%C0%AF", "myproj%25", "'", "%2525"):
            self.detail("No Project matches the given query.", "/api/projects/%s/" % name, 404)


# --------------------------------------------------------------------------
# Lists

ORDERS = {
    "users": ("id", "username", "email"), "people": ("id", "name", "email"), "projects": ("id", "name", "link_name",
        "list_id"),
    "patches": ("id", "name", "project", "date", "state", "archived", "submitter"), "covers": ("id", "name", "date",
        "submitter"),
    "series": ("id", "name", "date", "submitter", "received_all"), "bundles": ("id", "name", "owner"),
    "events": ("date",),
    "patches/22/checks": ("id", "user", "date", "state", "target_url", "context", "description"),
    "patches/2/comments": ("id", "date", "submitter"), "covers/1/comments": ("id", "date", "submitter"),
}


class Lists:
    def rows_of(self, path):
        """Rows that the path's list has for MAINT, by id."""
        if path == "bundles":
            return self.visible(MAINT)
        if path in TABLES:
            return self.table(path)
        parents, id, name = path.split("/")
        parent = {"patches": "patch", "covers": "cover"}[parents]
        return self.rows.where("check" if name == "checks" else parent + "comment", **{parent + "_id": int(id)})

    def key(self, path, name):
        """What a row is sorted by."""
        get = {
            ("patches", "project"): lambda r: self.rows.project[r["project_id"]]["linkname"],
            ("patches", "state"): lambda r: r["state_id"] and self.rows.state[r["state_id"]]["ordering"],
            ("series", "received_all"): lambda r: r["total"] <= len(self.rows.where("patch", series_id=r["id"])),
            ("projects", "link_name"): lambda r: r["linkname"],
            ("projects", "list_id"): lambda r: r["listid"],
        }.get((path, name), lambda r: r[name + "_id" if name in ("submitter", "owner", "user") else name])

        def null_aware(r):
            value = get(r)
            null = value is None
            value = b"" if null else value.encode() if isinstance(value, str) else value
            return (not null if self.kind == "sqlite" else null, b"" if null else value)
        return null_aware

    def sorted_ids(self, path, order):
        """Ties are broken by the id, the way the last name goes, where there are several pages."""
        rows = sorted(self.rows_of(path), key=lambda r: r["id"], reverse=order.rpartition(",")[2].startswith("-"))
        for name in reversed(order.split(",")):
            rows.sort(key=self.key(path, name.lstrip("-")), reverse=name.startswith("-"))
        return [r["id"] for r in rows]

    def walk(self, path, per_page):
        """All ids, following the Link header as a client does."""
        ids, url = [], "/api/%s%sper_page=%d" % (path, "&" if "?" in path else "?", per_page)
        while url:
            answer = self.ask(url, user=MAINT)
            ids += [o["id"] for o in json.loads(answer.body)]
            self.assertLessEqual(len(ids), 1000)
            found = re.search(r'<http://testserver([^>]*)>; rel="next"', answer.headers["Link"])
            url = found and found.group(1)
        return ids

    def test_orders(self):
        for path, names in ORDERS.items():
            rows = {r["id"]: r for r in self.rows_of(path)}
            for name in names:
                for order in (name, "-" + name):
                    key = self.key(path, name)
                    got = self.ids("/api/%s/?per_page=250&order=%s" % (path, order), user=MAINT)
                    self.assertEqual(sorted(got), sorted(rows), (path, order))
                    keys = [key(rows[id]) for id in got]
                    self.assertEqual(keys, sorted(keys, reverse=order != name), (path, order))

    def test_small_pages_are_the_large_one(self):
        for path, names in ORDERS.items():
            size = 6 if len(self.rows_of(path)) > 20 else 1
            for name in names:
                for order in (name, "-" + name):
                    self.assertEqual(self.walk("%s/?order=%s" % (path, order), size), self.sorted_ids(path, order),
                                     (path, order))
        for order in ("-state,id", "name,-date", "archived,-submitter,name", "-project,-date,-id"):
            self.assertEqual(self.walk("patches/?order=" + order, 1), self.sorted_ids("patches", order), order)

    def test_default_orders(self):
        for path in ORDERS:
            order = "-date" if path == "events" else "id"
            for given in ("", "order=", "order=bogus", "order=--" + order.lstrip("-"), "order=ID", "order=id;",
                          "order=,%20,"):
                got = self.walk("%s/?%s" % (path, given), 7)
                self.assertEqual(got, self.sorted_ids(path, order), (path, given))
        for order, want in (("id&order=-id", "-id"), ("bogus,-id", "-id"), ("%20-id%20,x", "-id"),
                            ("-state,id", "-state,id"),
                            (",".join(["state"] * 500) + ",-id", None)):
            if want is not None:
                self.assertEqual(self.ids("/api/patches/?per_page=250&order=" + order), self.sorted_ids("patches",
                    want))
            else:
                self.ids("/api/patches/?order=" + order)

    def test_ordering_patches_by_checks_repeats_them(self):
        without = [r["id"] for r in self.table("patches") if not self.rows.where("check", patch_id=r["id"])]
        checked = [c["patch_id"] for c in sorted(self.table("checks"), key=lambda c: c["id"])]
        up = without + checked if self.kind == "sqlite" else checked + without
        down = up[::-1]
        for order, want in (("check", up), ("-check", down)):
            want = want[:len(self.table("patches"))]
            got = self.walk("patches/?order=" + order, 10)
            self.assertEqual(got, want)
            whole = self.walk("patches/?order=" + order, 250)   # a single page: those without checks in any order
            self.assertEqual([id for id in whole if id in checked], [id for id in want if id in checked])
            self.assertEqual(len(whole), len(want))

    def test_per_page(self):
        for given, count in (("", 30), ("0", 30), ("-1", 30), ("abc", 30), ("1.0", 30), ("1", 1), ("%2B2", 2),
                             ("%203%20", 3),
                             ("1_0", 10), ("%D9%A3", 3), ("250", 47), ("251", 47), ("99999999999999999999", 47),
                             ("-99999999999999999999", 30),
                             ("5&per_page=4", 4)):
            answer = self.ask("/api/patches/?per_page=" + given)
            self.assertEqual(len(json.loads(answer.body)), count, given)
            self.assertIn("rel=\"first\"", answer.headers["Link"])
        self.assertIn("per_page=%2B2>; rel=\"last\"", self.ask("/api/patches/?per_page=%2B2").headers["Link"])

    def test_pages(self):
        for given, first in (("1", 1), ("", 1), ("last", 47), ("47", 47), ("%2B2", 2), ("%202", 2), ("4_7", 47),
                             ("3&page=2", 2)):
            self.assertEqual(self.ids("/api/patches/?per_page=1&page=" + given), [first], given)
        for given in ("0", "-1", "48", "abc", "1.5", "1.0", "LAST", "9223372036854775807", "9223372036854775808",
                      "9" * 40, "1%00"):
            answer = self.ask("/api/patches/?per_page=1&page=" + given)
            self.assertEqual((answer.status, answer.body), (404, b'{"detail":"Invalid page."}'), given)
            self.assertIsNone(answer.headers["Link"])
        for page, status in (("1", 200), ("last", 200), ("", 200), ("2", 404), ("0", 404)):
            self.assertEqual(self.ask("/api/patches/?project=none&page=" + page).status, status, page)

    def test_links(self):
        host = "http://testserver"
        for path, links in {
            "/api/patches/": [("next", "?page=2"), ("first", "?page=1"), ("last", "?page=2")],
            "/api/patches/?page=2": [("prev", ""), ("first", "?page=1"), ("last", "?page=2")],
            "/api/1.1/patches/?per_page=5&page=3&q=bulk&project=myproj": [
                ("next", "?page=4&per_page=5&project=myproj&q=bulk"),
                ("prev", "?page=2&per_page=5&project=myproj&q=bulk"),
                ("first", "?page=1&per_page=5&project=myproj&q=bulk"),
                ("last", "?page=4&per_page=5&project=myproj&q=bulk")],
            "/api/projects/?per_page=8&page=2": [("prev", "?per_page=8"), ("first", "?page=1&per_page=8"),
                                                 ("last", "?page=2&per_page=8")],
            "/api/projects/?page=last": [("first", "?page=1"), ("last", "?page=1")],
            "/api/projects/?per_page=4&flag&b=2&b=1&a=%zz&c=%ff&d=x+y%20z&e=~*,/@é"
            "&%5B%5D=&&page=9&page=2".replace("é",
                "%C3%A9"): [
                (rel, "?%5B%5D=&a=%25zz&b=2&b=1&c=%EF%BF%BD&d=x+y+z&e=~%2A%2C%2F%40%C3%A9&flag=" +
                 ("&page=%d" % page if page else "") + "&per_page=4")
                for rel, page in (("next", 3), ("prev", 0), ("first", 1), ("last", 3))],
            "/api/covers/1/comments/?per_page=1": [("next", "?page=2&per_page=1"), ("first", "?page=1&per_page=1"),
                                                   ("last", "?page=3&per_page=1")],
            "/api/series/?project=none&x=": [("first", "?page=1&project=none&x="),
                                             ("last", "?page=1&project=none&x=")],
            "/api/events/?per_page=1000": [("first", "?page=1&per_page=1000"), ("last", "?page=1&per_page=1000")],
        }.items():
            base = host + path.partition("?")[0]
            self.assertEqual(self.ask(path).headers["Link"], ", ".join('<%s%s>; rel="%s"' % (base, q, rel) for rel,
                q in links), path)
        # nothing that clients split at may stand in a URL
        hostile = self.ask("/api/patches/?" +
                           urlencode({"a": '>; rel="next", <http://evil.example.org/>;,\r\nX: y'})).headers
        self.assertEqual(hostile["Link"].count("<"), 3)
        self.assertEqual(hostile["Link"].count(","), 2)
        self.assertIsNone(hostile["X"])

    def test_the_host_in_links(self):
        for host in ("testserver:8000", "Example.ORG", "[::1]:80", "a.b-c.example.org"):
            answer = self.ask("/api/1.2/patches/?per_page=1", Host=host)
            self.assertTrue(answer.headers["Link"].startswith("<http://%s/api/1.2/patches/?page=2" % host))
            self.assertEqual(json.loads(answer.body)[0]["url"], "http://%s/api/1.2/patches/1/" % host)
        for host in ("bad_host", "a,b", "x/y", "a b", "<script>", "é".encode().decode("latin-1"), "[::1", "a:b",
                     "h:80:80", "@h", ".."):
            answer = self.ask("/api/", Host=host)
            self.assertIn(answer.status, (400,) if host != ".." else (200, 400), host)
            self.assertNotIn(b"<script>", answer.body)

    def test_search(self):
        name = lambda *words: lambda r: all(w.lower() in (r["name"] or "").lower() for w in words)
        unicode = [11] if self.kind == "postgresql" else []
        for path, q, want in (
            ("patches", "BULK", name("bulk")), ("patches", "checks pending", name("checks", "pending")),
            ("patches", "checks,pending", name("checks", "pending")), ("patches", '"alone in"', [17]),
            ("patches", '"in alone"', []),
            ("patches", "100%", [27]), ("patches", "%", [27]), ("patches", "_", [27]), ("patches", "\\", [27]),
            ("patches", "C:\\path", [27]),
            ("patches", "'alone in'", [17]), ("patches", '"', lambda r: True), ("patches", "", lambda r: True),
            ("patches", "  ,, ", lambda r: True),
            ("patches", "<script>", [7]), ("patches", "\u2028", lambda r: True), ("patches", "😀", [7]),
            ("patches", "Ünïcode", [11]),
            ("patches", "ünïcode", unicode), ("patches", "bulk' OR 1=1 --", []), ("covers", "tie", name("tie")),
            ("covers", "TIE &", [7]),
            ("series", "SAME", [7, 8]), ("series", '""', lambda r: r["name"] is not None), ("bundles", "slash", [7]),
            ("bundles", "priv", [2]),
            ("people", "nobody", [2]), ("people", "sub mitter", [1, 10]), ("people", "MARKUP@", [4]),
            ("people", "100% _sure_", [9]),
            ("people", '"', lambda r: True), ("users", "Tainer", [2]), ("users", "@EXAMPLE.com maint", [2, 14]),
            ("users", "<b>", [5]),
            ("projects", "my", [1]), ("projects", "unicode.example", [9]), ("projects", "99", [7]),
            ("patches/2/comments", "sure", [4]),
            ("patches/2/comments", "nothing like it", []), ("covers/1/comments", "foo", [1, 50]),
            ("patches/22/checks", "nothing like it", lambda r: True), ("events", "nothing like it", lambda r: True),
        ):
            rows = self.rows_of(path)
            ids = sorted(want if isinstance(want, list) else [r["id"] for r in rows if want(r)])
            got = self.ids("/api/%s/?per_page=250&%s" % (path, urlencode({"q": q})), user=MAINT)
            self.assertEqual(sorted(got), ids, (path, q))
        self.assertEqual(self.ids("/api/patches/?q=bulk&q=alone"), [17])

    def test_a_nul_in_the_search(self):
        paths = [l + "/" for l in LISTS] + [p for p, _, _ in itertools.islice(self.objects(), 0, None,
            20)] + ["patches/99/", "covers/1/comments/1/"]
        for path in paths:
            answer = self.ask("/api/%s?q=a%%00b" % path, user=MAINT)
            self.assertEqual((answer.status, answer.body), (400, b'["Null characters are not allowed."]'), path)
        self.get("/api/?q=%00")
        self.assertEqual(len(self.get("/api/patches/?q=%00&q=bulk")), 20)

    def test_pages_of_thousands(self):
        """Pages far behind, from either end, with ties all over."""
        self.own()
        self.database.execute("".join(
            "INSERT INTO patchwork_person (id, name, email) VALUES %s;" %
            ", ".join("(%d, %s, 'p%d@example.org')" % (i, "NULL" if i % 50 == 0 else "'name %d'" % (i % 7), i)
                      for i in range(first, first + 500))
            for first in range(1000, 4000, 500)))
        count = 3000 + len(self.table("people"))
        for order in ("id", "-id", "name", "-name", "name,-email"):
            whole = self.ids_of_pages("people/?order=" + order, 250, range(1, -(-count // 250) + 1))
            self.assertEqual((len(whole), len(set(whole))), (count, count), order)
            self.assertEqual(self.ids_of_pages("people/?order=" + order, 7, (150, 215, 300, 430)),
                             [id for page in (150, 215, 300, 430) for id in whole[page * 7 - 7:page * 7]], order)
            for page in (1001, 1002, 1500, 2999, count):
                self.assertEqual(self.ids_of_pages("people/?order=" + order, 1, (page,)), whole[page - 1:page],
                                 (order, page))
            self.assertEqual(self.ids_of_pages("people/?order=" + order, 100, ("last",)), whole[count // 100 * 100:],
                             order)
            odd = self.ids_of_pages("people/?q=name&order=" + order, 100, range(1, 31))
            self.assertEqual(len(set(odd)), len(odd))

    def ids_of_pages(self, path, per_page, pages):
        return [id for page in pages for id in self.ids("/api/%s&per_page=%d&page=%s" % (path, per_page, page),
                                                        user=MAINT)]

    DOUBLED = {"user": ("username",), "person": ("email",), "project": ("linkname", "name", "listid"),
               "cover": ("msgid",), "series": (), "patch": ("msgid",),
               "check": (), "patchcomment": ("msgid",), "covercomment": ("msgid",), "bundle": ("name",), "event": ()}

    def double(self):
        """Each row once more, but for what must be unique."""
        for table, unique in self.DOUBLED.items():
            columns = list(next(iter(getattr(self.rows, table).values())))
            other = {"id": "id + 1000", "number": "NULL", "cover_letter_id": "NULL",
                     **{name: "%s || '.2'" % name for name in unique}}
            name = "auth_user" if table == "user" else "patchwork_" + table
            self.database.execute("INSERT INTO %s (%s) SELECT %s FROM %s" % (name, ", ".join(columns),
                ", ".join(other.get(c, c) for c in columns), name))

    def test_a_list_costs_the_same_whatever_its_length(self):
        log = os.path.join(tempfile.mkdtemp(prefix="thimble-log."), "access")
        self.addCleanup(shutil.rmtree, os.path.dirname(log))
        self.own({"server": {"workers": "1"}, "log": {"access": log, "format": "json"}})
        lists = ["/api/%s/?order=id" % path for path in LISTS]
        lists.append(
            "/api/patches/?project=1&project=other&state=new&state=3&submitter=1&submitter=2"
                     "&archived=false&since=2020-01-01&q=e&order=id")
        asked = [path + "&per_page=%d" % n for path in lists for n in (1, 2, 30, 250)]
        for path in asked:
            self.ask(path, user=MAINT)
        self.double()
        for path in lists:
            self.assertGreater(len(self.get(path + "&per_page=250", user=MAINT)), 5 if "checks" in path
                               or "comments" in path else 10)
        total = len(asked) + len(lists)

        def lines():
            with open(log) as f:
                found = [json.loads(line)["statements"] for line in f if line.endswith("\n")]
            return found if len(found) >= total else None
        counts = thimble.wait_until(lines, "the access log")
        for i, path in enumerate(lists):
            pages, twice = counts[4 * i:4 * i + 4], counts[len(asked) + i]
            # a page without a delegate, say, need not ask for users: it may cost less, but none costs more
            self.assertEqual(pages, sorted(pages), path)
            self.assertEqual(pages[3], twice, path)
            self.assertLess(twice, 16, path)
        # the worker asked one thing itself when it started
        thimble.wait_until(lambda: self.metric('thimble_db_queries_total{result="ok"}') == sum(counts) + 1,
                           "the metric to agree")

    def metric(self, name):
        text = self.server.get("/metrics", port=self.server.status_port).body.decode()
        return int(re.search(r"^%s (\d+)$" % re.escape(name), text, re.M).group(1))


# --------------------------------------------------------------------------
# Filters

class Filters:
    def check(self, path, cases, user=None):
        """cases: query -> ids, or a condition on rows."""
        rows = self.visible(user) if path == "bundles" else self.table(path)
        for query, want in cases.items():
            want = want if isinstance(want, list) else [r["id"] for r in rows if want(r)]
            got = self.ids("/api/1.3/%s/?per_page=250&%s" % (path, query.replace(" ", "%20")), user=user)
            self.assertEqual(sorted(got), sorted(want), (path, query))

    def test_patches(self):
        project = lambda *ids: lambda r: r["project_id"] in ids
        submitter = lambda *ids: lambda r: r["submitter_id"] in ids
        state = lambda *ids: lambda r: r["state_id"] in ids
        every = lambda r: True
        beyond_ascii = project(9) if self.kind == "postgresql" else []
        date = lambda low, high=None: lambda r: low <= r["date"] and (high is None or r["date"] < high)
        from2 = date("2020-01-02 03:06:05")
        self.check("patches", {
            "project=MYPROJ": project(1), "project=": [], "project=99": [], "project=1,2": [], "project=1.0": [],
            "project=%2B1": project(1),
            "project=%201": project(1), "project=1%20": project(1), "project=0_1": project(1),
            "project=%D9%A1": project(1),
            "project=1&project=2": project(1, 2), "project=1&project=myproj&project=1": project(1),
            "project=1&project=98": [],
            "project=1&project=": [], "project=2": project(2), "project=-1": [],
            "project=%D0%BF%D1%80%D0%BE%D0%B5%D0%BA%D1%82": project(9),
            "project=%D0%9F%D0%A0%D0%9E%D0%95%D0%9A%D0%A2": beyond_ascii, "project=" + "9" * 30: [],
            "project=9223372036854775807": [],
            "project=9223372036854775808": [], "project=-9223372036854775808": [], "project=myproj%20": [],
            "project=my%25": [],
            "project=%ff": [], "project=%00": [], "project=1%00": [], "project=null": [], "project=none": [],
            "project=None": [],
            "submitter=SUB@example.com": submitter(1), "submitter=sub": [], "submitter=1": submitter(1),
            "submitter=1&submitter=2": submitter(1, 2),
            "submitter=Sub Mitter": [], "submitter=TWIN@example.com": [], "submitter=percent@example.com": [],
            "submitter=sub@example.com&submitter=1&submitter=JOSE@EXAMPLE.COM": submitter(1, 5), "submitter=": [],
            "delegate=DELEG": [3], "delegate=deleg@example.com": [], "delegate=3": [3], "delegate=twin": [],
            "delegate=maint":
                lambda r: r["delegate_id"] == 2, "delegate=2&delegate=deleg": lambda r: r["delegate_id"] in (2, 3),
                "delegate=": [],
            "state=NEW": state(1), "state=1": state(1), "state=bogus": [], "state=": [],
            "state=under-review": state(2),
            "state=Under Review": state(2), "state=UNDER-review": state(2), "state=under_review": [],
            "state=new&state=3": state(1, 3),
            "state=new&state=bogus": [], "state=to-do": [], "state=To Do": [], "state=11": [27], "state=99": [],
            "archived=True": [3], "archived=1": [3], "archived=TRUE": [3], "archived=yes": every, "archived=": every,
            "archived=t": every,
            "archived=false": lambda r: r["id"] != 3, "archived=0": lambda r: r["id"] != 3,
            "archived=false&archived=true": [3],
            "archived=%201": every, "archived=1%00": every,
            "hash=464": [], "hash=46442bc9db2f5af64914a8eb45701e69d22f2921": [1],
            "hash=46442BC9DB2F5AF64914A8EB45701E69D22F2921": [1],
            "hash=%2046442bc9db2f5af64914a8eb45701e69d22f2921%0A": [1], "hash=": every, "hash=%20": every,
            "hash=x%00": [],
            "hash=x&hash=46442bc9db2f5af64914a8eb45701e69d22f2921": [1], "hash=" + "0" * 40: [],
            "msgid=p1@example.com": [1], "msgid=<p1@example.com>": [], "msgid=P1@example.com": [],
            "msgid=%20p1@example.com%20": [1],
            "msgid=": every, "msgid=a/b%2Bc%2520@example.com": [6], "msgid=bare@example.com": [],
            "msgid=dup@example.com": [12, 13],
            "msgid=<odd>brackets>@example.com": [27], "msgid=%C3%BCn%C3%AF@example.com": [11], "msgid=%00": [],
            "msgid=p1@example.com%00": [],
            "series=1": [1, 2], "series=1&series=2": [1, 2, 18, 19], "series=cov": [], "series=": [], "series=6": [],
            "series=99": [],
            "series=1&series=99": [], "series=5": [26],
            "since=2020-01-02T03:06:05&before=2020-01-02T03:08:05": [2, 3],
            "since=garbage": [], "since=2020-13-01": [], "since=1577934365": [], "before=2020-02-30": [],
            "since=01/02/2020": [],
            "since=2020-1-1": [], "since=2020-01-02T24:00": [], "since=2020-01-02T03:06:05+00:00": [],
            "since=2020-01-02T03:06:05z": [],
            "since=2020-01-02T03:06:60": [], "since=now": [], "since=%00": [], "since=2020-01-02%00": [],
            "since=": every, "since=%20": every, "before=": every, "since=garbage&since=2020-01-02": every,
            "since=2020-01-02T03:10:05.123456": date("2020-01-02 03:10:05.123456"),
            "since=2020-01-02T03:10:05.123457": date("2020-01-02 03:10:06"),
            "since=2020-01-02T03:10:05.1234569": date("2020-01-02 03:10:05.123456"),
            "since=2020-01-02T03:10:05,1": date("2020-01-02 03:10:05.1"),
            "before=2020-01-02T03:10:05.123456&since=2020-01-02T03:10:05": [],
            "before=2020-01-02T03:10:05.123457&since=2020-01-02T03:10:05": [6],
            "since=2020-02-01": lambda r: r["id"] >= 28, "since=2020-W05-6": lambda r: r["id"] >= 28,
            "since=20200201": lambda r: r["id"] >= 28,
            "since=9999-12-31": [], "since=0001-01-01": every, "before=0001-01-01": [],
            "before=9999-12-31T23:59:59.999999": every,
            "since=0001-01-01T00:00:00%2B14:00": every, "before=9999-12-31T23:59:59-23:59": every,
            "since=9999-12-31T23:59-23:59": [],
            "since=0001-01-01T00:00%2B23:59:59": every, "since=0000-01-01": [],
            "bogus=1": every, "order=bogus": every, "format=json": every, "per_page=250&archive=no&": every,
            "project=1&state=new&submitter=1&archived=false&q=cov": [], "project=1&series=1&submitter=1&q=2/2": [2],
        })
        self.check("patches", {"since=" + text: from2 for text in (
            "2020-01-02 03:06:05", "20200102T030605", "2020-01-02T03:06:05Z", "2020-01-02T03:06:05.000000",
            "2020-01-02x03:06:05",
            "2020-01-02T03:06:05%2B00:00", "2020-01-02T05:06:05%2B02:00", "2020-01-02T05:36:05%2B0230",
            "2020-01-01T22:06:05-05",
            "%202020-01-02T03:06:05%20", "2020-1-2 3:06:05", "2020-1-2T3:06:05 %2B0000", "2020-W01-4T03:06:05")})
        self.check("patches", {"since=2020-01-02T03:06": date("2020-01-02 03:06:00"),
                               "since=2020-01-02T03": date("2020-01-02 03:00:00")})
        self.assertEqual(self.ids("/api/1.3/patches/?order=-state,id&per_page=250&state=accepted&state=new"),
                         [3] + [r["id"] for r in self.table("patches") if r["state_id"] == 1])

    def test_the_other_lists(self):
        every = lambda r: True
        self.check("covers", {
            "project=1": lambda r: r["project_id"] == 1, "project=OTHER": [3],
            "submitter=nobody@example.com": lambda r: r["submitter_id"] == 2,
            "msgid=cover@example.com": [1], "msgid=c/d%25e@example.com": [3], "msgid=<cover@example.com>": [],
            "before=2020-01-02T03:04:05": [], "since=2020-02-02T03:04:05.000001&before=2020-02-03": [2],
            "series=1": [1], "series=2": [2],
            "series=3": [], "series=1&series=2": [1, 2], "series=99": [], "series=x": [], "series=": [],
            "series=9223372036854775808": []})
        self.check("series", {
            "project=myproj": lambda r: r["project_id"] == 1, "project=2": [4], "submitter=odd@example.com": [5],
            "since=2020-02-07": [7, 8], "before=2020-01-02T03:04:05.000001": [1], "q=name&project=1": [7, 8]})
        self.check("events", {
            "project=2&project=3": lambda r: r["project_id"] in (2, 3), "category=": every, "category=bogus": [],
            "category=PATCH-created": [],
            "category=patch-created&category=series-created": lambda r: r["category"] == "series-created",
            "series=1": [1, 4, 6, 7],
            "series=1&series=4": [1, 4, 6, 7, 16], "series=x": [], "patch=3": [8, 9, 14], "patch=3&patch=99": [],
            "cover=1": [2, 11], "cover=": [],
            "actor=2": [8, 9, 12], "actor=5": [14], "actor=99": [], "actor=": every, "actor=x": [], "actor=maint": [],
            "actor=5&actor=2": [8, 9, 12],
            "actor=99999999999999999999": [],
            "since=2020-03-01T00:00:01&before=2020-03-02": lambda r: r["date"] == "2020-03-01 00:00:01",
            "since=2020-01-01T00:00:00&category=series-completed&": [7], "category=patch-created%00": [],
            "actor=2%00": []})
        for category in {r["category"] for r in self.rows.event.values()}:
            self.check("events", {"category=" + category: lambda r: r["category"] == category})
        self.check("bundles", {
            "project=other": [5, 6], "owner=SUB": [4, 7], "owner=4": [4, 7], "owner=maint&owner=deleg": [1, 6, 8],
            "owner=x": [], "owner=twin": [],
            "public=true": every, "public=false": [], "public=x": every, "since=2050-01-01": every,
            "since=garbage": every})
        self.check("bundles", {"public=false": [2], "public=0&owner=maint": [2], "owner=sub": [4, 7],
                               "project=1&public=0": [2]}, user=MAINT)
        self.check("people", {"project=1": every, "since=x": every, "archived=1": every, "q=Ada&project=test": []},
                   user=MAINT)
        self.check("users", {"username=maint": every}, user=MAINT)
        self.check("projects", {"link_name=myproj": every, "before=x": every})

    def test_checks(self):
        rows = self.rows.where("check", patch_id=22)
        first = rows[0]["id"]
        for query, want in {
            "user=2": (0, 2), "user=MAINT": (0, 2), "user=maint&user=sub": (0, 2, 3), "user=x": (), "user=": (),
            "state=3": (0,), "state=0": (2,),
            "state=success": (), "state=4": (), "state=03": (), "state=": (0, 1, 2, 3), "state=1&state=2": (1,),
            "context=a": (0,), "context=A": (3,),
            "context=%20a%20": (0,), "context=": (0, 1, 2, 3), "context=a%00": (), "since=2020-01-05T00:00:02": (1, 2,
                3),
            "before=2020-01-05T00:00:03.500000": (0, 1), "context=x&order=-date&per_page=1": (), "state=3%00": (),
        }.items():
            self.assertEqual(self.ids("/api/patches/22/checks/?" + query), [first + i for i in want], query)
        for query, status in {"": 200, "state=3": 200, "state=1": 404, "state=fail": 404, "context=a": 200,
                              "user=deleg": 404, "user=bogus": 404,
                              "since=garbage": 404, "since=2020-01-05": 200, "bogus=1": 200}.items():
            answer = self.ask("/api/patches/22/checks/%d/?%s" % (first, query))
            self.assertEqual(answer.status, status, query)
            if status == 404:
                self.assertEqual(answer.body, b'{"detail":"No Check matches the given query."}')

    def test_versions(self):
        count = len(self.table("patches"))
        self.assertEqual(self.ids("/api/1.1/patches/?msgid=p1@example.com&hash=x&per_page=250"),
                         list(range(1, count + 1)))
        self.assertEqual(self.ids("/api/1.2/patches/?msgid=p1@example.com"), [1])
        self.assertEqual(self.ids("/api/1.2/patches/?hash=x"), [])
        self.assertEqual(self.ids("/api/1.0/covers/?msgid=cover@example.com"), [1])
        self.assertEqual(len(self.ids("/api/1.1/events/?actor=2&per_page=250")), len(self.table("events")) - 3)
        self.assertEqual(len(self.ids("/api/1.2/events/?actor=2")), 3)
        for version in ("1.0", "1.1", "1.2"):
            for category in model.COMMENT_EVENTS:
                self.assertEqual(self.ids("/api/%s/events/?category=%s" % (version, category)), [])
            answer = self.ask("/api/%s/events/?per_page=1" % version)
            self.assertIn("page=%d&per_page=1>; rel=\"last\"" % (len(self.table("events")) - 3),
                          answer.headers["Link"])
        self.assertEqual(len(self.ids("/api/1x1/patches/?msgid=p1@example.com")), 1)

    def test_ids_out_of_reach(self):
        big = ("4294967297", "9223372036854775807", "9223372036854775808", "18446744073709551617", "9" * 100)
        for id in big:
            for path, name in (("users", "User"), ("people", "Person"), ("patches", "Patch"), ("covers", "Cover"),
                               ("series", "Series"),
                               ("bundles", "Bundle"), ("projects", "Project")):
                self.detail("No %s matches the given query." % name, "/api/%s/%s/" % (path, id), 404, user=MAINT)
            self.detail("No Patch matches the given query.", "/api/patches/%s/checks/" % id, 404)
            self.detail("No Patch matches the given query.", "/api/patches/%s/comments/%s/" % (id, id), 404)
            self.detail("No Cover matches the given query.", "/api/1.1/covers/%s/comments/" % id, 404)
            self.detail("No Check matches the given query.", "/api/patches/1/checks/%s/" % id, 404)
            self.detail("No PatchComment matches the given query.", "/api/patches/1/comments/%s/" % id, 404)
            self.detail("No CoverComment matches the given query.", "/api/covers/1/comments/%s/" % id, 404)
            for path in ("/series/%s/mbox/", "/patch/%s/", "/patch/%s/raw/", "/cover/%s/mbox/", "/comment/%s/"):
                self.assertEqual(self.ask(path % id).status, 404)
        # of another parent
        self.detail("No Check matches the given query.", "/api/patches/2/checks/1/", 404)
        self.detail("No PatchComment matches the given query.", "/api/patches/2/comments/1/", 404)
        self.detail("No CoverComment matches the given query.", "/api/covers/2/comments/50/", 404)

    def test_check_zero_is_the_only_one(self):
        self.assertEqual(self.get("/api/patches/1/checks/0/")["id"], 1)
        self.assertEqual(self.get("/api/patches/1/checks/00/")["url"], BASE + "/api/patches/1/checks/1/")
        for patch in (5, 18, 22):
            self.detail("No Check matches the given query.", "/api/patches/%d/checks/0/" % patch, 404)
        self.assertEqual(self.get("/api/patches/22/checks/0/?state=3")["state"], "fail")

    def test_a_series_without_a_project(self):
        series = self.get("/api/series/5/")
        self.assertEqual((series["project"], series["web_url"]), (None, None))
        self.assertEqual(self.get("/api/patches/26/")["series"][0]["web_url"], None)
        self.assertEqual(self.ask("/series/5/mbox/").status, 200)


# --------------------------------------------------------------------------
# Who asks, and what for

class Access:
    def login(self, authorization, path="/api/users/?per_page=1"):
        answer = self.ask(path, Authorization=authorization)
        self.assertIsNone(answer.headers["WWW-Authenticate"])
        return answer.status, json.loads(answer.body)

    def who(self, authorization):
        """The id of the user, whose settings only the user sees."""
        for r in self.table("users"):
            status, body = self.login(authorization, "/api/users/%d/" % r["id"])
            if status == 200 and "settings" in body:
                return r["id"]
        return None

    def test_failing_credentials(self):
        wrong = "Invalid username/password."
        encoding = "Invalid basic header. Credentials not correctly base64 encoded."
        good = basic("maint:maint")
        for authorization, text in {
            "Basic": "Invalid basic header. No credentials provided.",
            "bAsIc  ": "Invalid basic header. No credentials provided.",
            "Basic a b": "Invalid basic header. Credentials string should not contain spaces.",
            good + " " + good: "Invalid basic header. Credentials string should not contain spaces.",
            "Basic !!!": encoding, "Basic =": encoding, "Basic YQ": encoding, "Basic YWI6Y2": encoding,
            basic("nocolon"): encoding, basic(b"\xff\xfe"): encoding,
            "Basic bWFpbnQ6bWFpbnQ": encoding,
            basic("nosuch:x"): wrong, basic("maint:wrong"): wrong, basic("maint:"): wrong, basic("MAINT:maint"): wrong,
            basic(":"): wrong,
            basic("gone:gone"): wrong, basic("unusable:!unusable"): wrong, basic("unusable:"): wrong,
            basic("maint:maint:"): wrong,
            basic("maint\0:maint"): wrong, basic("maint:maint\0"): wrong, basic("maint\0x:maint"): wrong,
            basic("maint' --:maint"): wrong,
            basic("twin:TWIN"): wrong, basic("x" * 5000 + ":y"): wrong, basic("maint:" + "y" * 5000): wrong,
            basic(b"\xff:\xff"): wrong,
            "Token": "Invalid token header. No credentials provided.",
            "tOKEN \t ": "Invalid token header. No credentials provided.",
            "Token a b": "Invalid token header. Token string should not contain spaces.",
            "Token \xff": "Invalid token header. Token string should not contain invalid characters.",
            "Token x": "Invalid token.", token(MAINT).upper().replace("TOKEN", "Token"): "Invalid token.",
            token(MAINT) + "0": "Invalid token.",
            token(MAINT)[:-1]: "Invalid token.", "Token " + "a" * 6000: "Invalid token.", "Token '": "Invalid token.",
            token(GONE): "User inactive or deleted.",
        }.items():
            for path in ("/api/users/", "/api/patches/1/", "/api/patches/99/", "/api/", "/api/1.1/events/"):
                self.assertEqual(self.login(authorization, path), (403, {"detail": text}), (path, authorization[:60]))
        for scheme in ("Bearer x", "", " ", "Digest a=b", "Basics x", "Tokens x", "Negotiate"):
            self.assertEqual(self.login(scheme), (403, {"detail": NOBODY}), scheme)
            self.assertEqual(self.login(scheme, "/api/patches/1/")[0], 200)

    def test_good_credentials(self):
        for user, authorizations in {
            MAINT: (basic("maint:maint"), "basic   " + base64.b64encode(b"maint:maint").decode(),
                    "BASIC bWFpb!nQ6b*WFpbnQ=", "TOKEN\t " + token(MAINT)[6:],
                    "Token " + token(MAINT)[6:] + " ", "Basic bWFpbnQ6bWFpbnQ=trailing"),
            8: (basic("latin:pässe"), basic("latin:pässe".encode("latin-1"))),
            9: (basic("colon:a:b:"),), 10: (basic("empty:"),), 12: (basic("twin:twin"), token(12)),
            13: (basic("TWIN:TWIN"), token(13)), 5: (token(5),),
        }.items():
            for authorization in authorizations:
                self.assertEqual(self.who(authorization), user, authorization)

    def test_credentials_change_at_once(self):
        self.own()
        self.assertEqual(self.login(basic("sub:sub"))[0], 200)
        hash = self.rows.user[DELEG]["password"]
        self.database.execute("UPDATE auth_user SET password = '%s' WHERE id = %d" % (hash, SUB))
        self.assertEqual(self.login(basic("sub:sub")), (403, {"detail": "Invalid username/password."}))
        self.assertEqual(self.login(basic("sub:deleg"))[0], 200)
        for word in ("FALSE", "TRUE"):
            active = word == "TRUE"
            self.database.execute("UPDATE auth_user SET is_active = %s WHERE id = %d" % (word, SUB))
            self.assertEqual(self.login(basic("sub:deleg"))[0], 200 if active else 403)
            self.assertEqual(self.login(token(SUB)), (200, unittest.mock.ANY) if active else (403,
                {"detail": "User inactive or deleted."}))
        self.database.execute("UPDATE authtoken_token SET key = '%s' WHERE user_id = %d" % ("f" * 40, SUB))
        self.assertEqual(self.login(token(SUB)), (403, {"detail": "Invalid token."}))
        self.assertEqual(self.login("Token " + "f" * 40)[0], 200)

    def cpu(self):
        """Nanoseconds that the workers' threads have run."""
        total = 0
        for pid in self.server.workers():
            for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
                with open(path) as f:
                    total += int(f.read().split()[0])
        return total

    def test_a_password_is_hashed_once(self):
        used = []
        for _ in range(3):
            before = self.cpu()
            self.assertEqual(self.login(basic("slow:slow"), "/api/users/7/")[0], 200)
            used.append(self.cpu() - before)
        self.assertLess(used[1] * 10, used[0])
        self.assertLess(used[2] * 10, used[0])

    def test_people_and_users_want_a_login(self):
        for method, path in itertools.product(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "FOO"),
                                              ("people/", "people/1/", "people/99/", "users/", "users/2/", "users/99/",
                                               "users/?page=99")):
            answer = self.ask("/api/1.2/" + path, method=method)
            self.assertEqual(answer.status, 403, (method, path))
            if method != "HEAD":
                self.assertEqual(json.loads(answer.body), {"detail": NOBODY})
        self.detail("No Person matches the given query.", "/api/people/99/", 404, user=OTHER)

    def test_private_bundles(self):
        public = [1, 4, 5, 6, 7, 8]
        for user, more in ((None, []), (ADMIN, []), (OTHER, []), (MAINT, [2]), (SUB, [3])):
            self.assertEqual(self.ids("/api/bundles/", user=user), sorted(public + more))
            self.assertIn("page=%d&" % (len(public) + len(more)), self.ask("/api/bundles/?per_page=1",
                user=user).headers["Link"])
            for id, owner in ((2, MAINT), (3, SUB)):
                answers = [self.ask("/api/1.2/bundles/%d/" % id, user=user, method=m, body=b"{}", Accept=a)
                           for m in ("GET", "PATCH", "PUT") + (() if user == owner else ("DELETE",)) for a in ("application/json", "text/html")]
                self.assertEqual({a.status for a in answers}, {200, 415} if user == owner else {404}, (user, id))
                mbox = self.ask("/bundle/%s/priv/mbox/" % {MAINT: "maint", SUB: "sub"}[owner], user=user)
                self.assertEqual(mbox.status, 200 if user == owner else 404)
                if user != owner:
                    self.assertEqual(mbox.body, b"")
                    self.assertNotIn(b"priv", b"".join(a.body for a in answers))
            for query in ("q=priv", "public=false", "owner=2&public=0", "order=-name&per_page=250"):
                got = self.ids("/api/bundles/?" + query, user=user)
                self.assertFalse({2, 3} - set(more) & set(got), (user, query))
        mbox = self.ask("/bundle/maint/priv/mbox/", Authorization=basic("maint:maint"))
        self.assertEqual((mbox.status, mbox.headers["Vary"]), (200, None))
        self.assertEqual(self.ask("/bundle/maint/priv/mbox/", Authorization=basic("maint:wrong")).status, 404)
        self.assertEqual(self.ask("/bundle/maint/pub/mbox/", Authorization=basic("maint:wrong")).headers["Vary"],
                         "Cookie")

    def test_writes(self):
        """Who may not write is told so, whatever the body; what is written then is for test_writes.py.
        A role that may only SELECT makes the server a read-only one."""
        patch, check, comment = "/api/patches/%s/", "/api/patches/%s/checks/", "/api/patches/%s/comments/%s/"
        gone = "No %s matches the given query."
        for methods, path, user, status, text in (
            ("PUT PATCH", patch % 1, None, 403, NOBODY), ("PUT PATCH", patch % 1, OTHER, 403, FORBIDDEN),
            ("PUT PATCH", patch % 1, ADMIN, 403, FORBIDDEN),
            ("PUT PATCH", patch % 999, None, 404, gone % "Patch"), ("PUT PATCH", patch % 1, MAINT, 403, READ_ONLY),
            ("PATCH", patch % 1, 14, 403, READ_ONLY),
            ("PUT PATCH", patch % 1, SUB, 403, READ_ONLY), ("PATCH", patch % 3, SUB, 403, FORBIDDEN),
            ("PATCH", patch % 3, DELEG, 403, READ_ONLY),
            ("PATCH", patch % 4, MAINT, 403, FORBIDDEN), ("PATCH", patch % 4, 14, 403, READ_ONLY),
            ("PATCH", patch % 11, OTHER, 403, READ_ONLY),
            ("POST", check % 1, None, 403, FORBIDDEN), ("POST", check % 1, OTHER, 403, FORBIDDEN),
            ("POST", check % 1, MAINT, 403, READ_ONLY),
            ("POST", check % 3, DELEG, 403, READ_ONLY), ("POST", check % 999, None, 404, gone % "Patch"),
            ("POST", check % 999, MAINT, 404, gone % "Patch"),
            ("PUT PATCH", comment % (1, 1), None, 403, NOBODY), ("PATCH", comment % (1, 1), OTHER, 403, FORBIDDEN),
            ("PUT PATCH", comment % (1, 1), MAINT, 403, READ_ONLY), ("PATCH", comment % (2, 3), SUB, 403, READ_ONLY),
            ("PATCH", comment % (9, 1), None, 404, gone % "PatchComment"), ("PATCH", comment % (999, 1), None, 404,
                gone % "Patch"),
            ("PATCH", "/api/covers/1/comments/1/", SUB, 403, READ_ONLY), ("PATCH", "/api/covers/1/comments/1/", OTHER,
                403, FORBIDDEN),
            ("PATCH", "/api/covers/1/comments/50/", 14, 403, READ_ONLY), ("PATCH", "/api/covers/2/comments/1/", MAINT,
                404, gone % "CoverComment"),
            ("PUT PATCH", "/api/projects/myproj/", None, 403, NOBODY), ("PUT PATCH", "/api/projects/1/", SUB, 403,
                FORBIDDEN),
            ("PUT PATCH", "/api/projects/myproj/", MAINT, 403, READ_ONLY), ("PATCH", "/api/projects/2/", MAINT, 403,
                FORBIDDEN),
            ("PATCH", "/api/projects/none/", None, 404, gone % "Project"), ("PUT PATCH", "/api/users/2/", MAINT, 403,
                READ_ONLY),
            ("PATCH", "/api/users/2/", SUB, 403, FORBIDDEN), ("PATCH", "/api/users/2/", ADMIN, 403, FORBIDDEN),
            ("PATCH", "/api/users/99/", SUB, 404, gone % "User"),
            ("POST", "/api/bundles/", None, 403, NOBODY), ("POST", "/api/bundles/", OTHER, 403, READ_ONLY),
            ("PUT PATCH DELETE", "/api/bundles/1/", MAINT, 403, READ_ONLY),
            ("PUT PATCH DELETE", "/api/bundles/1/", None, 403, NOBODY), ("PUT PATCH DELETE", "/api/bundles/1/", ADMIN,
                403, FORBIDDEN),
            ("PUT PATCH DELETE", "/api/bundles/2/", MAINT, 403, READ_ONLY), ("PATCH DELETE", "/api/bundles/2/", SUB,
                404, gone % "Bundle"),
        ):
            for method in methods.split():
                if text == READ_ONLY:
                    if self.kind == "postgresql":
                        self.detail(text, path, status, user=user, method=method, Content_Type="application/json", body=json.dumps({
                            "state": "success" if "checks" in path else "new", "delegate": None, "addressed": True,
                            "web_url": "x", "settings": {}, "name": "n", "patches": [1]}).encode())
                    continue
                for body, kind in ((b'{"state":"x"}', "application/json"), (b"{", "application/json"),
                                   (b"state=new", "application/x-www-form-urlencoded"), (b"", "")):
                    self.detail(text, path, status, user=user, method=method, body=body, Content_Type=kind)
        for method, path in itertools.product(("POST", "PUT", "PATCH", "DELETE"), ("bundles/", "bundles/1/",
            "bundles/2/", "bundles/99/")):
            for version, user in (("1.0", None), ("1.1", MAINT)):
                self.detail('Method "%s" not allowed.' % method, prefix(version) + path, 405, user=user, method=method,
                            body=b"{}")
        self.detail(NOBODY, "/api/1.2/bundles/", 403, method="POST", body=b"{}")

    ALLOW = {
        "": "", "users/": "", "people/": "", "people/1/": "", "covers/": "", "covers/1/": "", "series/": "",
        "series/1/": "", "events/": "", "patches/": "",
        "projects/": "", "patches/1/checks/1/": "", "patches/1/comments/": "", "covers/1/comments/": "",
        "patches/1/checks/": "POST, ", "bundles/": "POST, ",
        "patches/1/": "PUT, PATCH, ", "projects/1/": "PUT, PATCH, ", "users/2/": "PUT, PATCH, ",
        "patches/1/comments/1/": "PUT, PATCH, ",
        "covers/1/comments/1/": "PUT, PATCH, ", "bundles/1/": "PUT, PATCH, DELETE, ",
    }

    def test_methods(self):
        for path, writes in self.ALLOW.items():
            allow = "GET, %sHEAD, OPTIONS" % writes
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get", "PROPFIND"):
                answer = self.ask("/api/" + path, method=method, user=OTHER)
                self.assertEqual(answer.headers["Allow"], allow, (method, path))
                self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
                self.assertEqual(answer.headers["Vary"], "Accept, Cookie")
                if method not in allow.split(", "):
                    self.assertEqual((answer.status, json.loads(answer.body)),
                                     (405, {"detail": 'Method "%s" not allowed.' % method}), (method, path))
                else:
                    self.assertIn(answer.status, (200, 400, 403))
            for more, status in (("?format=x", 404), ("", 406)):
                answer = self.ask("/api/" + path + more, user=MAINT, Accept="*/*" if more else "text/plain")
                self.assertEqual((answer.status, answer.headers["Allow"], answer.headers["Vary"]),
                                 (status, allow, "Accept"))

    def test_head(self):
        paths = ["/api/" + path for path in self.ALLOW] + [
            "/api/patches/99/", "/api/1.1/patches/?per_page=2&page=3", "/api/patches/?page=99", "/api/nothing/",
            "/api/patches/1/?format=api", "/series/1/mbox/",
            "/project/myproj/patch/p1@example.com/raw/", "/project/myproj/cover/cover@example.com/mbox/",
            "/bundle/maint/pub/mbox/", "/patch/1/", "/nowhere",
            "/api/patches/?q=%00"]
        for path in paths:
            for user in (None, MAINT):
                get, head = [self.ask(path, method=m, user=user) for m in ("GET", "HEAD")]
                self.assertEqual(head.body, b"")
                self.assertEqual(get.status, head.status)
                self.assertEqual(*[{k: v for k, v in a.headers.items() if k != "Date"} for a in (get, head)], path)
                self.assertEqual(int(get.headers["Content-Length"]), len(get.body))

    def test_options(self):
        descriptions = {
            "": ("Index", ""), "users/": ("User List", "List users."), "users/2/": ("User Detail",
                "get:\nShow a user.\n\npatch:\nUpdate a user.\n\nput:\nUpdate a user."),
            "people/": ("Person List", "List users."), "people/1/": ("Person Detail", "Show a user."),
            "covers/": ("Cover List", "List cover letters."),
            "covers/1/": ("Cover Detail", "Show a cover letter."), "covers/1/comments/": ("Cover Comment List",
                "List cover comments"),
            "covers/1/comments/1/": ("Cover Comment Detail",
                                     "get:\nShow a cover comment.\n\npatch:\nUpdate a cover comment.\n\n"
                                     "put:\nUpdate a cover comment."),
            "patches/": ("Patch List", "List patches."), "patches/1/": ("Patch Detail",
                "get:\nShow a patch.\n\npatch:\nUpdate a patch.\n\nput:\nUpdate a patch."),
            "patches/1/checks/": ("Check List Create", "get:\nList checks.\n\npost:\nCreate a check."),
            "patches/1/checks/1/": ("Check Detail", "Show a check."),
            "patches/1/comments/": ("Patch Comment List", "List patch comments"),
            "patches/1/comments/1/": ("Patch Comment Detail",
                                      "get:\nShow a patch comment.\n\npatch:\nUpdate a patch comment.\n\n"
                                     "put:\nUpdate a patch comment."),
            "series/": ("Series List", "List series."), "series/1/": ("Series Detail", "Show a series."),
            "bundles/": ("Bundle List", "List or create bundles."),
            "bundles/1/": ("Bundle Detail",
                           "get:\nShow a bundle.\n\npatch:\nUpdate a bundle.\n\nput:\nUpdate a bundle.\n\n"
                           "delete:\nDelete a bundle."),
            "projects/": ("Project List", "List projects."),
            "projects/1/": ("Project Detail",
                            "get:\nShow a project.\n\npatch:\nUpdate a project.\n\nput:\nUpdate a project."),
                            "events/": ("Event List", "List events."),
        }
        common = {"renders": ["application/json", "text/html"], "parses": ["application/json",
            "application/x-www-form-urlencoded", "multipart/form-data"]}
        for path, (name, text) in descriptions.items():
            for version in ("1.3", "1.1", ""):
                if "comments" in path and version == "1.1" and path.count("/") == 4:
                    continue
                got = self.get(prefix(version) + path, method="OPTIONS", user=OTHER)
                got.pop("actions", None)
                self.assertEqual(list(got.items()), list({"name": name, "description": text, **common}.items()), path)
        # the bounds of an integer are the database's
        bounds = {"min_value": 0, "max_value": 2147483647} if self.kind == "postgresql" else {}

        def field(label, type="field", required=None, **more):
            return {"type": type, "required": bool(required), "read_only": required is None, "label": label, **more}
        check = {"id": field("ID", "integer"), "url": field("Url"), "user": field("User", required=False),
                 "date": field("Date", "datetime"),
                 "state": field("State", "choice", False, help_text="The state of the check.", choices=[
                     {"value": i, "display_name": s} for i, s in enumerate(model.CHECK_STATES)]),
                 "target_url": field("Target url", "url", False,
                                     help_text="The target URL to associate with this check. "
                                     "This should be specific to the patch.", max_length=200),
                 "context": field("Context", "slug", False,
                                  help_text="A label to discern check from checks of other testing systems.",
                                  max_length=255),
                 "description": field("Description", "string", False, help_text="A brief description of the check.")}
        bundle = {"id": field("ID", "integer"), "url": field("Url"), "web_url": field("Web url"),
                  "project": field("Project"), "name": field("Name", "string", True, max_length=50),
                  "owner": field("Owner"), "patches": field("Patches", required=True), "public": field("Public",
                      "boolean", False), "mbox": field("Mbox")}
        user = {"id": field("ID", "integer"), "url": field("Url"),
                "username": field("Username", "string",
                                  help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
                "first_name": field("First name", "string", False, max_length=150), "last_name": field("Last name",
                    "string", False, max_length=150),
                "email": field("Email address", "email"), "settings": field("Settings", "nested object", True,
                    children={
                    "send_email": field("Send email", "boolean", False,
                                        help_text="Selecting this option allows patchwork to send "
                                        "email on your behalf"),
                    "items_per_page": field("Items per page", "integer", False,
                                            help_text="Number of items to display per page", **bounds),
                    "show_ids": field("Show ids", "boolean", False,
                                      help_text="Show click-to-copy patch IDs in the list view")})}
        patch = {"id": field("ID", "integer"), "url": field("Url"), "web_url": field("Web url"),
                 "project": field("Project"), "msgid": field("Msgid", "string"),
                 "list_archive_url": field("List archive url"), "date": field("Date", "datetime"),
                 "name": field("Name", "string"),
                 "commit_ref": field("Commit ref", "string", False, max_length=255), "pull_url": field("Pull url",
                     "string", False, max_length=255),
                 "state": field("State", required=True), "archived": field("Archived", "boolean", False),
                 "hash": field("Hash", "string"), "submitter": field("Submitter"),
                 "delegate": field("Delegate", required=True), "mbox": field("Mbox"), "series": field("Series"),
                 "comments": field("Comments"), "check": field("Check"),
                 "checks": field("Checks"), "tags": field("Tags"), "related": field("Related", required=False),
                 "headers": field("Headers"),
                 "content": field("Content", "string"), "diff": field("Diff", "string"), "prefixes": field("Prefixes")}
        for path, user_id, actions in (
            ("patches/1/checks/", None, {"POST": check}), ("1.0/patches/1/checks/", OTHER, {"POST": check}),
            ("bundles/", OTHER, {"POST": bundle}),
            ("bundles/", None, None), ("1.1/bundles/", OTHER, None), ("1.2/bundles/", OTHER, {"POST": bundle}),
            ("bundles/1/", MAINT, {"PUT": bundle}),
            ("bundles/1/", SUB, None), ("1.1/bundles/1/", MAINT, None), ("users/2/", MAINT, {"PUT": user}),
            ("users/2/", SUB, None), ("1.0/users/2/", MAINT, {"PUT": user}),
            ("patches/1/", MAINT, {"PUT": patch}), ("1.0/patches/1/", SUB, {"PUT": patch}),
            ("patches/1/", OTHER, None), ("patches/1/", None, None), ("patches/99/", MAINT, None),
            ("projects/1/", SUB, None), ("people/1/", MAINT, None),
        ):
            answer = self.ask("/api/" + path, method="OPTIONS", user=user_id)
            got = json.loads(answer.body)
            self.assertEqual(model.dump(got.get("actions")), model.dump(actions), (path, user_id))
        self.assertEqual(list(self.get("/api/projects/myproj/", method="OPTIONS", user=MAINT)["actions"]["PUT"]),
                         list(self.view().projects(1)))
        addressed = self.get("/api/covers/1/comments/50/", method="OPTIONS", user=SUB)["actions"]["PUT"]
        self.assertEqual([k for k, v in addressed.items() if not v["read_only"]], ["addressed"])

    def test_negotiation(self):
        for accept, query, want in (
            (None, "", "json"), ("*/*", "", "json"), ("text/html", "", "html"), ("text/html, application/json", "",
                "json"), ("text/*", "", "html"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "html"),
            ("application/xml, */*;q=0.1", "", "json"),
            ("application/json;q=0", "", "json"), ("APPLICATION/JSON", "", "json"), ("application/*", "", "json"),
            ("", "", 406), ("text/plain", "", 406),
            ("application/xml", "", 406), ("text/html", "format=json", 406), ("application/json", "format=api", 406),
            ("*/*", "format=api", "html"),
            ("*/*", "format=json&format=api", "html"), ("*/*", "format=JSON", 404), ("*/*", "format=csv", 404),
            ("text/plain", "format=csv", 404),
            ("*/*", "format=", "json"), ("text/html", "format=", "html"), ("text/html;level=1", "", "html"),
            ("x", "", 406), (",,,", "", 406),
        ):
            for path in ("/api/", "/api/patches/1/", "/api/1.1/patches/", "/api/patches/99/", "/api/people/"):
                answer = self.ask("%s?%s" % (path, query), **({} if accept is None else {"Accept": accept}))
                if isinstance(want, int):
                    text = "Not found." if want == 404 else "Could not satisfy the request Accept header."
                    self.assertEqual((answer.status, json.loads(answer.body)), (want, {"detail": text}),
                                     (accept, query))
                    self.assertEqual(answer.headers["Vary"], "Accept")
                else:
                    self.assertEqual(answer.headers["Content-Type"], "application/json" if want == "json"
                                     else "text/html; charset=utf-8", (accept, query))
                    self.assertEqual(answer.status, 404 if "99" in path else 403 if "people" in path else 200)
        self.detail("Could not satisfy the request Accept header.", "/api/patches/99/", 406, Accept="text/plain",
                    Authorization="Basic !")


# --------------------------------------------------------------------------
# Files and pages

class Files:
    def test_a_patch_as_mbox(self):
        answer = self.ask("/project/myproj/patch/p1@example.com/mbox/")
        self.assertEqual(answer.body.decode(), """\
From patchwork Thu Jan  2 03:05:05 2020
Content-Type: text/plain; charset="utf-8"
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
X-Patchwork-Submitter: Sub Mitter <sub@example.com>
X-Patchwork-Id: 1
From: Sub <sub@example.com>
Subject: [PATCH 1/2] p
Message-Id: <p1@example.com>
Date: Thu, 02 Jan 2020 03:05:05 -0000

content 1

Signed-off-by: A <a@b>
Acked-by: Foo <f@x>
---
post script

--- a/foo
+++ b/foo
@@ -1 +1 @@
-a
+b
""")
        self.assertEqual(dict(answer.headers, Date=None), {
            "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "attachment; filename=1-2-p.patch",
            "X-Frame-Options": "DENY",
            "Content-Length": str(len(answer.body)), "Date": None})

    def test_files(self):
        first, second = [self.ask("/project/myproj/patch/p%d@example.com/mbox/" % i).body for i in (1, 2)]
        third, fourth = self.ask("/project/myproj/patch/p3@example.com/mbox/").body, self.ask(
            "/project/other/patch/p4@example.com/mbox/").body
        self.assertIn("Reviewed-by: Ré <r@x>\nTested-by: T <t@x>\n---\n".encode(), second)
        self.assertIn(b"X-Patchwork-Delegate: deleg@example.com\n", third)
        for path, type, name, body in (
            ("/project/myproj/patch/p1@example.com/raw/", "text/x-patch", "1-2-p.diff",
             self.rows.patch[1]["diff"].encode()),
            ("/project/myproj/patch/p5@example.com/raw/", "text/x-patch", "no-brackets.diff", b"None"),
            ("/series/1/mbox/", "text/plain", "cov.patch", first + b"\n" + second), ("/series/3/mbox/", "text/plain",
                "Untitled-series-3.patch", third),
            ("/series/6/mbox/", "text/plain", "Untitled-series-6.patch", b""),
            ("/bundle/maint/pub/mbox/", "text/plain", "bundle-1-pub.mbox", second + b"\n" + first + b"\n" + fourth),
            ("/bundle/maint/nothing/mbox/", "text/plain", "bundle-6-nothing.mbox", b""),
            ("/bundle/other/a%20b%3Fc%23d%2520/mbox/", "text/plain", "bundle-5-a b?c#d%20.mbox", None),
            ("/bundle/sub/with/slash/mbox/", "text/plain", "bundle-7-with/slash.mbox", first),
            ("/bundle/deleg/caf%C3%A9/mbox/", "text/plain", "bundle-8-caf\xe9.mbox", second),
            ("/project/myproj/patch/p2@example.com/mbox/?series=*", "text/plain; charset=utf-8", "2-2-p.patch",
             first + b"\n" + second),
            ("/project/myproj/patch/p2@example.com/mbox/?series=1", "text/plain; charset=utf-8", "2-2-p.patch",
             first + b"\n" + second),
            ("/project/myproj/patch/p1@example.com/mbox/?series=%2A", "text/plain; charset=utf-8", "1-2-p.patch",
             first),
            ("/project/myproj/patch/p1@example.com/mbox/?series=", "text/plain; charset=utf-8", "1-2-p.patch", first),
            ("/project/myproj/patch/a%252Fb+c%2520@example.com/mbox/", "text/plain; charset=utf-8",
             "RFC-v2-1-1-next-x.patch", None),
            ("/project/%D0%BF%D1%80%D0%BE%D0%B5%D0%BA%D1%82/patch/%C3%BCn%C3%AF@example.com/mbox/",
             "text/plain; charset=utf-8", "n-code.patch", None),
            ("/project/myproj/cover/cover@example.com/mbox/", "text/plain", "0-2-cov.mbox", None),
            ("/project/other/cover/c/d%25e@example.com/mbox/", "text/plain", "0-1-without-series.mbox", None),
        ):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, type), path)
            self.assertEqual(answer.headers["Content-Disposition"], "attachment; filename=" + name)
            if body is not None:
                self.assertEqual(answer.body, body, path)
        emoji = self.ask("/bundle/sub/emoji%20%F0%9F%98%80/mbox/").headers["Content-Disposition"]
        self.assertEqual(emoji, "=?utf-8?q?attachment=3B_filename=3Dbundle-4-emoji_=F0=9F=98=80=2Embox?=")
        cover = self.ask("/project/myproj/cover/cover@example.com/mbox/").body
        # two replies, by their dates
        self.assertTrue(cover.endswith(b"\nThis is the cover.\nNacked-by: Foo <f@x>\nAcked-by: Foo <f@x>\n"), cover)

    def test_files_that_are_not_there(self):
        for path in ("/project/myproj/patch/p9@example.com/mbox/", "/project/MYPROJ/patch/p1@example.com/mbox/",
                     "/project/myproj/patch/%3Cp1@example.com%3E/mbox/",
                     "/project/myproj/patch/a%2Fb+c%2520@example.com/mbox/",
                     "/project/myproj/patch/bare@example.com/mbox/",
                     "/project/other/cover/c%252Fd%25e@example.com/mbox/",
                     "/project/myproj/patch/p1@example.com/mbox/?series=2",
                     "/project/myproj/patch/p1@example.com/mbox/?series=x",
                     "/project/myproj/patch/p20@example.com/mbox/?series=*",
                     "/project/myproj/patch/p20@example.com/mbox/?series=1",
                     "/project/myproj/patch/p1@example.com/mbox/?series=%00", "/series/99/mbox/", "/series/x/mbox/",
                     "/bundle/maint/none/mbox/", "/bundle/nobody/pub/mbox/", "/bundle/MAINT/pub/mbox/",
                     "/project/myproj/patch/cover@example.com/mbox/", "/patch/99/mbox/",
                     "/cover/99/", "/comment/99/", "/project/myproj/patch/p1%00@example.com/mbox/",
                     "/bundle/maint/%00/mbox/", "/bundle/maint/%ff/mbox/", "/project/%ff/patch/x/raw/",
                     "/project//patch/x/mbox/", "/bundle/maint//mbox/", "/cover/1/raw/",
                     "/project/myproj/cover/cover@example.com/raw/", "/static/../etc/passwd", "/%2e%2e/"):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.headers.get_content_type()), (404, "text/html"), path)
        for path in ("/series/1/mbox/", "/patch/1/", "/bundle/maint/pub/mbox/"):
            for method in ("POST", "PUT", "DELETE", "FOO"):
                self.assertEqual(self.ask(path, method=method, user=MAINT, body=b"x").status, 403)

    def test_redirects(self):
        for path, location in {
            "/patch/1/": "/project/myproj/patch/p1@example.com/",
            "/patch/1/mbox/": "/project/myproj/patch/p1@example.com/mbox/",
            "/patch/6/raw/": "/project/myproj/patch/a%252Fb+c%2520@example.com/raw/",
            "/cover/3/": "/project/other/cover/c%252Fd%25e@example.com/",
            "/cover/1/mbox/": "/project/myproj/cover/cover@example.com/mbox/",
            "/patch/11/": "/project/%D0%BF%D1%80%D0%BE%D0%B5%D0%BA%D1%82/patch/%C3%BCn%C3%AF@example.com/",
            "/comment/1/": "/project/myproj/patch/p1@example.com/#1",
            "/comment/50/": "/project/myproj/cover/cover@example.com/#50",
            "/user/bundle/1/mbox/": "/user/login/?next=/user/bundle/1/mbox/",
        }.items():
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.headers["Location"], answer.body), (302, location, b""), path)

    def test_without_the_last_slash(self):
        """Answered as with it: a client needs no second request."""
        for path in ["/api/" + p for p in Access.ALLOW] + [
                "/api/1.2/patches/?project=1&per_page=2&page=2", "/api/1.0/patches/1/",
                "/api/1.2/series/?order=-id&per_page=50&project=test", "/api/1.1/", "/series/1/mbox/",
                "/project/myproj/patch/p1@example.com/mbox/", "/project/myproj/patch/p1@example.com/raw/",
                "/bundle/maint/pub/mbox/", "/patch/1/", "/comment/50/", "/cover/1/mbox/",
                "/api/patches/99/", "/api/patches/?page=99", "/api/projects/myproj/", "/api/projects/%D0%BF%D1%80/"]:
            bare, mark, query = path.partition("?")
            for method in ("GET", "HEAD", "OPTIONS", "PATCH"):
                with_it, without = [self.ask(p + mark + query, method=method, user=MAINT) for p in (bare, bare[:-1])]
                self.assertEqual((without.status, without.body), (with_it.status, with_it.body), (method, path))
                self.assertEqual(*[{k: v for k, v in a.headers.items() if k != "Date"} for a in (with_it, without)],
                                 (method, path))
        self.assertEqual(self.ask("/ap").status, 404)

    def test_git_am(self):
        """What is downloaded applies."""
        work = tempfile.mkdtemp(prefix="thimble-git.")
        self.addCleanup(shutil.rmtree, work)
        environment = {"PATH": os.environ["PATH"], "HOME": work, "GIT_CONFIG_NOSYSTEM": "1", "GIT_COMMITTER_NAME": "C",
                       "GIT_COMMITTER_EMAIL": "c@example.org",
                       "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}

        def git(*command, stdin=None):
            done = subprocess.run(["git", *command], cwd=work, env=environment, input=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=thimble.DEADLINE)
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout.decode()
        git("init", "-q")
        with open(os.path.join(work, "foo"), "w") as f:
            f.write("a\n")
        git("add", "foo")
        git("commit", "-q", "-m", "foo")
        for path in ("/series/1/mbox/", "/project/myproj/patch/p2@example.com/mbox/?series=*"):
            git("am", "-q", stdin=self.ask(path).body)
            with open(os.path.join(work, "foo")) as f:
                self.assertEqual(f.read(), "c\n")
            log = git("log", "-2", "--format=%an <%ae> %at %s%n%b")
            self.assertEqual(re.findall(r"^Sub <sub@example.com> (\d+) p$", log, re.M), ["1577934365", "1577934305"])
            self.assertIn("Signed-off-by: A <a@b>\nAcked-by: Foo <f@x>\n", log)
            self.assertIn("Signed-off-by: A <a@b>\nReviewed-by: Ré <r@x>\nTested-by: T <t@x>\n", log)
            git("reset", "-q", "--hard", "HEAD~2")
        git("apply", stdin=self.ask("/project/myproj/patch/p1@example.com/raw/").body)

    def test_pages_for_browsers(self):
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        answer = self.ask("/api/1.2/patches/?per_page=5&page=2", Accept=browser)
        page = answer.body.decode()
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for part in ('href="http://testserver/api/1.2/patches/6/"', "Patch List",
                     '<a rel="next" href="http://testserver/api/1.2/patches/?page=3&amp;per_page=5">',
                     '<a rel="prev" href="http://testserver/api/1.2/patches/?per_page=5">',
                     '<a href="/api/1.2/patches/?per_page=5&amp;page=2&amp;format=json">',
                     'rel="first"', 'rel="last"', "&lt;script&gt;alert(\\&quot;x\\&quot;)&lt;/script&gt;",
                     "GET /api/1.2/patches/?per_page=5&amp;page=2", "200 OK"):
            self.assertIn(part, page)
        self.assertEqual(answer.headers["Link"], self.ask("/api/1.2/patches/?per_page=5&page=2").headers["Link"])
        hostile = urlencode({"q": "\"><script>alert(1)</script><img src=x onerror=alert(1)>'",
                             "javascript:alert(1)//": "\0"})
        for path in ("/api/patches/?per_page=250", "/api/patches/7/", "/api/people/", "/api/people/4/",
                     "/api/users/5/", "/api/projects/9/", "/api/events/?per_page=250",
                     "/api/patches/2/comments/", "/api/bundles/", "/api/series/?" + hostile,
                     "/api/projects/%3Cscript%3Ealert(1)%3C%2Fscript%3E/", "/api/?" + hostile,
                     "/api/patches/22/checks/", "//evil.example.org/api/", "/api/projects/<script>alert(1)<",
                     "/api/covers/?a=<script>&page=9", "/<script>alert(1)"):
            answer = self.ask(path, Accept=browser, user=MAINT)
            page = answer.body.decode().lower()
            self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertNotRegex(page, r"<(script|img|iframe|object|svg|b>)", path)
            self.assertNotRegex(page, r"<[^>]* on\w+=", path)
            self.assertNotRegex(page, r"href=\"(?!https?://|/(?!/))", path)
        for path, user, status, text in (("/api/people/", None, 403, NOBODY), ("/api/patches/99/", None, 404,
            "No Patch matches"), ("/api/patches/?page=9", None, 404, "Invalid page")):
            answer = self.ask(path, Accept=browser, user=user)
            self.assertEqual(answer.status, status)
            self.assertIn(text.encode(), answer.body)
        self.assertNotIn(b"Raw JSON", self.ask("/api/patches/1/?format=api").body)


# --------------------------------------------------------------------------
# Those who mean harm

class Hostile:
    VALUES = ("", "0", "-1", "1", "x", "%00", "a%00b", "%ff%fe", "%C0%80", "%ED%A0%80", "%F4%90%80%80", "'", "\"",
              "%27%20OR%201=1--", "%5C", "%25", "_", "%7B%7D",
              "%7B1,2%7D", "NULL", "9" * 25, "-" + "9" * 25, "1e5", "%E2%80%A8", "%F0%9F%98%80", "2020-01-01",
              "0000-00-00", "1,2", "%5B%5D", "%C4%B0%C5%BF", "%0D%0AX-Y:%20z",
              "true", "last", "a" * 600)
    NAMES = ("project", "series", "submitter", "delegate", "state", "archived", "hash", "msgid", "before", "since",
             "user", "context", "category", "patch", "cover", "actor",
             "owner", "public", "q", "order", "page", "per_page", "format", "%00", "%ff")

    def test_no_value_breaks_a_list(self):
        for path in ("patches", "covers", "series", "events", "bundles", "users", "people", "projects",
                     "patches/22/checks", "patches/2/comments", "covers/1/comments"):
            for value in self.VALUES:
                answer = self.ask("/api/%s/?%s" % (path, "&".join("%s=%s" % (n, value) for n in self.NAMES
                                                                  if n not in ("page", "format"))), user=MAINT)
                self.assertIn(answer.status, (200, 400), (path, value))
                self.assertIsNone(answer.headers["X-Y"])
        for path in ("patches", "events", "patches/22/checks", "people"):
            for name, value in itertools.product(self.NAMES, self.VALUES):
                answer = self.ask("/api/%s/?%s=%s" % (path, name, value), user=MAINT)
                self.assertIn(answer.status, (200, 400, 404), (path, name, value))
                json.loads(answer.body)
                if answer.status == 200:
                    self.assertRegex(answer.headers["Link"],
                                     r'^<http://testserver/api/[!-~]*>; rel="(first|next|prev)"')

    def test_no_path_breaks_anything(self):
        for value in self.VALUES + ("<script>", "..", ".", "%2e%2e", "%2F", "%252F", ";", "*", "1%2F", "%zz", "%"):
            for path in ("/%s", "/api/%s", "/api/%s/", "/api/1.%s/", "/api/1%s1/", "/api/patches/%s/",
                         "/api/patches/1/checks/%s/", "/api/patches/1/comments/%s/", "/api/projects/%s/",
                         "/project/%s/patch/%s/mbox/", "/project/myproj/patch/%s/raw/",
                         "/project/myproj/patch/p1@example.com/mbox/?series=%s", "/project/myproj/cover/%s/mbox/",
                         "/bundle/%s/%s/mbox/", "/bundle/maint/%s/mbox/", "/series/%s/mbox/", "/patch/%s/",
                         "/comment/%s/", "/user/bundle/%s/mbox/"):
                path = path.replace("%s", value)
                answer = self.ask(path)
                self.assertIn(answer.status, (200, 302, 404), path)
                if path.startswith("/api/") and answer.status == 200:
                    json.loads(answer.body)

    def test_bytes_that_no_client_sends(self):
        for line, statuses in (
            (b"GET /api/projects/\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb5\xd0\xba\xd1\x82/ HTTP/1.1", (200, 400)),
            (b"GET /api/patches/?q=\xff\xfe HTTP/1.1", (200, 400)),
            (b"GET /api/projects/\xff/ HTTP/1.1", (400, 404)), (b"GET /api/patches/?q=\x00 HTTP/1.1", (400,)),
            (b"GET /api/\x00 HTTP/1.1", (400,)),
            (b"GET /api/patches/?project=\xc0\x80&state=\xed\xa0\x80 HTTP/1.1", (200, 400)),
            (b"GET http://testserver/api/projects/1/ HTTP/1.1", (200,)),
            (b"GET /api/patches/#x HTTP/1.1", (200, 400, 404)), (b"GET //api/patches/ HTTP/1.1", (200, 400, 404)),
            (b"GET api/ HTTP/1.1", (400, 404)), (b"OPTIONS * HTTP/1.1", (200, 400, 404)),
            (b"GET /api/users/ HTTP/1.1\r\nAuthorization: Token \xff\x80", (403,)),
            (b"GET /api/users/ HTTP/1.1\r\nAuthorization: Token a\x00b", (400, 403)),
            (b"GET /api/users/ HTTP/1.1\r\nAuthorization: \xffBasic x", (403, 400)),
            (b"GET /api/ HTTP/1.1\r\nAccept: \xff/\xff, */*", (200, 400)),
            (b"GET /api/ HTTP/1.1\r\nAccept: " + b"a/b;c=\"d," * 800 + b"*/*", (200, 406)),
        ):
            status, body = self.raw(line)
            self.assertIn(status, statuses, (line[:60], body[:200]))

    def test_thousands_of_parameters(self):
        patches = self.ids("/api/patches/?per_page=250&project=1")
        self.assertEqual(self.ids("/api/patches/?per_page=250" + "&project=1" * 999), patches)
        self.assertEqual(self.ids("/api/patches/?per_page=250" + "&project=myproj" * 999), patches)
        self.assertEqual(self.ids("/api/patches/?" + "&".join("project=x%d" % i for i in range(1000))), [])
        self.assertEqual(self.ids("/api/patches/?" + "&".join("state=%d" % i for i in range(1000))), [])
        self.assertEqual(len(self.ids("/api/patches/?" + "&".join("%x=" % i for i in range(1000)))), 30)
        every = "&".join("submitter=%d&project=%d&series=%d" % (i % 10 + 1, i % 9 + 1, i % 8 + 1) for i in range(300))
        self.assertEqual(self.ids("/api/patches/?per_page=250&" + every), [1, 2, 3, 4, 16, 18, 19, 26])
        for path in ("/api/patches/", "/api/", "/api/patches/1/", "/series/1/mbox/"):
            answer = self.ask(path + "?" + "&".join("a=" for _ in range(1001)))
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/json"), path)

    def test_long_searches(self):
        for q in ("%25" * 5000, "_" * 15000, "a%20" * 3000, "%5C" * 5000, "%22" * 5000, "%22%20" * 2500, "a," * 7000,
                  "'a%20" * 3000, "%F0%9F%98%80" * 1250, "%E2%80%A8" * 1600):
            for path in ("patches", "users"):
                answer = self.ask("/api/%s/?q=%s" % (path, q), user=MAINT)
                self.assertIn(answer.status, (200, 400), q[:20])
                json.loads(answer.body)
        self.assertEqual(self.ids("/api/patches/?per_page=250&q=" + "%20".join(["b", "u", "l", "k"] * 8)),
                         self.ids("/api/patches/?per_page=250&q=bulk"))

    def test_random_queries(self):
        """The same answer, whatever the order of the parameters that may be swapped; never a failure."""
        rng = random.Random(20200102)
        good = {"project": ("1", "2", "myproj", "OTHER"), "submitter": ("1", "2", "sub@example.com", "5"),
                "state": ("1", "2", "new", "under-review", "10"),
                "archived": ("true", "0", "x"), "delegate": ("2", "maint", "3"), "q": ("bulk", "p", "e c"),
                "since": ("2020-01-03", "2020-03-01T00:00:01", "2020"),
                "before": ("2020-03-01T00:00:02Z", "2020-02-01"), "order": ("-date,id", "name,id", "state,-id",
                    "project,id")}
        for _ in range(120):
            pairs = [(name, rng.choice(good[name])) for name in rng.choices(list(good), k=rng.randrange(1, 6))]
            whole = self.ids("/api/patches/?per_page=250&" + urlencode(pairs))
            paged = [id for page in range(1, -(-len(whole) // 3) + 1)
                     for id in self.ids("/api/patches/?per_page=3&page=%d&%s" % (page, urlencode(pairs)))]
            self.assertEqual(paged, whole, pairs)
            if len({name for name, _ in pairs}) == len(pairs):
                rng.shuffle(pairs)
                self.assertEqual(self.ids("/api/patches/?per_page=250&" + urlencode(pairs)), whole, pairs)


class Both(Bodies, Lists, Filters, Access, Files, Hostile, Case):
    pass


class Sqlite(Both, unittest.TestCase):
    kind = "sqlite"

    def test_dates_are_what_is_stored_whatever_the_time_zone(self):
        server, client = self.serve(self.addCleanup, self.database, {"api": {"timezone": "Asia/Tokyo"}})
        self.client = client
        self.assertEqual(self.get("/api/patches/1/")["date"], "2020-01-02T03:05:05")
        self.assertEqual(self.ids("/api/patches/?before=2020-01-01T18:05:05Z"), [])
        self.assertEqual(self.ids("/api/patches/?before=2020-01-01T18:05:06Z"), [1])


class Postgresql(Both, unittest.TestCase):
    kind = "postgresql"

    def test_the_reader_may_not_write(self):
        with self.assertRaisesRegex(RuntimeError, "permission denied"):
            originals.cluster.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-U", database.READER, "-d", self.database.name,
                                  "-c", "UPDATE patchwork_patch SET name = ''")
        self.assertEqual(self.database.rows("SELECT DISTINCT usename FROM pg_stat_activity "
                                            "WHERE application_name = 'thimble'"), [[database.READER]])

    def test_dates_are_those_of_the_time_zone(self):
        server, client = self.serve(self.addCleanup, self.database, {"api": {"timezone": "Asia/Tokyo"}})
        self.client = client
        self.assertEqual(self.get("/api/patches/1/")["date"], "2020-01-02T12:05:05")
        self.assertEqual(self.ids("/api/patches/?before=2020-01-02T03:05:06Z"), [1])
        self.assertEqual(self.ids("/api/patches/?before=2020-01-02T12:05:06"), [1])


# --------------------------------------------------------------------------
# Settings; any database will do

class Settings(Case, unittest.TestCase):
    def restart(self, **server):
        self.server, self.client = self.serve(self.addCleanup, self.database, {"server": {"workers": "1", **server}})

    def test_hosts(self):
        self.restart(hosts="patchwork.example.org .example.net [::1] 10.0.0.1")
        for host, good in {"patchwork.example.org": True, "PATCHWORK.example.org": True,
                           "patchwork.example.org:8080": True, "patchwork.example.org.": True,
                           "example.net": True, "a.example.net": True, "a.b.Example.NET:80": True, "[::1]": True,
                           "[::1]:8080": True, "10.0.0.1": True, "example.org": False,
                           "x.patchwork.example.org": False, "badexample.net": False,
                           "example.net.evil.example.com": False, "[::2]": False, "10.0.0.11": False,
                           "evil.example.com": False, "": False}.items():
            for path in ("/api/", "/api/patches/1/", "/series/1/mbox/", "/nowhere/"):
                answer = self.ask(path, Host=host)
                self.assertEqual(answer.status == 400, not good, (host, path))
                if not good and host:
                    self.assertEqual(answer.headers.get_content_type(), "text/html")
                    self.assertIsNone(answer.headers["X-Frame-Options"])
                    self.assertIn(b"Bad Request (400)", answer.body)
                    self.assertNotIn(host.encode(), answer.body)

    def test_base_url(self):
        self.restart(base_url="https://patchwork.example.org")
        answer = self.ask("/api/1.2/patches/?per_page=1", Host="internal:8080", X_Forwarded_Proto="http")
        self.assertTrue(answer.headers["Link"].startswith(
            "<https://patchwork.example.org/api/1.2/patches/?page=2&per_page=1>"))
        view = model.View(self.rows, "https://patchwork.example.org", "1.2")
        self.assertEqual(answer.body, model.dump([view.patches(1)]))

    def raw(self, text):
        """The status of a request as sent."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=thimble.DEADLINE) as s:
            s.sendall(text)
            return int(s.recv(65536).split()[1])

    def test_without_a_host_links_need_a_base_url(self):
        request = b"GET /api/ HTTP/1.0\r\n\r\n"
        self.restart()
        self.assertEqual(self.raw(request), 400)
        self.restart(base_url="https://patchwork.example.org")
        self.assertEqual(self.raw(request), 200)
        self.restart(base_url="https://patchwork.example.org", hosts="patchwork.example.org")
        self.assertEqual(self.raw(request), 400)

    def test_forwarded_scheme(self):
        def scheme(**headers):
            answer = self.ask("/api/1.3/patches/?per_page=1", **headers)
            url, link = json.loads(answer.body)[0]["url"], answer.headers["Link"]
            self.assertEqual(url.partition(":")[0], link[1:].partition(":")[0])
            return url.partition("/api")[0]
        for trusted in (True, False):
            self.restart(**({} if trusted else {"trusted_proxies": "192.0.2.0/24"}))
            for headers, secure in (({}, False), ({"X_Forwarded_Proto": "https"}, True),
                                    ({"X_Forwarded_Proto": "http"}, False), ({"X_Forwarded_Proto": "HTTPS"}, False),
                                    ({"X_Forwarded_Ssl": "on"}, True), ({"X_Forwarded_Protocol": "ssl"}, True),
                                    ({"X_Forwarded_Ssl": "off"}, False),
                                    ({"X_Forwarded_Proto": "https, http"}, False)):
                self.assertEqual(scheme(**headers), ("https://" if secure and trusted else "http://") + HOST, headers)
            for headers in ({"X_Forwarded_Host": "evil.example.org"}, {"X_Forwarded_Port": "1"},
                            {"Forwarded": "host=evil.example.org;proto=https"}):
                self.assertEqual(scheme(**headers), BASE)

    def test_page_sizes(self):
        _, self.client = self.serve(self.addCleanup, self.database, {"api": {"page_size": "3", "max_page_size": "5"}})
        for query, count in (("", 3), ("per_page=4", 4), ("per_page=6", 5), ("per_page=0", 3)):
            self.assertEqual(len(self.ids("/api/patches/?" + query)), count)


if __name__ == "__main__":
    unittest.main()
