/* SPDX-License-Identifier: MIT
 *
 * Room in the region: chunks, queues, eviction (S3-FIFO), and putting all of it
 * right after a process died with the lock in hand.  Every function needs the
 * region's lock.
 */
#include "config.h"

#include "cache/region_private.h"

enum {
	SMALL_TENTH = 10,		/* the small queue is kept at a tenth of the chunks */
	FIRST_RUNS = 2,			/* of the search: better a few evictions than many runs */
	EVICTIONS_PER_TRY = 64
};

/* ---- the bitmap: 1 is free ---- */

static uint64_t *
bitmap(struct region *r)
{
	return region_at(r, r->bitmap_at);
}

static void
mark(struct region *r, struct run run, bool free)
{
	for (uint32_t i = run.chunk; i < run.chunk + run.count; i++) {
		uint64_t bit = (uint64_t)1 << (i % 64);

		if (free)
			bitmap(r)[i / 64] |= bit;
		else
			bitmap(r)[i / 64] &= ~bit;
	}
	r->free_chunks = free ? r->free_chunks + run.count : r->free_chunks - run.count;
}

/* The longest run at or behind `from`, within its word and those that follow while all are free, up to `wanted`. */
static struct run
run_from(struct region *r, uint32_t from, uint32_t wanted)
{
	struct run run = { from, 0 };

	while (run.count < wanted && from < r->chunk_count) {
		uint64_t word = ~(bitmap(r)[from / 64] >> (from % 64));
		uint32_t ones = word == 0 ? 64 : (uint32_t)__builtin_ctzll(word);
		uint32_t left = 64 - from % 64;

		if (ones > left)
			ones = left;
		run.count += ones;
		from += ones;
		if (ones < left)
			break;
	}
	if (run.count > wanted)
		run.count = wanted;
	return run;
}

/* The first free chunk at or behind `from`; chunk_count if there is none. */
static uint32_t
next_free(struct region *r, uint32_t from)
{
	uint32_t words = (r->chunk_count + 63) / 64;
	uint32_t w = from / 64;
	uint64_t word;

	if (from >= r->chunk_count)
		return r->chunk_count;
	word = bitmap(r)[w] & (~(uint64_t)0 << (from % 64));
	while (word == 0 && ++w < words)
		word = bitmap(r)[w];
	return word == 0 ? r->chunk_count : w * 64 + (uint32_t)__builtin_ctzll(word);
}

/* The first run that is long enough, searching around once from the cursor; else the longest met. */
static struct run
find_run(struct region *r, uint32_t wanted)
{
	struct run best = { 0, 0 };
	uint32_t start = r->cursor;

	for (int round = 0; round < 2; round++) {
		uint32_t from = round == 0 ? start : 0, until = round == 0 ? r->chunk_count : start;

		while ((from = next_free(r, from)) < until) {
			struct run run = run_from(r, from, wanted);

			if (run.count > best.count)
				best = run;
			if (best.count == wanted) {
				r->cursor = best.chunk + best.count;
				return best;
			}
			from += run.count;
		}
	}
	return best;
}

/* ---- queues ---- */

static void
queue_remove(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);
	struct queue *q = &r->queue[e->queue];

	if (e->newer != NO_ENTRY)
		region_entry(r, e->newer)->older = e->older;
	else
		q->newest = e->older;
	if (e->older != NO_ENTRY)
		region_entry(r, e->older)->newer = e->newer;
	else
		q->oldest = e->newer;
	q->chunks -= e->chunks;
	e->queue = QUEUE_NONE;
}

static void
queue_add(struct region *r, uint32_t index, enum queue_name name)
{
	struct entry *e = region_entry(r, index);
	struct queue *q = &r->queue[name];

	e->queue = name;
	e->newer = NO_ENTRY;
	e->older = q->newest;
	if (q->newest != NO_ENTRY)
		region_entry(r, q->newest)->newer = index;
	else
		q->oldest = index;
	q->newest = index;
	q->chunks += e->chunks;
}

