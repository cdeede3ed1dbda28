/* SPDX-License-Identifier: MIT
 *
 * See objects.h.
 *
 * The key is what no answer's key begins with, the configuration's generation
 * (another one may mean another database), the plan's identity, and the id.
 * The tags are those that plan_collect gives for the row: itself, what it
 * joins, the coarse ones.  An id that no row has is not kept.
 *
 * Why an answer may be made of objects that are older than itself.  The answer
 * notes s, the clock's number, before it reads anything; an object noted f when
 * it was filled, which may be less.  (The numbers of changes are odd; see cache/clock.h.)
 *
 *  1. What was filled at f has in it every change whose number is f or less.
 *  2. Let e be s, or s - 1 if s is odd.  Invalidators take turns, so when s could be
 *     read, all stamps of all changes up to e were there to be seen; stamps only grow.
 *  3. The object is looked up after that, and found valid: none of its stamps is greater
 *     than f.  So by 2, no change of it has a number that is greater than f and not
 *     greater than e; with 1, the object has in it every change of it up to e.
 *  4. The answer bears all tags of its objects and is kept as if it had been filled at e.
 *     A change of an object that is not in the answer has by 3 a number greater than e,
 *     so its stamp, present or to come, makes the answer invalid.  The rows that
 *     were read have in them all up to s, and so all up to e.
 *
 * With s itself this would be wrong: while a change with the number s has not set all
 * its stamps, an object without that change is still found valid; the stamp would then be
 * equal to s, and the answer valid for ever.  (For rows that the database gives, s is right
 * although it is odd: tags are applied after the commit.)  The floor is a stamp that
 * all have; it makes up for those that an invalidator did not set because it died, before the
 * clock says an even number again.
 *
 * By the clock on the wall an answer is as old as its oldest object.  So that it
 * need not be made again at once because one of many objects comes of age, only
 * such are taken as have half of max_stale before them.
 */
#include "config.h"

#include "worker/objects.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/region.h"
#include "proto/object.h"
#include "worker/shared.h"
#include "worker/tags.h"
#include "worker/view.h"

enum {
	BATCH = REGION_COPIES,
	OBJECT_MAX = 4096,			/* bytes of an object that is worth keeping */
	COPIED_MAX = BATCH * REGION_CHUNK	/* of a batch; most objects take a third of their chunk */
};

/* No other key in the region begins like this. */
static const char prefix[] = "\0object";

struct object_key {
	char bytes[sizeof(prefix) + sizeof(uint64_t) + PLAN_IDENTITY + sizeof(int64_t)];
};

struct objects {
	struct view *v;
	struct arena *arena;
	struct tags *tags;		/* of one object at a time */
	uint64_t filled_at, born_ms;	/* of the rows that the view reads */
};

struct objects *
objects_new(struct view *v)
{
	struct objects *o;

	/* what was read in a transaction that has written may yet roll back */
	if (v->service->region == NULL || v->tags == NULL || !v->kept.begun || !view_is_read(v))
		return NULL;
	o = arena_zalloc(v->request->arena, sizeof(*o));
	o->v = v;
	o->arena = v->request->arena;
	o->filled_at = v->kept.filled_at;
	o->born_ms = v->kept.born_ms;
	return o;
}

static struct slice
make_key(const struct objects *o, const struct plan *plan, int64_t id, struct object_key *key)
{
	char *at = key->bytes;

	at = mempcpy(at, prefix, sizeof(prefix));
	at = mempcpy(at, &o->v->service->generation, sizeof(uint64_t));
	at = mempcpy(at, plan->identity, PLAN_IDENTITY);
	memcpy(at, &id, sizeof(id));
	return slice_make(key->bytes, sizeof(key->bytes));
}

/* ---- finding ---- */

/* The answer has this object in it. */
static void
grow_older(struct view *v, uint64_t born_ms)
{
	if (born_ms < v->kept.born_ms)
		v->kept.born_ms = born_ms;
	v->kept.filled_at &= ~(uint64_t)1;
}

