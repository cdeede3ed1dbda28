/* SPDX-License-Identifier: MIT
 *
 * Commands, for a connection that redis_connect.c makes.  See redis.h; redis_link.c has the bounds.
 * SIGPIPE has to be ignored.
 */
#include "config.h"

#include "cache/redis.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/redis_private.h"

enum { SCRIPT_WORDS = 3 };		/* EVALSHA, the digest, the number of keys */

void
redis_script_prepare(struct redis_script *script)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	(void)EVP_Digest(script->text, strlen(script->text), digest, &n, EVP_sha1(), NULL);
	for (unsigned i = 0; i < 20; i++)
		(void)snprintf(script->sha1 + i * 2, 3, "%02x", digest[i]);
}

struct redis *
redis_new(const struct redis_url *url, const char *name, unsigned connect_ms, unsigned timeout_ms)
{
	struct redis *redis = xcalloc(1, sizeof(*redis));

	redis->url = *url;
	redis->name = xstrdup(name);
	redis->connect_ms = connect_ms;
	redis->timeout_ms = timeout_ms;
	redis->words = xcalloc(REDIS_ARGUMENTS_MAX + SCRIPT_WORDS, sizeof(*redis->words));
	redis->lengths = xcalloc(REDIS_ARGUMENTS_MAX + SCRIPT_WORDS, sizeof(*redis->lengths));
	return redis;
}

void
redis_free(struct redis **redis)
{
	if (*redis == NULL)
		return;
	redis_disconnect(*redis);
	free((*redis)->name);
	free((*redis)->words);
	free((*redis)->lengths);
	free(*redis);
	*redis = NULL;
}

void
redis_disconnect(struct redis *redis)
{
	redis_link_close(&redis->link);
	redis->run_id[0] = '\0';
	redis->sent = false;
	redis->later_count = 0;
	memset(redis->known, 0, sizeof(redis->known));
}

bool
redis_is_connected(const struct redis *redis)
{
	return redis->link.context != NULL;
}

const char *
redis_run_id(const struct redis *redis)
{
	return redis->run_id;
}

int
redis_descriptor(const struct redis *redis)
{
	return redis->link.context != NULL ? redis->link.context->fd : -1;
}

int
redis_say(struct redis *redis, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(redis->error, sizeof(redis->error), format, ap);
	va_end(ap);
	for (char *p = redis->error; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	return -1;
}

uint64_t
redis_deadline(unsigned ms)
{
	return monotonic_us() + (uint64_t)ms * 1000;
}

struct slice
redis_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR
	    ? slice_make(reply->str, (size_t)reply->len) : SLICE_NONE;
}

int
redis_wait(struct redis *redis, redisReply **reply_r, uint64_t deadline)
{
	int got = redis_link_reply(&redis->link, reply_r, deadline);

	if (got < 0)
		return redis_say(redis, "%s", redis->link.error);
	return got > 0 ? 0 : redis_say(redis, "no answer in time");
}

/* --- commands */

static enum redis_status
away(struct redis *redis, const char **error_r)
{
	redis_disconnect(redis);
	*error_r = redis->error;
	return REDIS_AWAY;
}

static enum redis_status
away_as_link(struct redis *redis, const char **error_r)
{
	(void)redis_say(redis, "%s", redis->link.error);
	return away(redis, error_r);
}

/*
 * After these it is not the primary that it was, or will not answer anything else.  Redis before
 * version 7 puts words of its own before the error of a command in a script.
 */
static bool
ends_connection(struct slice error)
{
	return slice_has_prefix(error, SLICE("READONLY")) || slice_has_prefix(error, SLICE("LOADING"))
	    || slice_has_prefix(error, SLICE("MASTERDOWN")) || slice_has_prefix(error, SLICE("NOAUTH"))
	    || slice_has_prefix(error, SLICE("UNBLOCKED"))
	    || (error.n > 0 && memmem(error.p, error.n, "-READONLY", 9) != NULL);
}

/* Takes a reply that is an error, and frees it. */
static enum redis_status
refused(struct redis *redis, redisReply *reply, const char **error_r)
{
	bool ends = ends_connection(redis_text(reply));

	(void)redis_say(redis, "%s", reply->str);
	freeReplyObject(reply);
	*error_r = redis->error;
	return ends ? away(redis, error_r) : REDIS_REFUSED;
}

