/* SPDX-License-Identifier: MIT
 *
 * ctl/follow: rows whose ids become visible out of order are each taken once,
 * against a model of transactions; holes are given up when nobody can fill
 * them, not before; and there is an end to what is kept.
 */
#include "config.h"

#include "ctl/follow.h"

#include <stdlib.h>

#include <criterion/criterion.h>

static struct follow f;

static void
takes(int64_t id, enum follow_verdict verdict)
{
	cr_expect_eq(follow_take(&f, id), verdict, "%lld", (long long)id);
}

Test(follow, in_order)
{
	follow_start(&f, false, 10);
	takes(10, FOLLOW_KNOWN);
	takes(9, FOLLOW_KNOWN);
	takes(11, FOLLOW_NEW);
	takes(12, FOLLOW_NEW);
	takes(11, FOLLOW_KNOWN);
	cr_expect_eq(f.count, 0);
	cr_expect_eq(f.high, 12);
}

Test(follow, a_hole_is_filled_from_all_sides)
{
	follow_start(&f, false, 10);
	takes(20, FOLLOW_NEW);
	takes(15, FOLLOW_NEW);
	takes(11, FOLLOW_NEW);
	takes(19, FOLLOW_NEW);
	takes(16, FOLLOW_NEW);
	takes(14, FOLLOW_NEW);
	cr_expect_eq(f.count, 2);
	for (int64_t id = 1; id <= 30; id++) {
		bool open = id == 12 || id == 13 || id == 17 || id == 18 || id > 20;

		takes(id, open ? FOLLOW_NEW : FOLLOW_KNOWN);
	}
	cr_expect_eq(f.count, 0);
}

Test(follow, a_hole_stays_while_it_may_be_filled)
{
	follow_start(&f, false, 10);
	takes(12, FOLLOW_NEW);
	follow_settle(&f, 100, 100);	/* the look that found it */
	follow_settle(&f, 90, 110);	/* the one that counts: what is below 110 may fill it */
	follow_settle(&f, 109, 200);
	cr_expect_eq(f.count, 1);
	takes(11, FOLLOW_NEW);
	takes(20, FOLLOW_NEW);
	follow_settle(&f, 300, 300);
	cr_expect_eq(f.count, 1);
	follow_settle(&f, 300, 300);
	cr_expect_eq(f.count, 0);
	takes(15, FOLLOW_KNOWN);
}

Test(follow, parts_of_a_hole_are_as_old_as_it_was)
{
	follow_start(&f, false, 10);
	takes(20, FOLLOW_NEW);
	follow_settle(&f, 100, 100);
	follow_settle(&f, 100, 120);
	takes(15, FOLLOW_NEW);
	cr_expect_eq(f.count, 2);
	follow_settle(&f, 120, 130);
	cr_expect_eq(f.count, 0);
}

Test(follow, holes_of_the_start)
{
	follow_start(&f, false, 100);
	cr_expect(follow_hole(&f, 5, 6));
	cr_expect(follow_hole(&f, 50, 50));
	takes(50, FOLLOW_NEW);
	takes(5, FOLLOW_NEW);
	takes(7, FOLLOW_KNOWN);
	takes(101, FOLLOW_NEW);
	cr_expect_eq(f.count, 1);
}

Test(follow, ordered_ids_leave_no_holes)
{
	follow_start(&f, true, 10);
	takes(1000, FOLLOW_NEW);
	takes(500, FOLLOW_KNOWN);
	cr_expect(follow_hole(&f, 5, 6));
	cr_expect_eq(f.count, 0);
}

