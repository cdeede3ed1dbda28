/* SPDX-License-Identifier: MIT
 *
 * Answers that are kept in the region (cache/region.h) and given again, by any
 * worker; entity tags, codings, and what a client is told of all that.
 *
 * The order of calls: kept_find in the loop, when the request is known; then,
 * unless it found the answer, in a job thread kept_encode, or kept_begin before the database is
 * read and kept_store when the answer is complete; kept_finish in the loop
 * before the answer is written.
 */
#ifndef THIMBLE_WORKER_KEPT_H
#define THIMBLE_WORKER_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "cache/position.h"
#include "cache/region.h"
#include "proto/encoding.h"

struct shortcut;
struct view;

/* What became of a request, for Cache-Status (RFC 9211) and the counters. */
enum kept_outcome { KEPT_BYPASS, KEPT_HIT, KEPT_MISS };

/* Of a view. */
struct kept {
	char *key;			/* the last byte names the coding; NULL: not for keeping */
	size_t key_length;
	enum encoding encoding;		/* that the client likes best */
	struct region_hit *plain;	/* pinned: the answer is there, its coded form is not */
	int64_t audience;		/* who gets this answer, see kept.c */
	bool begun;
	uint64_t filled_at, born_ms;	/* when the answer began to be made */
	struct region_lease lease;	/* as it was before */
	struct position_fill fill;	/* then, where the stream of changes was */
	bool foreign;			/* something was read from another database than the bus reads */
	enum kept_outcome outcome;
	bool stored;
};

/*
 * Loop.  Looks whether the answer is there, and makes it the response.  False:
 * it has to be made; `now_ms` is the monotonic clock; if request->fill_key is set then, one may make it for all who ask the
 * same.  May be called again for a request that waited.
 */
bool kept_find(struct view *v, uint64_t now_ms);

/* Loop.  The same for a view of which nothing is known but its shortcut; and the shortcut to an answer that was found. */
bool kept_find_shortcut(struct view *v, const struct shortcut *shortcut);
bool kept_learn(struct view *v, struct shortcut *shortcut_r);

/* Job thread.  Makes the coded form of what kept_find found; false: there is nothing to be coded. */
bool kept_encode(struct view *v);

/* Job thread.  Before the snapshot is opened: what changes from now on may not be in it. */
void kept_begin(struct view *v);

/*
 * Job thread.  After the last flush of the view's snapshot, while there is one: looks which database
 * it is of.  What was read from another one than the bus reads is not kept.
 */
void kept_look(struct view *v);

/* Job thread, the answer is complete: gives it its entity tag, keeps it, and puts it into the client's coding. */
void kept_store(struct view *v);

/* Gives a 200 its entity tag, if there is a cache; kept_store does it by itself. */
void kept_validate(struct view *v);

/* Job thread.  Adds a line to the head that is for this client alone, after kept_store. */
void kept_add_line(struct view *v, const char *line);

/* Loop, for every answer: 304 if the client has it, and the header lines that depend on the request. */
void kept_finish(struct view *v);

#endif
