# SPDX-License-Identifier: MIT
"""Equal requests that find no answer: one makes it, the others wait for it,
whoever goes away or dies meanwhile.  A lock in PostgreSQL holds up the second
of the two round trips that an answer takes, for as long as a test wants.

Who waits does so for a bounded time and then helps itself; where that would
spoil what a test counts, the test tries again."""
import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "lib")]
import database
import postgres
import thimble
from thimble import wait_until

FIXTURE = os.path.join(HERE, "fixture.sql")
MISS, STORED = "thimble; fwd=uri-miss", "thimble; fwd=uri-miss; stored"
PROJECT = "/api/1.2/projects/3/"
MAINTAINERS = "patchwork_userprofile_maintainer_projects"   # read behind the project itself
TRIES = 10
cluster = template = None


def setUpModule():
    global cluster, template
    if postgres.bindir() is not None:
        cluster = postgres.Cluster().__enter__()
        template = database.Postgresql(cluster, FIXTURE)


def tearDownModule():
    if cluster is not None:
        cluster.stop()


def token(user):
    return "Token %040x" % (0xabc000 + user)


class Lock:
    """A session that keeps everybody from a table until it is opened."""

    def __init__(self, base, table):
        self.process = subprocess.Popen(
            [cluster.program("psql"), "-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", cluster.directory, "-p",
             str(cluster.port), "-U", "postgres", "-d", base.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cluster.directory, **cluster.who)
        self.say("BEGIN; LOCK TABLE %s IN ACCESS EXCLUSIVE MODE; SELECT 'locked';" % table)
        line = self.process.stdout.readline().strip()
        if line != "locked":
            raise AssertionError("no lock, but " + line)

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def open(self):
        if self.process.poll() is None:
            self.process.communicate("COMMIT;\n\\q\n", timeout=thimble.DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.open()


class Asked:
    """A request on its way, on a connection of its own; `to` is one that is open already."""

    def __init__(self, port, path, who=None, to=None, more=""):
        self.socket = to or socket.create_connection(("127.0.0.1", port), thimble.DEADLINE)
        credential = "Authorization: %s\r\n" % who if who else ""
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\nCache-Status: ?1\r\n"
                             "%s%s\r\n" % (path, credential, more)).encode())

    def answer(self):
        """Status, headers as text, body; status None if there is no whole answer."""
        data = b""
        try:
            while True:
                part = self.socket.recv(65536)
                if not part:
                    break
                data += part
        except ConnectionError:
            pass
        self.socket.close()
        head, found, body = data.partition(b"\r\n\r\n")
        head = head.decode()
        length = re.search(r"\r\nContent-Length: (\d+)", head)
        if not found or length is None or len(body) != int(length[1]):
            return None, head, body
        return int(head.split()[1]), head, body

    def leave(self):
        self.socket.close()


