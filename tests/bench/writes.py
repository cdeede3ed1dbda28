# SPDX-License-Identifier: MIT
"""Writes: checks created and patches' states changed per second, on PostgreSQL
with all that makes a commit durable (a cluster of its own) and on SQLite, against
bare_writes, which runs the very statements of such a write (taken from the
database's log, and from a trace of SQLite): in the same round trips, each one
pipeline, and on PostgreSQL also a statement at a time, as libpq is mostly used.
As many sessions as thimble has clients, on the same tables with the same triggers.

thimble also parses, validates, checks rights and answers with the object, and its bus
reads the outbox meanwhile; of both the CPU time per write is told, that of the
database with it.  No project sends notifications."""
import collections
import gzip
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time

from common import HOST, Skip, compile_program, cpu_of, cpu_of_cluster, family, median, note, ratio_of, show_ratio, show_table, wrk
import data
from data import CHECK, CHECK_BODY, FIRST_STATE, SECOND_STATE, STATES, TOKEN, attach
import postgres
import recorded
import thimble

LEAST = 0.6
CLIENTS = (1, 8)
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "off",
           "shared_buffers": "256MB", "log_line_prefix": "%a:%p|", "checkpoint_timeout": "1h", "max_wal_size": "8GB"}

# the n-th write, from `first` on; as bare_writes does it
LUA = """
local patches, states, n, threads = {%(patches)s}, {"%(states)s"}, %(first)d, {}
local headers = {["Host"] = "%(host)s", ["Authorization"] = "Token %(token)s", ["Content-Type"] = "application/json"}
function setup(thread) table.insert(threads, thread) end
function init() count = 0 end
function request()
  local id, state = patches[n %% #patches + 1], states[(math.floor(n / #patches) + 1) %% 2 + 1]
  n, count = n + 1, count + 1
  %(request)s
end
function done() for _, t in ipairs(threads) do print("asked " .. t:get("count")) end end
"""
REQUESTS = {
    "check": """return wrk.format("POST", "/api/1.2/patches/" .. id .. "/checks/", headers, '%s')""" % json.dumps(CHECK_BODY),
    "patch": """return wrk.format("PATCH", "/api/1.2/patches/" .. id .. "/", headers, '{"state": "' .. state .. '"}')""",
}
TITLES = {"check": "a check created", "patch": "a patch's state"}


def in_memory(directory):
    """Whether a directory is on no disk."""
    with open("/proc/self/mountinfo") as f:
        mounts = [(fields[4], fields[fields.index("-") + 1]) for fields in map(str.split, f)]
    path = os.path.realpath(directory)
    over = [m for m in mounts if path == m[0] or path.startswith(m[0].rstrip("/") + "/")]
    return max(over, key=lambda m: len(m[0]))[1] in ("tmpfs", "ramfs")


class Postgresql:
    title = "PostgreSQL"

    def __init__(self, options):
        self.cluster, self.options = postgres.Cluster(DURABLE), options

    def __enter__(self):
        self.cluster.__enter__()
        try:
            data.fill(self.cluster, self.options)
            self.cluster.sql("bench", data.writable_sql())
            self.cluster.sql("bench", "SELECT setval(pg_get_serial_sequence('patchwork_check', 'id'), %d)" % CHECK)
            self.url = self.cluster.socket_url("bench")
            attach({"store": {"url": self.url}})
        except BaseException:
            self.cluster.stop()
            raise
        return self

    def __exit__(self, *_):
        self.cluster.stop()

    def patches(self):
        return self.cluster.sql("bench", "SELECT id FROM patchwork_patch ORDER BY id").split()

    def bare(self):
        """As bare_writes has it; the settings are thimble's."""
        return ("host=%s port=%d user=postgres dbname=bench application_name=bare "
                "options='-c timezone=UTC -c jit=off -c thimble.writer=on'" % (self.cluster.directory, self.cluster.port))

    def cpu(self):
        return cpu_of_cluster(self.cluster)

    def talkative(self):
        """A server whose statements are recorded."""
        return thimble.Server({"store": {"url": self.url + "&options=-c%20log_statement%3Dall"}, "cache": {"size": "64M"},
                               "log": {"level": "debug"}, "server": {"workers": "1", "threads": "2"}})

    def recording(self):
        """Where the recording is now."""
        return os.path.getsize(self.cluster.log_path)

    def recorded(self, start):
        return recorded.from_log(self.cluster.log_path, start)

    def tidy(self):
        """Before each round: what autovacuum would have done."""
        self.cluster.sql("bench", "DELETE FROM thimble_outbox")
        self.cluster.run("vacuumdb", "-q", "-z", "bench")


