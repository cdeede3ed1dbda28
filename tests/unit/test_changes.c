/* SPDX-License-Identifier: MIT
 *
 * What the bus does with the rows of the outbox: which tags they raise, when
 * everything is forgotten, and which rows of SQLite's are missed.
 */
#include "config.h"

#include "worker/changes.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <criterion/criterion.h>

#include "base/buf.h"
#include "cache/clock.h"
#include "cache/position.h"
#include "cache/tag.h"
#include "store/feed_private.h"

enum { COUNT = 1 << 20 };

static struct clock *
fresh(void)
{
	struct clock *clock = mmap(NULL, clock_size(COUNT), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cr_assert_neq(clock, MAP_FAILED);
	cr_assert_eq(clock_init(clock, COUNT), 0);
	return clock;
}

/* Whether what depends on the tag and was filled at that number is still valid. */
static bool
holds(const struct clock *clock, uint64_t filled_at, const char *tag)
{
	uint32_t stamp = clock_stamp(clock, tag_hash(slice_str(tag)));
	_Atomic uint64_t valid_at = 0;

	return clock_valid(clock, filled_at, &stamp, 1, &valid_at);
}

Test(changes, each_tag_of_each_row)
{
	struct clock *clock = fresh();
	uint64_t filled_at = clock_read(clock);
	/* as SQLite leaves them, with a space in front, and PostgreSQL */
	const struct slice rows[] = { SLICE(" patch:1 patches@3.name  auth:7"), SLICE("series.*"), SLICE(""), SLICE_NONE };
	bool all = true;

	cr_expect_eq(changes_apply(clock, rows, 4, &all), 4);
	cr_expect_not(all);
	for (const char *const *tag = (const char *const[]){ "patch:1", "patches@3.name", "auth:7", "series.*", NULL };
	    *tag != NULL; tag++)
		cr_expect_not(holds(clock, filled_at, *tag), "%s", *tag);
	cr_expect(holds(clock, filled_at, "patch:2"));
	cr_expect(holds(clock, filled_at, "series:1"));
	cr_expect(holds(clock, clock_read(clock), "patch:1"), "what is filled now is valid");
}

Test(changes, twice_is_harmless)
{
	struct clock *clock = fresh();
	const struct slice row = SLICE("patch:1");
	bool all;

	(void)changes_apply(clock, &row, 1, &all);
	(void)changes_apply(clock, &row, 1, &all);
	cr_expect(holds(clock, clock_read(clock), "patch:1"));
	cr_expect_eq(clock_read(clock) % 2, 0);
}

Test(changes, a_star_forgets_everything)
{
	struct clock *clock = fresh();
	uint64_t filled_at = clock_read(clock);
	const struct slice rows[] = { SLICE("patch:1"), SLICE(" * "), SLICE("patch:2") };
	bool all = false;

	(void)changes_apply(clock, rows, 3, &all);
	cr_expect(all);
	cr_expect_not(holds(clock, filled_at, "project:99"));
	cr_expect(holds(clock, clock_read(clock), "patch:2"));
}

/* More than fit into one turn of the clock. */
Test(changes, very_many_tags)
{
	struct clock *clock = fresh();
	uint64_t filled_at = clock_read(clock);
	struct buf text = { 0 };
	struct slice row;
	char tag[32];
	bool all;

	for (int i = 0; i < 3000; i++)
		buf_printf(&text, " patch:%d", i);
	row = buf_as_slice(&text);
	cr_expect_eq(changes_apply(clock, &row, 1, &all), 3000);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(tag, sizeof(tag), "patch:%d", i);
		cr_assert_not(holds(clock, filled_at, tag), "%s", tag);
	}
	buf_fini(&text);
}

Test(changes, nothing)
{
	struct clock *clock = fresh();
	uint64_t before = clock_read(clock);
	bool all;

	cr_expect_eq(changes_apply(clock, NULL, 0, &all), 0);
	cr_expect_not(all);
	cr_expect_eq(clock_read(clock), before);
}

/* The same tags are marked that are raised. */
Test(changes, marks)
{
	static struct position position;
	const struct slice rows[] = { SLICE(" patch:1  auth:7"), SLICE(""), SLICE_NONE };
	const uint64_t patch = tag_hash(SLICE("patch:1")), auth = tag_hash(SLICE("auth:7")), other = tag_hash(SLICE("patch:2"));
	const struct slice star = SLICE("*");
	struct position_fill fill = position_read(&position);

	changes_mark(&position, rows, 3);
	cr_expect(position_is_ahead(&position, &fill, &patch, 1));
	cr_expect(position_is_ahead(&position, &fill, &auth, 1));
	cr_expect_not(position_is_ahead(&position, &fill, &other, 1));
	changes_mark(&position, &star, 1);
	cr_expect(position_is_ahead(&position, &fill, &other, 1));
}

Test(changes, very_many_marks)
{
	static struct position position;
	struct position_fill fill = position_read(&position);
	struct buf text = { 0 };
	struct slice row;

	for (int i = 0; i < 1500; i++)
		buf_printf(&text, " patch:%d", i);
	row = buf_as_slice(&text);
	changes_mark(&position, &row, 1);
	for (int i = 0; i < 1500; i++) {
		uint64_t tag = tag_hash_id("patch", ':', i);

		cr_assert(position_is_ahead(&position, &fill, &tag, 1), "patch:%d", i);
	}
	buf_fini(&text);
}

Test(feed, gaps)
{
	/* position, first, last, how many, end */
	cr_expect_not(feed_gap(10, 0, 0, 0, 10));
	cr_expect_not(feed_gap(10, 11, 11, 1, 11));
	cr_expect_not(feed_gap(10, 11, 15, 5, 15));
	cr_expect_not(feed_gap(0, 1, 3, 3, 3));
	cr_expect(feed_gap(10, 12, 15, 4, 15), "the first is missing");
	cr_expect(feed_gap(10, 11, 15, 4, 15), "one in the middle");
	cr_expect(feed_gap(10, 11, 14, 4, 15), "the last");
	cr_expect(feed_gap(10, 0, 0, 0, 12), "all of them");
	cr_expect(feed_gap(10, 0, 0, 0, 3), "ids went back: another outbox");
	cr_expect(feed_gap(10, 11, 1010, 1000, 5000), "more than were read");
}
