/* SPDX-License-Identifier: MIT
 *
 * See tier.h.
 *
 * A value is a byte TIER_FORMAT, eight of as_of (the most significant first), and what the caller gave.
 *
 * Both scripts look first whether this is the incarnation that was followed, and whether it has all that
 * was applied here: a replica that became the primary may lack the last messages, and has
 * old objects then; its nonce is the same until somebody claims it.
 *
 * Connections are borrowed by one call each.  What another thread gets is never one of before a failure: if
 * one broke, all of them lead to what is gone.
 */
#include "config.h"

#include "cache/tier.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/monotonic.h"
#include "cache/redis.h"
#include "cache/stream.h"
#include "cache/tag.h"

enum {
	PAUSE_MIN_MS = 100,		/* of the breaker */
	PAUSE_MAX_MS = 10000,
	IDLE_MAX = 64,			/* connections */
	NUMBER_MAX = 24,		/* bytes, in decimal */
	HEAD = 1 + sizeof(uint64_t),	/* of a value */
	KEY_MAX = 160,
	EPOCH_MAX = 64			/* bytes of an epoch's name */
};

/* KEYS: clock, objects.  ARGV: nonce, as_of, count of names, names, each object's shape. */
static const char find_text[] =
    "local clock = redis.call('HMGET', KEYS[1], 'nonce', 'number')\n"
    "if clock[1] ~= ARGV[1] or (tonumber(clock[2]) or -1) < tonumber(ARGV[2]) then return false end\n"
    "local names = tonumber(ARGV[3])\n"
    "local found = redis.call('HMGET', KEYS[1], unpack(ARGV, 4, 3 + names))\n"
    "for i = 2, #KEYS do found[#found + 1] = redis.call('HGET', KEYS[i], ARGV[2 + names + i]) end\n"
    "return found\n";

/* KEYS: clock, objects.  ARGV: nonce, as_of, seconds; of each object its bucket, shape and value. */
static const char keep_text[] =
    "local clock, as_of = redis.call('HMGET', KEYS[1], 'nonce', 'number'), tonumber(ARGV[2])\n"
    "if clock[1] ~= ARGV[1] or (tonumber(clock[2]) or -1) < as_of then return 0 end\n"
    "local kept = 0\n"
    "for i = 2, #KEYS do\n"
    "  local a = 3 * i - 2\n"
    "  if (tonumber(redis.call('HGET', KEYS[1], 's:' .. ARGV[a]) or 0) or 0) <= as_of then\n"
    "    redis.call('HSET', KEYS[i], ARGV[a + 1], ARGV[a + 2])\n"
    "    redis.call('EXPIRE', KEYS[i], ARGV[3])\n"
    "    kept = kept + 1\n"
    "  end\n"
    "end\n"
    "return kept\n";

struct tier {
	struct redis_url url;
	const struct position *position;
	struct redis_script find, keep;		/* constant */
	pthread_mutex_t lock;
	/* under the lock */
	struct redis *idle[IDLE_MAX];
	size_t idle_count;
	uint64_t failed;			/* times that connections were given up */
	uint64_t pause_ms, until_ms;		/* the breaker: 0: closed; asked again from then on */
	bool trying;				/* a thread does so */
	struct tier_stats stats;
};

/* What a call has to do with the pool. */
struct borrowed {
	struct redis *redis;
	uint64_t failed;			/* of the tier, when it was borrowed */
	bool trial;				/* it decides about the breaker */
};

struct tier *
tier_new(const struct redis_url *url, const struct position *position)
{
	struct tier *tier = xcalloc(1, sizeof(*tier));

	tier->url = *url;
	tier->position = position;
	tier->find.text = find_text;
	tier->keep.text = keep_text;
	redis_script_prepare(&tier->find);
	redis_script_prepare(&tier->keep);
	if (pthread_mutex_init(&tier->lock, NULL) != 0)
		log_fatalx("no lock for the connections to Redis");
	return tier;
}

