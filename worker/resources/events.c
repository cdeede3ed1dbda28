/* SPDX-License-Identifier: MIT
 *
 * Events: what happened, newest first (patchwork-api.md, 3.11).
 */
#include "config.h"

#include "worker/resources/resources.h"

/* Categories; the number is the bit in a payload field's `only`. */
enum category {
	COVER_CREATED, PATCH_CREATED, PATCH_COMPLETED, PATCH_STATE_CHANGED, PATCH_DELEGATED, PATCH_RELATION_CHANGED,
	CHECK_CREATED, SERIES_CREATED, SERIES_COMPLETED, COVER_COMMENT_CREATED, PATCH_COMMENT_CREATED
};

static const char *const categories[] = {
	"cover-created", "patch-created", "patch-completed", "patch-state-changed", "patch-delegated",
	"patch-relation-changed", "check-created", "series-created", "series-completed", "cover-comment-created",
	"patch-comment-created", NULL
};

#define IN(category) (1u << (category))
#define OF_PATCHES (IN(PATCH_CREATED) | IN(PATCH_COMPLETED) | IN(PATCH_STATE_CHANGED) | IN(PATCH_DELEGATED) | \
	IN(PATCH_RELATION_CHANGED) | IN(CHECK_CREATED) | IN(PATCH_COMMENT_CREATED))

static const struct field payload_fields[] = {
	{ "cover", .put = put_object, .columns = "cover_id", .of = &embedded_cover,
	  .only = IN(COVER_CREATED) | IN(COVER_COMMENT_CREATED) },
	{ "patch", .put = put_object, .columns = "patch_id", .of = &embedded_patch, .only = OF_PATCHES },
	{ "series", .put = put_object, .columns = "series_id", .of = &embedded_series,
	  .only = IN(PATCH_COMPLETED) | IN(SERIES_CREATED) | IN(SERIES_COMPLETED) },
	{ "previous_state", .put = put_text, .columns = "previous_state_id>slug", .of = &embedded_state,
	  .only = IN(PATCH_STATE_CHANGED) },
	{ "current_state", .put = put_text, .columns = "current_state_id>slug", .of = &embedded_state,
	  .only = IN(PATCH_STATE_CHANGED) },
	{ "previous_delegate", .put = put_object, .columns = "previous_delegate_id", .of = &embedded_user,
	  .only = IN(PATCH_DELEGATED) },
	{ "current_delegate", .put = put_object, .columns = "current_delegate_id", .of = &embedded_user,
	  .only = IN(PATCH_DELEGATED) },
	{ "previous_relation", .put = put_null, .only = IN(PATCH_RELATION_CHANGED) },
	{ "current_relation", .put = put_null, .only = IN(PATCH_RELATION_CHANGED) },
	{ "check", .put = put_object, .columns = "created_check_id", .of = &embedded_check, .only = IN(CHECK_CREATED) },
	{ "comment", .put = put_object, .columns = "cover_comment_id", .of = &embedded_cover_comment,
	  .only = IN(COVER_COMMENT_CREATED) },
	{ "comment", .put = put_object, .columns = "patch_comment_id", .of = &embedded_patch_comment,
	  .only = IN(PATCH_COMMENT_CREATED) },
	FIELDS_END
};

static bool
put_payload(struct answer *a, const struct field_plan *f, struct row row)
{
	struct slice category = row_own(row, f, 0);
	uint32_t kinds = 0;

	for (unsigned i = 0; categories[i] != NULL; i++)
		if (slice_is(category, categories[i]))
			kinds = IN(i);
	answer_sub_object(a, f, row, kinds);
	return true;
}

static const struct field fields[] = {
	{ "id", .put = put_int, .columns = "id", .type = META_INTEGER },
	{ "category", .put = put_text, .columns = "category", .type = META_STRING },
	{ "project", .put = put_object, .columns = "project_id", .of = &embedded_project },
	{ "date", .put = put_date, .columns = "date", .type = META_DATETIME },
	{ "actor", .put = put_object, .columns = "actor_id", .of = &embedded_user },
	{ "payload", .put = put_payload, .columns = "category", .sub = payload_fields },
	FIELDS_END
};

static const struct shape shape = { .table = "patchwork_event", .fields = fields };

static const struct filter filters[] = {
	{ "project", FILTER_REFERENCE, "t.project_id", .reference = &project_reference },
	{ "category", FILTER_CHOICE, "t.category", .choices = categories },
	{ "series", FILTER_REFERENCE, "t.series_id", .reference = &series_reference },
	{ "patch", FILTER_REFERENCE, "t.patch_id", .reference = &patch_reference },
	{ "cover", FILTER_REFERENCE, "t.cover_id", .reference = &cover_reference },
	{ "actor", FILTER_NUMBER, "t.actor_id", .since = V1_2 },
	{ "before", FILTER_BEFORE, "t.date" },
	{ "since", FILTER_SINCE, "t.date" },
	{ .name = NULL }
};

static const struct order orders[] = {
	{ "date", "t.date", NULL },
	{ NULL, NULL, NULL }
};

const struct resource events = {
	.model = "Event",
	.shape = &shape,
	.filters = filters,
	.orders = orders,
	.default_order = "-date",
	.list = { "Event List", "List events." },
	.hidden_below = "t.category NOT IN ('cover-comment-created', 'patch-comment-created')",
	.hidden_since = V1_3,
};
