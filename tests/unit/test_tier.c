/* SPDX-License-Identifier: MIT
 *
 * Objects in Redis, against a real one: that what is found is what was kept, and that nothing
 * is found, or kept, that may be older than what the stream has told of.  The stream's own code publishes, so
 * that the two agree about keys, stamps and epochs.
 */
#include "config.h"

#include "cache/tier.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/log.h"
#include "cache/redis.h"
#include "cache/stream.h"

enum { PROJECT = 77, SLOW_MS = 10000, THREADS = 4, ROUNDS = 100 };

/* A node: its own connections, position and installation. */
struct bench {
	struct arena *arena;
	struct redis_url url;
	struct stream *stream;
	struct tier *tier, *other;	/* of another node */
	struct redis *redis;		/* for what no node does */
	struct position *position;
	uint64_t installation;
	char incarnation[STREAM_INCARNATION_MAX];
};

static struct redis_url
parse(const char *text)
{
	struct redis_url url;
	const char *reason = "";

	cr_assert_eq(redis_url_parse(&url, slice_str(text), &reason), 0, "%s", reason);
	return url;
}

static struct stream_look
look(struct bench *b)
{
	struct stream_look look;
	const char *error = "";

	cr_assert_eq(stream_look(b->stream, b->arena, 0, 0, &look, &error), STREAM_OK, "%s", error);
	return look;
}

/* The bus applies all there is. */
static void
catch_up(struct bench *b)
{
	position_advance(b->position, look(b).number);
}

static void
claim(struct bench *b)
{
	const char *error = "";
	struct stream_look l;

	cr_assert_eq(stream_claim(b->stream, 4711, b->incarnation, &error), STREAM_OK, "%s", error);
	l = look(b);
	position_follow(b->position, b->installation, l.nonce, l.number);
}

static struct bench *
bench_open(void)
{
	const char *server = getenv("THIMBLE_TEST_REDIS_URL");
	struct bench *b;

	if (server == NULL || *server == '\0')
		cr_skip_test("THIMBLE_TEST_REDIS_URL is not set");
	log_set_level(LOG_LEVEL_ERROR);
	b = calloc(1, sizeof(*b));
	b->arena = arena_new();
	b->url = parse(server);
	b->position = calloc(1, sizeof(*b->position));
	cr_assert_eq(getrandom(&b->installation, sizeof(b->installation), 0), (ssize_t)sizeof(b->installation));
	b->stream = stream_new(&(struct stream_options){ .url = b->url, .connect_ms = SLOW_MS, .timeout_ms = SLOW_MS });
	stream_set_installation(b->stream, b->installation);
	b->tier = tier_new(&b->url, b->position);
	b->other = tier_new(&b->url, b->position);
	b->redis = redis_new(&b->url, "test", SLOW_MS, SLOW_MS);
	claim(b);
	return b;
}

static void
bench_free(struct bench *b)
{
	tier_free(&b->tier);
	tier_free(&b->other);
	stream_free(&b->stream);
	redis_free(&b->redis);
	free(b->position);
	arena_free(&b->arena);
	free(b);
}

/* A patch, which shows something of its project. */
static struct tier_object
patch(int64_t id)
{
	return (struct tier_object){ .object = "patch", .id = id, .shape = SLICE("shape\0\xff\x01"),
	    .epoch = { "patches.*", "projects.*", "project:*" }, .epochs = 3 };
}

/* Redis may seem slow on a machine that has much to do, but not for ever. */
static void
again(int *tries)
{
	cr_assert_lt(++*tries, 5000, "it does not come to an end");
}

/* On a machine that has much to do Redis may seem slow: then the breaker is open, and it has to be asked until it is not. */
static void
wait_closed(struct tier *tier, struct bench *b)
{
	int tries = 0;

	while (tier_stats(tier).open) {
		struct tier_object none = patch(-1);

		again(&tries);
		(void)usleep(20000);
		tier_find(tier, b->arena, position_read(b->position), &none, 1);
	}
}

static void
keep_objects(struct bench *b, struct position_fill fill, const struct tier_object *objects, size_t count)
{
	uint64_t before;
	int tries = 0;

	do {
		again(&tries);
		wait_closed(b->tier, b);
		before = tier_stats(b->tier).failures;
		tier_keep(b->tier, fill, objects, count);
	} while (tier_stats(b->tier).failures != before);
}

static void
keep(struct bench *b, struct position_fill fill, int64_t id, const char *value)
{
	struct tier_object object = patch(id);

	object.value = slice_str(value);
	keep_objects(b, fill, &object, 1);
}

