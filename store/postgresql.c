/* SPDX-License-Identifier: MIT
 *
 * The PostgreSQL driver, over libpq's pipeline mode.  Job threads, each
 * connection one at a time.  postgresql_connect.c makes the connections.
 *
 * A flush is one write: BEGIN (the first time), what must be prepared, the
 * statements, a sync; its answers are read until that sync.  After an error
 * the server skips the rest up to the sync, so that the connection stays
 * usable.  COMMIT goes with the last statements; where it has to be sent by
 * itself, its answer is left unread: who uses the connection next reads it off
 * (owed_syncs) before his own.
 *
 * Of what writes, the COMMIT goes with the last statements too, and is skipped with
 * them after an error; only its own answer says that it is done.
 */
#include "config.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/identity.h"
#include "store/postgresql_private.h"
#include "store/prepared.h"

enum {
	ANSWER_SLACK_MS = 1000,		/* beyond statement_timeout, for the server to say so itself */
	DEATH_READS = 8			/* the message that a backend leaves takes one */
};

struct pg {
	struct connection base;
	struct driver_config *config;
	PGconn *conn;
	struct prepared_cache prepared;
	bool in_snapshot;
	bool writing;			/* the snapshot is a transaction that writes */
	bool broken;			/* do not use again */
	unsigned owed_syncs;		/* sent, their answers not yet read */
	uint64_t deadline_ms;		/* for the answers being read */
};

/* The first error of a round. */
struct pg_error {
	enum store_status status;	/* STORE_OK: none */
	const char *message;
	bool undone;			/* the server said so: a COMMIT that was sent is not done */
	bool committed;			/* no error: the COMMIT was answered */
};

/* One thing sent that the server answers. */
struct step {
	struct prepared *prepared;	/* to prepare this; else */
	struct rows *rows;		/* where its rows go, or NULL */
	const struct sql *sql;		/* for the sentence about it, or NULL */
	bool commit;			/* the COMMIT of what writes */
};

static const char begin_text[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/* Not READ WRITE: a role, a database or a server that the operator made read only shall stay so. */
static const char begin_write_text[] = "BEGIN ISOLATION LEVEL READ COMMITTED";
static const char commit_text[] = "COMMIT";
static const char rollback_text[] = "ROLLBACK";

/* Reading answers ------------------------------------------------------- */

static int
broke(struct pg *pg, struct arena *arena, struct pg_error *error, const char *message)
{
	pg->broken = true;
	/* What the server said before it went says more. */
	if (error->status != STORE_AWAY) {
		error->status = STORE_AWAY;
		error->message = *message != '\0' ? pg_one_line(arena, message) : "the connection to the database broke";
	}
	return -1;
}

/* Waits until something can be read, or also written if `unsent`; false when the time is up. */
static bool
wait_socket(const struct pg *pg, bool unsent)
{
	struct pollfd fd = { .fd = PQsocket(pg->conn), .events = POLLIN };

	if (unsent)
		fd.events |= POLLOUT;
	for (;;) {
		uint64_t now = monotonic_ms();
		uint64_t left = pg->deadline_ms > now ? pg->deadline_ms - now : 0;
		int n = poll(&fd, 1, left < INT32_MAX ? (int)left : INT32_MAX);

		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
		if (n == 0)
			return false;
	}
}

/* The next result, NULL at the end of one step's.  0, or -1 with the connection broken. */
static int
next_result(struct pg *pg, struct arena *arena, struct pg_error *error, PGresult **result_r)
{
	for (;;) {
		int unsent = PQflush(pg->conn);

		if (unsent < 0)
			return broke(pg, arena, error, PQerrorMessage(pg->conn));
		if (!PQisBusy(pg->conn)) {
			*result_r = PQgetResult(pg->conn);
			return 0;
		}
		if (!wait_socket(pg, unsent > 0))
			return broke(pg, arena, error, "the database does not answer");
		if (!PQconsumeInput(pg->conn))
			return broke(pg, arena, error, PQerrorMessage(pg->conn));
	}
}

/* Reads up to the next sync and throws it away. */
static int
skip_to_sync(struct pg *pg, struct arena *arena, struct pg_error *error)
{
	bool ended = false;

	for (;;) {
		PGresult *result;
		ExecStatusType status;

		if (next_result(pg, arena, error, &result) < 0)
			return -1;
		/* Two ends in a row: nothing more will come. */
		if (result == NULL && ended)
			return broke(pg, arena, error, PQerrorMessage(pg->conn));
		ended = result == NULL;
		status = PQresultStatus(result);
		PQclear(result);
		if (!ended && status == PGRES_PIPELINE_SYNC)
			return 0;
	}
}

static enum store_status
status_of(const char *sqlstate)
{
	if (strcmp(sqlstate, "57014") == 0)
		return STORE_TIMEOUT;
	if (strcmp(sqlstate, "42501") == 0)
		return STORE_REFUSED;
	if (strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P0", 4) == 0)
		return STORE_AWAY;
	if (strncmp(sqlstate, "23", 2) == 0)
		return STORE_CONFLICT;
	/* A statement that this connection had prepared is gone: another connection will prepare its own. */
	if (strcmp(sqlstate, "26000") == 0)
		return STORE_AWAY;
	/* Out of memory or disk there; a standby that had to catch up, or a deadlock; a lock not to be had. */
	if (strncmp(sqlstate, "53", 2) == 0 || strncmp(sqlstate, "40", 2) == 0 || strcmp(sqlstate, "55P03") == 0)
		return STORE_BUSY;
	return STORE_FAILED;
}

/* A column's type was altered under a prepared statement; the server has no SQLSTATE of its own for it. */
static bool
out_of_date(const PGresult *result)
{
	const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	return function != NULL && strcmp(function, "RevalidateCachedQuery") == 0;
}

/*
 * What the server answers to a step before the COMMIT, with an error or with its
 * own end, it says before it comes to the COMMIT.  Of the COMMIT itself only an
 * error says that; the backend's end may come when it is done already.
 */
static void
note_undone(struct pg *pg, const struct step *step, const PGresult *result, struct pg_error *error)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL)
		return;
	error->undone = !step->commit || strcmp(severity, "ERROR") == 0;
	if (step->commit && error->undone)
		pg->in_snapshot = false;
}

