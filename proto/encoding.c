/* SPDX-License-Identifier: MIT
 *
 * See encoding.h.  Accept-Encoding is read to the letter of RFC 9110: one
 * element that cannot be read spoils the whole, for identity is never wrong.
 * Nothing is kept between calls: with the allocator as workers set it up, a new
 * deflate state of 256 KB costs nothing that can be measured.  Job threads
 * compress, any thread may.
 */
#include "config.h"

#include "proto/encoding.h"

#include <limits.h>

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

/*
 * Levels, measured with pages of the API of 1, 6, 45 and 373 KB: an answer is
 * compressed once and sent many times.  gzip 9 makes up to 4 % less than 6 in
 * up to 2.3 times the time, zstd 9 up to 2 % less than 6 in a quarter to two thirds more;
 * gzip 4 and zstd 3 are quicker, but make 5 to 10 % more of all but the smallest.
 * zstd 6 needs 3.7 MB for the largest, zstd 9 nearly twice that.
 */
enum {
	GZIP_LEVEL = 6,
	ZSTD_LEVEL = 6,
	GZIP_HEADER = 16,	/* added to the window's bits, asks zlib for gzip's header and trailer */
	DEFLATE_MEMORY = 8,	/* zlib's default; 9 is slower and makes no less */
	OUTPUT_STEP = 4096,
	UNNAMED = -1,
	WEIGHT_MAX = 1000	/* q=1 */
};

/* Weights in thousandths, or UNNAMED. */
struct accepted {
	int coding[ENCODINGS];
	int any;
};

const char *
encoding_name(enum encoding encoding)
{
	static const char *const names[ENCODINGS] = {
		[ENCODING_IDENTITY] = "identity", [ENCODING_GZIP] = "gzip", [ENCODING_ZSTD] = "zstd",
	};

	return names[encoding];
}

/* token (RFC 9110, 5.6.2) */
static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

/* qvalue (RFC 9110, 12.4.2) in thousandths, or -1. */
static int
parse_weight(struct slice s)
{
	int weight, scale = WEIGHT_MAX / 10;

	if (s.n == 0 || s.n > strlen("0.000") || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return -1;
	weight = (s.p[0] - '0') * WEIGHT_MAX;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		weight += (s.p[i] - '0') * scale;
	}
	return weight <= WEIGHT_MAX ? weight : -1;
}

/* Where the weight of that coding is kept; NULL for one that we do not have. */
static int *
find_coding(struct accepted *accepted, struct slice name)
{
	if (slice_is(name, "*"))
		return &accepted->any;
	/* RFC 9110, 8.4.1.3 */
	if (slice_eq_nocase(name, SLICE("x-gzip")))
		return &accepted->coding[ENCODING_GZIP];
	for (int e = 0; e < ENCODINGS; e++)
		if (slice_eq_nocase(name, slice_str(encoding_name((enum encoding)e))))
			return &accepted->coding[e];
	return NULL;
}

/* One element, not empty, without white space around it.  -1 when it is none. */
static int
parse_element(struct accepted *accepted, struct slice element)
{
	struct slice weight_text = element, name;
	int weight = WEIGHT_MAX;
	int *kept;

	(void)slice_cut(&weight_text, ';', &name);
	name = slice_trim(name, " \t");
	if (!is_token(name))
		return -1;
	if (weight_text.p != NULL) {
		weight_text = slice_trim(weight_text, " \t");
		if (weight_text.n < 2 || (weight_text.p[0] | 0x20) != 'q' || weight_text.p[1] != '=')
			return -1;
		weight = parse_weight(slice_from(weight_text, 2));
		if (weight == -1)
			return -1;
	}
	kept = find_coding(accepted, name);
	/* Of a name that comes twice the smaller: what is refused once is not sent. */
	if (kept != NULL && (*kept == UNNAMED || weight < *kept))
		*kept = weight;
	return 0;
}

static int
parse_accept(struct accepted *accepted, struct slice value)
{
	struct slice element;

	while (slice_cut(&value, ',', &element)) {
		element = slice_trim(element, " \t");
		if (element.n > 0 && parse_element(accepted, element) == -1)
			return -1;
	}
	return 0;
}

enum encoding
encoding_choose(struct slice accept_encoding)
{
	struct accepted accepted = { .coding = { UNNAMED, UNNAMED, UNNAMED }, .any = UNNAMED };
	enum encoding best = ENCODING_IDENTITY;
	int best_weight = 0;

	if (accept_encoding.p == NULL || parse_accept(&accepted, accept_encoding) == -1)
		return ENCODING_IDENTITY;
	/* From the least to the most liked; identity that is not named is allowed, but after all that are. */
	for (int e = 0; e < ENCODINGS; e++) {
		int weight = accepted.coding[e] != UNNAMED ? accepted.coding[e] : accepted.any;

		if (weight > 0 && weight >= best_weight) {
			best = (enum encoding)e;
			best_weight = weight;
		}
	}
	return best;
}

/* zlib's own header names no file and has the time 0. */
static int
put_gzip(struct buf *out, struct slice in)
{
	z_stream stream = { .next_in = (const Bytef *)in.p };
	size_t left = in.n;
	int status;

	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + GZIP_HEADER, DEFLATE_MEMORY,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	do {
		if (stream.avail_in == 0) {
			stream.avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
			left -= stream.avail_in;
		}
		stream.next_out = (Bytef *)buf_reserve(out, OUTPUT_STEP);
		stream.avail_out = OUTPUT_STEP;
		status = deflate(&stream, left > 0 ? Z_NO_FLUSH : Z_FINISH);
		out->len += OUTPUT_STEP - stream.avail_out;
	} while (status == Z_OK);
	(void)deflateEnd(&stream);
	return status == Z_STREAM_END ? 0 : -1;
}

/*
 * The frame says the length, and has no checksum: zstd's decoders do without.
 * The window of this level is 2 MB at most, of 8 MB that every browser takes
 * (RFC 9659).
 */
static int
put_zstd(struct buf *out, struct slice in)
{
	size_t room = ZSTD_compressBound(in.n), n;

	if (ZSTD_isError(room))
		return -1;
	n = ZSTD_compress(buf_reserve(out, room), room, in.p, in.n, ZSTD_LEVEL);
	if (ZSTD_isError(n))
		return -1;
	out->len += n;
	return 0;
}

int
encoding_put(struct buf *out, enum encoding encoding, struct slice in)
{
	size_t before = out->len;
	int status = 0;

	if (in.n == 0)
		in = SLICE("");
	if (encoding == ENCODING_GZIP)
		status = put_gzip(out, in);
	else if (encoding == ENCODING_ZSTD)
		status = put_zstd(out, in);
	else
		buf_slice(out, in);
	if (status == -1)
		out->len = before;
	return status;
}
