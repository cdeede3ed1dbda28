/* SPDX-License-Identifier: MIT
 *
 * See mbox.h.  The folding is that of Python's email package (3.11), which
 * wrote what clients have in their archives; section 9.4 of the specification
 * says which rule each step follows.  Any process, any thread.
 */
#include "config.h"

#include "proto/mbox.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail.h"
#include "proto/moment.h"
#include "proto/text.h"

enum {
	LINE_MAX = 78,			/* columns of a header line */
	WORD_CHROME = 12,		/* "=?utf-8?q?" and "?=" */
	WORD_ROOM = LINE_MAX - 1 - WORD_CHROME,	/* on a continuation line, behind its space */
	FOLD_WORDS_FIRST = 64,
	/* Bytes of a From header that are searched for an address: bounds work that grows with the square. */
	FROM_MAX = 4096,
	BASE64_LINE = 57,		/* bytes that make a line of 76 */
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

static void
put_b(struct buf *out, struct slice s)
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
		put_b(out, text);
	else
		put_q(out, text);
	buf_str(out, "?=");
}

void
mbox_put_encoded_word(struct buf *out, struct slice text)
{
	put_word(out, text, prefers_b(text));
}

void
mbox_put_address(struct buf *out, struct slice name, struct slice email)
{
	bool quoted = false;

	if (name.n == 0) {
		buf_slice(out, email);
		return;
	}
	if (!text_is_ascii(name)) {
		mbox_put_encoded_word(out, name);
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
	if (fold->count == fold->room) {
		struct fold_word *old = fold->words;

		fold->room = fold->room == 0 ? FOLD_WORDS_FIRST : fold->room * 2;
		fold->words = arena_alloc(fold->arena, fold->room * sizeof(*old));
		if (old != NULL)
			memcpy(fold->words, old, fold->count * sizeof(*old));
	}
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

static struct slice
strip_back(struct slice s)
{
	struct slice stripped = text_strip(s);

	return stripped.n == 0 ? slice_make(s.p, 0) : slice_make(s.p, (size_t)(stripped.p + stripped.n - s.p));
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
mbox_put_header(struct buf *out, struct arena *arena, struct slice name, struct slice value)
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

/*
 * The address in a From header (patchwork-mail.md, 6.1).
 */

/* Text up to a bracket may have line breaks only in the white space before it. */
static bool
one_line(struct slice s)
{
	return slice_index(strip_back(s), '\n') < 0;
}

/*
 * Finds `open`, at least one other byte and `close`, with only one line before
 * it.  Returns true with what stands before and inside.
 */
static bool
find_brackets(struct slice s, char open, char close, struct slice *before, struct slice *inside)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		ptrdiff_t end;

		if (s.p[i] != open)
			continue;
		*before = slice_make(s.p, i);
		if (!one_line(*before))
			return false;
		end = slice_index(slice_from(s, i + 1), close);
		if (end < 0)
			return false;
		*inside = slice_make(s.p + i + 1, (size_t)end);
		if (end > 0)
			return true;
	}
	return false;
}

/* "USER at DOMAIN (NAME)"; returns true if s has that form. */
static bool
spelled_address(struct arena *arena, struct slice s, struct slice *address)
{
	for (size_t i = 0; i + 4 <= s.n; i++) {
		struct slice user = slice_make(s.p, i), domain, name;
		size_t first, second;

		if (!text_is_space(utf8_decode(slice_from(s, i), &first)))
			continue;
		if (slice_index(user, '\n') >= 0)
			return false;
		if (!slice_has_prefix(slice_from(s, i + first), SLICE("at")) || s.n < i + first + 3 ||
		    !text_is_space(utf8_decode(slice_from(s, i + first + 2), &second)))
			continue;
		if (find_brackets(slice_from(s, i + first + 2 + second), '(', ')', &domain, &name)) {
			domain = strip_back(domain);
			*address = slice_str(arena_printf(arena, "%.*s@%.*s", SLICE_ARG(user), SLICE_ARG(domain)));
			return true;
		}
	}
	return false;
}

static struct slice
from_address(struct arena *arena, struct slice s)
{
	struct slice before, inside, address;
	ptrdiff_t end;

	if (s.n > FROM_MAX)
		s.n = FROM_MAX;
	if (find_brackets(s, '<', '>', &before, &inside))
		return text_strip(inside);
	if (spelled_address(arena, s, &address))
		return text_strip(address);
	if (find_brackets(s, '(', ')', &before, &inside)) {
		before = strip_back(before);
		if (slice_has_prefix(before, SLICE("\"")))
			before = slice_from(before, 1);
		if (slice_has_suffix(before, SLICE("\"")))
			before.n--;
		return text_strip(before);
	}
	end = slice_index(s, '\n');
	return text_strip(end < 0 ? s : slice_make(s.p, (size_t)end));
}

/*
 * The message.
 */

/* Takes a line without its "\n" off the front of *rest. */
static bool
take_line(struct slice *rest, struct slice *line)
{
	return rest->n > 0 && slice_cut(rest, '\n', line);
}

/* Cuts the text at its first line of two or three dashes; false if there is none. */
static bool
cut_postscript(struct slice text, struct slice *before, struct slice *after)
{
	for (struct slice rest = text, line; take_line(&rest, &line);) {
		if (!slice_is(line, "--") && !slice_is(line, "-- ") && !slice_is(line, "---") && !slice_is(line, "--- "))
			continue;
		*before = slice_make(text.p, (size_t)(line.p - text.p));
		*after = slice_make(line.p + line.n, (size_t)(text.p + text.n - line.p) - line.n);
		return true;
	}
	return false;
}

static bool
is_response(struct slice line)
{
	static const char *const tags[] = {
		"Tested-by:", "Reviewed-by:", "Acked-by:", "Signed-off-by:", "Nacked-by:", "Reported-by:",
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		struct slice tag = slice_str(tags[i]);

		if (line.n >= tag.n && slice_eq_nocase(slice_make(line.p, tag.n), tag))
			return true;
	}
	return false;
}

static void
put_responses(struct buf *out, const struct mbox_message *message)
{
	for (size_t i = 0; i < message->comment_count; i++) {
		for (struct slice rest = message->comments[i], line; take_line(&rest, &line);) {
			if (is_response(line)) {
				buf_slice(out, line);
				buf_byte(out, '\n');
			}
		}
	}
}

/* The body of 9.2, line breaks as they come. */
static void
put_body(struct buf *out, const struct mbox_message *message)
{
	struct slice text = text_strip(message->content), before = text, after = SLICE_NONE;
	bool cut = message->content.n > 0 && cut_postscript(text, &before, &after);

	if (message->content.n > 0) {
		buf_slice(out, cut ? text_strip(before) : text);
		buf_byte(out, '\n');
	}
	put_responses(out, message);
	after = after.p != NULL ? strip_back(after) : after;
	if (after.n > 0) {
		buf_str(out, "---");
		buf_slice(out, after);
		buf_byte(out, '\n');
	}
	if (message->diff.n > 0) {
		buf_byte(out, '\n');
		buf_slice(out, message->diff);
	}
}

/*
 * The body of an exact message: what comments answer goes in before the line "---".
 */
static void
put_exact_body(struct buf *out, const struct mbox_message *message)
{
	struct slice text = message->content.n > 0 ? message->content : SLICE(""), rest = text, line;
	size_t cut = text.n;

	while (take_line(&rest, &line)) {
		if (slice_is(line, "---")) {
			cut = (size_t)(line.p - text.p);
			break;
		}
	}
	buf_add(out, text.p, cut);
	put_responses(out, message);
	buf_slice(out, slice_from(text, cut));
	if (message->diff.n == 0)
		return;
	buf_byte(out, '\n');
	buf_slice(out, message->diff);
	if (message->diff.p[message->diff.n - 1] != '\n')
		buf_byte(out, '\n');
	buf_str(out, "-- \n");
	buf_slice(out, message->signature);
	buf_byte(out, '\n');
}

/* Whether git would read other bytes from it than there are, or another message. */
static bool
needs_base64(struct slice body)
{
	if (memchr(body.p, '\r', body.n) != NULL || memchr(body.p, '\0', body.n) != NULL || !utf8_valid(body))
		return true;
	return slice_has_prefix(body, SLICE("From ")) || memmem(body.p, body.n, "\nFrom ", strlen("\nFrom ")) != NULL;
}

static void
put_base64_lines(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		size_t n = s.n < BASE64_LINE ? s.n : BASE64_LINE;

		put_b(out, slice_make(s.p, n));
		buf_byte(out, '\n');
		s = slice_from(s, n);
	}
}

