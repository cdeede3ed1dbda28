/* SPDX-License-Identifier: MIT
 *
 * Several processes read, fill and invalidate one small region while their
 * parent kills them, one after the other, and puts new ones in their place:
 *
 *   stress [SECONDS [SEED]]
 *
 * A second mapping stands for the database: of each object its version, and
 * the newest version whose invalidation was complete, which anybody may know
 * of.  No reader may find an entry older than what was known when it began,
 * nor one of a version that was never committed, nor bytes that are not those
 * of key and version, for as long as it has them pinned.  After each kill the
 * parent stops the writers and walks the region.
 *
 * STRESS_BREAK makes a worker wrong on purpose, and the program has to fail:
 *   1  the clock is read after the database
 *   2  tags are applied before the commit
 *   3  filled from a transaction that rolls back
 *   4  the parent does not bury the dead
 * tests/cache/breakages has more of them, in the cache itself.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/robust.h"
#include "tests/cache/region_check.h"

#ifndef STRESS_BREAK
#define STRESS_BREAK 0
#endif

enum {
	WORKERS = 4,
	OBJECTS = 2000,
	HOT = 40,			/* of them, asked for half of the time */
	REGION_BYTES = 1024 * 1024,
	HELD_MAX = 16,			/* pins that a worker has at once */
	VALUE_MAX = 24 * 1024,
	NOISE = VALUE_MAX + 16 * 1024,
	KILL_EVERY_MS = 40,
	KILLS_MIN = 100,
	STUCK_SECONDS = 20,
	DEFAULT_SECONDS = 5
};

struct object {
	_Atomic uint64_t version;	/* committed */
	_Atomic uint64_t known;		/* its invalidation is complete */
};

struct shared {
	struct object object[OBJECTS];
	_Atomic uint64_t steps[WORKERS];
};

/* What stands in front of each value. */
struct label {
	uint64_t object, version, length;
};

struct held {
	bool taken;
	struct region_hit hit;
	struct label label;
};

struct worker {
	struct region *region;
	struct shared *shared;
	unsigned index;
	uint64_t random;
	struct held held[HELD_MAX];
	const char *noise;
};

static uint64_t
scramble(uint64_t n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
	n = (n ^ n >> 27) * 0x94d049bb133111ebu;
	return n ^ n >> 31;
}

static uint64_t
draw(uint64_t *state, uint64_t below)
{
	*state += 0x9e3779b97f4a7c15u;
	return scramble(*state) % below;
}

/* The database, a socket, another process: something takes its time. */
static void
dawdle(struct worker *w)
{
	uint64_t chance = draw(&w->random, 64);

	if (chance == 0)
		(void)usleep((useconds_t)draw(&w->random, 300));
	else if (chance < 8)
		(void)sched_yield();
}

static void
raise_to(_Atomic uint64_t *at, uint64_t value)
{
	uint64_t old = atomic_load(at);

	while (old < value && !atomic_compare_exchange_weak(at, &old, value))
		;
}

/* ---- keys and values ---- */

static struct slice
make_key(char *at, size_t size, uint64_t object)
{
	int n = snprintf(at, size, "object/%llu/", (unsigned long long)object);

	return slice_make(at, (size_t)n);
}

/* Mostly a few chunks, sometimes many. */
static uint64_t
length_of(uint64_t object, uint64_t version)
{
	uint64_t mixed = scramble(object << 32 ^ version);

	return mixed % 8 == 0 ? mixed % VALUE_MAX : mixed % (3 * REGION_CHUNK);
}

/* Every value is a part of one long noise: made and compared in no time, so that workers are in the cache mostly. */
static void
make_noise(char *noise)
{
	uint64_t state = 1;

	for (size_t i = 0; i < NOISE; i++)
		noise[i] = (char)draw(&state, 256);
}

static const char *
value_of(const struct worker *w, const struct label *label)
{
	return w->noise + scramble(label->object << 32 ^ label->version ^ 1) % (NOISE - VALUE_MAX);
}

/* Takes n bytes off the front of the pieces. */
static void
take(struct slice *piece, unsigned pieces, char *to, size_t n)
{
	for (unsigned i = 0; i < pieces && n > 0; i++) {
		size_t part = piece[i].n < n ? piece[i].n : n;

		memcpy(to, piece[i].p, part);
		piece[i] = slice_from(piece[i], part);
		to += part;
		n -= part;
	}
}

