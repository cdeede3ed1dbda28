/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/body: what is chosen by Content-Type, JSON with Python's
 * words for what is wrong, forms, multipart.  Expected texts are the reference's.
 */
#include "config.h"

#include "proto/body.h"

#include <math.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=BB"
#define PART(header, value) "--BB\r\nContent-Disposition: form-data; " header "\r\n\r\n" value "\r\n"

/* What came of a body; freed by done(). */
struct parsed {
	struct arena *arena;
	struct body body;
	const char *detail;
	int status;
};

/* The bytes lie in memory of exactly their size, and are gone before anything is looked at. */
static struct parsed
parse(const char *type, struct slice bytes)
{
	struct parsed p = { .arena = arena_new() };
	char *exact = malloc(bytes.n > 0 ? bytes.n : 1);

	cr_assert_not_null(exact);
	memcpy(exact, bytes.p, bytes.n);
	p.status = body_parse(p.arena, slice_str(type), slice_make(exact, bytes.n), &p.body, &p.detail);
	memset(exact, 'x', bytes.n);
	free(exact);
	return p;
}

static void
done(struct parsed *p)
{
	arena_free(&p->arena);
}

static void
show(struct buf *out, struct arena *arena, const struct value *v)
{
	static const char *const word[] = { [VALUE_NULL] = "null", [VALUE_ARRAY] = "[", [VALUE_OBJECT] = "{" };

	if (v->name.p != NULL)
		buf_printf(out, "%.*s:", SLICE_ARG(v->name));
	if (v->kind == VALUE_STRING)
		buf_printf(out, "'%.*s'", SLICE_ARG(v->text));
	else if (v->kind == VALUE_BOOL)
		buf_str(out, v->truth ? "true" : "false");
	else if (v->kind == VALUE_INTEGER || v->kind == VALUE_REAL)
		buf_slice(out, value_text(arena, v));
	else
		buf_str(out, word[v->kind]);
	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		show(out, arena, &v->item[i]);
	}
	if (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT)
		buf_byte(out, v->kind == VALUE_ARRAY ? ']' : '}');
}

static void
show_form(struct buf *out, const struct body *body)
{
	for (size_t i = 0; i < body->count; i++)
		buf_printf(out, "[%.*s=%.*s]", SLICE_ARG(body->field[i].name), SLICE_ARG(body->field[i].value));
}

/* `expected`: the status and the detail of a refusal, the value, or the fields of a form. */
static void
check(const char *type, struct slice bytes, const char *expected)
{
	struct parsed p = parse(type, bytes);
	struct buf got = { 0 };

	if (p.status != 0)
		buf_printf(&got, "%d %s", p.status, p.detail);
	else if (p.body.form)
		show_form(&got, &p.body);
	else
		show(&got, p.arena, p.body.json);
	cr_expect_eq(p.body.form && p.body.json != NULL, false);
	cr_expect_eq(p.status == 0, p.detail == NULL);
	cr_expect(slice_is(buf_as_slice(&got), expected), "%s: %.*s: %.*s, not %s", type ? type : "(absent)",
	    SLICE_ARG(bytes), SLICE_ARG(buf_as_slice(&got)), expected);
	buf_fini(&got);
	done(&p);
}

static void
json(const char *text, const char *expected)
{
	check(JSON, slice_str(text), expected);
}

static void
bad_json(struct slice bytes, const char *reason)
{
	struct parsed p = parse(JSON, bytes);

	cr_assert_eq(p.status, 400, "%.*s was taken", SLICE_ARG(bytes));
	cr_assert(slice_has_prefix(slice_str(p.detail), SLICE("JSON parse error - ")));
	cr_expect_str_eq(p.detail + strlen("JSON parse error - "), reason, "%.*s: %s", SLICE_ARG(bytes), p.detail);
	done(&p);
}

static void
bad(const char *text, const char *reason)
{
	bad_json(slice_str(text), reason);
}

Test(body, is_chosen_by_content_type)
{
	struct slice json_text = SLICE("{\"a\": 1}");

	check("application/json", json_text, "{a:1}");
	check("APPLICATION/JSON", json_text, "{a:1}");
	check(" application/json ;charset=utf-8", json_text, "{a:1}");
	check("application/*", json_text, "{a:1}");
	check("*/*", json_text, "{a:1}");
	check("*/json", json_text, "{a:1}");
	check("Application/X-WWW-Form-Urlencoded", SLICE("a=1"), "[a=1]");
	check("*/x-www-form-urlencoded; x=y", SLICE("a=1"), "[a=1]");
	check("multipart/*; boundary=BB", SLICE(PART("name=a", "1") "--BB"), "[a=1]");
	check("*/form-data; boundary=BB", SLICE(PART("name=a", "1") "--BB"), "[a=1]");
}

