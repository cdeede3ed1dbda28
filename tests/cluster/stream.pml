/* SPDX-License-Identifier: MIT
 *
 * How nodes that share a database by way of Redis tell each other of changes, for spin:
 * run tests/cluster/model.
 *
 * One object that everybody reads and writes, with the number of the last change as its
 * value.  A database with its outbox and the row of thimble_bus; two Redis servers, of which the
 * second is a copy of the first as it was at some time; a node in every detail that counts (worker/relay.c,
 * relay_drain.c, objects.c, cache/position.c); of the other nodes only what they do to the database and to Redis.
 * Connections lead to the one server or the other from one moment to the next.
 *
 * There is no time.  That nothing is served past the bound is said so: what an answer shows is never older than
 * what was committed when the look began that granted the lease last (it is served for max_stale after that), and
 * on the node that wrote never older than what was acknowledged before the answer began.  Beyond that, what
 * was invalidated because a message told of it is not shown any more.
 *
 * Each step that another process could see is one statement.  The bus may be killed between
 * any two, with BUS_DIES.  With BREAK_n something is wrong on purpose, and an assertion must fail:
 *   1  what is known of the stream is noted after it is applied
 *   2  marks are passed when what they stand for is published, not when the number of that is known
 *   3  a fill reads what is known before it reads what is passed
 *   4  what counts is what is passed when Redis has answered
 *   5  rows are deleted before they are published
 *   6  Redis is asked although it may lack what was applied here
 *   7  objects are stored although their tag was raised since they were read
 *   8  nothing is forgotten when another Redis is followed
 *   9  the clock is told before the mark is set
 *   10 whoever has the right nonce is published to
 *   11 the stream is read before the outbox
 *   12 what a look applies ahead of the stream is not marked
 *   13 Redis's objects of before a claim can be found after it
 *   14 the clock is read after the position
 *   15 what the bell rang for is not known before it is invalidated
 *   16 the bell is believed, whichever incarnation's message it rings for
 */
#ifndef WRITES
#define WRITES 1		/* through the node */
#endif
#ifndef OTHERS
#define OTHERS 1		/* by anybody else */
#endif
#ifndef FILLS
#define FILLS 1
#endif
#ifndef TURNS
#define TURNS 2			/* of the bus */
#endif
#ifndef BELLS
#define BELLS 1			/* times that it rings */
#endif
#ifndef KEPT
#define KEPT 0			/* objects that others keep */
#endif
#ifndef COPIES
#define COPIES 0		/* times that the second Redis is in step */
#endif
#ifndef EMPTIED
#define EMPTIED 0		/* times that the first one loses everything */
#endif

/*
 * How it begins: both servers are in step, and the node follows the first one; or (MOVED) it follows the
 * second, which was claimed, while the first one, cut off, has a message more.
 */
#ifdef MOVED
#define FIRST 1
#define NONCE 2
#else
#define FIRST 0
#define NONCE 1
#endif

#define ROWS 4
#define max(a, b) ((a) > (b) -> (a) : (b))

/* the database */
byte db;			/* changes committed */
bool row[ROWS];			/* of change i, in the outbox */
bool held;			/* the row of thimble_bus */
byte claim_id = FIRST, claim_nonce = NONCE;	/* the incarnation that counts */
byte nonces = NONCE;		/* drawn so far */

/* Redis */
typedef server {
	byte nonce, number, stamp;
	byte tells[ROWS];	/* the last change that messages up to i tell of */
	bool has;		/* the object */
	byte value;
}
server redis[2];
byte copies = COPIES, emptied = EMPTIED;

/* the node's region */
byte clock = 1, stamp, floor;
byte nonce, number, known, written, passed, mark;
byte owed;			/* what every answer shows from now on: acknowledged, or invalidated by a message's word */
byte granted, lease = 1;	/* the number of the lease */
bool kept;			/* an answer is */
byte kept_value, kept_filled, kept_lease;

