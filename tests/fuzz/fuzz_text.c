/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/text.  Checked:
 *  - the decoder advances, and what it reads encodes to what was read unless it
 *    was replaced; repaired text is valid, and valid text is left alone;
 *  - stripping leaves no white space at the ends and takes nothing else;
 *  - an integer is the same with white space around it and when printed;
 *  - search terms hold no more than `q` did, and no white space unless quoted;
 *  - a LIKE pattern undone is the literal; a file name is one and stays as it is.
 */
#include "config.h"

#include "proto/text.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
fuzz_utf8(struct arena *arena, struct slice in)
{
	struct slice repaired = utf8_repair(arena, in), rest = in;
	struct buf again = { 0 };
	size_t n;

	while (rest.n > 0) {
		utf8_encode(&again, utf8_decode(rest, &n));
		require(n >= 1 && n <= 4 && n <= rest.n);
		rest = slice_from(rest, n);
	}
	require(slice_eq(buf_as_slice(&again), repaired));
	require(utf8_valid(repaired) && utf8_valid(in) == slice_eq(in, repaired));
	buf_fini(&again);
}

static bool
space_at(struct slice s, size_t offset)
{
	size_t n;

	return text_is_space(utf8_decode(slice_from(s, offset), &n));
}

/* The first byte of the last character of valid text. */
static size_t
last_at(struct slice s)
{
	size_t i = s.n - 1;

	while (i > 0 && ((unsigned char)s.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

static void
fuzz_strip(struct slice text)
{
	struct slice inner = text_strip(text);
	size_t front = (size_t)(inner.p - text.p);

	require(front + inner.n <= text.n);
	if (inner.n > 0)
		require(!space_at(inner, 0) && !space_at(inner, last_at(inner)));
	for (size_t i = 0, n; i < text.n; i += n) {
		bool space = text_is_space(utf8_decode(slice_from(text, i), &n));

		require(space || (i >= front && i + n <= front + inner.n));
	}
}

static void
fuzz_integer(struct arena *arena, struct slice text)
{
	int64_t value = 0, again = 0;
	int result = text_integer(text, &value);
	char *padded = arena_printf(arena, " \t%.*s\xe2\x80\xa8", SLICE_ARG(text));

	if (memchr(text.p, '\0', text.n) == NULL) {
		require(text_integer(slice_str(padded), &again) == result);
		require(again == value);
	}
	if (result == 1) {
		require(text_integer(slice_str(arena_printf(arena, "%" PRId64, value)), &again) == 1);
		require(again == value);
	}
}

static void
fuzz_terms(struct arena *arena, struct slice text)
{
	bool quotes = slice_index(text, '"') >= 0 || slice_index(text, '\'') >= 0;
	struct text_terms terms;
	size_t total = 0;

	text_search_terms(arena, text, &terms);
	for (size_t i = 0; i < terms.count; i++) {
		struct slice term = terms.term[i];

		require(term.p != NULL && utf8_valid(term));
		total += term.n;
		if (quotes)
			continue;
		require(term.n > 0 && slice_index(term, ',') < 0);
		for (size_t at = 0, n; at < term.n; at += n)
			require(!text_is_space(utf8_decode(slice_from(term, at), &n)));
	}
	require(total <= text.n && terms.count <= text.n);
}

static void
fuzz_like(struct arena *arena, struct slice text)
{
	struct slice like = text_like(arena, text, false), around = text_like(arena, text, true);
	struct buf literal = { 0 };

	for (size_t i = 0; i < like.n; i++) {
		require(like.p[i] != '%' && like.p[i] != '_');
		if (like.p[i] == '\\')
			require(++i < like.n);
		buf_byte(&literal, like.p[i]);
	}
	require(slice_eq(buf_as_slice(&literal), text));
	require(around.n == like.n + 2 && around.p[0] == '%' && around.p[around.n - 1] == '%');
	require(slice_eq(slice_make(around.p + 1, like.n), like));
	buf_fini(&literal);
}

static void
fuzz_file_name(struct slice text)
{
	struct buf name = { 0 }, again = { 0 };

	buf_str(&name, "-x-");	/* what was there stays */
	text_file_name(&name, text);
	require(slice_has_prefix(buf_as_slice(&name), SLICE("-x-")));
	for (size_t i = 0; i < name.len; i++)
		require(strchr("-_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", name.data[i]) != NULL &&
		    name.data[i] != '\0');
	require(name.len == 3 || (name.data[3] != '-' && name.data[name.len - 1] != '-'));
	text_file_name(&again, slice_make(name.data + 3, name.len - 3));
	require(slice_eq(buf_as_slice(&again), slice_make(name.data + 3, name.len - 3)));
	buf_fini(&name);
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice in = slice_make((const char *)data, size), text;

	fuzz_utf8(arena, in);
	text = utf8_repair(arena, in);
	if (size > 0) {
		fuzz_strip(text);
		fuzz_integer(arena, text);
	}
	fuzz_terms(arena, text);
	fuzz_like(arena, text);
	fuzz_file_name(text);
	arena_free(&arena);
	return 0;
}
