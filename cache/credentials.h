/* SPDX-License-Identifier: MIT
 *
 * Passwords that were verified (or refused) a short while ago, remembered in
 * shared memory by all workers, so that the next request costs no hash.  What
 * is kept is an HMAC-SHA256 under a key drawn at start, over the user name,
 * the password and the stored hash: it gives nothing away, and a password
 * changed in the database is another entry.  Whether the user is active is
 * read from the database at each request.
 *
 * The master makes it before it forks; any process and thread may ask and
 * store.  No lock: an entry is one digest and one word, written so that a
 * torn one matches nothing.
 */
#ifndef THIMBLE_CACHE_CREDENTIALS_H
#define THIMBLE_CACHE_CREDENTIALS_H

#include <stdatomic.h>

#include "base/slice.h"

enum { CREDENTIALS_ENTRIES = 4096, CREDENTIALS_WAYS = 4, CREDENTIALS_DIGEST = 32 };

struct credentials {
	unsigned char key[32];		/* drawn by credentials_init, then constant */
	struct credential {
		_Atomic uint64_t digest[CREDENTIALS_DIGEST / 8];
		_Atomic uint64_t expires_verdict;	/* milliseconds of the monotonic clock * 2 + verdict; 0: empty */
	} entries[CREDENTIALS_ENTRIES];
};

enum credential_verdict { CREDENTIAL_UNKNOWN = -1, CREDENTIAL_BAD = 0, CREDENTIAL_GOOD = 1 };

/* Draws the key; returns 0, or -1 if there is no randomness. */
int credentials_init(struct credentials *c);

/* What is remembered of this password for a user with this stored hash. */
enum credential_verdict credentials_ask(struct credentials *c, struct slice user, struct slice password,
    struct slice stored, uint64_t now_ms);
/* Remembers a verdict: a good one for five minutes, a bad one for one. */
void credentials_remember(struct credentials *c, struct slice user, struct slice password,
    struct slice stored, enum credential_verdict verdict, uint64_t now_ms);

/* What stands for an Authorization header where others can see it: an HMAC under the same key.  0, or -1. */
int credentials_digest(const struct credentials *c, struct slice authorization,
    unsigned char digest_r[CREDENTIALS_DIGEST]);

#endif
