/* SPDX-License-Identifier: MIT
 *
 * What both databases must do alike.  Linked into test_store_sqlite and
 * test_store_postgresql.
 */
#include "config.h"

#include "store_cases.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/robust.h"
#include "proto/moment.h"
#include "store/reviewboard.h"
#include "store/triggers.h"

#define ZONE "Australia/Canberra"

struct store_case fx;

/* For a statement that never ends by itself; both databases understand it. */
#define ENDLESS "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) SELECT count(*) FROM n"

/* Tools ----------------------------------------------------------------- */

struct store *
open_store(unsigned timeout_ms, unsigned quota, _Atomic int32_t *slots, unsigned slot_count)
{
	struct store_options options = { .url = fx.url, .timezone = ZONE, .timeout_ms = timeout_ms,
		.quota = quota, .slots = slots, .slot_count = slot_count };
	struct store *store = store_new(&options);

	cr_assert_not_null(store);
	return store;
}

void
store_case_init(void)
{
	const char *error = "";

	(void)setenv("TZ", ZONE, 1);
	tzset();
	fx.arena = arena_new();
	fx.url = fixture_make_empty();
	fx.store = open_store(CASE_TIMEOUT_MS, CASE_SLOTS, fx.slots, CASE_SLOTS);
	cr_assert_eq(store_prepare_empty(fx.store, fx.arena, &error), 0, "%s", error);
	must_run(store_schema(store_dialect(fx.store)));
}

void
store_case_fini(void)
{
	store_free(&fx.store);
	arena_free(&fx.arena);
	fixture_remove(fx.url);
	free(fx.url);
}

void
must_run(const char *script)
{
	const char *error = "";

	cr_assert_eq(store_run_script(fx.store, fx.arena, script, &error), 0, "%s", error);
}

struct snapshot *
must_begin(struct store *store)
{
	const char *error = "";
	struct snapshot *snapshot = NULL;

	cr_assert_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_OK, "%s", error);
	return snapshot;
}

void
must_flush(struct snapshot *snapshot)
{
	const char *error = "";

	cr_assert_eq(store_flush(snapshot, &error), STORE_OK, "%s", error);
}

struct snapshot *
must_begin_write(struct store *store)
{
	const char *error = "";
	struct snapshot *snapshot = NULL;

	cr_assert_eq(store_begin_write(store, fx.arena, &snapshot, &error), STORE_OK, "%s", error);
	return snapshot;
}

void
must_commit(struct snapshot **snapshot)
{
	const char *error = "";

	cr_assert_eq(store_commit(snapshot, &error), STORE_OK, "%s", error);
	cr_assert_null(*snapshot);
}

struct sql *
sql_text(const char *text)
{
	struct sql *q = sql_new(fx.arena, store_dialect(fx.store));

	sql_add(q, text);
	return q;
}

const char *
ask(struct store *store, const char *text)
{
	struct snapshot *snapshot = must_begin(store);
	struct rows *rows = store_query(snapshot, sql_text(text));

	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_null(snapshot);
	if (rows->count == 0 || rows_null(rows, 0, 0))
		return "";
	return arena_memdup(fx.arena, rows_get(rows, 0, 0).p, rows_get(rows, 0, 0).n);
}

enum store_status
write_text(struct store *store, const char *text, const char **error)
{
	struct snapshot *snapshot = must_begin_write(store);

	(void)store_query(snapshot, sql_text(text));
	*error = "";
	return store_commit(&snapshot, error);
}

struct sql *
insert_person(const char *email)
{
	return sql_text(arena_printf(fx.arena,
	    "INSERT INTO patchwork_person (email, name, user_id) VALUES ('%s', NULL, NULL) RETURNING id", email));
}

int
people(void)
{
	return atoi(ask(fx.store, "SELECT count(*) FROM patchwork_person"));
}

/* The first column of all rows as "a,b,c". */
static const char *
column(struct sql *q)
{
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows = store_query(snapshot, q);
	const char *list = "";

	must_flush(snapshot);
	store_end(&snapshot);
	for (int i = 0; i < rows->count; i++)
		list = arena_printf(fx.arena, "%s%s%.*s", list, i > 0 ? "," : "", SLICE_ARG(rows_get(rows, i, 0)));
	return list;
}

static void
nap(unsigned ms)
{
	struct timespec pause = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
		continue;
}

static double
seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
add_people(const char *values)
{
	must_run(arena_printf(fx.arena, "INSERT INTO patchwork_person (email, name, user_id) VALUES %s", values));
}

TestSuite(store, .init = store_case_init, .fini = store_case_fini, .timeout = 60);

/* Statements and rows --------------------------------------------------- */

Test(store, reads_rows_of_the_schema)
{
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *states = store_query(snapshot,
	    sql_text("SELECT id, name, action_required FROM patchwork_state ORDER BY ordering"));
	struct rows *tags = store_query(snapshot, sql_text("SELECT abbrev FROM patchwork_tag ORDER BY abbrev"));
	struct rows *none = store_query(snapshot, sql_text("SELECT id, name FROM patchwork_patch"));

	cr_assert_eq(states->count, 0);
	must_flush(snapshot);
	cr_expect_eq(store_snapshot_statements(snapshot), 3);
	store_end(&snapshot);
	cr_assert_eq(states->count, 10);
	cr_assert_eq(states->columns, 3);
	cr_expect_eq(rows_int(states, 9, 0), 10);
	cr_expect(slice_is(rows_get(states, 9, 1), "Deferred"));
	cr_expect(rows_bool(states, 1, 2));
	cr_expect_not(rows_bool(states, 2, 2));
	cr_expect_eq(tags->count, 3);
	cr_expect_eq(none->count, 0);
	cr_expect_eq(none->columns, 2);
	cr_expect_eq(store_stats(fx.store).statements, 3);
	cr_expect_eq(store_stats(fx.store).failures, 0);
}

Test(store, tells_null_from_empty)
{
	struct snapshot *snapshot;
	struct rows *rows;

	add_people("('a@example.org', NULL, NULL), ('b@example.org', '', NULL)");
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, sql_text("SELECT name, user_id, -5 FROM patchwork_person ORDER BY id"));
	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_eq(rows->count, 2);
	cr_expect(rows_null(rows, 0, 0));
	cr_expect_not(rows_null(rows, 1, 0));
	cr_expect_eq(rows_get(rows, 1, 0).n, 0);
	cr_expect_eq(rows_int(rows, 0, 1), 0);
	cr_expect_eq(rows_int(rows, 0, 2), -5);
}

