/* SPDX-License-Identifier: MIT
 *
 * A page of a list (patchwork-api.md, section 4): filters, search, order, page,
 * Link.  Costs a fixed number of statements whatever its length.
 *
 * Counting and the page go out in one round trip when the page is near the
 * front.  Farther in, the count comes first: then a page behind the middle is
 * read from the end, in the opposite order, and only ids are skipped over,
 * from an index where there is one.
 *
 * Rows that tie come as the database gives them, as in the reference, where a
 * single page holds them all; where there are several, the id breaks the ties,
 * so that no row is lost between two pages.  Job thread.
 */
#include "config.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/text.h"
#include "worker/load.h"
#include "worker/objects.h"
#include "worker/route.h"
#include "worker/tags.h"

enum {
	ORDERS_MAX = 8,
	/* Rows that may be skipped without knowing the count; a few pages. */
	NEAR_OFFSET = 1000,
	/* Search terms; each is a scan's work for every column of every row. */
	TERMS_MAX = 32
};

struct ordering {
	const struct order *order;
	bool descending;
};

struct list {
	struct view *v;
	const struct resource *resource;
	const struct plan *plan;
	struct filters *filters;
	struct text_terms terms;
	struct ordering orders[ORDERS_MAX];
	size_t order_count;
	bool repeats;		/* the order's join repeats rows (order=check) */
	bool ties;		/* many rows may tie, and nothing breaks the ties yet */
	int64_t per_page;
	int64_t page;		/* 0: the last one */
	bool page_valid;
	int64_t count;
	struct rows *parent, *counted, *rows;
};

/* page and per_page (4.1). */
static void
read_page(struct list *l)
{
	const struct settings *settings = l->v->service->settings;
	struct slice page = uri_query_last(&l->v->query, "page");
	struct slice per_page = uri_query_last(&l->v->query, "per_page");
	int64_t number;
	int kind;

	l->per_page = settings->api.page_size;
	kind = per_page.n > 0 ? text_integer(per_page, &number) : 0;
	if (kind == 1 && number >= 1)
		l->per_page = number < settings->api.max_page_size ? number : settings->api.max_page_size;
	else if (kind < 0 && memchr(per_page.p, '-', per_page.n) == NULL)
		l->per_page = settings->api.max_page_size;
	l->page_valid = true;
	l->page = 1;
	if (page.n == 0)
		return;
	if (slice_is(page, "last"))
		l->page = 0;
	else if (text_integer(page, &number) == 1 && number >= 1)
		l->page = number;
	else
		l->page_valid = false;
}

static void
read_order_value(struct list *l, struct slice value)
{
	struct slice name;

	while (l->order_count < ORDERS_MAX && slice_cut(&value, ',', &name)) {
		bool descending;

		name = text_strip(name);
		descending = name.n > 0 && name.p[0] == '-';
		if (descending)
			name = slice_from(name, 1);
		for (const struct order *o = l->resource->orders; o != NULL && o->name != NULL; o++)
			if (slice_is(name, o->name))
				l->orders[l->order_count++] = (struct ordering){ o, descending };
	}
}

static void
read_order(struct list *l)
{
	struct slice value = uri_query_last(&l->v->query, "order");

	if (value.p != NULL)
		read_order_value(l, value);
	if (l->order_count == 0)
		read_order_value(l, slice_str(l->resource->default_order));
	l->ties = true;
	for (size_t i = 0; i < l->order_count; i++) {
		l->repeats |= strcmp(l->orders[i].order->expression, "oc.id") == 0;
		l->ties &= l->orders[i].order->ties;
	}
}

/* The conditions, all on t: they need no join. */
static void
add_where(const struct list *l, struct sql *q)
{
	const struct view *v = l->v;
	const struct resource *r = l->resource;

	sql_add(q, " WHERE true");
	if (r->visible != NULL) {
		sql_add(q, " AND ");
		view_add_condition(v, q, r->visible);
	}
	if (r->hidden_below != NULL && v->answer.version < r->hidden_since)
		sql_addf(q, " AND %s", r->hidden_below);
	if (r->parent != NULL) {
		sql_addf(q, " AND %s = ", r->parent_column);
		sql_int(q, v->id[0]);
	}
	filters_add(l->filters, q);
	for (size_t i = 0; r->search != NULL && i < l->terms.count; i++) {
		for (const char *const *column = r->search; *column != NULL; column++) {
			sql_add(q, column == r->search ? " AND (" : " OR ");
			sql_contains_nocase(q, *column, l->terms.term[i]);
		}
		sql_add(q, ")");
	}
}

