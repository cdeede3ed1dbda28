/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/rb_query: the input is a query.  Checked:
 *  - a page is bounded, and what is bad is told;
 *  - the link to another page is a query that asks for that page, and has as many other parameters.
 */
#include "config.h"

#include "proto/rb_query.h"

#include "base/arena.h"
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static size_t
count_others(const struct uri_query *query)
{
	size_t count = 0;

	for (size_t i = 0; i < query->count; i++)
		count += !slice_is(query->params[i].key, "start") && !slice_is(query->params[i].key, "max-results");
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct uri_query query, again;
	struct rb_window window, other;
	struct rb_limits limits;
	struct buf text = { 0 };

	if (uri_query_parse(arena, slice_make((const char *)data, size), 100, &query) == 0) {
		bool good = rb_window_read(&query, &window);

		require(good == (window.bad_start.p == NULL && window.bad_count.p == NULL));
		require(window.start <= INT64_MAX && window.count <= RB_RESULTS_MAX);
		require(rb_window_previous(&window) <= window.start);
		rb_window_put(&text, &query, window.start, window.count);
		require(uri_query_parse(arena, slice_from(buf_as_slice(&text), 1), 200, &again) == 0);
		require(rb_window_read(&again, &other));
		require(other.start == window.start && other.count == window.count);
		require(count_others(&again) == count_others(&query));
		limits = rb_limits_read(&again, NULL);
		require(slice_eq(limits.fields, rb_limits_read(&query, NULL).fields));
		(void)rb_names(limits.fields, "id");
	}
	buf_fini(&text);
	arena_free(&arena);
	return 0;
}
