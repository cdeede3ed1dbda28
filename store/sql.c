/* SPDX-License-Identifier: MIT
 *
 * See sql.h.  The casts behind PostgreSQL's placeholders settle the type of
 * each parameter, so that a statement means the same whatever it is compared
 * with.  Lists travel as one parameter (an array, a JSON array), so that the
 * text, and with it the prepared statement, does not depend on their length.
 */
#include "config.h"

#include "store/sql.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/moment.h"
#include "proto/text.h"

enum { SQL_FIRST_CAPACITY = 512, SQL_FIRST_PARAMS = 4, PLACEHOLDER_MAX = 16 };

struct sql *
sql_new(struct arena *arena, enum dialect dialect)
{
	struct sql *q = arena_alloc(arena, sizeof(*q));

	*q = (struct sql){
		.arena = arena,
		.dialect = dialect,
		.text = arena_alloc(arena, SQL_FIRST_CAPACITY),
		.capacity = SQL_FIRST_CAPACITY,
	};
	q->text[0] = '\0';
	return q;
}

static void
reserve(struct sql *q, size_t more)
{
	char *text;

	if (q->capacity - q->length > more)
		return;
	while (q->capacity - q->length <= more)
		q->capacity *= 2;
	text = arena_alloc(q->arena, q->capacity);
	memcpy(text, q->text, q->length + 1);
	q->text = text;
}

void
sql_add(struct sql *q, const char *text)
{
	size_t n = strlen(text);

	reserve(q, n);
	memcpy(q->text + q->length, text, n + 1);
	q->length += n;
}

