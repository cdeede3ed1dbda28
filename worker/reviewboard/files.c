/* SPDX-License-Identifier: MIT
 *
 * Files of diffs (reviewboard-api.md, 1.7 and 2.8): those of a commit, or, without commit-id, those of the
 * diff set as a whole.  There are no attachments: what a file's binary content is, nobody is told.
 */
#include "config.h"

#include "worker/reviewboard/rb.h"

#include "base/arena.h"
#include "proto/uri.h"
#include "worker/reviewboard/commits.h"
#include "worker/reviewboard/diffsets.h"

enum {
	CELL_REQUEST = RB_CELL_FIRST, CELL_REVISION, CELL_SOURCE_FILE, CELL_DEST_FILE, CELL_SOURCE_REVISION, CELL_DEST_DETAIL,
	CELL_STATUS, CELL_BINARY, CELL_EXTRA_DATA, CELL_CHANGED, CELL_DIFFSET
};

#define COLUMNS "d.request_id, d.revision, f.source_file, f.dest_file, f.source_revision, f.dest_detail, f.status, " \
	"f.is_binary, f.extra_data, f.changed, f.diffset_id " \
	"FROM thimble_rb_file f JOIN thimble_rb_diffset d ON d.id = f.diffset_id"

/* Looked up by their diff set, or by their commit. */
static const char select_files[] = "SELECT f.id, f.diffset_id, " COLUMNS;
static const char select_commit_files[] = "SELECT f.id, f.commit_row, " COLUMNS;

static struct sql *
select_file(struct rb *rb, int64_t file)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, select_files);
	sql_add(q, " WHERE f.id = ");
	sql_int(q, file);
	return q;
}

/* ---- reads ---- */

/* Appends which files the list is of. */
static void
add_which(const struct rb *rb, struct sql *q, int64_t diffset)
{
	struct slice commit = uri_query_last(&rb->v->query, "commit-id"), binary = uri_query_last(&rb->v->query, "binary");

	sql_add(q, " WHERE f.diffset_id = ");
	sql_int(q, diffset);
	if (commit.n > 0) {
		sql_add(q, " AND f.commit_row = (SELECT c.id FROM thimble_rb_commit c WHERE c.diffset_id = f.diffset_id "
		    "AND c.commit_id = ");
		sql_string(q, commit);
		sql_add(q, ")");
	} else {
		sql_add(q, " AND f.commit_row IS NULL");
	}
	if (binary.n > 0)
		sql_add(q, rb_true(binary) ? " AND f.is_binary" : " AND NOT f.is_binary");
}

static enum view_result
get_list(struct rb *rb)
{
	struct sql *total = rb_select(rb), *list = rb_select(rb);
	struct diffsets_place place;
	enum view_result result = diffsets_find(rb, &place);
	struct rb_found found;

	if (result != VIEW_GO_ON)
		return result;
	sql_add(total, "SELECT COUNT(*) FROM thimble_rb_file f");
	add_which(rb, total, place.diffset);
	sql_add(list, select_files);
	add_which(rb, list, place.diffset);
	sql_add(list, " ORDER BY f.place");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	rb_tag_object(rb, "thimble_rb_file", place.diffset);
	rb_tag_table(rb, "thimble_rb_commit");
	return rb_respond_found(rb, &found);
}

/* The file of the path, or 100. */
static enum view_result
find_file(struct rb *rb, struct diffsets_place *place_r)
{
	enum view_result result = diffsets_find(rb, place_r);
	struct sql *q;

	if (result != VIEW_GO_ON)
		return result;
	q = select_file(rb, rb->number);
	sql_add(q, " AND f.diffset_id = ");
	sql_int(q, place_r->diffset);
	place_r->rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	rb_tag_object(rb, "thimble_rb_file", place_r->diffset);
	if (place_r->rows->count == 0)
		return rb_not_found(rb, NULL);
	place_r->row = rows_int(place_r->rows, 0, RB_CELL_ID);
	return VIEW_GO_ON;
}

static enum view_result
respond_patch(struct rb *rb, const struct rows *file)
{
	int64_t id = rows_int(file, 0, RB_CELL_ID);
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, "SELECT f.diff FROM thimble_rb_file f WHERE f.id = ");
	sql_int(q, id);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	return rb_respond_patch(rb, rows, 0, slice_str(arena_printf(rb_arena(rb), "file%lld.patch", (long long)id)),
	    rows_int(file, 0, CELL_CHANGED));
}

