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
 * An object that Redis gave (cache/tier.h) has in it every change up to s, and so up to e; the answer is then kept as
 * above, the object with f = e.  Let X be a change of it with a number of the clock that is s or less.  Before
 * X got that number it was either read from the stream, where its message is n, or it was applied
 * ahead of it.
 *
 *  5. Read from the stream: Redis had X's message then, and so has it now, or it is not asked successfully: its
 *     number must not be less than as_of, which is n at least: the bus raises what it knows of before it applies X,
 *     and it is noted after s is.  Thus a Redis that lost
 *     messages in a failover, and has the same nonce still, gives nothing.  When X was published, the object was deleted,
 *     or its epoch raised.  What is found has as_of >= n: a node that knew of n before it opened
 *     its snapshot has read it.  X was committed before it was published, so it is in there.
 *  6. Applied ahead: it was marked before it got its number, so the mark is seen after s was read.  If
 *     the mark is greater than what was passed when the position was noted, the object is not used: Redis may
 *     not have had X yet when it was asked.  (So it does not help to look at what is passed now: X may have been
 *     published between our question and our look.)  Else X was committed, and published, before that, and its number known
 *     before it was passed; go on as in 5.
 *  7. What is marked or published after s was read has a number greater than s: its stamp makes the answer invalid.
 *
 * It is not known when such an object was read.  But at the last look that the bus granted the lease for,
 * max_stale before its end, all that was committed was in the stream or marked; so by 5 and 6 (the lease was
 * noted before the position) the object has all of it, and counts as born then.  Only under the
 * lease, and not before its beginning: Redis has no word of what happened while nobody told.
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
#include "cache/tier.h"
#include "proto/object.h"
#include "worker/shared.h"
#include "worker/tags.h"
#include "worker/view.h"

enum {
	BATCH = REGION_COPIES,
	OBJECT_MAX = 4096,			/* bytes of an object that is worth keeping */
	COPIED_MAX = BATCH * REGION_CHUNK	/* of a batch; most objects take a third of their chunk */
};
_Static_assert((int)PLAN_EPOCHS_MAX <= (int)TIER_EPOCHS_MAX && (int)OBJECT_MAX <= (int)TIER_VALUE_MAX,
    "Redis takes what is kept");

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
	struct slice zone;		/* dates of the same row are other texts in another one */
	/* to be sent to Redis */
	struct tier_object *shared;
	size_t shared_count, shared_capacity;
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
	o->tags = tags_new(o->arena);
	o->zone = slice_str(v->service->settings->api.timezone != NULL ? v->service->settings->api.timezone : "");
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

static size_t
find_in_region(struct objects *o, struct object *object, size_t count)
{
	uint64_t oldest;
	size_t found = 0;
	char *scratch;

	oldest = region_oldest_ms(o->v->service->region, monotonic_ms(), o->v->service->settings->cache.max_stale / 2);
	scratch = xmalloc(COPIED_MAX);
	for (size_t i = 0; i < count; i += BATCH)
		found += find_batch(o, object + i, count - i < BATCH ? count - i : BATCH, oldest, scratch);
	free(scratch);
	count_found(o, found, count);
	return found;
}

/* Puts an object into the region whose tags are o->tags. */
static void
put(struct objects *o, const struct plan *plan, int64_t id, struct slice bytes, uint64_t filled_at, uint64_t born_ms)
{
	struct region_item item = { .filled_at = filled_at, .born_ms = born_ms, .body = bytes };
	struct object_key key;

	item.key = make_key(o, plan, id, &key);
	item.stamp_count = tags_stamps(o->tags, region_clock(o->v->service->region), &item.stamps);
	(void)region_put(o->v->service->region, &item);
}

/* ---- finding in Redis ---- */

/* Whether the nodes share such objects: what has no tag of its own has no key. */
static bool
is_shared(const struct plan *plan)
{
	return !plan->shape->part && plan->epoch_count > 0;
}

/* When objects of Redis count as born, or 0 when they are not to be used. */
static uint64_t
shared_born_ms(const struct objects *o)
{
	const struct kept *kept = &o->v->kept;
	uint64_t max_stale = o->v->service->settings->cache.max_stale, now = monotonic_ms(), born;

	if (o->v->service->tier == NULL || kept->fill.nonce == 0 || now >= kept->lease.until_ms)
		return 0;
	born = kept->lease.until_ms > max_stale ? kept->lease.until_ms - max_stale : 0;
	/* a lease from before a reload may have been granted for longer: it does not tell when the look was */
	return born >= kept->lease.since_ms && born <= now ? born : 0;
}

static struct tier_object
shared_object(struct objects *o, const struct plan *plan, int64_t id)
{
	struct tier_object object = { .object = plan->tags->object, .id = id, .epochs = (size_t)plan->epoch_count };
	char *shape = arena_alloc(o->arena, PLAN_IDENTITY + o->zone.n);

	for (int i = 0; i < plan->epoch_count; i++)
		object.epoch[i] = plan->epoch[i];
	memcpy(mempcpy(shape, plan->identity, PLAN_IDENTITY), o->zone.p, o->zone.n);
	object.shape = slice_make(shape, PLAN_IDENTITY + o->zone.n);
	return object;
}

