/* SPDX-License-Identifier: MIT
 *
 * Dates and times (patchwork-api.md, 2.3, 4.5, 9.3): naive wall-clock values
 * as the database stores them, and what `since` and `before` accept.
 * Pure functions.
 */
#ifndef THIMBLE_PROTO_MOMENT_H
#define THIMBLE_PROTO_MOMENT_H

#include <stdbool.h>

#include "base/slice.h"

struct buf;

struct moment {
	int year, month, day;		/* 1-9999, 1-12, 1-31 */
	int hour, minute, second;
	int microsecond;
	bool has_offset;
	int offset;			/* seconds east of UTC */
};

/* What `since` and `before` take (4.5).  Returns 0, or -1 if it is invalid. */
int moment_parse_query(struct slice text, struct moment *moment_r);

/*
 * A column's text: "YYYY-MM-DD HH:MM:SS[.f]" with or without an offset behind
 * it, which is dropped: the wall clock counts (2.3).  Returns 0 or -1.
 */
int moment_parse_column(struct slice text, struct moment *moment_r);

/*
 * "2020-01-02T03:05:05[.ffffff]" (2.3), straight from a column's text.  Returns
 * 0, or -1 (and appends nothing) when the text does not begin as a timestamp
 * does; its numbers are taken as they are.
 */
int moment_put_json(struct buf *out, struct slice column);
/* "Thu Jan  2 03:05:05 2020" (9.3) */
void moment_put_ctime(struct buf *out, const struct moment *m);
/* "Thu, 02 Jan 2020 03:05:05 -0000" (9.3) */
void moment_put_rfc5322(struct buf *out, const struct moment *m);
/* "2020-01-02 03:05:05[.ffffff][+HH:MM[:SS]]", for a statement's parameter. */
void moment_put_sql(struct buf *out, const struct moment *m);

/*
 * The wall clock in seconds since 1970-01-01 00:00, and back.  Returns 0, or -1 if there is no such
 * moment (30 February).  What lies beyond the calendar becomes its first or last second.
 */
int moment_to_seconds(const struct moment *m, int64_t *seconds_r);
void moment_from_seconds(int64_t seconds, struct moment *moment_r);

/* Order by wall clock: <0, 0, >0. */
int moment_compare(const struct moment *a, const struct moment *b);

#endif
