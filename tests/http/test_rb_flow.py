# SPDX-License-Identifier: MIT
"""What the stock client sends (reviewboard-api.md, 2.9), command by command and request by request: login, post of
a new series, publish, status, patch, post -r, post -u -p, close, logout, and a squashed post.  The commits are those
of a real git repository; out of the mbox of the series that comes of each version git makes them again.

The client here follows the links that it is given, asks again with the entity tag of what it has, and keeps
cookie and answers from one command to the next, as RBTools does.
"""
import json
import os
import re
import sys
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
HOST = "tracker.example.org"
OTHER = 5       # a user of the fixture
ROOT = "http://%s/reviews/" % HOST
TOOLS = "git%2Cperforce%2Csubversion%2Ctfs_git"
FIELDS = "absolute_url%2Cbugs_closed%2Cid%2Cstatus%2Cpublic%2Ccreated_with_history"
SEARCH = ("absolute_url%2Cbugs_closed%2Ccommit_id%2Cdescription%2Cdraft%2Cextra_data%2Cid%2Cpublic%2Cstatus%2Csummary%2C"
          "url%2Ccreated_with_history")
LISTS = {"repositories": "repository", "review-requests": "review-request", "diffs": "diff", "draft-commits": "draft-commit",
         "commits": "commit", "files": "file"}
