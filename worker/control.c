/* SPDX-License-Identifier: MIT
 *
 * See control.h.  Everything is answered in the loop: it is little, touches no
 * backend, and is asked for when job threads are stuck.
 */
#include "config.h"

#include "worker/control.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/position.h"
#include "cache/region.h"
#include "cache/tag.h"
#include "proto/json.h"
#include "worker/bus.h"
#include "worker/conn.h"
#include "worker/delays.h"
#include "worker/purge.h"
#include "worker/request.h"
#include "worker/slots.h"

struct control {
	struct shared *shared;
	struct region *region;		/* NULL: no cache */
};

static void
put_figure(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_int(j, (int64_t)value);
}

/* ---- workers ---- */

static void
put_counters(struct json *j, const struct worker_slot *slot)
{
	static const struct {
		const char *key;
		size_t at;
	} figures[] = {
		{ "connections", SLOTS_AT(connections) }, { "in_flight", SLOTS_AT(in_flight) },
		{ "jobs_queued", SLOTS_AT(queued) }, { "db_connections", SLOTS_AT(db_open) },
		{ "accepted", SLOTS_AT(accepted) }, { "bytes_sent", SLOTS_AT(bytes_sent) },
		{ "db_statements", SLOTS_AT(db_statements) }, { "db_failures", SLOTS_AT(db_failures) },
		{ "bad_requests", SLOTS_AT(bad_requests) }, { "shed", SLOTS_AT(shed) }, { "timeouts", SLOTS_AT(timeouts) },
	};
	const struct slots one = { { slot }, 1 };

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		put_figure(j, figures[i].key, slots_sum(&one, figures[i].at));
}

static uint64_t
requests_of(const struct slots *slots, unsigned route)
{
	uint64_t n = 0;

	for (unsigned m = 0; m < STATS_METHODS_MAX; m++)
		for (unsigned k = 0; k < STATS_CODES_MAX; k++)
			n += slots_sum(slots, SLOTS_AT(requests[route][m][k]));
	return n;
}

static void
put_process(struct json *j, int pid)
{
	struct slots_usage usage = { 0 };

	slots_add_usage(&usage, pid);
	put_figure(j, "resident_bytes", usage.resident);
	put_figure(j, "cpu_ms", usage.cpu_us / 1000);
	put_figure(j, "threads", usage.threads);
}

static void
put_worker(struct json *j, const struct control *control, unsigned number)
{
	static const char *const states[] = {
		[WORKER_FREE] = "free", [WORKER_STARTING] = "starting", [WORKER_RUNNING] = "running",
		[WORKER_DRAINING] = "draining",
	};
	const struct worker_slot *slot = &control->shared->workers[number];
	const struct slots one = { { slot }, 1 };
	int pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);
	uint64_t beat = slots_get(&slot->heartbeat_ms), now = monotonic_ms(), requests = 0;
	struct region_stats cache = { 0 };

	json_open(j, '{');
	put_figure(j, "worker", number);
	put_figure(j, "pid", (uint64_t)pid);
	json_key(j, "state");
	json_string(j, slice_str(states[atomic_load_explicit(&slot->state, memory_order_relaxed) & 3]));
	put_figure(j, "heartbeat_age_ms", now > beat ? now - beat : 0);
	for (unsigned r = 0; r < STATS_ROUTES_MAX; r++)
		requests += requests_of(&one, r);
	put_figure(j, "requests", requests);
	put_counters(j, slot);
	if (control->region != NULL)
		region_worker_stats(control->region, number, &cache);
	put_figure(j, "cache_hits", cache.hits);
	put_figure(j, "cache_misses", cache.misses);
	put_figure(j, "cache_stale", cache.stale);
	put_figure(j, "cache_pins", cache.pins);
	put_figure(j, "redis_hits", slots_get(&slot->tier_hits));
	put_figure(j, "redis_misses", slots_get(&slot->tier_misses));
	put_figure(j, "redis_stored", slots_get(&slot->tier_stored));
	put_figure(j, "redis_failures", slots_get(&slot->tier_failures));
	json_key(j, "redis_breaker");
	json_bool(j, slots_get(&slot->tier_open) != 0);
	put_process(j, pid);
	json_close(j, '}');
}

static void
put_workers(struct json *j, const struct control *control)
{
	json_open(j, '[');
	for (unsigned i = 0; i < SHARED_WORKERS_MAX; i++)
		if (atomic_load_explicit(&control->shared->workers[i].pid, memory_order_relaxed) != 0)
			put_worker(j, control, i);
	json_close(j, ']');
}

