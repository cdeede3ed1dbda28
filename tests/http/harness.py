# SPDX-License-Identifier: MIT
"""What black-box tests of the HTTP side share: a server to start, a client that sees every byte.

Nothing here sleeps for a fixed time: tests wait for a state, with a bound.
"""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 20.0     # seconds to wait for what must happen; generous, sanitizers are slow
SANITIZER = re.compile(r"Sanitizer|runtime error:")


def wait_until(condition, what, patience=PATIENCE):
    """Waits for condition() to be true and returns its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


class Response:
    def __init__(self, status, headers, body, raw):
        self.status = status
        self.headers = headers      # names in lower case
        self.body = body
        self.raw = raw              # the head as sent

    def json(self):
        import json
        return json.loads(self.body)


class Client:
    """One connection; reads exactly what belongs to each answer."""

    def __init__(self, address, receive_buffer=None, timeout=PATIENCE):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def get(self, target, *headers, method="GET", body=b""):
        self.send(request(target, *headers, method=method, body=body))
        return self.read(method)

    def end_input(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes so that the server sees a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def _more(self):
        data = self.socket.recv(1 << 16)
        self.buffer += data
        return len(data) > 0

    def read(self, method="GET"):
        """The next answer; None when the server has closed before one."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert self.buffer == b"", "a torn answer: %r" % self.buffer
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, "header twice: " + name
            headers[name.lower()] = value
        length = int(headers.get("content-length", 0))
        if method == "HEAD" or int(status) in (204, 304) or int(status) < 200:
            length = 0
        while len(self.buffer) < length:
            assert self._more(), "a torn body: %d of %d bytes" % (len(self.buffer), length)
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Response(int(status), headers, body, head)

    def read_to_end(self):
        """All that comes until the server closes; a reset counts as the end."""
        try:
            while self._more():
                pass
        except ConnectionResetError:
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self):
        """True when the server has closed; data that waits is kept."""
        self.socket.setblocking(False)
        try:
            return not self._more()
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)


def request(target, *headers, method="GET", body=b"", host="example.org"):
    lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + host]
    lines += headers
    if body:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Server:
    """A server process that prints `public PORT status PORT` when it listens."""

    def __init__(self, program, *arguments, environment=None, preexec=None):
        self.clients = []
        self.log = tempfile.NamedTemporaryFile(prefix="server-", suffix=".log")
        self.process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **(environment or {})}, preexec_fn=preexec)
        words = self.process.stdout.readline().split()
        if len(words) != 4:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not start: " + self.stderr())
        self.address = ("127.0.0.1", int(words[1]))
        self.status_address = ("127.0.0.1", int(words[3]))

    def stderr(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()

    def connect(self, **options):
        """A connection that is closed with the server at the latest."""
        c = Client(self.address, **options)
        self.clients.append(c)
        return c

    def get(self, target, *headers, **options):
        with self.connect() as c:
            return c.get(target, *headers, **options)

    def status(self, target, method="GET"):
        with Client(self.status_address) as c:
            return c.get(target, method=method)

    def metric(self, name):
        """The sum of a metric's values, whatever its labels."""
        total = 0.0
        for line in self.status("/metrics").body.decode().splitlines():
            if re.match(re.escape(name) + r"[ {]", line):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def close(self, number=signal.SIGQUIT):
        """Ends it if it still runs; fails on a bad exit and on whatever a sanitizer wrote."""
        try:
            if self.process.poll() is None:
                self.send_signal(number)
            code = self.wait()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            for c in self.clients:
                c.socket.close()
        text = self.stderr()
        self.log.close()
        assert not SANITIZER.search(text), text
        assert code == 0, "exit code %d: %s" % (code, text)
        assert not re.search(r" (error|fatal): ", text), text
        return text
