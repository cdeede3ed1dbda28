/* SPDX-License-Identifier: MIT
 *
 * See object.h.
 */
#include "config.h"

#include "proto/object.h"

#include <assert.h>

#include <msgpack.h>

enum {
	FIXED_ARRAY = 0x90, FIXED_ARRAY_MAX = 15, ARRAY16 = 0xdc,
	NIL = 0xc0, FIXED_STRING = 0xa0, FIXED_STRING_LAST = 0xbf, STRING8 = 0xd9, STRING32 = 0xdb
};

static int
append(void *out, const char *p, size_t n)
{
	buf_add(out, p, n);
	return 0;
}

void
object_encode(struct buf *out, const struct slice *cells, size_t count)
{
	msgpack_packer packer;

	assert(count <= OBJECT_CELLS_MAX);
	buf_byte(out, OBJECT_FORMAT);
	msgpack_packer_init(&packer, out, append);
	(void)msgpack_pack_array(&packer, count);
	for (size_t i = 0; i < count; i++) {
		if (cells[i].p == NULL)
			(void)msgpack_pack_nil(&packer);
		else
			(void)msgpack_pack_str_with_body(&packer, cells[i].p, cells[i].n);
	}
}

static unsigned char
byte_at(struct slice bytes, size_t at)
{
	return at < bytes.n ? (unsigned char)bytes.p[at] : 0;
}

/*
 * The library would take an array's word for its length and make room for it,
 * whatever follows: so the head is compared with the only ones it may be.
 */
static bool
skip_head(struct slice *bytes, size_t count)
{
	size_t n;

	if (count <= FIXED_ARRAY_MAX) {
		if (byte_at(*bytes, 1) != (FIXED_ARRAY | count))
			return false;
		n = 2;
	} else {
		if (byte_at(*bytes, 1) != ARRAY16 || byte_at(*bytes, 2) != 0 || byte_at(*bytes, 3) != count)
			return false;
		n = 4;
	}
	if (bytes->n < n || byte_at(*bytes, 0) != OBJECT_FORMAT)
		return false;
	*bytes = slice_from(*bytes, n);
	return true;
}

/* Nil or a string, for which the library needs no memory. */
static bool
is_cell(unsigned char first)
{
	return first == NIL || (first >= FIXED_STRING && first <= FIXED_STRING_LAST) ||
	    (first >= STRING8 && first <= STRING32);
}

static bool
take_cell(struct slice *bytes, msgpack_zone *zone, struct slice *cell)
{
	msgpack_unpack_return result;
	msgpack_object object;
	size_t used = 0;

	if (bytes->n == 0 || !is_cell((unsigned char)bytes->p[0]))
		return false;
	result = msgpack_unpack(bytes->p, bytes->n, &used, zone, &object);
	if (result != MSGPACK_UNPACK_SUCCESS && result != MSGPACK_UNPACK_EXTRA_BYTES)
		return false;
	*cell = SLICE_NONE;
	/* of an empty string the library does not tell where it is */
	if (object.type == MSGPACK_OBJECT_STR)
		*cell = slice_make(object.via.str.size > 0 ? object.via.str.ptr : bytes->p + used, object.via.str.size);
	*bytes = slice_from(*bytes, used);
	return true;
}

bool
object_decode(struct slice bytes, struct slice *cells, size_t count)
{
	msgpack_zone zone;
	size_t taken = 0;

	if (count > OBJECT_CELLS_MAX || !skip_head(&bytes, count) || !msgpack_zone_init(&zone, 64))
		return false;
	while (taken < count && take_cell(&bytes, &zone, &cells[taken]))
		taken++;
	msgpack_zone_destroy(&zone);
	return taken == count && bytes.n == 0;
}
