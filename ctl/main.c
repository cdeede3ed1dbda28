/* SPDX-License-Identifier: MIT
 *
 * thimblectl: the command line, and the table of commands.
 */
#include "config.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/settings.h"
#include "ctl/ctl.h"
#include "proto/json.h"
#include "proto/redis_url.h"
#include "store/store.h"

static const struct command commands[] = {
	{ "init", "[--demo]", "make the database and its tables",
	  "Makes the SQLite file that [store] url names, or fills the empty PostgreSQL\n"
	  "database, with Patchwork's tables, states and tags, and attaches.  A database\n"
	  "that holds tables already is left alone.\n\n"
	  "  --demo    also fill in projects, people and patches to try thimble with\n",
	  init_command },
	{ "attach", "[OPTION...]", "have the database tell of every change",
	  "Puts triggers on the tables of a Patchwork database, so that whoever changes\n"
	  "them leaves word for thimble.  What is in place is left alone.  No table is\n"
	  "locked for longer than a moment; one that others use is tried again.\n\n"
	  "  --check     only say whether all is in place\n"
	  "  --url URL   connect there, as the owner of the tables, and not to [store] url\n"
	  "  --wait S    how many seconds to try (600)\n",
	  attach_command },
	{ "detach", "[OPTION...]", "remove all that attach has added",
	  "Removes thimble's triggers, functions and tables from the database.  While review\n"
	  "requests are kept in those tables, say what becomes of them.\n\n"
	  "  --keep-reviews   leave them and their tables; attach takes them up again\n"
	  "  --drop-reviews   delete them too\n"
	  "  --url URL        connect there, as the owner of the tables, and not to [store] url\n"
	  "  --wait S         how many seconds to try for tables that others use (600)\n",
	  detach_command },
	{ "events", "[OPTION...]", "show what happened in Patchwork",
	  "Prints the last of Patchwork's events, oldest first, straight from the database.\n\n"
	  "  -f, --follow    go on with those that come, until interrupted\n"
	  "      --json      a JSON object each, fields as in the API\n"
	  "  -n N            how many of those that are there (30)\n"
	  "  --project P     only those of that project: its link name or id\n"
	  "  --category C    only those of that category, such as check-created\n",
	  events_command },
	{ "repository", "WORD...", "look after the repositories of reviews",
	  "Names the repositories that the Review Board API offers.\n\n"
	  "  add NAME --path URL   a new one\n"
	  "  set NAME              change one\n"
	  "  remove NAME           which has no review requests\n"
	  "  list\n\n"
	  "  --path URL      as clients have it as their remote\n"
	  "  --mirror URL    another one, which means the same\n"
	  "  --project P     where its series go to: link name or id; '' for none\n"
	  "  --git-dir DIR   look files up in that Git repository; '' to trust the client\n"
	  "  --private       for those only whom --allow named; --public\n"
	  "  --allow USER    let the user see it; --deny USER; may repeat\n"
	  "  --hidden        leave it out of lists; --visible\n"
	  "  --history W     take series of commits (on) or plain diffs only (off)\n"
	  "  --url URL       connect there, and not to [store] url\n",
	  repository_command },
	{ "user", "WORD...", "give users tokens and rights for reviews",
	  "What users of Patchwork may do in the Review Board API.\n\n"
	  "  token USER          print a new API token, which is not shown again\n"
	  "  tokens USER         list them\n"
	  "  revoke ID           end a token\n"
	  "  right USER RIGHT    give can_edit_reviewrequest or can_submit_as_another_user\n\n"
	  "  --note TEXT       what the token is for\n"
	  "  --expires DATE    until when it is good, such as 2026-12-31\n"
	  "  --policy FILE     what it may do, as JSON; - for standard input\n"
	  "  --scopes LIST     make it an OAuth2 token, with scopes such as draft_commit:read\n"
	  "  --take            take the right away\n"
	  "  --url URL         connect there, and not to [store] url\n",
	  user_command },
	{ "config", "", "print the configuration in effect",
	  "Prints every setting with its value, passwords masked.\n",
	  config_command },
	{ "stats", "", "show what the running server counts",
	  "Asks the server over [server] control for the figures of its cache, of each\n"
	  "route and of each worker.\n",
	  stats_command },
	{ "workers", "", "list the running server's workers",
	  "Asks the server over [server] control for its worker processes.\n",
	  workers_command },
	{ "purge", "--all|TAG...", "make the running server forget answers",
	  "Makes the server forget the answers that depend on one of the tags.  A tag is\n"
	  "an object (patch:42, project:3), a collection (patches, patches@3: those of\n"
	  "project 3) or all that is made of a table (patches.*).\n\n"
	  "  --all     forget every answer\n",
	  purge_command },
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

void
ctl_print(struct buf *line)
{
	(void)printf("%.*s\n", SLICE_ARG(buf_as_slice(line)));
	buf_fini(line);
}

static void
put_error(const struct ctl *ctl, const char *text)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	(void)fprintf(stderr, "thimblectl: %s\n", text);
	if (!ctl->json)
		return;
	json_open(&j, '{');
	json_key(&j, "error");
	json_string(&j, slice_str(text));
	json_close(&j, '}');
	ctl_print(&out);
}