Test(body, of_another_type_is_refused_with_the_type_as_sent)
{
	struct slice text = SLICE("{}");

	check("text/plain", text, "415 Unsupported media type \"text/plain\" in request.");
	check("application/xml; q=1", text, "415 Unsupported media type \"application/xml; q=1\" in request.");
	check(NULL, text, "415 Unsupported media type \"\" in request.");
	check("", text, "415 Unsupported media type \"\" in request.");
	check("garbage", text, "415 Unsupported media type \"garbage\" in request.");
	check("*", text, "415 Unsupported media type \"*\" in request.");
	check("application/vnd.api+json", text, "415 Unsupported media type \"application/vnd.api+json\" in request.");
	check("application/json, text/plain", text, "415 Unsupported media type \"application/json, text/plain\" in "
	    "request.");
	check("text/\xe9", text, "415 Unsupported media type \"text/\xc3\xa9\" in request.");
}

Test(body, that_is_empty_is_an_empty_object_or_form_of_any_type)
{
	const char *const objects[] = { NULL, "", JSON, "text/plain", "garbage", "*/*", "multipart/*", "*/form-data" };
	const char *const forms[] = { FORM, "Application/x-www-form-urlencoded; a=*", "multipart/form-data", MULTIPART };

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		check(objects[i], SLICE(""), "{}");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct parsed p = parse(forms[i], SLICE(""));

		cr_expect(p.status == 0 && p.body.form && p.body.count == 0 && p.body.json == NULL, "%s", forms[i]);
		done(&p);
	}
}

Test(body, json_values)
{
	json("{}", "{}");
	json("[]", "[]");
	json(" \n\t\r[ ]\r\n ", "[]");
	json(" \n{\"state\"\t:\"rejected\"}\n ", "{state:'rejected'}");
	json("null", "null");
	json("[true, false, null]", "[true,false,null]");
	json("5", "5");
	json("\"accepted\"", "'accepted'");
	json("{\"a\": {\"b\": [1, {\"c\": []}], \"d\": 2}, \"e\": 3}", "{a:{b:[1,{c:[]}],d:2},e:3}");
}

Test(body, json_numbers_keep_their_digits)
{
	json("[0, -0, 7, -12, 10000000000000000000000000000000000000000]",
	    "[0,0,7,-12,10000000000000000000000000000000000000000]");
	json("[4.5, 1.0, -0.0, 1e2, 1E+2, 100e-2, 0.1]", "[4.5,1.0,-0.0,100.0,100.0,1.0,0.1]");
	json("[1e15, 1e16, 1e-4, 1e-5, 123456789012345678.0]",
	    "[1000000000000000.0,1e+16,0.0001,1e-05,1.2345678901234568e+17]");
	json("[1e999, -1e999, 5e-324, 1.7976931348623157e308, 0.30000000000000004]",
	    "[inf,-inf,5e-324,1.7976931348623157e+308,0.30000000000000004]");
	json("[1.5]", "[1.5]");
}

Test(body, json_numbers_that_are_none)
{
	bad("-", "Expecting value: line 1 column 1 (char 0)");
	bad("-a", "Expecting value: line 1 column 1 (char 0)");
	bad("+1", "Expecting value: line 1 column 1 (char 0)");
	bad(".5", "Expecting value: line 1 column 1 (char 0)");
	bad("01", "Extra data: line 1 column 2 (char 1)");
	bad("-01", "Extra data: line 1 column 3 (char 2)");
	bad("1.", "Extra data: line 1 column 2 (char 1)");
	bad("1e", "Extra data: line 1 column 2 (char 1)");
	bad("1e+", "Extra data: line 1 column 2 (char 1)");
	bad("[1.e5]", "Expecting ',' delimiter: line 1 column 3 (char 2)");
	bad("0x10", "Extra data: line 1 column 2 (char 1)");
}

Test(body, json_integers_are_bounded_as_python_bounds_them)
{
	char text[4302];

	memset(text, '7', sizeof(text));
	text[0] = '-';
	bad_json(slice_make(text, 4302), "Exceeds the limit (4300 digits) for integer string conversion: value has 4301 "
	    "digits; use sys.set_int_max_str_digits() to increase the limit");

	struct parsed p = parse(JSON, slice_make(text, 4301));

	cr_assert_eq(p.status, 0);
	cr_expect(p.body.json->kind == VALUE_INTEGER && p.body.json->text.n == 4301);
	done(&p);
}

