/* SPDX-License-Identifier: MIT
 *
 * Workers: forked, watched, buried and replaced.
 *
 * A worker that dies is replaced at once, so that one bad request cannot stop
 * the service; but one that dies before it was RUNNING, or within a second,
 * is a failing start, and those are throttled: a broken database must not make
 * us fork without end.
 */
#include "config.h"

#include "master/master.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings.h"
#include "cache/region.h"
#include "master/notify.h"
#include "worker/worker.h"

static struct worker_slot *
slot_of(const struct master *m, const struct child *child)
{
	return &m->shared->workers[child - m->children];
}

static unsigned
number_of(const struct master *m, const struct child *child)
{
	return (unsigned)(child - m->children);
}

/* --- the child's side of the fork --------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but the standard ones and those that are inherited. */
static void
close_others(const struct heritage *heritage)
{
	int kept[HERITAGE_SOCKETS_MAX + 4];
	size_t n = 0;
	int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < heritage->listener_count; i++)
		kept[n++] = heritage->listeners[i];
	if (heritage->status_listener >= 0)
		kept[n++] = heritage->status_listener;
	if (heritage->control_listener >= 0)
		kept[n++] = heritage->control_listener;
	kept[n++] = heritage->master_pipe;
	if (heritage->wake >= 0)
		kept[n++] = heritage->wake;
	qsort(kept, n, sizeof(kept[0]), by_number);
	for (size_t i = 0; i < n; i++) {
		if (kept[i] > from)
			(void)close_range((unsigned)from, (unsigned)kept[i] - 1, 0);
		from = kept[i] + 1;
	}
	(void)close_range((unsigned)from, ~0U, 0);
}

static void
inherit_sockets(struct heritage *heritage, const struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->item[i];

		switch (listener->kind) {
		case LISTENER_PUBLIC:
			heritage->listeners[heritage->listener_count++] = listener->fd;
			break;
		case LISTENER_STATUS:
			heritage->status_listener = listener->fd;
			break;
		case LISTENER_CONTROL:
			heritage->control_listener = listener->fd;
			break;
		}
	}
}

int
child_wake(const struct master *m, const struct settings *settings)
{
	/* It is there for the time when a reload brings a Redis. */
	return settings->cache.redis[0] != '\0' ? m->wake : -1;
}

void
child_run(const struct heritage *heritage, int (*fn)(const struct heritage *heritage))
{
	close_others(heritage);
	notify_forget();
	exit(fn(heritage));
}

static void __attribute__((noreturn))
worker_run(const struct master *m, const struct generation *generation, unsigned number)
{
	struct heritage heritage = {
		.settings = generation->settings, .generation = generation->number, .shared = m->shared,
		.region = m->region, .slot = number,
		.status_listener = -1, .control_listener = -1, .master_pipe = m->pipe_read,
		.wake = child_wake(m, generation->settings)
	};

	inherit_sockets(&heritage, &generation->listeners);
	child_run(&heritage, worker_main);
}

/* --- starting ----------------------------------------------------------- */

/* One more start has failed: the next waits twice as long. */
static void
throttle(struct generation *generation, uint64_t now_ms)
{
	/* Workers that were started together fail together, which is one failure. */
	if (now_ms < generation->not_before_ms)
		return;
	generation->delay_ms = generation->delay_ms == 0 ? MASTER_DELAY_MIN_MS : generation->delay_ms * 2;
	if (generation->delay_ms > MASTER_DELAY_MAX_MS)
		generation->delay_ms = MASTER_DELAY_MAX_MS;
	generation->not_before_ms = now_ms + generation->delay_ms;
	log_warnx("the next worker is started in %llu ms", (unsigned long long)generation->delay_ms);
}

/* The lowest free slot, or NULL. */
static struct child *
child_free(struct master *m)
{
	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
		if (m->children[i].pid == 0)
			return &m->children[i];
	return NULL;
}

