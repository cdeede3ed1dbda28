/* SPDX-License-Identifier: MIT
 *
 * How a worker tells the bus of its own node that it has committed something, when that has to be
 * told to other nodes: an eventfd, made by the master and inherited by all (worker.h).  Without
 * being told the bus finds it at its next look.  Any thread; nothing waits; -1 is allowed.
 */
#ifndef THIMBLE_WORKER_WAKE_H
#define THIMBLE_WORKER_WAKE_H

#include <stdbool.h>

/* A descriptor, or -1 with errno. */
int wake_open(void);
void wake_bus(int wake);
/* The bus: whether it was woken since it asked last. */
bool wake_was(int wake);

#endif
