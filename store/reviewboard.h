/* SPDX-License-Identifier: MIT
 *
 * The tables of the Review Board API (thimble_rb_...), beside Patchwork's.  They come and go with
 * what `thimblectl attach` makes (store/triggers.h), and bear triggers themselves.
 *
 * They refer to each other, and to nothing of Patchwork's: a user, a project or a series that is gone is
 * treated as if it had not been named, and Patchwork never finds a key in its way.
 *
 * Times are microseconds since 1970, UTC, but for the dates of commits (seconds, and the offset in seconds).
 * Lengths are in characters.  What a diff says is kept as bytes (sql_bytes, rows_bytes).
 * thimble_meta has `rb_key`, 64 hexadecimal digits, under which all nodes sign log-ins.
 *
 * Any thread; all memory is the arena's.
 */
#ifndef THIMBLE_STORE_REVIEWBOARD_H
#define THIMBLE_STORE_REVIEWBOARD_H

#include <stddef.h>

#include "store/sql.h"

struct statements;
struct triggers_place;

enum { RB_TABLES = 11, RB_KEY_DIGITS = 64 };

/* The name of each, those that others refer to first; n < RB_TABLES. */
const char *rb_schema_table(size_t n);

/* What makes the tables; may be run again. */
void rb_schema_make(struct statements *list, enum dialect dialect, const struct triggers_place *place);

/* What leaves that key there, unless there is one. */
void rb_schema_key(struct statements *list, enum dialect dialect, const struct triggers_place *place, const char *key);

/* A SELECT whether all of the tables are there, in one cell; it needs no rights on them. */
void rb_schema_ask(struct sql *q);

/*
 * Appends an expression by which SQLite's sqlite_master has to be ordered, so that the tables are
 * dropped before those that they refer to.
 */
void rb_schema_drop_order(struct sql *q);

#endif
