/* SPDX-License-Identifier: MIT
 *
 * The order of things (reviewboard-api.md, 1.0, "Gate order"): what a request has to pass before the resource
 * itself is asked.
 */
#include "config.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "proto/token_policy.h"
#include "store/reviewboard.h"
#include "worker/reviewboard/rb_private.h"

/* The method, as one of RB_*; HEAD is GET without a body; 0: none that anything has. */
static unsigned
method_of(const struct rb *rb)
{
	switch (rb->v->request->method) {
	case METHOD_GET:
	case METHOD_HEAD:
		return RB_GET;
	case METHOD_POST:
		return RB_POST;
	case METHOD_PUT:
		return RB_PUT;
	case METHOD_DELETE:
		return RB_DELETE;
	default:
		return 0;
	}
}

static struct slice
method_name(unsigned method)
{
	return method == RB_GET ? SLICE("GET") : method == RB_POST ? SLICE("POST") : method == RB_PUT ? SLICE("PUT") :
	    SLICE("DELETE");
}

/* ---- the loop ---- */

static void
make_urls(struct rb *rb)
{
	struct slice base = rb->v->answer.base;

	rb->site = slice_str(arena_printf(rb_arena(rb), "%.*s%s/", SLICE_ARG(base),
	    rb->v->service->settings->reviewboard.prefix));
	rb->api = slice_str(arena_printf(rb_arena(rb), "%.*sapi/",
	    SLICE_ARG(rb->direct ? slice_str(arena_printf(rb_arena(rb), "%.*s/", SLICE_ARG(base))) : rb->site)));
}

bool
rb_begin(struct view *v)
{
	struct rb *rb = v->rb;
	const struct rb_resource *r = rb->resource;

	make_urls(rb);
	if (r == NULL) {
		(void)rb_not_found(rb, NULL);
		return true;
	}
	rb->format = rb_accept(v->request->accept, rb->list ? r->list_type : r->item_type, r->patch && !rb->list);
	if (rb->format == RB_FORMAT_REFUSED) {
		(void)rb_fail_accept(rb);
		return true;
	}
	return method_of(rb) == RB_GET && kept_find(v, v->request->started_us / 1000);
}

/* ---- the gate ---- */

static enum view_result
check_rate(struct rb *rb)
{
	char text[32];
	unsigned after;

	if (!rb_is_too_often(rb, &after))
		return VIEW_GO_ON;
	snprintf(text, sizeof(text), "%u", after);
	rb_header(rb, "Retry-After", slice_str(text));
	snprintf(text, sizeof(text), "%llu/m", (unsigned long long)rb->v->service->settings->reviewboard.rate_limit);
	rb_header(rb, "X-RateLimit-Limit", slice_str(text));
	return rb_fail(rb, 114);
}

/* What a policy knows the object of the path by; absent: it is a list, or there is but one. */
static struct slice
object_of(struct rb *rb)
{
	int64_t id = rb->number != 0 ? rb->number : rb->revision != 0 ? rb->revision : rb->request;

	if (rb->list || rb->resource->list == NULL)
		return SLICE_NONE;
	return rb->name.p != NULL ? rb->name : slice_str(arena_printf(rb_arena(rb), "%lld", (long long)id));
}

static enum view_result
check_token(struct rb *rb, unsigned method)
{
	const struct rb_token *token = rb->token;
	struct slice policy = slice_str(rb->resource->policy);

	if (token == NULL)
		return VIEW_GO_ON;
	if (!token_policy_allows(rb_arena(rb), token->policy, policy, object_of(rb), method_name(method)))
		return rb_fail(rb, 101);
	if (token->scopes.p == NULL)
		return VIEW_GO_ON;
	if (token->expired != NULL)
		return rb_fail_message(rb, 104, token->expired);
	if (!rb->v->service->settings->reviewboard.oauth2)
		return rb_fail(rb, 113);
	return token_scopes_cover(token->scopes, policy, method_name(method)) ? VIEW_GO_ON : rb_fail(rb, 112);
}

static bool
needs_login(const struct rb *rb, unsigned method)
{
	return method != RB_GET || rb->resource->login || rb->v->service->settings->reviewboard.require_login;
}

static void
complain_integer(struct rb *rb, const char *field, struct slice text)
{
	if (text.p != NULL)
		rb_field_error(rb, field, arena_printf(rb_arena(rb), "\"%.*s\" is not an integer", SLICE_ARG(text)));
}

