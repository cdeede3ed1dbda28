/* SPDX-License-Identifier: MIT
 *
 * Log-ins as cookies (reviewboard-api.md, 2.2): signed, without a row in the database:
 *
 *	USER.TOKEN.EXPIRES.NONCE.MAC
 *
 * MAC is an HMAC-SHA256 under the key that all nodes share (`rb_key` in thimble_meta), over the rest and a
 * secret of the user's: the stored hash of the password, or, if the log-in was by a token, that
 * token.  When it changes, or the token is gone, all log-ins made by it end.  Logging out writes down the nonce
 * (thimble_rb_logout).  Pure functions, but for rb_session_draw.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RB_SESSION_H
#define THIMBLE_WORKER_REVIEWBOARD_RB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct buf;

#define RB_COOKIE "rbsessionid"

enum {
	RB_KEY_SIZE = 32, RB_NONCE_SIZE = 32,
	/* what the log-in was by; else the id in thimble_rb_token */
	RB_BY_PASSWORD = 0, RB_BY_PATCHWORK_TOKEN = -1
};

struct rb_session {
	int64_t user;
	int64_t token;
	int64_t expires;		/* seconds since 1970 */
	char nonce[RB_NONCE_SIZE + 1];	/* hexadecimal */
};

/* What a cookie says, true or not.  False: it is none of ours. */
bool rb_session_read(struct slice cookie, struct rb_session *session_r);
/* Whether it was made under that key and secret; in constant time.  When it ends is the caller's to look at. */
bool rb_session_verify(struct slice cookie, const unsigned char key[RB_KEY_SIZE], struct slice secret);
/* Draws the nonce; false: there is no randomness. */
bool rb_session_draw(struct rb_session *session);
/* Appends the cookie's value. */
void rb_session_put(struct buf *out, const struct rb_session *session, const unsigned char key[RB_KEY_SIZE],
    struct slice secret);

/* The key of its 64 hexadecimal digits; false: they are none. */
bool rb_session_key(struct slice hex, unsigned char key_r[RB_KEY_SIZE]);

#endif
