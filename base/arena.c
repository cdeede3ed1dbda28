/* SPDX-License-Identifier: MIT
 *
 * See arena.h.  Blocks double in size up to a limit; what is larger than a
 * quarter of a block gets a block of its own, so that little is wasted.
 */
#include "config.h"

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { ARENA_FIRST = 4096, ARENA_LARGEST = 256 * 1024 };

struct block {
	struct block *next;
	alignas(max_align_t) char bytes[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *object;
};

struct arena {
	struct block *blocks;
	struct block *first;	/* the first shared one, of ARENA_FIRST bytes */
	struct cleanup *cleanups;
	char *at;		/* free bytes of the newest shared block */
	size_t left;
	size_t block_size;	/* of the next shared block */
};

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->block_size = ARENA_FIRST;
	return a;
}

void
arena_free(struct arena **arena)
{
	struct arena *a = *arena;

	if (a == NULL)
		return;
	*arena = NULL;
	for (struct cleanup *c = a->cleanups; c != NULL; c = c->next)
		c->fn(c->object);
	for (struct block *b = a->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block *first = NULL;

	for (struct cleanup *c = a->cleanups; c != NULL; c = c->next)
		c->fn(c->object);
	a->cleanups = NULL;
	for (struct block *b = a->blocks, *next; b != NULL; b = next) {
		next = b->next;
		if (b == a->first)
			first = b;
		else
			free(b);
	}
	a->blocks = first;
	a->at = first != NULL ? first->bytes : NULL;
	a->left = first != NULL ? ARENA_FIRST : 0;
	a->block_size = first != NULL ? 2 * ARENA_FIRST : ARENA_FIRST;
	if (first != NULL)
		first->next = NULL;
}

static char *
block_new(struct arena *a, size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	b->next = a->blocks;
	a->blocks = b;
	return b->bytes;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	void *p;

	size = size > 0 ? (size + align - 1) & ~(align - 1) : align;
	if (size > a->left) {
		if (size > a->block_size / 4)
			return block_new(a, size);
		a->at = block_new(a, a->block_size);
		if (a->first == NULL)
			a->first = a->blocks;
		a->left = a->block_size;
		if (a->block_size < ARENA_LARGEST)
			a->block_size *= 2;
	}
	p = a->at;
	a->at += size;
	a->left -= size;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *
arena_more(struct arena *a, void *array, size_t count, size_t *room, size_t first, size_t size)
{
	void *larger;

	if (count < *room)
		return array;
	*room = *room > 0 ? 2 * *room : first;
	larger = arena_alloc(a, *room * size);
	if (count > 0)
		memcpy(larger, array, count * size);
	return larger;
}

char *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

struct slice
arena_slice(struct arena *a, struct slice s)
{
	return s.p == NULL ? SLICE_NONE : slice_make(arena_memdup(a, s.p, s.n), s.n);
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
	char first[256];
	va_list ap;
	char *s;
	int n;

	va_start(ap, format);
	n = vsnprintf(first, sizeof(first), format, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n < sizeof(first))
		return arena_memdup(a, first, (size_t)n);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, format);
	(void)vsnprintf(s, (size_t)n + 1, format, ap);
	va_end(ap);
	return s;
}

void
arena_cleanup(struct arena *a, void (*fn)(void *), void *object)
{
	struct cleanup *c = arena_alloc(a, sizeof(*c));

	*c = (struct cleanup){ a->cleanups, fn, object };
	a->cleanups = c;
}
