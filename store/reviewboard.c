/* SPDX-License-Identifier: MIT
 *
 * See reviewboard.h: one text for both databases.  In it
 *
 *	@ID       is a key that is counted up
 *	@BYTES    the type of bytes
 *	@T.       the schema of Patchwork's tables, if there are any
 */
#include "config.h"

#include "store/reviewboard.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/triggers.h"

/* What a review request and its draft both have. */
#define FIELDS \
	" commit_id varchar(64) NULL, summary varchar(300) NOT NULL, description text NOT NULL," \
	" testing_done text NOT NULL, branch varchar(300) NOT NULL, bugs varchar(300) NOT NULL,"

/* Those that others refer to first. */
static const struct rb_table {
	const char *name, *columns;
} tables[RB_TABLES] = {
	/* git_dir: NULL trusts the chain of commits, and looks nothing up */
	{ "thimble_rb_repository", "id @ID, name varchar(255) NOT NULL UNIQUE, path varchar(255) NOT NULL,"
	  " mirror_path varchar(255) NOT NULL, project_id bigint NULL, git_dir text NULL, is_public bool NOT NULL,"
	  " visible bool NOT NULL, with_history bool NOT NULL, extra_data text NOT NULL" },
	/* who may see a repository that is not public */
	{ "thimble_rb_access", "id @ID, repository_id bigint NOT NULL REFERENCES @T.thimble_rb_repository ON DELETE CASCADE,"
	  " user_id bigint NOT NULL, UNIQUE (repository_id, user_id)" },
	{ "thimble_rb_right", "id @ID, user_id bigint NOT NULL, name varchar(40) NOT NULL, UNIQUE (user_id, name)" },
	/* digest: SHA-256 of the token.  policy: JSON, '' allows all.  scopes: NULL for an API token, else it is OAuth2's */
	{ "thimble_rb_token", "id @ID, digest varchar(64) NOT NULL UNIQUE, user_id bigint NOT NULL, note text NOT NULL,"
	  " created bigint NOT NULL, expires bigint NULL, invalid_since bigint NULL, policy text NOT NULL, scopes text NULL" },
	{ "thimble_rb_logout", "nonce varchar(32) NOT NULL PRIMARY KEY, user_id bigint NOT NULL, expires bigint NOT NULL" },
	/* status: P, S, D */
	{ "thimble_rb_request", "id @ID, submitter_id bigint NOT NULL,"
	  " repository_id bigint NULL REFERENCES @T.thimble_rb_repository, is_public bool NOT NULL,"
	  " status varchar(1) NOT NULL, with_history bool NOT NULL," FIELDS " close_description text NOT NULL,"
	  " extra_data text NOT NULL, time_added bigint NOT NULL, last_updated bigint NOT NULL,"
	  " UNIQUE (repository_id, commit_id)" },
	{ "thimble_rb_draft", "id @ID,"
	  " request_id bigint NOT NULL UNIQUE REFERENCES @T.thimble_rb_request ON DELETE CASCADE," FIELDS
	  " change_description text NOT NULL, extra_data text NOT NULL, last_updated bigint NOT NULL" },
	/* kind: P person, G group, D a review request it depends on */
	{ "thimble_rb_target", "id @ID, request_id bigint NOT NULL REFERENCES @T.thimble_rb_request ON DELETE CASCADE,"
	  " draft bool NOT NULL, kind varchar(1) NOT NULL, target_id bigint NOT NULL, place integer NOT NULL,"
	  " UNIQUE (request_id, draft, kind, target_id)" },
	/* series_id: the tracker's, once it is published */
	{ "thimble_rb_diffset", "id @ID, request_id bigint NOT NULL REFERENCES @T.thimble_rb_request ON DELETE CASCADE,"
	  " repository_id bigint NOT NULL, revision integer NOT NULL, published bool NOT NULL, finalized bool NOT NULL,"
	  " base_commit_id varchar(64) NULL, name varchar(256) NOT NULL, basedir varchar(256) NOT NULL,"
	  " changed bigint NOT NULL, extra_data text NOT NULL, series_id bigint NULL" },
	{ "thimble_rb_commit", "id @ID, diffset_id bigint NOT NULL REFERENCES @T.thimble_rb_diffset ON DELETE CASCADE,"
	  " place integer NOT NULL, commit_id varchar(64) NOT NULL, parent_id varchar(64) NOT NULL, message text NOT NULL,"
	  " author_name varchar(256) NOT NULL, author_email varchar(256) NOT NULL, author_instant bigint NOT NULL,"
	  " author_offset integer NOT NULL, committer_name varchar(256) NULL, committer_email varchar(256) NULL,"
	  " committer_instant bigint NULL, committer_offset integer NULL, filename varchar(256) NOT NULL,"
	  " extra_data text NOT NULL, changed bigint NOT NULL, UNIQUE (diffset_id, commit_id), UNIQUE (diffset_id, place)" },
	/* commit_row: NULL for the cumulative diff.  status: M, D, V (moved), C (copied) */
	{ "thimble_rb_file", "id @ID, diffset_id bigint NOT NULL REFERENCES @T.thimble_rb_diffset ON DELETE CASCADE,"
	  " commit_row bigint NULL REFERENCES @T.thimble_rb_commit ON DELETE CASCADE, place integer NOT NULL,"
	  " source_file text NOT NULL, dest_file text NOT NULL, source_revision varchar(64) NOT NULL,"
	  " dest_detail varchar(64) NOT NULL, status varchar(1) NOT NULL, is_binary bool NOT NULL, old_mode varchar(8) NULL,"
	  " new_mode varchar(8) NULL, inserted integer NOT NULL, deleted integer NOT NULL, diff @BYTES NOT NULL,"
	  " parent_diff @BYTES NULL, extra_data text NOT NULL, changed bigint NOT NULL" },
};

