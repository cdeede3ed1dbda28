/* SPDX-License-Identifier: MIT
 *
 * See moment.h.  Days are counted from 0001-01-01, a Monday, so that the
 * weekday is the remainder by 7.  Any process, any thread.
 */
#include "config.h"

#include "proto/moment.h"

#include <stdint.h>

#include "base/buf.h"
#include "proto/text.h"

enum {
	YEAR_MAX = 9999,
	DAY_SECONDS = 24 * 3600,
	EPOCH_DAY = 719162,	/* 1970-01-01 */
	/* PostgreSQL refuses a displacement of 16 hours and more. */
	SQL_OFFSET_MAX = 16 * 3600 - 1,
	SHIFT_SECONDS = 12 * 3600,
};

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};
static const char day_names[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static bool
leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_length(int year, int month)
{
	static const int length[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && leap_year(year) ? 29 : length[month - 1];
}

static int
day_number(int year, int month, int day)
{
	int past = year - 1;
	int number = past * 365 + past / 4 - past / 100 + past / 400 + day - 1;

	for (int m = 1; m < month; m++)
		number += month_length(year, m);
	return number;
}

/* The date of a day number, which must not be negative. */
static void
day_date(int number, struct moment *m)
{
	m->year = number / 366 + 1;
	while (day_number(m->year + 1, 1, 1) <= number)
		m->year++;
	m->month = 1;
	number -= day_number(m->year, 1, 1);
	while (number >= month_length(m->year, m->month))
		number -= month_length(m->year, m->month++);
	m->day = number + 1;
}

static bool
moment_valid(const struct moment *m)
{
	return m->year >= 1 && m->year <= YEAR_MAX && m->month >= 1 && m->month <= 12 && m->day >= 1 &&
	    m->day <= month_length(m->year, m->month) && m->hour <= 23 && m->minute <= 59 && m->second <= 59 &&
	    m->offset > -DAY_SECONDS && m->offset < DAY_SECONDS;
}

/*
 * The parsers below take what they recognise off the front of *s.
 */

static bool
next_is_digit(struct slice s)
{
	return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

static int
take_digits(struct slice *s, int least, int most, int *value_r)
{
	int count = 0, value = 0;

	for (; count < most && next_is_digit(*s); count++) {
		value = value * 10 + (s->p[0] - '0');
		*s = slice_from(*s, 1);
	}
	*value_r = value;
	return count >= least ? 0 : -1;
}

/* Digits behind the point, in microseconds; those past the sixth do not count. */
static int
take_fraction(struct slice *s, int *microsecond_r)
{
	size_t before = s->n;

	if (take_digits(s, 1, 6, microsecond_r) == -1)
		return -1;
	for (size_t digits = before - s->n; digits < 6; digits++)
		*microsecond_r *= 10;
	while (next_is_digit(*s))
		*s = slice_from(*s, 1);
	return 0;
}

/* HH[:MM[:SS]] or HH[MM[SS]], with a fraction. */
static int
take_iso_clock(struct slice *s, int clock[4])
{
	bool colons = false;

	memset(clock, 0, 4 * sizeof(*clock));
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			colons = s->n > 0 && s->p[0] == ':';
		if (i > 0 && (colons ? !text_take_char(s, ':') : !next_is_digit(*s)))
			break;
		if (take_digits(s, 2, 2, &clock[i]) == -1)
			return -1;
	}
	return text_take_char(s, '.') || text_take_char(s, ',') ? take_fraction(s, &clock[3]) : 0;
}

/* Nothing or "Z", which end it: 0.  A sign: 1, a number follows.  Else -1. */
static int
take_offset_sign(struct slice *s, struct moment *m, bool *west_r)
{
	if (s->n == 0)
		return 0;
	m->has_offset = true;
	if (text_take_char(s, 'Z'))
		return s->n == 0 ? 0 : -1;
	*west_r = text_take_char(s, '-');
	return *west_r || text_take_char(s, '+') ? 1 : -1;
}

/* Nothing, "Z" or an ISO offset; *s must be used up then. */
static int
take_iso_offset(struct slice *s, struct moment *m)
{
	bool west = false;
	int clock[4], sign = take_offset_sign(s, m, &west);

	if (sign < 1)
		return sign;
	if (take_iso_clock(s, clock) == -1 || s->n > 0)
		return -1;
	m->offset = (clock[0] * 60 + clock[1]) * 60 + clock[2];
	if (west)
		m->offset = -m->offset;
	return 0;
}

static int
week_date(int year, int week, int day, struct moment *m)
{
	int january4, monday, number;

	if (year < 1 || week < 1 || week > 53 || day < 1 || day > 7)
		return -1;
	january4 = day_number(year, 1, 4);
	monday = january4 - january4 % 7 + (week - 1) * 7;
	/* The week belongs to the year that its Thursday is in. */
	if (monday + 3 >= day_number(year + 1, 1, 1))
		return -1;
	number = monday + day - 1;
	if (number < 0)
		return -1;
	day_date(number, m);
	return 0;
}

/*
 * Does the week date (here from the 'W' or its hyphen on) have a day?  A digit
 * or hyphen behind the week may as well be the separator before the time; the
 * choices are those of the reference, Python's datetime.fromisoformat.
 */
static bool
week_has_day(struct slice s, bool hyphens)
{
	size_t digits = 0;

	if (hyphens)
		return s.n > 4 && s.p[4] == '-' && !(s.n > 6 && s.p[6] >= '0' && s.p[6] <= '9');
	for (struct slice rest = slice_from(s, 3); next_is_digit(rest); rest = slice_from(rest, 1))
		digits++;
	/* A time has an even count of digits: with the day and a digit as separator that stays even. */
	return digits == 1 || (digits > 0 && digits % 2 == 0);
}

static int
take_iso_week(struct slice *s, int year, bool hyphens, struct moment *m)
{
	int week, day = 1;
	bool has_day;

	if (s->n < (hyphens ? 4U : 3U))
		return -1;
	has_day = week_has_day(*s, hyphens);
	if (hyphens)
		text_take_char(s, '-');
	text_take_char(s, 'W');
	if (take_digits(s, 2, 2, &week) == -1)
		return -1;
	if (has_day && ((hyphens && !text_take_char(s, '-')) || take_digits(s, 1, 1, &day) == -1))
		return -1;
	return week_date(year, week, day, m);
}

static int
take_iso_date(struct slice *s, struct moment *m)
{
	bool hyphens;

	if (take_digits(s, 4, 4, &m->year) == -1 || s->n == 0)
		return -1;
	hyphens = s->p[0] == '-';
	if (s->n > (hyphens ? 1U : 0U) && s->p[hyphens ? 1 : 0] == 'W')
		return take_iso_week(s, m->year, hyphens, m);
	if ((hyphens && !text_take_char(s, '-')) || take_digits(s, 2, 2, &m->month) == -1 ||
	    (hyphens && !text_take_char(s, '-')) || take_digits(s, 2, 2, &m->day) == -1)
		return -1;
	return 0;
}

static int
parse_iso(struct slice s, struct moment *m)
{
	int clock[4];
	size_t separator;

	if (take_iso_date(&s, m) == -1)
		return -1;
	if (s.n > 0) {
		(void)utf8_decode(s, &separator);
		s = slice_from(s, separator);
		if (take_iso_clock(&s, clock) == -1)
			return -1;
		m->hour = clock[0];
		m->minute = clock[1];
		m->second = clock[2];
		m->microsecond = clock[3];
		if (take_iso_offset(&s, m) == -1)
			return -1;
	}
	return moment_valid(m) ? 0 : -1;
}

/* [ ][Z|+HH[[:]MM]] up to the end */
static int
take_loose_offset(struct slice *s, struct moment *m)
{
	int hours, minutes = 0, sign;
	bool west = false;

	*s = text_strip(*s);
	sign = take_offset_sign(s, m, &west);
	if (sign < 1)
		return sign;
	if (take_digits(s, 2, 2, &hours) == -1)
		return -1;
	if (s->n > 0) {
		(void)text_take_char(s, ':');
		if (take_digits(s, 2, 2, &minutes) == -1 || s->n > 0)
			return -1;
	}
	m->offset = (hours * 60 + minutes) * (west ? -60 : 60);
	return 0;
}

static int
parse_loose(struct slice s, struct moment *m)
{
	if (take_digits(&s, 4, 4, &m->year) == -1 || !text_take_char(&s, '-') ||
	    take_digits(&s, 1, 2, &m->month) == -1 || !text_take_char(&s, '-') ||
	    take_digits(&s, 1, 2, &m->day) == -1 || (!text_take_char(&s, 'T') && !text_take_char(&s, ' ')) ||
	    take_digits(&s, 1, 2, &m->hour) == -1 || !text_take_char(&s, ':') ||
	    take_digits(&s, 1, 2, &m->minute) == -1)
		return -1;
	if (text_take_char(&s, ':')) {
		if (take_digits(&s, 1, 2, &m->second) == -1)
			return -1;
		if ((text_take_char(&s, '.') || text_take_char(&s, ',')) && take_fraction(&s, &m->microsecond) == -1)
			return -1;
	}
	if (take_loose_offset(&s, m) == -1)
		return -1;
	return moment_valid(m) ? 0 : -1;
}

int
moment_parse_query(struct slice text, struct moment *moment_r)
{
	text = text_strip(text);
	*moment_r = (struct moment){ 0 };
	if (parse_iso(text, moment_r) == 0)
		return 0;
	*moment_r = (struct moment){ 0 };
	return parse_loose(text, moment_r);
}

int
moment_parse_column(struct slice text, struct moment *moment_r)
{
	struct moment *m = moment_r;

	*m = (struct moment){ 0 };
	if (take_digits(&text, 4, 4, &m->year) == -1 || !text_take_char(&text, '-') ||
	    take_digits(&text, 2, 2, &m->month) == -1 || !text_take_char(&text, '-') ||
	    take_digits(&text, 2, 2, &m->day) == -1 || (!text_take_char(&text, ' ') && !text_take_char(&text, 'T')) ||
	    take_digits(&text, 2, 2, &m->hour) == -1 || !text_take_char(&text, ':') ||
	    take_digits(&text, 2, 2, &m->minute) == -1 || !text_take_char(&text, ':') ||
	    take_digits(&text, 2, 2, &m->second) == -1)
		return -1;
	if (text_take_char(&text, '.') && take_fraction(&text, &m->microsecond) == -1)
		return -1;
	if (take_iso_offset(&text, m) == -1)
		return -1;
	if (!moment_valid(m))
		return -1;
	m->has_offset = false;
	m->offset = 0;
	return 0;
}

static void
put_wall_clock(struct buf *out, const struct moment *m, char separator)
{
	buf_printf(out, "%04d-%02d-%02d%c%02d:%02d:%02d", m->year, m->month, m->day, separator, m->hour,
	    m->minute, m->second);
	if (m->microsecond != 0)
		buf_printf(out, ".%06d", m->microsecond);
}

/* Whether the text begins as a column's timestamp does: "dddd-dd-dd dd:dd:dd", or with a T. */
static bool
is_timestamp(struct slice s)
{
	static const char form[] = "0000-00-00 00:00:00";

	if (s.n < sizeof(form) - 1 || s.p[s.n - 1] == 'C')	/* PostgreSQL's "BC" */
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i] && (form[i] != ' ' || s.p[i] != 'T'))
			return false;
	return true;
}

