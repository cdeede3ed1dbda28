/* SPDX-License-Identifier: MIT
 *
 * The draft of a review request (reviewboard-api.md, 2.5): one at most; what its owner
 * is about to say.  Whatever changes it makes it, if there is none.  It is published in
 * a transaction behind the one that changes it: what was sent stays, if that fails.  Job thread.
 */
#include "config.h"

#include "worker/reviewboard/drafts.h"

#include "base/arena.h"
#include "worker/reviewboard/publish.h"
#include "worker/reviewboard/requests.h"
#include "worker/reviewboard/targets.h"

#define TABLE "thimble_rb_draft"
#define NO_DRAFT "Review request draft does not exist."
#define NEWLINE "The summary can't contain a newline"
#define CONFLICT "Error publishing: It conflicts with another change that was made at the same time."
#define NOT_PUBLIC "Change descriptions cannot be used for drafts of new review requests"

enum {
	SUMMARY = REQUEST_CELL_FIRST, DESCRIPTION, TESTING_DONE, BRANCH, BUGS, COMMIT_ID, CHANGE, LAST_UPDATED
};

#define COLUMNS "SELECT d.id, d.request_id, t.submitter_id, u.username, d.extra_data, d.summary, d.description, " \
	"d.testing_done, d.branch, d.bugs, d.commit_id, d.change_description, d.last_updated FROM " TABLE " d " \
	"JOIN thimble_rb_request t ON t.id = d.request_id LEFT JOIN auth_user u ON u.id = t.submitter_id "

/* ---- the item ---- */

static const struct rb_field fields[] = {
	{ "branch", rb_put_string, BRANCH, false },
	{ "bugs_closed", rb_put_commas, BUGS, false },
	{ "changedescription", rb_put_string, CHANGE, false },
	{ "changedescription_text_type", rb_put_plain, 0, false },
	{ "commit_id", rb_put_text, COMMIT_ID, false },
	{ "depends_on", targets_put_depends, 0, false },
	{ "description", rb_put_string, DESCRIPTION, false },
	{ "description_text_type", rb_put_plain, 0, false },
	{ "extra_data", rb_put_extra, REQUEST_EXTRA_DATA, false },
	{ "id", rb_put_int, RB_CELL_ID, false },
	{ "last_updated", rb_put_time, LAST_UPDATED, false },
	{ "public", rb_put_false, 0, false },
	{ "summary", rb_put_string, SUMMARY, false },
	{ "target_groups", targets_put_groups, 0, false },
	{ "target_people", targets_put_people, 0, false },
	{ "testing_done", rb_put_string, TESTING_DONE, false },
	{ "testing_done_text_type", rb_put_plain, 0, false },
	{ "text_type", rb_put_null, 0, false },
	{ NULL, NULL, 0, false },
};

static bool
link_titled_request(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	*title_r = rb_cell(row, SUMMARY);
	return requests_link(rb, url, title_r, row);
}

static bool
link_diffs(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)requests_link_draft(rb, url, title_r, row);
	buf_str(url, "diffs/");
	return true;
}

static const struct rb_link links[] = {
	{ "delete", "DELETE", requests_link_draft, NULL, 0, false },
	{ "draft_diffs", "GET", link_diffs, &rb_draft_diffs, RB_CELL_PARENT, false },
	{ "review_request", "GET", link_titled_request, &rb_requests, RB_CELL_PARENT, true },
	{ "self", "GET", requests_link_draft, NULL, 0, false },
	{ "submitter", "GET", requests_link_submitter, &rb_users, REQUEST_SUBMITTER, true },
	{ "update", "PUT", requests_link_draft, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};

static struct sql *
select_draft(struct rb *rb, int64_t request)
{
	struct sql *q = rb_select(rb);

	sql_add(q, COLUMNS "WHERE d.request_id = ");
	sql_int(q, request);
	return q;
}

/* A draft is part of its review request, for the tags. */
static void
tag_rows(struct rb *rb, const struct rows *rows)
{
	rb_tag_table(rb, TABLE);
	for (int i = 0; i < rows->count; i++) {
		rb_tag_object(rb, "thimble_rb_request", rows_int(rows, i, RB_CELL_PARENT));
		rb_tag_object(rb, "auth_user", rows_int(rows, i, REQUEST_SUBMITTER));
	}
}

static enum view_result
get_item(struct rb *rb)
{
	struct rb_request_row *request;
	enum view_result result = rb_find_draft(rb, false, &request);
	struct rows *rows;

	if (result != VIEW_GO_ON)
		return result;
	rows = rb_ask(rb, select_draft(rb, request->id));
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	tag_rows(rb, rows);
	return rows->count > 0 ? rb_respond_item(rb, 200, rows, 0) : rb_not_found(rb, NULL);
}

/* Those that the caller may edit. */
static struct rows *
query_children(struct rb *rb, const int64_t *keys, size_t count)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, COLUMNS "WHERE ");
	if (!rb->user.admin && !rb->user.edits_all)
		rb_add_condition(rb, q, "t.submitter_id = @ AND ");
	sql_add(q, "d.request_id ");
	sql_ids(q, keys, count);
	sql_add(q, " ORDER BY d.request_id");
	rows = rb_ask(rb, q);
	/* those that have none may come to have one */
	for (size_t i = 0; i < count; i++)
		rb_tag_object(rb, "thimble_rb_request", keys[i]);
	if (!rb_flush_reads(rb))
		return NULL;
	tag_rows(rb, rows);
	return rows;
}

