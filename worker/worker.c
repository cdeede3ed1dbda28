/* SPDX-License-Identifier: MIT
 *
 * See worker.h: the life of a worker process.  It becomes what the settings
 * say (user, time zone, descriptors), builds its parts in the order of their
 * need, runs the loop, drains, and takes the parts down in reverse.
 *
 * Job threads may be stuck in a database or a hash when the time to stop has
 * come; then the process leaves without them (leave_at_once), for joining them
 * is waiting for them.
 */
#include "config.h"

#include "worker/worker.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "cache/region.h"
#include "store/store.h"
#include "worker/access_log.h"
#include "base/monotonic.h"
#include "worker/become.h"
#include "worker/collapse.h"
#include "worker/conn.h"
#include "worker/control.h"
#include "worker/jobs.h"
#include "worker/pages.h"
#include "worker/request.h"
#include "worker/service.h"
#include "worker/shared.h"
#include "worker/shortcut.h"
#include "worker/status.h"

enum {
	JOBS_PER_THREAD = 256,		/* of the queue; beyond it requests are shed */
	STORE_IDLE_MS = 60 * 1000,	/* idle connections to the database are closed after that */
	STORE_TRIM_EVERY = 15,		/* heartbeats */
	STATUS_CONNECTIONS_MAX = 64,
	CONTROL_CONNECTIONS_MAX = 8,
	DESCRIPTORS_OWN = 64,		/* logs, pipes, listening sockets... */
	DESCRIPTORS_PER_THREAD = 4,	/* a database connection: SQLite has three files open */
	DESCRIPTORS_MAX = 1024 * 1024
};

enum { SIGNALS = 4 };

/*
 * A first connection to the database, so that what is wrong with it is said at
 * start-up and not at the first request.  The store says it.
 */
struct probe {
	struct job job;
	struct service *service;
};

struct worker {
	const struct heritage *heritage;
	const struct settings *settings;
	struct worker_slot *slot;
	struct event_base *base;
	struct access_log *access_log;
	struct store *store;
	struct service *service;
	struct jobs *jobs;
	struct collapse *collapse;	/* NULL, as shortcuts: there is no cache */
	struct shortcuts *shortcuts;
	struct pages *pages;
	struct status *status;
	struct conns *public_conns;
	struct conns *status_conns;
	struct control *control;
	struct conns *control_conns;
	char *scratch;
	struct event signals[SIGNALS];
	struct event master_gone;
	struct event heartbeat;
	struct event stop_timer;
	struct probe probe;
	unsigned beats;
	bool draining;
	bool stop;			/* leave the loop, whatever is in flight */
	struct store_stats counted;	/* what is in the slot's counters already */
};

/* ---- becoming a worker ---- */

/* select() is used nowhere, so the soft limit, low for its sake, need not hold. */
static size_t
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
		if (limit.rlim_cur < before || setrlimit(RLIMIT_NOFILE, &limit) != 0)
			limit.rlim_cur = before;
	}
	return limit.rlim_cur < DESCRIPTORS_MAX ? (size_t)limit.rlim_cur : DESCRIPTORS_MAX;
}

/* Clients may not take the descriptors that their requests then need. */
static size_t
connections_max(const struct settings *settings, size_t descriptors)
{
	size_t ours = DESCRIPTORS_OWN + PAGES_FILES + STATUS_CONNECTIONS_MAX + CONTROL_CONNECTIONS_MAX +
	    (size_t)settings->server.threads * DESCRIPTORS_PER_THREAD;

	return descriptors > ours + 16 ? descriptors - ours : 16;
}

/* ---- the end ---- */

static void
begin_drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	atomic_store_explicit(&w->slot->state, WORKER_DRAINING, memory_order_relaxed);
	log_debug("draining %zu connections", conns_count(w->public_conns));
	status_set_draining(w->status);
	conns_drain(w->public_conns);
	/*
	 * When the whole node stops, load balancers shall read so from /readyz
	 * while requests are being finished.  When it only reloads, they shall
	 * not: the new workers answer them.
	 */
	if (atomic_load_explicit(&w->heritage->shared->stopping, memory_order_relaxed) == 0)
		conns_drain(w->status_conns);
}

