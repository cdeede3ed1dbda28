/* SPDX-License-Identifier: MIT
 *
 * See identity.h.
 */
#include "config.h"

#include "store/identity.h"

uint64_t
identity_mix(uint64_t number, struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		number = (number ^ (unsigned char)text.p[i]) * 0x100000001b3;
	return number;
}

uint64_t
identity_number(struct slice text)
{
	uint64_t number = identity_mix(IDENTITY_START, text);

	return number != 0 ? number : 1;
}
