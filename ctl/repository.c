/* SPDX-License-Identifier: MIT
 *
 * `thimblectl repository`: the repositories that the Review Board API offers
 * (thimble_rb_repository), and who may see those that are not public.
 * The running server learns of it as of any change of the database.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "ctl/query.h"
#include "ctl/table.h"
#include "proto/json.h"

enum { NAME_MAX_LENGTH = 255, USERS_MAX = 16 };

/* What the options say; NULL or 0: nothing. */
struct wishes {
	const char *name;
	const char *url;
	const char *path, *mirror, *project, *git_dir;
	const char *is_public, *visible, *history;	/* "true" or "false" */
	const char *allow[USERS_MAX], *deny[USERS_MAX];
	size_t allowed, denied;
	int64_t project_id;
	bool any;			/* one was given, besides --url */
};

/* One command. */
struct desk {
	struct ctl *ctl;
	struct store *store;
	struct wishes w;
};

/* What is wished for ------------------------------------------------------ */

static int
parse_user(const struct ctl *ctl, const char *name, const char **list, size_t *count)
{
	if (*count == USERS_MAX)
		return ctl_misused(ctl, "at most %d users at once", USERS_MAX);
	list[(*count)++] = name;
	return CTL_OK;
}

static int
parse_history(const struct ctl *ctl, const char *word, const char **value_r)
{
	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
		return ctl_misused(ctl, "--history takes on or off, but was given %s", word);
	*value_r = strcmp(word, "on") == 0 ? "true" : "false";
	return CTL_OK;
}

static int
take_option(const struct ctl *ctl, struct wishes *w, int option, char **argv)
{
	w->any = w->any || option != 'u';
	switch (option) {
	case 'u': w->url = optarg; return CTL_OK;
	case 'p': w->path = optarg; return CTL_OK;
	case 'm': w->mirror = optarg; return CTL_OK;
	case 'P': w->project = optarg; return CTL_OK;
	case 'g': w->git_dir = optarg; return CTL_OK;
	case 'r': w->is_public = "false"; return CTL_OK;
	case 'b': w->is_public = "true"; return CTL_OK;
	case 'i': w->visible = "false"; return CTL_OK;
	case 'v': w->visible = "true"; return CTL_OK;
	case 'h': return parse_history(ctl, optarg, &w->history);
	case 'a': return parse_user(ctl, optarg, w->allow, &w->allowed);
	case 'd': return parse_user(ctl, optarg, w->deny, &w->denied);
	default: return ctl_misused(ctl, "repository %s does not know %s, or it wants a value", argv[0], argv[optind - 1]);
	}
}

static int
check_texts(const struct ctl *ctl, const struct wishes *w)
{
	const struct { const char *what, *text; int least; } texts[] = {
		{ "the name", w->name, 1 }, { "--path", w->path, 1 }, { "--mirror", w->mirror, 0 },
		{ "--git-dir", w->git_dir, 0 } };
	uint64_t number;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int length = texts[i].text != NULL ? query_length(texts[i].text) : texts[i].least;

		if (length < texts[i].least || length > NAME_MAX_LENGTH)
			return ctl_misused(ctl, "%s must have %d to %d characters and be UTF-8", texts[i].what, texts[i].least,
			    NAME_MAX_LENGTH);
	}
	if (w->name != NULL && slice_uint(slice_str(w->name), UINT64_MAX, &number) == 0)
		return ctl_misused(ctl, "clients would take a name of digits for an id: %s", w->name);
	if (w->git_dir != NULL && w->git_dir[0] != '\0' && w->git_dir[0] != '/')
		return ctl_misused(ctl, "--git-dir must be an absolute path, but is %s", w->git_dir);
	return CTL_OK;
}

/* argv[0] is the word behind `repository`; an enum ctl_exit. */
static int
parse(struct desk *d, int argc, char **argv, bool named)
{
	static const struct option options[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "path", required_argument, NULL, 'p' },
		{ "mirror", required_argument, NULL, 'm' },
		{ "project", required_argument, NULL, 'P' },
		{ "git-dir", required_argument, NULL, 'g' },
		{ "private", no_argument, NULL, 'r' },
		{ "public", no_argument, NULL, 'b' },
		{ "hidden", no_argument, NULL, 'i' },
		{ "visible", no_argument, NULL, 'v' },
		{ "history", required_argument, NULL, 'h' },
		{ "allow", required_argument, NULL, 'a' },
		{ "deny", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 }
	};
	int c, status = CTL_OK;

	while (status == CTL_OK && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = take_option(d->ctl, &d->w, c, argv);
	if (status != CTL_OK)
		return status;
	if (argc - optind != named)
		return ctl_misused(d->ctl, "repository %s takes %s", argv[0], named ? "one name" : "no name");
	d->w.name = named ? argv[optind] : NULL;
	return check_texts(d->ctl, &d->w);
}