static bool
drained(struct worker *w)
{
	if (!w->draining || conns_count(w->public_conns) > 0 || jobs_pending(w->jobs) > 0)
		return false;
	/*
	 * The control socket is answered up to here: what it tells and changes is
	 * the node's, whoever answers, and WINCH leaves nobody else to do it.
	 */
	conns_drain(w->control_conns);
	return conns_count(w->control_conns) == 0;
}

static void
stop_cb(int fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	log_warnx("stop_timeout is over with %zu connections and %zu jobs left", conns_count(w->public_conns),
	    jobs_pending(w->jobs));
	w->stop = true;
}

static void
drain_with_deadline(struct worker *w)
{
	uint64_t ms = w->settings->server.stop_timeout;
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	begin_drain(w);
	if (!evtimer_pending(&w->stop_timer, NULL))
		evtimer_add(&w->stop_timer, &tv);
}

/* ---- events ---- */

static void
signal_cb(int number, short what, void *arg)
{
	struct worker *w = arg;

	(void)what;
	switch (number) {
	case SIGQUIT:
		begin_drain(w);
		break;
	case SIGTERM:
		drain_with_deadline(w);
		break;
	case SIGINT:
		w->stop = true;
		break;
	case SIGUSR1:
		access_log_reopen(w->access_log);
		break;
	}
}

static void
master_gone_cb(int fd, short what, void *arg)
{
	struct worker *w = arg;
	char byte;

	(void)what;
	/* The master writes nothing; what is readable is its end. */
	if (read(fd, &byte, 1) != 0)
		return;
	event_del(&w->master_gone);
	log_warnx("the master is gone");
	begin_drain(w);
}

static void
add_delta(_Atomic uint64_t *counter, uint64_t now, uint64_t before)
{
	atomic_fetch_add_explicit(counter, now - before, memory_order_relaxed);
}

static void
note_store(struct worker *w)
{
	struct store_stats stats = store_stats(w->store);

	atomic_store_explicit(&w->slot->db_open, stats.open, memory_order_relaxed);
	add_delta(&w->slot->db_statements, stats.statements, w->counted.statements);
	add_delta(&w->slot->db_failures, stats.failures, w->counted.failures);
	add_delta(&w->slot->db_wait_us, stats.wait_us, w->counted.wait_us);
	w->counted = stats;
}

static void
heartbeat_cb(int fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	atomic_store_explicit(&w->slot->heartbeat_ms, monotonic_ms(), memory_order_relaxed);
	note_store(w);
	service_beat(w->service);
	if (++w->beats % STORE_TRIM_EVERY == 0)
		store_trim(w->store, STORE_IDLE_MS);
}

/* ---- building and running ---- */

static bool
answer_public(void *context, struct request *request)
{
	return service_answer(context, request);
}

static enum service_result
run_public(void *context, struct request *request, bool may_hash)
{
	return service_run(context, request, may_hash);
}

static bool
again_public(void *context, struct request *request)
{
	return service_again(context, request);
}

static bool
shortcut_public(void *context, struct request *request, const struct shortcut *shortcut)
{
	return service_by_shortcut(context, request, shortcut);
}

static bool
learn_public(void *context, const struct request *request, struct shortcut *shortcut_r)
{
	return service_learn(context, request, shortcut_r);
}

static void
finish_public(void *context, struct request *request)
{
	service_finish(context, request);
}

static struct store *
open_store(const struct heritage *heritage)
{
	const struct settings *settings = heritage->settings;
	unsigned connections = settings->store.connections, workers = settings->server.workers;
	struct store_options options = {
		.url = settings->store.url,
		.timezone = settings->api.timezone,
		.timeout_ms = (unsigned)settings->server.request_timeout,
		/* With fewer connections than workers nobody may keep one. */
		.quota = workers > 0 ? connections / workers : connections,
		.slots = heritage->shared->db_slots,
		.write_lock = &heritage->shared->write_lock,
		.slot_count = connections < SHARED_CONNECTIONS_MAX ? connections : SHARED_CONNECTIONS_MAX,
	};

	return store_new(&options);
}

