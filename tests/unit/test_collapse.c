/* SPDX-License-Identifier: MIT
 *
 * worker/collapse and cache/fills: who leads, who waits, who is woken and in
 * which order, whose answer may be taken, and that nobody waits for ever.
 */
#include "config.h"

#include "worker/collapse.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <event2/event.h>

#include "cache/region.h"

enum { WORKERS = 3, MANY = 50, REGION_BYTES = 4 * 1024 * 1024, LOW_BITS = 0xff, HANGS = 60 };

/* What a waiter does when it is woken, besides noting it. */
enum reaction { STAY, ENTER_AGAIN, ENTER_AND_END };

struct room {
	struct event_base *base;
	struct region *region;
	struct collapse *collapse[WORKERS];
	unsigned woken;			/* so far, of all */
};

struct guest {
	struct waiter waiter;
	struct room *room;
	unsigned worker;
	const char *key;
	enum reaction reaction;
	bool gone;			/* may not be woken any more */
	unsigned order;			/* of being woken, from 1; 0: not yet */
	unsigned times;
	bool leads;			/* what entering said last */
	bool had_leader, may_take;	/* when it was woken */
	struct waiter *leader;
};

static struct guest *
guest_of(struct waiter *waiter)
{
	return (struct guest *)(void *)((char *)waiter - offsetof(struct guest, waiter));
}

static struct collapse *
collapse_of(const struct guest *guest)
{
	return guest->room->collapse[guest->worker];
}

static bool
enter(struct guest *guest)
{
	guest->leads = collapse_enter(collapse_of(guest), &guest->waiter, slice_str(guest->key));
	return guest->leads;
}

static void
done(struct guest *guest)
{
	collapse_done(collapse_of(guest), &guest->waiter);
}

static void
wake(struct waiter *waiter, struct waiter *leader)
{
	struct guest *guest = guest_of(waiter);

	cr_assert(!guest->gone, "one that left is woken");
	cr_assert_null(waiter->fill, "it waits while it is woken");
	guest->order = ++guest->room->woken;
	guest->times++;
	guest->leader = leader;
	guest->had_leader = leader != NULL;
	guest->may_take = leader != NULL && collapse_may_take(waiter, leader);
	if (guest->reaction == ENTER_AGAIN && !guest->may_take)
		(void)enter(guest);
	if (guest->reaction == ENTER_AND_END && !guest->may_take && enter(guest))
		done(guest);
}

static struct room
open_room(void)
{
	struct room room = { .base = event_base_new(), .region = region_create(REGION_BYTES, WORKERS) };

	cr_assert(room.base != NULL && room.region != NULL);
	for (unsigned i = 0; i < WORKERS; i++)
		room.collapse[i] = collapse_new(room.base, room.region, i, wake);
	return room;
}

static void
close_room(struct room *room)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		collapse_free(&room->collapse[i]);
		cr_assert_null(room->collapse[i]);
	}
	cr_assert_eq(event_base_get_num_events(room->base, EVENT_BASE_COUNT_ADDED), 0, "a timer is left behind");
	for (unsigned i = 0; i < FILLS; i++)
		cr_assert_eq(atomic_load(&region_fills(room->region)->place[i]), 0, "a booking is left behind");
	region_close(&room->region);
	event_base_free(room->base);
}

static struct guest
guest_new(struct room *room, unsigned worker, const char *key, enum reaction reaction)
{
	return (struct guest){ .room = room, .worker = worker, .key = key, .reaction = reaction };
}

static uint64_t
hash_of(struct room *room, const char *key)
{
	return region_hash(room->region, slice_str(key));
}

/* Turns the loop until that many were woken in all. */
static void
run_until(struct room *room, unsigned woken)
{
	while (room->woken < woken)
		cr_assert_eq(event_base_loop(room->base, EVLOOP_ONCE), 0, "nothing is waited for, but %u were woken", room->woken);
}

/* Turns the loop as often, each time until its timer fired. */
static void
turn(struct room *room, int times)
{
	for (int i = 0; i < times; i++)
		(void)event_base_loop(room->base, EVLOOP_ONCE);
}

/* ---- within one worker ---- */

