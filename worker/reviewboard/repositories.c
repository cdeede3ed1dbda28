/* SPDX-License-Identifier: MIT
 *
 * Repositories (reviewboard-api.md, 2.3): what clients look up by a name or
 * the URL that they have cloned from.  Administrators make them (thimblectl
 * repository).  Job thread.
 */
#include "config.h"

#include "worker/reviewboard/repositories.h"

#include "base/arena.h"
#include "worker/reviewboard/filters.h"
#include "worker/reviewboard/rb_rights.h"

#define TABLE "thimble_rb_repository"
#define TOOL_ID "git"
#define TOOL_NAME "Git"

/* Several may have one path; so many are looked at. */
enum { MATCHES_MAX = 100 };

enum { NAME = RB_CELL_FIRST, PATH, MIRROR_PATH, VISIBLE, EXTRA, IS_PUBLIC, ON_ACCESS_LIST };

#define COLUMNS "SELECT r.id, r.id, r.name, r.path, r.mirror_path, r.visible, r.extra_data, r.is_public, "

static void
put_tool(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_string(rb_json(rb), SLICE(TOOL_NAME));
}

static const struct rb_field fields[] = {
	{ "bug_tracker", rb_put_empty, 0, false },
	{ "extra_data", rb_put_extra, EXTRA, false },
	{ "id", rb_put_int, RB_CELL_ID, false },
	{ "mirror_path", rb_put_string, MIRROR_PATH, false },
	{ "name", rb_put_string, NAME, false },
	{ "path", rb_put_string, PATH, false },
	{ "requires_basedir", rb_put_false, 0, false },
	{ "requires_change_number", rb_put_false, 0, false },
	{ "supports_post_commit", rb_put_false, 0, false },
	{ "tool", put_tool, 0, false },
	{ "visible", rb_put_bool, VISIBLE, false },
	{ NULL, NULL, 0, false },
};

void
rb_put_repository_url(const struct rb *rb, struct buf *url, int64_t id)
{
	buf_slice(url, rb->api);
	buf_printf(url, "repositories/%lld/", (long long)id);
}

static bool
link_self(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	rb_put_repository_url(rb, url, rb_cell_int(row, RB_CELL_ID));
	return true;
}

static bool
link_info(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)link_self(rb, url, title_r, row);
	buf_str(url, "info/");
	return true;
}

