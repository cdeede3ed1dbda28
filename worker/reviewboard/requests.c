/* SPDX-License-Identifier: MIT
 *
 * Review requests (reviewboard-api.md, 2.4).  What they say, whom they are for
 * and their diffs change through their draft (drafts.c) only; here they are made, shown,
 * closed and opened again.  Job thread.
 */
#include "config.h"

#include "worker/reviewboard/requests.h"

#include "base/arena.h"
#include "base/settings.h"
#include "worker/reviewboard/filters.h"
#include "worker/reviewboard/publish.h"
#include "worker/reviewboard/repositories.h"
#include "worker/reviewboard/targets.h"

#define TABLE "thimble_rb_request"
#define NOT_APPROVED "The review request has not been marked \"Ship It!\""
#define NOT_PUBLIC "Error publishing: The draft must be public first."

enum {
	SUBMITTER = RB_CELL_FIRST, SUBMITTER_NAME, REPOSITORY, REPOSITORY_NAME, IS_PUBLIC, STATUS, WITH_HISTORY, COMMIT_ID,
	SUMMARY, DESCRIPTION, TESTING_DONE, BRANCH, BUGS, CLOSE_DESCRIPTION, EXTRA, TIME_ADDED, LAST_UPDATED, LATEST
};

#define COLUMNS "SELECT t.id, t.id, t.submitter_id, u.username, t.repository_id, r.name, t.is_public, t.status, " \
	"t.with_history, t.commit_id, t.summary, t.description, t.testing_done, t.branch, t.bugs, t.close_description, " \
	"t.extra_data, t.time_added, t.last_updated, " \
	"(SELECT max(s.revision) FROM thimble_rb_diffset s WHERE s.request_id = t.id AND s.published)"
#define FROM " FROM " TABLE " t LEFT JOIN auth_user u ON u.id = t.submitter_id " \
	"LEFT JOIN thimble_rb_repository r ON r.id = t.repository_id "

/* ---- the item ---- */

static void
put_status(struct rb *rb, struct rb_row row, int cell)
{
	struct slice status = rb_cell(row, cell);

	json_string(rb_json(rb), slice_is(status, "S") ? SLICE("submitted") : slice_is(status, "D") ? SLICE("discarded") :
	    SLICE("pending"));
}

static void
put_not_approved(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_string(rb_json(rb), SLICE(NOT_APPROVED));
}

static void
put_url(struct rb *rb, struct rb_row row, int cell)
{
	struct json *j = rb_json(rb);
	struct slice prefix = slice_str(rb->v->service->settings->reviewboard.prefix);

	json_string_begin(j);
	buf_slice(j->out, prefix);
	buf_printf(j->out, "/r/%lld/", (long long)rb_cell_int(row, cell));
	json_string_end(j);
}

static void
put_absolute_url(struct rb *rb, struct rb_row row, int cell)
{
	struct json *j = rb_json(rb);

	json_string_begin(j);
	buf_slice(j->out, rb->site);
	buf_printf(j->out, "r/%lld/", (long long)rb_cell_int(row, cell));
	json_string_end(j);
}

static const struct rb_field fields[] = {
	{ "absolute_url", put_absolute_url, RB_CELL_ID, false },
	{ "approval_failure", put_not_approved, 0, false },
	{ "approved", rb_put_false, 0, false },
	{ "blocks", targets_put_blocks, 0, false },
	{ "branch", rb_put_string, BRANCH, false },
	{ "bugs_closed", rb_put_commas, BUGS, false },
	{ "changenum", rb_put_null, 0, false },
	{ "close_description", rb_put_string, CLOSE_DESCRIPTION, false },
	{ "close_description_text_type", rb_put_plain, 0, false },
	{ "commit_id", rb_put_text, COMMIT_ID, false },
	{ "created_with_history", rb_put_bool, WITH_HISTORY, true },
	{ "depends_on", targets_put_depends, 0, false },
	{ "description", rb_put_string, DESCRIPTION, false },
	{ "description_text_type", rb_put_plain, 0, false },
	{ "extra_data", rb_put_extra, EXTRA, false },
	{ "id", rb_put_int, RB_CELL_ID, false },
	{ "issue_dropped_count", rb_put_zero, 0, false },
	{ "issue_open_count", rb_put_zero, 0, false },
	{ "issue_resolved_count", rb_put_zero, 0, false },
	{ "issue_verifying_count", rb_put_zero, 0, false },
	{ "last_updated", rb_put_time, LAST_UPDATED, false },
	{ "public", rb_put_bool, IS_PUBLIC, false },
	{ "ship_it_count", rb_put_zero, 0, false },
	{ "status", put_status, STATUS, false },
	{ "summary", rb_put_string, SUMMARY, false },
	{ "target_groups", targets_put_groups, 0, false },
	{ "target_people", targets_put_people, 0, false },
	{ "testing_done", rb_put_string, TESTING_DONE, false },
	{ "testing_done_text_type", rb_put_plain, 0, false },
	{ "text_type", rb_put_null, 0, false },
	{ "time_added", rb_put_time, TIME_ADDED, false },
	{ "url", put_url, RB_CELL_ID, false },
	{ NULL, NULL, 0, false },
};

