/* SPDX-License-Identifier: MIT
 *
 * extra_data (reviewboard-api.md, 1.6): an object of JSON that clients keep
 * with commits, files, diffs, drafts and review requests.  It is stored as
 * text.  Form fields change it:
 *
 *	extra_data.KEY=TEXT		sets a key at the top (a dot in it is nothing special)
 *	extra_data:json=OBJECT		JSON merge patch (RFC 7396)
 *	extra_data:json-patch=ARRAY	JSON patch (RFC 6902)
 *
 * in the order in which they come, all or none.  Keys that begin with two underscores are
 * not for clients: never shown, never written, at the top kept whatever happens to the rest;
 * a change that names one is passed over, a patch that reads one finds nothing.
 *
 * Numbers keep the text that they were sent as.  What is stored is bounded, and so
 * is the work that a patch may cause (document.h).  Pure functions; memory is the arena's.
 */
#ifndef THIMBLE_PROTO_EXTRA_DATA_H
#define THIMBLE_PROTO_EXTRA_DATA_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct form_field;
struct json;

enum { EXTRA_DATA_MAX = 64 * 1024 };	/* bytes of a field, and of what is stored */

/* Whether a field is one of those above, well-formed or not: then it is no unknown field. */
bool extra_data_is_field(struct slice name);

/*
 * What `stored` (absent, empty: no keys) becomes by those of the fields (UTF-8) that
 * change extra_data; *result_r is the stored text itself if none does.  0, or -1 with a
 * sentence for the client, in the arena.
 */
int extra_data_change(struct arena *arena, struct slice stored, const struct form_field *fields, size_t count,
    struct slice *result_r, const char **error_r);

/* Writes it as a value, keys in their order, private ones left out. */
void extra_data_put(struct json *j, struct arena *arena, struct slice stored);

#endif
