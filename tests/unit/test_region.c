/* SPDX-License-Identifier: MIT
 *
 * The region: that what is kept is found again to the byte, what gives way to
 * what, what pins are good for, and what is left when a process is killed in
 * the middle of a change: at each single instruction of it.  Each test ends
 * with a walk over all of the region, and without pins.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/log.h"
#include "base/robust.h"
#include "tests/cache/region_check.h"

enum { SMALL = REGION_MIN_SIZE, WORKERS = 2, VALUE_MAX = 256 * 1024, HEAD_MAX = 400 };

static char noise[VALUE_MAX + 4096];

static struct region *
fresh(size_t size)
{
	struct region *r = region_create(size, WORKERS);
	uint32_t state = 1;

	cr_assert_not_null(r);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)((state = state * 1664525 + 1013904223) >> 24);
	return r;
}

static void
finish(struct region **r)
{
	struct region_stats stats;

	region_stats(*r, &stats);
	cr_expect_eq(stats.pins, 0, "%u pins are left", (unsigned)stats.pins);
	cr_expect(region_check(*r));
	region_close(r);
	cr_expect_null(*r);
}

/* ---- items by number: key and bytes follow from it ---- */

struct thing {
	char key[32];
	struct region_item item;
	uint32_t stamp;
};

/* A head as answers have it: never cut, so it must not be long where room is in pieces. */
static size_t
head_length(size_t size)
{
	return size / 3 < HEAD_MAX ? size / 3 : HEAD_MAX;
}

static struct region_item *
thing(struct thing *t, struct region *r, unsigned number, size_t size)
{
	size_t head = head_length(size);
	const char *value = noise + number % 4096;
	int n = snprintf(t->key, sizeof(t->key), "thing %u", number);

	t->stamp = clock_stamp(region_clock(r), number);
	t->item = (struct region_item){
		.key = slice_make(t->key, (size_t)n), .head = slice_make(value, head), .body = slice_make(value + head, size - head),
		.stamps = &t->stamp, .stamp_count = 1, .filled_at = clock_read(region_clock(r)), .born_ms = number,
		.extra = number & 0xffff
	};
	return &t->item;
}

static bool
put(struct region *r, unsigned number, size_t size)
{
	struct thing t;

	return region_put(r, thing(&t, r, number, size));
}

static bool
get(struct region *r, unsigned worker, unsigned number, struct region_hit *hit)
{
	struct thing t;

	return region_get(r, worker, thing(&t, r, number, 0)->key, 0, hit);
}

/* Whether the bytes under the pin are those of that number. */
static bool
intact(const struct region_hit *hit, unsigned number, size_t size)
{
	const char *value = noise + number % 4096;
	size_t at = 0;

	for (unsigned i = 0; i < hit->pieces; i++) {
		if (at + hit->piece[i].n > size || memcmp(hit->piece[i].p, value + at, hit->piece[i].n) != 0)
			return false;
		at += hit->piece[i].n;
	}
	return at == size && hit->length == size && hit->head_length == head_length(size) && hit->born_ms == number &&
	    hit->extra == (number & 0xffff);
}

/* Finds, compares, unpins. */
static bool
has(struct region *r, unsigned number, size_t size)
{
	struct region_hit hit;
	bool ok;

	if (!get(r, 0, number, &hit))
		return false;
	ok = intact(&hit, number, size);
	cr_expect(ok, "thing %u of %zu bytes", number, size);
	region_unpin(r, 0, hit.pin);
	return ok;
}

static void
evict(struct region *r, uint32_t index)
{
	bool inherited;

	robust_lock(&r->lock, &inherited);
	space_evict_locked(r, index);
	robust_unlock(&r->lock);
}

static uint64_t
stat_limbo(struct region *r)
{
	struct region_stats stats;

	region_stats(r, &stats);
	return stats.limbo;
}

/* ---- making ---- */

Test(region, sizes_are_bounded)
{
	struct region *r;

	errno = 0;
	cr_expect_null(region_create(REGION_MIN_SIZE - 1, 1));
	cr_expect_eq(errno, EINVAL);
	cr_expect_null(region_create((size_t)REGION_MAX_SIZE + 1, 1));
	cr_expect_eq(errno, EINVAL);
	cr_expect_null(region_create(REGION_MIN_SIZE, 1000), "their pins need more than there is");
	cr_expect_eq(errno, EINVAL);
	cr_expect_null(region_create(REGION_MIN_SIZE, UINT32_MAX));
	r = fresh(REGION_MIN_SIZE);
	cr_expect_gt(r->chunk_count, REGION_MIN_SIZE / REGION_CHUNK / 2);
	finish(&r);
	/* not a multiple of anything */
	r = fresh(REGION_MIN_SIZE + 12345);
	cr_expect(put(r, 1, 1000) && has(r, 1, 1000));
	finish(&r);
	region_close(&r);
}

