/* SPDX-License-Identifier: MIT
 *
 * See region.h.
 */
#include "config.h"

#include "cache/region_private.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/log.h"
#include "base/robust.h"
#include "cache/position.h"

enum {
	BYTES_PER_ENTRY = 4096,		/* that the index is made for */
	BYTES_PER_STAMP = 256,
	STAMPS_MIN = 4096,
	STAMPS_MAX = 1024 * 1024,
	CHAIN_MAX = 64,			/* links that a reader follows: entries may move under its feet */
	LARGEST_PART = 8,		/* of the chunks, for one entry */
	OLDEST_AMONG = 10000,		/* entries, looked at with the lock held */
	PART_ALIGN = 64
};

/* ---- making ---- */

static uint32_t
power_of_two(uint64_t at_least)
{
	uint32_t n = 1;

	while (n < at_least && n < (1u << 30))
		n *= 2;
	return n;
}

static uint64_t
lay(uint64_t *at, uint64_t bytes)
{
	uint64_t place = *at;

	*at = (place + bytes + PART_ALIGN - 1) & ~(uint64_t)(PART_ALIGN - 1);
	return place;
}

static uint32_t
stamp_count(size_t size)
{
	uint32_t stamps = power_of_two(size / BYTES_PER_STAMP);

	return stamps < STAMPS_MIN ? STAMPS_MIN : stamps > STAMPS_MAX ? STAMPS_MAX : stamps;
}

/* Decides where everything lies; the chunks get what is left. */
static int
lay_out(struct region *r, size_t size, unsigned workers)
{
	uint64_t at = 0;

	(void)lay(&at, sizeof(*r));
	r->size = size;
	r->workers = workers;
	r->entry_count = (uint32_t)(size / BYTES_PER_ENTRY);
	r->bucket_mask = power_of_two(r->entry_count) - 1;
	r->ghost_mask = power_of_two(r->entry_count) - 1;
	r->clock_at = lay(&at, clock_size(stamp_count(size)));
	r->pins_at = lay(&at, (uint64_t)workers * sizeof(struct worker_pins));
	r->buckets_at = lay(&at, ((uint64_t)r->bucket_mask + 1) * sizeof(_Atomic uint32_t));
	r->entries_at = lay(&at, (uint64_t)r->entry_count * sizeof(struct entry));
	r->ghosts_at = lay(&at, ((uint64_t)r->ghost_mask + 1) * sizeof(uint32_t));
	r->fills_at = lay(&at, sizeof(struct fills));
	r->position_at = lay(&at, sizeof(struct position));
	r->bitmap_at = lay(&at, size / REGION_CHUNK / 8 + sizeof(uint64_t));
	at = (at + REGION_CHUNK - 1) / REGION_CHUNK * REGION_CHUNK;
	if (at >= size / 2)
		return -1;
	r->chunks_at = at;
	r->chunk_count = (uint32_t)((size - at) / REGION_CHUNK);
	return 0;
}

static int
fill_in(struct region *r, size_t size, unsigned workers)
{
	if (lay_out(r, size, workers) < 0) {
		errno = EINVAL;
		return -1;
	}
	if (RAND_bytes((unsigned char *)r->secret, sizeof(r->secret)) != 1) {
		errno = EIO;
		return -1;
	}
	/* multiplied with: an even one would lose bits */
	r->secret[0] |= 1;
	r->secret[1] |= 1;
	if (robust_init(&r->lock) < 0 || clock_init(region_clock(r), stamp_count(size)) < 0)
		return -1;
	for (uint32_t i = 1; i <= r->entry_count; i++)
		atomic_store(&region_entry(r, i)->generation, ENTRY_FREE);
	space_rebuild_locked(r);
	r->rebuilt = 0;
	r->layout = REGION_LAYOUT;
	r->magic = REGION_MAGIC;
	return 0;
}