static bool
link_self(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	buf_slice(url, rb->api);
	buf_printf(url, "review-requests/%lld/", (long long)rb_cell_int(row, RB_CELL_ID));
	return true;
}

static bool
link_diffs(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)link_self(rb, url, title_r, row);
	buf_str(url, "diffs/");
	return true;
}

static bool
link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)link_self(rb, url, title_r, row);
	buf_str(url, "draft/");
	return true;
}

static bool
link_latest_diff(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	if (rb_cell(row, LATEST).p == NULL)
		return false;
	(void)link_diffs(rb, url, title_r, row);
	buf_printf(url, "%lld/", (long long)rb_cell_int(row, LATEST));
	return true;
}

static bool
link_repository(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	if (rb_cell(row, REPOSITORY_NAME).p == NULL)
		return false;
	buf_slice(url, rb->api);
	buf_printf(url, "repositories/%lld/", (long long)rb_cell_int(row, REPOSITORY));
	*title_r = rb_cell(row, REPOSITORY_NAME);
	return true;
}

static bool
link_submitter(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	if (rb_cell(row, SUBMITTER_NAME).p == NULL)
		return false;
	targets_put_user_url(rb, url, rb_cell(row, SUBMITTER_NAME));
	*title_r = rb_cell(row, SUBMITTER_NAME);
	return true;
}

