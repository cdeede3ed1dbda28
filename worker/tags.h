/* SPDX-License-Identifier: MIT
 *
 * The tags of one answer (cache/tag.h), collected by the code that reads rows
 * while it reads them: load.c, list.c, detail.c, filter.c, the downloads.
 *
 * What was looked for and is not there is a dependency too: an id that no row
 * has leaves the tag of that id, a name that no row has those of the
 * collection and of its column.
 *
 * Which changes of the database raise which tags is written in doc/tags.md;
 * the two must agree: nothing is collected that no change raises, and no
 * answer reads what none of its tags is raised for.
 *
 * All functions take NULL for the tags: the answer is not for keeping.
 * Lives in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_TAGS_H
#define THIMBLE_WORKER_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct arena;
struct clock;
struct tags;

/* A table under the names of its tags. */
struct tag_table {
	const char *table;	/* "patchwork_patch" */
	const char *object;	/* "patch"; of rows that are part of an object, that object */
	const char *collection;	/* "patches" */
	const char *scope;	/* column whose value stands behind '@'; NULL: none */
};

enum { TAG_SCOPES_MAX = 8 };

/* The rows of a table that a list looks at: those below these objects; none: all. */
struct tag_scope {
	const struct tag_table *table;
	int64_t id[TAG_SCOPES_MAX];
	size_t count;
};

/* NULL for a table that answers do not read, which is a defect of the caller. */
const struct tag_table *tag_table_of(const char *table);

struct tags *tags_new(struct arena *arena);
/* None are left, as if it were new. */
void tags_clear(struct tags *tags);

/* The object of that table and id, and the table's coarse tag. */
void tags_object(struct tags *tags, const struct tag_table *table, int64_t id);

/* A collection: all of the table (scope 0) or what is below the object `scope`; and the coarse tag. */
void tags_collection(struct tags *tags, const struct tag_table *table, int64_t scope);

/* Values of a column in a collection. */
void tags_column(struct tags *tags, const struct tag_table *table, int64_t scope, struct slice column);

/* That the table was read at all: its coarse tag. */
void tags_table(struct tags *tags, const struct tag_table *table);

/* Which rows there are in the scope. */
void tags_scope(struct tags *tags, const struct tag_scope *scope);

/*
 * The columns that a piece of SQL names, in the scope as "t.column" and of
 * other tables as "table.column".  What it names by another alias is not
 * found: `reads` of resource.h is for that.  `sql` may be NULL.
 */
void tags_reads(struct tags *tags, const struct tag_scope *scope, const char *sql);

/* What a user may do. */
void tags_user(struct tags *tags, int64_t user);

/* Any other tag, as text. */
void tags_add(struct tags *tags, struct slice text);

/* More tags than an entry may have: the answer is not for keeping. */
bool tags_overflowed(const struct tags *tags);

/* The stamp of each tag; in the arena.  Returns how many. */
size_t tags_stamps(const struct tags *tags, const struct clock *clock, const uint32_t **stamps_r);

/* The hash of each tag; in the arena.  Returns how many. */
size_t tags_hashes(const struct tags *tags, const uint64_t **hashes_r);

/* Logs them, at level debug; the text is kept only then. */
void tags_log(const struct tags *tags, struct slice path);

#endif
