/* SPDX-License-Identifier: MIT
 *
 * What a PATCH or PUT of a patch does (patchwork-api.md, 6.5, 7.1, 7.3): its
 * columns, the relation it is in, events and notifications.  The row is locked
 * (write.c); who changes relations is alone with it in the whole database.
 *
 * Not done: counting tags anew (7.4).  A patch's text and its comments' do not change here, so
 * that the counts are what they were.
 */
#include "config.h"

#include "base/arena.h"
#include "base/mem.h"
#include "proto/diff_hash.h"
#include "worker/resources/resources.h"
#include "worker/write.h"

/* Columns of w->object; see patches.c. */
enum {
	COMMIT_REF, PULL_URL, STATE, ARCHIVED, DELEGATE, RELATED, PROJECT, NOTIFIES, UNHASHED_DIFF, CONTENT_WITH_CRLF
};

/* Of a patch in `related`; and of the field delegate, behind the id. */
enum { MEMBER_ID, MEMBER_RELATED, MEMBER_PROJECT, MEMBER_MAINTAINED };
enum { DELEGATE_NAME = 1, DELEGATE_MAINTAINS, DELEGATE_PROJECT };

/* Any number; other programs that change relations do not know of it. */
#define RELATIONS_LOCK "SELECT pg_advisory_xact_lock(7521983104021)"

#define NOT_ALL_MAINTAINED "At least one patch is part of a project you are not maintaining."
#define IN_ANOTHER "At least one patch is already part of another relation. You have to explicitly remove a patch from " \
	"its existing relation before moving it to this one."

const char *
patch_check_delegate(struct write *w, const struct given *given)
{
	int row = idmap_get(&given->place, given->number);

	if (rows_bool(given->found, row, DELEGATE_MAINTAINS))
		return NULL;
	return arena_printf(w->v->request->arena, "User '%.*s' is not a maintainer for project '%.*s'",
	    SLICE_ARG(rows_get(given->found, row, DELEGATE_NAME)), SLICE_ARG(rows_get(given->found, row, DELEGATE_PROJECT)));
}

/* ---- relations ---- */

/* Where Python's set of ids would have the patch, which shows in the order of the events (7.1 [Q]). */
struct members {
	struct rows *rows;
	int *place;			/* row, -1: free */
	size_t places;			/* a power of two */
	const struct given *listed;
};

enum { SET_FIRST = 8, SET_GROWTH = 4, SET_NEIGHBOURS = 9 };

static size_t
places_for(size_t count)
{
	size_t places = SET_FIRST;

	/* it grows when three fifths are taken */
	for (size_t used = 1; used <= count; used++)
		if (used * 5 >= (places - 1) * 3)
			for (places = SET_FIRST; places <= used * SET_GROWTH; places *= 2)
				continue;
	return places;
}

static void
put_member(struct members *m, int row)
{
	uint64_t hash = (uint64_t)rows_int(m->rows, row, MEMBER_ID), perturb = hash;
	size_t mask = m->places - 1, i = (size_t)hash & mask;

	for (;;) {
		size_t last = i + SET_NEIGHBOURS <= mask ? i + SET_NEIGHBOURS : i;

		for (size_t k = i; k <= last; k++) {
			if (m->place[k] < 0) {
				m->place[k] = row;
				return;
			}
		}
		perturb >>= 5;
		i = (i * 5 + 1 + (size_t)perturb) & mask;
	}
}

static bool
is_listed(const struct members *m, int row)
{
	return idmap_get(&m->listed->place, rows_int(m->rows, row, MEMBER_ID)) >= 0;
}

/* First those that were listed, in that order, then those that are in the relation. */
static void
order_members(struct write *w, struct members *m)
{
	struct idmap row_of = { .arena = w->v->request->arena };
	size_t count = (size_t)m->rows->count;

	m->places = places_for(count);
	m->place = arena_alloc(w->v->request->arena, m->places * sizeof(*m->place));
	for (size_t i = 0; i < m->places; i++)
		m->place[i] = -1;
	for (int row = 0; row < m->rows->count; row++)
		*idmap_at(&row_of, rows_int(m->rows, row, MEMBER_ID)) = row;
	for (size_t i = 0; i < m->listed->count; i++) {
		int *row = idmap_at(&row_of, m->listed->id[i]);

		if (*row >= 0)
			put_member(m, *row);
		*row = -1;
	}
	for (int row = 0; row < m->rows->count; row++)
		if (!is_listed(m, row))
			put_member(m, row);
}

