/* SPDX-License-Identifier: MIT
 *
 * Bytes of a body to UTF-8, as the charset parameter says (patchwork-api.md,
 * 6.1).  UTF-8, Latin-1 and ASCII under the names Python has for them; other
 * charsets count as unknown, and an unknown one as UTF-8.  Pure functions.
 */
#ifndef THIMBLE_PROTO_CHARSET_H
#define THIMBLE_PROTO_CHARSET_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

enum charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_ASCII };

/* CHARSET_UTF8 for a name that is absent or unknown. */
enum charset charset_find(struct slice name);

bool charset_valid(enum charset charset, struct slice bytes);

/* Appends UTF-8, with U+FFFD for what is no character. */
void charset_put(struct buf *out, enum charset charset, struct slice bytes);

/*
 * 0 with a copy in the arena, a NUL behind it; or -1 with what Python's codec
 * says.  A character that the end cuts off is dropped, as the reference's
 * stream reader does.
 */
int charset_decode(struct arena *arena, enum charset charset, struct slice bytes, struct slice *text_r,
    const char **reason_r);

#endif
