/* SPDX-License-Identifier: MIT
 *
 * `thimblectl attach` and `detach`: the triggers by which the database tells
 * of changes (store/triggers.h).
 *
 * Patchwork goes on meanwhile.  On PostgreSQL each table is a transaction of
 * its own, and its lock is waited for only LOCK_MS: as long as a lock is
 * waited for, all writers of that table queue behind it.  Who does not get it
 * steps back and tries again.  Each step may be repeated, so that what was
 * broken off is finished by the next call.
 */
#include "config.h"

#include <getopt.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "ctl/ctl.h"
#include "proto/json.h"
#include "store/reviewboard.h"
#include "store/store.h"
#include "store/triggers.h"

enum { WAIT_DEFAULT_S = 600, WAIT_MAX_S = 7 * 24 * 3600, PAUSE_MS = 300, PAUSE_MAX_MS = 3000 };

#define LOCK_MS "100"

/* One call of attach or detach. */
struct task {
	const struct ctl *ctl;
	struct arena *arena;
	struct store *store;
	enum dialect dialect;
	struct triggers_place place;
	uint64_t until_ms;		/* when to give up */
	unsigned changed;		/* steps that were done */
	bool shown;			/* a line of progress is on the terminal */
};

static void
nap(unsigned ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000 * 1000 };

	(void)nanosleep(&t, NULL);
}

/* Progress is for people: one line that is written over. */
static void
show(struct task *task, const char *what, unsigned tries)
{
	if (!isatty(STDERR_FILENO)) {
		if (tries == 1)
			log_info("%s is in use; trying again", what);
		return;
	}
	(void)fprintf(stderr, "\r\033[K%s is in use; tried %u times", what, tries);
	task->shown = true;
}

static void
clear(struct task *task)
{
	if (task->shown)
		(void)fputs("\r\033[K", stderr);
	task->shown = false;
}

/* Asks one question in a snapshot of its own. */
static enum store_status
ask(struct task *task, struct sql *q, struct rows **rows_r, const char **error_r)
{
	struct snapshot *snapshot = NULL;
	enum store_status status = store_begin(task->store, task->arena, &snapshot, error_r);

	if (status != STORE_OK)
		return status;
	*rows_r = store_query(snapshot, q);
	status = store_flush_last(snapshot, error_r);
	store_end(&snapshot);
	return status;
}

/* Who stands in the way; "" when that cannot be told. */
static const char *
blockers(struct task *task, const char *table)
{
	struct sql *q = sql_new(task->arena, task->dialect);
	struct rows *rows = NULL;
	const char *error = "";

	if (task->dialect != DIALECT_POSTGRESQL || table == NULL)
		return "";
	sql_add(q, "SELECT string_agg(DISTINCT l.pid::text, ', ') FROM pg_locks l WHERE l.granted"
	    " AND l.relation = to_regclass(");
	sql_string(q, slice_str(table));
	sql_add(q, ") AND l.pid <> pg_backend_pid()");
	if (ask(task, q, &rows, &error) != STORE_OK || rows->count == 0 || rows_null(rows, 0, 0))
		return "";
	return arena_printf(task->arena, " (by the server's processes %.*s)", SLICE_ARG(rows_get(rows, 0, 0)));
}

/* One transaction, tried once. */
static enum store_status
try_step(struct task *task, const struct statements *list, const char **error_r)
{
	struct snapshot *snapshot = NULL;
	enum store_status status = store_begin_write(task->store, task->arena, &snapshot, error_r);
	struct sql *q;

	if (status != STORE_OK)
		return status;
	if (task->dialect == DIALECT_POSTGRESQL) {
		q = sql_new(task->arena, task->dialect);
		sql_add(q, "SET LOCAL lock_timeout = " LOCK_MS);
		(void)store_query(snapshot, q);
	}
	for (size_t i = 0; i < list->count; i++) {
		q = sql_new(task->arena, task->dialect);
		sql_add(q, list->text[i]);
		(void)store_query(snapshot, q);
	}
	return store_commit(&snapshot, error_r);
}

