/* SPDX-License-Identifier: MIT
 *
 * The measure of a write: the statements of one, run by nothing but libpq, or
 * nothing but SQLite.  Each of CONNECTIONS processes prepares them once and then
 * runs them again and again, COMMIT and all, with other values each time.
 *
 *   bare_writes DATABASE STATEMENTS PATCHES CONNECTIONS SECONDS FIRST STATE STATE
 *
 * DATABASE is "sqlite:PATH" or a conninfo; STATEMENTS a file as bare_script.h has
 * it (each round trip is one pipeline; SQLite has none).  PATCHES is a file with an id a line:
 * the n-th write is of the n-th patch, beginning again after the last, and gives
 * it the second state, the first the next time around, and so on.  FIRST is n of the
 * first one.  Values that change:
 *
 *   =patch  its id     =to  the state's id     =from  that of the other state
 *   =row    what the last RETURNING gave       =now   the time
 *
 * On SQLite the processes come one after the other, from BEGIN IMMEDIATE to the
 * COMMIT, by a lock of their own: nobody waits in vain, and nobody sleeps longer than he must.
 * Prints the writes that were done by all, and the n of the next.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "bare_script.h"

enum { VALUE_MAX = 64 };

/* In memory that all processes share. */
struct shared {
	atomic_long next, done;
	pthread_mutex_t writers;
};

struct values {
	char patch[VALUE_MAX], to[VALUE_MAX], from[VALUE_MAX], row[VALUE_MAX], now[VALUE_MAX];
};

struct work {
	struct shared *shared;
	struct statement list[STATEMENTS_MAX];
	int count;
	const char *zone;		/* behind a time */
	char **patches;
	long patch_count;
	const char *state[2];
	struct values values;
	PGconn *conn;			/* PostgreSQL, or */
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENTS_MAX];
};

/* ---- values ---- */

static void
read_patches(struct work *w, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line;

	if (f == NULL)
		die(path, "cannot be read");
	while ((line = read_line(f)) != NULL) {
		w->patches = realloc(w->patches, ((size_t)w->patch_count + 1) * sizeof(*w->patches));
		w->patches[w->patch_count++] = line;
	}
	(void)fclose(f);
	if (w->patch_count == 0)
		die(path, "no patches");
}

static void
set_value(char *value, const char *text)
{
	(void)snprintf(value, VALUE_MAX, "%s", text);
}

static void
set_values(struct work *w, long n)
{
	bool second = n / w->patch_count % 2 == 0;

	set_value(w->values.patch, w->patches[n % w->patch_count]);
	set_value(w->values.to, w->state[second]);
	set_value(w->values.from, w->state[!second]);
	set_value(w->values.row, "");
}

static const char *
time_now(struct work *w)
{
	char *text = w->values.now;
	struct timeval now;
	struct tm tm;
	size_t n;

	(void)gettimeofday(&now, NULL);
	n = strftime(text, VALUE_MAX, "%Y-%m-%d %H:%M:%S", gmtime_r(&now.tv_sec, &tm));
	(void)snprintf(text + n, VALUE_MAX - n, ".%06ld%s", (long)now.tv_usec, w->zone);
	return text;
}

static const char *
value_of(struct work *w, const struct param *param)
{
	const char *name = param->name;

	if (name == NULL)
		return param->text;
	if (strcmp(name, "patch") == 0)
		return w->values.patch;
	if (strcmp(name, "to") == 0)
		return w->values.to;
	if (strcmp(name, "from") == 0)
		return w->values.from;
	if (strcmp(name, "row") == 0)
		return w->values.row;
	if (strcmp(name, "now") == 0)
		return time_now(w);
	die(name, "no such value");
}

static bool
is_returning(const struct statement *s)
{
	return strstr(s->text, " RETURNING ") != NULL;
}

/* ---- PostgreSQL ---- */