/* Joins of the order; each once. */
static void
add_joins(const struct list *l, struct sql *q)
{
	for (size_t i = 0; i < l->order_count; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= l->orders[k].order == l->orders[i].order;
		if (!seen && l->orders[i].order->join != NULL)
			sql_addf(q, " %s", l->orders[i].order->join);
	}
}

static void
add_order(const struct list *l, struct sql *q, bool backwards)
{
	bool by_id = false, descending = false;

	sql_add(q, " ORDER BY ");
	for (size_t i = 0; i < l->order_count; i++) {
		const struct ordering *o = &l->orders[i];

		descending = o->descending != backwards;
		sql_addf(q, "%s%s%s", i > 0 ? ", " : "", o->order->expression, descending ? " DESC" : "");
		by_id |= strcmp(o->order->expression, "t.id") == 0;
	}
	if (!by_id && !l->ties)
		sql_add(q, descending ? ", t.id DESC" : ", t.id");	/* as an index on both has it */
}

static void
query_count(struct list *l)
{
	struct sql *q = view_sql(l->v);

	sql_addf(q, "SELECT count(*) FROM %s t", l->plan->shape->table);
	add_where(l, q);
	l->counted = view_query(l->v, q);
}

static void
add_limit(struct sql *q, int64_t limit, int64_t offset)
{
	sql_add(q, " LIMIT ");
	sql_int(q, limit);
	if (offset > 0) {
		sql_add(q, " OFFSET ");
		sql_int(q, offset);
	}
}

/* Queues the statement for rows [offset, offset + limit) of the order, or of its reverse. */
static void
query_rows(struct list *l, int64_t limit, int64_t offset, bool backwards)
{
	struct sql *q = view_sql(l->v);

	sql_addf(q, "SELECT %s FROM %s", l->plan->select, l->plan->from);
	add_joins(l, q);
	if (offset > NEAR_OFFSET && !l->repeats) {
		/* skip over ids, not over rows */
		sql_addf(q, " WHERE t.id IN (SELECT t.id FROM %s t", l->plan->shape->table);
		add_joins(l, q);
		add_where(l, q);
		add_order(l, q, backwards);
		add_limit(q, limit, offset);
		sql_add(q, ")");
		add_order(l, q, backwards);
	} else {
		add_where(l, q);
		add_order(l, q, backwards);
		add_limit(q, limit, offset);
	}
	l->rows = view_query(l->v, q);
}

static void
reverse_rows(struct rows *rows)
{
	size_t columns = (size_t)rows->columns;

	for (int i = 0, k = rows->count - 1; i < k; i++, k--) {
		for (size_t c = 0; c < columns; c++) {
			struct slice *a = &rows->cells[(size_t)i * columns + c], *b = &rows->cells[(size_t)k * columns + c];
			struct slice swap = *a;

			*a = *b;
			*b = swap;
		}
	}
}

static int64_t
page_count(const struct list *l)
{
	return l->count == 0 ? 1 : (l->count + l->per_page - 1) / l->per_page;
}

/* What the count and the page depend on, whatever rows they give. */
static void
collect_tags(struct list *l)
{
	struct view *v = l->v;
	const struct resource *r = l->resource;
	struct tag_scope scope = { .table = l->plan->tags };

	if (r->parent != NULL) {
		scope.id[0] = v->id[0];
		scope.count = 1;
	}
	filters_collect(l->filters, v->tags, &scope);
	tags_scope(v->tags, &scope);
	tags_reads(v->tags, &scope, r->visible);
	if (v->answer.version < r->hidden_since)
		tags_reads(v->tags, &scope, r->hidden_below);
	for (size_t i = 0; i < l->order_count; i++) {
		const struct order *o = l->orders[i].order;

		tags_reads(v->tags, &scope, o->expression);
		tags_reads(v->tags, &scope, o->join);
		tags_reads(v->tags, &scope, o->reads);
	}
	for (size_t i = 0; r->search != NULL && l->terms.count > 0 && r->search[i] != NULL; i++)
		tags_reads(v->tags, &scope, r->search[i]);
}

/* The page once the count is known: from whichever end is nearer, in a total order. */
static bool
fetch_far_page(struct list *l)
{
	int64_t offset = (l->page - 1) * l->per_page;
	int64_t limit = l->count - offset < l->per_page ? l->count - offset : l->per_page;
	bool backwards = offset > l->count / 2 && !l->repeats;

	query_rows(l, limit, backwards ? l->count - offset - limit : offset, backwards);
	if (!view_flush(l->v))
		return false;
	if (backwards)
		reverse_rows(l->rows);
	return true;
}

