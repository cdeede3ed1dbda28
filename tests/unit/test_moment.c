/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/moment.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "proto/moment.h"

#define CHECK_TEXT(buf, text) \
	cr_assert(slice_is(buf_as_slice(buf), (text)), "got \"%.*s\", not \"%s\"", (int)(buf)->len, (buf)->data, (text))

/* What a query value means, as an SQL parameter; NULL: invalid. */
static void
check_query(const char *text, const char *sql)
{
	struct buf out = { 0 };
	struct moment m;
	int rc = moment_parse_query(slice_str(text), &m);

	cr_assert_eq(rc, sql != NULL ? 0 : -1, "\"%s\"", text);
	if (rc == 0) {
		moment_put_sql(&out, &m);
		CHECK_TEXT(&out, sql);
	}
	buf_fini(&out);
}

Test(moment, query_iso)
{
	check_query("2020-01-02", "2020-01-02 00:00:00");
	check_query("20200102", "2020-01-02 00:00:00");
	check_query(" \t2020-01-02T03:05:05\xe2\x80\xa8", "2020-01-02 03:05:05");
	check_query("2020-01-02 03:06", "2020-01-02 03:06:00");
	check_query("2020-01-02T03", "2020-01-02 03:00:00");
	check_query("20200102T030605", "2020-01-02 03:06:05");
	check_query("2020-01-02x0306", "2020-01-02 03:06:00");
	check_query("2020-01-02\xc3\xa9""03:06", "2020-01-02 03:06:00");
	check_query("2020-01-02T03:06:05.5", "2020-01-02 03:06:05.500000");
	check_query("2020-01-02T03:06:05,123456789", "2020-01-02 03:06:05.123456");
	check_query("2020-02-29", "2020-02-29 00:00:00");
}

Test(moment, query_week)
{
	check_query("2020-W01", "2019-12-30 00:00:00");
	check_query("2020-W53-7", "2021-01-03 00:00:00");
	check_query("2021-W53", NULL);
	check_query("2025-W53", NULL);
	check_query("2026-W53", "2026-12-28 00:00:00");
	check_query("2020W013", "2020-01-01 00:00:00");
	check_query("2020W01T12:30", "2019-12-30 12:30:00");
	check_query("2020W013T1230", "2020-01-01 12:30:00");
	check_query("2020-W01-3T12:30", "2020-01-01 12:30:00");
	check_query("9999-W52-5", "9999-12-31 00:00:00");
	check_query("9999-W52-6", NULL);
	check_query("2020-W00", NULL);
	check_query("2020-W01-8", NULL);
	check_query("0000-W01", NULL);
}

Test(moment, query_offset)
{
	check_query("2020-01-02T03:05:05Z", "2020-01-02 03:05:05+00:00");
	check_query("2020-01-02T03:05:05+05:30", "2020-01-02 03:05:05+05:30");
	check_query("2020-01-02T03:05:05-0130", "2020-01-02 03:05:05-01:30");
	check_query("2020-01-02T03:05:05+01:30:15", "2020-01-02 03:05:05+01:30:15");
	check_query("2020-01-02T03:05:05.25 +01", "2020-01-02 03:05:05.250000+01:00");
	check_query("2020-01-02T03:05:05+24:00", NULL);
	check_query("2020-01-02T03:05:05z", NULL);
	/* A plus sign that became a space. */
	check_query("2020-01-02T03:06:05 00:00", NULL);
}

Test(moment, query_loose)
{
	check_query("2020-1-2 3:04", "2020-01-02 03:04:00");
	check_query("2020-1-2T3:4:5.5Z", "2020-01-02 03:04:05.500000+00:00");
	check_query("2020-1-2 3:04 -0130", "2020-01-02 03:04:00-01:30");
	check_query("2020-1-2 3:04+01:30", "2020-01-02 03:04:00+01:30");
	check_query("2020-1-1", NULL);
	check_query("2020-1-2x3:04", NULL);
}