/* ---- bytes ---- */

Test(region, every_size_comes_back_to_the_byte)
{
	struct region *r = fresh(SMALL);

	for (size_t size = 0; size <= 3 * REGION_CHUNK + 1; size++) {
		cr_assert(put(r, (unsigned)size, size));
		cr_assert(has(r, (unsigned)size, size));
	}
	finish(&r);
}

Test(region, nothing_at_all_is_an_entry_too)
{
	struct region *r = fresh(SMALL);
	struct region_item item = { .filled_at = clock_read(region_clock(r)) };
	struct region_hit hit;

	cr_assert(region_put(r, &item));
	cr_assert(region_get(r, 0, SLICE(""), 0, &hit));
	cr_expect_eq(hit.pieces, 0);
	cr_expect_eq(hit.length, 0);
	region_unpin(r, 0, hit.pin);
	finish(&r);
}

/* Entries of one and of ten chunks in turn, to the end; then those of that many are gone. */
static void
make_gaps(struct region *r, uint32_t free_chunks)
{
	for (unsigned n = 100000; r->free_chunks > 0; n++) {
		uint32_t chunks = n % 2 ? 1 : r->free_chunks < 10 ? r->free_chunks : 10;

		cr_assert(put(r, n, chunks * REGION_CHUNK - 100));
	}
	for (uint32_t index = 1; index <= r->entry_count; index++) {
		struct entry *e = region_entry(r, index);

		if (region_state(e->generation) == ENTRY_WHOLE && e->chunks == free_chunks)
			evict(r, index);
	}
	cr_assert(region_check(r));
}

Test(region, largest_key_and_most_stamps_lie_in_front)
{
	static uint32_t stamps[REGION_TAGS_MAX];
	struct region *r = fresh(SMALL);
	struct region_item item = {
		.key = slice_make(noise, REGION_KEY_MAX), .head = SLICE("head"), .body = SLICE("body"),
		.stamps = stamps, .stamp_count = REGION_TAGS_MAX, .filled_at = clock_read(region_clock(r))
	};
	struct region_hit hit;

	for (unsigned i = 0; i < REGION_TAGS_MAX; i++)
		stamps[i] = i;
	/* ten and ten would do for the bytes, but not for what has to be in one piece */
	make_gaps(r, 10);
	cr_assert(region_put(r, &item));
	cr_assert(region_get(r, 0, item.key, 0, &hit));
	cr_expect_eq(hit.length, 8);
	cr_expect_eq(memcmp(hit.piece[0].p, "headbody", 8), 0);
	region_unpin(r, 0, hit.pin);
	clock_invalidate(region_clock(r), &stamps[REGION_TAGS_MAX - 1], 1);
	cr_expect_not(region_get(r, 0, item.key, 0, &hit));
	finish(&r);
}

Test(region, an_entry_in_many_pieces_comes_back_to_the_byte)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit;

	make_gaps(r, 1);
	cr_assert(put(r, 1, 8 * REGION_CHUNK - 100));
	cr_assert(get(r, 0, 1, &hit));
	/* two gaps may touch at the end of the region */
	cr_expect_geq(hit.pieces, REGION_RUNS_MAX - 1);
	cr_expect(intact(&hit, 1, 8 * REGION_CHUNK - 100));
	region_unpin(r, 0, hit.pin);
	cr_expect_eq(r->evicted, 0, "there was room, in pieces");
	cr_expect(region_check(r));
	/* more pieces than may be: then others give way */
	cr_assert(put(r, 2, 60 * REGION_CHUNK));
	cr_expect(has(r, 2, 60 * REGION_CHUNK));
	cr_expect(has(r, 2, 60 * REGION_CHUNK));
	finish(&r);
}

/* Who reads looks for lines in it. */
Test(region, a_head_is_not_cut)
{
	struct region *r = fresh(SMALL);
	struct region_item item = { .filled_at = clock_read(region_clock(r)), .body = slice_make(noise, 3 * REGION_CHUNK) };
	struct region_hit hit;

	make_gaps(r, 1);
	for (size_t n = REGION_CHUNK - HEAD_MAX - 10; n < REGION_CHUNK + 10; n++) {
		item.key = slice_make(noise, n);
		item.head = slice_make(noise + n, HEAD_MAX);
		cr_assert(region_put(r, &item));
		cr_assert(region_get(r, 0, item.key, 0, &hit));
		cr_assert_geq(hit.piece[0].n, HEAD_MAX, "a key of %zu bytes", n);
		cr_assert_eq(memcmp(hit.piece[0].p, noise + n, HEAD_MAX), 0);
		region_unpin(r, 0, hit.pin);
	}
	finish(&r);
}

