/* SPDX-License-Identifier: MIT
 *
 * See feed.h: the connection, and what both databases have in common.
 */
#include "config.h"

#include "store/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/feed_private.h"
#include "store/identity.h"
#include "store/triggers.h"

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
	f->shared = options->shared && driver->dialect == DIALECT_POSTGRESQL;
	f->config.url = xstrdup(options->url);
	f->config.timezone = xstrdup(options->timezone != NULL ? options->timezone : "UTC");
	f->config.timeout_ms = options->timeout_ms;
	f->config.busy_ms = FEED_BUSY_MS;
	/* The workers say it. */
	atomic_store(&f->config.said_standby, true);
	atomic_store(&f->config.said_newer, true);
	atomic_store(&f->config.said_unreadable, true);
	return f;
}

void
feed_disconnect(struct feed *f)
{
	if (f->conn != NULL)
		f->driver->close(f->conn);
	f->conn = NULL;
	f->looked = f->locked = f->held = f->news = f->triggers.known = false;
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
	feed_disconnect(f);
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
	f->looked = f->locked = f->held = f->news = f->triggers.known = false;
	(void)snprintf(f->from, sizeof(f->from), "0");
	f->position = -1;
	return STORE_OK;
}

struct batch *
feed_batch(struct arena *arena)
{
	struct batch *batch = arena_zalloc(arena, sizeof(*batch));

	batch->arena = arena;
	batch->last = &batch->first;
	return batch;
}

const struct rows *
feed_add(struct batch *batch, const struct sql *q)
{
	struct statement *s = arena_zalloc(batch->arena, sizeof(*s));

	s->sql = q;
	s->rows = arena_zalloc(batch->arena, sizeof(*s->rows));
	*batch->last = s;
	batch->last = &s->next;
	batch->count++;
	return s->rows;
}

void
feed_end(struct feed *f)
{
	f->held = false;
	if (f->conn != NULL && !f->driver->end(f->conn))
		feed_disconnect(f);
}

enum store_status
feed_run(struct feed *f, struct batch *batch, const char **error_r)
{
	enum store_status status = f->driver->run(f->conn, batch, error_r);

	if (status != STORE_OK || batch->final)
		feed_end(f);
	return status;
}

struct sql *
feed_statement(const struct feed *f, struct arena *arena, const char *text)
{
	struct sql *q = sql_new(arena, f->driver->dialect);

	sql_add(q, text);
	return q;
}

/* What is found out by a full look -------------------------------------- */

void
feed_find(struct feed *f, enum feed_obstacle obstacle, const char *problem)
{
	f->obstacle = obstacle;
	(void)snprintf(f->problem, sizeof(f->problem), "%s", problem);
}

bool
feed_knows_triggers(const struct feed *f, const struct rows *version)
{
	return f->triggers.known && f->triggers.version == identity_number(rows_get(version, 0, 0));
}

/* What was found is remembered if the version is still the same behind it: names are looked up past the snapshot. */
enum store_status
feed_ask_triggers(struct feed *f, struct arena *arena, const struct rows *version, const char **error_r)
{
	struct sql *q = sql_new(arena, f->driver->dialect), *again = sql_new(arena, f->driver->dialect);
	struct batch *batch = feed_batch(arena);
	struct triggers_state state;
	const struct rows *rows, *behind;
	enum store_status status;

	if (feed_knows_triggers(f, version))
		return STORE_OK;
	triggers_ask(q);
	rows = feed_add(batch, q);
	triggers_ask_version(again);
	behind = feed_add(batch, again);
	status = feed_run(f, batch, error_r);
	if (status != STORE_OK)
		return status;
	state = triggers_judge(arena, rows);
	f->triggers.version = identity_number(rows_get(version, 0, 0));
	f->triggers.mark = state.mark;
	f->triggers.intact = state.intact;
	(void)snprintf(f->triggers.problem, sizeof(f->triggers.problem), "%s", state.problem);
	f->triggers.known = true;
	f->triggers.known = feed_knows_triggers(f, behind);
	return STORE_OK;
}

void
feed_judge_triggers(struct feed *f, struct arena *arena)
{
	f->mark = f->triggers.mark;
	feed_find(f, FEED_CLEAR, "");
	if (!f->triggers.intact)
		feed_find(f, FEED_UNTOLD, arena_printf(arena, "the database does not tell of every change (%s); "
		    "see thimblectl attach", f->triggers.problem));
}

