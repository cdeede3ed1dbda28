/* SPDX-License-Identifier: MIT
 *
 * The pool of connections and the snapshots taken on them.  Job threads, but
 * for store_trim and store_stats, which any thread may call.
 *
 * The lock guards the pool's lists and numbers; it is never held while the
 * database or the file system is asked.  A connection is in the list of idle
 * ones or belongs to one thread; either way it holds its booked slot.
 */
#include "config.h"

#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/robust.h"
#include "store/driver.h"

enum {
	RETRY_MS = 200,			/* after a connection could not be opened */
	SLOT_POLL_MS = 10,		/* other processes free slots without telling */
	RELOG_MS = 1000,		/* between two different reasons for being away */
	REASON_MAX = 512
};

struct store {
	const struct driver *driver;
	struct driver_config config;
	unsigned quota;
	_Atomic int32_t *slots;
	unsigned slot_count;
	pthread_mutex_t *write_lock;	/* or NULL: nobody queues */

	pthread_mutex_t lock;		/* guards what follows, up to the counters */
	pthread_cond_t freed;		/* a connection became idle, or a slot free */
	struct connection *idle;	/* most recently used first */
	_Atomic unsigned open;		/* connections, those being opened included; read without the lock too */
	unsigned opening;
	unsigned waiters;
	enum store_status refusal;	/* of the last attempt to open one, or STORE_OK */
	char reason[REASON_MAX];	/* for it */
	uint64_t retry_at_ms;		/* no new attempt before */
	char logged[REASON_MAX];	/* why the log thinks that the database is away; "": it does not */
	uint64_t logged_at_ms;
	char refused[REASON_MAX];	/* the last statement's refusal that was logged */

	atomic_bool unwell;		/* logged[0] != 0, to be looked at without the lock */
	_Atomic uint64_t statements;
	_Atomic uint64_t failures;
	_Atomic uint64_t wait_us;
};

struct snapshot {
	struct store *store;
	struct connection *conn;	/* NULL after it was lost */
	struct batch batch;		/* queued since the last flush */
	bool reused;			/* conn served somebody before, it may have died since */
	bool answered;			/* a flush succeeded: the snapshot exists */
	bool ended;
	bool unusable;			/* a queued statement is, see struct sql */
	enum store_status status;	/* the first failure */
	const char *error;
	uint64_t database;		/* the connection's, once it has answered */
	unsigned statements;
	uint64_t waited_us;
};

/* URL ------------------------------------------------------------------- */

static const struct {
	const char *scheme;
	const struct driver *driver;
} schemes[] = {
	{ "sqlite:", &driver_sqlite },
	{ "postgresql://", &driver_postgresql },
	{ "postgres://", &driver_postgresql },
};

const struct driver *
driver_of(const char *url, const char **error_r)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) != 0)
			continue;
		return schemes[i].driver->check_url(url, error_r) == 0 ? schemes[i].driver : NULL;
	}
	*error_r = "it must begin with sqlite: or postgresql://";
	return NULL;
}

int
store_url_check(const char *url, const char **error_r)
{
	return driver_of(url, error_r) != NULL ? 0 : -1;
}

/* The log --------------------------------------------------------------- */

static void
note_away(struct store *store, const char *reason)
{
	uint64_t now = monotonic_ms();
	bool say;

	(void)pthread_mutex_lock(&store->lock);
	say = store->logged[0] == '\0' || (strncmp(store->logged, reason, REASON_MAX - 1) != 0
	    && now - store->logged_at_ms >= RELOG_MS);
	if (say) {
		(void)snprintf(store->logged, sizeof(store->logged), "%s", reason);
		store->logged_at_ms = now;
		atomic_store(&store->unwell, true);
	}
	(void)pthread_mutex_unlock(&store->lock);
	if (say)
		log_warnx("database: %s", reason);
}

static void
note_back(struct store *store)
{
	bool say;

	if (!atomic_load(&store->unwell))
		return;
	(void)pthread_mutex_lock(&store->lock);
	say = store->logged[0] != '\0';
	store->logged[0] = '\0';
	atomic_store(&store->unwell, false);
	(void)pthread_mutex_unlock(&store->lock);
	if (say)
		log_info("database: it is back");
}

