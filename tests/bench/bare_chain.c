/* SPDX-License-Identifier: MIT
 *
 * The measure of the way that a change takes from node to node: a commit with a
 * NOTIFY, one process that listens and does XADD, another that waits in
 * XREAD BLOCK; nothing but libpq and hiredis.
 *
 *   bare_chain CONNINFO REDIS_PORT COUNT PAUSE_US
 *
 * Prints for each of COUNT commits a line with the microseconds from the
 * commit's answer to the return of the XREAD, which may be less than none: the
 * one who listens is told when the other one is.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>
#include <libpq-fe.h>

enum { PATIENCE_MS = 10000 };

#define STREAM "bench-chain"

/* What the reader saw, and when. */
struct sight {
	long n;
	int64_t us;
};

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bare_chain: %s: %s\n", what, why);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static PGconn *
open_database(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);

	if (PQstatus(conn) != CONNECTION_OK)
		die("connect", PQerrorMessage(conn));
	return conn;
}

static void
run_sql(PGconn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(text, PQerrorMessage(conn));
	PQclear(result);
}

static redisContext *
open_redis(int port)
{
	redisContext *redis = redisConnect("127.0.0.1", port);

	if (redis == NULL || redis->err != 0)
		die("redis", redis != NULL ? redis->errstr : "no memory");
	return redis;
}

static redisReply *
check_reply(redisContext *redis, void *reply)
{
	redisReply *r = reply;

	if (r == NULL || r->type == REDIS_REPLY_ERROR)
		die("redis", r != NULL ? r->str : redis->errstr);
	return r;
}

static void
report_ready(int fd)
{
	struct sight ready = { .n = -1 };

	if (write(fd, &ready, sizeof(ready)) != sizeof(ready))
		die("pipe", strerror(errno));
}

static void __attribute__((noreturn))
listen_and_add(const char *conninfo, int port, int fd)
{
	PGconn *conn = open_database(conninfo);
	redisContext *redis = open_redis(port);
	struct pollfd waiting = { .fd = PQsocket(conn), .events = POLLIN };
	PGnotify *notify;

	run_sql(conn, "LISTEN bench_chain");
	report_ready(fd);
	for (;;) {
		(void)poll(&waiting, 1, -1);
		if (!PQconsumeInput(conn))
			die("listen", PQerrorMessage(conn));
		while ((notify = PQnotifies(conn)) != NULL) {
			freeReplyObject(check_reply(redis, redisCommand(redis, "XADD " STREAM " MAXLEN ~ 1000 * n %s", notify->extra)));
			PQfreemem(notify);
		}
	}
}

static void __attribute__((noreturn))
read_stream(int port, int fd)
{
	redisContext *redis = open_redis(port);
	char last[64] = "0-0";

	freeReplyObject(check_reply(redis, redisCommand(redis, "DEL " STREAM)));
	report_ready(fd);
	for (;;) {
		redisReply *reply = check_reply(redis, redisCommand(redis, "XREAD BLOCK 0 STREAMS " STREAM " %s", last));
		struct sight sight = { .us = now_us() };
		/* of the one stream its messages; each is an id and a list of fields */
		const redisReply *messages = reply->element[0]->element[1];

		for (size_t i = 0; i < messages->elements; i++) {
			(void)snprintf(last, sizeof(last), "%s", messages->element[i]->element[0]->str);
			sight.n = atol(messages->element[i]->element[1]->element[1]->str);
			if (write(fd, &sight, sizeof(sight)) != sizeof(sight))
				die("pipe", strerror(errno));
		}
		freeReplyObject(reply);
	}
}

/* Waits until the reader has seen the n-th; when that was. */
static int64_t
await(int fd, long n)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	struct sight sight;

	do {
		if (poll(&waiting, 1, PATIENCE_MS) != 1)
			die("chain", "nothing came");
		if (read(fd, &sight, sizeof(sight)) != sizeof(sight))
			die("chain", "somebody ended");
	} while (sight.n != n);
	return sight.us;
}

static void
measure(const char *conninfo, int fd, long count, long pause_us)
{
	PGconn *conn = open_database(conninfo);
	struct timespec pause = { pause_us / 1000000, pause_us % 1000000 * 1000 };
	char text[256];

	for (long n = 0; n < count; n++) {
		int64_t answered;

		(void)snprintf(text, sizeof(text), "BEGIN; UPDATE bench_chain SET n = %ld; NOTIFY bench_chain, '%ld'; COMMIT", n, n);
		run_sql(conn, text);
		answered = now_us();
		(void)printf("%lld\n", (long long)(await(fd, n) - answered));
		(void)nanosleep(&pause, NULL);
	}
	PQfinish(conn);
}

int
main(int argc, char **argv)
{
	pid_t children[2];
	int ends[2];

	if (argc != 5)
		die("usage", "bare_chain CONNINFO REDIS_PORT COUNT PAUSE_US");
	if (pipe(ends) != 0)
		die("pipe", strerror(errno));
	for (int i = 0; i < 2; i++) {
		if ((children[i] = fork()) == 0) {
			/* none is left when this one ends otherwise than in main */
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (i == 0)
				listen_and_add(argv[1], atoi(argv[2]), ends[1]);
			read_stream(atoi(argv[2]), ends[1]);
		}
	}
	(void)close(ends[1]);
	(void)await(ends[0], -1);
	(void)await(ends[0], -1);
	measure(argv[1], ends[0], atol(argv[3]), atol(argv[4]));
	for (int i = 0; i < 2; i++) {
		(void)kill(children[i], SIGKILL);
		(void)waitpid(children[i], NULL, 0);
	}
	return 0;
}
