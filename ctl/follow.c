/* SPDX-License-Identifier: MIT
 *
 * See follow.h.
 */
#include "config.h"

#include "ctl/follow.h"

#include <string.h>

/* In hole.below: found in this look; found in the look before.  No transaction has such a number. */
#define FOUND_NOW UINT64_MAX
#define FOUND_BEFORE (UINT64_MAX - 1)

void
follow_start(struct follow *f, bool ordered, int64_t high)
{
	*f = (struct follow){ .ordered = ordered, .high = high };
}

/* Makes room for one more at `at`. */
static bool
insert(struct follow *f, size_t at, struct hole hole)
{
	if (f->count == FOLLOW_HOLES_MAX)
		return false;
	memmove(&f->hole[at + 1], &f->hole[at], (f->count - at) * sizeof(*f->hole));
	f->hole[at] = hole;
	f->count++;
	return true;
}

static void
drop(struct follow *f, size_t at)
{
	f->count--;
	memmove(&f->hole[at], &f->hole[at + 1], (f->count - at) * sizeof(*f->hole));
}

bool
follow_hole(struct follow *f, int64_t first, int64_t last)
{
	return f->ordered || insert(f, f->count, (struct hole){ first, last, FOUND_NOW });
}

/* The first hole that does not end before the id. */
static size_t
find(const struct follow *f, int64_t id)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->hole[middle].last < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes the id out of the hole that it is in, if any. */
static enum follow_verdict
fill(struct follow *f, int64_t id)
{
	size_t at = find(f, id);
	struct hole *hole = &f->hole[at];

	if (at == f->count || hole->first > id)
		return FOLLOW_KNOWN;
	if (hole->first == hole->last) {
		drop(f, at);
	} else if (hole->first == id) {
		hole->first++;
	} else if (hole->last == id) {
		hole->last--;
	} else {
		if (!insert(f, at, (struct hole){ hole->first, id - 1, hole->below }))
			return FOLLOW_HELD;
		f->hole[at + 1].first = id + 1;
	}
	return FOLLOW_NEW;
}

enum follow_verdict
follow_take(struct follow *f, int64_t id)
{
	if (id <= f->high)
		return fill(f, id);
	if (!f->ordered && id > f->high + 1
	    && !insert(f, f->count, (struct hole){ f->high + 1, id - 1, FOUND_NOW }))
		return FOLLOW_HELD;
	f->high = id;
	return FOLLOW_NEW;
}

void
follow_settle(struct follow *f, uint64_t xmin, uint64_t xmax)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		struct hole hole = f->hole[i];

		if (hole.below == FOUND_NOW)
			hole.below = FOUND_BEFORE;
		else if (hole.below == FOUND_BEFORE)
			hole.below = xmax;
		if (xmin < hole.below)
			f->hole[kept++] = hole;
	}
	f->count = kept;
}

void
follow_lower(struct follow *f, int64_t highest)
{
	size_t at;

	if (highest >= f->high)
		return;
	f->high = highest;
	at = find(f, highest + 1);
	if (at < f->count && f->hole[at].first <= highest)
		f->hole[at++].last = highest;
	f->count = at;
}
