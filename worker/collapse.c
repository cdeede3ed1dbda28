/* SPDX-License-Identifier: MIT
 *
 * See collapse.h.  A fill is one key that somebody makes the answer for: one of
 * this worker's requests (its leader), or another worker.  Those of others are
 * looked at every POLL_MS, but only while somebody waits for one.
 *
 * Numbers (`came`, `began`) are drawn from one counter, so that which of two
 * came first has an answer even within one millisecond.
 */
#include "config.h"

#include "worker/collapse.h"

#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/region.h"

enum {
	BUCKETS = 1024,
	POLL_MS = 2
};

struct fill {
	TAILQ_ENTRY(fill) link;		/* in its bucket */
	TAILQ_ENTRY(fill) polled;	/* among those that have waiters */
	uint64_t hash;
	struct waiter *leader;		/* NULL: another worker */
	bool detached;			/* no longer in its bucket: others may fill the key */
	uint64_t round;			/* of polling, in which it was last looked at */
	struct waiters waiters;		/* who came first is first */
};

TAILQ_HEAD(fill_list, fill);

struct collapse {
	struct region *region;
	unsigned worker;
	void (*wake)(struct waiter *waiter, struct waiter *leader);
	struct event poll;
	uint64_t number, round;
	struct fill_list waited_for;
	struct fill_list bucket[BUCKETS];
};

static struct fill_list *
bucket_of(struct collapse *c, uint64_t hash)
{
	return &c->bucket[hash % BUCKETS];
}

/*
 * Keys are told apart by 64 bits of a hash under the region's secret.  Two that
 * share one only wait for each other: what a waiter is given is looked up by its whole
 * key, or is the answer of a leader with the same hash, see exchange.c.
 */
static struct fill *
find(struct collapse *c, uint64_t hash)
{
	struct fill *f;

	TAILQ_FOREACH(f, bucket_of(c, hash), link)
		if (f->hash == hash)
			return f;
	return NULL;
}

static void
start_polling(struct collapse *c)
{
	static const struct timeval interval = { .tv_usec = POLL_MS * 1000 };

	if (!event_pending(&c->poll, EV_TIMEOUT, NULL))
		(void)event_add(&c->poll, &interval);
}

static struct fill *
fill_new(struct collapse *c, uint64_t hash, struct waiter *leader)
{
	struct fill *f = xcalloc(1, sizeof(*f));

	f->hash = hash;
	f->leader = leader;
	TAILQ_INIT(&f->waiters);
	TAILQ_INSERT_TAIL(bucket_of(c, hash), f, link);
	return f;
}

static void
add_waiter(struct collapse *c, struct fill *f, struct waiter *w)
{
	struct waiter *before = TAILQ_LAST(&f->waiters, waiters);

	if (before == NULL)
		TAILQ_INSERT_TAIL(&c->waited_for, f, polled);
	/* who enters again came before others */
	while (before != NULL && before->came > w->came)
		before = TAILQ_PREV(before, waiters, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&f->waiters, before, w, link);
	else
		TAILQ_INSERT_HEAD(&f->waiters, w, link);
	w->fill = f;
	w->leads = false;
	start_polling(c);
}

static void
remove_waiter(struct collapse *c, struct waiter *w)
{
	struct fill *f = w->fill;

	TAILQ_REMOVE(&f->waiters, w, link);
	w->fill = NULL;
	if (TAILQ_EMPTY(&f->waiters))
		TAILQ_REMOVE(&c->waited_for, f, polled);
}

/* From now on the key is anybody's; those who still wait for this fill are woken when it ends. */
static void
detach(struct collapse *c, struct fill *f)
{
	if (!f->detached)
		TAILQ_REMOVE(bucket_of(c, f->hash), f, link);
	f->detached = true;
}

static void
wake_all(struct collapse *c, struct waiters *woken, struct waiter *leader)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(woken)) != NULL) {
		TAILQ_REMOVE(woken, w, link);
		c->wake(w, leader);
	}
}

/* Wakes all of its waiters, first come first; the fill is gone before, so that they may enter anew. */
static void
end_fill(struct collapse *c, struct fill *f, struct waiter *leader)
{
	struct waiters woken = TAILQ_HEAD_INITIALIZER(woken);
	struct waiter *w;

	if (!TAILQ_EMPTY(&f->waiters))
		TAILQ_REMOVE(&c->waited_for, f, polled);
	TAILQ_CONCAT(&woken, &f->waiters, link);
	TAILQ_FOREACH(w, &woken, link)
		w->fill = NULL;
	detach(c, f);
	free(f);
	wake_all(c, &woken, leader);
}

