/* SPDX-License-Identifier: MIT
 *
 * Which view a path names (patchwork-api.md, 1.2, 1.3 and 9.1).
 * Pure functions over a constant table.
 */
#ifndef THIMBLE_WORKER_ROUTE_H
#define THIMBLE_WORKER_ROUTE_H

#include "worker/view.h"

enum route_kind { ROUTE_INDEX, ROUTE_LIST, ROUTE_DETAIL, ROUTE_DOWNLOAD, ROUTE_REVIEWS /* v->rb says which */ };

struct route {
	/* {id} digits, {name} a segment, {any} anything; a version may follow "/api/" */
	const char *pattern;
	enum route_kind kind;
	const struct resource *resource;
	enum version since;
	enum view_result (*run)(struct view *v);	/* of a download; job thread */
};

/*
 * Finds the route of the view's decoded path (v->path) and fills the view's
 * ids, names, version and URLs.  A missing final slash is added.  False: 404.
 */
bool route_find(struct view *v);

/* Index of the view's route for statistics, from 1 (0: none); and back: NULL beyond the last. */
unsigned route_number(const struct view *v);
const char *route_template(unsigned number);

#endif
