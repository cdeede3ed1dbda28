# SPDX-License-Identifier: MIT
"""Clients of a cluster: writers, each with objects of its own, foreign writers that know
nothing of thimble, and readers of all that; everything goes into a history.

What a value is says which write it came from: "c5001-17" is the seventeenth commit_ref of patch 5001.
"""
import gzip
import http.client
import json
import random
import select
import socket
import threading
import time

import cluster as clusters
import history as histories
import libpq
import thimble
from cluster import BALANCER, HOST, token

STATES = ("new", "accepted")
CHECK_STATES = ("success", "warning", "fail", "pending")
CHECKS_KEPT = 20
TIMEOUT = 60            # of a request: nothing takes that long
SETTLE = 0.5            # after a write of which nobody knows: by then it was done, or never will be
AWAY = (OSError, http.client.HTTPException)


def checks_of(patch):
    return "/api/patches/%d/checks/?per_page=250" % patch


class Client:
    """Keep-alive connections of one thread to all targets."""

    def __init__(self, load):
        self.load, self.connections = load, {}

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    def _connection(self, target):
        connection = self.connections.get(target)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.load.targets[target], timeout=TIMEOUT)
            self.connections[target] = connection
        # One that was closed while it was idle is no news.
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()
        if connection.sock is None:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, target, method, path, data=None, headers=None):
        """An answer with node, begin and end; None after a failure, which is noted."""
        body = None if data is None else json.dumps(data)
        headers = {"Host": HOST, **({"Content-Type": "application/json"} if body else {}), **(headers or {})}
        begin, what = time.monotonic(), "%s %s" % (method, path)
        try:
            connection = self._connection(target)
            connection.request(method, path, body=body, headers=headers)
            answer = thimble.Answer(connection.getresponse())
        except AWAY as e:
            self.connections.pop(target).close()
            self.load.history.failure(target, what, begin, time.monotonic(), text=repr(e))
            return None
        answer.begin, answer.end = begin, time.monotonic()
        answer.node = answer.headers.get("X-Served-By") if target == BALANCER else target
        if answer.status >= 500:
            # The balancer's own answers name no node: nobody was there, or died over it.
            own = answer.node is None
            self.load.history.failure(target if own else answer.node, what, begin, answer.end,
                                      None if own else answer.status, answer.headers.get("Retry-After"),
                                      "%d %r" % (answer.status, answer.body[:200]))
            return None
        return answer


class Thread(threading.Thread):
    """Does step() so many times a second; less often when it cannot."""

    def __init__(self, load, name, rate, seed):
        super().__init__(name=name, daemon=True)
        self.load, self.history, self.random, self.pause = load, load.history, random.Random(seed), 1 / rate
        self.client, self.failed, self.steps = Client(load), None, 0

    def run(self):
        due = time.monotonic() + self.random.random() * self.pause
        try:
            while not self.load.ending.wait(max(0, due - time.monotonic())):
                self.step()
                self.steps += 1
                due = max(due + self.pause, time.monotonic() - self.pause)
        except BaseException as e:
            self.failed = e
            raise
        finally:
            self.client.close()

    def target(self):
        return self.random.choice(self.load.target_names)


class Writer(Thread):
    user = clusters.MAINT

    def write(self, registers, method, path, data, status=(200,)):
        """`registers`: pairs with the new value.  The answer, or None if nobody knows; others are None with `refused`."""
        target = self.target()
        headers = {"Authorization": token(self.user)}
        writes = [register.begin(value) for register, value in registers]
        answer = self.client.ask(target, method, path, data, headers)
        if answer is None:
            self.settle(writes)
            return None
        if answer.status not in status:
            self.unexpected(answer, method, path)
            self.settle(writes)
            return None
        for write in writes:
            write.acknowledge(answer.node, answer.end)
        self.load.written += 1
        return answer

    def settle(self, writes):
        time.sleep(SETTLE)
        for write in writes:
            write.lose_sight()

    def unexpected(self, answer, method, path):
        self.history.accuse("unexpected", "%s %s" % (method, path), "on node %s: %d %r" % (
            answer.node, answer.status, answer.body[:200]))

    def look(self, answer, url):
        """What was written, on the node that wrote it and on another."""
        self.load.read(self.client, answer.node, url)
        self.load.read(self.client, self.target(), url)


