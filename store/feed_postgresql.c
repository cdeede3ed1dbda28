/* SPDX-License-Identifier: MIT
 *
 * The feed over PostgreSQL, see feed.h.
 *
 * Rows are looked for from `from` on, the oldest transaction that was under way in a snapshot
 * of which no row is left: so dead rows that somebody's long transaction keeps are not walked again
 * and again.  Transactions older than that are over, and what they left is gone for good: it is read again
 * only if the server loses that commit, and the connection with it.  Once a minute all are looked for, for
 * those of another cluster (a restore) may have any number.
 *
 * Who takes rows reads them in the statement that locks the row of thimble_bus: with the same
 * snapshot, which is older than the lock.  What the last holder deleted in between is not deleted again, and not told.
 */
#include "config.h"

#include "store/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/driver.h"
#include "store/feed_private.h"
#include "store/identity.h"
#include "store/triggers.h"

enum {
	ALL_ROWS_MS = 60 * 1000,	/* between two looks at all rows */
	KEYS_MAX = 20000,		/* rows deleted at once */
	FORGET_MAX = 200000,		/* rows forgotten at once: a statement has its time */
	/*
	 * Tags taken at once, about: they have to fit into the socket's buffers, for the server ends
	 * a transaction that idles, but not one whose answer nobody reads.
	 */
	TAKE_BYTES = 64 * 1024,
	INSTALLATION_DIGITS = 16
};

/* A dump that is put back beside what it was made of has the same number in thimble_meta: it is not the same database. */
#define PLACE_SQL "concat((SELECT system_identifier FROM pg_control_system()), '/'," \
	" (SELECT oid FROM pg_database WHERE datname = current_database()))"

/* The advisory lock of those who drain the outbox: "thim", "bus". */
#define LOCK "(1952999789, 6452595)"

/* What is found out by a full look -------------------------------------- */

enum { SERVER_STANDBY, SERVER_RIGHTS, SERVER_SHARED_RIGHTS, SERVER_IDENTITY, SERVER_SUBSCRIBES };

#define MAY(table, right) "coalesce(has_table_privilege(to_regclass('" table "'), '" right "'), false)"

static const char server_question[] = "SELECT pg_is_in_recovery(), "
    MAY("thimble_outbox", "SELECT") " AND " MAY("thimble_outbox", "DELETE")
    " AND current_setting('default_transaction_read_only') = 'off', "
    MAY("thimble_outbox", "INSERT") " AND " MAY("thimble_bus", "SELECT") " AND " MAY("thimble_bus", "UPDATE")
    " AND " MAY("thimble_meta", "SELECT") ", " IDENTITY_SQL ", EXISTS (SELECT FROM pg_subscription_rel)";

/* The triggers were judged. */
static void
judge(struct feed *f, const struct rows *server)
{
	struct slice identity = rows_get(server, 0, SERVER_IDENTITY);

	f->mark = identity_mix(f->mark, identity);
	f->database = identity_number(identity);
	f->may_claim = rows_bool(server, 0, SERVER_SHARED_RIGHTS);
	if (rows_bool(server, 0, SERVER_STANDBY))
		feed_find(f, FEED_STANDBY, "the server is a standby");
	else if (f->obstacle != FEED_CLEAR)
		return;
	else if (rows_bool(server, 0, SERVER_SUBSCRIBES))
		feed_find(f, FEED_UNTOLD, "the database takes part in logical replication as a subscriber, and rows that come so"
		    " fire no triggers");
	else if (!rows_bool(server, 0, SERVER_RIGHTS))
		feed_find(f, FEED_NO_RIGHTS, "no rights to read and delete in thimble_outbox");
	else if (f->shared && !rows_bool(server, 0, SERVER_SHARED_RIGHTS))
		feed_find(f, FEED_NO_RIGHTS, "a node with `redis` needs the rights to insert into thimble_outbox, to read and update"
		    " thimble_bus, and to read thimble_meta");
}

static void
ask_look(struct feed *f, struct arena *arena, struct batch *batch, const struct rows **server_r, const struct rows **version_r)
{
	struct sql *triggers = sql_new(arena, DIALECT_POSTGRESQL);

	*server_r = feed_add(batch, feed_statement(f, arena, server_question));
	triggers_ask_version(triggers);
	*version_r = feed_add(batch, triggers);
}

