/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/diff: names, kinds of files, hunks and their counts, what is
 * passed over, what is refused.  The texts of errors are reviewboard-api.md's (1.4).
 */
#include "config.h"

#include "proto/diff.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define OLD "0123456789012345678901234567890123456789"
#define NEW "abcdefabcdefabcdefabcdefabcdefabcdefabcd"
#define INDEX "index " OLD ".." NEW " 100644\n"
#define HUNK "@@ -1,2 +1,3 @@ here\n one\n-two\n+TWO\n+three\n"
#define MODIFIED(name) "diff --git a/" name " b/" name "\n" INDEX "--- a/" name "\n+++ b/" name "\n" HUNK
#define UNSPLIT "Unable to parse the \"diff --git\" line for this file, due to the use of filenames with spaces or " \
    "--no-prefix, --src-prefix, or --dst-prefix options."

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(&arena);
}

TestSuite(diff, .init = setup, .fini = teardown);

/* What a diff says, in words: a line a file, then the end or the error. */
static const char *
tell(struct slice bytes)
{
	static const char *const status[] = { "modified", "deleted", "moved", "copied" };
	struct buf out = { 0 };
	struct diff_file f;
	struct diff diff;
	enum diff_result result;
	const char *text;

	diff_begin(&diff, arena, bytes);
	while ((result = diff_next(&diff, &f)) == DIFF_FILE) {
		buf_printf(&out, "%zu %.*s", f.line, SLICE_ARG(f.old_name));
		if (!slice_eq(f.old_name, f.new_name))
			buf_printf(&out, ">%.*s", SLICE_ARG(f.new_name));
		buf_printf(&out, " %s%s%s %.4s..%.4s -%d+%d", status[f.status], f.created ? " new" : "",
		    f.binary ? " binary" : "", f.old_blob.n > 0 ? f.old_blob.p : "", f.new_blob.n > 0 ? f.new_blob.p : "",
		    (int)f.deleted, (int)f.inserted);
		if (f.damage != NULL)
			buf_printf(&out, " (%zu: %s)", f.damage_line, f.damage);
		buf_byte(&out, '\n');
		cr_assert(slice_has_prefix(f.bytes, SLICE("diff --git ")));
	}
	if (result == DIFF_BAD)
		buf_printf(&out, "%zu: %s", diff.error_line, diff.error);
	else
		buf_printf(&out, "%zu", diff.files);
	cr_assert_eq(diff_next(&diff, &f), result);
	text = arena_memdup(arena, out.data, out.len);
	buf_fini(&out);
	return text;
}

#define TELLS(text, expected) cr_assert_str_eq(tell(SLICE(text)), expected)

/* The first file of a diff that has one. */
static struct diff_file
first(struct slice bytes)
{
	struct diff_file file;
	struct diff diff;

	diff_begin(&diff, arena, bytes);
	cr_assert_eq(diff_next(&diff, &file), DIFF_FILE);
	return file;
}

Test(diff, a_file_that_is_modified)
{
	struct diff_file f = first(SLICE("mail\n\n" MODIFIED("src/a.c") MODIFIED("b")));

	TELLS(MODIFIED("src/a.c"), "1 src/a.c modified 0123..abcd -1+2\n1");
	cr_assert(slice_is(f.bytes, MODIFIED("src/a.c")));
	cr_assert_eq(f.line, 3);
	cr_assert(slice_is(f.old_blob, OLD) && slice_is(f.new_blob, NEW));
	cr_assert(slice_is(f.old_mode, "100644") && slice_is(f.new_mode, "100644"));
	cr_assert_eq(f.hunks, 1);
	cr_assert(slice_is(diff_source_revision(&f), OLD));
	cr_assert(diff_needs_source(&f));
}

Test(diff, several_files_and_a_preamble)
{
	TELLS("From: somebody\n\n---\n a | 2 +-\n\n" MODIFIED("a") MODIFIED("b") "-- \n2.39.2\n\n",
	    "6 a modified 0123..abcd -1+2\n15 b modified 0123..abcd -1+2\n2");
}

Test(diff, nothing_is_empty)
{
	TELLS("", "0");
	TELLS(" \t\r\n\n\f", "0");
	cr_assert_str_eq(tell(SLICE_NONE), "0");
}