static const struct rb_link links[] = {
	{ "diffs", "GET", link_diffs, &rb_diffs, 0, false },
	{ "draft", "GET", link_draft, &rb_draft, 0, false },
	{ "latest_diff", "GET", link_latest_diff, NULL, 0, false },
	{ "repository", "GET", link_repository, &rb_repositories, REPOSITORY, true },
	{ "self", "GET", link_self, NULL, 0, false },
	{ "submitter", "GET", link_submitter, &rb_users, SUBMITTER, true },
	{ "update", "PUT", link_self, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};

/* What the rows show besides what targets.c does. */
static void
tag_rows(struct rb *rb, const struct rows *rows)
{
	rb_tag_table(rb, "thimble_rb_diffset");
	for (int i = 0; i < rows->count; i++) {
		rb_tag_object(rb, TABLE, rows_int(rows, i, RB_CELL_ID));
		rb_tag_object(rb, "auth_user", rows_int(rows, i, SUBMITTER));
		if (!rows_null(rows, i, REPOSITORY))
			rb_tag_object(rb, "thimble_rb_repository", rows_int(rows, i, REPOSITORY));
	}
}

static struct sql *
select_item(struct rb *rb, int64_t id)
{
	struct sql *q = rb_select(rb);

	sql_add(q, COLUMNS FROM "WHERE t.id = ");
	sql_int(q, id);
	return q;
}

static enum view_result
get_item(struct rb *rb)
{
	struct rows *decides = rb_query_request(rb), *rows = rb_ask(rb, select_item(rb, rb->request));
	struct rb_request_row *request;

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	request = rb_request_of(rb, decides);
	if (request == NULL || rows->count == 0)
		return rb_not_found(rb, NULL);
	if (!rb_may_read(rb, request))
		return rb_forbidden(rb);
	tag_rows(rb, rows);
	return rb_respond_item(rb, 200, rows, 0);
}

/* ---- the list ---- */

enum { ALL = 'A', NO_STATUS = 0 };

/* The letter of a status that a client names, ALL, or NO_STATUS. */
static char
status_of(struct slice text)
{
	static const struct { const char *name; char status; } names[] = {
		{ "pending", 'P' }, { "submitted", 'S' }, { "discarded", 'D' },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(text, names[i].name))
			return names[i].status;
	return slice_is(text, "all") ? ALL : NO_STATUS;
}

struct filters {
	struct slice from, to, branch, commit_id;
	int64_t repository;		/* 0: any */
	char status;
	bool all_unpublished;
};

/* False: something is wrong, and noted. */
static bool
read_filters(struct rb *rb, struct filters *f)
{
	const struct uri_query *query = &rb->v->query;
	struct slice status = uri_query_last(query, "status"), repository = uri_query_last(query, "repository");
	uint64_t number = 0;

	*f = (struct filters){
		.from = uri_query_last(query, "from-user"),
		.to = uri_query_last(query, "to-users"),
		.branch = uri_query_last(query, "branch"),
		.commit_id = uri_query_last(query, "commit-id"),
		.status = status.p == NULL ? 'P' : status_of(status),
		.all_unpublished = rb->user.admin && rb_true(uri_query_last(query, "show-all-unpublished")),
	};
	if (f->status == NO_STATUS)
		rb_field_error(rb, "status", arena_printf(rb_arena(rb), "\"%.*s\" is not a valid status", SLICE_ARG(status)));
	if (repository.p != NULL && slice_uint(repository, INT64_MAX, &number) != 0)
		rb_field_error(rb, "repository", arena_printf(rb_arena(rb), "\"%.*s\" is not an integer", SLICE_ARG(repository)));
	f->repository = repository.p != NULL && number == 0 ? -1 : (int64_t)number;
	return !rb_has_errors(rb);
}

static void
add_equal(struct sql *q, const char *column, struct slice value)
{
	if (value.p == NULL)
		return;
	sql_addf(q, " AND %s = ", column);
	sql_string(q, value);
}

static void
add_filters(struct rb *rb, struct sql *q, const struct filters *f)
{
	sql_add(q, "(");
	rb_add_readable(rb, q, f->all_unpublished);
	sql_add(q, ")");
	if (f->status != ALL)
		sql_addf(q, " AND t.status = '%c'", f->status);
	if (f->repository != 0) {
		sql_add(q, " AND t.repository_id = ");
		sql_int(q, f->repository);
	}
	if (f->from.p != NULL) {
		sql_add(q, " AND t.submitter_id IN (SELECT f.id FROM auth_user f WHERE f.username = ");
		sql_string(q, f->from);
		sql_add(q, ")");
	}
	if (f->to.p != NULL) {
		sql_add(q, " AND EXISTS (SELECT 1 FROM thimble_rb_target p JOIN auth_user f ON f.id = p.target_id "
		    "WHERE p.request_id = t.id AND p.kind = 'P' AND NOT p.draft AND ");
		filters_add_names(q, "f.username", f->to);
		sql_add(q, ")");
	}
	add_equal(q, "t.branch", f->branch);
	add_equal(q, "t.commit_id", f->commit_id);
}

static void
tag_list(struct rb *rb, const struct filters *f)
{
	static const char *const columns[] = { "is_public", "submitter_id", "repository_id", "last_updated" };

	rb_tag_collection(rb, TABLE, 0);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		rb_tag_column(rb, TABLE, columns[i]);
	if (f->status != ALL)
		rb_tag_column(rb, TABLE, "status");
	if (f->branch.p != NULL)
		rb_tag_column(rb, TABLE, "branch");
	if (f->commit_id.p != NULL)
		rb_tag_column(rb, TABLE, "commit_id");
	if (f->to.p != NULL)
		targets_tag(rb);
	if (f->to.p != NULL || f->from.p != NULL) {
		rb_tag_collection(rb, "auth_user", 0);
		rb_tag_column(rb, "auth_user", "username");
	}
	/* whether a repository may be seen; who is on its list is in auth:USER */
	rb_tag_collection(rb, "thimble_rb_repository", 0);
	rb_tag_column(rb, "thimble_rb_repository", "is_public");
	rb_tag_table(rb, "thimble_rb_access");
}

static enum view_result
get_list(struct rb *rb)
{
	struct filters f;
	struct rows *total, *rows = NULL;
	struct sql *q;

	if (!read_filters(rb, &f))
		return rb_fail_fields(rb);
	tag_list(rb, &f);
	q = rb_select(rb);
	sql_add(q, "SELECT count(*) FROM " TABLE " t WHERE ");
	add_filters(rb, q, &f);
	total = rb_ask(rb, q);
	if (!rb->counts_only) {
		q = rb_select(rb);
		sql_add(q, COLUMNS FROM "WHERE ");
		add_filters(rb, q, &f);
		sql_add(q, " ORDER BY t.last_updated DESC, t.id DESC");
		rb_add_window(rb, q);
		rows = rb_ask(rb, q);
	}
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows == NULL)
		return rb_respond_count(rb, (uint64_t)rows_int(total, 0, 0));
	tag_rows(rb, rows);
	return rb_respond_list(rb, rows, (uint64_t)rows_int(total, 0, 0));
}

