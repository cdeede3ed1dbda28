/* SPDX-License-Identifier: MIT
 *
 * Series (patchwork-api.md, 3.9, 3.0).
 */
#include "config.h"

#include "worker/load.h"
#include "worker/resources/resources.h"

const struct reference series_reference = { "patchwork_series", NULL, false };

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "series/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_linkname id",
	  .url = "/project/%p/list/?series=%d" },
	{ "date", .put = put_date, .columns = "date" },
	{ "name", .put = put_text, .columns = "name" },
	{ "version", .put = put_int, .columns = "version" },
	{ "mbox", .put = put_web_url, .columns = "id", .url = "/series/%d/mbox/" },
	FIELDS_END
};

const struct shape embedded_series = {
	.table = "patchwork_series", .joins = "LEFT " PROJECT_JOIN, .fields = embedded_fields, .computed = project_columns,
	.joined = project_joined,
};

static const struct many patches_of_series = {
	.shape = &embedded_patch, .parent = "t.series_id", .from = "patchwork_patch t", .order = "t.date, t.id",
	.owner = "patchwork_series",
};

static int64_t
count_patches(const struct answer *a, const struct field_plan *f, struct row row)
{
	int64_t count = 0;
	struct row patch;

	for (bool more = load_first(a->load, f, rows_int(row.rows, row.index, row.offset + f->column[0].own), &patch);
	     more; more = load_next(a->load, f, &patch))
		count++;
	return count;
}

static bool
put_received_total(struct answer *a, const struct field_plan *f, struct row row)
{
	json_int(&a->json, count_patches(a, f, row));
	return true;
}

static bool
put_received_all(struct answer *a, const struct field_plan *f, struct row row)
{
	json_bool(&a->json, rows_int(row.rows, row.index, row.offset + f->column[1].own) <= count_patches(a, f, row));
	return true;
}

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "series/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_id>linkname id",
	  .url = "/project/%p/list/?series=%d", .of = &embedded_project },
	/* [Q] without a project the reference fails; here it is null */
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING },
	{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },
	{ "submitter", .put = put_object, .columns = "submitter_id", .of = &embedded_person },
	{ "version", .put = put_int, .columns = "version", .type = META_INTEGER },
	{ "total", .put = put_int, .columns = "total", .type = META_INTEGER },
	{ "received_total", .put = put_received_total, .columns = "id", .many = &patches_of_series },
	{ "received_all", .put = put_received_all, .columns = "id total", .many = &patches_of_series },
	{ "mbox", .put = put_web_url, .columns = "id", .url = "/series/%d/mbox/" },
	{ "cover_letter", .put = put_object, .columns = "cover_letter_id", .of = &embedded_cover },
	{ "patches", .put = put_children, .columns = "id", .many = &patches_of_series },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_series", .fields = fields };

static const struct filter filters[] = {
	{ "project", FILTER_REFERENCE, "t.project_id", .reference = &project_reference },
	{ "submitter", FILTER_REFERENCE, "t.submitter_id", .reference = &person_reference },
	{ "before", FILTER_BEFORE, "t.date" },
	{ "since", FILTER_SINCE, "t.date" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL, true },
	{ "date", "t.date", NULL },
	{ "submitter", "t.submitter_id", NULL, true },
	/* the reference fails on it (4.2 [Q]) */
	{ "received_all", "(t.total <= (SELECT count(*) FROM patchwork_patch oc WHERE oc.series_id = t.id))", NULL, true,
	  .reads = "patchwork_patch.series_id" },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.name", NULL };

const struct resource series = {
	.model = "Series",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "Series List", "List series." },
	.detail = { "Series Detail", "Show a series." },
};