struct region *
region_create(size_t size, unsigned workers)
{
	struct region *r;
	int fd, error;

	if (size < REGION_MIN_SIZE || size > REGION_MAX_SIZE) {
		errno = EINVAL;
		return NULL;
	}
	/* a file without a name, that an upgrade may hand on */
	fd = memfd_create("thimble-cache", MFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	r = ftruncate(fd, (off_t)size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	error = errno;
	(void)close(fd);
	if (r == MAP_FAILED) {
		errno = error;
		return NULL;
	}
	if (fill_in(r, size, workers) == 0)
		return r;
	error = errno;
	(void)munmap(r, size);
	errno = error;
	return NULL;
}

void
region_close(struct region **region)
{
	if (*region != NULL)
		(void)munmap(*region, (*region)->size);
	*region = NULL;
}

struct clock *
region_clock(struct region *r)
{
	return region_at(r, r->clock_at);
}

size_t
region_capacity(const struct region *r)
{
	return (size_t)r->chunk_count * REGION_CHUNK;
}

struct fills *
region_fills(struct region *r)
{
	return region_at(r, r->fills_at);
}

struct position *
region_position(struct region *r)
{
	return region_at(r, r->position_at);
}

void
region_set_database(struct region *r, uint64_t database)
{
	atomic_store(&r->database, database);
}

uint64_t
region_database(const struct region *r)
{
	return atomic_load(&r->database);
}

/* ---- the lease ---- */

void
region_lease_renew(struct region *r, uint64_t since_ms, uint64_t until_ms)
{
	/* Where it begins anew, nobody may see the new end with the old beginning. */
	if (atomic_load(&r->lease_since_ms) != since_ms) {
		atomic_store(&r->lease_until_ms, 0);
		atomic_store(&r->lease_since_ms, since_ms);
	}
	atomic_store(&r->lease_until_ms, until_ms);
}

void
region_lease_end(struct region *r)
{
	atomic_store(&r->lease_until_ms, 0);
}

uint64_t
region_lease_until(const struct region *r)
{
	return atomic_load(&r->lease_until_ms);
}

struct region_lease
region_lease_read(const struct region *r)
{
	struct region_lease lease;

	/* in this order: with a new end comes the new beginning */
	lease.until_ms = atomic_load(&r->lease_until_ms);
	lease.since_ms = atomic_load(&r->lease_since_ms);
	return lease;
}

uint64_t
region_oldest_ms(const struct region *r, uint64_t now_ms, uint64_t max_stale_ms)
{
	uint64_t by_age = now_ms > max_stale_ms ? now_ms - max_stale_ms : 0, since;

	if (now_ms >= atomic_load_explicit(&r->lease_until_ms, memory_order_acquire))
		return by_age;
	since = atomic_load_explicit(&r->lease_since_ms, memory_order_acquire);
	return since < by_age ? since : by_age;
}

/* ---- keys ---- */

/* Both halves of the product, folded: each bit of a and b counts. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Under a secret, so that nobody can choose keys that share a bucket.  Keys are
 * compared as a whole besides.
 */
uint64_t
region_hash(const struct region *r, struct slice key)
{
	uint64_t hash = r->secret[0] ^ key.n, word;

	for (; key.n >= sizeof(word); key = slice_from(key, sizeof(word))) {
		memcpy(&word, key.p, sizeof(word));
		hash = mix(hash ^ word, r->secret[1]);
	}
	word = 0;
	if (key.n > 0)
		memcpy(&word, key.p, key.n);
	return mix(mix(hash ^ word, r->secret[1]), r->secret[0]);
}

void
region_link_locked(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);
	_Atomic uint32_t *bucket = region_bucket(r, e->hash);

	atomic_store(&e->chain, atomic_load(bucket));
	atomic_store(bucket, index);
}

void
region_unlink_locked(struct region *r, uint32_t index)
{
	struct entry *e = region_entry(r, index);
	_Atomic uint32_t *link = region_bucket(r, e->hash);

	while (atomic_load(link) != NO_ENTRY) {
		uint32_t at = atomic_load(link);

		if (at == index) {
			/* its own link stays, for readers that stand on it */
			atomic_store(link, atomic_load(&e->chain));
			return;
		}
		link = &region_entry(r, at)->chain;
	}
}

/* ---- pins ---- */

/*
 * Books the entry; the slot, or -1 when all are taken.
 *
 * The stores here, the reader's second look, and on the other side the change of the
 * generation and the look at the slots are all sequentially consistent: of the two, one sees the
 * other.  (Not fences: ThreadSanitizer does not understand them.)
 */
static int
book(struct worker_pins *pins, uint32_t index, uint32_t generation)
{
	uint32_t used = atomic_load_explicit(&pins->used, memory_order_relaxed);
	uint32_t i = 0;

	while (i < used && atomic_load_explicit(&pins->slot[i], memory_order_relaxed) != 0)
		i++;
	if (i == REGION_PINS_MAX)
		return -1;
	if (i == used)
		atomic_store(&pins->used, used + 1);
	atomic_store(&pins->slot[i], (uint64_t)index << 32 | generation);
	return (int)i;
}

void
region_unpin(struct region *r, unsigned worker, unsigned pin)
{
	struct worker_pins *pins = region_pins(r, worker);
	uint32_t used = atomic_load_explicit(&pins->used, memory_order_relaxed);

	atomic_store_explicit(&pins->slot[pin], 0, memory_order_release);
	if (used <= REGION_PINS_FIRST)
		return;
	while (used > REGION_PINS_FIRST && atomic_load_explicit(&pins->slot[used - 1], memory_order_relaxed) == 0)
		used--;
	atomic_store(&pins->used, used);
}

void
region_bury(struct region *r, unsigned worker)
{
	struct worker_pins *pins = region_pins(r, worker);

	for (unsigned i = 0; i < REGION_PINS_MAX; i++)
		atomic_store(&pins->slot[i], 0);
	atomic_store(&pins->used, 0);
	fills_bury(region_fills(r), worker);
	clock_mend(region_clock(r));
}

/* ---- bytes of an entry: stamps, key, value ---- */

static size_t
stamps_bytes(const struct entry *e)
{
	return (size_t)e->stamp_count * sizeof(uint32_t);
}

/* Stamps, key and head lie in the first run. */
static const uint32_t *
stamps_of(struct region *r, const struct entry *e)
{
	return (const uint32_t *)(const void *)region_chunk(r, e->run[0].chunk);
}

static struct slice
key_of(struct region *r, const struct entry *e)
{
	return slice_make(region_chunk(r, e->run[0].chunk) + stamps_bytes(e), e->key_length);
}

static void
pieces_of(struct region *r, const struct entry *e, struct region_hit *hit)
{
	size_t skip = stamps_bytes(e) + e->key_length, left = e->value_length;

	hit->pieces = 0;
	for (unsigned i = 0; i < e->runs && left > 0; i++) {
		size_t bytes = (size_t)e->run[i].count * REGION_CHUNK;
		size_t n;

		if (skip >= bytes) {
			skip -= bytes;
			continue;
		}
		n = bytes - skip < left ? bytes - skip : left;
		hit->piece[hit->pieces++] = slice_make(region_chunk(r, e->run[i].chunk) + skip, n);
		left -= n;
		skip = 0;
	}
	hit->length = e->value_length;
	hit->head_length = e->head_length;
	hit->filled_at = e->filled_at;
	hit->stamps = stamps_of(r, e);
	hit->stamp_count = e->stamp_count;
	hit->born_ms = e->born_ms;
	hit->extra = e->extra;
}

/* ---- finding ---- */

static void
count(_Atomic uint64_t *figure)
{
	/* its worker alone writes it */
	atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Pins the entry of that key.  Returns it, or NULL. */
static struct entry *
find_pinned(struct region *r, struct worker_pins *pins, struct slice key, uint64_t hash, int *pin_r)
{
	uint32_t index = atomic_load(region_bucket(r, hash));

	for (int i = 0; i < CHAIN_MAX && index != NO_ENTRY && index <= r->entry_count; i++) {
		struct entry *e = region_entry(r, index);
		uint32_t generation = atomic_load(&e->generation);

		if (region_state(generation) == ENTRY_WHOLE && atomic_load_explicit(&e->hash, memory_order_relaxed) == hash) {
			*pin_r = book(pins, index, generation);
			if (*pin_r < 0)
				return NULL;
			/* Booked; now look again.  The same: it was whole all the while, and stays. */
			if (atomic_load(&e->generation) == generation && slice_eq(key_of(r, e), key))
				return e;
			region_unpin(r, (unsigned)(pins - region_pins(r, 0)), (unsigned)*pin_r);
		}
		index = atomic_load(&e->chain);
	}
	return NULL;
}

bool
region_get(struct region *r, unsigned worker, struct slice key, uint64_t oldest_ms, struct region_hit *hit)
{
	return region_get_hashed(r, worker, key, region_hash(r, key), oldest_ms, hit);
}

bool
region_get_hashed(struct region *r, unsigned worker, struct slice key, uint64_t hash, uint64_t oldest_ms,
    struct region_hit *hit)
{
	struct worker_pins *pins = region_pins(r, worker);
	int pin;
	struct entry *e = find_pinned(r, pins, key, hash, &pin);

	if (e == NULL) {
		count(&pins->misses);
		return false;
	}
	if (e->born_ms < oldest_ms || !clock_valid(region_clock(r), e->filled_at, stamps_of(r, e), e->stamp_count, &e->valid_at)) {
		region_unpin(r, worker, (unsigned)pin);
		count(&pins->stale);
		return false;
	}
	if (atomic_load_explicit(&e->frequency, memory_order_relaxed) < 3)
		atomic_fetch_add_explicit(&e->frequency, 1, memory_order_relaxed);
	pieces_of(r, e, hit);
	hit->pin = (unsigned)pin;
	hit->entry = atomic_load_explicit(&pins->slot[pin], memory_order_relaxed);
	count(&pins->hits);
	return true;
}

/* ---- with the lock ---- */

static void
lock(struct region *r)
{
	bool inherited;

	robust_lock(&r->lock, &inherited);
	if (inherited) {
		log_warnx("cache: a process died while it changed the region; what it left half done is discarded");
		space_rebuild_locked(r);
	}
}

/* The whole entry of that key, or NO_ENTRY. */
static uint32_t
find_locked(struct region *r, uint64_t hash, struct slice key)
{
	uint32_t index = atomic_load(region_bucket(r, hash));

	while (index != NO_ENTRY) {
		struct entry *e = region_entry(r, index);

		if (e->hash == hash && slice_eq(key_of(r, e), key))
			break;
		index = atomic_load(&e->chain);
	}
	return index;
}

/* ---- copying ---- */

/* Appends the value to what was copied already; false if it is not to be had, or does not fit. */
static bool
copy_locked(struct region *r, struct region_copy *item, uint64_t oldest_ms, char *memory, size_t size)
{
	uint32_t index = find_locked(r, item->hash, item->key);
	struct region_hit hit;
	struct entry *e;

	if (index == NO_ENTRY)
		return false;
	e = region_entry(r, index);
	if (e->value_length > size || e->born_ms < oldest_ms ||
	    !clock_valid(region_clock(r), e->filled_at, stamps_of(r, e), e->stamp_count, &e->valid_at))
		return false;
	if (atomic_load_explicit(&e->frequency, memory_order_relaxed) < 3)
		atomic_fetch_add_explicit(&e->frequency, 1, memory_order_relaxed);
	pieces_of(r, e, &hit);
	item->value = slice_make(memory, hit.length);
	item->born_ms = hit.born_ms;
	for (unsigned i = 0; i < hit.pieces; i++) {
		memcpy(memory, hit.piece[i].p, hit.piece[i].n);
		memory += hit.piece[i].n;
	}
	return true;
}

size_t
region_copy(struct region *r, struct region_copy *items, size_t count, uint64_t oldest_ms, char *memory, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		items[i].hash = region_hash(r, items[i].key);
		items[i].value = SLICE_NONE;
	}
	for (size_t i = 0; i < count; ) {
		size_t until = count - i < REGION_COPIES ? count : i + REGION_COPIES;

		lock(r);
		for (; i < until; i++)
			if (copy_locked(r, &items[i], oldest_ms, memory + used, size - used))
				used += items[i].value.n;
		robust_unlock(&r->lock);
	}
	return used;
}

/* ---- keeping ---- */

/* Copies bytes to where the last copy ended. */
struct cursor {
	unsigned run;
	size_t offset;
};

static void
copy_in(struct region *r, const struct entry *e, struct cursor *at, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		size_t room = (size_t)e->run[at->run].count * REGION_CHUNK - at->offset;
		size_t part = n < room ? n : room;

		memcpy(region_chunk(r, e->run[at->run].chunk) + at->offset, from, part);
		from += part;
		n -= part;
		at->offset += part;
		if (part == room && n > 0)
			*at = (struct cursor){ at->run + 1, 0 };
	}
}

