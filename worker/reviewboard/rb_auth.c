/* SPDX-License-Identifier: MIT
 *
 * Who asks (reviewboard-api.md, 2.2): HTTP Basic, tokens of Patchwork's and of ours, OAuth2 bearer
 * tokens, and the cookie that each of these logs in with.  A header that fails refuses the request,
 * also where nobody has to be known; a cookie that is no longer good is as none.
 *
 * Job thread.
 */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include <openssl/sha.h>

#include "base/arena.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "proto/authorization.h"
#include "proto/cookie.h"
#include "proto/iso_date.h"
#include "worker/known.h"
#include "worker/reviewboard/rb_private.h"
#include "worker/reviewboard/rb_session.h"
#include "worker/tags.h"

enum { SECOND_MS = 1000, DATE_MAX = 64 };

enum {
	USER_ID, USERNAME, EMAIL, FIRST_NAME, LAST_NAME, IS_ACTIVE, IS_SUPERUSER, PASSWORD, EDITS_ALL, SUBMITS_AS,
	PATCHWORK_TOKEN, KEY, TOKEN_ID, TOKEN_DIGEST, TOKEN_EXPIRES, TOKEN_INVALID_SINCE, POLICY, SCOPES, LOGGED_OUT
};

#define HAS_RIGHT(name) "EXISTS (SELECT 1 FROM thimble_rb_right r WHERE r.user_id = u.id AND r.name = '" name "')"

/* The cookie that came. */
struct came {
	struct slice text;
	struct rb_session session;
	struct rows *rows;		/* NULL: none, or it is none of ours */
};

/* All there is to know of a user; the conditions follow. */
static struct sql *
select_user(struct rb *rb, const char *nonce)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT u.id, u.username, u.email, u.first_name, u.last_name, u.is_active, u.is_superuser, "
	    "u.password, " HAS_RIGHT("can_edit_reviewrequest") ", " HAS_RIGHT("can_submit_as_another_user") ", k.key, "
	    "(SELECT value FROM thimble_meta WHERE name = 'rb_key'), "
	    "t.id, t.digest, t.expires, t.invalid_since, t.policy, t.scopes, "
	    "EXISTS (SELECT 1 FROM thimble_rb_logout g WHERE g.nonce = ");
	sql_string(q, slice_str(nonce));
	sql_add(q, ") FROM auth_user u LEFT JOIN authtoken_token k ON k.user_id = u.id "
	    "LEFT JOIN thimble_rb_token t ON t.user_id = u.id AND ");
	return q;
}

static void
ask_cookie(struct rb *rb, struct came *came)
{
	struct sql *q;

	*came = (struct came){ .text = cookie_find(rb->v->request->cookie, RB_COOKIE) };
	if (came->text.p == NULL || !rb_session_read(came->text, &came->session))
		return;
	q = select_user(rb, came->session.nonce);
	sql_add(q, "t.id = ");
	sql_int(q, came->session.token);
	sql_add(q, " WHERE u.id = ");
	sql_int(q, came->session.user);
	came->rows = rb_ask(rb, q);
}

/* Whose that column is; without a token of ours. */
static struct rows *
ask_user(struct rb *rb, const char *column, struct slice value)
{
	struct sql *q = select_user(rb, "");

	sql_addf(q, "t.id = 0 WHERE %s = ", column);
	sql_string(q, value);
	return rb_ask(rb, q);
}

static struct rows *
ask_token(struct rb *rb, struct slice token)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH + 1];
	struct sql *q = select_user(rb, "");

	SHA256((const unsigned char *)token.p, token.n, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	sql_add(q, "t.digest = ");
	sql_string(q, slice_str(arena_strdup(rb_arena(rb), hex)));
	sql_add(q, " WHERE t.id IS NOT NULL");
	return rb_ask(rb, q);
}

/* ---- what was found ---- */

static int64_t
now_seconds(void)
{
	return (int64_t)time(NULL);
}

static bool
token_has_ended(const struct rows *rows, int column)
{
	return !rows_null(rows, 0, column) && rows_int(rows, 0, column) / SECOND_US <= now_seconds();
}

static const char *
sentence(struct rb *rb, const char *begin, int64_t us)
{
	struct buf text = { 0 };
	const char *copy;

	buf_str(&text, begin);
	iso_date_put(&text, (struct iso_date){ .instant = us / SECOND_US });
	buf_str(&text, ".");
	copy = arena_memdup(rb_arena(rb), text.data, text.len);
	buf_fini(&text);
	return copy;
}

