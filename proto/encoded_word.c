/* SPDX-License-Identifier: MIT
 *
 * See encoded_word.h.  A text is cut into parts, each plain or encoded; the
 * bytes of a plain part are what Python's "raw-unicode-escape" makes of it,
 * since that is what a part without a valid charset is decoded from.
 */
#include "config.h"

#include "proto/encoded_word.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/digits.h"
#include "proto/text.h"

enum {
	CHARSET_MAX = 40,	/* bytes of a charset's name, more than any real one has */
	DECODED_MAX = 4096,	/* bytes of a text that is looked through for encoded words; names have 255 characters */
};

struct part {
	struct slice text;		/* verbatim */
	struct slice charset;		/* lower case, without language; absent: plain */
	char encoding;			/* 'q' or 'b' */
	struct slice bytes;
};

struct parts {
	struct part *list;
	size_t count;
};

/*
 * Finds the next =?charset?encoding?text?=; returns its start, or -1.  Each
 * byte is looked at once or twice only: where a '?' or "?=" is missing behind
 * one start, it is missing behind every later one.
 */
static ptrdiff_t
find_word(struct slice s, struct part *word, size_t *length_r)
{
	for (size_t at = 0; at + 1 < s.n; at++) {
		struct slice rest = slice_from(s, at + 2), charset;
		const char *end;

		if (s.p[at] != '=' || s.p[at + 1] != '?')
			continue;
		if (!slice_cut(&rest, '?', &charset) || rest.p == NULL)
			return -1;
		if (rest.n < 2 || rest.p[1] != '?' || rest.p[0] == '\0' || strchr("qQbB", rest.p[0]) == NULL)
			continue;
		word->charset = charset;
		word->encoding = (char)tolower((unsigned char)rest.p[0]);
		rest = slice_from(rest, 2);
		end = memmem(rest.p, rest.n, "?=", 2);
		if (end == NULL)
			return -1;
		word->text = slice_make(rest.p, (size_t)(end - rest.p));
		*length_r = (size_t)(end + 2 - (s.p + at));
		return (ptrdiff_t)at;
	}
	return -1;
}

/* Lower case, without the language of RFC 2231 ("utf-8*en"). */
static struct slice
charset_name(struct arena *arena, struct slice charset)
{
	ptrdiff_t language = slice_index(charset, '*');
	size_t n = language >= 0 ? (size_t)language : charset.n;
	char *lower = arena_memdup(arena, charset.p, n);

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	return slice_make(lower, n);
}

static void
split_parts(struct arena *arena, struct slice s, struct parts *parts)
{
	size_t room = 0, length = 0;
	struct part word = { 0 };
	ptrdiff_t at;

	*parts = (struct parts){ 0 };
	do {
		at = find_word(s, &word, &length);
		if (parts->count + 2 > room) {
			struct part *old = parts->list;

			room = room == 0 ? 8 : room * 2;
			parts->list = arena_alloc(arena, room * sizeof(*old));
			if (old != NULL)
				memcpy(parts->list, old, parts->count * sizeof(*old));
		}
		if (at != 0 && s.n > 0)
			parts->list[parts->count++] = (struct part){ .text = at > 0 ? slice_make(s.p, (size_t)at) : s };
		if (at >= 0) {
			word.charset = charset_name(arena, word.charset);
			parts->list[parts->count++] = word;
			s = slice_from(s, (size_t)at + length);
		}
	} while (at >= 0);
}

static bool
part_plain(const struct part *part)
{
	return part->charset.p == NULL;
}

/* White space between two encoded words does not count. */
static void
drop_gaps(struct parts *parts)
{
	size_t kept = 0;

	for (size_t i = 0; i < parts->count; i++) {
		bool between = i > 0 && i + 1 < parts->count && part_plain(&parts->list[i]);

		if (!between || text_strip(parts->list[i].text).n > 0)
			parts->list[kept++] = parts->list[i];
	}
	parts->count = kept;
}

