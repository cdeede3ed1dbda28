/* SPDX-License-Identifier: MIT
 *
 * The store over a SQLite file: store_cases.c, and what only a file can do.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/robust.h"
#include "store_cases.h"

const bool fixture_folds_unicode = false;

static char directory[PATH_MAX];

char *
fixture_make_empty(void)
{
	const char *base = getenv("TMPDIR");
	char url[PATH_MAX + 32];

	(void)snprintf(directory, sizeof(directory), "%s/thimble-test-XXXXXX", base != NULL ? base : "/tmp");
	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(url, sizeof(url), "sqlite:%s/db", directory);
	return strdup(url);
}

void
fixture_absent_url(char *url, size_t size)
{
	(void)snprintf(url, size, "sqlite:%s/absent", directory);
}

void
fixture_remove(const char *url)
{
	char command[PATH_MAX + 16];

	(void)url;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(driver, .init = store_case_init, .fini = store_case_fini, .timeout = 60);

static const char *
path(void)
{
	return fx.url + strlen("sqlite:");
}

static void
nap_until_looked_at(void)
{
	struct timespec pause = { 0, 120000000 };

	(void)nanosleep(&pause, NULL);
}

/* Moves the database aside and puts another in its place, with `email` as its only person. */
static void
replace_file(const char *email)
{
	char old[PATH_MAX], command[3 * PATH_MAX];
	const char *error = "";

	(void)snprintf(old, sizeof(old), "%s.old", path());
	(void)snprintf(command, sizeof(command), "for s in '' -wal -shm; do [ ! -e '%s'$s ] || mv '%s'$s '%s'$s; done",
	    path(), path(), old);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(store_prepare_empty(fx.store, fx.arena, &error), 0, "%s", error);
	must_run(store_schema(DIALECT_SQLITE));
	must_run(arena_printf(fx.arena,
	    "INSERT INTO patchwork_person (email, name, user_id) VALUES ('%s', NULL, NULL)", email));
}

Test(driver, makes_a_file_with_wal)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	/* To SQLite this question is one that writes. */
	struct rows *mode = store_query(snapshot, sql_text("PRAGMA journal_mode"));

	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect(slice_is(rows_get(mode, 0, 0), "wal"));
	cr_expect_str_eq(ask(fx.store, "PRAGMA foreign_keys"), "1");
	cr_expect_str_eq(ask(fx.store, "PRAGMA synchronous"), "2");
}

Test(driver, a_replaced_file_is_opened_anew)
{
	static const char question[] = "SELECT email FROM patchwork_person";

	cr_expect_str_eq(ask(fx.store, question), "");
	replace_file("new@example.org");
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, question), "new@example.org");
	replace_file("newer@example.org");
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, question), "newer@example.org");
	cr_expect_eq(store_stats(fx.store).open, 1);
}

/* The size of the write-ahead log; 0 without one. */
static off_t
log_size(void)
{
	char log[PATH_MAX];
	struct stat status;

	(void)snprintf(log, sizeof(log), "%s-wal", path());
	return stat(log, &status) == 0 ? status.st_size : 0;
}

Test(driver, trimming_does_not_checkpoint_but_the_end_does)
{
	sqlite3 *writer;

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(writer);
	cr_expect_gt(log_size(), 0);
	/* Now ours is the last connection. */
	store_trim(fx.store, 0);
	cr_expect_gt(log_size(), 0);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_tag"), "0");
	store_free(&fx.store);
	cr_expect_eq(log_size(), 0);
}

Test(driver, a_removed_file_is_away_until_it_is_back)
{
	char aside[PATH_MAX];
	struct snapshot *snapshot;
	const char *error = NULL;

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	(void)snprintf(aside, sizeof(aside), "%s.aside", path());
	cr_assert_eq(rename(path(), aside), 0);
	nap_until_looked_at();
	cr_expect_eq(store_begin(fx.store, fx.arena, &snapshot, &error), STORE_AWAY);
	cr_expect(error != NULL && strstr(error, "thimblectl init") != NULL, "%s", error);
	cr_assert_eq(rename(aside, path()), 0);
	nap_until_looked_at();
	nap_until_looked_at();
	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
}

