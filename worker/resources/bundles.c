/* SPDX-License-Identifier: MIT
 *
 * Bundles: users' own collections of patches (patchwork-api.md, 3.10).  Private
 * ones exist for their owner only.
 */
#include "config.h"

#include "worker/resources/resources.h"
#include "worker/write.h"

static const struct many patches_of_bundle = {
	.shape = &embedded_patch,
	.parent = "b.bundle_id",
	.from = "patchwork_bundlepatch b JOIN patchwork_patch t ON t.id = b.patch_id",
	.owner = "patchwork_bundle",
	.through = "patchwork_bundlepatch",
	.order = "t.date, t.id",	/* [Q] not the bundle's own order */
};

/* [Q] the reference takes a slash, and then fails whenever it shows the bundle (6.9) */
static const char *
check_name(struct write *w, const struct given *given)
{
	(void)w;
	return slice_index(given->text, '/') >= 0 ? "The name may not contain a slash." : NULL;
}

enum { FOUND_ID, FOUND_PROJECT };

/* The project of the n-th patch that was given. */
static int64_t
project_of(const struct given *listed, size_t n)
{
	return rows_int(listed->found, idmap_get(&listed->place, listed->id[n]), FOUND_PROJECT);
}

static const char *
check_patches(struct write *w, const struct given *given)
{
	(void)w;
	if (given->count == 0)
		return "Bundles cannot be empty";
	for (size_t i = 1; i < given->count; i++)
		if (project_of(given, i) != project_of(given, 0))
			return "Bundle patches must belong to the same project";
	return NULL;
}

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "bundles/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "owner_id>username name",
	  .url = "/bundle/%p/%p/", .of = &embedded_user },
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING,
	  .write = &(const struct writable){ .required = true, .max_length = 50, .check = check_name } },
	{ "owner", .put = put_object, .columns = "owner_id", .of = &embedded_user },
	{ "patches", .put = put_children, .columns = "id", .many = &patches_of_bundle,
	  .write = &(const struct writable){ .kind = WRITE_RELATIONS, .required = true, .table = "patchwork_patch",
	    .columns = "t.project_id", .check = check_patches } },
	{ "public", .put = put_bool, .columns = "public", .type = META_BOOLEAN,
	  .write = &(const struct writable){ .kind = WRITE_BOOL } },
	{ "mbox", .put = put_web_url, .columns = "owner_id>username name", .url = "/bundle/%p/%p/mbox/",
	  .of = &embedded_user },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_bundle", .fields = fields };

static const struct filter filters[] = {
	{ "project", FILTER_REFERENCE, "t.project_id", .reference = &project_reference },
	{ "owner", FILTER_REFERENCE, "t.owner_id", .reference = &user_reference },
	{ "public", FILTER_BOOL, "t.public" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL, true },
	{ "owner", "t.owner_id", NULL, true },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.name", NULL };

enum { NAME, PUBLIC, PROJECT };

/* In the order given, without repetitions. */
static void
insert_patches(struct write *w, const struct given *listed)
{
	struct idmap seen = { .arena = w->v->request->arena };
	int64_t order = 0;

	for (size_t i = 0; i < listed->count; i++) {
		size_t before = seen.count;
		struct sql *q;

		(void)idmap_at(&seen, listed->id[i]);
		if (seen.count == before)
			continue;
		q = write_sql(w);
		sql_add(q, "INSERT INTO patchwork_bundlepatch (bundle_id, patch_id, \"order\") VALUES (");
		sql_int(q, w->id);
		sql_add(q, ", ");
		sql_int(q, listed->id[i]);
		sql_add(q, ", ");
		sql_int(q, ++order);
		sql_add(q, ")");
		(void)write_query(w, q);
	}
	written_collection(&w->written, "patchwork_bundlepatch", w->id, 0);
}

static void
delete_from(struct write *w, const char *statement)
{
	struct sql *q = write_sql(w);

	sql_add(q, statement);
	sql_int(q, w->id);
	(void)write_query(w, q);
}

static bool
create(struct write *w)
{
	const struct given *listed = write_given(w, "patches"), *shared = write_given(w, "public");
	int64_t project = project_of(listed, 0);
	struct sql *q = write_sql(w);
	struct rows *made;

	sql_add(q, "INSERT INTO patchwork_bundle (name, public, owner_id, project_id) VALUES (");
	sql_string(q, write_given(w, "name")->text);
	sql_add(q, ", ");
	sql_bool(q, shared != NULL && shared->truth);
	sql_add(q, ", ");
	sql_int(q, w->v->answer.user);
	sql_add(q, ", ");
	sql_int(q, project);
	sql_add(q, ") RETURNING id");
	made = write_query(w, q);
	if (!write_flush(w))
		return false;
	w->id = rows_int(made, 0, 0);
	insert_patches(w, listed);
	written_collection(&w->written, "patchwork_bundle", w->id, project);
	return true;
}

/* The bundle goes where its patches are. */
static void
move(struct write *w, struct changes *c, const struct given *listed)
{
	int64_t from = rows_int(w->object, 0, PROJECT), to = project_of(listed, 0);

	if (from != to) {
		sql_int(changes_set(c, "project_id"), to);
		written_collection(&w->written, "patchwork_bundle", w->id, from);
		written_collection(&w->written, "patchwork_bundle", w->id, to);
		written_column(&w->written, "patchwork_bundle", w->id, to, "project_id");
	}
	delete_from(w, "DELETE FROM patchwork_bundlepatch WHERE bundle_id = ");
	insert_patches(w, listed);
}

static bool
update(struct write *w)
{
	const struct given *listed = write_given(w, "patches");
	struct changes c = changes_of(w, "patchwork_bundle", w->id, rows_int(w->object, 0, PROJECT));

	changes_text(&c, "name", write_given(w, "name"), rows_get(w->object, 0, NAME));
	changes_bool(&c, "public", write_given(w, "public"), w->object, PUBLIC);
	if (listed != NULL)
		move(w, &c, listed);
	changes_save(&c);
	return true;
}

static bool
remove_bundle(struct write *w)
{
	delete_from(w, "DELETE FROM patchwork_bundlepatch WHERE bundle_id = ");
	delete_from(w, "DELETE FROM patchwork_bundle WHERE id = ");
	written_collection(&w->written, "patchwork_bundle", w->id, rows_int(w->object, 0, PROJECT));
	written_collection(&w->written, "patchwork_bundlepatch", w->id, 0);
	return true;
}

const struct resource bundles = {
	.model = "Bundle",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "Bundle List", "List or create bundles." },
	.detail = { "Bundle Detail", "get:\nShow a bundle.\n\npatch:\nUpdate a bundle.\n\nput:\nUpdate a bundle.\n\n"
	    "delete:\nDelete a bundle." },
	.list_writes = MAY_POST,
	.list_writes_since = V1_2,
	.detail_writes = MAY_PUT | MAY_PATCH | MAY_DELETE,
	.detail_writes_since = V1_2,
	.visible = "(t.public OR t.owner_id = @)",
	.writable = "t.owner_id = @",
	.locked = "t.name, t.public, t.project_id",
	.create = create,
	.update = update,
	.remove = remove_bundle,
	.taken_field = "name",
	.taken = "You have a bundle of that name already.",
};
