/* SPDX-License-Identifier: MIT
 *
 * Unit tests of proto/text.
 */
#include "config.h"

#include "proto/text.h"

#include <time.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REPLACED "\xef\xbf\xbd"

struct pair {
	const char *in, *out;
};

static void
check(struct slice got, const char *want, const char *of)
{
	cr_assert(got.p != NULL && slice_is(got, want), "'%s' gave '%.*s', wanted '%s'", of, SLICE_ARG(got), want);
}

Test(utf8, decode)
{
	static const struct {
		const char *in;
		uint32_t code;
		size_t length;
	} cases[] = {
		{ "a", 'a', 1 },
		{ "\x7f", 0x7f, 1 },
		{ "\xc2\x80", 0x80, 2 },
		{ "\xdf\xbf", 0x7ff, 2 },
		{ "\xe0\xa0\x80", 0x800, 3 },
		{ "\xed\x9f\xbf", 0xd7ff, 3 },
		{ "\xee\x80\x80", 0xe000, 3 },
		{ "\xef\xbf\xbd", 0xfffd, 3 },
		{ "\xef\xbf\xbf", 0xffff, 3 },
		{ "\xf0\x90\x80\x80", 0x10000, 4 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff, 4 },
		/* invalid: U+FFFD and the maximal subpart */
		{ "\x80", 0xfffd, 1 },
		{ "\xbf", 0xfffd, 1 },
		{ "\xc0\x80", 0xfffd, 1 },
		{ "\xc1\xbf", 0xfffd, 1 },
		{ "\xc2", 0xfffd, 1 },
		{ "\xc2x", 0xfffd, 1 },
		{ "\xe0\x9f\xbf", 0xfffd, 1 },
		{ "\xe2\x82", 0xfffd, 2 },
		{ "\xe2\x82x", 0xfffd, 2 },
		{ "\xed\xa0\x80", 0xfffd, 1 },
		{ "\xf0\x8f\xbf\xbf", 0xfffd, 1 },
		{ "\xf0\x9f\x98", 0xfffd, 3 },
		{ "\xf0\x9f", 0xfffd, 2 },
		{ "\xf4\x90\x80\x80", 0xfffd, 1 },
		{ "\xf5\x80\x80\x80", 0xfffd, 1 },
		{ "\xff", 0xfffd, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].in), length;
		char *exact = memcpy(malloc(n), cases[i].in, n);
		uint32_t code = utf8_decode(slice_make(exact, n), &length);

		cr_assert_eq(code, cases[i].code, "case %zu: U+%04X", i, code);
		cr_assert_eq(length, cases[i].length, "case %zu: %zu bytes", i, length);
		cr_assert_eq(utf8_valid(slice_make(exact, n)), code != 0xfffd || strcmp(cases[i].in, REPLACED) == 0, "case %zu", i);
		free(exact);
	}
}

Test(utf8, encode)
{
	struct buf out = { 0 };

	for (uint32_t code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
		size_t n;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		out.len = 0;
		utf8_encode(&out, code);
		cr_assert_eq(utf8_decode(buf_as_slice(&out), &n), code);
		cr_assert_eq(n, out.len);
		cr_assert(utf8_valid(buf_as_slice(&out)));
	}
	out.len = 0;
	utf8_encode(&out, 0xd800);
	utf8_encode(&out, 0x110000);
	check(buf_as_slice(&out), REPLACED REPLACED, "no characters");
	buf_fini(&out);
}