/* Latin-1 where it can, else \uXXXX. */
static void
put_raw_escape(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		size_t length;
		uint32_t code = utf8_decode(s, &length);

		if (code < 0x100)
			buf_byte(out, (char)code);
		else
			buf_printf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)code);
		s = slice_from(s, length);
	}
}

static void
put_unquoted(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = s.n - i > 2 && s.p[i] == '=' ? hex_digit(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;

		if (low >= 0) {
			buf_byte(out, (char)(high * 16 + low));
			i += 2;
		} else {
			buf_byte(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

/*
 * Foreign characters are skipped.  Padding that is missing from the end of the
 * text is supplied, which is judged by the length that the text had.  Returns
 * 0, or -1 when a group stays incomplete.
 */
static int
put_unbase64(struct buf *out, struct slice s, size_t characters)
{
	size_t missing = (4 - characters % 4) % 4;
	unsigned pads = 0, digits = 0;
	uint32_t group = 0;

	for (size_t i = 0; i < s.n + missing; i++) {
		char c = i < s.n ? s.p[i] : '=';
		int digit = base64_digit(c);

		if (c == '=') {
			pads++;
			if (digits >= 2 && digits + pads >= 4)
				return 0;
		}
		if (digit < 0)
			continue;
		pads = 0;
		group = group << 6 | (uint32_t)digit;
		if (digits > 0)
			buf_byte(out, (char)(group >> (6 - 2 * digits) & 0xff));
		digits = (digits + 1) % 4;
	}
	return digits == 0 ? 0 : -1;
}

/* Sets the bytes of each part.  Returns -1 for undecodable base64. */
static int
unwrap_parts(struct arena *arena, struct parts *parts)
{
	struct buf bytes = { 0 }, plain = { 0 };
	int result = 0;

	for (size_t i = 0; i < parts->count && result == 0; i++) {
		struct part *part = &parts->list[i];

		buf_reset(&bytes);
		buf_reset(&plain);
		put_raw_escape(&plain, part->text);
		if (part_plain(part))
			buf_slice(&bytes, buf_as_slice(&plain));
		else if (part->encoding == 'q')
			put_unquoted(&bytes, buf_as_slice(&plain));
		else
			result = put_unbase64(&bytes, buf_as_slice(&plain), utf8_count(part->text));
		part->bytes = arena_slice(arena, buf_as_slice(&bytes));
	}
	buf_fini(&bytes);
	buf_fini(&plain);
	return result;
}

/* Joins neighbours of the same charset, so that a character may span two words. */
static void
join_parts(struct arena *arena, struct parts *parts)
{
	size_t kept = 0;

	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->list[i], *last = kept > 0 ? &parts->list[kept - 1] : NULL;

		if (last != NULL && !part_plain(last) && !part_plain(part) && slice_eq(last->charset, part->charset)) {
			char *joined = arena_alloc(arena, last->bytes.n + part->bytes.n + 1);

			memcpy(joined, last->bytes.p, last->bytes.n);
			memcpy(joined + last->bytes.n, part->bytes.p, part->bytes.n);
			last->bytes = slice_make(joined, last->bytes.n + part->bytes.n);
		} else {
			parts->list[kept++] = *part;
		}
	}
	parts->count = kept;
}

/* Charsets left to iconv.  The list keeps a mail from naming any module of the C library. */
static bool
charset_known(const char *name)
{
	static const char *const families[] = {
		"iso-8859-", "windows-125", "cp125", "koi8-", "gb2312", "gbk", "gb18030", "big5", "euc-jp",
		"euc-kr", "shift_jis", "iso-2022-jp", "iso-2022-kr", "utf-16", "utf-7",
	};

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] != '\0')
		return false;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (strncmp(name, families[i], strlen(families[i])) == 0)
			return true;
	return false;
}

static int
put_converted(struct buf *out, struct slice charset, struct slice bytes)
{
	char name[CHARSET_MAX + 1] = { 0 };
	char *from = (char *)(uintptr_t)bytes.p;	/* iconv only reads it */
	size_t left = bytes.n, rc;
	iconv_t cd;

	if (charset.n > CHARSET_MAX || memchr(charset.p, '\0', charset.n) != NULL)
		return -1;
	memcpy(name, charset.p, charset.n);
	if (!charset_known(name))
		return -1;
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1)
		return -1;
	do {
		size_t room = left + 16;
		char *to = buf_reserve(out, room), *end = to;
		size_t before = left;

		rc = iconv(cd, &from, &left, &end, &room);
		out->len += (size_t)(end - to);
		if (rc == (size_t)-1 && left == before && end == to)
			break;
	} while (rc == (size_t)-1 && errno == E2BIG);
	(void)iconv_close(cd);
	return rc == (size_t)-1 ? -1 : 0;
}

