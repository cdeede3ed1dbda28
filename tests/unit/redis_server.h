/* SPDX-License-Identifier: MIT
 *
 * A Redis of a unit test's own: started privately in a temporary directory, ended with the test.
 */
#ifndef THIMBLE_TESTS_UNIT_REDIS_SERVER_H
#define THIMBLE_TESTS_UNIT_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/redis_url.h"

struct redisReply;

struct redis_server {
	pid_t pid;			/* 0: not running */
	char directory[64];
	char socket[96];
	unsigned port;
	const char *password;		/* NULL: none; the caller's */
	char *log;			/* path */
};

/* Skips the test where redis-server is not installed. */
void redis_server_start(struct redis_server *server, const char *password);
/* Ends the process and starts it again; empty, or with what it had. */
void redis_server_restart(struct redis_server *server, bool data);
void redis_server_kill(struct redis_server *server);
/* Ends it and removes the directory. */
void redis_server_stop(struct redis_server *server);

/* Addresses of it: over its unix socket, or TCP. */
struct redis_url redis_server_url(const struct redis_server *server, bool tcp, unsigned database);

/* A command over a connection of its own, as printf makes it (%b too); the reply is to be freed.  Database 0. */
struct redisReply *redis_server_command(const struct redis_server *server, const char *format, ...);
/* The same for who only needs it done, or wants its text or number as text, which lives until the next call. */
const char *redis_server_text(const struct redis_server *server, const char *format, ...);

#endif
