/* SPDX-License-Identifier: MIT
 *
 * Answers that are kept in the region (cache/region.h) and given again, by any
 * worker.
 *
 * What is kept is what anybody may see: 200s to GET and HEAD that came without
 * credentials.  The key says all that the answer was made of: the
 * configuration's generation, the public URL, the path with its version, the
 * query in canonical form, and the representation.
 *
 * Nothing tells this node of changes yet, so no answer is trusted longer than
 * [cache] max_stale after the database was read for it.  Each entry depends on the tag of its
 * resource all the same.
 */
#include "config.h"

#include "base/arena.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/region.h"
#include "worker/route.h"

/* Whether anybody who asks the same gets the same. */
static bool
is_public(const struct view *v)
{
	const struct resource *r = v->route->resource;

	if (!view_is_read(v) || v->request->authorization.p != NULL)
		return false;
	/* the page for browsers quotes the request as it was sent */
	if (v->representation != REPRESENTATION_JSON)
		return false;
	/* [Q] downloads do not say the same to HEAD as to GET (9.1) */
	if (r == NULL)
		return v->request->method == METHOD_GET;
	return !r->login;
}

static struct slice
make_key(struct view *v)
{
	struct slice page = uri_query_last(&v->query, "page");
	struct buf key = { 0 };
	struct slice copy;

	buf_printf(&key, "%llx %u ", (unsigned long long)v->service->generation, v->answer.json.indent);
	buf_slice(&key, v->answer.base);
	/* encoded, so that what is in the path cannot look like a query or a page */
	uri_encode_path(&key, v->path);
	/* sorted and encoded anew; the page by itself, for there only the last one counts */
	uri_query_with_page(&key, &v->query, 0);
	if (page.p != NULL) {
		buf_str(&key, "#");
		uri_encode_form(&key, page);
	}
	copy = key.len <= REGION_KEY_MAX ? arena_slice(v->request->arena, buf_as_slice(&key)) : SLICE_NONE;
	buf_fini(&key);
	return copy;
}

struct pinned {
	struct region *region;
	unsigned worker, pin;
};

/* Loop: requests are freed there. */
static void
unpin(void *object)
{
	const struct pinned *pinned = object;

	region_unpin(pinned->region, pinned->worker, pinned->pin);
}

static void
hold(struct view *v, const struct region_hit *hit)
{
	struct arena *arena = v->request->arena;
	struct response *response = &v->request->response;
	struct pinned *pinned = arena_alloc(arena, sizeof(*pinned));

	_Static_assert((int)REGION_RUNS_MAX <= (int)RESPONSE_PIECES_MAX, "an entry's runs are pieces of a response");
	*pinned = (struct pinned){ v->service->region, v->service->worker, hit->pin };
	arena_cleanup(arena, unpin, pinned);
	response->status = 200;
	response->held.pieces = hit->pieces;
	for (unsigned i = 0; i < hit->pieces; i++)
		response->held.piece[i] = hit->piece[i];
	response->held.head_length = hit->head_length;
	response->held.body_length = hit->length - hit->head_length;
}

bool
kept_find(struct view *v)
{
	uint64_t trusted = v->service->settings->cache.max_stale, now;
	struct region_hit hit;

	if (v->service->region == NULL || !is_public(v))
		return false;
	v->cache_key = make_key(v);
	if (v->cache_key.p == NULL)
		return false;
	now = monotonic_ms();
	if (!region_get(v->service->region, v->service->worker, v->cache_key, now > trusted ? now - trusted : 0, &hit))
		return false;
	hold(v, &hit);
	return true;
}

/* Before the snapshot is opened: what changes from now on may not be in it. */
void
kept_begin(struct view *v)
{
	if (v->cache_key.p == NULL)
		return;
	v->filled_at = clock_read(region_clock(v->service->region));
	v->born_ms = monotonic_ms();
}

static uint64_t
tag_of_name(const char *name)
{
	uint64_t tag = 0xcbf29ce484222325u;	/* FNV-1a */

	for (; *name != '\0'; name++)
		tag = (tag ^ (unsigned char)*name) * 0x100000001b3u;
	return tag;
}

void
kept_store(struct view *v)
{
	const struct response *response = &v->request->response;
	struct region_item item = {
		.key = v->cache_key,
		.head = buf_as_slice(&response->head),
		.body = buf_as_slice(&response->body),
		.filled_at = v->filled_at,
		.born_ms = v->born_ms,
	};
	uint32_t stamp;

	if (v->cache_key.p == NULL || response->status != 200)
		return;
	stamp = clock_stamp(region_clock(v->service->region),
	    tag_of_name(v->route->resource != NULL ? v->route->resource->shape->table : "download"));
	item.stamps = &stamp;
	item.stamp_count = 1;
	(void)region_put(v->service->region, &item);
}
