/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/token_policy: reviewboard-api.md, 2.2.
 */
#include "config.h"

#include "proto/token_policy.h"

#include <criterion/criterion.h>

#include "base/arena.h"

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

TestSuite(token_policy, .init = setup, .fini = teardown);

static bool
allows(const char *policy, const char *resource, const char *object, const char *method)
{
	return token_policy_allows(arena, slice_str(policy), slice_str(resource), slice_str(object), slice_str(method));
}

Test(token_policy, none_allows_everything)
{
	cr_assert(allows(NULL, "diff", NULL, "POST") && allows("", "diff", "1", "PUT"));
	cr_assert(allows("{\"resources\":{}}", "diff", NULL, "POST"));
}

#define READ_ONLY "{\"resources\":{\"*\":{\"allow\":[\"GET\"],\"block\":[\"*\"]}}}"

Test(token_policy, read_only)
{
	cr_assert_null(token_policy_check(arena, SLICE(READ_ONLY)));
	cr_assert(allows(READ_ONLY, "draft_commit", NULL, "GET"));
	cr_assert(!allows(READ_ONLY, "draft_commit", NULL, "POST"));
	cr_assert(!allows(READ_ONLY, "draft_commit", "7", "DELETE"));
}

Test(token_policy, what_counts_more_in_one_rule)
{
	/* the method itself before all, blocked before allowed */
	cr_assert(!allows("{\"resources\":{\"*\":{\"allow\":[\"GET\",\"*\"],\"block\":[\"GET\"]}}}", "diff", NULL, "GET"));
	cr_assert(allows("{\"resources\":{\"*\":{\"allow\":[\"GET\"],\"block\":[\"*\"]}}}", "diff", NULL, "GET"));
	cr_assert(!allows("{\"resources\":{\"*\":{\"allow\":[\"*\"],\"block\":[\"*\"]}}}", "diff", NULL, "GET"));
	cr_assert(allows("{\"resources\":{\"*\":{\"allow\":[\"*\"],\"block\":[\"PUT\"]}}}", "diff", NULL, "GET"));
	cr_assert(allows("{\"resources\":{\"*\":{\"block\":[\"PUT\"]}}}", "diff", NULL, "GET"));
}

#define LEVELS "{\"resources\":{\"*\":{\"block\":[\"*\"]},\"diff\":{\"*\":{\"allow\":[\"GET\"]},\"7\":{\"allow\":[\"PUT\"]," \
    "\"block\":[\"GET\"]}}}}"

Test(token_policy, the_narrowest_that_says_something_decides)
{
	cr_assert_null(token_policy_check(arena, SLICE(LEVELS)));
	cr_assert(allows(LEVELS, "diff", "7", "PUT"));
	cr_assert(!allows(LEVELS, "diff", "7", "GET"));
	cr_assert(allows(LEVELS, "diff", "8", "GET"));
	cr_assert(allows(LEVELS, "diff", NULL, "GET"));
	cr_assert(!allows(LEVELS, "diff", "8", "PUT"));
	cr_assert(!allows(LEVELS, "diff", "7", "DELETE"));
	cr_assert(!allows(LEVELS, "commit", "7", "GET"));
}

Test(token_policy, what_is_no_policy_allows_nothing)
{
	static const char *const bad[] = {
		"x", "[]", "{}", "{\"resources\":[]}", "{\"resources\":{\"*\":{\"*\":{\"allow\":[]}}}}", "{\"resources\":{\"diff\":[]}}",
		"{\"resources\":{\"diff\":{\"allow\":[\"GET\"]}}}", "{\"resources\":{\"*\":{\"allow\":\"GET\"}}}",
		"{\"resources\":{\"*\":{\"allow\":[1]}}}", "{\"resources\":{\"*\":{\"deny\":[]}}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_assert_not_null(token_policy_check(arena, slice_str(bad[i])), "%s", bad[i]);
		cr_assert(!allows(bad[i], "diff", NULL, "GET"), "%s", bad[i]);
	}
}

static bool
covers(const char *scopes, const char *resource, const char *method)
{
	return token_scopes_cover(slice_str(scopes), slice_str(resource), slice_str(method));
}

Test(token_policy, scopes)
{
	const char *scopes = "draft_commit:write diff:read  session:destroy";

	cr_assert(covers(scopes, "draft_commit", "POST") && covers(scopes, "draft_commit", "PUT"));
	cr_assert(!covers(scopes, "draft_commit", "GET") && !covers(scopes, "draft_commit", "DELETE"));
	cr_assert(covers(scopes, "diff", "GET") && !covers(scopes, "diff", "POST"));
	cr_assert(covers(scopes, "session", "DELETE"));
	cr_assert(!covers("", "diff", "GET") && !covers(NULL, "diff", "GET") && !covers("diff", "diff", "GET"));
	cr_assert(!covers("diff:readx", "diff", "GET") && !covers("xdiff:read", "diff", "GET"));
}