/* ---- what a form says ---- */

struct fields_given {
	struct slice summary, description, testing_done, branch, bugs, commit_id, change, extra_data;
};

/* "1, 2,,3" as "1,2,3": no longer than it was. */
static struct slice
clean_bugs(struct rb *rb, struct slice text)
{
	struct buf out = { 0 };
	struct slice piece, clean;

	if (text.p == NULL)
		return text;
	while (slice_cut(&text, ',', &piece)) {
		piece = slice_trim(piece, " \t\r\n");
		if (piece.n == 0)
			continue;
		if (out.len > 0)
			buf_byte(&out, ',');
		buf_slice(&out, piece);
	}
	clean = arena_slice(rb_arena(rb), buf_as_slice(&out));
	buf_fini(&out);
	return clean;
}

/* Notes what is wrong. */
static void
read_fields(struct rb_write *w, struct slice stored_extra, struct fields_given *given)
{
	struct rb *rb = w->rb;

	*given = (struct fields_given){
		.summary = requests_text(rb, "summary", REQUEST_LINE_MAX),
		.description = requests_text(rb, "description", 0),
		.testing_done = requests_text(rb, "testing_done", 0),
		.branch = requests_text(rb, "branch", REQUEST_LINE_MAX),
		.bugs = clean_bugs(rb, requests_text(rb, "bugs_closed", REQUEST_LINE_MAX)),
		.commit_id = requests_text(rb, "commit_id", REQUEST_COMMIT_ID_MAX),
		.change = requests_text(rb, "changedescription", 0),
	};
	if (given->summary.p != NULL && memchr(given->summary.p, '\n', given->summary.n) != NULL)
		rb_field_error(rb, "summary", NEWLINE);
	if (given->change.p != NULL && !w->request->is_public)
		rb_field_error(rb, "changedescription", NOT_PUBLIC);
	(void)rb_extra_data(rb, stored_extra, &given->extra_data);
}

/* Appends ", column = value" for a field that was sent. */
static void
add_change(struct sql *q, const char *column, struct slice value)
{
	if (value.p == NULL)
		return;
	sql_addf(q, ", %s = ", column);
	sql_string(q, value);
}

static void
save_fields(struct rb_write *w, const struct fields_given *given)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "UPDATE " TABLE " SET last_updated = ");
	sql_int(q, w->now);
	add_change(q, "summary", given->summary);
	add_change(q, "description", given->description);
	add_change(q, "testing_done", given->testing_done);
	add_change(q, "branch", given->branch);
	add_change(q, "bugs", given->bugs);
	add_change(q, "change_description", given->change);
	add_change(q, "extra_data", given->extra_data);
	if (given->commit_id.p != NULL) {
		sql_add(q, ", commit_id = ");
		sql_string(q, given->commit_id.n > 0 ? given->commit_id : SLICE_NONE);
	}
	sql_add(q, " WHERE request_id = ");
	sql_int(q, w->request->id);
	(void)rb_query(w, q);
	written_object(&w->written, TABLE, w->request->id);
}

/* ---- POST and PUT ---- */

void
drafts_insert(struct rb_write *w, int64_t request)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO " TABLE " (request_id, summary, description, testing_done, branch, bugs, commit_id, "
	    "change_description, extra_data, last_updated) SELECT t.id, t.summary, t.description, t.testing_done, t.branch, "
	    "t.bugs, t.commit_id, '', t.extra_data, ");
	sql_int(q, w->now);
	sql_add(q, " FROM thimble_rb_request t WHERE t.id = ");
	sql_int(q, request);
	(void)rb_query(w, q);
	written_collection(&w->written, TABLE, request, 0);
}

void
drafts_make(struct rb_write *w)
{
	drafts_insert(w, w->request->id);
	targets_copy(w, w->request->id);
}

/* There is a draft, as it was before, in *rows_r.  VIEW_GO_ON, or it is answered. */
static enum view_result
begin(struct rb_write *w, struct targets_change *targets, struct rows **rows_r, struct rows **taken_r)
{
	struct rb *rb = w->rb;
	struct slice commit_id = rb_text(rb, "commit_id");

	if (w->request->draft == 0)
		drafts_make(w);
	/* what is discarded is open again when somebody goes on with it */
	if (rb->v->request->method == METHOD_POST && w->request->status == 'D' && !requests_set_status(w, 'P', SLICE_NONE))
		return VIEW_ANSWERED;
	*rows_r = rb_query(w, select_draft(rb, w->request->id));
	targets_begin(w, targets);
	*taken_r = requests_query_taken(rb, w->request->repository, commit_id, w->request->id);
	return rb_flush(w) ? VIEW_GO_ON : VIEW_STORE;
}

