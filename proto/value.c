/* SPDX-License-Identifier: MIT
 *
 * See value.h.
 */
#include "config.h"

#include "proto/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum { REAL_DIGITS_MAX = 17 };		/* tell any double from any other */

const struct value *
value_member(const struct value *object, const char *name)
{
	if (object->kind != VALUE_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (slice_is(object->item[i].name, name))
			return &object->item[i];
	return NULL;
}

/* As few digits as tell it from other doubles, laid out as Python's repr() does. */
static struct slice
print_real(struct arena *arena, double real)
{
	char digits[32];
	int precision = 0, exponent;

	if (isinf(real))
		return real > 0 ? SLICE("inf") : SLICE("-inf");
	do
		(void)snprintf(digits, sizeof(digits), "%.*e", precision, real);
	while (strtod(digits, NULL) != real && ++precision < REAL_DIGITS_MAX);
	exponent = atoi(strchr(digits, 'e') + 1);
	if (exponent < -4 || exponent >= 16)
		return slice_str(arena_strdup(arena, digits));
	return slice_str(arena_printf(arena, "%.*f", precision > exponent ? precision - exponent : 1, real));
}

struct slice
value_text(struct arena *arena, const struct value *value)
{
	if (value->kind == VALUE_REAL)
		return print_real(arena, value->real);
	return value->kind == VALUE_INTEGER && slice_is(value->text, "-0") ? SLICE("0") : value->text;
}

const char *
value_type(const struct value *value)
{
	static const char *const types[] = {
		[VALUE_NULL] = "NoneType", [VALUE_BOOL] = "bool", [VALUE_INTEGER] = "int", [VALUE_REAL] = "float",
		[VALUE_STRING] = "str", [VALUE_ARRAY] = "list", [VALUE_OBJECT] = "dict",
	};

	return types[value->kind];
}

uint32_t
value_surrogate(struct slice text)
{
	/* Nothing else in the text begins with ED and goes on with A0 to BF. */
	for (size_t i = 0; i + 2 < text.n; i++) {
		unsigned char lead = (unsigned char)text.p[i], second = (unsigned char)text.p[i + 1];

		if (lead == 0xed && second >= 0xa0)
			return 0xd000u | (second & 0x3fu) << 6 | ((unsigned char)text.p[i + 2] & 0x3fu);
	}
	return 0;
}
