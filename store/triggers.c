/* SPDX-License-Identifier: MIT
 *
 * See triggers.h.
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
 *
 * Each bears a stamp, the hash of its own text, by which one of another version is known.
 */
#include "config.h"

#include "store/triggers.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/store.h"

/* A row that is part of an object. */
struct part {
	const char *object;		/* "series" */
	const char *column;		/* which of them */
	const char *matter;		/* columns whose change matters, besides insert and delete; NULL: any */
	const char *through;		/* table with that id, whose user_id is meant; NULL: the column itself */
};

enum { PARTS = 2 };

struct watched {
	const char *table;
	const char *object;		/* NULL: none */
	const char *collection;
	const char *scope;		/* column whose value stands behind '@'; NULL: none */
	const char *key;
	const char *columns;		/* those with tags of their own */
	const char *others;		/* those that answers show or go by without */
	const char *unique;		/* unique keys besides: "a b,c" is (a, b) and (c) */
	struct part parts[PARTS];
};

#define COMMENT_COLUMNS "content date submitter_id"

/* doc/tags.md in short; changes of columns that are not named here raise nothing. */
static const struct watched tables[TRIGGERS_TABLES] = {
	{ "patchwork_patch", "patch", "patches", "project_id", "id",
	  "name project_id date state_id archived submitter_id series_id delegate_id hash msgid",
	  "headers content commit_ref diff number pull_url related_id", "msgid project_id,series_id number",
	  { { "series", "series_id", "series_id number", NULL }, { "relation", "related_id", "related_id", NULL } } },
	{ "patchwork_cover", "cover", "covers", "project_id", "id",
	  "name project_id date submitter_id msgid", "headers content", "msgid project_id", { { 0 } } },
	{ "patchwork_series", "series", "series", "project_id", "id",
	  "name project_id date submitter_id total cover_letter_id", "version", "cover_letter_id",
	  { { "cover", "cover_letter_id", "cover_letter_id", NULL } } },
	{ "patchwork_bundle", "bundle", "bundles", "project_id", "id",
	  "name project_id owner_id public", "", "owner_id name", { { 0 } } },
	{ "patchwork_event", "event", "events", "project_id", "id",
	  "project_id date category actor_id series_id patch_id cover_id",
	  "created_check_id current_delegate_id current_state_id previous_delegate_id previous_state_id "
	  "cover_comment_id patch_comment_id", "", { { 0 } } },
	{ "patchwork_check", "check", "checks", "patch_id", "id",
	  "patch_id user_id state context date target_url description", "", "", { { "patch", "patch_id", NULL, NULL } } },
	{ "patchwork_patchcomment", "patch_comment", "patch_comments", "patch_id", "id",
	  COMMENT_COLUMNS, "msgid headers addressed patch_id", "msgid patch_id", { { 0 } } },
	{ "patchwork_covercomment", "cover_comment", "cover_comments", "cover_id", "id",
	  COMMENT_COLUMNS, "msgid headers addressed cover_id", "msgid cover_id", { { 0 } } },
	{ "patchwork_project", "project", "projects", NULL, "id", "linkname name listid listemail",
	  "subject_match web_url scm_url webscm_url list_archive_url list_archive_url_format commit_url_format",
	  "linkname,name,listid subject_match", { { 0 } } },
	{ "patchwork_person", "person", "people", NULL, "id", "name email", "user_id", "email",
	  { { "auth", "user_id", "user_id", NULL } } },
	{ "patchwork_state", "state", "states", NULL, "id", "name ordering", "slug", "name,slug,ordering", { { 0 } } },
	{ "patchwork_patchrelation", "relation", "relations", NULL, "id", "", "", "", { { 0 } } },
	{ "auth_user", "user", "users", NULL, "id", "username email first_name last_name",
	  "password is_active is_staff is_superuser", "username",
	  { { "auth", "id", "username password is_active is_staff is_superuser", NULL } } },
	{ "patchwork_userprofile", NULL, "profiles", NULL, "id", "",
	  "user_id send_email items_per_page show_ids", "user_id",
	  { { "user", "user_id", NULL, NULL }, { "auth", "user_id", NULL, NULL } } },
	{ "patchwork_userprofile_maintainer_projects", NULL, "maintainers", NULL, "id", "", "userprofile_id project_id",
	  "userprofile_id project_id",
	  { { "project", "project_id", NULL, NULL }, { "auth", "userprofile_id", NULL, "patchwork_userprofile" } } },
	{ "patchwork_bundlepatch", NULL, "bundle_patches", NULL, "id", "", "bundle_id patch_id order",
	  "bundle_id patch_id", { { "bundle", "bundle_id", NULL, NULL } } },
	{ "authtoken_token", NULL, "tokens", NULL, "key", "", "user_id", "user_id",
	  { { "auth", "user_id", NULL, NULL } } },
};