Test(body, json_that_is_malformed_is_refused_in_the_references_words)
{
	/* As recorded. */
	bad("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)");
	bad("{\"state\": \"accepted\"", "Expecting ',' delimiter: line 1 column 21 (char 20)");
	bad("{'state': 'accepted'}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)");
	bad("{\"state\": \"new\"} trailing", "Extra data: line 1 column 18 (char 17)");
	bad("{\"state\": \"new\",}", "Expecting property name enclosed in double quotes: line 1 column 17 (char 16)");
	bad("/* c */ {}", "Expecting value: line 1 column 1 (char 0)");
	/* As Python says. */
	bad(" ", "Expecting value: line 1 column 2 (char 1)");
	bad("[", "Expecting value: line 1 column 2 (char 1)");
	bad("[1", "Expecting ',' delimiter: line 1 column 3 (char 2)");
	bad("[1,", "Expecting value: line 1 column 4 (char 3)");
	bad("[1,]", "Expecting value: line 1 column 4 (char 3)");
	bad("[,]", "Expecting value: line 1 column 2 (char 1)");
	bad("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)");
	bad("[1}", "Expecting ',' delimiter: line 1 column 3 (char 2)");
	bad("{,}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)");
	bad("{\"a\"", "Expecting ':' delimiter: line 1 column 5 (char 4)");
	bad("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)");
	bad("{\"a\":}", "Expecting value: line 1 column 6 (char 5)");
	bad("nul", "Expecting value: line 1 column 1 (char 0)");
	bad("nullx", "Extra data: line 1 column 5 (char 4)");
	bad("True", "Expecting value: line 1 column 1 (char 0)");
	bad("\f1", "Expecting value: line 1 column 1 (char 0)");
	bad_json(SLICE("{}\0"), "Extra data: line 1 column 3 (char 2)");
}

Test(body, json_positions_count_code_points_and_lines)
{
	bad("[1,\n \n]", "Expecting value: line 3 column 1 (char 6)");
	bad("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\" 1]", "Expecting ',' delimiter: line 1 column 8 (char 7)");
	bad("{\"\xf0\x9f\x98\x80\":\r\n \"\xc3\xa9\" x}", "Expecting ',' delimiter: line 2 column 6 (char 12)");
}

Test(body, json_strings_that_are_malformed)
{
	bad("{\"commit_ref\": \"\x01\"}", "Invalid control character at: line 1 column 17 (char 16)");
	bad("{\"commit_ref\": \"a\\qb\"}", "Invalid \\escape: line 1 column 18 (char 17)");
	bad_json(SLICE("\"a\0\""), "Invalid control character at: line 1 column 3 (char 2)");
	bad("\"abc", "Unterminated string starting at: line 1 column 1 (char 0)");
	bad("[\"a\", \"b]", "Unterminated string starting at: line 1 column 7 (char 6)");
	bad("\"\\", "Unterminated string starting at: line 1 column 1 (char 0)");
	bad("\"\\\"", "Unterminated string starting at: line 1 column 1 (char 0)");
	bad_json(SLICE("\"\\\0\""), "Invalid \\escape: line 1 column 2 (char 1)");
	bad("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)");
	bad("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)");
	bad("\"\\u1234", "Invalid \\uXXXX escape: line 1 column 3 (char 2)");
	bad("\"\\u12345", "Unterminated string starting at: line 1 column 1 (char 0)");
	bad("\"\\ud800\\udc0\"", "Invalid \\uXXXX escape: line 1 column 9 (char 8)");
	bad("\"\\u+123\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)");
}

Test(body, json_strings_are_decoded)
{
	struct parsed p;

	json("\"\\\"quoted\\\" \\\\ \\/ /\"", "'\"quoted\" \\ / /'");
	json("\"\\b\\f\\n\\r\\t\"", "'\b\f\n\r\t'");
	json("\"\\u0041\\u00e9\\u20AC\\uD83D\\ude00\"", "'A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'");
	json("\"\\ud800\\udc00\\udbff\\udfff\"", "'\xf0\x90\x80\x80\xf4\x8f\xbf\xbf'");
	json("\"\xc3\xa9\x7f\xe2\x80\xa8\"", "'\xc3\xa9\x7f\xe2\x80\xa8'");
	json("{\"\\u0061\": \"\"}", "{a:''}");
	json("[\"\", \"\\u0061\", \"b\"]", "['','a','b']");
	p = parse(JSON, SLICE("{\"n\\u0000\": \"nul\\u0000byte\"}"));
	cr_assert_eq(p.status, 0);
	cr_expect(slice_eq(p.body.json->item[0].name, SLICE("n\0")));
	cr_expect(slice_eq(p.body.json->item[0].text, SLICE("nul\0byte")));
	done(&p);
}

