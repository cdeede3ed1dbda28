# SPDX-License-Identifier: MIT
"""What a published series is in the tracker (reviewboard-api.md, section 4): its cover, patches,
events and versions, its mbox, from which git makes the same commits again, and what
becomes of the patches when it is closed.  Posted over the API, seen over Patchwork's.
"""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import review
import thimble

FIXTURE = os.path.join(HERE, "fixture.sql")
MAINT, DELEG, SUB = 2, 3, 4
HOST = "tracker.example.org"

originals = database.Originals(FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Case(thimble.TestCase):
    kind = "sqlite"
    settings = {}

    def setUp(self):
        self.database = originals.copy(self.kind)
        self.addCleanup(self.database.drop)
        self.repository = review.add_repository(self.database)
        self.server = thimble.Server({"store": {"url": self.database.owner_url},
                                      "cache": {"size": "16M", "max_stale": "1h"}, **self.settings})
        self.addCleanup(self.server.stop)
        self.server.start().wait_ready()
        self.client = review.Client(self.server, "maint")

    def api(self, path):
        """Patchwork's, as anybody sees it."""
        answer = self.server.get(path if path.startswith("/") else "/api/" + path, headers={"Host": HOST})
        self.assertEqual(answer.status, 200, (path, answer.body))
        return json.loads(answer.body) if "mbox" not in path and "/raw/" not in path else answer.body

    def series(self):
        """The newest one."""
        return self.api("series/?order=-id&per_page=1")[0]

    def events(self, since):
        """What happened since that event: categories and the objects' ids."""
        found = []
        for event in self.api("events/?project=myproj&per_page=200&order=date"):
            if event["id"] > since:
                payload = event["payload"]
                found.append((event["category"], *(payload[key]["id"] for key in ("series", "cover", "patch") if payload.get(key))))
        return found

    def last_event(self):
        return int(self.database.rows("SELECT COALESCE(max(id), 0) FROM patchwork_event")[0][0])

    def post(self, commits, diff, **more):
        return review.post_series(self.client, commits, diff, repository=self.repository, **{"target_people": "deleg", **more})

    def repo(self, *series):
        repo = review.Repository(*series)
        self.addCleanup(repo.drop)
        return repo

    def states(self, series):
        return [self.api("patches/%d/" % patch["id"])["state"] for patch in self.api("series/%d/" % series)["patches"]]

    # ---- git

    def apply(self, repo, mbox, *options):
        """The series, applied to what it was made from; returns the clone."""
        clone = repo.clone()
        review.git(clone, "am", *options, stdin=mbox, environment={"GIT_COMMITTER_DATE": "2024-06-01T00:00:00+0000"})
        return clone

    def commits_of(self, directory, name, base):
        """tree, author, date and message of each commit."""
        return review.git(directory, "log", "--reverse", "--format=%T%n%an%n%ae%n%ad%n%B%x00", "--date=raw", "%s..%s" % (base, name))

    def check_recreated(self, repo, mbox):
        clone = self.apply(repo, mbox, "-q")
        self.assertEqual(self.commits_of(clone, "HEAD", repo.base), self.commits_of(repo.directory, "topic", repo.base))


class Both:
    def test_series(self):
        repo, before = self.repo(), self.last_event()
        request, _ = self.post(repo.commits, repo.diff(repo.base, "topic"), summary="lexer: better", description="What it is for.",
                               testing_done="By hand.", branch="topic", bugs_closed="1, 2")
        series = self.api("series/%d/" % self.series()["id"])
        cover = self.api("covers/%d/" % series["cover_letter"]["id"])
        patches = [self.api("patches/%d/" % p["id"]) for p in series["patches"]]
        self.assertEqual({key: series[key] for key in ("name", "version", "total", "received_total", "received_all")},
                         {"name": "lexer: better", "version": 1, "total": 3, "received_total": 3, "received_all": True})
        self.assertEqual(series["project"]["link_name"], "myproj")
        self.assertEqual((series["submitter"]["name"], series["submitter"]["email"]), ("Main Tainer", "maint@example.com"))
        self.assertEqual([cover["name"]] + [p["name"] for p in patches],
                         ["[0/3] lexer: better", "[1/3] lexer: accept tabs", "[2/3] lexer: count columns", "[3/3] tests: cover the lexer"])
        self.assertEqual([m["msgid"] for m in [cover] + patches], ["<rr.%d.v1.%d@%s>" % (request, k, HOST) for k in range(4)])
        for m in [cover] + patches:
            self.assertEqual(m["date"], series["date"])
            self.assertEqual(m["headers"]["X-Review-URL"], "http://%s/reviews/r/%d/" % (HOST, request))
            self.assertEqual((m["headers"]["X-Review-Branch"], m["headers"]["X-Review-Bugs"]), ("topic", "1,2"))
            self.assertEqual(m["submitter"]["id"], series["submitter"]["id"])
            self.assertEqual(m["headers"]["To"], "list@example.com")
            self.assertIn("deleg@example.com", m["headers"]["Cc"])
        for patch, commit in zip(patches, repo.commits):
            self.assertEqual(patch["diff"].encode(), commit.diff.decode("utf-8", "replace").encode())
            self.assertEqual((patch["state"], patch["archived"], patch["check"], patch["pull_url"], patch["commit_ref"]),
                             ("new", False, "pending", None, None))
            self.assertEqual(patch["delegate"]["username"], "deleg")
            self.assertEqual((patch["headers"]["X-Review-Commit"], patch["headers"]["X-Review-Parent"]), (commit.id, commit.parent))
            self.assertEqual((patch["headers"]["In-Reply-To"], patch["headers"]["References"]), (cover["msgid"],) * 2)
            self.assertEqual(review.mail_date(patch["headers"]["Date"]).isoformat(), commit.author[2])
            self.assertEqual(patch["headers"]["X-Review-Committer"].partition(";")[0], "%s <%s>" % commit.committer[:2])
            self.assertTrue(patch["content"].startswith("From: %s <%s>\n\n" % commit.author[:2]), patch["content"])
            self.assertEqual(patch["hash"], self.hash_of(patch["id"]))
        self.assertIn("Reviewed-by: Rev Iewer <rev@example.org>\n---\n", patches[1]["content"])
        self.assertEqual(cover["content"].split("\n\n")[:2], ["What it is for.", "Testing done:\nBy hand."])
        self.assertIn("\n\nLin Tester (2):\n  lexer: accept tabs\n  lexer: count columns\n\nJörg Ünicode (1):\n", cover["content"])
        self.assertTrue(cover["content"].endswith("\nbase-commit: %s\n" % repo.base), cover["content"])
        stat = repo.git("-c", "core.quotepath=off", "diff", "-M", "--stat=72", repo.base, "topic").decode()
        self.assertIn("\n\n" + stat + "\nbase", cover["content"])
        self.assertEqual(self.events(before), [
            ("series-created", series["id"]), ("cover-created", cover["id"]),
            *(event for p in patches for event in (("patch-created", p["id"]), ("patch-completed", series["id"], p["id"]))),
            ("series-completed", series["id"])])
        references = self.database.rows("SELECT msgid FROM patchwork_seriesreference WHERE series_id = %d ORDER BY id" % series["id"])
        self.assertEqual(references, [["<rr.%d.v1.%d@%s>" % (request, k, HOST)] for k in range(4)])

    def hash_of(self, patch):
        """As the tracker makes it anew when a patch has none."""
        old = self.database.rows("SELECT hash FROM patchwork_patch WHERE id = %d" % patch)[0][0]
        self.database.execute("UPDATE patchwork_patch SET hash = NULL WHERE id = %d" % patch)
        self.server.request("PATCH", "/api/patches/%d/" % patch, body='{"commit_ref": null}',
                            headers={"Host": HOST, "Content-Type": "application/json", "Authorization": "Token %040x" % (0xabc000 + MAINT)})
        new = self.database.rows("SELECT hash FROM patchwork_patch WHERE id = %d" % patch)[0][0]
        self.assertEqual((len(new), new), (40, old))
        return new

    def test_nothing_is_there_before(self):
        repo, before = self.repo(), self.last_event()
        newest = self.series()["id"]
        request, _ = self.post(repo.commits, repo.diff(repo.base, "topic"), published=False)
        self.assertEqual((self.series()["id"], self.events(before)), (newest, []))
        self.assertEqual(self.client.put("review-requests/%d/draft/" % request, {"public": 1}).code, 225)
        self.assertEqual((self.series()["id"], self.events(before)), (newest, []))
        review.publish(self.client, request, summary="a", description="b", target_people="deleg")
        self.assertGreater(self.series()["id"], newest)

    def test_mbox_makes_the_same_commits(self):
        repo = self.repo()
        request, _ = self.post(repo.commits, repo.diff(repo.base, "topic"))
        path = "/project/myproj/patch/rr.%d.v1.%%d@%s" % (request, HOST)
        series = self.api("series/%d/" % self.series()["id"])
        mbox = self.api("/series/%d/mbox/" % series["id"])
        self.check_recreated(repo, mbox)
        # CRLF, and bytes that are no text, go as base64; the rest can be read
        self.assertEqual(re.findall(rb"(?m)^Content-Transfer-Encoding: (.*)$", mbox), [b"base64", b"7bit", b"base64"])
        single = [self.api(path % k + "/mbox/") for k in (1, 2, 3)]
        self.check_recreated(repo, b"\n".join(single))
        for k, commit in enumerate(repo.commits, 1):
            self.assertEqual(self.api(path % k + "/raw/"), commit.diff)
        self.check_recreated(repo, self.api(path % 3 + "/mbox/?series=*"))
        # the tables may be gone: then there is what can be read of it
        for table in ("file", "commit", "diffset", "target", "draft", "request", "token", "right", "access", "logout", "repository"):
            self.database.execute("DROP TABLE thimble_rb_" + table)
        self.server = thimble.Server({"store": {"url": self.database.owner_url}})
        self.addCleanup(self.server.stop)
        self.server.start().wait_ready()
        self.assertEqual(self.api(path % 3 + "/raw/").decode(), repo.commits[2].diff.decode("utf-8", "replace"))
        self.assertIn(b"Subject: [PATCH 3/3]", self.api("/series/%d/mbox/" % series["id"]))

    def test_answers_of_reviewers_join_the_message(self):
        repo = self.repo()
        self.post(repo.commits, repo.diff(repo.base, "topic"))
        series = self.api("series/%d/" % self.series()["id"])
        self.database.execute(
            "INSERT INTO patchwork_patchcomment (msgid, date, headers, content, submitter_id, patch_id, addressed) VALUES "
            "('<c@example.org>', '2024-06-01 00:00:00', '', 'Good.\nAcked-by: A <a@example.org>\n', 1, %d, NULL)" % series["patches"][1]["id"])
        thimble.wait_until(lambda: b"Acked-by" in self.api("/series/%d/mbox/" % series["id"]), "the comment")
        clone = self.apply(repo, self.api("/series/%d/mbox/" % series["id"]), "-q")
        self.assertEqual(review.git(clone, "log", "-1", "--format=%B", "HEAD~1").decode().strip(),
                         repo.commits[1].message + "Acked-by: A <a@example.org>")
        self.assertEqual(review.git(clone, "rev-parse", "HEAD^{tree}"), repo.git("rev-parse", "topic^{tree}"))

    def test_odd_messages(self):
        who = ("Lin Tester", "lin@example.org", "2024-05-04T09:15:00+0200")
        messages = [
            "a: a subject that is so long that it has to go on several lines of the header, and goes on after that, too\n",
            "b: ünïcode, and so long that it has to go on several lines of the header, ünïcode again, and again: ö, ä\n",
            "c: indented\n\n    code\n      more\n\nand a last line that is far beyond the seventy-eight columns that one would expect in a mail, by far\n",
            "d: dashes\n\n--\nnot a signature\n----\n",
            "e: begins as a header\n\nFrom: here to there\nSubject: none\n",
            "f: begins as another mail\n\nx\nFrom patchwork Thu Jan  2 03:05:05 2020\ny\n",
            "g: an empty body, but for a trailer\n\nSigned-off-by: Lin Tester <lin@example.org>\n",
            "h\n",
        ]
        people = [who, ("Main Tainer", "maint@example.com", "1999-12-31T23:59:59-1100"), ("Comma, A. \"B\" (C)", "c@example.org", "2024-02-29T12:00:00+1400"),
                  ("J\u00f6rg \u00dcnicode, Dr.", "j@example.org", "2024-05-04T09:15:00+0000"),
                  ("Main Tainer", "maint@example.com", "2024-05-04T09:15:00+0200"), who, who, who]
        series = [(message, author, who, {"f%d" % i: b"%d\n" % i}, {}, ()) for i, (message, author) in enumerate(zip(messages, people))]
        repo = self.repo(series)
        self.post(repo.commits, repo.diff(repo.base, "topic"))
        mbox = self.api("/series/%d/mbox/" % self.series()["id"])
        clone = self.apply(repo, mbox, "-q")
        got = self.commits_of(clone, "HEAD", repo.base).split(b"\0")
        for i, want in enumerate(self.commits_of(repo.directory, "topic", repo.base).split(b"\0")):
            self.assertEqual(got[i], want, i)

    def test_versions(self):
        repo, before = self.repo(), self.last_event()
        diff = repo.diff(repo.base, "topic")
        request, _ = self.post(repo.commits, diff)
        first = self.api("series/%d/" % self.series()["id"])
        # one of them is done with already, and stays so
        answer = self.server.request(
            "PATCH", "/api/patches/%d/" % first["patches"][0]["id"], body='{"state": "accepted"}',
            headers={"Host": HOST, "Content-Type": "application/json", "Authorization": "Token %040x" % (0xabc000 + MAINT)})
        self.assertEqual(answer.status, 200)
        self.database.execute("UPDATE patchwork_project SET send_notifications = TRUE")
        before = self.last_event()
        self.post(repo.commits[:2], repo.diff(repo.base, repo.ids[1]), request_id=request, changedescription="One less.")
        second = self.api("series/%d/" % self.series()["id"])
        self.assertNotEqual(second["id"], first["id"])
        cover = self.api("covers/%d/" % second["cover_letter"]["id"])
        self.assertEqual((second["version"], second["total"]), (2, 2))
        self.assertEqual(cover["name"], "[v2,0/2] lexer: accept tabs")
        self.assertEqual(cover["headers"]["Subject"], "[PATCH v2 0/2] lexer: accept tabs")
        self.assertEqual((cover["headers"]["In-Reply-To"], cover["headers"]["References"]), ("<rr.%d.v1.0@%s>" % (request, HOST),) * 2)
        self.assertIn("\n\nChanges in this version:\nOne less.\n", cover["content"])
        patches = [self.api("patches/%d/" % p["id"]) for p in second["patches"]]
        self.assertEqual([(p["name"], p["prefixes"], p["msgid"]) for p in patches], [
            ("[v2,1/2] lexer: accept tabs", ["v2", "1/2"], "<rr.%d.v2.1@%s>" % (request, HOST)),
            ("[v2,2/2] lexer: count columns", ["v2", "2/2"], "<rr.%d.v2.2@%s>" % (request, HOST))])
        self.assertEqual((self.states(first["id"]), self.states(second["id"])),
                         (["accepted", "superseded", "superseded"], ["new", "new"]))
        self.assertEqual(self.events(before), [
            ("series-created", second["id"]), ("cover-created", cover["id"]),
            *(event for p in patches for event in (("patch-created", p["id"]), ("patch-completed", second["id"], p["id"]))),
            ("series-completed", second["id"]),
            *(("patch-state-changed", p["id"]) for p in first["patches"][1:])])
        self.assertEqual(self.database.rows(
            "SELECT category, actor_id, previous_state_id, current_state_id FROM patchwork_event ORDER BY id DESC LIMIT 1"),
            [["patch-state-changed", str(MAINT), "1", "9"]])
        waiting = self.database.rows("SELECT patch_id, orig_state_id FROM patchwork_patchchangenotification ORDER BY patch_id")
        self.assertEqual(waiting, [[str(p["id"]), "1"] for p in first["patches"][1:]])
        # the third answers the second
        self.post(repo.commits[:1], repo.commits[0].diff, request_id=request, summary="lexer: better")
        third = self.api("series/%d/" % self.series()["id"])
        self.assertEqual(self.api("covers/%d/" % third["cover_letter"]["id"])["headers"]["In-Reply-To"], "<rr.%d.v2.0@%s>" % (request, HOST))
        self.assertEqual(self.states(second["id"]), ["superseded", "superseded"])

    def test_fields_alone_make_no_series(self):
        repo = self.repo()
        request, _ = self.post(repo.commits, repo.diff(repo.base, "topic"))
        newest, before = self.series()["id"], self.last_event()
        review.publish(self.client, request, summary="another summary")
        self.assertEqual((self.series()["id"], self.events(before)), (newest, []))

    def test_one_commit(self):
        who = ("Main Tainer", "maint@example.com", "2024-05-04T09:15:00+0200")
        repo = self.repo([("lexer: tabs\n\nThey are taken.\n", who, who, {"a.c": b"a\n"}, {}, ())])
        request, _ = self.post(repo.commits, repo.commits[0].diff, summary="lexer: tabs", description="They are taken.", testing_done="yes")
        series = self.api("series/%d/" % self.series()["id"])
        self.assertIsNone(series["cover_letter"])
        patch = self.api("patches/%d/" % series["patches"][0]["id"])
        self.assertEqual((patch["name"], patch["msgid"], patch["headers"]["Subject"]),
                         ("lexer: tabs", "<rr.%d.v1.1@%s>" % (request, HOST), "[PATCH] lexer: tabs"))
        self.assertNotIn("In-Reply-To", patch["headers"])
        # who posts it is who wrote it
        self.assertTrue(patch["content"].startswith("They are taken.\n---\nTesting done:\nyes\n\n a.c | 1 +\n"), patch["content"])
        self.check_recreated(repo, self.api("/series/%d/mbox/" % series["id"]))
        self.post(repo.commits, repo.commits[0].diff, request_id=request)
        patch = self.api("patches/%d/" % self.series()["patches"][0]["id"])
        self.assertEqual((patch["name"], patch["headers"]["Subject"], patch["headers"]["In-Reply-To"]),
                         ("[v2] lexer: tabs", "[PATCH v2] lexer: tabs", "<rr.%d.v1.1@%s>" % (request, HOST)))
        # a cover says what the message does not
        self.post(repo.commits, repo.commits[0].diff, request_id=request, description="More.")
        series = self.series()
        self.assertEqual((series["cover_letter"]["name"], series["patches"][0]["name"]), ("[v3,0/1] lexer: tabs", "[v3,1/1] lexer: tabs"))

    def test_posted_as_one_diff(self):
        repo = self.repo()
        request = review.new_request(self.client, self.repository, history=False, commit_id=repo.ids[-1])["id"]
        review.want(self.client.post("review-requests/%d/diffs/" % request, {"base_commit_id": repo.base},
                                     {"path": repo.diff(repo.base, "topic")}), 201)
        review.publish(self.client, request, summary="lexer: all at once", description="Squashed.", target_people="deleg,maint2")
        series = self.api("series/%d/" % self.series()["id"])
        self.assertEqual((series["cover_letter"], series["total"], series["name"]), (None, 1, "lexer: all at once"))
        patch = self.api("patches/%d/" % series["patches"][0]["id"])
        self.assertEqual((patch["delegate"], patch["headers"]["X-Review-Commit"]), (None, repo.ids[-1]))
        self.assertIn("deleg@example.com", patch["headers"]["Cc"])
        self.assertIn("maint2@example.com", patch["headers"]["Cc"])
        self.assertEqual(self.api("/project/myproj/patch/rr.%d.v1.1@%s/raw/" % (request, HOST)), repo.diff(repo.base, "topic"))
        clone = self.apply(repo, self.api("/series/%d/mbox/" % series["id"]), "-q")
        self.assertEqual(review.git(clone, "rev-parse", "HEAD^{tree}"), repo.git("rev-parse", "topic^{tree}"))
        self.assertEqual(review.git(clone, "log", "-1", "--format=%an <%ae>%n%B").decode().strip(),
                         "Main Tainer <maint@example.com>\nlexer: all at once\n\nSquashed.")

    def test_closing(self):
        repo = self.repo()
        request, _ = self.post(repo.commits, repo.diff(repo.base, "topic"))
        first = self.series()["id"]
        self.post(repo.commits[:2], repo.diff(repo.base, repo.ids[1]), request_id=request)
        series, path = self.series()["id"], "review-requests/%d/" % request
        patches = self.series()["patches"]
        before = self.last_event()
        review.want(self.client.put(path, {"status": "submitted", "close_description": "Pushed to main (4e81a2c77d6b)."}))
        self.assertEqual((self.states(series), self.states(first)), (["accepted"] * 2, ["superseded"] * 3))
        self.assertEqual({self.api("patches/%d/" % p["id"])["commit_ref"] for p in patches}, {"4e81a2c77d6b"})
        self.assertEqual(self.events(before), [("patch-state-changed", p["id"]) for p in patches])
        review.want(self.client.put(path, {"status": "pending"}))
        self.assertEqual(self.states(series), ["new"] * 2)
        review.want(self.client.put(path, {"status": "discarded", "description": "No."}))
        self.assertEqual((self.states(series), self.states(first)), (["rejected"] * 2, ["superseded"] * 3))
        before = self.last_event()
        review.want(self.client.put(path, {"status": "discarded"}))
        self.assertEqual(self.events(before), [])

    READS = ["/api/patches/?project=myproj", "/api/patches/?state=new", "/api/patches/?state=superseded", "/api/patches/?delegate=deleg",
             "/api/patches/?archived=false&order=-id", "/api/series/", "/api/series/?project=myproj", "/api/covers/", "/api/covers/?project=myproj",
             "/api/events/", "/api/events/?project=myproj&category=series-created", "/api/people/", "/api/people/?q=maint", "/api/people/15/",
             "/api/patches/?msgid=rr.1.v1.1@" + HOST, "/api/series/9/", "/series/9/mbox/", "/api/users/2/", "/api/projects/myproj/"]

    def quieten(self):
        """The database tells of nothing any more: what is forgotten is what this server knows of by itself."""
        if self.kind == "sqlite":
            names = [row[0] for row in self.database.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            self.database.execute("".join("DROP TRIGGER %s; " % name for name in names))
        else:
            names = [row[0] for row in self.database.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relhastriggers "
                                                          "AND relnamespace = 'public'::regnamespace")]
            self.database.execute("".join("ALTER TABLE %s DISABLE TRIGGER USER; " % name for name in names))
        self.server.wait_log("does not tell of every change")

    def test_seen_at_once_without_being_told(self):
        self.test_seen_at_once(quiet=True)

    def test_seen_at_once(self, quiet=False):
        """Each answer that was kept is, after each publication and closing, the one of a server that keeps nothing."""
        plain = thimble.Server({"store": {"url": self.database.owner_url}})
        self.addCleanup(plain.stop)
        plain.start().wait_ready()
        commits = review.synthetic(3)
        request, _ = self.post(commits, review.cumulative(commits), published=False)
        path = "review-requests/%d/" % request
        client = review.Client(self.server, "maint")
        own = [path, path + "draft/", path + "draft/diffs/", path + "diffs/", path + "diffs/1/", "review-requests/", "review-requests/?status=all",
               "review-requests/?to-users=deleg", path + "diffs/1/commits/", "/reviews/r/%d/" % request]
        changed = hits = 0
        if quiet:
            self.quieten()

        def steps():
            yield lambda: review.publish(self.client, request, summary="a", description="b", target_people="deleg")
            yield lambda: self.post(commits[:2], review.cumulative(commits[:2]), request_id=request)
            yield lambda: review.publish(self.client, request, summary="c", target_people="deleg, maint")
            yield lambda: review.want(self.client.put(path, {"status": "submitted", "description": "as 1234567"}))
            yield lambda: review.want(self.client.put(path, {"status": "pending"}))

        def read(server, name):
            if name.startswith("/api") or name.startswith("/series"):
                return server.get(name, headers={"Host": HOST, "Cache-Status": "?1", "Authorization": "Token %040x" % (0xabc000 + MAINT)})
            client.server = server
            return client.get(name, Cache_Status="?1")
        for step in steps():
            before = {}
            for name in self.READS + own:
                read(self.server, name)
                again = read(self.server, name)
                before[name] = again.body
                hits += "hit" in (again.headers["Cache-Status"] or "")
            step()
            for name in self.READS + own:
                got, want = read(self.server, name), read(plain, name)
                self.assertEqual((got.status, got.body), (want.status, want.body), name)
                changed += got.body != before[name]
        self.assertGreater(changed, 40)
        self.assertGreater(hits, 60)

    def test_people(self):
        # a person that there is already, in other letters, gets its user; one who has no address gets one
        self.database.execute("INSERT INTO patchwork_person (id, name, email, user_id) VALUES (77, 'Known', 'MAINT2@example.com', NULL)")
        commits = review.synthetic(2)
        for user, person in (("maint2", ("Known", "MAINT2@example.com")), ("other", ("\u00dcnrelated <b>&\"'", "other@" + HOST))):
            for _ in range(2):
                self.client = review.Client(self.server, user)
                self.post(commits, review.cumulative(commits))
                submitter = self.series()["submitter"]
                self.assertEqual((submitter["name"], submitter["email"]), person)
        self.assertEqual(self.database.rows("SELECT user_id FROM patchwork_person WHERE id = 77"), [["14"]])
        self.assertEqual(self.database.rows("SELECT count(*) FROM patchwork_person WHERE user_id = 5"), [["2"]])

    def test_nothing_is_made_twice(self):
        commits = review.synthetic(2)
        request, _ = self.post(commits, review.cumulative(commits), published=False)
        review.publish(self.client, request, summary="a", description="b", target_people="deleg")
        series = self.series()["id"]
        # as if it had never been told that it was done
        self.database.execute("UPDATE thimble_rb_diffset SET published = FALSE, series_id = NULL")
        review.want(self.client.post("review-requests/%d/draft/" % request, {}), 201)
        before = self.last_event()
        review.publish(self.client, request)
        self.assertEqual((self.series()["id"], self.events(before)), (series, []))
        self.assertEqual(self.database.rows("SELECT series_id FROM thimble_rb_diffset WHERE published"), [[str(series)]])
        # a message of that id which is another one
        other = review.synthetic(2, base="c" * 40)
        other[0].id = other[1].parent = "d" * 40
        self.database.execute("UPDATE thimble_rb_diffset SET published = FALSE, series_id = NULL; "
                              "UPDATE thimble_rb_commit SET commit_id = '%s' WHERE place = 0" % ("d" * 40))
        review.want(self.client.post("review-requests/%d/draft/" % request, {}), 201)
        answer = self.client.put("review-requests/%d/draft/" % request, {"public": 1})
        self.assertEqual((answer.status, answer.json["err"]["code"], answer.json["err"]["msg"]), (
            500, 225, "Error publishing: There is a message <rr.%d.v1.0@%s> already." % (request, HOST)))

    def test_message_ids_keep_their_host(self):
        commits = review.synthetic(2)
        self.post(commits, review.cumulative(commits))
        self.client.headers["Host"] = "other.example.org:8080"
        request, _ = self.post(commits, review.cumulative(commits))
        series = self.api("series/%d/" % self.series()["id"])
        self.assertEqual(self.api("patches/%d/" % series["patches"][0]["id"])["msgid"], "<rr.%d.v1.1@%s>" % (request, HOST))

    def test_no_project(self):
        lone = review.add_repository(self.database, "lone", project=None)
        commits = review.synthetic(2)
        request, revision = review.post_series(self.client, commits, review.cumulative(commits), repository=lone, published=False)
        answer = self.client.put("review-requests/%d/draft/" % request, {"summary": "s", "description": "d", "target_people": "deleg", "public": 1})
        self.assertEqual((answer.status, answer.json["err"]["code"], answer.json["err"]["msg"]), (
            500, 225, 'Error publishing: The repository "lone" has no project.'))
        self.assertEqual(self.client.get("review-requests/%d/draft/" % request).json["draft"]["summary"], "s")
        self.assertEqual(self.client.get("review-requests/%d/" % request).json["review_request"]["public"], False)

    def test_depends_on(self):
        commits = review.synthetic(2)
        first, _ = self.post(commits, review.cumulative(commits))
        self.post(commits, review.cumulative(commits), depends_on=str(first))
        cover = self.api("covers/%d/" % self.series()["cover_letter"]["id"])
        self.assertIn("\nDepends-on: http://%s/reviews/r/%d/\n" % (HOST, first), cover["content"])
        one = review.synthetic(1)
        self.post(one, review.cumulative(one), depends_on=str(first), summary="commit 1", description="The text of it.")
        patch = self.api("patches/%d/" % self.series()["patches"][0]["id"])
        self.assertIn("\n---\nDepends-on: http://%s/reviews/r/%d/\n\n file1.c |" % (HOST, first), patch["content"])

    def test_many_commits(self):
        """More than one statement of each kind."""
        commits = review.synthetic(120)
        self.post(commits, review.cumulative(commits))
        series = self.api("series/%d/" % self.series()["id"])
        self.assertEqual([p["name"] for p in series["patches"]], ["[%d/120] commit %d" % (k, k) for k in range(1, 121)])
        self.assertEqual(self.database.rows("SELECT count(*) FROM patchwork_seriesreference WHERE series_id = %d" % series["id"]), [["121"]])
        rows = self.database.rows("SELECT date FROM patchwork_event ORDER BY id DESC LIMIT 243")
        self.assertEqual(len({tuple(row) for row in rows}), 243)
        self.assertEqual(sorted(rows, reverse=True), rows)

    def test_page(self):
        commits = review.synthetic(2)
        request, _ = self.post(commits, review.cumulative(commits), published=False)
        headers = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
        anonymous = review.Client(self.server)
        path = "/reviews/r/%d/" % request
        self.assertEqual([c.request("GET", path, headers=headers).status for c in (anonymous, self.client)], [404, 200])
        review.publish(self.client, request, summary="<b>&summary", description="b", target_people="deleg")
        series = self.series()["id"]
        for path in (path, path + "diff/"):
            for _ in range(2):
                answer = anonymous.request("GET", path, headers=headers)
                self.assertEqual((answer.status, answer.type), (200, "text/html; charset=utf-8"))
                self.assertIn(b"<h1>&lt;b&gt;&amp;summary</h1>", answer.body)
                self.assertIn(b'<a href="http://tracker.example.org/project/myproj/list/?series=%d">' % series, answer.body)
        review.want(self.client.put("review-requests/%d/" % request, {"status": "submitted"}))
        self.assertIn(b", submitted</p>", anonymous.request("GET", path, headers=headers).body)
        self.assertEqual(anonymous.request("GET", "/reviews/r/999/", headers=headers).status, 404)

    def test_git_pw(self):
        if shutil.which("git-pw") is None:
            self.skipTest("git-pw is not installed")
        repo = self.repo()
        self.post(repo.commits, repo.diff(repo.base, "topic"), summary="lexer: better")
        clone = repo.clone()
        for name, value in (("server", self.server.url + "/api/"), ("project", "myproj"), ("token", "%040x" % (0xabc000 + MAINT))):
            review.git(clone, "config", "pw." + name, value)
        series = self.series()

        def pw(*arguments):
            done = subprocess.run(["git-pw", *arguments], cwd=clone, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=thimble.DEADLINE,
                                  env={"PATH": os.environ["PATH"], "HOME": clone, "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
                                       "PAGER": "cat", "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.org"})
            self.assertEqual(done.returncode, 0, (arguments, done.stdout, done.stderr))
            return done.stdout
        listed = list(csv.DictReader(io.StringIO(pw("series", "list", "-f", "csv"))))[0]
        self.assertEqual((listed["ID"], listed["Name"], listed["Version"]), (str(series["id"]), "lexer: better", "1"))
        self.assertIn("3 of 3", pw("series", "show", str(series["id"])))
        pw("series", "apply", str(series["id"]))
        self.assertEqual(self.commits_of(clone, "HEAD", repo.base), self.commits_of(repo.directory, "topic", repo.base))


class Sqlite(Both, Case):
    pass


class Postgresql(Both, Case):
    kind = "postgresql"

    def test_the_rights_that_are_granted(self):
        """A role that may what README says."""
        with open(os.path.join(thimble.TOP, "README.md"), encoding="utf-8") as f:
            grants = re.findall(r"(?m)^    (GRANT [^;]* TO) thimble;$", f.read())
        self.assertGreater(len(grants), 5)
        role = "thimble_writer%d" % os.getpid()
        self.database.execute("CREATE ROLE %s LOGIN; %s" % (role, "".join("%s %s; " % (grant, role) for grant in grants)))
        self.addCleanup(self.database.execute, "DROP OWNED BY %s; DROP ROLE %s" % (role, role))
        self.server.stop()
        self.server = thimble.Server({"store": {"url": self.database.cluster.url(self.database.name, user=role)}, "cache": {"size": "16M"}})
        self.server.start().wait_ready()
        self.addCleanup(self.server.stop)
        self.client = review.Client(self.server, "maint")
        self.database.execute("UPDATE patchwork_project SET send_notifications = TRUE")
        commits = review.synthetic(3)
        request, _ = self.post(commits, review.cumulative(commits))
        self.post(commits[:2], review.cumulative(commits[:2]), request_id=request)
        review.want(self.client.put("review-requests/%d/" % request, {"status": "submitted"}))
        review.want(self.client.put("review-requests/%d/" % request, {"status": "pending"}))
        self.assertEqual(self.states(self.series()["id"]), ["new"] * 2)


if __name__ == "__main__":
    unittest.main()
