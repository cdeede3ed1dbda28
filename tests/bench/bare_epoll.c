/* SPDX-License-Identifier: MIT
 *
 * The measure of a hit: a server that does what no server can leave out, and
 * nothing else.  One process, one epoll; a readable connection is read once,
 * the end of each head found, and all answers to what came leave in one
 * writev: one and the same header block and body for every request, or the
 * 304 for one with If-None-Match.  Only what a socket did not take, or a head
 * of which a part is missing, costs more.
 *
 *   bare_epoll PORT ANSWER HEAD_LENGTH NOT_MODIFIED
 *
 * ANSWER and NOT_MODIFIED are files with all bytes of an answer; the first
 * HEAD_LENGTH of ANSWER are its head.  PORT 0: one that is free, which is printed.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	EVENTS = 64,
	SCRATCH = 65536,
	HEAD_MAX = 8192,		/* of a head that came in parts */
	PENDING_MAX = 64,		/* answers written together */
	IOV_MAX_HERE = 2 * PENDING_MAX
};

struct answer {
	char *data;
	size_t length, head;
};

struct connection {
	int fd;
	bool blocked;			/* EPOLLOUT is asked for, EPOLLIN is not */
	unsigned count, first;		/* pending answers; those of which `sent` bytes are written */
	size_t sent;
	const struct answer *pending[PENDING_MAX];
	char *rest;			/* what came and is not answered yet; NULL: nothing */
	size_t rest_length;
};

struct server {
	int epoll, listener;
	struct answer answer, not_modified;
	char scratch[HEAD_MAX + SCRATCH];
};

static void __attribute__((noreturn))
die(const char *what)
{
	(void)fprintf(stderr, "bare_epoll: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct answer
load(const char *name, size_t head)
{
	struct answer a = { .head = head };
	FILE *f = fopen(name, "rb");
	long length;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (length = ftell(f)) < 0)
		die(name);
	rewind(f);
	a.length = (size_t)length;
	a.data = malloc(a.length + 1);
	if (fread(a.data, 1, a.length, f) != a.length)
		die(name);
	(void)fclose(f);
	if (a.head > a.length)
		a.head = a.length;
	return a;
}

static void
watch(struct server *s, struct connection *c, bool blocked)
{
	struct epoll_event event = { .events = blocked ? EPOLLOUT : EPOLLIN, .data.ptr = c };

	if (c->blocked == blocked)
		return;
	c->blocked = blocked;
	(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void
drop(struct connection *c)
{
	(void)close(c->fd);
	free(c->rest);
	free(c);
}

static int
gather(const struct connection *c, struct iovec *iov)
{
	size_t skip = c->sent;
	int n = 0;

	for (unsigned i = c->first; i < c->count; i++) {
		const struct answer *a = c->pending[i];

		if (skip < a->head)
			iov[n++] = (struct iovec){ a->data + skip, a->head - skip };
		skip = skip > a->head ? skip - a->head : 0;
		if (a->length > a->head)
			iov[n++] = (struct iovec){ a->data + a->head + skip, a->length - a->head - skip };
		skip = 0;
	}
	return n;
}

/* False: the connection is gone. */
static bool
write_pending(struct server *s, struct connection *c)
{
	struct iovec iov[IOV_MAX_HERE];
	ssize_t n;

	if (c->first == c->count)
		return true;
	n = writev(c->fd, iov, gather(c, iov));
	if (n < 0 && errno != EAGAIN) {
		drop(c);
		return false;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	while (c->first < c->count && c->sent >= c->pending[c->first]->length)
		c->sent -= c->pending[c->first++]->length;
	if (c->first == c->count)
		c->first = c->count = 0;
	watch(s, c, c->count > 0);
	return true;
}

/* Answers whole heads at the front of `p` until enough are pending; returns the length that they had. */
static size_t
take(struct server *s, struct connection *c, const char *p, size_t n)
{
	size_t at = 0;

	while (c->count < PENDING_MAX) {
		const char *end = memmem(p + at, n - at, "\r\n\r\n", 4);
		size_t length;

		if (end == NULL)
			break;
		length = (size_t)(end + 4 - (p + at));
		c->pending[c->count++] = memmem(p + at, length, "\r\nIf-None-Match:", 16) != NULL ? &s->not_modified : &s->answer;
		at += length;
	}
	return at;
}

/* Answers what is there, and keeps the rest.  False: the connection is gone. */
static bool
serve(struct server *s, struct connection *c, const char *p, size_t n)
{
	char *kept = NULL;

	while (c->count == 0) {
		size_t used = take(s, c, p, n);

		p += used;
		n -= used;
		if (used == 0)
			break;
		if (!write_pending(s, c))
			return false;
	}
	if (n > 0) {
		kept = malloc(n);
		memcpy(kept, p, n);
	}
	free(c->rest);
	c->rest = kept;
	c->rest_length = n;
	return true;
}

static void
on_readable(struct server *s, struct connection *c)
{
	size_t before = c->rest_length;
	ssize_t n;

	if (before > HEAD_MAX) {
		drop(c);
		return;
	}
	if (before > 0)
		memcpy(s->scratch, c->rest, before);
	n = read(c->fd, s->scratch + before, SCRATCH);
	if (n > 0)
		(void)serve(s, c, s->scratch, before + (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		drop(c);
}

static void
on_writable(struct server *s, struct connection *c)
{
	char *rest;
	size_t n = c->rest_length;

	if (!write_pending(s, c) || c->count > 0 || n == 0)
		return;
	rest = c->rest;
	c->rest = NULL;
	c->rest_length = 0;
	(void)serve(s, c, rest, n);
	free(rest);
}

static void
on_connection(struct server *s)
{
	for (int i = 0; i < 8; i++) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
		struct connection *c;
		struct epoll_event event = { .events = EPOLLIN };

		if (fd < 0)
			return;
		c = calloc(1, sizeof(*c));
		c->fd = fd;
		event.data.ptr = c;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
			die("epoll_ctl");
	}
}

static void
open_listener(struct server *s, const char *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN };
	socklen_t length = sizeof(in);

	in.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->listener < 0 || s->epoll < 0 || bind(s->listener, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    listen(s->listener, 1024) != 0 || getsockname(s->listener, (struct sockaddr *)&in, &length) != 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &event) != 0)
		die("listen");
	(void)printf("%d\n", ntohs(in.sin_port));
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct server server;
	struct server *s = &server;
	struct rlimit files;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: bare_epoll PORT ANSWER HEAD_LENGTH NOT_MODIFIED\n");
		return 64;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	s->answer = load(argv[2], strtoul(argv[3], NULL, 10));
	s->not_modified = load(argv[4], SIZE_MAX);
	open_listener(s, argv[1]);
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(s->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c == NULL)
				on_connection(s);
			else if (c->blocked)
				on_writable(s, c);
			else
				on_readable(s, c);
		}
	}
}
