/* SPDX-License-Identifier: MIT
 *
 * See plan.h.  A mistake in a table is a defect of ours, found at the first
 * start: fatal.
 */
#include "config.h"

#include "worker/plan.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/tags.h"

struct catalog *
catalog_new(enum dialect dialect)
{
	struct catalog *catalog = xcalloc(1, sizeof(*catalog));

	catalog->dialect = dialect;
	return catalog;
}

static void
free_fields(struct field_plan *fields, int count)
{
	for (int i = 0; i < count; i++)
		free_fields(fields[i].sub, fields[i].sub_count);
	free(fields);
}

void
catalog_free(struct catalog **catalog)
{
	struct catalog *c = *catalog;

	if (c == NULL)
		return;
	*catalog = NULL;
	for (int i = 0; i < c->plan_count; i++) {
		struct plan *plan = c->plans[i];

		for (int n = 0; n < plan->column_count; n++)
			free(plan->expression[n]);
		free_fields(plan->fields, plan->field_count);
		for (int n = 0; n < plan->epoch_count; n++)
			free(plan->epoch[n]);
		free(plan->select);
		free(plan->from);
		free(plan->by_key);
		free(plan);
	}
	for (int i = 0; i < c->many_count; i++)
		free(c->many_by_parent[i]);
	free(c);
}

/* The SQL of a column: an expression of the shape's own, or t.NAME. */
static char *
column_expression(const struct shape *shape, struct slice name)
{
	for (const struct computed *c = shape->computed; c != NULL && c->name != NULL; c++)
		if (slice_is(name, c->name))
			return xstrdup(c->expression);
	return xasprintf("t.%.*s", SLICE_ARG(name));
}

static int
plan_column(struct plan *plan, struct slice name)
{
	char *expression = column_expression(plan->shape, name);

	for (int i = 0; i < plan->column_count; i++) {
		if (strcmp(plan->expression[i], expression) == 0) {
			free(expression);
			return i;
		}
	}
	if (plan->column_count == PLAN_COLUMNS_MAX)
		log_fatalx("table %s: too many columns", plan->shape->table);
	plan->expression[plan->column_count] = expression;
	return plan->column_count++;
}

static const struct tag_table *
tag_table(const char *name)
{
	const struct tag_table *found = name != NULL ? tag_table_of(name) : NULL;

	if (found == NULL)
		log_fatalx("table %s has no tags", name != NULL ? name : "(none)");
	return found;
}

static int
catalog_many(struct catalog *catalog, const struct many *many)
{
	for (int i = 0; i < catalog->many_count; i++)
		if (catalog->manys[i] == many)
			return i;
	if (catalog->many_count == CATALOG_MANYS_MAX)
		log_fatalx("too many lists in the catalog");
	catalog->manys[catalog->many_count] = many;
	catalog->many_owner[catalog->many_count] = tag_table(many->owner);
	catalog->many_through[catalog->many_count] = many->through != NULL ? tag_table(many->through) : NULL;
	return catalog->many_count++;
}

static void
compile_columns(struct catalog *catalog, struct plan *plan, struct field_plan *f)
{
	struct slice rest = slice_str(f->field->columns), name;

	while (slice_cut(&rest, ' ', &name)) {
		ptrdiff_t arrow = slice_index(name, '>');
		int foreign = -1;

		if (f->column_count == FIELD_COLUMNS_MAX)
			log_fatalx("table %s, field %s: too many columns", plan->shape->table, f->field->name);
		if (arrow >= 0) {
			/* the foreign plan is not constant yet for us, its compiler */
			foreign = plan_column(catalog->plans[f->of->index], slice_from(name, (size_t)arrow + 1));
			name.n = (size_t)arrow;
		}
		f->column[f->column_count].own = plan_column(plan, name);
		f->column[f->column_count].foreign = foreign;
		f->column_count++;
	}
}

/* The plan of a shape that stands inside others. */
static const struct plan *
embedded_plan(struct catalog *catalog, const struct shape *shape)
{
	const struct plan *plan = catalog_plan(catalog, shape, false);

	for (int i = 0; i < plan->field_count; i++)
		if (plan->fields[i].of != NULL || plan->fields[i].many >= 0)
			log_fatalx("table %s: an embedded object refers to others", shape->table);
	return plan;
}

static int compile_fields(struct catalog *catalog, struct plan *plan, const struct field *fields,
    struct field_plan **compiled_r);

static void
compile_field(struct catalog *catalog, struct plan *plan, const struct field *field, struct field_plan *f)
{
	*f = (struct field_plan){ .field = field, .many = -1 };
	if (field->of != NULL)
		f->of = embedded_plan(catalog, field->of);
	if (field->many != NULL) {
		f->many_plan = embedded_plan(catalog, field->many->shape);
		f->many = catalog_many(catalog, field->many);
	}
	if (field->columns != NULL)
		compile_columns(catalog, plan, f);
	if (field->sub != NULL)
		f->sub_count = compile_fields(catalog, plan, field->sub, &f->sub);
}

static int
compile_fields(struct catalog *catalog, struct plan *plan, const struct field *fields,
    struct field_plan **compiled_r)
{
	struct field_plan *compiled = xcalloc(PLAN_FIELDS_MAX, sizeof(*compiled));
	int count = 0;