/* What came for a command; of an error, *reply_r is NULL. */
static enum redis_status
judge(struct redis *redis, redisReply **reply_r, const char **error_r)
{
	enum redis_status status;

	if ((*reply_r)->type != REDIS_REPLY_ERROR)
		return REDIS_OK;
	status = refused(redis, *reply_r, error_r);
	*reply_r = NULL;
	return status;
}

static enum redis_status
ready(struct redis *redis, const char **error_r)
{
	assert(!redis->sent);
	return redis_is_connected(redis) ? REDIS_OK : redis_connect(redis, error_r);
}

/* Starts a command, of script words or none. */
static void
words_begin(struct redis *redis)
{
	redis->count = 0;
}

static void
words_add(struct redis *redis, struct slice word)
{
	redis->words[redis->count] = word.p != NULL ? word.p : "";
	redis->lengths[redis->count++] = word.n;
}

static void
words_add_all(struct redis *redis, const struct slice *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words_add(redis, words[i]);
}

static enum redis_status
too_many(struct redis *redis, const char **error_r)
{
	(void)redis_say(redis, "a command of more than %d arguments", REDIS_ARGUMENTS_MAX);
	*error_r = redis->error;
	return REDIS_REFUSED;
}

static enum redis_status
words_send(struct redis *redis, uint64_t deadline, const char **error_r)
{
	if (redis_link_append(&redis->link, redis->count, redis->words, redis->lengths) < 0
	    || redis_link_flush(&redis->link, deadline) < 0)
		return away_as_link(redis, error_r);
	return REDIS_OK;
}

/* Where the script is noted as known to the server, or (NULL) a free place; NULL without. */
static const struct redis_script **
known_find(struct redis *redis, const struct redis_script *script)
{
	for (size_t i = 0; i < KNOWN_MAX; i++)
		if (redis->known[i] == script)
			return &redis->known[i];
	return NULL;
}

/* Notes one for another (NULL: none); without a place for it the text is sent again, which is only longer. */
static void
known_note(struct redis *redis, const struct redis_script *was, const struct redis_script *is)
{
	const struct redis_script **place = known_find(redis, was);

	if (place != NULL)
		*place = is;
}

/* Takes the reply to the oldest of redis_run_later. */
static enum redis_status
later_take(struct redis *redis, redisReply *reply, const char **error_r)
{
	const struct redis_script *script = redis->later[redis->later_at];

	redis->later_at = (redis->later_at + 1) % LATER_MAX;
	redis->later_count--;
	if (reply->type == REDIS_REPLY_ERROR && ends_connection(redis_text(reply)))
		return refused(redis, reply, error_r);
	if (reply->type == REDIS_REPLY_ERROR && slice_has_prefix(redis_text(reply), SLICE("NOSCRIPT")))
		known_note(redis, script, NULL);
	freeReplyObject(reply);
	return REDIS_OK;
}

/* Takes the replies that are owed, until so many are left; with deadline 0, as many as have come. */
static enum redis_status
later_take_all(struct redis *redis, size_t left, uint64_t deadline, const char **error_r)
{
	while (redis->later_count > left) {
		redisReply *reply;
		int got = redis_link_reply(&redis->link, &reply, deadline);
		enum redis_status status;

		if (got < 0)
			return away_as_link(redis, error_r);
		if (got == 0 && deadline == 0)
			return REDIS_OK;
		if (got == 0) {
			(void)redis_say(redis, "no answer in time");
			return away(redis, error_r);
		}
		status = later_take(redis, reply, error_r);
		if (status != REDIS_OK)
			return status;
	}
	return REDIS_OK;
}

/* Sends what was put together, and waits for its reply; errors too come as one. */
static enum redis_status
exchange(struct redis *redis, redisReply **reply_r, const char **error_r)
{
	uint64_t deadline = redis_deadline(redis->timeout_ms);
	enum redis_status status = words_send(redis, deadline, error_r);

	*reply_r = NULL;
	if (status == REDIS_OK)
		status = later_take_all(redis, 0, deadline, error_r);
	if (status != REDIS_OK)
		return status;
	return redis_wait(redis, reply_r, deadline) < 0 ? away(redis, error_r) : REDIS_OK;
}

