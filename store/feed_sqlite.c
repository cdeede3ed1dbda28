/* SPDX-License-Identifier: MIT
 *
 * The feed over SQLite, see feed.h.  Rows are deleted DRAIN_MS after they were read, by which time
 * other readers have read them as well; never the last one, so that no id is given twice.
 */
#include "config.h"

#include "store/feed.h"

#include <string.h>

#include "base/arena.h"
#include "base/robust.h"
#include "store/driver.h"
#include "store/feed_private.h"
#include "store/triggers.h"

enum {
	DRAIN_MS = 10 * 1000,
	DRAIN_ROWS = 5000		/* or when so many were read */
};

bool
feed_gap(int64_t position, int64_t first, int64_t last, int64_t count, int64_t end)
{
	if (count == 0)
		return end != position;
	return first != position + 1 || last - first != count - 1 || last != end;
}

static enum store_status
look(struct feed *f, struct arena *arena, const char **error_r)
{
	struct sql *triggers = sql_new(arena, DIALECT_SQLITE);
	struct batch *batch = feed_batch(arena);
	const struct rows *version;
	enum store_status status;

	triggers_ask_version(triggers);
	version = feed_add(batch, triggers);
	status = feed_run(f, batch, error_r);
	if (status == STORE_OK)
		status = feed_ask_triggers(f, arena, version, error_r);
	if (status != STORE_OK)
		return status;
	feed_judge_triggers(f, arena);
	f->looked = true;
	return STORE_OK;
}

/* What is behind our position. */
static enum store_status
read_ids(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	struct sql *q = sql_new(arena, DIALECT_SQLITE);
	const struct rows *ends, *rows;
	enum store_status status;
	int64_t last, max;

	ends = feed_add(batch, feed_statement(f, arena, "SELECT coalesce((SELECT seq FROM sqlite_sequence"
	    " WHERE name = 'thimble_outbox'), 0), coalesce(max(id), 0), coalesce(min(id), 0) FROM thimble_outbox"));
	sql_add(q, "SELECT id, tags FROM thimble_outbox WHERE id > ");
	sql_int(q, f->position >= 0 ? f->position : INT64_MAX);
	sql_addf(q, " ORDER BY id LIMIT %d", FEED_ROWS_MAX);
	rows = feed_add(batch, q);
	batch->final = true;
	status = feed_run(f, batch, error_r);
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

enum store_status
feed_sqlite_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
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
		feed_end(f);
	}
	f->news = status != STORE_OK;
	f->unlooked = f->unlooked && (status != STORE_OK || !full);
	return status;
}

static enum store_status
delete_ids(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	struct sql *q = sql_new(arena, DIALECT_SQLITE);

	sql_add(q, "DELETE FROM thimble_outbox WHERE id <= ");
	sql_int(q, f->done);
	sql_add(q, " AND id < (SELECT max(id) FROM thimble_outbox)");
	(void)feed_add(batch, q);
	batch->write = batch->final = true;
	return feed_run(f, batch, error_r);
}

enum store_status
feed_sqlite_drain(struct feed *f, struct arena *arena, const char **error_r)
{
	uint64_t now = monotonic_ms();
	enum store_status status = STORE_OK;
	bool inherited;

	if (f->position < 0 || (now < f->drained_ms + DRAIN_MS && f->position < f->done + DRAIN_ROWS))
		return STORE_OK;
	if (f->done > f->drained) {
		if (f->write_lock != NULL && !robust_timedlock(f->write_lock, FEED_BUSY_MS, &inherited))
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
