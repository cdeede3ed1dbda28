# SPDX-License-Identifier: MIT
"""PostgreSQL, Redis, three nodes behind HAProxy, and a fourth node that keeps nothing.

A cluster has one of three forms:

    plain       each node reaches Redis through a proxy of its own, which can be cut and turned
    sentinels   the nodes ask three sentinels for Redis, of which there are two
    alone       the nodes know of no Redis
"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import database
import libpq
import postgres
import proxy
import redis
import thimble
from thimble import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = os.path.join(HERE, os.pardir, "http", "fixture.sql")
HAPROXY_EXAMPLE = os.path.join(thimble.TOP, "etc", "haproxy.cfg.example")
HOST = "patchwork.example.org"          # the same for all: answers show it
FORMS = ("plain", "sentinels", "alone")
NODES = ("node1", "node2", "node3")
BALANCER = "haproxy"
ADMIN, MAINT, OTHER, MAINT2 = 1, 2, 5, 14

# What the load writes and reads: ids from here on, in projects of their own.
PROJECT, BULK_PROJECT = 100, 101
PATCHES = range(5001, 5019)
BULK = range(6001, 6151)                # more than a statement's rows are told one by one
SERIES = range(501, 504)
PERSON = 51
DATA = """
INSERT INTO patchwork_project (id, linkname, name, listid, listemail, subject_match, web_url, scm_url, webscm_url,
	list_archive_url, list_archive_url_format, commit_url_format, send_notifications, use_tags) VALUES
	(100, 'cluster', 'project-0', 'cluster.example.org', 'cluster@example.org', '', '', '', '', '', '', '', FALSE, TRUE),
	(101, 'bulk', 'Bulk', 'bulk.example.org', 'bulk@example.org', '', '', '', '', '', '', '', FALSE, TRUE);
INSERT INTO patchwork_userprofile_maintainer_projects (id, userprofile_id, project_id) VALUES
	(900, 2, 100), (901, 114, 100), (902, 1, 100);
INSERT INTO patchwork_person (id, name, email, user_id) VALUES (51, 'person-0', 'person@cluster.example.org', NULL);
INSERT INTO patchwork_series (id, name, date, version, total, project_id, submitter_id, cover_letter_id)
	SELECT n, 'series' || n || '-0', '2020-01-01', 1, 6, 100, 51, NULL FROM generate_series(501, 503) n;
INSERT INTO patchwork_patch (id, msgid, date, headers, content, diff, name, project_id, submitter_id, series_id, number,
	state_id, archived, delegate_id, related_id, hash, commit_ref, pull_url)
	SELECT n, '<' || n || '@cluster.example.org>', timestamp '2020-01-01' + n * interval '1 minute', 'Subject: cluster',
	repeat('A line of what it says. ', 20), 'diff', 'cluster ' || n, 100, 51, 501 + n % 3, (n - 5001) / 3 + 1, 1, FALSE,
	CASE WHEN n % 3 = 0 THEN 2 END, NULL, md5(n::text), NULL, NULL FROM generate_series(5001, 5018) n;
INSERT INTO patchwork_patch (id, msgid, date, headers, content, diff, name, project_id, submitter_id, series_id, number,
	state_id, archived, delegate_id, related_id, hash, commit_ref, pull_url)
	SELECT n, '<' || n || '@bulk.example.org>', timestamp '2020-01-01' + n * interval '1 minute', 'Subject: bulk',
	'Short.', 'diff', 'bulk ' || n, 101, 51, NULL, NULL, 1, FALSE, NULL, NULL, md5(n::text), NULL, NULL
	FROM generate_series(6001, 6150) n;
SELECT setval(pg_get_serial_sequence(table_name, 'id'), 10000) FROM information_schema.columns
	WHERE table_schema = 'public' AND column_name = 'id' AND pg_get_serial_sequence(table_name, 'id') IS NOT NULL;
