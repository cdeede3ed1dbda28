/* SPDX-License-Identifier: MIT
 *
 * Between relay.c, which looks at Redis and follows it, and relay_drain.c, which
 * publishes and claims.
 */
#ifndef THIMBLE_WORKER_RELAY_PRIVATE_H
#define THIMBLE_WORKER_RELAY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "cache/stream.h"
#include "store/feed.h"
#include "worker/relay.h"

enum { RELAY_PROBLEM_MAX = 256 };

struct relay {
	struct region *region;
	struct position *position;
	struct bus_slot *slot;
	struct feed *feed;
	struct stream *stream;
	struct arena *arena;		/* of the messages of one look */
	uint64_t written;		/* marks drawn before the outbox was read */
	uint64_t installation;
	char incarnation[STREAM_INCARNATION_MAX];	/* that is followed; "": none */
	uint64_t unsettled_ms;		/* since when none is although Redis is there; 0: one is */
	uint64_t claim_ms;		/* no claim before */
	uint64_t contended_ms;		/* nor one of what another database's nodes have claimed */
	/* Redis is away */
	bool away;
	uint64_t away_ms, pause_ms;	/* not tried before; the pause then */
	char problem[RELAY_PROBLEM_MAX];
	/* the outbox */
	bool pending;			/* there may be rows */
	uint64_t row_ms, row_pause_ms;	/* another node has the row: not tried before */
	bool rang;			/* messages have come */
	uint64_t passing;		/* marks whose rows are published: passed when the messages are known; 0: none */
	uint64_t lost;			/* a nonce whose Redis has fewer messages than it had; 0: none */
	unsigned rang_in_vain;		/* since the last full look: one that does so again and again is not asked for until the next */
	/* too large for the stack */
	struct stream_look look;
	struct feed_taken taken;
};

/* relay.c: applies rows of tags to this node. */
void relay_apply(struct relay *relay, const struct slice *rows, size_t count);
/* Redis was not reached, and why. */
void relay_note_away(struct relay *relay, const char *error);
/* Of whom an incarnation was claimed for: the database, and its triggers as they are. */
uint64_t relay_database(const struct feed_report *report);
/* Whether nodes of another database have claimed this Redis, which counts for ours, with the same keys. */
bool relay_is_contended(const struct relay *relay, const struct feed_report *report);

/* relay_drain.c: publishes what is in the outbox, to the Redis that is followed. */
void relay_drain(struct relay *relay, struct arena *arena, struct relay_found *found);
/* Makes the Redis that was looked at the one that counts, unless another node is at it, or has done so since. */
void relay_claim(struct relay *relay, struct arena *arena, const struct feed_report *report, struct relay_found *found);
/* After a look without a Redis to publish to: an outbox that is too long becomes one "everything". */
void relay_bound_outbox(struct relay *relay, struct arena *arena, const struct feed_report *report);

#endif
