/* SPDX-License-Identifier: MIT
 *
 * The threads of a worker that do what blocks.  The loop submits a job, a
 * thread runs it, the loop gets it back through its completion callback.
 * Lanes keep one kind of job from starving another: at most a quarter of the
 * threads (at least one) run hashing jobs, at most half of them write, and where
 * there are more than two, one is kept for those.
 */
#ifndef THIMBLE_WORKER_JOBS_H
#define THIMBLE_WORKER_JOBS_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct jobs;

enum job_lane { JOB_LANE_READ, JOB_LANE_HASH, JOB_LANE_WRITE, JOB_LANES };

enum job_outcome { JOB_DONE, JOB_AGAIN_HASH /* put it into the hashing lane and run it again */ };

/* Embedded in what it works on; owned by the submitter, who must not touch it until done_cb. */
struct job {
	enum job_outcome (*run)(struct job *job);	/* job thread; job->lane says which lane it runs in */
	void (*done_cb)(struct job *job);		/* loop */
	enum job_lane lane;
	struct job *next;				/* jobs.c's */
};

/* Starts the threads.  NULL with errno if that fails. */
struct jobs *jobs_new(struct event_base *base, unsigned threads, size_t queue_max);
/* Waits for running jobs, completes all, joins the threads. */
void jobs_free(struct jobs **jobs);

/* Loop: queues the job; false (and nothing happens) when the queue is full. */
bool jobs_submit(struct jobs *jobs, struct job *job);
/* Loop: jobs that wait, and jobs that wait or run. */
size_t jobs_waiting(const struct jobs *jobs);
size_t jobs_pending(const struct jobs *jobs);

#endif
