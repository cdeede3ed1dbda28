/* SPDX-License-Identifier: MIT
 *
 * The SQLite driver.  Job threads, each connection one at a time.
 *
 * A snapshot is a deferred transaction.  A statement is reset as soon as its
 * rows are copied: one that is not keeps the snapshot open after COMMIT.
 * Nothing but the library opens the file (a close drops its locks); whether
 * it was replaced shows from stat(2).
 *
 * The same connections read and write.  That only what writes does so is seen
 * to by asking SQLite what a statement is (sqlite3_stmt_readonly); to switch
 * query_only on and off would have all statements prepared anew each time.
 */
#include "config.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/prepared.h"

enum {
	BUSY_TIMEOUT_MAX_MS = 5000,
	STALE_CHECK_MS = 100,		/* how often the path is looked at */
	PROGRESS_STEPS = 2000,		/* of SQLite's machine between two looks at the clock, some 20 us */
	BUSY_NAP_MS = 1,		/* between two tries to get a lock; */
	BUSY_SHORT_NAPS = 20,		/* after so many */
	BUSY_LONG_NAP_MS = 5		/* this long, for who lets go of it takes it again within milliseconds */
};

#define SCHEME "sqlite:"
/* synchronous: what is acknowledged is on the disk.  A writer checkpoints only when nobody else did for 16 MB. */
#define SESSION_SETTINGS "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000"

