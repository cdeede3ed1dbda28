/* SPDX-License-Identifier: MIT
 *
 * Which Redis counts: what thimble_bus says of it, and who may say another (design, section 5).
 *
 * A claim is the text of that row: incarnations "RUN_ID NONCE" (cache/stream.h) with ";" between, the one
 * that counts first, behind it those that counted once.  They are why it is a list: a Redis that was
 * claimed before another was, and is still what it was then, was cut off.  It may still take writes,
 * but lacks what has been published since; nobody may claim it again.
 *
 * Pure functions.  The text comes from the database, where anybody may have written anything.
 */
#ifndef THIMBLE_WORKER_RELAY_CLAIM_H
#define THIMBLE_WORKER_RELAY_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	RELAY_HISTORY_MAX = 16,		/* incarnations in a claim */
	RELAY_CLAIM_MAX = 1024		/* bytes of one that we write */
};

/* What a Redis is to a node. */
enum relay_verdict {
	RELAY_COUNTS,			/* it is the one to be followed */
	RELAY_MAY_CLAIM,		/* it is not, but who holds the row may make it that */
	RELAY_CUT_OFF			/* it was, once; hands off */
};

/* The Redis is `incarnation`, claimed for the database `claimed_for`; our database is `database`. */
enum relay_verdict relay_judge(struct slice claim, struct slice incarnation, uint64_t claimed_for, uint64_t database);

/* The first entry; of nothing it is nothing. */
struct slice relay_claimed(struct slice claim);

/*
 * Writes the claim in which `incarnation` counts and what stood in the old one follows, as far as there is
 * room; returns its length, 0 if that is no incarnation.
 * Old entries that no incarnation looks like are left out.
 */
size_t relay_claim_text(char text_r[static RELAY_CLAIM_MAX], struct slice incarnation, struct slice claim);

#endif