Test(store, binds_every_kind_of_parameter)
{
	struct sql *q = sql_text("SELECT ");
	struct snapshot *snapshot;
	struct rows *rows;

	sql_int(q, INT64_MIN);
	sql_add(q, ", ");
	sql_bool(q, true);
	sql_add(q, ", ");
	sql_bool(q, false);
	sql_add(q, ", ");
	sql_string(q, SLICE("it's; \"quoted\" \\ $1 ?1 \xc3\xa4"));
	sql_add(q, ", ");
	sql_string(q, SLICE_NONE);
	sql_add(q, ", ");
	sql_string(q, SLICE(""));
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, q);
	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_eq(rows->count, 1);
	cr_expect(slice_is(rows_get(rows, 0, 0), "-9223372036854775808"));
	cr_expect(rows_bool(rows, 0, 1));
	cr_expect_not(rows_bool(rows, 0, 2));
	cr_expect(slice_is(rows_get(rows, 0, 3), "it's; \"quoted\" \\ $1 ?1 \xc3\xa4"));
	cr_expect(rows_null(rows, 0, 4));
	cr_expect_not(rows_null(rows, 0, 5));
}

Test(store, ids_none_one_and_many)
{
	static const int64_t ids[] = { 3, 1, 99, INT64_MAX };
	static const size_t counts[] = { 0, 1, 4 };
	static const char *const wanted[] = { "", "3", "1,3" };

	for (size_t i = 0; i < 3; i++) {
		struct sql *q = sql_text("SELECT id FROM patchwork_state WHERE id ");

		sql_ids(q, ids, counts[i]);
		sql_add(q, " ORDER BY id");
		cr_expect_str_eq(column(q), wanted[i]);
	}
}

static const char *
emails_where(void (*condition)(struct sql *, const char *, struct slice), const char *what, const char *value)
{
	struct sql *q = sql_text("SELECT id FROM patchwork_person AS p WHERE ");

	condition(q, what, slice_str(value));
	sql_add(q, " ORDER BY id");
	return column(q);
}

Test(store, equality_but_for_case)
{
	const char *unicode = fixture_folds_unicode ? "3" : "";

	add_people("('Ada@Example.org', 'Ada', NULL), ('ada@example.orgx', 'x', NULL),"
	    " ('\xc3\xa4pfel@example.org', 'y', NULL)");
	cr_expect_str_eq(emails_where(sql_equals_nocase, "p.email", "ADA@EXAMPLE.ORG"), "1");
	cr_expect_str_eq(emails_where(sql_equals_nocase, "p.email", "ada@example.org%"), "");
	cr_expect_str_eq(emails_where(sql_equals_nocase, "p.email", "\xc3\xa4PFEL@example.org"), "3");
	cr_expect_str_eq(emails_where(sql_equals_nocase, "p.email", "\xc3\x84PFEL@example.org"), unicode);
	cr_expect_str_eq(emails_where(sql_equals_nocase, "p.email", ""), "");
}

Test(store, contains_escapes_the_pattern)
{
	const char *unicode = fixture_folds_unicode ? "6" : "";

	add_people("('1', '100% Sure', NULL), ('2', '100 sure', NULL), ('3', 'a_b', NULL), ('4', 'axb', NULL),"
	    " ('5', 'back\\slash', NULL), ('6', '\xc3\x84rger', NULL), ('7', NULL, NULL), ('8', '', NULL)");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "100%"), "1");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "SURE"), "1,2");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "a_b"), "3");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "K\\S"), "5");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "\\"), "5");
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", "\xc3\xa4"), unicode);
	cr_expect_str_eq(emails_where(sql_contains_nocase, "p.name", ""), "1,2,3,4,5,6,8");
}

Test(store, resolves_names_by_position)
{
	const struct slice names[] = { SLICE("ADA"), SLICE("nobody"), SLICE("q\"uo\\te\t{,}"), SLICE("bob"), SLICE("ada") };
	struct sql *q = sql_new(fx.arena, store_dialect(fx.store));
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows;
	static const int wanted[][2] = { { 0, 1 }, { 2, 3 }, { 3, 2 }, { 3, 4 }, { 4, 1 } };

	add_people("('ada', '', NULL), ('bob', '', NULL), ('Q\"uo\\te\t{,}', '', NULL), ('BOB', '', NULL)");
	sql_resolve_names(q, "patchwork_person", "email", names, 5);
	rows = store_query(snapshot, q);
	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_eq(rows->count, 5);
	for (int i = 0; i < 5; i++) {
		cr_expect_eq(rows_int(rows, i, 0), wanted[i][0]);
		cr_expect_eq(rows_int(rows, i, 1), wanted[i][1]);
	}
	q = sql_new(fx.arena, store_dialect(fx.store));
	sql_resolve_names(q, "patchwork_person", "email", names, 0);
	cr_expect_str_eq(column(q), "");
}

static const char *
sessions_before(struct moment m)
{
	struct sql *q = sql_text("SELECT session_key FROM django_session WHERE expire_date < ");

	sql_moment(q, &m);
	sql_add(q, " ORDER BY session_key");
	return column(q);
}

Test(store, moments_are_wall_clock_and_instants)
{
	/* Summer there: UTC+11. */
	must_run("INSERT INTO django_session (session_key, session_data, expire_date) VALUES"
	    " ('a', '', '2020-01-02 03:04:05'), ('b', '', '2020-01-02 03:04:05.5'), ('c', '', '2020-07-02 03:04:05')");
	cr_expect_str_eq(ask(fx.store, "SELECT expire_date FROM django_session ORDER BY session_key"),
	    store_dialect(fx.store) == DIALECT_SQLITE ? "2020-01-02 03:04:05" : "2020-01-02 03:04:05+11");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 1, 2, 3, 4, 5, 0, false, 0 }), "");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 1, 2, 3, 4, 5, 1, false, 0 }), "a");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 1, 1, 16, 4, 5, 0, true, 0 }), "");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 1, 1, 16, 4, 5, 500001, true, 0 }), "a,b");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 1, 1, 18, 4, 6, 0, true, 7200 }), "a,b");
	/* Winter: UTC+10. */
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 7, 1, 17, 4, 5, 0, true, 0 }), "a,b");
	cr_expect_str_eq(sessions_before((struct moment){ 2020, 7, 1, 17, 4, 6, 0, true, 0 }), "a,b,c");
	cr_expect_str_eq(sessions_before((struct moment){ 9999, 12, 31, 23, 59, 59, 0, true, -43200 }), "a,b,c");
	cr_expect_str_eq(sessions_before((struct moment){ 1, 1, 1, 0, 0, 0, 0, true, 43200 }), "");
}

/* Failures -------------------------------------------------------------- */

static enum store_status
flush_fails(struct snapshot *snapshot, const char **error)
{
	*error = NULL;
	return store_flush(snapshot, error);
}

Test(store, a_failed_statement_names_itself_and_spares_the_connection)
{
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *good = store_query(snapshot, sql_text("SELECT 1"));
	struct rows *bad = store_query(snapshot, sql_text("SELECT nonsense FROM patchwork_patch"));
	struct rows *late = store_query(snapshot, sql_text("SELECT 'late'"));
	const char *error;

	cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
	cr_expect(strstr(error, "nonsense FROM patchwork_patch") != NULL, "%s", error);
	cr_expect_eq(good->count, 0);
	cr_expect_eq(bad->count, 0);
	cr_expect_eq(late->count, 0);
	(void)store_query(snapshot, sql_text("SELECT 1"));
	cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
	cr_expect_str_eq(ask(fx.store, "SELECT 'late'"), "late");
	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	cr_expect_eq(store_stats(fx.store).open, 1);
	cr_expect_eq(store_stats(fx.store).failures, 1);
}

