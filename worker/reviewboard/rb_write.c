/* SPDX-License-Identifier: MIT
 *
 * See rb_write.h.
 */
#include "config.h"

#include "worker/reviewboard/rb_write.h"

#include "base/log.h"
#include "base/monotonic.h"
#include "worker/service.h"

/* The transaction is run again when its connection turns out to be dead, in which case nothing was done. */
enum { TRIES = 2 };

struct sql *
rb_sql(struct rb_write *w)
{
	return view_sql(w->rb->v);
}

struct rows *
rb_query(struct rb_write *w, struct sql *q)
{
	return view_query(w->rb->v, q);
}

/* Answers for a transaction that the database ended. */
static void
answer_failure(struct rb_write *w, enum store_status status, const char *error)
{
	struct view *v = w->rb->v;

	switch (status) {
	case STORE_CONFLICT:
		/* else it is a parent that is gone */
		if (w->rb->resource->conflict != NULL)
			(void)w->rb->resource->conflict(w->rb);
		else
			(void)rb_not_found(w->rb, NULL);
		break;
	case STORE_REFUSED:
		(void)rb_fail(w->rb, 233);
		break;
	case STORE_UNKNOWN:
		log_warnx("%.*s: %s", SLICE_ARG(v->path), error);
		service_error(v->request, 503,
		    "It is not known whether the change was made. Please look before you try again.");
		break;
	default:
		view_store_failed(v, status, error);
	}
}

bool
rb_flush(struct rb_write *w)
{
	const char *error;

	w->status = store_flush(w->rb->v->snapshot, &error);
	if (w->status != STORE_OK)
		answer_failure(w, w->status, error);
	return w->status == STORE_OK;
}

/* Locks the RR of the path; what is read after that, in statements of their own, is as it is now. */
static void
lock_request(struct rb_write *w)
{
	struct sql *q;

	if (w->rb->request == 0)
		return;
	q = rb_sql(w);
	sql_add(q, "SELECT t.id FROM thimble_rb_request t WHERE t.id = ");
	sql_int(q, w->rb->request);
	sql_for_update(q, "t");
	(void)rb_query(w, q);
}

/* Opens the transaction and looks whether the caller may still write.  False: answered. */
static bool
enter(struct rb_write *w)
{
	struct rb *rb = w->rb;
	struct sql *q;
	struct rows *user, *request = NULL;

	lock_request(w);
	q = rb_sql(w);
	sql_add(q, "SELECT u.is_active FROM auth_user u WHERE u.id = ");
	sql_int(q, rb->user.id);
	user = rb_query(w, q);
	if (rb->request != 0)
		request = rb_query_request(rb);
	if (!rb_flush(w))
		return false;
	if (user->count == 0 || !rows_bool(user, 0, 0)) {
		(void)rb_fail(rb, 104);
		return false;
	}
	if (rb->request == 0)
		return true;
	w->request = rb_request_of(rb, request);
	if (w->request == NULL)
		(void)rb_not_found(rb, NULL);
	else if (!rb_may_edit(rb, w->request))
		(void)rb_forbidden(rb);
	else
		return true;
	return false;
}

static enum view_result
commit(struct rb_write *w, enum view_result result)
{
	struct snapshot *snapshot = w->rb->v->snapshot;
	const char *error;

	w->status = store_commit(&snapshot, &error);
	written_end(&w->written, w->rb->v->service, w->status);
	if (w->status == STORE_OK)
		return result;
	answer_failure(w, w->status, error);
	return VIEW_ANSWERED;
}

static enum view_result
attempt(struct rb_write *w, enum view_result (*change)(struct rb_write *w))
{
	struct view *v = w->rb->v;
	enum view_result result;
	const char *error;
	int status;

	w->written = (struct written){ .arena = v->request->arena };
	w->request = NULL;
	w->now = (int64_t)realtime_us();
	w->rb->errors = NULL;
	w->status = store_begin_write(v->service->store, v->request->arena, &v->snapshot, &error);
	if (w->status != STORE_OK) {
		answer_failure(w, w->status, error);
		return VIEW_ANSWERED;
	}
	if (!enter(w))
		return VIEW_ANSWERED;
	result = change(w);
	status = v->request->response.status;
	if (result == VIEW_GO_ON || (result == VIEW_ANSWERED && status >= 200 && status < 300))
		return commit(w, result);
	return result;
}

enum view_result
rb_write_run(struct rb *rb, enum view_result (*change)(struct rb_write *w), void *own)
{
	struct rb_write w = { .rb = rb, .own = own };
	enum view_result result = VIEW_ANSWERED;

	/* nothing of it is for keeping */
	rb->v->tags = NULL;
	view_end(rb->v);
	for (int i = 0; i < TRIES; i++) {
		result = attempt(&w, change);
		view_end(rb->v);
		if (w.status != STORE_AWAY)
			break;
	}
	return result;
}
