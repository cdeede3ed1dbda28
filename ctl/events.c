/* SPDX-License-Identifier: MIT
 *
 * `thimblectl events`: what happened, out of Patchwork's own table of it, and
 * with --follow whatever comes.  follow.h tells which rows are new.
 *
 * Looks four times a second.  The database may go away meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "ctl/event.h"
#include "ctl/follow.h"
#include "ctl/query.h"
#include "store/store.h"

enum {
	LAST_DEFAULT = 30, LAST_MAX = 10000,
	LOOK_MS = 250,
	PAGE = 1000,			/* rows of one look */
	LATE_IDS = 100000,		/* before the last: where rows of transactions under way may be missing */
	LATE_HOLES = FOLLOW_HOLES_MAX / 4
};

struct events {
	struct ctl *ctl;
	struct store *store;
	enum dialect dialect;
	uint64_t last;			/* how many of those that are there already */
	const char *project;		/* as given; NULL: all */
	const char *category;
	int64_t project_id;
	bool goes_on;
	bool closed;			/* nobody reads what we print */
	bool held;			/* said that some are held back */
	bool failing;			/* said that the database cannot be asked */
	struct buf line;
	struct follow follow;
};

/* One look, in a snapshot of its own; the rows are in the arena. */
struct look {
	struct arena *arena;
	struct snapshot *snapshot;
	const struct rows *bounds;	/* highest id, xmin, xmax */
	const struct rows *late, *rows;	/* those of holes, those above all */
	const struct rows *holes;	/* of the first look */
};

/* Writing --------------------------------------------------------------- */

/* Writes the line at once: who reads it line by line shall have it now.  An enum ctl_exit. */
static int
write_line(struct events *e)
{
	struct slice rest = buf_as_slice(&e->line);

	while (rest.n > 0) {
		ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);
		struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (n > 0)
			rest = slice_from(rest, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			(void)poll(&out, 1, -1);
		else if (n < 0 && errno == EPIPE)
			e->closed = true;
		else if (n < 0 && errno != EINTR)
			return ctl_fail(e->ctl, "standard output cannot be written: %s", strerror(errno));
		if (e->closed)
			return CTL_OK;
	}
	return CTL_OK;
}

static bool
wanted(const struct events *e, const struct rows *rows, int row)
{
	return (e->category == NULL || slice_is(rows_get(rows, row, EVENT_CATEGORY), e->category))
	    && (e->project == NULL || rows_int(rows, row, EVENT_PROJECT_ID) == e->project_id);
}

static int
print(struct events *e, const struct rows *rows, int row)
{
	if (!wanted(e, rows, row))
		return CTL_OK;
	buf_reset(&e->line);
	if (e->ctl->json)
		event_put_json(&e->line, rows, row);
	else
		event_put_line(&e->line, rows, row);
	buf_byte(&e->line, '\n');
	return write_line(e);
}

/* Asking ---------------------------------------------------------------- */

static struct rows *
query(struct look *l, const struct events *e, const char *text)
{
	struct sql *q = sql_new(l->arena, e->dialect);

	sql_add(q, text);
	return store_query(l->snapshot, q);
}

static void
ask_bounds(struct look *l, const struct events *e)
{
	l->bounds = query(l, e, e->dialect == DIALECT_SQLITE
	    ? "SELECT coalesce(max(id), 0), 0, 0 FROM patchwork_event"
	    : "SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot()),"
	    " pg_snapshot_xmax(pg_current_snapshot()) FROM patchwork_event");
}

/* Those of the end that are wanted, and where some may be missing. */
static void
ask_last(struct look *l, const struct events *e)
{
	struct sql *q = sql_new(l->arena, e->dialect);

	event_select(q);
	sql_add(q, "patchwork_event WHERE ");
	if (e->category != NULL) {
		sql_add(q, "category = ");
		sql_string(q, slice_str(e->category));
		sql_add(q, " AND ");
	}
	if (e->project != NULL) {
		sql_add(q, "project_id = ");
		sql_int(q, e->project_id);
		sql_add(q, " AND ");
	}
	sql_add(q, "id > 0 ORDER BY id DESC LIMIT ");
	sql_int(q, (int64_t)e->last);
	event_joins(q);
	l->rows = store_query(l->snapshot, q);
	if (!e->goes_on || e->dialect == DIALECT_SQLITE)
		return;
	q = sql_new(l->arena, e->dialect);
	sql_addf(q, "SELECT * FROM (SELECT before + 1, id - 1 FROM (SELECT id, lag(id) OVER (ORDER BY id) AS before"
	    " FROM patchwork_event WHERE id > (SELECT max(id) FROM patchwork_event) - %d) ids WHERE id > before + 1"
	    " ORDER BY id DESC LIMIT %d) gaps ORDER BY 1", LATE_IDS, LATE_HOLES);
	l->holes = store_query(l->snapshot, q);
}

