/* SPDX-License-Identifier: MIT
 *
 * Who asks, as far as the loop can know it: credentials that a job thread has
 * verified are kept in the region, as an HMAC, with the tags of the user's rows.
 * So the answers to one who sends a token come from the cache as well, and a
 * changed password or a revoked token counts as soon as its tag is raised, at
 * the latest after [cache] max_stale.
 *
 * Only who may read what is decided by this; what a request writes or fills is
 * decided by its own look at the database.
 */
#ifndef THIMBLE_WORKER_KNOWN_H
#define THIMBLE_WORKER_KNOWN_H

#include <stdint.h>

#include "base/slice.h"

struct view;

/* Loop.  The user whose credentials the request bears; 0: not known. */
int64_t known_find(struct view *v);

/* Job thread, right after the credentials were verified: v->tags are of what that has read. */
void known_store(struct view *v);

/*
 * The same of a cookie of the Review Board API, whose log-in ends at `expires`, in seconds since 1970: from then on
 * it is not known.
 */
int64_t known_find_session(struct view *v, struct slice cookie);
void known_store_session(struct view *v, struct slice cookie, int64_t expires);

#endif
