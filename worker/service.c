/* SPDX-License-Identifier: MIT
 *
 * The order of things (patchwork-api.md, 1.10): host, route, negotiation, who
 * asks, whether the view is for them, method, then the view itself.  What
 * needs no database is done in the loop.
 */
#include "config.h"

#include "worker/service.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/region.h"
#include "cache/tier.h"
#include "proto/text.h"
#include "worker/resources/resources.h"
#include "worker/reviewboard/rb.h"
#include "worker/route.h"
#include "worker/shared.h"
#include "worker/slots.h"
#include "worker/tags.h"
#include "worker/worker.h"
#include "worker/write.h"

static void
compile(struct catalog *catalog, const struct resource *r)
{
	(void)catalog_plan(catalog, r->shape, false);
	(void)catalog_plan(catalog, r->shape, true);
}

/* The objects that nodes with the same PostgreSQL database share. */
static struct tier *
open_tier(const struct heritage *heritage, const struct store *store)
{
	const char *address = heritage->settings->cache.redis, *reason;
	struct redis_url url;

	if (heritage->region == NULL || address == NULL || address[0] == '\0' || store_dialect(store) != DIALECT_POSTGRESQL)
		return NULL;
	if (redis_url_parse(&url, slice_str(address), &reason) == 0)
		return tier_new(&url, region_position(heritage->region));
	log_errorx("[cache] redis %s; it is not used", reason);
	return NULL;
}

struct service *
service_new(const struct heritage *heritage, struct store *store)
{
	static const struct resource *const all[] = { &bundles, &checks, &cover_comments, &covers, &events,
		&index_resource, &patch_comments, &patches, &people, &projects, &series, &users };
	struct service *service = xcalloc(1, sizeof(*service));

	service->settings = heritage->settings;
	service->store = store;
	service->credentials = &heritage->shared->credentials;
	service->region = heritage->region;
	service->worker = heritage->slot;
	service->slot = &heritage->shared->workers[heritage->slot];
	service->generation = heritage->generation;
	service->wake = heritage->wake;
	service->rates = heritage->shared->rates;
	service->tier = open_tier(heritage, store);
	service->catalog = catalog_new(store_dialect(store));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		compile(service->catalog, all[i]);
	rb_check_tables();
	return service;
}

void
service_free(struct service **service)
{
	struct service *s = *service;

	if (s == NULL)
		return;
	*service = NULL;
	/* All requests are gone, so this is a defect; the master releases them. */
	if (s->pinned != 0)
		log_errorx("%u entries of the cache are still pinned at the end", s->pinned);
	tier_free(&s->tier);
	catalog_free(&s->catalog);
	free(s);
}

void
service_beat(struct service *service)
{
	struct worker_slot *slot = service->slot;
	struct tier_stats now, before = service->counted;

	if (service->tier == NULL)
		return;
	now = tier_stats(service->tier);
	slots_add(&slot->tier_hits, now.hits - before.hits);
	slots_add(&slot->tier_misses, now.misses - before.misses);
	slots_add(&slot->tier_stored, now.stored - before.stored);
	slots_add(&slot->tier_failures, now.failures - before.failures);
	atomic_store_explicit(&slot->tier_open, now.open, memory_order_relaxed);
	service->counted = now;
}

/* letters, digits, '.', '-', or a bracketed IPv6 address; then perhaps ":digits" (1.1) */
static bool
host_is_wellformed(struct slice host, struct slice *name_r)
{
	size_t n = 0;
	bool bracketed = host.n > 0 && host.p[0] == '[';

	while (n < host.n) {
		char c = host.p[n];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (bracketed ? n > 0 && host.p[n - 1] == ']' : c == ':')
			break;
		if (bracketed ? !(alnum || c == ':' || c == '.' || c == '[' || c == ']') : !(alnum || c == '.' || c == '-'))
			return false;
		n++;
	}
	*name_r = slice_make(host.p, n);
	if (n == 0 || (bracketed && (n < 3 || host.p[n - 1] != ']')))
		return false;
	if (n == host.n)
		return true;
	if (host.p[n] != ':')
		return false;
	for (n++; n < host.n; n++)
		if (host.p[n] < '0' || host.p[n] > '9')
			return false;
	return true;
}

/* Django's ALLOWED_HOSTS: "*", a name, or ".suffix" for it and all below it. */
static bool
host_is_allowed(const struct settings *settings, struct slice name)
{
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	for (size_t i = 0; i < settings->server.hosts.count; i++) {
		struct slice pattern = slice_str(settings->server.hosts.item[i]);

		if (slice_is(pattern, "*") || slice_eq_nocase(pattern, name))
			return true;
		if (pattern.n > 1 && pattern.p[0] == '.' && name.n >= pattern.n - 1 &&
		    slice_eq_nocase(slice_from(name, name.n - (pattern.n - 1)), slice_from(pattern, 1)) &&
		    (name.n == pattern.n - 1 || name.p[name.n - pattern.n] == '.'))
			return true;
	}
	return false;
}

