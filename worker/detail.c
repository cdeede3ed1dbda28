/* SPDX-License-Identifier: MIT
 *
 * One object (patchwork-api.md, 1.10, section 3), and what writes need to know
 * before they may begin: whether it is there, and whether the caller may
 * change it.  Job thread.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/text.h"
#include "worker/load.h"
#include "worker/objects.h"
#include "worker/route.h"
#include "worker/tags.h"

/* The id of the object itself: the last one in the path. */
static int64_t
own_id(const struct view *v)
{
	return v->id[v->route->resource->parent != NULL ? 1 : 0];
}

struct rows *
detail_query_parent(struct view *v)
{
	const struct resource *parent = v->route->resource->parent;
	struct sql *q;

	if (parent == NULL)
		return NULL;
	tags_object(v->tags, tag_table_of(parent->shape->table), v->id[0]);
	q = view_sql(v);
	sql_addf(q, "SELECT t.id FROM %s t WHERE t.id = ", parent->shape->table);
	sql_int(q, v->id[0]);
	return view_query(v, q);
}

/*
 * A project is asked for by id or by link name; an id wins (3.4).  Checks are
 * asked for by id too, but [Q] 0 stands for the patch's only one (6.6).
 */
static void
add_lookup(const struct view *v, struct sql *q)
{
	const struct resource *r = v->route->resource;
	int64_t id;

	if (r->name_column != NULL) {
		if (text_integer(v->name[0], &id) != 1)
			id = -1;
		sql_add(q, "(t.id = ");
		sql_int(q, id);
		sql_addf(q, " OR %s = ", r->name_column);
		sql_string(q, v->name[0]);
		sql_add(q, ")");
		return;
	}
	if (r->detail_filters && own_id(v) == 0) {
		sql_add(q, "true");
		return;
	}
	sql_add(q, "t.id = ");
	sql_int(q, own_id(v));
}

/*
 * What decides which object add_lookup finds, if any.  Names are unique: a
 * name that was found stays that object's until its row changes; so it is the
 * caller who adds what decides of one that is not there.
 */
static void
collect_lookup(struct view *v, const struct filters *filters)
{
	const struct resource *r = v->route->resource;
	const struct tag_table *table = tag_table_of(r->shape->table);
	struct tag_scope scope = { .table = table, .id = { v->id[0] }, .count = 1 };
	int64_t id;

	if (r->name_column != NULL) {
		if (text_integer(v->name[0], &id) == 1)
			tags_object(v->tags, table, id);
		return;
	}
	if (r->detail_filters && own_id(v) == 0) {
		tags_scope(v->tags, &scope);
		if (filters != NULL)
			filters_collect(filters, v->tags, &scope);
		return;
	}
	tags_object(v->tags, table, own_id(v));
}

/* The name that no row has. */
static void
collect_missing(struct view *v)
{
	const struct resource *r = v->route->resource;
	struct tag_scope all = { .table = tag_table_of(r->shape->table) };

	if (r->name_column == NULL)
		return;
	tags_scope(v->tags, &all);
	tags_reads(v->tags, &all, r->name_column);
}

static void
add_lookup_order(const struct view *v, struct sql *q)
{
	int64_t id;

	if (v->route->resource->name_column == NULL || text_integer(v->name[0], &id) != 1)
		return;
	sql_add(q, " ORDER BY (CASE WHEN t.id = ");
	sql_int(q, id);
	sql_add(q, " THEN 0 ELSE 1 END)");
}

static void
add_scope(const struct view *v, struct sql *q)
{
	const struct resource *r = v->route->resource;

	if (r->visible != NULL) {
		sql_add(q, " AND ");
		view_add_condition(v, q, r->visible);
	}
	if (r->parent != NULL) {
		sql_addf(q, " AND %s = ", r->parent_column);
		sql_int(q, v->id[0]);
	}
}

struct rows *
detail_query_object(struct view *v)
{
	struct sql *q = view_sql(v);

	collect_lookup(v, NULL);
	sql_addf(q, "SELECT t.id FROM %s t WHERE ", v->route->resource->shape->table);
	add_lookup(v, q);
	add_scope(v, q);
	add_lookup_order(v, q);
	sql_add(q, " LIMIT 1");
	return view_query(v, q);
}

struct rows *
detail_query_writable(struct view *v)
{
	const struct resource *r = v->route->resource;
	bool create = v->route->kind == ROUTE_LIST && r->parent != NULL;
	struct sql *q;

	/* creating below a parent is for those who may change the parent */
	if (create)
		r = r->parent;
	q = view_sql(v);
	sql_addf(q, "SELECT t.id FROM %s t WHERE ", r->shape->table);
	if (create) {
		sql_add(q, "t.id = ");
		sql_int(q, v->id[0]);
	} else {
		add_lookup(v, q);
		add_scope(v, q);
	}
	sql_add(q, " AND ");
	view_add_condition(v, q, r->writable);
	return view_query(v, q);
}

static struct rows *
query_object(struct view *v, const struct plan *plan, const struct filters *filters)
{
	struct sql *q = view_sql(v);

	collect_lookup(v, filters);
	sql_addf(q, "SELECT %s FROM %s WHERE ", plan->select, plan->from);
	add_lookup(v, q);
	add_scope(v, q);
	if (filters != NULL)
		filters_add(filters, q);
	add_lookup_order(v, q);
	sql_add(q, " LIMIT 2");
	return view_query(v, q);
}

/* A name may be a project's id and another's link name: two rows, the first counts. */
static bool
is_found(const struct view *v, const struct rows *rows)
{
	return rows->count == 1 || (rows->count > 1 && v->route->resource->name_column != NULL);
}

static enum view_result
render(struct view *v, const struct plan *plan, struct rows *rows)
{
	struct answer *a = &v->answer;
	struct load *load = load_new(v->request->arena, v->service->catalog, v->tags, objects_new(v));
	const char *error;
	enum store_status status;

	rows->count = 1;
	status = load_rows(load, v->snapshot, plan, rows, a->version, &error);
	if (status != STORE_OK) {
		view_store_failed(v, status, error);
		return VIEW_STORE;
	}
	a->load = load;
	view_begin_json(v);
	answer_object(a, (struct row){ plan, rows, 0, 0 });
	view_respond(v, 200);
	return VIEW_ANSWERED;
}

enum view_result
detail_run(struct view *v)
{
	const struct resource *r = v->route->resource;
	const struct plan *plan = catalog_plan(v->service->catalog, r->shape, true);
	struct filters *filters = NULL;
	struct rows *parent, *rows;

	if (filters_refuse_nul(v))
		return VIEW_ANSWERED;
	if (r->detail_filters && filters_read(v, &filters) != VIEW_GO_ON)
		return VIEW_STORE;
	parent = detail_query_parent(v);
	rows = query_object(v, plan, filters);
	if (!view_flush(v))
		return VIEW_STORE;
	if (parent != NULL && parent->count == 0) {
		view_respond_not_found(v, r->parent->model);
		return VIEW_ANSWERED;
	}
	if (!is_found(v, rows))
		collect_missing(v);
	if (!is_found(v, rows) || (filters != NULL && filters_match_nothing(filters))) {
		view_respond_not_found(v, r->model);
		return VIEW_ANSWERED;
	}
	return render(v, plan, rows);
}
