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
 * STATEMENTS is a file as bare_script.h has it, without values that change.
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

#include "bare_script.h"

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
	const char *values[PARAMS_MAX];
	char name[16];

	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		for (int k = 0; k < list[i].count; k++)
			values[k] = list[i].params[k].text;
		if (!PQsendQueryPrepared(conn, name, list[i].count, values, NULL, NULL, 0))
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
