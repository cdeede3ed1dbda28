/* SPDX-License-Identifier: MIT
 *
 * Representations of the Review Board API (reviewboard-api.md, 1.0): vendor
 * media types, what Accept asks for, entity tags without quotes.  XML, which
 * the specification leaves open, there is none: asked for, it counts as not known, hence
 * JSON.  Pure functions.
 */
#ifndef THIMBLE_PROTO_RB_ACCEPT_H
#define THIMBLE_PROTO_RB_ACCEPT_H

#include <stdbool.h>

#include "base/slice.h"

struct buf;

enum rb_format {
	RB_FORMAT_JSON,
	RB_FORMAT_PATCH,	/* text/x-patch */
	RB_FORMAT_REFUSED	/* everything is refused: answer 400 with an empty body */
};

/*
 * `accept` is the header's value, absent without one; `name` is the resource's, as in its media
 * type ("draft-commit"); `has_patch`: it has a text/x-patch form as well.
 */
enum rb_format rb_accept(struct slice accept, const char *name, bool has_patch);

/* Appends "application/vnd.reviewboard.org.NAME+json". */
void rb_put_media_type(struct buf *out, const char *name);

/*
 * Whether If-None-Match (absent without one) names the entity tag, which has no
 * quotes: with or without quotes and W/, alone, in a list, or as "*".
 */
bool rb_none_match(struct slice if_none_match, struct slice etag);

#endif
