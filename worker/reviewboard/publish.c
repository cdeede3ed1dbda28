/* SPDX-License-Identifier: MIT
 *
 * See publish.h: the draft itself.  The series is made in series.c, states of patches are changed in patch_states.c.
 */
#include "config.h"

#include "worker/reviewboard/publish.h"

#include "base/arena.h"
#include "proto/review_mail.h"
#include "proto/text.h"
#include "worker/reviewboard/bridge.h"

/* Of the draft, and from REQUEST on the same of the review request. */
enum { SUMMARY, DESCRIPTION, TESTING, BRANCH, BUGS, COMMIT_ID, EXTRA, REQUEST, CHANGE = REQUEST + REQUEST };

/* Of the targets. */
enum { KIND, TARGET, IN_DRAFT };

struct draft {
	struct rows *text, *targets, *commits;
	struct bridge_text published;
	bool reviewers;
};

#define FAILED "Error publishing: "

static void
query_draft(struct rb_write *w, struct draft *d)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "SELECT f.summary, f.description, f.testing_done, f.branch, f.bugs, f.commit_id, f.extra_data, "
	    "t.summary, t.description, t.testing_done, t.branch, t.bugs, t.commit_id, t.extra_data, f.change_description "
	    "FROM thimble_rb_draft f JOIN thimble_rb_request t ON t.id = f.request_id WHERE t.id = ");
	sql_int(q, w->request->id);
	d->text = rb_query(w, q);
	q = rb_sql(w);
	sql_add(q, "SELECT t.kind, t.target_id, t.draft FROM thimble_rb_target t WHERE t.request_id = ");
	sql_int(q, w->request->id);
	sql_add(q, " ORDER BY t.kind, t.place, t.target_id, t.draft");
	d->targets = rb_query(w, q);
	q = rb_sql(w);
	sql_add(q, "SELECT count(*) FROM thimble_rb_commit c WHERE c.diffset_id = ");
	sql_int(q, w->request->draft_diffset);
	d->commits = rb_query(w, q);
}

static bool
is_target(const struct rows *targets, int row, char kind, int64_t id, bool in_draft)
{
	return rows_get(targets, row, KIND).p[0] == kind && rows_int(targets, row, TARGET) == id &&
	    rows_bool(targets, row, IN_DRAFT) == in_draft;
}

/* Whether draft and review request have the same targets; their order does not count. */
static bool
same_targets(const struct rows *targets)
{
	for (int i = 0; i < targets->count; i++) {
		bool found = false;

		for (int k = 0; k < targets->count && !found; k++)
			found = is_target(targets, k, rows_get(targets, i, KIND).p[0], rows_int(targets, i, TARGET),
			    !rows_bool(targets, i, IN_DRAFT));
		if (!found)
			return false;
	}
	return true;
}

/* What is said about the change is none. */
static bool
is_modified(const struct rb_write *w, const struct draft *d)
{
	if (w->request->draft_diffset != 0 || !same_targets(d->targets))
		return true;
	for (int i = 0; i < REQUEST; i++) {
		struct slice draft = rows_get(d->text, 0, i), now = rows_get(d->text, 0, REQUEST + i);

		if ((draft.p == NULL) != (now.p == NULL) || !slice_eq(draft, now))
			return true;
	}
	return false;
}

/* The draft's targets of a kind. */
static const int64_t *
take_targets(struct rb_write *w, const struct rows *targets, char kind, size_t *count_r)
{
	int64_t *list = arena_alloc(rb_arena(w->rb), ((size_t)targets->count + 1) * sizeof(*list));

	*count_r = 0;
	for (int i = 0; i < targets->count; i++)
		if (rows_bool(targets, i, IN_DRAFT) && rows_get(targets, i, KIND).p[0] == kind)
			list[(*count_r)++] = rows_int(targets, i, TARGET);
	return list;
}

static void
read_draft(struct rb_write *w, struct draft *d)
{
	size_t groups;

	d->published = (struct bridge_text){
		.summary = rows_get(d->text, 0, SUMMARY), .description = rows_get(d->text, 0, DESCRIPTION),
		.testing = rows_get(d->text, 0, TESTING), .change = rows_get(d->text, 0, CHANGE),
		.branch = rows_get(d->text, 0, BRANCH), .bugs = rows_get(d->text, 0, BUGS),
		.commit_id = rows_get(d->text, 0, COMMIT_ID),
	};
	d->published.people = take_targets(w, d->targets, 'P', &d->published.people_count);
	d->published.depends = take_targets(w, d->targets, 'D', &d->published.depends_count);
	(void)take_targets(w, d->targets, 'G', &groups);
	d->reviewers = d->published.people_count + groups > 0;
}

/* What stands in the way (2.5), in its order; NULL: nothing. */
static const char *
obstacle(const struct rb_write *w, const struct draft *d)
{
	const struct rb_request_row *r = w->request;

	if (!d->reviewers)
		return FAILED "There must be at least one reviewer before this review request can be published.";
	if (text_strip(d->published.summary).n == 0)
		return FAILED "The draft must have a summary.";
	if (text_strip(d->published.description).n == 0)
		return FAILED "The draft must have a description.";
	if (r->draft_diffset == 0)
		return NULL;
	if (r->with_history && rows_int(d->commits, 0, 0) == 0)
		return FAILED "There are no commits attached to the diff.";
	if (r->with_history && !r->draft_finalized)
		return FAILED "This commit series is not finalized.";
	if (r->project == 0)
		return arena_printf(rb_arena(w->rb), FAILED "The repository \"%.*s\" has no project.", SLICE_ARG(r->repository_name));
	return NULL;
}

