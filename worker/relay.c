/* SPDX-License-Identifier: MIT
 *
 * See relay.h.
 */
#include "config.h"

#include "worker/relay_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/breakage.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/position.h"
#include "cache/region.h"
#include "proto/redis_url.h"
#include "worker/changes.h"
#include "worker/delays.h"
#include "worker/relay_claim.h"
#include "worker/slots.h"

enum {
	CONNECT_MS = 200,
	TIMEOUT_MS = 500,		/* well below FEED_HOLD_MS, as the row is held meanwhile */
	AWAY_MIN_MS = 50,		/* until Redis is tried again, doubled up to the next */
	AWAY_MAX_MS = 1000,
	SETTLE_MS = 2000,		/* so long it may take until one is followed, before it is said */
	LOOKS_MAX = 256,		/* at messages, one after the other: 64 K messages, or 256 MiB */
	IN_VAIN_MAX = 8
};

#define OTHER "this Redis is not the one that the nodes of this database follow; give all nodes the same [cache] redis, " \
	"or, if this is the right one, restart it"
#define UNSETTLED "it is not settled yet which Redis is the one to follow"
#define CONTENDED "nodes of another database use this Redis under the same name: one is a copy of the other, or was; give each a " \
	"Redis of its own, or another database number in it"

/* Life ------------------------------------------------------------------- */

bool
relay_is_wanted(const struct settings *settings)
{
	if (settings->cache.redis[0] == '\0')
		return false;
	if (!slice_has_prefix(slice_str(settings->store.url), SLICE("sqlite:")))
		return true;
	log_warnx("bus: [cache] redis is not used: nodes share a PostgreSQL database, not a SQLite file");
	return false;
}

