/* SPDX-License-Identifier: MIT
 *
 * The insides of the region, shared by region.c (finding and keeping),
 * region_space.c (chunks and queues) and the tests.
 */
#ifndef THIMBLE_CACHE_REGION_PRIVATE_H
#define THIMBLE_CACHE_REGION_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "cache/region.h"

enum {
	NO_ENTRY = 0,			/* entries count from 1 */
	/* Slots that stay in use once they were: to look at them costs who evicts less than each reader the word that they are free. */
	REGION_PINS_FIRST = 32
};

enum queue_name { QUEUE_NONE, QUEUE_SMALL, QUEUE_MAIN, QUEUE_LIMBO, QUEUES };

struct run {
	uint32_t chunk, count;
};

/*
 * The state of an entry is its generation modulo 4, which only ever grows, under the lock:
 * whole -> retired (evicted; its chunks are still its own, and pinned perhaps)
 * -> free (or being made: what it says of chunks means nothing) -> whole.
 * Free has a number of its own because a reader that came too late books a
 * free entry for a moment: who rebuilds must not take that for limbo.
 */
enum entry_state { ENTRY_WHOLE, ENTRY_RETIRED, ENTRY_FREE, ENTRY_STATES = 4 };

struct entry {
	_Atomic uint32_t generation;
	_Atomic uint32_t chain;		/* the next in its bucket */
	_Atomic uint64_t valid_at;	/* the clock's short cut */
	_Atomic uint32_t frequency;	/* 0-3: asked for since it was queued */
	_Atomic uint64_t hash;		/* readers look at it before they have the entry pinned */
	/* constant while it is whole or retired */
	uint16_t extra;
	uint16_t runs;
	uint64_t filled_at, born_ms;
	uint32_t key_length, stamp_count, head_length, value_length;
	struct run run[REGION_RUNS_MAX];
	/* under the lock */
	uint32_t newer, older;		/* in its queue */
	uint32_t queue;			/* enum queue_name */
	uint32_t chunks;
};

struct queue {
	uint32_t newest, oldest;
	uint64_t chunks;
};

/* Each on cache lines of its own: a worker that counts its hits slows down no other. */
struct worker_pins {
	_Alignas(64) _Atomic uint32_t used;	/* slots from here on are free */
	_Atomic uint64_t slot[REGION_PINS_MAX];	/* entry << 32 | generation; 0: free */
	/* the worker's own figures */
	_Atomic uint64_t hits, misses, stale;
};

/* The header; what it lays out follows at the offsets. */
struct region {
	uint32_t magic, layout;
	uint64_t size;
	uint64_t secret[2];		/* of the hash of keys */
	uint32_t workers, entry_count, bucket_mask, chunk_count, ghost_mask;
	uint64_t clock_at, pins_at, buckets_at, entries_at, bitmap_at, ghosts_at, fills_at, position_at, chunks_at;

	/* of the lease */
	_Alignas(64) _Atomic uint64_t lease_since_ms;
	_Atomic uint64_t lease_until_ms;
	_Atomic uint64_t database;

	/* not on a line with what readers read */
	_Alignas(64) pthread_mutex_t lock;
	/* under the lock */
	uint32_t free_entry;		/* chained through `older` */
	uint32_t cursor;		/* word of the bitmap where the last search ended */
	uint32_t free_chunks;
	struct queue queue[QUEUES];
	uint64_t puts, refused, evicted, rebuilt, entries;
};

static inline void *
region_at(struct region *r, uint64_t offset)
{
	return (char *)r + offset;
}

static inline struct entry *
region_entry(struct region *r, uint32_t index)
{
	return (struct entry *)region_at(r, r->entries_at) + (index - 1);
}

static inline enum entry_state
region_state(uint32_t generation)
{
	return generation % ENTRY_STATES;
}

static inline _Atomic uint32_t *
region_bucket(struct region *r, uint64_t hash)
{
	return (_Atomic uint32_t *)region_at(r, r->buckets_at) + (hash & r->bucket_mask);
}

static inline struct worker_pins *
region_pins(struct region *r, unsigned worker)
{
	return (struct worker_pins *)region_at(r, r->pins_at) + worker;
}

static inline char *
region_chunk(struct region *r, uint32_t chunk)
{
	return (char *)region_at(r, r->chunks_at) + (uint64_t)chunk * REGION_CHUNK;
}

/* region_space.c; all with the lock held. */

/* Takes chunks for so many bytes, evicting what must go.  False: no room.  Fills e->run, runs, chunks. */
bool space_take_locked(struct region *r, struct entry *e, size_t bytes, size_t first_bytes);
/* An unused entry, or NO_ENTRY. */
uint32_t space_entry_locked(struct region *r);
/* Puts a whole entry into the queue that it deserves. */
void space_admit_locked(struct region *r, uint32_t index);
/* Unlinks the entry and frees it, or leaves it in limbo while it is pinned. */
void space_evict_locked(struct region *r, uint32_t index);
/* Makes everything anew from the entries that are whole. */
void space_rebuild_locked(struct region *r);
/* Frees what is in limbo and no longer pinned. */
void space_reap_locked(struct region *r);

/* region.c */
void region_link_locked(struct region *r, uint32_t index);
void region_unlink_locked(struct region *r, uint32_t index);

#endif
