# SPDX-License-Identifier: MIT
"""Latency: the 99th percentile that wrk sees with 256 connections, against nginx
with the same bytes in a file in memory; one worker each."""
import contextlib
import re

from common import median, note, ratio_of, show_ratio, show_table, verdict, wrk
import common
import hits
import servers

CONNECTIONS = 256
LIMIT = 1.2
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def round_of(ground, target):
    said = wrk("http://127.0.0.1:%d%s" % (target.port, target.path), ground.options.seconds, CONNECTIONS,
               ground.client_cpus, latency=True)
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", said, re.M).groups()
    return {"p99_ms": float(value) * UNITS[unit], "requests_per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))}


def measure(ground, answer, running):
    targets = {s.title: s.target(answer) for s in running}
    rounds = {title: [] for title in targets}
    for target in targets.values():
        target.request(answer, False)
    for n in range(ground.options.rounds):
        for title in list(targets)[::1 if n % 2 == 0 else -1]:
            rounds[title].append(round_of(ground, targets[title]))
    column = lambda title, key: [r[key] for r in rounds[title]]
    ratio = ratio_of(column("thimble", "p99_ms"), column("nginx, file", "p99_ms"))
    return {"answer": answer.title, "ratio": ratio, "verdict": verdict(ratio["ratio"], LIMIT),
            "servers": {title: {key: median(column(title, key)) for key in ("p99_ms", "requests_per_s")} for title in targets}}


def run(ground):
    common.need("nginx")
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(servers.Thimble(ground))
        answers = hits.answers_of(ours.server.port)[:3]
        running = [ours, stack.enter_context(servers.NginxFiles(ground, answers)),
                   stack.enter_context(servers.Bare(ground, answers))]
        rows = []
        for answer in answers:
            note("latency: " + answer.title)
            rows.append(measure(ground, answer, running))
    return {"answers": rows, "limit": LIMIT, "connections": CONNECTIONS}


def show(report):
    print("Latency: 99th percentile in ms at %d connections" % report["connections"])
    titles = ["thimble", "nginx, file", "bare epoll"]
    show_table(["answer", *titles, *("%s req/s" % t for t in titles), "to nginx", "at most", "verdict"],
               [[r["answer"], *("%.2f" % r["servers"][t]["p99_ms"] for t in titles),
                 *("%.0f" % r["servers"][t]["requests_per_s"] for t in titles), show_ratio(r["ratio"]),
                 "%.2f" % report["limit"], r["verdict"]] for r in report["answers"]])
