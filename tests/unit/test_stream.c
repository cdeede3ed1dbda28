/* SPDX-License-Identifier: MIT
 *
 * The stream between nodes, against a Redis of the test's own: two of them as two nodes have them.
 */
#include "config.h"

#include "cache/stream.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cache/tag.h"
#include "redis_server.h"

enum { PLENTY_MS = 60000 };

static const uint64_t INSTALLATION = 0xabc, DATABASE = UINT64_C(0xfedcba9876543210);
#define KEY(last) "thimble:0000000000000abc:" last

static struct redis_server server;
static struct arena *arena;
static struct stream *here, *there;
static struct stream_look look;
static struct stream_message rung;
static char incarnation[STREAM_INCARNATION_MAX];
static const char *error;

static void
start(void)
{
	struct stream_options options = { .connect_ms = PLENTY_MS, .timeout_ms = PLENTY_MS };

	redis_server_start(&server, NULL);
	options.url = redis_server_url(&server, false, 0);
	arena = arena_new();
	here = stream_new(&options);
	there = stream_new(&options);
	stream_set_installation(here, INSTALLATION);
	stream_set_installation(there, INSTALLATION);
	error = "none";
}

static void
stop(void)
{
	stream_free(&here);
	stream_free(&there);
	arena_free(&arena);
	redis_server_stop(&server);
}

static bool
bell(void)
{
	return stream_bell(there, arena, &rung);
}

TestSuite(stream, .init = start, .fini = stop, .timeout = 120);

static void
claim(void)
{
	cr_assert_eq(stream_claim(here, DATABASE, incarnation, &error), STREAM_OK, "%s", error);
}

/* The nonce in `incarnation`. */
static uint64_t
nonce(void)
{
	return strtoull(strchr(incarnation, ' '), NULL, 16);
}

static enum stream_status
look_after(uint64_t number)
{
	return stream_look(there, arena, nonce(), number, &look, &error);
}

/* One row. */
static enum stream_status
try_to_publish(const char *tags, uint64_t *number_r)
{
	struct slice row = slice_str(tags);

	*number_r = 0;
	return stream_publish(here, arena, incarnation, &row, 1, number_r, &error);
}

static void
publish(const char *tags, uint64_t expected)
{
	uint64_t number;

	cr_assert_eq(try_to_publish(tags, &number), STREAM_OK, "%s", error);
	cr_expect_eq(number, expected);
}

static void
message_is(size_t i, uint64_t number, const char *tags)
{
	cr_assert(i < look.count);
	cr_expect_eq(look.message[i].number, number);
	cr_expect(slice_is(look.message[i].tags, tags), "%.*s", SLICE_ARG(look.message[i].tags));
}

static const char *clock_field(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *
clock_field(const char *format, ...)
{
	char field[100];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(field, sizeof(field), format, ap);
	va_end(ap);
	return redis_server_text(&server, "HGET " KEY("clock") " %s", field);
}

static unsigned
bucket(const char *name, int64_t id)
{
	return stream_bucket(tag_hash_id(name, ':', id));
}

Test(stream, without_a_clock_nobody_has_claimed_it)
{
	uint64_t number;

	cr_assert_eq(stream_look(there, arena, 7, 3, &look, &error), STREAM_OK);
	cr_expect_eq(look.nonce, 0);
	cr_expect_eq(look.count, 0);
	cr_expect(!look.gap && !look.more);
	cr_expect_eq(strlen(look.incarnation), 42);
	cr_expect_str_eq(look.incarnation + 40, " -");
	cr_expect_not_null(strstr(redis_server_text(&server, "INFO server"),
	    arena_printf(arena, "%.40s", look.incarnation)));
	(void)snprintf(incarnation, sizeof(incarnation), "%.40s -", look.incarnation);
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
	(void)snprintf(incarnation, sizeof(incarnation), "%.40s 0000000000000001", look.incarnation);
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
	cr_expect_str_eq(redis_server_text(&server, "DBSIZE"), "0");
}

Test(stream, a_claim_begins_anew)
{
	char first[STREAM_INCARNATION_MAX];

	claim();
	publish("patch:1", 1);
	(void)snprintf(first, sizeof(first), "%s", incarnation);
	claim();
	cr_expect_str_neq(incarnation, first);
	cr_expect_eq(strncmp(incarnation, first, 41), 0);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_expect_str_eq(look.incarnation, incarnation);
	cr_expect_eq(look.nonce, nonce());
	cr_expect_neq(look.nonce, 0);
	cr_expect_eq(look.database, DATABASE);
	cr_expect_eq(look.number, 0);
	cr_expect(look.count == 0 && !look.gap && !look.more);
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 1)), "(none)");
	publish("patch:2", 1);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_assert_eq(look.count, 1);
	message_is(0, 1, "patch:2");
}

