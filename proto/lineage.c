/* SPDX-License-Identifier: MIT
 *
 * See lineage.h.  Entries are sorted by name and blob, so that those of a
 * name, and in it those that begin alike, stand together.  Each blob stands
 * once more under the empty name, which no file has: that is where a blob is
 * looked for that may have come from another name.
 */
#include "config.h"

#include "proto/lineage.h"

#include <stdlib.h>

#include "base/arena.h"

enum { FIRST = 64, SHORTEST = 4 };

struct entry {
	struct slice name, blob;
	size_t age;
	bool removed;
	bool gone;		/* of the first entry of a name: the youngest commit that touched it removed it */
};

struct lineage {
	struct arena *arena;
	struct entry *entry;
	size_t count, room;
};

struct lineage *
lineage_new(struct arena *arena)
{
	struct lineage *lineage = arena_zalloc(arena, sizeof(*lineage));

	lineage->arena = arena;
	return lineage;
}

static void
push(struct lineage *l, const struct entry *entry)
{
	l->entry = arena_more(l->arena, l->entry, l->count, &l->room, FIRST, sizeof(*l->entry));
	l->entry[l->count++] = *entry;
}

void
lineage_add(struct lineage *l, struct slice name, struct slice blob, bool removed, size_t age)
{
	struct entry entry = { .name = name, .blob = removed ? SLICE("") : blob, .age = age, .removed = removed };

	push(l, &entry);
	if (removed || blob.n == 0)
		return;
	entry.name = SLICE("");
	push(l, &entry);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int difference = slice_compare(x->name, y->name);

	if (difference == 0)
		difference = slice_compare(x->blob, y->blob);
	return difference != 0 ? difference : x->removed - y->removed;
}

/* Whether the youngest of the entries of one name removed it. */
static bool
is_gone(const struct entry *entry, size_t count)
{
	const struct entry *youngest = entry;

	for (const struct entry *e = entry; e < entry + count; e++)
		if (e->age < youngest->age || (e->age == youngest->age && youngest->removed))
			youngest = e;
	return youngest->removed;
}

void
lineage_seal(struct lineage *l)
{
	size_t end;

	if (l->count > 0)
		qsort(l->entry, l->count, sizeof(*l->entry), compare_entries);
	for (size_t i = 0; i < l->count; i = end) {
		for (end = i + 1; end < l->count && slice_eq(l->entry[end].name, l->entry[i].name); end++)
			;
		l->entry[i].gone = is_gone(l->entry + i, end - i);
	}
}

/* The first entry that is not before (name, blob). */
static size_t
lower_bound(const struct lineage *l, struct slice name, struct slice blob)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int difference = slice_compare(l->entry[middle].name, name);

		if (difference == 0)
			difference = slice_compare(l->entry[middle].blob, blob);
		if (difference < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* An entry of that name that begins with `blob`; NULL if there is none. */
static const struct entry *
find(const struct lineage *l, struct slice name, struct slice blob)
{
	size_t i = lower_bound(l, name, blob);

	if (i == l->count || !slice_eq(l->entry[i].name, name) || !slice_has_prefix(l->entry[i].blob, blob))
		return NULL;
	return &l->entry[i];
}

/* Whether that blob was left under the name: one id may be the beginning of the other. */
static bool
has(const struct lineage *l, struct slice name, struct slice blob)
{
	if (blob.n >= SHORTEST && find(l, name, blob) != NULL)
		return true;
	for (size_t n = SHORTEST; n < blob.n; n++) {
		struct slice start = slice_make(blob.p, n);
		const struct entry *e = find(l, name, start);

		if (e == NULL)
			return false;	/* then none begins with more of it */
		if (e->blob.n == n)
			return true;
	}
	return false;
}

enum lineage_verdict
lineage_ask(const struct lineage *l, struct slice name, struct slice blob)
{
	const struct entry *first = find(l, name, SLICE(""));

	if (first == NULL || name.n == 0)
		return LINEAGE_NOTHING;
	if (first->gone)
		return LINEAGE_CONTRADICTED;
	if (blob.n == 0)
		return LINEAGE_UNSURE;
	if (has(l, name, blob))
		return LINEAGE_KNOWN;
	/* one that was left without its id sorts before all others */
	if (first->blob.n > 0 || first->removed)
		return LINEAGE_CONTRADICTED;
	return has(l, SLICE(""), blob) ? LINEAGE_KNOWN : LINEAGE_UNSURE;
}