static const char *
array(struct arena *arena, const struct follow *f, bool last)
{
	struct buf text = { 0 };
	const char *copy;

	buf_byte(&text, '{');
	for (size_t i = 0; i < f->count; i++) {
		if (i > 0)
			buf_byte(&text, ',');
		buf_int(&text, last ? f->hole[i].last : f->hole[i].first);
	}
	buf_byte(&text, '}');
	copy = arena_memdup(arena, text.data, text.len);
	buf_fini(&text);
	return copy;
}

/*
 * What is in holes by now.  Each hole is a walk along the index: a plain join would leave it to the
 * planner, which might walk all events instead.
 */
static void
ask_late(struct look *l, const struct events *e)
{
	struct sql *q = sql_new(l->arena, e->dialect);

	event_select(q);
	sql_add(q, "unnest(");
	sql_string(q, slice_str(array(l->arena, &e->follow, false)));
	sql_add(q, "::int8[], ");
	sql_string(q, slice_str(array(l->arena, &e->follow, true)));
	sql_addf(q, "::int8[]) AS hole (first_id, last_id) CROSS JOIN LATERAL (SELECT * FROM patchwork_event"
	    " WHERE id BETWEEN first_id AND last_id ORDER BY id LIMIT %d) inside ORDER BY id LIMIT %d", PAGE, PAGE);
	event_joins(q);
	l->late = store_query(l->snapshot, q);
}

static void
ask_new(struct look *l, const struct events *e)
{
	struct sql *q = sql_new(l->arena, e->dialect);

	event_select(q);
	sql_add(q, "patchwork_event WHERE id > ");
	sql_int(q, e->follow.high);
	sql_addf(q, " ORDER BY id LIMIT %d", PAGE);
	event_joins(q);
	l->rows = store_query(l->snapshot, q);
}

static enum store_status
begin(struct look *l, struct events *e, const char **error_r)
{
	*l = (struct look){ .arena = arena_new() };
	return store_begin(e->store, l->arena, &l->snapshot, error_r);
}

static enum store_status
find_project(struct events *e, bool *found_r, const char **error_r)
{
	struct look l;
	enum store_status status = begin(&l, e, error_r);
	const struct rows *rows;
	struct sql *q;

	if (status == STORE_OK) {
		q = sql_new(l.arena, e->dialect);
		query_put_project(q, e->project);
		rows = store_query(l.snapshot, q);
		status = store_flush_last(l.snapshot, error_r);
		*found_r = rows->count > 0;
		if (*found_r)
			e->project_id = rows_int(rows, 0, 0);
	}
	if (status != STORE_OK)
		*error_r = arena_strdup(e->ctl->arena, *error_r);
	arena_free(&l.arena);
	return status;
}

/* Looks ----------------------------------------------------------------- */

static int
take_first(struct events *e, const struct look *l)
{
	int status = CTL_OK;

	follow_start(&e->follow, e->dialect == DIALECT_SQLITE, rows_int(l->bounds, 0, 0));
	for (int i = 0; l->holes != NULL && i < l->holes->count; i++)
		(void)follow_hole(&e->follow, rows_int(l->holes, i, 0), rows_int(l->holes, i, 1));
	for (int i = 0; i < l->rows->count && status == CTL_OK && !e->closed; i++)
		status = print(e, l->rows, i);
	return status;
}

static int
first_look(struct events *e)
{
	const char *error = "";
	struct look l;
	enum store_status status = begin(&l, e, &error);
	int done;

	if (status == STORE_OK) {
		ask_bounds(&l, e);
		ask_last(&l, e);
		status = store_flush_last(l.snapshot, &error);
	}
	done = status == STORE_OK ? take_first(e, &l) : ctl_fail(e->ctl, "%s", error);
	arena_free(&l.arena);
	return done;
}

static void
hold_back(struct events *e)
{
	if (!e->held)
		log_warnx("transactions are under way since %d events and more that came out of order: what is new is held back"
		    " until they have ended", FOLLOW_HOLES_MAX);
	e->held = true;
}

/* Prints those that are new; *held_r: not all could be taken. */
static int
take(struct events *e, const struct rows *rows, bool *held_r)
{
	int status = CTL_OK;

	for (int i = 0; rows != NULL && i < rows->count && status == CTL_OK && !e->closed && !*held_r; i++) {
		enum follow_verdict verdict = follow_take(&e->follow, rows_int(rows, i, EVENT_ID));

		*held_r = verdict == FOLLOW_HELD;
		if (verdict == FOLLOW_NEW)
			status = print(e, rows, i);
	}
	return status;
}

