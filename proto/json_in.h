/* SPDX-License-Identifier: MIT
 *
 * The reader of JSON that comes in, by itself; bodies go through proto/body.h.
 * BODY_DEPTH_MAX and BODY_VALUES_MAX bound it.  Pure functions.
 */
#ifndef THIMBLE_PROTO_JSON_IN_H
#define THIMBLE_PROTO_JSON_IN_H

#include "base/slice.h"
#include "proto/charset.h"
#include "proto/value.h"

struct arena;

/* 0 with the value, or -1 with what Python says of the bytes; all of it in the arena. */
int json_in_read(struct arena *arena, enum charset charset, struct slice bytes, const struct value **value_r,
    const char **reason_r);

#endif
