/* SPDX-License-Identifier: MIT
 *
 * See feed.h.
 *
 * PostgreSQL: rows are looked for from `from` on, the oldest transaction that was under way
 * when they were all read and deleted last: so dead rows that somebody's long transaction
 * keeps are not walked again and again.  Once a minute all are, for those of another
 * cluster (a restore) may have any number.
 *
 * SQLite: rows are deleted DRAIN_MS after they were read, by which time other readers have
 * read them as well; never the last one, so that no id is given twice.
 */
#include "config.h"

#include "store/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/robust.h"
#include "store/driver.h"
#include "store/feed_private.h"
#include "store/triggers.h"

enum {
	BUSY_MS = 100,			/* SQLite: for a lock; what waits for us is worth more */
	ALL_ROWS_MS = 60 * 1000,	/* PostgreSQL: between two looks at all rows */
	KEYS_MAX = 20000,		/* rows deleted at once */
	DRAIN_MS = 10 * 1000,
	DRAIN_ROWS = 5000,		/* or when so many were read */
	PROBLEM_MAX = 256,
	XID_MAX = 24
};

/* The advisory lock of those who drain the outbox: "thim", "bus". */
#define LOCK "(1952999789, 6452595)"

struct feed {
	const struct driver *driver;
	struct driver_config config;
	pthread_mutex_t *write_lock;
	struct connection *conn;	/* NULL: not connected */
	bool news;			/* seen, but not read yet */
	bool unlooked;			/* SQLite: it was read since, but not looked at in full */
	bool looked;			/* over this connection; then: */
	enum feed_obstacle obstacle;
	char problem[PROBLEM_MAX];
	uint64_t mark;
	/* PostgreSQL */
	bool alone;			/* the lock is ours */
	char from[XID_MAX], next_from[XID_MAX];
	uint64_t all_rows_ms;		/* when all were looked at last */
	const struct rows *keys;	/* xid and id of what was read and not deleted */
	/* SQLite */
	int64_t position;		/* the last id that was read; -1: none was */
	int64_t done, drained;		/* what may be deleted next time; what is */
	uint64_t drained_ms;
};

bool
feed_gap(int64_t position, int64_t first, int64_t last, int64_t count, int64_t end)
{
	if (count == 0)
		return end != position;
	return first != position + 1 || last - first != count - 1 || last != end;
}

/* The connection -------------------------------------------------------- */

struct feed *
feed_new(const struct feed_options *options)
{
	const char *error;
	const struct driver *driver = driver_of(options->url, &error);
	struct feed *f;

	if (driver == NULL)
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->driver = driver;
	f->write_lock = driver->one_writer ? options->write_lock : NULL;
	f->config.url = xstrdup(options->url);
	f->config.timezone = xstrdup(options->timezone != NULL ? options->timezone : "UTC");
	f->config.timeout_ms = options->timeout_ms;
	f->config.busy_ms = BUSY_MS;
	/* The workers say it. */
	atomic_store(&f->config.said_standby, true);
	atomic_store(&f->config.said_newer, true);
	atomic_store(&f->config.said_unreadable, true);
	return f;
}

static void
disconnect(struct feed *f)
{
	if (f->conn != NULL)
		f->driver->close(f->conn);
	f->conn = NULL;
	f->looked = f->alone = f->news = false;
	f->keys = NULL;
}

void
feed_free(struct feed **feed)
{
	struct feed *f = *feed;

	if (f == NULL)
		return;
	*feed = NULL;
	atomic_store(&f->config.ending, true);
	disconnect(f);
	free(f->config.url);
	free(f->config.timezone);
	free(f);
}

static enum store_status
connect_feed(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	enum store_status status;

	if (f->conn != NULL)
		return STORE_OK;
	status = f->driver->open(&f->config, arena, &f->conn, error_r);
	if (status != STORE_OK)
		return status;
	report->fresh = true;
	f->looked = f->alone = f->news = false;
	(void)snprintf(f->from, sizeof(f->from), "0");
	f->position = -1;
	return STORE_OK;
}

static struct batch *
batch_new(struct arena *arena)
{
	struct batch *batch = arena_zalloc(arena, sizeof(*batch));

	batch->arena = arena;
	batch->last = &batch->first;
	return batch;
}

static const struct rows *
add(struct batch *batch, const struct sql *q)
{
	struct statement *s = arena_zalloc(batch->arena, sizeof(*s));

	s->sql = q;
	s->rows = arena_zalloc(batch->arena, sizeof(*s->rows));
	*batch->last = s;
	batch->last = &s->next;
	batch->count++;
	return s->rows;
}