struct lite {
	struct connection base;
	struct driver_config *config;
	sqlite3 *db;
	struct prepared_cache prepared;
	bool in_snapshot;
	bool writing;			/* the snapshot is a transaction that writes */
	bool broken;			/* do not use again */
	bool pooled;			/* of the pool, not thimblectl's own */
	uint64_t deadline_ms;		/* of what runs; UINT64_MAX: none */
	unsigned busy_ms;		/* how long to wait for a lock */
	uint64_t busy_since_ms;		/* when the present wait began */
	dev_t device;			/* of the path, when it was opened */
	ino_t inode;
	uint64_t looked_ms;		/* when the path was last looked at */
	sqlite3_stmt *version_stmt;	/* PRAGMA data_version, for who asks for news */
	int64_t version;		/* what it said last */
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
	if (code == SQLITE_READONLY_DBMOVED)
		return STORE_AWAY;
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return STORE_TIMEOUT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return STORE_BUSY;
	case SQLITE_FULL:
		return STORE_BUSY;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return STORE_AWAY;
	case SQLITE_CONSTRAINT:
		return STORE_CONFLICT;
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

/* What to say of those of SQLite's results whose own text does not tell what to do; or NULL. */
static const char *
explanation(int code)
{
	switch (code) {
	case SQLITE_READONLY_ROLLBACK:
	case SQLITE_READONLY_RECOVERY:
		return "a writer was cut off, and what it left cannot be put right without the right to write";
	case SQLITE_READONLY_DIRECTORY:
		return "its directory may not be written to, which SQLite needs for its journal";
	case SQLITE_READONLY_DBMOVED:
		return "it was moved or removed";
	}
	switch (code & 0xff) {
	case SQLITE_BUSY:
		return "somebody else keeps it locked";
	case SQLITE_FULL:
		return "no room is left on its disk";
	case SQLITE_READONLY:
		return "it may not be written to";
	default:
		return NULL;
	}
}

/* The sentence for a failed call; `text` is the statement or NULL. */
static enum store_status
failure(struct lite *lite, struct arena *arena, const char *text, const char **error_r)
{
	int code = sqlite3_extended_errcode(lite->db);
	enum store_status status = status_of(code);
	const char *message = sqlite3_errmsg(lite->db);

	if (status == STORE_TIMEOUT)
		*error_r = arena_printf(arena, "a statement took longer than %u ms: " STATEMENT_SHOWN,
		    lite->config->timeout_ms, text != NULL ? text : "");
	else if ((status == STORE_FAILED || status == STORE_CONFLICT) && text != NULL)
		*error_r = arena_printf(arena, "%s, in: " STATEMENT_SHOWN, message, text);
	else if (explanation(code) != NULL)
		*error_r = arena_printf(arena, "%s: %s (%s)", path_of(lite->config->url), explanation(code), message);
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

/* Called for the n-th time while somebody else holds a lock: 0 gives up. */
static int
busy_cb(void *object, int n)
{
	struct lite *lite = object;
	struct timespec nap = { .tv_nsec = 1000000L * (n < BUSY_SHORT_NAPS ? BUSY_NAP_MS : BUSY_LONG_NAP_MS) };

	if (n == 0)
		lite->busy_since_ms = monotonic_ms();
	if (monotonic_ms() - lite->busy_since_ms >= lite->busy_ms)
		return 0;
	(void)nanosleep(&nap, NULL);
	return 1;
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
	(void)sqlite3_finalize(lite->version_stmt);
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
	struct stat status;

	lite->config = config;
	lite->deadline_ms = UINT64_MAX;
	lite->busy_ms = config->timeout_ms < BUSY_TIMEOUT_MAX_MS ? config->timeout_ms : BUSY_TIMEOUT_MAX_MS;
	if (config->busy_ms > 0)
		lite->busy_ms = config->busy_ms;
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
	(void)sqlite3_busy_handler(lite->db, busy_cb, lite);
	return lite;
fail:
	(void)sqlite3_close(lite->db);
	free(lite);
	return NULL;
}

/* Fails for want of memory, or when a text is longer than SQLite takes. */
static int
bind_params(sqlite3_stmt *stmt, const struct sql *q)
{
	int code = SQLITE_OK;

	for (int i = 0; i < q->count && code == SQLITE_OK; i++) {
		const struct sql_param *param = &q->params[i];

		if (param->is_int)
			code = sqlite3_bind_int64(stmt, i + 1, param->number);
		else if (param->is_bytes && param->text.p != NULL)
			code = sqlite3_bind_blob64(stmt, i + 1, param->text.p, param->text.n, SQLITE_STATIC);
		else if (param->text.p != NULL)
			code = sqlite3_bind_text64(stmt, i + 1, param->text.p, param->text.n, SQLITE_STATIC, SQLITE_UTF8);
	}
	return code;
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

	if (!lite->writing && !sqlite3_stmt_readonly(stmt)) {
		*error_r = arena_printf(arena, "a snapshot only reads, and this writes: " STATEMENT_SHOWN, q->text);
		return STORE_FAILED;
	}
	code = bind_params(stmt, q);
	rows->columns = sqlite3_column_count(stmt);
	if (code == SQLITE_OK)
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

/* Whether the path leads to another file now, or to none. */
static bool
was_replaced(const struct lite *lite)
{
	struct stat status;

	return stat(path_of(lite->config->url), &status) != 0
	    || status.st_dev != lite->device || status.st_ino != lite->inode;
}

static enum store_status
open_snapshot(struct lite *lite, const struct batch *batch, const char **error_r)
{
	enum store_status status = exec(lite, batch->arena, batch->write ? "BEGIN IMMEDIATE" : "BEGIN", error_r);

	lite->in_snapshot = status == STORE_OK;
	lite->writing = batch->write && status == STORE_OK;
	/* What is written to a file that is no longer there would be acknowledged, and lost. */
	if (lite->writing && was_replaced(lite)) {
		*error_r = arena_printf(batch->arena, "%s: it was moved, removed or replaced", path_of(lite->config->url));
		lite->broken = true;
		return STORE_AWAY;
	}
	return status;
}

static enum store_status
commit(struct lite *lite, struct arena *arena, const char **error_r)
{
	enum store_status status = exec(lite, arena, "COMMIT", error_r);
	int code = sqlite3_extended_errcode(lite->db);

	if (status == STORE_OK)
		lite->in_snapshot = false;
	/*
	 * Who could not write the end of it has not written it.  But where only the
	 * sync failed, it is there, and a crash just now could bring it to life.
	 */
	if (status == STORE_AWAY && (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_WRITE)
		return STORE_UNKNOWN;
	return status;
}

static enum store_status
lite_run(struct connection *conn, const struct batch *batch, const char **error_r)
{
	struct lite *lite = (struct lite *)conn;
	enum store_status status = STORE_OK;

	if (!lite->in_snapshot)
		status = open_snapshot(lite, batch, error_r);
	/* Only now: how long others wrote is not the statements' slowness. */
	lite->deadline_ms = monotonic_ms() + lite->config->timeout_ms;
	for (struct statement *s = batch->first; s != NULL && status == STORE_OK; s = s->next)
		status = run_one(lite, batch->arena, s->sql, s->rows, error_r);
	lite->deadline_ms = UINT64_MAX;
	if (status == STORE_OK && batch->write && batch->final)
		status = commit(lite, batch->arena, error_r);
	return status;
}

static bool
lite_end(struct connection *conn)
{
	struct lite *lite = (struct lite *)conn;

	/* For what only read, COMMIT just gives up the snapshot.  SQLite may have rolled back by itself. */
	if (lite->in_snapshot && !sqlite3_get_autocommit(lite->db)
	    && sqlite3_exec(lite->db, lite->writing ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		lite->broken = true;
	lite->in_snapshot = false;
	lite->writing = false;
	return !lite->broken;
}

static bool
lite_stale(struct connection *conn, bool surely)
{
	struct lite *lite = (struct lite *)conn;
	uint64_t now = monotonic_ms();

	if (!surely && now - lite->looked_ms < STALE_CHECK_MS)
		return false;
	lite->looked_ms = now;
	return was_replaced(lite);
}

static int
lite_descriptor(const struct connection *conn)
{
	(void)conn;
	return -1;
}

static bool
lite_has_news(struct connection *conn)
{
	struct lite *lite = (struct lite *)conn;
	int64_t before = lite->version;
	bool known;

	if (lite->version_stmt == NULL && sqlite3_prepare_v3(lite->db, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT,
	    &lite->version_stmt, NULL) != SQLITE_OK)
		return true;
	known = sqlite3_step(lite->version_stmt) == SQLITE_ROW;
	if (known)
		lite->version = sqlite3_column_int64(lite->version_stmt, 0);
	(void)sqlite3_reset(lite->version_stmt);
	return !known || lite->version != before;
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
	status = exec(lite, arena, SESSION_SETTINGS, error_r);
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
	lite->writing = true;
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
	.one_writer = true,
	.check_url = lite_check_url,
	.open = lite_open,
	.close = lite_close,
	.stale = lite_stale,
	.run = lite_run,
	.end = lite_end,
	.descriptor = lite_descriptor,
	.has_news = lite_has_news,
	.script = lite_script,
	.prepare_empty = lite_prepare_empty,
};
