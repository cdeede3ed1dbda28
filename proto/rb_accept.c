/* SPDX-License-Identifier: MIT
 *
 * See rb_accept.h.
 */
#include "config.h"

#include "proto/rb_accept.h"

#include <string.h>

#include "base/buf.h"
#include "proto/digits.h"

#define VENDOR "application/vnd.reviewboard.org."
#define SPACE " \t"

/* The spellings of what we have, in the order in which they are fallen back to. */
enum spelling { SPELLING_JSON, SPELLING_VENDOR, SPELLING_PATCH, SPELLINGS };

enum { Q_MAX = 1000 };		/* q=1, in thousandths */

void
rb_put_media_type(struct buf *out, const char *name)
{
	buf_printf(out, VENDOR "%s+json", name);
}

static bool
is_vendor(struct slice type, const char *name)
{
	struct slice own = slice_str(name);
	size_t prefix = sizeof(VENDOR) - 1;

	return type.n == prefix + own.n + 5 && slice_eq_nocase(slice_make(type.p, prefix), SLICE(VENDOR)) &&
	    slice_eq_nocase(slice_make(type.p + prefix, own.n), own) &&
	    slice_eq_nocase(slice_from(type, prefix + own.n), SLICE("+json"));
}

/* SPELLINGS: none of ours. */
static enum spelling
spelling_of(struct slice type, const char *name)
{
	if (slice_eq_nocase(type, SLICE("application/json")))
		return SPELLING_JSON;
	if (is_vendor(type, name))
		return SPELLING_VENDOR;
	return slice_eq_nocase(type, SLICE("text/x-patch")) ? SPELLING_PATCH : SPELLINGS;
}

/* "1", "0.5", ".5" in thousandths; what is no number is 1. */
static unsigned
read_q(struct slice text)
{
	size_t whole = digits_leading(text);
	unsigned q = 0, worth = Q_MAX / 10;
	struct slice rest = slice_from(text, whole);

	for (size_t i = 0; i < whole; i++)
		if (text.p[i] != '0')
			return Q_MAX;
	if (rest.n == 0)
		return whole > 0 ? 0 : Q_MAX;
	if (rest.p[0] != '.' || digits_leading(slice_from(rest, 1)) != rest.n - 1)
		return Q_MAX;
	for (size_t i = 1; i < rest.n; i++, worth /= 10) {
		q += (unsigned)(rest.p[i] - '0') * worth;
		/* more than nothing, however little */
		if (worth == 0 && rest.p[i] != '0' && q == 0)
			q = 1;
	}
	return q;
}

/* Cuts an item into its type and its weight. */
static unsigned
read_item(struct slice item, struct slice *type_r)
{
	struct slice param, name;
	unsigned q = Q_MAX;

	(void)slice_cut(&item, ';', type_r);
	*type_r = slice_trim(*type_r, SPACE);
	while (slice_cut(&item, ';', &param)) {
		(void)slice_cut(&param, '=', &name);
		if (param.p != NULL && slice_eq_nocase(slice_trim(name, SPACE), SLICE("q")))
			q = read_q(slice_trim(param, SPACE));
	}
	return q;
}

/* What "type;q=0" takes away. */
static void
refuse(struct slice type, enum spelling spelling, bool refused[SPELLINGS])
{
	bool all = slice_is(type, "*/*"), json = all || slice_eq_nocase(type, SLICE("application/*"));

	refused[SPELLING_JSON] = refused[SPELLING_JSON] || json || spelling == SPELLING_JSON;
	refused[SPELLING_VENDOR] = refused[SPELLING_VENDOR] || json || spelling == SPELLING_VENDOR;
	refused[SPELLING_PATCH] = refused[SPELLING_PATCH] || all || spelling == SPELLING_PATCH ||
	    slice_eq_nocase(type, SLICE("text/*"));
}

static enum rb_format
format_of(enum spelling spelling)
{
	return spelling == SPELLING_PATCH ? RB_FORMAT_PATCH : RB_FORMAT_JSON;
}

enum rb_format
rb_accept(struct slice accept, const char *name, bool has_patch)
{
	bool refused[SPELLINGS] = { false };
	enum spelling best = SPELLINGS;
	struct slice item, type;
	unsigned best_q = 0;

	while (slice_cut(&accept, ',', &item)) {
		unsigned q = read_item(item, &type);
		enum spelling spelling = spelling_of(type, name);

		if (q == 0)
			refuse(type, spelling, refused);
		if (spelling == SPELLINGS || (spelling == SPELLING_PATCH && !has_patch) || q <= best_q)
			continue;
		best = spelling;
		best_q = q;
	}
	if (best != SPELLINGS)
		return format_of(best);
	for (int i = 0; i < SPELLINGS; i++)
		if (!refused[i] && (i != SPELLING_PATCH || has_patch))
			return format_of((enum spelling)i);
	return RB_FORMAT_REFUSED;
}

bool
rb_none_match(struct slice if_none_match, struct slice etag)
{
	struct slice item;

	while (slice_cut(&if_none_match, ',', &item)) {
		item = slice_trim(item, SPACE);
		if (slice_is(item, "*"))
			return true;
		if (slice_has_prefix(item, SLICE("W/")))
			item = slice_from(item, 2);
		if (item.n >= 2 && item.p[0] == '"' && item.p[item.n - 1] == '"')
			item = slice_make(item.p + 1, item.n - 2);
		if (slice_eq(item, etag))
			return true;
	}
	return false;
}
