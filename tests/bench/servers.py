# SPDX-License-Identifier: MIT
"""The servers that hits are measured on.  Each is a context manager that gives a
Target for an Answer; all run on loopback, on ports of their own, out of
temporary directories, and are ended by process id."""
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile

import common
import thimble

FILES = 20000       # descriptors, where the limit allows


class Answer:
    """Something to ask thimble for, and what it says."""

    def __init__(self, name, title, path, small):
        self.name, self.title, self.path, self.small = name, title, path, small
        self.head = self.body = self.etag = self.not_modified = None

    def fetch(self, port):
        common.ask(port, common.request_for(self.path))         # the first answer is a miss
        self.head, self.body = common.ask(port, common.request_for(self.path))
        if common.status_of(self.head) != 200:
            raise AssertionError("%s: %r" % (self.path, self.head))
        self.etag = common.header_of(self.head, "ETag")
        if self.etag is not None:
            self.not_modified, _ = common.ask(port, common.request_for(self.path, ["If-None-Match: " + self.etag]))
            if common.status_of(self.not_modified) != 304:
                raise AssertionError("%s: %r" % (self.path, self.not_modified))


class Target:
    """Where and how a server is asked for an answer, and whose CPU time counts."""

    def __init__(self, pid, port, path):
        self.pid, self.port, self.path = pid, port, path

    def request(self, answer, conditional):
        """Checks that the server says what thimble said; None: it knows no 304."""
        plain = common.request_for(self.path)
        for _ in range(2):      # the second is from its cache
            head, body = common.ask(self.port, plain)
            if common.status_of(head) != 200 or body != answer.body:
                raise AssertionError("port %d: another answer to %s: %r" % (self.port, answer.path, head))
        if not conditional:
            return plain
        etag = common.header_of(head, "ETag")
        if etag is None:
            return None
        asked = common.request_for(self.path, ["If-None-Match: " + etag])
        return asked if common.status_of(common.ask(self.port, asked)[0]) == 304 else None

    def pids(self):
        return common.family(self.pid)


class Thimble:
    title = "thimble"

    def __init__(self, ground, workers=1, size="64M", **server):
        self.server = thimble.Server({"server": dict({"workers": str(workers), "keepalive_timeout": "1h"}, **server),
                                      "cache": {"size": size, "max_stale": "24h"},
                                      "store": {"url": ground.cluster.socket_url("bench")}})
        self.cpus = ground.server_cpus

    def __enter__(self):
        try:
            with common.processors(self.cpus):
                self.server.start().wait_ready()
        except BaseException:
            self.server.stop()
            raise
        return self

    def __exit__(self, *_):
        self.server.stop()

    def metric(self, name):
        text = self.server.get("/metrics", port=self.server.status_port).body.decode()
        found = re.search("^" + re.escape(name) + r" (\d+)$", text, re.M)
        return int(found.group(1)) if found else 0

    def lookups(self, result):
        return self.metric('thimble_cache_lookups_total{tier="region",result="%s"}' % result)

    def target(self, answer):
        return Target(self.server.pid, self.server.port, answer.path)


class Program:
    """A process with a directory of its own."""

    def __init__(self, ground):
        self.cpus = ground.server_cpus
        self.directory = self.process = None
        self.port = thimble.free_port()

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="thimble-bench.", dir=self.where())
        os.chmod(self.directory, 0o755)
        try:
            self.log = open(os.path.join(self.directory, "log"), "wb")
            with common.processors(self.cpus):
                self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
            thimble.wait_until(self.is_up, lambda: "%s:\n%s" % (self.title, self.read_log()))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(thimble.DEADLINE)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def where(self):
        return None

    def read_log(self):
        with open(os.path.join(self.directory, "log"), errors="replace") as f:
            return f.read()

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("%s ended:\n%s" % (self.title, self.read_log()))
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False


NGINX = """
%(user)s
worker_processes %(workers)d;
worker_rlimit_nofile %(files)d;
daemon off;
pid %(directory)s/pid;
error_log %(directory)s/log warn;
events { worker_connections %(files)d; use epoll; }
http {
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    open_file_cache max=1000 inactive=24h;
    open_file_cache_valid 24h;
    open_file_cache_min_uses 1;
    client_header_buffer_size 16k;
    max_ranges 0;
    types { }
    default_type application/json;
    client_body_temp_path %(directory)s/body;
    proxy_temp_path %(directory)s/proxy;
    fastcgi_temp_path %(directory)s/fastcgi;
    uwsgi_temp_path %(directory)s/uwsgi;
    scgi_temp_path %(directory)s/scgi;
%(http)s
}
"""


