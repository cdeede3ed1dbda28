/* SPDX-License-Identifier: MIT
 *
 * Users: accounts (patchwork-api.md, 3.2, 3.0).  Only for callers with an
 * account; `settings` only for the user themself.
 */
#include "config.h"

#include "worker/load.h"
#include "worker/resources/resources.h"
#include "worker/write.h"

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
	  .write = &(const struct writable){ .kind = WRITE_BOOL } },
	{ "items_per_page", .put = put_int, .columns = "items_per_page", .type = META_INTEGER,
	  .help = "Number of items to display per page", 
	  .write = &(const struct writable){ .kind = WRITE_INTEGER, .bounded = true } },
	{ "show_ids", .put = put_bool, .columns = "show_ids", .type = META_BOOLEAN,
	  .help = "Show click-to-copy patch IDs in the list view",
	  .write = &(const struct writable){ .kind = WRITE_BOOL } },
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
	  .write = &(const struct writable){ .blank = true, .max_length = 150 } },
	{ "last_name", .put = put_text, .columns = "last_name", .type = META_STRING,
	  .write = &(const struct writable){ .blank = true, .max_length = 150 } },
	{ "email", .put = put_text, .columns = "email", .type = META_EMAIL, .label = "Email address" },
	{ "settings", .since = V1_2, .put = put_settings, .columns = "id", .many = &settings_of_user,
	  .flags = FIELD_DETAIL, .type = META_NESTED,
	  .write = &(const struct writable){ .kind = WRITE_NESTED, .required = true, .children = settings_fields } },
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

enum { FIRST_NAME, LAST_NAME, DEFAULT_ITEMS = 100 };

/* A profile that is missing is made with what Patchwork gives to new users (7.5). */
static bool
create_profile(struct write *w, const struct given *send_email, const struct given *items, const struct given *show_ids)
{
	struct sql *q = write_sql(w);

	sql_add(q, "INSERT INTO patchwork_userprofile (user_id, send_email, items_per_page, show_ids) VALUES (");
	sql_int(q, w->id);
	sql_add(q, ", ");
	sql_bool(q, send_email != NULL && send_email->truth);
	sql_add(q, ", ");
	sql_int(q, items != NULL ? items->number : DEFAULT_ITEMS);
	sql_add(q, ", ");
	sql_bool(q, show_ids != NULL && show_ids->truth);
	sql_add(q, ")");
	(void)write_query(w, q);
	written_collection(&w->written, "patchwork_userprofile", w->id, 0);
	written_user(&w->written, w->id);
	return true;
}

/* Versions that do not show the settings check them, and leave it at that [Q]. */
static bool
update_profile(struct write *w)
{
	const struct given *settings = w->v->answer.version >= V1_2 ? write_given(w, "settings") : NULL;
	const struct given *send_email = settings != NULL ? given_child(settings, "send_email") : NULL;
	const struct given *items = settings != NULL ? given_child(settings, "items_per_page") : NULL;
	const struct given *show_ids = settings != NULL ? given_child(settings, "show_ids") : NULL;
	struct sql *q = write_sql(w);
	struct rows *profile;
	struct changes c;

	sql_add(q, "SELECT t.id, t.send_email, t.items_per_page, t.show_ids FROM patchwork_userprofile t WHERE t.user_id = ");
	sql_int(q, w->id);
	sql_for_update(q, NULL);
	profile = write_query(w, q);
	if (!write_flush(w))
		return false;
	if (profile->count == 0)
		return create_profile(w, send_email, items, show_ids);
	c = changes_of(w, "patchwork_userprofile", rows_int(profile, 0, 0), 0);
	c.object = w->id;
	changes_bool(&c, "send_email", send_email, profile, 1);
	if (items != NULL && items->number != rows_int(profile, 0, 2))
		sql_int(changes_set(&c, "items_per_page"), items->number);
	changes_bool(&c, "show_ids", show_ids, profile, 3);
	changes_save(&c);
	/* the profile is a part of the user */
	written_object(&w->written, "auth_user", w->id);
	written_user(&w->written, w->id);
	return true;
}

static bool
update(struct write *w)
{
	struct changes c = changes_of(w, "auth_user", w->id, 0);

	changes_text(&c, "first_name", write_given(w, "first_name"), rows_get(w->object, 0, FIRST_NAME));
	changes_text(&c, "last_name", write_given(w, "last_name"), rows_get(w->object, 0, LAST_NAME));
	changes_save(&c);
	return update_profile(w);
}

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
	.locked = "t.first_name, t.last_name",
	.update = update,
};