/* NULL: the token is good. */
static const char *
complaint(struct rb *rb, const struct rows *rows)
{
	if (token_has_ended(rows, TOKEN_INVALID_SINCE))
		return sentence(rb, "This API token became invalid on ", rows_int(rows, 0, TOKEN_INVALID_SINCE));
	if (token_has_ended(rows, TOKEN_EXPIRES))
		return sentence(rb, "This API token expired on ", rows_int(rows, 0, TOKEN_EXPIRES));
	return NULL;
}

static void
sign_in(struct rb *rb, const struct rows *rows)
{
	struct view *v = rb->v;
	bool admin = rows_bool(rows, 0, IS_SUPERUSER);

	rb->user = (struct rb_user){
		.id = rows_int(rows, 0, USER_ID),
		.name = rows_get(rows, 0, USERNAME),
		.email = rows_get(rows, 0, EMAIL),
		.first_name = rows_get(rows, 0, FIRST_NAME),
		.last_name = rows_get(rows, 0, LAST_NAME),
		.admin = admin,
		.edits_all = admin || rows_bool(rows, 0, EDITS_ALL),
		.submits_as = admin || rows_bool(rows, 0, SUBMITS_AS),
	};
	v->answer.user = rb->user.id;
	v->authenticated = true;
	tags_user(v->tags, rb->user.id);
	rb_tag_object(rb, "auth_user", rb->user.id);
}

/* What a token of ours narrows. */
static void
take_token(struct rb *rb, const struct rows *rows)
{
	struct rb_token *token = arena_zalloc(rb_arena(rb), sizeof(*token));

	token->policy = rows_get(rows, 0, POLICY);
	token->scopes = rows_get(rows, 0, SCOPES);
	token->expired = complaint(rb, rows);
	rb->token = token;
}

/* What log-ins of this kind are signed with besides the key; absent: there is none. */
static struct slice
secret_of(const struct rows *rows, int64_t token)
{
	if (token == RB_BY_PASSWORD)
		return rows_get(rows, 0, PASSWORD);
	return rows_get(rows, 0, token == RB_BY_PATCHWORK_TOKEN ? PATCHWORK_TOKEN : TOKEN_DIGEST);
}

static bool
is_good(struct rb *rb, const struct came *came)
{
	const struct rows *rows = came->rows;
	unsigned char key[RB_KEY_SIZE];
	struct slice secret;

	if (rows == NULL || rows->count == 0 || came->session.expires <= now_seconds())
		return false;
	secret = secret_of(rows, came->session.token);
	if (secret.p == NULL || !rb_session_key(rows_get(rows, 0, KEY), key) ||
	    !rb_session_verify(came->text, key, secret))
		return false;
	/* a token of OAuth2 that ended is said so later */
	return rows_bool(rows, 0, IS_ACTIVE) && !rows_bool(rows, 0, LOGGED_OUT) &&
	    (came->session.token <= 0 || !rows_null(rows, 0, SCOPES) || complaint(rb, rows) == NULL);
}

/* ---- log-ins ---- */

/* "Sat, 04 May 2024 07:20:00 GMT" */
static const char *
http_date(struct rb *rb, int64_t seconds)
{
	char *text = arena_alloc(rb_arena(rb), DATE_MAX);
	time_t when = (time_t)seconds;
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, DATE_MAX, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return text;
}

const char *
rb_cookie_header(struct rb *rb, struct slice value, int64_t lifetime)
{
	return arena_printf(rb_arena(rb), "%s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld; Expires=%s%s",
	    RB_COOKIE, SLICE_ARG(value), (long long)lifetime, http_date(rb, lifetime > 0 ? now_seconds() + lifetime : 0),
	    rb->v->request->https ? "; Secure" : "");
}

/* The cookie of one who logged in by a header. */
static void
start_session(struct rb *rb, const struct rows *rows, int64_t token)
{
	int64_t lifetime = (int64_t)(rb->v->service->settings->reviewboard.session_lifetime / SECOND_MS);
	struct rb_session session = { .user = rb->user.id, .token = token, .expires = now_seconds() + lifetime };
	unsigned char key[RB_KEY_SIZE];
	struct buf value = { 0 };

	if (!rb_session_key(rows_get(rows, 0, KEY), key) || !rb_session_draw(&session))
		return;
	rb_session_put(&value, &session, key, secret_of(rows, token));
	rb->set_cookie = rb_cookie_header(rb, buf_as_slice(&value), lifetime);
	buf_fini(&value);
}

