/* SPDX-License-Identifier: MIT
 *
 * See event.h.
 */
#include "config.h"

#include "ctl/event.h"

#include <string.h>

#include "base/buf.h"
#include "proto/json.h"
#include "proto/moment.h"
#include "store/store.h"

static const char *const categories[] = {
	"cover-created", "patch-created", "patch-completed", "patch-state-changed", "patch-delegated",
	"patch-relation-changed", "check-created", "series-created", "series-completed", "cover-comment-created",
	"patch-comment-created"
};

static const char columns_text[] = "SELECT e.id, e.category, e.date, e.project_id, project.linkname, project.name,"
    " e.actor_id, actor.username, e.cover_id, cover.name, e.patch_id, patch.name, e.series_id, series.name,"
    " before.slug, after.slug, e.previous_delegate_id, earlier.username, e.current_delegate_id, later.username,"
    " e.created_check_id, checked.context, checked.state, e.cover_comment_id, e.patch_comment_id FROM (SELECT * FROM ";

static const char joins_text[] = ") e LEFT JOIN patchwork_project project ON project.id = e.project_id"
    " LEFT JOIN auth_user actor ON actor.id = e.actor_id LEFT JOIN patchwork_cover cover ON cover.id = e.cover_id"
    " LEFT JOIN patchwork_patch patch ON patch.id = e.patch_id"
    " LEFT JOIN patchwork_series series ON series.id = e.series_id"
    " LEFT JOIN patchwork_state before ON before.id = e.previous_state_id"
    " LEFT JOIN patchwork_state after ON after.id = e.current_state_id"
    " LEFT JOIN auth_user earlier ON earlier.id = e.previous_delegate_id"
    " LEFT JOIN auth_user later ON later.id = e.current_delegate_id"
    " LEFT JOIN patchwork_check checked ON checked.id = e.created_check_id ORDER BY e.id";

bool
event_is_category(const char *text)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++)
		if (strcmp(text, categories[i]) == 0)
			return true;
	return false;
}

void
event_select(struct sql *q)
{
	sql_add(q, columns_text);
}

void
event_joins(struct sql *q)
{
	sql_add(q, joins_text);
}

/* For people ------------------------------------------------------------ */

/* Text of others on somebody's terminal: without what would steer it. */
static void
put_plain(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool c1 = c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0;

		if (c < ' ' || c == 0x7f || c1)
			buf_byte(out, '?');
		else
			buf_byte(out, text.p[i]);
		i += c1;
	}
}

static struct slice
check_state(struct slice number)
{
	static const char *const names[] = { "pending", "success", "warning", "fail" };
	uint64_t n;

	return slice_uint(number, 3, &n) < 0 ? SLICE_NONE : slice_str(names[n]);
}

/* ` patch 42 "name"`, if there is one. */
static void
put_named(struct buf *out, const struct rows *rows, int row, const char *what, enum event_column id)
{
	if (rows_null(rows, row, (int)id))
		return;
	buf_printf(out, " %s %.*s", what, SLICE_ARG(rows_get(rows, row, (int)id)));
	if (rows_null(rows, row, (int)id + 1))
		return;
	buf_str(out, " \"");
	put_plain(out, rows_get(rows, row, (int)id + 1));
	buf_byte(out, '"');
}

static void
put_or_none(struct buf *out, struct slice text)
{
	put_plain(out, text.p != NULL ? text : SLICE("none"));
}

static void
put_change(struct buf *out, const struct rows *rows, int row, enum event_column from, enum event_column to)
{
	buf_str(out, ": ");
	put_or_none(out, rows_get(rows, row, (int)from));
	buf_str(out, " -> ");
	put_or_none(out, rows_get(rows, row, (int)to));
}

void
event_put_line(struct buf *out, const struct rows *rows, int row)
{
	struct slice category = rows_get(rows, row, EVENT_CATEGORY), date = rows_get(rows, row, EVENT_DATE);

	put_plain(out, slice_make(date.p, date.n < 19 ? date.n : 19));
	buf_printf(out, "  %.*s  ", SLICE_ARG(rows_get(rows, row, EVENT_ID)));
	put_or_none(out, rows_get(rows, row, EVENT_PROJECT_LINK_NAME));
	buf_str(out, "  ");
	put_plain(out, category);
	buf_byte(out, ' ');
	put_named(out, rows, row, "cover", EVENT_COVER_ID);
	put_named(out, rows, row, "patch", EVENT_PATCH_ID);
	put_named(out, rows, row, "series", EVENT_SERIES_ID);
	if (slice_is(category, "patch-state-changed"))
		put_change(out, rows, row, EVENT_PREVIOUS_STATE, EVENT_CURRENT_STATE);
	else if (slice_is(category, "patch-delegated"))
		put_change(out, rows, row, EVENT_PREVIOUS_DELEGATE, EVENT_CURRENT_DELEGATE);
	if (!rows_null(rows, row, EVENT_CHECK_ID)) {
		put_named(out, rows, row, "check", EVENT_CHECK_ID);
		buf_str(out, ": ");
		put_or_none(out, check_state(rows_get(rows, row, EVENT_CHECK_STATE)));
	}
	if (!rows_null(rows, row, EVENT_COVER_COMMENT_ID))
		buf_printf(out, " comment %.*s", SLICE_ARG(rows_get(rows, row, EVENT_COVER_COMMENT_ID)));
	if (!rows_null(rows, row, EVENT_PATCH_COMMENT_ID))
		buf_printf(out, " comment %.*s", SLICE_ARG(rows_get(rows, row, EVENT_PATCH_COMMENT_ID)));
	if (!rows_null(rows, row, EVENT_ACTOR_ID)) {
		buf_str(out, " by ");
		put_or_none(out, rows_get(rows, row, EVENT_ACTOR));
	}
}

