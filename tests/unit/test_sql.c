/* SPDX-License-Identifier: MIT
 *
 * The text and the parameters that sql.c makes, and the URLs that store.c
 * takes.  What the databases make of them is tested in store_cases.c.
 */
#include "config.h"

#include "store/sql.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "proto/moment.h"
#include "store/store.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(&arena);
}

static struct sql *
both_build(enum dialect dialect)
{
	static const int64_t ids[] = { 5, -6 };
	static const struct moment moment = { .year = 2020, .month = 1, .day = 2, .hour = 3 };
	struct sql *q = sql_new(arena, dialect);

	sql_add(q, "SELECT 1 WHERE a = ");
	sql_int(q, 7);
	sql_addf(q, " AND %s = ", "b");
	sql_bool(q, true);
	sql_add(q, " AND c = ");
	sql_string(q, SLICE_NONE);
	sql_add(q, " AND d < ");
	sql_moment(q, &moment);
	sql_add(q, " AND e ");
	sql_ids(q, ids, 2);
	sql_add(q, " AND f ");
	sql_ids(q, ids, 1);
	sql_add(q, " AND ");
	sql_equals_nocase(q, "g", SLICE("G"));
	sql_add(q, " AND ");
	sql_contains_nocase(q, "h", SLICE("5%_\\"));
	return q;
}

static void
same_param(const struct sql *q, int i, const char *text)
{
	cr_expect(slice_is(q->params[i].text, text), "%d: %.*s", i, SLICE_ARG(q->params[i].text));
	/* libpq reads up to the NUL. */
	if (q->params[i].text.p != NULL)
		cr_expect_eq(q->params[i].text.p[q->params[i].text.n], '\0');
}

TestSuite(sql, .init = setup, .fini = teardown);

Test(sql, postgresql)
{
	struct sql *q = both_build(DIALECT_POSTGRESQL);

	cr_expect_str_eq(q->text, "SELECT 1 WHERE a = $1::int8 AND b = $2::bool AND c = $3::text"
	    " AND d < $4::timestamptz AND e = ANY($5::int8[]) AND f = $6::int8"
	    " AND UPPER(g::text) = UPPER($7::text) AND UPPER(h::text) LIKE UPPER($8::text)");
	cr_assert_eq(q->count, 8);
	same_param(q, 0, "7");
	same_param(q, 1, "t");
	cr_expect_null(q->params[2].text.p);
	same_param(q, 3, "2020-01-02 03:00:00");
	same_param(q, 4, "{5,-6}");
	same_param(q, 5, "5");
	same_param(q, 6, "G");
	same_param(q, 7, "%5\\%\\_\\\\%");
	cr_expect_not(q->unusable);
}

Test(sql, sqlite)
{
	struct sql *q = both_build(DIALECT_SQLITE);

	cr_expect_str_eq(q->text, "SELECT 1 WHERE a = ?1 AND b = ?2 AND c = ?3 AND d < ?4"
	    " AND e IN (SELECT value FROM json_each(?5)) AND f = ?6"
	    " AND g = ?7 COLLATE NOCASE AND h LIKE ?8 ESCAPE '\\'");
	cr_assert_eq(q->count, 8);
	cr_expect(q->params[0].is_int);
	cr_expect_eq(q->params[0].number, 7);
	cr_expect(q->params[1].is_int);
	cr_expect_eq(q->params[1].number, 1);
	cr_expect_not(q->params[2].is_int);
	cr_expect_null(q->params[2].text.p);
	same_param(q, 3, "2020-01-02 03:00:00");
	same_param(q, 4, "[5,-6]");
}

/* One text, and so one prepared statement, whatever is NULL; each of a type that its column takes. */
Test(sql, null_has_a_type)
{
	static const int64_t number = -7;
	static const bool no = false;
	static const struct moment moment = { .year = 2020, .month = 1, .day = 2, .has_offset = true };
	struct sql *q[2] = { sql_new(arena, DIALECT_POSTGRESQL), sql_new(arena, DIALECT_POSTGRESQL) };

	for (int i = 0; i < 2; i++) {
		sql_int_or_null(q[i], i == 0 ? &number : NULL);
		sql_add(q[i], ", ");
		sql_bool_or_null(q[i], i == 0 ? &no : NULL);
		sql_add(q[i], ", ");
		sql_moment(q[i], i == 0 ? &moment : NULL);
		cr_expect_str_eq(q[i]->text, "$1::int8, $2::bool, $3::timestamptz");
	}
	same_param(q[0], 0, "-7");
	same_param(q[0], 1, "f");
	same_param(q[0], 2, "2020-01-02 00:00:00+00:00");
	for (int k = 0; k < 3; k++)
		cr_expect_null(q[1]->params[k].text.p);
	cr_expect_not(q[1]->unusable);
}

