/* SPDX-License-Identifier: MIT
 *
 * See body.h.  Here: which parser a Content-Type asks for.  A job runs it.
 */
#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body_private.h"
#include "proto/params.h"

/* In the order in which they are asked: a wildcard of the request means the first that fits. */
enum parser { PARSER_JSON, PARSER_URLENCODED, PARSER_MULTIPART, PARSERS };

static const struct {
	const char *main, *sub;
} types[PARSERS] = {
	[PARSER_JSON] = { "application", "json" },
	[PARSER_URLENCODED] = { "application", "x-www-form-urlencoded" },
	[PARSER_MULTIPART] = { "multipart", "form-data" },
};

static bool
fits(struct slice asked, const char *own)
{
	return slice_is(asked, "*") || slice_eq_nocase(asked, slice_str(own));
}

/* PARSERS: none takes that type. */
static enum parser
choose(struct slice content_type)
{
	struct slice sub, main_type;

	if (!params_cut(&content_type, &sub))
		return PARSERS;
	(void)slice_cut(&sub, '/', &main_type);
	for (int i = 0; sub.p != NULL && i < PARSERS; i++)
		if (fits(main_type, types[i].main) && fits(sub, types[i].sub))
			return (enum parser)i;
	return PARSERS;
}

static int
refuse_type(struct arena *arena, struct slice content_type, const char **detail_r)
{
	struct buf shown = { 0 };

	/* The bytes of a header are Latin-1 to the reference. */
	charset_put(&shown, CHARSET_LATIN1, content_type);
	*detail_r = arena_printf(arena, "Unsupported media type \"%.*s\" in request.", SLICE_ARG(buf_as_slice(&shown)));
	buf_fini(&shown);
	return 415;
}

/* No body: empty data, as a form only if that is what was announced to the letter. */
static void
take_nothing(enum parser parser, struct slice content_type, struct body *body)
{
	static const struct value empty = { .kind = VALUE_OBJECT };
	struct slice type = SLICE_NONE;

	(void)params_cut(&content_type, &type);
	if (parser != PARSER_JSON && parser != PARSERS && slice_index(type, '*') < 0)
		body->form = true;
	else
		body->json = &empty;
}

int
body_parse(struct arena *arena, struct slice content_type, struct slice bytes, struct body *body_r,
    const char **detail_r)
{
	enum parser parser = choose(content_type);
	struct form form = { .arena = arena };
	int status;

	*body_r = (struct body){ 0 };
	*detail_r = NULL;
	if (bytes.n == 0) {
		take_nothing(parser, content_type, body_r);
		return 0;
	}
	if (parser == PARSERS)
		return refuse_type(arena, content_type, detail_r);
	form.charset = charset_find(params_last(arena, content_type, "charset"));
	if (parser == PARSER_JSON)
		return json_in_parse(arena, form.charset, bytes, &body_r->json, detail_r);
	status = parser == PARSER_URLENCODED ? urlencoded_parse(&form, bytes, detail_r) :
	    multipart_parse(&form, content_type, bytes, detail_r);
	if (status != 0)
		return status;
	body_r->form = true;
	body_r->field = form.field;
	body_r->count = form.count;
	return 0;
}

struct slice
body_form_last(const struct body *body, const char *name)
{
	for (size_t i = body->count; i-- > 0;)
		if (slice_is(body->field[i].name, name))
			return body->field[i].value;
	return SLICE_NONE;
}

bool
body_form_next(const struct body *body, const char *name, size_t *at, struct slice *value_r)
{
	while (*at < body->count) {
		const struct form_field *field = &body->field[(*at)++];

		if (slice_is(field->name, name)) {
			*value_r = field->value;
			return true;
		}
	}
	return false;
}