static void
note_error(struct pg *pg, struct arena *arena, const struct step *step, const PGresult *result,
    struct pg_error *error)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *text = step->sql != NULL ? step->sql->text : "";

	if (error->status != STORE_OK)
		return;
	/* Without a SQLSTATE libpq itself speaks: the connection is gone. */
	error->status = sqlstate != NULL && !out_of_date(result) ? status_of(sqlstate) : STORE_AWAY;
	/* A read only role, database or server.  For what only reads it is a defect of ours. */
	if (pg->writing && sqlstate != NULL && strcmp(sqlstate, "25006") == 0)
		error->status = STORE_REFUSED;
	message = message != NULL ? message : PQresultErrorMessage(result);
	if (error->status == STORE_TIMEOUT)
		error->message = arena_printf(arena, "a statement took longer than %u ms: " STATEMENT_SHOWN,
		    pg->config->timeout_ms, text);
	else if ((error->status == STORE_FAILED || error->status == STORE_CONFLICT) && *text != '\0')
		error->message = arena_printf(arena, "%s (%s), in: " STATEMENT_SHOWN, message, sqlstate, text);
	else
		error->message = pg_one_line(arena, message);
	if (error->status == STORE_AWAY)
		pg->broken = true;
	note_undone(pg, step, result, error);
}

static void
clear_cb(void *result)
{
	PQclear(result);
}

