/* SPDX-License-Identifier: MIT
 *
 * Which representation to send (patchwork-api.md, 1.7).  Pure functions.
 */
#ifndef THIMBLE_PROTO_NEGOTIATE_H
#define THIMBLE_PROTO_NEGOTIATE_H

#include "base/slice.h"

enum representation {
	REPRESENTATION_JSON,
	REPRESENTATION_HTML,
	REPRESENTATION_NO_FORMAT,	/* 404: the `format` parameter names none */
	REPRESENTATION_NONE		/* 406 */
};

/*
 * `accept` is the header's value, absent without one; `format` the last value
 * of that parameter, absent or empty without one.  *indent_r is the indent
 * asked for, 0 to 8.
 */
enum representation negotiate(struct slice accept, struct slice format, unsigned *indent_r);

#endif
