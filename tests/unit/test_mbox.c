/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/mbox and proto/mail_header.  The folded headers are what Python 3.11's email
 * package makes of the same values.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail_header.h"
#include "proto/mbox.h"

#define TEN "aaaaaaaaa "
#define E_ACUTE "\xc3\xa9"
#define A20 "aaaaaaaaaaaaaaaaaaaa"
#define DAY "\xe6\x97\xa5"

static void
check_text(const struct buf *out, const char *expected)
{
	cr_assert(slice_is(buf_as_slice(out), expected), "got:\n%.*s\nnot:\n%s", (int)out->len, out->data, expected);
}

static void
check_header(const char *name, const char *value, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };

	mail_header_put(&out, arena, slice_str(name), slice_str(value));
	check_text(&out, expected);
	buf_fini(&out);
	arena_free(&arena);
}

Test(mbox, header_short)
{
	check_header("X", "", "X: \n");
	check_header("X", "a b", "X: a b\n");
	check_header("X", "a ", "X: a \n");
	check_header("Message-Id", "<a@example.org>", "Message-Id: <a@example.org>\n");
}

Test(mbox, header_folds_stay)
{
	check_header("X", "a\n\tb", "X: a\n\tb\n");
	check_header("X", "a\r\n  b\r c", "X: a\n  b\n c\n");
	check_header("X", "\n a", "X: \n a\n");
	check_header("X", "a\n\n b", "X: a\n b\n");
	/* One trailing space goes, two stay, a line of white space is none. */
	check_header("X", "a \n b \n c  ", "X: a\n b\n c  \n");
	check_header("X", "a  \n b", "X: a  \n b\n");
	check_header("X", "a\n \n b", "X: a\n b\n");
	check_header("X", "a\n  \n b", "X: a  \n b\n");
	/* Other line breaks of Unicode count too; a piece without white space begins a bare line. */
	check_header("X", "a\x0b b\x1c" " c", "X: a\n b\n c\n");
	check_header("X", "a\x0c" "b", "X: a\nb\n");
}

Test(mbox, header_fold_points)
{
	/* 78 columns fit. */
	check_header("X", TEN TEN TEN TEN TEN TEN TEN "bbbbb", "X: " TEN TEN TEN TEN TEN TEN TEN "bbbbb\n");
	check_header("X", TEN TEN TEN TEN TEN TEN TEN "bbbbbb", "X: " TEN TEN TEN TEN TEN TEN "aaaaaaaaa\n bbbbbb\n");
	/* A semicolon before a comma before a space before a tab. */
	check_header("X", TEN "a; " TEN "a, " TEN TEN TEN TEN TEN "bb", "X: " TEN "a;\n " TEN "a, " TEN TEN TEN TEN TEN "bb\n");
	check_header("X", TEN "a, " TEN TEN TEN TEN TEN TEN "bbbb", "X: " TEN "a,\n " TEN TEN TEN TEN TEN TEN "bbbb\n");
	check_header("X", TEN TEN TEN TEN TEN TEN "aaaaaaaaa\tbbbbbb",
	    "X: " TEN TEN TEN TEN TEN "aaaaaaaaa\n aaaaaaaaa\tbbbbbb\n");
	/* The white space before the word stays as it was. */
	check_header("X", TEN TEN TEN TEN TEN TEN "aaaaaaaaa  \tbbbbbb",
	    "X: " TEN TEN TEN TEN TEN TEN "aaaaaaaaa\n  \tbbbbbb\n");
	/* Trailing white space gets no line of its own. */
	check_header("X", TEN TEN TEN TEN TEN TEN TEN "bbbbb  ", "X: " TEN TEN TEN TEN TEN TEN TEN "bbbbb  \n");
}

#define LONG "LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL"

Test(mbox, header_long_words)
{
	check_header("X", LONG, "X: \n " LONG "\n");
	check_header("X", LONG " a", "X: \n " LONG "\n a\n");
	check_header("X", "a " LONG " b", "X: a\n " LONG "\n b\n");
	check_header("X", "a\n\t" LONG, "X: a\n\t" LONG "\n");
}

