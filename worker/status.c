/* SPDX-License-Identifier: MIT
 *
 * See status.h.  /healthz and /metrics are answered in the loop and touch no
 * backend.  /readyz asks the database in a job, one at a time, and remembers
 * the answer for READY_FRESH_MS: however often it is asked, it costs one
 * thread at most, and a database that hangs does not eat the others.
 *
 * `lock` guards what the loop and that job share.
 */
#include "config.h"

#include "worker/status.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "cache/region.h"
#include "proto/json.h"
#include "base/monotonic.h"
#include "worker/conn.h"
#include "worker/delays.h"
#include "worker/request.h"
#include "worker/shared.h"
#include "worker/slots.h"

enum {
	READY_FRESH_MS = 1000,
	READY_SLOW_MS = 2000,	/* a check that runs longer counts as failed */
	READY_REASON_MAX = 256
};

struct status {
	struct shared *shared;
	struct region *region;		/* NULL: no cache */
	struct service *service;
	bool draining;			/* loop */
	pthread_mutex_t lock;
	uint64_t checking_since;	/* ms; 0: no check runs */
	uint64_t checked_at;		/* ms; 0: never */
	bool ready;			/* what the last check said */
	char reason[READY_REASON_MAX];	/* why not */
};

/* ---- counters ---- */

/* The codes that we send; each has its counter, others share the last. */
static const int codes[] = {
	200, 201, 204, 301, 302, 304,
	400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 417, 431,
	500, 501, 503, 505
};
enum { CODES = sizeof(codes) / sizeof(codes[0]) };
_Static_assert(CODES + 1 == STATS_CODES_MAX, "one counter for each code and one for the others");

