/* SPDX-License-Identifier: MIT
 *
 * The summary of a diff that stands in mails: which files it changes, and how much of them, as
 * `git format-patch` shows it (at 72 columns).  Pure functions.
 */
#ifndef THIMBLE_PROTO_DIFF_STAT_H
#define THIMBLE_PROTO_DIFF_STAT_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

struct diff_stat_file {
	struct slice old_name, new_name;	/* the same but for files that were moved or copied */
	bool moved;				/* or copied */
	bool binary;
	uint64_t inserted, deleted;		/* lines */
};

/* A line for each file and the sum; lines end with "\n". */
void diff_stat_put(struct buf *out, struct arena *arena, const struct diff_stat_file *files, size_t count);

#endif
