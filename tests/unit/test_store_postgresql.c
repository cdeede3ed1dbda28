/* SPDX-License-Identifier: MIT
 *
 * The store over PostgreSQL: store_cases.c, and what only a server can do.
 * THIMBLE_TEST_PG_URL names a server on which databases and roles may be
 * made; without it all is skipped.  THIMBLE_TEST_POOLER_URL may name a
 * PgBouncer in front of any server.
 */
#include "config.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "pg_fixture.h"
#include "store_cases.h"

const bool fixture_folds_unicode = true;

static const char *database;

char *
fixture_make_empty(void)
{
	database = pg_make_database();
	return pg_url(database, "");
}

void
fixture_remove(const char *url)
{
	(void)url;
	pg_drop_database(database);
}

void
fixture_absent_url(char *url, size_t size)
{
	/* Nothing listens on port 1. */
	(void)snprintf(url, size, "postgresql://nobody@127.0.0.1:1/nothing");
}

TestSuite(driver, .init = store_case_init, .fini = store_case_fini, .timeout = 60);

static void
end_backends(const char *application)
{
	pg_plain(fx.url, arena_printf(fx.arena, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND application_name = '%s'", application));
}

static struct store *
store_at(const char *url)
{
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 1000, .quota = 1 };
	struct store *store = store_new(&options);

	cr_assert_not_null(store);
	return store;
}

static void
begin_refused(const char *url, const char *wanted)
{
	struct store *store = store_at(url);
	struct snapshot *snapshot;
	const char *error = "";

	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED, "%s", error);
	cr_expect(strstr(error, wanted) != NULL, "%s", error);
	store_free(&store);
}

Test(driver, the_session_is_set_up)
{
	cr_expect_str_eq(ask(fx.store, "SHOW timezone"), "Australia/Canberra");
	cr_expect_str_eq(ask(fx.store, "SHOW datestyle"), "ISO, YMD");
	cr_expect_str_eq(ask(fx.store, "SHOW statement_timeout"), "1s");
	cr_expect_str_eq(ask(fx.store, "SHOW client_encoding"), "UTF8");
	cr_expect_str_eq(ask(fx.store, "SHOW application_name"), "thimble");
	cr_expect_str_eq(ask(fx.store, "SHOW transaction_isolation"), "repeatable read");
	cr_expect_str_eq(ask(fx.store, "SHOW transaction_read_only"), "on");
	cr_expect_str_eq(ask(fx.store, "SHOW default_transaction_read_only"), "off");
	/* so that our own writes notify nobody (store/triggers.h) */
	cr_expect_str_eq(ask(fx.store, "SELECT current_setting('thimble.writer')"), "on");
}

Test(driver, the_urls_options_are_kept)
{
	char *url = pg_url(database, "&options=-c%20work_mem%3D12MB%20-c%20timezone%3DAsia/Tokyo&application_name=mine");
	struct store *store = store_at(url);

	cr_expect_str_eq(ask(store, "SHOW work_mem"), "12MB");
	cr_expect_str_eq(ask(store, "SHOW timezone"), "UTC");
	cr_expect_str_eq(ask(store, "SHOW application_name"), "mine");
	store_free(&store);
	free(url);
}

Test(driver, a_backend_that_died_idle_costs_no_error)
{
	const char *pid = ask(fx.store, "SELECT pg_backend_pid()");

	for (int i = 0; i < 3; i++) {
		end_backends("thimble");
		cr_expect_str_neq(ask(fx.store, "SELECT pg_backend_pid()"), pid);
		cr_expect_eq(store_stats(fx.store).open, 1);
	}
	cr_expect_eq(store_stats(fx.store).failures, 0);
}

Test(driver, all_queued_statements_are_replayed)
{
	struct snapshot *snapshot;
	struct rows *a, *b;

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	snapshot = must_begin(fx.store);
	a = store_query(snapshot, sql_text("SELECT 'a'"));
	b = store_query(snapshot, sql_text("SELECT 'b'"));
	end_backends("thimble");
	must_flush(snapshot);
	store_end(&snapshot);
	cr_assert_eq(a->count, 1);
	cr_assert_eq(b->count, 1);
	cr_expect(slice_is(rows_get(a, 0, 0), "a"));
	cr_expect(slice_is(rows_get(b, 0, 0), "b"));
}

