/* SPDX-License-Identifier: MIT
 *
 * JSON that comes in with a request (patchwork-api.md, 6.2).  jansson reads
 * the JSON of our own tools; here every answer is to be the reference's, so
 * this is a strict reader of our own: the first error is found in the order in
 * which Python's json module would, and said in its words with its position;
 * what Python takes in and jansson does not (value.h) is kept.  One pass,
 * recursion at most BODY_DEPTH_MAX deep, at most BODY_VALUES_MAX values.
 */
#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "proto/body_private.h"
#include "proto/digits.h"
#include "proto/json_in.h"

enum {
	DIGITS_MAX = 4300,	/* sys.get_int_max_str_digits() */
	STACK_FIRST = 32
};

struct reader {
	struct arena *arena;
	struct slice text;	/* UTF-8, with a NUL behind it */
	size_t at;
	unsigned depth;
	size_t values;
	/* Members of the containers that are open, the innermost's last. */
	struct value *stack;
	size_t used, room;
	const char *error;	/* the first */
};

static int read_value(struct reader *r, struct value *value);

/* Code points are counted, as Python does. */
static int
fail_at(struct reader *r, const char *what, size_t at)
{
	size_t line = 1, column = 1, codes = 0;

	for (size_t i = 0; i < at; i++) {
		if (((unsigned char)r->text.p[i] & 0xc0) == 0x80)
			continue;
		codes++;
		column++;
		if (r->text.p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	r->error = arena_printf(r->arena, "%s: line %zu column %zu (char %zu)", what, line, column, codes);
	return -1;
}

/* The byte there; NUL behind the end, which no place that asks takes for something else. */
static char
peek(const struct reader *r)
{
	return r->text.p[r->at];
}

static void
skip_space(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
		r->at++;
}

static bool
take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (r->text.n - r->at < n || memcmp(r->text.p + r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* The four digits behind \u, at p[i]; -1 when they are not there, or nothing is behind them. */
static int
hex_code(struct slice s, size_t i)
{
	int code = 0;

	if (s.n < 5 || i > s.n - 5)
		return -1;
	for (size_t end = i + 4; i < end; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

/* Moves over an escape, whose backslash is at r->at. */
static int
skip_escape(struct reader *r, size_t quote)
{
	char c;

	if (r->at + 1 == r->text.n)
		return fail_at(r, "Unterminated string starting at", quote);
	c = r->text.p[r->at + 1];
	if (c == 'u') {
		if (hex_code(r->text, r->at + 2) < 0)
			return fail_at(r, "Invalid \\uXXXX escape", r->at + 1);
		r->at += 6;
		return 0;
	}
	if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
		return fail_at(r, "Invalid \\escape", r->at);
	r->at += 2;
	return 0;
}

/* As UTF-8 would have it, if surrogates were characters. */
static char *
put_code(char *at, unsigned code)
{
	if (code >= 0x10000) {
		*at++ = (char)(0xf0 | code >> 18);
		*at++ = (char)(0x80 | (code >> 12 & 0x3f));
	} else if (code >= 0x800) {
		*at++ = (char)(0xe0 | code >> 12);
	}
	if (code >= 0x800)
		*at++ = (char)(0x80 | (code >> 6 & 0x3f));
	else if (code >= 0x80)
		*at++ = (char)(0xc0 | code >> 6);
	*at++ = code < 0x80 ? (char)code : (char)(0x80 | (code & 0x3f));
	return at;
}

/* The escape \u at s.p[*i], perhaps with a second that makes it a pair. */
static char *
put_unicode(char *at, struct slice s, size_t *i)
{
	int code = hex_code(s, *i + 2), low = -1;

	*i += 6;
	if (code >= 0xd800 && code <= 0xdbff && s.n - *i > 2 && s.p[*i] == '\\' && s.p[*i + 1] == 'u')
		low = hex_code(s, *i + 2);
	if (low >= 0xdc00 && low <= 0xdfff) {
		*i += 6;
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	return put_code(at, (unsigned)code);
}

/* The text of a string with escapes, which are known to be right; `s` goes on behind its quote. */
static struct slice
unescape(struct reader *r, struct slice s, size_t n)
{
	static const char letters[] = "b\bf\fn\nr\rt\t";
	char *start = arena_alloc(r->arena, n + 1), *at = start;

	for (size_t i = 0; i < n;) {
		const char *letter;

		if (s.p[i] != '\\') {
			*at++ = s.p[i++];
		} else if (s.p[i + 1] == 'u') {
			at = put_unicode(at, s, &i);
		} else {
			letter = strchr(letters, s.p[i + 1]);
			*at++ = letter != NULL ? letter[1] : s.p[i + 1];
			i += 2;
		}
	}
	*at = '\0';
	return slice_make(start, (size_t)(at - start));
}

/* Behind the quote. */
static int
read_string(struct reader *r, struct slice *text)
{
	size_t start = r->at;
	struct slice raw;
	bool escaped = false;

	for (;;) {
		unsigned char c = (unsigned char)peek(r);

		if (r->at == r->text.n)
			return fail_at(r, "Unterminated string starting at", start - 1);
		if (c == '"')
			break;
		if (c < 0x20)
			return fail_at(r, "Invalid control character at", r->at);
		if (c != '\\') {
			r->at++;
			continue;
		}
		escaped = true;
		if (skip_escape(r, start - 1) < 0)
			return -1;
	}
	raw = slice_make(r->text.p + start, r->at++ - start);
	*text = escaped ? unescape(r, slice_from(r->text, start), raw.n) : raw;
	return 0;
}

static size_t
count_digits(const struct reader *r, size_t at)
{
	size_t n = 0;

	while (r->text.p[at + n] >= '0' && r->text.p[at + n] <= '9')
		n++;
	return n;
}

/* Length of a fraction and an exponent there; 0 for none. */
static size_t
real_length(const struct reader *r, size_t at)
{
	size_t start = at, sign, digits;

	if (r->text.p[at] == '.' && (digits = count_digits(r, at + 1)) > 0)
		at += 1 + digits;
	if (r->text.p[at] == 'e' || r->text.p[at] == 'E') {
		sign = r->text.p[at + 1] == '+' || r->text.p[at + 1] == '-';
		digits = count_digits(r, at + 1 + sign);
		if (digits > 0)
			at += 1 + sign + digits;
	}
	return at - start;
}

static int
read_number(struct reader *r, struct value *value)
{
	size_t start = r->at, sign = peek(r) == '-', digits = count_digits(r, start + sign), more;

	if (digits == 0)
		return fail_at(r, "Expecting value", start);
	if (r->text.p[start + sign] == '0')
		digits = 1;
	more = real_length(r, start + sign + digits);
	r->at = start + sign + digits + more;
	if (more > 0) {
		value->kind = VALUE_REAL;
		value->real = strtod(r->text.p + start, NULL);
		value->text = slice_make(r->text.p + start, r->at - start);
		return 0;
	}
	if (digits > DIGITS_MAX) {
		r->error = arena_printf(r->arena, "Exceeds the limit (%d digits) for integer string conversion: value has "
		    "%zu digits; use sys.set_int_max_str_digits() to increase the limit", DIGITS_MAX, digits);
		return -1;
	}
	value->kind = VALUE_INTEGER;
	value->text = slice_make(r->text.p + start, r->at - start);
	return 0;
}

static void
push(struct reader *r, const struct value *value)
{
	if (r->used == r->room) {
		r->room = r->room > 0 ? 2 * r->room : STACK_FIRST;
		r->stack = xrealloc(r->stack, r->room * sizeof(*r->stack));
	}
	r->stack[r->used++] = *value;
}

static int
compare_names(const void *a, const void *b)
{
	const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;
	int difference = slice_compare(x->name, y->name);

	return difference != 0 ? difference : x < y ? -1 : x > y;
}

/* Of equal names the last one's value stays, in the place of the first.  Sorted, so that no object is slow. */
static size_t
drop_repeated(struct value *item, size_t count)
{
	struct value **sorted = xmalloc(count * sizeof(struct value *)), *first;
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &item[i];
	qsort(sorted, count, sizeof(struct value *), compare_names);
	first = sorted[0];
	for (size_t i = 1; i < count; i++) {
		if (slice_eq(first->name, sorted[i]->name)) {
			*first = *sorted[i];
			sorted[i]->name = SLICE_NONE;
		} else {
			first = sorted[i];
		}
	}
	free(sorted);
	for (size_t i = 0; i < count; i++)
		if (item[i].name.p != NULL)
			item[left++] = item[i];
	return left;
}

/* Makes the members above `base` those of *value. */
static void
close_container(struct reader *r, size_t base, struct value *value)
{
	size_t count = r->used - base;

	if (value->kind == VALUE_OBJECT && count > 1)
		count = drop_repeated(r->stack + base, count);
	r->used = base;
	r->depth--;
	if (count == 0)
		return;
	value->count = count;
	value->item = memcpy(arena_alloc(r->arena, count * sizeof(*value->item)), r->stack + base,
	    count * sizeof(*value->item));
}

/* The name of a member with its colon. */
static int
read_name(struct reader *r, struct slice *name)
{
	if (peek(r) != '"')
		return fail_at(r, "Expecting property name enclosed in double quotes", r->at);
	r->at++;
	if (read_string(r, name) < 0)
		return -1;
	skip_space(r);
	if (peek(r) != ':')
		return fail_at(r, "Expecting ':' delimiter", r->at);
	r->at++;
	skip_space(r);
	return 0;
}

/* At the bracket that opens it. */
static int
read_container(struct reader *r, struct value *value)
{
	char end = peek(r) == '{' ? '}' : ']';
	size_t base = r->used;

	value->kind = end == '}' ? VALUE_OBJECT : VALUE_ARRAY;
	if (++r->depth > BODY_DEPTH_MAX)
		return fail_at(r, "Nested too deeply", r->at);
	r->at++;
	skip_space(r);
	while (peek(r) != end || r->used > base) {
		struct value item = { .kind = VALUE_NULL };

		if ((end == '}' && read_name(r, &item.name) < 0) || read_value(r, &item) < 0)
			return -1;
		push(r, &item);
		skip_space(r);
		if (peek(r) == end)
			break;
		if (peek(r) != ',')
			return fail_at(r, "Expecting ',' delimiter", r->at);
		r->at++;
		skip_space(r);
	}
	r->at++;
	close_container(r, base, value);
	return 0;
}

static int
read_word(struct reader *r, struct value *value)
{
	static const char *const not_json[] = { "NaN", "Infinity", "-Infinity" };

	if (take_word(r, "null"))
		return 0;
	if (take_word(r, "true") || take_word(r, "false")) {
		value->kind = VALUE_BOOL;
		value->truth = r->text.p[r->at - 2] == 'u';
		return 0;
	}
	for (size_t i = 0; i < sizeof(not_json) / sizeof(not_json[0]); i++) {
		if (take_word(r, not_json[i])) {
			r->error = arena_printf(r->arena, "Out of range float values are not JSON compliant: '%s'", not_json[i]);
			return -1;
		}
	}
	return read_number(r, value);
}

/* *value is a null, perhaps with a name. */
static int
read_value(struct reader *r, struct value *value)
{
	if (r->values++ == BODY_VALUES_MAX)
		return fail_at(r, "Too many values", r->at);
	switch (peek(r)) {
	case '"':
		r->at++;
		value->kind = VALUE_STRING;
		return read_string(r, &value->text);
	case '{':
	case '[':
		return read_container(r, value);
	default:
		return read_word(r, value);
	}
}

static int
read_document(struct reader *r, struct value *value)
{
	if (slice_has_prefix(r->text, SLICE("\xef\xbb\xbf")))
		return fail_at(r, "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
	skip_space(r);
	if (read_value(r, value) < 0)
		return -1;
	skip_space(r);
	return r->at == r->text.n ? 0 : fail_at(r, "Extra data", r->at);
}

int
json_in_read(struct arena *arena, enum charset charset, struct slice bytes, const struct value **value_r,
    const char **reason_r)
{
	struct value *value = arena_zalloc(arena, sizeof(*value));
	struct reader r = { .arena = arena };
	int result = charset_decode(arena, charset, bytes, &r.text, &r.error);

	if (result == 0)
		result = read_document(&r, value);
	free(r.stack);
	*value_r = value;
	*reason_r = r.error;
	return result;
}

int
json_in_parse(struct arena *arena, enum charset charset, struct slice bytes, const struct value **value_r,
    const char **detail_r)
{
	const char *reason;

	if (json_in_read(arena, charset, bytes, value_r, &reason) == 0)
		return 0;
	*detail_r = arena_printf(arena, "JSON parse error - %s", reason);
	return 400;
}
