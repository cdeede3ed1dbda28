/* SPDX-License-Identifier: MIT
 *
 * Plans: what the tables of a shape mean in terms of columns of a statement.
 * Compiled once when a worker starts, constant afterwards; read by all job
 * threads.
 */
#ifndef THIMBLE_WORKER_PLAN_H
#define THIMBLE_WORKER_PLAN_H

#include "worker/resource.h"

enum {
	PLAN_COLUMNS_MAX = 40, PLAN_FIELDS_MAX = 40, PLAN_JOINED_MAX = 4, FIELD_COLUMNS_MAX = 4, CATALOG_PLANS_MAX = 48,
	CATALOG_MANYS_MAX = 16, PLAN_IDENTITY = 16, PLAN_EPOCHS_MAX = 1 + 2 * PLAN_JOINED_MAX
};

struct tag_table;
struct tags;

struct field_plan {
	const struct field *field;
	int column_count;
	struct {
		int own;		/* in this plan */
		int foreign;		/* in `of`, -1: none */
	} column[FIELD_COLUMNS_MAX];
	const struct plan *of;		/* of field->of; refers to nothing */
	const struct plan *many_plan;	/* of field->many->shape */
	int many;			/* index of field->many in the catalog, -1: none */
	struct field_plan *sub;		/* of field->sub */
	int sub_count;
};

struct plan {
	const struct shape *shape;
	bool detail;
	int index;			/* in the catalog */
	int key;			/* index of the shape's key column */
	int column_count;
	char *expression[PLAN_COLUMNS_MAX];
	char *select;			/* the expressions, with commas */
	char *from;			/* "TABLE t JOINS" */
	char *by_key;			/* the statement for a set of ids, up to these */
	unsigned char identity[PLAN_IDENTITY];	/* a digest of by_key and its dialect: what its rows are like */
	struct field_plan *fields;
	int field_count;
	const struct tag_table *tags;	/* of the shape's table; NULL: there is none */
	struct {
		int column;
		const struct tag_table *tags;
	} joined[PLAN_JOINED_MAX];	/* of the shape's `joined` */
	int joined_count;
	/*
	 * The tags of plan_collect but the object's own, as epochs (cache/tier.h): "patches.*",
	 * "projects.*" and, for any project, "project:*".
	 */
	char *epoch[PLAN_EPOCHS_MAX];
	int epoch_count;
};

struct catalog {
	enum dialect dialect;
	struct plan *plans[CATALOG_PLANS_MAX];
	int plan_count;
	const struct many *manys[CATALOG_MANYS_MAX];
	char *many_by_parent[CATALOG_MANYS_MAX];	/* its statement, up to the parents' ids */
	const struct tag_table *many_owner[CATALOG_MANYS_MAX], *many_through[CATALOG_MANYS_MAX];
	int many_count;
};

/* A catalog of all plans that the resource needs is built up by asking for them. */
struct catalog *catalog_new(enum dialect dialect);
void catalog_free(struct catalog **catalog);

/* The plan of a shape; compiled, with what it refers to, when asked for the first time. */
const struct plan *catalog_plan(struct catalog *catalog, const struct shape *shape, bool detail);

/*
 * The tags of what a plan's statement read: its tables, and each row, that is
 * the object and what was joined to it.  `offset` is of the plan's first
 * column in the result.
 */
void plan_collect(const struct plan *plan, struct tags *tags, const struct rows *rows, int offset);

/* Cell of the row for the n-th column of a field, without following. */
static inline struct slice
row_own(struct row row, const struct field_plan *f, int n)
{
	return rows_get(row.rows, row.index, row.offset + f->column[n].own);
}

#endif