Test(store, a_snapshot_does_not_write)
{
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error;

	(void)store_query(snapshot, sql_text("UPDATE patchwork_state SET name = 'x' WHERE id = 1"));
	cr_expect_neq(flush_fails(snapshot, &error), STORE_OK);
	store_end(&snapshot);
	cr_expect_str_eq(ask(fx.store, "SELECT name FROM patchwork_state WHERE id = 1"), "New");
}

Test(store, a_slow_statement_is_ended)
{
	struct store *hasty = open_store(200, 1, NULL, 0);
	struct snapshot *snapshot = must_begin(hasty);
	const char *error;
	double began = seconds_now(), took;

	(void)store_query(snapshot, sql_text(ENDLESS));
	cr_expect_eq(flush_fails(snapshot, &error), STORE_TIMEOUT);
	took = seconds_now() - began;
	cr_expect(took >= 0.19 && took < 5, "%f s", took);
	cr_expect(strstr(error, "200 ms") != NULL, "%s", error);
	store_end(&snapshot);
	cr_expect_str_eq(ask(hasty, "SELECT 1"), "1");
	cr_expect_eq(store_stats(hasty).open, 1);
	store_free(&hasty);
}

Test(store, too_many_parameters_fail)
{
	struct sql *q = sql_text("SELECT ");
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error;

	for (int i = 0; i <= SQL_PARAMS_MAX; i++) {
		sql_add(q, i > 0 ? " + " : "");
		sql_int(q, i);
	}
	cr_expect_eq(q->count, SQL_PARAMS_MAX);
	(void)store_query(snapshot, q);
	cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
}

Test(store, a_nul_byte_does_not_cut_a_parameter_short)
{
	const struct slice names[] = { SLICE("New\0x") };
	struct sql *q = sql_text("SELECT id FROM patchwork_state WHERE name = ");
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error;

	sql_string(q, names[0]);
	(void)store_query(snapshot, q);
	cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
	q = sql_new(fx.arena, store_dialect(fx.store));
	sql_resolve_names(q, "patchwork_state", "name", names, 1);
	cr_expect(q->unusable);
}

Test(store, an_absent_database_is_away_and_asked_rarely)
{
	char url[512];
	struct store_options options = { .url = url, .timeout_ms = 1000, .quota = 1 };
	struct store *absent;
	struct snapshot *snapshot;
	const char *error = NULL;
	double began;

	fixture_absent_url(url, sizeof(url));
	absent = store_new(&options);
	cr_assert_not_null(absent);
	cr_expect_eq(store_begin(absent, fx.arena, &snapshot, &error), STORE_AWAY);
	cr_assert_not_null(error);
	cr_expect_null(snapshot);
	began = seconds_now();
	for (int i = 0; i < 1000; i++) {
		error = NULL;
		cr_expect_eq(store_begin(absent, fx.arena, &snapshot, &error), STORE_AWAY);
		cr_assert_not_null(error);
	}
	cr_expect_lt(seconds_now() - began, 0.15);
	cr_expect_eq(store_stats(absent).open, 0);
	cr_expect_eq(store_stats(absent).failures, 1001);
	store_end(&snapshot);
	store_free(&absent);
}

/* Snapshots ------------------------------------------------------------- */

Test(store, a_snapshot_does_not_see_later_writes)
{
	static const char count[] = "SELECT count(*) FROM patchwork_person";
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *before = store_query(snapshot, sql_text(count)), *after;

	must_flush(snapshot);
	add_people("('a@example.org', '', NULL)");
	after = store_query(snapshot, sql_text(count));
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect_eq(rows_int(before, 0, 0), 0);
	cr_expect_eq(rows_int(after, 0, 0), 0);
	cr_expect_str_eq(ask(fx.store, count), "1");
}

Test(store, a_snapshot_begins_with_its_first_flush)
{
	static const char count[] = "SELECT count(*) FROM patchwork_person";
	struct snapshot *snapshot;
	struct rows *rows;

	/* On a connection that served before. */
	cr_expect_str_eq(ask(fx.store, count), "0");
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, sql_text(count));
	add_people("('a@example.org', '', NULL)");
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect_eq(rows_int(rows, 0, 0), 1);
}

Test(store, nothing_queued_is_nothing_sent)
{
	struct snapshot *snapshot = must_begin(fx.store);

	must_flush(snapshot);
	store_end(&snapshot);
	store_end(&snapshot);
	cr_expect_eq(store_stats(fx.store).statements, 0);
}

Test(store, many_different_statements)
{
	enum { STATEMENTS = STORE_PREPARED_MAX * 2 + 50 };

	/* Single, so that the least recently used go; twice, so that forgotten ones come back. */
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < STATEMENTS; i++) {
			char text[64], wanted[16];

			(void)snprintf(text, sizeof(text), "SELECT %d", i);
			(void)snprintf(wanted, sizeof(wanted), "%d", i);
			cr_assert_str_eq(ask(fx.store, text), wanted);
		}
	/* And more in one snapshot than are kept. */
	for (int round = 0; round < 2; round++) {
		struct snapshot *snapshot = must_begin(fx.store);
		struct rows *rows[STATEMENTS];

		for (int i = 0; i < STATEMENTS; i++)
			rows[i] = store_query(snapshot, sql_text(arena_printf(fx.arena, "SELECT %d, 'one'", i)));
		must_flush(snapshot);
		store_end(&snapshot);
		for (int i = 0; i < STATEMENTS; i++)
			cr_assert_eq(rows_int(rows[i], 0, 0), i);
	}
}

Test(store, the_same_statement_several_times_in_one_flush)
{
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows[3];

	for (int i = 0; i < 3; i++) {
		struct sql *q = sql_text("SELECT name FROM patchwork_state WHERE id = ");

		sql_int(q, i + 1);
		rows[i] = store_query(snapshot, q);
	}
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect(slice_is(rows_get(rows[0], 0, 0), "New"));
	cr_expect(slice_is(rows_get(rows[1], 0, 0), "Under Review"));
	cr_expect(slice_is(rows_get(rows[2], 0, 0), "Accepted"));
}

Test(store, a_failed_preparation_is_not_remembered)
{
	const char *error;

	for (int i = 0; i < 2; i++) {
		struct snapshot *snapshot = must_begin(fx.store);

		(void)store_query(snapshot, sql_text("SELECT * FROM later"));
		(void)store_query(snapshot, sql_text("SELECT 'after it'"));
		cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
		store_end(&snapshot);
	}
	must_run("CREATE TABLE later (id integer); INSERT INTO later VALUES (7)");
	cr_expect_str_eq(ask(fx.store, "SELECT * FROM later"), "7");
	cr_expect_str_eq(ask(fx.store, "SELECT 'after it'"), "after it");
}

/* Writing --------------------------------------------------------------- */

