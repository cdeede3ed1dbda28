/* SPDX-License-Identifier: MIT
 *
 * Locks that outlive their holder, and the fair ones among them.
 */
#include "config.h"

#include "base/robust.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAITERS = 6, PATIENT_MS = 30000, KILLS = 20 };

/* Shared with children. */
struct shared {
	pthread_mutex_t lock;
	_Atomic int turn;		/* how many have had the lock */
	_Atomic int inside;		/* holders at this moment, the dead ones not counted */
	_Atomic int overlaps;
	_Atomic bool held;
};

static struct shared *
shared_new(bool fair)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(s, MAP_FAILED);
	cr_assert_eq(fair ? robust_init_fair(&s->lock) : robust_init(&s->lock), 0);
	return s;
}

static void
nap_us(long us)
{
	(void)nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

TestSuite(robust, .timeout = 60);

static void *
try_it(void *object)
{
	struct shared *s = object;
	bool inherited;

	return robust_timedlock(&s->lock, 50, &inherited) ? s : NULL;
}

Test(robust, waiting_has_an_end)
{
	for (int fair = 0; fair < 2; fair++) {
		struct shared *s = shared_new(fair);
		bool inherited;
		pthread_t thread;
		void *got;

		cr_expect(robust_timedlock(&s->lock, 50, &inherited));
		cr_expect_not(inherited);
		/* Whoever holds it gets it no second time, and no deadlock either. */
		cr_expect_not(robust_timedlock(&s->lock, 50, &inherited));
		cr_assert_eq(pthread_create(&thread, NULL, try_it, s), 0);
		(void)pthread_join(thread, &got);
		cr_expect_null(got);
		robust_unlock(&s->lock);
		cr_expect(robust_timedlock(&s->lock, 0, &inherited));
		robust_unlock(&s->lock);
	}
}

struct waiter {
	struct shared *shared;
	pthread_t thread;
	_Atomic int tid;
	int turn;			/* when it got the lock */
};

static void *
wait_for_it(void *object)
{
	struct waiter *w = object;
	bool inherited;

	atomic_store(&w->tid, (int)gettid());
	if (!robust_timedlock(&w->shared->lock, PATIENT_MS, &inherited))
		return NULL;
	w->turn = atomic_fetch_add(&w->shared->turn, 1) + 1;
	robust_unlock(&w->shared->lock);
	return NULL;
}

/* Until the kernel says that the thread sleeps; behind what it published it does so for the lock only. */
static void
wait_until_asleep(const struct waiter *w)
{
	char path[64], line[256];

	for (;;) {
		const char *behind = NULL;
		FILE *file;

		nap_us(1000);
		if (atomic_load(&w->tid) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", w->tid);
		file = fopen(path, "re");
		cr_assert_not_null(file);
		if (fgets(line, sizeof(line), file) != NULL)
			behind = strrchr(line, ')');
		(void)fclose(file);
		if (behind != NULL && behind[2] == 'S')
			return;
	}
}

Test(robust, a_fair_lock_is_had_in_the_order_of_coming)
{
	struct shared *s = shared_new(true);
	struct waiter waiters[WAITERS] = { 0 };
	bool inherited;

	cr_assert(robust_timedlock(&s->lock, 50, &inherited));
	for (int i = 0; i < WAITERS; i++) {
		waiters[i].shared = s;
		cr_assert_eq(pthread_create(&waiters[i].thread, NULL, wait_for_it, &waiters[i]), 0);
		wait_until_asleep(&waiters[i]);
	}
	/* Who comes again at once comes last. */
	robust_unlock(&s->lock);
	cr_assert(robust_timedlock(&s->lock, PATIENT_MS, &inherited));
	cr_expect_eq(s->turn, WAITERS);
	robust_unlock(&s->lock);
	for (int i = 0; i < WAITERS; i++) {
		(void)pthread_join(waiters[i].thread, NULL);
		cr_expect_eq(waiters[i].turn, i + 1);
	}
}

/* A child that takes the lock, and tells when it has it, for ever. */
static void
hold_for_ever(struct shared *s)
{
	bool inherited;

	if (!robust_timedlock(&s->lock, PATIENT_MS, &inherited))
		_exit(1);
	atomic_store(&s->held, true);
	for (;;)
		(void)pause();
}

/* One turn: nobody else may be inside but one that died there, and then that is told. */
static bool
take_turn(struct shared *s)
{
	bool inherited;

	if (!robust_timedlock(&s->lock, PATIENT_MS, &inherited))
		return false;
	if (inherited)
		atomic_store(&s->inside, 0);
	if (atomic_exchange(&s->inside, 1) != 0)
		atomic_fetch_add(&s->overlaps, 1);
	for (int i = 0; i < 1000; i++)
		atomic_fetch_add(&s->turn, 1);
	atomic_store(&s->inside, 0);
	robust_unlock(&s->lock);
	return true;
}

static void
holders_are_killed(bool fair)
{
	struct shared *s = shared_new(fair);
	pid_t pids[KILLS];
	int turn;

	for (int i = 0; i < KILLS; i++) {
		pids[i] = fork();
		cr_assert_geq(pids[i], 0);
		if (pids[i] == 0) {
			while (take_turn(s))
				continue;
			_exit(1);
		}
	}
	for (int i = 0; i < KILLS; i++) {
		turn = s->turn;
		while (s->turn == turn)
			nap_us(500);
		cr_assert_eq(kill(pids[i], SIGKILL), 0);
		cr_assert_eq(waitpid(pids[i], NULL, 0), pids[i]);
		cr_assert(take_turn(s));
	}
	cr_expect_eq(s->overlaps, 0);
}

Test(robust, holders_are_killed_while_others_wait)
{
	holders_are_killed(false);
	holders_are_killed(true);
}

Test(robust, a_dead_holder_is_inherited)
{
	for (int fair = 0; fair < 2; fair++) {
		struct shared *s = shared_new(fair);
		pid_t pid = fork();
		bool inherited;

		if (pid == 0)
			hold_for_ever(s);
		while (!atomic_load(&s->held))
			nap_us(100);
		cr_expect_not(robust_timedlock(&s->lock, 50, &inherited));
		(void)kill(pid, SIGKILL);
		cr_assert(robust_timedlock(&s->lock, PATIENT_MS, &inherited));
		cr_expect(inherited);
		robust_unlock(&s->lock);
		cr_assert(robust_timedlock(&s->lock, 50, &inherited));
		cr_expect_not(inherited);
		robust_unlock(&s->lock);
		(void)waitpid(pid, NULL, 0);
	}
}