/* *full_r: there is more, now. */
static int
take_all(struct events *e, const struct look *l, bool *full_r)
{
	bool held = false;
	int status = take(e, l->late, &held);

	if (status == CTL_OK)
		status = take(e, l->rows, &held);
	*full_r = !held && (l->rows->count == PAGE || (l->late != NULL && l->late->count == PAGE));
	if (held)
		hold_back(e);
	else
		e->held = false;
	if (!*full_r)
		follow_settle(&e->follow, (uint64_t)rows_int(l->bounds, 0, 1), (uint64_t)rows_int(l->bounds, 0, 2));
	return status;
}

/* What the store does not say by itself. */
static void
note(struct events *e, enum store_status status, const char *error)
{
	bool said = status == STORE_AWAY || status == STORE_REFUSED;

	if (status == STORE_OK && e->failing)
		log_info("the database answers again");
	else if (status != STORE_OK && !said && !e->failing)
		log_warnx("the database cannot be asked, trying again: %s", error);
	e->failing = status != STORE_OK && (e->failing || !said);
}

static int
next_look(struct events *e, bool *full_r)
{
	const char *error = "";
	struct look l;
	enum store_status status = begin(&l, e, &error);
	int done = CTL_OK;

	*full_r = false;
	if (status == STORE_OK) {
		ask_bounds(&l, e);
		if (e->follow.count > 0)
			ask_late(&l, e);
		ask_new(&l, e);
		status = store_flush_last(l.snapshot, &error);
	}
	note(e, status, error);
	if (status == STORE_OK) {
		done = take_all(e, &l, full_r);
		follow_lower(&e->follow, rows_int(l.bounds, 0, 0));
	}
	arena_free(&l.arena);
	return done;
}

/* Waits until it is time to look again; notices when nobody reads us any more. */
static void
rest(struct events *e)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	/* Without a question of ours it tells of errors only, which for a pipe means: closed. */
	if (poll(&out, 1, LOOK_MS) > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		e->closed = true;
}

static int
go_on(struct events *e)
{
	int status = CTL_OK;
	bool full = false;

	while (status == CTL_OK && !e->closed) {
		if (!full)
			rest(e);
		if (!e->closed)
			status = next_look(e, &full);
	}
	return status;
}

/* The command ----------------------------------------------------------- */

/* Nothing is left to be done: a line that was begun is written by then, or as good as nobody's. */
static void
leave(int signal_number)
{
	(void)signal_number;
	_exit(CTL_OK);
}

static void
catch_signals(void)
{
	const struct sigaction ends = { .sa_handler = leave }, ignored = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGINT, &ends, NULL);
	(void)sigaction(SIGTERM, &ends, NULL);
	(void)sigaction(SIGPIPE, &ignored, NULL);
}

static int
parse(struct events *e, int argc, char **argv)
{
	static const struct option options[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "project", required_argument, NULL, 'p' },
		{ "category", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+fn:", options, NULL)) != -1) {
		if (c == 'f')
			e->goes_on = true;
		else if (c == 'j')
			e->ctl->json = true;
		else if (c == 'p')
			e->project = optarg;
		else if (c == 'c')
			e->category = optarg;
		else if (c != 'n')
			return ctl_misused(e->ctl, "events does not know %s", argv[optind - 1]);
		else if (slice_uint(slice_str(optarg), LAST_MAX, &e->last) < 0)
			return ctl_misused(e->ctl, "-n takes up to %d events, but was given %s", LAST_MAX, optarg);
	}
	if (optind < argc)
		return ctl_misused(e->ctl, "events takes no argument, but was given %s", argv[optind]);
	if (e->category != NULL && !event_is_category(e->category))
		return ctl_misused(e->ctl, "there is no category %s; see thimblectl(1)", e->category);
	return CTL_OK;
}

static int
run(struct events *e)
{
	const char *error = "";
	bool found = true;
	int status;

	if (e->project != NULL && find_project(e, &found, &error) != STORE_OK)
		return ctl_fail(e->ctl, "%s", error);
	if (!found)
		return ctl_fail(e->ctl, "there is no project %s", e->project);
	catch_signals();
	status = first_look(e);
	if (status == CTL_OK && e->goes_on)
		status = go_on(e);
	return status;
}

int
events_command(struct ctl *ctl, int argc, char **argv)
{
	struct events e = { .ctl = ctl, .last = LAST_DEFAULT };
	int status = parse(&e, argc, argv);

	if (status != CTL_OK)
		return status;
	e.store = ctl_store(ctl, NULL);
	if (e.store == NULL)
		return CTL_FAILED;
	e.dialect = store_dialect(e.store);
	status = run(&e);
	store_free(&e.store);
	buf_fini(&e.line);
	return status;
}