Test(store, a_write_is_seen_once_it_is_committed)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	struct rows *inserted = store_query(snapshot, insert_person("a@example.org"));
	struct rows *own;

	must_flush(snapshot);
	cr_assert_eq(inserted->count, 1);
	cr_expect_eq(rows_int(inserted, 0, 0), 1);
	/* Others read meanwhile, and do not see it. */
	cr_expect_eq(people(), 0);
	own = store_query(snapshot, sql_text("SELECT email FROM patchwork_person"));
	must_flush(snapshot);
	cr_assert_eq(own->count, 1);
	must_commit(&snapshot);
	cr_expect_eq(people(), 1);
	cr_expect_eq(store_stats(fx.store).statements, 4);
	cr_expect_eq(store_stats(fx.store).failures, 0);
}

Test(store, what_is_not_committed_is_rolled_back)
{
	for (int i = 0; i < 3; i++) {
		struct snapshot *snapshot = must_begin_write(fx.store);
		const char *error = "";

		(void)store_query(snapshot, insert_person("a@example.org"));
		if (i == 0) {
			must_flush(snapshot);
		} else if (i == 1) {
			cr_expect_eq(store_flush_last(snapshot, &error), STORE_OK, "%s", error);
		}
		store_end(&snapshot);
		cr_expect_null(snapshot);
		cr_expect_eq(people(), 0);
	}
	cr_expect_eq(store_stats(fx.store).open, 1);
	cr_expect_eq(store_stats(fx.store).failures, 0);
}

Test(store, a_commit_takes_along_what_is_queued)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	struct rows *first = store_query(snapshot, insert_person("a@example.org")), *second, *third;

	must_flush(snapshot);
	second = store_query(snapshot, insert_person("b@example.org"));
	third = store_query(snapshot, sql_text("SELECT count(*) FROM patchwork_person"));
	must_commit(&snapshot);
	cr_expect_eq(rows_int(first, 0, 0), 1);
	cr_assert_eq(second->count, 1);
	cr_expect_eq(rows_int(second, 0, 0), 2);
	cr_expect_eq(rows_int(third, 0, 0), 2);
	/* All of it in one. */
	snapshot = must_begin_write(fx.store);
	third = store_query(snapshot, insert_person("c@example.org"));
	must_commit(&snapshot);
	cr_expect_eq(rows_int(third, 0, 0), 3);
	cr_expect_eq(people(), 3);
	/* And none at all. */
	snapshot = must_begin_write(fx.store);
	must_commit(&snapshot);
	cr_expect_eq(store_stats(fx.store).statements, 5);
	cr_expect_eq(store_stats(fx.store).open, 1);
}

Test(store, a_failure_in_the_middle_undoes_all)
{
	/* In a flush of its own; in the last one; with a flush that succeeded before. */
	for (int i = 0; i < 3; i++) {
		struct snapshot *snapshot = must_begin_write(fx.store);
		const char *error = "";
		struct rows *rows = store_query(snapshot, insert_person("a@example.org"));

		if (i == 2)
			must_flush(snapshot);
		(void)store_query(snapshot, sql_text("UPDATE patchwork_person SET nonsense = 1"));
		(void)store_query(snapshot, insert_person("b@example.org"));
		if (i == 0) {
			cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED);
			(void)store_query(snapshot, insert_person("c@example.org"));
			cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED);
			error = "";
		}
		cr_expect_eq(store_commit(&snapshot, &error), STORE_FAILED);
		cr_expect(strstr(error, "nonsense") != NULL, "%s", error);
		cr_expect_null(snapshot);
		cr_expect_eq(rows->count, i == 2 ? 1 : 0);
		cr_expect_eq(people(), 0);
	}
	cr_expect_eq(store_stats(fx.store).open, 1);
	cr_expect_eq(store_stats(fx.store).failures, 3);
	cr_expect_eq(write_text(fx.store, "DELETE FROM patchwork_tag", &(const char *){ NULL }), STORE_OK);
}

Test(store, a_row_that_is_refused_is_a_conflict)
{
	static const char *const texts[] = {
		"INSERT INTO patchwork_person (email, name, user_id) VALUES ('a@example.org', '', NULL)",
		"INSERT INTO patchwork_person (email, name, user_id) VALUES (NULL, '', NULL)",
		/* Foreign keys are looked at when it commits. */
		"INSERT INTO patchwork_person (email, name, user_id) VALUES ('b@example.org', '', 77)",
	};
	static const char *const wanted[] = { "email", "email", "" };

	add_people("('a@example.org', 'kept', NULL)");
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 3; i++) {
			const char *error;
			char *lower;

			cr_expect_eq(write_text(fx.store, texts[i], &error), STORE_CONFLICT, "%zu: %s", i, error);
			lower = arena_strdup(fx.arena, error);
			cr_expect(strcasestr(lower, "constraint") != NULL && strstr(lower, wanted[i]) != NULL, "%s", error);
			cr_expect_str_eq(ask(fx.store, "SELECT count(*) || min(name) FROM patchwork_person"), "1kept");
		}
	cr_expect_eq(store_stats(fx.store).open, 1);
}

Test(store, every_kind_of_value_is_written)
{
	static const int64_t seven = 7;
	static const bool yes = true, no = false;
	struct sql *q = sql_text("INSERT INTO made_up (a, b, c, d, e) VALUES (");
	static const struct moment instant = { 2020, 1, 1, 16, 4, 5, 42, true, 0 };
	struct snapshot *snapshot;
	struct rows *rows;

	must_run("CREATE TABLE made_up (a integer, b boolean, c timestamptz, d varchar(20), e smallint)");
	for (int row = 0; row < 3; row++) {
		sql_add(q, row > 0 ? "), (" : "");
		sql_int_or_null(q, row == 0 ? &seven : NULL);
		sql_add(q, ", ");
		sql_bool_or_null(q, row == 0 ? &yes : row == 1 ? &no : NULL);
		sql_add(q, ", ");
		sql_moment(q, row == 0 ? &instant : NULL);
		sql_add(q, ", ");
		sql_string(q, row == 0 ? SLICE("it's") : row == 1 ? SLICE("") : SLICE_NONE);
		sql_add(q, ", ");
		sql_int_or_null(q, row == 0 ? &seven : NULL);
	}
	sql_add(q, ") RETURNING a, b, c, d, e");
	snapshot = must_begin_write(fx.store);
	rows = store_query(snapshot, q);
	must_commit(&snapshot);
	cr_assert_eq(rows->count, 3);
	cr_expect_eq(rows_int(rows, 0, 0), 7);
	cr_expect(rows_bool(rows, 0, 1));
	/* As Django writes it: the wall clock of the database's zone. */
	cr_expect(slice_has_prefix(rows_get(rows, 0, 2), SLICE("2020-01-02 03:04:05.000042")), "%.*s",
	    SLICE_ARG(rows_get(rows, 0, 2)));
	cr_expect(slice_is(rows_get(rows, 0, 3), "it's"));
	cr_expect_eq(rows_int(rows, 0, 4), 7);
	cr_expect_not(rows_null(rows, 1, 1));
	cr_expect_not(rows_bool(rows, 1, 1));
	cr_expect_not(rows_null(rows, 1, 3));
	for (int column = 0; column < 5; column++)
		cr_expect(rows_null(rows, 2, column), "%d", column);
}

