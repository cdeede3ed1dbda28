/* SPDX-License-Identifier: MIT
 *
 * The invalidation clock: what a fill outlives and what it does not, in each
 * order of things, and what is left when an invalidation is cut short.
 */
#include "config.h"

#include "cache/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/log.h"
#include "base/robust.h"

enum { STAMPS = 1024 };

/* An answer, as the region keeps it. */
struct answer {
	uint64_t filled_at;
	uint32_t stamp[2];
	_Atomic uint64_t valid_at;
};

static struct clock *
fresh(void)
{
	struct clock *clock = mmap(NULL, clock_size(STAMPS), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(clock, MAP_FAILED);
	cr_assert_eq(clock_init(clock, STAMPS), 0);
	log_set_level(LOG_LEVEL_ERROR);
	return clock;
}

static struct answer
filled(struct clock *clock, uint64_t one, uint64_t other)
{
	return (struct answer){ clock_read(clock), { clock_stamp(clock, one), clock_stamp(clock, other) }, 0 };
}

static bool
valid(struct clock *clock, struct answer *a)
{
	return clock_valid(clock, a->filled_at, a->stamp, 2, &a->valid_at);
}

static void
change(struct clock *clock, uint64_t tag)
{
	uint32_t stamp = clock_stamp(clock, tag);

	clock_invalidate(clock, &stamp, 1);
}

/* Runs in a process of its own, which is killed at the end. */
static void
killed_after(void (*what)(struct clock *), struct clock *clock)
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		what(clock);
		(void)kill(getpid(), SIGKILL);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

Test(clock, answers_are_valid_until_what_they_depend_on_changes)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 2), b = filled(clock, 3, 4);

	cr_expect(valid(clock, &a));
	cr_expect(valid(clock, &a), "the second time by the short cut");
	change(clock, 5);
	cr_expect(valid(clock, &a));
	change(clock, 2);
	cr_expect_not(valid(clock, &a));
	cr_expect_not(valid(clock, &a));
	cr_expect(valid(clock, &b));
	a = filled(clock, 1, 2);
	cr_expect(valid(clock, &a));
}

Test(clock, without_stamps_only_forgetting_counts)
{
	struct clock *clock = fresh();
	_Atomic uint64_t at = 0;
	uint64_t filled_at = clock_read(clock);

	change(clock, 1);
	cr_expect(clock_valid(clock, filled_at, NULL, 0, &at));
	clock_invalidate(clock, NULL, 0);
	cr_expect(clock_valid(clock, filled_at, NULL, 0, &at));
	clock_forget(clock);
	cr_expect_not(clock_valid(clock, filled_at, NULL, 0, &at));
}

Test(clock, a_change_during_the_fill_wins)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 2);

	change(clock, 1);	/* the fill has read the old row before, and ends now */
	cr_expect_not(valid(clock, &a));
}

Test(clock, one_call_invalidates_all_its_stamps)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 2), b = filled(clock, 3, 4), c = filled(clock, 5, 6);
	uint32_t stamps[] = { clock_stamp(clock, 2), clock_stamp(clock, 3) };

	clock_invalidate(clock, stamps, 2);
	cr_expect_not(valid(clock, &a));
	cr_expect_not(valid(clock, &b));
	cr_expect(valid(clock, &c));
}

Test(clock, the_number_is_odd_while_tags_are_applied)
{
	struct clock *clock = fresh();
	struct answer old = filled(clock, 1, 2), during;
	uint32_t stamp = clock_stamp(clock, 1);
	uint64_t before = clock_read(clock);

	cr_expect_eq(before % 2, 0);
	cr_expect(valid(clock, &old));
	/* by hand what clock_invalidate does */
	atomic_store(&clock->now, before + 1);
	during = filled(clock, 1, 2);
	cr_expect(valid(clock, &old), "not yet applied");
	cr_expect(valid(clock, &during), "it began after the commit");
	cr_expect_neq(old.valid_at, before + 1, "no short cut at an odd number");
	cr_expect_eq(during.valid_at, 0);
	atomic_store(&clock->stamps[stamp], before + 1);
	cr_expect_not(valid(clock, &old), "at once, not only when all is applied");
	cr_expect(valid(clock, &during));
	atomic_store(&clock->now, before + 2);
	cr_expect_not(valid(clock, &old));
	cr_expect(valid(clock, &during));
	cr_expect_eq(during.valid_at, before + 2);
}

Test(clock, an_invalidation_takes_two_numbers)
{
	struct clock *clock = fresh();
	uint64_t before = clock_read(clock);

	change(clock, 1);
	cr_expect_eq(clock_read(clock), before + 2);
	clock_forget(clock);
	cr_expect_eq(clock_read(clock), before + 4);
	cr_expect_eq(clock->floor, before + 3);
}