static void
write_entry(struct region *r, struct entry *e, uint64_t hash, const struct region_item *item)
{
	struct cursor at = { 0, 0 };

	atomic_store_explicit(&e->hash, hash, memory_order_relaxed);
	e->extra = (uint16_t)item->extra;
	e->filled_at = item->filled_at;
	e->born_ms = item->born_ms;
	e->stamp_count = (uint32_t)item->stamp_count;
	e->key_length = (uint32_t)item->key.n;
	e->head_length = (uint32_t)item->head.n;
	e->value_length = (uint32_t)(item->head.n + item->body.n);
	atomic_store(&e->valid_at, 0);
	atomic_store(&e->frequency, 0);
	copy_in(r, e, &at, item->stamps, item->stamp_count * sizeof(*item->stamps));
	copy_in(r, e, &at, item->key.p, item->key.n);
	copy_in(r, e, &at, item->head.p, item->head.n);
	copy_in(r, e, &at, item->body.p, item->body.n);
}

static bool
put_locked(struct region *r, const struct region_item *item, uint64_t hash)
{
	/* readers look for header lines: the head is not cut */
	size_t first = item->stamp_count * sizeof(*item->stamps) + item->key.n + item->head.n;
	uint32_t index = find_locked(r, hash, item->key);
	struct entry *e;

	/* Only its own age counts: who filled later, knows more. */
	if (index != NO_ENTRY) {
		if (region_entry(r, index)->filled_at > item->filled_at)
			return false;
		space_evict_locked(r, index);
	}
	index = space_entry_locked(r);
	if (index == NO_ENTRY)
		return false;
	e = region_entry(r, index);
	if (!space_take_locked(r, e, first + item->body.n, first)) {
		e->older = r->free_entry;
		r->free_entry = index;
		return false;
	}
	write_entry(r, e, hash, item);
	/* It is whole; and from here on, if this process dies, it stays. */
	atomic_fetch_add(&e->generation, ENTRY_STATES - ENTRY_FREE);
	region_link_locked(r, index);
	space_admit_locked(r, index);
	r->entries++;
	return true;
}