Test(store, now_is_now)
{
	time_t before = time(NULL), found, after;
	struct moment now;
	struct tm tm;

	sql_now(&now);
	after = time(NULL);
	tm = (struct tm){ .tm_year = now.year - 1900, .tm_mon = now.month - 1, .tm_mday = now.day,
		.tm_hour = now.hour, .tm_min = now.minute, .tm_sec = now.second };
	found = timegm(&tm);
	cr_expect(now.has_offset && now.offset == 0);
	cr_expect(found >= before && found <= after);
	cr_expect(now.microsecond >= 0 && now.microsecond <= 999999);
}

Test(store, rows_updated_and_deleted_are_returned)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	struct rows *updated, *deleted;

	add_people("('a@example.org', '', NULL), ('b@example.org', '', NULL), ('c@example.org', '', NULL)");
	updated = store_query(snapshot, sql_text("UPDATE patchwork_person SET name = 'x' WHERE id > 1 RETURNING id"));
	deleted = store_query(snapshot, sql_text("DELETE FROM patchwork_person WHERE name = 'x' RETURNING email"));
	must_commit(&snapshot);
	cr_expect_eq(updated->count, 2);
	cr_expect_eq(deleted->count, 2);
	cr_expect_eq(people(), 1);
}

Test(store, a_reading_snapshot_is_not_disturbed_by_a_writer)
{
	static const char count[] = "SELECT count(*) FROM patchwork_person";
	struct snapshot *reader = must_begin(fx.store), *writer;
	struct rows *before = store_query(reader, sql_text(count)), *during, *after;

	must_flush(reader);
	writer = must_begin_write(fx.store);
	(void)store_query(writer, insert_person("a@example.org"));
	must_flush(writer);
	during = store_query(reader, sql_text(count));
	must_flush(reader);
	/* Nor does it keep the writer from his commit. */
	must_commit(&writer);
	after = store_query(reader, sql_text(count));
	must_flush(reader);
	store_end(&reader);
	cr_expect_eq(rows_int(before, 0, 0), 0);
	cr_expect_eq(rows_int(during, 0, 0), 0);
	cr_expect_eq(rows_int(after, 0, 0), 0);
	cr_expect_eq(people(), 1);
}

Test(store, a_connection_that_wrote_reads_only_again)
{
	static const char *const texts[] = {
		"UPDATE patchwork_state SET name = 'x' WHERE id = 1",
		"DELETE FROM patchwork_tag",
		"CREATE TABLE made_up (id integer)",
	};
	const char *error;

	for (size_t i = 0; i < 3; i++) {
		struct snapshot *snapshot = must_begin_write(fx.store);

		/* It is prepared there, and rolled back. */
		(void)store_query(snapshot, sql_text(texts[i]));
		must_flush(snapshot);
		store_end(&snapshot);
		snapshot = must_begin(fx.store);
		(void)store_query(snapshot, sql_text(texts[i]));
		cr_expect_eq(flush_fails(snapshot, &error), STORE_FAILED);
		store_end(&snapshot);
	}
	cr_expect_eq(store_stats(fx.store).open, 1);
	cr_expect_str_eq(ask(fx.store, "SELECT name FROM patchwork_state WHERE id = 1"), "New");
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_tag"), "3");
}

Test(store, a_slow_statement_of_a_writer_is_ended)
{
	struct store *hasty = open_store(200, 1, NULL, 0);
	struct snapshot *snapshot = must_begin_write(hasty);
	const char *error;

	(void)store_query(snapshot, insert_person("a@example.org"));
	must_flush(snapshot);
	(void)store_query(snapshot, sql_text(ENDLESS));
	cr_expect_eq(flush_fails(snapshot, &error), STORE_TIMEOUT);
	cr_expect_eq(store_commit(&snapshot, &error), STORE_TIMEOUT);
	cr_expect(strstr(error, "200 ms") != NULL, "%s", error);
	cr_expect_str_eq(ask(hasty, "SELECT count(*) FROM patchwork_person"), "0");
	cr_expect_eq(write_text(hasty, "DELETE FROM patchwork_tag", &error), STORE_OK, "%s", error);
	cr_expect_eq(store_stats(hasty).open, 1);
	store_free(&hasty);
}

Test(store, an_unusable_statement_commits_nothing)
{
	struct sql *q = sql_text("INSERT INTO patchwork_person (email, name, user_id) VALUES (");
	struct snapshot *snapshot = must_begin_write(fx.store);
	const char *error = "";

	(void)store_query(snapshot, insert_person("a@example.org"));
	must_flush(snapshot);
	sql_string(q, SLICE("b\0x"));
	sql_add(q, ", '', NULL)");
	(void)store_query(snapshot, q);
	cr_expect_eq(store_commit(&snapshot, &error), STORE_FAILED);
	cr_expect_eq(people(), 0);
}

/* Many writers ---------------------------------------------------------- */

enum { WRITERS = 4, WRITES = 25, PATIENT_MS = 30000 };