void
tier_free(struct tier **tier)
{
	struct tier *t = *tier;

	if (t == NULL)
		return;
	*tier = NULL;
	while (t->idle_count > 0)
		redis_free(&t->idle[--t->idle_count]);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

struct tier_stats
tier_stats(struct tier *tier)
{
	struct tier_stats stats;

	(void)pthread_mutex_lock(&tier->lock);
	stats = tier->stats;
	stats.open = tier->pause_ms != 0;
	(void)pthread_mutex_unlock(&tier->lock);
	return stats;
}

/* ---- connections and the breaker ---- */

/* False: Redis is not to be asked now. */
static bool
borrow(struct tier *tier, struct borrowed *b)
{
	bool may;

	*b = (struct borrowed){ .redis = NULL };
	(void)pthread_mutex_lock(&tier->lock);
	may = tier->pause_ms == 0;
	if (!may && !tier->trying && monotonic_ms() >= tier->until_ms)
		may = tier->trying = b->trial = true;
	if (may && tier->idle_count > 0)
		b->redis = tier->idle[--tier->idle_count];
	b->failed = tier->failed;
	(void)pthread_mutex_unlock(&tier->lock);
	if (may && b->redis == NULL)
		b->redis = redis_new(&tier->url, "thimbled", TIER_CONNECT_MS, TIER_TIMEOUT_MS);
	return may;
}

static void
open_breaker_locked(struct tier *tier, const char *error)
{
	tier->pause_ms = tier->pause_ms == 0 ? PAUSE_MIN_MS : tier->pause_ms * 2 < PAUSE_MAX_MS ? tier->pause_ms * 2 : PAUSE_MAX_MS;
	tier->until_ms = monotonic_ms() + tier->pause_ms;
	/* one failure is no news */
	if (tier->pause_ms == PAUSE_MIN_MS * 2)
		log_warnx("redis: %s; objects come from the database meanwhile", error);
}

static void
close_breaker_locked(struct tier *tier)
{
	if (tier->pause_ms > PAUSE_MIN_MS)
		log_info("redis: it answers again");
	tier->pause_ms = 0;
}

/* Takes all idle connections out; returns how many. */
static size_t
give_up_locked(struct tier *tier, struct redis **idle_r)
{
	size_t count = tier->idle_count;

	memcpy(idle_r, tier->idle, count * sizeof(tier->idle[0]));
	tier->idle_count = 0;
	tier->failed++;
	return count;
}

static void
give_back(struct tier *tier, struct borrowed *b, enum redis_status status, const char *error)
{
	struct redis *old[IDLE_MAX + 1];
	size_t count = 0;

	(void)pthread_mutex_lock(&tier->lock);
	if (status == REDIS_OK && b->trial)
		close_breaker_locked(tier);
	if (status != REDIS_OK) {
		tier->stats.failures++;
		if (b->trial || tier->pause_ms == 0)
			open_breaker_locked(tier, error);
	}
	if (status == REDIS_AWAY && b->failed == tier->failed)
		count = give_up_locked(tier, old);
	if (b->trial)
		tier->trying = false;
	if (b->failed == tier->failed && tier->idle_count < IDLE_MAX)
		tier->idle[tier->idle_count++] = b->redis;
	else
		old[count++] = b->redis;
	(void)pthread_mutex_unlock(&tier->lock);
	while (count > 0)
		redis_free(&old[--count]);
}

/* ---- what a script is given ---- */

struct call {
	size_t keys, arguments;
	char *at;				/* in memory[] */
	struct slice key[1 + TIER_BATCH];
	struct slice argument[3 + TIER_NAMES_MAX + 3 * TIER_BATCH];
	char memory[(1 + TIER_BATCH) * KEY_MAX + 3 * NUMBER_MAX + TIER_NAMES_MAX * EPOCH_MAX + TIER_BATCH * NUMBER_MAX];
};

/* Text of the call's own, of at most `size` bytes with its NUL, for which there is room. */
static struct slice __attribute__((format(printf, 3, 4)))
put(struct call *c, size_t size, const char *format, ...)
{
	struct slice text = { c->at, 0 };
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(c->at, size, format, ap);
	va_end(ap);
	/* what would be cut is no name of ours: two of them must not become one */
	text.n = n >= 0 && (size_t)n < size ? (size_t)n : 0;
	c->at += text.n;
	return text;
}

static struct call *
call_new(const struct tier *tier, const struct position_fill *fill)
{
	struct call *c = xmalloc(sizeof(*c));

	_Static_assert(1 + TIER_BATCH + 3 + TIER_NAMES_MAX + 3 * TIER_BATCH + 3 <= REDIS_ARGUMENTS_MAX, "all in one command");
	c->at = c->memory;
	c->key[0] = put(c, KEY_MAX, "thimble:%016llx:clock", (unsigned long long)atomic_load(&tier->position->installation));
	c->keys = 1;
	c->argument[0] = put(c, NUMBER_MAX, "%016llx", (unsigned long long)fill->nonce);
	c->argument[1] = put(c, NUMBER_MAX, "%llu", (unsigned long long)fill->as_of);
	c->arguments = 2;
	return c;
}

static bool
put_key(struct call *c, const struct tier *tier, const struct position_fill *fill, const struct tier_object *object)
{
	struct slice key = put(c, KEY_MAX, "thimble:%016llx:%016llx:%s:%lld",
	    (unsigned long long)atomic_load(&tier->position->installation), (unsigned long long)fill->nonce, object->object,
	    (long long)object->id);

	if (key.n == 0)
		return false;
	c->key[c->keys++] = key;
	return true;
}

/* ---- finding ---- */

/* The epochs of a call, "*" before all. */
struct names {
	const char *name[TIER_NAMES_MAX];
	uint64_t number[TIER_NAMES_MAX];	/* that raised it last */
	size_t count;
};

/* The name's place among them, or TIER_NAMES_MAX when it is not there and there is no room. */
static size_t
name_of(struct names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && names->name[i] != name && strcmp(names->name[i], name) != 0)
		i++;
	if (i == names->count && i < TIER_NAMES_MAX && strlen(name) + sizeof("e:") <= EPOCH_MAX)
		names->name[names->count++] = name;
	return i < names->count ? i : TIER_NAMES_MAX;
}