class PatchWriter(Writer):
    def __init__(self, load, name, rate, seed, user, patches):
        super().__init__(load, name, rate, seed)
        self.user, self.patches = user, patches

    def step(self):
        patch = self.random.choice(self.patches)
        commit, state = self.load.commit_ref[patch], self.load.state[patch]
        number = len(commit.writes)
        registers = [(commit, "c%d-%d" % (patch, number)), (state, STATES[number % 2])]
        answer = self.write(registers, "PATCH", "/api/patches/%d/" % patch,
                            {"commit_ref": registers[0][1], "state": registers[1][1]})
        if answer is not None:
            self.look(answer, "/api/patches/%d/" % patch)


class CheckWriter(Writer):
    def __init__(self, load, name, rate, seed, user, patches):
        super().__init__(load, name, rate, seed)
        self.user, self.patches = user, patches

    def step(self):
        patch = self.random.choice(self.patches)
        check, combined = self.load.check[patch], self.load.combined[patch]
        number = len(check.writes)
        path = "/api/patches/%d/checks/" % patch
        state = CHECK_STATES[number % len(CHECK_STATES)]
        answer = self.write([(check, number), (combined, state)], "POST", path,
                            {"state": state, "context": "cluster", "description": str(number)}, (201,))
        if answer is not None:
            self.look(answer, self.random.choice((checks_of(patch), "/api/patches/%d/" % patch)))


class BundleWriter(Writer):
    """A bundle that is made, renamed some times, deleted, and made again as another one."""

    def __init__(self, load, name, rate, seed, user, slot):
        super().__init__(load, name, rate, seed)
        self.user, self.slot, self.exists = user, slot, load.bundle[slot]
        self.id, self.age = None, 0     # of the bundle, of which it is the so-manieth
        self.lost = False

    def step(self):
        if self.lost:
            self.find()
        elif self.id is None:
            self.create()
        elif self.random.random() < 0.1:
            self.delete()
        else:
            self.rename()
        self.load.bundle_id[self.slot] = self.id

    def create(self):
        self.age = len(self.exists.writes)
        name = self.name(0)
        self.load.bundle_name[self.slot, self.age] = self.history.register("bundle %d-%d name" % (self.slot, self.age), name)
        patches = self.random.sample(list(clusters.PATCHES), 4)
        answer = self.write([(self.exists, self.age)], "POST", "/api/bundles/",
                            {"name": name, "patches": patches, "public": True}, (201,))
        if answer is not None:
            self.id = json.loads(answer.body)["id"]
        self.end(answer)

    def rename(self):
        register = self.load.bundle_name[self.slot, self.age]
        name = self.name(len(register.writes))
        self.end(self.write([(register, name)], "PATCH", "/api/bundles/%s/" % self.id, {"name": name}))

    def delete(self):
        answer = self.write([(self.exists, None)], "DELETE", "/api/bundles/%s/" % self.id, None, (204,))
        if answer is not None:
            self.id = None
        self.end(answer)

    def end(self, answer):
        if answer is None:
            self.lost = True
        else:
            self.look(answer, self.load.bundle_list)

    def name(self, number):
        return "slot-%d-%d-%d" % (self.slot, self.age, number)

    def unexpected(self, answer, method, path):
        # after the database was put back it is another one, or gone
        if answer.status != 404 or not self.history.cuts:
            super().unexpected(answer, method, path)

    def find(self):
        """What there is, after it was not clear what was done."""
        try:
            with self.load.session() as session:
                rows = session.execute("SELECT id, name FROM patchwork_bundle WHERE name LIKE $1 ORDER BY id DESC",
                                       ("slot-%d-%%" % self.slot,))
        except libpq.Error:
            return
        self.id = rows[0][0] if rows else None
        if rows:
            self.age = int(rows[0][1].split("-")[2])
        self.lost = False


class UserWriter(Writer):
    """A user who changes the own name, which others' answers show."""

    def step(self):
        number = len(self.load.first_name.writes)
        path = "/api/users/%d/" % clusters.MAINT
        answer = self.write([(self.load.first_name, "f-%d" % number)], "PATCH", path, {"first_name": "f-%d" % number})
        if answer is not None:
            self.look(answer, self.random.choice(self.load.name_urls))