static uint32_t
surrogate_of(const char *text)
{
	struct parsed p = parse(JSON, slice_str(text));
	uint32_t found;

	cr_assert_eq(p.status, 0);
	found = value_surrogate(p.body.json->text);
	done(&p);
	return found;
}

Test(body, json_lone_surrogates_are_kept_and_found)
{
	cr_expect_eq(surrogate_of("\"lone \\ud800 surrogate\""), 0xd800);
	cr_expect_eq(surrogate_of("\"\\udfff\""), 0xdfff);
	cr_expect_eq(surrogate_of("\"\\udc12\\ud834\""), 0xdc12);
	cr_expect_eq(surrogate_of("\"\\ud834\\u0041\""), 0xd834);
	cr_expect_eq(surrogate_of("\"\\ud800\\ud83d\\ude00\""), 0xd800);
	cr_expect_eq(surrogate_of("\"\\ud834x\\udd1e\""), 0xd834);
	cr_expect_eq(surrogate_of("\"\\ud83d\\ude00\""), 0);
	cr_expect_eq(surrogate_of("\"\xed\x9f\xbf \xee\x80\x80\""), 0);
	cr_expect_eq(surrogate_of("\"\""), 0);
	json("\"\\ud800\"", "'\xed\xa0\x80'");
}

Test(body, json_repeated_keys_the_last_wins_in_the_place_of_the_first)
{
	json("{\"state\": \"rfc\", \"state\": \"accepted\"}", "{state:'accepted'}");
	json("{\"a\": 1, \"b\": 2, \"a\": 3, \"c\": 4, \"b\": 5, \"a\": 6}", "{a:6,b:5,c:4}");
	json("{\"\": 1, \"a\": 2, \"\": 3}", "{:3,a:2}");
	json("{\"ab\": 1, \"a\": 2, \"abc\": 3}", "{ab:1,a:2,abc:3}");
	json("{\"x\": {\"y\": 1, \"y\": 2}, \"x\": {\"z\": 1}}", "{x:{z:1}}");
}

Test(body, json_not_a_number_is_refused)
{
	bad("{\"archived\": NaN}", "Out of range float values are not JSON compliant: 'NaN'");
	bad("{\"commit_ref\": Infinity}", "Out of range float values are not JSON compliant: 'Infinity'");
	bad("-Infinity", "Out of range float values are not JSON compliant: '-Infinity'");
	bad("Infinit", "Expecting value: line 1 column 1 (char 0)");
	bad("-Infinit", "Expecting value: line 1 column 1 (char 0)");
	/* The first error counts. */
	bad("[NaN, x", "Out of range float values are not JSON compliant: 'NaN'");
	bad("[x, NaN", "Expecting value: line 1 column 2 (char 1)");
}

Test(body, json_in_bad_utf8_is_refused_as_the_codec_does)
{
	bad_json(SLICE("{\"commit_ref\": \"\xff\xfe\"}"), "'utf-8' codec can't decode byte 0xff in position 16: invalid "
	    "start byte");
	bad("\xef\xbb\xbf{\"state\": \"new\"}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)");
	bad("\"\xc0\xaf\"", "'utf-8' codec can't decode byte 0xc0 in position 1: invalid start byte");
	bad("\"\x80\"", "'utf-8' codec can't decode byte 0x80 in position 1: invalid start byte");
	bad("\"\xf5\"", "'utf-8' codec can't decode byte 0xf5 in position 1: invalid start byte");
	bad("\"\xe2\"", "'utf-8' codec can't decode byte 0xe2 in position 1: invalid continuation byte");
	bad("\"\xed\xa0\x80\"", "'utf-8' codec can't decode byte 0xed in position 1: invalid continuation byte");
	bad("\"\xc3\xa9\xe2\x82x\"", "'utf-8' codec can't decode bytes in position 3-4: invalid continuation byte");
	bad("\"\xf0\x9f\x98x\"", "'utf-8' codec can't decode bytes in position 1-3: invalid continuation byte");
	/* Before anything is read; and U+FFFD itself is a character like others. */
	bad("x\xef\xbf\xbd\xff", "'utf-8' codec can't decode byte 0xff in position 4: invalid start byte");
	/* What the end cuts off is dropped. */
	json("{}\xe2\x82", "{}");
	json("[]\xf0", "[]");
	bad("\xed\xa0", "Expecting value: line 1 column 1 (char 0)");
	bad("{}\xe0\x9f", "'utf-8' codec can't decode byte 0xe0 in position 2: invalid continuation byte");
}

