/* SPDX-License-Identifier: MIT
 *
 * See prepared.h.
 */
#include "config.h"

#include "store/prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"

/* FNV-1a; the texts are our own, nobody can make them collide on purpose. */
static uint32_t
hash_text(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static void
unlink_by_use(struct prepared_cache *cache, struct prepared *p)
{
	if (p->newer != NULL)
		p->newer->older = p->older;
	else
		cache->newest = p->older;
	if (p->older != NULL)
		p->older->newer = p->newer;
	else
		cache->oldest = p->newer;
}

static void
link_newest(struct prepared_cache *cache, struct prepared *p)
{
	p->newer = NULL;
	p->older = cache->newest;
	if (cache->newest != NULL)
		cache->newest->newer = p;
	else
		cache->oldest = p;
	cache->newest = p;
}

static struct prepared *
find(const struct prepared_cache *cache, uint32_t hash, const char *text, size_t length)
{
	struct prepared *p = cache->bucket[hash % PREPARED_BUCKETS];

	while (p != NULL && (p->hash != hash || p->length != length || memcmp(p->text, text, length) != 0))
		p = p->chain;
	return p;
}

struct prepared *
prepared_get(struct prepared_cache *cache, const char *text, size_t length, bool *added_r)
{
	uint32_t hash = hash_text(text, length);
	struct prepared *p = find(cache, hash, text, length);

	*added_r = p == NULL;
	if (p != NULL) {
		unlink_by_use(cache, p);
		link_newest(cache, p);
		return p;
	}
	p = xcalloc(1, sizeof(*p));
	p->text = xmalloc(length + 1);
	memcpy(p->text, text, length);
	p->text[length] = '\0';
	p->length = length;
	p->hash = hash;
	(void)snprintf(p->name, sizeof(p->name), "t%llx", (unsigned long long)++cache->made);
	p->chain = cache->bucket[hash % PREPARED_BUCKETS];
	cache->bucket[hash % PREPARED_BUCKETS] = p;
	link_newest(cache, p);
	cache->count++;
	return p;
}

void
prepared_take(struct prepared_cache *cache, struct prepared *p)
{
	struct prepared **at = &cache->bucket[p->hash % PREPARED_BUCKETS];

	while (*at != p)
		at = &(*at)->chain;
	*at = p->chain;
	p->chain = NULL;
	unlink_by_use(cache, p);
	cache->count--;
}

struct prepared *
prepared_take_any(struct prepared_cache *cache)
{
	struct prepared *p = cache->oldest;

	if (p != NULL)
		prepared_take(cache, p);
	return p;
}

struct prepared *
prepared_take_excess(struct prepared_cache *cache)
{
	return cache->count > STORE_PREPARED_MAX ? prepared_take_any(cache) : NULL;
}

void
prepared_free(struct prepared **p)
{
	if (*p == NULL)
		return;
	free((*p)->text);
	free(*p);
	*p = NULL;
}