Test(driver, an_ended_snapshot_holds_nothing)
{
	sqlite3 *writer;
	int in_log, copied;
	struct snapshot *open_one = must_begin(fx.store);

	(void)store_query(open_one, sql_text("SELECT id FROM patchwork_state"));
	must_flush(open_one);
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_BUSY);
	store_end(&open_one);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_OK);
	(void)sqlite3_close(writer);
}

Test(driver, a_failed_statement_holds_nothing_either)
{
	sqlite3 *writer;
	int in_log, copied;
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error = NULL;

	(void)store_query(snapshot, sql_text("SELECT id FROM patchwork_state"));
	(void)store_query(snapshot, sql_text("SELECT abs(-9223372036854775807 - 1), id FROM patchwork_state"));
	cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
	cr_assert_eq(sqlite3_open(path(), &writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(writer, "DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied), SQLITE_OK);
	(void)sqlite3_close(writer);
}

Test(driver, what_is_no_database_is_refused)
{
	char url[PATH_MAX + 32];
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 1000, .quota = 1 };
	struct store *store;
	struct snapshot *snapshot;
	const char *error = NULL;
	FILE *file;

	(void)snprintf(url, sizeof(url), "sqlite:%s/text", directory);
	file = fopen(url + strlen("sqlite:"), "w");
	cr_assert_not_null(file);
	for (int i = 0; i < 200; i++)
		(void)fputs("This is a text and no database.\n", file);
	(void)fclose(file);
	store = store_new(&options);
	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	cr_expect(error != NULL && strstr(error, "not a database") != NULL, "%s", error);
	store_free(&store);
}

Test(driver, an_empty_file_is_prepared_but_not_served)
{
	char url[PATH_MAX + 32];
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 1000, .quota = 1 };
	struct store *store;
	struct snapshot *snapshot;
	const char *error = NULL;
	FILE *file;

	(void)snprintf(url, sizeof(url), "sqlite:%s/empty", directory);
	file = fopen(url + strlen("sqlite:"), "w");
	cr_assert_not_null(file);
	(void)fclose(file);
	store = store_new(&options);
	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	cr_expect(error != NULL && strstr(error, "holds no Patchwork schema") != NULL, "%s", error);
	cr_expect_eq(store_prepare_empty(store, fx.arena, &error), 0, "%s", error);
	store_free(&store);
}

static bool
plan_uses(struct sql *q, const char *index)
{
	struct sql *explain = sql_new(fx.arena, DIALECT_SQLITE);
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows;
	bool found = false;

	*explain = *q;
	explain->text = arena_printf(fx.arena, "EXPLAIN QUERY PLAN %s", q->text);
	explain->length = strlen(explain->text);
	rows = store_query(snapshot, explain);
	must_flush(snapshot);
	store_end(&snapshot);
	for (int i = 0; i < rows->count; i++)
		found = found || strstr(arena_printf(fx.arena, "%.*s", SLICE_ARG(rows_get(rows, i, 3))), index) != NULL;
	return found;
}

Test(driver, look_ups_by_name_use_our_indexes)
{
	const struct slice names[] = { SLICE("a"), SLICE("b") };
	struct sql *q = sql_text("SELECT id FROM patchwork_person WHERE ");

	sql_equals_nocase(q, "email", names[0]);
	cr_expect(plan_uses(q, "thimble_person_email"));
	q = sql_new(fx.arena, DIALECT_SQLITE);
	sql_resolve_names(q, "patchwork_person", "email", names, 2);
	cr_expect(plan_uses(q, "thimble_person_email"));
	q = sql_text("SELECT id FROM patchwork_patch WHERE ");
	sql_equals_nocase(q, "hash", names[0]);
	cr_expect(plan_uses(q, "thimble_patch_hash"));
	cr_expect(plan_uses(sql_text("SELECT id FROM patchwork_event WHERE project_id = 1 ORDER BY date DESC, id DESC LIMIT 30"),
	    "thimble_event_project"));
}

/* Writing --------------------------------------------------------------- */

static struct store *
store_with(pthread_mutex_t *lock, unsigned timeout_ms)
{
	struct store_options options = { .url = fx.url, .timezone = "UTC", .timeout_ms = timeout_ms,
		.quota = CASE_SLOTS, .write_lock = lock };
	struct store *store = store_new(&options);

	cr_assert_not_null(store);
	return store;
}

struct queued {
	struct store *store;
	pthread_t thread;
	enum store_status status;
	const char *error;
	struct arena *arena;
};

static void *
write_in_thread(void *object)
{
	struct queued *w = object;
	struct snapshot *snapshot;

	w->status = store_begin_write(w->store, w->arena, &snapshot, &w->error);
	if (w->status == STORE_OK)
		store_end(&snapshot);
	return NULL;
}

Test(driver, writers_queue_without_a_connection_and_not_for_ever)
{
	pthread_mutex_t lock;
	struct store *store;
	struct snapshot *writer;
	struct queued w = { .arena = arena_new(), .error = "" };

	cr_assert_eq(robust_init_fair(&lock), 0);
	w.store = store = store_with(&lock, 200);
	writer = must_begin_write(store);
	cr_assert_eq(pthread_create(&w.thread, NULL, write_in_thread, &w), 0);
	(void)pthread_join(w.thread, NULL);
	cr_expect_eq(w.status, STORE_BUSY);
	cr_expect(strstr(w.error, "200 ms") != NULL, "%s", w.error);
	cr_expect_eq(store_stats(store).open, 1);
	cr_expect_eq(store_stats(store).failures, 1);
	/* Who reads does not queue. */
	cr_expect_str_eq(ask(store, "SELECT count(*) FROM patchwork_tag"), "3");
	store_end(&writer);
	cr_assert_eq(pthread_create(&w.thread, NULL, write_in_thread, &w), 0);
	(void)pthread_join(w.thread, NULL);
	cr_expect_eq(w.status, STORE_OK, "%s", w.error);
	arena_free(&w.arena);
	store_free(&store);
}

Test(driver, the_queue_moves_on_after_every_end)
{
	pthread_mutex_t lock;
	struct store *store;
	const char *error = "";
	char aside[PATH_MAX];
	struct snapshot *snapshot;

	cr_assert_eq(robust_init_fair(&lock), 0);
	store = store_with(&lock, 200);
	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_OK, "%s", error);
	cr_expect_eq(write_text(store, "nonsense", &error), STORE_FAILED);
	cr_expect_eq(write_text(store, "UPDATE patchwork_state SET slug = 'x'", &error), STORE_CONFLICT);
	snapshot = must_begin_write(store);
	(void)store_query(snapshot, sql_text("DELETE FROM patchwork_tag"));
	cr_expect_eq(store_flush_last(snapshot, &error), STORE_OK);
	store_end(&snapshot);
	/* A connection cannot be had. */
	(void)snprintf(aside, sizeof(aside), "%s.aside", path());
	cr_assert_eq(rename(path(), aside), 0);
	cr_expect_eq(store_begin_write(store, fx.arena, &snapshot, &error), STORE_AWAY);
	cr_assert_eq(rename(aside, path()), 0);
	cr_expect_eq(pthread_mutex_trylock(&lock), 0);
	(void)pthread_mutex_unlock(&lock);
	store_free(&store);
}

