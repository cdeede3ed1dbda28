/* SPDX-License-Identifier: MIT
 *
 * See mail_header.h.  The folding is that of Python's email package (3.11), which
 * wrote what clients have in their archives; section 9.4 of the specification
 * says which rule each step follows.  Any process, any thread.
 */
#include "config.h"

#include "proto/mail_header.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"

enum {
	LINE_MAX = 78,			/* columns of a header line */
	WORD_CHROME = 12,		/* "=?utf-8?q?" and "?=" */
	WORD_ROOM = LINE_MAX - 1 - WORD_CHROME,	/* on a continuation line, behind its space */
	FOLD_WORDS_FIRST = 64
};

/*
 * Encoded words.
 */

/* Columns of a byte in q encoding. */
static unsigned
q_columns(char c)
{
	bool raw = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' ||
	    (c != '\0' && strchr("-!*+/", c) != NULL);

	return raw ? 1 : 3;
}

static size_t
q_length(struct slice s)
{
	size_t columns = 0;

	for (size_t i = 0; i < s.n; i++)
		columns += q_columns(s.p[i]);
	return columns;
}

static size_t
b_length(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

static bool
prefers_b(struct slice s)
{
	return b_length(s.n) < q_length(s);
}

static void
put_q(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			buf_byte(out, '_');
		else if (q_columns(s.p[i]) == 1)
			buf_byte(out, s.p[i]);
		else
			buf_printf(out, "=%02X", (unsigned)(unsigned char)s.p[i]);
	}
}

void
mail_put_base64(struct buf *out, struct slice s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t have = s.n - i < 3 ? s.n - i : 3;
		uint32_t group = 0;

		for (size_t k = 0; k < 3; k++)
			group = group << 8 | (k < have ? (unsigned char)s.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_byte(out, k <= have ? digits[group >> (18 - 6 * k) & 63] : '=');
	}
}

static void
put_word(struct buf *out, struct slice text, bool b)
{
	if (text.n == 0)
		return;
	buf_str(out, b ? "=?utf-8?b?" : "=?utf-8?q?");
	if (b)
		mail_put_base64(out, text);
	else
		put_q(out, text);
	buf_str(out, "?=");
}

void
mail_header_put_word(struct buf *out, struct slice text)
{
	put_word(out, text, prefers_b(text));
}

void
mail_header_put_address(struct buf *out, struct slice name, struct slice email)
{
	bool quoted = false;

	if (name.n == 0) {
		buf_slice(out, email);
		return;
	}
	if (!text_is_ascii(name)) {
		mail_header_put_word(out, name);
	} else {
		for (size_t i = 0; i < name.n && !quoted; i++)
			quoted = name.p[i] != '\0' && strchr("[]\\()<>@,:;\".", name.p[i]) != NULL;
		if (quoted)
			buf_byte(out, '"');
		for (size_t i = 0; i < name.n; i++) {
			if (name.p[i] == '\\' || name.p[i] == '"')
				buf_byte(out, '\\');
			buf_byte(out, name.p[i]);
		}
		if (quoted)
			buf_byte(out, '"');
	}
	buf_str(out, " <");
	buf_slice(out, email);
	buf_byte(out, '>');
}

/*
 * Folding.  A value is cut into pieces at its line breaks, each begins a line.
 * The current line is a list of words with the white space before each.
 */

struct fold_word {
	struct slice space, text;
};

struct fold {
	struct buf *out;		/* lines that are done, without the last break */
	struct arena *arena;
	struct fold_word *words;	/* of the current line */
	size_t count, room;
	size_t columns;			/* of the current line, the name's included */
	bool named;			/* the current line holds the header's name */
	bool started;			/* a line is done */
};

static void
fold_push(struct fold *fold, struct slice space, struct slice text)
{
	fold->words = arena_more(fold->arena, fold->words, fold->count, &fold->room, FOLD_WORDS_FIRST, sizeof(*fold->words));
	fold->words[fold->count++] = (struct fold_word){ space, text };
	fold->columns += space.n + text.n;
}

