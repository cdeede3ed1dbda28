/* SPDX-License-Identifier: MIT
 *
 * What an API token may do (reviewboard-api.md, 2.2): its policy, and the
 * scopes of one that is used as an OAuth2 bearer token.  Pure functions.
 */
#ifndef THIMBLE_PROTO_TOKEN_POLICY_H
#define THIMBLE_PROTO_TOKEN_POLICY_H

#include <stdbool.h>

#include "base/slice.h"

struct arena;

/*
 * NULL, or what is wrong with the text of a policy, which is JSON: a sentence in the
 * arena.  For those who make tokens.
 */
const char *token_policy_check(struct arena *arena, struct slice policy);

/*
 * Whether the policy (empty or absent: everything) lets a method do something to a resource
 * ("draft_commit") and an object of it ("7"; absent: a list).  One that token_policy_check refuses allows nothing.
 */
bool token_policy_allows(struct arena *arena, struct slice policy, struct slice resource, struct slice object,
    struct slice method);

/* Whether scopes ("draft_commit:read draft_commit:write") cover a method on a resource. */
bool token_scopes_cover(struct slice scopes, struct slice resource, struct slice method);

#endif
