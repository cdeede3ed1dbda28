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

#include "store/store.h"

struct arena;
struct service;

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

/* After the commit, which ended with that status: invalidates all of it here, and has the bus tell the other nodes. */
void written_end(const struct written *written, const struct service *service, enum store_status status);

#endif
