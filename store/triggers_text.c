/* SPDX-License-Identifier: MIT
 *
 * The text of the triggers, from the table in triggers.c.  Pure functions.
 *
 * A trigger must not hurt the write that it watches:
 *
 * PostgreSQL: one function a table, for each statement, with transition tables.
 * SECURITY DEFINER, since who writes needs no rights on our table; all that is
 * not of pg_catalog is named with its schema.  Whatever goes wrong while the
 * rows are looked at (a migration has dropped a column) leaves the coarse tags.
 * That part writes nothing, so that its subtransaction has no xid and costs
 * others nothing.  Old and new rows are joined by their key: a change of the
 * key is a row less and a row more.
 *
 * SQLite: one a row.  OR REPLACE removes rows that no DELETE trigger is told
 * of: so BEFORE triggers look for rows that have one of the new row's unique
 * keys.  No trigger names another table than its own and the outbox: Django
 * rebuilds a table by renaming, which SQLite refuses while a trigger names
 * one that is not there.
 */
#include "config.h"

#include "store/triggers_private.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/sql.h"

/* More rows of one statement leave the coarse tag only (PostgreSQL). */
#define MANY "100"

/* Expressions ----------------------------------------------------------- */

/* A list of expressions is being written, each of which gives a tag or nothing. */
struct writer {
	struct buf *out;
	struct arena *arena;
	enum dialect dialect;
	const char *schema;
	const struct watched *table;
	const char *old, *new;		/* the rows' names */
	bool follows;
};

static const char *
take(struct arena *arena, struct buf *text)
{
	const char *copy = arena_memdup(arena, buf_as_slice(text).p, text->len);

	buf_fini(text);
	return copy;
}

/* Whether one of these columns has changed, as SQL; "" for no columns. */
static const char *
changed(const struct writer *w, const char *columns)
{
	const char *differs = w->dialect == DIALECT_SQLITE ? "IS NOT" : "IS DISTINCT FROM";
	struct slice rest = slice_str(columns), c;
	struct buf text = { 0 };

	while (slice_cut(&rest, ' ', &c)) {
		if (c.n > 0)
			buf_printf(&text, "%s%s.\"%.*s\" %s %s.\"%.*s\"", text.len > 0 ? " OR " : "",
			    w->old, SLICE_ARG(c), differs, w->new, SLICE_ARG(c));
	}
	return take(w->arena, &text);
}

/* Whether a row became another one, as SQL. */
static const char *
another(const struct writer *w)
{
	const char *key = w->table->key;

	if (w->dialect == DIALECT_SQLITE)
		return changed(w, key);
	return arena_printf(w->arena, "%s.\"%s\" IS NULL OR %s.\"%s\" IS NULL", w->old, key, w->new, key);
}

/* Adds the tag "BEFORE value AFTER", or without a value (NULL) "BEFORE", under a condition (NULL: none). */
static void
put_tag(struct writer *w, const char *condition, const char *before, const char *value, const char *after)
{
	bool sqlite = w->dialect == DIALECT_SQLITE;

	buf_str(w->out, w->follows ? sqlite ? "\n\t|| " : ",\n\t\t\t\t(" : sqlite ? "\n\t" : "\n\t\t\t\t(");
	if (condition != NULL)
		buf_printf(w->out, "CASE WHEN %s THEN ", condition);
	buf_printf(w->out, "%s'%s%s'", sqlite ? "coalesce(" : "", sqlite ? " " : "", before);
	if (value != NULL)
		buf_printf(w->out, " || %s", value);
	if (*after != '\0')
		buf_printf(w->out, " || '%s'", after);
	if (sqlite)
		buf_str(w->out, ", '')");
	if (condition != NULL)
		buf_str(w->out, sqlite ? " ELSE '' END" : " END");
	if (!sqlite)
		buf_byte(w->out, ')');
	w->follows = true;
}

static const char *
column_of(const struct writer *w, const char *row, const char *column)
{
	return arena_printf(w->arena, "%s.\"%s\"", row, column);
}

/* What a part's owner is, as SQL; NULL if SQLite cannot say. */
static const char *
owner_of(const struct writer *w, const char *row, const struct part *part)
{
	const char *column = column_of(w, row, part->column);

	if (part->through == NULL)
		return column;
	if (w->dialect == DIALECT_SQLITE)
		return NULL;
	return arena_printf(w->arena, "(SELECT t.user_id FROM %s.%s t WHERE t.id = %s)", w->schema, part->through, column);
}

static void
put_owner(struct writer *w, const char *condition, const char *row, const struct part *part)
{
	const char *owner = owner_of(w, row, part);

	if (owner != NULL)
		put_tag(w, condition, arena_printf(w->arena, "%s:", part->object), owner, "");
	else
		put_tag(w, condition, arena_printf(w->arena, "%s.*", part->object), NULL, "");
}

