/* SPDX-License-Identifier: MIT
 *
 * What a database driver gives to store.c.  Private to store/.  A connection
 * is used by one thread at a time; store.c sees to that.
 */
#ifndef THIMBLE_STORE_DRIVER_H
#define THIMBLE_STORE_DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotonic.h"
#include "store/store.h"

struct arena;

enum { STORE_CONNECT_TIMEOUT_MS = 3000 };

/* One for all connections of a store; constant but for the flags. */
struct driver_config {
	char *url;
	char *timezone;
	unsigned timeout_ms;
	unsigned busy_ms;		/* SQLite: how long to wait for a lock; 0: as long as for an answer */
	atomic_bool ending;		/* the store is being freed: a close may take its time */
	/* what was said already: once a process is enough */
	atomic_bool said_standby, said_newer, said_unreadable;
};

/* The first member of each driver's own struct. */
struct connection {
	/* store.c's */
	struct connection *next;	/* in the list of idle ones */
	int slot;			/* booked in options.slots; -1: none */
	uint64_t idle_since_ms;
	/* the driver's, when it is opened */
	uint64_t database;		/* see store_snapshot_database; 0 also if the server would not say */
};

struct statement {
	struct statement *next;
	const struct sql *sql;
	struct rows *rows;		/* zeroed; the driver fills it */
};

/* What one flush sends. */
struct batch {
	struct arena *arena;		/* rows and sentences go there */
	struct statement *first, **last;
	unsigned count;
	bool write;			/* of a transaction that writes */
	/* Nothing follows.  The snapshot may end with it; what writes is committed, and STORE_OK says so. */
	bool final;
};

struct driver {
	enum dialect dialect;
	bool one_writer;		/* at a time: they queue on options.write_lock */
	/* Is the URL well-formed?  0, or -1 with a static sentence. */
	int (*check_url)(const char *url, const char **error_r);
	/* Connects and checks that it is a database that we can serve. */
	enum store_status (*open)(struct driver_config *config, struct arena *arena,
	    struct connection **conn_r, const char **error_r);
	/* Never waits, unless config->ending. */
	void (*close)(struct connection *conn);
	/*
	 * True when the connection leads to what is no longer the database.  With `surely`, which is for
	 * those that may not be repeated, it is looked at now, and is stale too if it is seen to have died.
	 */
	bool (*stale)(struct connection *conn, bool surely);
	/*
	 * Opens the snapshot if it is not open yet, runs the statements, fills their rows.  After a failure
	 * of what writes (but STORE_UNKNOWN) nothing is done once `end` was called.
	 */
	enum store_status (*run)(struct connection *conn, const struct batch *batch, const char **error_r);
	/*
	 * Ends the snapshot, rolling back what was not committed, without waiting; false when the
	 * connection cannot be used again.
	 */
	bool (*end)(struct connection *conn);
	/* What becomes readable when somebody tells of changes; -1: has_news has to be asked now and then. */
	int (*descriptor)(const struct connection *conn);
	/*
	 * Whether somebody else changed the database (PostgreSQL: told so) since this was asked last, or
	 * that cannot be known.  Without waiting, between two snapshots.
	 */
	bool (*has_news)(struct connection *conn);
	/* For thimblectl: see store_run_script and store_prepare_empty. */
	int (*script)(struct driver_config *config, struct arena *arena, const char *script, const char **error_r);
	int (*prepare_empty)(struct driver_config *config, struct arena *arena, const char **error_r);
};

extern const struct driver driver_sqlite;
extern const struct driver driver_postgresql;

/* The driver for that URL, or NULL with a static sentence.  In store.c. */
const struct driver *driver_of(const char *url, const char **error_r);

/* schema_sql.c, made by embed.awk */
extern const char schema_sqlite_sql[];
extern const char schema_postgresql_sql[];

/*
 * Judges the schema by the names of Patchwork's migrations; `names` is NULL
 * when they cannot be read.  STORE_OK (perhaps with a warning in the log) or
 * STORE_REFUSED.
 */
enum store_status schema_judge(struct driver_config *config, struct arena *arena,
    const struct rows *names, bool has_patches, const char **error_r);

/* The part of a statement that goes into a sentence about it. */
#define STATEMENT_SHOWN "%.300s"

#endif