Test(stream, messages_come_in_order)
{
	struct timespec now;
	const struct slice rows[] = { SLICE("patch:1 patches"), SLICE(""), SLICE(" state:3  patches.* "), SLICE("*") };
	uint64_t number;

	claim();
	publish("patch:1", 1);
	cr_assert_eq(stream_publish(here, arena, incarnation, rows, 4, &number, &error), STREAM_OK);
	cr_expect_eq(number, 2);
	publish("tokens", 3);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_assert_eq(look.count, 3);
	message_is(0, 1, "patch:1");
	message_is(1, 2, "patch:1 patches state:3 patches.* *");
	message_is(2, 3, "tokens");
	cr_expect(look.number == 3 && !look.gap && !look.more);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	cr_expect(look.message[0].published_us / 1000000 <= (uint64_t)now.tv_sec);
	cr_expect(look.message[0].published_us / 1000000 + 3600 > (uint64_t)now.tv_sec);
	cr_assert_eq(look_after(2), STREAM_OK);
	cr_assert_eq(look.count, 1);
	message_is(0, 3, "tokens");
	cr_assert_eq(look_after(3), STREAM_OK);
	cr_expect(look.count == 0 && !look.gap && !look.more);
	/* who follows another incarnation is told which it is, and nothing else */
	cr_assert_eq(stream_look(there, arena, nonce() + 1, 0, &look, &error), STREAM_OK);
	cr_expect(look.count == 0 && !look.gap && !look.more && look.number == 3);
	cr_assert_eq(stream_look(there, arena, 0, 0, &look, &error), STREAM_OK);
	cr_expect(look.count == 0 && look.nonce == nonce());
}

Test(stream, stamps_tags_and_deletes_their_objects)
{
	const char *prefix;

	claim();
	prefix = arena_printf(arena, KEY("%016llx:"), (unsigned long long)nonce());
	for (int i = 1; i <= 3; i++)
		(void)redis_server_text(&server, "HSET %spatch:%d shape value", prefix, i);
	(void)redis_server_text(&server, "HSET " KEY("0000000000000000:patch:1") " shape value");
	publish("patch:7 patches@3", 1);
	publish("patch:1 patches series.name projects.* auth:9 patch:3 patch:1 tokens", 2);
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 7)), "1");
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 1)), "2");
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 3)), "2");
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 2)), "(none)");
	cr_expect_str_eq(clock_field("e:patch:*"), "2");
	cr_expect_str_eq(clock_field("e:auth:*"), "2");
	cr_expect_str_eq(clock_field("e:projects.*"), "2");
	/* nonce, number, database; four buckets; three epochs */
	cr_expect_str_eq(redis_server_text(&server, "HLEN " KEY("clock")), "10");
	cr_expect_str_eq(redis_server_text(&server, "EXISTS %spatch:1 %spatch:3", prefix, prefix), "0");
	cr_expect_str_eq(redis_server_text(&server, "EXISTS %spatch:2 " KEY("0000000000000000:patch:1"), prefix), "2");
	publish("*", 3);
	cr_expect_str_eq(clock_field("e:*"), "3");
	cr_expect_str_eq(clock_field("e:patch:*"), "2");
	cr_expect_str_eq(redis_server_text(&server, "EXISTS %spatch:2", prefix), "1");
}

