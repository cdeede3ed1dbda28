/* SPDX-License-Identifier: MIT
 *
 * See write.h.  The order of things (patchwork-api.md, 1.10, step 7): the object,
 * the caller's rights, the body, its fields.  Object and rights are looked at
 * twice: first as a read, which holds up nobody, then in the transaction, where
 * the rows stay as they are until its end, and only that counts.
 */
#include "config.h"

#include "worker/write.h"

#include "base/arena.h"
#include "base/log.h"
#include "worker/load.h"
#include "worker/route.h"
#include "worker/service.h"
#include "worker/tags.h"

/* The transaction is run again when its connection turns out to be dead, in which case nothing was done. */
enum { TRIES = 2 };

#define NOT_SIGNED_IN "Authentication credentials were not provided."
#define NOT_ALLOWED "You do not have permission to perform this action."
#define INACTIVE "User inactive or deleted."
#define READ_ONLY "This server is read-only."
#define CONFLICT "The change conflicts with another one that was made at the same time."

/* ---- for the resources ---- */

const struct given *
write_given(const struct write *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->given[i].field->name, name) == 0)
			return w->given[i].raw != NULL ? &w->given[i] : NULL;
	return NULL;
}

const struct given *
given_child(const struct given *given, const char *name)
{
	for (size_t i = 0; i < given->children; i++)
		if (strcmp(given->child[i].field->name, name) == 0)
			return given->child[i].raw != NULL ? &given->child[i] : NULL;
	return NULL;
}

struct sql *
write_sql(struct write *w)
{
	return view_sql(w->v);
}

struct rows *
write_query(struct write *w, struct sql *q)
{
	return view_query(w->v, q);
}

bool
write_refuse(struct write *w, int status, const char *detail)
{
	view_respond_detail(w->v, status, detail);
	return false;
}

bool
write_refuse_field(struct write *w, const char *field, const char *text)
{
	struct json *j = &w->v->answer.json;

	view_begin_json(w->v);
	json_open(j, '{');
	json_key(j, field);
	json_open(j, '[');
	json_string(j, slice_str(text));
	json_close(j, ']');
	json_close(j, '}');
	view_respond(w->v, 400);
	return false;
}

/* Answers for a transaction that the database ended. */
static void
answer_failure(struct write *w, enum store_status status, const char *error)
{
	const struct resource *r = w->v->route->resource;

	switch (status) {
	case STORE_CONFLICT:
		if (r->taken != NULL)
			(void)write_refuse_field(w, r->taken_field, r->taken);
		else
			(void)write_refuse(w, 400, CONFLICT);
		break;
	case STORE_REFUSED:
		(void)write_refuse(w, 403, READ_ONLY);
		break;
	case STORE_UNKNOWN:
		log_warnx("%.*s: %s", SLICE_ARG(w->v->path), error);
		service_error(w->v->request, 503, "It is not known whether the change was made. Please look before you try again.");
		break;
	default:
		view_store_failed(w->v, status, error);
	}
}

bool
write_flush(struct write *w)
{
	const char *error;
	enum store_status status = store_flush(w->v->snapshot, &error);

	w->status = status;
	if (status != STORE_OK)
		answer_failure(w, status, error);
	return status == STORE_OK;
}

struct changes
changes_of(struct write *w, const char *table, int64_t id, int64_t scope)
{
	return (struct changes){ .w = w, .table = table, .id = id, .object = id, .scope = scope };
}

struct sql *
changes_set(struct changes *c, const char *column)
{
	if (c->q == NULL) {
		c->q = write_sql(c->w);
		sql_addf(c->q, "UPDATE %s SET ", c->table);
	} else {
		sql_add(c->q, ", ");
	}
	sql_addf(c->q, "%s = ", column);
	written_column(&c->w->written, c->table, c->object, c->scope, column);
	return c->q;
}

void
changes_text(struct changes *c, const char *column, const struct given *given, struct slice was)
{
	struct slice text;

	if (given == NULL)
		return;
	text = given->null ? SLICE_NONE : given->text;
	if ((text.p == NULL) != (was.p == NULL) || !slice_eq(text, was))
		sql_string(changes_set(c, column), text);
}