enum redis_status
redis_command(struct redis *redis, const struct slice *arguments, size_t count, redisReply **reply_r,
    const char **error_r)
{
	enum redis_status status = count <= REDIS_ARGUMENTS_MAX ? ready(redis, error_r) : too_many(redis, error_r);

	*reply_r = NULL;
	if (status != REDIS_OK)
		return status;
	words_begin(redis);
	words_add_all(redis, arguments, count);
	status = exchange(redis, reply_r, error_r);
	return status == REDIS_OK ? judge(redis, reply_r, error_r) : status;
}

/* A script by its digest, or with its text. */
static void
words_script(struct redis *redis, const struct redis_script *script, bool text, char number[static 24],
    const struct slice *keys, size_t key_count, const struct slice *arguments, size_t count)
{
	words_begin(redis);
	words_add(redis, text ? SLICE("EVAL") : SLICE("EVALSHA"));
	words_add(redis, slice_str(text ? script->text : script->sha1));
	(void)snprintf(number, 24, "%zu", key_count);
	words_add(redis, slice_str(number));
	words_add_all(redis, keys, key_count);
	words_add_all(redis, arguments, count);
}

enum redis_status
redis_run(struct redis *redis, const struct redis_script *script, const struct slice *keys, size_t key_count,
    const struct slice *arguments, size_t count, redisReply **reply_r, const char **error_r)
{
	enum redis_status status;
	char number[24];

	*reply_r = NULL;
	if (key_count > REDIS_ARGUMENTS_MAX || count > REDIS_ARGUMENTS_MAX - key_count)
		return too_many(redis, error_r);
	status = ready(redis, error_r);
	if (status != REDIS_OK)
		return status;
	words_script(redis, script, false, number, keys, key_count, arguments, count);
	status = exchange(redis, reply_r, error_r);
	if (status == REDIS_OK && slice_has_prefix(redis_text(*reply_r), SLICE("NOSCRIPT"))) {
		freeReplyObject(*reply_r);
		words_script(redis, script, true, number, keys, key_count, arguments, count);
		status = exchange(redis, reply_r, error_r);
	}
	return status == REDIS_OK ? judge(redis, reply_r, error_r) : status;
}

enum redis_status
redis_run_later(struct redis *redis, const struct redis_script *script, const struct slice *keys, size_t key_count,
    const struct slice *arguments, size_t count, const char **error_r)
{
	enum redis_status status;
	char number[24];
	bool known;

	if (key_count > REDIS_ARGUMENTS_MAX || count > REDIS_ARGUMENTS_MAX - key_count)
		return too_many(redis, error_r);
	status = ready(redis, error_r);
	if (status == REDIS_OK)
		status = later_take_all(redis, 0, 0, error_r);
	if (status == REDIS_OK)
		status = later_take_all(redis, LATER_MAX - 1, redis_deadline(redis->timeout_ms), error_r);
	if (status != REDIS_OK)
		return status;
	known = known_find(redis, script) != NULL;
	words_script(redis, script, !known, number, keys, key_count, arguments, count);
	status = words_send(redis, redis_deadline(redis->timeout_ms), error_r);
	if (status != REDIS_OK)
		return status;
	if (!known)
		known_note(redis, NULL, script);
	redis->later[(redis->later_at + redis->later_count++) % LATER_MAX] = script;
	return REDIS_OK;
}

enum redis_status
redis_send(struct redis *redis, const struct slice *arguments, size_t count, const char **error_r)
{
	enum redis_status status = count <= REDIS_ARGUMENTS_MAX ? ready(redis, error_r) : too_many(redis, error_r);

	if (status != REDIS_OK)
		return status;
	words_begin(redis);
	words_add_all(redis, arguments, count);
	status = words_send(redis, redis_deadline(redis->timeout_ms), error_r);
	redis->sent = status == REDIS_OK;
	return status;
}

enum redis_status
redis_receive(struct redis *redis, redisReply **reply_r, const char **error_r)
{
	enum redis_status status;
	int got;

	*reply_r = NULL;
	if (!redis_is_connected(redis)) {
		(void)redis_say(redis, "not connected");
		*error_r = redis->error;
		return REDIS_AWAY;
	}
	status = later_take_all(redis, 0, 0, error_r);
	if (status != REDIS_OK || redis->later_count > 0)
		return status;
	got = redis_link_reply(&redis->link, reply_r, 0);
	if (got < 0)
		return away_as_link(redis, error_r);
	if (got == 0)
		return REDIS_OK;
	redis->sent = false;
	return judge(redis, reply_r, error_r);
}