/* Reading and deleting -------------------------------------------------- */

/* Locks and slowness pass; whatever else it is, it is not known what the connection is worth. */
static enum store_status
note_failure(struct feed *f, enum store_status status)
{
	f->keys = NULL;
	f->news = true;
	if (status != STORE_BUSY && status != STORE_TIMEOUT)
		feed_disconnect(f);
	return status;
}

enum store_status
feed_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	bool sqlite = f->driver->dialect == DIALECT_SQLITE;
	enum store_status status;

	*report = (struct feed_report){ .problem = "" };
	*error_r = "";
	feed_give_back(f);
	if (f->conn != NULL && full && f->driver->stale(f->conn, true))
		feed_disconnect(f);
	if (f->conn == NULL && !full)
		return STORE_OK;
	status = connect_feed(f, arena, report, error_r);
	if (status == STORE_OK && sqlite)
		status = feed_sqlite_read(f, arena, full, report, error_r);
	else if (status == STORE_OK)
		status = feed_postgresql_read(f, arena, full, report, error_r);
	if (status != STORE_OK) {
		report->count = 0;
		return note_failure(f, status);
	}
	report->obstacle = f->obstacle;
	report->problem = f->problem;
	report->mark = f->mark;
	report->database = f->database;
	if (sqlite)
		report->position = f->position > 0 ? (uint64_t)f->position : 0;
	return STORE_OK;
}

enum store_status
feed_drain(struct feed *f, struct arena *arena, const char **error_r)
{
	*error_r = "";
	if (f->conn == NULL || f->obstacle != FEED_CLEAR || f->shared)
		return STORE_OK;
	return f->driver->dialect == DIALECT_SQLITE ? feed_sqlite_drain(f, arena, error_r)
	    : feed_postgresql_drain(f, arena, error_r);
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
	return f->conn != NULL && f->locked ? f->driver->descriptor(f->conn) : -1;
}

/* Taking ---------------------------------------------------------------- */

static bool
may_take(const struct feed *f)
{
	return f->conn != NULL && f->shared && f->locked && f->obstacle == FEED_CLEAR;
}

enum store_status
feed_take(struct feed *f, struct arena *arena, struct feed_taken *taken, const char **error_r)
{
	enum store_status status;
	bool news;

	*taken = (struct feed_taken){ 0 };
	*error_r = "";
	feed_give_back(f);
	if (!may_take(f))
		return STORE_OK;
	/* What is told from here on is read, or it is news. */
	news = f->driver->has_news(f->conn) || f->news;
	f->news = false;
	status = feed_postgresql_take(f, arena, taken, error_r);
	if (status != STORE_OK) {
		*taken = (struct feed_taken){ 0 };
		return note_failure(f, status);
	}
	/* Who has the row may have looked before that. */
	f->news = taken->held ? taken->more : news;
	return STORE_OK;
}

static enum store_status
not_held(const char **error_r)
{
	*error_r = "the row of thimble_bus is not held";
	return STORE_FAILED;
}

enum store_status
feed_claim(struct feed *f, struct arena *arena, struct slice claim, const char **error_r)
{
	enum store_status status;

	*error_r = "";
	if (!f->held)
		return not_held(error_r);
	status = feed_postgresql_claim(f, arena, claim, error_r);
	return status == STORE_OK ? status : note_failure(f, status);
}

enum store_status
feed_commit(struct feed *f, struct arena *arena, const char **error_r)
{
	enum store_status status;

	*error_r = "";
	if (!f->held)
		return not_held(error_r);
	status = feed_postgresql_commit(f, arena, error_r);
	return status == STORE_OK ? status : note_failure(f, status);
}

void
feed_give_back(struct feed *f)
{
	if (f->held)
		feed_end(f);
}

enum store_status
feed_forget(struct feed *f, struct arena *arena, const char **error_r)
{
	enum store_status status;

	*error_r = "";
	feed_give_back(f);
	if (!may_take(f))
		return STORE_OK;
	status = feed_postgresql_forget(f, arena, error_r);
	return status == STORE_OK ? status : note_failure(f, status);
}