/* With "\r\n" and "\r" as "\n". */
static void
put_unix_lines(struct buf *out, struct slice s)
{
	const char *cr;

	while (s.n > 0 && (cr = memchr(s.p, '\r', s.n)) != NULL) {
		size_t at = (size_t)(cr - s.p);

		buf_add(out, s.p, at);
		buf_byte(out, '\n');
		s = slice_from(s, at + 1);
		if (s.n > 0 && s.p[0] == '\n')
			s = slice_from(s, 1);
	}
	buf_slice(out, s);
}

static void
put_stored_headers(struct buf *out, struct arena *arena, const struct mbox_message *message,
    const struct mail_headers *headers, struct slice submitter)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct slice name = headers->list[i].name, value = headers->list[i].value;

		/* Only these spellings: others pass, as in the reference. */
		if (slice_is(name, "Content-Type") || slice_is(name, "Content-Transfer-Encoding"))
			continue;
		if (slice_is(name, "From") && slice_eq(from_address(arena, value), message->list_email)) {
			mbox_put_header(out, arena, SLICE("X-Patchwork-Original-From"), value);
			value = submitter;
		}
		mbox_put_header(out, arena, name, value);
	}
}

static void
put_headers(struct buf *out, struct arena *arena, const struct mbox_message *message,
    const struct moment *date, const char *encoding)
{
	struct buf text = { 0 };
	struct mail_headers headers;
	struct slice submitter;

	mbox_put_address(&text, message->submitter_name, message->submitter_email);
	submitter = arena_slice(arena, buf_as_slice(&text));
	buf_str(out, "From patchwork ");
	moment_put_ctime(out, date);
	buf_str(out, "\nContent-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n");
	buf_printf(out, "Content-Transfer-Encoding: %s\n", encoding);
	mbox_put_header(out, arena, SLICE("X-Patchwork-Submitter"), submitter);
	buf_str(out, "X-Patchwork-Id: ");
	buf_int(out, message->id);
	buf_byte(out, '\n');
	if (message->delegate_email.p != NULL)
		mbox_put_header(out, arena, SLICE("X-Patchwork-Delegate"), message->delegate_email);
	mail_headers_parse(arena, message->headers, &headers);
	put_stored_headers(out, arena, message, &headers, submitter);
	if (mail_headers_first(&headers, "Date").p == NULL) {
		buf_reset(&text);
		moment_put_rfc5322(&text, date);
		mbox_put_header(out, arena, SLICE("Date"), buf_as_slice(&text));
	}
	buf_byte(out, '\n');
	buf_fini(&text);
}

void
mbox_put(struct buf *out, struct arena *arena, const struct mbox_message *message)
{
	struct buf body = { 0 };
	struct moment date;
	bool base64;

	/* A column that holds no date, which only a broken database has, counts as the epoch. */
	if (moment_parse_column(message->date, &date) == -1)
		date = (struct moment){ .year = 1970, .month = 1, .day = 1 };
	if (message->exact)
		put_exact_body(&body, message);
	else
		put_body(&body, message);
	base64 = message->exact && needs_base64(buf_as_slice(&body));
	put_headers(out, arena, message, &date, base64 ? "base64" : text_is_ascii(buf_as_slice(&body)) ? "7bit" : "8bit");
	if (base64)
		put_base64_lines(out, buf_as_slice(&body));
	else
		put_unix_lines(out, buf_as_slice(&body));
	buf_fini(&body);
}
