# SPDX-License-Identifier: MIT
"""Bodies that are broken, of the wrong type, too long, too deep or in no known
form, sent to everything that can be written: the answer is an error in JSON,
never a 5xx, and with an error nothing at all has changed.
"""
import hashlib
import itertools
import json
import os
import sqlite3
import sys
import unittest
from urllib.parse import quote_from_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import libpq
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=frontier"
TOKEN = "Token %040x" % 0xabc002       # of maint

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop

# What is written: how, where, what else is right in the same body (%d: another one each time), and its fields.
PATCH_FIELDS = ["commit_ref", "pull_url", "state", "archived", "delegate", "related"]
PROJECT_FIELDS = ["web_url", "scm_url", "webscm_url", "list_archive_url", "list_archive_url_format", "commit_url_format"]
TARGETS = [
    ("PATCH", "/api/patches/1/", {"commit_ref": "good%d"}, PATCH_FIELDS),
    ("PUT", "/api/1.2/patches/1/", {"pull_url": "good%d", "state": "new", "delegate": None}, PATCH_FIELDS),
    ("POST", "/api/patches/1/checks/", {"state": "success", "context": "good%d"},
     ["user", "state", "target_url", "context", "description"]),
    ("PATCH", "/api/patches/1/comments/1/", {}, ["addressed"]),
    ("PATCH", "/api/covers/1/comments/1/", {}, ["addressed"]),
    ("PATCH", "/api/projects/1/", {"web_url": "https://example.org/%d"}, PROJECT_FIELDS),
    ("PATCH", "/api/users/2/", {"first_name": "Good%d"}, ["first_name", "last_name", "settings"]),
    ("PATCH", "/api/bundles/1/", {"name": "good%d"}, ["name", "public", "patches"]),
    ("POST", "/api/bundles/", {"name": "good%d", "patches": [1]}, ["name", "public", "patches"]),
]

# As they stand in JSON; some cannot be made by a library.
VALUES = ["null", "true", "5", "-1", "0", "1.5", "1e300", "-1e300", "1e400", "9" * 40, "-" + "9" * 40, "9" * 5000, "9223372036854775808",
          "2147483648", "-9223372036854775809", "1e-400", "0.1e1", '""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"',
          '"%s"' % ("x" * 70000), '"%s"' % ("é" * 300), '"%s"' % ("9" * 5000), '"-1"', '"1e5"', '"1.0"', '"\\u202e"', '"\\ud83d\\ude00"',
          "[]", "{}", "[[]]", "[{}]", '{"a": []}', "[null]", '["x"]', "[%s]" % ("9" * 40), "[1e300]", '["\\u0000"]', "[true]", "[0]", "[-1]",
          '{"items_per_page": %s}' % ("9" * 40), '{"items_per_page": "x"}', '{"items_per_page": null}', '{"send_email": []}',
          "[" * 50 + "]" * 50, '{"a":' * 50 + "1" + "}" * 50]
# Values of forms, as bytes.
FORM_VALUES = [b"", b" ", b"\0", b"a\0b", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x82", b"x" * 70000, b"9" * 40,
               b"-" + b"9" * 40, b"9" * 5000, b"1e300", b"NaN", b"Infinity", b"true", b"null", b"[]", b"{}", b"[1]", b"\r\n", b"'", b"%", b"\\",
               "é".encode() * 300, "\u202e".encode()]

NOT_JSON = [b"{", b"[", b"{]", b"}", b'{"commit_ref"', b'{"commit_ref":', b'{"commit_ref": }', b'{"commit_ref" "x"}', b"{'commit_ref': 'x'}",
            b'{"commit_ref": "x",}', b'{"commit_ref": "x"} x', b"nul", b"\0", b'{"commit_ref": "x"}\0', b'{"commit_ref": "a\nb"}',
            b'{"commit_ref": "\xff"}', b'{"commit_ref": "\xed\xa0\x80"}', b'{"commit_ref": "\xc0\x80"}', b'{"commit_ref": "\xe2\x82"}',
            b'{"\xff": 1}', b'\xff\xfe{\0}\0', b'{"commit_ref": "\\x"}', b'{"commit_ref": "\\u12"}', b'{"commit_ref": 01}', b'{"commit_ref": +1}',
            b'{"commit_ref": 1.}', b'{"commit_ref": .5}', b'{"commit_ref": 1e}', b"[" * 100000, b'{"a":' * 100000, b"[" * 100000 + b"]" * 100000,
            b'{"commit_ref": "x", "a": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a":' * 5000 + b"1" + b"}" * 5000]
KINDS = ["text/plain", "application/xml", "application/msgpack", "application/octet-stream", "application/jsonp", "json", "garbage", "/", "a/b/c",
         "application/json-patch+json", "image/png", "\xff", "x" * 5000, "application"]
