/* SPDX-License-Identifier: MIT
 *
 * See credentials.h.  The digest of what was asked picks a set of a few
 * entries; what is kept in one of them is the digest with the entry's
 * expires_verdict folded into every word.
 *
 * Why that needs no lock: two processes may write one entry at once, and a
 * reader may see words of either, in any mixture.  Were the verdict beside a
 * plain digest, the digest of a wrong password could end up with the "good"
 * that another user's entry brought.  Folded in, the words only give the asked
 * digest back if each was written together with the very expires_verdict that
 * was read; any other mixture is 256 bits that match by chance alone.  So an
 * entry that matches is one that somebody wrote, and the order of the stores
 * does not matter.
 */
#include "config.h"

#include "cache/credentials.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

enum {
	WORDS = CREDENTIALS_DIGEST / 8,
	SETS = CREDENTIALS_ENTRIES / CREDENTIALS_WAYS,
	GOOD_MS = 5 * 60 * 1000,
	BAD_MS = 60 * 1000
};

struct digest {
	uint64_t word[WORDS];
};

int
credentials_init(struct credentials *c)
{
	memset(c, 0, sizeof(*c));
	return RAND_bytes(c->key, sizeof(c->key)) == 1 ? 0 : -1;
}

/* Lengths stand before the bytes, or "ab" + "c" would be "a" + "bc". */
static bool
digest_add(EVP_MAC_CTX *mac, struct slice s)
{
	uint64_t n = s.n;

	return EVP_MAC_update(mac, (const unsigned char *)&n, sizeof(n)) == 1
	    && (s.n == 0 || EVP_MAC_update(mac, (const unsigned char *)s.p, s.n) == 1);
}

/* A context for each call: nothing is shared between threads.  False when OpenSSL has no memory. */
static bool
digest_make(const struct credentials *c, struct slice user, struct slice password, struct slice stored,
    struct digest *digest_r)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", sha256, 0), OSSL_PARAM_construct_end()
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	size_t n = 0;
	bool ok = mac != NULL && EVP_MAC_init(mac, c->key, sizeof(c->key), params) == 1
	    && digest_add(mac, user) && digest_add(mac, password) && digest_add(mac, stored)
	    && EVP_MAC_final(mac, (unsigned char *)digest_r->word, &n, sizeof(digest_r->word)) == 1
	    && n == sizeof(digest_r->word);

	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(hmac);
	return ok;
}

static struct credential *
set_of(struct credentials *c, const struct digest *digest)
{
	return &c->entries[digest->word[0] % SETS * CREDENTIALS_WAYS];
}

/* What the entry's expires_verdict is if it is the digest's, else 0.  In constant time. */
static uint64_t
entry_read(struct credential *entry, const struct digest *digest)
{
	uint64_t expires_verdict = atomic_load_explicit(&entry->expires_verdict, memory_order_relaxed);
	struct digest kept;

	for (size_t i = 0; i < WORDS; i++)
		kept.word[i] = atomic_load_explicit(&entry->digest[i], memory_order_relaxed) ^ expires_verdict;
	return CRYPTO_memcmp(&kept, digest, sizeof(kept)) == 0 ? expires_verdict : 0;
}

static void
entry_write(struct credential *entry, const struct digest *digest, uint64_t expires_verdict)
{
	for (size_t i = 0; i < WORDS; i++)
		atomic_store_explicit(&entry->digest[i], digest->word[i] ^ expires_verdict, memory_order_relaxed);
	atomic_store_explicit(&entry->expires_verdict, expires_verdict, memory_order_relaxed);
}

enum credential_verdict
credentials_ask(struct credentials *c, struct slice user, struct slice password, struct slice stored,
    uint64_t now_ms)
{
	struct credential *set;
	struct digest digest;

	if (!digest_make(c, user, password, stored, &digest))
		return CREDENTIAL_UNKNOWN;
	set = set_of(c, &digest);
	for (size_t i = 0; i < CREDENTIALS_WAYS; i++) {
		uint64_t expires_verdict = entry_read(&set[i], &digest);

		if (expires_verdict / 2 > now_ms)
			return expires_verdict & 1 ? CREDENTIAL_GOOD : CREDENTIAL_BAD;
	}
	return CREDENTIAL_UNKNOWN;
}

/*
 * Smallest is given up first: an entry that is empty or expired, then a bad
 * verdict, so that guessing does not push out who is logged in, then the one
 * that expires soonest.
 */
static uint64_t
entry_worth(struct credential *entry, uint64_t now_ms)
{
	uint64_t expires_verdict = atomic_load_explicit(&entry->expires_verdict, memory_order_relaxed);
	uint64_t expires = expires_verdict / 2;

	if (expires <= now_ms)
		return 0;
	return (expires - now_ms) | (expires_verdict & 1 ? UINT64_C(1) << 63 : 0);
}

void
credentials_remember(struct credentials *c, struct slice user, struct slice password, struct slice stored,
    enum credential_verdict verdict, uint64_t now_ms)
{
	uint64_t lifetime = verdict == CREDENTIAL_GOOD ? GOOD_MS : BAD_MS, least = UINT64_MAX;
	struct credential *set, *victim = NULL;
	struct digest digest;

	if (verdict == CREDENTIAL_UNKNOWN || !digest_make(c, user, password, stored, &digest))
		return;
	set = set_of(c, &digest);
	for (size_t i = 0; i < CREDENTIALS_WAYS; i++) {
		bool ours = entry_read(&set[i], &digest) != 0;
		uint64_t worth = ours ? 0 : entry_worth(&set[i], now_ms);

		if (ours || worth < least) {
			victim = &set[i];
			least = worth;
		}
		if (ours)
			break;
	}
	entry_write(victim, &digest, (now_ms + lifetime) * 2 + (verdict == CREDENTIAL_GOOD ? 1 : 0));
}

int
credentials_digest(const struct credentials *c, struct slice authorization, unsigned char digest_r[CREDENTIALS_DIGEST])
{
	struct digest digest;

	if (!digest_make(c, SLICE("Authorization"), authorization, SLICE(""), &digest))
		return -1;
	memcpy(digest_r, digest.word, CREDENTIALS_DIGEST);
	return 0;
}
