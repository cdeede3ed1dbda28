/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/rb_query: pages, limits of fields and links.
 */
#include "config.h"

#include "proto/rb_query.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/upload.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(&arena);
}

TestSuite(rb_query, .init = setup, .fini = teardown);

static struct uri_query
query(const char *raw)
{
	struct uri_query q;

	cr_assert_eq(uri_query_parse(arena, slice_str(raw), 100, &q), 0);
	return q;
}

/* "START+COUNT", or what is bad. */
static const char *
window(const char *raw)
{
	struct uri_query q = query(raw);
	struct rb_window w;

	if (rb_window_read(&q, &w)) {
		cr_assert(w.bad_start.p == NULL && w.bad_count.p == NULL);
		return arena_printf(arena, "%llu+%llu", (unsigned long long)w.start, (unsigned long long)w.count);
	}
	return arena_printf(arena, "%s%.*s/%s%.*s", w.bad_start.p != NULL ? "!" : "", SLICE_ARG(w.bad_start),
	    w.bad_count.p != NULL ? "!" : "", SLICE_ARG(w.bad_count));
}

Test(rb_query, booleans)
{
	cr_assert(rb_true(SLICE("1")) && rb_true(SLICE("true")) && rb_true(SLICE("True")) && rb_true(SLICE("TRUE")));
	cr_assert(!rb_true(SLICE("0")) && !rb_true(SLICE("yes")) && !rb_true(SLICE("")) && !rb_true(SLICE_NONE));
	cr_assert(!rb_true(SLICE("11")) && !rb_true(SLICE(" 1")));
}

Test(rb_query, pages)
{
	cr_assert_str_eq(window(""), "0+25");
	cr_assert_str_eq(window("start=5&max-results=10"), "5+10");
	cr_assert_str_eq(window("start=-5&max-results=-1"), "0+0");
	cr_assert_str_eq(window("max-results=0"), "0+0");
	cr_assert_str_eq(window("max-results=200"), "0+200");
	cr_assert_str_eq(window("max-results=201"), "0+200");
	cr_assert_str_eq(window("start=99999999999999999999&max-results=-99999999999999999999"), "9223372036854775807+0");
	cr_assert_str_eq(window("start=1&start=2"), "2+25");
	cr_assert_str_eq(window("start=abc"), "!abc/");
	cr_assert_str_eq(window("max-results=1.5"), "/!1.5");
	cr_assert_str_eq(window("start=a&max-results=b"), "!a/!b");
	cr_assert_str_eq(window("start="), "!/");
}

static const char *
url(const char *raw, uint64_t start, uint64_t count)
{
	struct uri_query q = query(raw);
	struct buf out = { 0 };
	const char *text;

	rb_window_put(&out, &q, start, count);
	text = arena_memdup(arena, out.data, out.len);
	buf_fini(&out);
	return text;
}

Test(rb_query, links_to_other_pages)
{
	struct rb_window w = { .start = 30, .count = 25 };

	cr_assert_str_eq(url("max-results=1", 1, 1), "?start=1&max-results=1");
	cr_assert_str_eq(url("z=1&start=9&a=%C3%A9+b&z=0&max-results=3&only-fields=", 12, 3),
	    "?start=12&max-results=3&a=%C3%A9+b&only-fields=&z=1&z=0");
	cr_assert_eq(rb_window_previous(&w), 5);
	w.start = 20;
	cr_assert_eq(rb_window_previous(&w), 0);
}

Test(rb_query, limits)
{
	struct form_field fields[] = { { SLICE("only_fields"), SLICE("id") }, { SLICE("only_links"), SLICE("draft_diffs") },
		{ SLICE("only-fields"), SLICE("no") }, { SLICE("expand"), SLICE("user") } };
	struct upload form = { .field = fields, .fields = 4 };
	struct uri_query q = query("only-fields=&expand=a,b");
	struct rb_limits l = rb_limits_read(&q, NULL);

	cr_assert(l.fields.p != NULL && l.fields.n == 0 && l.links.p == NULL);
	cr_assert(slice_is(l.expand, "a,b"));
	/* the query wins, empty or not; with underscores it is none */
	l = rb_limits_read(&q, &form);
	cr_assert(l.fields.n == 0 && slice_is(l.links, "draft_diffs") && slice_is(l.expand, "a,b"));
	q = query("only_fields=x");
	l = rb_limits_read(&q, &form);
	cr_assert(slice_is(l.fields, "id"));
}

Test(rb_query, long_lists_have_an_end)
{
	struct buf text = { 0 };
	struct form_field field = { .name = SLICE("only_fields") };
	struct upload form = { .field = &field, .fields = 1 };
	struct uri_query none = { 0 };

	memset(buf_reserve(&text, RB_LIST_MAX), ',', RB_LIST_MAX);
	text.len = RB_LIST_MAX;
	buf_str(&text, "id");
	field.value = buf_as_slice(&text);
	cr_assert(!rb_names(rb_limits_read(&none, &form).fields, "id"));
	memcpy(text.data, "id", 2);
	cr_assert(rb_names(rb_limits_read(&none, &form).fields, "id"));
	buf_fini(&text);
}

Test(rb_query, names_in_a_list)
{
	cr_assert(rb_names(SLICE("a,b"), "a") && rb_names(SLICE("a,b"), "b") && rb_names(SLICE("a, b ,"), "b"));
	cr_assert(!rb_names(SLICE("ab"), "a") && !rb_names(SLICE(""), "a") && !rb_names(SLICE_NONE, "a"));
	cr_assert(!rb_names(SLICE("a,"), "") && !rb_names(SLICE("A"), "a"));
}

Test(rb_query, fields_that_everybody_knows)
{
	cr_assert(rb_is_common_field(SLICE("api_format")) && rb_is_common_field(SLICE("_method")));
	cr_assert(rb_is_common_field(SLICE("only_fields")) && rb_is_common_field(SLICE("only-links")));
	cr_assert(!rb_is_common_field(SLICE("summary")) && !rb_is_common_field(SLICE("")));
}
