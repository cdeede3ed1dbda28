/* SPDX-License-Identifier: MIT
 *
 * Requests that came before, byte for byte: what their heads meant was found
 * out then, so that the next one goes straight to the cache.  Clients that poll send the
 * same bytes each time, and reading them (head, host, route, query,
 * negotiation, key) costs more than the answer.
 *
 * A shortcut says only under which key the answer is and how the client wants
 * it; whether it is there and valid the cache says each time.  Only requests
 * without credentials and without a body leave one.
 *
 * One table a worker, of a fixed number of places.  Loop only.
 */
#ifndef THIMBLE_WORKER_SHORTCUT_H
#define THIMBLE_WORKER_SHORTCUT_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/encoding.h"
#include "worker/request.h"

enum {
	SHORTCUT_HEAD_MAX = 2048,	/* bytes of a head */
	SHORTCUT_PLACES = 1024
};

struct region;
struct shortcuts;

struct shortcut {
	enum method method;
	unsigned http_minor;
	bool keep_alive;
	bool takes_codings;		/* it came with Accept-Encoding */
	bool wants_cache_status;
	enum encoding encoding;
	unsigned route;
	struct slice key;		/* of the very entry, its coding included */
	uint64_t key_hash;		/* in the region; set by shortcuts_learn */
	struct slice if_none_match;
};

/* The region lends its hash. */
struct shortcuts *shortcuts_new(const struct region *region);
void shortcuts_free(struct shortcuts **shortcuts);

/*
 * What is known of the request that `in` begins with, if it came from a peer that is trusted
 * or not, as this one; *length_r is the length of its head.  NULL: nothing.
 */
const struct shortcut *shortcuts_find(struct shortcuts *shortcuts, struct slice in, bool trusted, size_t *length_r);

/* Remembers it, unless a place that is in use would have to go; copies what it is given. */
void shortcuts_learn(struct shortcuts *shortcuts, struct slice head, bool trusted, const struct shortcut *shortcut);

#endif
