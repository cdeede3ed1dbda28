/* SPDX-License-Identifier: MIT
 *
 * Objects that are kept: that what is found is what was kept, and that an answer that
 * is made of them is not trusted for longer than they are, whatever happens meanwhile.
 */
#include "config.h"

#include "worker/objects.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/position.h"
#include "cache/region.h"
#include "cache/stream.h"
#include "cache/tag.h"
#include "cache/tier.h"
#include "proto/object.h"
#include "worker/resources/resources.h"
#include "worker/shared.h"
#include "worker/tags.h"

enum { HOUR_MS = 3600 * 1000 };

/* A worker with a request that is being answered. */
struct bench {
	struct settings settings;
	struct worker_slot slot;
	struct service service;
	struct request request;
	struct view view;
	const struct plan *person, *patch;
};

static struct bench *
bench_new(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	log_set_level(LOG_LEVEL_ERROR);
	b->settings.cache.max_stale = HOUR_MS;
	b->service.settings = &b->settings;
	b->service.slot = &b->slot;
	b->service.region = region_create(REGION_MIN_SIZE, 1);
	b->service.generation = 1;
	b->service.catalog = catalog_new(DIALECT_SQLITE);
	b->person = catalog_plan(b->service.catalog, &embedded_person, false);
	b->patch = catalog_plan(b->service.catalog, &embedded_patch, false);
	b->request.arena = arena_new();
	b->view.service = &b->service;
	b->view.request = &b->request;
	cr_assert_not_null(b->service.region);
	return b;
}

static void
bench_free(struct bench *b)
{
	arena_free(&b->request.arena);
	catalog_free(&b->service.catalog);
	region_close(&b->service.region);
	free(b);
}

static struct clock *
clock_of(struct bench *b)
{
	return region_clock(b->service.region);
}

/* The request begins to be answered. */
static struct objects *
begin(struct bench *b)
{
	b->request.method = METHOD_GET;
	b->view.tags = tags_new(b->request.arena);
	b->view.kept = (struct kept){ .begun = false };
	kept_begin(&b->view);
	return objects_new(&b->view);
}

/* A row of the plan with that id, and words that tell of it. */
static struct rows
row_of(struct bench *b, const struct plan *plan, int64_t id, const char *word)
{
	struct rows rows = { .count = 1, .columns = plan->column_count };

	rows.cells = arena_zalloc(b->request.arena, (size_t)plan->column_count * sizeof(*rows.cells));
	for (int i = 0; i < plan->column_count; i++)
		rows.cells[i] = slice_str(arena_printf(b->request.arena, "%s %d", word, i));
	rows.cells[plan->column_count - 1] = plan == b->person ? SLICE_NONE : SLICE("");
	for (int i = 0; i < plan->joined_count; i++)
		rows.cells[plan->joined[i].column] = SLICE("77");
	rows.cells[plan->key] = slice_str(arena_printf(b->request.arena, "%lld", (long long)id));
	return rows;
}

static void
keep(struct bench *b, struct objects *o, const struct plan *plan, int64_t id, const char *word)
{
	const struct rows rows = row_of(b, plan, id, word);

	objects_keep(o, plan, &rows);
}

static bool
found(struct bench *b, struct objects *o, const struct plan *plan, int64_t id, const char *word)
{
	const struct rows want = row_of(b, plan, id, word);
	struct object object = { plan, id, NULL };

	objects_find(o, &object, 1);
	for (int i = 0; object.cells != NULL && i < plan->column_count; i++)
		cr_expect((object.cells[i].p == NULL) == (want.cells[i].p == NULL) && slice_eq(object.cells[i], want.cells[i]),
		    "column %d", i);
	return object.cells != NULL;
}

/* Whether an answer that has these tags, as old as the view says, would be given. */
static bool
answer_is_valid(struct bench *b, const char *tag)
{
	struct region_item item = {
		.key = SLICE("answer"), .filled_at = b->view.kept.filled_at, .born_ms = b->view.kept.born_ms,
	};
	struct region_hit hit;
	bool valid;

	tags_add(b->view.tags, slice_str(tag));
	item.stamp_count = tags_stamps(b->view.tags, clock_of(b), &item.stamps);
	valid = region_put(b->service.region, &item) && region_get(b->service.region, 0, item.key, 0, &hit);
	if (valid)
		region_unpin(b->service.region, 0, hit.pin);
	return valid;
}

