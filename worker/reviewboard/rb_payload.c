/* SPDX-License-Identifier: MIT
 *
 * Items and lists (reviewboard-api.md, 1.0: field limiting, links, pagination).  All keys are sorted: fields,
 * what is expanded, `links` and `_expanded` are merged as they are written.
 */
#include "config.h"

#include "worker/reviewboard/rb_private.h"

#include "base/arena.h"
#include "base/settings.h"

/* ---- links ---- */

void
rb_put_link_object(struct rb *rb, const char *method, struct slice url, struct slice title)
{
	struct json *j = rb_json(rb);

	json_open(j, '{');
	json_key(j, "href");
	json_string(j, url);
	json_key(j, "method");
	json_string(j, slice_str(method));
	if (title.p != NULL) {
		json_key(j, "title");
		json_string(j, title);
	}
	json_close(j, '}');
}

void
rb_put_link(struct rb *rb, const char *name, const char *method, struct slice url, struct slice title)
{
	json_key(rb_json(rb), name);
	rb_put_link_object(rb, method, url, title);
}

void
rb_put_name_url(struct rb *rb, struct buf *url, const char *list, struct slice name)
{
	buf_slice(url, rb->api);
	buf_str(url, list);
	buf_byte(url, '/');
	/* not as forms have it: a '+' in a path is no space */
	uri_encode_path(url, name);
	buf_byte(url, '/');
}

void
rb_put_self(struct rb *rb, struct buf *url, bool query)
{
	const struct request *request = rb->v->request;

	buf_slice(url, rb->v->answer.base);
	uri_encode_path(url, rb->v->path);
	if (query && request->query.p != NULL) {
		buf_byte(url, '?');
		buf_slice(url, request->query);
	}
}

/* ---- what is expanded ---- */

static bool
is_wanted(struct slice limit, const char *name)
{
	return limit.p == NULL || rb_names(limit, name);
}

/* The expansion that stands for a link of the resource; NULL: the link stands for itself. */
static const struct rb_expansion *
expansion_of(const struct rb *rb, const struct rb_link *link)
{
	for (size_t i = 0; i < rb->expansions; i++)
		if (rb->expansion[i].link == link)
			return &rb->expansion[i];
	return NULL;
}

/* One statement for each name, whatever the number of rows. */
static bool
expand(struct rb *rb, const struct rb_link *link, const struct rows *rows, int first, int count)
{
	struct rb_expansion *e = &rb->expansion[rb->expansions];
	int64_t *keys = arena_alloc(rb_arena(rb), (size_t)count * sizeof(*keys) + 1);

	for (int i = 0; i < count; i++)
		keys[i] = rows_int(rows, first + i, link->key);
	*e = (struct rb_expansion){ .link = link };
	e->rows = link->target->query_children(rb, keys, (size_t)count);
	if (e->rows == NULL)
		return false;
	rb->expansions++;
	return link->target->load == NULL || e->rows->count == 0 || link->target->load(rb, e->rows, &e->loaded);
}

/* All that the items of these rows take; false: answered. */
static bool
prepare(struct rb *rb, const struct rb_resource *resource, const struct rows *rows, int first, int count,
    void **loaded_r)
{
	rb->expansions = 0;
	*loaded_r = NULL;
	if (resource->load != NULL && rows->count > 0 && !resource->load(rb, rows, loaded_r))
		return false;
	if (rb->limits.expand.p == NULL || resource->links == NULL)
		return true;
	for (const struct rb_link *link = resource->links; link->name != NULL; link++) {
		if (link->target == NULL || link->target->query_children == NULL ||
		    rb->expansions == RB_EXPANSIONS_MAX || !rb_names(rb->limits.expand, link->name))
			continue;
		if (!expand(rb, link, rows, first, count))
			return false;
	}
	return true;
}

