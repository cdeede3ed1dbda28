/* SPDX-License-Identifier: MIT
 *
 * See token_policy.h.
 */
#include "config.h"

#include "proto/token_policy.h"

#include "base/arena.h"
#include "proto/json_in.h"

enum verdict { VERDICT_NONE, VERDICT_ALLOW, VERDICT_BLOCK };

/* ---- form ---- */

/* {"allow": [...], "block": [...]}, both of strings, either may be missing. */
static bool
is_rule(const struct value *rule)
{
	if (rule->kind != VALUE_OBJECT)
		return false;
	for (size_t i = 0; i < rule->count; i++) {
		const struct value *list = &rule->item[i];

		if ((!slice_is(list->name, "allow") && !slice_is(list->name, "block")) || list->kind != VALUE_ARRAY)
			return false;
		for (size_t k = 0; k < list->count; k++)
			if (list->item[k].kind != VALUE_STRING)
				return false;
	}
	return true;
}

static bool
is_entry(const struct value *entry)
{
	if (slice_is(entry->name, "*"))
		return is_rule(entry);
	if (entry->kind != VALUE_OBJECT)
		return false;
	for (size_t i = 0; i < entry->count; i++)
		if (!is_rule(&entry->item[i]))
			return false;
	return true;
}

/* NULL, or what is wrong with it; *resources_r are its rules. */
static const char *
read_policy(struct arena *arena, struct slice text, const struct value **resources_r)
{
	const struct value *policy;
	const char *reason;

	if (json_in_read(arena, CHARSET_UTF8, text, &policy, &reason) < 0)
		return arena_printf(arena, "The policy is no JSON: %s", reason);
	*resources_r = value_member(policy, "resources");
	if (*resources_r == NULL || (*resources_r)->kind != VALUE_OBJECT)
		return "The policy has no \"resources\" that is an object.";
	for (size_t i = 0; i < (*resources_r)->count; i++) {
		const struct value *entry = &(*resources_r)->item[i];

		if (!is_entry(entry))
			return arena_printf(arena, "The policy of \"%.*s\" has not the form of one.", SLICE_ARG(entry->name));
	}
	return NULL;
}

const char *
token_policy_check(struct arena *arena, struct slice policy)
{
	const struct value *resources;

	return policy.n == 0 ? NULL : read_policy(arena, policy, &resources);
}

/* ---- decisions ---- */

static const struct value *
member(const struct value *object, struct slice name)
{
	for (size_t i = 0; object != NULL && i < object->count; i++)
		if (slice_eq(object->item[i].name, name))
			return &object->item[i];
	return NULL;
}

static bool
lists(const struct value *rule, const char *name, struct slice method)
{
	const struct value *list = value_member(rule, name);

	for (size_t i = 0; list != NULL && i < list->count; i++)
		if (slice_eq(list->item[i].text, method))
			return true;
	return false;
}

/* What is said of the method itself counts more than what is said of all. */
static enum verdict
judge(const struct value *rule, struct slice method)
{
	if (rule == NULL)
		return VERDICT_NONE;
	if (lists(rule, "block", method))
		return VERDICT_BLOCK;
	if (lists(rule, "allow", method))
		return VERDICT_ALLOW;
	if (lists(rule, "block", SLICE("*")))
		return VERDICT_BLOCK;
	return lists(rule, "allow", SLICE("*")) ? VERDICT_ALLOW : VERDICT_NONE;
}

bool
token_policy_allows(struct arena *arena, struct slice policy, struct slice resource, struct slice object,
    struct slice method)
{
	const struct value *resources, *own;
	enum verdict verdict = VERDICT_NONE;

	if (policy.n == 0)
		return true;
	if (read_policy(arena, policy, &resources) != NULL)
		return false;
	own = member(resources, resource);
	if (object.p != NULL)
		verdict = judge(member(own, object), method);
	if (verdict == VERDICT_NONE)
		verdict = judge(member(own, SLICE("*")), method);
	if (verdict == VERDICT_NONE)
		verdict = judge(member(resources, SLICE("*")), method);
	return verdict != VERDICT_BLOCK;
}

bool
token_scopes_cover(struct slice scopes, struct slice resource, struct slice method)
{
	const char *action = slice_is(method, "GET") ? "read" : slice_is(method, "DELETE") ? "destroy" : "write";
	struct slice scope, name;

	while (slice_cut(&scopes, ' ', &scope)) {
		(void)slice_cut(&scope, ':', &name);
		if (slice_eq(name, resource) && slice_is(scope, action))
			return true;
	}
	return false;
}