static void
change(struct bench *b, const char *tag)
{
	clock_invalidate(clock_of(b), (uint32_t[]){ clock_stamp(clock_of(b), tag_hash(slice_str(tag))) }, 1);
}

Test(objects, what_was_kept_is_found)
{
	struct bench *b = bench_new();
	struct objects *o = begin(b);

	cr_expect_not(found(b, o, b->person, 7, "person"));
	keep(b, o, b->person, 7, "person");
	keep(b, o, b->patch, 7, "patch");
	keep(b, o, b->person, -7, "other");
	o = begin(b);
	cr_expect(found(b, o, b->person, 7, "person"));
	cr_expect(found(b, o, b->patch, 7, "patch"));
	cr_expect(found(b, o, b->person, -7, "other"));
	cr_expect_not(found(b, o, b->person, 8, "person"));
	b->service.generation = 2;
	cr_expect_not(found(b, o, b->person, 7, "person"), "another configuration");
	cr_expect_eq(b->slot.object_hits, 3);
	cr_expect_eq(b->slot.object_misses, 3);
	bench_free(b);
}

Test(objects, many_at_once)
{
	enum { MANY = 300 };
	struct bench *b = bench_new();
	struct objects *o = begin(b);
	struct object object[MANY];

	for (int i = 0; i < MANY; i += 2)
		keep(b, o, i % 4 == 0 ? b->person : b->patch, i, "some");
	for (int i = 0; i < MANY; i++)
		object[i] = (struct object){ i % 4 < 2 ? b->person : b->patch, i, NULL };
	objects_find(o, object, MANY);
	for (int i = 0; i < MANY; i++) {
		cr_assert_eq(object[i].cells != NULL, i % 2 == 0, "number %d", i);
		if (i % 2 == 0)
			cr_assert(slice_is(object[i].cells[object[i].plan->key], arena_printf(b->request.arena, "%d", i)));
	}
	bench_free(b);
}

/* Other columns, or another database's way to print them: another object. */
Test(objects, plans_know_their_columns)
{
	struct bench *b = bench_new();
	struct catalog *other = catalog_new(DIALECT_POSTGRESQL), *same = catalog_new(DIALECT_SQLITE);
	const struct plan *theirs = catalog_plan(other, &embedded_person, false);

	cr_expect_neq(memcmp(theirs->identity, b->person->identity, PLAN_IDENTITY), 0);
	cr_expect_neq(memcmp(b->patch->identity, b->person->identity, PLAN_IDENTITY), 0);
	cr_expect_eq(memcmp(catalog_plan(same, &embedded_person, false)->identity, b->person->identity, PLAN_IDENTITY), 0);
	/* who refers to a column of it may add one */
	cr_expect_neq(memcmp(catalog_plan(same, people.shape, false)->identity, b->person->identity, PLAN_IDENTITY), 0);
	catalog_free(&other);
	catalog_free(&same);
	bench_free(b);
}

Test(objects, each_tag_counts)
{
	static const char *const tags[] = { "patch:5", "project:77", "patches.*", "projects.*" };
	struct bench *b = bench_new();

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		keep(b, begin(b), b->patch, 5, "patch");
		change(b, "patch:6");
		change(b, "project:78");
		change(b, "person:5");
		cr_expect(found(b, begin(b), b->patch, 5, "patch"));
		change(b, tags[i]);
		cr_expect_not(found(b, begin(b), b->patch, 5, "patch"), "%s", tags[i]);
	}
	bench_free(b);
}

/* The change came after the rows were read, or before their fill noted the clock. */
Test(objects, what_began_before_a_change_is_not_kept)
{
	struct bench *b = bench_new();
	struct objects *o = begin(b);

	change(b, "person:7");
	keep(b, o, b->person, 7, "old");
	cr_expect_not(found(b, begin(b), b->person, 7, "old"));
	bench_free(b);
}

Test(objects, an_answer_is_as_old_as_its_oldest_object)
{
	struct bench *b = bench_new();
	struct objects *o = begin(b);
	uint64_t now = b->view.kept.born_ms, long_ago = now - HOUR_MS / 4;

	keep(b, o, b->person, 7, "young");
	b->view.kept.born_ms = long_ago;
	o = objects_new(&b->view);
	keep(b, o, b->person, 8, "old");
	o = begin(b);
	now = b->view.kept.born_ms;
	cr_expect_not(found(b, o, b->person, 9, "none"));
	cr_expect_eq(b->view.kept.born_ms, now);
	cr_expect(found(b, o, b->person, 8, "old"));
	cr_expect_eq(b->view.kept.born_ms, long_ago);
	cr_expect(found(b, o, b->person, 7, "young"));
	cr_expect_eq(b->view.kept.born_ms, long_ago);
	/* what this answer reads by itself is as young as the answer was */
	keep(b, o, b->person, 10, "read now");
	o = begin(b);
	cr_expect(found(b, o, b->person, 10, "read now"));
	cr_expect_geq(b->view.kept.born_ms, now);
	bench_free(b);
}

