/* SPDX-License-Identifier: MIT
 *
 * The bus: one process a node, beside the workers, that applies to the region what
 * the database tells of (store/feed.h), and grants the lease by which
 * entries are trusted however old they are (cache/region.h).
 *
 * Four times per max_stale it notes the time, reads and applies what was
 * committed, looks whether the database still tells of every change, and only then
 * renews the lease, to the noted time + max_stale.  So a bus that is stopped, killed or cut off costs hits,
 * never truth.  With Redis (relay.h) it has to be there, too, and the right one.  A lease covers what was born after its beginning: from then on nothing can
 * have happened that the bus does not learn of.  It begins anew whenever that is in doubt.
 */
#ifndef THIMBLE_WORKER_BUS_H
#define THIMBLE_WORKER_BUS_H

#include "worker/shared.h"
#include "worker/worker.h"

/* Its name as the kernel knows it. */
#define BUS_NAME "thimbled-bus"

/*
 * Runs until TERM, INT or QUIT, or until the master is gone; returns a worker's exit code.  As
 * worker_main, but that it needs no listeners: `slot` is not looked at.
 */
int bus_main(const struct heritage *heritage);

/* What stands in bus_slot.lease, in a word for machines and as a sentence. */
const char *bus_word(enum bus_lease lease);
const char *bus_sentence(enum bus_lease lease);
/* What stands in bus_slot.redis. */
const char *bus_redis_word(enum bus_redis redis);

#endif
