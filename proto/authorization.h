/* SPDX-License-Identifier: MIT
 *
 * The Authorization header as the API reads it (patchwork-api.md, 5.1, 5.2).
 * Pure functions.
 */
#ifndef THIMBLE_PROTO_AUTHORIZATION_H
#define THIMBLE_PROTO_AUTHORIZATION_H

#include "base/slice.h"

struct arena;

enum authorization_kind {
	AUTHORIZATION_NONE,	/* no header, or a scheme that is not ours: anonymous */
	AUTHORIZATION_BASIC,
	AUTHORIZATION_TOKEN,
	AUTHORIZATION_BAD	/* answer 403 with `detail` */
};

struct authorization {
	enum authorization_kind kind;
	const char *detail;	/* static; with AUTHORIZATION_BAD */
	struct slice user;	/* UTF-8 without NUL; with AUTHORIZATION_BASIC */
	struct slice secret;	/* the password, which may be empty, or the token; likewise */
};

/* `value` is absent without the header. */
void authorization_parse(struct arena *arena, struct slice value, struct authorization *authorization_r);

#endif
