/* SPDX-License-Identifier: MIT
 *
 * See diffsets.h (reviewboard-api.md, 2.7 and 2.8).  A draft has at most one diff set; posting
 * another throws it away, with its commits and files.  Its revision is given
 * when it is made and stays when it is published.
 */
#include "config.h"

#include "worker/reviewboard/diffsets.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/checks.h"
#include "proto/text.h"
#include "worker/reviewboard/drafts.h"
#include "worker/reviewboard/rbdiff.h"
#include "worker/reviewboard/requests.h"

enum {
	CELL_REVISION = RB_CELL_FIRST, CELL_NAME, CELL_BASEDIR, CELL_BASE_COMMIT_ID, CELL_CHANGED, CELL_EXTRA_DATA,
	CELL_COMMITS, CELL_REPOSITORY, CELL_REPOSITORY_NAME
};

static const char select_diffsets[] =
    "SELECT d.id, d.request_id, d.revision, d.name, d.basedir, d.base_commit_id, d.changed, d.extra_data, "
    "(SELECT COUNT(*) FROM thimble_rb_commit c WHERE c.diffset_id = d.id), d.repository_id, p.name "
    "FROM thimble_rb_diffset d LEFT JOIN thimble_rb_repository p ON p.id = d.repository_id";

#define ONLY_EMPTY "This review request was created with support for multiple commits.\n\n" \
	"Create an empty diff revision and upload commits to that instead."

/* ---- for the resources below ---- */

void
diffsets_put_url(const struct rb *rb, struct buf *url, int64_t request, int64_t revision, bool draft)
{
	requests_put_url(rb, url, request);
	buf_printf(url, "%sdiffs/%lld/", draft ? "draft/" : "", (long long)revision);
}

bool
diffsets_have_history(const struct rb *rb)
{
	return rb->v->service->settings->reviewboard.history;
}

static enum view_result
find_published(struct rb *rb, struct diffsets_place *place)
{
	enum view_result result = rb_find_readable(rb, &place->request);
	struct rows *rows;
	struct sql *q;

	if (result != VIEW_GO_ON)
		return result;
	q = rb_select(rb);
	sql_add(q, "SELECT id FROM thimble_rb_diffset WHERE published AND request_id = ");
	sql_int(q, place->request->id);
	sql_add(q, " AND revision = ");
	sql_int(q, rb->revision);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	rb_tag_collection(rb, "thimble_rb_diffset", place->request->id);
	if (rows->count == 0)
		return rb_not_found(rb, NULL);
	place->diffset = rows_int(rows, 0, 0);
	return VIEW_GO_ON;
}

enum view_result
diffsets_find(struct rb *rb, struct diffsets_place *place_r)
{
	bool draft = rb->resource->draft;
	enum view_result result;

	*place_r = (struct diffsets_place){ 0 };
	result = draft ? rb_find_draft(rb, true, &place_r->request) : find_published(rb, place_r);
	if (result != VIEW_GO_ON)
		return result;
	if (draft)
		place_r->diffset = place_r->request->draft_diffset;
	place_r->row = place_r->diffset;
	rb_tag_object(rb, "thimble_rb_diffset", place_r->diffset);
	return VIEW_GO_ON;
}

/* ---- extra_data ---- */

struct extra_change {
	const struct diffsets_extra *extra;
	struct diffsets_place place;
};

static enum view_result
change_extra(struct rb_write *w)
{
	const struct extra_change *change = w->own;
	const struct diffsets_extra *extra = change->extra;
	struct rb *rb = w->rb;
	struct rows *rows = rb_query(w, extra->select(rb, change->place.row));
	struct slice result;
	struct sql *q;

	if (!rb_flush(w))
		return VIEW_STORE;
	if (rows->count == 0)
		return rb_not_found(rb, NULL);
	if (!rb_extra_data(rb, rows_get(rows, 0, extra->cell), &result))
		return rb_fail_fields(rb);
	q = rb_sql(w);
	sql_addf(q, "UPDATE %s SET extra_data = ", extra->table);
	sql_string(q, result);
	if (extra->touched) {
		sql_add(q, ", changed = ");
		sql_int(q, w->now);
	}
	sql_add(q, " WHERE id = ");
	sql_int(q, change->place.row);
	(void)rb_query(w, q);
	rows = rb_query(w, extra->select(rb, change->place.row));
	if (!rb_flush(w))
		return VIEW_STORE;
	written_object(&w->written, "thimble_rb_diffset", change->place.diffset);
	written_object(&w->written, "thimble_rb_request", w->request->id);
	return rb_respond_item(rb, 200, rows, 0) == VIEW_ANSWERED ? VIEW_GO_ON : VIEW_STORE;
}

