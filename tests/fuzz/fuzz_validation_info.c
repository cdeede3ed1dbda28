/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/validation_info and proto/lineage.  The input is the
 * text, or, behind a '!', the JSON in it.  Checked:
 *  - a text that is refused is refused with a reason, and leaves nothing;
 *  - what is read is written as something that says the same;
 *  - chains end, and what a commit left is known to the next one;
 *  - a verdict does not depend on how commits are ordered in the info.
 */
#include "config.h"

#include "proto/validation_info.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/diff.h"
#include "proto/lineage.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static struct slice
base64(struct arena *arena, struct slice text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *start = arena_alloc(arena, text.n / 3 * 4 + 5), *at = start;

	for (size_t i = 0; i < text.n; i += 3) {
		unsigned bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < text.n ? (unsigned char)text.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			*at++ = i + k > text.n ? '=' : digits[bits >> (18 - 6 * k) & 63];
	}
	return slice_make(start, (size_t)(at - start));
}

static void
check_same(const struct validation_info *a, const struct validation_info *b)
{
	require(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct validation_commit *x = &a->commit[i], *y = &b->commit[i];

		require(slice_eq(x->id, y->id) && slice_eq(x->parent, y->parent));
		for (int l = 0; l < VALIDATION_LISTS; l++) {
			require(x->list[l].count == y->list[l].count);
			for (size_t k = 0; k < x->list[l].count; k++) {
				require(slice_eq(x->list[l].file[k].name, y->list[l].file[k].name));
				require(slice_eq(x->list[l].file[k].revision, y->list[l].file[k].revision));
			}
		}
	}
}

static struct lineage *
lineage_of(struct arena *arena, const struct validation_info *info, struct slice parent)
{
	struct lineage *lineage = lineage_new(arena);

	require(validation_info_follow(info, parent, lineage) <= info->count);
	lineage_seal(lineage);
	return lineage;
}

/* What the youngest commit says of a file is known, or at least not denied. */
static void
check_commit(struct arena *arena, const struct validation_info *info, const struct validation_commit *commit)
{
	struct lineage *lineage = lineage_of(arena, info, commit->id);

	for (int l = 0; l < VALIDATION_REMOVED; l++) {
		for (size_t i = 0; i < commit->list[l].count; i++) {
			const struct validation_file *file = &commit->list[l].file[i];
			enum lineage_verdict verdict = lineage_ask(lineage, file->name, file->revision);

			if (file->revision.n >= 4)
				require(verdict == LINEAGE_KNOWN);
			else
				require(verdict != LINEAGE_NOTHING);
		}
	}
	for (size_t i = 0; i < commit->list[VALIDATION_REMOVED].count; i++)
		require(lineage_ask(lineage, commit->list[VALIDATION_REMOVED].file[i].name, SLICE("1234")) != LINEAGE_NOTHING);
}

static void
check_info(struct arena *arena, const struct validation_info *info)
{
	struct validation_info again;
	struct buf text = { 0 };
	const char *why;

	validation_info_encode(info, &text);
	if (text.len <= VALIDATION_INFO_MAX) {
		require(validation_info_decode(&again, arena, buf_as_slice(&text), &why) == 0);
		check_same(info, &again);
		buf_reset(&text);
		require(validation_info_put_missing(info, &again, &text) == 0 && text.len == 0);
		/* the same file of a commit that is set */
		validation_info_set(&again, SLICE("new"), SLICE(""), NULL, 0);
		require(validation_info_find(&again, SLICE("new"))->list[0].count == 0);
		require(again.count == info->count + (validation_info_find(info, SLICE("new")) == NULL));
	}
	for (size_t i = 0; i < info->count && i < 16; i++) {
		require(validation_info_find(info, info->commit[i].id) == &info->commit[i]);
		check_commit(arena, info, &info->commit[i]);
	}
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct arena *arena = arena_new();
	struct validation_info info;
	const char *why = NULL;

	if (text.n > 0 && text.p[0] == '!')
		text = base64(arena, slice_from(text, 1));
	if (validation_info_decode(&info, arena, text, &why) < 0) {
		require(why != NULL && info.count == 0);
		require(validation_info_complaint(arena, text, why) != NULL);
	} else {
		check_info(arena, &info);
	}
	arena_free(&arena);
	return 0;
}
