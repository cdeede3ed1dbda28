/* SPDX-License-Identifier: MIT
 *
 * The connections of a worker: HTTP/1.1 on non-blocking sockets, by libevent's
 * event API alone (design, section 3).  A set of connections shares its
 * listening sockets, its handler and its limits; a worker has one set each for
 * the public, the status and the control listeners.  Loop only.
 */
#ifndef THIMBLE_WORKER_CONN_H
#define THIMBLE_WORKER_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/service.h"

struct access_log;
struct collapse;
struct conns;
struct event_base;
struct jobs;
struct pages;
struct request;
struct settings;
struct shortcut;
struct shortcuts;
struct waiter;
struct worker_slot;

enum { CONN_SCRATCH = 256 * 1024 };

/* Who answers; see service.h for the two calls' rules. */
struct conn_handler {
	bool (*answer)(void *context, struct request *request);					/* loop */
	enum service_result (*run)(void *context, struct request *request, bool may_hash);	/* job thread */
	/* Both in the loop, and NULL where the handler has no use for them. */
	bool (*again)(void *context, struct request *request);
	void (*finish)(void *context, struct request *request);
	/* Likewise: answers by a shortcut, or does not; notes what is to be known of a request that was answered. */
	bool (*by_shortcut)(void *context, struct request *request, const struct shortcut *shortcut);
	bool (*learn)(void *context, const struct request *request, struct shortcut *shortcut_r);
};

/* All borrowed; they outlive the set. */
struct conns_options {
	struct event_base *base;
	const struct settings *settings;
	struct jobs *jobs;
	struct collapse *collapse;	/* NULL: every request is for itself */
	struct shortcuts *shortcuts;	/* NULL: every head is read */
	struct pages *pages;		/* NULL: every answer is copied */
	struct access_log *access_log;	/* NULL: requests are not logged; shortcuts, which know no client, need that */
	struct worker_slot *slot;	/* NULL: requests are not counted */
	const struct conn_handler *handler;
	void *context;
	char *scratch;			/* CONN_SCRATCH bytes to read into, shared by all sets of the worker */
	size_t max;			/* connections at once */
};

struct conns *conns_new(const struct conns_options *options);
/* Closes all connections at once; jobs of theirs go on and their answers are dropped. */
void conns_close(struct conns *conns);
/* Closes, too; jobs must have ended (their completion looks at the set). */
void conns_free(struct conns **conns);

/* Accepts from a listening socket, which stays the caller's.  0, or -1 if there are too many. */
int conns_listen(struct conns *conns, int fd);

/*
 * Accepts no more, closes what is idle, ends every other connection with the
 * answer it waits for.  Over when conns_count is 0.
 */
void conns_drain(struct conns *conns);
size_t conns_count(const struct conns *conns);

/* For collapse_new: a request that waited is answered, or goes on by itself.  Loop. */
void conns_wake(struct waiter *waiter, struct waiter *leader);

#endif
