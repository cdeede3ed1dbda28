/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/extra_data: the three kinds of fields, keys that are not for
 * clients, and what would cost too much.  The examples of merge patch are RFC 7396's.
 */
#include "config.h"

#include "proto/extra_data.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body.h"
#include "proto/json.h"

#define MERGE "extra_data:json"
#define PATCH "extra_data:json-patch"

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

TestSuite(extra_data, .init = setup, .fini = teardown);

/* What becomes of a text by one field; or, behind a '!', the error. */
static const char *
change(const char *stored, const char *name, struct slice value)
{
	struct form_field fields[] = { { SLICE("summary"), SLICE("x") }, { slice_str(name), value } };
	struct slice result;
	const char *error;

	if (extra_data_change(arena, slice_str(stored), fields, 2, &result, &error) < 0)
		return arena_printf(arena, "!%s", error);
	cr_assert_null(error);
	return arena_memdup(arena, result.p, result.n);
}

static const char *
show(const char *stored)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);
	const char *text;

	extra_data_put(&j, arena, slice_str(stored));
	text = arena_memdup(arena, out.data, out.len);
	buf_fini(&out);
	return text;
}

#define CHANGES(stored, name, value, expected) cr_assert_str_eq(change(stored, name, SLICE(value)), expected)

Test(extra_data, fields_by_name)
{
	static const char *const ours[] = { "extra_data.x", "extra_data.", "extra_data:json", "extra_data:json-patch" };
	static const char *const others[] = { "extra_data", "extra_data:", "extra_data:jso", "extra_data:json-patchx", "xextra_data.x" };

	for (size_t i = 0; i < 4; i++)
		cr_assert(extra_data_is_field(slice_str(ours[i])));
	for (size_t i = 0; i < 5; i++)
		cr_assert(!extra_data_is_field(slice_str(others[i])));
}

Test(extra_data, nothing_asked_is_nothing_changed)
{
	CHANGES("{\"b\":1,\"a\":2}", "extra_dat", "1", "{\"b\":1,\"a\":2}");
	CHANGES("", "description", "1", "");
}

Test(extra_data, a_key_is_set)
{
	CHANGES("", "extra_data.k", "text", "{\"k\":\"text\"}");
	CHANGES("{\"b\":1,\"a\":[2]}", "extra_data.k", "x", "{\"a\":[2],\"b\":1,\"k\":\"x\"}");
	CHANGES("{\"a.b\":1}", "extra_data.a.b", "2", "{\"a.b\":2}");
	CHANGES("{\"k\":{\"x\":1}}", "extra_data.k", "1.50", "{\"k\":1.50}");
	CHANGES("{}", "extra_data.k", "True", "{\"k\":true}");
	CHANGES("{}", "extra_data.k", "false", "{\"k\":false}");
	CHANGES("{\"k\":1}", "extra_data.k", "", "{}");
	CHANGES("{\"k\":1}", "extra_data.", "x", "{\"k\":1}");
	CHANGES("no JSON", "extra_data.k", "\"\n", "{\"k\":\"\\\"\\n\"}");
}

