/* SPDX-License-Identifier: MIT
 *
 * See mbox.h; section 9 of the specification says which rule each step follows.
 * Any process, any thread.
 */
#include "config.h"

#include "proto/mbox.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail.h"
#include "proto/mail_header.h"
#include "proto/moment.h"
#include "proto/text.h"

enum {
	/* Bytes of a From header that are searched for an address: bounds work that grows with the square. */
	FROM_MAX = 4096,
	BASE64_LINE = 57,		/* bytes that make a line of 76 */
};

/*
 * The address in a From header (patchwork-mail.md, 6.1).
 */

static struct slice
strip_back(struct slice s)
{
	struct slice stripped = text_strip(s);

	return stripped.n == 0 ? slice_make(s.p, 0) : slice_make(s.p, (size_t)(stripped.p + stripped.n - s.p));
}

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

		mail_put_base64(out, slice_make(s.p, n));
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
			mail_header_put(out, arena, SLICE("X-Patchwork-Original-From"), value);
			value = submitter;
		}
		mail_header_put(out, arena, name, value);
	}
}

static void
put_headers(struct buf *out, struct arena *arena, const struct mbox_message *message,
    const struct moment *date, const char *encoding)
{
	struct buf text = { 0 };
	struct mail_headers headers;
	struct slice submitter;

	mail_header_put_address(&text, message->submitter_name, message->submitter_email);
	submitter = arena_slice(arena, buf_as_slice(&text));
	buf_str(out, "From patchwork ");
	moment_put_ctime(out, date);
	buf_str(out, "\nContent-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n");
	buf_printf(out, "Content-Transfer-Encoding: %s\n", encoding);
	mail_header_put(out, arena, SLICE("X-Patchwork-Submitter"), submitter);
	buf_str(out, "X-Patchwork-Id: ");
	buf_int(out, message->id);
	buf_byte(out, '\n');
	if (message->delegate_email.p != NULL)
		mail_header_put(out, arena, SLICE("X-Patchwork-Delegate"), message->delegate_email);
	mail_headers_parse(arena, message->headers, &headers);
	put_stored_headers(out, arena, message, &headers, submitter);
	if (mail_headers_first(&headers, "Date").p == NULL) {
		buf_reset(&text);
		moment_put_rfc5322(&text, date);
		mail_header_put(out, arena, SLICE("Date"), buf_as_slice(&text));
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