/* Else each answer of many objects would have to be made again soon. */
Test(objects, old_ones_are_not_taken)
{
	struct bench *b = bench_new();
	struct objects *o = begin(b);
	uint64_t now = b->view.kept.born_ms;

	b->view.kept.born_ms = now - HOUR_MS / 2 - 1;
	o = objects_new(&b->view);
	keep(b, o, b->person, 7, "old");
	cr_expect_not(found(b, begin(b), b->person, 7, "old"));
	b->settings.cache.max_stale = 2 * HOUR_MS;
	cr_expect(found(b, begin(b), b->person, 7, "old"));
	bench_free(b);
}

/*
 * A change has its number, but not all of its stamps: an object without it is
 * still found valid.  The answer notes that number, and must not outlive it.
 */
Test(objects, an_answer_begun_during_a_change_goes_with_its_object)
{
	struct bench *b = bench_new();
	struct clock *clock = clock_of(b);
	uint64_t c = clock_read(clock) + 1;
	struct objects *o;

	keep(b, begin(b), b->person, 7, "old");
	atomic_store(&clock->now, c);
	o = begin(b);
	cr_assert_eq(b->view.kept.filled_at, c);
	cr_assert(found(b, o, b->person, 7, "old"));
	atomic_store(&clock->stamps[clock_stamp(clock, tag_hash(SLICE("person:7")))], c);
	cr_expect_not(answer_is_valid(b, "person:7"));
	atomic_store(&clock->now, c + 1);
	cr_expect_not(answer_is_valid(b, "person:7"));
	/* one that has read it all by itself has read the change as well */
	b->view.kept.filled_at = c;
	cr_expect(answer_is_valid(b, "person:7"));
	bench_free(b);
}

Test(objects, an_answer_begun_after_a_change_stays)
{
	struct bench *b = bench_new();
	struct objects *o;

	keep(b, begin(b), b->person, 7, "person");
	change(b, "patches");
	o = begin(b);
	cr_assert(found(b, o, b->person, 7, "person"));
	cr_expect(answer_is_valid(b, "patches"), "although the object was filled before the change");
	change(b, "person:7");
	cr_expect_not(answer_is_valid(b, "person:7"));
	bench_free(b);
}

/* What is under our key is not what we would have kept. */
Test(objects, what_cannot_be_read_is_not_there)
{
	static const struct slice garbage[] = { SLICE(""), SLICE("\x01"), SLICE("\x01\x93\xa1" "7"),
		SLICE("\x02\x93\xa1" "7\xa1" "a\xc0"),
		SLICE("\x01\x93\xa1" "8\xa1" "a\xc0"), SLICE("\x01\x94\xa1" "7\xa1" "a\xc0\xc0") };
	struct bench *b = bench_new();
	struct region *r = b->service.region;
	char key[8 + 8 + PLAN_IDENTITY + 8] = "\0object";
	uint64_t id = 7;

	cr_assert_eq(b->person->column_count, 3, "the texts above have three");
	memcpy(key + 8, &b->service.generation, 8);
	memcpy(key + 16, b->person->identity, PLAN_IDENTITY);
	memcpy(key + 16 + PLAN_IDENTITY, &id, 8);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct region_item item = {
			.key = slice_make(key, sizeof(key)), .body = garbage[i],
			.filled_at = clock_read(clock_of(b)), .born_ms = monotonic_ms(),
		};
		struct region_hit hit;

		keep(b, begin(b), b->person, 7, "person");
		cr_assert(region_get(r, 0, item.key, 0, &hit), "this is the key");
		region_unpin(r, 0, hit.pin);
		cr_assert(region_put(r, &item));
		cr_expect_not(found(b, begin(b), b->person, 7, "person"), "number %zu", i);
	}
	bench_free(b);
}

