/* SPDX-License-Identifier: MIT
 *
 * See commits.h.  Draft commits and published ones are the same rows; they differ
 * in where they are found, who may see them, and the names of keys.
 */
#include "config.h"

#include "worker/reviewboard/commits.h"

#include "base/arena.h"
#include "proto/diff.h"
#include "proto/iso_date.h"
#include "proto/validation_info.h"
#include "worker/reviewboard/diffsets.h"

enum {
	CELL_REQUEST = RB_CELL_FIRST, CELL_REVISION, CELL_COMMIT_ID, CELL_PARENT_ID, CELL_MESSAGE, CELL_AUTHOR_NAME,
	CELL_AUTHOR_EMAIL, CELL_AUTHOR_INSTANT, CELL_AUTHOR_OFFSET, CELL_COMMITTER_NAME, CELL_COMMITTER_EMAIL,
	CELL_COMMITTER_INSTANT, CELL_COMMITTER_OFFSET, CELL_FILENAME, CELL_EXTRA_DATA, CELL_CHANGED
};

static const char select_commits[] =
    "SELECT c.id, c.diffset_id, d.request_id, d.revision, c.commit_id, c.parent_id, c.message, c.author_name, "
    "c.author_email, c.author_instant, c.author_offset, c.committer_name, c.committer_email, c.committer_instant, "
    "c.committer_offset, c.filename, c.extra_data, c.changed "
    "FROM thimble_rb_commit c JOIN thimble_rb_diffset d ON d.id = c.diffset_id WHERE ";

struct sql *
commits_select(struct rb *rb, int64_t commit)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, select_commits);
	sql_add(q, "c.id = ");
	sql_int(q, commit);
	return q;
}

/* ---- what is known of them ---- */

enum { RECORD_COMMIT, RECORD_PARENT, RECORD_OLD, RECORD_NEW, RECORD_SOURCE, RECORD_DETAIL, RECORD_STATUS };

struct rows *
commits_query_record(struct rb *rb, int64_t diffset)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, "SELECT c.commit_id, c.parent_id, f.source_file, f.dest_file, f.source_revision, f.dest_detail, f.status "
	    "FROM thimble_rb_commit c LEFT JOIN thimble_rb_file f ON f.commit_row = c.id AND f.diffset_id = c.diffset_id "
	    "WHERE c.diffset_id = ");
	sql_int(q, diffset);
	sql_add(q, " ORDER BY c.place, f.place");
	return view_query(rb->v, q);
}

static enum diff_status
status_of(struct slice letter)
{
	switch (letter.n > 0 ? *letter.p : 'M') {
	case 'D':
		return DIFF_DELETED;
	case 'V':
		return DIFF_MOVED;
	case 'C':
		return DIFF_COPIED;
	default:
		return DIFF_MODIFIED;
	}
}

/* As the diff said when it was read; only what a validation info is made of. */
static struct diff_file
recorded_file(const struct rows *rows, int at)
{
	struct slice source = rows_get(rows, at, RECORD_SOURCE);
	bool created = slice_is(source, DIFF_PRE_CREATION);

	return (struct diff_file){
		.old_name = rows_get(rows, at, RECORD_OLD), .new_name = rows_get(rows, at, RECORD_NEW),
		.old_blob = created ? SLICE("") : source, .new_blob = rows_get(rows, at, RECORD_DETAIL),
		.status = status_of(rows_get(rows, at, RECORD_STATUS)), .created = created,
	};
}

size_t
commits_set_record(const struct rows *rows, struct validation_info *info)
{
	struct diff_file *file = arena_alloc(info->arena, ((size_t)rows->count + 1) * sizeof(*file));
	size_t commits = 0;

	for (int at = 0; at < rows->count; commits++) {
		struct slice id = rows_get(rows, at, RECORD_COMMIT), parent = rows_get(rows, at, RECORD_PARENT);
		size_t count = 0;

		for (; at < rows->count && slice_eq(rows_get(rows, at, RECORD_COMMIT), id); at++)
			if (!rows_null(rows, at, RECORD_OLD))
				file[count++] = recorded_file(rows, at);
		validation_info_set(info, id, parent, file, count);
	}
	return commits;
}

