/* SPDX-License-Identifier: MIT
 *
 * HTTP/1.1 requests (RFC 9112, RFC 9110): a strict parser of the head and a
 * decoder of chunked bodies.  It refuses what two servers could read
 * differently: Content-Length with Transfer-Encoding, obsolete folding, bare
 * CR or LF, white space before the colon, odd lengths.  Pure functions.
 */
#ifndef THIMBLE_PROTO_HTTP_H
#define THIMBLE_PROTO_HTTP_H

#include <stdbool.h>

#include "base/slice.h"

enum {
	HTTP_HEADERS_MAX = 100,
	HTTP_TARGET_MAX = 20 * 1024,	/* a query string of 16 KiB and its path */
	HTTP_HEAD_MAX = 64 * 1024	/* request line and headers together */
};

enum http_result {
	HTTP_MORE,	/* nothing wrong so far, but the end is not there */
	HTTP_DONE,
	HTTP_BAD	/* answer `status` with `reason` and close */
};

struct http_header {
	struct slice name;
	struct slice value;	/* without white space around it */
};

/* One parsed head.  Slices point into the bytes that were parsed. */
struct http_head {
	struct slice method;
	struct slice target;	/* as sent */
	struct slice authority;	/* of an absolute-form target, else absent */
	struct slice path;	/* still percent-encoded, starts with '/'; "*" for OPTIONS * */
	struct slice query;	/* behind '?', absent without one */
	unsigned minor;		/* HTTP/1.minor, 0 or 1 */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	struct slice host;	/* the authority if there is one (RFC 9112, 3.2.2), else the Host header, else absent */
	bool keep_alive;	/* what the client wants, by version and Connection */
	bool chunked;
	bool expect_continue;
	uint64_t content_length; /* 0 when absent or chunked */
	size_t length;		/* with HTTP_DONE: bytes of the head, its empty line included */

	int status;		/* with HTTP_BAD: 400, 414, 417, 431, 501 or 505 */
	const char *reason;	/* with HTTP_BAD: a sentence for the client, static */
};

/*
 * Parses a request head at the front of `in`.  Empty lines (CR LF) before the
 * request line are skipped, a few of them (RFC 9112, 2.2), and counted in
 * head->length.  HTTP_MORE turns into HTTP_BAD (414, 431) as soon as the limits
 * are passed, and what is already wrong is refused before the end is there.
 *
 * Every call starts anew.  After HTTP_MORE, call again only when an LF came or
 * `in` has grown to HTTP_HEAD_MAX: no other bytes can complete a head, and a
 * client that sends single bytes then costs one parse a line, not one a byte.
 * With HTTP_BAD the fields hold what was read before, else they are absent.
 */
enum http_result http_parse_head(struct slice in, struct http_head *head);

/* The value of the first header of that name (any case), or SLICE_NONE. */
struct slice http_header_get(const struct http_head *head, const char *name);

/* Decoder of a chunked body (RFC 9112, 7.1); zeroed at the start. */
struct http_chunks {
	int state;
	uint64_t left;		/* bytes of the current chunk still to come */
	uint64_t total;		/* bytes decoded so far */
	size_t line;		/* bytes of the current size line */
	size_t trailers;	/* bytes of extensions and trailers seen, bounded together */
	int status;		/* with HTTP_BAD: 400 or 413 */
	const char *reason;
};

/*
 * Decodes the next bytes.  *used_r is how many of `in` were taken; *data_r is
 * the body data among them (may be empty), at most one chunk's a call: call
 * again while HTTP_MORE and *used_r > 0.  More than `max` bytes in all is 413.
 */
enum http_result http_chunks_parse(struct http_chunks *c, struct slice in, uint64_t max,
    size_t *used_r, struct slice *data_r);

/* "OK" for 200 and so on; "Unknown" for what we never send. */
const char *http_reason(int status);

#endif
