/* SPDX-License-Identifier: MIT
 *
 * See password.h.  The stored text names its algorithm and cost, and is
 * checked before it is believed: a row must not be able to keep a thread busy
 * for minutes or to take the memory of the machine.  Only job threads come
 * here, in the hashing lane.
 */
#include "config.h"

#include "proto/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
	/* Ten times what Django 5.2 stores. */
	ITERATIONS_MAX = 10 * 1000 * 1000,
	/*
	 * What a hash of Django 4.2 costs, the oldest that the reference runs
	 * with: a database that was in use for years holds hashes of all later
	 * versions too, each as it was at a user's last login, so no figure
	 * hides for certain that a user does not exist.  This one is in their
	 * middle and not dearer than a real login.
	 */
	WASTE_ITERATIONS = 600000,
	SCRYPT_MEMORY_MAX = 64 * 1024 * 1024,	/* bytes */
	SCRYPT_PARALLEL_MAX = 16,		/* Django's own is 5; each costs the whole memory's time */
	KEY_MAX = 64,				/* bytes of the longest key, scrypt's */
	ENCODED_MAX = (KEY_MAX + 2) / 3 * 4 + 1,
};

/* Is the text of `expected` what is stored?  Takes the same time wherever they differ. */
static bool
same_text(struct slice stored, const char *expected)
{
	size_t n = strlen(expected);

	return stored.n == n && CRYPTO_memcmp(stored.p, expected, n) == 0;
}

static bool
same_key(struct slice stored, const unsigned char *key, size_t n)
{
	char encoded[ENCODED_MAX];
	bool same;

	(void)EVP_EncodeBlock((unsigned char *)encoded, key, (int)n);
	same = same_text(stored, encoded);
	OPENSSL_cleanse(encoded, sizeof(encoded));
	return same;
}

static int
pbkdf2(const EVP_MD *digest, struct slice password, struct slice salt, unsigned iterations, unsigned char *key,
    size_t n)
{
	/* An absent password or salt is an empty one. */
	const char *secret = password.n > 0 ? password.p : "";
	const unsigned char *grains = (const unsigned char *)(salt.n > 0 ? salt.p : "");

	if (password.n > INT32_MAX || salt.n > INT32_MAX)
		return -1;
	return PKCS5_PBKDF2_HMAC(secret, (int)password.n, grains, (int)salt.n, (int)iterations, digest, (int)n,
	    key) == 1 ? 0 : -1;
}

/* "ITERATIONS$SALT$HASH" */
static bool
verify_pbkdf2(const EVP_MD *digest, struct slice stored, struct slice password)
{
	size_t n = (size_t)EVP_MD_get_size(digest);
	unsigned char key[EVP_MAX_MD_SIZE];
	struct slice text, salt;
	uint64_t iterations;
	bool same;

	if (!slice_cut(&stored, '$', &text) || slice_uint(text, ITERATIONS_MAX, &iterations) == -1 ||
	    iterations == 0 || !slice_cut(&stored, '$', &salt) || stored.p == NULL)
		return false;
	if (pbkdf2(digest, password, salt, (unsigned)iterations, key, n) == -1)
		return false;
	same = same_key(stored, key, n);
	OPENSSL_cleanse(key, sizeof(key));
	return same;
}

static bool
verify_pbkdf2_sha256(struct slice stored, struct slice password)
{
	return verify_pbkdf2(EVP_sha256(), stored, password);
}

static bool
verify_pbkdf2_sha1(struct slice stored, struct slice password)
{
	return verify_pbkdf2(EVP_sha1(), stored, password);
}

/* "N$SALT$R$P$HASH" */
static bool
verify_scrypt(struct slice stored, struct slice password)
{
	const char *secret = password.n > 0 ? password.p : "";
	unsigned char key[KEY_MAX];
	struct slice cost_text, salt, block_text, parallel_text;
	uint64_t cost, block, parallel;
	bool same;

	if (!slice_cut(&stored, '$', &cost_text) || !slice_cut(&stored, '$', &salt) ||
	    !slice_cut(&stored, '$', &block_text) || !slice_cut(&stored, '$', &parallel_text) || stored.p == NULL)
		return false;
	if (slice_uint(cost_text, SCRYPT_MEMORY_MAX / 128, &cost) == -1 ||
	    slice_uint(block_text, SCRYPT_MEMORY_MAX / 128, &block) == -1 ||
	    slice_uint(parallel_text, SCRYPT_PARALLEL_MAX, &parallel) == -1 || cost < 2 || block == 0 ||
	    parallel == 0 || cost * block > SCRYPT_MEMORY_MAX / 128)
		return false;
	/* OpenSSL counts some small buffers in, so its own limit is twice ours. */
	if (EVP_PBE_scrypt(secret, password.n, (const unsigned char *)salt.p, salt.n, cost, block, parallel,
	    2 * (uint64_t)SCRYPT_MEMORY_MAX, key, sizeof(key)) != 1)
		return false;
	same = same_key(stored, key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	return same;
}

/* "SALT$HEX" */
static bool
verify_md5(struct slice stored, struct slice password)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2 * EVP_MAX_MD_SIZE + 1];
	EVP_MD_CTX *context;
	struct slice salt;
	unsigned n = 0;
	bool done;

	if (!slice_cut(&stored, '$', &salt) || stored.p == NULL)
		return false;
	context = EVP_MD_CTX_new();
	/* A system in FIPS mode has no MD5. */
	done = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1 &&
	    EVP_DigestUpdate(context, salt.p, salt.n) == 1 &&
	    EVP_DigestUpdate(context, password.n > 0 ? password.p : "", password.n) == 1 &&
	    EVP_DigestFinal_ex(context, digest, &n) == 1;
	EVP_MD_CTX_free(context);
	if (!done)
		return false;
	for (unsigned i = 0; i < n; i++) {
		text[2 * i] = hex[digest[i] >> 4];
		text[2 * i + 1] = hex[digest[i] & 15];
	}
	text[2 * n] = '\0';
	return same_text(stored, text);
}

static const struct {
	const char *name;
	bool (*verify)(struct slice stored, struct slice password);
} algorithms[] = {
	{ "pbkdf2_sha256", verify_pbkdf2_sha256 },
	{ "pbkdf2_sha1", verify_pbkdf2_sha1 },
	{ "scrypt", verify_scrypt },
	{ "md5", verify_md5 },
};

bool
password_verify(struct slice stored, struct slice password, bool *known_r)
{
	struct slice name;

	if (known_r != NULL)
		*known_r = false;
	if (!slice_cut(&stored, '$', &name) || stored.p == NULL)
		return false;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (!slice_is(name, algorithms[i].name))
			continue;
		if (known_r != NULL)
			*known_r = true;
		return algorithms[i].verify(stored, password);
	}
	return false;
}

void
password_waste_time(struct slice password)
{
	unsigned char key[EVP_MAX_MD_SIZE];

	(void)pbkdf2(EVP_sha256(), password, SLICE("0123456789abcdefghijkl"), WASTE_ITERATIONS, key, 32);
	OPENSSL_cleanse(key, sizeof(key));
}
