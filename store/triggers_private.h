/* SPDX-License-Identifier: MIT
 *
 * Between triggers.c, which has the table of what is watched, and
 * triggers_text.c, which writes the triggers.
 */
#ifndef THIMBLE_STORE_TRIGGERS_PRIVATE_H
#define THIMBLE_STORE_TRIGGERS_PRIVATE_H

#include <stdbool.h>

struct arena;

/* A row that is part of an object. */
struct part {
	const char *object;		/* "series" */
	const char *column;		/* which of them */
	const char *matter;		/* columns whose change matters, besides insert and delete; NULL: any */
	const char *through;		/* table with that id, whose user_id is meant; NULL: the column itself */
};

enum { PARTS = 2 };

struct watched {
	const char *table;
	const char *object;		/* NULL: none */
	const char *collection;
	const char *scope;		/* column whose value stands behind '@'; NULL: none */
	const char *key;
	const char *columns;		/* those with tags of their own */
	const char *others;		/* those that answers show or go by without */
	const char *unique;		/* unique keys besides: "a b,c" is (a, b) and (c) */
	struct part parts[PARTS];
};

/* The events, as they name the triggers. */
enum event { EVENT_INSERT, EVENT_UPDATE, EVENT_DELETE, EVENT_TRUNCATE, EVENT_INSERT_OVER, EVENT_UPDATE_OVER, EVENTS };

struct trigger_event {
	const char *name;
	bool sqlite, postgresql;
	/* PostgreSQL's */
	const char *clause;		/* that names the transition tables */
	const char *old, *new;		/* they themselves */
	int type;			/* pg_trigger.tgtype */
};
extern const struct trigger_event trigger_events[EVENTS];

/* The body of a table's function on PostgreSQL; all of its triggers call it. */
const char *triggers_function(struct arena *arena, const struct watched *t, const char *schema, const char *stamp);
/* CREATE TRIGGER for SQLite. */
const char *triggers_lite(struct arena *arena, const struct watched *t, enum event event, const char *stamp);

#endif
