/* SPDX-License-Identifier: MIT
 *
 * The memory that all processes of a node share (MAP_SHARED, mapped by the
 * master before it forks): worker slots with their heartbeat and counters,
 * the booking of database connections, remembered credentials.  The cache's
 * region is a mapping of its own.
 *
 * A slot belongs to the worker whose pid it bears; the master alone assigns
 * and clears it.  Counters only grow and survive their worker; gauges are
 * cleared with it.  Everything is atomic, relaxed; nothing is locked but by those who write
 * to SQLite.
 */
#ifndef THIMBLE_WORKER_SHARED_H
#define THIMBLE_WORKER_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#include <pthread.h>

#include "cache/credentials.h"

enum {
	SHARED_MAGIC = 0x7468696d,
	SHARED_LAYOUT = 4,
	SHARED_WORKERS_MAX = 128,	/* old and new generations together */
	SHARED_CONNECTIONS_MAX = 1024,
	STATS_ROUTES_MAX = 80,
	STATS_METHODS_MAX = 8,
	STATS_CODES_MAX = 24,
	STATS_BUCKETS = 16,		/* of the duration histogram */
	STATS_DELAY_BUCKETS = 12,	/* of the stream's delay */
	RATE_PLACES = 4096		/* of those who are counted */
};

enum worker_state { WORKER_FREE, WORKER_STARTING, WORKER_RUNNING, WORKER_DRAINING };

struct worker_slot {
	/* set by the master at fork, cleared when the worker was reaped */
	_Atomic int32_t pid;
	_Atomic uint32_t state;		/* enum worker_state; the worker moves it on */
	_Atomic uint64_t heartbeat_ms;	/* monotonic clock, noted by the worker's loop each second */
	/* gauges */
	_Atomic uint64_t connections;
	_Atomic uint64_t in_flight;
	_Atomic uint64_t queued;	/* jobs that wait for a thread */
	_Atomic uint64_t db_open;
	_Atomic uint64_t tier_open;	/* 1: the breaker keeps the worker away from Redis */
	/* counters */
	_Atomic uint64_t accepted;
	_Atomic uint64_t requests[STATS_ROUTES_MAX][STATS_METHODS_MAX][STATS_CODES_MAX];
	_Atomic uint64_t cache_hits[STATS_ROUTES_MAX];		/* answered from the region */
	_Atomic uint64_t cache_misses[STATS_ROUTES_MAX];	/* looked for there in vain */
	_Atomic uint64_t not_modified[STATS_ROUTES_MAX];	/* answered 304, from the region or not */
	_Atomic uint64_t object_hits;	/* of answers that were made: objects taken from the region */
	_Atomic uint64_t object_misses;	/* and those looked for there in vain; both by all threads of the worker */
	_Atomic uint64_t tier_hits;	/* of those missing: taken from Redis */
	_Atomic uint64_t tier_misses;
	_Atomic uint64_t tier_stored;	/* objects sent to Redis */
	_Atomic uint64_t tier_failures;	/* calls that Redis did not answer, or with an error */
	_Atomic uint64_t duration_us_sum;
	_Atomic uint64_t duration_bucket[STATS_BUCKETS];
	_Atomic uint64_t bytes_sent;
	_Atomic uint64_t db_statements;
	_Atomic uint64_t db_failures;
	_Atomic uint64_t db_wait_us;
	_Atomic uint64_t bad_requests;	/* refused before they were routed */
	_Atomic uint64_t shed;		/* answered 503 because the job queue was full */
	_Atomic uint64_t timeouts;	/* answered 503 after request_timeout */
};

/* What the bus process (worker/bus.h) is about; it comes before what went wrong, in words of bus_word(). */
enum bus_lease {
	BUS_ABSENT,			/* there is none: no cache, or it is being started */
	BUS_LOOKING,			/* it has not looked yet */
	BUS_HELD,			/* it grants the lease */
	BUS_AWAY,			/* the database is, or cannot be used */
	/* the database is no good for a lease; in the order of enum feed_obstacle */
	BUS_UNTOLD,
	BUS_STANDBY,
	BUS_NO_RIGHTS,
	BUS_TAKEN,
	/* nor is Redis */
	BUS_REDIS_AWAY,
	BUS_REDIS_OTHER
};

/* The Redis that is shared with other nodes, in words of bus_redis_word(). */
enum bus_redis {
	BUS_NO_REDIS,			/* none is used */
	BUS_REDIS_LOOKED_FOR,
	BUS_REDIS_FOLLOWED,
	BUS_REDIS_IS_AWAY,
	BUS_REDIS_IS_ANOTHER		/* not the one that counts */
};

struct bus_slot {
	_Atomic int32_t pid;		/* the master's, as in worker_slot */
	_Atomic uint32_t state;		/* enum worker_state */
	_Atomic uint64_t heartbeat_ms;
	/* gauges */
	_Atomic uint32_t lease;		/* enum bus_lease */
	_Atomic uint64_t applied_ms;	/* what was committed before is applied; 0: not known */
	_Atomic uint64_t outbox;	/* rows there were in it */
	_Atomic uint64_t position;	/* feed_report.position */
	/* counters */
	_Atomic uint64_t leases;	/* that began */
	_Atomic uint64_t tags;		/* applied */
	_Atomic uint64_t forgets;	/* of everything */
	_Atomic uint64_t reads;		/* of the outbox that found something */
	_Atomic uint64_t delay_us_sum;	/* from the word of them to their being applied */
	/* with Redis; gauges */
	_Atomic uint32_t redis;		/* enum bus_redis */
	_Atomic uint64_t stream;	/* number of the last message that was applied */
	_Atomic uint64_t stream_delay_us_max;	/* since the bus was started */
	/* counters */
	_Atomic uint64_t messages;	/* applied */
	_Atomic uint64_t published;	/* messages, by this node */
	_Atomic uint64_t gaps;		/* messages were missed, and everything forgotten */
	_Atomic uint64_t claims;	/* times that this node said which Redis counts */
	_Atomic uint64_t stream_delay_us_sum;	/* from a message's being published to its being applied, by two nodes' clocks */
	_Atomic uint64_t stream_delay_bucket[STATS_DELAY_BUCKETS];
};

struct shared {
	uint32_t magic, layout;		/* set by the master, then constant */
	uint64_t size;
	_Atomic uint64_t respawns;	/* workers replaced after they died */
	_Atomic uint64_t reloads_ok, reloads_failed;
	_Atomic uint32_t stopping;	/* 1: readyz says 503 */
	struct credentials credentials;
	_Atomic uint64_t rates[RATE_PLACES];	/* reviewboard/rb_limit.c */
	pthread_mutex_t write_lock;	/* SQLite's writers queue here (store.h) */
	_Atomic int32_t db_slots[SHARED_CONNECTIONS_MAX];	/* 0 or the pid that booked it */
	struct worker_slot workers[SHARED_WORKERS_MAX];
	struct bus_slot bus;
};

#endif
