/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/diff.  Checked:
 *  - the files lie one behind the other in the bytes, each from a line "diff --git" on;
 *  - names are UTF-8 and not empty, revisions are hexadecimal;
 *  - no more lines are counted than there are;
 *  - the files that are given, put together, are a diff that says the same.
 */
#include "config.h"

#include "proto/diff.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/checks.h"
#include "proto/digits.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

static void
check_name(struct slice name)
{
	require(name.n > 0 && utf8_valid(name) && memchr(name.p, '\0', name.n) == NULL);
	require(text_length(name) <= DIFF_NAME_MAX);
}

static void
check_hex(struct slice blob)
{
	require(blob.p != NULL && blob.n <= DIFF_BLOB_MAX);
	for (size_t i = 0; i < blob.n; i++)
		require(hex_digit(blob.p[i]) >= 0);
}

static uint64_t
lines_of(struct slice s)
{
	uint64_t count = 1;

	for (size_t i = 0; i < s.n; i++)
		count += s.p[i] == '\n';
	return count;
}

static void
check_file(const struct diff_file *f)
{
	require(slice_has_prefix(f->bytes, SLICE("diff --git ")) && f->line >= 1);
	check_name(f->old_name);
	check_name(f->new_name);
	check_hex(f->old_blob);
	check_hex(f->new_blob);
	require(f->old_mode.n <= DIFF_MODE_MAX && f->new_mode.n <= DIFF_MODE_MAX);
	require(f->inserted + f->deleted <= lines_of(f->bytes));
	require(!f->created || f->status == DIFF_MODIFIED);
	require(f->damage == NULL || (f->damage_line > f->line && f->damage_line < f->line + lines_of(f->bytes) + 1));
	require(!diff_needs_source(f) || !slice_is(diff_source_revision(f), DIFF_PRE_CREATION));
}

static void
check_same(const struct diff_file *a, const struct diff_file *b)
{
	require(slice_eq(a->bytes, b->bytes) && slice_eq(a->old_name, b->old_name) && slice_eq(a->new_name, b->new_name));
	require(slice_eq(a->old_blob, b->old_blob) && slice_eq(a->new_blob, b->new_blob));
	require(a->status == b->status && a->created == b->created && a->binary == b->binary);
	require(a->inserted == b->inserted && a->deleted == b->deleted && a->hunks == b->hunks && a->damage == b->damage);
}

/* The files once more, and the text that they make up again. */
static void
check_again(struct arena *arena, struct slice bytes, struct slice joined, size_t count)
{
	struct diff first, second;
	struct diff_file a, b;

	diff_begin(&first, arena, bytes);
	diff_begin(&second, arena, joined);
	for (size_t i = 0; i < count; i++) {
		require(diff_next(&first, &a) == DIFF_FILE && diff_next(&second, &b) == DIFF_FILE);
		check_same(&a, &b);
	}
	require(diff_next(&second, &b) == DIFF_END && second.files == count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make((const char *)data, size);
	struct arena *arena = arena_new();
	const char *end = bytes.p;
	struct buf joined = { 0 };
	struct diff_file file;
	enum diff_result result;
	struct diff diff;

	diff_begin(&diff, arena, bytes);
	while ((result = diff_next(&diff, &file)) == DIFF_FILE) {
		require(file.bytes.p >= end && file.bytes.p + file.bytes.n <= bytes.p + bytes.n);
		require(file.bytes.p == bytes.p || file.bytes.p[-1] == '\n');
		end = file.bytes.p + file.bytes.n;
		check_file(&file);
		buf_slice(&joined, file.bytes);
	}
	require((result == DIFF_BAD) == (diff.error != NULL));
	require(result == DIFF_END || diff.error_line <= lines_of(bytes));
	require(diff_next(&diff, &file) == result);
	check_again(arena, bytes, buf_as_slice(&joined), diff.files);
	buf_fini(&joined);
	arena_free(&arena);
	return 0;
}