static struct fold_word
fold_pop(struct fold *fold)
{
	struct fold_word word = fold->words[--fold->count];

	fold->columns -= word.space.n + word.text.n;
	return word;
}

/* Ends the current line before its word `keep`; the words from there on become the next. */
static void
fold_break(struct fold *fold, size_t keep, bool joined)
{
	if (fold->started && !joined)
		buf_byte(fold->out, '\n');
	fold->started = true;
	fold->columns = 0;
	fold->named = false;
	for (size_t i = 0; i < keep; i++) {
		buf_slice(fold->out, fold->words[i].space);
		buf_slice(fold->out, fold->words[i].text);
	}
	for (size_t i = keep; i < fold->count; i++) {
		fold->words[i - keep] = fold->words[i];
		fold->columns += fold->words[i].space.n + fold->words[i].text.n;
	}
	fold->count -= keep;
}

static bool
fold_blank(const struct fold *fold)
{
	for (size_t i = 0; i < fold->count; i++)
		if (text_strip(fold->words[i].text).n > 0)
			return false;
	return !fold->named;
}

/*
 * Ends a piece.  One trailing space may go, which is the caller's decision; a
 * line of nothing but white space is added to the one before.
 */
static void
fold_newline(struct fold *fold, bool drop_space)
{
	struct fold_word *last = fold->count > 0 ? &fold->words[fold->count - 1] : NULL;

	if (drop_space && last != NULL && last->text.n == 0 && slice_is(last->space, " "))
		(void)fold_pop(fold);
	if (fold->columns > 0)
		fold_break(fold, fold->count, fold_blank(fold));
	fold->count = 0;
}

/* The word that a too long line is cut before: the best kind of break, the last of its kind; 0 for none. */
static size_t
fold_point(const struct fold *fold)
{
	for (const char *kind = ";, \t"; *kind != '\0'; kind++) {
		for (size_t i = fold->count - 1; i > 0; i--) {
			struct slice space = fold->words[i].space, before = fold->words[i - 1].text;

			if ((*kind == ' ' || *kind == '\t') && space.n > 0 && space.p[0] == *kind)
				return i;
			if (before.n > 0 && before.p[before.n - 1] == *kind)
				return i;
		}
	}
	return 0;
}

static void
fold_add(struct fold *fold, struct slice space, struct slice text)
{
	size_t point;

	fold_push(fold, space, text);
	if (fold->columns <= LINE_MAX)
		return;
	point = fold_point(fold);
	if (point > 0) {
		fold_break(fold, point, false);
	} else if (fold->named) {
		/* The name alone on its line; what follows must look like its continuation. */
		struct fold_word word = fold_pop(fold);

		fold_newline(fold, true);
		fold_push(fold, word.space.n > 0 ? word.space : SLICE(" "), word.text);
	}
}

static void
fold_ascii_piece(struct fold *fold, struct slice piece)
{
	while (piece.n > 0) {
		size_t space = 0, text;

		while (space < piece.n && (piece.p[space] == ' ' || piece.p[space] == '\t'))
			space++;
		for (text = space; text < piece.n && piece.p[text] != ' ' && piece.p[text] != '\t';)
			text++;
		fold_add(fold, slice_make(piece.p, space), slice_make(piece.p + space, text - space));
		piece = slice_from(piece, text);
	}
}

/* How much of s fits into an encoded word of that many columns; whole characters only. */
static size_t
word_fit(struct slice s, bool b, size_t columns)
{
	size_t bytes = 0, used = 0;

	while (bytes < s.n) {
		size_t length;

		(void)utf8_decode(slice_from(s, bytes), &length);
		used = b ? b_length(bytes + length) : used + q_length(slice_make(s.p + bytes, length));
		if (used > columns)
			break;
		bytes += length;
	}
	return bytes;
}