Test(driver, a_backend_that_dies_within_a_snapshot_is_away)
{
	struct snapshot *snapshot = must_begin(fx.store);
	const char *error = "";

	(void)store_query(snapshot, sql_text("SELECT 1"));
	must_flush(snapshot);
	end_backends("thimble");
	(void)store_query(snapshot, sql_text("SELECT 2"));
	cr_expect_eq(store_flush(snapshot, &error), STORE_AWAY);
	cr_expect(strstr(error, "administrator") != NULL, "%s", error);
	store_end(&snapshot);
	cr_expect_eq(store_stats(fx.store).open, 0);
	cr_expect_str_eq(ask(fx.store, "SELECT 3"), "3");
}

Test(driver, prepared_statements_are_bounded)
{
	for (int i = 0; i < STORE_PREPARED_MAX * 2; i++)
		(void)ask(fx.store, arena_printf(fx.arena, "SELECT %d", i));
	/* The first time it is itself one too many, which the end of its snapshot mends. */
	cr_expect_eq(atoi(ask(fx.store, "SELECT count(*) FROM pg_prepared_statements")), STORE_PREPARED_MAX + 1);
	cr_expect_eq(atoi(ask(fx.store, "SELECT count(*) FROM pg_prepared_statements")), STORE_PREPARED_MAX);
	/* The last ones are there, the first ones are not. */
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 511'"), "1");
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 0'"), "0");
}

Test(driver, what_is_used_stays_prepared)
{
	static const char when[] = "SELECT prepare_time FROM pg_prepared_statements WHERE statement = 'SELECT 0'";
	const char *prepared;

	(void)ask(fx.store, "SELECT 0");
	prepared = ask(fx.store, when);
	cr_assert_str_neq(prepared, "");
	for (int i = 1; i < STORE_PREPARED_MAX * 2; i++) {
		(void)ask(fx.store, arena_printf(fx.arena, "SELECT %d", i));
		if (i % 50 == 0)
			(void)ask(fx.store, "SELECT 0");
	}
	cr_expect_str_eq(ask(fx.store, when), prepared);
}

Test(driver, a_statement_is_prepared_once)
{
	static const char question[] = "SELECT count(*) FROM pg_prepared_statements";

	(void)ask(fx.store, "SELECT 1");
	(void)ask(fx.store, question);
	for (int i = 0; i < 5; i++) {
		cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
		cr_expect_str_eq(ask(fx.store, question), "3");	/* BEGIN is one too */
	}
}

Test(driver, prepared_statements_that_others_dropped_come_back)
{
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows;

	(void)store_query(snapshot, sql_text("SELECT name FROM patchwork_tag ORDER BY id LIMIT 1"));
	(void)store_query(snapshot, sql_text("DEALLOCATE ALL"));
	must_flush(snapshot);
	store_end(&snapshot);
	snapshot = must_begin(fx.store);
	rows = store_query(snapshot, sql_text("SELECT name FROM patchwork_tag ORDER BY id LIMIT 1"));
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect_eq(rows->count, 1);
}

Test(driver, a_migration_under_a_prepared_statement_is_not_noticed)
{
	static const char question[] = "SELECT name FROM patchwork_tag ORDER BY id LIMIT 1";

	cr_expect_str_eq(ask(fx.store, question), "Acked-by");
	must_run("ALTER TABLE patchwork_tag ALTER COLUMN name TYPE char(30)");
	cr_expect_str_eq(ask(fx.store, question), "Acked-by                      ");
	cr_expect_eq(store_stats(fx.store).failures, 0);
}

Test(driver, without_rights_is_refused)
{
	const char *role = arena_printf(fx.arena, "thimble_unit_role_%d", (int)getpid());
	char *url;
	struct store *store;
	struct snapshot *snapshot;
	const char *error = "";

	must_run(arena_printf(fx.arena, "CREATE ROLE %s; GRANT SELECT ON patchwork_patch TO %s", role, role));
	url = pg_url(database, arena_printf(fx.arena, "&options=-c%%20role%%3D%s", role));
	store = store_at(url);
	/* It may not read django_migrations either; the table of patches is enough. */
	snapshot = must_begin(store);
	(void)store_query(snapshot, sql_text("SELECT count(*) FROM auth_user"));
	cr_expect_eq(store_flush(snapshot, &error), STORE_REFUSED);
	cr_expect(strstr(error, "auth_user") != NULL, "%s", error);
	store_end(&snapshot);
	cr_expect_str_eq(ask(store, "SELECT count(*) FROM patchwork_patch"), "0");
	cr_expect_eq(store_stats(store).open, 1);
	store_free(&store);
	must_run(arena_printf(fx.arena, "DROP OWNED BY %s; DROP ROLE %s", role, role));
	free(url);
}

