/* SPDX-License-Identifier: MIT
 *
 * Where this node stands in the stream that all nodes share (cache/stream.h): in the region, since
 * workers go by it when they use objects of Redis (cache/tier.h).
 *
 *	nonce	of the incarnation of Redis that is followed; 0: none, and nothing of Redis is to be used
 *	number	of its last message that was applied to this region
 *	known	of the last one that it is known to have: raised before that is applied, or passes a mark.  Another
 *		Redis that has the same nonce (a replica that became the primary) may lack it, and
 *		have objects that are older; whoever has seen a change applied is to see by this that it is not to be asked
 *
 * What was applied here ahead of the stream, as a worker does with its own writes before it answers,
 * Redis does not know of yet: it may still have the old object.  So who applies tags ahead marks them
 * first; an object of Redis whose tags are marked is not used, until the bus has seen that all that
 * was marked by then is in the stream.  What counts is what was passed before Redis was asked: what
 * was published since may have been too late for the object that was found.
 *
 *	ahead		position_ahead(tags), then clock_invalidate; after the commit, as ever
 *	the bus		w = position_written(); reads what was committed (so it finds all that was marked
 *			up to w, or it was published before); publishes, or marks anew what it
 *			applies without publishing; position_pass(w)
 *
 * Two tags that share a mark only cost a read of the database.
 *
 * In shared memory; any process and thread, no locks; zeroed memory is one that follows nothing.
 * `nonce`, `number`, `known` and `passed` are written by the bus process only.
 */
#ifndef THIMBLE_CACHE_POSITION_H
#define THIMBLE_CACHE_POSITION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSITION_MARKS = 8192 };

struct position {
	_Atomic uint64_t installation;	/* the first part of all keys */
	_Atomic uint64_t nonce, number, known;
	_Atomic uint64_t written;	/* marks drawn so far */
	_Atomic uint64_t passed;	/* marks up to this are in the stream */
	_Atomic uint64_t mark[POSITION_MARKS];
};

/* What a fill notes after it has read the clock and before it reads anything else; an object of Redis is stored under it. */
struct position_fill {
	uint64_t nonce;			/* 0: it is not for Redis */
	/*
	 * The number that was known.  It was committed before it was published, as all before it were: who
	 * reads the database from now on reads all that.
	 */
	uint64_t as_of;
	uint64_t passed;		/* marks that were in the stream */
};

struct position_fill position_read(const struct position *position);

/* Before the clock is told of them; the tag "*" for everything. */
void position_ahead(struct position *position, const uint64_t *tags, size_t count);
/*
 * Whether one of these tags, or "*", is marked, or was so when the fill began.  After what they are the
 * tags of was found: what is marked later is noticed by the clock.
 */
bool position_is_ahead(const struct position *position, const struct position_fill *fill, const uint64_t *tags, size_t count);

/* Bus: the marks drawn so far, and that those are in the stream. */
uint64_t position_written(const struct position *position);
void position_pass(struct position *position, uint64_t written);
/* Bus: follows another incarnation from `number` on; before it, 0 follows none. */
void position_follow(struct position *position, uint64_t installation, uint64_t nonce, uint64_t number);
/* Bus: messages up to that number are there.  Before they are applied, and before what they tell of is passed. */
void position_know(struct position *position, uint64_t number);
/* Bus: messages up to that number were applied. */
void position_advance(struct position *position, uint64_t number);

#endif
