/* SPDX-License-Identifier: MIT
 *
 * Tags: the names of what answers depend on (design, section 4), hashed to
 * the 64 bits that the clock knows them by.
 *
 *   patch:42            the object: its row, and the rows that are part of it (a patch's checks)
 *   patches@3           which patches exist in project 3
 *   patches             which patches exist at all
 *   patches@3.state_id  values of that column in project 3; likewise patches.state_id
 *   patches.*           coarse: anything in that table; every entry that read the table depends on it
 *   auth:7              what user 7 may do: password, active, tokens, profile
 *   tokens              which tokens exist
 *
 * The names are the text that the database's triggers leave and that operators
 * give to `thimblectl purge`; their hash must never depend on anything else.
 * Pure functions.
 */
#ifndef THIMBLE_CACHE_TAG_H
#define THIMBLE_CACHE_TAG_H

#include <stdint.h>

#include "base/slice.h"

enum { TAG_LENGTH_MAX = 128 };

/* The hash of a tag's text. */
uint64_t tag_hash(struct slice text);

/* The same without the text being put together: NAME ':' id, NAME '@' id. */
uint64_t tag_hash_id(const char *name, char separator, int64_t id);

/* Goes on with "." column behind a hash of "patches" or "patches@3". */
uint64_t tag_hash_column(uint64_t collection, struct slice column);

#endif
