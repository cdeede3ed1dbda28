# SPDX-License-Identifier: MIT
"""Diffs (reviewboard-api.md, 1.4, 1.7 and 2.6 to 2.8): what is in them, whether their files are
there, with a repository to ask and without one, validation, series that are finalised, what is published, squashed diffs.
"""
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
from review_case import API, blob, section

REQUIRED = ["This field is required."]
NEEDED = ["This field is required when finalize_commit_series is set."]
UNSPLIT = ['Unable to parse the "diff --git" line for this file, due to the use of filenames with spaces or --no-prefix, '
           "--src-prefix, or --dst-prefix options."]

originals = database.Originals(review_case.FIXTURE)
repositories = []


def setUpModule():
    repositories.append(review.Repository())
    originals.make()


def tearDownModule():
    originals.drop()
    repositories.pop().drop()


class Both:
    def commit(self, name, parent, *sections):
        return review.Commit(name, parent, "about " + name, b"".join(sections), committer=None)

    def post(self, target, commit, info=None, parent=None):
        files = {"diff": commit.diff, **({"parent_diff": parent} if parent is not None else {})}
        return self.maint.post(review.draft_commits(*target), commit.fields(info), files)

    def missing(self, answer, name, revision):
        self.fails(answer, 207, file=name, revision=revision)

    def chain(self, *sections_of_commits, info=True, **more):
        """Posts one commit for each list of sections; all but the last are taken.  The answer to the last."""
        target, commits = self.started(**more), []
        for i, sections in enumerate(sections_of_commits):
            commits.append(self.commit("c%d" % (i + 1), "c%d" % i if i else "", *sections))
            # honest info, or one that knows the commits, but no files
            told = review.validation_info(commits[:i]) if info else review.encode_info(
                {c.id: {"parent_id": c.parent, "tree": {}} for c in commits[:i]})
            answer = self.post(target, commits[i], told if i else None)
            if i + 1 < len(sections_of_commits):
                self.assertEqual(answer.status, 201, answer)
        return answer

    # ---- 1.4: sections

    KINDS = [
        ("modified", section("m.c", blob("1"), blob("2")), ("m.c", "m.c", blob("1"), blob("2"), "modified", False)),
        ("new", b"diff --git a/n.c b/n.c\nnew file mode 100644\nindex %s..%s\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+x\n" %
         (blob("0").encode(), blob("2").encode()), ("n.c", "n.c", "PRE-CREATION", blob("2"), "modified", False)),
        ("deleted", b"diff --git a/d.c b/d.c\ndeleted file mode 100644\nindex %s..%s\n--- a/d.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" %
         (blob("1").encode(), blob("0").encode()), ("d.c", "d.c", blob("1"), blob("0"), "deleted", False)),
        ("moved", b"diff --git a/o.c b/p.c\nsimilarity index 100%\nrename from o.c\nrename to p.c\n",
         ("o.c", "p.c", "", "", "moved", False)),
        ("copied", b"diff --git a/o.c b/q.c\nsimilarity index 90%%\ncopy from o.c\ncopy to q.c\nindex %s..%s 100644\n--- a/o.c\n+++ b/q.c\n"
         b"@@ -1 +1 @@\n-x\n+y\n" % (blob("1").encode(), blob("2").encode()), ("o.c", "q.c", blob("1"), blob("2"), "copied", False)),
        ("binary", b"diff --git a/b.png b/b.png\nindex %s..%s 100644\nBinary files a/b.png and b/b.png differ\n" %
         (blob("1").encode(), blob("2").encode()), ("b.png", "b.png", blob("1"), blob("2"), "modified", True)),
        ("quoted", b'diff --git "a/sp\\303\\251.c" "b/sp\\303\\251.c"\nindex %s..%s 100644\n--- "a/sp\\303\\251.c"\n+++ "b/sp\\303\\251.c"\n'
         b"@@ -1 +1 @@\n-x\n+y\n" % (blob("1").encode(), blob("2").encode()),
         ("sp\u00e9.c", "sp\u00e9.c", blob("1"), blob("2"), "modified", False)),
        ("empty", b"diff --git a/e.c b/e.c\nnew file mode 100644\nindex %s..%s\n" % (blob("0").encode(), b"e69de29" + b"0" * 33),
         ("e.c", "e.c", "PRE-CREATION", "e69de29" + "0" * 33, "modified", False)),
    ]

    def test_sections_of_each_kind(self):
        target = self.started()
        dropped = b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
        commit = self.commit("c1", "", b"From: preamble\n\n", dropped, *[data for _, data, _ in self.KINDS])
        self.assertEqual(self.post(target, commit).status, 201)
        path = "review-requests/%d/draft/diffs/%d/files/" % target
        listed = self.get(path, **{"commit-id": "c1"})
        self.assertEqual([tuple(f[k] for k in ("source_file", "dest_file", "source_revision", "dest_detail", "status", "binary"))
                          for f in listed["files"]], [want for _, _, want in self.KINDS])
        item = listed["files"][0]
        url = API + path + "%d/" % item["id"]
        self.assertEqual(item, {
            "binary": False, "dest_attachment": None, "dest_detail": blob("2"), "dest_file": "m.c", "encoding": None,
            "extra_data": {}, "id": item["id"], "links": {"self": {"href": url, "method": "GET"}, "update": {"href": url, "method": "PUT"}},
            "orig_sha256": None, "patched_sha256": None, "source_attachment": None, "source_file": "m.c", "source_revision": blob("1"),
            "status": "modified"})
        self.assertEqual(list(item), sorted(item))
        for f, (_, data, _) in zip(listed["files"], self.KINDS):
            answer = self.maint.get(f["links"]["self"]["href"])
            self.assertEqual((answer.type, answer.json), ("file", {"file": f, "stat": "ok"}))
            self.assertIsNotNone(answer.headers["Last-Modified"])
            self.assertEqual(self.maint.get(f["links"]["self"]["href"], Accept="text/x-patch").body, data)
        # filters
        self.assertEqual([f["dest_file"] for f in self.get(path, **{"commit-id": "c1", "binary": 1})["files"]], ["b.png"])
        self.assertEqual(self.get(path, **{"commit-id": "c1", "binary": 0})["total_results"], len(self.KINDS) - 1)
        self.assertEqual(self.get(path, **{"commit-id": "c1", "counts-only": 1}), {"count": len(self.KINDS), "stat": "ok"})
        for query in ({}, {"commit-id": "nothing"}, {"commit-id": "\u00fc"}, {"binary": 1}):
            self.assertEqual(self.get(path, **query)["total_results"], 0, query)
        self.fields_fail(self.maint.get(path, {"commit-id": "a\0b"}), **{"commit-id": ["Null characters are not allowed."]})
        changed = self.maint.put(path + "%d/" % item["id"], {"extra_data.a": "1", "source_file": "x"})
        self.assertEqual((changed.json["file"]["extra_data"], changed.json["file"]["source_file"]), ({"a": 1}, "m.c"))
        self.assertEqual(self.get(path + "%d/" % item["id"])["file"]["extra_data"], {"a": 1})
        self.fails(self.maint.get(path + "99999/"), 100)
        other = self.started()
        self.fails(self.maint.get("review-requests/%d/draft/diffs/%d/files/%d/" % (*other, item["id"])), 100)

    def test_what_is_no_diff(self):
        target = self.started()
        for data, text in [(b"hello\n", ["This does not appear to be a git diff"]), (b"\xff\0", ["This does not appear to be a git diff"]),
                           (b"diff --git one two three\nindex 1234567..1234568 100644\nBinary files differ\n", UNSPLIT)]:
            self.fields_fail(self.post(target, self.commit("c1", "", data)), path=text)
        self.fails(self.post(target, self.commit("c1", "", b"\n\n")), 219)
        self.assertEqual(self.count("file") + self.count("commit"), 0)

    def test_many_files(self):
        """More rows than one statement takes, and than are sent at once."""
        target = self.started()
        commit = self.commit("c1", "", *[section("f%d.c" % i, blob("1"), blob("2")) for i in range(900)])
        self.assertEqual(self.post(target, commit).status, 201)
        self.assertEqual(self.count("file"), 900)
        self.assertEqual(self.maint.get(review.draft_commits(*target) + "c1/", Accept="text/x-patch").body, commit.diff)
        page = self.get("review-requests/%d/draft/diffs/%d/files/" % target, **{"commit-id": "c1", "start": 895})
        self.assertEqual([f["dest_file"] for f in page["files"]], ["f%d.c" % i for i in range(895, 900)])

    # ---- 1.4: whether files are there, without a repository to ask

    def test_trust(self):
        changed, again = section("f.c", blob("1"), blob("2")), section("f.c", blob("2"), blob("3"))
        removed = self.KINDS[2][1].replace(b"d.c", b"f.c")
        # what nobody touched is believed, whatever it is
        self.assertEqual(self.chain([changed], [section("g.c", blob("7"), blob("8"))]).status, 201)
        for info in (True, False):
            self.assertEqual(self.chain([changed], [again], info=info).status, 201)
            # the second commit goes on from a file that the first did not leave
            self.missing(self.chain([changed], [section("f.c", blob("1"), blob("3"))], info=info), "f.c", blob("1"))
            self.missing(self.chain([removed], [again], info=info), "f.c", blob("2"))
            # one of those before left it, not the last
            self.assertEqual(self.chain([changed], [again], [section("f.c", blob("2"), blob("4"))], info=info).status, 201)
        # abbreviated
        self.assertEqual(self.chain([section("f.c", "1111111", "2222222")], [again]).status, 201)
        self.missing(self.chain([section("f.c", "1111111", "2222223")], [again]), "f.c", blob("2"))
        # a rename leaves the new name and takes the old one away
        moved = b"diff --git a/f.c b/g.c\nsimilarity index 90%%\nrename from f.c\nrename to g.c\nindex %s..%s 100644\n--- a/f.c\n+++ b/g.c\n" \
                b"@@ -1 +1 @@\n-x\n+y\n" % (blob("1").encode(), blob("2").encode())
        self.assertEqual(self.chain([moved], [section("g.c", blob("2"), blob("3"))]).status, 201)
        self.missing(self.chain([moved], [section("f.c", blob("1"), blob("3"))]), "f.c", blob("1"))
        # new, deleted, moved, copied and binary files need no source
        self.assertEqual(self.chain([changed], [removed]).status, 201)
        self.assertEqual(self.chain([changed], [moved]).status, 201)

    def test_trust_with_a_parent_diff(self):
        parent = section("f.c", blob("1"), blob("2"))
        good, bad = section("f.c", blob("2"), blob("3")), section("f.c", blob("1"), blob("3"))
        target = self.started()
        self.missing(self.post(target, self.commit("c1", "", bad), parent=parent), "f.c", blob("1"))
        self.assertEqual(self.post(target, self.commit("c1", "", good, section("g.c", blob("8"), blob("9"))), parent=parent).status, 201)
        stored = self.database.rows("SELECT dest_file FROM thimble_rb_file WHERE parent_diff IS NOT NULL")
        self.assertEqual(stored, [["f.c"]])
        # the patch is without it
        self.assertNotIn(blob("1").encode(), self.maint.get(review.draft_commits(*target) + "c1/", Accept="text/x-patch").body)
        # and the next commit finds both
        info = review.encode_info({"c1": {"parent_id": "", "tree": {}}})
        self.assertEqual(self.post(target, self.commit("c2", "c1", section("f.c", blob("3"), blob("4"))), info, parent=parent).status, 201)
        self.fields_fail(self.post(target, self.commit("c3", "c2", section("f.c", blob("4"), blob("5"))), info, parent=b"x"),
                         path=["This does not appear to be a git diff"])
        # the diff's own files come first
        self.missing(self.post(target, self.commit("c3", "c2", section("f.c", blob("7"), blob("5"))), info, parent=b"x"), "f.c", blob("7"))

    # ---- and with one

    def test_git_dir(self):
        repo = repositories[0]
        known = repo.id("%s:src/lex.c" % repo.base)
        other = repo.id("%s:src/old.c" % repo.base)
        bare = review.add_repository(self.database, "bare", git_dir=repo.bare())
        for old, status in ((known, 201), (known[:7], 201), (other, 201), (blob("1"), 207), (known[:3], 207), (repo.base, 207),
                            (known + "00", 207)):
            target = self.started(repository=bare)
            answer = self.post(target, self.commit("c1", "", section("src/lex.c", old, blob("2"))))
            if status == 201:
                self.assertEqual(answer.status, 201, (old, answer))
            else:
                self.missing(answer, "src/lex.c", old)
        # what a commit left counts as much as what is in the repository; both the client's word and the server's
        for info in (True, False):
            self.assertEqual(self.chain([section("f.c", known, blob("2"))], [section("f.c", blob("2"), blob("3"))], info=info,
                                        repository=bare).status, 201)
        self.missing(self.chain([section("f.c", known, blob("2"))], [section("f.c", blob("4"), blob("3"))], repository=bare), "f.c", blob("4"))
        self.assertEqual(self.chain([section("f.c", known, blob("2"))], [section("f.c", known, blob("3"))], repository=bare).status, 201)
        # real commits, the chain of them
        target = self.started(repository=bare, base=repo.base)
        review.post_commits(self.maint, *target, repo.commits)
        review.finalize(self.maint, *target, repo.commits, repo.diff(repo.base, "topic"))
        found = self.get(review.draft_commits(*target))["draft_commits"]
        for commit, item in zip(repo.commits, found):
            self.assertEqual((item["commit_id"], item["commit_message"]), (commit.id, commit.message))
            self.assertEqual(self.maint.get(item["links"]["self"]["href"], Accept="text/x-patch").body, commit.diff)

    def test_git_dir_with_a_parent_diff(self):
        repo = repositories[0]
        known = repo.id("%s:src/lex.c" % repo.base)
        bare = review.add_repository(self.database, "bare", git_dir=repo.bare())
        target = self.started(repository=bare)
        commit = self.commit("c1", "", section("src/lex.c", blob("2"), blob("3")), section("unknown.c", blob("7"), blob("8")))
        self.missing(self.post(target, commit), "src/lex.c", blob("2"))
        # the parent diff's file is looked for, but only where the diff goes on from it
        unrelated = section("elsewhere.c", blob("5"), blob("6"))
        self.missing(self.post(target, commit, parent=unrelated + section("src/lex.c", blob("1"), blob("2"))), "src/lex.c", blob("1"))
        self.assertEqual(self.count("commit"), 0)
        self.assertEqual(self.post(target, commit, parent=unrelated + section("src/lex.c", known, blob("2"))).status, 201)

    def test_a_repository_that_cannot_be_read(self):
        bare = review.add_repository(self.database, "gone", git_dir="/nonexistent/gone.git")
        target = self.started(repository=bare)
        answer = self.post(target, self.commit("c1", "", section("a.c", blob("1"), blob("2"))))
        self.assertEqual(answer.status, 503)
        self.assertEqual(self.count("commit"), 0)
        self.server.wait_log("the Git repository /nonexistent/gone.git cannot be read")
        # where nothing has to be asked, it is not
        self.assertEqual(self.post(target, self.commit("c1", "", self.KINDS[1][1])).status, 201)

    # ---- 2.6

    def validate(self, commit, info=None, user="maint", **more):
        fields = {"repository": self.repository, "commit_id": commit.id, "parent_id": commit.parent, **more}
        if info is not None:
            fields["validation_info"] = info
        return self.client(user).post("validation/commits/", fields, {"diff": commit.diff})

    def test_validation_of_commits(self):
        answer = self.client(None).get("validation/commits/")
        url = API + "validation/commits/"
        self.assertEqual((answer.status, answer.type), (200, "commit-validation"))
        self.assertEqual(answer.json, {"links": {"create": {"href": url, "method": "POST"}, "self": {"href": url, "method": "GET"}}, "stat": "ok"})
        commits, info = repositories[0].commits, None
        for i, commit in enumerate(commits):
            answer = self.validate(commit, info, base_commit_id=repositories[0].base)
            self.assertEqual((answer.status, answer.type), (200, "commit-validation"), answer)
            info = answer.json["commit_validation"]["validation_info"]
            self.assertEqual(sorted(json.loads(review.base64.b64decode(info))), sorted(c.id for c in commits[:i + 1]))
        want = json.loads(review.base64.b64decode(review.validation_info(commits)))
        self.assertEqual(json.loads(review.base64.b64decode(info)), want)
        # and what it said is what posting and finalising take
        target = self.started(base=repositories[0].base)
        review.post_commits(self.maint, *target, commits)
        answer = self.maint.put("review-requests/%d/draft/diffs/%d/" % target, {"finalize_commit_series": 1, "validation_info": info},
                                {"cumulative_diff": repositories[0].diff(repositories[0].base, "topic")})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.count("commit"), 3)

    def test_validation_that_fails(self):
        commits = review.synthetic(2)
        commits[0].parent = "b1"
        info = review.validation_info(commits[:1])
        self.fails(self.validate(commits[0], user=None), 103)
        self.fields_fail(self.maint.post("validation/commits/", {"nonsense": "x", "more": "y"}), commit_id=REQUIRED, diff=REQUIRED,
                         more=["Field is not supported"], nonsense=["Field is not supported"], parent_id=REQUIRED, repository=REQUIRED)
        self.fails(self.validate(commits[0], repository="nowhere", commit_id="-"), 206, repository="nowhere")
        secret = review.add_repository(self.database, "secret", public=False)
        self.fails(self.validate(commits[0], repository="secret"), 206, repository="secret")
        plain = review.add_repository(self.database, "plain", history=False)
        self.fails(self.validate(commits[0], repository=plain, commit_id="-"), 102,
                   reason='The "plain" repository does not support review requests created with history.')
        self.fields_fail(self.validate(commits[0], commit_id="-"), commit_id=["Commits must be alphanumeric."])
        self.fields_fail(self.validate(commits[0], info), validation_info=["This commit was already validated."])
        self.fields_fail(self.validate(commits[1], info, parent_id="abc"), validation_info=["The parent commit was not validated."])
        self.fields_fail(self.validate(commits[1], "%"), validation_info=['Could not parse validation info "%": Invalid base64.'])
        commits[1].diff = b"x" * (3 << 20)
        self.fails(self.validate(commits[1], info), 220, max_size=2 << 20, reason="The supplied diff file is too large.")
        commits[1].diff = b"rubbish\n"
        self.fails(self.validate(commits[1], info), 224, linenum=0, reason="This does not appear to be a git diff")
        commits[1].diff = b"\nx\ndiff --git one two three\nindex 1234567..1234568 100644\nBinary files differ\n"
        self.fails(self.validate(commits[1], info), 224, linenum=3, reason=UNSPLIT[0])
        commits[1].diff = section("file1.c", blob("3"), blob("4"))
        self.missing(self.validate(commits[1], info), "file1.c", blob("3"))
        commits[1].diff = b"\n"
        self.fails(self.validate(commits[1], info), 219)
        commits[1].diff = b""
        self.fields_fail(self.validate(commits[1], info), diff=["The submitted file is empty."])

    def test_validation_of_diffs(self):
        answer = self.client(None).get("validation/diffs/")
        self.assertEqual((answer.status, answer.type), (200, "diff-validation"))
        answer = self.client(None).get("validation/")
        self.assertEqual((answer.status, answer.type, sorted(answer.json["links"])),
                         (200, "validation", ["commit_validation", "diff_validation", "self"]))

        def post(data, user="maint", **more):
            return self.client(user).post("validation/diffs/", {"repository": self.repository, **more}, {"path": data})

        good = section("a.c", blob("1"), blob("2"))
        answer = post(good, base_commit_id=blob("b"), basedir="")
        self.assertEqual((answer.status, answer.type, answer.json), (200, "diff-validation", {"stat": "ok"}))
        self.fails(post(good, user=None), 103)
        self.fails(post(b"x\n"), 224, linenum=0, reason="This does not appear to be a git diff")
        self.fails(post(b" \n"), 219)
        self.fields_fail(post(good, other="x"), other=["Field is not supported"])
        self.fields_fail(self.maint.post("validation/diffs/"), path=REQUIRED, repository=REQUIRED)
        bare = review.add_repository(self.database, "bare", git_dir=repositories[0].bare())
        self.missing(post(good, repository=bare), "a.c", blob("1"))

    # ---- 2.7

    def test_a_diff_of_a_draft(self):
        request = review.new_request(self.maint, self.repository)["id"]
        path = "review-requests/%d/draft/diffs/" % request
        self.assertEqual(self.get(path)["total_results"], 0)
        self.fails(self.maint.get(path + "1/"), 100)
        answer = self.maint.post(path, {"base_commit_id": blob("b")}, query={"only-fields": "", "only-links": "self,draft_commits"})
        self.assertEqual((answer.status, answer.type), (201, "diff"))
        url = API + path
        self.assertEqual(answer.json, {"diff": {"links": {
            "draft_commits": {"href": url + "1/draft-commits/", "method": "GET"}, "self": {"href": url + "1/", "method": "GET"}}}, "stat": "ok"})
        answer = self.maint.get(path)
        self.assertEqual((answer.status, answer.type, answer.json["total_results"]), (200, "diffs", 1))
        item, = answer.json["diffs"]
        self.assertRegex(item.pop("timestamp"), r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        diffset = item.pop("id")
        self.assertEqual(item, {
            "base_commit_id": blob("b"), "basedir": "", "commit_count": 0, "extra_data": {}, "links": {
                "draft_commits": {"href": url + "1/draft-commits/", "method": "GET"},
                "draft_files": {"href": url + "1/files/", "method": "GET"},
                "repository": {"href": API + "repositories/%d/" % self.repository, "method": "GET", "title": "compiler"},
                "self": {"href": url + "1/", "method": "GET"}, "update": {"href": url + "1/", "method": "PUT"}},
            "name": "diff", "revision": 1})
        commits = review.synthetic(2)
        review.post_commits(self.maint, request, 1, commits)
        self.assertEqual(self.get(path + "1/")["diff"]["commit_count"], 2)
        expanded = self.get(path, expand="draft_commits")["diffs"][0]
        self.assertEqual([c["commit_id"] for c in expanded["draft_commits"]], [c.id for c in commits])
        self.assertNotIn("draft_commits", expanded["links"])
        self.assertEqual(expanded["_expanded"]["draft_commits"], {
            "item_mimetype": "application/vnd.reviewboard.org.draft-commit+json", "list_url": url + "1/draft-commits/",
            "list_mimetype": "application/vnd.reviewboard.org.draft-commits+json"})
        # another one takes its place, and its number; what was in it is gone
        again = review.new_diff(self.maint, request)
        self.assertEqual((again["revision"], again["commit_count"], again["base_commit_id"]), (1, 0, None))
        self.assertGreater(again["id"], diffset)
        self.assertEqual((self.count("diffset"), self.count("commit"), self.count("file")), (1, 0, 0))
        self.assertEqual(self.get(path + "1/draft-commits/")["total_results"], 0)
        self.assertEqual(self.maint.put(path + "1/", {"extra_data.a": "b"}).json["diff"]["extra_data"], {"a": "b"})
        # posting to diffs/ is the same
        other = review.want(self.maint.post("review-requests/%d/diffs/" % request), 201)["diff"]
        self.assertIn("draft_commits", other["links"])
        self.assertEqual(self.count("diffset"), 1)

    def test_diffs_that_are_refused(self):
        request = review.new_request(self.maint, self.repository)["id"]
        path = "review-requests/%d/draft/diffs/" % request
        self.fails(self.client(None).post(path), 103)
        self.fails(self.client("other").post(path), 101)
        self.fails(self.maint.post("review-requests/99999/draft/diffs/"), 100)
        good = section("a.c", blob("1"), blob("2"))
        self.fails(self.maint.post(path, None, {"path": good}), 105, reason=(
            "This review request was created with support for multiple commits.\n\n"
            "Create an empty diff revision and upload commits to that instead."))
        self.fields_fail(self.maint.post(path, {"base_commit_id": "a" * 65}), base_commit_id=[
            "Ensure this value has at most 64 characters (it has 65)."])
        plain = review.want(self.maint.post("review-requests/"), 201)["review_request"]["id"]
        self.fails(self.maint.post("review-requests/%d/draft/diffs/" % plain), 102,
                   reason="This review request was created as attachments-only, with no repository.")
        self.assertEqual(self.count("diffset"), 0)

    def test_squashed(self):
        request = review.new_request(self.maint, self.repository, history=False)["id"]
        path = "review-requests/%d/diffs/" % request
        good = section("a.c", blob("1"), blob("2"))
        self.fields_fail(self.maint.post(path), path=REQUIRED)
        self.fields_fail(self.maint.post(path, None, {"path": b""}), path=["The submitted file is empty."])
        self.fields_fail(self.maint.post(path, None, {"path": b"x"}), path=["This does not appear to be a git diff"])
        self.fails(self.maint.post(path, None, {"path": b"\n"}), 219)
        self.fails(self.maint.post(path, None, {"path": b"x" * (2 << 20) + b"y"}), 220, max_size=2 << 20,
                   reason="The supplied diff file is too large.")
        self.assertEqual(self.count("diffset"), 0)
        answer = self.maint.post(path, {"base_commit_id": blob("b"), "basedir": "/trunk"}, {"path": ("my.diff", good)})
        self.assertEqual((answer.status, answer.type), (201, "diff"), answer)
        item = answer.json["diff"]
        self.assertEqual((item["name"], item["basedir"], item["commit_count"], item["base_commit_id"]), ("my.diff", "/trunk", 0, blob("b")))
        files = self.maint.get(item["links"]["draft_files"]["href"]).json
        self.assertEqual([f["dest_file"] for f in files["files"]], ["a.c"])
        patch = self.maint.get(item["links"]["self"]["href"], Accept="text/x-patch")
        self.assertEqual((patch.status, patch.headers["Content-Type"], patch.body), (200, "text/x-patch", good))
        self.assertTrue(patch.headers["Content-Disposition"].startswith("inline; filename="))
        self.fails(self.maint.put("review-requests/%d/draft/diffs/1/" % request, {"finalize_commit_series": 1}), 102,
                   reason="This review request was not created with commit history support.")

    def test_finalising(self):
        request, revision, commits = self.posted(3)
        path = "review-requests/%d/draft/diffs/%d/" % (request, revision)
        info, diff = review.validation_info(commits), review.cumulative(commits)

        def put(info=info, diff=diff, client=None, at=path, **files):
            fields = {"finalize_commit_series": "1", **({"validation_info": info} if info is not None else {})}
            return (client or self.maint).put(at, fields, {**({"cumulative_diff": diff} if diff is not None else {}), **files})

        # 1
        self.fails(put(at="review-requests/%d/draft/diffs/%d/" % (request, revision + 1)), 100)
        self.fails(put(client=self.client("other")), 101)
        # 3
        self.fields_fail(put(None, None), cumulative_diff=NEEDED, validation_info=NEEDED)
        self.fields_fail(put("%"), validation_info=["Could not parse field: Invalid base64."])
        self.fields_fail(put(diff=b""), cumulative_diff=["The submitted file is empty."])
        # 4
        empty = self.started()
        self.fails(put(at="review-requests/%d/draft/diffs/%d/" % empty), 102, reason="Cannot finalize an empty commit series.")
        # 5
        unknown = "The following commits are specified in validation_info but do not exist: "
        absent = "The following commits exist but are not present in validation_info: "
        more = review.synthetic(5)
        self.fields_fail(put(review.validation_info(more)), validation_info=[unknown + more[3].id + ", " + more[4].id])
        self.fields_fail(put(review.validation_info(commits[:1])), validation_info=[absent + commits[1].id + ", " + commits[2].id])
        other = review.Commit(commits[2].id, commits[0].id, "x", commits[2].diff)
        self.fields_fail(put(review.validation_info(commits[:2] + [other])), validation_info=[unknown + other.id])
        # 6
        self.fails(put(diff=b"x" * (2 << 20) + b"y"), 220, max_size=2 << 20, reason="The supplied diff file is too large.")
        self.fields_fail(put(diff=b"rubbish"), cumulative_diff=["This does not appear to be a git diff"])
        self.fails(put(diff=b"\n"), 219)
        self.assertEqual(self.count("file", "commit_row IS NULL"), 0)
        self.assertEqual(self.get(path + "files/")["total_results"], 0)
        # 7
        answer = put()
        self.assertEqual((answer.status, answer.type, answer.json["diff"]["commit_count"]), (200, "diff", 3), answer)
        self.assertEqual([f["dest_file"] for f in self.get(path + "files/")["files"]], ["file1.c", "file2.c", "file3.c"])
        self.assertEqual(self.maint.get(path, Accept="text/x-patch").body, diff)
        # 2, which comes before 3
        self.fails(put("%"), 102, reason="This diff is already finalized.")
        fourth = review.synthetic(4)[3]
        self.fails(self.maint.post(path + "draft-commits/", fourth.fields(info), {"diff": fourth.diff}), 102,
                   reason="The diff has already been finalized.")
        self.assertEqual(self.maint.put(path, {"extra_data.a": "b"}).json["diff"]["extra_data"], {"a": "b"})

    def test_finalising_asks_the_repository(self):
        repo = repositories[0]
        bare = review.add_repository(self.database, "bare", git_dir=repo.bare())
        target = self.started(repository=bare)
        review.post_commits(self.maint, *target, repo.commits)
        answer = self.maint.put("review-requests/%d/draft/diffs/%d/" % target, {
            "finalize_commit_series": 1, "validation_info": review.validation_info(repo.commits)}, {
            "cumulative_diff": section("a.c", blob("1"), blob("2"))})
        self.missing(answer, "a.c", blob("1"))
        self.assertEqual(self.count("file", "commit_row IS NULL"), 0)
        review.finalize(self.maint, *target, repo.commits, repo.diff(repo.base, "topic"))

    # ---- 2.8

    def test_what_is_published(self):
        request, revision, commits = self.published(3)
        base = API + "review-requests/%d/diffs/" % request
        for user in (None, "other", "maint"):
            client = self.client(user)
            listed = client.get(base)
            self.assertEqual((listed.status, listed.type, listed.json["total_results"]), (200, "diffs", 1), listed)
            item = listed.json["diffs"][0]
            self.assertEqual(sorted(item["links"]), ["commits", "files", "repository", "self", "update"])
            self.assertEqual((item["revision"], item["links"]["self"]["href"]), (1, base + "1/"))
            one = client.get(base + "1/?expand=commits").json["diff"]
            self.assertEqual([c["commit_id"] for c in one["commits"]], [c.id for c in commits])
            self.assertEqual(one["_expanded"]["commits"]["item_mimetype"], "application/vnd.reviewboard.org.commit+json")
            mails = ("", "") if user is None else ("lin@example.org", "mx@example.org")
            self.assertEqual((one["commits"][0]["author_email"], one["commits"][0]["committer_email"]), mails)
            listed = client.get(base + "1/commits/")
            self.assertEqual((listed.type, list(listed.json)), ("commits", ["commits", "links", "stat", "total_results"]))
            self.assertNotIn("create", listed.json["links"])
            commit = listed.json["commits"][1]
            self.assertEqual(sorted(commit["links"]), ["files", "self", "update"])
            self.assertEqual(commit["links"]["self"]["href"], base + "1/commits/%s/" % commits[1].id)
            self.assertEqual(client.get(commit["links"]["self"]["href"]).json, {"commit": commit, "stat": "ok"})
            self.assertEqual(client.get(commit["links"]["self"]["href"], Accept="text/x-patch").body, commits[1].diff)
            files = client.get(commit["links"]["files"]["href"]).json["files"]
            self.assertEqual([f["dest_file"] for f in files], ["file2.c", "file1.c"])
            self.assertEqual(client.get(base + "1/files/").json["total_results"], 3)
            self.assertEqual(client.get(files[0]["links"]["self"]["href"]).json["file"], files[0])
            self.assertEqual(client.get(base + "1/", Accept="text/x-patch").body, review.cumulative(commits))
            for path in ("2/", "2/commits/", "2/files/", "1/commits/abc/", "1/files/99999/", "0/"):
                self.fails(client.get(base + path), 100)
        # what was a draft is none any more
        self.fails(self.maint.get(review.draft_commits(request, 1)), 100)
        # extra_data, for the owner
        for path, key in (("1/", "diff"), ("1/commits/%s/" % commits[0].id, "commit"), (files[0]["links"]["self"]["href"][len(base):], "file")):
            self.fails(self.client(None).put(base + path, {"extra_data.a": "1"}), 103)
            self.fails(self.client("other").put(base + path, {"extra_data.a": "1"}), 101)
            self.assertEqual(self.maint.put(base + path, {"extra_data.a": "1", "revision": 7}).json[key]["extra_data"], {"a": 1})
            self.assertEqual(self.client(None).get(base + path).json[key]["extra_data"], {"a": 1})
        answer = self.maint.request("DELETE", base + "1/commits/")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET"))

    def test_numbers(self):
        request, revision, commits = self.published(1)
        self.assertEqual(revision, 1)
        path = "review-requests/%d/" % request
        self.fails(self.maint.get(path + "diffs/2/"), 100)
        for wanted in (2, 3):
            # posting makes the draft; doing so twice takes no number
            self.assertEqual(review.new_diff(self.maint, request)["revision"], wanted)
            self.assertEqual(review.new_diff(self.maint, request)["revision"], wanted)
            self.fails(self.maint.get(path + "diffs/%d/" % wanted), 100)
            review.post_commits(self.maint, request, wanted, commits)
            review.finalize(self.maint, request, wanted, commits, review.cumulative(commits))
            review.publish(self.maint, request)
            listed = self.client(None).get(path + "diffs/").json
            self.assertEqual(([d["revision"] for d in listed["diffs"]], listed["total_results"]), (list(range(1, wanted + 1)), wanted))
        # a draft that is discarded leaves no gap
        self.assertEqual(review.new_diff(self.maint, request)["revision"], 4)
        self.assertEqual(self.maint.delete(path + "draft/").status, 204)
        self.assertEqual(self.count("diffset"), 3)
        self.assertEqual(review.new_diff(self.maint, request)["revision"], 4)
        ids = [int(row[0]) for row in self.database.rows("SELECT id FROM thimble_rb_diffset ORDER BY id")]
        self.assertEqual(len(ids), 4)
        # none is used twice
        self.assertGreaterEqual(ids[-1], 7)

    def test_published_but_not_for_all(self):
        secret = review.add_repository(self.database, "secret", public=False, access=[review_case.USERS["deleg"], review_case.USERS["maint"]])
        request = review.new_request(self.maint, secret)["id"]
        review.new_diff(self.maint, request)
        path = "review-requests/%d/diffs/" % request
        self.fails(self.client(None).get(path), 103)
        self.fails(self.client("deleg").get(path), 101)
        self.assertEqual(self.get(path)["total_results"], 0)
        commits = review.synthetic(1)
        review.post_commits(self.maint, request, 1, commits)
        review.finalize(self.maint, request, 1, commits, review.cumulative(commits))
        review.publish(self.maint, request, summary="s", description="d", target_people="deleg")
        for below in ("", "1/", "1/commits/", "1/commits/%s/" % commits[0].id, "1/files/"):
            self.fails(self.client(None).get(path + below), 103)
            self.fails(self.client("other").get(path + below), 101)
            self.assertEqual(self.client("deleg").get(path + below).status, 200, below)


class OnSqlite(Both, review_case.Case):
    originals = originals
    kind = "sqlite"

    def test_another_limit(self):
        server = self.serve({"reviewboard": {"max_diff_size": "1K"}})
        self.clients = {"maint": review.Client(server, "maint")}
        target = self.started()
        data = section("a.c", blob("1"), blob("2"))
        self.assertEqual(self.post(target, self.commit("c1", "", data.ljust(1024, b"\n"))).status, 201)
        answer = self.post(target, self.commit("c2", "c1", data.ljust(1025, b"\n")), review.encode_info({}))
        self.fails(answer, 220, max_size=1024, reason="The supplied diff file is too large.")


class OnPostgresql(Both, review_case.Case):
    originals = originals
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
