# SPDX-License-Identifier: MIT
"""A server with a repository and draft series, for the tests of the Review Board API's diffs and
commits.

    originals = database.Originals(review_case.FIXTURE)
    setUpModule, tearDownModule = originals.make, originals.drop

    class OnSqlite(review_case.Case):
        originals = originals
        kind = "sqlite"
"""
import os

import review
import thimble

FIXTURE = os.path.join(thimble.TOP, "tests", "http", "fixture.sql")
# the fixture's users; maint owns the review requests, sub may edit those of others
USERS = {"admin": 1, "maint": 2, "deleg": 3, "sub": 4, "other": 5}
API = "http://tracker.example.org/reviews/api/"

MESSAGES = {
    100: (404, "Object does not exist", "resource-does-not-exist"),
    101: (403, "You don't have permission for this", "resource-permission-denied"),
    102: (400, "Invalid attribute", "resource-attribute-invalid"),
    103: (401, "You are not logged in", "auth-not-logged-in"),
    104: (401, "The username or password was not correct", "auth-login-failed"),
    105: (400, "One or more fields had errors", "request-field-error"),
    206: (400, "The repository path specified is not in the list of known repositories.", None),
    207: (400, "The file was not found in the repository.", "repository-file-not-found"),
    219: (400, "The specified diff file is empty.", "diff-empty"),
    220: (400, "The specified diff file is too large.", "diff-too-large"),
    224: (400, "The specified diff file could not be parsed.", None),
}


def section(name, old, new, body=None, mode="100644"):
    """A change of one line of a file."""
    return ("diff --git a/%s b/%s\nindex %s..%s %s\n--- a/%s\n+++ b/%s\n%s" %
            (name, name, old, new, mode, name, name, body or "@@ -1 +1 @@\n-old\n+new\n")).encode()


def blob(letter):
    return letter * 40


class Case(thimble.TestCase):
    kind = "sqlite"
    originals = None
    settings = {}

    def setUp(self):
        self.database = self.originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.repository = review.add_repository(self.database, "compiler")
        review.add_right(self.database, USERS["sub"], "can_edit_reviewrequest")
        self.server = self.serve({"cache": {"size": "16M", "max_stale": "1h"}, **self.settings})
        self.clients = {}

    def serve(self, settings):
        server = thimble.Server(settings)
        self.addCleanup(server.stop)
        server.configure({"store": {"url": self.database.owner_url}})
        return server.start().wait_ready()

    def client(self, user="maint"):
        """None: anonymous."""
        if user not in self.clients:
            self.clients[user] = review.Client(self.server, user)
        return self.clients[user]

    @property
    def maint(self):
        return self.client("maint")

    def get(self, path, status=200, user="maint", **query):
        return review.want(self.client(user).get(path, query), status)

    def count(self, table, where="1 = 1"):
        return int(self.database.rows("SELECT count(*) FROM thimble_rb_%s WHERE %s" % (table, where))[0][0])

    def fails(self, answer, code, **beside):
        """The answer is that error, with nothing beside but that."""
        status, msg, kind = MESSAGES[code]
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.type, "error", answer)
        found = answer.json
        self.assertEqual(list(found), sorted(found))
        self.assertEqual(found.pop("stat"), "fail")
        error = found.pop("err")
        self.assertEqual((error["code"], error["msg"]), (code, msg), answer)
        if kind is not None:
            self.assertEqual(error["type"], kind)
        self.assertEqual(found, beside, answer)
        self.assertEqual(answer.headers["WWW-Authenticate"], review.REALM if status == 401 else None)
        self.assertEqual(answer.headers["Vary"], "Accept, Cookie")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIsNone(answer.headers["ETag"])

    def fields_fail(self, answer, **fields):
        self.fails(answer, 105, fields=fields)

    def started(self, client=None, base=None, **more):
        """A review request with an empty diff in its draft; its id and the revision."""
        client = client or self.maint
        request = review.new_request(client, more.pop("repository", self.repository), **more)["id"]
        return request, review.new_diff(client, request, base)["revision"]

    def posted(self, count=3, **more):
        """The same with commits in it; and they."""
        commits = review.synthetic(count)
        request, revision = self.started(**more)
        review.post_commits(self.maint, request, revision, commits)
        return request, revision, commits

    def finalized(self, count=3, **more):
        request, revision, commits = self.posted(count, **more)
        review.finalize(self.maint, request, revision, commits, review.cumulative(commits))
        return request, revision, commits

    def published(self, count=3):
        request, revision, commits = self.finalized(count)
        review.publish(self.maint, request, summary="A summary", description="A description", target_people="deleg")
        return request, revision, commits
