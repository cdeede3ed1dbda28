/* SPDX-License-Identifier: MIT
 *
 * Stored mail headers (patchwork-api.md, 2.7), subject prefixes (2.9), archive
 * URL templates (2.8).  Pure functions.
 */
#ifndef THIMBLE_PROTO_MAIL_H
#define THIMBLE_PROTO_MAIL_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

struct mail_header {
	struct slice name;
	struct slice value;	/* folds kept, verbatim */
};

struct mail_headers {
	struct mail_header *list;
	size_t count;
};

/* Parses a stored header block by the rules of 2.7. */
void mail_headers_parse(struct arena *arena, struct slice text, struct mail_headers *headers_r);
/* First value of that name, ignoring case, or SLICE_NONE. */
struct slice mail_headers_first(const struct mail_headers *headers, const char *name);

struct mail_prefixes {
	struct slice *prefix;
	size_t count;
};

/* The bracket prefixes of a patch's stored name (2.9; patchwork-mail.md, 7.1 and 7.2). */
void mail_prefixes(struct arena *arena, struct slice name, struct mail_prefixes *prefixes_r);

/*
 * Applies a list_archive_url_format to a message id (2.8).  Returns 1 with the
 * URL in *out, 0 for null (empty format or msgid), -1 when the template is
 * broken or names an unknown placeholder (nothing appended).
 */
int mail_archive_url(struct buf *out, struct slice format, struct slice msgid);

/* `msgid` without the <> at both ends (2.4). */
struct slice mail_msgid_bare(struct slice msgid);

#endif
