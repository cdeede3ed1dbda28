/* SPDX-License-Identifier: MIT
 *
 * See uri.h.
 */
#include "config.h"

#include "proto/uri.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "proto/digits.h"
#include "proto/text.h"

/* Where a byte may stand unencoded. */
enum { IN_PATH = 1, IN_FORM = 2 };

static const unsigned char raw_in[256] = {
	['A' ... 'Z'] = IN_PATH | IN_FORM, ['a' ... 'z'] = IN_PATH | IN_FORM, ['0' ... '9'] = IN_PATH | IN_FORM,
	['-'] = IN_PATH | IN_FORM, ['.'] = IN_PATH | IN_FORM, ['_'] = IN_PATH | IN_FORM, ['~'] = IN_PATH | IN_FORM,
	['!'] = IN_PATH, ['$'] = IN_PATH, ['&'] = IN_PATH, ['\''] = IN_PATH, ['('] = IN_PATH, [')'] = IN_PATH,
	['*'] = IN_PATH, ['+'] = IN_PATH, [','] = IN_PATH, [';'] = IN_PATH, ['='] = IN_PATH,
	[':'] = IN_PATH, ['@'] = IN_PATH, ['/'] = IN_PATH
};

static char *
put_escape(char *at, char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	*at++ = '%';
	*at++ = digits[(unsigned char)byte >> 4];
	*at++ = digits[(unsigned char)byte & 15];
	return at;
}

static void
encode(struct buf *out, struct slice value, int place)
{
	char *at = buf_reserve(out, 3 * value.n + 1);

	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (raw_in[(unsigned char)c] & place)
			*at++ = c;
		else if (c == ' ' && place == IN_FORM)
			*at++ = '+';
		else
			at = put_escape(at, c);
	}
	out->len = (size_t)(at - out->data);
}

void
uri_encode_path(struct buf *out, struct slice value)
{
	encode(out, value, IN_PATH);
}

void
uri_encode_form(struct buf *out, struct slice value)
{
	encode(out, value, IN_FORM);
}

void
uri_encode_msgid(struct buf *out, struct slice msgid)
{
	struct slice rest = slice_trim(msgid, "<>"), piece;

	for (bool first = true; slice_cut(&rest, '/', &piece); first = false) {
		if (!first)
			buf_str(out, "%252F");		/* "%2F", its percent sign encoded */
		encode(out, piece, IN_PATH);
	}
}

/* Undoes %XX, and '+' with `form`; the bytes may be no UTF-8. */
static struct slice
decode(struct arena *arena, struct slice raw, bool form)
{
	char *start = arena_alloc(arena, raw.n + 1), *at = start;

	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '%' && raw.n - i > 2 && hex_digit(raw.p[i + 1]) >= 0 && hex_digit(raw.p[i + 2]) >= 0) {
			c = (char)(hex_digit(raw.p[i + 1]) << 4 | hex_digit(raw.p[i + 2]));
			i += 2;
		} else if (c == '+' && form) {
			c = ' ';
		}
		*at++ = c;
	}
	*at = '\0';
	return slice_make(start, (size_t)(at - start));
}

/* Percent-encodes again what is not UTF-8, as the reference does with paths. */
static struct slice
encode_invalid(struct arena *arena, struct slice s)
{
	char *start = arena_alloc(arena, 3 * s.n + 1), *at = start;

	while (s.n > 0) {
		size_t n;
		bool invalid = utf8_decode(s, &n) == 0xfffd && !slice_has_prefix(s, SLICE("\xef\xbf\xbd"));

		for (size_t i = 0; i < n; i++) {
			if (invalid)
				at = put_escape(at, s.p[i]);
			else
				*at++ = s.p[i];
		}
		s = slice_from(s, n);
	}
	*at = '\0';
	return slice_make(start, (size_t)(at - start));
}

struct slice
uri_decode_path(struct arena *arena, struct slice raw)
{
	struct slice path = decode(arena, raw, false);

	return utf8_valid(path) ? path : encode_invalid(arena, path);
}

/* Counts the pieces between '&' that are not empty; max + 1 for any more than max. */
static size_t
count_pieces(struct slice raw, size_t max)
{
	struct slice piece;
	size_t count = 0;

	while (count <= max && slice_cut(&raw, '&', &piece))
		count += piece.n > 0;
	return count;
}

int
uri_query_parse(struct arena *arena, struct slice raw, size_t max, struct uri_query *query_r)
{
	size_t count = count_pieces(raw, max);
	struct slice piece;

	*query_r = (struct uri_query){ 0 };
	if (count == 0 || count > max)
		return count == 0 ? 0 : -1;
	query_r->params = arena_alloc(arena, count * sizeof(*query_r->params));
	while (slice_cut(&raw, '&', &piece)) {
		struct uri_param *param = &query_r->params[query_r->count];
		struct slice key;

		if (piece.n == 0)
			continue;
		(void)slice_cut(&piece, '=', &key);
		param->key = utf8_repair(arena, decode(arena, key, true));
		param->value = utf8_repair(arena, decode(arena, piece, true));
		query_r->count++;
	}
	return 0;
}

struct slice
uri_query_last(const struct uri_query *query, const char *key)
{
	struct slice wanted = slice_str(key);

	for (size_t i = query->count; i-- > 0;)
		if (slice_eq(query->params[i].key, wanted))
			return query->params[i].value;
	return SLICE_NONE;
}

bool
uri_query_next(const struct uri_query *query, const char *key, size_t *at, struct slice *value_r)
{
	struct slice wanted = slice_str(key);

	while (*at < query->count) {
		const struct uri_param *param = &query->params[(*at)++];

		if (slice_eq(param->key, wanted)) {
			*value_r = param->value;
			return true;
		}
	}
	return false;
}

/* By key; bytes of valid UTF-8 sort as their code points do.  Equal keys keep their place in the array. */
static int
compare_params(const void *a, const void *b)
{
	const struct uri_param *const *pa = a, *const *pb = b;
	struct slice ka = (*pa)->key, kb = (*pb)->key;
	int order = memcmp(ka.p, kb.p, ka.n < kb.n ? ka.n : kb.n);

	if (order != 0)
		return order;
	if (ka.n != kb.n)
		return ka.n < kb.n ? -1 : 1;
	return *pa < *pb ? -1 : *pa > *pb;
}

void
uri_query_with_page(struct buf *out, const struct uri_query *query, uint64_t page)
{
	const struct uri_param **sorted = xmalloc((query->count + 1) * sizeof(const struct uri_param *));
	char digits[24];
	struct uri_param wanted = { SLICE("page"), SLICE_NONE };
	size_t count = 0;
	char before = '?';

	for (size_t i = 0; i < query->count; i++)
		if (!slice_eq(query->params[i].key, wanted.key))
			sorted[count++] = &query->params[i];
	if (page > 0) {
		wanted.value = slice_make(digits, (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, page));
		sorted[count++] = &wanted;
	}
	qsort(sorted, count, sizeof(const struct uri_param *), compare_params);
	for (size_t i = 0; i < count; i++) {
		buf_byte(out, before);
		uri_encode_form(out, sorted[i]->key);
		buf_byte(out, '=');
		uri_encode_form(out, sorted[i]->value);
		before = '&';
	}
	free(sorted);
}
