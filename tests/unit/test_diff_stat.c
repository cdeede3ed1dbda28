/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/diff_stat.  The texts are what `git diff --stat=72` prints of such changes
 * (without names in quotes, and without the sizes of binary files, which are not known here).
 */
#include "config.h"

#include "proto/diff_stat.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/buf.h"

#define X10 "xxxxxxxxxx"
#define PLUS10 "++++++++++"

#define FILE(name, in, out) { SLICE(name), SLICE(name), false, false, in, out }
#define BINARY(name) { SLICE(name), SLICE(name), false, true, 0, 0 }
#define MOVED(from, to, in, out) { SLICE(from), SLICE(to), true, false, in, out }

static void
check(const struct diff_stat_file *files, size_t count, const char *expected)
{
	struct arena *arena = arena_new();
	struct buf out = { 0 };

	diff_stat_put(&out, arena, files, count);
	cr_assert(slice_is(buf_as_slice(&out), expected), "got:\n%.*s\nnot:\n%s", (int)out.len, out.data, expected);
	buf_fini(&out);
	arena_free(&arena);
}

#define CHECK(expected, ...) do { \
	const struct diff_stat_file files[] = { __VA_ARGS__ }; \
	check(files, sizeof(files) / sizeof(files[0]), expected); \
} while (0)

Test(diff_stat, sums)
{
	check(NULL, 0, " 0 files changed\n");
	CHECK(" a | 1 +\n 1 file changed, 1 insertion(+)\n", FILE("a", 1, 0));
	CHECK(" a | 1 -\n 1 file changed, 1 deletion(-)\n", FILE("a", 0, 1));
	CHECK(" a | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", FILE("a", 0, 0));
	CHECK(" a      |  4 ++--\n long/b | 12 ++++++++++++\n 2 files changed, 14 insertions(+), 2 deletions(-)\n",
	    FILE("a", 2, 2), FILE("long/b", 12, 0));
}

Test(diff_stat, binary)
{
	CHECK(" a | Bin\n b |   1 +\n 2 files changed, 1 insertion(+)\n", BINARY("a"), FILE("b", 1, 0));
	CHECK(" a | Bin\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", BINARY("a"));
}

Test(diff_stat, moved)
{
	CHECK(" a => b | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", MOVED("a", "b", 0, 0));
	CHECK(" src/{util.c => utility.c} | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n",
	    MOVED("src/util.c", "src/utility.c", 1, 1));
	CHECK(" {a => b}/c/d | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", MOVED("a/c/d", "b/c/d", 0, 0));
	CHECK(" a/{ => b}/c | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", MOVED("a/c", "a/b/c", 0, 0));
	CHECK(" a/{b => }/c | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", MOVED("a/b/c", "a/c", 0, 0));
	CHECK(" a/{b => c}/d | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n", MOVED("a/b/d", "a/c/d", 0, 0));
}

Test(diff_stat, graph_is_scaled)
{
	/* 72 columns in all: 3/8 are enough for nobody else, but the name leaves more */
	CHECK(" a | 1000 " PLUS10 PLUS10 PLUS10 PLUS10 PLUS10 PLUS10 "+\n"
	    " b |    1 +\n"
	    " 2 files changed, 1001 insertions(+)\n", FILE("a", 1000, 0), FILE("b", 1, 0));
	CHECK(" a | 1000 " PLUS10 PLUS10 PLUS10 PLUS10 PLUS10 PLUS10 "-\n"
	    " b |    2 +-\n"
	    " 2 files changed, 1000 insertions(+), 2 deletions(-)\n", FILE("a", 999, 1), FILE("b", 1, 1));
}

Test(diff_stat, names_are_cut)
{
	/* from a slash on, if there is one in what is left */
	CHECK(" .../" X10 X10 X10 X10 "  | 100 " PLUS10 "++++++++\n 1 file changed, 100 insertions(+)\n",
	    FILE("dir/" X10 X10 "/" X10 X10 X10 X10, 100, 0));
	CHECK(" ..." X10 X10 X10 X10 "xx | 100 " PLUS10 "++++++++\n 1 file changed, 100 insertions(+)\n",
	    FILE(X10 X10 X10 X10 X10 X10 X10 X10, 100, 0));
	CHECK(" ..." X10 X10 X10 X10 X10 X10 " | 2 ++\n 1 file changed, 2 insertions(+)\n",
	    FILE(X10 X10 X10 X10 X10 X10 X10 X10, 2, 0));
	/* a character is a column */
	CHECK(" abc | 1 +\n \xc3\xa9\xc3\xa9  | 1 +\n 2 files changed, 2 insertions(+)\n",
	    FILE("abc", 1, 0), FILE("\xc3\xa9\xc3\xa9", 1, 0));
}

Test(diff_stat, names_keep_to_their_line)
{
	CHECK(" a?b | 1 +\n 1 file changed, 1 insertion(+)\n", FILE("a\nb", 1, 0));
}
