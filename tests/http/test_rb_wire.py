# SPDX-License-Identifier: MIT
"""How the Review Board API speaks (reviewboard-api.md, 1.0), whatever is spoken about: paths, methods, headers,
forms as the stock client sends them, entity tags, limits, pages, expansion.
"""
import json
import os
import re
import socket
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
HOST = "http://tracker.example.org"

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop

# path (of an RR 1 with a draft diff of revision 1): what it accepts
METHODS = {
    "": "GET", "info/": "GET", "session/": "GET, DELETE", "users/": "GET", "users/maint/": "GET",
    "repositories/": "GET", "repositories/1/": "GET", "repositories/1/info/": "GET", "validation/": "GET",
    "validation/commits/": "GET, POST", "validation/diffs/": "GET, POST",
    "review-requests/": "GET, POST", "review-requests/1/": "GET, PUT", "review-requests/1/draft/": "GET, POST, PUT, DELETE",
    "review-requests/1/draft/diffs/": "GET, POST", "review-requests/1/draft/diffs/1/": "GET, PUT",
    "review-requests/1/draft/diffs/1/draft-commits/": "GET, POST", "review-requests/1/draft/diffs/1/draft-commits/abc/": "GET, PUT",
    "review-requests/1/draft/diffs/1/files/": "GET", "review-requests/1/draft/diffs/1/files/1/": "GET, PUT",
    "review-requests/1/diffs/": "GET, POST", "review-requests/1/diffs/1/": "GET, PUT",
    "review-requests/1/diffs/1/commits/": "GET", "review-requests/1/diffs/1/commits/abc/": "GET, PUT",
    "review-requests/1/diffs/1/files/": "GET", "review-requests/1/diffs/1/files/1/": "GET, PUT",
}


def keys_are_sorted(value):
    """Of parsed JSON, with object_pairs_hook=list: objects are lists of pairs in tuples."""
    if isinstance(value, tuple):
        names = [name for name, _ in value]
        return names == sorted(names) and all(keys_are_sorted(v) for _, v in value)
    return all(keys_are_sorted(v) for v in value) if isinstance(value, list) else True