#define anything (row[1] || row[2] || row[3])
#define take d_step { took[1] = row[1]; took[2] = row[2]; took[3] = row[3]; }
#define last(rows) (rows[3] -> 3 : (rows[2] -> 2 : (rows[1] -> 1 : 0)))
#define delete row[1] = row[1] && !took[1]; row[2] = row[2] && !took[2]; row[3] = row[3] && !took[3]

/* breakages that stand in conditions */
#ifdef BREAK_6
#define enough(i) true
#else
#define enough(i) (redis[i].number >= as_of)
#endif
#ifdef BREAK_7
#define fresh(i) true
#else
#define fresh(i) (redis[i].stamp <= as_of)
#endif
#ifdef BREAK_10
#define right(i) true
#else
#define right(i) (i == f_id)
#endif
#ifdef BREAK_16
#define ours(i) (redis[i].nonce != 0)
#else
#define ours(i) (redis[i].nonce == nonce)
#endif

inline keep(i, under)
{
	if
	:: under != 0 && redis[i].nonce == under && redis[i].number >= as_of && fresh(i) ->
		redis[i].has = true;
		redis[i].value = value
	:: else
	fi
}

inline publish(i, last_row)
{
	redis[i].number++;
	redis[i].tells[redis[i].number] = max(redis[i].tells[redis[i].number - 1], last_row);
	redis[i].stamp = redis[i].number;
	redis[i].has = false
}

inline raise()
{
	clock++;
	stamp = clock
}

/* By a message's word. */
inline invalidate(told)
{
	raise();
	owed = max(owed, told);
	told = 0
}

/* A worker's write. */
proctype writer()
{
	byte value, drawn, n;

	do
	:: n == WRITES -> break
	:: n < WRITES -> n++;
		d_step { db++; value = db; row[db] = true; }
#ifdef BREAK_9
		d_step { raise(); }
#endif
		d_step { written++; drawn = written; }
		d_step { mark = max(mark, drawn); drawn = 0; }
#ifndef BREAK_9
		d_step { raise(); }
#endif
		d_step { owed = max(owed, value); value = 0; }
	od
}

/* Somebody else's. */
proctype foreigner()
{
	byte n;

	do
	:: n < OTHERS -> d_step { n++; db++; row[db] = true; }
	:: n == OTHERS -> break
	od
}

#define valid (kept && stamp <= kept_filled && floor <= kept_filled)
/* What was born under another lease than this one is trusted by its age only. */
#define trusted (valid && kept_lease == lease)

/* Answers: from the region, or made of the object in Redis, or in the database. */
proctype filler()
{
	byte at_least, since, under, f_nonce, as_of, f_passed, s, value, n, i;
	bool found;

	for (n : 1 .. FILLS) {
		d_step {
			at_least = owed;
			since = granted;
			assert(!valid || kept_value >= at_least);
			assert(!trusted || kept_value >= granted);
			under = lease;
		}
#ifndef BREAK_14
		s = clock;
#endif
		f_nonce = nonce;
#ifdef BREAK_3
		as_of = known;
#endif
		f_passed = passed;
#ifndef BREAK_3
		as_of = known;
#endif
		if
		:: nonce != f_nonce -> f_nonce = 0;
		:: else
		fi;
#ifdef BREAK_14
		s = clock;
#endif
		found = false;
		if
		:: i = 0
		:: i = 1
		fi;
		if
		:: d_step {
			f_nonce != 0 && redis[i].nonce == f_nonce && redis[i].has && enough(i) ->
			found = true; value = redis[i].value;
		}
#ifdef BREAK_4
		f_passed = passed;
#endif
		if
		:: mark > f_passed -> found = false;
		:: else
		fi
		:: true
		fi;
		if
		:: found ->
			assert(value >= since);
		:: else ->
			value = db;
			if
		:: i = 0
		:: i = 1
		fi;
			d_step { keep(i, f_nonce); }
		fi;
		assert(value >= at_least);
		d_step { kept = true; kept_value = value; kept_filled = s; kept_lease = under; }
		d_step { f_nonce = 0; as_of = 0; f_passed = 0; s = 0; value = 0; at_least = 0; since = 0; under = 0; found = false; i = 0; }
	}
	/* whatever comes */
	do
	:: d_step { assert(!valid || kept_value >= owed); assert(!trusted || kept_value >= granted); } break
	od
}

