/* SPDX-License-Identifier: MIT
 *
 * The encoded words of RFC 2047, decoded as Python's email package and
 * Patchwork do it together (patchwork-mail.md, 3.2): needed for subjects that
 * were stored with some still in them.  Pure functions.
 */
#ifndef THIMBLE_PROTO_ENCODED_WORD_H
#define THIMBLE_PROTO_ENCODED_WORD_H

#include "base/slice.h"

struct arena;
struct buf;

/*
 * Appends the text as UTF-8, its words decoded, white space in front dropped.
 * A text too long to be a subject is appended as it is.  Returns 0, or -1 (and
 * appends nothing) when it cannot be decoded at all (3.2, item 1).
 */
int encoded_words_decode(struct buf *out, struct arena *arena, struct slice text);

#endif
