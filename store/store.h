/* SPDX-License-Identifier: MIT
 *
 * The database behind one interface.  A worker has one `struct store`, a pool
 * of connections that its job threads borrow one at a time.  Everything here
 * may block and belongs to job threads, but where it says otherwise.
 *
 * Reading: store_begin borrows a connection and opens one read snapshot;
 * store_query queues statements, store_flush sends all that are queued in one
 * round trip and fills their rows; store_end gives the connection back.
 * Writing: the same between store_begin_write and store_commit.
 * Statements are prepared once per connection (the least recently used of
 * more than STORE_PREPARED_MAX are forgotten).
 */
#ifndef THIMBLE_STORE_STORE_H
#define THIMBLE_STORE_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/sql.h"

struct arena;

enum { STORE_PREPARED_MAX = 256 };

enum store_status {
	STORE_OK = 0,
	STORE_AWAY,	/* not to be reached, or the connection broke: try again later */
	STORE_BUSY,	/* no connection or lock became free in time, a deadlock, or no room on the disk */
	STORE_TIMEOUT,	/* the statement took too long and was ended */
	STORE_REFUSED,	/* reached, but not usable: a pooler, an unknown schema, no rights, nothing may be written */
	STORE_CONFLICT,	/* a unique or foreign key, or a check, refused the row */
	STORE_UNKNOWN,	/* a commit whose outcome is not known */
	STORE_FAILED	/* the statement itself failed: a defect of ours */
};

struct store_options {
	const char *url;		/* sqlite:/path or postgresql://... */
	const char *timezone;		/* of naive timestamps */
	unsigned timeout_ms;		/* for a statement, and for waiting for a connection */
	unsigned quota;			/* idle connections this process may keep */
	/* One entry per connection the node may have, shared by all workers:
	 * 0, or the pid that uses it.  The master clears those of dead workers.
	 * NULL: nobody else connects, so that nothing needs to be booked. */
	_Atomic int32_t *slots;
	unsigned slot_count;
	/* SQLite's writers queue here: a lock of robust_init_fair, shared by all workers.
	 * NULL: they only have SQLite's own lock, for which they look again and again. */
	pthread_mutex_t *write_lock;
};

struct store;
struct snapshot;

/* Says whether a URL is well-formed; returns 0, or -1 with a sentence in *error_r (static). */
int store_url_check(const char *url, const char **error_r);

/* Does not connect.  Any thread.  `options` is copied, strings included.  NULL only for a bad URL. */
struct store *store_new(const struct store_options *options);
/* All snapshots must have ended. */
void store_free(struct store **store);
enum dialect store_dialect(const struct store *store);

/* Closes connections that were idle for `idle_ms`; 0 closes all idle ones.  Never waits; any thread. */
void store_trim(struct store *store, unsigned idle_ms);

/* Figures for metrics; any thread. */
struct store_stats {
	unsigned open;			/* connections now */
	uint64_t statements;		/* executed, BEGIN and COMMIT not counted */
	uint64_t failures;
	uint64_t wait_us;		/* waited for connections */
};
struct store_stats store_stats(const struct store *store);

/* A statement's result.  Cells point into memory of the arena. */
struct rows {
	int count;
	int columns;
	struct slice *cells;		/* row by row; absent is NULL; text as the database prints it */
	enum dialect dialect;		/* of that database */
};

/*
 * Opens a snapshot.  On any status but STORE_OK, *error_r is a sentence for
 * the log, in the arena.  Rows and errors live as long as the arena.
 * STORE_AWAY and STORE_REFUSED are logged here, once when it begins and once
 * when it is over; the rest is the caller's to log.
 */
enum store_status store_begin(struct store *store, struct arena *arena,
    struct snapshot **snapshot_r, const char **error_r);

/* Queues a statement.  The rows are filled by the next store_flush; until then, and if it fails, they are none. */
struct rows *store_query(struct snapshot *snapshot, struct sql *q);
/* After a failure the snapshot is of no more use: each further flush returns the same. */
enum store_status store_flush(struct snapshot *snapshot, const char **error_r);
/*
 * The same for the last statements of an answer: the snapshot ends with them,
 * in the same round trip, and the connection is given back before the rows are
 * looked at.  Only store_end may follow.
 */
enum store_status store_flush_last(struct snapshot *snapshot, const char **error_r);

/*
 * Opens a transaction that may write, with the same calls: store_query and
 * store_flush, as often as needed; then store_commit, or store_end, which rolls back
 * (as store_flush_last does).  All by one thread, and a thread opens one at a time.
 * Never repeated by itself: STORE_AWAY is the caller's to repeat, nothing was done.
 *
 * PostgreSQL: READ COMMITTED, so that a row read FOR UPDATE is as it is now.  SQLite: one
 * writer at a time on the node, in the order of coming (this waits for that), then, with
 * the first flush, BEGIN IMMEDIATE.
 * STORE_REFUSED: no right to write.
 */
enum store_status store_begin_write(struct store *store, struct arena *arena,
    struct snapshot **snapshot_r, const char **error_r);

/*
 * Flushes what is queued still, commits in the same round trip, waits until it is durable,
 * and ends the snapshot.  STORE_OK: done.  STORE_UNKNOWN: the connection broke, it may be done
 * or not.  Any other: it was rolled back.  Foreign keys are looked at here: STORE_CONFLICT.
 */
enum store_status store_commit(struct snapshot **snapshot, const char **error_r);

/*
 * PostgreSQL: which database the snapshot is of: system identifier, database, timeline and the time when
 * its server was started, in a number that is never 0 (store/feed.h has the same).  SQLite: 0.  Known after the first
 * flush, 0 before and if the server would not say; the snapshot may have ended.
 */
uint64_t store_snapshot_database(const struct snapshot *snapshot);

/* Statements queued so far in this snapshot. */
unsigned store_snapshot_statements(const struct snapshot *snapshot);
/* Microseconds it waited for a connection and for answers. */
uint64_t store_snapshot_us(const struct snapshot *snapshot);

/* Ends the snapshot (without waiting for the database's answer) and nulls it.  After a failure too. */
void store_end(struct snapshot **snapshot);

/* For thimblectl: runs a script of several statements in one write transaction; 0 or -1 with a sentence. */
int store_run_script(struct store *store, struct arena *arena, const char *script, const char **error_r);
/* For thimblectl: makes an empty SQLite file with WAL, or checks that the PostgreSQL database holds no Patchwork table; 0 or -1. */
int store_prepare_empty(struct store *store, struct arena *arena, const char **error_r);

/* The DDL of Patchwork 3.2.1's schema in that dialect, stock states and tags included. */
const char *store_schema(enum dialect dialect);

static inline struct slice
rows_get(const struct rows *rows, int row, int column)
{
	return rows->cells[(size_t)row * (size_t)rows->columns + (size_t)column];
}

static inline bool
rows_null(const struct rows *rows, int row, int column)
{
	return rows_get(rows, row, column).p == NULL;
}

/* NULL and what is no number give 0. */
int64_t rows_int(const struct rows *rows, int row, int column);
/* PostgreSQL's t, SQLite's 1. */
bool rows_bool(const struct rows *rows, int row, int column);
/* A cell of a bytea or blob column as its bytes, which may be the cell's own or the arena's; NULL gives absent. */
struct slice rows_bytes(struct arena *arena, const struct rows *rows, int row, int column);

#endif