/* Upper bounds of the duration histogram; the last bucket has none. */
static const struct {
	uint64_t us;
	const char *text;
} buckets[] = {
	{ 100, "0.0001" }, { 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" },
	{ 10000, "0.01" }, { 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" },
	{ 500000, "0.5" }, { 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" }, { 10000000, "10" },
};
enum { BUCKETS = sizeof(buckets) / sizeof(buckets[0]) };
_Static_assert(BUCKETS + 1 == STATS_BUCKETS, "one counter for each bound and one for what is above");

static const char *const method_names[STATS_METHODS_MAX] = {
	[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_OPTIONS] = "OPTIONS", [METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT", [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", [METHOD_OTHER] = "other",
};

static unsigned
code_index(int status)
{
	for (unsigned i = 0; i < CODES; i++)
		if (codes[i] == status)
			return i;
	return CODES;
}

static unsigned
bucket_index(uint64_t us)
{
	unsigned i = 0;

	while (i < BUCKETS && us > buckets[i].us)
		i++;
	return i;
}

void
status_count(struct worker_slot *slot, const struct request *request, uint64_t duration_us)
{
	unsigned route = request->route < STATS_ROUTES_MAX ? request->route : 0;

	slots_add(&slot->requests[route][request->method][code_index(request->response.status)], 1);
	slots_add(&slot->duration_bucket[bucket_index(duration_us)], 1);
	slots_add(&slot->duration_us_sum, duration_us);
}

/* ---- metrics ---- */

static void
describe(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
put_value(struct buf *out, const char *name, const char *labels, uint64_t value)
{
	buf_printf(out, "%s%s %llu\n", name, labels, (unsigned long long)value);
}

static void
put_one(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	describe(out, name, type, help);
	put_value(out, name, "", value);
}

static void
put_seconds(struct buf *out, const char *name, uint64_t us)
{
	buf_printf(out, "%s %llu.%06llu\n", name, (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

static void
put_requests(struct buf *out, const struct slots *slots)
{
	static const char name[] = "thimble_http_requests_total";
	const char *route;

	describe(out, name, "counter", "Requests answered, by the template of their route.");
	for (unsigned r = 0; r < STATS_ROUTES_MAX && (route = service_route_name(r)) != NULL; r++)
		for (unsigned m = 0; m < STATS_METHODS_MAX; m++)
			for (unsigned k = 0; k < STATS_CODES_MAX; k++) {
				uint64_t n = slots_sum(slots, SLOTS_AT(requests[r][m][k]));

				if (n == 0)
					continue;
				buf_printf(out, "%s{route=\"%s\",method=\"%s\",code=\"", name, route, method_names[m]);
				if (k < CODES)
					buf_printf(out, "%d\"} %llu\n", codes[k], (unsigned long long)n);
				else
					buf_printf(out, "other\"} %llu\n", (unsigned long long)n);
			}
}

static void
put_durations(struct buf *out, const struct slots *slots)
{
	static const char name[] = "thimble_http_request_duration_seconds";
	uint64_t total = 0;

	describe(out, name, "histogram", "From the whole request to the whole answer; sending it is not in it.");
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		total += slots_sum(slots, SLOTS_AT(duration_bucket[i]));
		buf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", name, i < BUCKETS ? buckets[i].text : "+Inf",
		    (unsigned long long)total);
	}
	put_seconds(out, "thimble_http_request_duration_seconds_sum", slots_sum(slots, SLOTS_AT(duration_us_sum)));
	put_value(out, "thimble_http_request_duration_seconds_count", "", total);
}

static void
put_http(struct buf *out, const struct slots *slots)
{
	put_requests(out, slots);
	put_durations(out, slots);
	put_one(out, "thimble_http_requests_in_flight", "gauge", "Requests that are being answered.",
	    slots_sum(slots, SLOTS_AT(in_flight)));
	put_one(out, "thimble_http_connections", "gauge", "Open connections of clients.",
	    slots_sum(slots, SLOTS_AT(connections)));
	put_one(out, "thimble_http_connections_total", "counter", "Connections accepted.",
	    slots_sum(slots, SLOTS_AT(accepted)));
	put_one(out, "thimble_http_sent_bytes_total", "counter", "Bytes sent to clients.",
	    slots_sum(slots, SLOTS_AT(bytes_sent)));
	put_one(out, "thimble_http_bad_requests_total", "counter", "Requests refused before they were routed.",
	    slots_sum(slots, SLOTS_AT(bad_requests)));
	put_one(out, "thimble_http_shed_total", "counter", "Requests answered 503 because the job queue was full.",
	    slots_sum(slots, SLOTS_AT(shed)));
	put_one(out, "thimble_http_timeouts_total", "counter", "Requests answered 503 after request_timeout.",
	    slots_sum(slots, SLOTS_AT(timeouts)));
	put_one(out, "thimble_jobs_queued", "gauge", "Jobs that wait for a thread.",
	    slots_sum(slots, SLOTS_AT(queued)));
}

static void
put_database(struct buf *out, const struct slots *slots)
{
	put_one(out, "thimble_db_connections", "gauge", "Open connections to the database.",
	    slots_sum(slots, SLOTS_AT(db_open)));
	describe(out, "thimble_db_queries_total", "counter", "Statements sent to the database.");
	put_value(out, "thimble_db_queries_total", "{result=\"ok\"}", slots_sum(slots, SLOTS_AT(db_statements)));
	put_value(out, "thimble_db_queries_total", "{result=\"error\"}", slots_sum(slots, SLOTS_AT(db_failures)));
	describe(out, "thimble_db_pool_wait_seconds", "counter", "Time that jobs waited for a connection.");
	put_seconds(out, "thimble_db_pool_wait_seconds", slots_sum(slots, SLOTS_AT(db_wait_us)));
}

/* Of each route: what the answers were made of. */
static void
put_kept(struct buf *out, const struct slots *slots)
{
	static const struct {
		const char *result;
		size_t at;
	} figures[] = {
		{ "hit", SLOTS_AT(cache_hits) }, { "miss", SLOTS_AT(cache_misses) },
		{ "not_modified", SLOTS_AT(not_modified) },
	};
	static const char name[] = "thimble_cache_answers_total";
	const char *route;

	describe(out, name, "counter", "Answers given from shared memory, not found there, and 304s, by route.");
	for (unsigned r = 0; r < STATS_ROUTES_MAX && (route = service_route_name(r)) != NULL; r++)
		for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
			uint64_t n = slots_sum(slots, figures[i].at + r * sizeof(_Atomic uint64_t));

			if (n > 0)
				buf_printf(out, "%s{route=\"%s\",result=\"%s\"} %llu\n", name, route,
				    figures[i].result, (unsigned long long)n);
		}
}

static void
put_lookups(struct buf *out, const struct region_stats *s, const struct slots *slots)
{
	static const char name[] = "thimble_cache_lookups_total";

	describe(out, name, "counter", "Looked for in shared memory: answers (region), and objects to make others of.");
	put_value(out, name, "{tier=\"region\",result=\"hit\"}", s->hits);
	put_value(out, name, "{tier=\"region\",result=\"miss\"}", s->misses);
	put_value(out, name, "{tier=\"region\",result=\"stale\"}", s->stale);
	put_value(out, name, "{tier=\"objects\",result=\"hit\"}", slots_sum(slots, SLOTS_AT(object_hits)));
	put_value(out, name, "{tier=\"objects\",result=\"miss\"}", slots_sum(slots, SLOTS_AT(object_misses)));
}

static void
put_cache(struct buf *out, struct region *region, const struct slots *slots)
{
	struct region_stats s;

	if (region == NULL)
		return;
	region_stats(region, &s);
	put_lookups(out, &s, slots);
	put_kept(out, slots);
	describe(out, "thimble_cache_bytes", "gauge", "Bytes of shared memory that answers and objects take up.");
	put_value(out, "thimble_cache_bytes", "{tier=\"region\"}", s.bytes);
	put_one(out, "thimble_cache_capacity_bytes", "gauge", "Bytes of shared memory for answers and objects.", s.capacity);
	put_one(out, "thimble_cache_entries", "gauge", "Answers and objects in shared memory.", s.entries);
	put_one(out, "thimble_cache_oldest_seconds", "gauge", "Age of the oldest answer or object in shared memory.",
	    s.oldest_ms != 0 ? (monotonic_ms() - s.oldest_ms) / 1000 : 0);
	put_one(out, "thimble_cache_pins", "gauge", "Answers that are being sent from shared memory.", s.pins);
	describe(out, "thimble_cache_evictions_total", "counter", "Answers and objects that had to go.");
	put_value(out, "thimble_cache_evictions_total", "{reason=\"space\"}", s.evicted);
	put_one(out, "thimble_cache_stores_total", "counter", "Answers and objects that were kept.", s.puts);
	put_one(out, "thimble_cache_refused_total", "counter",
	    "Answers and objects that were not kept: too large, or no longer valid.", s.refused);
}

/* What nodes tell each other by way of Redis. */
static void
put_stream(struct buf *out, const struct bus_slot *bus)
{
	static const char name[] = "thimble_stream_delay_seconds";
	unsigned redis = atomic_load_explicit(&bus->redis, memory_order_relaxed);
	uint64_t total = 0;

	if (redis == BUS_NO_REDIS)
		return;
	put_one(out, "thimble_stream_followed", "gauge", "1 while the Redis is there that all nodes follow.",
	    redis == BUS_REDIS_FOLLOWED);
	put_one(out, "thimble_stream_position", "gauge", "Number of the last message that was applied.", slots_get(&bus->stream));
	put_one(out, "thimble_stream_messages_total", "counter", "Messages applied.", slots_get(&bus->messages));
	put_one(out, "thimble_stream_published_total", "counter", "Messages published by this node.",
	    slots_get(&bus->published));
	put_one(out, "thimble_stream_gaps_total", "counter", "Times that messages were missed, and everything forgotten.",
	    slots_get(&bus->gaps));
	put_one(out, "thimble_stream_claims_total", "counter", "Times that this node said which Redis counts.",
	    slots_get(&bus->claims));
	describe(out, name, "histogram", "From a message's being published to its being applied here, by the nodes' clocks.");
	for (unsigned i = 0; i < STATS_DELAY_BUCKETS; i++) {
		total += slots_get(&bus->stream_delay_bucket[i]);
		buf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", name, delays_bound(i), (unsigned long long)total);
	}
	put_seconds(out, "thimble_stream_delay_seconds_sum", slots_get(&bus->stream_delay_us_sum));
	put_value(out, "thimble_stream_delay_seconds_count", "", total);
}

static void
put_bus(struct buf *out, const struct region *region, const struct bus_slot *bus)
{
	uint64_t now = monotonic_ms(), applied = slots_get(&bus->applied_ms);

	if (region == NULL)
		return;
	put_one(out, "thimble_bus_lease", "gauge", "1 while answers are trusted until they change; else for max_stale.",
	    region_lease_until(region) > now);
	put_one(out, "thimble_bus_invalidations_total", "counter", "Tags applied that the database told of.",
	    slots_get(&bus->tags));
	put_one(out, "thimble_bus_forgets_total", "counter", "Times that the bus had everything forgotten.",
	    slots_get(&bus->forgets));
	put_one(out, "thimble_bus_outbox_rows", "gauge", "Rows of thimble_outbox when it was looked at last.",
	    slots_get(&bus->outbox));
	describe(out, "thimble_bus_behind_seconds", "gauge", "Since when changes may not be applied yet; 0: not known.");
	put_seconds(out, "thimble_bus_behind_seconds", applied != 0 && now > applied ? (now - applied) * 1000 : 0);
	describe(out, "thimble_bus_delay_seconds", "summary", "From the word of changes to their being applied.");
	put_seconds(out, "thimble_bus_delay_seconds_sum", slots_get(&bus->delay_us_sum));
	put_value(out, "thimble_bus_delay_seconds_count", "", slots_get(&bus->reads));
	put_stream(out, bus);
}

/* The objects that nodes share. */
static void
put_redis(struct buf *out, const struct bus_slot *bus, const struct slots *slots)
{
	if (atomic_load_explicit(&bus->redis, memory_order_relaxed) == BUS_NO_REDIS)
		return;
	describe(out, "thimble_redis_lookups_total", "counter", "Objects that were not in shared memory, looked for in Redis.");
	put_value(out, "thimble_redis_lookups_total", "{result=\"hit\"}", slots_sum(slots, SLOTS_AT(tier_hits)));
	put_value(out, "thimble_redis_lookups_total", "{result=\"miss\"}", slots_sum(slots, SLOTS_AT(tier_misses)));
	put_one(out, "thimble_redis_stores_total", "counter", "Objects sent to Redis.",
	    slots_sum(slots, SLOTS_AT(tier_stored)));
	put_one(out, "thimble_redis_failures_total", "counter", "Calls that Redis did not answer in time, or with an error.",
	    slots_sum(slots, SLOTS_AT(tier_failures)));
	put_one(out, "thimble_redis_breakers_open", "gauge", "Workers that leave Redis alone for a while after a failure.",
	    slots_sum(slots, SLOTS_AT(tier_open)));
}

static void
put_workers(struct buf *out, const struct shared *shared)
{
	unsigned states[4] = { 0 };

	for (int i = 0; i < SHARED_WORKERS_MAX; i++)
		states[atomic_load_explicit(&shared->workers[i].state, memory_order_relaxed) & 3]++;
	describe(out, "thimble_workers", "gauge", "Worker processes.");
	put_value(out, "thimble_workers", "{state=\"starting\"}", states[WORKER_STARTING]);
	put_value(out, "thimble_workers", "{state=\"running\"}", states[WORKER_RUNNING]);
	put_value(out, "thimble_workers", "{state=\"draining\"}", states[WORKER_DRAINING]);
	put_one(out, "thimble_worker_respawns_total", "counter", "Workers replaced after they died.",
	    slots_get(&shared->respawns));
	describe(out, "thimble_reloads_total", "counter", "Reloads of the configuration.");
	put_value(out, "thimble_reloads_total", "{result=\"ok\"}", slots_get(&shared->reloads_ok));
	put_value(out, "thimble_reloads_total", "{result=\"failed\"}", slots_get(&shared->reloads_failed));
	describe(out, "thimble_build_info", "gauge", "1, with the version as a label.");
	put_value(out, "thimble_build_info", "{version=\"" PACKAGE_VERSION "\"}", 1);
}

static void
put_process(struct buf *out, const struct shared *shared)
{
	struct slots_usage usage = { 0 };

	for (int i = 0; i < SHARED_WORKERS_MAX; i++) {
		int pid = atomic_load_explicit(&shared->workers[i].pid, memory_order_relaxed);

		if (pid > 0)
			slots_add_usage(&usage, pid);
	}
	put_one(out, "process_resident_memory_bytes", "gauge", "Of all workers; what they share is counted in each.",
	    usage.resident);
	put_one(out, "process_threads", "gauge", "Of all workers.", usage.threads);
	describe(out, "process_cpu_seconds_total", "counter", "Of the workers that live.");
	put_seconds(out, "process_cpu_seconds_total", usage.cpu_us);
}

/* ---- answers ---- */

static void
answer_metrics(const struct status *status, struct request *request)
{
	struct slots slots = slots_used(status->shared);
	struct buf *out = &request->response.body;

	put_http(out, &slots);
	put_database(out, &slots);
	put_cache(out, status->region, &slots);
	put_bus(out, status->region, &status->shared->bus);
	put_redis(out, &status->shared->bus, &slots);
	put_workers(out, status->shared);
	put_process(out, status->shared);
	response_finish(request, 200, "text/plain; version=0.0.4; charset=utf-8");
}

/* `reason` NULL: ready. */
static void
answer_ready(struct request *request, const char *reason)
{
	struct json j = json_writer(&request->response.body, 0);

	json_open(&j, '{');
	json_key(&j, "ready");
	json_bool(&j, reason == NULL);
	json_key(&j, "reasons");
	json_open(&j, '[');
	if (reason != NULL)
		json_string(&j, slice_str(reason));
	json_close(&j, ']');
	json_close(&j, '}');
	response_finish(request, reason == NULL ? 200 : 503, "application/json");
}

/*
 * Answers from what is known of the database.  False: a check is due.  While
 * one runs the last result stands, but not for long.
 */
static bool
answer_known_locked(struct status *status, struct request *request)
{
	uint64_t now = monotonic_ms();
	bool checking = status->checking_since != 0, checked = status->checked_at != 0;

	if (checking && now - status->checking_since > READY_SLOW_MS)
		answer_ready(request, "The database does not answer in time.");
	else if (checking && !checked)
		answer_ready(request, "The database has not answered yet.");
	else if (checking || (checked && now - status->checked_at < READY_FRESH_MS))
		answer_ready(request, status->ready ? NULL : status->reason);
	else
		return false;
	return true;
}

static bool
is_stopping(const struct status *status)
{
	return status->draining || atomic_load_explicit(&status->shared->stopping, memory_order_relaxed) != 0;
}

static bool
answer_readyz(struct status *status, struct request *request)
{
	bool known;

	if (is_stopping(status)) {
		answer_ready(request, "The server is stopping.");
		return true;
	}
	pthread_mutex_lock(&status->lock);
	known = answer_known_locked(status, request);
	pthread_mutex_unlock(&status->lock);
	return known;
}

static bool
status_answer(void *context, struct request *request)
{
	struct status *status = context;

	if (request->method != METHOD_GET && request->method != METHOD_HEAD) {
		service_error(request, 405, "Only GET and HEAD are answered here.");
		return true;
	}
	if (slice_is(request->path, "/readyz"))
		return answer_readyz(status, request);
	if (slice_is(request->path, "/healthz")) {
		buf_str(&request->response.body, "ok\n");
		response_finish(request, 200, "text/plain; charset=utf-8");
	} else if (slice_is(request->path, "/metrics")) {
		answer_metrics(status, request);
	} else {
		service_error(request, 404, "Not found.");
	}
	return true;
}

/* Job thread; only /readyz comes here. */
static enum service_result
status_run(void *context, struct request *request, bool may_hash)
{
	struct status *status = context;
	const char *reason = NULL;
	bool ready;

	(void)may_hash;
	pthread_mutex_lock(&status->lock);
	if (answer_known_locked(status, request)) {
		/* Another job of the same moment was first. */
		pthread_mutex_unlock(&status->lock);
		return SERVICE_DONE;
	}
	status->checking_since = monotonic_ms();
	pthread_mutex_unlock(&status->lock);

	ready = service_ready(status->service, request->arena, &reason);

	pthread_mutex_lock(&status->lock);
	status->checking_since = 0;
	status->checked_at = monotonic_ms();
	status->ready = ready;
	(void)snprintf(status->reason, sizeof(status->reason), "%s", reason != NULL ? reason : "The database does not answer.");
	answer_ready(request, ready ? NULL : status->reason);
	pthread_mutex_unlock(&status->lock);
	return SERVICE_DONE;
}

const struct conn_handler *
status_handler(void)
{
	static const struct conn_handler handler = { .answer = status_answer, .run = status_run };

	return &handler;
}

struct status *
status_new(struct shared *shared, struct region *region, struct service *service)
{
	struct status *status = xcalloc(1, sizeof(*status));

	status->shared = shared;
	status->region = region;
	status->service = service;
	pthread_mutex_init(&status->lock, NULL);
	return status;
}

void
status_free(struct status **status)
{
	if (*status == NULL)
		return;
	pthread_mutex_destroy(&(*status)->lock);
	free(*status);
	*status = NULL;
}

void
status_set_draining(struct status *status)
{
	status->draining = true;
}