Test(driver, a_foreign_writer_is_waited_for_and_not_for_ever)
{
	struct store *store = store_with(NULL, 200);
	const char *error = "";
	sqlite3 *foreign;

	cr_assert_eq(sqlite3_open(path(), &foreign), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(foreign, "BEGIN IMMEDIATE; DELETE FROM patchwork_tag", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_BUSY);
	cr_expect(strstr(error, "keeps it locked") != NULL, "%s", error);
	cr_assert_eq(sqlite3_exec(foreign, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_OK, "%s", error);
	cr_expect_eq(store_stats(store).open, 1);
	(void)sqlite3_close(foreign);
	store_free(&store);
}

struct ingestion {
	pthread_t thread;
	atomic_bool stop, begun;
	bool failed;
};

/* A foreign writer that never rests longer than it takes to begin again. */
static void *
ingest(void *object)
{
	struct ingestion *i = object;
	sqlite3 *foreign;

	if (sqlite3_open(path(), &foreign) != SQLITE_OK || sqlite3_busy_timeout(foreign, 10000) != SQLITE_OK)
		return NULL;
	while (!atomic_load(&i->stop)) {
		i->failed = i->failed || sqlite3_exec(foreign, "BEGIN IMMEDIATE; UPDATE patchwork_tag SET pattern = 'x'",
		    NULL, NULL, NULL) != SQLITE_OK;
		atomic_store(&i->begun, true);
		(void)nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
		i->failed = i->failed || sqlite3_exec(foreign, "COMMIT", NULL, NULL, NULL) != SQLITE_OK;
		(void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	}
	(void)sqlite3_close(foreign);
	return NULL;
}

Test(driver, a_busy_foreign_writer_lets_others_in)
{
	struct store *store = store_with(NULL, 10000);
	struct ingestion ingestion = { 0 };
	const char *error = "";

	cr_assert_eq(pthread_create(&ingestion.thread, NULL, ingest, &ingestion), 0);
	while (!atomic_load(&ingestion.begun))
		nap_until_looked_at();
	for (int i = 0; i < 10; i++)
		cr_expect_eq(write_text(store, "UPDATE patchwork_tag SET show_column = show_column", &error), STORE_OK,
		    "%s", error);
	atomic_store(&ingestion.stop, true);
	(void)pthread_join(ingestion.thread, NULL);
	cr_expect_not(ingestion.failed);
	store_free(&store);
}

/* Enough for some hundred pages. */
#define MANY_PEOPLE "INSERT INTO patchwork_person (email, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL" \
	" SELECT i + 1 FROM n WHERE i < 5000) SELECT 'p' || i || '@example.org', 'somebody with a long name' FROM n"

Test(driver, a_full_disk_undoes_the_write_only)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	const char *error = "";

	/* On the one connection that there is, so that it is SQLite that finds no room. */
	(void)store_query(snapshot, sql_text("PRAGMA max_page_count = 10"));
	must_commit(&snapshot);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(write_text(fx.store, MANY_PEOPLE, &error), STORE_BUSY, "%s", error);
		cr_expect(strstr(error, "no room is left") != NULL, "%s", error);
		cr_expect_eq(people(), 0);
	}
	cr_expect_eq(write_text(fx.store, "DELETE FROM patchwork_tag", &error), STORE_OK, "%s", error);
	cr_expect_eq(store_stats(fx.store).open, 1);
}

Test(driver, a_log_that_cannot_grow_undoes_the_write)
{
	struct rlimit old, tight;
	const char *error = "";

	(void)signal(SIGXFSZ, SIG_IGN);
	cr_expect_eq(people(), 0);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = 100000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
	cr_expect_eq(write_text(fx.store, MANY_PEOPLE, &error), STORE_AWAY, "%s", error);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_expect_eq(people(), 0);
	cr_expect_eq(write_text(fx.store, MANY_PEOPLE, &error), STORE_OK, "%s", error);
	cr_expect_eq(people(), 5000);
}

/* A file system whose disk fails to sync, when told to: the usual one with another xSync. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *usual;
	sqlite3_io_methods methods[8];
	int used;
	bool broken;
	int (*sync)(sqlite3_file *, int);
} bad_disk;

static int
bad_sync(sqlite3_file *file, int flags)
{
	return bad_disk.broken ? SQLITE_IOERR_FSYNC : bad_disk.sync(file, flags);
}

static int
bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_r)
{
	int code = bad_disk.usual->xOpen(bad_disk.usual, name, file, flags, flags_r);

	(void)vfs;
	if (code != SQLITE_OK || file->pMethods == NULL || bad_disk.used == 8)
		return code;
	bad_disk.sync = file->pMethods->xSync;
	bad_disk.methods[bad_disk.used] = *file->pMethods;
	bad_disk.methods[bad_disk.used].xSync = bad_sync;
	file->pMethods = &bad_disk.methods[bad_disk.used++];
	return SQLITE_OK;
}

Test(driver, a_commit_that_does_not_reach_the_disk_is_unknown)
{
	struct store *store;
	const char *error = "";

	bad_disk.usual = sqlite3_vfs_find(NULL);
	bad_disk.vfs = *bad_disk.usual;
	bad_disk.vfs.zName = "bad";
	bad_disk.vfs.xOpen = bad_open;
	cr_assert_eq(sqlite3_vfs_register(&bad_disk.vfs, 1), SQLITE_OK);
	store = store_with(NULL, 1000);
	cr_expect_eq(write_text(store, insert_person("a@example.org")->text, &error), STORE_OK, "%s", error);
	bad_disk.broken = true;
	cr_expect_eq(write_text(store, insert_person("b@example.org")->text, &error), STORE_UNKNOWN);
	cr_expect(strstr(error, path()) != NULL, "%s", error);
	bad_disk.broken = false;
	cr_expect_eq(store_stats(store).open, 0);
	cr_expect_eq(write_text(store, insert_person("c@example.org")->text, &error), STORE_OK, "%s", error);
	store_free(&store);
}

Test(driver, nothing_is_written_to_a_file_that_was_replaced)
{
	const char *error = "";
	struct snapshot *snapshot;

	cr_expect_eq(people(), 0);
	/* Seen at once, where a reader looks only now and then. */
	replace_file("new@example.org");
	cr_expect_eq(write_text(fx.store, insert_person("a@example.org")->text, &error), STORE_OK, "%s", error);
	cr_expect_eq(people(), 2);
	snapshot = must_begin_write(fx.store);
	replace_file("newer@example.org");
	(void)store_query(snapshot, insert_person("b@example.org"));
	cr_expect_eq(store_commit(&snapshot, &error), STORE_AWAY);
	cr_expect(strstr(error, "replaced") != NULL, "%s", error);
	nap_until_looked_at();
	cr_expect_eq(people(), 1);
}