Test(objects, nothing_without_a_cache_or_for_writers)
{
	struct bench *b = bench_new();
	struct region *region = b->service.region;
	struct object object = { b->person, 7, NULL };

	(void)begin(b);
	b->request.method = METHOD_PATCH;
	cr_expect_null(objects_new(&b->view));
	b->request.method = METHOD_HEAD;
	cr_expect_not_null(objects_new(&b->view));
	b->view.kept.begun = false;
	cr_expect_null(objects_new(&b->view));
	b->view.kept.begun = true;
	b->service.region = NULL;
	cr_expect_null(objects_new(&b->view));
	b->service.region = region;
	objects_find(NULL, &object, 1);
	cr_expect_null(object.cells);
	keep(b, NULL, b->person, 7, "person");
	bench_free(b);
}

/* ---- objects that nodes share ---- */

/* Two nodes with a region each, and what the bus would do for them. */
struct nodes {
	struct bench *a, *b;
	struct stream *stream;
	struct arena *arena;
	char incarnation[STREAM_INCARNATION_MAX];
	uint64_t looked_ms;		/* the last look of both */
};

static struct stream_look
look(struct nodes *n)
{
	struct stream_look look;
	const char *error = "";

	cr_assert_eq(stream_look(n->stream, n->arena, 0, 0, &look, &error), STREAM_OK, "%s", error);
	return look;
}

static void
settle(struct nodes *n, struct bench *b)
{
	struct position *p = region_position(b->service.region);
	uint64_t written = position_written(p);

	position_advance(p, look(n).number);
	position_pass(p, written);
	region_lease_renew(b->service.region, 1, n->looked_ms + HOUR_MS);
}

static struct nodes
nodes_new(void)
{
	const char *server = getenv("THIMBLE_TEST_REDIS_URL"), *error = "";
	struct stream_options options = { .connect_ms = 10000, .timeout_ms = 10000 };
	struct nodes n = { .arena = arena_new(), .looked_ms = monotonic_ms() - 1000 };
	uint64_t installation;

	if (server == NULL || *server == '\0')
		cr_skip_test("THIMBLE_TEST_REDIS_URL is not set");
	cr_assert_eq(redis_url_parse(&options.url, slice_str(server), &error), 0, "%s", error);
	cr_assert_eq(getrandom(&installation, sizeof(installation), 0), (ssize_t)sizeof(installation));
	n.stream = stream_new(&options);
	stream_set_installation(n.stream, installation);
	cr_assert_eq(stream_claim(n.stream, 1, n.incarnation, &error), STREAM_OK, "%s", error);
	n.a = bench_new();
	n.b = bench_new();
	for (int i = 0; i < 2; i++) {
		struct bench *b = i == 0 ? n.a : n.b;
		struct position *p = region_position(b->service.region);

		position_follow(p, installation, look(&n).nonce, 0);
		b->service.tier = tier_new(&options.url, p);
		settle(&n, b);
	}
	return n;
}

static void
nodes_free(struct nodes *n)
{
	tier_free(&n->a->service.tier);
	tier_free(&n->b->service.tier);
	bench_free(n->a);
	bench_free(n->b);
	stream_free(&n->stream);
	arena_free(&n->arena);
}

static void
publish(struct nodes *n, const char *tags)
{
	struct slice row = slice_str(tags);
	const char *error = "";
	uint64_t number;

	cr_assert_eq(stream_publish(n->stream, n->arena, n->incarnation, &row, 1, &number, &error), STREAM_OK, "%s", error);
}

/* Redis may seem slow on a machine that has much to do, but not for ever. */
static void
again(int *tries)
{
	cr_assert_lt(++*tries, 1000, "it does not come to an end");
	if (*tries > 1)
		(void)usleep(10000);
}

/* Keeps it for all: again, should Redis seem slow, or not know the script yet. */
static void
share(struct bench *b, const struct plan *plan, int64_t id, const char *word)
{
	uint64_t hits = tier_stats(b->service.tier).hits;
	int tries = 0;

	do {
		struct objects *o = begin(b);

		again(&tries);
		keep(b, o, plan, id, word);
		objects_share(o);
		clock_forget(clock_of(b));
		(void)found(b, begin(b), plan, id, word);
	} while (tier_stats(b->service.tier).hits == hits);
}

/* Found in Redis, not here; asked again should Redis seem slow. */
static bool
found_shared(struct bench *b, const struct plan *plan, int64_t id, const char *word)
{
	uint64_t failures;
	bool is_found;
	int tries = 0;

	clock_forget(clock_of(b));
	do {
		struct objects *o = begin(b);

		again(&tries);
		failures = tier_stats(b->service.tier).failures;
		is_found = found(b, o, plan, id, word);
	} while (tier_stats(b->service.tier).open || tier_stats(b->service.tier).failures != failures);
	return is_found;
}

