/* SPDX-License-Identifier: MIT
 *
 * See slots.h.
 */
#include "config.h"

#include "worker/slots.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A slot that never had a worker is not read further: reading it would allocate its pages. */
struct slots
slots_used(const struct shared *shared)
{
	struct slots slots = { .count = 0 };

	for (int i = 0; i < SHARED_WORKERS_MAX; i++) {
		const struct worker_slot *slot = &shared->workers[i];

		if (slots_get(&slot->accepted) > 0 || atomic_load_explicit(&slot->pid, memory_order_relaxed) != 0)
			slots.slot[slots.count++] = slot;
	}
	return slots;
}

uint64_t
slots_sum(const struct slots *slots, size_t offset)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < slots->count; i++)
		total += slots_get((const _Atomic uint64_t *)(const void *)((const char *)slots->slot[i] + offset));
	return total;
}

void
slots_add_usage(struct slots_usage *usage, int pid)
{
	char path[40], line[1024];
	const char *at;
	unsigned long long user, system;
	unsigned long ticks = (unsigned long)sysconf(_SC_CLK_TCK);
	long threads, resident;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	/* The name in parentheses may hold anything; the fields begin behind its end. */
	if (fgets(line, sizeof(line), f) != NULL && (at = strrchr(line, ')')) != NULL &&
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %ld %*d %*u %*u %ld",
		&user, &system, &threads, &resident) == 4) {
		usage->cpu_us += (user + system) * 1000000 / ticks;
		usage->threads += (uint64_t)threads;
		usage->resident += (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
	}
	fclose(f);
}
