/* SPDX-License-Identifier: MIT
 *
 * Misses collapse: of equal requests that find no answer in the cache one
 * makes it (leads), the others wait for it in the loop, no thread held (design,
 * section 2).  Between workers the region's bookings (cache/fills.h) do the same.
 *
 * A waiter may be given
 *   - what the cache holds when it wakes, if that is valid then;
 *   - else the leader's own answer, if the leader began after the waiter came.
 * Anything else may be older than a change that the waiter's client knows of;
 * then the first waiter leads anew and the others, who all came before that,
 * wait for it.
 *
 * Nobody waits longer than COLLAPSE_WAIT_MS for one leader.  Of those who lost patience
 * together the first leads anew, beside the old one, and the others wait for it;
 * so a database that is slow is asked once in that time, not by all at once.
 *
 * Loop only.
 */
#ifndef THIMBLE_WORKER_COLLAPSE_H
#define THIMBLE_WORKER_COLLAPSE_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/queue.h>

#include "base/slice.h"

enum { COLLAPSE_WAIT_MS = 2000 };

struct collapse;
struct event_base;
struct fill;
struct region;

/* Part of whoever leads or waits.  All zero before it is first used. */
struct waiter {
	TAILQ_ENTRY(waiter) link;
	struct fill *fill;		/* NULL: neither leads nor waits */
	bool leads;
	bool impatient;			/* waited as long as it may: no longer for another worker */
	bool alone;			/* the caller's: the answer is not one to be shared */
	uint64_t came;			/* its number among all; 0: not yet given */
	uint64_t began;			/* its number when it began to lead */
	uint64_t until;			/* ms; it waits no longer */
};

TAILQ_HEAD(waiters, waiter);

/* `wake` is called for one that waits no longer, outside of any other call of this module. */
struct collapse *collapse_new(struct event_base *base, struct region *region, unsigned worker,
    void (*wake)(struct waiter *waiter, struct waiter *leader));
/* Nobody may lead or wait any more. */
void collapse_free(struct collapse **collapse);

/*
 * True: it leads, or goes alone: it makes the answer and then calls collapse_done.  False:
 * it waits, until `wake`.
 */
bool collapse_enter(struct collapse *collapse, struct waiter *waiter, struct slice key);

/*
 * The leader's answer is complete (or there will be none).  Wakes all who waited
 * for it, with `leader`, which is still there and whose answer they may
 * take if collapse_may_take; they may enter again at once.
 */
void collapse_done(struct collapse *collapse, struct waiter *leader);

/* Whether the leader began after the waiter came. */
bool collapse_may_take(const struct waiter *waiter, const struct waiter *leader);

/* Whether others wait for this one. */
bool collapse_is_wanted(const struct waiter *leader);

/* Gives up waiting. */
void collapse_leave(struct collapse *collapse, struct waiter *waiter);

#endif
