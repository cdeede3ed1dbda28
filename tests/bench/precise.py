# SPDX-License-Identifier: MIT
"""Precise tags: what part of a read load hits while others write, and what part
would if each write made the cache forget everything.  The reads are of the hot
pages of `mixed`, so many a second; every second write is to one of the patches
there, the others to any patch; checks and states by turns.

No build has a switch for "everything": it is emulated from outside.  Behind each
write "purge all" is told to the control socket, which makes the node forget all answers
(the purge comes a moment after the write, and counts for nothing else)."""
import os
import random
import socket
import threading
import time

from common import ask, header_of, median, note, read_answer, request_for, show_table, status_of
import data
import mixed
import thimble

READS = 500                 # a second, by so many clients
READERS = 4
WRITES = (10, 100)          # a second
LONGER = 3                  # a round takes so many times --seconds


def paced(rate, seconds, step):
    """Calls step(n) `rate` times a second; who is late catches up.  How often it was called."""
    start, n = time.monotonic(), 0
    while True:
        due = start + n / rate
        if due >= start + seconds:
            return n
        time.sleep(max(0.0, due - time.monotonic()))
        step(n)
        n += 1


class Reader(threading.Thread):
    def __init__(self, port, paths, rate, seconds, seed):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=thimble.DEADLINE)
        self.requests = [request_for(path, ["Cache-Status: ?1"]) for path in paths]
        self.rate, self.seconds, self.dice = rate, seconds, random.Random(seed)
        self.asked = self.hits = 0
        self.failure = None

    def step(self, _):
        self.socket.sendall(self.dice.choice(self.requests))
        head, _ = read_answer(self.socket)
        if status_of(head) != 200:
            raise AssertionError("%r" % head)
        self.asked += 1
        self.hits += "; hit" in header_of(head, "Cache-Status")

    def run(self):
        try:
            paced(self.rate, self.seconds, self.step)
        except Exception as failure:
            self.failure = failure
        finally:
            self.socket.close()


class Writer:
    def __init__(self, server, hot, patches):
        self.server, self.hot, self.patches = server, hot, patches
        self.dice, self.state = random.Random(4), {}

    def write(self, n):
        patch = self.dice.choice(self.hot if n % 2 == 0 else self.patches)
        kind = "check" if n // 2 % 2 == 0 else "patch"
        if kind == "patch":
            self.state[patch] = not self.state.get(patch, False)
        data.write(self.server, kind, patch, data.STATES[self.state.get(patch, False)])

    def write_and_purge(self, n):
        self.write(n)
        answer = self.server.request("POST", "/purge", '{"all": true}', {"Content-Type": "application/json"},
                                     unix=self.server.settings["server"]["control"])
        if answer.status != 200:
            raise AssertionError("purge: %d %r" % (answer.status, answer.body))


def round_of(server, paths, rate, write, seconds):
    """The part of the reads that hit, and how many writes there were a second."""
    for path in paths * 2:
        ask(server.port, request_for(path))
    readers = [Reader(server.port, paths, READS / READERS, seconds, seed) for seed in range(READERS)]
    for reader in readers:
        reader.start()
    start = time.monotonic()
    count = paced(rate, seconds, write)
    took = time.monotonic() - start
    for reader in readers:
        reader.join()
        if reader.failure is not None:
            raise reader.failure
    return sum(r.hits for r in readers) / sum(r.asked for r in readers), count / took


def measure(ground, server, writer, paths, rate):
    rounds = {"precise": [], "everything": []}
    for n in range(ground.options.rounds):
        for title in list(rounds)[::1 if n % 2 == 0 else -1]:
            rounds[title].append(round_of(server, paths, rate, writer.write if title == "precise" else writer.write_and_purge,
                                          LONGER * ground.options.seconds))
    row = {"asked_writes_per_s": rate}
    for title, each in rounds.items():
        rates = [r[0] for r in each]
        row[title] = {"hit_rate": median(rates), "min": min(rates), "max": max(rates), "writes_per_s": median([r[1] for r in each])}
    return row


def run(ground):
    with data.writable(ground.cluster, "precise") as url:
        patches = ground.cluster.sql("precise", "SELECT id FROM patchwork_patch ORDER BY id").split()
        server = thimble.Server({"server": {"workers": "1"}, "store": {"url": url}, "cache": {"size": "64M", "max_stale": "1s"}})
        server.configure({"server": {"control": os.path.join(server.directory, "control")}})
        try:
            server.start().wait_ready()
            data.wait_lease(server)
            paths, rows = mixed.hot_set(server.port), []
            hot = [path.split("/")[-2] for path in paths if "/patches/" in path and path.split("/")[-2].isdigit()]
            writer = Writer(server, hot, patches)
            for rate in WRITES:
                note("precise: %d writes per second" % rate)
                rows.append(measure(ground, server, writer, paths, rate))
        finally:
            server.stop()
    return {"reads_per_s": READS, "pages": len(paths), "writes": rows}


def show(report):
    print("Hits among %d reads per second of %d hot pages; \"everything\": purge all behind each write"
          % (report["reads_per_s"], report["pages"]))
    rate = lambda side: "%.1f %% (%.1f-%.1f)" % tuple(100 * side[k] for k in ("hit_rate", "min", "max"))
    show_table(["writes/s", "precise tags", "done/s", "everything", "done/s"],
               [["%d" % r["asked_writes_per_s"], rate(r["precise"]), "%.0f" % r["precise"]["writes_per_s"],
                 rate(r["everything"]), "%.0f" % r["everything"]["writes_per_s"]] for r in report["writes"]])