/* ---- reads ---- */

static void
add_list(struct sql *q, int64_t diffset)
{
	sql_add(q, "c.diffset_id = ");
	sql_int(q, diffset);
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
	sql_add(total, "SELECT COUNT(*) FROM thimble_rb_commit c WHERE ");
	add_list(total, place.diffset);
	sql_add(list, select_commits);
	add_list(list, place.diffset);
	sql_add(list, " ORDER BY c.place");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	rb_tag_object(rb, "thimble_rb_commit", place.diffset);
	return rb_respond_found(rb, &found);
}

/* The commit of the path, or 100. */
static enum view_result
find_commit(struct rb *rb, struct diffsets_place *place_r)
{
	enum view_result result = diffsets_find(rb, place_r);
	struct sql *q;

	if (result != VIEW_GO_ON)
		return result;
	q = rb_select(rb);
	sql_add(q, select_commits);
	add_list(q, place_r->diffset);
	sql_add(q, " AND c.commit_id = ");
	sql_string(q, rb->name);
	place_r->rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	rb_tag_object(rb, "thimble_rb_commit", place_r->diffset);
	if (place_r->rows->count == 0)
		return rb_not_found(rb, NULL);
	place_r->row = rows_int(place_r->rows, 0, RB_CELL_ID);
	return VIEW_GO_ON;
}

static enum view_result
respond_patch(struct rb *rb, const struct rows *commit)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, "SELECT f.diff FROM thimble_rb_file f WHERE f.diffset_id = ");
	sql_int(q, rows_int(commit, 0, RB_CELL_PARENT));
	sql_add(q, " AND f.commit_row = ");
	sql_int(q, rows_int(commit, 0, RB_CELL_ID));
	sql_add(q, " ORDER BY f.place");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	rb_tag_table(rb, "thimble_rb_file");
	return rb_respond_patch(rb, rows, 0, slice_str(arena_printf(rb_arena(rb), "%.*s.patch", SLICE_ARG(rb->name))),
	    rows_int(commit, 0, CELL_CHANGED));
}

static enum view_result
get_item(struct rb *rb)
{
	struct diffsets_place place;
	enum view_result result = find_commit(rb, &place);

	if (result != VIEW_GO_ON)
		return result;
	return rb->format == RB_FORMAT_PATCH ? respond_patch(rb, place.rows) : rb_respond_item(rb, 200, place.rows, 0);
}

/* Of diff sets that the caller has been shown. */
static struct rows *
query_children(struct rb *rb, const int64_t *diffsets, size_t count)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, select_commits);
	sql_add(q, "c.diffset_id ");
	sql_ids(q, diffsets, count);
	sql_add(q, " ORDER BY c.diffset_id, c.place");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return NULL;
	rb_tag_table(rb, "thimble_rb_commit");
	for (size_t i = 0; i < count; i++)
		rb_tag_object(rb, "thimble_rb_commit", diffsets[i]);
	return rows;
}

/* ---- extra_data ---- */

static enum view_result
put(struct rb *rb)
{
	static const struct diffsets_extra extra = {
		.table = "thimble_rb_commit", .touched = true, .find = find_commit, .select = commits_select,
		.cell = CELL_EXTRA_DATA,
	};

	return diffsets_put_extra(rb, &extra);
}

/* ---- values ---- */

/* Addresses are for those who are known. */
static void
put_email(struct rb *rb, struct rb_row row, int cell)
{
	if (rb->user.id == 0 && rb_cell(row, cell).p != NULL)
		rb_put_empty(rb, row, cell);
	else
		rb_put_text(rb, row, cell);
}

