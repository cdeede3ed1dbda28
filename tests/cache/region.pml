/* SPDX-License-Identifier: MIT
 *
 * What the cache stands on, for spin: run tests/cache/model.
 *
 *   PINS    entries are found, pinned, evicted and made again; readers and
 *           the holders of the lock may be killed between any two steps
 *   CLOCK   answers are filled, invalidated and found valid; with DEATH
 *           invalidators may be killed between any two steps
 *
 * Each step that another process could see is one statement; an atomic or
 * d_step stands for one access to memory, or for several to what the lock
 * guards.  Memory is sequentially consistent here, as are the accesses in
 * the code that this speaks of.
 *
 * With BREAK_n something is wrong on purpose, and an assertion must fail:
 *   PINS  1 no second look at the generation
 *         2 pins are looked at before the generation changes
 *         3 a dead reader's pins stay
 *         4 a free entry that is booked is taken for limbo
 *   CLOCK 5 the clock is read after the database
 *         6 tags are applied before the commit
 *         7 the short cut is taken while the number is odd
 *         8 who inherits the lock forgets nothing
 *         9 the short cut is taken for a number that was read after the stamps
 *         10 who inherits the lock forgets at a dead one's number
 */

#ifdef PINS
#define READERS 2
#define ENTRIES 2
#define CHUNKS 2
#define PUTS 3
#define WHOLE 0
#define RETIRED 1
#define FREE 2
#define NONE 255

byte generation[ENTRIES];	/* state: modulo 4 */
byte place[ENTRIES];		/* the chunk of an entry; means nothing while it is free */
byte version[ENTRIES];		/* of what is in it */
byte content[CHUNKS];		/* the version that lies there; 0: half written */
bool taken[CHUNKS];		/* the bitmap */
byte slot[READERS] = NONE;
byte puts = 0;
bool locked = false, orphaned = false;

#define state(e) (generation[e] % 4)
#define pinned(e) (slot[0] == e || slot[1] == e)

/* The master, after a death. */
inline bury(id)
{
#ifndef BREAK_3
	slot[id] = NONE
#else
	skip
#endif
}

proctype reader(byte id, looks, lives)
{
	byte e, g, v;

again:
	atomic { (looks > 0); looks--; e = 0; g = 0; v = 0 };
	/* a chain leads to any entry, even one that has been moved since */
	if
	:: e = 0
	:: e = 1
	fi;
	g = generation[e];
	if
	:: g % 4 != WHOLE -> goto again
	:: else
	fi;
	slot[id] = e;
#ifndef BREAK_1
	if
	:: generation[e] != g -> goto leave
	:: else
	fi;
#endif
	/* the version is in the entry, as its key is, and constant while it is pinned */
	v = version[e];
	assert(content[place[e]] == v);
	/* the socket takes its time */
	assert(content[place[e]] == v && version[e] == v);
leave:
	if
	:: slot[id] = NONE
	:: lives > 0 -> lives--; bury(id)	/* killed here: what is left is what the master clears */
	fi;
	goto again
}

/* The next store; or killed before it. */
#define or_die(store) \
	if \
	:: store \
	:: deaths > 0 -> atomic { deaths--; orphaned = true; locked = false; goto again } \
	fi