static struct rows *
query_children(struct rb *rb, const int64_t *keys, size_t count)
{
	struct sql *q = rb_select(rb);
	struct rows *rows;

	sql_add(q, COLUMNS FROM "WHERE (");
	rb_add_readable(rb, q, rb->user.admin || rb->user.edits_all);
	sql_add(q, ") AND t.id ");
	sql_ids(q, keys, count);
	sql_add(q, " ORDER BY t.id");
	rows = rb_ask(rb, q);
	for (size_t i = 0; i < count; i++)
		rb_tag_object(rb, TABLE, keys[i]);
	if (!rb_flush_reads(rb))
		return NULL;
	tag_rows(rb, rows);
	return rows;
}

/* ---- fields ---- */

static size_t
count_characters(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.n; i++)
		count += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return count;
}

struct slice
requests_text(struct rb *rb, const char *name, size_t most)
{
	struct slice text = rb_text(rb, name);
	size_t length;

	if (text.p == NULL)
		return text;
	length = most > 0 ? count_characters(text) : 0;
	if (length > most)
		rb_field_error(rb, name, arena_printf(rb_arena(rb),
		    "Ensure this value has at most %zu characters (it has %zu).", most, length));
	return text;
}

struct rows *
requests_query_taken(struct rb *rb, int64_t repository, struct slice commit_id, int64_t but)
{
	struct sql *q;

	if (commit_id.n == 0 || repository == 0)
		return NULL;
	q = rb_select(rb);
	sql_add(q, "SELECT t.id FROM " TABLE " t WHERE t.repository_id = ");
	sql_int(q, repository);
	sql_add(q, " AND t.commit_id = ");
	sql_string(q, commit_id);
	sql_add(q, " AND t.id <> ");
	sql_int(q, but);
	return rb_ask(rb, q);
}

enum view_result
requests_fail_taken(struct rb *rb, int64_t id)
{
	struct rb_extra extra = { .name = "review_request", .resource = &rb_requests };
	struct sql *q = rb_select(rb);
	struct rows *rows;

	/* what the caller may not read is not shown */
	sql_add(q, COLUMNS FROM "WHERE (");
	rb_add_readable(rb, q, rb->user.admin || rb->user.edits_all);
	sql_add(q, ") AND t.id = ");
	sql_int(q, id);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count == 0)
		return rb_fail(rb, 204);
	extra.row = (struct rb_row){ .rows = rows };
	if (!targets_load(rb, rows, &extra.row.loaded))
		return VIEW_STORE;
	return rb_fail_with(rb, 204, &extra, 1);
}

/* ---- POST ---- */

struct creation {
	int64_t submitter;
	struct rb_repository repository;	/* id 0: none */
	struct slice commit_id, extra_data;
	bool with_history;
	bool lost;			/* another one took the commit id between the look and the row */
};

static bool
read_creation(struct rb *rb, struct creation *c)
{
	c->commit_id = requests_text(rb, "commit_id", REQUEST_COMMIT_ID_MAX);
	if (c->commit_id.n == 0)
		c->commit_id = SLICE_NONE;
	c->with_history = rb_true(rb_text(rb, "create_with_history"));
	if (!rb_extra_data(rb, SLICE_NONE, &c->extra_data) || rb_has_errors(rb))
		return false;
	return true;
}

