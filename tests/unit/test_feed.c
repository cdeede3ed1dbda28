/* SPDX-License-Identifier: MIT
 *
 * The feed of PostgreSQL, of several nodes that share a database: who may read, who takes, and that
 * nothing is lost between them.  tests/http/test_bus.py has what a node alone does.
 */
#include "config.h"

#include "store/feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>
#include <libpq-fe.h>

#include "base/arena.h"
#include "base/buf.h"
#include "pg_fixture.h"
#include "store/store.h"
#include "store/triggers.h"

enum { TIMEOUT_MS = 1000, SESSIONS = 4, TRIES = 3000, TRY_MS = 10 };

static struct {
	const char *database;
	char *url;
	struct arena *arena;
	struct store *store;
	PGconn *session[SESSIONS];	/* 0 is for what is asked in between */
} fx;

/* Tools ----------------------------------------------------------------- */

/* The first cell of what it answers. */
static const char *
run(int session, const char *statement)
{
	PGconn **conn = &fx.session[session];
	PGresult *result;
	const char *cell = "";

	if (*conn == NULL)
		*conn = PQconnectdb(fx.url);
	cr_assert_eq(PQstatus(*conn), CONNECTION_OK, "%s", PQerrorMessage(*conn));
	result = PQexec(*conn, statement);
	cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK,
	    "%s: %s", statement, PQerrorMessage(*conn));
	if (PQntuples(result) > 0)
		cell = arena_strdup(fx.arena, PQgetvalue(result, 0, 0));
	PQclear(result);
	return cell;
}

static void
leave(int session, const char *tags)
{
	(void)run(session, arena_printf(fx.arena, "INSERT INTO thimble_outbox (tags) VALUES ('%s')", tags));
}

/* All rows that are committed, in order of their ids. */
static const char *
left(void)
{
	return run(0, "SELECT coalesce(string_agg(tags, ',' ORDER BY id), '') FROM thimble_outbox");
}

static void
run_statements(const struct statements *list)
{
	struct buf script = { 0 };
	const char *error = "";

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&script, "%s;\n", list->text[i]);
	buf_byte(&script, '\0');
	cr_assert_eq(store_run_script(fx.store, fx.arena, script.data, &error), 0, "%s", error);
	buf_fini(&script);
}

static struct snapshot *
begin(struct store *store)
{
	struct snapshot *snapshot;
	const char *error = "";

	cr_assert_eq(store_begin(store, fx.arena, &snapshot, &error), STORE_OK, "%s", error);
	return snapshot;
}

static void
attach(void)
{
	static const struct triggers_place place = { "public", "CURRENT_USER" };
	struct statements list = { .arena = fx.arena };
	struct sql *q = sql_new(fx.arena, DIALECT_POSTGRESQL);
	struct snapshot *snapshot = begin(fx.store);
	const char *error = "";
	struct rows *rows;

	triggers_ask(q);
	rows = store_query(snapshot, q);
	cr_assert_eq(store_flush_last(snapshot, &error), STORE_OK, "%s", error);
	triggers_make_tables(&list, DIALECT_POSTGRESQL, &place);
	for (size_t i = 0; i < TRIGGERS_TABLES; i++)
		triggers_attach(&list, DIALECT_POSTGRESQL, &place, rows, i);
	run_statements(&list);
}

static struct store *
store_at(const char *url)
{
	struct store_options options = { .url = url, .timezone = "UTC", .timeout_ms = 10 * TIMEOUT_MS, .quota = 1 };

	return store_new(&options);
}

static void
set_up(void)
{
	const char *error = "";

	fx.arena = arena_new();
	fx.database = pg_make_database();
	fx.url = pg_url(fx.database, "");
	fx.store = store_at(fx.url);
	cr_assert_eq(store_run_script(fx.store, fx.arena, store_schema(DIALECT_POSTGRESQL), &error), 0, "%s", error);
	attach();
}

static void
tear_down(void)
{
	for (int i = 0; i < SESSIONS; i++)
		PQfinish(fx.session[i]);
	store_free(&fx.store);
	pg_drop_database(fx.database);
	free(fx.url);
	arena_free(&fx.arena);
}

TestSuite(feed, .init = set_up, .fini = tear_down, .timeout = 120);

static struct feed *
feed_at(const char *url, bool shared)
{
	/* Another zone than the workers': that must not make it another database. */
	struct feed_options options = { .url = url, .timezone = "Asia/Tokyo", .timeout_ms = TIMEOUT_MS, .shared = shared };
	struct feed *feed = feed_new(&options);

	cr_assert_not_null(feed);
	return feed;
}

static struct feed_report
look(struct feed *feed)
{
	struct feed_report report;
	const char *error = "";

	cr_assert_eq(feed_read(feed, fx.arena, true, &report, &error), STORE_OK, "%s", error);
	return report;
}

/* A node that has looked, and may take. */
static struct feed *
node(void)
{
	struct feed *feed = feed_at(fx.url, true);
	struct feed_report report = look(feed);

	cr_assert_eq(report.obstacle, FEED_CLEAR, "%s", report.problem);
	cr_assert(report.fresh);
	return feed;
}

