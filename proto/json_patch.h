/* SPDX-License-Identifier: MIT
 *
 * JSON patch (RFC 6902) with JSON pointers (RFC 6901).  Operations whose path
 * names something private (document.h) are passed over; where they read, it is
 * not there.  Pure functions.
 */
#ifndef THIMBLE_PROTO_JSON_PATCH_H
#define THIMBLE_PROTO_JSON_PATCH_H

#include <stdbool.h>

struct document;
struct value;

/*
 * Applies an array of operations to the document.  False: d->error says why, and the
 * document, which is half changed, is of no more use.
 */
bool json_patch_apply(struct document *d, const struct value *operations);

#endif
