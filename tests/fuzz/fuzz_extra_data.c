/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/extra_data.  The first line of the input is what is
 * stored, each line behind it a field: NAME=VALUE without "extra_data".  Checked:
 *  - a change is refused with a reason, or gives an object that is bounded and can be read again;
 *  - shown, it has no private key, and stored again it is the same;
 *  - a merge patch that is empty changes nothing.
 */
#include "config.h"

#include "proto/extra_data.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body.h"
#include "proto/json.h"
#include "proto/json_in.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

enum { FIELDS_MAX = 8 };

static void
check_shown(const struct value *value)
{
	require(!slice_has_prefix(value->name, SLICE("__")));
	for (size_t i = 0; i < value->count; i++) {
		require(value->kind != VALUE_OBJECT || i == 0 || !slice_eq(value->item[i].name, value->item[i - 1].name));
		check_shown(&value->item[i]);
	}
}

static const struct value *
read_json(struct arena *arena, struct slice text)
{
	const struct value *value;
	const char *reason;

	require(json_in_read(arena, CHARSET_UTF8, text, &value, &reason) == 0);
	require(value->kind == VALUE_OBJECT);
	return value;
}

static void
check_result(struct arena *arena, struct slice result)
{
	struct form_field nothing = { SLICE("extra_data:json"), SLICE("{}") };
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);
	struct slice again;
	const char *error;

	require(result.n <= EXTRA_DATA_MAX);
	(void)read_json(arena, result);
	require(extra_data_change(arena, result, &nothing, 1, &again, &error) == 0);
	require(slice_eq(result, again));
	extra_data_put(&j, arena, result);
	check_shown(read_json(arena, buf_as_slice(&out)));
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), stored = SLICE(""), line, result, name;
	struct arena *arena = arena_new();
	struct form_field fields[FIELDS_MAX];
	size_t count = 0;
	const char *error;

	(void)slice_cut(&rest, '\n', &stored);
	while (count < FIELDS_MAX && slice_cut(&rest, '\n', &line)) {
		(void)slice_cut(&line, '=', &name);
		/* forms are UTF-8 */
		name = utf8_repair(arena, name);
		fields[count].name = slice_str(arena_printf(arena, "extra_data%.*s", SLICE_ARG(name)));
		fields[count++].value = line.p != NULL ? utf8_repair(arena, line) : SLICE("");
	}
	if (extra_data_change(arena, stored, fields, count, &result, &error) < 0) {
		require(error != NULL);
	} else {
		require(error == NULL);
		if (result.p != stored.p)
			check_result(arena, result);
	}
	arena_free(&arena);
	return 0;
}
