/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/mail.  The input is a header block, a subject and an
 * archive template with its message id, parted by NUL.  Checked:
 *  - names and values are bytes of the block, names are tokens, values have no
 *    white space in front, no line break at the end, and each further line of
 *    a value begins with white space; written again they are read the same;
 *  - prefixes are not empty, hold no separator and no bracket, are not "patch"
 *    and no more than the subject has bytes;
 *  - a template without braces is the URL; a refused one leaves no trace.
 */
#include "config.h"

#include "proto/mail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
require_inside(struct slice part, struct slice whole)
{
	require(part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
require_header(const struct mail_header *header)
{
	struct slice name = header->name, value = header->value;

	require(name.n > 0);
	for (size_t i = 0; i < name.n; i++)
		require(name.p[i] > ' ' && name.p[i] < 0x7f && name.p[i] != ':');
	if (value.n == 0)
		return;
	require(value.p[0] != ' ' && value.p[0] != '\t');
	require(value.p[value.n - 1] != '\n' && value.p[value.n - 1] != '\r');
	for (size_t i = 0; i + 1 < value.n; i++) {
		bool line_ends = value.p[i] == '\n' || (value.p[i] == '\r' && value.p[i + 1] != '\n');

		require(!line_ends || value.p[i + 1] == ' ' || value.p[i + 1] == '\t');
	}
}

static void
fuzz_headers(struct arena *arena, struct slice block)
{
	struct mail_headers headers, again;
	struct buf out = { 0 };

	mail_headers_parse(arena, block, &headers);
	for (size_t i = 0; i < headers.count; i++) {
		struct mail_header *header = &headers.list[i];
		struct slice first;

		require_inside(header->name, block);
		require_inside(header->value, block);
		require_header(header);
		first = mail_headers_first(&headers, arena_memdup(arena, header->name.p, header->name.n));
		require(first.p != NULL && first.p <= header->value.p);
		buf_slice(&out, header->name);
		buf_str(&out, ": ");
		buf_slice(&out, header->value);
		buf_byte(&out, '\n');
	}
	mail_headers_parse(arena, buf_as_slice(&out), &again);
	require(again.count == headers.count);
	for (size_t i = 0; i < headers.count; i++) {
		require(slice_eq(again.list[i].name, headers.list[i].name));
		require(slice_eq(again.list[i].value, headers.list[i].value));
	}
	buf_fini(&out);
}

static void
fuzz_prefixes(struct arena *arena, struct slice name)
{
	struct mail_prefixes prefixes;

	mail_prefixes(arena, name, &prefixes);
	require(prefixes.count <= name.n);
	for (size_t i = 0; i < prefixes.count; i++) {
		struct slice prefix = prefixes.prefix[i];
		bool marker = memmem(prefix.p, prefix.n, " of ", 4) != NULL;

		require(prefix.n > 0 && !slice_eq_nocase(prefix, SLICE("patch")));
		require(slice_index(prefix, ',') < 0 && slice_index(prefix, ']') < 0);
		require(marker || slice_index(prefix, ' ') < 0);
	}
}

static bool
is_bracket(char c)
{
	return c == '<' || c == '>';
}

static void
fuzz_archive(struct slice format, struct slice msgid)
{
	struct slice bare = mail_msgid_bare(msgid);
	struct buf out = { 0 };
	int rc = mail_archive_url(&out, format, msgid);

	require(rc == 1 || out.len == 0);
	require((rc == 0) == (format.n == 0 || msgid.n == 0));
	if (rc == 1 && slice_index(format, '{') < 0 && slice_index(format, '}') < 0)
		require(slice_eq(buf_as_slice(&out), format));
	require(bare.n == 0 || (!is_bracket(bare.p[0]) && !is_bracket(bare.p[bare.n - 1])));
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make(size > 0 ? (const char *)data : "", size), block, name = SLICE_NONE,
	    format = SLICE_NONE;
	struct arena *arena = arena_new();

	(void)slice_cut(&rest, '\0', &block);
	fuzz_headers(arena, block);
	if (slice_cut(&rest, '\0', &name))
		fuzz_prefixes(arena, name);
	if (slice_cut(&rest, '\0', &format))
		fuzz_archive(format, rest);
	arena_free(&arena);
	return 0;
}
