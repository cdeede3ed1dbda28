/* SPDX-License-Identifier: MIT
 *
 * Request bodies (patchwork-api.md, 6.1 to 6.3): JSON, forms, multipart.  Pure
 * functions; everything lives in the arena, nothing in the bytes given.
 */
#ifndef THIMBLE_PROTO_BODY_H
#define THIMBLE_PROTO_BODY_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/value.h"

struct arena;

enum {
	BODY_DEPTH_MAX = 64,		/* of JSON; Python gives up much later, honest clients need four */
	BODY_VALUES_MAX = 100000,	/* of JSON: each takes 64 bytes and more, and two of text */
	BODY_FIELDS_MAX = 10000		/* of a form */
};

struct form_field {
	struct slice name, value;	/* decoded, UTF-8, perhaps with NULs */
};

struct body {
	bool form;			/* else JSON */
	const struct value *json;	/* an empty object when there is no body; NULL for a form */
	const struct form_field *field;
	size_t count;
};

/*
 * `content_type` is the header's value, absent without one.  Returns 0, or the
 * status of the refusal (400, 415) with what its body says as "detail".
 */
int body_parse(struct arena *arena, struct slice content_type, struct slice bytes, struct body *body_r,
    const char **detail_r);

/* Last field of that name; absent if there is none. */
struct slice body_form_last(const struct body *body, const char *name);

/* Next field of that name from *at on, which is moved on; false: no more. */
bool body_form_next(const struct body *body, const char *name, size_t *at, struct slice *value_r);

#endif
