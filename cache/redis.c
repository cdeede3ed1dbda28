/* SPDX-License-Identifier: MIT
 *
 * See redis.h; redis_link.c has the bounds.  SIGPIPE has to be ignored.
 */
#include "config.h"

#include "cache/redis.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/redis_link.h"

enum {
	LATER_MAX = 64,			/* replies of redis_run_later that are owed; then it waits */
	KNOWN_MAX = 4,
	SCRIPT_WORDS = 3		/* EVALSHA, the digest, the number of keys */
};

struct redis {
	struct redis_url url;
	char *name;
	unsigned connect_ms, timeout_ms;
	struct redis_link link;
	char run_id[REDIS_RUN_ID + 1];
	size_t first;			/* the sentinel that is asked first: the one that was right last */
	bool sent;			/* a reply is owed to redis_receive */
	const struct redis_script *later[LATER_MAX];	/* a ring: whose replies are owed */
	size_t later_at, later_count;
	const struct redis_script *known[KNOWN_MAX];	/* sent as text over this connection; NULL: a free place */
	const char **words;		/* of the command that is being put together */
	size_t *lengths, count;
	char error[REDIS_ERROR_MAX + 300];
};

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

static int say(struct redis *redis, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
say(struct redis *redis, const char *format, ...)
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

static uint64_t
deadline_in(unsigned ms)
{
	return monotonic_us() + (uint64_t)ms * 1000;
}

/* --- connecting */

static struct slice
as_slice(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR
	    ? slice_make(reply->str, (size_t)reply->len) : SLICE_NONE;
}

static int
check_role(struct redis *redis, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
		return say(redis, "it does not tell its role");
	if (!slice_is(as_slice(reply->element[0]), "master"))
		return say(redis, "it is a replica, not a primary");
	return 0;
}

static int
note_run_id(struct redis *redis, const redisReply *reply)
{
	struct slice rest = as_slice(reply), line;

	while (slice_cut(&rest, '\n', &line)) {
		if (!slice_has_prefix(line, SLICE("run_id:")))
			continue;
		line = slice_trim(slice_from(line, 7), "\r ");
		if (line.n != REDIS_RUN_ID || slice_index(line, ' ') >= 0 || slice_index(line, '\0') >= 0)
			break;
		memcpy(redis->run_id, line.p, line.n);
		redis->run_id[line.n] = '\0';
		return 0;
	}
	return say(redis, "it does not tell its run_id");
}

/* What is said at the beginning of a connection, and what is made of the replies. */
struct greeting {
	const char *words[3];
	size_t count;
	bool optional;			/* what it says to this does not matter */
	int (*look)(struct redis *redis, const redisReply *reply);
};

static size_t
greetings(const struct redis *redis, char database[static 16], struct greeting greeting_r[static 5])
{
	const struct redis_url *url = &redis->url;
	size_t n = 0;

	if (url->password[0] != '\0' && url->user[0] != '\0')
		greeting_r[n++] = (struct greeting){ { "AUTH", url->user, url->password }, 3 };
	else if (url->password[0] != '\0')
		greeting_r[n++] = (struct greeting){ { "AUTH", url->password }, 2 };
	(void)snprintf(database, 16, "%u", url->database);
	if (url->database != 0)
		greeting_r[n++] = (struct greeting){ { "SELECT", database }, 2 };
	greeting_r[n++] = (struct greeting){ { "CLIENT", "SETNAME", redis->name }, 3, .optional = true };
	greeting_r[n++] = (struct greeting){ { "ROLE" }, 1, .look = check_role };
	greeting_r[n++] = (struct greeting){ { "INFO", "server" }, 2, .look = note_run_id };
	return n;
}

/* The next reply, which has to come in time. */
static int
wait_reply(struct redis *redis, redisReply **reply_r, uint64_t deadline)
{
	int got = redis_link_reply(&redis->link, reply_r, deadline);

	if (got < 0)
		return say(redis, "%s", redis->link.error);
	return got > 0 ? 0 : say(redis, "no answer in time");
}

static int
greet(struct redis *redis, uint64_t deadline)
{
	struct greeting greeting[5];
	char database[16];
	size_t count = greetings(redis, database, greeting);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		size_t lengths[3] = { 0 };

		for (size_t k = 0; k < greeting[i].count; k++)
			lengths[k] = strlen(greeting[i].words[k]);
		status = redis_link_append(&redis->link, greeting[i].count, greeting[i].words, lengths);
	}
	if (status < 0 || redis_link_flush(&redis->link, deadline) < 0)
		return say(redis, "%s", redis->link.error);
	for (size_t i = 0; i < count && status == 0; i++) {
		redisReply *reply;

		if (wait_reply(redis, &reply, deadline) < 0)
			return -1;
		if (reply->type == REDIS_REPLY_ERROR && !greeting[i].optional)
			status = say(redis, "%s: %s", greeting[i].words[0], reply->str);
		else if (greeting[i].look != NULL)
			status = greeting[i].look(redis, reply);
		freeReplyObject(reply);
	}
	return status;
}

