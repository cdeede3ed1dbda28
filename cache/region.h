/* SPDX-License-Identifier: MIT
 *
 * The shared-memory cache: answers that were given once, kept for all workers
 * of the node (design, section 4).  One mapping holds the invalidation clock,
 * an index of entries, and the chunks that their bytes lie in.  Everything
 * inside is an offset or a number, never a pointer.
 *
 * Reading takes no lock.  A reader finds the entry through a chain of its
 * bucket, books a pin in its own worker's slots, and looks again whether the
 * entry's generation is still the same: then its bytes stay where they are until
 * the pin is dropped.  Who evicts first changes the generation, then looks at
 * all pins; what is pinned waits in limbo until it is not.  A pin is nothing but its
 * booking: those of a dead worker are released by clearing its slots.
 *
 * Whatever changes the index holds the one lock, which is robust.  The truth
 * is the generation of each entry, which says whether it is whole: who inherits the lock
 * builds free chunks, chains and queues anew from the entries that are whole,
 * and so discards what was half done.
 *
 * Chunks are all of one size and an entry takes any free ones, as few runs of
 * them as can be had, so that the storage cannot calcify.  Eviction is S3-FIFO:
 * a small queue that everything enters, a main queue for what was asked for
 * again, and a memory of what left the small one a short while ago.
 *
 * How old an entry may be is a matter of the lease: word of the bus process that all
 * changes up to a moment were applied (design, section 5).
 *
 * Lock order: the region's lock, then the clock's.  Who may call what is said
 * at each function; a miss is always legal.
 */
#ifndef THIMBLE_CACHE_REGION_H
#define THIMBLE_CACHE_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "cache/clock.h"
#include "cache/fills.h"

enum {
	REGION_MAGIC = 0x74687267,
	REGION_LAYOUT = 4,
	REGION_MIN_SIZE = 1024 * 1024,
	REGION_CHUNK = 1024,
	REGION_RUNS_MAX = 8,		/* of chunks, in one entry */
	REGION_PINS_MAX = 1024,		/* a worker may hold at once */
	REGION_KEY_MAX = 24 * 1024,
	REGION_TAGS_MAX = 4096,
	REGION_COPIES = 64,
	REGION_ITEM_MAX = 1024 * 1024 * 1024	/* bytes of one item, however large the region */
};

/* Chunks are counted in 32 bits. */
#define REGION_MAX_SIZE ((uint64_t)1 << 40)

struct position;
struct region;

/*
 * A region of `size` bytes for so many workers, in shared memory without a
 * name.  NULL with errno, EINVAL when the index alone would take half of it.  Master.
 */
struct region *region_create(size_t size, unsigned workers);
/* Unmaps it. */
void region_close(struct region **region);
struct clock *region_clock(struct region *region);
struct fills *region_fills(struct region *region);
/* Where the node stands in the stream that it shares with others (cache/position.h). */
struct position *region_position(struct region *region);

/*
 * The database that the bus process reads, as store_snapshot_database has it; 0: not known.  What
 * was read from another one is not to be kept.  Is changed before everything is forgotten.
 */
void region_set_database(struct region *region, uint64_t database);
uint64_t region_database(const struct region *region);

/*
 * The lease.  Until `until_ms` (of the monotonic clock) entries that were born at
 * `since_ms` or later are valid however old they are: from then on each change is
 * known to be applied here.  Bus process; and the end of it, the master too.
 */
void region_lease_renew(struct region *region, uint64_t since_ms, uint64_t until_ms);
void region_lease_end(struct region *region);
/* When it ends; 0: there is none. */
uint64_t region_lease_until(const struct region *region);
/* That, and when it began: the beginning may be that of a later lease, which is no earlier. */
struct region_lease {
	uint64_t since_ms, until_ms;
};
struct region_lease region_lease_read(const struct region *region);
/* The oldest birth time that is trusted: what is not under the lease may be `max_stale_ms` old. */
uint64_t region_oldest_ms(const struct region *region, uint64_t now_ms, uint64_t max_stale_ms);

/* Bytes that entries can take. */
size_t region_capacity(const struct region *region);

/* The hash of a key, under a secret of the region.  Any process and thread. */
uint64_t region_hash(const struct region *region, struct slice key);

/* An entry that was found.  Its bytes stay until region_unpin. */
struct region_hit {
	struct slice piece[REGION_RUNS_MAX];	/* the value: the whole head and more in the first, body */
	unsigned pieces;
	size_t head_length;			/* bytes of the value that are the head */
	size_t length;				/* of the value */
	const uint32_t *stamps;			/* as given to region_put, as are the next three */
	size_t stamp_count;
	uint64_t filled_at;
	uint64_t born_ms;
	unsigned pin;				/* the caller's booking */
	uint64_t entry;				/* what was found, and no other ever: its place and its generation; not 0 */
	unsigned extra;				/* as given to region_put, too */
};

/*
 * Finds the entry of that key, if it is valid and was born at `oldest_ms` or
 * later.  True: it is pinned for this worker.  Worker's loop.
 */
bool region_get(struct region *region, unsigned worker, struct slice key, uint64_t oldest_ms, struct region_hit *hit_r);
/* The same with region_hash(region, key) at hand. */
bool region_get_hashed(struct region *region, unsigned worker, struct slice key, uint64_t hash, uint64_t oldest_ms,
    struct region_hit *hit_r);
void region_unpin(struct region *region, unsigned worker, unsigned pin);

/* One of several values to be copied. */
struct region_copy {
	struct slice key;
	struct slice value;		/* where it lies in the caller's memory; absent: it is not there */
	uint64_t born_ms;		/* of what was found */
	uint64_t hash;			/* the region's own */
};

/*
 * Copies the values (head and body) of those keys that have an entry, valid
 * and born at `oldest_ms` or later, one after the other into `memory`; what
 * does not fit there counts as not found.  Returns how many bytes they take.
 *
 * Any process and thread: it pins nothing, but copies under the region's lock, which it
 * takes once for up to REGION_COPIES of them.
 */
size_t region_copy(struct region *region, struct region_copy *items, size_t count, uint64_t oldest_ms, char *memory,
    size_t size);

/* What is to be kept. */
struct region_item {
	struct slice key;
	struct slice head, body;
	const uint32_t *stamps;		/* of all that it depends on */
	size_t stamp_count;
	uint64_t filled_at;		/* clock_read before the database was read */
	uint64_t born_ms;		/* the monotonic clock at that time */
	unsigned extra;			/* 16 bits of the caller's */
};

/*
 * Keeps the item, in the place of an older one of that key, unless it is
 * larger than an eighth of the region or REGION_ITEM_MAX, no longer valid, or there is no room
 * that could be made.  Any process and thread; copies all it is given.
 */
bool region_put(struct region *region, const struct region_item *item);

/* Master: releases what a dead worker held, and mends the clock if it died invalidating.  Waits for nobody. */
void region_bury(struct region *region, unsigned worker);

struct region_stats {
	uint64_t hits, misses, stale;	/* stale: found, but no longer valid or too old */
	uint64_t puts, refused, evicted, rebuilt;
	uint64_t entries, bytes, limbo, pins;
	uint64_t capacity;
	uint64_t oldest_ms;		/* when the oldest was born, of the 10000 that come first to leave; 0: none */
};
/* Any process; the figures are of about the same moment. */
void region_stats(struct region *region, struct region_stats *stats_r);
/* Adds one worker's hits, misses, stale and pins, which are its slot's: they outlive it. */
void region_worker_stats(struct region *region, unsigned worker, struct region_stats *stats);

#endif
