# SPDX-License-Identifier: MIT
"""Draft series that several post to at once, and workers that die meanwhile: one after the other,
or not at all; never a mixture, never half a commit (reviewboard-api.md, section 3, "Concurrency").
"""
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import libpq
import review
import review_case
import thimble
from review_case import blob, section

DUPLICATE = {"commit_id": ["A commit with this ID already exists in this diff."]}
ROUNDS = 4

originals = database.Originals(review_case.FIXTURE)
setUpModule, tearDownModule = originals.make, originals.drop


class Both:
    settings = {"server": {"workers": "2"}}

    def together(self, *functions):
        """Runs all of them at once; what each returned."""
        barrier, results = threading.Barrier(len(functions)), [None] * len(functions)

        def run(i, function):
            barrier.wait()
            results[i] = function()
        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertNotIn(None, results)
        return results

    def fresh(self, user):
        """A client of one's own, logged in."""
        client = review.Client(self.server, user)
        review.want(client.get("session/"))
        return client

    def post_all(self, client, target, commits, chain=True):
        """The answers to the commits, one after the other."""
        return [client.post(review.draft_commits(*target), commit.fields(
            review.validation_info(commits[:i]) if i and chain else review.encode_info({})), {"diff": commit.diff})
            for i, commit in enumerate(commits)]

    def stored(self, request):
        return self.database.rows(
            "SELECT c.commit_id, c.place, (SELECT count(*) FROM thimble_rb_file f WHERE f.commit_row = c.id) "
            "FROM thimble_rb_commit c JOIN thimble_rb_diffset d ON d.id = c.diffset_id WHERE d.request_id = %d ORDER BY c.place" % request)

    def whole(self, request, commits):
        """What is stored is these commits, in their order, with all of their files."""
        self.assertEqual(self.stored(request), [[c.id, str(i), str(c.diff.count(b"diff --git"))] for i, c in enumerate(commits)])
        # and nothing else
        self.assertEqual(self.count("file", "commit_row IS NOT NULL AND commit_row NOT IN (SELECT id FROM thimble_rb_commit)"), 0)

    def test_the_same_chain_twice(self):
        commits = review.synthetic(8)
        for _ in range(ROUNDS):
            target = self.started()
            clients = [self.fresh(user) for user in ("maint", "sub")]
            answers = self.together(*[lambda c=c: self.post_all(c, target, commits) for c in clients])
            for commit, pair in zip(commits, zip(*answers)):
                self.assertEqual(sorted(a.status for a in pair), [201, 400], commit.id)
                refused, = (a for a in pair if a.status == 400)
                self.fields_fail(refused, **DUPLICATE)
            self.whole(target[0], commits)

    def test_different_commits(self):
        """Each client's are in the order in which it sent them."""
        for _ in range(ROUNDS):
            target = self.started()
            series = [[review.Commit("%s%d" % (who, i), "b", "m", section("%s%d.c" % (who, i), blob("1"), blob("2")), committer=None)
                       for i in range(8)] for who in "pqr"]
            answers = self.together(*[lambda s=s: self.post_all(self.fresh("maint"), target, s, chain=False) for s in series])
            self.assertEqual({a.status for each in answers for a in each}, {201})
            rows = self.stored(target[0])
            self.assertEqual([row[1:] for row in rows], [[str(i), "1"] for i in range(24)])
            for each in series:
                mine = {c.id for c in each}
                self.assertEqual([row[0] for row in rows if row[0] in mine], [c.id for c in each])
            listed = self.get(review.draft_commits(*target))
            self.assertEqual([c["commit_id"] for c in listed["draft_commits"]], [row[0] for row in rows])
            ids = [c["id"] for c in listed["draft_commits"]]
            self.assertEqual(ids, sorted(ids))

    def test_posting_while_the_diff_is_replaced(self):
        """A commit is in the diff that was there, or in the one that is; what is left is whole."""
        commits = review.synthetic(6)
        for _ in range(ROUNDS):
            target = self.started()

            def replace():
                client = self.fresh("sub")
                return [client.post("review-requests/%d/draft/diffs/" % target[0]) for _ in range(4)]
            answers, replaced = self.together(lambda: self.post_all(self.fresh("maint"), target, commits), replace)
            self.assertEqual({a.status for a in replaced}, {201})
            self.assertEqual({a.status for a in answers} | {201}, {201})
            self.assertEqual(self.count("diffset", "request_id = %d" % target[0]), 1)
            rows = self.stored(target[0])
            # the last of them, from some point on
            self.whole(target[0], commits[len(commits) - len(rows):])

    def test_posting_while_the_series_is_finalised(self):
        for _ in range(ROUNDS):
            request, revision, commits = self.posted(2)
            third = review.synthetic(3)[2]
            path = "review-requests/%d/draft/diffs/%d/" % (request, revision)
            posted, finalized = self.together(
                lambda: self.fresh("maint").post(path + "draft-commits/", third.fields(review.validation_info(commits)), {"diff": third.diff}),
                lambda: self.fresh("sub").put(path, {"finalize_commit_series": 1, "validation_info": review.validation_info(commits)},
                                              {"cumulative_diff": review.cumulative(commits)}))
            if finalized.status == 200:
                self.fails(posted, 102, reason="The diff has already been finalized.")
                self.whole(request, commits)
            else:
                self.assertEqual(posted.status, 201)
                self.fields_fail(finalized, validation_info=[
                    "The following commits exist but are not present in validation_info: " + third.id])
                self.whole(request, commits + [third])

    def test_posting_while_the_draft_is_published(self):
        for _ in range(ROUNDS):
            request, revision, commits = self.finalized(2)
            third = review.synthetic(3)[2]
            posted, published = self.together(
                lambda: self.fresh("maint").post(review.draft_commits(request, revision), third.fields(review.validation_info(commits)), {"diff": third.diff}),
                lambda: self.fresh("sub").put("review-requests/%d/draft/" % request, {
                    "summary": "s", "description": "d", "target_people": "deleg", "public": True}))
            self.assertEqual(published.status, 200, published)
            self.assertIn(posted.code, (100, 102), posted)
            self.whole(request, commits)

    def test_two_who_finalise(self):
        request, revision, commits = self.posted(2)
        answers = self.together(*[lambda user=user: self.fresh(user).put(
            "review-requests/%d/draft/diffs/%d/" % (request, revision),
            {"finalize_commit_series": 1, "validation_info": review.validation_info(commits)},
            {"cumulative_diff": review.cumulative(commits)}) for user in ("maint", "sub")])
        self.assertEqual(sorted(a.status for a in answers), [200, 400], answers)
        self.assertEqual(self.count("file", "commit_row IS NULL"), 2)

    # ---- workers that die

    def kill_workers(self):
        workers = self.server.workers()
        self.server.expect("worker")
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        return workers

    def accepted(self):
        text = self.server.get("/metrics", port=self.server.status_port).body.decode()
        return int(re.search(r"^thimble_http_connections_total (\d+)$", text, re.M).group(1))

    def test_a_worker_that_dies_while_it_reads(self):
        target = self.started()
        commits = review.synthetic(1)
        boundary = "===============1=="
        body = review.multipart(commits[0].fields(), {"diff": commits[0].diff}, boundary)
        # up to the middle of the file
        for end in (body.index(b"author_name"), len(body) - len(commits[0].diff) // 2 - 30):
            cookie = "; ".join("%s=%s" % pair for pair in self.maint.cookies.items())
            head = ("POST %s HTTP/1.1\r\nHost: tracker.example.org\r\nContent-Type: multipart/form-data; boundary=%s\r\n"
                    "Cookie: %s\r\nContent-Length: %d\r\n\r\n" % (self.maint.url(review.draft_commits(*target)), boundary, cookie, len(body)))
            before = self.accepted()
            with socket.create_connection(("127.0.0.1", self.server.port), thimble.DEADLINE) as connection:
                connection.sendall(head.encode() + body[:end])
                # else it is the new ones who find it
                thimble.wait_until(lambda: self.accepted() > before, "a worker to take the connection")
                workers = self.kill_workers()
                try:
                    connection.sendall(body[end:])
                    self.assertEqual(connection.recv(100), b"")
                except OSError:
                    pass        # it is gone
            self.server.wait_workers(2, without=workers)
            self.assertEqual(self.count("commit") + self.count("file"), 0)
        review.post_commits(self.maint, *target, commits)
        self.whole(target[0], commits)

    def break_files(self):
        """The second row of a file takes very long."""
        if self.kind == "sqlite":
            self.database.execute(
                "CREATE TRIGGER broken BEFORE INSERT ON thimble_rb_file WHEN NEW.place = 1 BEGIN "
                "SELECT count(*) FROM patchwork_patch a, patchwork_patch b, patchwork_patch c, patchwork_patch d, "
                "patchwork_patch e, patchwork_patch f WHERE a.id + b.id + c.id + d.id + e.id + f.id < 0; END")
            return
        self.database.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$; "
            "CREATE TRIGGER broken BEFORE INSERT ON thimble_rb_file FOR EACH ROW WHEN (NEW.place = 1) EXECUTE FUNCTION broken()")

    def mend_files(self):
        self.database.execute("DROP TRIGGER broken" + ("" if self.kind == "sqlite" else " ON thimble_rb_file"))

    def is_writing(self):
        if self.kind == "postgresql":
            return self.database.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        connection = sqlite3.connect(self.database.path, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False

    def test_a_worker_that_dies_while_it_writes(self):
        """The commit's row and its first file are written, the second file is being written."""
        commits = review.synthetic(2)
        target = self.started()
        review.post_commits(self.maint, *target, commits[:1])
        self.break_files()

        def post():
            try:
                self.post_all(review.Client(self.server, "maint"), target, commits)
            except OSError:
                pass        # the connection is gone
        thread = threading.Thread(target=post)
        thread.start()
        thimble.wait_until(self.is_writing, "the write to begin")
        workers = self.kill_workers()
        thread.join()
        if self.kind == "postgresql":
            self.database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        self.server.wait_workers(2, without=workers)
        thimble.wait_until(lambda: not self.is_writing(), "the transaction to end")
        self.mend_files()
        self.whole(target[0], commits[:1])
        self.assertEqual(self.get(review.draft_commits(*target))["total_results"], 1)
        # the client repeats what it does not know the end of
        answers = self.post_all(self.maint, target, commits)
        self.fields_fail(answers[0], **DUPLICATE)
        self.assertEqual(answers[1].status, 201)
        self.whole(target[0], commits)

    def test_one_who_waits_for_the_lock_sees_what_is_behind_it(self):
        """The diff is finalised by somebody who holds the review request while a commit waits for it."""
        if self.kind == "sqlite":
            holder = sqlite3.connect(self.database.path, isolation_level=None, timeout=thimble.DEADLINE)
            self.addCleanup(holder.close)
            execute = holder.execute
        else:
            holder = libpq.Session(self.database.owner_url)
            self.addCleanup(holder.close)
            execute = holder.execute
        request, revision, commits = self.posted(1)
        second = review.synthetic(2)[1]
        execute("BEGIN IMMEDIATE" if self.kind == "sqlite" else "BEGIN")
        execute("UPDATE thimble_rb_request SET last_updated = last_updated WHERE id = %d" % request)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.fresh("maint").post(
            review.draft_commits(request, revision), second.fields(review.validation_info(commits)), {"diff": second.diff})))
        thread.start()
        if self.kind == "postgresql":
            thimble.wait_until(lambda: self.database.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), "it to wait")
        execute("UPDATE thimble_rb_diffset SET finalized = %s WHERE request_id = %d" % ("1" if self.kind == "sqlite" else "true", request))
        execute("COMMIT")
        thread.join()
        self.fails(answers[0], 102, reason="The diff has already been finalized.")
        self.whole(request, commits)


class OnSqlite(Both, review_case.Case):
    originals = originals
    kind = "sqlite"


class OnPostgresql(Both, review_case.Case):
    originals = originals
    kind = "postgresql"


if __name__ == "__main__":
    unittest.main()