Test(stream, a_message_of_many_objects)
{
	struct buf tags = { 0 };
	struct slice row;
	uint64_t number;

	claim();
	(void)redis_server_text(&server, "HSET " KEY("%016llx:patch:20000") " a b", (unsigned long long)nonce());
	for (int i = 1; i <= 20000; i++)
		buf_printf(&tags, "patch:%d ", i);
	row = buf_as_slice(&tags);
	cr_assert(tags.len < STREAM_TAGS_MAX);
	cr_assert_eq(stream_publish(here, arena, incarnation, &row, 1, &number, &error), STREAM_OK, "%s", error);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_assert_eq(look.count, 1);
	cr_expect_eq(look.message[0].tags.n, tags.len - 1);
	for (int i = 1; i <= 20000; i += 999)
		cr_expect_str_eq(clock_field("s:%u", bucket("patch", i)), "1");
	cr_expect_str_eq(redis_server_text(&server, "EXISTS " KEY("%016llx:patch:20000"), (unsigned long long)nonce()), "0");
	buf_fini(&tags);
}

Test(stream, too_many_tags_are_everything)
{
	char *large = arena_alloc(arena, STREAM_TAGS_MAX + 2);
	struct slice rows[] = { SLICE("patch:1"), { large, STREAM_TAGS_MAX - 8 } };
	uint64_t number;

	memset(large, 'x', STREAM_TAGS_MAX);
	claim();
	cr_assert_eq(stream_publish(here, arena, incarnation, rows, 2, &number, &error), STREAM_OK, "%s", error);
	rows[1].n++;
	cr_assert_eq(stream_publish(here, arena, incarnation, rows, 2, &number, &error), STREAM_OK, "%s", error);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_assert_eq(look.count, 2);
	cr_expect_eq(look.message[0].tags.n, STREAM_TAGS_MAX);
	message_is(1, 2, "*");
	cr_expect_str_eq(clock_field("e:*"), "2");
	cr_expect_str_eq(clock_field("s:%u", bucket("patch", 1)), "1");
}

Test(stream, many_messages_take_several_looks)
{
	uint64_t at = 0;
	unsigned looks = 0;

	claim();
	for (uint64_t i = 1; i <= 600; i++)
		publish("patch:1", i);
	do {
		cr_assert_eq(look_after(at), STREAM_OK);
		cr_assert(look.count > 0 && !look.gap);
		for (size_t i = 0; i < look.count; i++)
			cr_expect_eq(look.message[i].number, ++at);
		looks++;
	} while (look.more);
	cr_expect_eq(at, 600);
	cr_expect_eq(looks, 3);
}

/* What one look brings is bounded in bytes as well. */
Test(stream, large_messages_take_several_looks)
{
	char *large = arena_alloc(arena, 200001);
	uint64_t at = 0;
	unsigned looks = 0;

	memset(large, 'x', 200000);
	large[200000] = '\0';
	claim();
	for (uint64_t i = 1; i <= 40; i++)
		publish(large, i);
	do {
		size_t bytes = 0;

		cr_assert_eq(look_after(at), STREAM_OK, "%s", error);
		cr_assert(look.count > 0 && !look.gap);
		for (size_t i = 0; i < look.count; i++)
			bytes += look.message[i].tags.n;
		cr_expect(bytes < 1400000);
		at += look.count;
		looks++;
	} while (look.more);
	cr_expect_eq(at, 40);
	cr_expect(looks >= 6);
}

static void
gap_after(uint64_t number, bool expected)
{
	cr_assert_eq(look_after(number), STREAM_OK, "%s", error);
	cr_expect_eq(look.gap, expected, "after %llu", (unsigned long long)number);
	cr_expect(!expected || (look.count == 0 && !look.more));
}

