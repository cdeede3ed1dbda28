/* SPDX-License-Identifier: MIT
 *
 * Building one statement.  The text is made of literals of our own only; every
 * value goes in as a parameter.  What the two databases spell differently is
 * spelled here.  Any thread; a statement belongs to one request's arena.
 */
#ifndef THIMBLE_STORE_SQL_H
#define THIMBLE_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct arena;
struct moment;

enum dialect { DIALECT_SQLITE, DIALECT_POSTGRESQL };

enum { SQL_PARAMS_MAX = 200 };

/* A statement: its text and its parameters.  Made by sql_new, filled by the rest. */
struct sql {
	struct arena *arena;
	enum dialect dialect;
	char *text;			/* NUL-terminated */
	size_t length, capacity;	/* of text */
	struct sql_param {
		struct slice text;	/* absent: SQL NULL */
		bool is_int;		/* then SQLite binds `number` */
		bool is_bytes;		/* of any kind, also NUL: sent as they are, bound as a blob */
		int64_t number;
	} *params;
	int count, params_capacity;
	bool unusable;			/* too many parameters, or a NUL byte in one: the flush fails */
};

struct sql *sql_new(struct arena *arena, enum dialect dialect);

/* Appends text.  `text` must come from our own tables, never from a client. */
void sql_add(struct sql *q, const char *text);
void sql_addf(struct sql *q, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Each appends a placeholder, cast as it must be ("$3::int8", "?3"), and binds the value. */
void sql_int(struct sql *q, int64_t value);
void sql_bool(struct sql *q, bool value);
void sql_string(struct sql *q, struct slice value);	/* absent: NULL */
void sql_bytes(struct sql *q, struct slice value);	/* for bytea and blob, read by rows_bytes; absent: NULL */
/* NULL gives NULL. */
void sql_int_or_null(struct sql *q, const int64_t *value);
void sql_bool_or_null(struct sql *q, const bool *value);
/*
 * With an offset: that instant, read in the time zone of the process (TZ) on SQLite, of the
 * session on PostgreSQL.  NULL gives NULL.
 */
void sql_moment(struct sql *q, const struct moment *value);
/* This machine's clock, to the microsecond, for sql_moment: rows written together bear one time. */
void sql_now(struct moment *now_r);

/*
 * Appends what keeps the rows of a SELECT as they are until the transaction ends: " FOR NO KEY
 * UPDATE [OF of]", which rows that refer to them do not wait for.  Nothing on SQLite, where nobody else writes.
 */
void sql_for_update(struct sql *q, const char *of);

/* Appends "= $1::int8" for one id, "= ANY($1::int8[])" or "IN (SELECT value FROM json_each(?1))" for several or none. */
void sql_ids(struct sql *q, const int64_t *ids, size_t count);

/* Appends a condition on `column`: equal but for case; contains, but for case (4.3, 4.4). */
void sql_equals_nocase(struct sql *q, const char *column, struct slice value);
void sql_contains_nocase(struct sql *q, const char *column, struct slice value);

/*
 * Appends a whole SELECT that gives a row (index, id) for each pair of a value
 * and a row of `table` whose `column` equals it but for case; index counts
 * from 0.  For filters by name with several values.
 */
void sql_resolve_names(struct sql *q, const char *table, const char *column,
    const struct slice *values, size_t count);

#endif
