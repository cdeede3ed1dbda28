/* SPDX-License-Identifier: MIT
 *
 * The statements one connection has prepared, by their text, the least
 * recently used of more than STORE_PREPARED_MAX given up.  Private to store/;
 * belongs to its connection.
 */
#ifndef THIMBLE_STORE_PREPARED_H
#define THIMBLE_STORE_PREPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PREPARED_BUCKETS = 256, PREPARED_NAME = 24 };

struct prepared {
	struct prepared *chain;			/* in its bucket */
	struct prepared *newer, *older;		/* by use */
	char *text;				/* owned */
	size_t length;
	uint32_t hash;
	/* the driver's */
	void *handle;				/* SQLite: the statement */
	char name[PREPARED_NAME];		/* PostgreSQL: never used again on that connection */
	bool exists;				/* PostgreSQL: the server said so */
};

struct prepared_cache {
	struct prepared *bucket[PREPARED_BUCKETS];
	struct prepared *newest, *oldest;
	unsigned count;
	uint64_t made;				/* ever */
};

/* Finds the statement and makes it the most recently used; adds it when it is not there (*added_r). */
struct prepared *prepared_get(struct prepared_cache *cache, const char *text, size_t length, bool *added_r);
/* Takes the least recently used out if there are more than STORE_PREPARED_MAX, else NULL. */
struct prepared *prepared_take_excess(struct prepared_cache *cache);
/* Takes any one out; NULL when there is none. */
struct prepared *prepared_take_any(struct prepared_cache *cache);
void prepared_take(struct prepared_cache *cache, struct prepared *p);
/* Frees one that was taken out, and nulls it. */
void prepared_free(struct prepared **p);

#endif
