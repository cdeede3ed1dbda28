/* SPDX-License-Identifier: MIT
 *
 * Patches (patchwork-api.md, 3.5, 3.0).
 */
#include "config.h"

#include "base/arena.h"
#include "proto/mail.h"
#include "worker/load.h"
#include "worker/resources/resources.h"
#include "worker/write.h"

const struct reference patch_reference = { "patchwork_patch", NULL, false };
static const struct reference state_reference = { "patchwork_state", "name", true };

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "patches/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_linkname msgid",
	  .url = "/project/%p/patch/%m/" },
	{ "msgid", .put = put_text, .columns = "msgid" },
	{ "list_archive_url", .since = V1_2, .put = put_archive_url,
	  .columns = "project_archive_format msgid" },
	{ "date", .put = put_date, .columns = "date" },
	{ "name", .put = put_text, .columns = "name" },
	{ "mbox", .put = put_web_url, .columns = "project_linkname msgid",
	  .url = "/project/%p/patch/%m/mbox/" },
	FIELDS_END
};

const struct shape embedded_patch = {
	.table = "patchwork_patch", .joins = PROJECT_JOIN, .fields = embedded_fields, .computed = project_columns,
	.joined = project_joined,
};

static const struct field state_fields[] = {
	{ "slug", .put = put_text, .columns = "slug" },
	FIELDS_END
};

const struct shape embedded_state = { .table = "patchwork_state", .fields = state_fields };

/* What the combined state of a patch is made from (2.10). */
enum { CHECK_USER, CHECK_CONTEXT, CHECK_DATE, CHECK_STATE };

static const struct field brief_check_fields[] = {
	{ NULL, .columns = "user_id context date state" },
	FIELDS_END
};

static const struct shape brief_check = { .table = "patchwork_check", .fields = brief_check_fields, .part = true };

static const struct many checks_of_patch = {
	.shape = &brief_check, .parent = "t.patch_id", .from = "patchwork_check t", .order = "t.id",
	.owner = "patchwork_patch",
};

static struct slice
check_cell(const struct field_plan *f, struct row check, int n)
{
	return row_own(check, &f->many_plan->fields[0], n);
}

/* Whether one check takes the place of another: same user and context, and not older. */
static bool
check_replaces(const struct field_plan *f, struct row later, struct row kept)
{
	struct slice date = check_cell(f, later, CHECK_DATE), kept_date = check_cell(f, kept, CHECK_DATE);
	size_t n = date.n < kept_date.n ? date.n : kept_date.n;
	int order = memcmp(date.p, kept_date.p, n);

	return order > 0 || (order == 0 && date.n >= kept_date.n);
}

static bool
check_same_source(const struct field_plan *f, struct row a, struct row b)
{
	return slice_eq(check_cell(f, a, CHECK_USER), check_cell(f, b, CHECK_USER)) &&
	    slice_eq(check_cell(f, a, CHECK_CONTEXT), check_cell(f, b, CHECK_CONTEXT));
}

/* True if no later check of the list takes this one's place. */
static bool
check_counts(const struct answer *a, const struct field_plan *f, struct row check, int64_t patch)
{
	bool behind = false;
	struct row other;

	for (bool more = load_first(a->load, f, patch, &other); more; more = load_next(a->load, f, &other)) {
		if (other.index == check.index) {
			behind = true;
			continue;
		}
		if (!check_same_source(f, check, other))
			continue;
		if (behind ? check_replaces(f, other, check) : !check_replaces(f, check, other))
			return false;
	}
	return true;
}

/*
 * The worst of the checks that count (2.10).  A check that is no worse than
 * what was found already need not be looked at.
 */
static bool
put_combined_check(struct answer *a, const struct field_plan *f, struct row row)
{
	/* success < pending < warning < fail, by the numbers of check_states */
	static const int badness[] = { 1, 0, 2, 3 };
	static const char *const names[] = { "success", "pending", "warning", "fail" };
	int64_t patch = rows_int(row.rows, row.index, row.offset + f->column[0].own);
	int worst = -1;
	struct row check;

	for (bool more = load_first(a->load, f, patch, &check); more; more = load_next(a->load, f, &check)) {
		struct slice text = check_cell(f, check, CHECK_STATE);
		unsigned state = text.n == 1 ? (unsigned)(text.p[0] - '0') : 0;

		if (state < 4 && badness[state] > worst && check_counts(a, f, check, patch))
			worst = badness[state];
	}
	json_string(&a->json, slice_str(worst < 0 ? "pending" : names[worst]));
	return true;
}

