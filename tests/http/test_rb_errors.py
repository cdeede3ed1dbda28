# SPDX-License-Identifier: MIT
"""The errors of the Review Board API: each line of its table with the whole body (reviewboard-api.md, 1.5), and
which one is said of two.

For the order there are requests with many faults at once, which are cured one after the other: at each step
the answer is the first that is left, though all later ones are still there.
"""
import hashlib
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import review_case
import thimble
from review_case import blob, section

LIMIT = 2 << 20
PAST, FUTURE = 1000000, 1 << 61
NO_REPOSITORY = "This review request was created as attachments-only, with no repository."
NO_HISTORY = ("This review request was not created with support for multiple commits.\n\n"
              "Use the draft_diff resource to upload diffs instead. See the draft_diff link on the parent resource for the URL.")
NO_DRAFT = "Review request draft does not exist."
NO_DIFF = "An empty diff must be created first."
FINALIZED = "The diff has already been finalized."
PARSE = "This does not appear to be a git diff"
UNSPLIT = ('Unable to parse the "diff --git" line for this file, due to the use of filenames with spaces or --no-prefix, --src-prefix, or '
           "--dst-prefix options.")
NO_NAMES = b"diff --git a b c d\nindex 1111111..2222222 100644\n"

# code: status and "err", as the table of the specification has them
TABLE = {
    100: (404, {"code": 100, "msg": "Object does not exist", "type": "resource-does-not-exist"}),
    101: (403, {"code": 101, "msg": "You don't have permission for this", "type": "resource-permission-denied"}),
    102: (400, {"code": 102, "msg": "Invalid attribute", "type": "resource-attribute-invalid"}),
    103: (401, {"code": 103, "msg": "You are not logged in", "type": "auth-not-logged-in"}),
    104: (401, {"code": 104, "msg": "The username or password was not correct", "type": "auth-login-failed"}),
    105: (400, {"code": 105, "msg": "One or more fields had errors", "type": "request-field-error"}),
    112: (403, {"code": 112, "msg": "Your OAuth2 token lacks the necessary scopes for this request.", "type": "auth-oauth2-missing-scope"}),
    113: (403, {"code": 113, "msg": "OAuth2 token access for this resource is prohibited.", "type": "auth-oauth2-access-denied"}),
    114: (429, {"code": 114, "msg": "API rate limit has been exceeded.", "type": "request-rate-limit-exceeded"}),
    207: (400, {"code": 207, "msg": "The file was not found in the repository.", "type": "repository-file-not-found"}),
    219: (400, {"code": 219, "msg": "The specified diff file is empty.", "type": "diff-empty"}),
    220: (400, {"code": 220, "msg": "The specified diff file is too large.", "type": "diff-too-large"}),
}
# of these the specification does not give the type
OTHERS = {
    204: (409, "The commit ID specified has already been used."),
    206: (400, "The repository path specified is not in the list of known repositories."),
    208: (400, "User does not exist."),
    209: (501, "The specified repository is not able to perform this action."),
    211: (400, "You attempted to publish a review request without any modifications."),
    224: (400, "The specified diff file could not be parsed."),
    225: (500, None),
    233: (503, "The site is currently in read-only mode."),
}