Test(sql, bytes_may_hold_anything)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL), *text = sql_new(arena, DIALECT_POSTGRESQL);
	char bytes[] = "a\0b";

	sql_bytes(q, slice_make(bytes, 3));
	sql_add(q, ", ");
	sql_bytes(q, SLICE_NONE);
	sql_add(q, ", ");
	sql_bytes(q, SLICE(""));
	bytes[0] = 'z';
	cr_expect_str_eq(q->text, "$1::bytea, $2::bytea, $3::bytea");
	cr_expect(slice_eq(q->params[0].text, slice_make("a\0b", 3)), "it is not the caller's any more");
	cr_expect_null(q->params[1].text.p);
	cr_expect_not_null(q->params[2].text.p);
	for (int i = 0; i < 3; i++)
		cr_expect(q->params[i].is_bytes && !q->params[i].is_int);
	cr_expect_not(q->unusable);
	sql_string(text, slice_make("a\0b", 3));
	cr_expect(text->unusable);
}

Test(sql, rows_are_locked_where_others_could_write)
{
	struct sql *postgresql = sql_new(arena, DIALECT_POSTGRESQL), *sqlite = sql_new(arena, DIALECT_SQLITE);

	sql_for_update(postgresql, NULL);
	sql_for_update(postgresql, "p");
	sql_for_update(sqlite, "p");
	cr_expect_str_eq(postgresql->text, " FOR NO KEY UPDATE FOR NO KEY UPDATE OF p");
	cr_expect_str_eq(sqlite->text, "");
}

Test(sql, the_text_does_not_depend_on_how_many)
{
	static const int64_t ids[300] = { 0 };
	struct sql *few = sql_new(arena, DIALECT_POSTGRESQL), *many = sql_new(arena, DIALECT_POSTGRESQL);

	sql_ids(few, ids, 2);
	sql_ids(many, ids, 300);
	cr_expect_str_eq(few->text, many->text);
	cr_expect_eq(many->count, 1);
}

Test(sql, names_travel_quoted)
{
	const struct slice names[] = { SLICE("a\"b"), SLICE("c\\d"), SLICE("\n\x1f"), SLICE("") };
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);

	sql_resolve_names(q, "t", "c", names, 4);
	same_param(q, 0, "{\"a\\\"b\",\"c\\\\d\",\"\n\x1f\",\"\"}");
	q = sql_new(arena, DIALECT_SQLITE);
	sql_resolve_names(q, "t", "c", names, 4);
	same_param(q, 0, "[\"a\\\"b\",\"c\\\\d\",\"\\u000a\\u001f\",\"\"]");
}

Test(sql, long_text_grows)
{
	struct sql *q = sql_new(arena, DIALECT_SQLITE);
	char line[600];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 50; i++) {
		sql_add(q, line);
		sql_addf(q, "%s", line);
	}
	cr_expect_eq(q->length, 100 * (sizeof(line) - 1));
	cr_expect_eq(strlen(q->text), q->length);
	cr_expect_eq(strspn(q->text, "x"), q->length);
}

Test(sql, an_offset_becomes_local_time_on_sqlite_only)
{
	static const struct moment moment = { .year = 2020, .month = 7, .day = 1, .hour = 23, .minute = 59,
		.second = 58, .microsecond = 7, .has_offset = true, .offset = -3600 };
	struct sql *q;

	(void)setenv("TZ", "America/New_York", 1);
	tzset();
	q = sql_new(arena, DIALECT_SQLITE);
	sql_moment(q, &moment);
	same_param(q, 0, "2020-07-01 20:59:58.000007");
	q = sql_new(arena, DIALECT_POSTGRESQL);
	sql_moment(q, &moment);
	same_param(q, 0, "2020-07-01 23:59:58.000007-01:00");
}

Test(sql, an_instant_beyond_the_calendar_stays_in_order)
{
	static const struct moment late = { .year = 9999, .month = 12, .day = 31, .hour = 23,
		.has_offset = true, .offset = -43200 };
	static const struct moment early = { .year = 1, .month = 1, .day = 1, .has_offset = true, .offset = 43200 };
	struct sql *q = sql_new(arena, DIALECT_SQLITE);

	(void)setenv("TZ", "UTC", 1);
	tzset();
	sql_moment(q, &late);
	sql_moment(q, &early);
	same_param(q, 0, "9999-12-31 23:59:59.999999");
	same_param(q, 1, "0001-01-01 00:00:00");
}

Test(sql, urls)
{
	static const char *const good[] = { "sqlite:thimble.db", "sqlite:/var/lib/thimble/thimble.db",
		"postgresql://user@db.example.org:5432/patchwork", "postgres:///patchwork",
		"postgresql:///patchwork?host=/run/postgresql" };
	static const char *const bad[] = { "", "sqlite", "sqlite:", "sqlite::memory:", "mysql://h/d", "/var/lib/x.db",
		"postgresql://h:port:5/d%zz", "postgresql://h/d?nonsense=1" };
	const char *error;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		cr_expect_eq(store_url_check(good[i], &error), 0, "%s: %s", good[i], error);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct store_options options = { .url = bad[i], .timezone = "UTC" };

		error = NULL;
		cr_expect_eq(store_url_check(bad[i], &error), -1, "%s", bad[i]);
		cr_expect_not_null(error);
		cr_expect_null(store_new(&options));
	}
}