void
changes_bool(struct changes *c, const char *column, const struct given *given, const struct rows *was, int cell)
{
	if (given == NULL)
		return;
	if (given->null != rows_null(was, 0, cell) || (!given->null && given->truth != rows_bool(was, 0, cell)))
		sql_bool_or_null(changes_set(c, column), given->null ? NULL : &given->truth);
}

void
changes_save(struct changes *c)
{
	if (c->q == NULL)
		return;
	sql_add(c->q, " WHERE id = ");
	sql_int(c->q, c->id);
	(void)write_query(c->w, c->q);
}

void
write_event(struct write *w, const struct event *event)
{
	struct events events = { .v = w->v, .written = &w->written, .now = w->now };

	events_add(&events, event);
	events_send(&events);
	w->now = events.now;
}

/* ---- rights ---- */

static bool
refuse_login(struct write *w)
{
	return write_refuse(w, 403, NOT_SIGNED_IN);
}

/* [Q] creating a check says the same to all (5.4) */
static bool
refuse_right(struct write *w)
{
	return w->v->authenticated || w->create ? write_refuse(w, 403, NOT_ALLOWED) : refuse_login(w);
}

/* True if the caller may go on; the object is known then. */
static bool
look_at_rights(struct write *w)
{
	struct view *v = w->v;
	const struct resource *r = v->route->resource;
	struct rows *parent, *object, *writable;

	if (w->create && r->parent == NULL)
		return true;
	parent = detail_query_parent(v);
	object = w->create ? NULL : detail_query_object(v);
	writable = detail_query_writable(v);
	if (!view_flush(v))
		return false;
	if (parent != NULL && parent->count == 0) {
		view_respond_not_found(v, r->parent->model);
		return false;
	}
	if (object != NULL && object->count == 0) {
		view_respond_not_found(v, r->model);
		return false;
	}
	if (!v->authenticated || writable->count == 0)
		return refuse_right(w);
	w->id = object != NULL ? rows_int(object, 0, 0) : 0;
	return true;
}

/* What look_at_rights saw, as it is now. */
struct rights {
	struct rows *user, *there, *allowed;
};

static void
lock(struct write *w, struct rights *rights)
{
	struct view *v = w->v;
	const struct resource *r = v->route->resource, *target = w->create ? r->parent : r;
	int64_t id = w->create ? v->id[0] : w->id;
	struct sql *q = write_sql(w);

	*rights = (struct rights){ 0 };
	sql_add(q, "SELECT u.is_active FROM auth_user u WHERE u.id = ");
	sql_int(q, v->answer.user);
	rights->user = write_query(w, q);
	if (target == NULL)
		return;
	q = write_sql(w);
	sql_addf(q, "SELECT %s FROM %s t WHERE t.id = ", w->create ? "t.id, t.project_id" : r->locked, target->shape->table);
	sql_int(q, id);
	sql_add(q, " AND ");
	view_add_condition(v, q, target->writable);
	if (!w->create)
		sql_for_update(q, "t");
	w->object = rights->allowed = write_query(w, q);
	/* after that one, which may have waited for somebody who deleted it */
	q = write_sql(w);
	sql_addf(q, "SELECT t.id FROM %s t WHERE t.id = ", target->shape->table);
	sql_int(q, id);
	rights->there = write_query(w, q);
}

static bool
still_allowed(struct write *w, const struct rights *rights)
{
	const struct resource *r = w->v->route->resource;

	if (rights->user->count == 0 || !rows_bool(rights->user, 0, 0))
		return write_refuse(w, 403, INACTIVE);
	if (rights->there != NULL && rights->there->count == 0) {
		view_respond_not_found(w->v, w->create ? r->parent->model : r->model);
		return false;
	}
	if (rights->allowed != NULL && rights->allowed->count == 0)
		return refuse_right(w);
	return true;
}

/* ---- the answer ---- */

/* The new object's URL: its place below that of the list. */
static void
add_location(struct write *w)
{
	struct view *v = w->v;
	const char *list = v->route->resource->parent == NULL ? "bundles/" :
	    arena_printf(v->request->arena, "patches/%lld/checks/", (long long)v->id[0]);

	v->location = slice_str(arena_printf(v->request->arena, "%.*s%s%lld/%.*s", SLICE_ARG(v->answer.api), list,
	    (long long)w->id, SLICE_ARG(v->answer.format)));
}

