/* SPDX-License-Identifier: MIT
 *
 * People: authors of mail (patchwork-api.md, 3.3, 3.0).  Only for callers with
 * an account.
 */
#include "config.h"

#include "worker/resources/resources.h"

const struct reference person_reference = { "patchwork_person", "email", false };

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "id", .url = "people/%d/" },
	{ "name", .put = put_text, .columns = "name" },
	{ "email", .put = put_text, .columns = "email" },
	FIELDS_END
};

const struct shape embedded_person = { .table = "patchwork_person", .fields = embedded_fields };

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "id", .url = "people/%d/" },
	{ "name", .put = put_text, .columns = "name", .type = META_STRING },
	{ "email", .put = put_text, .columns = "email", .type = META_STRING },
	{ "user", .put = put_object, .columns = "user_id", .of = &embedded_user },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_person", .fields = fields };

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "name", "t.name", NULL, true },
	{ "email", "t.email", NULL },
	{ NULL, NULL, NULL }
};

static const char *const search[] = { "t.name", "t.email", NULL };

const struct resource people = {
	.model = "Person",
	.shape = &shape,
	.orders = orders,
	.default_order = "id",
	.search = search,
	.list = { "Person List", "List users." },
	.detail = { "Person Detail", "Show a user." },
	.login = true,
};
