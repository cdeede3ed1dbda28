/* SPDX-License-Identifier: MIT
 *
 * See slice.h.
 */
#include "config.h"

#include "base/slice.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int
slice_compare(struct slice a, struct slice b)
{
	size_t shorter = a.n < b.n ? a.n : b.n;
	int difference = shorter > 0 ? memcmp(a.p, b.p, shorter) : 0;

	return difference != 0 ? difference : a.n < b.n ? -1 : a.n > b.n;
}

bool
slice_has_prefix(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

bool
slice_has_suffix(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

struct slice
slice_trim(struct slice s, const char *set)
{
	while (s.n > 0 && *s.p != '\0' && strchr(set, *s.p) != NULL)
		s = slice_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] != '\0' && strchr(set, s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

ptrdiff_t
slice_index(struct slice s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? at - s.p : -1;
}

bool
slice_cut(struct slice *rest, char sep, struct slice *piece)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return false;
	at = slice_index(*rest, sep);
	if (at < 0) {
		*piece = *rest;
		*rest = SLICE_NONE;
	} else {
		*piece = slice_make(rest->p, (size_t)at);
		*rest = slice_from(*rest, (size_t)at + 1);
	}
	return true;
}

int
slice_uint(struct slice s, uint64_t max, uint64_t *value_r)
{
	uint64_t value = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*value_r = value;
	return 0;
}
