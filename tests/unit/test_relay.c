/* SPDX-License-Identifier: MIT
 *
 * Which Redis counts: what a claim says of one, who may claim another, and how the claim is
 * written.
 */
#include "config.h"

#include "worker/relay_claim.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cache/stream.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0000000000000001"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 0000000000000002"
#define C "cccccccccccccccccccccccccccccccccccccccc 0000000000000003"

enum { DATABASE = 7 };

static enum relay_verdict
judge(const char *claim, const char *incarnation, uint64_t claimed_for)
{
	return relay_judge(slice_str(claim), slice_str(incarnation), claimed_for, DATABASE);
}

Test(claim, the_first_counts)
{
	cr_expect_eq(judge(A, A, DATABASE), RELAY_COUNTS);
	cr_expect_eq(judge(A ";" B, A, DATABASE), RELAY_COUNTS);
	/* as somebody may have written it */
	cr_expect_eq(judge(" " A " ; " B, A, DATABASE), RELAY_COUNTS);
	cr_expect_eq(judge(";;" A, A, DATABASE), RELAY_COUNTS);
}

Test(claim, of_another_database)
{
	cr_expect_eq(judge(A, A, DATABASE + 1), RELAY_MAY_CLAIM);
	cr_expect_eq(judge(A ";" B, A, 0), RELAY_MAY_CLAIM);
}

Test(claim, one_that_counted_once_is_cut_off)
{
	cr_expect_eq(judge(A ";" B, B, DATABASE), RELAY_CUT_OFF);
	cr_expect_eq(judge(A ";" B ";" C, C, DATABASE), RELAY_CUT_OFF);
	cr_expect_eq(judge(A ";" B ";" C, C, DATABASE + 1), RELAY_CUT_OFF);
	cr_expect_eq(judge(A "; " B " ;", B, DATABASE), RELAY_CUT_OFF);
}

Test(claim, a_new_one_may_be_claimed)
{
	cr_expect_eq(judge("", A, DATABASE), RELAY_MAY_CLAIM);
	cr_expect_eq(judge(A, B, DATABASE), RELAY_MAY_CLAIM);
	cr_expect_eq(judge(A ";" B, C, DATABASE), RELAY_MAY_CLAIM);
	/* another run of the same server; the same run with another clock */
	cr_expect_eq(judge(A ";" B, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc 0000000000000002", DATABASE), RELAY_MAY_CLAIM);
	cr_expect_eq(judge(A ";" B, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 0000000000000004", DATABASE), RELAY_MAY_CLAIM);
	/* no longer or shorter text is the same */
	cr_expect_eq(judge(A ";" B "0", B, DATABASE), RELAY_MAY_CLAIM);
	cr_expect_eq(relay_judge(SLICE_NONE, SLICE(A), DATABASE, DATABASE), RELAY_MAY_CLAIM);
}

Test(claim, one_without_a_clock_always)
{
	cr_expect_eq(judge(A ";" B, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb -", 0), RELAY_MAY_CLAIM);
	/* even if somebody wrote that down */
	cr_expect_eq(judge("b -", "b -", DATABASE), RELAY_MAY_CLAIM);
	cr_expect_eq(judge(A ";b -", "b -", DATABASE), RELAY_MAY_CLAIM);
}

static struct slice
text(char buffer[static RELAY_CLAIM_MAX], const char *incarnation, const char *claim)
{
	return slice_make(buffer, relay_claim_text(buffer, slice_str(incarnation), slice_str(claim)));
}

#define WRITTEN(incarnation, claim, expected) do { \
	char buffer[RELAY_CLAIM_MAX]; \
	struct slice is = text(buffer, incarnation, claim); \
	cr_expect(slice_is(is, expected), "%.*s", SLICE_ARG(is)); \
} while (0)

Test(claim, text)
{
	WRITTEN(A, "", A);
	WRITTEN(A, B, A ";" B);
	WRITTEN(A, B ";" C, A ";" B ";" C);
	/* nothing stands there twice */
	WRITTEN(A, B ";" A ";" C, A ";" B ";" C);
	/* nor what is none */
	WRITTEN(A, "hello;" B "; x;y ; ;" B B B ";" C, A ";" B ";" C);
}

Test(claim, text_is_bounded)
{
	char claim[RELAY_CLAIM_MAX * 4], entry[64], buffer[RELAY_CLAIM_MAX];
	struct slice rest, piece;
	size_t n = 0, entries = 0;

	claim[0] = '\0';
	for (unsigned i = 0; i < 60; i++)
		n += (size_t)snprintf(claim + n, sizeof(claim) - n, "%s%040u %016u", i > 0 ? ";" : "", i, i);
	rest = text(buffer, A, claim);
	cr_expect_leq(rest.n, RELAY_CLAIM_MAX);
	while (slice_cut(&rest, ';', &piece)) {
		if (entries > 0) {
			(void)snprintf(entry, sizeof(entry), "%040zu %016zu", entries - 1, entries - 1);
			cr_expect(slice_is(piece, entry), "%.*s", SLICE_ARG(piece));
		}
		entries++;
	}
	cr_expect_eq(entries, RELAY_HISTORY_MAX);
}

Test(claim, an_incarnation_that_cannot_be)
{
	char long_one[STREAM_INCARNATION_MAX + 1], buffer[RELAY_CLAIM_MAX];

	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	cr_expect_eq(relay_claim_text(buffer, slice_str(long_one), SLICE(A)), 0);
}

/* Whatever stands there: it is read within its bounds, and what is written can be read. */
Test(claim, any_text)
{
	static const char alphabet[] = "ab;  -0\n\\";
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		char claim[48], buffer[RELAY_CLAIM_MAX];
		size_t n = 0, length;

		for (seed = seed * 1103515245 + 12345; n < seed / 65536 % sizeof(claim); n++) {
			claim[n] = alphabet[(seed * (n + 7) / 65536 + n * n) % (sizeof(alphabet) - 1)];
		}
		(void)relay_judge(slice_make(claim, n), SLICE(A), 1, 1);
		length = relay_claim_text(buffer, SLICE(A), slice_make(claim, n));
		cr_assert_leq(length, RELAY_CLAIM_MAX);
		cr_assert(slice_is(relay_claimed(slice_make(buffer, length)), A));
		cr_assert_eq(relay_judge(slice_make(buffer, length), SLICE(A), 1, 1), RELAY_COUNTS);
	}
}
