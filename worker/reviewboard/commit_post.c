/* SPDX-License-Identifier: MIT
 *
 * A commit is added to the diff set of a draft (reviewboard-api.md, 1.2 and 1.3).
 * All that takes time is done before the transaction, from what was read without a lock; what
 * decides is looked at again inside, with the review request locked, so that two clients
 * come one after the other.  If the diff set was replaced in between, all of it begins anew.
 */
#include "config.h"

#include "worker/reviewboard/commits.h"

#include "base/arena.h"
#include "proto/iso_date.h"
#include "proto/validation_info.h"
#include "worker/reviewboard/diffsets.h"
#include "worker/reviewboard/rbdiff.h"
#include "worker/service.h"

enum { TRIES = 5 };

#define NO_HISTORY "This review request was not created with support for multiple commits.\n\n" \
	"Use the draft_diff resource to upload diffs instead. See the draft_diff link on the parent resource for the URL."
#define NO_DRAFT "Review request draft does not exist."
#define NO_DIFFSET "An empty diff must be created first."
#define FINALIZED "The diff has already been finalized."
#define BAD_DATE "This date must be in ISO 8601 format."
#define DUPLICATE "A commit with this ID already exists in this diff."

/* What a request says of a commit, and what was found out. */
struct posted {
	struct slice commit_id, parent_id, message, author_name, author_email;
	struct iso_date author_date, committer_date;
	struct slice committer_name, committer_email;	/* absent: nobody was named */
	struct slice info;				/* absent: none was sent */
	struct rbdiff_upload upload;
	struct rbdiff_pair pair;
	int64_t diffset;				/* to which all of that was found out */
	size_t commits;					/* that it had */
	struct slice last, base;			/* its last commit, its base; absent: none */
	bool replaced;					/* the diff set is another one now */
};

/* ---- 1: fields that have to be there ---- */

static void
check_date(struct rb *rb, const char *field, struct iso_date *date_r)
{
	struct slice text = rb_text(rb, field);

	if (text.p != NULL && iso_date_parse(text, date_r) < 0)
		rb_field_error(rb, field, BAD_DATE);
}

static void
check_presence(struct rb *rb, struct posted *posted)
{
	static const char *const required[] = { "commit_id", "commit_message", "author_name", "author_email", "author_date" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		(void)rb_required(rb, required[i]);
	check_date(rb, "author_date", &posted->author_date);
	posted->upload.diff = upload_file(&rb->form, "diff");
	posted->upload.parent = upload_file(&rb->form, "parent_diff");
	if (posted->upload.diff == NULL)
		rb_field_error(rb, "diff", DIFFSETS_REQUIRED);
}

/* ---- 3 to 8: the review request and its draft ---- */

/* VIEW_GO_ON, or it is answered. */
static enum view_result
check_request(struct rb *rb, const struct rb_request_row *request)
{
	if (!rb_may_edit(rb, request))
		return rb_forbidden(rb);
	if (request->repository == 0)
		return rb_fail_reason(rb, 102, DIFFSETS_NO_REPOSITORY);
	if (!request->with_history)
		return rb_fail_reason(rb, 102, NO_HISTORY);
	if (request->draft == 0)
		return rb_not_found(rb, NO_DRAFT);
	if (request->draft_diffset == 0 || request->draft_revision != rb->revision)
		return rb_not_found(rb, NO_DIFFSET);
	if (request->draft_finalized)
		return rb_fail_reason(rb, 102, FINALIZED);
	return VIEW_GO_ON;
}

/* ---- 9: all other fields ---- */

/* None or all three; a blank one is not there. */
static void
read_committer(struct rb *rb, struct posted *posted)
{
	static const char *const fields[] = { "committer_name", "committer_email", "committer_date" };
	struct slice text[3];
	size_t given = 0;

	for (size_t i = 0; i < 3; i++) {
		text[i] = diffsets_text(rb, fields[i], DIFFSETS_NAME_MAX, false);
		given += text[i].p != NULL;
	}
	for (size_t i = 0; i < 3 && given > 0; i++)
		if (text[i].p == NULL)
			rb_field_error(rb, fields[i], DIFFSETS_REQUIRED);
	if (text[2].p != NULL)
		check_date(rb, fields[2], &posted->committer_date);
	posted->committer_name = text[0];
	posted->committer_email = text[1];
}

bool
commits_read_info(struct rb *rb, struct slice text, struct validation_info *info_r)
{
	const char *why = NULL;

	validation_info_init(info_r, rb_arena(rb));
	if (text.p == NULL || validation_info_decode(info_r, rb_arena(rb), text, &why) == 0)
		return true;
	rb_field_error(rb, "validation_info", validation_info_complaint(rb_arena(rb), text, why));
	return false;
}

static struct slice
read_info_text(const struct rb *rb)
{
	struct slice text = rb_text(rb, "validation_info");

	return slice_trim(text, " \t\r\n").n > 0 ? text : SLICE_NONE;
}

static void
check_info(struct rb *rb, const struct posted *posted, struct validation_info *info_r)
{
	if (posted->commits > 0 && posted->info.p == NULL)
		rb_field_error(rb, "validation_info", DIFFSETS_REQUIRED);
	(void)commits_read_info(rb, posted->info, info_r);
}

/* The rest of the fields; `known` is what the server knows of the diff set's commits. */
static void
read_fields(struct rb *rb, struct posted *posted)
{
	posted->commit_id = diffsets_required(rb, "commit_id", DIFFSETS_ID_MAX, true);
	posted->parent_id = diffsets_text(rb, "parent_id", DIFFSETS_ID_MAX, true);
	posted->message = diffsets_required(rb, "commit_message", 0, false);
	posted->author_name = diffsets_required(rb, "author_name", DIFFSETS_NAME_MAX, false);
	posted->author_email = diffsets_required(rb, "author_email", DIFFSETS_NAME_MAX, false);
	read_committer(rb, posted);
	posted->info = read_info_text(rb);
	rbdiff_note_empty(rb, posted->upload.diff);
	rbdiff_note_empty(rb, posted->upload.parent);
}

/* ---- reading ---- */

static struct rows *
query_base(struct rb *rb, int64_t diffset)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, "SELECT d.base_commit_id FROM thimble_rb_diffset d WHERE d.id = ");
	sql_int(q, diffset);
	return view_query(rb->v, q);
}

