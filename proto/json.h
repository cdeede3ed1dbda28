/* SPDX-License-Identifier: MIT
 *
 * A JSON writer (patchwork-api.md, 2.1): compact or indented, straight into a
 * buffer, no tree.  The caller opens and closes what it writes in order; a
 * value inside an object follows its key.  Pure functions.
 *
 * jansson, which reads what comes in, has a json_string and a json_null, too.  No
 * source file can include both; and ours are hidden, or the library's own calls
 * would come to us.
 */
#ifndef THIMBLE_PROTO_JSON_H
#define THIMBLE_PROTO_JSON_H

#include <stdbool.h>

#include "base/buf.h"

struct json {
	struct buf *out;
	unsigned indent;	/* spaces a level; 0: compact */
	unsigned depth;
	bool comma;		/* the next element follows another */
	bool after_key;		/* the next value belongs to a key */
};

static inline struct json
json_writer(struct buf *out, unsigned indent)
{
	return (struct json){ .out = out, .indent = indent };
}

void json_open(struct json *j, char bracket);	/* '{' or '[' */
void json_close(struct json *j, char bracket);	/* '}' or ']' */
/* `key` is one of our own: nothing in it needs an escape. */
void json_key(struct json *j, const char *key);
void json_key_slice(struct json *j, struct slice key);
/* Invalid UTF-8 becomes U+FFFD. */
void json_string(struct json *j, struct slice s) __attribute__((visibility("hidden")));
/* null for what is absent. */
void json_string_or_null(struct json *j, struct slice s);
void json_int(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null(struct json *j) __attribute__((visibility("hidden")));
/* A value that is JSON already (digits, a finished string). */
void json_raw(struct json *j, struct slice text);

/*
 * A string put together from pieces: json_string_begin, then json_piece for
 * text that may need escapes, or buf_* on j->out for what does not, then
 * json_string_end.
 */
void json_string_begin(struct json *j);
void json_piece(struct json *j, struct slice s);
void json_string_end(struct json *j);

#endif