class Sqlite:
    title = "SQLite"

    def __init__(self, ground):
        self.directory = tempfile.mkdtemp(prefix="thimble-bench.")
        self.path, self.trace = os.path.join(self.directory, "bench.db"), os.path.join(self.directory, "trace")
        self.tracer = compile_program(ground.directory, "bare_trace", "sqlite3", flags=["-shared", "-fPIC"])
        self.url = "sqlite:" + self.path

    def __enter__(self):
        golden = os.path.join(thimble.TOP, os.pardir, "shared", "golden", "db.sqlite.gz")
        if os.path.exists(golden):
            with gzip.open(golden, "rb") as source, open(self.path, "wb") as target:
                shutil.copyfileobj(source, target)
        else:
            server = thimble.Server({"store": {"url": self.url}})
            server.init("--demo")
            server.stop()
        with sqlite3.connect(self.path) as connection:
            connection.executescript("PRAGMA journal_mode = WAL;" + data.writable_sql())     # as `init` makes it
        attach({"store": {"url": self.url}})
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def patches(self):
        connection = sqlite3.connect(self.path)
        try:
            return [str(row[0]) for row in connection.execute("SELECT id FROM patchwork_patch ORDER BY id")]
        finally:
            connection.close()

    def bare(self):
        return self.url

    def cpu(self):
        return 0

    def talkative(self):
        return thimble.Server({"store": {"url": self.url}, "cache": {"size": "64M"}, "log": {"level": "debug"},
                               "server": {"workers": "1", "threads": "2"}},
                              environment={"LD_PRELOAD": self.tracer, "BENCH_TRACE": self.trace})

    def recording(self):
        return os.path.getsize(self.trace)

    def recorded(self, start):
        return recorded.from_trace(self.trace, start)

    def tidy(self):
        connection = sqlite3.connect(self.path, timeout=thimble.DEADLINE)
        try:
            connection.execute("DELETE FROM thimble_outbox")
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


# --- the statements

