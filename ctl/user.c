/* SPDX-License-Identifier: MIT
 *
 * `thimblectl user`: what users of Patchwork may do in the Review Board API besides:
 * tokens (thimble_rb_token) and rights (thimble_rb_right).  Of a token only the
 * digest is kept; it is shown once.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/monotonic.h"
#include "ctl/ctl.h"
#include "ctl/query.h"
#include "ctl/table.h"
#include "proto/iso_date.h"
#include "proto/json.h"
#include "proto/token_policy.h"

#define TOKEN_PREFIX "rbp_"

enum { TOKEN_RANDOM = 50, NOTE_MAX = 1000, POLICY_MAX = 64 * 1024, SCOPES_MAX = 2000 };

static const char *const rights[] = { "can_edit_reviewrequest", "can_submit_as_another_user" };

enum { RIGHTS = sizeof(rights) / sizeof(*rights) };

/* One command. */
struct desk {
	struct ctl *ctl;
	struct store *store;
	const char *url, *note, *expires, *policy_file, *scopes;	/* NULL: not given */
	bool take_away;
	/* of what was given */
	struct slice policy;
	int64_t expires_us;
	int64_t user;
};

static int64_t
now_us(void)
{
	return (int64_t)realtime_us();
}

/* What is given --------------------------------------------------------- */

/* A day, or a day with a time. */
static int
read_expires(struct desk *d)
{
	struct slice text = slice_str(d->expires);
	struct iso_date date;

	if (text.n == strlen("2026-12-31"))
		text = slice_str(arena_printf(d->ctl->arena, "%sT00:00:00Z", d->expires));
	if (iso_date_parse(text, &date) < 0)
		return ctl_misused(d->ctl, "--expires takes a date such as 2026-12-31 or 2026-12-31T12:00:00Z, not %s", d->expires);
	d->expires_us = date.instant * SECOND_US;
	if (d->expires_us <= now_us())
		return ctl_misused(d->ctl, "--expires %s is over already", d->expires);
	return CTL_OK;
}

static int
read_policy(struct desk *d)
{
	bool standard = strcmp(d->policy_file, "-") == 0;
	FILE *file = standard ? stdin : fopen(d->policy_file, "re");
	char *text = arena_alloc(d->ctl->arena, POLICY_MAX + 1);
	const char *complaint;

	if (file == NULL)
		return ctl_fail(d->ctl, "%s: %s", d->policy_file, strerror(errno));
	d->policy = slice_make(text, fread(text, 1, POLICY_MAX + 1, file));
	if (!standard)
		(void)fclose(file);
	if (d->policy.n > POLICY_MAX)
		return ctl_fail(d->ctl, "%s: longer than %d bytes", d->policy_file, POLICY_MAX);
	/* Which would allow everything. */
	if (d->policy.n == 0)
		return ctl_fail(d->ctl, "%s: there is no policy in it", d->policy_file);
	complaint = token_policy_check(d->ctl->arena, d->policy);
	return complaint == NULL ? CTL_OK : ctl_fail(d->ctl, "%s: %s", d->policy_file, complaint);
}

static bool
is_scope(struct slice scope)
{
	struct slice name;

	if (!slice_cut(&scope, ':', &name) || name.n == 0)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != '_' && !(name.p[i] >= 'a' && name.p[i] <= 'z'))
			return false;
	return slice_is(scope, "read") || slice_is(scope, "write") || slice_is(scope, "destroy");
}

/* Kept with a blank between them. */
static int
read_scopes(struct desk *d)
{
	char *text = arena_strdup(d->ctl->arena, d->scopes);
	struct slice rest = slice_str(text), scope;

	for (char *c = text; (c = strchr(c, ',')) != NULL; )
		*c = ' ';
	if (rest.n > SCOPES_MAX)
		return ctl_misused(d->ctl, "--scopes may have %d characters", SCOPES_MAX);
	while (slice_cut(&rest, ' ', &scope))
		if (!is_scope(scope))
			return ctl_misused(d->ctl, "\"%.*s\" is no scope such as draft_commit:read, :write or :destroy", SLICE_ARG(scope));
	d->scopes = text;
	return CTL_OK;
}

