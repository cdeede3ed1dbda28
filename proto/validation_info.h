/* SPDX-License-Identifier: MIT
 *
 * validation_info (reviewboard-api.md, 1.3): what each commit of a chain left
 * under which names, handed to the client by one request and handed back
 * by the next.  It is opaque to honest clients and neither secret nor
 * signed: all of it may be forged, and is looked at as what anybody sent.  What does not
 * have its form, or whose commits form a loop, is refused; what the server
 * knows by itself is to replace what it says (validation_info_set).
 *
 * Its text is base64 of JSON.  Time and memory grow no faster than the text
 * (but for a sort), which is bounded.  Pure functions; all of it lives in an arena.
 */
#ifndef THIMBLE_PROTO_VALIDATION_INFO_H
#define THIMBLE_PROTO_VALIDATION_INFO_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;
struct buf;
struct diff_file;
struct lineage;

enum {
	VALIDATION_INFO_MAX = 4 * 1024 * 1024,	/* bytes of base64; a thousand commits of twenty files */
	VALIDATION_ID_MAX = 64			/* letters and digits of a commit's id */
};

/* What became of a file: the lists of a commit, in the order of their names. */
enum validation_list { VALIDATION_ADDED, VALIDATION_MODIFIED, VALIDATION_REMOVED, VALIDATION_LISTS };

struct validation_file {
	struct slice name;		/* UTF-8, not empty */
	struct slice revision;		/* a blob as the diff has it; may be abbreviated or empty */
};

struct validation_commit {
	struct slice id, parent;	/* parent: empty if there is none */
	struct {
		const struct validation_file *file;
		size_t count;
	} list[VALIDATION_LISTS];
};

struct validation_info {
	struct arena *arena;
	struct validation_commit *commit;	/* in the order in which they came */
	size_t count, room;
	size_t *sorted;				/* places in `commit`, by id */
};

/* Without commits. */
void validation_info_init(struct validation_info *info, struct arena *arena);

/*
 * Reads a text, which is not empty.  0, or -1 with the <why> of the error
 * messages, in the arena.  Nothing points into the text afterwards.
 */
int validation_info_decode(struct validation_info *info, struct arena *arena, struct slice text, const char **why_r);

/*
 * "Could not parse validation info "<value>": <why>", with no more of a long
 * value than is good for a message.
 */
const char *validation_info_complaint(struct arena *arena, struct slice text, const char *why);

/* Appends the text. */
void validation_info_encode(const struct validation_info *info, struct buf *out);

/* NULL if there is none of that id. */
const struct validation_commit *validation_info_find(const struct validation_info *info, struct slice id);

/*
 * The commit with these files, in the place of what was said of it, or behind the
 * others.  Slices are kept.  Of the files only names, blobs, status and `created` count.
 */
void validation_info_set(struct validation_info *info, struct slice id, struct slice parent,
    const struct diff_file *files, size_t count);

/*
 * Adds what the commits from `parent` back to where the chain leaves the info
 * left, and how many they were.  A loop (of ids that were set) ends it.
 */
size_t validation_info_follow(const struct validation_info *info, struct slice parent, struct lineage *lineage);

/*
 * Appends the ids of those commits of `info` that `other` has not, or has with
 * another parent, with ", " between.  Returns how many they are.
 */
size_t validation_info_put_missing(const struct validation_info *info, const struct validation_info *other,
    struct buf *out);

#endif