/* Only those that change a repository take more than --url. */
static int
parse_plain(struct desk *d, int argc, char **argv, bool named)
{
	int status = parse(d, argc, argv, named);

	if (status == CTL_OK && d->w.any)
		return ctl_misused(d->ctl, "repository %s takes no option but --url", argv[0]);
	return status;
}

static int
open_store(struct desk *d)
{
	d->store = query_reviews(d->ctl, d->w.url);
	return d->store != NULL ? CTL_OK : CTL_FAILED;
}

/* What it names that has to be there ----------------------------------------- */

static int
find_project(struct desk *d)
{
	struct rows *rows;
	struct sql *q;

	if (d->w.project == NULL || d->w.project[0] == '\0')
		return CTL_OK;
	q = query_new(d->ctl, d->store);
	query_put_project(q, d->w.project);
	rows = query_ask(d->ctl, d->store, q);
	if (rows == NULL)
		return CTL_FAILED;
	if (rows->count == 0)
		return ctl_fail(d->ctl, "there is no project %s", d->w.project);
	d->w.project_id = rows_int(rows, 0, 0);
	return CTL_OK;
}

static int
find_users(struct desk *d, const char *const *names, size_t count)
{
	int status = CTL_OK;
	int64_t id;

	for (size_t i = 0; i < count && status == CTL_OK; i++)
		status = query_user(d->ctl, d->store, names[i], &id);
	return status;
}

/* The server may run elsewhere, or the directory come later: this is a hint only. */
static void
look_at_directory(const struct desk *d)
{
	const char *directory = d->w.git_dir;
	bool bare, worked;

	if (directory == NULL || directory[0] == '\0')
		return;
	bare = access(arena_printf(d->ctl->arena, "%s/objects", directory), R_OK | X_OK) == 0;
	worked = access(arena_printf(d->ctl->arena, "%s/.git/objects", directory), R_OK | X_OK) == 0;
	if (!bare && !worked)
		log_warnx("%s is no Git repository that can be read here; on each node [server] user must be able to", directory);
}

static int
find_all(struct desk *d)
{
	int status = find_project(d);

	if (status == CTL_OK)
		status = find_users(d, d->w.allow, d->w.allowed);
	if (status == CTL_OK)
		status = find_users(d, d->w.deny, d->w.denied);
	if (status == CTL_OK)
		look_at_directory(d);
	return status;
}

/* Changing ---------------------------------------------------------------- */

/* NULL for what is empty. */
static void
put_or_null(struct sql *q, const char *text)
{
	sql_string(q, text != NULL && text[0] != '\0' ? slice_str(text) : SLICE_NONE);
}

static void
put_project(struct sql *q, const struct wishes *w)
{
	sql_int_or_null(q, w->project_id != 0 ? &w->project_id : NULL);
}

/* For the repository of that name, in the same transaction. */
static void
put_users(struct change *change, const struct wishes *w)
{
	struct sql *q;

	for (size_t i = 0; i < w->allowed; i++) {
		q = change_add(change);
		sql_add(q, "INSERT INTO thimble_rb_access (repository_id, user_id) SELECT r.id, u.id FROM thimble_rb_repository r,"
		    " auth_user u WHERE r.name = ");
		sql_string(q, slice_str(w->name));
		sql_add(q, " AND u.username = ");
		sql_string(q, slice_str(w->allow[i]));
		sql_add(q, " ON CONFLICT DO NOTHING");
	}
	for (size_t i = 0; i < w->denied; i++) {
		q = change_add(change);
		sql_add(q, "DELETE FROM thimble_rb_access WHERE repository_id = (SELECT id FROM thimble_rb_repository WHERE name = ");
		sql_string(q, slice_str(w->name));
		sql_add(q, ") AND user_id = (SELECT id FROM auth_user WHERE username = ");
		sql_string(q, slice_str(w->deny[i]));
		sql_add(q, ")");
	}
}

