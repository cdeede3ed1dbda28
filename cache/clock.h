/* SPDX-License-Identifier: MIT
 *
 * The invalidation clock (design, section 4).  Whatever an answer depends on
 * has a tag; a tag is hashed to a stamp, and two tags that share one only cost
 * a refill.
 *
 *   to invalidate   c = ++now; stamp[tag] = c for each tag; ++now
 *   to fill         s = now, before the database is read; filled_at = s
 *   valid           while stamp[tag] <= filled_at for each tag, and floor <= filled_at
 *   forget all      floor = ++now; ++now
 *
 * What is read begins with s, so a change that comes later has a larger
 * number: no fill outlives it.  Tags are applied after the commit, so a fill
 * that reads the number of a change reads the change as well.
 *
 * The number is odd while an invalidation is under way.  An entry that was
 * found valid after an even number was read stays valid as long as the clock
 * says that number: all stamps of before were there to be seen, so a reader
 * need not look at them again.
 *
 * Invalidators take turns, under a robust lock; who inherits it from one that
 * died half-way forgets everything.  Readers and fills take no lock.
 *
 * 64 bits: at a million invalidations a second the clock wraps around after
 * a quarter of a million years.
 *
 * In shared memory; any process and thread.
 */
#ifndef THIMBLE_CACHE_CLOCK_H
#define THIMBLE_CACHE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>

struct clock {
	pthread_mutex_t lock;		/* of invalidators; taken last, nothing is done under it but this */
	_Atomic uint64_t now;
	_Atomic uint64_t floor;
	uint32_t mask;			/* stamps - 1; a power of two minus one */
	_Atomic uint64_t stamps[];
};

/* Bytes of a clock with that many stamps. */
size_t clock_size(uint32_t stamps);
/* Makes a clock in zeroed memory of that size.  0, or -1 with errno. */
int clock_init(struct clock *clock, uint32_t stamps);

/* The number that a fill notes before it reads the database. */
uint64_t clock_read(const struct clock *clock);

/* The stamp of a tag, which is any 64-bit number that names it. */
uint32_t clock_stamp(const struct clock *clock, uint64_t tag);

/* Invalidates all that depends on one of the stamps. */
void clock_invalidate(struct clock *clock, const uint32_t *stamps, size_t count);
/* Invalidates everything. */
void clock_forget(struct clock *clock);
/*
 * Master, after a death: if an invalidation was cut short by it, forgets
 * everything now instead of at the next one.  Does not wait.
 */
void clock_mend(struct clock *clock);

/*
 * Whether what was filled at that number, with these stamps, is valid now.
 * *valid_at is the caller's memory of when it was so last (0: never), kept
 * with the entry; all readers of the entry share it.
 */
bool clock_valid(const struct clock *clock, uint64_t filled_at, const uint32_t *stamps, size_t count,
    _Atomic uint64_t *valid_at);

#endif