Test(body, charset_says_how_to_decode)
{
	check(JSON "; charset=latin-1", SLICE("\"\xe9\xff\""), "'\xc3\xa9\xc3\xbf'");
	check(JSON "; charset=\"ISO-8859-1\"", SLICE("\"\xe9\""), "'\xc3\xa9'");
	check(JSON ";CHARSET=l1", SLICE("{\"\xe9\" 1}"), "400 JSON parse error - Expecting ':' delimiter: line 1 column 6 "
	    "(char 5)");
	check(JSON "; charset=utf-8", SLICE("\"\xc3\xa9\""), "'\xc3\xa9'");
	check(JSON "; charset=us-ascii", SLICE("\"a\""), "'a'");
	check(JSON "; charset=ASCII", SLICE("\"a\xe9\""), "400 JSON parse error - 'ascii' codec can't decode byte 0xe9 in "
	    "position 2: ordinal not in range(128)");
	/* Unknown: as without. */
	check(JSON ";charset=bogus", SLICE("{\"state\": \"rfc\"}"), "{state:'rfc'}");
	check(JSON ";charset=", SLICE("\"\xc3\xa9\""), "'\xc3\xa9'");
	check(JSON ";charset=latin-1-and-much-more-than-any-name-has", SLICE("\"\xc3\xa9\""), "'\xc3\xa9'");
	/* The last one counts. */
	check(JSON ";charset=ascii; x; charset=latin1", SLICE("\"\xe9\""), "'\xc3\xa9'");
	check(FORM "; charset=latin-1", SLICE("a=\xe9%e9"), "[a=\xc3\xa9\xc3\xa9]");
	check(FORM "; charset=latin-1", SLICE("a=%e9\xe9"), "[a=\xc3\xa9\xc3\xa9]");
	check(FORM "; charset=ascii", SLICE("a=\xe9%e9"), "[a=\xc3\xa9\xef\xbf\xbd]");
	check(MULTIPART "; charset=latin-1", SLICE(PART("name=\xe9", "\xe9") "--BB"), "[\xc3\xa9=\xc3\xa9]");
}

/* `depth` brackets, alternating, around a number. */
static void
nest(struct buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_str(out, i % 2 ? "{\"a\":" : "[");
	buf_byte(out, '1');
	for (unsigned i = depth; i-- > 0;)
		buf_byte(out, i % 2 ? '}' : ']');
}

Test(body, json_depth_is_bounded)
{
	struct buf text = { 0 };
	struct parsed p;

	nest(&text, BODY_DEPTH_MAX);
	p = parse(JSON, buf_as_slice(&text));
	cr_expect_eq(p.status, 0);
	done(&p);
	buf_reset(&text);
	nest(&text, BODY_DEPTH_MAX + 1);
	bad_json(buf_as_slice(&text), "Nested too deeply: line 1 column 193 (char 192)");
	/* Depth, not the number of brackets. */
	buf_reset(&text);
	buf_byte(&text, '[');
	for (int i = 0; i < 1000; i++)
		buf_str(&text, "[],{},");
	buf_str(&text, "0]");
	p = parse(JSON, buf_as_slice(&text));
	cr_expect_eq(p.status, 0);
	done(&p);
	buf_fini(&text);
}

Test(body, json_values_are_bounded)
{
	struct buf text = { 0 };
	struct parsed p;

	buf_str(&text, "[0");
	for (int i = 2; i < BODY_VALUES_MAX; i++)
		buf_str(&text, ",0");
	buf_byte(&text, ']');
	p = parse(JSON, buf_as_slice(&text));
	cr_expect(p.status == 0 && p.body.json->count == BODY_VALUES_MAX - 1);
	done(&p);
	text.len--;
	buf_str(&text, ",0]");
	bad_json(buf_as_slice(&text), "Too many values: line 1 column 200000 (char 199999)");
	buf_fini(&text);
}

