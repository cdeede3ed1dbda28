/* SPDX-License-Identifier: MIT
 *
 * See triggers.h: the table of what is watched, and how the triggers are and
 * are put in order.  triggers_text.c writes them.
 *
 * Each bears a stamp, the hash of its own text, by which one of another version is known.
 */
#include "config.h"

#include "store/triggers.h"

#include <string.h>

#include "base/arena.h"
#include "store/identity.h"
#include "store/reviewboard.h"
#include "store/store.h"
#include "store/triggers_private.h"

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
	{ "auth_user", "user", "users", NULL, "id", "username email first_name last_name is_active",
	  "password is_staff is_superuser", "username",
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
	{ "auth_group", "group", "groups", NULL, "id", "name", "", "name", { { 0 } } },
	{ "thimble_rb_repository", "rb_repository", "rb_repositories", NULL, "id", "name path mirror_path is_public visible",
	  "project_id git_dir with_history extra_data", "name", { { 0 } } },
	{ "thimble_rb_access", NULL, "rb_accesses", NULL, "id", "", "repository_id user_id", "repository_id user_id",
	  { { "auth", "user_id", NULL, NULL } } },
	{ "thimble_rb_right", NULL, "rb_rights", NULL, "id", "", "user_id name", "user_id name",
	  { { "auth", "user_id", NULL, NULL } } },
	{ "thimble_rb_token", NULL, "rb_tokens", NULL, "id", "", "digest user_id expires invalid_since policy scopes",
	  "digest", { { "auth", "user_id", NULL, NULL } } },
	{ "thimble_rb_logout", NULL, "rb_logouts", NULL, "nonce", "", "user_id expires", "",
	  { { "auth", "user_id", NULL, NULL } } },
	{ "thimble_rb_request", "rb_request", "rb_requests", NULL, "id",
	  "status is_public submitter_id repository_id last_updated branch commit_id",
	  "with_history summary description testing_done bugs close_description extra_data time_added",
	  "repository_id commit_id", { { 0 } } },
	{ "thimble_rb_draft", NULL, "rb_drafts", NULL, "id", "", "request_id commit_id summary description testing_done branch"
	  " bugs change_description extra_data last_updated", "request_id", { { "rb_request", "request_id", NULL, NULL } } },
	{ "thimble_rb_target", NULL, "rb_targets", NULL, "id", "draft kind target_id", "request_id place",
	  "request_id draft kind target_id", { { "rb_request", "request_id", NULL, NULL } } },
	{ "thimble_rb_diffset", "rb_diffset", "rb_diffsets", "request_id", "id", "revision published",
	  "request_id repository_id finalized base_commit_id name basedir changed extra_data series_id", "",
	  { { "rb_request", "request_id", NULL, NULL } } },
	{ "thimble_rb_commit", NULL, "rb_commits", NULL, "id", "", "diffset_id place commit_id parent_id message author_name"
	  " author_email author_instant author_offset committer_name committer_email committer_instant committer_offset filename"
	  " extra_data changed", "diffset_id commit_id,diffset_id place", { { "rb_diffset", "diffset_id", NULL, NULL } } },
	/* not the diffs: they are not altered, and to compare them would take long */
	{ "thimble_rb_file", NULL, "rb_files", NULL, "id", "", "diffset_id commit_row place source_file dest_file"
	  " source_revision dest_detail status is_binary old_mode new_mode inserted deleted extra_data changed", "",
	  { { "rb_diffset", "diffset_id", NULL, NULL } } },
};

/* More ids than this between the first row and the last make the outbox one "*" (SQLite). */
#define OUTBOX_SPAN "20000"

const struct trigger_event trigger_events[EVENTS] = {
	[EVENT_INSERT] = { "insert", true, true, " REFERENCING NEW TABLE AS thimble_new", "", "thimble_new", 4 },
	[EVENT_UPDATE] = { "update", true, true,
	    " REFERENCING OLD TABLE AS thimble_old NEW TABLE AS thimble_new", "thimble_old", "thimble_new", 16 },
	[EVENT_DELETE] = { "delete", true, true, " REFERENCING OLD TABLE AS thimble_old", "thimble_old", "", 8 },
	[EVENT_TRUNCATE] = { "truncate", false, true, "", "", "", 32 },
	[EVENT_INSERT_OVER] = { "insert_over", true, false, NULL, NULL, NULL, 0 },
	[EVENT_UPDATE_OVER] = { "update_over", true, false, NULL, NULL, NULL, 0 },
};