/* Whether there is a commit of that id, how many there are, and which is the last. */
static struct rows *
query_commits(struct rb *rb, int64_t diffset)
{
	struct sql *q = view_sql(rb->v);

	sql_add(q, "SELECT c.commit_id FROM thimble_rb_commit c WHERE c.diffset_id = ");
	sql_int(q, diffset);
	sql_add(q, " ORDER BY c.place");
	return view_query(rb->v, q);
}

static void
take_state(struct posted *posted, const struct rows *base, const struct rows *commits)
{
	posted->base = base->count > 0 ? rows_get(base, 0, 0) : SLICE_NONE;
	posted->commits = (size_t)commits->count;
	posted->last = commits->count > 0 ? rows_get(commits, commits->count - 1, 0) : SLICE_NONE;
}

static bool
is_there(const struct rows *commits, struct slice commit_id)
{
	for (int i = 0; i < commits->count; i++)
		if (slice_eq(rows_get(commits, i, 0), commit_id))
			return true;
	return false;
}

/* What stands for a parent that was not named. */
static struct slice
parent_of(const struct posted *posted)
{
	if (posted->parent_id.p != NULL)
		return posted->parent_id;
	if (posted->last.p != NULL)
		return posted->last;
	return posted->base.p != NULL ? posted->base : SLICE("");
}

/* Steps 2 to 14.  VIEW_GO_ON, or it is answered. */
static enum view_result
look(struct rb *rb, struct posted *posted)
{
	struct rb_request_row *request;
	enum view_result result = rb_find_request(rb, &request);
	struct rows *base, *commits, *record;
	struct validation_info info;

	if (result == VIEW_GO_ON)
		result = check_request(rb, request);
	if (result != VIEW_GO_ON)
		return result;
	posted->diffset = request->draft_diffset;
	base = query_base(rb, posted->diffset);
	commits = query_commits(rb, posted->diffset);
	record = commits_query_record(rb, posted->diffset);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	view_end(rb->v);
	take_state(posted, base, commits);
	read_fields(rb, posted);
	check_info(rb, posted, &info);
	if (posted->commit_id.p != NULL && is_there(commits, posted->commit_id))
		rb_field_error(rb, "commit_id", DUPLICATE);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	(void)commits_set_record(record, &info);
	posted->upload.info = &info;
	posted->upload.parent_id = parent_of(posted);
	posted->upload.git_dir = request->git_dir;
	posted->upload.field = posted->upload.parent_field = "path";
	return rbdiff_accept(rb, &posted->upload, &posted->pair);
}

