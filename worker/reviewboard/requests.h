/* SPDX-License-Identifier: MIT
 *
 * What review requests and their drafts have in common (reviewboard-api.md, 2.4 and
 * 2.5): fields of text, and being closed or opened again.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_REQUESTS_H
#define THIMBLE_WORKER_REVIEWBOARD_REQUESTS_H

#include "worker/reviewboard/rb_write.h"

enum { REQUEST_LINE_MAX = 300, REQUEST_COMMIT_ID_MAX = 64 };

/*
 * A field of the form that is a text: absent if it was not sent.  More than `most` characters
 * (0: any number) are noted as an error.
 */
struct slice requests_text(struct rb *rb, const char *name, size_t most);

/* Queues the look-up of another RR of that repository with that commit id; NULL: nothing to look for. */
struct rows *requests_query_taken(struct rb *rb, int64_t repository, struct slice commit_id, int64_t but);
/* Answers 204 with the RR whose id is cell 0. */
enum view_result requests_fail_taken(struct rb *rb, int64_t request);

/*
 * The RR's status becomes 'P', 'S' or 'D', with that close_description, and the tracker's patches follow.
 * False: answered.
 */
bool requests_set_status(struct rb_write *w, char status, struct slice text);

#endif
