/* SPDX-License-Identifier: MIT
 *
 * Comments on patches and on cover letters (patchwork-api.md, 3.7, 3.0): two
 * tables of the same form, two resources from the same tables of fields.
 */
#include "config.h"

#include "worker/resources/resources.h"
#include "worker/write.h"

/* `parent` is "patch" or "cover", `parents` its plural in URLs.  A comment's project is its parent's. */
#define COMMENT_JOINS(parent)	"JOIN patchwork_" parent " c ON c.id = t." parent "_id JOIN patchwork_project j ON j.id = c.project_id"

#define EMBEDDED_FIELDS(parent, parents)							\
	{											\
		{ "id", .put = put_int, .columns = "id" },					\
		{ "url", .since = V1_3, .put = put_api_url, .columns = parent "_id id",	\
		  .url = parents "/%d/comments/%d/" },						\
		{ "web_url", .since = V1_1, .put = put_web_url, .columns = "id", .url = "/comment/%d/" }, \
		{ "msgid", .put = put_text, .columns = "msgid" },				\
		{ "list_archive_url", .since = V1_2, .put = put_archive_url,			\
		  .columns = "project_archive_format msgid" }, \
		{ "date", .put = put_date, .columns = "date" },				\
		FIELDS_END									\
	}

#define COMMENT_FIELDS(parent, parents)								\
	{											\
		{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },		\
		{ "url", .since = V1_3, .put = put_api_url, .columns = parent "_id id",	\
		  .url = parents "/%d/comments/%d/" },						\
		{ "web_url", .put = put_web_url, .columns = "id", .url = "/comment/%d/" },	\
		{ "msgid", .put = put_text, .columns = "msgid", .type = META_STRING },		\
		{ "list_archive_url", .since = V1_2, .put = put_archive_url,			\
		  .columns = "project_archive_format msgid" }, \
		{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },		\
		{ "subject", .put = put_subject, .columns = "headers" },			\
		{ "submitter", .put = put_object, .columns = "submitter_id", .of = &embedded_person }, \
		{ "content", .put = put_text, .columns = "content", .type = META_STRING },	\
		{ "headers", .put = put_headers, .columns = "headers" },			\
		{ "addressed", .since = V1_3, .put = put_bool, .columns = "addressed", .type = META_BOOLEAN, \
		  .write = &(const struct writable){ .kind = WRITE_BOOL, .nullable = true } },	\
		FIELDS_END									\
	}

static const struct field embedded_patch_comment_fields[] = EMBEDDED_FIELDS("patch", "patches");
static const struct field embedded_cover_comment_fields[] = EMBEDDED_FIELDS("cover", "covers");

/* A comment's rows: its own, the parent's for the project's id, the project's. */
static const struct computed comment_columns[] = {
	{ "project_archive_format", "j.list_archive_url_format" }, { "project_id", "j.id" }, { NULL, NULL }
};
static const struct joined patch_comment_joined[] = {
	{ "patch_id", "patchwork_patch" }, { "project_id", "patchwork_project" }, { NULL, NULL }
};
static const struct joined cover_comment_joined[] = {
	{ "cover_id", "patchwork_cover" }, { "project_id", "patchwork_project" }, { NULL, NULL }
};

const struct shape embedded_patch_comment = {
	.table = "patchwork_patchcomment", .joins = COMMENT_JOINS("patch"), .fields = embedded_patch_comment_fields,
	.computed = comment_columns, .joined = patch_comment_joined,
};
const struct shape embedded_cover_comment = {
	.table = "patchwork_covercomment", .joins = COMMENT_JOINS("cover"), .fields = embedded_cover_comment_fields,
	.computed = comment_columns, .joined = cover_comment_joined,
};

static const struct field patch_comment_fields[] = COMMENT_FIELDS("patch", "patches");
static const struct field cover_comment_fields[] = COMMENT_FIELDS("cover", "covers");

static const struct shape patch_comment_shape = {
	.table = "patchwork_patchcomment", .joins = COMMENT_JOINS("patch"), .fields = patch_comment_fields,
	.computed = comment_columns, .joined = patch_comment_joined,
};
static const struct shape cover_comment_shape = {
	.table = "patchwork_covercomment", .joins = COMMENT_JOINS("cover"), .fields = cover_comment_fields,
	.computed = comment_columns, .joined = cover_comment_joined,
};

/* `subject` is offered by the reference, which then fails on it (4.2 [Q]): no order here. */
static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "date", "t.date", NULL },
	{ "submitter", "t.submitter_id", NULL, true },
	{ NULL, NULL, NULL }
};

/* The reference fails on any search here (4.3 [Q]); what a client wants to find is in the text. */
static const char *const search[] = { "t.content", NULL };

/* [Q] each one tells of the comment as of a new one, even if nothing changes (7.1). */
static bool
update(struct write *w, const char *table, struct event *event)
{
	int64_t parent = w->v->id[0];
	struct changes c = changes_of(w, table, w->id, parent);

	changes_bool(&c, "addressed", write_given(w, "addressed"), w->object, 0);
	changes_save(&c);
	event->project = rows_int(w->object, 0, 1);
	write_event(w, event);
	return true;
}

static bool
update_of_patch(struct write *w)
{
	struct event event = { .category = "patch-comment-created", .patch = w->v->id[0], .patch_comment = w->id };

	return update(w, "patchwork_patchcomment", &event);
}

static bool
update_of_cover(struct write *w)
{
	struct event event = { .category = "cover-comment-created", .cover = w->v->id[0], .cover_comment = w->id };

	return update(w, "patchwork_covercomment", &event);
}

const struct resource patch_comments = {
	.model = "PatchComment",
	.shape = &patch_comment_shape,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.parent = &patches,
	.parent_column = "t.patch_id",
	.list = { "Patch Comment List", "List patch comments" },
	.detail = { "Patch Comment Detail", "get:\nShow a patch comment.\n\npatch:\nUpdate a patch comment.\n\n"
	    "put:\nUpdate a patch comment." },
	.detail_writes = MAY_PUT | MAY_PATCH,
	.writable = "(" SUBMITTED("t.submitter_id") " OR EXISTS (SELECT 1 FROM patchwork_patch wp WHERE wp.id = t.patch_id "
	    "AND (wp.delegate_id = @ OR " SUBMITTED("wp.submitter_id") " OR " MAINTAINS("wp.project_id") ")))",
	.locked = "t.addressed, (SELECT wp.project_id FROM patchwork_patch wp WHERE wp.id = t.patch_id)",
	.update = update_of_patch,
	.put_is_patch = true,
};

const struct resource cover_comments = {
	.model = "CoverComment",
	.shape = &cover_comment_shape,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.parent = &covers,
	.parent_column = "t.cover_id",
	.list = { "Cover Comment List", "List cover comments" },
	.detail = { "Cover Comment Detail", "get:\nShow a cover comment.\n\npatch:\nUpdate a cover comment.\n\n"
	    "put:\nUpdate a cover comment." },
	.detail_writes = MAY_PUT | MAY_PATCH,
	.writable = "(" SUBMITTED("t.submitter_id") " OR EXISTS (SELECT 1 FROM patchwork_cover wp WHERE wp.id = t.cover_id "
	    "AND (" SUBMITTED("wp.submitter_id") " OR " MAINTAINS("wp.project_id") ")))",
	.locked = "t.addressed, (SELECT wp.project_id FROM patchwork_cover wp WHERE wp.id = t.cover_id)",
	.update = update_of_cover,
	.put_is_patch = true,
};
