/* SPDX-License-Identifier: MIT
 *
 * Review requests as they are shown (reviewboard-api.md, 2.4).  They are made, closed and opened
 * again in request_writes.c; what they say, whom they are for and their diffs change through
 * their draft (drafts.c) only.  Job thread.
 */
#include "config.h"

#include "worker/reviewboard/requests.h"

#include "base/arena.h"
#include "base/settings.h"
#include "worker/reviewboard/filters.h"
#include "worker/reviewboard/repositories.h"
#include "worker/reviewboard/targets.h"

#define TABLE "thimble_rb_request"
#define NOT_APPROVED "The review request has not been marked \"Ship It!\""

enum {
	REPOSITORY = REQUEST_CELL_FIRST, REPOSITORY_NAME, IS_PUBLIC, STATUS, WITH_HISTORY, COMMIT_ID, SUMMARY,
	DESCRIPTION, TESTING_DONE, BRANCH, BUGS, CLOSE_DESCRIPTION, TIME_ADDED, LAST_UPDATED, LATEST
};

#define COLUMNS "SELECT t.id, t.id, t.submitter_id, u.username, t.extra_data, t.repository_id, r.name, t.is_public, " \
	"t.status, t.with_history, t.commit_id, t.summary, t.description, t.testing_done, t.branch, t.bugs, " \
	"t.close_description, t.time_added, t.last_updated, " \
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
	{ "extra_data", rb_put_extra, REQUEST_EXTRA_DATA, false },
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

void
requests_put_url(const struct rb *rb, struct buf *url, int64_t request)
{
	buf_slice(url, rb->api);
	buf_printf(url, "review-requests/%lld/", (long long)request);
}

bool
requests_link(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)title_r;
	requests_put_url(rb, url, rb_cell_int(row, RB_CELL_PARENT));
	return true;
}

bool
requests_link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)requests_link(rb, url, title_r, row);
	buf_str(url, "draft/");
	return true;
}

bool
requests_link_submitter(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	if (rb_cell(row, REQUEST_SUBMITTER_NAME).p == NULL)
		return false;
	rb_put_name_url(rb, url, "users", rb_cell(row, REQUEST_SUBMITTER_NAME));
	*title_r = rb_cell(row, REQUEST_SUBMITTER_NAME);
	return true;
}

static bool
link_diffs(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row)
{
	(void)requests_link(rb, url, title_r, row);
	buf_str(url, "diffs/");
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
	rb_put_repository_url(rb, url, rb_cell_int(row, REPOSITORY));
	*title_r = rb_cell(row, REPOSITORY_NAME);
	return true;
}

static const struct rb_link links[] = {
	{ "diffs", "GET", link_diffs, &rb_diffs, 0, false },
	{ "draft", "GET", requests_link_draft, &rb_draft, 0, false },
	{ "latest_diff", "GET", link_latest_diff, NULL, 0, false },
	{ "repository", "GET", link_repository, &rb_repositories, REPOSITORY, true },
	{ "self", "GET", requests_link, NULL, 0, false },
	{ "submitter", "GET", requests_link_submitter, &rb_users, REQUEST_SUBMITTER, true },
	{ "update", "PUT", requests_link, NULL, 0, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};

/* What the rows show besides what targets.c does. */
static void
tag_rows(struct rb *rb, const struct rows *rows)
{
	rb_tag_table(rb, "thimble_rb_diffset");
	for (int i = 0; i < rows->count; i++) {
		rb_tag_object(rb, TABLE, rows_int(rows, i, RB_CELL_ID));
		rb_tag_object(rb, "auth_user", rows_int(rows, i, REQUEST_SUBMITTER));
		if (!rows_null(rows, i, REPOSITORY))
			rb_tag_object(rb, "thimble_rb_repository", rows_int(rows, i, REPOSITORY));
	}
}

struct sql *
requests_select(struct rb *rb, int64_t id)
{
	struct sql *q = rb_select(rb);

	sql_add(q, COLUMNS FROM "WHERE t.id = ");
	sql_int(q, id);
	return q;
}

static enum view_result
get_item(struct rb *rb)
{
	struct rows *decides = rb_query_request(rb), *rows = rb_ask(rb, requests_select(rb, rb->request));
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

char
requests_status(struct rb *rb, struct slice text, bool all)
{
	static const struct { const char *name; char status; } names[] = {
		{ "pending", 'P' }, { "submitted", 'S' }, { "discarded", 'D' },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(text, names[i].name))
			return names[i].status;
	if (all && slice_is(text, "all"))
		return REQUEST_ALL;
	rb_field_error(rb, "status", arena_printf(rb_arena(rb), "\"%.*s\" is not a valid status", SLICE_ARG(text)));
	return REQUEST_NO_STATUS;
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
		.status = status.p == NULL ? 'P' : requests_status(rb, status, true),
		.all_unpublished = rb->user.admin && rb_true(uri_query_last(query, "show-all-unpublished")),
	};
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
	if (f->status != REQUEST_ALL)
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
	if (f->status != REQUEST_ALL)
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
	struct sql *total = rb_select(rb), *list = rb_select(rb);
	struct rb_found found;
	struct filters f;

	if (!read_filters(rb, &f))
		return rb_fail_fields(rb);
	tag_list(rb, &f);
	sql_add(total, "SELECT count(*) FROM " TABLE " t WHERE ");
	add_filters(rb, total, &f);
	sql_add(list, COLUMNS FROM "WHERE ");
	add_filters(rb, list, &f);
	sql_add(list, " ORDER BY t.last_updated DESC, t.id DESC");
	if (!rb_ask_list(rb, total, list, &found))
		return VIEW_STORE;
	if (found.rows != NULL)
		tag_rows(rb, found.rows);
	return rb_respond_found(rb, &found);
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

enum view_result
requests_fail_taken(struct rb *rb, int64_t id)
{
	struct rb_extra extra = { .name = "review_request", .resource = &rb_requests };
	/* what the caller may not read is not shown */
	struct rows *rows = query_children(rb, &id, 1);

	if (rows == NULL)
		return VIEW_STORE;
	if (rows->count == 0)
		return rb_fail(rb, 204);
	extra.row = (struct rb_row){ .rows = rows };
	if (!targets_load(rb, rows, &extra.row.loaded))
		return VIEW_STORE;
	return rb_fail_with(rb, 204, &extra, 1);
}

const struct rb_resource rb_requests = {
	.item = "review_request", .list = "review_requests", .item_type = "review-request", .list_type = "review-requests",
	.policy = "review_request", .list_methods = RB_GET | RB_POST, .item_methods = RB_GET | RB_PUT,
	.fields = fields, .links = links,
	.get_list = get_list, .get_item = get_item, .load = targets_load, .query_children = query_children,
	.post = request_writes_post, .put = request_writes_put, .conflict = request_writes_conflict,
};
