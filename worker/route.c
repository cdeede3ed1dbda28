/* SPDX-License-Identifier: MIT
 *
 * See route.h.
 */
#include "config.h"

#include "worker/route.h"

#include "base/arena.h"
#include "proto/text.h"
#include "worker/resources/resources.h"
#include "worker/reviewboard/rb.h"
#include "worker/shared.h"

#define API "/api/"

static const struct route api_routes[] = {
	{ API "", ROUTE_INDEX, &index_resource, V1_0, NULL },
	{ API "users/", ROUTE_LIST, &users, V1_0, NULL },
	{ API "users/{id}/", ROUTE_DETAIL, &users, V1_0, NULL },
	{ API "people/", ROUTE_LIST, &people, V1_0, NULL },
	{ API "people/{id}/", ROUTE_DETAIL, &people, V1_0, NULL },
	{ API "covers/", ROUTE_LIST, &covers, V1_0, NULL },
	{ API "covers/{id}/", ROUTE_DETAIL, &covers, V1_0, NULL },
	{ API "covers/{id}/comments/", ROUTE_LIST, &cover_comments, V1_1, NULL },
	{ API "covers/{id}/comments/{id}/", ROUTE_DETAIL, &cover_comments, V1_3, NULL },
	{ API "patches/", ROUTE_LIST, &patches, V1_0, NULL },
	{ API "patches/{id}/", ROUTE_DETAIL, &patches, V1_0, NULL },
	{ API "patches/{id}/checks/", ROUTE_LIST, &checks, V1_0, NULL },
	{ API "patches/{id}/checks/{id}/", ROUTE_DETAIL, &checks, V1_0, NULL },
	{ API "patches/{id}/comments/", ROUTE_LIST, &patch_comments, V1_1, NULL },
	{ API "patches/{id}/comments/{id}/", ROUTE_DETAIL, &patch_comments, V1_3, NULL },
	{ API "series/", ROUTE_LIST, &series, V1_0, NULL },
	{ API "series/{id}/", ROUTE_DETAIL, &series, V1_0, NULL },
	{ API "bundles/", ROUTE_LIST, &bundles, V1_0, NULL },
	{ API "bundles/{id}/", ROUTE_DETAIL, &bundles, V1_0, NULL },
	{ API "projects/", ROUTE_LIST, &projects, V1_0, NULL },
	{ API "projects/{name}/", ROUTE_DETAIL, &projects, V1_0, NULL },
	{ API "events/", ROUTE_LIST, &events, V1_0, NULL },
};

