/* SPDX-License-Identifier: MIT
 *
 * See text.h.
 */
#include "config.h"

#include "proto/text.h"

#include "base/arena.h"
#include "base/buf.h"

enum { REPLACEMENT = 0xfffd };

/* Bytes 0x00 to 0x7f at the front of s. */
static size_t
ascii_run(struct slice s)
{
	size_t i = 0;
	uint64_t w;

	for (; s.n - i >= 8; i += 8) {
		memcpy(&w, s.p + i, sizeof(w));
		if (w & 0x8080808080808080)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

/* The bytes that may follow the first one (Unicode, table 3-7); returns how many continue it, 0 for none. */
static size_t
utf8_lead(unsigned char lead, unsigned char *low_r, unsigned char *high_r)
{
	*low_r = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*high_r = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

uint32_t
utf8_decode(struct slice s, size_t *length_r)
{
	unsigned char lead = (unsigned char)*s.p, low, high;
	size_t more;
	uint32_t code;

	*length_r = 1;
	if (lead < 0x80)
		return lead;
	more = utf8_lead(lead, &low, &high);
	if (more == 0)
		return REPLACEMENT;
	code = lead & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		unsigned char c = i < s.n ? (unsigned char)s.p[i] : 0;

		if (c < low || c > high)
			return REPLACEMENT;
		code = code << 6 | (c & 0x3f);
		*length_r = i + 1;
		low = 0x80;
		high = 0xbf;
	}
	return code;
}

/* The same; *valid_r tells a U+FFFD that was sent from one that was put in. */
static uint32_t
decode(struct slice s, size_t *length_r, bool *valid_r)
{
	uint32_t code = utf8_decode(s, length_r);

	*valid_r = code != REPLACEMENT || slice_has_prefix(s, SLICE("\xef\xbf\xbd"));
	return code;
}

bool
utf8_valid(struct slice s)
{
	while (s.n > 0) {
		size_t n = ascii_run(s);
		bool valid = true;

		if (n == 0)
			(void)decode(s, &n, &valid);
		if (!valid)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

size_t
utf8_count(struct slice s)
{
	size_t count = 0;

	for (size_t length; s.n > 0; s = slice_from(s, length), count++)
		(void)utf8_decode(s, &length);
	return count;
}

bool
text_is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

struct slice
utf8_repair(struct arena *arena, struct slice s)
{
	char *start, *at;

	if (utf8_valid(s))
		return s;
	start = at = arena_alloc(arena, 3 * s.n + 1);	/* one bad byte becomes the three of U+FFFD */
	while (s.n > 0) {
		bool valid;
		size_t n;

		(void)decode(s, &n, &valid);
		memcpy(at, valid ? s.p : "\xef\xbf\xbd", valid ? n : 3);
		at += valid ? n : 3;
		s = slice_from(s, n);
	}
	*at = '\0';
	return slice_make(start, (size_t)(at - start));
}

void
utf8_encode(struct buf *out, uint32_t code)
{
	char *at = buf_reserve(out, 4);

	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = REPLACEMENT;
	if (code < 0x80) {
		*at++ = (char)code;
	} else if (code < 0x800) {
		*at++ = (char)(0xc0 | code >> 6);
		*at++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*at++ = (char)(0xe0 | code >> 12);
		*at++ = (char)(0x80 | (code >> 6 & 0x3f));
		*at++ = (char)(0x80 | (code & 0x3f));
	} else {
		*at++ = (char)(0xf0 | code >> 18);
		*at++ = (char)(0x80 | (code >> 12 & 0x3f));
		*at++ = (char)(0x80 | (code >> 6 & 0x3f));
		*at++ = (char)(0x80 | (code & 0x3f));
	}
	out->len = (size_t)(at - out->data);
}

bool
text_is_space(uint32_t code)
{
	if (code < 0x80)
		return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20);
	return code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
	    code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

/* Length of the white space character at the front of s (s.n > 0), 0 if there is none. */
static size_t
space_at_front(struct slice s)
{
	size_t n;

	return text_is_space(utf8_decode(s, &n)) ? n : 0;
}

/* The same at the end of s: white space takes up to three bytes. */
static size_t
space_at_end(struct slice s)
{
	for (size_t n = 1; n <= 3 && n <= s.n; n++)
		if (space_at_front(slice_from(s, s.n - n)) == n)
			return n;
	return 0;
}

struct slice
text_strip(struct slice s)
{
	for (size_t n; s.n > 0 && (n = space_at_front(s)) > 0;)
		s = slice_from(s, n);
	for (size_t n; s.n > 0 && (n = space_at_end(s)) > 0;)
		s.n -= n;
	return s;
}

struct slice
text_without_break(struct slice line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

bool
text_take_char(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = slice_from(*s, 1);
	return true;
}

/*
 * The zeros of Unicode's decimal digits (category Nd, Unicode 14); each is
 * followed by its one to nine.
 */
static const uint32_t zeros[] = {
	0x00030, 0x00660, 0x006f0, 0x007c0, 0x00966, 0x009e6, 0x00a66, 0x00ae6, 0x00b66, 0x00be6, 0x00c66,
	0x00ce6, 0x00d66, 0x00de6, 0x00e50, 0x00ed0, 0x00f20, 0x01040, 0x01090, 0x017e0, 0x01810, 0x01946,
	0x019d0, 0x01a80, 0x01a90, 0x01b50, 0x01bb0, 0x01c40, 0x01c50, 0x0a620, 0x0a8d0, 0x0a900, 0x0a9d0,
	0x0a9f0, 0x0aa50, 0x0abf0, 0x0ff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
	0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
	0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0
};

/* The value of a decimal digit, -1 for anything else. */
static int
digit_value(uint32_t code)
{
	if (code < 0x80)
		return code >= '0' && code <= '9' ? (int)code - '0' : -1;
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]) && zeros[i] <= code; i++)
		if (code - zeros[i] < 10)
			return (int)(code - zeros[i]);
	return -1;
}

/*
 * Digits with single underscores between them.  Returns 1 with the value, 0 if
 * it is anything else, -1 if it is above `max`.
 */
static int
parse_digits(struct slice s, uint64_t max, uint64_t *value_r)
{
	uint64_t value = 0;
	bool digit_before = false, fits = true;

	while (s.n > 0) {
		size_t n;
		uint32_t code = utf8_decode(s, &n);
		int digit = digit_value(code);

		if (digit < 0 && (code != '_' || !digit_before))
			return 0;
		if (digit >= 0) {
			fits = fits && value <= (max - (uint64_t)digit) / 10;
			value = value * 10 + (uint64_t)digit;	/* may wrap round; then it does not fit */
		}
		digit_before = digit >= 0;
		s = slice_from(s, n);
	}
	*value_r = value;
	return !digit_before ? 0 : fits ? 1 : -1;
}

int
text_integer(struct slice s, int64_t *value_r)
{
	bool negative = false;
	uint64_t value;
	int result;

	s = text_strip(s);
	if (s.n > 0 && (*s.p == '-' || *s.p == '+')) {
		negative = *s.p == '-';
		s = slice_from(s, 1);
	}
	result = parse_digits(s, (uint64_t)INT64_MAX + negative, &value);
	if (result == 1)
		*value_r = negative ? (int64_t)-value : (int64_t)value;
	return result;
}

/* A splitter of `q`: quoted parts that did not end are not looked through again. */
struct splitter {
	const char *end;
	const char *open_until[2];	/* no quote of " or ' that begins before this ends */
};

/*
 * The end of the quoted part that begins at `p`, behind its second quote; NULL
 * if it has none.  A backslash takes the byte behind it along, but for LF.
 * Every quote of the same kind on the way of a search that failed was such a
 * taken one, so that a search from there goes the same way: once is enough,
 * which keeps long rows of quotes from costing the square of their length.
 */
static const char *
quoted_end(struct splitter *sp, const char *p)
{
	const char **open_until = &sp->open_until[*p == '\''], *at = p + 1;

	if (*open_until != NULL && p < *open_until)
		return NULL;
	while (at < sp->end && *at != *p) {
		if (*at == '\\' && (at + 1 == sp->end || at[1] == '\n'))
			break;
		at += *at == '\\' ? 2 : 1;
	}
	if (at < sp->end && *at == *p)
		return at + 1;
	*open_until = at;
	return NULL;
}

static const char *
skip_until_space(const char *p, const char *end, bool or_quote)
{
	while (p < end && !(or_quote && (*p == '"' || *p == '\''))) {
		struct slice rest = slice_make(p, (size_t)(end - p));
		size_t n;

		if (text_is_space(utf8_decode(rest, &n)))
			break;
		p += n;
	}
	return p;
}

/*
 * The end of the bit that begins at `p`, which is no white space: text and
 * quoted parts in turn, white space inside the latter included.  When the first
 * quote does not end, the bit is all up to white space; a later one that does
 * not begins the next bit.
 */
static const char *
bit_end(struct splitter *sp, const char *p)
{
	const char *at = skip_until_space(p, sp->end, true), *quoted = NULL;

	while (at < sp->end && (*at == '"' || *at == '\'')) {
		const char *after = quoted_end(sp, at);

		if (after == NULL)
			break;
		quoted = at = skip_until_space(after, sp->end, true);
	}
	return quoted != NULL ? quoted : skip_until_space(p, sp->end, false);
}

size_t
text_unescape(char *p, size_t n, char escaped)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n && p[i + 1] == escaped)
			i++;
		p[to++] = p[i];
	}
	return to;
}

