/* SPDX-License-Identifier: MIT
 *
 * worker/shortcut.c.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cache/region.h"
#include "worker/shortcut.h"

enum { REGION_BYTES = 1024 * 1024 };

struct table {
	struct region *region;
	struct shortcuts *shortcuts;
};

static struct table
table_new(void)
{
	struct table t = { .region = region_create(REGION_BYTES, 1) };

	t.shortcuts = shortcuts_new(t.region);
	return t;
}

static void
table_free(struct table *t)
{
	shortcuts_free(&t->shortcuts);
	cr_assert_null(t->shortcuts);
	region_close(&t->region);
}

static struct slice
head_of(char *text, size_t size, unsigned n)
{
	int length = snprintf(text, size, "GET /api/patches/%u/ HTTP/1.1\r\nHost: example.org\r\n\r\n", n);

	return slice_make(text, (size_t)length);
}

static void
learn(struct table *t, struct slice head, bool trusted, unsigned route)
{
	const struct shortcut shortcut = { .route = route, .key = SLICE("a key"), .if_none_match = SLICE("\"tag\"") };

	shortcuts_learn(t->shortcuts, head, trusted, &shortcut);
}

Test(shortcut, what_was_learnt_is_found_and_only_that)
{
	struct table t = table_new();
	char text[128];
	struct slice head = head_of(text, sizeof(text), 42), other = SLICE("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	const struct shortcut *found;
	size_t length = 0;

	cr_assert_null(shortcuts_find(t.shortcuts, head, false, &length));
	learn(&t, head, false, 7);
	found = shortcuts_find(t.shortcuts, head, false, &length);
	cr_assert_not_null(found);
	cr_expect_eq(found->route, 7);
	cr_expect_eq(length, head.n);
	cr_expect(slice_is(found->key, "a key"));
	cr_expect(slice_is(found->if_none_match, "\"tag\""));
	cr_expect_null(shortcuts_find(t.shortcuts, head, true, &length), "whom a proxy's word counts for is another");
	cr_expect_null(shortcuts_find(t.shortcuts, other, false, &length));
	table_free(&t);
}

Test(shortcut, the_callers_bytes_are_not_needed_any_more)
{
	struct table t = table_new();
	char text[128], same[128], key[] = "a key";
	struct slice head = head_of(text, sizeof(text), 1);
	const struct shortcut *found;
	size_t length;

	shortcuts_learn(t.shortcuts, head, false, &(const struct shortcut){ .key = slice_str(key) });
	memset(text, 'x', sizeof(text));
	memset(key, 'x', sizeof(key) - 1);
	found = shortcuts_find(t.shortcuts, head_of(same, sizeof(same), 1), false, &length);
	cr_assert_not_null(found);
	cr_expect(slice_is(found->key, "a key"));
	cr_expect_null(found->if_none_match.p, "what is absent stays so");
	table_free(&t);
}

Test(shortcut, a_request_is_found_in_front_of_others)
{
	struct table t = table_new();
	char text[256], first[128];
	struct slice head = head_of(first, sizeof(first), 1), both;
	size_t length = 0;

	learn(&t, head, false, 1);
	(void)snprintf(text, sizeof(text), "%.*sGET /next", SLICE_ARG(head));
	both = slice_str(text);
	cr_assert_not_null(shortcuts_find(t.shortcuts, both, false, &length));
	cr_expect_eq(length, head.n);
	/* a byte less, a byte more */
	cr_expect_null(shortcuts_find(t.shortcuts, slice_make(head.p, head.n - 1), false, &length));
	cr_expect_null(shortcuts_find(t.shortcuts, slice_from(both, 1), false, &length));
	table_free(&t);
}

Test(shortcut, what_is_large_is_not_learnt)
{
	struct table t = table_new();
	static char text[SHORTCUT_HEAD_MAX + 200];
	size_t length;
	struct slice head;

	memset(text, 'a', sizeof(text));
	memcpy(text + SHORTCUT_HEAD_MAX - 3, "\r\n\r\n", 4);
	head = slice_make(text, SHORTCUT_HEAD_MAX + 1);
	learn(&t, head, false, 1);
	cr_expect_null(shortcuts_find(t.shortcuts, head, false, &length));
	memcpy(text + SHORTCUT_HEAD_MAX - 4, "\r\n\r\n", 4);
	head = slice_make(text, SHORTCUT_HEAD_MAX);
	learn(&t, head, false, 1);
	cr_expect_not_null(shortcuts_find(t.shortcuts, head, false, &length));
	table_free(&t);
}

/* Those who come once do not drive out one who comes again and again. */
Test(shortcut, what_is_asked_for_stays)
{
	struct table t = table_new();
	char often[128], once[128];
	struct slice head = head_of(often, sizeof(often), 1);
	size_t length;

	learn(&t, head, false, 1);
	for (unsigned n = 2; n < 20 * SHORTCUT_PLACES; n++) {
		cr_assert_not_null(shortcuts_find(t.shortcuts, head, false, &length));
		learn(&t, head_of(once, sizeof(once), n), false, 2);
	}
	/* not asked for any more, it makes room */
	for (unsigned n = 2; n < 40 * SHORTCUT_PLACES; n++)
		learn(&t, head_of(once, sizeof(once), n), false, 2);
	cr_expect_null(shortcuts_find(t.shortcuts, head, false, &length));
	table_free(&t);
}