/* Looks at server i, and applies what is there if it has our nonce. */
inline catch_up(i)
{
	if
	:: nonce != 0 && redis[i].nonce == nonce && redis[i].number >= known && redis[i].number > number ->
		d_step { seen = redis[i].number; told = redis[i].tells[seen]; }
#ifndef BREAK_1
		known = seen;
#endif
		d_step { invalidate(told); }
		number = seen;
		known = max(known, seen);
		seen = 0;
	:: else
	fi
}

#define rings(i) (ours(i) && redis[i].number > number)

/*
 * The bell has told of a message behind ours, perhaps a while ago, of whichever server its connection leads to: it
 * is invalidated ahead of the look that applies it.  Of a trimmed stream it may be any.
 */
inline hear()
{
	atomic {
		if
		:: rings(0) -> i = 0
		:: rings(1) -> i = 1
		fi;
		bells--;
		seen = number + 1;
		do
		:: seen < redis[i].number -> seen++
		:: break
		od;
		told = redis[i].tells[seen];
		i = 0
	}
#ifndef BREAK_15
	known = max(known, seen);
#endif
	d_step { invalidate(told); seen = 0; }
}

#ifdef BUS_DIES
#define may_die if :: true :: dies > 0 -> dies--; goto dead fi
#else
#define may_die skip
#endif

proctype bus()
{
	byte turns, bells = BELLS, w, noted, i, seen, told, c_id, c_nonce, f_id = FIRST, f_nonce = NONCE;
	bool took[ROWS], any, has, anew;
#ifdef BUS_DIES
	byte dies = 1;
#endif

again:	skip;
	d_step { w = 0; noted = 0; i = 0; seen = 0; told = 0; c_id = 0; c_nonce = 0; any = false; has = false;
		took[1] = false; took[2] = false; took[3] = false; }
	if
	:: turns == TURNS -> goto end
	:: else -> turns++
	fi;
	if
	:: bells > 0 && f_nonce != 0 && nonce == f_nonce && (rings(0) || rings(1)) ->
		hear();
		may_die
	:: true
	fi;
	if
	:: true ->
		/* a full look */
		d_step { w = written; noted = db; }
#ifdef BREAK_11
		if
		:: i = 0
		:: i = 1
		fi;
		catch_up(i);
#endif
		d_step {
			c_id = claim_id; c_nonce = claim_nonce;
			any = anything;
		}
		if
		:: any ->
#ifndef BREAK_12
			d_step { written++; seen = written; }
			d_step { mark = max(mark, seen); seen = 0; }
#endif
			d_step { raise(); }
		:: else
		fi;
		may_die;
#ifndef BREAK_11
		if
		:: i = 0
		:: i = 1
		fi;
		catch_up(i);
#endif
		may_die;
		d_step { has = redis[i].nonce != 0 && i == c_id && redis[i].nonce == c_nonce; seen = redis[i].number; }
		if
		:: has ->
			if
			:: nonce != c_nonce ->
#ifndef BREAK_8
				d_step { clock++; floor = clock; }
				anew = true;
#endif
				/* nobody uses it until the nonce is there */
				d_step { number = seen; known = seen; nonce = c_nonce; }
			:: else ->
				/* published since the stream was read; not known here, and not asked for */
				skip
			fi;
			d_step { passed = max(passed, w); f_id = c_id; f_nonce = c_nonce; }
			d_step {
				if
				:: anew -> lease++; anew = false;
				:: else
				fi;
				granted = noted;
			}
		:: else ->
			nonce = 0;
			f_nonce = 0;
			/* to be claimed, unless it was, once: the first one never is again, but when it is empty */
			if
			:: !held && claim_id == c_id && claim_nonce == c_nonce && (i == 1 || redis[0].nonce == 0) &&
			    (redis[i].nonce != claim_nonce || i != claim_id) ->
				d_step { held = true; took[1] = row[1]; took[2] = row[2]; took[3] = row[3];
				}
				d_step {
					nonces++;
					redis[i].nonce = nonces;
					redis[i].number = 0; redis[i].stamp = 0;
					redis[i].tells[1] = 0; redis[i].tells[2] = 0; redis[i].tells[3] = 0;
#ifndef BREAK_13
					redis[i].has = false;
#endif
				}
				may_die;
				c_nonce = redis[i].nonce;
				d_step {
					if
					:: took[1] || took[2] || took[3] -> publish(i, last(took));
					:: else
					fi
				}
				may_die;
				d_step { claim_id = i; claim_nonce = c_nonce;
					delete;
					held = false; }
			:: else
			fi
		fi
	:: f_nonce != 0 && nonce == f_nonce ->
		/* draining */
		w = written;
		atomic { !held -> held = true; }
		d_step {
			has = claim_id == f_id && claim_nonce == f_nonce;
			took[1] = row[1]; took[2] = row[2]; took[3] = row[3];
		}
#ifdef BREAK_5
		d_step { delete;
		}
		may_die;
#endif
		if
		:: i = 0
		:: i = 1
		fi;
		d_step {
			if
			:: has && right(i) && redis[i].nonce == f_nonce -> publish(i, last(took))
			:: else -> has = false
			fi
		}
		may_die;
		d_step {
			if
			:: has ->
				delete;
			:: else
			fi;
			held = false;
		}
#ifdef BREAK_2
		if
		:: has -> passed = max(passed, w);
		:: else
		fi;
#endif
		if
		:: i = 0
		:: i = 1
		fi;
		catch_up(i);
		may_die;
		if
		:: has && i == f_id && nonce == f_nonce && redis[i].nonce == nonce && known > 0 && redis[i].number == known ->
			passed = max(passed, w);
		:: else
		fi
	fi;
	goto again;
#ifdef BUS_DIES
dead:	skip;
	/* the server gives back what it held; the next one knows only the region */
	d_step {
		if
		:: held -> held = false;
		:: else
		fi;
		f_nonce = 0;
	}
	goto again;
#endif
end:
	skip
}

