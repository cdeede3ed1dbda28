/* SPDX-License-Identifier: MIT
 *
 * What all views have in common: talking to the store, and what their tables
 * say of them.  Job thread.
 */
#include "config.h"

#include "worker/view.h"

#include "base/log.h"
#include "worker/route.h"
#include "worker/service.h"

struct sql *
view_sql(struct view *v)
{
	return sql_new(v->request->arena, store_dialect(v->service->store));
}

/* Queues it; view_flush sends it. */
struct rows *
view_query(struct view *v, struct sql *q)
{
	return store_query(v->snapshot, q);
}

bool
view_flush(struct view *v)
{
	const char *error;
	enum store_status status = store_flush(v->snapshot, &error);

	if (status == STORE_OK)
		return true;
	view_store_failed(v, status, error);
	return false;
}

void
view_end(struct view *v)
{
	if (v->snapshot == NULL)
		return;
	v->request->statements += store_snapshot_statements(v->snapshot);
	v->request->db_us += store_snapshot_us(v->snapshot);
	kept_look(v);
	store_end(&v->snapshot);
}

void
view_store_failed(struct view *v, enum store_status status, const char *error)
{
	/* a database that is away is logged by the store, once */
	if (status == STORE_FAILED || status == STORE_TIMEOUT)
		log_errorx("%.*s: %s", SLICE_ARG(v->path), error);
	switch (status) {
	case STORE_TIMEOUT:
		service_error(v->request, 503, "The database took too long to answer. Please try again later.");
		break;
	case STORE_BUSY:
		service_error(v->request, 503, "All database connections are busy. Please try again later.");
		break;
	case STORE_FAILED:
		service_error(v->request, 500, "The database could not answer this request.");
		break;
	default:
		service_error(v->request, 503, "The database is not available. Please try again later.");
		break;
	}
}

unsigned
view_writes(const struct view *v)
{
	const struct resource *r = v->route->resource;

	if (r == NULL)
		return 0;
	return v->route->kind == ROUTE_DETAIL ? r->detail_writes : r->list_writes;
}

bool
view_is_read(const struct view *v)
{
	return v->request->method == METHOD_GET || v->request->method == METHOD_HEAD;
}

void
view_add_condition(const struct view *v, struct sql *q, const char *condition)
{
	char literal[2] = { 0, 0 };

	for (; *condition != '\0'; condition++) {
		if (*condition == '@') {
			sql_int(q, v->answer.user);
			continue;
		}
		literal[0] = *condition;
		sql_add(q, literal);
	}
}
