/* SPDX-License-Identifier: MIT
 *
 * Bundles: users' own collections of patches (patchwork-api.md, 3.10).  Private
 * ones exist for their owner only.
 */
#include "config.h"

#include "worker/resources/resources.h"

static const struct many patches_of_bundle = {
	.shape = &embedded_patch,
	.parent = "b.bundle_id",
	.from = "patchwork_bundlepatch b JOIN patchwork_patch t ON t.id = b.patch_id",
	.owner = "patchwork_bundle",
	.through = "patchwork_bundlepatch",
	.order = "t.date, t.id",	/* [Q] not the bundle's own order */
};

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "bundles/%d/" },
	{ "web_url", .since = V1_1, .put = put_web_url, .columns = "owner_id>username name",
	  .url = "/bundle/%p/%p/", .of = &embedded_user },
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING,
	  .write = &(const struct writable){ .required = true, .max_length = 50 } },
	{ "owner", .put = put_object, .columns = "owner_id", .of = &embedded_user },
	{ "patches", .put = put_children, .columns = "id", .many = &patches_of_bundle,
	  .write = &(const struct writable){ .required = true } },
	{ "public", .put = put_bool, .columns = "public", .type = META_BOOLEAN, .write = &(const struct writable){ 0 } },
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
};
