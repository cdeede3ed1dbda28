/* SPDX-License-Identifier: MIT
 *
 * See relay.h: what the outbox holds is published, and who says which Redis counts.
 */
#include "config.h"

#include "worker/relay_private.h"

#include "base/log.h"
#include "base/monotonic.h"
#include "cache/position.h"
#include "worker/changes.h"
#include "worker/relay_claim.h"
#include "worker/slots.h"

enum {
	ROW_MIN_MS = 2,			/* until the row is tried again, doubled up to the next */
	ROW_MAX_MS = 50,
	CLAIM_MS = 1000,		/* between two claims of ours: two who do not agree must not make them one after the other */
	CONTENDED_MS = 20000,		/* the same where it is known that they never will */
	OUTBOX_MAX = 100000		/* rows that wait for Redis */
};

static void
wait_for_row(struct relay *r)
{
	r->row_pause_ms = r->row_pause_ms == 0 ? ROW_MIN_MS : r->row_pause_ms * 2 < ROW_MAX_MS ? r->row_pause_ms * 2 : ROW_MAX_MS;
	r->row_ms = monotonic_ms() + r->row_pause_ms;
}

/* Takes rows out.  False: another node has the row, or the database failed. */
static bool
take(struct relay *r, struct arena *arena, struct relay_found *found)
{
	found->status = feed_take(r->feed, arena, &r->taken, &found->problem);
	if (found->status == STORE_OK && r->taken.held) {
		r->row_pause_ms = 0;
		return true;
	}
	wait_for_row(r);
	return false;
}

/* Rows that cannot be published stay where they are; this node has seen them, though. */
static void
keep_rows(struct relay *r)
{
	changes_mark(r->position, r->taken.tags, r->taken.count);
	relay_apply(r, r->taken.tags, r->taken.count);
	feed_give_back(r->feed);
}

/* *number_r is the message's; 0: there was nothing to publish. */
static bool
publish(struct relay *r, struct arena *arena, const char *incarnation, uint64_t *number_r, enum stream_status *status_r)
{
	const char *error = "";

	*number_r = 0;
	*status_r = STREAM_OK;
	if (r->taken.count == 0)
		return true;
	*status_r = stream_publish(r->stream, arena, incarnation, r->taken.tags, r->taken.count, number_r, &error);
	if (*status_r == STREAM_OK) {
		slots_add(&r->slot->published, 1);
		return true;
	}
	if (*status_r == STREAM_AWAY)
		relay_note_away(r, error);
	keep_rows(r);
	return false;
}

/* What was taken is published, and its deletion committed, or it is there as before. */
static void
publish_taken(struct relay *r, struct arena *arena, struct relay_found *found)
{
	enum stream_status status;
	uint64_t number;

	if (r->taken.count == 0) {
		feed_give_back(r->feed);
		return;
	}
	r->pending = true;
	if (!publish(r, arena, r->incarnation, &number, &status)) {
		found->again = status == STREAM_OTHER;
		return;
	}
	/* Its number is one that was drawn before: who had that message then would not read this one. */
	if (number <= atomic_load(&r->position->known)) {
		r->lost = atomic_load(&r->position->nonce);
		keep_rows(r);
		relay_leave(r);
		found->again = true;
		return;
	}
	found->status = feed_commit(r->feed, arena, &found->problem);
	r->rang = true;
	/* Was it not done after all, they are published once more. */
	r->pending = r->taken.more || found->status != STORE_OK;
}

void
relay_drain(struct relay *r, struct arena *arena, struct relay_found *found)
{
	uint64_t written = position_written(r->position);

	if (!take(r, arena, found))
		return;
	r->pending = r->taken.more;
	if (!slice_is(relay_claimed(r->taken.claim), r->incarnation)) {
		keep_rows(r);
		relay_leave(r);
		found->again = true;
		return;
	}
	publish_taken(r, arena, found);
	/* This node, or another one, has published what was marked by then; it is passed when the messages are known. */
	if (!r->pending && r->incarnation[0] != '\0' && written > atomic_load(&r->position->passed))
		r->passing = written;
}

/* The row is held: this Redis is the one that counts from now on.  False: it could not be done. */
static bool
write_claim(struct relay *r, struct arena *arena, const struct feed_report *report, struct relay_found *found)
{
	char incarnation[STREAM_INCARNATION_MAX], text[RELAY_CLAIM_MAX];
	enum stream_status status;
	const char *error = "";
	uint64_t number;
	size_t n;

	if (stream_claim(r->stream, relay_database(report), incarnation, &error) != STREAM_OK) {
		relay_note_away(r, error);
		keep_rows(r);
		return false;
	}
	n = relay_claim_text(text, slice_str(incarnation), r->taken.claim);
	found->status = feed_claim(r->feed, arena, slice_make(text, n), &found->problem);
	if (found->status != STORE_OK || !publish(r, arena, incarnation, &number, &status))
		return false;
	found->status = feed_commit(r->feed, arena, &found->problem);
	if (found->status != STORE_OK)
		return false;
	slots_add(&r->slot->claims, 1);
	log_info("bus: claimed Redis %s; it was %.*s before", incarnation, SLICE_ARG(relay_claimed(r->taken.claim)));
	return true;
}

void
relay_claim(struct relay *r, struct arena *arena, const struct feed_report *report, struct relay_found *found)
{
	bool contended = relay_is_contended(r, report);
	uint64_t now = monotonic_ms();

	if (now < (contended ? r->contended_ms : r->claim_ms) || now < r->row_ms || !take(r, arena, found))
		return;
	/* Another node did, since we looked. */
	if (!slice_eq(r->taken.claim, report->claim)) {
		keep_rows(r);
		return;
	}
	r->claim_ms = now + CLAIM_MS;
	if (contended)
		r->contended_ms = now + CONTENDED_MS;
	(void)write_claim(r, arena, report, found);
}

/* Nobody can publish, and there are too many: who comes to them reads that everything is to be forgotten. */
void
relay_bound_outbox(struct relay *r, struct arena *arena, const struct feed_report *report)
{
	const char *error;

	if (report->waiting <= OUTBOX_MAX)
		return;
	log_warnx("bus: more than %d changes wait for Redis: they become one, to forget everything", OUTBOX_MAX);
	if (feed_forget(r->feed, arena, &error) != STORE_OK)
		log_debug("bus: %s", error);
}