/* Whose it is to be.  VIEW_GO_ON, or it is answered. */
static enum view_result
find_submitter(struct rb *rb, struct creation *c)
{
	struct slice name = rb_text(rb, "submit_as");
	struct rows *rows;
	struct sql *q;

	c->submitter = rb->user.id;
	if (name.n == 0 || slice_eq(name, rb->user.name))
		return VIEW_GO_ON;
	if (!rb->user.admin && !rb->user.submits_as)
		return rb_forbidden(rb);
	q = rb_select(rb);
	sql_add(q, "SELECT u.id FROM auth_user u WHERE u.is_active AND u.username = ");
	sql_string(q, name);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count == 0)
		return rb_fail(rb, 208);
	c->submitter = rows_int(rows, 0, 0);
	return VIEW_GO_ON;
}

static enum view_result
find_repository(struct rb *rb, struct creation *c)
{
	struct slice named = rb_text(rb, "repository");
	enum view_result result = VIEW_GO_ON;

	if (named.n > 0)
		result = rb_repository_find(rb, named, false, &c->repository);
	if (result != VIEW_GO_ON || !c->with_history)
		return result;
	if (c->repository.id == 0)
		return rb_fail_fields_reason(rb, "create_with_history requires a repository.");
	if (!c->repository.with_history || !rb->v->service->settings->reviewboard.history)
		return rb_fail_fields_reason(rb, rb_repository_no_history(rb, &c->repository));
	return VIEW_GO_ON;
}

static void
insert_request(struct rb_write *w, const struct creation *c, struct rows **id_r)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO " TABLE " (submitter_id, repository_id, is_public, status, with_history, commit_id, "
	    "summary, description, testing_done, branch, bugs, close_description, extra_data, time_added, "
	    "last_updated) VALUES (");
	sql_int(q, c->submitter);
	sql_add(q, ", ");
	sql_int_or_null(q, c->repository.id != 0 ? &c->repository.id : NULL);
	sql_add(q, ", FALSE, 'P', ");
	sql_bool(q, c->with_history);
	sql_add(q, ", ");
	sql_string(q, c->commit_id);
	sql_add(q, ", '', '', '', '', '', '', ");
	sql_string(q, c->extra_data.p != NULL ? c->extra_data : SLICE(""));
	sql_add(q, ", ");
	sql_int(q, w->now);
	sql_add(q, ", ");
	sql_int(q, w->now);
	sql_add(q, ") RETURNING id");
	*id_r = rb_query(w, q);
}

static enum view_result
create(struct rb_write *w)
{
	const struct creation *c = w->own;
	struct rows *taken = requests_query_taken(w->rb, c->repository.id, c->commit_id, 0), *id, *rows;
	struct sql *q;
	int64_t request;

	if (taken != NULL && !rb_flush(w))
		return VIEW_STORE;
	if (taken != NULL && taken->count > 0)
		return requests_fail_taken(w->rb, rows_int(taken, 0, 0));
	insert_request(w, c, &id);
	if (!rb_flush(w))
		return VIEW_STORE;
	request = rows_int(id, 0, 0);
	q = rb_sql(w);
	sql_add(q, "INSERT INTO thimble_rb_draft (request_id, summary, description, testing_done, branch, bugs, "
	    "commit_id, change_description, extra_data, last_updated) SELECT t.id, t.summary, t.description, "
	    "t.testing_done, t.branch, t.bugs, t.commit_id, '', t.extra_data, t.last_updated "
	    "FROM " TABLE " t WHERE t.id = ");
	sql_int(q, request);
	(void)rb_query(w, q);
	rows = rb_query(w, select_item(w->rb, request));
	if (!rb_flush(w))
		return VIEW_STORE;
	written_collection(&w->written, TABLE, request, 0);
	written_collection(&w->written, "thimble_rb_draft", request, 0);
	(void)rb_respond_item(w->rb, 201, rows, 0);
	return VIEW_GO_ON;
}

static enum view_result
post(struct rb *rb)
{
	struct creation *c = arena_zalloc(rb_arena(rb), sizeof(*c));
	enum view_result result;

	rb->own = c;
	if (!read_creation(rb, c))
		return rb_fail_fields(rb);
	result = find_submitter(rb, c);
	if (result == VIEW_GO_ON)
		result = find_repository(rb, c);
	if (result != VIEW_GO_ON)
		return result;
	result = rb_write_run(rb, create, c);
	/* now it is found, and is part of the answer */
	return c->lost ? rb_write_run(rb, create, c) : result;
}

