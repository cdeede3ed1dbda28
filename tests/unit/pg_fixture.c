/* SPDX-License-Identifier: MIT
 *
 * See pg_fixture.h.
 */
#include "config.h"

#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

static char database[64];

char *
pg_url(const char *name, const char *more)
{
	PQconninfoOption *options = PQconninfoParse(getenv("THIMBLE_TEST_PG_URL"), NULL);
	struct buf url = { 0 };

	cr_assert_not_null(options, "THIMBLE_TEST_PG_URL is no PostgreSQL URL");
	buf_printf(&url, "postgresql://?dbname=%s%s", name, more);
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (o->val == NULL || strcmp(o->keyword, "dbname") == 0)
			continue;
		buf_printf(&url, "&%s=", o->keyword);
		for (const char *p = o->val; *p != '\0'; p++)
			buf_printf(&url, "%%%02X", (unsigned char)*p);
	}
	buf_byte(&url, '\0');
	PQconninfoFree(options);
	return url.data;
}

void
pg_plain(const char *url, const char *statement)
{
	PGconn *conn = PQconnectdb(url);
	PGresult *result;

	cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
	result = PQexec(conn, statement);
	cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK,
	    "%s: %s", statement, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

const char *
pg_make_database(void)
{
	const char *server = getenv("THIMBLE_TEST_PG_URL");
	char statement[160];

	if (server == NULL || *server == '\0')
		cr_skip_test("THIMBLE_TEST_PG_URL is not set");
	(void)snprintf(database, sizeof(database), "thimble_unit_%d", (int)getpid());
	(void)snprintf(statement, sizeof(statement), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
	    database);
	pg_plain(server, statement);
	return database;
}

void
pg_drop_database(const char *name)
{
	char statement[128];

	(void)snprintf(statement, sizeof(statement), "DROP DATABASE %s WITH (FORCE)", name);
	pg_plain(getenv("THIMBLE_TEST_PG_URL"), statement);
}