Test(utf8, repair)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "plain ascii, more than eight bytes", "plain ascii, more than eight bytes" },
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" REPLACED, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" REPLACED },
		{ "\xff", REPLACED },
		{ "12345678\xff" "12345678", "12345678" REPLACED "12345678" },
		{ "1234567890123456789\xe2\x82", "1234567890123456789" REPLACED },
		{ "\xe2\x82\xe2\x82\xac", REPLACED "\xe2\x82\xac" },
		{ "\xff\xff\xff", REPLACED REPLACED REPLACED },
		{ "\xed\xa0\x80", REPLACED REPLACED REPLACED },
		{ REPLACED "\xff", REPLACED REPLACED },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice in = slice_str(cases[i].in), out = utf8_repair(arena, in);

		check(out, cases[i].out, cases[i].in);
		cr_assert_eq(out.p == in.p, strcmp(cases[i].in, cases[i].out) == 0, "valid text is not copied");
	}
	cr_assert_null(utf8_repair(arena, SLICE_NONE).p);
	cr_assert(utf8_valid(SLICE("a\0b")));
	arena_free(&arena);
}

Test(text_space, exactly_the_listed)
{
	static const uint32_t spaces[] = { 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000,
		0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
		0x3000 };
	size_t next = 0;

	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		bool wanted = next < COUNT(spaces) && code == spaces[next];

		cr_assert_eq(text_is_space(code), wanted, "U+%04X", code);
		next += wanted;
	}
	cr_assert_eq(next, COUNT(spaces));
}

Test(text_space, strip)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ " ", "" },
		{ "a", "a" },
		{ " \t\n\v\f\r\x1c\x1d\x1e\x1f" "a b \r\n", "a b" },
		{ "\xe2\x80\xa8", "" },
		{ "\x01\x1f", "\x01" },
		{ "\xc2\x85\xc2\xa0\xe1\x9a\x80x\xe2\x80\x8a\xe3\x80\x80\xe2\x80\xaf", "x" },
		{ "\xe2\x80\x8b", "\xe2\x80\x8b" },
		{ "\xc3\xa0", "\xc3\xa0" },
		{ "\xc3\xbc \xc3\xa0 ", "\xc3\xbc \xc3\xa0" },
		{ "\xa0 ", "\xa0" },
		{ " \x85", "\x85" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check(text_strip(slice_str(cases[i].in)), cases[i].out, cases[i].in);
	cr_assert_eq(text_strip(SLICE_NONE).n, 0);
	cr_assert(slice_eq(text_strip(SLICE(" \0 ")), SLICE("\0")));
}

Test(text_integer, values)
{
	static const struct {
		const char *in;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", 1, 0 },
		{ "1", 1, 1 },
		{ "007", 1, 7 },
		{ "+1", 1, 1 },
		{ "-1", 1, -1 },
		{ "-0", 1, 0 },
		{ " 1", 1, 1 },
		{ "\t-12\r\n", 1, -12 },
		{ "\xc2\xa0" "5\xe2\x80\xa8", 1, 5 },
		{ "1_000", 1, 1000 },
		{ "1_0_0", 1, 100 },
		{ "0_0", 1, 0 },
		{ "\xd9\xa1\xd9\xa2", 1, 12 },
		{ "\xef\xbc\x91_2", 1, 12 },
		{ "-\xf0\x9d\x9f\x97", 1, -9 },
		{ "9223372036854775807", 1, INT64_MAX },
		{ "-9223372036854775808", 1, INT64_MIN },
		{ "00000000000000000000000000000000000001", 1, 1 },
		{ "9223372036854775808", -1, 0 },
		{ "-9223372036854775809", -1, 0 },
		{ "18446744073709551616", -1, 0 },
		{ "18446744073709551617", -1, 0 },
		{ "184467440737095516161", -1, 0 },	/* its first 20 digits wrap round to 0 */
		{ "100000000000000000000000000000000000000000", -1, 0 },
		{ "", 0, 0 },
		{ " ", 0, 0 },
		{ "+", 0, 0 },
		{ "-", 0, 0 },
		{ "--1", 0, 0 },
		{ "+-1", 0, 0 },
		{ "+ 1", 0, 0 },
		{ "- 1", 0, 0 },
		{ "1 2", 0, 0 },
		{ "_1", 0, 0 },
		{ "1_", 0, 0 },
		{ "1__2", 0, 0 },
		{ "-_1", 0, 0 },
		{ "1.0", 0, 0 },
		{ "1e3", 0, 0 },
		{ "0x1", 0, 0 },
		{ "1,2", 0, 0 },
		{ "abc", 0, 0 },
		{ "1a", 0, 0 },
		{ "99999999999999999999x", 0, 0 },
		{ "99999999999999999999_", 0, 0 },
		{ "\xe2\x88\x92" "1", 0, 0 },	/* U+2212, a minus sign */
		{ "\xc2\xb2", 0, 0 },		/* superscript two is no decimal digit */
		{ "\xe2\x85\xa0", 0, 0 },	/* nor is a Roman one */
		{ "1\xff", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t value = 0;
		int result = text_integer(slice_str(cases[i].in), &value);

		cr_assert_eq(result, cases[i].result, "'%s' gave %d", cases[i].in, result);
		cr_assert_eq(value, cases[i].value, "'%s' gave %ld", cases[i].in, (long)value);
	}
	cr_assert_eq(text_integer(SLICE("1\0"), &(int64_t){ 0 }), 0);
	cr_assert_eq(text_integer(SLICE_NONE, &(int64_t){ 0 }), 0);
}

/* Unicode 14 has 660 decimal digits, in 66 runs. */
Test(text_integer, unicode_digits)
{
	struct buf one = { 0 };
	int count = 0, sum = 0;

	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		int64_t value = 0;

		one.len = 0;
		utf8_encode(&one, code);
		if (text_integer(buf_as_slice(&one), &value) == 1) {
			cr_assert(value >= 0 && value <= 9);
			count++;
			sum += (int)value;
		}
	}
	cr_assert_eq(count, 660);
	cr_assert_eq(sum, 66 * 45);
	buf_fini(&one);
}

