/* SPDX-License-Identifier: MIT
 *
 * See validation_info.h.
 */
#include "config.h"

#include "proto/validation_info.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "proto/diff.h"
#include "proto/digits.h"
#include "proto/json.h"
#include "proto/json_in.h"
#include "proto/lineage.h"
#include "proto/text.h"

enum { FIRST = 16, SHOWN_MAX = 200 };

static const char *const list_names[VALIDATION_LISTS] = {
	[VALIDATION_ADDED] = "added", [VALIDATION_MODIFIED] = "modified", [VALIDATION_REMOVED] = "removed",
};

static const char too_long[] = "It is too long.";
static const char no_base64[] = "Invalid base64.";
static const char no_info[] = "Invalid format.";
static const char a_loop[] = "The commits form a loop.";

void
validation_info_init(struct validation_info *info, struct arena *arena)
{
	*info = (struct validation_info){ .arena = arena };
}

/* ---- ids ---- */

/* The place in `sorted` where the id stands, or would. */
static size_t
place_of(const struct validation_info *info, struct slice id)
{
	size_t low = 0, high = info->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(info->commit[info->sorted[middle]].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct validation_commit *
validation_info_find(const struct validation_info *info, struct slice id)
{
	size_t place = place_of(info, id);
	const struct validation_commit *commit;

	if (place == info->count)
		return NULL;
	commit = &info->commit[info->sorted[place]];
	return slice_eq(commit->id, id) ? commit : NULL;
}

/* Room for one more. */
static void
reserve(struct validation_info *info)
{
	size_t room = info->room > 0 ? 2 * info->room : FIRST;
	struct validation_commit *commit;
	size_t *sorted;

	if (info->count < info->room)
		return;
	commit = arena_alloc(info->arena, room * sizeof(*commit));
	sorted = arena_alloc(info->arena, room * sizeof(*sorted));
	if (info->count > 0) {
		memcpy(commit, info->commit, info->count * sizeof(*commit));
		memcpy(sorted, info->sorted, info->count * sizeof(*sorted));
	}
	info->commit = commit;
	info->sorted = sorted;
	info->room = room;
}

static bool
is_id(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return text.n <= VALIDATION_ID_MAX;
}

/* ---- reading ---- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Standard base64 with its padding; white space does not count. */
static int
decode_base64(struct arena *arena, struct slice text, struct slice *bytes_r)
{
	char *start = arena_alloc(arena, text.n / 4 * 3 + 3), *at = start;
	size_t digits = 0, pads = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		int digit = base64_digit(text.p[i]);

		if (is_space(text.p[i]))
			continue;
		if (text.p[i] == '=' && digits % 4 >= 2 && digits % 4 + pads < 4) {
			pads++;
			continue;
		}
		if (digit < 0 || pads > 0)
			return -1;
		bits = bits << 6 | (unsigned)digit;
		if (digits++ % 4 > 0)
			*at++ = (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff);
	}
	*bytes_r = slice_make(start, (size_t)(at - start));
	return (digits + pads) % 4 == 0 ? 0 : -1;
}

/* A string that is text: no lone surrogate, no NUL. */
static bool
is_text(const struct value *value, size_t most)
{
	return value != NULL && value->kind == VALUE_STRING && value->text.n <= most && utf8_valid(value->text) &&
	    slice_index(value->text, '\0') < 0;
}

static bool
read_file(const struct value *value, struct validation_file *file)
{
	const struct value *name = value_member(value, "filename"), *revision = value_member(value, "revision");

	/* a character has four bytes at most */
	if (!is_text(name, (size_t)4 * DIFF_NAME_MAX) || name->text.n == 0 || !is_text(revision, DIFF_BLOB_MAX))
		return false;
	file->name = name->text;
	file->revision = revision->text;
	return true;
}

static bool
read_list(struct arena *arena, const struct value *value, struct validation_commit *commit, enum validation_list list)
{
	struct validation_file *file;

	if (value == NULL)
		return true;
	if (value->kind != VALUE_ARRAY)
		return false;
	file = arena_alloc(arena, (value->count + 1) * sizeof(*file));
	for (size_t i = 0; i < value->count; i++)
		if (!read_file(&value->item[i], &file[i]))
			return false;
	commit->list[list].file = file;
	commit->list[list].count = value->count;
	return true;
}

/* A list that is not there is empty. */
static bool
read_commit(struct arena *arena, const struct value *value, struct validation_commit *commit)
{
	const struct value *parent = value_member(value, "parent_id"), *tree = value_member(value, "tree");

	commit->id = value->name;
	if (commit->id.n == 0 || !is_id(commit->id) || !is_text(parent, VALIDATION_ID_MAX) || !is_id(parent->text))
		return false;
	commit->parent = parent->text;
	if (tree != NULL && tree->kind != VALUE_OBJECT)
		return false;
	for (int i = 0; tree != NULL && i < VALIDATION_LISTS; i++)
		if (!read_list(arena, value_member(tree, list_names[i]), commit, (enum validation_list)i))
			return false;
	return true;
}

static int
compare_places(const void *a, const void *b, void *info)
{
	const struct validation_commit *commit = ((const struct validation_info *)info)->commit;

	return slice_compare(commit[*(const size_t *)a].id, commit[*(const size_t *)b].id);
}

/* Whether who goes from parent to parent comes back to where it was. */
static bool
has_loop(const struct validation_info *info)
{
	/* of each commit, in which walk it was met, from 1 */
	size_t *walk = xcalloc(info->count, sizeof(*walk));
	bool found = false;

	for (size_t i = 0; i < info->count && !found; i++) {
		const struct validation_commit *commit = &info->commit[i];

		while (commit != NULL && walk[commit - info->commit] == 0) {
			walk[commit - info->commit] = i + 1;
			commit = validation_info_find(info, commit->parent);
		}
		found = commit != NULL && walk[commit - info->commit] == i + 1;
	}
	free(walk);
	return found;
}

/* NULL, or what is wrong. */
static const char *
read_info(struct validation_info *info, const struct value *value)
{
	if (value->kind != VALUE_OBJECT)
		return no_info;
	info->room = value->count;
	info->commit = arena_zalloc(info->arena, (info->room + 1) * sizeof(*info->commit));
	info->sorted = arena_alloc(info->arena, (info->room + 1) * sizeof(*info->sorted));
	for (size_t i = 0; i < value->count; i++) {
		if (!read_commit(info->arena, &value->item[i], &info->commit[i]))
			return no_info;
		info->sorted[i] = i;
	}
	info->count = value->count;
	if (info->count > 0)
		qsort_r(info->sorted, info->count, sizeof(*info->sorted), compare_places, info);
	return has_loop(info) ? a_loop : NULL;
}

int
validation_info_decode(struct validation_info *info, struct arena *arena, struct slice text, const char **why_r)
{
	const struct value *value;
	struct slice bytes;

	validation_info_init(info, arena);
	if (text.n > VALIDATION_INFO_MAX)
		*why_r = too_long;
	else if (decode_base64(arena, text, &bytes) < 0)
		*why_r = no_base64;
	else if (json_in_read(arena, CHARSET_UTF8, bytes, &value, why_r) == 0)
		*why_r = read_info(info, value);
	if (*why_r != NULL)
		validation_info_init(info, arena);
	return *why_r != NULL ? -1 : 0;
}

const char *
validation_info_complaint(struct arena *arena, struct slice text, const char *why)
{
	bool cut = text.n > SHOWN_MAX;

	if (cut)
		for (text.n = SHOWN_MAX; text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80; text.n--)
			;
	return arena_printf(arena, "Could not parse validation info \"%.*s%s\": %s", SLICE_ARG(text), cut ? "..." : "", why);
}

/* ---- writing ---- */

static void
put_files(struct json *j, const struct validation_file *file, size_t count)
{
	json_open(j, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(j, '{');
		json_key(j, "filename");
		json_string(j, file[i].name);
		json_key(j, "revision");
		json_string(j, file[i].revision);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_commit(struct json *j, const struct validation_commit *commit)
{
	json_key_slice(j, commit->id);
	json_open(j, '{');
	json_key(j, "parent_id");
	json_string(j, commit->parent);
	json_key(j, "tree");
	json_open(j, '{');
	for (int i = 0; i < VALIDATION_LISTS; i++) {
		json_key(j, list_names[i]);
		put_files(j, commit->list[i].file, commit->list[i].count);
	}
	json_close(j, '}');
	json_close(j, '}');
}

void
validation_info_encode(const struct validation_info *info, struct buf *out)
{
	struct buf text = { 0 };
	struct json j = json_writer(&text, 0);
	unsigned char *at;

	json_open(&j, '{');
	for (size_t i = 0; i < info->count; i++)
		put_commit(&j, &info->commit[i]);
	json_close(&j, '}');
	/* it puts a NUL behind */
	at = (unsigned char *)buf_reserve(out, (text.len + 2) / 3 * 4 + 1);
	out->len += (size_t)EVP_EncodeBlock(at, (const unsigned char *)text.data, (int)text.len);
	buf_fini(&text);
}

/* ---- what is known ---- */

/* Whether a file of a diff stands in that list of its commit; a file that moved stands in two. */
static bool
stands_in(const struct diff_file *file, enum validation_list list)
{
	switch (file->status) {
	case DIFF_DELETED:
		return list == VALIDATION_REMOVED;
	case DIFF_MOVED:
		return list == VALIDATION_REMOVED || list == VALIDATION_ADDED;
	case DIFF_COPIED:
		return list == VALIDATION_ADDED;
	case DIFF_MODIFIED:
		break;
	}
	return list == (file->created ? VALIDATION_ADDED : VALIDATION_MODIFIED);
}

static void
set_list(struct arena *arena, struct validation_commit *commit, enum validation_list list,
    const struct diff_file *files, size_t count)
{
	struct validation_file *file = arena_alloc(arena, (count + 1) * sizeof(*file));
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (!stands_in(&files[i], list))
			continue;
		if (list == VALIDATION_REMOVED)
			file[used++] = (struct validation_file){ files[i].old_name, files[i].old_blob };
		else
			file[used++] = (struct validation_file){ files[i].new_name, files[i].new_blob };
	}
	commit->list[list].file = file;
	commit->list[list].count = used;
}

void
validation_info_set(struct validation_info *info, struct slice id, struct slice parent,
    const struct diff_file *files, size_t count)
{
	size_t place = place_of(info, id), at = info->count;

	if (place < info->count && slice_eq(info->commit[info->sorted[place]].id, id)) {
		at = info->sorted[place];
	} else {
		reserve(info);
		memmove(info->sorted + place + 1, info->sorted + place, (info->count - place) * sizeof(*info->sorted));
		info->sorted[place] = at;
		info->count++;
	}
	info->commit[at] = (struct validation_commit){ .id = id, .parent = parent };
	for (int i = 0; i < VALIDATION_LISTS; i++)
		set_list(info->arena, &info->commit[at], (enum validation_list)i, files, count);
}

static void
add_files(struct lineage *lineage, const struct validation_commit *commit, enum validation_list list, size_t age)
{
	for (size_t i = 0; i < commit->list[list].count; i++) {
		const struct validation_file *file = &commit->list[list].file[i];

		lineage_add(lineage, file->name, file->revision, list == VALIDATION_REMOVED, age);
	}
}

size_t
validation_info_follow(const struct validation_info *info, struct slice parent, struct lineage *lineage)
{
	const struct validation_commit *commit = validation_info_find(info, parent);
	bool *met = xcalloc(info->count, sizeof(*met));
	size_t age = 0;

	for (; commit != NULL && !met[commit - info->commit]; age++) {
		met[commit - info->commit] = true;
		for (int i = 0; i < VALIDATION_LISTS; i++)
			add_files(lineage, commit, (enum validation_list)i, age);
		commit = validation_info_find(info, commit->parent);
	}
	free(met);
	return age;
}

size_t
validation_info_put_missing(const struct validation_info *info, const struct validation_info *other, struct buf *out)
{
	size_t missing = 0;

	for (size_t i = 0; i < info->count; i++) {
		const struct validation_commit *commit = &info->commit[i], *known = validation_info_find(other, commit->id);

		if (known != NULL && slice_eq(known->parent, commit->parent))
			continue;
		if (missing++ > 0)
			buf_str(out, ", ");
		buf_slice(out, commit->id);
	}
	return missing;
}