/* Who inherits: everything anew from the states of the entries.  One step, as the lock is held and readers see none of it. */
inline rebuild()
{
	d_step {
		taken[0] = false; taken[1] = false;
		i = 0;
		do
		:: i < ENTRIES ->
			if
#ifndef BREAK_4
			:: state(i) == WHOLE || (state(i) == RETIRED && pinned(i)) ->
#else
			:: state(i) == WHOLE || pinned(i) ->
#endif
				assert(!taken[place[i]]);		/* no chunk in two entries */
				taken[place[i]] = true
			:: state(i) == RETIRED && !pinned(i) -> generation[i] = generation[i] + 1
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
}

proctype keeper()
{
	byte i = 0, e, c, deaths = 1;
	bool was_pinned;

again:
	atomic { (puts < PUTS && !locked); locked = true; was_pinned = false; e = 0; c = 0 };
	if
	:: orphaned -> orphaned = false; rebuild()
	:: else
	fi;
	/* evict, reap, or keep something new */
	if
	:: e = 0
	:: e = 1
	fi;
	if
	:: state(e) == WHOLE ->
#ifdef BREAK_2
		was_pinned = slot[0] == e;
		was_pinned = was_pinned || slot[1] == e;
		or_die(generation[e] = generation[e] + 1);
#else
		or_die(generation[e] = generation[e] + 1);
		/* one slot after the other */
		was_pinned = slot[0] == e;
		was_pinned = was_pinned || slot[1] == e;
#endif
	:: state(e) == RETIRED ->
		was_pinned = slot[0] == e;
		was_pinned = was_pinned || slot[1] == e
	:: else ->
		if
		:: !taken[0] -> c = 0
		:: !taken[1] -> c = 1
		:: else -> goto unlock
		fi;
		puts++;
		or_die(place[e] = c);
		or_die(taken[c] = true);
		content[c] = 0;
		or_die(version[e] = puts);
		or_die(content[c] = puts);
		or_die(generation[e] = generation[e] + 2);
		goto unlock
	fi;
	if
	:: was_pinned	/* it waits in limbo */
	:: else ->
		or_die(generation[e] = generation[e] + 1);
		or_die(taken[place[e]] = false)
	fi;
unlock:
	/* all that is free is known to be, and nothing else */
	atomic {
		assert(taken[0] == ((state(0) != FREE && place[0] == 0) || (state(1) != FREE && place[1] == 0)));
		assert(taken[1] == ((state(0) != FREE && place[0] == 1) || (state(1) != FREE && place[1] == 1)))
	};
	or_die(locked = false);
	goto again
}

init
{
	atomic {
		generation[0] = FREE;
		generation[1] = FREE;
		run keeper();
		run reader(0, 2, 1);
		run reader(1, 1, 0)
	};
	/* When nobody moves any more, no pin is left. */
	timeout;
	assert(slot[0] == NONE && slot[1] == NONE)
}
#endif

#ifdef CLOCK
#define READERS 2
#define FILLS 2

byte now = 2, floor = 0, stamp[2];
byte db[2];			/* committed version of each object */
byte known[2];			/* a version whose invalidation was complete: anybody may have heard of it */
bool locked = false, orphaned = false;

/* Entries, all that ever were, of object 0; `current` is the one that is found now. */
byte filled_at[FILLS], shows[FILLS], valid_at[FILLS];
bool refused[FILLS];		/* a reader found it invalid: from then on all must */
byte fills = 1, current = 0;
byte fallen = 0;		/* version of object 0 whose invalidator died */

proctype filler()
{
	byte s, v;

	do
	:: fills < FILLS ->
#ifdef BREAK_5
		v = db[0];
		s = now;
#else
		s = now;
		v = db[0];
#endif
		atomic {
			filled_at[fills] = s;
			shows[fills] = v;
			/* who filled later, knows more */
			if
			:: filled_at[current] <= s -> current = fills
			:: else
			fi;
			fills++;
			s = 0;
			v = 0
		}
	:: else -> break
	od
}

proctype reader(byte reads)
{
	byte k, n, e;
	bool r0, r1, ok;

	do
	:: reads > 0 ->
		reads--;
		d_step { k = known[0]; r0 = refused[0]; r1 = refused[1]; e = current };
		n = now;
		ok = false;
		if
		:: valid_at[e] == n -> ok = true
		:: else ->
			if
			:: floor > filled_at[e]
			:: else ->
				if
				:: stamp[0] > filled_at[e]
				:: else ->
#ifdef BREAK_9
					n = now;
#endif
					ok = true;
					if
#ifndef BREAK_7
					:: n % 2 == 1
#endif
					:: else -> valid_at[e] = n
					fi
				fi
			fi
		fi;
		atomic {
			if
			:: ok ->
				assert(shows[e] >= k);
				assert(!(e == 0 && r0) && !(e == 1 && r1))
			:: else -> refused[e] = true
			fi;
			k = 0; n = 0; e = 0; r0 = false; r1 = false; ok = false
		}
	:: else -> break
	od
}

/* The next store; or killed before it. */
#define or_die(store) \
	if \
	:: store \
	:: deaths > 0 -> atomic { deaths--; orphaned = true; fallen = (object == 0 -> mine : fallen); locked = false; goto again } \
	fi

inline commit()
{
	d_step { db[object] = db[object] + 1; mine = db[object] }
}

proctype invalidator(byte object, changes, deaths)
{
	byte mine, all;

again:
	atomic {
		mine = 0;
		all = 0;
		if
		:: changes == 0 -> goto done
		:: else -> changes--
		fi
#ifdef BREAK_6
	};
#else
		;
		commit()
	};
#endif
	/* only who has the lock changes the number */
	atomic {
		!locked;
		locked = true;
		if
		:: orphaned -> all = fallen
		:: else -> goto draw
		fi
	};
#ifndef BREAK_8
#ifndef BREAK_10
	or_die(now = now + 1 + now % 2);
#else
	or_die(now = now + 1 - now % 2);
#endif
	or_die(floor = now);
	or_die(now = now + 1);
#else
	or_die(now = now + now % 2);
#endif
	d_step { orphaned = false; fallen = 0 };
draw:
	or_die(now = now + 1);
	or_die(stamp[object] = now);
	or_die(now = now + 1);
	or_die(locked = false);
#ifdef BREAK_6
	commit();
#endif
	/* answered: from now on it is known */
	d_step {
		if
		:: object == 0 && mine > known[0] -> known[0] = mine
		:: else
		fi;
		if
		:: all > known[0] -> known[0] = all
		:: else
		fi
	};
	goto again;
done:
	skip
}

init
{
	atomic {
		/* one is there, the other is filled while all goes on */
		filled_at[0] = now;
		run filler();
		run reader(1);
#ifndef DEATH
		run reader(2);
		run invalidator(0, 2, 0)
#else
		run invalidator(0, 1, 1);
		run invalidator(1, 2, 1)
#endif
	}
}
#endif
