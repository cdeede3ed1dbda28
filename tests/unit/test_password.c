/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/password.  The stored values were made with Python's hashlib.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "proto/password.h"

#define SHA256 "pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0="
#define SHA1 "pbkdf2_sha1$500$salt$Xda6+/yAn0ZUzul0qCylATKaCck="
#define SCRYPT_HASH "66m7frlMbr2NLEY2RptRxs6hqtr8MhutpHFq3RpOfynSM98pU4hjEMAqm9YMaXXg7MItOX8VRVDKQxibN3NnPw=="
#define SCRYPT "scrypt$1024$salt$8$1$" SCRYPT_HASH
#define MD5 "md5$salt$d42a0f742ffc1be4e1cc0845c2429c97"

static bool
verify(const char *stored, const char *password)
{
	return password_verify(slice_str(stored), slice_str(password), NULL);
}

Test(password, known_algorithms)
{
	static const char *const stored[] = { SHA256, SHA1, SCRYPT, MD5 };

	for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
		bool known = false;

		cr_assert(password_verify(slice_str(stored[i]), SLICE("secret"), &known), "%s", stored[i]);
		cr_assert(known);
		known = false;
		cr_assert_not(password_verify(slice_str(stored[i]), SLICE("Secret"), &known), "%s", stored[i]);
		cr_assert(known);
		cr_assert_not(verify(stored[i], ""));
		cr_assert_not(verify(stored[i], "secret "));
	}
}

Test(password, odd_values)
{
	cr_assert(verify("pbkdf2_sha256$7$s\xc3\xa4lt$faKI/qGfuj3wdQcvGu7HQymc5aTz3ock3nflvDZZWNM=",
	    "p\xc3\xa4ssw\xc3\xb6rd"));
	cr_assert(verify("pbkdf2_sha256$1$$984LZT0tcqQQjPWr6RL/3Xd2Ftu7J6cOggTzri0Pb60=", ""));
	cr_assert(password_verify(SLICE("pbkdf2_sha256$1$$984LZT0tcqQQjPWr6RL/3Xd2Ftu7J6cOggTzri0Pb60="), SLICE_NONE, NULL));
	/* A NUL is a byte of the password like any other. */
	cr_assert_not(password_verify(SLICE(SHA256), SLICE("secret\0x"), NULL));
}

Test(password, unknown_never_match)
{
	static const char *const stored[] = {
		"", "!", "!secret", "secret", "$", "pbkdf2_sha256", "argon2$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
		"bcrypt_sha256$$2b$12$abc", "PBKDF2_SHA256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=",
	};
	bool known = true;

	for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
		cr_assert_not(password_verify(slice_str(stored[i]), SLICE("secret"), &known), "%s", stored[i]);
		cr_assert_not(known, "%s", stored[i]);
		known = true;
	}
	cr_assert_not(password_verify(SLICE_NONE, SLICE("secret"), &known));
	cr_assert_not(known);
}

Test(password, broken_never_match)
{
	static const char *const stored[] = {
		"pbkdf2_sha256$", "pbkdf2_sha256$1000", "pbkdf2_sha256$1000$salt", "pbkdf2_sha256$1000$salt$",
		"pbkdf2_sha256$0$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=",
		"pbkdf2_sha256$-1$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=",
		"pbkdf2_sha256$1000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0", SHA256 "$x", "md5$salt", "md5$",
		"scrypt$1024$salt$8$1", "scrypt$1000$salt$8$1$" SCRYPT_HASH, "scrypt$1024$salt$0$1$" SCRYPT_HASH,
		"scrypt$1024$salt$8$0$" SCRYPT_HASH, "scrypt$1$salt$8$1$" SCRYPT_HASH,
	};

	for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++)
		cr_assert_not(verify(stored[i], "secret"), "%s", stored[i]);
}

/* Each would keep the test from ending in time, or take gigabytes, were it computed. */
Test(password, cost_is_bounded, .timeout = 20)
{
	static const char *const stored[] = {
		"pbkdf2_sha256$2000000000$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=",
		"pbkdf2_sha256$99999999999999999999$salt$qN+JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0=",
		"scrypt$16777216$salt$8$1$" SCRYPT_HASH, "scrypt$2$salt$33554432$1$" SCRYPT_HASH,
		"scrypt$131072$salt$8$1$" SCRYPT_HASH, "scrypt$65536$salt$8$1000000$" SCRYPT_HASH,
	};

	for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++)
		for (int round = 0; round < 100; round++)
			cr_assert_not(verify(stored[i], "secret"), "%s", stored[i]);
}

/* The limits themselves, with hashes that are right. */
Test(password, scrypt_limits)
{
	cr_assert(verify("scrypt$2$salt$1$16$"
	    "nPf6t8KN0100OLfPNed6Me6TD+1VlxhiHYK8n0nc8Fw6JVuRcK2tkIpY6MexVhLWTe/X4WyQoIcHo4gZ5QwoOw==", "secret"));
	cr_assert_not(verify("scrypt$2$salt$1$17$"
	    "dA2esj3176QU9CTSYPC1Ktn5hYsqzMtvMDQA0zKSXy4i9pAMrRBgqtApB5zFOFsUSXutzt+uYM/W9vs7ipQxmQ==", "secret"));
	cr_assert_not(verify("scrypt$65536$salt$9$1$"
	    "An//pfqRRdVc4tcTYyzA34IcY4nl2Hw9737F8VirFjOLuF9C+yEpmL4fAC/9BjWlzi89zK3NhbMggRf0hoxSPA==", "secret"));
}