@unittest.skipIf(postgres.bindir() is None, "PostgreSQL is not installed")
class CollapseCase(thimble.TestCase):
    def make(self, workers=1, settings=None):
        self.base = template.copy()
        self.addCleanup(self.base.drop)
        server = self.server({"cache": {"size": "16M", "max_stale": "1m"}, "store": {"url": self.base.url},
                              "server": {"workers": str(workers), "threads": "8", "base_url": "http://testserver"}},
                             start=False)
        server.control = os.path.join(server.directory, "control")
        server.configure({"server": {"control": server.control}})
        server.configure(settings or {})
        server.start().wait_ready()
        self.fresh = iter(range(1, 100000))
        return server

    def metric(self, server, name):
        text = server.get("/metrics", port=server.status_port).body.decode()
        return int(text.split("\n" + name + " ")[1].split()[0])

    def forget(self, server):
        answer = server.request("POST", "/purge", body=json.dumps({"all": True}), unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def lock(self, table=MAINTAINERS):
        lock = Lock(self.base, table)
        self.addCleanup(lock.open)
        return lock

    def blocked(self):
        return int(self.base.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                                     "application_name = 'thimble'"))

    def wait_blocked(self, count=1):
        wait_until(lambda: self.blocked() >= count, "%d statements to wait for the lock" % count)

    def wait_asked(self, server, count):
        """Until so many requests have arrived and are not answered."""
        wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") >= count,
                   "%d requests in flight" % count)

    def purge(self, server, *tags):
        answer = server.request("POST", "/purge", body=json.dumps({"tags": tags}), unix=server.control)
        self.assertEqual(answer.status, 200, answer.body)

    def rename(self, name):
        self.base.execute("UPDATE patchwork_project SET name = '%s' WHERE id = 3" % name)

    def connection(self, server, worker):
        """A connection that this worker has accepted: the others stand still meanwhile."""
        others = [pid for pid in server.workers() if pid != worker]
        try:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            for pid in others:
                wait_until(lambda: self.stands(pid), "a worker to stand still")
            s = socket.create_connection(("127.0.0.1", server.port), thimble.DEADLINE)
            s.sendall(b"GET /api/ HTTP/1.1\r\nHost: testserver\r\n\r\n")
            data = b""
            while True:
                data += s.recv(65536)
                head, found, body = data.partition(b"\r\n\r\n")
                if found and len(body) == int(re.search(rb"Content-Length: (\d+)", head)[1]):
                    return s
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    @staticmethod
    def stands(pid):
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
                if f.read().rpartition(")")[2].split()[0] not in "Tt":
                    return False
        return True

    def pins_end(self, server):
        wait_until(lambda: self.metric(server, "thimble_cache_pins") == 0, "all pins to be dropped")

    def one_fill(self, server, count, connections):
        """`count` equal requests while the database is slow; returns how many of them were made."""
        path = "%s?n=%d" % (PROJECT, next(self.fresh))
        self.forget(server)     # objects too: the database is to be asked
        with self.lock():
            asked = [Asked(server.port, path, to=c) for c in connections(count)]
            self.wait_blocked()
            self.wait_asked(server, count)
        answers = [a.answer() for a in asked]
        self.assertEqual({a[0] for a in answers}, {200})
        self.assertEqual(len({a[2] for a in answers}), 1)
        heads = {re.sub(r"\r\n(Date|Cache-Status|Connection): [^\r]*", "", a[1]) for a in answers}
        self.assertEqual(len(heads), 1, heads)
        return sum("\r\nCache-Status: %s\r\n" % STORED in a[1] for a in answers)