/* The instant stands in the cell, its offset in the next. */
static void
put_when(struct rb *rb, struct rb_row row, int cell)
{
	struct json *j = rb_json(rb);

	if (rb_cell(row, cell).p == NULL) {
		json_null(j);
		return;
	}
	json_string_begin(j);
	iso_date_put(j->out, (struct iso_date){ rb_cell_int(row, cell), (int)rb_cell_int(row, cell + 1) });
	json_string_end(j);
}

/* ---- links ---- */

static bool
put_self(struct rb *rb, struct buf *url, struct rb_row row, bool draft)
{
	diffsets_put_url(rb, url, rb_cell_int(row, CELL_REQUEST), rb_cell_int(row, CELL_REVISION), draft);
	buf_str(url, draft ? "draft-commits/" : "commits/");
	buf_slice(url, rb_cell(row, CELL_COMMIT_ID));
	buf_byte(url, '/');
	return true;
}

static bool
put_files(struct rb *rb, struct buf *url, struct rb_row row, bool draft)
{
	diffsets_put_url(rb, url, rb_cell_int(row, CELL_REQUEST), rb_cell_int(row, CELL_REVISION), draft);
	buf_str(url, "files/?commit-id=");
	buf_slice(url, rb_cell(row, CELL_COMMIT_ID));
	return true;
}

static bool
link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, true);
}

static bool
link_draft_files(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_files(rb, url, row, true);
}

static bool
link_published(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, false);
}

static bool
link_files(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_files(rb, url, row, false);
}

/* ---- tables ---- */

static const struct rb_field fields[] = {
	{ "author_date", put_when, CELL_AUTHOR_INSTANT },
	{ "author_email", put_email, CELL_AUTHOR_EMAIL },
	{ "author_name", rb_put_text, CELL_AUTHOR_NAME },
	{ "commit_id", rb_put_text, CELL_COMMIT_ID },
	{ "commit_message", rb_put_text, CELL_MESSAGE },
	{ "committer_date", put_when, CELL_COMMITTER_INSTANT },
	{ "committer_email", put_email, CELL_COMMITTER_EMAIL },
	{ "committer_name", rb_put_text, CELL_COMMITTER_NAME },
	{ "extra_data", rb_put_extra, CELL_EXTRA_DATA },
	{ "filename", rb_put_text, CELL_FILENAME },
	{ "id", rb_put_int, RB_CELL_ID },
	{ "parent_id", rb_put_text, CELL_PARENT_ID },
	{ NULL, NULL, 0 }
};

static const struct rb_link draft_links[] = {
	{ "draft_files", "GET", link_draft_files, &rb_draft_commit_files, RB_CELL_ID, false },
	{ "self", "GET", link_draft, NULL, 0, false },
	{ "update", "PUT", link_draft, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

static const struct rb_link published_links[] = {
	{ "files", "GET", link_files, &rb_commit_files, RB_CELL_ID, false },
	{ "self", "GET", link_published, NULL, 0, false },
	{ "update", "PUT", link_published, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

const struct rb_resource rb_draft_commits = {
	.item = "draft_commit", .list = "draft_commits", .item_type = "draft-commit", .list_type = "draft-commits",
	.policy = "draft_commit", .list_methods = RB_GET | RB_POST, .item_methods = RB_GET | RB_PUT, .login = true,
	.history = true, .patch = true, .draft = true, .fields = fields, .links = draft_links,
	.get_list = get_list, .get_item = get_item, .query_children = query_children,
	.post = commits_post, .put = put, .conflict = commits_conflict,
};

const struct rb_resource rb_commits = {
	.item = "commit", .list = "commits", .item_type = "commit", .list_type = "commits",
	.policy = "commit", .list_methods = RB_GET, .item_methods = RB_GET | RB_PUT,
	.history = true, .patch = true, .fields = fields, .links = published_links,
	.get_list = get_list, .get_item = get_item, .query_children = query_children, .put = put,
};
