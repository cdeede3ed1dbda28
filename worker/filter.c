/* SPDX-License-Identifier: MIT
 *
 * Query filters (patchwork-api.md, 4.4 to 4.6).  Any invalid value, and any
 * name or id that no row has, makes the result empty.  Values that name rows
 * are looked up first, all of a filter in at most two statements, all filters
 * in one round trip.  Job thread.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/moment.h"
#include "proto/text.h"
#include "worker/route.h"
#include "worker/tags.h"

enum { FILTERS_MAX = 16 };

/* A filter that the query uses. */
struct used {
	const struct filter *filter;
	int64_t *ids;			/* of a reference: the rows that the values name */
	size_t id_count, id_capacity;
	struct slice *names;		/* values still to be looked up */
	size_t name_count;
	struct rows *found_ids, *found_names;
	struct slice text;
	struct moment moment;
	bool flag;
};

struct filters {
	struct arena *arena;
	struct used used[FILTERS_MAX];
	size_t count;
	bool nothing;			/* a value is invalid: nothing matches */
};

static void
add_id(struct arena *arena, struct used *u, int64_t id)
{
	for (size_t i = 0; i < u->id_count; i++)
		if (u->ids[i] == id)
			return;
	if (u->id_count == u->id_capacity) {
		size_t capacity = u->id_capacity ? u->id_capacity * 2 : 8;
		int64_t *grown = arena_alloc(arena, capacity * sizeof(*grown));

		if (u->id_count > 0)
			memcpy(grown, u->ids, u->id_count * sizeof(*grown));
		u->ids = grown;
		u->id_capacity = capacity;
	}
	u->ids[u->id_count++] = id;
}

