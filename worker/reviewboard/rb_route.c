/* SPDX-License-Identifier: MIT
 *
 * Which resource of the Review Board API a path names.  All of it lies below [reviewboard] prefix; what
 * is about review requests also directly below "/api/", where the published page has it.
 * Pure functions over a constant table.
 */
#include "config.h"

#include "worker/reviewboard/rb.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/digits.h"
#include "proto/text.h"
#include "worker/route.h"

/* What stands for the prefix in the table. */
#define PREFIX "/reviews"
#define API PREFIX "/api/"
#define REQUEST API "review-requests/{request}/"
#define DRAFT_DIFFS REQUEST "draft/diffs/"
#define DIFFS REQUEST "diffs/"

enum { COMMIT_ID_MAX = 64 };

/* {request}, {diff} and {id}: digits; {name}: a segment; {commit}: letters and digits. */
struct rb_route {
	const char *pattern;
	const struct rb_resource *resource;
};

static const struct rb_route routes[] = {
	{ API "", &rb_root },
	{ API "info/", &rb_info },
	{ API "session/", &rb_session },
	{ API "users/", &rb_users },
	{ API "users/{name}/", &rb_users },
	{ API "repositories/", &rb_repositories },
	{ API "repositories/{id}/", &rb_repositories },
	{ API "repositories/{id}/info/", &rb_repository_info },
	{ API "validation/", &rb_validation },
	{ API "validation/commits/", &rb_commit_validation },
	{ API "validation/diffs/", &rb_diff_validation },
	{ API "review-requests/", &rb_requests },
	{ REQUEST, &rb_requests },
	{ REQUEST "draft/", &rb_draft },
	{ DRAFT_DIFFS, &rb_draft_diffs },
	{ DRAFT_DIFFS "{diff}/", &rb_draft_diffs },
	{ DRAFT_DIFFS "{diff}/draft-commits/", &rb_draft_commits },
	{ DRAFT_DIFFS "{diff}/draft-commits/{commit}/", &rb_draft_commits },
	{ DRAFT_DIFFS "{diff}/files/", &rb_draft_files },
	{ DRAFT_DIFFS "{diff}/files/{id}/", &rb_draft_files },
	{ DIFFS, &rb_diffs },
	{ DIFFS "{diff}/", &rb_diffs },
	{ DIFFS "{diff}/commits/", &rb_commits },
	{ DIFFS "{diff}/commits/{commit}/", &rb_commits },
	{ DIFFS "{diff}/files/", &rb_files },
	{ DIFFS "{diff}/files/{id}/", &rb_files },
	{ PREFIX "/r/{request}/", &rb_pages },
	{ PREFIX "/r/{request}/diff/", &rb_pages },
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

_Static_assert((int)ROUTES <= (int)RB_ROUTES_MAX, "route.c counts on it");

/* What v->route of all of ours is: the rest says v->rb. */
static const struct route route_of_all = { PREFIX, ROUTE_REVIEWS, NULL, V1_0, NULL };

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes of `path` that the place takes; 0: it does not match. */
static size_t
match_place(char kind, struct slice path)
{
	size_t n = 0;

	switch (kind) {
	case 'n':	/* {name} */
		while (n < path.n && path.p[n] != '/')
			n++;
		return n;
	case 'c':	/* {commit} */
		while (n < path.n && is_alphanumeric(path.p[n]))
			n++;
		return n <= COMMIT_ID_MAX ? n : 0;
	default:
		return digits_leading(path);
	}
}

static void
take_place(struct rb *rb, char kind, struct slice text)
{
	uint64_t number;
	/* one that does not fit is none that any row has */
	int64_t id = slice_uint(text, INT64_MAX, &number) == 0 && number > 0 ? (int64_t)number : -1;

	switch (kind) {
	case 'r':
		rb->request = id;
		break;
	case 'd':
		rb->revision = id;
		break;
	case 'i':
		rb->number = id;
		break;
	default:
		rb->name = text;
	}
}

static bool
match(struct rb *rb, const char *pattern, struct slice path)
{
	rb->request = rb->revision = rb->number = 0;
	rb->name = SLICE_NONE;
	while (*pattern != '\0') {
		size_t n = 1;

		if (*pattern != '{') {
			if (path.n == 0 || *path.p != *pattern)
				return false;
			pattern++;
		} else {
			n = match_place(pattern[1], path);
			if (n == 0)
				return false;
			take_place(rb, pattern[1], slice_make(path.p, n));
			pattern = strchr(pattern, '}') + 1;
		}
		path = slice_from(path, n);
	}
	return path.n == 0;
}

static bool
is_built(const struct rb_resource *resource)
{
	return resource->list_methods != 0 || resource->item_methods != 0;
}

/* `path` is what stands behind the prefix, with its slash. */
static void
find(struct rb *rb, struct slice path)
{
	for (size_t i = 0; i < ROUTES; i++) {
		const char *pattern = routes[i].pattern;

		if (!is_built(routes[i].resource) || !match(rb, pattern + sizeof(PREFIX) - 1, path))
			continue;
		rb->resource = routes[i].resource;
		rb->route = i;
		rb->list = rb->resource->list != NULL && !slice_has_suffix(slice_str(pattern), SLICE("}/"));
		return;
	}
}

/* What stands behind the prefix; absent: the path is none of ours. */
static struct slice
behind_prefix(const struct view *v)
{
	struct slice prefix = slice_str(v->service->settings->reviewboard.prefix), rest;

	if (slice_has_prefix(v->path, SLICE("/api/review-requests/")))
		return v->path;
	if (!slice_has_prefix(v->path, prefix))
		return SLICE_NONE;
	rest = slice_from(v->path, prefix.n);
	return slice_has_prefix(rest, SLICE("/api/")) || slice_has_prefix(rest, SLICE("/r/")) ? rest : SLICE_NONE;
}

static void
free_buf(void *buf)
{
	buf_fini(buf);
}

bool
rb_route_find(struct view *v)
{
	struct slice path = v->path, rest;

	if (path.n == 0 || path.p[path.n - 1] != '/')
		v->path = slice_str(arena_printf(v->request->arena, "%.*s/", SLICE_ARG(path)));
	rest = behind_prefix(v);
	if (rest.p == NULL) {
		v->path = path;
		return false;
	}
	v->route = &route_of_all;
	v->rb = arena_zalloc(v->request->arena, sizeof(*v->rb));
	v->rb->v = v;
	arena_cleanup(v->request->arena, free_buf, &v->rb->lines);
	v->rb->direct = rest.p == v->path.p;
	if (memchr(rest.p, '\0', rest.n) == NULL)
		find(v->rb, rest);
	return true;
}

const char *
rb_route_template(size_t number)
{
	return number < ROUTES ? routes[number].pattern : NULL;
}
