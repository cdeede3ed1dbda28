/* SPDX-License-Identifier: MIT
 *
 * worker/pages.c.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "worker/pages.h"
#include "worker/request.h"

enum { LENGTH = PAGES_MIN + 1000, WHOLE = (LENGTH + 4095) / 4096 * 4096, CUT = 5000 };

/* An answer of which each byte says whose it is. */
struct answer {
	struct held held;
	char bytes[LENGTH];
};

static struct answer *
answer_new(unsigned n)
{
	struct answer *a = calloc(1, sizeof(*a));

	memset(a->bytes, (int)('A' + n % 26), sizeof(a->bytes));
	a->held = (struct held){ .piece = { slice_make(a->bytes, CUT), slice_make(a->bytes + CUT, LENGTH - CUT) }, .pieces = 2,
	    .entry = (uint64_t)n << 32 | 7, .head_length = 300, .body_length = LENGTH - 300 };
	return a;
}

/* Sent so often that it has a file, if there is room. */
static int
send_often(struct pages *pages, const struct answer *a)
{
	for (int i = 0; i < 4; i++)
		pages_note(pages, &a->held);
	return pages_find(pages, &a->held);
}

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static bool
has_bytes_of(int fd, const struct answer *a)
{
	char *got = calloc(1, LENGTH + 1);
	bool same = pread(fd, got, LENGTH + 1, 0) == LENGTH && memcmp(got, a->bytes, LENGTH) == 0;

	free(got);
	return same;
}

Test(pages, what_is_sent_again_has_a_file)
{
	struct pages *pages = pages_new(1024 * 1024);
	struct answer *a = answer_new(1), *b = answer_new(2);

	cr_expect_eq(pages_find(pages, &a->held), -1);
	pages_note(pages, &a->held);
	cr_expect_eq(pages_find(pages, &a->held), -1, "once is not often");
	pages_note(pages, &a->held);
	cr_assert_geq(pages_find(pages, &a->held), 0);
	cr_expect(has_bytes_of(pages_find(pages, &a->held), a), "in the order of the pieces");
	cr_expect_eq(pages_find(pages, &b->held), -1);
	cr_expect_eq(pages_bytes(pages), WHOLE);
	/* the same place of the region, used again */
	b->held.entry = a->held.entry + 4;
	cr_expect_eq(pages_find(pages, &b->held), -1);
	a->held.entry = 0;
	cr_expect_eq(send_often(pages, a), -1, "what is not of the cache has no name");
	pages_free(&pages);
	cr_expect_null(pages);
	free(a);
	free(b);
}

Test(pages, a_file_cannot_be_changed)
{
	struct pages *pages = pages_new(1024 * 1024);
	struct answer *a = answer_new(1);
	int fd = send_often(pages, a);

	cr_assert_geq(fd, 0);
	cr_expect_eq(pwrite(fd, "x", 1, 0), -1);
	cr_expect_eq(ftruncate(fd, 10), -1);
	cr_expect_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
	cr_expect_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	pages_free(&pages);
	free(a);
}

/* A socket holds pages of files that were given up long ago. */
Test(pages, what_is_under_way_stays_as_it_was)
{
	struct pages *pages = pages_new(2 * WHOLE);
	struct answer *first = answer_new(0);
	char *got = calloc(1, LENGTH);
	int s[2];
	ssize_t sent;
	off_t at = 0;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	sent = sendfile(s[0], send_often(pages, first), &at, LENGTH);
	cr_assert_gt(sent, 4096);
	for (unsigned n = 1; n < 200; n++) {
		struct answer *a = answer_new(n);

		(void)send_often(pages, a);
		free(a);
	}
	cr_expect_eq(pages_find(pages, &first->held), -1);
	for (ssize_t n = 0; n < sent; )
		n += read(s[1], got + n, (size_t)(sent - n));
	cr_expect_eq(memcmp(got, first->bytes, (size_t)sent), 0);
	pages_free(&pages);
	close(s[0]);
	close(s[1]);
	free(got);
	free(first);
}

Test(pages, there_are_not_more_than_fit)
{
	unsigned before = open_files(), most = 0;
	struct pages *pages = pages_new(10 * WHOLE + 100);

	for (unsigned n = 1; n < 1000; n++) {
		struct answer *a = answer_new(n);
		int fd = send_often(pages, a);

		cr_expect(fd < 0 || has_bytes_of(fd, a));
		cr_expect_leq(pages_bytes(pages), 10 * WHOLE);
		cr_expect_eq(open_files() - before, pages_bytes(pages) / WHOLE, "each that is given up is closed");
		most = open_files() - before > most ? open_files() - before : most;
		free(a);
	}
	cr_expect_eq(most, 10);
	pages_free(&pages);
	cr_expect_eq(open_files(), before);
	pages = pages_new((size_t)PAGES_FILES * 2 * WHOLE);
	for (unsigned n = 1; n < 4 * PAGES_FILES; n++) {
		struct answer *a = answer_new(n);

		(void)send_often(pages, a);
		free(a);
	}
	cr_expect_leq(open_files() - before, PAGES_FILES);
	cr_expect_geq(open_files() - before, PAGES_FILES - 1);
	pages_free(&pages);
	/* what is larger than all that is allowed drives out nobody */
	pages = pages_new(WHOLE - 1);
	struct answer *large = answer_new(1);
	cr_expect_eq(send_often(pages, large), -1);
	pages_free(&pages);
	free(large);
}

/* One that is sent all the time stays, however many others come and go. */
Test(pages, what_is_hot_stays)
{
	struct pages *pages = pages_new(4 * WHOLE);
	struct answer *hot = answer_new(0);
	unsigned missed = 0, others = 0;

	cr_assert_geq(send_often(pages, hot), 0);
	for (unsigned n = 1; n < 500; n++) {
		struct answer *a = answer_new(n);

		others += send_often(pages, a) >= 0;
		pages_note(pages, &hot->held);
		missed += pages_find(pages, &hot->held) < 0;
		free(a);
	}
	cr_expect_eq(missed, 0);
	cr_expect_gt(others, 50, "and they find room: %u", others);
	pages_free(&pages);
	free(hot);
}

/* All files had their turn once, and nobody wanted the first one since: its place is taken at once. */
Test(pages, a_place_that_is_given_up_is_taken)
{
	struct pages *pages = pages_new((size_t)PAGES_FILES * 2 * WHOLE);
	struct answer *last = answer_new(PAGES_FILES);
	unsigned tries = 0;

	for (unsigned n = 0; n < PAGES_FILES; n++) {
		struct answer *a = answer_new(n);

		pages_note(pages, &a->held);
		pages_note(pages, &a->held);
		cr_assert_geq(pages_find(pages, &a->held), 0);
		free(a);
	}
	for (; tries < 1000 && pages_find(pages, &last->held) < 0; tries++) {
		pages_note(pages, &last->held);
		pages_note(pages, &last->held);
	}
	cr_expect_eq(tries, PAGES_FILES + 1, "%u", tries);
	cr_expect_eq(pages_bytes(pages), (size_t)PAGES_FILES * WHOLE);
	pages_free(&pages);
	free(last);
}

Test(pages, without_descriptors_there_is_no_file)
{
	struct pages *pages = pages_new(1024 * 1024);
	struct answer *a = answer_new(1);
	struct rlimit none = { 0, 0 }, before;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none.rlim_max = before.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	cr_expect_eq(send_often(pages, a), -1);
	cr_expect_eq(pages_bytes(pages), 0);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_expect_geq(send_often(pages, a), 0);
	pages_free(&pages);
	free(a);
}