	for (const struct field *field = fields; field->name != NULL || field->columns != NULL; field++) {
		if ((field->flags & FIELD_DETAIL) && !plan->detail)
			continue;
		if (count == PLAN_FIELDS_MAX)
			log_fatalx("table %s: too many fields", plan->shape->table);
		compile_field(catalog, plan, field, &compiled[count++]);
	}
	*compiled_r = compiled;
	return count;
}

static void
compile_joined(struct plan *plan)
{
	for (const struct joined *j = plan->shape->joined; j != NULL && j->column != NULL; j++) {
		if (plan->joined_count == PLAN_JOINED_MAX)
			log_fatalx("table %s: too many joined tables", plan->shape->table);
		plan->joined[plan->joined_count].column = plan_column(plan, slice_str(j->column));
		plan->joined[plan->joined_count++].tags = tag_table(j->table);
	}
}

static void
compile_epochs(struct plan *plan)
{
	plan->epoch[plan->epoch_count++] = xasprintf("%s.*", plan->tags->collection);
	for (int i = 0; i < plan->joined_count; i++) {
		plan->epoch[plan->epoch_count++] = xasprintf("%s.*", plan->joined[i].tags->collection);
		plan->epoch[plan->epoch_count++] = xasprintf("%s:*", plan->joined[i].tags->object);
	}
}

/* Rows that are kept are found again by this, by whoever asks for the same columns of the same tables. */
static void
identify(struct plan *plan, enum dialect dialect)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *text = xasprintf("%d %s", (int)dialect, plan->by_key);

	if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
		log_fatalx("no digest can be made of a statement");
	memcpy(plan->identity, digest, PLAN_IDENTITY);
	free(text);
}

/*
 * The statements that fetch a plan's objects.  Made anew for all plans when
 * one was added: it may have added columns to others, which it refers to.
 */
static void
write_statements(struct catalog *catalog)
{
	for (int i = 0; i < catalog->plan_count; i++) {
		struct plan *plan = catalog->plans[i];
		struct buf text = { 0 };

		for (int n = 0; n < plan->column_count; n++) {
			buf_str(&text, n > 0 ? ", " : "");
			buf_str(&text, plan->expression[n]);
		}
		buf_byte(&text, '\0');
		free(plan->select);
		free(plan->by_key);
		plan->select = text.data;
		plan->by_key = xasprintf("SELECT %s FROM %s WHERE %s ", plan->select, plan->from,
		    plan->expression[plan->key]);
		identify(plan, catalog->dialect);
	}
	for (int i = 0; i < catalog->many_count; i++) {
		const struct many *many = catalog->manys[i];
		const struct shape *shape = many->shape;

		free(catalog->many_by_parent[i]);
		catalog->many_by_parent[i] = xasprintf("SELECT %s, %s FROM %s %s WHERE %s ", many->parent,
		    catalog_plan(catalog, shape, false)->select, many->from, shape->joins != NULL ? shape->joins : "",
		    many->parent);
	}
}

const struct plan *
catalog_plan(struct catalog *catalog, const struct shape *shape, bool detail)
{
	struct plan *plan;

	for (int i = 0; i < catalog->plan_count; i++)
		if (catalog->plans[i]->shape == shape && catalog->plans[i]->detail == detail)
			return catalog->plans[i];
	if (catalog->plan_count == CATALOG_PLANS_MAX)
		log_fatalx("too many plans in the catalog");
	plan = xcalloc(1, sizeof(*plan));
	plan->shape = shape;
	plan->detail = detail;
	plan->index = catalog->plan_count;
	catalog->plans[catalog->plan_count++] = plan;
	plan->key = plan_column(plan, slice_str(shape->key != NULL ? shape->key : "id"));
	plan->from = xasprintf("%s t%s%s", shape->table, shape->joins != NULL ? " " : "",
	    shape->joins != NULL ? shape->joins : "");
	plan->field_count = compile_fields(catalog, plan, shape->fields, &plan->fields);
	compile_joined(plan);
	if (plan->column_count > 1) {	/* the index has no table */
		plan->tags = tag_table(shape->table);
		compile_epochs(plan);
	}
	write_statements(catalog);
	return plan;
}

static void
collect_row(const struct plan *plan, struct tags *tags, const struct rows *rows, int row, int offset)
{
	if (!plan->shape->part)
		tags_object(tags, plan->tags, rows_int(rows, row, offset + plan->key));
	for (int i = 0; i < plan->joined_count; i++)
		if (!rows_null(rows, row, offset + plan->joined[i].column))
			tags_object(tags, plan->joined[i].tags, rows_int(rows, row, offset + plan->joined[i].column));
}

void
plan_collect(const struct plan *plan, struct tags *tags, const struct rows *rows, int offset)
{
	if (tags == NULL)
		return;
	tags_table(tags, plan->tags);
	for (int i = 0; i < plan->joined_count; i++)
		tags_table(tags, plan->joined[i].tags);
	for (int row = 0; row < rows->count; row++)
		collect_row(plan, tags, rows, row, offset);
}