static void
put_insert(struct sql *q, const struct wishes *w)
{
	sql_add(q, "INSERT INTO thimble_rb_repository (name, path, mirror_path, project_id, git_dir, is_public, visible,"
	    " with_history, extra_data) VALUES (");
	sql_string(q, slice_str(w->name));
	sql_add(q, ", ");
	sql_string(q, slice_str(w->path));
	sql_add(q, ", ");
	sql_string(q, slice_str(w->mirror != NULL ? w->mirror : ""));
	sql_add(q, ", ");
	put_project(q, w);
	sql_add(q, ", ");
	put_or_null(q, w->git_dir);
	sql_addf(q, ", %s, %s, %s, '{}') RETURNING id", w->is_public != NULL ? w->is_public : "true",
	    w->visible != NULL ? w->visible : "true", w->history != NULL ? w->history : "true");
}

static void
put_update(struct sql *q, const struct wishes *w)
{
	const struct { const char *column, *value; } words[] = {
		{ "is_public", w->is_public }, { "visible", w->visible }, { "with_history", w->history } };

	sql_add(q, "UPDATE thimble_rb_repository SET name = name");
	if (w->path != NULL) {
		sql_add(q, ", path = ");
		sql_string(q, slice_str(w->path));
	}
	if (w->mirror != NULL) {
		sql_add(q, ", mirror_path = ");
		sql_string(q, slice_str(w->mirror));
	}
	if (w->project != NULL) {
		sql_add(q, ", project_id = ");
		put_project(q, w);
	}
	if (w->git_dir != NULL) {
		sql_add(q, ", git_dir = ");
		put_or_null(q, w->git_dir);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].value != NULL)
			sql_addf(q, ", %s = %s", words[i].column, words[i].value);
	sql_add(q, " WHERE name = ");
	sql_string(q, slice_str(w->name));
	sql_add(q, " RETURNING id");
}

static int
report(const struct desk *d, const struct rows *rows, const char *done)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	if (rows->count == 0)
		return ctl_fail(d->ctl, "there is no repository %s", d->w.name);
	if (!d->ctl->json) {
		(void)printf("The repository %s %s.\n", d->w.name, done);
		return CTL_OK;
	}
	json_open(&j, '{');
	json_key(&j, "id");
	json_int(&j, rows_int(rows, 0, 0));
	json_key(&j, "name");
	json_string(&j, slice_str(d->w.name));
	json_close(&j, '}');
	ctl_print(&out);
	return CTL_OK;
}

static int
add(struct desk *d, int argc, char **argv)
{
	struct change change = { .ctl = d->ctl };
	int status = parse(d, argc, argv, true);

	if (status == CTL_OK && d->w.path == NULL)
		status = ctl_misused(d->ctl, "repository add wants a --path");
	if (status == CTL_OK && d->w.denied > 0)
		status = ctl_misused(d->ctl, "--deny is for repository set");
	if (status != CTL_OK || (status = open_store(d)) != CTL_OK || (status = find_all(d)) != CTL_OK)
		return status;
	change.store = d->store;
	put_insert(change_add(&change), &d->w);
	put_users(&change, &d->w);
	status = change_run(&change, arena_printf(d->ctl->arena, "there is a repository %s already", d->w.name));
	return status == CTL_OK ? report(d, change.rows[0], "is there") : status;
}

static int
set(struct desk *d, int argc, char **argv)
{
	struct change change = { .ctl = d->ctl };
	int status = parse(d, argc, argv, true);

	if (status == CTL_OK && !d->w.any)
		status = ctl_misused(d->ctl, "repository set %s: what?", d->w.name);
	if (status != CTL_OK || (status = open_store(d)) != CTL_OK || (status = find_all(d)) != CTL_OK)
		return status;
	change.store = d->store;
	put_update(change_add(&change), &d->w);
	put_users(&change, &d->w);
	status = change_run(&change, NULL);
	return status == CTL_OK ? report(d, change.rows[0], "is changed") : status;
}

static int
remove_it(struct desk *d, int argc, char **argv)
{
	struct change change = { .ctl = d->ctl };
	int status = parse_plain(d, argc, argv, true);
	struct sql *q;

	if (status != CTL_OK || (status = open_store(d)) != CTL_OK)
		return status;
	change.store = d->store;
	q = change_add(&change);
	sql_add(q, "DELETE FROM thimble_rb_repository WHERE name = ");
	sql_string(q, slice_str(d->w.name));
	sql_add(q, " RETURNING id");
	status = change_run(&change, arena_printf(d->ctl->arena, "%s has review requests; `repository set %s --hidden`"
	    " takes it out of the list", d->w.name, d->w.name));
	return status == CTL_OK ? report(d, change.rows[0], "is removed") : status;
}

/* Listing ----------------------------------------------------------------- */

enum { ID, NAME, PATH, MIRROR, PROJECT, GIT_DIR, IS_PUBLIC, VISIBLE, HISTORY };
enum { OF_REPOSITORY, USER };

