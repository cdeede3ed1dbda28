# SPDX-License-Identifier: MIT
"""A relay between a client that takes no content codings and a server that makes them.

Every request is sent on with Accept-Encoding, every answer decoded: what the
client gets must be what it would have got without.  One request a connection.
"""
import ctypes
import ctypes.util
import http.client
import socket
import socketserver
import threading
import zlib


def decode_zstd(data):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    library.ZSTD_decompress.restype = ctypes.c_size_t
    size = library.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    if size > 1 << 30:
        raise ValueError("the frame does not tell its size")
    out = ctypes.create_string_buffer(size or 1)
    n = library.ZSTD_decompress(out, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    if n != size:
        raise ValueError("the frame cannot be decoded")
    return out.raw[:n]


def decode(coding, data):
    return zlib.decompress(data, 31) if coding == "gzip" else decode_zstd(data)


class Relay(socketserver.ThreadingTCPServer):
    """Listens on self.port; self.decoded counts the answers that came coded."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, coding):
        super().__init__(("127.0.0.1", 0), Handler)
        self.to, self.coding, self.decoded = port, coding, 0
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(socketserver.StreamRequestHandler):
    def read_request(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return None
            head += line
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        body = self.rfile.read(length[0]) if length else b""
        return head[:-2] + b"Accept-Encoding: %s\r\n\r\n" % self.server.coding.encode() + body

    def handle(self):
        request = self.read_request()
        if request is None:
            return
        with socket.create_connection(("127.0.0.1", self.server.to)) as upstream:
            upstream.sendall(request)
            answer = http.client.HTTPResponse(upstream, method=request.split(b" ", 1)[0].decode())
            answer.begin()
            body = answer.read()
        coding = answer.headers.get("Content-Encoding")
        if coding is not None and body:
            body = decode(coding, body)
            self.server.decoded += 1
        self.write_answer(answer, body, coding)

    def write_answer(self, answer, body, coding):
        lines = ["HTTP/1.1 %d %s" % (answer.status, answer.reason)]
        for name, value in answer.getheaders():
            if name == "Content-Encoding" or (name, value) == ("Vary", "Accept-Encoding"):
                continue
            if name == "Content-Length" and coding is not None and body:
                value = str(len(body))
            lines.append("%s: %s" % (name, value))
        self.wfile.write("\r\n".join(lines + ["Connection: close", "", ""]).encode("latin-1") + body)
