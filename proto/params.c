/* SPDX-License-Identifier: MIT
 *
 * See params.h.
 */
#include "config.h"

#include "proto/params.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/charset.h"
#include "proto/digits.h"
#include "proto/text.h"

bool
params_cut(struct slice *rest, struct slice *piece_r)
{
	bool quoted = false;
	size_t i = 0;

	if (rest->p == NULL)
		return false;
	for (; i < rest->n && (quoted || rest->p[i] != ';'); i++)
		if (rest->p[i] == '"' && (i == 0 || rest->p[i - 1] != '\\'))
			quoted = !quoted;
	*piece_r = slice_trim(slice_make(rest->p, i), PARAMS_SPACE);
	*rest = i < rest->n ? slice_from(*rest, i + 1) : SLICE_NONE;
	return true;
}

void
params_put_unescaped(struct buf *out, struct slice s)
{
	char *at = buf_reserve(out, s.n);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%' && s.n - i > 2 && hex_digit(s.p[i + 1]) >= 0 && hex_digit(s.p[i + 2]) >= 0) {
			c = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
			i += 2;
		}
		*at++ = c;
	}
	out->len = (size_t)(at - out->data);
}

static struct slice
unquote(struct arena *arena, struct slice value)
{
	char *copy;
	size_t n;

	if (value.n < 2 || value.p[0] != '"' || value.p[value.n - 1] != '"')
		return value;
	value = slice_make(value.p + 1, value.n - 2);
	if (slice_index(value, '\\') < 0)
		return value;
	/* One after the other, as the reference does: \\" becomes ". */
	copy = arena_memdup(arena, value.p, value.n);
	n = text_unescape(copy, value.n, '\\');
	return slice_make(copy, text_unescape(copy, n, '"'));
}

/* charset'language'text (RFC 8187); anything else stays as it is. */
static void
decode_extended(struct arena *arena, struct param *param)
{
	struct slice rest = param->value, charset, language;
	struct buf bytes = { 0 }, out = { 0 };

	if (!slice_cut(&rest, '\'', &charset) || !slice_cut(&rest, '\'', &language) || rest.p == NULL ||
	    slice_index(rest, '\'') >= 0)
		return;
	params_put_unescaped(&bytes, rest);
	charset_put(&out, charset_find(charset), buf_as_slice(&bytes));
	param->value = arena_slice(arena, buf_as_slice(&out));
	param->utf8 = true;
	buf_fini(&bytes);
	buf_fini(&out);
}

bool
params_read(struct arena *arena, struct slice piece, struct param *param_r)
{
	ptrdiff_t equals = slice_index(piece, '=');
	struct slice name, value;

	if (equals < 0)
		return false;
	name = slice_trim(slice_make(piece.p, (size_t)equals), PARAMS_SPACE);
	value = unquote(arena, slice_trim(slice_from(piece, (size_t)equals + 1), PARAMS_SPACE));
	*param_r = (struct param){ .name = name, .value = value };
	if (name.n > 0 && name.p[name.n - 1] == '*') {
		param_r->name.n--;
		decode_extended(arena, param_r);
	}
	return true;
}

struct slice
params_last(struct arena *arena, struct slice header, const char *name)
{
	struct slice last = SLICE_NONE, piece;
	struct param param;

	if (!params_cut(&header, &piece))
		return last;
	while (params_cut(&header, &piece))
		if (params_read(arena, piece, &param) && slice_eq_nocase(param.name, slice_str(name)))
			last = param.value;
	return last;
}
