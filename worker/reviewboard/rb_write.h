/* SPDX-License-Identifier: MIT
 *
 * Writes of the Review Board API.  What is expensive (forms, diffs, look-ups of blobs) is done before;
 * then rb_write_run opens the transaction, locks the review request of the path, looks again
 * at the caller and at what decides, and runs change(), which queues the rows and makes the
 * answer from them, before the commit: a commit that fails replaces it.
 *
 * Nothing may have been read in a snapshot that is still open: rb_write_run ends it.
 * Lives in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RB_WRITE_H
#define THIMBLE_WORKER_REVIEWBOARD_RB_WRITE_H

#include "worker/reviewboard/rb.h"
#include "worker/reviewboard/rb_rights.h"
#include "worker/written.h"

struct rb_write {
	struct rb *rb;
	struct written written;		/* what is changed, by written_* of worker/written.h */
	enum store_status status;	/* of what was asked of the database last */
	int64_t now;			/* microseconds since 1970 */
	/* of the path, locked, as it is now, and the caller may edit it; NULL: none in the path */
	struct rb_request_row *request;
	void *own;			/* the caller's */
};

/*
 * Runs change() in a transaction; again, once, if the connection was dead and nothing was sent: change() may be
 * called twice.  With rb->request != 0 the RR is locked first; gone: 100; not the caller's to edit: 101.
 *
 * change() returns VIEW_ANSWERED when the answer is complete: with a status of 2xx the transaction is committed, with
 * any other (rb_fail*) rolled back.  It returns VIEW_GO_ON to have it committed without an answer; then
 * rb_write_run returns VIEW_GO_ON, too.  Anything else (rb_flush was false: VIEW_STORE) is rolled back.
 */
enum view_result rb_write_run(struct rb *rb, enum view_result (*change)(struct rb_write *w), void *own);

/* A statement of the transaction. */
struct sql *rb_sql(struct rb_write *w);
struct rows *rb_query(struct rb_write *w, struct sql *q);
/* Append ", " and one more value of a list. */
static inline void
rb_add_int(struct sql *q, int64_t value)
{
	sql_add(q, ", ");
	sql_int(q, value);
}

static inline void
rb_add_text(struct sql *q, struct slice text)
{
	sql_add(q, ", ");
	sql_string(q, text);
}

/* Sends what is queued.  False: it failed, and the request is answered; return VIEW_STORE. */
bool rb_flush(struct rb_write *w);

#endif
