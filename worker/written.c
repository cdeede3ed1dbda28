/* SPDX-License-Identifier: MIT
 *
 * See written.h.
 */
#include "config.h"

#include "worker/written.h"

#include <string.h>

#include "base/arena.h"
#include "base/breakage.h"
#include "cache/position.h"
#include "cache/region.h"
#include "cache/tag.h"
#include "worker/tags.h"
#include "worker/view.h"
#include "worker/wake.h"

static void
add(struct written *written, uint64_t tag)
{
	if (written->count == written->capacity) {
		size_t capacity = written->capacity > 0 ? written->capacity * 2 : 32;
		uint64_t *grown = arena_alloc(written->arena, capacity * sizeof(*grown));

		if (written->count > 0)
			memcpy(grown, written->tag, written->count * sizeof(*grown));
		written->tag = grown;
		written->capacity = capacity;
	}
	written->tag[written->count++] = tag;
}

void
written_object(struct written *written, const char *table, int64_t id)
{
	add(written, tag_hash_id(tag_table_of(table)->object, ':', id));
}

void
written_collection(struct written *written, const char *table, int64_t id, int64_t scope)
{
	const struct tag_table *tags = tag_table_of(table);

	written_object(written, table, id);
	add(written, tag_hash(slice_str(tags->collection)));
	if (scope != 0)
		add(written, tag_hash_id(tags->collection, '@', scope));
}

void
written_column(struct written *written, const char *table, int64_t id, int64_t scope, const char *column)
{
	const struct tag_table *tags = tag_table_of(table);

	written_object(written, table, id);
	add(written, tag_hash_column(tag_hash(slice_str(tags->collection)), slice_str(column)));
	if (scope != 0)
		add(written, tag_hash_column(tag_hash_id(tags->collection, '@', scope), slice_str(column)));
}

void
written_user(struct written *written, int64_t user)
{
	add(written, tag_hash_id("auth", ':', user));
}

static void
raise_tags(const struct written *written, struct region *region)
{
	struct clock *clock;
	uint32_t *stamp;

	if (region == NULL || written->count == 0 || breakage("own"))
		return;
	clock = region_clock(region);
	stamp = arena_alloc(written->arena, written->count * sizeof(*stamp));
	for (size_t i = 0; i < written->count; i++)
		stamp[i] = clock_stamp(clock, written->tag[i]);
	/* Redis learns of it later */
	position_ahead(region_position(region), written->tag, written->count);
	clock_invalidate(clock, stamp, written->count);
}

void
written_end(const struct written *written, const struct service *service, enum store_status status)
{
	/* if it is not known, it may be so */
	if (status != STORE_OK && status != STORE_UNKNOWN)
		return;
	raise_tags(written, service->region);
	wake_bus(service->wake);
}
