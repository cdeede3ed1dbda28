/* SPDX-License-Identifier: MIT
 *
 * Commits of a diff set (reviewboard-api.md, 1.1 to 1.6 and 2.8): what commits.c, which shows them, and
 * commit_post.c, which makes them, have in common.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_COMMITS_H
#define THIMBLE_WORKER_REVIEWBOARD_COMMITS_H

#include "worker/reviewboard/rb.h"
#include "worker/reviewboard/rb_write.h"

struct validation_info;

/* The statement for a commit as it is shown, by the id of its row. */
struct sql *commits_select(struct rb *rb, int64_t commit);

/* Queues what the server knows of the commits of a diff set: their ids, parents and files. */
struct rows *commits_query_record(struct rb *rb, int64_t diffset);
/* After the flush: puts it into the info, in the place of what clients say.  Returns how many commits there are. */
size_t commits_set_record(const struct rows *rows, struct validation_info *info);


/* commit_post.c: POST draft-commits/, and what becomes of a refused unique key. */
enum view_result commits_post(struct rb *rb);
enum view_result commits_conflict(struct rb *rb);

/*
 * The field `validation_info`, which may be absent.  False: noted as an error.  An empty
 * info if there is none.
 */
bool commits_read_info(struct rb *rb, struct slice text, struct validation_info *info_r);

/* files.c: files as they stand in commits, for expand. */
extern const struct rb_resource rb_draft_commit_files, rb_commit_files;

#endif
