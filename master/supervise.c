/* SPDX-License-Identifier: MIT
 *
 * The master: start, the loop, the end (see master.h for who does what).  It
 * looks at no request and has neither thread nor event base nor database.
 */
#include "config.h"

#include "master/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/robust.h"
#include "base/settings.h"
#include "cache/region.h"
#include "cache/credentials.h"
#include "master/master.h"
#include "master/notify.h"
#include "worker/wake.h"

/* --- start -------------------------------------------------------------- */

static struct shared *
shared_map(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED) {
		log_error("cannot map %zu bytes of shared memory", sizeof(*shared));
		return NULL;
	}
	if (credentials_init(&shared->credentials) < 0) {
		log_errorx("there is no randomness to draw a key from");
		(void)munmap(shared, sizeof(*shared));
		return NULL;
	}
	if (robust_init_fair(&shared->write_lock) < 0) {
		log_error("cannot make a lock");
		(void)munmap(shared, sizeof(*shared));
		return NULL;
	}
	shared->magic = SHARED_MAGIC;
	shared->layout = SHARED_LAYOUT;
	shared->size = sizeof(*shared);
	return shared;
}

/* The cache, made once: its size is not for a reload to change.  0, or -1. */
static int
region_map(struct master *m, const struct settings *settings)
{
	if (settings->cache.size == 0)
		return 0;
	m->wake = wake_open();
	if (m->wake < 0) {
		log_error("cannot start");
		return -1;
	}
	m->region = region_create(settings->cache.size, SHARED_WORKERS_MAX);
	if (m->region != NULL)
		return 0;
	if (errno == EINVAL)
		log_errorx("[cache] size is too small: give it 4M or more, or 0 to turn the cache off");
	else
		log_error("cannot map a cache of %llu bytes", (unsigned long long)settings->cache.size);
	return -1;
}

/* Written beside and renamed, so that nobody reads half a number. */
static int
pid_file_write(const char *path)
{
	char aside[4096], text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int fd;

	if (path[0] == '\0')
		return 0;
	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside)) {
		errno = ENAMETOOLONG;
	} else if ((fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)) >= 0) {
		bool written = write(fd, text, (size_t)n) == n;

		(void)close(fd);
		if (written && rename(aside, path) == 0)
			return 0;
		(void)unlink(aside);
	}
	log_error("cannot write %s", path);
	return -1;
}

/* Unless another server has written its own by now. */
static void
pid_file_remove(const char *path)
{
	FILE *file = path[0] != '\0' ? fopen(path, "re") : NULL;
	int pid = 0;

	if (file == NULL)
		return;
	if (fscanf(file, "%d", &pid) == 1 && pid == (int)getpid())
		(void)unlink(path);
	(void)fclose(file);
}

/* Tests cannot wait half a minute for a worker to count as stuck. */
static uint64_t
heartbeat_limit(void)
{
	const char *text = getenv("THIMBLE_TEST_HEARTBEAT_MS");
	long ms = text != NULL ? strtol(text, NULL, 10) : 0;

	return ms > 0 ? (uint64_t)ms : MASTER_HEARTBEAT_MS;
}

static int
master_open(struct master *m, struct settings **settings)
{
	char error[LISTEN_ERROR_MAX];
	int fds[2];

	m->heartbeat_ms = heartbeat_limit();
	m->signal_fd = signals_open();
	if (m->signal_fd < 0 || pipe2(fds, O_CLOEXEC) < 0) {
		log_error("cannot start");
		return -1;
	}
	m->pipe_read = fds[0];
	m->pipe_write = fds[1];
	if (generation_open(&m->generations[0], settings, NULL, error) < 0) {
		log_errorx("%s", error);
		return -1;
	}
	m->active = &m->generations[0];
	m->active->number = ++m->generation_last;
	m->shared = shared_map();
	if (m->shared == NULL || region_map(m, m->active->settings) < 0 ||
	    pid_file_write(m->active->settings->server.pid_file) < 0)
		return -1;
	return 0;
}

/* --- the loop ----------------------------------------------------------- */

/* Says so once a generation's workers are all there, and tells systemd of the first. */
static void
announce(struct master *m)
{
	unsigned running = children_serving(m, m->active->number, true);

	if (running > 0 && !m->ready) {
		m->ready = true;
		notify_ready(running);
	}
	if (!m->active->announced && !m->drained && running >= m->active->wanted) {
		m->active->announced = true;
		log_info("ready: %u worker%s", running, running == 1 ? "" : "s");
		notify_ready(running);
	}
}

