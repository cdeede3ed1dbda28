/* SPDX-License-Identifier: MIT
 *
 * The messages that a published series would have been, had it come by mail (reviewboard-api.md,
 * section 4): their ids, names, headers and texts.  `git am` makes the same commits of them again, with
 * author, date and message, as far as a mail can carry these: a line "---" ends a message, and a
 * subject in brackets loses these.  Pure functions.
 */
#ifndef THIMBLE_PROTO_REVIEW_MAIL_H
#define THIMBLE_PROTO_REVIEW_MAIL_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/diff_stat.h"
#include "proto/iso_date.h"

struct arena;
struct buf;

/* Stored names are cut to this many characters, that is what a column holds. */
enum { REVIEW_NAME_MAX = 255 };

/* A message with this header is given out exactly as it is stored (mbox.h). */
#define REVIEW_URL_HEADER "X-Review-URL"
/* One with this one: what is stored as its diff is not all of it, for it is no text. */
#define REVIEW_DIFF_HEADER "X-Review-Diff"

struct review_person {
	struct slice name, email;	/* both may be empty */
};

/* What all messages of a version have. */
struct review_mail {
	int64_t request;
	int version;
	unsigned total;			/* patches */
	bool cover;			/* there is message 0 */
	struct slice host;		/* of message ids */
	struct slice url;		/* of the review request */
	struct review_person from;	/* who posts it */
	struct slice list_email;	/* of the project; empty: none */
	const struct review_person *copied;
	size_t copied_count;
	struct slice branch, bugs;	/* empty: none */
	struct slice previous;		/* message id of the version before; absent: none */
};

struct review_commit {
	unsigned number;		/* from 1 */
	struct slice message;
	struct review_person author, committer;	/* committer: absent name: none */
	struct iso_date author_date, committer_date;
	struct slice id, parent;	/* empty: none */
	struct slice note;		/* goes behind the message, is no part of it; empty: none */
	bool is_bytes;			/* the diff is no text */
	const struct diff_stat_file *files;
	size_t file_count;
};

struct review_cover {
	struct iso_date date;
	struct slice summary, description, testing, change, base;	/* but the summary empty: none */
	const struct review_commit *commits;
	size_t commit_count;
	const int64_t *depends;		/* review requests */
	size_t depends_count;
	struct slice site;		/* what their URLs begin with: "http://host/reviews/" */
	const struct diff_stat_file *files;	/* of all of it together */
	size_t file_count;
};

/* "<rr.7.v2.3@host>"; 0 is the cover. */
void review_mail_id(struct buf *out, const struct review_mail *mail, unsigned number);
/* The first line of a message; the rest goes to *body_r, without empty lines around it. */
struct slice review_subject(struct slice message, struct slice *body_r);
/* "[v2,3/5] subject", as it is stored */
void review_mail_name(struct buf *out, const struct review_mail *mail, unsigned number, struct slice subject);

void review_patch_headers(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_commit *commit);
void review_patch_content(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_commit *commit);
void review_cover_headers(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_cover *cover);
void review_cover_content(struct buf *out, struct arena *arena, const struct review_mail *mail,
    const struct review_cover *cover);

/* Whether a commit's message says what summary and description say. */
bool review_says_all(struct slice message, struct slice summary, struct slice description);

/* The first hexadecimal number of 7 to 40 digits that stands by itself; absent: none. */
struct slice review_commit_in(struct slice text);

#endif