static void
find_objects(struct tier *tier, struct bench *b, struct tier_object *objects, size_t count)
{
	uint64_t before;
	int tries = 0;

	do {
		again(&tries);
		wait_closed(tier, b);
		before = tier_stats(tier).failures;
		tier_find(tier, b->arena, position_read(b->position), objects, count);
	} while (tier_stats(tier).failures != before);
}

static struct slice
find_at(struct tier *tier, struct bench *b, int64_t id)
{
	struct tier_object object = patch(id);

	find_objects(tier, b, &object, 1);
	return object.value;
}

/* By the node that kept it (which reads off what Redis said to that), then by the other. */
static bool
found(struct bench *b, int64_t id, const char *value)
{
	struct slice here = find_at(b->tier, b, id), there = find_at(b->other, b, id);

	cr_expect(slice_eq(here, there) && (here.p == NULL) == (there.p == NULL));
	return here.p != NULL && slice_is(here, value);
}

static bool
missing(struct bench *b, int64_t id)
{
	return find_at(b->tier, b, id).p == NULL && find_at(b->other, b, id).p == NULL;
}

static struct bench *
bench_new(void)
{
	struct bench *b = bench_open();
	int tries = 0;

	/* a server that does not know the script loses what comes first */
	do {
		again(&tries);
		keep(b, position_read(b->position), -99, "known");
	} while (find_at(b->tier, b, -99).p == NULL);
	return b;
}

static void
publish(struct bench *b, const char *tags)
{
	struct slice row = slice_str(tags);
	const char *error = "";
	uint64_t number;

	cr_assert_eq(stream_publish(b->stream, b->arena, b->incarnation, &row, 1, &number, &error), STREAM_OK, "%s", error);
}

static struct redisReply *
command(struct bench *b, const struct slice *words, size_t count)
{
	struct redisReply *reply;
	const char *error = "";

	cr_assert_eq(redis_command(b->redis, words, count, &reply, &error), REDIS_OK, "%s", error);
	return reply;
}

static struct slice
key_of(struct bench *b, int64_t id)
{
	return slice_str(arena_printf(b->arena, "thimble:%016llx:%016llx:patch:%lld", (unsigned long long)b->installation,
	    (unsigned long long)position_read(b->position).nonce, (long long)id));
}

/* Somebody else's value in the place of ours. */
static void
overwrite(struct bench *b, int64_t id, struct slice value)
{
	freeReplyObject(command(b, (struct slice[]){ SLICE("HSET"), key_of(b, id), patch(id).shape, value }, 4));
}

Test(tier, what_was_kept_is_found)
{
	struct bench *b = bench_new();
	struct tier_object other = patch(1);
	struct tier_stats stats;

	cr_expect(missing(b, 1));
	keep(b, position_read(b->position), 1, "one");
	keep(b, position_read(b->position), -2, "");
	cr_expect(found(b, 1, "one"));
	cr_expect(found(b, -2, ""));
	cr_expect(missing(b, 2));
	other.shape = SLICE("shape");
	find_objects(b->tier, b, &other, 1);
	cr_expect_null(other.value.p, "another shape is another object");
	keep(b, position_read(b->position), 1, "again");
	cr_expect(found(b, 1, "again"));
	stats = tier_stats(b->tier);
	cr_expect_geq(stats.hits, 3);
	cr_expect_geq(stats.misses, 3);
	cr_expect_geq(stats.stored, 3);
	cr_expect_not(stats.open);
	bench_free(b);
}

Test(tier, a_change_deletes_and_refuses)
{
	struct bench *b = bench_new();
	struct position_fill before = position_read(b->position);

	keep(b, before, 1, "old");
	keep(b, before, 2, "other");
	cr_expect(found(b, 1, "old"));
	publish(b, "patch:1 patches@3.state_id");
	cr_expect(missing(b, 1));
	cr_expect(found(b, 2, "other"));
	/* read before the change */
	keep(b, before, 1, "old");
	cr_expect(missing(b, 1));
	/* our node may have read it after, but does not know */
	keep(b, position_read(b->position), 1, "old");
	cr_expect(missing(b, 1));
	catch_up(b);
	keep(b, position_read(b->position), 1, "new");
	cr_expect(found(b, 1, "new"));
	keep(b, before, 1, "old");
	cr_expect(found(b, 1, "new"));
	bench_free(b);
}

