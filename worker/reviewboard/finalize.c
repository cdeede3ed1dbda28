/* SPDX-License-Identifier: MIT
 *
 * A series of commits is finished (reviewboard-api.md, 2.7): the client says once more which
 * commits there are, and sends the diff of them all.  From then on no commit can be added, and
 * the draft can be published.
 */
#include "config.h"

#include "worker/reviewboard/diffsets.h"

#include "base/arena.h"
#include "proto/validation_info.h"
#include "worker/reviewboard/commits.h"
#include "worker/reviewboard/rbdiff.h"

#define NO_HISTORY "This review request was not created with commit history support."
#define FINALIZED "This diff is already finalized."
#define NEEDED "This field is required when finalize_commit_series is set."
#define EMPTY "Cannot finalize an empty commit series."
#define UNKNOWN "The following commits are specified in validation_info but do not exist: "
#define MISSING "The following commits exist but are not present in validation_info: "

struct finalizing {
	struct validation_info info;	/* what the client says */
	struct rbdiff_upload upload;
	struct rbdiff_pair pair;
	int64_t diffset;
};

/* ---- 3: fields ---- */

static enum view_result
read_fields(struct rb *rb, struct finalizing *f)
{
	struct slice text = rb_text(rb, "validation_info");
	const char *why = NULL;

	f->upload = (struct rbdiff_upload){
		.diff = upload_file(&rb->form, "cumulative_diff"), .parent = upload_file(&rb->form, "parent_diff"),
		.field = "cumulative_diff", .parent_field = "parent_diff",
	};
	if (f->upload.diff == NULL)
		rb_field_error(rb, "cumulative_diff", NEEDED);
	validation_info_init(&f->info, rb_arena(rb));
	if (slice_trim(text, " \t\r\n").n == 0)
		rb_field_error(rb, "validation_info", NEEDED);
	else if (validation_info_decode(&f->info, rb_arena(rb), text, &why) < 0)
		rb_field_error(rb, "validation_info", arena_printf(rb_arena(rb), "Could not parse field: %s", why));
	rbdiff_note_empty(rb, f->upload.diff);
	rbdiff_note_empty(rb, f->upload.parent);
	return rb_has_errors(rb) ? rb_fail_fields(rb) : VIEW_GO_ON;
}

/* ---- 1 to 5: the draft as it is ---- */

static enum view_result
check_request(struct rb *rb, const struct rb_request_row *request)
{
	if (!request->with_history)
		return rb_fail_reason(rb, 102, NO_HISTORY);
	if (request->draft_finalized)
		return rb_fail_reason(rb, 102, FINALIZED);
	return VIEW_GO_ON;
}

/* Notes the ids of those commits of `info` that the other has not. */
static void
note_missing(struct rb *rb, const struct validation_info *info, const struct validation_info *other, const char *sentence)
{
	struct buf ids = { 0 };

	if (validation_info_put_missing(info, other, &ids) > 0)
		rb_field_error(rb, "validation_info", arena_printf(rb_arena(rb), "%s%.*s", sentence, SLICE_ARG(buf_as_slice(&ids))));
	buf_fini(&ids);
}

/* `record` is what is stored: the client has to say the same. */
static enum view_result
check_commits(struct rb *rb, const struct finalizing *f, const struct rows *record)
{
	struct validation_info own;

	validation_info_init(&own, rb_arena(rb));
	if (commits_set_record(record, &own) == 0)
		return rb_fail_reason(rb, 102, EMPTY);
	note_missing(rb, &f->info, &own, UNKNOWN);
	if (!rb_has_errors(rb))
		note_missing(rb, &own, &f->info, MISSING);
	return rb_has_errors(rb) ? rb_fail_fields(rb) : VIEW_GO_ON;
}

static enum view_result
look(struct rb *rb, const struct rb_request_row *request, struct finalizing *f)
{
	enum view_result result = check_request(rb, request);
	struct rows *record;

	if (result == VIEW_GO_ON)
		result = read_fields(rb, f);
	if (result != VIEW_GO_ON)
		return result;
	f->diffset = request->draft_diffset;
	f->upload.git_dir = request->git_dir;
	record = commits_query_record(rb, f->diffset);
	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	result = check_commits(rb, f, record);
	return result == VIEW_GO_ON ? rbdiff_accept(rb, &f->upload, &f->pair) : result;
}

/* ---- 7 ---- */

static enum view_result
look_again(struct rb_write *w, const struct finalizing *f)
{
	enum view_result result;
	struct rows *record;

	/* another diff set is another series; it was not finalised by this */
	if (w->request->draft_diffset != f->diffset)
		return rb_not_found(w->rb, NULL);
	result = check_request(w->rb, w->request);
	if (result != VIEW_GO_ON)
		return result;
	record = commits_query_record(w->rb, f->diffset);
	return rb_flush(w) ? check_commits(w->rb, f, record) : VIEW_STORE;
}

static enum view_result
finalize(struct rb_write *w)
{
	const struct finalizing *f = w->own;
	enum view_result result = look_again(w, f);
	struct rows *rows;
	struct sql *q;

	if (result != VIEW_GO_ON)
		return result;
	q = rb_sql(w);
	sql_add(q, "UPDATE thimble_rb_diffset SET finalized = ");
	sql_bool(q, true);
	sql_add(q, " WHERE id = ");
	sql_int(q, f->diffset);
	(void)rb_query(w, q);
	written_object(&w->written, "thimble_rb_diffset", f->diffset);
	written_object(&w->written, "thimble_rb_request", w->request->id);
	if (!rbdiff_insert(w, f->diffset, 0, &f->pair))
		return VIEW_STORE;
	rows = diffsets_query(w, f->diffset);
	if (!rb_flush(w))
		return VIEW_STORE;
	return rb_respond_item(w->rb, 200, rows, 0) == VIEW_ANSWERED ? VIEW_GO_ON : VIEW_STORE;
}

enum view_result
finalize_put(struct rb *rb)
{
	struct finalizing *f;
	struct diffsets_place place;
	enum view_result result;

	if (!rb_true(rb_text(rb, "finalize_commit_series")))
		return diffsets_put(rb);
	f = arena_zalloc(rb_arena(rb), sizeof(*f));
	result = diffsets_find(rb, &place);
	if (result == VIEW_GO_ON)
		result = look(rb, place.request, f);
	return result == VIEW_GO_ON ? rb_write_run(rb, finalize, f) : result;
}
