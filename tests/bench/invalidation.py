# SPDX-License-Identifier: MIT
"""Invalidation: how long after the answer to a write the other node no longer gives the
old answer, against a bare chain of commit, NOTIFY, XADD and XREAD (bare_chain).
Two nodes with one PostgreSQL and one Redis; bare_seen writes through the first and
asks the second, which has the answer in its cache, until it says what was written:
its polling, with a nap between, is in the figures of thimble.  The making of the new
answer, which the chain has not, is in a row of its own; the goal is held against that one.
How many old answers came first tells that they did come from the cache."""
import os
import subprocess

from common import HOST, compile_program, note, ratio_of, request_for, show_ratio, show_table, verdict
import common
import data
import redis
import thimble

LIMIT = 3.0
GOAL_MS = 5.0
WRITES_PER_SECOND = 100     # of --seconds
PAUSE_US = 5000             # behind each
NAP_US = 100


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def figures(delays):
    """Microseconds as milliseconds."""
    return {"median_ms": percentile(delays, 0.5) / 1000, "p99_ms": percentile(delays, 0.99) / 1000, "max_ms": max(delays) / 1000}


def write_request(patch, state):
    method, path, body = data.request("patch", patch, state)
    headers = "".join("%s: %s\r\n" % item for item in data.HEADERS.items())
    return "%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s" % (method, path, HOST, headers, len(body), body)


class Seen:
    def __init__(self, ground, nodes, patch):
        self.program, self.directory = compile_program(ground.directory, "bare_seen"), os.path.join(ground.directory, "seen")
        self.nodes = nodes
        os.mkdir(self.directory)
        for i, state in enumerate(data.STATES[::-1]):
            self.put("write%d" % i, write_request(patch, state))
            self.put("said%d" % i, '"state":"%s"' % state)
        self.put("read", request_for("/api/1.2/patches/%s/" % patch, ["Cache-Status: ?1"]).decode())

    def put(self, name, text):
        with open(os.path.join(self.directory, name), "w", newline="") as f:
            f.write(text)

    def round(self, count):
        done = output_of(self.program, *(str(node.port) for node in self.nodes), self.directory,
                         str(count), str(PAUSE_US), str(NAP_US))
        invalid, anew, old = zip(*(map(int, line.split()) for line in done.splitlines()))
        return invalid, anew, sum(n > 0 for n in old) / len(old)


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def measure(ground, seen, chain):
    count = WRITES_PER_SECOND * ground.options.seconds
    ours, bare, old, all_ours, all_new, all_bare = [], [], [], [], [], []
    for n in range(ground.options.rounds):
        for one in ("thimble", "chain") if n % 2 == 0 else ("chain", "thimble"):
            if one == "thimble":
                delays, anew, part = seen.round(count)
                ours.append(figures(delays))
                old.append(part)
                all_ours += delays
                all_new += anew
            else:
                delays = [int(line) for line in output_of(*chain, str(count), str(PAUSE_US)).split()]
                bare.append(figures(delays))
                all_bare += delays
    column = lambda rounds, key: [r[key] for r in rounds]
    report = {"writes": len(all_ours), "old_seen": sum(old) / len(old), "limit": LIMIT, "goal_ms": GOAL_MS,
              "thimble": figures(all_ours), "new answer": figures(all_new), "chain": figures(all_bare),
              "p99": ratio_of(column(ours, "p99_ms"), column(bare, "p99_ms"))}
    # of all writes: a round has few
    report["p99"]["ratio"] = report["thimble"]["p99_ms"] / report["chain"]["p99_ms"]
    report["verdict"] = verdict(report["p99"]["ratio"], LIMIT)
    report["goal"] = verdict(report["new answer"]["p99_ms"], GOAL_MS)
    return report


def run(ground):
    common.need("redis-server")
    chain = compile_program(ground.directory, "bare_chain", "libpq", "hiredis")
    cluster, nodes = ground.cluster, []
    with data.writable(cluster, "invalidation") as url, redis.Redis() as server:
        cluster.sql("invalidation", "CREATE TABLE bench_chain (n int); INSERT INTO bench_chain VALUES (0)")
        patch = cluster.sql("invalidation", "SELECT max(id) FROM patchwork_patch").strip()
        try:
            for _ in range(2):
                nodes.append(thimble.Server({"server": {"workers": "1"}, "store": {"url": url},
                                             "cache": {"size": "64M", "max_stale": "1s", "redis": server.url()}}))
                nodes[-1].start().wait_ready()
            for node in nodes:
                data.wait_lease(node)
            seen = Seen(ground, nodes, patch)
            seen.round(10)
            note("invalidation: two nodes, and the chain")
            conninfo = "host=%s port=%d user=postgres dbname=invalidation" % (cluster.directory, cluster.port)
            return measure(ground, seen, (chain, conninfo, str(server.port)))
        finally:
            for node in nodes:
                node.stop()


def show(report):
    print("Invalidation: from a write's answer to the other node's last old one, in ms, against commit-NOTIFY-XADD-XREAD")
    show_table(["", "median", "p99", "max"],
               [[title, *("%.2f" % report[title][key] for key in ("median_ms", "p99_ms", "max_ms"))] for title in ("thimble", "new answer", "chain")] +
               [["ratio", "", show_ratio(report["p99"]), ""]])
    print("p99 at most %.0f x the chain's: %s; goal %.0f ms: %s; an old answer was seen behind %.0f %% of %d writes"
          % (report["limit"], report["verdict"], report["goal_ms"], report["goal"], report["old_seen"] * 100, report["writes"]))
