/* SPDX-License-Identifier: MIT
 *
 * What a request's form says, and the parts of statements that resources share.
 */
#include "config.h"

#include "worker/reviewboard/rb_private.h"

#include "base/arena.h"
#include "proto/checks.h"
#include "proto/extra_data.h"
#include "worker/tags.h"

struct slice
rb_text(const struct rb *rb, const char *name)
{
	return upload_text(&rb->form, name);
}

struct slice
rb_required(struct rb *rb, const char *name)
{
	struct slice text = rb_text(rb, name);

	if (text.p == NULL)
		rb_field_error(rb, name, "This field is required.");
	return text;
}

bool
rb_extra_data(struct rb *rb, struct slice stored, struct slice *result_r)
{
	const char *error;

	if (extra_data_change(rb_arena(rb), stored, rb->form.field, rb->form.fields, result_r, &error) == 0)
		return true;
	rb_field_error(rb, "extra_data", error);
	return false;
}

void
rb_check_length(struct rb *rb, const char *name, struct slice text, size_t most)
{
	size_t length = most > 0 ? text_length(text) : 0;

	if (length > most)
		rb_field_error(rb, name, arena_printf(rb_arena(rb),
		    "Ensure this value has at most %zu characters (it has %zu).", most, length));
}

static void
add_window(const struct rb *rb, struct sql *q)
{
	sql_add(q, " LIMIT ");
	sql_int(q, (int64_t)rb->window.count);
	sql_add(q, " OFFSET ");
	sql_int(q, (int64_t)rb->window.start);
}

bool
rb_ask_list(struct rb *rb, struct sql *total, struct sql *list, struct rb_found *found_r)
{
	*found_r = (struct rb_found){ .total = rb_ask(rb, total) };
	if (!rb->counts_only) {
		add_window(rb, list);
		found_r->rows = rb_ask(rb, list);
	}
	return rb_flush_reads(rb);
}

void
rb_add_condition(const struct rb *rb, struct sql *q, const char *condition)
{
	view_add_condition(rb->v, q, condition);
}

void
rb_tag_object(struct rb *rb, const char *table, int64_t id)
{
	tags_object(rb->v->tags, tag_table_of(table), id);
}

void
rb_tag_collection(struct rb *rb, const char *table, int64_t scope)
{
	tags_collection(rb->v->tags, tag_table_of(table), scope);
}

void
rb_tag_column(struct rb *rb, const char *table, const char *column)
{
	tags_column(rb->v->tags, tag_table_of(table), 0, slice_str(column));
}

void
rb_tag_table(struct rb *rb, const char *table)
{
	tags_table(rb->v->tags, tag_table_of(table));
}
