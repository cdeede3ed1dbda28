/* SPDX-License-Identifier: MIT
 *
 * worker/jobs: order, the bound of the queue, the hashing lane, the end.
 */
#include "config.h"

#include "worker/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <event2/event.h>

enum { PATIENCE_MS = 10000 };

/* A gate that jobs wait at until the test opens it. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	unsigned inside;	/* jobs that wait at it */
	unsigned inside_max;	/* the most there ever were */
};

struct task {
	struct job job;
	struct gate *gate;
	unsigned *done_count;
	bool asks_for_hash;
	bool ran;
	bool hashed;
	bool signals_open;	/* a signal could have been taken by the thread */
	unsigned order;		/* of completion, from 1 */
};

static struct task *
task_of(struct job *job)
{
	return (struct task *)(void *)job;	/* its first member */
}

static void
pass(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->inside++;
	if (gate->inside > gate->inside_max)
		gate->inside_max = gate->inside;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->inside--;
	pthread_mutex_unlock(&gate->lock);
}

static void
gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static void
gate_wait_inside(struct gate *gate, unsigned count)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->inside < count)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static unsigned
gate_inside(struct gate *gate)
{
	unsigned inside;

	pthread_mutex_lock(&gate->lock);
	inside = gate->inside;
	pthread_mutex_unlock(&gate->lock);
	return inside;
}

#define GATE { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

static enum job_outcome
run_task(struct job *job)
{
	struct task *t = task_of(job);
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (!sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGCHLD) || !sigismember(&mask, SIGUSR1))
		t->signals_open = true;
	if (t->asks_for_hash && job->lane == JOB_LANE_READ)
		return JOB_AGAIN_HASH;
	t->hashed = job->lane == JOB_LANE_HASH;
	if (t->gate != NULL)
		pass(t->gate);
	t->ran = true;
	return JOB_DONE;
}

static void
task_done(struct job *job)
{
	struct task *t = task_of(job);

	cr_assert(t->ran);
	t->order = ++*t->done_count;
}