/* A statement without rights: others go on, so that it is no matter of away and back. */
static void
note_refused(struct store *store, const char *reason)
{
	bool say;

	(void)pthread_mutex_lock(&store->lock);
	say = strncmp(store->refused, reason, REASON_MAX - 1) != 0;
	(void)snprintf(store->refused, sizeof(store->refused), "%s", reason);
	(void)pthread_mutex_unlock(&store->lock);
	if (say)
		log_warnx("database: %s", reason);
}

/* The pool -------------------------------------------------------------- */

struct store *
store_new(const struct store_options *options)
{
	const char *error;
	const struct driver *driver = driver_of(options->url, &error);
	pthread_condattr_t monotonic;
	struct store *store;

	if (driver == NULL)
		return NULL;
	store = xcalloc(1, sizeof(*store));
	store->driver = driver;
	store->config.url = xstrdup(options->url);
	store->config.timezone = xstrdup(options->timezone != NULL ? options->timezone : "UTC");
	store->config.timeout_ms = options->timeout_ms;
	store->quota = options->quota;
	store->slots = options->slots;
	store->slot_count = options->slot_count;
	store->write_lock = driver->one_writer ? options->write_lock : NULL;
	(void)pthread_mutex_init(&store->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&store->freed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return store;
}

void
store_free(struct store **store)
{
	struct store *s = *store;

	if (s == NULL)
		return;
	*store = NULL;
	atomic_store(&s->config.ending, true);
	store_trim(s, 0);
	(void)pthread_cond_destroy(&s->freed);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->config.url);
	free(s->config.timezone);
	free(s);
}

enum dialect
store_dialect(const struct store *store)
{
	return store->driver->dialect;
}

/* Books a slot; -1 when all are taken, 0 when there is nothing to book. */
static int
book_slot(struct store *store)
{
	int32_t pid = (int32_t)getpid();

	if (store->slots == NULL)
		return 0;
	for (unsigned i = 0; i < store->slot_count; i++) {
		int32_t nobody = 0;

		if (atomic_load_explicit(&store->slots[i], memory_order_relaxed) == 0
		    && atomic_compare_exchange_strong(&store->slots[i], &nobody, pid))
			return (int)i;
	}
	return -1;
}

/* One connection less.  Its slot is free only after it was closed, so that the server never has more. */
static void
release(struct store *store, int slot)
{
	if (store->slots != NULL)
		atomic_store(&store->slots[slot], 0);
	(void)pthread_mutex_lock(&store->lock);
	store->open--;
	(void)pthread_cond_signal(&store->freed);
	(void)pthread_mutex_unlock(&store->lock);
}

static void
discard(struct store *store, struct connection *conn)
{
	int slot = conn->slot;

	store->driver->close(conn);
	release(store, slot);
}

void
store_trim(struct store *store, unsigned idle_ms)
{
	uint64_t now = monotonic_ms();
	struct connection **at, *old, *next;

	(void)pthread_mutex_lock(&store->lock);
	/* The first that is idle for long: those behind it are so for longer. */
	for (at = &store->idle; *at != NULL && now - (*at)->idle_since_ms < idle_ms; at = &(*at)->next)
		continue;
	old = *at;
	*at = NULL;
	(void)pthread_mutex_unlock(&store->lock);
	for (; old != NULL; old = next) {
		next = old->next;
		discard(store, old);
	}
}

struct store_stats
store_stats(const struct store *store)
{
	return (struct store_stats){
		.open = atomic_load(&store->open),
		.statements = atomic_load(&store->statements),
		.failures = atomic_load(&store->failures),
		.wait_us = atomic_load(&store->wait_us),
	};
}

/*
 * Is it known already that no connection can be had?  Within RETRY_MS after a
 * failure, and after it while one thread tries again: a dead server is asked
 * by one at a time.
 */
static enum store_status
known_refusal_locked(const struct store *store, struct arena *arena, const char **error_r)
{
	if (store->refusal == STORE_OK || (monotonic_ms() >= store->retry_at_ms && store->opening == 0))
		return STORE_OK;
	*error_r = arena_strdup(arena, store->reason);
	return store->refusal;
}

