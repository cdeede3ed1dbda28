/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/mbox and proto/mail_header.  The input is the fields of a message, parted by
 * NUL.  Checked:
 *  - a header is nothing, or lines that begin with its name, end in one line
 *    break, hold no CR, no empty line and no other header; an ASCII value comes
 *    back but for white space, any other when its words are decoded, and then
 *    all is ASCII and no line but a first one longer than 79 columns;
 *  - an encoded word is the shorter of both and decodes to its text;
 *  - a message begins with its envelope line, holds no CR, has an empty line
 *    before its body, ends with the diff, and says 7bit of ASCII alone;
 *  - an exact one has text and diff as they are, or in base64, and then no line that
 *    git takes for the next message.
 */
#include "config.h"

#include "proto/mail_header.h"
#include "proto/mbox.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

enum { LINE_LIMIT = 79 };

#define BASE64 "\nContent-Transfer-Encoding: base64\n"

static bool
all_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static int
digit_of(const char *digits, char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	require(at != NULL);
	return (int)(at - digits);
}

static void
decode_q(struct buf *out, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '=') {
			require(i + 2 < s.n);
			buf_byte(out, (char)(digit_of(hex, s.p[i + 1]) * 16 + digit_of(hex, s.p[i + 2])));
			i += 2;
		} else {
			buf_byte(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void
decode_b(struct buf *out, struct slice s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	require(s.n % 4 == 0);
	for (size_t i = 0; i < s.n; i += 4) {
		int pads = s.p[i + 2] == '=' ? 2 : s.p[i + 3] == '=' ? 1 : 0;
		int group = 0;

		require(pads == 0 || i + 4 == s.n);
		for (int k = 0; k < 4; k++)
			group = group << 6 | (k < 4 - pads ? digit_of(digits, s.p[i + (size_t)k]) : 0);
		for (int k = 0; k < 3 - pads; k++)
			buf_byte(out, (char)(group >> (16 - 8 * k) & 0xff));
	}
}

/* Decodes the encoded words of s, between which may be white space only. */
static void
decode_words(struct buf *out, struct slice s)
{
	for (s = text_strip(s); s.n > 0; s = text_strip(s)) {
		struct slice word;
		const char *end;

		require(slice_has_prefix(s, SLICE("=?utf-8?")) && s.n > 12 && s.p[9] == '?');
		word = slice_from(s, 10);
		end = memmem(word.p, word.n, "?=", 2);
		require(end != NULL);
		word.n = (size_t)(end - word.p);
		if (s.p[8] == 'q')
			decode_q(out, word);
		else if (s.p[8] == 'b')
			decode_b(out, word);
		else
			require(false);
		s = slice_from(s, 10 + word.n + 2);
	}
}

static void
put_without_space(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		size_t length;

		if (!text_is_space(utf8_decode(s, &length)))
			buf_add(out, s.p, length);
		s = slice_from(s, length);
	}
}

static void
require_same_text(struct slice a, struct slice b)
{
	struct buf left = { 0 }, right = { 0 };

	put_without_space(&left, a);
	put_without_space(&right, b);
	require(slice_eq(buf_as_slice(&left), buf_as_slice(&right)));
	buf_fini(&left);
	buf_fini(&right);
}

/* Lines of a header: not empty, none of them another header. */
static void
require_lines(struct slice header, bool encoded)
{
	struct slice line;

	for (size_t number = 0; header.n > 0 && slice_cut(&header, '\n', &line); number++) {
		struct slice word = line;
		size_t n = 0;

		require(line.n > 0);
		if (encoded && number > 0)
			require(line.n <= LINE_LIMIT);
		while (n < word.n && word.p[n] != ' ' && word.p[n] != '\t')
			n++;
		word.n = n;
		require(number == 0 || slice_index(word, ':') <= 0);
	}
}

static void
fuzz_header(struct arena *arena, struct slice name, struct slice value)
{
	struct buf out = { 0 }, decoded = { 0 };
	bool ascii = all_ascii(value);
	struct slice text;

	mail_header_put(&out, arena, name, value);
	if (out.len > 0) {
		text = buf_as_slice(&out);
		require(slice_has_prefix(text, name) && slice_has_suffix(text, SLICE("\n")));
		require(slice_index(text, '\r') < 0);
		require_lines(slice_make(text.p, text.n - 1), !ascii);
		text = slice_from(text, name.n);
		require(slice_has_prefix(text, SLICE(": ")));
		text = slice_from(text, 2);
		if (!ascii) {
			require(all_ascii(text));
			decode_words(&decoded, text);
			text = buf_as_slice(&decoded);
		}
		require_same_text(text, value);
	} else {
		/* Only what has a line break and a colon can smuggle. */
		require(ascii && slice_index(value, ':') >= 0);
	}
	buf_fini(&out);
	buf_fini(&decoded);
}

static void
fuzz_word(struct slice text)
{
	struct buf out = { 0 }, decoded = { 0 };

	mail_header_put_word(&out, text);
	require(out.len <= 12 + (text.n + 2) / 3 * 4);
	decode_words(&decoded, buf_as_slice(&out));
	require(slice_eq(buf_as_slice(&decoded), text));
	buf_fini(&out);
	buf_fini(&decoded);
}

static void
fuzz_message(struct arena *arena, const struct mbox_message *message)
{
	struct buf out = { 0 };
	struct slice text, body;
	const char *blank;

	mbox_put(&out, arena, message);
	text = buf_as_slice(&out);
	require(slice_has_prefix(text, SLICE("From patchwork ")) && slice_index(text, '\r') < 0);
	blank = memmem(text.p, text.n, "\n\n", 2);
	require(blank != NULL);
	body = slice_from(text, (size_t)(blank - text.p) + 2);
	require((memmem(text.p, (size_t)(blank - text.p), "\nContent-Transfer-Encoding: 7bit\n", 33) != NULL) ==
	    all_ascii(body));
	if (message->diff.n > 0 && slice_index(message->diff, '\r') < 0) {
		require(slice_has_suffix(body, message->diff));
		require(body.p[body.n - message->diff.n - 1] == '\n');
	}
	buf_fini(&out);
}

/* Text and diff behind each other, as they came. */
static void
fuzz_exact(struct arena *arena, struct mbox_message message)
{
	struct buf out = { 0 }, body = { 0 }, expected = { 0 };
	struct slice rest, line;
	const char *start;

	message.comment_count = 0;
	message.exact = true;
	message.signature = SLICE("x");
	message.headers = SLICE("");
	mbox_put(&out, arena, &message);
	buf_byte(&out, '\0');
	start = strstr(out.data, "\n\n");
	require(start != NULL);
	rest = slice_make(start + 2, out.len - 3 - (size_t)(start - out.data));
	/* the first, for there are others in what is fuzzed */
	if (strncmp(strstr(out.data, "\nContent-Transfer-Encoding: "), BASE64, strlen(BASE64)) != 0) {
		buf_slice(&body, rest);
		require(memmem(rest.p, rest.n, "\nFrom ", 6) == NULL);
	} else {
		while (rest.n > 0 && slice_cut(&rest, '\n', &line)) {
			require(line.n <= 76);
			decode_b(&body, line);
		}
	}
	buf_slice(&expected, message.content);
	if (message.diff.n > 0) {
		buf_byte(&expected, '\n');
		buf_slice(&expected, message.diff);
		if (message.diff.p[message.diff.n - 1] != '\n')
			buf_byte(&expected, '\n');
		buf_str(&expected, "-- \nx\n");
	}
	require(slice_eq(buf_as_slice(&body), buf_as_slice(&expected)));
	buf_fini(&out);
	buf_fini(&body);
	buf_fini(&expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make(size > 0 ? (const char *)data : "", size), fields[8] = { SLICE_NONE };
	struct arena *arena = arena_new();
	struct mbox_message message;
	size_t name;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!slice_cut(&rest, '\0', &fields[i]))
			fields[i] = SLICE_NONE;
	message = (struct mbox_message){
		.id = 7,
		.date = SLICE("2020-01-02 03:05:05"),
		.headers = fields[0],
		.content = fields[1],
		.diff = fields[2],
		.submitter_name = fields[3],
		.submitter_email = fields[4],
		.delegate_email = fields[5],
		.list_email = fields[6],
		.comments = &fields[7],
		.comment_count = 1,
	};
	fuzz_message(arena, &message);
	fuzz_exact(arena, message);
	fuzz_word(fields[1]);
	/* The first field as a value, with a name as long as the second. */
	name = fields[1].n < 100 ? fields[1].n + 1 : 100;
	fuzz_header(arena, slice_make(memset(arena_alloc(arena, name), 'X', name), name), fields[0]);
	arena_free(&arena);
	return 0;
}
