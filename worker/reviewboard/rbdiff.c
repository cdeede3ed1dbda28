/* SPDX-License-Identifier: MIT
 *
 * See rbdiff.h.  The table of decisions, for files whose source has to be there
 * (what the commits before left, the lineage, comes first):
 *
 *	lineage			asking a repository	trusting
 *	left that blob there	good			good
 *	says nothing, or not	asked; else 207		good
 *	enough
 *	contradicts		asked; else 207		207
 *
 * With a parent diff, a repository is asked for its files instead of the diff's
 * own; who trusts still refuses contradictions.
 */
#include "config.h"

#include "worker/reviewboard/rbdiff.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "proto/lineage.h"
#include "proto/validation_info.h"
#include "worker/reviewboard/blobs.h"
#include "worker/service.h"

enum {
	FIRST_FILES = 16,
	FILE_PARAMS = 17,
	ROWS_MAX = SQL_PARAMS_MAX / FILE_PARAMS,	/* of a statement */
	FLUSH_STATEMENTS = 32,
	COUNT_MAX = INT32_MAX
};

static const char too_large[] = "The supplied diff file is too large.";
static const char parent_too_large[] = "The supplied parent diff file is too large.";
static const char unreadable[] = "The repository cannot be read just now. Please try again later.";

/* ---- sizes and form ---- */

void
rbdiff_note_empty(struct rb *rb, const struct upload_file *file)
{
	if (file != NULL && file->bytes.n == 0)
		rb_field_error(rb, arena_slice(rb_arena(rb), file->name).p, "The submitted file is empty.");
}

/* True, and it is answered, if it is too large. */
static bool
refuse_large(struct rb *rb, const struct upload_file *file, const char *reason)
{
	uint64_t most = rb->v->service->settings->reviewboard.max_diff_size;
	struct rb_extra extra[] = {
		{ .name = "max_size", .number = (int64_t)most }, { .name = "reason", .text = slice_str(reason) },
	};

	if (file == NULL || most == 0 || file->bytes.n <= most)
		return false;
	(void)rb_fail_with(rb, 220, extra, sizeof(extra) / sizeof(extra[0]));
	return true;
}

static void
add_file(struct arena *arena, struct rbdiff *diff, size_t *room, const struct diff_file *file)
{
	if (diff->count == *room) {
		size_t grown = *room > 0 ? *room * 2 : FIRST_FILES;
		struct diff_file *files = arena_alloc(arena, grown * sizeof(*files));

		if (diff->count > 0)
			memcpy(files, diff->file, diff->count * sizeof(*files));
		diff->file = files;
		*room = grown;
	}
	diff->file[diff->count++] = *file;
}

static void
read_diff(struct rb *rb, const struct upload_file *upload, struct rbdiff *diff_r)
{
	struct arena *arena = rb_arena(rb);
	enum diff_result result;
	struct diff_file file;
	struct diff diff;
	size_t room = 0;

	*diff_r = (struct rbdiff){ 0 };
	if (upload == NULL)
		return;
	diff_begin(&diff, arena, upload->bytes);
	while ((result = diff_next(&diff, &file)) == DIFF_FILE) {
		if (file.damage != NULL)
			log_debug("%.*s: line %zu of the diff: %s", SLICE_ARG(rb->v->path), file.damage_line, file.damage);
		add_file(arena, diff_r, &room, &file);
	}
	if (result == DIFF_BAD)
		*diff_r = (struct rbdiff){ .error = diff.error, .error_line = diff.error_line };
}

/* True, and it is answered, if it could not be read. */
static bool
refuse_form(struct rb *rb, const struct rbdiff *diff, const char *field)
{
	struct rb_extra extra[] = {
		{ .name = "linenum", .number = (int64_t)diff->error_line }, { .name = "reason", .text = slice_str(diff->error) },
	};

	if (diff->error == NULL)
		return false;
	if (field == NULL) {
		(void)rb_fail_with(rb, 224, extra, sizeof(extra) / sizeof(extra[0]));
		return true;
	}
	rb_field_error(rb, field, diff->error);
	(void)rb_fail_fields(rb);
	return true;
}

/* ---- whether the files are there ---- */

static enum view_result
refuse_file(struct rb *rb, const struct diff_file *file)
{
	struct rb_extra extra[] = {
		{ .name = "file", .text = file->old_name },
		{ .name = "revision", .text = file->old_blob.p != NULL ? file->old_blob : SLICE("") },
	};

	return rb_fail_with(rb, 207, extra, sizeof(extra) / sizeof(extra[0]));
}