static int
child_start(struct master *m, struct generation *generation, struct child *child, uint64_t now_ms)
{
	struct worker_slot *slot = slot_of(m, child);
	pid_t pid;

	atomic_store(&slot->heartbeat_ms, now_ms);
	atomic_store(&slot->state, WORKER_STARTING);
	pid = fork();
	if (pid < 0) {
		log_error("cannot start a worker");
		atomic_store(&slot->state, WORKER_FREE);
		return -1;
	}
	/* Both sides note it: the child may need it before we run again. */
	atomic_store(&slot->pid, pid == 0 ? getpid() : pid);
	if (pid == 0)
		worker_run(m, generation, number_of(m, child));
	*child = (struct child){ .pid = pid, .generation = generation->number, .started_ms = now_ms };
	log_debug("worker %u (pid %d) started", number_of(m, child), (int)pid);
	return 0;
}

void
children_fill(struct master *m, struct generation *generation, uint64_t now_ms)
{
	unsigned have = children_serving(m, generation->number, false);

	for (; have < generation->wanted && now_ms >= generation->not_before_ms; have++) {
		struct child *child = child_free(m);

		/* Full of workers that drain: the next to leave makes room. */
		if (child == NULL)
			return;
		if (child_start(m, generation, child, now_ms) < 0)
			throttle(generation, now_ms);
	}
}

/* --- watching ----------------------------------------------------------- */

static struct generation *
generation_of(struct master *m, const struct child *child)
{
	if (m->next != NULL && child->generation == m->next->number)
		return m->next;
	return child->generation == m->active->number ? m->active : NULL;
}

static void
kill_stuck(struct master *m, struct child *child, const char *what)
{
	if (child->killed)
		return;
	child->killed = true;
	log_errorx("worker %u (pid %d) %s: killed", number_of(m, child), (int)child->pid, what);
	(void)kill(child->pid, SIGKILL);
}

static void
child_watch(struct master *m, struct child *child, uint64_t now_ms)
{
	struct worker_slot *slot = slot_of(m, child);
	struct generation *generation = generation_of(m, child);
	uint64_t heartbeat = atomic_load(&slot->heartbeat_ms);

	if (atomic_load(&slot->state) == WORKER_STARTING) {
		if (now_ms >= child->started_ms + MASTER_START_MS)
			kill_stuck(m, child, "did not get ready");
		return;
	}
	child->running = true;
	/* Once a worker: others that are fine must not speed up one that fails again and again. */
	if (!child->stable && now_ms >= child->started_ms + MASTER_STABLE_MS) {
		child->stable = true;
		if (generation != NULL)
			generation->delay_ms = 0;
	}
	if (now_ms >= m->lenient_ms && now_ms >= heartbeat + m->heartbeat_ms)
		kill_stuck(m, child, "showed no life for too long");
}

void
children_watch(struct master *m, uint64_t now_ms)
{
	/*
	 * Was it us who stood still (a stopped process group, a machine that
	 * swaps), the workers' heartbeats are old as well: let them beat first.
	 */
	if (m->ticked_ms != 0 && now_ms >= m->ticked_ms + MASTER_POLL_MS + m->heartbeat_ms / 2)
		m->lenient_ms = now_ms + m->heartbeat_ms;
	m->ticked_ms = now_ms;
	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
		if (m->children[i].pid != 0)
			child_watch(m, &m->children[i], now_ms);
}

/* --- burying ------------------------------------------------------------ */

static const struct {
	int code;
	const char *sentence;
} exits[] = {
	{ WORKER_EXIT_OK, "has left" },
	{ WORKER_EXIT_FATAL, "ended with a fatal error" },
	{ WORKER_EXIT_SETUP, "could not start" },
};

/*
 * Who was told to go may go by the signal itself: one that came while the
 * worker was ending, its handlers gone already.
 */
static bool
went_as_told(const struct master *m, const struct child *child, int status)
{
	int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (!child->retiring && m->stopping == STOP_NO)
		return false;
	return status == 0 || by == SIGTERM || by == SIGINT || by == SIGQUIT;
}