/* Every row has one or more: copied, not parsed and printed. */
int
moment_put_json(struct buf *out, struct slice column)
{
	enum { SECONDS = 19, DIGITS = 6 };
	char text[SECONDS + 1 + DIGITS];
	size_t digits = 0;
	bool zero = true;

	if (!is_timestamp(column))
		return -1;
	memcpy(text, column.p, SECONDS);
	text[10] = 'T';
	memset(text + SECONDS, '0', sizeof(text) - SECONDS);
	text[SECONDS] = '.';
	if (column.n > SECONDS && column.p[SECONDS] == '.') {
		for (size_t i = SECONDS + 1; i < column.n && digits < DIGITS; i++) {
			if (column.p[i] < '0' || column.p[i] > '9')
				break;
			text[SECONDS + 1 + digits++] = column.p[i];
			zero &= column.p[i] == '0';
		}
	}
	buf_add(out, text, zero ? SECONDS : sizeof(text));
	return 0;
}

void
moment_put_ctime(struct buf *out, const struct moment *m)
{
	buf_printf(out, "%s %s %2d %02d:%02d:%02d %04d", day_names[day_number(m->year, m->month, m->day) % 7],
	    month_names[m->month - 1], m->day, m->hour, m->minute, m->second, m->year);
}

void
moment_put_rfc5322(struct buf *out, const struct moment *m)
{
	buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d -0000",
	    day_names[day_number(m->year, m->month, m->day) % 7], m->day, month_names[m->month - 1], m->year,
	    m->hour, m->minute, m->second);
}