/* Those who waited for too long enter anew, and find no fill: the first of them leads. */
static void
wake_impatient(struct collapse *c, struct fill *f, uint64_t now)
{
	struct waiters woken = TAILQ_HEAD_INITIALIZER(woken);
	struct waiter *w;

	while ((w = TAILQ_FIRST(&f->waiters)) != NULL && now >= w->until) {
		remove_waiter(c, w);
		w->impatient = true;
		w->until = now + COLLAPSE_WAIT_MS;
		TAILQ_INSERT_TAIL(&woken, w, link);
	}
	if (TAILQ_EMPTY(&woken))
		return;
	detach(c, f);
	if (f->leader == NULL && TAILQ_EMPTY(&f->waiters))
		free(f);
	wake_all(c, &woken, NULL);
}

static void
poll_cb(int fd, short what, void *arg)
{
	struct collapse *c = arg;
	struct fill *f;
	uint64_t now = monotonic_ms();

	(void)fd;
	(void)what;
	c->round++;
	/* Those who are woken may change the list: so from the front, each once, and then to the end. */
	while ((f = TAILQ_FIRST(&c->waited_for)) != NULL && f->round != c->round) {
		f->round = c->round;
		TAILQ_REMOVE(&c->waited_for, f, polled);
		TAILQ_INSERT_TAIL(&c->waited_for, f, polled);
		if (f->leader == NULL && !fills_busy(region_fills(c->region), f->hash))
			end_fill(c, f, NULL);
		else
			wake_impatient(c, f, now);
	}
	if (!TAILQ_EMPTY(&c->waited_for))
		start_polling(c);
}

struct collapse *
collapse_new(struct event_base *base, struct region *region, unsigned worker,
    void (*wake)(struct waiter *waiter, struct waiter *leader))
{
	struct collapse *c = xcalloc(1, sizeof(*c));

	c->region = region;
	c->worker = worker;
	c->wake = wake;
	TAILQ_INIT(&c->waited_for);
	for (size_t i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&c->bucket[i]);
	(void)evtimer_assign(&c->poll, base, poll_cb, c);
	return c;
}

void
collapse_free(struct collapse **collapse)
{
	struct collapse *c = *collapse;

	if (c == NULL)
		return;
	*collapse = NULL;
	(void)event_del(&c->poll);
	free(c);
}

bool
collapse_enter(struct collapse *c, struct waiter *w, struct slice key)
{
	uint64_t hash = region_hash(c->region, key);
	struct fill *f = find(c, hash);

	if (w->came == 0) {
		w->came = ++c->number;
		w->until = monotonic_ms() + COLLAPSE_WAIT_MS;
	}
	if (w->alone)
		return true;
	if (f == NULL) {
		bool ours = fills_begin(region_fills(c->region), c->worker, hash) || w->impatient;

		f = fill_new(c, hash, ours ? w : NULL);
		if (ours) {
			w->fill = f;
			w->leads = true;
			w->began = ++c->number;
			return true;
		}
	}
	add_waiter(c, f, w);
	return false;
}

void
collapse_done(struct collapse *c, struct waiter *leader)
{
	struct fill *f = leader->fill;

	if (f == NULL)
		return;
	fills_end(region_fills(c->region), c->worker, f->hash);
	leader->fill = NULL;
	end_fill(c, f, leader);
}

bool
collapse_may_take(const struct waiter *waiter, const struct waiter *leader)
{
	return waiter->came < leader->began;
}

bool
collapse_is_wanted(const struct waiter *leader)
{
	return leader->fill != NULL && leader->leads && !TAILQ_EMPTY(&leader->fill->waiters);
}

void
collapse_leave(struct collapse *c, struct waiter *w)
{
	struct fill *f = w->fill;

	if (f == NULL || w->leads)
		return;
	remove_waiter(c, w);
	/* A fill of another worker that nobody waits for is not worth watching. */
	if (TAILQ_EMPTY(&f->waiters) && f->leader == NULL) {
		detach(c, f);
		free(f);
	}
}