/* Terms in brackets, one behind the other. */
static void
put_terms(struct buf *out, struct arena *arena, struct slice q)
{
	struct text_terms terms;

	text_search_terms(arena, q, &terms);
	for (size_t i = 0; i < terms.count; i++) {
		cr_assert_not_null(terms.term[i].p);
		buf_byte(out, '[');
		buf_slice(out, terms.term[i]);
		buf_byte(out, ']');
	}
}

Test(text_search, terms)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ " \t\xe3\x80\x80", "" },
		{ "fix", "[fix]" },
		{ " fix  test\xc2\xa0x\n", "[fix][test][x]" },
		{ "fix,test", "[fix][test]" },
		{ "fix  ,  test", "[fix][test]" },
		{ ",", "" },
		{ ",,a,,b,", "[a][b]" },
		{ "100% _ \\", "[100%][_][\\]" },
		/* phrases */
		{ "\"fix test\"", "[fix test]" },
		{ "'fix test'", "[fix test]" },
		{ "\"a, b\"", "[a, b]" },
		{ ",\"a, b\",", "[a, b]" },
		{ "\" a \"", "[ a ]" },
		{ "x \"a b\" y", "[x][a b][y]" },
		{ "\"a\nb\"", "[a\nb]" },
		{ "\"a'b\" 'c\"d'", "[a'b][c\"d]" },
		{ "\"a \\\"b\\\" c\"", "[a \"b\" c]" },
		{ "'a \\'b'", "[a 'b]" },
		{ "'a \\\"b'", "[a \\\"b]" },
		{ "\"a \\\\ b\"", "[a \\ b]" },
		{ "\"a\\\\\"", "[a\\]" },
		{ "\"a \\n\"", "[a \\n]" },
		{ "\"a\"b\"c\"", "[a\"b\"c]" },
		{ "\"\xc3\xbc \xe2\x82\xac\"", "[\xc3\xbc \xe2\x82\xac]" },
		/* empty terms */
		{ "\"", "[]" },
		{ "'", "[]" },
		{ "\"\"", "[]" },
		{ "a '' b", "[a][][b]" },
		{ ",\",", "[]" },
		/* quotes that are no phrase */
		{ "O'Neil", "[O'Neil]" },
		{ "O'Neil O'Hara", "[O'Neil O'Hara]" },
		{ "a\"b c\"d", "[a\"b c\"d]" },
		{ "a\"b c", "[a\"b][c]" },
		{ "\"a b", "[\"a][b]" },
		{ "a b\"", "[a][b\"]" },
		{ "\"a\"b", "[\"a\"b]" },
		{ "\"a\"b\"c d", "[\"a\"b][\"c][d]" },
		{ "\"a'", "[\"a']" },
		{ "x\"a, b\"", "[x\"a][b\"]" },
		{ "x\"a\", ,\"b\"", "[x\"a\"][b]" },
		{ "x\"a , , b\"y", "[x\"a][][b\"y]" },
		/* a backslash takes the next character along, but no line feed */
		{ "\"a\\\" b", "[a\\][b]" },
		{ "\"a \\\nb\"", "[\"a][\\][b\"]" },
		{ "\"a \\", "[\"a][\\]" },
		{ "'a\\' \"b\\\" c", "[a\\][b\\][c]" },
		{ "\"a \\\n\"b c\"", "[\"a][\\][b c]" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct buf out = { 0 };

		put_terms(&out, arena, slice_str(cases[i].in));
		check(buf_as_slice(&out), cases[i].out, cases[i].in);
		buf_fini(&out);
		arena_free(&arena);
	}
}