Test(region, room_in_pieces_gives_way_even_for_the_largest)
{
	struct region *r = fresh(SMALL);
	size_t largest = (size_t)r->chunk_count / 8 * REGION_CHUNK - 64;

	make_gaps(r, 1);
	cr_expect(put(r, 1, largest));
	cr_expect(has(r, 1, largest));
	for (unsigned n = 0; n < 400; n++) {
		cr_assert(put(r, n, n % 3 == 0 ? largest : 700));
		cr_assert(has(r, n, n % 3 == 0 ? largest : 700));
	}
	finish(&r);
}

/* ---- what gives way ---- */

Test(region, a_key_is_replaced_by_what_was_filled_later)
{
	struct region *r = fresh(SMALL);
	struct thing t;
	struct region_stats stats;

	cr_assert(put(r, 1, 2000));
	cr_assert(put(r, 1, 500));
	cr_expect(has(r, 1, 500));
	region_stats(r, &stats);
	cr_expect_eq(stats.entries, 1);
	cr_expect_eq(stats.bytes, REGION_CHUNK);
	/* one that began before a change of something else comes after one that began behind it */
	(void)thing(&t, r, 1, 100);
	clock_invalidate(region_clock(r), (uint32_t[]){ clock_stamp(region_clock(r), 2) }, 1);
	cr_assert(put(r, 1, 600));
	cr_expect_not(region_put(r, &t.item));
	cr_expect(has(r, 1, 600));
	finish(&r);
}

Test(region, what_is_not_valid_is_neither_kept_nor_found)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit;
	struct region_stats stats;
	struct thing t;

	(void)thing(&t, r, 1, 100);
	clock_invalidate(region_clock(r), &t.stamp, 1);
	cr_expect_not(region_put(r, &t.item), "it began before the change");
	cr_assert(put(r, 1, 100));
	cr_expect(has(r, 1, 100));
	clock_invalidate(region_clock(r), &t.stamp, 1);
	cr_expect_not(get(r, 0, 1, &hit));
	cr_assert(put(r, 1, 101));
	cr_expect(has(r, 1, 101));
	clock_forget(region_clock(r));
	cr_expect_not(get(r, 0, 1, &hit));
	cr_assert(put(r, 1, 102));
	cr_expect(region_get(r, 0, t.item.key, 1, &hit), "born at 1");
	region_unpin(r, 0, hit.pin);
	cr_expect_not(region_get(r, 0, t.item.key, 2, &hit), "too old");
	region_stats(r, &stats);
	cr_expect_eq(stats.stale, 3);
	cr_expect_eq(stats.refused, 1);
	finish(&r);
}

/* An entry's memory of when it was valid last is not that of the one before it. */
Test(region, a_new_entry_does_not_inherit_the_short_cut)
{
	struct region *r = fresh(SMALL);
	uint32_t index;

	cr_assert(put(r, 1, 100));
	index = r->queue[QUEUE_SMALL].newest;
	cr_expect(has(r, 1, 100));
	cr_expect_eq(region_entry(r, index)->valid_at, clock_read(region_clock(r)));
	cr_assert(put(r, 1, 100));
	cr_assert_eq(r->queue[QUEUE_SMALL].newest, index, "freed last, taken first");
	cr_expect_eq(region_entry(r, index)->valid_at, 0);
	finish(&r);
}

Test(region, more_than_allowed_is_refused)
{
	struct region *r = fresh(SMALL);
	struct region_item item = { .key = SLICE("large"), .filled_at = clock_read(region_clock(r)) };
	size_t largest = (size_t)r->chunk_count / 8 * REGION_CHUNK;
	static uint32_t stamps[REGION_TAGS_MAX + 1];
	struct region_stats stats;

	cr_assert(put(r, 1, 100));
	item.body = slice_make(noise, largest - 5);
	cr_expect(region_put(r, &item));
	item.body.n++;
	cr_expect_not(region_put(r, &item));
	item.body.n = (size_t)1 << 32;
	cr_expect_not(region_put(r, &item));
	item.body = SLICE("small");
	item.stamps = stamps;
	item.stamp_count = REGION_TAGS_MAX + 1;
	cr_expect_not(region_put(r, &item));
	item.stamp_count = 0;
	item.key = slice_make(noise, REGION_KEY_MAX + 1);
	cr_expect_not(region_put(r, &item));
	cr_expect(has(r, 1, 100), "for what is refused, nothing gives way");
	region_stats(r, &stats);
	cr_expect_eq(stats.refused, 4);
	finish(&r);
}

Test(region, more_entries_than_the_index_holds)
{
	struct region *r = fresh(SMALL);
	unsigned found = 0;

	for (unsigned n = 0; n < 3 * r->entry_count; n++) {
		cr_assert(put(r, n, 10));
		cr_assert(has(r, n, 10));
	}
	for (unsigned n = 0; n < 3 * r->entry_count; n++)
		found += has(r, n, 10);
	cr_expect_eq(found, r->entry_count);
	finish(&r);
}

