/* SPDX-License-Identifier: MIT
 *
 * See mail.h.  What it returns lives in the caller's arena.  Any process, any
 * thread.
 */
#include "config.h"

#include "proto/mail.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/digits.h"
#include "proto/encoded_word.h"
#include "proto/text.h"

/*
 * Header blocks.
 */

/* Takes a line off the front of *rest, its break included. */
static struct slice
take_line(struct slice *rest)
{
	struct slice line = *rest;

	for (size_t i = 0; i < rest->n; i++) {
		if (rest->p[i] != '\n' && rest->p[i] != '\r')
			continue;
		line.n = i + 1;
		if (rest->p[i] == '\r' && line.n < rest->n && rest->p[line.n] == '\n')
			line.n++;
		break;
	}
	*rest = slice_from(*rest, line.n);
	return line;
}

/* Bytes of a header line's name (maybe 0), or -1 if the line is none. */
static ptrdiff_t
name_length(struct slice line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == ':')
			return (ptrdiff_t)i;
		if (line.p[i] <= ' ' || line.p[i] >= 0x7f)
			break;
	}
	return -1;
}

static struct mail_header *
headers_add(struct arena *arena, struct mail_headers *headers, size_t *room)
{
	headers->list = arena_more(arena, headers->list, headers->count, room, 16, sizeof(*headers->list));
	return &headers->list[headers->count++];
}

static struct slice
header_value(struct slice raw)
{
	while (raw.n > 0 && (raw.p[0] == ' ' || raw.p[0] == '\t'))
		raw = slice_from(raw, 1);
	while (raw.n > 0 && (raw.p[raw.n - 1] == '\n' || raw.p[raw.n - 1] == '\r'))
		raw.n--;
	return raw;
}

/*
 * A continuation line follows its header at once, so a value is one run of the
 * text and need not be copied.
 */
void
mail_headers_parse(struct arena *arena, struct slice text, struct mail_headers *headers_r)
{
	struct mail_header *open = NULL;	/* takes continuation lines */
	size_t room = 0;

	*headers_r = (struct mail_headers){ 0 };
	while (text.n > 0) {
		struct slice line = take_line(&text);
		ptrdiff_t length;

		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (open != NULL)
				open->value.n += line.n;
			continue;
		}
		if (slice_has_prefix(line, SLICE("From "))) {
			open = NULL;
			continue;
		}
		length = name_length(line);
		if (length < 0)
			break;
		if (length == 0) {
			open = NULL;
			continue;
		}
		open = headers_add(arena, headers_r, &room);
		open->name = slice_make(line.p, (size_t)length);
		open->value = slice_from(line, (size_t)length + 1);
	}
	for (size_t i = 0; i < headers_r->count; i++)
		headers_r->list[i].value = header_value(headers_r->list[i].value);
}

struct slice
mail_headers_first(const struct mail_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (slice_eq_nocase(headers->list[i].name, slice_str(name)))
			return headers->list[i].value;
	return SLICE_NONE;
}

/*
 * Prefixes.
 */

/* Runs of white space become one space, those at the ends go. */
static struct slice
normal_space(struct arena *arena, struct slice s)
{
	char *normal = arena_alloc(arena, s.n + 1);
	size_t n = 0;
	bool gap = false;

	for (s = text_strip(s); s.n > 0;) {
		size_t length;
		bool space = text_is_space(utf8_decode(s, &length));

		if (!space) {
			if (gap)
				normal[n++] = ' ';
			memcpy(normal + n, s.p, length);
			n += length;
		}
		gap = space;
		s = slice_from(s, length);
	}
	return slice_make(normal, n);
}

/* Without one "Re:", "Fw:" or "Fwd:", whose colon may be a space. */
static struct slice
without_reply(struct slice s)
{
	static const char *const words[] = { "re", "fwd", "fw" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (s.n > n && slice_eq_nocase(slice_make(s.p, n), slice_str(words[i])) &&
		    (s.p[n] == ':' || s.p[n] == ' '))
			return text_strip(slice_from(s, n + 1));
	}
	return s;
}

