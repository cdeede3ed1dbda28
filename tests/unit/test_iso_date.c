/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/iso_date, and of the seconds of proto/moment.
 */
#include "config.h"

#include "proto/iso_date.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "proto/moment.h"

static char shown[128];

/* As it is shown, or "bad". */
static const char *
parse(const char *text, bool mail)
{
	struct iso_date date;
	struct buf out = { 0 };

	if (iso_date_parse(slice_str(text), &date) < 0)
		return "bad";
	if (mail)
		iso_date_put_mail(&out, date);
	else
		iso_date_put(&out, date);
	cr_assert_lt(out.len, sizeof(shown));
	memcpy(shown, out.data, out.len);
	shown[out.len] = '\0';
	buf_fini(&out);
	return shown;
}

Test(iso_date, what_is_taken)
{
	static const char *const cases[][2] = {
		{ "2024-05-04T09:15:00+02:00", "2024-05-04T09:15:00+02:00" },
		{ "2024-05-04 09:15:00+0200", "2024-05-04T09:15:00+02:00" },
		{ "2024-05-04T07:20:00+00:00", "2024-05-04T07:20:00Z" },
		{ "2024-05-04T07:20:00-00:00", "2024-05-04T07:20:00Z" },
		{ "  2024-05-04T07:20Z\n", "2024-05-04T07:20:00Z" },
		{ "20240504T0720z", "2024-05-04T07:20:00Z" },
		{ "20240504x072001.999-0930", "2024-05-04T07:20:01-09:30" },
		{ "2024-05-04-07:20:01,5+05", "2024-05-04T07:20:01+05:00" },
		{ "2024-05-04T07:20:01", "2024-05-04T07:20:01Z" },
		{ "2024-02-29T00:00:00+23:59", "2024-02-29T00:00:00+23:59" },
		{ "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00" },
		{ "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59" },
		{ "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(parse(cases[i][0], false), cases[i][1], "%s", cases[i][0]);
}

Test(iso_date, what_is_not)
{
	static const char *const cases[] = {
		"", " ", "garbage", "Sat, 5 Mar 2011 19:46:54 -0600", "Jun 1 1990", "2024-05-04 09:15:00 +0200", "2024-05-04",
		"2024-13-04T09:15:00Z", "2024-02-30T09:15:00Z", "2023-02-29T09:15:00Z", "2024-05-04T24:00:00Z", "2024-05-04T09:60:00Z",
		"2024-05-04T09:15:60Z", "1714807200", "2024-05-04T09", "2024-05-04T9:15", "2024-05-04T09:15:00.Z", "2024-05-04T09:15:00+24:00",
		"2024-05-04T09:15:00+02:60", "2024-05-04T09:15:00+2", "2024-05-04T09:15:00+02:", "2024-05-04T09:15:00Zx", "2024-0504T09:15Z",
		"202405-04T09:15Z", "2024-05-0409:15Z", "0000-05-04T09:15Z", "2024-05-04\303\25109:15Z", "2024-05-04T09:1500Z",
		"-2024-05-04T09:15Z", "2024-W18-6T09:15Z", "2024-125T09:15Z", "2024-05-04T09:15:0",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(parse(cases[i], false), "bad", "%s", cases[i]);
}

Test(iso_date, the_instant)
{
	struct iso_date date;

	cr_assert_eq(iso_date_parse(SLICE("1970-01-01T00:00:00Z"), &date), 0);
	cr_assert_eq(date.instant, 0);
	cr_assert_eq(iso_date_parse(SLICE("2024-05-04T09:15:00+02:00"), &date), 0);
	cr_assert_eq(date.instant, 1714806900);
	cr_assert_eq(date.offset, 7200);
	cr_assert_eq(iso_date_parse(SLICE("1969-12-31T19:00:00-05:00"), &date), 0);
	cr_assert_eq(date.instant, 0);
}

Test(iso_date, for_mails)
{
	cr_assert_str_eq(parse("2024-05-04T09:15:00+02:00", true), "Sat, 04 May 2024 09:15:00 +0200");
	cr_assert_str_eq(parse("2024-12-31T23:59:59-09:30", true), "Tue, 31 Dec 2024 23:59:59 -0930");
	cr_assert_str_eq(parse("2024-05-04T09:15:00Z", true), "Sat, 04 May 2024 09:15:00 +0000");
}

Test(iso_date, beyond_the_calendar)
{
	struct moment m;

	moment_from_seconds(INT64_MIN, &m);
	cr_assert(m.year == 1 && m.month == 1 && m.day == 1 && m.hour == 0);
	moment_from_seconds(INT64_MAX, &m);
	cr_assert(m.year == 9999 && m.month == 12 && m.day == 31 && m.second == 59);
}