/* ---- the rest of the figures ---- */

static void
put_cache(struct json *j, struct region *region, const struct slots *slots)
{
	struct region_stats s;

	json_key(j, "cache");
	if (region == NULL) {
		json_null(j);
		return;
	}
	region_stats(region, &s);
	json_open(j, '{');
	put_figure(j, "hits", s.hits);
	put_figure(j, "misses", s.misses);
	put_figure(j, "stale", s.stale);
	put_figure(j, "object_hits", slots_sum(slots, SLOTS_AT(object_hits)));
	put_figure(j, "object_misses", slots_sum(slots, SLOTS_AT(object_misses)));
	put_figure(j, "entries", s.entries);
	put_figure(j, "bytes", s.bytes);
	put_figure(j, "capacity_bytes", s.capacity);
	put_figure(j, "limbo_bytes", s.limbo);
	put_figure(j, "pins", s.pins);
	put_figure(j, "stores", s.puts);
	put_figure(j, "refused", s.refused);
	put_figure(j, "evictions", s.evicted);
	put_figure(j, "rebuilds", s.rebuilt);
	json_key(j, "oldest_seconds");
	if (s.oldest_ms != 0)
		json_int(j, (int64_t)((monotonic_ms() - s.oldest_ms) / 1000));
	else
		json_null(j);
	json_close(j, '}');
}

/* The objects that nodes share. */
static void
put_redis(struct json *j, const struct bus_slot *bus, const struct slots *slots)
{
	json_key(j, "redis");
	if (atomic_load_explicit(&bus->redis, memory_order_relaxed) == BUS_NO_REDIS) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	put_figure(j, "hits", slots_sum(slots, SLOTS_AT(tier_hits)));
	put_figure(j, "misses", slots_sum(slots, SLOTS_AT(tier_misses)));
	put_figure(j, "stored", slots_sum(slots, SLOTS_AT(tier_stored)));
	put_figure(j, "failures", slots_sum(slots, SLOTS_AT(tier_failures)));
	put_figure(j, "breakers_open", slots_sum(slots, SLOTS_AT(tier_open)));
	json_close(j, '}');
}

/* What nodes tell each other by way of Redis. */
static void
put_stream(struct json *j, const struct bus_slot *bus)
{
	uint64_t messages = delays_total(bus);

	json_key(j, "redis");
	json_string(j, slice_str(bus_redis_word(atomic_load_explicit(&bus->redis, memory_order_relaxed))));
	put_figure(j, "stream", slots_get(&bus->stream));
	put_figure(j, "messages", slots_get(&bus->messages));
	put_figure(j, "published", slots_get(&bus->published));
	put_figure(j, "gaps", slots_get(&bus->gaps));
	put_figure(j, "claims", slots_get(&bus->claims));
	put_figure(j, "delay_us", messages > 0 ? slots_get(&bus->stream_delay_us_sum) / messages : 0);
	put_figure(j, "delay_us_max", slots_get(&bus->stream_delay_us_max));
}

static void
put_bus(struct json *j, const struct region *region, const struct bus_slot *bus)
{
	uint64_t now = monotonic_ms(), until = region != NULL ? region_lease_until(region) : 0;
	enum bus_lease lease = atomic_load_explicit(&bus->lease, memory_order_relaxed);
	uint64_t applied = slots_get(&bus->applied_ms);

	json_key(j, "bus");
	if (region == NULL) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	put_figure(j, "pid", (uint64_t)atomic_load_explicit(&bus->pid, memory_order_relaxed));
	json_key(j, "lease");
	json_bool(j, until > now);
	put_figure(j, "lease_left_ms", until > now ? until - now : 0);
	json_key(j, "state");
	json_string(j, slice_str(bus_word(lease)));
	json_key(j, "reason");
	json_string(j, slice_str(bus_sentence(lease)));
	json_key(j, "behind_ms");
	if (applied != 0)
		json_int(j, now > applied ? (int64_t)(now - applied) : 0);
	else
		json_null(j);
	put_figure(j, "position", slots_get(&bus->position));
	put_figure(j, "outbox_rows", slots_get(&bus->outbox));
	put_figure(j, "invalidations", slots_get(&bus->tags));
	put_figure(j, "forgets", slots_get(&bus->forgets));
	put_stream(j, bus);
	json_close(j, '}');
}

