/* SPDX-License-Identifier: MIT
 *
 * Dates of commits (reviewboard-api.md, 1.2, "Dates", and 1.1): an instant and
 * the offset from UTC where it was noted.  Pure functions.
 */
#ifndef THIMBLE_PROTO_ISO_DATE_H
#define THIMBLE_PROTO_ISO_DATE_H

#include "base/slice.h"

struct buf;

struct iso_date {
	int64_t instant;	/* seconds since 1970-01-01 00:00 UTC; in years 1 to 9999 where it was noted */
	int offset;		/* seconds east of UTC, whole minutes, less than a day */
};

/*
 * ISO 8601, extended or basic, with any one character that is no digit between date and
 * time; without an offset it is UTC.  White space around it does not count, fractions
 * of a second are dropped.  Returns 0, or -1 if it is anything else.
 */
int iso_date_parse(struct slice text, struct iso_date *date_r);

/* "2024-05-04T09:15:00+02:00"; "Z" for no offset. */
void iso_date_put(struct buf *out, struct iso_date date);

/* "Sat, 04 May 2024 09:15:00 +0200", as mails have it. */
void iso_date_put_mail(struct buf *out, struct iso_date date);

#endif
