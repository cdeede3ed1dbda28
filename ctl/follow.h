/* SPDX-License-Identifier: MIT
 *
 * Which rows of a table that only grows are new to one who looks at it again
 * and again, going by their ids, and none of them left out.  Pure functions.
 *
 * PostgreSQL draws an id long before the row is committed, so that rows become
 * visible out of order: "id greater than the last one" would step over some.  So
 * the ids below the highest one seen that were not there are kept, as holes,
 * until nobody can fill them any more (a hole that stays was rolled back, or its
 * row was deleted).  That is when each transaction has ended which was under way
 * one look after the hole was found: the look in between is for those who had
 * drawn their id when the hole was found, but no number of a transaction yet.
 *
 *	each look:	follow_take	each row of one snapshot, in the order of their ids
 *			follow_settle	once, if that were all there are; two of these are as far
 *					apart as it may take from drawing the id to the transaction's number
 *
 * On SQLite, where one transaction follows the other, nothing is out of order.
 */
#ifndef THIMBLE_CTL_FOLLOW_H
#define THIMBLE_CTL_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FOLLOW_HOLES_MAX = 4096 };

/* Ids that were not there, from first to last. */
struct hole {
	int64_t first, last;
	/* Transactions below this may fill it; or one of follow.c's words. */
	uint64_t below;
};

struct follow {
	bool ordered;			/* ids become visible in their order */
	int64_t high;			/* the highest id that was taken, or given at the start */
	size_t count;
	struct hole hole[FOLLOW_HOLES_MAX];	/* below high, in the order of their ids */
};

enum follow_verdict {
	FOLLOW_NEW,
	FOLLOW_KNOWN,			/* it was taken before, or nobody need know of it */
	FOLLOW_HELD			/* it is new, but there is no room for another hole: look again, later */
};

/* From now on: rows above `high` are new. */
void follow_start(struct follow *follow, bool ordered, int64_t high);
/* At the start: ids below `high` that are not there.  In their order; false when there is no more room. */
bool follow_hole(struct follow *follow, int64_t first, int64_t last);

enum follow_verdict follow_take(struct follow *follow, int64_t id);

/*
 * What PostgreSQL says of that snapshot: all transactions below `xmin` have ended, none
 * from `xmax` on had begun.
 */
void follow_settle(struct follow *follow, uint64_t xmin, uint64_t xmax);

/*
 * The highest id that is there.  When that fell (rows were deleted, or an older state of the
 * database was restored), ids above it are new ones.
 */
void follow_lower(struct follow *follow, int64_t highest);

#endif
