/* SPDX-License-Identifier: MIT
 *
 * See authorization.h.
 */
#include "config.h"

#include "proto/authorization.h"

#include <stdbool.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "proto/text.h"

/* More is no password, but work. */
enum { CREDENTIAL_MAX = 4096 };

/* Words of the header's value; at most three are told apart. */
static size_t
split_words(struct slice value, struct slice words[3])
{
	size_t count = 0;

	while (count < 3) {
		value = slice_trim(value, " \t");
		if (value.n == 0)
			break;
		words[count] = value;
		for (size_t i = 0; i < value.n; i++) {
			if (value.p[i] == ' ' || value.p[i] == '\t') {
				words[count].n = i;
				break;
			}
		}
		value = slice_from(value, words[count].n);
		count++;
	}
	return count;
}

/* Base64 as Python reads it: characters outside the alphabet are dropped, padding must be right. */
static bool
decode_base64(struct arena *arena, struct slice text, struct slice *decoded_r)
{
	unsigned char *clean = arena_alloc(arena, text.n + 4);
	unsigned char *out;
	size_t n = 0, padding = 0;
	int length;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '=') {
			/* the text ends where the padding completes a group */
			if (n % 4 >= 2 && n % 4 + ++padding == 4)
				break;
			continue;
		}
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/') {
			clean[n++] = c;
			padding = 0;
		}
	}
	if (n % 4 != 0 && (n % 4 == 1 || n % 4 + padding != 4))
		return false;
	if (n % 4 == 0)
		padding = 0;
	memset(clean + n, '=', padding);
	out = arena_alloc(arena, n + 4);
	length = EVP_DecodeBlock(out, clean, (int)(n + padding));
	if (length < (int)padding)
		return false;
	*decoded_r = slice_make((char *)out, (size_t)length - padding);
	return true;
}

/* UTF-8, or else each byte a Latin-1 character. */
static struct slice
decode_text(struct arena *arena, struct slice bytes)
{
	char *out;
	size_t n = 0;

	if (utf8_valid(bytes))
		return bytes;
	out = arena_alloc(arena, bytes.n * 2);
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c >= 0x80)
			out[n++] = (char)(0xc0 | c >> 6);
		out[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
	}
	return slice_make(out, n);
}

static struct authorization
bad(const char *detail)
{
	return (struct authorization){ .kind = AUTHORIZATION_BAD, .detail = detail };
}

static struct authorization
parse_basic(struct arena *arena, const struct slice *words, size_t count)
{
	struct slice decoded;
	ptrdiff_t colon;

	if (count == 1)
		return bad("Invalid basic header. No credentials provided.");
	if (count > 2)
		return bad("Invalid basic header. Credentials string should not contain spaces.");
	if (words[1].n > CREDENTIAL_MAX)
		return bad("Invalid username/password.");
	if (!decode_base64(arena, words[1], &decoded))
		return bad("Invalid basic header. Credentials not correctly base64 encoded.");
	decoded = decode_text(arena, decoded);
	colon = slice_index(decoded, ':');
	if (colon < 0)
		return bad("Invalid basic header. Credentials not correctly base64 encoded.");
	/* nobody's name or password has one, and no database takes it */
	if (memchr(decoded.p, '\0', decoded.n) != NULL)
		return bad("Invalid username/password.");
	return (struct authorization){
		.kind = AUTHORIZATION_BASIC,
		.user = slice_make(decoded.p, (size_t)colon),
		.secret = slice_from(decoded, (size_t)colon + 1),
	};
}

static struct authorization
parse_token(const struct slice *words, size_t count)
{
	if (count == 1)
		return bad("Invalid token header. No credentials provided.");
	if (count > 2)
		return bad("Invalid token header. Token string should not contain spaces.");
	if (!utf8_valid(words[1]))
		return bad("Invalid token header. Token string should not contain invalid characters.");
	if (words[1].n > CREDENTIAL_MAX || memchr(words[1].p, '\0', words[1].n) != NULL)
		return bad("Invalid token.");
	return (struct authorization){ .kind = AUTHORIZATION_TOKEN, .secret = words[1] };
}

void
authorization_parse(struct arena *arena, struct slice value, struct authorization *authorization_r)
{
	struct slice words[3];
	size_t count = split_words(value, words);

	if (count > 0 && slice_eq_nocase(words[0], SLICE("Basic")))
		*authorization_r = parse_basic(arena, words, count);
	else if (count > 0 && slice_eq_nocase(words[0], SLICE("Token")))
		*authorization_r = parse_token(words, count);
	else
		*authorization_r = (struct authorization){ .kind = AUTHORIZATION_NONE };
}