Test(collapse, the_first_leads_and_the_others_wait)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), waiter[3];

	cr_assert(enter(&leader));
	cr_assert(!collapse_is_wanted(&leader.waiter));
	for (int i = 0; i < 3; i++) {
		waiter[i] = guest_new(&room, 0, "key", STAY);
		cr_assert(!enter(&waiter[i]));
		cr_assert(!collapse_is_wanted(&waiter[i].waiter));
	}
	cr_assert(collapse_is_wanted(&leader.waiter));
	cr_assert_eq(room.woken, 0);
	done(&leader);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(waiter[i].order, i + 1, "who came first is woken first");
		cr_assert_eq(waiter[i].leader, &leader.waiter);
		cr_assert(!waiter[i].may_take, "it came after the leader began");
	}
	cr_assert(!collapse_is_wanted(&leader.waiter));
	cr_assert_eq(leader.times, 0);
	done(&leader);
	cr_assert_eq(room.woken, 3, "ending twice wakes nobody twice");
	close_room(&room);
}

Test(collapse, each_key_has_a_leader)
{
	struct room room = open_room();
	struct guest leader[MANY], waiter[MANY];
	char key[MANY][16];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(key[i], sizeof(key[i]), "key %u", i);
		leader[i] = guest_new(&room, 0, key[i], STAY);
		waiter[i] = guest_new(&room, 0, key[i], STAY);
		cr_assert(enter(&leader[i]));
	}
	for (unsigned i = 0; i < MANY; i++)
		cr_assert(!enter(&waiter[i]));
	for (unsigned i = MANY; i-- > 0; ) {
		done(&leader[i]);
		cr_assert_eq(room.woken, MANY - i);
		cr_assert_eq(waiter[i].leader, &leader[i].waiter);
	}
	close_room(&room);
}

Test(collapse, a_key_is_free_again_after_the_end)
{
	struct room room = open_room();
	struct guest first = guest_new(&room, 0, "key", STAY), second = guest_new(&room, 0, "key", STAY);

	cr_assert(enter(&first));
	done(&first);
	cr_assert(enter(&second));
	done(&second);
	close_room(&room);
}

/* The heart: an answer is given only to those who came before it began to be made. */
Test(collapse, the_next_leaders_answer_is_for_all_who_came_before_it_began)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), late = guest_new(&room, 0, "key", ENTER_AGAIN), waiter[5];

	cr_assert(enter(&leader));
	for (int i = 0; i < 5; i++) {
		waiter[i] = guest_new(&room, 0, "key", ENTER_AGAIN);
		cr_assert(!enter(&waiter[i]));
	}
	done(&leader);
	cr_assert(waiter[0].leads, "the first of them leads");
	for (int i = 1; i < 5; i++)
		cr_assert(!waiter[i].leads && waiter[i].waiter.fill != NULL, "the others wait for it");
	cr_assert(!enter(&late));
	done(&waiter[0]);
	for (unsigned i = 1; i < 5; i++) {
		cr_assert_eq(waiter[i].leader, &waiter[0].waiter);
		cr_assert(waiter[i].may_take);
		cr_assert_eq(waiter[i].times, 2);
	}
	cr_assert(late.had_leader && !late.may_take, "it came after the second leader began");
	cr_assert(late.leads, "so it leads anew");
	done(&late);
	close_room(&room);
}

Test(collapse, who_began_first_is_not_taken_from)
{
	struct room room = open_room();
	struct guest a = guest_new(&room, 0, "a", STAY), b = guest_new(&room, 0, "b", STAY);

	cr_assert(enter(&a));
	cr_assert(enter(&b));
	cr_assert(collapse_may_take(&a.waiter, &b.waiter), "b began after a came");
	cr_assert(!collapse_may_take(&b.waiter, &a.waiter), "a began before b came");
	done(&a);
	done(&b);
	close_room(&room);
}

/* One that came early and enters late stands before those who came after it. */
Test(collapse, order_is_that_of_coming_not_of_entering)
{
	struct room room = open_room();
	struct guest early = guest_new(&room, 0, "first", STAY), leader = guest_new(&room, 0, "second", STAY);
	struct guest other = guest_new(&room, 0, "first", STAY), between[2];

	cr_assert(enter(&other));
	cr_assert(!enter(&early));
	cr_assert(enter(&leader));
	for (int i = 0; i < 2; i++) {
		between[i] = guest_new(&room, 0, "second", STAY);
		cr_assert(!enter(&between[i]));
	}
	done(&other);
	cr_assert_eq(early.order, 1);
	early.key = "second";
	cr_assert(!enter(&early));
	done(&leader);
	cr_assert_eq(early.order, 2);
	cr_assert_eq(between[0].order, 3);
	cr_assert_eq(between[1].order, 4);
	cr_assert(early.may_take, "it came before that leader began");
	cr_assert(!between[0].may_take);
	close_room(&room);
}