/* A lock as the master makes it, for forked processes too. */
static pthread_mutex_t *
shared_lock(void)
{
	pthread_mutex_t *lock = mmap(NULL, sizeof(*lock), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(lock, MAP_FAILED);
	cr_assert_eq(robust_init_fair(lock), 0);
	return lock;
}

static struct store *
patient_store(pthread_mutex_t *lock)
{
	struct store_options options = { .url = fx.url, .timezone = ZONE, .timeout_ms = PATIENT_MS,
		.quota = WRITERS, .write_lock = lock };

	return store_new(&options);
}

static void
make_counter(void)
{
	must_run("DROP TABLE IF EXISTS counter; CREATE TABLE counter (id integer, n integer);"
	    " INSERT INTO counter VALUES (1, 0)");
}

/* Reads a number, and writes what is one more: 0, or what failed. */
static enum store_status
count_up(struct store *store, struct arena *arena)
{
	const char *error = "";
	struct snapshot *snapshot;
	struct sql *q = sql_new(arena, store_dialect(store));
	enum store_status status = store_begin_write(store, arena, &snapshot, &error);
	struct rows *rows;

	if (status != STORE_OK)
		return status;
	sql_add(q, "SELECT n FROM counter AS s WHERE id = 1");
	sql_for_update(q, "s");
	rows = store_query(snapshot, q);
	if (store_flush(snapshot, &error) == STORE_OK) {
		q = sql_new(arena, store_dialect(store));
		sql_add(q, "UPDATE counter SET n = ");
		sql_int(q, rows_int(rows, 0, 0) + 1);
		sql_add(q, " WHERE id = 1");
		(void)store_query(snapshot, q);
	}
	return store_commit(&snapshot, &error);
}

struct writer {
	pthread_t thread;
	struct store *store;
	int failures;
};

static void *
count_often(void *object)
{
	struct writer *w = object;
	struct arena *arena = arena_new();

	for (int i = 0; i < WRITES; i++)
		w->failures += count_up(w->store, arena) != STORE_OK;
	arena_free(&arena);
	return NULL;
}

static void
threads_count(pthread_mutex_t *lock)
{
	struct store *store = patient_store(lock);
	struct writer writers[WRITERS] = { 0 };

	make_counter();
	for (int i = 0; i < WRITERS; i++) {
		writers[i].store = store;
		cr_assert_eq(pthread_create(&writers[i].thread, NULL, count_often, &writers[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		(void)pthread_join(writers[i].thread, NULL);
		cr_expect_eq(writers[i].failures, 0);
	}
	cr_expect_eq(atoi(ask(fx.store, "SELECT n FROM counter")), WRITERS * WRITES);
	store_free(&store);
}

Test(store, threads_that_write_at_once_lose_nothing)
{
	threads_count(shared_lock());
	/* Without the queue too, only less fairly. */
	threads_count(NULL);
}

/* Begun in a child, for a test: no store of the parent's may be used there. */
static pid_t
fork_child(void)
{
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	cr_assert_geq(pid, 0);
	return pid;
}

Test(store, processes_that_write_at_once_lose_nothing)
{
	pthread_mutex_t *lock = shared_lock();
	pid_t pids[WRITERS];

	make_counter();
	for (int i = 0; i < WRITERS; i++)
		if ((pids[i] = fork_child()) == 0) {
			struct writer w = { .store = patient_store(lock) };

			(void)count_often(&w);
			store_free(&w.store);
			_exit(w.failures);
		}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", (unsigned)status);
	}
	cr_expect_eq(atoi(ask(fx.store, "SELECT n FROM counter")), WRITERS * WRITES);
}

Test(store, a_writer_that_is_killed_leaves_nothing)
{
	pthread_mutex_t *lock = shared_lock();

	make_counter();
	for (int i = 0; i < 5; i++) {
		struct store *store;
		pid_t pid = fork_child();
		int status;

		if (pid == 0) {
			struct snapshot *snapshot;
			const char *error = "";

			store = patient_store(lock);
			if (store_begin_write(store, fx.arena, &snapshot, &error) != STORE_OK)
				_exit(1);
			(void)store_query(snapshot, sql_text("UPDATE counter SET n = 99"));
			if (store_flush(snapshot, &error) != STORE_OK)
				_exit(2);
			(void)raise(SIGKILL);
		}
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFSIGNALED(status), "%x", (unsigned)status);
		store = patient_store(lock);
		cr_expect_eq(count_up(store, fx.arena), STORE_OK);
		store_free(&store);
		cr_expect_eq(atoi(ask(fx.store, "SELECT n FROM counter")), i + 1);
	}
}

/* The pool -------------------------------------------------------------- */

Test(store, books_a_slot_per_connection)
{
	struct snapshot *s[CASE_SLOTS], *more;
	const char *error = NULL;
	double began;

	for (int i = 0; i < CASE_SLOTS; i++) {
		s[i] = must_begin(fx.store);
		cr_expect_eq(fx.slots[i], getpid());
	}
	began = seconds_now();
	cr_expect_eq(store_begin(fx.store, fx.arena, &more, &error), STORE_BUSY);
	cr_expect(seconds_now() - began >= 0.9);
	cr_expect(error != NULL && strstr(error, "all 3 connections") != NULL, "%s", error);
	for (int i = 0; i < CASE_SLOTS; i++)
		store_end(&s[i]);
	cr_expect_eq(store_stats(fx.store).open, CASE_SLOTS);
	cr_expect_geq(store_stats(fx.store).wait_us, 900000);
	store_trim(fx.store, 60000);
	cr_expect_eq(store_stats(fx.store).open, CASE_SLOTS);
	store_trim(fx.store, 0);
	cr_expect_eq(store_stats(fx.store).open, 0);
	for (int i = 0; i < CASE_SLOTS; i++)
		cr_expect_eq(fx.slots[i], 0);
}

Test(store, keeps_no_more_than_its_quota)
{
	struct store *modest = open_store(CASE_TIMEOUT_MS, 1, fx.slots, CASE_SLOTS);
	struct snapshot *a = must_begin(modest), *b = must_begin(modest);

	cr_expect_eq(store_stats(modest).open, 2);
	store_end(&a);
	cr_expect_eq(store_stats(modest).open, 1);
	store_end(&b);
	cr_expect_eq(store_stats(modest).open, 1);
	store_free(&modest);
	cr_expect_eq(fx.slots[0], 0);
	cr_expect_eq(fx.slots[1], 0);
}

static void *
free_slot_later(void *slot)
{
	nap(100);
	atomic_store((_Atomic int32_t *)slot, 0);
	return NULL;
}

Test(store, takes_a_slot_that_another_process_frees)
{
	pthread_t thread;
	struct snapshot *snapshot;
	double began, took;

	for (int i = 0; i < CASE_SLOTS; i++)
		fx.slots[i] = 1;
	cr_assert_eq(pthread_create(&thread, NULL, free_slot_later, &fx.slots[1]), 0);
	began = seconds_now();
	snapshot = must_begin(fx.store);
	took = seconds_now() - began;
	cr_expect(took >= 0.09 && took < 0.7, "%f s", took);
	cr_expect_eq(fx.slots[1], getpid());
	store_end(&snapshot);
	(void)pthread_join(thread, NULL);
	store_trim(fx.store, 0);
	cr_expect_eq(fx.slots[0], 1);
	cr_expect_eq(fx.slots[1], 0);
}

static void *
end_later(void *snapshot)
{
	struct snapshot *s = snapshot;

	nap(100);
	store_end(&s);
	return NULL;
}

Test(store, a_waiter_takes_over_what_would_be_closed)
{
	_Atomic int32_t slot = 0;
	struct store *single = open_store(CASE_TIMEOUT_MS, 0, &slot, 1);
	struct snapshot *snapshot = must_begin(single);
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, end_later, snapshot), 0);
	snapshot = must_begin(single);
	(void)pthread_join(thread, NULL);
	cr_expect_eq(slot, getpid());
	store_end(&snapshot);
	cr_expect_eq(slot, 0);
	cr_expect_eq(store_stats(single).open, 0);
	store_free(&single);
}

enum { READERS = 8, READS = 40 };

static void *
read_often(void *failures)
{
	struct arena *arena = arena_new();

	for (int i = 0; i < READS; i++) {
		struct snapshot *snapshot;
		const char *error = "";
		struct sql *q = sql_new(arena, store_dialect(fx.store));
		struct rows *rows;
		bool good;

		if (store_begin(fx.store, arena, &snapshot, &error) != STORE_OK) {
			atomic_fetch_add((_Atomic int *)failures, 1);
			continue;
		}
		sql_addf(q, "SELECT %d + ", i % 5);
		sql_int(q, i);
		rows = store_query(snapshot, q);
		good = store_flush(snapshot, &error) == STORE_OK && rows_int(rows, 0, 0) == i + i % 5;
		atomic_fetch_add((_Atomic int *)failures, good ? 0 : 1);
		store_end(&snapshot);
		if (i % 10 == 0)
			store_trim(fx.store, 0);
	}
	arena_free(&arena);
	return NULL;
}

