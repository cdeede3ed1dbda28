/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/validator.
 */
#include "config.h"

#include "proto/validator.h"

#include <stdio.h>

#include <criterion/criterion.h>

#include "base/buf.h"

#define OURS "\"0123456789abcdef0123456789abcdef-g\""

struct tag {
	char text[VALIDATOR_MAX];
	size_t n;
};

static struct tag
make(struct slice head, struct slice body, enum encoding encoding)
{
	struct tag tag;

	memset(tag.text, '#', sizeof(tag.text));
	tag.n = validator_make(tag.text, head, body, encoding);
	return tag;
}

static struct slice
tag_slice(const struct tag *tag)
{
	return slice_make(tag->text, tag->n);
}

static void
check_same(struct tag a, struct tag b, bool expected)
{
	cr_expect_eq(slice_eq(tag_slice(&a), tag_slice(&b)), expected, "%.*s and %.*s", SLICE_ARG(tag_slice(&a)),
	    SLICE_ARG(tag_slice(&b)));
}

/* By hand: printf '\0\0\0\0\0\0\0\4headbody' | sha256sum; every node and version must agree. */
Test(validator, known_tags)
{
	static const char digits[] = "8de77313fca7235491ea02774d343ee7";
	static const char *const ends[ENCODINGS] = { "\"", "-g\"", "-z\"" };

	for (int e = 0; e < ENCODINGS; e++) {
		struct tag tag = make(SLICE("head"), SLICE("body"), (enum encoding)e);
		char expected[64];

		snprintf(expected, sizeof(expected), "\"%.32s%s", digits, ends[e]);
		cr_expect(slice_is(tag_slice(&tag), expected), "%.*s", SLICE_ARG(tag_slice(&tag)));
	}
}

Test(validator, fits_and_writes_no_more)
{
	char out[VALIDATOR_MAX + 1];

	for (int e = 0; e < ENCODINGS; e++) {
		size_t n;

		memset(out, '#', sizeof(out));
		n = validator_make(out, SLICE("x"), SLICE("y"), (enum encoding)e);
		cr_expect_leq(n, (size_t)VALIDATOR_MAX);
		for (size_t i = n; i < sizeof(out); i++)
			cr_expect_eq(out[i], '#');
	}
}

Test(validator, equal_for_equal_bytes)
{
	char head[] = "Link: <x>", body[] = "[]";

	check_same(make(slice_str(head), slice_str(body), ENCODING_GZIP), make(SLICE("Link: <x>"), SLICE("[]"),
	    ENCODING_GZIP), true);
	check_same(make(SLICE_NONE, SLICE_NONE, ENCODING_IDENTITY), make(SLICE(""), SLICE(""), ENCODING_IDENTITY), true);
}

Test(validator, every_byte_counts)
{
	char head[] = "Link: <x>", body[] = "[1,2]";
	struct tag before = make(slice_str(head), slice_str(body), ENCODING_IDENTITY);

	for (size_t i = 0; i < strlen(head); i++) {
		head[i] ^= 1;
		check_same(before, make(slice_str(head), slice_str(body), ENCODING_IDENTITY), false);
		head[i] ^= 1;
	}
	for (size_t i = 0; i < strlen(body); i++) {
		body[i] ^= 1;
		check_same(before, make(slice_str(head), slice_str(body), ENCODING_IDENTITY), false);
		body[i] ^= 1;
	}
	check_same(before, make(slice_str(head), slice_str(body), ENCODING_IDENTITY), true);
	check_same(make(SLICE("a\0"), SLICE("b"), ENCODING_IDENTITY), make(SLICE("a"), SLICE("b"), ENCODING_IDENTITY),
	    false);
	check_same(make(SLICE("a"), SLICE("b\0"), ENCODING_IDENTITY), make(SLICE("a"), SLICE("b"), ENCODING_IDENTITY),
	    false);
}

/* The same bytes in all, parted at each place, NULs and separators among them. */
Test(validator, head_and_body_are_told_apart)
{
	static const char bytes[] = "\0\0\0\0\0\0\0\1\r\n\r\naa\0\0\0\0\0\0\0\2";
	struct tag tags[sizeof(bytes)];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		tags[i] = make(slice_make(bytes, i), slice_make(bytes + i, sizeof(bytes) - 1 - i), ENCODING_IDENTITY);
		for (size_t j = 0; j < i; j++)
			check_same(tags[i], tags[j], false);
	}
	check_same(make(SLICE("a"), SLICE("b"), ENCODING_IDENTITY), make(SLICE("b"), SLICE("a"), ENCODING_IDENTITY), false);
}

Test(validator, codings_differ_and_marks_change)
{
	for (int from = 0; from < ENCODINGS; from++) {
		struct tag tag = make(SLICE("head"), SLICE("body"), (enum encoding)from);

		for (int to = 0; to < ENCODINGS; to++) {
			struct tag expected = make(SLICE("head"), SLICE("body"), (enum encoding)to), got;

			check_same(tag, expected, from == to);
			got.n = validator_mark(got.text, tag_slice(&tag), (enum encoding)to);
			check_same(got, expected, true);
		}
	}
}

Test(validator, mark_in_place)
{
	struct tag tag = make(SLICE("head"), SLICE("body"), ENCODING_IDENTITY);

	tag.n = validator_mark(tag.text, tag_slice(&tag), ENCODING_ZSTD);
	check_same(tag, make(SLICE("head"), SLICE("body"), ENCODING_ZSTD), true);
	tag.n = validator_mark(tag.text, tag_slice(&tag), ENCODING_IDENTITY);
	check_same(tag, make(SLICE("head"), SLICE("body"), ENCODING_IDENTITY), true);
}