/* As when the job queue is full: each leads and ends at once, within the wake of the one before. */
Test(collapse, leaders_that_end_within_wake)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), waiter[MANY];

	cr_assert(enter(&leader));
	for (unsigned i = 0; i < MANY; i++) {
		waiter[i] = guest_new(&room, 0, "key", ENTER_AND_END);
		cr_assert(!enter(&waiter[i]));
	}
	done(&leader);
	for (unsigned i = 0; i < MANY; i++) {
		cr_assert_eq(waiter[i].times, 1);
		cr_assert_eq(waiter[i].order, i + 1);
		cr_assert_null(waiter[i].waiter.fill);
	}
	close_room(&room);
}

Test(collapse, who_leaves_is_not_woken)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), waiter[3];

	cr_assert(enter(&leader));
	for (int i = 0; i < 3; i++) {
		waiter[i] = guest_new(&room, 0, "key", STAY);
		cr_assert(!enter(&waiter[i]));
	}
	waiter[1].gone = true;
	collapse_leave(room.collapse[0], &waiter[1].waiter);
	collapse_leave(room.collapse[0], &waiter[1].waiter);
	cr_assert(collapse_is_wanted(&leader.waiter));
	waiter[0].gone = waiter[2].gone = true;
	collapse_leave(room.collapse[0], &waiter[0].waiter);
	collapse_leave(room.collapse[0], &waiter[2].waiter);
	cr_assert(!collapse_is_wanted(&leader.waiter));
	collapse_leave(room.collapse[0], &leader.waiter);
	cr_assert_not_null(leader.waiter.fill, "a leader does not leave, it ends");
	done(&leader);
	cr_assert_eq(room.woken, 0);
	turn(&room, 3);
	close_room(&room);
}

Test(collapse, a_fill_that_all_left_takes_waiters_again)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), a = guest_new(&room, 0, "key", STAY);
	struct guest b = guest_new(&room, 0, "key", STAY);

	cr_assert(enter(&leader));
	cr_assert(!enter(&a));
	a.gone = true;
	collapse_leave(room.collapse[0], &a.waiter);
	cr_assert(!enter(&b));
	cr_assert(collapse_is_wanted(&leader.waiter));
	done(&leader);
	cr_assert_eq(b.times, 1);
	close_room(&room);
}

Test(collapse, one_that_only_looked_may_be_freed)
{
	struct room room = open_room();
	struct guest *leader = malloc(sizeof(*leader)), *waiter = malloc(sizeof(*waiter));

	*leader = guest_new(&room, 0, "key", STAY);
	*waiter = guest_new(&room, 0, "key", STAY);
	cr_assert(enter(leader));
	cr_assert(!enter(waiter));
	collapse_leave(room.collapse[0], &waiter->waiter);
	free(waiter);
	done(leader);
	free(leader);
	turn(&room, 3);
	close_room(&room);
}

/* ---- between workers ---- */

Test(collapse, another_workers_fill_is_waited_for, .timeout = HANGS)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 1, "key", STAY), here[2], there = guest_new(&room, 1, "key", STAY);

	cr_assert(enter(&leader));
	for (int i = 0; i < 2; i++) {
		here[i] = guest_new(&room, 0, "key", STAY);
		cr_assert(!enter(&here[i]), "worker 1 fills it");
	}
	cr_assert(!enter(&there));
	cr_assert_eq(room.woken, 0);
	done(&leader);
	cr_assert_eq(room.woken, 1, "only its own worker's are woken at once");
	run_until(&room, 3);
	cr_assert_eq(there.order, 1);
	cr_assert_eq(here[0].order, 2);
	cr_assert_eq(here[1].order, 3);
	cr_assert(!here[0].had_leader && !here[1].had_leader, "another process's answer is not at hand");
	cr_assert(!here[0].waiter.impatient);
	close_room(&room);
}

Test(collapse, three_workers_one_leader_after_the_other)
{
	struct room room = open_room();
	struct guest first = guest_new(&room, 2, "key", STAY), waiter[2][3];
	unsigned leaders = 0, rounds = 0;

	cr_assert(enter(&first));
	for (unsigned w = 0; w < 2; w++)
		for (int i = 0; i < 3; i++) {
			waiter[w][i] = guest_new(&room, w, "key", ENTER_AGAIN);
			cr_assert(!enter(&waiter[w][i]));
		}
	done(&first);
	/* one worker of the two books it, and its other two take that answer; then the other worker */
	while (leaders < 2) {
		cr_assert_lt(++rounds, 10000u);
		turn(&room, 1);
		for (unsigned w = 0; w < 2; w++)
			if (waiter[w][0].leads) {
				cr_assert(!waiter[1 - w][0].leads || waiter[1 - w][0].waiter.fill == NULL, "two fill at once");
				done(&waiter[w][0]);
				waiter[w][0].leads = false;
				leaders++;
			}
	}
	for (unsigned w = 0; w < 2; w++)
		for (int i = 1; i < 3; i++) {
			cr_assert(waiter[w][i].may_take);
			cr_assert_eq(waiter[w][i].leader, &waiter[w][0].waiter);
		}
	close_room(&room);
}

