/* SPDX-License-Identifier: MIT
 *
 * Diffs that clients upload: sizes, form, whether the files that they change are
 * there (reviewboard-api.md, 1.2, steps 10 to 14, and 1.4), and their rows.
 * Commits, squashed diffs, series that are finalised and validation all go through
 * rbdiff_accept, which asks the repository and therefore holds no connection.
 * Lives in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RBDIFF_H
#define THIMBLE_WORKER_REVIEWBOARD_RBDIFF_H

#include "proto/diff.h"
#include "worker/reviewboard/rb.h"
#include "worker/reviewboard/rb_write.h"

struct validation_info;

/* A diff that was read; without files if it is empty or could not be read. */
struct rbdiff {
	struct diff_file *file;
	size_t count;
	const char *error;	/* why it could not be; NULL: it could */
	size_t error_line;
};

struct rbdiff_upload {
	const struct upload_file *diff;
	const struct upload_file *parent;	/* NULL: none */
	/* under which names error 105 tells what is wrong with them; NULL: it is 224 */
	const char *field, *parent_field;
	struct slice git_dir;			/* absent: nobody can be asked for blobs */
	/* What the commits before left: from parent_id backwards.  NULL: there are none. */
	const struct validation_info *info;
	struct slice parent_id;
};

/* A diff and the one below it, from the repository's state to where the diff begins. */
struct rbdiff_pair {
	struct rbdiff diff, parent;
};

/* Notes "The submitted file is empty." for files of no byte, under their own names. */
void rbdiff_note_empty(struct rb *rb, const struct upload_file *file);

/* VIEW_GO_ON: it may be stored.  Else it is answered: 220, 105 or 224, 207, 219. */
enum view_result rbdiff_accept(struct rb *rb, const struct rbdiff_upload *upload, struct rbdiff_pair *pair_r);

/* Queues the rows of its files; commit 0: they are of the diff set as a whole.  False: it failed, and it is answered. */
bool rbdiff_insert(struct rb_write *w, int64_t diffset, int64_t commit, const struct rbdiff_pair *pair);

#endif
