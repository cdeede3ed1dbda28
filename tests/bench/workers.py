# SPDX-License-Identifier: MIT
"""Two workers: what a hit costs when two processes share the region, against one.

On a machine with two processors the client takes its part of both, so nothing
has a processor of its own here, with one worker as little as with two; what
nginx pays for a second worker under the same conditions stands beside it."""
import contextlib

from common import Client, Skip, cpu_of, median, note, ratio_of, show_ratio, show_table, verdict
import hits
import servers
import thimble

CONNECTIONS = 64
RISE = 1.10
UNEVEN = 0.8        # of the connections with one worker: the round says nothing about two
TRIES = 5


class Free:
    """The ground without a processor for anybody."""

    def __init__(self, ground):
        self.options, self.cluster, self.directory = ground.options, ground.cluster, ground.directory
        self.server_cpus = self.client_cpus = None


def round_of(client, seconds, target, request):
    workers = thimble.children_of(target.pid)
    before = [cpu_of([pid]) for pid in workers]
    master = cpu_of([target.pid])
    count, rate = client.run(target.port, request, seconds, CONNECTIONS)
    each = [cpu_of([pid]) - b for pid, b in zip(workers, before)]
    return {"us": (sum(each) + cpu_of([target.pid]) - master) / count * 1e6, "requests_per_s": rate,
            "busier": max(each) / sum(each)}


def measure(ground, client, answer, pair):
    targets = [s.target(answer) for s in pair]
    requests = [target.request(answer, False) for target in targets]
    rounds = ([], [])
    for n in range(ground.options.rounds):
        for i in (0, 1) if n % 2 == 0 else (1, 0):
            for _ in range(TRIES):
                one = round_of(client, ground.options.seconds, targets[i], requests[i])
                if i == 0 or one["busier"] < UNEVEN:
                    break
            rounds[i].append(one)
    return {"us": [median([r["us"] for r in side]) for side in rounds],
            "requests_per_s": [median([r["requests_per_s"] for r in side]) for side in rounds],
            "busier": median([r["busier"] for r in rounds[1]]),
            "rise": ratio_of([r["us"] for r in rounds[1]], [r["us"] for r in rounds[0]])}


def run(ground):
    ground = Free(ground)
    client, report = Client(ground.directory, None), {"answers": [], "limit": RISE}
    with contextlib.ExitStack() as stack:
        ours = [stack.enter_context(servers.Thimble(ground, workers=n)) for n in (1, 2)]
        answers = hits.answers_of(ours[0].server.port)[1:3]
        pairs = [("thimble", ours)]
        try:
            pairs.append(("nginx, file", [stack.enter_context(servers.NginxFiles(ground, answers, n)) for n in (1, 2)]))
        except Skip as skip:
            note("workers: %s" % skip)
        for answer in answers:
            for title, pair in pairs:
                note("workers: %s, %s" % (answer.title, title))
                row = dict({"answer": answer.title, "server": title}, **measure(ground, client, answer, pair))
                row["verdict"] = "-" if title != "thimble" else "one-sided" if row["busier"] >= UNEVEN else \
                    verdict(row["rise"]["ratio"], RISE)
                report["answers"].append(row)
    return report


def show(report):
    print("Two workers: CPU per request in us (\"busier\": the share of the busier of two)")
    show_table(["answer", "server", "1 worker", "2 workers", "req/s", "req/s", "busier", "2 to 1", "at most", "verdict"],
               [[r["answer"], r["server"], *("%.2f" % us for us in r["us"]), *("%.0f" % n for n in r["requests_per_s"]),
                 "%.0f %%" % (r["busier"] * 100), show_ratio(r["rise"]), "%.2f" % report["limit"], r["verdict"]]
                for r in report["answers"]])
