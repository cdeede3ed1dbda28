/* SPDX-License-Identifier: MIT
 *
 * See stream.h; what Redis does for it is in stream_scripts.c.
 */
#include "config.h"

#include "cache/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/breakage.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/redis.h"
#include "cache/stream_scripts.h"
#include "cache/tag.h"

enum {
	NUMBER_MAX = 24,		/* bytes of a number in text */
	KEY_MAX = 64,
	LOOK_BYTES = 1024 * 1024,	/* of tags in one look, about: one more message may come on top */
	BELL_MS = 5000,			/* that it waits; then it rings for nothing, which shows that it still can */
	BELL_REFUSED_MS = 1000,		/* that it is not asked for after it was refused */
	EPOCHS_KNOWN = 64		/* so that a message names each but once */
};

struct stream {
	struct redis *redis;
	struct redis *bell;
	struct redis_script look, claim, publish;	/* constant */
	unsigned timeout_ms;
	char clock[KEY_MAX], messages[KEY_MAX];		/* keys */
	char prefix[KEY_MAX];		/* of the objects' keys, before the nonce */
	bool asked;			/* the bell */
	uint64_t asked_after;
	uint64_t broken_at_us;		/* when it is overdue */
	uint64_t silent_until_us;	/* not asked for before */
	char error[128];
};

struct stream *
stream_new(const struct stream_options *options)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->redis = redis_new(&options->url, "thimbled-bus", options->connect_ms, options->timeout_ms);
	stream->bell = redis_new(&options->url, "thimbled-bell", options->connect_ms, options->timeout_ms);
	stream->timeout_ms = options->timeout_ms;
	stream->look.text = stream_script_look;
	stream->claim.text = stream_script_claim;
	stream->publish.text = stream_script_publish;
	redis_script_prepare(&stream->look);
	redis_script_prepare(&stream->claim);
	redis_script_prepare(&stream->publish);
	stream_set_installation(stream, 0);
	return stream;
}

void
stream_free(struct stream **stream)
{
	if (*stream == NULL)
		return;
	redis_free(&(*stream)->redis);
	redis_free(&(*stream)->bell);
	free(*stream);
	*stream = NULL;
}

static void
bell_stop(struct stream *stream)
{
	redis_disconnect(stream->bell);
	stream->asked = false;
}

void
stream_set_installation(struct stream *stream, uint64_t installation)
{
	char before[KEY_MAX];

	memcpy(before, stream->messages, sizeof(before));
	(void)snprintf(stream->clock, KEY_MAX, "thimble:%016llx:clock", (unsigned long long)installation);
	(void)snprintf(stream->messages, KEY_MAX, "thimble:%016llx:stream", (unsigned long long)installation);
	(void)snprintf(stream->prefix, KEY_MAX, "thimble:%016llx:", (unsigned long long)installation);
	if (strcmp(before, stream->messages) != 0)
		bell_stop(stream);
}

/* --- what Redis says */

static struct slice
text_of(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING ? slice_make(reply->str, (size_t)reply->len) : SLICE_NONE;
}

/* 16 hexadecimal digits, as we write them. */
static int
hex_parse(struct slice text, uint64_t *value_r)
{
	uint64_t value = 0;

	if (text.n != 16)
		return -1;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -1;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*value_r = value;
	return 0;
}

static void
hex_print(char text_r[static NUMBER_MAX], uint64_t value)
{
	(void)snprintf(text_r, NUMBER_MAX, "%016llx", (unsigned long long)value);
}

static enum stream_status
not_understood(struct stream *stream, const char **error_r)
{
	(void)snprintf(stream->error, sizeof(stream->error), "what Redis has at %s is not understood", stream->clock);
	*error_r = stream->error;
	return STREAM_AWAY;
}

static enum stream_status
run(struct stream *stream, const struct redis_script *script, const struct slice *arguments, size_t count,
    redisReply **reply_r, const char **error_r)
{
	struct slice keys[2] = { slice_str(stream->clock), slice_str(stream->messages) };
	enum redis_status status = redis_run(stream->redis, script, keys, 2, arguments, count, reply_r, error_r);

	return status == REDIS_OK ? STREAM_OK : STREAM_AWAY;
}

/* --- looking */

/* "NUMBER-0" */
static int
id_parse(struct slice id, uint64_t *number_r)
{
	if (!slice_has_suffix(id, SLICE("-0")))
		return -1;
	return slice_uint(slice_make(id.p, id.n - 2), UINT64_MAX, number_r);
}

