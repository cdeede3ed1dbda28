/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/checks and proto/diff_hash.  Checked:
 *  - a slug is one, or nothing, and stays what it is when it is made again;
 *  - what is a URL has one of the schemes and no white space;
 *  - a diff's hash does not depend on carriage returns.
 */
#include "config.h"

#include "proto/checks.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/diff_hash.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static void
check_slug(struct slice text)
{
	struct buf once = { 0 }, twice = { 0 };

	text_slugify(&once, text);
	require(once.len == 0 || text_is_slug(buf_as_slice(&once)));
	text_slugify(&twice, buf_as_slice(&once));
	require(slice_eq(buf_as_slice(&once), buf_as_slice(&twice)));
	buf_fini(&once);
	buf_fini(&twice);
}

static void
check_url(struct slice text)
{
	size_t n;

	if (!text_is_url(text))
		return;
	require((text.p[0] | 0x20) == 'h' || (text.p[0] | 0x20) == 'f');
	for (; text.n > 0; text = slice_from(text, n))
		require(!text_is_space(utf8_decode(text, &n)));
}

static void
check_hash(struct slice diff)
{
	char plain[DIFF_HASH_MAX], other[DIFF_HASH_MAX];
	struct buf with = { 0 };

	for (size_t i = 0; i < diff.n; i++) {
		if (diff.p[i] == '\n')
			buf_byte(&with, '\r');
		buf_byte(&with, diff.p[i]);
	}
	diff_hash(plain, diff);
	diff_hash(other, buf_as_slice(&with));
	require(strcmp(plain, other) == 0);
	buf_fini(&with);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice bytes = slice_make(size > 0 ? (const char *)data : "", size);
	struct slice text = utf8_repair(arena, bytes);

	check_slug(text);
	check_url(text);
	check_hash(bytes);
	require(text_length(text) <= text.n);
	arena_free(&arena);
	return 0;
}
