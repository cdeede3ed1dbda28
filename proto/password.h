/* SPDX-License-Identifier: MIT
 *
 * Django's stored passwords (patchwork-api.md, 5.3).  Slow on purpose: a hash
 * costs 0.2 s and more, so only job threads call password_verify, and only in
 * the hashing lane.
 */
#ifndef THIMBLE_PROTO_PASSWORD_H
#define THIMBLE_PROTO_PASSWORD_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * True if the password matches the stored hash: pbkdf2_sha256, pbkdf2_sha1,
 * scrypt and md5.  Other algorithms, unusable ("!...") and empty values never
 * match; *known_r (may be NULL) says whether the algorithm was one we know.
 */
bool password_verify(struct slice stored, struct slice password, bool *known_r);

/* As slow as a verification, for a user that does not exist. */
void password_waste_time(struct slice password);

#endif
