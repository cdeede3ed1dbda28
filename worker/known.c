/* SPDX-License-Identifier: MIT
 *
 * See known.h.
 */
#include "config.h"

#include "worker/known.h"

#include <time.h>

#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/credentials.h"
#include "cache/region.h"
#include "worker/tags.h"
#include "worker/view.h"

/* No answer's key begins like this, and they are equally long. */
static const char prefix[] = "\0known", session_prefix[] = "\0login";

struct known_key {
	char bytes[sizeof(prefix) + CREDENTIALS_DIGEST];
};

/* What is kept: who, and until when; 0: as long as its tags say. */
struct known {
	int64_t user, expires;
};

static bool
make_key(const struct view *v, const char *kind, struct slice credentials, struct known_key *key)
{
	_Static_assert(sizeof(prefix) == sizeof(session_prefix), "keys of one length");
	memcpy(key->bytes, kind, sizeof(prefix));
	return credentials_digest(v->service->credentials, credentials,
	    (unsigned char *)key->bytes + sizeof(prefix)) == 0;
}

static int64_t
find(struct view *v, const char *kind, struct slice credentials)
{
	uint64_t oldest = region_oldest_ms(v->service->region, monotonic_ms(), v->service->settings->cache.max_stale);
	struct known known = { 0, 0 };
	struct region_hit hit;
	struct known_key key;

	if (!make_key(v, kind, credentials, &key) || !region_get(v->service->region, v->service->worker,
	    slice_make(key.bytes, sizeof(key.bytes)), oldest, &hit))
		return 0;
	if (hit.pieces == 1 && hit.length == sizeof(known))
		memcpy(&known, hit.piece[0].p, sizeof(known));
	region_unpin(v->service->region, v->service->worker, hit.pin);
	return known.expires == 0 || known.expires > (int64_t)time(NULL) ? known.user : 0;
}

static void
store(struct view *v, const char *kind, struct slice credentials, int64_t expires)
{
	const struct known known = { v->answer.user, expires };
	struct region_item item = {
		.body = slice_make((const char *)&known, sizeof(known)),
		.filled_at = v->kept.filled_at,
		.born_ms = v->kept.born_ms,
	};
	struct known_key key;

	if (v->service->region == NULL || !make_key(v, kind, credentials, &key))
		return;
	item.key = slice_make(key.bytes, sizeof(key.bytes));
	item.stamp_count = tags_stamps(v->tags, region_clock(v->service->region), &item.stamps);
	(void)region_put(v->service->region, &item);
}

int64_t
known_find(struct view *v)
{
	return find(v, prefix, v->request->authorization);
}

void
known_store(struct view *v)
{
	store(v, prefix, v->request->authorization, 0);
}

int64_t
known_find_session(struct view *v, struct slice cookie)
{
	return find(v, session_prefix, cookie);
}

void
known_store_session(struct view *v, struct slice cookie, int64_t expires)
{
	store(v, session_prefix, cookie, expires);
}
