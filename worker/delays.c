/* SPDX-License-Identifier: MIT
 *
 * See delays.h.
 */
#include "config.h"

#include "worker/delays.h"

#include "worker/slots.h"

static const struct {
	uint64_t us;
	const char *text;
} bounds[] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2000, "0.002" }, { 5000, "0.005" }, { 10000, "0.01" }, { 25000, "0.025" },
	{ 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" }, { 1000000, "1" }, { 5000000, "5" },
};
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };
_Static_assert(BOUNDS + 1 == STATS_DELAY_BUCKETS, "one counter for each bound and one for what is above");

void
delays_count(struct bus_slot *slot, uint64_t us)
{
	unsigned i = 0;

	while (i < BOUNDS && us > bounds[i].us)
		i++;
	slots_add(&slot->stream_delay_bucket[i], 1);
	slots_add(&slot->stream_delay_us_sum, us);
	if (us > slots_get(&slot->stream_delay_us_max))
		atomic_store_explicit(&slot->stream_delay_us_max, us, memory_order_relaxed);
}

const char *
delays_bound(unsigned bucket)
{
	return bucket < BOUNDS ? bounds[bucket].text : "+Inf";
}

uint64_t
delays_total(const struct bus_slot *slot)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < STATS_DELAY_BUCKETS; i++)
		total += slots_get(&slot->stream_delay_bucket[i]);
	return total;
}