/* ---- the transaction ---- */

static void
add_date(struct sql *q, struct iso_date date)
{
	rb_add_int(q, date.instant);
	rb_add_int(q, date.offset);
}

static struct rows *
insert_commit(struct rb_write *w, const struct posted *posted)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO thimble_rb_commit (diffset_id, place, commit_id, parent_id, message, author_name, author_email, "
	    "author_instant, author_offset, committer_name, committer_email, committer_instant, committer_offset, filename, "
	    "extra_data, changed) VALUES (");
	sql_int(q, posted->diffset);
	rb_add_int(q, (int64_t)posted->commits);
	rb_add_text(q, posted->commit_id);
	rb_add_text(q, parent_of(posted));
	rb_add_text(q, posted->message);
	rb_add_text(q, posted->author_name);
	rb_add_text(q, posted->author_email);
	add_date(q, posted->author_date);
	rb_add_text(q, posted->committer_name);
	rb_add_text(q, posted->committer_email);
	if (posted->committer_name.p != NULL)
		add_date(q, posted->committer_date);
	else
		sql_add(q, ", NULL, NULL");
	rb_add_text(q, diffsets_file_name(w->rb, posted->upload.diff));
	rb_add_text(q, SLICE(""));
	rb_add_int(q, w->now);
	sql_add(q, ") RETURNING id");
	return rb_query(w, q);
}

/* What decides, as it is now. */
static enum view_result
look_again(struct rb_write *w, struct posted *posted)
{
	struct rb *rb = w->rb;
	enum view_result result = check_request(rb, w->request);
	struct rows *base, *commits;

	if (result != VIEW_GO_ON)
		return result;
	posted->replaced = w->request->draft_diffset != posted->diffset;
	if (posted->replaced)
		return VIEW_ANSWERED;
	base = query_base(rb, posted->diffset);
	commits = query_commits(rb, posted->diffset);
	if (!rb_flush(w))
		return VIEW_STORE;
	take_state(posted, base, commits);
	if (posted->commits > 0 && posted->info.p == NULL)
		rb_field_error(rb, "validation_info", DIFFSETS_REQUIRED);
	if (is_there(commits, posted->commit_id))
		rb_field_error(rb, "commit_id", DUPLICATE);
	return rb_has_errors(rb) ? rb_fail_fields(rb) : VIEW_GO_ON;
}

static enum view_result
add_commit(struct rb_write *w)
{
	struct posted *posted = w->own;
	enum view_result result = look_again(w, posted);
	struct rows *rows;
	int64_t commit;

	if (result != VIEW_GO_ON)
		return result;
	rows = insert_commit(w, posted);
	if (!rb_flush(w))
		return VIEW_STORE;
	commit = rows_int(rows, 0, 0);
	written_collection(&w->written, "thimble_rb_commit", posted->diffset, 0);
	if (!rbdiff_insert(w, posted->diffset, commit, &posted->pair))
		return VIEW_STORE;
	rows = rb_query(w, commits_select(w->rb, commit));
	if (!rb_flush(w))
		return VIEW_STORE;
	return rb_respond_item(w->rb, 201, rows, 0) == VIEW_ANSWERED ? VIEW_GO_ON : VIEW_STORE;
}

enum view_result
commits_conflict(struct rb *rb)
{
	rb_field_error(rb, "commit_id", DUPLICATE);
	return rb_fail_fields(rb);
}

enum view_result
commits_post(struct rb *rb)
{
	struct posted *posted = arena_zalloc(rb_arena(rb), sizeof(*posted));
	enum view_result result;

	check_presence(rb, posted);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	for (int i = 0; i < TRIES; i++) {
		result = i > 0 ? service_begin(rb->v) : VIEW_GO_ON;
		if (result == VIEW_GO_ON)
			result = look(rb, posted);
		if (result != VIEW_GO_ON)
			return result;
		result = rb_write_run(rb, add_commit, posted);
		if (!posted->replaced)
			return result;
		posted->replaced = false;
	}
	return rb_not_found(rb, NULL);
}