Test(body, value_members_and_types)
{
	struct parsed p = parse(JSON, SLICE("{\"a\": [], \"b\": {}, \"c\": \"s\", \"d\": 1, \"e\": 1.5, "
	    "\"f\": true, \"g\": null}"));
	static const char *const types[] = { "list", "dict", "str", "int", "float", "bool", "NoneType" };
	const struct value *json_value = p.body.json;

	cr_assert_eq(p.status, 0);
	for (size_t i = 0; i < 7; i++) {
		char name[2] = { (char)('a' + i), '\0' };
		const struct value *member = value_member(json_value, name);

		cr_assert_not_null(member);
		cr_expect_str_eq(value_type(member), types[i]);
	}
	cr_expect_null(value_member(json_value, ""));
	cr_expect_null(value_member(json_value, "aa"));
	cr_expect_null(value_member(value_member(json_value, "a"), "a"));
	cr_expect(value_member(json_value, "f")->truth);
	cr_expect(fabs(value_member(json_value, "e")->real - 1.5) < 1e-9);
	cr_expect_null(value_text(p.arena, value_member(json_value, "f")).p);
	cr_expect(slice_is(value_text(p.arena, value_member(json_value, "c")), "s"));
	done(&p);
}

Test(body, urlencoded_forms)
{
	check(FORM, SLICE("state=under-review&delegate=6&archived=true&commit_ref=abc+def%21"),
	    "[state=under-review][delegate=6][archived=true][commit_ref=abc def!]");
	check(FORM, SLICE("state=&delegate="), "[state=][delegate=]");
	check(FORM, SLICE("state"), "[state=]");
	check(FORM, SLICE("&&a=1&&b=2&"), "[a=1][b=2]");
	check(FORM, SLICE("="), "[=]");
	check(FORM, SLICE("a=b=c;d=e"), "[a=b=c;d=e]");
	check(FORM, SLICE("%61%3D=%26+%2b"), "[a==& +]");
	check(FORM, SLICE("a=%&b=%4&c=%zz&d=%%41"), "[a=%][b=%4][c=%zz][d=%A]");
	check(FORM, SLICE("settings.items_per_page=13"), "[settings.items_per_page=13]");
	check(FORM, SLICE("{\"state\": \"new\"}"), "[{\"state\": \"new\"}=]");
}

Test(body, urlencoded_forms_in_utf8_or_not)
{
	check(FORM, SLICE("a=%C3%A9&b=\xc3\xa9"), "[a=\xc3\xa9][b=\xc3\xa9]");
	check(FORM, SLICE("a=%ff&b=%C3x&c=%e2%82"), "[a=\xef\xbf\xbd][b=\xef\xbf\xbdx][c=\xef\xbf\xbd]");
	/* Raw bytes that are no UTF-8: all of them are Latin-1, escapes are not. */
	check(FORM, SLICE("a=\xff&b=\xc3\xa9&c=%C3%A9"), "[a=\xc3\xbf][b=\xc3\x83\xc2\xa9][c=\xc3\xa9]");
	/* An escaped byte does not join a raw one. */
	check(FORM, SLICE("a=%C3\xc3\xa9%A9"), "[a=\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd]");
}

Test(body, form_fields_are_found)
{
	struct parsed p = parse(FORM, SLICE("patches=63&name=a&patches=70&name=b&x=%00y"));
	struct slice value;
	size_t at = 0;

	cr_assert_eq(p.status, 0);
	cr_expect(slice_is(body_form_last(&p.body, "name"), "b"));
	cr_expect_null(body_form_last(&p.body, "nam").p);
	cr_expect(body_form_next(&p.body, "patches", &at, &value) && slice_is(value, "63"));
	cr_expect(body_form_next(&p.body, "patches", &at, &value) && slice_is(value, "70"));
	cr_expect_not(body_form_next(&p.body, "patches", &at, &value));
	cr_expect(slice_eq(body_form_last(&p.body, "x"), SLICE("\0y")));
	done(&p);
}

Test(body, form_fields_are_bounded)
{
	struct buf text = { 0 }, parts = { 0 };
	struct parsed p;

	for (int i = 0; i < BODY_FIELDS_MAX; i++) {
		buf_str(&text, "&a=1");
		buf_str(&parts, PART("name=a", "1"));
	}
	p = parse(FORM, buf_as_slice(&text));
	cr_expect(p.status == 0 && p.body.count == BODY_FIELDS_MAX);
	done(&p);
	p = parse(MULTIPART, buf_as_slice(&parts));
	cr_expect(p.status == 0 && p.body.count == BODY_FIELDS_MAX);
	done(&p);
	buf_str(&text, "&a");
	buf_str(&parts, PART("name=a", "1"));
	check(FORM, buf_as_slice(&text), "400 The form has more than 10000 fields.");
	check(MULTIPART, buf_as_slice(&parts), "400 The form has more than 10000 fields.");
	buf_fini(&text);
	buf_fini(&parts);
}

