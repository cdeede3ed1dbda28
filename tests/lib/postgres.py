# SPDX-License-Identifier: MIT
"""A PostgreSQL of one's own for tests: a cluster in a temporary directory, on a
unix socket and a port of its own, without durability, gone afterwards.  The
system's own clusters are left alone.

    with postgres.Cluster() as cluster:
        cluster.create("patchwork", dump="schema.sql")
        cluster.url("patchwork")
"""
import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

from thimble import DEADLINE, free_port, wait_until

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def bindir():
    """Where initdb is, of the newest version; None if PostgreSQL is not installed."""
    found = [os.path.dirname(p) for p in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    found.sort(key=lambda p: [int(n) for n in re.findall(r"\d+", p)])
    initdb = shutil.which("initdb")
    return found[-1] if found else os.path.dirname(initdb) if initdb else None


def unprivileged():
    """The server refuses to be root: whom to be instead, as arguments of subprocess."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no user to run PostgreSQL as")


class Cluster:
    def __init__(self, settings=None):
        self.bin = bindir()
        if self.bin is None:
            raise RuntimeError("PostgreSQL is not installed")
        self.settings = dict(SETTINGS, **(settings or {}))
        self.who = unprivileged()
        self.directory = tempfile.mkdtemp(prefix="thimble-pg.")
        if self.who:
            os.chown(self.directory, self.who["user"], self.who["group"])
        os.chmod(self.directory, 0o755)
        self.data = os.path.join(self.directory, "data")
        self.log_path = os.path.join(self.directory, "log")
        self.port = free_port()
        self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exception):
        self.stop()

    def program(self, name):
        return os.path.join(self.bin, name)

    def run(self, *command, **more):
        """A program of PostgreSQL's against this cluster; raises with its output if it fails."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "PGHOST": self.directory,
                       "PGPORT": str(self.port), "PGUSER": "postgres"}
        done = subprocess.run([self.program(command[0]), *command[1:]], stdin=more.pop("stdin", subprocess.DEVNULL),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.directory,
                              env=environment, timeout=10 * DEADLINE, **self.who, **more)
        if done.returncode != 0:
            raise RuntimeError("%s failed:\n%s" % (command[0], done.stdout))
        return done.stdout

    def start(self):
        if not os.path.exists(self.data):
            self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                     "--no-sync")
        options = ["-c", "port=%d" % self.port, "-c", "unix_socket_directories=" + self.directory]
        for key, value in self.settings.items():
            options += ["-c", "%s=%s" % (key, value)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.program("postgres"), "-D", self.data, *options],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                            **self.who)
        wait_until(lambda: self.process.poll() is not None or self.answers(), "PostgreSQL to start")
        if self.process.poll() is not None:
            raise RuntimeError("PostgreSQL did not start:\n" + self.log())
        return self

    def answers(self):
        return subprocess.run([self.program("pg_isready"), "-q", "-h", self.directory, "-p", str(self.port)],
                              stdin=subprocess.DEVNULL).returncode == 0

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def halt(self):
        """Ends the server and keeps its data: start() again brings it back."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(DEADLINE)

    def stop(self):
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, name, dump=None, template=None):
        """A database, filled from a file of SQL or copied from another."""
        self.run("createdb", *(["-T", template] if template else []), name)
        if dump is not None:
            with open(dump, "rb") as f:
                self.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", name, stdin=f)

    def drop(self, name):
        self.run("dropdb", "--force", name)

    def sql(self, name, text):
        """What psql prints for the statements, unaligned and without headers."""
        return self.run("psql", "-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", name, "-c", text)

    def url(self, name, user="postgres"):
        return "postgresql://%s@127.0.0.1:%d/%s" % (user, self.port, name)

    def socket_url(self, name, user="postgres"):
        return "postgresql://%s@/%s?host=%s&port=%d" % (user, name, self.directory, self.port)
