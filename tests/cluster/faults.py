# SPDX-License-Identifier: MIT
"""What can go wrong, done to a cluster under load, one at a time.

Each fault is a function that takes the run (tests/cluster/run), does its harm, mends it and
returns; the run then waits until all stands well again.  What a fault makes unavoidable it says to the
history as a window: `broken`, connections break; `database`, the database is away.  Nothing else may fail,
and no fault makes an answer older than it may be.
"""
import os
import shutil
import signal
import subprocess
import time

import libpq
import redis
from history import ALL, BROKEN, DATABASE
from thimble import alive, wait_until

FAULTS = {}
WORSE = 0.05            # seconds between two looks for a moment that is over soon
LATE = 2.0              # a worker that lost its database tries again five times a second; with time to be scheduled


def fault(name, form="plain"):
    """Notes a function under the name by which it is asked for, for clusters of that form."""
    def note(function):
        function.fault, function.form = name, form
        FAULTS[name] = function
        return function
    return note


class Window:
    """A window of the history that is as long as a block."""

    def __init__(self, run, kind, node=ALL):
        self.run, self.kind, self.node = run, kind, node

    def __enter__(self):
        self.begin = time.monotonic()
        return self

    def __exit__(self, *exception):
        self.run.history.window(self.kind, self.begin, time.monotonic(), self.node)


# --- processes of ours

@fault("kill-workers")
def kill_workers(run):
    """One after the other, on each node."""
    for node in run.cluster.nodes:
        for _ in range(2):
            victim = run.random.choice(node.workers())
            node.expect(r"worker .*(killed|signal|died|ended)")
            with Window(run, BROKEN, node.name), Window(run, BROKEN, "haproxy"):
                os.kill(victim, signal.SIGKILL)
                wait_until(lambda: not alive(victim), "a worker to die")
                node.wait_workers(2, without=(victim,))
                node.wait_ready()
            run.sleep(0.5)


@fault("kill-bus")
def kill_bus(run):
    for node in run.cluster.nodes:
        for _ in range(2):
            victim = wait_until(node.bus, "a bus")
            node.expect(r"bus .*(killed|signal|died|ended)")
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: node.bus() not in (None, victim), "another bus")
            run.sleep(0.7)


@fault("stop-bus")
def stop_bus(run):
    """SIGSTOP, while it holds rows that it took out of the outbox; and while it does not."""
    node = run.cluster.nodes[0]
    for holding in (True, False):
        stopped = stop_while_holding(run, node) if holding else stop_it(node)
        try:
            run.sleep(4 * run.cluster.max_stale)
        finally:
            if alive(stopped):
                os.kill(stopped, signal.SIGCONT)
        run.sleep(1)


def stop_it(node):
    pid = wait_until(node.bus, "a bus")
    os.kill(pid, signal.SIGSTOP)
    return pid


def stop_while_holding(run, node):
    """Publishing is made slow, so that there is something to catch."""
    proxy = run.cluster.proxies[node.name]
    proxy.delay = 0.02
    session = run.cluster.session("postgres")
    try:
        for _ in range(2000):
            pid = stop_it(node)
            if is_holding(session):
                run.say("the bus of %s is stopped and holds rows" % node.name)
                return pid
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.005)
        raise AssertionError("the bus was never seen to hold rows")
    finally:
        proxy.delay = 0
        session.close()


def is_holding(session):
    """Whether a session has the row of thimble_bus and does nothing: workers never take it."""
    def idle():
        return session.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid "
            "WHERE c.relname = 'thimble_bus' AND l.mode IN ('RowShareLock', 'RowExclusiveLock') "
            "AND a.state = 'idle in transaction'")[0][0] != "0"
    if not idle():
        return False
    time.sleep(WORSE)
    return idle()


@fault("kill-node")
def kill_node(run):
    """Master, workers and bus."""
    for node in run.cluster.nodes[:2]:
        with Window(run, BROKEN, node.name), Window(run, BROKEN, "haproxy"):
            node.kill()
            run.sleep(1.5)
            node.start().wait_ready()
            run.cluster.balancer.wait_all()
        run.sleep(0.5)


# --- Redis

@fault("redis-restart")
def redis_restart(run):
    """Killed, and back empty."""
    server = run.cluster.redis
    server.kill()
    run.sleep(2)
    server.start()
    run.sleep(1)
    server.restart()