class Wire(thimble.TestCase):
    def setUp(self):
        self.database = originals.copy("sqlite")
        self.addCleanup(self.database.drop)
        self.repository = review.add_repository(self.database, "compiler")

    def serve(self, cache="16M", server=None, **settings):
        made = thimble.Server({"cache": {"size": cache, "max_stale": "1h"}, "reviewboard": settings, "server": server or {}})
        self.addCleanup(made.stop)
        made.configure({"store": {"url": self.database.owner_url}})
        return made.start().wait_ready()

    def clients(self, **settings):
        server = self.serve(**settings)
        return review.Client(server), review.Client(server, "maint")

    def fails(self, answer, status, code):
        self.assertEqual((answer.status, answer.type, answer.code), (status, "error", code), answer)

    # ---- paths and methods

    def test_a_method_that_is_not_there(self):
        anonymous, maint = self.clients()
        for path, allow in METHODS.items():
            for method in "OPTIONS", "PATCH", "TRACE", "PUT", "POST", "DELETE":
                if method in allow.split(", "):
                    continue
                for client in anonymous, maint:
                    answer = client.request(method, path, fields={"a": "b"} if method in ("PUT", "POST") else None)
                    self.assertEqual((answer.status, answer.body, answer.headers["Allow"]), (405, b"", allow), (method, path))
                    self.assertEqual(answer.headers["Vary"], "Accept, Cookie")
                    self.assertIsNone(answer.headers["ETag"])

    def test_paths_that_lead_nowhere(self):
        anonymous, _ = self.clients()
        for path in ("nothing/", "review-requests/x/", "review-requests/1/draft/diffs/x/", "review-requests/-1/", "users//",
                     "review-requests/1/draft/diffs/1/draft-commits/%s/" % ("a" * 65), "info/x/", "/reviews/api//", "users/%00/",
                     "review-requests/1/draft/diffs/1/draft-commits/a-b/", "/api/review-requests/x/", "/reviews/api/%ff/"):
            answer = anonymous.get(path)
            self.fails(answer, 404, 100)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        # what lies beside the API is Patchwork's 404
        for path in "/reviews/", "/reviews/apix/", "/reviewsapi/":
            self.assertEqual((anonymous.get(path).status, anonymous.get(path).type), (404, "text/html; charset=utf-8"))
        self.fails(anonymous.get("review-requests/99999999999999999999999/"), 404, 100)

    def test_the_final_slash_is_not_needed(self):
        anonymous, maint = self.clients()
        self.assertEqual(anonymous.get("info").json, anonymous.get("info/").json)
        self.assertEqual(anonymous.get("session").json["session"]["links"]["self"]["href"], HOST + "/reviews/api/session/")
        self.assertEqual(maint.post("review-requests", {"repository": self.repository}).status, 201)

    def test_requests_lie_below_api_too(self):
        _, maint = self.clients()
        request = review.want(maint.post("/api/review-requests/", {"repository": self.repository}), 201)["review_request"]
        self.assertEqual(request["links"]["self"]["href"], HOST + "/api/review-requests/%d/" % request["id"])
        other = review.want(maint.get("review-requests/%d/" % request["id"]))["review_request"]
        self.assertEqual(other["links"]["self"]["href"], HOST + "/reviews/api/review-requests/%d/" % request["id"])
        # all else there is Patchwork's
        self.assertIn("patches", maint.get("/api/", Authorization=None).json)
        for path in "/api/session/", "/api/info/", "/api/repositories/":
            self.assertEqual(maint.get(path).status, 404)
            self.assertNotIn("reviewboard", maint.get(path).headers["Content-Type"])

    def test_another_prefix(self):
        server = self.serve(prefix="/a/b")
        client = review.Client(server, prefix="/a/b")
        root = client.get("").json
        self.assertEqual(root["uri_templates"]["review_requests"], HOST + "/a/b/api/review-requests/")
        self.assertEqual(root["site"]["url"], HOST + "/a/b/")
        self.assertEqual(root["links"]["self"]["href"], HOST + "/a/b/api/")
        self.assertEqual(review.Client(server).get("").status, 404)
        self.assertEqual(review.Client(server, prefix="/a/b").get("users/maint/").json["user"]["url"], "/a/b/users/maint/")

    def test_a_public_base_url(self):
        anonymous, _ = self.clients(server={"base_url": "https://reviews.example.org"})
        self.assertEqual(anonymous.get("").json["links"]["info"]["href"], "https://reviews.example.org/reviews/api/info/")

    # ---- headers

    def test_media_types(self):
        anonymous, maint = self.clients()
        for path, name in (("", "root"), ("info/", "server-info"), ("session/", "session"), ("users/maint/", "user"), ("users/", "users")):
            for accept in (None, "application/json", "application/xml", "*/*", "text/html", "application/vnd.reviewboard.org.%s+json" % name,
                           "application/json;q=0, */*"):
                answer = anonymous.get(path, Accept=accept)
                self.assertEqual((answer.status, answer.type), (200, name), accept)
                self.assertEqual(answer.headers["Vary"], "Accept, Cookie")
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(answer.headers["Item-Content-Type"],
                                 "application/vnd.reviewboard.org.user+json" if name == "users" else None)
            answer = anonymous.get(path, Accept="*/*;q=0")
            self.assertEqual((answer.status, answer.body), (400, b""))

    def test_keys_are_sorted(self):
        anonymous, maint = self.clients()
        request = maint.post("review-requests/", {"repository": self.repository}).json["review_request"]["id"]
        for path in ("", "info/", "session/?expand=user", "users/", "users/maint/", "repositories/", "repositories/1/", "nothing/",
                     "users/?start=x&max-results=y", "review-requests/?status=all&expand=draft,submitter,repository",
                     "review-requests/%d/draft/" % request, "validation/", "review-requests/%d/?expand=draft" % request,
                     "review-requests/%d/diffs/" % request):
            answer = maint.get(path)
            self.assertTrue(keys_are_sorted(json.loads(answer.body, object_pairs_hook=tuple)), path)

    def test_entity_tags(self):
        for cache in "16M", "0":
            anonymous, maint = self.clients(cache=cache)
            for path in "", "session/", "users/", "users/maint/", "repositories/":
                for client in anonymous, maint:
                    first = client.get(path)
                    tag = first.headers["ETag"]
                    self.assertRegex(tag, r"\A[0-9a-f]{64}\Z")
                    for _ in range(2):      # made, and kept
                        for asked in tag, '"%s"' % tag, 'W/"%s"' % tag, '"x", "%s"' % tag, "*":
                            answer = client.get(path, If_None_Match=asked)
                            self.assertEqual((answer.status, answer.body, answer.headers["ETag"]), (304, b"", tag), (path, asked))
                            self.assertEqual(answer.headers.get_all("Vary"), ["Accept, Cookie"])
                        for asked in "x", '"%s"' % tag[:-1], tag.upper():
                            answer = client.get(path, If_None_Match=asked)
                            self.assertEqual((answer.status, answer.headers["ETag"]), (200, tag), (path, asked))
                self.assertNotEqual(anonymous.get(path).headers["ETag"], maint.get(path).headers["ETag"])
            for path in "nothing/", "users/nosuch/", "users/?start=x":
                self.assertIsNone(anonymous.get(path).headers["ETag"])

    def test_what_is_kept_is_what_was_made(self):
        server = self.serve()
        anonymous, maint = review.Client(server), review.Client(server, "maint")
        maint.get("session/")
        for client in anonymous, maint:
            for path in "", "users/?max-results=3", "users/maint/", "users/nosuch/", "session/", "repositories/?q=c":
                answers = [client.request("GET", path, headers={"Cache-Status": "x", "Accept-Encoding": coding})
                           for coding in ("identity", "gzip", "gzip", "identity")]
                self.assertIn("hit", answers[-1].headers["Cache-Status"], path)
                for answer in answers:
                    self.assertEqual(answer.body, answers[0].body)
                    self.assertIsNone(answer.headers["Content-Encoding"])
                    self.assertEqual([(k, v) for k, v in answer.headers.items() if k not in ("Date", "Cache-Status")],
                                     [(k, v) for k, v in answers[0].headers.items() if k not in ("Date", "Cache-Status")], path)

    def test_what_is_kept_is_for_one_user(self):
        server = self.serve()
        clients = [review.Client(server, user) for user in (None, "maint", "deleg")]
        wanted = [client.get("session/", {"expand": "user"}).json["session"].get("user", {}).get("username") for client in clients]
        self.assertEqual(wanted, [None, "maint", "deleg"])
        for _ in range(3):
            for client, name in zip(clients, wanted):
                self.assertEqual(client.get("session/", {"expand": "user"}).json["session"].get("user", {}).get("username"), name)

    def test_a_change_is_seen(self):
        anonymous, maint = self.clients()
        before = [client.get("users/deleg/") for client in (anonymous, maint, anonymous, maint)]
        self.database.execute("UPDATE auth_user SET first_name = 'Changed' WHERE username = 'deleg'")
        for client in anonymous, maint:
            thimble.wait_until(lambda: client.get("users/deleg/").json["user"]["first_name"] == "Changed", "the new name")
        self.assertEqual(maint.get("users/deleg/", If_None_Match=before[1].headers["ETag"]).status, 200)
        self.fails(anonymous.get("users/newcomer/"), 404, 100)
        self.database.execute("UPDATE auth_user SET username = 'newcomer' WHERE username = 'deleg'")
        thimble.wait_until(lambda: anonymous.get("users/newcomer/").status == 200, "the new user")
        self.fails(anonymous.get("users/deleg/"), 404, 100)

    def test_head_is_get_without_a_body(self):
        anonymous, _ = self.clients()
        got, head = anonymous.get("users/"), anonymous.request("HEAD", "users/")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual([h for h in head.headers.items() if h[0] != "Date"], [h for h in got.headers.items() if h[0] != "Date"])

    # ---- forms

    def test_the_boundary_of_the_stock_client(self):
        _, maint = self.clients()
        maint.get("session/")
        boundary = "===============1122334455667788990=="
        body = review.multipart({"repository": self.repository, "extra_data:json": '{"local_branch":"topic"}'}, {}, boundary)
        for value in boundary, '"%s"' % boundary:
            for separator in "; boundary=", ";boundary=":
                answer = maint.request("POST", "review-requests/", body=body,
                                       headers={"Content-Type": "multipart/form-data" + separator + value})
                self.assertEqual(review.want(answer, 201)["review_request"]["extra_data"], {"local_branch": "topic"})

    def test_forms(self):
        _, maint = self.clients()
        request = maint.post("review-requests/").json["review_request"]        # no body, no type
        self.assertNotIn("repository", request["links"])
        draft = "review-requests/%d/draft/" % request["id"]
        self.assertEqual(maint.put(draft, {"summary": "by multipart"}).json["draft"]["summary"], "by multipart")
        answer = maint.request("PUT", draft, body=b"summary=url+encoded&only_fields=summary&only_links=",
                               headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.json, {"draft": {"summary": "url encoded"}, "stat": "ok"})
        # a body that is none
        answer = maint.request("PUT", draft, body=b"--x\r\nnothing", headers={"Content-Type": "multipart/form-data; boundary=x"})
        self.fails(answer, 400, 105)
        self.assertIn("reason", answer.json)
        self.assertNotIn("fields", answer.json)
        self.assertEqual(maint.get(draft).json["draft"]["summary"], "url encoded")

    def test_no_text_has_a_nul(self):
        anonymous, maint = self.clients()
        answer = maint.get("users/", {"q": "a\0", "b\0": "x"})
        self.fails(answer, 400, 105)
        self.assertEqual(answer.json["fields"], {"b\0": ["Null characters are not allowed."], "q": ["Null characters are not allowed."]})
        answer = maint.post("review-requests/", {"repository": self.repository, "commit_id": b"a\0b"})
        self.fails(answer, 400, 105)
        self.assertEqual(answer.json["fields"], {"commit_id": ["Null characters are not allowed."]})

    def test_limits(self):
        _, maint = self.clients()
        request = maint.post("review-requests/", {"repository": self.repository}).json["review_request"]["id"]
        draft = "review-requests/%d/draft/" % request
        href = {"draft_diffs": {"href": HOST + "/reviews/api/%sdiffs/" % draft, "method": "GET"}}
        wanted = {"draft": {"links": href}, "stat": "ok"}
        self.assertEqual(maint.post(draft, {"only_fields": "", "only_links": "draft_diffs"}).json, wanted)
        self.assertEqual(maint.get(draft, {"only-fields": "", "only-links": "draft_diffs"}).json, wanted)
        self.assertEqual(maint.put(draft, {"only_fields": "id"}, query={"only-fields": "", "only-links": "draft_diffs"}).json, wanted)
        self.assertEqual(maint.get(draft, {"only-fields": "", "only-links": ""}).json, {"draft": {}, "stat": "ok"})
        self.assertEqual(maint.get(draft, {"only-fields": "summary,nothing", "only-links": "nothing"}).json,
                         {"draft": {"links": {}, "summary": ""}, "stat": "ok"})
        # of a list only the items'
        found = maint.get("users/", {"only-fields": "username", "only-links": "", "max-results": 1, "review-request-id": 7}).json
        self.assertEqual(found["users"], [{"username": "TWIN"}])
        self.assertEqual(sorted(found["links"]), ["next", "self"])
        self.assertEqual(maint.get("session/", {"only-fields": "", "only-links": "user"}).json["session"],
                         {"links": {"user": {"href": HOST + "/reviews/api/users/maint/", "method": "GET", "title": "maint"}}})

    def test_expand(self):
        _, maint = self.clients()
        first = maint.post("review-requests/", {"repository": self.repository}).json["review_request"]["id"]
        path = "review-requests/%d/" % first
        found = maint.get(path, {"expand": "draft,nothing,self"}).json["review_request"]
        url = HOST + "/reviews/api/review-requests/%d/draft/" % first
        vendor = "application/vnd.reviewboard.org."
        self.assertEqual(found["_expanded"], {"draft": {"item_mimetype": vendor + "review-request-draft+json", "list_url": url,
                                                        "list_mimetype": vendor + "review-request-draft+json"}})
        self.assertEqual([d["links"]["self"]["href"] for d in found["draft"]], [url])
        self.assertNotIn("draft", found["links"])
        self.assertIn("self", found["links"])
        self.assertNotIn("draft", maint.get(path, {"expand": "draft", "only-fields": "id"}).json["review_request"])
        self.assertEqual(sorted(maint.get(path, {"expand": "draft", "only-fields": "draft,id"}).json["review_request"]),
                         ["_expanded", "draft", "id", "links"])
        maint.delete(path + "draft/")
        self.assertEqual(maint.get(path, {"expand": "draft"}).json["review_request"]["draft"], [])

    # ---- pages

    def test_pages(self):
        anonymous, _ = self.clients()
        everybody = [user["username"] for user in anonymous.get("users/").json["users"]]
        self.assertGreater(len(everybody), 9)
        seen, url = [], HOST + "/reviews/api/users/?b=2&max-results=4&a=%20x"
        while url is not None:
            answer = anonymous.get(url)
            found = answer.json
            self.assertEqual(found["total_results"], len(everybody))
            self.assertEqual(found["links"]["self"], {"href": url, "method": "GET"})
            start = len(seen)
            self.assertEqual(found["links"].get("prev"), {"href": HOST + "/reviews/api/users/?start=%d&max-results=4&a=+x&b=2" %
                                                          (start - 4), "method": "GET"} if start else None)
            seen += [user["username"] for user in found["users"]]
            url = found["links"]["next"]["href"] if "next" in found["links"] else None
            self.assertIn(url, (None, HOST + "/reviews/api/users/?start=%d&max-results=4&a=+x&b=2" % (start + 4)))
        self.assertEqual(seen, everybody)
        for query, start, count in (("start=-5", 0, 25), ("max-results=-1", 0, 0), ("max-results=0", 0, 0), ("max-results=900", 0, 200),
                                    ("start=2&max-results=1", 2, 1), ("start=900", 900, 25)):
            found = anonymous.get("users/?" + query).json
            self.assertEqual([u["username"] for u in found["users"]], everybody[start:start + count], query)
            self.assertEqual(found["total_results"], len(everybody))

    def test_bad_pages(self):
        anonymous, maint = self.clients()
        answer = anonymous.get("users/", {"start": "abc", "max-results": '"'})
        self.fails(answer, 400, 105)
        self.assertEqual(answer.json["fields"], {"max-results": ['""" is not an integer'], "start": ['"abc" is not an integer']})
        self.fails(anonymous.get("users/?start="), 400, 105)
        # before it is looked whether there is such a thing; not for items
        self.fails(maint.get("review-requests/99/draft/diffs/1/draft-commits/?start=x"), 400, 105)
        self.fails(anonymous.get("review-requests/99/draft/diffs/1/draft-commits/?start=x"), 401, 103)
        self.assertEqual(anonymous.get("users/maint/?start=x").status, 200)

    def test_counts_only(self):
        anonymous, _ = self.clients()
        total = anonymous.get("users/").json["total_results"]
        for value in "1", "true", "TRUE":
            answer = anonymous.get("users/", {"counts-only": value, "start": 2, "max-results": 1})
            self.assertEqual((answer.json, answer.type), ({"count": total, "stat": "ok"}, "users"))
        for value in "0", "", "yes":
            self.assertIn("users", anonymous.get("users/", {"counts-only": value}).json)

    # ---- the root

    def test_the_root(self):
        anonymous, _ = self.clients()
        root = anonymous.get("").json
        self.assertEqual(sorted(root), ["capabilities", "links", "product", "site", "stat", "uri_templates"])
        api = HOST + "/reviews/api/"
        for name, path in (("root", ""), ("info", "info/"), ("session", "session/"), ("user", "users/{username}/"), ("users", "users/"),
                           ("repositories", "repositories/"), ("repository", "repositories/{repository_id}/"),
                           ("repository_info", "repositories/{repository_id}/info/"), ("validation", "validation/"),
                           ("commit_validation", "validation/commits/"), ("diff_validation", "validation/diffs/"),
                           ("review_requests", "review-requests/"), ("review_request", "review-requests/{review_request_id}/"),
                           ("review_request_draft", "review-requests/{review_request_id}/draft/"),
                           ("draft", "review-requests/{review_request_id}/draft/"),
                           ("draft_diffs", "review-requests/{review_request_id}/draft/diffs/"),
                           ("draft_diff", "review-requests/{review_request_id}/draft/diffs/{diff_revision}/"),
                           ("diffs", "review-requests/{review_request_id}/diffs/"),
                           ("diff", "review-requests/{review_request_id}/diffs/{diff_revision}/"),
                           ("diff_commits", "review-requests/{review_request_id}/diffs/{diff_revision}/commits/"),
                           ("diff_commit", "review-requests/{review_request_id}/diffs/{diff_revision}/commits/{commit_id}/")):
            self.assertEqual(root["uri_templates"][name], api + path)
        capabilities = root["capabilities"]
        self.assertEqual(capabilities["diffs"], {
            "base_commit_ids": True, "file_attachments": False, "moved_files": True, "max_binary_size": 10485760,
            "max_diff_size": 2097152, "validation": {"base_commit_ids": True}})
        self.assertEqual(capabilities["review_requests"], {"commit_ids": True, "supports_history": True, "trivial_publish": True})
        self.assertEqual(capabilities["scmtools"], {"git": {"empty_files": True, "symlinks": True}, "supported_tools": ["git"]})
        self.assertIs(capabilities["authentication"]["client_web_login"], False)
        self.assertEqual(root["product"]["package_version"], "7.0.2")
        info = anonymous.get("info/").json["info"]
        self.assertEqual(info, {name: root[name] for name in ("capabilities", "product", "site")})
        for link in root["links"].values():
            self.assertEqual(anonymous.get(link["href"]).status, 200, link)

    def test_without_history(self):
        anonymous, maint = self.clients(history="off")
        root = anonymous.get("").json
        self.assertNotIn("supports_history", root["capabilities"]["review_requests"])
        self.assertNotIn("diff_commits", root["uri_templates"])
        for path in ("validation/commits/", "review-requests/1/draft/diffs/1/draft-commits/", "review-requests/1/diffs/1/commits/",
                     "review-requests/1/draft/diffs/1/draft-commits/abc/"):
            self.fails(maint.get(path), 403, 101)
            # said to nobody as well, but behind the method
            self.fails(anonymous.get(path), 403, 101)
            self.assertEqual(maint.delete(path).status, 405)

    def test_the_connection(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", server.port), thimble.DEADLINE) as s:
            s.sendall(b"GET /reviews/api/info/ HTTP/1.1\r\nHost: tracker.example.org\r\nConnection: close\r\n\r\n")
            data = b"".join(iter(lambda: s.recv(65536), b""))
        self.assertRegex(data, re.compile(rb"\AHTTP/1\.1 200 OK\r\n.*Connection: close\r\n", re.S))
        self.assertTrue(data.endswith(b'"stat":"ok"}'))


if __name__ == "__main__":
    unittest.main()
