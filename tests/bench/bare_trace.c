/* SPDX-License-Identifier: MIT
 *
 * Loaded before SQLite's library (LD_PRELOAD): whatever a program opens is
 * traced.  Each statement that begins is a line in the file that BENCH_TRACE names:
 * the thread's id, the text, and the text with its values, both in hex.
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);

static void
put_hex(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fprintf(out, "%02x", (unsigned char)*text);
}

static int
trace_cb(unsigned kind, void *file, void *statement, void *text)
{
	char *line, *values;
	size_t length;
	FILE *out;
	int fd;

	/* a comment tells that a trigger begins */
	if (kind != SQLITE_TRACE_STMT || strncmp(text, "--", 2) == 0)
		return 0;
	out = open_memstream(&line, &length);
	(void)fprintf(out, "%d ", gettid());
	put_hex(out, sqlite3_sql(statement));
	(void)fputc(' ', out);
	values = sqlite3_expanded_sql(statement);
	put_hex(out, values != NULL ? values : "");
	(void)fputc('\n', out);
	(void)fclose(out);
	fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	/* in one piece, as others append too */
	if (fd < 0 || write(fd, line, length) != (ssize_t)length)
		abort();
	(void)close(fd);
	sqlite3_free(values);
	free(line);
	return 0;
}

int
sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	int (*next)(const char *, sqlite3 **, int, const char *);
	char *file = getenv("BENCH_TRACE");
	int code;

	*(void **)&next = dlsym(RTLD_NEXT, "sqlite3_open_v2");
	code = next(path, db, flags, vfs);
	if (code == SQLITE_OK && file != NULL)
		(void)sqlite3_trace_v2(*db, SQLITE_TRACE_STMT, trace_cb, file);
	return code;
}