static enum store_status
look(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	const struct rows *server, *version;
	enum store_status status;

	ask_look(f, arena, batch, &server, &version);
	status = feed_run(f, batch, error_r);
	if (status == STORE_OK)
		status = feed_ask_triggers(f, arena, version, error_r);
	if (status != STORE_OK)
		return status;
	feed_judge_triggers(f, arena);
	judge(f, server);
	f->looked = true;
	return STORE_OK;
}

/* The advisory lock ----------------------------------------------------- */

static enum store_status
unlock(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = feed_batch(arena);

	f->locked = false;
	(void)feed_add(batch, feed_statement(f, arena, f->shared ? "SELECT pg_advisory_unlock_shared" LOCK
	    : "SELECT pg_advisory_unlock" LOCK));
	batch->final = true;
	return feed_run(f, batch, error_r);
}

/* Once the lock is ours. */
static enum store_status
set_up(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = feed_batch(arena);

	batch->write = batch->final = true;
	(void)feed_add(batch, feed_statement(f, arena, "LISTEN thimble"));
	/* A deletion that is lost is done again. */
	(void)feed_add(batch, feed_statement(f, arena, "SET synchronous_commit = off"));
	/* Dead rows make a large table of a few rows; its index knows where they are. */
	(void)feed_add(batch, feed_statement(f, arena, "SET enable_seqscan = off"));
	/* The same few statements for as long as it lives: to plan them takes longer than to run them. */
	(void)feed_add(batch, feed_statement(f, arena, "SET plan_cache_mode = force_generic_plan"));
	/* What is deleted by one node alone no Redis is told of: none counts any more. */
	if (!f->shared && f->may_claim)
		(void)feed_add(batch, feed_statement(f, arena, "UPDATE thimble_bus SET incarnation = '' WHERE incarnation <> ''"));
	if (f->shared)
		(void)feed_add(batch, feed_statement(f, arena, arena_printf(arena,
		    "SET idle_in_transaction_session_timeout = %d", FEED_HOLD_MS)));
	/* of what was told before that, there is no word */
	f->news = true;
	return feed_run(f, batch, error_r);
}

/* Reading --------------------------------------------------------------- */

/* What is read of the outbox: rows from f->from on, oldest first. */
static struct sql *
outbox(const struct feed *f, struct arena *arena, const char *columns, int limit)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);

	sql_addf(q, "SELECT %s FROM thimble_outbox o WHERE xid >= ", columns);
	sql_string(q, slice_str(f->from));
	/* not by what was selected of the same name: as a text, 999 comes after 1000 */
	sql_addf(q, "::xid8 ORDER BY o.xid, o.id LIMIT %d", limit);
	return q;
}

static void
note_all(struct feed *f)
{
	if (monotonic_ms() >= f->all_rows_ms + ALL_ROWS_MS)
		(void)snprintf(f->from, sizeof(f->from), "0");
}

/* No row from f->from on is left that is older than `from`. */
static void
move_on(struct feed *f)
{
	if (strcmp(f->from, "0") == 0)
		f->all_rows_ms = monotonic_ms();
	memcpy(f->from, f->next_from, sizeof(f->from));
}

static void
set_next(struct feed *f, uint64_t next)
{
	(void)snprintf(f->next_from, sizeof(f->next_from), "%llu", (unsigned long long)next);
}

/* More than can be told: their keys only.  What came since the first look is under "everything" as well. */
static enum store_status
read_keys(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = feed_batch(arena);

	batch->final = true;
	f->keys = feed_add(batch, outbox(f, arena, "id", KEYS_MAX));
	report->everything = true;
	return feed_run(f, batch, error_r);
}

