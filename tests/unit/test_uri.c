/* SPDX-License-Identifier: MIT
 *
 * Unit tests of proto/uri.
 */
#include "config.h"

#include "proto/uri.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
	const char *in, *out;
};

static void
check(struct slice got, const char *want, const char *of)
{
	cr_assert(got.p != NULL && slice_is(got, want), "'%s' gave '%.*s', wanted '%s'", of, SLICE_ARG(got), want);
}

static void
check_put(void (*put)(struct buf *, struct slice), const struct pair *pair)
{
	struct buf out = { 0 };

	buf_str(&out, "before");
	put(&out, slice_str(pair->in));
	cr_assert(slice_has_prefix(buf_as_slice(&out), SLICE("before")));
	check(slice_from(buf_as_slice(&out), 6), pair->out, pair->in);
	buf_fini(&out);
}

Test(uri_path, decode)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "/api/patches/", "/api/patches/" },
		{ "/a+b", "/a+b" },
		{ "/%61%2f%2F%c3%BC", "/a//\xc3\xbc" },
		{ "/%252F", "/%2F" },
		{ "/%", "/%" },
		{ "/%4", "/%4" },
		{ "/%zz%4g%g4%%41", "/%zz%4g%g4%A" },
		{ "/%4%41", "/%4A" },
		{ "/\xc3\xbc", "/\xc3\xbc" },
		/* what is no UTF-8 is encoded again */
		{ "/%ff", "/%FF" },
		{ "/\xff\xc3%c3%bc", "/%FF%C3\xc3\xbc" },
		{ "/%e2%82x", "/%E2%82x" },
		{ "/%ed%a0%80", "/%ED%A0%80" },
		{ "/%EF%BF%BD", "/\xef\xbf\xbd" },
		{ "/%ef%bf%bd%ff", "/\xef\xbf\xbd%FF" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(cases); i++)
		check(uri_decode_path(arena, slice_str(cases[i].in)), cases[i].out, cases[i].in);
	cr_assert(slice_eq(uri_decode_path(arena, SLICE("a%00b")), SLICE("a\0b")));
	arena_free(&arena);
}

Test(uri_path, encode)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "AZaz09-._~", "AZaz09-._~" },
		{ "!$&'()*+,;=:@/", "!$&'()*+,;=:@/" },
		{ "% \"#<>?[\\]^`{|}", "%25%20%22%23%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D" },
		{ "%2F", "%252F" },
		{ "\xc3\xbc\xe2\x82\xac", "%C3%BC%E2%82%AC" },
		{ "\x01\n\x7f", "%01%0A%7F" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_put(uri_encode_path, &cases[i]);
}

Test(uri_path, encode_msgid)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "<>", "" },
		{ "<p1@example.com>", "p1@example.com" },
		{ "p1@example.com", "p1@example.com" },
		{ "<<>x@y><>>", "x@y" },
		{ "<a<b>c>", "a%3Cb%3Ec" },
		{ "<a/b+c%20@example.com>", "a%252Fb+c%2520@example.com" },
		{ "</a//b/>", "%252Fa%252F%252Fb%252F" },
		{ "<a%2Fb>", "a%252Fb" },
		{ "< x >", "%20x%20" },
		{ "<\xc3\xbc@x>", "%C3%BC@x" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_put(uri_encode_msgid, &cases[i]);
}

Test(uri_form, encode)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "AZaz09_.-~", "AZaz09_.-~" },
		{ "a b", "a+b" },
		{ "+", "%2B" },
		{ "!*'()", "%21%2A%27%28%29" },
		{ "/?#&=;:@,$", "%2F%3F%23%26%3D%3B%3A%40%2C%24" },
		{ "%41", "%2541" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "%C3%A9%F0%9F%98%80" },
		{ "\n\x7f", "%0A%7F" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_put(uri_encode_form, &cases[i]);
}

/* Parameters as "key=value" lines. */
static void
put_params(struct buf *out, const struct uri_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		buf_slice(out, query->params[i].key);
		buf_byte(out, '=');
		buf_slice(out, query->params[i].value);
		buf_byte(out, '\n');
	}
}