/* Nobody has ever kept them: only the stamps know. */
Test(tier, stamps_are_where_the_stream_sets_them)
{
	struct bench *b = bench_new();
	struct position_fill before = position_read(b->position);

	for (int64_t id = 1; id < 40; id++)
		publish(b, arena_printf(b->arena, "patch:%lld", (long long)id * 1000003));
	catch_up(b);
	for (int64_t id = 1; id < 40; id++) {
		keep(b, before, id * 1000003, "old");
		cr_expect(missing(b, id * 1000003));
		keep(b, position_read(b->position), id * 1000003, "new");
		cr_expect(found(b, id * 1000003, "new"));
	}
	bench_free(b);
}

Test(tier, epochs)
{
	static const struct {
		const char *tags;
		bool survives;
	} changes[] = {
		{ "project:78", false }, { "projects.*", false }, { "patches.*", false }, { "*", false },
		{ "people.* person:1", true }, { "patches patches@3 projects", true }, { "patch:2", true },
		{ "auth:1 tokens auth.*", true }, { "series.* project@1", true },
	};
	struct bench *b = bench_new();

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		keep(b, position_read(b->position), 1, "value");
		cr_expect(found(b, 1, "value"));
		publish(b, changes[i].tags);
		cr_expect_eq(!missing(b, 1), changes[i].survives, "%s", changes[i].tags);
		catch_up(b);
		cr_expect_eq(!missing(b, 1), changes[i].survives, "%s", changes[i].tags);
	}
	bench_free(b);
}

/* What was read before everything was forgotten, and kept after it. */
Test(tier, an_epoch_counts_for_what_comes_late)
{
	struct bench *b = bench_new();
	struct position_fill before = position_read(b->position);

	publish(b, "project:78");
	catch_up(b);
	keep(b, before, 1, "old");
	cr_expect(missing(b, 1));
	bench_free(b);
}

Test(tier, another_incarnation)
{
	struct bench *b = bench_new();
	struct position_fill before = position_read(b->position);
	struct tier_object object = patch(1);
	struct redisReply *reply;

	keep(b, before, 1, "old");
	cr_expect(found(b, 1, "old"));
	claim(b);
	cr_expect(missing(b, 1));
	tier_find(b->tier, b->arena, before, &object, 1);
	cr_expect_null(object.value.p, "we have not noticed yet");
	keep(b, before, 5, "old");
	cr_expect(missing(b, 5));
	reply = command(b, (struct slice[]){ SLICE("EXISTS"), slice_str(arena_printf(b->arena, "thimble:%016llx:%016llx:patch:5",
	    (unsigned long long)b->installation, (unsigned long long)before.nonce)) }, 2);
	cr_expect_eq(reply->integer, 0, "nobody would ever look for it");
	freeReplyObject(reply);
	keep(b, position_read(b->position), 1, "new");
	cr_expect(found(b, 1, "new"));
	/* flushed, or evicted */
	freeReplyObject(command(b, (struct slice[]){ SLICE("DEL"),
	    slice_str(arena_printf(b->arena, "thimble:%016llx:clock", (unsigned long long)b->installation)) }, 2));
	cr_expect(missing(b, 1));
	keep(b, position_read(b->position), 2, "new");
	cr_expect(missing(b, 2));
	position_follow(b->position, b->installation, 0, 0);
	object = patch(1);
	tier_find(b->tier, b->arena, position_read(b->position), &object, 1);
	cr_expect_null(object.value.p, "nothing is followed");
	bench_free(b);
}

/* A replica became the primary: the nonce is the same, but the last messages are not there. */
Test(tier, a_redis_that_lost_messages)
{
	struct bench *b = bench_new();
	struct position_fill fill = position_read(b->position);
	struct tier_object object = patch(1);

	keep(b, fill, 1, "old");
	cr_expect(found(b, 1, "old"));
	/* one that only the old primary has */
	position_advance(b->position, fill.as_of + 1);
	fill = position_read(b->position);
	cr_expect(missing(b, 1));
	keep(b, fill, 2, "new");
	position_follow(b->position, b->installation, fill.nonce, fill.as_of - 1);
	cr_expect(missing(b, 2), "nobody would know that it has to go");
	object = patch(1);
	find_objects(b->tier, b, &object, 1);
	cr_expect_not_null(object.value.p);
	bench_free(b);
}

Test(tier, what_is_not_ours_is_a_miss)
{
	static char large[TIER_VALUE_MAX + 100];
	const struct slice values[] = {
		SLICE(""), SLICE("\1"), SLICE("\1\0\0\0\0\0\0\0"), SLICE("\2\0\0\0\0\0\0\0\0value"), SLICE("value is text"),
		slice_make(large, sizeof(large)),
	};
	struct bench *b = bench_new();

	large[0] = TIER_FORMAT;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		keep(b, position_read(b->position), 1, "value");
		cr_expect(found(b, 1, "value"));
		overwrite(b, 1, values[i]);
		cr_expect(missing(b, 1), "value %zu", i);
	}
	overwrite(b, 1, SLICE("\1\0\0\0\0\0\0\0\0value"));
	cr_expect(found(b, 1, "value"));
	bench_free(b);
}

