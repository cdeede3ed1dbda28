/* SPDX-License-Identifier: MIT
 *
 * The bus process's side of Redis: what other nodes publish is applied to this node's region, what the database's outbox
 * holds is published for all (design, sections 4 and 5; cache/stream.h, store/feed.h).  It is a part of the
 * bus, which owns the lease and calls it.
 *
 * Who takes rows out of the outbox publishes them before their deletion is committed.  So when the outbox
 * has been read, and after it the stream, everything is applied that was committed before: it was still in the one, or
 * is in the other.  That holds as long as it is the right stream: thimble_bus names the
 * incarnation that counts (worker/relay_claim.h), which is read with the outbox, and each look at Redis says which it is.
 * Only one that was claimed for this very database and for its triggers as they are now
 * is followed: of changes while they were away nobody has told Redis, whose objects may be old.
 *
 * Nothing here waits for longer than Redis's timeouts.  While Redis is away it is asked after a pause that grows.
 */
#ifndef THIMBLE_WORKER_RELAY_H
#define THIMBLE_WORKER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "worker/shared.h"

struct arena;
struct feed;
struct feed_report;
struct region;
struct relay;
struct settings;

/* Whether these settings have a use for Redis.  Says so if they name one in vain. */
bool relay_is_wanted(const struct settings *settings);
/* `feed` is `shared`.  NULL, and logged: the address is none. */
struct relay *relay_new(const struct settings *settings, struct region *region, struct bus_slot *slot, struct feed *feed);
void relay_free(struct relay **relay);

/* Before the outbox is read; and what was read, before it is applied. */
void relay_begin(struct relay *relay);
void relay_ahead(struct relay *relay, const struct feed_report *report);

struct relay_found {
	enum bus_lease lease;		/* BUS_HELD: all that was committed before relay_begin is applied */
	const char *problem;		/* a sentence that lives until the next call */
	bool anew;			/* another Redis is followed from now on: everything was forgotten */
	bool again;			/* look again soon: it is about to be settled */
	enum store_status status;	/* else the database failed */
};
/* After a full look of the feed that found FEED_CLEAR. */
struct relay_found relay_look(struct relay *relay, struct arena *arena, const struct feed_report *report);
/* After one that found something else: Redis is not followed until the next relay_look. */
void relay_leave(struct relay *relay);

/* Whether news from the feed are published now; else they have to be read and applied. */
bool relay_drains(const struct relay *relay);
/*
 * What is due: applies messages that came, and publishes what is in the outbox, if `news` says that there is something.
 * *found_r is as after relay_look, but for `lease`.
 */
void relay_turn(struct relay *relay, struct arena *arena, bool news, struct relay_found *found_r);
/* When it is to be called without anything having happened; UINT64_MAX: never. */
uint64_t relay_due_ms(const struct relay *relay);
/* Readable when messages came; -1. */
int relay_descriptor(const struct relay *relay);

#endif