/* Stamps ---------------------------------------------------------------- */

static const char *
stamp_of(struct arena *arena, enum dialect dialect, const struct watched *t, enum event event)
{
	const char *text = dialect == DIALECT_SQLITE ? triggers_lite(arena, t, event, "")
	    : triggers_function(arena, t, "", "");

	return arena_printf(arena, "%016llx", (unsigned long long)identity_mix(IDENTITY_START, slice_str(text)));
}

/* How they are ---------------------------------------------------------- */

enum { ASK_TABLE, ASK_TRIGGER, ASK_STATE, ASK_MARK };

/* PostgreSQL: ours that have to be there besides. */
static const char *const own_tables[] = { "thimble_bus", "thimble_meta", "thimble_outbox" };
enum { OWN_TABLES = sizeof(own_tables) / sizeof(own_tables[0]) };

static void
ask_sqlite(struct sql *q)
{
	const char *word = "";

	sql_add(q, "WITH e (tab, name, stamp) AS (VALUES ");
	for (size_t i = 0; i < TRIGGERS_TABLES; i++) {
		for (enum event e = 0; e < EVENTS; e++) {
			if (!trigger_events[e].sqlite)
				continue;
			sql_addf(q, "%s('%s', '%s', '%s')", word, tables[i].table, trigger_events[e].name,
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
			if (!trigger_events[e].postgresql)
				continue;
			sql_addf(q, "%s('%s', '%s', '%s', '%s', %d, '%s')", word, tables[i].table, trigger_events[e].name,
			    trigger_events[e].old, trigger_events[e].new, trigger_events[e].type, stamp);
			word = ", ";
		}
	}
	sql_add(q, ") e (tab, name, old, new, type, stamp) LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(e.tab)"
	    " AND t.tgname = 'thimble_' || e.name LEFT JOIN pg_proc p ON p.oid = t.tgfoid"
	    " UNION ALL SELECT o.name, '', CASE WHEN to_regclass(o.name) IS NULL THEN 'missing' ELSE 'ok' END,"
	    " to_regclass(o.name)::oid::text FROM (VALUES ");
	for (size_t i = 0; i < OWN_TABLES; i++)
		sql_addf(q, "%s('%s')", i > 0 ? ", " : "", own_tables[i]);
	sql_add(q, ") o (name) ORDER BY 1, 2");
}

void
triggers_ask(struct sql *q)
{
	if (q->dialect == DIALECT_SQLITE)
		ask_sqlite(q);
	else
		ask_postgresql(q);
}

/*
 * By the versions of the rows, whether or not they are ours or in this schema.  A trigger or a function
 * that is renamed is gone from them.
 */
static void
ask_version_postgresql(struct sql *q)
{
	sql_add(q, "SELECT concat((SELECT sum(hashtextextended(concat(oid, '/', xmin), 0)) FROM pg_trigger"
	    " WHERE tgname >= 'thimble_' AND tgname < 'thimble`'), '/',"
	    " (SELECT sum(hashtextextended(concat(oid, '/', xmin), 0)) FROM pg_proc"
	    " WHERE proname >= 'thimble_' AND proname < 'thimble`')");
	for (size_t i = 0; i < TRIGGERS_TABLES; i++)
		sql_addf(q, ", '/', to_regclass('%s')::oid", tables[i].table);
	for (size_t i = 0; i < OWN_TABLES; i++)
		sql_addf(q, ", '/', to_regclass('%s')::oid", own_tables[i]);
	sql_add(q, ")");
}

void
triggers_ask_version(struct sql *q)
{
	if (q->dialect == DIALECT_SQLITE)
		/* with PRAGMA writable_schema what is in the schema is changed as in any table: its version stays */
		sql_add(q, "SELECT (SELECT schema_version FROM pragma_schema_version) || '/' || count(*) || '/' ||"
		    " total(length(sql)) FROM sqlite_master WHERE substr(name, 1, 8) = 'thimble_'");
	else
		ask_version_postgresql(q);
}

struct triggers_state
triggers_judge(struct arena *arena, const struct rows *rows)
{
	struct triggers_state state = { .intact = rows->count > 0, .problem = "", .mark = IDENTITY_START };

	for (int i = 0; i < rows->count; i++) {
		struct slice how = rows_get(rows, i, ASK_STATE);

		state.mark = identity_mix(identity_mix(state.mark, rows_get(rows, i, ASK_MARK)), SLICE("|"));
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
		if (slice_is(rows_get(rows, i, ASK_TABLE), table)
		    && slice_is(rows_get(rows, i, ASK_TRIGGER), trigger_events[event].name))
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
	/* 64 bits: the first eight digits of such a UUID are all drawn at random. */
	statements_add(list, arena_printf(list->arena, "INSERT INTO %s.thimble_meta VALUES ('format', '1'),"
	    " ('installation', left(gen_random_uuid()::text, 8) || left(gen_random_uuid()::text, 8))"
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
	rb_schema_make(list, dialect, place);
}

void
triggers_ask_rows(struct sql *q)
{
	sql_add(q, "SELECT EXISTS (SELECT 1 FROM thimble_bus WHERE id = 1)"
	    " AND EXISTS (SELECT 1 FROM thimble_meta WHERE name = 'rb_key')");
	if (q->dialect == DIALECT_POSTGRESQL)
		sql_add(q, " AND EXISTS (SELECT 1 FROM thimble_meta WHERE name = 'installation')");
}

static void
attach_sqlite(struct statements *list, const struct rows *rows, const struct watched *t)
{
	for (enum event e = 0; e < EVENTS; e++) {
		if (!trigger_events[e].sqlite || slice_is(state_of(rows, t->table, e), "ok"))
			continue;
		statements_add(list, arena_printf(list->arena, "DROP TRIGGER IF EXISTS thimble_%s_%s", t->table,
		    trigger_events[e].name));
		statements_add(list, triggers_lite(list->arena, t, e, stamp_of(list->arena, DIALECT_SQLITE, t, e)));
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
	    triggers_function(arena, t, place->schema, stamp)));
	statements_add(list, arena_printf(arena, "ALTER FUNCTION %s OWNER TO %s", function, place->owner));
	for (enum event e = 0; e < EVENTS; e++) {
		const char *name = trigger_events[e].name;
		struct slice state = state_of(rows, t->table, e);

		if (!trigger_events[e].postgresql || slice_is(state, "ok") || slice_is(state, "old"))
			continue;
		if (slice_is(state, "wrong"))
			statements_add(list, arena_printf(arena, "DROP TRIGGER thimble_%s ON %s", name, on));
		if (!slice_is(state, "disabled"))
			statements_add(list, arena_printf(arena, "CREATE TRIGGER thimble_%s AFTER %s ON %s%s"
			    " FOR EACH STATEMENT EXECUTE FUNCTION %s", name, name, on, trigger_events[e].clause, function));
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
triggers_ask_detach(struct sql *q, bool keep_reviews)
{
	if (q->dialect == DIALECT_SQLITE) {
		/* Triggers go first, so that no write meets one without its table. */
		sql_add(q, "SELECT '', 'DROP ' || type || ' \"' || name || '\"' FROM sqlite_master"
		    " WHERE type IN ('trigger', 'table') AND name LIKE 'thimble\\_%' ESCAPE '\\'");
		if (keep_reviews)
			sql_add(q, " AND NOT (type = 'table' AND (name = 'thimble_meta' OR name LIKE 'thimble\\_rb\\_%' ESCAPE '\\'))");
		sql_add(q, " ORDER BY type = 'table', ");
		rb_schema_drop_order(q);
		sql_add(q, ", name");
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
	    " WHERE c.oid IN (to_regclass('thimble_outbox'), to_regclass('thimble_bus')");
	sql_add(q, keep_reviews ? ")" : ", to_regclass('thimble_meta'))");
	if (!keep_reviews)
		sql_add(q, " UNION ALL SELECT 3, '', 'DROP TABLE ' || string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname)"
		    " FROM pg_class c WHERE c.relname LIKE 'thimble\\_rb\\_%' AND c.relkind = 'r' AND pg_table_is_visible(c.oid)"
		    " HAVING count(*) > 0");
	sql_add(q, ") s ORDER BY step, tab, statement");
}
