/* SPDX-License-Identifier: MIT
 *
 * Forms, urlencoded (patchwork-api.md, 6.3), read as Django's QueryDict reads
 * them: bytes that are not of the charset make the whole body Latin-1, escapes
 * that are not become U+FFFD.
 */
#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body_private.h"
#include "proto/params.h"

enum { FIELDS_FIRST = 16 };

int
form_add(struct form *form, struct slice name, struct slice value)
{
	if (form->count == BODY_FIELDS_MAX)
		return -1;
	form->field = arena_more(form->arena, form->field, form->count, &form->room, FIELDS_FIRST, sizeof(*form->field));
	form->field[form->count++] = (struct form_field){ name, value };
	return 0;
}

/* Characters at the front that are all ASCII, or all not. */
static size_t
run(struct slice s)
{
	size_t n = 1;

	while (n < s.n && ((s.p[n] ^ s.p[0]) & 0x80) == 0)
		n++;
	return n;
}

/* A name or value: UTF-8 already, but for what its escapes stand for, which is in the charset. */
static struct slice
decode(struct form *form, struct slice s)
{
	struct buf text = { 0 }, bytes = { 0 };
	struct slice decoded;

	while (s.n > 0) {
		struct slice piece = slice_make(s.p, run(s));

		s = slice_from(s, piece.n);
		if (piece.p[0] & 0x80) {
			buf_slice(&text, piece);
			continue;
		}
		/* Escaped bytes of one run may make up one character; a raw character between ends it. */
		buf_reset(&bytes);
		params_put_unescaped(&bytes, piece);
		charset_put(&text, form->charset, buf_as_slice(&bytes));
	}
	decoded = arena_slice(form->arena, buf_as_slice(&text));
	buf_fini(&text);
	buf_fini(&bytes);
	return decoded;
}

/* The body as UTF-8 with spaces for '+', both of which come before escapes are looked at. */
static struct slice
as_text(struct form *form, struct slice bytes)
{
	struct buf out = { 0 };
	struct slice text;

	charset_put(&out, charset_valid(form->charset, bytes) ? form->charset : CHARSET_LATIN1, bytes);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] == '+')
			out.data[i] = ' ';
	text = arena_slice(form->arena, buf_as_slice(&out));
	buf_fini(&out);
	return text;
}

int
urlencoded_parse(struct form *form, struct slice bytes, const char **detail_r)
{
	struct slice rest = as_text(form, bytes), pair, name;

	while (slice_cut(&rest, '&', &pair)) {
		if (pair.n == 0)
			continue;
		(void)slice_cut(&pair, '=', &name);
		if (form_add(form, decode(form, name), decode(form, pair)) < 0) {
			*detail_r = arena_printf(form->arena, "The form has more than %d fields.", BODY_FIELDS_MAX);
			return 400;
		}
	}
	return 0;
}
