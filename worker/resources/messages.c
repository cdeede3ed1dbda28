/* SPDX-License-Identifier: MIT
 *
 * See messages.h.
 */
#include "config.h"

#include "worker/resources/messages.h"

#include "base/arena.h"
#include "proto/mail.h"
#include "proto/mbox.h"
#include "proto/review_mail.h"
#include "store/reviewboard.h"
#include "worker/tags.h"

void
messages_collect(struct view *v, const char *table, const struct rows *rows, int row, int column)
{
	if (rows_null(rows, row, column))
		tags_table(v->tags, tag_table_of(table));
	else
		tags_object(v->tags, tag_table_of(table), rows_int(rows, row, column));
}

/* Columns of a message's statement. */
enum {
	M_ID, M_DATE, M_HEADERS, M_CONTENT, M_SUBMITTER, M_EMAIL, M_LIST_EMAIL, M_SUBMITTER_ID, M_PROJECT_ID, M_DIFF,
	M_DELEGATE_EMAIL, M_DELEGATE_ID, M_SERIES, M_NUMBER
};

#define MESSAGE_COLUMNS "t.id, t.date, t.headers, t.content, p.name, p.email, j.listemail, t.submitter_id, t.project_id"
#define MESSAGE_JOINS "JOIN patchwork_person p ON p.id = t.submitter_id JOIN patchwork_project j ON j.id = t.project_id"

struct sql *
messages_of_patches(struct view *v)
{
	struct sql *q = view_sql(v);

	sql_add(q, "SELECT " MESSAGE_COLUMNS ", t.diff, d.email, t.delegate_id, t.series_id, t.number "
	    "FROM patchwork_patch t " MESSAGE_JOINS
	    " LEFT JOIN auth_user d ON d.id = t.delegate_id ");
	return q;
}

static struct rows *
query_comments(struct view *v, const char *table, const char *parent, const struct rows *messages)
{
	int64_t *ids = arena_alloc(v->request->arena, ((size_t)messages->count + 1) * sizeof(*ids));
	struct sql *q = view_sql(v);

	for (int i = 0; i < messages->count; i++)
		ids[i] = rows_int(messages, i, M_ID);
	sql_addf(q, "SELECT c.%s, c.content FROM %s c WHERE c.%s ", parent, table, parent);
	sql_ids(q, ids, (size_t)messages->count);
	sql_addf(q, " ORDER BY c.%s, c.date, c.id", parent);
	return view_query(v, q);
}

/*
 * The messages' rows, and which comments they have.  Of a comment the text and
 * the date are shown, so that nothing else that changes in it matters.
 */
static void
collect_messages(struct view *v, const char *table, const char *comments, const struct rows *messages)
{
	struct tag_scope scope = { .table = tag_table_of(comments), .count = 1 };

	/* read, whether there are messages or not */
	tags_table(v->tags, scope.table);
	tags_table(v->tags, tag_table_of(table));
	tags_table(v->tags, tag_table_of("patchwork_person"));
	tags_table(v->tags, tag_table_of("patchwork_project"));
	if (messages->columns > M_DELEGATE_ID)
		tags_table(v->tags, tag_table_of("auth_user"));
	for (int i = 0; i < messages->count; i++) {
		messages_collect(v, table, messages, i, M_ID);
		messages_collect(v, "patchwork_person", messages, i, M_SUBMITTER_ID);
		messages_collect(v, "patchwork_project", messages, i, M_PROJECT_ID);
		if (messages->columns > M_DELEGATE_ID)
			messages_collect(v, "auth_user", messages, i, M_DELEGATE_ID);
		scope.id[0] = rows_int(messages, i, M_ID);
		tags_scope(v->tags, &scope);
		tags_reads(v->tags, &scope, "t.content t.date");
	}
}

/* The comments of one message: a run of the rows, which are sorted by parent. */
static size_t
comments_of(struct view *v, const struct rows *comments, int64_t parent, struct slice **list_r)
{
	struct slice *list = arena_alloc(v->request->arena, ((size_t)comments->count + 1) * sizeof(*list));
	size_t count = 0;
	int low = 0, high = comments->count;

	while (low < high) {
		int middle = (low + high) / 2;

		if (rows_int(comments, middle, 0) < parent)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < comments->count && rows_int(comments, low, 0) == parent; low++)
		list[count++] = rows_get(comments, low, 1);
	*list_r = list;
	return count;
}