Test(mbox, header_encoded)
{
	check_header("X", E_ACUTE, "X: =?utf-8?b?w6k=?=\n");
	check_header("X", "caf" E_ACUTE " au lait", "X: =?utf-8?q?caf=C3=A9_au_lait?=\n");
	check_header("X", "a\x0b" "b " E_ACUTE, "X: =?utf-8?q?a?=\n =?utf-8?b?IGIgw6k=?=\n");
	check_header("X", E_ACUTE "\n \n b", "X: =?utf-8?b?w6k=?=\n =?utf-8?q?_?=\n =?utf-8?q?_b?=\n");
	check_header("X", "\xe2\x80\xa8" E_ACUTE, "X: \n =?utf-8?b?IMOp?=\n");
	check_header("X", E_ACUTE "\r\n b", "X: =?utf-8?b?w6k=?=\n =?utf-8?q?_b?=\n");
	/* Words of 78 columns at most, their chrome and the space before included. */
	check_header("X", E_ACUTE A20 A20 A20 A20 A20 A20 "aaaaaaaaaa",
	    "X: =?utf-8?q?=C3=A9" A20 A20 "aaaaaaaaaaaaaaaaa?=\n =?utf-8?q?" A20 A20 A20 "aaaaa?=\n =?utf-8?q?aaaaaaaa?=\n");
	/* Characters are not torn apart. */
	check_header("Subject", DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY DAY,
	    "Subject: =?utf-8?b?5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel5pel?=\n =?utf-8?b?5pel5pel?=\n");
	/* No room behind the name. */
	check_header(LONG, E_ACUTE, LONG ": \n =?utf-8?b?w6k=?=\n");
}

Test(mbox, header_smuggled)
{
	check_header("X", "a\x0b" "Evil: b", "");
	check_header("X", "a\rEvil:b\n c", "");
	check_header("X", "a\x0b" "no header: b", "X: a\nno header: b\n");
	check_header("X", "a\x0b Evil: b", "X: a\n Evil: b\n");
	check_header("X", "a\x0b: b", "X: a\n: b\n");
	check_header("X", "a\x0b" "Evil: " E_ACUTE, "X: =?utf-8?q?a?=\n =?utf-8?b?IEV2aWw6IMOp?=\n");
}

static void
check_address(const char *name, const char *expected)
{
	struct buf out = { 0 };

	mail_header_put_address(&out, slice_str(name), SLICE("a@example.org"));
	check_text(&out, expected);
	buf_fini(&out);
}

Test(mbox, address)
{
	check_address(NULL, "a@example.org");
	check_address("", "a@example.org");
	check_address("A B", "A B <a@example.org>");
	check_address("B, A", "\"B, A\" <a@example.org>");
	check_address("A. B", "\"A. B\" <a@example.org>");
	check_address("A \"C\\\" B", "\"A \\\"C\\\\\\\" B\" <a@example.org>");
	check_address("O'B", "O'B <a@example.org>");
	check_address("J" E_ACUTE "r, x", "=?utf-8?b?SsOpciwgeA==?= <a@example.org>");
}

Test(mbox, encoded_word)
{
	struct buf out = { 0 };

	mail_header_put_word(&out, SLICE("attachment; filename=bundle-5-emoji \xf0\x9f\x98\x80.mbox"));
	check_text(&out, "=?utf-8?q?attachment=3B_filename=3Dbundle-5-emoji_=F0=9F=98=80=2Embox?=");
	buf_reset(&out);
	mail_header_put_word(&out, SLICE("aB9 -!*+/_?="));
	check_text(&out, "=?utf-8?b?YUI5IC0hKisvXz89?=");
	buf_reset(&out);
	mail_header_put_word(&out, SLICE("aB9 -!*+/_"));
	check_text(&out, "=?utf-8?q?aB9_-!*+/=5F?=");
	buf_reset(&out);
	/* Equal: q. */
	mail_header_put_word(&out, SLICE(":a"));
	check_text(&out, "=?utf-8?q?=3Aa?=");
	buf_fini(&out);
}

/*
 * Whole messages.
 */

static struct mbox_message
example(void)
{
	static const struct slice comments[] = {
		{ "Acked-by: Foo <f@example.com>\nhello", sizeof("Acked-by: Foo <f@example.com>\nhello") - 1 },
	};

	return (struct mbox_message){
		.id = 1,
		.date = SLICE("2020-01-02 03:05:05"),
		.headers = SLICE("From: Sub <sub@example.com>\nSubject: [PATCH 1/2] p\nMessage-Id: <p1@example.com>"),
		.content = SLICE("content 1\n\nSigned-off-by: A <a@example.com>\n---\npost script\n"),
		.diff = SLICE("--- a/foo\n+++ b/foo\n@@ -1 +1 @@\n-a\n+b\n"),
		.submitter_name = SLICE("Sub Mitter"),
		.submitter_email = SLICE("sub@example.com"),
		.list_email = SLICE("list@example.com"),
		.comments = comments,
		.comment_count = 1,
	};
}

static void
check_message(const struct mbox_message *message, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };

	mbox_put(&out, arena, message);
	check_text(&out, expected);
	buf_fini(&out);
	arena_free(&arena);
}

#define START(cte) "From patchwork Thu Jan  2 03:05:05 2020\nContent-Type: text/plain; charset=\"utf-8\"\n" \
	"MIME-Version: 1.0\nContent-Transfer-Encoding: " cte "\n"
