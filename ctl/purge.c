/* SPDX-License-Identifier: MIT
 *
 * `thimblectl purge`: makes the running server forget answers, and the other
 * nodes too, if there are some: what is to be forgotten is left in the outbox,
 * as if the database had told of it, and whoever takes it out tells everybody.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/settings.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "store/store.h"

enum { TAGS_OF_ROW = 100 };

/* The body of the request, or NULL when an argument is not text. */
static char *
make_body(char **tags, int count)
{
	json_t *list = json_array(), *root = json_object();
	bool good = true;
	char *text = NULL;

	for (int i = 0; i < count; i++)
		good = json_array_append_new(list, json_stringn(tags[i], slice_str(tags[i]).n)) == 0 && good;
	if (count > 0)
		good = json_object_set_new(root, "tags", list) == 0 && good;
	else
		good = json_object_set_new(root, "all", json_true()) == 0 && good;
	if (count == 0)
		json_decref(list);
	if (good)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static void
report(const struct ctl *ctl, const struct exchange *x, bool everywhere)
{
	json_int_t tags = json_integer_value(json_object_get(x->answer, "tags"));
	const char *where = everywhere ? ", on each node" : "";

	if (ctl->json) {
		/* not json_string: proto/json.h has one as well */
		(void)json_object_set_new(x->answer, "nodes", everywhere ? json_stringn("all", 3) : json_stringn("this", 4));
		(void)json_dumpf(x->answer, stdout, JSON_COMPACT);
		(void)putchar('\n');
	} else if (!json_is_true(json_object_get(x->answer, "cache"))) {
		(void)printf("The cache is off ([cache] size = 0): there was nothing to forget%s.\n", everywhere ? " here" : "");
	} else if (json_is_true(json_object_get(x->answer, "all"))) {
		(void)printf("All answers are forgotten%s.\n", where);
	} else {
		(void)printf("All answers that depend on %s %lld tag%s are forgotten%s.\n", tags == 1 ? "this" : "these",
		    (long long)tags, tags == 1 ? "" : "s", where);
	}
}

/* The other nodes ---------------------------------------------------------- */

/* The statement for the next tags, as the triggers write them: with a space between. */
static struct sql *
outbox_row(struct arena *arena, char **tags, int count)
{
	struct sql *q = sql_new(arena, DIALECT_POSTGRESQL);
	struct buf text = { 0 };

	for (int i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(&text, ' ');
		buf_str(&text, tags[i]);
	}
	if (count == 0)
		buf_byte(&text, '*');
	sql_add(q, "INSERT INTO thimble_outbox (tags) VALUES (");
	sql_string(q, buf_as_slice(&text));
	sql_add(q, ")");
	buf_fini(&text);
	return q;
}

static enum store_status
leave_word(struct ctl *ctl, struct store *store, char **tags, int count, const char **error_r)
{
	struct snapshot *snapshot = NULL;
	enum store_status status = store_begin_write(store, ctl->arena, &snapshot, error_r);
	struct sql *q = sql_new(ctl->arena, DIALECT_POSTGRESQL);
	int at = 0;

	if (status != STORE_OK)
		return status;
	do {
		int n = count - at < TAGS_OF_ROW ? count - at : TAGS_OF_ROW;

		(void)store_query(snapshot, outbox_row(ctl->arena, tags + at, n));
		at += n;
	} while (at < count);
	sql_add(q, "SELECT pg_notify('thimble', '')");
	(void)store_query(snapshot, q);
	return store_commit(&snapshot, error_r);
}

/* After this node was purged; `tags` are known to be good ones.  An enum ctl_exit. */
static int
purge_others(struct ctl *ctl, char **tags, int count)
{
	struct store *store = ctl_store(ctl, NULL);
	const char *error = "";
	enum store_status status;

	if (store == NULL)
		return CTL_FAILED;
	status = leave_word(ctl, store, tags, count, &error);
	store_free(&store);
	if (status == STORE_OK)
		return CTL_OK;
	return ctl_fail(ctl, "only this node was purged, the others and Redis know nothing of it: %s%s", error,
	    status == STORE_UNKNOWN ? " (or they do: that is not known)" : status == STORE_FAILED || status == STORE_REFUSED
	    ? "; is the database attached, and may thimble write to thimble_outbox?" : "");
}

/* With SQLite there are no other nodes. */
static bool
is_cluster(const struct ctl *ctl)
{
	struct slice url = slice_str(ctl->settings->store.url);

	return ctl->settings->cache.redis[0] != '\0' && !slice_has_prefix(url, SLICE("sqlite:"));
}

static int
purge(struct ctl *ctl, char **tags, int count)
{
	struct exchange x = { .method = "POST", .path = "/purge" };
	bool cluster = is_cluster(ctl);
	char *body = make_body(tags, count);
	int status;

	if (body == NULL)
		return ctl_misused(ctl, "a tag is printable ASCII, such as patch:42");
	x.body = slice_str(body);
	/* It looks at the tags, too: none that it refuses is told to others. */
	status = client_ask(ctl, &x);
	free(body);
	if (status != CTL_OK)
		return status;
	if (cluster)
		status = purge_others(ctl, tags, count);
	if (status == CTL_OK)
		report(ctl, &x, cluster);
	json_decref(x.answer);
	return status;
}

int
purge_command(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	bool all = false;
	int c;

	/* Options may follow tags: a --all behind them shall not be taken for one. */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'a')
			return ctl_misused(ctl, "purge does not know %s", argv[optind - 1]);
		all = true;
	}
	if (all && optind < argc)
		return ctl_misused(ctl, "purge takes tags or --all, not both");
	if (!all && optind == argc)
		return ctl_misused(ctl, "purge what? Give tags, such as patch:42, or --all for everything");
	return purge(ctl, argv + optind, argc - optind);
}