Test(collapse, a_dead_workers_fill_is_taken_back, .timeout = HANGS)
{
	struct room room = open_room();
	struct guest waiter = guest_new(&room, 0, "key", ENTER_AGAIN), other = guest_new(&room, 0, "key", ENTER_AGAIN);

	cr_assert(fills_begin(region_fills(room.region), 1, hash_of(&room, "key")));
	cr_assert(!enter(&waiter));
	cr_assert(!enter(&other));
	turn(&room, 3);
	cr_assert_eq(room.woken, 0);
	region_bury(room.region, 1);
	run_until(&room, 2);
	cr_assert(waiter.leads && !waiter.waiter.impatient);
	cr_assert(!other.leads);
	done(&waiter);
	cr_assert(other.may_take);
	close_room(&room);
}

Test(collapse, leaving_while_another_worker_fills)
{
	struct room room = open_room();
	struct guest a = guest_new(&room, 0, "key", STAY), b = guest_new(&room, 0, "key", STAY);

	cr_assert(fills_begin(region_fills(room.region), 1, hash_of(&room, "key")));
	cr_assert(!enter(&a));
	cr_assert(!enter(&b));
	a.gone = b.gone = true;
	collapse_leave(room.collapse[0], &a.waiter);
	collapse_leave(room.collapse[0], &b.waiter);
	fills_end(region_fills(room.region), 1, hash_of(&room, "key"));
	turn(&room, 3);
	cr_assert_eq(room.woken, 0);
	b = guest_new(&room, 0, "key", STAY);
	cr_assert(enter(&b), "nothing of it is left");
	done(&b);
	close_room(&room);
}

/* A booking that nobody ever takes back, as a worker that hangs has it. */
Test(collapse, nobody_waits_for_ever_for_another_worker, .timeout = HANGS)
{
	struct room room = open_room();
	struct guest waiter[3], after = guest_new(&room, 0, "key", STAY);

	cr_assert(fills_begin(region_fills(room.region), 1, hash_of(&room, "key")));
	for (int i = 0; i < 3; i++) {
		waiter[i] = guest_new(&room, 0, "key", ENTER_AGAIN);
		cr_assert(!enter(&waiter[i]));
	}
	run_until(&room, 3);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(waiter[i].order, i + 1);
		cr_assert(waiter[i].waiter.impatient);
		cr_assert_eq(waiter[i].leads, i == 0, "one of them makes the answer, and not all");
	}
	cr_assert(collapse_is_wanted(&waiter[0].waiter));
	done(&waiter[0]);
	cr_assert(waiter[1].may_take && waiter[2].may_take, "they came before it began");
	cr_assert(fills_busy(region_fills(room.region), hash_of(&room, "key")), "it is not theirs to take back");
	cr_assert(!enter(&after), "who comes anew waits anew");
	fills_end(region_fills(room.region), 1, hash_of(&room, "key"));
	run_until(&room, 6);
	cr_assert(!after.waiter.impatient);
	close_room(&room);
}

/* The leader's own worker: it takes longer than anybody waits, and may yet end. */
Test(collapse, nobody_waits_for_ever_for_a_leader, .timeout = HANGS)
{
	struct room room = open_room();
	struct guest leader = guest_new(&room, 0, "key", STAY), waiter[2], after = guest_new(&room, 0, "key", STAY);

	cr_assert(enter(&leader));
	for (int i = 0; i < 2; i++) {
		waiter[i] = guest_new(&room, 0, "key", ENTER_AGAIN);
		cr_assert(!enter(&waiter[i]));
	}
	run_until(&room, 2);
	for (int i = 0; i < 2; i++)
		cr_assert(waiter[i].waiter.impatient && !waiter[i].had_leader);
	cr_assert(waiter[0].leads && !waiter[1].leads, "one beside the old leader, and not all");
	done(&waiter[0]);
	cr_assert(waiter[1].may_take);
	cr_assert_eq(room.woken, 3);
	cr_assert(enter(&after), "nobody waits any more for the one that takes so long");
	done(&leader);
	cr_assert_eq(room.woken, 3);
	done(&after);
	close_room(&room);
}