/* All patches that the change is about: those listed, those of the patch's relation, and the patch. */
static struct rows *
query_members(struct write *w, const struct given *related)
{
	struct sql *q = write_sql(w);

	sql_add(q, "SELECT t.id, t.related_id, t.project_id, ");
	view_add_condition(w->v, q, MAINTAINS("t.project_id"));
	sql_add(q, " FROM patchwork_patch t WHERE t.id ");
	sql_ids(q, related->id, related->count);
	if (!rows_null(w->object, 0, RELATED)) {
		sql_add(q, " OR t.related_id = ");
		sql_int(q, rows_int(w->object, 0, RELATED));
	}
	sql_add(q, " ORDER BY t.date, t.id");
	sql_for_update(q, "t");
	return write_query(w, q);
}

static struct rows *
query_own_project(struct write *w)
{
	struct sql *q = write_sql(w);

	sql_add(q, "SELECT ");
	view_add_condition(w->v, q, MAINTAINS("t.project_id"));
	sql_add(q, " FROM patchwork_patch t WHERE t.id = ");
	sql_int(q, w->id);
	return write_query(w, q);
}

static void
set_relation(struct write *w, int64_t patch, int64_t project, int64_t from, int64_t to)
{
	struct changes c = changes_of(w, "patchwork_patch", patch, project);

	sql_int_or_null(changes_set(&c, "related_id"), to != 0 ? &to : NULL);
	changes_save(&c);
	if (from != 0)
		written_object(&w->written, "patchwork_patchrelation", from);
	if (to != 0)
		written_object(&w->written, "patchwork_patchrelation", to);
}

static void
tell_relation(struct write *w, int64_t patch, int64_t project, int64_t actor)
{
	struct event event = { .category = "patch-relation-changed", .patch = patch, .project = project, .actor = actor };

	write_event(w, &event);
}

/* The patch leaves; of two that were together nobody is left, and of that no event tells (6.5.3). */
static bool
leave(struct write *w, const struct members *m, bool *left_r)
{
	int64_t from = rows_int(w->object, 0, RELATED);
	struct sql *q;

	*left_r = from != 0 && m->rows->count != 2;
	if (from == 0 || *left_r)
		return true;
	for (int row = 0; row < m->rows->count; row++)
		set_relation(w, rows_int(m->rows, row, MEMBER_ID), rows_int(m->rows, row, MEMBER_PROJECT), from, 0);
	q = write_sql(w);
	sql_add(q, "DELETE FROM patchwork_patchrelation WHERE id = ");
	sql_int(q, from);
	(void)write_query(w, q);
	written_collection(&w->written, "patchwork_patchrelation", from, 0);
	return true;
}

static bool
make_relation(struct write *w, int64_t *id_r)
{
	struct sql *q = write_sql(w);
	struct rows *made;

	sql_add(q, w->v->service->catalog->dialect == DIALECT_POSTGRESQL ?
	    "INSERT INTO patchwork_patchrelation DEFAULT VALUES RETURNING id" :
	    "INSERT INTO patchwork_patchrelation (id) VALUES (NULL) RETURNING id");
	made = write_query(w, q);
	if (!write_flush(w))
		return false;
	*id_r = rows_int(made, 0, 0);
	written_collection(&w->written, "patchwork_patchrelation", *id_r, 0);
	return true;
}

/*
 * [Q] If the patch was in the relation, the reference answers with those it has read
 * before, without the new ones; unless the relation came to it through a patch that was listed.
 */