/*
 * A crawler reads everything once, more than ten times what the region holds;
 * others ask for few things again and again.
 */
Test(region, the_hot_set_survives_a_crawler)
{
	enum { CRAWLED = 1000000, HOT = 60 };
	struct region *r = fresh(SMALL);
	struct region_hit hit;
	unsigned hits = 0, asked = 0, random = 1;

	for (unsigned n = 0; n < CRAWLED; n++) {
		unsigned number = 1000 + n;

		cr_assert_not(get(r, 0, number, &hit));
		cr_assert(put(r, number, 1500));
		if (n % 3 != 0)
			continue;
		random = random * 1664525 + 1013904223;
		number = (random >> 16) % HOT;
		asked++;
		if (get(r, 1, number, &hit)) {
			hits++;
			region_unpin(r, 1, hit.pin);
		} else {
			cr_assert(put(r, number, 1500));
		}
	}
	cr_expect_gt(hits * 100.0 / asked, 95.0, "%u hits of %u", hits, asked);
	finish(&r);
}

/* Readers that never cease to ask do not make eviction go around for ever. */
Test(region, what_is_asked_for_gives_way_when_all_is)
{
	struct region *r = fresh(SMALL);
	unsigned found = 0;

	for (unsigned n = 0; n < 150; n++)
		cr_assert(put(r, n, 5000));
	for (unsigned round = 0; round < 5; round++)
		for (unsigned n = 0; n < 150; n++)
			found += has(r, n, 5000);
	cr_expect_gt(found, 0);
	for (unsigned n = 1000; n < 1600; n++)
		cr_assert(put(r, n, 5000) && has(r, n, 5000));
	finish(&r);
}

/* ---- chains ---- */

/* A hash that only adds the words up: keys of the same words in another order collide. */
static void
weaken(struct region *r)
{
	r->secret[0] = 1;
	r->secret[1] = 1;
}

static struct slice
colliding(uint64_t words[2], unsigned number)
{
	words[0] = number;
	words[1] = number ^ 0xabcdef;
	return slice_make((const char *)words, 2 * sizeof(*words));
}

Test(region, keys_are_compared_beyond_their_hash)
{
	enum { KEYS = 40 };
	struct region *r = fresh(SMALL);
	struct region_hit hit;
	uint64_t words[2];
	unsigned different = 0;

	weaken(r);
	for (unsigned n = 0; n < KEYS; n++) {
		struct region_item item = { .key = colliding(words, n), .body = slice_make(noise + n, n + 1), .filled_at = 2 };

		cr_assert(region_put(r, &item));
	}
	for (uint32_t index = 2; index <= r->entry_count; index++)
		different += region_state(region_entry(r, index)->generation) == ENTRY_WHOLE &&
		    region_entry(r, index)->hash != region_entry(r, r->queue[QUEUE_SMALL].oldest)->hash;
	cr_assert_eq(different, 0, "the test's keys do not collide");
	for (unsigned n = 0; n < KEYS; n++) {
		cr_assert(region_get(r, 0, colliding(words, n), 0, &hit));
		cr_expect_eq(hit.length, n + 1);
		cr_expect_eq(memcmp(hit.piece[0].p, noise + n, n + 1), 0);
		region_unpin(r, 0, hit.pin);
	}
	cr_expect(region_check(r));
	/* from the middle, the front and the end of the chain */
	for (uint32_t index = 1; index <= KEYS; index += 3)
		evict(r, index);
	cr_expect_not(region_get(r, 0, slice_make((const char *)words, 7), 0, &hit));
	finish(&r);
}

/* ---- copies ---- */

enum { COPIES = 3 * REGION_COPIES + 5 };

/* Asks for things 0 to count - 1. */
struct copies {
	struct thing thing[COPIES];
	struct region_copy item[COPIES];
	char memory[512 * 1024];
	size_t used;
};

static struct copies *
copy(struct region *r, unsigned count, uint64_t oldest_ms, size_t size)
{
	static struct copies c;

	for (unsigned n = 0; n < count; n++)
		c.item[n].key = thing(&c.thing[n], r, n, 0)->key;
	memset(c.memory, '#', sizeof(c.memory));
	c.used = region_copy(r, c.item, count, oldest_ms, c.memory, size);
	cr_expect_leq(c.used, size);
	if (size < sizeof(c.memory))
		cr_expect_eq(c.memory[size], '#');
	return &c;
}

static bool
copied(const struct copies *c, unsigned number, size_t size)
{
	struct slice value = c->item[number].value;

	return value.p >= c->memory && value.p + value.n <= c->memory + c->used && value.n == size &&
	    memcmp(value.p, noise + number % 4096, size) == 0 && c->item[number].born_ms == number;
}