@fault("redis-restart-kept")
def redis_restart_kept(run):
    """Back with all it had when it was killed, and with what it had a while before."""
    server = run.cluster.redis
    server.restart(data=True)
    run.well()
    server.save()
    run.sleep(2)
    server.kill()
    run.sleep(1)
    server.start(data=True)


@fault("redis-pause")
def redis_pause(run):
    server = run.cluster.redis
    server.pause()
    try:
        run.sleep(10)
    finally:
        server.resume()


@fault("redis-trim")
def redis_trim(run):
    """The stream loses messages that a node, cut off, has not read."""
    node = run.cluster.nodes[1]
    proxy = run.cluster.proxies[node.name]
    streams = [key for key in keys(run.cluster.redis) if kind_of(run.cluster.redis, key) == "stream"]
    if not streams:
        raise AssertionError("there is no stream in Redis: %r" % keys(run.cluster.redis)[:20])

    def trim():
        for key in streams:
            run.cluster.redis.command("XTRIM", key, "MAXLEN", 0)
    for silently in (False, True):
        proxy.cut(silently=silently)
        run.sleep(1)
        trim()
        proxy.heal()
        run.sleep(1)
    # and without anybody being away
    for _ in range(20):
        trim()
        run.sleep(0.05)
    # and while a bus stands still, for less time than its lease lasts
    for _ in range(10):
        stopped = stop_it(node)
        try:
            run.sleep(run.cluster.max_stale / 5)
            trim()
        finally:
            os.kill(stopped, signal.SIGCONT)
        run.sleep(run.cluster.max_stale / 5)


def keys(server):
    return server.command("KEYS", "*")


def kind_of(server, key):
    return server.command("TYPE", key)


@fault("redis-flush")
def redis_flush(run):
    for _ in range(3):
        run.cluster.redis.command("FLUSHALL")
        run.sleep(0.7)


@fault("redis-evict")
def redis_evict(run):
    """Too little memory, allkeys-lru: anything may go at any time, the clock too."""
    server = run.cluster.redis
    used = int(server.info("memory")["used_memory"])
    server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    server.command("CONFIG", "SET", "maxmemory", used + (1 << 20))
    try:
        evicted = int(server.info("stats")["evicted_keys"])
        end = time.monotonic() + 5
        number = 0
        with server.connect() as connection:
            while time.monotonic() < end:
                for _ in range(50):
                    connection.send("SET", "filler:%d" % number, b"x" * 8000)
                    number += 1
                for _ in range(50):
                    connection.receive()
                run.sleep(0.05)
        evicted = int(server.info("stats")["evicted_keys"]) - evicted
        run.say("%d keys were evicted" % evicted)
        if evicted == 0:
            raise AssertionError("nothing was evicted")
    finally:
        server.command("CONFIG", "SET", "maxmemory", 0)
        server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        for i in range(number):
            server.command("DEL", "filler:%d" % i)


@fault("redis-full")
def redis_full(run):
    """Too little memory, and nothing may be evicted: it refuses to write."""
    server = run.cluster.redis
    server.command("CONFIG", "SET", "maxmemory", 1 << 19)
    try:
        run.sleep(3)
    finally:
        server.command("CONFIG", "SET", "maxmemory", 0)


@fault("redis-slow")
def redis_slow(run):
    """It answers late, of what it is told and of what it is asked: whatever happens meanwhile has time to."""
    proxies = run.cluster.proxies.values()
    for delay in (0.005, 0.03):
        for proxy in proxies:
            proxy.delay = delay
        run.sleep(3)
    for proxy in proxies:
        proxy.delay = 0


@fault("redis-cut")
def redis_cut(run):
    """A node cut off from Redis, and healed: so that it is told, and so that nobody is."""
    for node, silently in zip(run.cluster.nodes, (False, True)):
        proxy = run.cluster.proxies[node.name]
        proxy.cut(silently=silently)
        try:
            run.sleep(3)
        finally:
            proxy.heal()
        run.well()


@fault("redis-split")
def redis_split(run):
    """A replica takes over for two nodes; the third is still at the old primary, which takes writes."""
    cluster = run.cluster
    old = cluster.redis
    with redis.Redis(replica_of=old) as new:
        new.wait_in_step()
        new.replica_of(None)
        for node in cluster.nodes[1:]:
            cluster.proxies[node.name].redirect("127.0.0.1", new.port)
        run.sleep(5)
        run.say("healed: all are at the new primary")
        cluster.proxies[cluster.nodes[0].name].redirect("127.0.0.1", new.port)
        run.well()
        run.sleep(2)
        # The old one has objects of that time, and nobody may believe it.
        for node in cluster.nodes:
            cluster.proxies[node.name].redirect("127.0.0.1", old.port)
        run.sleep(3 * cluster.max_stale)
        if any(node.lease()[0] for node in cluster.nodes):
            raise AssertionError("the primary that was cut off is believed: %s" % [n.lease() for n in cluster.nodes])
        # Only when it has followed the new one.
        old.replica_of(new)
        old.wait_in_step()
        old.replica_of(None)
        run.well()