/* Whether it is the object, with nothing applied ahead that it may lack; then its cells, and it is kept here too. */
static bool
take_shared(struct objects *o, struct object *object, struct slice value, uint64_t born_ms)
{
	struct view *v = o->v;
	const uint64_t *tags;
	struct rows row;
	size_t count;

	if (!decode(o, object, value))
		return false;
	row = (struct rows){ .count = 1, .columns = object->plan->column_count, .cells = object->cells };
	tags_clear(o->tags);
	plan_collect(object->plan, o->tags, &row, 0);
	count = tags_hashes(o->tags, &tags);
	if (tags_overflowed(o->tags) ||
	    position_is_ahead(region_position(v->service->region), &v->kept.fill, tags, count)) {
		object->cells = NULL;
		return false;
	}
	grow_older(v, born_ms);
	put(o, object->plan, object->id, value, o->filled_at & ~(uint64_t)1, born_ms);
	return true;
}

static void
find_shared_batch(struct objects *o, struct object *const *missing, size_t count, uint64_t born_ms)
{
	struct tier_object *asked = arena_alloc(o->arena, count * sizeof(*asked));

	for (size_t i = 0; i < count; i++)
		asked[i] = shared_object(o, missing[i]->plan, missing[i]->id);
	tier_find(o->v->service->tier, o->arena, o->v->kept.fill, asked, count);
	for (size_t i = 0; i < count; i++)
		if (asked[i].value.p != NULL)
			(void)take_shared(o, missing[i], asked[i].value, born_ms);
}

static void
find_shared(struct objects *o, struct object *object, size_t count)
{
	struct object **missing;
	size_t n = 0;
	uint64_t born_ms = shared_born_ms(o);

	if (born_ms == 0)
		return;
	missing = arena_alloc(o->arena, count * sizeof(struct object *));
	for (size_t i = 0; i < count; i++)
		if (object[i].cells == NULL && is_shared(object[i].plan))
			missing[n++] = &object[i];
	for (size_t i = 0; i < n; i += TIER_BATCH)
		find_shared_batch(o, missing + i, n - i < TIER_BATCH ? n - i : TIER_BATCH, born_ms);
}

void
objects_find(struct objects *o, struct object *object, size_t count)
{
	for (size_t i = 0; i < count; i++)
		object[i].cells = NULL;
	if (o == NULL || count == 0)
		return;
	if (find_in_region(o, object, count) < count)
		find_shared(o, object, count);
}

/* ---- keeping ---- */

static void
share(struct objects *o, const struct plan *plan, int64_t id, struct slice bytes)
{
	struct tier_object *object;

	if (o->v->service->tier == NULL || o->v->kept.fill.nonce == 0 || !is_shared(plan))
		return;
	if (o->shared_count == o->shared_capacity) {
		size_t capacity = o->shared_capacity > 0 ? o->shared_capacity * 2 : 32;
		struct tier_object *grown = arena_alloc(o->arena, capacity * sizeof(*grown));

		if (o->shared_count > 0)
			memcpy(grown, o->shared, o->shared_count * sizeof(*grown));
		o->shared = grown;
		o->shared_capacity = capacity;
	}
	object = &o->shared[o->shared_count++];
	*object = shared_object(o, plan, id);
	object->value = arena_slice(o->arena, bytes);
}

static void
keep_row(struct objects *o, const struct plan *plan, const struct rows *row, struct buf *bytes)
{
	int64_t id = rows_int(row, 0, plan->key);

	buf_reset(bytes);
	object_encode(bytes, row->cells, (size_t)plan->column_count);
	if (bytes->len > OBJECT_MAX)
		return;
	tags_clear(o->tags);
	plan_collect(plan, o->tags, row, 0);
	if (tags_overflowed(o->tags))
		return;
	put(o, plan, id, buf_as_slice(bytes), o->filled_at, o->born_ms);
	share(o, plan, id, buf_as_slice(bytes));
}

void
objects_keep(struct objects *o, const struct plan *plan, const struct rows *rows)
{
	struct buf bytes = { 0 };

	if (o == NULL)
		return;
	kept_look(o->v);
	for (int i = 0; i < rows->count && !o->v->kept.foreign; i++) {
		const struct rows row = { .count = 1, .columns = rows->columns,
			.cells = rows->cells + (size_t)i * (size_t)rows->columns };

		keep_row(o, plan, &row, &bytes);
	}
	buf_fini(&bytes);
}

void
objects_share(struct objects *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->shared_count; i += TIER_BATCH)
		tier_keep(o->v->service->tier, o->v->kept.fill, o->shared + i,
		    o->shared_count - i < TIER_BATCH ? o->shared_count - i : TIER_BATCH);
	o->shared_count = 0;
}