Test(region, copies_of_every_size_are_right_to_the_byte)
{
	struct region *r = fresh(SMALL);
	const struct copies *c;

	make_gaps(r, 1);
	/* one after the other, some in pieces; the third of three is not there */
	for (unsigned n = 0; n < COPIES; n++)
		if (n % 3 != 2)
			cr_assert(put(r, n, n * 29));
	c = copy(r, COPIES, 0, sizeof(c->memory));
	for (unsigned n = 0; n < COPIES; n++)
		cr_expect(n % 3 == 2 ? c->item[n].value.p == NULL : copied(c, n, n * 29), "thing %u", n);
	cr_expect_eq(copy(r, 0, 0, 0)->used, 0);
	finish(&r);
}

Test(region, what_does_not_fit_is_not_copied)
{
	struct region *r = fresh(SMALL);
	const struct copies *c;

	cr_assert(put(r, 0, 300) && put(r, 1, 2000) && put(r, 2, 0) && put(r, 3, 200));
	for (size_t size = 0; size <= 2600; size++) {
		size_t left = size;

		c = copy(r, 4, 0, size);
		for (unsigned n = 0; n < 4; n++) {
			size_t length = n == 0 ? 300 : n == 1 ? 2000 : n == 2 ? 0 : 200;

			cr_assert(length <= left ? copied(c, n, length) : c->item[n].value.p == NULL);
			left -= length <= left ? length : 0;
		}
		cr_assert_eq(c->used, size - left);
	}
	finish(&r);
}

Test(region, only_what_is_valid_is_copied)
{
	struct region *r = fresh(SMALL);
	const struct copies *c;

	for (unsigned n = 0; n < 6; n++)
		cr_assert(put(r, n, 100));
	clock_invalidate(region_clock(r), (uint32_t[]){ clock_stamp(region_clock(r), 4) }, 1);
	c = copy(r, 7, 2, sizeof(c->memory));
	for (unsigned n = 0; n < 7; n++)
		cr_expect(n < 2 || n == 4 || n == 6 ? c->item[n].value.p == NULL : copied(c, n, 100), "thing %u", n);
	clock_forget(region_clock(r));
	cr_expect_eq(copy(r, 7, 0, sizeof(c->memory))->used, 0);
	finish(&r);
}

/* As if it had been asked for by region_get. */
Test(region, what_is_copied_stays)
{
	struct region *r = fresh(SMALL);

	cr_assert(put(r, 0, 100) && put(r, 1, 100));
	cr_expect_eq(copy(r, 1, 0, 4096)->used, 100);
	for (unsigned n = 1000; r->evicted < 100; n++)
		cr_assert(put(r, n, 3000));
	cr_expect(has(r, 0, 100));
	cr_expect_not(has(r, 1, 100));
	finish(&r);
}

static void *
copy_often(void *region)
{
	struct region *r = region;
	static const char wrong;
	bool right = true;

	for (unsigned round = 0; round < 3000 && right; round++) {
		struct thing t[8];
		struct region_copy item[8];
		char memory[8 * 3000];

		for (unsigned n = 0; n < 8; n++)
			item[n].key = thing(&t[n], r, (round + n) % 100, 0)->key;
		(void)region_copy(r, item, 8, 0, memory, sizeof(memory));
		for (unsigned n = 0; n < 8; n++) {
			unsigned number = (round + n) % 100;

			right &= item[n].value.p == NULL || (item[n].value.n == 2500 && item[n].born_ms == number &&
			    memcmp(item[n].value.p, noise + number, 2500) == 0);
		}
	}
	return right ? NULL : (void *)(uintptr_t)&wrong;
}

Test(region, threads_copy_while_others_put)
{
	struct region *r = fresh(SMALL);
	pthread_t threads[2];
	void *wrong;

	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, copy_often, r), 0);
	for (unsigned n = 0; n < 20000; n++)
		(void)put(r, n % 300, 2500);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(pthread_join(threads[i], &wrong), 0);
		cr_expect_null(wrong);
	}
	finish(&r);
}

/* ---- pins ---- */

Test(region, pinned_bytes_stay_after_eviction)
{
	struct region *r = fresh(SMALL);
	struct region_hit first, second;

	cr_assert(put(r, 1, 5000));
	cr_assert(get(r, 0, 1, &first));
	cr_assert(get(r, 1, 1, &second));
	cr_assert(put(r, 1, 4000));
	cr_expect_eq(stat_limbo(r), 5 * REGION_CHUNK);
	for (unsigned n = 0; n < 2000; n++)
		cr_assert(put(r, 100 + n, 3000));
	cr_expect(intact(&first, 1, 5000));
	region_unpin(r, 0, first.pin);
	for (unsigned n = 0; n < 2000; n++)
		cr_assert(put(r, 100 + n, 3000));
	cr_expect(intact(&second, 1, 5000));
	cr_expect_eq(stat_limbo(r), 5 * REGION_CHUNK);
	region_unpin(r, 1, second.pin);
	for (unsigned n = 0; n < 2000; n++)
		cr_assert(put(r, 100 + n, 3000));
	cr_expect_eq(stat_limbo(r), 0);
	finish(&r);
}

