/* SPDX-License-Identifier: MIT
 *
 * What the parts of the bridge (publish.h) share: one change of the tracker that a review
 * request's publication or closing brings.  Part of its transaction; lives in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_BRIDGE_H
#define THIMBLE_WORKER_REVIEWBOARD_BRIDGE_H

#include "worker/events.h"
#include "worker/reviewboard/rb_write.h"

/* What the draft says, as it is published. */
struct bridge_text {
	struct slice summary, description, testing, change, branch, bugs, commit_id;
	const int64_t *people;		/* target people, in their order */
	size_t people_count;
	const int64_t *depends;		/* review requests */
	size_t depends_count;
};

struct bridge {
	struct rb_write *w;
	struct events events;
	const struct rows *states;	/* bridge_query_states */
};

/* Rows of bridge_query_states, in the tracker's order: the first is that of new patches. */
enum { STATE_ID, STATE_SLUG };

struct bridge bridge_of(struct rb_write *w);
/* Queues the look-up of b->states. */
void bridge_query_states(struct bridge *b);
/* 0: there is none of that name. */
int64_t bridge_state(const struct bridge *b, const char *slug);

/*
 * series.c: the draft's DS as a series of the project; *series_r is its id.  VIEW_GO_ON, or it is answered.
 * Makes nothing, if the series is there already.
 */
enum view_result series_make(struct bridge *b, const struct bridge_text *text, int64_t *series_r);

/*
 * patch_states.c: the patches of a series get that state, with events and notifications (patchwork-api.md, 7.1, 7.3).
 * `open_only`: but those that are done with.  `commit`: absent, or what their commit_ref becomes.  VIEW_GO_ON, or it is answered.
 */
enum view_result patch_states_move(struct bridge *b, int64_t series, int64_t state, bool open_only, struct slice commit);

#endif
