/* SPDX-License-Identifier: MIT
 *
 * The bridge to the tracker (reviewboard-api.md, section 4): what becomes of a draft that is published,
 * and of the patches when a review request is closed.  All of it is part of the caller's transaction
 * (rb_write.h), with the review request of the path locked.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_PUBLISH_H
#define THIMBLE_WORKER_REVIEWBOARD_PUBLISH_H

#include "worker/reviewboard/rb_write.h"

/*
 * Publishes the draft of w->request (2.5, "Publishing"): its fields and targets become those of the
 * review request, its DS is published and becomes a series of the repository's project, the patches of
 * the version before are superseded, and the draft is gone.  What the answer shows of it has to be read (flushed)
 * before.  For a transaction of its own: the fields that came with `public` are committed before, as they
 * stay when this fails.
 *
 * VIEW_GO_ON: done; the answer is the caller's.  Anything else: it is answered (211, 225, the database).
 */
enum view_result rb_publish(struct rb_write *w);

/*
 * The patches of the latest published version follow the review request: 'S' accepted, with the commit that
 * `text` names, if it names one; 'D' rejected; 'P' new.  The UPDATE of the review request itself is the
 * caller's.  VIEW_GO_ON, or it is answered.
 */
enum view_result rb_follow_status(struct rb_write *w, char status, struct slice text);

#endif
