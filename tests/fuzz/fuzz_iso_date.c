/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/iso_date.  What is read is within the calendar, and shown
 * and read again it is the same.
 */
#include "config.h"

#include "proto/iso_date.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iso_date date, again;
	struct buf out = { 0 };

	if (iso_date_parse(slice_make((const char *)data, size), &date) < 0)
		return 0;
	require(date.offset > -86400 && date.offset < 86400 && date.offset % 60 == 0);
	iso_date_put(&out, date);
	require(out.len == (date.offset == 0 ? 20 : 25));
	require(iso_date_parse(buf_as_slice(&out), &again) == 0);
	require(again.instant == date.instant && again.offset == date.offset);
	buf_reset(&out);
	iso_date_put_mail(&out, date);
	require(out.len == 31);
	buf_fini(&out);
	return 0;
}
