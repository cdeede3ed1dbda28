/* SPDX-License-Identifier: MIT
 *
 * See idmap.h.  Open addressing, at most half full.
 */
#include "config.h"

#include "worker/idmap.h"

#include "base/arena.h"

enum { IDMAP_FIRST = 64 };

static size_t
slot_of(const struct idmap *map, int64_t id)
{
	/* Fibonacci hashing spreads consecutive ids. */
	size_t i = (size_t)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 20) & (map->capacity - 1);

	while (map->entries[i].used && map->entries[i].id != id)
		i = (i + 1) & (map->capacity - 1);
	return i;
}

static void
grow(struct idmap *map)
{
	struct idmap_entry *old = map->entries;
	size_t old_capacity = map->capacity;

	map->capacity = old_capacity ? old_capacity * 2 : IDMAP_FIRST;
	map->entries = arena_zalloc(map->arena, map->capacity * sizeof(*map->entries));
	for (size_t i = 0; i < old_capacity; i++)
		if (old[i].used)
			map->entries[slot_of(map, old[i].id)] = old[i];
}

int *
idmap_at(struct idmap *map, int64_t id)
{
	struct idmap_entry *entry;

	if (map->count * 2 >= map->capacity)
		grow(map);
	entry = &map->entries[slot_of(map, id)];
	if (!entry->used) {
		*entry = (struct idmap_entry){ id, -1, 1 };
		map->count++;
	}
	return &entry->value;
}

int
idmap_get(const struct idmap *map, int64_t id)
{
	const struct idmap_entry *entry;

	if (map->capacity == 0)
		return -1;
	entry = &map->entries[slot_of(map, id)];
	return entry->used ? entry->value : -1;
}