/*
 * The same instant with an offset that PostgreSQL takes.  At the ends of the
 * calendar the wall clock stays: no row lies beyond.
 */
static struct moment
tame_offset(const struct moment *m)
{
	struct moment tame = *m;
	int shift, seconds, number;

	if (m->offset >= -SQL_OFFSET_MAX && m->offset <= SQL_OFFSET_MAX)
		return tame;
	shift = m->offset > 0 ? SHIFT_SECONDS : -SHIFT_SECONDS;
	tame.offset -= shift;
	seconds = (m->hour * 60 + m->minute) * 60 + m->second - shift;
	number = day_number(m->year, m->month, m->day);
	if (seconds < 0) {
		seconds += DAY_SECONDS;
		number--;
	} else if (seconds >= DAY_SECONDS) {
		seconds -= DAY_SECONDS;
		number++;
	}
	if (number < 0 || number > day_number(YEAR_MAX, 12, 31))
		return tame;
	day_date(number, &tame);
	tame.hour = seconds / 3600;
	tame.minute = seconds / 60 % 60;
	tame.second = seconds % 60;
	return tame;
}

void
moment_put_sql(struct buf *out, const struct moment *m)
{
	struct moment tame;
	int offset;

	if (!m->has_offset) {
		put_wall_clock(out, m, ' ');
		return;
	}
	tame = tame_offset(m);
	offset = tame.offset < 0 ? -tame.offset : tame.offset;
	put_wall_clock(out, &tame, ' ');
	buf_printf(out, "%c%02d:%02d", tame.offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60);
	if (offset % 60 != 0)
		buf_printf(out, ":%02d", offset % 60);
}

