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

enum {
	REGION_MAGIC = 0x74687267,
	REGION_LAYOUT = 1,
	REGION_MIN_SIZE = 1024 * 1024,
	REGION_CHUNK = 1024,
	REGION_RUNS_MAX = 8,		/* of chunks, in one entry */
	REGION_PINS_MAX = 1024,		/* a worker may hold at once */
	REGION_KEY_MAX = 24 * 1024,
	REGION_TAGS_MAX = 4096,
	REGION_ITEM_MAX = 1024 * 1024 * 1024	/* bytes of one item, however large the region */
};

/* Chunks are counted in 32 bits. */
#define REGION_MAX_SIZE ((uint64_t)1 << 40)

struct region;

/*
 * A region of `size` bytes for so many workers, in shared memory without a
 * name.  NULL with errno, EINVAL when the index alone would take half of it.  Master.
 */
struct region *region_create(size_t size, unsigned workers);
/* Unmaps it. */
void region_close(struct region **region);
struct clock *region_clock(struct region *region);

/* An entry that was found.  Its bytes stay until region_unpin. */
struct region_hit {
	struct slice piece[REGION_RUNS_MAX];	/* the value: head, then body, one after the other */
	unsigned pieces;
	size_t head_length;			/* bytes of the value that are the head */
	size_t length;				/* of the value */
	uint64_t born_ms;
	unsigned pin;				/* the caller's booking */
	unsigned extra;				/* as given to region_put */
};

/*
 * Finds the entry of that key, if it is valid and was born at `oldest_ms` or
 * later.  True: it is pinned for this worker.  Worker's loop.
 */
bool region_get(struct region *region, unsigned worker, struct slice key, uint64_t oldest_ms, struct region_hit *hit_r);
void region_unpin(struct region *region, unsigned worker, unsigned pin);

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
};
/* Any process; the figures are of about the same moment. */
void region_stats(struct region *region, struct region_stats *stats_r);

#endif
