# SPDX-License-Identifier: MIT
"""The master: its command line, its signals, and the workers it looks after."""
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import thimble
from thimble import alive, children_of, wait_until


def thimbled(*arguments):
    return subprocess.run([thimble.THIMBLED, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=thimble.DEADLINE)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="thimble-test.")
        self.addCleanup(shutil.rmtree, self.directory)
        self.config = os.path.join(self.directory, "c.conf")

    def write(self, text):
        with open(self.config, "w") as f:
            f.write(text)
        return self.config

    def test_good_configuration(self):
        done = thimbled("-t", "-c", self.write("[server]\nworkers = 1 ; one\n"))
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_bad_configuration(self):
        done = thimbled("-t", "-c", self.write("[server]\nworkers = none\n\nlissten = 1\n"))
        self.assertEqual(done.returncode, 78)
        self.assertEqual(done.stderr, "%s:2: workers: not a number\n"
                         "%s:4: unknown key \"lissten\" in section [server]\n" % (self.config, self.config))

    def test_bad_redis(self):
        for url, complaint in (("redis://h:0/", "a port is a number from 1 to 65535"),
                               ("rediss://h", "must begin with redis://, redis+sentinel:// or unix:/"),
                               ("redis+sentinel://h", "behind the sentinels stands /PRIMARY, the name that they know it by")):
            done = thimbled("-t", "-c", self.write("[cache]\n\nredis = %s\n" % url))
            self.assertEqual((done.returncode, done.stderr), (78, "%s:3: redis: %s\n" % (self.config, complaint)))
        for url in ("", "redis://h", "unix:/run/redis.sock?db=1", "redis+sentinel://a,b:1/primary/2"):
            done = thimbled("-t", "-c", self.write("[cache]\nredis = %s\n" % url))
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_configuration_does_not_start(self):
        done = thimbled("-c", self.write("[server]\nuser\n"))
        self.assertEqual(done.returncode, 78)
        self.assertIn(self.config + ":2: ", done.stderr)

    def test_no_configuration(self):
        done = thimbled("-t", "-c", self.config)
        self.assertEqual(done.returncode, 78)
        self.assertEqual(done.stderr, self.config + ": cannot be read: No such file or directory\n")

    def test_print_masks_and_reads_back(self):
        done = thimbled("-T", "-c", self.write("[store]\nurl = postgresql://u:hunter2@h/d\n[server]\nworkers = 3\n"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("url = postgresql://u:***@h/d\n", done.stdout)
        self.assertIn("workers = 3\n", done.stdout)
        self.assertNotIn("hunter2", done.stdout)
        again = thimbled("-T", "-c", self.write(done.stdout))
        self.assertEqual(again.stdout, done.stdout)

    def test_print_refuses_the_bad(self):
        self.assertEqual(thimbled("-T", "-c", self.write("x\n")).returncode, 78)

    def test_version(self):
        done = thimbled("-V")
        self.assertEqual(done.returncode, 0)
        for pattern in (r"(?m)^thimbled \d", r"(?m)^libevent \d", r"(?m)^libpq \d+\.\d", r"(?m)^SQLite 3",
                        r"(?m)^OpenSSL 3"):
            self.assertRegex(done.stdout, pattern)

    def test_usage(self):
        self.assertEqual(thimbled("-h").returncode, 0)
        self.assertIn("usage:", thimbled("-h").stdout)
        self.assertEqual(thimbled("-x").returncode, 64)
        self.assertEqual(thimbled("start").returncode, 64)


class Start(thimble.TestCase):
    def test_serves(self):
        server = self.server()
        self.assertEqual(len(server.workers()), 2)
        self.assertEqual(server.get("/healthz", port=server.status_port).status, 200)
        self.assertEqual(server.get("/nowhere/").status, 404)
        self.assertEqual(server.get("/healthz").status, 404)

    def test_pid_file(self):
        server = self.server(start=False)
        path = os.path.join(server.directory, "pid")
        server.configure({"server": {"pid_file": path}})
        server.start().wait_ready()
        with open(path) as f:
            self.assertEqual(f.read(), "%d\n" % server.pid)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(os.path.exists(path))

    def test_pid_file_cannot_be_written(self):
        server = self.server({"server": {"pid_file": "/nonexistent/pid"}}, start=False)
        server.expect("cannot write /nonexistent/pid: No such file")
        self.assertEqual(server.start().wait_end(), 1)

    def test_port_in_use(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            address = "127.0.0.1:%d" % s.getsockname()[1]
            server = self.server({"server": {"listen": address}}, start=False)
            server.expect("cannot listen on %s: Address already in use" % address)
            self.assertEqual(server.start().wait_end(), 1)
            self.assertEqual(server.log_count("cannot listen on %s: Address already in use\n" % address), 1)

    def test_no_such_user(self):
        server = self.server({"server": {"user": "no-such-user"}}, start=False)
        if os.geteuid() != 0:
            self.skipTest("only root changes user")
        server.expect("user no-such-user: there is no such user")
        self.assertEqual(server.start().wait_end(), 1)

    def test_workers_change_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root changes user")
        server = self.server(start=False)
        os.chmod(server.directory, 0o777)
        server.configure({"server": {"user": "nobody"}})
        server.start().wait_ready()
        nobody = pwd.getpwnam("nobody").pw_uid
        for pid in server.workers():
            with open("/proc/%d/status" % pid) as f:
                self.assertRegex(f.read(), r"Uid:\t%d\t%d\t%d\t%d\n" % ((nobody,) * 4))
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_ipv6_beside_ipv4(self):
        try:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
                port = s.getsockname()[1]
        except OSError:
            self.skipTest("no IPv6 here")
        server = self.server({"server": {"listen": ["[::]:%d" % port, "*:%d" % port]}}, start=False)
        server.start().wait_ready()
        for family, host in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")):
            with socket.socket(family) as s:
                s.settimeout(thimble.DEADLINE)
                s.connect((host, port))
                s.sendall(b"GET /nowhere/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                self.assertRegex(s.recv(100), b"^HTTP/1.1 404 ")


class UnixSocket(thimble.TestCase):
    def configured(self):
        server = self.server(start=False)
        path = os.path.join(server.directory, "socket")
        server.configure({"server": {"listen": "unix:" + path}})
        return server, path

    def test_serves_and_is_removed(self):
        server, path = self.configured()
        server.start().wait_ready()
        self.assertEqual(server.get("/nowhere/", unix=path).status, 404)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o666)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(os.path.exists(path))

    def test_stale_file_is_replaced(self):
        server, path = self.configured()
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        server.start().wait_ready()
        self.assertEqual(server.get("/nowhere/", unix=path).status, 404)

    def test_live_socket_is_not_taken(self):
        server, path = self.configured()
        server.expect("cannot listen on unix:")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            self.assertEqual(server.start().wait_end(), 1)
        self.assertEqual(server.log_count("cannot listen on unix:%s: Address already in use" % path), 1)
        self.assertTrue(os.path.exists(path))

    def test_other_file_is_not_removed(self):
        server, path = self.configured()
        server.expect("cannot listen on unix:")
        with open(path, "w") as f:
            f.write("precious")
        self.assertEqual(server.start().wait_end(), 1)
        self.assertEqual(server.log_count("cannot listen on unix:%s: File exists" % path), 1)
        with open(path) as f:
            self.assertEqual(f.read(), "precious")

    def test_file_of_a_successor_stays(self):
        server, path = self.configured()
        server.start().wait_ready()
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait_end(), 0)
        self.assertTrue(os.path.exists(path))


class Stop(thimble.TestCase):
    def stops(self, number):
        server = self.server()
        workers = server.workers()
        port = server.port
        server.signal(number)
        self.assertEqual(server.wait_end(), 0)
        self.assertEqual([pid for pid in workers if alive(pid)], [])
        self.assertEqual(server.log_count("master.*: stopped\n"), 1)
        with self.assertRaises(ConnectionRefusedError):
            server.get("/nowhere/", port=port)
        return server

    def test_term(self):
        self.stops(signal.SIGTERM)

    def test_int(self):
        self.stops(signal.SIGINT)

    def test_quit(self):
        self.stops(signal.SIGQUIT)

    def test_term_kills_after_the_deadline(self):
        server = self.server({"server": {"stop_timeout": "100ms"}})
        server.expect(r"was killed by signal 9")
        stuck = server.workers()[0]
        os.kill(stuck, signal.SIGSTOP)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(alive(stuck))
        self.assertEqual(server.log_count("1 worker did not stop in time: killed"), 1)

    def hurried(self, first, second):
        server = self.server({"server": {"stop_timeout": "1h"}})
        server.expect(r"was killed by signal 9")
        stuck = server.workers()[0]
        os.kill(stuck, signal.SIGSTOP)
        server.signal(first)
        server.wait_workers(1)
        self.assertFalse(server.has_ended())
        server.signal(second)
        self.assertEqual(server.wait_end(), 0)
        self.assertFalse(alive(stuck))
        self.assertEqual(server.log_count("stopping at once"), 1)

    def test_second_term_is_at_once(self):
        self.hurried(signal.SIGTERM, signal.SIGTERM)

    def test_int_after_term_is_at_once(self):
        self.hurried(signal.SIGTERM, signal.SIGINT)

    def test_int_after_quit_is_at_once(self):
        self.hurried(signal.SIGQUIT, signal.SIGINT)

    def test_workers_leave_when_the_master_is_killed(self):
        server = self.server()
        workers = server.workers()
        port = server.port
        server.signal(signal.SIGKILL)
        server.wait_end()
        wait_until(lambda: not any(alive(pid) for pid in workers), "the workers to leave")
        with self.assertRaises(ConnectionRefusedError):
            server.get("/nowhere/", port=port)


class Workers(thimble.TestCase):
    def test_killed_worker_is_replaced(self):
        server = self.server({"server": {"workers": "3"}})
        before = server.workers()
        server.expect(r"was killed by signal 9 \(Killed\)")
        os.kill(before[0], signal.SIGKILL)
        after = server.wait_workers(3, without=[before[0]])
        self.assertEqual(set(before[1:]), set(before[1:]) & set(after))
        server.wait_log(r"worker \d \(pid %d\) was killed by signal 9 \(Killed\)" % before[0])
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_worker_that_leaves_is_replaced(self):
        server = self.server()
        before = server.workers()
        server.expect("has left")
        os.kill(before[1], signal.SIGQUIT)
        server.wait_workers(2, without=[before[1]])
        server.wait_log(r"worker \d \(pid %d\) has left" % before[1])

    def test_all_killed_again_and_again(self):
        server = self.server()
        server.expect("was killed by signal 9")
        for _ in range(3):
            pids = server.wait_workers(2)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            server.wait_workers(2, without=pids)
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_failing_starts_are_throttled(self):
        server = self.server(start=False)
        directory = os.path.join(server.directory, "later")
        server.configure({"log": {"access": os.path.join(directory, "access.log")}})
        server.expect("could not start")
        server.expect("access.log")
        server.start()
        for delay in (100, 200, 400):
            server.wait_log("the next worker is started in %d ms" % delay)
        os.mkdir(directory)
        server.wait_ready()
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_stuck_worker_is_replaced(self):
        server = self.server(environment={"THIMBLE_TEST_HEARTBEAT_MS": "4000"})
        server.expect("showed no life for too long: killed")
        server.expect("was killed by signal 9")
        before = server.workers()
        os.kill(before[0], signal.SIGSTOP)
        after = server.wait_workers(2, without=[before[0]])
        self.assertIn(before[1], after)
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_no_worker_is_killed_because_all_stood_still(self):
        server = self.server(environment={"THIMBLE_TEST_HEARTBEAT_MS": "4000"})
        before = server.workers()
        everyone = [server.pid, *before]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        # Not a measurement: long enough for each heartbeat to be too old.
        threading.Event().wait(5.5)
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)
        threading.Event().wait(2)
        self.assertEqual(server.workers(), before)

    def test_one_more_one_less(self):
        server = self.server()
        before = server.workers()
        server.signal(signal.SIGTTIN)
        self.assertLess(set(before), set(server.wait_workers(3)))
        server.signal(signal.SIGTTOU)
        self.assertEqual(server.wait_workers(2), before)
        server.signal(signal.SIGTTOU)
        last = server.wait_workers(1)
        server.signal(signal.SIGTTOU)
        server.wait_log("TTOU: the last worker stays")
        self.assertEqual(server.workers(), last)
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_drain_and_come_back(self):
        server = self.server()
        port = server.port
        for number, pattern in ((signal.SIGTTIN, r"ready: 2 workers"), (signal.SIGHUP, r"reloaded: 2 workers")):
            ready = server.log_count(pattern)
            server.signal(signal.SIGWINCH)
            server.wait_workers(0)
            self.assertFalse(server.has_ended())
            # The socket is still there: who comes now waits for a worker.
            with socket.create_connection(("127.0.0.1", port), timeout=thimble.DEADLINE) as s:
                s.sendall(b"GET /nowhere/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                server.signal(number)
                server.wait_log(pattern, ready + 1)
                self.assertRegex(s.recv(100), b"^HTTP/1.1 404 ")
            server.wait_workers(2)

    def test_upgrade_says_it_cannot(self):
        server = self.server()
        before = server.workers()
        server.signal(signal.SIGUSR2)
        server.wait_log("USR2: this version cannot be upgraded in place")
        self.assertEqual(server.workers(), before)

    def test_reopen_logs(self):
        server = self.server(start=False)
        path = os.path.join(server.directory, "access.log")
        server.configure({"log": {"access": path}})
        server.start().wait_ready()
        os.rename(path, path + ".1")
        server.signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(path), "the log to be opened again")

        def logged():
            server.get("/nowhere/")
            return os.path.getsize(path) > 0
        wait_until(logged, "a line in the new log")


class Asker(threading.Thread):
    """Asks without a pause, each time on a new connection, and notes what is not as it should be."""

    def __init__(self, server):
        super().__init__()
        self.server, self.port = server, server.port
        self.ending = threading.Event()
        self.count, self.failures = 0, []

    def run(self):
        while not self.ending.is_set():
            try:
                status = self.server.get("/nowhere/", port=self.port).status
            except Exception as e:
                status = repr(e)
            self.count += 1
            if status != 404:
                self.failures.append(status)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.ending.set()
        self.join()


class Reload(thimble.TestCase):
    def reload(self, server, outcome=r"master.*: reloaded: "):
        count = server.log_count(outcome)
        server.signal(signal.SIGHUP)
        server.wait_log(outcome, count + 1)

    def refuses(self, server, reason):
        before = server.workers()
        server.expect("not reloaded, the old configuration stays in force: " + reason)
        self.reload(server, "not reloaded, the old configuration stays in force: " + reason)
        server.wait_workers(2)
        self.assertEqual(server.workers(), before)
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_workers_are_new(self):
        server = self.server()
        before = server.workers()
        server.configure({"server": {"workers": "3"}})
        self.reload(server)
        server.wait_workers(3, without=before)
        server.wait_log("reloaded: 3 workers")

    def test_no_request_fails(self):
        server = self.server()
        with Asker(server) as asker:
            for _ in range(5):
                before = server.workers()
                self.reload(server)
                server.wait_workers(2, without=before)
            wait_until(lambda: asker.count > 20, "requests")
        self.assertEqual(asker.failures, [])

    def test_addresses_come_and_go(self):
        server = self.server()
        first = server.port
        other = thimble.free_port()
        kept = "127.0.0.1:0"
        server.configure({"server": {"listen": [kept, "127.0.0.1:%d" % other]}})
        self.reload(server)
        self.assertEqual(server.get("/nowhere/", port=first).status, 404)
        self.assertEqual(server.get("/nowhere/", port=other).status, 404)
        server.configure({"server": {"listen": kept}})
        before = server.workers()
        self.reload(server)
        server.wait_workers(2, without=before)
        self.assertEqual(server.get("/nowhere/", port=first).status, 404)
        with self.assertRaises(ConnectionRefusedError):
            server.get("/nowhere/", port=other)

    def test_unix_socket_comes_and_goes(self):
        server = self.server()
        path = os.path.join(server.directory, "socket")
        for _ in range(2):
            server.configure({"server": {"listen": ["127.0.0.1:0", "unix:" + path]}})
            self.reload(server)
            self.assertEqual(server.get("/nowhere/", unix=path).status, 404)
        server.configure({"server": {"listen": "127.0.0.1:0"}})
        self.reload(server)
        self.assertFalse(os.path.exists(path))

    def test_bad_file(self):
        server = self.server()
        server.expect(re.escape(server.config) + ":1: unknown section")
        server.write_config("[nonsense]\n")
        self.refuses(server, "it has errors")
        server.wait_log(re.escape(server.config) + r":1: unknown section \[nonsense\]")
        server.configure({})
        self.reload(server)

    def test_port_in_use(self):
        server = self.server()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            address = "127.0.0.1:%d" % s.getsockname()[1]
            path = os.path.join(server.directory, "socket")
            server.configure({"server": {"listen": ["127.0.0.1:0", "unix:" + path, address]}})
            self.refuses(server, "cannot listen on %s: Address already in use" % address)
            self.assertFalse(os.path.exists(path))

    def test_workers_that_cannot_start(self):
        server = self.server()
        server.expect("could not start")
        server.expect("access.log")
        server.configure({"server": {"listen": ["127.0.0.1:0", "unix:" + os.path.join(server.directory, "socket")]},
                          "log": {"access": "/nonexistent/access.log"}})
        self.refuses(server, "a worker could not start with it")
        self.assertFalse(os.path.exists(os.path.join(server.directory, "socket")))

    def test_what_cannot_change(self):
        server = self.server()
        server.configure({"server": {"pid_file": os.path.join(server.directory, "pid")}})
        self.reload(server)
        server.wait_log("server.pid_file cannot change while the server runs: the old value stays")
        self.assertFalse(os.path.exists(os.path.join(server.directory, "pid")))

    def test_hup_during_hup(self):
        server = self.server()
        before = server.workers()
        for _ in range(10):
            server.signal(signal.SIGHUP)
        server.wait_log("reloaded: 2 workers")
        server.wait_workers(2, without=before)
        self.assertEqual(server.get("/nowhere/").status, 404)

    def test_counters(self):
        server = self.server()
        server.expect("not reloaded|unknown section")
        self.reload(server)
        server.write_config("[nonsense]\n")
        self.reload(server, "not reloaded")
        metrics = server.get("/metrics", port=server.status_port).body.decode()
        self.assertRegex(metrics, r'thimble_reloads_total\{result="ok"\} 1\n')
        self.assertRegex(metrics, r'thimble_reloads_total\{result="(failed|error)"\} 1\n')


if __name__ == "__main__":
    unittest.main()