Test(driver, what_the_server_refuses_is_refused)
{
	char *url = pg_url("thimble_unit_no_such_database", "");

	begin_refused(url, "does not exist");
	free(url);
}

Test(driver, an_unknown_time_zone_is_refused)
{
	struct store_options options = { .url = fx.url, .timezone = "No Where/At\\All", .timeout_ms = 1000 };
	struct store *store = store_new(&options);
	struct snapshot *snapshot;
	const char *error = "";

	cr_expect_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_REFUSED);
	cr_expect(strstr(error, "No Where/At\\All") != NULL, "%s", error);
	store_free(&store);
}

static void *
end_later(void *snapshot)
{
	struct timespec pause = { 0, 100000000 };
	struct snapshot *s = snapshot;

	(void)nanosleep(&pause, NULL);
	store_end(&s);
	return NULL;
}

Test(driver, a_waiter_gets_the_same_backend)
{
	_Atomic int32_t slot = 0;
	struct store *single = open_store(CASE_TIMEOUT_MS, 0, &slot, 1);
	struct snapshot *snapshot = must_begin(single);
	struct rows *rows = store_query(snapshot, sql_text("SELECT pg_backend_pid()"));
	pthread_t thread;

	must_flush(snapshot);
	cr_assert_eq(pthread_create(&thread, NULL, end_later, snapshot), 0);
	cr_expect_eq(atoi(ask(single, "SELECT pg_backend_pid()")), rows_int(rows, 0, 0));
	(void)pthread_join(thread, NULL);
	store_free(&single);
}

Test(driver, a_failed_statement_keeps_the_backend)
{
	const char *pid = ask(fx.store, "SELECT pg_backend_pid()");
	const char *error = "";

	for (int i = 0; i < 3; i++) {
		struct snapshot *snapshot = must_begin(fx.store);

		(void)store_query(snapshot, sql_text("SELECT nonsense"));
		(void)store_query(snapshot, sql_text("SELECT 'behind it'"));
		cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED, "%s", error);
		store_end(&snapshot);
		cr_expect_str_eq(ask(fx.store, "SELECT pg_backend_pid()"), pid);
	}
	cr_expect_str_eq(ask(fx.store, "SELECT 'behind it'"), "behind it");
	cr_expect_str_eq(ask(fx.store, "SELECT pg_backend_pid()"), pid);
}

Test(driver, a_parameter_larger_than_the_sockets_buffers)
{
	enum { LENGTH = 20000000 };
	char *text = arena_alloc(fx.arena, LENGTH);
	struct sql *q = sql_text("SELECT length(");
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows;

	memset(text, 'x', LENGTH);
	sql_string(q, slice_make(text, LENGTH));
	sql_add(q, ")");
	rows = store_query(snapshot, q);
	must_flush(snapshot);
	store_end(&snapshot);
	cr_expect_eq(rows_int(rows, 0, 0), LENGTH);
}

Test(driver, large_answers_and_parameters)
{
	enum { LENGTH = 1000000 };
	char *text = arena_alloc(fx.arena, LENGTH);
	struct snapshot *snapshot = must_begin(fx.store);
	struct rows *rows[4];

	memset(text, 'x', LENGTH);
	/* More than the socket's buffers hold, both ways at once. */
	for (int i = 0; i < 4; i++) {
		struct sql *q = sql_text("SELECT repeat('y', 1000000), ");

		sql_string(q, slice_make(text, LENGTH));
		rows[i] = store_query(snapshot, q);
	}
	must_flush(snapshot);
	store_end(&snapshot);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(rows_get(rows[i], 0, 0).n, LENGTH);
		cr_expect(slice_eq(rows_get(rows[i], 0, 1), slice_make(text, LENGTH)));
	}
	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
}

Test(driver, the_server_is_not_left_in_a_transaction)
{
	struct snapshot *snapshot;
	const char *error = "";

	cr_expect_str_eq(ask(fx.store, "SELECT 1"), "1");
	snapshot = must_begin(fx.store);
	(void)store_query(snapshot, sql_text("SELECT nonsense"));
	cr_expect_eq(store_flush(snapshot, &error), STORE_FAILED);
	store_end(&snapshot);
	/* A table that an open snapshot has read could not be dropped. */
	cr_expect_str_eq(ask(fx.store, "SELECT count(*) FROM patchwork_emailoptout"), "0");
	must_run("SET lock_timeout = '5s'; DROP TABLE patchwork_emailoptout");
}