Test(body, multipart_forms)
{
	check(MULTIPART, SLICE("--BB\r\nContent-Disposition: form-data; name=\"state\"\r\n\r\nsuperseded\r\n--BB\r\n"
	    "Content-Disposition: form-data; name=\"commit_ref\"\r\n\r\nm\xc3\xbclti\r\n--BB--\r\n"),
	    "[state=superseded][commit_ref=m\xc3\xbclti]");
	check("multipart/form-data; boundary=\"a b\"; charset=utf-8", SLICE("--a b\r\nContent-Disposition: form-data; "
	    "name=x\r\n\r\n1\r\n--a b--"), "[x=1]");
	check(MULTIPART, SLICE(PART("name=x", "") "--BB--"), "[x=]");
	check(MULTIPART, SLICE(PART("name=x", "a\r\nb\n\r\n") "--BB--"), "[x=a\r\nb\n\r\n]");
	check(MULTIPART, SLICE(PART("name=x", "\xff") "--BB--"), "[x=\xef\xbf\xbd]");
	check(MULTIPART, SLICE(PART("name=x", "1") PART("name=x", "2") "--BB--"), "[x=1][x=2]");
	/* As lenient as the reference. */
	check(MULTIPART, SLICE("preamble\r\n" PART("name=x", "1") "--BB"), "[x=1]");
	check(MULTIPART, SLICE(PART("name=x", "to the end")), "[x=to the end\r\n]");
	check(MULTIPART, SLICE("--BB\r\ncontent-disposition:form-data;name=x\r\n\r\na--BBb"), "[x=a]");
	check(MULTIPART, SLICE("--BB\r\nContent-Disposition: form-data; name=x\r\n\r\n1\n--BB"), "[x=1]");
	check(MULTIPART, SLICE("--BB\r\nContent-Type: text/plain; name=y\r\nCONTENT-DISPOSITION: x; NAME = \" x \"\r\n"
	    "\r\n1\r\n--BB"), "[x=1]");
	check(MULTIPART, SLICE(PART("name=\"a;b \\\"c\\\" \\\\\"", "1") "--BB--"), "[a;b \"c\" \\=1]");
	check(MULTIPART, SLICE(PART("name*=utf-8''%e2%82%ac%20", "1") "--BB--"), "[\xe2\x82\xac=1]");
	check(MULTIPART "; charset=latin-1", SLICE(PART("name*=utf-8''%c3%a9", "1") "--BB--"), "[\xc3\xa9=1]");
	check(MULTIPART, SLICE(PART("name=\"a\\\";b\"", "1") "--BB--"), "[a\";b=1]");
	check(MULTIPART, SLICE(PART("name*=latin-1'en'%e9", "1") "--BB--"), "[\xc3\xa9=1]");
}

Test(body, multipart_without_a_part)
{
	check(MULTIPART, SLICE("--BB\r\nbroken"), "");
	check(MULTIPART, SLICE("x"), "");
	check(MULTIPART, SLICE("--BB--\r\n"), "");
	check(MULTIPART, SLICE("--BB--BB--BB\r\n\r\n--BB"), "");
	check(MULTIPART, SLICE("--BB\r\n\r\nno head\r\n--BB"), "");
	check(MULTIPART, SLICE("--BB\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--BB"), "");
	check(MULTIPART, SLICE("--BB\r\nContent-Disposition : form-data; name=x\r\n\r\n1\r\n--BB"), "");
	check(MULTIPART, SLICE("--BB\r\nContent-Type: text/plain; name=x\r\n\r\n1\r\n--BB"), "");
	check(MULTIPART, SLICE("--BB\r\nContent-Disposition: form-data; name=x\r\n--BB"), "");
}

Test(body, multipart_files_are_no_fields)
{
	check(MULTIPART, SLICE(PART("name=f; filename=\"a.txt\"", "data") PART("name=x", "1") "--BB--"), "[x=1]");
	check(MULTIPART, SLICE(PART("name=f; filename*=utf-8''a.txt", "data") PART("name=x", "1") "--BB--"), "[x=1]");
	check(MULTIPART, SLICE(PART("name=f; filename=\"\"", "data") "--BB--"), "[f=data]");
}

