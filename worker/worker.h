/* SPDX-License-Identifier: MIT
 *
 * The one entry into a worker process, and all that crosses the fork.
 */
#ifndef THIMBLE_WORKER_WORKER_H
#define THIMBLE_WORKER_WORKER_H

#include <stddef.h>

struct region;
struct settings;
struct shared;

enum { HERITAGE_SOCKETS_MAX = 33 };

/* What a worker inherits.  The master closes everything else in the child. */
struct heritage {
	const struct settings *settings;
	unsigned generation;		/* of the configuration; each reload is another */
	struct shared *shared;
	struct region *region;		/* the cache; NULL: off */
	unsigned slot;			/* ours in shared->workers, and among the region's workers */
	int listeners[HERITAGE_SOCKETS_MAX];	/* listening, non-blocking, shared by all workers */
	size_t listener_count;
	int status_listener;		/* -1: none */
	int control_listener;		/* -1: none */
	int master_pipe;		/* readable (end of file) when the master is gone */
	int wake;			/* tells the bus of writes (wake.h); or -1 */
};

/* Exit codes of a worker; the master turns them into sentences. */
enum worker_exit {
	WORKER_EXIT_OK = 0,
	WORKER_EXIT_FATAL = 1,		/* logged; start another */
	WORKER_EXIT_SETUP = 70		/* could not even start */
};

/*
 * Runs the worker until it has drained; returns its exit code.  Called by the
 * master in the child, with all signals blocked and default dispositions.
 * Signals to a worker: QUIT drains without a deadline, TERM drains within
 * stop_timeout, INT stops at once, USR1 reopens the access log.  The worker
 * sets its slot to WORKER_RUNNING when it can answer.  When master_pipe shows
 * end of file it drains as on QUIT.
 */
int worker_main(const struct heritage *heritage);

#endif