static enum view_result
change(struct rb_write *w)
{
	struct rb *rb = w->rb;
	struct targets_change *targets = arena_zalloc(rb_arena(rb), sizeof(*targets));
	struct fields_given given;
	struct rows *rows, *taken;
	enum view_result result = begin(w, targets, &rows, &taken);

	if (result != VIEW_GO_ON)
		return result;
	read_fields(w, rows_get(rows, 0, REQUEST_EXTRA_DATA), &given);
	targets_check(rb, targets);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	if (taken != NULL && taken->count > 0)
		return requests_fail_taken(rb, rows_int(taken, 0, 0));
	save_fields(w, &given);
	targets_save(w, targets);
	rows = rb_query(w, select_draft(rb, w->request->id));
	if (!rb_flush(w))
		return VIEW_STORE;
	(void)rb_respond_item(rb, rb->v->request->method == METHOD_POST ? 201 : 200, rows, 0);
	return VIEW_GO_ON;
}

/* The answer shows the draft as it was. */
static enum view_result
publish(struct rb_write *w)
{
	struct rows *rows;

	if (w->request->draft == 0)
		return rb_not_found(w->rb, NO_DRAFT);
	rows = rb_query(w, select_draft(w->rb, w->request->id));
	if (!rb_flush(w))
		return VIEW_STORE;
	(void)rb_respond_item(w->rb, w->rb->v->request->method == METHOD_POST ? 201 : 200, rows, 0);
	return rb_publish(w);
}

/* Says what refused to be published: most likely another RR that has taken the commit id since the draft named it. */
static enum view_result
explain(struct rb_write *w)
{
	struct sql *q = rb_sql(w);
	struct rows *rows;

	sql_add(q, "SELECT t.id FROM thimble_rb_request t JOIN " TABLE " d ON d.commit_id = t.commit_id "
	    "WHERE t.id <> d.request_id AND d.request_id = ");
	sql_int(q, w->request->id);
	sql_add(q, " AND t.repository_id = ");
	sql_int(q, w->request->repository);
	rows = rb_query(w, q);
	if (!rb_flush(w))
		return VIEW_STORE;
	return rows->count > 0 ? requests_fail_taken(w->rb, rows_int(rows, 0, 0)) : rb_fail_message(w->rb, 225, CONFLICT);
}

static enum view_result
put(struct rb *rb)
{
	enum view_result result = rb_write_run(rb, change, NULL);
	bool refused = false;

	/* a second one, as the fields stay when it fails */
	if (result != VIEW_GO_ON || !rb_true(rb_text(rb, "public")))
		return result;
	rb->own = &refused;
	result = rb_write_run(rb, publish, NULL);
	if (refused)
		result = rb_write_run(rb, explain, NULL);
	rb->own = NULL;
	return result;
}

static enum view_result
conflict(struct rb *rb)
{
	bool *refused = rb->own;

	if (refused != NULL)
		*refused = true;
	return rb_fail_message(rb, 225, CONFLICT);
}

/* ---- DELETE ---- */

static void
delete_from(struct rb_write *w, const char *table, const char *condition)
{
	struct sql *q = rb_sql(w);

	sql_addf(q, "DELETE FROM %s WHERE request_id = ", table);
	sql_int(q, w->request->id);
	sql_addf(q, "%s", condition);
	(void)rb_query(w, q);
}

static enum view_result
discard(struct rb_write *w)
{
	int64_t request = w->request->id, diffset = w->request->draft_diffset;

	if (w->request->draft == 0)
		return rb_not_found(w->rb, NULL);
	delete_from(w, "thimble_rb_diffset", " AND NOT published");
	delete_from(w, "thimble_rb_target", " AND draft");
	delete_from(w, TABLE, "");
	written_collection(&w->written, TABLE, request, 0);
	written_collection(&w->written, "thimble_rb_target", request, 0);
	if (diffset != 0) {
		written_collection(&w->written, "thimble_rb_diffset", diffset, request);
		written_collection(&w->written, "thimble_rb_commit", diffset, 0);
		written_collection(&w->written, "thimble_rb_file", diffset, 0);
	}
	(void)rb_respond_nothing(w->rb);
	return VIEW_GO_ON;
}

static enum view_result
discard_draft(struct rb *rb)
{
	return rb_write_run(rb, discard, NULL);
}

const struct rb_resource rb_draft = {
	.item = "draft", .item_type = "review-request-draft", .policy = "review_request_draft",
	.item_methods = RB_GET | RB_POST | RB_PUT | RB_DELETE, .login = true, .fields = fields, .links = links,
	.get_item = get_item, .load = targets_load_drafts, .query_children = query_children,
	.post = put, .put = put, .remove = discard_draft, .conflict = conflict,
};
