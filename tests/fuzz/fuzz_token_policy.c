/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/token_policy: the first line is scopes, the rest a policy.  Checked:
 *  - a policy that is refused allows nothing;
 *  - where none of its words stands, it says the same of all objects.
 */
#include "config.h"

#include "proto/token_policy.h"

#include "base/arena.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice policy = slice_make((const char *)data, size), scopes = SLICE("");
	struct arena *arena = arena_new();

	(void)slice_cut(&policy, '\n', &scopes);
	if (policy.p != NULL && token_policy_check(arena, policy) != NULL)
		require(!token_policy_allows(arena, policy, SLICE("diff"), SLICE("7"), SLICE("GET")));
	require(token_policy_allows(arena, policy, SLICE("diff"), SLICE("no such object"), SLICE("GET")) ==
	    token_policy_allows(arena, policy, SLICE("diff"), SLICE_NONE, SLICE("GET")) ||
	    memmem(policy.p, policy.n, "no such object", 14) != NULL);
	require(!token_scopes_cover(scopes, SLICE("diff"), SLICE("GET")) || memmem(scopes.p, scopes.n, "diff:read", 9) != NULL);
	arena_free(&arena);
	return 0;
}