/* A phrase without its quotes; a lone quote gives nothing.  The quote's escapes are undone before the backslash's. */
static struct slice
unquote(struct arena *arena, struct slice s)
{
	size_t n = s.n < 2 ? 0 : s.n - 2;
	char *copy = arena_memdup(arena, s.p + (n > 0), n);

	n = text_unescape(copy, n, *s.p);
	n = text_unescape(copy, n, '\\');
	copy[n] = '\0';
	return slice_make(copy, n);
}

/* Adds the terms of one bit; there is room for as many as it has bytes. */
static void
add_terms(struct arena *arena, struct slice bit, struct text_terms *terms)
{
	struct slice piece;

	bit = slice_trim(bit, ",");
	if (bit.n > 0 && (*bit.p == '"' || *bit.p == '\'') && *bit.p == bit.p[bit.n - 1]) {
		terms->term[terms->count++] = unquote(arena, bit);
		return;
	}
	while (slice_cut(&bit, ',', &piece))
		if (piece.n > 0)
			terms->term[terms->count++] = arena_slice(arena, text_strip(piece));
}

/* More terms than q can have: each but the first needs a byte and one that parts it from the one before. */
static size_t
terms_bound(struct slice q)
{
	size_t bound = 1;

	for (size_t i = 0; i < q.n; i++)
		bound += (unsigned char)q.p[i] >= 0x80 || text_is_space((unsigned char)q.p[i]) || q.p[i] == ',' ||
		    q.p[i] == '"' || q.p[i] == '\'';
	return bound;
}