static void
leave_out_new(struct write *w, const struct members *m, int64_t relation)
{
	int64_t *unlisted = arena_alloc(w->v->request->arena, ((size_t)m->rows->count + 1) * sizeof(*unlisted));

	if (rows_null(w->object, 0, RELATED))
		return;
	for (size_t i = 0; i < m->places; i++) {
		if (m->place[i] < 0 || rows_int(m->rows, m->place[i], MEMBER_RELATED) != relation)
			continue;
		if (is_listed(m, m->place[i]))
			return;
		break;
	}
	for (int row = 0; row < m->rows->count; row++)
		if (rows_int(m->rows, row, MEMBER_RELATED) != relation)
			unlisted[w->unlisted_count++] = rows_int(m->rows, row, MEMBER_ID);
	w->unlisted = unlisted;
}

/* The one relation among the members; 0: none.  False: there are several. */
static bool
find_relation(const struct members *m, int64_t *relation_r)
{
	*relation_r = 0;
	for (int row = 0; row < m->rows->count; row++) {
		int64_t relation = rows_int(m->rows, row, MEMBER_RELATED);

		if (relation != 0 && *relation_r != 0 && relation != *relation_r)
			return false;
		if (relation != 0)
			*relation_r = relation;
	}
	return true;
}

static bool
join(struct write *w, struct members *m)
{
	int64_t relation, old = rows_int(w->object, 0, RELATED), now = old, project = rows_int(w->object, 0, PROJECT);

	if (!find_relation(m, &relation))
		return write_refuse(w, 409, IN_ANOTHER);
	if (relation == 0 && !make_relation(w, &relation))
		return false;
	order_members(w, m);
	for (size_t i = 0; i < m->places; i++) {
		int row = m->place[i];
		int64_t id = row >= 0 ? rows_int(m->rows, row, MEMBER_ID) : 0;

		if (row < 0 || rows_int(m->rows, row, MEMBER_RELATED) == relation)
			continue;
		/* [Q] nobody, even if it is the patch itself (7.1) */
		tell_relation(w, id, rows_int(m->rows, row, MEMBER_PROJECT), 0);
		set_relation(w, id, rows_int(m->rows, row, MEMBER_PROJECT), 0, relation);
		if (id == w->id)
			now = relation;
	}
	if (now != relation) {
		tell_relation(w, w->id, project, w->v->answer.user);
		set_relation(w, w->id, project, old, relation);
	}
	leave_out_new(w, m, relation);
	return true;
}

/* *left_r: the patch is to be taken out of its relation with its other columns. */
static bool
update_relation(struct write *w, bool *left_r)
{
	static const struct given nothing = { .count = 0 };
	const struct given *related = write_given(w, "related");
	struct members m = { .listed = related != NULL ? related : &nothing };
	struct rows *own;

	*left_r = false;
	/* [Q] a PUT without the field empties it (6.5.2) */
	if (related == NULL && w->partial)
		return true;
	m.rows = query_members(w, m.listed);
	own = query_own_project(w);
	if (!write_flush(w))
		return false;
	for (int row = 0; row < m.rows->count; row++)
		if (!rows_bool(m.rows, row, MEMBER_MAINTAINED))
			return write_refuse(w, 403, NOT_ALL_MAINTAINED);
	if (!rows_bool(own, 0, 0))
		return write_refuse(w, 403, NOT_ALL_MAINTAINED);
	return m.listed->count == 0 ? leave(w, &m, left_r) : join(w, &m);
}

void
patch_prepare(struct write *w)
{
	struct slice text;
	size_t at = 0;
	bool related = !w->partial || (w->body.form ? body_form_next(&w->body, "related", &at, &text) :
	    value_member(w->body.json, "related") != NULL);
	struct sql *q;

	/* rows of several patches are locked in no order that others keep */
	if (!related || w->v->service->catalog->dialect != DIALECT_POSTGRESQL)
		return;
	q = write_sql(w);
	sql_add(q, RELATIONS_LOCK);
	(void)write_query(w, q);
}

/* ---- state and delegate ---- */

