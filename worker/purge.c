/* SPDX-License-Identifier: MIT
 *
 * See purge.h.  jansson reads the body, after a glance at how much it will
 * have to keep: its tree is a hundred times as large as the text.
 */
#include "config.h"

#include "worker/purge.h"

#include <jansson.h>

#include "base/arena.h"
#include "cache/tag.h"

enum { DEPTH_MAX = 4 };		/* two are needed; the rest is for a better complaint */

static int
fail(const char **error_r, const char *error)
{
	*error_r = error;
	return -1;
}

/* Counts brackets and commas outside strings; whether it is JSON at all is not asked here. */
static int
check_bounds(struct slice body, const char **error_r)
{
	unsigned depth = 0, commas = 0;
	bool in_string = false;

	if (body.n > PURGE_BODY_MAX)
		return fail(error_r, "The body is too large.");
	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
			return fail(error_r, "The body is nested too deeply.");
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		else if (c == ',' && ++commas >= PURGE_TAGS_MAX)
			return fail(error_r, "Too many tags: give at most 4096 at once.");
	}
	return 0;
}

/* Text that could be a tag's: nothing else is worth a stamp. */
static bool
is_tag(struct slice text)
{
	if (text.n == 0 || text.n > TAG_LENGTH_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	return true;
}

static int
take_tags(struct arena *arena, const json_t *tags, struct purge *purge, const char **error_r)
{
	size_t count = json_array_size(tags);

	if (!json_is_array(tags) || count == 0)
		return fail(error_r, "\"tags\" has to be a list of at least one tag.");
	purge->tags = arena_alloc(arena, count * sizeof(*purge->tags));
	for (size_t i = 0; i < count; i++) {
		const json_t *tag = json_array_get(tags, i);
		struct slice text = { json_string_value(tag), json_string_length(tag) };

		if (text.p == NULL || !is_tag(text))
			return fail(error_r, arena_printf(arena, "Tag %zu is none: a tag is a string of 1 to %d printable "
			    "characters without spaces.", i + 1, TAG_LENGTH_MAX));
		purge->tags[purge->tag_count++] = tag_hash(text);
	}
	return 0;
}

static int
take(struct arena *arena, const json_t *root, struct purge *purge, const char **error_r)
{
	const json_t *all = json_object_get(root, "all"), *tags = json_object_get(root, "tags");

	/* A misspelt member must not purge less, or more, than was meant. */
	if (json_object_size(root) != 1 || (all == NULL) == (tags == NULL))
		return fail(error_r, "Give either {\"tags\": [...]} or {\"all\": true}.");
	if (tags != NULL)
		return take_tags(arena, tags, purge, error_r);
	if (!json_is_true(all))
		return fail(error_r, "\"all\" can only be true.");
	purge->all = true;
	return 0;
}

int
purge_parse(struct arena *arena, struct slice body, struct purge *purge_r, const char **error_r)
{
	json_error_t error;
	json_t *root;
	int status;

	*purge_r = (struct purge){ 0 };
	if (check_bounds(body, error_r) < 0)
		return -1;
	root = json_loadb(body.p != NULL ? body.p : "", body.n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return fail(error_r, arena_printf(arena, "The body is not JSON: %s, at byte %d.", error.text, error.position));
	status = take(arena, root, purge_r, error_r);
	json_decref(root);
	return status;
}
