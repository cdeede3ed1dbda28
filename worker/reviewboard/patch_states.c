/* SPDX-License-Identifier: MIT
 *
 * States of all patches of a series at once.  What a PATCH of one patch does is in
 * worker/resources/patch_writes.c; events and notifications are the same.  See bridge.h.
 */
#include "config.h"

#include "worker/reviewboard/bridge.h"

#include "base/arena.h"
#include "worker/tags.h"

/* Rows of the patches that change. */
enum { PATCH, FROM, PROJECT, NOTIFIES, WAITING };

/* States that a patch keeps when a newer version of it comes. */
static const char *const closed[] = { "accepted", "rejected", "superseded", "not-applicable" };

struct bridge
bridge_of(struct rb_write *w)
{
	return (struct bridge){ .w = w, .events = { .v = w->rb->v, .written = &w->written } };
}

void
bridge_query_states(struct bridge *b)
{
	struct sql *q = rb_sql(b->w);

	sql_add(q, "SELECT id, slug FROM patchwork_state ORDER BY ordering, id");
	b->states = rb_query(b->w, q);
}

int64_t
bridge_state(const struct bridge *b, const char *slug)
{
	for (int i = 0; i < b->states->count; i++)
		if (slice_is(rows_get(b->states, i, STATE_SLUG), slug))
			return rows_int(b->states, i, STATE_ID);
	return 0;
}

static struct rows *
query_patches(struct bridge *b, int64_t series, int64_t state, bool open_only)
{
	struct sql *q = rb_sql(b->w);

	sql_add(q, "SELECT p.id, p.state_id, p.project_id, j.send_notifications, n.orig_state_id FROM patchwork_patch p "
	    "JOIN patchwork_project j ON j.id = p.project_id "
	    "LEFT JOIN patchwork_patchchangenotification n ON n.patch_id = p.id WHERE p.series_id = ");
	sql_int(q, series);
	sql_add(q, " AND (p.state_id IS NULL OR p.state_id <> ");
	sql_int(q, state);
	sql_add(q, ")");
	for (size_t i = 0; open_only && i < sizeof(closed) / sizeof(closed[0]); i++) {
		int64_t id = bridge_state(b, closed[i]);

		if (id == 0)
			continue;
		sql_add(q, " AND (p.state_id IS NULL OR p.state_id <> ");
		sql_int(q, id);
		sql_add(q, ")");
	}
	sql_add(q, " ORDER BY p.number, p.id");
	sql_for_update(q, "p");
	return rb_query(b->w, q);
}

/* Patches that are picked out of the rows. */
struct picked {
	int64_t *id;
	size_t count;
};

static struct picked
picked_new(struct bridge *b, const struct rows *rows)
{
	return (struct picked){ .id = arena_alloc(rb_arena(b->w->rb), ((size_t)rows->count + 1) * sizeof(int64_t)) };
}

static void
forget(struct bridge *b, const struct picked *patches)
{
	struct sql *q;

	if (patches->count == 0)
		return;
	q = rb_sql(b->w);
	sql_add(q, "DELETE FROM patchwork_patchchangenotification WHERE patch_id ");
	sql_ids(q, patches->id, patches->count);
	(void)rb_query(b->w, q);
}

static void
put_off(struct bridge *b, const struct picked *patches, const struct moment *now)
{
	struct sql *q;

	if (patches->count == 0)
		return;
	q = rb_sql(b->w);
	sql_add(q, "UPDATE patchwork_patchchangenotification SET last_modified = ");
	sql_moment(q, now);
	sql_add(q, " WHERE patch_id ");
	sql_ids(q, patches->id, patches->count);
	(void)rb_query(b->w, q);
}

/* The states are those that the patches still have. */
static void
announce(struct bridge *b, const struct picked *patches, const struct moment *now)
{
	struct sql *q;

	if (patches->count == 0)
		return;
	q = rb_sql(b->w);
	sql_add(q, "INSERT INTO patchwork_patchchangenotification (last_modified, orig_state_id, patch_id) SELECT ");
	sql_moment(q, now);
	sql_add(q, ", p.state_id, p.id FROM patchwork_patch p WHERE p.state_id IS NOT NULL AND p.id ");
	sql_ids(q, patches->id, patches->count);
	(void)rb_query(b->w, q);
}

/* 7.3: a state that is the first one again is nothing to tell. */
static void
notify(struct bridge *b, const struct rows *rows, int64_t state)
{
	struct picked back = picked_new(b, rows), again = picked_new(b, rows), first = picked_new(b, rows);
	struct moment now;

	sql_now(&now);
	for (int i = 0; i < rows->count; i++) {
		struct picked *to = rows_null(rows, i, WAITING) ? &first : rows_int(rows, i, WAITING) == state ? &back : &again;

		if (rows_bool(rows, i, NOTIFIES))
			to->id[to->count++] = rows_int(rows, i, PATCH);
	}
	forget(b, &back);
	put_off(b, &again, &now);
	announce(b, &first, &now);
}

static void
update(struct bridge *b, const struct rows *rows, int64_t state, struct slice commit)
{
	struct picked all = picked_new(b, rows);
	struct sql *q = rb_sql(b->w);

	for (int i = 0; i < rows->count; i++) {
		all.id[all.count++] = rows_int(rows, i, PATCH);
		written_column(&b->w->written, "patchwork_patch", rows_int(rows, i, PATCH), rows_int(rows, i, PROJECT), "state_id");
	}
	sql_add(q, "UPDATE patchwork_patch SET state_id = ");
	sql_int(q, state);
	if (commit.p != NULL) {
		sql_add(q, ", commit_ref = ");
		sql_string(q, commit);
	}
	sql_add(q, " WHERE id ");
	sql_ids(q, all.id, all.count);
	(void)rb_query(b->w, q);
}

enum view_result
patch_states_move(struct bridge *b, int64_t series, int64_t state, bool open_only, struct slice commit)
{
	struct rows *rows;

	if (series == 0 || state == 0)
		return VIEW_GO_ON;
	rows = query_patches(b, series, state, open_only);
	if (!rb_flush(b->w))
		return VIEW_STORE;
	if (rows->count == 0)
		return VIEW_GO_ON;
	notify(b, rows, state);
	for (int i = 0; i < rows->count; i++)
		events_add(&b->events, &(struct event){ .category = "patch-state-changed", .actor = b->w->rb->user.id,
		    .project = rows_int(rows, i, PROJECT), .patch = rows_int(rows, i, PATCH),
		    .previous_state = rows_int(rows, i, FROM), .current_state = state });
	events_send(&b->events);
	update(b, rows, state, commit);
	return VIEW_GO_ON;
}
