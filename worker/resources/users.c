/* SPDX-License-Identifier: MIT
 *
 * Users: accounts (patchwork-api.md, 3.2, 3.0).  Only for callers with an
 * account; `settings` only for the user themself.
 */
#include "config.h"

#include "worker/load.h"
#include "worker/resources/resources.h"

const struct reference user_reference = { "auth_user", "username", false };

#define USER_NAME_HELP "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "users/%d/" },
	{ "username", .put = put_text, .columns = "username" },
	{ "first_name", .put = put_text, .columns = "first_name" },
	{ "last_name", .put = put_text, .columns = "last_name" },
	{ "email", .put = put_text, .columns = "email" },
	FIELDS_END
};

const struct shape embedded_user = { .table = "auth_user", .fields = embedded_fields };

static const struct field settings_fields[] = {
	{ "send_email", .put = put_bool, .columns = "send_email", .type = META_BOOLEAN,
	  .help = "Selecting this option allows patchwork to send email on your behalf",
	  .write = &(const struct writable){ 0 } },
	{ "items_per_page", .put = put_int, .columns = "items_per_page", .type = META_INTEGER,
	  .help = "Number of items to display per page", .write = &(const struct writable){ .bounded = true } },
	{ "show_ids", .put = put_bool, .columns = "show_ids", .type = META_BOOLEAN,
	  .help = "Show click-to-copy patch IDs in the list view", .write = &(const struct writable){ 0 } },
	FIELDS_END
};

static const struct shape settings_shape = { .table = "patchwork_userprofile", .fields = settings_fields, .part = true };

static const struct many settings_of_user = {
	.shape = &settings_shape, .parent = "t.user_id", .from = "patchwork_userprofile t", .order = "t.id",
	.owner = "auth_user",
};

static bool
put_settings(struct answer *a, const struct field_plan *f, struct row row)
{
	int64_t user = rows_int(row.rows, row.index, row.offset + f->column[0].own);
	struct row profile;

	if (user != a->user || !load_first(a->load, f, user, &profile))
		return false;
	answer_object(a, profile);
	return true;
}

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "users/%d/" },
	{ "username", .put = put_text, .columns = "username", .type = META_STRING, .help = USER_NAME_HELP },
	{ "first_name", .put = put_text, .columns = "first_name", .type = META_STRING,
	  .write = &(const struct writable){ .max_length = 150 } },
	{ "last_name", .put = put_text, .columns = "last_name", .type = META_STRING,
	  .write = &(const struct writable){ .max_length = 150 } },
	{ "email", .put = put_text, .columns = "email", .type = META_EMAIL, .label = "Email address" },
	{ "settings", .since = V1_2, .put = put_settings, .columns = "id", .many = &settings_of_user,
	  .flags = FIELD_DETAIL, .type = META_NESTED,
	  .write = &(const struct writable){ .required = true, .children = settings_fields } },
	FIELDS_END
};

static const struct shape shape = { .table = "auth_user", .fields = fields };

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "username", "t.username", NULL },
	{ "email", "t.email", NULL, true },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.username", "t.first_name", "t.last_name", "t.email", NULL };

const struct resource users = {
	.model = "User",
	.shape = &shape,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "User List", "List users." },
	.detail = { "User Detail", "get:\nShow a user.\n\npatch:\nUpdate a user.\n\nput:\nUpdate a user." },
	.detail_writes = MAY_PUT | MAY_PATCH,
	.login = true,
	.writable = "t.id = @",
};
