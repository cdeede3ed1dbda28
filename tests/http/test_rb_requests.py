# SPDX-License-Identifier: MIT
"""Repositories, review requests and their drafts, as the Review Board API has them
(reviewboard-api.md, 2.3 to 2.5): what is shown to whom, filters, fields and
what is wrong with them, publishing and why it fails, closing.  Diffs are put in by SQL here;
tests/http/test_rb_diffs.py is about them.
"""
import os
import re
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
# the fixture's users; maint owns the review requests here, sub may edit those of others, maint2 submit for others
USERS = {"admin": 1, "maint": 2, "deleg": 3, "sub": 4, "other": 5, "gone": 6, "maint2": 14}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Case(thimble.TestCase):
    kind = "sqlite"
    settings = {}

    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.public = review.add_repository(self.database, "compiler", mirror_path="https://mirror.example.org/compiler.git")
        self.private = review.add_repository(self.database, "secret", public=False, access=[USERS["deleg"]])
        review.add_right(self.database, USERS["sub"], "can_edit_reviewrequest")
        review.add_right(self.database, USERS["maint2"], "can_submit_as_another_user")
        self.server = self.serve({"cache": {"size": "16M", "max_stale": "1h"}, **self.settings})
        self.clients = {}

    def serve(self, settings):
        server = thimble.Server(settings)
        self.addCleanup(server.stop)
        server.configure({"store": {"url": self.database.owner_url}})
        return server.start().wait_ready()

    def client(self, user):
        """None: anonymous."""
        if user not in self.clients:
            self.clients[user] = review.Client(self.server, user)
        return self.clients[user]

    def get(self, path, user="maint", status=200, /, **query):
        return review.want(self.client(user).get(path, query), status)

    def post(self, path, fields=None, user="maint", status=201, **more):
        return review.want(self.client(user).post(path, fields, **more), status)

    def put(self, path, fields=None, user="maint", status=200, **more):
        return review.want(self.client(user).put(path, fields, **more), status)

    def fails(self, answer, status, code, **beside):
        """The answer is that error, with nothing beside but that."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.type, "error")
        found = answer.json
        self.assertEqual((found.pop("stat"), found.pop("err")["code"]), ("fail", code), answer)
        self.assertEqual(found, beside, answer)
        self.assertEqual(answer.headers["WWW-Authenticate"], review.REALM if status == 401 else None)
        self.assertEqual(answer.headers.get_all("Vary"), ["Accept, Cookie"])
        self.assertEqual(len(answer.headers.get_all("Content-Type") + answer.headers.get_all("Content-Length")), 2)
        self.assertIsNone(answer.headers["ETag"])

    def fields_fail(self, answer, **fields):
        self.fails(answer, 400, 105, fields=fields)

    def new(self, user="maint", **fields):
        return self.post("review-requests/", {"repository": self.public, **fields}, user=user)["review_request"]

    def published(self, user="maint", repository=None, **fields):
        """The id of one without a diff."""
        given = {} if repository == 0 else {"repository": repository or self.public}
        request = self.post("review-requests/", given, user=user)["review_request"]["id"]
        self.put("review-requests/%d/draft/" % request, {
            "summary": "A summary", "description": "A description", "target_people": "deleg", **fields, "public": 1}, user=user)
        return request

    def add_diffset(self, request, commits=0, finalized=False, revision=1):
        """A draft diff without files."""
        diffset = review.insert(
            self.database, "thimble_rb_diffset", request_id=request, repository_id=self.public, revision=revision,
            published=False, finalized=finalized, base_commit_id=None, name="diff", basedir="", changed=1700000000000000,
            extra_data="", series_id=None)
        for i in range(1, commits + 1):
            review.insert(
                self.database, "thimble_rb_commit", diffset_id=diffset, place=i, commit_id="%040x" % (diffset * 1000 + i),
                parent_id="%040x" % (diffset * 1000 + i - 1), message="commit %d\n" % i, author_name="Lin",
                author_email="lin@example.org", author_instant=1700000000, author_offset=0, committer_name=None,
                committer_email=None, committer_instant=None, committer_offset=None, filename="diff", extra_data="",
                changed=1700000000000000)
        return diffset


class Both:
    # ---- repositories

    def test_repository_item(self):
        answer = self.client(None).get("repositories/%d/" % self.public)
        self.assertEqual(answer.type, "repository")
        url = "http://tracker.example.org/reviews/api/repositories/%d/" % self.public
        self.assertEqual(answer.json, {"repository": {
            "id": self.public, "name": "compiler", "path": "https://git.example.org/compiler.git",
            "mirror_path": "https://mirror.example.org/compiler.git", "tool": "Git", "visible": True, "bug_tracker": "",
            "requires_basedir": False, "requires_change_number": False, "supports_post_commit": False, "extra_data": {},
            "links": {"self": {"href": url, "method": "GET"}, "info": {"href": url + "info/", "method": "GET"}}}, "stat": "ok"})
        info = self.client(None).get("repositories/%d/info/" % self.public)
        self.fails(info, 501, 209)
        for path in ("repositories/%d/", "repositories/%d/info/"):
            self.fails(self.client(None).get(path % 99999), 404, 100)
            self.fails(self.client(None).get(path % self.private), 401, 103)
            self.fails(self.client("other").get(path % self.private), 403, 101)
            for user in ("deleg", "admin"):
                self.assertIn(self.client(user).get(path % self.private).status, (200, 501), (path, user))

    def names(self, user="maint", /, **query):
        found = self.get("repositories/", user, **query)
        self.assertEqual(found["total_results"], len(found["repositories"]))
        return [r["name"] for r in found["repositories"]]

    def test_repository_list(self):
        hidden = review.add_repository(self.database, "attic", visible=False)
        self.assertEqual(self.names(None), ["compiler"])
        self.assertEqual(self.names("other"), ["compiler"])
        self.assertEqual(self.names("deleg"), ["compiler", "secret"])
        self.assertEqual(self.names("admin"), ["compiler", "secret"])
        self.assertEqual(self.get("repositories/%d/" % hidden, None)["repository"]["visible"], False)
        # one who comes to be on the list sees it at once
        review.insert(self.database, "thimble_rb_access", repository_id=self.private, user_id=USERS["other"])
        thimble.wait_until(lambda: self.names("other") == ["compiler", "secret"], "the new right")

    def test_repository_filters(self):
        review.add_repository(self.database, "Compass", path="https://git.example.org/a.git", mirror_path="shared")
        review.add_repository(self.database, "100%", path="shared")
        for query, want in [
                ({"name": "compiler"}, ["compiler"]), ({"name": "compiler,100%"}, ["compiler", "100%"]), ({"name": "Compiler"}, []),
                ({"name": ""}, []), ({"path": "https://git.example.org/compiler.git"}, ["compiler"]),
                ({"path": "https://mirror.example.org/compiler.git,nowhere"}, ["compiler"]),
                ({"path": "shared"}, ["Compass", "100%"]), ({"path": "compiler"}, []),
                ({"name-or-path": "compiler"}, ["compiler"]), ({"name-or-path": "shared"}, ["Compass", "100%"]),
                ({"tool": "git,perforce,subversion,tfs_git"}, ["compiler", "Compass", "100%"]),
                ({"tool": "Git,Perforce,Subversion", "name": "compiler"}, ["compiler"]), ({"tool": "perforce"}, []),
                ({"q": "COMP"}, ["compiler", "Compass"]), ({"q": "100"}, ["100%"]), ({"q": "%"}, []), ({"q": "_"}, []),
                ({"q": "ompi"}, []), ({"name": "secret"}, []), ({"path": ",".join("x%d" % i for i in range(400))}, [])]:
            self.assertEqual(self.names(**query), want, query)

    def test_repository_look_up_of_the_client(self):
        """As the stock client asks."""
        found = self.get("repositories/", **{
            "name": "compiler", "only-fields": "id,name,mirror_path,path", "only-links": "info,diff_file_attachments",
            "tool": "git,perforce,subversion,tfs_git"})
        self.assertEqual(found["total_results"], 1)
        item, = found["repositories"]
        self.assertEqual(sorted(item), ["id", "links", "mirror_path", "name", "path"])
        self.assertEqual(list(item["links"]), ["info"])

    def test_repository_pages(self):
        for i in range(3):
            review.add_repository(self.database, "r%d" % i)
        page = self.get("repositories/", **{"start": 1, "max-results": 2, "q": ""})
        self.assertEqual([r["name"] for r in page["repositories"]], ["r0", "r1"])
        self.assertEqual(page["total_results"], 4)
        url = "http://tracker.example.org/reviews/api/repositories/"
        self.assertEqual(page["links"]["next"]["href"], url + "?start=3&max-results=2&q=")
        self.assertEqual(page["links"]["prev"]["href"], url + "?start=0&max-results=2&q=")
        self.assertNotIn("create", page["links"])
        self.assertEqual(self.get("repositories/", **{"counts-only": 1}), {"count": 4, "stat": "ok"})

    # ---- a new review request

    def test_new(self):
        answer = self.client("maint").post("review-requests/", {
            "repository": self.public, "create_with_history": "True", "extra_data:json": '{"local_branch":"topic"}'})
        self.assertEqual((answer.status, answer.type), (201, "review-request"), answer)
        item = answer.json["review_request"]
        number = item["id"]
        site = "http://tracker.example.org/reviews/"
        url = site + "api/review-requests/%d/" % number
        for name in ("time_added", "last_updated"):
            self.assertRegex(item.pop(name), TIME)
        self.assertEqual(item.pop("links"), {
            "self": {"href": url, "method": "GET"}, "update": {"href": url, "method": "PUT"},
            "diffs": {"href": url + "diffs/", "method": "GET"}, "draft": {"href": url + "draft/", "method": "GET"},
            "submitter": {"href": site + "api/users/maint/", "method": "GET", "title": "maint"},
            "repository": {"href": site + "api/repositories/%d/" % self.public, "method": "GET", "title": "compiler"}})
        self.assertIsInstance(item.pop("approval_failure"), str)
        self.assertEqual(item, {
            "id": number, "summary": "", "description": "", "testing_done": "", "branch": "", "bugs_closed": [], "target_people": [],
            "target_groups": [], "depends_on": [], "blocks": [], "status": "pending", "public": False, "commit_id": None,
            "changenum": None, "created_with_history": True, "extra_data": {"local_branch": "topic"}, "approved": False,
            "issue_open_count": 0, "issue_dropped_count": 0, "issue_resolved_count": 0, "issue_verifying_count": 0,
            "ship_it_count": 0, "close_description": "", "description_text_type": "plain", "testing_done_text_type": "plain",
            "close_description_text_type": "plain", "text_type": None, "url": "/reviews/r/%d/" % number,
            "absolute_url": site + "r/%d/" % number})
        again = self.get("review-requests/%d/" % number)["review_request"]
        self.assertEqual({k: v for k, v in again.items() if k in item}, item)
        draft = self.get("review-requests/%d/draft/" % number)["draft"]
        self.assertEqual(draft["extra_data"], {"local_branch": "topic"})

    def test_new_without_repository(self):
        item = self.post("review-requests/")["review_request"]
        self.assertFalse(item["created_with_history"])
        self.assertNotIn("repository", item["links"])
        answer = self.client("maint").post("review-requests/", {"create_with_history": 1})
        self.fails(answer, 400, 105, reason="create_with_history requires a repository.")

    def test_new_names_its_repository(self):
        twin = review.add_repository(self.database, "twin", path="https://git.example.org/shared.git")
        other = review.add_repository(self.database, "https://git.example.org/shared.git", path="else")
        mirror = review.add_repository(self.database, "m", mirror_path="three"), review.add_repository(self.database, "n", mirror_path="three")
        third = review.add_repository(self.database, "third", path="three")
        seen = review.add_repository(self.database, "seen", path="half"), review.add_repository(self.database, "unseen", path="half", visible=False)
        for named, want in [(self.public, self.public), ("compiler", self.public), ("https://git.example.org/compiler.git", self.public),
                            ("https://mirror.example.org/compiler.git", self.public), ("https://git.example.org/shared.git", other),
                            ("twin", twin), ("three", third), ("half", seen[0]), (mirror[1], mirror[1])]:
            link = self.new(repository=named)["links"]["repository"]["href"]
            self.assertTrue(link.endswith("/repositories/%d/" % want), (named, link))
        for named in ("nowhere", "99999", "Compiler", "99999999999999999999999"):
            answer = self.client("maint").post("review-requests/", {"repository": named})
            self.fails(answer, 400, 206, repository=named)
        self.database.execute("UPDATE thimble_rb_repository SET path = 'else' WHERE id = %d" % third)
        answer = self.client("maint").post("review-requests/", {"repository": "three"})
        self.assertEqual((answer.status, answer.json["err"]["code"], answer.json["err"]["msg"]), (
            400, 206, 'Too many repositories matched "three". Try specifying the repository by name instead.'))
        for user, status in (("maint", 403), ("deleg", 201), ("admin", 201)):
            self.assertEqual(self.client(user).post("review-requests/", {"repository": "secret"}).status, status, user)

    def test_new_of_a_repository_without_history(self):
        plain = review.add_repository(self.database, "plain", history=False)
        answer = self.client("maint").post("review-requests/", {"repository": "plain", "create_with_history": "true"})
        self.fails(answer, 400, 105, reason='The "plain" repository does not support review requests created with history.')
        self.assertFalse(self.new(repository=plain, create_with_history="yes")["created_with_history"])

    def test_new_with_a_commit_id(self):
        first = self.new(commit_id="c" * 64)
        self.assertEqual(first["commit_id"], "c" * 64)
        self.assertEqual(self.get("review-requests/%d/draft/" % first["id"])["draft"]["commit_id"], "c" * 64)
        answer = self.client("maint").post("review-requests/", {"repository": self.public, "commit_id": "c" * 64})
        self.assertEqual(answer.code, 204)
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json["review_request"]["id"], first["id"])
        # it is not for others to see yet
        answer = self.client("other").post("review-requests/", {"repository": self.public, "commit_id": "c" * 64})
        self.fails(answer, 409, 204)
        elsewhere = review.add_repository(self.database, "elsewhere")
        self.new(repository=elsewhere, commit_id="c" * 64)
        self.assertIsNone(self.new(commit_id="")["commit_id"])
        self.assertIsNone(self.new(commit_id="")["commit_id"])
        answer = self.client("maint").post("review-requests/", {"repository": self.public, "commit_id": "c" * 65, "extra_data:json": "["})
        self.assertEqual(answer.code, 105)
        self.assertEqual(answer.json["fields"]["commit_id"], ["Ensure this value has at most 64 characters (it has 65)."])
        self.assertEqual(len(answer.json["fields"]["extra_data"]), 1)

    def test_new_for_another_user(self):
        answer = self.client("maint").post("review-requests/", {"repository": self.public, "submit_as": "sub"})
        self.fails(answer, 403, 101)
        self.assertEqual(self.new(submit_as="maint")["links"]["submitter"]["title"], "maint")
        for user in ("maint2", "admin"):
            self.assertEqual(self.new(user, submit_as="sub")["links"]["submitter"]["title"], "sub")
            for name in ("nobody-of-that-name", "gone"):
                self.fails(self.client(user).post("review-requests/", {"repository": self.public, "submit_as": name}), 400, 208)

    def test_new_needs_a_login(self):
        self.fails(self.client(None).post("review-requests/", {"repository": "nowhere", "commit_id": "x" * 99}), 401, 103)
        self.assertEqual(self.database.rows("SELECT count(*) FROM thimble_rb_request"), [["0"]])

    # ---- who sees what

    READERS = [None, "other", "deleg", "maint", "sub", "admin"]

    def test_rights(self):
        """Review requests and drafts, public and not, of a public repository and of another one, for everybody."""
        drafted, secret = self.new()["id"], None
        self.put("review-requests/%d/draft/" % drafted, {"target_people": "deleg"})
        public = self.published()
        self.post("review-requests/%d/draft/" % public)
        review.insert(self.database, "thimble_rb_access", repository_id=self.private, user_id=USERS["maint"])
        thimble.wait_until(lambda: self.names("maint") == ["compiler", "secret"], "the new right")
        secret = self.published(repository=self.private)
        nobody = 99999
        self.client("other").get("session/")
        owners = {"maint", "sub", "admin"}
        for user in self.READERS:
            login = user is not None
            denied = (403, 101) if login else (401, 103)
            owner = user in owners
            want = {
                "review-requests/%d/" % drafted: (200, None) if owner else denied,
                "review-requests/%d/" % public: (200, None),
                "review-requests/%d/" % secret: (200, None) if owner or user == "deleg" else denied,
                "review-requests/%d/" % nobody: (404, 100),
                "review-requests/99999999999999999999/": (404, 100),
                "review-requests/%d/draft/" % drafted: (200, None) if owner else denied,
                "review-requests/%d/draft/" % public: (200, None) if owner else denied,
                "review-requests/%d/draft/" % secret: (404, 100) if login else denied,
                "review-requests/%d/draft/" % nobody: (404, 100) if login else denied,
            }
            for path, (status, code) in want.items():
                for _ in range(2):
                    answer = self.client(user).get(path)
                    self.assertEqual((answer.status, answer.code if status != 200 else None), (status, code), (user, path, answer))
        for user, want in ((None, (401, 103)), ("other", (403, 101)), ("deleg", (403, 101)), ("sub", (200, None)), ("admin", (200, None))):
            for path in ("review-requests/%d/" % public, "review-requests/%d/draft/" % public):
                answer = self.client(user).put(path, {"branch": "x"})
                self.assertEqual((answer.status, answer.code if want[1] else None), want, (user, path, answer))
            answer = self.client(user).put("review-requests/%d/draft/" % nobody, {"summary": "a\nb"})
            self.assertEqual(answer.code, 103 if user is None else 100)

    # ---- the list

    def ids(self, user="maint", /, **query):
        found = self.get("review-requests/", user, **query)
        count = self.get("review-requests/", user, **{**query, "counts-only": "true"})
        self.assertEqual(count, {"count": found["total_results"], "stat": "ok"})
        return [r["id"] for r in found["review_requests"]]

    def set_updated(self, *ids):
        """In that order, the last one most recent."""
        for i, number in enumerate(ids):
            self.database.execute("UPDATE thimble_rb_request SET last_updated = %d WHERE id = %d" % (1700000000000000 + i, number))

    def test_list(self):
        a, b, c = self.published(), self.published("other"), self.published("sub")
        mine, theirs = self.new()["id"], self.new("other")["id"]
        self.set_updated(c, a, mine, b, theirs)
        see = lambda user, want, /, **query: thimble.wait_until(
            lambda: self.ids(user, **query) == want, lambda: "%s of %s %s, not %s" % (want, user, query, self.ids(user, **query)))
        see(None, [b, a, c])
        see("deleg", [b, a, c])
        see("maint", [b, mine, a, c])
        see("other", [theirs, b, a, c])
        see("admin", [b, a, c])
        everything = {"show-all-unpublished": 1}
        see("admin", [theirs, b, mine, a, c], **everything)
        see("sub", [b, a, c], **everything)
        see("admin", [b, a, c], **{"show-all-unpublished": 0})
        see("admin", [theirs, b], **everything, **{"from-user": "other"})
        see("maint", [b], **{"from-user": "other"})
        see("maint", [], **{"from-user": "nobody-of-that-name"})
        self.put("review-requests/%d/" % a, {"status": "discarded"})
        self.put("review-requests/%d/" % b, {"status": "submitted"}, user="other")
        self.set_updated(c, a, mine, b, theirs)
        see(None, [c])
        see(None, [c], status="pending")
        see(None, [a], status="discarded")
        see(None, [b], status="submitted")
        see(None, [b, a, c], status="all")
        see("maint", [b, mine, a, c], status="all")

    def test_list_filters(self):
        review.add_group(self.database, "reviewers")
        a = self.published(target_people="deleg,sub", branch="main")
        b = self.published(target_people="other", branch="topic", commit_id="abc")
        secret = self.published("admin", repository=self.private, target_people="deleg")
        loose = self.published(repository=0)
        unseen = self.new()["id"]
        self.put("review-requests/%d/draft/" % unseen, {"target_people": "sub"})
        for query, want in [
                ({"to-users": "sub"}, [a]), ({"to-users": "sub,other"}, [b, a]), ({"to-users": "maint"}, []), ({"branch": "topic"}, [b]),
                ({"commit-id": "abc"}, [b]), ({"commit-id": "ab"}, []), ({"repository": self.public}, [unseen, b, a]),
                ({"repository": self.private}, []), ({"repository": 99999}, []), ({"repository": 0}, []),
                ({"nonsense": "1", "review-request-id": "7"}, [unseen, loose, b, a])]:
            self.assertEqual(self.ids(**query), want, query)
        self.assertEqual(self.ids("deleg", repository=self.private), [secret])
        self.assertEqual(self.ids("admin", **{"to-users": "deleg"}), [loose, secret, a])
        answer = self.client("maint").get("review-requests/", {"repository": "x", "status": "open"})
        self.fields_fail(answer, repository=['"x" is not an integer'], status=['"open" is not a valid status'])

    def test_list_links_and_pages(self):
        ids = [self.published() for _ in range(3)]
        page = self.get("review-requests/", **{"start": 1, "max-results": 1, "status": "all"})
        self.assertEqual([r["id"] for r in page["review_requests"]], [ids[1]])
        url = "http://tracker.example.org/reviews/api/review-requests/"
        self.assertEqual(page["links"], {
            "create": {"href": url, "method": "POST"},
            "next": {"href": url + "?start=2&max-results=1&status=all", "method": "GET"},
            "prev": {"href": url + "?start=0&max-results=1&status=all", "method": "GET"},
            "self": {"href": url + "?start=1&max-results=1&status=all", "method": "GET"}})
        # as the stock client looks for where to post
        page = self.get("review-requests/", **{"max-results": 0, "only-links": "create"})
        self.assertEqual((page["review_requests"], page["total_results"], page["links"]["create"]["method"]), ([], 3, "POST"))
        answer = self.client("maint").get("review-requests/", {"start": "a", "max-results": "b"})
        self.fields_fail(answer, **{"start": ['"a" is not an integer'], "max-results": ['"b" is not an integer']})

    def test_list_with_drafts(self):
        """As the stock client asks for `rbt post -u` and `rbt status`."""
        public, fresh = self.published(), self.new(commit_id="abc")["id"]
        self.put("review-requests/%d/draft/" % fresh, {"summary": "Fresh"})
        query = {"expand": "draft", "from-user": "maint", "repository": self.public, "show-all-unpublished": 1, "status": "pending",
                 "only-fields": "absolute_url,bugs_closed,commit_id,description,draft,extra_data,id,public,status,summary,url,created_with_history",
                 "only-links": "diffs,draft"}
        found = {r["id"]: r for r in self.get("review-requests/", **query)["review_requests"]}
        self.assertEqual(sorted(found), sorted([public, fresh]))
        self.assertEqual(found[public]["draft"], [])
        draft, = found[fresh]["draft"]
        self.assertEqual((draft["summary"], draft["commit_id"]), ("Fresh", "abc"))
        self.assertEqual(list(found[fresh]["links"]), ["diffs"])
        self.assertEqual(found[fresh]["_expanded"]["draft"]["item_mimetype"], "application/vnd.reviewboard.org.review-request-draft+json")
        # another one's draft is not shown
        self.post("review-requests/%d/draft/" % public)
        for user, count in (("other", 0), ("deleg", 0), (None, 0), ("maint", 1), ("sub", 1), ("admin", 1)):
            item = self.get("review-requests/%d/" % public, user, expand="draft")["review_request"]
            self.assertEqual(len(item["draft"]), count, user)

    def test_expansions_of_one_object(self):
        request = self.published()
        item = self.get("review-requests/%d/" % request, expand="submitter,repository")["review_request"]
        self.assertEqual((item["submitter"]["username"], item["repository"]["name"]), ("maint", "compiler"))
        self.assertEqual([k for k in ("submitter", "repository") if k in item["links"]], [])

    # ---- drafts

    def test_draft_item(self):
        number = self.new()["id"]
        path = "review-requests/%d/draft/" % number
        answer = self.client("maint").put(path, {
            "summary": "Sümmary", "description": "First\n\nsecond\n", "testing_done": "none", "branch": "topic", "bugs_closed": "12, 34,,a b",
            "text_type": "markdown", "description_text_type": "plain", "trivial": 1, "nonsense": "x", "extra_data.key": "5"})
        self.assertEqual((answer.status, answer.type), (200, "review-request-draft"), answer)
        item = answer.json["draft"]
        self.assertRegex(item.pop("last_updated"), TIME)
        self.assertIsInstance(item.pop("id"), int)
        url = "http://tracker.example.org/reviews/api/review-requests/%d/" % number
        self.assertEqual(item.pop("links"), {
            "self": {"href": url + "draft/", "method": "GET"}, "update": {"href": url + "draft/", "method": "PUT"},
            "delete": {"href": url + "draft/", "method": "DELETE"}, "draft_diffs": {"href": url + "draft/diffs/", "method": "GET"},
            "review_request": {"href": url, "method": "GET", "title": "Sümmary"},
            "submitter": {"href": "http://tracker.example.org/reviews/api/users/maint/", "method": "GET", "title": "maint"}})
        self.assertEqual(item, {
            "summary": "Sümmary", "description": "First\n\nsecond\n", "testing_done": "none", "branch": "topic",
            "bugs_closed": ["12", "34", "a b"], "changedescription": "", "changedescription_text_type": "plain", "commit_id": None,
            "extra_data": {"key": 5}, "public": False, "target_people": [], "target_groups": [], "depends_on": [],
            "description_text_type": "plain", "testing_done_text_type": "plain", "text_type": None})
        # the review request says nothing of it
        self.assertEqual(self.get("review-requests/%d/" % number)["review_request"]["summary"], "")
        # a field that is not sent stays, one that is empty is emptied
        item = self.put(path, {"summary": "", "extra_data:json": '{"key": null, "__own": 1, "a": [1]}'})["draft"]
        self.assertEqual((item["summary"], item["description"], item["extra_data"]), ("", "First\n\nsecond\n", {"a": [1]}))

    def test_draft_is_made_when_it_is_needed(self):
        number = self.published(summary="As it was", branch="b", bugs_closed="1", target_people="sub,deleg", depends_on="")
        path = "review-requests/%d/draft/" % number
        for method, status in (("POST", 201), ("PUT", 200)):
            self.fails(self.client("maint").get(path), 404, 100)
            answer = self.client("maint").request(method, path)
            self.assertEqual(answer.status, status, answer)
            draft = answer.json["draft"]
            self.assertEqual((draft["summary"], draft["branch"], draft["bugs_closed"], [p["title"] for p in draft["target_people"]]),
                             ("As it was", "b", ["1"], ["sub", "deleg"]))
            self.assertEqual(self.client("maint").request(method, path).json["draft"]["id"], draft["id"])
            answer = self.client("maint").delete(path)
            self.assertEqual((answer.status, answer.body), (204, b""))
        self.fails(self.client("maint").delete(path), 404, 100)
        self.assertEqual(self.get("review-requests/%d/" % number)["review_request"]["target_people"][0]["title"], "sub")

    def test_draft_post_of_the_client(self):
        number = self.new()["id"]
        answer = self.post("review-requests/%d/draft/" % number, {"only_fields": "", "only_links": "draft_diffs"})
        url = "http://tracker.example.org/reviews/api/review-requests/%d/draft/diffs/" % number
        self.assertEqual(answer, {"draft": {"links": {"draft_diffs": {"href": url, "method": "GET"}}}, "stat": "ok"})
        answer = self.get("review-requests/%d/draft/" % number, **{"only-fields": "commit_id"})["draft"]
        self.assertEqual(sorted(answer), ["commit_id", "links"])
        self.assertIn("update", answer["links"])

    def test_draft_is_discarded_with_its_diff(self):
        number = self.new()["id"]
        self.add_diffset(number, commits=2)
        answer = self.client("maint").delete("review-requests/%d/draft/" % number)
        self.assertEqual(answer.status, 204)
        for table in ("draft", "target", "diffset", "commit"):
            self.assertEqual(self.database.rows("SELECT count(*) FROM thimble_rb_" + table), [["0"]], table)
        self.assertFalse(self.get("review-requests/%d/" % number)["review_request"]["public"])

    def test_draft_fields_that_are_wrong(self):
        number = self.new()["id"]
        path = "review-requests/%d/draft/" % number
        self.put(path, {"summary": "before"})
        client = self.client("maint")
        too_long = "Ensure this value has at most 300 characters (it has 301)."
        self.fields_fail(client.put(path, {"summary": "a\nb"}), summary=["The summary can't contain a newline"])
        self.fields_fail(client.put(path, {"summary": "ü" * 301, "branch": "b" * 301, "bugs_closed": "1" * 301}),
                         summary=[too_long], branch=[too_long], bugs_closed=[too_long])
        self.fields_fail(client.put(path, {"commit_id": "c" * 65}),
                         commit_id=["Ensure this value has at most 64 characters (it has 65)."])
        self.fields_fail(client.put(path, {"changedescription": "x"}),
                         changedescription=["Change descriptions cannot be used for drafts of new review requests"])
        self.fields_fail(client.put(path, {"description": "a\0b", "testing_done": "\0"}),
                         description=["Null characters are not allowed."], testing_done=["Null characters are not allowed."])
        answer = client.put(path, {"extra_data:json": "[1]"})
        self.assertEqual(list(answer.json["fields"]), ["extra_data"])
        # the rest of such a request is not done either
        self.fields_fail(client.put(path, {"summary": "after", "target_people": "deleg,nobody-a,nobody-b", "target_groups": "none",
                                           "depends_on": "99999,x, %d" % number}),
                         target_people=["nobody-a", "nobody-b"], target_groups=["none"], depends_on=["99999", "x", str(number)])
        draft = self.get(path)["draft"]
        self.assertEqual((draft["summary"], draft["target_people"]), ("before", []))
        self.assertEqual(self.put(path, {"summary": "ü" * 300, "bugs_closed": ",".join("1" * 150)})["draft"]["summary"], "ü" * 300)

    def test_draft_targets(self):
        review.add_group(self.database, "Core Team")
        blocked, number = self.published(summary="needed"), self.new()["id"]
        path = "review-requests/%d/draft/" % number
        site = "http://tracker.example.org/reviews/api/"
        draft = self.put(path, {"target_people": " sub, deleg,sub,", "target_groups": "Core Team", "depends_on": "0%d,%d" % (blocked, blocked)})["draft"]
        self.assertEqual(draft["target_people"], [{"href": site + "users/sub/", "method": "GET", "title": "sub"},
                                                  {"href": site + "users/deleg/", "method": "GET", "title": "deleg"}])
        self.assertEqual([g["title"] for g in draft["target_groups"]], ["Core Team"])
        self.assertEqual(draft["depends_on"], [{"href": site + "review-requests/%d/" % blocked, "method": "GET", "title": "needed"}])
        draft = self.put(path, {"target_people": "deleg,sub", "target_groups": ""})["draft"]
        self.assertEqual([p["title"] for p in draft["target_people"]], ["deleg", "sub"])
        self.assertEqual((draft["target_groups"], len(draft["depends_on"])), ([], 1))
        # inactive users review nothing; one more than may be named
        self.fields_fail(self.client("maint").put(path, {"target_people": "gone"}), target_people=["gone"])
        answer = self.client("maint").put(path, {"depends_on": ",".join(str(90000 + i) for i in range(101))})
        self.assertEqual(len(answer.json["fields"]["depends_on"]), 101)
        # seen from both sides once it is published
        self.assertEqual(self.get("review-requests/%d/" % blocked)["review_request"]["blocks"], [])
        self.put(path, {"summary": "needs it", "description": "d", "public": "True"})
        self.assertEqual(self.get("review-requests/%d/" % blocked)["review_request"]["blocks"],
                         [{"href": site + "review-requests/%d/" % number, "method": "GET", "title": "needs it"}])
        self.assertEqual([d["title"] for d in self.get("review-requests/%d/" % number)["review_request"]["depends_on"]], ["needed"])

    def test_urls_of_names_with_a_space(self):
        """A '+' in a path is no space: one user has one URL wherever it is shown, and it leads to them."""
        names = ["a b+c", "ü@example.org", "100%", "x?y#z"]
        for name, user in zip(names, ("deleg", "sub", "other", "maint2")):
            self.database.execute("UPDATE auth_user SET username = %s WHERE id = %d" % (review.quote(name), USERS[user]))
        review.add_group(self.database, "Core Team+")
        site = "http://tracker.example.org/reviews/api/"
        urls = [site + "users/%s/" % name for name in ("a%20b+c", "%C3%BC@example.org", "100%25", "x%3Fy%23z")]
        listed = {user["username"]: user["links"]["self"]["href"] for user in self.get("users/", **{"max-results": 100})["users"]}
        self.assertEqual([listed[name] for name in names], urls)
        path = "review-requests/%d/draft/" % self.new()["id"]
        draft = self.put(path, {"target_people": ",".join(names), "target_groups": "Core Team+"})["draft"]
        self.assertEqual([person["href"] for person in draft["target_people"]], urls)
        self.assertEqual([group["href"] for group in draft["target_groups"]], [site + "groups/Core%20Team+/"])
        for name, url in zip(names, urls):
            self.assertEqual(self.get(url[len(site):])["user"]["username"], name)
            number = self.new("admin", submit_as=name)["id"]
            submitter = self.get("review-requests/%d/" % number, "admin")["review_request"]["links"]["submitter"]
            self.assertEqual((submitter["href"], submitter["title"]), (url, name))

    def test_summary_of_what_one_may_not_read(self):
        """A link to a review request of a repository that is not public does not tell its summary."""
        secret = self.published("admin", repository=self.private, summary="top secret")
        number = self.new("admin")["id"]
        self.put("review-requests/%d/draft/" % number, {"summary": "s", "description": "d", "target_people": "sub", "depends_on": secret, "public": 1}, user="admin")
        answer = self.client("other").get("review-requests/%d/" % number)
        self.assertNotIn(b"top secret", answer.body)
        # and nobody can depend on what is hidden from them
        mine = self.new()["id"]
        self.fields_fail(self.client("maint").put("review-requests/%d/draft/" % mine, {"depends_on": secret}), depends_on=[str(secret)])

    def test_draft_with_a_commit_id_that_is_taken(self):
        first, second = self.published(commit_id="abc"), self.new()["id"]
        answer = self.client("maint").put("review-requests/%d/draft/" % second, {"commit_id": "abc", "summary": "x"})
        self.assertEqual((answer.status, answer.code, answer.json["review_request"]["id"]), (409, 204, first))
        self.assertEqual(self.get("review-requests/%d/draft/" % second)["draft"]["summary"], "")
        self.put("review-requests/%d/draft/" % first, {"commit_id": "abc"})

    # ---- publishing

    def test_publish_with_a_commit_id_that_was_taken_meanwhile(self):
        number = self.new()["id"]
        path = "review-requests/%d/" % number
        self.put(path + "draft/", {"commit_id": "abc", "summary": "S", "description": "D", "target_people": "deleg"})
        taker = self.new(commit_id="abc")["id"]
        answer = self.client("maint").put(path + "draft/", {"branch": "b", "public": 1})
        self.assertEqual((answer.status, answer.code, answer.json["review_request"]["id"]), (409, 204, taker))
        self.assertEqual(self.get(path + "draft/")["draft"]["branch"], "b")
        self.assertFalse(self.get(path)["review_request"]["public"])
        self.assertTrue(self.put(path + "draft/", {"commit_id": "", "public": 1}))

    def test_publish(self):
        number = self.new()["id"]
        path = "review-requests/%d/" % number
        draft = self.put(path + "draft/", {"summary": "S", "description": "D", "testing_done": "T", "branch": "B", "bugs_closed": "1,2",
                                           "target_people": "deleg", "extra_data.a": "1", "commit_id": "abc", "public": "True"})["draft"]
        self.assertEqual((draft["summary"], draft["public"], [p["title"] for p in draft["target_people"]]), ("S", False, ["deleg"]))
        self.fails(self.client("maint").get(path + "draft/"), 404, 100)
        item = self.get(path, None)["review_request"]
        self.assertEqual([item[k] for k in ("summary", "description", "testing_done", "branch", "bugs_closed", "public", "status", "extra_data", "commit_id")],
                         ["S", "D", "T", "B", ["1", "2"], True, "pending", {"a": 1}, "abc"])
        self.assertEqual([p["title"] for p in item["target_people"]], ["deleg"])
        self.assertNotIn("latest_diff", item["links"])
        self.assertEqual(self.database.rows("SELECT count(*) FROM patchwork_series WHERE id > 1000"), [["0"]])
        # an update that changes fields only
        self.put(path + "draft/", {"changedescription": "Better words", "summary": "S2", "public": 1})
        self.assertEqual(self.get(path, None)["review_request"]["summary"], "S2")

    def publish_fails(self, number, message=None, **fields):
        answer = self.client("maint").put("review-requests/%d/draft/" % number, {**fields, "public": True})
        if message is None:
            self.fails(answer, 400, 211)
            return
        self.assertEqual((answer.status, answer.json["err"]["code"], answer.json["err"]["msg"]), (500, 225, "Error publishing: " + message))

    def test_publish_errors_in_order(self):
        number = self.new(create_with_history=1)["id"]
        diffset = self.add_diffset(number)
        self.publish_fails(number, "There must be at least one reviewer before this review request can be published.")
        self.publish_fails(number, "The draft must have a summary.", target_people="deleg")
        # the fields that came with it stay
        self.assertEqual(len(self.get("review-requests/%d/draft/" % number)["draft"]["target_people"]), 1)
        self.publish_fails(number, "The draft must have a description.", summary="S")
        self.publish_fails(number, "There are no commits attached to the diff.", description="D")
        self.database.execute("DELETE FROM thimble_rb_diffset WHERE id = %d" % diffset)
        self.add_diffset(number, commits=1)
        self.publish_fails(number, "This commit series is not finalized.")
        self.assertFalse(self.get("review-requests/%d/" % number)["review_request"]["public"])
        self.assertEqual(self.get("review-requests/%d/draft/" % number)["draft"]["summary"], "S")
        # what is wrong with a field comes first, and nothing is published
        answer = self.client("maint").put("review-requests/%d/draft/" % number, {"target_people": "nobody-a", "public": 1})
        self.fields_fail(answer, target_people=["nobody-a"])

    def test_publish_nothing(self):
        number = self.published()
        self.publish_fails(number)
        self.publish_fails(number, target_people="deleg", summary="A summary")
        # before the other reasons
        self.publish_fails(number, "There must be at least one reviewer before this review request can be published.",
                           target_people="", summary="")
        self.assertEqual(self.get("review-requests/%d/" % number)["review_request"]["target_people"][0]["title"], "deleg")

    # ---- closing

    def test_close_and_reopen(self):
        number = self.published()
        path = "review-requests/%d/" % number
        item = self.put(path, {"status": "submitted", "close_description": "Landed as 0123456789ab"})["review_request"]
        self.assertEqual((item["status"], item["close_description"]), ("submitted", "Landed as 0123456789ab"))
        self.assertEqual(self.put(path, {"close_description": "again"})["review_request"]["close_description"], "again")
        item = self.put(path, {"status": "pending"})["review_request"]
        self.assertEqual((item["status"], item["close_description"], item["public"]), ("pending", "", True))
        item = self.put(path, {"status": "discarded", "description": "No longer"}, user="sub")["review_request"]
        self.assertEqual((item["status"], item["close_description"]), ("discarded", "No longer"))
        # going on with it opens it again
        self.put(path + "draft/", {"summary": "x"})
        self.assertEqual(self.get(path)["review_request"]["status"], "discarded")
        self.post(path + "draft/")
        self.assertEqual(self.get(path)["review_request"]["status"], "pending")
        self.fields_fail(self.client("maint").put(path, {"status": "all"}), status=['"all" is not a valid status'])
        self.fields_fail(self.client("maint").put(path, {"status": "submitted", "close_description": "\0"}),
                         close_description=["Null characters are not allowed."])
        self.assertEqual(self.put(path, {"extra_data.note": "true", "summary": "not here"})["review_request"]["extra_data"], {"note": True})
        self.assertEqual(self.get(path)["review_request"]["summary"], "A summary")

    def states(self, series):
        return self.database.rows("SELECT s.slug, p.commit_ref FROM patchwork_patch p JOIN patchwork_state s ON s.id = p.state_id "
                                  "WHERE p.series_id = %d ORDER BY p.number" % series)

    def series_of(self, request):
        return [int(row[0]) for row in self.database.rows(
            "SELECT series_id FROM thimble_rb_diffset WHERE request_id = %d AND published ORDER BY revision" % request)]

    def test_patches_follow(self):
        """What becomes of a review request becomes of the patches of its latest version."""
        commits = review.synthetic(2)
        number, _ = review.post_series(self.client("maint"), commits, review.cumulative(commits), repository=self.public, target_people="deleg")
        path = "review-requests/%d/" % number
        series, = self.series_of(number)
        self.assertEqual(self.states(series), [["new", ""]] * 2)
        item = self.get(path, None)["review_request"]
        self.assertTrue(item["links"]["latest_diff"]["href"].endswith("/diffs/1/"))
        self.put(path, {"status": "submitted", "close_description": "Landed as 0123456789abcdef."})
        self.assertEqual(self.states(series), [["accepted", "0123456789abcdef"]] * 2)
        self.put(path, {"status": "pending"})
        self.assertEqual([row[0] for row in self.states(series)], ["new"] * 2)
        self.put(path, {"status": "discarded"})
        self.assertEqual([row[0] for row in self.states(series)], ["rejected"] * 2)
        self.post(path + "draft/")
        self.assertEqual([row[0] for row in self.states(series)], ["new"] * 2)
        review.post_series(self.client("maint"), commits, review.cumulative(commits), request_id=number, changedescription="again")
        old, new = self.series_of(number)
        self.assertEqual([row[0] for row in self.states(old) + self.states(new)], ["superseded"] * 2 + ["new"] * 2)
        self.put(path, {"status": "discarded"})
        self.assertEqual([row[0] for row in self.states(old) + self.states(new)], ["superseded"] * 2 + ["rejected"] * 2)

    def test_two_take_one_commit_id(self):
        """At the same time, often: one is made, all others are told of it."""
        self.get("session/")
        for i in range(5):
            answers, threads = [], []
            for _ in range(4):
                client = review.Client(self.server, "maint")
                client.cookies = dict(self.client("maint").cookies)
                threads.append(threading.Thread(target=lambda c=client: answers.append(
                    c.post("review-requests/", {"repository": self.public, "commit_id": "id%d" % i}))))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            made = [a.json["review_request"]["id"] for a in answers if a.status == 201]
            self.assertEqual(len(made), 1, answers)
            self.assertEqual([(a.code, a.json["review_request"]["id"]) for a in answers if a.status != 201], [(204, made[0])] * 3)

    def test_close_what_was_never_published(self):
        number = self.new()["id"]
        answer = self.client("maint").put("review-requests/%d/" % number, {"status": "submitted"})
        self.assertEqual((answer.status, answer.code), (500, 225))
        self.assertEqual(self.get("review-requests/%d/" % number)["review_request"]["status"], "pending")
        self.assertEqual(self.put("review-requests/%d/" % number, {"status": "discarded"})["review_request"]["status"], "discarded")

    # ---- what is kept

    def test_a_write_answered_is_a_write_seen(self):
        """Each answer that was kept is, after each write, the one of a server that keeps nothing."""
        plain = self.serve({"cache": {"size": "0"}})
        review.add_group(self.database, "reviewers")
        first, second = self.published(), self.new()["id"]
        # the writer's own draft comes first: others hear of it a moment later anyway
        reads = ["review-requests/%d/draft/" % second, "repositories/", "review-requests/", "review-requests/?status=all&expand=draft", "review-requests/?branch=next",
                 "review-requests/?to-users=sub", "review-requests/?from-user=maint&counts-only=1",
                 *["review-requests/%d/%s" % (n, t) for n in (first, second) for t in ("", "?expand=draft,repository,submitter", "draft/")]]
        writes = [("PUT", "review-requests/%d/draft/" % second, {"summary": "S", "description": "D", "branch": "next"}),
                  ("PUT", "review-requests/%d/draft/" % second, {"target_people": "sub", "depends_on": first}),
                  ("PUT", "review-requests/%d/draft/" % second, {"public": 1}),
                  ("POST", "review-requests/%d/draft/" % first, {"target_groups": "reviewers", "target_people": "sub"}),
                  ("PUT", "review-requests/%d/draft/" % first, {"public": 1}),
                  ("PUT", "review-requests/%d/" % first, {"status": "submitted"}),
                  ("PUT", "review-requests/%d/" % second, {"extra_data.x": "y"}),
                  ("PUT", "review-requests/%d/draft/" % second, {"depends_on": "", "public": 1}),
                  ("POST", "review-requests/", {"repository": self.public}),
                  ("PUT", "review-requests/%d/draft/" % first, {"description": "other"}),
                  ("DELETE", "review-requests/%d/draft/" % first, None)]
        users = ("maint", None, "deleg", "admin")
        bare = {user: review.Client(plain, user) for user in users}
        for user in users:
            self.client(user).get("session/")
            bare[user].get("session/")
        hits = changed = revalidated = 0
        for method, path, fields in writes:
            before = {}
            for user in users:
                for read in reads:
                    self.client(user).get(read)
                    again = self.client(user).get(read, Cache_Status="?1")
                    hits += "hit" in (again.headers["Cache-Status"] or "")
                    before[user, read] = again
                    if again.status == 200:
                        same = self.client(user).get(read, If_None_Match=again.headers["ETag"])
                        self.assertEqual((same.status, same.body, same.headers["ETag"]), (304, b"", again.headers["ETag"]), (user, read))
                        self.assertEqual(same.headers["Vary"], "Accept, Cookie")
            answer = self.client("maint").request(method, path, fields=fields)
            self.assertIn(answer.status, (200, 201, 204), (method, path, fields, answer))
            for user in users:
                for read in reads:
                    got = self.client(user).get(read, If_None_Match=before[user, read].headers["ETag"] or "x")
                    want = bare[user].get(read)
                    if got.status == 304:
                        revalidated += 1
                        self.assertEqual(before[user, read].body, want.body, (method, path, fields, user, read))
                        continue
                    self.assertEqual((got.status, got.body), (want.status, want.body), (method, path, fields, user, read))
                    changed += got.body != before[user, read].body
        # the test would prove nothing if there was nothing to be seen
        self.assertGreater(hits, len(writes) * len(reads))
        self.assertGreater(changed, 3 * len(writes))
        self.assertGreater(revalidated, len(writes))

    def test_what_others_write_is_seen(self):
        """Rows that another program changes."""
        number = self.published()
        path = "review-requests/%d/" % number
        item = lambda: self.get(path, None)["review_request"]
        before = item()
        for sql, key, want in [
                ("UPDATE thimble_rb_request SET summary = 'Else' WHERE id = %d" % number, "summary", "Else"),
                ("UPDATE auth_user SET username = 'delegate' WHERE id = 3", "target_people", "delegate"),
                ("UPDATE thimble_rb_target SET target_id = 4 WHERE request_id = %d" % number, "target_people", "sub"),
                ("UPDATE thimble_rb_repository SET name = 'cc' WHERE id = %d" % self.public, "links", "cc"),
                ("UPDATE auth_user SET username = 'mainer' WHERE id = 2", "links", "mainer")]:
            self.assertNotIn(want, str(before[key]))
            self.database.execute(sql)
            thimble.wait_until(lambda: want in str(item()[key]), sql)
            before = item()


class Plain(Case):
    """Without series of commits."""
    settings = {"reviewboard": {"history": "off"}}

    def test_no_history(self):
        item = self.new()
        for shown in (item, self.get("review-requests/%d/" % item["id"])["review_request"],
                      self.get("review-requests/")["review_requests"][0]):
            self.assertNotIn("created_with_history", shown)
        answer = self.client("maint").post("review-requests/", {"repository": self.public, "create_with_history": 1})
        self.fails(answer, 400, 105, reason='The "compiler" repository does not support review requests created with history.')


class Sqlite(Both, Case):
    kind = "sqlite"


class Postgresql(Both, Case):
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