/*
 * More rows of one statement leave the coarse tag only (PostgreSQL).  More ids than
 * OUTBOX_SPAN between the first row and the last make the outbox one "*" (SQLite).
 */
#define MANY "100"
#define OUTBOX_SPAN "20000"

/* The events, as they name the triggers. */
enum event { EVENT_INSERT, EVENT_UPDATE, EVENT_DELETE, EVENT_TRUNCATE, EVENT_INSERT_OVER, EVENT_UPDATE_OVER, EVENTS };

static const struct {
	const char *name;
	bool sqlite, postgresql;
	/* PostgreSQL's */
	const char *clause;		/* that names the transition tables */
	const char *old, *new;		/* they themselves */
	int type;			/* pg_trigger.tgtype */
} events[EVENTS] = {
	[EVENT_INSERT] = { "insert", true, true, " REFERENCING NEW TABLE AS thimble_new", "", "thimble_new", 4 },
	[EVENT_UPDATE] = { "update", true, true,
	    " REFERENCING OLD TABLE AS thimble_old NEW TABLE AS thimble_new", "thimble_old", "thimble_new", 16 },
	[EVENT_DELETE] = { "delete", true, true, " REFERENCING OLD TABLE AS thimble_old", "thimble_old", "", 8 },
	[EVENT_TRUNCATE] = { "truncate", false, true, "", "", "", 32 },
	[EVENT_INSERT_OVER] = { "insert_over", true, false, NULL, NULL, NULL, 0 },
	[EVENT_UPDATE_OVER] = { "update_over", true, false, NULL, NULL, NULL, 0 },
};

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

	buf_printf(w->out, "\t\tELSIF TG_OP = 'UPDATE' THEN\n\t\t\tIF NOT EXISTS (SELECT FROM thimble_new OFFSET " MANY ") THEN\n"
	    "\t\t\t\tSELECT string_agg(DISTINCT tag, ' ') INTO raised\n"
	    "\t\t\t\tFROM thimble_old o FULL JOIN thimble_new n ON o.\"%s\" = n.\"%s\"\n"
	    "\t\t\t\tCROSS JOIN LATERAL (VALUES", key, key);
	w->follows = false;
	put_change(w);
	buf_printf(w->out, ") v (tag)\n\t\t\t\tWHERE %s;\n\t\t\tEND IF;\n", changed(w, all_columns(w)));
}

/* The function's body; `raised` stays the coarse tags unless a branch says otherwise. */
static const char *
function_body(struct arena *arena, const struct watched *t, const char *schema, const char *stamp)
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