static void
check_match(const char *value, bool expected)
{
	cr_expect_eq(validator_none_match(slice_str(value), SLICE(OURS)), expected, "If-None-Match: %s",
	    value ? value : "(absent)");
}

Test(validator, one_tag)
{
	check_match(NULL, false);
	check_match("", false);
	check_match(OURS, true);
	check_match("W/" OURS, true);
	check_match("  " OURS "\t ", true);
	check_match("\"\"", false);
	check_match("\"0123456789abcdef0123456789abcdef\"", false);
	check_match("\"0123456789abcdef0123456789abcdef-z\"", false);
	check_match("\"0123456789ABCDEF0123456789ABCDEF-G\"", false);
	check_match("\"0123456789abcdef0123456789abcdef-g", false);
	check_match("0123456789abcdef0123456789abcdef-g", false);
	check_match("w/" OURS, false);
	check_match("W/ " OURS, false);
	check_match("W" OURS, false);
	check_match("W/W/" OURS, false);
	check_match("/" OURS, false);
}

Test(validator, star)
{
	check_match("*", true);
	check_match(" \t* ", true);
	check_match("\"*\"", false);
	check_match("W/*", false);
	check_match("**", false);
	/* "*" stands alone, or is nothing. */
	check_match("*, \"a\"", false);
	check_match("\"a\", *", false);
	check_match("*, " OURS, false);
	check_match(OURS ", *", true);
	cr_assert(validator_none_match(SLICE("*"), SLICE_NONE));
	cr_assert_not(validator_none_match(SLICE(OURS), SLICE_NONE));
	cr_assert_not(validator_none_match(SLICE(""), SLICE_NONE));
}

Test(validator, lists)
{
	check_match("\"a\", " OURS, true);
	check_match("\"a\"," OURS ",\"b\"", true);
	check_match("W/\"a\" \t, W/" OURS " , \"b\"", true);
	check_match("\"a\", \"b\", W/\"c\"", false);
	check_match("\"\", \"\", " OURS, true);
	check_match(OURS "," OURS, true);
}

Test(validator, empty_elements)
{
	check_match(",", false);
	check_match(" , ,\t,", false);
	check_match("," OURS, true);
	check_match(", ,\t, " OURS ",,", true);
	check_match("\"a\",,, ," OURS, true);
	check_match("\"a\",", false);
}

Test(validator, commas_and_backslashes_in_quotes)
{
	check_match("\"a,b\", " OURS, true);
	check_match("\",\", \",,\", " OURS, true);
	check_match("\"W/\", " OURS, true);
	check_match("\"a\\\", " OURS, true);
	check_match("\"\\\\\", " OURS, true);
	/* What looks like our tag within another's quotes. */
	check_match("\"x," OURS, false);
	check_match("\"x,0123456789abcdef0123456789abcdef-g\"", false);
}

Test(validator, what_cannot_be_read_ends_the_list)
{
	static const char *const garbage[] = {
		"\"open", "\"", "\"open, ", "bare", "'a'", "W/", "W", "W/bare", "*", "\"a\"\"b\"", "\"a\" \"b\"", "\"a\"x",
		"\"a\";", "\"a b\"", "\"a\tb\"", "\"a\x01\"", "\"a\x7f\"", "\"a\r\"", "\x80", "=",
	};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		char value[256];

		snprintf(value, sizeof(value), "%s, %s", garbage[i], OURS);
		check_match(value, false);
		snprintf(value, sizeof(value), "%s, %s", OURS, garbage[i]);
		check_match(value, true);
	}
	check_match(OURS OURS, true);
	check_match(OURS "x", true);
	check_match("\"a\"" OURS, false);
	check_match("\"a\" " OURS, false);
	cr_assert_not(validator_none_match(SLICE("\"a\0b\", " OURS), SLICE(OURS)));
	cr_assert_not(validator_none_match(SLICE("\0" OURS), SLICE(OURS)));
	cr_assert(validator_none_match(SLICE(OURS "\0"), SLICE(OURS)));
}

/* Every byte that etagc has, and no other, may stand in somebody else's tag. */
Test(validator, bytes_of_other_tags)
{
	for (int c = 0; c < 256; c++) {
		char value[] = "\"a?b\", " OURS;
		bool fine = c == 0x21 || (c >= 0x23 && c <= 0x7e) || c >= 0x80;

		value[2] = (char)c;
		cr_expect_eq(validator_none_match(slice_make(value, sizeof(value) - 1), SLICE(OURS)), fine, "byte %d", c);
	}
}

Test(validator, long_headers)
{
	static const char *const pieces[] = { ",", " ", "\"a\",", "W/\"\", ", "\"\xff,\" ,\t," };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf value = { 0 };

		while (value.len < 16 * 1024)
			buf_str(&value, pieces[i]);
		cr_expect_not(validator_none_match(buf_as_slice(&value), SLICE(OURS)));
		buf_str(&value, OURS);
		cr_expect(validator_none_match(buf_as_slice(&value), SLICE(OURS)), "16 KiB of %s", pieces[i]);
		buf_fini(&value);
	}
}

/* The header ends where memory does: a read behind it is seen by the sanitizer. */
Test(validator, every_prefix)
{
	static const char whole[] = ", W/\"a,b\" ,\"\", W/" OURS;

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, whole, n);
		cr_expect_eq(validator_none_match(slice_make(copy, n), SLICE(OURS)), n >= sizeof(whole) - 1, "%zu bytes", n);
		free(copy);
	}
}
