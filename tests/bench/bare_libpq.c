/* SPDX-License-Identifier: MIT
 *
 * The measure of a miss: the statements of one answer, run by nothing but
 * libpq.  Each of `connections` processes prepares them once and then runs
 * them again and again, in as many round trips as the answer needs (what is
 * asked for in the second is known from the first), each one pipeline, reading
 * every result and doing nothing with it.
 *
 *   bare_libpq CONNINFO STATEMENTS CONNECTIONS SECONDS
 *
 * STATEMENTS is a file: for each statement a line with the number of its round
 * trip, one with its text in hex, one with the number of parameters, and one in
 * hex for each ("-": NULL).
 * Prints the rounds that were run, all processes together.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

enum { STATEMENTS_MAX = 64, PARAMS_MAX = 200 };

struct statement {
	int trip;
	char *text;
	int count;
	char *params[PARAMS_MAX];
};

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bare_libpq: %s: %s\n", what, why);
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

static char *
read_line(FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, f);

	if (n < 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int
read_statements(const char *path, struct statement *list)
{
	FILE *f = fopen(path, "r");
	int count = 0;
	char *line;

	if (f == NULL)
		die(path, "cannot be read");
	while (count < STATEMENTS_MAX && (line = read_line(f)) != NULL) {
		struct statement *s = &list[count++];

		s->trip = atoi(line);
		s->text = from_hex(read_line(f));
		s->count = atoi(read_line(f));
		for (int i = 0; i < s->count; i++) {
			line = read_line(f);
			s->params[i] = strcmp(line, "-") == 0 ? NULL : from_hex(line);
		}
	}
	(void)fclose(f);
	return count;
}

/* Reads until the pipeline's end. */
static void
read_results(PGconn *conn)
{
	for (;;) {
		PGresult *result = PQgetResult(conn);
		ExecStatusType status = PQresultStatus(result);

		if (result == NULL)
			continue;
		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
			die("result", PQresultErrorMessage(result));
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			return;
	}
}

static void
run_round(PGconn *conn, const struct statement *list, int count)
{
	char name[16];

	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		if (!PQsendQueryPrepared(conn, name, list[i].count, (const char *const *)list[i].params, NULL, NULL, 0))
			die("send", PQerrorMessage(conn));
		if (i + 1 < count && list[i + 1].trip == list[i].trip)
			continue;
		if (!PQpipelineSync(conn))
			die("sync", PQerrorMessage(conn));
		read_results(conn);
	}
}

static long
run(const char *conninfo, const struct statement *list, int count, double seconds)
{
	PGconn *conn = PQconnectdb(conninfo);
	struct timespec start, now;
	char name[16];
	long rounds = 0;

	if (PQstatus(conn) != CONNECTION_OK)
		die("connect", PQerrorMessage(conn));
	for (int i = 0; i < count; i++) {
		PGresult *result;

		(void)snprintf(name, sizeof(name), "s%d", i);
		result = PQprepare(conn, name, list[i].text, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			die(list[i].text, PQresultErrorMessage(result));
		PQclear(result);
	}
	(void)PQenterPipelineMode(conn);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		run_round(conn, list, count);
		rounds++;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - start.tv_sec) + 1e-9 * (double)(now.tv_nsec - start.tv_nsec) < seconds);
	PQfinish(conn);
	return rounds;
}

int
main(int argc, char **argv)
{
	static struct statement list[STATEMENTS_MAX];
	int ends[2], count, connections;
	long total = 0, rounds;

	if (argc != 5)
		die("usage", "bare_libpq CONNINFO STATEMENTS CONNECTIONS SECONDS");
	count = read_statements(argv[2], list);
	connections = atoi(argv[3]);
	if (pipe(ends) != 0)
		die("pipe", "failed");
	for (int i = 0; i < connections; i++) {
		if (fork() == 0) {
			rounds = run(argv[1], list, count, atof(argv[4]));
			_exit(write(ends[1], &rounds, sizeof(rounds)) == sizeof(rounds) ? 0 : 1);
		}
	}
	(void)close(ends[1]);
	while (read(ends[0], &rounds, sizeof(rounds)) == sizeof(rounds))
		total += rounds;
	while (wait(NULL) > 0)
		;
	(void)printf("%ld\n", total);
	return 0;
}
