/* SPDX-License-Identifier: MIT
 *
 * See changes.h.
 */
#include "config.h"

#include "worker/changes.h"

#include <stdint.h>

#include "base/breakage.h"
#include "cache/clock.h"
#include "cache/position.h"
#include "cache/tag.h"

enum { STAMPS = 512 };		/* set in one turn of the clock, or marked */

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
	if (breakage("changes"))
		return 0;
	for (size_t i = 0; i < count && !*all_r; i++)
		tags += apply_row(clock, rows[i], &stamps, all_r);
	if (*all_r)
		clock_forget(clock);
	else
		flush(clock, &stamps);
	return tags;
}

void
changes_mark(struct position *position, const struct slice *rows, size_t count)
{
	uint64_t tags[STAMPS];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (struct slice row = rows[i], tag; slice_cut(&row, ' ', &tag);) {
			if (tag.n > 0)
				tags[n++] = tag_hash(tag);
			if (n == STAMPS) {
				position_ahead(position, tags, n);
				n = 0;
			}
		}
	if (n > 0)
		position_ahead(position, tags, n);
}
