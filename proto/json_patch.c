/* SPDX-License-Identifier: MIT
 *
 * See json_patch.h.
 */
#include "config.h"

#include "proto/json_patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "proto/body.h"
#include "proto/document.h"

/* ---- JSON pointers (RFC 6901) ---- */

struct place {
	struct node *parent;	/* NULL: the path is that of the whole document */
	struct slice token;	/* in it */
};

/* "~1" is '/', "~0" is '~'.  False: any other. */
static bool
unescape(struct document *d, struct slice *token)
{
	char *copy, *at;

	if (slice_index(*token, '~') < 0)
		return true;
	copy = at = arena_alloc(d->arena, token->n);
	for (size_t i = 0; i < token->n; i++) {
		char c = token->p[i];

		if (c == '~') {
			if (++i == token->n || (token->p[i] != '0' && token->p[i] != '1'))
				return document_fail(d, "A path has a \"~\" that is followed by neither 0 nor 1.");
			c = token->p[i] == '0' ? '~' : '/';
		}
		*at++ = c;
	}
	*token = slice_make(copy, (size_t)(at - copy));
	return true;
}

/* Digits without a zero before them; -1: no index. */
static int
read_index(struct slice token, uint64_t *index_r)
{
	if (token.n > 1 && token.p[0] == '0')
		return -1;
	return slice_uint(token, INT64_MAX, index_r);
}

/* The child of that name or index; NULL: there is none. */
static struct node *
child_of(struct document *d, const struct node *parent, struct slice token)
{
	uint64_t index;

	if (parent->kind == VALUE_OBJECT)
		return document_is_private(token) ? NULL : node_member(d, parent, token);
	if (parent->kind == VALUE_ARRAY && read_index(token, &index) == 0)
		return node_nth(d, parent, index);
	return NULL;
}

static bool
not_there(struct document *d, struct slice path)
{
	return document_fail(d, arena_printf(d->arena, "There is nothing at the path \"%.*s\".", SLICE_ARG(path)));
}

/* Follows a path to what is in front of its last token, which need not be there. */
static bool
find_place(struct document *d, struct slice path, struct place *place)
{
	struct slice rest = path, token;

	*place = (struct place){ .token = SLICE("") };
	if (path.n == 0)
		return true;
	if (path.p[0] != '/')
		return document_fail(d, "A path does not begin with \"/\".");
	place->parent = d->root;
	rest = slice_from(rest, 1);
	while (slice_cut(&rest, '/', &token)) {
		if (!unescape(d, &token) || !document_check_text(d, token))
			return false;
		place->token = token;
		if (rest.p == NULL)
			break;
		place->parent = child_of(d, place->parent, token);
		if (place->parent == NULL)
			return not_there(d, path);
	}
	return node_has_children(place->parent) || not_there(d, path);
}

/* What is there; NULL, and an error: nothing. */
static struct node *
find_node(struct document *d, struct slice path, struct place *place)
{
	struct node *node;

	if (!find_place(d, path, place))
		return NULL;
	node = place->parent != NULL ? child_of(d, place->parent, place->token) : d->root;
	if (node == NULL)
		(void)not_there(d, path);
	return node;
}

/* Whether a path names a key that is not for clients. */
static bool
is_private_path(struct slice path)
{
	return memmem(path.p, path.n, "/__", 3) != NULL;
}

/* ---- JSON patch ---- */

struct operation {
	enum { OP_ADD, OP_REMOVE, OP_REPLACE, OP_MOVE, OP_COPY, OP_TEST, OPS } op;
	struct slice path, from;
	const struct value *value;
};

static const char *const op_names[OPS] = {
	[OP_ADD] = "add", [OP_REMOVE] = "remove", [OP_REPLACE] = "replace", [OP_MOVE] = "move", [OP_COPY] = "copy",
	[OP_TEST] = "test",
};

static bool
read_string(struct document *d, const struct value *item, const char *name, struct slice *text_r)
{
	const struct value *member = value_member(item, name);

	if (member == NULL || member->kind != VALUE_STRING)
		return document_fail(d, arena_printf(d->arena, "An operation has no \"%s\" that is a string.", name));
	*text_r = member->text;
	return true;
}

static bool
read_operation(struct document *d, const struct value *item, struct operation *o)
{
	struct slice op;
	int n = 0;

	if (!read_string(d, item, "op", &op) || !read_string(d, item, "path", &o->path))
		return false;
	while (n < OPS && !slice_is(op, op_names[n]))
		n++;
	if (n == OPS)
		return document_fail(d, "An operation has an \"op\" that is not known.");
	o->op = n;
	if ((o->op == OP_MOVE || o->op == OP_COPY) && !read_string(d, item, "from", &o->from))
		return false;
	o->value = value_member(item, "value");
	if (o->value == NULL && (o->op == OP_ADD || o->op == OP_REPLACE || o->op == OP_TEST))
		return document_fail(d, "An operation has no \"value\".");
	return true;
}

