/* SPDX-License-Identifier: MIT
 *
 * Locks in shared memory that outlive their holder: who locks after a process
 * died with the lock in hand is told, and has to put right what it guards.
 * Any process and thread.
 */
#ifndef THIMBLE_CACHE_ROBUST_H
#define THIMBLE_CACHE_ROBUST_H

#include <pthread.h>
#include <stdbool.h>

/* 0, or -1 with errno. */
int robust_init(pthread_mutex_t *lock);
/* *inherited_r: the last holder died.  The lock is whole again; what it guards may not be. */
void robust_lock(pthread_mutex_t *lock, bool *inherited_r);
/* Without waiting; false: a living one holds it. */
bool robust_trylock(pthread_mutex_t *lock, bool *inherited_r);
void robust_unlock(pthread_mutex_t *lock);

#endif
