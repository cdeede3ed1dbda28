/* SPDX-License-Identifier: MIT
 *
 * Drafts of review requests (reviewboard-api.md, 2.5), for the resources that need one to be there.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_DRAFTS_H
#define THIMBLE_WORKER_REVIEWBOARD_DRAFTS_H

#include "worker/reviewboard/rb_write.h"

/* Queues a draft for w->request, which has none: it says what the review request says. */
void drafts_make(struct rb_write *w);

#endif
