/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/validation_info: its form (reviewboard-api.md, 1.3), what is
 * forged, and what follows from it for the files of the next commit.
 */
#include "config.h"

#include "proto/validation_info.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/diff.h"
#include "proto/lineage.h"

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

TestSuite(validation_info, .init = setup, .fini = teardown);

static struct slice
base64(struct slice text)
{
	char *out = arena_alloc(arena, text.n / 3 * 4 + 5);
	int n = EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text.p, (int)text.n);

	return slice_make(out, (size_t)n);
}

/* What is said of a base64 text: NULL if it is fine. */
static const char *
why(struct slice text)
{
	struct validation_info info;
	const char *reason = "";
	char *exact = malloc(text.n > 0 ? text.n : 1);
	int result;

	cr_assert_not_null(exact);
	memcpy(exact, text.p, text.n);
	result = validation_info_decode(&info, arena, slice_make(exact, text.n), &reason);
	free(exact);
	cr_assert_eq(result, reason == NULL ? 0 : -1);
	cr_assert(result == 0 || info.count == 0);
	return reason;
}

static struct validation_info
decode(struct slice json)
{
	struct validation_info info;
	const char *reason;

	cr_assert_eq(validation_info_decode(&info, arena, base64(json), &reason), 0, "%s", reason);
	return info;
}

/* The JSON that an info is written as. */
static const char *
encode(const struct validation_info *info)
{
	struct buf out = { 0 };
	char *text;

	validation_info_encode(info, &out);
	text = arena_zalloc(arena, out.len + 1);
	cr_assert(out.len % 4 == 0);
	cr_assert_geq(EVP_DecodeBlock((unsigned char *)text, (const unsigned char *)out.data, (int)out.len), 0);
	buf_fini(&out);
	return text;
}

#define CHAIN "{\"c1\":{\"parent_id\":\"b\",\"tree\":{\"added\":[{\"filename\":\"src/\303\251.c\",\"revision\":\"1111111\"}]," \
    "\"modified\":[{\"filename\":\"m\",\"revision\":\"2222222\"}],\"removed\":[{\"filename\":\"old\",\"revision\":\"3333333\"}]}}," \
    "\"c2\":{\"parent_id\":\"c1\",\"tree\":{\"added\":[],\"modified\":[],\"removed\":[{\"filename\":\"m\",\"revision\":\"2222222\"}]}}}"
#define WITH(parent, tree) "{\"c\":{\"parent_id\":" parent ",\"tree\":" tree "}}"

Test(validation_info, reads_and_writes)
{
	struct validation_info info = decode(SLICE(CHAIN));
	const struct validation_commit *c = validation_info_find(&info, SLICE("c1"));

	cr_assert_eq(info.count, 2);
	cr_assert_not_null(c);
	cr_assert(slice_is(c->parent, "b"));
	cr_assert_eq(c->list[VALIDATION_ADDED].count, 1);
	cr_assert(slice_is(c->list[VALIDATION_ADDED].file[0].name, "src/\303\251.c"));
	cr_assert(slice_is(c->list[VALIDATION_REMOVED].file[0].revision, "3333333"));
	cr_assert_null(validation_info_find(&info, SLICE("c")));
	cr_assert_null(validation_info_find(&info, SLICE("c3")));
	cr_assert_str_eq(encode(&info), CHAIN);
	validation_info_init(&info, arena);
	cr_assert_str_eq(encode(&info), "{}");
}

Test(validation_info, white_space_in_it_does_not_count)
{
	cr_assert_null(why(SLICE(" e3\r\n0\t=\n")));
	cr_assert_null(why(SLICE("e30=")));
	/* what is not there is empty, and other members are nobody's business */
	cr_assert_null(why(base64(SLICE("{\"c\":{\"parent_id\":\"\",\"more\":[1]}}"))));
	cr_assert_null(why(base64(SLICE(WITH("\"p\"", "{\"other\":1}")))));
}

