/* SPDX-License-Identifier: MIT
 *
 * Git diffs as they are uploaded (reviewboard-api.md, 1.4): a reader that goes
 * over the bytes once and gives one file after the other.
 *
 *	struct diff diff;
 *	struct diff_file file;
 *
 *	diff_begin(&diff, arena, bytes);
 *	while ((result = diff_next(&diff, &file)) == DIFF_FILE)
 *		...
 *	if (result == DIFF_BAD)
 *		refuse(diff.error, diff.error_line);
 *	else if (diff.files == 0)
 *		the diff is empty (error 219)
 *
 * A file begins with a line "diff --git" and reaches to the next one.  What
 * stands before the first is passed over; so are files without any content
 * (a change of the mode alone), unless they come, go, move or are copied.
 *
 * Nothing is copied: what a file says lies in the bytes, but for names that
 * were quoted or are no UTF-8, which lie in the arena.  Memory does not grow
 * with the diff, and each byte is looked at a bounded number of times.
 *
 * A hunk whose lines are not as many as its header says is not refused, for
 * the reference takes it; it is told (`damage`).
 *
 * Pure functions; a reader belongs to one thread.
 */
#ifndef THIMBLE_PROTO_DIFF_H
#define THIMBLE_PROTO_DIFF_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;

enum {
	DIFF_NAME_MAX = 1024,		/* characters of a file's name; a column has no more */
	DIFF_BLOB_MAX = 64,		/* hex digits: SHA-256 */
	DIFF_MODE_MAX = 8,		/* octal digits */
	DIFF_FILES_MAX = 50000		/* in one diff, those passed over included */
};

/* The source revision of a file that was not there before. */
#define DIFF_PRE_CREATION "PRE-CREATION"

enum diff_status { DIFF_MODIFIED, DIFF_DELETED, DIFF_MOVED, DIFF_COPIED };

struct diff_file {
	struct slice bytes;		/* all of it, as it was sent */
	size_t line;			/* on which it begins, from 1 */
	/* UTF-8 without NUL, 1 to DIFF_NAME_MAX characters, without a/ and b/; the same where there is but one */
	struct slice old_name, new_name;
	/* as the index line has them, perhaps abbreviated, hex digits of either case; empty without one */
	struct slice old_blob, new_blob;
	struct slice old_mode, new_mode;	/* octal digits; absent if it does not say */
	enum diff_status status;
	bool created;			/* it was not there before; the status is DIFF_MODIFIED then */
	bool binary;
	uint64_t inserted, deleted;	/* lines; of its hunks as far as they are as they say */
	unsigned hunks;
	const char *damage;		/* static: the first thing wrong with its hunks; NULL: nothing */
	size_t damage_line;		/* where that hunk begins */
};

enum diff_result {
	DIFF_FILE,	/* here is one */
	DIFF_END,	/* that was all */
	DIFF_BAD	/* no Git diff; see error */
};

struct diff {
	struct arena *arena;
	struct slice rest;		/* not read yet; begins with a line "diff --git" once begun */
	size_t line;			/* number of its first line */
	bool begun;
	size_t sections;		/* read so far */
	size_t files;			/* given so far */
	const char *error;		/* static, a sentence for the client; with DIFF_BAD */
	size_t error_line;		/* 0: of no line */
};

/* `bytes` have to stay where they are for as long as the files are used. */
void diff_begin(struct diff *diff, struct arena *arena, struct slice bytes);
/* After DIFF_END and DIFF_BAD it gives the same again. */
enum diff_result diff_next(struct diff *diff, struct diff_file *file_r);

/* The revision that an answer shows as the source: a blob, or DIFF_PRE_CREATION. */
struct slice diff_source_revision(const struct diff_file *file);
/* Whether the source has to be known to the repository (1.4, "Existence check"). */
bool diff_needs_source(const struct diff_file *file);

#endif