class ForeignWriter(Thread):
    """By SQL, as Django or an operator would; one statement a transaction, or several."""

    def __init__(self, load, name, rate, seed):
        super().__init__(load, name, rate, seed)
        self.session = None
        self.kinds = [(self.pull_url, 8), (self.person, 1), (self.project, 1), (self.series, 3), (self.active, 1),
                      (self.many, 1), (self.checks, 1)]

    def step(self):
        kinds, weights = zip(*self.kinds)
        self.random.choices(kinds, weights)[0]()

    def execute(self, registers, statements):
        """`registers`: pairs with the new value.  The rows of the last statement."""
        writes = []
        try:
            if self.session is None:
                self.session = self.load.cluster.session()
            writes = [register.begin(value) for register, value in registers]
            if len(statements) > 1:
                self.session.execute("BEGIN")
            for sql, values in statements:
                rows = self.session.execute(sql, values)
            if len(statements) > 1:
                self.session.execute("COMMIT")
            for write in writes:
                write.acknowledge(None)
            self.load.foreign += 1
            return rows
        except libpq.Error as e:
            if self.session is not None:
                self.session.close()
                self.session = None
            begin = time.monotonic()
            time.sleep(SETTLE)
            for write in writes:
                write.lose_sight()
            # as good as thimble's own 503, if the database was away
            away = not e.sqlstate or e.sqlstate.startswith("57")
            self.history.failure("psql", "SQL", begin - 1, begin, 503 if away else 500, "", str(e))
            return []

    def pull_url(self):
        patches = self.random.sample(list(clusters.PATCHES), self.random.choice((1, 1, 1, 3)))
        pairs = [(self.load.pull_url[p], "u%d-%d" % (p, len(self.load.pull_url[p].writes))) for p in sorted(patches)]
        self.execute(pairs, [("UPDATE patchwork_patch SET pull_url = $1 WHERE id = $2", (value, p))
                             for (_, value), p in zip(pairs, sorted(patches))])

    def person(self):
        value = "person-%d" % len(self.load.person.writes)
        self.execute([(self.load.person, value)],
                     [("UPDATE patchwork_person SET name = $1 WHERE id = $2", (value, clusters.PERSON))])

    def project(self):
        value = "project-%d" % len(self.load.project.writes)
        self.execute([(self.load.project, value)],
                     [("UPDATE patchwork_project SET name = $1 WHERE id = $2", (value, clusters.PROJECT))])

    def series(self):
        series = self.random.choice(clusters.SERIES)
        value = "series%d-%d" % (series, len(self.load.series[series].writes))
        self.execute([(self.load.series[series], value)],
                     [("UPDATE patchwork_series SET name = $1 WHERE id = $2", (value, series))])

    def active(self):
        value = not self.load.active.value
        self.execute([(self.load.active, value)],
                     [("UPDATE auth_user SET is_active = $1 WHERE id = $2", (value, clusters.OTHER))])

    def many(self):
        """More rows than are told one by one."""
        value = "m-%d" % len(self.load.many.writes)
        self.execute([(self.load.many, value)], [("UPDATE patchwork_patch SET pull_url = $1 WHERE project_id = $2",
                                                  (value, clusters.BULK_PROJECT))])

    def checks(self):
        """Old ones go, so that lists do not grow without end."""
        patch = self.random.choice(clusters.PATCHES)
        # once for both statements: others make new ones meanwhile
        old = self.execute([], [("SELECT id FROM patchwork_check WHERE patch_id = $1 ORDER BY id DESC OFFSET %d LIMIT 1"
                                 % CHECKS_KEPT, (patch,))])
        if old:
            values = patch, old[0][0]
            self.execute([], [("DELETE FROM patchwork_event WHERE created_check_id IN (SELECT id FROM patchwork_check "
                               "WHERE patch_id = $1 AND id <= $2)", values),
                              ("DELETE FROM patchwork_check WHERE patch_id = $1 AND id <= $2", values)])