BROKEN_MULTIPART = [b"", b"--", b"--frontier", b"--frontier--", b"--frontier\r\n\r\n", b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx\r\n--frontier--",
                    b'--frontier\r\nContent-Disposition: form-data; name="commit_ref"\r\n\r\nx', b"--frontier\r\n" + b"X: y\r\n" * 10000,
                    b'--frontier\r\nContent-Disposition: form-data; name="commit_ref"; filename="f"\r\n\r\nx\r\n--frontier--\r\n',
                    b'--frontier\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--frontier--\r\n',
                    b'--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 5000]
TABLES = ["patchwork_patch", "patchwork_event", "patchwork_check", "patchwork_patchrelation", "patchwork_patchcomment", "patchwork_covercomment",
          "patchwork_bundle", "patchwork_bundlepatch", "patchwork_project", "patchwork_userprofile", "auth_user", "patchwork_patchchangenotification"]


def multipart(fields):
    return b"".join(b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair for pair in fields) + b"--frontier--\r\n"


def urlencoded(fields):
    return b"&".join(name + b"=" + quote_from_bytes(value, safe="").encode() for name, value in fields)


class Case(thimble.TestCase):
    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.site = self.server({"store": {"url": self.database.owner_url}, "cache": {"size": "16M", "max_stale": "1h"}})
        self.open()
        self.counter = itertools.count()
        self.refused = self.taken = 0
        self.before = self.fingerprint()

    def send(self, method, path, body, kind, routed=True):
        """It may be taken or refused: if refused, then in JSON (unless it leads nowhere), and nothing has changed."""
        headers = {"Authorization": TOKEN, **({} if kind is None else {"Content-Type": kind})}
        answer = self.site.request(method, path, body=body, headers=headers)
        told = (method, path, kind and kind[:80], body[:200], answer.status, answer.body[:500])
        self.assertLess(answer.status, 500, told)
        after = self.fingerprint()
        if answer.status < 400:
            self.taken += 1
            self.assertTrue(answer.status != 201 or after != self.before, told)
            self.before = after
            return answer.status
        self.refused += 1
        if routed:
            self.assertEqual(answer.headers["Content-Type"], "application/json", told)
            self.assertIsInstance(json.loads(answer.body), (dict, list), told)
        self.assertEqual(after, self.before, told)
        return answer.status

    def good(self, others, without):
        number = next(self.counter)
        return {key: value % number if isinstance(value, str) and "%" in value else value for key, value in others.items() if key != without}


class Both:
    def test_values_in_json(self):
        for method, path, others, fields in TARGETS:
            for field, value in itertools.product(fields, VALUES):
                members = ["%s: %s" % (json.dumps(key), json.dumps(good)) for key, good in self.good(others, field).items()]
                self.send(method, path, ("{%s}" % ", ".join(members + ['"%s": %s' % (field, value)])).encode(), JSON)
        # the test would prove nothing if all were of one kind
        self.assertGreater(self.refused, 400)
        self.assertGreater(self.taken, 50)

    def test_values_in_forms(self):
        for method, path, others, fields in TARGETS:
            for field, value in itertools.product(fields + ["settings.items_per_page"] * ("users" in path), FORM_VALUES):
                members = [(key.encode(), str(good).encode()) for key, good in self.good(others, field).items() if isinstance(good, str)]
                members.append((field.encode(), value))
                self.send(method, path, urlencoded(members), FORM)
                self.send(method, path, multipart(members), MULTIPART)
        self.assertGreater(self.refused, 400)
        self.assertGreater(self.taken, 50)

    def test_no_json(self):
        for method, path, _, _ in TARGETS:
            for body in NOT_JSON:
                self.assertEqual(self.send(method, path, body, JSON), 400, (method, path, body[:100]))
            for body in (b"null", b"5", b'"x"', b"true", b"[]", b'["commit_ref"]', b"1e400", b"9" * 5000):
                self.send(method, path, body, JSON)

    def test_no_known_form(self):
        for method, path, _, _ in TARGETS:
            for kind in KINDS:
                self.assertEqual(self.send(method, path, b'{"commit_ref": "x", "state": "new"}', kind.encode("latin-1")), 415, (path, kind[:80]))
            # with a body, but without a word on what it is
            self.assertEqual(self.send(method, path, b"{}", None), 415, path)
            for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300):
                self.assertEqual(self.send(method, path, multipart([(b"commit_ref", b"x")]), kind), 400, (path, kind))
            for kind in ("application/json; charset=utf-16", "application/json; charset=x", "application/json; charset=", "APPLICATION/JSON;"):
                self.send(method, path, b'{"commit_ref": "\xff"}', kind)
            for body in BROKEN_MULTIPART:
                self.send(method, path, body, MULTIPART)
            for body in (b"&" * 10000, b"=" * 10000, b"a=1&" * 20000, b"%", b"%zz=%", b"\0=\0", b"\xff=\xff", b"commit_ref=%ff%fe"):
                self.send(method, path, body, FORM)

    def test_ids_in_paths(self):
        for path in ("/api/patches/%s/", "/api/patches/%s/checks/", "/api/bundles/%s/", "/api/projects/%s/", "/api/users/%s/",
                     "/api/patches/1/comments/%s/", "/api/covers/%s/comments/1/"):
            for value in ("0", "9" * 20, "9" * 5000, "-1", "1.0", "%00", "1%00", "%ff", "1e1", "%27", "null"):
                method = "POST" if path.endswith("checks/") else "PATCH"
                status = self.send(method, path % value, b'{"state": "success", "commit_ref": "x"}', JSON, routed=False)
                self.assertIn(status, (403, 404), path % value)
            self.assertEqual(self.before, self.fingerprint())


class Sqlite(Both, Case):
    kind = "sqlite"

    def open(self):
        self.connection = sqlite3.connect(self.database.path, timeout=thimble.DEADLINE, isolation_level=None)
        self.connection.text_factory = bytes
        self.addCleanup(self.connection.close)

    def fingerprint(self):
        digest = hashlib.sha256()
        for table in TABLES:
            for row in self.connection.execute("SELECT * FROM %s ORDER BY 1" % table):
                digest.update(repr(row).encode())
        return digest.hexdigest()


class Postgresql(Both, Case):
    kind = "postgresql"

    def open(self):
        self.session = libpq.Session(originals.cluster.socket_url(self.database.name))
        self.addCleanup(self.session.close)

    def fingerprint(self):
        return self.session.execute("SELECT " + ", ".join(
            "(SELECT md5(string_agg(t::text, '/' ORDER BY t::text)) FROM %s t)" % table for table in TABLES))


if __name__ == "__main__":
    unittest.main()