Test(stream, what_was_missed_is_a_gap)
{
	claim();
	for (uint64_t i = 1; i <= 10; i++)
		publish("patch:1", i);
	gap_after(0, false);
	/* more than there are */
	gap_after(11, true);
	/* trimmed behind our back */
	(void)redis_server_text(&server, "XTRIM " KEY("stream") " MAXLEN 4");
	gap_after(5, true);
	gap_after(6, false);
	cr_expect_eq(look.count, 4);
	/* a hole, and its end */
	(void)redis_server_text(&server, "XDEL " KEY("stream") " 8-0");
	gap_after(6, true);
	gap_after(8, false);
	(void)redis_server_text(&server, "XDEL " KEY("stream") " 9-0 10-0");
	gap_after(8, true);
	gap_after(10, false);
	/* the stream is gone (evicted), and there again with the next message */
	(void)redis_server_text(&server, "DEL " KEY("stream"));
	gap_after(9, true);
	gap_after(10, false);
	publish("patch:2", 11);
	gap_after(10, false);
	gap_after(9, true);
	/* something that is none of ours */
	(void)redis_server_text(&server, "XADD " KEY("stream") " 11-5 no message");
	gap_after(10, true);
	gap_after(11, false);
	publish("patch:3", 12);
	gap_after(11, true);
}

Test(stream, a_clock_that_is_gone_is_another_incarnation)
{
	uint64_t number;

	claim();
	publish("patch:1", 1);
	(void)redis_server_text(&server, "DEL " KEY("clock"));
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
	cr_assert_eq(look_after(1), STREAM_OK);
	cr_expect_eq(look.nonce, 0);
	cr_expect(look.count == 0 && !look.gap);
	claim();
	publish("patch:1", 1);
	(void)redis_server_text(&server, "FLUSHALL");
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
}

/* As a replica that became the primary has it: the same nonce, but another run. */
Test(stream, another_run_is_another_incarnation)
{
	uint64_t number;

	claim();
	publish("patch:1", 1);
	redis_server_restart(&server, true);
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
	cr_assert_eq(look_after(1), STREAM_OK, "%s", error);
	cr_expect_eq(look.nonce, nonce());
	cr_expect_str_neq(look.incarnation, incarnation);
	cr_expect_eq(look.number, 1);
	claim();
	publish("patch:1", 1);
}

Test(stream, a_replica_is_away)
{
	uint64_t number;

	claim();
	publish("patch:1", 1);
	cr_assert_eq(look_after(0), STREAM_OK);
	(void)redis_server_text(&server, "REPLICAOF 127.0.0.1 1");
	cr_expect_eq(look_after(0), STREAM_AWAY);
	cr_expect_not_null(strstr(error, "READONLY"), "%s", error);
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_AWAY);
	cr_expect_eq(look_after(0), STREAM_AWAY);
	cr_expect_not_null(strstr(error, "it is a replica"), "%s", error);
	(void)redis_server_text(&server, "REPLICAOF NO ONE");
	cr_expect_eq(look_after(0), STREAM_OK);
	publish("patch:1", 2);
}

/* All or nothing: the number is not drawn when there is no room for the message. */
Test(stream, without_memory_nothing_is_published)
{
	uint64_t number;

	claim();
	publish("patch:1", 1);
	(void)redis_server_text(&server, "CONFIG SET maxmemory 1");
	cr_expect_eq(try_to_publish("patch:2", &number), STREAM_AWAY);
	cr_expect_not_null(strstr(error, "OOM"), "%s", error);
	gap_after(1, false);
	cr_expect_eq(look.number, 1);
	(void)redis_server_text(&server, "CONFIG SET maxmemory 0");
	publish("patch:2", 2);
	gap_after(1, false);
	message_is(0, 2, "patch:2");
}