/* Opens a connection into a slot that is booked and counted (in `opening` too); gives both back on failure. */
static enum store_status
open_into(struct store *store, struct arena *arena, int slot, struct connection **conn_r, const char **error_r)
{
	enum store_status status = store->driver->open(&store->config, arena, conn_r, error_r);

	(void)pthread_mutex_lock(&store->lock);
	store->opening--;
	store->refusal = status;
	if (status != STORE_OK) {
		(void)snprintf(store->reason, sizeof(store->reason), "%s", *error_r);
		store->retry_at_ms = monotonic_ms() + RETRY_MS;
	}
	(void)pthread_mutex_unlock(&store->lock);
	if (status != STORE_OK) {
		release(store, slot);
		note_away(store, *error_r);
		return status;
	}
	(*conn_r)->slot = slot;
	note_back(store);
	return STORE_OK;
}

/* Closes a connection that is of no use any more and opens another in its slot. */
static enum store_status
replace(struct store *store, struct arena *arena, struct connection **conn, const char **error_r)
{
	int slot = (*conn)->slot;
	enum store_status status;

	store->driver->close(*conn);
	*conn = NULL;
	/* What befell this one befell those that idled beside it. */
	store_trim(store, 0);
	(void)pthread_mutex_lock(&store->lock);
	status = known_refusal_locked(store, arena, error_r);
	if (status == STORE_OK)
		store->opening++;
	(void)pthread_mutex_unlock(&store->lock);
	if (status != STORE_OK) {
		release(store, slot);
		return status;
	}
	return open_into(store, arena, slot, conn, error_r);
}

/* Waits until something may have become free; false when the time is up. */
static bool
wait_locked(struct store *store, uint64_t deadline_ms)
{
	uint64_t now = monotonic_ms();
	uint64_t until = now + SLOT_POLL_MS < deadline_ms ? now + SLOT_POLL_MS : deadline_ms;
	struct timespec at = { .tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000 };

	if (now >= deadline_ms)
		return false;
	store->waiters++;
	(void)pthread_cond_timedwait(&store->freed, &store->lock, &at);
	store->waiters--;
	return true;
}

/*
 * Takes an idle connection (*conn_r), or books the right to open one (*slot_r,
 * *conn_r is NULL), or waits for either.
 */
static enum store_status
borrow_locked(struct store *store, struct arena *arena, struct connection **conn_r, int *slot_r,
    const char **error_r)
{
	uint64_t deadline_ms = monotonic_ms() + store->config.timeout_ms;
	enum store_status status;

	for (;;) {
		if ((*conn_r = store->idle) != NULL) {
			store->idle = (*conn_r)->next;
			return STORE_OK;
		}
		status = known_refusal_locked(store, arena, error_r);
		if (status != STORE_OK)
			return status;
		if ((*slot_r = book_slot(store)) >= 0) {
			store->open++;
			store->opening++;
			return STORE_OK;
		}
		if (!wait_locked(store, deadline_ms)) {
			*error_r = arena_printf(arena, "all %u connections to the database are in use and none "
			    "became free within %u ms ([store] connections)", store->slot_count,
			    store->config.timeout_ms);
			return STORE_BUSY;
		}
	}
}

static enum store_status
borrow(struct store *store, struct arena *arena, bool write, struct connection **conn_r, bool *reused_r,
    const char **error_r)
{
	uint64_t began = monotonic_ms();
	enum store_status status;
	int slot = -1;

	(void)pthread_mutex_lock(&store->lock);
	status = borrow_locked(store, arena, conn_r, &slot, error_r);
	(void)pthread_mutex_unlock(&store->lock);
	atomic_fetch_add(&store->wait_us, (monotonic_ms() - began) * 1000);
	if (status != STORE_OK)
		return status;
	*reused_r = *conn_r != NULL;
	if (*conn_r == NULL)
		return open_into(store, arena, slot, conn_r, error_r);
	if (store->driver->stale(*conn_r, write)) {
		*reused_r = false;
		return replace(store, arena, conn_r, error_r);
	}
	return STORE_OK;
}

static void
give_back(struct store *store, struct connection *conn, bool usable)
{
	bool keep;

	(void)pthread_mutex_lock(&store->lock);
	keep = usable && (store->waiters > 0 || store->open <= store->quota);
	if (keep) {
		conn->idle_since_ms = monotonic_ms();
		conn->next = store->idle;
		store->idle = conn;
		(void)pthread_cond_signal(&store->freed);
	}
	(void)pthread_mutex_unlock(&store->lock);
	if (!keep)
		discard(store, conn);
}

