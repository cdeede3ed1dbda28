/* SPDX-License-Identifier: MIT
 *
 * Unit tests of proto/http.
 */
#include "config.h"

#include "proto/http.h"

#include <criterion/criterion.h>

#include "base/buf.h"

#define H "Host: h\r\n"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum http_result
parse(struct slice in, struct http_head *head)
{
	memset(head, 0xa5, sizeof(*head));	/* the parser must not rely on a clean struct */
	return http_parse_head(in, head);
}

static void
check_slice(struct slice got, const char *want, const char *what, const char *of)
{
	if (want == NULL)
		cr_assert_null(got.p, "%s of %s is '%.*s', wanted none", what, of, SLICE_ARG(got));
	else
		cr_assert(got.p != NULL && slice_is(got, want), "%s of %s is '%.*s', wanted '%s'", what, of, SLICE_ARG(got),
		    want);
}

/* Parses in memory of exactly its size and checks each prefix: none is done, and none is wrong. */
static void
parse_good(const char *text, struct http_head *head)
{
	size_t n = strlen(text);

	cr_assert_eq(parse(slice_make(text, n), head), HTTP_DONE, "'%s': %d %s", text, head->status, head->reason);
	cr_assert_eq(head->length, n, "'%s': length %zu", text, head->length);
	for (size_t i = 0; i < n; i++) {
		struct http_head part;
		char *exact = malloc(i > 0 ? i : 1);

		memcpy(exact, text, i);
		cr_assert_eq(parse(slice_make(exact, i), &part), HTTP_MORE, "%zu bytes of '%s': %s", i, text, part.reason);
		free(exact);
	}
	cr_assert_eq(parse(slice_make(text, n), head), HTTP_DONE);
}

Test(http_head, values)
{
	static const struct {
		const char *in, *method, *authority, *path, *query, *host;
		unsigned minor;
		bool keep_alive;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "GET /a/b/?x=1&y=%20 HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/a/b/", "x=1&y=%20", "h", 1, true },
		{ "GET /? HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", "", "h", 1, true },
		{ "GET /??a HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", "?a", "h", 1, true },
		{ "GET //x HTTP/1.1\r\n" H "\r\n", "GET", NULL, "//x", NULL, "h", 1, true },
		{ "GET /?a=\\^`{|}'<>\"[] HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", "a=\\^`{|}'<>\"[]", "h", 1, true },
		{ "GET /\xc3\xbc\xff HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/\xc3\xbc\xff", NULL, "h", 1, true },
		{ "GET /a%00%zz% HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/a%00%zz%", NULL, "h", 1, true },
		{ "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n" H "\r\n", "!#$%&'*+-.^_`|~09azAZ", NULL, "/", NULL, "h", 1, true },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\n" H "\r\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", NULL, "/", NULL,
		    "h", 1, true },
		{ "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS", NULL, "*", NULL, "h", 1, true },
		{ "OPTIONS /a HTTP/1.1\r\n" H "\r\n", "OPTIONS", NULL, "/a", NULL, "h", 1, true },
		{ "GET / HTTP/1.2\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "GET / HTTP/1.9\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "GET / HTTP/1.0\r\n\r\n", "GET", NULL, "/", NULL, NULL, 0, false },
		{ "GET / HTTP/1.0\r\n" H "\r\n", "GET", NULL, "/", NULL, "h", 0, false },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", NULL, "/", NULL, "", 1, true },
		{ "GET / HTTP/1.1\r\nhOsT:\t [::1]:80 \t\r\n\r\n", "GET", NULL, "/", NULL, "[::1]:80", 1, true },
		/* absolute form: the authority replaces Host */
		{ "GET http://a.example:80/p?q HTTP/1.1\r\n" H "\r\n", "GET", "a.example:80", "/p", "q", "a.example:80", 1, true },
		{ "GET HTTP://A.example/ HTTP/1.1\r\n" H "\r\n", "GET", "A.example", "/", NULL, "A.example", 1, true },
		{ "GET https://a.example/ HTTP/1.1\r\n" H "\r\n", "GET", "a.example", "/", NULL, "a.example", 1, true },
		{ "GET http://a.example HTTP/1.1\r\n" H "\r\n", "GET", "a.example", "/", NULL, "a.example", 1, true },
		{ "GET http://a.example?x=/ HTTP/1.1\r\n" H "\r\n", "GET", "a.example", "/", "x=/", "a.example", 1, true },
		{ "GET http://[::1]:8/p HTTP/1.0\r\n\r\n", "GET", "[::1]:8", "/p", NULL, "[::1]:8", 0, false },
		/* a colon or a scheme in a path is nothing special */
		{ "GET /http://x/ HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/http://x/", NULL, "h", 1, true },
		/* Connection */
		{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", "GET", NULL, "/", NULL, "h", 1, false },
		{ "GET / HTTP/1.1\r\n" H "Connection: TE ,\tCLOSE\r\n\r\n", "GET", NULL, "/", NULL, "h", 1, false },
		{ "GET / HTTP/1.1\r\n" H "Connection: closed, x-close\r\n\r\n", "GET", NULL, "/", NULL, "h", 1, true },
		{ "GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n", "GET", NULL, "/", NULL, "h", 1,
		    false },
		{ "GET / HTTP/1.0\r\nConnection: ,,Keep-Alive\r\n\r\n", "GET", NULL, "/", NULL, NULL, 0, true },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET", NULL, "/", NULL, NULL, 0, false },
	};
	struct http_head head;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *in = cases[i].in;

		parse_good(in, &head);
		check_slice(head.method, cases[i].method, "method", in);
		check_slice(head.authority, cases[i].authority, "authority", in);
		check_slice(head.path, cases[i].path, "path", in);
		check_slice(head.query, cases[i].query, "query", in);
		check_slice(head.host, cases[i].host, "host", in);
		cr_assert_eq(head.minor, cases[i].minor, "%s", in);
		cr_assert_eq(head.keep_alive, cases[i].keep_alive, "%s", in);
		cr_assert(!head.chunked && !head.expect_continue && head.content_length == 0 && head.status == 0 &&
		    head.reason == NULL);
	}
}