static struct rows *
ask_repositories(struct desk *d)
{
	struct sql *q = query_new(d->ctl, d->store);

	sql_add(q, "SELECT r.id, r.name, r.path, r.mirror_path, p.linkname, r.git_dir, r.is_public, r.visible, r.with_history"
	    " FROM thimble_rb_repository r LEFT JOIN patchwork_project p ON p.id = r.project_id ORDER BY r.name, r.id");
	return query_ask(d->ctl, d->store, q);
}

static struct rows *
ask_users(struct desk *d)
{
	struct sql *q = query_new(d->ctl, d->store);

	sql_add(q, "SELECT a.repository_id, u.username FROM thimble_rb_access a JOIN auth_user u ON u.id = a.user_id"
	    " ORDER BY u.username");
	return query_ask(d->ctl, d->store, q);
}

static void
put_table(const struct desk *d, const struct rows *rows)
{
	static const char *const head[] = { "id", "<name", "<path", "<project", "<blobs", "<readers", "<series" };
	struct table table = table_new(d->ctl->arena, head, sizeof(head) / sizeof(*head));

	for (int i = 0; i < rows->count; i++) {
		table_add(&table, "%lld", (long long)rows_int(rows, i, ID));
		table_add(&table, "%.*s%s", SLICE_ARG(rows_get(rows, i, NAME)), rows_bool(rows, i, VISIBLE) ? "" : " (hidden)");
		table_add(&table, "%.*s", SLICE_ARG(rows_get(rows, i, PATH)));
		table_add(&table, "%.*s", SLICE_ARG(rows_null(rows, i, PROJECT) ? SLICE("-") : rows_get(rows, i, PROJECT)));
		table_add(&table, "%.*s", SLICE_ARG(rows_null(rows, i, GIT_DIR) ? SLICE("trusted") : rows_get(rows, i, GIT_DIR)));
		table_add(&table, "%s", rows_bool(rows, i, IS_PUBLIC) ? "all" : "some");
		table_add(&table, "%s", rows_bool(rows, i, HISTORY) ? "yes" : "no");
	}
	table_put(&table);
}

static void
put_text(struct json *j, const char *key, const struct rows *rows, int row, int column)
{
	json_key(j, key);
	json_string_or_null(j, rows_get(rows, row, column));
}

static void
put_object(struct json *j, const struct rows *rows, int i, const struct rows *users)
{
	json_open(j, '{');
	json_key(j, "id");
	json_int(j, rows_int(rows, i, ID));
	put_text(j, "name", rows, i, NAME);
	put_text(j, "path", rows, i, PATH);
	put_text(j, "mirror_path", rows, i, MIRROR);
	put_text(j, "project", rows, i, PROJECT);
	put_text(j, "git_dir", rows, i, GIT_DIR);
	json_key(j, "public");
	json_bool(j, rows_bool(rows, i, IS_PUBLIC));
	json_key(j, "visible");
	json_bool(j, rows_bool(rows, i, VISIBLE));
	json_key(j, "history");
	json_bool(j, rows_bool(rows, i, HISTORY));
	json_key(j, "allowed");
	json_open(j, '[');
	for (int k = 0; k < users->count; k++)
		if (slice_eq(rows_get(users, k, OF_REPOSITORY), rows_get(rows, i, ID)))
			json_string(j, rows_get(users, k, USER));
	json_close(j, ']');
	json_close(j, '}');
}

static int
list(struct desk *d, int argc, char **argv)
{
	int status = parse_plain(d, argc, argv, false);
	struct rows *rows, *users;
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	if (status != CTL_OK || (status = open_store(d)) != CTL_OK)
		return status;
	if ((rows = ask_repositories(d)) == NULL || (users = ask_users(d)) == NULL)
		return CTL_FAILED;
	if (!d->ctl->json) {
		put_table(d, rows);
		return CTL_OK;
	}
	json_open(&j, '[');
	for (int i = 0; i < rows->count; i++)
		put_object(&j, rows, i, users);
	json_close(&j, ']');
	ctl_print(&out);
	return CTL_OK;
}

int
repository_command(struct ctl *ctl, int argc, char **argv)
{
	static const struct word words[] = {
		{ "add", add }, { "list", list }, { "remove", remove_it }, { "set", set } };
	struct desk d = { .ctl = ctl };
	int status = ctl_word(ctl, words, sizeof(words) / sizeof(*words), "add, list, set or remove", &d, argc, argv);

	store_free(&d.store);
	return status;
}