static void
keep_session(struct rb *rb, const struct came *came)
{
	struct rb_session *session = arena_alloc(rb_arena(rb), sizeof(*session));

	*session = came->session;
	rb->session = session;
}

static enum view_result
by_cookie(struct rb *rb, const struct came *came)
{
	if (!is_good(rb, came))
		return VIEW_GO_ON;
	sign_in(rb, came->rows);
	keep_session(rb, came);
	if (came->session.token > 0)
		take_token(rb, came->rows);
	else
		known_store_session(rb->v, came->text, came->session.expires);
	return VIEW_GO_ON;
}

/* One who proved who they are by a header, of these rows. */
static enum view_result
by_header(struct rb *rb, const struct rows *rows, int64_t token, const struct came *came)
{
	if (!rows_bool(rows, 0, IS_ACTIVE))
		return rb_fail(rb, 104);
	sign_in(rb, rows);
	if (token > 0)
		take_token(rb, rows);
	if (is_good(rb, came) && came->session.user == rb->user.id && came->session.token == token)
		keep_session(rb, came);
	else
		start_session(rb, rows, token);
	return VIEW_GO_ON;
}

static enum view_result
by_password(struct rb *rb, const struct authorization *authorization, const struct came *came)
{
	struct rows *rows = ask_user(rb, "u.username", authorization->user);
	enum view_result result;
	bool good;

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	result = auth_judge(rb->v, authorization->user, authorization->secret,
	    rows->count > 0 ? rows_get(rows, 0, PASSWORD) : SLICE(""), &good);
	if (result != VIEW_GO_ON)
		return result;
	return good && rows->count > 0 ? by_header(rb, rows, RB_BY_PASSWORD, came) : rb_fail(rb, 104);
}

/* A token of Patchwork's, or an API token of ours. */
static enum view_result
by_token(struct rb *rb, struct slice token, const struct came *came)
{
	struct rows *theirs = ask_user(rb, "k.key", token), *ours = ask_token(rb, token);
	const char *message;

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (theirs->count > 0)
		return by_header(rb, theirs, RB_BY_PATCHWORK_TOKEN, came);
	if (ours->count == 0 || !rows_null(ours, 0, SCOPES))
		return rb_fail(rb, 104);
	message = complaint(rb, ours);
	if (message != NULL)
		return rb_fail_message(rb, 104, message);
	return by_header(rb, ours, rows_int(ours, 0, TOKEN_ID), came);
}

static enum view_result
by_bearer(struct rb *rb, struct slice token, const struct came *came)
{
	struct rows *rows = ask_token(rb, token);

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	if (rows->count == 0 || rows_null(rows, 0, SCOPES) || token_has_ended(rows, TOKEN_INVALID_SINCE))
		return rb_fail(rb, 104);
	return by_header(rb, rows, rows_int(rows, 0, TOKEN_ID), came);
}

/* What stands behind "Bearer"; absent: another scheme. */
static struct slice
bearer_of(struct slice header)
{
	static const struct slice scheme = { "Bearer ", sizeof("Bearer ") - 1 };

	if (header.n < scheme.n || !slice_eq_nocase(slice_make(header.p, scheme.n), scheme))
		return SLICE_NONE;
	return slice_trim(slice_from(header, scheme.n), " \t");
}

enum view_result
rb_identify(struct rb *rb)
{
	struct slice header = rb->v->request->authorization, bearer;
	struct authorization authorization;
	struct came came;

	rb->user = (struct rb_user){ 0 };
	rb->token = NULL;
	rb->session = NULL;
	rb->set_cookie = NULL;
	ask_cookie(rb, &came);
	if (header.p == NULL)
		return came.rows == NULL || rb_flush_reads(rb) ? by_cookie(rb, &came) : VIEW_STORE;
	bearer = bearer_of(header);
	if (bearer.n > 0)
		return by_bearer(rb, bearer, &came);
	authorization_parse(rb_arena(rb), header, &authorization);
	switch (authorization.kind) {
	case AUTHORIZATION_BASIC:
		return by_password(rb, &authorization, &came);
	case AUTHORIZATION_TOKEN:
		return by_token(rb, authorization.secret, &came);
	case AUTHORIZATION_BAD:
		return rb_fail(rb, 104);
	case AUTHORIZATION_NONE:
		break;
	}
	/* a scheme that is not known counts as nobody, and whoever sends one wants to be somebody */
	return rb_fail(rb, 103);
}