/* One transaction, tried until its locks are free: that of `table`, if not NULL.  An enum ctl_exit. */
static int
step(struct task *task, const char *table, const struct statements *list)
{
	const char *error = "", *what = table != NULL ? table : "the database";
	enum store_status status;
	unsigned pause = PAUSE_MS;

	if (list->count == 0)
		return CTL_OK;
	for (unsigned tries = 1; (status = try_step(task, list, &error)) == STORE_BUSY; tries++) {
		if (monotonic_ms() >= task->until_ms) {
			clear(task);
			return ctl_fail(task->ctl, "%s is in use%s: %s; what is done stays, run this again when it is free",
			    what, blockers(task, table), error);
		}
		show(task, what, tries);
		nap(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
	clear(task);
	if (status != STORE_OK)
		return ctl_fail(task->ctl, "%s: %s%s", what, error, status == STORE_REFUSED
		    ? "; the owner of Patchwork's tables may do this, see --url" : "");
	task->changed++;
	return CTL_OK;
}

/* Attaching ------------------------------------------------------------- */

static int
find_place(struct task *task)
{
	struct sql *q = sql_new(task->arena, task->dialect);
	struct rows *rows = NULL;
	const char *error = "";

	task->place = (struct triggers_place){ "", "" };
	if (task->dialect != DIALECT_POSTGRESQL)
		return CTL_OK;
	triggers_ask_place(q);
	if (ask(task, q, &rows, &error) != STORE_OK)
		return ctl_fail(task->ctl, "%s", error);
	if (rows->count != 1)
		return ctl_fail(task->ctl, "the database holds no table patchwork_patch");
	task->place.schema = arena_printf(task->arena, "%.*s", SLICE_ARG(rows_get(rows, 0, 0)));
	task->place.owner = arena_printf(task->arena, "%.*s", SLICE_ARG(rows_get(rows, 0, 1)));
	return CTL_OK;
}

static int
look(struct task *task, struct rows **rows_r, struct triggers_state *state_r)
{
	struct sql *q = sql_new(task->arena, task->dialect);
	const char *error = "";

	triggers_ask(q);
	if (ask(task, q, rows_r, &error) != STORE_OK)
		return ctl_fail(task->ctl, "%s", error);
	*state_r = triggers_judge(task->arena, *rows_r);
	return CTL_OK;
}

/* Our own tables and what stands in them from the start.  An enum ctl_exit. */
static int
make_tables(const struct task *task, struct statements *list)
{
	unsigned char key[RB_KEY_DIGITS / 2];
	char text[RB_KEY_DIGITS + 1];

	if (RAND_bytes(key, sizeof(key)) != 1)
		return ctl_fail(task->ctl, "there is no randomness for a key");
	for (size_t i = 0; i < sizeof(key); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", key[i]);
	triggers_make_tables(list, task->dialect, &task->place);
	rb_schema_key(list, task->dialect, &task->place, text);
	return CTL_OK;
}

/* SQLite has one lock: all in one transaction. */
static int
attach_file(struct task *task, const struct rows *rows)
{
	struct statements list = { .arena = task->arena };

	if (make_tables(task, &list) != CTL_OK)
		return CTL_FAILED;
	for (size_t i = 0; i < TRIGGERS_TABLES; i++)
		triggers_attach(&list, task->dialect, &task->place, rows, i);
	triggers_forget_all(&list, task->dialect, &task->place);
	return step(task, NULL, &list);
}

static int
attach_server(struct task *task, const struct rows *rows)
{
	struct statements list = { .arena = task->arena };
	int status = make_tables(task, &list);

	if (status == CTL_OK)
		status = step(task, NULL, &list);
	for (size_t i = 0; i < TRIGGERS_TABLES && status == CTL_OK; i++) {
		if (triggers_intact(rows, i))
			continue;
		list = (struct statements){ .arena = task->arena };
		triggers_attach(&list, task->dialect, &task->place, rows, i);
		status = step(task, triggers_table(i), &list);
	}
	if (status != CTL_OK)
		return status;
	/* What was changed before left no tags. */
	list = (struct statements){ .arena = task->arena };
	triggers_forget_all(&list, task->dialect, &task->place);
	return step(task, NULL, &list);
}

/* What an older version attached, or somebody deleted from. */
static int
complete(struct task *task)
{
	struct statements list = { .arena = task->arena };
	struct sql *q = sql_new(task->arena, task->dialect);
	struct rows *rows = NULL;
	const char *error = "";

	triggers_ask_rows(q);
	/* Who may not even look cannot do anything about it. */
	if (ask(task, q, &rows, &error) != STORE_OK || rows_bool(rows, 0, 0))
		return CTL_OK;
	return make_tables(task, &list) == CTL_OK ? step(task, NULL, &list) : CTL_FAILED;
}

static int
attach(struct task *task)
{
	struct triggers_state state = { 0 };
	struct rows *rows = NULL;
	int status = find_place(task);

	if (status == CTL_OK)
		status = look(task, &rows, &state);
	if (status != CTL_OK)
		return status;
	if (state.intact)
		return complete(task);
	status = task->dialect == DIALECT_SQLITE ? attach_file(task, rows) : attach_server(task, rows);
	if (status == CTL_OK)
		status = look(task, &rows, &state);
	if (status == CTL_OK && !state.intact)
		return ctl_fail(task->ctl, "%s, although it was just made: does something else change the database?",
		    state.problem);
	return status;
}

/* Detaching ------------------------------------------------------------- */

/* The review requests that would be lost; -1 when that cannot be told. */
static int64_t
count_reviews(struct task *task, const char **error_r)
{
	struct sql *q = sql_new(task->arena, task->dialect);
	struct rows *rows = NULL;

	rb_schema_ask(q);
	if (ask(task, q, &rows, error_r) != STORE_OK)
		return -1;
	if (!rows_bool(rows, 0, 0))
		return 0;
	q = sql_new(task->arena, task->dialect);
	sql_add(q, "SELECT count(*) FROM thimble_rb_request");
	return ask(task, q, &rows, error_r) == STORE_OK ? rows_int(rows, 0, 0) : -1;
}

/* What attach made can be made again, but not what was posted. */
static int
spare_reviews(struct task *task)
{
	const char *error = "";
	int64_t count = count_reviews(task, &error);

	if (count < 0)
		return ctl_fail(task->ctl, "%s", error);
	if (count > 0)
		return ctl_fail(task->ctl, "%lld review request%s with all diffs would be lost; --drop-reviews says that this is meant,"
		    " --keep-reviews leaves them where they are",
		    (long long)count, count == 1 ? "" : "s");
	return CTL_OK;
}

static int
detach(struct task *task, bool keep_reviews)
{
	struct sql *q = sql_new(task->arena, task->dialect);
	struct rows *rows = NULL;
	const char *error = "";
	int status = CTL_OK;

	triggers_ask_detach(q, keep_reviews);
	if (ask(task, q, &rows, &error) != STORE_OK)
		return ctl_fail(task->ctl, "%s", error);
	for (int i = 0; i < rows->count && status == CTL_OK; ) {
		struct statements list = { .arena = task->arena };
		struct slice table = rows_get(rows, i, 0);

		do
			statements_add(&list, arena_printf(task->arena, "%.*s", SLICE_ARG(rows_get(rows, i, 1))));
		while (++i < rows->count && slice_eq(rows_get(rows, i, 0), table));
		status = step(task, table.n > 0 ? arena_printf(task->arena, "%.*s", SLICE_ARG(table)) : NULL, &list);
	}
	return status;
}

/* The commands ---------------------------------------------------------- */

struct choices {
	unsigned wait_s;
	const char *url;		/* NULL: that of the configuration */
	bool check;			/* look, and change nothing */
	bool drop_reviews, keep_reviews;
};

static struct task
task_new(struct ctl *ctl, struct store *store, unsigned wait_s)
{
	return (struct task){
		.ctl = ctl,
		.arena = ctl->arena,
		.store = store,
		.dialect = store_dialect(store),
		.until_ms = monotonic_ms() + (uint64_t)wait_s * 1000,
	};
}

int
attach_all(struct ctl *ctl, struct store *store)
{
	struct task task = task_new(ctl, store, WAIT_DEFAULT_S);

	return attach(&task);
}

static void
report(const struct ctl *ctl, bool attached, bool changed, bool kept)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	if (!ctl->json) {
		if (attached)
			(void)puts(changed ? "The database tells of every change now." : "The triggers are all in place.");
		else
			(void)puts(kept ? "Nothing of thimble's is left in the database but the tables of reviews."
			    : changed ? "Nothing of thimble's is left in the database." : "There was nothing of thimble's.");
		return;
	}
	json_open(&j, '{');
	json_key(&j, "attached");
	json_bool(&j, attached);
	json_key(&j, "changed");
	json_bool(&j, changed);
	json_close(&j, '}');
	ctl_print(&out);
}

/* `attach --check` */
static int
check(struct task *task)
{
	struct triggers_state state = { 0 };
	struct rows *rows = NULL;
	int status = look(task, &rows, &state);

	if (status != CTL_OK)
		return status;
	if (task->ctl->json)
		(void)printf("{\"attached\": %s, \"mark\": \"%016llx\"}\n", state.intact ? "true" : "false",
		    (unsigned long long)state.mark);
	else if (state.intact)
		(void)puts("The triggers are all in place.");
	if (state.intact)
		return CTL_OK;
	if (!task->ctl->json)
		(void)fprintf(stderr, "thimblectl: %s%s; run thimblectl attach\n",
		    state.any ? "not all triggers are in place: " : "not attached", state.any ? state.problem : "");
	return CTL_FAILED;
}

/* An enum ctl_exit. */
static int
parse(const struct ctl *ctl, int argc, char **argv, bool attaches, struct choices *choices_r)
{
	static const struct option options[] = {
		{ "wait", required_argument, NULL, 'w' },
		{ "url", required_argument, NULL, 'u' },
		{ "check", no_argument, NULL, 'c' },
		{ "drop-reviews", no_argument, NULL, 'd' },
		{ "keep-reviews", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 }
	};
	uint64_t wait = WAIT_DEFAULT_S;
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'c' && attaches)
			choices_r->check = true;
		else if (c == 'd' && !attaches)
			choices_r->drop_reviews = true;
		else if (c == 'k' && !attaches)
			choices_r->keep_reviews = true;
		else if (c == 'u')
			choices_r->url = optarg;
		else if (c != 'w')
			return ctl_misused(ctl, "%s does not know %s", argv[0], argv[optind - 1]);
		else if (slice_uint(slice_str(optarg), WAIT_MAX_S, &wait) < 0)
			return ctl_misused(ctl, "--wait takes up to %d seconds, but was given %s", WAIT_MAX_S, optarg);
	}
	if (optind < argc)
		return ctl_misused(ctl, "%s takes no argument, but was given %s", argv[0], argv[optind]);
	if (choices_r->drop_reviews && choices_r->keep_reviews)
		return ctl_misused(ctl, "detach can keep review requests or drop them, not both");
	choices_r->wait_s = (unsigned)wait;
	return CTL_OK;
}

static int
run(struct ctl *ctl, int argc, char **argv, bool attaches)
{
	struct choices choices = { 0 };
	struct store *store;
	struct task task;
	int status = parse(ctl, argc, argv, attaches, &choices);

	if (status != CTL_OK)
		return status;
	store = ctl_store(ctl, choices.url);
	if (store == NULL)
		return CTL_FAILED;
	task = task_new(ctl, store, choices.wait_s);
	if (choices.check) {
		status = check(&task);
	} else {
		status = attaches || choices.drop_reviews || choices.keep_reviews ? CTL_OK : spare_reviews(&task);
		if (status == CTL_OK)
			status = attaches ? attach(&task) : detach(&task, choices.keep_reviews);
		if (status == CTL_OK)
			report(ctl, attaches, task.changed > 0, choices.keep_reviews);
	}
	store_free(&store);
	return status;
}

int
attach_command(struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, true);
}

int
detach_command(struct ctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, false);
}
