/* SPDX-License-Identifier: MIT
 *
 * What the reference takes for a URL, and what it makes of a state's name
 * (patchwork-api.md, 6.4 and 6.5.1).  Pure functions.
 */
#ifndef THIMBLE_PROTO_CHECKS_H
#define THIMBLE_PROTO_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct arena;
struct buf;
struct value;

/* Code points, lone surrogates (proto/value.h) among them. */
size_t text_length(struct slice text);

bool text_is_url(struct slice text);
/* Letters, digits, underscores, hyphens; not empty. */
bool text_is_slug(struct slice text);
/* "Under  Review" is "under-review". */
void text_slugify(struct buf *out, struct slice text);

/* What Python's str() makes of any value: "True", "['x', 1]". */
void value_put_str(struct arena *arena, struct buf *out, const struct value *value);

#endif