/* The cells point into the result, which the arena keeps. */
static void
take_rows(struct arena *arena, PGresult *result, struct rows *rows)
{
	size_t at = 0;

	arena_cleanup(arena, clear_cb, result);
	rows->count = PQntuples(result);
	rows->columns = PQnfields(result);
	rows->cells = arena_alloc(arena, (size_t)rows->count * (size_t)rows->columns * sizeof(*rows->cells));
	for (int row = 0; row < rows->count; row++)
		for (int column = 0; column < rows->columns; column++)
			rows->cells[at++] = PQgetisnull(result, row, column) ? SLICE_NONE
			    : slice_make(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

/* A COMMIT that found the transaction failed is answered too, by "ROLLBACK". */
static void
note_commit(PGresult *result, struct pg_error *error)
{
	error->committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
	if (error->committed || error->status != STORE_OK)
		return;
	error->status = STORE_FAILED;
	error->message = "the transaction was rolled back instead of committed";
	error->undone = true;
}

static void
take_result(struct pg *pg, struct arena *arena, const struct step *step, PGresult *result, struct pg_error *error)
{
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
		if (step->rows != NULL) {
			take_rows(arena, result, step->rows);
			return;
		}
		break;
	case PGRES_COMMAND_OK:
		if (step->prepared != NULL)
			step->prepared->exists = true;
		else if (step->commit)
			note_commit(result, error);
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		note_error(pg, arena, step, result, error);
	}
	PQclear(result);
}

/* Reads one step's results.  0, or -1 with the connection broken. */
static int
read_step(struct pg *pg, struct arena *arena, const struct step *step, struct pg_error *error)
{
	bool any = false;

	for (;;) {
		PGresult *result;

		if (next_result(pg, arena, error, &result) < 0)
			return -1;
		if (result == NULL)
			break;
		any = true;
		take_result(pg, arena, step, result, error);
	}
	if (!any || PQstatus(pg->conn) == CONNECTION_BAD)
		return broke(pg, arena, error, PQerrorMessage(pg->conn));
	return 0;
}

/* Reads what is owed, then the steps and their sync. */
static enum store_status
read_round(struct pg *pg, struct arena *arena, const struct step *steps, size_t count, struct pg_error *error)
{
	for (; pg->owed_syncs > 0; pg->owed_syncs--)
		if (skip_to_sync(pg, arena, error) < 0)
			return error->status;
	for (size_t i = 0; i < count; i++)
		if (read_step(pg, arena, &steps[i], error) < 0)
			return error->status;
	if (skip_to_sync(pg, arena, error) < 0)
		return error->status;
	return error->status;
}

/* Sending --------------------------------------------------------------- */

static int
send_text(struct pg *pg, const char *text)
{
	return PQsendQueryParams(pg->conn, text, 0, NULL, NULL, NULL, NULL, 0) == 1 ? 0 : -1;
}

/* Sees to it that the text is prepared; adds a step if it was not.  Its name, or NULL. */
static const char *
send_prepare(struct pg *pg, const char *text, size_t length, const struct sql *sql, struct step *steps, size_t *count)
{
	bool added;
	struct prepared *p = prepared_get(&pg->prepared, text, length, &added);

	if (!added)
		return p->name;
	steps[(*count)++] = (struct step){ .prepared = p, .sql = sql };
	return PQsendPrepare(pg->conn, p->name, text, 0, NULL) == 1 ? p->name : NULL;
}

/* Sends a statement, preparing it first when it is new here; adds one or two steps. */
static int
send_statement(struct pg *pg, const struct statement *s, struct step *steps, size_t *count)
{
	const char *values[SQL_PARAMS_MAX];
	int lengths[SQL_PARAMS_MAX], formats[SQL_PARAMS_MAX];
	const struct sql *q = s->sql;
	const char *name = send_prepare(pg, q->text, q->length, q, steps, count);

	if (name == NULL)
		return -1;
	/* Those of sql.c end in a NUL, which text is read up to; bytes travel in binary, with their length. */
	for (int i = 0; i < q->count; i++) {
		values[i] = q->params[i].text.p;
		formats[i] = q->params[i].is_bytes;
		lengths[i] = (int)q->params[i].text.n;
	}
	steps[(*count)++] = (struct step){ .rows = s->rows, .sql = q };
	return PQsendQueryPrepared(pg->conn, name, q->count, values, lengths, formats, 0) == 1 ? 0 : -1;
}

/* BEGIN and COMMIT; prepared too, for each answer has them. */
static int
send_control(struct pg *pg, const char *text, struct step *steps, size_t *count)
{
	const char *name = send_prepare(pg, text, strlen(text), NULL, steps, count);

	if (name == NULL)
		return -1;
	steps[(*count)++] = (struct step){ 0 };
	return PQsendQueryPrepared(pg->conn, name, 0, NULL, NULL, NULL, 0) == 1 ? 0 : -1;
}

/* *ended_r: the end of the snapshot went with it. */
static int
send_batch(struct pg *pg, const struct batch *batch, struct step *steps, size_t *count, bool *ended_r)
{
	const char *begin = batch->write ? begin_write_text : begin_text;

	if (!pg->in_snapshot && send_control(pg, begin, steps, count) < 0)
		return -1;
	pg->in_snapshot = true;
	pg->writing = batch->write;
	for (const struct statement *s = batch->first; s != NULL; s = s->next)
		if (send_statement(pg, s, steps, count) < 0)
			return -1;
	/* with statements to be forgotten, pg_end has more to send */
	*ended_r = batch->final && (batch->write || pg->prepared.count <= STORE_PREPARED_MAX);
	if (*ended_r && send_control(pg, commit_text, steps, count) < 0)
		return -1;
	if (*ended_r)
		steps[*count - 1].commit = batch->write;
	return PQpipelineSync(pg->conn) == 1 ? 0 : -1;
}

/* What was to be prepared behind an error was not. */
static void
forget_unprepared(struct pg *pg, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct prepared *p = steps[i].prepared;

		if (p != NULL && !p->exists) {
			prepared_take(&pg->prepared, p);
			prepared_free(&p);
		}
	}
}

