/* SPDX-License-Identifier: MIT
 *
 * See blobs.h.  libgit2 keeps one state for the process, made by the first who
 * asks and never taken down.
 */
#include "config.h"

#include "worker/reviewboard/blobs.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <git2.h>

#include "base/log.h"
#include "base/monotonic.h"

enum { SAY_AGAIN_MS = 60 * 1000, DIGITS_MIN = 4 };

static void
begin(void)
{
	git_libgit2_init();
}

/* What is wrong with a repository, once a minute; the clients are told each time. */
static void
complain(const char *git_dir)
{
	static _Atomic uint64_t next_ms;
	uint64_t now = monotonic_ms(), next = atomic_load(&next_ms);
	const git_error *error = git_error_last();

	if (now >= next && atomic_compare_exchange_strong(&next_ms, &next, now + SAY_AGAIN_MS))
		log_warnx("the Git repository %s cannot be read: %s", git_dir, error != NULL ? error->message : "no objects");
}

/* A bare repository, or the .git of a work tree. */
static int
open_objects(const char *git_dir, git_odb **odb_r)
{
	static const char *const places[] = { "objects", ".git/objects" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", git_dir, places[i]);

		if (n > 0 && (size_t)n < sizeof(path) && access(path, R_OK | X_OK) == 0)
			return git_odb_open(odb_r, path);
	}
	return -1;
}

/* 1: it is a blob's; 0: it is not, or it is that of several; -1: the repository cannot be read. */
static int
look(git_odb *odb, struct slice id)
{
	git_odb_expand_id question = { .length = (unsigned short)id.n, .type = GIT_OBJECT_BLOB };

	if (id.n < DIGITS_MIN || id.n > GIT_OID_HEXSZ || git_oid_fromstrn(&question.id, id.p, id.n) < 0)
		return 0;
	if (git_odb_expand_ids(odb, &question, 1) < 0)
		return -1;
	return question.length == GIT_OID_HEXSZ ? 1 : 0;
}

int
blobs_look(const char *git_dir, const struct slice *ids, size_t count, size_t *missing_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	git_odb *odb = NULL;
	int found = 1;
	size_t at;

	pthread_once(&once, begin);
	git_error_clear();
	if (open_objects(git_dir, &odb) < 0) {
		complain(git_dir);
		return -1;
	}
	/* who is not there costs most: packs are looked at anew */
	for (at = 0; at < count; at++) {
		found = look(odb, ids[at]);
		if (found != 1)
			break;
	}
	if (found < 0)
		complain(git_dir);
	git_odb_free(odb);
	*missing_r = at;
	return found < 0 ? -1 : 0;
}
