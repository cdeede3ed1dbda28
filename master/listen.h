/* SPDX-License-Identifier: MIT
 *
 * The listening sockets.  The master alone binds them and hands the numbers
 * to its workers; a reload takes over what is bound already, so that no
 * connection is refused in between.
 */
#ifndef THIMBLE_MASTER_LISTEN_H
#define THIMBLE_MASTER_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

#include "base/settings.h"

enum { LISTENERS_MAX = SETTINGS_LIST_MAX + 2, LISTEN_ERROR_MAX = 512 };

enum listener_kind { LISTENER_PUBLIC, LISTENER_STATUS, LISTENER_CONTROL };

struct listener {
	enum listener_kind kind;
	const char *address;		/* as written, of the control socket its path; the settings own it */
	int fd;				/* non-blocking, closed on exec */
	dev_t dev;			/* of a unix socket's file, to know it again; else 0 */
	ino_t ino;
};

/* The public addresses in their order, then the status address and the control socket if there are any. */
struct listeners {
	struct listener item[LISTENERS_MAX];
	size_t count;
};

/*
 * Opens what the settings name; sockets of the same address in `held` (NULL:
 * none) are taken, not bound again.  Returns 0, or -1 with a sentence in
 * error_r, and then nothing is open that was not before.
 */
int listeners_open(struct listeners *listeners, const struct settings *settings, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX]);

/*
 * Gives the control socket, if we are root, to the user of these settings: one
 * that was taken over may have been another's.
 */
void listeners_own(const struct listeners *listeners, const struct settings *settings);

/* Closes those that are not also in `kept` (NULL: none are), and removes their files. */
void listeners_close(struct listeners *listeners, const struct listeners *kept);

/* Logs where it listens, with the port that the kernel chose for port 0. */
void listeners_log(const struct listeners *listeners);

#endif
