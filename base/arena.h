/* SPDX-License-Identifier: MIT
 *
 * An arena: memory of things that die together, one per request.  Nothing in
 * it is freed singly; foreign objects (a database result) register a cleanup.
 * One thread at a time; a request hands its arena from the loop to a job
 * thread and back, never shares it.
 */
#ifndef THIMBLE_BASE_ARENA_H
#define THIMBLE_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena;

struct arena *arena_new(void);
/* Runs the cleanups, last registered first, frees all, and nulls *arena. */
void arena_free(struct arena **arena);

/* Memory aligned for any type; arena_zalloc's is zeroed.  Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
/* A copy of the bytes, with a NUL behind them that the length does not count. */
char *arena_memdup(struct arena *arena, const void *p, size_t n);
char *arena_strdup(struct arena *arena, const char *s);
struct slice arena_slice(struct arena *arena, struct slice s);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Has an array of `count` elements of `size` bytes take one more: what it is from now on, with twice
 * the room if there was none left (`first`, if there was none at all).
 */
void *arena_more(struct arena *arena, void *array, size_t count, size_t *room, size_t first, size_t size);

/*
 * Gives back all that was allocated, as arena_free, but keeps one block: an arena
 * that is used again and again for something small costs no call to malloc.
 */
void arena_reset(struct arena *arena);

/* Calls fn(object) when the arena is freed. */
void arena_cleanup(struct arena *arena, void (*fn)(void *), void *object);

#endif