void
sql_addf(struct sql *q, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(q->text + q->length, q->capacity - q->length, format, ap);
	va_end(ap);
	if (n < 0) {
		q->unusable = true;
		q->text[q->length] = '\0';
		return;
	}
	if ((size_t)n >= q->capacity - q->length) {
		/* it did not fit: once more, with room */
		q->text[q->length] = '\0';
		reserve(q, (size_t)n);
		va_start(ap, format);
		(void)vsnprintf(q->text + q->length, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	q->length += (size_t)n;
}

/* "$12::" or "?12". */
static void
add_placeholder(struct sql *q, int number)
{
	char text[PLACEHOLDER_MAX], *at = text + sizeof(text);

	*--at = '\0';
	if (q->dialect == DIALECT_POSTGRESQL) {
		*--at = ':';
		*--at = ':';
	}
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	*--at = q->dialect == DIALECT_POSTGRESQL ? '$' : '?';
	sql_add(q, at);
}

static void
grow_params(struct sql *q)
{
	int capacity = q->params_capacity > 0 ? q->params_capacity * 2 : SQL_FIRST_PARAMS;
	struct sql_param *params = arena_alloc(q->arena, (size_t)capacity * sizeof(*params));

	if (q->count > 0)
		memcpy(params, q->params, (size_t)q->count * sizeof(*params));
	q->params = params;
	q->params_capacity = capacity;
}

/* Appends the placeholder of the next parameter; returns where it is bound, or NULL. */
static struct sql_param *
add_param(struct sql *q, const char *cast)
{
	struct sql_param *param;

	if (q->count == SQL_PARAMS_MAX) {
		q->unusable = true;
		return NULL;
	}
	if (q->count == q->params_capacity)
		grow_params(q);
	param = &q->params[q->count++];
	*param = (struct sql_param){ .text = SLICE_NONE };
	add_placeholder(q, q->count);
	if (q->dialect == DIALECT_POSTGRESQL)
		sql_add(q, cast);
	return param;
}

static void
add_number(struct sql *q, const char *cast, int64_t value, const char *text)
{
	struct sql_param *param = add_param(q, cast);

	if (param == NULL)
		return;
	param->is_int = true;
	param->number = value;
	param->text = slice_str(text);
}

static void
add_text(struct sql *q, const char *cast, struct slice value)
{
	struct sql_param *param = add_param(q, cast);

	if (param == NULL)
		return;
	/* PostgreSQL's text ends at a NUL: what stands before it must not be taken for the whole. */
	if (value.n > 0 && memchr(value.p, '\0', value.n) != NULL)
		q->unusable = true;
	param->text = arena_slice(q->arena, value);
}

void
sql_int(struct sql *q, int64_t value)
{
	add_number(q, "int8", value, arena_printf(q->arena, "%" PRId64, value));
}

void
sql_bool(struct sql *q, bool value)
{
	add_number(q, "bool", value, value ? "t" : "f");
}

void
sql_int_or_null(struct sql *q, const int64_t *value)
{
	if (value != NULL)
		sql_int(q, *value);
	else
		add_text(q, "int8", SLICE_NONE);
}

void
sql_bool_or_null(struct sql *q, const bool *value)
{
	if (value != NULL)
		sql_bool(q, *value);
	else
		add_text(q, "bool", SLICE_NONE);
}

void
sql_string(struct sql *q, struct slice value)
{
	add_text(q, "text", value);
}

void
sql_bytes(struct sql *q, struct slice value)
{
	struct sql_param *param = add_param(q, "bytea");

	if (param == NULL)
		return;
	param->is_bytes = true;
	param->text = arena_slice(q->arena, value);
}

/* An instant as the wall clock of the process's time zone, in which SQLite's columns are kept. */
static struct moment
local_wall_clock(const struct moment *m)
{
	static const struct moment earliest = { .year = 1, .month = 1, .day = 1 };
	static const struct moment latest = { .year = 9999, .month = 12, .day = 31,
		.hour = 23, .minute = 59, .second = 59, .microsecond = 999999 };
	struct tm tm = { .tm_year = m->year - 1900, .tm_mon = m->month - 1, .tm_mday = m->day,
		.tm_hour = m->hour, .tm_min = m->minute, .tm_sec = m->second };
	time_t instant = timegm(&tm) - m->offset;

	if (localtime_r(&instant, &tm) == NULL || tm.tm_year + 1900 > 9999)
		return latest;
	if (tm.tm_year + 1900 < 1)
		return earliest;
	return (struct moment){ .year = tm.tm_year + 1900, .month = tm.tm_mon + 1, .day = tm.tm_mday,
		.hour = tm.tm_hour, .minute = tm.tm_min, .second = tm.tm_sec,
		.microsecond = m->microsecond };
}

void
sql_moment(struct sql *q, const struct moment *value)
{
	struct moment local;
	struct buf text = { 0 };

	if (value == NULL) {
		add_text(q, "timestamptz", SLICE_NONE);
		return;
	}
	if (q->dialect == DIALECT_SQLITE && value->has_offset) {
		local = local_wall_clock(value);
		value = &local;
	}
	moment_put_sql(&text, value);
	add_text(q, "timestamptz", buf_as_slice(&text));
	buf_fini(&text);
}

void
sql_now(struct moment *now_r)
{
	struct timespec now;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	*now_r = (struct moment){ .year = tm.tm_year + 1900, .month = tm.tm_mon + 1, .day = tm.tm_mday,
		.hour = tm.tm_hour, .minute = tm.tm_min, .second = tm.tm_sec,
		.microsecond = (int)(now.tv_nsec / 1000), .has_offset = true };
}

void
sql_for_update(struct sql *q, const char *of)
{
	if (q->dialect == DIALECT_SQLITE)
		return;
	sql_add(q, " FOR NO KEY UPDATE");
	if (of != NULL)
		sql_addf(q, " OF %s", of);
}

void
sql_ids(struct sql *q, const int64_t *ids, size_t count)
{
	bool array = q->dialect == DIALECT_POSTGRESQL;
	struct buf list = { 0 };

	if (count == 1) {
		sql_add(q, "= ");
		sql_int(q, ids[0]);
		return;
	}
	buf_byte(&list, array ? '{' : '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(&list, ',');
		buf_int(&list, ids[i]);
	}
	buf_byte(&list, array ? '}' : ']');
	sql_add(q, array ? "= ANY(" : "IN (SELECT value FROM json_each(");
	add_text(q, "int8[]", buf_as_slice(&list));
	sql_add(q, array ? ")" : "))");
	buf_fini(&list);
}

void
sql_equals_nocase(struct sql *q, const char *column, struct slice value)
{
	/* Written so that indexes.sql serves them; each folds as the database's own Patchwork does. */
	if (q->dialect == DIALECT_POSTGRESQL) {
		sql_addf(q, "UPPER(%s::text) = UPPER(", column);
		sql_string(q, value);
		sql_add(q, ")");
	} else {
		sql_addf(q, "%s = ", column);
		sql_string(q, value);
		sql_add(q, " COLLATE NOCASE");
	}
}

void
sql_contains_nocase(struct sql *q, const char *column, struct slice value)
{
	struct slice pattern = text_like(q->arena, value, true);

	if (q->dialect == DIALECT_POSTGRESQL) {
		sql_addf(q, "UPPER(%s::text) LIKE UPPER(", column);
		add_text(q, "text", pattern);
		sql_add(q, ")");
	} else {
		sql_addf(q, "%s LIKE ", column);
		add_text(q, "text", pattern);
		sql_add(q, " ESCAPE '\\'");
	}
}

/* A string inside a PostgreSQL array or a JSON one: both quote alike but for control characters. */
static void
put_quoted(struct buf *out, struct slice value, bool json)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (json && c < 0x20) {
			buf_printf(out, "\\u%04x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_byte(out, '\\');
		buf_byte(out, (char)c);
	}
	buf_byte(out, '"');
}

static void
add_strings(struct sql *q, const struct slice *values, size_t count)
{
	bool json = q->dialect == DIALECT_SQLITE;
	struct buf list = { 0 };

	buf_byte(&list, json ? '[' : '{');
	for (size_t i = 0; i < count; i++) {
		/* Would be hidden by the JSON escape from the check in add_text. */
		if (values[i].n > 0 && memchr(values[i].p, '\0', values[i].n) != NULL)
			q->unusable = true;
		if (i > 0)
			buf_byte(&list, ',');
		put_quoted(&list, values[i], json);
	}
	buf_byte(&list, json ? ']' : '}');
	add_text(q, "text[]", buf_as_slice(&list));
	buf_fini(&list);
}

void
sql_resolve_names(struct sql *q, const char *table, const char *column,
    const struct slice *values, size_t count)
{
	if (q->dialect == DIALECT_POSTGRESQL) {
		sql_add(q, "SELECT n.position - 1, t.id FROM unnest(");
		add_strings(q, values, count);
		sql_addf(q, ") WITH ORDINALITY AS n(value, position)"
		    " JOIN %s AS t ON UPPER(t.%s::text) = UPPER(n.value) ORDER BY 1, 2", table, column);
	} else {
		sql_add(q, "SELECT n.key, t.id FROM json_each(");
		add_strings(q, values, count);
		sql_addf(q, ") AS n JOIN %s AS t ON t.%s = n.value COLLATE NOCASE ORDER BY 1, 2",
		    table, column);
	}
}
