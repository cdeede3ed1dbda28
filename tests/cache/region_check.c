/* SPDX-License-Identifier: MIT
 *
 * See region_check.h.
 */
#include "config.h"

#include "tests/cache/region_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct walk {
	struct region *r;
	uint32_t *owner;		/* of each chunk; 0: nobody */
	unsigned char *listed, *chained;	/* how often each entry was met */
	uint32_t free_chunks;
	bool ok;
};

static void __attribute__((format(printf, 2, 3)))
wrong(struct walk *w, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)fputs("region: ", stderr);
	(void)vfprintf(stderr, format, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	w->ok = false;
}

static bool
is_index(struct walk *w, uint32_t index)
{
	if (index >= 1 && index <= w->r->entry_count)
		return true;
	wrong(w, "%u is no entry", index);
	return false;
}

static void
own_chunks(struct walk *w, uint32_t index)
{
	struct entry *e = region_entry(w->r, index);
	uint64_t bytes = (uint64_t)e->stamp_count * sizeof(uint32_t) + e->key_length + e->value_length;
	uint64_t chunks = 0;

	if (e->runs == 0 || e->runs > REGION_RUNS_MAX) {
		wrong(w, "entry %u has %u runs", index, e->runs);
		return;
	}
	for (unsigned i = 0; i < e->runs; i++) {
		struct run run = e->run[i];

		if (run.count == 0 || run.chunk >= w->r->chunk_count || run.count > w->r->chunk_count - run.chunk) {
			wrong(w, "entry %u: run %u+%u", index, run.chunk, run.count);
			return;
		}
		for (uint32_t c = run.chunk; c < run.chunk + run.count; c++) {
			if (w->owner[c] != 0)
				wrong(w, "chunk %u belongs to %u and %u", c, w->owner[c], index);
			w->owner[c] = index;
		}
		chunks += run.count;
	}
	if (chunks != e->chunks || bytes > chunks * REGION_CHUNK || (chunks > 1 && bytes <= (chunks - 1) * REGION_CHUNK))
		wrong(w, "entry %u: %u chunks, in runs %u, for %u bytes", index, e->chunks, (unsigned)chunks, (unsigned)bytes);
	if ((uint64_t)e->stamp_count * sizeof(uint32_t) + e->key_length > (uint64_t)e->run[0].count * REGION_CHUNK)
		wrong(w, "entry %u: its key is in pieces", index);
}

static void
check_bitmap(struct walk *w)
{
	const uint64_t *bits = region_at(w->r, w->r->bitmap_at);

	for (uint32_t c = 0; c < w->r->chunk_count; c++) {
		bool is_free = (bits[c / 64] >> (c % 64) & 1) != 0;

		w->free_chunks += is_free;
		if (is_free != (w->owner[c] == 0))
			wrong(w, "chunk %u is %s, its owner %u", c, is_free ? "free" : "taken", w->owner[c]);
	}
	if (w->free_chunks != w->r->free_chunks)
		wrong(w, "%u chunks are free, not %u", w->free_chunks, w->r->free_chunks);
}

static void
check_queue(struct walk *w, enum queue_name name)
{
	struct queue *q = &w->r->queue[name];
	uint32_t newer = NO_ENTRY, index = q->newest;
	enum entry_state state = name == QUEUE_LIMBO ? ENTRY_RETIRED : ENTRY_WHOLE;
	uint64_t chunks = 0;

	while (index != NO_ENTRY && is_index(w, index) && w->listed[index]++ == 0) {
		struct entry *e = region_entry(w->r, index);

		if (e->queue != name || e->newer != newer || region_state(e->generation) != state)
			wrong(w, "entry %u, generation %u, in queue %d: it says %u, behind %u, not %u", index, e->generation,
			    name, e->queue, e->newer, newer);
		chunks += e->chunks;
		newer = index;
		index = e->older;
	}
	if (index != NO_ENTRY || q->oldest != newer || q->chunks != chunks)
		wrong(w, "queue %d: ends at %u, not %u; %u chunks, not %u", name, newer, q->oldest, (unsigned)chunks, (unsigned)q->chunks);
}

static void
check_free(struct walk *w)
{
	uint32_t index = w->r->free_entry;

	for (; index != NO_ENTRY && is_index(w, index) && w->listed[index]++ == 0; index = region_entry(w->r, index)->older)
		if (region_state(region_entry(w->r, index)->generation) != ENTRY_FREE)
			wrong(w, "entry %u is listed as free", index);
	if (index != NO_ENTRY)
		wrong(w, "the list of free entries does not end");
}

static struct slice
key_of(struct region *r, const struct entry *e)
{
	return slice_make(region_chunk(r, e->run[0].chunk) + (size_t)e->stamp_count * sizeof(uint32_t), e->key_length);
}

static void
check_chain(struct walk *w, uint64_t bucket)
{
	uint32_t index = *region_bucket(w->r, bucket);

	for (; index != NO_ENTRY && is_index(w, index) && w->chained[index]++ == 0; index = region_entry(w->r, index)->chain) {
		struct entry *e = region_entry(w->r, index);

		if (region_state(e->generation) != ENTRY_WHOLE || (e->hash & w->r->bucket_mask) != bucket) {
			wrong(w, "entry %u, generation %u, is in the chain of %u", index, e->generation, (unsigned)bucket);
			return;
		}
		for (uint32_t other = e->chain; other != NO_ENTRY && is_index(w, other); other = region_entry(w->r, other)->chain)
			if (region_entry(w->r, other)->hash == e->hash && slice_eq(key_of(w->r, region_entry(w->r, other)), key_of(w->r, e))) {
				wrong(w, "entries %u and %u have the same key", index, other);
				return;
			}
	}
	if (index != NO_ENTRY)
		wrong(w, "the chain of %u does not end", (unsigned)bucket);
}

static void
check_entries(struct walk *w)
{
	uint64_t whole = 0;

	for (uint32_t index = 1; index <= w->r->entry_count; index++) {
		bool is_whole = region_state(region_entry(w->r, index)->generation) == ENTRY_WHOLE;

		whole += is_whole;
		if (w->listed[index] != 1 || w->chained[index] != is_whole)
			wrong(w, "entry %u, generation %u, is in %u lists and %u chains", index,
			    region_entry(w->r, index)->generation, w->listed[index], w->chained[index]);
	}
	if (whole != w->r->entries)
		wrong(w, "%u entries are whole, not %u", (unsigned)whole, (unsigned)w->r->entries);
}

bool
region_check(struct region *r)
{
	struct walk w = { .r = r, .ok = true };

	w.owner = calloc(r->chunk_count, sizeof(*w.owner));
	w.listed = calloc((size_t)r->entry_count + 1, 1);
	w.chained = calloc((size_t)r->entry_count + 1, 1);
	if (w.owner == NULL || w.listed == NULL || w.chained == NULL)
		abort();
	for (uint32_t index = 1; index <= r->entry_count; index++)
		if (region_state(region_entry(r, index)->generation) != ENTRY_FREE)
			own_chunks(&w, index);
	check_bitmap(&w);
	check_queue(&w, QUEUE_SMALL);
	check_queue(&w, QUEUE_MAIN);
	check_queue(&w, QUEUE_LIMBO);
	check_free(&w);
	if (w.ok) {
		for (uint64_t b = 0; b <= r->bucket_mask; b++)
			check_chain(&w, b);
		check_entries(&w);
	}
	free(w.owner);
	free(w.listed);
	free(w.chained);
	return w.ok;
}
