/* SPDX-License-Identifier: MIT
 *
 * Locks in shared memory that outlive their holder: who locks after a process
 * died with the lock in hand is told, and has to put right what it guards.
 * Any process and thread.
 */
#ifndef THIMBLE_BASE_ROBUST_H
#define THIMBLE_BASE_ROBUST_H

#include <pthread.h>
#include <stdbool.h>

/* 0, or -1 with errno. */
int robust_init(pthread_mutex_t *lock);
/* The same for one that is held for long: whoever waits gets it in the order of coming. */
int robust_init_fair(pthread_mutex_t *lock);
/* *inherited_r: the last holder died.  The lock is whole again; what it guards may not be. */
void robust_lock(pthread_mutex_t *lock, bool *inherited_r);
/* Without waiting; false: a living one holds it. */
bool robust_trylock(pthread_mutex_t *lock, bool *inherited_r);
/* Waits so long at most; false: a living one held it all the while (or the caller itself does). */
bool robust_timedlock(pthread_mutex_t *lock, unsigned timeout_ms, bool *inherited_r);
/* By the thread that locked it. */
void robust_unlock(pthread_mutex_t *lock);

#endif