/* Puts a node, which belongs to nobody, where the path says. */
static bool
add_at(struct document *d, struct slice path, struct node *node)
{
	struct place place;
	uint64_t index;

	if (!find_place(d, path, &place))
		return false;
	if (place.parent == NULL) {
		d->root = node;
		return true;
	}
	if (place.parent->kind == VALUE_OBJECT)
		return node_set(d, place.parent, place.token, node);
	node->name = SLICE_NONE;
	if (slice_is(place.token, "-"))
		index = place.parent->count;
	else if (read_index(place.token, &index) < 0 || index > place.parent->count)
		return not_there(d, path);
	node_insert(place.parent, node, node_nth(d, place.parent, index));
	return d->error == NULL;
}

/* Takes what is at the path out of the document. */
static struct node *
take_at(struct document *d, struct slice path)
{
	struct place place;
	struct node *node = find_node(d, path, &place);

	if (node == NULL)
		return NULL;
	if (place.parent == NULL) {
		(void)document_fail(d, "The whole of it cannot be removed.");
		return NULL;
	}
	node_detach(place.parent, node);
	return node;
}

/* Behind a number something stands that does not belong to it, a NUL at least. */
static bool
equal_numbers(struct slice a, struct slice b, bool integers)
{
	double x, y;

	if (slice_eq(a, b))
		return true;
	x = strtod(a.p, NULL);
	y = strtod(b.p, NULL);
	/* integers are told apart where doubles are not; zero has two texts */
	return x >= y && x <= y && (!integers || (x >= 0 && x <= 0));
}

static bool equal(struct document *d, const struct node *a, const struct node *b);

static bool
equal_children(struct document *d, const struct node *a, const struct node *b)
{
	const struct node *other = b->first;

	if (a->kind != b->kind || a->count != b->count)
		return false;
	for (const struct node *c = a->first; c != NULL; c = c->next) {
		if (a->kind == VALUE_OBJECT)
			other = node_member(d, b, c->name);
		if (other == NULL || !equal(d, c, other))
			return false;
		other = other->next;
	}
	return true;
}

static bool
equal(struct document *d, const struct node *a, const struct node *b)
{
	bool numbers = (a->kind == VALUE_INTEGER || a->kind == VALUE_REAL) &&
	    (b->kind == VALUE_INTEGER || b->kind == VALUE_REAL);

	if (!document_spend(d, 1))
		return false;
	if (numbers)
		return equal_numbers(a->text, b->text, a->kind == VALUE_INTEGER && b->kind == VALUE_INTEGER);
	if (node_has_children(a))
		return equal_children(d, a, b);
	return a->kind == b->kind && a->truth == b->truth && slice_eq(a->text, b->text);
}

static bool
run_test(struct document *d, const struct operation *o)
{
	struct place place;
	struct node *node = find_node(d, o->path, &place), *wanted = node != NULL ? node_from_value(d, o->value) : NULL;

	if (wanted == NULL)
		return false;
	if (!equal(d, node, wanted))
		return document_fail(d, arena_printf(d->arena, "The test of the path \"%.*s\" fails.", SLICE_ARG(o->path)));
	return true;
}

static bool
run_move(struct document *d, const struct operation *o)
{
	struct node *node;

	if (slice_has_prefix(o->path, o->from) && o->path.n > o->from.n && o->path.p[o->from.n] == '/')
		return document_fail(d, "A value cannot be moved into itself.");
	node = take_at(d, o->from);
	return node != NULL && add_at(d, o->path, node);
}

static bool
run_operation(struct document *d, const struct operation *o)
{
	struct place place;
	struct node *node, *value;

	if (o->op == OP_TEST)
		return run_test(d, o);
	if (is_private_path(o->path))
		return true;
	switch (o->op) {
	case OP_ADD:
		node = node_from_value(d, o->value);
		return node != NULL && add_at(d, o->path, node);
	case OP_REMOVE:
		return take_at(d, o->path) != NULL;
	case OP_MOVE:
		return run_move(d, o);
	case OP_COPY:
		node = find_node(d, o->from, &place);
		node = node != NULL ? node_copy(d, node, BODY_DEPTH_MAX + 1) : NULL;
		return node != NULL && add_at(d, o->path, node);
	default:	/* OP_REPLACE */
		node = find_node(d, o->path, &place);
		value = node != NULL ? node_from_value(d, o->value) : NULL;
		if (value != NULL)
			node_become(node, value);
		return value != NULL;
	}
}

bool
json_patch_apply(struct document *d, const struct value *operations)
{
	if (operations->kind != VALUE_ARRAY)
		return document_fail(d, "The patch is no array.");
	for (size_t i = 0; i < operations->count; i++) {
		struct operation o = { .from = SLICE("") };

		if (!document_spend(d, 1) || !read_operation(d, &operations->item[i], &o) || !run_operation(d, &o))
			return false;
	}
	return true;
}
