# SPDX-License-Identifier: MIT
"""Draft commits (reviewboard-api.md, 1.1 to 1.3 and 1.6): what they are made of, what is wrong
with them and what is said first, lists, patches, extra_data, who sees them.
"""
import base64
import json
import os
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import review_case
import thimble
from review_case import API, blob, section

REQUIRED = ["This field is required."]
DATE = ["This date must be in ISO 8601 format."]
DUPLICATE = ["A commit with this ID already exists in this diff."]

originals = database.Originals(review_case.FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop

ACCEPTED = {
    "2024-05-04T09:15:00+02:00": "2024-05-04T09:15:00+02:00", "2024-05-04 09:15:00+0200": "2024-05-04T09:15:00+02:00",
    "2024-05-04T07:15:00Z": "2024-05-04T07:15:00Z", "2024-05-04T07:15:00z": "2024-05-04T07:15:00Z",
    "2024-05-04T07:15:00+00:00": "2024-05-04T07:15:00Z", "2024-05-04T07:15:00-00:00": "2024-05-04T07:15:00Z",
    "20240504T071500Z": "2024-05-04T07:15:00Z", "2024-05-04T09:15+02": "2024-05-04T09:15:00+02:00",
    "2024-05-04T09:15:59.999999+05:45": "2024-05-04T09:15:59+05:45", "2024-05-04T09:15:59,5-0330": "2024-05-04T09:15:59-03:30",
    "2024-05-04T09:15:00": "2024-05-04T09:15:00Z", "  2024-05-04T09:15:00Z\n": "2024-05-04T09:15:00Z",
    "1969-12-31T23:59:59-23:59": "1969-12-31T23:59:59-23:59", "2024-02-29_00:00:00Z": "2024-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z": "9999-12-31T23:59:59Z",
}
REFUSED = ["Sat, 5 Mar 2011 19:46:54 -0600", "Jun 1 1990", "2024-05-04T09:15:00 +0200", "", "garbage", "2024-13-01T00:00:00Z",
           "2024-02-30T00:00:00Z", "2024-05-04T09:15:60Z", "1714806900", "2024-05-04", "2024-05-04T09:15:00+24:00"]


class Both:
    def post(self, request, revision, commit, info=None, **changed):
        """`changed`: fields that are other; None: not sent.  files: what is sent besides the diff."""
        files = {"diff": changed.pop("diff", commit.diff), **changed.pop("files", {})}
        fields = {**commit.fields(info), **changed}
        return self.maint.post(review.draft_commits(request, revision),
                               {k: v for k, v in fields.items() if v is not None},
                               {k: v for k, v in files.items() if v is not None})

    def refused(self, target, commit, fields, info=None, **changed):
        self.fields_fail(self.post(*target, commit, info, **changed), **fields)

    # ---- 1.1 and 1.2

    def test_a_commit_is_shown_as_it_was_sent(self):
        target = self.started(base=blob("b"))
        commit, = review.synthetic(1)
        commit.message = "lexer: accept tabs \n\n  and keep every byte \u00fc\n\n"
        answer = self.post(*target, commit)
        self.assertEqual((answer.status, answer.type), (201, "draft-commit"), answer)
        item = answer.json["draft_commit"]
        url = API + "review-requests/%d/draft/diffs/%d/" % target
        self.assertIsInstance(item.pop("id"), int)
        self.assertEqual(item, {
            "author_date": "2024-05-04T09:15:00+02:00", "author_email": "lin@example.org", "author_name": "Lin Tester",
            "commit_id": commit.id, "commit_message": commit.message, "committer_date": "2024-05-04T07:20:00Z",
            "committer_email": "mx@example.org", "committer_name": "Max Integrator", "extra_data": {}, "filename": "diff",
            "links": {"draft_files": {"href": url + "files/?commit-id=" + commit.id, "method": "GET"},
                      "self": {"href": url + "draft-commits/%s/" % commit.id, "method": "GET"},
                      "update": {"href": url + "draft-commits/%s/" % commit.id, "method": "PUT"}},
            "parent_id": commit.parent})
        self.assertEqual(json.dumps(answer.json, sort_keys=True), json.dumps(answer.json))
        got = self.maint.get(url + "draft-commits/%s/" % commit.id)
        self.assertEqual((got.status, got.type, got.json), (200, "draft-commit", answer.json))
        self.assertEqual(self.maint.get(item["links"]["draft_files"]["href"]).json["total_results"], 1)

    def test_dates(self):
        target = self.started()
        sent = list(ACCEPTED.items())
        for i, (text, want) in enumerate(sent):
            commit = review.Commit("%040x" % (i + 1), "%040x" % i, "x", section("f%d.c" % i, blob("1"), blob("2")), committer=None)
            answer = self.post(*target, commit, review.encode_info({}) if i else None, author_date=text)
            self.assertEqual(answer.status, 201, (text, answer))
            self.assertEqual(answer.json["draft_commit"]["author_date"], want, text)
        found = self.get(review.draft_commits(*target), **{"max-results": 200})["draft_commits"]
        self.assertEqual([c["author_date"] for c in found], [want for _, want in sent])
        commit = review.Commit("f" * 40, blob("1"), "x", section("a.c", blob("1"), blob("2")), committer=None)
        for text in REFUSED:
            self.refused(target, commit, {"author_date": DATE}, review.encode_info({}), author_date=text)
        self.refused(target, commit, {"committer_date": DATE}, review.encode_info({}), committer_name="A", committer_email="b",
                     committer_date="garbage")
        self.assertEqual(self.count("commit"), len(ACCEPTED))

    def test_all_of_the_committer_or_nothing(self):
        target = self.started()
        commit, = review.synthetic(1)
        names = ("committer_name", "committer_email", "committer_date")
        for sent in range(1, 7):
            for blank in (None, "", "  "):
                changed = {name: blank for i, name in enumerate(names) if not sent & 1 << i}
                self.refused(target, commit, {name: REQUIRED for name in changed}, **changed)
        self.assertEqual(self.count("commit"), 0)
        answer = self.post(*target, commit, committer_name="", committer_email=None, committer_date="")
        self.assertEqual(answer.status, 201)
        self.assertEqual([answer.json["draft_commit"][name] for name in names], [None] * 3)

    def test_fields_that_are_not_there_are_named_together(self):
        target = self.started()
        answer = self.maint.post(review.draft_commits(*target))
        self.fields_fail(answer, author_date=REQUIRED, author_email=REQUIRED, author_name=REQUIRED, commit_id=REQUIRED,
                         commit_message=REQUIRED, diff=REQUIRED)
        commit, = review.synthetic(1)
        self.refused(target, commit, {"diff": REQUIRED, "author_date": DATE}, diff=None, author_date="x")
        # a file that came without a name is none
        fields = {**commit.fields(), "diff": commit.diff.decode()}
        self.fields_fail(self.maint.post(review.draft_commits(*target), fields), diff=REQUIRED)

    def test_lengths_and_characters(self):
        target = self.started()
        commit, = review.synthetic(1)

        def at_most(limit, length):
            return ["Ensure this value has at most %d characters (it has %d)." % (limit, length)]

        self.refused(target, commit, {"commit_id": at_most(64, 70)}, commit_id="a" * 70)
        self.refused(target, commit, {"commit_id": ["Commits must be alphanumeric."]}, commit_id="abc-def")
        self.refused(target, commit, {"commit_id": ["Commits must be alphanumeric."]}, commit_id="\u00fc")
        self.refused(target, commit, {"commit_id": at_most(64, 65) + ["Commits must be alphanumeric."]}, commit_id="." * 65)
        self.refused(target, commit, {"parent_id": at_most(64, 65)}, parent_id="a" * 65)
        self.refused(target, commit, {"parent_id": ["Commits must be alphanumeric."]}, parent_id="a b")
        for name in ("author_name", "author_email", "committer_name", "committer_email"):
            self.refused(target, commit, {name: at_most(256, 257)}, **{name: "\u00e9" * 257})
            self.refused(target, commit, {name: ["Null characters are not allowed."]}, **{name: "a\0b"})
        self.refused(target, commit, {"commit_message": ["Null characters are not allowed."]}, commit_message="a\0b")
        for name in ("commit_id", "commit_message", "author_name", "author_email"):
            for text in ("", " \n"):
                self.refused(target, commit, {name: REQUIRED}, **{name: text})
        # all that is wrong, in one answer
        self.refused(target, commit, {"commit_id": at_most(64, 65), "author_name": REQUIRED, "committer_date": DATE,
                                      "diff": ["The submitted file is empty."]},
                     commit_id="a" * 65, author_name=" ", committer_date="x", diff=b"")
        self.assertEqual(self.count("commit"), 0)
        answer = self.post(*target, commit, commit_id="Z" * 64, parent_id="9" * 64, author_name="\u00e9" * 256,
                           author_email="x" * 256, diff=("\u00e9" * 300, commit.diff), review_request_id=7, rubbish="x")
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["draft_commit"]["author_name"], "\u00e9" * 256)
        self.assertEqual(answer.json["draft_commit"]["filename"], "\u00e9" * 256)

    def test_a_commit_is_there_once(self):
        target = self.started()
        commits = review.synthetic(2)
        review.post_commits(self.maint, *target, commits)
        self.refused(target, commits[0], {"commit_id": DUPLICATE}, review.validation_info(commits))
        self.assertEqual(self.count("commit"), 2)
        # elsewhere it is another one
        other = self.started()
        self.assertEqual(self.post(*other, commits[0]).status, 201)

    def test_a_parent_that_is_not_named(self):
        for base, first in ((blob("b"), blob("b")), (None, "")):
            target = self.started(base=base)
            commits = review.synthetic(2)
            self.assertEqual(self.post(*target, commits[0], parent_id=None).json["draft_commit"]["parent_id"], first)
            second = self.post(*target, commits[1], review.validation_info(commits[:1]), parent_id=" ")
            self.assertEqual(second.json["draft_commit"]["parent_id"], commits[0].id)

    # ---- 1.3

    def test_validation_info_that_is_none(self):
        target = self.started()
        commits = review.synthetic(2)

        def complaint(text, why):
            shown = text if len(text) <= 200 else text[:200] + "..."
            return {"validation_info": ['Could not parse validation info "%s": %s' % (shown, why)]}

        def encoded(value):
            return base64.b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()

        self.assertEqual(self.post(*target, commits[0]).status, 201)
        for text in (None, "", "  "):
            self.refused(target, commits[1], {"validation_info": REQUIRED}, text)
        self.refused(target, commits[1], complaint("%%%", "Invalid base64."), "%%%")
        self.refused(target, commits[1], complaint("A", "Invalid base64."), "A")
        loop = {"a": {"parent_id": "b", "tree": {}}, "b": {"parent_id": "a", "tree": {}}}
        self.refused(target, commits[1], complaint(encoded(loop), "The commits form a loop."), encoded(loop))
        for value in ([], 1, "x", None, {"a": 1}, {"a": {"parent_id": 1}}, {"a": {"parent_id": "b", "tree": []}},
                      {"a": {"parent_id": "b", "tree": {"added": {}}}}, {"a": {"parent_id": "b", "tree": {"added": [1]}}},
                      {"a": {"parent_id": "b", "tree": {"added": [{"filename": 1, "revision": ""}]}}}):
            self.refused(target, commits[1], complaint(encoded(value), "Invalid format."), encoded(value))
        for value in (b"{", b"\xff", b"", b"[" * 100000):
            answer = self.post(*target, commits[1], encoded(value) or "=")
            self.assertEqual((answer.status, answer.code, list(answer.json["fields"])), (400, 105, ["validation_info"]), value[:9])
        big = "A" * (5 << 20)
        self.refused(target, commits[1], complaint(big, "It is too long."), big)
        self.assertEqual(self.count("commit"), 1)
        # white space in it does not count; and it may be what it likes for the first
        info = review.validation_info(commits[:1])
        spaced = "\r\n".join(info[i:i + 60] for i in range(0, len(info), 60))
        self.assertEqual(self.post(*target, commits[1], spaced).status, 201)
        first = self.started()
        self.refused(first, commits[0], complaint("%%%", "Invalid base64."), "%%%")
        self.assertEqual(self.post(*first, commits[0], review.encode_info(loop and {})).status, 201)

    def test_forged_megabytes_delay_nobody(self):
        """A wide info with a long chain, while somebody else is answered."""
        target = self.started()
        commit = review.synthetic(1)[0]
        info = review.encode_info({"%x" % i: {"parent_id": "%x" % (i + 1), "tree": {}} for i in range(15000)})
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.post(*target, commit, info, parent_id="0")))
        thread.start()
        for _ in range(10):
            self.assertEqual(self.client("other").get("info/").status, 200)
        thread.join()
        self.assertEqual(answers[0].status, 201)

    def test_what_the_server_knows_counts_more_than_what_it_is_told(self):
        """The client's info says that the second commit's source is there; the stored first commit says not."""
        target = self.started()
        first = review.Commit("a1", "", "one", section("f.c", blob("1"), blob("2")), committer=None)
        second = review.Commit("a2", "a1", "two", section("f.c", blob("3"), blob("4")), committer=None)
        self.assertEqual(self.post(*target, first).status, 201)
        forged = review.encode_info({"a1": {"parent_id": "", "tree": {"modified": [{"filename": "f.c", "revision": blob("3")}]}}})
        self.fails(self.post(*target, second, forged), 207, file="f.c", revision=blob("3"))
        second.diff = section("f.c", blob("2"), blob("4"))
        self.assertEqual(self.post(*target, second, forged).status, 201)

    # ---- the order of checks

    def test_what_is_said_first(self):
        commits = review.synthetic(2)
        commit = commits[0]
        empty = self.started()
        missing = (99999, 1)
        bad = dict(author_date="x")

        def code(target, **changed):
            answer = self.post(*target, commit, **changed)
            return answer.code, answer.json.get("reason"), sorted(answer.json.get("fields", {}))

        # 1 before 2
        self.assertEqual(code(missing, **bad), (105, None, ["author_date"]))
        # 2 before 9
        self.assertEqual(code(missing, commit_id="-"), (100, None, []))
        # 3 before 4: whose it is, before what it is
        review_request = review.new_request(self.client("other"), self.repository)["id"]
        self.assertEqual(code((review_request, 1), commit_id="-"), (101, None, []))
        plain = review.want(self.client("other").post("review-requests/"), 201)["review_request"]["id"]
        self.assertEqual(code((plain, 1)), (101, None, []))
        # 4, 5
        plain = review.want(self.maint.post("review-requests/"), 201)["review_request"]["id"]
        self.assertEqual(code((plain, 1), commit_id="-"), (102, "This review request was created as attachments-only, with no repository.", []))
        squashed = review.new_request(self.maint, self.repository, history=False)["id"]
        self.assertEqual(code((squashed, 1), commit_id="-"), (102, (
            "This review request was not created with support for multiple commits.\n\nUse the draft_diff resource to upload diffs "
            "instead. See the draft_diff link on the parent resource for the URL."), []))
        # 6, 7
        bare = review.new_request(self.maint, self.repository)["id"]
        self.assertEqual(code((bare, 1), commit_id="-"), (100, "An empty diff must be created first.", []))
        self.assertEqual(self.maint.delete("review-requests/%d/draft/" % bare).status, 204)
        self.assertEqual(code((bare, 1), commit_id="-"), (100, "Review request draft does not exist.", []))
        self.assertEqual(code((empty[0], 2), commit_id="-")[0], 100)
        # 8
        done = self.finalized(2)
        self.assertEqual(code(done[:2], commit_id="-"), (102, "The diff has already been finalized.", []))
        # 9 before 10, 10 before 11, 11 before 12, 12 before 13
        large = b"x" * (2 << 20) + b"\n"
        self.assertEqual(code(empty, commit_id="-", diff=large), (105, None, ["commit_id"]))
        self.assertEqual(code(empty, diff=large), (220, "The supplied diff file is too large.", []))
        self.assertEqual(code(empty, diff=large, files={"parent_diff": large}), (220, "The supplied diff file is too large.", []))
        self.assertEqual(code(empty, diff=b"rubbish", files={"parent_diff": large}), (220, "The supplied parent diff file is too large.", []))
        self.assertEqual(code(empty, diff=b"rubbish", files={"parent_diff": b"rubbish"}), (105, None, ["path"]))
        self.assertEqual(code(empty, diff=b" \n", files={"parent_diff": b"rubbish"}), (219, None, []))
        self.assertEqual(code(empty, files={"parent_diff": b"rubbish"}), (105, None, ["path"]))
        self.assertEqual(code(empty, files={"parent_diff": b""}), (105, None, ["parent_diff"]))
        self.assertEqual(self.count("commit", "diffset_id IN (SELECT id FROM thimble_rb_diffset WHERE request_id = %d)" % empty[0]), 0)
        self.assertEqual(self.count("file", "commit_row IS NULL"), 2)

    def test_the_size_that_is_too_large(self):
        target = self.started()
        commit, = review.synthetic(1)
        limit = 2 << 20
        self.fails(self.post(*target, commit, diff=commit.diff.ljust(limit + 1, b"\n")), 220, max_size=limit,
                   reason="The supplied diff file is too large.")
        self.fails(self.post(*target, commit, files={"parent_diff": b" " * (limit + 1)}), 220, max_size=limit,
                   reason="The supplied parent diff file is too large.")
        self.assertEqual(self.post(*target, commit, diff=commit.diff.ljust(limit, b"\n")).status, 201)

    def test_what_failed_may_be_sent_again(self):
        target = self.started()
        commit, = review.synthetic(1)
        self.fields_fail(self.post(*target, commit, diff=b"nothing of git's\n"), path=["This does not appear to be a git diff"])
        self.fails(self.post(*target, commit, diff=b" \n\t"), 219)
        mode = b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
        self.fails(self.post(*target, commit, diff=mode), 219)
        parent = section("file1.c", blob("1"), blob("2"))
        self.fails(self.post(*target, commit, diff=section("file1.c", blob("3"), blob("4")), files={"parent_diff": parent}), 207,
                   file="file1.c", revision=blob("3"))
        for table in ("commit", "file"):
            self.assertEqual(self.count(table), 0, table)
        self.assertEqual(self.post(*target, commit).status, 201)

    # ---- lists

    def test_pages(self):
        request, revision, commits = self.posted(5)
        url = API + review.draft_commits(request, revision)
        ids = [c.id for c in commits]
        for query, want, prev, next_ in [
                ({}, ids, None, None), ({"max-results": 2}, ids[:2], None, "?start=2&max-results=2"),
                ({"start": 2, "max-results": 2}, ids[2:4], "?start=0&max-results=2", "?start=4&max-results=2"),
                ({"start": 4, "max-results": 2}, ids[4:], "?start=2&max-results=2", None),
                ({"max-results": 0}, [], None, "?start=0&max-results=0"), ({"start": 9}, [], "?start=0&max-results=25", None),
                ({"start": -3, "max-results": -1}, [], None, "?start=0&max-results=0"),
                ({"max-results": 1, "review-request-id": 7}, ids[:1], None, "?start=1&max-results=1&review-request-id=7")]:
            answer = self.maint.get(url, query)
            self.assertEqual((answer.type, answer.headers["Item-Content-Type"]),
                             ("draft-commits", "application/vnd.reviewboard.org.draft-commit+json"))
            found = answer.json
            self.assertEqual([c["commit_id"] for c in found["draft_commits"]], want, query)
            self.assertEqual(found["total_results"], 5)
            links = {"create": {"href": url, "method": "POST"},
                     "self": {"href": url + ("?" + "&".join("%s=%s" % q for q in query.items()) if query else ""), "method": "GET"}}
            if prev:
                links["prev"] = {"href": url + prev, "method": "GET"}
            if next_:
                links["next"] = {"href": url + next_, "method": "GET"}
            self.assertEqual(found["links"], links, query)
            self.assertEqual(list(found), ["draft_commits", "links", "stat", "total_results"])
        self.assertEqual(self.get(url, **{"counts-only": 1}), {"count": 5, "stat": "ok"})
        self.assertEqual(len(self.get(url, **{"counts-only": 0})["draft_commits"]), 5)
        self.fields_fail(self.maint.get(url, {"start": "abc", "max-results": "1.5"}), start=['"abc" is not an integer'],
                         **{"max-results": ['"1.5" is not an integer']})

    def test_parts_of_items(self):
        request, revision, commits = self.posted(2)
        url = review.draft_commits(request, revision)
        self.assertEqual([list(c) for c in self.get(url, **{"only-fields": "id,commit_id", "only-links": "self"})["draft_commits"]],
                         [["commit_id", "id", "links"]] * 2)
        self.assertEqual(self.get(url, **{"only-fields": "", "only-links": ""})["draft_commits"], [{}, {}])
        self.assertEqual(list(self.get(url, **{"only-fields": ""})["draft_commits"][0]), ["links"])
        # in the body, with underscores
        third = review.synthetic(3)[2]
        answer = self.maint.post(url, {**third.fields(review.validation_info(commits)), "only_fields": "", "only_links": "draft_files"},
                                 {"diff": third.diff})
        self.assertEqual(list(answer.json["draft_commit"]), ["links"])
        self.assertEqual(list(answer.json["draft_commit"]["links"]), ["draft_files"])
        expanded = self.get(url, expand="draft_files")["draft_commits"][1]
        self.assertEqual(sorted(expanded["links"]), ["self", "update"])
        self.assertEqual([f["dest_file"] for f in expanded["draft_files"]], ["file2.c", "file1.c"])
        self.assertEqual(expanded["_expanded"]["draft_files"]["item_mimetype"], "application/vnd.reviewboard.org.file+json")
        self.assertEqual(expanded["_expanded"]["draft_files"]["list_url"],
                         API + "review-requests/%d/draft/diffs/%d/files/?commit-id=%s" % (request, revision, commits[1].id))
        self.assertEqual(list(expanded), sorted(expanded))

    # ---- 1.6

    def test_the_patch_is_what_was_sent(self):
        target = self.started()
        sections = [section("caf\u00e9.c", blob("1"), blob("2")), section("latin.txt", blob("3"), blob("4"), "@@ -1 +1 @@\n-a\n+b\n").replace(b"+b", b"+caf\xe9\r"),
                    b"diff --git a/nul b/nul\nindex 1234567..89abcde 100644\n--- a/nul\n+++ b/nul\n@@ -1 +1 @@\n-a\0b\n+\\x41\xff\xfe\n\\ No newline at end of file\n"]
        mode = b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
        commit = review.Commit("c1", "", "m", b"preamble\n" + sections[0] + mode + sections[1] + sections[2])
        self.assertEqual(self.post(*target, commit).status, 201)
        path = review.draft_commits(*target) + "c1/"
        answer = self.maint.get(path, Accept="text/x-patch")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/x-patch"))
        self.assertEqual(answer.headers["Content-Disposition"], "inline; filename=c1.patch")
        self.assertRegex(answer.headers["Last-Modified"], r"\A\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\Z")
        self.assertEqual(answer.body, b"".join(sections))
        self.assertEqual(self.maint.get(path, Accept="application/json, text/x-patch").type, "draft-commit")
        self.assertEqual(self.maint.get(path, Accept="text/x-patch;q=0.5, application/json").type, "draft-commit")
        files = self.get("review-requests/%d/draft/diffs/%d/files/" % target, **{"commit-id": "c1"})["files"]
        self.assertEqual([f["dest_file"] for f in files], ["caf\u00e9.c", "latin.txt", "nul"])
        for f, data in zip(files, sections):
            got = self.maint.get(f["links"]["self"]["href"], Accept="text/x-patch")
            self.assertEqual((got.status, got.body), (200, data))
        # the same again, from the cache or not
        self.assertEqual(self.maint.get(path, Accept="text/x-patch").body, answer.body)

    def test_extra_data(self):
        request, revision, commits = self.posted(1)
        path = review.draft_commits(request, revision) + commits[0].id + "/"

        def put(want, fields):
            answer = self.maint.put(path, fields)
            self.assertEqual((answer.status, answer.json.get("draft_commit", {}).get("extra_data")), (200, want), answer)
            self.assertEqual(self.get(path)["draft_commit"]["extra_data"], want)

        put({"a": "x", "b": True, "c": 12, "d": 1.5}, {"extra_data.a": "x", "extra_data.b": "true", "extra_data.c": "12",
                                                    "extra_data.d": "1.5", "extra_data.__secret": "no"})
        put({"a": "x", "c": {"deep": [1]}, "d": 1.5}, {"extra_data:json": '{"b": null, "c": {"deep": [1]}, "__secret": 1}'})
        put({"a": "x", "c": {"deep": [1, 2]}, "e": None}, {"extra_data:json-patch": json.dumps(
            [{"op": "remove", "path": "/d"}, {"op": "add", "path": "/c/deep/-", "value": 2}, {"op": "add", "path": "/e", "value": None}])})
        put({"c": {"deep": [1, 2]}, "e": None}, {"extra_data.a": "", "commit_message": "another", "rubbish": "1"})
        for fields in ({"extra_data:json": "[1]"}, {"extra_data:json": "{"}, {"extra_data:json-patch": '[{"op": "remove", "path": "/c"}, {"op": "test", "path": "/e", "value": 1}]'}):
            answer = self.maint.put(path, fields)
            self.assertEqual((answer.status, answer.code, list(answer.json["fields"])), (400, 105, ["extra_data"]), answer)
        put({"c": {"deep": [1, 2]}, "e": None}, {})
        item = self.get(path)["draft_commit"]
        self.assertEqual(item["commit_message"], commits[0].message)
        self.assertEqual(self.database.rows("SELECT count(*) FROM thimble_rb_commit WHERE extra_data LIKE '%secret%'")[0][0], "0")
        # finalised or not
        review.finalize(self.maint, request, revision, commits, review.cumulative(commits))
        put({"c": {"deep": [1, 2]}, "e": 7}, {"extra_data.e": "7"})

    def test_entity_tags(self):
        request, revision, commits = self.posted(2)
        base = "review-requests/%d/draft/diffs/" % request
        files = self.get(base + "%d/files/" % revision, **{"commit-id": commits[0].id})["files"]
        paths = [base, base + "%d/" % revision, base + "%d/draft-commits/" % revision, base + "%d/draft-commits/?counts-only=1" % revision,
                 base + "%d/draft-commits/%s/" % (revision, commits[0].id), base + "%d/files/?commit-id=%s" % (revision, commits[0].id),
                 files[0]["links"]["self"]["href"], base + "?expand=draft_commits", "validation/", "validation/commits/"]
        tags = {}
        for path in paths:
            for _ in range(2):
                answer = self.maint.get(path)
                self.assertEqual(answer.status, 200, path)
                self.assertRegex(answer.headers["ETag"], r"\A[0-9a-f]{40,64}\Z")
                for sent in ("%s", '"%s"', 'W/"%s"'):
                    again = self.maint.get(path, If_None_Match=sent % answer.headers["ETag"])
                    self.assertEqual((again.status, again.body, again.headers["ETag"], again.headers["Vary"]),
                                     (304, b"", answer.headers["ETag"], "Accept, Cookie"), path)
            tags[path] = answer.headers["ETag"]
            self.assertNotEqual(self.client("admin").get(path).headers["ETag"], tags[path], path)
        # what was changed is seen at once
        self.maint.put(paths[4], {"extra_data.seen": "1"})
        for path in (paths[2], paths[4], paths[7]):
            answer = self.maint.get(path, If_None_Match=tags[path])
            self.assertEqual(answer.status, 200, path)
            self.assertIn(b'"seen":1', answer.body)
        third = review.synthetic(3)[2]
        self.assertEqual(self.post(request, revision, third, review.validation_info(commits)).status, 201)
        for path, seen in ((paths[1], b'"commit_count":3'), (paths[2], third.id.encode()), (paths[3], b'"count":3'), (paths[7], third.id.encode())):
            answer = self.maint.get(path, If_None_Match=tags[path])
            self.assertEqual(answer.status, 200, path)
            self.assertIn(seen, answer.body)

    def test_what_others_change_is_seen(self):
        """Whoever writes the tables: what was answered from them is not given again."""
        request, revision, commits = self.posted(2)
        published, _, others = self.published(1)
        draft, diffs = "review-requests/%d/draft/diffs/" % request, "review-requests/%d/diffs/" % published
        item = draft + "%d/draft-commits/%s/" % (revision, commits[0].id)
        files = draft + "%d/files/?commit-id=%s" % (revision, commits[0].id)
        mine = "(SELECT id FROM thimble_rb_diffset WHERE request_id = %d)" % request
        done = "(SELECT id FROM thimble_rb_diffset WHERE request_id = %d)" % published
        yes, no = ("1", "0") if self.kind == "sqlite" else ("true", "false")
        for paths, statement, seen in [
                ([item, draft + "%d/draft-commits/" % revision, draft + "?expand=draft_commits"],
                 "UPDATE thimble_rb_commit SET extra_data = '{\"seen\":1}' WHERE diffset_id = " + mine, b'"seen":1'),
                ([files, item[:-len(commits[0].id) - 1] + "?expand=draft_files"],
                 "UPDATE thimble_rb_file SET extra_data = '{\"seen\":2}' WHERE diffset_id = " + mine, b'"seen":2'),
                ([draft, draft + "%d/" % revision], "UPDATE thimble_rb_diffset SET basedir = 'seen3' WHERE id = " + mine, b"seen3"),
                ([draft, diffs, diffs + "1/"], "UPDATE thimble_rb_repository SET name = 'seen4' WHERE id = %d" % self.repository, b"seen4"),
                ([diffs + "1/commits/", diffs + "1/?expand=commits"],
                 "UPDATE thimble_rb_commit SET extra_data = '{\"seen\":5}' WHERE diffset_id = " + done, b'"seen":5'),
                ([diffs + "1/files/"], "UPDATE thimble_rb_file SET extra_data = '{\"seen\":6}' WHERE diffset_id = " + done, b'"seen":6'),
                ([draft + "%d/" % revision, draft + "%d/draft-commits/?counts-only=1" % revision],
                 "DELETE FROM thimble_rb_commit WHERE commit_id = '%s'" % commits[1].id, b'count":1'),
                ([diffs + "1/commits/", diffs + "1/files/", diffs + "?counts-only=1"],
                 "UPDATE thimble_rb_diffset SET published = %s WHERE id = %s" % (no, done), None),
                ([item, files, draft], "UPDATE thimble_rb_request SET submitter_id = 5 WHERE id = %d" % request, b'"code":101'),
                ([item, files, draft], "DELETE FROM thimble_rb_draft WHERE request_id = %d" % request, b'"code":100')]:
            before = {path: self.maint.get(path).body for path in paths}
            for path, body in before.items():
                self.assertNotIn(seen if seen is not None else b"nothing", body, path)
                self.assertEqual(self.maint.get(path).body, body)
            self.database.execute(statement)
            for path in paths:
                thimble.wait_until(lambda: (lambda body: seen in body if seen is not None else body != before[path])(
                    self.maint.get(path).body), "%s after %s" % (path, statement))

    # ---- who, and what there is

    def test_who_may(self):
        request, revision, commits = self.posted(1)
        second = review.synthetic(2)[1]
        path = review.draft_commits(request, revision)
        paths = [path, path + commits[0].id + "/", path + "?counts-only=1", "review-requests/%d/draft/diffs/" % request,
                 "review-requests/%d/draft/diffs/%d/" % (request, revision),
                 "review-requests/%d/draft/diffs/%d/files/" % (request, revision)]
        for p in paths:
            self.fails(self.client(None).get(p), 103)
            self.fails(self.client("other").get(p), 101)
            for user in ("sub", "admin"):
                self.assertEqual(self.client(user).get(p).status, 200, (p, user))
        fields = second.fields(review.validation_info(commits))
        self.fails(self.client(None).post(path, fields, {"diff": second.diff}), 103)
        self.fails(self.client("other").post(path, fields, {"diff": second.diff}), 101)
        self.fails(self.client("other").put(paths[1], {"extra_data.a": "1"}), 101)
        self.fails(self.client(None).put(paths[1], {"extra_data.a": "1"}), 103)
        self.assertEqual(self.client("sub").put(paths[1], {"extra_data.a": "1"}).status, 200)
        self.assertEqual(self.client("sub").post(path, fields, {"diff": second.diff}).status, 201)

    def test_what_is_not_there(self):
        request, revision, commits = self.posted(1)
        bare = review.new_request(self.maint, self.repository)["id"]
        for path in (review.draft_commits(99999, 1), review.draft_commits(request, revision + 1), review.draft_commits(bare, 1),
                     review.draft_commits(request, revision) + "abc/", review.draft_commits(request, revision) + commits[0].id[:39] + "/",
                     review.draft_commits(2 ** 64, 1)):
            for method in (self.maint.get, lambda p: self.maint.put(p) if not p.endswith("draft-commits/") else self.maint.get(p)):
                self.fails(method(path), 100)
        # for who is not known, nothing is looked up
        self.fails(self.client(None).get(review.draft_commits(99999, 1)), 103)
        # the same URL later leads somewhere
        path = review.draft_commits(bare, 1)
        self.fails(self.maint.get(path), 100)
        review.new_diff(self.maint, bare)
        self.assertEqual(self.get(path)["total_results"], 0)
        for method in ("DELETE", "PATCH", "OPTIONS"):
            answer = self.maint.request(method, path)
            self.assertEqual((answer.status, answer.body, answer.headers["Allow"]), (405, b"", "GET, POST"))
            answer = self.maint.request(method, review.draft_commits(request, revision) + commits[0].id + "/")
            self.assertEqual((answer.status, answer.body, answer.headers["Allow"]), (405, b"", "GET, PUT"))

    def test_directly_below_api(self):
        request, revision, commits = self.posted(1)
        answer = self.maint.get("/api/" + review.draft_commits(request, revision))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["draft_commits"][0]["links"]["self"]["href"], "http://tracker.example.org/api/" +
                         review.draft_commits(request, revision) + commits[0].id + "/")


class OnSqlite(Both, review_case.Case):
    originals = originals
    kind = "sqlite"

    def test_without_history(self):
        request, revision, commits = self.published(1)
        server = self.serve({"reviewboard": {"history": "off"}})
        client = review.Client(server, "maint")
        for path in (review.draft_commits(request, revision), "review-requests/%d/diffs/1/commits/" % request, "validation/commits/"):
            self.fails(client.get(path), 101)
        diff = review.want(client.get("review-requests/%d/diffs/1/" % request))["diff"]
        self.assertNotIn("commit_count", diff)
        self.assertEqual(sorted(diff["links"]), ["files", "repository", "self", "update"])


class OnPostgresql(Both, review_case.Case):
    originals = originals
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