/* ---- ghosts: keys that left the small queue ---- */

static uint32_t *
ghost(struct region *r, uint64_t hash)
{
	return (uint32_t *)region_at(r, r->ghosts_at) + ((hash >> 32) & r->ghost_mask);
}

static uint32_t
ghost_mark(uint64_t hash)
{
	return (uint32_t)hash | 1;
}

/* ---- eviction ---- */

static bool
is_pinned(struct region *r, uint32_t index)
{
	for (unsigned w = 0; w < r->workers; w++) {
		struct worker_pins *pins = region_pins(r, w);
		uint32_t used = atomic_load(&pins->used);

		for (uint32_t i = 0; i < used; i++)
			if (atomic_load(&pins->slot[i]) >> 32 == index)
				return true;
	}
	return false;
}

/* Of a retired entry, or of one that is free but in no list. */
static void
free_entry(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);

	/* before its chunks are anybody else's */
	if (region_state(atomic_load(&e->generation)) == ENTRY_RETIRED)
		atomic_fetch_add(&e->generation, ENTRY_FREE - ENTRY_RETIRED);
	for (unsigned i = 0; i < e->runs; i++)
		mark(r, e->run[i], true);
	e->runs = 0;
	e->chunks = 0;
	e->older = r->free_entry;
	r->free_entry = index;
}

void
space_evict_locked(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);

	queue_remove(r, index);
	/* from here on no reader that looks again finds it the same */
	atomic_fetch_add(&e->generation, ENTRY_RETIRED - ENTRY_WHOLE);
	region_unlink_locked(r, index);
	r->entries--;
	if (is_pinned(r, index))
		queue_add(r, index, QUEUE_LIMBO);
	else
		free_entry(r, index);
}

void
space_reap_locked(struct region *r)
{
	uint32_t index = r->queue[QUEUE_LIMBO].oldest;

	while (index != NO_ENTRY) {
		uint32_t next = region_entry(r, index)->newer;

		if (!is_pinned(r, index)) {
			queue_remove(r, index);
			free_entry(r, index);
		}
		index = next;
	}
}

/* Evicts one entry, or moves some on first.  False: there is none. */
static bool
evict_one(struct region *r)
{
	/* Readers go on asking meanwhile: once around for each time that counts, then what comes first. */
	for (uint64_t left = 4 * r->entries;; left--) {
		bool small = r->queue[QUEUE_SMALL].oldest != NO_ENTRY &&
		    (r->queue[QUEUE_MAIN].oldest == NO_ENTRY || r->queue[QUEUE_SMALL].chunks > r->chunk_count / SMALL_TENTH);
		uint32_t index = r->queue[small ? QUEUE_SMALL : QUEUE_MAIN].oldest;
		struct entry *e;
		uint32_t frequency;

		if (index == NO_ENTRY)
			return false;
		e = region_entry(r, index);
		frequency = atomic_load_explicit(&e->frequency, memory_order_relaxed);
		if (frequency > 0 && left > 0) {
			queue_remove(r, index);
			atomic_store_explicit(&e->frequency, small ? 0 : frequency - 1, memory_order_relaxed);
			queue_add(r, index, QUEUE_MAIN);
			continue;
		}
		if (small)
			*ghost(r, e->hash) = ghost_mark(e->hash);
		space_evict_locked(r, index);
		r->evicted++;
		return true;
	}
}

void
space_admit_locked(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);
	uint32_t *place = ghost(r, e->hash);
	bool known = *place == ghost_mark(e->hash);

	if (known)
		*place = 0;
	queue_add(r, index, known ? QUEUE_MAIN : QUEUE_SMALL);
}

uint32_t
space_entry_locked(struct region *r)
{
	uint32_t index;

	if (r->free_entry == NO_ENTRY)
		space_reap_locked(r);
	for (int i = 0; r->free_entry == NO_ENTRY && i < EVICTIONS_PER_TRY; i++)
		if (!evict_one(r))
			break;
	index = r->free_entry;
	if (index != NO_ENTRY)
		r->free_entry = region_entry(r, index)->older;
	return index;
}

