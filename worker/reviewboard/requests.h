/* SPDX-License-Identifier: MIT
 *
 * Review requests (reviewboard-api.md, 2.4): what requests.c, which shows them, request_writes.c, which
 * makes, closes and opens them, and their drafts (2.5) have in common.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_REQUESTS_H
#define THIMBLE_WORKER_REVIEWBOARD_REQUESTS_H

#include "worker/reviewboard/rb_write.h"

/* ---- shown (requests.c) ---- */

/* Rows of review requests and of drafts begin alike; RB_CELL_PARENT is the RR's id. */
enum { REQUEST_SUBMITTER = RB_CELL_FIRST, REQUEST_SUBMITTER_NAME, REQUEST_EXTRA_DATA, REQUEST_CELL_FIRST };

/* Appends "http://../review-requests/R/". */
void requests_put_url(const struct rb *rb, struct buf *url, int64_t request);

/* rb_link.put, for those rows: the RR, its draft, its submitter. */
bool requests_link(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row);
bool requests_link_draft(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row);
bool requests_link_submitter(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row);

/* The statement for a RR as it is shown. */
struct sql *requests_select(struct rb *rb, int64_t id);

enum { REQUEST_ALL = 'A', REQUEST_NO_STATUS = 0 };

/*
 * The letter of a status that a client names, or, if `all` may be named, REQUEST_ALL.  What is neither is noted as an
 * error: REQUEST_NO_STATUS.
 */
char requests_status(struct rb *rb, struct slice text, bool all);

/* Answers 204 with that RR. */
enum view_result requests_fail_taken(struct rb *rb, int64_t request);

/* ---- changed (request_writes.c) ---- */

enum { REQUEST_LINE_MAX = 300, REQUEST_COMMIT_ID_MAX = 64 };

/*
 * A field of the form that is a text: absent if it was not sent.  More than `most` characters
 * (0: any number) are noted as an error.
 */
struct slice requests_text(struct rb *rb, const char *name, size_t most);

/* Queues the look-up of another RR of that repository with that commit id; NULL: nothing to look for. */
struct rows *requests_query_taken(struct rb *rb, int64_t repository, struct slice commit_id, int64_t but);

/*
 * The RR's status becomes 'P', 'S' or 'D', with that close_description, and the tracker's patches follow.
 * False: answered.
 */
bool requests_set_status(struct rb_write *w, char status, struct slice text);

/* POST, PUT, and what becomes of a refused unique key. */
enum view_result request_writes_post(struct rb *rb);
enum view_result request_writes_put(struct rb *rb);
enum view_result request_writes_conflict(struct rb *rb);

#endif