class Reader(Thread):
    def step(self):
        load = self.load
        urls, weights = load.urls()
        self.load.read(self.client, self.target(), self.random.choices(urls, weights)[0],
                       user=self.random.choice((None, None, clusters.MAINT, clusters.MAINT2)),
                       coding=self.random.choice((None, None, "gzip")))


class Load:
    def __init__(self, cluster, history, seed=1):
        self.cluster, self.history, self.seed = cluster, history, seed
        self.targets = cluster.targets()
        self.target_names = [*clusters.NODES, *[BALANCER] * 2]
        self.ending = threading.Event()
        self.threads = []
        self.written = self.foreign = self.hits = 0
        self.asked = set()              # path, user, coding: what is compared at the end
        self.bundle_id = {}
        self.bundle_list = "/api/bundles/?project=cluster&per_page=250"
        # where a user's name is shown inside others
        self.name_urls = [self.bundle_list, *[checks_of(p) for p in clusters.PATCHES[::6]],
                          "/api/patches/?project=cluster&per_page=5&page=1&order=id"]
        self.make_registers()
        self.fixed_urls = self.make_urls()

    def make_registers(self):
        new = self.history.register
        self.commit_ref = {p: new("patch %d commit_ref" % p, None) for p in clusters.PATCHES}
        self.state = {p: new("patch %d state" % p, "new") for p in clusters.PATCHES}
        self.pull_url = {p: new("patch %d pull_url" % p, None) for p in clusters.PATCHES}
        self.check = {p: new("patch %d last check" % p, 0) for p in clusters.PATCHES}
        self.combined = {p: new("patch %d check" % p, "pending") for p in clusters.PATCHES}
        self.series = {s: new("series %d name" % s, "series%d-0" % s) for s in clusters.SERIES}
        self.person = new("person name", "person-0")
        self.project = new("project name", "project-0")
        self.first_name = new("user first_name", "Main")
        self.active = new("user is_active", True)
        self.many = new("bulk pull_url", None)
        # which of the bundles of a slot there is, and by slot and that: its name
        self.bundle = {slot: new("bundle slot %d" % slot, None) for slot in range(2)}
        self.bundle_name = {}
        self.bundle_id = {slot: None for slot in self.bundle}

    def make_urls(self):
        """Pairs with a weight; few enough that they are kept."""
        urls = []
        for p in clusters.PATCHES:
            urls += [("/api/patches/%d/" % p, 3), ("/api/1.1/patches/%d/" % p, 0.3), (checks_of(p), 1.5),
                     ("/api/events/?patch=%d&per_page=5" % p, 0.1)]
        for query in ("", "&state=accepted", "&state=new", "&order=-id", "&submitter=%d" % clusters.PERSON):
            urls.append(("/api/patches/?project=cluster&per_page=250" + query, 2))
        for page in range(1, 5):
            urls.append(("/api/patches/?project=cluster&per_page=5&page=%d&order=id" % page, 3))
            urls.append(("/api/patches/?project=bulk&per_page=25&page=%d&order=id" % page, 0.5))
        urls += [("/api/series/%d/" % s, 2) for s in clusters.SERIES]
        urls += [("/api/series/?project=cluster", 1), ("/api/projects/cluster/", 2), (self.bundle_list, 4),
                 ("/api/people/%d/" % clusters.PERSON, 1), ("/api/users/%d/" % clusters.MAINT, 1),
                 ("/api/users/%d/" % clusters.OTHER, 4)]
        return urls

    def urls(self):
        urls = self.fixed_urls + [("/api/bundles/%s/" % i, 3) for i in self.bundle_id.values() if i is not None]
        return zip(*urls)

    # --- life

    def start(self, writes=50, reads=300):
        """So many a second, of which a writer reads two after each."""
        patches = list(clusters.PATCHES)
        self.threads += [PatchWriter(self, "patches %d" % i, writes * 0.42 / 3, self.seed + i, user, patches[i::3])
                         for i, user in enumerate((clusters.ADMIN, clusters.MAINT, clusters.MAINT2))]
        self.threads += [CheckWriter(self, "checks %d" % i, writes * 0.22 / 2, self.seed + 10 + i, user, patches[i::2])
                         for i, user in enumerate((clusters.MAINT, clusters.MAINT2))]
        self.threads += [BundleWriter(self, "bundle %d" % i, writes * 0.14 / 2, self.seed + 20 + i, user, i)
                         for i, user in enumerate((clusters.MAINT, clusters.MAINT2))]
        self.threads += [UserWriter(self, "user", writes * 0.04, self.seed + 30),
                         ForeignWriter(self, "foreign", writes * 0.18, self.seed + 40)]
        self.threads += [Reader(self, "reader %d" % i, max(1, reads - 1.6 * writes) / 6, self.seed + 50 + i)
                         for i in range(6)]
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(2 * TIMEOUT)
            if thread.is_alive() or thread.failed is not None:
                raise AssertionError("the client %s came to a bad end: %r" % (thread.name, thread.failed))

    class _Session:
        """A session for a few statements."""

        def __init__(self, cluster):
            self.session = cluster.session()

        def __enter__(self):
            return self.session

        def __exit__(self, *exception):
            self.session.close()

    def session(self):
        return self._Session(self.cluster)

    # --- reading

    def headers(self, path, user, coding):
        if path == "/api/users/%d/" % clusters.OTHER:
            user = clusters.OTHER       # whose rights it is about
        elif path.startswith(("/api/people/", "/api/users/")):
            user = user or clusters.MAINT
        return {"Cache-Status": "?1", **({"Authorization": token(user)} if user else {}),
                **({"Accept-Encoding": coding} if coding else {})}

    def read(self, client, target, path, user=None, coding=None):
        self.asked.add((path, user, coding))
        answer = client.ask(target, "GET", path, headers=self.headers(path, user, coding))
        if answer is None:
            return
        self.hits += answer.headers.get("Cache-Status", "").endswith("hit")
        self.history.read(answer.node, path, answer.begin, answer.end, self.seen(path, answer))

    def seen(self, path, answer):
        """What the answer says of registers."""
        if path == "/api/users/%d/" % clusters.OTHER:
            return [(self.active, answer.status == 200)]
        if answer.status == 404 and path.startswith("/api/bundles/"):
            return []
        if answer.status != 200:
            self.history.accuse("unexpected", "GET " + path, "on node %s: %d %r" % (
                answer.node, answer.status, answer.body[:200]))
            return []
        body = answer.body
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        seen = []
        data = json.loads(body)
        if "/checks/" in path:
            self.see_checks(seen, int(path.split("/")[3]), data)
        elif path == self.bundle_list:
            self.see_bundles(seen, data)
        elif "&state=" in path:
            self.see_state(seen, path, data)
        elif "/events/" not in path:
            for item in data if isinstance(data, list) else [data]:
                self.see(seen, path, item)
        return seen

    def see_checks(self, seen, patch, data):
        seen.append((self.check[patch], max((int(c["description"]) for c in data), default=0)))
        for check in data:
            if check["user"]["id"] == clusters.MAINT:
                seen.append((self.first_name, check["user"]["first_name"]))
                break

    def see_bundles(self, seen, data):
        ages = {slot: None for slot in self.bundle}
        for bundle in data:
            slot, age = self.see_bundle(seen, bundle)
            ages[slot] = age
        seen += [(self.bundle[slot], age) for slot, age in ages.items()]

    def see_bundle(self, seen, bundle):
        if bundle["owner"]["id"] == clusters.MAINT:
            seen.append((self.first_name, bundle["owner"]["first_name"]))
        _, slot, age, _ = bundle["name"].split("-")
        slot, age = int(slot), int(age)
        seen.append((self.bundle_name[slot, age], bundle["name"]))
        return slot, age

    def see_state(self, seen, path, data):
        """Who is not on the list of one state has the other."""
        state = path.rpartition("=")[2]
        listed = {patch["id"]: patch for patch in data}
        for patch, register in self.state.items():
            seen.append((register, state if patch in listed else STATES[1 - STATES.index(state)]))
        for patch in data:
            self.see_patch(seen, patch)

    def see_patch(self, seen, item):
        number = item["id"]
        if number in self.state:
            for registers, key in ((self.commit_ref, "commit_ref"), (self.state, "state"), (self.pull_url, "pull_url"),
                                   (self.combined, "check")):
                if key in item:
                    seen.append((registers[number], item[key]))
            seen.append((self.project, item["project"]["name"]))
            if item["delegate"] is not None:
                seen.append((self.first_name, item["delegate"]["first_name"]))
            for series in item["series"]:
                seen.append((self.series[series["id"]], series["name"]))
        else:
            seen.append((self.many, item["pull_url"]))
        seen.append((self.person, item["submitter"]["name"]))

    def see(self, seen, path, item):
        kind = path.split("/")[3 if path.startswith("/api/1") else 2]
        if kind == "patches":
            self.see_patch(seen, item)
        elif kind == "series":
            seen += [(self.series[item["id"]], item["name"]), (self.person, item["submitter"]["name"]),
                     (self.project, item["project"]["name"])]
        elif kind == "projects":
            seen.append((self.project, item["name"]))
        elif kind == "people":
            seen.append((self.person, item["name"]))
        elif kind == "users":
            seen.append((self.first_name, item["first_name"]))
        elif kind == "bundles":
            self.see_bundle(seen, item)

    # --- the end

    def compare(self):
        """Every answer of every node with what a node says that keeps nothing.  Returns how many were hits."""
        client, hits, count = Client(self), 0, 0
        targets = {node.name: node.port for node in self.cluster.everyone()}
        self.targets = targets
        for path, user, coding in sorted(self.asked, key=str):
            headers = self.headers(path, user, coding)
            truth = client.ask("plain", "GET", path, headers=headers)
            for node in clusters.NODES:
                answer = client.ask(node, "GET", path, headers=headers)
                if answer is None or truth is None:
                    self.history.accuse("unequal", path, "no answer")
                    continue
                count += 1
                hits += answer.headers.get("Cache-Status", "").endswith("hit")
                if (answer.status, decoded(answer)) != (truth.status, decoded(truth)):
                    self.history.accuse("unequal", path, "%s has (%s)\n  %d %r\nand without a cache it is\n  %d %r" % (
                        node, answer.headers.get("Cache-Status"), answer.status, decoded(answer)[:2000], truth.status,
                        decoded(truth)[:2000]))
        client.close()
        return hits, count

    def judge_database(self):
        """What was acknowledged is there."""
        when = time.monotonic()
        with self.session() as session:
            def values(sql):
                return dict(session.execute(sql))
            judge = self.history.judge_end
            for column, registers in (("commit_ref", self.commit_ref), ("pull_url", self.pull_url)):
                found = values("SELECT id, %s FROM patchwork_patch" % column)
                for patch, register in registers.items():
                    judge(register, found[str(patch)], when)
            found = values("SELECT p.id, s.slug FROM patchwork_patch p JOIN patchwork_state s ON s.id = p.state_id")
            for patch, register in self.state.items():
                judge(register, found[str(patch)], when)
            found = values("SELECT patch_id, max(description::int) FROM patchwork_check WHERE context = 'cluster' GROUP BY 1")
            for patch, register in self.check.items():
                judge(register, int(found.get(str(patch), 0)), when)
            found = values("SELECT id, name FROM patchwork_series")
            for series, register in self.series.items():
                judge(register, found[str(series)], when)
            judge(self.person, session.execute("SELECT name FROM patchwork_person WHERE id = 51")[0][0], when)
            judge(self.project, session.execute("SELECT name FROM patchwork_project WHERE id = 100")[0][0], when)
            judge(self.first_name, session.execute("SELECT first_name FROM auth_user WHERE id = 2")[0][0], when)
            judge(self.active, session.execute("SELECT is_active FROM auth_user WHERE id = 5")[0][0] == "t", when)
            for row in session.execute("SELECT DISTINCT pull_url FROM patchwork_patch WHERE project_id = 101"):
                judge(self.many, row[0], when)
            for slot, register in self.bundle.items():
                rows = session.execute("SELECT name FROM patchwork_bundle WHERE name LIKE $1", ("slot-%d-%%" % slot,))
                for (name,) in rows:
                    judge(self.bundle_name[slot, int(name.split("-")[2])], name, when)
                    judge(register, int(name.split("-")[2]), when)
                if not rows:
                    judge(register, None, when)


def decoded(answer):
    if answer.headers.get("Content-Encoding") == "gzip":
        return gzip.decompress(answer.body)
    return answer.body
