/* SPDX-License-Identifier: MIT
 *
 * See robust.h.
 */
#include "config.h"

#include "base/robust.h"

#include <errno.h>
#include <time.h>

#include "base/log.h"

static int
init(pthread_mutex_t *lock, int protocol)
{
	pthread_mutexattr_t attributes;
	int error = pthread_mutexattr_init(&attributes);

	if (error == 0)
		error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (error == 0)
		error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (error == 0)
		error = pthread_mutexattr_setprotocol(&attributes, protocol);
	if (error == 0)
		error = pthread_mutex_init(lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
	errno = error;
	return error == 0 ? 0 : -1;
}

int
robust_init(pthread_mutex_t *lock)
{
	return init(lock, PTHREAD_PRIO_NONE);
}

int
robust_init_fair(pthread_mutex_t *lock)
{
	/*
	 * An unlock of such a lock hands it to the first who waits.  A plain lock
	 * only wakes him, and who unlocked and comes again at once is sooner there.
	 */
	return init(lock, PTHREAD_PRIO_INHERIT) == 0 ? 0 : init(lock, PTHREAD_PRIO_NONE);
}

/* What to do with the result of locking. */
static bool
locked(pthread_mutex_t *lock, int error, bool *inherited_r)
{
	*inherited_r = error == EOWNERDEAD;
	/* EDEADLK: it is this very thread that holds it. */
	if (error == EBUSY || error == ETIMEDOUT || error == EDEADLK)
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

/* What is left of the time; CLOCK_MONOTONIC, where the kernel can wait by it for a fair lock (Linux 5.14). */
static int
lock_within(pthread_mutex_t *lock, unsigned timeout_ms, clockid_t by)
{
	struct timespec until;

	(void)clock_gettime(by, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_mutex_clocklock(lock, by, &until);
}

bool
robust_timedlock(pthread_mutex_t *lock, unsigned timeout_ms, bool *inherited_r)
{
	int error = lock_within(lock, timeout_ms, CLOCK_MONOTONIC);

	if (error == EINVAL)
		error = lock_within(lock, timeout_ms, CLOCK_REALTIME);
	return locked(lock, error, inherited_r);
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
