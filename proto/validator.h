/* SPDX-License-Identifier: MIT
 *
 * Entity tags and conditional requests (RFC 9110, 8.8.3 and 13.1.2).  Pure
 * functions.
 */
#ifndef THIMBLE_PROTO_VALIDATOR_H
#define THIMBLE_PROTO_VALIDATOR_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/encoding.h"

enum {
	VALIDATOR_DIGEST = 32,				/* hex digits, of 128 bits of SHA-256 */
	VALIDATOR_MAX = VALIDATOR_DIGEST + 2 + 2,	/* with quotes and the mark of a coding */
	VALIDATOR_LONG = 64				/* hex digits, of all of it */
};

/*
 * The strong entity tag of a representation, quotes included, into `out`
 * (VALIDATOR_MAX bytes, no NUL): a digest of the identity form's header fields that
 * vary with the data and of its body, and a mark for the coding ("-g", "-z").
 * Equal on all nodes.  Returns its length.
 */
size_t validator_make(char *out, struct slice head, struct slice body, enum encoding encoding);

/* The same as VALIDATOR_LONG hex digits, without quotes: as the Review Board API has it. */
size_t validator_make_long(char *out, struct slice head, struct slice body);

/* Puts another coding's mark on an entity tag made by validator_make. */
size_t validator_mark(char *out, struct slice validator, enum encoding encoding);

/*
 * Whether If-None-Match names the entity tag: a list of tags, weak or strong,
 * compared weakly, or "*", which names any.  Absent: false.  What cannot be
 * read ends the list; what stood before it counts.
 */
bool validator_none_match(struct slice if_none_match, struct slice validator);

#endif