Test(region, no_pin_left_is_a_miss)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit[REGION_PINS_MAX], more;
	struct region_stats stats;

	cr_assert(put(r, 1, 100));
	for (unsigned i = 0; i < REGION_PINS_MAX; i++)
		cr_assert(get(r, 0, 1, &hit[i]));
	cr_expect_not(get(r, 0, 1, &more));
	cr_expect(get(r, 1, 1, &more), "another worker has its own");
	region_unpin(r, 1, more.pin);
	region_stats(r, &stats);
	cr_expect_eq(stats.pins, REGION_PINS_MAX);
	region_unpin(r, 0, hit[500].pin);
	cr_expect(get(r, 0, 1, &hit[500]));
	for (unsigned i = 0; i < REGION_PINS_MAX; i++)
		region_unpin(r, 0, hit[(i * 7) % REGION_PINS_MAX].pin);
	cr_expect_leq(region_pins(r, 0)->used, REGION_PINS_FIRST);
	finish(&r);
}

Test(region, a_miss_leaves_no_pin)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit;
	struct region_stats stats;

	weaken(r);
	cr_assert(put(r, 1, 100));
	cr_expect_not(get(r, 0, 2, &hit));
	clock_forget(region_clock(r));
	cr_expect_not(get(r, 0, 1, &hit));
	region_stats(r, &stats);
	cr_expect_eq(stats.pins, 0);
	cr_expect_eq(stats.misses, 1);
	cr_expect_eq(stats.stale, 1);
	finish(&r);
}

Test(region, the_dead_are_buried_with_their_pins)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit[3], living;
	struct region_stats stats;

	for (unsigned n = 0; n < 3; n++) {
		cr_assert(put(r, n, 9000));
		cr_assert(get(r, 0, n, &hit[n]));
	}
	cr_assert(get(r, 1, 1, &living));
	for (uint32_t index = 1; index <= r->entry_count; index++)
		if (region_state(region_entry(r, index)->generation) == ENTRY_WHOLE)
			evict(r, index);
	cr_expect_eq(stat_limbo(r), 3 * 9 * REGION_CHUNK);
	region_bury(r, 0);
	region_stats(r, &stats);
	cr_expect_eq(stats.pins, 1);
	for (unsigned n = 0; n < 500; n++)
		cr_assert(put(r, 100 + n, 3000));
	cr_expect_eq(stat_limbo(r), 9 * REGION_CHUNK);
	cr_expect(intact(&living, 1, 9000));
	region_unpin(r, 1, living.pin);
	finish(&r);
}

Test(region, full_of_what_is_pinned)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit[REGION_PINS_MAX];
	unsigned count = 0, refused = 0;

	while (r->free_chunks > 4) {
		cr_assert(put(r, count, 4000));
		cr_assert(get(r, 0, count, &hit[count]));
		count++;
	}
	for (unsigned n = 0; n < 100; n++)
		refused += !put(r, 1000 + n, 9000);
	cr_expect_eq(refused, 100);
	for (unsigned i = 0; i < count; i++) {
		cr_expect(intact(&hit[i], i, 4000));
		region_unpin(r, 0, hit[i].pin);
	}
	cr_expect(put(r, 1, 9000));
	cr_expect(has(r, 1, 9000));
	finish(&r);
}

/* ---- deaths ---- */

