# SPDX-License-Identifier: MIT
"""Misses: answers made from PostgreSQL, against bare_libpq, which runs the very
statements of the answer (taken from the database's log) and drops the results:
once in the same round trips, each one pipeline, and once a statement at a time,
as libpq is mostly used.  As many clients of both; what counts is CPU per answer,
server and database together."""
import os
import re
import resource
import subprocess
import time

from common import compile_program, cpu_of, cpu_of_cluster, median, note, ratio_of, show_ratio, show_table, wrk
import recorded
import thimble

ANSWERS = [
    ("patch detail", "/api/1.2/patches/100/"),
    ("patches, page of 30", "/api/1.2/patches/"),
    ("patches, page of 250", "/api/1.2/patches/?per_page=250"),
    ("events, page of 30", "/api/1.2/events/"),
    ("series, page of 30", "/api/1.2/series/"),
    ("patches, last page of 30", "/api/1.2/patches/?page=last"),
]


class Misses:
    def __init__(self, options, cluster, server, directory):
        self.options, self.cluster, self.server, self.directory = options, cluster, server, directory
        self.bare = compile_program(directory, "bare_libpq", "libpq")

    def statements(self, path):
        """Writes the statements of an answer to files, for pipelines and singly; their number, and that of the round trips."""
        talkative = thimble.Server(dict(self.server.settings, log={"level": "debug"})).start().wait_ready()
        try:
            talkative.get(path)
            self.cluster.sql("bench", "ALTER SYSTEM SET log_statement = 'all'")
            self.cluster.sql("bench", "SELECT pg_reload_conf()")
            time.sleep(0.5)
            start, own_start = os.path.getsize(self.cluster.log_path), len(talkative.log())
            talkative.get(path)
            time.sleep(0.5)
            self.cluster.sql("bench", "ALTER SYSTEM RESET log_statement")
            self.cluster.sql("bench", "SELECT pg_reload_conf()")
            found = recorded.from_log(self.cluster.log_path, start)
            trips = [int(n) for n in re.findall(r"database: (\d+) statements in a round trip", talkative.log()[own_start:])]
        finally:
            talkative.stop()
        return (self.write("pipelines", found, recorded.trips_of(found, trips)), self.write("singly", found, range(len(found))),
                len(found), len(trips))

    def write(self, name, statements, trips):
        return recorded.write(os.path.join(self.directory, name), statements, trips)

    def round_thimble(self, path):
        workers = self.server.workers()
        before, database = cpu_of(workers), cpu_of_cluster(self.cluster)
        done = wrk(self.server.url + path, self.options.seconds, self.options.clients)
        requests = int(re.search(r"(\d+) requests in", done).group(1))
        return (cpu_of(workers) - before) / requests, (cpu_of_cluster(self.cluster) - database) / requests, requests / self.options.seconds

    def round_bare(self, name):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        database = cpu_of_cluster(self.cluster)
        done = subprocess.run([self.bare, "host=%s port=%d user=postgres dbname=bench" % (self.cluster.directory, self.cluster.port),
                               name, str(self.options.clients), str(self.options.seconds)], check=True, capture_output=True, text=True)
        time.sleep(0.1)     # its backends are buried
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        rounds = int(done.stdout)
        own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return own / rounds, (cpu_of_cluster(self.cluster) - database) / rounds, rounds / self.options.seconds

    def measure(self, title, path):
        pipelines, singly, count, trips = self.statements(path)
        ours, bares, plain = [], [], []
        for _ in range(self.options.rounds):
            ours.append(self.round_thimble(path))
            bares.append(self.round_bare(pipelines))
            plain.append(self.round_bare(singly))
        totals = [[server + database for server, database, _ in rows] for rows in (ours, bares, plain)]
        middle = lambda rows, n: median([r[n] for r in rows])
        return {"answer": title, "statements": count, "round_trips": trips,
                "server_us": middle(ours, 0) * 1e6, "database_us": middle(ours, 1) * 1e6, "requests_per_s": middle(ours, 2),
                "bare_us": middle(bares, 0) * 1e6, "bare_database_us": middle(bares, 1) * 1e6, "bare_per_s": middle(bares, 2),
                "ratio": ratio_of(*totals[:2]), "ratio_singly": ratio_of(totals[0], totals[2])}


def run(ground):
    server = thimble.Server({"server": {"workers": "1", "threads": "4"},
                             "store": {"url": ground.cluster.socket_url("bench")}}).start().wait_ready()
    try:
        misses, rows = Misses(ground.options, ground.cluster, server, ground.directory), []
        for title, path in ANSWERS:
            note("misses: " + title)
            rows.append(misses.measure(title, path))
        return {"answers": rows}
    finally:
        server.stop()


def show(report):
    print("Misses: CPU per answer in us, against the same statements over libpq, pipelined and singly")
    show_table(["answer", "stmts", "trips", "server", "database", "us", "req/s", "bare", "us", "req/s", "ratio (min-max)", "to singly"],
               [[r["answer"], "%d" % r["statements"], "%d" % r["round_trips"], "%.0f" % r["server_us"],
                 "%.0f" % r["database_us"], "%.0f" % (r["server_us"] + r["database_us"]), "%.0f" % r["requests_per_s"],
                 "%.0f" % r["bare_us"], "%.0f" % (r["bare_us"] + r["bare_database_us"]), "%.0f" % r["bare_per_s"],
                 show_ratio(r["ratio"]), show_ratio(r["ratio_singly"])] for r in report["answers"]])
