/* SPDX-License-Identifier: MIT
 *
 * The parts of proto/body, for each other.  Each parser returns 0, or the
 * status of the refusal with its detail.
 */
#ifndef THIMBLE_PROTO_BODY_PRIVATE_H
#define THIMBLE_PROTO_BODY_PRIVATE_H

#include "proto/body.h"
#include "proto/charset.h"

struct form {
	struct arena *arena;
	enum charset charset;
	struct form_field *field;
	size_t count, room;
};

/* -1: there are too many. */
int form_add(struct form *form, struct slice name, struct slice value);

int json_in_parse(struct arena *arena, enum charset charset, struct slice bytes, const struct value **value_r,
    const char **detail_r);
int urlencoded_parse(struct form *form, struct slice bytes, const char **detail_r);
int multipart_parse(struct form *form, struct slice content_type, struct slice bytes, const char **detail_r);

#endif
