/* SPDX-License-Identifier: MIT
 *
 * See negotiate.h.  Only types and the `indent` parameter count; q values do
 * not, as in the reference.  Any process, any thread.
 */
#include "config.h"

#include "proto/negotiate.h"

#include <stdbool.h>

#include "proto/text.h"

enum { INDENT_MAX = 8 };

/* From the least to the most specific. */
enum precedence { PRECEDENCE_ANY, PRECEDENCE_TYPE, PRECEDENCE_SUBTYPE, PRECEDENCE_PARAMETER, PRECEDENCES };

struct media_type {
	struct slice main, sub;
	enum precedence precedence;
	unsigned indent;
};

static const struct {
	const char *format, *main, *sub;
	enum representation representation;
} renderers[] = {
	{ "json", "application", "json", REPRESENTATION_JSON },
	{ "api", "text", "html", REPRESENTATION_HTML },
};

enum { RENDERERS = sizeof(renderers) / sizeof(*renderers) };

/* Takes what stands before the first ';' that is not quoted off the front of *rest. */
static bool
take_parameter(struct slice *rest, struct slice *piece)
{
	bool quoted = false;

	if (rest->p == NULL)
		return false;
	for (size_t i = 0; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '"' && (i == 0 || rest->p[i - 1] != '\\'))
			quoted = !quoted;
		if (c == ';' && !quoted) {
			*piece = slice_make(rest->p, i);
			*rest = slice_from(*rest, i + 1);
			return true;
		}
	}
	*piece = *rest;
	*rest = SLICE_NONE;
	return true;
}

static unsigned
parse_indent(struct slice value)
{
	int64_t indent;

	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = slice_make(value.p + 1, value.n - 2);
	switch (text_integer(value, &indent)) {
	case 1:
		return indent < 0 ? 0 : indent > INDENT_MAX ? INDENT_MAX : (unsigned)indent;
	case -1:
		/* A number of any size is clamped. */
		return slice_index(value, '-') >= 0 ? 0 : INDENT_MAX;
	default:
		return 0;
	}
}

static void
parse_media_type(struct slice entry, struct media_type *type)
{
	struct slice rest = entry, piece, name;
	bool parameters = false;

	*type = (struct media_type){ 0 };
	(void)take_parameter(&rest, &type->sub);
	type->sub = text_strip(type->sub);
	(void)slice_cut(&type->sub, '/', &type->main);
	while (take_parameter(&rest, &piece)) {
		if (slice_index(piece, '=') < 0 || !slice_cut(&piece, '=', &name))
			continue;
		name = text_strip(name);
		if (slice_eq_nocase(name, SLICE("indent")))
			type->indent = parse_indent(text_strip(piece));
		if (!slice_eq_nocase(name, SLICE("q")))
			parameters = true;
	}
	if (slice_is(type->main, "*"))
		type->precedence = PRECEDENCE_ANY;
	else if (slice_is(type->sub, "*"))
		type->precedence = PRECEDENCE_TYPE;
	else
		type->precedence = parameters ? PRECEDENCE_PARAMETER : PRECEDENCE_SUBTYPE;
}

static bool
matches(struct slice asked, const char *have)
{
	return slice_is(asked, "*") || slice_eq_nocase(asked, slice_str(have));
}

/* Keeps in found[] the indent of the first entry of each group that a renderer matches, or -1. */
static void
match_entries(struct slice accept, const bool *allowed, int found[PRECEDENCES][RENDERERS])
{
	struct slice entry;

	while (slice_cut(&accept, ',', &entry)) {
		struct media_type type;

		parse_media_type(text_strip(entry), &type);
		for (size_t r = 0; r < RENDERERS; r++) {
			int *indent = &found[type.precedence][r];

			if (allowed[r] && *indent == -1 && matches(type.main, renderers[r].main) &&
			    matches(type.sub, renderers[r].sub))
				*indent = (int)type.indent;
		}
	}
}

enum representation
negotiate(struct slice accept, struct slice format, unsigned *indent_r)
{
	int found[PRECEDENCES][RENDERERS];
	bool allowed[RENDERERS], any = false;

	*indent_r = 0;
	for (size_t r = 0; r < RENDERERS; r++) {
		allowed[r] = format.n == 0 || slice_is(format, renderers[r].format);
		any = any || allowed[r];
	}
	if (!any)
		return REPRESENTATION_NO_FORMAT;
	for (size_t p = 0; p < PRECEDENCES; p++)
		for (size_t r = 0; r < RENDERERS; r++)
			found[p][r] = -1;
	match_entries(accept.p != NULL ? accept : SLICE("*/*"), allowed, found);
	for (size_t p = PRECEDENCES; p-- > 0;) {
		for (size_t r = 0; r < RENDERERS; r++) {
			if (found[p][r] >= 0) {
				*indent_r = (unsigned)found[p][r];
				return renderers[r].representation;
			}
		}
	}
	return REPRESENTATION_NONE;
}