@fault("redis-failover", form="sentinels")
def redis_failover(run):
    """The primary is killed; three sentinels make its replica the primary.  Then the other way round, without a death."""
    cluster = run.cluster
    first, second = cluster.redis, cluster.replica
    first.kill()
    cluster.sentinels.wait_primary(second)
    run.well()
    run.sleep(2)
    first.replica_of_port = second.port
    first.settings["replicaof"] = "127.0.0.1 %d" % second.port
    first.start()
    cluster.sentinels.wait_replicas(1)
    cluster.sentinels.fail_over()
    cluster.sentinels.wait_primary(first)


@fault("redis-freeze", form="sentinels")
def redis_freeze(run):
    """The primary hangs, the sentinels give it up; it wakes and takes writes until they make it a replica."""
    cluster = run.cluster
    by_port = {server.port: server for server in (cluster.redis, cluster.replica)}
    cluster.sentinels.wait_replicas(1)
    old = by_port.pop(cluster.sentinels.primary_port())
    new, = by_port.values()
    old.pause()
    try:
        cluster.sentinels.wait_primary(new)
        run.sleep(2)
    finally:
        old.resume()
    wait_until(lambda: old.role == "replica", "the old primary to follow the new one")


# --- PostgreSQL

@fault("postgres-restart")
def postgres_restart(run):
    restart(run, signal.SIGINT)


@fault("postgres-crash")
def postgres_crash(run):
    restart(run, signal.SIGQUIT)


def restart(run, how, while_away=lambda: None):
    """Returns when it was away."""
    server = run.cluster.postgres
    with Window(run, BROKEN, "haproxy") as window:
        server.process.send_signal(how)
        server.process.wait(60)
        while_away()
        run.sleep(1)
        server.start()
        back = time.monotonic()
        run.history.window(DATABASE, window.begin, back + LATE)
        run.cluster.balancer.wait_all()
    return window.begin, back


@fault("postgres-restore")
def postgres_restore(run):
    """Put back to what it was some seconds ago: what was acknowledged since is lost, and must not be shown."""
    server = run.cluster.postgres
    copy = server.data + ".copy"
    copied = restart(run, signal.SIGINT, lambda: run_as_is("cp", "-a", server.data, copy))
    run.well()
    run.sleep(3)

    def put_back():
        shutil.rmtree(server.data)
        os.rename(copy, server.data)
    away, back = restart(run, signal.SIGINT, put_back)
    run.history.cut(copied, away, back)


def run_as_is(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@fault("long-transaction")
def long_transaction(run):
    """Somebody's transaction stays open, as a dump's does, and its rows come late."""
    session = run.cluster.session("postgres")
    try:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM patchwork_patch")
        session.execute("UPDATE patchwork_project SET web_url = 'https://late.example.org/' WHERE id = 100")
        run.sleep(3)
        session.execute("COMMIT")
    except libpq.Error as e:
        # another was faster with that project
        run.say(str(e))
    finally:
        session.close()


# --- without Redis

@fault("without-redis", form="alone")
def without_redis(run):
    """Of nodes that know of no Redis one has the lease; when it dies, another gets it, and never two."""
    cluster = run.cluster
    for _ in range(2):
        holder, = [node for node in cluster.nodes if node.lease()[0]]
        for node in cluster.nodes:
            if node is not holder and node.lease()[1] != "another-node":
                raise AssertionError("%s has no lease, but says %s" % (node.name, node.lease()))
        with Window(run, BROKEN, holder.name), Window(run, BROKEN, "haproxy"):
            holder.kill()
            wait_until(lambda: sum(node.lease()[0] for node in cluster.nodes) == 1, "another node to have the lease")
            holder.start().wait_ready()
            cluster.balancer.wait_all()
        run.sleep(2)
        if sum(node.lease()[0] for node in cluster.nodes) != 1:
            raise AssertionError("not one lease: %s" % [node.lease() for node in cluster.nodes])
