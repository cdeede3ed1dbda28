/* SPDX-License-Identifier: MIT
 *
 * Rows of Patchwork's table of events: how they are asked for, and what is shown of one.
 */
#ifndef THIMBLE_CTL_EVENT_H
#define THIMBLE_CTL_EVENT_H

#include <stdbool.h>

struct buf;
struct rows;
struct sql;

/* Of a row, as event_select has them. */
enum event_column {
	EVENT_ID, EVENT_CATEGORY, EVENT_DATE, EVENT_PROJECT_ID, EVENT_PROJECT_LINK_NAME, EVENT_PROJECT_NAME,
	EVENT_ACTOR_ID, EVENT_ACTOR, EVENT_COVER_ID, EVENT_COVER, EVENT_PATCH_ID, EVENT_PATCH, EVENT_SERIES_ID,
	EVENT_SERIES, EVENT_PREVIOUS_STATE, EVENT_CURRENT_STATE, EVENT_PREVIOUS_DELEGATE_ID, EVENT_PREVIOUS_DELEGATE,
	EVENT_CURRENT_DELEGATE_ID, EVENT_CURRENT_DELEGATE, EVENT_CHECK_ID, EVENT_CHECK_CONTEXT, EVENT_CHECK_STATE,
	EVENT_COVER_COMMENT_ID, EVENT_PATCH_COMMENT_ID
};

bool event_is_category(const char *text);

/* The beginning of a statement, up to where some rows of patchwork_event come from; event_joins ends it, by id. */
void event_select(struct sql *q);
void event_joins(struct sql *q);

/* A line for people, and an object for programs; without a line break. */
void event_put_line(struct buf *out, const struct rows *rows, int row);
void event_put_json(struct buf *out, const struct rows *rows, int row);

#endif
