/* SPDX-License-Identifier: MIT
 *
 * See pages.h.  An answer is copied into a file when it was sent twice and
 * there is room.  For want of room the files age, one each time: what was
 * not sent since its turn came last is given up.
 */
#include "config.h"

#include "worker/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/uio.h>

#include "base/mem.h"
#include "worker/request.h"

enum {
	SEEN_PLACES = 64,
	OFTEN = 2,			/* sent so many times, an answer is worth a file */
	HITS_MAX = 16,			/* that count: so many turns, halved each time, it stays unused */
	PAGE = 4096
};

struct file {
	uint64_t entry;			/* 0: there is none */
	int fd;
	unsigned hits;
	size_t bytes;
};

struct seen {
	uint64_t entry;
	unsigned times;
};

struct pages {
	struct file file[PAGES_FILES];
	struct seen seen[SEEN_PLACES];
	unsigned hand;			/* whose turn it is to age */
	size_t bytes, max;
};

struct pages *
pages_new(size_t max)
{
	struct pages *p = xcalloc(1, sizeof(*p));

	p->max = max;
	return p;
}

static void
give_up(struct pages *p, struct file *file)
{
	if (file->entry == 0)
		return;
	close(file->fd);
	p->bytes -= file->bytes;
	*file = (struct file){ 0 };
}

void
pages_free(struct pages **pages)
{
	if (*pages == NULL)
		return;
	for (size_t i = 0; i < PAGES_FILES; i++)
		give_up(*pages, &(*pages)->file[i]);
	free(*pages);
	*pages = NULL;
}

/* The place of that entry's file; for 0, a free one.  PAGES_FILES: there is none. */
static size_t
find(const struct pages *p, uint64_t entry)
{
	size_t i = 0;

	while (i < PAGES_FILES && p->file[i].entry != entry)
		i++;
	return i;
}

static bool
is_often_sent(struct pages *p, uint64_t entry)
{
	struct seen *seen = &p->seen[(entry >> 32) % SEEN_PLACES];

	if (seen->entry != entry)
		*seen = (struct seen){ entry, 0 };
	if (++seen->times < OFTEN)
		return false;
	seen->times = 0;
	return true;
}

/* There is one at least.  The place of the one that is given up, or PAGES_FILES. */
static size_t
age_one(struct pages *p)
{
	struct file *file;

	do {
		p->hand = (p->hand + 1) % PAGES_FILES;
		file = &p->file[p->hand];
	} while (file->entry == 0);
	if (file->hits == 0) {
		give_up(p, file);
		return p->hand;
	}
	file->hits /= 2;
	return PAGES_FILES;
}

/* A sealed file with these bytes, or -1. */
static int
make_file(const struct held *held, size_t length)
{
	int fd = memfd_create("thimble-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct iovec iov[RESPONSE_PIECES_MAX];

	if (fd < 0)
		return -1;
	for (unsigned i = 0; i < held->pieces; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)held->piece[i].p, held->piece[i].n };
	if (writev(fd, iov, (int)held->pieces) == (ssize_t)length &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
keep(struct pages *p, const struct held *held)
{
	size_t length = held->head_length + held->body_length, bytes = (length + PAGE - 1) / PAGE * PAGE;
	size_t place, freed;
	int fd;

	if (bytes > p->max)
		return;
	place = find(p, 0);
	if (p->bytes + bytes > p->max || place == PAGES_FILES) {
		freed = age_one(p);
		place = freed < place ? freed : place;
	}
	if (p->bytes + bytes > p->max || place == PAGES_FILES || (fd = make_file(held, length)) < 0)
		return;
	p->file[place] = (struct file){ held->entry, fd, 1, bytes };
	p->bytes += bytes;
}

void
pages_note(struct pages *p, const struct held *held)
{
	size_t place;

	if (held->entry == 0)
		return;
	place = find(p, held->entry);
	if (place < PAGES_FILES && p->file[place].hits < HITS_MAX)
		p->file[place].hits++;
	else if (place == PAGES_FILES && is_often_sent(p, held->entry))
		keep(p, held);
}

int
pages_find(const struct pages *p, const struct held *held)
{
	size_t place = held->entry != 0 ? find(p, held->entry) : PAGES_FILES;

	return place < PAGES_FILES ? p->file[place].fd : -1;
}

size_t
pages_bytes(const struct pages *p)
{
	return p->bytes;
}
