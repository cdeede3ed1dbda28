/* SPDX-License-Identifier: MIT
 *
 * For unit tests that need a PostgreSQL server: THIMBLE_TEST_PG_URL names one
 * on which databases and roles may be made (tests/with-postgres starts one).
 */
#ifndef THIMBLE_TESTS_PG_FIXTURE_H
#define THIMBLE_TESTS_PG_FIXTURE_H

/* Makes a database of this test's own, to be dropped by its name; skips the test without a server. */
const char *pg_make_database(void);
void pg_drop_database(const char *name);
/* The server's URL with that database, and with `more` parameters ("&name=value"); malloc. */
char *pg_url(const char *name, const char *more);
/* Runs one statement, which must succeed, on a connection of its own. */
void pg_plain(const char *url, const char *statement);

#endif
