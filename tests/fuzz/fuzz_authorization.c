/* SPDX-License-Identifier: MIT
 *
 * Any Authorization header gives one of the four kinds; what it names is text
 * that a database takes.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/authorization.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static void
require_text(struct slice s)
{
	require(s.p != NULL && utf8_valid(s) && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct authorization a;

	authorization_parse(arena, slice_make((const char *)data, size), &a);
	require((a.kind == AUTHORIZATION_BAD) == (a.detail != NULL));
	if (a.kind == AUTHORIZATION_BASIC) {
		require_text(a.user);
		require_text(a.secret);
		require(a.user.n == 0 || memchr(a.user.p, ':', a.user.n) == NULL);
	}
	if (a.kind == AUTHORIZATION_TOKEN)
		require_text(a.secret);
	arena_free(&arena);
	return 0;
}
