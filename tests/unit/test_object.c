/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/object.
 */
#include "config.h"

#include "proto/object.h"

#include <criterion/criterion.h>

static char noise[70000];

static struct buf
encoded(const struct slice *cells, size_t count)
{
	struct buf bytes = { 0 };

	object_encode(&bytes, cells, count);
	return bytes;
}

static bool
comes_back(const struct slice *cells, size_t count)
{
	struct slice got[OBJECT_CELLS_MAX];
	struct buf bytes = encoded(cells, count);
	bool same = object_decode(buf_as_slice(&bytes), got, count);

	for (size_t i = 0; same && i < count; i++)
		same = (got[i].p == NULL) == (cells[i].p == NULL) && slice_eq(got[i], cells[i]);
	buf_fini(&bytes);
	return same;
}

Test(object, what_it_looks_like)
{
	const struct slice cells[] = { SLICE("42"), SLICE_NONE, SLICE(""), SLICE("\xc3\xa9\0\xff") };
	struct buf bytes = encoded(cells, 4);

	cr_expect(slice_eq(buf_as_slice(&bytes), SLICE("\x01\x94\xa2" "42" "\xc0\xa0\xa4\xc3\xa9\0\xff")));
	buf_fini(&bytes);
}

Test(object, cells_come_back)
{
	static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 65535, 65536, sizeof(noise) };
	struct slice cells[OBJECT_CELLS_MAX];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 7 + i / 256);
	for (size_t count = 0; count <= OBJECT_CELLS_MAX; count++) {
		for (size_t i = 0; i < count; i++)
			cells[i] = i % 5 == 3 ? SLICE_NONE : slice_make(noise + i, i);
		cr_assert(comes_back(cells, count), "%zu cells", count);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		cells[0] = slice_make(noise, lengths[i]);
		cr_expect(comes_back(cells, 1), "a cell of %zu bytes", lengths[i]);
	}
}

Test(object, nothing_else_is_one)
{
	const struct slice cells[] = { SLICE("7"), SLICE("Ada Example"), SLICE_NONE };
	struct slice got[OBJECT_CELLS_MAX];
	struct buf bytes = encoded(cells, 3);

	cr_assert(object_decode(buf_as_slice(&bytes), got, 3));
	for (size_t count = 0; count <= OBJECT_CELLS_MAX + 1; count++)
		cr_expect(object_decode(buf_as_slice(&bytes), got, count) == (count == 3), "%zu columns", count);
	for (size_t n = 0; n < bytes.len; n++)
		cr_expect_not(object_decode(slice_make(bytes.data, n), got, 3), "cut to %zu bytes", n);
	buf_byte(&bytes, (char)0xc0);
	cr_expect_not(object_decode(buf_as_slice(&bytes), got, 3), "a byte too many");
	bytes.len--;
	bytes.data[0]++;
	cr_expect_not(object_decode(buf_as_slice(&bytes), got, 3), "another format");
	buf_fini(&bytes);
}

/* Heads that promise more than there is, and values of other types. */
Test(object, nothing_is_taken_at_its_word)
{
	static const struct slice bad[] = {
		SLICE("\x01\x91\xdb\xff\xff\xff\xff" "a"), SLICE("\x01\x91\xda\xff\xff" "a"), SLICE("\x01\x91\xd9\x02" "a"),
		SLICE("\x01\xdd\xff\xff\xff\xff"), SLICE("\x01\xdd\0\0\0\x01\xc0"), SLICE("\x01\xdc\0\x01\xc0"),
		SLICE("\x01\x91\xdd\xff\xff\xff\xff"), SLICE("\x01\x91\xdf\xff\xff\xff\xff"), SLICE("\x01\x91\x91\xc0"),
		SLICE("\x01\x91\xc6\xff\xff\xff\xff"), SLICE("\x01\x91\xc4\x01" "a"), SLICE("\x01\x91\x07"), SLICE("\x01\x91\xc1"),
		SLICE("\x01\x91\xc3"), SLICE("\x01\x91\xcb\0\0\0\0\0\0\0\0"), SLICE("\x01\x91\x80"),
		SLICE("\x01\x81\xc0\xc0"), SLICE("\x01\x91"),
	};
	struct slice got[OBJECT_CELLS_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(object_decode(bad[i], got, 1), "number %zu", i);
}