Test(moment, query_invalid)
{
	static const char *const bad[] = {
		"", "garbage", "01/02/2020", "1577934365", "2020-13-01", "2020-02-30", "2019-02-29", "1900-02-29",
		"2020-01-02T24:00", "2020-01-02T03:60", "2020-01-02T03:05:60", "2020-01-02T", "2020-01-02Z", "2020-01",
		"0000-01-01", "2020-01-02T03:05:05.", "20200102T03:0", "2020-01-02T03:05:05+1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_query(bad[i], NULL);
}

static void
check_json(const char *column, const char *json)
{
	struct buf out = { 0 };

	cr_expect_eq(moment_put_json(&out, slice_str(column)), json[0] != '\0' ? 0 : -1, "%s", column);
	CHECK_TEXT(&out, json);
	buf_fini(&out);
}

Test(moment, json)
{
	check_json("2020-01-02 03:05:05", "2020-01-02T03:05:05");
	check_json("2020-01-03 00:00:00.123456", "2020-01-03T00:00:00.123456");
	check_json("2020-01-03 00:00:00.12", "2020-01-03T00:00:00.120000");
	check_json("2020-01-03 00:00:00.000000", "2020-01-03T00:00:00");
	check_json("2020-01-03 00:00:00.5+11", "2020-01-03T00:00:00.500000");
	check_json("2020-01-03 00:00:00-03:30", "2020-01-03T00:00:00");
	check_json("0044-03-15 12:00:00+10:04:52 BC", "");
	check_json("infinity", "");
	check_json("2020-01-02T03:05:05", "2020-01-02T03:05:05");
	check_json("2020-01-02 03:05", "");
	check_json("", "");
}

Test(moment, column_drops_offset)
{
	struct moment m;

	cr_assert_eq(moment_parse_column(SLICE("2020-01-02 03:05:05+11"), &m), 0);
	cr_assert_not(m.has_offset);
	cr_assert_eq(m.offset, 0);
	cr_assert_eq(m.hour, 3);
	cr_assert_eq(moment_parse_column(SLICE("2020-01-02"), &m), -1);
	cr_assert_eq(moment_parse_column(SLICE("2020-01-32 03:05:05"), &m), -1);
}

Test(moment, mail_forms)
{
	static const struct {
		const char *column, *ctime, *rfc5322;
	} cases[] = {
		{ "2020-01-02 03:05:05.9", "Thu Jan  2 03:05:05 2020", "Thu, 02 Jan 2020 03:05:05 -0000" },
		{ "1969-12-31 23:59:59", "Wed Dec 31 23:59:59 1969", "Wed, 31 Dec 1969 23:59:59 -0000" },
		{ "0001-01-01 00:00:00", "Mon Jan  1 00:00:00 0001", "Mon, 01 Jan 0001 00:00:00 -0000" },
		{ "2000-02-29 12:00:00", "Tue Feb 29 12:00:00 2000", "Tue, 29 Feb 2000 12:00:00 -0000" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };
		struct moment m;

		cr_assert_eq(moment_parse_column(slice_str(cases[i].column), &m), 0);
		moment_put_ctime(&out, &m);
		CHECK_TEXT(&out, cases[i].ctime);
		buf_reset(&out);
		moment_put_rfc5322(&out, &m);
		CHECK_TEXT(&out, cases[i].rfc5322);
		buf_fini(&out);
	}
}

/* PostgreSQL refuses offsets of 16 hours and more; the instant is what counts. */
Test(moment, sql_tames_offsets)
{
	check_query("2020-01-01T05:00+15:59", "2020-01-01 05:00:00+15:59");
	check_query("2020-01-01T05:00+16:00", "2019-12-31 17:00:00+04:00");
	check_query("2020-02-29T23:00:01.5-23:30", "2020-03-01 11:00:01.500000-11:30");
	check_query("0001-01-01T05:00+23:00", "0001-01-01 05:00:00+11:00");
	check_query("9999-12-31T15:00-23:00", "9999-12-31 15:00:00-11:00");
}

Test(moment, compare)
{
	static const char *const sorted[] = {
		"2019-12-31 23:59:59", "2020-01-02 03:05:05", "2020-01-02 03:05:05.000001", "2020-01-02 03:05:06",
		"2020-01-02 03:06:00", "2020-01-02 04:00:00", "2020-01-03 00:00:00", "2020-02-01 00:00:00",
	};

	for (size_t i = 0; i < sizeof(sorted) / sizeof(*sorted); i++) {
		for (size_t k = 0; k < sizeof(sorted) / sizeof(*sorted); k++) {
			struct moment a, b;
			int order;

			cr_assert_eq(moment_parse_column(slice_str(sorted[i]), &a), 0);
			cr_assert_eq(moment_parse_column(slice_str(sorted[k]), &b), 0);
			order = moment_compare(&a, &b);
			cr_assert(i < k ? order < 0 : i > k ? order > 0 : order == 0);
		}
	}
}
