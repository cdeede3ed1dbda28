/* SPDX-License-Identifier: MIT
 *
 * See position.h.
 *
 * A mark is a number that grows.  Who applies tags ahead draws one after the commit; so when the bus has
 * read `written`, what belongs to the marks up to it is committed and there to be read.  The
 * mark itself may be set only after they were passed: then it says nothing any more, as it should.
 */
#include "config.h"

#include "cache/position.h"

#include "base/breakage.h"
#include "cache/tag.h"

struct position_fill
position_read(const struct position *position)
{
	struct position_fill fill;
	uint64_t nonce = atomic_load(&position->nonce);

	/* in this order: who sees a mark passed knows the message that it is in */
	fill.passed = atomic_load(&position->passed);
	fill.as_of = atomic_load(&position->known);
	/* Who follows another incarnation follows none in between: the number is of this one, or it is not for Redis. */
	fill.nonce = atomic_load(&position->nonce) == nonce ? nonce : 0;
	return fill;
}

static size_t
mark_of(uint64_t tag)
{
	/* the low bits of FNV's last multiplication depend on few of the text's */
	return (size_t)(tag ^ tag >> 32) % POSITION_MARKS;
}

/* Another one may have set a later mark. */
static void
raise(_Atomic uint64_t *mark, uint64_t to)
{
	uint64_t before = atomic_load(mark);

	while (before < to && !atomic_compare_exchange_weak(mark, &before, to))
		;
}

void
position_ahead(struct position *position, const uint64_t *tags, size_t count)
{
	uint64_t drawn = atomic_fetch_add(&position->written, 1) + 1;

	if (breakage("ahead"))
		return;
	for (size_t i = 0; i < count; i++)
		raise(&position->mark[mark_of(tags[i])], drawn);
}

static bool
is_ahead(const struct position *position, const struct position_fill *fill, uint64_t tag)
{
	return atomic_load(&position->mark[mark_of(tag)]) > fill->passed;
}

bool
position_is_ahead(const struct position *position, const struct position_fill *fill, const uint64_t *tags, size_t count)
{
	bool ahead = is_ahead(position, fill, tag_hash(SLICE("*")));

	for (size_t i = 0; i < count && !ahead; i++)
		ahead = is_ahead(position, fill, tags[i]);
	return ahead;
}

uint64_t
position_written(const struct position *position)
{
	return atomic_load(&position->written);
}

void
position_pass(struct position *position, uint64_t written)
{
	/* one writer */
	if (written > atomic_load(&position->passed))
		atomic_store(&position->passed, written);
}

void
position_follow(struct position *position, uint64_t installation, uint64_t nonce, uint64_t number)
{
	/* in this order: who sees the nonce sees what belongs to it */
	atomic_store(&position->nonce, 0);
	atomic_store(&position->installation, installation);
	atomic_store(&position->number, number);
	atomic_store(&position->known, number);
	atomic_store(&position->nonce, nonce);
}

void
position_know(struct position *position, uint64_t number)
{
	/* one writer */
	if (number > atomic_load(&position->known))
		atomic_store(&position->known, number);
}

void
position_advance(struct position *position, uint64_t number)
{
	position_know(position, number);
	atomic_store(&position->number, number);
}
