/* SPDX-License-Identifier: MIT
 *
 * Objects in Redis, shared by all nodes (design, section 4): what a fill has read from the database, so that the
 * other nodes, or this one after it forgot, need not.
 *
 * An object is kept under its one tag ("patch:42"), as one field for each shape: the publishing script (cache/stream.h)
 * deletes the key when the tag is raised, and the storing script refuses what was read before that (as_of is less than
 * the tag's stamp) or belongs to another incarnation.  What an object shows of other tables (a patch's project), and changes of too many rows to
 * name, is under epochs: an object is good while as_of is not less than those that it names: "patches.*" of its own
 * table, "project:*" and "projects.*" of what it has joined, and "*", which all have.  That is looked at here, when it is read.
 *
 * Redis slow or gone is never an error: nothing is found then.  After a failure a circuit breaker keeps
 * the whole worker away from Redis for a while, which doubles up to 10 s; then one thread tries.
 *
 * Memory is bounded: objects expire after TIER_EXPIRE_S, and Redis may evict any of them, the clock too.
 * One of these a worker; any job thread.  May wait for the timeout, once.
 */
#ifndef THIMBLE_CACHE_TIER_H
#define THIMBLE_CACHE_TIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "cache/position.h"
#include "proto/redis_url.h"

struct arena;
struct tier;

enum {
	TIER_FORMAT = 1,		/* the first byte of each value; another is a miss */
	TIER_BATCH = 512,		/* objects of one call */
	TIER_EPOCHS_MAX = 12,		/* of an object */
	TIER_NAMES_MAX = 64,		/* different epochs of one call; what has others is not found */
	TIER_VALUE_MAX = 4096,
	TIER_EXPIRE_S = 3600,
	TIER_CONNECT_MS = 200,
	TIER_TIMEOUT_MS = 100
};

struct tier_object {
	const char *object;		/* "patch" of the tag "patch:42" */
	int64_t id;
	struct slice shape;		/* identity of its columns: the field's name */
	const char *epoch[TIER_EPOCHS_MAX];
	size_t epochs;
	struct slice value;		/* found (in the arena), or to be kept; absent: not found */
};

struct tier_stats {
	uint64_t hits, misses, stored, failures;
	bool open;			/* the breaker: Redis is not asked */
};

/* Does not connect. */
struct tier *tier_new(const struct redis_url *url, const struct position *position);
void tier_free(struct tier **tier);

/*
 * Finds those that are there and good, in one round trip; the rest have no value.  The caller has read
 * `fill` when it had read the clock, under the lease, and looks afterwards whether their tags are ahead (cache/position.h).
 */
void tier_find(struct tier *tier, struct arena *arena, struct position_fill fill, struct tier_object *objects, size_t count);

/* Keeps them, if nothing that they read was changed since `fill`; does not wait for Redis. */
void tier_keep(struct tier *tier, struct position_fill fill, const struct tier_object *objects, size_t count);

struct tier_stats tier_stats(struct tier *tier);

#endif