/* Woken in time, but waiting anew: the bound counts from when it came. */
Test(collapse, waiting_anew_does_not_make_the_bound_longer, .timeout = HANGS)
{
	struct room room = open_room();
	struct guest first = guest_new(&room, 0, "key", STAY), waiter = guest_new(&room, 0, "key", STAY);
	struct guest after = guest_new(&room, 0, "key", STAY);
	uint64_t until;

	cr_assert(enter(&first));
	cr_assert(!enter(&waiter));
	until = waiter.waiter.until;
	done(&first);
	cr_assert(fills_begin(region_fills(room.region), 1, hash_of(&room, "key")));
	waiter.reaction = ENTER_AGAIN;
	cr_assert(!enter(&waiter));
	cr_assert_eq(waiter.waiter.until, until);
	run_until(&room, 2);
	cr_assert(waiter.leads && waiter.waiter.impatient);
	done(&waiter);
	fills_end(region_fills(room.region), 1, hash_of(&room, "key"));
	cr_assert(enter(&after), "nobody watches what nobody waits for");
	done(&after);
	close_room(&room);
}

/* ---- the table of bookings ---- */

Test(fills, one_worker_at_a_time)
{
	static struct fills fills;
	const uint64_t hash = 0x123456789abcdef0;

	cr_assert(!fills_busy(&fills, hash));
	cr_assert(fills_begin(&fills, 0, hash));
	cr_assert(fills_begin(&fills, 0, hash), "its own does not hinder it");
	cr_assert(fills_busy(&fills, hash));
	cr_assert(!fills_begin(&fills, 1, hash));
	fills_end(&fills, 1, hash);
	cr_assert(fills_busy(&fills, hash), "another's is not to be taken back");
	fills_end(&fills, 0, hash);
	cr_assert(!fills_busy(&fills, hash));
	cr_assert(fills_begin(&fills, FILLS_WORKERS_MAX - 1, hash));
	cr_assert(!fills_begin(&fills, 0, hash));
	fills_bury(&fills, FILLS_WORKERS_MAX - 1);
	cr_assert(!fills_busy(&fills, hash));
}

/* Keys that want the same place: the second one goes unbooked, and takes nothing of the first. */
Test(fills, keys_that_share_a_place)
{
	static struct fills fills;
	const uint64_t a = UINT64_C(7) << 8, b = a + ((uint64_t)FILLS << 8);

	cr_assert(fills_begin(&fills, 0, a));
	cr_assert(fills_begin(&fills, 1, b), "a collision costs a second fill, never a wait");
	cr_assert(!fills_busy(&fills, b));
	cr_assert(fills_busy(&fills, a));
	fills_end(&fills, 1, b);
	fills_end(&fills, 0, b);
	cr_assert(fills_busy(&fills, a), "the end of the other key is not the end of this one");
	fills_end(&fills, 0, a);
	cr_assert(fills_begin(&fills, 1, b));
	cr_assert(fills_busy(&fills, b));
	cr_assert(!fills_begin(&fills, 0, b));
	fills_end(&fills, 1, b);
}

Test(fills, burial_takes_back_all_of_one_worker)
{
	static struct fills fills;
	unsigned left = 0;

	for (uint64_t i = 0; i < FILLS; i++)
		cr_assert(fills_begin(&fills, (unsigned)(i % 3), i << 8 | (i & LOW_BITS)));
	fills_bury(&fills, 1);
	for (uint64_t i = 0; i < FILLS; i++) {
		bool busy = fills_busy(&fills, i << 8);

		cr_assert_eq(busy, i % 3 != 1);
		left += busy;
	}
	cr_assert_eq(left, FILLS - (FILLS + 1) / 3);
	fills_bury(&fills, 0);
	fills_bury(&fills, 2);
	for (unsigned i = 0; i < FILLS; i++)
		cr_assert_eq(atomic_load(&fills.place[i]), 0);
}

/* A hash of zeros is a key as any other. */
Test(fills, a_hash_of_zeros)
{
	static struct fills fills;

	cr_assert(!fills_busy(&fills, 0));
	cr_assert(fills_begin(&fills, 0, 0));
	cr_assert(fills_busy(&fills, 0));
	cr_assert(!fills_begin(&fills, 1, 0));
	fills_end(&fills, 0, 0);
	cr_assert(!fills_busy(&fills, 0));
}