static struct feed_taken
take(struct feed *feed)
{
	struct feed_taken taken;
	const char *error = "";

	cr_assert_eq(feed_take(feed, fx.arena, &taken, &error), STORE_OK, "%s", error);
	return taken;
}

static void
commit(struct feed *feed)
{
	const char *error = "";

	cr_assert_eq(feed_commit(feed, fx.arena, &error), STORE_OK, "%s", error);
}

static const char *
joined(const struct slice *tags, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(fx.arena, "%s%s%.*s", text, i > 0 ? "," : "", SLICE_ARG(tags[i]));
	return text;
}

static void
takes(struct feed *feed, const char *wanted)
{
	struct feed_taken taken = take(feed);

	cr_expect(taken.held, "for %s", wanted);
	cr_expect_str_eq(joined(taken.tags, taken.count), wanted);
	cr_expect_not(taken.more);
}

static void
reads(struct feed *feed, const char *wanted)
{
	struct feed_report report = look(feed);

	cr_expect_str_eq(joined(report.tags, report.count), wanted);
	cr_expect_eq(report.waiting, report.count);
	cr_expect_not(report.everything);
	cr_expect_not(report.more);
}

static void
nap(void)
{
	(void)nanosleep(&(struct timespec){ 0, TRY_MS * 1000000 }, NULL);
}

static void
wait_for(const char *question, const char *wanted)
{
	int tries = 0;

	while (strcmp(run(0, question), wanted) != 0) {
		cr_assert_lt(++tries, TRIES, "%s", question);
		nap();
	}
}

static void
wait_obstacle(struct feed *feed, enum feed_obstacle obstacle)
{
	for (int tries = 0; look(feed).obstacle != obstacle; tries++) {
		cr_assert_lt(tries, TRIES);
		nap();
	}
}

/* Waits until the row is free. */
static void
wait_taken(struct feed *feed, const char *wanted)
{
	struct feed_taken taken;

	for (int tries = 0; !(taken = take(feed)).held; tries++) {
		cr_assert_lt(tries, TRIES, "%s", wanted);
		nap();
	}
	cr_expect_str_eq(joined(taken.tags, taken.count), wanted);
}

/* Who may read ---------------------------------------------------------- */

Test(feed, nodes_that_share_are_beside_each_other)
{
	struct feed *one = node(), *two = node(), *alone = feed_at(fx.url, false);
	struct feed_report report = look(alone);

	cr_expect_eq(report.obstacle, FEED_TAKEN);
	cr_expect(strstr(report.problem, "no `redis`") != NULL, "%s", report.problem);
	feed_free(&one);
	report = look(alone);
	cr_expect_eq(report.obstacle, FEED_TAKEN);
	feed_free(&two);
	wait_obstacle(alone, FEED_CLEAR);

	one = feed_at(fx.url, true);
	report = look(one);
	cr_expect_eq(report.obstacle, FEED_TAKEN);
	cr_expect(strstr(report.problem, "without `redis`") != NULL, "%s", report.problem);
	cr_expect_not(take(one).held);
	cr_expect_eq(feed_descriptor(one), -1);
	feed_free(&alone);
	wait_obstacle(one, FEED_CLEAR);
	cr_expect_geq(feed_descriptor(one), 0);
	feed_free(&one);
}

Test(feed, who_loses_the_triggers_lets_others_in)
{
	struct feed *one = node(), *alone = feed_at(fx.url, false);

	cr_expect_eq(look(alone).obstacle, FEED_TAKEN);
	(void)run(0, "ALTER TABLE patchwork_state DISABLE TRIGGER thimble_update");
	cr_expect_eq(look(one).obstacle, FEED_UNTOLD);
	cr_expect_not(take(one).held);
	(void)run(0, "ALTER TABLE patchwork_state ENABLE ALWAYS TRIGGER thimble_update");
	cr_expect_eq(look(alone).obstacle, FEED_CLEAR, "the lock was let go");
	feed_free(&one);
	feed_free(&alone);
}

/* Between two looks, which asks about the triggers only if their version is another. */
Test(feed, a_trigger_is_changed_between_looks)
{
	static const struct { const char *change, *undo; } cases[] = {
		{ "ALTER TABLE patchwork_state DISABLE TRIGGER thimble_update", NULL },
		{ "ALTER TABLE patchwork_state ENABLE TRIGGER thimble_update", NULL },
		{ "DROP TRIGGER thimble_truncate ON patchwork_check", NULL },
		{ "ALTER TRIGGER thimble_insert ON patchwork_series RENAME TO mine", NULL },
		{ "ALTER FUNCTION thimble_patchwork_patch() SECURITY INVOKER", NULL },
		{ "ALTER FUNCTION thimble_patchwork_state() RENAME TO mine", "ALTER FUNCTION mine() RENAME TO thimble_patchwork_state" },
		{ "CREATE OR REPLACE FUNCTION thimble_auth_user() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'", NULL },
		{ "CREATE SCHEMA AUTHORIZATION CURRENT_USER CREATE TABLE patchwork_state (id int)",
		    "DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || quote_ident(current_user) || ' CASCADE'; END $$" },
	};
	struct feed *one = node();
	uint64_t mark = look(one).mark;

	cr_expect_eq(look(one).mark, mark);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)run(0, cases[i].change);
		cr_expect_eq(look(one).obstacle, FEED_UNTOLD, "%s", cases[i].change);
		if (cases[i].undo != NULL)
			(void)run(0, cases[i].undo);
		else
			attach();
		cr_expect_eq(look(one).obstacle, FEED_CLEAR, "%s", cases[i].change);
		/* the schema hid a table, which was not changed */
		cr_expect(look(one).mark != mark || i == sizeof(cases) / sizeof(cases[0]) - 1, "%s", cases[i].change);
		mark = look(one).mark;
	}
	feed_free(&one);
}

