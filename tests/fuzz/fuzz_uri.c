/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/uri: the input is a query string, and a path.  Checked:
 *  - what is decoded is UTF-8, and no parameter is lost;
 *  - a link's query parses back to the same parameters but `page`, sorted by
 *    key, equal keys in their order;
 *  - what the encoders write decodes to what they were given, and holds only
 *    bytes that may stand there.
 */
#include "config.h"

#include "proto/uri.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

enum { PARAMS_MAX = 1000 };

static bool
only(struct slice s, const char *punctuation)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c == '\0' || strchr(punctuation, c) == NULL))
			return false;
	}
	return true;
}

static bool
key_after(struct slice a, struct slice b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order > 0 || (order == 0 && a.n > b.n);
}

/* Every value of every key of `a` that is not `page` is the next of that key in `b`. */
static void
check_kept(const struct uri_query *a, const struct uri_query *b)
{
	for (size_t i = 0; i < a->count && i < 64; i++) {
		const char *key = a->params[i].key.p;
		size_t at = 0, bt = 0;
		struct slice va, vb;

		if (strlen(key) != a->params[i].key.n || strcmp(key, "page") == 0)
			continue;	/* the lookups take C strings */
		while (uri_query_next(a, key, &at, &va)) {
			require(uri_query_next(b, key, &bt, &vb));
			require(slice_eq(va, vb));
		}
		require(!uri_query_next(b, key, &bt, &vb));
		require(slice_eq(uri_query_last(a, key), uri_query_last(b, key)));
	}
}

static void
check_link(struct arena *arena, const struct uri_query *query, uint64_t page)
{
	struct uri_query again;
	struct buf link = { 0 };
	size_t pages = 0, at = 0, kept = 0;
	struct slice value;

	while (uri_query_next(query, "page", &at, &value))
		pages++;
	uri_query_with_page(&link, query, page);
	require(only(buf_as_slice(&link), "?&=+%-._~"));
	require(link.len == 0 || link.data[0] == '?');
	require((link.len == 0) == (page == 0 && query->count == pages));
	value = link.len > 0 ? slice_from(buf_as_slice(&link), 1) : SLICE_NONE;
	require(uri_query_parse(arena, value, PARAMS_MAX + 1, &again) == 0);
	require(again.count == query->count - pages + (page > 0));
	for (size_t i = 1; i < again.count; i++)
		require(!key_after(again.params[i - 1].key, again.params[i].key));
	for (size_t i = 0; i < again.count; i++)
		kept += !slice_is(again.params[i].key, "page");
	require(kept == query->count - pages);
	require((uri_query_last(&again, "page").p != NULL) == (page > 0));
	check_kept(query, &again);
	buf_fini(&link);
}

static void
fuzz_query(struct arena *arena, struct slice in)
{
	struct uri_query query;
	size_t count = 0;

	for (size_t i = 0; i < in.n; i++)
		count += in.p[i] != '&' && (i == 0 || in.p[i - 1] == '&');
	if (uri_query_parse(arena, in, PARAMS_MAX, &query) < 0) {
		require(count > PARAMS_MAX);
		return;
	}
	require(query.count == count);
	for (size_t i = 0; i < query.count; i++)
		require(utf8_valid(query.params[i].key) && utf8_valid(query.params[i].value));
	check_link(arena, &query, 0);
	check_link(arena, &query, in.n + 1);
}

static void
fuzz_encoders(struct arena *arena, struct slice in)
{
	struct slice text = uri_decode_path(arena, in);
	struct buf out = { 0 };
	struct uri_query query;

	require(utf8_valid(text) && text.n <= 3 * in.n);
	uri_encode_path(&out, text);
	require(only(buf_as_slice(&out), "-._~!$&'()*+,;=:@/%"));
	require(slice_eq(uri_decode_path(arena, buf_as_slice(&out)), text));

	out.len = 0;
	uri_encode_form(&out, text);
	require(only(buf_as_slice(&out), "-._~+%"));
	require(uri_query_parse(arena, buf_as_slice(&out), 1, &query) == 0 && query.count == (text.n > 0));
	require(text.n == 0 || (slice_eq(query.params[0].key, text) && query.params[0].value.n == 0));

	out.len = 0;
	uri_encode_msgid(&out, text);
	require(only(buf_as_slice(&out), "-._~!$&'()*+,;=:@%"));
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice in = slice_make((const char *)data, size);

	fuzz_query(arena, in);
	fuzz_encoders(arena, in);
	arena_free(&arena);
	return 0;
}
