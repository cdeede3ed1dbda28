/* SPDX-License-Identifier: MIT
 *
 * Users (reviewboard-api.md, 2.0 and 2.2): those of Patchwork.  Mail addresses are for people with an
 * account.
 */
#include "config.h"

#include "worker/reviewboard/users.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/text.h"

enum { USERNAME = RB_CELL_FIRST, EMAIL, FIRST_NAME, LAST_NAME, IS_ACTIVE };

#define COLUMNS "u.id, u.id, u.username, u.email, u.first_name, u.last_name, u.is_active"

static void
put_email(struct rb *rb, struct rb_row row, int cell)
{
	json_string(rb_json(rb), rb->user.id != 0 ? rb_cell(row, cell) : SLICE(""));
}

static void
put_fullname(struct rb *rb, struct rb_row row, int cell)
{
	struct slice first = rb_cell(row, FIRST_NAME), last = rb_cell(row, LAST_NAME);
	struct json *j = rb_json(rb);

	(void)cell;
	json_string_begin(j);
	json_piece(j, first);
	if (first.n > 0 && last.n > 0)
		json_piece(j, SLICE(" "));
	json_piece(j, last);
	json_string_end(j);
}

static void
put_url(struct rb *rb, struct rb_row row, int cell)
{
	struct buf url = { 0 };

	(void)cell;
	buf_str(&url, rb->v->service->settings->reviewboard.prefix);
	buf_str(&url, "/users/");
	uri_encode_path(&url, rb_cell(row, USERNAME));
	buf_byte(&url, '/');
	json_string(rb_json(rb), buf_as_slice(&url));
	buf_fini(&url);
}

static bool
link_self(struct rb *rb, struct buf *url, struct slice *title, struct rb_row row)
{
	(void)title;
	rb_put_name_url(rb, url, "users", rb_cell(row, USERNAME));
	return true;
}

static const struct rb_field fields[] = {
	{ "email", put_email, EMAIL },
	{ "first_name", rb_put_string, FIRST_NAME },
	{ "fullname", put_fullname, 0 },
	{ "id", rb_put_int, RB_CELL_ID },
	{ "is_active", rb_put_bool, IS_ACTIVE },
	{ "last_name", rb_put_string, LAST_NAME },
	{ "url", put_url, 0 },
	{ "username", rb_put_string, USERNAME },
	{ NULL, NULL, 0 }
};

static const struct rb_link links[] = {
	{ .name = "self", .method = "GET", .put = link_self },
	{ .name = NULL }
};

static void
tag(struct rb *rb, const struct rows *rows)
{
	for (int i = 0; i < rows->count; i++)
		rb_tag_object(rb, "auth_user", rows_int(rows, i, RB_CELL_ID));
}

struct rows *
rb_query_user(struct rb *rb, int64_t id)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT " COLUMNS " FROM auth_user u WHERE u.id = ");
	sql_int(q, id);
	return rb_ask(rb, q);
}

static enum view_result
get_item(struct rb *rb)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, "SELECT " COLUMNS " FROM auth_user u WHERE u.username = ");
	sql_string(q, rb->name);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	tag(rb, rows);
	/* another may get the name */
	rb_tag_collection(rb, "auth_user", 0);
	rb_tag_column(rb, "auth_user", "username");
	return rows->count > 0 ? rb_respond_item(rb, 200, rows, 0) : rb_not_found(rb, NULL);
}

/* `q` is how the name begins, whatever the case. */
static void
add_filter(struct rb *rb, struct sql *q)
{
	struct slice begin = uri_query_last(&rb->v->query, "q");
	struct buf pattern = { 0 };

	sql_add(q, " FROM auth_user u WHERE u.is_active");
	if (begin.n == 0)
		return;
	buf_slice(&pattern, text_like(rb_arena(rb), begin, false));
	buf_byte(&pattern, '%');
	sql_add(q, " AND UPPER(u.username) LIKE UPPER(");
	sql_string(q, arena_slice(rb_arena(rb), buf_as_slice(&pattern)));
	sql_add(q, ") ESCAPE '\\'");
	buf_fini(&pattern);
}

static enum view_result
get_list(struct rb *rb)
{
	struct sql *total = rb_select(rb), *list = rb_select(rb);
	struct rb_found found;

	sql_add(total, "SELECT COUNT(*)");
	add_filter(rb, total);
	sql_add(list, "SELECT " COLUMNS);
	add_filter(rb, list);
	sql_add(list, " ORDER BY u.username, u.id");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	rb_tag_collection(rb, "auth_user", 0);
	rb_tag_column(rb, "auth_user", "username");
	rb_tag_column(rb, "auth_user", "is_active");
	if (found.rows != NULL)
		tag(rb, found.rows);
	return rb_respond_found(rb, &found);
}

static struct rows *
query_children(struct rb *rb, const int64_t *keys, size_t count)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, "SELECT " COLUMNS " FROM auth_user u WHERE u.id ");
	sql_ids(q, keys, count);
	sql_add(q, " ORDER BY u.id");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return NULL;
	tag(rb, rows);
	return rows;
}

const struct rb_resource rb_users = {
	.item = "user", .list = "users", .item_type = "user", .list_type = "users", .policy = "user",
	.list_methods = RB_GET, .item_methods = RB_GET,
	.fields = fields, .links = links,
	.get_list = get_list, .get_item = get_item, .query_children = query_children,
};
