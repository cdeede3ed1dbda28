/* SPDX-License-Identifier: MIT
 *
 * The Cookie header (RFC 6265, 4.2 and 5.4).  Pure functions.
 */
#ifndef THIMBLE_PROTO_COOKIE_H
#define THIMBLE_PROTO_COOKIE_H

#include "base/slice.h"

/*
 * The value of the first cookie of that name, whose case counts; quotes around it are no part of it.
 * Absent if there is none.  `header`, absent without one, may be several that were joined with ", ".
 */
struct slice cookie_find(struct slice header, const char *name);

#endif