Test(uri_query, parse)
{
	static const struct pair cases[] = {
		{ "", "" },
		{ "&&&", "" },
		{ "a=1", "a=1\n" },
		{ "b=1&a=2&b=3", "b=1\na=2\nb=3\n" },
		{ "flag", "flag=\n" },
		{ "flag=", "flag=\n" },
		{ "=", "=\n" },
		{ "=x", "=x\n" },
		{ "a=1=2", "a=1=2\n" },
		{ "a==", "a==\n" },
		{ "&a=1&&b=2&", "a=1\nb=2\n" },
		{ "?a=1", "?a=1\n" },
		{ "a=1;b=2", "a=1;b=2\n" },
		{ "a+b=c+d%20e%2B", "a b=c d e+\n" },
		{ "a%3Db=%26", "a=b=&\n" },
		{ "a=%zz%4&b=%%41", "a=%zz%4\nb=%A\n" },
		{ "x=%C3%BC&%c3%a9=\xc3\xbc", "x=\xc3\xbc\n\xc3\xa9=\xc3\xbc\n" },
		{ "a=%ff", "a=\xef\xbf\xbd\n" },
		{ "a=%e2%82", "a=\xef\xbf\xbd\n" },
		{ "a=%e2%82x\xff\xff", "a=\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\n" },
		{ "a=\xe2%82%ac", "a=\xe2\x82\xac\n" },
		{ "a=%ed%a0%80", "a=\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n" },
		{ "%ff=1", "\xef\xbf\xbd=1\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct uri_query query;
		struct buf out = { 0 };

		cr_assert_eq(uri_query_parse(arena, slice_str(cases[i].in), 10, &query), 0);
		put_params(&out, &query);
		check(buf_as_slice(&out), cases[i].out, cases[i].in);
		buf_fini(&out);
		arena_free(&arena);
	}
}

Test(uri_query, parse_absent_and_nul)
{
	struct arena *arena = arena_new();
	struct uri_query query;

	cr_assert_eq(uri_query_parse(arena, SLICE_NONE, 10, &query), 0);
	cr_assert_eq(query.count, 0);
	cr_assert_eq(uri_query_parse(arena, SLICE("q=a%00b"), 10, &query), 0);
	cr_assert(slice_eq(query.params[0].value, SLICE("a\0b")));
	arena_free(&arena);
}

Test(uri_query, parse_limit)
{
	struct arena *arena = arena_new();
	struct uri_query query;

	cr_assert_eq(uri_query_parse(arena, SLICE("a&b&&c"), 3, &query), 0);
	cr_assert_eq(query.count, 3);
	cr_assert_eq(uri_query_parse(arena, SLICE("a&b&&c&d"), 3, &query), -1);
	cr_assert_eq(query.count, 0);
	cr_assert_eq(uri_query_parse(arena, SLICE("&&&&&&&&"), 0, &query), 0);
	cr_assert_eq(uri_query_parse(arena, SLICE("a"), 0, &query), -1);
	arena_free(&arena);
}

/* The values are copies: a read buffer may be used again. */
Test(uri_query, keeps_no_pointer)
{
	struct arena *arena = arena_new();
	char raw[] = "plain=value";
	struct uri_query query;

	cr_assert_eq(uri_query_parse(arena, slice_str(raw), 10, &query), 0);
	memset(raw, 'x', sizeof(raw));
	check(query.params[0].key, "plain", "key");
	check(query.params[0].value, "value", "value");
	arena_free(&arena);
}

Test(uri_query, lookup)
{
	struct arena *arena = arena_new();
	struct uri_query query;
	struct slice value;
	size_t at = 0;

	cr_assert_eq(uri_query_parse(arena, SLICE("a=1&b=2&a=3&A=4&a&ab=5"), 10, &query), 0);
	check(uri_query_last(&query, "a"), "", "a");
	check(uri_query_last(&query, "b"), "2", "b");
	cr_assert_null(uri_query_last(&query, "c").p);
	cr_assert_null(uri_query_last(&query, "").p);
	cr_assert(uri_query_next(&query, "a", &at, &value));
	check(value, "1", "first a");
	cr_assert_eq(at, 1);
	cr_assert(uri_query_next(&query, "a", &at, &value));
	check(value, "3", "second a");
	cr_assert(uri_query_next(&query, "a", &at, &value));
	check(value, "", "third a");
	cr_assert_not(uri_query_next(&query, "a", &at, &value));
	cr_assert_not(uri_query_next(&query, "a", &at, &value));
	arena_free(&arena);
}

Test(uri_query, with_page)
{
	static const struct {
		const char *in;
		uint64_t page;
		const char *out;
	} cases[] = {
		{ "", 0, "" },
		{ "", 2, "?page=2" },
		{ "page=7", 0, "" },
		{ "page=7&page=8", 0, "" },
		{ "page=7&page=8", 9, "?page=9" },
		{ "page", 18446744073709551615u, "?page=18446744073709551615" },
		{ "flag", 0, "?flag=" },
		{ "=", 0, "?=" },
		{ "=&x", 1, "?=&page=1&x=" },
		{ "per_page=5&page=3&q=p&project=myproj", 4, "?page=4&per_page=5&project=myproj&q=p" },
		{ "per_page=5&page=3&q=p&project=myproj", 0, "?per_page=5&project=myproj&q=p" },
		{ "q=fix&q=test&a=3&q=", 1, "?a=3&page=1&q=fix&q=test&q=" },
		{ "per_page=2&A=1&a=2&_=3&-=4", 2, "?-=4&A=1&_=3&a=2&page=2&per_page=2" },
		{ "per_page=2&PAGE=2", 2, "?PAGE=2&page=2&per_page=2" },
		{ "pagf=1&pag=2&page2=3&pagd=4", 5, "?pag=2&pagd=4&page=5&page2=3&pagf=1" },
		{ "foo=a+b", 2, "?foo=a+b&page=2" },
		{ "foo=c%20d", 2, "?foo=c+d&page=2" },
		{ "a=~-._!*()", 1, "?a=~-._%21%2A%28%29&page=1" },
		{ "a='%22<>", 1, "?a=%27%22%3C%3E&page=1" },
		{ "a=\\^`{|}", 1, "?a=%5C%5E%60%7B%7C%7D&page=1" },
		{ "a=1;b=2", 1, "?a=1%3Bb%3D2&page=1" },
		{ "a=%41%7e", 1, "?a=A~&page=1" },
		{ "a=%ff", 1, "?a=%EF%BF%BD&page=1" },
		{ "a=%00", 1, "?a=%00&page=1" },
		{ "a=%zz", 1, "?a=%25zz&page=1" },
		{ "?per_page=2", 1, "?%3Fper_page=2&page=1" },
		/* by code point: U+FFFD before U+1F600 */
		{ "%f0%9f%98%80=1&%ff=2&%c3%a9=3&z=4", 0, "?z=4&%C3%A9=3&%EF%BF%BD=2&%F0%9F%98%80=1" },
		/* a removed or replaced page is any that decodes to it */
		{ "p%61ge=9&x=1", 0, "?x=1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct uri_query query;
		struct buf out = { 0 };

		cr_assert_eq(uri_query_parse(arena, slice_str(cases[i].in), 10, &query), 0);
		uri_query_with_page(&out, &query, cases[i].page);
		check(buf_as_slice(&out), cases[i].out, cases[i].in);
		buf_fini(&out);
		arena_free(&arena);
	}
}

/* Many equal keys: the sort must keep their order. */
Test(uri_query, equal_keys_stay_in_order)
{
	struct arena *arena = arena_new();
	struct buf raw = { 0 }, out = { 0 }, want = { 0 };
	struct uri_query query;

	for (int i = 0; i < 500; i++)
		buf_printf(&raw, "b=%d&a=%d&", i, i);
	for (int i = 0; i < 1000; i++)
		buf_printf(&want, "%c%c=%d", i == 0 ? '?' : '&', i < 500 ? 'a' : 'b', i % 500);
	cr_assert_eq(uri_query_parse(arena, buf_as_slice(&raw), 1000, &query), 0);
	uri_query_with_page(&out, &query, 0);
	cr_assert(slice_eq(buf_as_slice(&out), buf_as_slice(&want)));
	buf_fini(&raw);
	buf_fini(&out);
	buf_fini(&want);
	arena_free(&arena);
}