/* Writing --------------------------------------------------------------- */

Test(driver, a_writers_transaction_is_read_committed)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	struct rows *isolation = store_query(snapshot, sql_text("SHOW transaction_isolation"));
	struct rows *read_only = store_query(snapshot, sql_text("SHOW transaction_read_only"));

	must_flush(snapshot);
	cr_expect(slice_is(rows_get(isolation, 0, 0), "read committed"));
	cr_expect(slice_is(rows_get(read_only, 0, 0), "off"));
	must_commit(&snapshot);
	cr_expect_str_eq(ask(fx.store, "SHOW transaction_isolation"), "repeatable read");
	cr_expect_str_eq(ask(fx.store, "SHOW transaction_read_only"), "on");
}

/* Backends of ours that are within a transaction, once those that are ending have done so. */
static int
in_transaction(void)
{
	int count = -1;

	for (int i = 0; i < 500 && count != 0; i++) {
		if (i > 0)
			(void)nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		count = atoi(ask(fx.store, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
		    " AND application_name = 'thimble' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"));
	}
	return count;
}

Test(driver, a_writer_that_ends_lets_go_of_its_rows)
{
	struct store *other = open_store(CASE_TIMEOUT_MS, 1, NULL, 0);
	const char *error;

	for (int i = 0; i < 3; i++) {
		struct snapshot *snapshot = must_begin_write(other);

		(void)store_query(snapshot, sql_text("DELETE FROM patchwork_tag"));
		if (i == 1)
			(void)store_query(snapshot, sql_text("SELECT nonsense"));
		cr_expect_eq(store_flush(snapshot, &error), i == 1 ? STORE_FAILED : STORE_OK);
		store_end(&snapshot);
		cr_expect_eq(in_transaction(), 0);
		cr_expect_eq(write_text(fx.store, "UPDATE patchwork_tag SET name = name", &error), STORE_OK, "%s", error);
		cr_expect_str_eq(ask(other, "SELECT count(*) FROM patchwork_tag"), "3");
	}
	cr_expect_eq(store_stats(other).open, 1);
	store_free(&other);
}

Test(driver, without_rights_a_write_is_refused)
{
	const char *role = arena_printf(fx.arena, "thimble_unit_role_%d", (int)getpid());
	const char *error = "";
	struct store *store;
	char *url;

	must_run(arena_printf(fx.arena, "CREATE ROLE %s; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s", role, role));
	url = pg_url(database, arena_printf(fx.arena, "&options=-c%%20role%%3D%s", role));
	store = store_at(url);
	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_REFUSED);
	cr_expect(strstr(error, "permission denied for table patchwork_tag") != NULL, "%s", error);
	cr_expect_str_eq(ask(store, "SELECT count(*) FROM patchwork_tag"), "3");
	cr_expect_eq(store_stats(store).open, 1);
	store_free(&store);
	must_run(arena_printf(fx.arena, "DROP OWNED BY %s; DROP ROLE %s", role, role));
	free(url);
}

Test(driver, a_read_only_role_stays_so)
{
	char *url = pg_url(database, "&options=-c%20default_transaction_read_only%3Don");
	struct store *store = store_at(url);
	const char *error = "";

	cr_expect_eq(write_text(store, "DELETE FROM patchwork_tag", &error), STORE_REFUSED);
	cr_expect(strstr(error, "read-only transaction") != NULL, "%s", error);
	cr_expect_str_eq(ask(store, "SELECT count(*) FROM patchwork_tag"), "3");
	cr_expect_eq(store_stats(store).open, 1);
	store_free(&store);
	free(url);
}

Test(driver, a_backend_that_died_idle_costs_no_write)
{
	const char *error = "";

	for (int i = 0; i < 3; i++) {
		cr_expect_eq(people(), i);
		end_backends("thimble");
		cr_expect_eq(write_text(fx.store, insert_person(arena_printf(fx.arena, "p%d@example.org", i))->text, &error),
		    STORE_OK, "%s", error);
	}
	cr_expect_eq(people(), 3);
	cr_expect_eq(store_stats(fx.store).failures, 0);
	cr_expect_eq(store_stats(fx.store).open, 1);
}