def vary(statements, patch, check):
    """Puts names for what is another value with each write."""
    names = {patch: "patch", str(SECOND_STATE): "to", str(FIRST_STATE): "from", str(check): "row"}
    for s in statements:
        s.values = [None if v is None else recorded.Name(names[str(v)]) if str(v) in names else
                    recorded.Name("now") if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d", str(v)) else v for v in s.values]
    return statements


def record(database, kind, patch):
    """The statements of a write, and the round trips they are sent in."""
    server = database.talkative()
    try:
        server.start().wait_ready()
        for state in (STATES[1], STATES[0]):    # what is done once only, is done
            data.write(server, kind, patch, state)
        start, own_start = database.recording(), len(server.log())
        check = json.loads(data.write(server, kind, patch, STATES[1]).body)["id"]
        statements, log = database.recorded(start), server.log()[own_start:]
        data.write(server, kind, patch, STATES[0])     # as it was
    finally:
        server.stop()
    counts = [int(n) for n in re.findall(r"worker 0\S* debug: database: (\d+) statements in a round trip", log)]
    statements = recorded.request_of(statements, "FROM authtoken_token")
    trips = recorded.trips_of(statements, counts)
    found = collections.Counter(v for s in vary(statements, patch, check if kind == "check" else None)
                                for v in s.values if isinstance(v, recorded.Name))
    if not found["patch"] or not found["row" if kind == "check" else "to"]:
        raise AssertionError("the statements do not have what changes: %s" % found)
    return statements, trips


# --- the rounds

class Writes:
    def __init__(self, ground, database):
        self.database, self.options, self.directory = database, ground.options, ground.directory
        self.bare = compile_program(ground.directory, "bare_writes", "libpq", "sqlite3")
        self.patches = database.patches()
        self.patch_file = os.path.join(self.directory, "patches")
        with open(self.patch_file, "w") as f:
            f.write("".join("%s\n" % patch for patch in self.patches))
        self.next = {"check": 0, "patch": 0}

    def load(self, server, kind, clients, seconds):
        """wrk's: the writes, and how many a second."""
        script = os.path.join(self.directory, "writes.lua")
        with open(script, "w") as f:
            f.write(LUA % {"patches": ",".join(self.patches), "states": '","'.join(STATES), "first": self.next[kind],
                           "host": HOST, "token": TOKEN, "request": REQUESTS[kind]})
        said = wrk(server.url, seconds, clients, script=script)
        self.next[kind] += int(re.search(r"asked (\d+)", said).group(1))
        return int(re.search(r"(\d+) requests in", said).group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))

    def round_thimble(self, kind, clients):
        """CPU per write of the server and of the database, and writes per second."""
        self.database.tidy()
        server = thimble.Server({"server": {"workers": "1", "threads": str(max(CLIENTS))}, "cache": {"size": "64M"},
                                 "store": {"url": self.database.url}})
        try:
            server.start().wait_ready()
            self.load(server, kind, clients, 1)
            before, cpu = cpu_of(family(server.pid)), self.database.cpu()
            count, rate = self.load(server, kind, clients, self.options.seconds)
            return (cpu_of(family(server.pid)) - before) / count, (self.database.cpu() - cpu) / count, rate
        finally:
            server.stop()

    def round_bare(self, kind, clients, script):
        self.database.tidy()
        before, cpu = resource.getrusage(resource.RUSAGE_CHILDREN), self.database.cpu()
        done = subprocess.run([self.bare, self.database.bare(), script, self.patch_file, str(clients), str(self.options.seconds),
                               str(self.next[kind]), str(FIRST_STATE), str(SECOND_STATE)], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError("bare_writes: " + done.stderr)
        time.sleep(0.1)     # its backends are buried
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        count, self.next[kind] = map(int, done.stdout.split())
        own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return own / count, (self.database.cpu() - cpu) / count, count / self.options.seconds

    def scripts(self, kind):
        statements, trips = record(self.database, kind, self.patches[-1])
        name = os.path.join(self.directory, "%s-%s" % (self.database.title, kind))
        found = [("bare", recorded.write(name, statements, trips))]
        if self.database.title == "PostgreSQL":
            found.append(("singly", recorded.write(name + "-singly", statements, range(len(statements)))))
        return found, len(statements), len(set(trips))

    def measure(self, kind, clients, scripts):
        rounds = {"thimble": [], **{title: [] for title, _ in scripts}}
        sides = [("thimble", lambda: self.round_thimble(kind, clients)),
                 *((title, lambda path=path: self.round_bare(kind, clients, path)) for title, path in scripts)]
        for n in range(self.options.rounds):
            for title, one in sides if n % 2 == 0 else sides[::-1]:
                rounds[title].append(one())
        rate = lambda title: [r[2] for r in rounds[title]]
        row = {title: {"own_us": median([r[0] for r in each]) * 1e6, "database_us": median([r[1] for r in each]) * 1e6,
                       "writes_per_s": median([r[2] for r in each])} for title, each in rounds.items()}
        row["ratio"] = ratio_of(rate("thimble"), rate("bare"))
        row["ratio_singly"] = ratio_of(rate("thimble"), rate("singly")) if "singly" in rounds else None
        row["verdict"] = "ok" if row["ratio"]["ratio"] >= LEAST else "under"
        return row


def run(ground):
    if in_memory(tempfile.gettempdir()):
        raise Skip("%s is in memory, where nothing is durable; set TMPDIR" % tempfile.gettempdir())
    rows = []
    for make in (lambda: Postgresql(ground.options), lambda: Sqlite(ground)):
        with make() as database:
            writes = Writes(ground, database)
            for kind in ("patch", "check"):     # checks are a part of what a patch shows: they come second
                scripts, statements, trips = writes.scripts(kind)
                for clients in CLIENTS:
                    note("writes: %s, %s, %d at a time" % (database.title, TITLES[kind], clients))
                    rows.append(dict({"database": database.title, "write": TITLES[kind], "clients": clients,
                                      "statements": statements, "round_trips": trips}, **writes.measure(kind, clients, scripts)))
    return {"writes": rows, "limit": LEAST}


def show(report):
    print("Writes per second, and CPU per write in us (own, database), against the same statements, pipelined and singly")
    side = lambda s: ["%.0f" % s["writes_per_s"], "%.0f" % s["own_us"], "%.0f" % s["database_us"]]
    show_table(["database", "write", "clients", "stmts", "trips", "thimble/s", "us", "db us", "bare/s", "us", "db us",
                "ratio (min-max)", "to singly", "at least", "verdict"],
               [[r["database"], r["write"], "%d" % r["clients"], "%d" % r["statements"],
                 "%d" % r["round_trips"] if r["ratio_singly"] else "-", *side(r["thimble"]), *side(r["bare"]),
                 show_ratio(r["ratio"]), show_ratio(r["ratio_singly"]), "%.1f" % report["limit"], r["verdict"]]
                for r in report["writes"]])