/* To whom file permissions mean something; back with seteuid(0). */
static void
become_nobody(void)
{
	if (geteuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
}

Test(driver, what_may_not_be_written_to_is_refused)
{
	const char *error = "";
	struct store *store;

	store_trim(fx.store, 0);
	cr_assert_eq(chmod(path(), 0444), 0);
	cr_assert_eq(chmod(directory, 0777), 0);
	become_nobody();
	store = store_with(NULL, 1000);
	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_REFUSED);
	cr_expect(strstr(error, "may not be written to") != NULL, "%s", error);
	cr_expect_str_eq(ask(store, "SELECT count(*) FROM patchwork_tag"), "3");
	cr_expect_eq(store_stats(store).open, 1);
	store_free(&store);
	(void)seteuid(getuid());
}

/* Leaves a journal of a writer that was killed after it had changed the file itself. */
static void
leave_hot_journal(void)
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		sqlite3 *db;

		if (sqlite3_open(path(), &db) != SQLITE_OK || sqlite3_exec(db, "PRAGMA journal_mode = DELETE;"
		    " PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; DELETE FROM patchwork_tag; "
		    MANY_PEOPLE, NULL, NULL, NULL) != SQLITE_OK)
			_exit(1);
		(void)raise(SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status), "%x", (unsigned)status);
}