/* Appends bytes as UTF-8; -1 if they are not valid in their charset. */
static int
put_decoded(struct buf *out, const struct part *part)
{
	struct slice charset = part->charset;

	if (charset.n == 0 || slice_is(charset, "us-ascii") || slice_is(charset, "ascii")) {
		buf_slice(out, part->bytes);
		return text_is_ascii(part->bytes) ? 0 : -1;
	}
	if (slice_is(charset, "utf-8") || slice_is(charset, "utf8")) {
		buf_slice(out, part->bytes);
		return utf8_valid(part->bytes) ? 0 : -1;
	}
	if (slice_is(charset, "iso-8859-1") || slice_is(charset, "latin-1") || slice_is(charset, "latin1")) {
		for (size_t i = 0; i < part->bytes.n; i++)
			utf8_encode(out, (unsigned char)part->bytes.p[i]);
		return 0;
	}
	return put_converted(out, charset, part->bytes);
}

/* Is the byte at this end of a plain text reason enough not to put a space there? */
static bool
separates(struct slice s, bool front)
{
	char c;

	if (s.n == 0)
		return false;
	c = front ? s.p[0] : s.p[s.n - 1];
	return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ') || c == '(' || c == ')' || c == '\\';
}

/* Must a space go between these neighbours (3.2, item 3)? */
static bool
needs_space(const struct part *left, const struct part *right)
{
	bool left_plain = part_plain(left) || slice_is(left->charset, "us-ascii");
	bool right_plain = part_plain(right) || slice_is(right->charset, "us-ascii");

	if (left_plain && right_plain)
		return true;
	if (right_plain)
		return !separates(right->bytes, true);
	return left_plain && !separates(left->bytes, false);
}

/* All parts as unknown 8-bit. */
static void
put_undecodable(struct buf *out, const struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct slice bytes = parts->list[i].bytes;

		if (i > 0)
			buf_byte(out, ' ');
		for (size_t b = 0; b < bytes.n; b++)
			utf8_encode(out, (unsigned char)bytes.p[b] < 0x80 ? (unsigned char)bytes.p[b] : 0xfffd);
	}
}

int
encoded_words_decode(struct buf *out, struct arena *arena, struct slice text)
{
	size_t start = out->len;
	struct slice stripped = text_strip(text);
	struct parts parts;

	if (stripped.n == 0 || text.n > DECODED_MAX) {
		buf_slice(out, stripped);
		return 0;
	}
	/* Only the front may go: white space at the end can turn into an escape. */
	text = slice_from(text, (size_t)(stripped.p - text.p));
	split_parts(arena, text, &parts);
	if (parts.count == 1 && part_plain(&parts.list[0])) {
		buf_slice(out, text);
		return 0;
	}
	drop_gaps(&parts);
	if (unwrap_parts(arena, &parts) == -1)
		return -1;
	join_parts(arena, &parts);
	for (size_t i = 0; i < parts.count; i++) {
		if (i > 0 && needs_space(&parts.list[i - 1], &parts.list[i]))
			buf_byte(out, ' ');
		if (put_decoded(out, &parts.list[i]) == -1) {
			out->len = start;
			put_undecodable(out, &parts);
			break;
		}
	}
	return 0;
}
