/* SPDX-License-Identifier: MIT
 *
 * See bus.h.  One thread, which waits in poll() and otherwise for the database, for
 * QUERY_MS at most; it holds no lock of the region then.
 *
 * SQLite tells nobody of its commits: PRAGMA data_version is asked every POLL_MS while
 * there are requests, which costs microseconds, and less often without.  PostgreSQL
 * notifies, but not of what thimble itself wrote, which its workers have applied; with Redis
 * (relay.h) they wake the bus, which tells other nodes.
 */
#include "config.h"

#include "worker/bus.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "base/arena.h"
#include "base/breakage.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/position.h"
#include "cache/region.h"
#include "store/feed.h"
#include "worker/become.h"
#include "worker/changes.h"
#include "worker/relay.h"
#include "worker/slots.h"
#include "worker/wake.h"

enum {
	QUERY_MS = 5000,
	LOOKS = 4,			/* full ones, per max_stale */
	LOOK_MAX_MS = 1000,		/* between two of them */
	RETRY_MS = 200,			/* after a failure */
	AGAIN_MS = 20,			/* until a look that is to settle something */
	POLL_MS = 20,
	POLL_IDLE_MS = 100,
	BUSY_MS = 1000,			/* after the last request the node counts as idle */
	/*
	 * Workers look whether a SQLite file was replaced only every 100 ms: until then they may fill
	 * entries from the old one.
	 */
	SETTLE_MS = 250
};

struct bus {
	const struct heritage *heritage;
	struct region *region;
	struct bus_slot *slot;
	struct feed *feed;
	struct relay *relay;		/* NULL: without Redis */
	struct arena *arena;
	int signal_fd;
	uint64_t max_stale;
	uint64_t look_ms;		/* when the next full look is due */
	uint64_t retry_ms;		/* nothing is read before */
	/* the lease */
	uint64_t since_ms;		/* 0: none */
	uint64_t mark;			/* the feed's, at its beginning */
	/* what was logged */
	enum bus_lease said;
	uint64_t requests;		/* answered so far, and when that was another number */
	uint64_t requests_ms;
};

/* ---- words ---- */

static enum bus_lease
lease_of(enum feed_obstacle obstacle)
{
	static const enum bus_lease leases[] = {
		[FEED_CLEAR] = BUS_HELD, [FEED_UNTOLD] = BUS_UNTOLD, [FEED_STANDBY] = BUS_STANDBY,
		[FEED_NO_RIGHTS] = BUS_NO_RIGHTS, [FEED_TAKEN] = BUS_TAKEN,
	};

	return leases[obstacle];
}

/* Notes how it stands, and logs what is new. */
static void
say(struct bus *bus, enum bus_lease lease, const char *problem)
{
	atomic_store_explicit(&bus->slot->lease, lease, memory_order_relaxed);
	if (lease == bus->said)
		return;
	bus->said = lease;
	if (lease == BUS_HELD)
		log_info("bus: the database tells of every change; answers are kept until they change");
	else
		log_warnx("bus: answers are kept for max_stale only: %s", problem);
}

/* ---- applying ---- */

static void
forget(struct bus *bus)
{
	clock_forget(region_clock(bus->region));
	slots_add(&bus->slot->forgets, 1);
}

static void
apply(struct bus *bus, const struct feed_report *report, uint64_t woken_us)
{
	bool all = false;
	size_t tags;

	if (report->everything)
		forget(bus);
	tags = changes_apply(region_clock(bus->region), report->tags, report->count, &all);
	slots_add(&bus->slot->tags, tags);
	slots_add(&bus->slot->forgets, all);
	if (report->count > 0 || report->everything) {
		slots_add(&bus->slot->reads, 1);
		slots_add(&bus->slot->delay_us_sum, monotonic_us() - woken_us);
		log_debug("bus: %zu tags of %zu changes%s", tags, report->count, all || report->everything ? ", all is forgotten" : "");
	}
	atomic_store_explicit(&bus->slot->outbox, report->waiting, memory_order_relaxed);
	atomic_store_explicit(&bus->slot->position, report->position, memory_order_relaxed);
}

/* ---- the lease ---- */

static void
end_lease(struct bus *bus, enum bus_lease why, const char *problem)
{
	region_lease_end(bus->region);
	bus->since_ms = 0;
	say(bus, why, problem);
}

