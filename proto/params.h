/* SPDX-License-Identifier: MIT
 *
 * Header values with parameters: `form-data; name="a;b"; x*=utf-8''c%20d`,
 * read as the reference's framework does, not to the letter of RFC 9110.
 * Pure functions.
 */
#ifndef THIMBLE_PROTO_PARAMS_H
#define THIMBLE_PROTO_PARAMS_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

/* White space as Python's bytes.strip() takes it. */
#define PARAMS_SPACE " \t\n\r\v\f"

/*
 * Takes what stands before the first ';' outside quotes off the front of *rest
 * into *piece_r, trimmed.  The first piece is the value, each other a
 * parameter.  false: *rest is used up (absent).
 */
bool params_cut(struct slice *rest, struct slice *piece_r);

/* One parameter: both in the piece or the arena. */
struct param {
	struct slice name;	/* in any case, without the '*' of RFC 8187 */
	struct slice value;	/* unquoted */
	bool utf8;		/* the value named its charset (RFC 8187) and was decoded */
};

/* false: it has no '='. */
bool params_read(struct arena *arena, struct slice piece, struct param *param_r);

/* The last parameter of that name of a header value; absent if there is none. */
struct slice params_last(struct arena *arena, struct slice header, const char *name);

/* Appends with %XX undone; malformed escapes stay. */
void params_put_unescaped(struct buf *out, struct slice s);

#endif