/* Besides those that UNIQUE makes; also whatever a row that is deleted is looked for by. */
static const struct rb_index {
	const char *name, *on;
} indexes[] = {
	{ "thimble_rb_request_listed", "@T.thimble_rb_request (is_public, status, last_updated, id)" },
	{ "thimble_rb_request_of", "@T.thimble_rb_request (submitter_id, last_updated, id)" },
	{ "thimble_rb_target_of", "@T.thimble_rb_target (kind, target_id)" },
	{ "thimble_rb_token_of", "@T.thimble_rb_token (user_id)" },
	{ "thimble_rb_diffset_series", "@T.thimble_rb_diffset (series_id)" },
	{ "thimble_rb_file_of", "@T.thimble_rb_file (diffset_id, commit_row, place)" },
	{ "thimble_rb_file_of_commit", "@T.thimble_rb_file (commit_row)" },
};

static const struct rb_index unique_indexes[] = {
	{ "thimble_rb_diffset_revision", "@T.thimble_rb_diffset (request_id, revision) WHERE published" },
	{ "thimble_rb_diffset_draft", "@T.thimble_rb_diffset (request_id) WHERE NOT published" },
};

const char *
rb_schema_table(size_t n)
{
	return tables[n].name;
}

/* Our text, as that database writes it. */
static const char *
spelled(struct arena *arena, enum dialect dialect, const struct triggers_place *place, const char *text)
{
	bool sqlite = dialect == DIALECT_SQLITE;
	struct buf out = { 0 };
	struct slice rest = slice_str(text), piece;
	const char *copy;

	(void)slice_cut(&rest, '@', &piece);
	buf_slice(&out, piece);
	while (slice_cut(&rest, '@', &piece)) {
		if (slice_has_prefix(piece, SLICE("ID"))) {
			buf_str(&out, sqlite ? "integer PRIMARY KEY AUTOINCREMENT"
			    : "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
			piece = slice_from(piece, 2);
		} else if (slice_has_prefix(piece, SLICE("BYTES"))) {
			buf_str(&out, sqlite ? "blob" : "bytea");
			piece = slice_from(piece, 5);
		} else {
			if (!sqlite)
				buf_printf(&out, "%s.", place->schema);
			piece = slice_from(piece, 2);
		}
		buf_slice(&out, piece);
	}
	copy = arena_memdup(arena, out.data, out.len);
	buf_fini(&out);
	return copy;
}

static void
make_table(struct statements *list, enum dialect dialect, const struct triggers_place *place, const struct rb_table *table)
{
	const char *text = arena_printf(list->arena, "CREATE TABLE IF NOT EXISTS @T.%s (%s)", table->name, table->columns);

	statements_add(list, spelled(list->arena, dialect, place, text));
	if (dialect == DIALECT_POSTGRESQL)
		statements_add(list, arena_printf(list->arena, "ALTER TABLE %s.%s OWNER TO %s", place->schema, table->name,
		    place->owner));
}

static void
make_index(struct statements *list, enum dialect dialect, const struct triggers_place *place, const char *kind,
    const struct rb_index *index)
{
	const char *text = arena_printf(list->arena, "CREATE %s IF NOT EXISTS %s ON %s", kind, index->name, index->on);

	statements_add(list, spelled(list->arena, dialect, place, text));
}

void
rb_schema_make(struct statements *list, enum dialect dialect, const struct triggers_place *place)
{
	for (size_t i = 0; i < RB_TABLES; i++)
		make_table(list, dialect, place, &tables[i]);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(*indexes); i++)
		make_index(list, dialect, place, "INDEX", &indexes[i]);
	for (size_t i = 0; i < sizeof(unique_indexes) / sizeof(*unique_indexes); i++)
		make_index(list, dialect, place, "UNIQUE INDEX", &unique_indexes[i]);
}

void
rb_schema_key(struct statements *list, enum dialect dialect, const struct triggers_place *place, const char *key)
{
	const char *text = arena_printf(list->arena, "INSERT INTO @T.thimble_meta VALUES ('rb_key', '%s')"
	    " ON CONFLICT DO NOTHING", key);

	statements_add(list, spelled(list->arena, dialect, place, text));
}

void
rb_schema_ask(struct sql *q)
{
	bool sqlite = q->dialect == DIALECT_SQLITE;

	sql_addf(q, "SELECT count(*) = %d FROM %s", RB_TABLES, sqlite ? "sqlite_master WHERE type = 'table' AND name IN ("
	    : "(VALUES ");
	for (size_t i = 0; i < RB_TABLES; i++)
		sql_addf(q, "%s%s'%s'%s", i > 0 ? ", " : "", sqlite ? "" : "(", tables[i].name, sqlite ? "" : ")");
	sql_add(q, sqlite ? ")" : ") t (name) WHERE to_regclass(name) IS NOT NULL");
}

void
rb_schema_drop_order(struct sql *q)
{
	sql_add(q, "CASE name");
	for (size_t i = 0; i < RB_TABLES; i++)
		sql_addf(q, " WHEN '%s' THEN %zu", tables[i].name, RB_TABLES - i);
	sql_add(q, " ELSE 0 END");
}