originals = database.Originals(review_case.FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


def sorted_pairs(pairs):
    assert [k for k, _ in pairs] == sorted(k for k, _ in pairs), pairs
    return dict(pairs)


class Both:
    def token(self, value, policy=None, scopes=None, expires=None):
        review.insert(self.database, "thimble_rb_token", digest=hashlib.sha256(value.encode()).hexdigest(), note="", created=PAST,
                      user_id=review_case.USERS["maint"], expires=expires, invalid_since=None,
                      policy=json.dumps(policy) if policy is not None else "", scopes=scopes)
        return value

    def with_header(self, authorization, server=None):
        return review.Client(server or self.server, authorization=authorization)

    def limited(self, ask, before):
        """The answer that is not `before` any more; a minute, after which all are counted anew, may end in between."""
        for _ in range(4):
            answer = ask()
            if answer.status != before:
                return answer
        return answer

    def error(self, answer, code, msg=None, **beside):
        """The answer is that error and nothing else, to the last byte of what is not white space."""
        found = json.loads(answer.body, object_pairs_hook=sorted_pairs)
        if code in TABLE:
            status, err = TABLE[code]
        else:
            status, err = OTHERS[code][0], {"code": code, "msg": OTHERS[code][1], "type": found.get("err", {}).get("type")}
            self.assertRegex(err["type"], r"\A[a-z]+(-[a-z]+)*\Z")
        if msg is not None:
            err = {**err, "msg": msg}
        self.assertEqual((answer.status, found), (status, {"err": err, "stat": "fail", **beside}), answer)
        headers = answer.headers
        self.assertEqual(headers["Content-Type"], "application/vnd.reviewboard.org.error+json")
        self.assertEqual((headers["Vary"], headers["X-Content-Type-Options"]), ("Accept, Cookie", "nosniff"))
        self.assertEqual(headers["WWW-Authenticate"], 'Basic realm="Web API"' if status == 401 else None)
        for name in ("ETag", "Last-Modified", "Item-Content-Type"):
            self.assertNotIn(name, headers)

    def post(self, target, client=None, commit=None, files=None, info=None, **changed):
        """A good commit, but for what is changed; None: not sent."""
        commit = commit or review.synthetic(1)[0]
        fields = {**commit.fields(info), **changed}
        files = {"diff": commit.diff, **(files or {})}
        return (client or self.maint).post(review.draft_commits(*target), {k: v for k, v in fields.items() if v is not None},
                                           {k: v for k, v in files.items() if v is not None})

    def squashed(self):
        return review.new_request(self.maint, self.repository, history=False)["id"]

    # ---- the table

    def test_100(self):
        request, revision, commits = self.posted(1)
        bare = review.new_request(self.maint, self.repository)["id"]
        item = review.draft_commits(request, revision) + commits[0].id + "/"
        for path in ("nothing/", "review-requests/99999/", review.draft_commits(99999, 1), review.draft_commits(request, 9),
                     review.draft_commits(bare, 1), item.replace(commits[0].id, "abc"), "review-requests/%d/diffs/1/" % request,
                     "review-requests/%d/draft/diffs/1/files/99999/" % request, "users/nosuch/", "repositories/99999/"):
            self.error(self.maint.get(path), 100)
        self.error(self.maint.put(item.replace(commits[0].id, "abc"), {"extra_data.a": 1}), 100)
        self.error(self.post((99999, 1)), 100)
        self.error(self.post((bare, 1)), 100, reason=NO_DIFF)
        self.error(self.post((request, 9), commit=review.synthetic(2)[1]), 100, reason=NO_DIFF)
        self.assertEqual(self.maint.delete("review-requests/%d/draft/" % bare).status, 204)
        self.error(self.post((bare, 1)), 100, reason=NO_DRAFT)
        self.error(self.maint.get("review-requests/%d/draft/" % bare), 100)

    def test_101(self):
        request, revision, commits = self.posted(1)
        other, path = self.client("other"), review.draft_commits(request, revision)
        for answer in (other.get(path), other.get(path + commits[0].id + "/"), self.post((request, revision), other),
                       other.put(path + commits[0].id + "/", {"extra_data.a": 1}), other.get("review-requests/%d/" % request),
                       other.get("review-requests/%d/draft/" % request), other.put("review-requests/%d/draft/" % request, {"summary": "x"}),
                       other.get(path + commits[0].id + "/", Accept="text/x-patch")):
            self.error(answer, 101)

    def test_102(self):
        request, revision, commits = self.finalized(1)
        self.error(self.post((request, revision), commit=review.synthetic(2)[1]), 102, reason=FINALIZED)
        plain = review.want(self.maint.post("review-requests/"), 201)["review_request"]["id"]
        self.error(self.post((plain, 1)), 102, reason=NO_REPOSITORY)
        self.error(self.maint.post("review-requests/%d/draft/diffs/" % plain), 102, reason=NO_REPOSITORY)
        self.error(self.post((self.squashed(), 1)), 102, reason=NO_HISTORY)
        self.error(self.maint.put("review-requests/%d/draft/diffs/1/" % request, {"finalize_commit_series": 1, "validation_info": "e30="},
                                  {"cumulative_diff": commits[0].diff}), 102, reason="This diff is already finalized.")
        empty, revision = self.started()
        self.error(self.maint.put("review-requests/%d/draft/diffs/1/" % empty, {"finalize_commit_series": 1, "validation_info": "e30="},
                                  {"cumulative_diff": commits[0].diff}), 102, reason="Cannot finalize an empty commit series.")

    def test_103(self):
        request, revision, commits = self.posted(1)
        path = review.draft_commits(request, revision)
        for client in (self.client(None), self.with_header("Digest username=maint")):
            for answer in (client.get(path), client.get(path + commits[0].id + "/"), self.post((request, revision), client),
                           client.put(path + commits[0].id + "/", {"extra_data.a": 1}), client.get("review-requests/%d/" % request),
                           client.post("review-requests/"), client.delete("review-requests/%d/draft/" % request)):
                self.error(answer, 103)

    def test_104(self):
        request, revision, commits = self.posted(1)
        path = review.draft_commits(request, revision)
        clients = [review.Client(self.server, "maint", "wrong"), review.Client(self.server, "nosuch"), self.with_header("token abc"),
                   self.with_header("Bearer abc"), self.with_header("Basic %")]
        for client in clients:
            for answer in (client.get(path), self.post((request, revision), client), client.get(""), client.get("info/"),
                           client.put(path + commits[0].id + "/", {"extra_data.a": 1})):
                self.error(answer, 104)
                self.assertNotIn("Set-Cookie", answer.headers)

    def test_105(self):
        target = self.started()
        self.error(self.post(target, author_date="Jun 1 1990"), 105, fields={"author_date": ["This date must be in ISO 8601 format."]})
        self.error(self.post(target, commit_id="a" * 70), 105, fields={"commit_id": ["Ensure this value has at most 64 characters (it has 70)."]})
        self.error(self.post(target, commit_id="a-b", author_name="", files={"diff": b""}), 105, fields={
            "author_name": ["This field is required."], "commit_id": ["Commits must be alphanumeric."], "diff": ["The submitted file is empty."]})
        self.error(self.post(target, files={"diff": b"x\n"}), 105, fields={"path": [PARSE]})
        self.error(self.maint.get(review.draft_commits(*target), {"start": "abc", "max-results": "1.5"}), 105,
                   fields={"max-results": ['"1.5" is not an integer'], "start": ['"abc" is not an integer']})
        # a reason, and no fields
        self.error(self.maint.post("review-requests/", {"create_with_history": 1}), 105, reason="create_with_history requires a repository.")
        self.error(self.maint.post("review-requests/%d/draft/diffs/" % target[0], None, {"path": review.synthetic(1)[0].diff}), 105,
                   reason="This review request was created with support for multiple commits.\n\n"
                          "Create an empty diff revision and upload commits to that instead.")

    def test_112(self):
        request, revision, commits = self.posted(1)
        path = review.draft_commits(request, revision)
        reader = self.with_header("Bearer " + self.token("reader", scopes="draft_commit:read"))
        self.assertEqual(reader.get(path).status, 200)
        self.error(self.post((request, revision), reader, review.synthetic(2)[1]), 112)
        self.error(reader.put(path + commits[0].id + "/", {"extra_data.a": 1}), 112)
        self.error(reader.get("review-requests/%d/" % request), 112)
        writer = self.with_header("Bearer " + self.token("writer", scopes="draft_commit:write"))
        self.error(writer.get(path), 112)
        self.assertEqual(self.post((request, revision), writer, review.synthetic(2)[1], info=review.validation_info(commits)).status, 201)

    def test_113(self):
        request, revision, commits = self.posted(1)
        server = self.serve({"reviewboard": {"oauth2": "off"}})
        client = self.with_header("Bearer " + self.token("all", scopes="draft_commit:read draft_commit:write"), server)
        self.error(client.get(review.draft_commits(request, revision)), 113)
        self.error(self.post((request, revision), client, review.synthetic(2)[1]), 113)

    def test_114(self):
        request, revision, commits = self.posted(1)
        client = review.Client(self.serve({"reviewboard": {"rate_limit": "1"}}), "maint")
        answer = self.limited(lambda: client.get(review.draft_commits(request, revision)), 200)
        self.error(answer, 114)
        self.assertEqual(answer.headers["X-RateLimit-Limit"], "1/m")
        self.assertRegex(answer.headers["Retry-After"], r"\A[1-9]\d?\Z")

    def test_207(self):
        target = self.started()
        first = review.Commit("a1", "", "one", section("src/a.c", blob("1"), blob("2")))
        self.assertEqual(self.post(target, commit=first).status, 201)
        second = review.Commit("a2", "a1", "two", section("src/a.c", blob("3"), blob("4")))
        self.error(self.post(target, commit=second, info=review.validation_info([first])), 207, file="src/a.c", revision=blob("3"))
        info = review.validation_info([first])
        self.error(self.maint.post("validation/commits/", {"repository": self.repository, "commit_id": "a2", "parent_id": "a1",
                                                           "validation_info": info}, {"diff": second.diff}),
                   207, file="src/a.c", revision=blob("3"))

    def test_219(self):
        target = self.started()
        for diff in (b" \n\t\n", b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"):
            self.error(self.post(target, files={"diff": diff}), 219)
            self.error(self.maint.post("review-requests/%d/draft/diffs/" % self.squashed(), None, {"path": diff}), 219)
            self.error(self.maint.post("validation/diffs/", {"repository": self.repository}, {"path": diff}), 219)

    def test_220(self):
        target = self.started()
        large = b"x" * (LIMIT + 1)
        self.error(self.post(target, files={"diff": large}), 220, max_size=LIMIT, reason="The supplied diff file is too large.")
        self.error(self.post(target, files={"parent_diff": large}), 220, max_size=LIMIT, reason="The supplied parent diff file is too large.")

    # ---- further codes

    def test_204(self):
        taken = review.new_request(self.maint, self.repository, commit_id="abc")
        answer = self.maint.post("review-requests/", {"repository": self.repository, "commit_id": "abc"})
        shown = self.get("review-requests/%d/" % taken["id"])["review_request"]
        self.error(answer, 204, review_request=shown)
        # to whom may not see it nothing of it is said
        self.error(self.client("other").post("review-requests/", {"repository": self.repository, "commit_id": "abc"}), 204)

    def test_206(self):
        for client in (self.maint, self.client("admin")):
            self.error(client.post("review-requests/", {"repository": "nowhere"}), 206, repository="nowhere")
            self.error(client.post("validation/commits/", {"repository": "nowhere", "commit_id": "a", "parent_id": "b"},
                                   {"diff": review.synthetic(1)[0].diff}), 206, repository="nowhere")
        review.add_repository(self.database, "twice", path="https://git.example.org/same.git")
        review.add_repository(self.database, "again", path="https://git.example.org/same.git")
        thimble.wait_until(lambda: self.maint.get("repositories/").json["total_results"] == 3, "the repositories")
        self.error(self.maint.post("review-requests/", {"repository": "https://git.example.org/same.git"}), 206, (
            'Too many repositories matched "https://git.example.org/same.git". Try specifying the repository by name instead.'))

    def test_208(self):
        self.error(self.client("admin").post("review-requests/", {"repository": self.repository, "submit_as": "nosuch"}), 208)
        # who may not is not told who there is
        for name in ("nosuch", "other"):
            self.error(self.maint.post("review-requests/", {"repository": self.repository, "submit_as": name}), 101)

    def test_209(self):
        for client in (self.maint, self.client(None)):
            self.error(client.get("repositories/%d/info/" % self.repository), 209)

    def test_211(self):
        request, _, _ = self.published(1)
        self.error(self.maint.post("review-requests/%d/draft/" % request, {"public": 1}), 211)

    def test_224(self):
        answer = self.maint.post("validation/commits/", {"repository": self.repository, "commit_id": "a", "parent_id": "b"}, {"diff": b"x\n"})
        self.error(answer, 224, linenum=0, reason=PARSE)
        good = section("a.c", blob("1"), blob("2"))
        answer = self.maint.post("validation/commits/", {"repository": self.repository, "commit_id": "a", "parent_id": "b"}, {"diff": good + NO_NAMES})
        self.error(answer, 224, linenum=good.count(b"\n") + 1, reason=UNSPLIT)

    def test_225(self):
        request, _ = self.started()
        path = "review-requests/%d/draft/" % request
        self.error(self.maint.put(path, {"public": 1}), 225,
                   "Error publishing: There must be at least one reviewer before this review request can be published.")
        self.error(self.maint.put(path, {"public": 1, "target_people": "deleg"}), 225, "Error publishing: The draft must have a summary.")

    # ---- one of several

    def test_the_order_at_the_gate(self):
        """104, 114, 405, 101 (of the feature, of the policy), 113 and 112, 103, 105, 100."""
        path = review.draft_commits(99999, 1)
        blocked = {"resources": {"draft_commit": {"*": {"block": ["*"]}}}}
        self.token("late", policy=blocked, scopes="user:read", expires=PAST)
        self.token("blocked", policy=blocked, scopes="user:read", expires=FUTURE)
        self.token("expired", scopes="user:read", expires=PAST)
        self.token("narrow", scopes="user:read", expires=FUTURE)
        self.token("wide", scopes="draft_commit:write", expires=FUTURE)

        def ask(server, authorization, method="POST"):
            return self.with_header(authorization, server).request(method, path)

        # nothing is right: what is said of it, when there have been too many
        server = self.serve({"reviewboard": {"rate_limit": "1", "history": "off", "oauth2": "off"}})
        self.error(self.limited(lambda: ask(server, "Bearer blocked", "DELETE"), 405), 114)
        self.error(self.limited(lambda: review.Client(server).request("DELETE", path), 405), 114)
        self.error(ask(server, "Bearer wrong", "DELETE"), 104)
        server = self.serve({"reviewboard": {"history": "off", "oauth2": "off"}})
        answer = ask(server, "Bearer narrow", "DELETE")
        self.assertEqual((answer.status, answer.body, answer.headers["Allow"]), (405, b"", "GET, POST"))
        # which of two 101 it is cannot be seen: that of the feature comes before 112, 103 and 105
        self.error(ask(server, "Bearer narrow"), 101)
        self.error(review.Client(server).post(path), 101)
        server = self.serve({"reviewboard": {"oauth2": "off"}})
        self.error(ask(server, "Bearer late"), 101)
        answer = ask(server, "Bearer expired")
        self.error(answer, 104, answer.json["err"]["msg"])
        self.assertRegex(answer.json["err"]["msg"], r"\AThis API token expired on 1970-[^ ]+Z\.\Z")
        self.error(ask(server, "Bearer narrow"), 113)
        self.error(ask(self.server, "Bearer blocked"), 101)
        self.error(ask(self.server, "Bearer narrow"), 112)
        self.error(self.client(None).post(path), 103)
        for client in (self.maint, self.with_header("Bearer wide")):
            answer = client.post(path)
            self.assertEqual((answer.code, sorted(answer.json["fields"])), (105, [
                "author_date", "author_email", "author_name", "commit_id", "commit_message", "diff"]))
            # the fields are there, and no more than that
            self.error(self.post((99999, 1), client, commit_id="-", files={"diff": b""}), 100)

    def test_no_route_is_the_first(self):
        for client in (review.Client(self.server, "maint", "wrong"), self.client(None)):
            for method in ("GET", "POST", "DELETE"):
                self.error(client.request(method, "nothing/"), 100)

    def test_the_order_of_a_commit(self):
        """105, 100, 101, 102, 100, 102, 105, 220, 105, 207, 219 of one request, whose faults are cured one by one."""
        other, maint = self.client("other"), self.maint
        large = b"x" * (LIMIT + 1)
        bad_info = review.encode_info([])
        all_wrong = dict(commit_id="-", info=bad_info, files={"diff": large, "parent_diff": large})
        plain = review.want(maint.post("review-requests/"), 201)["review_request"]["id"]
        squashed, (finished, revision, _) = self.squashed(), self.finalized(1)
        for request in (plain, squashed):
            maint.delete("review-requests/%d/draft/" % request)
        # what there is is not looked at before the fields are there
        self.error(self.post((99999, 9), other, **{**all_wrong, "author_date": "x"}), 105,
                   fields={"author_date": ["This date must be in ISO 8601 format."]})
        self.error(self.post((99999, 9), other, **all_wrong), 100)
        for request in (plain, squashed, finished):
            self.error(self.post((request, 9), other, **all_wrong), 101)
        self.error(self.post((plain, 9), **all_wrong), 102, reason=NO_REPOSITORY)
        self.error(self.post((squashed, 9), **all_wrong), 102, reason=NO_HISTORY)
        bare = review.new_request(maint, self.repository)["id"]
        self.error(self.post((bare, 9), **all_wrong), 100, reason=NO_DIFF)
        maint.delete("review-requests/%d/draft/" % bare)
        self.error(self.post((bare, 9), **all_wrong), 100, reason=NO_DRAFT)
        self.error(self.post((finished, 9), **all_wrong), 100, reason=NO_DIFF)
        self.error(self.post((finished, revision), **all_wrong), 102, reason=FINALIZED)

        # a commit behind another, whose file it contradicts
        target = self.started()
        first = review.Commit("a1", "", "one", section("a.c", blob("1"), blob("2")))
        self.assertEqual(self.post(target, commit=first).status, 201)
        unknown = section("a.c", blob("3"), blob("4"))
        commit = review.Commit("a2", "a1", "two", unknown)
        info = review.validation_info([first])

        def post(diff, parent, **changed):
            return self.post(target, commit=commit, files={"diff": diff, "parent_diff": parent}, **{"info": info, **changed})

        broken = unknown + NO_NAMES
        answer = post(large, large, commit_id="a1", info=bad_info, committer_name="")
        self.assertEqual((answer.code, sorted(answer.json["fields"])), (105, ["commit_id", "committer_name", "validation_info"]))
        for changed in ({"commit_id": "a1"}, {"info": bad_info}, {"committer_name": ""}):
            self.assertEqual(post(large, large, **changed).code, 105, changed)
        self.error(post(large, large), 220, max_size=LIMIT, reason="The supplied diff file is too large.")
        self.error(post(broken, large), 220, max_size=LIMIT, reason="The supplied parent diff file is too large.")
        self.error(post(broken, b"x\n"), 105, fields={"path": [UNSPLIT]})
        self.error(post(unknown, b"x\n"), 207, file="a.c", revision=blob("3"))
        self.error(post(b"\n", b"x\n"), 219)
        good = section("a.c", blob("2"), blob("4"))
        self.error(post(good, b"x\n"), 105, fields={"path": [PARSE]})
        self.assertEqual(self.count("commit", "commit_id = 'a2'"), 0)
        self.assertEqual(self.post(target, commit=review.Commit("a2", "a1", "two", good), info=info).status, 201)

    def test_the_order_of_a_parent_diff(self):
        """219 of the diff, 105 and 207 of what is below it, where there is a repository to ask."""
        repo = review.Repository()
        self.addCleanup(repo.drop)
        git = review.add_repository(self.database, "git", git_dir=repo.bare())
        target = self.started(repository=git)
        unknown = section("a.c", blob("1"), blob("2"))
        above = section("a.c", blob("2"), blob("3"))
        self.error(self.post(target, files={"diff": b"\n", "parent_diff": unknown}), 219)
        self.error(self.post(target, files={"diff": above, "parent_diff": unknown + NO_NAMES}), 105, fields={"path": [UNSPLIT]})
        self.error(self.post(target, files={"diff": above, "parent_diff": unknown}), 207, file="a.c", revision=blob("1"))
        self.error(self.post(target, files={"diff": unknown}), 207, file="a.c", revision=blob("1"))
        base = repo.id("main:src/old.c")
        self.assertEqual(self.post(target, files={"diff": above, "parent_diff": section("a.c", base, blob("2"))}).status, 201)

    def test_the_order_of_finalising(self):
        """100, 101, 102, 105, 102, 105, 220, 105, 219 of one request."""
        large = b"x" * (LIMIT + 1)
        finished, revision, commits = self.finalized(1)
        wrong = review.encode_info({"ff": {"parent_id": "", "tree": {}}})

        def put(request, revision=1, info=wrong, diff=large, client=None, **more):
            files = {} if diff is None else {"cumulative_diff": diff}
            return (client or self.maint).put("review-requests/%d/draft/diffs/%d/" % (request, revision),
                                              {"finalize_commit_series": 1, "validation_info": info, **more}, files)

        needed = ["This field is required when finalize_commit_series is set."]
        other = self.client("other")
        self.error(put(99999, info="", diff=None, client=other), 100)
        self.error(put(finished, 2, info="", diff=None), 100)
        self.error(put(finished, info="", diff=None, client=other), 101)
        squashed = self.squashed()
        review.want(self.maint.post("review-requests/%d/diffs/" % squashed, None, {"path": commits[0].diff}), 201)
        self.error(put(squashed, info="", diff=None), 102, reason="This review request was not created with commit history support.")
        self.error(put(finished, info="", diff=None), 102, reason="This diff is already finalized.")
        empty, _ = self.started()
        self.error(put(empty, info="", diff=None), 105, fields={"cumulative_diff": needed, "validation_info": needed})
        self.error(put(empty), 102, reason="Cannot finalize an empty commit series.")
        request, _, commits = self.posted(1)
        self.error(put(request), 105, fields={"validation_info": [
            "The following commits are specified in validation_info but do not exist: ff"]})
        self.error(put(request, info="e30="), 105, fields={"validation_info": [
            "The following commits exist but are not present in validation_info: " + commits[0].id]})
        good = review.validation_info(commits)
        self.error(put(request, info=good), 220, max_size=LIMIT, reason="The supplied diff file is too large.")
        self.error(put(request, info=good, diff=b"x\n"), 105, fields={"cumulative_diff": [PARSE]})
        self.error(put(request, info=good, diff=b"\n"), 219)
        self.assertEqual(put(request, info=good, diff=review.cumulative(commits)).status, 200)

    def test_the_order_of_validation(self):
        """105, 206, 105, 220, 224, 207, 219."""
        large = b"x" * (LIMIT + 1)
        first = review.Commit("a1", "b", "one", section("a.c", blob("1"), blob("2")))
        info = review.validation_info([first])

        def post(diff, **changed):
            fields = {"repository": self.repository, "commit_id": "a2", "parent_id": "a1", "validation_info": info, **changed}
            return self.maint.post("validation/commits/", {k: v for k, v in fields.items() if v is not None}, {"diff": diff})

        unknown = section("a.c", blob("3"), blob("4"))
        self.error(post(large, repository="nowhere", rubbish="1", commit_id="-", parent_id=None), 105, fields={
            "parent_id": ["This field is required."], "rubbish": ["Field is not supported"]})
        self.error(post(large, repository="nowhere", commit_id="-"), 206, repository="nowhere")
        self.error(post(large, commit_id="-", validation_info="W10="), 105, fields={
            "commit_id": ["Commits must be alphanumeric."],
            "validation_info": ['Could not parse validation info "W10=": Invalid format.']})
        self.error(post(large, commit_id="a1"), 105, fields={"validation_info": ["This commit was already validated."]})
        self.error(post(large, parent_id="a3"), 105, fields={"validation_info": ["The parent commit was not validated."]})
        self.error(post(large), 220, max_size=LIMIT, reason="The supplied diff file is too large.")
        self.error(post(unknown + NO_NAMES), 224, linenum=unknown.count(b"\n") + 1, reason=UNSPLIT)
        self.error(post(unknown), 207, file="a.c", revision=blob("3"))
        self.error(post(b"\n"), 219)
        self.assertEqual(post(section("a.c", blob("2"), blob("4"))).status, 200)


class OnSqlite(Both, review_case.Case):
    originals = originals
    kind = "sqlite"


class OnPostgresql(Both, review_case.Case):
    originals = originals
    kind = "postgresql"

    def test_233(self):
        """The database lets thimble read, and no more."""
        request, revision, commits = self.posted(1)
        self.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s" % database.READER)
        server = thimble.Server({"cache": {"size": "16M", "max_stale": "1h"}, "store": {"url": self.database.url}})
        self.addCleanup(server.stop)
        server.start().wait_ready()
        client, path = review.Client(server, "maint"), review.draft_commits(request, revision)
        self.assertEqual(client.get(path).status, 200)
        second = review.synthetic(2)[1]
        self.error(self.post((request, revision), client, second, info=review.validation_info(commits)), 233)
        self.error(client.put(path + commits[0].id + "/", {"extra_data.a": 1}), 233)
        # what needs no writing is said as ever
        self.error(self.post((request, 9), client), 100, reason=NO_DIFF)


if __name__ == "__main__":
    unittest.main()