/* After a full look, of which everything is applied that was committed before `noted_ms`. */
static void
grant(struct bus *bus, const struct feed_report *report, bool anew, uint64_t noted_ms)
{
	bool lost = bus->since_ms == 0 || report->fresh || report->mark != bus->mark;

	if (lost || anew) {
		/* Changes may have left no tags, or nobody has read them. */
		if (lost && slots_get(&bus->slot->leases) > 0)
			forget(bus);
		slots_add(&bus->slot->leases, 1);
		bus->since_ms = monotonic_ms() + SETTLE_MS;
		bus->mark = report->mark;
	}
	/* Rows that are left are not applied.  With Redis those that were told stay as well, and all were forgotten. */
	if (report->more && bus->relay == NULL)
		return;
	region_lease_renew(bus->region, bus->since_ms, noted_ms + (breakage("lease") ? 1000 * LOOK_MAX_MS : bus->max_stale));
	atomic_store_explicit(&bus->slot->applied_ms, noted_ms, memory_order_relaxed);
	say(bus, BUS_HELD, "");
}

static uint64_t
look_every(const struct bus *bus)
{
	uint64_t ms = bus->max_stale / LOOKS;

	return ms < LOOK_MAX_MS ? ms : LOOK_MAX_MS;
}

static void
fail(struct bus *bus, enum store_status status, const char *error)
{
	uint64_t now = monotonic_ms();

	if (status == STORE_BUSY || status == STORE_TIMEOUT) {
		bus->retry_ms = now + POLL_MS;
		log_debug("bus: %s", error);
		return;
	}
	/* What was promised still holds, so the lease may run out by itself. */
	bus->since_ms = 0;
	say(bus, BUS_AWAY, error);
	bus->retry_ms = now + RETRY_MS;
	bus->look_ms = bus->retry_ms;
}

/* What a full look comes to; everything that it told of is applied. */
static void
judge(struct bus *bus, const struct feed_report *report, uint64_t noted_ms)
{
	struct relay_found found = { .lease = BUS_HELD };

	/* Others are told before everything is forgotten: what they read from another one is not kept after that. */
	if (report->database != region_database(bus->region)) {
		region_set_database(bus->region, report->database);
		bus->since_ms = 0;
	}
	if (report->obstacle != FEED_CLEAR) {
		if (bus->relay != NULL)
			relay_leave(bus->relay);
		end_lease(bus, lease_of(report->obstacle), report->problem);
		return;
	}
	if (bus->relay != NULL)
		found = relay_look(bus->relay, bus->arena, report);
	if (found.again)
		bus->look_ms = monotonic_ms() + AGAIN_MS;
	if (found.status != STORE_OK)
		fail(bus, found.status, found.problem);
	else if (found.lease == BUS_HELD)
		grant(bus, report, found.anew, noted_ms);
	else if (found.lease != BUS_LOOKING)
		/* Here, too, it may run out by itself. */
		say(bus, found.lease, found.problem);
}

static void
look(struct bus *bus, bool full)
{
	uint64_t noted_ms = monotonic_ms(), woken_us = monotonic_us();
	struct feed_report report;
	enum store_status status;
	const char *error = "";

	if (bus->relay != NULL)
		relay_begin(bus->relay);
	status = feed_read(bus->feed, bus->arena, full, &report, &error);
	if (status != STORE_OK) {
		fail(bus, status, error);
		return;
	}
	if (bus->relay != NULL)
		relay_ahead(bus->relay, &report);
	apply(bus, &report, woken_us);
	/* Rows that cannot be deleted are read again and again.  With Redis it is done by who publishes them. */
	if (bus->relay == NULL)
		status = feed_drain(bus->feed, bus->arena, &error);
	if (status != STORE_OK) {
		fail(bus, status, error);
		return;
	}
	/* now, if there is more, or if what is about to be read was found not to be what it was */
	if (report.more && bus->relay == NULL)
		bus->look_ms = noted_ms;
	else if (full)
		bus->look_ms = noted_ms + look_every(bus);
	if (full)
		judge(bus, &report, noted_ms);
}

/* What there is to be done with Redis, between looks. */
static void
relay(struct bus *bus, bool woken)
{
	struct relay_found found;

	relay_turn(bus->relay, bus->arena, woken || feed_has_news(bus->feed), &found);
	if (found.again)
		bus->look_ms = monotonic_ms();
	if (found.status != STORE_OK)
		fail(bus, found.status, found.problem);
}

/* ---- waiting ---- */

/* Whether somebody asked for something a short while ago. */
static bool
is_busy(struct bus *bus, uint64_t now_ms)
{
	struct slots slots = slots_used(bus->heritage->shared);
	uint64_t requests = 0;

	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		requests += slots_sum(&slots, SLOTS_AT(duration_bucket[i]));
	if (requests != bus->requests)
		bus->requests_ms = now_ms;
	bus->requests = requests;
	return bus->requests_ms != 0 && now_ms < bus->requests_ms + BUSY_MS;
}

