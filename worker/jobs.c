/* SPDX-License-Identifier: MIT
 *
 * See jobs.h.  One mutex guards the queues, the list of finished jobs and
 * `stop`; it is held for a few instructions, so the loop may take it.  All
 * threads are alike: any of them runs jobs of any lane.  The hashing lane and then
 * the writing one go first as long as they have a thread to their name, else reads without end would
 * starve them; the bounds on their threads are what protects the reads.
 *
 * Threads without work stand on a stack, and the last to come is the first to
 * go: what it left in the processor's caches is still warm.  Whoever is woken,
 * thread or loop, is woken after the lock was let go, or its first act would
 * be to wait for it.
 *
 * A finished job is put on `done`, and the first one there rings the eventfd;
 * the loop takes the whole list at once.
 */
#include "config.h"

#include "worker/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/log.h"
#include "base/mem.h"

struct job_list {
	struct job *first;
	struct job **last;	/* where the next one is hung */
};

/* A thread without work. */
struct idler {
	struct idler *next;		/* below it on the stack */
	pthread_cond_t wake;
	bool called;			/* taken off the stack */
};

struct jobs {
	pthread_mutex_t lock;
	struct idler *idlers;
	struct job_list queue[JOB_LANES];
	struct job_list done;
	unsigned running[JOB_LANES];
	unsigned hash_max;		/* threads that may hash at once */
	unsigned write_max;		/* that may write: on SQLite they wait for each other */
	unsigned other_max;		/* that may do anything else */
	bool stop;
	atomic_size_t waiting;		/* in all queues; changed under the lock, read by the loop without */

	/* Loop only. */
	size_t pending;			/* submitted, done_cb not yet called */
	size_t queue_max;
	int bell;			/* eventfd */
	struct event bell_event;
	pthread_t *threads;
	unsigned thread_count;
};

