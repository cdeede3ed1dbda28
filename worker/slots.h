/* SPDX-License-Identifier: MIT
 *
 * Reading the worker slots (worker/shared.h), for all that tells of them: the
 * status listener and the control socket.  Any thread of any process.
 */
#ifndef THIMBLE_WORKER_SLOTS_H
#define THIMBLE_WORKER_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "worker/shared.h"

/* The slots that count, looked up once: there are ten thousand sums over them. */
struct slots {
	const struct worker_slot *slot[SHARED_WORKERS_MAX];
	unsigned count;
};

/* Offset of a counter in struct worker_slot, for slots_sum. */
#define SLOTS_AT(member) offsetof(struct worker_slot, member)

static inline uint64_t
slots_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The slot's worker is its only writer, so no locked instruction is needed. */
static inline void
slots_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, slots_get(counter) + n, memory_order_relaxed);
}

/* Those that have or had a worker. */
struct slots slots_used(const struct shared *shared);

/* The sum of one counter over the slots. */
uint64_t slots_sum(const struct slots *slots, size_t offset);

struct slots_usage {
	uint64_t resident;	/* bytes */
	uint64_t cpu_us;
	uint64_t threads;
};

/* Adds what the kernel says of a process; one that is gone adds nothing. */
void slots_add_usage(struct slots_usage *usage, int pid);

#endif