int
moment_to_seconds(const struct moment *m, int64_t *seconds_r)
{
	if (!moment_valid(m))
		return -1;
	*seconds_r = (int64_t)(day_number(m->year, m->month, m->day) - EPOCH_DAY) * DAY_SECONDS +
	    (m->hour * 60 + m->minute) * 60 + m->second;
	return 0;
}

void
moment_from_seconds(int64_t seconds, struct moment *m)
{
	int64_t first = (int64_t)-EPOCH_DAY * DAY_SECONDS;
	int64_t last = (int64_t)(day_number(YEAR_MAX + 1, 1, 1) - EPOCH_DAY) * DAY_SECONDS - 1;
	int clock;

	if (seconds < first)
		seconds = first;
	if (seconds > last)
		seconds = last;
	*m = (struct moment){ 0 };
	day_date((int)((seconds - first) / DAY_SECONDS), m);
	clock = (int)((seconds - first) % DAY_SECONDS);
	m->hour = clock / 3600;
	m->minute = clock / 60 % 60;
	m->second = clock % 60;
}

int
moment_compare(const struct moment *a, const struct moment *b)
{
	const int left[] = { a->year, a->month, a->day, a->hour, a->minute, a->second, a->microsecond };
	const int right[] = { b->year, b->month, b->day, b->hour, b->minute, b->second, b->microsecond };

	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}
