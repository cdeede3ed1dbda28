# SPDX-License-Identifier: MIT
"""A Redis of one's own for tests: a server in a temporary directory, on a unix socket and a
port of its own, that keeps nothing on disk unless asked to.  The system's own is left alone.

    with redis.Redis(password="secret") as server:
        server.command("SET", "key", "value")
        server.url(database=2)                  # what [cache] redis says
        server.pause(); server.resume()         # SIGSTOP, SIGCONT
        server.kill(); server.start()           # comes back empty
        server.restart(data=True)               # comes back with what it had

    with redis.Redis() as primary, redis.Redis(replica_of=primary) as replica, \\
            redis.Sentinels(primary) as sentinels:
        sentinels.wait_replicas(1)
        primary.kill()
        sentinels.wait_primary(replica)
        sentinels.url()

Replies are as on the wire: bytes for strings, int, None, list, str for a status; an error is
raised as redis.Error.
"""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse

from thimble import DEADLINE, free_port, wait_until


class Error(Exception):
    """What Redis answered with instead of a reply."""


class Connection:
    """Commands over one connection."""

    def __init__(self, address, password=None, database=0, timeout=DEADLINE):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
            self.file = self.socket.makefile("rb")
            if password:
                self.command("AUTH", password)
            if database:
                self.command("SELECT", database)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))

    def receive(self):
        """The next reply, an Error inside an array as a value."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            data = self.file.read(int(rest) + 2)
            if len(data) != int(rest) + 2:
                raise ConnectionError("Redis closed the connection")
            return data[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self.receive() for _ in range(int(rest))]
        raise ConnectionError("not a reply: %r" % line)

    def command(self, *words):
        self.send(*words)
        reply = self.receive()
        if isinstance(reply, Error):
            raise reply
        return reply


def quoted(word):
    """As redis.conf takes any word."""
    return '"%s"' % word.replace("\\", "\\\\").replace('"', '\\"')


def program():
    found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError("redis-server is not installed")
    return found


class Process:
    """What servers and sentinels have in common: a configuration file, a directory, a process."""

    def __init__(self, password=None, port=None):
        self.directory = tempfile.mkdtemp(prefix="thimble-redis.")
        os.chmod(self.directory, 0o755)
        self.config = os.path.join(self.directory, "redis.conf")
        self.log_path = os.path.join(self.directory, "log")
        self.password = password
        self.port = port or free_port()
        self.process = None
        self.arguments = []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exception):
        self.stop()

    def write_config(self, lines):
        with open(self.config, "w") as f:
            f.write("".join(line + "\n" for line in lines))

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([program(), self.config, *self.arguments], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.directory)
        wait_until(lambda: not self.is_running() or self.answers(), lambda: "Redis to start:\n" + self.log())
        if not self.is_running():
            raise RuntimeError("Redis did not start:\n" + self.log())
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def answers(self):
        try:
            return self.command("PING") == "PONG"
        except (OSError, Error):
            return False

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def pause(self):
        """It hangs: connections stay, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """Ends it at once; it saves nothing."""
        if self.is_running():
            self.process.kill()
            self.process.wait(DEADLINE)

    def stop(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def connect(self, **more):
        return Connection(("127.0.0.1", self.port), password=self.password, **more)

    def command(self, *words, database=0):
        """One command over a connection of its own."""
        with self.connect(database=database) as connection:
            return connection.command(*words)


class Redis(Process):
    def __init__(self, password=None, replica_of=None, settings=None, port=None):
        super().__init__(password if password or not replica_of else replica_of.password, port)
        self.socket_path = os.path.join(self.directory, "redis.sock")
        self.dump = os.path.join(self.directory, "dump.rdb")
        self.settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "unixsocket": self.socket_path,
            "unixsocketperm": "777",
            "dir": self.directory,
            "save": '""',
            "appendonly": "no",
            "repl-diskless-sync-delay": "0",
            "repl-ping-replica-period": "1",
        }
        if self.password:
            # The second for when it follows another.
            self.settings.update({"requirepass": quoted(self.password), "masterauth": quoted(self.password)})
        if replica_of is not None:
            self.settings["replicaof"] = "127.0.0.1 %d" % replica_of.port
        self.settings.update(settings or {})

    def start(self, data=False):
        """Comes up empty, unless `data` and something was saved.  It follows whom it was made to follow."""
        if not data and os.path.exists(self.dump):
            os.unlink(self.dump)
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        self.write_config("%s %s" % item for item in self.settings.items())
        return super().start()

    def save(self):
        """Writes what it has to disk, for start(data=True)."""
        self.command("SAVE")

    def restart(self, data=False):
        """Another run of it, with another run_id."""
        if data:
            self.save()
        self.kill()
        return self.start(data=data)

    def info(self, section="server"):
        lines = self.command("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    @property
    def run_id(self):
        return self.info("server")["run_id"]

    @property
    def role(self):
        """primary or replica"""
        return {b"master": "primary", b"slave": "replica"}[self.command("ROLE")[0]]

    def replica_of(self, primary):
        """Follows that server from now on; None: nobody.  What it had is gone then."""
        if primary is None:
            self.settings.pop("replicaof", None)
            self.command("REPLICAOF", "NO", "ONE")
        else:
            self.settings["replicaof"] = "127.0.0.1 %d" % primary.port
            self.command("REPLICAOF", "127.0.0.1", primary.port)

    def wait_in_step(self):
        """For a replica: until it has what its primary has."""
        wait_until(lambda: self.info("replication").get("master_link_status") == "up", "the replica to be in step")
        return self

    # --- addresses, as in [cache] redis

    def _word(self):
        return ":%s@" % urllib.parse.quote(self.password, safe="") if self.password else ""

    def url(self, database=0, port=None):
        """`port`: of a proxy before it."""
        return "redis://%s127.0.0.1:%d/%d" % (self._word(), port or self.port, database)

    def socket_url(self, database=0):
        more = "&password=" + urllib.parse.quote(self.password, safe="") if self.password else ""
        return "unix:%s?db=%d%s" % (self.socket_path, database, more)


class Sentinel(Process):
    """One of them; see Sentinels."""

    def __init__(self, primary, name, quorum, down_after_ms, failover_timeout_ms):
        super().__init__()
        self.arguments = ["--sentinel"]
        self.lines = [
            "bind 127.0.0.1",
            "port %d" % self.port,
            "dir " + self.directory,
            "sentinel monitor %s 127.0.0.1 %d %d" % (name, primary.port, quorum),
            "sentinel down-after-milliseconds %s %d" % (name, down_after_ms),
            "sentinel failover-timeout %s %d" % (name, failover_timeout_ms),
            "sentinel parallel-syncs %s 1" % name,
        ]
        if primary.password:
            self.lines.append("sentinel auth-pass %s %s" % (name, quoted(primary.password)))

    def start(self):
        # It writes down what it learns; started again it knows that still.
        if not os.path.exists(self.config):
            self.write_config(self.lines)
        return super().start()


class Sentinels:
    """Three sentinels that watch a primary, and make a replica the primary when it is down."""

    def __init__(self, primary, name="thimble", count=3, down_after_ms=500, failover_timeout_ms=3000):
        self.name = name
        self.password = primary.password
        self.sentinels = [Sentinel(primary, name, count // 2 + 1, down_after_ms, failover_timeout_ms)
                          for _ in range(count)]

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exception):
        self.stop()

    def __getitem__(self, index):
        return self.sentinels[index]

    def start(self):
        """Until they know of each other."""
        for sentinel in self.sentinels:
            sentinel.start()
        for sentinel in self.sentinels:
            wait_until(lambda: len(sentinel.command("SENTINEL", "SENTINELS", self.name)) == len(self.sentinels) - 1,
                       "the sentinels to meet")
        return self

    def stop(self):
        for sentinel in self.sentinels:
            sentinel.stop()

    def living(self):
        return [sentinel for sentinel in self.sentinels if sentinel.is_running()]

    def wait_replicas(self, count):
        """Until each knows of so many replicas that it could choose."""
        for sentinel in self.living():
            wait_until(lambda: self._good_replicas(sentinel) >= count, "the sentinels to see %d replica" % count)
        return self

    def _good_replicas(self, sentinel):
        good = 0
        for entry in sentinel.command("SENTINEL", "REPLICAS", self.name):
            facts = dict(zip(entry[::2], entry[1::2]))
            good += facts[b"flags"] == b"slave" and facts[b"master-link-status"] == b"ok"
        return good

    def primary_port(self, sentinel=None):
        sentinel = sentinel or self.living()[0]
        return int(sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)[1])

    def wait_primary(self, server):
        """Until each living sentinel names that server, and it is one."""
        for sentinel in self.living():
            wait_until(lambda: self.primary_port(sentinel) == server.port, "a fail-over")
        wait_until(lambda: server.role == "primary", "the new primary")
        return self

    def fail_over(self):
        """Asks for one without anybody having died."""
        self.living()[0].command("SENTINEL", "FAILOVER", self.name)

    def url(self, database=0, ports=None):
        """`ports`: of proxies before them."""
        hosts = ",".join("127.0.0.1:%d" % port for port in ports or [s.port for s in self.sentinels])
        word = ":%s@" % urllib.parse.quote(self.password, safe="") if self.password else ""
        return "redis+sentinel://%s%s/%s/%d" % (word, hosts, self.name, database)