class Nginx(Program):
    def __init__(self, ground, workers=1):
        super().__init__(ground)
        self.workers = workers
        common.need("nginx")

    def where(self):
        """In memory."""
        return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

    def command(self):
        files = min(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        name = os.path.join(self.directory, "nginx.conf")
        with open(name, "w") as f:
            f.write(NGINX % {"user": "user root;" if os.geteuid() == 0 else "", "workers": self.workers, "files": files,
                             "directory": self.directory, "http": self.http()})
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.directory, "-e", os.path.join(self.directory, "log"),
                "-c", name]


class NginxFiles(Nginx):
    """The same bytes from files in memory, with the headers that thimble sends (nginx adds Server and Last-Modified)."""
    title = "nginx, file"

    def __init__(self, ground, answers, workers=1):
        super().__init__(ground, workers)
        self.answers = answers

    def http(self):
        root, locations = os.path.join(self.directory, "files"), []
        os.mkdir(root)
        for answer in self.answers:
            with open(os.path.join(root, answer.name), "wb") as f:
                f.write(answer.body)
            headers = [line.partition(": ") for line in answer.head.decode().split("\r\n")[1:] if line]
            own = ("date", "content-type", "content-length", "etag", "connection")      # nginx makes these itself
            locations.append("location = /%s {\n%s}" % (answer.name, "".join(
                "add_header %s '%s';\n" % (name, value) for name, _, value in headers if name.lower() not in own)))
        return "server {\nlisten 127.0.0.1:%d backlog=1024;\nroot %s;\n%s\n}" % (self.port, root, "\n".join(locations))

    def target(self, answer):
        return Target(self.process.pid, self.port, "/" + answer.name)


class NginxProxy(Nginx):
    title = "nginx, proxy_cache"

    def __init__(self, ground, origin):
        super().__init__(ground)
        self.origin = origin

    def http(self):
        return """proxy_cache_path %s/cache keys_zone=bench:16m inactive=24h max_size=1g;
            server {
                listen 127.0.0.1:%d backlog=1024;
                location / {
                    proxy_pass http://127.0.0.1:%d;
                    proxy_http_version 1.1;
                    proxy_set_header Host $http_host;
                    proxy_ignore_headers Cache-Control Expires;
                    proxy_cache bench;
                    proxy_cache_valid 200 24h;
                }
            }""" % (self.directory, self.port, self.origin.server.port)

    def target(self, answer):
        return Target(self.process.pid, self.port, answer.path)


class Varnish(Program):
    title = "varnish"

    def __init__(self, ground, origin):
        super().__init__(ground)
        self.origin = origin
        common.need("varnishd")

    def command(self):
        return [shutil.which("varnishd") or "/usr/sbin/varnishd", "-F", "-j", "none", "-n", os.path.join(self.directory, "work"),
                "-a", "127.0.0.1:%d" % self.port, "-b", "127.0.0.1:%d" % self.origin.server.port, "-s", "malloc,256m",
                "-p", "default_ttl=86400", "-p", "thread_pools=1", "-p", "timeout_idle=3600",
                "-p", "http_gzip_support=off"]      # it would ask for other bytes, and make these anew for each client

    def target(self, answer):
        return Target(self.process.pid, self.port, answer.path)


class Bare(Program):
    """bare_epoll knows one answer, so there is one process for each."""
    title = "bare epoll"

    def __init__(self, ground, answers):
        self.program = common.compile_program(ground.directory, "bare_epoll")
        self.cpus, self.answers, self.running = ground.server_cpus, answers, {}

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="thimble-bench.")
        for answer in self.answers:
            self.running[answer.name] = self.spawn(answer)
        return self

    def __exit__(self, *_):
        for process, _ in self.running.values():
            process.terminate()
            process.wait(thimble.DEADLINE)
            process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, answer):
        name = os.path.join(self.directory, answer.name)
        not_modified = answer.not_modified or b"HTTP/1.1 304 Not Modified\r\n\r\n"
        for path, data in ((name, answer.head + answer.body), (name + ".304", not_modified)):
            with open(path, "wb") as f:
                f.write(data)
        with common.processors(self.cpus):
            process = subprocess.Popen([self.program, "0", name, str(len(answer.head)), name + ".304"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return process, int(process.stdout.readline())

    def target(self, answer):
        process, port = self.running[answer.name]
        return Target(process.pid, port, answer.path)