# Patchwork's, where a draft must not be seen
READS = ["series/", "patches/", "covers/", "events/", "people/?order=id", "projects/"]

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Rbt:
    """A user's account on one machine, where commands are given one after the other."""

    def __init__(self, case, user):
        self.case = case
        self.user = user
        self.cookies = {}       # its cookie file
        self.cache = {}         # its cache: {URL: answer}
        self.revalidated = 0

    # ---- requests

    def start(self, password=False):
        """A process starts: the root is read."""
        self.client = review.Client(self.case.server, self.user if password else None)
        self.client.cookies = self.cookies
        self.root = self.get(ROOT + "api/", "root")
        self.templates = self.root["uri_templates"]
        for name in ("info", "session", "repositories", "repository", "review_requests", "review_request", "draft", "diffs", "diff",
                     "commit_validation", "diff_validation"):
            self.case.assertTrue(self.templates[name].startswith(ROOT + "api/"), name)
        self.case.assertGreaterEqual([int(n) for n in self.root["product"]["package_version"].split(".")], [2, 0, 14])
        return self

    def url(self, name, **values):
        text = self.templates[name]
        for key, value in values.items():
            text = text.replace("{%s}" % key, str(value))
        return text

    def check(self, answer, status, label, method="GET"):
        """What holds of each answer; returns its JSON."""
        self.case.assertEqual((answer.status, answer.type), (status, label), answer)
        self.case.assertEqual((answer.headers["Vary"], answer.headers["X-Content-Type-Options"]), ("Accept, Cookie", "nosniff"))
        self.case.assertEqual("ETag" in answer.headers, status == 200 and method == "GET", answer)
        self.case.assertNotIn("max-age", (answer.headers["Cache-Control"] or "").lower())
        found = answer.json
        self.case.assertEqual(found["stat"], "ok" if status < 400 else "fail")
        self.case.assertEqual(answer.headers["Item-Content-Type"],
                              "application/vnd.reviewboard.org.%s+json" % LISTS[label] if label in LISTS else None)
        return found

    def get(self, url, label, status=200):
        old = self.cache.get(url)
        answer = self.client.get(url, **({"If_None_Match": old.headers["ETag"]} if old else {}))
        if answer.status == 304:
            self.revalidated += 1
            self.case.assertEqual((answer.body, answer.headers["ETag"], answer.headers["Vary"]), (b"", old.headers["ETag"], "Accept, Cookie"))
            # whoever has nothing is told the same
            again = self.client.get(url)
            self.case.assertEqual((again.status, again.body), (200, old.body), url)
            answer = old
        elif answer.status == 200:
            self.cache[url] = answer
        return self.check(answer, status, label)

    def post(self, url, label, fields=None, files=None, status=201):
        return self.check(self.client.post(url, fields, files), status, label, "POST")

    def put(self, url, label, fields=None, files=None):
        return self.check(self.client.put(url, fields, files), 200, label, "PUT")

    def patch_of(self, item):
        """A commit, as text/x-patch."""
        url = item["links"]["self"]["href"]
        answer = self.client.get(url, Accept="text/x-patch")
        self.case.assertEqual((answer.status, answer.type), (200, "text/x-patch"))
        self.case.assertEqual(answer.headers["Content-Disposition"], "inline; filename=%s.patch" % item["commit_id"])
        self.case.assertIsNotNone(review.mail_date(answer.headers["Last-Modified"]))
        again = self.client.get(url, Accept="text/x-patch", If_None_Match=answer.headers["ETag"])
        self.case.assertEqual((again.status, again.body, again.headers["ETag"]), (304, b"", answer.headers["ETag"]))
        # as JSON it is something else
        self.case.assertEqual(self.client.get(url, If_None_Match=answer.headers["ETag"]).status, 200)
        return answer.body

    # ---- rbt login, logout, status, publish, close

    def session(self):
        return self.get(self.url("session") + "?expand=user", "session")["session"]

    def login(self):
        self.start()
        self.case.assertFalse(self.session()["authenticated"])
        self.client = review.Client(self.case.server, self.user)
        self.client.cookies = self.cookies
        answer = self.client.get(self.url("session") + "?expand=user",
                                 If_None_Match=self.cache[self.url("session") + "?expand=user"].headers["ETag"])
        self.case.assertEqual(self.check(answer, 200, "session")["session"]["user"]["username"], self.user)
        cookie, = answer.headers.get_all("Set-Cookie")
        for part in (r"\Arbsessionid=[^;]+;", r"; Path=/(;|\Z)", r"; HttpOnly(;|\Z)", r"; Max-Age=\d+(;|\Z)"):
            self.case.assertRegex(cookie, part)

    def logout(self):
        self.start()
        answer = self.client.delete(self.session()["links"]["delete"]["href"])
        self.case.assertEqual((answer.status, answer.body), (204, b""))
        self.case.assertNotIn("rbsessionid", self.cookies)

    def status(self):
        """{id: (summary, whether there is a draft)}"""
        self.start()
        user = self.session()["user"]["username"]
        found = self.get(self.url("review_requests") + "?expand=draft&from-user=%s&status=pending" % user, "review-requests")
        self.case.assertEqual(found["total_results"], len(found["review_requests"]))
        for item in found["review_requests"]:
            for key in ("approved", "approval_failure", "issue_open_count", "ship_it_count", "extra_data", "absolute_url", "public"):
                self.case.assertIn(key, item)
        return {item["id"]: (item["draft"] or [item])[0]["summary"] for item in found["review_requests"]}

    def publish(self, number):
        self.start()
        item = self.get(self.url("review_request", review_request_id=number) + "?only-links=draft&review-request-id=%d" % number,
                        "review-request")["review_request"]
        self.case.assertEqual(list(item["links"]), ["draft"])
        draft = self.get(item["links"]["draft"]["href"] + "?only-fields=", "review-request-draft")["draft"]
        self.case.assertEqual(list(draft), ["links"])
        self.put(draft["links"]["update"]["href"], "review-request-draft", {"public": True})

    def close(self, number):
        self.start()
        item = self.get(self.url("review_request", review_request_id=number), "review-request")["review_request"]
        item = self.put(item["links"]["update"]["href"], "review-request", {"status": "submitted"})["review_request"]
        self.case.assertEqual(item["status"], "submitted")

    # ---- rbt patch

    def patch(self, number):
        """[(item of the commit, its patch)], those of the draft if there is one."""
        self.start()
        base = self.url("review_request", review_request_id=number)
        answer = self.client.get(base + "draft/")
        if answer.status == 200:
            found = self.get(base + "draft/diffs/?expand=draft_commits", "diffs")
            commits, kind = found["diffs"][0]["draft_commits"], "draft-commit"
            self.case.assertEqual(found["diffs"][0]["_expanded"]["draft_commits"]["item_mimetype"],
                                  "application/vnd.reviewboard.org.draft-commit+json")
            return [(c, self.patch_of(c)) for c in commits]
        self.case.assertEqual((answer.status, answer.code), (404, 100))
        found = self.get(self.url("diffs", review_request_id=number) + "?only-fields=&only-links=", "diffs")
        newest = found["total_results"]
        self.case.assertEqual(found["diffs"], [{}] * newest)
        diff = self.get(self.url("diff", review_request_id=number, diff_revision=newest) + "?expand=commits", "diff")["diff"]
        self.case.assertEqual(diff["_expanded"]["commits"]["item_mimetype"], "application/vnd.reviewboard.org.commit+json")
        self.case.assertNotIn("commits", diff["links"])
        self.case.assertEqual((diff["revision"], diff["commit_count"]), (newest, len(diff["commits"])))
        got = []
        for commit in diff["commits"]:
            got.append((commit, self.patch_of(commit)))
            url = diff["links"]["files"]["href"] + "?binary=1&commit-id=" + commit["commit_id"]
            self.case.assertEqual(self.get(url, "files")["files"], [])
        return got

    # ---- rbt post

    def find_repository(self, by="name=compiler"):
        """Steps 2 and 3."""
        url = "%s?%s&only-fields=id%%2Cname%%2Cmirror_path%%2Cpath&only-links=info%%2Cdiff_file_attachments&tool=%s"
        found = self.get(url % (self.url("repositories"), by, TOOLS), "repositories")
        self.case.assertEqual(found["total_results"], 1)
        item, = found["repositories"]
        self.case.assertEqual((sorted(item), list(item["links"])), (["id", "links", "mirror_path", "name", "path"], ["info"]))
        answer = self.client.get(item["links"]["info"]["href"])
        self.case.assertEqual((answer.status, answer.type, answer.code), (501, "error", 209))
        return item["id"]

    def validate(self, repository, commits, base, parent=None):
        """Steps 4 and 5; returns what is sent along with each commit, and at the end: I0 (None), I1, .. IN."""
        url = self.get(self.url("commit_validation"), "commit-validation")["links"]["create"]["href"]
        infos = [None]
        for commit in commits:
            fields = {"repository": repository, "commit_id": commit.id, "parent_id": commit.parent, "base_commit_id": base}
            if infos[-1] is not None:
                fields["validation_info"] = infos[-1]
            found = self.post(url, "commit-validation", fields, {"diff": commit.diff, **({"parent_diff": parent} if parent else {})}, 200)
            self.case.assertEqual(sorted(found), ["commit_validation", "stat"])
            infos.append(found["commit_validation"]["validation_info"])
        return infos

    def create(self, **fields):
        """Steps 6 and 7."""
        url = self.get(self.url("review_requests") + "?max-results=0&only-links=create", "review-requests")
        self.case.assertEqual(url["review_requests"], [])
        url = url["links"]["create"]["href"]
        item = self.post(url, "review-request", {**fields, "extra_data:json": '{"local_branch":"topic"}'})["review_request"]
        self.case.assertEqual((item["public"], item["status"], item["extra_data"]), (False, "pending", {"local_branch": "topic"}))
        self.case.assertEqual(item["absolute_url"], ROOT + "r/%d/" % item["id"])
        return item

    def upload(self, draft, commits, infos, base, cumulative, parent=None):
        """Steps 8 to 15; returns the revision."""
        parents = {"parent_diff": parent} if parent else {}
        found = self.post(draft, "review-request-draft", [("only_fields", ""), ("only_links", "draft_diffs")])
        diffs = found["draft"]["links"]["draft_diffs"]["href"]
        self.case.assertEqual(found, {"draft": {"links": {"draft_diffs": {"href": diffs, "method": "GET"}}}, "stat": "ok"})
        self.case.assertLessEqual(self.get(diffs + "?only-fields=&only-links=", "diffs")["total_results"], 1)
        diff = self.post(diffs + "?only-fields=&only-links=self%2Cdraft_commits", "diff", {"base_commit_id": base})["diff"]
        self.case.assertEqual((list(diff), sorted(diff["links"])), (["links"], ["draft_commits", "self"]))
        url = diff["links"]["draft_commits"]["href"]
        self.case.assertEqual(self.get(url, "draft-commits")["draft_commits"], [])
        files = []
        for commit, info in zip(commits, infos):
            item = self.post(url, "draft-commit", commit.fields(info), {"diff": commit.diff, **parents})["draft_commit"]
            self.case.assertEqual((item["commit_id"], item["parent_id"], item["commit_message"]), (commit.id, commit.parent, commit.message))
            files.append(item["links"]["draft_files"]["href"])
        self.case.assertEqual([c["commit_id"] for c in self.get(url, "draft-commits")["draft_commits"]], [c.id for c in commits])
        self.put(diff["links"]["self"]["href"], "diff", {"finalize_commit_series": 1, "validation_info": infos[-1]},
                 {"cumulative_diff": cumulative, **parents})
        # step 14, though it is not asked for without the capability
        for href in files:
            self.case.assertEqual(self.get(href + "&binary=1", "files")["files"], [])
            self.case.assertTrue(self.get(href, "files")["files"])
        return int(re.search(r"/diffs/(\d+)/", diff["links"]["self"]["href"]).group(1))

    def finish(self, draft, **fields):
        """Steps 15 and 16."""
        item = self.get(draft + "?only-fields=commit_id", "review-request-draft")["draft"]
        self.case.assertEqual(sorted(item), ["commit_id", "links"])
        return self.put(item["links"]["update"]["href"], "review-request-draft", fields)["draft"]

    def post_new(self, repo, commits, by="name=compiler", parent=None, **fields):
        """rbt post; returns the number."""
        base = repo.base
        self.start(password=not self.cookies)
        capabilities = self.root["capabilities"]
        self.case.assertIs(capabilities["review_requests"]["supports_history"], True)
        self.case.assertIs(capabilities["diffs"]["file_attachments"], False)
        repository = self.find_repository(by)
        infos = self.validate(repository, commits, base, parent)
        item = self.create(repository=repository, create_with_history=True)
        self.case.assertTrue(item["created_with_history"])
        draft = item["links"]["draft"]["href"]
        cumulative = repo.diff(commits[0].parent, commits[-1].id)
        self.case.assertEqual(self.upload(draft, commits, infos, base, cumulative, parent), 1)
        first, *others = [c.message for c in commits]
        summary, _, body = first.partition("\n")
        self.finish(draft, **{"summary": summary, "description": "\n".join([body.strip(), *others]).strip() or summary, "text_type": "plain",
                              **fields})
        return item["id"]

    def update(self, item, repository, repo, commits, revision, **fields):
        """What -r and -u have in common, from step 4 on."""
        self.case.assertEqual((item["status"], item["created_with_history"]), ("pending", True))
        infos = self.validate(repository, commits, repo.base)
        draft = item["links"]["draft"]["href"]
        self.case.assertEqual(self.upload(draft, commits, infos, repo.base, repo.diff(repo.base, commits[-1].id)), revision)
        self.finish(draft, **{"extra_data:json": '{"local_branch":"topic"}', **fields})

    def post_by_number(self, number, repo, commits, revision, **fields):
        """rbt post -r"""
        self.start()
        repository = self.find_repository()
        item = self.get("%s?only-fields=%s&only-links=diffs%%2Cdraft&review-request-id=%d" % (
            self.url("review_request", review_request_id=number), FIELDS, number), "review-request")["review_request"]
        self.case.assertEqual(sorted(item), sorted(FIELDS.split("%2C") + ["links"]))
        self.update(item, repository, repo, commits, revision, **fields)

    def post_by_search(self, wanted, repo, commits, revision, **fields):
        """rbt post -u; the review request with that summary is meant."""
        self.start()
        repository = self.find_repository()
        user = self.session()["user"]["username"]
        found = self.get("%s?expand=draft&from-user=%s&only-fields=%s&only-links=diffs%%2Cdraft&repository=%d&show-all-unpublished=1&status=pending" % (
            self.url("review_requests"), user, SEARCH, repository), "review-requests")
        items = [item for item in found["review_requests"] if (item["draft"] or [item])[0]["summary"] == wanted]
        self.case.assertEqual(len(items), 1, found)
        self.case.assertEqual(sorted(items[0]["links"]), ["diffs"])     # `draft` is there as a list
        items[0]["links"]["draft"] = {"href": self.url("draft", review_request_id=items[0]["id"])}
        self.update(items[0], repository, repo, commits, revision, **fields)
        return items[0]["id"]