Test(stream, installations_are_apart)
{
	uint64_t number;

	claim();
	publish("patch:1", 1);
	stream_set_installation(here, INSTALLATION + 1);
	cr_expect_eq(try_to_publish("patch:1", &number), STREAM_OTHER);
	stream_set_installation(here, INSTALLATION);
	publish("patch:1", 2);
}

Test(stream, what_has_our_keys_is_not_believed)
{
	(void)redis_server_text(&server, "HSET " KEY("clock") " nonce xyz number 5 database 7");
	cr_assert_eq(stream_look(there, arena, 1, 0, &look, &error), STREAM_OK);
	cr_expect(look.nonce == 0 && look.number == 0);
	(void)redis_server_text(&server, "DEL " KEY("clock"));
	(void)redis_server_text(&server, "SET " KEY("clock") " text");
	cr_expect_eq(stream_look(there, arena, 1, 0, &look, &error), STREAM_AWAY);
	claim();
	publish("patch:1", 1);
}

/* What doc/thimbled.conf.5 says that a user needs is enough. */
Test(stream, needs_few_rights)
{
	static const char *const commands = "client|setname del eval evalsha expire hdel hget hincrby hmget hset info role"
	    " select xadd xrange xread ";
	struct stream_options options = { .connect_ms = PLENTY_MS, .timeout_ms = PLENTY_MS };
	struct slice rest = slice_str(commands), command;

	(void)redis_server_text(&server, "ACL SETUSER thimble on >secret ~thimble:*");
	while (slice_cut(&rest, ' ', &command) && command.n > 0)
		cr_assert_str_eq(redis_server_text(&server, "ACL SETUSER thimble +%b", command.p, command.n), "OK");
	options.url = redis_server_url(&server, true, 1);
	(void)snprintf(options.url.user, sizeof(options.url.user), "thimble");
	(void)snprintf(options.url.password, sizeof(options.url.password), "secret");
	stream_free(&here);
	stream_free(&there);
	here = stream_new(&options);
	there = stream_new(&options);
	claim();
	cr_assert_eq(stream_ring_after(there, 0, &error), STREAM_OK, "%s", error);
	publish("patch:1 patches.*", 1);
	while (!bell())
		(void)poll(NULL, 0, 1);
	cr_assert_eq(stream_ring_after(there, 1, &error), STREAM_OK, "%s", error);
	cr_assert_eq(look_after(0), STREAM_OK, "%s", error);
	message_is(0, 1, "patch:1 patches.*");
}

/* --- the bell */

static void
ask(uint64_t after)
{
	cr_assert_eq(stream_ring_after(there, after, &error), STREAM_OK, "%s", error);
	cr_assert(stream_descriptor(there) >= 0);
}

static void
wait_bell(void)
{
	do {
		struct pollfd poller = { .fd = stream_descriptor(there), .events = POLLIN };

		cr_assert_eq(poll(&poller, 1, PLENTY_MS), 1);
	} while (!bell());
	cr_expect_eq(stream_descriptor(there), -1);
}

static void
wait_bell_of(uint64_t number, const char *tags)
{
	wait_bell();
	cr_expect_eq(rung.number, number);
	cr_expect_eq(rung.nonce, number == 0 ? 0 : nonce());
	cr_expect(number == 0 || slice_is(rung.tags, tags), "%.*s", SLICE_ARG(rung.tags));
}

