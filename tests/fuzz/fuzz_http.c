/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/http: the first byte of the input picks how the rest is
 * cut, the rest is a request head or a chunked body.  Checked:
 *  - the verdict over a prefix holds for the whole: HTTP_BAD stays, with its
 *    status; HTTP_DONE stays, with all its values;
 *  - what a done head says lies inside the input and is what it promises;
 *  - a chunked body decodes to the same however it arrives.
 */
#include "config.h"

#include "proto/http.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

enum { BODY_MAX = 4096 };

static bool
inside(struct slice whole, struct slice s)
{
	return s.p == NULL || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n);
}

static bool
no_controls(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static size_t
count_of(const struct http_head *head, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < head->header_count; i++)
		count += slice_eq_nocase(head->headers[i].name, slice_str(name));
	return count;
}

static void
check_done(struct slice in, const struct http_head *head)
{
	struct slice whole = slice_make(in.p, head->length);

	require(head->length >= 4 && head->length <= in.n && head->length <= HTTP_HEAD_MAX);
	require(memcmp(in.p + head->length - 4, "\r\n\r\n", 4) == 0);
	require(inside(whole, head->method) && inside(whole, head->target) && inside(whole, head->authority));
	require(inside(whole, head->path) && inside(whole, head->query) && inside(whole, head->host));
	require(head->method.n > 0 && head->target.n > 0 && head->target.n <= HTTP_TARGET_MAX);
	require(head->path.n > 0 && (head->path.p[0] == '/' || slice_is(head->path, "*")));
	require(slice_index(head->path, '?') < 0 && slice_index(head->target, '#') < 0);
	require(no_controls(head->method) && no_controls(head->target) && slice_index(head->target, ' ') < 0);
	require(head->minor == 0 || head->host.p != NULL);
	require(!head->chunked || (head->content_length == 0 && head->minor == 1));
	require(!head->chunked || count_of(head, "content-length") == 0);
	require(count_of(head, "host") <= 1 && count_of(head, "content-length") <= 1);
	require(count_of(head, "transfer-encoding") == (head->chunked ? 1 : 0));
	for (size_t i = 0; i < head->header_count; i++) {
		const struct http_header *h = &head->headers[i];

		require(inside(whole, h->name) && inside(whole, h->value) && h->name.n > 0);
		require(no_controls(h->name) && no_controls(h->value));
		require(slice_index(h->name, ' ') < 0 && slice_index(h->name, ':') < 0);
	}
}

static void
check_same(const struct http_head *a, const struct http_head *b)
{
	require(a->length == b->length && a->minor == b->minor && a->header_count == b->header_count);
	require(a->path.p == b->path.p && a->path.n == b->path.n && a->query.p == b->query.p);
	require(a->host.p == b->host.p && a->host.n == b->host.n && a->authority.p == b->authority.p);
	require(a->keep_alive == b->keep_alive && a->chunked == b->chunked);
	require(a->expect_continue == b->expect_continue && a->content_length == b->content_length);
	for (size_t i = 0; i < a->header_count; i++)
		require(memcmp(&a->headers[i], &b->headers[i], sizeof(a->headers[i])) == 0);
}

static void
fuzz_head(struct slice in, size_t step)
{
	struct http_head whole, part;
	enum http_result result = http_parse_head(in, &whole);

	require((result == HTTP_BAD) == (whole.status != 0) && (result == HTTP_BAD) == (whole.reason != NULL));
	require(result != HTTP_MORE || in.n < HTTP_HEAD_MAX);
	if (result == HTTP_DONE)
		check_done(in, &whole);
	if (in.n > 4096)
		step = in.n / 16;
	for (size_t n = 0; n < in.n; n += step) {
		enum http_result before = http_parse_head(slice_make(in.p, n), &part);

		if (before == HTTP_MORE)
			require(result != HTTP_DONE || n < whole.length);
		else
			require(before == result);
		if (before == HTTP_BAD)
			require(part.status == whole.status && strcmp(part.reason, whole.reason) == 0);
		if (before == HTTP_DONE)
			check_same(&part, &whole);
	}
}

/* Decodes `in`, which arrives `step` bytes at a time; *used_r is where the decoder stopped. */
static enum http_result
decode(struct slice in, size_t step, struct buf *body, size_t *used_r, int *status_r)
{
	struct http_chunks c = { 0 };
	enum http_result result = HTTP_MORE;
	size_t there = 0, taken = 0;

	while (result == HTTP_MORE && (there < in.n || taken < there)) {
		size_t used;
		struct slice data;

		if (taken == there)
			there = in.n - there < step ? in.n : there + step;
		result = http_chunks_parse(&c, slice_make(in.p + taken, there - taken), BODY_MAX, &used, &data);
		require(used <= there - taken && inside(slice_make(in.p + taken, used), data));
		require(used > 0 || result != HTTP_MORE);
		require(result == HTTP_MORE || data.n == 0);
		taken += used;
		buf_slice(body, data);
		require(c.total == body->len && body->len <= BODY_MAX);
	}
	*used_r = taken;
	*status_r = c.status;
	return result;
}

static void
fuzz_chunks(struct slice in, size_t step)
{
	struct buf whole = { 0 }, pieces = { 0 };
	size_t whole_used, pieces_used;
	int whole_status, pieces_status;
	enum http_result result = decode(in, in.n, &whole, &whole_used, &whole_status);

	require(decode(in, step, &pieces, &pieces_used, &pieces_status) == result);
	require(whole_used == pieces_used && whole_status == pieces_status);
	require(slice_eq(buf_as_slice(&whole), buf_as_slice(&pieces)));
	require((result == HTTP_BAD) == (whole_status == 400 || whole_status == 413));
	require(result != HTTP_DONE || memcmp(in.p + whole_used - 4, "\r\n\r\n", 4) == 0);
	buf_fini(&whole);
	buf_fini(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in;
	size_t step;

	if (size < 2)
		return 0;
	step = data[0] % 16 + 1u;
	in = slice_make((const char *)data + 1, size - 1);
	fuzz_head(in, step);
	fuzz_chunks(in, step);
	return 0;
}
