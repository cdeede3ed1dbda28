/* SPDX-License-Identifier: MIT
 *
 * Who asks (patchwork-api.md, 5.1 to 5.3): HTTP Basic with Django's passwords,
 * or a token.  A credential that is recognised but fails aborts the request
 * with 403; anything else is anonymous.  Browser sessions are Django's: they
 * need its secret key and serve its pages only.
 *
 * A password costs a hash, which is done in the hashing lane, without a
 * database connection in hand, and remembered (cache/credentials.h).
 * Job thread.
 */
#include "config.h"

#include <time.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "cache/credentials.h"
#include "proto/password.h"
#include "proto/text.h"
#include "worker/view.h"

/* More is no password, but work. */
enum { CREDENTIAL_MAX = 4096 };

static enum view_result
refuse(struct view *v, const char *detail)
{
	view_respond_detail(v, 403, detail);
	return VIEW_ANSWERED;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

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

static enum view_result
sign_in(struct view *v, int64_t user)
{
	v->answer.user = user;
	v->authenticated = true;
	return VIEW_GO_ON;
}

/*
 * The verdict on a password.  A hash is made only in its lane; meanwhile no
 * connection is held.
 */
static enum view_result
judge(struct view *v, struct slice user, struct slice password, struct slice stored, enum credential_verdict *verdict_r)
{
	struct credentials *credentials = v->service->credentials;

	*verdict_r = credentials_ask(credentials, user, password, stored, now_ms());
	if (*verdict_r != CREDENTIAL_UNKNOWN)
		return VIEW_GO_ON;
	if (!v->may_hash)
		return VIEW_NEEDS_HASH;
	store_end(&v->snapshot);
	if (stored.n == 0) {
		/* an unknown user takes as long as a wrong password */
		password_waste_time(password);
		*verdict_r = CREDENTIAL_BAD;
	} else {
		*verdict_r = password_verify(stored, password, NULL) ? CREDENTIAL_GOOD : CREDENTIAL_BAD;
	}
	credentials_remember(credentials, user, password, stored, *verdict_r, now_ms());
	return VIEW_GO_ON;
}

static enum view_result
check_password(struct view *v, struct slice user, struct slice password)
{
	struct sql *q = view_sql(v);
	struct slice stored = SLICE("");
	enum credential_verdict verdict;
	enum view_result result;
	struct rows *rows;

	sql_add(q, "SELECT u.id, u.is_active, u.password FROM auth_user u WHERE u.username = ");
	sql_string(q, user);
	rows = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (rows->count > 0)
		stored = rows_get(rows, 0, 2);
	result = judge(v, user, password, stored, &verdict);
	if (result != VIEW_GO_ON)
		return result;
	if (rows->count == 0 || verdict != CREDENTIAL_GOOD || !rows_bool(rows, 0, 1))
		return refuse(v, "Invalid username/password.");
	return sign_in(v, rows_int(rows, 0, 0));
}

static enum view_result
identify_basic(struct view *v, const struct slice *words, size_t count)
{
	struct arena *arena = v->request->arena;
	struct slice decoded, user;
	ptrdiff_t colon;

	if (count == 1)
		return refuse(v, "Invalid basic header. No credentials provided.");
	if (count > 2)
		return refuse(v, "Invalid basic header. Credentials string should not contain spaces.");
	if (words[1].n > CREDENTIAL_MAX)
		return refuse(v, "Invalid username/password.");
	if (!decode_base64(arena, words[1], &decoded))
		return refuse(v, "Invalid basic header. Credentials not correctly base64 encoded.");
	decoded = decode_text(arena, decoded);
	colon = slice_index(decoded, ':');
	if (colon < 0)
		return refuse(v, "Invalid basic header. Credentials not correctly base64 encoded.");
	user = slice_make(decoded.p, (size_t)colon);
	if (memchr(decoded.p, '\0', decoded.n) != NULL)
		return refuse(v, "Invalid username/password.");
	return check_password(v, user, slice_from(decoded, (size_t)colon + 1));
}

static enum view_result
identify_token(struct view *v, const struct slice *words, size_t count)
{
	struct sql *q;
	struct rows *rows;

	if (count == 1)
		return refuse(v, "Invalid token header. No credentials provided.");
	if (count > 2)
		return refuse(v, "Invalid token header. Token string should not contain spaces.");
	if (!utf8_valid(words[1]))
		return refuse(v, "Invalid token header. Token string should not contain invalid characters.");
	if (words[1].n > CREDENTIAL_MAX)
		return refuse(v, "Invalid token.");
	q = view_sql(v);
	sql_add(q, "SELECT u.id, u.is_active FROM authtoken_token k JOIN auth_user u ON u.id = k.user_id WHERE k.key = ");
	sql_string(q, words[1]);
	rows = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (rows->count == 0)
		return refuse(v, "Invalid token.");
	if (!rows_bool(rows, 0, 1))
		return refuse(v, "User inactive or deleted.");
	return sign_in(v, rows_int(rows, 0, 0));
}

enum view_result
auth_identify(struct view *v)
{
	struct slice words[3];
	size_t count = split_words(v->request->authorization, words);

	if (count > 0 && slice_eq_nocase(words[0], SLICE("Basic")))
		return identify_basic(v, words, count);
	if (count > 0 && slice_eq_nocase(words[0], SLICE("Token")))
		return identify_token(v, words, count);
	return VIEW_GO_ON;
}
