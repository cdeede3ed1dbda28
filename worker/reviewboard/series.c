/* SPDX-License-Identifier: MIT
 *
 * A draft's DS as a series of the tracker (reviewboard-api.md, section 4): the rows that mails with the same
 * commits would have left, in the order in which mails leave them.  See bridge.h and series.h.
 *
 * Message ids tell what was made already (`rr.REQUEST.vREVISION.NUMBER`), so that nothing is made twice.
 */
#include "config.h"

#include "worker/reviewboard/series.h"

#include "base/arena.h"
#include "base/monotonic.h"
#include "proto/diff_hash.h"
#include "proto/text.h"
#include "worker/tags.h"

enum { REFERENCE_ROWS = SQL_PARAMS_MAX / 3, PATCH_ROWS = SQL_PARAMS_MAX / 14 };

/* ---- what was made already ---- */

static struct slice
first_msgid(const struct series_making *m)
{
	struct buf text = { 0 };
	struct slice id;

	review_mail_id(&text, &m->mail, m->mail.cover ? 0 : 1);
	id = arena_slice(m->arena, buf_as_slice(&text));
	buf_fini(&text);
	return id;
}

/* Columns of query_made. */
enum { MADE_SERIES, MADE_HEADERS };

static struct rows *
query_made(struct series_making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT r.series_id, p.headers FROM patchwork_seriesreference r LEFT JOIN patchwork_patch p "
	    "ON p.series_id = r.series_id AND p.number = 1 WHERE r.project_id = ");
	sql_int(q, m->project);
	sql_add(q, " AND r.msgid = ");
	sql_string(q, first_msgid(m));
	return rb_query(m->w, q);
}

/* The same commits, and not those of a review request that once had the number.  False: answered. */
static bool
was_made(struct series_making *m, const struct rows *made)
{
	struct slice headers = rows_get(made, 0, MADE_HEADERS), line;
	const char *wanted = arena_printf(m->arena, "X-Review-Commit: %.*s", SLICE_ARG(m->patches[0].commit.id));

	while (headers.n > 0 && slice_cut(&headers, '\n', &line)) {
		if (slice_is(line, wanted)) {
			m->series = rows_int(made, 0, MADE_SERIES);
			return true;
		}
	}
	(void)rb_fail_message(m->w->rb, 225, arena_printf(m->arena, "Error publishing: There is a message %.*s already.",
	    SLICE_ARG(first_msgid(m))));
	return false;
}

/* ---- the person who posts ---- */

static struct rows *
query_person(struct series_making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT p.id, p.user_id FROM patchwork_person p WHERE ");
	sql_equals_nocase(q, "p.email", m->mail.from.email);
	sql_add(q, " ORDER BY p.id LIMIT 1");
	return rb_query(m->w, q);
}

static void
insert_person(struct series_making *m)
{
	const int64_t *user = m->has_submitter ? &m->w->request->submitter : NULL;
	struct sql *q = rb_sql(m->w);

	sql_add(q, "INSERT INTO patchwork_person (email, name, user_id) VALUES (");
	sql_string(q, m->mail.from.email);
	rb_add_text(q, m->mail.from.name);
	sql_add(q, ", ");
	sql_int_or_null(q, user);
	/* another one may just be making it */
	sql_add(q, ") ON CONFLICT DO NOTHING");
	(void)rb_query(m->w, q);
}

static void
link_person(struct series_making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "UPDATE patchwork_person SET user_id = ");
	sql_int(q, m->w->request->submitter);
	sql_add(q, " WHERE user_id IS NULL AND id = ");
	sql_int(q, m->person);
	(void)rb_query(m->w, q);
	written_object(&m->w->written, "patchwork_person", m->person);
	written_user(&m->w->written, m->w->request->submitter);
}

/* Of the person that `found` has, or that is made.  False: answered. */
static bool
find_person(struct series_making *m, struct rows *found)
{
	if (found->count == 0) {
		insert_person(m);
		found = query_person(m);
		if (!rb_flush(m->w))
			return false;
		if (found->count == 0) {
			(void)rb_fail_message(m->w->rb, 225, "Error publishing: There is no person for the submitter.");
			return false;
		}
		written_collection(&m->w->written, "patchwork_person", rows_int(found, 0, 0), 0);
		written_user(&m->w->written, m->w->request->submitter);
	}
	m->person = rows_int(found, 0, 0);
	if (rows_null(found, 0, 1) && m->has_submitter)
		link_person(m);
	return true;
}

