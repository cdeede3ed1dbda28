/* SPDX-License-Identifier: MIT
 *
 * See relay_claim.h.
 */
#include "config.h"

#include "worker/relay_claim.h"

#include <string.h>

#include "cache/stream.h"

/* The next entry, without spaces around it; empty ones are stepped over. */
static bool
next(struct slice *rest, struct slice *entry_r)
{
	while (slice_cut(rest, ';', entry_r)) {
		*entry_r = slice_trim(*entry_r, " \t\n");
		if (entry_r->n > 0)
			return true;
	}
	return false;
}

struct slice
relay_claimed(struct slice claim)
{
	struct slice entry;

	return next(&claim, &entry) ? entry : SLICE("");
}

/* "RUN_ID -" */
static bool
has_no_clock(struct slice incarnation)
{
	return incarnation.n >= 2 && memcmp(incarnation.p + incarnation.n - 2, " -", 2) == 0;
}

enum relay_verdict
relay_judge(struct slice claim, struct slice incarnation, uint64_t claimed_for, uint64_t database)
{
	struct slice entry;

	/* flushed, or new */
	if (has_no_clock(incarnation))
		return RELAY_MAY_CLAIM;
	if (slice_eq(relay_claimed(claim), incarnation))
		return claimed_for == database ? RELAY_COUNTS : RELAY_MAY_CLAIM;
	while (next(&claim, &entry))
		if (slice_eq(entry, incarnation))
			return RELAY_CUT_OFF;
	return RELAY_MAY_CLAIM;
}

/* Two words, of a length that one of ours has. */
static bool
is_incarnation(struct slice entry)
{
	const char *space = memchr(entry.p, ' ', entry.n);

	return entry.n < STREAM_INCARNATION_MAX && space != NULL && space != entry.p && space + 1 < entry.p + entry.n;
}

static size_t
add(char *text, size_t n, struct slice entry)
{
	if (n > 0)
		text[n++] = ';';
	memcpy(text + n, entry.p, entry.n);
	return n + entry.n;
}

size_t
relay_claim_text(char text[static RELAY_CLAIM_MAX], struct slice incarnation, struct slice claim)
{
	size_t n = 0, entries = 1;
	struct slice entry;

	if (incarnation.n >= STREAM_INCARNATION_MAX)
		return 0;
	n = add(text, n, incarnation);
	while (entries < RELAY_HISTORY_MAX && next(&claim, &entry)) {
		if (!is_incarnation(entry) || slice_eq(entry, incarnation))
			continue;
		if (n + 1 + entry.n > RELAY_CLAIM_MAX)
			break;
		n = add(text, n, entry);
		entries++;
	}
	return n;
}
