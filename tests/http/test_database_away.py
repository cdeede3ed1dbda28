# SPDX-License-Identifier: MIT
"""The server without its database: there before it, through its restarts, with
a wrong one, with more clients than connections.  Clients see 503 and a word
when to come again, never a hang, and need nobody's help afterwards.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import database
import postgres
import thimble
from thimble import wait_until

FIXTURE = os.path.join(HERE, "fixture.sql")
PATHS = ("/api/patches/", "/api/1.2/patches/1/", "/api/projects/myproj/", "/api/events/?category=patch-created",
         "/series/1/mbox/", "/patch/1/",
         "/api/bundles/", "/api/patches/1/checks/")
clusters = []


def a_cluster():
    """One for all tests, running."""
    if not clusters:
        clusters.append(postgres.Cluster().__enter__())
    cluster = clusters[0]
    if cluster.process.poll() is not None:
        cluster.start()
    return cluster


def tearDownModule():
    for cluster in clusters:
        cluster.stop()


class Load:
    """Clients that ask until they are told to stop; what they were answered."""

    def __init__(self, server, clients, paths=PATHS):
        self.server, self.paths = server, paths
        self.port = server.port
        self.going = True
        self.lock = threading.Lock()
        self.statuses, self.wrong = {}, []
        self.threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask(self, i):
        while self.going:
            path = self.paths[i % len(self.paths)]
            i += 1
            try:
                answer = self.server.get(path, port=self.port)
            except OSError as e:
                with self.lock:
                    self.wrong.append((path, repr(e)))
                return
            with self.lock:
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                if answer.status not in (200, 302, 503) or (answer.status == 503 and not is_polite(answer)):
                    self.wrong.append((path, answer.status, answer.body))

    def seen(self, status, more):
        """Waits until `more` further answers had the status."""
        enough = self.statuses.get(status, 0) + more
        wait_until(lambda: self.wrong or self.statuses.get(status, 0) >= enough, lambda: "%d answers %d among %s" %
                   (more, status, self.statuses))

    def stop(self, test):
        self.going = False
        for thread in self.threads:
            thread.join(thimble.DEADLINE)
            test.assertFalse(thread.is_alive(), "a request hangs")
        test.assertEqual(self.wrong, [])


def is_polite(answer):
    return (answer.headers["Content-Type"] == "application/json" and int(answer.headers["Retry-After"]) >= 1
            and list(json.loads(answer.body)) == ["detail"])


class Case(thimble.TestCase):
    def assert_away(self, server):
        for path in PATHS:
            answer = server.get(path)
            self.assertEqual(answer.status, 503, path)
            self.assertTrue(is_polite(answer), (path, answer.headers.as_string(), answer.body))
        answer = server.request("PATCH", "/api/patches/1/", body=b"{}", headers={"Authorization": "Token x",
            "Content-Type": "application/json"})
        self.assertEqual(answer.status, 503)
        self.assertEqual(server.get("/api/").status, 200)       # needs no database
        health = server.get("/healthz", port=server.status_port)
        self.assertEqual((health.status, health.body), (200, b"ok\n"))
        ready = wait_until(lambda: self.ready(server, 503), "/readyz to say no")
        self.assertIs(json.loads(ready.body)["ready"], False)
        self.assertEqual(len(json.loads(ready.body)["reasons"]), 1)
        self.assertEqual(int(ready.headers["Retry-After"]), 1)

    def ready(self, server, status):
        answer = server.get("/readyz", port=server.status_port)
        return answer if answer.status == status else None

    def assert_back(self, server):
        # each worker finds out for itself
        for path in PATHS:
            def answers():
                status = server.get(path).status
                self.assertIn(status, (200, 302, 503))
                return status != 503
            wait_until(answers, "the database to be there again")
        self.assertEqual(json.loads(wait_until(lambda: self.ready(server, 200), "/readyz to say yes").body),
                         {"ready": True, "reasons": []})


class Both:
    """For either database: make() makes one, hide() takes it away, show() brings it back."""

    def test_there_later(self):
        over = self.make()
        self.hide()
        server = self.server({"store": {"url": over.url}})
        workers = server.workers()
        for _ in range(2):
            self.assert_away(server)
        server.wait_log(r"warning: database: ")
        self.show()
        self.assert_back(server)
        self.assertEqual(server.workers(), workers)
        server.wait_log(r"info: database: it is back")

    def test_away_and_back_under_load(self):
        over = self.make()
        server = self.server({"store": {"url": over.url}})
        load = Load(server, 8)
        self.addCleanup(setattr, load, "going", False)
        for _ in range(2):
            load.seen(200, 40)
            self.hide()
            load.seen(503, 40)
            self.show()
            load.seen(200, 40)
        load.stop(self)
        self.assert_back(server)
        # said once by each worker each time, not once a request
        self.assertLessEqual(server.log_count(r"warning: database: "), 40)

    def test_no_schema(self):
        over = self.make(schema=False)
        server = self.server({"store": {"url": over.url}})
        self.assert_away(server)
        server.wait_log(r"database: the database holds no Patchwork schema; `thimblectl init` makes one")

    def test_an_older_schema(self):
        over = self.make()
        over.execute("DELETE FROM django_migrations WHERE name = '0046_patch_comment_events'")
        server = self.server({"store": {"url": over.url}})
        self.assert_away(server)
        server.wait_log(
            r"the database's schema is too old: its newest Patchwork migration is 0045_addressed_fields, "
            r"0046_patch_comment_events "
                        r"\(Patchwork 3\.2\.1\) is needed")
        over.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES "
            "('patchwork', '0046_patch_comment_events', '2020-01-01')")
        self.assert_back(server)

    def test_a_newer_schema(self):
        over = self.make()
        over.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES "
            "('patchwork', '0047_from_the_future', '2020-01-01')")
        server = self.server({"store": {"url": over.url}})
        self.assert_back(server)
        server.wait_log(r"its Patchwork migration 0047_from_the_future is newer")

    def test_workers_that_die_give_their_connections_back(self):
        over = self.make()
        server = self.server({"server": {"workers": "2"}, "store": {"url": over.url, "connections": "2"}})
        server.expect(r"worker")
        load = Load(server, 6)
        self.addCleanup(setattr, load, "going", False)
        for _ in range(3):
            load.seen(200, 10)
            workers = server.wait_workers(2)
            load.going = False      # a killed worker's clients see a broken connection, as they must
            for thread in load.threads:
                thread.join(thimble.DEADLINE)
            self.assertEqual(load.wrong, [])
            os.kill(workers[0], signal.SIGKILL)
            server.wait_workers(2, without=workers[:1])
            for _ in range(10):
                self.assertEqual(server.get("/api/patches/").status, 200)
            load = Load(server, 6)
        load.seen(200, 10)
        load.stop(self)


class Sqlite(Both, Case):
    def make(self, schema=True):
        self.database = database.Sqlite(FIXTURE if schema else None)
        self.addCleanup(self.database.drop)
        if not schema:
            os.unlink(self.database.path)
            with open(self.database.path, "wb"):
                pass
        return self.database

    def hide(self):
        os.rename(self.database.path, self.database.path + ".hidden")
        for suffix in ("-wal", "-shm"):
            if os.path.exists(self.database.path + suffix):
                os.rename(self.database.path + suffix, self.database.path + ".hidden" + suffix)

    def show(self):
        for suffix in ("-wal", "-shm", ""):
            if os.path.exists(self.database.path + ".hidden" + suffix):
                os.rename(self.database.path + ".hidden" + suffix, self.database.path + suffix)

    def test_another_file(self):
        over = self.make()
        server = self.server({"store": {"url": over.url}})
        self.assert_back(server)
        other = over.copy()
        self.addCleanup(other.drop)
        other.execute("UPDATE patchwork_patch SET name = 'from the other file'")
        os.rename(other.path, over.path)
        wait_until(lambda: json.loads(server.get("/api/patches/1/").body)["name"] == "from the other file",
                   "the other file to be read")

    def test_no_database_at_all(self):
        over = self.make()
        with open(over.path, "wb") as f:
            f.write(b"this is no database " * 1000)
        server = self.server({"store": {"url": over.url}})
        self.assert_away(server)
        server.wait_log(r"file is not a database")

    def test_a_truncated_file_is_said_once(self):
        over = self.make()
        with open(over.path, "rb") as f:
            whole = f.read()
        server = self.server({"store": {"url": over.url}, "server": {"workers": "1"}})
        self.assertEqual(server.get("/api/patches/1/").status, 200)
        with open(over.path, "r+b") as f:
            f.truncate(len(whole) // 3)
        for _ in range(50):
            self.assertIn(server.get("/api/patches/?per_page=250").status, (200, 503))
        self.assertLess(server.log_count(r"database"), 10)
        with open(over.path, "wb") as f:
            f.write(whole)
        wait_until(lambda: server.get("/api/patches/?per_page=250").status == 200, "the file to be whole again")


@unittest.skipIf(postgres.bindir() is None, "PostgreSQL is not installed")
class Postgresql(Both, Case):
    def make(self, schema=True):
        cluster = a_cluster()
        if schema:
            self.database = database.Postgresql(cluster, FIXTURE)
            self.addCleanup(self.drop)
            return self.database
        cluster.create("empty")
        self.addCleanup(cluster.drop, "empty")
        empty = unittest.mock.Mock()
        empty.url = cluster.url("empty")
        return empty

    def drop(self):
        a_cluster()
        self.database.drop()

    def hide(self):
        clusters[0].halt()

    def show(self):
        clusters[0].start()

    def test_backends_that_are_ended(self):
        over = self.make()
        server = self.server({"store": {"url": over.url}})
        load = Load(server, 8)
        self.addCleanup(setattr, load, "going", False)
        for _ in range(10):
            load.seen(200, 10)
            over.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'thimble'")
        load.seen(200, 10)
        load.stop(self)

    def test_idle_connections_that_died_are_not_noticed(self):
        over = self.make()
        server = self.server({"store": {"url": over.url}})
        for _ in range(5):
            self.assertEqual([server.get(path).status for path in PATHS],
                             [302 if path == "/patch/1/" else 200 for path in PATHS])
            over.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'thimble'")

    def test_a_server_that_stands_still(self):
        over = self.make()
        server = self.server({"server": {"request_timeout": "500ms", "workers": "1"}, "store": {"url": over.url}})
        server.expect(r"took longer than|does not answer")
        self.assert_back(server)
        cluster = clusters[0]
        stopped = [cluster.process.pid] + thimble.children_of(cluster.process.pid)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            for path in PATHS[:3]:
                answer = server.get(path)
                self.assertEqual(answer.status, 503)
                self.assertTrue(is_polite(answer))
            self.assertEqual(server.get("/healthz", port=server.status_port).status, 200)
            wait_until(lambda: self.ready(server, 503), "/readyz to say no")
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        self.assert_back(server)

    @contextlib.contextmanager
    def standing_still(self, server):
        """The workers are stopped, and no thread of theirs runs."""
        pids = server.workers()

        def stopped(pid):
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
                    if f.read().rpartition(")")[2].split()[0] not in "Tt":
                        return False
            return True
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            wait_until(lambda: all(map(stopped, pids)), "the workers to stand still")
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def connections(self, server, port):
        """
        TCP connections to the port, as the workers have them.  The kernel's list is no
        snapshot: while it is read, connections that come and go one after the
        other would all be in it.  So the workers stand still meanwhile.
        """
        with self.standing_still(server), open("/proc/net/tcp") as f:
            return sum(1 for line in f if line.split()[2].endswith(":%04X" % port) and line.split()[3] == "01")

    def test_never_more_connections_than_allowed(self):
        over = self.make()
        port = clusters[0].port
        server = self.server({"server": {"workers": "2", "threads": "8"}, "store": {"url": over.url,
            "connections": "3"}})
        load = Load(server, 50)
        self.addCleanup(setattr, load, "going", False)
        most = backends = 0
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'thimble'"
        while sum(load.statuses.values()) < 1500 and not load.wrong:
            for _ in range(5):
                most = max(most, self.connections(server, port))
            with self.standing_still(server):
                # those of connections that are closed are on their way out
                wait_until(lambda: int(over.execute(count)) <= 3, lambda: "%s sessions to be 3" % over.execute(count))
                backends = max(backends, int(over.execute(count)))
        load.stop(self)
        self.assertEqual(most, 3)
        self.assertIn(backends, (1, 2, 3))
        self.assertEqual(load.statuses.get(503, 0), 0, load.statuses)
        self.assertLessEqual(int(over.execute(count)), 3)

    def test_too_many_connections(self):
        """The server refuses more than one; who does not get it waits or is told to come again."""
        over = self.make()
        over.execute("ALTER ROLE %s CONNECTION LIMIT 1" % database.READER)
        self.addCleanup(over.execute, "ALTER ROLE %s CONNECTION LIMIT -1" % database.READER)
        server = self.server({"server": {"workers": "2"}, "store": {"url": over.url, "connections": "8"}})
        load = Load(server, 8)
        self.addCleanup(setattr, load, "going", False)
        load.seen(200, 50)
        load.stop(self)

    def test_a_role_without_rights(self):
        over = self.make()
        over.execute("REVOKE SELECT ON patchwork_check FROM %s" % database.READER)
        server = self.server({"store": {"url": over.url}})
        answer = server.get("/api/patches/")
        self.assertEqual((answer.status, is_polite(answer)), (503, True))
        self.assertEqual(server.get("/api/projects/").status, 200)
        server.wait_log(r"database: permission denied for table patchwork_check")
        over.execute("GRANT SELECT ON patchwork_check TO %s" % database.READER)
        self.assert_back(server)

    def test_a_role_that_may_not_see_the_migrations(self):
        over = self.make()
        over.execute("REVOKE SELECT ON django_migrations FROM %s" % database.READER)
        server = self.server({"store": {"url": over.url}})
        self.assert_back(server)
        server.wait_log(r"django_migrations cannot be read")

    def test_wrong_names(self):
        self.make()
        for url, text in ((clusters[0].url("nosuch"), "database \"nosuch\" does not exist"),
                          (clusters[0].url("postgres", "nobody-here"), "role \"nobody-here\" does not exist"),
                          ("postgresql://nosuch.invalid/x", "could not translate host name|could not"),
                          (clusters[0].url("postgres"), "holds no Patchwork schema")):
            server = self.server({"store": {"url": url}})
            self.assertEqual(server.get("/api/patches/").status, 503)
            server.wait_log(text)

    def test_a_pooler(self):
        if shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin") is None:
            self.skipTest("pgbouncer is not installed")
        over = self.make()
        for mode, more in (("transaction", ""), ("session", "ignore_startup_parameters = options\n"),
                           ("transaction", "ignore_startup_parameters = options\n")):
            port = self.pooler(over, mode, more)
            server = self.server({"store": {"url": "postgresql://%s@127.0.0.1:%d/%s" % (database.READER, port,
                over.name)}})
            for path in PATHS[:3]:
                answer = server.get(path)
                self.assertEqual((answer.status, is_polite(answer)), (503, True))
            server.wait_log(
                r"between thimble and the database stands a connection pooler such as PgBouncer; "
                r"\[store\] url must name the PostgreSQL server itself")
            self.assertIsNotNone(wait_until(lambda: self.ready(server, 503), "/readyz to say no"))

    def pooler(self, over, mode, more):
        directory = tempfile.mkdtemp(prefix="thimble-pooler.")
        self.addCleanup(shutil.rmtree, directory)
        port = thimble.free_port()
        with open(os.path.join(directory, "users"), "w") as f:
            f.write('"%s" ""\n' % database.READER)
        with open(os.path.join(directory, "ini"), "w") as f:
            f.write("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                    "listen_port = %d\nunix_socket_dir =\nauth_type = trust\n"
                    "auth_file = %s/users\npool_mode = %s\n%s" % (over.cluster.port, port, directory, mode, more))
        os.chmod(directory, 0o755)
        process = subprocess.Popen([shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin"), "-q",
                                    os.path.join(directory, "ini")],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   **postgres.unprivileged())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def listens():
            self.assertIsNone(process.poll(), "pgbouncer ended")
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        wait_until(listens, "pgbouncer to listen")
        return port


if __name__ == "__main__":
    unittest.main()