/* Snapshots ------------------------------------------------------------- */

static void
batch_reset(struct batch *batch)
{
	batch->first = NULL;
	batch->last = &batch->first;
	batch->count = 0;
}

/*
 * Queues for the right to write.  Before a connection is borrowed, so that those
 * who wait take none from the readers.
 */
static enum store_status
lock_writers(struct store *store, struct arena *arena, const char **error_r)
{
	bool inherited;

	if (store->write_lock == NULL)
		return STORE_OK;
	if (!robust_timedlock(store->write_lock, store->config.timeout_ms, &inherited)) {
		*error_r = arena_printf(arena, "other requests were writing for more than %u ms",
		    store->config.timeout_ms);
		return STORE_BUSY;
	}
	/* The lock guards nothing of ours; in the database nothing is left of one that died. */
	if (inherited)
		log_debug("database: a process died while it was writing");
	return STORE_OK;
}

static void
unlock_writers(struct store *store)
{
	if (store->write_lock != NULL)
		robust_unlock(store->write_lock);
}

static enum store_status
begin(struct store *store, struct arena *arena, bool write, struct snapshot **snapshot_r, const char **error_r)
{
	struct snapshot *s = arena_zalloc(arena, sizeof(*s));
	uint64_t began = monotonic_us();
	enum store_status status = write ? lock_writers(store, arena, error_r) : STORE_OK;

	*snapshot_r = NULL;
	if (status == STORE_OK) {
		status = borrow(store, arena, write, &s->conn, &s->reused, error_r);
		if (status != STORE_OK && write)
			unlock_writers(store);
	}
	if (status != STORE_OK) {
		atomic_fetch_add(&store->failures, 1);
		return status;
	}
	s->store = store;
	s->waited_us = monotonic_us() - began;
	s->batch.arena = arena;
	s->batch.write = write;
	batch_reset(&s->batch);
	*snapshot_r = s;
	return STORE_OK;
}

enum store_status
store_begin(struct store *store, struct arena *arena, struct snapshot **snapshot_r, const char **error_r)
{
	return begin(store, arena, false, snapshot_r, error_r);
}

enum store_status
store_begin_write(struct store *store, struct arena *arena, struct snapshot **snapshot_r, const char **error_r)
{
	return begin(store, arena, true, snapshot_r, error_r);
}

struct rows *
store_query(struct snapshot *s, struct sql *q)
{
	struct statement *statement = arena_zalloc(s->batch.arena, sizeof(*statement));

	statement->sql = q;
	statement->rows = arena_zalloc(s->batch.arena, sizeof(*statement->rows));
	statement->rows->dialect = s->store->driver->dialect;
	*s->batch.last = statement;
	s->batch.last = &statement->next;
	s->batch.count++;
	s->statements++;
	s->unusable = s->unusable || q->unusable || q->dialect != s->store->driver->dialect;
	return statement->rows;
}

/* What a failed flush may have left would look like an answer. */
static void
empty_rows(const struct batch *batch)
{
	for (struct statement *s = batch->first; s != NULL; s = s->next)
		*s->rows = (struct rows){ .dialect = s->rows->dialect };
}

static enum store_status
run(struct snapshot *s)
{
	const struct driver *driver = s->store->driver;
	enum store_status status;

	if (s->unusable) {
		s->error = "a statement has too many parameters, or one with a NUL byte";
		return STORE_FAILED;
	}
	status = driver->run(s->conn, &s->batch, &s->error);
	if (status != STORE_AWAY || !s->reused || s->answered || s->batch.write)
		return status;
	/* It died while it was idle (the server was restarted, say): nothing was read yet, so that nobody need know. */
	log_debug("database: an idle connection had died: %s", s->error);
	empty_rows(&s->batch);
	s->reused = false;
	status = replace(s->store, s->batch.arena, &s->conn, &s->error);
	return status == STORE_OK ? driver->run(s->conn, &s->batch, &s->error) : status;
}