/* The messages behind the first three elements; anything that is not the next one is a gap. */
static void
take_messages(const redisReply *reply, struct arena *arena, uint64_t after, struct stream_look *look)
{
	uint64_t at = after;

	for (size_t i = 3; i + 2 < reply->elements && look->count < STREAM_MESSAGES_MAX; i += 3) {
		struct stream_message *message = &look->message[look->count];
		struct slice tags = text_of(reply->element[i + 1]);

		if (id_parse(text_of(reply->element[i]), &message->number) < 0 || message->number != at + 1 || tags.p == NULL) {
			look->gap = true;
			break;
		}
		at = message->number;
		message->tags = arena_slice(arena, tags);
		if (slice_uint(text_of(reply->element[i + 2]), UINT64_MAX, &message->published_us) < 0)
			message->published_us = 0;
		look->count++;
	}
	/* the number is that of the last message: without them, or with more, something is missing */
	if (at > look->number || (at < look->number && look->count == 0))
		look->gap = true;
	if (look->gap)
		look->count = 0;
	look->more = !look->gap && at < look->number;
}

/* Nonce, database and number; without all three there is no clock. */
static int
take_clock(const redisReply *reply, struct stream_look *look)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 3)
		return -1;
	if (hex_parse(text_of(reply->element[0]), &look->nonce) < 0
	    || hex_parse(text_of(reply->element[1]), &look->database) < 0
	    || slice_uint(text_of(reply->element[2]), UINT64_MAX, &look->number) < 0) {
		look->nonce = look->database = look->number = 0;
	}
	return 0;
}

static void
incarnation_print(char text_r[static STREAM_INCARNATION_MAX], const char *run_id, uint64_t nonce)
{
	if (nonce != 0)
		(void)snprintf(text_r, STREAM_INCARNATION_MAX, "%s %016llx", run_id, (unsigned long long)nonce);
	else
		(void)snprintf(text_r, STREAM_INCARNATION_MAX, "%s -", run_id);
}

enum stream_status
stream_look(struct stream *stream, struct arena *arena, uint64_t nonce, uint64_t after, struct stream_look *look_r,
    const char **error_r)
{
	char nonce_text[NUMBER_MAX], after_text[NUMBER_MAX], count_text[NUMBER_MAX], bytes_text[NUMBER_MAX];
	redisReply *reply = NULL;
	enum stream_status status;

	look_r->incarnation[0] = '\0';
	look_r->nonce = look_r->database = look_r->number = 0;
	look_r->count = 0;
	look_r->gap = look_r->more = false;
	hex_print(nonce_text, nonce);
	(void)snprintf(after_text, sizeof(after_text), "%llu", (unsigned long long)after);
	(void)snprintf(count_text, sizeof(count_text), "%d", STREAM_MESSAGES_MAX);
	(void)snprintf(bytes_text, sizeof(bytes_text), "%d", LOOK_BYTES);
	/* notices that Redis has closed the connection since, which redis_run takes for a failure */
	if (redis_connect(stream->redis, error_r) != REDIS_OK)
		return STREAM_AWAY;
	status = run(stream, &stream->look, (struct slice[]){ slice_str(nonce_text), slice_str(after_text),
	    slice_str(count_text), slice_str(bytes_text) }, 4, &reply, error_r);
	if (status != STREAM_OK)
		return status;
	if (take_clock(reply, look_r) < 0) {
		status = not_understood(stream, error_r);
	} else {
		incarnation_print(look_r->incarnation, redis_run_id(stream->redis), look_r->nonce);
		if (nonce != 0 && look_r->nonce == nonce)
			take_messages(reply, arena, after, look_r);
	}
	freeReplyObject(reply);
	return status;
}

/* --- claiming */

