/* SPDX-License-Identifier: MIT
 *
 * See iso_date.h.
 */
#include "config.h"

#include "proto/iso_date.h"

#include <stdbool.h>

#include "base/buf.h"
#include "proto/digits.h"
#include "proto/moment.h"
#include "proto/text.h"

#define SPACE " \t\n\r\v\f"

/* Takes exactly so many digits off the front. */
static bool
take_number(struct slice *s, size_t digits, int *value_r)
{
	*value_r = 0;
	if (digits_leading(*s) < digits)
		return false;
	for (size_t i = 0; i < digits; i++)
		*value_r = *value_r * 10 + (s->p[i] - '0');
	*s = slice_from(*s, digits);
	return true;
}

static bool
take_date(struct slice *s, struct moment *m)
{
	bool hyphens;

	if (!take_number(s, 4, &m->year))
		return false;
	hyphens = text_take_char(s, '-');
	return take_number(s, 2, &m->month) && (!hyphens || text_take_char(s, '-')) && take_number(s, 2, &m->day);
}

/* HH:MM[:SS[.fraction]], or without colons. */
static bool
take_time(struct slice *s, struct moment *m)
{
	bool colons, seconds;

	if (!take_number(s, 2, &m->hour))
		return false;
	colons = text_take_char(s, ':');
	if (!take_number(s, 2, &m->minute))
		return false;
	seconds = colons ? text_take_char(s, ':') : digits_leading(*s) > 0;
	if (!seconds)
		return true;
	if (!take_number(s, 2, &m->second))
		return false;
	if (text_take_char(s, '.') || text_take_char(s, ',')) {
		size_t n = digits_leading(*s);

		*s = slice_from(*s, n);
		return n > 0;
	}
	return true;
}

/* Nothing, Z, +HH, +HHMM, +HH:MM. */
static bool
take_offset(struct slice *s, int *offset_r)
{
	int hours, minutes = 0;
	bool west;

	*offset_r = 0;
	if (s->n == 0 || text_take_char(s, 'Z') || text_take_char(s, 'z'))
		return true;
	west = text_take_char(s, '-');
	if ((!west && !text_take_char(s, '+')) || !take_number(s, 2, &hours))
		return false;
	if (s->n > 0) {
		(void)text_take_char(s, ':');
		if (!take_number(s, 2, &minutes))
			return false;
	}
	*offset_r = (hours * 60 + minutes) * (west ? -60 : 60);
	return hours < 24 && minutes < 60;
}

static bool
take_separator(struct slice *s)
{
	if (s->n == 0 || (s->p[0] >= '0' && s->p[0] <= '9') || (unsigned char)s->p[0] >= 0x80)
		return false;
	*s = slice_from(*s, 1);
	return true;
}

int
iso_date_parse(struct slice text, struct iso_date *date)
{
	struct slice s = slice_trim(text, SPACE);
	struct moment m = { 0 };

	if (!take_date(&s, &m) || !take_separator(&s) || !take_time(&s, &m) || !take_offset(&s, &date->offset) || s.n > 0)
		return -1;
	if (moment_to_seconds(&m, &date->instant) < 0)
		return -1;
	date->instant -= date->offset;
	return 0;
}

static int
minutes_of(struct iso_date date)
{
	return (date.offset < 0 ? -date.offset : date.offset) / 60;
}

void
iso_date_put(struct buf *out, struct iso_date date)
{
	int minutes = minutes_of(date);
	struct moment m;

	moment_from_seconds(date.instant + date.offset, &m);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", m.year, m.month, m.day, m.hour, m.minute, m.second);
	if (minutes == 0)
		buf_byte(out, 'Z');
	else
		buf_printf(out, "%c%02d:%02d", date.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void
iso_date_put_mail(struct buf *out, struct iso_date date)
{
	int minutes = minutes_of(date);
	struct moment m;

	moment_from_seconds(date.instant + date.offset, &m);
	moment_put_rfc5322(out, &m);
	/* it ends in "-0000" */
	out->len -= 5;
	buf_printf(out, "%c%02d%02d", date.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