/* The same for who does not delete them. */
static enum store_status
count_rows(struct feed *f, struct arena *arena, struct feed_report *report, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	const struct rows *rows;
	enum store_status status;

	sql_add(q, "SELECT count(*) FROM (SELECT FROM thimble_outbox WHERE xid >= ");
	sql_string(q, slice_str(f->from));
	sql_addf(q, "::xid8 LIMIT %d) r", FEED_WAITING_MAX);
	rows = feed_add(batch, q);
	batch->final = true;
	report->everything = true;
	status = feed_run(f, batch, error_r);
	if (status == STORE_OK)
		report->waiting = (uint64_t)rows_int(rows, 0, 0);
	return status;
}

/* What one round trip asks, in one snapshot; the optional ones are NULL. */
struct answers {
	const struct rows *server, *version, *lock, *meta, *rows, *xmin;
};

/* With `look` the questions of a look, too. */
static enum store_status
ask(struct feed *f, struct arena *arena, bool full, bool look, struct answers *a, const char **error_r)
{
	struct batch *batch = feed_batch(arena);

	*a = (struct answers){ 0 };
	if (look)
		ask_look(f, arena, batch, &a->server, &a->version);
	note_all(f);
	if (!f->locked)
		a->lock = feed_add(batch, feed_statement(f, arena, f->shared ? "SELECT pg_try_advisory_lock_shared" LOCK
		    : "SELECT pg_try_advisory_lock" LOCK));
	if (f->shared && full)
		a->meta = feed_add(batch, feed_statement(f, arena, arena_printf(arena, "SELECT"
		    " (SELECT value FROM thimble_meta WHERE name = 'installation'),"
		    " (SELECT left(incarnation, %d) FROM thimble_bus WHERE id = 1), " PLACE_SQL, FEED_CLAIM_MAX)));
	a->rows = feed_add(batch, outbox(f, arena, "id, tags, xid::text", FEED_ROWS_MAX + 1));
	a->xmin = feed_add(batch, feed_statement(f, arena, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"));
	batch->final = true;
	return feed_run(f, batch, error_r);
}

/* 0: it is none. */
static uint64_t
installation_of(struct slice text)
{
	uint64_t number = 0;

	if (text.n != INSTALLATION_DIGITS)
		return 0;
	for (size_t i = 0; i < text.n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, text.p[i], sizeof(digits) - 1);

		if (digit == NULL)
			return 0;
		number = number << 4 | (uint64_t)(digit - digits);
	}
	return number;
}

static void
judge_meta(struct feed *f, const struct rows *meta, struct feed_report *report)
{
	report->installation = installation_of(rows_get(meta, 0, 0));
	if (report->installation != 0)
		report->installation = identity_number(rows_get(meta, 0, 2)) ^ report->installation;
	report->claim = rows_get(meta, 0, 1);
	if (report->installation == 0 || report->claim.p == NULL)
		feed_find(f, FEED_UNTOLD, "the database has no number by which nodes that share it find each other, or no row in"
		    " thimble_bus; see thimblectl attach");
}

/* Who deletes nothing has done with what is not there. */
static void
pass_gone(struct feed *f, const struct rows *rows, uint64_t xmin)
{
	uint64_t oldest = rows->count > 0 ? (uint64_t)rows_int(rows, 0, 2) : xmin;

	set_next(f, oldest < xmin ? oldest : xmin);
	move_on(f);
}

static enum store_status
take_answers(struct feed *f, struct arena *arena, const struct answers *a, struct feed_report *report,
    const char **error_r)
{
	enum store_status status = STORE_OK;

	f->locked = f->locked || rows_bool(a->lock, 0, 0);
	if (!f->locked) {
		feed_find(f, FEED_TAKEN, f->shared ? "another node without `redis` is at work on this database"
		    : "another node is at work on this database, and this one has no `redis`");
		return STORE_OK;
	}
	if (a->meta != NULL)
		judge_meta(f, a->meta, report);
	f->keys = a->rows;
	report->position = (uint64_t)rows_int(a->xmin, 0, 0);
	report->waiting = (uint64_t)a->rows->count;
	set_next(f, report->position);
	if (f->shared)
		pass_gone(f, a->rows, report->position);
	if (a->rows->count > FEED_ROWS_MAX)
		status = f->shared ? count_rows(f, arena, report, error_r) : read_keys(f, arena, report, error_r);
	for (; report->count < (size_t)a->rows->count && !report->everything; report->count++)
		report->tags[report->count] = rows_get(a->rows, (int)report->count, 1);
	if (!f->shared) {
		report->waiting = (uint64_t)f->keys->count;
		report->more = f->keys->count == KEYS_MAX;
	}
	return status != STORE_OK || a->lock == NULL ? status : set_up(f, arena, error_r);
}

static enum store_status
read_rows(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	struct answers a;
	enum store_status status = ask(f, arena, full, false, &a, error_r);

	return status == STORE_OK ? take_answers(f, arena, &a, report, error_r) : status;
}

/*
 * Most full looks find what the one before has found; then one round trip tells that, and the rows with it.
 * *done_r: it was so.
 */
static enum store_status
read_unchanged(struct feed *f, struct arena *arena, struct feed_report *report, bool *done_r, const char **error_r)
{
	struct answers a;
	enum store_status status = ask(f, arena, true, true, &a, error_r);

	*done_r = false;
	/* a table of ours is gone, or its rights: step by step it is found out which */
	if ((status == STORE_FAILED || status == STORE_REFUSED) && f->conn != NULL)
		return STORE_OK;
	if (status != STORE_OK || !feed_knows_triggers(f, a.version))
		return status;
	feed_judge_triggers(f, arena);
	judge(f, a.server);
	if (f->obstacle != FEED_CLEAR)
		return STORE_OK;
	*done_r = true;
	return take_answers(f, arena, &a, report, error_r);
}

enum store_status
feed_postgresql_read(struct feed *f, struct arena *arena, bool full, struct feed_report *report, const char **error_r)
{
	enum store_status status = STORE_OK;
	bool done = false;

	f->keys = NULL;
	/* what told of it is read off */
	(void)f->driver->has_news(f->conn);
	f->news = false;
	if (full && f->locked)
		status = read_unchanged(f, arena, report, &done, error_r);
	if (status != STORE_OK || done)
		return status;
	if (full)
		status = look(f, arena, error_r);
	else if (!f->locked)
		return STORE_OK;
	if (status == STORE_OK && f->obstacle != FEED_CLEAR) {
		if (f->locked)
			return unlock(f, arena, error_r);
		feed_end(f);
		return STORE_OK;
	}
	return status == STORE_OK ? read_rows(f, arena, full, report, error_r) : status;
}

/* Deleting, alone ------------------------------------------------------- */

enum store_status
feed_postgresql_drain(struct feed *f, struct arena *arena, const char **error_r)
{
	size_t count = f->keys != NULL ? (size_t)f->keys->count : 0;
	int64_t *ids = arena_alloc(arena, (count + 1) * sizeof(*ids));
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	struct batch *batch = feed_batch(arena);
	enum store_status status = STORE_OK;

	for (size_t i = 0; i < count; i++)
		ids[i] = rows_int(f->keys, (int)i, 0);
	if (count > 0) {
		sql_add(q, "DELETE FROM thimble_outbox WHERE xid >= ");
		sql_string(q, slice_str(f->from));
		sql_add(q, "::xid8 AND id ");
		sql_ids(q, ids, count);
		(void)feed_add(batch, q);
		batch->write = batch->final = true;
		status = feed_run(f, batch, error_r);
	}
	if (status != STORE_OK || f->keys == NULL || count == KEYS_MAX)
		return status;
	move_on(f);
	return STORE_OK;
}

/* Taking, beside others ------------------------------------------------- */

/* The row of thimble_bus, if nobody has it.  What goes by its id is done only then, and after it. */
#define HOLD "WITH bus AS MATERIALIZED (SELECT id, incarnation FROM thimble_bus WHERE id = 1 FOR UPDATE SKIP LOCKED), "

enum { TAKEN_CLAIM, TAKEN_XMIN, TAKEN_MORE, TAKEN_ID, TAKEN_TAGS };

/*
 * By ctid, so that a table of dead rows is not walked for the deletion.  Of rows that commit out of
 * order, what committed before another began has the lower xid and the lower id: it never comes later.
 */
static struct sql *
take_rows(const struct feed *f, struct arena *arena)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);

	sql_add(q, HOLD "seen AS MATERIALIZED (SELECT o.place, row_number() OVER oldest AS n,"
	    " sum(o.size) OVER oldest - o.size AS bytes FROM bus, LATERAL (SELECT ctid AS place, xid, id,"
	    " octet_length(tags) AS size FROM thimble_outbox WHERE bus.id = 1 AND xid >= ");
	sql_string(q, slice_str(f->from));
	sql_addf(q, "::xid8 ORDER BY xid, id LIMIT %d) o"
	    " WINDOW oldest AS (ORDER BY o.xid, o.id ROWS UNBOUNDED PRECEDING)), "
	    "gone AS (DELETE FROM thimble_outbox WHERE ctid = ANY (ARRAY(SELECT place FROM seen"
	    " WHERE n <= %d AND bytes < %d)) RETURNING id, tags) "
	    "SELECT left(bus.incarnation, %d), pg_snapshot_xmin(pg_current_snapshot())::text,"
	    " EXISTS (SELECT FROM seen WHERE n > %d OR bytes >= %d), gone.id, gone.tags"
	    " FROM bus LEFT JOIN gone ON true ORDER BY gone.id", FEED_ROWS_MAX + 1, FEED_ROWS_MAX, TAKE_BYTES,
	    FEED_CLAIM_MAX, FEED_ROWS_MAX, TAKE_BYTES);
	return q;
}

