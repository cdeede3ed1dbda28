/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/review_mail.
 */
#include "config.h"

#include "proto/review_mail.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

static struct arena *arena;
static struct buf out;

static void
begin(void)
{
	arena = arena_new();
	out = (struct buf){ 0 };
}

static void
end(void)
{
	buf_fini(&out);
	arena_free(&arena);
}

static void
check(const char *expected)
{
	cr_assert(slice_is(buf_as_slice(&out), expected), "got:\n%.*s\nnot:\n%s", (int)out.len, out.data, expected);
	buf_reset(&out);
}

static const struct review_person people[] = {
	{ { "Rev Iewer", 9 }, { "rev@example.org", 15 } }, { { "No Mail", 7 }, { "", 0 } }, { { "Comma, A", 8 }, { "c@example.org", 13 } },
};

static const struct diff_stat_file stat_of_one[] = { { { "a.c", 3 }, { "a.c", 3 }, false, false, 1, 0 } };

static struct review_mail
mail_of(int version, unsigned total, bool cover)
{
	return (struct review_mail){
		.request = 7, .version = version, .total = total, .cover = cover, .host = SLICE("tracker.example.org"),
		.url = SLICE("http://tracker.example.org/reviews/r/7/"),
		.from = { SLICE("Lin Tester"), SLICE("lin@example.org") }, .list_email = SLICE("list@example.org"),
		.branch = SLICE(""), .bugs = SLICE(""), .previous = SLICE_NONE,
	};
}

static struct review_commit
commit_of(unsigned number, struct slice message)
{
	return (struct review_commit){
		.number = number, .message = message, .author = { SLICE("Lin Tester"), SLICE("lin@example.org") },
		.author_date = { 1714806900, 7200 }, .id = SLICE("4e81a2c"), .parent = SLICE("9b2f6c0"), .note = SLICE(""),
		.files = stat_of_one, .file_count = 1,
	};
}

Test(review_mail, ids_and_names, .init = begin, .fini = end)
{
	struct review_mail one = mail_of(1, 1, false), second = mail_of(2, 1, false), series = mail_of(1, 3, true),
	    again = mail_of(2, 3, true), single = mail_of(1, 1, true);
	char long_name[1024];

	review_mail_id(&out, &again, 3);
	check("<rr.7.v2.3@tracker.example.org>");
	review_mail_name(&out, &one, 1, SLICE("lexer: tabs"));
	check("lexer: tabs");
	review_mail_name(&out, &second, 1, SLICE("lexer: tabs"));
	check("[v2] lexer: tabs");
	review_mail_name(&out, &series, 0, SLICE("lexer"));
	check("[0/3] lexer");
	review_mail_name(&out, &again, 2, SLICE(" a\t\n b\x01" "c "));
	check("[v2,2/3] a b c");
	review_mail_name(&out, &single, 1, SLICE("x"));
	check("[1/1] x");
	memset(long_name, 'x', sizeof(long_name));
	memcpy(long_name, "\xc3\xa9", 2);
	review_mail_name(&out, &one, 1, slice_make(long_name, sizeof(long_name)));
	cr_assert_eq(out.len, REVIEW_NAME_MAX + 1);	/* characters */
}

static void
check_subject(const char *message, const char *subject, const char *body)
{
	struct slice rest, got = review_subject(slice_str(message), &rest);

	cr_assert(slice_is(got, subject), "\"%.*s\"", SLICE_ARG(got));
	cr_assert(slice_is(rest, body), "\"%.*s\"", SLICE_ARG(rest));
}

Test(review_mail, subjects)
{
	check_subject("a\n", "a", "");
	check_subject("a", "a", "");
	check_subject("", "", "");
	check_subject("\n \n a \n\n\nb\n  c\n\nd\n\n \n", "a", "b\n  c\n\nd");
	check_subject("a\nb\n", "a", "b");
	check_subject("a\n\n    indented\n", "a", "    indented");
}

