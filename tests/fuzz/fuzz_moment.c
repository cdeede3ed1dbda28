/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/moment.  Checked:
 *  - what a query value means is a date of the calendar; as a parameter it is
 *    read back as the same moment, offset included;
 *  - a column that is a date is shown as one that means the same, and what is
 *    shown of any other can do no harm;
 *  - the forms for mail have their fixed lengths.
 */
#include "config.h"

#include "proto/moment.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

enum { CTIME_LENGTH = 24, RFC5322_LENGTH = 31, SQL_OFFSET_LIMIT = 16 * 3600 };

static void
require_in_range(const struct moment *m)
{
	require(m->year >= 1 && m->year <= 9999 && m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= 31);
	require(m->hour >= 0 && m->hour <= 23 && m->minute >= 0 && m->minute <= 59);
	require(m->second >= 0 && m->second <= 59 && m->microsecond >= 0 && m->microsecond <= 999999);
	require(m->offset > -86400 && m->offset < 86400 && (m->has_offset || m->offset == 0));
}

static void
require_mail_forms(struct buf *out, const struct moment *m)
{
	buf_reset(out);
	moment_put_ctime(out, m);
	require(out->len == CTIME_LENGTH);
	buf_reset(out);
	moment_put_rfc5322(out, m);
	require(out->len == RFC5322_LENGTH);
}

static void
fuzz_query(struct buf *out, struct slice in)
{
	struct moment m, again;

	if (moment_parse_query(in, &m) == -1)
		return;
	require_in_range(&m);
	require_mail_forms(out, &m);
	buf_reset(out);
	moment_put_sql(out, &m);
	require(moment_parse_query(buf_as_slice(out), &again) == 0);
	require_in_range(&again);
	require(again.has_offset == m.has_offset);
	require(again.offset > -SQL_OFFSET_LIMIT && again.offset < SQL_OFFSET_LIMIT);
	if (m.offset > -SQL_OFFSET_LIMIT && m.offset < SQL_OFFSET_LIMIT)
		require(moment_compare(&m, &again) == 0 && m.offset == again.offset);
	require(moment_parse_column(buf_as_slice(out), &again) == 0);
}

static void
fuzz_column(struct buf *out, struct slice in)
{
	struct moment m, again;
	bool valid = moment_parse_column(in, &m) == 0;
	int shown;

	buf_reset(out);
	shown = moment_put_json(out, in);
	if (shown < 0)
		require(out->len == 0);
	else
		require(out->len == strlen("2020-01-02T03:05:05") || out->len == strlen("2020-01-02T03:05:05.123456"));
	for (size_t i = 0; i < out->len; i++)
		require(strchr("0123456789-T:.", out->data[i]) != NULL);
	if (!valid)
		return;
	require(shown == 0);
	require_in_range(&m);
	require(!m.has_offset);
	require(moment_parse_query(buf_as_slice(out), &again) == 0 && !again.has_offset);
	require(moment_compare(&m, &again) == 0);
	require_mail_forms(out, &m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(size > 0 ? (const char *)data : "", size);
	struct buf out = { 0 };

	fuzz_query(&out, in);
	fuzz_column(&out, in);
	buf_fini(&out);
	return 0;
}
