/* SPDX-License-Identifier: MIT
 *
 * What filters of lists (the query string) have in common.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_FILTERS_H
#define THIMBLE_WORKER_REVIEWBOARD_FILTERS_H

#include "worker/reviewboard/rb.h"

/* Names that one filter may have; what is behind does not count. */
enum { FILTER_NAMES_MAX = 25 };

/* Appends "column IN (..)" for a list with commas. */
void filters_add_names(struct sql *q, const char *column, struct slice list);

#endif