Test(review_mail, patch_headers, .init = begin, .fini = end)
{
	struct review_mail mail = mail_of(2, 3, true);
	struct review_commit commit = commit_of(2, SLICE("lexer: count columns\n\nTabs.\n"));

	review_patch_headers(&out, arena, &mail, &commit);
	check("From: Lin Tester <lin@example.org>\nTo: list@example.org\nSubject: [PATCH v2 2/3] lexer: count columns\n"
	    "Date: Sat, 04 May 2024 09:15:00 +0200\nMessage-Id: <rr.7.v2.2@tracker.example.org>\n"
	    "In-Reply-To: <rr.7.v2.0@tracker.example.org>\nReferences: <rr.7.v2.0@tracker.example.org>\n"
	    "X-Review-URL: http://tracker.example.org/reviews/r/7/\nX-Review-Commit: 4e81a2c\nX-Review-Parent: 9b2f6c0");
	mail.copied = people;
	mail.copied_count = 3;
	mail.branch = SLICE("topic\nX-Evil: 1");
	mail.bugs = SLICE("1,2");
	commit.committer = (struct review_person){ SLICE("M\xc3\xa9x"), SLICE("mx@example.org") };
	commit.committer_date = (struct iso_date){ 1714807200, 0 };
	commit.is_bytes = true;
	commit.message = SLICE("J\xc3\xb6rg");
	review_patch_headers(&out, arena, &mail, &commit);
	check("From: Lin Tester <lin@example.org>\nTo: list@example.org\n"
	    "Cc: Rev Iewer <rev@example.org>, \"Comma, A\" <c@example.org>\n"
	    "Subject: =?utf-8?q?=5BPATCH_v2_2/3=5D_J=C3=B6rg?=\n"
	    "Date: Sat, 04 May 2024 09:15:00 +0200\nMessage-Id: <rr.7.v2.2@tracker.example.org>\n"
	    "In-Reply-To: <rr.7.v2.0@tracker.example.org>\nReferences: <rr.7.v2.0@tracker.example.org>\n"
	    "X-Review-URL: http://tracker.example.org/reviews/r/7/\nX-Review-Branch: topic X-Evil: 1\nX-Review-Bugs: 1,2\n"
	    "X-Review-Commit: 4e81a2c\nX-Review-Parent: 9b2f6c0\n"
	    "X-Review-Committer: =?utf-8?q?M=C3=A9x?= <mx@example.org>;\n Sat, 04 May 2024 07:20:00 +0000\nX-Review-Diff: bytes");
}

/* What message `number` answers; "-": nothing. */
static void
check_answered(struct review_mail mail, unsigned number, const char *expected)
{
	struct review_commit commit = commit_of(number, SLICE("x"));
	const char *line;

	review_patch_headers(&out, arena, &mail, &commit);
	buf_byte(&out, '\0');
	line = strstr(out.data, "In-Reply-To: ");
	cr_assert(line == NULL ? strcmp(expected, "-") == 0 : strncmp(line + strlen("In-Reply-To: "), expected, strlen(expected)) == 0,
	    "%s", out.data);
	buf_reset(&out);
}

Test(review_mail, threads, .init = begin, .fini = end)
{
	struct review_mail mail = mail_of(1, 1, false);

	check_answered(mail, 1, "-");
	check_answered(mail_of(1, 2, false), 2, "<rr.7.v1.1@");
	check_answered(mail_of(1, 2, true), 1, "<rr.7.v1.0@");
	mail.previous = SLICE("<before@example.org>");
	check_answered(mail, 1, "<before@example.org>");
	mail.cover = true;
	check_answered(mail, 1, "<rr.7.v1.0@");
}

static void
check_content(struct slice message, struct review_person author, const char *expected)
{
	struct review_mail mail = mail_of(1, 3, true);
	struct review_commit commit = commit_of(1, message);

	if (author.name.p != NULL)
		commit.author = author;
	review_patch_content(&out, arena, &mail, &commit);
	check(expected);
}

#define STAT " a.c | 1 +\n 1 file changed, 1 insertion(+)\n"

Test(review_mail, patch_content, .init = begin, .fini = end)
{
	struct review_person same = { SLICE_NONE, SLICE_NONE };
	struct review_mail mail = mail_of(1, 1, false);
	struct review_commit commit = commit_of(1, SLICE("a\n\nb\n"));

	check_content(SLICE("a\n"), same, "---\n" STAT);
	check_content(SLICE("a\n\nb\nReviewed-by: R <r@example.org>\n"), same, "b\nReviewed-by: R <r@example.org>\n---\n" STAT);
	check_content(SLICE("a\n\nb\n"), (struct review_person){ SLICE("J\xc3\xb6rg, X"), SLICE("j@example.org") },
	    "From: J\xc3\xb6rg, X <j@example.org>\n\nb\n---\n" STAT);
	check_content(SLICE("a\n\nb\n"), (struct review_person){ SLICE("J (x)"), SLICE("j@example.org") },
	    "From: \"J (x)\" <j@example.org>\n\nb\n---\n" STAT);
	check_content(SLICE("a\n\nb\n"), (struct review_person){ SLICE("X\nSubject: evil"), SLICE("j@example.org") },
	    "From: X Subject: evil <j@example.org>\n\nb\n---\n" STAT);
	check_content(SLICE("a\n\nb\n"), (struct review_person){ SLICE("Lin Tester"), SLICE("other@example.org") },
	    "From: Lin Tester <other@example.org>\n\nb\n---\n" STAT);
	/* what git would take for headers of its own */
	check_content(SLICE("a\n\nfrom: here to there\n"), same, "From: Lin Tester <lin@example.org>\n\nfrom: here to there\n---\n" STAT);
	commit.note = SLICE("Testing done:\nyes");
	review_patch_content(&out, arena, &mail, &commit);
	check("b\n---\nTesting done:\nyes\n\n" STAT);
}