void
text_search_terms(struct arena *arena, struct slice q, struct text_terms *terms_r)
{
	struct splitter sp = { .end = q.n > 0 ? q.p + q.n : NULL };
	const char *at = q.p;

	terms_r->term = arena_alloc(arena, terms_bound(q) * sizeof(*terms_r->term));
	terms_r->count = 0;
	while (q.n > 0 && at < sp.end) {
		size_t space = space_at_front(slice_make(at, (size_t)(sp.end - at)));
		const char *end;

		if (space > 0) {
			at += space;
			continue;
		}
		end = bit_end(&sp, at);
		add_terms(arena, slice_make(at, (size_t)(end - at)), terms_r);
		at = end;
	}
}

struct slice
text_like(struct arena *arena, struct slice literal, bool around)
{
	char *start = arena_alloc(arena, 2 * literal.n + 3), *at = start;

	if (around)
		*at++ = '%';
	for (size_t i = 0; i < literal.n; i++) {
		char c = literal.p[i];

		if (c == '\\' || c == '%' || c == '_')
			*at++ = '\\';
		*at++ = c;
	}
	if (around)
		*at++ = '%';
	*at = '\0';
	return slice_make(start, (size_t)(at - start));
}

static bool
in_file_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	    c == '.';
}

/* A '-' of the name itself is no part of a run: "a - b" gives "a---b". */
void
text_file_name(struct buf *out, struct slice name)
{
	size_t start = out->len;
	bool in_run = false;

	for (size_t i = 0; i < name.n; i++) {
		bool keep = in_file_name(name.p[i]);
		char c = keep ? name.p[i] : '-';

		if ((keep || !in_run) && (c != '-' || out->len > start))
			buf_byte(out, c);
		in_run = !keep;
	}
	while (out->len > start && out->data[out->len - 1] == '-')
		out->len--;
}