/* Whether the value is the object's; then its cells. */
static bool
decode(struct objects *o, struct object *object, struct slice value)
{
	const struct plan *plan = object->plan;
	size_t columns = (size_t)plan->column_count;
	struct slice *cells = arena_alloc(o->arena, columns * sizeof(*cells));
	const struct rows row = { .count = 1, .columns = plan->column_count, .cells = cells };

	if (!object_decode(value, cells, columns) || rows_int(&row, 0, plan->key) != object->id)
		return false;
	object->cells = cells;
	return true;
}

/* Returns how many were found. */
static size_t
find_batch(struct objects *o, struct object *object, size_t count, uint64_t oldest_ms, char *scratch)
{
	struct region_copy copy[BATCH];
	struct object_key key[BATCH];
	size_t found = 0, used;
	char *kept;

	for (size_t i = 0; i < count; i++)
		copy[i].key = make_key(o, object[i].plan, object[i].id, &key[i]);
	used = region_copy(o->v->service->region, copy, count, oldest_ms, scratch, COPIED_MAX);
	if (used == 0)
		return 0;
	kept = arena_memdup(o->arena, scratch, used);
	for (size_t i = 0; i < count; i++) {
		struct slice value = copy[i].value;

		if (value.p == NULL || !decode(o, &object[i], slice_make(kept + (value.p - scratch), value.n)))
			continue;
		grow_older(o->v, copy[i].born_ms);
		found++;
	}
	return found;
}

static void
count_found(const struct objects *o, size_t found, size_t asked)
{
	struct worker_slot *slot = o->v->service->slot;

	/* other threads of the worker count too */
	atomic_fetch_add_explicit(&slot->object_hits, found, memory_order_relaxed);
	atomic_fetch_add_explicit(&slot->object_misses, asked - found, memory_order_relaxed);
}

void
objects_find(struct objects *o, struct object *object, size_t count)
{
	uint64_t oldest;
	size_t found = 0;
	char *scratch;

	for (size_t i = 0; i < count; i++)
		object[i].cells = NULL;
	if (o == NULL || count == 0)
		return;
	oldest = region_oldest_ms(o->v->service->region, monotonic_ms(), o->v->service->settings->cache.max_stale / 2);
	scratch = xmalloc(COPIED_MAX);
	for (size_t i = 0; i < count; i += BATCH)
		found += find_batch(o, object + i, count - i < BATCH ? count - i : BATCH, oldest, scratch);
	free(scratch);
	count_found(o, found, count);
}

/* ---- keeping ---- */

static void
keep_row(struct objects *o, const struct plan *plan, const struct rows *row, struct buf *bytes)
{
	struct region_item item = { .filled_at = o->filled_at, .born_ms = o->born_ms };
	struct object_key key;

	buf_reset(bytes);
	object_encode(bytes, row->cells, (size_t)plan->column_count);
	if (bytes->len > OBJECT_MAX)
		return;
	tags_clear(o->tags);
	plan_collect(plan, o->tags, row, 0);
	if (tags_overflowed(o->tags))
		return;
	item.key = make_key(o, plan, rows_int(row, 0, plan->key), &key);
	item.body = buf_as_slice(bytes);
	item.stamp_count = tags_stamps(o->tags, region_clock(o->v->service->region), &item.stamps);
	(void)region_put(o->v->service->region, &item);
}

void
objects_keep(struct objects *o, const struct plan *plan, const struct rows *rows)
{
	struct buf bytes = { 0 };

	if (o == NULL)
		return;
	if (o->tags == NULL)
		o->tags = tags_new(o->arena);
	for (int i = 0; i < rows->count; i++) {
		const struct rows row = { 1, rows->columns, rows->cells + (size_t)i * (size_t)rows->columns };

		keep_row(o, plan, &row, &bytes);
	}
	buf_fini(&bytes);
}
