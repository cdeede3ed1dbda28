/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/upload: what clients send, down to the bytes, and what is refused.
 */
#include "config.h"

#include "proto/upload.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define TYPE "multipart/form-data; boundary=BB"
#define PART(header, value) "--BB\r\nContent-Disposition: form-data; " header "\r\n\r\n" value "\r\n"
#define END "--BB--\r\n"

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

TestSuite(upload, .init = setup, .fini = teardown);

/* What is in a form, in words: [name=text], {name=filename:bytes}; or the error. */
static const char *
tell(const char *type, struct slice bytes)
{
	char *exact = malloc(bytes.n > 0 ? bytes.n : 1);
	struct upload u;
	struct buf out = { 0 };
	const char *error, *text;
	int result;

	cr_assert_not_null(exact);
	if (bytes.n > 0)
		memcpy(exact, bytes.p, bytes.n);
	result = upload_parse(arena, slice_str(type), slice_make(exact, bytes.n), &u, &error);
	cr_assert_eq(result, error == NULL ? 0 : -1);
	cr_assert(error == NULL || (u.fields == 0 && u.files == 0));
	for (size_t i = 0; i < u.fields; i++)
		buf_printf(&out, "[%.*s=%.*s]", SLICE_ARG(u.field[i].name), SLICE_ARG(u.field[i].value));
	for (size_t i = 0; i < u.files; i++) {
		buf_printf(&out, "{%.*s=%.*s:", SLICE_ARG(u.file[i].name), SLICE_ARG(u.file[i].filename));
		buf_slice(&out, u.file[i].bytes);
		buf_byte(&out, '}');
	}
	free(exact);
	if (error != NULL)
		buf_str(&out, error);
	text = arena_memdup(arena, buf_as_slice(&out).p, out.len);
	buf_fini(&out);
	return text;
}

#define TELLS(type, text, expected) cr_assert_str_eq(tell(type, SLICE(text)), expected)

Test(upload, as_the_stock_client_sends_it)
{
	TELLS("multipart/form-data; boundary================1122334455667788990==",
	    "--===============1122334455667788990==\r\nContent-Disposition: form-data; name=\"commit_id\"\r\n"
	    "MIME-Version: 1.0\r\n\r\n4e81a2c\r\n"
	    "--===============1122334455667788990==\r\nContent-Disposition: form-data; name=\"diff\"; filename=\"diff\"\r\n"
	    "Content-Type: application/octet-stream\r\nMIME-Version: 1.0\r\n\r\ndiff --git a/x b/x\n\r\n"
	    "--===============1122334455667788990==--\r\n\r\n",
	    "[commit_id=4e81a2c]{diff=diff:diff --git a/x b/x\n}");
}

Test(upload, content_is_kept_to_the_byte)
{
	TELLS(TYPE, PART("name=a", "") PART("name=b", "\r\n") PART("name=c", " x \n") END, "[a=][b=\r\n][c= x \n]");
	TELLS(TYPE, PART("name=f; filename=x", "\xff\xfe\r\n\r\n") END, "{f=x:\xff\xfe\r\n\r\n}");
	/* the delimiter is one only on a line by itself */
	TELLS(TYPE, PART("name=f; filename=x", "a--BB--\r\n--BBx\r\n--B\r\n\r\n--BB x") END,
	    "{f=x:a--BB--\r\n--BBx\r\n--B\r\n\r\n--BB x}");
	TELLS(TYPE, PART("name=f; filename=x", "a\n--BB\nb") END, "{f=x:a\n--BB\nb}");
	TELLS(TYPE, PART("name=f; filename=x", "\r\n\r") END, "{f=x:\r\n\r}");
	TELLS(TYPE, "--BB \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--BB--", "[a=1]");
}

Test(upload, what_stands_around_the_parts)
{
	TELLS(TYPE, "preamble --BB\r\n" PART("name=a", "1") END "epilogue\r\n--BB\r\n", "[a=1]");
	TELLS(TYPE, "--BBx\r\n" PART("name=a", "1") END, "[a=1]");
	TELLS(TYPE, END, "");
	TELLS(TYPE, "\r\n--BB--", "");
	TELLS(TYPE, "", "");
}