CREATE ROLE django LOGIN;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO django;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO django;
REVOKE ALL ON thimble_outbox FROM django;
"""


def token(user):
    return "Token %040x" % (0xabc000 + user)


class Node(thimble.Server):
    def __init__(self, name, directory, settings, environment):
        os.mkdir(directory)
        self.name = name
        self.control = os.path.join(directory, "control")
        self.ports = thimble.free_port(), thimble.free_port()
        super().__init__(settings, environment=environment, directory=directory)
        self.configure({"server": {"listen": "127.0.0.1:%d" % self.ports[0], "control": self.control,
                                   "status_listen": "127.0.0.1:%d" % self.ports[1]},
                        "log": {"level": "info"}})

    @property
    def port(self):
        return self.ports[0]

    @property
    def status_port(self):
        return self.ports[1]

    def is_ready(self):
        try:
            return self.get("/readyz", port=self.status_port).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_ready(self):
        wait_until(lambda: self.has_ended() or self.is_ready(), lambda: self.name + " to be ready:\n" + self.log())
        if self.has_ended():
            raise AssertionError("%s ended with status %d:\n%s" % (self.name, self.process.returncode, self.log()))
        return self

    def kill(self):
        """Master, workers and bus, as when the machine lost its power."""
        children = thimble.children_of(self.pid)
        self.process.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(thimble.DEADLINE)
        wait_until(lambda: not any(map(thimble.alive, children)), "the node to be dead")

    def stats(self):
        return json.loads(self.get("/stats", unix=self.control).body)

    def lease(self):
        """Whether it keeps answers until they change, and the bus' word for how it stands."""
        try:
            stats = self.stats()["bus"]
        except (OSError, http.client.HTTPException, ValueError):
            return False, "no answer"
        return stats["lease"], stats["state"]