static const struct many patches_of_relation = {
	.shape = &embedded_patch, .parent = "t.related_id", .from = "patchwork_patch t", .order = "t.date, t.id",
	.owner = "patchwork_patchrelation",
};

/* It joined the relation just now [Q] (write.h). */
static bool
is_unlisted(const struct answer *a, struct row patch)
{
	int64_t id = rows_int(patch.rows, patch.index, patch.offset + patch.plan->key);

	for (size_t i = 0; i < a->unlisted_count; i++)
		if (a->unlisted[i] == id)
			return true;
	return false;
}

/* All patches of the relation but the patch itself. */
static bool
put_related(struct answer *a, const struct field_plan *f, struct row row)
{
	struct slice relation = row_own(row, f, 0), self = row_own(row, f, 1);
	struct row other;

	if (relation.p == NULL && a->partial)
		return false;
	json_open(&a->json, '[');
	if (relation.p != NULL) {
		int64_t parent = rows_int(row.rows, row.index, row.offset + f->column[0].own);

		for (bool more = load_first(a->load, f, parent, &other); more; more = load_next(a->load, f, &other))
			if (!is_unlisted(a, other) && !slice_eq(rows_get(other.rows, other.index, other.offset + other.plan->key), self))
				answer_object(a, other);
	}
	json_close(&a->json, ']');
	return true;
}

static bool
put_prefixes(struct answer *a, const struct field_plan *f, struct row row)
{
	struct mail_prefixes prefixes;

	mail_prefixes(a->arena, row_own(row, f, 0), &prefixes);
	json_open(&a->json, '[');
	for (size_t i = 0; i < prefixes.count; i++)
		json_string(&a->json, prefixes.prefix[i]);
	json_close(&a->json, ']');
	return true;
}

/* Of a user who is to be the delegate of the patch '#'. */
#define DELEGATE_MAINTAINS "EXISTS (SELECT 1 FROM patchwork_patch wp "					\
	"JOIN patchwork_userprofile_maintainer_projects m ON m.project_id = wp.project_id "		\
	"JOIN patchwork_userprofile f ON f.id = m.userprofile_id WHERE wp.id = # AND f.user_id = t.id)"
#define DELEGATE_PROJECT "(SELECT wj.name FROM patchwork_patch wp JOIN patchwork_project wj ON wj.id = wp.project_id " \
	"WHERE wp.id = #)"

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "patches/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "project_id>linkname msgid",
	  .url = "/project/%p/patch/%m/", .of = &embedded_project },
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "msgid", .put = put_text, .columns = "msgid", .type = META_STRING },
	{ "list_archive_url", .since = V1_2, .put = put_archive_url,
	  .columns = "project_id>list_archive_url_format msgid", .of = &embedded_project },
	{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING },
	{ "commit_ref", .put = put_text, .columns = "commit_ref", .type = META_STRING,
	  .write = &(const struct writable){ .nullable = true, .blank = true, .max_length = 255 } },
	{ "pull_url", .put = put_text, .columns = "pull_url", .type = META_STRING,
	  .write = &(const struct writable){ .nullable = true, .blank = true, .max_length = 255 } },
	{ "state", .put = put_text, .columns = "state_id>slug", .of = &embedded_state,
	  .write = &(const struct writable){ .kind = WRITE_STATE, .required = true } },
	{ "archived", .put = put_bool, .columns = "archived", .type = META_BOOLEAN,
	  .write = &(const struct writable){ .kind = WRITE_BOOL } },
	{ "hash", .put = put_text, .columns = "hash", .type = META_STRING },
	{ "submitter", .put = put_object, .columns = "submitter_id", .of = &embedded_person },
	{ "delegate", .put = put_object, .columns = "delegate_id", .of = &embedded_user,
	  .write = &(const struct writable){ .kind = WRITE_RELATION, .required = true, .nullable = true,
	    .table = "auth_user", .columns = "t.username, " DELEGATE_MAINTAINS ", " DELEGATE_PROJECT,
	    .check = patch_check_delegate } },
	{ "mbox", .put = put_web_url, .columns = "project_id>linkname msgid",
	  .url = "/project/%p/patch/%m/mbox/", .of = &embedded_project },
	{ "series", .put = put_object_list, .columns = "series_id", .of = &embedded_series },
	{ "comments", .since = V1_1, .put = put_plain_url, .columns = "id", .url = "patches/%d/comments/" },
	{ "check", .put = put_combined_check, .columns = "id", .many = &checks_of_patch },
	{ "checks", .put = put_plain_url, .columns = "id", .url = "patches/%d/checks/" },
	{ "tags", .put = put_empty_object },
	{ "related", .since = V1_2, .put = put_related, .columns = "related_id id", .many = &patches_of_relation,
	  .write = &(const struct writable){ .kind = WRITE_RELATIONS, .table = "patchwork_patch" } },
	{ "headers", .put = put_headers, .columns = "headers", .flags = FIELD_DETAIL },
	{ "content", .put = put_text, .columns = "content", .flags = FIELD_DETAIL, .type = META_STRING },
	{ "diff", .put = put_text, .columns = "diff", .flags = FIELD_DETAIL, .type = META_STRING },
	{ "prefixes", .put = put_prefixes, .columns = "name", .flags = FIELD_DETAIL },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_patch", .fields = fields };