/* Before anything was sent; after a flush, when the commit is alone; when a flush sees it first; when it is not alone. */
Test(driver, a_backend_that_dies_before_the_commit_has_done_nothing)
{
	for (int i = 0; i < 4; i++) {
		struct snapshot *snapshot;
		const char *error = "";

		/* So that the COMMIT below is prepared, and the first to be answered. */
		cr_expect_eq(write_text(fx.store, "UPDATE patchwork_tag SET name = name", &error), STORE_OK, "%s", error);
		snapshot = must_begin_write(fx.store);
		(void)store_query(snapshot, insert_person("a@example.org"));
		if (i > 0)
			must_flush(snapshot);
		if (i > 1)
			(void)store_query(snapshot, insert_person("b@example.org"));
		end_backends("thimble");
		if (i == 2)
			cr_expect_eq(store_flush(snapshot, &error), STORE_AWAY);
		cr_expect_eq(store_commit(&snapshot, &error), STORE_AWAY, "%d: %s", i, error);
		cr_expect_str_neq(error, "");
		cr_expect_eq(store_stats(fx.store).open, 0);
		cr_expect_eq(people(), 0);
	}
	cr_expect_eq(store_stats(fx.store).failures, 4);
}

Test(driver, a_backend_that_dies_before_it_comes_to_the_commit_has_done_nothing)
{
	struct snapshot *snapshot = must_begin_write(fx.store);
	const char *error = "";

	(void)store_query(snapshot, insert_person("a@example.org"));
	(void)store_query(snapshot, sql_text("SELECT pg_terminate_backend(pg_backend_pid())"));
	cr_expect_eq(store_commit(&snapshot, &error), STORE_AWAY);
	cr_expect(strstr(error, "administrator") != NULL, "%s", error);
	cr_expect_eq(people(), 0);
}

Test(driver, a_backend_that_dies_within_the_commit_is_unknown)
{
	const char *error = "";

	must_run("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
	    " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(9); RETURN NULL; END $$;"
	    "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON patchwork_person DEFERRABLE INITIALLY DEFERRED"
	    " FOR EACH ROW EXECUTE FUNCTION die()");
	cr_expect_eq(write_text(fx.store, insert_person("a@example.org")->text, &error), STORE_UNKNOWN, "%s", error);
	cr_expect(strstr(error, "administrator") != NULL, "%s", error);
	cr_expect_eq(store_stats(fx.store).open, 0);
	cr_expect_eq(people(), 0);
}

/*
 * A proxy for one connection at a time, that can be told to look for a word in
 * what the client sends, and to break the connection there.
 */
struct proxy {
	pthread_t thread;
	int listener, port;
	_Atomic(const char *) word;
	_Atomic enum { CUT_WORD, CUT_ANSWER, CUT_BEHIND_COMMIT } where;
	atomic_bool stop;
};

/* The server of the tests, by its host (or directory of its socket) and port. */
static int
connect_to_server(void)
{
	PQconninfoOption *options = PQconninfoParse(fx.url, NULL);
	const char *host = "127.0.0.1", *port = "5432";
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct addrinfo *found = NULL;
	int fd;

	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (o->val != NULL && strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (o->val != NULL && strcmp(o->keyword, "port") == 0)
			port = o->val;
	if (host[0] == '/') {
		(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s/.s.PGSQL.%s", host, port);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		cr_assert_eq(connect(fd, (struct sockaddr *)&local, sizeof(local)), 0, "%s", local.sun_path);
	} else {
		cr_assert_eq(getaddrinfo(host, port, &(struct addrinfo){ .ai_socktype = SOCK_STREAM }, &found), 0);
		fd = socket(found->ai_family, SOCK_STREAM, 0);
		cr_assert_eq(connect(fd, found->ai_addr, found->ai_addrlen), 0, "%s:%s", host, port);
		freeaddrinfo(found);
	}
	PQconninfoFree(options);
	return fd;
}

/* One way's bytes; false at the end of the connection. */
static bool
pass(struct proxy *p, int from, int to, bool from_client)
{
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes));
	const char *word = atomic_load(&p->word);

	if (n <= 0)
		return false;
	if (!from_client || word == NULL || memmem(bytes, (size_t)n, word, strlen(word)) == NULL)
		return write(to, bytes, (size_t)n) == n;
	if (atomic_load(&p->where) == CUT_WORD || write(to, bytes, (size_t)n) != n)
		return false;
	n = read(to, bytes, sizeof(bytes));
	if (atomic_load(&p->where) == CUT_BEHIND_COMMIT && n > 0) {
		const char *tag = memmem(bytes, (size_t)n, "COMMIT", sizeof("COMMIT"));

		/* All that belongs to it, but not that the server is ready again. */
		cr_assert_not_null(tag);
		(void)write(from, bytes, (size_t)(tag - bytes) + sizeof("COMMIT"));
	}
	return false;
}