bool
region_put(struct region *r, const struct region_item *item)
{
	size_t bytes = item->stamp_count * sizeof(*item->stamps) + item->key.n + item->head.n + item->body.n;
	_Atomic uint64_t never = 0;
	bool kept = false;

	if (item->key.n > REGION_KEY_MAX || item->stamp_count > REGION_TAGS_MAX ||
	    bytes > REGION_ITEM_MAX || bytes > (size_t)r->chunk_count / LARGEST_PART * REGION_CHUNK ||
	    !clock_valid(region_clock(r), item->filled_at, item->stamps, item->stamp_count, &never)) {
		lock(r);
		r->refused++;
		robust_unlock(&r->lock);
		return false;
	}
	lock(r);
	kept = put_locked(r, item, region_hash(r, item->key));
	if (kept)
		r->puts++;
	else
		r->refused++;
	robust_unlock(&r->lock);
	return kept;
}

/* ---- figures ---- */

/* When the first of them was born, in the order in which they leave; looks at `left` at most. */
static uint64_t
oldest_locked(struct region *r, const struct queue *queue, uint64_t oldest, unsigned *left)
{
	for (uint32_t index = queue->oldest; index != NO_ENTRY && *left > 0; (*left)--) {
		const struct entry *e = region_entry(r, index);

		if (oldest == 0 || e->born_ms < oldest)
			oldest = e->born_ms;
		index = e->newer;
	}
	return oldest;
}

