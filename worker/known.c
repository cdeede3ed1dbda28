/* SPDX-License-Identifier: MIT
 *
 * See known.h.
 */
#include "config.h"

#include "worker/known.h"

#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/credentials.h"
#include "cache/region.h"
#include "worker/tags.h"
#include "worker/view.h"

/* No answer's key begins like this. */
static const char prefix[] = "\0known";

struct known_key {
	char bytes[sizeof(prefix) + CREDENTIALS_DIGEST];
};

static bool
make_key(const struct view *v, struct known_key *key)
{
	memcpy(key->bytes, prefix, sizeof(prefix));
	return credentials_digest(v->service->credentials, v->request->authorization,
	    (unsigned char *)key->bytes + sizeof(prefix)) == 0;
}

int64_t
known_find(struct view *v)
{
	uint64_t oldest = region_oldest_ms(v->service->region, monotonic_ms(), v->service->settings->cache.max_stale);
	struct region_hit hit;
	struct known_key key;
	int64_t user = 0;

	if (!make_key(v, &key) || !region_get(v->service->region, v->service->worker,
	    slice_make(key.bytes, sizeof(key.bytes)), oldest, &hit))
		return 0;
	if (hit.pieces == 1 && hit.length == sizeof(user))
		memcpy(&user, hit.piece[0].p, sizeof(user));
	region_unpin(v->service->region, v->service->worker, hit.pin);
	return user;
}

void
known_store(struct view *v)
{
	struct region_item item = {
		.body = slice_make((const char *)&v->answer.user, sizeof(v->answer.user)),
		.filled_at = v->kept.filled_at,
		.born_ms = v->kept.born_ms,
	};
	struct known_key key;

	if (v->service->region == NULL || !make_key(v, &key))
		return;
	item.key = slice_make(key.bytes, sizeof(key.bytes));
	item.stamp_count = tags_stamps(v->tags, region_clock(v->service->region), &item.stamps);
	(void)region_put(v->service->region, &item);
}
