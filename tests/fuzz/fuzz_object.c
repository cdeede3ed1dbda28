/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/object.  The first byte of the input is the number of
 * columns asked for, the rest an object.  Checked:
 *  - what is read lies within the bytes;
 *  - it is read only with that number of columns;
 *  - written again and read again it is the same;
 *  - not a byte less and not a byte more is the same object.
 */
#include "config.h"

#include "proto/object.h"

#include "tests/fuzz/fuzz.h"

static void
check_cells(struct slice bytes, const struct slice *cells, size_t count)
{
	const char *at = bytes.p;

	for (size_t i = 0; i < count; i++) {
		if (cells[i].p == NULL) {
			require(cells[i].n == 0);
			continue;
		}
		require(cells[i].p > at && cells[i].n <= (size_t)(bytes.p + bytes.n - cells[i].p));
		at = cells[i].p + cells[i].n - 1;
	}
}

static void
check_again(const struct slice *cells, size_t count)
{
	struct slice again[OBJECT_CELLS_MAX];
	struct buf bytes = { 0 };

	object_encode(&bytes, cells, count);
	require(object_decode(buf_as_slice(&bytes), again, count));
	for (size_t i = 0; i < count; i++)
		require((cells[i].p == NULL) == (again[i].p == NULL) && slice_eq(cells[i], again[i]));
	bytes.len--;
	require(!object_decode(buf_as_slice(&bytes), again, count));
	bytes.len++;
	buf_byte(&bytes, (char)0xc0);
	require(!object_decode(buf_as_slice(&bytes), again, count));
	buf_fini(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice cells[OBJECT_CELLS_MAX], others[OBJECT_CELLS_MAX];
	struct slice bytes;
	char *memory;
	size_t count;

	if (size == 0)
		return 0;
	count = data[0];
	/* memory of exactly that size, so that a byte too far is noticed */
	memory = malloc(size - 1);
	require(memory != NULL);
	memcpy(memory, data + 1, size - 1);
	bytes = slice_make(memory, size - 1);
	if (object_decode(bytes, cells, count)) {
		check_cells(bytes, cells, count);
		check_again(cells, count);
		require(!object_decode(bytes, others, count + 1));
		require(count == 0 || !object_decode(bytes, others, count - 1));
		require(!object_decode(slice_make(bytes.p, bytes.n - 1), others, count));
	}
	free(memory);
	return 0;
}
