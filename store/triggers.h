/* SPDX-License-Identifier: MIT
 *
 * What we add to the database so that it tells of every change, whoever makes
 * it: triggers on the tables that answers read, which leave tags in
 * thimble_outbox, in the transaction of the change.  doc/tags.md says which
 * change raises which tag; triggers.c has that as a table, from which both
 * dialects are generated.
 *
 *   thimble_outbox   a row a statement (SQLite: a row that was changed): `tags`, with one space between
 *                    them; "*" is everything.  PostgreSQL: (xid, id) is the key, ids commit out of order.
 *                    SQLite: id grows with each commit; the row of an outbox that grew too long is "*".
 *   thimble_bus      one row, for those who drain the outbox
 *   thimble_rb_...   the Review Board API's (store/reviewboard.h)
 *   thimble_meta     names and values; format: of these three; rb_key: see there.  PostgreSQL: installation: 16 hexadecimal
 *                    digits, by which (and by where it is) nodes that share the database find each other
 *
 * PostgreSQL: NOTIFY thimble, unless the session has `thimble.writer = on`, as those of the store have.
 * Any thread; all memory is the arena's.
 */
#ifndef THIMBLE_STORE_TRIGGERS_H
#define THIMBLE_STORE_TRIGGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/sql.h"

struct arena;
struct rows;

enum { TRIGGERS_TABLES = 29 };

/* Where our own tables and functions go; both as SQL writes them.  Empty for SQLite. */
struct triggers_place {
	const char *schema;		/* of Patchwork's tables */
	const char *owner;		/* of Patchwork's tables */
};

/* Statements in the order they are to be run in, each for itself. */
struct statements {
	struct arena *arena;
	const char **text;
	size_t count, capacity;
};

struct triggers_state {
	bool intact;			/* all there, enabled, and those of this version */
	bool any;			/* there is one at least */
	const char *problem;		/* not intact: one that is not as it should be: "patchwork_patch: disabled" */
	/*
	 * Another number: triggers were made, dropped, disabled or enabled meanwhile, even if they are
	 * intact again, and changes may have left no tags.
	 */
	uint64_t mark;
};

/* A SELECT about the triggers, and what its rows say. */
void triggers_ask(struct sql *q);
/* One that costs little, of a text in one cell: while it is the same, triggers_ask says what it said. */
void triggers_ask_version(struct sql *q);
struct triggers_state triggers_judge(struct arena *arena, const struct rows *rows);
/* The same for one of the tables: is there nothing to do? */
bool triggers_intact(const struct rows *rows, size_t table);

/* A SELECT of the schema and the owner; PostgreSQL only. */
void triggers_ask_place(struct sql *q);

/* The name of a table that is watched; table < TRIGGERS_TABLES. */
const char *triggers_table(size_t table);

/* What makes our own tables; may be run again. */
void triggers_make_tables(struct statements *list, enum dialect dialect, const struct triggers_place *place);
/* What brings the table's triggers in order, going by triggers_ask's rows. */
void triggers_attach(struct statements *list, enum dialect dialect, const struct triggers_place *place,
    const struct rows *rows, size_t table);
/*
 * A SELECT whether the rows that all share are there, in one cell.  An older version did not make all of them.  It fails without our own tables, and without the right to read them.
 */
void triggers_ask_rows(struct sql *q);
/* What tells everybody to forget everything. */
void triggers_forget_all(struct statements *list, enum dialect dialect, const struct triggers_place *place);

/*
 * A SELECT of (table or nothing, statement) in the order they are to be run in, which
 * together remove all that we added, also what an older version did; with keep_reviews all but what the Review
 * Board API needs: its tables, and thimble_meta.  Those of one table belong together.
 */
void triggers_ask_detach(struct sql *q, bool keep_reviews);

void statements_add(struct statements *list, const char *text);

#endif