Test(extra_data, texts_that_are_numbers_and_some_that_are_not)
{
	static const char *const cases[][2] = {
		{ "0", "0" }, { "-1", "-1" }, { "007", "7" }, { "-000", "-0" }, { "12345678901234567890", "12345678901234567890" },
		{ "0.5", "0.5" }, { "-00.50", "-0.50" }, { "1.", "\"1.\"" }, { ".5", "\".5\"" }, { "1e5", "\"1e5\"" }, { "-", "\"-\"" },
		{ "+1", "\"+1\"" }, { " 1", "\" 1\"" }, { "1 ", "\"1 \"" }, { "1.2.3", "\"1.2.3\"" }, { "0x1", "\"0x1\"" },
		{ "nan", "\"nan\"" }, { "null", "\"null\"" }, { "truely", "\"truely\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(change("", "extra_data.k", slice_str(cases[i][0])), arena_printf(arena, "{\"k\":%s}", cases[i][1]));
}

Test(extra_data, a_long_number_is_text)
{
	struct buf digits = { 0 };
	const char *result;

	for (int i = 0; i < 301; i++)
		buf_byte(&digits, '1');
	result = change("", "extra_data.k", buf_as_slice(&digits));
	cr_assert_eq(result[5], '"');
	digits.len--;
	result = change("", "extra_data.k", buf_as_slice(&digits));
	cr_assert_eq(result[5], '1');
	buf_fini(&digits);
}

/* RFC 7396, appendix A; what is no object stands below a key here. */
Test(extra_data, merge_patch)
{
	static const char *const cases[][3] = {
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "{\"k\":[\"a\",\"b\"]}", "{\"k\":[\"c\",\"d\"]}", "{\"k\":[\"c\",\"d\"]}" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"a\":1,\"e\":null}" },
		{ "{\"k\":[1,2]}", "{\"k\":{\"a\":\"b\",\"c\":null}}", "{\"k\":{\"a\":\"b\"}}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
		{ "{}", "{\"local_branch\":\"topic\",\"n\":1e999,\"u\":\"\\u0000\303\251\"}",
		    "{\"local_branch\":\"topic\",\"n\":1e999,\"u\":\"\\u0000\303\251\"}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(change(cases[i][0], MERGE, slice_str(cases[i][1])), cases[i][2]);
}

Test(extra_data, the_result_of_a_merge_has_to_be_an_object)
{
	CHANGES("{\"a\":1}", MERGE, "[1]", "!The result is no object.");
	CHANGES("{\"a\":1}", MERGE, "null", "!The result is no object.");
	CHANGES("{\"a\":1}", MERGE, "{", "!Could not parse the JSON: Expecting property name enclosed in double quotes: "
	    "line 1 column 2 (char 1)");
	CHANGES("{\"a\":1}", MERGE, "", "!Could not parse the JSON: Expecting value: line 1 column 1 (char 0)");
}

#define OP(op, path, more) "[{\"op\":\"" op "\",\"path\":\"" path "\"" more "}]"
#define VALUE(v) ",\"value\":" v
#define FROM(v) ",\"from\":\"" v "\""
#define TESTED "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":\"f\"}"
#define PATCHES(patch, expected) CHANGES(TESTED, PATCH, patch, expected)

Test(extra_data, patch_operations)
{
	PATCHES(OP("add", "/g", VALUE("null")), "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":\"f\",\"g\":null}");
	PATCHES(OP("add", "/e", VALUE("[]")), "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":[]}");
	PATCHES(OP("add", "/a/0", VALUE("0")), "{\"a\":[0,1,2],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("add", "/a/2", VALUE("0")), "{\"a\":[1,2,0],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("add", "/a/-", VALUE("0")), "{\"a\":[1,2,0],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("add", "/b~1c/d~0", VALUE("2")), "{\"a\":[1,2],\"b/c\":{\"d~\":2},\"e\":\"f\"}");
	PATCHES(OP("add", "", VALUE("{\"z\":1}")), "{\"z\":1}");
	PATCHES(OP("remove", "/a/0", ""), "{\"a\":[2],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("remove", "/b~1c", ""), "{\"a\":[1,2],\"e\":\"f\"}");
	PATCHES(OP("replace", "/a/1", VALUE("{}")), "{\"a\":[1,{}],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("replace", "", VALUE("{}")), "{}");
	PATCHES(OP("move", "/a/0", FROM("/e")), "{\"a\":[\"f\",1,2],\"b/c\":{\"d~\":1}}");
	PATCHES(OP("move", "/a/1", FROM("/a/0")), "{\"a\":[2,1],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("move", "/e", FROM("/e")), "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES(OP("copy", "/e", FROM("/b~1c")), "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":{\"d~\":1}}");
	PATCHES(OP("copy", "/a/-", FROM("/a")), "{\"a\":[1,2,[1,2]],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES("[]", "{\"a\":[1,2],\"b/c\":{\"d~\":1},\"e\":\"f\"}");
	PATCHES("[{\"op\":\"add\",\"path\":\"/x\",\"value\":{}},{\"op\":\"copy\",\"from\":\"/x\",\"path\":\"/y\"},"
	    "{\"op\":\"add\",\"path\":\"/x/z\",\"value\":1},{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"remove\",\"path\":\"/b~1c\"}]",
	    "{\"e\":\"f\",\"x\":{\"z\":1},\"y\":{}}");
}

Test(extra_data, patch_tests)
{
	static const char *const good[] = { OP("test", "/a", VALUE("[1,2]")), OP("test", "/a/0", VALUE("1.0")),
		OP("test", "", VALUE("{\"e\":\"f\",\"b/c\":{\"d~\":1e0},\"a\":[1,2]}")) };
	static const char *const bad[] = { OP("test", "/a", VALUE("[2,1]")), OP("test", "/a", VALUE("[1]")),
		OP("test", "/e", VALUE("\"g\"")), OP("test", "/e", VALUE("null")), OP("test", "/a/0", VALUE("\"1\"")),
		OP("test", "/a", VALUE("{\"0\":1,\"1\":2}")) };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		cr_assert_str_eq(change(TESTED, PATCH, slice_str(good[i])), TESTED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert(strstr(change(TESTED, PATCH, slice_str(bad[i])), "!The test of the path \"/") != NULL);
	CHANGES("{\"n\":9007199254740993}", PATCH, OP("test", "/n", VALUE("9007199254740992")), "!The test of the path \"/n\" fails.");
	CHANGES("{\"n\":-0}", PATCH, OP("test", "/n", VALUE("0")), "{\"n\":-0}");
	CHANGES("{\"n\":true}", PATCH, OP("test", "/n", VALUE("false")), "!The test of the path \"/n\" fails.");
}

Test(extra_data, patches_that_fail_change_nothing)
{
	static const struct {
		const char *patch, *error;
	} cases[] = {
		{ "{}", "!The patch is no array." },
		{ "[1]", "!An operation has no \"op\" that is a string." },
		{ "[{\"op\":\"add\",\"value\":1}]", "!An operation has no \"path\" that is a string." },
		{ "[{\"op\":\"add\",\"path\":1,\"value\":1}]", "!An operation has no \"path\" that is a string." },
		{ OP("add", "/x", ""), "!An operation has no \"value\"." },
		{ OP("move", "/x", ""), "!An operation has no \"from\" that is a string." },
		{ OP("spam", "/x", ""), "!An operation has an \"op\" that is not known." },
		{ OP("add", "x", VALUE("1")), "!A path does not begin with \"/\"." },
		{ OP("add", "/x/y", VALUE("1")), "!There is nothing at the path \"/x/y\"." },
		{ OP("add", "/e/y", VALUE("1")), "!There is nothing at the path \"/e/y\"." },
		{ OP("add", "/a/3", VALUE("1")), "!There is nothing at the path \"/a/3\"." },
		{ OP("add", "/a/01", VALUE("1")), "!There is nothing at the path \"/a/01\"." },
		{ OP("add", "/a/x", VALUE("1")), "!There is nothing at the path \"/a/x\"." },
		{ OP("remove", "/a/2", ""), "!There is nothing at the path \"/a/2\"." },
		{ OP("remove", "/a/-", ""), "!There is nothing at the path \"/a/-\"." },
		{ OP("replace", "/x", VALUE("1")), "!There is nothing at the path \"/x\"." },
		{ OP("remove", "", ""), "!The whole of it cannot be removed." },
		{ OP("add", "/~2", VALUE("1")), "!A path has a \"~\" that is followed by neither 0 nor 1." },
		{ OP("add", "/~", VALUE("1")), "!A path has a \"~\" that is followed by neither 0 nor 1." },
		{ OP("move", "/a/0/x", FROM("/a")), "!A value cannot be moved into itself." },
		{ OP("move", "/x", FROM("/y")), "!There is nothing at the path \"/y\"." },
		{ OP("replace", "", VALUE("[]")), "!The result is no object." },
		{ "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"test\",\"path\":\"/e\",\"value\":1}]", "!The test of the path \"/e\" fails." },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_assert_str_eq(change("{\"a\":[1,2],\"e\":\"f\"}", PATCH, slice_str(cases[i].patch)), cases[i].error);
}

#define PRIVATE "{\"__p\":{\"x\":1},\"a\":1}"

Test(extra_data, private_keys)
{
	cr_assert_str_eq(show(PRIVATE), "{\"a\":1}");
	cr_assert_str_eq(show("{\"b\":[{\"__q\":1}],\"_c\":2}"), "{\"_c\":2,\"b\":[{}]}");
	CHANGES(PRIVATE, "extra_data.__p", "2", PRIVATE);
	CHANGES(PRIVATE, "extra_data.__p", "", PRIVATE);
	CHANGES(PRIVATE, "extra_data.__q", "2", PRIVATE);
	CHANGES(PRIVATE, MERGE, "{\"__p\":null,\"__q\":1,\"b\":{\"__r\":1},\"c\":[{\"__s\":1}]}",
	    "{\"__p\":{\"x\":1},\"a\":1,\"b\":{},\"c\":[{}]}");
	CHANGES(PRIVATE, PATCH, OP("add", "/__q", VALUE("1")), PRIVATE);
	CHANGES(PRIVATE, PATCH, OP("remove", "/__p", ""), PRIVATE);
	CHANGES(PRIVATE, PATCH, OP("replace", "/__p/x", VALUE("2")), PRIVATE);
	CHANGES(PRIVATE, PATCH, OP("move", "/__q", FROM("/a")), PRIVATE);
	CHANGES(PRIVATE, PATCH, OP("replace", "", VALUE("{\"__p\":3,\"b\":1}")), "{\"__p\":{\"x\":1},\"b\":1}");
	CHANGES(PRIVATE, PATCH, OP("add", "/b", VALUE("{\"__r\":1}")), "{\"__p\":{\"x\":1},\"a\":1,\"b\":{}}");
	CHANGES(PRIVATE, PATCH, OP("copy", "/b", FROM("/__p")), "!There is nothing at the path \"/__p\".");
	CHANGES(PRIVATE, PATCH, OP("move", "/b", FROM("/__p/x")), "!There is nothing at the path \"/__p/x\".");
	CHANGES(PRIVATE, PATCH, OP("test", "/__p/x", VALUE("1")), "!There is nothing at the path \"/__p/x\".");
	CHANGES(PRIVATE, PATCH, OP("test", "", VALUE("{\"a\":1}")), PRIVATE);
}

Test(extra_data, half_a_surrogate_pair)
{
	CHANGES("{}", MERGE, "{\"\\ud800\":1}", "!A text has half of a surrogate pair.");
	CHANGES("{}", MERGE, "{\"a\":[\"\\udc00\"]}", "!A text has half of a surrogate pair.");
	CHANGES("{}", PATCH, OP("add", "/\\ud800", VALUE("1")), "!A text has half of a surrogate pair.");
	CHANGES("{}", MERGE, "{\"\\ud83d\\ude00\":1}", "{\"\360\237\230\200\":1}");
}

Test(extra_data, several_fields_at_once)
{
	struct form_field fields[] = { { SLICE("extra_data.a"), SLICE("1") }, { SLICE(PATCH), SLICE(OP("test", "/a", VALUE("1"))) },
		{ SLICE(MERGE), SLICE("{\"a\":null}") }, { SLICE("extra_data.b"), SLICE("2") } };
	struct slice result;
	const char *error;

	cr_assert_eq(extra_data_change(arena, SLICE_NONE, fields, 4, &result, &error), 0);
	cr_assert(slice_is(result, "{\"b\":2}"));
	fields[2].value = SLICE("[");
	cr_assert_eq(extra_data_change(arena, SLICE("{}"), fields, 4, &result, &error), -1);
	cr_assert_not_null(error);
}

Test(extra_data, keys_are_sorted)
{
	cr_assert_str_eq(show("{\"b\":{\"d\":1,\"c\":2},\"\303\251\":3,\"a\":4,\"ab\":5}"),
	    "{\"a\":4,\"ab\":5,\"b\":{\"c\":2,\"d\":1},\"\303\251\":3}");
	cr_assert_str_eq(show(""), "{}");
	cr_assert_str_eq(show("[1]"), "{}");
}

/* ---- what would cost too much ---- */

static const char *
repeat(const char *first, const char *again, int times, const char *last)
{
	struct buf text = { 0 };
	const char *copy;

	buf_str(&text, first);
	for (int i = 0; i < times; i++)
		buf_str(&text, again);
	buf_str(&text, last);
	copy = arena_memdup(arena, text.data, text.len);
	buf_fini(&text);
	return copy;
}

Test(extra_data, copies_that_double_everything)
{
	const char *patch = repeat("[{\"op\":\"add\",\"path\":\"/a\",\"value\":[1]}",
	    ",{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"}", 20, "]");

	cr_assert_str_eq(change("{}", PATCH, slice_str(patch)), "!The change takes too much work.");
	patch = repeat("[{\"op\":\"add\",\"path\":\"/a\",\"value\":[1,2,3,4,5,6,7,8]}",
	    ",{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"}", 13, "]");
	cr_assert_str_eq(change("{}", PATCH, slice_str(patch)), "!The result is too long.");
}

Test(extra_data, depth)
{
	const char *deep = arena_printf(arena, "%s%s", repeat("{\"a\":", "[", 63, "1"), repeat("", "]", 63, "}"));

	cr_assert_str_eq(change("{}", MERGE, slice_str(deep)), deep);
	/* one more than can be read again */
	cr_assert_str_eq(change(deep, PATCH, SLICE("[{\"op\":\"add\",\"path\":\"/b\",\"value\":{}},"
	    "{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b/c\"}]")), "!The result is nested too deeply.");
	cr_assert_str_eq(change("{}", PATCH, slice_str(repeat("[{\"op\":\"add\",\"path\":\"/a\",\"value\":{}}",
	    ",{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a/a\"}", 100, "]"))), "!A copy is nested too deeply.");
}

Test(extra_data, long_fields_and_results)
{
	struct buf text = { 0 };

	memset(buf_reserve(&text, EXTRA_DATA_MAX + 1), 'x', EXTRA_DATA_MAX + 1);
	text.len = EXTRA_DATA_MAX + 1;
	cr_assert_str_eq(change("", "extra_data.k", buf_as_slice(&text)), "!The change is too long.");
	text.len = EXTRA_DATA_MAX;
	cr_assert_str_eq(change("", "extra_data.k", buf_as_slice(&text)), "!The result is too long.");
	text.len = EXTRA_DATA_MAX - 8;
	cr_assert_eq(strlen(change("", "extra_data.k", buf_as_slice(&text))), EXTRA_DATA_MAX);
	buf_fini(&text);
}
