/* SPDX-License-Identifier: MIT
 *
 * See events.h.
 */
#include "config.h"

#include "worker/events.h"

#include "base/monotonic.h"

enum { COLUMNS = 14, ROWS_MAX = SQL_PARAMS_MAX / COLUMNS };

/* The clock, but later than the last event. */
static void
tick(struct moment *now)
{
	struct moment clock;

	sql_now(&clock);
	if (now->year != 0 && moment_compare(&clock, now) <= 0) {
		int64_t seconds;

		if (++now->microsecond < SECOND_US)
			return;
		now->microsecond = 0;
		if (moment_to_seconds(now, &seconds) == 0)
			moment_from_seconds(seconds + 1, now);
		now->has_offset = true;
		return;
	}
	*now = clock;
}

static void
add_reference(struct sql *q, int64_t id)
{
	sql_add(q, ", ");
	sql_int_or_null(q, id != 0 ? &id : NULL);
}

void
events_add(struct events *events, const struct event *event)
{
	struct sql *q = events->q;

	if (q == NULL) {
		q = events->q = view_sql(events->v);
		sql_add(q, "INSERT INTO patchwork_event (category, date, project_id, actor_id, patch_id, previous_state_id, "
		    "current_state_id, previous_delegate_id, current_delegate_id, created_check_id, cover_id, cover_comment_id, "
		    "patch_comment_id, series_id) VALUES (");
	} else {
		sql_add(q, ", (");
	}
	tick(&events->now);
	sql_string(q, slice_str(event->category));
	sql_add(q, ", ");
	sql_moment(q, &events->now);
	add_reference(q, event->project);
	add_reference(q, event->actor);
	add_reference(q, event->patch);
	add_reference(q, event->previous_state);
	add_reference(q, event->current_state);
	add_reference(q, event->previous_delegate);
	add_reference(q, event->current_delegate);
	add_reference(q, event->check);
	add_reference(q, event->cover);
	add_reference(q, event->cover_comment);
	add_reference(q, event->patch_comment);
	add_reference(q, event->series);
	sql_add(q, ")");
	/* nobody depends on an event that was not there: which there are is what changed */
	written_collection(events->written, "patchwork_event", 0, event->project);
	if (++events->rows == ROWS_MAX)
		events_send(events);
}

void
events_send(struct events *events)
{
	if (events->q == NULL)
		return;
	(void)view_query(events->v, events->q);
	events->q = NULL;
	events->rows = 0;
}