static void *
serve_proxy(void *object)
{
	struct proxy *p = object;

	while (!atomic_load(&p->stop)) {
		int client = accept(p->listener, NULL, NULL), server;
		struct pollfd fds[2];

		if (client < 0)
			break;
		server = connect_to_server();
		fds[0] = (struct pollfd){ .fd = client, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = server, .events = POLLIN };
		for (bool going = true; going && poll(fds, 2, -1) > 0;)
			for (int i = 0; i < 2 && going; i++)
				if (fds[i].revents != 0)
					going = pass(p, fds[i].fd, fds[1 - i].fd, i == 0);
		(void)close(client);
		(void)close(server);
	}
	return NULL;
}

static char *
proxy_start(struct proxy *p)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	*p = (struct proxy){ .listener = socket(AF_INET, SOCK_STREAM, 0) };
	cr_assert_eq(bind(p->listener, (struct sockaddr *)&address, length), 0);
	cr_assert_eq(listen(p->listener, 8), 0);
	cr_assert_eq(getsockname(p->listener, (struct sockaddr *)&address, &length), 0);
	cr_assert_eq(pthread_create(&p->thread, NULL, serve_proxy, p), 0);
	return arena_printf(fx.arena, "%s&host=127.0.0.1&port=%d&sslmode=disable&gssencmode=disable", fx.url,
	    ntohs(address.sin_port));
}

static void
proxy_stop(struct proxy *p)
{
	atomic_store(&p->stop, true);
	(void)shutdown(p->listener, SHUT_RDWR);
	(void)pthread_join(p->thread, NULL);
	(void)close(p->listener);
}

/* A person is inserted, and the connection cut at the commit. */
static enum store_status
commit_cut(int where)
{
	struct proxy proxy;
	struct store *store = store_at(proxy_start(&proxy));
	struct snapshot *snapshot;
	enum store_status status;
	const char *error = "";

	/* So that COMMIT is prepared already; when it is sent shows from the statement beside it. */
	cr_expect_eq(write_text(store, "UPDATE patchwork_tag SET name = name", &error), STORE_OK, "%s", error);
	snapshot = must_begin_write(store);
	(void)store_query(snapshot, insert_person("a@example.org"));
	must_flush(snapshot);
	(void)store_query(snapshot, sql_text("UPDATE patchwork_tag SET name = name"));
	(void)store_query(snapshot, sql_text("SELECT 'behind this comes the commit'"));
	atomic_store(&proxy.where, where);
	atomic_store(&proxy.word, "behind this comes the commit");
	status = store_commit(&snapshot, &error);
	cr_expect((status == STORE_OK) == (*error == '\0'), "%s", error);
	cr_expect_eq(store_stats(store).open, 0);
	store_free(&store);
	proxy_stop(&proxy);
	return status;
}

Test(driver, a_commit_without_an_answer_is_unknown)
{
	/* The first time it is not done, the second time it is. */
	cr_expect_eq(commit_cut(CUT_WORD), STORE_UNKNOWN);
	cr_expect_eq(people(), 0);
	cr_expect_eq(commit_cut(CUT_ANSWER), STORE_UNKNOWN);
	cr_expect_eq(people(), 1);
}

Test(driver, a_commit_that_was_answered_is_done)
{
	cr_expect_eq(commit_cut(CUT_BEHIND_COMMIT), STORE_OK);
	cr_expect_eq(people(), 1);
}

Test(driver, what_breaks_before_the_commit_is_sent_is_away)
{
	struct proxy proxy;
	struct store *store = store_at(proxy_start(&proxy));
	struct snapshot *snapshot = must_begin_write(store);
	const char *error = "";

	(void)store_query(snapshot, insert_person("a@example.org"));
	atomic_store(&proxy.where, CUT_ANSWER);
	atomic_store(&proxy.word, "a@example.org");
	cr_expect_eq(store_flush(snapshot, &error), STORE_AWAY, "%s", error);
	cr_expect_eq(store_commit(&snapshot, &error), STORE_AWAY);
	atomic_store(&proxy.word, NULL);
	cr_expect_eq(people(), 0);
	store_free(&store);
	proxy_stop(&proxy);
}