/* For programs ---------------------------------------------------------- */

static void
json_text(struct json *j, const char *key, struct slice text)
{
	json_key(j, key);
	json_string_or_null(j, text);
}

static void
json_id(struct json *j, const struct rows *rows, int row, enum event_column id)
{
	json_open(j, '{');
	json_key(j, "id");
	json_int(j, rows_int(rows, row, (int)id));
}

/* An id and the name in the next column; null without an id. */
static void
json_named(struct json *j, const char *key, const struct rows *rows, int row, enum event_column id, const char *name)
{
	json_key(j, key);
	if (rows_null(rows, row, (int)id)) {
		json_null(j);
		return;
	}
	json_id(j, rows, row, id);
	json_text(j, name, rows_get(rows, row, (int)id + 1));
	json_close(j, '}');
}

static void
json_comment(struct json *j, const struct rows *rows, int row, enum event_column id)
{
	if (rows_null(rows, row, (int)id))
		return;
	json_key(j, "comment");
	json_id(j, rows, row, id);
	json_close(j, '}');
}

static void
json_check(struct json *j, const struct rows *rows, int row)
{
	json_key(j, "check");
	json_id(j, rows, row, EVENT_CHECK_ID);
	json_text(j, "state", check_state(rows_get(rows, row, EVENT_CHECK_STATE)));
	json_text(j, "context", rows_get(rows, row, EVENT_CHECK_CONTEXT));
	json_close(j, '}');
}

/* Fields and their order as the API has them (patchwork-api.md, 3.11). */
static void
json_payload(struct json *j, const struct rows *rows, int row)
{
	struct slice category = rows_get(rows, row, EVENT_CATEGORY);

	json_open(j, '{');
	if (!rows_null(rows, row, EVENT_COVER_ID))
		json_named(j, "cover", rows, row, EVENT_COVER_ID, "name");
	if (!rows_null(rows, row, EVENT_PATCH_ID))
		json_named(j, "patch", rows, row, EVENT_PATCH_ID, "name");
	if (!rows_null(rows, row, EVENT_SERIES_ID))
		json_named(j, "series", rows, row, EVENT_SERIES_ID, "name");
	if (slice_is(category, "patch-state-changed")) {
		json_text(j, "previous_state", rows_get(rows, row, EVENT_PREVIOUS_STATE));
		json_text(j, "current_state", rows_get(rows, row, EVENT_CURRENT_STATE));
	} else if (slice_is(category, "patch-delegated")) {
		json_named(j, "previous_delegate", rows, row, EVENT_PREVIOUS_DELEGATE_ID, "username");
		json_named(j, "current_delegate", rows, row, EVENT_CURRENT_DELEGATE_ID, "username");
	} else if (slice_is(category, "patch-relation-changed")) {
		json_text(j, "previous_relation", SLICE_NONE);
		json_text(j, "current_relation", SLICE_NONE);
	}
	if (!rows_null(rows, row, EVENT_CHECK_ID))
		json_check(j, rows, row);
	json_comment(j, rows, row, EVENT_COVER_COMMENT_ID);
	json_comment(j, rows, row, EVENT_PATCH_COMMENT_ID);
	json_close(j, '}');
}

void
event_put_json(struct buf *out, const struct rows *rows, int row)
{
	struct json j = json_writer(out, 0);
	struct slice date = rows_get(rows, row, EVENT_DATE);
	struct buf text = { 0 };

	json_id(&j, rows, row, EVENT_ID);
	json_text(&j, "category", rows_get(rows, row, EVENT_CATEGORY));
	json_key(&j, "project");
	json_id(&j, rows, row, EVENT_PROJECT_ID);
	json_text(&j, "name", rows_get(rows, row, EVENT_PROJECT_NAME));
	json_text(&j, "link_name", rows_get(rows, row, EVENT_PROJECT_LINK_NAME));
	json_close(&j, '}');
	json_text(&j, "date", moment_put_json(&text, date) == 0 ? buf_as_slice(&text) : date);
	buf_fini(&text);
	json_named(&j, "actor", rows, row, EVENT_ACTOR_ID, "username");
	json_key(&j, "payload");
	json_payload(&j, rows, row);
	json_close(&j, '}');
}