class Balancer:
    """HAProxy as etc/ has it, before our nodes."""

    def __init__(self, directory, nodes):
        self.port = thimble.free_port()
        self.socket = os.path.join(directory, "haproxy.sock")
        self.config = os.path.join(directory, "haproxy.cfg")
        self.log_path = os.path.join(directory, "haproxy.log")
        with open(HAPROXY_EXAMPLE) as f:
            text = f.read()
        replacements = [(r"^\tbind :80$", "\tbind 127.0.0.1:%d" % self.port), (r"^\tlog /dev/log .*\n", ""),
                        (r"^\tmaxconn \d+$", "\tmaxconn 1000")]
        for index, node in enumerate(nodes):
            replacements.append((r"^(\tserver %s) \S+$" % node.name,
                                 r"\1 127.0.0.1:%d port %d" % node.ports))
        for pattern, replacement in replacements:
            text, count = re.subn(pattern, replacement, text, flags=re.M)
            if count != 1:
                raise AssertionError("%s has no line like %s" % (HAPROXY_EXAMPLE, pattern))
        with open(self.config, "w") as f:
            f.write("global\n\tstats socket %s\n\n" % self.socket + text)
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["haproxy", "-db", "-f", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.wait_all()
        return self

    def all_up(self):
        """Whether it has found all nodes ready."""
        if self.process.poll() is not None:
            with open(self.log_path) as f:
                raise AssertionError("haproxy ended:\n" + f.read())
        connection = thimble.UnixConnection(self.socket, thimble.DEADLINE)
        try:
            connection.connect()
            connection.sock.sendall(b"show stat\n")
            text = connection.sock.makefile().read()
        except OSError:
            return False
        finally:
            connection.close()
        rows = [line.split(",") for line in text.splitlines() if line.startswith("nodes,node")]
        return len(rows) > 0 and all(row[17] == "UP" for row in rows)

    def wait_all(self):
        wait_until(self.all_up, "HAProxy to find all nodes ready")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(thimble.DEADLINE)


class Cluster:
    def __init__(self, form="plain", max_stale=1.0, environment=None, cache_size="32M"):
        self.form, self.max_stale, self.environment, self.cache_size = form, max_stale, environment or {}, cache_size
        self.directory = tempfile.mkdtemp(prefix="thimble-cluster.")
        self.postgres = self.redis = self.replica = self.sentinels = self.balancer = self.plain_node = None
        self.nodes, self.proxies = [], {}

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop(check=False)
            raise

    def __exit__(self, kind, *exception):
        self.stop(check=kind is None)

    # --- life

    def start(self):
        os.chmod(self.directory, 0o755)
        # What is acknowledged has to outlive a server that is killed.
        self.postgres = postgres.Cluster({"synchronous_commit": "on"})
        self.postgres.start()
        self.make_database()
        if self.form != "alone":
            self.redis = redis.Redis().start()
        if self.form == "sentinels":
            self.replica = redis.Redis(replica_of=self.redis).start()
            self.sentinels = redis.Sentinels(self.redis).start().wait_replicas(1)
        for name in NODES:
            self.nodes.append(self.make_node(name, {"redis": self.redis_url(name)}))
        self.plain_node = self.make_node("plain", {"size": "0"})
        for node in self.everyone():
            node.start()
        for node in self.everyone():
            node.wait_ready()
        self.balancer = Balancer(self.directory, self.nodes).start()
        return self

    def make_database(self):
        self.name = "patchwork"
        self.postgres.create(self.name)
        self.url = self.postgres.url(self.name)
        database.init(self.url)
        for path, text in ((FIXTURE, None), (None, DATA)):
            if path:
                with open(path, "rb") as f:
                    self.postgres.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-1", "-d", self.name, stdin=f)
            else:
                self.postgres.sql(self.name, text)

    def redis_url(self, name):
        if self.form == "alone":
            return None
        if self.form == "sentinels":
            return self.sentinels.url()
        self.proxies[name] = proxy.Proxy("127.0.0.1", self.redis.port)
        return self.redis.url(port=self.proxies[name].port)

    def make_node(self, name, cache):
        settings = {"server": {"workers": "2", "base_url": None, "stop_timeout": "5s"}, "store": {"url": self.url},
                    "cache": {"size": self.cache_size, "max_stale": "%dms" % (self.max_stale * 1000), **cache}}
        return Node(name, os.path.join(self.directory, name), settings, self.environment)

    def everyone(self):
        return self.nodes + [self.plain_node]

    def stop(self, check=True):
        """Ends everything; raises for what the logs should not have."""
        complaints = []
        for server in [self.balancer, *self.everyone()]:
            try:
                if server is not None:
                    server.stop()
            except AssertionError as e:
                complaints.append(str(e))
        for p in self.proxies.values():
            p.close()
        for server in (self.sentinels, self.replica, self.redis, self.postgres):
            if server is not None:
                server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        if check and complaints:
            raise AssertionError("\n".join(complaints))

    # --- looking at it

    def node(self, name):
        return next(node for node in self.nodes if node.name == name)

    def targets(self):
        """Where clients can ask: name and port."""
        return {**{node.name: node.port for node in self.nodes}, BALANCER: self.balancer.port}

    def session(self, user="django"):
        return libpq.Session(self.postgres.socket_url(self.name, user))

    def wait_leases(self):
        """Until every node keeps answers until they change; of those without redis only one may."""
        def held():
            count = sum(node.lease()[0] for node in self.nodes)
            return count == (1 if self.form == "alone" else len(self.nodes))
        wait_until(held, lambda: "the leases: %s\n%s" % (
            [node.lease() for node in self.nodes], "\n".join(node.log() for node in self.nodes)))

    def wait_well(self):
        """Until everything stands as it did at the beginning; returns when."""
        # leases of before may still run
        time.sleep(self.max_stale)
        for node in self.everyone():
            node.wait_ready()
        self.wait_leases()
        self.balancer.wait_all()
        return time.monotonic()
