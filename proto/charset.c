/* SPDX-License-Identifier: MIT
 *
 * See charset.h.
 */
#include "config.h"

#include "proto/charset.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"

enum { NAME_MAX_LENGTH = 32 };

/* Python's aliases, as its codecs normalise them. */
static const struct {
	const char *name;
	enum charset charset;
} names[] = {
	{ "utf_8", CHARSET_UTF8 }, { "utf8", CHARSET_UTF8 }, { "u8", CHARSET_UTF8 }, { "utf", CHARSET_UTF8 },
	{ "cp65001", CHARSET_UTF8 },
	{ "latin_1", CHARSET_LATIN1 }, { "latin1", CHARSET_LATIN1 }, { "latin", CHARSET_LATIN1 },
	{ "l1", CHARSET_LATIN1 }, { "iso_8859_1", CHARSET_LATIN1 }, { "iso8859_1", CHARSET_LATIN1 },
	{ "iso8859", CHARSET_LATIN1 }, { "8859", CHARSET_LATIN1 }, { "cp819", CHARSET_LATIN1 },
	{ "ibm819", CHARSET_LATIN1 }, { "csisolatin1", CHARSET_LATIN1 }, { "iso_ir_100", CHARSET_LATIN1 },
	{ "iso_8859_1_1987", CHARSET_LATIN1 },
	{ "ascii", CHARSET_ASCII }, { "us_ascii", CHARSET_ASCII }, { "us", CHARSET_ASCII }, { "646", CHARSET_ASCII },
	{ "ansi_x3.4_1968", CHARSET_ASCII }, { "ansi_x3.4_1986", CHARSET_ASCII }, { "ansi_x3_4_1968", CHARSET_ASCII },
	{ "cp367", CHARSET_ASCII }, { "csascii", CHARSET_ASCII }, { "ibm367", CHARSET_ASCII },
	{ "iso646_us", CHARSET_ASCII }, { "iso_646.irv_1991", CHARSET_ASCII }, { "iso_ir_6", CHARSET_ASCII },
};

/* Lower case, one '_' for whatever stands between letters and digits; false when it is too long for a name. */
static bool
normalise(struct slice name, char out[NAME_MAX_LENGTH])
{
	bool gap = false;
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.') {
			gap = n > 0;
			continue;
		}
		if (n + 3 > NAME_MAX_LENGTH)
			return false;
		if (gap)
			out[n++] = '_';
		gap = false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

enum charset
charset_find(struct slice name)
{
	char wanted[NAME_MAX_LENGTH];

	if (!normalise(name, wanted))
		return CHARSET_UTF8;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, wanted) == 0)
			return names[i].charset;
	return CHARSET_UTF8;
}

bool
charset_valid(enum charset charset, struct slice bytes)
{
	return charset == CHARSET_LATIN1 || (charset == CHARSET_ASCII ? text_is_ascii(bytes) : utf8_valid(bytes));
}

static void
put_utf8(struct buf *out, struct slice bytes)
{
	if (utf8_valid(bytes)) {
		buf_slice(out, bytes);
		return;
	}
	while (bytes.n > 0) {
		size_t n;

		utf8_encode(out, utf8_decode(bytes, &n));
		bytes = slice_from(bytes, n);
	}
}

void
charset_put(struct buf *out, enum charset charset, struct slice bytes)
{
	if (charset == CHARSET_UTF8) {
		put_utf8(out, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c < 0x80)
			buf_byte(out, (char)c);
		else
			utf8_encode(out, charset == CHARSET_LATIN1 ? c : 0xfffd);
	}
}

static int
fail_ascii(struct arena *arena, struct slice bytes, const char **reason_r)
{
	size_t at = 0;

	while ((unsigned char)bytes.p[at] < 0x80)
		at++;
	*reason_r = arena_printf(arena, "'ascii' codec can't decode byte 0x%02x in position %zu: ordinal not in "
	    "range(128)", (unsigned char)bytes.p[at], at);
	return -1;
}

/* Whether the invalid bytes at the front, `n` of them, only lack their end. */
static bool
cut_off(struct slice s, size_t n)
{
	unsigned char lead = (unsigned char)s.p[0];

	if (lead < 0xc2 || lead > 0xf4)
		return false;
	/* Half a surrogate: Python waits for the third byte, because some of its error handlers take it. */
	return n == s.n || (s.n == 2 && lead == 0xed && (unsigned char)s.p[1] >= 0xa0 && (unsigned char)s.p[1] <= 0xbf);
}

/* Bytes at the front that are UTF-8; where they are not all, *bad_r is the length of the invalid ones behind. */
static size_t
valid_run(struct slice s, size_t *bad_r)
{
	size_t at = 0, n;

	for (*bad_r = 0; at < s.n; at += n) {
		struct slice rest = slice_from(s, at);

		if (utf8_decode(rest, &n) == 0xfffd && !slice_has_prefix(rest, SLICE("\xef\xbf\xbd"))) {
			*bad_r = n;
			break;
		}
	}
	return at;
}

static int
decode_utf8(struct arena *arena, struct slice bytes, struct slice *text_r, const char **reason_r)
{
	size_t bad = 0, at = utf8_valid(bytes) ? bytes.n : valid_run(bytes, &bad);
	unsigned char lead = bad > 0 ? (unsigned char)bytes.p[at] : 0;

	if (bad == 0 || cut_off(slice_from(bytes, at), bad)) {
		*text_r = arena_slice(arena, slice_make(bytes.p, at));
		return 0;
	}
	if (bad == 1)
		*reason_r = arena_printf(arena, "'utf-8' codec can't decode byte 0x%02x in position %zu: invalid %s byte",
		    lead, at, lead < 0xc2 || lead > 0xf4 ? "start" : "continuation");
	else
		*reason_r = arena_printf(arena, "'utf-8' codec can't decode bytes in position %zu-%zu: invalid "
		    "continuation byte", at, at + bad - 1);
	return -1;
}

int
charset_decode(struct arena *arena, enum charset charset, struct slice bytes, struct slice *text_r,
    const char **reason_r)
{
	struct buf text = { 0 };

	if (charset == CHARSET_UTF8)
		return decode_utf8(arena, bytes, text_r, reason_r);
	if (!charset_valid(charset, bytes))
		return fail_ascii(arena, bytes, reason_r);
	charset_put(&text, charset, bytes);
	*text_r = arena_slice(arena, buf_as_slice(&text));
	buf_fini(&text);
	return 0;
}
