/* SPDX-License-Identifier: MIT
 *
 * The demo data of `thimblectl init --demo`: demo.sql, made by make-demo from
 * the history of this project, and embedded when thimblectl is built.
 */
#include "config.h"

#include <stddef.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "store/store.h"

extern const char demo_sql[];

/* The rows bring their ids; PostgreSQL's counters have to follow. */
static const char *const counted[] = {
	"auth_user", "patchwork_bundle", "patchwork_bundlepatch", "patchwork_check", "patchwork_cover",
	"patchwork_covercomment", "patchwork_event", "patchwork_patch", "patchwork_patchcomment", "patchwork_person",
	"patchwork_project", "patchwork_series", "patchwork_seriesreference", "patchwork_userprofile",
	"patchwork_userprofile_maintainer_projects"
};

int
demo_fill(struct store *store, struct arena *arena, const char **error_r)
{
	struct buf script = { 0 };
	int result;

	buf_str(&script, demo_sql);
	for (size_t i = 0; store_dialect(store) == DIALECT_POSTGRESQL && i < sizeof(counted) / sizeof(counted[0]); i++)
		buf_printf(&script, "SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT max(id) FROM %s));\n",
		    counted[i], counted[i]);
	buf_byte(&script, '\0');
	result = store_run_script(store, arena, script.data, error_r);
	buf_fini(&script);
	return result;
}
