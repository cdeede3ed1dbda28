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
#include "ctl/follow.h"
#include "proto/json.h"
#include "proto/moment.h"
#include "store/store.h"

enum {
	LAST_DEFAULT = 30, LAST_MAX = 10000,
	LOOK_MS = 250,
	PAGE = 1000,			/* rows of one look */
	LATE_IDS = 100000,		/* before the last: where rows of transactions under way may be missing */
	LATE_HOLES = FOLLOW_HOLES_MAX / 4
};

static const char *const categories[] = {
	"cover-created", "patch-created", "patch-completed", "patch-state-changed", "patch-delegated",
	"patch-relation-changed", "check-created", "series-created", "series-completed", "cover-comment-created",
	"patch-comment-created"
};

/* Of a row, as columns_text has them. */
enum column {
	ID, CATEGORY, DATE, PROJECT_ID, PROJECT_LINK_NAME, PROJECT_NAME, ACTOR_ID, ACTOR, COVER_ID, COVER, PATCH_ID, PATCH,
	SERIES_ID, SERIES, PREVIOUS_STATE, CURRENT_STATE, PREVIOUS_DELEGATE_ID, PREVIOUS_DELEGATE, CURRENT_DELEGATE_ID,
	CURRENT_DELEGATE, CHECK_ID, CHECK_CONTEXT, CHECK_STATE, COVER_COMMENT_ID, PATCH_COMMENT_ID
};

static const char columns_text[] = "SELECT e.id, e.category, e.date, e.project_id, project.linkname, project.name,"
    " e.actor_id, actor.username, e.cover_id, cover.name, e.patch_id, patch.name, e.series_id, series.name,"
    " before.slug, after.slug, e.previous_delegate_id, earlier.username, e.current_delegate_id, later.username,"
    " e.created_check_id, checked.context, checked.state, e.cover_comment_id, e.patch_comment_id FROM (SELECT * FROM ";

static const char joins_text[] = ") e LEFT JOIN patchwork_project project ON project.id = e.project_id"
    " LEFT JOIN auth_user actor ON actor.id = e.actor_id LEFT JOIN patchwork_cover cover ON cover.id = e.cover_id"
    " LEFT JOIN patchwork_patch patch ON patch.id = e.patch_id"
    " LEFT JOIN patchwork_series series ON series.id = e.series_id"
    " LEFT JOIN patchwork_state before ON before.id = e.previous_state_id"
    " LEFT JOIN patchwork_state after ON after.id = e.current_state_id"
    " LEFT JOIN auth_user earlier ON earlier.id = e.previous_delegate_id"
    " LEFT JOIN auth_user later ON later.id = e.current_delegate_id"
    " LEFT JOIN patchwork_check checked ON checked.id = e.created_check_id ORDER BY e.id";

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

/* Printing -------------------------------------------------------------- */

/* Text of others on somebody's terminal: without what would steer it. */
static void
put_plain(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool c1 = c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0;

		if (c < ' ' || c == 0x7f || c1)
			buf_byte(out, '?');
		else
			buf_byte(out, text.p[i]);
		i += c1;
	}
}

static struct slice
check_state(struct slice number)
{
	static const char *const names[] = { "pending", "success", "warning", "fail" };
	uint64_t n;

	return slice_uint(number, 3, &n) < 0 ? SLICE_NONE : slice_str(names[n]);
}

/* ` patch 42 "name"`, if there is one. */
static void
put_named(struct buf *out, const struct rows *rows, int row, const char *what, enum column id)
{
	if (rows_null(rows, row, (int)id))
		return;
	buf_printf(out, " %s %.*s", what, SLICE_ARG(rows_get(rows, row, (int)id)));
	if (rows_null(rows, row, (int)id + 1))
		return;
	buf_str(out, " \"");
	put_plain(out, rows_get(rows, row, (int)id + 1));
	buf_byte(out, '"');
}

static void
put_or_none(struct buf *out, struct slice text)
{
	put_plain(out, text.p != NULL ? text : SLICE("none"));
}