static const struct rb_link links[] = {
	{ "info", "GET", link_info, NULL, 0, false },
	{ "self", "GET", link_self, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};

/* Whether the caller is on the access list of r: an expression. */
static void
add_on_access_list(const struct rb *rb, struct sql *q)
{
	rb_add_condition(rb, q, "EXISTS (SELECT 1 FROM thimble_rb_access a WHERE a.repository_id = r.id AND a.user_id = @)");
}

static struct sql *
select_repositories(struct rb *rb)
{
	struct sql *q = rb_select(rb);

	sql_add(q, COLUMNS);
	add_on_access_list(rb, q);
	sql_add(q, " FROM " TABLE " r WHERE ");
	return q;
}

/* ---- the list ---- */

/* Whether a list with commas names our tool. */
static bool
names_tool(struct slice list)
{
	struct slice name;

	while (slice_cut(&list, ',', &name)) {
		name = slice_trim(name, " ");
		if (slice_is(name, TOOL_ID) || slice_is(name, TOOL_NAME))
			return true;
	}
	return false;
}

static void
add_prefix(struct sql *q, struct slice prefix)
{
	/* a column that is compared from its beginning: no pattern, nothing to escape */
	sql_add(q, " AND LOWER(substr(r.name, 1, length(");
	sql_string(q, prefix);
	sql_add(q, "))) = LOWER(");
	sql_string(q, prefix);
	sql_add(q, ")");
}

/* " AND (..)": one of the names or paths of a list with commas; absent: no such filter. */
static void
add_look_up(struct sql *q, struct slice names, struct slice paths)
{
	if (names.p == NULL && paths.p == NULL)
		return;
	sql_add(q, " AND (");
	if (names.p != NULL)
		filters_add_names(q, "r.name", names);
	if (names.p != NULL && paths.p != NULL)
		sql_add(q, " OR ");
	if (paths.p != NULL) {
		filters_add_names(q, "r.path", paths);
		sql_add(q, " OR ");
		filters_add_names(q, "r.mirror_path", paths);
	}
	sql_add(q, ")");
}

static void
add_filters(struct rb *rb, struct sql *q)
{
	const struct uri_query *query = &rb->v->query;
	struct slice either = uri_query_last(query, "name-or-path"), tool = uri_query_last(query, "tool"),
	    prefix = uri_query_last(query, "q");

	sql_add(q, "r.visible AND ");
	rb_add_repository_readable(rb, q, "r");
	add_look_up(q, uri_query_last(query, "name"), SLICE_NONE);
	add_look_up(q, SLICE_NONE, uri_query_last(query, "path"));
	add_look_up(q, either, either);
	if (tool.p != NULL && !names_tool(tool))
		sql_add(q, " AND 1 = 0");
	if (prefix.n > 0)
		add_prefix(q, prefix);
}

/* What decides about which are shown. */
static void
tag_list(struct rb *rb)
{
	static const char *const columns[] = { "name", "path", "mirror_path", "visible", "is_public" };

	rb_tag_collection(rb, TABLE, 0);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		rb_tag_column(rb, TABLE, columns[i]);
	/* who is on a list is in auth:USER */
	rb_tag_table(rb, "thimble_rb_access");
}

static enum view_result
get_list(struct rb *rb)
{
	struct sql *total = rb_select(rb), *list = select_repositories(rb);
	struct rb_found found;

	tag_list(rb);
	sql_add(total, "SELECT count(*) FROM " TABLE " r WHERE ");
	add_filters(rb, total);
	add_filters(rb, list);
	sql_add(list, " ORDER BY r.id");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	for (int i = 0; found.rows != NULL && i < found.rows->count; i++)
		rb_tag_object(rb, TABLE, rows_int(found.rows, i, RB_CELL_ID));
	return rb_respond_found(rb, &found);
}

/* ---- an item ---- */

static bool
may_see(const struct rb *rb, const struct rows *rows, int at)
{
	return rb_may_see_repository(rb, rows_bool(rows, at, IS_PUBLIC), rows_bool(rows, at, ON_ACCESS_LIST));
}

/* The repository of the path; VIEW_GO_ON, or it is answered. */
static enum view_result
find_item(struct rb *rb, struct rows **rows_r)
{
	struct sql *q = select_repositories(rb);

	sql_add(q, "r.id = ");
	sql_int(q, rb->number);
	*rows_r = rb_ask(rb, q);
	rb_tag_object(rb, TABLE, rb->number);
	rb_tag_table(rb, "thimble_rb_access");
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if ((*rows_r)->count == 0)
		return rb_not_found(rb, NULL);
	return may_see(rb, *rows_r, 0) ? VIEW_GO_ON : rb_forbidden(rb);
}

static enum view_result
get_item(struct rb *rb)
{
	struct rows *rows;
	enum view_result result = find_item(rb, &rows);

	return result == VIEW_GO_ON ? rb_respond_item(rb, 200, rows, 0) : result;
}

/* As the reference says of Git: there is nothing to know. */
static enum view_result
get_repository_info(struct rb *rb)
{
	struct rows *rows;
	enum view_result result = find_item(rb, &rows);

	return result == VIEW_GO_ON ? rb_fail(rb, 209) : result;
}

static struct rows *
query_children(struct rb *rb, const int64_t *keys, size_t count)
{
	struct sql *q = select_repositories(rb);
	struct rows *rows;

	rb_add_repository_readable(rb, q, "r");
	sql_add(q, " AND r.id ");
	sql_ids(q, keys, count);
	sql_add(q, " ORDER BY r.id");
	rows = rb_ask(rb, q);
	for (size_t i = 0; i < count; i++)
		rb_tag_object(rb, TABLE, keys[i]);
	rb_tag_table(rb, "thimble_rb_access");
	return rb_flush_reads(rb) ? rows : NULL;
}

const struct rb_resource rb_repositories = {
	.item = "repository", .list = "repositories", .item_type = "repository", .list_type = "repositories",
	.policy = "repository", .list_methods = RB_GET, .item_methods = RB_GET,
	.fields = fields, .links = links,
	.get_list = get_list, .get_item = get_item, .query_children = query_children,
};

const struct rb_resource rb_repository_info = {
	.item = "info", .item_type = "repository-info", .policy = "repository_info", .item_methods = RB_GET,
	.get_item = get_repository_info,
};

/* ---- a repository that is named ---- */

enum { NAMED_ID, NAMED_NAME, NAMED_GIT_DIR, NAMED_PROJECT, NAMED_HISTORY, NAMED_VISIBLE, NAMED_PUBLIC, NAMED_ON_LIST,
	NAMED_IS_NAME, NAMED_IS_PATH };

static struct rows *
query_named(struct rb *rb, struct slice named)
{
	struct sql *q = rb_select(rb);
	uint64_t id;

	sql_add(q, "SELECT r.id, r.name, r.git_dir, r.project_id, r.with_history, r.visible, r.is_public, ");
	add_on_access_list(rb, q);
	sql_add(q, ", r.name = ");
	sql_string(q, named);
	sql_add(q, ", r.path = ");
	sql_string(q, named);
	sql_add(q, " FROM " TABLE " r WHERE ");
	if (slice_uint(named, INT64_MAX, &id) == 0) {
		sql_add(q, "r.id = ");
		sql_int(q, (int64_t)id);
	} else {
		sql_add(q, "r.name = ");
		sql_string(q, named);
		sql_add(q, " OR r.path = ");
		sql_string(q, named);
		sql_add(q, " OR r.mirror_path = ");
		sql_string(q, named);
	}
	sql_addf(q, " ORDER BY r.id LIMIT %d", MATCHES_MAX);
	return rb_ask(rb, q);
}

/* The only row whose cell is true, or -1. */
static int
only_one(const struct rows *rows, int cell)
{
	int found = -1;

	for (int i = 0; i < rows->count; i++) {
		if (!rows_bool(rows, i, cell))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* Which of those that match is meant, or -1. */
static int
choose(const struct rows *rows)
{
	static const int by[] = { NAMED_VISIBLE, NAMED_IS_NAME, NAMED_IS_PATH };
	int found = rows->count == 1 ? 0 : -1;

	for (size_t i = 0; found < 0 && i < sizeof(by) / sizeof(by[0]); i++)
		found = only_one(rows, by[i]);
	return found;
}

static enum view_result
fail_unknown(struct rb *rb, struct slice named)
{
	return rb_fail_with(rb, 206, &(struct rb_extra){ .name = "repository", .text = named }, 1);
}

static enum view_result
fail_many(struct rb *rb, struct slice named)
{
	return rb_fail_message(rb, 206, arena_printf(rb_arena(rb), "Too many repositories matched \"%.*s\". "
	    "Try specifying the repository by name instead.", SLICE_ARG(named)));
}

enum view_result
rb_repository_find(struct rb *rb, struct slice named, bool hidden_is_unknown, struct rb_repository *repository_r)
{
	struct rows *rows = NULL;
	int at;

	rows = query_named(rb, named);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count == 0)
		return fail_unknown(rb, named);
	at = choose(rows);
	if (at < 0)
		return fail_many(rb, named);
	if (!rb_may_see_repository(rb, rows_bool(rows, at, NAMED_PUBLIC), rows_bool(rows, at, NAMED_ON_LIST)))
		return hidden_is_unknown ? fail_unknown(rb, named) : rb_forbidden(rb);
	*repository_r = (struct rb_repository){
		.id = rows_int(rows, at, NAMED_ID),
		.name = rows_get(rows, at, NAMED_NAME),
		.git_dir = rows_get(rows, at, NAMED_GIT_DIR),
		.project = rows_int(rows, at, NAMED_PROJECT),
		.with_history = rows_bool(rows, at, NAMED_HISTORY),
	};
	return VIEW_GO_ON;
}

const char *
rb_repository_no_history(struct rb *rb, const struct rb_repository *repository)
{
	return arena_printf(rb_arena(rb), "The \"%.*s\" repository does not support review requests created with history.",
	    SLICE_ARG(repository->name));
}