/* The RR says what the draft said. */
static void
move_fields(struct rb_write *w)
{
	static const char *const columns[] = { "is_public", "last_updated", "branch", "commit_id" };
	int64_t id = w->request->id;
	struct sql *q = rb_sql(w);

	sql_add(q, "UPDATE thimble_rb_request SET is_public = ");
	sql_bool(q, true);
	sql_add(q, ", last_updated = ");
	sql_int(q, w->now);
	sql_add(q, ", summary = f.summary, description = f.description, testing_done = f.testing_done, branch = f.branch, "
	    "bugs = f.bugs, commit_id = f.commit_id, extra_data = f.extra_data "
	    "FROM thimble_rb_draft f WHERE f.request_id = thimble_rb_request.id AND thimble_rb_request.id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		written_column(&w->written, "thimble_rb_request", id, 0, columns[i]);
}

static void
move_targets(struct rb_write *w)
{
	int64_t id = w->request->id;
	struct sql *q = rb_sql(w);

	sql_add(q, "DELETE FROM thimble_rb_target WHERE NOT draft AND request_id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	q = rb_sql(w);
	sql_add(q, "UPDATE thimble_rb_target SET draft = ");
	sql_bool(q, false);
	sql_add(q, " WHERE request_id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	q = rb_sql(w);
	sql_add(q, "DELETE FROM thimble_rb_draft WHERE request_id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	written_collection(&w->written, "thimble_rb_target", id, 0);
	written_column(&w->written, "thimble_rb_target", id, 0, "draft");
	written_column(&w->written, "thimble_rb_target", id, 0, "kind");
	written_column(&w->written, "thimble_rb_target", id, 0, "target_id");
	written_collection(&w->written, "thimble_rb_draft", id, 0);
}

static void
publish_diffset(struct rb_write *w, int64_t series)
{
	int64_t id = w->request->draft_diffset;
	struct sql *q = rb_sql(w);

	sql_add(q, "UPDATE thimble_rb_diffset SET published = ");
	sql_bool(q, true);
	sql_add(q, ", changed = ");
	sql_int(q, w->now);
	sql_add(q, ", series_id = ");
	sql_int(q, series);
	sql_add(q, " WHERE id = ");
	sql_int(q, id);
	(void)rb_query(w, q);
	written_column(&w->written, "thimble_rb_diffset", id, w->request->id, "published");
	written_object(&w->written, "thimble_rb_request", w->request->id);
}

/* The series of the highest published revision. */
static struct rows *
query_latest(struct rb_write *w)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "SELECT d.series_id FROM thimble_rb_diffset d WHERE d.published AND d.request_id = ");
	sql_int(q, w->request->id);
	sql_add(q, " ORDER BY d.revision DESC LIMIT 1");
	return rb_query(w, q);
}

static int64_t
latest_of(const struct rows *rows)
{
	return rows->count > 0 ? rows_int(rows, 0, 0) : 0;
}

/* The draft's DS, if there is one. */
static enum view_result
publish_series(struct bridge *b, const struct draft *d)
{
	struct rb_write *w = b->w;
	enum view_result result;
	struct rows *before;
	int64_t series;

	if (w->request->draft_diffset == 0)
		return VIEW_GO_ON;
	before = query_latest(w);
	result = series_make(b, &d->published, &series);
	if (result != VIEW_GO_ON)
		return result;
	publish_diffset(w, series);
	return patch_states_move(b, latest_of(before), bridge_state(b, "superseded"), true, SLICE_NONE);
}

enum view_result
rb_publish(struct rb_write *w)
{
	struct bridge b = bridge_of(w);
	struct draft d = { 0 };
	enum view_result result;
	const char *wrong;

	query_draft(w, &d);
	bridge_query_states(&b);
	if (!rb_flush(w))
		return VIEW_STORE;
	if (d.text->count == 0)
		return rb_not_found(w->rb, NULL);
	read_draft(w, &d);
	if (w->request->is_public && !is_modified(w, &d))
		return rb_fail(w->rb, 211);
	wrong = obstacle(w, &d);
	if (wrong != NULL)
		return rb_fail_message(w->rb, 225, wrong);
	result = publish_series(&b, &d);
	if (result != VIEW_GO_ON)
		return result;
	move_fields(w);
	move_targets(w);
	return rb_flush(w) ? VIEW_GO_ON : VIEW_STORE;
}

enum view_result
rb_follow_status(struct rb_write *w, char status, struct slice text)
{
	struct bridge b = bridge_of(w);
	struct rows *latest = query_latest(w);
	enum view_result result;
	int64_t state;

	bridge_query_states(&b);
	if (!rb_flush(w))
		return VIEW_STORE;
	state = bridge_state(&b, status == 'S' ? "accepted" : status == 'D' ? "rejected" : "new");
	result = patch_states_move(&b, latest_of(latest), state, false,
	    status == 'S' ? review_commit_in(text) : SLICE_NONE);
	if (result != VIEW_GO_ON)
		return result;
	return rb_flush(w) ? VIEW_GO_ON : VIEW_STORE;
}
