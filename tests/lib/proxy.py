# SPDX-License-Identifier: MIT
"""A forwarding TCP proxy that can be cut, healed, slowed and turned elsewhere.

    proxy = Proxy("127.0.0.1", redis.port)
    ... proxy.port ...          # 127.0.0.1
    proxy.cut()                 # what is open ends, what comes is refused at once
    proxy.cut(silently=True)    # nothing goes through, nobody is told: as a cable that was pulled
    proxy.heal()
    proxy.delay = 0.05          # seconds, for whatever is on its way
    proxy.redirect(host, port)  # for what comes from now on; what is open ends
    proxy.strays[b"..."] = host, port   # whose first bytes have that in them are led there
    proxy.close()

One thread accepts; each connection has one for each direction.  What was sent while it was cut silently
is lost with its connection when it heals, as after a cut that lasted.
"""
import select
import socket
import threading
import time

PIECE = 65536
LOOK = 0.05             # how soon a thread notices that it is to end


class Proxy:
    def __init__(self, host, port):
        self.target = (host, port)
        self.delay = 0
        self.strays = {}
        self.accepted = 0
        self.bytes = 0
        self._state = "whole"           # or "cut", "silent"
        self._lock = threading.Lock()
        self._open = set()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    # --- what may be done to it

    def cut(self, silently=False):
        self._state = "silent" if silently else "cut"
        if not silently:
            self._drop()

    def heal(self):
        if self._state == "silent":
            self._drop()
        self._state = "whole"

    def redirect(self, host, port):
        self.target = (host, port)
        self._drop()

    def close(self):
        self._closed = True
        self._state = "cut"
        self._drop()
        self._thread.join()
        self._listener.close()

    # --- how it is done

    def _drop(self):
        with self._lock:
            pairs, self._open = self._open, set()
        for pair in pairs:
            pair.end()

    def _accept(self):
        while not self._closed:
            if not select.select([self._listener], [], [], LOOK)[0]:
                continue
            client, _ = self._listener.accept()
            self.accepted += 1
            pair = _Pair(self, client)
            with self._lock:
                self._open.add(pair)
            if self._state == "cut":
                self._forget(pair)
                client.close()
            else:
                threading.Thread(target=pair.run, daemon=True).start()

    def _forget(self, pair):
        with self._lock:
            self._open.discard(pair)

    @property
    def silent(self):
        return self._state == "silent"


class _Pair:
    """A client's connection and ours for it."""

    def __init__(self, proxy, client):
        self.proxy, self.client, self.server = proxy, client, None
        self.ended = threading.Event()

    def end(self):
        self.ended.set()
        for side in (self.client, self.server):
            if side is None:
                continue
            try:
                # wakes whoever waits for it, and tells the other end
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def run(self):
        try:
            while self.proxy.silent and not self.ended.is_set():
                time.sleep(LOOK)
            if not self.ended.is_set():
                self.server = socket.create_connection(self._target())
                for side in (self.client, self.server):
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                back = threading.Thread(target=self._forward, args=(self.server, self.client), daemon=True)
                back.start()
                self._forward(self.client, self.server)
                back.join()
        except OSError:
            pass
        finally:
            self.proxy._forget(self)
            self.end()
            for side in (self.client, self.server):
                if side is not None:
                    side.close()

    def _target(self):
        if self.proxy.strays:
            first = self.client.recv(PIECE, socket.MSG_PEEK)
            for word, target in self.proxy.strays.items():
                if word in first:
                    return target
        return self.proxy.target

    def _forward(self, source, target):
        try:
            while not self.ended.is_set():
                if not select.select([source], [], [], LOOK)[0]:
                    continue
                if self.proxy.silent:
                    time.sleep(LOOK)
                    continue
                piece = source.recv(PIECE)
                if not piece:
                    break
                if self.proxy.delay:
                    time.sleep(self.proxy.delay)
                if self.proxy.silent:
                    # on its way when the cable was pulled
                    continue
                self.proxy.bytes += len(piece)
                target.sendall(piece)
        except (OSError, ValueError):
            pass
        finally:
            self.end()