Test(driver, a_hot_journal_is_rolled_back)
{
	char journal[PATH_MAX];
	const char *error = "";
	struct stat status;

	/* The log is given up by its last user only. */
	store_free(&fx.store);
	leave_hot_journal();
	(void)snprintf(journal, sizeof(journal), "%s-journal", path());
	cr_assert_eq(stat(journal, &status), 0);
	fx.store = open_store(CASE_TIMEOUT_MS, CASE_SLOTS, fx.slots, CASE_SLOTS);
	cr_expect_eq(write_text(fx.store, insert_person("a@example.org")->text, &error), STORE_OK, "%s", error);
	cr_expect_eq(people(), 1);
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_tag"), "3");
}

Test(driver, a_hot_journal_that_may_not_be_rolled_back_is_explained)
{
	const char *error = "";
	struct store *store;
	struct snapshot *snapshot;

	store_free(&fx.store);
	leave_hot_journal();
	cr_assert_eq(chmod(path(), 0444), 0);
	cr_assert_eq(chmod(directory, 0755), 0);
	become_nobody();
	store = store_with(NULL, 1000);
	cr_expect_eq(store_begin_write(store, fx.arena, &snapshot, &error), STORE_REFUSED, "%s", error);
	cr_expect(strstr(error, "cut off") != NULL, "%s", error);
	store_free(&store);
	(void)seteuid(getuid());
}
