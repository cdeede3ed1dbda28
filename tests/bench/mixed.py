# SPDX-License-Identifier: MIT
"""Mixed load: nine of ten requests are for a hot set, the tenth is a crawler's,
who walks every page of every list and comes to none twice; one in a hundred is
for the hot set too, but by a client that takes its answer a little at a time.
The region is a tenth of what the crawler reads.  What counts is the part of the
requests for the hot set that the region answered: as the crawler's are all
misses, all hits are of the others."""
import random
import re
import socket

from common import ask, note, request_for, show_table
import servers
import thimble

HIT_RATE = 0.95
EVICTIONS = 'thimble_cache_evictions_total{reason="space"}'
MEGABYTE = 1 << 20
CRAWLED = 48 * MEGABYTE         # at least; the smallest region has 4 MB
HOT_DETAILS = 100
SIP = 16384
SLOW_SIZE = 100                 # patches on the page that slow clients ask for


class Slow:
    """A client that takes a little of its answer at each step."""

    def __init__(self, port, request):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(thimble.DEADLINE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(request)
        self.left = None

    def step(self):
        """False: it has all."""
        data = self.socket.recv(SIP)
        if self.left is None:
            head, _, body = data.partition(b"\r\n\r\n")
            self.left = int(re.search(rb"(?i)\r\nContent-Length: (\d+)", head).group(1)) + len(head) + 4
        self.left -= len(data)
        if self.left > 0 and data:
            return True
        self.socket.close()
        if self.left != 0:
            raise AssertionError("a slow client's answer lacks %d bytes" % self.left)
        return False


def crawl(ask_for):
    """Walks page after page of lists in other orders and sizes, and gives each answer's length."""
    for size in (30, 50, 100, 17, 40, 60, 25, 80, 20, 45):
        for kind, order in (("patches", "id"), ("series", "id"), ("events", "date"), ("covers", "id"), ("patches", "-name")):
            page, last = 1, 1
            while page <= last:
                head, body = ask_for("/api/1.2/%s/?order=%s&per_page=%d&page=%d" % (kind, order, size, page))
                found = re.search(rb'[?&]page=(\d+)[^>]*>; rel="last"', head)
                last = int(found.group(1)) if found else page
                page += 1
                yield len(head) + len(body)


def crawl_enough(ask_for):
    """Ends when the crawler has read enough; returns how many bytes and requests that was."""
    total = count = 0
    for n in crawl(ask_for):
        total, count = total + n, count + 1
        if total >= CRAWLED:
            break
    return total, count


def hot_set(port):
    body = ask(port, request_for("/api/1.2/patches/?per_page=%d" % HOT_DETAILS))[1].decode()
    ids = dict.fromkeys(re.findall(r'"id":(\d+),"url":"[^"]*/patches/\1/"', body))
    return ["/api/1.2/patches/", "/api/1.2/projects/", *("/api/1.2/patches/%s/" % n for n in ids)]


class Load:
    def __init__(self, port):
        self.port, self.hot, self.slow, self.asked, self.slow_asked = port, hot_set(port), [], 0, 0
        self.slow_path = "/api/1.2/patches/?per_page=%d" % SLOW_SIZE
        self.dice = random.Random(3)
        for path in [*self.hot, self.slow_path] * 2:
            ask(port, request_for(path))

    def hot_step(self):
        self.asked += 1
        if self.asked % 90 == 0:
            self.slow_asked += 1
            self.slow.append(Slow(self.port, request_for(self.slow_path)))
        else:
            ask(self.port, request_for(self.dice.choice(self.hot)))
        self.slow = [s for s in self.slow if s.step()]

    def crawler_asks(self, path):
        """The crawler's request, and the nine others."""
        for _ in range(9):
            self.hot_step()
        return ask(self.port, request_for(path))

    def finish(self):
        while self.slow:
            self.slow = [s for s in self.slow if s.step()]


def measure(ground, size):
    with servers.Thimble(ground, size=str(size)) as ours:
        load = Load(ours.server.port)
        before = ours.lookups("hit"), ours.metric(EVICTIONS)
        total, count = crawl_enough(load.crawler_asks)
        load.finish()
        return {"hot_requests": load.asked, "slow": load.slow_asked, "crawled": count, "crawled_bytes": total, "region": size,
                "hit_rate": (ours.lookups("hit") - before[0]) / load.asked,
                "evictions": ours.metric(EVICTIONS) - before[1]}


def run(ground):
    with servers.Thimble(ground, size="0") as ours:
        note("mixed: how much there is to crawl")
        total, _ = crawl_enough(lambda path: ask(ours.server.port, request_for(path)))
    note("mixed: the load")
    report = measure(ground, max(total // 10, 4 * MEGABYTE))
    report["limit"] = HIT_RATE
    report["verdict"] = "ok" if report["hit_rate"] >= HIT_RATE else "under"
    return report


def show(report):
    print("Mixed load: the part of the requests for the hot set that were hits")
    show_table(["region KB", "crawled KB", "crawled", "hot", "slow", "evictions", "hit rate", "at least", "verdict"],
               [["%d" % (report["region"] // 1024), "%d" % (report["crawled_bytes"] // 1024), "%d" % report["crawled"],
                 "%d" % report["hot_requests"], "%d" % report["slow"], "%d" % report["evictions"],
                 "%.1f %%" % (report["hit_rate"] * 100), "%.0f %%" % (report["limit"] * 100), report["verdict"]]])
