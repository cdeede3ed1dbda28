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
struct position;

/* Rows of tags, one or more spaces between them; one that is "*" forgets everything: *all_r.  Returns how many tags. */
size_t changes_apply(struct clock *clock, const struct slice *rows, size_t count, bool *all_r);
/* Marks the same tags as applied ahead of the stream, before they are (cache/position.h). */
void changes_mark(struct position *position, const struct slice *rows, size_t count);

#endif