/* The tags of a row that came or went. */
static void
put_row(struct writer *w, const char *row)
{
	const struct watched *t = w->table;

	if (t->object != NULL)
		put_tag(w, NULL, arena_printf(w->arena, "%s:", t->object), column_of(w, row, t->key), "");
	put_tag(w, NULL, t->collection, NULL, "");
	if (t->scope != NULL)
		put_tag(w, NULL, arena_printf(w->arena, "%s@", t->collection), column_of(w, row, t->scope), "");
	for (size_t i = 0; i < PARTS && t->parts[i].object != NULL; i++)
		put_owner(w, NULL, row, &t->parts[i]);
}

/* Tags of a row that became another: the object, the collection, its scopes. */
static void
put_identity(struct writer *w)
{
	const struct watched *t = w->table;
	const char *became = another(w), *object, *scope;

	if (t->object != NULL) {
		object = arena_printf(w->arena, "%s:", t->object);
		put_tag(w, NULL, object, column_of(w, w->new, t->key), "");
		put_tag(w, became, object, column_of(w, w->old, t->key), "");
	}
	put_tag(w, became, t->collection, NULL, "");
	if (t->scope == NULL)
		return;
	scope = arena_printf(w->arena, "%s@", t->collection);
	became = arena_printf(w->arena, "%s OR %s", became, changed(w, t->scope));
	put_tag(w, became, scope, column_of(w, w->new, t->scope), "");
	put_tag(w, became, scope, column_of(w, w->old, t->scope), "");
}

/* The tags of a column's values. */
static void
put_column(struct writer *w, struct slice name)
{
	const struct watched *t = w->table;
	const char *column = arena_memdup(w->arena, name.p, name.n);
	const char *after = arena_printf(w->arena, ".%s", column), *scope;
	const char *condition = arena_printf(w->arena, "NOT (%s) AND (%s)", another(w), changed(w, column));

	put_tag(w, condition, arena_printf(w->arena, "%s.%s", t->collection, column), NULL, "");
	if (t->scope == NULL)
		return;
	scope = arena_printf(w->arena, "%s@", t->collection);
	put_tag(w, condition, scope, column_of(w, w->new, t->scope), after);
	condition = arena_printf(w->arena, "%s AND (%s)", condition, changed(w, t->scope));
	put_tag(w, condition, scope, column_of(w, w->old, t->scope), after);
}

static void
put_part(struct writer *w, const struct part *part)
{
	const char *condition = NULL;

	if (part->matter != NULL)
		condition = arena_printf(w->arena, "%s OR %s", another(w), changed(w, part->matter));
	put_owner(w, condition, w->new, part);
	if (owner_of(w, w->old, part) == NULL)
		return;
	/* of a row that became another there are two, and one of them has no value */
	put_owner(w, arena_printf(w->arena, "(%s) AND (%s)", condition != NULL ? condition : "true",
	    changed(w, part->column)), w->old, part);
}

/* The tags of a row that was changed. */
static void
put_change(struct writer *w)
{
	struct slice rest = slice_str(w->table->columns), column;

	put_identity(w);
	while (slice_cut(&rest, ' ', &column))
		if (column.n > 0)
			put_column(w, column);
	for (size_t i = 0; i < PARTS && w->table->parts[i].object != NULL; i++)
		put_part(w, &w->table->parts[i]);
}

static const char *
all_columns(const struct writer *w)
{
	return arena_printf(w->arena, "%s %s %s", w->table->key, w->table->columns, w->table->others);
}

/* What many rows raise besides their own table's coarse tag. */
static const char *
coarse_auth(const struct watched *t)
{
	for (size_t i = 0; i < PARTS && t->parts[i].object != NULL; i++)
		if (strcmp(t->parts[i].object, "auth") == 0)
			return " auth.*";
	return "";
}

/* PostgreSQL ------------------------------------------------------------ */

static void
put_rows_branch(struct writer *w, const char *event, const char *table, const char *row)
{
	buf_printf(w->out, "\t\t%s TG_OP = '%s' THEN\n\t\t\tIF NOT EXISTS (SELECT FROM %s OFFSET " MANY ") THEN\n"
	    "\t\t\t\tSELECT string_agg(DISTINCT tag, ' ') INTO raised FROM %s %s\n"
	    "\t\t\t\tCROSS JOIN LATERAL (VALUES", event[0] == 'I' ? "IF" : "ELSIF", event, table, table, row);
	w->follows = false;
	put_row(w, row);
	buf_str(w->out, ") v (tag);\n\t\t\tEND IF;\n");
}

static void
put_update_branch(struct writer *w)
{
	const char *key = w->table->key;

	buf_printf(w->out, "\t\tELSIF TG_OP = 'UPDATE' THEN\n"
	    "\t\t\tIF NOT EXISTS (SELECT FROM thimble_new OFFSET " MANY ") THEN\n"
	    "\t\t\t\tSELECT string_agg(DISTINCT tag, ' ') INTO raised\n"
	    "\t\t\t\tFROM thimble_old o FULL JOIN thimble_new n ON o.\"%s\" = n.\"%s\"\n"
	    "\t\t\t\tCROSS JOIN LATERAL (VALUES", key, key);
	w->follows = false;
	put_change(w);
	buf_printf(w->out, ") v (tag)\n\t\t\t\tWHERE %s;\n\t\t\tEND IF;\n", changed(w, all_columns(w)));
}