/* 7.3; `row` is the notification that waits, if there is one. */
static void
notify(struct write *w, const struct rows *row, int64_t from, int64_t to)
{
	struct sql *q = write_sql(w);

	if (row->count > 0 && rows_int(row, 0, 0) == to) {
		/* as it was in the beginning: nothing to tell */
		sql_add(q, "DELETE FROM patchwork_patchchangenotification WHERE patch_id = ");
	} else if (row->count > 0) {
		sql_add(q, "UPDATE patchwork_patchchangenotification SET last_modified = ");
		sql_moment(q, &w->now);
		sql_add(q, " WHERE patch_id = ");
	} else if (from != 0) {
		sql_add(q, "INSERT INTO patchwork_patchchangenotification (last_modified, orig_state_id, patch_id) VALUES (");
		sql_moment(q, &w->now);
		sql_add(q, ", ");
		sql_int(q, from);
		sql_add(q, ", ");
		sql_int(q, w->id);
		sql_add(q, ")");
		(void)write_query(w, q);
		return;
	} else {
		return;
	}
	sql_int(q, w->id);
	(void)write_query(w, q);
}

static bool
change_state(struct write *w, struct changes *c)
{
	const struct given *state = write_given(w, "state");
	struct event event = { .category = "patch-state-changed", .patch = w->id, .actor = w->v->answer.user };
	struct rows *waiting;
	struct sql *q;

	event.project = rows_int(w->object, 0, PROJECT);
	event.previous_state = rows_int(w->object, 0, STATE);
	event.current_state = state != NULL ? state->number : event.previous_state;
	if (event.previous_state == event.current_state)
		return true;
	if (rows_bool(w->object, 0, NOTIFIES)) {
		q = write_sql(w);
		sql_add(q, "SELECT t.orig_state_id FROM patchwork_patchchangenotification t WHERE t.patch_id = ");
		sql_int(q, w->id);
		waiting = write_query(w, q);
		if (!write_flush(w))
			return false;
		sql_now(&w->now);
		notify(w, waiting, event.previous_state, event.current_state);
	}
	write_event(w, &event);
	sql_int(changes_set(c, "state_id"), event.current_state);
	return true;
}

static void
change_delegate(struct write *w, struct changes *c)
{
	const struct given *delegate = write_given(w, "delegate");
	struct event event = { .category = "patch-delegated", .patch = w->id, .actor = w->v->answer.user };

	event.project = rows_int(w->object, 0, PROJECT);
	event.previous_delegate = rows_int(w->object, 0, DELEGATE);
	event.current_delegate = delegate == NULL ? event.previous_delegate : delegate->null ? 0 : delegate->number;
	if (event.previous_delegate == event.current_delegate)
		return;
	write_event(w, &event);
	sql_int_or_null(changes_set(c, "delegate_id"), event.current_delegate != 0 ? &event.current_delegate : NULL);
}

/* ---- saving ---- */

/* What every save puts in order (6.5.4). */
static void
tidy(struct write *w, struct changes *c)
{
	struct slice diff = rows_get(w->object, 0, UNHASHED_DIFF);
	char hash[DIFF_HASH_MAX];

	if (diff.p != NULL) {
		diff_hash(hash, diff);
		sql_string(changes_set(c, "hash"), slice_str(hash));
	}
	if (rows_bool(w->object, 0, CONTENT_WITH_CRLF))
		sql_add(changes_set(c, "content"), "replace(content, '\r\n', '\n')");
}

bool
patch_update(struct write *w)
{
	struct changes c = changes_of(w, "patchwork_patch", w->id, rows_int(w->object, 0, PROJECT));
	bool left;

	w->unlisted_count = 0;
	if (!update_relation(w, &left) || !change_state(w, &c))
		return false;
	change_delegate(w, &c);
	if (left) {
		int64_t from = rows_int(w->object, 0, RELATED);

		tell_relation(w, w->id, c.scope, w->v->answer.user);
		sql_int_or_null(changes_set(&c, "related_id"), NULL);
		written_object(&w->written, "patchwork_patchrelation", from);
	}
	changes_text(&c, "commit_ref", write_given(w, "commit_ref"), rows_get(w->object, 0, COMMIT_REF));
	changes_text(&c, "pull_url", write_given(w, "pull_url"), rows_get(w->object, 0, PULL_URL));
	changes_bool(&c, "archived", write_given(w, "archived"), w->object, ARCHIVED);
	tidy(w, &c);
	changes_save(&c);
	return true;
}
