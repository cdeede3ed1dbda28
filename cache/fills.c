/* SPDX-License-Identifier: MIT
 *
 * See fills.h.
 */
#include "config.h"

#include "cache/fills.h"

enum { WORKER_BITS = 0xff };

static _Atomic uint64_t *
place_of(const struct fills *fills, uint64_t hash)
{
	return (_Atomic uint64_t *)(uintptr_t)&fills->place[(hash >> 8) % FILLS];
}

static uint64_t
booking(unsigned worker, uint64_t hash)
{
	return (hash & ~(uint64_t)WORKER_BITS) | (worker + 1);
}

static bool
same_key(uint64_t place, uint64_t hash)
{
	return place != 0 && ((place ^ hash) & ~(uint64_t)WORKER_BITS) == 0;
}

bool
fills_begin(struct fills *fills, unsigned worker, uint64_t hash)
{
	_Atomic uint64_t *place = place_of(fills, hash);
	uint64_t found = 0;

	if (atomic_compare_exchange_strong(place, &found, booking(worker, hash)))
		return true;
	return !same_key(found, hash) || found == booking(worker, hash);
}

void
fills_end(struct fills *fills, unsigned worker, uint64_t hash)
{
	uint64_t ours = booking(worker, hash);

	(void)atomic_compare_exchange_strong(place_of(fills, hash), &ours, 0);
}

bool
fills_busy(const struct fills *fills, uint64_t hash)
{
	return same_key(atomic_load(place_of(fills, hash)), hash);
}

void
fills_bury(struct fills *fills, unsigned worker)
{
	for (unsigned i = 0; i < FILLS; i++) {
		uint64_t found = atomic_load(&fills->place[i]);

		if ((found & WORKER_BITS) == worker + 1)
			(void)atomic_compare_exchange_strong(&fills->place[i], &found, 0);
	}
}
