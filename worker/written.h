/* SPDX-License-Identifier: MIT
 *
 * What a write changed, as the tags that doc/tags.md says it raises.  They are
 * raised on this node after the commit and before the answer: a client that
 * has its answer never reads older data from this node.
 *
 * Other nodes, and what other programs write, are not its concern.
 * Lives in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_WRITTEN_H
#define THIMBLE_WORKER_WRITTEN_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct region;

struct written {
	struct arena *arena;
	uint64_t *tag;
	size_t count, capacity;
};

/* A row was changed; `table` is of tags.h's tables, `scope` the value of its scope's column, 0: none. */
void written_object(struct written *written, const char *table, int64_t id);
/* A row came or went. */
void written_collection(struct written *written, const char *table, int64_t id, int64_t scope);
/* A row's column has another value. */
void written_column(struct written *written, const char *table, int64_t id, int64_t scope, const char *column);
/* What a user may do. */
void written_user(struct written *written, int64_t user);

/* Invalidates all of it, after the commit.  `region` may be NULL: there is no cache. */
void written_raise(const struct written *written, struct region *region);

#endif
