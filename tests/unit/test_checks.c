/* SPDX-License-Identifier: MIT
 *
 * proto/checks: URLs, slugs, and Python's str(); proto/diff_hash.
 */
#include "config.h"

#include "proto/checks.h"

#include <stdio.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body.h"
#include "proto/diff_hash.h"

Test(checks, urls)
{
	static const char *const good[] = {
		"http://example.org", "https://example.org/", "HTTPS://EXAMPLE.ORG/a?b#c", "ftp://example.org:21/x", "ftps://a.bc",
		"http://localhost", "http://localhost:8000/", "http://127.0.0.1/", "http://[::1]:80/x", "http://[2001:db8::1]",
		"http://user@example.org/", "http://user:pass@example.org/", "http://user:@example.org/", "http://example.org.",
		"http://example.org?x", "http://example.org#x", "http://ex-ample.org/", "http://xn--e1afmkfd.xn--p1ai/",
		"http://пример.рф/", "http://1.2.example.org/", "http://example.org/%20\"<>",
	};
	static const char *const bad[] = {
		"", "example.org", "//example.org", "http:", "http://", "http:///", "ssh://example.org", "http//example.org",
		"http://example", "http://example.c", "http://example.c0m", "http://-example.org", "http://example-.org",
		"http://ex_ample.org", "http://example.org:", "http://example.org:123456", "http://example.org:x/",
		"http://256.1.1.1", "http://01.1.1.1", "http://1.2.3", "http://[::1", "http://[:::]", "http://[]/",
		"http://exa mple.org", "http://example.org/a b", "http://example.org/\xc2\xa0", "http://a@b@example.org/",
		"http://:x@example.org/", "http://a:b:c@example.org/", "http://@example.org", "http://example..org",
		"http://localhost./", "http://example.org../", "http://example.org/\n", "javascript:alert(1)",
	};
	char label[80];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect(text_is_url(slice_str(good[i])), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!text_is_url(slice_str(bad[i])), "%s", bad[i]);
	for (int n = 63; n <= 64; n++) {
		(void)snprintf(label, sizeof(label), "http://%0*d.org", n, 0);
		cr_expect_eq(text_is_url(slice_str(label)), n == 63);
	}
}

Test(checks, slugs)
{
	static const char *const made[][2] = {
		{ "Under Review", "under-review" }, { "UNDER-REVIEW", "under-review" }, { " new ", "new" }, { "r f c", "r-f-c" },
		{ "under_review", "under_review" }, { "-_a_-", "a" }, { "a - - b", "a-b" }, { "a!b", "ab" }, { "\xe6\x96\xb0", "" },
		{ "R\xc3\xa9vis\xc3\xa9", "revise" }, { "a\xc2\xa0""b", "a-b" }, { "", "" }, { "---", "" }, { "a-\xe6\x96\xb0-b", "a-b" },
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct buf out = { 0 };

		text_slugify(&out, slice_str(made[i][0]));
		cr_expect(slice_is(buf_as_slice(&out), made[i][1]), "%s: %.*s", made[i][0], SLICE_ARG(buf_as_slice(&out)));
		buf_fini(&out);
	}
	cr_expect(text_is_slug(SLICE("aZ0-_")));
	cr_expect(!text_is_slug(SLICE("")));
	cr_expect(!text_is_slug(SLICE("a b")));
	cr_expect(!text_is_slug(SLICE("\xc3\xa9")));
}

Test(checks, lengths_are_code_points)
{
	cr_expect_eq(text_length(SLICE("")), 0);
	cr_expect_eq(text_length(SLICE("a\xc3\xa9\xf0\x9f\x98\x80")), 3);
	/* as a lone surrogate is kept */
	cr_expect_eq(text_length(SLICE("\xed\xa0\x80")), 1);
}

Test(checks, values_as_python_shows_them)
{
	static const char *const shown[][2] = {
		{ "true", "True" }, { "null", "None" }, { "1.0", "1.0" }, { "-1", "-1" }, { "\"a'b\"", "a'b" }, { "[]", "[]" },
		{ "{}", "{}" }, { "[\"x\", 1, null]", "['x', 1, None]" }, { "{\"a\": [true]}", "{'a': [True]}" },
		{ "[\"it's\"]", "[\"it's\"]" }, { "[\"'\\\"\"]", "['\\'\"']" }, { "[\"\\n\\u0001\"]", "['\\n\\x01']" },
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		struct arena *arena = arena_new();
		struct buf out = { 0 };
		struct body body;
		const char *detail;

		cr_assert_eq(body_parse(arena, SLICE("application/json"), slice_str(shown[i][0]), &body, &detail), 0, "%s", shown[i][0]);
		value_put_str(arena, &out, body.json);
		cr_expect(slice_is(buf_as_slice(&out), shown[i][1]), "%s: %.*s", shown[i][0], SLICE_ARG(buf_as_slice(&out)));
		buf_fini(&out);
		arena_free(&arena);
	}
}

Test(checks, diffs)
{
	static const char nothing[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
	static const struct {
		const char *diff, *hash;
	} vectors[] = {
		{ "--- a/foo\n+++ b/foo\n@@ -1 +1 @@\n-a\n+b\n", "46442bc9db2f5af64914a8eb45701e69d22f2921" },
		{ "--- a/f/x.c\n+++ b/f/x.c\n@@ -1 +1 @@\n-a\n+b\n", "46f7eed102ce056c84e011f74d0cdbd6d98a0c1e" },
		/* carriage returns, positions, context and what is no change do not matter */
		{ "diff --git x\n--- o/foo\tdate\r\n+++ n/foo\n@@ -12,1 +34 @@ main()\n-a\n+b\n\n", "46442bc9db2f5af64914a8eb45701e69d22f2921" },
		{ "", nothing }, { "rename from a\nrename to b\n", nothing },
	};
	char hash[DIFF_HASH_MAX];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		diff_hash(hash, slice_str(vectors[i].diff));
		cr_expect_str_eq(hash, vectors[i].hash, "%s", vectors[i].diff);
	}
	/* the counts do */
	diff_hash(hash, SLICE("--- a/foo\n+++ b/foo\n@@ -1,2 +1 @@\n-a\n+b\n"));
	cr_expect_str_neq(hash, vectors[0].hash);
}
