# SPDX-License-Identifier: MIT
"""A thimbled of one's own for a test.

    class MyTest(thimble.TestCase):
        def test_it(self):
            server = self.server({"server": {"workers": "2"}})
            self.assertEqual(server.get("/nowhere/").status, 404)

The server lives in a temporary directory, listens on ports that the kernel
chose, and is stopped when the test ends.  Then its log is read: a sanitizer's
report fails the test, and so does any error line that the test did not
announce with `server.expect(pattern)`.

THIMBLE_BIN names the program, THIMBLECTL_BIN the tool; without them those at
the top of the source tree are meant.  Things are waited for with a deadline
that no healthy machine comes near; no test measures time.
"""
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
THIMBLED = os.path.abspath(os.environ.get("THIMBLE_BIN") or os.path.join(TOP, "thimbled"))
THIMBLECTL = os.path.abspath(os.environ.get("THIMBLECTL_BIN") or os.path.join(os.path.dirname(THIMBLED), "thimblectl"))

DEADLINE = 60
BUS = "thimbled-bus"
SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread)Sanitizer|runtime error:|UndefinedBehaviorSanitizer")
ERROR_LINE = re.compile(r" (error|fatal): ")


def wait_until(condition, what, deadline=DEADLINE):
    """Returns the first true value of condition(); `what` is words, or makes them."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + (what() if callable(what) else what))
        time.sleep(0.02)


def free_port():
    """A port that was free a moment ago; port 0 in a configuration is better where it will do."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def alive(pid):
    """False once the process is gone or only waits to be buried."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    """The living children of a process."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as f:
                fields = f.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] not in "ZX":
            found.append(int(name))
    return sorted(found)


def name_of(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """A thimbled; start() it, wait_ready(), use it, stop() it."""

    def __init__(self, settings=None, environment=None, directory=None, arguments=()):
        self.owned = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="thimble-test.")
        self.config = os.path.join(self.directory, "thimble.conf")
        self.log_path = os.path.join(self.directory, "stderr")
        self.arguments = list(arguments)
        self.environment = dict(os.environ, **(environment or {}))
        self.expected = []
        self.process = None
        self.settings = {
            "server": {"listen": "127.0.0.1:0", "status_listen": "127.0.0.1:0", "workers": "2"},
            "store": {"url": "sqlite:" + os.path.join(self.directory, "thimble.db")},
            "cache": {"size": "0"},
        }
        self.configure(settings or {})

    # --- configuration

    def configure(self, settings):
        """Merges settings ({section: {key: value or list of values, None: not given}}) and writes the file."""
        for section, values in settings.items():
            self.settings.setdefault(section, {}).update(values)
        lines = []
        for section, values in self.settings.items():
            lines.append("[%s]" % section)
            for key, value in values.items():
                for item in value if isinstance(value, (list, tuple)) else [value]:
                    if item is not None:
                        lines.append("%s = %s" % (key, item))
        self.write_config("\n".join(lines) + "\n")

    def write_config(self, text):
        """The file as a whole; replaced in one step, as a reload may read at any time."""
        with open(self.config + ".new", "w") as f:
            f.write(text)
        os.rename(self.config + ".new", self.config)

    def init(self, *arguments):
        """Makes the database with thimblectl init."""
        subprocess.run([THIMBLECTL, "-c", self.config, "init", *arguments], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=DEADLINE)

    def detach(self, *arguments):
        """Takes the triggers away: nobody tells of changes, so that what is kept stays until max_stale."""
        subprocess.run([THIMBLECTL, "-c", self.config, "detach", *arguments], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=DEADLINE)

    # --- life

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([THIMBLED, "-c", self.config, *self.arguments], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment)
        return self

    def wait_ready(self):
        wait_until(lambda: self.has_ended() or self.log_count(r"ready: \d+ worker"), "the server to be ready")
        if self.has_ended():
            raise AssertionError("thimbled ended with status %d:\n%s" % (self.process.returncode, self.log()))
        return self

    def has_ended(self):
        return self.process.poll() is not None

    def wait_end(self):
        """Waits for the master; returns its exit status."""
        wait_until(self.has_ended, "thimbled to end")
        return self.process.returncode

    def stop(self):
        """Ends whatever still runs, and raises for what the log should not have."""
        children = []
        if self.process is not None and not self.has_ended():
            children = children_of(self.process.pid)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                for pid in filter(alive, children):
                    os.kill(pid, signal.SIGKILL)
                raise AssertionError("thimbled did not end after TERM:\n" + self.log())
        try:
            self.check_log()
        finally:
            if self.owned:
                shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def workers(self):
        return [pid for pid in children_of(self.pid) if name_of(pid) != BUS]

    def bus(self):
        """The pid of the bus process, or None."""
        found = [pid for pid in children_of(self.pid) if name_of(pid) == BUS]
        return found[0] if found else None

    def wait_workers(self, count, without=()):
        """Waits for exactly so many workers, none of which is in `without`."""
        def those():
            pids = self.workers()
            return (pids,) if len(pids) == count and not set(pids) & set(without) else None
        pids, = wait_until(those, lambda: "%d workers; there are %s:\n%s" %
                          (count, self.workers(), self.log()))
        return pids

    # --- the log

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def log_count(self, pattern):
        return len(re.findall(pattern, self.log()))

    def wait_log(self, pattern, times=1):
        wait_until(lambda: self.log_count(pattern) >= times,
                   lambda: "%r (%d times) in the log:\n%s" % (pattern, times, self.log()))

    def expect(self, pattern):
        """Errors whose line has the pattern are what the test asks for."""
        self.expected.append(re.compile(pattern))

    def check_log(self):
        text = self.log()
        if SANITIZER.search(text):
            raise AssertionError("a sanitizer complains:\n" + text)
        bad = [line for line in text.splitlines()
               if ERROR_LINE.search(line) and not any(p.search(line) for p in self.expected)]
        if bad:
            raise AssertionError("errors in the log:\n%s\nall of it:\n%s" % ("\n".join(bad), text))

    # --- requests

    def _port(self, word):
        found = re.findall(r"%s on http://127\.0\.0\.1:(\d+)" % word, self.log())
        return int(found[-1])

    @property
    def port(self):
        return self._port("listening")

    @property
    def status_port(self):
        return self._port("status")

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def request(self, method, path, body=None, headers=None, port=None, unix=None):
        """One request on a connection of its own."""
        if unix is not None:
            connection = UnixConnection(unix, DEADLINE)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)


class TestCase(unittest.TestCase):
    """Stops each server that a test made."""

    def server(self, settings=None, start=True, **more):
        server = Server(settings, **more)
        self.addCleanup(server.stop)
        return server.start().wait_ready() if start else server