enum store_status
feed_postgresql_take(struct feed *f, struct arena *arena, struct feed_taken *taken, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	const struct rows *rows;
	enum store_status status;

	note_all(f);
	rows = feed_add(batch, take_rows(f, arena));
	batch->write = true;
	status = feed_run(f, batch, error_r);
	if (status != STORE_OK)
		return status;
	taken->held = f->held = rows->count > 0;
	if (!f->held) {
		feed_end(f);
		return STORE_OK;
	}
	taken->claim = rows_get(rows, 0, TAKEN_CLAIM);
	taken->more = f->left_some = rows_bool(rows, 0, TAKEN_MORE);
	set_next(f, (uint64_t)rows_int(rows, 0, TAKEN_XMIN));
	if (rows_null(rows, 0, TAKEN_ID))
		return STORE_OK;
	for (; taken->count < (size_t)rows->count; taken->count++)
		taken->tags[taken->count] = rows_get(rows, (int)taken->count, TAKEN_TAGS);
	return STORE_OK;
}

enum store_status
feed_postgresql_claim(struct feed *f, struct arena *arena, struct slice claim, const char **error_r)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	struct batch *batch = feed_batch(arena);

	if (claim.n > FEED_CLAIM_MAX) {
		*error_r = "the claim is too long";
		feed_end(f);
		return STORE_FAILED;
	}
	sql_add(q, "UPDATE thimble_bus SET incarnation = ");
	sql_string(q, claim);
	sql_add(q, " WHERE id = 1");
	(void)feed_add(batch, q);
	batch->write = true;
	return feed_run(f, batch, error_r);
}

enum store_status
feed_postgresql_commit(struct feed *f, struct arena *arena, const char **error_r)
{
	struct batch *batch = feed_batch(arena);
	enum store_status status;

	batch->write = batch->final = true;
	status = feed_run(f, batch, error_r);
	if (status == STORE_OK && !f->left_some)
		move_on(f);
	return status;
}

enum store_status
feed_postgresql_forget(struct feed *f, struct arena *arena, const char **error_r)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	struct batch *batch = feed_batch(arena);

	sql_addf(q, HOLD "seen AS MATERIALIZED (SELECT o.place FROM bus, LATERAL (SELECT ctid AS place FROM thimble_outbox"
	    " WHERE bus.id = 1 ORDER BY xid, id LIMIT %d) o), "
	    "gone AS (DELETE FROM thimble_outbox WHERE ctid = ANY (ARRAY(SELECT place FROM seen)) RETURNING id), "
	    "note AS (INSERT INTO thimble_outbox (tags) SELECT '*' FROM bus RETURNING id) "
	    "SELECT pg_notify('thimble', '') FROM bus", FORGET_MAX);
	(void)feed_add(batch, q);
	batch->write = batch->final = true;
	return feed_run(f, batch, error_r);
}
