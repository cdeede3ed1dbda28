/* SPDX-License-Identifier: MIT
 *
 * What a purge asks for: {"tags": ["patch:42", ...]} or {"all": true}.
 * Pure functions.
 */
#ifndef THIMBLE_WORKER_PURGE_H
#define THIMBLE_WORKER_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct arena;

enum {
	PURGE_TAGS_MAX = 4096,
	PURGE_BODY_MAX = 1024 * 1024
};

struct purge {
	bool all;
	uint64_t *tags;		/* hashes (cache/tag.h), in the arena; none with `all` */
	size_t tag_count;
};

/* Reads the body.  0, or -1 with a sentence, which is a literal or in the arena. */
int purge_parse(struct arena *arena, struct slice body, struct purge *purge_r, const char **error_r);

#endif
