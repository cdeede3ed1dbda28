/* SPDX-License-Identifier: MIT
 *
 * Tests of worker/reviewboard/rb_session.
 */
#include "config.h"

#include "worker/reviewboard/rb_session.h"

#include <criterion/criterion.h>

#include "base/buf.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static const unsigned char key[RB_KEY_SIZE] = "a key of thirty-two bytes";
static const struct rb_session session = { 7, -1, 2000000000, NONCE };
static struct buf cookie;

static void
setup(void)
{
	rb_session_put(&cookie, &session, key, SLICE("secret"));
}

static void
teardown(void)
{
	buf_fini(&cookie);
}

TestSuite(rb_session, .init = setup, .fini = teardown);

Test(rb_session, what_was_written_is_read)
{
	struct rb_session read;

	cr_assert(rb_session_read(buf_as_slice(&cookie), &read));
	cr_assert(read.user == 7 && read.token == -1 && read.expires == 2000000000);
	cr_assert_str_eq(read.nonce, NONCE);
	cr_assert(rb_session_verify(buf_as_slice(&cookie), key, SLICE("secret")));
}

Test(rb_session, key_and_secret_count)
{
	unsigned char other[RB_KEY_SIZE];

	memcpy(other, key, sizeof(other));
	other[31] ^= 1;
	cr_assert(!rb_session_verify(buf_as_slice(&cookie), other, SLICE("secret")));
	cr_assert(!rb_session_verify(buf_as_slice(&cookie), key, SLICE("secreT")));
	cr_assert(!rb_session_verify(buf_as_slice(&cookie), key, SLICE("")));
}

/* Each byte of it: what is still read is not verified. */
Test(rb_session, no_byte_may_change)
{
	for (size_t i = 0; i < cookie.len; i++) {
		struct rb_session read;
		char was = cookie.data[i];

		for (const char *c = "09afg.-"; *c != '\0'; c++) {
			if (*c == was)
				continue;
			cookie.data[i] = *c;
			cr_assert(!rb_session_read(buf_as_slice(&cookie), &read) ||
			    !rb_session_verify(buf_as_slice(&cookie), key, SLICE("secret")), "byte %zu as %c", i, *c);
		}
		cookie.data[i] = was;
	}
}

Test(rb_session, none_of_ours)
{
	static const char *const texts[] = { "", ".", "....", "1.0.2", "0.0.1." NONCE ".", "1.0.1." NONCE "." DIGITS "00",
		"-1.0.1." NONCE "." DIGITS, "1.0.-1." NONCE "." DIGITS, "1.0.1.x." DIGITS,
		"99999999999999999999.0.1." NONCE "." DIGITS };
	struct rb_session read;

	cr_assert(rb_session_read(SLICE("1.0.1." NONCE "." DIGITS), &read));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert(!rb_session_read(slice_str(texts[i]), &read), "%s", texts[i]);
	cr_assert(!rb_session_verify(SLICE(""), key, SLICE("")) && !rb_session_verify(SLICE("x"), key, SLICE("")));
}

Test(rb_session, nonces_differ)
{
	struct rb_session a, b;

	cr_assert(rb_session_draw(&a) && rb_session_draw(&b));
	cr_assert(strlen(a.nonce) == RB_NONCE_SIZE && strcmp(a.nonce, b.nonce) != 0);
}

Test(rb_session, keys)
{
	unsigned char read[RB_KEY_SIZE];

	cr_assert(rb_session_key(SLICE(DIGITS), read));
	cr_assert(read[0] == 0 && read[1] == 0x11 && read[15] == 0xff && read[31] == 0xff);
	cr_assert(!rb_session_key(SLICE(""), read) && !rb_session_key(SLICE_NONE, read));
	cr_assert(!rb_session_key(SLICE(DIGITS "0"), read));
	cr_assert(!rb_session_key(SLICE("x0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"), read));
}