/* Without a commit id it is the repository that is gone. */
static enum view_result
conflict(struct rb *rb)
{
	struct creation *c = rb->own;

	if (c == NULL || c->commit_id.p == NULL)
		return rb_not_found(rb, NULL);
	c->lost = true;
	return rb_fail(rb, 204);
}

/* ---- PUT ---- */

bool
requests_set_status(struct rb_write *w, char status, struct slice text)
{
	int64_t id = w->request->id;
	struct sql *q = rb_sql(w);

	sql_addf(q, "UPDATE " TABLE " SET status = '%c', last_updated = ", status);
	sql_int(q, w->now);
	sql_add(q, ", close_description = ");
	sql_string(q, text.p != NULL ? text : SLICE(""));
	sql_add(q, " WHERE id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	written_column(&w->written, TABLE, id, 0, "status");
	written_column(&w->written, TABLE, id, 0, "last_updated");
	return rb_follow_status(w, status, text) == VIEW_GO_ON;
}

static void
set_extra_data(struct rb_write *w, struct slice text)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "UPDATE " TABLE " SET extra_data = ");
	sql_string(q, text);
	sql_add(q, " WHERE id = ");
	sql_int(q, w->request->id);
	(void)rb_query(w, q);
	written_object(&w->written, TABLE, w->request->id);
}

static void
set_close_description(struct rb_write *w, struct slice text)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "UPDATE " TABLE " SET close_description = ");
	sql_string(q, text);
	sql_add(q, " WHERE id = ");
	sql_int(q, w->request->id);
	(void)rb_query(w, q);
	written_object(&w->written, TABLE, w->request->id);
}

/* What a PUT asks for. */
struct update {
	char status;			/* 0: stays */
	struct slice text;		/* absent: stays, or is empty when the status changes */
};

static bool
read_update(struct rb *rb, struct update *update)
{
	struct slice status = rb_text(rb, "status");

	update->text = requests_text(rb, "close_description", 0);
	if (update->text.p == NULL)
		update->text = requests_text(rb, "description", 0);
	update->status = status.p != NULL ? status_of(status) : 0;
	if (status.p != NULL && (update->status == NO_STATUS || update->status == ALL))
		rb_field_error(rb, "status", arena_printf(rb_arena(rb), "\"%.*s\" is not a valid status", SLICE_ARG(status)));
	return !rb_has_errors(rb);
}

/* Closes or opens it, or changes what was said when it was closed.  VIEW_GO_ON, or it is answered. */
static enum view_result
apply_status(struct rb_write *w, const struct update *update)
{
	if (update->status == 'S' && !w->request->is_public)
		return rb_fail_message(w->rb, 225, NOT_PUBLIC);
	if (update->status != 0 && update->status != w->request->status)
		return requests_set_status(w, update->status, update->status == 'P' ? SLICE_NONE : update->text) ?
		    VIEW_GO_ON : VIEW_ANSWERED;
	if (update->text.p != NULL && w->request->status != 'P')
		set_close_description(w, update->text);
	return VIEW_GO_ON;
}

static enum view_result
change(struct rb_write *w)
{
	struct rb *rb = w->rb;
	struct update update;
	struct slice stored, extra;
	struct rows *rows = rb_query(w, select_item(rb, w->request->id));
	enum view_result result;

	if (!rb_flush(w))
		return VIEW_STORE;
	stored = rows_get(rows, 0, EXTRA);
	if (!read_update(rb, &update) || !rb_extra_data(rb, stored, &extra))
		return rb_fail_fields(rb);
	result = apply_status(w, &update);
	if (result != VIEW_GO_ON)
		return result;
	if (!slice_eq(extra, stored))
		set_extra_data(w, extra);
	rows = rb_query(w, select_item(rb, w->request->id));
	if (!rb_flush(w))
		return VIEW_STORE;
	(void)rb_respond_item(rb, 200, rows, 0);
	return VIEW_GO_ON;
}

static enum view_result
put(struct rb *rb)
{
	return rb_write_run(rb, change, NULL);
}

const struct rb_resource rb_requests = {
	.item = "review_request", .list = "review_requests", .item_type = "review-request", .list_type = "review-requests",
	.policy = "review_request", .list_methods = RB_GET | RB_POST, .item_methods = RB_GET | RB_PUT,
	.fields = fields, .links = links,
	.get_list = get_list, .get_item = get_item, .load = targets_load, .query_children = query_children,
	.post = post, .put = put, .conflict = conflict,
};
