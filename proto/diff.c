/* SPDX-License-Identifier: MIT
 *
 * See diff.h.
 *
 * The lines of a file's content begin with ' ', '+', '-' or '\', those of a
 * binary patch have no space: so a line "diff --git " is never content, and where
 * files end can be told without trust in what their hunks say.
 */
#include "config.h"

#include "proto/diff.h"

#include <string.h>

#include "base/arena.h"
#include "proto/checks.h"
#include "proto/digits.h"
#include "proto/text.h"

#define GIT_LINE "diff --git "
#define SPACE " \t\n\r\v\f"
#define NULL_FILE "/dev/null"

static const char not_git[] = "This does not appear to be a git diff";
static const char no_names[] = "Unable to parse the \"diff --git\" line for this file, due to the use of filenames with "
    "spaces or --no-prefix, --src-prefix, or --dst-prefix options.";
static const char bad_name[] = "The name of the file cannot be read.";
static const char long_name[] = "The name of the file is too long.";
static const char no_plus[] = "The line that begins with \"---\" is not followed by one that begins with \"+++\".";
static const char many_files[] = "The diff has too many files.";

static const char few_lines[] = "The hunk has fewer lines than its header says.";
static const char more_lines[] = "The hunk has more lines than its header says.";
static const char bad_hunk[] = "The header of the hunk cannot be read.";
static const char no_file[] = "The hunk belongs to no file.";

/* Where in a file the reader is. */
enum place {
	PLACE_HEADER,	/* extended header lines */
	PLACE_PLUS,	/* behind "---" */
	PLACE_HUNKS,	/* behind "+++", between hunks */
	PLACE_HUNK,
	PLACE_BEHIND,	/* directly behind the last line of a hunk */
	PLACE_BINARY
};

struct section {
	struct diff_file *file;
	enum place place;
	struct slice git;		/* what stands behind "diff --git " */
	struct slice minus, plus;	/* names behind "---" and "+++"; absent */
	struct slice from, to;		/* of a rename or a copy; absent */
	bool new_mode, deleted_mode;	/* it says that the file comes or goes */
	uint64_t old_left, new_left;	/* lines of the hunk that are still to come */
	size_t hunk_line;		/* where the hunk begins */
	size_t line;			/* the one being read */
};

void
diff_begin(struct diff *diff, struct arena *arena, struct slice bytes)
{
	*diff = (struct diff){ .arena = arena, .rest = bytes, .line = 1 };
}

/* The first line with its end. */
static struct slice
first_line(struct slice s)
{
	const char *end = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

	return slice_make(s.p, end != NULL ? (size_t)(end - s.p) + 1 : s.n);
}

static bool
take_prefix(struct slice *s, const char *prefix)
{
	struct slice p = slice_str(prefix);

	if (!slice_has_prefix(*s, p))
		return false;
	*s = slice_from(*s, p.n);
	return true;
}

/* ---- names ---- */

/* The byte that an escape stands for, which begins behind the backslash; -1 if it is none. */
static int
take_escape(struct slice *s)
{
	static const char letters[] = "a\ab\bt\tn\nv\vf\fr\r\"\"\\\\";
	int code = 0;

	if (s->n == 0)
		return -1;
	if (s->p[0] < '0' || s->p[0] > '3') {
		for (const char *l = letters; *l != '\0'; l += 2) {
			if (*l == s->p[0]) {
				*s = slice_from(*s, 1);
				return (unsigned char)l[1];
			}
		}
		return -1;
	}
	if (s->n < 3)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (s->p[i] < '0' || s->p[i] > '7')
			return -1;
		code = code * 8 + (s->p[i] - '0');
	}
	*s = slice_from(*s, 3);
	return code;
}

