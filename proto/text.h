/* SPDX-License-Identifier: MIT
 *
 * Text as the API understands it: Unicode white space, integers as Python
 * reads them, UTF-8, search terms, slugs of file names.  Pure functions.
 */
#ifndef THIMBLE_PROTO_TEXT_H
#define THIMBLE_PROTO_TEXT_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

/*
 * Decodes one code point at the front of s (s.n > 0); *length_r is the bytes it
 * took.  Invalid UTF-8 gives U+FFFD and the length of the maximal invalid
 * subpart (as Python's errors="replace").  Surrogates are invalid.
 */
uint32_t utf8_decode(struct slice s, size_t *length_r);
bool utf8_valid(struct slice s);
/* How many code points, as utf8_decode counts them. */
size_t utf8_count(struct slice s);
bool text_is_ascii(struct slice s);
/* `s` itself when valid, else a copy with U+FFFD for what is not. */
struct slice utf8_repair(struct arena *arena, struct slice s);
void utf8_encode(struct buf *out, uint32_t code);

/* White space as the specification's conventions list it. */
bool text_is_space(uint32_t code);
struct slice text_strip(struct slice s);

/* A line without its end: LF, CR or CRLF. */
struct slice text_without_break(struct slice line);
/* Takes c off the front of *s; false if it is not there. */
bool text_take_char(struct slice *s, char c);
/* Takes each backslash before `escaped` away, in place.  The new length. */
size_t text_unescape(char *p, size_t n, char escaped);

/*
 * "Integer text" (patchwork-api.md, 4.4): optional sign, surrounding white
 * space, digits (any Unicode decimal digit) with single underscores between.
 * Returns 1 with the value, 0 if it is no integer text, -1 if it is one that
 * does not fit 64 bits.
 */
int text_integer(struct slice s, int64_t *value_r);

/* Search terms of `q` (4.3), in order; an empty term may be among them. */
struct text_terms {
	struct slice *term;
	size_t count;
};
void text_search_terms(struct arena *arena, struct slice q, struct text_terms *terms_r);

/*
 * The escaped LIKE pattern for a literal: `\`, `%` and `_` get a backslash;
 * with `around`, `%` is added at both ends.
 */
struct slice text_like(struct arena *arena, struct slice literal, bool around);

/* A name as file name: runs outside -_.A-Za-z0-9 become '-', '-' stripped at the ends (9.1). */
void text_file_name(struct buf *out, struct slice name);

#endif