static void
prefixes_add(struct arena *arena, struct mail_prefixes *prefixes, size_t *room, struct slice token)
{
	if (token.n == 0 || slice_eq_nocase(token, SLICE("patch")))
		return;
	prefixes->prefix = arena_more(arena, prefixes->prefix, prefixes->count, room, 8, sizeof(*prefixes->prefix));
	prefixes->prefix[prefixes->count++] = token;
}

/* Bytes of Mercurial's "M of N" behind "PATCH " at the front of a group, else 0. */
static size_t
marker_length(struct slice group)
{
	struct slice rest;
	size_t first, second;

	if (!slice_has_prefix(group, SLICE("PATCH ")))
		return 0;
	rest = slice_from(group, strlen("PATCH "));
	first = digits_leading(rest);
	rest = slice_from(rest, first);
	if (first == 0 || !slice_has_prefix(rest, SLICE(" of ")))
		return 0;
	second = digits_leading(slice_from(rest, strlen(" of ")));
	return second > 0 ? first + strlen(" of ") + second : 0;
}

static void
group_tokens(struct arena *arena, struct slice group, struct mail_prefixes *prefixes, size_t *room)
{
	size_t marker = marker_length(group), start;

	if (marker > 0) {
		group = slice_from(group, strlen("PATCH "));
		prefixes_add(arena, prefixes, room, slice_make(group.p, marker));
		group = slice_from(group, marker);
	}
	start = 0;
	for (size_t i = 0; i <= group.n; i++) {
		if (i < group.n && group.p[i] != ',' && group.p[i] != ' ')
			continue;
		prefixes_add(arena, prefixes, room, slice_make(group.p + start, i - start));
		start = i + 1;
	}
}

void
mail_prefixes(struct arena *arena, struct slice name, struct mail_prefixes *prefixes_r)
{
	struct buf decoded = { 0 };
	struct slice rest;
	size_t room = 0;
	ptrdiff_t end;

	*prefixes_r = (struct mail_prefixes){ 0 };
	if (encoded_words_decode(&decoded, arena, name) == 0) {
		rest = without_reply(normal_space(arena, buf_as_slice(&decoded)));
		while (rest.n > 0 && rest.p[0] == '[' && (end = slice_index(rest, ']')) > 0) {
			group_tokens(arena, slice_make(rest.p + 1, (size_t)end - 1), prefixes_r, &room);
			rest = text_strip(slice_from(rest, (size_t)end + 1));
		}
	}
	buf_fini(&decoded);
}

/*
 * Message ids and archive URLs.
 */

struct slice
mail_msgid_bare(struct slice msgid)
{
	return slice_trim(msgid, "<>");
}

/*
 * Reads what follows a '{': "}", "0}" or "{".  Returns 1 for a placeholder,
 * 0 for a literal brace, -1 for anything else.  A template numbers all of its
 * placeholders or none, and without numbers a second one has no argument.
 */
static int
take_placeholder(struct slice *rest, bool *numbered, bool *unnumbered)
{
	if (slice_has_prefix(*rest, SLICE("{"))) {
		*rest = slice_from(*rest, 1);
		return 0;
	}
	if (slice_has_prefix(*rest, SLICE("}")) && !*numbered && !*unnumbered) {
		*unnumbered = true;
		*rest = slice_from(*rest, 1);
		return 1;
	}
	if (slice_has_prefix(*rest, SLICE("0}")) && !*unnumbered) {
		*numbered = true;
		*rest = slice_from(*rest, 2);
		return 1;
	}
	return -1;
}

int
mail_archive_url(struct buf *out, struct slice format, struct slice msgid)
{
	struct slice bare = mail_msgid_bare(msgid);
	bool numbered = false, unnumbered = false;
	size_t start = out->len;

	if (format.n == 0 || msgid.n == 0)
		return 0;
	while (format.n > 0) {
		char c = format.p[0];
		int placeholder = 0;

		format = slice_from(format, 1);
		if (c == '{')
			placeholder = take_placeholder(&format, &numbered, &unnumbered);
		else if (c == '}' && format.n > 0 && format.p[0] == '}')
			format = slice_from(format, 1);
		else if (c == '}')
			placeholder = -1;
		if (placeholder == -1) {
			out->len = start;
			return -1;
		}
		if (placeholder == 1)
			buf_slice(out, bare);
		else
			buf_byte(out, c);
	}
	return 1;
}
