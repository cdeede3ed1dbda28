/* SPDX-License-Identifier: MIT
 *
 * Faults on purpose, for the tests of the tests: tests/cluster has to find each of them.
 * They are there only if it was configured with --enable-breakages, which no build is that anybody uses;
 * then THIMBLE_BREAK in the environment names the one that is wanted.
 *
 *	own		what a worker wrote is not invalidated on its own node
 *	changes		what the bus is told is not invalidated
 *	ahead		nobody notes what was applied here before Redis knows of it
 *	effects		what is published deletes and stamps nothing in Redis
 *	gap		messages of the stream that are gone are stepped over
 *	lease		the lease goes on when nobody renews it
 */
#ifndef THIMBLE_BASE_BREAKAGE_H
#define THIMBLE_BASE_BREAKAGE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef THIMBLE_BREAKAGES
static inline bool
breakage(const char *name)
{
	const char *wanted = getenv("THIMBLE_BREAK");

	return wanted != NULL && strcmp(wanted, name) == 0;
}
#else
/* A macro, so that the names are in no other build. */
#define breakage(name) false
#endif

#endif
