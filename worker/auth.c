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

#include "base/monotonic.h"
#include "cache/credentials.h"
#include "proto/authorization.h"
#include "proto/password.h"
#include "worker/known.h"
#include "worker/tags.h"
#include "worker/view.h"

static enum view_result
refuse(struct view *v, const char *detail)
{
	view_respond_detail(v, 403, detail);
	return VIEW_ANSWERED;
}

static enum view_result
sign_in(struct view *v, int64_t user)
{
	v->answer.user = user;
	v->authenticated = true;
	known_store(v);
	return VIEW_GO_ON;
}

enum view_result
auth_judge(struct view *v, struct slice user, struct slice password, struct slice stored, bool *good)
{
	struct credentials *credentials = v->service->credentials;
	enum credential_verdict verdict = credentials_ask(credentials, user, password, stored, monotonic_ms());

	*good = verdict == CREDENTIAL_GOOD;
	if (verdict != CREDENTIAL_UNKNOWN)
		return VIEW_GO_ON;
	if (!v->may_hash)
		return VIEW_NEEDS_HASH;
	view_end(v);
	if (stored.n == 0) {
		/* an unknown user takes as long as a wrong password */
		password_waste_time(password);
		*good = false;
	} else {
		*good = password_verify(stored, password, NULL);
	}
	credentials_remember(credentials, user, password, stored, *good ? CREDENTIAL_GOOD : CREDENTIAL_BAD, monotonic_ms());
	return VIEW_GO_ON;
}

/*
 * Nobody has that name or token.  (A token is a row of its own: `tokens` is
 * raised when one changes as when one comes.)
 */
static void
collect_unknown(struct view *v, const char *table, struct slice column)
{
	tags_collection(v->tags, tag_table_of(table), 0);
	if (column.p != NULL)
		tags_column(v->tags, tag_table_of(table), 0, column);
}

static enum view_result
check_password(struct view *v, struct slice user, struct slice password)
{
	struct sql *q = view_sql(v);
	struct slice stored = SLICE("");
	enum view_result result;
	bool good;
	struct rows *rows;

	sql_add(q, "SELECT u.id, u.is_active, u.password FROM auth_user u WHERE u.username = ");
	sql_string(q, user);
	rows = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (rows->count > 0) {
		stored = rows_get(rows, 0, 2);
		tags_user(v->tags, rows_int(rows, 0, 0));
	} else {
		collect_unknown(v, "auth_user", SLICE("username"));
	}
	result = auth_judge(v, user, password, stored, &good);
	if (result != VIEW_GO_ON)
		return result;
	if (rows->count == 0 || !good || !rows_bool(rows, 0, 1))
		return refuse(v, "Invalid username/password.");
	return sign_in(v, rows_int(rows, 0, 0));
}

static enum view_result
check_token(struct view *v, struct slice token)
{
	struct sql *q = view_sql(v);
	struct rows *rows;

	sql_add(q, "SELECT u.id, u.is_active FROM authtoken_token k JOIN auth_user u ON u.id = k.user_id WHERE k.key = ");
	sql_string(q, token);
	rows = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (rows->count == 0) {
		collect_unknown(v, "authtoken_token", SLICE_NONE);
		return refuse(v, "Invalid token.");
	}
	tags_user(v->tags, rows_int(rows, 0, 0));
	if (!rows_bool(rows, 0, 1))
		return refuse(v, "User inactive or deleted.");
	return sign_in(v, rows_int(rows, 0, 0));
}

enum view_result
auth_identify(struct view *v)
{
	struct authorization authorization;

	authorization_parse(v->request->arena, v->request->authorization, &authorization);
	switch (authorization.kind) {
	case AUTHORIZATION_BASIC:
		return check_password(v, authorization.user, authorization.secret);
	case AUTHORIZATION_TOKEN:
		return check_token(v, authorization.secret);
	case AUTHORIZATION_BAD:
		return refuse(v, authorization.detail);
	case AUTHORIZATION_NONE:
		break;
	}
	return VIEW_GO_ON;
}
