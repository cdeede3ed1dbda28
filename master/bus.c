/* SPDX-License-Identifier: MIT
 *
 * The bus process (worker/bus.h): one, of the configuration in force, as long
 * as there is a cache and workers that answer from it.  It leaves after the last worker
 * and, over a reload, before its successor comes.  Without one nothing is wrong
 * but slower, so that nobody waits for it, with one exception: as long as it speaks for another
 * database than the workers that are to come would use.
 */
#include "config.h"

#include "master/master.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings.h"
#include "cache/region.h"
#include "worker/bus.h"

static bool
next_is_elsewhere(const struct master *m)
{
	return m->next != NULL && strcmp(m->next->settings->store.url, m->active->settings->store.url) != 0;
}

bool
bus_in_the_way(const struct master *m)
{
	return m->bus.pid != 0 && next_is_elsewhere(m);
}

static bool
is_wanted(const struct master *m)
{
	return m->region != NULL && (m->stopping == STOP_NO || m->bus.pid != 0) && !next_is_elsewhere(m)
	    && (children_all(m) > 0 || (!m->drained && m->stopping == STOP_NO));
}

/* --- starting and ending ------------------------------------------------- */

static void
throttle(struct master *m, uint64_t now_ms)
{
	m->bus_delay_ms = m->bus_delay_ms == 0 ? MASTER_DELAY_MIN_MS : m->bus_delay_ms * 2;
	if (m->bus_delay_ms > MASTER_DELAY_MAX_MS)
		m->bus_delay_ms = MASTER_DELAY_MAX_MS;
	m->bus_not_before_ms = now_ms + m->bus_delay_ms;
}

static void
start(struct master *m, uint64_t now_ms)
{
	struct heritage heritage = {
		.settings = m->active->settings, .generation = m->active->number, .shared = m->shared, .region = m->region,
		.status_listener = -1, .control_listener = -1, .master_pipe = m->pipe_read,
		.wake = child_wake(m, m->active->settings)
	};
	struct bus_slot *slot = &m->shared->bus;
	pid_t pid;

	atomic_store(&slot->heartbeat_ms, now_ms);
	atomic_store(&slot->state, WORKER_STARTING);
	pid = fork();
	if (pid < 0) {
		log_error("cannot start the bus");
		atomic_store(&slot->state, WORKER_FREE);
		throttle(m, now_ms);
		return;
	}
	atomic_store(&slot->pid, pid == 0 ? getpid() : pid);
	if (pid == 0)
		child_run(&heritage, bus_main);
	m->bus = (struct child){ .pid = pid, .generation = m->active->number, .started_ms = now_ms };
	log_debug("the bus (pid %d) started", (int)pid);
}

static void
kill_it(struct master *m, const char *what)
{
	if (m->bus.killed)
		return;
	m->bus.killed = true;
	log_errorx("the bus (pid %d) %s: killed", (int)m->bus.pid, what);
	(void)kill(m->bus.pid, SIGKILL);
}

static void
tell_to_go(struct master *m, uint64_t now_ms)
{
	if (!m->bus.retiring) {
		m->bus.retiring = true;
		m->bus_kill_ms = now_ms + MASTER_NOW_MS;
		(void)kill(m->bus.pid, SIGTERM);
	} else if (now_ms >= m->bus_kill_ms) {
		kill_it(m, "did not leave");
	}
}

static void
watch(struct master *m, uint64_t now_ms)
{
	struct bus_slot *slot = &m->shared->bus;

	if (atomic_load(&slot->state) == WORKER_STARTING) {
		if (now_ms >= m->bus.started_ms + MASTER_START_MS)
			kill_it(m, "did not get ready");
		return;
	}
	m->bus.running = true;
	if (!m->bus.stable && now_ms >= m->bus.started_ms + MASTER_STABLE_MS) {
		m->bus.stable = true;
		m->bus_delay_ms = 0;
	}
	if (now_ms >= m->lenient_ms && now_ms >= atomic_load(&slot->heartbeat_ms) + m->heartbeat_ms)
		kill_it(m, "showed no life for too long");
}

void
bus_turn(struct master *m, uint64_t now_ms)
{
	bool wanted = is_wanted(m);

	if (m->bus.pid == 0) {
		if (wanted && now_ms >= m->bus_not_before_ms)
			start(m, now_ms);
		return;
	}
	watch(m, now_ms);
	if (!wanted || m->bus.generation != m->active->number)
		tell_to_go(m, now_ms);
}

/* --- burying ------------------------------------------------------------ */

static bool
went_as_told(const struct master *m, int status)
{
	int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return (m->bus.retiring || m->stopping != STOP_NO) && (status == 0 || by == SIGTERM || by == SIGINT || by == SIGQUIT);
}

void
bus_bury(struct master *m, pid_t pid, int status, uint64_t now_ms)
{
	struct bus_slot *slot = &m->shared->bus;
	char sentence[CHILD_SENTENCE_MAX];
	bool told;

	if (pid != m->bus.pid)
		return;
	told = went_as_told(m, status);
	child_describe(sentence, status);
	if (!told)
		log_errorx("the bus (pid %d) %s", (int)pid, sentence);
	else
		log_debug("the bus (pid %d) has left", (int)pid);
	/* What it was in the middle of applying. */
	clock_mend(region_clock(m->region));
	if (next_is_elsewhere(m))
		region_lease_end(m->region);
	atomic_store(&slot->lease, BUS_ABSENT);
	atomic_store(&slot->state, WORKER_FREE);
	atomic_store(&slot->heartbeat_ms, 0);
	atomic_store(&slot->pid, 0);
	if (!told && !m->bus.retiring) {
		atomic_fetch_add(&m->shared->respawns, 1);
		if (now_ms < m->bus.started_ms + MASTER_STABLE_MS)
			throttle(m, now_ms);
	}
	m->bus = (struct child){ 0 };
}