static struct task
task_new(struct gate *gate, unsigned *done_count)
{
	return (struct task){
		.job = { .run = run_task, .done_cb = task_done, .lane = JOB_LANE_READ },
		.gate = gate,
		.done_count = done_count,
	};
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
loop_until(struct event_base *base, const unsigned *count, unsigned wanted)
{
	uint64_t end = now_ms() + PATIENCE_MS;
	struct timeval tick = { .tv_usec = 20000 };

	while (*count < wanted && now_ms() < end) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	cr_assert_eq(*count, wanted, "%u of %u jobs completed", *count, wanted);
}

Test(jobs, all_complete_in_the_loop)
{
	enum { COUNT = 1000 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 4, COUNT);
	static struct task tasks[COUNT];
	unsigned done = 0;

	cr_assert_not_null(jobs);
	for (int i = 0; i < COUNT; i++) {
		tasks[i] = task_new(NULL, &done);
		cr_assert(jobs_submit(jobs, &tasks[i].job));
	}
	cr_expect_eq(jobs_pending(jobs), COUNT, "nothing completes but in the loop");
	loop_until(base, &done, COUNT);
	cr_expect_eq(jobs_pending(jobs), 0);
	cr_expect_eq(jobs_waiting(jobs), 0);
	for (int i = 0; i < COUNT; i++)
		cr_assert(!tasks[i].signals_open, "signals are the loop's");
	jobs_free(&jobs);
	cr_expect_null(jobs);
	event_base_free(base);
}

Test(jobs, first_in_first_out)
{
	enum { COUNT = 50 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 1, COUNT);
	static struct task tasks[COUNT];
	unsigned done = 0;

	for (int i = 0; i < COUNT; i++) {
		tasks[i] = task_new(NULL, &done);
		cr_assert(jobs_submit(jobs, &tasks[i].job));
	}
	loop_until(base, &done, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		cr_expect_eq(tasks[i].order, i + 1);
	jobs_free(&jobs);
	event_base_free(base);
}

Test(jobs, a_full_queue_refuses)
{
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 2, 3);
	struct gate gate = GATE;
	struct task tasks[6];
	unsigned done = 0;

	for (int i = 0; i < 6; i++)
		tasks[i] = task_new(&gate, &done);
	cr_assert(jobs_submit(jobs, &tasks[0].job));
	cr_assert(jobs_submit(jobs, &tasks[1].job));
	gate_wait_inside(&gate, 2);
	for (int i = 2; i < 5; i++)
		cr_assert(jobs_submit(jobs, &tasks[i].job));
	cr_expect_eq(jobs_waiting(jobs), 3);
	cr_expect_eq(jobs_pending(jobs), 5);
	cr_expect(!jobs_submit(jobs, &tasks[5].job), "running jobs do not count, waiting ones do");
	cr_expect_eq(jobs_pending(jobs), 5, "a refused job leaves no trace");
	gate_open(&gate);
	loop_until(base, &done, 5);
	cr_assert(jobs_submit(jobs, &tasks[5].job));
	loop_until(base, &done, 6);
	jobs_free(&jobs);
	event_base_free(base);
}

/* Eight threads, so two may hash; however many want to, reads go on. */
Test(jobs, hashing_takes_a_quarter_of_the_threads)
{
	enum { HASHES = 20, READS = 40 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 8, 1000);
	struct gate gate = GATE;
	struct task hashes[HASHES], reads[READS];
	unsigned hashed = 0, read = 0;

	for (int i = 0; i < HASHES; i++) {
		hashes[i] = task_new(&gate, &hashed);
		hashes[i].asks_for_hash = true;
		cr_assert(jobs_submit(jobs, &hashes[i].job));
	}
	gate_wait_inside(&gate, 2);
	for (int i = 0; i < READS; i++) {
		reads[i] = task_new(NULL, &read);
		cr_assert(jobs_submit(jobs, &reads[i].job));
	}
	loop_until(base, &read, READS);
	cr_expect_eq(hashed, 0);
	cr_expect_eq(gate_inside(&gate), 2);
	gate_open(&gate);
	loop_until(base, &hashed, HASHES);
	cr_expect_leq(gate.inside_max, 2, "%u hashed at once", gate.inside_max);
	for (int i = 0; i < HASHES; i++)
		cr_expect(hashes[i].hashed);
	for (int i = 0; i < READS; i++)
		cr_expect(!reads[i].hashed);
	jobs_free(&jobs);
	event_base_free(base);
}

/* A queue full of reads does not keep a hash from its thread. */
Test(jobs, reads_do_not_starve_hashing)
{
	enum { READS = 100 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 1, 1000);
	struct gate gate = GATE;
	unsigned done = 0;
	struct task first = task_new(&gate, &done), hash, reads[READS];

	cr_assert(jobs_submit(jobs, &first.job));
	gate_wait_inside(&gate, 1);
	for (int i = 0; i < READS; i++) {
		reads[i] = task_new(NULL, &done);
		cr_assert(jobs_submit(jobs, &reads[i].job));
	}
	hash = task_new(NULL, &done);
	hash.job.lane = JOB_LANE_HASH;
	cr_assert(jobs_submit(jobs, &hash.job));
	gate_open(&gate);
	loop_until(base, &done, READS + 2);
	cr_expect_eq(hash.order, 2, "it was number %u", hash.order);
	jobs_free(&jobs);
	event_base_free(base);
}

/* Of four threads two may write; of those that read one is left out, and it is there for who comes to write. */
Test(jobs, writes_and_reads_leave_each_other_threads)
{
	enum { MANY = 20 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 4, 1000);
	struct gate reading = GATE, writing = GATE;
	struct task reads[MANY], writes[MANY];
	unsigned read = 0, written = 0;

	for (int i = 0; i < MANY; i++) {
		reads[i] = task_new(&reading, &read);
		cr_assert(jobs_submit(jobs, &reads[i].job));
	}
	gate_wait_inside(&reading, 3);
	for (int i = 0; i < MANY; i++) {
		writes[i] = task_new(&writing, &written);
		writes[i].job.lane = JOB_LANE_WRITE;
		cr_assert(jobs_submit(jobs, &writes[i].job));
	}
	gate_wait_inside(&writing, 1);
	cr_expect_eq(gate_inside(&reading), 3);
	gate_open(&reading);
	loop_until(base, &read, MANY);
	gate_wait_inside(&writing, 2);
	gate_open(&writing);
	loop_until(base, &written, MANY);
	cr_expect_leq(reading.inside_max, 3, "%u read at once", reading.inside_max);
	cr_expect_leq(writing.inside_max, 2, "%u wrote at once", writing.inside_max);
	jobs_free(&jobs);
	event_base_free(base);
}

static void *
open_soon(void *arg)
{
	usleep(50000);
	gate_open(arg);
	return NULL;
}

/* Nothing that was submitted is lost at the end, be it running, waiting or on its way to the other lane. */
Test(jobs, free_completes_all)
{
	enum { COUNT = 30 };
	struct event_base *base = event_base_new();
	struct jobs *jobs = jobs_new(base, 4, COUNT);
	struct gate gate = GATE;
	struct task tasks[COUNT];
	unsigned done = 0;
	pthread_t opener;

	for (int i = 0; i < COUNT; i++) {
		tasks[i] = task_new(&gate, &done);
		tasks[i].asks_for_hash = i % 3 == 0;
		cr_assert(jobs_submit(jobs, &tasks[i].job));
	}
	gate_wait_inside(&gate, 3);	/* one thread is kept for writes */
	cr_assert_eq(pthread_create(&opener, NULL, open_soon, &gate), 0);
	jobs_free(&jobs);
	cr_expect_eq(done, COUNT);
	pthread_join(opener, NULL);
	event_base_free(base);
}