static struct slice
dashes_to_spaces(struct arena *arena, struct slice s)
{
	char *copy = arena_memdup(arena, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		if (copy[i] == '-')
			copy[i] = ' ';
	return slice_make(copy, s.n);
}

/* One value of a reference filter: an id, or a name to be looked up.  False: invalid. */
static bool
read_reference(struct view *v, struct used *u, struct slice value)
{
	struct arena *arena = v->request->arena;
	const struct reference *reference = u->filter->reference;
	int64_t id;

	switch (text_integer(value, &id)) {
	case 1:
		add_id(arena, u, id);
		return true;
	case 0:
		if (reference->name == NULL || value.n == 0 || memchr(value.p, '\0', value.n) != NULL)
			return false;
		if (u->names == NULL)
			u->names = arena_alloc(arena, (v->query.count + 1) * sizeof(*u->names));
		u->names[u->name_count++] = reference->dashes ? dashes_to_spaces(arena, value) : value;
		return true;
	default:
		return false;	/* beyond 64 bits */
	}
}

static bool
is_choice(struct slice value, const char *const *choices)
{
	for (; *choices != NULL; choices++)
		if (slice_is(value, *choices))
			return true;
	return false;
}

/* 1: the value filters; 0: it is ignored; -1: it is invalid. */
static int
read_single(struct arena *arena, struct used *u, struct slice value)
{
	int64_t id;

	if (value.n == 0)
		return 0;
	switch (u->filter->kind) {
	case FILTER_NUMBER:
		if (text_integer(value, &id) != 1)
			return -1;
		add_id(arena, u, id);
		return 1;
	case FILTER_CHOICE:
		u->text = value;
		return is_choice(value, u->filter->choices) ? 1 : -1;
	case FILTER_BOOL:
		u->flag = slice_eq_nocase(value, SLICE("true")) || slice_is(value, "1");
		return u->flag || slice_eq_nocase(value, SLICE("false")) || slice_is(value, "0") ? 1 : 0;
	case FILTER_BEFORE:
	case FILTER_SINCE:
		value = text_strip(value);
		if (value.n == 0)
			return 0;
		return moment_parse_query(value, &u->moment) == 0 ? 1 : -1;
	default:
		u->text = text_strip(value);
		if (memchr(value.p, '\0', value.n) != NULL)
			return -1;
		return u->text.n > 0 ? 1 : 0;
	}
}

static void
read_filter(struct view *v, struct filters *filters, const struct filter *filter)
{
	struct used *u = &filters->used[filters->count];
	size_t at = 0;
	struct slice value;
	int kept;

	*u = (struct used){ .filter = filter };
	if (filter->kind == FILTER_REFERENCE) {
		bool given = false;

		for (; uri_query_next(&v->query, filter->name, &at, &value); given = true)
			filters->nothing |= !read_reference(v, u, value);
		filters->count += given;
		return;
	}
	value = uri_query_last(&v->query, filter->name);
	if (value.p == NULL)
		return;
	kept = read_single(v->request->arena, u, value);
	filters->nothing |= kept < 0;
	filters->count += kept > 0;
}

/* An id names its row, there or not; a name whichever row has it. */
static void
collect_references(struct tags *tags, const struct used *u)
{
	const struct reference *reference = u->filter->reference;
	const struct tag_table *table = tag_table_of(reference->table);

	for (size_t i = 0; i < u->id_count; i++)
		tags_object(tags, table, u->ids[i]);
	if (u->name_count == 0)
		return;
	tags_collection(tags, table, 0);
	tags_column(tags, table, 0, slice_str(reference->name));
}

static void
query_references(struct view *v, struct used *u)
{
	const struct reference *reference = u->filter->reference;
	struct sql *q;

	if (u->filter->kind != FILTER_REFERENCE)
		return;
	collect_references(v->tags, u);
	if (u->id_count > 0) {
		q = view_sql(v);
		sql_addf(q, "SELECT id FROM %s WHERE id ", reference->table);
		sql_ids(q, u->ids, u->id_count);
		u->found_ids = view_query(v, q);
	}
	if (u->name_count > 0) {
		q = view_sql(v);
		sql_resolve_names(q, reference->table, reference->name, u->names, u->name_count);
		u->found_names = view_query(v, q);
	}
}

/* Every value must name a row. */
static bool
all_found(struct arena *arena, struct used *u)
{
	bool *seen = arena_zalloc(arena, u->name_count + 1);
	size_t distinct = 0;

	if (u->found_ids != NULL && (size_t)u->found_ids->count < u->id_count)
		return false;
	if (u->found_names == NULL)
		return true;
	for (int i = 0; i < u->found_names->count; i++) {
		int64_t index = rows_int(u->found_names, i, 0);

		if (index < 0 || (size_t)index >= u->name_count)
			continue;
		distinct += !seen[index];
		seen[index] = true;
		add_id(arena, u, rows_int(u->found_names, i, 1));
	}
	return distinct == u->name_count;
}

enum view_result
filters_read(struct view *v, struct filters **filters_r)
{
	struct filters *filters = arena_zalloc(v->request->arena, sizeof(*filters));
	const struct filter *filter = v->route->resource->filters;

	*filters_r = filters;
	filters->arena = v->request->arena;
	for (; filter != NULL && filter->name != NULL; filter++)
		if (filter->since <= v->answer.version)
			read_filter(v, filters, filter);
	if (filters->nothing)
		return VIEW_GO_ON;
	for (size_t i = 0; i < filters->count; i++)
		query_references(v, &filters->used[i]);
	if (!view_flush(v))
		return VIEW_STORE;
	for (size_t i = 0; i < filters->count; i++)
		filters->nothing |= !all_found(filters->arena, &filters->used[i]);
	return VIEW_GO_ON;
}

bool
filters_match_nothing(const struct filters *filters)
{
	return filters->nothing;
}

static void
add_filter(const struct filters *filters, const struct used *u, struct sql *q)
{
	const char *column = u->filter->column;

	switch (u->filter->kind) {
	case FILTER_REFERENCE:
	case FILTER_NUMBER:
		sql_addf(q, "%s ", column);
		sql_ids(q, u->ids, u->id_count);
		break;
	case FILTER_TEXT_NOCASE:
		sql_equals_nocase(q, column, u->text);
		break;
	case FILTER_BEFORE:
	case FILTER_SINCE:
		sql_addf(q, u->filter->kind == FILTER_BEFORE ? "%s < " : "%s >= ", column);
		sql_moment(q, &u->moment);
		break;
	case FILTER_BOOL:
		sql_addf(q, "%s = ", column);
		sql_bool(q, u->flag);
		break;
	case FILTER_MSGID:
		sql_addf(q, "%s = ", column);
		sql_string(q, slice_str(arena_printf(filters->arena, "<%.*s>", SLICE_ARG(u->text))));
		break;
	case FILTER_CHOICE:
	case FILTER_TEXT:
		/* the numbers among the choices are compared as numbers */
		sql_addf(q, "%s = ", column);
		if (u->text.n == 1 && u->text.p[0] >= '0' && u->text.p[0] <= '9' && u->filter->kind == FILTER_CHOICE)
			sql_int(q, u->text.p[0] - '0');
		else
			sql_string(q, u->text);
		break;
	}
}

/* Whether the filter's column is the one that scopes go by. */
static bool
is_scope(const struct used *u, const struct tag_scope *scope)
{
	struct slice column = slice_str(u->filter->column);

	return u->filter->kind == FILTER_REFERENCE && scope->table->scope != NULL && slice_has_prefix(column, SLICE("t.")) &&
	    slice_is(slice_from(column, 2), scope->table->scope);
}

void
filters_collect(const struct filters *filters, struct tags *tags, struct tag_scope *scope)
{
	const struct used *narrows = NULL;

	for (size_t i = 0; i < filters->count && scope->count == 0; i++) {
		const struct used *u = &filters->used[i];

		if (!is_scope(u, scope) || u->id_count > TAG_SCOPES_MAX)
			continue;
		narrows = u;
		scope->count = u->id_count;
		memcpy(scope->id, u->ids, u->id_count * sizeof(*u->ids));
	}
	for (size_t i = 0; i < filters->count; i++) {
		const struct used *u = &filters->used[i];

		if (u == narrows)
			continue;
		tags_reads(tags, scope, u->filter->column);
		tags_reads(tags, scope, u->filter->reads);
	}
}

void
filters_add(const struct filters *filters, struct sql *q)
{
	for (size_t i = 0; i < filters->count; i++) {
		sql_add(q, " AND ");
		add_filter(filters, &filters->used[i], q);
	}
}

bool
filters_refuse_nul(struct view *v)
{
	struct slice q = uri_query_last(&v->query, "q");

	if (q.n == 0 || memchr(q.p, '\0', q.n) == NULL)
		return false;
	view_begin_json(v);
	json_open(&v->answer.json, '[');
	json_string(&v->answer.json, SLICE("Null characters are not allowed."));
	json_close(&v->answer.json, ']');
	view_respond(v, 400);
	return true;
}
