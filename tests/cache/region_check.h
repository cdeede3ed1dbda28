/* SPDX-License-Identifier: MIT
 *
 * Walks all of a region and says what is wrong with it.
 */
#ifndef THIMBLE_TESTS_CACHE_REGION_CHECK_H
#define THIMBLE_TESTS_CACHE_REGION_CHECK_H

#include "cache/region_private.h"

/*
 * Whether every chunk has one owner and the bitmap knows, each entry is in the
 * one list that its state asks for, chains lead to what is whole and to
 * nothing else, no key is there twice, and all counts are right.  Nobody may
 * change the region meanwhile.  Prints what is wrong.
 */
bool region_check(struct region *region);

#endif
