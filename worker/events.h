/* SPDX-License-Identifier: MIT
 *
 * Rows of patchwork_event (patchwork-api.md, 7.1), one or many at a time.  Their dates tell their
 * order: each is later than the one before.  Part of the transaction that the view has open; lives in
 * the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_EVENTS_H
#define THIMBLE_WORKER_EVENTS_H

#include "proto/moment.h"
#include "worker/view.h"
#include "worker/written.h"

/* 0 is NULL. */
struct event {
	const char *category;
	int64_t project, actor, patch, previous_state, current_state, previous_delegate, current_delegate, check,
	    cover, cover_comment, patch_comment, series;
};

struct events {
	struct view *v;
	struct written *written;
	struct moment now;		/* of the last one; zeroed: there was none */
	/* the statement that is put together; NULL: none */
	struct sql *q;
	unsigned rows;
};

/* Adds one; a statement that is full is queued. */
void events_add(struct events *events, const struct event *event);
/* Queues the rest. */
void events_send(struct events *events);

#endif
