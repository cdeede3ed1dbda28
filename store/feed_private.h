/* SPDX-License-Identifier: MIT
 *
 * Of feed.c, for its test: which ids of SQLite's outbox were missed.
 */
#ifndef THIMBLE_STORE_FEED_PRIVATE_H
#define THIMBLE_STORE_FEED_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After `position`, `count` rows were read, from `first` to `last`, out of an outbox whose
 * ids came to `end`: whether they are not each of those in between.
 */
bool feed_gap(int64_t position, int64_t first, int64_t last, int64_t count, int64_t end);

#endif
