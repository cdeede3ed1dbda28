/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows, for output.  Its owner frees it with buf_fini; a
 * zeroed struct is an empty buffer.  One thread at a time.
 */
#ifndef THIMBLE_BASE_BUF_H
#define THIMBLE_BASE_BUF_H

#include <string.h>

#include "base/slice.h"

struct buf {
	char *data;		/* NULL until something was added */
	size_t len;
	size_t cap;
};

void buf_fini(struct buf *b);

/* Makes room for `more` bytes behind b->len; returns where they go. */
char *buf_grow(struct buf *b, size_t more);

static inline char *
buf_reserve(struct buf *b, size_t more)
{
	return b->cap - b->len >= more && b->data != NULL ? b->data + b->len : buf_grow(b, more);
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n > 0) {
		memcpy(buf_reserve(b, n), p, n);
		b->len += n;
	}
}

static inline void
buf_byte(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	b->len++;
}

static inline void
buf_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

static inline void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_int(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline struct slice
buf_as_slice(const struct buf *b)
{
	return (struct slice){ b->data != NULL ? b->data : "", b->len };
}

static inline void
buf_reset(struct buf *b)
{
	b->len = 0;
}

#endif
