/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/encoding.  The input is an Accept-Encoding header and a
 * body, parted by NUL.  Checked:
 *  - the case of letters, the order of elements, and empty elements make no
 *    difference;
 *  - what is chosen was named, or there is a "*"; refused besides it is not
 *    chosen; with something else that cannot be read it is identity;
 *  - each coding gives the same bytes twice, behind what was there, and the
 *    library's decoder gives the body back.
 */
#include "config.h"

#include "proto/encoding.h"

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "tests/fuzz/fuzz.h"

static bool
contains(struct slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (slice_eq_nocase(slice_make(s.p + i, n), slice_make(word, n)))
			return true;
	return false;
}

static enum encoding
choose_with(struct slice accept, const char *more)
{
	struct buf other = { 0 };
	enum encoding got;

	buf_slice(&other, accept);
	buf_str(&other, more);
	got = encoding_choose(buf_as_slice(&other));
	buf_fini(&other);
	return got;
}

/* The elements in reverse, in the other case, with empty ones between. */
static enum encoding
choose_reversed(struct slice accept)
{
	struct buf other = { 0 };
	enum encoding got;

	buf_byte(&other, ',');
	for (size_t end = accept.n; accept.p != NULL;) {
		size_t start = end;

		while (start > 0 && accept.p[start - 1] != ',')
			start--;
		for (size_t i = start; i < end; i++) {
			char c = accept.p[i];

			buf_byte(&other, (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? (char)(c ^ 0x20) : c);
		}
		buf_str(&other, ",\t, ");
		if (start == 0)
			break;
		end = start - 1;
	}
	got = encoding_choose(buf_as_slice(&other));
	buf_fini(&other);
	return got;
}

static void
check_choice(struct slice accept)
{
	enum encoding got = encoding_choose(accept);

	require(got < ENCODINGS);
	require(choose_reversed(accept) == got);
	require(choose_with(accept, ",br;q=0.5,deflate") == got);
	require(choose_with(accept, ",gzip;q=0") != ENCODING_GZIP);
	require(choose_with(accept, ",zstd;q=0") != ENCODING_ZSTD);
	require(choose_with(accept, ",gzip;q=1;") == ENCODING_IDENTITY);
	if (got == ENCODING_IDENTITY)
		return;
	require(contains(accept, encoding_name(got)) || contains(accept, "*"));
	require(choose_with(accept, ",identity;q=0") == got);
	require(choose_with(accept, got == ENCODING_GZIP ? ",zstd;q=0" : ",gzip;q=0") == got);
}

static void
require_gzip(struct slice coded, struct slice body)
{
	z_stream stream = { .next_in = (const Bytef *)coded.p, .avail_in = (uInt)coded.n };
	char *decoded = malloc(body.n + 1);

	stream.next_out = (Bytef *)decoded;
	stream.avail_out = (uInt)body.n + 1;
	require(decoded != NULL && coded.n >= 18 && memcmp(coded.p, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
	require(inflateInit2(&stream, MAX_WBITS + 16) == Z_OK && inflate(&stream, Z_FINISH) == Z_STREAM_END);
	require(stream.avail_in == 0 && slice_eq(slice_make(decoded, stream.total_out), body));
	(void)inflateEnd(&stream);
	free(decoded);
}

static void
require_zstd(struct slice coded, struct slice body)
{
	char *decoded = malloc(body.n + 1);
	size_t n;

	require(decoded != NULL && ZSTD_findFrameCompressedSize(coded.p, coded.n) == coded.n);
	n = ZSTD_decompress(decoded, body.n + 1, coded.p, coded.n);
	require(!ZSTD_isError(n) && slice_eq(slice_make(decoded, n), body));
	free(decoded);
}

static void
check_round_trip(enum encoding encoding, struct slice body)
{
	struct buf first = { 0 }, second = { 0 };
	struct slice coded;

	buf_str(&second, "before");
	require(encoding_put(&first, encoding, body) == 0 && encoding_put(&second, encoding, body) == 0);
	coded = buf_as_slice(&first);
	require(slice_has_prefix(buf_as_slice(&second), SLICE("before")));
	require(slice_eq(slice_from(buf_as_slice(&second), strlen("before")), coded));
	if (encoding == ENCODING_GZIP)
		require_gzip(coded, body);
	else if (encoding == ENCODING_ZSTD)
		require_zstd(coded, body);
	else
		require(slice_eq(coded, body));
	buf_fini(&first);
	buf_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_make(size > 0 ? (const char *)data : "", size), accept = SLICE_NONE;

	(void)slice_cut(&body, '\0', &accept);
	check_choice(accept);
	/* A header with NULs, too. */
	check_choice(slice_make(size > 0 ? (const char *)data : "", size));
	for (int e = 0; e < ENCODINGS; e++)
		check_round_trip((enum encoding)e, body);
	return 0;
}
