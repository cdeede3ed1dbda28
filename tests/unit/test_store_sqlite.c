/* SPDX-License-Identifier: MIT
 *
 * The store over a SQLite file: store_cases.c, and what only a file can do.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "store_cases.h"

const bool fixture_folds_unicode = false;

static char directory[PATH_MAX];

char *
fixture_make_empty(void)
{
	const char *base = getenv("TMPDIR");
	char url[PATH_MAX + 32];

	(void)snprintf(directory, sizeof(directory), "%s/thimble-test-XXXXXX", base != NULL ? base : "/tmp");
	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(url, sizeof(url), "sqlite:%s/db", directory);
	return strdup(url);
}

void
fixture_absent_url(char *url, size_t size)
{
	(void)snprintf(url, size, "sqlite:%s/absent", directory);
}

void
fixture_remove(const char *url)
{
	char command[PATH_MAX + 16];

	(void)url;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(driver, .init = store_case_init, .fini = store_case_fini, .timeout = 60);

static const char *
path(void)
{
	return fx.url + strlen("sqlite:");
}

static void
nap_until_looked_at(void)
{
	struct timespec pause = { 0, 120000000 };

	(void)nanosleep(&pause, NULL);
}

/* Moves the database aside and puts another in its place, with `email` as its only person. */
static void
replace_file(const char *email)
{
	char old[PATH_MAX], command[3 * PATH_MAX];
	const char *error = "";

	(void)snprintf(old, sizeof(old), "%s.old", path());
	(void)snprintf(command, sizeof(command), "for s in '' -wal -shm; do [ ! -e '%s'$s ] || mv '%s'$s '%s'$s; done",
	    path(), path(), old);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(store_prepare_empty(fx.store, fx.arena, &error), 0, "%s", error);
	must_run(store_schema(DIALECT_SQLITE));
	must_run(arena_printf(fx.arena,
	    "INSERT INTO patchwork_person (email, name, user_id) VALUES ('%s', NULL, NULL)", email));
}

Test(driver, makes_a_file_with_wal)
{
	cr_expect_str_eq(ask(fx.store, "PRAGMA journal_mode"), "wal");
	cr_expect_str_eq(ask(fx.store, "PRAGMA foreign_keys"), "1");
	cr_expect_str_eq(ask(fx.store, "PRAGMA query_only"), "1");
}

Test(driver, a_replaced_file_is_opened_anew)
{
	static const char question[] = "SELECT email FROM patchwork_person";

	cr_expect_str_eq(ask(fx.store, question), "");
	replace_file("new@example.org");
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, question), "new@example.org");
	replace_file("newer@example.org");
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, question), "newer@example.org");
	cr_expect_eq(store_stats(fx.store).open, 1);
}

/* The size of the write-ahead log; 0 without one. */
static off_t
log_size(void)
{
	char log[PATH_MAX];
	struct stat status;

	(void)snprintf(log, sizeof(log), "%s-wal", path());
	return stat(log, &status) == 0 ? status.st_size : 0;
}

Test(driver, trimming_does_not_checkpoint_but_the_end_does)
{
	sqlite3 *writer;

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(writer);
	cr_expect_gt(log_size(), 0);
	/* Now ours is the last connection. */
	store_trim(fx.store, 0);
	cr_expect_gt(log_size(), 0);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_tag"), "0");
	store_free(&fx.store);
	cr_expect_eq(log_size(), 0);
}

Test(driver, a_removed_file_is_away_until_it_is_back)
{
	char aside[PATH_MAX];
	struct snapshot *snapshot;
	const char *error = NULL;

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	(void)snprintf(aside, sizeof(aside), "%s.aside", path());
	cr_assert_eq(rename(path(), aside), 0);
	nap_until_looked_at();
	cr_expect_eq(store_begin(fx.store, fx.arena, &snapshot, &error), STORE_AWAY);
	cr_expect(error != NULL && strstr(error, "thimblectl init") != NULL, "%s", error);
	cr_assert_eq(rename(aside, path()), 0);
	nap_until_looked_at();
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
}

