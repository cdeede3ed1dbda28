/* SPDX-License-Identifier: MIT
 *
 * See cookie.h.
 */
#include "config.h"

#include "proto/cookie.h"

static struct slice
unquote(struct slice value)
{
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		return slice_make(value.p + 1, value.n - 2);
	return value;
}

/* The value of a "name=value" of that name; absent: it is another. */
static struct slice
value_of(struct slice pair, const char *name)
{
	ptrdiff_t equals;

	pair = slice_trim(pair, " \t");
	equals = slice_index(pair, '=');
	if (equals < 0 || !slice_is(slice_trim(slice_make(pair.p, (size_t)equals), " \t"), name))
		return SLICE_NONE;
	return unquote(slice_trim(slice_from(pair, (size_t)equals + 1), " \t"));
}

struct slice
cookie_find(struct slice header, const char *name)
{
	struct slice rest = header, pair, piece, value;

	while (slice_cut(&rest, ';', &pair)) {
		value = value_of(pair, name);
		/* headers that were joined; a comma within a value is none that is ours */
		while (value.p == NULL && slice_cut(&pair, ',', &piece))
			value = value_of(piece, name);
		if (value.p != NULL) {
			ptrdiff_t comma = slice_index(value, ',');

			return comma < 0 ? value : slice_trim(slice_make(value.p, (size_t)comma), " \t");
		}
	}
	return SLICE_NONE;
}
