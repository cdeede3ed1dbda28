/* SPDX-License-Identifier: MIT
 *
 * Any Authorization header gives one of the four kinds; what it names is text
 * that a database takes.
 */
#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "proto/authorization.h"
#include "proto/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
insist(bool holds)
{
	if (!holds)
		abort();
}

static void
insist_on_text(struct slice s)
{
	insist(s.p != NULL && utf8_valid(s) && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct authorization a;

	authorization_parse(arena, slice_make((const char *)data, size), &a);
	insist((a.kind == AUTHORIZATION_BAD) == (a.detail != NULL));
	if (a.kind == AUTHORIZATION_BASIC) {
		insist_on_text(a.user);
		insist_on_text(a.secret);
		insist(a.user.n == 0 || memchr(a.user.p, ':', a.user.n) == NULL);
	}
	if (a.kind == AUTHORIZATION_TOKEN)
		insist_on_text(a.secret);
	arena_free(&arena);
	return 0;
}
