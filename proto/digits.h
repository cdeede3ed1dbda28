/* SPDX-License-Identifier: MIT
 *
 * Digits of several bases.  Pure functions.
 */
#ifndef THIMBLE_PROTO_DIGITS_H
#define THIMBLE_PROTO_DIGITS_H

#include "base/slice.h"

/* How many decimal digits the text begins with. */
static inline size_t
digits_leading(struct slice text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
		n++;
	return n;
}

/* Value of a hexadecimal digit of either case; -1 for any other byte. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Value of a base64 digit (RFC 4648, 4), the padding excluded; -1 for any other byte. */
static inline int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

#endif
