/* SPDX-License-Identifier: MIT
 *
 * See extra_data.h.  Private keys are put aside while a document is changed,
 * and come back at its end.
 */
#include "config.h"

#include "proto/extra_data.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body.h"
#include "proto/digits.h"
#include "proto/document.h"
#include "proto/json.h"
#include "proto/json_in.h"
#include "proto/json_patch.h"

#define DOTTED "extra_data."
#define MERGE "extra_data:json"
#define PATCH "extra_data:json-patch"

enum { NUMBER_MAX = 300 };	/* characters of a text that is taken for a number */

/* What is stored, being changed. */
struct opened {
	struct document document;
	struct node *private;		/* members of the root that are nobody's business, by `next` */
};

bool
extra_data_is_field(struct slice name)
{
	return slice_has_prefix(name, SLICE(DOTTED)) || slice_is(name, MERGE) || slice_is(name, PATCH);
}

/* ---- texts ---- */

/* The text as a number, if it is an integer or a decimal; absent if not. */
static struct slice
as_number(struct arena *arena, struct slice text, enum value_kind *kind_r)
{
	size_t sign = text.n > 0 && text.p[0] == '-', zeros = 0, digits, decimals = 0;
	struct slice rest = slice_from(text, sign);

	if (text.n > NUMBER_MAX)
		return SLICE_NONE;
	digits = digits_leading(rest);
	if (digits > 0 && rest.n > digits + 1 && rest.p[digits] == '.')
		decimals = digits_leading(slice_from(rest, digits + 1));
	if (digits == 0 || rest.n != digits + (decimals > 0 ? decimals + 1 : 0))
		return SLICE_NONE;
	/* JSON has no zeros in front */
	while (zeros + 1 < digits && rest.p[zeros] == '0')
		zeros++;
	*kind_r = decimals > 0 ? VALUE_REAL : VALUE_INTEGER;
	return slice_str(arena_printf(arena, "%s%.*s", sign ? "-" : "", SLICE_ARG(slice_from(rest, zeros))));
}

static struct node *
from_text(struct document *d, struct slice text)
{
	struct node *node = node_new(d, VALUE_STRING);
	struct slice number = as_number(d->arena, text, &node->kind);

	node->text = number.p != NULL ? number : text;
	if (slice_eq_nocase(text, SLICE("true")) || slice_eq_nocase(text, SLICE("false"))) {
		node->kind = VALUE_BOOL;
		node->truth = text.n == 4;
		node->text = SLICE_NONE;
	}
	return node;
}

static bool
set_text(struct document *d, struct slice key, struct slice text)
{
	struct node *there;

	if (key.n == 0 || document_is_private(key))
		return true;
	if (text.n > 0)
		return node_set(d, d->root, key, from_text(d, text));
	there = node_member(d, d->root, key);
	if (there != NULL)
		node_detach(d->root, there);
	return d->error == NULL;
}

static const struct value *
read_json(struct document *d, struct slice text)
{
	const struct value *value;
	const char *reason;

	if (json_in_read(d->arena, CHARSET_UTF8, text, &value, &reason) == 0)
		return value;
	(void)document_fail(d, arena_printf(d->arena, "Could not parse the JSON: %s", reason));
	return NULL;
}

static bool
run_field(struct document *d, const struct form_field *field)
{
	const struct value *value;

	if (field->value.n > EXTRA_DATA_MAX)
		return document_fail(d, "The change is too long.");
	if (slice_has_prefix(field->name, SLICE(DOTTED)))
		return set_text(d, slice_from(field->name, sizeof(DOTTED) - 1), field->value);
	value = read_json(d, field->value);
	if (value == NULL)
		return false;
	if (slice_is(field->name, PATCH) ? !json_patch_apply(d, value) : !document_merge(d, d->root, value))
		return false;
	return d->root->kind == VALUE_OBJECT || document_fail(d, "The result is no object.");
}

/* ---- documents ---- */

/* What is stored; what cannot be read counts as nothing. */
static void
open_stored(struct opened *o, struct arena *arena, struct slice stored)
{
	const struct value *value;
	const char *reason;
	struct node *node;

	*o = (struct opened){ 0 };
	document_init(&o->document, arena);
	if (stored.n == 0 || json_in_read(arena, CHARSET_UTF8, stored, &value, &reason) < 0 || value->kind != VALUE_OBJECT)
		return;
	node = node_from_value(&o->document, value);
	if (node == NULL) {
		document_init(&o->document, arena);
		return;
	}
	o->document.root = node;
	for (size_t i = value->count; i-- > 0;) {
		if (!document_is_private(value->item[i].name))
			continue;
		node = node_from_value(&o->document, &value->item[i]);
		if (node == NULL)
			continue;
		node->next = o->private;
		o->private = node;
	}
}

/* The text to be stored. */
static bool
close_stored(struct opened *o, struct slice *text_r)
{
	struct document *d = &o->document;
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);
	bool fits;

	if (node_is_deeper(d->root, BODY_DEPTH_MAX))
		return document_fail(d, "The result is nested too deeply.");
	if (node_size(d->root, EXTRA_DATA_MAX) > EXTRA_DATA_MAX)
		return document_fail(d, "The result is too long.");
	for (struct node *node = o->private, *next; node != NULL; node = next) {
		next = node->next;
		node_insert(d->root, node, NULL);
	}
	node_put(&j, d->arena, d->root, BODY_DEPTH_MAX);
	fits = out.len <= EXTRA_DATA_MAX;
	if (fits)
		*text_r = arena_slice(d->arena, buf_as_slice(&out));
	buf_fini(&out);
	return fits || document_fail(d, "The result is too long.");
}

int
extra_data_change(struct arena *arena, struct slice stored, const struct form_field *fields, size_t count,
    struct slice *result_r, const char **error_r)
{
	bool changed = false, good = true;
	struct opened o;

	*error_r = NULL;
	*result_r = stored;
	for (size_t i = 0; i < count && good; i++) {
		if (!extra_data_is_field(fields[i].name))
			continue;
		if (!changed)
			open_stored(&o, arena, stored);
		changed = true;
		good = run_field(&o.document, &fields[i]);
	}
	if (!changed || (good && close_stored(&o, result_r)))
		return 0;
	*error_r = o.document.error;
	return -1;
}

void
extra_data_put(struct json *j, struct arena *arena, struct slice stored)
{
	struct opened o;

	open_stored(&o, arena, stored);
	node_put(j, arena, o.document.root, BODY_DEPTH_MAX);
}
