/* SPDX-License-Identifier: MIT
 *
 * Large answers that are asked for again and again, in files in memory, so
 * that the kernel sends their pages as they are (sendfile) and copies nothing.
 *
 * What a socket has taken that way stays in the file's pages until the client has
 * it, and the region writes to its chunks again: so these are files of their own,
 * one an answer, sealed when they are complete.  Nothing can change them; who
 * gives one up closes it, and pages under way outlive that.
 *
 * A file is never more than another place of bytes that the region holds: it is
 * found by the name of an entry that was found valid there, and is pinned.
 *
 * One a worker.  Loop only.
 */
#ifndef THIMBLE_WORKER_PAGES_H
#define THIMBLE_WORKER_PAGES_H

#include <stddef.h>
#include <stdint.h>

enum {
	PAGES_FILES = 64,		/* at once */
	PAGES_MIN = 32 * 1024,	/* bytes of a body; a smaller one is copied as fast */
	PAGES_PART = 8			/* of the region, for the files of all workers together */
};

struct held;
struct pages;

/* For so many bytes at most, whole pages. */
struct pages *pages_new(size_t max);
void pages_free(struct pages **pages);

/* An answer is going to be sent: if that is so often enough, it gets a file. */
void pages_note(struct pages *pages, const struct held *held);

/* The file with that answer's bytes, head and body, or -1.  It is good until the next pages_note. */
int pages_find(const struct pages *pages, const struct held *held);

/* Bytes that the files take. */
size_t pages_bytes(const struct pages *pages);

#endif