struct relay *
relay_new(const struct settings *settings, struct region *region, struct bus_slot *slot, struct feed *feed)
{
	struct stream_options options = { .connect_ms = CONNECT_MS, .timeout_ms = TIMEOUT_MS };
	const char *reason;
	struct relay *r;

	if (redis_url_parse(&options.url, slice_str(settings->cache.redis), &reason) < 0) {
		log_errorx("bus: [cache] redis %s", reason);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->region = region;
	r->position = region_position(region);
	r->slot = slot;
	r->feed = feed;
	r->stream = stream_new(&options);
	r->arena = arena_new();
	atomic_store_explicit(&slot->redis, BUS_REDIS_LOOKED_FOR, memory_order_relaxed);
	atomic_store_explicit(&slot->stream_delay_us_max, 0, memory_order_relaxed);
	return r;
}

void
relay_free(struct relay **relay)
{
	if (*relay == NULL)
		return;
	stream_free(&(*relay)->stream);
	arena_free(&(*relay)->arena);
	free(*relay);
	*relay = NULL;
}

/* Applying --------------------------------------------------------------- */

static void
forget(struct relay *r)
{
	clock_forget(region_clock(r->region));
	slots_add(&r->slot->forgets, 1);
}

void
relay_apply(struct relay *r, const struct slice *rows, size_t count)
{
	bool all = false;

	slots_add(&r->slot->tags, changes_apply(region_clock(r->region), rows, count, &all));
	slots_add(&r->slot->forgets, all);
}

static void
apply_messages(struct relay *r)
{
	const struct stream_look *look = &r->look;
	struct slice rows[STREAM_MESSAGES_MAX];
	uint64_t number = look->message[look->count - 1].number, now;

	for (size_t i = 0; i < look->count; i++)
		rows[i] = look->message[i].tags;
	position_know(r->position, number);
	relay_apply(r, rows, look->count);
	position_advance(r->position, number);
	now = realtime_us();
	for (size_t i = 0; i < look->count; i++)
		delays_count(r->slot, now > look->message[i].published_us ? now - look->message[i].published_us : 0);
	slots_add(&r->slot->messages, look->count);
}

/* Messages are not to be had any more, or too many. */
static void
step_over_gap(struct relay *r)
{
	log_warnx("bus: messages of the stream behind %llu are %s: everything is forgotten",
	    (unsigned long long)atomic_load(&r->position->number), r->look.gap ? "gone" : "too many");
	slots_add(&r->slot->gaps, 1);
	position_know(r->position, r->look.number);
	if (!breakage("gap"))
		forget(r);
	position_advance(r->position, r->look.number);
}

void
relay_begin(struct relay *r)
{
	r->written = position_written(r->position);
}

void
relay_ahead(struct relay *r, const struct feed_report *report)
{
	const struct slice all = SLICE("*");

	if (report->everything)
		changes_mark(r->position, &all, 1);
	else if (report->count > 0)
		changes_mark(r->position, report->tags, report->count);
}

/* Redis is here, or not -------------------------------------------------- */

void
relay_note_away(struct relay *r, const char *error)
{
	r->pause_ms = !r->away ? AWAY_MIN_MS : r->pause_ms * 2 < AWAY_MAX_MS ? r->pause_ms * 2 : AWAY_MAX_MS;
	r->away = true;
	r->away_ms = monotonic_ms() + r->pause_ms;
	(void)snprintf(r->problem, sizeof(r->problem), "Redis is away: %s", error);
	log_debug("bus: %s", r->problem);
	atomic_store_explicit(&r->slot->redis, BUS_REDIS_IS_AWAY, memory_order_relaxed);
}

static bool
is_followed(const struct relay *r)
{
	uint64_t nonce = atomic_load(&r->position->nonce);

	return nonce != 0 && r->look.nonce == nonce && r->look.number >= atomic_load(&r->position->known);
}

/* Looks at Redis, and applies what is new there if it is followed.  False: it is away. */
static bool
catch_up(struct relay *r)
{
	uint64_t passing = r->passing;
	const char *error = "";
	unsigned looks = 0;

	r->rang = false;
	r->passing = 0;
	do {
		arena_reset(r->arena);
		if (stream_look(r->stream, r->arena, atomic_load(&r->position->nonce), atomic_load(&r->position->number), &r->look,
		    &error) == STREAM_AWAY) {
			relay_note_away(r, error);
			return false;
		}
		if (!is_followed(r))
			break;
		if (r->look.gap || looks++ == LOOKS_MAX) {
			step_over_gap(r);
			break;
		}
		if (r->look.count > 0)
			apply_messages(r);
	} while (r->look.more);
	/* Not by what one says that has the nonce only. */
	if (is_followed(r) && strcmp(r->look.incarnation, r->incarnation) == 0)
		position_pass(r->position, passing);
	r->away = false;
	atomic_store_explicit(&r->slot->stream, atomic_load(&r->position->number), memory_order_relaxed);
	return true;
}

static void
ask_for_bell(struct relay *r)
{
	const char *error;

	if (r->incarnation[0] == '\0' || r->away || r->rang_in_vain > IN_VAIN_MAX)
		return;
	/* Without one the next look finds what it would have told. */
	if (stream_ring_after(r->stream, atomic_load(&r->position->number), &error) != STREAM_OK)
		r->rang_in_vain = IN_VAIN_MAX + 1;
}

/*
 * Whether the bell tells of something new.  What it rang for is invalidated at once, ahead of the look that
 * goes on from there: that is sooner by the time that Redis takes to be asked, and can only forget too much.  A message
 * of another incarnation (the bell's connection may lead elsewhere, or Redis was claimed anew) is but a reason to look: by
 * its number objects would be stored as if they were as new, and ours would be taken for one that has lost some.
 */
static bool
hear(struct relay *r)
{
	struct stream_message message;
	bool all = false;

	arena_reset(r->arena);
	if (!stream_bell(r->stream, r->arena, &message))
		return false;
	if (message.nonce == 0 || message.nonce != atomic_load(&r->position->nonce) || !relay_drains(r))
		return true;
	/* what this node published itself, as a rule */
	if (message.number <= atomic_load(&r->position->number)) {
		ask_for_bell(r);
		return false;
	}
	position_know(r->position, message.number);
	(void)changes_apply(region_clock(r->region), &message.tags, 1, &all);
	return true;
}

/* Following -------------------------------------------------------------- */

void
relay_leave(struct relay *r)
{
	r->incarnation[0] = '\0';
	r->pending = false;
	r->passing = 0;
	if (atomic_load(&r->position->nonce) != 0)
		position_follow(r->position, r->installation, 0, 0);
}

/* What was published before that number is read from the database from now on. */
static void
follow(struct relay *r)
{
	forget(r);
	position_follow(r->position, r->installation, r->look.nonce, r->look.number);
	log_info("bus: follows Redis %s from message %llu on", r->look.incarnation, (unsigned long long)r->look.number);
}

uint64_t
relay_database(const struct feed_report *report)
{
	return report->database ^ report->mark * 0x9e3779b97f4a7c15;
}

bool
relay_is_contended(const struct relay *r, const struct feed_report *report)
{
	const struct stream_look *look = &r->look;

	return look->nonce != 0 && look->database != relay_database(report)
	    && !slice_is(relay_claimed(report->claim), look->incarnation);
}

static enum relay_verdict
judge(struct relay *r, const struct feed_report *report)
{
	const struct stream_look *look = &r->look;
	enum relay_verdict verdict = relay_judge(report->claim, slice_str(look->incarnation), look->database,
	    relay_database(report));

	/* A primary that lost what it had not passed on has old objects, until it is claimed anew. */
	if (look->nonce != 0 && look->nonce == atomic_load(&r->position->nonce) && !is_followed(r))
		r->lost = look->nonce;
	return verdict == RELAY_COUNTS && look->nonce == r->lost ? RELAY_MAY_CLAIM : verdict;
}

/* What the bus calls ----------------------------------------------------- */

static void
set_installation(struct relay *r, uint64_t installation)
{
	if (installation == r->installation)
		return;
	r->installation = installation;
	stream_set_installation(r->stream, installation);
	if (installation != atomic_load(&r->position->installation))
		relay_leave(r);
}

/* It is the one that counts, and all of it is applied. */
static void
go_on(struct relay *r, const struct feed_report *report, struct relay_found *found)
{
	r->unsettled_ms = 0;
	if (!is_followed(r)) {
		follow(r);
		found->anew = true;
	}
	memcpy(r->incarnation, r->look.incarnation, sizeof(r->incarnation));
	position_pass(r->position, r->written);
	r->pending = r->pending || report->count > 0 || report->everything;
	atomic_store_explicit(&r->slot->redis, BUS_REDIS_FOLLOWED, memory_order_relaxed);
	found->lease = BUS_HELD;
}

/* It is not. */
static void
settle(struct relay *r, struct arena *arena, const struct feed_report *report, enum relay_verdict verdict,
    struct relay_found *found)
{
	uint64_t now = monotonic_ms();

	relay_leave(r);
	r->unsettled_ms = r->unsettled_ms != 0 ? r->unsettled_ms : now;
	found->lease = BUS_LOOKING;
	found->again = true;
	if (verdict == RELAY_MAY_CLAIM)
		relay_claim(r, arena, report, found);
	if (r->away) {
		*found = (struct relay_found){ .lease = BUS_REDIS_AWAY, .problem = r->problem, .status = found->status };
	} else if (verdict == RELAY_CUT_OFF) {
		*found = (struct relay_found){ .lease = BUS_REDIS_OTHER, .problem = OTHER };
	} else if (found->status == STORE_OK && now >= r->unsettled_ms + SETTLE_MS) {
		found->lease = BUS_REDIS_OTHER;
		found->problem = relay_is_contended(r, report) ? CONTENDED : UNSETTLED;
	}
	if (!r->away)
		atomic_store_explicit(&r->slot->redis, verdict == RELAY_CUT_OFF ? BUS_REDIS_IS_ANOTHER : BUS_REDIS_LOOKED_FOR,
		    memory_order_relaxed);
}

struct relay_found
relay_look(struct relay *r, struct arena *arena, const struct feed_report *report)
{
	struct relay_found found = { .lease = BUS_REDIS_AWAY, .problem = r->problem };
	enum relay_verdict verdict;

	r->rang_in_vain = 0;
	set_installation(r, report->installation);
	if (report->installation == 0) {
		found.lease = BUS_UNTOLD;
		found.problem = "the database was attached by an older thimble, which knew nothing of Redis; see thimblectl attach";
		return found;
	}
	if ((r->away && monotonic_ms() < r->away_ms) || !catch_up(r)) {
		relay_bound_outbox(r, arena, report);
		return found;
	}
	found.problem = "";
	verdict = judge(r, report);
	if (verdict == RELAY_COUNTS)
		go_on(r, report, &found);
	else
		settle(r, arena, report, verdict, &found);
	if (found.lease == BUS_REDIS_OTHER)
		relay_bound_outbox(r, arena, report);
	ask_for_bell(r);
	return found;
}

bool
relay_drains(const struct relay *r)
{
	return r->incarnation[0] != '\0' && !r->away;
}

void
relay_turn(struct relay *r, struct arena *arena, bool news, struct relay_found *found)
{
	*found = (struct relay_found){ .lease = BUS_LOOKING, .problem = "" };
	r->rang = hear(r) || r->rang;
	r->pending = r->pending || news;
	if (!relay_drains(r))
		return;
	if (r->pending && monotonic_ms() >= r->row_ms)
		relay_drain(r, arena, found);
	if ((r->rang || r->passing != 0) && relay_drains(r)) {
		uint64_t number = atomic_load(&r->position->number);
		bool rang = r->rang;

		if (!catch_up(r))
			return;
		/* It may be another one now. */
		found->again = found->again || !is_followed(r);
		r->rang_in_vain = atomic_load(&r->position->number) != number ? 0 : r->rang_in_vain + rang;
		ask_for_bell(r);
	}
}

uint64_t
relay_due_ms(const struct relay *r)
{
	return r->pending && relay_drains(r) ? r->row_ms : UINT64_MAX;
}

int
relay_descriptor(const struct relay *r)
{
	return stream_descriptor(r->stream);
}
