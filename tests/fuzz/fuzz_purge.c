/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of worker/purge.  The input is the body of POST /purge.  Checked:
 *  - it is either refused with a sentence or asks for everything or for tags;
 *  - never for more tags than may be, nor for more than it has commas;
 *  - blanks around it make no difference.
 */
#include "config.h"

#include "worker/purge.h"

#include "base/arena.h"
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
require_same(struct slice body, const struct purge *expected, int expected_status)
{
	struct arena *arena = arena_new();
	struct purge purge;
	const char *error = NULL;

	require(purge_parse(arena, body, &purge, &error) == expected_status);
	if (expected_status == 0) {
		require(purge.all == expected->all && purge.tag_count == expected->tag_count);
		for (size_t i = 0; i < purge.tag_count; i++)
			require(purge.tags[i] == expected->tags[i]);
	}
	arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_make(size > 0 ? (const char *)data : "", size);
	struct arena *arena = arena_new();
	struct buf padded = { 0 };
	struct purge purge;
	const char *error = NULL;
	size_t commas = 0;
	int status = purge_parse(arena, body, &purge, &error);

	for (size_t i = 0; i < body.n; i++)
		commas += body.p[i] == ',';
	require((status == 0) == (error == NULL));
	if (status == 0) {
		require(purge.all == (purge.tag_count == 0));
		require(purge.tag_count <= PURGE_TAGS_MAX && purge.tag_count <= commas + 1);
	}
	if (body.n + 4 <= PURGE_BODY_MAX) {
		buf_str(&padded, " \t");
		buf_slice(&padded, body);
		buf_str(&padded, "\r\n");
		require_same(buf_as_slice(&padded), &purge, status);
	}
	buf_fini(&padded);
	arena_free(&arena);
	return 0;
}