Test(validation_info, no_base64)
{
	static const char *const bad[] = { "e30", "e30=e30=", "e3-=", "e===", "====", "e30==", "\303\251", "e30=\x01", "=", "e" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_str_eq(why(slice_str(bad[i])), "Invalid base64.", "%s", bad[i]);
}

Test(validation_info, no_json)
{
	cr_assert_str_eq(why(SLICE("")), "Expecting value: line 1 column 1 (char 0)");
	cr_assert_str_eq(why(base64(SLICE("{]"))), "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)");
	cr_assert_not_null(why(base64(SLICE("{\"\xff\":1}"))));
}

Test(validation_info, wrong_types_at_each_level)
{
	static const char *const bad[] = {
		"[]", "1", "null", "\"x\"", "{\"c\":[]}", "{\"c\":null}", "{\"c\":{}}", "{\"c\":{\"parent_id\":1,\"tree\":{}}}",
		"{\"\":{\"parent_id\":\"p\"}}", "{\"c/d\":{\"parent_id\":\"p\"}}", WITH("null", "{}"), WITH("\"p p\"", "{}"),
		WITH("\"01234567890123456789012345678901234567890123456789012345678901234\"", "{}"),
		WITH("\"p\"", "[]"), WITH("\"p\"", "null"), WITH("\"p\"", "{\"added\":{}}"), WITH("\"p\"", "{\"modified\":null}"),
		WITH("\"p\"", "{\"removed\":[1]}"), WITH("\"p\"", "{\"added\":[{}]}"), WITH("\"p\"", "{\"added\":[{\"filename\":\"a\"}]}"),
		WITH("\"p\"", "{\"added\":[{\"filename\":\"\",\"revision\":\"1\"}]}"),
		WITH("\"p\"", "{\"added\":[{\"filename\":\"a\\u0000\",\"revision\":\"1\"}]}"),
		WITH("\"p\"", "{\"added\":[{\"filename\":\"\\ud800\",\"revision\":\"1\"}]}"),
		WITH("\"p\"", "{\"added\":[{\"filename\":\"a\",\"revision\":1}]}"),
		WITH("\"p\"", "{\"added\":[{\"filename\":[],\"revision\":\"1\"}]}"),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_str_eq(why(base64(slice_str(bad[i]))), "Invalid format.", "%s", bad[i]);
}

Test(validation_info, loops)
{
	cr_assert_str_eq(why(base64(SLICE("{\"a\":{\"parent_id\":\"a\"}}"))), "The commits form a loop.");
	cr_assert_str_eq(why(base64(SLICE("{\"x\":{\"parent_id\":\"a\"},\"a\":{\"parent_id\":\"b\"},\"b\":{\"parent_id\":\"c\"},"
	    "\"c\":{\"parent_id\":\"a\"}}"))), "The commits form a loop.");
	/* a tree is none */
	cr_assert_null(why(base64(SLICE("{\"a\":{\"parent_id\":\"r\"},\"b\":{\"parent_id\":\"a\"},\"c\":{\"parent_id\":\"a\"},"
	    "\"d\":{\"parent_id\":\"c\"}}"))));
}

Test(validation_info, megabytes)
{
	struct buf text = { 0 };

	memset(buf_reserve(&text, VALIDATION_INFO_MAX + 4), 'A', VALIDATION_INFO_MAX + 4);
	text.len = VALIDATION_INFO_MAX + 4;
	cr_assert_str_eq(why(buf_as_slice(&text)), "It is too long.");
	buf_fini(&text);
}

/* As large as it may be, and all of it one chain. */
Test(validation_info, a_long_chain)
{
	struct lineage *lineage = lineage_new(arena);
	struct validation_info info;
	struct buf text = { 0 };
	enum { COMMITS = 20000 };

	buf_byte(&text, '{');
	for (int i = 0; i < COMMITS; i++)
		buf_printf(&text, "%s\"c%d\":{\"parent_id\":\"c%d\",\"tree\":{}}", i > 0 ? "," : "", i, i + 1);
	buf_byte(&text, '}');
	info = decode(buf_as_slice(&text));
	buf_fini(&text);
	cr_assert_eq(info.count, COMMITS);
	cr_assert_eq(validation_info_follow(&info, SLICE("c0"), lineage), COMMITS);
	cr_assert_eq(validation_info_follow(&info, SLICE("c19999"), lineage), 1);
	cr_assert_eq(validation_info_follow(&info, SLICE("c20000"), lineage), 0);
}

Test(validation_info, what_is_complained_about)
{
	struct buf text = { 0 };
	const char *shown;

	cr_assert_str_eq(validation_info_complaint(arena, SLICE("x\303\251"), "Invalid format."),
	    "Could not parse validation info \"x\303\251\": Invalid format.");
	for (int i = 0; i < 1000; i++)
		buf_str(&text, i == 0 ? "x" : "\303\251");
	shown = validation_info_complaint(arena, buf_as_slice(&text), "No.");
	cr_assert_lt(strlen(shown), 300);
	cr_assert_not_null(strstr(shown, "\303\251...\": No."));
	buf_fini(&text);
}

/* ---- what it says of files ---- */

static void
set(struct validation_info *info, const char *id, const char *parent, const char *text)
{
	struct diff_file *file = arena_alloc(arena, 8 * sizeof(*file));
	struct diff diff;
	size_t count = 0;

	diff_begin(&diff, arena, slice_str(text));
	while (diff_next(&diff, &file[count]) == DIFF_FILE)
		count++;
	cr_assert_null(diff.error);
	validation_info_set(info, slice_str(id), slice_str(parent), file, count);
}

#define CHANGE(name, old, new) "diff --git a/" name " b/" name "\nindex " old ".." new " 100644\n--- a/" name "\n+++ b/" name \
    "\n@@ -1 +1 @@\n-a\n+b\n"
#define CREATE(name, new) "diff --git a/" name " b/" name "\nnew file mode 100644\nindex 0000000.." new "\n"
#define REMOVE(name, old) "diff --git a/" name " b/" name "\ndeleted file mode 100644\nindex " old "..0000000\n"
#define MOVE(from, to) "diff --git a/" from " b/" to "\nsimilarity index 100%\nrename from " from "\nrename to " to "\n"

Test(validation_info, a_commit_is_made_of_its_diff)
{
	struct validation_info info;

	validation_info_init(&info, arena);
	set(&info, "c1", "b", CREATE("n", "aaaaaaa") CHANGE("m", "1111111", "2222222") REMOVE("d", "3333333") MOVE("x", "y")
	    "diff --git a/p b/q\nsimilarity index 90%\ncopy from p\ncopy to q\nindex 4444444..5555555\nBinary files a/p and b/q differ\n");
	cr_assert_str_eq(encode(&info), "{\"c1\":{\"parent_id\":\"b\",\"tree\":{"
	    "\"added\":[{\"filename\":\"n\",\"revision\":\"aaaaaaa\"},{\"filename\":\"y\",\"revision\":\"\"},"
	    "{\"filename\":\"q\",\"revision\":\"5555555\"}],"
	    "\"modified\":[{\"filename\":\"m\",\"revision\":\"2222222\"}],"
	    "\"removed\":[{\"filename\":\"d\",\"revision\":\"3333333\"},{\"filename\":\"x\",\"revision\":\"\"}]}}}");
	/* known by the server: it takes the place of what was said */
	set(&info, "c0", "", "");
	set(&info, "c1", "c0", "");
	cr_assert_str_eq(encode(&info), "{\"c1\":{\"parent_id\":\"c0\",\"tree\":{\"added\":[],\"modified\":[],\"removed\":[]}},"
	    "\"c0\":{\"parent_id\":\"\",\"tree\":{\"added\":[],\"modified\":[],\"removed\":[]}}}");
}

static const char *
ask(const struct validation_info *info, const char *parent, const char *name, const char *blob)
{
	static const char *const words[] = { [LINEAGE_NOTHING] = "nothing", [LINEAGE_KNOWN] = "known",
		[LINEAGE_UNSURE] = "unsure", [LINEAGE_CONTRADICTED] = "contradicted" };
	struct lineage *lineage = lineage_new(arena);

	(void)validation_info_follow(info, slice_str(parent), lineage);
	lineage_seal(lineage);
	return words[lineage_ask(lineage, slice_str(name), slice_str(blob))];
}

#define ASK(parent, name, blob, word) cr_assert_str_eq(ask(&info, parent, name, blob), word)

Test(validation_info, a_chain_is_followed)
{
	struct validation_info info;

	validation_info_init(&info, arena);
	set(&info, "c3", "c2", REMOVE("m", "2222222"));
	set(&info, "c1", "b", CREATE("n", "aaaaaaaa1") CHANGE("m", "1111111", "2222222"));
	set(&info, "c2", "c1", CHANGE("n", "aaaaaaaa1", "bbbbbbb"));
	set(&info, "other", "b", CREATE("z", "ccccccc"));
	ASK("c2", "n", "bbbbbbb", "known");
	ASK("c2", "n", "aaaaaaaa1", "known");
	ASK("c2", "n", "ccccccc", "contradicted");
	ASK("c2", "n", "", "unsure");
	ASK("c2", "m", "2222222", "known");
	ASK("c3", "m", "2222222", "contradicted");
	ASK("c3", "z", "ccccccc", "nothing");
	ASK("other", "z", "ccccccc", "known");
	ASK("b", "n", "bbbbbbb", "nothing");
	ASK("c2", "", "bbbbbbb", "nothing");
	/* one of the two abbreviated */
	ASK("c2", "n", "aaaa", "known");
	ASK("c2", "n", "aaa", "contradicted");
	ASK("c2", "n", "aaaaaaaa12345", "known");
	ASK("c2", "n", "aaaaaaaa2", "contradicted");
}

Test(validation_info, a_file_that_moved)
{
	struct validation_info info;

	validation_info_init(&info, arena);
	set(&info, "c1", "b", CREATE("x", "1111111") CREATE("q", "7777777"));
	set(&info, "c2", "c1", MOVE("x", "y") MOVE("old", "new"));
	ASK("c2", "x", "1111111", "contradicted");
	ASK("c2", "y", "1111111", "known");
	ASK("c2", "new", "9999999", "unsure");
	/* a name that is there again */
	set(&info, "c3", "c2", CREATE("x", "2222222"));
	ASK("c3", "x", "2222222", "known");
	ASK("c3", "x", "3333333", "contradicted");
	/* two that change places */
	set(&info, "c4", "c3", MOVE("x", "q") MOVE("q", "x"));
	ASK("c4", "x", "7777777", "known");
	ASK("c4", "q", "2222222", "known");
	ASK("c4", "q", "8888888", "unsure");
	/* one that takes the place of another */
	set(&info, "c5", "c4", REMOVE("z", "4444444") "diff --git a/w b/z\nsimilarity index 90%\nrename from w\nrename to z\n"
	    "index 5555555..6666666\nBinary files a/w and b/z differ\n");
	ASK("c5", "z", "6666666", "known");
	ASK("c5", "w", "5555555", "contradicted");
}

Test(validation_info, a_loop_of_the_server_s_own_ends)
{
	struct lineage *lineage = lineage_new(arena);
	struct validation_info info;

	validation_info_init(&info, arena);
	set(&info, "c1", "c2", CREATE("x", "1111111"));
	set(&info, "c2", "c1", CREATE("y", "1111111"));
	cr_assert_eq(validation_info_follow(&info, SLICE("c2"), lineage), 2);
}

Test(validation_info, pairs_are_compared)
{
	struct validation_info told, own;
	struct buf out = { 0 };

	validation_info_init(&told, arena);
	validation_info_init(&own, arena);
	set(&told, "c1", "b", "");
	set(&told, "c2", "x", "");
	set(&told, "c9", "c2", "");
	set(&own, "c1", "b", "");
	set(&own, "c2", "c1", "");
	set(&own, "c3", "c2", "");
	cr_assert_eq(validation_info_put_missing(&told, &own, &out), 2);
	cr_assert(slice_is(buf_as_slice(&out), "c2, c9"));
	buf_reset(&out);
	cr_assert_eq(validation_info_put_missing(&own, &told, &out), 2);
	cr_assert(slice_is(buf_as_slice(&out), "c2, c3"));
	cr_assert_eq(validation_info_put_missing(&own, &own, &out), 0);
	buf_fini(&out);
}
