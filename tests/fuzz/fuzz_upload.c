/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/upload.  The first byte chooses the type (the boundary
 * is BB, or the first line).  Checked:
 *  - texts and names are UTF-8, files lie in the bytes, one behind the other;
 *  - what was read, written as a form again, is read as the same.
 */
#include "config.h"

#include "proto/upload.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

#define BOUNDARY "A boundary that no input has: 2718281828"

static void
check(const struct upload *u, struct slice bytes)
{
	const char *end = bytes.p;

	require(u->fields + u->files <= UPLOAD_PARTS_MAX);
	for (size_t i = 0; i < u->fields; i++)
		require(utf8_valid(u->field[i].name) && utf8_valid(u->field[i].value));
	for (size_t i = 0; i < u->files; i++) {
		const struct upload_file *f = &u->file[i];

		require(utf8_valid(f->name) && utf8_valid(f->filename) && f->filename.n > 0);
		require(f->bytes.p >= end && f->bytes.p + f->bytes.n <= bytes.p + bytes.n);
		end = f->bytes.p + f->bytes.n;
	}
}

static void
put_quoted(struct buf *out, const char *key, struct slice s)
{
	buf_printf(out, "; %s=\"", key);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_byte(out, '\\');
		buf_byte(out, s.p[i]);
	}
	buf_byte(out, '"');
}

/* Whether quoting is undone to the very name: a name of odd bytes may not be, as Django reads quotes. */
static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("\"\\;/", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

static void
put_part(struct buf *out, struct slice name, struct slice filename, struct slice bytes)
{
	buf_str(out, "--" BOUNDARY "\r\nContent-Disposition: form-data");
	put_quoted(out, "name", name);
	if (filename.p != NULL)
		put_quoted(out, "filename", filename);
	buf_str(out, "\r\n\r\n");
	buf_slice(out, bytes);
	buf_str(out, "\r\n");
}

static void
check_again(struct arena *arena, const struct upload *u)
{
	struct upload again;
	struct buf out = { 0 };
	const char *error;
	size_t fields = 0, files = 0;

	for (size_t i = 0; i < u->fields; i++)
		if (is_plain(u->field[i].name))
			put_part(&out, u->field[i].name, SLICE_NONE, u->field[i].value);
	for (size_t i = 0; i < u->files; i++)
		if (is_plain(u->file[i].name) && is_plain(u->file[i].filename))
			put_part(&out, u->file[i].name, u->file[i].filename, u->file[i].bytes);
	buf_str(&out, "--" BOUNDARY "--");
	if (memmem(out.data, out.len, "\r\n\r\n", 4) != NULL)
		require(upload_parse(arena, SLICE("multipart/form-data; boundary=\"" BOUNDARY "\""), buf_as_slice(&out), &again,
		    &error) == 0);
	else
		again = (struct upload){ 0 };
	for (size_t i = 0; i < u->fields; i++)
		if (is_plain(u->field[i].name))
			require(fields < again.fields && slice_eq(again.field[fields].name, u->field[i].name) &&
			    slice_eq(again.field[fields++].value, u->field[i].value));
	for (size_t i = 0; i < u->files; i++)
		if (is_plain(u->file[i].name) && is_plain(u->file[i].filename))
			require(files < again.files && slice_eq(again.file[files].filename, u->file[i].filename) &&
			    slice_eq(again.file[files++].bytes, u->file[i].bytes));
	require(fields == again.fields && files == again.files);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes, type = SLICE("multipart/form-data; boundary=BB");
	struct arena *arena;
	struct upload upload;
	const char *error;

	if (size == 0)
		return 0;
	bytes = slice_make((const char *)data + 1, size - 1);
	if (data[0] % 4 == 1)
		type = SLICE("application/x-www-form-urlencoded");
	else if (data[0] % 4 == 2)
		(void)slice_cut(&bytes, '\n', &type);
	if (bytes.p == NULL || memmem(bytes.p, bytes.n, BOUNDARY, sizeof(BOUNDARY) - 1) != NULL)
		return 0;
	arena = arena_new();
	if (upload_parse(arena, type, bytes, &upload, &error) < 0) {
		require(error != NULL && upload.fields == 0 && upload.files == 0);
	} else if (data[0] % 4 != 1) {
		check(&upload, bytes);
		check_again(arena, &upload);
	}
	arena_free(&arena);
	return 0;
}
