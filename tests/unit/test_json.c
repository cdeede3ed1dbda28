/* SPDX-License-Identifier: MIT
 *
 * The JSON writer: escapes, indentation, what comes out of bad UTF-8.
 */
#include "config.h"

#include "proto/json.h"

#include <criterion/criterion.h>

static void
check_string(struct slice in, const char *want)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	json_string(&j, in);
	buf_byte(&out, '\0');
	cr_assert_str_eq(out.data, want);
	buf_fini(&out);
}

Test(json, escapes_what_the_specification_lists)
{
	check_string(SLICE("plain"), "\"plain\"");
	check_string(SLICE(""), "\"\"");
	check_string(SLICE("\"\\\n\r\t\b\f"), "\"\\\"\\\\\\n\\r\\t\\b\\f\"");
	check_string(SLICE("\x01\x1f"), "\"\\u0001\\u001f\"");
	check_string(SLICE("/<>&\x7f"), "\"/<>&\x7f\"");
	check_string(slice_make("a\0b", 3), "\"a\\u0000b\"");
}

Test(json, keeps_unicode_but_for_line_separators)
{
	check_string(SLICE("na\xc3\xafve \xf0\x9f\x98\x80"), "\"na\xc3\xafve \xf0\x9f\x98\x80\"");
	check_string(SLICE("a\xe2\x80\xa8" "b\xe2\x80\xa9"), "\"a\\u2028b\\u2029\"");
}

Test(json, replaces_invalid_utf8)
{
	check_string(SLICE("a\xff" "b"), "\"a\xef\xbf\xbd" "b\"");
	check_string(SLICE("cut \xe2\x80"), "\"cut \xef\xbf\xbd\"");
	check_string(SLICE("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* The writer looks at eight bytes at a time: whatever needs care must be seen wherever it stands. */
Test(json, sees_each_byte_at_each_place)
{
	for (unsigned c = 0; c < 0x80; c++) {
		bool plain = c >= 0x20 && c != '"' && c != '\\';

		for (size_t place = 0; place < 20; place++) {
			char text[20];
			struct buf out = { 0 };
			struct json j = json_writer(&out, 0);

			memset(text, 'x', sizeof(text));
			text[place] = (char)c;
			json_string(&j, slice_make(text, sizeof(text)));
			cr_assert_eq(out.len == sizeof(text) + 2, plain, "byte %u at %zu", c, place);
			cr_assert_eq(memchr(out.data + 1 + place, '\\', 1) != NULL, !plain);
			buf_fini(&out);
		}
	}
}

static void
write_sample(struct json *j)
{
	json_open(j, '{');
	json_key(j, "id");
	json_int(j, -7);
	json_key(j, "list");
	json_open(j, '[');
	json_bool(j, true);
	json_null(j);
	json_open(j, '{');
	json_close(j, '}');
	json_close(j, ']');
	json_key(j, "empty");
	json_open(j, '[');
	json_close(j, ']');
	json_key(j, "pieces");
	json_string_begin(j);
	buf_str(j->out, "http://");
	json_piece(j, SLICE("a\"b"));
	json_string_end(j);
	json_close(j, '}');
}

Test(json, is_compact)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	write_sample(&j);
	buf_byte(&out, '\0');
	cr_assert_str_eq(out.data, "{\"id\":-7,\"list\":[true,null,{}],\"empty\":[],\"pieces\":\"http://a\\\"b\"}");
	buf_fini(&out);
}

Test(json, indents_as_python_does)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 2);

	write_sample(&j);
	buf_byte(&out, '\0');
	cr_assert_str_eq(out.data, "{\n  \"id\": -7,\n  \"list\": [\n    true,\n    null,\n    {}\n  ],\n  \"empty\": [],\n"
	    "  \"pieces\": \"http://a\\\"b\"\n}");
	buf_fini(&out);
}

Test(json, writes_the_extremes_of_integers)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	json_open(&j, '[');
	json_int(&j, INT64_MIN);
	json_int(&j, INT64_MAX);
	json_int(&j, 0);
	json_close(&j, ']');
	buf_byte(&out, '\0');
	cr_assert_str_eq(out.data, "[-9223372036854775808,9223372036854775807,0]");
	buf_fini(&out);
}