class Both:
    kind = None
    git_dir = False

    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.repo = review.Repository()
        self.addCleanup(self.repo.drop)
        # before there are clones in the work tree
        self.second, self.third = self.second_version(), self.third_version()
        review.add_repository(self.database, git_dir=self.repo.bare() if self.git_dir else None)
        self.server = thimble.Server({"store": {"url": self.database.owner_url}, "cache": {"size": "16M", "max_stale": "1h"}})
        self.addCleanup(self.server.stop)
        self.server.start().wait_ready()

    def api(self, path):
        """Patchwork's, as any user sees it."""
        answer = self.server.get(path if path.startswith("/") else "/api/" + path,
                                 headers={"Host": HOST, "Authorization": "Token %040x" % (0xabc000 + OTHER)})
        self.assertEqual(answer.status, 200, (path, answer.body))
        return answer.body if "mbox" in path else json.loads(answer.body)

    def seen(self):
        return {path: self.api(path) for path in READS}

    def check_hidden(self, number):
        """Of the review request nobody else sees anything."""
        for user, code in ((None, 103), ("other", 101)):
            client = review.Client(self.server, user)
            base = "review-requests/%d/" % number
            for path in (base, base + "draft/", base + "draft/diffs/", base + "draft/diffs/1/draft-commits/", base + "diffs/"):
                self.assertEqual(client.get(path).code, code, (user, path))
            self.assertEqual(client.get("review-requests/?status=all").json["total_results"], 0)

    def commits_of(self, directory, name):
        """tree, author, date and message of each commit."""
        return review.git(directory, "log", "--reverse", "--format=%T%n%an%n%ae%n%ad%n%B%x00", "--date=raw",
                          "%s..%s" % (self.repo.base, name))

    def check_series(self, version, total, name, branch):
        """The newest series is that; git makes the same commits out of it."""
        series = self.api("series/?order=-id&per_page=1")[0]
        self.assertEqual((series["name"], series["version"], series["total"], series["received_total"], series["received_all"]),
                         (name, version, total, total, True))
        clone = self.repo.clone()
        review.git(clone, "am", "-q", stdin=self.api("/series/%d/mbox/" % series["id"]))
        self.assertEqual(self.commits_of(clone, "HEAD"), self.commits_of(self.repo.directory, branch))
        return series

    def check_patches(self, got, commits):
        """What `rbt patch` was given; git makes the same tree of it."""
        self.assertEqual([(item["commit_id"], item["parent_id"], item["commit_message"], item["author_name"], item["author_email"],
                           item["author_date"], item["committer_name"], item["committer_date"].replace("Z", "+00:00"), patch)
                          for item, patch in got],
                         [(c.id, c.parent, c.message, *c.author[:2], c.author[2].replace("+00:00", "Z"), c.committer[0],
                           c.committer[2].replace("Z", "+00:00"), c.diff) for c in commits])
        clone = self.repo.clone()
        for _, patch in got:
            review.git(clone, "apply", "--index", stdin=patch)
        self.assertEqual(review.git(clone, "write-tree").decode().strip(), self.repo.id(commits[-1].id + "^{tree}"))

    def second_version(self):
        """The last commit is another one now, and there is one more."""
        repo, who = self.repo, ("Lin Tester", "lin@example.org", "2024-05-06T10:00:00+0100")
        repo.git("checkout", "-q", "-b", "topic2", "topic~1")
        repo.write("tests/latin.txt", b"th\xe9\n")
        repo.commit("tests: cover the lexer\n\nMore of it.\n", who)
        repo.write("src/lex.c", b"all new\n")
        repo.commit("lexer: begin anew\n", who, ("Max Integrator", "mx@example.org", "2024-05-06T11:00:00-0800"))
        repo.git("checkout", "-q", "main")
        return repo.between(repo.base, "topic2")

    def third_version(self):
        """All of it is one commit."""
        repo = self.repo
        repo.git("checkout", "-q", "-b", "topic3", "main")
        repo.git("checkout", "-q", "topic2", "--", ".")
        repo.git("rm", "-q", "src/util.c")
        repo.commit("lexer: all at once\n\nIn a single step.\n", ("Lin Tester", "lin@example.org", "2024-05-07T10:00:00+0000"))
        repo.git("checkout", "-q", "main")
        return repo.between(repo.base, "topic3")

    # ---- tests

    def test_the_life_of_a_series(self):
        rbt, repo = Rbt(self, "maint"), self.repo
        before = self.seen()
        rbt.login()
        number = rbt.post_new(repo, repo.commits, target_people="deleg", testing_done="By hand.", branch="topic", bugs_closed="7")
        self.assertEqual(self.seen(), before)
        self.check_hidden(number)
        self.assertEqual(rbt.status(), {number: "lexer: accept tabs"})
        self.check_patches(rbt.patch(number), repo.commits)
        rbt.publish(number)

        first = self.check_series(1, 3, "lexer: accept tabs", "topic")
        self.assertEqual([e["category"] for e in self.api("events/?series=%d&order=date" % first["id"])],
                         ["series-created", "patch-completed", "patch-completed", "patch-completed", "series-completed"])
        self.check_patches(rbt.patch(number), repo.commits)
        anonymous = review.Client(self.server)
        self.assertEqual(anonymous.get("review-requests/").json["review_requests"][0]["id"], number)
        self.assertEqual(rbt.status(), {number: "lexer: accept tabs"})

        second, third = self.second, self.third
        published = self.seen()
        rbt.post_by_number(number, repo, second, 2, changedescription="More tests.", changedescription_text_type="plain")
        self.assertEqual(self.seen(), published)
        self.assertEqual(anonymous.get("review-requests/%d/diffs/" % number).json["total_results"], 1)
        # once more: the number stays, the draft's diff is another one
        rbt.post_by_number(number, repo, second, 2, public=True)
        self.check_series(2, 4, "lexer: accept tabs", "topic2")
        self.check_patches(rbt.patch(number), second)
        states = {p["state"] for p in (self.api("patches/%d/" % p["id"]) for p in self.api("series/%d/" % first["id"])["patches"])}
        self.assertEqual(states, {"superseded"})

        self.assertEqual(rbt.post_by_search("lexer: accept tabs", repo, third, 3, summary="lexer: all at once",
                                            description="In a single step.", public=True), number)
        last = self.check_series(3, 1, "lexer: all at once", "topic3")
        self.check_patches(rbt.patch(number), third)
        # what was published is there as it was
        self.assertEqual([d["commit_count"] for d in anonymous.get("review-requests/%d/diffs/" % number).json["diffs"]], [3, 4, 1])
        for revision, commits in ((1, repo.commits), (2, second), (3, third)):
            found = anonymous.get("review-requests/%d/diffs/%d/commits/" % (number, revision)).json["commits"]
            self.assertEqual([c["commit_id"] for c in found], [c.id for c in commits])

        rbt.close(number)
        self.assertEqual(self.api("patches/%d/" % last["patches"][0]["id"])["state"], "accepted")
        self.assertEqual(rbt.status(), {})
        rbt.logout()
        rbt.start()
        self.assertFalse(rbt.session()["authenticated"])
        self.assertEqual(rbt.client.get("review-requests/%d/draft/" % number).code, 103)
        # the answers that it had were asked for again, and some had not changed
        self.assertGreater(rbt.revalidated, 10)

    def test_a_first_request_with_a_password(self):
        """Without `rbt login`, published at once; a repository that is found by its path."""
        rbt, repo = Rbt(self, "maint"), self.repo
        path = urllib.parse.quote("https://git.example.org/compiler.git,git@git.example.org:compiler.git", "")
        number = rbt.post_new(repo, repo.commits, by="path=" + path, target_people="deleg", public=True)
        self.assertEqual(list(rbt.cookies), ["rbsessionid"])
        self.check_series(1, 3, "lexer: accept tabs", "topic")
        self.check_patches(rbt.patch(number), repo.commits)

    def test_above_commits_that_nobody_has(self):
        """The first commit is not posted: it goes along as the parent diff."""
        rbt, repo = Rbt(self, "maint"), self.repo
        commits, parent = repo.commits[1:], repo.commits[0].diff
        number = rbt.post_new(repo, commits, parent=parent, target_people="deleg", public=True)
        self.assertEqual([patch for _, patch in rbt.patch(number)], [c.diff for c in commits])

    def test_one_diff(self):
        """rbt post -S: one diff of all commits."""
        rbt, repo = Rbt(self, "maint"), self.repo
        before = self.seen()
        rbt.start(password=True)
        repository = rbt.find_repository()
        diff = repo.diff(repo.base, "topic")
        url = rbt.get(rbt.url("diff_validation"), "diff-validation")["links"]["create"]["href"]
        self.assertEqual(rbt.post(url, "diff-validation", {"repository": repository, "base_commit_id": repo.base}, {"path": diff}, 200),
                         {"stat": "ok"})
        item = rbt.create(repository=repository, commit_id=repo.commits[-1].id)
        self.assertFalse(item["created_with_history"])
        url = item["links"]["diffs"]["href"]
        self.assertEqual(rbt.get(url + "?only-fields=", "diffs")["total_results"], 0)
        made = rbt.post(url, "diff", {"base_commit_id": repo.base}, {"path": diff})["diff"]
        self.assertIn("draft_files", made["links"])
        self.assertEqual(made["revision"], 1)
        self.assertEqual(self.seen(), before)
        rbt.finish(item["links"]["draft"]["href"], summary="all of it", description="At once.", text_type="plain", target_people="deleg",
                   commit_id=repo.commits[-1].id, public=True)
        series = self.api("series/?order=-id&per_page=1")[0]
        self.assertEqual((series["name"], series["total"]), ("all of it", 1))
        clone = repo.clone()
        review.git(clone, "am", "-q", stdin=self.api("/series/%d/mbox/" % series["id"]))
        self.assertEqual(review.git(clone, "rev-parse", "HEAD^{tree}").decode().strip(), repo.id("topic^{tree}"))
        # the diff by itself, as `rbt patch` of such a review request gets it
        answer = rbt.client.get("review-requests/%d/diffs/1/" % item["id"], Accept="text/x-patch")
        self.assertEqual((answer.status, answer.body), (200, diff))


class OnSqlite(Both, thimble.TestCase):
    kind = "sqlite"


class OnSqliteWithGit(Both, thimble.TestCase):
    """Source files are looked up in a bare repository."""
    kind = "sqlite"
    git_dir = True


class OnPostgresql(Both, thimble.TestCase):
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