void
child_describe(char sentence[CHILD_SENTENCE_MAX], int status)
{
	if (WIFSIGNALED(status)) {
		(void)snprintf(sentence, CHILD_SENTENCE_MAX, "was killed by signal %d (%s)%s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
		return;
	}
	(void)snprintf(sentence, CHILD_SENTENCE_MAX, "ended with status %d", WEXITSTATUS(status));
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		if (exits[i].code == WEXITSTATUS(status))
			(void)snprintf(sentence, CHILD_SENTENCE_MAX, "%s", exits[i].sentence);
}

static void
log_death(const struct master *m, const struct child *child, int status)
{
	char sentence[CHILD_SENTENCE_MAX];
	unsigned number = number_of(m, child);

	if (went_as_told(m, child, status)) {
		log_info("worker %u (pid %d) has left", number, (int)child->pid);
		return;
	}
	child_describe(sentence, status);
	log_errorx("worker %u (pid %d) %s", number, (int)child->pid, sentence);
}

/* Releases what the dead worker held in shared memory; its counters stay. */
static void
slot_clear(struct master *m, struct child *child)
{
	struct worker_slot *slot = slot_of(m, child);

	for (size_t i = 0; i < SHARED_CONNECTIONS_MAX; i++) {
		int32_t pid = (int32_t)child->pid;

		(void)atomic_compare_exchange_strong(&m->shared->db_slots[i], &pid, 0);
	}
	if (m->region != NULL)
		region_bury(m->region, (unsigned)(child - m->children));
	atomic_store(&slot->connections, 0);
	atomic_store(&slot->in_flight, 0);
	atomic_store(&slot->queued, 0);
	atomic_store(&slot->db_open, 0);
	atomic_store(&slot->tier_open, 0);
	atomic_store(&slot->heartbeat_ms, 0);
	atomic_store(&slot->state, WORKER_FREE);
	atomic_store(&slot->pid, 0);
}

static void
child_bury(struct master *m, struct child *child, int status, uint64_t now_ms)
{
	struct generation *generation = generation_of(m, child);
	bool running = child->running || atomic_load(&slot_of(m, child)->state) != WORKER_STARTING;
	bool failed = !running || now_ms < child->started_ms + MASTER_STABLE_MS;
	bool replaced = !child->retiring && m->stopping == STOP_NO && generation != NULL;

	log_death(m, child, status);
	slot_clear(m, child);
	*child = (struct child){ 0 };
	if (!replaced)
		return;
	if (generation == m->next && !running) {
		reload_fail(m, "a worker could not start with it");
		return;
	}
	if (failed)
		throttle(generation, now_ms);
	atomic_fetch_add(&m->shared->respawns, 1);
}

void
children_reap(struct master *m, uint64_t now_ms)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		bus_bury(m, pid, status, now_ms);
		for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
			if (m->children[i].pid == pid)
				child_bury(m, &m->children[i], status, now_ms);
	}
}

/* --- all of them -------------------------------------------------------- */

void
children_signal(struct master *m, int signal)
{
	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
		if (m->children[i].pid != 0)
			(void)kill(m->children[i].pid, signal);
}

void
children_retire(struct master *m, unsigned generation, unsigned keep, int signal)
{
	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++) {
		struct child *child = &m->children[i];

		if (child->pid == 0 || child->generation != generation || child->retiring)
			continue;
		if (keep > 0) {
			keep--;
			continue;
		}
		child->retiring = true;
		(void)kill(child->pid, signal);
	}
}

unsigned
children_all(const struct master *m)
{
	unsigned n = 0;

	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
		n += m->children[i].pid != 0;
	return n;
}

unsigned
children_serving(const struct master *m, unsigned generation, bool running)
{
	unsigned n = 0;

	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++) {
		const struct child *child = &m->children[i];

		n += child->pid != 0 && child->generation == generation && !child->retiring
		    && (child->running || !running);
	}
	return n;
}