Test(feed, reading_deletes_nothing)
{
	struct feed *one = node(), *two = node();
	const char *error = "";

	leave(1, "patch:1");
	leave(1, "patch:2 patches");
	reads(one, "patch:1,patch:2 patches");
	cr_expect_eq(feed_drain(one, fx.arena, &error), STORE_OK);
	reads(two, "patch:1,patch:2 patches");
	reads(one, "patch:1,patch:2 patches");
	cr_expect_str_eq(left(), "patch:1,patch:2 patches");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, a_full_look_tells_who_we_are)
{
	struct feed *one = node(), *two = node();
	struct feed_report first, second;

	(void)run(0, "UPDATE thimble_bus SET incarnation = 'run nonce;older one'");
	first = look(one);
	second = look(two);
	cr_expect_neq(first.installation, 0);
	cr_expect_eq(first.installation, second.installation);
	(void)run(0, "UPDATE thimble_meta SET value = reverse(value) WHERE name = 'installation'");
	cr_expect_neq(look(one).installation, first.installation, "it is drawn");
	cr_expect(slice_is(first.claim, "run nonce;older one"));
	cr_expect_eq(first.mark, second.mark);
	feed_free(&one);
	feed_free(&two);
}

Test(feed, what_attach_makes_stays)
{
	static const struct triggers_place place = { "public", "CURRENT_USER" };
	struct statements list = { .arena = fx.arena };
	const char *before = run(0, "SELECT value FROM thimble_meta WHERE name = 'installation'");

	triggers_make_tables(&list, DIALECT_POSTGRESQL, &place);
	run_statements(&list);
	cr_expect_str_eq(run(0, "SELECT value FROM thimble_meta WHERE name = 'installation'"), before);
	(void)run(0, "DELETE FROM thimble_meta");
	run_statements(&list);
	cr_expect_str_neq(run(0, "SELECT value FROM thimble_meta WHERE name = 'installation'"), before);
	cr_expect_str_eq(run(0, "SELECT value ~ '^[0-9a-f]{16}$' FROM thimble_meta WHERE name = 'installation'"), "t");
}

static void
untold(const char *statement, const char *undo)
{
	struct feed *shared = feed_at(fx.url, true), *alone;
	struct feed_report report;

	(void)run(0, statement);
	report = look(shared);
	cr_expect_eq(report.obstacle, FEED_UNTOLD, "%s", statement);
	cr_expect(strstr(report.problem, "thimblectl attach") != NULL, "%s", report.problem);
	cr_expect_not(take(shared).held, "%s", statement);
	feed_free(&shared);
	alone = feed_at(fx.url, false);
	wait_obstacle(alone, FEED_CLEAR);
	feed_free(&alone);
	(void)run(0, undo);
}

Test(feed, what_nodes_find_each_other_by_is_missing)
{
	untold("UPDATE thimble_meta SET name = 'other' WHERE name = 'installation'",
	    "UPDATE thimble_meta SET name = 'installation' WHERE name = 'other'");
	untold("UPDATE thimble_meta SET value = upper('abcdef0123456789') WHERE name = 'installation'",
	    "UPDATE thimble_meta SET value = '0123456789abcdef' WHERE name = 'installation'");
	untold("UPDATE thimble_meta SET value = '0123' WHERE name = 'installation'",
	    "UPDATE thimble_meta SET value = '0123456789abcdef' WHERE name = 'installation'");
	untold("DELETE FROM thimble_bus", "INSERT INTO thimble_bus (id) VALUES (1)");
}

Test(feed, a_table_of_ours_is_missing)
{
	struct feed *one = node();
	struct feed_report report;

	(void)run(0, "DROP TABLE thimble_bus");
	report = look(one);
	cr_expect_eq(report.obstacle, FEED_UNTOLD);
	cr_expect(strstr(report.problem, "thimble_bus: missing") != NULL, "%s", report.problem);
	attach();
	cr_expect_eq(look(one).obstacle, FEED_CLEAR);
	feed_free(&one);
}