/* Connects to one server and sees to it that it is a primary; closed if not. */
static int
reach(struct redis *redis, const char *host, uint16_t port, uint64_t deadline)
{
	char reason[REDIS_ERROR_MAX];
	bool local = redis->url.kind == REDIS_UNIX;
	int status = local ? redis_link_open_unix(&redis->link, redis->url.path, deadline)
	    : redis_link_open_tcp(&redis->link, host, port, deadline);

	if (status < 0)
		(void)say(redis, "%s", redis->link.error);
	else
		status = greet(redis, deadline);
	if (status == 0)
		return 0;
	redis_disconnect(redis);
	(void)snprintf(reason, sizeof(reason), "%.*s", (int)sizeof(reason) - 1, redis->error);
	return local ? say(redis, "Redis at %s: %s", redis->url.path, reason)
	    : say(redis, "Redis at %s, port %u: %s", host, port, reason);
}

/* The two words of an address. */
static int
note_address(struct redis *redis, const redisReply *reply, char host_r[static REDIS_HOST_MAX], uint16_t *port_r)
{
	struct slice host, port;
	uint64_t number;

	if (reply->type == REDIS_REPLY_ERROR)
		return say(redis, "%s", reply->str);
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return say(redis, "it knows no primary of that name");
	host = as_slice(reply->element[0]);
	port = as_slice(reply->element[1]);
	if (host.n == 0 || host.n >= REDIS_HOST_MAX || memchr(host.p, '\0', host.n) != NULL
	    || slice_uint(port, 65535, &number) < 0)
		return say(redis, "its answer is not understood");
	memcpy(host_r, host.p, host.n);
	host_r[host.n] = '\0';
	*port_r = (uint16_t)number;
	return 0;
}

/* Asks a sentinel where the primary is, over redis->link, which is closed again. */
static int
ask_sentinel(struct redis *redis, size_t which, char host_r[static REDIS_HOST_MAX], uint16_t *port_r,
    uint64_t deadline)
{
	const char *words[] = { "SENTINEL", "GET-MASTER-ADDR-BY-NAME", redis->url.primary };
	size_t lengths[] = { 8, 23, strlen(redis->url.primary) };
	char reason[REDIS_ERROR_MAX];
	redisReply *reply = NULL;
	int status = redis_link_open_tcp(&redis->link, redis->url.host[which].name, redis->url.host[which].port, deadline);

	if (status == 0)
		status = redis_link_append(&redis->link, 3, words, lengths);
	if (status == 0)
		status = redis_link_flush(&redis->link, deadline);
	if (status < 0)
		(void)say(redis, "%s", redis->link.error);
	else if ((status = wait_reply(redis, &reply, deadline)) == 0)
		status = note_address(redis, reply, host_r, port_r);
	if (reply != NULL)
		freeReplyObject(reply);
	redis_link_close(&redis->link);
	if (status == 0)
		return 0;
	(void)snprintf(reason, sizeof(reason), "%.*s", (int)sizeof(reason) - 1, redis->error);
	return say(redis, "sentinel at %s, port %u: %s", redis->url.host[which].name, redis->url.host[which].port, reason);
}