enum view_result
diffsets_put_extra(struct rb *rb, const struct diffsets_extra *extra)
{
	struct extra_change change = { .extra = extra };
	enum view_result result = extra->find(rb, &change.place);

	if (result != VIEW_GO_ON)
		return result;
	if (!rb_may_edit(rb, change.place.request))
		return rb_forbidden(rb);
	return rb_write_run(rb, change_extra, &change);
}

/* ---- fields of forms ---- */

static bool
is_alphanumeric(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}

struct slice
diffsets_text(struct rb *rb, const char *field, size_t most, bool is_id)
{
	struct slice text = rb_text(rb, field);

	if (text.p == NULL || text_strip(text).n == 0)
		return SLICE_NONE;
	rb_check_length(rb, field, text, most);
	if (is_id && !is_alphanumeric(text))
		rb_field_error(rb, field, "Commits must be alphanumeric.");
	return text;
}

struct slice
diffsets_required(struct rb *rb, const char *field, size_t most, bool is_id)
{
	struct slice text = diffsets_text(rb, field, most, is_id);

	if (text.p == NULL)
		rb_field_error(rb, field, DIFFSETS_REQUIRED);
	return text;
}

struct slice
diffsets_file_name(struct rb *rb, const struct upload_file *file)
{
	struct buf name = { 0 };
	struct slice rest = file->filename, result;

	for (size_t n, count = 0; rest.n > 0 && count < DIFFSETS_NAME_MAX; rest = slice_from(rest, n), count++) {
		uint32_t code = utf8_decode(rest, &n);

		if (code != 0)
			utf8_encode(&name, code);
	}
	result = arena_slice(rb_arena(rb), buf_as_slice(&name));
	buf_fini(&name);
	return result;
}

/* ---- reads ---- */

static struct sql *
select_diffset(struct rb *rb, int64_t diffset)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, select_diffsets);
	sql_add(q, " WHERE d.id = ");
	sql_int(q, diffset);
	return q;
}

struct rows *
diffsets_query(struct rb_write *w, int64_t diffset)
{
	return rb_query(w, select_diffset(w->rb, diffset));
}

static void
tag_rows(struct rb *rb, const struct rows *rows)
{
	rb_tag_table(rb, "thimble_rb_commit");
	for (int i = 0; i < rows->count; i++) {
		rb_tag_object(rb, "thimble_rb_diffset", rows_int(rows, i, RB_CELL_ID));
		rb_tag_object(rb, "thimble_rb_repository", rows_int(rows, i, CELL_REPOSITORY));
	}
}

/* Those of review requests, or of their drafts. */
static void
add_which(struct sql *q, const int64_t *requests, size_t count, bool draft)
{
	sql_add(q, draft ? " WHERE NOT d.published AND d.request_id " : " WHERE d.published AND d.request_id ");
	sql_ids(q, requests, count);
}

static enum view_result
get_list(struct rb *rb)
{
	struct sql *total = rb_select(rb), *list = rb_select(rb);
	bool draft = rb->resource->draft;
	struct rb_request_row *request;
	enum view_result result = draft ? rb_find_draft(rb, false, &request) : rb_find_readable(rb, &request);
	struct rb_found found;

	if (result != VIEW_GO_ON)
		return result;
	sql_add(total, "SELECT COUNT(*) FROM thimble_rb_diffset d");
	add_which(total, &request->id, 1, draft);
	sql_add(list, select_diffsets);
	add_which(list, &request->id, 1, draft);
	sql_add(list, " ORDER BY d.revision");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	rb_tag_collection(rb, "thimble_rb_diffset", request->id);
	if (found.rows != NULL)
		tag_rows(rb, found.rows);
	return rb_respond_found(rb, &found);
}

static enum view_result
respond_patch(struct rb *rb, const struct rb_request_row *request, const struct rows *item)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, "SELECT f.diff FROM thimble_rb_file f WHERE f.commit_row IS NULL AND f.diffset_id = ");
	sql_int(q, rows_int(item, 0, RB_CELL_ID));
	sql_add(q, " ORDER BY f.place");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	rb_tag_table(rb, "thimble_rb_file");
	return rb_respond_patch(rb, rows, 0, slice_str(arena_printf(rb_arena(rb), "rb%lld.patch", (long long)request->id)),
	    rows_int(item, 0, CELL_CHANGED));
}

static enum view_result
get_item(struct rb *rb)
{
	struct diffsets_place place;
	enum view_result result = diffsets_find(rb, &place);
	struct rows *rows;

	if (result != VIEW_GO_ON)
		return result;
	rows = rb_ask(rb, select_diffset(rb, place.diffset));
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count == 0)
		return rb_not_found(rb, NULL);
	tag_rows(rb, rows);
	if (rb->format == RB_FORMAT_PATCH)
		return respond_patch(rb, place.request, rows);
	rb_set_modified(rb, rows_int(rows, 0, CELL_CHANGED));
	return rb_respond_item(rb, 200, rows, 0);
}

