/* SPDX-License-Identifier: MIT
 *
 * [reviewboard] rate_limit: how often a user, or an address without a user, may ask in a minute.  Counted
 * in memory that all workers share, without a lock: a place belongs to whoever used it last, so that
 * where two meet both get more than they should, never less.
 */
#include "config.h"

#include "base/monotonic.h"
#include "base/settings.h"
#include "worker/reviewboard/rb_private.h"
#include "worker/shared.h"

enum { MINUTE_MS = 60000, SECOND_MS = 1000, COUNT_BITS = 24, MINUTE_BITS = 20 };

static uint64_t
hash_of(const struct rb *rb)
{
	struct slice client = rb->v->request->client;
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)rb->user.id;

	if (rb->user.id == 0)
		for (size_t i = 0; i < client.n; i++)
			hash = (hash ^ (unsigned char)client.p[i]) * 0x100000001b3u;
	return (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
}

/* A place is who (20 bits), in which minute (20), how often (24). */
bool
rb_is_too_often(struct rb *rb, unsigned *after)
{
	uint64_t limit = rb->v->service->settings->reviewboard.rate_limit, now = monotonic_ms();
	uint64_t hash, owner, was, next, count;
	_Atomic uint64_t *place;

	if (limit == 0)
		return false;
	hash = hash_of(rb);
	place = &rb->v->service->rates[hash % RATE_PLACES];
	owner = (hash >> (64 - MINUTE_BITS)) << MINUTE_BITS | (now / MINUTE_MS & ((1u << MINUTE_BITS) - 1));
	was = atomic_load_explicit(place, memory_order_relaxed);
	do {
		count = was >> COUNT_BITS == owner ? was & ((1u << COUNT_BITS) - 1) : 0;
		if (count >= limit)
			break;
		next = owner << COUNT_BITS | (count + 1);
	} while (!atomic_compare_exchange_weak_explicit(place, &was, next, memory_order_relaxed, memory_order_relaxed));
	*after = (unsigned)((MINUTE_MS - now % MINUTE_MS + SECOND_MS - 1) / SECOND_MS);
	return count >= limit;
}
