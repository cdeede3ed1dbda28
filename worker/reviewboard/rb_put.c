/* SPDX-License-Identifier: MIT
 *
 * Values of payloads (rb_put_fn).
 */
#include "config.h"

#include "worker/reviewboard/rb.h"

#include "base/monotonic.h"
#include "proto/extra_data.h"
#include "proto/iso_date.h"

void
rb_put_text(struct rb *rb, struct rb_row row, int cell)
{
	json_string_or_null(rb_json(rb), rb_cell(row, cell));
}

void
rb_put_string(struct rb *rb, struct rb_row row, int cell)
{
	json_string(rb_json(rb), rb_cell(row, cell));
}

void
rb_put_int(struct rb *rb, struct rb_row row, int cell)
{
	if (rb_cell(row, cell).p == NULL)
		json_null(rb_json(rb));
	else
		json_int(rb_json(rb), rb_cell_int(row, cell));
}

void
rb_put_bool(struct rb *rb, struct rb_row row, int cell)
{
	json_bool(rb_json(rb), rb_cell_bool(row, cell));
}

void
rb_put_time(struct rb *rb, struct rb_row row, int cell)
{
	struct json *j = rb_json(rb);
	int64_t us = rb_cell_int(row, cell);

	if (rb_cell(row, cell).p == NULL) {
		json_null(j);
		return;
	}
	json_string_begin(j);
	iso_date_put(j->out, (struct iso_date){ .instant = us / SECOND_US });
	json_string_end(j);
}

void
rb_put_extra(struct rb *rb, struct rb_row row, int cell)
{
	extra_data_put(rb_json(rb), rb_arena(rb), rb_cell(row, cell));
}

void
rb_put_commas(struct rb *rb, struct rb_row row, int cell)
{
	struct slice rest = rb_cell(row, cell), piece;

	json_open(rb_json(rb), '[');
	while (slice_cut(&rest, ',', &piece)) {
		piece = slice_trim(piece, " \t\r\n");
		if (piece.n > 0)
			json_string(rb_json(rb), piece);
	}
	json_close(rb_json(rb), ']');
}

void
rb_put_null(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_null(rb_json(rb));
}

void
rb_put_false(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_bool(rb_json(rb), false);
}

void
rb_put_zero(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_int(rb_json(rb), 0);
}

void
rb_put_empty(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_string(rb_json(rb), SLICE(""));
}

void
rb_put_plain(struct rb *rb, struct rb_row row, int cell)
{
	(void)row;
	(void)cell;
	json_string(rb_json(rb), SLICE("plain"));
}
