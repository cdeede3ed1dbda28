/* SPDX-License-Identifier: MIT
 *
 * The Authorization header, row by row of patchwork-api.md, 5.2.
 */
#include "config.h"

#include "proto/authorization.h"

#include <criterion/criterion.h>

#include "base/arena.h"

#define NOT_BASE64 "Invalid basic header. Credentials not correctly base64 encoded."

static const struct {
	const char *value;
	enum authorization_kind kind;
	const char *user_or_detail, *secret;
} cases[] = {
	{ "Basic YTpi", AUTHORIZATION_BASIC, "a", "b" },
	{ "bASIC   YTpi  ", AUTHORIZATION_BASIC, "a", "b" },
	{ "Basic YTpiOmM=", AUTHORIZATION_BASIC, "a", "b:c" },
	{ "Basic YTo=", AUTHORIZATION_BASIC, "a", "" },
	{ "Basic OmI=", AUTHORIZATION_BASIC, "", "b" },
	{ "Basic Y-T_p!i", AUTHORIZATION_BASIC, "a", "b" },	/* what is not in the alphabet is dropped */
	{ "Basic /DrDvA==", AUTHORIZATION_BASIC, "\xc3\xbc", "\xc3\x83\xc2\xbc" },	/* not UTF-8, so Latin-1 */
	{ "Basic w7w6w7w=", AUTHORIZATION_BASIC, "\xc3\xbc", "\xc3\xbc" },
	{ "Basic", AUTHORIZATION_BAD, "Invalid basic header. No credentials provided.", NULL },
	{ "Basic a b", AUTHORIZATION_BAD, "Invalid basic header. Credentials string should not contain spaces.", NULL },
	{ "Basic YTpiOmM", AUTHORIZATION_BAD, NOT_BASE64, NULL },	/* padding is missing */
	{ "Basic Y", AUTHORIZATION_BAD, NOT_BASE64, NULL },
	{ "Basic ====", AUTHORIZATION_BAD, NOT_BASE64, NULL },
	{ "Basic YWI=", AUTHORIZATION_BAD, NOT_BASE64, NULL },	/* no colon */
	{ "Basic YQA6Yg==", AUTHORIZATION_BAD, "Invalid username/password.", NULL },	/* a NUL */
	{ "Token abc", AUTHORIZATION_TOKEN, NULL, "abc" },
	{ "token \t abc", AUTHORIZATION_TOKEN, NULL, "abc" },
	{ "Token", AUTHORIZATION_BAD, "Invalid token header. No credentials provided.", NULL },
	{ "Token a b", AUTHORIZATION_BAD, "Invalid token header. Token string should not contain spaces.", NULL },
	{ "Token \xff", AUTHORIZATION_BAD, "Invalid token header. Token string should not contain invalid characters.", NULL },
	{ "Bearer abc", AUTHORIZATION_NONE, NULL, NULL },
	{ "Basically YTpi", AUTHORIZATION_NONE, NULL, NULL },
	{ "", AUTHORIZATION_NONE, NULL, NULL },
	{ NULL, AUTHORIZATION_NONE, NULL, NULL },
};

Test(authorization, cases)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct authorization a;

		authorization_parse(arena, slice_str(cases[i].value), &a);
		cr_expect_eq(a.kind, cases[i].kind, "case %zu", i);
		if (a.kind == AUTHORIZATION_BAD)
			cr_expect_str_eq(a.detail, cases[i].user_or_detail, "case %zu", i);
		if (a.kind == AUTHORIZATION_BASIC)
			cr_expect(slice_is(a.user, cases[i].user_or_detail), "case %zu: %.*s", i, SLICE_ARG(a.user));
		if (a.kind == AUTHORIZATION_BASIC || a.kind == AUTHORIZATION_TOKEN)
			cr_expect(slice_is(a.secret, cases[i].secret), "case %zu: %.*s", i, SLICE_ARG(a.secret));
		arena_free(&arena);
	}
}

Test(authorization, refuses_what_is_too_long)
{
	static char value[8000];
	struct arena *arena = arena_new();
	struct authorization a;

	memset(value, 'A', sizeof(value));
	memcpy(value, "Token ", 6);
	authorization_parse(arena, slice_make(value, sizeof(value)), &a);
	cr_assert_eq(a.kind, AUTHORIZATION_BAD);
	memcpy(value, "Basic ", 6);
	authorization_parse(arena, slice_make(value, sizeof(value)), &a);
	cr_assert_eq(a.kind, AUTHORIZATION_BAD);
	arena_free(&arena);
}