static void
free_link(void *object)
{
	buf_fini(object);
}

/* The URLs that the answer is made of (1.11, 2.6). */
static void
make_urls(struct view *v)
{
	const struct request *rq = v->request;
	const char *base_url = v->service->settings->server.base_url;
	struct answer *a = &v->answer;
	struct slice format = uri_query_last(&v->query, "format");
	struct slice version = a->api;		/* as route_find left it: "1.1/", or empty */
	struct buf text = { 0 };

	a->arena = rq->arena;
	if (base_url[0] != '\0')
		a->base = slice_trim(slice_str(base_url), "/");
	else
		a->base = slice_str(arena_printf(rq->arena, "%s://%.*s", rq->https ? "https" : "http", SLICE_ARG(rq->host)));
	a->plain_api = slice_str(arena_printf(rq->arena, "%.*s/api/", SLICE_ARG(a->base)));
	uri_encode_path(&text, version);
	a->api = slice_str(arena_printf(rq->arena, "%.*s%.*s", SLICE_ARG(a->plain_api), SLICE_ARG(buf_as_slice(&text))));
	buf_reset(&text);
	if (format.p != NULL) {
		buf_str(&text, "?format=");
		uri_encode_form(&text, format);
	}
	a->format = arena_slice(rq->arena, buf_as_slice(&text));
	buf_fini(&text);
}

static struct view *
view_new(struct service *service, struct request *request)
{
	struct view *v = arena_zalloc(request->arena, sizeof(*v));

	v->service = service;
	v->request = request;
	v->representation = REPRESENTATION_JSON;
	v->path = utf8_repair(request->arena, uri_decode_path(request->arena, request->path));
	arena_cleanup(request->arena, free_link, &v->link);
	request->state = v;
	return v;
}

/* The index needs no database, unless credentials are to be checked. */
static bool
answer_index(struct view *v)
{
	struct row row = { .plan = catalog_plan(v->service->catalog, v->route->resource->shape, false) };

	view_begin_json(v);
	answer_object(&v->answer, row);
	view_respond(v, 200);
	kept_validate(v);
	return true;
}

static bool
answer_page(struct view *v, int status)
{
	view_respond_page(v, status);
	return true;
}

static bool
is_safe(enum method method, struct slice name)
{
	return method == METHOD_GET || method == METHOD_HEAD || method == METHOD_OPTIONS || slice_is(name, "TRACE");
}

/*
 * Without a Host (HTTP/1.0 has none) links need a base_url, and there is
 * nothing to compare with `hosts` but "*".
 */
static bool
host_is_good(const struct service *service, const struct request *request)
{
	struct slice name = SLICE("");

	if (request->host.p == NULL && service->settings->server.base_url[0] == '\0')
		return false;
	if (request->host.p != NULL && !host_is_wellformed(request->host, &name))
		return false;
	return host_is_allowed(service->settings, name);
}

bool
service_answer(struct service *service, struct request *request)
{
	struct view *v = view_new(service, request);
	unsigned indent = 0;

	if (!host_is_good(service, request))
		return answer_page(v, 400);
	if (!route_find(v))
		return answer_page(v, 404);
	request->route = route_number(v);
	if (uri_query_parse(request->arena, request->query, VIEW_PARAMS_MAX, &v->query) < 0) {
		service_error(request, 400, "The query string has too many parameters.");
		return true;
	}
	make_urls(v);
	if (v->rb != NULL)
		return rb_begin(v);
	if (!v->in_api)
		return is_safe(request->method, request->method_name) ? kept_find(v, request->started_us / 1000) :
		    answer_page(v, 403);
	v->representation = negotiate(request->accept, uri_query_last(&v->query, "format"), &indent);
	v->answer.json.indent = indent;
	if (v->representation == REPRESENTATION_NO_FORMAT || v->representation == REPRESENTATION_NONE) {
		v->answer.json.indent = 0;
		if (v->representation == REPRESENTATION_NONE)
			view_respond_detail(v, 406, "Could not satisfy the request Accept header.");
		else
			view_respond_detail(v, 404, "Not found.");
		return true;
	}
	if (v->route->kind == ROUTE_INDEX && request->authorization.p == NULL && view_is_read(v))
		return answer_index(v);
	return kept_find(v, request->started_us / 1000);
}

enum view_result
service_begin(struct view *v)
{
	const char *error;
	enum store_status status;

	if (v->snapshot != NULL)
		return VIEW_GO_ON;
	kept_begin(v);
	status = store_begin(v->service->store, v->request->arena, &v->snapshot, &error);
	if (status == STORE_OK)
		return VIEW_GO_ON;
	view_store_failed(v, status, error);
	return VIEW_STORE;
}

