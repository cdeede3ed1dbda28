/* SPDX-License-Identifier: MIT
 *
 * See document.h.
 */
#include "config.h"

#include "proto/document.h"

#include <stdlib.h>

#include "base/arena.h"
#include "proto/json.h"

enum { NODE_WORK = 4 };		/* of making one, for they take memory as well */

bool
document_fail(struct document *d, const char *error)
{
	if (d->error == NULL)
		d->error = error;
	return false;
}

void
document_init(struct document *d, struct arena *arena)
{
	*d = (struct document){ .arena = arena };
	d->root = node_new(d, VALUE_OBJECT);
}

bool
document_spend(struct document *d, size_t work)
{
	d->work += work;
	return d->work <= DOCUMENT_WORK || document_fail(d, "The change takes too much work.");
}

/* ---- nodes ---- */

struct node *
node_new(struct document *d, enum value_kind kind)
{
	struct node *node = arena_zalloc(d->arena, sizeof(*node));

	node->kind = kind;
	return node;
}

void
node_insert(struct node *parent, struct node *child, struct node *before)
{
	struct node *previous = before != NULL ? before->previous : parent->last;

	child->next = before;
	child->previous = previous;
	if (previous != NULL)
		previous->next = child;
	else
		parent->first = child;
	if (before != NULL)
		before->previous = child;
	else
		parent->last = child;
	parent->count++;
}

void
node_detach(struct node *parent, struct node *child)
{
	if (child->previous != NULL)
		child->previous->next = child->next;
	else
		parent->first = child->next;
	if (child->next != NULL)
		child->next->previous = child->previous;
	else
		parent->last = child->previous;
	child->next = child->previous = NULL;
	parent->count--;
}

void
node_become(struct node *node, const struct node *from)
{
	node->kind = from->kind;
	node->truth = from->truth;
	node->text = from->text;
	node->first = from->first;
	node->last = from->last;
	node->count = from->count;
}

bool
document_check_text(struct document *d, struct slice text)
{
	return value_surrogate(text) == 0 || document_fail(d, "A text has half of a surrogate pair.");
}

/* The depth of a value is bounded by its reader. */
struct node *
node_from_value(struct document *d, const struct value *value)
{
	struct node *node;

	if (!document_spend(d, NODE_WORK) || !document_check_text(d, value->name) || !document_check_text(d, value->text))
		return NULL;
	node = node_new(d, value->kind);
	node->truth = value->truth;
	node->text = value->text;
	node->name = value->name;
	for (size_t i = 0; i < value->count; i++) {
		struct node *child;

		if (value->kind == VALUE_OBJECT && document_is_private(value->item[i].name))
			continue;
		child = node_from_value(d, &value->item[i]);
		if (child == NULL)
			return NULL;
		node_insert(node, child, NULL);
	}
	return node;
}

/* Moving things about can nest them as deeply as there are operations: so the depth is bounded. */
struct node *
node_copy(struct document *d, const struct node *from, unsigned depth)
{
	struct node *node, *child;

	if (!document_spend(d, NODE_WORK) || (depth == 0 && !document_fail(d, "A copy is nested too deeply.")))
		return NULL;
	node = node_new(d, from->kind);
	node->truth = from->truth;
	node->text = from->text;
	node->name = from->name;
	for (const struct node *c = from->first; c != NULL; c = c->next) {
		child = node_copy(d, c, depth - 1);
		if (child == NULL)
			return NULL;
		node_insert(node, child, NULL);
	}
	return node;
}

struct node *
node_member(struct document *d, const struct node *object, struct slice name)
{
	for (struct node *c = object->first; c != NULL; c = c->next) {
		if (!document_spend(d, 1))
			return NULL;
		if (slice_eq(c->name, name))
			return c;
	}
	return NULL;
}

struct node *
node_nth(struct document *d, const struct node *array, uint64_t index)
{
	struct node *c = array->first;

	if (index >= array->count || !document_spend(d, (size_t)index + 1))
		return NULL;
	while (index-- > 0)
		c = c->next;
	return c;
}

bool
node_set(struct document *d, struct node *object, struct slice name, struct node *node)
{
	struct node *there = node_member(d, object, name);

	if (d->error != NULL)
		return false;
	node->name = name;
	if (there != NULL)
		node_become(there, node);
	else
		node_insert(object, node, NULL);
	return true;
}

/* ---- merge patch ---- */

bool
document_merge(struct document *d, struct node *target, const struct value *patch)
{
	struct node *node;

	if (patch->kind != VALUE_OBJECT) {
		node = node_from_value(d, patch);
		if (node != NULL)
			node_become(target, node);
		return node != NULL;
	}
	if (target->kind != VALUE_OBJECT)
		node_become(target, node_new(d, VALUE_OBJECT));
	for (size_t i = 0; i < patch->count; i++) {
		const struct value *item = &patch->item[i];
		struct node *member;

		if (!document_spend(d, 1) || !document_check_text(d, item->name))
			return false;
		if (document_is_private(item->name))
			continue;
		member = node_member(d, target, item->name);
		if (d->error != NULL)
			return false;
		if (item->kind == VALUE_NULL) {
			if (member != NULL)
				node_detach(target, member);
			continue;
		}
		if (member == NULL) {
			member = node_new(d, VALUE_NULL);
			member->name = item->name;
			node_insert(target, member, NULL);
		}
		if (!document_merge(d, member, item))
			return false;
	}
	return true;
}

/* ---- writing ---- */

static int
compare_names(const void *a, const void *b)
{
	return slice_compare((*(const struct node *const *)a)->name, (*(const struct node *const *)b)->name);
}

static void
put_members(struct json *j, struct arena *arena, const struct node *object, unsigned depth)
{
	const struct node **sorted = arena_alloc(arena, (object->count + 1) * sizeof(struct node *));
	size_t n = 0;

	for (const struct node *c = object->first; c != NULL; c = c->next)
		sorted[n++] = c;
	if (n > 0)
		qsort(sorted, n, sizeof(struct node *), compare_names);
	json_open(j, '{');
	for (size_t i = 0; i < n; i++) {
		json_key_slice(j, sorted[i]->name);
		node_put(j, arena, sorted[i], depth);
	}
	json_close(j, '}');
}

void
node_put(struct json *j, struct arena *arena, const struct node *node, unsigned depth)
{
	if (node_has_children(node) && depth == 0) {
		json_null(j);
		return;
	}
	switch (node->kind) {
	case VALUE_NULL:
		json_null(j);
		break;
	case VALUE_BOOL:
		json_bool(j, node->truth);
		break;
	case VALUE_INTEGER:
	case VALUE_REAL:
		json_raw(j, node->text);
		break;
	case VALUE_STRING:
		json_string(j, node->text);
		break;
	case VALUE_ARRAY:
		json_open(j, '[');
		for (const struct node *c = node->first; c != NULL; c = c->next)
			node_put(j, arena, c, depth - 1);
		json_close(j, ']');
		break;
	case VALUE_OBJECT:
		put_members(j, arena, node, depth - 1);
		break;
	}
}

bool
node_is_deeper(const struct node *node, unsigned depth)
{
	if (!node_has_children(node))
		return false;
	if (depth == 0)
		return true;
	for (const struct node *c = node->first; c != NULL; c = c->next)
		if (node_is_deeper(c, depth - 1))
			return true;
	return false;
}

size_t
node_size(const struct node *node, size_t most)
{
	size_t size = 1 + node->name.n + node->text.n;

	for (const struct node *c = node->first; c != NULL && size <= most; c = c->next)
		size += node_size(c, most - size);
	return size;
}