enum stream_status
stream_claim(struct stream *stream, uint64_t database, char incarnation_r[static STREAM_INCARNATION_MAX],
    const char **error_r)
{
	char nonce_text[NUMBER_MAX], database_text[NUMBER_MAX];
	redisReply *reply = NULL;
	uint64_t nonce = 0;
	enum stream_status status;

	while (nonce == 0)
		if (getrandom(&nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
			log_fatal("no random numbers");
	hex_print(nonce_text, nonce);
	hex_print(database_text, database);
	if (redis_connect(stream->redis, error_r) != REDIS_OK)
		return STREAM_AWAY;
	status = run(stream, &stream->claim, (struct slice[]){ slice_str(nonce_text), slice_str(database_text) }, 2,
	    &reply, error_r);
	if (status != STREAM_OK)
		return status;
	incarnation_print(incarnation_r, redis_run_id(stream->redis), nonce);
	freeReplyObject(reply);
	return STREAM_OK;
}

/* --- publishing */

/* What a message's tags do to the clock and the objects; see stream.h. */
struct effects {
	struct buf fields;		/* "s:17 e:patch:*" */
	struct buf objects;		/* "patch:42" */
	uint64_t stamped[STREAM_STAMPS / 64];
	struct slice epoch[EPOCHS_KNOWN];
	size_t epochs;
};

static void
effects_epoch(struct effects *effects, struct slice name, const char *behind)
{
	for (size_t i = 0; i < effects->epochs; i++)
		if (slice_eq(effects->epoch[i], name))
			return;
	if (effects->epochs < EPOCHS_KNOWN)
		effects->epoch[effects->epochs++] = name;
	buf_str(&effects->fields, effects->fields.len > 0 ? " e:" : "e:");
	buf_slice(&effects->fields, name);
	buf_str(&effects->fields, behind);
}

static void
effects_object(struct effects *effects, struct slice tag)
{
	unsigned bucket = stream_bucket(tag_hash(tag));

	if ((effects->stamped[bucket / 64] & UINT64_C(1) << bucket % 64) == 0) {
		effects->stamped[bucket / 64] |= UINT64_C(1) << bucket % 64;
		buf_printf(&effects->fields, "%ss:%u", effects->fields.len > 0 ? " " : "", bucket);
	}
	if (effects->objects.len > 0)
		buf_byte(&effects->objects, ' ');
	buf_slice(&effects->objects, tag);
}

/* "patch:42" has the epoch "patch:*"; "patches.*" and "*" are epochs; other tags are of no object. */
static void
effects_tag(struct effects *effects, struct slice tag)
{
	ptrdiff_t colon = slice_index(tag, ':');

	if (slice_is(tag, "*") || slice_has_suffix(tag, SLICE(".*"))) {
		effects_epoch(effects, tag, "");
	} else if (colon > 0) {
		/* with the colon, so that the name of no table is taken for it */
		effects_epoch(effects, slice_make(tag.p, (size_t)colon + 1), "*");
		effects_object(effects, tag);
	}
}

static void
effects_fini(struct effects *effects)
{
	buf_fini(&effects->fields);
	buf_fini(&effects->objects);
}

/* All rows' tags with one space between, or "*". */
static struct slice
join(struct arena *arena, const struct slice *rows, size_t count)
{
	struct buf text = { 0 };
	struct slice joined;

	for (size_t i = 0; i < count && text.len <= STREAM_TAGS_MAX; i++) {
		struct slice rest = rows[i], tag;

		while (slice_cut(&rest, ' ', &tag) && text.len <= STREAM_TAGS_MAX) {
			if (tag.n > 0 && text.len > 0)
				buf_byte(&text, ' ');
			buf_slice(&text, tag);
		}
	}
	joined = text.len > STREAM_TAGS_MAX ? SLICE("*") : arena_slice(arena, buf_as_slice(&text));
	buf_fini(&text);
	return joined;
}

/* It is that incarnation: publishes, if its clock still is. */
static enum stream_status
publish_tags(struct stream *stream, struct slice nonce, struct slice tags, uint64_t *number_r, const char **error_r)
{
	struct effects effects = { .epochs = 0 };
	char time_text[NUMBER_MAX], length_text[NUMBER_MAX], prefix[KEY_MAX + NUMBER_MAX];
	struct slice rest = tags, tag;
	redisReply *reply = NULL;
	enum stream_status status;

	while (slice_cut(&rest, ' ', &tag) && !breakage("effects"))
		effects_tag(&effects, tag);
	(void)snprintf(time_text, sizeof(time_text), "%llu", (unsigned long long)realtime_us());
	(void)snprintf(length_text, sizeof(length_text), "%d", STREAM_LENGTH);
	(void)snprintf(prefix, sizeof(prefix), "%s%.*s:", stream->prefix, SLICE_ARG(nonce));
	status = run(stream, &stream->publish, (struct slice[]){ nonce, tags, slice_str(time_text),
	    buf_as_slice(&effects.fields), buf_as_slice(&effects.objects), slice_str(prefix), slice_str(length_text) },
	    7, &reply, error_r);
	effects_fini(&effects);
	if (status != STREAM_OK)
		return status;
	if (reply->type == REDIS_REPLY_NIL) {
		*error_r = "its clock is another one by now";
		status = STREAM_OTHER;
	} else if (slice_uint(text_of(reply), UINT64_MAX, number_r) < 0) {
		status = not_understood(stream, error_r);
	}
	freeReplyObject(reply);
	return status;
}

/*
 * The connection is looked at before, and whether it leads to that run of a server: a replica that became the
 * primary has the same nonce.  redis_run makes none in its place.
 */
enum stream_status
stream_publish(struct stream *stream, struct arena *arena, const char *incarnation, const struct slice *rows,
    size_t count, uint64_t *number_r, const char **error_r)
{
	struct slice nonce = slice_str(incarnation), run_id;
	uint64_t value;

	(void)slice_cut(&nonce, ' ', &run_id);
	if (hex_parse(nonce, &value) < 0) {
		*error_r = "nobody has claimed it";
		return STREAM_OTHER;
	}
	if (redis_connect(stream->redis, error_r) != REDIS_OK)
		return STREAM_AWAY;
	if (!slice_is(run_id, redis_run_id(stream->redis))) {
		*error_r = "it is another server, or another run of it";
		return STREAM_OTHER;
	}
	return publish_tags(stream, nonce, join(arena, rows, count), number_r, error_r);
}

/* --- the bell */

/* It leads to where the other connection leads; else it would ring of another stream, or never. */
static bool
bell_is_there(const struct stream *stream)
{
	return redis_is_connected(stream->bell) && (!redis_is_connected(stream->redis)
	    || strcmp(redis_run_id(stream->bell), redis_run_id(stream->redis)) == 0);
}

enum stream_status
stream_ring_after(struct stream *stream, uint64_t after, const char **error_r)
{
	char id[NUMBER_MAX + 2], wait[NUMBER_MAX];

	/* one that waits for an earlier message rings for it, as that one is there by now */
	if (stream->asked && bell_is_there(stream) && stream->asked_after <= after)
		return STREAM_OK;
	if (monotonic_us() < stream->silent_until_us) {
		*error_r = "it refused to tell of messages";
		return STREAM_AWAY;
	}
	if (stream->asked || !bell_is_there(stream))
		bell_stop(stream);
	(void)snprintf(id, sizeof(id), "%llu-0", (unsigned long long)after);
	(void)snprintf(wait, sizeof(wait), "%d", BELL_MS);
	if (redis_connect(stream->bell, error_r) != REDIS_OK)
		return STREAM_AWAY;
	if (redis_send(stream->bell, (struct slice[]){ SLICE("XREAD"), SLICE("COUNT"), SLICE("1"), SLICE("BLOCK"),
	    slice_str(wait), SLICE("STREAMS"), slice_str(stream->messages), slice_str(id) }, 8, error_r) != REDIS_OK)
		return STREAM_AWAY;
	stream->asked = true;
	stream->asked_after = after;
	stream->broken_at_us = monotonic_us() + ((uint64_t)BELL_MS + stream->timeout_ms) * 1000;
	return STREAM_OK;
}

static const redisReply *
element(const redisReply *reply, size_t i)
{
	return reply != NULL && reply->type == REDIS_REPLY_ARRAY && i < reply->elements ? reply->element[i] : NULL;
}

/* Of XREAD COUNT 1: streams, each of a name and messages, each of an id and fields. */
static void
take_rung(const redisReply *reply, struct arena *arena, struct stream_message *message)
{
	const redisReply *first = element(element(element(element(reply, 0), 1), 0), 0);
	const redisReply *fields = element(element(element(element(reply, 0), 1), 0), 1);
	const redisReply *tags = element(fields, 1), *when = element(fields, 3), *nonce = element(fields, 5);
	uint64_t number;

	if (first == NULL || tags == NULL || text_of(tags).p == NULL || id_parse(text_of(first), &number) < 0
	    || when == NULL || slice_uint(text_of(when), UINT64_MAX, &message->published_us) < 0)
		return;
	message->number = number;
	message->tags = arena_slice(arena, text_of(tags));
	if (nonce == NULL || hex_parse(text_of(nonce), &message->nonce) < 0)
		message->nonce = 0;
}

bool
stream_bell(struct stream *stream, struct arena *arena, struct stream_message *message_r)
{
	redisReply *reply = NULL;
	const char *error;
	enum redis_status status;

	*message_r = (struct stream_message){ 0 };
	if (!stream->asked)
		return false;
	status = redis_receive(stream->bell, &reply, &error);
	if (status == REDIS_OK && reply == NULL) {
		if (monotonic_us() < stream->broken_at_us)
			return false;
		redis_disconnect(stream->bell);
	}
	if (status == REDIS_REFUSED)
		stream->silent_until_us = monotonic_us() + (uint64_t)BELL_REFUSED_MS * 1000;
	if (reply != NULL) {
		take_rung(reply, arena, message_r);
		freeReplyObject(reply);
	}
	stream->asked = false;
	return true;
}

int
stream_descriptor(const struct stream *stream)
{
	return stream->asked ? redis_descriptor(stream->bell) : -1;
}
