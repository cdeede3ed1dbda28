/* SPDX-License-Identifier: MIT
 *
 * A JSON value that came in, as the checks of a write need it.  Not jansson's
 * json_t: that has no integer beyond 64 bits, no real beyond a double, no lone
 * surrogate and no NUL in a key, all of which the reference takes in and
 * answers about (patchwork-api.md, 6.2 and 6.4).  Here a number keeps its text.
 * Values live in an arena and are not changed.  Pure functions.
 */
#ifndef THIMBLE_PROTO_VALUE_H
#define THIMBLE_PROTO_VALUE_H

#include <stdbool.h>

#include "base/slice.h"

enum value_kind {
	VALUE_NULL, VALUE_BOOL, VALUE_INTEGER, VALUE_REAL, VALUE_STRING, VALUE_ARRAY, VALUE_OBJECT
};

struct arena;

struct value {
	enum value_kind kind;
	bool truth;		/* VALUE_BOOL */
	double real;		/* VALUE_REAL; infinite when it is too large for a double */
	struct slice name;	/* of a member of an object; else absent */
	/*
	 * VALUE_STRING: UTF-8, in which lone surrogates stand as three bytes (ED A0 80 is
	 * U+D800), and NUL may stand.  VALUE_INTEGER, VALUE_REAL: as it was sent.  Else absent.
	 */
	struct slice text;
	const struct value *item;	/* VALUE_ARRAY, VALUE_OBJECT: in order; names do not repeat */
	size_t count;
};

/* The member of that name; NULL when there is none, or `object` is no object. */
const struct value *value_member(const struct value *object, const char *name);

/*
 * What Python's str() makes of a number: "0" of -0, "100.0" of 1e2, "inf" of 1e999.
 * Of a string its text, of anything else nothing (absent).
 */
struct slice value_text(struct arena *arena, const struct value *value);

/* What Python calls the type: "dict", "list", "str", "int", "float", "bool", "NoneType". */
const char *value_type(const struct value *value);

/* The first lone surrogate of a string's text (0xD800 to 0xDFFF); 0 when there is none. */
uint32_t value_surrogate(struct slice text);

#endif