#define SUBMITTER "X-Patchwork-Submitter: Sub Mitter <sub@example.com>\nX-Patchwork-Id: 1\n"
#define DATE "Date: Thu, 02 Jan 2020 03:05:05 -0000\n"

/* The example of section 9.5. */
Test(mbox, message_patch)
{
	struct mbox_message message = example();

	check_message(&message, START("7bit") SUBMITTER
	    "From: Sub <sub@example.com>\nSubject: [PATCH 1/2] p\nMessage-Id: <p1@example.com>\n" DATE
	    "\n"
	    "content 1\n\nSigned-off-by: A <a@example.com>\nAcked-by: Foo <f@example.com>\n---\npost script\n"
	    "\n--- a/foo\n+++ b/foo\n@@ -1 +1 @@\n-a\n+b\n");
}

Test(mbox, message_cover)
{
	struct mbox_message message = example();

	message.headers = SLICE("dAtE: yesterday\nContent-type: kept\nContent-Type: dropped\n"
	    "Content-Transfer-Encoding: dropped\nMIME-Version: 1.0");
	message.content = SLICE("  text\r\n--\rpost\rmore \n");
	message.diff = SLICE_NONE;
	message.comment_count = 0;
	/* The lone CR made no lines where the dashes were looked for. */
	check_message(&message, START("7bit") SUBMITTER
	    "dAtE: yesterday\nContent-type: kept\nMIME-Version: 1.0\n\ntext\n--\npost\nmore\n");
}

Test(mbox, message_without_content)
{
	struct mbox_message message = example();

	message.headers = SLICE("");
	message.content = SLICE_NONE;
	message.diff = SLICE_NONE;
	message.comment_count = 0;
	message.delegate_email = SLICE("d@example.com");
	check_message(&message, START("7bit") SUBMITTER "X-Patchwork-Delegate: d@example.com\n" DATE "\n");
	message.content = SLICE(" \n");
	message.delegate_email = SLICE_NONE;
	check_message(&message, START("7bit") SUBMITTER DATE "\n\n");
	message.content = SLICE("");
	message.diff = SLICE("no line break");
	check_message(&message, START("7bit") SUBMITTER DATE "\n\nno line break");
}

Test(mbox, message_postscript)
{
	struct mbox_message message = example();

	message.headers = SLICE("");
	message.diff = SLICE_NONE;
	message.content = SLICE("---\nstat \n\n");
	check_message(&message, START("7bit") SUBMITTER DATE "\n\nAcked-by: Foo <f@example.com>\n---\nstat\n");
	/* "--" becomes "---"; only the first line of dashes counts. */
	message.content = SLICE("a\n\n-- \nsignature\n---\nb");
	check_message(&message, START("7bit") SUBMITTER DATE
	    "\na\nAcked-by: Foo <f@example.com>\n---\nsignature\n---\nb\n");
	message.content = SLICE("a\n--\nb");
	check_message(&message, START("7bit") SUBMITTER DATE "\na\nAcked-by: Foo <f@example.com>\n---\nb\n");
	message.content = SLICE("a\n--- \nb");
	check_message(&message, START("7bit") SUBMITTER DATE "\na\nAcked-by: Foo <f@example.com>\n---\nb\n");
	message.content = SLICE("a\n---");
	check_message(&message, START("7bit") SUBMITTER DATE "\na\nAcked-by: Foo <f@example.com>\n");
	message.content = SLICE("a\n----\n--  \n---x\nb");
	check_message(&message, START("7bit") SUBMITTER DATE
	    "\na\n----\n--  \n---x\nb\nAcked-by: Foo <f@example.com>\n");
}

Test(mbox, message_responses)
{
	const struct slice comments[] = {
		SLICE_NONE,
		SLICE("tested-BY:a\r\n> Acked-by: no\nSuggested-by: no\n"),
		SLICE("Nacked-by: " E_ACUTE "\n\nReported-by:  b  \nSigned-off-by: c\nSigned-off-by: c"),
	};
	struct mbox_message message = example();

	message.headers = SLICE("");
	message.content = SLICE("a");
	message.diff = SLICE_NONE;
	message.comments = comments;
	message.comment_count = 3;
	check_message(&message, START("8bit") SUBMITTER DATE
	    "\na\ntested-BY:a\nNacked-by: " E_ACUTE "\nReported-by:  b  \nSigned-off-by: c\nSigned-off-by: c\n");
}

