# SPDX-License-Identifier: MIT
"""Idle connections: what the processes of a server grow by (proportional set
size; what the kernel keeps for a socket is not counted) for each connection
that was answered once and is kept open.  nginx allocates a table of all its
connections when it starts, so a part of what it needs does not show."""
import contextlib
import resource
import socket

from common import Skip, ask, family, memory_of, note, read_answer, request_for, show_table, verdict
import hits
import servers
import thimble

CONNECTIONS = 10000
LIMIT = 1024
WARM = 200


def open_all(target, request, count):
    found = []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", target.port), timeout=thimble.DEADLINE)
        s.sendall(request)
        read_answer(s)
        found.append(s)
    return found


def close_all(sockets):
    for s in sockets:
        s.close()


def measure(target, request):
    close_all(open_all(target, request, WARM))      # what is allocated once
    ask(target.port, request)
    before = memory_of(family(target.pid))
    sockets = open_all(target, request, CONNECTIONS)
    try:
        after = memory_of(family(target.pid))
        for s in sockets[::CONNECTIONS // 10]:      # they are open still
            s.sendall(request)
            read_answer(s)
    finally:
        close_all(sockets)
    return {"before": before, "after": after, "bytes": (after - before) / CONNECTIONS}


def raise_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTIONS + 1000:
        raise Skip("only %d descriptors are allowed" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, CONNECTIONS + 1000), hard))


def run(ground):
    raise_limit()
    report = {"servers": {}, "limit": LIMIT, "connections": CONNECTIONS}
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(servers.Thimble(ground))
        answers = hits.answers_of(ours.server.port)[:1]
        running = [ours]
        try:
            running.append(stack.enter_context(servers.NginxFiles(ground, answers)))
        except Skip as skip:
            note("idle: %s" % skip)
        running.append(stack.enter_context(servers.Bare(ground, answers)))
        for s in running:
            note("idle: " + s.title)
            target = s.target(answers[0])
            report["servers"][s.title] = measure(target, request_for(target.path))
    report["verdict"] = verdict(report["servers"]["thimble"]["bytes"], LIMIT)
    return report


def show(report):
    print("Memory of the server's processes for each of %d idle connections, in bytes" % report["connections"])
    show_table(["server", "for each", "KB before", "KB after", "at most", "verdict"],
               [[title, "%.0f" % r["bytes"], "%d" % (r["before"] // 1024), "%d" % (r["after"] // 1024),
                 *(("%d" % report["limit"], report["verdict"]) if title == "thimble" else ("-", "-"))]
                for title, r in report["servers"].items()])
