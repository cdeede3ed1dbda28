/* SPDX-License-Identifier: MIT
 *
 * See shortcut.h.  A place holds one request; who was asked for since another
 * one wanted the place stays for that time, so that those who come once do not
 * drive out those who come again and again.
 */
#include "config.h"

#include "worker/shortcut.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cache/region.h"

struct known {
	uint64_t hash;
	bool trusted, used;
	struct slice head;
	struct shortcut shortcut;
	char bytes[];			/* what the slices point to */
};

struct shortcuts {
	const struct region *region;
	struct known *place[SHORTCUT_PLACES];
	struct known *last;		/* that was found; NULL: none */
};

struct shortcuts *
shortcuts_new(const struct region *region)
{
	struct shortcuts *s = xcalloc(1, sizeof(*s));

	s->region = region;
	return s;
}

void
shortcuts_free(struct shortcuts **shortcuts)
{
	struct shortcuts *s = *shortcuts;

	if (s == NULL)
		return;
	*shortcuts = NULL;
	for (size_t i = 0; i < SHORTCUT_PLACES; i++)
		free(s->place[i]);
	free(s);
}

/* Up to and with the empty line; 0: it is not here, or too far. */
static size_t
head_length(struct slice in)
{
	const char *at = in.p, *end = in.p + (in.n < SHORTCUT_HEAD_MAX ? in.n : SHORTCUT_HEAD_MAX);

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at + 2 - in.p);
	}
	return 0;
}

static struct known *
find(const struct shortcuts *s, struct slice in)
{
	struct slice head = slice_make(in.p, head_length(in));
	struct known *known;
	uint64_t hash;

	if (head.n == 0)
		return NULL;
	hash = region_hash(s->region, head);
	known = s->place[hash % SHORTCUT_PLACES];
	return known != NULL && known->hash == hash && slice_eq(known->head, head) ? known : NULL;
}

const struct shortcut *
shortcuts_find(struct shortcuts *s, struct slice in, bool trusted, size_t *length_r)
{
	/* What is popular comes several times in a row. */
	struct known *known = s->last != NULL && slice_has_prefix(in, s->last->head) ? s->last : find(s, in);

	if (known == NULL || known->trusted != trusted)
		return NULL;
	known->used = true;
	s->last = known;
	*length_r = known->head.n;
	return &known->shortcut;
}

/* Copies to *at, which is moved on. */
static struct slice
put(char **at, struct slice s)
{
	struct slice copy = s.p != NULL ? slice_make(*at, s.n) : SLICE_NONE;

	if (s.n > 0)
		*at = mempcpy(*at, s.p, s.n);
	return copy;
}

void
shortcuts_learn(struct shortcuts *s, struct slice head, bool trusted, const struct shortcut *shortcut)
{
	uint64_t hash = region_hash(s->region, head);
	struct known **place = &s->place[hash % SHORTCUT_PLACES], *known = *place;
	char *at;

	if (head.n > SHORTCUT_HEAD_MAX || shortcut->key.n > SHORTCUT_HEAD_MAX)
		return;
	if (known != NULL && known->used) {
		known->used = false;
		return;
	}
	if (known == s->last)
		s->last = NULL;
	free(known);
	known = xmalloc(sizeof(*known) + head.n + shortcut->key.n + shortcut->if_none_match.n);
	at = known->bytes;
	*known = (struct known){ .hash = hash, .trusted = trusted, .shortcut = *shortcut };
	known->head = put(&at, head);
	known->shortcut.key = put(&at, shortcut->key);
	known->shortcut.key_hash = region_hash(s->region, shortcut->key);
	known->shortcut.if_none_match = put(&at, shortcut->if_none_match);
	*place = known;
}
