/* SPDX-License-Identifier: MIT
 *
 * Applying what the database tells of (doc/tags.md) to the invalidation clock.
 * To apply it twice is harmless.  Any process and thread.
 */
#ifndef THIMBLE_WORKER_CHANGES_H
#define THIMBLE_WORKER_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct clock;

/* Rows of tags, one or more spaces between them; one that is "*" forgets everything: *all_r.  Returns how many tags. */
size_t changes_apply(struct clock *clock, const struct slice *rows, size_t count, bool *all_r);

#endif