static const struct filter filters[] = {
	{ "project", FILTER_REFERENCE, "t.project_id", .reference = &project_reference },
	{ "series", FILTER_REFERENCE, "t.series_id", .reference = &series_reference },
	{ "submitter", FILTER_REFERENCE, "t.submitter_id", .reference = &person_reference },
	{ "delegate", FILTER_REFERENCE, "t.delegate_id", .reference = &user_reference },
	{ "state", FILTER_REFERENCE, "t.state_id", .reference = &state_reference },
	{ "archived", FILTER_BOOL, "t.archived" },
	{ "hash", FILTER_TEXT_NOCASE, "t.hash", .since = V1_2 },
	{ "msgid", FILTER_MSGID, "t.msgid", .since = V1_2 },
	{ "before", FILTER_BEFORE, "t.date" },
	{ "since", FILTER_SINCE, "t.date" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL, true },
	{ "project", "op.linkname", "JOIN patchwork_project op ON op.id = t.project_id", true,
	  .reads = "patchwork_project.linkname" },
	{ "date", "t.date", NULL },
	{ "state", "os.ordering", "LEFT JOIN patchwork_state os ON os.id = t.state_id", true,
	  .reads = "patchwork_state.ordering" },
	{ "archived", "t.archived", NULL, true },
	{ "submitter", "t.submitter_id", NULL, true },
	/* [Q] a patch with n checks stands n times in this sequence (4.2) */
	{ "check", "oc.id", "LEFT JOIN patchwork_check oc ON oc.patch_id = t.id", true,
	  .reads = "patchwork_check.patch_id" },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.name", NULL };

const struct resource patches = {
	.model = "Patch",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "Patch List", "List patches." },
	.detail = { "Patch Detail", "get:\nShow a patch.\n\npatch:\nUpdate a patch.\n\nput:\nUpdate a patch." },
	.detail_writes = MAY_PUT | MAY_PATCH,
	.writable = "(t.delegate_id = @ OR " SUBMITTED("t.submitter_id") " OR " MAINTAINS("t.project_id") ")",
	/* as patch_writes.c names them */
	.locked = "t.commit_ref, t.pull_url, t.state_id, t.archived, t.delegate_id, t.related_id, t.project_id, "
	    "(SELECT wj.send_notifications FROM patchwork_project wj WHERE wj.id = t.project_id), "
	    "CASE WHEN t.hash IS NULL THEN t.diff END, "
	    "CASE WHEN t.content LIKE '%\r\n%' THEN '1' ELSE '0' END",
	.prepare = patch_prepare,
	.update = patch_update,
};
