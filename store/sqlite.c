/* SPDX-License-Identifier: MIT
 *
 * The SQLite driver.  Job threads, each connection one at a time.
 *
 * A snapshot is a deferred transaction.  A statement is reset as soon as its
 * rows are copied: one that is not keeps the snapshot open after COMMIT.
 * Nothing but the library opens the file (a close drops its locks); whether
 * it was replaced shows from stat(2).
 */
#include "config.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/prepared.h"

enum {
	BUSY_TIMEOUT_MAX_MS = 5000,
	STALE_CHECK_MS = 100,		/* how often the path is looked at */
	PROGRESS_STEPS = 2000		/* of SQLite's machine between two looks at the clock, some 20 us */
};

#define SCHEME "sqlite:"

struct lite {
	struct connection base;
	struct driver_config *config;
	sqlite3 *db;
	struct prepared_cache prepared;
	bool in_snapshot;
	bool broken;			/* do not use again */
	bool pooled;			/* of the pool, not thimblectl's own */
	uint64_t deadline_ms;		/* of what runs; UINT64_MAX: none */
	dev_t device;			/* of the path, when it was opened */
	ino_t inode;
	uint64_t looked_ms;		/* when the path was last looked at */
};

static const char *
path_of(const char *url)
{
	return url + strlen(SCHEME);
}

static int
lite_check_url(const char *url, const char **error_r)
{
	if (path_of(url)[0] == '\0') {
		*error_r = "the path is missing; write sqlite:/path/to/file.db";
		return -1;
	}
	if (strncmp(path_of(url), ":memory:", 8) == 0) {
		*error_r = "a database in memory cannot be shared by the workers; write sqlite:/path/to/file.db";
		return -1;
	}
	return 0;
}

static enum store_status
status_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return STORE_TIMEOUT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return STORE_BUSY;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
		return STORE_AWAY;
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_READONLY:
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return STORE_REFUSED;
	default:
		return STORE_FAILED;
	}
}

/* The sentence for a failed call; `text` is the statement or NULL. */
static enum store_status
failure(struct lite *lite, struct arena *arena, const char *text, const char **error_r)
{
	enum store_status status = status_of(sqlite3_extended_errcode(lite->db));
	const char *message = sqlite3_errmsg(lite->db);

	if (status == STORE_TIMEOUT)
		*error_r = arena_printf(arena, "a statement took longer than %u ms: " STATEMENT_SHOWN,
		    lite->config->timeout_ms, text != NULL ? text : "");
	else if (status == STORE_FAILED && text != NULL)
		*error_r = arena_printf(arena, "%s, in: " STATEMENT_SHOWN, message, text);
	else
		*error_r = arena_printf(arena, "%s: %s", path_of(lite->config->url), message);
	if (status == STORE_AWAY)
		lite->broken = true;
	return status;
}

static int
progress_cb(void *object)
{
	const struct lite *lite = object;

	return monotonic_ms() > lite->deadline_ms;
}

