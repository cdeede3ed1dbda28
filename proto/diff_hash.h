/* SPDX-License-Identifier: MIT
 *
 * The hash of a diff (patchwork-mail.md, 14.2), by which the same patch is
 * found again wherever its files lie.  Pure functions.
 */
#ifndef THIMBLE_PROTO_DIFF_HASH_H
#define THIMBLE_PROTO_DIFF_HASH_H

#include "base/slice.h"

enum { DIFF_HASH_MAX = 41 };	/* hexadecimal digits and a NUL */

void diff_hash(char hash_r[DIFF_HASH_MAX], struct slice diff);

#endif
