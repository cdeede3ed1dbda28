/* SPDX-License-Identifier: MIT
 *
 * Projects (patchwork-api.md, 3.4, 3.0).  A detail is asked for by id or by
 * link name.
 */
#include "config.h"

#include "worker/resources/resources.h"
#include "worker/write.h"

const struct reference project_reference = { "patchwork_project", "linkname", false };

#define URL_FIELD(column) .put = put_text, .columns = column, .type = META_STRING, \
	.write = &(const struct writable){ .blank = true, .max_length = 2000 }

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "projects/%d/" },
	{ "name", .put = put_text, .columns = "name" },
	{ "link_name", .put = put_text, .columns = "linkname" },
	{ "list_id", .put = put_text, .columns = "listid" },
	{ "list_email", .put = put_text, .columns = "listemail" },
	{ "web_url", .put = put_text, .columns = "web_url" },
	{ "scm_url", .put = put_text, .columns = "scm_url" },
	{ "webscm_url", .put = put_text, .columns = "webscm_url" },
	{ "list_archive_url", .since = V1_2, .put = put_text, .columns = "list_archive_url" },
	{ "list_archive_url_format", .since = V1_2, .put = put_text, .columns = "list_archive_url_format" },
	{ "commit_url_format", .since = V1_2, .put = put_text, .columns = "commit_url_format" },
	FIELDS_END
};

const struct computed project_columns[] = {
	{ "project_linkname", "j.linkname" },
	{ "project_archive_format", "j.list_archive_url_format" },
	{ NULL, NULL }
};

const struct joined project_joined[] = { { "project_id", "patchwork_project" }, { NULL, NULL } };

const struct shape embedded_project = { .table = "patchwork_project", .fields = embedded_fields };

/* [Q] id and url are those of the profile, the rest is the user's (3.0). */
static const struct field maintainer_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "users/%d/" },
	{ "username", .put = put_text, .columns = "username" },
	{ "first_name", .put = put_text, .columns = "first_name" },
	{ "last_name", .put = put_text, .columns = "last_name" },
	{ "email", .put = put_text, .columns = "email" },
	FIELDS_END
};

static const struct computed maintainer_columns[] = {
	{ "username", "u.username" },
	{ "first_name", "u.first_name" },
	{ "last_name", "u.last_name" },
	{ "email", "u.email" },
	{ NULL, NULL }
};

static const struct joined maintainer_joined[] = { { "user_id", "auth_user" }, { NULL, NULL } };

static const struct shape maintainer = {
	.table = "patchwork_userprofile", .fields = maintainer_fields, .computed = maintainer_columns,
	.joined = maintainer_joined, .part = true,
};

static const struct many maintainers_of_project = {
	.shape = &maintainer,
	.parent = "m.project_id",
	.from = "patchwork_userprofile_maintainer_projects m JOIN patchwork_userprofile t ON t.id = m.userprofile_id "
	    "JOIN auth_user u ON u.id = t.user_id",
	.order = "t.id",
	.owner = "patchwork_project",
	.through = "patchwork_userprofile_maintainer_projects",
};

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "projects/%d/" },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING },
	{ "link_name", .put = put_text, .columns = "linkname", .type = META_STRING },
	{ "list_id", .put = put_text, .columns = "listid", .type = META_STRING },
	{ "list_email", .put = put_text, .columns = "listemail", .type = META_STRING },
	{ "web_url", URL_FIELD("web_url") },
	{ "scm_url", URL_FIELD("scm_url") },
	{ "webscm_url", URL_FIELD("webscm_url") },
	{ "maintainers", .put = put_children, .columns = "id", .many = &maintainers_of_project },
	{ "subject_match", .since = V1_1, .put = put_text, .columns = "subject_match", .type = META_STRING },
	{ "list_archive_url", .since = V1_2, URL_FIELD("list_archive_url") },
	{ "list_archive_url_format", .since = V1_2, URL_FIELD("list_archive_url_format") },
	{ "commit_url_format", .since = V1_2, URL_FIELD("commit_url_format") },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_project", .fields = fields };

/* link_name and list_id: the reference fails on them (4.2 [Q]); here they work. */
static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL },
	{ "link_name", "t.linkname", NULL },
	{ "list_id", "t.listid", NULL },
	{ NULL, NULL, NULL }
};

/* The reference fails on any search here (4.3 [Q]); these are the columns it means. */
static const char *const search[] = { "t.name", "t.linkname", "t.listid", "t.listemail", NULL };

static const char *const written_columns[] = {
	"web_url", "scm_url", "webscm_url", "list_archive_url", "list_archive_url_format", "commit_url_format"
};

static bool
update(struct write *w)
{
	struct changes c = changes_of(w, "patchwork_project", w->id, 0);

	for (int i = 0; i < (int)(sizeof(written_columns) / sizeof(written_columns[0])); i++)
		changes_text(&c, written_columns[i], write_given(w, written_columns[i]), rows_get(w->object, 0, i));
	changes_save(&c);
	return true;
}

const struct resource projects = {
	.model = "Project",
	.shape = &shape,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.name_column = "t.linkname",
	.list = { "Project List", "List projects." },
	.detail = { "Project Detail",
	    "get:\nShow a project.\n\npatch:\nUpdate a project.\n\nput:\nUpdate a project." },
	.detail_writes = MAY_PUT | MAY_PATCH,
	.writable = MAINTAINS("t.id"),
	.locked = "t.web_url, t.scm_url, t.webscm_url, t.list_archive_url, t.list_archive_url_format, t.commit_url_format",
	.update = update,
};