static void
list_init(struct job_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void
list_add(struct job_list *list, struct job *job)
{
	job->next = NULL;
	*list->last = job;
	list->last = &job->next;
}

static struct job *
list_take(struct job_list *list)
{
	struct job *job = list->first;

	if (job != NULL) {
		list->first = job->next;
		if (list->first == NULL)
			list->last = &list->first;
	}
	return job;
}

static void
queue_locked(struct jobs *jobs, struct job *job)
{
	list_add(&jobs->queue[job->lane], job);
	atomic_fetch_add_explicit(&jobs->waiting, 1, memory_order_relaxed);
}

/* Takes an idler off the stack, to be signalled when the lock is let go; NULL if all are at work. */
static struct idler *
call_idler_locked(struct jobs *jobs)
{
	struct idler *idler = jobs->idlers;

	if (idler != NULL) {
		jobs->idlers = idler->next;
		idler->called = true;
	}
	return idler;
}

/* The next job that the lanes allow, counted as running; NULL if there is none. */
static struct job *
next_locked(struct jobs *jobs)
{
	bool others = jobs->running[JOB_LANE_HASH] + jobs->running[JOB_LANE_READ] < jobs->other_max;
	struct job *job = NULL;

	if (others && jobs->running[JOB_LANE_HASH] < jobs->hash_max)
		job = list_take(&jobs->queue[JOB_LANE_HASH]);
	if (job == NULL && jobs->running[JOB_LANE_WRITE] < jobs->write_max)
		job = list_take(&jobs->queue[JOB_LANE_WRITE]);
	if (job == NULL && others)
		job = list_take(&jobs->queue[JOB_LANE_READ]);
	if (job != NULL) {
		jobs->running[job->lane]++;
		atomic_fetch_sub_explicit(&jobs->waiting, 1, memory_order_relaxed);
	}
	return job;
}

static void
ring(int bell)
{
	static const uint64_t one = 1;

	while (write(bell, &one, sizeof(one)) < 0)
		if (errno != EINTR)
			log_fatal("ringing the loop");
}

/* Waits on the stack until somebody calls. */
static void
idle_locked(struct jobs *jobs, struct idler *self)
{
	self->called = false;
	self->next = jobs->idlers;
	jobs->idlers = self;
	while (!self->called)
		pthread_cond_wait(&self->wake, &jobs->lock);
}

/* Runs the job without the lock, and puts it where it belongs then. */
static void
run_job(struct jobs *jobs, struct job *job)
{
	enum job_lane lane = job->lane;
	enum job_outcome outcome;
	bool first;

	pthread_mutex_unlock(&jobs->lock);
	outcome = job->run(job);
	pthread_mutex_lock(&jobs->lock);
	jobs->running[lane]--;
	if (outcome == JOB_AGAIN_HASH && lane != JOB_LANE_HASH) {
		/* This thread takes it up at once, or the one that hashes will. */
		job->lane = JOB_LANE_HASH;
		queue_locked(jobs, job);
		return;
	}
	first = jobs->done.first == NULL;
	list_add(&jobs->done, job);
	if (first) {
		pthread_mutex_unlock(&jobs->lock);
		ring(jobs->bell);
		pthread_mutex_lock(&jobs->lock);
	}
}

static void *
thread_main(void *arg)
{
	struct jobs *jobs = arg;
	struct idler self = { .next = NULL };
	struct job *job;

	pthread_cond_init(&self.wake, NULL);
	pthread_mutex_lock(&jobs->lock);
	for (;;) {
		job = next_locked(jobs);
		if (job != NULL)
			run_job(jobs, job);
		else if (jobs->stop)
			break;
		else
			idle_locked(jobs, &self);
	}
	pthread_mutex_unlock(&jobs->lock);
	pthread_cond_destroy(&self.wake);
	return NULL;
}

static void
complete_all(struct jobs *jobs)
{
	struct job *job, *next;

	pthread_mutex_lock(&jobs->lock);
	job = jobs->done.first;
	list_init(&jobs->done);
	pthread_mutex_unlock(&jobs->lock);
	for (; job != NULL; job = next) {
		next = job->next;
		jobs->pending--;
		/* From here on the job is its submitter's, who may free it. */
		job->done_cb(job);
	}
}

static void
bell_cb(int fd, short what, void *arg)
{
	uint64_t rings;

	(void)what;
	/* Emptied before the list is looked at: a job that ends in between rings again. */
	if (read(fd, &rings, sizeof(rings)) < 0 && errno != EAGAIN && errno != EINTR)
		log_fatal("reading the bell of the job threads");
	complete_all(arg);
}

/*
 * Threads take no signals: those belong to the loop.  Faults stay open, or the
 * kernel could not deliver them to a handler (a sanitizer's, say).
 */
static int
start_threads(struct jobs *jobs, unsigned count)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (error == 0 && jobs->thread_count < count) {
		error = pthread_create(&jobs->threads[jobs->thread_count], NULL, thread_main, jobs);
		if (error == 0)
			jobs->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct jobs *
jobs_new(struct event_base *base, unsigned threads, size_t queue_max)
{
	struct jobs *jobs = xcalloc(1, sizeof(*jobs));
	int error;

	pthread_mutex_init(&jobs->lock, NULL);
	for (int lane = 0; lane < JOB_LANES; lane++)
		list_init(&jobs->queue[lane]);
	list_init(&jobs->done);
	jobs->hash_max = threads / 4 > 0 ? threads / 4 : 1;
	jobs->write_max = threads / 2 > 0 ? threads / 2 : 1;
	jobs->other_max = threads > 2 ? threads - 1 : threads;
	jobs->queue_max = queue_max;
	jobs->threads = xcalloc(threads, sizeof(*jobs->threads));
	jobs->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (jobs->bell < 0) {
		error = errno;
		goto fail;
	}
	if (event_assign(&jobs->bell_event, base, jobs->bell, EV_READ | EV_PERSIST, bell_cb, jobs) != 0 ||
	    event_add(&jobs->bell_event, NULL) != 0) {
		error = ENOMEM;
		goto fail;
	}
	error = start_threads(jobs, threads);
	if (error == 0)
		return jobs;
fail:
	jobs_free(&jobs);
	errno = error;
	return NULL;
}

void
jobs_free(struct jobs **jobs_p)
{
	struct jobs *jobs = *jobs_p;

	if (jobs == NULL)
		return;
	*jobs_p = NULL;
	pthread_mutex_lock(&jobs->lock);
	jobs->stop = true;
	for (struct idler *idler = call_idler_locked(jobs); idler != NULL; idler = call_idler_locked(jobs))
		pthread_cond_signal(&idler->wake);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->thread_count; i++)
		pthread_join(jobs->threads[i], NULL);
	complete_all(jobs);
	if (event_initialized(&jobs->bell_event))
		event_del(&jobs->bell_event);
	if (jobs->bell >= 0)
		close(jobs->bell);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs->threads);
	free(jobs);
}

bool
jobs_submit(struct jobs *jobs, struct job *job)
{
	struct idler *idler = NULL;
	bool fits;

	pthread_mutex_lock(&jobs->lock);
	fits = atomic_load_explicit(&jobs->waiting, memory_order_relaxed) < jobs->queue_max;
	if (fits) {
		queue_locked(jobs, job);
		idler = call_idler_locked(jobs);
	}
	pthread_mutex_unlock(&jobs->lock);
	/* It is still there: threads end in jobs_free only, which is ours to call too. */
	if (idler != NULL)
		pthread_cond_signal(&idler->wake);
	if (fits)
		jobs->pending++;
	return fits;
}

size_t
jobs_waiting(const struct jobs *jobs)
{
	return atomic_load_explicit(&jobs->waiting, memory_order_relaxed);
}

size_t
jobs_pending(const struct jobs *jobs)
{
	return jobs->pending;
}