/* Runs in a process of its own that is killed with the lock in hand. */
static void
killed_with_lock(struct region *r, void (*what)(struct region *))
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		bool inherited;

		robust_lock(&r->lock, &inherited);
		what(r);
		(void)kill(getpid(), SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
take_half(struct region *r)
{
	struct entry *e = region_entry(r, space_entry_locked(r));

	(void)space_take_locked(r, e, 20000, 100);
	r->queue[QUEUE_SMALL].chunks = 12345;
}

Test(region, who_inherits_the_lock_puts_all_right)
{
	struct region *r = fresh(SMALL);
	struct region_stats stats;

	for (unsigned n = 0; n < 20; n++)
		cr_assert(put(r, n, 3000));
	killed_with_lock(r, take_half);
	for (unsigned n = 0; n < 20; n++)
		cr_expect(has(r, n, 3000), "readers go on");
	region_stats(r, &stats);
	cr_expect_eq(stats.rebuilt, 1);
	cr_expect_eq(stats.entries, 20);
	cr_expect_eq(stats.bytes, 20 * 3 * REGION_CHUNK);
	cr_expect(region_check(r));
	for (unsigned n = 0; n < 20; n++)
		cr_expect(has(r, n, 3000));
	region_stats(r, &stats);
	cr_expect_eq(stats.rebuilt, 1, "once for each death");
	finish(&r);
}

static void
make_with_foreign_chunks(struct region *r)
{
	uint32_t index = space_entry_locked(r);
	struct entry *e = region_entry(r, index);

	/* what it says of chunks is from an earlier life */
	e->runs = 1;
	e->run[0] = region_entry(r, r->queue[QUEUE_SMALL].newest)->run[0];
	/* a reader that came too late books it, and will see that it did */
	atomic_store(&region_pins(r, 1)->slot[0], (uint64_t)index << 32 | 4);
	atomic_store(&region_pins(r, 1)->used, 1);
}

/* What is booked and free is not in limbo: its chunks are another's. */
Test(region, a_booking_that_came_too_late_keeps_no_chunks)
{
	struct region *r = fresh(SMALL);

	cr_assert(put(r, 1, 3000));
	cr_assert(put(r, 2, 3000));
	killed_with_lock(r, make_with_foreign_chunks);
	cr_expect_eq(stat_limbo(r), 0);
	cr_expect(region_check(r));
	region_bury(r, 1);
	for (unsigned n = 0; n < 500; n++)
		cr_assert(put(r, n, 3000) && has(r, n, 3000));
	finish(&r);
}

Test(region, the_dead_ones_invalidation_is_made_up_for_at_the_burial)
{
	struct region *r = fresh(SMALL);
	struct region_hit hit;
	pid_t pid;

	cr_assert(put(r, 1, 100));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		bool inherited;

		robust_lock(&region_clock(r)->lock, &inherited);
		(void)kill(getpid(), SIGKILL);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	region_bury(r, 0);
	cr_expect_not(get(r, 0, 1, &hit));
	finish(&r);
}

/* ---- killed at each instruction ---- */

struct scene {
	struct region *r, *copy;
	char *last;			/* as it was looked at last */
	struct region_hit pinned[2];	/* of 0, which is replaced, and 1, which is in limbo */
	unsigned looks, whole, replaced, lost;
};

/* Full, with gaps, one entry in limbo, some pinned. */
static void
set_scene(struct scene *s)
{
	s->r = fresh(SMALL);
	s->copy = region_create(SMALL, WORKERS);
	s->last = calloc(1, SMALL);
	cr_assert(s->copy != NULL && s->last != NULL);
	cr_assert(put(s->r, 1, 5000));
	cr_assert(get(s->r, 0, 1, &s->pinned[1]));
	cr_assert(put(s->r, 1, 6000));
	make_gaps(s->r, 1);
	cr_assert(put(s->r, 0, 5000));
	cr_assert(get(s->r, 0, 0, &s->pinned[0]));
	while (s->r->free_chunks > 12)
		cr_assert(put(s->r, 50000 + s->r->free_chunks, 700));
	cr_assert(region_check(s->r));
}

static bool
intact_in_copy(struct scene *s, unsigned which)
{
	struct region_hit hit = s->pinned[which];

	for (unsigned i = 0; i < hit.pieces; i++)
		hit.piece[i].p = (char *)s->copy + (hit.piece[i].p - (char *)s->r);
	return intact(&hit, which, 5000);
}

/* If the process were killed here: what would its heir make of it? */
static void
look(struct scene *s)
{
	struct region_hit hit;

	if (memcmp(s->last, s->r, SMALL) == 0)
		return;
	memcpy(s->last, s->r, SMALL);
	memcpy(s->copy, s->r, SMALL);
	(void)robust_init(&s->copy->lock);
	(void)robust_init(&region_clock(s->copy)->lock);
	space_rebuild_locked(s->copy);
	cr_assert(region_check(s->copy));
	cr_assert(intact_in_copy(s, 0) && intact_in_copy(s, 1));
	if (!get(s->copy, 1, 0, &hit)) {
		s->lost++;
	} else {
		cr_assert(intact(&hit, 0, 5000) || intact(&hit, 0, 25000));
		s->whole += hit.length == 5000;
		s->replaced += hit.length == 25000;
	}
	if (s->looks++ % 64 == 0)
		for (unsigned n = 0; n < 200; n++)
			(void)put(s->copy, 70000 + n, 3000);
	cr_assert(intact_in_copy(s, 0) && intact_in_copy(s, 1));
}

static bool
is_locked(struct region *r)
{
	return __atomic_load_n(&r->lock.__data.__lock, __ATOMIC_RELAXED) != 0;
}

Test(region, killed_at_any_instruction_of_a_change, .timeout = 300)
{
	struct scene s = { 0 };
	unsigned steps = 0;
	struct thing t;
	pid_t pid;
	int status;

	set_scene(&s);
	(void)thing(&t, s.r, 0, 25000);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(2);
		(void)raise(SIGSTOP);
		_exit(region_put(s.r, &t.item) ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		cr_skip_test("no ptrace here");
	while (WIFSTOPPED(status)) {
		if (is_locked(s.r)) {
			look(&s);
			steps++;
		}
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
			break;
		cr_assert_eq(waitpid(pid, &status, 0), pid);
	}
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_gt(s.whole, 0);
	cr_expect_gt(s.lost, 0);
	cr_expect_gt(s.replaced, 0);
	cr_log_info("%u instructions, %u looked at: %u before, %u between, %u after", steps, s.looks, s.whole, s.lost, s.replaced);
	region_unpin(s.r, 0, s.pinned[0].pin);
	region_unpin(s.r, 0, s.pinned[1].pin);
	cr_expect(has(s.r, 0, 25000));
	free(s.last);
	region_close(&s.copy);
	finish(&s.r);
}

/* ---- figures ---- */

Test(region, figures_add_up)
{
	struct region *r = fresh(SMALL);
	struct region_stats stats;
	struct region_hit hit;

	region_stats(r, &stats);
	cr_expect_eq(stats.capacity, (uint64_t)r->chunk_count * REGION_CHUNK);
	cr_expect_eq(stats.entries + stats.bytes + stats.hits + stats.misses + stats.puts + stats.rebuilt, 0);
	cr_assert(put(r, 1, 100) && put(r, 2, 2000));
	cr_expect(get(r, 0, 1, &hit));
	region_stats(r, &stats);
	cr_expect_eq(stats.pins, 1);
	region_unpin(r, 0, hit.pin);
	cr_expect(get(r, 1, 2, &hit));
	region_unpin(r, 1, hit.pin);
	cr_expect_not(get(r, 1, 3, &hit));
	region_stats(r, &stats);
	cr_expect_eq(stats.hits, 2);
	cr_expect_eq(stats.misses, 1);
	cr_expect_eq(stats.puts, 2);
	cr_expect_eq(stats.entries, 2);
	cr_expect_eq(stats.bytes, 3 * REGION_CHUNK);
	cr_expect_eq(stats.evicted, 0);
	for (unsigned n = 10; n < 1000; n++)
		cr_assert(put(r, n, 2000));
	region_stats(r, &stats);
	cr_expect_eq(stats.entries + stats.evicted, 992);
	cr_expect_leq(stats.bytes, stats.capacity);
	finish(&r);
}

Test(region, figures_of_each_worker_and_the_oldest_entry)
{
	struct region *r = fresh(SMALL);
	struct region_stats stats, first = { 0 }, second = { 0 };
	struct region_hit hit;

	region_stats(r, &stats);
	cr_expect_eq(stats.oldest_ms, 0, "there is none");
	cr_expect(put(r, 30, 100) && put(r, 10, 100) && put(r, 20, 100));
	cr_expect(get(r, 0, 10, &hit));
	cr_expect_not(get(r, 1, 40, &hit));
	region_stats(r, &stats);
	cr_expect_eq(stats.oldest_ms, 10);
	region_worker_stats(r, 0, &first);
	region_worker_stats(r, 1, &second);
	cr_expect(first.hits == 1 && first.misses == 0 && first.pins == 1);
	cr_expect(second.hits == 0 && second.misses == 1 && second.pins == 0);
	region_unpin(r, 0, hit.pin);
	finish(&r);
}

Test(region, the_lease_says_how_old_an_entry_may_be)
{
	struct region *r = fresh(SMALL);

	cr_expect_eq(region_lease_until(r), 0);
	cr_expect_eq(region_oldest_ms(r, 10000, 1000), 9000, "none: by age");
	cr_expect_eq(region_oldest_ms(r, 500, 1000), 0);
	region_lease_renew(r, 4000, 11000);
	cr_expect_eq(region_lease_until(r), 11000);
	cr_expect_eq(region_oldest_ms(r, 10000, 1000), 4000, "all that was born under it");
	cr_expect_eq(region_oldest_ms(r, 10999, 1000), 4000);
	cr_expect_eq(region_oldest_ms(r, 11000, 1000), 10000, "it is over");
	cr_expect_eq(region_oldest_ms(r, 4500, 1000), 3500, "what is young needs none");
	/* begun anew, with a beginning that is yet to come */
	region_lease_renew(r, 10250, 12000);
	cr_expect_eq(region_oldest_ms(r, 10000, 1000), 9000);
	cr_expect_eq(region_oldest_ms(r, 11500, 1000), 10250);
	region_lease_end(r);
	cr_expect_eq(region_oldest_ms(r, 11500, 1000), 10500);
	finish(&r);
}
