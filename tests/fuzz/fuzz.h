/* SPDX-License-Identifier: MIT
 *
 * What all fuzz targets need.
 */
#ifndef THIMBLE_TESTS_FUZZ_FUZZ_H
#define THIMBLE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Called by libFuzzer or replay.c for each input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant; libFuzzer takes the abort as a find. */
static inline void
require(bool holds)
{
	if (!holds)
		abort();
}

#endif
