/* SPDX-License-Identifier: MIT
 *
 * Writes (patchwork-api.md, 6 and 7).  One request is one transaction: rights,
 * the rows as they are now, the change with its side effects, and the
 * representation that is the answer.  The engine (write.c, validate.c) goes by
 * the tables of resource.h; what a change means says the resource: its
 * `create`, `update` and `remove`, which queue statements.
 *
 * Nothing of this comes from the cache or goes into it.  Lives in the
 * request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_WRITE_H
#define THIMBLE_WORKER_WRITE_H

#include "proto/body.h"
#include "proto/moment.h"
#include "worker/events.h"
#include "worker/idmap.h"
#include "worker/resource.h"
#include "worker/view.h"
#include "worker/written.h"

/* What the request gives for a field that may be written. */
struct given {
	const struct field *field;
	const struct value *raw;	/* NULL: nothing */
	/* of a value that is valid, by the field's kind */
	bool null;
	struct slice text;
	int64_t number;			/* a relation's id, a state's id, a choice's number */
	bool truth;
	int64_t *id;			/* of a list of relations, as they were given */
	size_t count;
	/* of relations: the rows that there are, the columns that the field asks for behind the id */
	struct rows *found;
	struct idmap place;		/* id -> row of found */
	struct given *child;		/* of a nested object */
	size_t children;
};

struct write {
	struct view *v;
	struct body body;
	bool create;			/* POST to a list */
	bool partial;			/* PATCH: what is not given stays as it is */
	int64_t id;			/* of the object; 0: until it is made */
	struct rows *object;		/* its columns `locked`; NULL when it is being made */
	struct rows *states;		/* id and slug of all states, in their order; NULL: nobody asked */
	struct given *given;		/* of all fields that may be written, in their order */
	size_t count;
	struct written written;
	enum store_status status;	/* of what was asked of the database last */
	struct moment now;		/* of the last event */
	/* [Q] patches that joined the object's relation, which the reference's answer does not list yet (6.5.3) */
	const int64_t *unlisted;
	size_t unlisted_count;
};

/* A POST, PUT, PATCH or DELETE that the view has: from the rights to the answer. */
enum view_result write_run(struct view *v);

/* What was given for a field; NULL: nothing. */
const struct given *write_given(const struct write *w, const char *name);
const struct given *given_child(const struct given *given, const char *name);

/* A statement of the transaction. */
struct sql *write_sql(struct write *w);
struct rows *write_query(struct write *w, struct sql *q);
/* Sends what is queued.  False: it failed, and the view is answered. */
bool write_flush(struct write *w);
/* Ends the write: {"detail": text}.  Nothing was changed.  Returns false. */
bool write_refuse(struct write *w, int status, const char *detail);
/* The same with 400 for one field: {"field": ["text"]}; or for the whole body: {"detail": ["text"]}. */
bool write_refuse_field(struct write *w, const char *field, const char *text);

/* An UPDATE that is put together: columns are added as they turn out to change. */
struct changes {
	struct write *w;
	const char *table;
	int64_t id, object, scope;	/* object: of the tag, where the row is part of another */
	struct sql *q;			/* NULL: nothing changes yet */
};

struct changes changes_of(struct write *w, const char *table, int64_t id, int64_t scope);
/* Appends "column = " to the statement that is returned; the value is the caller's to append. */
struct sql *changes_set(struct changes *c, const char *column);
/* The same with the value, if the field was given and differs from the cell. */
void changes_text(struct changes *c, const char *column, const struct given *given, struct slice was);
void changes_bool(struct changes *c, const char *column, const struct given *given, const struct rows *was, int cell);
/* Queues the UPDATE, if there is one. */
void changes_save(struct changes *c);

/* Queues the INSERT of an event. */
void write_event(struct write *w, const struct event *event);

/*
 * validate.c: fields by their kinds (6.3, 6.4).  validate_begin takes what is
 * given and queues what has to be looked up; validate_end, after the flush, checks all
 * of it.  False: the view is answered with what is wrong.
 */
bool validate_begin(struct write *w);
bool validate_end(struct write *w);

#endif
