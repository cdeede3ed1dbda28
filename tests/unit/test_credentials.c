/* SPDX-License-Identifier: MIT
 *
 * Remembered passwords: what is remembered, for how long, what is given up
 * first, and that entries which two writers mixed match nothing.
 */
#include "config.h"

#include "cache/credentials.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#define USER SLICE("ada")
#define RIGHT SLICE("right")
#define WRONG SLICE("wrong")
#define STORED SLICE("pbkdf2_sha256$1$salt$hash")

enum { NOW = 1000000, MINUTE = 60000 };

static struct credentials *
fresh(void)
{
	struct credentials *c = malloc(sizeof(*c));

	cr_assert_not_null(c);
	memset(c, 0xa5, sizeof(*c));
	cr_assert_eq(credentials_init(c), 0);
	return c;
}

Test(credentials, remembers_both_verdicts)
{
	struct credentials *c = fresh();

	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW), CREDENTIAL_UNKNOWN);
	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	credentials_remember(c, USER, WRONG, STORED, CREDENTIAL_BAD, NOW);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW), CREDENTIAL_GOOD);
	cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW), CREDENTIAL_BAD);
	credentials_remember(c, USER, SLICE("unknown"), STORED, CREDENTIAL_UNKNOWN, NOW);
	cr_expect_eq(credentials_ask(c, USER, SLICE("unknown"), STORED, NOW), CREDENTIAL_UNKNOWN);
	free(c);
}

Test(credentials, another_hash_user_or_split_is_another_entry)
{
	struct credentials *c = fresh();

	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, SLICE("changed"), NOW), CREDENTIAL_UNKNOWN);
	cr_expect_eq(credentials_ask(c, SLICE("bob"), RIGHT, STORED, NOW), CREDENTIAL_UNKNOWN);
	cr_expect_eq(credentials_ask(c, SLICE("adar"), SLICE("ight"), STORED, NOW), CREDENTIAL_UNKNOWN);
	cr_expect_eq(credentials_ask(c, USER, SLICE(""), STORED, NOW), CREDENTIAL_UNKNOWN);
	free(c);
}

Test(credentials, forgets_in_time)
{
	struct credentials *c = fresh();

	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	credentials_remember(c, USER, WRONG, STORED, CREDENTIAL_BAD, NOW);
	cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW + MINUTE - 1), CREDENTIAL_BAD);
	cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW + MINUTE), CREDENTIAL_UNKNOWN);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW + 5 * MINUTE - 1), CREDENTIAL_GOOD);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW + 5 * MINUTE), CREDENTIAL_UNKNOWN);
	free(c);
}

Test(credentials, a_new_verdict_replaces_the_old)
{
	struct credentials *c = fresh();

	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_BAD, NOW + 1);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW + 2), CREDENTIAL_BAD);
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW + 2 * MINUTE), CREDENTIAL_UNKNOWN);
	free(c);
}

Test(credentials, keys_differ)
{
	struct credentials *a = fresh(), *b = fresh();

	credentials_remember(a, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	memcpy(b->entries, a->entries, sizeof(b->entries));
	cr_expect_eq(credentials_ask(b, USER, RIGHT, STORED, NOW), CREDENTIAL_UNKNOWN);
	cr_expect_neq(memcmp(a->key, b->key, sizeof(a->key)), 0);
	free(a);
	free(b);
}

Test(credentials, guesses_do_not_push_out_the_good)
{
	struct credentials *c = fresh();
	char guess[32];

	credentials_remember(c, USER, RIGHT, STORED, CREDENTIAL_GOOD, NOW);
	for (int i = 0; i < 4 * CREDENTIALS_ENTRIES; i++) {
		(void)snprintf(guess, sizeof(guess), "guess %d", i);
		credentials_remember(c, USER, slice_str(guess), STORED, CREDENTIAL_BAD, NOW + 4 * MINUTE + i % 50000);
	}
	cr_expect_eq(credentials_ask(c, USER, RIGHT, STORED, NOW + 4 * MINUTE), CREDENTIAL_GOOD);
	cr_expect_eq(credentials_ask(c, USER, slice_str(guess), STORED, NOW + 4 * MINUTE), CREDENTIAL_BAD);
	free(c);
}

static struct credential *
find_entry(struct credentials *c)
{
	for (size_t i = 0; i < CREDENTIALS_ENTRIES; i++)
		if (c->entries[i].expires_verdict != 0)
			return &c->entries[i];
	return NULL;
}

/* The case that matters: the words of a wrong password, the verdict of a right one. */
Test(credentials, a_mixed_entry_matches_nothing)
{
	struct credentials *c = fresh();
	struct credential *entry;

	credentials_remember(c, USER, WRONG, STORED, CREDENTIAL_BAD, NOW);
	entry = find_entry(c);
	cr_assert_not_null(entry);
	entry->expires_verdict |= 1;
	cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW), CREDENTIAL_UNKNOWN);
	entry->expires_verdict &= ~UINT64_C(1);
	cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW), CREDENTIAL_BAD);
	for (size_t i = 0; i < CREDENTIALS_DIGEST / 8; i++) {
		entry->digest[i] ^= 1;
		cr_expect_eq(credentials_ask(c, USER, WRONG, STORED, NOW), CREDENTIAL_UNKNOWN);
		entry->digest[i] ^= 1;
	}
	free(c);
}

struct racer {
	struct credentials *c;
	unsigned number;
	bool wrong;
};

/* All in few sets, under the same names: a digest never brings another's verdict. */
static void *
race(void *argument)
{
	struct racer *racer = argument;
	char password[32];

	for (unsigned i = 0; i < 20000; i++) {
		unsigned n = (i * 7 + racer->number) % (2 * CREDENTIALS_ENTRIES);
		enum credential_verdict truth = n % 2 ? CREDENTIAL_GOOD : CREDENTIAL_BAD, found;

		(void)snprintf(password, sizeof(password), "%u", n);
		found = credentials_ask(racer->c, USER, slice_str(password), STORED, NOW);
		if (found != CREDENTIAL_UNKNOWN && found != truth)
			racer->wrong = true;
		credentials_remember(racer->c, USER, slice_str(password), STORED, truth, NOW);
	}
	return NULL;
}

Test(credentials, writers_at_once)
{
	struct racer racers[4];
	pthread_t threads[4];
	struct credentials *c = fresh();

	for (unsigned i = 0; i < 4; i++) {
		racers[i] = (struct racer){ .c = c, .number = i };
		cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
		cr_expect_not(racers[i].wrong);
	}
	free(c);
}
