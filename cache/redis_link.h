/* SPDX-License-Identifier: MIT
 *
 * A hiredis connection with bounds: whatever the other side does, a call ends at its deadline,
 * and a reply is no larger than REDIS_REPLY_MAX bytes.  hiredis's own timeouts hold for
 * each read only, and its arrays are as long as the server says.  For redis.c and redis_connect.c alone.
 */
#ifndef THIMBLE_CACHE_REDIS_LINK_H
#define THIMBLE_CACHE_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

enum { REDIS_REPLY_MAX = 8 * 1024 * 1024, REDIS_ELEMENTS_MAX = 65536, REDIS_ERROR_MAX = 256 };

/* hiredis 1.0 made the length of an array a size_t. */
#if HIREDIS_MAJOR >= 1
typedef void *redis_link_array_fn(const redisReadTask *, size_t);
#else
typedef void *redis_link_array_fn(const redisReadTask *, int);
#endif

struct redis_link {
	redisContext *context;		/* NULL: closed */
	redisReplyObjectFunctions functions;	/* hiredis's own, but for arrays */
	redis_link_array_fn *create_array;	/* hiredis's own */
	size_t received;		/* bytes since the last whole reply */
	char error[REDIS_ERROR_MAX];	/* of the last call that failed; printable */
};

/* Deadlines are of monotonic_us.  Each returns 0, or -1 with link->error; the link is to be closed then. */
int redis_link_open_tcp(struct redis_link *link, const char *host, uint16_t port, uint64_t deadline);
int redis_link_open_unix(struct redis_link *link, const char *path, uint64_t deadline);
void redis_link_close(struct redis_link *link);

/* Puts a command behind those that wait to be written. */
int redis_link_append(struct redis_link *link, size_t count, const char **words, const size_t *lengths);
/* Writes them all. */
int redis_link_flush(struct redis_link *link, uint64_t deadline);
/* 1 and the next reply, 0 if it did not come in time; deadline 0: does not wait. */
int redis_link_reply(struct redis_link *link, redisReply **reply_r, uint64_t deadline);
/* Whether the other side has closed it. */
bool redis_link_is_closed(const struct redis_link *link);

#endif