static int
listen_all(struct worker *w)
{
	const struct heritage *heritage = w->heritage;

	for (size_t i = 0; i < heritage->listener_count; i++)
		if (conns_listen(w->public_conns, heritage->listeners[i]) != 0)
			return -1;
	if (heritage->status_listener >= 0 && conns_listen(w->status_conns, heritage->status_listener) != 0)
		return -1;
	return heritage->control_listener < 0 ? 0 : conns_listen(w->control_conns, heritage->control_listener);
}

static int
make_conns(struct worker *w, size_t descriptors)
{
	static const struct conn_handler public_handler = { .answer = answer_public, .run = run_public,
	    .again = again_public, .finish = finish_public, .by_shortcut = shortcut_public, .learn = learn_public };
	struct conns_options options = {
		.base = w->base,
		.settings = w->settings,
		.jobs = w->jobs,
		.collapse = w->collapse,
		.access_log = access_log_is_on(w->access_log) ? w->access_log : NULL,
		.slot = w->slot,
		.handler = &public_handler,
		.context = w->service,
		.scratch = w->scratch,
		.max = connections_max(w->settings, descriptors),
	};

	if (options.access_log == NULL)
		options.shortcuts = w->shortcuts;
	options.pages = w->pages;
	w->public_conns = conns_new(&options);
	options.shortcuts = NULL;
	options.pages = NULL;
	options.access_log = NULL;
	options.slot = NULL;
	options.collapse = NULL;
	options.handler = status_handler();
	options.context = w->status;
	options.max = STATUS_CONNECTIONS_MAX;
	w->status_conns = conns_new(&options);
	options.handler = control_handler();
	options.context = w->control;
	options.max = CONTROL_CONNECTIONS_MAX;
	w->control_conns = conns_new(&options);
	return listen_all(w);
}