static bool
has_names(struct names *names, const struct tier_object *object)
{
	for (size_t i = 0; i < object->epochs; i++)
		if (name_of(names, object->epoch[i]) == TIER_NAMES_MAX)
			return false;
	return object->epochs <= TIER_EPOCHS_MAX;
}

/* Names first, then shapes: `asked` are the objects that are asked for. */
static void
put_questions(struct call *c, const struct names *names, const struct tier_object *objects, const size_t *asked,
    size_t count)
{
	c->argument[c->arguments++] = put(c, NUMBER_MAX, "%zu", names->count);
	for (size_t i = 0; i < names->count; i++)
		c->argument[c->arguments++] = put(c, EPOCH_MAX, "e:%s", names->name[i]);
	for (size_t i = 0; i < count; i++)
		c->argument[c->arguments++] = objects[asked[i]].shape;
}

/* Numbers that are not there were never raised; false for what is none. */
static bool
read_names(struct names *names, const struct redisReply *reply)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct redisReply *element = reply->element[i];
		char *end;

		names->number[i] = 0;
		if (element->type == REDIS_REPLY_NIL)
			continue;
		if (element->type != REDIS_REPLY_STRING)
			return false;
		names->number[i] = strtoull(element->str, &end, 10);
		if (end == element->str || *end != '\0')
			return false;
	}
	return true;
}

static uint64_t
read_number(const char *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(n); i++)
		n = n << 8 | (unsigned char)p[i];
	return n;
}

/* Whether the value is one of ours, and nothing has raised an epoch of the object's since it was read. */
static bool
is_good(struct names *names, const struct tier_object *object, struct slice value)
{
	uint64_t as_of;

	if (value.n < HEAD || value.n > HEAD + TIER_VALUE_MAX || value.p[0] != TIER_FORMAT)
		return false;
	as_of = read_number(value.p + 1);
	if (names->number[0] > as_of)
		return false;
	for (size_t i = 0; i < object->epochs; i++)
		if (names->number[name_of(names, object->epoch[i])] > as_of)
			return false;
	return true;
}

/* Returns how many were found. */
static size_t
take(struct arena *arena, struct names *names, const struct redisReply *reply, struct tier_object *objects,
    const size_t *asked, size_t count)
{
	size_t found = 0;

	/* nil: another incarnation */
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != names->count + count || !read_names(names, reply))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct redisReply *element = reply->element[names->count + i];
		struct tier_object *object = &objects[asked[i]];

		if (element->type != REDIS_REPLY_STRING || !is_good(names, object, slice_make(element->str, (size_t)element->len)))
			continue;
		object->value = arena_slice(arena, slice_make(element->str + HEAD, (size_t)element->len - HEAD));
		found++;
	}
	return found;
}