/* Looks at all that is pinned; ends the process if it is not what was kept. */
static void
verify(const struct worker *w, const struct region_hit *hit, uint64_t object, struct label *label_r)
{
	struct slice piece[REGION_RUNS_MAX];
	const char *value;
	uint64_t i = 0;

	memcpy(piece, hit->piece, sizeof(piece));
	if (hit->head_length != sizeof(*label_r) || hit->length < sizeof(*label_r) || hit->pieces == 0)
		log_fatalx("object %u: an entry of %zu bytes, head %zu", (unsigned)object, hit->length, hit->head_length);
	take(piece, hit->pieces, (char *)label_r, sizeof(*label_r));
	if (label_r->object != object || hit->length != sizeof(*label_r) + label_r->length ||
	    label_r->length != length_of(object, label_r->version))
		log_fatalx("object %u: what was found is of %llu", (unsigned)object, (unsigned long long)label_r->object);
	value = value_of(w, label_r);
	for (unsigned p = 0; p < hit->pieces; i += piece[p++].n)
		if (i + piece[p].n > label_r->length || memcmp(piece[p].p, value + i, piece[p].n) != 0)
			log_fatalx("object %u, version %llu: a byte from the %lluth on is wrong", (unsigned)object,
			    (unsigned long long)label_r->version, (unsigned long long)i);
	if (i != label_r->length)
		log_fatalx("object %u: %llu bytes of %llu", (unsigned)object, (unsigned long long)i, (unsigned long long)label_r->length);
}

/* ---- what a worker does ---- */

static void
fill(struct worker *w, uint64_t object)
{
	struct region_item item = { .extra = 7 };
	struct label label = { .object = object };
	uint32_t stamp[2];
	char key[64];

#if STRESS_BREAK != 1
	item.filled_at = clock_read(region_clock(w->region));
#endif
	label.version = atomic_load(&w->shared->object[object].version);
#if STRESS_BREAK == 1
	dawdle(w);
	item.filled_at = clock_read(region_clock(w->region));
#endif
#if STRESS_BREAK == 3
	if (draw(&w->random, 100) == 0)
		label.version++;
#endif
	dawdle(w);
	label.length = length_of(object, label.version);
	stamp[0] = clock_stamp(region_clock(w->region), object);
	stamp[1] = clock_stamp(region_clock(w->region), OBJECTS);
	item.stamps = stamp;
	item.stamp_count = 2;
	item.key = make_key(key, sizeof(key), object);
	item.head = slice_make((const char *)&label, sizeof(label));
	item.body = slice_make(value_of(w, &label), label.length);
	(void)region_put(w->region, &item);
}

static void
release(struct worker *w, struct held *held)
{
	struct label label;

	verify(w, &held->hit, held->label.object, &label);
	if (label.version != held->label.version)
		log_fatalx("object %u changed under a pin", (unsigned)label.object);
	region_unpin(w->region, w->index, held->hit.pin);
	held->taken = false;
}

static void
ask(struct worker *w, uint64_t object)
{
	struct held *held = &w->held[draw(&w->random, HELD_MAX)];
	uint64_t known;
	char key[64];

	if (held->taken)
		release(w, held);
	known = atomic_load(&w->shared->object[object].known);
	if (!region_get(w->region, w->index, make_key(key, sizeof(key), object), 0, &held->hit)) {
		fill(w, object);
		return;
	}
	held->taken = true;
	verify(w, &held->hit, object, &held->label);
	if (held->label.version < known)
		log_fatalx("object %u: version %llu was found, and %llu was known", (unsigned)object,
		    (unsigned long long)held->label.version, (unsigned long long)known);
	if (held->label.version > atomic_load(&w->shared->object[object].version))
		log_fatalx("object %u: version %llu was never committed", (unsigned)object, (unsigned long long)held->label.version);
}

static void
change(struct worker *w, uint64_t object)
{
	struct object *o = &w->shared->object[object];
	uint32_t stamp = clock_stamp(region_clock(w->region), object);
	uint64_t version;

#if STRESS_BREAK == 2
	clock_invalidate(region_clock(w->region), &stamp, 1);
	dawdle(w);
	version = atomic_fetch_add(&o->version, 1) + 1;
#else
	version = atomic_fetch_add(&o->version, 1) + 1;
	dawdle(w);
	clock_invalidate(region_clock(w->region), &stamp, 1);
#endif
	raise_to(&o->known, version);
}

static void
step(struct worker *w)
{
	uint64_t object = draw(&w->random, draw(&w->random, 2) ? HOT : OBJECTS);
	uint64_t what = draw(&w->random, 1000);

	if (what == 0)
		clock_forget(region_clock(w->region));
	else if (what < 100)
		change(w, object);
	else if (what < 300)
		fill(w, object);
	else
		ask(w, object);
	atomic_fetch_add(&w->shared->steps[w->index], 1);
}

static void __attribute__((noreturn))
work(struct worker *w)
{
	log_set_process("stress");
	log_set_level(LOG_LEVEL_ERROR);
	for (;;)
		step(w);
}

/* ---- the parent ---- */

struct parent {
	struct region *region;
	struct shared *shared;
	pid_t pid[WORKERS];
	uint64_t steps[WORKERS];	/* when they were last looked at */
	time_t moved[WORKERS];
	uint64_t random;
	unsigned kills;
	char noise[NOISE];
	bool ok;
};

static void
start(struct parent *p, unsigned index)
{
	static struct worker w;

	p->moved[index] = time(NULL);
	p->pid[index] = fork();
	if (p->pid[index] < 0)
		log_fatal("fork");
	if (p->pid[index] != 0)
		return;
	w = (struct worker){ .region = p->region, .shared = p->shared, .index = index, .noise = p->noise };
	w.random = scramble(p->random ^ (uint64_t)getpid());
	work(&w);
}