static void
mark(struct bench *b, const char *tag)
{
	position_ahead(region_position(b->service.region), (uint64_t[]){ tag_hash(slice_str(tag)) }, 1);
}

Test(objects, another_node_takes_what_one_has_kept)
{
	struct nodes n = nodes_new();
	struct tier *tier = n.b->service.tier;

	share(n.a, n.a->person, 7, "person");
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	cr_expect_not(found_shared(n.b, n.b->person, 8, "person"));
	cr_expect_not(found_shared(n.b, n.b->patch, 7, "person"));
	/* and has it in its own region then */
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	n.b->service.tier = NULL;
	cr_expect(found(n.b, begin(n.b), n.b->person, 7, "person"));
	change(n.b, "person:7");
	cr_expect_not(found(n.b, begin(n.b), n.b->person, 7, "person"));
	n.b->service.tier = tier;
	nodes_free(&n);
}

/* It is as old as the last look, and goes with what was under way when the answer began. */
Test(objects, how_old_a_shared_object_is)
{
	struct nodes n = nodes_new();
	struct clock *clock = clock_of(n.b);
	uint64_t c;

	share(n.a, n.a->person, 7, "person");
	cr_assert(found_shared(n.b, n.b->person, 7, "person"));
	cr_expect_eq(n.b->view.kept.born_ms, n.looked_ms);
	cr_expect_eq(n.b->view.kept.filled_at % 2, 0);
	cr_expect(answer_is_valid(n.b, "person:7"));
	/* now it is in the region: no younger */
	(void)begin(n.b);
	cr_assert(found(n.b, begin(n.b), n.b->person, 7, "person"));
	cr_expect_eq(n.b->view.kept.born_ms, n.looked_ms);

	clock_forget(clock);
	c = clock_read(clock) + 1;
	atomic_store(&clock->now, c);
	cr_assert(found(n.b, begin(n.b), n.b->person, 7, "person"));
	cr_expect_eq(n.b->view.kept.filled_at, c - 1);
	atomic_store(&clock->stamps[clock_stamp(clock, tag_hash(SLICE("person:7")))], c);
	cr_expect_not(answer_is_valid(n.b, "person:7"));
	atomic_store(&clock->now, c + 1);
	cr_expect_not(answer_is_valid(n.b, "person:7"));
	nodes_free(&n);
}

Test(objects, only_under_the_lease)
{
	struct nodes n = nodes_new();
	struct region *r = n.b->service.region;
	struct position *p = region_position(r);
	struct position_fill before = position_read(p);

	share(n.a, n.a->person, 7, "person");
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	region_lease_end(r);
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"), "there is none");
	region_lease_renew(r, 1, monotonic_ms());
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"), "it is over");
	region_lease_renew(r, n.looked_ms + 1, n.looked_ms + HOUR_MS);
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"), "the look was before its beginning");
	/* so it says of when the look was that it is to come */
	region_lease_renew(r, 1, n.looked_ms + HOUR_MS + HOUR_MS / 2);
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"), "it was granted for another max_stale");
	region_lease_renew(r, n.looked_ms, n.looked_ms + HOUR_MS);
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	position_follow(p, atomic_load(&p->installation), 0, 0);
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"), "nothing is followed");
	position_follow(p, atomic_load(&p->installation), before.nonce, before.as_of);
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	nodes_free(&n);
}

/* Our own write is not in Redis yet, which has the old object: not of this tag, nor of one that it joins. */
Test(objects, what_was_applied_ahead)
{
	static const char *const tags[] = { "patch:5", "project:77", "patches.*", "projects.*", "*" };
	struct nodes n = nodes_new();

	share(n.a, n.a->patch, 5, "patch");
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct objects *o;

		mark(n.b, "patch:6");
		mark(n.b, "person:5");
		cr_expect(found_shared(n.b, n.b->patch, 5, "patch"));
		mark(n.b, tags[i]);
		cr_expect_not(found_shared(n.b, n.b->patch, 5, "patch"), "%s", tags[i]);
		/* published only after Redis was asked, for all that this answer knows */
		clock_forget(clock_of(n.b));
		o = begin(n.b);
		settle(&n, n.b);
		cr_expect_not(found(n.b, o, n.b->patch, 5, "patch"), "%s", tags[i]);
		cr_expect(found_shared(n.b, n.b->patch, 5, "patch"), "%s", tags[i]);
	}
	nodes_free(&n);
}