Test(body, multipart_base64_is_decoded)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "aGVsbG8=", "hello" }, { "aGVs\r\nbG8h", "hello!" }, { "YQ==", "a" }, { "YWI=", "ab" }, { "", "" },
		{ "YQ==YQ==", "a" }, { "====YWI=", "ab" }, { "Y*W#I=", "ab" }, { "YQ=x=", "a\x0c" }, { "YQ", "YQ" },
		{ "YWI", "YWI" }, { "Y", "Y" }, { "YQ=", "YQ=" }, { "YQ=xQYQ=", "YQ=xQYQ=" },
		{ "+/+/", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = { 0 }, expected = { 0 };

		buf_printf(&text, "--BB\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=x\r\n"
		    "\r\n%s\r\n--BB--", cases[i].in);
		buf_printf(&expected, "[x=%s]%c", cases[i].out, '\0');
		check(MULTIPART, buf_as_slice(&text), expected.data);
		buf_fini(&text);
		buf_fini(&expected);
	}
}

Test(body, multipart_heads_are_bounded)
{
	/* 1024 bytes of a part, the first line break and the empty line among them. */
	for (int length = 1020; length <= 1030; length++) {
		struct buf text = { 0 };

		buf_str(&text, "--BB\r\nContent-Disposition: form-data; name=x; y=");
		while (text.len < strlen("--BB") + (size_t)length - 4)
			buf_byte(&text, 'y');
		buf_str(&text, "\r\n\r\n1\r\n--BB--");
		check(MULTIPART, buf_as_slice(&text), length <= 1024 ? "[x=1]" : "");
		buf_fini(&text);
	}
}

Test(body, multipart_boundary_has_to_be_one)
{
	char type[300] = "multipart/form-data; boundary=";
	size_t n = strlen(type);

	check("multipart/form-data", SLICE("x"), "400 Multipart form parse error - Invalid boundary in multipart: None");
	check("multipart/form-data; boundary=", SLICE("x"), "400 Multipart form parse error - Invalid boundary in "
	    "multipart: ");
	check("multipart/form-data; boundary=\"a \"", SLICE("x"), "400 Multipart form parse error - Invalid boundary in "
	    "multipart: a ");
	check("multipart/form-data; boundary=\xff", SLICE("x"), "400 Multipart form parse error - Invalid boundary in "
	    "multipart: \xef\xbf\xbd");
	memset(type + n, 'b', 201);
	check(type, SLICE("x"), "");
	type[n + 201] = 'b';

	struct parsed p = parse(type, SLICE("x"));

	cr_expect_eq(p.status, 400);
	done(&p);
}

/* Nothing here takes more than a moment; what is quadratic would never end. */
Test(body, large_bodies_that_mean_harm)
{
	static const struct {
		const char *type, *repeated;
	} cases[] = {
		{ JSON, "[" }, { JSON, "\"\\" }, { JSON, " " }, { JSON, "1" }, { JSON, "\\u12" }, { JSON, "\xe2\x82\xac" },
		{ FORM, "&" }, { FORM, "%" }, { FORM, "\xc3\xa9%41" }, { FORM, "%e2" }, { FORM, "\xff" },
		{ MULTIPART, "--B" }, { MULTIPART, "--BB" }, { MULTIPART, "--BB\r\n\r\n" },
		{ MULTIPART, "Content-Disposition: form-data; x=\"\\;" },
		{ MULTIPART, "--BB\r\nContent-Disposition: form-data; a=\"\\\\\"; b=\"\\\"\"; c*=a'b'c\r\n\r\n" },
	};
	/* No more: AddressSanitizer looks at all that memmem() is given, each time. */
	const size_t size = 1024 * 1024;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = { 0 };
		struct parsed p;

		while (text.len < size)
			buf_str(&text, cases[i].repeated);
		p = parse(cases[i].type, buf_as_slice(&text));
		cr_expect(p.status == 0 || p.status == 400);
		done(&p);
		buf_fini(&text);
	}
}

/* Many keys of one object, repeated and with long common beginnings: sorted, not compared each with each. */
Test(body, json_object_with_many_keys)
{
	struct buf text = { 0 };
	struct parsed p;

	buf_byte(&text, '{');
	for (int i = 0; i < BODY_VALUES_MAX - 1; i++)
		buf_printf(&text, "%s\"a rather long beginning that all of them have, number %d\":%d", i > 0 ? "," : "",
		    i % 50000, i);
	buf_byte(&text, '}');
	p = parse(JSON, buf_as_slice(&text));
	cr_assert_eq(p.status, 0);
	cr_expect_eq(p.body.json->count, 50000);
	cr_expect(slice_is(p.body.json->item[7].text, "50007"));
	done(&p);
	buf_fini(&text);
}