/* As the commits before and the parent diff, which is older than they, left the files. */
static struct lineage *
make_lineage(struct rb *rb, const struct rbdiff_upload *upload, const struct rbdiff *parent)
{
	struct lineage *lineage = lineage_new(rb_arena(rb));
	size_t age = upload->info != NULL ? validation_info_follow(upload->info, upload->parent_id, lineage) : 0;

	for (size_t i = 0; i < parent->count; i++) {
		const struct diff_file *file = &parent->file[i];

		if (file->status == DIFF_DELETED || file->status == DIFF_MOVED)
			lineage_add(lineage, file->old_name, file->old_blob, true, age);
		if (file->status != DIFF_DELETED)
			lineage_add(lineage, file->new_name, file->new_blob, false, age);
	}
	lineage_seal(lineage);
	return lineage;
}

/* Asks the repository for the sources of these files. */
static enum view_result
look_up(struct rb *rb, struct slice git_dir, const struct diff_file *const *file, size_t count)
{
	struct slice *id = arena_alloc(rb_arena(rb), (count + 1) * sizeof(*id));
	size_t missing;

	if (count == 0)
		return VIEW_GO_ON;
	for (size_t i = 0; i < count; i++)
		id[i] = file[i]->old_blob;
	if (blobs_look(arena_slice(rb_arena(rb), git_dir).p, id, count, &missing) < 0) {
		service_error(rb->v->request, 503, unreadable);
		return VIEW_ANSWERED;
	}
	return missing < count ? refuse_file(rb, file[missing]) : VIEW_GO_ON;
}

static enum view_result
check_files(struct rb *rb, const struct rbdiff_upload *upload, const struct rbdiff_pair *pair)
{
	const struct diff_file **unknown = arena_alloc(rb_arena(rb), (pair->diff.count + 1) * sizeof(*unknown));
	struct lineage *lineage = make_lineage(rb, upload, &pair->parent);
	bool trust = upload->git_dir.p == NULL;
	size_t count = 0;

	if (!trust && upload->parent != NULL)
		return VIEW_GO_ON;
	for (size_t i = 0; i < pair->diff.count; i++) {
		const struct diff_file *file = &pair->diff.file[i];
		enum lineage_verdict verdict;

		if (!diff_needs_source(file))
			continue;
		verdict = lineage_ask(lineage, file->old_name, file->old_blob);
		if (trust && verdict == LINEAGE_CONTRADICTED)
			return refuse_file(rb, file);
		if (verdict != LINEAGE_KNOWN)
			unknown[count++] = file;
	}
	return trust ? VIEW_GO_ON : look_up(rb, upload->git_dir, unknown, count);
}

static int
compare_old(const void *a, const void *b)
{
	return slice_compare((*(const struct diff_file *const *)a)->old_name, (*(const struct diff_file *const *)b)->old_name);
}

static int
compare_new(const void *a, const void *b)
{
	return slice_compare((*(const struct diff_file *const *)a)->new_name, (*(const struct diff_file *const *)b)->new_name);
}

