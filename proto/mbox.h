/* SPDX-License-Identifier: MIT
 *
 * The mbox form of a patch or cover letter, byte for byte as Patchwork 3.2.1
 * writes it (patchwork-api.md, 9.2 to 9.4).  Pure functions.
 */
#ifndef THIMBLE_PROTO_MBOX_H
#define THIMBLE_PROTO_MBOX_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;

struct mbox_message {
	int64_t id;
	struct slice date;		/* the column's text */
	struct slice headers;		/* the stored block */
	struct slice content;		/* may be absent */
	struct slice diff;		/* absent for a cover */
	struct slice submitter_name;	/* may be absent */
	struct slice submitter_email;
	struct slice delegate_email;	/* absent without a delegate */
	struct slice list_email;	/* of the project */
	const struct slice *comments;	/* contents, by date; may be absent slices */
	size_t comment_count;
	/*
	 * The text and the diff go out as they are, so that git makes the same commit again; as base64, where
	 * it would change them else.  For messages that were made here (review_mail.h), never for mails.
	 */
	bool exact;
	struct slice signature;		/* of an exact one, behind "-- " */
};

/*
 * Appends the message.  A header that would smuggle another (the reference
 * fails there, 9.4) is left out.
 */
void mbox_put(struct buf *out, struct arena *arena, const struct mbox_message *message);

#endif
