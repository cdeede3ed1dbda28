/* SPDX-License-Identifier: MIT
 *
 * Whether a diff would be taken, before anything is made (reviewboard-api.md, 2.6).  Nothing is
 * stored: what is known of the commits that were validated before, the client brings along.
 */
#include "config.h"

#include "worker/reviewboard/rb.h"

#include "base/arena.h"
#include "proto/validation_info.h"
#include "worker/reviewboard/commits.h"
#include "worker/reviewboard/diffsets.h"
#include "worker/reviewboard/rbdiff.h"
#include "worker/reviewboard/repositories.h"

/* ---- GET ---- */

static void
put_link(struct rb *rb, const char *name, const char *method, const char *below)
{
	struct buf url = { 0 };

	rb_put_self(rb, &url, false);
	buf_str(&url, below);
	rb_put_link(rb, name, method, buf_as_slice(&url), SLICE_NONE);
	buf_fini(&url);
}

static void
begin_links(struct rb *rb)
{
	rb_open(rb);
	json_key(rb_json(rb), "links");
	json_open(rb_json(rb), '{');
}

/* Puts the last one, and answers: there is nothing else. */
static enum view_result
end_links(struct rb *rb)
{
	struct buf url = { 0 };

	rb_put_self(rb, &url, true);
	rb_put_link(rb, "self", "GET", buf_as_slice(&url), SLICE_NONE);
	json_close(rb_json(rb), '}');
	buf_fini(&url);
	return rb_close(rb, 200, rb->resource->item_type);
}

static enum view_result
get_root(struct rb *rb)
{
	begin_links(rb);
	if (diffsets_have_history(rb))
		put_link(rb, "commit_validation", "GET", "commits/");
	put_link(rb, "diff_validation", "GET", "diffs/");
	return end_links(rb);
}

static enum view_result
get_links(struct rb *rb)
{
	begin_links(rb);
	put_link(rb, "create", "POST", "");
	return end_links(rb);
}

/* ---- what both have in common ---- */

/* Notes what is not there; then the repository.  VIEW_GO_ON, or it is answered. */
static enum view_result
begin(struct rb *rb, const char *const *texts, const char *file, struct rb_repository *repository_r)
{
	enum view_result result;

	for (; *texts != NULL; texts++)
		(void)rb_required(rb, *texts);
	if (upload_file(&rb->form, file) == NULL)
		rb_field_error(rb, file, DIFFSETS_REQUIRED);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	result = rb_repository_find(rb, rb_text(rb, "repository"), true, repository_r);
	view_end(rb->v);
	return result;
}

static void
take_files(struct rb *rb, struct rbdiff_upload *upload, const char *diff, const char *parent)
{
	upload->diff = upload_file(&rb->form, diff);
	upload->parent = upload_file(&rb->form, parent);
	rbdiff_note_empty(rb, upload->diff);
	rbdiff_note_empty(rb, upload->parent);
	(void)diffsets_text(rb, "base_commit_id", DIFFSETS_ID_MAX, true);
}

/* ---- commits ---- */

struct validated {
	struct slice commit_id, parent_id;
	struct validation_info info;	/* of the commits before */
	struct rbdiff_upload upload;
	struct rbdiff_pair pair;
};

/* The commit goes on from one that was validated; the first has none. */
static void
check_chain(struct rb *rb, struct validated *v)
{
	struct slice text = rb_text(rb, "validation_info");

	if (slice_trim(text, " \t\r\n").n == 0)
		text = SLICE_NONE;
	if (!commits_read_info(rb, text, &v->info) || text.p == NULL || v->commit_id.p == NULL || v->parent_id.p == NULL)
		return;
	if (validation_info_find(&v->info, v->commit_id) != NULL)
		rb_field_error(rb, "validation_info", "This commit was already validated.");
	else if (validation_info_find(&v->info, v->parent_id) == NULL)
		rb_field_error(rb, "validation_info", "The parent commit was not validated.");
}

static enum view_result
respond_info(struct rb *rb, struct validated *v)
{
	struct buf text = { 0 };

	validation_info_set(&v->info, v->commit_id, v->parent_id, v->pair.diff.file, v->pair.diff.count);
	validation_info_encode(&v->info, &text);
	rb_open(rb);
	json_key(rb_json(rb), rb->resource->item);
	json_open(rb_json(rb), '{');
	json_key(rb_json(rb), "validation_info");
	json_string(rb_json(rb), buf_as_slice(&text));
	json_close(rb_json(rb), '}');
	buf_fini(&text);
	return rb_close(rb, 200, rb->resource->item_type);
}

static enum view_result
post_commit(struct rb *rb)
{
	static const char *const required[] = { "repository", "commit_id", "parent_id", NULL };
	struct validated *v = arena_zalloc(rb_arena(rb), sizeof(*v));
	struct rb_repository repository;
	enum view_result result = begin(rb, required, "diff", &repository);

	if (result != VIEW_GO_ON)
		return result;
	if (!repository.with_history)
		return rb_fail_reason(rb, 102, rb_repository_no_history(rb, &repository));
	v->commit_id = diffsets_required(rb, "commit_id", DIFFSETS_ID_MAX, true);
	v->parent_id = diffsets_required(rb, "parent_id", DIFFSETS_ID_MAX, true);
	take_files(rb, &v->upload, "diff", "parent_diff");
	check_chain(rb, v);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	v->upload.git_dir = repository.git_dir;
	v->upload.info = &v->info;
	v->upload.parent_id = v->parent_id;
	result = rbdiff_accept(rb, &v->upload, &v->pair);
	return result == VIEW_GO_ON ? respond_info(rb, v) : result;
}

/* ---- squashed diffs ---- */

static enum view_result
post_diff(struct rb *rb)
{
	static const char *const required[] = { "repository", NULL };
	struct rbdiff_upload upload = { 0 };
	struct rbdiff_pair pair;
	struct rb_repository repository;
	enum view_result result = begin(rb, required, "path", &repository);

	if (result != VIEW_GO_ON)
		return result;
	take_files(rb, &upload, "path", "parent_diff_path");
	(void)diffsets_text(rb, "basedir", DIFFSETS_NAME_MAX, false);
	if (rb_has_errors(rb))
		return rb_fail_fields(rb);
	upload.git_dir = repository.git_dir;
	result = rbdiff_accept(rb, &upload, &pair);
	if (result != VIEW_GO_ON)
		return result;
	rb_open(rb);
	return rb_close(rb, 200, rb->resource->item_type);
}

/* ---- tables ---- */

static const char *const commit_fields[] = {
	"repository", "commit_id", "parent_id", "base_commit_id", "validation_info", "diff", "parent_diff", NULL
};

static const char *const diff_fields[] = { "repository", "path", "parent_diff_path", "basedir", "base_commit_id", NULL };

const struct rb_resource rb_validation = {
	.item = "validation", .item_type = "validation", .policy = "validation", .item_methods = RB_GET, .get_item = get_root,
};

const struct rb_resource rb_commit_validation = {
	.item = "commit_validation", .item_type = "commit-validation", .policy = "commit_validation",
	.item_methods = RB_GET | RB_POST, .history = true, .get_item = get_links, .post = post_commit, .known = commit_fields,
};

const struct rb_resource rb_diff_validation = {
	.item = "diff_validation", .item_type = "diff-validation", .policy = "diff_validation",
	.item_methods = RB_GET | RB_POST, .get_item = get_links, .post = post_diff, .known = diff_fields,
};