Test(objects, each_tag_counts_in_redis)
{
	static const char *const tags[] = { "patch:5", "project:77", "patches.*", "projects.*", "*" };
	struct nodes n = nodes_new();

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		share(n.a, n.a->patch, 5, "patch");
		publish(&n, "patch:6 person:5 people.* patches patches@77");
		cr_expect(found_shared(n.b, n.b->patch, 5, "patch"));
		publish(&n, tags[i]);
		cr_expect_not(found_shared(n.b, n.b->patch, 5, "patch"), "%s", tags[i]);
		settle(&n, n.a);
		settle(&n, n.b);
		cr_expect_not(found_shared(n.b, n.b->patch, 5, "patch"), "%s", tags[i]);
	}
	nodes_free(&n);
}

/* What was read before the change reached this node does not get there. */
Test(objects, what_began_before_a_message_is_not_shared)
{
	struct nodes n = nodes_new();
	struct objects *o;

	share(n.a, n.a->person, 7, "person");
	o = begin(n.a);
	publish(&n, "person:7");
	settle(&n, n.a);
	settle(&n, n.b);
	keep(n.a, o, n.a->person, 7, "old");
	objects_share(o);
	cr_expect_not(found_shared(n.a, n.a->person, 7, "old"));
	cr_expect_not(found_shared(n.b, n.b->person, 7, "old"));
	share(n.a, n.a->person, 7, "new");
	cr_expect(found_shared(n.b, n.b->person, 7, "new"));
	nodes_free(&n);
}

Test(objects, what_is_of_another_database_is_not_kept)
{
	struct nodes n = nodes_new();
	struct objects *o = begin(n.a);

	n.a->view.kept.foreign = true;
	keep(n.a, o, n.a->person, 7, "foreign");
	objects_share(o);
	cr_expect_not(found(n.a, begin(n.a), n.a->person, 7, "foreign"));
	cr_expect_not(found_shared(n.b, n.b->person, 7, "foreign"));
	nodes_free(&n);
}

/* Dates are printed in it. */
Test(objects, nodes_with_another_timezone_share_nothing)
{
	struct nodes n = nodes_new();

	n.a->settings.api.timezone = "UTC";
	n.b->settings.api.timezone = "Europe/Paris";
	share(n.a, n.a->person, 7, "person");
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"));
	n.b->settings.api.timezone = "UTC";
	cr_expect(found_shared(n.b, n.b->person, 7, "person"));
	nodes_free(&n);
}

/* Somebody else's bytes under our key; the id is another one's. */
Test(objects, what_redis_gives_is_looked_at)
{
	struct nodes n = nodes_new();
	struct tier_object object;
	struct objects *o = begin(n.a);
	const struct rows row = row_of(n.a, n.a->person, 8, "person");
	struct buf bytes = { 0 };
	char shape[PLAN_IDENTITY];

	(void)o;
	share(n.a, n.a->person, 7, "person");
	object_encode(&bytes, row.cells, (size_t)n.a->person->column_count);
	memcpy(shape, n.a->person->identity, PLAN_IDENTITY);
	object = (struct tier_object){ .object = "person", .id = 7, .shape = slice_make(shape, PLAN_IDENTITY),
	    .value = buf_as_slice(&bytes) };
	tier_keep(n.a->service.tier, n.a->view.kept.fill, &object, 1);
	cr_expect_not(found_shared(n.a, n.a->person, 7, "person"));
	cr_expect_not(found_shared(n.b, n.b->person, 7, "person"));
	buf_fini(&bytes);
	nodes_free(&n);
}

Test(objects, more_than_a_batch)
{
	enum { MANY = TIER_BATCH + 100 };
	struct nodes n = nodes_new();
	struct object object[MANY];
	size_t found = 0;
	int tries = 0;

	while (found < MANY) {
		struct objects *o = begin(n.a);

		again(&tries);
		for (int i = 0; i < MANY; i++)
			keep(n.a, o, n.a->person, i, "person");
		objects_share(o);
		clock_forget(clock_of(n.b));
		for (int i = 0; i < MANY; i++)
			object[i] = (struct object){ n.b->person, i, NULL };
		objects_find(begin(n.b), object, MANY);
		found = 0;
		for (int i = 0; i < MANY; i++)
			found += object[i].cells != NULL;
	}
	for (int i = 0; i < MANY; i++)
		cr_assert(slice_is(object[i].cells[n.b->person->key], arena_printf(n.arena, "%d", i)));
	nodes_free(&n);
}
