/* SPDX-License-Identifier: MIT
 *
 * Objects that are kept in the region (cache/region.h), and in Redis for other nodes (cache/tier.h): rows of the
 * plans that stand inside others, which load.c then need not ask the database for.
 * What answers and objects have to do with each other's age is written in objects.c.
 *
 * Job thread; one of these for the making of one answer, in the request's arena.
 * All functions take NULL: nothing is kept.
 */
#ifndef THIMBLE_WORKER_OBJECTS_H
#define THIMBLE_WORKER_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "worker/plan.h"

struct objects;
struct view;

/* NULL when there is no cache, or the request is one that may write. */
struct objects *objects_new(struct view *v);

/* An object to be found. */
struct object {
	const struct plan *plan;
	int64_t id;
	struct slice *cells;	/* the plan's columns; NULL: it is not there */
};

/*
 * Finds those that are there, and valid; asks Redis for what the region does not have.  The answer is then as old as the
 * oldest of them: v->kept is changed to say so.
 */
void objects_find(struct objects *objects, struct object *object, size_t count);

/* Keeps the plan's rows, which the view's own snapshot gave. */
void objects_keep(struct objects *objects, const struct plan *plan, const struct rows *rows);
/* After that: sends to Redis what was kept. */
void objects_share(struct objects *objects);

#endif
