/* SPDX-License-Identifier: MIT
 *
 * Forms with files (reviewboard-api.md, 1.0, "Request bodies"; RFC 7578):
 * multipart/form-data, byte for byte, and application/x-www-form-urlencoded.
 * proto/body.h reads the forms of Patchwork's API, which has no files, as
 * Django does; here a boundary counts only where it stands on a line by itself,
 * for what is uploaded may hold anything.
 *
 * Pure functions.  Nothing is copied but text that was encoded or is no UTF-8:
 * the bytes have to stay where they are.
 */
#ifndef THIMBLE_PROTO_UPLOAD_H
#define THIMBLE_PROTO_UPLOAD_H

#include "base/slice.h"
#include "proto/body.h"

struct arena;

enum {
	UPLOAD_PARTS_MAX = 200,
	UPLOAD_HEAD_MAX = 8 * 1024,	/* bytes of a part's headers */
	UPLOAD_BOUNDARY_MAX = 200
};

struct upload_file {
	struct slice name;		/* of the field, UTF-8 */
	struct slice filename;		/* as it was sent, without directories; UTF-8, not empty */
	struct slice bytes;
};

struct upload {
	const struct form_field *field;	/* text, UTF-8, perhaps with NULs; in the order sent */
	size_t fields;
	const struct upload_file *file;
	size_t files;
};

/*
 * Reads the body of a request.  `content_type` is the header's value, absent without
 * one; a type that is no form's has no fields.  0, or -1 with a sentence for
 * the client, in the arena or static: answer 400.
 */
int upload_parse(struct arena *arena, struct slice content_type, struct slice bytes, struct upload *upload_r,
    const char **error_r);

/* The last text field of that name; absent if there is none. */
struct slice upload_text(const struct upload *upload, const char *name);
/* The last file of that name; NULL if there is none, or it came without a file name. */
const struct upload_file *upload_file(const struct upload *upload, const char *name);

#endif
