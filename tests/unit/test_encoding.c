/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/encoding: what Accept-Encoding chooses, and what the codings
 * make, read back by zlib and zstd.
 */
#include "config.h"

#include "proto/encoding.h"

#include <stdio.h>

#include <criterion/criterion.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

enum { HEADER_MAX = 16 * 1024 };

static void
check(const char *value, enum encoding expected)
{
	enum encoding got = encoding_choose(slice_str(value));

	cr_expect_eq(got, expected, "Accept-Encoding: %s: %s", value ? value : "(absent)", encoding_name(got));
}

Test(encoding, names)
{
	cr_assert_str_eq(encoding_name(ENCODING_IDENTITY), "identity");
	cr_assert_str_eq(encoding_name(ENCODING_GZIP), "gzip");
	cr_assert_str_eq(encoding_name(ENCODING_ZSTD), "zstd");
}

Test(encoding, chooses_the_only_one_or_the_better_of_equals)
{
	check(NULL, ENCODING_IDENTITY);
	check("", ENCODING_IDENTITY);
	check("identity", ENCODING_IDENTITY);
	check("gzip", ENCODING_GZIP);
	check("zstd", ENCODING_ZSTD);
	check("gzip, zstd", ENCODING_ZSTD);
	check("zstd, gzip", ENCODING_ZSTD);
	check("gzip, identity", ENCODING_GZIP);
	check("identity, gzip", ENCODING_GZIP);
	check("identity;q=0.5, zstd;q=0.5, gzip;q=0.5", ENCODING_ZSTD);
	/* What browsers, curl and RBTools send. */
	check("gzip, deflate, br, zstd", ENCODING_ZSTD);
	check("gzip, deflate", ENCODING_GZIP);
	check("deflate, br", ENCODING_IDENTITY);
	check("br;q=1.0, gzip;q=0.8, *;q=0.1", ENCODING_GZIP);
}

Test(encoding, names_in_any_case_and_x_gzip)
{
	check("GZIP", ENCODING_GZIP);
	check("Zstd", ENCODING_ZSTD);
	check("x-gzip", ENCODING_GZIP);
	check("X-GZip;Q=0.5", ENCODING_GZIP);
	check("gzip, IDENTITY;q=0", ENCODING_GZIP);
	check("x-zstd", ENCODING_IDENTITY);
	check("gzi", ENCODING_IDENTITY);
	check("gzipp", ENCODING_IDENTITY);
	check("xgzip", ENCODING_IDENTITY);
}

Test(encoding, the_larger_weight_wins)
{
	check("gzip;q=0.8, zstd;q=0.5", ENCODING_GZIP);
	check("gzip;q=0.501, zstd;q=0.5", ENCODING_GZIP);
	check("gzip;q=0.5, zstd;q=0.501", ENCODING_ZSTD);
	check("gzip;q=0.10, zstd;q=0.09", ENCODING_GZIP);
	check("zstd;q=0.999, gzip", ENCODING_GZIP);
	check("zstd;q=0.999, gzip;q=1.000", ENCODING_GZIP);
	check("identity, gzip;q=0.9", ENCODING_IDENTITY);
	check("identity;q=0.5, gzip;q=0.4, zstd;q=0.3", ENCODING_IDENTITY);
	/* Identity that is not named is allowed, but whoever names another wants that. */
	check("gzip;q=0.001", ENCODING_GZIP);
	check("identity;q=0.001", ENCODING_IDENTITY);
}

Test(encoding, weight_zero_refuses)
{
	static const char *const zeros[] = { "0", "0.", "0.0", "0.00", "0.000" };

	for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++) {
		char value[64];

		snprintf(value, sizeof(value), "gzip;q=%s", zeros[i]);
		check(value, ENCODING_IDENTITY);
		snprintf(value, sizeof(value), "gzip, zstd;q=%s", zeros[i]);
		check(value, ENCODING_GZIP);
		snprintf(value, sizeof(value), "*, zstd;q=%s", zeros[i]);
		check(value, ENCODING_GZIP);
		snprintf(value, sizeof(value), "identity;q=%s, gzip;q=0.001", zeros[i]);
		check(value, ENCODING_GZIP);
	}
	check("x-gzip;q=0, gzip;q=0, zstd;q=0", ENCODING_IDENTITY);
	/* A comma is no decimal point: the coding "5" comes after it. */
	check("zstd;q=0,5, gzip;q=0.1", ENCODING_GZIP);
}