Test(feed, rights)
{
	const char *role = arena_printf(fx.arena, "%s_role", fx.database);
	char *url = pg_url(fx.database, arena_printf(fx.arena, "&options=-c%%20role%%3D%s", role));
	struct feed *shared = feed_at(url, true), *alone = feed_at(url, false);
	static const char *const grants[] = { "INSERT ON thimble_outbox", "SELECT ON thimble_meta", "SELECT ON thimble_bus",
		"UPDATE ON thimble_bus" };
	struct feed_report report;

	(void)run(0, arena_printf(fx.arena, "CREATE ROLE %s; GRANT SELECT, DELETE ON thimble_outbox TO %s;"
	    "GRANT SELECT ON patchwork_patch TO %s", role, role, role));
	cr_expect_eq(look(alone).obstacle, FEED_CLEAR);
	feed_free(&alone);
	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++) {
		report = look(shared);
		cr_expect_eq(report.obstacle, FEED_NO_RIGHTS);
		cr_expect(strstr(report.problem, "update thimble_bus") != NULL, "%s", report.problem);
		(void)run(0, arena_printf(fx.arena, "GRANT %s TO %s", grants[i], role));
	}
	wait_obstacle(shared, FEED_CLEAR);
	leave(1, "patch:1");
	takes(shared, "patch:1");
	commit(shared);
	feed_free(&shared);
	(void)run(0, arena_printf(fx.arena, "DROP OWNED BY %s; DROP ROLE %s", role, role));
	free(url);
}

/* Taking ---------------------------------------------------------------- */

Test(feed, one_takes_and_the_others_do_not_wait)
{
	struct feed *one = node(), *two = node();

	leave(1, "patch:1");
	leave(1, "patch:2");
	takes(one, "patch:1,patch:2");
	cr_expect_not(take(two).held);
	/* Nor do writers. */
	leave(1, "patch:3");
	reads(two, "patch:1,patch:2,patch:3");
	commit(one);
	reads(two, "patch:3");
	takes(two, "patch:3");
	cr_expect_not(take(one).held);
	commit(two);
	takes(one, "");
	commit(one);
	cr_expect_str_eq(left(), "");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, nothing_is_waited_for_when_the_row_is_held)
{
	struct feed *one = node(), *two = node();

	takes(one, "");
	leave(1, "patch:1");
	/* Somebody has a row of the outbox: who went for it would wait, in vain. */
	(void)run(1, "BEGIN");
	(void)run(1, "SELECT id FROM thimble_outbox FOR UPDATE");
	cr_expect_not(take(two).held);
	(void)run(1, "COMMIT");
	commit(one);
	takes(two, "patch:1");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, what_is_given_back_is_there)
{
	struct feed *one = node(), *two = node();
	const char *error = "";

	leave(1, "patch:1");
	takes(one, "patch:1");
	feed_give_back(one);
	wait_taken(two, "patch:1");
	/* To look, to take again, and to go: all of them give back. */
	reads(two, "patch:1");
	wait_taken(one, "patch:1");
	takes(one, "patch:1");
	feed_free(&one);
	wait_taken(two, "patch:1");
	feed_give_back(two);
	cr_expect_eq(feed_commit(two, fx.arena, &error), STORE_FAILED);
	cr_expect_eq(feed_claim(two, fx.arena, SLICE("x"), &error), STORE_FAILED);
	cr_expect_str_eq(left(), "patch:1");
	feed_free(&two);
}

static const char *
pid_of_holder(void)
{
	return run(0, "SELECT pid FROM pg_locks WHERE relation = 'thimble_bus'::regclass AND mode = 'RowShareLock'");
}

Test(feed, a_holder_whose_connection_breaks_has_given_back)
{
	struct feed *one = node(), *two = node();
	const char *error = "";

	leave(1, "patch:1");
	takes(one, "patch:1");
	(void)run(0, arena_printf(fx.arena, "SELECT pg_terminate_backend(%s, 60000)", pid_of_holder()));
	takes(two, "patch:1");
	cr_expect_eq(feed_commit(one, fx.arena, &error), STORE_AWAY, "%s", error);
	cr_expect_str_neq(error, "");
	cr_expect_not(take(one).held, "not before it has looked again");
	cr_expect(look(one).fresh);
	cr_expect_not(take(one).held);
	commit(two);
	takes(one, "");
	cr_expect_str_eq(left(), "");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, a_holder_that_hangs_loses_the_row)
{
	struct feed *one = node(), *two = node();
	enum store_status status;
	const char *error = "";

	cr_expect_eq(atoi(run(0, "SHOW idle_in_transaction_session_timeout")), 0);
	leave(1, "patch:1");
	takes(one, "patch:1");
	cr_expect_eq(feed_claim(one, fx.arena, SLICE("of one that hangs"), &error), STORE_OK);
	wait_taken(two, "patch:1");
	/* The server may be about to close the connection only now. */
	status = feed_commit(one, fx.arena, &error);
	cr_expect(status == STORE_AWAY || status == STORE_UNKNOWN, "%d: %s", status, error);
	cr_expect_str_neq(error, "");
	commit(two);
	cr_expect_str_eq(left(), "");
	cr_expect(look(one).claim.p != NULL && look(one).claim.n == 0);
	feed_free(&one);
	feed_free(&two);
}

