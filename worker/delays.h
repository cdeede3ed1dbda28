/* SPDX-License-Identifier: MIT
 *
 * How long it took until what another node published was applied here, as a histogram in the bus's slot.
 */
#ifndef THIMBLE_WORKER_DELAYS_H
#define THIMBLE_WORKER_DELAYS_H

#include <stdint.h>

#include "worker/shared.h"

/* Bus process. */
void delays_count(struct bus_slot *slot, uint64_t us);
/* The upper bound of a bucket, in seconds; "+Inf" for the last. */
const char *delays_bound(unsigned bucket);
/* How many there were. */
uint64_t delays_total(const struct bus_slot *slot);

#endif