/* ---- rows ---- */

static void
add_text(struct sql *q, struct buf *text)
{
	rb_add_text(q, arena_slice(q->arena, buf_as_slice(text)));
	buf_reset(text);
}

static struct rows *
insert_cover(struct series_making *m)
{
	struct review_commit *commits = arena_alloc(m->arena, m->count * sizeof(*commits));
	struct review_cover cover = {
		.date = { m->w->now / SECOND_US, 0 }, .summary = m->text->summary, .description = m->text->description,
		.testing = m->text->testing, .change = m->text->change, .base = m->base,
		.commits = commits, .commit_count = m->count, .depends = m->text->depends,
		.depends_count = m->text->depends_count, .site = m->w->rb->site, .files = m->stat,
		.file_count = m->stat_count,
	};
	struct sql *q = rb_sql(m->w);
	struct buf text = { 0 };

	for (size_t i = 0; i < m->count; i++)
		commits[i] = m->patches[i].commit;
	sql_add(q, "INSERT INTO patchwork_cover (date, project_id, submitter_id, msgid, name, headers, content) VALUES (");
	sql_moment(q, &m->now);
	rb_add_int(q, m->project);
	rb_add_int(q, m->person);
	review_mail_id(&text, &m->mail, 0);
	add_text(q, &text);
	review_mail_name(&text, &m->mail, 0, m->text->summary);
	add_text(q, &text);
	review_cover_headers(&text, m->arena, &m->mail, &cover);
	add_text(q, &text);
	review_cover_content(&text, m->arena, &m->mail, &cover);
	add_text(q, &text);
	sql_add(q, ") RETURNING id");
	buf_fini(&text);
	return rb_query(m->w, q);
}

static struct slice
cut(struct slice s, size_t characters)
{
	size_t n = 0;

	for (size_t length; n < s.n && characters > 0; characters--, n += length)
		(void)utf8_decode(slice_from(s, n), &length);
	return slice_make(s.p, n);
}

static struct rows *
insert_series(struct series_making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "INSERT INTO patchwork_series (name, date, version, total, project_id, submitter_id, cover_letter_id) VALUES (");
	sql_string(q, cut(text_strip(m->text->summary), REVIEW_NAME_MAX));
	sql_add(q, ", ");
	sql_moment(q, &m->now);
	rb_add_int(q, m->mail.version);
	rb_add_int(q, m->mail.total);
	rb_add_int(q, m->project);
	rb_add_int(q, m->person);
	sql_add(q, ", ");
	sql_int_or_null(q, m->cover != 0 ? &m->cover : NULL);
	sql_add(q, ") RETURNING id");
	return rb_query(m->w, q);
}

/* One row of the statement; 14 parameters. */
static void
add_patch(struct series_making *m, struct sql *q, const struct series_patch *patch)
{
	int64_t state = m->b->states->count > 0 ? rows_int(m->b->states, 0, STATE_ID) : 0;
	char hash[DIFF_HASH_MAX];
	struct buf text = { 0 };

	diff_hash(hash, patch->diff);
	sql_add(q, "(");
	sql_moment(q, &m->now);
	rb_add_int(q, m->project);
	rb_add_int(q, m->person);
	buf_slice(&text, patch->msgid);
	add_text(q, &text);
	buf_slice(&text, patch->name);
	add_text(q, &text);
	review_patch_headers(&text, m->arena, &m->mail, &patch->commit);
	add_text(q, &text);
	review_patch_content(&text, m->arena, &m->mail, &patch->commit);
	add_text(q, &text);
	rb_add_text(q, patch->diff);
	rb_add_text(q, slice_make(hash, strlen(hash)));
	sql_add(q, ", ");
	sql_int_or_null(q, m->delegate != 0 ? &m->delegate : NULL);
	sql_add(q, ", ");
	sql_int_or_null(q, state != 0 ? &state : NULL);
	sql_add(q, ", ");
	sql_bool(q, false);
	rb_add_int(q, m->series);
	rb_add_int(q, patch->commit.number);
	sql_add(q, ")");
	buf_fini(&text);
}