Test(review_mail, cover, .init = begin, .fini = end)
{
	struct review_mail mail = mail_of(2, 3, true);
	struct review_commit commits[] = {
		commit_of(1, SLICE("one\n\nx\n")), commit_of(2, SLICE("two\n")), commit_of(3, SLICE("three\n")),
	};
	const int64_t depends[] = { 3, 5 };
	struct review_cover cover = {
		.date = { 1714806900, 0 }, .summary = SLICE("lexer: better"), .description = SLICE(" It is better.\n"),
		.testing = SLICE(""), .change = SLICE(""), .base = SLICE(""), .commits = commits, .commit_count = 3,
		.site = SLICE("http://tracker.example.org/reviews/"), .files = stat_of_one, .file_count = 1,
	};

	commits[1].author = (struct review_person){ SLICE("Max"), SLICE("mx@example.org") };
	mail.previous = SLICE("<rr.7.v1.0@tracker.example.org>");
	review_cover_headers(&out, arena, &mail, &cover);
	check("From: Lin Tester <lin@example.org>\nTo: list@example.org\nSubject: [PATCH v2 0/3] lexer: better\n"
	    "Date: Sat, 04 May 2024 07:15:00 +0000\nMessage-Id: <rr.7.v2.0@tracker.example.org>\n"
	    "In-Reply-To: <rr.7.v1.0@tracker.example.org>\nReferences: <rr.7.v1.0@tracker.example.org>\n"
	    "X-Review-URL: http://tracker.example.org/reviews/r/7/");
	review_cover_content(&out, arena, &mail, &cover);
	check("It is better.\n\nLin Tester (2):\n  one\n  three\n\nMax (1):\n  two\n\n" STAT);
	cover.testing = SLICE("make check");
	cover.change = SLICE("typos");
	cover.base = SLICE("bbbb");
	cover.depends = depends;
	cover.depends_count = 2;
	review_cover_content(&out, arena, &mail, &cover);
	check("It is better.\n\nTesting done:\nmake check\n\nChanges in this version:\ntypos\n\nLin Tester (2):\n  one\n  three\n\nMax (1):\n  two\n\n"
	    STAT "\nDepends-on: http://tracker.example.org/reviews/r/3/\nDepends-on: http://tracker.example.org/reviews/r/5/\nbase-commit: bbbb\n");
}

Test(review_mail, says_all)
{
	cr_assert(review_says_all(SLICE("a\n\nb\nc\n"), SLICE("a"), SLICE("b\nc")));
	cr_assert(review_says_all(SLICE("a\n"), SLICE("a"), SLICE(" ")));
	cr_assert_not(review_says_all(SLICE("a\n\nb\n"), SLICE("a"), SLICE("b c")));
	cr_assert_not(review_says_all(SLICE("a\n\nb\n"), SLICE("other"), SLICE("b")));
}

Test(review_mail, commits_in_texts)
{
	static const char *const cases[][2] = {
		{ "Pushed as 4e81a2c77d6b.", "4e81a2c77d6b" },
		{ "Pushed to main (4e81a2c, 9b2f6c0)", "4e81a2c" },
		{ "4e81a2c77d6b5f4e3d2c1b0a99887766554433aa", "4e81a2c77d6b5f4e3d2c1b0a99887766554433aa" },
		{ "in 123456", "-" }, { "4e81a2c77d6b5f4e3d2c1b0a99887766554433aab", "-" }, { "facade_feedface", "-" },
		{ "defaced, xdeadbeef deadbeef0", "defaced" }, { "DEADBEEF", "-" }, { "", "-" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice found = review_commit_in(slice_str(cases[i][0]));

		cr_assert(slice_is(found.p != NULL ? found : SLICE("-"), cases[i][1]), "%s: %.*s", cases[i][0], SLICE_ARG(found));
	}
}
