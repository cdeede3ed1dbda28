/* SPDX-License-Identifier: MIT
 *
 * See postgresql_private.h.
 */
#include "config.h"

#include "store/postgresql_private.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "store/driver.h"

enum { MESSAGE_MAX = 400 };

const char pg_pooler_sentence[] =
    "between thimble and the database stands a connection pooler such as PgBouncer; "
    "[store] url must name the PostgreSQL server itself, because thimble pools connections by itself";

int
pg_check_url(const char *url, const char **error_r)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);

	if (options == NULL) {
		*error_r = "the PostgreSQL URL cannot be read; it should look like postgresql://user@host:5432/database";
		return -1;
	}
	PQconninfoFree(options);
	return 0;
}

/* libpq's messages have several lines, some empty. */
const char *
pg_one_line(struct arena *arena, const char *message)
{
	struct slice rest = slice_str(message), line;
	struct buf text = { 0 };
	const char *copy;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line, " \t\r");
		if (line.n == 0)
			continue;
		if (text.len > 0)
			buf_str(&text, "; ");
		buf_slice(&text, line);
	}
	copy = arena_memdup(arena, buf_as_slice(&text).p, text.len < MESSAGE_MAX ? text.len : MESSAGE_MAX);
	buf_fini(&text);
	return copy;
}

/* Appends "-c name=value" as the startup packet's options want it. */
static void
put_option(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " -c %s=", name);
	for (; *value != '\0'; value++) {
		if (*value == ' ' || *value == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *value);
	}
}

/* The session's settings travel in the startup packet; those of the URL come first, ours count. */
static const char *
session_options(const struct driver_config *config, struct arena *arena, unsigned statement_timeout_ms)
{
	PQconninfoOption *given = PQconninfoParse(config->url, NULL);
	struct buf text = { 0 };
	char number[16];
	const char *copy;

	for (const PQconninfoOption *o = given; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, "options") == 0 && o->val != NULL)
			buf_str(&text, o->val);
	PQconninfoFree(given);
	put_option(&text, "timezone", config->timezone);
	put_option(&text, "datestyle", "ISO,YMD");
	/* rows_bytes reads no other. */
	put_option(&text, "bytea_output", "hex");
	(void)snprintf(number, sizeof(number), "%u", statement_timeout_ms);
	put_option(&text, "statement_timeout", number);
	/* Compiling costs more than any of our statements gains. */
	put_option(&text, "jit", "off");
	/* Our writers wake their bus themselves: the triggers need not NOTIFY, which would have all commits queue. */
	put_option(&text, "thimble.writer", "on");
	copy = arena_memdup(arena, text.data, text.len);
	buf_fini(&text);
	return copy;
}

/*
 * libpq gives no SQLSTATE here.  FATAL means that the server answered and said
 * no, which lasts, but for the few refusals that pass by themselves.
 */
static enum store_status
connect_failure(struct arena *arena, const PGconn *conn, const char **error_r)
{
	static const char *const passing[] = { "the database system is", "too many", "connection slots" };
	const char *message = pg_one_line(arena, PQerrorMessage(conn));

	*error_r = message;
	if (strstr(message, "unsupported startup parameter") != NULL) {
		*error_r = pg_pooler_sentence;
		return STORE_REFUSED;
	}
	if (strstr(message, "FATAL:") == NULL)
		return STORE_AWAY;
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (strstr(message, passing[i]) != NULL)
			return STORE_AWAY;
	return STORE_REFUSED;
}

static void
notice_cb(void *object, const char *message)
{
	(void)object;
	log_debug("database: %s", message);
}

/* What stands before the URL it may override, what stands behind it not. */
PGconn *
pg_connect(const struct driver_config *config, struct arena *arena, unsigned statement_timeout_ms,
    enum store_status *status_r, const char **error_r)
{
	static const char *const keywords[] = { "connect_timeout", "application_name", "dbname",
		"client_encoding", "options", NULL };
	char seconds[16];
	const char *values[] = { seconds, "thimble", config->url, "UTF8",
		session_options(config, arena, statement_timeout_ms), NULL };
	PGconn *conn;

	(void)snprintf(seconds, sizeof(seconds), "%d", STORE_CONNECT_TIMEOUT_MS / 1000);
	conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(conn) != CONNECTION_OK) {
		*status_r = connect_failure(arena, conn, error_r);
		PQfinish(conn);
		return NULL;
	}
	(void)PQsetNoticeProcessor(conn, notice_cb, NULL);
	return conn;
}

/* For thimblectl -------------------------------------------------------- */

/* Runs text without parameters, several statements perhaps; NULL with a sentence when it fails. */
static PGresult *
exec_plain(PGconn *conn, struct arena *arena, const char *text, const char **error_r)
{
	PGresult *result = PQexec(conn, text);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	*error_r = pg_one_line(arena, PQerrorMessage(conn));
	PQclear(result);
	return NULL;
}

int
pg_script(struct driver_config *config, struct arena *arena, const char *script, const char **error_r)
{
	const char *const texts[] = { "BEGIN", script, "COMMIT" };
	enum store_status status;
	PGconn *conn = pg_connect(config, arena, 0, &status, error_r);
	int result = 0;

	if (conn == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) && result == 0; i++) {
		PGresult *done = exec_plain(conn, arena, texts[i], error_r);

		/* A connection that ends rolls back. */
		if (done == NULL)
			result = -1;
		PQclear(done);
	}
	PQfinish(conn);
	return result;
}

int
pg_prepare_empty(struct driver_config *config, struct arena *arena, const char **error_r)
{
	enum store_status status;
	PGconn *conn = pg_connect(config, arena, config->timeout_ms, &status, error_r);
	PGresult *found;
	int result = -1;

	if (conn == NULL) {
		if (status == STORE_REFUSED && strstr(*error_r, "FATAL:  database \"") != NULL)
			*error_r = arena_printf(arena, "%s; make it first, with `createdb -T template0 -E UTF8`", *error_r);
		return -1;
	}
	found = exec_plain(conn, arena, "SELECT current_database(), current_setting('server_encoding'),"
	    " (SELECT min(relname) FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)"
	    " AND relname ~ '^(patchwork|django|auth|authtoken|thimble)_')", error_r);
	if (found == NULL)
		goto done;
	if (!PQgetisnull(found, 0, 2))
		*error_r = arena_printf(arena, "the database %s holds the table %s already; it was left alone",
		    PQgetvalue(found, 0, 0), PQgetvalue(found, 0, 2));
	else if (strcmp(PQgetvalue(found, 0, 1), "UTF8") != 0)
		*error_r = arena_printf(arena, "the database %s has the encoding %s, which cannot hold every mail; "
		    "make one with `createdb -T template0 -E UTF8`", PQgetvalue(found, 0, 0), PQgetvalue(found, 0, 1));
	else
		result = 0;
done:
	PQclear(found);
	PQfinish(conn);
	return result;
}