/* False: answered. */
static bool
insert_patches(struct series_making *m)
{
	struct rows **made = arena_alloc(m->arena, (m->count / PATCH_ROWS + 1) * sizeof(struct rows *));

	for (size_t i = 0; i < m->count; i += PATCH_ROWS) {
		struct sql *q = rb_sql(m->w);

		sql_add(q, "INSERT INTO patchwork_patch (date, project_id, submitter_id, msgid, name, headers, content, diff, hash, "
		    "delegate_id, state_id, archived, series_id, number) VALUES ");
		for (size_t k = i; k < m->count && k < i + PATCH_ROWS; k++) {
			if (k > i)
				sql_add(q, ", ");
			add_patch(m, q, &m->patches[k]);
		}
		sql_add(q, " RETURNING id, number");
		made[i / PATCH_ROWS] = rb_query(m->w, q);
	}
	if (!rb_flush(m->w))
		return false;
	/* in whatever order they come */
	for (size_t i = 0; i < m->count; i += PATCH_ROWS)
		for (int k = 0; k < made[i / PATCH_ROWS]->count; k++)
			m->patches[rows_int(made[i / PATCH_ROWS], k, 1) - 1].id = rows_int(made[i / PATCH_ROWS], k, 0);
	return true;
}

static void
add_reference(struct series_making *m, struct sql **q, size_t *rows, struct slice msgid)
{
	if (*q == NULL) {
		*q = rb_sql(m->w);
		sql_add(*q, "INSERT INTO patchwork_seriesreference (project_id, series_id, msgid) VALUES (");
	} else {
		sql_add(*q, ", (");
	}
	sql_int(*q, m->project);
	rb_add_int(*q, m->series);
	rb_add_text(*q, msgid);
	sql_add(*q, ")");
	if (++*rows < REFERENCE_ROWS)
		return;
	(void)rb_query(m->w, *q);
	*q = NULL;
	*rows = 0;
}

static void
insert_references(struct series_making *m)
{
	struct sql *q = NULL;
	size_t rows = 0;

	if (m->mail.cover)
		add_reference(m, &q, &rows, first_msgid(m));
	for (size_t i = 0; i < m->count; i++)
		add_reference(m, &q, &rows, m->patches[i].msgid);
	if (q != NULL)
		(void)rb_query(m->w, q);
}

/* As mails that come in their order leave them (patchwork-api.md, 7.2). */
static void
insert_events(struct series_making *m)
{
	struct events *events = &m->b->events;

	events_add(events, &(struct event){ .category = "series-created", .project = m->project, .series = m->series });
	if (m->cover != 0)
		events_add(events, &(struct event){ .category = "cover-created", .project = m->project, .cover = m->cover });
	for (size_t i = 0; i < m->count; i++) {
		events_add(events, &(struct event){ .category = "patch-created", .project = m->project,
		    .patch = m->patches[i].id });
		events_add(events, &(struct event){ .category = "patch-completed", .project = m->project,
		    .patch = m->patches[i].id, .series = m->series });
	}
	events_add(events, &(struct event){ .category = "series-completed", .project = m->project, .series = m->series });
	events_send(events);
}

static void
note_written(struct series_making *m)
{
	struct written *written = &m->w->written;

	written_collection(written, "patchwork_series", m->series, m->project);
	if (m->cover != 0)
		written_collection(written, "patchwork_cover", m->cover, m->project);
	for (size_t i = 0; i < m->count; i++)
		written_collection(written, "patchwork_patch", m->patches[i].id, m->project);
}

/* False: answered. */
static bool
insert(struct series_making *m)
{
	struct rows *made;

	if (m->mail.cover) {
		made = insert_cover(m);
		if (!rb_flush(m->w))
			return false;
		m->cover = rows_int(made, 0, 0);
	}
	made = insert_series(m);
	if (!rb_flush(m->w))
		return false;
	m->series = rows_int(made, 0, 0);
	if (!insert_patches(m))
		return false;
	insert_references(m);
	insert_events(m);
	note_written(m);
	return true;
}

enum view_result
series_make(struct bridge *b, const struct bridge_text *text, int64_t *series_r)
{
	struct series_making m = { .b = b, .w = b->w, .text = text, .arena = rb_arena(b->w->rb) };
	struct rows *person, *made;

	if (!series_read(&m))
		return VIEW_ANSWERED;
	person = query_person(&m);
	made = query_made(&m);
	if (!rb_flush(m.w) || (made->count > 0 && !was_made(&m, made)))
		return VIEW_ANSWERED;
	if (m.series == 0 && (!find_person(&m, person) || !insert(&m)))
		return VIEW_ANSWERED;
	*series_r = m.series;
	return VIEW_GO_ON;
}
