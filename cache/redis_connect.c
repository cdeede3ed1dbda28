/* SPDX-License-Identifier: MIT
 *
 * Connecting to the primary: the sentinels that know where it is, what is said at the beginning
 * of a connection.  See redis.h; redis_link.c has the bounds.
 */
#include "config.h"

#include <stdio.h>

#include "base/monotonic.h"
#include "cache/redis_private.h"

static int
check_role(struct redis *redis, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
		return redis_say(redis, "it does not tell its role");
	if (!slice_is(redis_text(reply->element[0]), "master"))
		return redis_say(redis, "it is a replica, not a primary");
	return 0;
}

static int
note_run_id(struct redis *redis, const redisReply *reply)
{
	struct slice rest = redis_text(reply), line;

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
	return redis_say(redis, "it does not tell its run_id");
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
		return redis_say(redis, "%s", redis->link.error);
	for (size_t i = 0; i < count && status == 0; i++) {
		redisReply *reply;

		if (redis_wait(redis, &reply, deadline) < 0)
			return -1;
		if (reply->type == REDIS_REPLY_ERROR && !greeting[i].optional)
			status = redis_say(redis, "%s: %s", greeting[i].words[0], reply->str);
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
		(void)redis_say(redis, "%s", redis->link.error);
	else
		status = greet(redis, deadline);
	if (status == 0)
		return 0;
	redis_disconnect(redis);
	(void)snprintf(reason, sizeof(reason), "%.*s", (int)sizeof(reason) - 1, redis->error);
	return local ? redis_say(redis, "Redis at %s: %s", redis->url.path, reason)
	    : redis_say(redis, "Redis at %s, port %u: %s", host, port, reason);
}

/* The two words of an address. */
static int
note_address(struct redis *redis, const redisReply *reply, char host_r[static REDIS_HOST_MAX], uint16_t *port_r)
{
	struct slice host, port;
	uint64_t number;

	if (reply->type == REDIS_REPLY_ERROR)
		return redis_say(redis, "%s", reply->str);
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return redis_say(redis, "it knows no primary of that name");
	host = redis_text(reply->element[0]);
	port = redis_text(reply->element[1]);
	if (host.n == 0 || host.n >= REDIS_HOST_MAX || memchr(host.p, '\0', host.n) != NULL
	    || slice_uint(port, 65535, &number) < 0)
		return redis_say(redis, "its answer is not understood");
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
		(void)redis_say(redis, "%s", redis->link.error);
	else if ((status = redis_wait(redis, &reply, deadline)) == 0)
		status = note_address(redis, reply, host_r, port_r);
	if (reply != NULL)
		freeReplyObject(reply);
	redis_link_close(&redis->link);
	if (status == 0)
		return 0;
	(void)snprintf(reason, sizeof(reason), "%.*s", (int)sizeof(reason) - 1, redis->error);
	return redis_say(redis, "sentinel at %s, port %u: %s", redis->url.host[which].name, redis->url.host[which].port, reason);
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
	uint64_t deadline = redis_deadline(redis->connect_ms);
	int status;

	if (redis_is_connected(redis) && redis_link_is_closed(&redis->link))
		redis_disconnect(redis);
	if (redis_is_connected(redis))
		return REDIS_OK;
	(void)redis_say(redis, "no connection in time");
	status = redis->url.kind == REDIS_SENTINEL ? reach_by_sentinels(redis, deadline)
	    : reach(redis, redis->url.host[0].name, redis->url.host[0].port, deadline);
	*error_r = redis->error;
	return status == 0 ? REDIS_OK : REDIS_AWAY;
}
