/* SPDX-License-Identifier: MIT
 *
 * Drafts of review requests (reviewboard-api.md, 2.5), for the resources that need one to be there.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_DRAFTS_H
#define THIMBLE_WORKER_REVIEWBOARD_DRAFTS_H

#include "worker/reviewboard/rb_write.h"

/* Queues a draft for w->request, which has none: it says what the review request says, and is for whom that is for. */
void drafts_make(struct rb_write *w);
/* The same for a review request that was just made, and is for nobody yet. */
void drafts_insert(struct rb_write *w, int64_t request);

#endif