/* Behind the links of the answers (9.1); no version, and a bundle's name may hold anything. */
static const struct route web_routes[] = {
	{ "/project/{name}/patch/{name}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_patch_mbox },
	{ "/project/{name}/patch/{name}/raw/", ROUTE_DOWNLOAD, NULL, V1_0, download_patch_raw },
	{ "/project/{name}/cover/{any}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_cover_mbox },
	{ "/series/{id}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_series_mbox },
	{ "/bundle/{name}/{any}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_bundle_mbox },
	{ "/patch/{id}/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/patch/{id}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/patch/{id}/raw/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/cover/{id}/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/cover/{id}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/comment/{id}/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
	{ "/user/bundle/{id}/mbox/", ROUTE_DOWNLOAD, NULL, V1_0, download_redirect },
};

enum {
	API_ROUTES = sizeof(api_routes) / sizeof(api_routes[0]),
	WEB_ROUTES = sizeof(web_routes) / sizeof(web_routes[0])
};

_Static_assert((int)API_ROUTES + (int)WEB_ROUTES + (int)RB_ROUTES_MAX < (int)STATS_ROUTES_MAX, "a counter for each");

/* Characters of `path` that the place in the pattern takes; 0: it does not match. */
static size_t
match_place(char kind, struct slice path, const char *behind)
{
	struct slice suffix = slice_str(behind);
	size_t n = 0;

	switch (kind) {
	case 'i':	/* {id} */
		while (n < path.n && path.p[n] >= '0' && path.p[n] <= '9')
			n++;
		return n;
	case 'n':	/* {name} */
		while (n < path.n && path.p[n] != '/')
			n++;
		return n;
	default:	/* {any} */
		/* takes all but what the rest of the pattern, a literal, asks for */
		return path.n > suffix.n && slice_has_suffix(path, suffix) ? path.n - suffix.n : 0;
	}
}

static bool
match(struct view *v, const char *pattern, struct slice path)
{
	int ids = 0, names = 0;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (path.n == 0 || *path.p != *pattern)
				return false;
			path = slice_from(path, 1);
			pattern++;
			continue;
		}
		char kind = pattern[1];
		const char *behind = strchr(pattern, '}') + 1;
		size_t n = match_place(kind, path, behind);
		uint64_t id;

		if (n == 0)
			return false;
		if (kind == 'i')
			v->id[ids++] = slice_uint(slice_make(path.p, n), INT64_MAX, &id) == 0 ? (int64_t)id : -1;
		else
			v->name[names++] = slice_make(path.p, n);
		path = slice_from(path, n);
		pattern = behind;
	}
	return path.n == 0;
}

/*
 * Takes "1.1/" off the front of *rest.  [Q] any one character may stand for
 * the dot; routes are those of the digit, fields those of the newest version.
 */
static void
take_version(struct view *v, struct slice *rest, enum version *routes_r)
{
	size_t n;

	*routes_r = V_LATEST;
	v->answer.version = V_LATEST;
	if (rest->n < 4 || rest->p[0] != '1')
		return;
	(void)utf8_decode(slice_from(*rest, 1), &n);
	if (rest->n < n + 3 || rest->p[n + 1] < '0' || rest->p[n + 1] > '3' || rest->p[n + 2] != '/' || rest->p[1] == '/')
		return;
	*routes_r = (enum version)(rest->p[n + 1] - '0');
	if (rest->p[1] == '.')
		v->answer.version = *routes_r;
	*rest = slice_from(*rest, n + 3);
}

/* The path with a slash at its end: a missing one is not worth a redirect. */
static struct slice
slashed(struct view *v)
{
	struct slice path = v->path;

	if (path.n > 0 && path.p[path.n - 1] == '/')
		return path;
	return slice_str(arena_printf(v->request->arena, "%.*s/", SLICE_ARG(path)));
}

static bool
find_api(struct view *v, struct slice rest)
{
	struct slice behind = rest;
	enum version version;

	take_version(v, &behind, &version);
	for (size_t i = 0; i < API_ROUTES; i++) {
		if (api_routes[i].since <= version && match(v, api_routes[i].pattern + sizeof(API) - 1, behind)) {
			v->route = &api_routes[i];
			v->in_api = true;
			v->answer.plain_api = slice_make(rest.p, 0);
			v->answer.api = slice_make(rest.p, (size_t)(behind.p - rest.p));
			return true;
		}
	}
	return false;
}

bool
route_find(struct view *v)
{
	struct slice api = SLICE(API);

	if (rb_route_find(v))
		return true;
	if (memchr(v->path.p, '\0', v->path.n) != NULL)
		return false;
	v->path = slashed(v);
	if (slice_has_prefix(v->path, api))
		return find_api(v, slice_from(v->path, api.n));
	for (size_t i = 0; i < WEB_ROUTES; i++) {
		if (match(v, web_routes[i].pattern, v->path)) {
			v->route = &web_routes[i];
			return true;
		}
	}
	return false;
}

unsigned
route_number(const struct view *v)
{
	const struct route *route = v->route;

	if (v->rb != NULL)
		return v->rb->resource != NULL ? (unsigned)v->rb->route + 1 + API_ROUTES + WEB_ROUTES : 0;
	if (route >= api_routes && route < api_routes + API_ROUTES)
		return (unsigned)(route - api_routes) + 1;
	return (unsigned)(route - web_routes) + 1 + API_ROUTES;
}

const char *
route_template(unsigned number)
{
	if (number == 0)
		return NULL;
	if (number > API_ROUTES + WEB_ROUTES)
		return rb_route_template(number - 1 - API_ROUTES - WEB_ROUTES);
	return number <= API_ROUTES ? api_routes[number - 1].pattern : web_routes[number - 1 - API_ROUTES].pattern;
}
