# SPDX-License-Identifier: MIT
"""Hits: CPU per request of one worker, against nginx with the same bytes in a
file in memory, nginx's proxy_cache and varnish in front of thimble, and a bare
epoll server.  The server has a processor of its own, and the client, which is
not counted, another.

Waking a client that sleeps is work of the server's system calls, a quarter of
what a small answer costs, and a server that is slower than its client wakes it
for each.  The limits were set with such a client.  --spin takes this share
away from all servers: what remains is nearer to what each does itself, and to
what clients on other machines cost."""
import contextlib
import re

from common import Client, Skip, cpu_of, median, note, ratio_of, request_for, show_ratio, show_table, verdict
import common
import servers

CONNECTIONS = 16
PIPELINE = 16
NGINX_SMALL, NGINX_PAGE, BARE = 0.75, 0.95, 1.25        # the most that is allowed


def nearest(port, paths, size):
    """The path whose answer is nearest in size."""
    return min(paths, key=lambda path: abs(len(common.ask(port, request_for(path))[1]) - size))


def paths_of(port, kind):
    body = common.ask(port, request_for("/api/1.2/%s/?per_page=100" % kind))[1].decode()
    ids = re.findall(r'"id":(\d+),"url":"[^"]*/%s/\1/"' % kind, body)
    return ["/api/1.2/%s/%s/" % (kind, n) for n in dict.fromkeys(ids)]


def answers_of(port):
    """What the servers are asked for, as thimble answers it."""
    found = [servers.Answer("project", "project detail", nearest(port, paths_of(port, "projects"), 1024), True),
             servers.Answer("patch", "patch detail", nearest(port, paths_of(port, "patches"), 6144), True),
             servers.Answer("page30", "patches, page of 30", "/api/1.2/patches/", False),
             servers.Answer("page250", "patches, page of 250", "/api/1.2/patches/?per_page=250", False)]
    for answer in found:
        answer.fetch(port)
    return found


class Row:
    """One line of the table: an answer, and how it is asked for."""

    def __init__(self, title, answer, conditional=False, depth=1):
        self.title, self.answer, self.conditional, self.depth = title, answer, conditional, depth


def rows_of(answers):
    project = answers[0]
    return [*(Row(a.title, a) for a in answers), Row("304", project, conditional=True),
            Row("%d pipelined" % PIPELINE, project, depth=PIPELINE)]


def measure_once(client, seconds, row, target, request):
    """CPU in us per request, requests per second, and the number of requests."""
    before = cpu_of(target.pids())
    count, rate = client.run(target.port, request, seconds, CONNECTIONS, row.depth, 304 if row.conditional else 200)
    return (cpu_of(target.pids()) - before) / count * 1e6, rate, count


def check_hits(row, count, hits):
    if hits < count:
        note("hits: %s: %d of %d requests to thimble were no hits" % (row.title, count - hits, count))


def measure(ground, client, row, running):
    """Alternating rounds; the figures of each server, by its title."""
    requests = {s: s.target(row.answer).request(row.answer, row.conditional) for s in running}
    if requests[running[0]] is None:
        raise Skip("thimble sends no ETag, or no 304")
    running = [s for s in running if requests[s] is not None]
    figures = {s.title: [] for s in running}
    for n in range(ground.options.rounds):
        for s in running[n % len(running):] + running[:n % len(running)]:
            before = running[0].lookups("hit")
            found = measure_once(client, ground.options.seconds, row, s.target(row.answer), requests[s])
            figures[s.title].append(found)
            if s is running[0]:
                check_hits(row, found[2], s.lookups("hit") - before)
    return figures


def judge(row, figures):
    us = {title: [f[0] for f in rounds] for title, rounds in figures.items()}
    ours = us["thimble"]
    report = {"answer": row.title, "bytes": 0 if row.conditional else len(row.answer.body),
              "servers": {title: {"us": median(us[title]), "requests_per_s": median([f[1] for f in rounds]),
                                  "ratio": ratio_of(ours, us[title])} for title, rounds in figures.items()}}
    limits = {"nginx, file": NGINX_SMALL if row.answer.small else NGINX_PAGE, "bare epoll": BARE}
    report["limits"] = limits
    judged = [verdict(report["servers"][t]["ratio"]["ratio"], limit) for t, limit in limits.items()
              if t in report["servers"]]
    report["verdict"] = "over" if "over" in judged else "ok"
    return report


def start_all(stack, ground):
    """thimble and all others that can be had here; thimble is the first."""
    ours = stack.enter_context(servers.Thimble(ground))
    answers = answers_of(ours.server.port)
    running, notes = [ours], []
    for make in (lambda: servers.NginxFiles(ground, answers), lambda: servers.NginxProxy(ground, ours),
                 lambda: servers.Varnish(ground, ours), lambda: servers.Bare(ground, answers)):
        try:
            running.append(stack.enter_context(make()))
        except Skip as skip:
            notes.append(str(skip))
    return answers, running, notes


def run(ground):
    report = {"answers": []}
    client = Client(ground.directory, ground.client_cpus, ground.options.spin)
    with contextlib.ExitStack() as stack:
        answers, running, report["notes"] = start_all(stack, ground)
        for row in rows_of(answers):
            note("hits: " + row.title)
            try:
                report["answers"].append(judge(row, measure(ground, client, row, running)))
            except Skip as skip:
                report["notes"].append("%s: left out: %s" % (row.title, skip))
    return report


TITLES = ["thimble", "nginx, file", "nginx, proxy_cache", "varnish", "bare epoll"]


def show_cell(r, title, key, form):
    return form % r["servers"][title][key] if title in r["servers"] else "-"


def show(report):
    print("Hits: CPU per request in us, one worker")
    show_table(["answer", "bytes", *TITLES], [[r["answer"], "%d" % r["bytes"], *(show_cell(r, t, "us", "%.2f") for t in TITLES)]
                                              for r in report["answers"]])
    print("\nHits: requests per second")
    show_table(["answer", "bytes", *TITLES], [[r["answer"], "%d" % r["bytes"], *(
        show_cell(r, t, "requests_per_s", "%.0f") for t in TITLES)] for r in report["answers"]])
    print("\nHits: CPU per request, thimble's to that of")
    show_table(["answer", *(t for t in TITLES[1:]), "at most", "verdict"], [[r["answer"], *(
        show_ratio(r["servers"][t]["ratio"]) if t in r["servers"] else "-" for t in TITLES[1:]),
        "%.2f nginx, file; %.2f bare" % (r["limits"]["nginx, file"], r["limits"]["bare epoll"]), r["verdict"]]
        for r in report["answers"]])
    for text in report["notes"]:
        print(text)