static void
put_change(struct buf *out, const struct rows *rows, int row, enum column from, enum column to)
{
	buf_str(out, ": ");
	put_or_none(out, rows_get(rows, row, (int)from));
	buf_str(out, " -> ");
	put_or_none(out, rows_get(rows, row, (int)to));
}

/* For people. */
static void
put_line(struct buf *out, const struct rows *rows, int row)
{
	struct slice category = rows_get(rows, row, CATEGORY), date = rows_get(rows, row, DATE);

	put_plain(out, slice_make(date.p, date.n < 19 ? date.n : 19));
	buf_printf(out, "  %.*s  ", SLICE_ARG(rows_get(rows, row, ID)));
	put_or_none(out, rows_get(rows, row, PROJECT_LINK_NAME));
	buf_str(out, "  ");
	put_plain(out, category);
	buf_byte(out, ' ');
	put_named(out, rows, row, "cover", COVER_ID);
	put_named(out, rows, row, "patch", PATCH_ID);
	put_named(out, rows, row, "series", SERIES_ID);
	if (slice_is(category, "patch-state-changed"))
		put_change(out, rows, row, PREVIOUS_STATE, CURRENT_STATE);
	else if (slice_is(category, "patch-delegated"))
		put_change(out, rows, row, PREVIOUS_DELEGATE, CURRENT_DELEGATE);
	if (!rows_null(rows, row, CHECK_ID)) {
		put_named(out, rows, row, "check", CHECK_ID);
		buf_str(out, ": ");
		put_or_none(out, check_state(rows_get(rows, row, CHECK_STATE)));
	}
	if (!rows_null(rows, row, COVER_COMMENT_ID))
		buf_printf(out, " comment %.*s", SLICE_ARG(rows_get(rows, row, COVER_COMMENT_ID)));
	if (!rows_null(rows, row, PATCH_COMMENT_ID))
		buf_printf(out, " comment %.*s", SLICE_ARG(rows_get(rows, row, PATCH_COMMENT_ID)));
	if (!rows_null(rows, row, ACTOR_ID)) {
		buf_str(out, " by ");
		put_or_none(out, rows_get(rows, row, ACTOR));
	}
}

static void
json_text(struct json *j, const char *key, struct slice text)
{
	json_key(j, key);
	if (text.p == NULL)
		json_null(j);
	else
		json_string(j, text);
}

static void
json_id(struct json *j, const struct rows *rows, int row, enum column id)
{
	json_open(j, '{');
	json_key(j, "id");
	json_int(j, rows_int(rows, row, (int)id));
}

/* An id and the name in the next column; null without an id. */
static void
json_named(struct json *j, const char *key, const struct rows *rows, int row, enum column id, const char *name)
{
	json_key(j, key);
	if (rows_null(rows, row, (int)id)) {
		json_null(j);
		return;
	}
	json_id(j, rows, row, id);
	json_text(j, name, rows_get(rows, row, (int)id + 1));
	json_close(j, '}');
}

static void
json_comment(struct json *j, const struct rows *rows, int row, enum column id)
{
	if (rows_null(rows, row, (int)id))
		return;
	json_key(j, "comment");
	json_id(j, rows, row, id);
	json_close(j, '}');
}

static void
json_check(struct json *j, const struct rows *rows, int row)
{
	json_key(j, "check");
	json_id(j, rows, row, CHECK_ID);
	json_text(j, "state", check_state(rows_get(rows, row, CHECK_STATE)));
	json_text(j, "context", rows_get(rows, row, CHECK_CONTEXT));
	json_close(j, '}');
}