/* Takes a C string off the front of *s, quotes and all.  False: there is none. */
static bool
take_quoted(struct arena *arena, struct slice *s, struct slice *name_r)
{
	struct slice rest = *s;
	char *start, *at;

	if (rest.n == 0 || rest.p[0] != '"')
		return false;
	rest = slice_from(rest, 1);
	start = at = arena_alloc(arena, rest.n + 1);
	while (rest.n > 0 && rest.p[0] != '"') {
		int c = (unsigned char)rest.p[0];

		rest = slice_from(rest, 1);
		if (c == '\\' && (c = take_escape(&rest)) < 0)
			return false;
		*at++ = (char)c;
	}
	if (rest.n == 0)
		return false;
	*name_r = slice_make(start, (size_t)(at - start));
	*s = slice_from(rest, 1);
	return true;
}

/* A name that is all of the line, but for a TAB and what follows it.  Absent: it cannot be read. */
static struct slice
read_name(struct arena *arena, struct slice line)
{
	struct slice name = SLICE_NONE;
	ptrdiff_t tab;

	if (line.n > 0 && line.p[0] == '"')
		return take_quoted(arena, &line, &name) && (line.n == 0 || line.p[0] == '\t') ? name : SLICE_NONE;
	tab = slice_index(line, '\t');
	return tab < 0 ? line : slice_make(line.p, (size_t)tab);
}

/*
 * Unquoted names with a space between.  Names may have spaces too: then they
 * can be told apart if they are the same name, or if one place only begins as
 * the second has to.
 */
static bool
split_plain(struct slice s, const char *prefix, const char *second, struct slice *old_r, struct slice *new_r)
{
	size_t p = strlen(prefix), half = s.n / 2, gap = strlen(second);
	const char *found, *again;

	if (s.n % 2 == 1 && s.p[half] == ' ' && half > p && memcmp(s.p, prefix, p) == 0 &&
	    memcmp(s.p + half, second, gap) == 0 && memcmp(s.p + p, s.p + half + 1 + p, half - p) == 0) {
		*old_r = slice_make(s.p + p, half - p);
		*new_r = *old_r;
		return true;
	}
	if (!slice_has_prefix(s, slice_str(prefix)))
		return false;
	found = memmem(s.p + p, s.n - p, second, gap);
	if (found == NULL)
		return false;
	again = memmem(found + 1, (size_t)(s.p + s.n - found) - 1, second, gap);
	if (again != NULL)
		return false;
	*old_r = slice_make(s.p + p, (size_t)(found - s.p) - p);
	*new_r = slice_make(found + gap, (size_t)(s.p + s.n - found) - gap);
	return true;
}

/* One of the names is quoted at least. */
static bool
split_quoted(struct arena *arena, struct slice s, struct slice *old_r, struct slice *new_r)
{
	if (s.p[0] != '"') {
		/* a name that is not quoted has no quote in it */
		const char *quote = memmem(s.p, s.n, " \"", 2);

		*old_r = slice_make(s.p, (size_t)(quote - s.p));
		s = slice_from(s, old_r->n + 1);
		if (!take_quoted(arena, &s, new_r) || s.n > 0)
			return false;
	} else {
		if (!take_quoted(arena, &s, old_r) || !take_prefix(&s, " "))
			return false;
		if (s.n == 0 || s.p[0] != '"')
			*new_r = s;
		else if (!take_quoted(arena, &s, new_r) || s.n > 0)
			return false;
	}
	(void)take_prefix(old_r, "a/");
	(void)take_prefix(new_r, "b/");
	return true;
}

static bool
split_git_line(struct arena *arena, struct slice s, struct slice *old_r, struct slice *new_r)
{
	if (s.n == 0)
		return false;
	if (s.p[0] == '"' || memmem(s.p, s.n, " \"", 2) != NULL)
		return split_quoted(arena, s, old_r, new_r);
	return split_plain(s, "a/", " b/", old_r, new_r) || split_plain(s, "", " ", old_r, new_r);
}

/* NULL, or what is wrong with the name; one that is no UTF-8 is repaired. */
static const char *
check_name(struct arena *arena, struct slice *name)
{
	if (name->n == 0 || memchr(name->p, '\0', name->n) != NULL)
		return bad_name;
	*name = utf8_repair(arena, *name);
	return text_length(*name) > DIFF_NAME_MAX ? long_name : NULL;
}