/*
 * Until one of them names a server that is a primary.  One that hangs may take half of the time
 * that is left; next time another one is asked first.
 */
static int
reach_by_sentinels(struct redis *redis, uint64_t deadline)
{
	for (size_t i = 0; i < redis->url.hosts; i++) {
		size_t which = (redis->first + i) % redis->url.hosts;
		uint64_t now = monotonic_us();
		char host[REDIS_HOST_MAX];
		uint16_t port = 0;

		if (now >= deadline)
			break;
		if (ask_sentinel(redis, which, host, &port, now + (deadline - now) / 2) < 0)
			continue;
		now = monotonic_us();
		if (now < deadline && reach(redis, host, port, now + (deadline - now) / 2 + 1) == 0) {
			redis->first = which;
			return 0;
		}
	}
	redis->first = (redis->first + 1) % redis->url.hosts;
	return -1;
}

enum redis_status
redis_connect(struct redis *redis, const char **error_r)
{
	uint64_t deadline = deadline_in(redis->connect_ms);
	int status;

	if (redis_is_connected(redis) && redis_link_is_closed(&redis->link))
		redis_disconnect(redis);
	if (redis_is_connected(redis))
		return REDIS_OK;
	(void)say(redis, "no connection in time");
	status = redis->url.kind == REDIS_SENTINEL ? reach_by_sentinels(redis, deadline)
	    : reach(redis, redis->url.host[0].name, redis->url.host[0].port, deadline);
	*error_r = redis->error;
	return status == 0 ? REDIS_OK : REDIS_AWAY;
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
	(void)say(redis, "%s", redis->link.error);
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
	bool ends = ends_connection(as_slice(reply));

	(void)say(redis, "%s", reply->str);
	freeReplyObject(reply);
	*error_r = redis->error;
	return ends ? away(redis, error_r) : REDIS_REFUSED;
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
	(void)say(redis, "a command of more than %d arguments", REDIS_ARGUMENTS_MAX);
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
	if (reply->type == REDIS_REPLY_ERROR && ends_connection(as_slice(reply)))
		return refused(redis, reply, error_r);
	if (reply->type == REDIS_REPLY_ERROR && slice_has_prefix(as_slice(reply), SLICE("NOSCRIPT")))
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
			(void)say(redis, "no answer in time");
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
	uint64_t deadline = deadline_in(redis->timeout_ms);
	enum redis_status status = words_send(redis, deadline, error_r);

	*reply_r = NULL;
	if (status == REDIS_OK)
		status = later_take_all(redis, 0, deadline, error_r);
	if (status != REDIS_OK)
		return status;
	return wait_reply(redis, reply_r, deadline) < 0 ? away(redis, error_r) : REDIS_OK;
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
	if (status != REDIS_OK || (*reply_r)->type != REDIS_REPLY_ERROR)
		return status;
	status = refused(redis, *reply_r, error_r);
	*reply_r = NULL;
	return status;
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
	if (status == REDIS_OK && slice_has_prefix(as_slice(*reply_r), SLICE("NOSCRIPT"))) {
		freeReplyObject(*reply_r);
		words_script(redis, script, true, number, keys, key_count, arguments, count);
		status = exchange(redis, reply_r, error_r);
	}
	if (status != REDIS_OK || (*reply_r)->type != REDIS_REPLY_ERROR)
		return status;
	status = refused(redis, *reply_r, error_r);
	*reply_r = NULL;
	return status;
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
		status = later_take_all(redis, LATER_MAX - 1, deadline_in(redis->timeout_ms), error_r);
	if (status != REDIS_OK)
		return status;
	known = known_find(redis, script) != NULL;
	words_script(redis, script, !known, number, keys, key_count, arguments, count);
	status = words_send(redis, deadline_in(redis->timeout_ms), error_r);
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
	status = words_send(redis, deadline_in(redis->timeout_ms), error_r);
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
		(void)say(redis, "not connected");
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
	if ((*reply_r)->type != REDIS_REPLY_ERROR)
		return REDIS_OK;
	status = refused(redis, *reply_r, error_r);
	*reply_r = NULL;
	return status;
}