static void
check_from(const char *from, bool replaced)
{
	struct arena *arena = arena_new();
	struct mbox_message message = example();
	struct buf expected = { 0 };

	message.headers = slice_str(arena_printf(arena, "From: %s", from));
	message.content = message.diff = SLICE_NONE;
	message.comment_count = 0;
	buf_str(&expected, START("7bit") SUBMITTER);
	if (replaced)
		buf_printf(&expected, "X-Patchwork-Original-From: %s\nFrom: Sub Mitter <sub@example.com>\n", from);
	else
		buf_printf(&expected, "From: %s\n", from);
	buf_str(&expected, DATE "\n");
	buf_byte(&expected, '\0');
	check_message(&message, expected.data);
	buf_fini(&expected);
	arena_free(&arena);
}

Test(mbox, message_from_list)
{
	check_from("Sub via List <list@example.com>", true);
	check_from("\"Sub, via\" <list@example.com>, x", true);
	check_from("Sub\n <list@example.com>", true);
	check_from("< list@example.com >", true);
	check_from("list@example.com", true);
	check_from("list@example.com (Sub)", true);
	check_from("\"list@example.com\" (Sub)", true);
	check_from("list at example.com (Sub)", true);
	check_from("<> <list@example.com>", true);
	check_from("Sub via List <List@example.com>", false);
	check_from("Sub\n via <list@example.com>", false);
	check_from("<sub@example.com> <list@example.com>", false);
	check_from("list@example.com Sub", false);
	check_from("list at example.com", false);
}

Test(mbox, message_from_other_spelling)
{
	struct mbox_message message = example();

	message.headers = SLICE("FROM: list@example.com");
	message.content = message.diff = SLICE_NONE;
	message.comment_count = 0;
	check_message(&message, START("7bit") SUBMITTER "FROM: list@example.com\n" DATE "\n");
}

Test(mbox, message_date_unreadable)
{
	struct mbox_message message = example();

	message.date = SLICE("soon");
	message.headers = message.content = message.diff = SLICE("");
	message.comment_count = 0;
	check_message(&message, "From patchwork Thu Jan  1 00:00:00 1970\nContent-Type: text/plain; charset=\"utf-8\"\n"
	    "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n" SUBMITTER "Date: Thu, 01 Jan 1970 00:00:00 -0000\n\n");
}

#define EXACT_BODY "  body\n--\n\n"
#define EXACT_DIFF "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b \n"

static struct mbox_message
exact_example(void)
{
	struct mbox_message message = example();

	message.headers = SLICE("");
	message.content = SLICE(EXACT_BODY "---\n a | 2 +-\n");
	message.diff = SLICE(EXACT_DIFF);
	message.comment_count = 0;
	message.exact = true;
	message.signature = SLICE("http://example.org/r/7/");
	return message;
}

#define SIGNATURE "-- \nhttp://example.org/r/7/\n"

Test(mbox, exact)
{
	static const struct slice comments[] = { { "Fine.\nAcked-by: A <a@example.org>\n", 34 } };
	struct mbox_message message = exact_example();

	check_message(&message, START("7bit") SUBMITTER DATE "\n" EXACT_BODY "---\n a | 2 +-\n\n" EXACT_DIFF SIGNATURE);
	/* what is answered goes where git looks for it */
	message.comments = comments;
	message.comment_count = 1;
	check_message(&message, START("7bit") SUBMITTER DATE "\n" EXACT_BODY
	    "Acked-by: A <a@example.org>\n---\n a | 2 +-\n\n" EXACT_DIFF SIGNATURE);
	message = exact_example();
	message.content = SLICE("caf\xc3\xa9\n");
	message.diff = SLICE("x");
	check_message(&message, START("8bit") SUBMITTER DATE "\ncaf\xc3\xa9\n\nx\n" SIGNATURE);
	message.content = message.diff = SLICE_NONE;
	check_message(&message, START("7bit") SUBMITTER DATE "\n");
}

Test(mbox, exact_in_base64)
{
	struct mbox_message message = exact_example();

	message.content = SLICE("b\n---\n");
	message.diff = SLICE("+a\r\n");
	check_message(&message, START("base64") SUBMITTER DATE "\n"
	    "YgotLS0KCithDQotLSAKaHR0cDovL2V4YW1wbGUub3JnL3IvNy8K\n");
	message.diff = SLICE("+caf\xe9 and so on and so on and so on\n");
	check_message(&message, START("base64") SUBMITTER DATE "\n"
	    "YgotLS0KCitjYWbpIGFuZCBzbyBvbiBhbmQgc28gb24gYW5kIHNvIG9uCi0tIApodHRwOi8vZXhh\nbXBsZS5vcmcvci83Lwo=\n");
	/* git would take it for the next message */
	message.content = SLICE("a\nFrom here\n---\n");
	message.diff = SLICE("x\n");
	check_message(&message, START("base64") SUBMITTER DATE "\n"
	    "YQpGcm9tIGhlcmUKLS0tCgp4Ci0tIApodHRwOi8vZXhhbXBsZS5vcmcvci83Lwo=\n");
}