/* Each word but the first goes on a line of its own. */
static void
fold_encoded_piece(struct fold *fold, struct slice space, struct slice piece)
{
	bool b = prefers_b(piece);
	/* The space of a continuation is not counted here: such a line may have 79 columns. */
	size_t taken = fold->columns + WORD_CHROME;
	size_t fit = word_fit(piece, b, taken < LINE_MAX ? LINE_MAX - taken : 0);
	struct buf word = { 0 };

	for (;;) {
		if (fit > 0 || piece.n == 0) {
			buf_reset(&word);
			put_word(&word, slice_make(piece.p, fit), b);
			fold_add(fold, space, arena_slice(fold->arena, buf_as_slice(&word)));
		}
		piece = slice_from(piece, fit);
		if (piece.n == 0)
			break;
		fold_newline(fold, true);
		space = SLICE(" ");
		fit = word_fit(piece, b, WORD_ROOM);
	}
	buf_fini(&word);
}

/* Bytes of the line break at the front of s, else 0 (9.4). */
static size_t
break_length(struct slice s)
{
	size_t length;
	uint32_t code = utf8_decode(s, &length);

	if (code == '\r' && s.n > 1 && s.p[1] == '\n')
		return 2;
	return (code >= '\n' && code <= '\r') || (code >= 0x1c && code <= 0x1e) || code == 0x85 || code == 0x2028 ||
	    code == 0x2029 ? length : 0;
}

/* Takes the next piece off *rest; returns false when nothing is left. */
static bool
take_piece(struct slice *rest, struct slice *piece)
{
	size_t at = 0, length = 0;

	if (rest->n == 0)
		return false;
	while (at < rest->n && (length = break_length(slice_from(*rest, at))) == 0) {
		(void)utf8_decode(slice_from(*rest, at), &length);
		at += length;
		length = 0;
	}
	*piece = slice_make(rest->p, at);
	*rest = slice_from(*rest, at + length);
	return true;
}

static struct slice
strip_front(struct slice s)
{
	struct slice stripped = text_strip(s);

	return stripped.n == 0 ? slice_make(s.p + s.n, 0) : slice_from(s, (size_t)(stripped.p - s.p));
}

/* A piece but the first: its white space is the fold. */
static void
fold_next_piece(struct fold *fold, struct slice piece, bool ascii)
{
	struct buf text = { 0 };

	fold_newline(fold, true);
	if (ascii) {
		/* White space that is neither blank nor tab stays in its word. */
		fold_ascii_piece(fold, piece);
		return;
	}
	buf_byte(&text, ' ');
	buf_slice(&text, strip_front(piece));
	fold_encoded_piece(fold, SLICE(" "), buf_as_slice(&text));
	buf_fini(&text);
}

/* Is there, behind a line break, text without blanks up to a colon?  That would be read as a header. */
static bool
smuggles(struct slice folded)
{
	bool line = false;	/* no blank since a line break */
	bool name = false;	/* and a byte before this one */

	for (size_t i = 0; i < folded.n; i++) {
		char c = folded.p[i];

		if (c == ' ' || c == '\t') {
			line = name = false;
		} else if (line) {
			if (c == ':' && name)
				return true;
			name = true;
		} else if (c == '\n') {
			line = true;
		}
	}
	return false;
}

void
mail_header_put(struct buf *out, struct arena *arena, struct slice name, struct slice value)
{
	struct buf folded = { 0 };
	struct fold fold = {
		.out = &folded, .arena = arena, .columns = name.n + strlen(": "), .named = true,
	};
	bool ascii = text_is_ascii(value), many = false;
	struct slice piece;

	if (take_piece(&value, &piece)) {
		if (ascii)
			fold_ascii_piece(&fold, piece);
		else
			fold_encoded_piece(&fold, SLICE(""), piece);
	}
	while (take_piece(&value, &piece)) {
		fold_next_piece(&fold, piece, ascii);
		many = true;
	}
	fold_newline(&fold, many);
	if (!smuggles(buf_as_slice(&folded))) {
		buf_slice(out, name);
		buf_str(out, ": ");
		buf_slice(out, buf_as_slice(&folded));
		buf_byte(out, '\n');
	}
	buf_fini(&folded);
}