/* Clocks that are none, and keys of another type: Redis fails, and nothing is found. */
Test(tier, nonsense_in_redis)
{
	struct bench *b = bench_new();
	struct slice clock = slice_str(arena_printf(b->arena, "thimble:%016llx:clock", (unsigned long long)b->installation));
	struct tier_object object = patch(1);

	keep(b, position_read(b->position), 1, "value");
	cr_expect(found(b, 1, "value"));
	freeReplyObject(command(b, (struct slice[]){ SLICE("HSET"), clock, SLICE("e:*"), SLICE("many") }, 4));
	cr_expect(missing(b, 1));
	freeReplyObject(command(b, (struct slice[]){ SLICE("HSET"), clock, SLICE("e:*"), SLICE("0"), SLICE("number"),
	    SLICE("x") }, 6));
	cr_expect(missing(b, 1));
	freeReplyObject(command(b, (struct slice[]){ SLICE("HSET"), clock, SLICE("number"), SLICE("0") }, 4));
	cr_expect(found(b, 1, "value"));
	freeReplyObject(command(b, (struct slice[]){ SLICE("SET"), key_of(b, 1), SLICE("text") }, 3));
	tier_find(b->tier, b->arena, position_read(b->position), &object, 1);
	cr_expect_null(object.value.p);
	cr_expect(tier_stats(b->tier).open);
	bench_free(b);
}

Test(tier, memory_is_bounded)
{
	struct bench *b = bench_new();
	static char large[TIER_VALUE_MAX + 1];
	struct tier_object object = patch(1);
	struct redisReply *ttl;

	object.value = slice_make(large, sizeof(large));
	keep_objects(b, position_read(b->position), &object, 1);
	cr_expect(missing(b, 1));
	object.value.n--;
	keep_objects(b, position_read(b->position), &object, 1);
	cr_expect_eq(find_at(b->tier, b, 1).n, TIER_VALUE_MAX);
	ttl = command(b, (struct slice[]){ SLICE("TTL"), key_of(b, 1) }, 2);
	cr_expect(ttl->integer > 0 && ttl->integer <= TIER_EXPIRE_S, "%lld", ttl->integer);
	freeReplyObject(ttl);
	bench_free(b);
}

Test(tier, many_at_once)
{
	struct bench *b = bench_new();
	struct tier_object *objects = calloc(TIER_BATCH, sizeof(*objects));
	struct tier_stats before;

	for (int i = 0; i < TIER_BATCH; i++) {
		objects[i] = patch(i);
		objects[i].shape = i % 2 == 0 ? SLICE("even") : SLICE("odd");
		objects[i].value = i % 3 == 0 ? SLICE_NONE : slice_str(arena_printf(b->arena, "value %d", i));
	}
	keep_objects(b, position_read(b->position), objects, TIER_BATCH);
	before = tier_stats(b->tier);
	for (int i = 0; i < TIER_BATCH; i++) {
		objects[i] = patch(i);
		objects[i].shape = i % 2 == 0 ? SLICE("even") : SLICE("odd");
	}
	find_objects(b->tier, b, objects, TIER_BATCH);
	for (int i = 0; i < TIER_BATCH; i++) {
		cr_assert_eq(objects[i].value.p == NULL, i % 3 == 0, "%d", i);
		cr_assert(i % 3 == 0 || slice_is(objects[i].value, arena_printf(b->arena, "value %d", i)));
	}
	if (tier_stats(b->tier).failures == before.failures)
		cr_expect_eq(tier_stats(b->tier).hits - before.hits, TIER_BATCH - (TIER_BATCH + 2) / 3);
	free(objects);
	bench_free(b);
}

/* More names than a call has room for, and a name that is too long: those objects are missing, the others not. */
Test(tier, many_epochs)
{
	enum { MANY = TIER_NAMES_MAX + 10 };
	struct bench *b = bench_new();
	struct tier_object objects[MANY];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			objects[i] = patch(i);
			objects[i].epoch[0] = arena_printf(b->arena, i == 1 ? "table %0100d" : "table %d", i);
			objects[i].epochs = 1;
			objects[i].value = round == 0 ? SLICE("value") : SLICE_NONE;
		}
		if (round == 0)
			keep_objects(b, position_read(b->position), objects, MANY);
		else
			find_objects(b->tier, b, objects, MANY);
	}
	/* "*" takes one place; the one that is too long none */
	for (int i = 0; i < MANY; i++)
		cr_expect_eq(objects[i].value.p != NULL, i != 1 && i <= TIER_NAMES_MAX - 1, "%d", i);
	bench_free(b);
}

