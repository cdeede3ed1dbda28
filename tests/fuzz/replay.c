/* SPDX-License-Identifier: MIT
 *
 * Stands in for libFuzzer: runs a fuzz target once over each file given, and
 * over each regular file of each directory given.  Without arguments it takes
 * its own corpus below $srcdir (which `make check` sets): corpus/uri is that of
 * fuzz_uri.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static int
complain(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	return -1;
}

/* The input lies in memory of exactly its size, so that a sanitizer sees a read behind it. */
static int
replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;

	if (file == NULL)
		return complain(path);
	data = malloc(size > 0 ? size : 1);
	if (data == NULL || fread(data, 1, size, file) != size) {
		free(data);
		(void)fclose(file);
		return complain(path);
	}
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay_directory(const char *path);

/* How many inputs were run; -1 when something could not be read. */
static int
replay(const char *path, bool inside)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return complain(path);
	if (S_ISREG(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	if (S_ISDIR(st.st_mode) && !inside)
		return replay_directory(path);
	return 0;
}

static int
replay_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (dir == NULL)
		return complain(path);
	while (count >= 0 && (entry = readdir(dir)) != NULL) {
		char *inner = NULL;
		int n = 0;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
			abort();
		n = replay(inner, true);
		count = n < 0 ? -1 : count + n;
		free(inner);
	}
	(void)closedir(dir);
	return count;
}

/* Replays the target's own corpus; `program` ends in fuzz_NAME. */
static int
replay_corpus(const char *program)
{
	const char *source = getenv("srcdir"), *name = strrchr(program, '/');
	char *path = NULL;
	int count;

	name = name != NULL ? name + 1 : program;
	if (strncmp(name, "fuzz_", strlen("fuzz_")) == 0)
		name += strlen("fuzz_");
	if (asprintf(&path, "%s/tests/fuzz/corpus/%s", source != NULL ? source : ".", name) < 0)
		abort();
	count = replay(path, false);
	free(path);
	return count;
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? 0 : replay_corpus(argv[0]);

	for (int i = 1; i < argc && count >= 0; i++) {
		int n = replay(argv[i], false);

		count = n < 0 ? -1 : count + n;
	}
	if (count < 0)
		return 1;
	printf("%s: %d inputs\n", argv[0], count);
	return count > 0 ? 0 : 2;	/* nothing run is nothing tested */
}