/* Fields and their order as the API has them (patchwork-api.md, 3.11). */
static void
json_payload(struct json *j, const struct rows *rows, int row)
{
	struct slice category = rows_get(rows, row, CATEGORY);

	json_open(j, '{');
	if (!rows_null(rows, row, COVER_ID))
		json_named(j, "cover", rows, row, COVER_ID, "name");
	if (!rows_null(rows, row, PATCH_ID))
		json_named(j, "patch", rows, row, PATCH_ID, "name");
	if (!rows_null(rows, row, SERIES_ID))
		json_named(j, "series", rows, row, SERIES_ID, "name");
	if (slice_is(category, "patch-state-changed")) {
		json_text(j, "previous_state", rows_get(rows, row, PREVIOUS_STATE));
		json_text(j, "current_state", rows_get(rows, row, CURRENT_STATE));
	} else if (slice_is(category, "patch-delegated")) {
		json_named(j, "previous_delegate", rows, row, PREVIOUS_DELEGATE_ID, "username");
		json_named(j, "current_delegate", rows, row, CURRENT_DELEGATE_ID, "username");
	} else if (slice_is(category, "patch-relation-changed")) {
		json_text(j, "previous_relation", SLICE_NONE);
		json_text(j, "current_relation", SLICE_NONE);
	}
	if (!rows_null(rows, row, CHECK_ID))
		json_check(j, rows, row);
	json_comment(j, rows, row, COVER_COMMENT_ID);
	json_comment(j, rows, row, PATCH_COMMENT_ID);
	json_close(j, '}');
}

static void
put_json(struct buf *out, const struct rows *rows, int row)
{
	struct json j = json_writer(out, 0);
	struct slice date = rows_get(rows, row, DATE);
	struct buf text = { 0 };

	json_id(&j, rows, row, ID);
	json_text(&j, "category", rows_get(rows, row, CATEGORY));
	json_key(&j, "project");
	json_id(&j, rows, row, PROJECT_ID);
	json_text(&j, "name", rows_get(rows, row, PROJECT_NAME));
	json_text(&j, "link_name", rows_get(rows, row, PROJECT_LINK_NAME));
	json_close(&j, '}');
	json_text(&j, "date", moment_put_json(&text, date) == 0 ? buf_as_slice(&text) : date);
	buf_fini(&text);
	json_named(&j, "actor", rows, row, ACTOR_ID, "username");
	json_key(&j, "payload");
	json_payload(&j, rows, row);
	json_close(&j, '}');
}

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
	return (e->category == NULL || slice_is(rows_get(rows, row, CATEGORY), e->category))
	    && (e->project == NULL || rows_int(rows, row, PROJECT_ID) == e->project_id);
}

static int
print(struct events *e, const struct rows *rows, int row)
{
	if (!wanted(e, rows, row))
		return CTL_OK;
	buf_reset(&e->line);
	if (e->ctl->json)
		put_json(&e->line, rows, row);
	else
		put_line(&e->line, rows, row);
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

	sql_add(q, columns_text);
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
	sql_add(q, joins_text);
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

	sql_add(q, columns_text);
	sql_add(q, "unnest(");
	sql_string(q, slice_str(array(l->arena, &e->follow, false)));
	sql_add(q, "::int8[], ");
	sql_string(q, slice_str(array(l->arena, &e->follow, true)));
	sql_addf(q, "::int8[]) AS hole (first_id, last_id) CROSS JOIN LATERAL (SELECT * FROM patchwork_event"
	    " WHERE id BETWEEN first_id AND last_id ORDER BY id LIMIT %d) inside ORDER BY id LIMIT %d", PAGE, PAGE);
	sql_add(q, joins_text);
	l->late = store_query(l->snapshot, q);
}

static void
ask_new(struct look *l, const struct events *e)
{
	struct sql *q = sql_new(l->arena, e->dialect);

	sql_add(q, columns_text);
	sql_add(q, "patchwork_event WHERE id > ");
	sql_int(q, e->follow.high);
	sql_addf(q, " ORDER BY id LIMIT %d", PAGE);
	sql_add(q, joins_text);
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
	uint64_t id;

	if (status == STORE_OK) {
		q = sql_new(l.arena, e->dialect);
		sql_add(q, "SELECT id FROM patchwork_project WHERE ");
		if (slice_uint(slice_str(e->project), INT64_MAX, &id) == 0) {
			sql_add(q, "id = ");
			sql_int(q, (int64_t)id);
		} else {
			sql_equals_nocase(q, "linkname", slice_str(e->project));
		}
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
		enum follow_verdict verdict = follow_take(&e->follow, rows_int(rows, i, ID));

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

static bool
is_category(const char *text)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		if (strcmp(text, categories[i]) == 0)
			return true;
	return false;
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
	if (e->category != NULL && !is_category(e->category))
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