static const char *
lite_trigger(struct arena *arena, const struct watched *t, enum event event, const char *stamp)
{
	bool over = event == EVENT_INSERT_OVER || event == EVENT_UPDATE_OVER;
	struct buf text = { 0 };
	struct writer w = { .out = &text, .arena = arena, .dialect = DIALECT_SQLITE, .schema = "", .table = t,
		.old = "OLD", .new = "NEW" };

	buf_printf(&text, "CREATE TRIGGER thimble_%s_%s %s %.6s ON %s", t->table, events[event].name,
	    over ? "BEFORE" : "AFTER", events[event].name, t->table);
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

/* Stamps ---------------------------------------------------------------- */

static uint64_t
mix(uint64_t hash, struct slice text)
{
	/* FNV-1a */
	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3;
	return hash;
}

#define HASH_START 0xcbf29ce484222325

static const char *
stamp_of(struct arena *arena, enum dialect dialect, const struct watched *t, enum event event)
{
	const char *text = dialect == DIALECT_SQLITE ? lite_trigger(arena, t, event, "") : function_body(arena, t, "", "");

	return arena_printf(arena, "%016llx", (unsigned long long)mix(HASH_START, slice_str(text)));
}

/* How they are ---------------------------------------------------------- */

enum { ASK_TABLE, ASK_TRIGGER, ASK_STATE, ASK_MARK };

static void
ask_sqlite(struct sql *q)
{
	const char *word = "";

	sql_add(q, "WITH e (tab, name, stamp) AS (VALUES ");
	for (size_t i = 0; i < TRIGGERS_TABLES; i++) {
		for (enum event e = 0; e < EVENTS; e++) {
			if (!events[e].sqlite)
				continue;
			sql_addf(q, "%s('%s', '%s', '%s')", word, tables[i].table, events[e].name,
			    stamp_of(q->arena, DIALECT_SQLITE, &tables[i], e));
			word = ", ";
		}
	}
	sql_add(q, ") SELECT e.tab, e.name, CASE WHEN m.name IS NULL THEN 'missing' WHEN m.tbl_name <> e.tab"
	    " OR instr(m.sql, '-- thimble ' || e.stamp) = 0 THEN 'old' ELSE 'ok' END,"
	    " (SELECT schema_version FROM pragma_schema_version) FROM e LEFT JOIN sqlite_master m"
	    " ON m.type = 'trigger' AND m.name = 'thimble_' || e.tab || '_' || e.name"
	    " UNION ALL SELECT e.name, '', CASE WHEN m.name IS NULL THEN 'missing' ELSE 'ok' END, ''"
	    " FROM (SELECT 'thimble_outbox' AS name UNION ALL SELECT 'thimble_outbox_bound') e"
	    " LEFT JOIN sqlite_master m ON m.name = e.name ORDER BY 1, 2");
}

static void
ask_postgresql(struct sql *q)
{
	const char *word = "";

	sql_add(q, "SELECT e.tab, e.name, CASE WHEN t.oid IS NULL THEN 'missing'"
	    " WHEN t.tgtype <> e.type OR p.proname <> 'thimble_' || e.tab OR coalesce(t.tgoldtable, '') <> e.old"
	    " OR coalesce(t.tgnewtable, '') <> e.new THEN 'wrong' WHEN t.tgenabled <> 'A' THEN 'disabled'"
	    " WHEN NOT p.prosecdef OR p.proconfig IS NULL OR strpos(p.prosrc, '-- thimble ' || e.stamp) = 0 THEN 'old'"
	    " ELSE 'ok' END, concat(t.oid, '/', t.xmin, '/', p.oid, '/', p.xmin) FROM (VALUES ");
	for (size_t i = 0; i < TRIGGERS_TABLES; i++) {
		const char *stamp = stamp_of(q->arena, DIALECT_POSTGRESQL, &tables[i], EVENT_INSERT);

		for (enum event e = 0; e < EVENTS; e++) {
			if (!events[e].postgresql)
				continue;
			sql_addf(q, "%s('%s', '%s', '%s', '%s', %d, '%s')", word, tables[i].table, events[e].name,
			    events[e].old, events[e].new, events[e].type, stamp);
			word = ", ";
		}
	}
	sql_add(q, ") e (tab, name, old, new, type, stamp) LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(e.tab)"
	    " AND t.tgname = 'thimble_' || e.name LEFT JOIN pg_proc p ON p.oid = t.tgfoid"
	    " UNION ALL SELECT 'thimble_outbox', '', CASE WHEN to_regclass('thimble_outbox') IS NULL THEN 'missing'"
	    " ELSE 'ok' END, to_regclass('thimble_outbox')::oid::text ORDER BY 1, 2");
}

void
triggers_ask(struct sql *q)
{
	if (q->dialect == DIALECT_SQLITE)
		ask_sqlite(q);
	else
		ask_postgresql(q);
}

struct triggers_state
triggers_judge(struct arena *arena, const struct rows *rows)
{
	struct triggers_state state = { .intact = rows->count > 0, .problem = "", .mark = HASH_START };

	for (int i = 0; i < rows->count; i++) {
		struct slice how = rows_get(rows, i, ASK_STATE);

		state.mark = mix(mix(state.mark, rows_get(rows, i, ASK_MARK)), SLICE("|"));
		state.any = state.any || !slice_is(how, "missing");
		if (slice_is(how, "ok") || !state.intact)
			continue;
		state.intact = false;
		state.problem = arena_printf(arena, "%.*s: %.*s", SLICE_ARG(rows_get(rows, i, ASK_TABLE)), SLICE_ARG(how));
	}
	return state;
}

bool
triggers_intact(const struct rows *rows, size_t table)
{
	for (int i = 0; i < rows->count; i++)
		if (slice_is(rows_get(rows, i, ASK_TABLE), tables[table].table) && !slice_is(rows_get(rows, i, ASK_STATE), "ok"))
			return false;
	return true;
}

/* The state of one of them. */
static struct slice
state_of(const struct rows *rows, const char *table, enum event event)
{
	for (int i = 0; i < rows->count; i++)
		if (slice_is(rows_get(rows, i, ASK_TABLE), table) && slice_is(rows_get(rows, i, ASK_TRIGGER), events[event].name))
			return rows_get(rows, i, ASK_STATE);
	return SLICE("missing");
}

/* Putting them in order ------------------------------------------------- */

const char *
triggers_table(size_t table)
{
	return tables[table].table;
}

void
triggers_ask_place(struct sql *q)
{
	sql_add(q, "SELECT quote_ident(n.nspname), quote_ident(r.rolname) FROM pg_class c"
	    " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner"
	    " WHERE c.oid = to_regclass('patchwork_patch')");
}

void
statements_add(struct statements *list, const char *text)
{
	if (list->count == list->capacity) {
		const char **old = list->text;

		list->capacity = list->capacity > 0 ? list->capacity * 2 : 16;
		list->text = arena_alloc(list->arena, list->capacity * sizeof(*list->text));
		if (list->count > 0)
			memcpy(list->text, old, list->count * sizeof(*old));
	}
	list->text[list->count++] = text;
}

static void
make_tables_postgresql(struct statements *list, const struct triggers_place *place)
{
	static const char *const names[] = { "outbox", "bus", "meta" };

	/* Emptied as fast as it is filled: what is left behind has to be swept often. */
	statements_add(list, arena_printf(list->arena, "CREATE TABLE IF NOT EXISTS %s.thimble_outbox ("
	    "xid xid8 NOT NULL DEFAULT pg_current_xact_id(), id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,"
	    " tags text NOT NULL, PRIMARY KEY (xid, id)) WITH (autovacuum_vacuum_scale_factor = 0,"
	    " autovacuum_vacuum_threshold = 2000)", place->schema));
	statements_add(list, arena_printf(list->arena, "CREATE TABLE IF NOT EXISTS %s.thimble_bus ("
	    "id smallint PRIMARY KEY CHECK (id = 1), incarnation text NOT NULL DEFAULT '',"
	    " number bigint NOT NULL DEFAULT 0, drained xid8)", place->schema));
	statements_add(list, arena_printf(list->arena, "CREATE TABLE IF NOT EXISTS %s.thimble_meta ("
	    "name text PRIMARY KEY, value text NOT NULL)", place->schema));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		statements_add(list, arena_printf(list->arena, "ALTER TABLE %s.thimble_%s OWNER TO %s", place->schema,
		    names[i], place->owner));
	statements_add(list, arena_printf(list->arena, "INSERT INTO %s.thimble_bus (id) VALUES (1)"
	    " ON CONFLICT DO NOTHING", place->schema));
	statements_add(list, arena_printf(list->arena, "INSERT INTO %s.thimble_meta VALUES ('format', '1')"
	    " ON CONFLICT DO NOTHING", place->schema));
}

static void
make_tables_sqlite(struct statements *list)
{
	statements_add(list, "CREATE TABLE IF NOT EXISTS thimble_outbox (id integer PRIMARY KEY AUTOINCREMENT,"
	    " tags text NOT NULL)");
	/* Commits are serial here, so that who reads on by id finds the last row, and no gap that means anything. */
	statements_add(list, "CREATE TRIGGER IF NOT EXISTS thimble_outbox_bound AFTER INSERT ON thimble_outbox"
	    " WHEN NEW.id > (SELECT min(id) FROM thimble_outbox) + " OUTBOX_SPAN " BEGIN"
	    " DELETE FROM thimble_outbox; INSERT INTO thimble_outbox (tags) VALUES ('*'); END");
	statements_add(list, "CREATE TABLE IF NOT EXISTS thimble_bus (id integer PRIMARY KEY CHECK (id = 1),"
	    " incarnation text NOT NULL DEFAULT '', number integer NOT NULL DEFAULT 0)");
	statements_add(list, "CREATE TABLE IF NOT EXISTS thimble_meta (name text PRIMARY KEY, value text NOT NULL)");
	statements_add(list, "INSERT OR IGNORE INTO thimble_bus (id) VALUES (1)");
	statements_add(list, "INSERT OR IGNORE INTO thimble_meta VALUES ('format', '1')");
}

void
triggers_make_tables(struct statements *list, enum dialect dialect, const struct triggers_place *place)
{
	if (dialect == DIALECT_SQLITE)
		make_tables_sqlite(list);
	else
		make_tables_postgresql(list, place);
}

static void
attach_sqlite(struct statements *list, const struct rows *rows, const struct watched *t)
{
	for (enum event e = 0; e < EVENTS; e++) {
		if (!events[e].sqlite || slice_is(state_of(rows, t->table, e), "ok"))
			continue;
		statements_add(list, arena_printf(list->arena, "DROP TRIGGER IF EXISTS thimble_%s_%s", t->table, events[e].name));
		statements_add(list, lite_trigger(list->arena, t, e, stamp_of(list->arena, DIALECT_SQLITE, t, e)));
	}
}

static void
attach_postgresql(struct statements *list, const struct triggers_place *place, const struct rows *rows,
    const struct watched *t)
{
	struct arena *arena = list->arena;
	const char *on = arena_printf(arena, "%s.%s", place->schema, t->table);
	const char *function = arena_printf(arena, "%s.thimble_%s()", place->schema, t->table);
	const char *stamp = stamp_of(arena, DIALECT_POSTGRESQL, t, EVENT_INSERT);

	statements_add(list, arena_printf(arena, "CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE plpgsql"
	    " SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $thimble$%s$thimble$", function,
	    function_body(arena, t, place->schema, stamp)));
	statements_add(list, arena_printf(arena, "ALTER FUNCTION %s OWNER TO %s", function, place->owner));
	for (enum event e = 0; e < EVENTS; e++) {
		const char *name = events[e].name;
		struct slice state = state_of(rows, t->table, e);

		if (!events[e].postgresql || slice_is(state, "ok") || slice_is(state, "old"))
			continue;
		if (slice_is(state, "wrong"))
			statements_add(list, arena_printf(arena, "DROP TRIGGER thimble_%s ON %s", name, on));
		if (!slice_is(state, "disabled"))
			statements_add(list, arena_printf(arena, "CREATE TRIGGER thimble_%s AFTER %s ON %s%s"
			    " FOR EACH STATEMENT EXECUTE FUNCTION %s", name, name, on, events[e].clause, function));
		statements_add(list, arena_printf(arena, "ALTER TABLE %s ENABLE ALWAYS TRIGGER thimble_%s", on, name));
	}
}

void
triggers_attach(struct statements *list, enum dialect dialect, const struct triggers_place *place,
    const struct rows *rows, size_t table)
{
	if (dialect == DIALECT_SQLITE)
		attach_sqlite(list, rows, &tables[table]);
	else
		attach_postgresql(list, place, rows, &tables[table]);
}

void
triggers_forget_all(struct statements *list, enum dialect dialect, const struct triggers_place *place)
{
	if (dialect == DIALECT_SQLITE) {
		statements_add(list, "INSERT INTO thimble_outbox (tags) VALUES ('*')");
		return;
	}
	statements_add(list, arena_printf(list->arena, "INSERT INTO %s.thimble_outbox (tags) VALUES ('*')", place->schema));
	statements_add(list, "SELECT pg_notify('thimble', '')");
}

void
triggers_ask_detach(struct sql *q)
{
	if (q->dialect == DIALECT_SQLITE) {
		/* Triggers go first, so that no write meets one without its table. */
		sql_add(q, "SELECT '', 'DROP ' || type || ' \"' || name || '\"' FROM sqlite_master"
		    " WHERE type IN ('trigger', 'table') AND name LIKE 'thimble\\_%' ESCAPE '\\'"
		    " ORDER BY type = 'table', name");
		return;
	}
	sql_add(q, "SELECT tab, statement FROM (SELECT 1 AS step, t.tgrelid::regclass::text AS tab,"
	    " format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS statement"
	    " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
	    " WHERE t.tgname LIKE 'thimble\\_%' AND p.proname LIKE 'thimble\\_%' AND NOT t.tgisinternal"
	    " AND pg_table_is_visible(t.tgrelid)"
	    " UNION ALL SELECT 2, '', format('DROP FUNCTION %s', p.oid::regprocedure) FROM pg_proc p"
	    " WHERE p.proname LIKE 'thimble\\_%' AND p.prorettype = 'trigger'::regtype AND pg_function_is_visible(p.oid)"
	    " UNION ALL SELECT 3, '', format('DROP TABLE %s', c.oid::regclass) FROM pg_class c"
	    " WHERE c.oid IN (to_regclass('thimble_outbox'), to_regclass('thimble_bus'), to_regclass('thimble_meta'))"
	    ") s ORDER BY step, tab, statement");
}