Test(encoding, star_is_what_is_not_named)
{
	check("*", ENCODING_ZSTD);
	check("*;q=0.001", ENCODING_ZSTD);
	check("*;q=0", ENCODING_IDENTITY);
	check("*;q=0, gzip", ENCODING_GZIP);
	check("gzip, *;q=0", ENCODING_GZIP);
	check("*;q=0.5, zstd;q=0.4", ENCODING_GZIP);
	check("*;q=0.5, zstd;q=0.4, gzip;q=0.4", ENCODING_IDENTITY);
	check("zstd;q=0, gzip;q=0, *", ENCODING_IDENTITY);
	check("gzip;q=0.5, *;q=0.5", ENCODING_ZSTD);
	check("identity, *;q=0.5", ENCODING_IDENTITY);
	check("br, *;q=0.1", ENCODING_ZSTD);
}

/* An answer in a coding that was not asked for helps more than a 406. */
Test(encoding, identity_when_nothing_is_left)
{
	check("identity;q=0", ENCODING_IDENTITY);
	check("identity;q=0, *;q=0", ENCODING_IDENTITY);
	check("br, identity;q=0", ENCODING_IDENTITY);
	check("gzip;q=0, zstd;q=0, identity;q=0", ENCODING_IDENTITY);
	/* but not where another is allowed */
	check("identity;q=0, *", ENCODING_ZSTD);
	check("identity;q=0, *;q=0.5, zstd;q=0", ENCODING_GZIP);
}

Test(encoding, white_space_and_empty_elements)
{
	check("  gzip\t", ENCODING_GZIP);
	check("gzip ; q=0.5 ,\tzstd\t;\tq=0.4", ENCODING_GZIP);
	check(",gzip", ENCODING_GZIP);
	check("gzip,", ENCODING_GZIP);
	check(" , \t,,gzip,, ,", ENCODING_GZIP);
	check(",", ENCODING_IDENTITY);
	check(" \t ", ENCODING_IDENTITY);
}

/* Of a name that comes twice the smaller weight, wherever it stands. */
Test(encoding, repeated_names)
{
	check("gzip, gzip", ENCODING_GZIP);
	check("gzip;q=0, gzip", ENCODING_IDENTITY);
	check("gzip, gzip;q=0", ENCODING_IDENTITY);
	check("gzip, x-gzip;q=0", ENCODING_IDENTITY);
	check("zstd, zstd;q=0.1, gzip;q=0.2", ENCODING_GZIP);
	check("zstd;q=0.1, zstd, gzip;q=0.2", ENCODING_GZIP);
	check("*, *;q=0", ENCODING_IDENTITY);
	check("identity, identity;q=0.1, gzip;q=0.2", ENCODING_GZIP);
}

