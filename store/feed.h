/* SPDX-License-Identifier: MIT
 *
 * The changes that the database tells of (store/triggers.h), read by the one
 * process of a node that applies them, over a connection of its own.
 *
 *	feed_read	what was committed and not read before; a `full` look besides tells
 *			whether the database still tells of every change
 *	(the reader applies it)
 *	feed_drain	deletes what is done with
 *
 * What is read is what is committed, never "id greater than the last one": on
 * PostgreSQL ids commit out of order.  There rows are deleted as soon as they
 * were applied, by who holds an advisory lock: nobody else reads them.  On SQLite
 * ids are dense, so that each reader has a position of its own and sees a gap when
 * somebody deleted what it had not read; rows stay for a while.
 *
 * With `shared` several nodes have one PostgreSQL database, and tell each other what they take out of the outbox:
 *
 *	feed_read	as above; nothing of it is deleted
 *	feed_take	in a transaction: the row of thimble_bus, if nobody has it, and rows of the
 *			outbox, which it deletes
 *	(the taker publishes)
 *	feed_claim	writes into the row which Redis counts
 *	feed_commit	or feed_give_back, after which the rows are there as before; so they
 *			are when the taker dies, or hangs for longer than FEED_HOLD_MS
 *
 * One thread.  Everything may wait, at most for the timeout, but feed_has_news.
 */
#ifndef THIMBLE_STORE_FEED_H
#define THIMBLE_STORE_FEED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/store.h"

struct arena;
struct feed;

enum {
	FEED_ROWS_MAX = 1000,		/* more at once are told as "everything" */
	FEED_WAITING_MAX = 100001,	/* shared: so many rows of the outbox are counted */
	FEED_HOLD_MS = 2000,
	FEED_CLAIM_MAX = 1024
};

struct feed_options {
	const char *url;
	const char *timezone;
	unsigned timeout_ms;		/* for a statement */
	pthread_mutex_t *write_lock;	/* as in struct store_options */
	bool shared;			/* PostgreSQL: other nodes that say so too may read with us */
};

/* Why the database is not to be relied on to tell of every change. */
enum feed_obstacle {
	FEED_CLEAR,
	FEED_UNTOLD,			/* triggers are missing, disabled, or of another version */
	FEED_STANDBY,
	FEED_NO_RIGHTS,
	FEED_TAKEN			/* another node drains the outbox, and one of us two is not `shared` */
};

struct feed_report {
	/* what was changed: the tags of a row of the outbox each, with spaces between */
	struct slice tags[FEED_ROWS_MAX];
	size_t count;
	bool everything;		/* some were lost, or are too many to tell: `count` is 0 */
	bool more;			/* that is not all: read again */
	bool fresh;			/* over a new connection: what happened before is not known */
	uint64_t waiting;		/* rows in the outbox, as far as they were looked at */
	uint64_t position;		/* SQLite: the last id; PostgreSQL: the oldest transaction that may still come */
	/* of a full look */
	enum feed_obstacle obstacle;
	const char *problem;		/* a sentence about it */
	uint64_t mark;			/* another number: another database, or changes may have left no tags meanwhile */
	uint64_t database;		/* PostgreSQL: which, and which run of its server, as store_snapshot_database has it */
	uint64_t installation;		/* shared: of what attach drew, and where the database is; 0: nothing was drawn */
	struct slice claim;		/* shared: what thimble_bus says; the incarnation that counts stands first */
};

/* What feed_take took out. */
struct feed_taken {
	bool held;			/* false: another node is at it; nothing was taken */
	struct slice claim;		/* as in the report */
	struct slice tags[FEED_ROWS_MAX];	/* in the order of their ids */
	size_t count;
	bool more;			/* that is not all, or too much to be held at once */
};

/* NULL only for a bad URL.  Does not connect. */
struct feed *feed_new(const struct feed_options *options);
void feed_free(struct feed **feed);

/*
 * Connects if need be, if it is a full look.  On any status but STORE_OK *error_r is a
 * sentence, in the arena, as is what the report points at.
 */
enum store_status feed_read(struct feed *feed, struct arena *arena, bool full, struct feed_report *report_r,
    const char **error_r);
/* Deletes what the last feed_read told, in the same arena; what could not be deleted is told again. */
enum store_status feed_drain(struct feed *feed, struct arena *arena, const char **error_r);

/*
 * After a full look that found FEED_CLEAR.  Unless STORE_OK and held, there is nothing to commit or give back; so
 * after a claim or a commit that failed (STORE_UNKNOWN: the rows are gone or there as before).  What was given back is
 * no news.
 */
enum store_status feed_take(struct feed *feed, struct arena *arena, struct feed_taken *taken_r, const char **error_r);
/* `claim` of FEED_CLAIM_MAX bytes at most. */
enum store_status feed_claim(struct feed *feed, struct arena *arena, struct slice claim, const char **error_r);
enum store_status feed_commit(struct feed *feed, struct arena *arena, const char **error_r);
void feed_give_back(struct feed *feed);
/*
 * Nobody has drained the outbox, and it grew beyond bounds: what is in it becomes one "*" (of a great many rows some
 * may stay until the next time).  Does nothing if another node holds the row.
 */
enum store_status feed_forget(struct feed *feed, struct arena *arena, const char **error_r);

/* Whether there is something to be read, as far as that is known. */
bool feed_has_news(struct feed *feed);
/* What becomes readable then; -1: it has to be asked. */
int feed_descriptor(const struct feed *feed);

#endif