class OneFill(CollapseCase):
    COUNT = 20

    def fills_once(self, server, connections):
        """Without collapsing there would be twenty each time."""
        made = []
        while 1 not in made:
            self.assertLess(len(made), TRIES, "fills: %s" % made)
            made.append(self.one_fill(server, self.COUNT, connections))
        self.pins_end(server)

    def test_in_one_worker(self):
        server = self.make()
        self.fills_once(server, lambda count: [None] * count)

    def test_in_two_workers(self):
        server = self.make(2)
        workers = server.wait_workers(2)
        self.fills_once(server, lambda count: [self.connection(server, workers[i % 2]) for i in range(count)])

    def test_each_key_for_itself(self):
        server = self.make()
        with self.lock():
            asked = [Asked(server.port, "/api/1.2/projects/%d/?n=%d" % (n % 3 + 1, n // 6)) for n in range(12)]
            self.wait_blocked(6)
        answers = [a.answer() for a in asked]
        self.assertEqual([json.loads(a[2])["id"] for a in answers], [n % 3 + 1 for n in range(12)])

    def test_head_get_and_codings_together(self):
        server = self.make()
        path = "/api/1.2/patches/?per_page=30"
        with self.lock("patchwork_check"):
            plain = [Asked(server.port, path) for _ in range(3)]
            coded = [Asked(server.port, path, more="Accept-Encoding: gzip\r\n") for _ in range(3)]
            self.wait_asked(server, 6)
        bodies = {a.answer()[2] for a in plain}
        self.assertEqual(len(bodies), 1)
        json.loads(bodies.pop())
        answers = [a.answer() for a in coded]
        self.assertEqual(len({a[2] for a in answers}), 1)
        for status, head, body in answers:
            self.assertEqual((status, body[:2]), (200, b"\x1f\x8b"), head)
            self.assertIn("\r\nContent-Encoding: gzip\r\n", head)

    def test_an_answer_that_is_too_large_to_be_kept(self):
        """The waiters cannot find it in the cache; one more makes it for all of them."""
        server = self.make(settings={"cache": {"size": "4M"}})
        self.base.execute("ALTER TABLE patchwork_project ALTER web_url TYPE text; "
                          "UPDATE patchwork_project SET web_url = repeat('x', 1000000) WHERE id = 3")
        with self.lock():
            asked = [Asked(server.port, PROJECT) for _ in range(10)]
            self.wait_blocked()
            self.wait_asked(server, 10)
        answers = [a.answer() for a in asked]
        self.assertEqual({a[0] for a in answers}, {200})
        self.assertEqual(len({a[2] for a in answers}), 1)
        self.assertGreater(len(answers[0][2]), 1000000)
        self.assertNotIn("stored", "".join(a[1] for a in answers))

    def test_failures_are_everybodys_own(self):
        server = self.make()
        server.expect(r"database: ")
        with self.lock():
            asked = [Asked(server.port, PROJECT) for _ in range(5)]
            self.wait_blocked()
            self.wait_asked(server, 5)
            self.base.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                              "application_name = 'thimble'")
        statuses = [a.answer()[0] for a in asked]
        self.assertLessEqual(set(statuses), {200, 503})
        wait_until(lambda: server.get(PROJECT).status == 200, "the database to be there again")


class GoneAndDead(CollapseCase):
    def test_the_client_of_the_one_who_fills(self):
        server = self.make()
        with self.lock():
            leader = Asked(server.port, PROJECT)
            self.wait_blocked()
            asked = [Asked(server.port, PROJECT) for _ in range(5)]
            self.wait_asked(server, 6)
            leader.leave()
        for a in asked:
            status, _, body = a.answer()
            self.assertEqual((status, json.loads(body)["id"]), (200, 3))
        self.pins_end(server)

    def test_the_clients_of_those_who_wait(self):
        server = self.make()
        with self.lock():
            leader = Asked(server.port, PROJECT)
            self.wait_blocked()
            asked = [Asked(server.port, PROJECT) for _ in range(5)]
            self.wait_asked(server, 6)
            for a in asked[:4]:
                a.leave()
        for a in (leader, asked[4]):
            self.assertEqual(a.answer()[0], 200)
        wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") <= 1, "all requests to end")
        self.pins_end(server)

    def test_all_of_them_give_up(self):
        """The time for a request is over for who fills and who waits; who comes then is answered."""
        server = self.make(settings={"server": {"request_timeout": "300ms"}})
        server.expect(r"took longer|database")
        with self.lock():
            asked = [Asked(server.port, PROJECT) for _ in range(6)]
            self.assertEqual([a.answer()[0] for a in asked], [503] * 6)
            again = Asked(server.port, PROJECT)
            self.assertEqual(again.answer()[0], 503)
        wait_until(lambda: Asked(server.port, PROJECT).answer()[0] == 200, "an answer")
        wait_until(lambda: self.metric(server, "thimble_http_requests_in_flight") <= 1, "all requests to end")
        self.pins_end(server)

    def test_the_worker_that_fills_is_killed(self):
        server = self.make(2)
        server.expect(r"signal 9")
        workers = server.wait_workers(2)
        there, here = ([self.connection(server, w) for _ in range(3)] for w in workers)
        with self.lock():
            dying = [Asked(server.port, PROJECT, to=c) for c in there]
            self.wait_blocked()
            asked = [Asked(server.port, PROJECT, to=c) for c in here]
            self.wait_asked(server, 6)
            os.kill(workers[0], signal.SIGKILL)
            server.wait_workers(2, without=workers[:1])
        for a in asked:
            status, _, body = a.answer()
            self.assertEqual((status, json.loads(body)["id"]), (200, 3))
        self.assertEqual([a.answer()[0] for a in dying], [None] * 3)
        self.pins_end(server)

    def test_a_worker_that_drains_answers_who_waits(self):
        server = self.make(2)
        workers = server.wait_workers(2)
        there, here = ([self.connection(server, w) for _ in range(3)] for w in workers)
        with self.lock():
            asked = [Asked(server.port, PROJECT, to=c) for c in there]
            self.wait_blocked()
            asked += [Asked(server.port, PROJECT, to=c) for c in here]
            self.wait_asked(server, 6)
            server.signal(signal.SIGHUP)
            server.wait_log(r"reloaded: \d+ worker")
            asked += [Asked(server.port, PROJECT) for _ in range(3)]
        self.assertEqual([a.answer()[0] for a in asked], [200] * 9)


class NotForOthers(CollapseCase):
    BUNDLES = "/api/1.2/bundles/?per_page=100"

    def test_everybody_gets_what_is_theirs(self):
        server = self.make()
        callers = (None, token(2), token(4), token(5), token(2), None, token(4))
        want = {}
        for who in callers:
            answer = server.get(self.BUNDLES + "&plain", headers={"Authorization": who} if who else {})
            want[who] = sorted(b["id"] for b in json.loads(answer.body))
        self.assertIn(2, want[token(2)])
        self.assertNotIn(2, want[None] + want[token(4)] + want[token(5)])
        self.assertIn(3, want[token(4)])
        for number in range(3):
            path = self.BUNDLES + "&n=%d" % number
            self.forget(server)
            # the loop has to know the credentials, or nobody waits
            for who in {w for w in callers if w}:
                server.get("/api/1.2/projects/1/", headers={"Authorization": who})
            with self.lock("patchwork_bundlepatch"):
                asked = [(who, Asked(server.port, path, who)) for who in callers * 3]
                self.wait_blocked()
                self.wait_asked(server, len(asked))
            for who, a in asked:
                status, _, body = a.answer()
                self.assertEqual((status, sorted(b["id"] for b in json.loads(body))), (200, want[who]), who)
        self.pins_end(server)

    def test_a_bad_credential_does_not_wait(self):
        server = self.make()
        with self.lock():
            asked = [Asked(server.port, PROJECT) for _ in range(3)]
            self.wait_blocked()
            for who in ("Token nobody", "Token", token(99)):
                self.assertEqual(Asked(server.port, PROJECT, who).answer()[0], 403)
        self.assertEqual([a.answer()[0] for a in asked], [200] * 3)

    def test_one_who_is_not_known_leads_nobody(self):
        """A token that proves to be none: who asks the same without one does not get that answer."""
        server = self.make()
        with self.lock("authtoken_token"):
            bad = [Asked(server.port, PROJECT, "Token nobody") for _ in range(2)]
            good = [Asked(server.port, PROJECT, token(2)) for _ in range(2)]
            self.wait_blocked()
            self.assertEqual(Asked(server.port, PROJECT).answer()[0], 200)
        self.assertEqual([a.answer()[0] for a in bad + good], [403, 403, 200, 200])

    def test_a_token_that_is_revoked_while_it_leads(self):
        server = self.make()
        path = "/api/1.2/bundles/2/"
        who = token(2)
        self.assertEqual(server.get("/api/1.2/projects/1/", headers={"Authorization": who}).status, 200)
        with self.lock("authtoken_token"):
            asked = [Asked(server.port, path, who) for _ in range(4)]
            self.wait_blocked()
            self.wait_asked(server, 4)
            nobody = Asked(server.port, path)
            self.assertEqual(nobody.answer()[0], 404)
        self.assertEqual([a.answer()[0] for a in asked], [200] * 4)
        self.base.execute("DELETE FROM authtoken_token WHERE user_id = 2")
        self.purge(server, "auth:2", "tokens")
        with self.lock("patchwork_bundlepatch"):
            self.assertEqual([Asked(server.port, path, who).answer()[0] for _ in range(2)], [403, 403])


    def test_a_token_that_became_another_users(self):
        """The loop still knows it as the first one's; the answer is of whom the database says."""
        server = self.make()
        first, second = [2], [3]
        password = "Basic " + base64.b64encode(b"maint:maint").decode()
        for who in (token(2), password):
            server.get("/api/1.2/projects/1/", headers={"Authorization": who})
        self.base.execute("DELETE FROM authtoken_token WHERE user_id = 4; "
                          "UPDATE authtoken_token SET user_id = 4 WHERE user_id = 2")

        def private(body):
            return sorted(b["id"] for b in json.loads(body) if not b["public"])
        with self.lock("patchwork_bundlepatch"):
            moved = Asked(server.port, self.BUNDLES, token(2))
            self.wait_blocked()
            same = [Asked(server.port, self.BUNDLES, password) for _ in range(3)]
            self.wait_asked(server, 4)
        self.assertEqual(private(moved.answer()[2]), second)
        for a in same:
            self.assertEqual(private(a.answer()[2]), first)
        for _ in range(2):
            self.assertEqual(private(server.get(self.BUNDLES, headers={"Authorization": password}).body), first)


class TheRule(CollapseCase):
    """Who came after a change never gets what began to be made before it."""

    def old_and_new(self, server, first, second, change, path=PROJECT, name=lambda body: json.loads(body)["name"],
                    table=MAINTAINERS):
        """Names that were seen by the one who asked before the change, and by those who did after it."""
        with self.lock(table):
            old = [Asked(server.port, path, to=first())]
            self.wait_blocked()             # it has read the row in its first round trip
            old.append(Asked(server.port, path, to=first()))
            self.wait_asked(server, 2)
            change()
            new = [Asked(server.port, path, to=c()) for c in (second, first, second)]
            self.wait_asked(server, 5)
        answers = [a.answer() for a in old], [a.answer() for a in new]
        self.assertEqual({a[0] for group in answers for a in group}, {200})
        return [[name(a[2]) for a in group] for group in answers]

    def change(self, server, tag, name="New name"):
        def run():
            self.rename(name)
            self.purge(server, *tag)
        return run

    def check(self, server, first, second):
        number = 0
        for tags in (("project:3",), ("projects.*",), ("project:3", "projects.name")):
            number += 1
            self.rename("Old name")
            self.forget(server)
            old, new = self.old_and_new(server, first, second, self.change(server, tags), "%s?n=%d" % (PROJECT, number))
            self.assertEqual(old[0], "Old name", "the first one was to read the row before the change")
            self.assertIn(old[1], ("Old name", "New name"))
            self.assertEqual(new, ["New name"] * 3, tags)
            self.assertEqual(json.loads(server.get("%s?n=%d" % (PROJECT, number)).body)["name"], "New name")
        self.pins_end(server)

    def test_in_one_worker(self):
        server = self.make()
        self.check(server, lambda: None, lambda: None)

    def test_in_two_workers(self):
        server = self.make(2)
        workers = server.wait_workers(2)
        self.check(server, lambda: self.connection(server, workers[0]), lambda: self.connection(server, workers[1]))

    def test_in_lists(self):
        server = self.make()
        path = "/api/1.2/projects/?order=id&per_page=100"
        self.rename("Old name")
        old, new = self.old_and_new(server, lambda: None, lambda: None, self.change(server, ("project:3",)), path,
                                    lambda body: [p["name"] for p in json.loads(body) if p["id"] == 3][0])
        self.assertEqual((old[0], new), ("Old name", ["New name"] * 3))

    def test_when_everything_is_forgotten(self):
        server = self.make()

        def change():
            self.rename("New name")
            answer = server.request("POST", "/purge", body=json.dumps({"all": True}), unix=server.control)
            self.assertEqual(answer.status, 200)
        self.rename("Old name")
        old, new = self.old_and_new(server, lambda: None, lambda: None, change)
        self.assertEqual((old[0], new), ("Old name", ["New name"] * 3))

    def test_what_is_not_there_yet(self):
        """A 404 that was read before the row came is not for those who came after it."""
        server = self.make()
        path = "/api/1.2/patches/1/checks/4711/"
        with self.lock("patchwork_check"):
            old = Asked(server.port, path)
            self.wait_blocked()
        self.assertEqual(old.answer()[0], 404)
        self.assertEqual(server.get(path).status, 404)
        self.base.execute("INSERT INTO patchwork_check "
                          "(id, patch_id, user_id, date, state, target_url, description, context) VALUES "
                          "(4711, 1, 2, '2024-01-01', 1, '', '', 'later')")
        self.purge(server, "check:4711", "patch:1", "checks@1", "checks")
        self.assertEqual(server.get(path).status, 200)

    def test_too_large_to_be_kept(self):
        """Nothing of it is ever in the cache: only the order of coming and beginning tells."""
        server = self.make(settings={"cache": {"size": "4M"}})
        self.base.execute("ALTER TABLE patchwork_project ALTER web_url TYPE text; "
                          "UPDATE patchwork_project SET name = 'Old name', web_url = repeat('x', 1000000) WHERE id = 3")
        old, new = self.old_and_new(server, lambda: None, lambda: None, self.change(server, ("project:3",)))
        self.assertEqual((old[0], new), ("Old name", ["New name"] * 3))
        self.assertEqual(server.get(PROJECT, headers={"Cache-Status": "?1"}).headers["Cache-Status"], MISS)


if __name__ == "__main__":
    unittest.main()