/* One element that cannot be read spoils all. */
Test(encoding, garbage_is_identity)
{
	static const char *const garbage[] = {
		"gzip zstd", "gz ip", "gzip;", "gzip;;q=1", "gzip;q", "gzip;q=", "gzip;q =1", "gzip;q= 1", "gzip;q=1 2",
		"gzip;q=2", "gzip;q=1.1", "gzip;q=1.001", "gzip;q=0.0000", "gzip;q=1.0000", "gzip;q=.5", "gzip;q=-0", "gzip;q=+1",
		"gzip;q=00", "gzip;q=01", "gzip;q=10", "gzip;q=0.5.", "gzip;q=0.a", "gzip;q=1e0", "gzip;q=\"1\"",
		"gzip;q=0.5;q=1", "gzip;q=1;x=y", "gzip;x=y", "gzip;qq=1", "gzip;w=1", ";q=1", ";", "=", "\"gzip\"", "gzip/1",
		"(gzip)", "gz\x01ip", "gz\x7fip", "gz\xc3\xbcip", "gzip:", "gzip\r", "gzip@", "gzip;q=0.\xb2",
	};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		char value[128];

		check(garbage[i], ENCODING_IDENTITY);
		snprintf(value, sizeof(value), "zstd, %s", garbage[i]);
		check(value, ENCODING_IDENTITY);
		snprintf(value, sizeof(value), "%s, zstd", garbage[i]);
		check(value, ENCODING_IDENTITY);
	}
	cr_assert_eq(encoding_choose(SLICE("gzip\0")), ENCODING_IDENTITY);
	cr_assert_eq(encoding_choose(SLICE("gzip, \0")), ENCODING_IDENTITY);
	cr_assert_eq(encoding_choose(SLICE("gzip;q=0.5\0")), ENCODING_IDENTITY);
}

/* Each character that a token may have, and no other. */
Test(encoding, tokens)
{
	static const char specials[] = "!#$%&'*+-.^_`|~";

	for (int c = 0; c < 256; c++) {
		char value[] = "gzip, a?b";
		bool fine = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c != 0 && strchr(specials, c) != NULL) || c == ',';

		value[7] = (char)c;
		cr_expect_eq(encoding_choose(slice_make(value, sizeof(value) - 1)),
		    fine ? ENCODING_GZIP : ENCODING_IDENTITY, "byte %d", c);
	}
}

static void
fill(struct buf *b, const char *piece, size_t n)
{
	while (b->len + strlen(piece) <= n)
		buf_str(b, piece);
}

Test(encoding, long_headers)
{
	static const char *const pieces[] = { ",", " ", "br;q=0.5,", "identity;q=0.5 , ", "*;q=0,", "a" };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf value = { 0 };

		fill(&value, pieces[i], HEADER_MAX);
		buf_str(&value, ",gzip");
		cr_expect_eq(encoding_choose(buf_as_slice(&value)), ENCODING_GZIP, "16 KiB of %s", pieces[i]);
		buf_str(&value, ",@");
		cr_expect_eq(encoding_choose(buf_as_slice(&value)), ENCODING_IDENTITY, "16 KiB of %s", pieces[i]);
		buf_fini(&value);
	}
}

/* What is decoded, as `expected`; the coded form ends with its last byte. */
static void
check_gzip(struct slice coded, struct slice expected)
{
	z_stream stream = { .next_in = (const Bytef *)coded.p, .avail_in = (uInt)coded.n };
	char *decoded = malloc(expected.n + 1);

	stream.next_out = (Bytef *)decoded;
	stream.avail_out = (uInt)expected.n + 1;
	cr_assert_eq(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
	cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	cr_assert_eq(stream.avail_in, 0);
	cr_assert(slice_eq(slice_make(decoded, stream.total_out), expected));
	inflateEnd(&stream);
	free(decoded);
}

/*
 * RFC 9659: no window above 8 MB.  The decoder looks at that only when its input
 * comes in pieces.
 */
static void
check_zstd(struct slice coded, struct slice expected)
{
	char *decoded = malloc(expected.n + 1);
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { coded.p, 0, 0 };
	ZSTD_outBuffer out = { decoded, expected.n + 1, 0 };
	size_t left;

	cr_assert_eq(ZSTD_getFrameContentSize(coded.p, coded.n), expected.n);
	cr_assert(!ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)));
	do {
		in.size = coded.n - in.pos < 1000 ? coded.n : in.pos + 1000;
		left = ZSTD_decompressStream(context, &out, &in);
		cr_assert(!ZSTD_isError(left), "%s", ZSTD_getErrorName(left));
	} while (left > 0 && in.pos < coded.n);
	cr_assert_eq(left, 0);
	cr_assert_eq(in.pos, coded.n);
	cr_assert(slice_eq(slice_make(decoded, out.pos), expected));
	ZSTD_freeDCtx(context);
	free(decoded);
}

