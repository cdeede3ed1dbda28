/* SPDX-License-Identifier: MIT
 *
 * A connection to Redis, over hiredis: made when it is needed (through the sentinels, if there
 * are some), thrown away when anything about it is in doubt, never waited for longer than its timeouts.
 * One thread at a time.
 *
 * A connection leads to a primary, which is asked for at its beginning (ROLE), and to one run of
 * a server, whose run_id is known.  A primary that was made a replica since refuses what
 * is written (READONLY): the connection is closed then, as after any failure, so that the next one
 * finds the new primary.
 */
#ifndef THIMBLE_CACHE_REDIS_H
#define THIMBLE_CACHE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/redis_url.h"

struct redis;
struct redisReply;

enum { REDIS_RUN_ID = 40, REDIS_ARGUMENTS_MAX = 4096 };

/* hiredis.h has a macro of that name, of the same value. */
#undef REDIS_OK
enum redis_status {
	REDIS_OK,
	REDIS_AWAY,		/* not reached, broken, too slow, no primary: not connected any more */
	REDIS_REFUSED		/* it answered with an error: no memory, no rights, a script that failed */
};

/* A script of the server's (Lua), sent once a server and then named by its digest. */
struct redis_script {
	const char *text;
	char sha1[41];		/* "": not computed yet; see redis_script_prepare */
};

/* Before threads start. */
void redis_script_prepare(struct redis_script *script);

/* Does not connect.  `name` is what CLIENT LIST shows. */
struct redis *redis_new(const struct redis_url *url, const char *name, unsigned connect_ms, unsigned timeout_ms);
void redis_free(struct redis **redis);

/* Connects, unless it is.  On any status but REDIS_OK here and below, *error_r is a sentence that lives until the next call. */
enum redis_status redis_connect(struct redis *redis, const char **error_r);
void redis_disconnect(struct redis *redis);
bool redis_is_connected(const struct redis *redis);
/* Of the server, 40 digits; "" while not connected. */
const char *redis_run_id(const struct redis *redis);

/*
 * A command and its reply, which is the caller's to free (freeReplyObject).  Connects if need be.
 * At most REDIS_ARGUMENTS_MAX arguments.
 */
enum redis_status redis_command(struct redis *redis, const struct slice *arguments, size_t count,
    struct redisReply **reply_r, const char **error_r);
/* The same for a script with its keys and arguments. */
enum redis_status redis_run(struct redis *redis, const struct redis_script *script, const struct slice *keys,
    size_t key_count, const struct slice *arguments, size_t count, struct redisReply **reply_r, const char **error_r);

/*
 * Runs a script and does not wait for its reply, which is read off before the next call; what it said is lost.
 * The first time on a connection the text is sent, and again after the server said that it had forgotten it.
 */
enum redis_status redis_run_later(struct redis *redis, const struct redis_script *script, const struct slice *keys,
    size_t key_count, const struct slice *arguments, size_t count, const char **error_r);

/*
 * A command whose reply takes its time (XREAD BLOCK): sent without waiting; the descriptor becomes readable
 * when something came.  redis_receive never waits: *reply_r is NULL when it is not whole yet.
 */
enum redis_status redis_send(struct redis *redis, const struct slice *arguments, size_t count, const char **error_r);
enum redis_status redis_receive(struct redis *redis, struct redisReply **reply_r, const char **error_r);
/* -1 while not connected. */
int redis_descriptor(const struct redis *redis);

#endif
