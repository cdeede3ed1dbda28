/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/mail.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail.h"

/* The headers of a block as "name=value|" each. */
static void
check_headers(const char *block, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };
	struct mail_headers headers;

	mail_headers_parse(arena, slice_str(block), &headers);
	for (size_t i = 0; i < headers.count; i++) {
		buf_slice(&out, headers.list[i].name);
		buf_byte(&out, '=');
		buf_slice(&out, headers.list[i].value);
		buf_byte(&out, '|');
	}
	cr_assert(slice_is(buf_as_slice(&out), expected), "\"%s\": got \"%.*s\", not \"%s\"", block, (int)out.len,
	    out.data, expected);
	buf_fini(&out);
	arena_free(&arena);
}

Test(mail, headers_plain)
{
	check_headers("", "");
	check_headers("From: x\nSubject: \t a b \nX-Empty:\nDate:y", "From=x|Subject=a b |X-Empty=|Date=y|");
	check_headers("A: 1\r\nB: 2\rC: 3\n", "A=1|B=2|C=3|");
	check_headers("B: 1\nb: 2\nB: 3", "B=1|b=2|B=3|");
	check_headers("S: =?utf-8?q?=C3=A9?=\xc3\xa9", "S==?utf-8?q?=C3=A9?=\xc3\xa9|");
	check_headers("!#$~: odd", "!#$~=odd|");
}

Test(mail, headers_folds_are_kept)
{
	check_headers("A: b\n c\n\td\nE: f", "A=b\n c\n\td|E=f|");
	check_headers("A: b\r\n  c\r\n", "A=b\r\n  c|");
	check_headers("A: \n b", "A=\n b|");
	check_headers("A: b\n \nC: d", "A=b\n |C=d|");
	check_headers(" lost\nA: b", "A=b|");
}

Test(mail, headers_end)
{
	check_headers("A: b\n\nC: d", "A=b|");
	check_headers("A: b\nno header\nC: d", "A=b|");
	check_headers("A: b\nName : c\nC: d", "A=b|");
	check_headers("A: b\n\xc3\xa9: c\nC: d", "A=b|");
	check_headers("A: b\n\x7f: c\nC: d", "A=b|");
}

Test(mail, headers_odd_lines)
{
	check_headers("From x@example.org Thu Jan  2\nA: b", "A=b|");
	check_headers("A: b\nFrom y\n c\nD: e", "A=b|D=e|");
	check_headers("A: b\n: nameless\n c\nD: e", "A=b|D=e|");
	check_headers(">From: a\nA: b", ">From=a|A=b|");
}

Test(mail, headers_first)
{
	struct arena *arena = arena_new();
	struct mail_headers headers;

	mail_headers_parse(arena, SLICE("a: 1\nSUBJECT: x\nSubject: y\nE:\n"), &headers);
	cr_assert(slice_is(mail_headers_first(&headers, "Subject"), "x"));
	cr_assert_null(mail_headers_first(&headers, "Date").p);
	cr_assert_not_null(mail_headers_first(&headers, "e").p);
	arena_free(&arena);
}

/* More headers than the list has room for at first. */
Test(mail, headers_many)
{
	struct arena *arena = arena_new();
	struct buf block = { 0 };
	struct mail_headers headers;

	for (int i = 0; i < 1000; i++)
		buf_printf(&block, "X-%d: %d\n", i, i);
	mail_headers_parse(arena, buf_as_slice(&block), &headers);
	cr_assert_eq(headers.count, 1000);
	cr_assert(slice_is(mail_headers_first(&headers, "x-999"), "999"));
	buf_fini(&block);
	arena_free(&arena);
}

static void
check_prefixes(const char *name, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };
	struct mail_prefixes prefixes;

	mail_prefixes(arena, slice_str(name), &prefixes);
	for (size_t i = 0; i < prefixes.count; i++) {
		if (i > 0)
			buf_byte(&out, '|');
		buf_slice(&out, prefixes.prefix[i]);
	}
	cr_assert(slice_is(buf_as_slice(&out), expected), "\"%s\": got \"%.*s\", not \"%s\"", name, (int)out.len,
	    out.data, expected);
	buf_fini(&out);
	arena_free(&arena);
}

Test(mail, prefixes)
{
	check_prefixes("[RFC,v2,1/1] x", "RFC|v2|1/1");
	check_prefixes("x", "");
	check_prefixes("", "");
	check_prefixes("[]", "");
	check_prefixes("[PATCH] a", "");
	check_prefixes("[pAtCh v2] a", "v2");
	check_prefixes("[PATCHv2 1/3] a", "PATCHv2|1/3");
	check_prefixes("[1/2] [3/4]a", "1/2|3/4");
	check_prefixes("[PATCH  ,, RFC]  a   b", "RFC");
	check_prefixes("[a\xe2\x80\x83" "b] c", "a|b");
	check_prefixes("[x", "");
	check_prefixes("[[PATCH]] a", "[PATCH");
	check_prefixes("rfc: [1/2] a", "");
	check_prefixes("a [1/2]", "");
}

