/* SPDX-License-Identifier: MIT
 *
 * Who is filling what: a worker that is about to make an answer books its key,
 * so that the others wait for the entry instead of making it too (design,
 * section 2).
 *
 * A booking is a hint, never a promise: who waits looks for the entry from time to
 * time, for a bounded time, and takes it only if it is valid then.  So a booking
 * that is lost (two keys want the same place) costs a second fill, and one that
 * is left behind by a dead worker a wait until the master clears it.
 *
 * In shared memory; any process and thread, no locks.
 */
#ifndef THIMBLE_CACHE_FILLS_H
#define THIMBLE_CACHE_FILLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { FILLS = 4096, FILLS_WORKERS_MAX = 255 };

/* Zeroed memory is a table without bookings. */
struct fills {
	_Atomic uint64_t place[FILLS];	/* the hash of a key, its low byte the worker + 1; 0: free */
};

/*
 * Books the key, by its hash, for the worker.  False: another worker fills it.
 * True does not say that it is booked.
 */
bool fills_begin(struct fills *fills, unsigned worker, uint64_t hash);
/* Takes the worker's booking back, if it has one. */
void fills_end(struct fills *fills, unsigned worker, uint64_t hash);
/* Whether some worker fills the key. */
bool fills_busy(const struct fills *fills, uint64_t hash);
/* Master: takes back all bookings of a dead worker. */
void fills_bury(struct fills *fills, unsigned worker);

#endif