static void
kill_late(struct master *m, uint64_t now_ms)
{
	if (m->kill_ms == 0 || now_ms < m->kill_ms)
		return;
	log_warnx("%u worker%s did not stop in time: killed", children_all(m), children_all(m) == 1 ? "" : "s");
	children_signal(m, SIGKILL);
	m->kill_ms = 0;
}

static void
turn(struct master *m)
{
	uint64_t now_ms;

	signals_read(m);
	now_ms = monotonic_ms();
	children_watch(m, now_ms);
	children_reap(m, now_ms);
	bus_turn(m, now_ms);
	if (m->stopping != STOP_NO) {
		kill_late(m, now_ms);
		return;
	}
	reload_watch(m);
	if (!m->drained)
		children_fill(m, m->active, now_ms);
	if (m->next != NULL && !bus_in_the_way(m))
		children_fill(m, m->next, now_ms);
	announce(m);
}

static uint64_t
until(uint64_t when_ms, uint64_t now_ms, uint64_t timeout)
{
	uint64_t left = when_ms > now_ms ? when_ms - now_ms : 0;

	return left < timeout ? left : timeout;
}

/* How long nothing can be missed. */
static int
sleep_ms(const struct master *m)
{
	uint64_t now_ms = monotonic_ms(), timeout = MASTER_POLL_MS;
	const struct generation *active = m->active;

	if (m->heartbeat_ms / 4 < timeout)
		timeout = m->heartbeat_ms / 4 + 1;
	if (m->kill_ms != 0)
		timeout = until(m->kill_ms, now_ms, timeout);
	if (m->bus.pid == 0 && m->bus_not_before_ms > now_ms)
		timeout = until(m->bus_not_before_ms, now_ms, timeout) + 1;
	if (m->stopping != STOP_NO)
		return (int)timeout;
	for (size_t i = 0; i < SHARED_WORKERS_MAX; i++)
		if (m->children[i].pid != 0 && !m->children[i].running)
			return MASTER_POLL_BUSY_MS;
	if (m->next != NULL)
		return MASTER_POLL_BUSY_MS;
	if (!m->drained && children_serving(m, active->number, false) < active->wanted)
		timeout = until(active->not_before_ms, now_ms, timeout) + 1;
	return (int)timeout;
}

static void
loop(struct master *m)
{
	uint64_t watchdog_ms = notify_watchdog_ms(), alive_ms = 0;

	for (;;) {
		struct pollfd signals = { .fd = m->signal_fd, .events = POLLIN };

		turn(m);
		if (m->stopping != STOP_NO && children_all(m) == 0 && m->bus.pid == 0)
			return;
		if (watchdog_ms != 0 && monotonic_ms() >= alive_ms + watchdog_ms) {
			alive_ms = monotonic_ms();
			notify_alive();
		}
		if (poll(&signals, 1, sleep_ms(m)) < 0 && errno != EINTR)
			log_error("poll");
	}
}

/* --- the end ------------------------------------------------------------ */

static void
master_close(struct master *m)
{
	if (m->active != NULL) {
		if (m->shared != NULL)
			pid_file_remove(m->active->settings->server.pid_file);
		if (m->next != NULL)
			generation_close(m->next, m->active);
		generation_close(m->active, NULL);
	}
	region_close(&m->region);
	if (m->shared != NULL)
		(void)munmap(m->shared, sizeof(*m->shared));
	if (m->pipe_write >= 0) {
		(void)close(m->pipe_read);
		(void)close(m->pipe_write);
	}
	if (m->wake >= 0)
		(void)close(m->wake);
	if (m->signal_fd >= 0)
		(void)close(m->signal_fd);
}

int
supervise(const char *config_path, struct settings **settings)
{
	struct master master = {
		.config_path = config_path, .signal_fd = -1, .pipe_read = -1, .pipe_write = -1, .wake = -1
	};
	int status = EXIT_FAILURE;

	log_set_process("master");
	log_set_level((enum log_level)(*settings)->log.level);
	if (master_open(&master, settings) == 0) {
		listeners_log(&master.active->listeners);
		loop(&master);
		log_info("stopped");
		status = EXIT_SUCCESS;
	}
	settings_free(settings);
	master_close(&master);
	return status;
}