Test(upload, names)
{
	TELLS(TYPE, PART("name=\"a;b\\\"c\"", "1") PART("NAME = x ", "2") END, "[a;b\"c=1][x=2]");
	TELLS(TYPE, PART("name=f; filename=\"C:\\\\d\\\\e.diff\"", "1") PART("name=f; filename=\"/etc/x\"", "2") END,
	    "{f=e.diff:1}{f=x:2}");
	TELLS(TYPE, PART("name=f; filename*=utf-8''%c3%a9", "1") END, "{f=\303\251:1}");
	TELLS(TYPE, PART("name=\"\xe9\"", "\xe9") END, "[\357\277\275=\357\277\275]");
	/* a file without a name was not chosen; a part without a name is no field */
	TELLS(TYPE, PART("name=f; filename=\"\"", "1") PART("filename=x", "2") END, "");
	TELLS(TYPE, "--BB\r\nContent-Disposition: attachment; name=x\r\n\r\n1\r\n--BB\r\nX: y\r\n\r\n2\r\n" END, "");
}

Test(upload, what_is_no_form)
{
	TELLS("multipart/form-data", PART("name=a", "1") END, "The Content-Type of the form names no boundary.");
	TELLS("multipart/form-data; boundary=\"\"", PART("name=a", "1") END, "The Content-Type of the form names no boundary.");
	TELLS("multipart/form-data; boundary=\x01", PART("name=a", "1") END, "The Content-Type of the form names no boundary.");
	TELLS(TYPE, PART("name=a", "1"), "The form has no end.");
	TELLS(TYPE, PART("name=a", "1") "--BB", "The form has no end.");
	TELLS(TYPE, "x", "The form has no end.");
	TELLS(TYPE, "--BB\r\nContent-Disposition form-data\r\n\r\n1\r\n" END, "A part of the form has headers that cannot be read.");
	TELLS(TYPE, "--BB\r\nContent-Disposition: form-data; name=a\r\n" END, "A part of the form has headers that cannot be read.");
	TELLS(TYPE, "--BB\r\nContent-Disposition: form-data\n\n1\r\n" END, "A part of the form has headers that cannot be read.");
}

Test(upload, limits)
{
	struct buf text = { 0 };

	for (int i = 0; i < UPLOAD_PARTS_MAX; i++)
		buf_str(&text, PART("name=a", "1"));
	buf_str(&text, END);
	cr_assert_eq(tell(TYPE, buf_as_slice(&text))[0], '[');
	buf_reset(&text);
	for (int i = 0; i <= UPLOAD_PARTS_MAX; i++)
		buf_str(&text, PART("name=a; filename=b", "1"));
	buf_str(&text, END);
	cr_assert_str_eq(tell(TYPE, buf_as_slice(&text)), "The form has too many parts.");
	buf_reset(&text);
	buf_str(&text, "--BB\r\n");
	for (int i = 0; i <= UPLOAD_HEAD_MAX / 8; i++)
		buf_str(&text, "X: 456\r\n");
	buf_str(&text, "\r\n\r\n" END);
	cr_assert_str_eq(tell(TYPE, buf_as_slice(&text)), "A part of the form has headers that cannot be read.");
	buf_fini(&text);
}

/* Each of them was looked for from its own place on once. */
Test(upload, many_delimiters_that_are_none)
{
	struct buf text = { 0 };

	buf_str(&text, "--BB\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n");
	for (int i = 0; i < 300000; i++)
		buf_str(&text, "\r\n--BBx");
	buf_str(&text, "\r\n" END);
	cr_assert_eq(strlen(tell(TYPE, buf_as_slice(&text))), 300000 * 7 + 6);
	buf_fini(&text);
}

Test(upload, other_types)
{
	TELLS("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9&a=3", "[a=1 2][b=\303\251][a=3]");
	TELLS("application/X-WWW-form-urlencoded; charset=utf-8", "a=1", "[a=1]");
	TELLS("application/json", "{\"a\":1}", "");
	TELLS("", "a=1", "");
	cr_assert_str_eq(tell(NULL, SLICE("a=1")), "");
}

Test(upload, the_last_of_a_name_counts)
{
	struct upload u;
	const char *error;

	cr_assert_eq(upload_parse(arena, SLICE(TYPE), SLICE(PART("name=a", "1") PART("name=a", "2") PART("name=d; filename=p", "3")
	    PART("name=d; filename=q", "4") PART("name=diff", "5") END), &u, &error), 0);
	cr_assert(slice_is(upload_text(&u, "a"), "2"));
	cr_assert(slice_is(upload_file(&u, "d")->filename, "q"));
	cr_assert(upload_text(&u, "d").p == NULL);
	/* sent as text, a file is not there */
	cr_assert_null(upload_file(&u, "diff"));
	cr_assert(slice_is(upload_text(&u, "diff"), "5"));
}