Test(follow, no_more_than_its_room)
{
	int64_t id = 0;

	follow_start(&f, false, 0);
	for (unsigned i = 0; i < FOLLOW_HOLES_MAX; i++) {
		id += 4;
		takes(id, FOLLOW_NEW);
	}
	cr_expect_eq(f.count, FOLLOW_HOLES_MAX);
	cr_expect_not(follow_hole(&f, 1, 1));
	takes(id + 2, FOLLOW_HELD);
	takes(2, FOLLOW_HELD);		/* in the middle of one: two would be left */
	cr_expect_eq(f.high, id);
	takes(id + 1, FOLLOW_NEW);	/* those that leave no hole go on */
	takes(1, FOLLOW_NEW);
	takes(2, FOLLOW_NEW);
	takes(3, FOLLOW_NEW);
	takes(id + 3, FOLLOW_NEW);	/* one has become free */
	takes(id + 2, FOLLOW_NEW);
	for (int i = 0; i < 3; i++)
		follow_settle(&f, 7, 7);
	cr_expect_eq(f.count, 0);
}

Test(follow, ids_that_are_given_once_more)
{
	follow_start(&f, false, 10);
	takes(20, FOLLOW_NEW);
	takes(30, FOLLOW_NEW);
	follow_lower(&f, 40);
	cr_expect_eq(f.high, 30);
	follow_lower(&f, 15);
	cr_expect_eq(f.high, 15);
	cr_expect_eq(f.count, 1);
	cr_expect_eq(f.hole[0].last, 15);
	takes(20, FOLLOW_NEW);
	takes(12, FOLLOW_NEW);
	takes(17, FOLLOW_NEW);
	takes(17, FOLLOW_KNOWN);
	follow_lower(&f, 0);
	cr_expect_eq(f.count, 0);
	takes(1, FOLLOW_NEW);
}

/* A model of PostgreSQL ---------------------------------------------------- */

enum { WRITERS = 6, STEPS = 400, ROUNDS = 300, IDS = WRITERS * STEPS };

struct world {
	int64_t next_id;
	uint64_t next_xid;
	struct writer {
		int64_t id;		/* drawn; 0: idle */
		uint64_t xid;		/* drawn after it; 0: not yet */
		unsigned looks;		/* since the id was drawn */
	} writer[WRITERS];
	bool visible[IDS], taken[IDS];
};

static void
write_on(struct world *w)
{
	struct writer *t = &w->writer[rand() % WRITERS];

	if (t->id == 0) {
		t->id = ++w->next_id;
		t->looks = 0;
	} else if (t->xid == 0) {
		t->xid = w->next_xid++;
	} else {
		w->visible[t->id] = rand() % 4 > 0;
		*t = (struct writer){ 0 };
	}
}

/* Everything that can be seen, `limit` rows of it. */
static void
look(struct world *w, int limit)
{
	uint64_t xmin = w->next_xid;
	bool all = true;

	for (unsigned i = 0; i < WRITERS; i++) {
		struct writer *t = &w->writer[i];

		/* no number for longer than from one look to the next: not what happens */
		if (t->id != 0 && t->xid == 0 && ++t->looks > 1)
			t->xid = w->next_xid++;
		if (t->xid != 0 && t->xid < xmin)
			xmin = t->xid;
	}
	for (int64_t id = 1; id <= w->next_id && all; id++) {
		enum follow_verdict verdict;

		if (!w->visible[id])
			continue;
		verdict = follow_take(&f, id);
		cr_assert_neq(verdict, FOLLOW_HELD);
		cr_assert(w->taken[id] == (verdict == FOLLOW_KNOWN), "%lld", (long long)id);
		w->taken[id] = true;
		if (verdict == FOLLOW_NEW && --limit == 0)
			all = false;
	}
	if (all)
		follow_settle(&f, xmin, w->next_xid);
}

Test(follow, nothing_is_stepped_over)
{
	srand(7);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct world w = { .next_xid = 100 };

		follow_start(&f, false, 0);
		for (unsigned step = 0; step < STEPS; step++) {
			write_on(&w);
			if (rand() % 5 == 0)
				look(&w, 1 + rand() % 8);
		}
		while (w.writer[0].id != 0 || w.writer[1].id != 0)
			write_on(&w);
		for (int i = 0; i < IDS; i++)
			look(&w, 1000);
		for (int64_t id = 1; id <= w.next_id; id++)
			cr_assert_eq(w.taken[id], w.visible[id]);
	}
}