Test(store, many_threads_share_few_connections)
{
	pthread_t threads[READERS];
	_Atomic int failures = 0;

	for (int i = 0; i < READERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_often, &failures), 0);
	for (int i = 0; i < READERS; i++)
		(void)pthread_join(threads[i], NULL);
	cr_expect_eq(failures, 0);
	cr_expect_leq(store_stats(fx.store).open, CASE_SLOTS);
	cr_expect_eq(store_stats(fx.store).statements, READERS * READS);
	store_trim(fx.store, 0);
	for (int i = 0; i < CASE_SLOTS; i++)
		cr_expect_eq(fx.slots[i], 0);
}

/* The schema ------------------------------------------------------------ */

static enum store_status
judged(const char **error)
{
	struct store *store = open_store(CASE_TIMEOUT_MS, 1, NULL, 0);
	struct snapshot *snapshot;
	enum store_status status = store_begin(store, fx.arena, &snapshot, error);

	store_end(&snapshot);
	store_free(&store);
	return status;
}

Test(store, an_old_schema_is_refused_by_name)
{
	const char *error = NULL;

	must_run("DELETE FROM django_migrations WHERE app = 'patchwork' AND name > '0042'");
	cr_expect_eq(judged(&error), STORE_REFUSED);
	cr_expect(error != NULL && strstr(error, "0041_python3") != NULL
	    && strstr(error, "0046_patch_comment_events") != NULL, "%s", error);
}

Test(store, a_newer_schema_is_served)
{
	const char *error = NULL;

	must_run("INSERT INTO django_migrations (app, name, applied) VALUES"
	    " ('patchwork', '0047_made_up', CURRENT_TIMESTAMP)");
	cr_expect_eq(judged(&error), STORE_OK, "%s", error);
}

Test(store, without_migrations_the_patches_decide)
{
	const char *error = NULL;

	must_run("DROP TABLE django_migrations");
	cr_expect_eq(judged(&error), STORE_OK, "%s", error);
	must_run("ALTER TABLE patchwork_patch RENAME TO elsewhere");
	cr_expect_eq(judged(&error), STORE_REFUSED);
	cr_expect(strstr(error, "holds no Patchwork schema") != NULL, "%s", error);
}

Test(store, a_refusal_ends_by_itself)
{
	struct store *store = open_store(CASE_TIMEOUT_MS, 1, NULL, 0);
	struct snapshot *snapshot;
	const char *error = NULL;
	double began;

	must_run("ALTER TABLE patchwork_patch RENAME TO elsewhere; ALTER TABLE django_migrations RENAME TO gone");
	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	began = seconds_now();
	must_run("ALTER TABLE elsewhere RENAME TO patchwork_patch; ALTER TABLE gone RENAME TO django_migrations");
	/* Not asked again so soon, unless this machine was too slow to see. */
	if (store_begin(store, fx.arena, &snapshot, &error) == STORE_OK) {
		cr_expect(seconds_now() - began >= 0.19);
		store_end(&snapshot);
	}
	nap(250);
	cr_expect_str_eq(ask(store, "SELECT 1"), "1");
	store_free(&store);
}

Test(store, a_full_database_is_not_prepared_again)
{
	const char *error = NULL;

	cr_expect_eq(store_prepare_empty(fx.store, fx.arena, &error), -1);
	cr_expect(error != NULL && strstr(error, "already") != NULL, "%s", error);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_state"), "10");
}

Test(store, a_script_is_all_or_nothing)
{
	const char *error = NULL;

	cr_expect_eq(store_run_script(fx.store, fx.arena,
	    "DELETE FROM patchwork_tag; INSERT INTO patchwork_tag (name) VALUES ('x')", &error), -1);
	cr_expect_not_null(error);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_tag"), "3");
}

Test(store, a_script_keeps_foreign_keys)
{
	const char *error = NULL;

	cr_expect_eq(store_run_script(fx.store, fx.arena,
	    "INSERT INTO patchwork_person (email, name, user_id) VALUES ('a@example.org', '', 77)", &error), -1);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_person"), "0");
}

/* Bytes ----------------------------------------------------------------- */

/* Makes a table and writes each of them into a row of its own. */
static void
keep_bytes(const struct slice *bytes, size_t count)
{
	struct snapshot *snapshot;

	must_run(arena_printf(fx.arena, "CREATE TABLE kept (id integer PRIMARY KEY, b %s NULL, t text NULL)",
	    store_dialect(fx.store) == DIALECT_SQLITE ? "blob" : "bytea"));
	snapshot = must_begin_write(fx.store);
	for (size_t i = 0; i < count; i++) {
		struct sql *q = sql_text("INSERT INTO kept (id, b, t) VALUES (");

		sql_int(q, (int64_t)i);
		sql_add(q, ", ");
		sql_bytes(q, bytes[i]);
		sql_add(q, ", ");
		sql_string(q, SLICE("beside \xc3\xa4"));
		sql_add(q, ")");
		(void)store_query(snapshot, q);
	}
	must_commit(&snapshot);
}

Test(store, bytes_come_back_as_they_are)
{
	static char every[256], large[3000000];
	const struct slice bytes[] = { slice_make(every, sizeof(every)), SLICE(""), SLICE_NONE, slice_make("a\0b\0", 4),
		SLICE("\\x6162"), SLICE("\\x"), SLICE("\\\\'\""), slice_make(large, sizeof(large)) };
	enum { COUNT = sizeof(bytes) / sizeof(*bytes) };
	struct snapshot *snapshot;
	struct rows *rows;

	for (size_t i = 0; i < sizeof(every); i++)
		every[i] = (char)i;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)(i * 7 % 251);
	keep_bytes(bytes, COUNT);
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, sql_text("SELECT b, t FROM kept ORDER BY id"));
	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_eq(rows->count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		struct slice got = rows_bytes(fx.arena, rows, i, 0);

		cr_expect_eq(got.p == NULL, bytes[i].p == NULL, "%d", i);
		cr_expect(slice_eq(got, bytes[i]), "%d: %zu bytes of %zu", i, got.n, bytes[i].n);
		cr_expect(slice_is(rows_get(rows, i, 1), "beside \xc3\xa4"), "%d", i);
	}
	cr_expect_str_eq(ask(fx.store, store_dialect(fx.store) == DIALECT_SQLITE ? "SELECT DISTINCT typeof(b) FROM kept WHERE b"
	    " IS NOT NULL" : "SELECT octet_length(b) FROM kept WHERE id = 0"),
	    store_dialect(fx.store) == DIALECT_SQLITE ? "blob" : "256");
}

Test(store, bytes_do_not_go_by_what_the_server_would_print)
{
	const struct slice bytes = slice_make("\0\xff\\", 3);
	struct snapshot *snapshot;
	struct rows *rows;

	if (store_dialect(fx.store) == DIALECT_POSTGRESQL)
		must_run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET bytea_output = escape', current_database()); END $$");
	keep_bytes(&bytes, 1);
	store_trim(fx.store, 0);
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, sql_text("SELECT b FROM kept"));
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect(slice_eq(rows_bytes(fx.arena, rows, 0, 0), bytes));
}

