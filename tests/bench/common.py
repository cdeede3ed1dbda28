# SPDX-License-Identifier: MIT
"""What the subjects of tests/bench/run share: CPU time and memory of processes,
who runs on which processor, the clients, and how a table is printed."""
import contextlib
import glob
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "lib"))
import thimble

HOST = "bench.example.org"      # the answers name it, so they are the same through every server


class Skip(Exception):
    """A subject, or a row of one, that cannot be measured here; the text says why."""


# --- processes

def cpu_of(pids):
    """CPU time of living processes in seconds, all threads; counted in nanoseconds."""
    total = 0
    for pid in pids:
        for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
            try:
                with open(path) as f:
                    total += int(f.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
    return total / 1e9


def cpu_of_buried(pid):
    """CPU time of a process's children that have ended."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def cpu_of_cluster(cluster):
    """CPU time of a postgres.Cluster."""
    master = cluster.process.pid
    return cpu_of([master] + thimble.children_of(master)) + cpu_of_buried(master)


def family(pid):
    """A process and all that descend from it."""
    found = [pid]
    for child in thimble.children_of(pid):
        found += family(child)
    return found


def memory_of(pids):
    """Proportional set size of processes in bytes."""
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            total += int(re.search(r"^Pss:\s+(\d+) kB", f.read(), re.M).group(1)) * 1024
    return total


@contextlib.contextmanager
def processors(wanted):
    """What is started meanwhile runs on these processors; None: wherever it likes."""
    before = os.sched_getaffinity(0)
    if wanted:
        os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def split_processors():
    """One processor for the server, the others for the client; with only one there is nothing to split."""
    have = sorted(os.sched_getaffinity(0))
    return ({have[0]}, set(have[1:])) if len(have) > 1 else (None, None)


def compile_program(directory, name, *libraries, flags=()):
    flags = list(flags)
    if libraries:
        flags += subprocess.run(["pkg-config", "--cflags", "--libs", *libraries], check=True, capture_output=True,
                               text=True).stdout.split()
    with open(os.path.join(directory, "config.h"), "w"):
        pass
    program = os.path.join(directory, name)
    subprocess.run(["cc", "-std=gnu11", "-O2", "-D_GNU_SOURCE", "-I", directory, "-o", program,
                    os.path.join(HERE, name + ".c"), *flags], check=True)
    return program


def need(*programs):
    for program in programs:
        if shutil.which(program) is None and not os.path.exists("/usr/sbin/" + program):
            raise Skip("%s is not installed" % program)


# --- requests

def request_for(path, headers=()):
    lines = ["GET %s HTTP/1.1" % path, "Host: " + HOST, "User-Agent: bench", "Accept: */*", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_answer(s):
    """One whole answer from a socket: its head and its body, as they came."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            raise AssertionError("the server closed the connection after %r" % data)
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = header_of(head, "Content-Length")
    left = 0 if length is None or status_of(head) == 304 else int(length)
    while len(body) < left:
        body += s.recv(65536)
    return head + b"\r\n\r\n", body


def ask(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=thimble.DEADLINE) as s:
        s.sendall(request)
        return read_answer(s)


def status_of(head):
    return int(head.split(b" ", 2)[1])


def header_of(head, name):
    found = re.search(rb"^" + name.encode() + rb": *(.*?)\r?$", head, re.M | re.I)
    return found.group(1).decode() if found else None


# --- clients

class Client:
    """bare_load, for what is counted per request; `spin`: it never sleeps, and so need not be woken."""

    def __init__(self, directory, cpus, spin=False):
        self.program, self.directory, self.cpus = compile_program(directory, "bare_load"), directory, cpus
        self.mode = ["spin"] if spin and cpus else []

    def run(self, port, request, seconds, connections, depth=1, status=200):
        """Returns the number of answers and that of answers per second."""
        name = os.path.join(self.directory, "request")
        with open(name, "wb") as f:
            f.write(request)
        with processors(self.cpus):
            done = subprocess.run([self.program, str(port), str(connections), str(int(seconds * 1000)), str(depth),
                                   name, str(status), *self.mode], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError("port %d: %s" % (port, done.stderr))
        answers, took = done.stdout.split()
        return int(answers), int(answers) / float(took)


def wrk(url, seconds, connections, cpus=None, latency=False, script=None):
    """What wrk prints; `script`: a file of Lua that makes the requests."""
    with processors(cpus):
        done = subprocess.run(["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "-H", "Host: " + HOST,
                               *(["--latency"] if latency else []), *(["-s", script] if script else []), url],
                              check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in done:
        raise SystemExit("%s: answers other than 200:\n%s" % (url, done))
    return done


# --- figures

def median(values):
    return statistics.median(values)


def ratio_of(ours, theirs):
    """The ratio of the medians, and the least and the greatest of the rounds'."""
    each = [a / b for a, b in zip(ours, theirs)]
    return {"ratio": median(ours) / median(theirs), "min": min(each), "max": max(each)}


def verdict(value, limit):
    return "ok" if value <= limit else "over"


def show_ratio(r):
    return "-" if r is None else "%.2f (%.2f-%.2f)" % (r["ratio"], r["min"], r["max"])


def show_table(titles, rows):
    """Cells are texts; the first column is left, the others right."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    for row in [titles, *rows]:
        cells = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def note(text):
    print(text, file=sys.stderr, flush=True)