int
rb_first_of(const struct rows *rows, int cell, int64_t key)
{
	int low = 0, high = rows->count;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (rows_int(rows, middle, cell) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void put_item(struct rb *rb, const struct rb_resource *resource, struct rb_row row, bool expanded);

/* Children stand in a list, one object by itself: null if there is none. */
static void
put_expansion(struct rb *rb, const struct rb_expansion *e, struct rb_row row)
{
	struct json *j = rb_json(rb);
	int64_t key = rb_cell_int(row, e->link->key);
	int at = rb_first_of(e->rows, RB_CELL_PARENT, key), end = at;

	while (end < e->rows->count && rows_int(e->rows, end, RB_CELL_PARENT) == key)
		end++;
	json_key(j, e->link->name);
	if (e->link->single && at == end) {
		json_null(j);
		return;
	}
	if (!e->link->single)
		json_open(j, '[');
	for (; at < end; at++)
		put_item(rb, e->link->target, (struct rb_row){ e->rows, at, e->loaded }, false);
	if (!e->link->single)
		json_close(j, ']');
}

static void
put_media_type(struct rb *rb, const char *key, const char *type)
{
	struct json *j = rb_json(rb);

	json_key(j, key);
	json_string_begin(j);
	rb_put_media_type(j->out, type);
	json_string_end(j);
}

/* What a client needs to know to treat the embedded objects as if it had asked for them. */
static void
put_expanded(struct rb *rb, const struct rb_resource *resource, struct rb_row row)
{
	struct json *j = rb_json(rb);

	json_key(j, "_expanded");
	json_open(j, '{');
	for (const struct rb_link *link = resource->links; link->name != NULL; link++) {
		struct slice title = SLICE_NONE;
		struct buf url = { 0 };

		if (expansion_of(rb, link) == NULL || !is_wanted(rb->limits.fields, link->name))
			continue;
		json_key(j, link->name);
		json_open(j, '{');
		put_media_type(rb, "item_mimetype", link->target->item_type);
		if (!link->single) {
			put_media_type(rb, "list_mimetype", link->target->list_type != NULL ? link->target->list_type :
			    link->target->item_type);
			(void)link->put(rb, &url, &title, row);
			json_key(j, "list_url");
			json_string(j, buf_as_slice(&url));
		}
		json_close(j, '}');
		buf_fini(&url);
	}
	json_close(j, '}');
}

/* ---- items ---- */

static void
put_links(struct rb *rb, const struct rb_resource *resource, struct rb_row row, bool expanded)
{
	json_key(rb_json(rb), "links");
	json_open(rb_json(rb), '{');
	for (const struct rb_link *link = resource->links; link->name != NULL; link++) {
		struct slice title = SLICE_NONE;
		struct buf url = { 0 };

		if (!is_wanted(rb->limits.links, link->name) || (expanded && expansion_of(rb, link) != NULL))
			continue;
		if (link->put(rb, &url, &title, row))
			rb_put_link(rb, link->name, link->method, buf_as_slice(&url), title);
		buf_fini(&url);
	}
	json_close(rb_json(rb), '}');
}

/* The next link that is expanded and wanted, from `link` on. */
static const struct rb_link *
next_expanded(const struct rb *rb, const struct rb_link *link)
{
	while (link->name != NULL && (expansion_of(rb, link) == NULL || !is_wanted(rb->limits.fields, link->name)))
		link++;
	return link;
}

static const struct rb_field *
next_field(const struct rb *rb, const struct rb_field *field)
{
	bool history = rb->v->service->settings->reviewboard.history;

	while (field->name != NULL && (!is_wanted(rb->limits.fields, field->name) || (field->history && !history)))
		field++;
	return field;
}

static bool
comes_before(const char *name, const char *other)
{
	return name != NULL && (other == NULL || strcmp(name, other) < 0);
}

static void
put_item(struct rb *rb, const struct rb_resource *resource, struct rb_row row, bool expanded)
{
	static const struct rb_link no_links[] = { { .name = NULL } };
	const struct rb_link *link = expanded && rb->expansions > 0 ? next_expanded(rb, resource->links) : no_links;
	const struct rb_field *field = next_field(rb, resource->fields);
	/* no list of links at all if it was asked for by no name */
	bool none = resource->links == NULL || (rb->limits.links.p != NULL && rb->limits.links.n == 0);
	const char *links = none ? NULL : "links";

	json_open(rb_json(rb), '{');
	if (link->name != NULL)
		put_expanded(rb, resource, row);
	while (field->name != NULL || link->name != NULL || links != NULL) {
		if (comes_before(field->name, link->name) && comes_before(field->name, links)) {
			json_key(rb_json(rb), field->name);
			field->put(rb, row, field->cell);
			field = next_field(rb, field + 1);
		} else if (comes_before(link->name, links)) {
			put_expansion(rb, expansion_of(rb, link), row);
			link = next_expanded(rb, link + 1);
		} else {
			put_links(rb, resource, row, expanded);
			links = NULL;
		}
	}
	json_close(rb_json(rb), '}');
}

void
rb_put_item(struct rb *rb, const struct rb_resource *resource, struct rb_row row)
{
	put_item(rb, resource, row, false);
}

enum view_result
rb_respond_item_of(struct rb *rb, int status, const struct rb_resource *resource, const struct rows *rows, int at)
{
	void *loaded;

	if (!prepare(rb, resource, rows, at, 1, &loaded))
		return VIEW_STORE;
	rb_open(rb);
	/* "user" comes behind it */
	if (strcmp(resource->item, "stat") > 0)
		rb_put_stat(rb);
	json_key(rb_json(rb), resource->item);
	put_item(rb, resource, (struct rb_row){ rows, at, loaded }, true);
	return rb_close(rb, status, resource->item_type);
}

enum view_result
rb_respond_item(struct rb *rb, int status, const struct rows *rows, int at)
{
	return rb_respond_item_of(rb, status, rb->resource, rows, at);
}

/* ---- lists ---- */

static void
put_list(struct rb *rb, const struct rows *rows, void *loaded)
{
	json_key(rb_json(rb), rb->resource->list);
	json_open(rb_json(rb), '[');
	for (int i = 0; i < rows->count; i++)
		put_item(rb, rb->resource, (struct rb_row){ rows, i, loaded }, true);
	json_close(rb_json(rb), ']');
}

static void
put_page(struct rb *rb, const char *name, uint64_t start)
{
	struct buf url = { 0 };

	rb_put_self(rb, &url, false);
	rb_window_put(&url, &rb->v->query, start, rb->window.count);
	rb_put_link(rb, name, "GET", buf_as_slice(&url), SLICE_NONE);
	buf_fini(&url);
}

static void
put_own(struct rb *rb, const char *name, const char *method, bool query)
{
	struct buf url = { 0 };

	rb_put_self(rb, &url, query);
	rb_put_link(rb, name, method, buf_as_slice(&url), SLICE_NONE);
	buf_fini(&url);
}

static void
put_list_links(struct rb *rb, uint64_t shown, uint64_t total)
{
	const struct rb_window *window = &rb->window;

	json_key(rb_json(rb), "links");
	json_open(rb_json(rb), '{');
	if (rb->resource->list_methods & RB_POST)
		put_own(rb, "create", "POST", false);
	if (window->start < total && shown < total - window->start)
		put_page(rb, "next", window->start + window->count);
	if (window->start > 0)
		put_page(rb, "prev", rb_window_previous(window));
	put_own(rb, "self", "GET", true);
	json_close(rb_json(rb), '}');
}

enum view_result
rb_respond_list(struct rb *rb, const struct rows *rows, uint64_t total)
{
	const char *list = rb->resource->list;
	struct buf type = { 0 };
	void *loaded;

	if (!prepare(rb, rb->resource, rows, 0, rows->count, &loaded))
		return VIEW_STORE;
	rb_open(rb);
	if (strcmp(list, "links") < 0)
		put_list(rb, rows, loaded);
	put_list_links(rb, (uint64_t)rows->count, total);
	if (strcmp(list, "links") > 0 && strcmp(list, "stat") < 0)
		put_list(rb, rows, loaded);
	rb_put_stat(rb);
	json_key(rb_json(rb), "total_results");
	json_int(rb_json(rb), (int64_t)total);
	if (strcmp(list, "total_results") > 0)
		put_list(rb, rows, loaded);
	rb_put_media_type(&type, rb->resource->item_type);
	rb_header(rb, "Item-Content-Type", buf_as_slice(&type));
	buf_fini(&type);
	return rb_close(rb, 200, rb->resource->list_type);
}

enum view_result
rb_respond_count(struct rb *rb, uint64_t total)
{
	rb_open(rb);
	json_key(rb_json(rb), "count");
	json_int(rb_json(rb), (int64_t)total);
	return rb_close(rb, 200, rb->resource->list_type);
}

enum view_result
rb_respond_found(struct rb *rb, const struct rb_found *found)
{
	uint64_t total = (uint64_t)rows_int(found->total, 0, 0);

	return found->rows != NULL ? rb_respond_list(rb, found->rows, total) : rb_respond_count(rb, total);
}
