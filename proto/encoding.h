/* SPDX-License-Identifier: MIT
 *
 * Content codings (RFC 9110, 8.4 and 12.5.3): which one a client takes, and
 * making it.  Pure functions.
 */
#ifndef THIMBLE_PROTO_ENCODING_H
#define THIMBLE_PROTO_ENCODING_H

#include "base/buf.h"
#include "base/slice.h"

enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_ZSTD, ENCODINGS };

/* "gzip"; "identity". */
const char *encoding_name(enum encoding encoding);

/*
 * The best coding that Accept-Encoding allows: the largest q; of equal ones
 * zstd, then gzip, then identity.  "x-gzip" is gzip, "*" any that is not named,
 * names in any case.  Absent, empty, malformed, or nothing that we
 * have (identity;q=0 alone): identity, for an answer in a coding that was not asked for
 * helps more than a 406.
 */
enum encoding encoding_choose(struct slice accept_encoding);

/*
 * Appends the coded form of `in`; the same bytes always give the same bytes.
 * gzip: no name, no time.  0, or -1 when the library fails (out of memory).
 */
int encoding_put(struct buf *out, enum encoding encoding, struct slice in);

#endif
