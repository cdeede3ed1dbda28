/* SPDX-License-Identifier: MIT
 *
 * See json.h.
 */
#include "config.h"

#include "proto/json.h"

#include "proto/text.h"

/* Whether a byte of a string can stand as it is. */
static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* In each byte whose value is below n (at most 0x80), the high bit; others may have it only above such a byte. */
#define BELOW(word, n) (((word) - ONES * (n)) & ~(word) & HIGHS)
#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

/*
 * How many bytes at the front of s are plain: eight at a time while all eight
 * are, for most of an answer is.
 */
static size_t
plain_run(struct slice s)
{
	size_t n = 0;
	uint64_t word;

	for (; s.n - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s.p + n, sizeof(word));
		if ((word & HIGHS) | BELOW(word, 0x20) | BELOW(word ^ (ONES * '"'), 1) | BELOW(word ^ (ONES * '\\'), 1))
			break;
	}
	while (n < s.n && is_plain((unsigned char)s.p[n]))
		n++;
	return n;
}

static void
newline(struct json *j)
{
	size_t n = (size_t)j->indent * j->depth;

	buf_byte(j->out, '\n');
	if (n > 0) {
		memset(buf_reserve(j->out, n), ' ', n);
		j->out->len += n;
	}
}

/* What stands before an element: nothing behind a key, else a comma and a line. */
static void
before(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->comma)
		buf_byte(j->out, ',');
	if (j->indent > 0 && j->depth > 0)
		newline(j);
	j->comma = true;
}

void
json_open(struct json *j, char bracket)
{
	before(j);
	buf_byte(j->out, bracket);
	j->depth++;
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->indent > 0 && j->comma)
		newline(j);
	buf_byte(j->out, bracket);
	j->comma = true;
}

static void
colon(struct json *j)
{
	buf_byte(j->out, ':');
	if (j->indent > 0)
		buf_byte(j->out, ' ');
	j->after_key = true;
}

void
json_key(struct json *j, const char *key)
{
	size_t n = strlen(key);
	char *at;

	before(j);
	at = buf_reserve(j->out, n + 2);
	at[0] = '"';
	memcpy(at + 1, key, n);
	at[n + 1] = '"';
	j->out->len += n + 2;
	colon(j);
}

void
json_key_slice(struct json *j, struct slice key)
{
	json_string(j, key);
	colon(j);
}

static void
put_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (const char *l = letters; *l != '\0'; l += 2) {
		if ((unsigned char)*l == c) {
			char two[2] = { '\\', l[1] };

			buf_add(out, two, 2);
			return;
		}
	}
	char six[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	buf_add(out, six, 6);
}

/* One character of UTF-8 at the front of s; returns its bytes. */
static size_t
put_high(struct buf *out, struct slice s)
{
	size_t n;
	uint32_t code = utf8_decode(s, &n);

	if (code == 0x2028 || code == 0x2029)
		buf_str(out, code == 0x2028 ? "\\u2028" : "\\u2029");
	else if (code == 0xfffd)
		buf_str(out, "\xef\xbf\xbd");
	else
		buf_add(out, s.p, n);
	return n;
}

void
json_piece(struct json *j, struct slice s)
{
	while (s.n > 0) {
		size_t n = plain_run(s);

		buf_add(j->out, s.p, n);
		s = slice_from(s, n);
		if (s.n == 0)
			break;
		if ((unsigned char)*s.p >= 0x80) {
			n = put_high(j->out, s);
		} else {
			put_escape(j->out, (unsigned char)*s.p);
			n = 1;
		}
		s = slice_from(s, n);
	}
}

void
json_string_begin(struct json *j)
{
	before(j);
	buf_byte(j->out, '"');
}

void
json_string_end(struct json *j)
{
	buf_byte(j->out, '"');
}

void
json_string(struct json *j, struct slice s)
{
	json_string_begin(j);
	json_piece(j, s);
	json_string_end(j);
}

void
json_string_or_null(struct json *j, struct slice s)
{
	if (s.p == NULL)
		json_null(j);
	else
		json_string(j, s);
}

void
json_raw(struct json *j, struct slice text)
{
	before(j);
	buf_slice(j->out, text);
}

void
json_int(struct json *j, int64_t value)
{
	before(j);
	buf_int(j->out, value);
}

void
json_bool(struct json *j, bool value)
{
	json_raw(j, value ? SLICE("true") : SLICE("false"));
}

void
json_null(struct json *j)
{
	json_raw(j, SLICE("null"));
}