static int
read_given(struct desk *d)
{
	int status = CTL_OK;
	int length = d->note != NULL ? query_length(d->note) : 0;

	if (length < 0 || length > NOTE_MAX)
		return ctl_misused(d->ctl, "--note may have %d characters", NOTE_MAX);
	if (d->expires != NULL)
		status = read_expires(d);
	if (status == CTL_OK && d->scopes != NULL)
		status = read_scopes(d);
	if (status == CTL_OK && d->policy_file != NULL)
		status = read_policy(d);
	return status;
}

/* Options and `wanted` other arguments behind argv[0]; `letters` are the options that this word has. */
static int
parse(struct desk *d, int argc, char **argv, const char *letters, int wanted)
{
	static const struct option options[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "note", required_argument, NULL, 'n' },
		{ "expires", required_argument, NULL, 'e' },
		{ "policy", required_argument, NULL, 'p' },
		{ "scopes", required_argument, NULL, 's' },
		{ "take", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 }
	};
	int c, which = 0;

	while ((c = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (c == '?')
			return ctl_misused(d->ctl, "user %s does not know %s, or it wants a value", argv[0], argv[optind - 1]);
		if (strchr(letters, c) == NULL)
			return ctl_misused(d->ctl, "user %s does not know --%s", argv[0], options[which].name);
		switch (c) {
		case 'u': d->url = optarg; break;
		case 'n': d->note = optarg; break;
		case 'e': d->expires = optarg; break;
		case 'p': d->policy_file = optarg; break;
		case 's': d->scopes = optarg; break;
		default: d->take_away = true; break;
		}
	}
	if (argc - optind != wanted)
		return ctl_misused(d->ctl, "user %s takes %d argument%s", argv[0], wanted, wanted == 1 ? "" : "s");
	return read_given(d);
}

/* Opens the store and finds the user. */
static int
begin(struct desk *d, const char *name)
{
	d->store = query_reviews(d->ctl, d->url);
	if (d->store == NULL)
		return CTL_FAILED;
	return name != NULL ? query_user(d->ctl, d->store, name, &d->user) : CTL_OK;
}

/* Tokens ---------------------------------------------------------------- */

/* Letters and digits, each as likely as the others; false: there is no randomness. */
static bool
draw(char *text, size_t count)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	enum { SYMBOLS = sizeof(symbols) - 1, FAIR = 256 / SYMBOLS * SYMBOLS };
	unsigned char byte;

	for (size_t i = 0; i < count; ) {
		if (RAND_bytes(&byte, 1) != 1)
			return false;
		if (byte < FAIR)
			text[i++] = symbols[byte % SYMBOLS];
	}
	text[count] = '\0';
	return true;
}

static const char *
digest_of(struct arena *arena, const char *token)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *hex = arena_alloc(arena, 2 * SHA256_DIGEST_LENGTH + 1);

	SHA256((const unsigned char *)token, strlen(token), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return hex;
}

static void
put_token(struct sql *q, const struct desk *d, const char *digest)
{
	sql_add(q, "INSERT INTO thimble_rb_token (digest, user_id, note, created, expires, invalid_since, policy, scopes)"
	    " VALUES (");
	sql_string(q, slice_str(digest));
	sql_add(q, ", ");
	sql_int(q, d->user);
	sql_add(q, ", ");
	sql_string(q, slice_str(d->note != NULL ? d->note : ""));
	sql_add(q, ", ");
	sql_int(q, now_us());
	sql_add(q, ", ");
	sql_int_or_null(q, d->expires != NULL ? &d->expires_us : NULL);
	sql_add(q, ", NULL, ");
	sql_string(q, d->policy.p != NULL ? d->policy : SLICE(""));
	sql_add(q, ", ");
	sql_string(q, d->scopes != NULL ? slice_str(d->scopes) : SLICE_NONE);
	sql_add(q, ") RETURNING id");
}

static void
report_token(const struct desk *d, int64_t id, const char *token)
{
	if (d->ctl->json)
		(void)printf("{\"id\": %lld, \"token\": \"%s\"}\n", (long long)id, token);
	else
		(void)printf("%s\n", token);
}

