/* SPDX-License-Identifier: MIT
 *
 * Which schemas we know: Patchwork 3.2.1's, and, with a warning, later ones
 * that contain it.  Any thread.
 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/driver.h"

/* The last migration of 3.2.1; it created the newest column that we read. */
#define NEEDED_MIGRATION "0046_patch_comment_events"

const char *
store_schema(enum dialect dialect)
{
	return dialect == DIALECT_SQLITE ? schema_sqlite_sql : schema_postgresql_sql;
}

static enum store_status
judge_unreadable(struct driver_config *config, bool has_patches, const char **error_r)
{
	if (!has_patches) {
		*error_r = "the database holds no Patchwork schema; `thimblectl init` makes one, or let [store] url "
		    "name the database that Patchwork uses";
		return STORE_REFUSED;
	}
	if (!atomic_exchange(&config->said_unreadable, true))
		log_warnx("database: django_migrations cannot be read, so the version of its schema is not known; "
		    "going on as if it were that of Patchwork 3.2.1");
	return STORE_OK;
}

enum store_status
schema_judge(struct driver_config *config, struct arena *arena, const struct rows *names,
    bool has_patches, const char **error_r)
{
	const char *newest = "";
	bool found = false;

	if (names == NULL || names->count == 0)
		return judge_unreadable(config, has_patches, error_r);
	for (int i = 0; i < names->count; i++) {
		struct slice name = rows_get(names, i, 0);
		const char *text = arena_memdup(arena, name.p, name.n);

		found = found || strcmp(text, NEEDED_MIGRATION) == 0;
		/* They start with four digits each. */
		if (strcmp(text, newest) > 0)
			newest = text;
	}
	if (!found) {
		*error_r = arena_printf(arena, "the database's schema is too old: its newest Patchwork migration is %s, "
		    NEEDED_MIGRATION " (Patchwork 3.2.1) is needed; run Patchwork's `manage.py migrate`", newest);
		return STORE_REFUSED;
	}
	if (strcmp(newest, NEEDED_MIGRATION) > 0 && !atomic_exchange(&config->said_newer, true))
		log_warnx("database: its Patchwork migration %s is newer than this thimble, which knows them up to "
		    NEEDED_MIGRATION, newest);
	return STORE_OK;
}
