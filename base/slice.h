/* SPDX-License-Identifier: MIT
 *
 * A slice is bytes that somebody else owns: a pointer and a length, not
 * terminated.  `p == NULL` means "absent" (an SQL NULL, a header that was not
 * sent); an empty but present value has a pointer and the length 0.
 * Pure functions; any process, any thread.
 */
#ifndef THIMBLE_BASE_SLICE_H
#define THIMBLE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* A slice of a string literal. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_NONE ((struct slice){ NULL, 0 })
/* For "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct slice
slice_make(const char *p, size_t n)
{
	return (struct slice){ p, n };
}

static inline struct slice
slice_str(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

static inline struct slice
slice_from(struct slice s, size_t offset)
{
	return (struct slice){ s.p + offset, s.n - offset };
}

/* Order by bytes, which for UTF-8 is that of the code points: <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);

/* Equal but for the case of ASCII letters. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_has_prefix(struct slice s, struct slice prefix);
bool slice_has_suffix(struct slice s, struct slice suffix);

/* Without the bytes of `set` (a string) at both ends. */
struct slice slice_trim(struct slice s, const char *set);

/* Index of the first c, or -1. */
ptrdiff_t slice_index(struct slice s, char c);

/*
 * Takes what stands before the first `sep` off the front of *rest into *piece.
 * Returns false when *rest is used up: "a,,b" gives "a", "", "b"; "" gives "".
 * *rest is absent (p == NULL) after the last piece.
 */
bool slice_cut(struct slice *rest, char sep, struct slice *piece);

/*
 * Decimal digits only, no sign, not empty.  Returns 0, or -1 when it is
 * anything else or above `max`.
 */
int slice_uint(struct slice s, uint64_t max, uint64_t *value_r);

#endif
