/* SPDX-License-Identifier: MIT
 *
 * The first steps of each process that the master forks, before it has a thread.
 */
#ifndef THIMBLE_WORKER_BECOME_H
#define THIMBLE_WORKER_BECOME_H

/* Whom [server] user names, if we are root.  0, or -1, which was logged. */
int become_user(const char *name);

/* What is meant for the master may reach its whole process group; a socket that is gone is an error, no signal. */
void ignore_signals(void);

#endif