/* What it held is released.  Workers end by our hand only. */
static void
end(struct parent *p, unsigned index)
{
	int status;

	(void)kill(p->pid[index], SIGKILL);
	if (waitpid(p->pid[index], &status, 0) < 0)
		log_fatal("waitpid");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		p->ok = false;
#if STRESS_BREAK != 4
	region_bury(p->region, index);
#endif
	p->pid[index] = 0;
}

/* Under the lock, so that only readers go on. */
static void
look(struct parent *p)
{
	bool inherited;

	robust_lock(&p->region->lock, &inherited);
	if (inherited)
		space_rebuild_locked(p->region);
	if (!region_check(p->region))
		p->ok = false;
	robust_unlock(&p->region->lock);
}

static void
watch(struct parent *p)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		uint64_t steps = atomic_load(&p->shared->steps[i]);

		if (steps != p->steps[i])
			p->moved[i] = time(NULL);
		p->steps[i] = steps;
		if (time(NULL) - p->moved[i] > STUCK_SECONDS) {
			log_errorx("worker %u is stuck", i);
			p->ok = false;
		}
	}
}

/* Whose turn it is: anybody's, or, half of the time, that of one which has a lock just now. */
static unsigned
victim(struct parent *p)
{
	unsigned index = (unsigned)draw(&p->random, WORKERS);

#ifdef __GLIBC__
	uint64_t chance = draw(&p->random, 4);
	const pthread_mutex_t *lock = chance == 0 ? &region_clock(p->region)->lock : &p->region->lock;

	for (unsigned looks = 0; chance < 2 && looks < 200000; looks++) {
		pid_t owner = __atomic_load_n(&lock->__data.__owner, __ATOMIC_RELAXED);

		for (unsigned i = 0; owner != 0 && i < WORKERS; i++)
			if (p->pid[i] == owner)
				return i;
	}
#endif
	return index;
}

static void
run(struct parent *p, time_t seconds)
{
	time_t until = time(NULL) + seconds;

	for (unsigned i = 0; i < WORKERS; i++)
		start(p, i);
	/* some have to have died while they changed the region */
	while (p->ok && (time(NULL) < until || p->kills < KILLS_MIN || (p->region->rebuilt == 0 && p->kills < 10 * KILLS_MIN))) {
		unsigned index;

		(void)usleep((useconds_t)draw(&p->random, 2 * KILL_EVERY_MS * 1000));
		index = victim(p);
		end(p, index);
		p->kills++;
		look(p);
		watch(p);
		start(p, index);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		end(p, i);
}

/* With nobody left: no pins, no limbo, and what is built anew is right. */
static void
finish(struct parent *p)
{
	struct region_stats stats;
	uint64_t steps = 0;
	bool inherited;

	look(p);
	robust_lock(&p->region->lock, &inherited);
	space_reap_locked(p->region);
	p->ok = p->ok && region_check(p->region);
	robust_unlock(&p->region->lock);
	region_stats(p->region, &stats);
	if (stats.pins != 0 || stats.limbo != 0) {
		log_errorx("%u pins and %u bytes in limbo are left", (unsigned)stats.pins, (unsigned)stats.limbo);
		p->ok = false;
	}
	robust_lock(&p->region->lock, &inherited);
	space_rebuild_locked(p->region);
	p->ok = p->ok && region_check(p->region);
	robust_unlock(&p->region->lock);
	for (unsigned i = 0; i < WORKERS; i++)
		steps += atomic_load(&p->shared->steps[i]);
	(void)printf("%llu steps, %u killed, %llu rebuilt; %llu hits, %llu misses, %llu stale, %llu puts, %llu refused, %llu evicted\n",
	    (unsigned long long)steps, p->kills, (unsigned long long)stats.rebuilt, (unsigned long long)stats.hits,
	    (unsigned long long)stats.misses, (unsigned long long)stats.stale, (unsigned long long)stats.puts,
	    (unsigned long long)stats.refused, (unsigned long long)stats.evicted);
	/* A run in which nothing of interest happened proves nothing. */
	if (p->ok && (stats.hits == 0 || stats.stale == 0 || stats.evicted == 0 || stats.rebuilt == 0)) {
		log_errorx("too little happened");
		p->ok = false;
	}
}

int
main(int argc, char **argv)
{
	static struct parent p = { .ok = true };
	time_t seconds = argc > 1 ? (time_t)strtol(argv[1], NULL, 10) : DEFAULT_SECONDS;

	p.random = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	(void)printf("seed %llu\n", (unsigned long long)p.random);
	(void)fflush(stdout);
	log_set_process("stress");
	log_set_level(LOG_LEVEL_ERROR);
	make_noise(p.noise);
	p.region = region_create(REGION_BYTES, WORKERS);
	p.shared = mmap(NULL, sizeof(*p.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.region == NULL || p.shared == MAP_FAILED)
		log_fatal("shared memory");
	run(&p, seconds);
	finish(&p);
	region_close(&p.region);
	return p.ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
