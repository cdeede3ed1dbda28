/* SPDX-License-Identifier: MIT
 *
 * Plans: what the tables of a shape mean in terms of columns of a statement.
 * Compiled once when a worker starts, constant afterwards; read by all job
 * threads.
 */
#ifndef THIMBLE_WORKER_PLAN_H
#define THIMBLE_WORKER_PLAN_H

#include "worker/resource.h"

enum { PLAN_COLUMNS_MAX = 40, PLAN_FIELDS_MAX = 40, FIELD_COLUMNS_MAX = 4, CATALOG_PLANS_MAX = 48, CATALOG_MANYS_MAX = 16 };

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
	struct field_plan *fields;
	int field_count;
};

struct catalog {
	enum dialect dialect;
	struct plan *plans[CATALOG_PLANS_MAX];
	int plan_count;
	const struct many *manys[CATALOG_MANYS_MAX];
	char *many_by_parent[CATALOG_MANYS_MAX];	/* its statement, up to the parents' ids */
	int many_count;
};

/* A catalog of all plans that the resource needs is built up by asking for them. */
struct catalog *catalog_new(enum dialect dialect);
void catalog_free(struct catalog **catalog);

/* The plan of a shape; compiled, with what it refers to, when asked for the first time. */
const struct plan *catalog_plan(struct catalog *catalog, const struct shape *shape, bool detail);

/* Cell of the row for the n-th column of a field, without following. */
static inline struct slice
row_own(struct row row, const struct field_plan *f, int n)
{
	return rows_get(row.rows, row.index, row.offset + f->column[n].own);
}

#endif
