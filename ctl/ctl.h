/* SPDX-License-Identifier: MIT
 *
 * thimblectl's commands.  Each is one function in a file of its own; main.c
 * has the table of them.  One process, one thread.
 */
#ifndef THIMBLE_CTL_CTL_H
#define THIMBLE_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct desk;
struct settings;
struct store;

/* Exit codes; 64 and 78 are those of sysexits(3). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 64,
	CTL_CONFIG = 78
};

/* What every command gets. */
struct ctl {
	const struct settings *settings;
	struct arena *arena;
	bool json;			/* results are for a program */
};

struct command {
	const char *name;
	const char *usage;		/* what may follow the name */
	const char *help;		/* one line */
	const char *more;		/* paragraphs for `COMMAND --help`, each line ending in \n */
	/* argv[0] is the name.  Returns an enum ctl_exit. */
	int (*run)(struct ctl *ctl, int argc, char **argv);
};

/* What a command's word does, such as `list` of `repository list`; `struct desk` is the command's own. */
struct word {
	const char *name;
	/* argv[0] is the word.  Returns an enum ctl_exit. */
	int (*run)(struct desk *desk, int argc, char **argv);
};

/* Says on stderr (and as {"error": ...} on stdout for programs) what went wrong and what to do; returns CTL_FAILED. */
int ctl_fail(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a wrong command line; returns CTL_USAGE. */
int ctl_misused(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs the word that argv[1] names; `choice` says which there are to who gave none.  An enum ctl_exit. */
int ctl_word(const struct ctl *ctl, const struct word *words, size_t count, const char *choice, struct desk *desk, int argc,
    char **argv);

/* Prints a line, and frees it. */
void ctl_print(struct buf *line);

/* A store with one connection for this command alone, of `url` or (NULL) of [store] url; NULL after ctl_fail. */
struct store *ctl_store(const struct ctl *ctl, const char *url);

int attach_command(struct ctl *ctl, int argc, char **argv);
int detach_command(struct ctl *ctl, int argc, char **argv);
int events_command(struct ctl *ctl, int argc, char **argv);
int init_command(struct ctl *ctl, int argc, char **argv);
int config_command(struct ctl *ctl, int argc, char **argv);
int purge_command(struct ctl *ctl, int argc, char **argv);
int repository_command(struct ctl *ctl, int argc, char **argv);
int stats_command(struct ctl *ctl, int argc, char **argv);
int user_command(struct ctl *ctl, int argc, char **argv);
int workers_command(struct ctl *ctl, int argc, char **argv);

/* Makes the triggers and what they write to, for init; an enum ctl_exit. */
int attach_all(struct ctl *ctl, struct store *store);

/* Fills a database that holds the empty schema with the demo data.  0, or -1 with a sentence. */
int demo_fill(struct store *store, struct arena *arena, const char **error_r);

#endif
