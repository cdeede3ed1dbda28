/* SPDX-License-Identifier: MIT
 *
 * Cover letters (patchwork-api.md, 3.6, 3.0).
 */
#include "config.h"

#include "worker/resources/resources.h"

const struct reference cover_reference = { "patchwork_cover", NULL, false };

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "covers/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_linkname msgid",
	  .url = "/project/%p/cover/%m/" },
	{ "msgid", .put = put_text, .columns = "msgid" },
	{ "list_archive_url", .since = V1_2, .put = put_archive_url,
	  .columns = "project_archive_format msgid" },
	{ "date", .put = put_date, .columns = "date" },
	{ "name", .put = put_text, .columns = "name" },
	{ "mbox", .since = V1_1, .put = put_web_url, .columns = "project_linkname msgid",
	  .url = "/project/%p/cover/%m/mbox/" },
	FIELDS_END
};

const struct shape embedded_cover = {
	.table = "patchwork_cover", .joins = PROJECT_JOIN, .fields = embedded_fields, .computed = project_columns,
	.joined = project_joined,
};

static const struct many series_of_cover = {
	.shape = &embedded_series, .parent = "t.cover_letter_id", .from = "patchwork_series t", .order = "t.id",
	.owner = "patchwork_cover",
};

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "covers/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_id>linkname msgid",
	  .url = "/project/%p/cover/%m/", .of = &embedded_project },
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "msgid", .put = put_text, .columns = "msgid", .type = META_STRING },
	{ "list_archive_url", .since = V1_2, .put = put_archive_url,
	  .columns = "project_id>list_archive_url_format msgid", .of = &embedded_project },
	{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING },
	{ "submitter", .put = put_object, .columns = "submitter_id", .of = &embedded_person },
	{ "mbox", .since = V1_1, .put = put_web_url, .columns = "project_id>linkname msgid",
	  .url = "/project/%p/cover/%m/mbox/", .of = &embedded_project },
	{ "series", .put = put_children, .columns = "id", .many = &series_of_cover },
	{ "comments", .since = V1_1, .put = put_plain_url, .columns = "id", .url = "covers/%d/comments/" },
	{ "headers", .put = put_headers, .columns = "headers", .flags = FIELD_DETAIL },
	{ "content", .put = put_text, .columns = "content", .flags = FIELD_DETAIL, .type = META_STRING },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_cover", .fields = fields };

static const struct filter filters[] = {
	{ "project", FILTER_REFERENCE, "t.project_id", .reference = &project_reference },
	/* the reference's is broken (4.6 [Q]); this is what its documentation says */
	{ "series", FILTER_REFERENCE, "(SELECT fs.id FROM patchwork_series fs WHERE fs.cover_letter_id = t.id)",
	  .reference = &series_reference, .reads = "patchwork_series.cover_letter_id" },
	{ "submitter", FILTER_REFERENCE, "t.submitter_id", .reference = &person_reference },
	{ "msgid", FILTER_MSGID, "t.msgid" },
	{ "before", FILTER_BEFORE, "t.date" },
	{ "since", FILTER_SINCE, "t.date" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL, true },
	{ "date", "t.date", NULL },
	{ "submitter", "t.submitter_id", NULL, true },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.name", NULL };

const struct resource covers = {
	.model = "Cover",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "Cover List", "List cover letters." },
	.detail = { "Cover Detail", "Show a cover letter." },
};
