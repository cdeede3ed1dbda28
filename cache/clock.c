/* SPDX-License-Identifier: MIT
 *
 * See clock.h.
 */
#include "config.h"

#include "cache/clock.h"

#include <assert.h>
#include <errno.h>

#include "base/log.h"
#include "base/robust.h"

size_t
clock_size(uint32_t stamps)
{
	return sizeof(struct clock) + (size_t)stamps * sizeof(_Atomic uint64_t);
}

int
clock_init(struct clock *clock, uint32_t stamps)
{
	assert(stamps > 0 && (stamps & (stamps - 1)) == 0);
	clock->mask = stamps - 1;
	/* even, and not 0, which stands for "never" elsewhere */
	atomic_store(&clock->now, 2);
	return robust_init(&clock->lock);
}

uint64_t
clock_read(const struct clock *clock)
{
	return atomic_load(&clock->now);
}

uint32_t
clock_stamp(const struct clock *clock, uint64_t tag)
{
	/* the finalizer of MurmurHash3: each bit of the tag changes half of the stamp's */
	tag ^= tag >> 33;
	tag *= 0xff51afd7ed558ccdu;
	tag ^= tag >> 33;
	tag *= 0xc4ceb9fe1a85ec53u;
	tag ^= tag >> 33;
	return (uint32_t)tag & clock->mask;
}

/* With the lock; of the dead one's stamps some may be missing.  The next number is to be drawn from here. */
static void
mend_locked(struct clock *clock)
{
	/*
	 * Odd, and a number that nobody has seen: one may have died before it drew a number,
	 * with the number of another dead one there to be read by fills that missed its change.
	 */
	uint64_t now = (atomic_load(&clock->now) + 1) | 1;

	log_warnx("cache: an invalidation was cut short; everything is forgotten");
	/* in this order: a fill that notes the floor's number began after the dead ones' changes */
	atomic_store(&clock->now, now);
	atomic_store(&clock->floor, now);
	atomic_store(&clock->now, now + 1);
}

/* Locks and draws a number, odd; end() makes it even and unlocks. */
static uint64_t
begin(struct clock *clock)
{
	bool inherited;
	uint64_t c;

	robust_lock(&clock->lock, &inherited);
	if (inherited)
		mend_locked(clock);
	c = atomic_load(&clock->now) + 1;
	atomic_store(&clock->now, c);
	return c;
}

static void
end(struct clock *clock, uint64_t c)
{
	atomic_store(&clock->now, c + 1);
	robust_unlock(&clock->lock);
}

void
clock_invalidate(struct clock *clock, const uint32_t *stamps, size_t count)
{
	uint64_t c = begin(clock);

	for (size_t i = 0; i < count; i++)
		atomic_store_explicit(&clock->stamps[stamps[i]], c, memory_order_release);
	end(clock, c);
}

void
clock_forget(struct clock *clock)
{
	uint64_t c = begin(clock);

	atomic_store(&clock->floor, c);
	end(clock, c);
}

void
clock_mend(struct clock *clock)
{
	bool inherited;

	if (!robust_trylock(&clock->lock, &inherited))
		return;
	if (inherited)
		mend_locked(clock);
	robust_unlock(&clock->lock);
}

bool
clock_valid(const struct clock *clock, uint64_t filled_at, const uint32_t *stamps, size_t count,
    _Atomic uint64_t *valid_at)
{
	uint64_t now = atomic_load(&clock->now);

	if (atomic_load_explicit(valid_at, memory_order_relaxed) == now)
		return true;
	if (atomic_load(&clock->floor) > filled_at)
		return false;
	for (size_t i = 0; i < count; i++)
		if (atomic_load_explicit(&clock->stamps[stamps[i]], memory_order_acquire) > filled_at)
			return false;
	/* what began since has another number */
	if ((now & 1) == 0)
		atomic_store_explicit(valid_at, now, memory_order_relaxed);
	return true;
}
