/* SPDX-License-Identifier: MIT
 *
 * Between feed.c, which has what both databases have in common, and
 * feed_postgresql.c and feed_sqlite.c.  All of it belongs to the thread of the feed.
 */
#ifndef THIMBLE_STORE_FEED_PRIVATE_H
#define THIMBLE_STORE_FEED_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/driver.h"
#include "store/feed.h"

enum {
	FEED_BUSY_MS = 100,		/* SQLite: for a lock; what waits for us is worth more */
	FEED_PROBLEM_MAX = 256,
	FEED_XID_MAX = 24
};

struct feed {
	const struct driver *driver;
	struct driver_config config;
	pthread_mutex_t *write_lock;
	struct connection *conn;	/* NULL: not connected */
	bool news;			/* seen, but not read yet */
	bool unlooked;			/* SQLite: it was read since, but not looked at in full */
	bool looked;			/* over this connection; then: */
	enum feed_obstacle obstacle;
	char problem[FEED_PROBLEM_MAX];
	uint64_t mark;
	struct {
		bool known;		/* over this connection; then: */
		uint64_t version;	/* of triggers_ask_version; while it is the same: */
		bool intact;
		uint64_t mark;
		char problem[FEED_PROBLEM_MAX];
	} triggers;
	/* PostgreSQL */
	bool shared;
	bool locked;			/* the advisory lock is ours: alone, or shared */
	bool held;			/* the row of thimble_bus is: a transaction is open */
	uint64_t database;
	bool may_claim;			/* PostgreSQL: the rights that `shared` takes */
	char from[FEED_XID_MAX], next_from[FEED_XID_MAX];
	uint64_t all_rows_ms;		/* when all were looked at last */
	const struct rows *keys;	/* ids of what was read and not deleted */
	bool left_some;			/* what was taken is not all */
	/* SQLite */
	int64_t position;		/* the last id that was read; -1: none was */
	int64_t done, drained;		/* what may be deleted next time; what is */
	uint64_t drained_ms;
};

/* One for each database; `full` as in feed_read. */
enum store_status feed_postgresql_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report,
    const char **error_r);
enum store_status feed_postgresql_drain(struct feed *f, struct arena *arena, const char **error_r);
/* Connected and locked; those behind the first one held, too, but feed_forget. */
enum store_status feed_postgresql_take(struct feed *f, struct arena *arena, struct feed_taken *taken,
    const char **error_r);
enum store_status feed_postgresql_claim(struct feed *f, struct arena *arena, struct slice claim, const char **error_r);
enum store_status feed_postgresql_commit(struct feed *f, struct arena *arena, const char **error_r);
enum store_status feed_postgresql_forget(struct feed *f, struct arena *arena, const char **error_r);
enum store_status feed_sqlite_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report,
    const char **error_r);
enum store_status feed_sqlite_drain(struct feed *f, struct arena *arena, const char **error_r);

/* Statements of one round trip, in a snapshot, or a transaction if `write` is set. */
struct batch *feed_batch(struct arena *arena);
const struct rows *feed_add(struct batch *batch, const struct sql *q);
struct sql *feed_statement(const struct feed *f, struct arena *arena, const char *text);
/* Runs it; the snapshot stays open unless it fails or `final` is set. */
enum store_status feed_run(struct feed *f, struct batch *batch, const char **error_r);
/* Ends the snapshot; what was written in it and not committed is undone. */
void feed_end(struct feed *f);
void feed_disconnect(struct feed *f);

/* What a full look finds out.  `version`: of triggers_ask_version.  Whether it is the one of last time: */
bool feed_knows_triggers(const struct feed *f, const struct rows *version);
/* Asks about the triggers, in the same snapshot, unless it is. */
enum store_status feed_ask_triggers(struct feed *f, struct arena *arena, const struct rows *version, const char **error_r);
/* Then, first of all: sets the mark, too. */
void feed_judge_triggers(struct feed *f, struct arena *arena);
void feed_find(struct feed *f, enum feed_obstacle obstacle, const char *problem);

/*
 * SQLite.  After `position`, `count` rows were read, from `first` to `last`, out of an outbox whose
 * ids came to `end`: whether they are not each of those in between.
 */
bool feed_gap(int64_t position, int64_t first, int64_t last, int64_t count, int64_t end);

#endif