static size_t
ask(struct tier *tier, struct arena *arena, const struct call *c, struct names *names, struct tier_object *objects,
    const size_t *asked, size_t count)
{
	struct redisReply *reply = NULL;
	struct borrowed b;
	enum redis_status status;
	const char *error = "";
	size_t found = 0;

	if (!borrow(tier, &b))
		return 0;
	/* one that was closed meanwhile is opened again */
	status = redis_connect(b.redis, &error);
	if (status == REDIS_OK)
		status = redis_run(b.redis, &tier->find, c->key, c->keys, c->argument, c->arguments, &reply, &error);
	if (status == REDIS_OK)
		found = take(arena, names, reply, objects, asked, count);
	freeReplyObject(reply);
	give_back(tier, &b, status, error);
	return found;
}

void
tier_find(struct tier *tier, struct arena *arena, struct position_fill fill, struct tier_object *objects, size_t count)
{
	struct names names = { .name = { "*" }, .count = 1 };
	size_t asked[TIER_BATCH], n = 0, found = 0;
	struct call *c;

	for (size_t i = 0; i < count; i++)
		objects[i].value = SLICE_NONE;
	if (fill.nonce == 0 || count == 0)
		return;
	c = call_new(tier, &fill);
	for (size_t i = 0; i < count && n < TIER_BATCH; i++)
		if (has_names(&names, &objects[i]) && put_key(c, tier, &fill, &objects[i]))
			asked[n++] = i;
	if (n > 0) {
		put_questions(c, &names, objects, asked, n);
		found = ask(tier, arena, c, &names, objects, asked, n);
	}
	free(c);
	(void)pthread_mutex_lock(&tier->lock);
	tier->stats.hits += found;
	tier->stats.misses += count - found;
	(void)pthread_mutex_unlock(&tier->lock);
}

/* ---- keeping ---- */

static void
write_number(char *p, uint64_t n)
{
	for (size_t i = sizeof(n); i-- > 0; n >>= 8)
		p[i] = (char)(unsigned char)n;
}

/* Adds the object to the call; its value is put together at *at. */
static void
put_object(struct call *c, const struct tier *tier, const struct position_fill *fill, const struct tier_object *object,
    char **at)
{
	char *value = *at;

	if (object->value.p == NULL || object->value.n > TIER_VALUE_MAX || !put_key(c, tier, fill, object))
		return;
	value[0] = TIER_FORMAT;
	write_number(value + 1, fill->as_of);
	*at = mempcpy(value + HEAD, object->value.p, object->value.n);
	c->argument[c->arguments++] = put(c, NUMBER_MAX, "%u", stream_bucket(tag_hash_id(object->object, ':', object->id)));
	c->argument[c->arguments++] = object->shape;
	c->argument[c->arguments++] = slice_make(value, (size_t)(*at - value));
}

static void
send(struct tier *tier, const struct call *c)
{
	struct borrowed b;
	enum redis_status status;
	const char *error = "";

	if (!borrow(tier, &b))
		return;
	status = redis_connect(b.redis, &error);
	if (status == REDIS_OK)
		status = redis_run_later(b.redis, &tier->keep, c->key, c->keys, c->argument, c->arguments, &error);
	give_back(tier, &b, status, error);
	if (status != REDIS_OK)
		return;
	(void)pthread_mutex_lock(&tier->lock);
	tier->stats.stored += c->keys - 1;
	(void)pthread_mutex_unlock(&tier->lock);
}

void
tier_keep(struct tier *tier, struct position_fill fill, const struct tier_object *objects, size_t count)
{
	size_t bytes = 0;
	struct call *c;
	char *values, *at;

	if (fill.nonce == 0 || count == 0)
		return;
	if (count > TIER_BATCH)
		count = TIER_BATCH;
	for (size_t i = 0; i < count; i++)
		bytes += HEAD + (objects[i].value.n <= TIER_VALUE_MAX ? objects[i].value.n : 0);
	values = at = xmalloc(bytes);
	c = call_new(tier, &fill);
	c->argument[c->arguments++] = put(c, NUMBER_MAX, "%d", TIER_EXPIRE_S);
	for (size_t i = 0; i < count; i++)
		put_object(c, tier, &fill, &objects[i], &at);
	if (c->keys > 1)
		send(tier, c);
	free(c);
	free(values);
}