/* Routes that were asked for. */
static void
put_routes(struct json *j, const struct slots *slots)
{
	const char *name;

	json_key(j, "routes");
	json_open(j, '[');
	for (unsigned r = 0; r < STATS_ROUTES_MAX && (name = service_route_name(r)) != NULL; r++) {
		uint64_t requests = requests_of(slots, r);

		if (requests == 0)
			continue;
		json_open(j, '{');
		json_key(j, "route");
		json_string(j, slice_str(name));
		put_figure(j, "requests", requests);
		put_figure(j, "hits", slots_sum(slots, SLOTS_AT(cache_hits[r])));
		put_figure(j, "misses", slots_sum(slots, SLOTS_AT(cache_misses[r])));
		put_figure(j, "not_modified", slots_sum(slots, SLOTS_AT(not_modified[r])));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_stats(struct json *j, const struct control *control)
{
	struct slots slots = slots_used(control->shared);

	json_open(j, '{');
	json_key(j, "version");
	json_string(j, SLICE(PACKAGE_VERSION));
	put_cache(j, control->region, &slots);
	put_bus(j, control->region, &control->shared->bus);
	put_redis(j, &control->shared->bus, &slots);
	put_routes(j, &slots);
	put_figure(j, "respawns", slots_get(&control->shared->respawns));
	put_figure(j, "reloads", slots_get(&control->shared->reloads_ok));
	put_figure(j, "reloads_failed", slots_get(&control->shared->reloads_failed));
	json_key(j, "workers");
	put_workers(j, control);
	json_close(j, '}');
}

/* ---- purge ---- */

static void
do_purge(struct region *region, struct arena *arena, const struct purge *purge)
{
	struct clock *clock = region_clock(region);
	uint32_t *stamps;

	if (purge->all) {
		position_ahead(region_position(region), (uint64_t[]){ tag_hash(SLICE("*")) }, 1);
		clock_forget(clock);
		return;
	}
	position_ahead(region_position(region), purge->tags, purge->tag_count);
	stamps = arena_alloc(arena, purge->tag_count * sizeof(*stamps));
	for (size_t i = 0; i < purge->tag_count; i++)
		stamps[i] = clock_stamp(clock, purge->tags[i]);
	clock_invalidate(clock, stamps, purge->tag_count);
}

static void
answer_purge(const struct control *control, struct request *request)
{
	struct json j = json_writer(&request->response.body, 0);
	struct purge purge;
	const char *error = NULL;

	if (purge_parse(request->arena, request->body, &purge, &error) < 0) {
		service_error(request, 400, error);
		return;
	}
	if (control->region != NULL)
		do_purge(control->region, request->arena, &purge);
	if (purge.all)
		log_info("told to purge everything");
	else
		log_info("told to purge %zu tag%s", purge.tag_count, purge.tag_count == 1 ? "" : "s");
	json_open(&j, '{');
	json_key(&j, "all");
	json_bool(&j, purge.all);
	put_figure(&j, "tags", purge.tag_count);
	json_key(&j, "cache");
	json_bool(&j, control->region != NULL);
	json_close(&j, '}');
	response_finish(request, 200, "application/json");
}

/* ---- answers ---- */

static void
answer_figures(const struct control *control, struct request *request,
    void (*put)(struct json *j, const struct control *control))
{
	struct json j = json_writer(&request->response.body, 0);

	put(&j, control);
	response_finish(request, 200, "application/json");
}

static bool
control_answer(void *context, struct request *request)
{
	const struct control *control = context;
	bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD;
	bool stats = slice_is(request->path, "/stats"), workers = slice_is(request->path, "/workers");

	if (!stats && !workers && !slice_is(request->path, "/purge"))
		service_error(request, 404, "There are GET /stats, GET /workers and POST /purge.");
	else if ((stats || workers) && !reads)
		service_error(request, 405, "Only GET and HEAD are answered here.");
	else if (stats || workers)
		answer_figures(control, request, stats ? put_stats : put_workers);
	else if (request->method != METHOD_POST)
		service_error(request, 405, "Only POST is answered here.");
	else
		answer_purge(control, request);
	return true;
}

/* Nothing here needs a job thread. */
static enum service_result
control_run(void *context, struct request *request, bool may_hash)
{
	(void)context;
	(void)request;
	(void)may_hash;
	return SERVICE_DONE;
}

const struct conn_handler *
control_handler(void)
{
	static const struct conn_handler handler = { .answer = control_answer, .run = control_run };

	return &handler;
}

struct control *
control_new(struct shared *shared, struct region *region)
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->shared = shared;
	control->region = region;
	return control;
}

void
control_free(struct control **control)
{
	free(*control);
	*control = NULL;
}