static int
wait_ms(struct bus *bus)
{
	uint64_t now = monotonic_ms(), until = bus->look_ms, due;

	if (bus->relay != NULL && (due = relay_due_ms(bus->relay)) < until)
		until = due;
	if (feed_descriptor(bus->feed) < 0) {
		uint64_t poll_ms = is_busy(bus, now) ? POLL_MS : POLL_IDLE_MS;

		until = until < now + poll_ms ? until : now + poll_ms;
	}
	until = until > bus->retry_ms ? until : bus->retry_ms;
	return until > now ? (int)(until - now) : 0;
}

/* False: it is time to go. */
static bool
wait_for_something(struct bus *bus)
{
	struct pollfd fds[] = {
		{ .fd = bus->signal_fd, .events = POLLIN },
		/* the master writes nothing; what is readable is its end */
		{ .fd = bus->heritage->master_pipe, .events = POLLIN },
		{ .fd = feed_descriptor(bus->feed), .events = POLLIN },
		{ .fd = bus->heritage->wake, .events = POLLIN },
		{ .fd = bus->relay != NULL ? relay_descriptor(bus->relay) : -1, .events = POLLIN },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), wait_ms(bus)) <= 0)
		return true;
	return fds[0].revents == 0 && fds[1].revents == 0;
}

static void
run(struct bus *bus)
{
	do {
		uint64_t now = monotonic_ms();
		bool woken = wake_was(bus->heritage->wake), reads = bus->relay == NULL || !relay_drains(bus->relay);

		atomic_store_explicit(&bus->slot->heartbeat_ms, now, memory_order_relaxed);
		if (now >= bus->retry_ms && (now >= bus->look_ms || (reads && feed_has_news(bus->feed))))
			look(bus, now >= bus->look_ms);
		if (bus->relay != NULL)
			relay(bus, woken);
		arena_reset(bus->arena);
	} while (wait_for_something(bus));
}

/* ---- life ---- */

static int
open_signals(void)
{
	sigset_t leave;

	/* They are blocked since the fork, so that none was lost. */
	(void)sigemptyset(&leave);
	(void)sigaddset(&leave, SIGTERM);
	(void)sigaddset(&leave, SIGINT);
	(void)sigaddset(&leave, SIGQUIT);
	return signalfd(-1, &leave, SFD_CLOEXEC);
}

static int
set_up(struct bus *bus)
{
	const struct settings *settings = bus->heritage->settings;
	bool shared = relay_is_wanted(settings);
	const struct feed_options options = {
		.url = settings->store.url,
		.timezone = settings->api.timezone,
		.timeout_ms = QUERY_MS,
		.write_lock = &bus->heritage->shared->write_lock,
		.shared = shared,
	};

	if (become_user(settings->server.user) != 0)
		return -1;
	ignore_signals();
	bus->signal_fd = open_signals();
	bus->feed = feed_new(&options);
	bus->arena = arena_new();
	if (bus->signal_fd < 0 || bus->feed == NULL)
		return -1;
	atomic_store_explicit(&bus->slot->redis, BUS_NO_REDIS, memory_order_relaxed);
	if (!shared) {
		/* whoever was followed before a reload */
		position_follow(region_position(bus->region), 0, 0, 0);
		return 0;
	}
	bus->relay = relay_new(settings, bus->region, bus->slot, bus->feed);
	return bus->relay != NULL ? 0 : -1;
}

int
bus_main(const struct heritage *heritage)
{
	struct bus bus = {
		.heritage = heritage,
		.region = heritage->region,
		.slot = &heritage->shared->bus,
		.max_stale = heritage->settings->cache.max_stale,
		.signal_fd = -1,
		.said = BUS_LOOKING,
	};
	int status = WORKER_EXIT_SETUP;

	(void)prctl(PR_SET_NAME, BUS_NAME);
	log_set_process("bus");
	log_set_level((enum log_level)heritage->settings->log.level);
	atomic_store(&bus.slot->lease, BUS_LOOKING);
	if (set_up(&bus) == 0) {
		atomic_store(&bus.slot->heartbeat_ms, monotonic_ms());
		atomic_store(&bus.slot->state, WORKER_RUNNING);
		run(&bus);
		status = WORKER_EXIT_OK;
	}
	relay_free(&bus.relay);
	feed_free(&bus.feed);
	if (bus.arena != NULL)
		arena_free(&bus.arena);
	if (bus.signal_fd >= 0)
		(void)close(bus.signal_fd);
	return status;
}
