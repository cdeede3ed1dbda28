/* SPDX-License-Identifier: MIT
 *
 * The client of the benchmark of hits.  It asks for one thing on a number of
 * connections, some requests at a time on each, and counts whole answers.  It
 * exists because wrk takes longer for an answer of 1 KB than the servers that
 * it is to measure, and a server that waits for its client shows another CPU
 * time than one that has work.
 *
 *   bare_load PORT CONNECTIONS MILLISECONDS DEPTH REQUEST STATUS [spin]
 *
 * REQUEST is a file with all bytes of one request; DEPTH of them are sent in one
 * piece, and the next when all are answered.  An answer without the STATUS, or
 * without Content-Length (but for 304), ends the run.
 * With "spin" it never sleeps, and wants a processor of its own: waking it would
 * happen in the server's system calls and be counted as theirs.
 * Prints the number of answers, and the seconds from the first request to the
 * last answer.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
	EVENTS = 64,
	PATIENCE_S = 10,
	HEAD_MAX = 4096,
	SCRATCH = 256 * 1024
};

struct connection {
	int fd;
	size_t awaited;			/* answers to the requests that were sent */
	size_t body_left;		/* bytes of the present answer's body still to come */
	size_t head_length;		/* bytes of an incomplete head, in `head` */
	char head[HEAD_MAX];
};

struct client {
	int epoll;
	bool spin;
	size_t depth;
	char *requests;			/* `depth` of them */
	size_t length;
	const char *status;
	unsigned long long answers;
	char scratch[HEAD_MAX + SCRATCH];
};

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bare_load: %s: %s\n", what, why);
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
load_request(struct client *client, const char *name)
{
	char one[HEAD_MAX];
	FILE *f = fopen(name, "rb");
	size_t n;

	if (f == NULL || (n = fread(one, 1, sizeof(one), f)) == 0)
		die(name, "cannot be read");
	(void)fclose(f);
	client->requests = malloc(n * client->depth);
	for (size_t i = 0; i < client->depth; i++)
		memcpy(client->requests + i * n, one, n);
	client->length = n * client->depth;
}

static void
ask(struct client *client, struct connection *c)
{
	/* What was asked before is answered, so the buffer of the socket is empty. */
	if (send(c->fd, client->requests, client->length, MSG_NOSIGNAL) != (ssize_t)client->length)
		die("send", strerror(errno));
	c->awaited = client->depth;
}

/* The length of the body behind a whole head. */
static size_t
body_of(const struct client *client, const char *head, size_t n)
{
	const char *line = head, *end = head + n;

	if (n < 13 || memcmp(head + 9, client->status, 3) != 0)
		die("an answer", "has another status");
	if (memcmp(client->status, "304", 3) == 0)
		return 0;
	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if (end - line > 16 && (*line == 'C' || *line == 'c') && strncasecmp(line, "Content-Length: ", 16) == 0)
			return strtoul(line + 16, NULL, 10);
	}
	die("an answer", "has no Content-Length");
}

static void
count_answer(struct client *client, struct connection *c)
{
	client->answers++;
	if (c->awaited == 0)
		die("an answer", "was not asked for");
	c->awaited--;
}

/* Takes one answer, or a part of it, from the front; returns its length there, 0 for an incomplete head. */
static size_t
take(struct client *client, struct connection *c, const char *p, size_t n)
{
	size_t used = c->body_left < n ? c->body_left : n;
	const char *end;

	if (used > 0) {
		c->body_left -= used;
	} else {
		end = memmem(p, n, "\r\n\r\n", 4);
		if (end == NULL)
			return 0;
		used = (size_t)(end + 4 - p);
		c->body_left = body_of(client, p, used);
		if (c->body_left > 0)
			return used;
	}
	if (c->body_left == 0)
		count_answer(client, c);
	return used;
}

static void
on_readable(struct client *client, struct connection *c, double end)
{
	const char *p = client->scratch;
	size_t n = c->head_length, used;
	ssize_t got;

	memcpy(client->scratch, c->head, n);
	got = recv(c->fd, client->scratch + n, SCRATCH, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		die("recv", got == 0 ? "the server closed the connection" : strerror(errno));
	n += (size_t)got;
	while (n > 0 && (used = take(client, c, p, n)) > 0) {
		p += used;
		n -= used;
	}
	if (n > HEAD_MAX)
		die("an answer", "has a head that does not end");
	memcpy(c->head, p, n);
	c->head_length = n;
	if (c->awaited == 0 && seconds() < end)
		ask(client, c);
}

static struct connection *
open_connection(struct client *client, const char *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct connection *c = calloc(1, sizeof(*c));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	in.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&in, sizeof(in)) != 0)
		die("connect", strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		die("epoll_ctl", strerror(errno));
	return c;
}

/* Runs until the last connection has all its answers. */
static void
run(struct client *client, struct connection **connections, size_t count, double end)
{
	double heard = seconds();

	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(client->epoll, events, EVENTS, client->spin ? 0 : PATIENCE_S * 1000);
		size_t awaited = 0;

		if (n > 0)
			heard = seconds();
		else if (seconds() - heard >= PATIENCE_S)
			die("epoll_wait", "no answer for ten seconds");
		for (int i = 0; i < n; i++)
			on_readable(client, events[i].data.ptr, end);
		if (seconds() < end)
			continue;
		for (size_t i = 0; i < count; i++)
			awaited += connections[i]->awaited;
		if (awaited == 0)
			return;
	}
}

int
main(int argc, char **argv)
{
	static struct client client;
	struct connection **connections;
	size_t count;
	double start;

	if (argc != 7 && argc != 8) {
		(void)fprintf(stderr, "usage: bare_load PORT CONNECTIONS MILLISECONDS DEPTH REQUEST STATUS [spin]\n");
		return 64;
	}
	count = strtoul(argv[2], NULL, 10);
	client.depth = strtoul(argv[4], NULL, 10);
	client.status = argv[6];
	client.spin = argc == 8;
	client.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (client.epoll < 0 || count == 0 || client.depth == 0 || strlen(client.status) != 3)
		die("arguments", "out of range");
	load_request(&client, argv[5]);
	connections = calloc(count, sizeof(struct connection *));
	for (size_t i = 0; i < count; i++) {
		connections[i] = open_connection(&client, argv[1]);
		/* All at once, they may all go to the worker that woke first. */
		(void)usleep(200);
	}
	start = seconds();
	for (size_t i = 0; i < count; i++)
		ask(&client, connections[i]);
	run(&client, connections, count, start + strtod(argv[3], NULL) / 1000);
	(void)printf("%llu %.6f\n", client.answers, seconds() - start);
	for (size_t i = 0; i < count; i++)
		free(connections[i]);
	free(connections);
	free(client.requests);
	return 0;
}
