/* SPDX-License-Identifier: MIT
 *
 * See conn.h: the set of connections, its listening sockets, and what happens
 * when descriptors run out.
 */
#include "config.h"

#include "worker/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "worker/conn_private.h"
#include "worker/slots.h"

enum {
	ACCEPT_BURST = 8,		/* a turn: other workers and other connections want theirs too */
	ACCEPT_PAUSE_S = 1,
	REAP_MAX = 32,			/* idle connections closed at once to make room */
	COMPLAIN_MS = 60 * 1000
};

static void
set_accepting(struct conns *conns, bool on)
{
	for (size_t i = 0; i < conns->listener_count; i++) {
		if (on)
			event_add(&conns->listeners[i], NULL);
		else
			event_del(&conns->listeners[i]);
	}
}

static void
resume_cb(int fd, short what, void *arg)
{
	struct conns *conns = arg;

	(void)fd;
	(void)what;
	if (!conns->draining)
		set_accepting(conns, true);
}

/* Closes the connections that were accepted longest ago among those that wait for a next request. */
static void
reap_idle(struct conns *conns)
{
	struct conn *next;
	int left = REAP_MAX;

	for (struct conn *c = TAILQ_FIRST(&conns->list); c != NULL && left > 0; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->phase == CONN_IDLE && !c->fresh) {
			conn_free(c);
			left--;
		}
	}
}

/*
 * No room for another connection.  Left alone, the listening socket would stay
 * readable and the loop would spin; so nothing is accepted for a second.
 */
static void
pause_accepting(struct conns *conns, const char *reason)
{
	struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };
	uint64_t now = monotonic_ms();

	if (conns->complained == 0 || now - conns->complained > COMPLAIN_MS) {
		log_warnx("%s: %zu connections are open; accepting again in %d s", reason, conns->count, ACCEPT_PAUSE_S);
		conns->complained = now;
	}
	reap_idle(conns);
	set_accepting(conns, false);
	event_add(&conns->resume, &pause);
}

static void
take(struct conns *conns, int fd, const struct sockaddr_storage *address)
{
	struct peer peer = peer_from_address(conns->o.settings, address);
	int on = 1;

	/* Answers leave in one write each; waiting for an ACK to send the rest would only delay. */
	if (!peer.local)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn_open(conns, fd, &peer);
	if (conns->o.slot != NULL)
		slots_add(&conns->o.slot->accepted, 1);
}

static void
accept_cb(int listener, short what, void *arg)
{
	struct conns *conns = arg;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
		socklen_t length = sizeof(address);
		int fd;

		if (conns->count >= conns->o.max) {
			pause_accepting(conns, "connection limit reached");
			return;
		}
		fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take(conns, fd, &address);
			continue;
		}
		switch (errno) {
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			pause_accepting(conns, strerror(errno));
			return;
		case EAGAIN:
			return;
		default:
			/* A connection that was gone before we took it (ECONNABORTED, EPROTO...). */
			break;
		}
	}
}

struct conns *
conns_new(const struct conns_options *options)
{
	struct conns *conns = xcalloc(1, sizeof(*conns));

	conns->o = *options;
	TAILQ_INIT(&conns->list);
	evtimer_assign(&conns->resume, conns->o.base, resume_cb, conns);
	return conns;
}

int
conns_listen(struct conns *conns, int fd)
{
	struct event *event = &conns->listeners[conns->listener_count];

	if (conns->listener_count == HERITAGE_SOCKETS_MAX)
		return -1;
	if (event_assign(event, conns->o.base, fd, EV_READ | EV_PERSIST, accept_cb, conns) != 0 ||
	    event_add(event, NULL) != 0)
		return -1;
	conns->listener_count++;
	return 0;
}

static void
note_count(struct conns *conns)
{
	if (conns->o.slot != NULL)
		atomic_store_explicit(&conns->o.slot->connections, conns->count, memory_order_relaxed);
}

void
conns_add(struct conns *conns, struct conn *c)
{
	TAILQ_INSERT_TAIL(&conns->list, c, link);
	conns->count++;
	note_count(conns);
}

void
conns_remove(struct conns *conns, struct conn *c)
{
	TAILQ_REMOVE(&conns->list, c, link);
	conns->count--;
	note_count(conns);
}

size_t
conns_count(const struct conns *conns)
{
	return conns->count;
}

static void
stop_accepting(struct conns *conns)
{
	event_del(&conns->resume);
	set_accepting(conns, false);
	conns->listener_count = 0;
}

void
conns_drain(struct conns *conns)
{
	struct conn *next;

	if (conns->draining)
		return;
	conns->draining = true;
	conns->drain_since = monotonic_ms();
	stop_accepting(conns);
	for (struct conn *c = TAILQ_FIRST(&conns->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		conn_drain(c);
	}
}

void
conns_close(struct conns *conns)
{
	struct conn *c;

	stop_accepting(conns);
	while ((c = TAILQ_FIRST(&conns->list)) != NULL)
		conn_free(c);
}

void
conns_free(struct conns **conns)
{
	if (*conns == NULL)
		return;
	conns_close(*conns);
	while ((*conns)->spare_count > 0)
		request_free(&(*conns)->spare[--(*conns)->spare_count]);
	free(*conns);
	*conns = NULL;
}