Test(driver, a_row_that_cannot_be_locked_is_busy)
{
	struct snapshot *holder = must_begin_write(fx.store);
	struct sql *q = sql_text("SELECT id FROM patchwork_tag AS t WHERE id = 1");
	const char *error = "";

	sql_for_update(q, "t");
	(void)store_query(holder, q);
	must_flush(holder);
	cr_expect_eq(write_text(fx.store, arena_printf(fx.arena, "%s NOWAIT", q->text), &error), STORE_BUSY, "%s", error);
	/* One that only refers to it, or reads it, is not kept waiting. */
	cr_expect_eq(write_text(fx.store, "SELECT id FROM patchwork_tag WHERE id = 1 FOR KEY SHARE NOWAIT", &error),
	    STORE_OK, "%s", error);
	cr_expect_str_eq(ask(fx.store, "SELECT id FROM patchwork_tag WHERE id = 1"), "1");
	must_commit(&holder);
	cr_expect_eq(write_text(fx.store, q->text, &error), STORE_OK, "%s", error);
}

Test(driver, a_row_locked_for_long_is_a_timeout)
{
	struct snapshot *holder = must_begin_write(fx.store);
	struct store *hasty = open_store(200, 1, NULL, 0);
	const char *error = "";

	(void)store_query(holder, sql_text("UPDATE patchwork_tag SET name = name"));
	must_flush(holder);
	cr_expect_eq(write_text(hasty, "DELETE FROM patchwork_tag", &error), STORE_TIMEOUT, "%s", error);
	store_end(&holder);
	cr_expect_eq(store_stats(hasty).open, 1);
	store_free(&hasty);
}

struct deadlocker {
	pthread_t thread;
	struct store *store;
	struct snapshot *snapshot;
	enum store_status status;
	const char *error;
};

static void *
commit_in_thread(void *object)
{
	struct deadlocker *d = object;

	d->status = store_commit(&d->snapshot, &d->error);
	return NULL;
}

Test(driver, of_a_deadlock_one_is_busy)
{
	struct deadlocker d[2] = { 0 };
	struct arena *arena[2];

	for (int i = 0; i < 2; i++) {
		struct sql *q;

		d[i].store = open_store(20000, 1, NULL, 0);
		arena[i] = arena_new();
		cr_assert_eq(store_begin_write(d[i].store, arena[i], &d[i].snapshot, &d[i].error), STORE_OK);
		for (int k = 0; k < 2; k++) {
			q = sql_new(arena[i], DIALECT_POSTGRESQL);
			sql_addf(q, "UPDATE patchwork_tag SET name = name WHERE id = %d", (i + k) % 2 + 1);
			(void)store_query(d[i].snapshot, q);
			if (k == 0)
				must_flush(d[i].snapshot);
		}
	}
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&d[i].thread, NULL, commit_in_thread, &d[i]), 0);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(d[i].thread, NULL);
	cr_expect((d[0].status == STORE_BUSY && d[1].status == STORE_OK)
	    || (d[0].status == STORE_OK && d[1].status == STORE_BUSY), "%d %d", d[0].status, d[1].status);
	for (int i = 0; i < 2; i++) {
		arena_free(&arena[i]);
		store_free(&d[i].store);
	}
}

Test(driver, a_writers_prepared_statements_are_bounded_too)
{
	const char *error = "";

	for (int i = 0; i < STORE_PREPARED_MAX + 50; i++)
		cr_assert_eq(write_text(fx.store, arena_printf(fx.arena, "UPDATE patchwork_tag SET name = name WHERE id = %d",
		    i), &error), STORE_OK, "%s", error);
	cr_expect_leq(atoi(ask(fx.store, "SELECT count(*) FROM pg_prepared_statements")), STORE_PREPARED_MAX + 2);
}

/* Without a database of its own. */
Test(pooler, is_refused)
{
	const char *pooler = getenv("THIMBLE_TEST_POOLER_URL");

	if (pooler == NULL || *pooler == '\0')
		cr_skip_test("THIMBLE_TEST_POOLER_URL is not set");
	fx.arena = arena_new();
	begin_refused(pooler, "PgBouncer");
	arena_free(&fx.arena);
}