Test(feed, a_node_alone_may_idle)
{
	struct feed *alone = feed_at(fx.url, false);

	cr_expect_eq(look(alone).obstacle, FEED_CLEAR);
	leave(1, "patch:1");
	cr_expect_not(take(alone).held);
	feed_free(&alone);
	cr_expect_str_eq(left(), "patch:1");
}

/* Order ----------------------------------------------------------------- */

Test(feed, what_commits_out_of_order_is_not_lost)
{
	struct feed *one = node(), *two = node();

	(void)run(1, "BEGIN");
	leave(1, "first");
	leave(2, "second");
	reads(two, "second");
	takes(one, "second");
	commit(one);
	/* Nothing is left: both may move on, but not beyond the first one's transaction. */
	reads(two, "");
	takes(one, "");
	commit(one);
	(void)run(3, "BEGIN");
	leave(3, "third");
	leave(2, "fourth");
	(void)run(1, "COMMIT");
	reads(two, "first,fourth");
	takes(one, "first,fourth");
	reads(two, "first,fourth");
	commit(one);
	reads(two, "");
	takes(two, "");
	commit(two);
	(void)run(3, "COMMIT");
	reads(two, "third");
	reads(one, "third");
	takes(two, "third");
	commit(two);
	reads(one, "");
	cr_expect_str_eq(left(), "");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, what_is_given_back_is_not_passed_over)
{
	struct feed *one = node(), *two = node();

	leave(1, "patch:1");
	takes(one, "patch:1");
	leave(1, "patch:2");
	/* Deleted, but not for good. */
	reads(two, "patch:1,patch:2");
	feed_give_back(one);
	reads(two, "patch:1,patch:2");
	reads(one, "patch:1,patch:2");
	takes(one, "patch:1,patch:2");
	commit(one);
	leave(1, "patch:3");
	takes(two, "patch:3");
	feed_free(&one);
	feed_free(&two);
}

/* Who reads 1000 before 999, as texts are ordered, never sees 999 again. */
Test(feed, transactions_are_numbers)
{
	struct feed *one = node();

	(void)run(1, "INSERT INTO thimble_outbox (xid, tags) VALUES ('9', 'nine'), ('10', 'ten'), ('1000000', 'million')");
	feed_free(&one);
	one = node();
	reads(one, "nine,ten,million");
	takes(one, "nine,ten,million");
	commit(one);
	feed_free(&one);
}

Test(feed, rows_come_in_the_order_of_their_ids)
{
	struct feed *one = node();

	(void)run(1, "BEGIN");
	(void)run(1, "SELECT pg_current_xact_id()");
	leave(2, "earlier");
	leave(1, "later");
	(void)run(1, "COMMIT");
	takes(one, "earlier,later");
	commit(one);
	/* nor of the places where they are */
	leave(1, "gone");
	leave(1, "before");
	(void)run(1, "DELETE FROM thimble_outbox WHERE tags = 'gone'");
	(void)run(1, "VACUUM thimble_outbox");
	leave(1, "behind");
	cr_expect_str_eq(run(1, "SELECT tags FROM thimble_outbox ORDER BY ctid LIMIT 1"), "behind");
	takes(one, "before,behind");
	feed_free(&one);
}

Test(feed, more_than_one_can_take)
{
	struct feed *one = node();
	struct feed_report report;
	struct feed_taken taken;
	int next = 1;

	(void)run(1, "INSERT INTO thimble_outbox (tags) SELECT 'patch:' || i FROM generate_series(1, 2500) i");
	report = look(one);
	cr_expect(report.everything);
	cr_expect_eq(report.count, 0);
	cr_expect_eq(report.waiting, 2500);
	cr_expect_not(report.more, "all of it is told");
	for (int round = 1; round <= 3; round++) {
		taken = take(one);
		cr_assert(taken.held);
		cr_expect_eq(taken.count, round < 3 ? FEED_ROWS_MAX : 500, "%zu", taken.count);
		cr_expect_eq(taken.more, round < 3);
		cr_expect_eq(feed_has_news(one), round < 3);
		for (size_t i = 0; i < taken.count; i++)
			cr_assert(slice_is(taken.tags[i], arena_printf(fx.arena, "patch:%d", next++)));
		commit(one);
	}
	takes(one, "");
	commit(one);
	(void)run(1, "INSERT INTO thimble_outbox (tags) SELECT 'patch:' || i FROM generate_series(1, 1000) i");
	taken = take(one);
	cr_expect_eq(taken.count, FEED_ROWS_MAX);
	cr_expect_not(taken.more);
	feed_free(&one);
}

