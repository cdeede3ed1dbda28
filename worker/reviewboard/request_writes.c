/* SPDX-License-Identifier: MIT
 *
 * Review requests are made, closed and opened again (reviewboard-api.md, 2.4): POST and PUT of what
 * requests.c shows, and fields of forms that drafts have too.  Job thread.
 */
#include "config.h"

#include "worker/reviewboard/requests.h"

#include "base/arena.h"
#include "base/settings.h"
#include "worker/reviewboard/drafts.h"
#include "worker/reviewboard/publish.h"
#include "worker/reviewboard/repositories.h"

#define TABLE "thimble_rb_request"
#define NOT_PUBLIC "Error publishing: The draft must be public first."

/* ---- fields ---- */

struct slice
requests_text(struct rb *rb, const char *name, size_t most)
{
	struct slice text = rb_text(rb, name);

	rb_check_length(rb, name, text, most);
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
	rb_add_text(q, c->commit_id);
	sql_add(q, ", '', '', '', '', '', '', ");
	sql_string(q, c->extra_data.p != NULL ? c->extra_data : SLICE(""));
	rb_add_int(q, w->now);
	rb_add_int(q, w->now);
	sql_add(q, ") RETURNING id");
	*id_r = rb_query(w, q);
}

static enum view_result
create(struct rb_write *w)
{
	const struct creation *c = w->own;
	struct rows *taken = requests_query_taken(w->rb, c->repository.id, c->commit_id, 0), *id, *rows;
	int64_t request;

	if (taken != NULL && !rb_flush(w))
		return VIEW_STORE;
	if (taken != NULL && taken->count > 0)
		return requests_fail_taken(w->rb, rows_int(taken, 0, 0));
	insert_request(w, c, &id);
	if (!rb_flush(w))
		return VIEW_STORE;
	request = rows_int(id, 0, 0);
	drafts_insert(w, request);
	rows = rb_query(w, requests_select(w->rb, request));
	if (!rb_flush(w))
		return VIEW_STORE;
	written_collection(&w->written, TABLE, request, 0);
	(void)rb_respond_item(w->rb, 201, rows, 0);
	return VIEW_GO_ON;
}

enum view_result
request_writes_post(struct rb *rb)
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
enum view_result
request_writes_conflict(struct rb *rb)
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
set_text(struct rb_write *w, const char *column, struct slice text)
{
	struct sql *q = rb_sql(w);

	sql_addf(q, "UPDATE " TABLE " SET %s = ", column);
	sql_string(q, text);
	sql_add(q, " WHERE id = ");
	sql_int(q, w->request->id);
	(void)rb_query(w, q);
	written_object(&w->written, TABLE, w->request->id);
}

/* What a PUT asks for. */
struct update {
	char status;			/* REQUEST_NO_STATUS: stays */
	struct slice text;		/* absent: stays, or is empty when the status changes */
};

static bool
read_update(struct rb *rb, struct update *update)
{
	struct slice status = rb_text(rb, "status");

	update->text = requests_text(rb, "close_description", 0);
	if (update->text.p == NULL)
		update->text = requests_text(rb, "description", 0);
	update->status = status.p != NULL ? requests_status(rb, status, false) : REQUEST_NO_STATUS;
	return !rb_has_errors(rb);
}

/* Closes or opens it, or changes what was said when it was closed.  VIEW_GO_ON, or it is answered. */
static enum view_result
apply_status(struct rb_write *w, const struct update *update)
{
	if (update->status == 'S' && !w->request->is_public)
		return rb_fail_message(w->rb, 225, NOT_PUBLIC);
	if (update->status != REQUEST_NO_STATUS && update->status != w->request->status)
		return requests_set_status(w, update->status, update->status == 'P' ? SLICE_NONE : update->text) ?
		    VIEW_GO_ON : VIEW_ANSWERED;
	if (update->text.p != NULL && w->request->status != 'P')
		set_text(w, "close_description", update->text);
	return VIEW_GO_ON;
}

static enum view_result
change(struct rb_write *w)
{
	struct rb *rb = w->rb;
	struct update update;
	struct slice stored, extra;
	struct rows *rows = rb_query(w, requests_select(rb, w->request->id));
	enum view_result result;

	if (!rb_flush(w))
		return VIEW_STORE;
	stored = rows_get(rows, 0, REQUEST_EXTRA_DATA);
	if (!read_update(rb, &update) || !rb_extra_data(rb, stored, &extra))
		return rb_fail_fields(rb);
	result = apply_status(w, &update);
	if (result != VIEW_GO_ON)
		return result;
	if (!slice_eq(extra, stored))
		set_text(w, "extra_data", extra);
	rows = rb_query(w, requests_select(rb, w->request->id));
	if (!rb_flush(w))
		return VIEW_STORE;
	(void)rb_respond_item(rb, 200, rows, 0);
	return VIEW_GO_ON;
}

enum view_result
request_writes_put(struct rb *rb)
{
	return rb_write_run(rb, change, NULL);
}
