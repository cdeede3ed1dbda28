/* SPDX-License-Identifier: MIT
 *
 * Where the node stands in the stream: that what was applied ahead of it is marked for as long as an
 * object of Redis may lack it, in each order of things and with several threads at once.
 */
#include "config.h"

#include "cache/position.h"

#include <pthread.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "cache/tag.h"

enum { THREADS = 4, ROUNDS = 20000, TAGS = 64 };

static uint64_t
tag(int id)
{
	return tag_hash_id("patch", ':', id);
}

static bool
ahead(const struct position *p, struct position_fill fill, uint64_t hash)
{
	return position_is_ahead(p, &fill, &hash, 1);
}

Test(position, zeroed_memory_follows_nothing)
{
	struct position *p = calloc(1, sizeof(*p));
	struct position_fill fill = position_read(p);

	cr_expect_eq(fill.nonce, 0);
	cr_expect_not(ahead(p, fill, tag(1)));
	cr_expect_not(position_is_ahead(p, &fill, NULL, 0));
	free(p);
}

Test(position, a_mark_holds_until_it_was_passed)
{
	struct position *p = calloc(1, sizeof(*p));
	uint64_t tags[] = { tag(1), tag(2) }, w;

	position_ahead(p, tags, 2);
	cr_expect(ahead(p, position_read(p), tag(1)));
	cr_expect(ahead(p, position_read(p), tag(2)));
	cr_expect_not(ahead(p, position_read(p), tag(3)));
	w = position_written(p);
	position_ahead(p, tags, 1);
	position_pass(p, w);
	cr_expect(ahead(p, position_read(p), tag(1)), "marked again meanwhile");
	cr_expect_not(ahead(p, position_read(p), tag(2)));
	position_pass(p, position_written(p));
	cr_expect_not(ahead(p, position_read(p), tag(1)));
	/* an old look that comes late */
	position_ahead(p, tags, 2);
	position_pass(p, position_written(p));
	position_pass(p, w);
	cr_expect_not(ahead(p, position_read(p), tag(1)));
	free(p);
}

Test(position, what_is_passed_after_the_fill_began_does_not_count)
{
	struct position *p = calloc(1, sizeof(*p));
	struct position_fill before;

	position_ahead(p, (uint64_t[]){ tag(1) }, 1);
	before = position_read(p);
	/* Redis is asked here, and still has the old object */
	position_pass(p, position_written(p));
	cr_expect(ahead(p, before, tag(1)));
	cr_expect_not(ahead(p, position_read(p), tag(1)));
	free(p);
}

Test(position, any_of_them_and_everything)
{
	struct position *p = calloc(1, sizeof(*p));
	uint64_t tags[] = { tag(1), tag(2), tag(3) };
	struct position_fill fill = position_read(p);

	position_ahead(p, &tags[2], 1);
	cr_expect(position_is_ahead(p, &fill, tags, 3));
	cr_expect_not(position_is_ahead(p, &fill, tags, 2));
	position_ahead(p, (uint64_t[]){ tag_hash(SLICE("*")) }, 1);
	cr_expect(position_is_ahead(p, &fill, tags, 2));
	cr_expect(position_is_ahead(p, &fill, NULL, 0));
	free(p);
}

Test(position, following)
{
	struct position *p = calloc(1, sizeof(*p));
	struct position_fill fill;

	position_follow(p, 7, 11, 100);
	position_advance(p, 103);
	position_ahead(p, (uint64_t[]){ tag(1) }, 1);
	position_pass(p, 1);
	fill = position_read(p);
	cr_expect_eq(fill.nonce, 11);
	cr_expect_eq(fill.as_of, 103);
	cr_expect_eq(fill.passed, 1);
	cr_expect_eq(atomic_load(&p->installation), 7);
	position_follow(p, 7, 0, 0);
	cr_expect_eq(position_read(p).nonce, 0);
	position_follow(p, 7, 12, 5);
	fill = position_read(p);
	cr_expect_eq(fill.nonce, 12);
	cr_expect_eq(fill.as_of, 5);
	free(p);
}

/* It is raised before a message is applied; the bus goes on from what was applied. */
Test(position, what_is_known_is_what_counts)
{
	struct position *p = calloc(1, sizeof(*p));

	position_follow(p, 7, 11, 100);
	position_know(p, 105);
	cr_expect_eq(position_read(p).as_of, 105);
	cr_expect_eq(atomic_load(&p->number), 100);
	position_advance(p, 103);
	cr_expect_eq(position_read(p).as_of, 105);
	position_know(p, 104);
	cr_expect_eq(position_read(p).as_of, 105);
	position_advance(p, 110);
	cr_expect_eq(position_read(p).as_of, 110);
	position_follow(p, 7, 12, 5);
	cr_expect_eq(position_read(p).as_of, 5);
	free(p);
}

/* ---- several threads ---- */

struct messages {
	struct position *position;
	_Atomic bool stop;
	uint64_t wrong;
};

/* A mark for each message, so that their numbers are the same. */
static void *
play_stream(void *arg)
{
	struct messages *m = arg;

	for (uint64_t n = 1; !atomic_load(&m->stop); n++) {
		position_advance(m->position, n);
		position_pass(m->position, n);
	}
	return NULL;
}