static struct rows *
query_children(struct rb *rb, const int64_t *requests, size_t count, bool draft)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, select_diffsets);
	add_which(q, requests, count, draft);
	/* a draft is for those who may edit it, wherever it is asked for */
	if (draft && !rb->user.admin && !rb->user.edits_all) {
		sql_add(q, " AND EXISTS (SELECT 1 FROM thimble_rb_request r WHERE r.id = d.request_id AND r.submitter_id = ");
		sql_int(q, rb->user.id);
		sql_add(q, ")");
	}
	sql_add(q, " ORDER BY d.request_id, d.revision");
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return NULL;
	for (size_t i = 0; i < count; i++)
		rb_tag_collection(rb, "thimble_rb_diffset", requests[i]);
	tag_rows(rb, rows);
	return rows;
}

static struct rows *
query_draft_children(struct rb *rb, const int64_t *requests, size_t count)
{
	return query_children(rb, requests, count, true);
}

static struct rows *
query_published_children(struct rb *rb, const int64_t *requests, size_t count)
{
	return query_children(rb, requests, count, false);
}

/* ---- a new one ---- */

struct making {
	struct slice base, basedir, name;
	struct rbdiff_pair pair;	/* of a squashed diff */
};

/* The diff set that there is in the draft goes, and all that is in it. */
static void
drop_diffset(struct rb_write *w, int64_t diffset)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "DELETE FROM thimble_rb_diffset WHERE id = ");
	sql_int(q, diffset);
	(void)rb_query(w, q);
	written_collection(&w->written, "thimble_rb_diffset", diffset, w->request->id);
	written_collection(&w->written, "thimble_rb_commit", diffset, 0);
	written_collection(&w->written, "thimble_rb_file", diffset, 0);
}

static struct rows *
insert_diffset(struct rb_write *w, const struct making *making)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO thimble_rb_diffset (request_id, repository_id, revision, published, finalized, base_commit_id, "
	    "name, basedir, extra_data, changed) VALUES (");
	sql_int(q, w->request->id);
	rb_add_int(q, w->request->repository);
	rb_add_int(q, w->request->published + 1);
	sql_add(q, ", ");
	sql_bool(q, false);
	sql_add(q, ", ");
	/* only a series of commits has to be finalised */
	sql_bool(q, !w->request->with_history);
	rb_add_text(q, making->base);
	rb_add_text(q, making->name);
	rb_add_text(q, making->basedir);
	rb_add_text(q, SLICE(""));
	rb_add_int(q, w->now);
	sql_add(q, ") RETURNING id");
	return rb_query(w, q);
}

static enum view_result
make(struct rb_write *w)
{
	const struct making *making = w->own;
	struct rows *rows;
	int64_t diffset;

	if (w->request->draft == 0)
		drafts_make(w);
	if (w->request->draft_diffset != 0)
		drop_diffset(w, w->request->draft_diffset);
	rows = insert_diffset(w, making);
	if (!rb_flush(w))
		return VIEW_STORE;
	diffset = rows_int(rows, 0, 0);
	written_collection(&w->written, "thimble_rb_diffset", diffset, w->request->id);
	written_object(&w->written, "thimble_rb_request", w->request->id);
	if (!rbdiff_insert(w, diffset, 0, &making->pair))
		return VIEW_STORE;
	rows = diffsets_query(w, diffset);
	if (!rb_flush(w))
		return VIEW_STORE;
	return rb_respond_item_of(w->rb, 201, &rb_draft_diffs, rows, 0) == VIEW_ANSWERED ? VIEW_GO_ON : VIEW_STORE;
}

/* What a review request without history takes: one diff. */
static enum view_result
read_squashed(struct rb *rb, const struct rb_request_row *request, struct making *making)
{
	struct rbdiff_upload upload = {
		.diff = upload_file(&rb->form, "path"), .parent = upload_file(&rb->form, "parent_diff_path"),
		.field = "path", .parent_field = "parent_diff_path", .git_dir = request->git_dir,
	};

	if (upload.diff == NULL)
		rb_field_error(rb, "path", DIFFSETS_REQUIRED);
	rbdiff_note_empty(rb, upload.diff);
	rbdiff_note_empty(rb, upload.parent);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	making->name = diffsets_file_name(rb, upload.diff);
	return rbdiff_accept(rb, &upload, &making->pair);
}

