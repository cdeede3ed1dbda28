/* SPDX-License-Identifier: MIT
 *
 * `thimblectl init`: makes the database that [store] url names, for both
 * kinds, and fills it with demo data if told to.  It never touches a database
 * that holds anything.
 */
#include "config.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/settings.h"
#include "ctl/ctl.h"
#include "proto/json.h"
#include "store/store.h"

static int
fill(struct ctl *ctl, struct store *store, bool demo)
{
	const char *error = "";

	if (store_prepare_empty(store, ctl->arena, &error) < 0)
		return ctl_fail(ctl, "%s", error);
	if (store_run_script(store, ctl->arena, store_schema(store_dialect(store)), &error) < 0)
		return ctl_fail(ctl, "the schema cannot be made: %s", error);
	if (demo && demo_fill(store, ctl->arena, &error) < 0)
		return ctl_fail(ctl, "the database is made but empty: %s", error);
	/* Last, so that what was filled in leaves no tags. */
	return attach_all(ctl, store);
}

/* What root makes, the workers, who run as [server] user, could not write to. */
static void
hand_over(const struct ctl *ctl, const struct store *store)
{
	const char *user = ctl->settings->server.user, *path = ctl->settings->store.url + strlen("sqlite:");
	const struct passwd *entry;

	if (store_dialect(store) != DIALECT_SQLITE || geteuid() != 0 || user[0] == '\0')
		return;
	entry = getpwnam(user);
	if (entry == NULL)
		log_warnx("there is no user %s; give %s to the one that thimbled runs as", user, path);
	else if (chown(path, entry->pw_uid, entry->pw_gid) < 0)
		log_warn("%s cannot be given to %s", path, user);
}

static void
report(const struct ctl *ctl, const struct store *store, bool demo)
{
	bool sqlite = store_dialect(store) == DIALECT_SQLITE;
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	if (!ctl->json) {
		/* The URL may hold a password; a path does not. */
		(void)printf("Made %s with Patchwork's schema%s.\nNext: thimbled -c FILE\n",
		    sqlite ? ctl->settings->store.url : "the PostgreSQL database", demo ? " and the demo data" : "");
		return;
	}
	json_open(&j, '{');
	json_key(&j, "initialized");
	json_bool(&j, true);
	json_key(&j, "database");
	json_string(&j, slice_str(sqlite ? "sqlite" : "postgresql"));
	json_key(&j, "demo");
	json_bool(&j, demo);
	json_close(&j, '}');
	ctl_print(&out);
}

int
init_command(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{ "demo", no_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 }
	};
	struct store *store;
	bool demo = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c != 'd')
			return ctl_misused(ctl, "init does not know %s", argv[optind - 1]);
		demo = true;
	}
	if (optind < argc)
		return ctl_misused(ctl, "init takes no argument, but was given %s", argv[optind]);
	store = ctl_store(ctl, NULL);
	if (store == NULL)
		return CTL_FAILED;
	status = fill(ctl, store, demo);
	if (status == CTL_OK) {
		hand_over(ctl, store);
		report(ctl, store, demo);
	}
	store_free(&store);
	return status;
}
