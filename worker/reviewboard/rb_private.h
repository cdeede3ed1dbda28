/* SPDX-License-Identifier: MIT
 *
 * What the engine's files know of each other, and resources need not.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RB_PRIVATE_H
#define THIMBLE_WORKER_REVIEWBOARD_RB_PRIVATE_H

#include "worker/reviewboard/rb.h"

/* A text of error 105. */
struct rb_field_error {
	struct slice field, text;
	struct rb_field_error *next;
};

/* A token of thimble_rb_token that narrows what the request may do. */
struct rb_token {
	struct slice policy;
	struct slice scopes;	/* of an OAuth2 token; absent: it is none */
	const char *expired;	/* of an OAuth2 token: the sentence that says so; NULL: it is good */
};

/* Adds a line to the head of the answer that is being completed. */
void rb_header(struct rb *rb, const char *name, struct slice value);
/* As rb_field_error, of names that a client made up. */
void rb_add_field_error(struct rb *rb, struct slice field, struct slice text);
/* 405, which has no body. */
enum view_result rb_fail_method(struct rb *rb, unsigned methods);
/* 400 without a body: nothing is acceptable. */
enum view_result rb_fail_accept(struct rb *rb);

/* The value of Set-Cookie; a lifetime of 0 takes the cookie away. */
const char *rb_cookie_header(struct rb *rb, struct slice value, int64_t lifetime);

/* rb_limit.c: whether the caller has asked too often this minute.  *after_r: seconds until the next one. */
bool rb_is_too_often(struct rb *rb, unsigned *after_r);

#endif