/* Whether it is seen to have died, which costs no round trip. */
static bool
has_died(struct pg *pg)
{
	struct pollfd fd = { .fd = PQsocket(pg->conn), .events = POLLIN };

	/* First what the server said as it went, then the end. */
	for (int i = 0; i < DEATH_READS && PQstatus(pg->conn) == CONNECTION_OK && poll(&fd, 1, 0) > 0; i++)
		if (!PQconsumeInput(pg->conn))
			return true;
	return PQstatus(pg->conn) != CONNECTION_OK;
}

/* Sends a batch and reads its answers; *ended_r: a COMMIT went with it. */
static void
round_trip(struct pg *pg, const struct batch *batch, struct pg_error *error, bool *ended_r)
{
	/* each statement, BEGIN and COMMIT, and their being prepared */
	struct step *steps = arena_alloc(batch->arena, 2 * ((size_t)batch->count + 2) * sizeof(*steps));
	size_t count = 0;

	if (send_batch(pg, batch, steps, &count, ended_r) < 0)
		(void)broke(pg, batch->arena, error, PQerrorMessage(pg->conn));
	else
		(void)read_round(pg, batch->arena, steps, count, error);
	if (error->status != STORE_OK)
		forget_unprepared(pg, steps, count);
}

static enum store_status
pg_run(struct connection *conn, const struct batch *batch, const char **error_r)
{
	struct pg *pg = (struct pg *)conn;
	struct pg_error error = { 0 };
	bool ended = false;

	pg->deadline_ms = monotonic_ms() + pg->config->timeout_ms + ANSWER_SLACK_MS;
	/* Once a COMMIT is sent, nobody can say any more that nothing was done. */
	if (batch->write && has_died(pg))
		(void)broke(pg, batch->arena, &error, PQerrorMessage(pg->conn));
	else
		round_trip(pg, batch, &error, &ended);
	if (batch->write && ended) {
		/* Whatever befell the connection behind that answer. */
		if (error.committed)
			error.status = STORE_OK;
		else if (error.status == STORE_AWAY && !error.undone)
			error.status = STORE_UNKNOWN;
	}
	if (error.status != STORE_OK)
		*error_r = error.message;
	else if (ended)
		pg->in_snapshot = false;
	return error.status;
}

static int
send_end(struct pg *pg)
{
	struct prepared *p;
	int result = 0;

	if (pg->in_snapshot)
		result = send_text(pg, pg->writing ? rollback_text : commit_text);
	while ((p = prepared_take_excess(&pg->prepared)) != NULL) {
		char text[PREPARED_NAME + 16];

		(void)snprintf(text, sizeof(text), "DEALLOCATE %s", p->name);
		prepared_free(&p);
		if (result == 0)
			result = send_text(pg, text);
	}
	if (result == 0 && PQpipelineSync(pg->conn) != 1)
		result = -1;
	return result;
}

static bool
pg_end(struct connection *conn)
{
	struct pg *pg = (struct pg *)conn;
	int unsent;

	if (pg->broken || (!pg->in_snapshot && pg->prepared.count <= STORE_PREPARED_MAX))
		return !pg->broken;
	/* After an error COMMIT rolls back.  What the socket does not take now goes with the next flush. */
	unsent = send_end(pg) < 0 ? -1 : PQflush(pg->conn);
	/* But the rows that a writer has locked cannot wait for that. */
	pg->broken = unsent < 0 || (unsent > 0 && pg->writing);
	pg->in_snapshot = false;
	pg->owed_syncs++;
	return !pg->broken;
}

static void
pg_close(struct connection *conn)
{
	struct pg *pg = (struct pg *)conn;
	struct prepared *p;

	while ((p = prepared_take_any(&pg->prepared)) != NULL)
		prepared_free(&p);
	PQfinish(pg->conn);
	free(pg);
}

