/* SPDX-License-Identifier: MIT
 *
 * See rb_session.h.
 */
#include "config.h"

#include "worker/reviewboard/rb_session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/buf.h"
#include "proto/digits.h"

enum { MAC_SIZE = 32, COOKIE_MAX = 256 };

static void
put_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_byte(out, "0123456789abcdef"[bytes[i] >> 4]);
		buf_byte(out, "0123456789abcdef"[bytes[i] & 15]);
	}
}

static bool
is_hex(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (hex_digit(text.p[i]) < 0)
			return false;
	return true;
}

bool
rb_session_key(struct slice hex, unsigned char key[RB_KEY_SIZE])
{
	if (hex.n != 2 * RB_KEY_SIZE || !is_hex(hex))
		return false;
	for (size_t i = 0; i < RB_KEY_SIZE; i++)
		key[i] = (unsigned char)(hex_digit(hex.p[2 * i]) << 4 | hex_digit(hex.p[2 * i + 1]));
	return true;
}

static bool
read_number(struct slice *rest, int64_t *number_r)
{
	struct slice piece;
	uint64_t number;

	if (!slice_cut(rest, '.', &piece))
		return false;
	if (slice_is(piece, "-1")) {
		*number_r = -1;
		return true;
	}
	if (slice_uint(piece, INT64_MAX, &number) < 0)
		return false;
	*number_r = (int64_t)number;
	return true;
}

bool
rb_session_read(struct slice cookie, struct rb_session *session)
{
	struct slice rest = cookie, nonce;

	if (cookie.n > COOKIE_MAX || !read_number(&rest, &session->user) || !read_number(&rest, &session->token) ||
	    !read_number(&rest, &session->expires) || session->user <= 0 || session->expires < 0)
		return false;
	if (!slice_cut(&rest, '.', &nonce) || nonce.n != RB_NONCE_SIZE || !is_hex(nonce))
		return false;
	memcpy(session->nonce, nonce.p, RB_NONCE_SIZE);
	session->nonce[RB_NONCE_SIZE] = '\0';
	return rest.n == 2 * MAC_SIZE && is_hex(rest);
}

/* Appends the MAC of what is signed. */
static void
put_mac(struct buf *out, struct slice text, const unsigned char key[RB_KEY_SIZE], struct slice secret)
{
	struct buf all = { 0 };
	unsigned char mac[MAC_SIZE];
	unsigned length = 0;

	buf_slice(&all, text);
	buf_byte(&all, '\n');
	buf_slice(&all, secret);
	if (HMAC(EVP_sha256(), key, RB_KEY_SIZE, (const unsigned char *)all.data, all.len, mac, &length) != NULL &&
	    length == MAC_SIZE)
		put_hex(out, mac, MAC_SIZE);
	OPENSSL_cleanse(all.data, all.len);
	buf_fini(&all);
}

bool
rb_session_verify(struct slice cookie, const unsigned char key[RB_KEY_SIZE], struct slice secret)
{
	struct buf mac = { 0 };
	size_t signed_length;
	bool good;

	if (cookie.n <= 2 * MAC_SIZE + 1)
		return false;
	signed_length = cookie.n - 2 * MAC_SIZE - 1;
	put_mac(&mac, slice_make(cookie.p, signed_length), key, secret);
	good = mac.len == 2 * MAC_SIZE && CRYPTO_memcmp(mac.data, cookie.p + signed_length + 1, mac.len) == 0;
	buf_fini(&mac);
	return good;
}

bool
rb_session_draw(struct rb_session *session)
{
	unsigned char bytes[RB_NONCE_SIZE / 2];
	struct buf hex = { 0 };

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	put_hex(&hex, bytes, sizeof(bytes));
	memcpy(session->nonce, hex.data, RB_NONCE_SIZE);
	session->nonce[RB_NONCE_SIZE] = '\0';
	buf_fini(&hex);
	return true;
}

void
rb_session_put(struct buf *out, const struct rb_session *session, const unsigned char key[RB_KEY_SIZE],
    struct slice secret)
{
	struct buf text = { 0 };

	buf_printf(&text, "%lld.%lld.%lld.%s", (long long)session->user, (long long)session->token,
	    (long long)session->expires, session->nonce);
	buf_slice(out, buf_as_slice(&text));
	buf_byte(out, '.');
	put_mac(out, buf_as_slice(&text), key, secret);
	buf_fini(&text);
}
