/* SPDX-License-Identifier: MIT
 *
 * What redis.c and redis_connect.c share.
 */
#ifndef THIMBLE_CACHE_REDIS_PRIVATE_H
#define THIMBLE_CACHE_REDIS_PRIVATE_H

#include "cache/redis.h"
#include "cache/redis_link.h"

enum {
	LATER_MAX = 64,			/* replies of redis_run_later that are owed; then it waits */
	KNOWN_MAX = 4
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

/* Sets redis->error, printable; returns -1. */
int redis_say(struct redis *redis, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Of now and so many milliseconds; see redis_link.h. */
uint64_t redis_deadline(unsigned ms);

/* The text of a reply; absent if it is none. */
struct slice redis_text(const redisReply *reply);

/* The next reply, which has to come in time; or -1 with redis->error. */
int redis_wait(struct redis *redis, redisReply **reply_r, uint64_t deadline);

#endif
