/* SPDX-License-Identifier: MIT
 *
 * What a request to the Review Board API says besides its fields
 * (reviewboard-api.md, 1.0, "Field limiting" and "Pagination").  Pure functions.
 */
#ifndef THIMBLE_PROTO_RB_QUERY_H
#define THIMBLE_PROTO_RB_QUERY_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/uri.h"

struct buf;
struct upload;

enum {
	RB_RESULTS_DEFAULT = 25, RB_RESULTS_MAX = 200,
	RB_LIST_MAX = 2 * 1024		/* bytes of a list of names; what is behind does not count */
};

/* "1" and "true" in any case are true, all else, also absent, is false. */
bool rb_true(struct slice text);

/* A page of a list. */
struct rb_window {
	uint64_t start;			/* at most INT64_MAX */
	uint64_t count;			/* at most RB_RESULTS_MAX */
	/* what was sent for them, if it is no integer; else absent */
	struct slice bad_start, bad_count;
};

/* False: one of the two is bad (error 105, `"abc" is not an integer`). */
bool rb_window_read(const struct uri_query *query, struct rb_window *window_r);

/* Appends "?start=S&max-results=M" and the query's other parameters, sorted, form-encoded. */
void rb_window_put(struct buf *out, const struct uri_query *query, uint64_t start, uint64_t count);

/* Where the page before begins. */
static inline uint64_t
rb_window_previous(const struct rb_window *window)
{
	return window->start > window->count ? window->start - window->count : 0;
}

/* Which parts of items are wanted: lists of names, with a comma between; absent: no such limit. */
struct rb_limits {
	struct slice fields, links, expand;
};

/* From the query, each that is not there from the form (which may be NULL), where its name has underscores. */
struct rb_limits rb_limits_read(const struct uri_query *query, const struct upload *form);

/* Whether a list names it; what is absent names nothing. */
bool rb_names(struct slice list, const char *name);

/* Whether a field of a form is one of those that each resource knows, and none of its own. */
bool rb_is_common_field(struct slice name);

#endif