static enum view_result
refuse_method(struct view *v)
{
	struct slice name = v->request->method_name;

	view_respond_detail(v, 405, arena_printf(v->request->arena, "Method \"%.*s\" not allowed.", SLICE_ARG(name)));
	return VIEW_ANSWERED;
}

/* The MAY_* bit of the request's method. */
static unsigned
method_bit(const struct view *v)
{
	switch (v->request->method) {
	case METHOD_POST:
		return MAY_POST;
	case METHOD_PUT:
		return MAY_PUT;
	case METHOD_PATCH:
		return MAY_PATCH;
	case METHOD_DELETE:
		return MAY_DELETE;
	default:
		return 0;
	}
}

static enum view_result
refuse_login(struct view *v)
{
	view_respond_detail(v, 403, "Authentication credentials were not provided.");
	return VIEW_ANSWERED;
}

/* The view's own permissions (1.10, step 5). */
static enum view_result
check_view(struct view *v)
{
	const struct resource *r = v->route->resource;
	bool list = v->route->kind != ROUTE_DETAIL;
	enum version since = list ? r->list_writes_since : r->detail_writes_since;

	if (r->login && !v->authenticated)
		return refuse_login(v);
	if (method_bit(v) != 0 && v->answer.version < since)
		return refuse_method(v);
	if (list && (view_writes(v) & method_bit(v) & MAY_POST) && !r->list_write_open && !v->authenticated)
		return refuse_login(v);
	return VIEW_GO_ON;
}

static enum view_result
run_view(struct view *v)
{
	if (view_is_read(v)) {
		if (v->route->kind == ROUTE_INDEX) {
			(void)answer_index(v);
			return VIEW_ANSWERED;
		}
		return v->route->kind == ROUTE_LIST ? list_run(v) : detail_run(v);
	}
	if (v->request->method == METHOD_OPTIONS)
		return describe_run(v);
	return view_writes(v) & method_bit(v) ? write_run(v) : refuse_method(v);
}

static enum view_result
run_api(struct view *v)
{
	enum view_result result = auth_identify(v);

	/* hashing a password lets go of the connection */
	if (result == VIEW_GO_ON)
		result = service_begin(v);
	if (result == VIEW_GO_ON)
		result = check_view(v);
	return result == VIEW_GO_ON ? run_view(v) : result;
}

enum service_result
service_run(struct service *service, struct request *request, bool may_hash)
{
	struct view *v = request->state;
	enum view_result result;

	(void)service;
	if (kept_encode(v))
		return SERVICE_DONE;
	v->may_hash = may_hash;
	/* kept when the view comes again to hash: what was read before counts as well */
	if (v->tags == NULL && v->service->region != NULL)
		v->tags = tags_new(request->arena);
	result = service_begin(v);
	if (result == VIEW_GO_ON)
		result = v->rb != NULL ? rb_run(v) : v->in_api ? run_api(v) : v->route->run(v);
	view_end(v);
	if (result == VIEW_ANSWERED)
		tags_log(v->tags, v->path);
	if (result == VIEW_ANSWERED)
		kept_store(v);
	if (v->rb != NULL && result != VIEW_NEEDS_HASH)
		rb_add_cookie(v);
	return result == VIEW_NEEDS_HASH ? SERVICE_NEEDS_HASH : SERVICE_DONE;
}

bool
service_again(struct service *service, struct request *request)
{
	(void)service;
	return kept_find(request->state, monotonic_ms());
}

bool
service_by_shortcut(struct service *service, struct request *request, const struct shortcut *shortcut)
{
	struct view *v = arena_zalloc(request->arena, sizeof(*v));

	v->service = service;
	v->request = request;
	request->state = v;
	return kept_find_shortcut(v, shortcut);
}

bool
service_learn(struct service *service, const struct request *request, struct shortcut *shortcut_r)
{
	(void)service;
	return request->state != NULL && kept_learn(request->state, shortcut_r);
}

void
service_finish(struct service *service, struct request *request)
{
	(void)service;
	if (request->state != NULL)
		kept_finish(request->state);
}

const char *
service_route_name(unsigned route)
{
	return route == 0 ? "unrouted" : route_template(route);
}

bool
service_ready(struct service *service, struct arena *arena, const char **reason_r)
{
	struct snapshot *snapshot = NULL;
	enum store_status status = store_begin(service->store, arena, &snapshot, reason_r);

	if (status == STORE_OK) {
		struct sql *q = sql_new(arena, store_dialect(service->store));

		sql_add(q, "SELECT 1");
		(void)store_query(snapshot, q);
		status = store_flush(snapshot, reason_r);
	}
	store_end(&snapshot);
	return status == STORE_OK;
}