/* The files, sorted. */
static const struct diff_file **
sort_files(struct arena *arena, const struct rbdiff *diff, int (*compare)(const void *, const void *))
{
	const struct diff_file **sorted = arena_alloc(arena, (diff->count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < diff->count; i++)
		sorted[i] = &diff->file[i];
	qsort(sorted, diff->count, sizeof(*sorted), compare);
	return sorted;
}

/* Those of the parent diff from which the diff goes on. */
static enum view_result
check_parent(struct rb *rb, const struct rbdiff_upload *upload, const struct rbdiff_pair *pair)
{
	const struct diff_file **old, **unknown;
	size_t count = 0;

	if (upload->git_dir.p == NULL)
		return VIEW_GO_ON;
	old = sort_files(rb_arena(rb), &pair->diff, compare_old);
	unknown = arena_alloc(rb_arena(rb), (pair->parent.count + 1) * sizeof(*unknown));
	for (size_t i = 0; i < pair->parent.count; i++) {
		const struct diff_file *file = &pair->parent.file[i], *key = &(struct diff_file){ .old_name = file->new_name };

		if (diff_needs_source(file) && bsearch(&key, old, pair->diff.count, sizeof(*old), compare_old) != NULL)
			unknown[count++] = file;
	}
	return look_up(rb, upload->git_dir, unknown, count);
}

enum view_result
rbdiff_accept(struct rb *rb, const struct rbdiff_upload *upload, struct rbdiff_pair *pair_r)
{
	enum view_result result;

	/* all that follows takes its time, and no database */
	view_end(rb->v);
	if (refuse_large(rb, upload->diff, too_large) || refuse_large(rb, upload->parent, parent_too_large))
		return VIEW_ANSWERED;
	read_diff(rb, upload->diff, &pair_r->diff);
	read_diff(rb, upload->parent, &pair_r->parent);
	if (refuse_form(rb, &pair_r->diff, upload->field))
		return VIEW_ANSWERED;
	result = check_files(rb, upload, pair_r);
	if (result != VIEW_GO_ON)
		return result;
	if (pair_r->diff.count == 0)
		return rb_fail(rb, 219);
	if (refuse_form(rb, &pair_r->parent, upload->parent_field))
		return VIEW_ANSWERED;
	return check_parent(rb, upload, pair_r);
}

/* ---- rows ---- */

static const char *
status_letter(enum diff_status status)
{
	static const char *const letters[] = {
		[DIFF_MODIFIED] = "M", [DIFF_DELETED] = "D", [DIFF_MOVED] = "V", [DIFF_COPIED] = "C",
	};

	return letters[status];
}

static struct slice
present(struct slice s)
{
	return s.p != NULL ? s : SLICE("");
}

static int64_t
bounded(uint64_t count)
{
	return count < COUNT_MAX ? (int64_t)count : COUNT_MAX;
}

/* Where the rows go. */
struct target {
	int64_t diffset, commit, now;
	const struct diff_file **parent;	/* sorted by new name */
	size_t parents;
};

static struct slice
parent_bytes(const struct target *target, const struct diff_file *file)
{
	const struct diff_file *key = &(struct diff_file){ .new_name = file->old_name }, **found = NULL;

	if (target->parents > 0)
		found = bsearch(&key, target->parent, target->parents, sizeof(*target->parent), compare_new);
	return found != NULL ? (*found)->bytes : SLICE_NONE;
}

/* FILE_PARAMS values, in the order of `columns`. */
static void
add_row(struct sql *q, const struct target *target, const struct diff_file *file, size_t place)
{
	sql_add(q, "(");
	sql_int(q, target->diffset);
	sql_add(q, ", ");
	sql_int_or_null(q, target->commit != 0 ? &target->commit : NULL);
	rb_add_int(q, (int64_t)place);
	rb_add_text(q, file->old_name);
	rb_add_text(q, file->new_name);
	rb_add_text(q, present(diff_source_revision(file)));
	rb_add_text(q, present(file->new_blob));
	rb_add_text(q, slice_str(status_letter(file->status)));
	sql_add(q, ", ");
	sql_bool(q, file->binary);
	rb_add_text(q, file->old_mode);
	rb_add_text(q, file->new_mode);
	rb_add_int(q, bounded(file->inserted));
	rb_add_int(q, bounded(file->deleted));
	sql_add(q, ", ");
	sql_bytes(q, file->bytes);
	sql_add(q, ", ");
	sql_bytes(q, parent_bytes(target, file));
	rb_add_text(q, SLICE(""));
	rb_add_int(q, target->now);
	sql_add(q, ")");
}

static const char columns[] =
    "INSERT INTO thimble_rb_file (diffset_id, commit_row, place, source_file, dest_file, source_revision, dest_detail, "
    "status, is_binary, old_mode, new_mode, inserted, deleted, diff, parent_diff, extra_data, changed) VALUES ";

bool
rbdiff_insert(struct rb_write *w, int64_t diffset, int64_t commit, const struct rbdiff_pair *pair)
{
	const struct rbdiff *diff = &pair->diff;
	struct target target = {
		diffset, commit, w->now, sort_files(rb_arena(w->rb), &pair->parent, compare_new), pair->parent.count,
	};
	size_t statements = 0;

	for (size_t i = 0; i < diff->count;) {
		size_t end = diff->count - i > ROWS_MAX ? i + ROWS_MAX : diff->count;
		struct sql *q = rb_sql(w);

		sql_add(q, columns);
		for (size_t first = i; i < end; i++) {
			sql_add(q, i > first ? ", " : "");
			add_row(q, &target, &diff->file[i], i);
		}
		(void)rb_query(w, q);
		/* a diff of very many files is not held twice */
		if (++statements % FLUSH_STATEMENTS == 0 && !rb_flush(w))
			return false;
	}
	written_collection(&w->written, "thimble_rb_file", diffset, 0);
	return true;
}