/* ---- taking chunks ---- */

static void
give_back(struct region *r, struct entry *e)
{
	for (unsigned i = 0; i < e->runs; i++)
		mark(r, e->run[i], true);
	e->runs = 0;
	e->chunks = 0;
}

/* Takes the chunks in at most `runs_max` runs, the first at least `first` long.  False, and nothing taken, if that cannot be. */
static bool
take_runs(struct region *r, struct entry *e, uint32_t chunks, uint32_t first, unsigned runs_max)
{
	while (e->chunks < chunks && e->runs < runs_max) {
		struct run run = find_run(r, chunks - e->chunks);

		if (run.count == 0 || (e->runs == 0 && run.count < first))
			break;
		mark(r, run, false);
		e->run[e->runs++] = run;
		e->chunks += run.count;
	}
	if (e->chunks == chunks)
		return true;
	give_back(r, e);
	return false;
}

bool
space_take_locked(struct region *r, struct entry *e, size_t bytes, size_t first_bytes)
{
	/* at least one, so that there is a first run */
	uint32_t chunks = bytes == 0 ? 1 : (uint32_t)((bytes + REGION_CHUNK - 1) / REGION_CHUNK);
	uint32_t first = (uint32_t)((first_bytes + REGION_CHUNK - 1) / REGION_CHUNK);
	uint64_t enough = chunks, step = chunks / 8 + 1;
	unsigned runs_max = FIRST_RUNS;
	bool reaped = false;

	e->runs = 0;
	e->chunks = 0;
	for (;;) {
		if (r->free_chunks >= enough) {
			if (take_runs(r, e, chunks, first, runs_max))
				return true;
			/* in too many pieces: then more pieces, before more is evicted */
			if (runs_max < REGION_RUNS_MAX) {
				runs_max = REGION_RUNS_MAX;
				continue;
			}
			/* A search walks all of the bitmap: so there are not many. */
			enough = r->free_chunks + step;
			step *= 2;
		}
		if (!reaped && r->queue[QUEUE_LIMBO].oldest != NO_ENTRY) {
			space_reap_locked(r);
			reaped = true;
			enough = chunks;
			continue;
		}
		if (!evict_one(r))
			return r->free_chunks >= chunks && take_runs(r, e, chunks, first, runs_max);
	}
}

/* ---- after a death ---- */

static void
forget_space(struct region *r)
{
	uint32_t words = (r->chunk_count + 63) / 64;

	memset(bitmap(r), 0, words * sizeof(uint64_t));
	r->free_chunks = 0;
	mark(r, (struct run){ 0, r->chunk_count }, true);
	memset(r->queue, 0, sizeof(r->queue));
	for (uint64_t b = 0; b <= r->bucket_mask; b++)
		atomic_store(region_bucket(r, b), NO_ENTRY);
	r->free_entry = NO_ENTRY;
	r->cursor = 0;
	r->entries = 0;
}

/*
 * A retired entry that is pinned keeps its chunks: they were its own until the
 * moment it became free.  What is free or was being made has none, whoever
 * booked it in passing.
 */
void
space_rebuild_locked(struct region *r)
{
	forget_space(r);
	for (uint32_t index = r->entry_count; index >= 1; index--) {
		struct entry *e = region_entry(r, index);
		enum entry_state state = region_state(atomic_load(&e->generation));

		if (state == ENTRY_FREE || (state == ENTRY_RETIRED && !is_pinned(r, index))) {
			e->runs = 0;
			free_entry(r, index);
			continue;
		}
		e->chunks = 0;
		for (unsigned i = 0; i < e->runs; i++) {
			mark(r, e->run[i], false);
			e->chunks += e->run[i].count;
		}
		queue_add(r, index, state == ENTRY_WHOLE ? QUEUE_MAIN : QUEUE_LIMBO);
		if (state == ENTRY_WHOLE) {
			region_link_locked(r, index);
			r->entries++;
		}
	}
	r->rebuilt++;
}