/* NULL, or why the file has no names. */
static const char *
find_names(struct arena *arena, struct section *s)
{
	struct diff_file *file = s->file;
	bool no_old = slice_is(s->minus, NULL_FILE), no_new = slice_is(s->plus, NULL_FILE);
	const char *error;

	if (s->minus.p != NULL && !(no_old && no_new)) {
		file->old_name = s->minus;
		file->new_name = s->plus;
		(void)take_prefix(&file->old_name, "a/");
		(void)take_prefix(&file->new_name, "b/");
		if (no_old)
			file->old_name = file->new_name;
		if (no_new)
			file->new_name = file->old_name;
	} else if (s->from.p != NULL && s->to.p != NULL) {
		file->old_name = s->from;
		file->new_name = s->to;
	} else if (!split_git_line(arena, s->git, &file->old_name, &file->new_name)) {
		return no_names;
	}
	error = check_name(arena, &file->old_name);
	return error != NULL ? error : check_name(arena, &file->new_name);
}

/* ---- header lines ---- */

static size_t
run_of(struct slice s, bool (*is)(char c))
{
	size_t n = 0;

	while (n < s.n && is(s.p[n]))
		n++;
	return n;
}

static bool
is_hex(char c)
{
	return hex_digit(c) >= 0;
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Takes a mode, which has to be all of the line; else nothing changes. */
static bool
read_mode(struct slice line, struct slice *mode_r)
{
	size_t n = run_of(line, is_octal);

	if (n == 0 || n != line.n || n > DIFF_MODE_MAX)
		return false;
	*mode_r = line;
	return true;
}

/* "OLD..NEW[ MODE]" */
static void
read_index(struct diff_file *file, struct slice line)
{
	size_t n = run_of(line, is_hex);
	struct slice old = slice_make(line.p, n), new;

	line = slice_from(line, n);
	if (n == 0 || n > DIFF_BLOB_MAX || !take_prefix(&line, ".."))
		return;
	n = run_of(line, is_hex);
	new = slice_make(line.p, n);
	line = slice_from(line, n);
	if (n == 0 || n > DIFF_BLOB_MAX || (line.n > 0 && line.p[0] != ' '))
		return;
	file->old_blob = old;
	file->new_blob = new;
	if (take_prefix(&line, " ") && read_mode(line, &file->new_mode))
		file->old_mode = file->new_mode;
}

static void
set_status(struct section *s, enum diff_status status, struct slice *name, struct slice value)
{
	*name = value;
	s->file->status = status;
}

/* A line of the extended header; what is not known is passed over. */
static void
take_header(struct arena *arena, struct section *s, struct slice line)
{
	struct diff_file *file = s->file;

	if (take_prefix(&line, "index "))
		read_index(file, line);
	else if (take_prefix(&line, "old mode "))
		(void)read_mode(line, &file->old_mode);
	else if (take_prefix(&line, "new mode "))
		(void)read_mode(line, &file->new_mode);
	else if (take_prefix(&line, "new file mode "))
		s->new_mode = read_mode(line, &file->new_mode) || s->new_mode;
	else if (take_prefix(&line, "deleted file mode "))
		s->deleted_mode = read_mode(line, &file->old_mode) || s->deleted_mode;
	else if (take_prefix(&line, "rename from "))
		set_status(s, DIFF_MOVED, &s->from, read_name(arena, line));
	else if (take_prefix(&line, "rename to "))
		set_status(s, DIFF_MOVED, &s->to, read_name(arena, line));
	else if (take_prefix(&line, "copy from "))
		set_status(s, DIFF_COPIED, &s->from, read_name(arena, line));
	else if (take_prefix(&line, "copy to "))
		set_status(s, DIFF_COPIED, &s->to, read_name(arena, line));
}

/* ---- hunks ---- */

static void
note_damage(struct section *s, const char *damage)
{
	if (s->file->damage != NULL)
		return;
	s->file->damage = damage;
	s->file->damage_line = s->hunk_line;
}

/* Takes "SIGN line[,count]"; a count that is left out is 1. */
static bool
take_range(struct slice *s, char sign, uint64_t *count_r)
{
	size_t n;
	uint64_t line;

	*count_r = 1;
	if (s->n == 0 || s->p[0] != sign || (n = digits_leading(slice_from(*s, 1))) == 0 ||
	    slice_uint(slice_make(s->p + 1, n), INT64_MAX, &line) < 0)
		return false;
	*s = slice_from(*s, n + 1);
	if (!take_prefix(s, ","))
		return true;
	n = digits_leading(*s);
	if (slice_uint(slice_make(s->p, n), INT64_MAX, count_r) < 0)
		return false;
	*s = slice_from(*s, n);
	return true;
}

/* A line "@@ ...". */
static void
begin_hunk(struct section *s, struct slice line)
{
	s->place = PLACE_HUNKS;
	s->hunk_line = s->line;
	s->old_left = s->new_left = 0;
	if (s->minus.p == NULL)
		note_damage(s, no_file);
	if (!take_prefix(&line, "@@ ") || !take_range(&line, '-', &s->old_left) || !take_prefix(&line, " ") ||
	    !take_range(&line, '+', &s->new_left) || !take_prefix(&line, " @@")) {
		note_damage(s, bad_hunk);
		return;
	}
	s->file->hunks++;
	s->place = s->old_left > 0 || s->new_left > 0 ? PLACE_HUNK : PLACE_BEHIND;
}

/*
 * A line of a hunk that is not complete.  False: it is none, and the hunk is
 * over.  An empty line is a line of context whose space got lost.
 */
static bool
take_content(struct section *s, struct slice line)
{
	char c = line.n > 0 ? line.p[0] : ' ';
	bool old = c == ' ' || c == '-', new = c == ' ' || c == '+';

	if (c == '\\')
		return true;
	if ((!old && !new) || (old && s->old_left == 0) || (new && s->new_left == 0)) {
		note_damage(s, old || new ? more_lines : few_lines);
		s->place = PLACE_HUNKS;
		return false;
	}
	s->old_left -= old;
	s->new_left -= new;
	s->file->deleted += old && !new;
	s->file->inserted += new && !old;
	if (s->old_left == 0 && s->new_left == 0)
		s->place = PLACE_BEHIND;
	return true;
}

/* A line that may follow the hunks: the next one, or what a mail has there ("-- " and a version). */
static void
take_behind(struct section *s, struct slice line)
{
	char c = line.n > 0 ? line.p[0] : '\n';

	if (slice_has_prefix(line, SLICE("@@"))) {
		begin_hunk(s, line);
		return;
	}
	if (s->place != PLACE_BEHIND || c == '\\')
		return;
	if ((c == ' ' || c == '+' || c == '-') && !slice_is(line, "-- ") && !slice_is(line, "--"))
		note_damage(s, more_lines);
	s->place = PLACE_HUNKS;
}

/* ---- files ---- */

/* A line where header lines may stand.  False: it ends them in a way that is wrong. */
static bool
take_early(struct arena *arena, struct section *s, struct slice line)
{
	if (take_prefix(&line, "--- ")) {
		s->minus = read_name(arena, line);
		s->place = PLACE_PLUS;
		return s->minus.p != NULL;
	}
	if (slice_has_prefix(line, SLICE("@@ -"))) {
		begin_hunk(s, line);
	} else if (slice_is(line, "GIT binary patch") ||
	    (slice_has_prefix(line, SLICE("Binary files ")) && slice_has_suffix(line, SLICE(" differ")))) {
		s->file->binary = true;
		s->place = PLACE_BINARY;
	} else {
		take_header(arena, s, line);
	}
	return true;
}

/* NULL, or what is wrong. */
static const char *
take_line(struct arena *arena, struct section *s, struct slice line)
{
	switch (s->place) {
	case PLACE_HEADER:
		return take_early(arena, s, line) ? NULL : bad_name;
	case PLACE_PLUS:
		if (!take_prefix(&line, "+++ "))
			return no_plus;
		s->plus = read_name(arena, line);
		s->place = PLACE_HUNKS;
		return s->plus.p != NULL ? NULL : bad_name;
	case PLACE_HUNK:
		if (take_content(s, line))
			return NULL;
		/* fall through */
	case PLACE_HUNKS:
	case PLACE_BEHIND:
		take_behind(s, line);
		return NULL;
	case PLACE_BINARY:
		break;
	}
	return NULL;
}

static bool
is_zeros(struct slice blob)
{
	for (size_t i = 0; i < blob.n; i++)
		if (blob.p[i] != '0')
			return false;
	return blob.n > 0;
}

/* What the file is, when all of its lines are read.  NULL, or what is wrong. */
static const char *
conclude(struct arena *arena, struct section *s)
{
	struct diff_file *file = s->file;

	if (s->place == PLACE_PLUS)
		return no_plus;
	if (s->place == PLACE_HUNK)
		note_damage(s, few_lines);
	if (s->deleted_mode || slice_is(s->plus, NULL_FILE)) {
		file->status = DIFF_DELETED;
	} else if (s->new_mode || slice_is(s->minus, NULL_FILE) || is_zeros(file->old_blob)) {
		file->created = true;
		file->status = DIFF_MODIFIED;
	}
	return find_names(arena, s);
}

static bool
is_kept(const struct diff_file *file)
{
	return file->hunks > 0 || file->damage != NULL || file->binary || file->created || file->status != DIFF_MODIFIED;
}

static enum diff_result
fail(struct diff *diff, const char *error, size_t line)
{
	diff->error = error;
	diff->error_line = line;
	return DIFF_BAD;
}

/* Passes over what stands before the first file. */
static enum diff_result
begin(struct diff *diff)
{
	struct slice all = diff->rest;

	diff->begun = true;
	while (diff->rest.n > 0 && !slice_has_prefix(diff->rest, SLICE(GIT_LINE))) {
		diff->rest = slice_from(diff->rest, first_line(diff->rest).n);
		diff->line++;
	}
	if (diff->rest.n == 0 && slice_trim(all, SPACE).n > 0)
		return fail(diff, not_git, 0);
	return DIFF_FILE;
}

/* Reads one file, to the next one's beginning. */
static enum diff_result
read_section(struct diff *diff, struct diff_file *file)
{
	struct slice start = diff->rest, line = first_line(start);
	struct section s = { .file = file, .git = text_without_break(line) };
	const char *error = NULL;

	*file = (struct diff_file){ .line = diff->line, .old_blob = SLICE(""), .new_blob = SLICE("") };
	if (++diff->sections > DIFF_FILES_MAX)
		return fail(diff, many_files, diff->line);
	s.git = slice_from(s.git, sizeof(GIT_LINE) - 1);
	do {
		diff->rest = slice_from(diff->rest, line.n);
		s.line = ++diff->line;
		line = first_line(diff->rest);
		if (line.n == 0 || slice_has_prefix(line, SLICE(GIT_LINE)))
			break;
		error = take_line(diff->arena, &s, text_without_break(line));
	} while (error == NULL);
	if (error != NULL)
		return fail(diff, error, s.line);
	file->bytes = slice_make(start.p, (size_t)(diff->rest.p - start.p));
	error = conclude(diff->arena, &s);
	return error != NULL ? fail(diff, error, file->line) : DIFF_FILE;
}

enum diff_result
diff_next(struct diff *diff, struct diff_file *file)
{
	if (diff->error != NULL)
		return DIFF_BAD;
	if (!diff->begun && begin(diff) == DIFF_BAD)
		return DIFF_BAD;
	while (diff->rest.n > 0) {
		if (read_section(diff, file) == DIFF_BAD)
			return DIFF_BAD;
		if (is_kept(file)) {
			diff->files++;
			return DIFF_FILE;
		}
	}
	return DIFF_END;
}

struct slice
diff_source_revision(const struct diff_file *file)
{
	return file->created ? SLICE(DIFF_PRE_CREATION) : file->old_blob;
}

bool
diff_needs_source(const struct diff_file *file)
{
	return file->status == DIFF_MODIFIED && !file->created && !file->binary;
}