static int
token(struct desk *d, int argc, char **argv)
{
	char value[sizeof(TOKEN_PREFIX) + TOKEN_RANDOM] = TOKEN_PREFIX;
	struct change change = { .ctl = d->ctl };
	int status = parse(d, argc, argv, "uneps", 1);

	if (status == CTL_OK)
		status = begin(d, argv[optind]);
	if (status != CTL_OK)
		return status;
	if (!draw(value + strlen(TOKEN_PREFIX), TOKEN_RANDOM))
		return ctl_fail(d->ctl, "there is no randomness for a token");
	change.store = d->store;
	put_token(change_add(&change), d, digest_of(d->ctl->arena, value));
	status = change_run(&change, NULL);
	if (status == CTL_OK)
		report_token(d, rows_int(change.rows[0], 0, 0), value);
	return status;
}

enum { ID, NOTE, EXPIRES, INVALID_SINCE, SCOPES, NARROWED };

static const char *
state_of(struct arena *arena, const struct rows *rows, int i)
{
	int64_t expires = rows_int(rows, i, EXPIRES);
	struct buf text = { 0 };
	const char *copy;

	if (!rows_null(rows, i, INVALID_SINCE))
		return "revoked";
	if (rows_null(rows, i, EXPIRES))
		return "valid";
	buf_str(&text, expires <= now_us() ? "expired " : "until ");
	iso_date_put(&text, (struct iso_date){ .instant = expires / SECOND_US });
	copy = arena_memdup(arena, text.data, text.len);
	buf_fini(&text);
	return copy;
}

static void
put_tokens_json(const struct desk *d, const struct rows *rows)
{
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);

	json_open(&j, '[');
	for (int i = 0; i < rows->count; i++) {
		json_open(&j, '{');
		json_key(&j, "id");
		json_int(&j, rows_int(rows, i, ID));
		json_key(&j, "note");
		json_string(&j, rows_get(rows, i, NOTE));
		json_key(&j, "state");
		json_string(&j, slice_str(state_of(d->ctl->arena, rows, i)));
		json_key(&j, "policy");
		json_bool(&j, rows_bool(rows, i, NARROWED));
		json_key(&j, "scopes");
		json_string_or_null(&j, rows_get(rows, i, SCOPES));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	ctl_print(&out);
}

static void
put_tokens(const struct desk *d, const struct rows *rows)
{
	static const char *const head[] = { "id", "<state", "<policy", "<scopes", "<note" };
	struct table table = table_new(d->ctl->arena, head, sizeof(head) / sizeof(*head));

	for (int i = 0; i < rows->count; i++) {
		table_add(&table, "%lld", (long long)rows_int(rows, i, ID));
		table_add(&table, "%s", state_of(d->ctl->arena, rows, i));
		table_add(&table, "%s", rows_bool(rows, i, NARROWED) ? "yes" : "no");
		table_add(&table, "%.*s", SLICE_ARG(rows_null(rows, i, SCOPES) ? SLICE("-") : rows_get(rows, i, SCOPES)));
		table_add(&table, "%.*s", SLICE_ARG(rows_get(rows, i, NOTE)));
	}
	table_put(&table);
}

static int
tokens(struct desk *d, int argc, char **argv)
{
	int status = parse(d, argc, argv, "u", 1);
	struct rows *rows;
	struct sql *q;

	if (status == CTL_OK)
		status = begin(d, argv[optind]);
	if (status != CTL_OK)
		return status;
	q = query_new(d->ctl, d->store);
	sql_add(q, "SELECT id, note, expires, invalid_since, scopes, policy <> '' FROM thimble_rb_token WHERE user_id = ");
	sql_int(q, d->user);
	sql_add(q, " ORDER BY id");
	if ((rows = query_ask(d->ctl, d->store, q)) == NULL)
		return CTL_FAILED;
	if (d->ctl->json)
		put_tokens_json(d, rows);
	else
		put_tokens(d, rows);
	return CTL_OK;
}

