/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/body.  The first byte of the input picks JSON, an
 * urlencoded form or multipart, and the charset; the rest is the body.  Checked:
 *  - what our reader of JSON takes in, jansson takes in, with equal values, but
 *    for what jansson cannot hold; what ours refuses, jansson refuses, but for
 *    what is beyond our bounds;
 *  - names of an object do not repeat; strings and fields are UTF-8;
 *  - a form's fields, written as a form again, come out the same.
 */
#include "config.h"

#include "proto/body.h"

#include <math.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"
#include "proto/uri.h"
#include "tests/fuzz/fuzz.h"

static struct slice
text_of(const json_t *json)
{
	return slice_make(json_string_value(json), json_string_length(json));
}

/* Whether jansson refused what it cannot hold: a lone surrogate, a NUL in a name, a number out of range. */
static bool
beyond_jansson(const json_error_t *error)
{
	static const char *const reasons[] = { "invalid Unicode", "NUL byte", "too big", "overflow" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(error->text, reasons[i]) != NULL)
			return true;
	return false;
}

static void
check_scalar(const struct value *v, const json_t *json)
{
	switch (v->kind) {
	case VALUE_NULL:
		require(json_is_null(json));
		break;
	case VALUE_BOOL:
		require(v->truth ? json_is_true(json) : json_is_false(json));
		break;
	case VALUE_INTEGER:
		require(json_is_integer(json) && json_integer_value(json) == strtoll(v->text.p, NULL, 10));
		break;
	case VALUE_REAL:
		require(json_is_real(json) && memcmp(&(double){ json_real_value(json) }, &v->real, sizeof(double)) == 0);
		break;
	case VALUE_STRING:
		require(json_is_string(json) && slice_eq(text_of(json), v->text) && utf8_valid(v->text));
		break;
	default:
		require(false);
	}
}

static void
check_equal(const struct value *v, const json_t *json)
{
	require(v->name.p == NULL || utf8_valid(v->name));
	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT) {
		check_scalar(v, json);
		return;
	}
	/* Equal counts, and each of our names there: none repeats. */
	require(v->count == (v->kind == VALUE_ARRAY ? json_array_size(json) : json_object_size(json)));
	require(v->kind == VALUE_ARRAY ? json_is_array(json) : json_is_object(json));
	for (size_t i = 0; i < v->count; i++) {
		const struct value *item = &v->item[i];

		check_equal(item, v->kind == VALUE_ARRAY ? json_array_get(json, i) :
		    json_object_getn(json, item->name.p, item->name.n));
	}
}

/* Python's text of a number is the same number. */
static void
check_numbers(struct arena *arena, const struct value *v)
{
	struct slice text = value_text(arena, v);

	if (v->kind == VALUE_REAL) {
		double again = strtod(arena_memdup(arena, text.p, text.n), NULL);

		require(memcmp(&again, &v->real, sizeof(again)) == 0);
		require(slice_index(text, '.') >= 0 || slice_index(text, 'e') >= 0 || isinf(v->real));
	}
	for (size_t i = 0; i < v->count; i++)
		check_numbers(arena, &v->item[i]);
}

/* Ours drops a character that the end cuts off. */
static bool
is_cut_off(struct slice bytes)
{
	return bytes.n > 0 && (bytes.p[bytes.n - 1] & 0x80) && !utf8_valid(bytes);
}

static void
check_json(struct arena *arena, struct slice bytes, int status, const struct body *body, const char *detail)
{
	json_error_t error;
	json_t *json = json_loadb(bytes.p, bytes.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	if (status != 0) {
		/* jansson passes over a NUL behind true, false and null. */
		require(json == NULL || slice_index(bytes, '\0') >= 0 ||
		    strstr(detail, "Nested too deeply") != NULL || strstr(detail, "Too many") != NULL);
	} else if (!is_cut_off(bytes)) {
		require(json != NULL || beyond_jansson(&error));
		if (json != NULL)
			check_equal(body->json, json);
	}
	if (status == 0)
		check_numbers(arena, body->json);
	json_decref(json);
}

static void
check_form(struct arena *arena, const struct body *body)
{
	struct buf text = { 0 };
	struct body again;
	const char *detail;

	require(body->count <= BODY_FIELDS_MAX);
	for (size_t i = 0; i < body->count; i++) {
		require(utf8_valid(body->field[i].name) && utf8_valid(body->field[i].value));
		if (i > 0)
			buf_byte(&text, '&');
		uri_encode_form(&text, body->field[i].name);
		buf_byte(&text, '=');
		uri_encode_form(&text, body->field[i].value);
	}
	require(body_parse(arena, SLICE("application/x-www-form-urlencoded"), buf_as_slice(&text), &again, &detail) == 0);
	require(again.form && again.count == body->count);
	for (size_t i = 0; i < body->count; i++) {
		require(slice_eq(again.field[i].name, body->field[i].name));
		require(slice_eq(again.field[i].value, body->field[i].value));
	}
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {
		"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=BB",
		"application/json; charset=latin-1", "multipart/form-data; boundary=BB; charset=ascii",
		"application/x-www-form-urlencoded; charset=latin-1",
	};
	size_t choice = size > 0 ? data[0] % 8 : 0;
	struct slice bytes = slice_make((const char *)data + 1, size > 0 ? size - 1 : 0), type;
	struct arena *arena;
	struct body body;
	const char *detail;
	int status;

	if (bytes.n == 0)
		return 0;
	type = slice_str(types[choice < 6 ? choice : 0]);
	/* A type of the input's own: its first line. */
	if (choice == 6)
		(void)slice_cut(&bytes, '\n', &type);
	arena = arena_new();
	status = body_parse(arena, type, bytes, &body, &detail);
	require(status == 0 || ((status == 400 || status == 415) && detail != NULL && utf8_valid(slice_str(detail))));
	if (choice == 0 || choice == 7)
		check_json(arena, bytes, status, &body, detail);
	if (status == 0 && body.form)
		check_form(arena, &body);
	arena_free(&arena);
	return 0;
}
