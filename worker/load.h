/* SPDX-License-Identifier: MIT
 *
 * The objects that belong to the rows of an answer, fetched in a fixed number
 * of statements whatever the number of rows: one for each kind of object
 * (`id` among these) and one for each list of children (parent among these),
 * all in one round trip, with which the snapshot ends.  Objects that are kept
 * (objects.h) are not asked for; when nothing is left to be asked for, the snapshot
 * ends without waiting.
 *
 * This is the one place where objects are fetched by id.  Job thread; lives
 * in the request's arena.
 */
#ifndef THIMBLE_WORKER_LOAD_H
#define THIMBLE_WORKER_LOAD_H

#include "worker/plan.h"

struct load;
struct objects;

/* Leaves the tags of all it fetches, and of the rows it is given. */
struct load *load_new(struct arena *arena, const struct catalog *catalog, struct tags *tags, struct objects *objects);

/* The snapshot is a transaction that writes: load_rows commits it, as store_commit does, in its round trip. */
void load_commits(struct load *load);

/* Fetches all that the rows (of this plan) refer to and this version shows, and ends the snapshot. */
enum store_status load_rows(struct load *load, struct snapshot *snapshot, const struct plan *plan,
    const struct rows *rows, enum version version, const char **error_r);

/* The object of that plan and id; false if there is none. */
bool load_find(const struct load *load, const struct plan *plan, int64_t id, struct row *row_r);

/* First child of the parent in the field's list, or false; load_next goes on. */
bool load_first(const struct load *load, const struct field_plan *f, int64_t parent, struct row *row_r);
bool load_next(const struct load *load, const struct field_plan *f, struct row *row);

#endif