/* The function's body; `raised` stays the coarse tags unless a branch says otherwise. */
const char *
triggers_function(struct arena *arena, const struct watched *t, const char *schema, const char *stamp)
{
	struct buf text = { 0 };
	struct writer w = { .out = &text, .arena = arena, .dialect = DIALECT_POSTGRESQL, .schema = schema, .table = t,
		.old = "o", .new = "n" };

	buf_printf(&text, "\n-- thimble %s\nDECLARE\n\traised text := '%s.*%s';\nBEGIN\n\tBEGIN\n",
	    stamp, t->collection, coarse_auth(t));
	put_rows_branch(&w, "INSERT", "thimble_new", "n");
	put_update_branch(&w);
	put_rows_branch(&w, "DELETE", "thimble_old", "o");
	buf_printf(&text, "\t\tEND IF;\n\tEXCEPTION WHEN OTHERS THEN\n\t\traised := '%s.*%s';\n\tEND;\n"
	    "\tIF raised IS NOT NULL THEN\n\t\tINSERT INTO %s.thimble_outbox (tags) VALUES (raised);\n"
	    "\t\tIF current_setting('thimble.writer', true) IS DISTINCT FROM 'on' THEN\n"
	    "\t\t\tPERFORM pg_notify('thimble', '');\n\t\tEND IF;\n\tEND IF;\n\tRETURN NULL;\nEND\n",
	    t->collection, coarse_auth(t), schema);
	return take(arena, &text);
}

/* SQLite ---------------------------------------------------------------- */

/* Which rows of the same table, "r", the new row would replace. */
static void
put_replaced(struct writer *w)
{
	struct slice keys = slice_str(w->table->unique), key, column;
	const char *word;

	buf_printf(w->out, "r.\"%s\" = NEW.\"%s\"", w->table->key, w->table->key);
	while (slice_cut(&keys, ',', &key)) {
		word = " OR (";
		while (slice_cut(&key, ' ', &column)) {
			if (column.n == 0)
				continue;
			buf_printf(w->out, "%sr.\"%.*s\" = NEW.\"%.*s\"", word, SLICE_ARG(column), SLICE_ARG(column));
			word = " AND ";
		}
		if (word[1] == 'A')
			buf_byte(w->out, ')');
	}
}

static const char *
unique_columns(const struct writer *w)
{
	char *columns = arena_printf(w->arena, "%s %s", w->table->key, w->table->unique);

	for (char *c = columns; (c = strchr(c, ',')) != NULL; )
		*c = ' ';
	return columns;
}

static void
put_condition(struct writer *w, enum event event)
{
	if (event == EVENT_UPDATE)
		buf_printf(w->out, "\nWHEN %s", changed(w, all_columns(w)));
	else if (event == EVENT_UPDATE_OVER)
		buf_printf(w->out, "\nWHEN %s", changed(w, unique_columns(w)));
}

static void
put_lite_tags(struct writer *w, enum event event)
{
	switch (event) {
	case EVENT_INSERT:
		put_row(w, "NEW");
		break;
	case EVENT_DELETE:
		put_row(w, "OLD");
		break;
	case EVENT_UPDATE:
		put_change(w);
		break;
	default:
		put_row(w, "r");
		break;
	}
}

const char *
triggers_lite(struct arena *arena, const struct watched *t, enum event event, const char *stamp)
{
	bool over = event == EVENT_INSERT_OVER || event == EVENT_UPDATE_OVER;
	struct buf text = { 0 };
	struct writer w = { .out = &text, .arena = arena, .dialect = DIALECT_SQLITE, .schema = "", .table = t,
		.old = "OLD", .new = "NEW" };

	buf_printf(&text, "CREATE TRIGGER thimble_%s_%s %s %.6s ON %s", t->table, trigger_events[event].name,
	    over ? "BEFORE" : "AFTER", trigger_events[event].name, t->table);
	put_condition(&w, event);
	buf_printf(&text, "\nBEGIN -- thimble %s\n\tINSERT INTO thimble_outbox (tags) SELECT ltrim(", stamp);
	put_lite_tags(&w, event);
	buf_byte(&text, ')');
	if (over) {
		buf_printf(&text, "\n\tFROM %s r WHERE (", t->table);
		put_replaced(&w);
		buf_byte(&text, ')');
	}
	if (event == EVENT_UPDATE_OVER)
		buf_printf(&text, " AND r.\"%s\" IS NOT OLD.\"%s\"", t->key, t->key);
	buf_str(&text, ";\nEND");
	return take(arena, &text);
}
