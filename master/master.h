/* SPDX-License-Identifier: MIT
 *
 * The master's state, for the files of this folder: supervise.c runs the loop,
 * signals.c does what a signal asks for, reload.c changes the configuration,
 * children.c starts, watches and buries workers, bus.c the bus process.
 *
 * All of it is one thread, and nothing is allocated but while a configuration
 * is read.  A generation is a configuration with its sockets and workers; one
 * is in force, and during a reload a second one starts beside it.  Invariant:
 * a child's generation is `active`, `next`, or it is retiring.
 */
#ifndef THIMBLE_MASTER_MASTER_H
#define THIMBLE_MASTER_MASTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/listen.h"
#include "base/monotonic.h"
#include "worker/shared.h"

struct heritage;
struct region;
struct settings;

enum {
	MASTER_START_MS = 60000,	/* a worker that is not RUNNING by then is killed */
	MASTER_HEARTBEAT_MS = 30000,	/* one that shows no life for so long, too */
	MASTER_STABLE_MS = 1000,	/* one that lived for so long was not a failing start */
	MASTER_DELAY_MIN_MS = 100,	/* between failing starts, doubled up to the next */
	MASTER_DELAY_MAX_MS = 30000,
	MASTER_KILL_GRACE_MS = 1000,	/* after stop_timeout, which workers keep themselves */
	MASTER_NOW_MS = 2000,		/* for workers to go after INT, and for the bus after TERM */
	MASTER_POLL_MS = 1000,		/* when nothing is expected */
	MASTER_POLL_BUSY_MS = 20	/* while workers start */
};

/* The slot of the same index in shared->workers is this child's. */
struct child {
	pid_t pid;			/* 0: free */
	unsigned generation;
	bool retiring;			/* told to go: will not be replaced */
	bool running;			/* was seen RUNNING */
	bool stable;			/* has been RUNNING, MASTER_STABLE_MS after its start */
	bool killed;			/* by us, because it was stuck */
	uint64_t started_ms;
};

struct generation {
	unsigned number;		/* counts up; 0: unused */
	struct settings *settings;
	struct listeners listeners;
	unsigned wanted;		/* workers; TTIN and TTOU change it */
	bool announced;			/* all wanted workers were seen RUNNING */
	/* throttling of failing starts */
	uint64_t delay_ms;		/* 0: the last start was good */
	uint64_t not_before_ms;
};

enum stop { STOP_NO, STOP_QUIT, STOP_TERM, STOP_NOW };

struct master {
	const char *config_path;
	struct shared *shared;
	struct region *region;		/* the cache; NULL: off */
	struct generation generations[2];
	struct generation *active;
	struct generation *next;	/* NULL: no reload is under way */
	unsigned generation_last;	/* number drawn last */
	bool reload_again;		/* HUP came while one was under way */
	bool drained;			/* WINCH: no workers until HUP or TTIN */
	bool ready;			/* systemd was told */
	enum stop stopping;
	uint64_t kill_ms;		/* when those still there are killed; 0: never */
	uint64_t heartbeat_ms;		/* limit; MASTER_HEARTBEAT_MS but in tests */
	uint64_t ticked_ms;		/* the loop's last turn */
	uint64_t lenient_ms;		/* no heartbeat is missed before */
	int signal_fd;
	int pipe_read;			/* each child's; at its end when we are gone */
	int pipe_write;			/* ours alone */
	int wake;			/* worker/wake.h; -1: there is no cache */
	struct child children[SHARED_WORKERS_MAX];
	/* the bus process; shared->bus is its slot */
	struct child bus;
	uint64_t bus_kill_ms;		/* it was told to go: when it is killed */
	uint64_t bus_delay_ms;		/* throttling of failing starts, as in a generation */
	uint64_t bus_not_before_ms;
};

/* --- bus.c --- */

/* Starts the bus process, watches it, and tells it to go when it is of an old configuration or of no more use. */
void bus_turn(struct master *master, uint64_t now_ms);
/* Buries it, if that is its pid. */
void bus_bury(struct master *master, pid_t pid, int status, uint64_t now_ms);
/* Whether workers of the generation that comes have to wait: the old bus speaks of another database. */
bool bus_in_the_way(const struct master *master);

/* --- children.c --- */

/* What the heritage of those who run with these settings says of it. */
int child_wake(const struct master *master, const struct settings *settings);
/* In the child: closes what it does not inherit, and runs. */
void child_run(const struct heritage *heritage, int (*run)(const struct heritage *heritage))
    __attribute__((noreturn));
enum { CHILD_SENTENCE_MAX = 100 };
/* What waitpid's status says, as the end of a sentence. */
void child_describe(char sentence_r[CHILD_SENTENCE_MAX], int status);

/* Starts workers that are missing, unless starts are throttled. */
void children_fill(struct master *master, struct generation *generation, uint64_t now_ms);
/* Notes who is RUNNING, kills who is stuck. */
void children_watch(struct master *master, uint64_t now_ms);
/* Buries all who died. */
void children_reap(struct master *master, uint64_t now_ms);
void children_signal(struct master *master, int signal);
/* Sends the signal to those of the generation beyond the first `keep`, who will not be replaced. */
void children_retire(struct master *master, unsigned generation, unsigned keep, int signal);
unsigned children_all(const struct master *master);
/* Of the generation, not retiring; with `running`, only those that were seen RUNNING. */
unsigned children_serving(const struct master *master, unsigned generation, bool running);

/* --- reload.c --- */

/* Checks and binds what the settings name; they are taken over on success. */
int generation_open(struct generation *generation, struct settings **settings, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX]);
/* Closes what `kept` (NULL: nothing) does not have as well. */
void generation_close(struct generation *generation, const struct generation *kept);
void reload_begin(struct master *master);
/* Ends a reload when the new workers are RUNNING. */
void reload_watch(struct master *master);
/* Gives the reload up, if one is under way, and goes on with what is in force. */
void reload_fail(struct master *master, const char *reason);

/* --- signals.c --- */

/* Blocks the signals of the table; returns the descriptor that tells of them, or -1. */
int signals_open(void);
/* Does what the signals that came ask for. */
void signals_read(struct master *master);

#endif