/* A header of those that messages which were made here have (review_mail.h); absent: it has it not. */
static struct slice
review_header(struct view *v, struct slice headers, const char *name)
{
	struct mail_headers parsed;

	/* mails have none: they are not parsed for it */
	if (headers.n == 0 || memmem(headers.p, headers.n, "X-Review-", strlen("X-Review-")) == NULL)
		return SLICE_NONE;
	mail_headers_parse(v->request->arena, headers, &parsed);
	return mail_headers_first(&parsed, name);
}

/* Columns of query_bytes. */
enum { B_SERIES, B_NUMBER, B_DIFFSET, B_DIFF };

/*
 * The diffs of series whose patches are no text, a row for each file, by series and number.  One number only,
 * but if it is 0.  NULL: the database failed; no rows: the tables are not there any more.
 */
static struct rows *
query_bytes(struct view *v, const int64_t *ids, size_t count, int64_t number)
{
	struct sql *q = view_sql(v);
	struct rows *rows;

	rb_schema_ask(q);
	rows = view_query(v, q);
	if (!view_flush(v))
		return NULL;
	q = view_sql(v);
	if (!rows_bool(rows, 0, 0)) {
		sql_add(q, "SELECT 0, 0, 0, 0 WHERE 1 = 0");
	} else {
		tags_table(v->tags, tag_table_of("thimble_rb_diffset"));
		tags_table(v->tags, tag_table_of("thimble_rb_commit"));
		tags_table(v->tags, tag_table_of("thimble_rb_file"));
		/* without commits it was posted as one diff, which is the first patch's */
		sql_add(q, "SELECT d.series_id, COALESCE(c.place, 0) + 1, d.id, f.diff FROM thimble_rb_diffset d"
		    " JOIN thimble_rb_file f ON f.diffset_id = d.id LEFT JOIN thimble_rb_commit c ON c.id = f.commit_row"
		    " WHERE (f.commit_row IS NOT NULL OR NOT EXISTS (SELECT 1 FROM thimble_rb_commit k"
		    " WHERE k.diffset_id = d.id)) AND d.series_id ");
		sql_ids(q, ids, count);
		if (number != 0) {
			sql_add(q, " AND COALESCE(c.place, 0) + 1 = ");
			sql_int(q, number);
		}
		sql_add(q, " ORDER BY 1, 2, f.place");
	}
	rows = view_query(v, q);
	if (!view_flush(v))
		return NULL;
	for (int i = 0; i < rows->count; i++)
		messages_collect(v, "thimble_rb_diffset", rows, i, B_DIFFSET);
	return rows;
}

/* Whether a row comes before those of that patch. */
static bool
is_before(const struct rows *bytes, int row, int64_t id, int64_t number)
{
	int64_t of = rows_int(bytes, row, B_SERIES);

	return of < id || (of == id && rows_int(bytes, row, B_NUMBER) < number);
}

/* The diff of one patch, which is a run of the rows; absent: there is none. */
static struct slice
bytes_of(struct view *v, const struct rows *bytes, int64_t id, int64_t number)
{
	struct buf diff = { 0 };
	struct slice whole = SLICE_NONE;
	int low = 0, high = bytes->count, first;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (is_before(bytes, middle, id, number))
			low = middle + 1;
		else
			high = middle;
	}
	first = low;
	for (; low < bytes->count && rows_int(bytes, low, B_SERIES) == id && rows_int(bytes, low, B_NUMBER) == number; low++)
		buf_slice(&diff, rows_bytes(v->request->arena, bytes, low, B_DIFF));
	if (low > first)
		whole = arena_slice(v->request->arena, buf_as_slice(&diff));
	buf_fini(&diff);
	return whole;
}

static bool
is_bytes(struct view *v, struct slice headers)
{
	return slice_is(review_header(v, headers, REVIEW_DIFF_HEADER), "bytes");
}