/* What the sockets do not hold would keep the server from seeing that the holder hangs. */
Test(feed, long_rows_are_taken_by_few)
{
	struct feed *one = node(), *two = node();
	struct feed_taken taken;
	size_t rows = 0, bytes;

	(void)run(1, "INSERT INTO thimble_outbox (tags) SELECT repeat('x', 30000) FROM generate_series(1, 20)");
	do {
		taken = take(one);
		bytes = 0;
		for (size_t i = 0; i < taken.count; i++)
			bytes += taken.tags[i].n;
		cr_assert_gt(taken.count, 0);
		cr_expect_lt(bytes, 100000);
		rows += taken.count;
		commit(one);
	} while (taken.more);
	cr_expect_eq(rows, 20);
	/* One alone is taken, however long. */
	(void)run(1, "INSERT INTO thimble_outbox (tags) SELECT repeat('x', 1000000) FROM generate_series(1, 2)");
	taken = take(two);
	cr_expect_eq(taken.count, 1);
	cr_expect(taken.more);
	feed_free(&one);
	feed_free(&two);
}

/* All at once ----------------------------------------------------------- */

enum { TAKERS = 3, WRITERS = 3, TRANSACTIONS = 150, ROWS = 2 * TRANSACTIONS };

/* What was taken for good, by the rows' numbers: noted while the row of thimble_bus is held, so one at a time. */
static struct {
	atomic_int claims;
	atomic_int last[WRITERS];	/* the last row of each, numbered from 1 */
	atomic_int taken, disordered, unclaimed, failed;
} all;

/* Two rows a transaction; one ends before the next begins. */
static void *
write_all(void *argument)
{
	const int *writer = argument;
	PGconn *conn = PQconnectdb(fx.url);
	char text[160];

	for (int row = 1; row < ROWS; row += 2) {
		(void)snprintf(text, sizeof(text), "BEGIN; INSERT INTO thimble_outbox (tags) VALUES ('%d %d');%s"
		    "INSERT INTO thimble_outbox (tags) VALUES ('%d %d'); COMMIT", *writer, row,
		    row % 5 == 0 ? "SELECT pg_sleep(0.003);" : "", *writer, row + 1);
		PQclear(PQexec(conn, text));
	}
	PQfinish(conn);
	return NULL;
}

static void
note_row(struct slice tags)
{
	int writer = atoi(tags.p), row = atoi(tags.p + 2);

	if (row != atomic_load(&all.last[writer]) + 1)
		atomic_fetch_add(&all.disordered, 1);
	atomic_store(&all.last[writer], row);
	atomic_fetch_add(&all.taken, 1);
}

static enum store_status
note_all(struct feed *feed, struct arena *arena, const struct feed_taken *taken, const char **error)
{
	enum store_status status;
	char claim[16];

	(void)snprintf(claim, sizeof(claim), "%d", atomic_load(&all.claims));
	if (!slice_is(taken->claim, claim))
		atomic_fetch_add(&all.unclaimed, 1);
	for (size_t i = 0; i < taken->count; i++)
		note_row(taken->tags[i]);
	(void)snprintf(claim, sizeof(claim), "%d", atomic_fetch_add(&all.claims, 1) + 1);
	status = feed_claim(feed, arena, slice_str(claim), error);
	return status == STORE_OK ? feed_commit(feed, arena, error) : status;
}

static void *
take_all(void *argument)
{
	struct feed *feed = argument;
	struct arena *arena = arena_new();
	enum store_status status = STORE_OK;

	for (int turn = 0; status == STORE_OK && atomic_load(&all.taken) < WRITERS * ROWS; turn++) {
		struct feed_taken taken;
		struct feed_report report;
		const char *error;

		status = feed_take(feed, arena, &taken, &error);
		if (taken.held && turn % 4 == 3)
			feed_give_back(feed);
		else if (taken.held)
			status = note_all(feed, arena, &taken, &error);
		if (status == STORE_OK && turn % 16 == 0)
			status = feed_read(feed, arena, true, &report, &error);
		arena_reset(arena);
	}
	atomic_fetch_add(&all.failed, status != STORE_OK);
	arena_free(&arena);
	return NULL;
}