static int
revoke(struct desk *d, int argc, char **argv)
{
	struct change change = { .ctl = d->ctl };
	int status = parse(d, argc, argv, "u", 1);
	uint64_t id = 0;
	struct sql *q;

	if (status == CTL_OK && slice_uint(slice_str(argv[optind]), INT64_MAX, &id) < 0)
		status = ctl_misused(d->ctl, "user revoke takes the id of a token, as user tokens shows it, not %s", argv[optind]);
	if (status == CTL_OK)
		status = begin(d, NULL);
	if (status != CTL_OK)
		return status;
	change.store = d->store;
	q = change_add(&change);
	sql_add(q, "UPDATE thimble_rb_token SET invalid_since = coalesce(invalid_since, ");
	sql_int(q, now_us());
	sql_add(q, ") WHERE id = ");
	sql_int(q, (int64_t)id);
	sql_add(q, " RETURNING id");
	status = change_run(&change, NULL);
	if (status == CTL_OK && change.rows[0]->count == 0)
		status = ctl_fail(d->ctl, "there is no token %llu", (unsigned long long)id);
	if (status == CTL_OK)
		(void)printf(d->ctl->json ? "{\"revoked\": %llu}\n" : "The token %llu is revoked.\n", (unsigned long long)id);
	return status;
}

/* Rights ---------------------------------------------------------------- */

static int
report_rights(const struct desk *d, const char *name)
{
	struct sql *q = query_new(d->ctl, d->store);
	struct buf out = { 0 };
	struct json j = json_writer(&out, 0);
	struct rows *rows;

	sql_add(q, "SELECT name FROM thimble_rb_right WHERE user_id = ");
	sql_int(q, d->user);
	sql_add(q, " ORDER BY name");
	rows = query_ask(d->ctl, d->store, q);
	if (rows == NULL)
		return CTL_FAILED;
	json_open(&j, '{');
	json_key(&j, "user");
	json_string(&j, slice_str(name));
	json_key(&j, "rights");
	json_open(&j, '[');
	for (int i = 0; i < rows->count; i++) {
		json_string(&j, rows_get(rows, i, 0));
		if (!d->ctl->json)
			(void)printf("%.*s\n", SLICE_ARG(rows_get(rows, i, 0)));
	}
	json_close(&j, ']');
	json_close(&j, '}');
	if (d->ctl->json)
		ctl_print(&out);
	else
		buf_fini(&out);
	return CTL_OK;
}

static bool
is_right(const char *name)
{
	for (size_t i = 0; i < RIGHTS; i++)
		if (strcmp(rights[i], name) == 0)
			return true;
	return false;
}

static int
right(struct desk *d, int argc, char **argv)
{
	struct change change = { .ctl = d->ctl };
	int status = parse(d, argc, argv, "ut", 2);
	const char *name, *user;
	struct sql *q;

	if (status != CTL_OK)
		return status;
	user = argv[optind];
	name = argv[optind + 1];
	if (!is_right(name))
		return ctl_misused(d->ctl, "there is no right %s, but %s and %s", name, rights[0], rights[1]);
	status = begin(d, user);
	if (status != CTL_OK)
		return status;
	change.store = d->store;
	q = change_add(&change);
	sql_add(q, d->take_away ? "DELETE FROM thimble_rb_right WHERE user_id = " : "INSERT INTO thimble_rb_right (user_id, name)"
	    " VALUES (");
	sql_int(q, d->user);
	sql_add(q, d->take_away ? " AND name = " : ", ");
	sql_string(q, slice_str(name));
	sql_add(q, d->take_away ? "" : ") ON CONFLICT DO NOTHING");
	status = change_run(&change, NULL);
	return status == CTL_OK ? report_rights(d, user) : status;
}

int
user_command(struct ctl *ctl, int argc, char **argv)
{
	static const struct word words[] = {
		{ "revoke", revoke }, { "right", right }, { "token", token }, { "tokens", tokens } };
	struct desk d = { .ctl = ctl };
	int status = ctl_word(ctl, words, sizeof(words) / sizeof(*words), "token, tokens, revoke or right", &d, argc, argv);

	store_free(&d.store);
	return status;
}