Test(stream, the_bell_rings_for_the_next_message)
{
	claim();
	cr_expect(!bell());
	cr_expect_eq(stream_descriptor(there), -1);
	ask(0);
	cr_expect(!bell());
	publish("patch:1", 1);
	wait_bell_of(1, "patch:1");
	cr_expect(!bell());
	cr_expect_eq(rung.number, 0);
	/* one that is there already */
	ask(0);
	wait_bell_of(1, "patch:1");
	ask(1);
	cr_expect(!bell());
	publish("patch:2 patches.*", 2);
	wait_bell_of(2, "patch:2 patches.*");
	/* asked for again before it rang, for a message that came meanwhile */
	ask(2);
	publish("patch:3", 3);
	ask(3);
	wait_bell_of(3, "patch:3");
	/* another's */
	ask(3);
	(void)redis_server_text(&server, "XADD " KEY("stream") " 4-0 x y");
	wait_bell_of(0, "");
	/* an older version's does not say of which incarnation it is */
	ask(4);
	(void)redis_server_text(&server, "XADD " KEY("stream") " 5-0 t patch:5 w 1");
	wait_bell();
	cr_expect_eq(rung.number, 5);
	cr_expect_eq(rung.nonce, 0);
}

Test(stream, the_bell_rings_of_a_new_incarnation)
{
	int before;

	claim();
	for (uint64_t i = 1; i <= 5; i++)
		publish("patch:1", i);
	ask(5);
	claim();
	cr_assert_eq(look_after(0), STREAM_OK);
	ask(0);
	publish("patch:1", 1);
	/* not because its time was up */
	cr_expect_not_null(strstr(redis_server_text(&server, "INFO clients"), "blocked_clients:0\r"));
	wait_bell();
	/* another run of the server: the bell goes there, as soon as the rest did */
	ask(1);
	before = bell();
	cr_expect(!before);
	redis_server_restart(&server, false);
	claim();
	cr_assert_eq(look_after(0), STREAM_OK);
	ask(0);
	publish("patch:1", 1);
	wait_bell();
}

/* Ends the connections of that name. */
static void
end_connections(const char *name)
{
	struct slice rest = slice_str(arena_strdup(arena, redis_server_text(&server, "CLIENT LIST"))), line;

	while (slice_cut(&rest, '\n', &line)) {
		const char *id = arena_printf(arena, "%.*s", SLICE_ARG(line));

		if (strstr(id, arena_printf(arena, " name=%s ", name)) != NULL)
			(void)redis_server_text(&server, "CLIENT KILL ID %b", id + 3, strcspn(id + 3, " "));
	}
}

/* What the others know as Redis is another server now, and the one before is there still. */
Test(stream, the_bell_goes_where_the_rest_goes)
{
	struct redis_server other;

	claim();
	ask(0);
	cr_assert_eq(look_after(0), STREAM_OK);
	cr_expect_eq(look.nonce, nonce());
	end_connections("thimbled-bus");
	redis_server_start(&other, NULL);
	cr_assert_eq(rename(other.socket, server.socket), 0);
	cr_assert_eq(look_after(0), STREAM_OK, "%s", error);
	cr_expect_eq(look.nonce, 0);
	ask(0);
	claim();
	cr_expect_not_null(strstr(redis_server_text(&server, "INFO clients"), "blocked_clients:1\r"));
	publish("patch:1", 1);
	wait_bell();
	redis_server_stop(&other);
}

Test(stream, the_bell_rings_when_it_breaks)
{
	claim();
	ask(0);
	redis_server_kill(&server);
	wait_bell_of(0, "");
	cr_expect_eq(stream_ring_after(there, 0, &error), STREAM_AWAY);
	cr_expect_eq(stream_descriptor(there), -1);
	cr_expect_eq(look_after(0), STREAM_AWAY);
}

/* Else who is refused would ask again at once, for ever. */
Test(stream, a_bell_that_is_refused_is_silent_for_a_while)
{
	claim();
	(void)redis_server_text(&server, "DEL " KEY("stream"));
	(void)redis_server_text(&server, "SET " KEY("stream") " text");
	ask(0);
	wait_bell_of(0, "");
	cr_expect_eq(stream_ring_after(there, 0, &error), STREAM_AWAY);
	(void)redis_server_text(&server, "DEL " KEY("stream"));
	while (stream_ring_after(there, 0, &error) != STREAM_OK)
		(void)poll(NULL, 0, 20);
	publish("patch:1", 1);
	wait_bell();
}
