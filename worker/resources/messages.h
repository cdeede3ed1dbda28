/* SPDX-License-Identifier: MIT
 *
 * Patches and cover letters as they are in the database, out of which mboxes and raw diffs are made
 * (proto/mbox.h): two statements, the messages and their comments, and two more for diffs that
 * are no text.  Each leaves its tags here, for no plan knows what it reads.  Job thread.
 */
#ifndef THIMBLE_WORKER_RESOURCES_MESSAGES_H
#define THIMBLE_WORKER_RESOURCES_MESSAGES_H

#include "worker/view.h"

/* The tag of the row whose id stands in a cell; without one, that the table was read. */
void messages_collect(struct view *v, const char *table, const struct rows *rows, int row, int column);

/* Starts the statement for the messages of patches: what follows is about t, a patchwork_patch. */
struct sql *messages_of_patches(struct view *v);
/* Runs it and appends them to the response's body, an empty line between two.  False, here and below: the database failed. */
bool messages_put_patches(struct view *v, struct sql *q);
/* The same for one cover letter. */
bool messages_put_cover(struct view *v, int64_t id);

/* Leaves the diff of a patch with these headers as it is, unless that is no text. */
bool messages_load_diff(struct view *v, struct slice headers, int64_t series, int64_t number, struct slice *diff);

#endif
