/* SPDX-License-Identifier: MIT
 *
 * Asking the running server over its control socket ([server] control): one
 * request a connection.  Blocks, within CLIENT_TIMEOUT_S.
 */
#ifndef THIMBLE_CTL_CLIENT_H
#define THIMBLE_CTL_CLIENT_H

#include <jansson.h>

#include "base/slice.h"

struct ctl;

enum {
	CLIENT_TIMEOUT_S = 10,
	CLIENT_ANSWER_MAX = 16 * 1024 * 1024
};

/* A question, and after client_ask what the server says to it. */
struct exchange {
	const char *method, *path;
	struct slice body;		/* JSON, of a POST */
	struct slice text;		/* the answer, in the command's arena */
	json_t *answer;			/* the same, read; the caller's to json_decref */
};

/* CTL_OK, or what ctl_fail says; then there is no answer. */
int client_ask(struct ctl *ctl, struct exchange *exchange);

#endif