Test(http_head, bodies)
{
	static const struct {
		const char *in;
		uint64_t length;
		bool chunked, expect;
	} cases[] = {
		{ "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0, false, false },
		{ "POST / HTTP/1.1\r\n" H "content-length:17\r\n\r\n", 17, false, false },
		{ "POST / HTTP/1.1\r\n" H "Content-Length: 0000000000000000000000005\r\n\r\n", 5, false, false },
		{ "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n", INT64_MAX, false, false },
		{ "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", 3, false, false },
		{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, true, false },
		{ "POST / HTTP/1.1\r\n" H "TRANSFER-ENCODING: \t Chunked \t\r\n\r\n", 0, true, false },
		{ "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n", 1, false, true },
		{ "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n", 1, false, true },
		{ "POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", 1, false, false },
		{ "POST / HTTP/1.1\r\n" H "X-Content-Length: 1\r\nContent_Length: 2\r\nTransfer-Encodinh: x\r\n\r\n", 0, false, false },
	};
	struct http_head head;

	for (size_t i = 0; i < COUNT(cases); i++) {
		parse_good(cases[i].in, &head);
		cr_assert_eq(head.content_length, cases[i].length, "%s", cases[i].in);
		cr_assert_eq(head.chunked, cases[i].chunked, "%s", cases[i].in);
		cr_assert_eq(head.expect_continue, cases[i].expect, "%s", cases[i].in);
	}
}

#define GET(headers) "GET / HTTP/1.1\r\n" H headers "\r\n"
#define IN(text, status) { { text, sizeof(text) - 1 }, status }

Test(http_head, refused)
{
	static const struct {
		struct slice in;
		int status;
	} cases[] = {
		/* the request line */
		IN("\n", 400),
		IN("\nGET / HTTP/1.1\r\n" H "\r\n", 400),
		IN("\rGET / HTTP/1.1\r\n" H "\r\n", 400),
		IN("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", 400),
		IN("\x16\x03\x01\x02", 400),
		IN(" GET / HTTP/1.1\r\n", 400),
		IN("GE(T / HTTP/1.1\r\n", 400),
		IN("G\xc3T / HTTP/1.1\r\n", 400),
		IN("GET\t/ HTTP/1.1\r\n", 400),
		IN("GET\r\n", 400),
		IN("G\0T / HTTP/1.1\r\n", 400),
		IN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", 501),
		IN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" H "\r\n", 501),
		IN("GET  / HTTP/1.1\r\n", 400),
		IN("GET /\r\n", 400),
		IN("GET /\n", 400),
		IN("GET / \r\n", 400),
		IN("GET /  HTTP/1.1\r\n", 400),
		IN("GET /a b HTTP/1.1\r\n", 400),
		IN("GET /a\tb HTTP/1.1\r\n", 400),
		IN("GET /a\0b HTTP/1.1\r\n", 400),
		IN("GET /a\x7f HTTP/1.1\r\n", 400),
		IN("GET /a\x1f HTTP/1.1\r\n", 400),
		IN("GET /a#b HTTP/1.1\r\n", 400),
		IN("GET /a?b#c HTTP/1.1\r\n", 400),
		IN("GET / HTTP/1.1 \r\n", 400),
		IN("GET / HTTP/1.1\n" H "\r\n", 400),
		IN("GET / HTTP/1.1\r" H "\r\n", 400),
		IN("GET / HTTP/1.1\r\r\n", 400),
		IN("GET / http/1.1\r\n", 400),
		IN("GET / HTTP/1\r\n", 400),
		IN("GET / HTTP/1.\r\n", 400),
		IN("GET / HTTP/1.10\r\n", 400),
		IN("GET / HTTP/11.1\r\n", 400),
		IN("GET / HTTP/1,1\r\n", 400),
		IN("GET / HTTPS/1.1\r\n", 400),
		IN("GET / HTTP/0.9\r\n" H "\r\n", 505),
		IN("GET / HTTP/2.0\r\n" H "\r\n", 505),
		IN("GET / HTTP/3.1\r\n" H "\r\n", 505),
		IN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
		/* the form of the target */
		IN("GET * HTTP/1.1\r\n" H "\r\n", 400),
		IN("OPTIONS ** HTTP/1.1\r\n" H "\r\n", 400),
		IN("OPTIONS *?a HTTP/1.1\r\n" H "\r\n", 400),
		IN("CONNECT h:80 HTTP/1.1\r\n" H "\r\n", 400),
		IN("CONNECT / HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET h:80 HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET a/b HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET ?a HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET ftp://h/ HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET ://h/ HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http:/h/ HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http:// HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http:///p HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http://:80/p HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http://user@h/p HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http://h\\x/p HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http://h\xff/p HTTP/1.1\r\n" H "\r\n", 400),
		IN("GET http://h/p HTTP/1.1\r\n\r\n", 400),
		/* header lines */
		IN("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400),
		IN(GET("X: a\r\n b\r\n"), 400),
		IN(GET("X: a\r\n\tb\r\n"), 400),
		IN(GET("X : a\r\n"), 400),
		IN(GET("X\t: a\r\n"), 400),
		IN(GET(": a\r\n"), 400),
		IN(GET("X\r\n"), 400),
		IN(GET("X a: b\r\n"), 400),
		IN(GET("X\0: b\r\n"), 400),
		IN(GET("X(: b\r\n"), 400),
		IN(GET("\xc3\xbc: b\r\n"), 400),
		IN(GET("X: a\0b\r\n"), 400),
		IN(GET("X: a\x01\r\n"), 400),
		IN(GET("X: 0123456789abcdef\x0b\r\n"), 400),
		IN(GET("X: a\x7f\r\n"), 400),
		IN(GET("X: a\nY: b\r\n"), 400),
		IN(GET("X: a\rY: b\r\n"), 400),
		IN(GET("X: a\r\r\n"), 400),
		IN("GET / HTTP/1.1\r\n" H "\n", 400),
		IN("GET / HTTP/1.1\r\n" H "\r\r", 400),
		/* Host */
		IN("GET / HTTP/1.1\r\n\r\n", 400),
		IN("GET / HTTP/1.2\r\n\r\n", 400),
		IN(GET("Host: h\r\n"), 400),
		IN("GET / HTTP/1.0\r\nHost:\r\nHost:\r\n\r\n", 400),
		/* lengths: all that smuggling is made of */
		IN(GET("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
		IN(GET("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400),
		IN(GET("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
		IN(GET("Content-Length: 5\r\ncontent-length: 5\r\n"), 400),
		IN(GET("Content-Length: 0\r\nContent-Length: 0\r\n"), 400),
		IN(GET("Content-Length: 5, 5\r\n"), 400),
		IN(GET("Content-Length: 5,\r\n"), 400),
		IN(GET("Content-Length:\r\n"), 400),
		IN(GET("Content-Length: +5\r\n"), 400),
		IN(GET("Content-Length: -5\r\n"), 400),
		IN(GET("Content-Length: 5 5\r\n"), 400),
		IN(GET("Content-Length: 5\t5\r\n"), 400),
		IN(GET("Content-Length: 0x5\r\n"), 400),
		IN(GET("Content-Length: 5.0\r\n"), 400),
		IN(GET("Content-Length: \xd9\xa5\r\n"), 400),
		IN(GET("Content-Length: 9223372036854775808\r\n"), 400),
		IN(GET("Content-Length: 18446744073709551617\r\n"), 400),
		IN(GET("Content-Length : 5\r\n"), 400),
		IN(GET("Transfer-Encoding: gzip\r\n"), 501),
		IN(GET("Transfer-Encoding: gzip, chunked\r\n"), 501),
		IN(GET("Transfer-Encoding: chunked, chunked\r\n"), 501),
		IN(GET("Transfer-Encoding: chunked, identity\r\n"), 501),
		IN(GET("Transfer-Encoding: identity\r\n"), 501),
		IN(GET("Transfer-Encoding: xchunked\r\n"), 501),
		IN(GET("Transfer-Encoding: chunked;q=1\r\n"), 501),
		IN(GET("Transfer-Encoding: \"chunked\"\r\n"), 501),
		IN(GET("Transfer-Encoding:\r\n"), 501),
		IN(GET("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
		IN(GET("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400),
		IN(GET("Transfer-Encoding: \x0b" "chunked\r\n"), 400),
		IN(GET("Transfer-Encoding\r\n : chunked\r\n"), 400),
		IN("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
		/* Expect */
		IN(GET("Expect: 200-maybe\r\n"), 417),
		IN(GET("Expect: 100-continue, x\r\n"), 417),
		IN(GET("Expect:\r\n"), 417),
	};
	struct http_head head;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice in = cases[i].in;
		enum http_result result;
		size_t n = 0;

		cr_assert_eq(parse(in, &head), HTTP_BAD, "case %zu: '%.*s'", i, SLICE_ARG(in));
		cr_assert_eq(head.status, cases[i].status, "case %zu: '%.*s': %d %s", i, SLICE_ARG(in), head.status, head.reason);
		cr_assert(head.reason != NULL && head.reason[0] != '\0');
		/* once wrong, it stays wrong in the same way; and it is not done before */
		do {
			result = parse(slice_make(in.p, n), &head);
			cr_assert_neq(result, HTTP_DONE, "case %zu after %zu bytes", i, n);
			if (result == HTTP_BAD)
				cr_assert_eq(head.status, cases[i].status, "case %zu after %zu bytes", i, n);
		} while (result == HTTP_MORE && n++ < in.n);
		cr_assert_eq(result, HTTP_BAD);
	}
}

/* The verdict over `text` with the byte at `at` replaced. */
static bool
accepted(const char *text, size_t at, unsigned byte)
{
	struct http_head head;
	char in[64];
	size_t n = strlen(text);

	memcpy(in, text, n);
	in[at] = (char)byte;
	return parse(slice_make(in, n), &head) == HTTP_DONE;
}

Test(http_head, every_byte_in_every_place)
{
	const size_t method = 1, target = 5, name = sizeof("GET / HTTP/1.1\r\n" H "X") - 1, value = name + 1;

	for (unsigned c = 0; c < 256; c++) {
		bool control = c < 0x20 || c == 0x7f;
		bool token = c < 0x80 && !control && strchr(" \"(),/:;<=>?@[\\]{}", (int)c) == NULL;

		cr_assert_eq(accepted("GET / HTTP/1.1\r\n" H "\r\n", method, c), token, "method byte %02x", c);
		cr_assert_eq(accepted("GET /_x HTTP/1.1\r\n" H "\r\n", target, c), !control && c != ' ' && c != '#',
		    "target byte %02x", c);
		cr_assert_eq(accepted("GET / HTTP/1.1\r\n" H "X_y: z\r\n\r\n", name, c), token || c == ':', "name byte %02x", c);
		/* at every place of the eight that are looked at together */
		for (size_t i = 0; i < 10; i++)
			cr_assert_eq(accepted("GET / HTTP/1.1\r\n" H "X:0123456789\r\n\r\n", value + i, c), !control || c == '\t',
			    "value byte %02x at %zu", c, i);
	}
}

Test(http_head, headers)
{
	static const char in[] = "GET / HTTP/1.1\r\nHost: h\r\nAccept:a\r\nX-Empty:\r\nX-Blank: \t \r\naccept: \tb c\t\r\n"
	    "X-Long: 0123456789\t0123456789\xc3\xbc 0123456789\r\n\r\nbody";
	struct http_head head;

	cr_assert_eq(parse(slice_str(in), &head), HTTP_DONE);
	cr_assert_eq(head.length, sizeof(in) - 1 - 4);
	cr_assert_eq(head.header_count, 6);
	check_slice(http_header_get(&head, "ACCEPT"), "a", "Accept", in);
	check_slice(head.headers[4].name, "accept", "name", in);
	check_slice(head.headers[4].value, "b c", "value", in);
	check_slice(http_header_get(&head, "x-empty"), "", "X-Empty", in);
	check_slice(http_header_get(&head, "x-blank"), "", "X-Blank", in);
	check_slice(http_header_get(&head, "x-long"), "0123456789\t0123456789\xc3\xbc 0123456789", "X-Long", in);
	check_slice(http_header_get(&head, "x-lon"), NULL, "X-Lon", in);
}

/* "GET /aaa... HTTP/1.1" with a target of n bytes. */
static void
put_target(struct buf *b, size_t n)
{
	b->len = 0;
	buf_str(b, "GET /");
	for (size_t i = 1; i < n; i++)
		buf_byte(b, 'a');
	buf_str(b, " HTTP/1.1\r\n" H "\r\n");
}

Test(http_head, target_limit)
{
	struct http_head head;
	struct buf b = { 0 };

	put_target(&b, HTTP_TARGET_MAX);
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_DONE);
	put_target(&b, HTTP_TARGET_MAX + 1);
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_BAD);
	cr_assert_eq(head.status, 414);
	/* as soon as it is passed */
	cr_assert_eq(parse(slice_make(b.data, 4 + HTTP_TARGET_MAX), &head), HTTP_MORE);
	cr_assert_eq(parse(slice_make(b.data, 4 + HTTP_TARGET_MAX + 1), &head), HTTP_BAD);
	cr_assert_eq(head.status, 414);
	buf_fini(&b);
}

Test(http_head, header_limit)
{
	struct http_head head;
	struct buf b = { 0 };

	buf_str(&b, "GET / HTTP/1.1\r\n" H);
	for (int i = 1; i < HTTP_HEADERS_MAX; i++)
		buf_str(&b, "X:\r\n");
	buf_str(&b, "\r\n");
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_DONE);
	cr_assert_eq(head.header_count, HTTP_HEADERS_MAX);
	b.len -= 2;
	buf_str(&b, "X");
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_BAD);
	cr_assert_eq(head.status, 431);
	buf_fini(&b);
}

/* A head of exactly n bytes, and a body behind it. */
static void
put_head(struct buf *b, size_t n)
{
	b->len = 0;
	buf_str(b, "GET / HTTP/1.1\r\n" H "X: ");
	while (b->len < n - 4)
		buf_byte(b, 'a');
	buf_str(b, "\r\n\r\n");
}

Test(http_head, size_limit)
{
	struct http_head head;
	struct buf b = { 0 };

	put_head(&b, HTTP_HEAD_MAX);
	cr_assert_eq(parse(slice_make(b.data, HTTP_HEAD_MAX - 1), &head), HTTP_MORE);
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_DONE);
	cr_assert_eq(head.length, HTTP_HEAD_MAX);
	buf_str(&b, "body");
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_DONE);
	put_head(&b, HTTP_HEAD_MAX + 1);
	cr_assert_eq(parse(buf_as_slice(&b), &head), HTTP_BAD);
	cr_assert_eq(head.status, 431);
	cr_assert_eq(parse(slice_make(b.data, HTTP_HEAD_MAX), &head), HTTP_BAD);
	cr_assert_eq(head.status, 431);
	buf_fini(&b);
}

Test(http_head, nothing)
{
	struct http_head head;

	cr_assert_eq(parse(SLICE_NONE, &head), HTTP_MORE);
	cr_assert_eq(parse(SLICE(""), &head), HTTP_MORE);
	cr_assert_null(head.method.p);
	cr_assert_null(head.path.p);
}

Test(http_head, pipelined)
{
	static const char in[] = "GET /1 HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.1\r\n" H "\r\n";
	struct http_head head;
	struct slice rest = slice_str(in);

	cr_assert_eq(parse(rest, &head), HTTP_DONE);
	check_slice(head.path, "/1", "path", in);
	rest = slice_from(rest, head.length);
	cr_assert_eq(parse(rest, &head), HTTP_DONE);
	check_slice(head.path, "/2", "path", in);
	cr_assert_eq(head.length, rest.n);
}

/* The decoder fed `step` bytes at a time, from memory of exactly that size. */
static enum http_result
decode(struct slice in, size_t step, uint64_t max, struct buf *body, size_t *used_r, int *status_r)
{
	struct http_chunks c = { 0 };
	enum http_result result = HTTP_MORE;
	size_t at = 0;

	body->len = 0;
	while (result == HTTP_MORE && at < in.n) {
		size_t n = in.n - at < step ? in.n - at : step, taken = 0, used = 1;
		char *exact = malloc(n);

		memcpy(exact, in.p + at, n);
		while (result == HTTP_MORE && used > 0) {
			struct slice data;

			result = http_chunks_parse(&c, slice_make(exact + taken, n - taken), max, &used, &data);
			buf_slice(body, data);
			taken += used;
			cr_assert(taken <= n);
			cr_assert(result == HTTP_MORE || data.n == 0);
			cr_assert_eq(c.total, body->len);
		}
		cr_assert(result != HTTP_MORE || taken == n, "stopped after %zu of %zu bytes", taken, n);
		at += taken;
		free(exact);
	}
	*used_r = at;
	*status_r = c.status;
	cr_assert_eq(result == HTTP_BAD, c.reason != NULL);
	return result;
}

static void
check_chunks(struct slice in, uint64_t max, enum http_result want, int status, const char *body, size_t left)
{
	struct buf got = { 0 };

	for (size_t step = 1; step <= in.n; step++) {
		size_t used;
		int got_status;

		cr_assert_eq(decode(in, step, max, &got, &used, &got_status), want, "'%.*s' by %zu", SLICE_ARG(in), step);
		cr_assert_eq(got_status, status, "'%.*s' by %zu: %d", SLICE_ARG(in), step, got_status);
		cr_assert(slice_is(buf_as_slice(&got), body), "'%.*s' by %zu: body '%.*s'", SLICE_ARG(in), step, (int)got.len,
		    got.data);
		if (want == HTTP_DONE)
			cr_assert_eq(used, in.n - left, "'%.*s' by %zu: %zu used", SLICE_ARG(in), step, used);
	}
	buf_fini(&got);
}

Test(http_chunks, decoded)
{
	static const struct {
		const char *in, *body;
		size_t left;
	} cases[] = {
		{ "0\r\n\r\n", "", 0 },
		{ "000\r\n\r\n", "", 0 },
		{ "5\r\nhello\r\n0\r\n\r\n", "hello", 0 },
		{ "5\r\nhello\r\n0\r\n\r\nGET /", "hello", 5 },
		{ "3\r\na\r\n\r\n1\r\n0\r\n2\r\n\r\n\r\n0\r\n\r\n0\r\n", "a\r\n0\r\n", 3 },
		{ "a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n", "01234567890123456789", 0 },
		{ "0000000000000001\r\nx\r\n0\r\n\r\n", "x", 0 },
		{ "1;a\r\nx\r\n0;b=c;d=\"e f\"\t\xff\r\n\r\n", "x", 0 },
		{ "1;\r\nx\r\n0\r\n\r\n", "x", 0 },
		{ "1\r\nx\r\n0\r\nX-T: a b\tc\r\ny:\r\n\r\nz", "x", 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_chunks(slice_str(cases[i].in), 20, HTTP_DONE, 0, cases[i].body, cases[i].left);
}

Test(http_chunks, unfinished)
{
	static const char in[] = "5;x\r\nhello\r\n0\r\nX-T: a\r\n\r\n";

	for (size_t n = 1; n < sizeof(in) - 1; n++) {
		char body[6] = "hello";

		body[n < 5 ? 0 : n < 10 ? n - 5 : 5] = '\0';
		check_chunks(slice_make(in, n), 5, HTTP_MORE, 0, body, 0);
	}
}

Test(http_chunks, refused)
{
	static const struct {
		struct slice in;
		int status;
		const char *body;
	} cases[] = {
		{ SLICE("\r\n"), 400, "" },
		{ SLICE(";a\r\n"), 400, "" },
		{ SLICE("g\r\n"), 400, "" },
		{ SLICE("-1\r\n"), 400, "" },
		{ SLICE("+1\r\n"), 400, "" },
		{ SLICE(" 1\r\n"), 400, "" },
		{ SLICE("1 \r\n"), 400, "" },
		{ SLICE("1 ;a\r\n"), 400, "" },
		{ SLICE("0x1\r\n"), 400, "" },
		{ SLICE("1_0\r\n"), 400, "" },
		{ SLICE("1\nx"), 400, "" },
		{ SLICE("1\rx"), 400, "" },
		{ SLICE("1\r\r\nx"), 400, "" },
		{ SLICE("1;a\nx"), 400, "" },
		{ SLICE("1;a\0\r\n"), 400, "" },
		{ SLICE("1;a\rb\r\n"), 400, "" },
		{ SLICE("00000000000000001\r\nx"), 400, "" },
		{ SLICE("10000000000000005\r\nhello"), 400, "" },
		{ SLICE("1\r\nxy\r\n"), 400, "x" },
		{ SLICE("1\r\nx\n"), 400, "x" },
		{ SLICE("1\r\nx\r1"), 400, "x" },
		{ SLICE("1\r\nx\r\n\r\n"), 400, "x" },
		{ SLICE("0\r\n\n"), 400, "" },
		{ SLICE("0\r\n\rx"), 400, "" },
		{ SLICE("0\r\nX: a\n\r\n"), 400, "" },
		{ SLICE("0\r\nX: a\r\n b\r\n\r\n"), 400, "" },
		{ SLICE("0\r\nX : a\r\n\r\n"), 400, "" },
		{ SLICE("0\r\n: a\r\n\r\n"), 400, "" },
		{ SLICE("0\r\nX\r\n\r\n"), 400, "" },
		{ SLICE("0\r\nX: \x01\r\n\r\n"), 400, "" },
		/* max is 20 */
		{ SLICE("15\r\n"), 413, "" },
		{ SLICE("14\r\n01234567890123456789\r\n1\r\n"), 413, "01234567890123456789" },
		{ SLICE("1\r\nx\r\nffffffffffffffff\r\n"), 413, "x" },
		{ SLICE("ffffffffffffffff\r\n"), 413, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_chunks(cases[i].in, 20, HTTP_BAD, cases[i].status, cases[i].body, 0);
}

/* Total size wrapping round 64 bits must not slip under the limit. */
Test(http_chunks, sum_does_not_wrap)
{
	check_chunks(SLICE("2\r\nxy\r\nffffffffffffffff\r\n"), UINT64_MAX, HTTP_BAD, 413, "xy", 0);
}

static size_t
bytes_until_refused(struct slice start, struct slice again)
{
	struct http_chunks c = { 0 };
	size_t used, total = 0;
	struct slice data;

	cr_assert_eq(http_chunks_parse(&c, start, 100, &used, &data), HTTP_MORE);
	while (total < 1024 * 1024) {
		struct slice rest = again;
		enum http_result result = HTTP_MORE;

		for (used = 1; result == HTTP_MORE && used > 0; rest = slice_from(rest, used)) {
			result = http_chunks_parse(&c, rest, UINT64_MAX, &used, &data);
			total += used;
		}
		if (result == HTTP_BAD) {
			cr_assert_eq(c.status, 400);
			return total;
		}
	}
	return total;
}

Test(http_chunks, overhead_is_bounded)
{
	cr_assert_lt(bytes_until_refused(SLICE("1;"), SLICE("a")), 300);
	cr_assert_lt(bytes_until_refused(SLICE("0"), SLICE("0")), 20);
	cr_assert_lt(bytes_until_refused(SLICE("0\r\nX:"), SLICE("a")), 20 * 1024);
	cr_assert_lt(bytes_until_refused(SLICE("0\r\n"), SLICE("X:\r\n")), 80 * 1024);
	cr_assert_lt(bytes_until_refused(SLICE("0\r\n"), SLICE("X")), 20 * 1024);
	cr_assert_lt(bytes_until_refused(SLICE(""), SLICE("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n")), 40 * 1024);
	/* but chunks themselves are no overhead */
	cr_assert_geq(bytes_until_refused(SLICE(""), SLICE("10\r\n0123456789abcdef\r\n")), 1024 * 1024);
}

Test(http_chunks, verdict_stays)
{
	struct http_chunks done = { 0 }, wrong = { 0 };
	struct slice data;
	size_t used;

	cr_assert_eq(http_chunks_parse(&done, SLICE("0\r\n\r\nx"), 0, &used, &data), HTTP_DONE);
	cr_assert_eq(used, 5);
	cr_assert_eq(http_chunks_parse(&done, SLICE("x"), 0, &used, &data), HTTP_DONE);
	cr_assert_eq(used, 0);
	cr_assert_eq(http_chunks_parse(&wrong, SLICE("x"), 0, &used, &data), HTTP_BAD);
	cr_assert_eq(http_chunks_parse(&wrong, SLICE("0\r\n\r\n"), 0, &used, &data), HTTP_BAD);
	cr_assert_eq(wrong.status, 400);
	cr_assert_eq(used, 0);
	cr_assert_eq(http_chunks_parse(&(struct http_chunks){ 0 }, SLICE_NONE, 0, &used, &data), HTTP_MORE);
	cr_assert_eq(used, 0);
}

Test(http_reason, names)
{
	cr_assert_str_eq(http_reason(200), "OK");
	cr_assert_str_eq(http_reason(417), "Expectation Failed");
	cr_assert_str_eq(http_reason(505), "HTTP Version Not Supported");
	cr_assert_str_eq(http_reason(299), "Unknown");
}
