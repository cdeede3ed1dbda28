/* SPDX-License-Identifier: MIT
 *
 * Which blobs a chain of commits left under which names: what decides whether
 * the source of a change can be there (reviewboard-api.md, 1.3 and 1.4,
 * "Existence check").  Filled, then sealed, then asked; a question costs a few
 * binary searches, whatever a client put into the chain.
 * Lives in an arena.  Pure functions.
 */
#ifndef THIMBLE_PROTO_LINEAGE_H
#define THIMBLE_PROTO_LINEAGE_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;

enum lineage_verdict {
	LINEAGE_NOTHING,	/* no commit of the chain touched that name: who knows the repository may tell */
	LINEAGE_KNOWN,		/* one of them left that blob there */
	LINEAGE_UNSURE,		/* touched, but which blob was left or is wanted was not said (a pure rename has no index line) */
	LINEAGE_CONTRADICTED	/* the name is gone, or none of the blobs left there is the wanted one */
};

struct lineage;

struct lineage *lineage_new(struct arena *arena);

/*
 * A commit left `blob` (perhaps abbreviated, perhaps empty) under the name, or
 * removed it.  `age` is 0 for the parent, 1 for the commit before, and so on.
 * A name that the same commit removed and added is there.  Slices are kept.
 */
void lineage_add(struct lineage *lineage, struct slice name, struct slice blob, bool removed, size_t age);

/* Once, after the last lineage_add. */
void lineage_seal(struct lineage *lineage);

/* Abbreviated ids (of four digits and more) are equal to what they are the beginning of. */
enum lineage_verdict lineage_ask(const struct lineage *lineage, struct slice name, struct slice blob);

#endif
