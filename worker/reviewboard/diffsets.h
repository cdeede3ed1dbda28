/* SPDX-License-Identifier: MIT
 *
 * Diff sets (revisions of a diff), and what the resources below them share: the
 * published ones under diffs/, the one of a draft under draft/diffs/.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_DIFFSETS_H
#define THIMBLE_WORKER_REVIEWBOARD_DIFFSETS_H

#include "worker/reviewboard/rb.h"
#include "worker/reviewboard/rb_write.h"

/* Characters that columns have. */
enum { DIFFSETS_ID_MAX = 64, DIFFSETS_NAME_MAX = 256 };

#define DIFFSETS_REQUIRED "This field is required."
#define DIFFSETS_NO_REPOSITORY "This review request was created as attachments-only, with no repository."

/* Appends "http://../review-requests/R/draft/diffs/N/", or without "draft/". */
void diffsets_put_url(const struct rb *rb, struct buf *url, int64_t request, int64_t revision, bool draft);

/* Whether commits are shown at all ([reviewboard] history). */
bool diffsets_have_history(const struct rb *rb);

/* What a path leads to. */
struct diffsets_place {
	struct rb_request_row *request;
	int64_t diffset;
	int64_t row;			/* of the diff set, or of what the path names in it */
	struct rows *rows;		/* that row as it is shown; NULL: it was not asked for */
};

/*
 * The diff set of the path, and whether the caller may see it (of a draft, which the resource tells: 100, 101; else
 * 100, 101, 103).  VIEW_GO_ON, or it is answered.  Leaves the tags of what decided.
 */
enum view_result diffsets_find(struct rb *rb, struct diffsets_place *place_r);

/* The row of a diff set as rb_draft_diffs and rb_diffs show it. */
struct rows *diffsets_query(struct rb_write *w, int64_t diffset);

/*
 * PUT where only extra_data can change.  `table` has the columns id and extra_data, and
 * `changed` if that is to be touched.
 */
struct diffsets_extra {
	const char *table;
	bool touched;
	/* Looks up the row, and whether the caller may see it.  VIEW_GO_ON, or it is answered. */
	enum view_result (*find)(struct rb *rb, struct diffsets_place *place_r);
	/* The statement for the row as it is shown, and its cell of extra_data. */
	struct sql *(*select)(struct rb *rb, int64_t row);
	int cell;
};

enum view_result diffsets_put_extra(struct rb *rb, const struct diffsets_extra *extra);

/* ---- fields of forms ---- */

/*
 * The text of a field as it was sent, absent if it was not, or is blank.  Notes more than `most`
 * characters (0: any number) and, for ids, all that is no letter and no digit.
 */
struct slice diffsets_text(struct rb *rb, const char *field, size_t most, bool is_id);
/* The same; absent and blank are noted too. */
struct slice diffsets_required(struct rb *rb, const char *field, size_t most, bool is_id);
/* The file name of an upload, as a column takes it. */
struct slice diffsets_file_name(struct rb *rb, const struct upload_file *file);

/* ---- resources' functions in files of their own ---- */

/* finalize.c: PUT draft/diffs/N/ */
enum view_result finalize_put(struct rb *rb);
enum view_result diffsets_put(struct rb *rb);

#endif
