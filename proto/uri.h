/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding and query strings (patchwork-api.md, 2.4 and 4.1).
 * Pure functions.
 */
#ifndef THIMBLE_PROTO_URI_H
#define THIMBLE_PROTO_URI_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

/*
 * Percent-decodes a path once; malformed escapes stay as they are.  '+' stays.
 * Bytes that are not UTF-8 come out as %XX, so the result is always UTF-8, but
 * may hold NUL.
 */
struct slice uri_decode_path(struct arena *arena, struct slice raw);

/*
 * Appends a stored value as part of a generated path: UTF-8 bytes encoded but
 * A-Z a-z 0-9 -._~ !$&'()*+,;= :@/ (2.4).
 */
void uri_encode_path(struct buf *out, struct slice value);
/* A message id as path segment: <> stripped at both ends, '/' -> "%2F", encoded (2.4). */
void uri_encode_msgid(struct buf *out, struct slice msgid);
/* Form encoding: space -> '+', A-Za-z0-9_.-~ raw, all else %XX (4.1). */
void uri_encode_form(struct buf *out, struct slice value);

struct uri_param {
	struct slice key;
	struct slice value;
};

/* A decoded query string: the parameters in the order sent. */
struct uri_query {
	struct uri_param *params;
	size_t count;
};

/*
 * Decodes "a=1&b=2&flag": '+' and %XX decoded as UTF-8 with invalid bytes
 * replaced by U+FFFD, malformed escapes kept, valueless keys get "", empty
 * pieces ("&&") skipped (4.1).  `raw` may be absent; nothing points into it
 * afterwards.  More than `max` parameters: returns -1.
 */
int uri_query_parse(struct arena *arena, struct slice raw, size_t max, struct uri_query *query_r);

/* The last value of the key, or SLICE_NONE. */
struct slice uri_query_last(const struct uri_query *query, const char *key);
/* The next value of the key at or after *at, which moves behind it; false at the end. */
bool uri_query_next(const struct uri_query *query, const char *key, size_t *at, struct slice *value_r);

/*
 * Appends "?a=1&b=2" with the key `page` set to `page`, or removed when page is
 * 0; keys sorted by code point, equal keys in original order, form-encoded;
 * nothing at all when no parameter is left (4.1).
 */
void uri_query_with_page(struct buf *out, const struct uri_query *query, uint64_t page);

#endif
