/* SPDX-License-Identifier: MIT
 *
 * The vocabulary in which a resource is written down: a table of fields, a
 * table of filters, a table of orders.  One resource is one file in
 * worker/resources/; the engine (plan.c, load.c, list.c, detail.c) knows none
 * of them by name.
 *
 * Rows are read with the alias `t` for the resource's own table.  A field's
 * `columns` names what it needs, separated by spaces: "msgid" is t.msgid,
 * "project_id>linkname" follows the id into the shape `of` and takes the
 * column there.
 *
 * All tables are constant; plans are compiled from them once per process.
 */
#ifndef THIMBLE_WORKER_RESOURCE_H
#define THIMBLE_WORKER_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/store.h"

struct answer;
struct field_plan;
struct given;
struct plan;
struct view;
struct write;

/* API versions, in order; a field or filter says since which it exists. */
enum version { V1_0, V1_1, V1_2, V1_3, V_LATEST };

/* One row of a result, read by a plan. */
struct row {
	const struct plan *plan;
	const struct rows *rows;
	int index;
	int offset;		/* of the plan's first column in the result */
};

/* Writes a field's value; false when the key is to be left out altogether. */
typedef bool (*put_fn)(struct answer *a, const struct field_plan *f, struct row row);

/* How OPTIONS describes a field (patchwork-api.md, 1.6). */
enum meta_type { META_FIELD, META_INTEGER, META_STRING, META_DATETIME, META_BOOLEAN, META_EMAIL, META_URL, META_SLUG, META_CHOICE, META_NESTED };

/* What a client has to send for a field (6.4). */
enum write_kind {
	WRITE_TEXT, WRITE_URL, WRITE_SLUG, WRITE_BOOL, WRITE_INTEGER, WRITE_CHOICE, WRITE_STATE, WRITE_RELATION,
	WRITE_RELATIONS, WRITE_NESTED
};

/* Of a field that clients may write (6.5 to 6.10). */
struct writable {
	enum write_kind kind;
	bool required;			/* in PUT or POST */
	bool nullable, blank;		/* null, "" are values, too */
	unsigned max_length;		/* 0: no limit */
	bool bounded;			/* then 0 to 2147483647 */
	const char *const *choices;	/* names of 0, 1, ...; NULL-terminated */
	const struct field *children;	/* of a nested object */
	const char *table;		/* of relations */
	const char *columns;		/* of t there, for `check`; '#' stands for the id of the object that is written */
	/* What is wrong with a value that is one of that kind; NULL: nothing. */
	const char *(*check)(struct write *w, const struct given *given);
};

enum { FIELD_DETAIL = 1 };		/* shown in the detail view only */

struct field {
	const char *name;		/* NULL: shows nothing, only loads `of` */
	enum version since;
	put_fn put;
	const char *columns;
	const char *url;		/* template: %d id, %p path segment, %m message id */
	const struct shape *of;		/* the object that the first column names */
	const struct many *many;	/* the objects that name this row's first column */
	const struct field *sub;	/* fields of an object made from the same row */
	uint32_t only;			/* of a sub-field: in which kinds it is shown */
	unsigned flags;
	enum meta_type type;
	const char *label;		/* for OPTIONS, where it is not made from the name */
	const char *help;
	const struct writable *write;
};

/*
 * A form in which an object is shown: on its own or inside another.  One that
 * stands inside others refers to nothing itself: what it needs of other tables
 * it joins, so that all objects of an answer come in one round trip.
 */
struct shape {
	const char *table;
	const char *joins;		/* behind "table t"; NULL: none */
	const struct field *fields;	/* ends with one without name and columns */
	const struct computed {		/* columns that are expressions */
		const char *name, *expression;
	} *computed;			/* ends with NULL; may be NULL */
	const char *key;		/* column that ids of this shape name; NULL: "id" */
	/* The rows of other tables that stand in a row: columns with their ids, for the tags. */
	const struct joined {
		const char *column, *table;
	} *joined;			/* ends with NULL; may be NULL */
	bool part;			/* rows are part of their parent, and have no tag of their own */
};

/* A list of objects that belong to a row, all parents' in one statement. */
struct many {
	const struct shape *shape;
	const char *parent;		/* expression that names the parent */
	const char *from;		/* must define t; the shape's joins follow */
	const char *order;
	const char *owner;		/* table of the parents: which children there are is part of them */
	const char *through;		/* table that links the two; NULL: none */
};

enum filter_kind {
	FILTER_REFERENCE,	/* ids or names of existing rows; repeated: any of them */
	FILTER_NUMBER,		/* one id, unchecked; empty: ignored (`actor`) */
	FILTER_CHOICE, FILTER_TEXT, FILTER_TEXT_NOCASE, FILTER_MSGID, FILTER_BOOL,
	FILTER_BEFORE, FILTER_SINCE
};

/* Where the names of a reference filter are looked up. */
struct reference {
	const char *table;
	const char *name;	/* column; NULL: ids only */
	bool dashes;		/* '-' in a name stands for a space */
};

struct filter {
	const char *name;
	enum filter_kind kind;
	const char *column;	/* expression */
	enum version since;
	const struct reference *reference;
	const char *const *choices;
	const char *reads;	/* "table.column ..." that the expression reads beside columns of t */
};

struct order {
	const char *name;
	const char *expression;
	const char *join;	/* NULL, or what the expression needs */
	bool ties;		/* many rows share a value */
	const char *reads;	/* "table.column ..." that the two read beside columns of t */
};

/* What OPTIONS says of a view. */
struct description {
	const char *name, *text;
};

enum { MAY_POST = 1, MAY_PUT = 2, MAY_PATCH = 4, MAY_DELETE = 8 };

struct resource {
	const char *model;		/* "Patch", for the 404 */
	const struct shape *shape;
	const struct filter *filters;	/* end with a NULL name; may be NULL */
	const struct order *orders;	/* likewise */
	const char *default_order;	/* an `order` value */
	const char *const *search;	/* columns of `q`, NULL-terminated; NULL: none */
	const struct resource *parent;	/* of nested routes */
	const char *parent_column;	/* "t.patch_id" */
	const char *name_column;	/* a detail may also be asked by this (projects) */
	struct description list, detail;
	unsigned list_writes, detail_writes;	/* MAY_* */
	enum version list_writes_since, detail_writes_since;
	bool list_write_open;		/* the POST has no permission of the view's own (checks) */
	bool login;			/* for people with an account only */
	/* Conditions; '@' stands for the caller's id (0: anonymous). */
	const char *visible;		/* which rows the caller may see; NULL: all */
	const char *writable;		/* which rows the caller may change */
	const char *hidden_below;	/* rows left out below version hidden_since */
	enum version hidden_since;
	bool detail_filters;		/* filters narrow the detail view too (checks) */
	/*
	 * Writes (write.h).  The functions queue what the change takes and return true, or
	 * false when they have answered the view.
	 */
	const char *locked;		/* columns of t as update and remove find them in w->object */
	bool (*gate)(struct write *w);		/* before the body is looked at as an object; may be NULL */
	void (*prepare)(struct write *w);	/* before anything is locked; may be NULL */
	bool (*create)(struct write *w);	/* sets w->id */
	bool (*update)(struct write *w);
	bool (*remove)(struct write *w);
	/* The answer to a row that a unique key refused; NULL: none of its own. */
	const char *taken_field, *taken;
	bool put_is_patch;		/* PUT needs no more than PATCH does */
};

/* For tables: the end of a list of fields. */
#define FIELDS_END { .name = NULL, .columns = NULL }

#endif
