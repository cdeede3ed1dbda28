/* SPDX-License-Identifier: MIT
 *
 * See robust.h.
 */
#include "config.h"

#include "cache/robust.h"

#include <errno.h>

#include "base/log.h"

int
robust_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	int error = pthread_mutexattr_init(&attributes);

	if (error == 0)
		error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (error == 0)
		error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (error == 0)
		error = pthread_mutex_init(lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* What to do with the result of locking. */
static bool
locked(pthread_mutex_t *lock, int error, bool *inherited_r)
{
	*inherited_r = error == EOWNERDEAD;
	if (error == EBUSY)
		return false;
	if (error == EOWNERDEAD)
		error = pthread_mutex_consistent(lock);
	if (error != 0) {
		errno = error;
		log_fatal("a lock in shared memory");
	}
	return true;
}

void
robust_lock(pthread_mutex_t *lock, bool *inherited_r)
{
	(void)locked(lock, pthread_mutex_lock(lock), inherited_r);
}

bool
robust_trylock(pthread_mutex_t *lock, bool *inherited_r)
{
	return locked(lock, pthread_mutex_trylock(lock), inherited_r);
}

void
robust_unlock(pthread_mutex_t *lock)
{
	int error = pthread_mutex_unlock(lock);

	if (error != 0) {
		errno = error;
		log_fatal("unlocking in shared memory");
	}
}