static enum store_status
exec(struct lite *lite, struct arena *arena, const char *text, const char **error_r)
{
	if (sqlite3_exec(lite->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return STORE_OK;
	return failure(lite, arena, text, error_r);
}

static void
lite_close(struct connection *conn)
{
	struct lite *lite = (struct lite *)conn;
	struct prepared *p;

	while ((p = prepared_take_any(&lite->prepared)) != NULL) {
		(void)sqlite3_finalize(p->handle);
		prepared_free(&p);
	}
	/*
	 * The last to close writes the log back into the database, and syncs both,
	 * for which nobody should wait but at the very end.  Then it should be
	 * done: operators copy the file of a server that they have stopped.
	 */
	(void)sqlite3_db_config(lite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
	    lite->pooled && !atomic_load(&lite->config->ending), NULL);
	(void)sqlite3_close(lite->db);
	free(lite);
}

/* Opens the file with these flags, no more; NULL with a sentence. */
static struct lite *
open_file(struct driver_config *config, struct arena *arena, int flags, const char **error_r)
{
	struct lite *lite = xcalloc(1, sizeof(*lite));
	const char *path = path_of(config->url);
	unsigned busy = config->timeout_ms < BUSY_TIMEOUT_MAX_MS ? config->timeout_ms : BUSY_TIMEOUT_MAX_MS;
	struct stat status;

	lite->config = config;
	lite->deadline_ms = UINT64_MAX;
	/* Before it is opened: should it be replaced in between, it is only opened once more. */
	if (stat(path, &status) == 0) {
		lite->device = status.st_dev;
		lite->inode = status.st_ino;
	} else if ((flags & SQLITE_OPEN_CREATE) == 0) {
		*error_r = errno == ENOENT
		    ? arena_printf(arena, "there is no file %s; `thimblectl init` makes one", path)
		    : arena_printf(arena, "%s: %s", path, strerror(errno));
		goto fail;
	}
	/* What may not be written to is opened for reading by SQLite itself. */
	if (sqlite3_open_v2(path, &lite->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		int error = lite->db != NULL ? sqlite3_system_errno(lite->db) : 0;

		*error_r = arena_printf(arena, "cannot open %s: %s", path,
		    error != 0 ? strerror(error) : sqlite3_errmsg(lite->db));
		goto fail;
	}
	(void)sqlite3_extended_result_codes(lite->db, 1);
	(void)sqlite3_busy_timeout(lite->db, (int)busy);
	return lite;
fail:
	(void)sqlite3_close(lite->db);
	free(lite);
	return NULL;
}

static void
bind_params(sqlite3_stmt *stmt, const struct sql *q)
{
	/* These cannot fail but for want of memory or a wrong index; then the statement sees NULL. */
	for (int i = 0; i < q->count; i++) {
		const struct sql_param *param = &q->params[i];

		if (param->is_int)
			(void)sqlite3_bind_int64(stmt, i + 1, param->number);
		else if (param->text.p != NULL)
			(void)sqlite3_bind_text64(stmt, i + 1, param->text.p, param->text.n, SQLITE_STATIC, SQLITE_UTF8);
	}
}

static void
take_row(struct arena *arena, sqlite3_stmt *stmt, struct rows *rows, size_t *capacity)
{
	size_t columns = (size_t)rows->columns;
	size_t used = (size_t)rows->count * columns;

	if (used + columns > *capacity) {
		struct slice *old = rows->cells;

		*capacity = *capacity > 0 ? *capacity * 2 : columns * 8;
		rows->cells = arena_alloc(arena, *capacity * sizeof(*rows->cells));
		if (used > 0)
			memcpy(rows->cells, old, used * sizeof(*old));
	}
	for (int i = 0; i < rows->columns; i++) {
		struct slice *cell = &rows->cells[used + (size_t)i];
		const void *text = sqlite3_column_text(stmt, i);

		/* No text: NULL, or no memory, which the next step reports. */
		*cell = text != NULL
		    ? slice_make(arena_memdup(arena, text, (size_t)sqlite3_column_bytes(stmt, i)),
			(size_t)sqlite3_column_bytes(stmt, i))
		    : SLICE_NONE;
	}
	rows->count++;
}

static enum store_status
fetch(struct lite *lite, struct arena *arena, sqlite3_stmt *stmt, const struct sql *q, struct rows *rows,
    const char **error_r)
{
	enum store_status status = STORE_OK;
	size_t capacity = 0;
	int code;

	bind_params(stmt, q);
	rows->columns = sqlite3_column_count(stmt);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		take_row(arena, stmt, rows, &capacity);
	if (code != SQLITE_DONE)
		status = failure(lite, arena, q->text, error_r);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return status;
}

static enum store_status
run_one(struct lite *lite, struct arena *arena, const struct sql *q, struct rows *rows, const char **error_r)
{
	bool added;
	struct prepared *p = prepared_get(&lite->prepared, q->text, q->length, &added);
	struct prepared *excess;

	if (added) {
		sqlite3_stmt *stmt = NULL;

		if (sqlite3_prepare_v3(lite->db, q->text, (int)q->length + 1, SQLITE_PREPARE_PERSISTENT, &stmt,
		    NULL) != SQLITE_OK) {
			prepared_take(&lite->prepared, p);
			prepared_free(&p);
			return failure(lite, arena, q->text, error_r);
		}
		p->handle = stmt;
	}
	if ((excess = prepared_take_excess(&lite->prepared)) != NULL) {
		(void)sqlite3_finalize(excess->handle);
		prepared_free(&excess);
	}
	return fetch(lite, arena, p->handle, q, rows, error_r);
}

static enum store_status
lite_run(struct connection *conn, const struct batch *batch, const char **error_r)
{
	struct lite *lite = (struct lite *)conn;
	enum store_status status = STORE_OK;

	lite->deadline_ms = monotonic_ms() + lite->config->timeout_ms;
	if (!lite->in_snapshot) {
		status = exec(lite, batch->arena, "BEGIN", error_r);
		lite->in_snapshot = status == STORE_OK;
	}
	for (struct statement *s = batch->first; s != NULL && status == STORE_OK; s = s->next)
		status = run_one(lite, batch->arena, s->sql, s->rows, error_r);
	lite->deadline_ms = UINT64_MAX;
	return status;
}

static bool
lite_end(struct connection *conn)
{
	struct lite *lite = (struct lite *)conn;

	/* Nothing was written: COMMIT only gives up the snapshot.  SQLite may have rolled back by itself. */
	if (lite->in_snapshot && !sqlite3_get_autocommit(lite->db)
	    && sqlite3_exec(lite->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		lite->broken = true;
	lite->in_snapshot = false;
	return !lite->broken;
}

static bool
lite_stale(struct connection *conn)
{
	struct lite *lite = (struct lite *)conn;
	uint64_t now = monotonic_ms();
	struct stat status;

	if (now - lite->looked_ms < STALE_CHECK_MS)
		return false;
	lite->looked_ms = now;
	return stat(path_of(lite->config->url), &status) != 0
	    || status.st_dev != lite->device || status.st_ino != lite->inode;
}

static enum store_status
check_schema(struct lite *lite, struct arena *arena, const char **error_r)
{
	struct sql *q = sql_new(arena, DIALECT_SQLITE);
	struct rows tables = { 0 };
	struct rows names = { 0 };
	enum store_status status;
	bool readable = false, has_patches = false;

	sql_add(q, "SELECT name FROM sqlite_master WHERE name IN ('django_migrations', 'patchwork_patch')");
	status = run_one(lite, arena, q, &tables, error_r);
	if (status != STORE_OK)
		return status;
	for (int i = 0; i < tables.count; i++) {
		readable = readable || slice_is(rows_get(&tables, i, 0), "django_migrations");
		has_patches = has_patches || slice_is(rows_get(&tables, i, 0), "patchwork_patch");
	}
	if (readable) {
		q = sql_new(arena, DIALECT_SQLITE);
		sql_add(q, "SELECT name FROM django_migrations WHERE app = 'patchwork'");
		status = run_one(lite, arena, q, &names, error_r);
		if (status != STORE_OK)
			return status;
	}
	return schema_judge(lite->config, arena, readable ? &names : NULL, has_patches, error_r);
}

static enum store_status
lite_open(struct driver_config *config, struct arena *arena, struct connection **conn_r, const char **error_r)
{
	struct lite *lite = open_file(config, arena, SQLITE_OPEN_READWRITE, error_r);
	enum store_status status;

	if (lite == NULL)
		return STORE_AWAY;
	lite->looked_ms = monotonic_ms();
	sqlite3_progress_handler(lite->db, PROGRESS_STEPS, progress_cb, lite);
	lite->pooled = true;
	status = exec(lite, arena, "PRAGMA foreign_keys = ON; PRAGMA query_only = ON", error_r);
	if (status == STORE_OK)
		status = check_schema(lite, arena, error_r);
	if (status != STORE_OK) {
		lite_close(&lite->base);
		return status;
	}
	*conn_r = &lite->base;
	return STORE_OK;
}

/* What went wrong in a script, and where. */
static const char *
script_error(struct lite *lite, struct arena *arena, const char *doing)
{
	return arena_printf(arena, "%s: %s: %s", path_of(lite->config->url), doing, sqlite3_errmsg(lite->db));
}

static int
lite_script(struct driver_config *config, struct arena *arena, const char *script, const char **error_r)
{
	struct lite *lite = open_file(config, arena, SQLITE_OPEN_READWRITE, error_r);
	int result = -1;

	if (lite == NULL)
		return -1;
	if (sqlite3_exec(lite->db, "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		*error_r = script_error(lite, arena, "cannot begin to write");
	else if (sqlite3_exec(lite->db, script, NULL, NULL, NULL) != SQLITE_OK)
		*error_r = script_error(lite, arena, "the script failed, nothing was changed");
	else if (sqlite3_exec(lite->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		*error_r = script_error(lite, arena, "cannot commit, nothing was changed");
	else
		result = 0;
	lite_close(&lite->base);
	return result;
}

static int
lite_prepare_empty(struct driver_config *config, struct arena *arena, const char **error_r)
{
	struct lite *lite = open_file(config, arena, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error_r);
	struct sql *q = sql_new(arena, DIALECT_SQLITE);
	struct rows rows = { 0 };
	int result = -1;

	if (lite == NULL)
		return -1;
	sql_add(q, "SELECT count(*) FROM sqlite_master");
	if (run_one(lite, arena, q, &rows, error_r) != STORE_OK)
		goto done;
	if (rows_int(&rows, 0, 0) > 0) {
		*error_r = arena_printf(arena, "%s exists and holds tables already; it was left alone", path_of(config->url));
		goto done;
	}
	rows = (struct rows){ 0 };
	q = sql_new(arena, DIALECT_SQLITE);
	sql_add(q, "PRAGMA journal_mode = WAL");
	if (run_one(lite, arena, q, &rows, error_r) != STORE_OK)
		goto done;
	if (rows.count != 1 || !slice_is(rows_get(&rows, 0, 0), "wal")) {
		*error_r = arena_printf(arena, "%s cannot be set to write-ahead logging; is it on a network file system?",
		    path_of(config->url));
		goto done;
	}
	result = 0;
done:
	lite_close(&lite->base);
	return result;
}

const struct driver driver_sqlite = {
	.dialect = DIALECT_SQLITE,
	.check_url = lite_check_url,
	.open = lite_open,
	.close = lite_close,
	.stale = lite_stale,
	.run = lite_run,
	.end = lite_end,
	.script = lite_script,
	.prepare_empty = lite_prepare_empty,
};