Test(diff, no_git_diff_is_refused)
{
	TELLS("hello\n", "0: This does not appear to be a git diff");
	TELLS("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "0: This does not appear to be a git diff");
	TELLS("diff --gitty a/x b/x\n", "0: This does not appear to be a git diff");
	TELLS(" diff --git a/x b/x\n", "0: This does not appear to be a git diff");
	TELLS("diff --cc x\n", "0: This does not appear to be a git diff");
}

Test(diff, files_that_come_and_go)
{
	struct diff_file f;

	TELLS("diff --git a/n b/n\nnew file mode 100755\nindex 0000000.." NEW "\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
	    "1 n modified new 0000..abcd -0+1\n1");
	/* empty ones have no names but those of the first line */
	TELLS("diff --git a/my file b/my file\nnew file mode 100644\nindex 0000000..e69de29\n",
	    "1 my file modified new 0000..e69d -0+0\n1");
	TELLS("diff --git a/n b/n\ndeleted file mode 100644\nindex " OLD "..0000000\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
	    "1 n deleted 0123..0000 -1+0\n1");
	TELLS("diff --git a/n b/n\ndeleted file mode 100644\nindex e69de29..0000000\n", "1 n deleted e69d..0000 -0+0\n1");
	/* each of the three signs is enough */
	TELLS("diff --git a/n b/n\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n", "1 n modified new .. -0+1\n1");
	TELLS("diff --git a/n b/n\nindex 000..abc\n--- a/n\n+++ b/n\n@@ -0,0 +1 @@\n+x\n", "1 n modified new 000...abc\n -0+1\n1");
	TELLS("diff --git a/n b/n\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", "1 n deleted .. -1+0\n1");
	f = first(SLICE("diff --git a/n b/n\nnew file mode 100644\n"));
	cr_assert(slice_is(diff_source_revision(&f), "PRE-CREATION"));
	cr_assert(!diff_needs_source(&f));
}

Test(diff, files_that_move_and_copies)
{
	struct diff_file f = first(SLICE("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"));

	cr_assert(slice_is(f.old_blob, "") && slice_is(f.new_blob, "") && f.old_blob.p != NULL);
	cr_assert(!diff_needs_source(&f));
	TELLS("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "1 x>y moved .. -0+0\n1");
	TELLS("diff --git a/x b/d/y\nsimilarity index 90%\nrename from x\nrename to d/y\n" INDEX "--- a/x\n+++ b/d/y\n" HUNK,
	    "1 x>d/y moved 0123..abcd -1+2\n1");
	TELLS("diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n", "1 x>y copied .. -0+0\n1");
	/* names of which the first line cannot be split */
	TELLS("diff --git a/a b/c b/a b/d\nrename from a b/c\nrename to a b/d\n", "1 a b/c>a b/d moved .. -0+0\n1");
	TELLS("diff --git \"a/\\303\\244\" b/y\nrename from \"\\303\\244\"\nrename to y\n", "1 \303\244>y moved .. -0+0\n1");
}

Test(diff, binary_files)
{
	struct diff_file f = first(SLICE("diff --git a/p b/p\n" INDEX "Binary files a/p and b/p differ\n"));

	cr_assert(!diff_needs_source(&f));
	TELLS("diff --git a/p b/p\n" INDEX "Binary files a/p and b/p differ\n" MODIFIED("q"),
	    "1 p modified binary 0123..abcd -0+0\n4 q modified 0123..abcd -1+2\n2");
	TELLS("diff --git a/p b/p\n" INDEX "GIT binary patch\nliteral 3\nKcmZQzU|?i`00jU6\n+x\n@@ -1 +1 @@\n\nliteral 0\nHcmV?d00001\n\n",
	    "1 p modified binary 0123..abcd -0+0\n1");
	TELLS("diff --git a/p b/p\ndeleted file mode 100644\n" INDEX "Binary files a/p and /dev/null differ\n",
	    "1 p deleted binary 0123..abcd -0+0\n1");
}

Test(diff, a_change_of_the_mode_alone_is_passed_over)
{
	TELLS("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "0");
	TELLS("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n" MODIFIED("y") "diff --git a/z b/z\n" INDEX,
	    "4 y modified 0123..abcd -1+2\n1");
	/* but not one with content */
	TELLS("diff --git a/x b/x\nold mode 100644\nnew mode 100755\nindex 0123456..abcdef0\n--- a/x\n+++ b/x\n" HUNK,
	    "1 x modified 0123..abcd -1+2\n1");
}

Test(diff, modes)
{
	struct diff_file f = first(SLICE("diff --git a/x b/x\nold mode 100644\nnew mode 100755\nindex 1..2\n--- a/x\n+++ b/x\n" HUNK));

	cr_assert(slice_is(f.old_mode, "100644") && slice_is(f.new_mode, "100755"));
	f = first(SLICE("diff --git a/x b/x\nnew file mode 120000\nindex 0..2\n"));
	cr_assert(f.old_mode.p == NULL && slice_is(f.new_mode, "120000"));
	f = first(SLICE("diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n"));
	cr_assert(f.new_mode.p == NULL && slice_is(f.old_mode, "100644"));
}

Test(diff, names)
{
	/* a TAB behind it, as git puts one behind names with spaces */
	TELLS("diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t2020-01-01\n@@ -1 +1 @@\n-a\n+b\n", "1 a b modified .. -1+1\n1");
	TELLS("diff --git \"a/\\t\\\"\\\\\\303\\251\" \"b/\\t\\\"\\\\\\303\\251\"\n--- \"a/\\t\\\"\\\\\\303\\251\"\n"
	    "+++ \"b/\\t\\\"\\\\\\303\\251\"\n@@ -1 +1 @@\n-a\n+b\n", "1 \t\"\\\303\251 modified .. -1+1\n1");
	TELLS("diff --git \"a/\\141\" b/a\nnew file mode 100644\n", "1 a modified new .. -0+0\n1");
	TELLS("diff --git a/a \"b/\\141\"\nnew file mode 100644\n", "1 a modified new .. -0+0\n1");
	/* those of the hunks win */
	TELLS("diff --git a/1 b/2\n--- a/3\n+++ b/4\n@@ -1 +1 @@\n-a\n+b\n", "1 3>4 modified .. -1+1\n1");
	/* only one a/ goes */
	TELLS("diff --git a/a/a b/a/a\n--- a/a/a\n+++ b/a/a\n@@ -1 +1 @@\n-a\n+b\n", "1 a/a modified .. -1+1\n1");
	TELLS("diff --git a/b/x b/b/x\nnew file mode 100644\n", "1 b/x modified new .. -0+0\n1");
	/* without prefixes */
	TELLS("diff --git x y\n--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n", "1 x>y modified .. -1+1\n1");
	TELLS("diff --git x y\nnew file mode 100644\n", "1 x>y modified new .. -0+0\n1");
	TELLS("diff --git x y x y\nnew file mode 100644\n", "1 x y modified new .. -0+0\n1");
	/* no UTF-8 */
	TELLS("diff --git \"a/\\351\" \"b/\\351\"\nnew file mode 100644\n", "1 \357\277\275 modified new .. -0+0\n1");
}

Test(diff, names_that_cannot_be_told)
{
	TELLS("diff --git x y z\nnew file mode 100644\n", "1: " UNSPLIT);
	TELLS("diff --git a/1 b/2 b/3\nnew file mode 100644\n", "1: " UNSPLIT);
	TELLS("diff --git x\nnew file mode 100644\n", "1: " UNSPLIT);
	TELLS("diff --git \nnew file mode 100644\n", "1: " UNSPLIT);
	TELLS("diff --git \"a/x b/x\nnew file mode 100644\n", "1: " UNSPLIT);
	TELLS("diff --git \"a/\\8\" b/x\nnew file mode 100644\n", "1: " UNSPLIT);
	/* the change of a mode has no other names either */
	TELLS(MODIFIED("y") "diff --git x y z\nold mode 100644\nnew mode 100755\n", "1 y modified 0123..abcd -1+2\n10: " UNSPLIT);
	TELLS("diff --git a/ b/\nnew file mode 100644\n", "1: The name of the file cannot be read.");
	TELLS("diff --git \"a/\\000\" \"b/\\000\"\nnew file mode 100644\n", "1: The name of the file cannot be read.");
	TELLS("diff --git a/x b/x\n--- \"a/x\n+++ b/x\n", "2: The name of the file cannot be read.");
	TELLS("diff --git a/x b/x\n--- a/x\n+++ \"b/x\" y\n", "3: The name of the file cannot be read.");
	TELLS("diff --git a/x b/x\n--- a/x\n@@ -1 +1 @@\n",
	    "3: The line that begins with \"---\" is not followed by one that begins with \"+++\".");
	TELLS("diff --git a/x b/x\n--- a/x\n",
	    "1: The line that begins with \"---\" is not followed by one that begins with \"+++\".");
}

Test(diff, long_names)
{
	struct buf text = { 0 };

	buf_str(&text, "diff --git x y\n--- a/x\n+++ b/");
	for (int i = 0; i < DIFF_NAME_MAX; i++)
		buf_str(&text, "\303\251");
	buf_str(&text, "\n@@ -1 +1 @@\n-a\n+b\n");
	cr_assert_eq(first(buf_as_slice(&text)).new_name.n, 2 * DIFF_NAME_MAX);
	text.len = 0;
	buf_str(&text, "diff --git x y\n--- a/x\n+++ b/");
	for (int i = 0; i <= DIFF_NAME_MAX; i++)
		buf_byte(&text, 'n');
	buf_str(&text, "\n@@ -1 +1 @@\n-a\n+b\n");
	cr_assert_str_eq(tell(buf_as_slice(&text)), "1: The name of the file is too long.");
	buf_fini(&text);
}

#define FILE_OF(hunks) "diff --git a/x b/x\n--- a/x\n+++ b/x\n" hunks

Test(diff, hunks_are_counted)
{
	TELLS(FILE_OF("@@ -1 +1 @@\n-a\n+b\n@@ -9,2 +9 @@ f()\n c\n-d\n"), "1 x modified .. -2+1\n1");
	/* what looks like a header is content, if it is counted */
	TELLS(FILE_OF("@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n x\n"), "1 x modified .. -1+1\n1");
	TELLS(FILE_OF("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"),
	    "1 x modified .. -1+1\n1");
	/* a line of context whose space got lost */
	TELLS(FILE_OF("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"), "1 x modified .. -1+1\n1");
	TELLS(FILE_OF("@@ -1 +1 @@\n-a\n+b\n-- \n2.39.2\n+not counted\n"), "1 x modified .. -1+1\n1");
	TELLS(FILE_OF("@@ -1 +1 @@\n-a\n+b"), "1 x modified .. -1+1\n1");
}

Test(diff, hunks_that_are_not_as_they_say_are_told)
{
	TELLS(FILE_OF("@@ -1,2 +1 @@\n-a\n+b\n") MODIFIED("y"),
	    "1 x modified .. -1+1 (4: The hunk has fewer lines than its header says.)\n7 y modified 0123..abcd -1+2\n2");
	TELLS(FILE_OF("@@ -1,2 +1 @@\n-a\n+b\n@@ -5 +5 @@\n-c\n+d\n"),
	    "1 x modified .. -2+2 (4: The hunk has fewer lines than its header says.)\n1");
	TELLS(FILE_OF("@@ -1 +1 @@\n-a\n+b\n+c\n"), "1 x modified .. -1+1 (4: The hunk has more lines than its header says.)\n1");
	TELLS(FILE_OF("@@ -1,0 +1,2 @@\n+b\n c\n"), "1 x modified .. -0+1 (4: The hunk has more lines than its header says.)\n1");
	TELLS(FILE_OF("@@ -1 +x @@\n-a\n+b\n"), "1 x modified .. -0+0 (4: The header of the hunk cannot be read.)\n1");
	TELLS(FILE_OF("@@ -1,99999999999999999999 +1 @@\n-a\n"), "1 x modified .. -0+0 (4: The header of the hunk cannot be read.)\n1");
	TELLS("diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n", "1 x modified .. -1+1 (2: The hunk belongs to no file.)\n1");
}

Test(diff, line_ends_of_both_kinds)
{
	struct diff_file f;

	TELLS("diff --git a/x b/x\r\nindex 0123456..abcdef0 100644\r\n--- a/x\r\n+++ b/x\r\n@@ -1,2 +1 @@\r\n-a\r\n+b\r\n\r\n",
	    "1 x modified 0123..abcd -1+1 (5: The hunk has more lines than its header says.)\n1");
	TELLS("diff --git a/x b/x\r\nindex 0123456..abcdef0 100644\r\n--- a/x\r\n+++ b/x\r\n@@ -1,2 +1,2 @@\r\n-a\r\n+b\r\n\r\n",
	    "1 x modified 0123..abcd -1+1\n1");
	f = first(SLICE("diff --git a/x b/x\r\nnew file mode 100644\r\n"));
	cr_assert(slice_is(f.new_mode, "100644") && slice_is(f.new_name, "x"));
	cr_assert(slice_is(f.bytes, "diff --git a/x b/x\r\nnew file mode 100644\r\n"));
}

Test(diff, an_index_line_that_is_none)
{
	TELLS("diff --git a/x b/x\nindex 0123456.abcdef0\n--- a/x\n+++ b/x\n" HUNK, "1 x modified .. -1+2\n1");
	TELLS("diff --git a/x b/x\nindex zz..zz\n--- a/x\n+++ b/x\n" HUNK, "1 x modified .. -1+2\n1");
	TELLS("diff --git a/x b/x\nindex " OLD NEW "..1\n--- a/x\n+++ b/x\n" HUNK, "1 x modified .. -1+2\n1");
}

Test(diff, too_many_files)
{
	struct buf text = { 0 };
	struct diff_file file;
	struct diff diff;

	for (int i = 0; i <= DIFF_FILES_MAX; i++)
		buf_str(&text, "diff --git a/x b/x\n");
	diff_begin(&diff, arena, buf_as_slice(&text));
	cr_assert_eq(diff_next(&diff, &file), DIFF_BAD);
	cr_assert_str_eq(diff.error, "The diff has too many files.");
	cr_assert_eq(diff.error_line, DIFF_FILES_MAX + 1);
	buf_fini(&text);
}
