/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/validator.  The input is taken as an If-None-Match
 * header, as a recipe for one, and as what a tag is made of.  Checked:
 *  - a tag has the form that the header tells, is equal for equal bytes only,
 *    wherever they are parted into head and body, and takes any mark;
 *  - in front of any header a tag is found, weak or strong, and another there
 *    changes nothing but for "*"; what is found stays found whatever follows;
 *  - a header that is put together from pieces, readable or not, names the tag
 *    just if one of the pieces does before the first that cannot be read.
 */
#include "config.h"

#include "proto/validator.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
require_form(struct slice tag, enum encoding encoding)
{
	static const char *const ends[ENCODINGS] = { "\"", "-g\"", "-z\"" };

	require(tag.n <= VALIDATOR_MAX && tag.p[0] == '"');
	require(slice_is(slice_from(tag, 1 + VALIDATOR_DIGEST), ends[encoding]));
	for (size_t i = 1; i <= VALIDATOR_DIGEST; i++)
		require((tag.p[i] >= '0' && tag.p[i] <= '9') || (tag.p[i] >= 'a' && tag.p[i] <= 'f'));
}

/* The tag of the bytes, parted at `place`. */
static struct slice
make_parted(char *out, struct slice bytes, size_t place, enum encoding encoding)
{
	return slice_make(out, validator_make(out, slice_make(bytes.p, place), slice_from(bytes, place), encoding));
}

static void
check_tags(struct slice bytes)
{
	char first[VALIDATOR_MAX], other[VALIDATOR_MAX], marked[VALIDATOR_MAX];
	size_t place = bytes.n > 0 ? (unsigned char)bytes.p[0] % (bytes.n + 1) : 0;
	struct slice tag = make_parted(first, bytes, place, ENCODING_IDENTITY);

	require_form(tag, ENCODING_IDENTITY);
	for (size_t i = 0; i <= bytes.n && i < 64; i++)
		require(slice_eq(make_parted(other, bytes, i, ENCODING_IDENTITY), tag) == (i == place));
	for (int e = 0; e < ENCODINGS; e++) {
		struct slice made = make_parted(other, bytes, place, (enum encoding)e);

		require_form(made, (enum encoding)e);
		for (int to = 0; to < ENCODINGS; to++) {
			struct slice got = slice_make(marked, validator_mark(marked, made, (enum encoding)to));

			require_form(got, (enum encoding)to);
			require(slice_eq(got, made) == (e == to));
			require(memcmp(got.p, tag.p, 1 + VALIDATOR_DIGEST) == 0);
		}
	}
}

static bool
match_joined(const char *before, struct slice tag, struct slice header, struct slice behind, struct slice validator)
{
	struct buf value = { 0 };
	bool matches;

	buf_str(&value, before);
	buf_slice(&value, tag);
	buf_slice(&value, header);
	buf_slice(&value, behind);
	matches = validator_none_match(buf_as_slice(&value), validator);
	buf_fini(&value);
	return matches;
}

static void
check_header(struct slice header, struct slice validator)
{
	bool matches = validator_none_match(header, validator);
	bool star = slice_is(slice_trim(header, " \t"), "*");

	require(!star || matches);
	require(match_joined("", validator, header, SLICE_NONE, validator));
	require(match_joined("\t,W/", validator, header, SLICE_NONE, validator));
	require(match_joined("\"a,\\\xff\", ,", SLICE_NONE, header, SLICE_NONE, validator) == (matches && !star));
	require(match_joined("\"open, ", validator, SLICE_NONE, SLICE_NONE, validator) == false);
	if (star)
		return;
	require(!matches || match_joined("", SLICE_NONE, header, header, validator));
	require(!matches || match_joined("", SLICE_NONE, header, SLICE("\"*"), validator));
	/* Nothing is found in less than the tag itself. */
	require(!matches || header.n >= validator.n);
}

static void
check_recipe(struct slice recipe, struct slice validator)
{
	static const struct {
		const char *text;
		bool readable;
	} pieces[] = {
		{ "\"a\"", true }, { "W/\"b\"", true }, { "\"\"", true }, { "\"x,y\\\"", true }, { "\"\x80\xff!~\"", true },
		{ "", true }, { " ", true }, { "\t", true }, { "\"0 1\"", false }, { "*", false }, { "W/ \"a\"", false },
		{ "a", false }, { "\"a\"\"b\"", false }, { "\"\x7f\"", false },
	};
	enum { PIECES = sizeof(pieces) / sizeof(*pieces), STRONG = PIECES, WEAK, KINDS };
	struct buf value = { 0 };
	bool expected = false, readable = true;

	/* The empty piece keeps a lone "*" from being the header. */
	buf_byte(&value, ',');
	for (size_t i = 0; i < recipe.n; i++) {
		unsigned kind = (unsigned char)recipe.p[i] % KINDS;

		if (kind < PIECES) {
			buf_str(&value, pieces[kind].text);
			readable = readable && pieces[kind].readable;
		} else {
			buf_str(&value, kind == WEAK ? "W/" : "");
			buf_slice(&value, validator);
			expected = expected || readable;
		}
		buf_str(&value, (unsigned char)recipe.p[i] >= 0x80 ? " ,\t" : ",");
	}
	require(validator_none_match(buf_as_slice(&value), validator) == expected);
	buf_fini(&value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_make(size > 0 ? (const char *)data : "", size);
	char out[VALIDATOR_MAX];
	size_t n = validator_make(out, SLICE("head"), SLICE("body"), ENCODING_GZIP);

	check_tags(input);
	check_header(input, slice_make(out, n));
	/* No mutator comes upon our digits, but upon this. */
	check_header(input, SLICE("\"a\""));
	check_recipe(input, slice_make(out, n));
	return 0;
}
