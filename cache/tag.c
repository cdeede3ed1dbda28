/* SPDX-License-Identifier: MIT
 *
 * See tag.h.  FNV-1a: it can be continued from any prefix.
 */
#include "config.h"

#include "cache/tag.h"

static uint64_t
add(uint64_t hash, struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3u;
	return hash;
}

uint64_t
tag_hash(struct slice text)
{
	return add(0xcbf29ce484222325u, text);
}

uint64_t
tag_hash_id(const char *name, char separator, int64_t id)
{
	uint64_t rest = id < 0 ? 0 - (uint64_t)id : (uint64_t)id;
	char text[24];
	size_t at = sizeof(text);

	/* by hand: a page of 250 patches makes a thousand of them */
	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (id < 0)
		text[--at] = '-';
	text[--at] = separator;
	return add(tag_hash(slice_str(name)), slice_make(text + at, sizeof(text) - at));
}

uint64_t
tag_hash_column(uint64_t collection, struct slice column)
{
	return add(add(collection, SLICE(".")), column);
}