/* Other nodes: they drain, claim, and keep objects, each in its own time. */
proctype others()
{
	byte i, as_of, value, n, c;

	do
	:: d_step { !held && redis[claim_id].nonce == claim_nonce && anything ->
		publish(claim_id, last(row));
		row[1] = false; row[2] = false; row[3] = false; }
	:: n < KEPT ->
		/* what is read, and what was applied before; it may be stored much later */
		d_step { n++; c = claim_nonce; as_of = redis[claim_id].number; value = db; }
		if
		:: i = 0
		:: i = 1
		fi;
		d_step { keep(i, c); value = 0; as_of = 0; c = 0; i = 0; }
	:: break
	od
}

/* What becomes of Redis. */
proctype fate()
{
	do
	:: d_step { copies > 0 && claim_id == 0 && redis[1].nonce <= 1 -> copies--;
		redis[1].nonce = redis[0].nonce; redis[1].number = redis[0].number; redis[1].stamp = redis[0].stamp;
		redis[1].tells[1] = redis[0].tells[1]; redis[1].tells[2] = redis[0].tells[2]; redis[1].tells[3] = redis[0].tells[3];
		redis[1].has = redis[0].has; redis[1].value = redis[0].value; }
	:: d_step { emptied > 0 -> emptied--;
		redis[0].nonce = 0; redis[0].number = 0; redis[0].stamp = 0; redis[0].has = false;
		redis[0].tells[1] = 0; redis[0].tells[2] = 0; redis[0].tells[3] = 0; }
	:: break
	od
}

init {
	d_step {
		redis[0].nonce = 1; redis[0].has = true; redis[1].has = true;
		redis[1].nonce = NONCE;
		nonce = NONCE;
#ifdef MOVED
		redis[0].number = 1;
#endif
	}
	atomic { run writer(); run foreigner(); run filler(); run bus(); run others(); run fate(); }
}
