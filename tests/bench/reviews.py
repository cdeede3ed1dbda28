# SPDX-License-Identifier: MIT
"""Reviews: a series of 100 commits with diffs of 20 KB each, posted and published over the Review
Board API as the stock client does it, one request after the other on a connection of its own,
commits per second on PostgreSQL (with all that makes a commit durable) and on SQLite.  What the client
sends is made before; the time is that of the requests, CPU that of thimble alone.

Then the list of these commits as it is read, from the cache, against nginx with the same bytes in a
file in memory: all in one page, and in pages of 25."""
import contextlib
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from common import Client, Skip, cpu_of, family, median, note, ratio_of, show_ratio, show_table, verdict
from data import TOKEN, wait_lease
import hits
import review
import servers
import thimble
import writes

COMMITS, SIZE = 100, 20000
MOST = 1.0              # CPU per warm answer, thimble's to nginx's
PAGES = {"list, page of 200": "?max-results=200", "list, page of 25": "?max-results=25"}


class Thimble(servers.Thimble):
    def __init__(self, ground, url):
        super().__init__(ground)
        self.server.configure({"store": {"url": url}, "server": {"threads": "4"}})


def prepare(database_sql):
    """The project's repository; its id is 1."""
    database_sql("INSERT INTO thimble_rb_repository (id, name, path, mirror_path, project_id, is_public, visible, with_history, extra_data)"
                 " SELECT 1, 'bench', 'https://git.example.org/bench.git', '', min(id), true, true, true, '' FROM patchwork_project")


def sql_of(database):
    if database.title == "PostgreSQL":
        return lambda text: database.cluster.sql("bench", text)

    def run(text):
        with contextlib.closing(writes.sqlite3.connect(database.path, timeout=thimble.DEADLINE)) as connection:
            connection.executescript(text)
    return run


class Posts:
    """All that a client sends of the series, ready."""

    def __init__(self):
        self.commits = review.synthetic(COMMITS, SIZE)
        self.diff = review.cumulative(self.commits)
        self.boundary = "===============1234567890=="
        self.bodies = [review.multipart(commit.fields(review.validation_info(self.commits[:i]) if i else None), {"diff": commit.diff},
                                        self.boundary) for i, commit in enumerate(self.commits)]

    def post(self, client, path, body):
        headers = {"Content-Type": "multipart/form-data; boundary=" + self.boundary}
        review.want(client.request("POST", path, body=body, headers=headers), 201)


def one_round(server, posts):
    """Seconds of posting, of finalising and of publishing, and CPU; the id of what was made."""
    client = review.Client(server, "bench", authorization="token " + TOKEN)
    request = review.new_request(client)["id"]
    path = review.draft_commits(request, review.new_diff(client, request, posts.commits[0].parent)["revision"])
    cpu, times = cpu_of(family(server.pid)), [time.monotonic()]
    for body in posts.bodies:
        posts.post(client, path, body)
    times.append(time.monotonic())
    review.finalize(client, request, 1, posts.commits, posts.diff)
    times.append(time.monotonic())
    review.publish(client, request, summary="A series", description="It is long.", target_people="bench")
    times.append(time.monotonic())
    spent = [b - a for a, b in zip(times, times[1:])]
    return {"post": spent[0], "finalize": spent[1], "publish": spent[2], "whole": times[-1] - times[0],
            "cpu": cpu_of(family(server.pid)) - cpu, "request": request}


def measure_writes(ground, database, posts):
    rounds = []
    with Thimble(ground, database.url) as ours:
        for n in range(ground.options.rounds + 1):
            note("reviews: %s, round %d" % (database.title, n))
            rounds.append(one_round(ours.server, posts))
    first, rounds = rounds[0], rounds[1:]       # the first one warms up
    rate = lambda key: [COMMITS / r[key] for r in rounds]
    return {"database": database.title, "posted_per_s": median(rate("post")), "commits_per_s": median(rate("whole")),
            "least": min(rate("whole")), "most": max(rate("whole")), "finalize_ms": median([r["finalize"] for r in rounds]) * 1e3,
            "publish_ms": median([r["publish"] for r in rounds]) * 1e3, "cpu_us": median([r["cpu"] for r in rounds]) / COMMITS * 1e6,
            "request": first["request"]}


def measure_reads(ground, database, request):
    rows = []
    client = Client(ground.directory, ground.client_cpus, ground.options.spin)
    with Thimble(ground, database.url) as ours:
        wait_lease(ours.server)
        answers = [servers.Answer("list%d" % n, title, "/reviews/api/review-requests/%d/diffs/1/commits/%s" % (request, query), False)
                   for n, (title, query) in enumerate(PAGES.items())]
        for answer in answers:
            answer.fetch(ours.server.port)
        with servers.NginxFiles(ground, answers) as nginx:
            for answer in answers:
                note("reviews: " + answer.title)
                figures = hits.measure(ground, client, hits.Row(answer.title, answer), [ours, nginx])
                us = {title: [f[0] for f in each] for title, each in figures.items()}
                ratio = ratio_of(us[ours.title], us[nginx.title])
                rows.append({"answer": answer.title, "bytes": len(answer.body), "us": median(us[ours.title]),
                             "nginx_us": median(us[nginx.title]), "ratio": ratio,
                             "verdict": verdict(ratio["ratio"], MOST)})
    return rows


def run(ground):
    if writes.in_memory(tempfile.gettempdir()):
        raise Skip("%s is in memory, where nothing is durable; set TMPDIR" % tempfile.gettempdir())
    posts, report = Posts(), {"writes": [], "reads": [], "notes": [], "limit": MOST}
    for make in (lambda: writes.Postgresql(ground.options), lambda: writes.Sqlite(ground)):
        with make() as database:
            prepare(sql_of(database))
            report["writes"].append(measure_writes(ground, database, posts))
            try:
                if database.title == "PostgreSQL":
                    report["reads"] = measure_reads(ground, database, report["writes"][-1]["request"])
            except Skip as skip:
                report["notes"].append(str(skip))
    return report


def show(report):
    print("Reviews: %d commits of %d KB posted and published, one after the other" % (COMMITS, SIZE // 1000))
    show_table(["database", "posted/s", "commits/s", "(min-max)", "finalize ms", "publish ms", "us a commit"],
               [[r["database"], "%.0f" % r["posted_per_s"], "%.0f" % r["commits_per_s"], "%.0f-%.0f" % (r["least"], r["most"]),
                 "%.0f" % r["finalize_ms"], "%.0f" % r["publish_ms"], "%.0f" % r["cpu_us"]] for r in report["writes"]])
    print("\nReviews: the list of commits, CPU per hit in us, one worker")
    show_table(["answer", "bytes", "thimble", "nginx, file", "ratio (min-max)", "at most", "verdict"],
               [[r["answer"], "%d" % r["bytes"], "%.1f" % r["us"], "%.1f" % r["nginx_us"], show_ratio(r["ratio"]),
                 "%.2f" % report["limit"], r["verdict"]] for r in report["reads"]])
    for text in report["notes"]:
        print(text)