static void
pg_open(struct work *w, const char *conninfo)
{
	char name[16];

	w->zone = "+00";
	w->conn = PQconnectdb(conninfo);
	if (PQstatus(w->conn) != CONNECTION_OK)
		die("connect", PQerrorMessage(w->conn));
	for (int i = 0; i < w->count; i++) {
		PGresult *result;

		(void)snprintf(name, sizeof(name), "s%d", i);
		result = PQprepare(w->conn, name, w->list[i].text, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			die(w->list[i].text, PQresultErrorMessage(result));
		PQclear(result);
	}
	(void)PQenterPipelineMode(w->conn);
}

static void
pg_send(struct work *w, int i)
{
	const struct statement *s = &w->list[i];
	const char *values[PARAMS_MAX];
	char name[16];

	for (int k = 0; k < s->count; k++)
		values[k] = value_of(w, &s->params[k]);
	(void)snprintf(name, sizeof(name), "s%d", i);
	if (!PQsendQueryPrepared(w->conn, name, s->count, values, NULL, NULL, 0))
		die("send", PQerrorMessage(w->conn));
}

/* Reads until the pipeline's end. */
static void
pg_read(struct work *w, int first)
{
	for (int i = first;;) {
		PGresult *result = PQgetResult(w->conn);
		ExecStatusType status = PQresultStatus(result);

		if (result == NULL) {
			i++;
			continue;
		}
		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
			die(w->list[i].text, PQresultErrorMessage(result));
		if (status == PGRES_TUPLES_OK && is_returning(&w->list[i]))
			set_value(w->values.row, PQgetvalue(result, 0, 0));
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			return;
	}
}

static void
pg_write(struct work *w)
{
	for (int i = 0, first = 0; i < w->count; i++) {
		pg_send(w, i);
		if (i + 1 < w->count && w->list[i + 1].trip == w->list[i].trip)
			continue;
		if (!PQpipelineSync(w->conn))
			die("sync", PQerrorMessage(w->conn));
		pg_read(w, first);
		first = i + 1;
	}
}

/* ---- SQLite ---- */

static void
lite_open(struct work *w, const char *path)
{
	w->zone = "";
	/* the settings as thimble has them */
	if (sqlite3_open_v2(path, &w->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(w->db, 5000) != SQLITE_OK ||
	    sqlite3_exec(w->db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000",
	    NULL, NULL, NULL) != SQLITE_OK)
		die(path, sqlite3_errmsg(w->db));
	for (int i = 0; i < w->count; i++)
		if (sqlite3_prepare_v3(w->db, w->list[i].text, -1, SQLITE_PREPARE_PERSISTENT, &w->prepared[i], NULL) != SQLITE_OK)
			die(w->list[i].text, sqlite3_errmsg(w->db));
}

static void
lite_bind(struct work *w, sqlite3_stmt *stmt, int at, const struct param *param)
{
	const char *value = value_of(w, param);
	bool number = param->number || (param->name != NULL && strcmp(param->name, "now") != 0);

	if (value != NULL && number)
		(void)sqlite3_bind_int64(stmt, at, atoll(value));
	else if (value != NULL)
		(void)sqlite3_bind_text(stmt, at, value, -1, SQLITE_TRANSIENT);
}

static void
lite_run(struct work *w, int i)
{
	const struct statement *s = &w->list[i];
	sqlite3_stmt *stmt = w->prepared[i];
	int code;

	for (int k = 0; k < s->count; k++)
		lite_bind(w, stmt, k + 1, &s->params[k]);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (int k = 0; k < sqlite3_column_count(stmt); k++)
			(void)sqlite3_column_text(stmt, k);
		if (is_returning(s))
			set_value(w->values.row, (const char *)sqlite3_column_text(stmt, 0));
	}
	if (code != SQLITE_DONE)
		die(s->text, sqlite3_errmsg(w->db));
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

static void
lite_write(struct work *w)
{
	bool writing = false;

	for (int i = 0; i < w->count; i++) {
		if (strcmp(w->list[i].text, "BEGIN IMMEDIATE") == 0) {
			if (pthread_mutex_lock(&w->shared->writers) != 0)
				die("lock", "who had it is dead");
			writing = true;
		}
		lite_run(w, i);
		if (writing && strcmp(w->list[i].text, "COMMIT") == 0) {
			(void)pthread_mutex_unlock(&w->shared->writers);
			writing = false;
		}
	}
}

/* ---- the load ---- */

static double
clock_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
run(struct work *w, const char *database, double seconds)
{
	bool lite = strncmp(database, "sqlite:", 7) == 0;
	double end;

	if (lite)
		lite_open(w, database + 7);
	else
		pg_open(w, database);
	end = clock_seconds() + seconds;
	do {
		set_values(w, atomic_fetch_add(&w->shared->next, 1));
		if (lite)
			lite_write(w);
		else
			pg_write(w);
		(void)atomic_fetch_add(&w->shared->done, 1);
	} while (clock_seconds() < end);
}

static struct shared *
new_shared(long first)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	if (shared == MAP_FAILED)
		die("mmap", "failed");
	atomic_store(&shared->next, first);
	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	(void)pthread_mutex_init(&shared->writers, &attr);
	return shared;
}

int
main(int argc, char **argv)
{
	static struct work w;
	int status, failed = 0;

	if (argc != 9)
		die("usage", "bare_writes DATABASE STATEMENTS PATCHES CONNECTIONS SECONDS FIRST STATE STATE");
	w.count = read_statements(argv[2], w.list);
	read_patches(&w, argv[3]);
	w.shared = new_shared(atol(argv[6]));
	w.state[0] = argv[7];
	w.state[1] = argv[8];
	for (int i = atoi(argv[4]); i > 0; i--) {
		if (fork() == 0) {
			run(&w, argv[1], atof(argv[5]));
			exit(0);
		}
	}
	while (wait(&status) > 0)
		failed += status != 0;
	if (failed > 0)
		return 1;
	(void)printf("%ld %ld\n", atomic_load(&w.shared->done), atomic_load(&w.shared->next));
	return 0;
}
