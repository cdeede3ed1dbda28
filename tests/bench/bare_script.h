/* SPDX-License-Identifier: MIT
 *
 * What bare_libpq and bare_writes read: a file of statements.  For each a line
 * with the number of its round trip, one with its text in hex, one with the
 * number of parameters, and one for each: its text in hex, "#" and a number,
 * "-" (NULL), or "=" and a word for what is another value each time.
 */
#ifndef THIMBLE_TESTS_BENCH_BARE_SCRIPT_H
#define THIMBLE_TESTS_BENCH_BARE_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_MAX = 64, PARAMS_MAX = 200 };

struct statement {
	int trip;
	char *text;
	int count;
	struct param {
		char *text;		/* NULL: NULL, or it has a name */
		char *name;		/* the word behind "=", or NULL */
		bool number;
	} params[PARAMS_MAX];
};

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static char *
from_hex(const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *text = malloc(n + 1);
	unsigned byte;

	for (size_t i = 0; i < n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			die("statements", "not hex");
		text[i] = (char)byte;
	}
	text[n] = '\0';
	return text;
}

/* A line without its end, or NULL. */
static char *
read_line(FILE *f)
{
	char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, f) < 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static char *
need_line(FILE *f)
{
	char *line = read_line(f);

	if (line == NULL)
		die("statements", "the file ends too early");
	return line;
}

static struct param
read_param(char *line)
{
	switch (*line) {
	case '=':
		return (struct param){ .name = line + 1 };
	case '#':
		return (struct param){ .text = line + 1, .number = true };
	case '-':
		return (struct param){ 0 };
	default:
		return (struct param){ .text = from_hex(line) };
	}
}

static int
read_statements(const char *path, struct statement *list)
{
	FILE *f = fopen(path, "r");
	int count = 0;
	char *line;

	if (f == NULL)
		die(path, "cannot be read");
	while ((line = read_line(f)) != NULL) {
		struct statement *s = &list[count++];

		if (count > STATEMENTS_MAX)
			die(path, "too many statements");
		s->trip = atoi(line);
		s->text = from_hex(need_line(f));
		s->count = atoi(need_line(f));
		if (s->count > PARAMS_MAX)
			die(path, "too many parameters");
		for (int i = 0; i < s->count; i++)
			s->params[i] = read_param(need_line(f));
	}
	(void)fclose(f);
	return count;
}

#endif