static void
end(struct feed *f)
{
	if (f->conn != NULL && !f->driver->end(f->conn))
		disconnect(f);
}

/* Runs it; the snapshot stays open unless it fails or `batch->final`. */
static enum store_status
run(struct feed *f, struct batch *batch, const char **error_r)
{
	enum store_status status = f->driver->run(f->conn, batch, error_r);

	if (status != STORE_OK || batch->final)
		end(f);
	return status;
}

static struct sql *
statement(const struct feed *f, struct arena *arena, const char *text)
{
	struct sql *q = sql_new(arena, f->driver->dialect);

	sql_add(q, text);
	return q;
}

/* What is found out by a full look -------------------------------------- */

static void
find(struct feed *f, enum feed_obstacle obstacle, const char *problem)
{
	f->obstacle = obstacle;
	(void)snprintf(f->problem, sizeof(f->problem), "%s", problem);
}

static uint64_t
mix(uint64_t mark, struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		mark = (mark ^ (unsigned char)text.p[i]) * 0x100000001b3;
	return mark;
}

static void
judge(struct feed *f, struct arena *arena, const struct rows *triggers, const struct rows *server)
{
	struct triggers_state state = triggers_judge(arena, triggers);

	f->mark = state.mark;
	find(f, FEED_CLEAR, "");
	if (server != NULL)
		f->mark = mix(f->mark, rows_get(server, 0, 2));
	if (server != NULL && rows_bool(server, 0, 0))
		find(f, FEED_STANDBY, "the server is a standby");
	else if (!state.intact)
		find(f, FEED_UNTOLD, arena_printf(arena, "the database does not tell of every change (%s); "
		    "see thimblectl attach", state.problem));
	else if (server != NULL && rows_bool(server, 0, 3))
		find(f, FEED_UNTOLD, "the database takes part in logical replication as a subscriber, and rows that come so"
		    " fire no triggers");
	else if (server != NULL && !rows_bool(server, 0, 1))
		find(f, FEED_NO_RIGHTS, "no rights to read and delete in thimble_outbox");
}

static enum store_status
look(struct feed *f, struct arena *arena, const char **error_r)
{
	struct sql *triggers = sql_new(arena, f->driver->dialect);
	struct batch *batch = batch_new(arena);
	const struct rows *server = NULL, *rows;
	enum store_status status;

	if (f->driver->dialect == DIALECT_POSTGRESQL)
		server = add(batch, statement(f, arena, "SELECT pg_is_in_recovery(),"
		    " coalesce(has_table_privilege(to_regclass('thimble_outbox'), 'SELECT')"
		    " AND has_table_privilege(to_regclass('thimble_outbox'), 'DELETE'), false)"
		    " AND current_setting('default_transaction_read_only') = 'off',"
		    " concat((SELECT system_identifier FROM pg_control_system()), '/',"
		    " (SELECT oid FROM pg_database WHERE datname = current_database()), '/',"
		    " CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END),"
		    " EXISTS (SELECT FROM pg_subscription_rel)"));
	triggers_ask(triggers);
	rows = add(batch, triggers);
	status = run(f, batch, error_r);
	if (status != STORE_OK)
		return status;
	judge(f, arena, rows, server);
	f->looked = true;
	return STORE_OK;
}

/* PostgreSQL ------------------------------------------------------------ */

static enum store_status
unlock(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = batch_new(arena);

	f->alone = false;
	(void)add(batch, statement(f, arena, "SELECT pg_advisory_unlock" LOCK));
	batch->final = true;
	return run(f, batch, error_r);
}

/* A deletion that is lost is done again. */
static enum store_status
listen(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = batch_new(arena);

	batch->write = batch->final = true;
	(void)add(batch, statement(f, arena, "LISTEN thimble"));
	(void)add(batch, statement(f, arena, "SET synchronous_commit = off"));
	/* of what was told before that, there is no word */
	f->news = true;
	return run(f, batch, error_r);
}

static struct sql *
outbox(const struct feed *f, struct arena *arena, const char *columns, int limit)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);

	sql_addf(q, "SELECT %s FROM thimble_outbox WHERE xid >= ", columns);
	sql_string(q, slice_str(f->from));
	sql_addf(q, "::xid8 LIMIT %d", limit);
	return q;
}

/* More than can be told: their keys only.  What came since the first look is under "everything" as well. */
static enum store_status
read_keys(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = batch_new(arena);

	batch->final = true;
	f->keys = add(batch, outbox(f, arena, "id", KEYS_MAX));
	report->everything = true;
	return run(f, batch, error_r);
}

