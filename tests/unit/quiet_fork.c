/* SPDX-License-Identifier: MIT
 *
 * Criterion forks for each test, and has a thread of its own (nanomsg's) that
 * may be allocating just then.  The C library's allocator survives that; gcc
 * 12's AddressSanitizer does not: the child inherits a lock that nobody will
 * ever let go, and hangs at its first allocation.  So each fork waits until
 * all other threads sleep.  That is enough as long as one test runs at a time
 * (CRITERION_JOBS=1), for nobody wakes that thread then.
 */
#include "config.h"

#ifdef THIMBLE_SANITIZED

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS_MAX = 2000, LOOK_US = 500 };

/* Whether the kernel has the thread neither running nor waiting for a processor. */
static bool
sleeps(const char *tid)
{
	char path[64], line[256];
	const char *behind = NULL;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%.16s/stat", tid);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	if (fgets(line, sizeof(line), file) != NULL)
		behind = strrchr(line, ')');
	(void)fclose(file);
	return behind == NULL || behind[1] == '\0' || behind[2] != 'R';
}

static bool
others_sleep(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	bool quiet = true;

	if (tasks == NULL)
		return true;
	while (quiet && (entry = readdir(tasks)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != (int)gettid())
			quiet = sleeps(entry->d_name);
	(void)closedir(tasks);
	return quiet;
}

static void
wait_for_quiet(void)
{
	for (int i = 0; i < LOOKS_MAX && !others_sleep(); i++)
		(void)usleep(LOOK_US);
}

static void __attribute__((constructor))
install(void)
{
	(void)pthread_atfork(wait_for_quiet, NULL, NULL);
}

#else

/* A source file has to hold something. */
extern int quiet_fork_is_not_needed;

#endif