void
region_worker_stats(struct region *r, unsigned worker, struct region_stats *stats)
{
	struct worker_pins *pins = region_pins(r, worker);

	stats->hits += atomic_load_explicit(&pins->hits, memory_order_relaxed);
	stats->misses += atomic_load_explicit(&pins->misses, memory_order_relaxed);
	stats->stale += atomic_load_explicit(&pins->stale, memory_order_relaxed);
	for (uint32_t i = 0; i < REGION_PINS_MAX; i++)
		stats->pins += atomic_load_explicit(&pins->slot[i], memory_order_relaxed) != 0;
}

void
region_stats(struct region *r, struct region_stats *stats)
{
	unsigned left = OLDEST_AMONG;

	*stats = (struct region_stats){ .capacity = (uint64_t)r->chunk_count * REGION_CHUNK };
	for (unsigned w = 0; w < r->workers; w++)
		region_worker_stats(r, w, stats);
	lock(r);
	stats->oldest_ms = oldest_locked(r, &r->queue[QUEUE_MAIN], 0, &left);
	stats->oldest_ms = oldest_locked(r, &r->queue[QUEUE_SMALL], stats->oldest_ms, &left);
	stats->puts = r->puts;
	stats->refused = r->refused;
	stats->evicted = r->evicted;
	stats->rebuilt = r->rebuilt;
	stats->entries = r->entries;
	stats->bytes = (uint64_t)(r->chunk_count - r->free_chunks) * REGION_CHUNK;
	stats->limbo = r->queue[QUEUE_LIMBO].chunks * REGION_CHUNK;
	robust_unlock(&r->lock);
}