Test(clock, forget_takes_everything_that_began_before)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 2), b;

	cr_expect(valid(clock, &a));
	clock_forget(clock);
	b = filled(clock, 1, 2);
	cr_expect_not(valid(clock, &a));
	cr_expect(valid(clock, &b));
}

Test(clock, tags_that_share_a_stamp_only_cost_a_refill)
{
	struct clock *clock = fresh();
	uint64_t tag = 2;
	struct answer a;

	while (clock_stamp(clock, tag) != clock_stamp(clock, 1))
		tag++;
	a = filled(clock, 1, 1);
	change(clock, tag);
	cr_expect_not(valid(clock, &a));
	a = filled(clock, 1, 1);
	cr_expect(valid(clock, &a));
}

Test(clock, stamps_are_in_bounds_and_spread)
{
	struct clock *clock = fresh();
	unsigned char seen[STAMPS] = { 0 };
	unsigned different = 0;

	for (uint64_t tag = 0; tag < 4 * STAMPS; tag++) {
		/* numbers that differ in their upper half only, too */
		uint32_t stamp = clock_stamp(clock, tag % 2 ? tag : tag << 40);

		cr_assert_lt(stamp, STAMPS);
		different += seen[stamp]++ == 0;
	}
	cr_expect_gt(different, STAMPS * 9 / 10);
}

static void
lock_only(struct clock *clock)
{
	bool inherited;

	robust_lock(&clock->lock, &inherited);
}

static void
half_an_invalidation(struct clock *clock)
{
	lock_only(clock);
	atomic_fetch_add(&clock->now, 1);
	atomic_store(&clock->stamps[clock_stamp(clock, 1)], clock_read(clock));
}

Test(clock, an_invalidation_cut_short_is_made_up_for_by_the_next)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 1), b = filled(clock, 2, 2), c;

	killed_after(half_an_invalidation, clock);
	cr_expect_eq(clock_read(clock) % 2, 1);
	cr_expect_not(valid(clock, &a));
	cr_expect(valid(clock, &b), "tag 2 was next");
	cr_expect_neq(b.valid_at, clock_read(clock));
	change(clock, 3);
	cr_expect_not(valid(clock, &b));
	cr_expect_eq(clock_read(clock) % 2, 0);
	c = filled(clock, 2, 2);
	cr_expect(valid(clock, &c));
}

Test(clock, one_killed_before_it_drew_a_number_counts_too)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 2);

	cr_expect(valid(clock, &a));
	killed_after(lock_only, clock);
	cr_expect(valid(clock, &a), "nobody knows as yet");
	change(clock, 3);
	cr_expect_not(valid(clock, &a));
}

/*
 * The first leaves an odd number behind, which a fill reads; then a second
 * commits, inherits the lock and dies before it has drawn a number of its own.
 */
Test(clock, a_fill_at_the_number_of_a_dead_one_does_not_outlive_the_next_that_dies)
{
	struct clock *clock = fresh();
	struct answer a;

	killed_after(half_an_invalidation, clock);
	a = filled(clock, 5, 6);
	killed_after(lock_only, clock);
	change(clock, 3);
	cr_expect_not(valid(clock, &a));
}

Test(clock, mending_forgets_after_a_death_and_only_then)
{
	struct clock *clock = fresh();
	struct answer a = filled(clock, 1, 1), b = filled(clock, 2, 2);
	uint64_t before = clock_read(clock);

	clock_mend(clock);
	cr_expect_eq(clock_read(clock), before);
	cr_expect(valid(clock, &b));
	killed_after(half_an_invalidation, clock);
	clock_mend(clock);
	cr_expect_not(valid(clock, &a));
	cr_expect_not(valid(clock, &b));
	cr_expect_eq(clock_read(clock) % 2, 0);
	b = filled(clock, 2, 2);
	clock_mend(clock);
	cr_expect(valid(clock, &b));
}

Test(clock, mending_does_not_wait_for_a_living_one)
{
	struct clock *clock = fresh();
	pid_t pid = fork();

	if (pid == 0) {
		lock_only(clock);
		atomic_fetch_add(&clock->now, 1);
		(void)pause();
		_exit(0);
	}
	while (clock_read(clock) % 2 == 0)
		(void)usleep(100);
	clock_mend(clock);
	cr_expect_eq(clock_read(clock) % 2, 1);
	(void)kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	clock_mend(clock);
	cr_expect_eq(clock_read(clock) % 2, 0);
}

/* Invalidators at once: every number is drawn once, none is lost. */
Test(clock, invalidators_take_turns)
{
	enum { PROCESSES = 4, TIMES = 5000 };
	struct clock *clock = fresh();
	uint64_t before = clock_read(clock);
	pid_t pid[PROCESSES];

	for (unsigned i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			for (unsigned n = 0; n < TIMES; n++)
				change(clock, n);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < PROCESSES; i++)
		cr_assert_eq(waitpid(pid[i], NULL, 0), pid[i]);
	cr_expect_eq(clock_read(clock), before + 2 * PROCESSES * TIMES);
}