/* No column takes a NUL. */
static void
check_nul(struct rb *rb, struct slice name, struct slice text)
{
	if (memchr(name.p, '\0', name.n) != NULL || (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
		rb_add_field_error(rb, name, SLICE("Null characters are not allowed."));
}

static enum view_result
check_nuls(struct rb *rb)
{
	const struct uri_query *query = &rb->v->query;

	for (size_t i = 0; i < query->count; i++)
		check_nul(rb, query->params[i].key, query->params[i].value);
	for (size_t i = 0; i < rb->form.fields; i++)
		check_nul(rb, rb->form.field[i].name, rb->form.field[i].value);
	return rb_has_errors(rb) ? rb_fail_fields(rb) : VIEW_GO_ON;
}

/* The fields that a resource does not know, where that is an error. */
static void
check_unknown(struct rb *rb, struct slice name)
{
	for (const char *const *known = rb->resource->known; *known != NULL; known++)
		if (slice_is(name, *known))
			return;
	if (!rb_is_common_field(name))
		rb_add_field_error(rb, name, SLICE("Field is not supported"));
}

static enum view_result
read_form(struct rb *rb, unsigned method)
{
	const struct request *request = rb->v->request;
	const char *error;

	rb->form = (struct upload){ 0 };
	if ((method & (RB_POST | RB_PUT)) != 0 &&
	    upload_parse(rb_arena(rb), request->content_type, request->body, &rb->form, &error) < 0)
		return rb_fail_fields_reason(rb, error);
	rb->limits = rb_limits_read(&rb->v->query, &rb->form);
	if (check_nuls(rb) != VIEW_GO_ON)
		return VIEW_ANSWERED;
	if (method != RB_POST || rb->resource->known == NULL)
		return VIEW_GO_ON;
	for (size_t i = 0; i < rb->form.fields; i++)
		check_unknown(rb, rb->form.field[i].name);
	for (size_t i = 0; i < rb->form.files; i++)
		check_unknown(rb, rb->form.file[i].name);
	return VIEW_GO_ON;
}

static enum view_result
read_window(struct rb *rb)
{
	rb->counts_only = rb_true(uri_query_last(&rb->v->query, "counts-only"));
	if (!rb->list || rb_window_read(&rb->v->query, &rb->window))
		return VIEW_GO_ON;
	complain_integer(rb, "start", rb->window.bad_start);
	complain_integer(rb, "max-results", rb->window.bad_count);
	return rb_fail_fields(rb);
}

static enum view_result
pass_gate(struct rb *rb, unsigned method)
{
	const struct rb_resource *r = rb->resource;
	unsigned methods = rb->list ? r->list_methods : r->item_methods;
	enum view_result result = check_rate(rb);

	if (result != VIEW_GO_ON)
		return result;
	if (!(methods & method))
		return rb_fail_method(rb, methods);
	if (r->history && !rb->v->service->settings->reviewboard.history)
		return rb_fail(rb, 101);
	result = check_token(rb, method);
	if (result == VIEW_GO_ON && rb->user.id == 0 && needs_login(rb, method))
		result = rb_fail(rb, 103);
	if (result == VIEW_GO_ON)
		result = read_form(rb, method);
	if (result == VIEW_GO_ON && method == RB_GET)
		result = read_window(rb);
	return result;
}

static enum view_result
run_resource(struct rb *rb, unsigned method)
{
	const struct rb_resource *r = rb->resource;

	switch (method) {
	case RB_POST:
		return r->post(rb);
	case RB_PUT:
		return r->put(rb);
	case RB_DELETE:
		return r->remove(rb);
	default:
		return rb->list ? r->get_list(rb) : r->get_item(rb);
	}
}

/* Whether there are tables for all this: `thimblectl attach` of this version makes them. */
static enum view_result
check_tables(struct rb *rb)
{
	struct service *service = rb->v->service;
	struct rows *rows;
	struct sql *q;

	if (atomic_load_explicit(&service->has_reviews, memory_order_relaxed))
		return VIEW_GO_ON;
	q = rb_select(rb);
	rb_schema_ask(q);
	rows = rb_ask(rb, q);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count > 0 && rows_bool(rows, 0, 0)) {
		atomic_store_explicit(&service->has_reviews, true, memory_order_relaxed);
		return VIEW_GO_ON;
	}
	/* nothing tells when there will be */
	rb->v->kept.foreign = true;
	return rb_not_found(rb, NULL);
}

enum view_result
rb_run(struct view *v)
{
	struct rb *rb = v->rb;
	unsigned method = method_of(rb);
	enum view_result result = check_tables(rb);

	rb->errors = NULL;
	if (result == VIEW_GO_ON)
		result = rb_identify(rb);
	/* hashing a password lets go of the connection */
	if (result == VIEW_GO_ON)
		result = service_begin(v);
	if (result == VIEW_GO_ON)
		result = pass_gate(rb, method);
	if (result == VIEW_GO_ON)
		result = run_resource(rb, method);
	/* the tables may have been removed */
	if (result == VIEW_STORE)
		atomic_store_explicit(&v->service->has_reviews, false, memory_order_relaxed);
	return result;
}

void
rb_add_cookie(struct view *v)
{
	if (v->rb->set_cookie != NULL)
		kept_add_line(v, arena_printf(v->request->arena, "Set-Cookie: %s\r\n", v->rb->set_cookie));
}

/* ---- the tables ---- */

static void
check_order(const char *table, const char *name, const char *next)
{
	if (next != NULL && strcmp(name, next) >= 0)
		log_errorx("reviews: the table of %s is not sorted: %s, %s", table, name, next);
}

void
rb_check_tables(void)
{
	static const struct rb_resource *const all[] = { &rb_users, &rb_repositories, &rb_requests, &rb_draft,
		&rb_draft_diffs, &rb_draft_commits, &rb_draft_files, &rb_diffs, &rb_commits, &rb_files };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (const struct rb_field *f = all[i]->fields; f != NULL && f->name != NULL; f++)
			check_order(all[i]->item, f->name, f[1].name);
		for (const struct rb_link *l = all[i]->links; l != NULL && l->name != NULL; l++)
			check_order(all[i]->item, l->name, l[1].name);
	}
}
