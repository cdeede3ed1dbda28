/* SPDX-License-Identifier: MIT
 *
 * See changes.h.
 */
#include "config.h"

#include "worker/changes.h"

#include <stdint.h>

#include "cache/clock.h"
#include "cache/tag.h"

enum { STAMPS = 512 };		/* set in one turn of the clock */

struct stamps {
	uint32_t stamp[STAMPS];
	size_t count;
};

static void
flush(struct clock *clock, struct stamps *stamps)
{
	if (stamps->count > 0)
		clock_invalidate(clock, stamps->stamp, stamps->count);
	stamps->count = 0;
}

/* Returns how many tags; stops at "*". */
static size_t
apply_row(struct clock *clock, struct slice row, struct stamps *stamps, bool *all)
{
	struct slice tag;
	size_t n = 0;

	while (!*all && slice_cut(&row, ' ', &tag)) {
		if (tag.n == 0)
			continue;
		n++;
		*all = slice_is(tag, "*");
		stamps->stamp[stamps->count++] = clock_stamp(clock, tag_hash(tag));
		if (stamps->count == STAMPS)
			flush(clock, stamps);
	}
	return n;
}

size_t
changes_apply(struct clock *clock, const struct slice *rows, size_t count, bool *all_r)
{
	struct stamps stamps = { .count = 0 };
	size_t tags = 0;

	*all_r = false;
	for (size_t i = 0; i < count && !*all_r; i++)
		tags += apply_row(clock, rows[i], &stamps, all_r);
	if (*all_r)
		clock_forget(clock);
	else
		flush(clock, &stamps);
	return tags;
}