Test(mail, prefixes_mercurial)
{
	check_prefixes("[PATCH 1 of 3 v2] a", "1 of 3|v2");
	check_prefixes("[1 of 2] x", "1|of|2");
	check_prefixes("[patch 1 of 2] x", "1|of|2");
	check_prefixes("[PATCH 1 of x] x", "1|of|x");
	check_prefixes("[PATCH 12 of 34v2] x", "12 of 34|v2");
}

Test(mail, prefixes_reply)
{
	check_prefixes("Re: [v2] a", "v2");
	check_prefixes("FWD [v2] a", "v2");
	check_prefixes("fw:[v2] a", "v2");
	check_prefixes("Re: Re: [v2] a", "");
	check_prefixes("Re[2]: [v2] a", "");
	check_prefixes("AW: [v2] a", "");
}

Test(mail, prefixes_encoded_words)
{
	check_prefixes("=?utf-8?q?=5BPATCH_1/2=5D_a?=", "1/2");
	check_prefixes("=?UTF-8*en?B?W1BBVENIIHYyXQ==?= a", "v2");
	check_prefixes("=?utf-8?b?W1BBVENIIHYyXQ?= a", "v2");
	check_prefixes("[=?utf-8?q?a=C3?= =?utf-8?q?=A9?=] x", "a\xc3\xa9");
	check_prefixes("[a=?utf-8?q?b?=c] x", "a|b|c");
	check_prefixes("[=?utf-8*en?q?=C3=A9?=] x", "\xc3\xa9");
	check_prefixes("[=?iso-8859-1?q?=E9?=] x", "\xc3\xa9");
	check_prefixes("[=?koi8-r?b?xMHU?=] x", "\xd0\xb4\xd0\xb0\xd1\x82");
	check_prefixes("[=?utf-16be?b?ANYAZABz?=] x", "\xc3\x96" "ds");
	/* Not decodable: bytes become U+FFFD, everywhere. */
	check_prefixes("[=?utf-8?q?a=FF?=] x", "a\xef\xbf\xbd");
	check_prefixes("[=?x-unknown?q?a=E9?=] x", "a\xef\xbf\xbd");
	check_prefixes("[=?utf-8//translit?q?a=E9?=] x", "a\xef\xbf\xbd");
	/* Undecodable base64 makes the whole text unusable. */
	check_prefixes("[v2] =?utf-8?b?abcde?=", "");
	/* No encoded words. */
	check_prefixes("[=?utf-8?x?abc?=] x", "=?utf-8?x?abc?=");
	check_prefixes("[=?utf-8?q?abc] x", "=?utf-8?q?abc");
}

static void
check_archive(const char *format, const char *msgid, int rc, const char *url)
{
	struct buf out = { 0 };

	buf_str(&out, "<");
	cr_assert_eq(mail_archive_url(&out, slice_str(format), slice_str(msgid)), rc, "\"%s\"", format);
	cr_assert(slice_is(slice_from(buf_as_slice(&out), 1), url), "\"%s\": got \"%.*s\"", format, (int)out.len, out.data);
	buf_fini(&out);
}

Test(mail, archive_url)
{
	check_archive("https://example.org/{}", "<a/b c@example.org>", 1, "https://example.org/a/b c@example.org");
	check_archive("{0}-{0}", "<x>", 1, "x-x");
	check_archive("{{{}}}", "<x>", 1, "{x}");
	check_archive("}}{{", "<x>", 1, "}{");
	check_archive("https://example.org/", "<x>", 1, "https://example.org/");
	check_archive("{}", "<>", 1, "");
	check_archive("", "<x>", 0, "");
	check_archive("{}", "", 0, "");
}

Test(mail, archive_url_broken)
{
	static const char *const broken[] = { "a{1}", "{}{}", "{}{0}", "{0}{}", "{", "a{}}", "{foo}", "{!r}", "{:s}", "}" };

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		check_archive(broken[i], "<x>", -1, "");
}

Test(mail, msgid_bare)
{
	cr_assert(slice_is(mail_msgid_bare(SLICE("<a@b>")), "a@b"));
	cr_assert(slice_is(mail_msgid_bare(SLICE("><<a<@>b>>")), "a<@>b"));
	cr_assert(slice_is(mail_msgid_bare(SLICE("a@b")), "a@b"));
	cr_assert_eq(mail_msgid_bare(SLICE("<>")).n, 0);
}
