/* SPDX-License-Identifier: MIT
 *
 * What other resources show of users.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_USERS_H
#define THIMBLE_WORKER_REVIEWBOARD_USERS_H

#include "worker/reviewboard/rb.h"

/* Queues the row of a user, as rb_users shows it. */
struct rows *rb_query_user(struct rb *rb, int64_t id);

#endif