Test(feed, each_row_is_taken_once_and_in_order)
{
	int number[WRITERS] = { 0, 1, 2 };
	struct feed *feed[TAKERS];
	pthread_t thread[TAKERS + WRITERS];

	(void)run(0, "UPDATE thimble_bus SET incarnation = '0'");
	for (int i = 0; i < TAKERS; i++) {
		feed[i] = node();
		cr_assert_eq(pthread_create(&thread[i], NULL, take_all, feed[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		cr_assert_eq(pthread_create(&thread[TAKERS + i], NULL, write_all, &number[i]), 0);
	for (int i = 0; i < TAKERS + WRITERS; i++)
		(void)pthread_join(thread[i], NULL);
	cr_expect_eq(all.failed, 0);
	cr_expect_eq(all.taken, WRITERS * ROWS);
	cr_expect_eq(all.disordered, 0, "one that was lost, told twice, or came before its time");
	cr_expect_eq(all.unclaimed, 0, "what the last holder claimed is known to the next");
	cr_expect_str_eq(left(), "");
	for (int i = 0; i < TAKERS; i++)
		feed_free(&feed[i]);
}

/* Claims ---------------------------------------------------------------- */

Test(feed, a_claim_counts_when_it_is_committed)
{
	struct feed *one = node(), *two = node();
	const char *error = "";
	struct feed_taken taken;

	leave(1, "patch:1");
	takes(one, "patch:1");
	cr_expect_eq(feed_claim(one, fx.arena, SLICE("a 1"), &error), STORE_OK, "%s", error);
	cr_expect_eq(look(two).claim.n, 0);
	feed_give_back(one);
	wait_taken(two, "patch:1");
	cr_expect_eq(feed_claim(two, fx.arena, SLICE("b 2;a 1"), &error), STORE_OK, "%s", error);
	commit(two);
	cr_expect_str_eq(left(), "");
	taken = take(one);
	cr_expect(taken.held);
	cr_expect(slice_is(taken.claim, "b 2;a 1"), "%.*s", SLICE_ARG(taken.claim));
	feed_give_back(one);
	cr_expect(slice_is(look(one).claim, "b 2;a 1"));
	feed_free(&one);
	feed_free(&two);
}

Test(feed, a_claim_is_bounded)
{
	struct feed *one = node(), *two = node();
	char text[FEED_CLAIM_MAX + 1];
	const char *error = "";
	struct feed_taken taken;

	memset(text, 'x', sizeof(text));
	leave(1, "patch:1");
	takes(one, "patch:1");
	cr_expect_eq(feed_claim(one, fx.arena, slice_make(text, sizeof(text)), &error), STORE_FAILED);
	cr_expect_str_neq(error, "");
	wait_taken(two, "patch:1");
	cr_expect_eq(feed_claim(two, fx.arena, slice_make(text, FEED_CLAIM_MAX), &error), STORE_OK);
	commit(two);
	(void)run(0, "UPDATE thimble_bus SET incarnation = repeat('y', 100000)");
	cr_expect_eq(look(two).claim.n, FEED_CLAIM_MAX);
	taken = take(two);
	cr_expect_eq(taken.claim.n, FEED_CLAIM_MAX);
	feed_free(&one);
	feed_free(&two);
}

/* Forgetting ------------------------------------------------------------ */

Test(feed, what_nobody_drained_becomes_everything)
{
	struct feed *one = node(), *two = node();
	const char *error = "";

	(void)run(2, "LISTEN thimble");
	(void)run(1, "BEGIN");
	leave(1, "not yet");
	(void)run(3, "INSERT INTO thimble_outbox (tags) SELECT 'patch:' || i FROM generate_series(1, 3000) i");
	cr_expect_eq(feed_forget(one, fx.arena, &error), STORE_OK, "%s", error);
	cr_expect_str_eq(left(), "*");
	(void)run(2, "SELECT 1");
	PQfreemem(PQnotifies(fx.session[2]));
	cr_expect_null(PQnotifies(fx.session[2]), "one and not more");
	cr_expect(feed_has_news(two));
	(void)run(1, "COMMIT");
	reads(two, "not yet,*");
	takes(two, "not yet,*");
	cr_expect_eq(feed_forget(one, fx.arena, &error), STORE_OK, "%s", error);
	commit(two);
	cr_expect_str_eq(left(), "", "another had the row");
	feed_free(&one);
	feed_free(&two);
}

Test(feed, forgetting_notifies)
{
	struct feed *one = node(), *two = node();
	const char *error = "";

	/* what came before one listened is no news any more */
	reads(two, "");
	cr_expect_not(feed_has_news(two));
	cr_expect_eq(feed_forget(one, fx.arena, &error), STORE_OK, "%s", error);
	for (int tries = 0; !feed_has_news(two); tries++) {
		cr_assert_lt(tries, TRIES);
		nap();
	}
	takes(two, "*");
	cr_expect_not(feed_has_news(two));
	feed_free(&one);
	feed_free(&two);
}

Test(feed, news_stay_until_they_are_taken)
{
	struct feed *one = node(), *two = node();

	reads(one, "");
	reads(two, "");
	takes(two, "");
	leave(1, "patch:1");
	(void)run(1, "SELECT pg_notify('thimble', '')");
	for (int tries = 0; !feed_has_news(one); tries++) {
		cr_assert_lt(tries, TRIES);
		nap();
	}
	cr_expect_not(take(one).held);
	cr_expect(feed_has_news(one));
	commit(two);
	takes(one, "patch:1");
	cr_expect_not(feed_has_news(one));
	feed_free(&one);
	feed_free(&two);
}

/* Dead rows ------------------------------------------------------------- */

enum { ROUNDS = 150, EACH = 20 };

static void
wait_all_gone(void)
{
	wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'thimble'"
	    " AND datname = current_database()", "0");
}

/* Index entries that all who are gone by now have read. */
static int
entries_read(void)
{
	wait_all_gone();
	/* no plan without the index: it would read all of the table's pages */
	cr_expect_str_eq(run(0, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'thimble_outbox'"), "0");
	return atoi(run(0, "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE relname = 'thimble_outbox'"));
}

/* A dump, say. */
static void
begin_long(int session)
{
	(void)run(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	(void)run(session, "SELECT count(*) FROM patchwork_patch");
}

Test(feed, dead_rows_are_not_walked)
{
	struct feed *one = node(), *two = node(), *third = node();
	int read;

	store_trim(fx.store, 0);
	begin_long(3);
	(void)run(0, "SELECT pg_stat_reset()");
	for (int round = 0; round < ROUNDS; round++) {
		struct feed *taker = round % 2 == 0 ? one : two;
		struct feed_taken taken;

		(void)run(1, arena_printf(fx.arena, "INSERT INTO thimble_outbox (tags) SELECT 'x' FROM generate_series(1, %d)",
		    EACH));
		taken = take(taker);
		cr_assert_eq(taken.count, EACH);
		cr_expect_not(take(third).held);
		commit(taker);
		/* who never takes reads all the same */
		reads(third, "");
	}
	feed_free(&one);
	feed_free(&two);
	feed_free(&third);
	read = entries_read();
	/*
	 * Each by who took it, by the other one, by the third; what was dead before, again and
	 * again, would be ROUNDS / 2 times as many.
	 */
	cr_expect_geq(read, ROUNDS * EACH);
	cr_expect_lt(read, 6 * ROUNDS * EACH, "%d for %d rows", read, ROUNDS * EACH);
	(void)run(3, "COMMIT");
}

Test(feed, dead_rows_are_not_walked_alone)
{
	struct feed *alone = feed_at(fx.url, false);
	const char *error = "";
	int read;

	cr_assert_eq(look(alone).obstacle, FEED_CLEAR);
	store_trim(fx.store, 0);
	begin_long(3);
	(void)run(0, "SELECT pg_stat_reset()");
	for (int round = 0; round < ROUNDS; round++) {
		struct feed_report report;

		(void)run(1, arena_printf(fx.arena, "INSERT INTO thimble_outbox (tags) SELECT 'x' FROM generate_series(1, %d)",
		    EACH));
		cr_assert_eq(feed_read(alone, fx.arena, round % 2 == 0, &report, &error), STORE_OK, "%s", error);
		cr_assert_eq(report.count, EACH);
		cr_assert_eq(feed_drain(alone, fx.arena, &error), STORE_OK, "%s", error);
	}
	feed_free(&alone);
	read = entries_read();
	cr_expect_geq(read, ROUNDS * EACH);
	cr_expect_lt(read, 6 * ROUNDS * EACH, "%d for %d rows", read, ROUNDS * EACH);
	(void)run(3, "COMMIT");
}

/* Which database it is -------------------------------------------------- */

static uint64_t
database_of(struct store *store)
{
	struct sql *q = sql_new(fx.arena, DIALECT_POSTGRESQL);
	struct snapshot *snapshot = begin(store);
	const char *error = "";

	sql_add(q, "SELECT 1");
	(void)store_query(snapshot, q);
	cr_assert_eq(store_flush_last(snapshot, &error), STORE_OK, "%s", error);
	/* it has ended, but is still known */
	return store_snapshot_database(snapshot);
}

Test(feed, workers_and_the_feed_know_one_database)
{
	struct snapshot *snapshot = begin(fx.store);
	struct feed *shared = node(), *alone = feed_at(fx.url, false);

	cr_expect_eq(store_snapshot_database(snapshot), 0, "nothing was answered");
	store_end(&snapshot);
	cr_expect_neq(database_of(fx.store), 0);
	cr_expect_eq(look(shared).database, database_of(fx.store));
	cr_expect_eq(look(alone).database, database_of(fx.store));
	feed_free(&shared);
	feed_free(&alone);
}

Test(feed, a_copy_is_another_database)
{
	const char *name = arena_printf(fx.arena, "%s_copy", fx.database);
	uint64_t here = database_of(fx.store);
	char *url = pg_url(name, "");
	struct store *copy;

	store_trim(fx.store, 0);
	wait_all_gone();
	PQfinish(fx.session[0]);
	fx.session[0] = NULL;
	pg_plain(getenv("THIMBLE_TEST_PG_URL"), arena_printf(fx.arena, "CREATE DATABASE %s TEMPLATE %s", name, fx.database));
	copy = store_at(url);
	cr_expect_neq(database_of(copy), 0);
	cr_expect_neq(database_of(copy), here);
	cr_expect_eq(database_of(fx.store), here);
	store_free(&copy);
	free(url);
	pg_drop_database(name);
}

Test(feed, a_server_that_does_not_say_who_it_is)
{
	const char *role = arena_printf(fx.arena, "%s_role", fx.database);
	char *url = pg_url(fx.database, arena_printf(fx.arena, "&options=-c%%20role%%3D%s", role));
	struct store *store = store_at(url);
	struct feed *feed = feed_at(url, false);
	struct feed_report report;
	const char *error = "";

	(void)run(0, arena_printf(fx.arena, "CREATE ROLE %s; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s;"
	    "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC", role, role));
	cr_expect_eq(database_of(store), 0);
	cr_expect_eq(feed_read(feed, fx.arena, true, &report, &error), STORE_REFUSED);
	cr_expect(strstr(error, "pg_control_system") != NULL, "%s", error);
	store_free(&store);
	feed_free(&feed);
	(void)run(0, arena_printf(fx.arena, "DROP OWNED BY %s; DROP ROLE %s", role, role));
	free(url);
}
