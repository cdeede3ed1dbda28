/* SPDX-License-Identifier: MIT
 *
 * See rb_rights.h.
 */
#include "config.h"

#include "worker/reviewboard/rb_rights.h"

#include "base/arena.h"

enum {
	ID, SUBMITTER, SUBMITTER_NAME, IS_PUBLIC, WITH_HISTORY, STATUS, REPOSITORY, REPOSITORY_NAME, GIT_DIR,
	REPOSITORY_PUBLIC, REPOSITORY_HISTORY, PROJECT, ON_ACCESS_LIST, DRAFT, DRAFT_DIFFSET, DRAFT_REVISION, DRAFT_FINALIZED, PUBLISHED
};

/* '@' is the caller */
#define ON_LIST(repository) \
	"EXISTS (SELECT 1 FROM thimble_rb_access x WHERE x.repository_id = " repository " AND x.user_id = @)"

struct rows *
rb_query_request(struct rb *rb)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT t.id, t.submitter_id, u.username, t.is_public, t.with_history, t.status, y.id, y.name, "
	    "y.git_dir, y.is_public, y.with_history, y.project_id, ");
	rb_add_condition(rb, q, ON_LIST("y.id"));
	sql_add(q, ", f.id, d.id, d.revision, d.finalized, "
	    "(SELECT MAX(p.revision) FROM thimble_rb_diffset p WHERE p.request_id = t.id AND p.published) "
	    "FROM thimble_rb_request t LEFT JOIN auth_user u ON u.id = t.submitter_id "
	    "LEFT JOIN thimble_rb_repository y ON y.id = t.repository_id "
	    "LEFT JOIN thimble_rb_draft f ON f.request_id = t.id "
	    "LEFT JOIN thimble_rb_diffset d ON d.request_id = t.id AND NOT d.published WHERE t.id = ");
	sql_int(q, rb->request);
	return rb_ask(rb, q);
}

/* Who has access is part of what a user may do, which rb_identify has left. */
static void
collect(struct rb *rb, const struct rb_request_row *request)
{
	rb_tag_object(rb, "auth_user", request->submitter);
	if (request->repository != 0)
		rb_tag_object(rb, "thimble_rb_repository", request->repository);
}

struct rb_request_row *
rb_request_of(struct rb *rb, const struct rows *rows)
{
	struct rb_request_row *r;

	/* of an id that no row has, too; the draft and the diffs are part of it, but tables of their own */
	rb_tag_object(rb, "thimble_rb_request", rb->request);
	rb_tag_table(rb, "thimble_rb_draft");
	rb_tag_table(rb, "thimble_rb_diffset");
	if (rows->count == 0)
		return NULL;
	r = arena_alloc(rb_arena(rb), sizeof(*r));
	*r = (struct rb_request_row){
		.id = rows_int(rows, 0, ID),
		.submitter = rows_int(rows, 0, SUBMITTER),
		.submitter_name = rows_get(rows, 0, SUBMITTER_NAME),
		.is_public = rows_bool(rows, 0, IS_PUBLIC),
		.with_history = rows_bool(rows, 0, WITH_HISTORY),
		.status = rows_get(rows, 0, STATUS).n > 0 ? rows_get(rows, 0, STATUS).p[0] : 'P',
		.repository = rows_int(rows, 0, REPOSITORY),
		.repository_name = rows_get(rows, 0, REPOSITORY_NAME),
		.git_dir = rows_get(rows, 0, GIT_DIR),
		.repository_public = rows_bool(rows, 0, REPOSITORY_PUBLIC),
		.repository_history = rows_bool(rows, 0, REPOSITORY_HISTORY),
		.on_access_list = rows_bool(rows, 0, ON_ACCESS_LIST),
		.project = rows_int(rows, 0, PROJECT),
		.draft = rows_int(rows, 0, DRAFT),
		.draft_diffset = rows_int(rows, 0, DRAFT_DIFFSET),
		.draft_revision = rows_int(rows, 0, DRAFT_REVISION),
		.draft_finalized = rows_bool(rows, 0, DRAFT_FINALIZED),
		.published = rows_int(rows, 0, PUBLISHED),
	};
	collect(rb, r);
	return r;
}

enum view_result
rb_find_request(struct rb *rb, struct rb_request_row **request_r)
{
	struct rows *rows = rb_query_request(rb);

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	*request_r = rb_request_of(rb, rows);
	return *request_r != NULL ? VIEW_GO_ON : rb_not_found(rb, NULL);
}

enum view_result
rb_find_readable(struct rb *rb, struct rb_request_row **request_r)
{
	enum view_result result = rb_find_request(rb, request_r);

	if (result != VIEW_GO_ON || rb_may_read(rb, *request_r))
		return result;
	return rb_forbidden(rb);
}

enum view_result
rb_find_draft(struct rb *rb, bool diffset, struct rb_request_row **request_r)
{
	enum view_result result = rb_find_request(rb, request_r);
	const struct rb_request_row *r = *request_r;

	if (result != VIEW_GO_ON)
		return result;
	if (r->draft == 0 || (diffset && r->draft_diffset == 0))
		return rb_not_found(rb, NULL);
	if (diffset && rb->revision != 0 && rb->revision != r->draft_revision)
		return rb_not_found(rb, NULL);
	return rb_may_edit(rb, r) ? VIEW_GO_ON : rb_forbidden(rb);
}

bool
rb_may_edit(const struct rb *rb, const struct rb_request_row *request)
{
	if (rb->user.id == 0)
		return false;
	return rb->user.id == request->submitter || rb->user.admin || rb->user.edits_all;
}

bool
rb_may_see_repository(const struct rb *rb, bool is_public, bool on_access_list)
{
	return is_public || on_access_list || rb->user.admin;
}

bool
rb_may_read(const struct rb *rb, const struct rb_request_row *request)
{
	if (rb_may_edit(rb, request))
		return true;
	return request->is_public && (request->repository == 0 ||
	    rb_may_see_repository(rb, request->repository_public, request->on_access_list));
}

void
rb_add_repository_readable(const struct rb *rb, struct sql *q, const char *alias)
{
	if (rb->user.admin) {
		sql_add(q, "1 = 1");
		return;
	}
	sql_addf(q, "(%s.is_public OR EXISTS (SELECT 1 FROM thimble_rb_access x "
	    "WHERE x.repository_id = %s.id AND x.user_id = ", alias, alias);
	sql_int(q, rb->user.id);
	sql_add(q, "))");
}

void
rb_add_readable(const struct rb *rb, struct sql *q, bool all)
{
	sql_add(q, "((");
	sql_add(q, all ? "1 = 1" : "t.is_public");
	sql_add(q, " AND (t.repository_id IS NULL OR "
	    "EXISTS (SELECT 1 FROM thimble_rb_repository y WHERE y.id = t.repository_id AND ");
	rb_add_repository_readable(rb, q, "y");
	sql_add(q, "))) OR t.submitter_id = ");
	sql_int(q, rb->user.id);
	sql_add(q, ")");
}