/* Else it would take what a Redis has that lost the message. */
Test(position, who_sees_what_a_message_did_knows_the_message)
{
	struct messages m = { .position = calloc(1, sizeof(*m.position)) };
	pthread_t bus;

	position_follow(m.position, 7, 11, 0);
	cr_assert_eq(pthread_create(&bus, NULL, play_stream, &m), 0);
	for (int i = 0; i < 100 * ROUNDS; i++) {
		struct position_fill fill = position_read(m.position);

		m.wrong += fill.as_of < fill.passed;
	}
	atomic_store(&m.stop, true);
	(void)pthread_join(bus, NULL);
	cr_expect_eq(m.wrong, 0, "%llu", (unsigned long long)m.wrong);
	free(m.position);
}

struct busy {
	struct position *position;
	_Atomic uint64_t committed[TAGS];	/* the database */
	_Atomic uint64_t acknowledged[TAGS];
	_Atomic uint64_t published[TAGS];	/* what Redis knows */
	_Atomic bool stop;
	_Atomic uint64_t wrong, refused, used;
};

/* Commits, marks; as a worker does. */
static void *
write_some(void *arg)
{
	struct busy *b = arg;
	unsigned seed = (unsigned)(uintptr_t)&seed;

	for (int i = 0; i < ROUNDS; i++) {
		int id = rand_r(&seed) % TAGS;
		uint64_t hash = tag(id);

		atomic_fetch_add(&b->committed[id], 1);
		position_ahead(b->position, &hash, 1);
		atomic_fetch_add(&b->acknowledged[id], 1);
	}
	return NULL;
}

static void *
play_bus(void *arg)
{
	struct busy *b = arg;

	while (!atomic_load(&b->stop)) {
		uint64_t w = position_written(b->position);

		for (int id = 0; id < TAGS; id++)
			atomic_store(&b->published[id], atomic_load(&b->committed[id]));
		position_pass(b->position, w);
	}
	return NULL;
}

/* What was acknowledged before the fill began is in what it finds, or that is refused. */
static void *
read_some(void *arg)
{
	struct busy *b = arg;
	unsigned seed = (unsigned)(uintptr_t)&seed;

	while (!atomic_load(&b->stop)) {
		int id = rand_r(&seed) % TAGS;
		uint64_t hash = tag(id), acknowledged = atomic_load(&b->acknowledged[id]), found;
		struct position_fill fill = position_read(b->position);

		found = atomic_load(&b->published[id]);
		if (position_is_ahead(b->position, &fill, &hash, 1))
			atomic_fetch_add(&b->refused, 1);
		else if (found < acknowledged)
			atomic_fetch_add(&b->wrong, 1);
		else
			atomic_fetch_add(&b->used, 1);
	}
	return NULL;
}

Test(position, several_threads)
{
	struct busy *b = calloc(1, sizeof(*b));
	pthread_t writer[THREADS], reader[THREADS], bus;
	uint64_t drawn;

	b->position = calloc(1, sizeof(*b->position));
	cr_assert_eq(pthread_create(&bus, NULL, play_bus, b), 0);
	for (int i = 0; i < THREADS; i++) {
		cr_assert_eq(pthread_create(&reader[i], NULL, read_some, b), 0);
		cr_assert_eq(pthread_create(&writer[i], NULL, write_some, b), 0);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(writer[i], NULL);
	drawn = position_written(b->position);
	atomic_store(&b->stop, true);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(reader[i], NULL);
	(void)pthread_join(bus, NULL);
	cr_expect_eq(b->wrong, 0, "%llu of %llu", (unsigned long long)b->wrong, (unsigned long long)b->used);
	cr_expect_gt(b->used, 0);
	cr_expect_eq(drawn, (uint64_t)THREADS * ROUNDS, "no mark was drawn twice");
	/* The last mark of each tag is its greatest, though threads set them in any order. */
	position_ahead(b->position, (uint64_t[]){ tag(1) }, 1);
	cr_expect(ahead(b->position, (struct position_fill){ .passed = drawn }, tag(1)));
	cr_expect_not(ahead(b->position, (struct position_fill){ .passed = drawn }, tag(2)));
	free(b->position);
	free(b);
}

/* A mark of before, set late, does not take the place of a later one. */
struct race {
	struct position *position;
	_Atomic uint64_t *mark;
	_Atomic int many;		/* that are still at it */
	_Atomic uint64_t wrong;
};

static void *
mark_one(void *arg)
{
	struct race *race = arg;
	uint64_t hash = tag(1);

	while (atomic_load(&race->many) > 0) {
		uint64_t before = position_written(race->position);

		position_ahead(race->position, &hash, 1);
		if (atomic_load(race->mark) <= before)
			atomic_fetch_add(&race->wrong, 1);
	}
	return NULL;
}

/* Comes to the one that matters long after it has drawn its number. */
static void *
mark_many(void *arg)
{
	enum { MANY = 2000 };
	struct race *race = arg;
	uint64_t hash[MANY];

	for (int i = 0; i < MANY; i++)
		hash[i] = tag(i + 2);
	hash[MANY - 1] = tag(1);
	for (int i = 0; i < ROUNDS / 50; i++)
		position_ahead(race->position, hash, MANY);
	atomic_fetch_sub(&race->many, 1);
	return NULL;
}

Test(position, marks_only_grow)
{
	struct race race = { .position = calloc(1, sizeof(*race.position)), .many = THREADS / 2 };
	pthread_t thread[THREADS];

	race.mark = &race.position->mark[(tag(1) ^ tag(1) >> 32) % POSITION_MARKS];
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, i % 2 == 0 ? mark_one : mark_many, &race), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	cr_expect_eq(race.wrong, 0);
	free(race.position);
}
