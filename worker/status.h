/* SPDX-License-Identifier: MIT
 *
 * What the status listener answers: /healthz, /readyz and /metrics, the latter
 * for all workers of the node; and the counters behind it.
 */
#ifndef THIMBLE_WORKER_STATUS_H
#define THIMBLE_WORKER_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/service.h"

struct conn_handler;
struct region;
struct request;
struct shared;
struct status;
struct worker_slot;

/* Counts an answered request.  Loop; the slot has no other writer. */
void status_count(struct worker_slot *slot, const struct request *request, uint64_t duration_us);

/* Borrows its arguments; `region` may be NULL. */
struct status *status_new(struct shared *shared, struct region *region, struct service *service);
void status_free(struct status **status);
/* Loop: from now on /readyz says 503. */
void status_set_draining(struct status *status);

/* For conns_new, with the status as the context. */
const struct conn_handler *status_handler(void);

#endif