/* A row of quotes that do not end must not cost the square of its length (a request brings 16 KiB; this is 1 MiB). */
static void
check_cheap(char quote)
{
	struct arena *arena = arena_new();
	struct text_terms terms;
	struct buf q = { 0 };
	clock_t start;

	buf_byte(&q, quote);
	while (q.len < 1 << 20)
		buf_printf(&q, " \\%c", quote);
	start = clock();
	text_search_terms(arena, buf_as_slice(&q), &terms);
	cr_assert_lt(clock() - start, 5 * CLOCKS_PER_SEC);
	cr_assert_gt(terms.count, 1000);
	buf_fini(&q);
	arena_free(&arena);
}

Test(text_search, unbalanced_quotes_are_cheap, .timeout = 30)
{
	check_cheap('"');
	check_cheap('\'');
}

Test(text_is_ascii, every_byte_counts)
{
	cr_assert(text_is_ascii(SLICE("")));
	cr_assert(text_is_ascii(SLICE("a\x7f\n")));
	cr_assert_not(text_is_ascii(SLICE("\x80")));
	cr_assert_not(text_is_ascii(SLICE("ab\xff")));
}

Test(text_like, escaped)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "a", "a" },
		{ "100%", "100\\%" },
		{ "a_b\\c", "a\\_b\\\\c" },
		{ "\xc3\xbc", "\xc3\xbc" },
		{ "%_\\", "\\%\\_\\\\" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice in = slice_str(cases[i].in);

		check(text_like(arena, in, false), cases[i].out, cases[i].in);
		check(text_like(arena, in, true), arena_printf(arena, "%%%s%%", cases[i].out), cases[i].in);
	}
	arena_free(&arena);
}

Test(text_file_name, slugs)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "a", "a" },
		{ "[1/2] p", "1-2-p" },
		{ "Use psql -X in tests", "Use-psql--X-in-tests" },
		{ "a - b", "a---b" },
		{ "--a--", "a" },
		{ " - a_b.c - ", "a_b.c" },
		{ "\xc3\xbc" "ber\xe2\x82\xac", "ber" },
		{ "\xf0\x9f\x98\x80", "" },
		{ "---", "" },
		{ "a\nb", "a-b" },
		{ "..", ".." },
		{ "Untitled series #5", "Untitled-series-5" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = { 0 };

		buf_str(&out, "f-");
		text_file_name(&out, slice_str(cases[i].in));
		cr_assert(slice_has_prefix(buf_as_slice(&out), SLICE("f-")));
		check(slice_from(buf_as_slice(&out), 2), cases[i].out, cases[i].in);
		buf_fini(&out);
	}
}