/* Tables of the Review Board API ---------------------------------------- */

static const char *
has_review_tables(void)
{
	struct sql *q = sql_new(fx.arena, store_dialect(fx.store));

	rb_schema_ask(q);
	return column(q);
}

/* All that attach makes, but for the triggers. */
static void
make_review_tables(void)
{
	static const struct triggers_place places[] = {
		[DIALECT_SQLITE] = { "", "" }, [DIALECT_POSTGRESQL] = { "public", "CURRENT_USER" } };
	enum dialect dialect = store_dialect(fx.store);
	struct statements list = { .arena = fx.arena };
	struct buf script = { 0 };

	triggers_make_tables(&list, dialect, &places[dialect]);
	rb_schema_key(&list, dialect, &places[dialect], "00ff");
	rb_schema_key(&list, dialect, &places[dialect], "11ff");
	for (size_t i = 0; i < list.count; i++)
		buf_printf(&script, "%s;\n", list.text[i]);
	buf_byte(&script, '\0');
	must_run(script.data);
	buf_fini(&script);
}

/* What each of them must have, so that a row is taken. */
static const struct filler {
	const char *table, *columns, *values;
} fillers[] = {
	{ "repository", "name, path, mirror_path, is_public, visible, with_history, extra_data",
	  "'core', 'https://example.org/core.git', '', true, true, true, '{}'" },
	{ "access", "repository_id, user_id", "1, 7" },
	{ "right", "user_id, name", "7, 'can_edit_reviewrequest'" },
	{ "token", "digest, user_id, note, created, policy", "'ab', 7, '', 0, ''" },
	{ "logout", "nonce, user_id, expires", "'ab', 7, 0" },
	{ "request", "submitter_id, repository_id, is_public, status, with_history, commit_id, summary, description,"
	  " testing_done, branch, bugs, close_description, extra_data, time_added, last_updated",
	  "7, 1, false, 'P', true, 'ab', '', '', '', '', '', '', '{}', 1, 1" },
	{ "draft", "request_id, summary, description, testing_done, branch, bugs, change_description, extra_data, last_updated",
	  "1, '', '', '', '', '', '', '{}', 1" },
	{ "target", "request_id, draft, kind, target_id, place", "1, false, 'P', 7, 0" },
	{ "diffset", "request_id, repository_id, revision, published, finalized, name, basedir, changed, extra_data",
	  "1, 1, 1, false, false, 'diff', '', 1, '{}'" },
	{ "commit", "diffset_id, place, commit_id, parent_id, message, author_name, author_email, author_instant,"
	  " author_offset, filename, extra_data, changed", "1, 0, 'ab', 'cd', 'm', 'Ada', 'ada@example.org', -1, 3600,"
	  " 'diff', '{}', 1" },
	{ "file", "diffset_id, commit_row, place, source_file, dest_file, source_revision, dest_detail, status, is_binary,"
	  " inserted, deleted, diff, extra_data, changed", "1, 1, 0, 'a', 'b', 'ab', 'cd', 'M', false, 1, 2, '', '{}', 1" },
};

static const char *
filling(const struct filler *f)
{
	return arena_printf(fx.arena, "INSERT INTO thimble_rb_%s (%s) VALUES (%s)", f->table, f->columns, f->values);
}

static const char *
count_of(const char *table)
{
	return ask(fx.store, arena_printf(fx.arena, "SELECT count(*) FROM thimble_rb_%s", table));
}

Test(store, review_tables_are_made_again_and_kept)
{
	const char *yes = store_dialect(fx.store) == DIALECT_SQLITE ? "1" : "t";

	cr_expect_str_neq(has_review_tables(), yes);
	make_review_tables();
	cr_expect_str_eq(has_review_tables(), yes);
	must_run(filling(&fillers[0]));
	make_review_tables();
	cr_expect_str_eq(count_of("repository"), "1");
	cr_expect_str_eq(ask(fx.store, "SELECT value FROM thimble_meta WHERE name = 'rb_key'"), "00ff");
	must_run("DROP TABLE thimble_rb_file");
	cr_expect_str_neq(has_review_tables(), yes);
}

Test(store, review_tables_hold_a_row_each_and_only_once)
{
	enum { COUNT = sizeof(fillers) / sizeof(*fillers) };

	cr_assert_eq(COUNT, RB_TABLES);
	make_review_tables();
	for (size_t i = 0; i < COUNT; i++) {
		cr_expect(strstr(rb_schema_table(i), fillers[i].table) != NULL);
		must_run(filling(&fillers[i]));
	}
	/* A file may look like another one; all others have a key. */
	for (size_t i = 0; i < COUNT - 1; i++) {
		const char *error = "";

		cr_expect_eq(write_text(fx.store, filling(&fillers[i]), &error), STORE_CONFLICT, "%s", fillers[i].table);
	}
	must_run(filling(&fillers[COUNT - 1]));
}

Test(store, a_request_has_one_draft_diff_and_each_revision_once)
{
	static const char diffset[] = "INSERT INTO thimble_rb_diffset (request_id, repository_id, revision, published, finalized,"
	    " name, basedir, changed, extra_data) VALUES (1, 1, %d, %s, false, 'diff', '', 1, '{}')";
	const char *error;

	make_review_tables();
	must_run(filling(&fillers[0]));
	must_run(filling(&fillers[5]));
	must_run(arena_printf(fx.arena, diffset, 1, "true"));
	must_run(arena_printf(fx.arena, diffset, 2, "true"));
	must_run(arena_printf(fx.arena, diffset, 2, "false"));
	cr_expect_eq(write_text(fx.store, arena_printf(fx.arena, diffset, 3, "false"), &error), STORE_CONFLICT);
	cr_expect_eq(write_text(fx.store, arena_printf(fx.arena, diffset, 2, "true"), &error), STORE_CONFLICT);
	cr_expect_eq(write_text(fx.store, "UPDATE thimble_rb_diffset SET published = true", &error), STORE_CONFLICT);
	cr_expect_str_eq(count_of("diffset"), "3");
}

Test(store, what_belongs_to_a_review_request_goes_with_it)
{
	enum { OTHERS = 5 };	/* stand before it */
	const char *error;

	make_review_tables();
	for (size_t i = 0; i < RB_TABLES; i++)
		must_run(filling(&fillers[i]));
	cr_expect_eq(write_text(fx.store, "DELETE FROM thimble_rb_repository", &error), STORE_CONFLICT);
	cr_expect_eq(write_text(fx.store, "DELETE FROM thimble_rb_request", &error), STORE_OK, "%s", error);
	for (size_t i = 0; i < RB_TABLES; i++)
		cr_expect_str_eq(count_of(fillers[i].table), i < OTHERS ? "1" : "0", "%s", fillers[i].table);
	cr_expect_eq(write_text(fx.store, "DELETE FROM thimble_rb_repository", &error), STORE_OK, "%s", error);
	cr_expect_str_eq(count_of("access"), "0");
}
