/* SPDX-License-Identifier: MIT
 *
 * Arena, buffer, slices, and the map of ids.
 */
#include "config.h"

#include <stdint.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "worker/idmap.h"

static void
note(void *object)
{
	int *order = object;

	*order = *order * 10 + 1;
}

static void
note_two(void *object)
{
	int *order = object;

	*order = *order * 10 + 2;
}

Test(arena, gives_aligned_memory_of_any_size)
{
	struct arena *arena = arena_new();

	for (size_t size = 0; size < 20000; size = size * 2 + 1) {
		char *p = arena_alloc(arena, size);

		cr_assert_not_null(p);
		cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		memset(p, 0xaa, size);
	}
	arena_free(&arena);
	cr_assert_null(arena);
}

Test(arena, arrays_grow)
{
	struct arena *arena = arena_new();
	unsigned *array = NULL, *was;
	size_t room = 0;

	for (unsigned i = 0; i < 100; i++) {
		was = array;
		array = arena_more(arena, array, i, &room, 3, sizeof(*array));
		cr_assert_eq(array != was, i == 0 || (i % 3 == 0 && ((i / 3) & (i / 3 - 1)) == 0), "%u", i);
		array[i] = i;
	}
	cr_assert_eq(room, 192);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(array[i], i);
	arena_free(&arena);
}

static void
count_up(void *object)
{
	++*(int *)object;
}

Test(arena, is_as_new_after_a_reset)
{
	struct arena *arena = arena_new();
	int cleanups = 0;
	char *first;

	arena_reset(arena);
	first = arena_alloc(arena, 100);
	for (int round = 1; round <= 3; round++) {
		arena_cleanup(arena, count_up, &cleanups);
		for (size_t size = 1; size < 100000; size = size * 2 + 1)
			memset(arena_alloc(arena, size), 'x', size);
		arena_reset(arena);
		cr_assert_eq(cleanups, round, "run once, and forgotten");
		cr_assert_eq(arena_alloc(arena, 100), first, "the first block is used again");
	}
	/* what does not fit a block comes first */
	arena_reset(arena);
	arena_free(&arena);
	arena = arena_new();
	memset(arena_alloc(arena, 50000), 'x', 50000);
	arena_reset(arena);
	memset(arena_alloc(arena, 100), 'x', 100);
	arena_free(&arena);
}

Test(arena, runs_cleanups_last_first)
{
	struct arena *arena = arena_new();
	int order = 0;

	arena_cleanup(arena, note, &order);
	arena_cleanup(arena, note_two, &order);
	arena_free(&arena);
	cr_assert_eq(order, 21);
}

Test(arena, copies_are_terminated)
{
	struct arena *arena = arena_new();

	cr_assert_str_eq(arena_memdup(arena, "abcd", 3), "abc");
	cr_assert_str_eq(arena_printf(arena, "%s-%d", "x", 7), "x-7");
	cr_assert_null(arena_slice(arena, SLICE_NONE).p);
	arena_free(&arena);
}

Test(buf, grows_and_counts)
{
	struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	cr_assert_eq(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	buf_reset(&b);
	buf_int(&b, INT64_MIN);
	cr_assert(slice_is(buf_as_slice(&b), "-9223372036854775808"));
	buf_fini(&b);
}

Test(slice, order)
{
	cr_assert_eq(slice_compare(SLICE("a"), SLICE("a")), 0);
	cr_assert_lt(slice_compare(SLICE("a"), SLICE("ab")), 0);
	cr_assert_gt(slice_compare(SLICE("b"), SLICE("ab")), 0);
	/* bytes have no sign, so that code points are in order */
	cr_assert_lt(slice_compare(SLICE("z"), SLICE("\303\251")), 0);
	cr_assert_lt(slice_compare(SLICE_NONE, SLICE("a")), 0);
	cr_assert_eq(slice_compare(SLICE_NONE, SLICE("")), 0);
}

Test(slice, cuts_at_separators)
{
	struct slice rest = SLICE("a,,b"), piece;

	cr_assert(slice_cut(&rest, ',', &piece) && slice_is(piece, "a"));
	cr_assert(slice_cut(&rest, ',', &piece) && piece.n == 0);
	cr_assert(slice_cut(&rest, ',', &piece) && slice_is(piece, "b"));
	cr_assert_not(slice_cut(&rest, ',', &piece));
}

Test(slice, reads_numbers_within_bounds)
{
	uint64_t value;

	cr_assert_eq(slice_uint(SLICE("18446744073709551615"), UINT64_MAX, &value), 0);
	cr_assert_eq(value, UINT64_MAX);
	cr_assert_eq(slice_uint(SLICE("18446744073709551616"), UINT64_MAX, &value), -1);
	cr_assert_eq(slice_uint(SLICE("11"), 10, &value), -1);
	cr_assert_eq(slice_uint(SLICE("9"), 5, &value), -1);
	cr_assert_eq(slice_uint(SLICE("5"), 5, &value), 0);
	cr_assert_eq(slice_uint(SLICE("0"), 0, &value), 0);
	cr_assert_eq(slice_uint(SLICE(""), 10, &value), -1);
	cr_assert_eq(slice_uint(SLICE("+1"), 10, &value), -1);
}

Test(slice, trims_and_compares)
{
	cr_assert(slice_is(slice_trim(SLICE(" \ta b "), " \t"), "a b"));
	cr_assert(slice_eq_nocase(SLICE("HoSt"), SLICE("hOsT")));
	cr_assert_not(slice_eq_nocase(SLICE("a"), SLICE("ab")));
	cr_assert(slice_has_suffix(SLICE("x/mbox/"), SLICE("/mbox/")));
	cr_assert_not(slice_has_prefix(SLICE("/ap"), SLICE("/api/")));
}

Test(idmap, finds_what_was_put)
{
	struct arena *arena = arena_new();
	struct idmap map = { .arena = arena };

	cr_assert_eq(idmap_get(&map, 1), -1);
	for (int i = 0; i < 5000; i++) {
		int *at = idmap_at(&map, (int64_t)i * 1000003 - 77);

		cr_assert_eq(*at, -1);
		*at = i;
	}
	for (int i = 0; i < 5000; i++)
		cr_assert_eq(idmap_get(&map, (int64_t)i * 1000003 - 77), i);
	cr_assert_eq(idmap_get(&map, 5), -1);
	cr_assert_eq(map.count, 5000);
	arena_free(&arena);
}