Test(driver, an_ended_snapshot_holds_nothing)
{
	sqlite3 *writer;
	int in_log, copied;
	struct snapshot *open_one = must_begin(fx.store);

	(void)store_query(open_one, sql_text("SELECT id FROM patchwork_state"));
	must_flush(open_one);
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_BUSY);
	store_end(&open_one);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_OK);
	(void)sqlite3_close(writer);
}

Test(driver, a_failed_statement_holds_nothing_either)
{
	sqlite3 *writer;
	int in_log, copied;
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error = NULL;

	(void)store_query(snapshot, sql_text("SELECT id FROM patchwork_state"));
	(void)store_query(snapshot, sql_text("SELECT abs(-9223372036854775807 - 1), id FROM patchwork_state"));
	cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_OK);
	(void)sqlite3_close(writer);
}

Test(driver, what_is_no_database_is_refused)
{
	char url[PATH_MAX + 32];
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 1000, .quota = 1 };
	struct store *store;
	struct snapshot *snapshot;
	const char *error = NULL;
	FILE *file;

	(void)snprintf(url, sizeof(url), "sqlite:%s/text", directory);
	file = fopen(url + strlen("sqlite:"), "w");
	cr_assert_not_null(file);
	for (int i = 0; i < 200; i++)
		(void)fputs("This is a text and no database.\n", file);
	(void)fclose(file);
	store = store_new(&options);
	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	cr_expect(error != NULL && strstr(error, "not a database") != NULL, "%s", error);
	store_free(&store);
}

Test(driver, an_empty_file_is_prepared_but_not_served)
{
	char url[PATH_MAX + 32];
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 1000, .quota = 1 };
	struct store *store;
	struct snapshot *snapshot;
	const char *error = NULL;
	FILE *file;

	(void)snprintf(url, sizeof(url), "sqlite:%s/empty", directory);
	file = fopen(url + strlen("sqlite:"), "w");
	cr_assert_not_null(file);
	(void)fclose(file);
	store = store_new(&options);
	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	cr_expect(error != NULL && strstr(error, "holds no Patchwork schema") != NULL, "%s", error);
	cr_expect_eq(store_prepare_empty(store, fx.arena, &error), 0, "%s", error);
	store_free(&store);
}

static bool
plan_uses(struct sql *q, const char *index)
{
	struct sql *explain = sql_new(fx.arena, DIALECT_SQLITE);
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows;
	bool found = false;

	*explain = *q;
	explain->text = arena_printf(fx.arena, "EXPLAIN QUERY PLAN %s", q->text);
	explain->length = strlen(explain->text);
	rows = store_query(snapshot, explain);
	must_flush(snapshot);
	store_end(&snapshot);
	for (int i = 0; i < rows->count; i++)
		found = found || strstr(arena_printf(fx.arena, "%.*s", SLICE_ARG(rows_get(rows, i, 3))), index) != NULL;
	return found;
}

Test(driver, look_ups_by_name_use_our_indexes)
{
	const struct slice names[] = { SLICE("a"), SLICE("b") };
	struct sql *q = sql_text("SELECT id FROM patchwork_person WHERE ");

	sql_equals_nocase(q, "email", names[0]);
	cr_expect(plan_uses(q, "thimble_person_email"));
	q = sql_new(fx.arena, DIALECT_SQLITE);
	sql_resolve_names(q, "patchwork_person", "email", names, 2);
	cr_expect(plan_uses(q, "thimble_person_email"));
	q = sql_text("SELECT id FROM patchwork_patch WHERE ");
	sql_equals_nocase(q, "hash", names[0]);
	cr_expect(plan_uses(q, "thimble_patch_hash"));
	cr_expect(plan_uses(sql_text("SELECT id FROM patchwork_event WHERE project_id = 1 ORDER BY date DESC, id DESC LIMIT 30"),
	    "thimble_event_project"));
}