static void __attribute__((format(printf, 2, 0)))
put_error_args(const struct ctl *ctl, const char *format, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, format, ap) < 0)
		log_fatalx("out of memory");
	put_error(ctl, text);
	free(text);
}

int
ctl_fail(const struct ctl *ctl, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_error_args(ctl, format, ap);
	va_end(ap);
	return CTL_FAILED;
}

int
ctl_misused(const struct ctl *ctl, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_error_args(ctl, format, ap);
	va_end(ap);
	(void)fputs("Try thimblectl --help.\n", stderr);
	return CTL_USAGE;
}

int
ctl_word(const struct ctl *ctl, const struct word *words, size_t count, const char *choice, struct desk *desk, int argc,
    char **argv)
{
	if (argc < 2)
		return ctl_misused(ctl, "%s what? %s", argv[0], choice);
	for (size_t i = 0; i < count; i++)
		if (strcmp(argv[1], words[i].name) == 0)
			return words[i].run(desk, argc - 1, argv + 1);
	return ctl_misused(ctl, "there is no %s %s", argv[0], argv[1]);
}

struct store *
ctl_store(const struct ctl *ctl, const char *url)
{
	struct store_options options = {
		.url = url != NULL ? url : ctl->settings->store.url,
		.timezone = ctl->settings->api.timezone,
		.timeout_ms = (unsigned)ctl->settings->server.request_timeout,
		.quota = 1,
	};
	const char *error = "";
	struct store *store = store_new(&options);

	if (store == NULL) {
		(void)store_url_check(options.url, &error);
		(void)ctl_fail(ctl, "%s is not usable: %s", url != NULL ? "that url" : "[store] url", error);
	}
	return store;
}

static void
put_help(void)
{
	(void)puts("usage: thimblectl -c FILE [--json] COMMAND [ARGUMENT...]\n"
	    "The operator's tool of thimble.\n\n"
	    "  -c, --config FILE   thimbled's configuration\n"
	    "      --json          print results for programs\n"
	    "  -h, --help          this; after a command, more about it\n"
	    "  -V, --version       the version\n\n"
	    "Commands:");
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].usage);
		(void)printf("  %-18s  %s\n", left, commands[i].help);
	}
	(void)puts("\nExit status: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration.");
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool
asks_for_help(int argc, char **argv)
{
	return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static int
run_command(struct ctl *ctl, const char *path, const struct command *command, int argc, char **argv)
{
	struct buf errors = { 0 };
	struct settings *settings;
	int status;

	settings = settings_load(path, redis_url_check, &errors);
	if (settings == NULL) {
		struct slice text = slice_trim(buf_as_slice(&errors), "\n");

		put_error(ctl, arena_printf(ctl->arena, "%.*s", SLICE_ARG(text)));
		buf_fini(&errors);
		return CTL_CONFIG;
	}
	/* As the workers do, so that both read and write the same wall clock. */
	(void)setenv("TZ", settings->api.timezone, 1);
	tzset();
	ctl->settings = settings;
	/* 0 and not 1: glibc then starts its own state of options anew. */
	optind = 0;
	opterr = 0;
	status = command->run(ctl, argc, argv);
	settings_free(&settings);
	buf_fini(&errors);
	return status;
}

/* Reads what stands before the command; returns -1 to go on, or an exit code. */
static int
parse_options(struct ctl *ctl, int argc, char **argv, const char **path_r)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1)
		switch (c) {
		case 'c':
			*path_r = optarg;
			break;
		case 'j':
			ctl->json = true;
			break;
		case 'h':
			put_help();
			return CTL_OK;
		case 'V':
			(void)puts("thimblectl " PACKAGE_VERSION);
			return CTL_OK;
		default:
			(void)fputs("Try thimblectl --help.\n", stderr);
			return CTL_USAGE;
		}
	return -1;
}

static int
dispatch(struct ctl *ctl, int argc, char **argv)
{
	const char *path = NULL;
	const struct command *command;
	int status = parse_options(ctl, argc, argv, &path);

	if (status >= 0)
		return status;
	if (optind == argc)
		return ctl_misused(ctl, "a command is missing");
	argc -= optind;
	argv += optind;
	command = find_command(argv[0]);
	if (command == NULL)
		return ctl_misused(ctl, "there is no command %s", argv[0]);
	if (asks_for_help(argc, argv)) {
		(void)printf("usage: thimblectl -c FILE [--json] %s %s\n%s", command->name, command->usage, command->more);
		return CTL_OK;
	}
	if (path == NULL)
		return ctl_misused(ctl, "give thimbled's configuration with -c FILE");
	return run_command(ctl, path, command, argc, argv);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .arena = arena_new() };
	int status;

	log_set_process("thimblectl");
	status = dispatch(&ctl, argc, argv);
	if (fflush(stdout) != 0 && status == CTL_OK)
		status = CTL_FAILED;
	arena_free(&ctl.arena);
	return status;
}