static bool
pg_stale(struct connection *conn, bool surely)
{
	return surely && has_died((struct pg *)conn);
}

/* News ------------------------------------------------------------------ */

static int
pg_descriptor(const struct connection *conn)
{
	return PQsocket(((const struct pg *)conn)->conn);
}

static bool
pg_has_news(struct connection *conn)
{
	struct pg *pg = (struct pg *)conn;
	bool found = has_died(pg);
	PGnotify *notify;

	/* the next snapshot will find out what befell it */
	while (!found && (notify = PQnotifies(pg->conn)) != NULL) {
		PQfreemem(notify);
		found = true;
	}
	while ((notify = PQnotifies(pg->conn)) != NULL)
		PQfreemem(notify);
	return found;
}

/* Checking -------------------------------------------------------------- */

static int
check_session(struct pg *pg, const struct rows *rows)
{
	if (rows->count != 1 || rows_int(rows, 0, 0) != PQbackendPID(pg->conn))
		return -1;
	if (rows_bool(rows, 0, 1) && !atomic_exchange(&pg->config->said_standby, true))
		log_warnx("database: the server is a standby, its data may lag behind");
	return 0;
}

/* Each question with a sync of its own, so that one without rights spares the others; all in one round trip. */
static enum store_status
check_server(struct pg *pg, struct arena *arena, const char **error_r)
{
	static const char *const questions[] = {
		"SELECT pg_backend_pid(), pg_is_in_recovery()",
		"SELECT name FROM django_migrations WHERE app = 'patchwork'",
		"SELECT to_regclass('patchwork_patch') IS NOT NULL",
		"SELECT " IDENTITY_SQL
	};
	enum { QUESTIONS = sizeof(questions) / sizeof(*questions), MIGRATIONS = 1, IDENTITY = 3 };
	struct rows rows[QUESTIONS] = { 0 };
	struct pg_error error[QUESTIONS] = { 0 };

	pg->deadline_ms = monotonic_ms() + STORE_CONNECT_TIMEOUT_MS;
	for (size_t i = 0; i < QUESTIONS; i++)
		if (send_text(pg, questions[i]) < 0 || PQpipelineSync(pg->conn) != 1) {
			*error_r = pg_one_line(arena, PQerrorMessage(pg->conn));
			return STORE_AWAY;
		}
	for (size_t i = 0; i < QUESTIONS; i++) {
		struct step step = { .rows = &rows[i] };

		(void)read_round(pg, arena, &step, 1, &error[i]);
		if (pg->broken || (i != MIGRATIONS && i != IDENTITY && error[i].status != STORE_OK)) {
			*error_r = error[i].message;
			return error[i].status;
		}
	}
	if (check_session(pg, &rows[0]) < 0) {
		*error_r = pg_pooler_sentence;
		return STORE_REFUSED;
	}
	if (error[IDENTITY].status == STORE_OK)
		pg->base.database = identity_number(rows_get(&rows[IDENTITY], 0, 0));
	else
		log_debug("database: %s", error[IDENTITY].message);
	return schema_judge(pg->config, arena, error[MIGRATIONS].status == STORE_OK ? &rows[MIGRATIONS] : NULL,
	    rows_bool(&rows[2], 0, 0), error_r);
}

static enum store_status
pg_open(struct driver_config *config, struct arena *arena, struct connection **conn_r, const char **error_r)
{
	enum store_status status = STORE_AWAY;
	PGconn *conn = pg_connect(config, arena, config->timeout_ms, &status, error_r);
	struct pg *pg;

	if (conn == NULL)
		return status;
	pg = xcalloc(1, sizeof(*pg));
	pg->config = config;
	pg->conn = conn;
	if (PQsetnonblocking(conn, 1) != 0 || PQenterPipelineMode(conn) != 1)
		*error_r = pg_one_line(arena, PQerrorMessage(conn));
	else
		status = check_server(pg, arena, error_r);
	if (status != STORE_OK) {
		pg_close(&pg->base);
		return status;
	}
	*conn_r = &pg->base;
	return STORE_OK;
}

const struct driver driver_postgresql = {
	.dialect = DIALECT_POSTGRESQL,
	.check_url = pg_check_url,
	.open = pg_open,
	.close = pg_close,
	.stale = pg_stale,
	.run = pg_run,
	.end = pg_end,
	.descriptor = pg_descriptor,
	.has_news = pg_has_news,
	.script = pg_script,
	.prepare_empty = pg_prepare_empty,
};