/* ---- Redis slow or gone ---- */

static void
try(struct bench *b, struct tier *tier)
{
	struct tier_object object = patch(1);

	tier_find(tier, b->arena, position_read(b->position), &object, 1);
	cr_expect_null(object.value.p);
	object.value = SLICE("value");
	tier_keep(tier, position_read(b->position), &object, 1);
}

/* The breaker: after a failure nobody asks; then one does, later and later; then all again. */
Test(tier, redis_is_gone_and_comes_back)
{
	struct bench *b = bench_new();
	int tries = 0;
	char directory[] = "/tmp/thimble-tier-XXXXXX";
	struct redis_url real = parse(getenv("THIMBLE_TEST_REDIS_SOCKET")), url = real;
	struct tier *tier;

	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(url.path, sizeof(url.path), "%s/redis", directory);
	tier = tier_new(&url, b->position);
	cr_expect_not(tier_stats(tier).open);
	try(b, tier);
	cr_expect(tier_stats(tier).open);
	cr_expect_eq(tier_stats(tier).stored, 0);
	for (int i = 0; i < 1000; i++)
		try(b, tier);
	cr_expect_lt(tier_stats(tier).failures, 100, "it is left alone");
	while (tier_stats(tier).failures < 4) {
		again(&tries);
		try(b, tier);
		(void)usleep(1000);
	}
	cr_expect(tier_stats(tier).open);
	cr_assert_eq(symlink(real.path, url.path), 0);
	while (tier_stats(tier).open) {
		again(&tries);
		try(b, tier);
		(void)usleep(1000);
	}
	keep(b, position_read(b->position), 7, "seven");
	cr_expect(found(b, 7, "seven"));
	cr_expect(slice_is(find_at(tier, b, 7), "seven"));
	(void)unlink(url.path);
	tier_free(&tier);
	(void)rmdir(directory);
	bench_free(b);
}

/* It takes the connection, and says nothing. */
Test(tier, redis_hangs)
{
	struct bench *b = bench_new();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int tries = 0;
	char directory[] = "/tmp/thimble-tier-XXXXXX";
	struct redis_url url;
	struct tier *tier;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/redis", directory);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 16), 0);
	url = parse(arena_printf(b->arena, "unix:%s", address.sun_path));
	tier = tier_new(&url, b->position);
	while (tier_stats(tier).failures < 3) {
		again(&tries);
		try(b, tier);
		(void)usleep(1000);
	}
	cr_expect(tier_stats(tier).open);
	tier_free(&tier);
	(void)close(fd);
	(void)unlink(address.sun_path);
	(void)rmdir(directory);
	bench_free(b);
}

/* ---- several threads ---- */

struct job {
	struct bench *b;
	int number;
	bool wrong;
};

static void *
work(void *arg)
{
	struct job *job = arg;
	struct arena *arena = arena_new();

	for (int i = 0; i < ROUNDS; i++) {
		int64_t id = (int64_t)(job->number * 7 + i * 3) % 40;
		struct tier_object objects[2] = { patch(id), patch(id + 1) };

		tier_find(job->b->tier, arena, position_read(job->b->position), objects, 2);
		for (int k = 0; k < 2; k++) {
			struct slice want = slice_str(arena_printf(arena, "value %lld", (long long)id + k));

			if (objects[k].value.p != NULL && !slice_eq(objects[k].value, want))
				job->wrong = true;
			objects[k].value = want;
		}
		tier_keep(job->b->tier, position_read(job->b->position), objects, 2);
		arena_reset(arena);
	}
	arena_free(&arena);
	return NULL;
}

Test(tier, several_threads)
{
	struct bench *b = bench_new();
	pthread_t thread[THREADS];
	struct job job[THREADS];

	for (int i = 0; i < THREADS; i++) {
		job[i] = (struct job){ b, i, false };
		cr_assert_eq(pthread_create(&thread[i], NULL, work, &job[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	for (int i = 0; i < THREADS; i++)
		cr_expect_not(job[i].wrong, "thread %d", i);
	cr_expect(slice_is(find_at(b->tier, b, 21), "value 21"));
	bench_free(b);
}