static struct rows *
query_representation(struct write *w, const struct plan *plan)
{
	struct sql *q = write_sql(w);

	sql_addf(q, "SELECT %s FROM %s WHERE t.id = ", plan->select, plan->from);
	sql_int(q, w->id);
	return write_query(w, q);
}

/* What there is to do when the COMMIT was answered, or was not; false: it failed, and the view is answered. */
static bool
note_commit(struct write *w, enum store_status status, const char *error)
{
	w->status = status;
	written_end(&w->written, w->v->service, status);
	if (status != STORE_OK)
		answer_failure(w, status, error);
	return status == STORE_OK;
}

/* Commits, and answers with the object as it was just before: what that takes is read in the COMMIT's round trip. */
static void
represent(struct write *w)
{
	struct view *v = w->v;
	struct answer *a = &v->answer;
	const struct plan *plan = catalog_plan(v->service->catalog, v->route->resource->shape, true);
	struct rows *rows = query_representation(w, plan);
	struct load *load = load_new(v->request->arena, v->service->catalog, NULL, NULL);
	enum store_status status;
	const char *error;

	if (!write_flush(w))
		return;
	load_commits(load);
	status = load_rows(load, v->snapshot, plan, rows, a->version, &error);
	if (!note_commit(w, status, error))
		return;
	a->load = load;
	a->partial = v->request->method == METHOD_PATCH;
	a->unlisted = w->unlisted;
	a->unlisted_count = w->unlisted_count;
	if (w->create)
		add_location(w);
	view_begin_json(v);
	answer_object(a, (struct row){ plan, rows, 0, 0 });
	view_respond(v, w->create ? 201 : 200);
}

/* ---- the transaction ---- */

static void
remove_object(struct write *w)
{
	struct snapshot *snapshot = w->v->snapshot;
	enum store_status status;
	const char *error;

	if (!w->v->route->resource->remove(w))
		return;
	status = store_commit(&snapshot, &error);
	if (note_commit(w, status, error))
		view_respond_nothing(w->v);
}

static void
change(struct write *w)
{
	const struct resource *r = w->v->route->resource;

	if (w->create ? r->create(w) : r->update(w))
		represent(w);
}

/* Makes the transaction, from its beginning; the view is answered. */
static void
attempt(struct write *w)
{
	struct view *v = w->v;
	const struct resource *r = v->route->resource;
	struct rights rights;
	const char *error;

	w->written = (struct written){ .arena = v->request->arena };
	w->now = (struct moment){ 0 };
	w->status = store_begin_write(v->service->store, v->request->arena, &v->snapshot, &error);
	if (w->status != STORE_OK) {
		answer_failure(w, w->status, error);
		return;
	}
	if (r->prepare != NULL)
		r->prepare(w);
	lock(w, &rights);
	if (v->request->method != METHOD_DELETE && !validate_begin(w))
		return;
	if (!write_flush(w) || !still_allowed(w, &rights))
		return;
	if (v->request->method == METHOD_DELETE)
		remove_object(w);
	else if (validate_end(w))
		change(w);
}

/* The body is looked at when it is known that the caller may write (5.4). */
static bool
read_body(struct write *w)
{
	const struct request *rq = w->v->request;
	const char *detail;
	int status;

	if (rq->method == METHOD_DELETE)
		return true;
	status = body_parse(rq->arena, rq->content_type, rq->body, &w->body, &detail);
	return status == 0 || write_refuse(w, status, detail);
}

enum view_result
write_run(struct view *v)
{
	struct write w = {
		.v = v,
		.create = v->route->kind == ROUTE_LIST,
		/* [Q] the reference fails on PUT of a comment; here it is as PATCH (6.10) */
		.partial = v->request->method == METHOD_PATCH || v->route->resource->put_is_patch,
	};

	/* nothing of it is for keeping */
	v->tags = NULL;
	if (!look_at_rights(&w) || !read_body(&w))
		return VIEW_ANSWERED;
	view_end(v);
	for (int i = 0; i < TRIES; i++) {
		attempt(&w);
		view_end(v);
		if (w.status != STORE_AWAY)
			break;
	}
	return VIEW_ANSWERED;
}
