/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/review_mail and proto/diff_stat.  The input is lines: author, address, file names and
 * numbers, then the message.  Nothing in it makes a header of its own, names are short enough for their
 * column, and a line of the statistics stays a line of 72 columns.
 */
#include "config.h"

#include "proto/review_mail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/mail.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

enum { FILES = 3, STAT_COLUMNS = 72 };

static struct slice
take(struct slice *rest)
{
	struct slice line = SLICE("");

	if (rest->p != NULL)
		(void)slice_cut(rest, '\n', &line);
	return line;
}

static void
check_stat(struct arena *arena, const struct diff_stat_file *files)
{
	struct buf out = { 0 };
	struct slice rest, line;
	size_t lines = 0;

	diff_stat_put(&out, arena, files, FILES);
	rest = buf_as_slice(&out);
	while (rest.n > 0 && slice_cut(&rest, '\n', &line)) {
		size_t columns = 0;

		lines++;
		for (size_t length; line.n > 0; line = slice_from(line, length), columns++)
			(void)utf8_decode(line, &length);
		require(lines > FILES || columns <= STAT_COLUMNS + 1);
	}
	require(lines == FILES + 1);
	buf_fini(&out);
}

static const char *const known[] = {
	"From", "Subject", "Date", "Message-Id", "X-Review-URL", "X-Review-Branch", "X-Review-Bugs", "X-Review-Commit",
	"X-Review-Parent", "X-Review-Committer", "X-Review-Diff", "To", "Cc", "In-Reply-To", "References",
};

static void
check_headers(struct arena *arena, const struct review_mail *mail, const struct review_commit *commit)
{
	struct buf out = { 0 };
	struct mail_headers headers;

	review_patch_headers(&out, arena, mail, commit);
	mail_headers_parse(arena, buf_as_slice(&out), &headers);
	for (size_t i = 0; i < headers.count; i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			found |= slice_is(headers.list[i].name, known[k]);
		require(found);
	}
	buf_fini(&out);
}

static void
check_texts(struct arena *arena, const struct review_mail *mail, const struct review_commit *commit)
{
	struct review_cover cover = { .summary = commit->message, .description = commit->message, .testing = commit->note,
		.change = commit->note, .base = commit->id, .commits = commit, .commit_count = 1, .site = mail->url,
		.files = commit->files, .file_count = commit->file_count };
	struct buf out = { 0 };
	struct slice body, subject = review_subject(commit->message, &body), name;
	size_t characters = 0;

	require(memchr(subject.p, '\n', subject.n) == NULL);
	review_mail_name(&out, mail, 1, subject);
	name = buf_as_slice(&out);
	for (size_t length; name.n > 0; name = slice_from(name, length), characters++)
		(void)utf8_decode(name, &length);
	require(characters <= REVIEW_NAME_MAX);
	buf_reset(&out);
	review_patch_content(&out, arena, mail, commit);
	require(out.len > body.n);
	review_cover_content(&out, arena, mail, &cover);
	review_cover_headers(&out, arena, mail, &cover);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct slice rest = utf8_repair(arena, slice_make((const char *)data, size));
	struct diff_stat_file files[FILES];
	struct review_commit commit = { .number = 1, .files = files, .file_count = FILES };
	struct review_mail mail = { .request = 7, .version = 2, .total = 3, .cover = true, .host = SLICE("example.org") };

	commit.author = (struct review_person){ take(&rest), take(&rest) };
	commit.committer = commit.author;
	mail.from.name = take(&rest);
	mail.from.email = take(&rest);
	mail.url = mail.branch = mail.bugs = commit.note = take(&rest);
	commit.id = commit.parent = take(&rest);
	for (size_t i = 0; i < FILES; i++) {
		uint64_t numbers[2] = { 0, 0 };

		files[i] = (struct diff_stat_file){ .old_name = take(&rest), .new_name = take(&rest), .moved = i == 0, .binary = i == 2 };
		(void)slice_uint(take(&rest), 1U << 31, &numbers[0]);
		(void)slice_uint(take(&rest), 1U << 31, &numbers[1]);
		files[i].inserted = numbers[0];
		files[i].deleted = numbers[1];
	}
	commit.message = rest.p != NULL ? rest : SLICE("");
	(void)review_commit_in(commit.message);
	(void)review_says_all(commit.message, mail.from.name, commit.note);
	check_stat(arena, files);
	check_headers(arena, &mail, &commit);
	check_texts(arena, &mail, &commit);
	arena_free(&arena);
	return 0;
}
