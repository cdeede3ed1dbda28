/* SPDX-License-Identifier: MIT
 *
 * Checks: what CI says of a patch (patchwork-api.md, 3.8, 3.0).
 */
#include "config.h"

#include "worker/resources/resources.h"
#include "worker/write.h"

/* By their numbers. */
static const char *const check_states[] = { "pending", "success", "warning", "fail", NULL };

static bool
put_state(struct answer *a, const struct field_plan *f, struct row row)
{
	int64_t state = rows_int(row.rows, row.index, row.offset + f->column[0].own);

	json_string(&a->json, slice_str(check_states[state >= 0 && state < 4 ? state : 0]));
	return true;
}

static const struct field embedded_fields[] = {
	{ "id", .put = put_int, .columns = "id" },
	{ "url", .put = put_api_url, .columns = "patch_id id", .url = "patches/%d/checks/%d/" },
	{ "date", .put = put_date, .columns = "date" },
	{ "state", .put = put_state, .columns = "state" },
	{ "target_url", .put = put_text, .columns = "target_url" },
	{ "context", .put = put_text, .columns = "context" },
	FIELDS_END
};

const struct shape embedded_check = { .table = "patchwork_check", .fields = embedded_fields };

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "url", .put = put_api_url, .columns = "patch_id id", .url = "patches/%d/checks/%d/" },
	{ "user", .put = put_object, .columns = "user_id", .of = &embedded_user,
	  .write = &(const struct writable){ .kind = WRITE_RELATION, .table = "auth_user" } },
	{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },
	{ "state", .put = put_state, .columns = "state", .type = META_CHOICE, .help = "The state of the check.",
	  .write = &(const struct writable){ .kind = WRITE_CHOICE, .choices = check_states } },
	{ "target_url", .put = put_text, .columns = "target_url", .type = META_URL,
	  .help = "The target URL to associate with this check. This should be specific to the patch.",
	  .write = &(const struct writable){ .kind = WRITE_URL, .nullable = true, .blank = true, .max_length = 200 } },
	{ "context", .put = put_text, .columns = "context", .type = META_SLUG,
	  .help = "A label to discern check from checks of other testing systems.",
	  .write = &(const struct writable){ .kind = WRITE_SLUG, .max_length = 255 } },
	{ "description", .put = put_text, .columns = "description", .type = META_STRING,
	  .help = "A brief description of the check.",
	  .write = &(const struct writable){ .nullable = true, .blank = true } },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_check", .fields = fields };

/* [Q] only the numbers are valid, not the names (4.6) */
static const char *const state_numbers[] = { "0", "1", "2", "3", NULL };

static const struct filter filters[] = {
	{ "user", FILTER_REFERENCE, "t.user_id", .reference = &user_reference },
	{ "state", FILTER_CHOICE, "t.state", .choices = state_numbers },
	{ "context", FILTER_TEXT, "t.context" },
	{ "before", FILTER_BEFORE, "t.date" },
	{ "since", FILTER_SINCE, "t.date" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "id", "t.id", NULL },
	{ "user", "t.user_id", NULL, true },
	{ "date", "t.date", NULL },
	{ "state", "t.state", NULL, true },
	{ "target_url", "t.target_url", NULL, true },
	{ "context", "t.context", NULL, true },
	{ "description", "t.description", NULL, true },
	{ NULL, NULL, NULL }
};

/* A state is asked for before anything else, even before there is an object (6.6). */
static bool
gate(struct write *w)
{
	const struct value *json = w->body.json, *state;
	bool missing = false;

	if (json == NULL) {
		missing = body_form_last(&w->body, "state").n == 0;
	} else if (json->kind == VALUE_OBJECT) {
		state = value_member(json, "state");
		missing = state == NULL || (state->kind == VALUE_STRING && state->text.n == 0);
	} else if (json->kind == VALUE_ARRAY) {
		missing = true;
	}
	return !missing || write_refuse_field(w, "state", "A check must have a state.");
}

static void
add_text(struct sql *q, const struct given *given, struct slice otherwise)
{
	sql_add(q, ", ");
	sql_string(q, given == NULL ? otherwise : given->null ? SLICE_NONE : given->text);
}

static bool
create(struct write *w)
{
	const struct given *user = write_given(w, "user");
	struct event event = { .category = "check-created", .patch = w->v->id[0] };
	struct sql *q = write_sql(w);
	struct rows *made;

	/* [Q] whoever may make a check may make it in anybody's name */
	event.actor = user != NULL ? user->number : w->v->answer.user;
	event.project = rows_int(w->object, 0, 1);
	sql_now(&w->now);
	sql_add(q, "INSERT INTO patchwork_check (patch_id, user_id, date, state, target_url, context, description) VALUES (");
	sql_int(q, event.patch);
	sql_add(q, ", ");
	sql_int(q, event.actor);
	sql_add(q, ", ");
	sql_moment(q, &w->now);
	sql_add(q, ", ");
	sql_int(q, write_given(w, "state")->number);
	add_text(q, write_given(w, "target_url"), SLICE_NONE);
	add_text(q, write_given(w, "context"), SLICE("default"));
	add_text(q, write_given(w, "description"), SLICE_NONE);
	sql_add(q, ") RETURNING id");
	made = write_query(w, q);
	if (!write_flush(w))
		return false;
	w->id = event.check = rows_int(made, 0, 0);
	write_event(w, &event);
	written_collection(&w->written, "patchwork_check", w->id, event.patch);
	/* the combined state is a part of the patch */
	written_object(&w->written, "patchwork_patch", event.patch);
	return true;
}

const struct resource checks = {
	.model = "Check",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "id",
	.parent = &patches,
	.parent_column = "t.patch_id",
	.list = { "Check List Create", "get:\nList checks.\n\npost:\nCreate a check." },
	.detail = { "Check Detail", "Show a check." },
	.list_writes = MAY_POST,
	.list_write_open = true,
	.detail_filters = true,
	.gate = gate,
	.create = create,
};
