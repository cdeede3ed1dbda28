/* SPDX-License-Identifier: MIT
 *
 * A map from ids to small integers, for one answer.  In an arena, so never
 * freed; one thread.
 */
#ifndef THIMBLE_WORKER_IDMAP_H
#define THIMBLE_WORKER_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct idmap {
	struct arena *arena;
	struct idmap_entry {
		int64_t id;
		int value;
		int used;
	} *entries;
	size_t capacity;	/* a power of two, or 0 */
	size_t count;
};

/* The place of the id's value; made, and -1, if it was not there. */
int *idmap_at(struct idmap *map, int64_t id);
/* The id's value, or -1. */
int idmap_get(const struct idmap *map, int64_t id);

#endif
