/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/rb_accept: the rules of reviewboard-api.md (1.0, "Accept negotiation").
 */
#include "config.h"

#include "proto/rb_accept.h"

#include <criterion/criterion.h>

#include "base/buf.h"

#define VENDOR "application/vnd.reviewboard.org.draft-commit"

static enum rb_format
item(const char *accept)
{
	return rb_accept(slice_str(accept), "draft-commit", true);
}

static enum rb_format
list(const char *accept)
{
	return rb_accept(slice_str(accept), "draft-commits", false);
}

Test(rb_accept, json_is_what_there_is_without_a_wish)
{
	cr_assert_eq(item(NULL), RB_FORMAT_JSON);
	cr_assert_eq(item(""), RB_FORMAT_JSON);
	cr_assert_eq(item("*/*"), RB_FORMAT_JSON);
	cr_assert_eq(item("application/*, text/*"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/html,application/xhtml+xml;q=0.9"), RB_FORMAT_JSON);
	cr_assert_eq(item("application/xml"), RB_FORMAT_JSON);
	cr_assert_eq(item(VENDOR "+xml"), RB_FORMAT_JSON);
	cr_assert_eq(item(VENDOR "s+json"), RB_FORMAT_JSON);
}

Test(rb_accept, a_patch)
{
	cr_assert_eq(item("text/x-patch"), RB_FORMAT_PATCH);
	cr_assert_eq(item("Text/X-Patch ; charset=utf-8"), RB_FORMAT_PATCH);
	cr_assert_eq(item("text/html, text/x-patch;q=0.1"), RB_FORMAT_PATCH);
	cr_assert_eq(item("*/*, text/x-patch;q=0.1"), RB_FORMAT_PATCH);
	/* a list has none */
	cr_assert_eq(list("text/x-patch"), RB_FORMAT_JSON);
}

Test(rb_accept, the_first_of_the_largest_q_wins)
{
	cr_assert_eq(item("application/json, text/x-patch"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/x-patch, application/json"), RB_FORMAT_PATCH);
	cr_assert_eq(item("application/json;q=0.5, text/x-patch"), RB_FORMAT_PATCH);
	cr_assert_eq(item("application/json;q=0.5, text/x-patch;q=0.50"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/x-patch;q=0.49," VENDOR "+json; q=0.5"), RB_FORMAT_JSON);
	cr_assert_eq(item("APPLICATION/VND.reviewboard.org.Draft-Commit+JSON;q=.2,text/x-patch;Q=.1"), RB_FORMAT_JSON);
	/* no number is 1, and there is no more than that */
	cr_assert_eq(item("text/x-patch;q=0.9,application/json;q=x"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/x-patch;q=1,application/json;q=9"), RB_FORMAT_PATCH);
	/* the smallest there is */
	cr_assert_eq(item("text/x-patch;q=0.0001"), RB_FORMAT_PATCH);
	cr_assert_eq(item("application/vnd.reviewboard.org.other+json;q=1,text/x-patch;q=0.2"), RB_FORMAT_PATCH);
}

Test(rb_accept, what_is_refused_is_not_fallen_back_to)
{
	cr_assert_eq(item("application/json;q=0"), RB_FORMAT_JSON);
	cr_assert_eq(item("application/json;q=0, " VENDOR "+json;q=0.0"), RB_FORMAT_PATCH);
	cr_assert_eq(item("application/*;q=0"), RB_FORMAT_PATCH);
	cr_assert_eq(item("application/*;q=0,text/*;q=0"), RB_FORMAT_REFUSED);
	cr_assert_eq(item("application/*;q=0,text/x-patch;q=0"), RB_FORMAT_REFUSED);
	cr_assert_eq(item("*/*;q=0"), RB_FORMAT_REFUSED);
	cr_assert_eq(list("*/*;q=0.000"), RB_FORMAT_REFUSED);
	cr_assert_eq(list("application/*;q=0"), RB_FORMAT_REFUSED);
	cr_assert_eq(item("*/*;q=0, application/json;q=0.1"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/x-patch;q=0"), RB_FORMAT_JSON);
	cr_assert_eq(item("text/x-patch;q=0, application/json;q=0.1"), RB_FORMAT_JSON);
}

Test(rb_accept, a_media_type)
{
	struct buf out = { 0 };

	rb_put_media_type(&out, "draft-commits");
	cr_assert(slice_is(buf_as_slice(&out), "application/vnd.reviewboard.org.draft-commits+json"));
	buf_fini(&out);
}

Test(rb_accept, entity_tags)
{
	struct slice tag = SLICE("5d3b");

	cr_assert(rb_none_match(SLICE("5d3b"), tag));
	cr_assert(rb_none_match(SLICE("\"5d3b\""), tag));
	cr_assert(rb_none_match(SLICE("W/\"5d3b\""), tag));
	cr_assert(rb_none_match(SLICE("W/5d3b"), tag));
	cr_assert(rb_none_match(SLICE("\"x\", 5d3b"), tag));
	cr_assert(rb_none_match(SLICE(" * "), tag));
	cr_assert(!rb_none_match(SLICE_NONE, tag));
	cr_assert(!rb_none_match(SLICE(""), tag));
	cr_assert(!rb_none_match(SLICE("5d3"), tag));
	cr_assert(!rb_none_match(SLICE("\"5d3b"), tag));
	cr_assert(!rb_none_match(SLICE("5D3B"), tag));
	cr_assert(!rb_none_match(SLICE("\""), tag));
}