static void
run_and_note(struct snapshot *s)
{
	struct store *store = s->store;
	uint64_t began = monotonic_us();

	log_debug("database: %u statements in a round trip", s->batch.count);
	s->status = run(s);
	s->waited_us += monotonic_us() - began;
	atomic_fetch_add(&store->statements, s->batch.count);
	s->answered = s->status == STORE_OK;
	if (s->status == STORE_OK) {
		s->database = s->conn->database;
		note_back(store);
	} else {
		atomic_fetch_add(&store->failures, 1);
		empty_rows(&s->batch);
	}
	if (s->status == STORE_AWAY)
		note_away(store, s->error);
	else if (s->status == STORE_REFUSED)
		note_refused(store, s->error);
	batch_reset(&s->batch);
}

enum store_status
store_flush(struct snapshot *s, const char **error_r)
{
	if (s->status == STORE_OK && s->batch.first != NULL)
		run_and_note(s);
	if (s->status != STORE_OK)
		*error_r = s->error;
	return s->status;
}

enum store_status
store_flush_last(struct snapshot *s, const char **error_r)
{
	enum store_status status;

	/* What writes has to be committed by name. */
	s->batch.final = !s->batch.write;
	status = store_flush(s, error_r);
	store_end(&s);
	return status;
}

enum store_status
store_commit(struct snapshot **snapshot, const char **error_r)
{
	struct snapshot *s = *snapshot;
	enum store_status status;

	s->batch.final = true;
	/* Without any statement there is nothing to commit. */
	if (s->status == STORE_OK && (s->batch.first != NULL || s->answered))
		run_and_note(s);
	status = s->status;
	if (status != STORE_OK)
		*error_r = s->error;
	store_end(snapshot);
	return status;
}

uint64_t
store_snapshot_database(const struct snapshot *s)
{
	return s->database;
}

uint64_t
store_snapshot_us(const struct snapshot *s)
{
	return s->waited_us;
}

unsigned
store_snapshot_statements(const struct snapshot *s)
{
	return s->statements;
}

void
store_end(struct snapshot **snapshot)
{
	struct snapshot *s = *snapshot;
	bool usable;

	*snapshot = NULL;
	if (s == NULL || s->ended)
		return;
	s->ended = true;
	usable = s->conn != NULL && s->store->driver->end(s->conn);
	/* Before the connection is given back, which may mean to close it: nobody need wait for that. */
	if (s->batch.write)
		unlock_writers(s->store);
	if (s->conn != NULL)
		give_back(s->store, s->conn, usable);
	s->conn = NULL;
}

int
store_run_script(struct store *store, struct arena *arena, const char *script, const char **error_r)
{
	return store->driver->script(&store->config, arena, script, error_r);
}

int
store_prepare_empty(struct store *store, struct arena *arena, const char **error_r)
{
	return store->driver->prepare_empty(&store->config, arena, error_r);
}

/* Rows ------------------------------------------------------------------ */

int64_t
rows_int(const struct rows *rows, int row, int column)
{
	struct slice cell = rows_get(rows, row, column);
	bool negative = cell.n > 0 && cell.p[0] == '-';
	uint64_t value;

	if (slice_uint(negative ? slice_from(cell, 1) : cell, INT64_MAX, &value) < 0)
		return 0;
	return negative ? -(int64_t)value : (int64_t)value;
}

bool
rows_bool(const struct rows *rows, int row, int column)
{
	struct slice cell = rows_get(rows, row, column);

	return slice_is(cell, "t") || slice_is(cell, "1");
}

static unsigned
hex_value(char c)
{
	return (unsigned)(c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0') & 0xf;
}

struct slice
rows_bytes(struct arena *arena, const struct rows *rows, int row, int column)
{
	struct slice cell = rows_get(rows, row, column);
	char *bytes;
	size_t n;

	/* A blob of SQLite's may well begin with that too. */
	if (rows->dialect != DIALECT_POSTGRESQL || !slice_has_prefix(cell, SLICE("\\x")))
		return cell;
	n = (cell.n - 2) / 2;
	bytes = arena_alloc(arena, n + 1);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(hex_value(cell.p[2 + 2 * i]) << 4 | hex_value(cell.p[3 + 2 * i]));
	bytes[n] = '\0';
	return slice_make(bytes, n);
}
