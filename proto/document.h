/* SPDX-License-Identifier: MIT
 *
 * A JSON document that is being changed: a tree of nodes, in place, as
 * proto/value.h's values, which are not changed, are what is read.  Lists, not
 * arrays: nothing is ever moved, so that memory grows by what is added only.
 * Merge patch (RFC 7396) is here, JSON patch in json_patch.h.
 *
 * `work` counts the nodes that are looked at, and ends what would take too
 * long: copies that double what is there, comparisons over and over.
 *
 * Names that begin with two underscores are private: they are not taken over from
 * values, and a look for one finds nothing.
 *
 * Each function that can fail returns false or NULL, and says so in `error`, once and for all: the document
 * is of no more use then.  Memory is the arena's.  Pure functions.
 */
#ifndef THIMBLE_PROTO_DOCUMENT_H
#define THIMBLE_PROTO_DOCUMENT_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/value.h"

struct arena;
struct json;

enum { DOCUMENT_WORK = 1000000 };	/* nodes looked at, and four times those made, for all of a document's changes */

struct node {
	enum value_kind kind;
	bool truth;
	struct slice name;		/* of a member */
	struct slice text;		/* of a string; of a number as it was sent, something else behind it */
	struct node *first, *last, *next, *previous;
	size_t count;
};

struct document {
	struct arena *arena;
	struct node *root;
	size_t work;
	const char *error;		/* the first: a sentence for the client; NULL: none */
};

static inline bool
document_is_private(struct slice name)
{
	return slice_has_prefix(name, SLICE("__"));
}

static inline bool
node_has_children(const struct node *node)
{
	return node->kind == VALUE_OBJECT || node->kind == VALUE_ARRAY;
}

/* An empty object. */
void document_init(struct document *d, struct arena *arena);

/* Notes an error, if there is none yet; returns false. */
bool document_fail(struct document *d, const char *error);
/* Counts work. */
bool document_spend(struct document *d, size_t work);
/* Half of a surrogate pair is no text: written, several keys would be one. */
bool document_check_text(struct document *d, struct slice text);

/* Nodes that belong to nobody yet. */
struct node *node_new(struct document *d, enum value_kind kind);
struct node *node_from_value(struct document *d, const struct value *value);
/* No deeper than `depth`. */
struct node *node_copy(struct document *d, const struct node *from, unsigned depth);

/* Puts a child before another of them; NULL: behind the last. */
void node_insert(struct node *parent, struct node *child, struct node *before);
void node_detach(struct node *parent, struct node *child);
/* Gives a node another value, in its place and under its name.  `from` is of no more use. */
void node_become(struct node *node, const struct node *from);

/* NULL: there is none, or (see d->error) it was too much work to find out. */
struct node *node_member(struct document *d, const struct node *object, struct slice name);
struct node *node_nth(struct document *d, const struct node *array, uint64_t index);
/* Sets a member of an object, in the place of one of that name. */
bool node_set(struct document *d, struct node *object, struct slice name, struct node *node);

/* Merges a patch into a node. */
bool document_merge(struct document *d, struct node *target, const struct value *patch);

bool node_is_deeper(const struct node *node, unsigned depth);
/* How many bytes writing it takes at least; more than `most` is some number above it. */
size_t node_size(const struct node *node, size_t most);
/* Writes a node, members in the order of their names; null for what is deeper than `depth`. */
void node_put(struct json *j, struct arena *arena, const struct node *node, unsigned depth);

#endif