static enum store_status
read_rows(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = batch_new(arena);
	const struct rows *lock = NULL, *rows, *xmin;
	enum store_status status;

	if (monotonic_ms() >= f->all_rows_ms + ALL_ROWS_MS)
		(void)snprintf(f->from, sizeof(f->from), "0");
	if (!f->alone)
		lock = add(batch, statement(f, arena, "SELECT pg_try_advisory_lock" LOCK));
	rows = add(batch, outbox(f, arena, "id, tags", FEED_ROWS_MAX + 1));
	xmin = add(batch, statement(f, arena, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"));
	batch->final = true;
	status = run(f, batch, error_r);
	if (status != STORE_OK)
		return status;
	f->alone = f->alone || rows_bool(lock, 0, 0);
	if (!f->alone) {
		find(f, FEED_TAKEN, "another node without `redis` is at work on this database");
		return STORE_OK;
	}
	f->keys = rows;
	report->position = (uint64_t)rows_int(xmin, 0, 0);
	(void)snprintf(f->next_from, sizeof(f->next_from), "%llu", (unsigned long long)report->position);
	if (rows->count > FEED_ROWS_MAX)
		status = read_keys(f, arena, report, error_r);
	for (; report->count < (size_t)rows->count && !report->everything; report->count++)
		report->tags[report->count] = rows_get(rows, (int)report->count, 1);
	report->waiting = (uint64_t)f->keys->count;
	report->more = f->keys->count == KEYS_MAX;
	return status != STORE_OK || lock == NULL ? status : listen(f, arena, error_r);
}

static enum store_status
read_postgresql(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	enum store_status status = STORE_OK;

	f->keys = NULL;
	/* what told of it is read off */
	(void)f->driver->has_news(f->conn);
	f->news = false;
	if (full)
		status = look(f, arena, error_r);
	else if (!f->alone)
		return STORE_OK;
	if (status == STORE_OK && f->obstacle != FEED_CLEAR) {
		if (f->alone)
			return unlock(f, arena, error_r);
		end(f);
		return STORE_OK;
	}
	return status == STORE_OK ? read_rows(f, arena, report, error_r) : status;
}

static enum store_status
drain_postgresql(struct feed *f, struct arena *arena, const char **error_r)
{
	size_t count = f->keys != NULL ? (size_t)f->keys->count : 0;
	int64_t *ids = arena_alloc(arena, (count + 1) * sizeof(*ids));
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	struct batch *batch = batch_new(arena);
	bool all = strcmp(f->from, "0") == 0;
	enum store_status status = STORE_OK;

	for (size_t i = 0; i < count; i++)
		ids[i] = rows_int(f->keys, (int)i, 0);
	if (count > 0) {
		sql_add(q, "DELETE FROM thimble_outbox WHERE xid >= ");
		sql_string(q, slice_str(f->from));
		sql_add(q, "::xid8 AND id ");
		sql_ids(q, ids, count);
		(void)add(batch, q);
		batch->write = batch->final = true;
		status = run(f, batch, error_r);
	}
	if (status != STORE_OK || f->keys == NULL || count == KEYS_MAX)
		return status;
	if (all)
		f->all_rows_ms = monotonic_ms();
	memcpy(f->from, f->next_from, sizeof(f->from));
	return STORE_OK;
}

/* SQLite ---------------------------------------------------------------- */

/* What is behind our position. */
static enum store_status
read_ids(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = batch_new(arena);
	struct sql *q = sql_new(arena, DIALECT_SQLITE);
	const struct rows *ends, *rows;
	enum store_status status;
	int64_t last, max;

	ends = add(batch, statement(f, arena, "SELECT coalesce((SELECT seq FROM sqlite_sequence"
	    " WHERE name = 'thimble_outbox'), 0), coalesce(max(id), 0), coalesce(min(id), 0) FROM thimble_outbox"));
	sql_add(q, "SELECT id, tags FROM thimble_outbox WHERE id > ");
	sql_int(q, f->position >= 0 ? f->position : INT64_MAX);
	sql_addf(q, " ORDER BY id LIMIT %d", FEED_ROWS_MAX);
	rows = add(batch, q);
	batch->final = true;
	status = run(f, batch, error_r);
	if (status != STORE_OK)
		return status;
	max = rows_int(ends, 0, 1);
	last = rows_int(ends, 0, 0) > max ? rows_int(ends, 0, 0) : max;
	report->everything = f->position >= 0 && feed_gap(f->position, rows->count > 0 ? rows_int(rows, 0, 0) : 0,
	    rows->count > 0 ? rows_int(rows, rows->count - 1, 0) : 0, rows->count, last);
	for (; report->count < (size_t)rows->count && !report->everything; report->count++)
		report->tags[report->count] = rows_get(rows, (int)report->count, 1);
	f->position = last;
	report->waiting = max > 0 ? (uint64_t)(max - rows_int(ends, 0, 2)) + 1 : 0;
	return STORE_OK;
}

static enum store_status
read_sqlite(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	bool news = f->driver->has_news(f->conn) || f->news;
	enum store_status status = STORE_OK;

	/* Asked before the snapshot: what is committed after it is news again. */
	f->news = false;
	f->unlooked = f->unlooked || news;
	if (f->looked && !(full ? f->unlooked : news))
		return STORE_OK;
	if (full)
		status = look(f, arena, error_r);
	else if (!f->looked)
		return STORE_OK;
	if (status == STORE_OK && f->obstacle == FEED_CLEAR) {
		status = read_ids(f, arena, report, error_r);
	} else if (status == STORE_OK) {
		f->position = -1;
		end(f);
	}
	f->news = status != STORE_OK;
	f->unlooked = f->unlooked && (status != STORE_OK || !full);
	return status;
}

static enum store_status
delete_ids(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = batch_new(arena);
	struct sql *q = sql_new(arena, DIALECT_SQLITE);

	sql_add(q, "DELETE FROM thimble_outbox WHERE id <= ");
	sql_int(q, f->done);
	sql_add(q, " AND id < (SELECT max(id) FROM thimble_outbox)");
	(void)add(batch, q);
	batch->write = batch->final = true;
	return run(f, batch, error_r);
}

static enum store_status
drain_sqlite(struct feed *f, struct arena *arena, const char **error_r)
{
	uint64_t now = monotonic_ms();
	enum store_status status = STORE_OK;
	bool inherited;

	if (f->position < 0 || (now < f->drained_ms + DRAIN_MS && f->position < f->done + DRAIN_ROWS))
		return STORE_OK;
	if (f->done > f->drained) {
		if (f->write_lock != NULL && !robust_timedlock(f->write_lock, BUSY_MS, &inherited))
			return STORE_OK;
		status = delete_ids(f, arena, error_r);
		if (f->write_lock != NULL)
			robust_unlock(f->write_lock);
		/* A busy database is not in the way: rows that stay are in nobody's. */
		if (status == STORE_BUSY)
			return STORE_OK;
	}
	f->drained = f->done;
	f->done = f->position;
	f->drained_ms = now;
	return status;
}

/* Both ------------------------------------------------------------------ */

enum store_status
feed_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	bool sqlite = f->driver->dialect == DIALECT_SQLITE;
	enum store_status status;

	*report = (struct feed_report){ .problem = "" };
	*error_r = "";
	if (f->conn != NULL && full && f->driver->stale(f->conn, true))
		disconnect(f);
	if (f->conn == NULL && !full)
		return STORE_OK;
	status = connect_feed(f, arena, report, error_r);
	if (status == STORE_OK && sqlite)
		status = read_sqlite(f, arena, full, report, error_r);
	else if (status == STORE_OK)
		status = read_postgresql(f, arena, full, report, error_r);
	if (status != STORE_OK) {
		report->count = 0;
		f->keys = NULL;
		f->news = true;
		/* Locks and slowness pass; whatever else it is, it is not known what the connection is worth. */
		if (status != STORE_BUSY && status != STORE_TIMEOUT)
			disconnect(f);
		return status;
	}
	report->obstacle = f->obstacle;
	report->problem = f->problem;
	report->mark = f->mark;
	if (sqlite)
		report->position = f->position > 0 ? (uint64_t)f->position : 0;
	return STORE_OK;
}

enum store_status
feed_drain(struct feed *f, struct arena *arena, const char **error_r)
{
	*error_r = "";
	if (f->conn == NULL || f->obstacle != FEED_CLEAR)
		return STORE_OK;
	return f->driver->dialect == DIALECT_SQLITE ? drain_sqlite(f, arena, error_r) : drain_postgresql(f, arena, error_r);
}

bool
feed_has_news(struct feed *f)
{
	if (f->conn == NULL || !f->looked || f->obstacle != FEED_CLEAR)
		return false;
	if (f->driver->has_news(f->conn))
		f->news = true;
	return f->news;
}

int
feed_descriptor(const struct feed *f)
{
	return f->conn != NULL && f->alone ? f->driver->descriptor(f->conn) : -1;
}