static void
check_round_trip(struct slice in)
{
	for (int e = 0; e < ENCODINGS; e++) {
		struct buf out = { 0 }, again = { 0 };
		struct slice coded;

		buf_str(&out, "before");
		cr_assert_eq(encoding_put(&out, (enum encoding)e, in), 0);
		cr_assert(slice_has_prefix(buf_as_slice(&out), SLICE("before")));
		coded = slice_from(buf_as_slice(&out), strlen("before"));
		cr_assert_eq(encoding_put(&again, (enum encoding)e, in), 0);
		cr_assert(slice_eq(coded, buf_as_slice(&again)), "other bytes the second time");
		if (e == ENCODING_GZIP)
			check_gzip(coded, in);
		else if (e == ENCODING_ZSTD)
			check_zstd(coded, in);
		else
			cr_assert(slice_eq(coded, in));
		buf_fini(&out);
		buf_fini(&again);
	}
}

Test(encoding, round_trip_of_nothing)
{
	struct buf out = { 0 };

	check_round_trip(SLICE(""));
	check_round_trip(SLICE_NONE);
	/* Even of nothing the coded form is something. */
	cr_assert_eq(encoding_put(&out, ENCODING_GZIP, SLICE_NONE), 0);
	cr_assert_eq(out.len, 20);
	buf_fini(&out);
}

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Around the sizes of steps, windows and blocks; what shrinks and what cannot. */
Test(encoding, round_trip_of_sizes)
{
	static const size_t sizes[] = { 1, 2, 100, 4095, 4096, 4097, 32767, 32768, 65536, 131072, 400000 };
	uint32_t state = 2463534242;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf noise = { 0 }, text = { 0 };

		while (noise.len < sizes[i])
			buf_byte(&noise, (char)next_random(&state));
		check_round_trip(buf_as_slice(&noise));
		while (text.len < sizes[i])
			buf_printf(&text, "{\"id\":%u,\"name\":\"a patch\",\"state\":\"new\"},",
			    (unsigned)next_random(&state) % 100000);
		check_round_trip(buf_as_slice(&text));
		buf_fini(&noise);
		buf_fini(&text);
	}
}

/* Larger than any window. */
Test(encoding, round_trip_of_a_large_one)
{
	struct buf in = { 0 };

	for (unsigned i = 0; in.len < 20 * 1000 * 1000; i++)
		buf_printf(&in, "{\"id\":%u,\"url\":\"http://patchwork.example.org/api/patches/%u/\"},", i, i);
	check_round_trip(buf_as_slice(&in));
	buf_fini(&in);
}

Test(encoding, makes_text_smaller)
{
	struct buf in = { 0 };

	fill(&in, "{\"name\":\"a patch\",\"state\":\"new\"},", 50000);
	for (int e = ENCODING_GZIP; e < ENCODINGS; e++) {
		struct buf out = { 0 };

		cr_assert_eq(encoding_put(&out, (enum encoding)e, buf_as_slice(&in)), 0);
		cr_assert_lt(out.len, in.len / 20);
		buf_fini(&out);
	}
	buf_fini(&in);
}

/* RFC 1952, 2.3: magic, deflate, no flags (no name, comment, extra field), no time. */
Test(encoding, gzip_header_has_no_name_and_no_time)
{
	struct buf out = { 0 };

	cr_assert_eq(encoding_put(&out, ENCODING_GZIP, SLICE("example")), 0);
	cr_assert_gt(out.len, 18);
	cr_assert_arr_eq(out.data, "\x1f\x8b\x08\0\0\0\0\0", 8);
	buf_fini(&out);
}

Test(encoding, zstd_frame_starts_with_its_magic)
{
	struct buf out = { 0 };

	cr_assert_eq(encoding_put(&out, ENCODING_ZSTD, SLICE("example")), 0);
	cr_assert_gt(out.len, 4);
	cr_assert_arr_eq(out.data, "\x28\xb5\x2f\xfd", 4);
	buf_fini(&out);
}