/*
 * Fetches count and rows.  VIEW_ANSWERED when the page or the parent is not
 * there.
 */
static enum view_result
fetch(struct list *l)
{
	struct view *v = l->v;
	bool empty = filters_match_nothing(l->filters);
	bool near = l->page_valid && l->page > 0 && l->page - 1 <= NEAR_OFFSET / l->per_page;

	l->ties &= near && l->page == 1;
	l->parent = detail_query_parent(v);
	if (!empty) {
		collect_tags(l);
		query_count(l);
	}
	if (!empty && near)
		query_rows(l, l->per_page, (l->page - 1) * l->per_page, false);
	if (!view_flush(v))
		return VIEW_STORE;
	if (l->parent != NULL && l->parent->count == 0) {
		view_respond_not_found(v, l->resource->parent->model);
		return VIEW_ANSWERED;
	}
	l->count = empty ? 0 : rows_int(l->counted, 0, 0);
	if (l->page == 0)
		l->page = page_count(l);
	if (!l->page_valid || l->page > page_count(l)) {
		view_respond_detail(v, 404, "Invalid page.");
		return VIEW_ANSWERED;
	}
	near &= !(l->ties && l->count > l->per_page);	/* there are other pages: ask again */
	l->ties = false;
	if (l->count > 0 && !near && !fetch_far_page(l))
		return VIEW_STORE;
	/* [Q] a repeated sequence is cut off after as many rows as there are (4.2) */
	if (l->rows != NULL && l->rows->count > l->count - (l->page - 1) * l->per_page)
		l->rows->count = (int)(l->count - (l->page - 1) * l->per_page);
	return VIEW_GO_ON;
}

static void
put_link(struct list *l, const char *rel, int64_t page, const char *separator)
{
	struct view *v = l->v;

	buf_str(&v->link, separator);
	buf_byte(&v->link, '<');
	buf_slice(&v->link, v->answer.base);
	uri_encode_path(&v->link, v->path);
	uri_query_with_page(&v->link, &v->query, (uint64_t)page);
	buf_printf(&v->link, ">; rel=\"%s\"", rel);
}

/* next, prev, first, last, in this order (4.1). */
static void
make_links(struct list *l)
{
	int64_t pages = page_count(l);
	bool next = l->page < pages, prev = l->page > 1;

	if (next)
		put_link(l, "next", l->page + 1, "");
	if (prev)	/* the first page needs no parameter */
		put_link(l, "prev", l->page == 2 ? 0 : l->page - 1, next ? ", " : "");
	put_link(l, "first", 1, next || prev ? ", " : "");
	put_link(l, "last", pages, ", ");
}

static enum view_result
render(struct list *l)
{
	struct view *v = l->v;
	struct answer *a = &v->answer;
	struct load *load = load_new(v->request->arena, v->service->catalog, v->tags, objects_new(v));
	const char *error;

	if (l->rows != NULL && l->rows->count > 0) {
		enum store_status status = load_rows(load, v->snapshot, l->plan, l->rows, a->version, &error);

		if (status != STORE_OK) {
			view_store_failed(v, status, error);
			return VIEW_STORE;
		}
	}
	a->load = load;
	view_begin_json(v);
	json_open(&a->json, '[');
	for (int i = 0; l->rows != NULL && i < l->rows->count; i++)
		answer_object(a, (struct row){ l->plan, l->rows, i, 0 });
	json_close(&a->json, ']');
	make_links(l);
	view_respond(v, 200);
	return VIEW_ANSWERED;
}

enum view_result
list_run(struct view *v)
{
	struct list *l = arena_zalloc(v->request->arena, sizeof(*l));
	struct slice search = uri_query_last(&v->query, "q");
	enum view_result result;

	l->v = v;
	l->resource = v->route->resource;
	l->plan = catalog_plan(v->service->catalog, l->resource->shape, false);
	if (filters_refuse_nul(v))
		return VIEW_ANSWERED;
	read_page(l);
	read_order(l);
	if (search.n > 0 && l->resource->search != NULL)
		text_search_terms(v->request->arena, search, &l->terms);
	if (l->terms.count > TERMS_MAX) {
		view_respond_detail(v, 400, "The search has too many terms.");
		return VIEW_ANSWERED;
	}
	result = filters_read(v, &l->filters);
	if (result == VIEW_GO_ON)
		result = fetch(l);
	return result == VIEW_GO_ON ? render(l) : result;
}
