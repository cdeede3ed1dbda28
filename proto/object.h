/* SPDX-License-Identifier: MIT
 *
 * One database object as bytes, for caches: a byte that names the format, then
 * one MessagePack array of its columns, each nil or a string, the text that
 * the database gave.  What the columns are is the reader's to know.
 *
 * Pure functions.
 */
#ifndef THIMBLE_PROTO_OBJECT_H
#define THIMBLE_PROTO_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

enum { OBJECT_FORMAT = 1, OBJECT_CELLS_MAX = 255 };

/* Appends the object; an absent cell is nil. */
void object_encode(struct buf *out, const struct slice *cells, size_t count);

/*
 * Reads an object of exactly `count` cells, which point into `bytes`.  False for
 * anything else: another format, another number of columns, bytes too few or too many.
 */
bool object_decode(struct slice bytes, struct slice *cells_r, size_t count);

#endif