/* The bytes of the messages that need them; false: the database failed. */
static bool
load_bytes(struct view *v, const struct rows *messages, struct rows **bytes_r)
{
	int64_t *ids = arena_alloc(v->request->arena, ((size_t)messages->count + 1) * sizeof(*ids));
	size_t count = 0;

	*bytes_r = NULL;
	for (int i = 0; i < messages->count; i++) {
		int64_t id = rows_int(messages, i, M_SERIES);

		if (!is_bytes(v, rows_get(messages, i, M_HEADERS)) || (count > 0 && ids[count - 1] == id))
			continue;
		ids[count++] = id;
	}
	if (count == 0)
		return true;
	*bytes_r = query_bytes(v, ids, count, messages->count == 1 ? rows_int(messages, 0, M_NUMBER) : 0);
	return *bytes_r != NULL;
}

/* What the message has if it was made here. */
static void
add_review(struct view *v, struct mbox_message *m, const struct rows *messages, int row, const struct rows *bytes)
{
	struct slice diff;

	m->signature = review_header(v, m->headers, REVIEW_URL_HEADER);
	m->exact = m->signature.p != NULL;
	if (bytes == NULL || !is_bytes(v, m->headers))
		return;
	diff = bytes_of(v, bytes, rows_int(messages, row, M_SERIES), rows_int(messages, row, M_NUMBER));
	if (diff.p != NULL)
		m->diff = diff;
}

/* Appends the messages, an empty line between two (9.5). */
static void
put_messages(struct view *v, const struct rows *messages, const struct rows *comments, const struct rows *bytes)
{
	struct buf *out = &v->request->response.body;

	for (int i = 0; i < messages->count; i++) {
		bool patch = messages->columns > M_DIFF;
		struct slice *list;
		struct mbox_message m = {
			.id = rows_int(messages, i, M_ID),
			.date = rows_get(messages, i, M_DATE),
			.headers = rows_get(messages, i, M_HEADERS),
			.content = rows_get(messages, i, M_CONTENT),
			.diff = patch ? rows_get(messages, i, M_DIFF) : SLICE_NONE,
			.submitter_name = rows_get(messages, i, M_SUBMITTER),
			.submitter_email = rows_get(messages, i, M_EMAIL),
			.delegate_email = patch ? rows_get(messages, i, M_DELEGATE_EMAIL) : SLICE_NONE,
			.list_email = rows_get(messages, i, M_LIST_EMAIL),
		};

		m.comment_count = comments_of(v, comments, m.id, &list);
		m.comments = list;
		add_review(v, &m, messages, i, bytes);
		if (i > 0)
			buf_byte(out, '\n');
		mbox_put(out, v->request->arena, &m);
	}
}

bool
messages_put_patches(struct view *v, struct sql *q)
{
	struct rows *messages = view_query(v, q), *comments, *bytes;

	if (!view_flush(v))
		return false;
	collect_messages(v, "patchwork_patch", "patchwork_patchcomment", messages);
	comments = query_comments(v, "patchwork_patchcomment", "patch_id", messages);
	if (!view_flush(v) || !load_bytes(v, messages, &bytes))
		return false;
	put_messages(v, messages, comments, bytes);
	return true;
}

bool
messages_put_cover(struct view *v, int64_t id)
{
	struct sql *q = view_sql(v);
	struct rows *messages, *comments;

	sql_add(q, "SELECT " MESSAGE_COLUMNS " FROM patchwork_cover t " MESSAGE_JOINS " WHERE t.id = ");
	sql_int(q, id);
	messages = view_query(v, q);
	if (!view_flush(v))
		return false;
	collect_messages(v, "patchwork_cover", "patchwork_covercomment", messages);
	comments = query_comments(v, "patchwork_covercomment", "cover_id", messages);
	if (!view_flush(v))
		return false;
	put_messages(v, messages, comments, NULL);
	return true;
}

bool
messages_load_diff(struct view *v, struct slice headers, int64_t series, int64_t number, struct slice *diff)
{
	struct rows *rows;
	struct slice bytes;

	if (!is_bytes(v, headers))
		return true;
	rows = query_bytes(v, &series, 1, number);
	if (rows == NULL)
		return false;
	bytes = bytes_of(v, rows, series, number);
	if (bytes.p != NULL)
		*diff = bytes;
	return true;
}
