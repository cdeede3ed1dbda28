/* SPDX-License-Identifier: MIT
 *
 * `thimblectl stats` and `thimblectl workers`: what the running server counts.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/table.h"

#define COLUMNS(head) (sizeof(head) / sizeof((head)[0]))

static uint64_t
figure(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* Strings that come over the socket are our own server's: names of routes and states. */
static const char *
word(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "-";
}

/* "93.4 %", or "-" of nothing. */
static const char *
share(struct ctl *ctl, uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return "-";
	return arena_printf(ctl->arena, "%.1f %%", 100.0 * (double)part / (double)whole);
}

static const char *
bytes(struct ctl *ctl, uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)n;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < COLUMNS(units); unit++)
		value /= 1024;
	return arena_printf(ctl->arena, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* ---- tables ---- */

static void
put_cache(struct ctl *ctl, const json_t *cache)
{
	static const char *const plain[] = { "misses", "stale", "entries", "stores", "refused", "evictions", "pins", "rebuilds" };
	uint64_t hits = figure(cache, "hits"), asked = hits + figure(cache, "misses") + figure(cache, "stale");
	uint64_t objects = figure(cache, "object_hits");
	uint64_t used = figure(cache, "bytes"), capacity = figure(cache, "capacity_bytes");

	if (!json_is_object(cache)) {
		(void)puts("The cache is off ([cache] size = 0).");
		return;
	}
	(void)puts("cache");
	(void)printf("  %-10s %" PRIu64 "  (%s of lookups)\n", "hits", hits, share(ctl, hits, asked));
	for (size_t i = 0; i < COLUMNS(plain); i++)
		(void)printf("  %-10s %" PRIu64 "\n", plain[i], figure(cache, plain[i]));
	(void)printf("  %-10s %" PRIu64 "  (%s of lookups)\n", "objects", objects,
	    share(ctl, objects, objects + figure(cache, "object_misses")));
	(void)printf("  %-10s %s of %s  (%s)\n", "memory", bytes(ctl, used), bytes(ctl, capacity), share(ctl, used, capacity));
	(void)printf("  %-10s %s\n", "limbo", bytes(ctl, figure(cache, "limbo_bytes")));
	if (json_is_integer(json_object_get(cache, "oldest_seconds")))
		(void)printf("  %-10s %" PRIu64 " s\n", "oldest", figure(cache, "oldest_seconds"));
}

/* What nodes tell each other by way of Redis. */
static void
put_stream(const json_t *bus)
{
	static const char *const plain[] = { "stream", "messages", "published", "gaps", "claims" };

	if (json_string_value(json_object_get(bus, "redis")) == NULL || strcmp(word(bus, "redis"), "none") == 0)
		return;
	(void)printf("  %-10s %s\n", "redis", word(bus, "redis"));
	for (size_t i = 0; i < COLUMNS(plain); i++)
		(void)printf("  %-10s %" PRIu64 "\n", plain[i], figure(bus, plain[i]));
	(void)printf("  %-10s %.1f ms  (at most %.1f ms)\n", "delay", (double)figure(bus, "delay_us") / 1000,
	    (double)figure(bus, "delay_us_max") / 1000);
}

static void
put_bus(const json_t *bus)
{
	if (!json_is_object(bus))
		return;
	(void)puts("\nbus");
	(void)printf("  %-10s %s: %s\n", "lease", json_is_true(json_object_get(bus, "lease")) ? "yes" : "no",
	    word(bus, "reason"));
	if (json_is_integer(json_object_get(bus, "behind_ms")))
		(void)printf("  %-10s %.1f s\n", "behind", (double)figure(bus, "behind_ms") / 1000);
	(void)printf("  %-10s %" PRIu64 "\n", "position", figure(bus, "position"));
	(void)printf("  %-10s %" PRIu64 "\n", "outbox", figure(bus, "outbox_rows"));
	(void)printf("  %-10s %" PRIu64 "\n", "tags", figure(bus, "invalidations"));
	(void)printf("  %-10s %" PRIu64 "\n", "forgets", figure(bus, "forgets"));
	put_stream(bus);
}

static void
put_redis(struct ctl *ctl, const json_t *redis, size_t workers)
{
	uint64_t hits = figure(redis, "hits"), open = figure(redis, "breakers_open");

	if (!json_is_object(redis))
		return;
	(void)puts("\nredis");
	(void)printf("  %-10s %" PRIu64 "  (%s of lookups)\n", "hits", hits, share(ctl, hits, hits + figure(redis, "misses")));
	(void)printf("  %-10s %" PRIu64 "\n", "misses", figure(redis, "misses"));
	(void)printf("  %-10s %" PRIu64 "\n", "stored", figure(redis, "stored"));
	(void)printf("  %-10s %" PRIu64 "\n", "failures", figure(redis, "failures"));
	if (open == 0)
		(void)printf("  %-10s closed\n", "breaker");
	else
		(void)printf("  %-10s open in %" PRIu64 " of %zu workers\n", "breaker", open, workers);
}

static void
put_routes(struct ctl *ctl, const json_t *routes)
{
	static const char *const head[] = { "<ROUTE", "REQUESTS", "HITS", "MISSES", "HIT RATE", "304s" };
	struct table table = table_new(ctl->arena, head, COLUMNS(head));
	const json_t *route;
	size_t i;

	if (json_array_size(routes) == 0)
		return;
	json_array_foreach(routes, i, route) {
		uint64_t hits = figure(route, "hits"), misses = figure(route, "misses");

		table_add(&table, "%s", word(route, "route"));
		table_add(&table, "%" PRIu64, figure(route, "requests"));
		table_add(&table, "%" PRIu64, hits);
		table_add(&table, "%" PRIu64, misses);
		table_add(&table, "%s", share(ctl, hits, hits + misses));
		table_add(&table, "%" PRIu64, figure(route, "not_modified"));
	}
	(void)putchar('\n');
	table_put(&table);
}

static void
put_worker_caches(struct ctl *ctl, const json_t *workers)
{
	static const char *const head[] = { "WORKER", "REQUESTS", "HITS", "MISSES", "STALE", "HIT RATE", "PINS" };
	struct table table = table_new(ctl->arena, head, COLUMNS(head));
	const json_t *worker;
	size_t i;

	json_array_foreach(workers, i, worker) {
		uint64_t hits = figure(worker, "cache_hits"), misses = figure(worker, "cache_misses");
		uint64_t stale = figure(worker, "cache_stale");

		table_add(&table, "%" PRIu64, figure(worker, "worker"));
		table_add(&table, "%" PRIu64, figure(worker, "requests"));
		table_add(&table, "%" PRIu64, hits);
		table_add(&table, "%" PRIu64, misses);
		table_add(&table, "%" PRIu64, stale);
		table_add(&table, "%s", share(ctl, hits, hits + misses + stale));
		table_add(&table, "%" PRIu64, figure(worker, "cache_pins"));
	}
	(void)putchar('\n');
	table_put(&table);
}

static void
put_stats(struct ctl *ctl, const json_t *answer)
{
	put_cache(ctl, json_object_get(answer, "cache"));
	put_bus(json_object_get(answer, "bus"));
	put_redis(ctl, json_object_get(answer, "redis"), json_array_size(json_object_get(answer, "workers")));
	put_routes(ctl, json_object_get(answer, "routes"));
	put_worker_caches(ctl, json_object_get(answer, "workers"));
	(void)printf("\nthimbled %s: %" PRIu64 " reloads, %" PRIu64 " failed; %" PRIu64 " workers died and were replaced\n",
	    word(answer, "version"), figure(answer, "reloads"), figure(answer, "reloads_failed"),
	    figure(answer, "respawns"));
}

static void
put_workers(struct ctl *ctl, const json_t *answer)
{
	static const char *const head[] = { "WORKER", "PID", "<STATE", "REQUESTS", "CONNECTIONS", "IN FLIGHT", "JOBS",
		"DATABASE", "MEMORY", "CPU", "BEAT" };
	struct table table = table_new(ctl->arena, head, COLUMNS(head));
	const json_t *worker;
	size_t i;

	json_array_foreach(answer, i, worker) {
		table_add(&table, "%" PRIu64, figure(worker, "worker"));
		table_add(&table, "%" PRIu64, figure(worker, "pid"));
		table_add(&table, "%s", word(worker, "state"));
		table_add(&table, "%" PRIu64, figure(worker, "requests"));
		table_add(&table, "%" PRIu64, figure(worker, "connections"));
		table_add(&table, "%" PRIu64, figure(worker, "in_flight"));
		table_add(&table, "%" PRIu64, figure(worker, "jobs_queued"));
		table_add(&table, "%" PRIu64, figure(worker, "db_connections"));
		table_add(&table, "%s", bytes(ctl, figure(worker, "resident_bytes")));
		table_add(&table, "%.1f s", (double)figure(worker, "cpu_ms") / 1000);
		table_add(&table, "%.1f s", (double)figure(worker, "heartbeat_age_ms") / 1000);
	}
	table_put(&table);
}

/* ---- commands ---- */

static int
show(struct ctl *ctl, int argc, char **argv, const char *path, void (*put)(struct ctl *ctl, const json_t *answer))
{
	struct exchange x = { .method = "GET", .path = path };
	int status;

	if (argc > 1)
		return ctl_misused(ctl, "%s takes no argument, but was given %s", argv[0], argv[1]);
	status = client_ask(ctl, &x);
	if (status != CTL_OK)
		return status;
	if (ctl->json)
		(void)printf("%.*s\n", SLICE_ARG(x.text));
	else
		put(ctl, x.answer);
	json_decref(x.answer);
	return CTL_OK;
}

int
stats_command(struct ctl *ctl, int argc, char **argv)
{
	return show(ctl, argc, argv, "/stats", put_stats);
}

int
workers_command(struct ctl *ctl, int argc, char **argv)
{
	return show(ctl, argc, argv, "/workers", put_workers);
}
