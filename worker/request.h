/* SPDX-License-Identifier: MIT
 *
 * One HTTP request on its way: the connection fills in what was asked, the
 * service what is answered.  It lives in its own arena and is handed from the
 * loop to a job thread and back; only one of the two looks at it at a time.
 */
#ifndef THIMBLE_WORKER_REQUEST_H
#define THIMBLE_WORKER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct arena;
struct route;

enum { RESPONSE_PIECES_MAX = 8, RESPONSE_EXTRA_MAX = 2 };

/* The first seven are those that a resource may handle. */
enum method { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OTHER };

/* Bytes of a response that lie elsewhere and stay there until the request is freed: head, then body. */
struct held {
	struct slice piece[RESPONSE_PIECES_MAX];
	unsigned pieces;		/* 0: nothing is held */
	uint64_t entry;			/* of the cache, that these bytes are; 0: of none */
	size_t head_length, body_length;
};

/*
 * head is "Name: value\r\n" lines with Content-Length, ended by an empty line,
 * ready to be written behind the status line and Date; body is not sent to
 * HEAD but is what Content-Length counts.
 */
struct response {
	int status;			/* 0: no answer yet */
	struct buf head;
	struct buf body;
	struct held held;		/* instead of head and body */
	const char *extra[RESPONSE_EXTRA_MAX];		/* header lines to be put before the head; NULL: none */
	bool shared;			/* it is the answer to all requests of the same fill_key */
	bool close;			/* end the connection after it */
};

struct request {
	struct arena *arena;

	/* what was asked; set by the connection, constant then */
	enum method method;
	struct slice method_name;
	struct slice path;		/* still percent-encoded */
	struct slice query;		/* raw; absent without '?' */
	struct slice host;		/* authority to put into links, as sent; absent if there is none */
	bool https;			/* as the client sees it */
	struct slice accept;		/* headers: absent if not sent; several are joined with ", " */
	struct slice accept_encoding;
	struct slice if_none_match;
	struct slice authorization;
	struct slice cookie;
	struct slice content_type;
	struct slice user_agent;
	struct slice referer;
	struct slice body;
	struct slice client;		/* address, for the log */
	bool wants_cache_status;	/* it came with a Cache-Status of its own */
	unsigned http_minor;
	uint64_t started_us;		/* monotonic */

	/* set by the service */
	unsigned route;			/* index for statistics: service_route_name */
	void *state;			/* of the service, between its steps */
	struct slice fill_key;		/* equal ones need the answer made only once; absent: it is for nobody else */
	unsigned statements;		/* that the answer took */
	uint64_t db_us;			/* waited for the database */

	struct response response;
};

/* A new request in an arena of its own. */
struct request *request_new(void);
/*
 * Completes a response whose body is there, for what is nobody's cache's: the
 * status and control listeners.  503 gets "Retry-After: 1".
 */
void response_finish(struct request *request, int status, const char *type);
/* Frees the arena, the response's buffers included, and nulls it. */
void request_free(struct request **request);
/* A new request in the place of one that is over: cheaper than freeing and making one. */
struct request *request_again(struct request *request);

enum method method_from_name(struct slice name);

#endif