static enum view_result
get_item(struct rb *rb)
{
	struct diffsets_place place;
	enum view_result result = find_file(rb, &place);

	if (result != VIEW_GO_ON)
		return result;
	if (rb->format == RB_FORMAT_PATCH)
		return respond_patch(rb, place.rows);
	rb_set_modified(rb, rows_int(place.rows, 0, CELL_CHANGED));
	return rb_respond_item(rb, 200, place.rows, 0);
}

/* Of what the caller has been shown; `below` is what the keys are of. */
static struct rows *
query_below(struct rb *rb, const char *select, const char *below, const int64_t *keys, size_t count)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, select);
	sql_add(q, below);
	sql_ids(q, keys, count);
	sql_add(q, " ORDER BY 2, f.place");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return NULL;
	rb_tag_table(rb, "thimble_rb_file");
	for (int i = 0; i < rows->count; i++)
		rb_tag_object(rb, "thimble_rb_file", rows_int(rows, i, CELL_DIFFSET));
	return rows;
}

static struct rows *
query_children(struct rb *rb, const int64_t *diffsets, size_t count)
{
	return query_below(rb, select_files, " WHERE f.commit_row IS NULL AND f.diffset_id ", diffsets, count);
}

static struct rows *
query_commit_children(struct rb *rb, const int64_t *commits, size_t count)
{
	return query_below(rb, select_commit_files, " WHERE f.commit_row ", commits, count);
}

/* ---- extra_data ---- */

static enum view_result
put(struct rb *rb)
{
	static const struct diffsets_extra extra = {
		.table = "thimble_rb_file", .touched = true, .find = find_file, .select = select_file, .cell = CELL_EXTRA_DATA,
	};

	return diffsets_put_extra(rb, &extra);
}

/* ---- values and links ---- */

static void
put_status(struct rb *rb, struct rb_row row, int cell)
{
	static const struct { char letter; const char *word; } words[] = {
		{ 'D', "deleted" }, { 'V', "moved" }, { 'C', "copied" },
	};
	struct slice status = rb_cell(row, cell);
	const char *word = "modified";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (status.n > 0 && *status.p == words[i].letter)
			word = words[i].word;
	json_string(rb_json(rb), slice_str(word));
}

static bool
put_self(struct rb *rb, struct buf *url, struct rb_row row, bool draft)
{
	diffsets_put_url(rb, url, rb_cell_int(row, CELL_REQUEST), rb_cell_int(row, CELL_REVISION), draft);
	buf_printf(url, "files/%lld/", (long long)rb_cell_int(row, RB_CELL_ID));
	return true;
}

static bool
link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, true);
}

static bool
link_published(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, false);
}

static const struct rb_field fields[] = {
	{ "binary", rb_put_bool, CELL_BINARY },
	{ "dest_attachment", rb_put_null, 0 },
	{ "dest_detail", rb_put_string, CELL_DEST_DETAIL },
	{ "dest_file", rb_put_string, CELL_DEST_FILE },
	{ "encoding", rb_put_null, 0 },
	{ "extra_data", rb_put_extra, CELL_EXTRA_DATA },
	{ "id", rb_put_int, RB_CELL_ID },
	{ "orig_sha256", rb_put_null, 0 },
	{ "patched_sha256", rb_put_null, 0 },
	{ "source_attachment", rb_put_null, 0 },
	{ "source_file", rb_put_string, CELL_SOURCE_FILE },
	{ "source_revision", rb_put_string, CELL_SOURCE_REVISION },
	{ "status", put_status, CELL_STATUS },
	{ NULL, NULL, 0 }
};

static const struct rb_link draft_links[] = {
	{ "self", "GET", link_draft, NULL, 0, false },
	{ "update", "PUT", link_draft, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

static const struct rb_link published_links[] = {
	{ "self", "GET", link_published, NULL, 0, false },
	{ "update", "PUT", link_published, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

#define NAMES .item = "file", .list = "files", .item_type = "file", .list_type = "files"
#define METHODS .list_methods = RB_GET, .item_methods = RB_GET | RB_PUT, .patch = true, .fields = fields, \
	.get_list = get_list, .get_item = get_item, .query_children = query_children, .put = put

const struct rb_resource rb_draft_files = {
	NAMES, METHODS, .policy = "draft_file_diff", .login = true, .draft = true, .links = draft_links,
};

const struct rb_resource rb_files = {
	NAMES, METHODS, .policy = "file_diff", .links = published_links,
};

const struct rb_resource rb_draft_commit_files = {
	NAMES, .policy = "draft_file_diff", .fields = fields, .links = draft_links, .query_children = query_commit_children,
};

const struct rb_resource rb_commit_files = {
	NAMES, .policy = "file_diff", .fields = fields, .links = published_links, .query_children = query_commit_children,
};