static enum view_result
post(struct rb *rb)
{
	struct making making = { .name = SLICE("diff"), .basedir = SLICE("") };
	struct rb_request_row *request;
	enum view_result result = rb_find_request(rb, &request);
	struct slice basedir;

	if (result != VIEW_GO_ON)
		return result;
	if (!rb_may_edit(rb, request))
		return rb_forbidden(rb);
	if (request->repository == 0)
		return rb_fail_reason(rb, 102, DIFFSETS_NO_REPOSITORY);
	if (request->with_history && upload_file(&rb->form, "path") != NULL)
		return rb_fail_fields_reason(rb, ONLY_EMPTY);
	making.base = diffsets_text(rb, "base_commit_id", DIFFSETS_ID_MAX, true);
	basedir = diffsets_text(rb, "basedir", DIFFSETS_NAME_MAX, false);
	if (basedir.p != NULL)
		making.basedir = basedir;
	result = VIEW_GO_ON;
	if (!request->with_history)
		result = read_squashed(rb, request, &making);
	else if (rb_has_errors(rb))
		result = rb_fail_fields(rb);
	return result == VIEW_GO_ON ? rb_write_run(rb, make, &making) : result;
}

/* ---- PUT ---- */

enum view_result
diffsets_put(struct rb *rb)
{
	static const struct diffsets_extra extra = {
		.table = "thimble_rb_diffset", .find = diffsets_find, .select = select_diffset, .cell = CELL_EXTRA_DATA,
	};

	return diffsets_put_extra(rb, &extra);
}

/* ---- tables ---- */

static bool
put_self(struct rb *rb, struct buf *url, struct rb_row row, bool draft, const char *below)
{
	diffsets_put_url(rb, url, rb_cell_int(row, RB_CELL_PARENT), rb_cell_int(row, CELL_REVISION), draft);
	buf_str(url, below);
	return true;
}

static bool
link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, true, "");
}

static bool
link_draft_commits(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return diffsets_have_history(rb) && put_self(rb, url, row, true, "draft-commits/");
}

static bool
link_draft_files(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, true, "files/");
}

static bool
link_published(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, false, "");
}

static bool
link_commits(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return diffsets_have_history(rb) && put_self(rb, url, row, false, "commits/");
}

static bool
link_files(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	return put_self(rb, url, row, false, "files/");
}

static bool
link_repository(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	*title_r = rb_cell(row, CELL_REPOSITORY_NAME);
	/* there are none directly below "/api/" */
	buf_slice(url, rb->site);
	buf_printf(url, "api/repositories/%lld/", (long long)rb_cell_int(row, CELL_REPOSITORY));
	return title_r->p != NULL;
}

static const struct rb_field fields[] = {
	{ "base_commit_id", rb_put_text, CELL_BASE_COMMIT_ID },
	{ "basedir", rb_put_string, CELL_BASEDIR },
	{ "commit_count", rb_put_int, CELL_COMMITS, true },
	{ "extra_data", rb_put_extra, CELL_EXTRA_DATA },
	{ "id", rb_put_int, RB_CELL_ID },
	{ "name", rb_put_string, CELL_NAME },
	{ "revision", rb_put_int, CELL_REVISION },
	{ "timestamp", rb_put_time, CELL_CHANGED },
	{ NULL, NULL, 0 }
};

static const struct rb_link draft_links[] = {
	{ "draft_commits", "GET", link_draft_commits, &rb_draft_commits, RB_CELL_ID, false },
	{ "draft_files", "GET", link_draft_files, &rb_draft_files, RB_CELL_ID, false },
	{ "repository", "GET", link_repository, &rb_repositories, CELL_REPOSITORY, true },
	{ "self", "GET", link_draft, NULL, 0, false },
	{ "update", "PUT", link_draft, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

static const struct rb_link published_links[] = {
	{ "commits", "GET", link_commits, &rb_commits, RB_CELL_ID, false },
	{ "files", "GET", link_files, &rb_files, RB_CELL_ID, false },
	{ "repository", "GET", link_repository, &rb_repositories, CELL_REPOSITORY, true },
	{ "self", "GET", link_published, NULL, 0, false },
	{ "update", "PUT", link_published, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false }
};

const struct rb_resource rb_draft_diffs = {
	.item = "diff", .list = "diffs", .item_type = "diff", .list_type = "diffs", .policy = "draft_diff",
	.list_methods = RB_GET | RB_POST, .item_methods = RB_GET | RB_PUT, .login = true, .patch = true, .draft = true,
	.fields = fields, .links = draft_links,
	.get_list = get_list, .get_item = get_item, .query_children = query_draft_children,
	.post = post, .put = finalize_put,
};

const struct rb_resource rb_diffs = {
	.item = "diff", .list = "diffs", .item_type = "diff", .list_type = "diffs", .policy = "diff",
	.list_methods = RB_GET | RB_POST, .item_methods = RB_GET | RB_PUT, .patch = true,
	.fields = fields, .links = published_links,
	.get_list = get_list, .get_item = get_item, .query_children = query_published_children,
	.post = post, .put = diffsets_put,
};