static int
add_events(struct worker *w)
{
	static const int handled[SIGNALS] = { SIGQUIT, SIGTERM, SIGINT, SIGUSR1 };
	struct timeval second = { .tv_sec = 1 };
	sigset_t none;

	for (int i = 0; i < SIGNALS; i++) {
		evsignal_assign(&w->signals[i], w->base, handled[i], signal_cb, w);
		if (evsignal_add(&w->signals[i], NULL) != 0)
			return -1;
	}
	event_assign(&w->master_gone, w->base, w->heritage->master_pipe, EV_READ | EV_PERSIST, master_gone_cb, w);
	event_assign(&w->heartbeat, w->base, -1, EV_PERSIST, heartbeat_cb, w);
	evtimer_assign(&w->stop_timer, w->base, stop_cb, w);
	if (event_add(&w->master_gone, NULL) != 0 || event_add(&w->heartbeat, &second) != 0)
		return -1;
	/* The master forks with all signals blocked, so none was lost until here. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/*
 * No thread but this one touches the event base; its locks would only cost.  The environment could ask for
 * a list of changes, in which an event that is taken off and added again would cancel out (conn.c).
 */
static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

/*
 * A page of 250 is 400 KB: from a mapping of its own, every answer would pay
 * for a hundred page faults.
 */
static void
keep_large_blocks(void)
{
	enum { LARGEST = 4 * 1024 * 1024, KEPT = 16 * 1024 * 1024 };

	(void)mallopt(M_MMAP_THRESHOLD, LARGEST);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

static enum job_outcome
probe_run(struct job *job)
{
	struct probe *probe = (struct probe *)(void *)job;
	struct arena *arena = arena_new();
	const char *reason;

	(void)service_ready(probe->service, arena, &reason);
	arena_free(&arena);
	return JOB_DONE;
}

static void
probe_done_cb(struct job *job)
{
	(void)job;
}

static int
set_up(struct worker *w)
{
	const struct settings *settings = w->settings;
	size_t descriptors;

	/* Before there are threads: the environment has no lock. */
	if (setenv("TZ", settings->api.timezone, 1) != 0)
		return -1;
	tzset();
	keep_large_blocks();
	descriptors = raise_descriptor_limit();
	if (become_user(settings->server.user) != 0)
		return -1;
	ignore_signals();
	w->scratch = xmalloc(CONN_SCRATCH);
	if ((w->base = make_base()) == NULL || (w->access_log = access_log_new(settings)) == NULL)
		return -1;
	if ((w->store = open_store(w->heritage)) == NULL) {
		log_errorx("store url is malformed");
		return -1;
	}
	w->service = service_new(w->heritage, w->store);
	if (w->service == NULL)
		return -1;
	w->status = status_new(w->heritage->shared, w->heritage->region, w->service);
	w->control = control_new(w->heritage->shared, w->heritage->region);
	w->jobs = jobs_new(w->base, settings->server.threads, (size_t)settings->server.threads * JOBS_PER_THREAD);
	if (w->jobs == NULL) {
		log_error("starting %u threads", settings->server.threads);
		return -1;
	}
	if (w->heritage->region != NULL) {
		w->shortcuts = shortcuts_new(w->heritage->region);
		w->pages = pages_new(region_capacity(w->heritage->region) / PAGES_PART /
		    (settings->server.workers > 0 ? settings->server.workers : 1));
		w->collapse = collapse_new(w->base, w->heritage->region, w->heritage->slot, conns_wake);
	}
	if (make_conns(w, descriptors) != 0 || add_events(w) != 0) {
		log_errorx("events cannot be set up");
		return -1;
	}
	w->probe = (struct probe){ .job = { .run = probe_run, .done_cb = probe_done_cb }, .service = w->service };
	(void)jobs_submit(w->jobs, &w->probe.job);
	return 0;
}

static void
run(struct worker *w)
{
	atomic_store_explicit(&w->slot->heartbeat_ms, monotonic_ms(), memory_order_relaxed);
	atomic_store_explicit(&w->slot->state, WORKER_RUNNING, memory_order_relaxed);
	log_debug("running");
	while (!w->stop && !drained(w)) {
		if (event_base_loop(w->base, EVLOOP_ONCE) < 0)
			log_fatalx("the event loop failed");
		atomic_store_explicit(&w->slot->queued, jobs_waiting(w->jobs), memory_order_relaxed);
		access_log_flush(w->access_log);
	}
	note_store(w);
}

/* Threads are at work that nobody waits for any more. */
static void __attribute__((noreturn))
leave_at_once(struct worker *w)
{
	conns_close(w->public_conns);
	conns_close(w->status_conns);
	conns_close(w->control_conns);
	access_log_flush(w->access_log);
	_exit(WORKER_EXIT_OK);
}

static void
del_event(struct event *event)
{
	if (event_initialized(event))
		event_del(event);
}

static void
tear_down(struct worker *w)
{
	sigset_t all;

	/* A signal that comes while its event is taken away would kill us. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < SIGNALS; i++)
		del_event(&w->signals[i]);
	del_event(&w->master_gone);
	del_event(&w->heartbeat);
	del_event(&w->stop_timer);
	/* Connections first, so that jobs complete into nothing; their sets last, for the jobs look at them. */
	if (w->public_conns != NULL)
		conns_close(w->public_conns);
	if (w->status_conns != NULL)
		conns_close(w->status_conns);
	if (w->control_conns != NULL)
		conns_close(w->control_conns);
	jobs_free(&w->jobs);
	collapse_free(&w->collapse);
	shortcuts_free(&w->shortcuts);
	pages_free(&w->pages);
	conns_free(&w->public_conns);
	conns_free(&w->status_conns);
	conns_free(&w->control_conns);
	status_free(&w->status);
	control_free(&w->control);
	service_free(&w->service);
	store_free(&w->store);
	if (w->access_log != NULL)
		access_log_free(&w->access_log);
	if (w->base != NULL)
		event_base_free(w->base);
	free(w->scratch);
}

int
worker_main(const struct heritage *heritage)
{
	struct worker w = {
		.heritage = heritage,
		.settings = heritage->settings,
		.slot = &heritage->shared->workers[heritage->slot],
	};
	char name[32];

	(void)snprintf(name, sizeof(name), "worker %u", heritage->slot);
	log_set_process(name);
	log_set_level((enum log_level)heritage->settings->log.level);
	if (set_up(&w) != 0) {
		tear_down(&w);
		return WORKER_EXIT_SETUP;
	}
	run(&w);
	if (jobs_pending(w.jobs) > 0)
		leave_at_once(&w);
	tear_down(&w);
	return WORKER_EXIT_OK;
}
