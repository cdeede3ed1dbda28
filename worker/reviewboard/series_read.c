/* SPDX-License-Identifier: MIT
 *
 * What the messages of a series say (series.h): its first half, which reads the draft's DS, its commits and files,
 * and the people it is of and for.
 */
#include "config.h"

#include "worker/reviewboard/series.h"

#include "base/arena.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "proto/text.h"

enum { HOST_MAX = 180 };		/* bytes: a message id has room for it */

/* Columns of what is read. */
enum { PROJECT_ID, PROJECT_EMAIL };
enum { DS_REVISION, DS_BASE };
enum {
	C_ID, C_COMMIT, C_PARENT, C_MESSAGE, C_AUTHOR, C_EMAIL, C_INSTANT, C_OFFSET, C_COMMITTER, C_COMMITTER_EMAIL,
	C_COMMITTER_INSTANT, C_COMMITTER_OFFSET
};
enum { F_COMMIT, F_SOURCE, F_DEST, F_STATUS, F_BINARY, F_INSERTED, F_DELETED, F_DIFF };
enum { U_ID, U_USERNAME, U_EMAIL, U_FIRST, U_LAST };
enum { V_REVISION, V_COVER, V_PATCH };

struct reading {
	struct series_making *m;	/* what all of it becomes */
	struct rb_write *w;
	struct arena *arena;
	const struct bridge_text *text;
	struct rows *project, *diffset, *commits, *files, *users, *before, *host;
};

/* ---- what there is ---- */

static void
query_project(struct reading *r)
{
	struct sql *q = rb_sql(r->w);

	sql_add(q, "SELECT j.id, j.listemail FROM patchwork_project j WHERE j.id = ");
	sql_int(q, r->w->request->project);
	r->project = rb_query(r->w, q);
	q = rb_sql(r->w);
	sql_add(q, "SELECT d.revision, d.base_commit_id FROM thimble_rb_diffset d WHERE d.id = ");
	sql_int(q, r->w->request->draft_diffset);
	r->diffset = rb_query(r->w, q);
}

static void
query_host(struct reading *r)
{
	struct sql *q = rb_sql(r->w);

	sql_add(q, "SELECT value FROM thimble_meta WHERE name = 'rb_host'");
	r->host = rb_query(r->w, q);
}

static void
query_commits(struct reading *r)
{
	struct sql *q = rb_sql(r->w);

	sql_add(q, "SELECT c.id, c.commit_id, c.parent_id, c.message, c.author_name, c.author_email, c.author_instant, "
	    "c.author_offset, c.committer_name, c.committer_email, c.committer_instant, c.committer_offset "
	    "FROM thimble_rb_commit c WHERE c.diffset_id = ");
	sql_int(q, r->w->request->draft_diffset);
	sql_add(q, " ORDER BY c.place, c.id");
	r->commits = rb_query(r->w, q);
	/* the cumulative diff is needed as such only where there is no other */
	q = rb_sql(r->w);
	sql_add(q, "SELECT f.commit_row, f.source_file, f.dest_file, f.status, f.is_binary, f.inserted, f.deleted, "
	    "CASE WHEN f.commit_row IS NOT NULL OR NOT EXISTS (SELECT 1 FROM thimble_rb_commit c WHERE c.diffset_id = "
	    "f.diffset_id) THEN f.diff END FROM thimble_rb_file f LEFT JOIN thimble_rb_commit k ON k.id = f.commit_row "
	    "WHERE f.diffset_id = ");
	sql_int(q, r->w->request->draft_diffset);
	sql_add(q, " ORDER BY COALESCE(k.place, -1), f.commit_row, f.place, f.id");
	r->files = rb_query(r->w, q);
}

/* The submitter and those whom it is for. */
static void
query_users(struct reading *r)
{
	int64_t *ids = arena_alloc(r->arena, (r->text->people_count + 1) * sizeof(*ids));
	struct sql *q = rb_sql(r->w);

	ids[0] = r->w->request->submitter;
	if (r->text->people_count > 0)
		memcpy(ids + 1, r->text->people, r->text->people_count * sizeof(*ids));
	sql_add(q, "SELECT u.id, u.username, u.email, u.first_name, u.last_name FROM auth_user u WHERE u.id ");
	sql_ids(q, ids, r->text->people_count + 1);
	r->users = rb_query(r->w, q);
}

/* The first message of the version before; of a version that the tracker has no more there is none. */
static void
query_before(struct reading *r)
{
	struct sql *q = rb_sql(r->w);

	sql_add(q, "SELECT d.revision, (SELECT c.msgid FROM patchwork_cover c WHERE c.id = s.cover_letter_id), "
	    "(SELECT p.msgid FROM patchwork_patch p WHERE p.series_id = s.id AND p.number = 1) "
	    "FROM thimble_rb_diffset d JOIN patchwork_series s ON s.id = d.series_id WHERE d.published AND d.request_id = ");
	sql_int(q, r->w->request->id);
	sql_add(q, " ORDER BY d.revision DESC LIMIT 1");
	r->before = rb_query(r->w, q);
}

/* ---- who, where ---- */

/* The host of a URL, without what a message id has no room for. */
static struct slice
host_of(struct arena *arena, struct slice url)
{
	const char *scheme = memmem(url.p, url.n, "://", 3);
	char *host;
	size_t n = 0;

	if (scheme != NULL)
		url = slice_from(url, (size_t)(scheme - url.p) + 3);
	host = arena_alloc(arena, url.n + 1);
	for (size_t i = 0; i < url.n && n < HOST_MAX && url.p[i] != '/' && url.p[i] != ':'; i++) {
		char c = url.p[i];
		bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';

		if (fits)
			host[n++] = c;
	}
	return n > 0 ? slice_make(host, n) : SLICE("localhost");
}

/*
 * What message ids end with, on all nodes and at all times the same: of the configured URL, else of the
 * first series that was published.  False: answered.
 */
static bool
find_host(struct reading *r)
{
	const char *base_url = r->w->rb->v->service->settings->server.base_url;
	struct slice own = host_of(r->arena, r->w->rb->site);
	struct sql *q;

	if (base_url[0] != '\0' || r->host->count > 0) {
		r->m->mail.host = base_url[0] != '\0' ? own : rows_get(r->host, 0, 0);
		return true;
	}
	q = rb_sql(r->w);
	sql_add(q, "INSERT INTO thimble_meta (name, value) VALUES ('rb_host', ");
	sql_string(q, own);
	sql_add(q, ") ON CONFLICT DO NOTHING");
	(void)rb_query(r->w, q);
	query_host(r);
	if (!rb_flush(r->w))
		return false;
	r->m->mail.host = r->host->count > 0 ? rows_get(r->host, 0, 0) : own;
	return true;
}

/* -1: there is no such user (any more). */
static int
user_row(const struct reading *r, int64_t id)
{
	for (int i = 0; i < r->users->count; i++)
		if (rows_int(r->users, i, U_ID) == id)
			return i;
	return -1;
}

static struct review_person
person_of(struct reading *r, int row)
{
	struct slice first, last, username;
	struct review_person person = { SLICE(""), SLICE("") };

	if (row < 0)
		return person;
	first = rows_get(r->users, row, U_FIRST);
	last = rows_get(r->users, row, U_LAST);
	username = rows_get(r->users, row, U_USERNAME);
	person.name = text_strip(slice_str(arena_printf(r->arena, "%.*s %.*s", SLICE_ARG(first), SLICE_ARG(last))));
	if (person.name.n == 0)
		person.name = username;
	person.email = text_strip(rows_get(r->users, row, U_EMAIL));
	if (person.email.n == 0)
		person.email = slice_str(arena_printf(r->arena, "%.*s@%.*s", SLICE_ARG(username), SLICE_ARG(r->m->mail.host)));
	return person;
}

static void
set_people(struct reading *r)
{
	struct series_making *m = r->m;
	struct review_person *copied = arena_alloc(r->arena, (r->text->people_count + 1) * sizeof(*copied));
	int submitter = user_row(r, r->w->request->submitter);

	m->mail.from = person_of(r, submitter);
	m->has_submitter = submitter >= 0;
	if (!m->has_submitter)
		m->mail.from.email = slice_str(arena_printf(r->arena, "nobody@%.*s", SLICE_ARG(m->mail.host)));
	for (size_t i = 0; i < r->text->people_count; i++) {
		int row = user_row(r, r->text->people[i]);

		if (row >= 0 && rows_get(r->users, row, U_EMAIL).n > 0)
			copied[m->mail.copied_count++] = person_of(r, row);
	}
	m->mail.copied = copied;
	if (r->text->people_count == 1 && user_row(r, r->text->people[0]) >= 0)
		m->delegate = r->text->people[0];
}

/* ---- the messages ---- */

static struct slice
taken(struct reading *r, struct buf *text)
{
	struct slice copy = arena_slice(r->arena, buf_as_slice(text));

	buf_reset(text);
	return copy;
}

static struct diff_stat_file
stat_of(const struct rows *files, int row)
{
	struct slice status = rows_get(files, row, F_STATUS);

	return (struct diff_stat_file){
		.old_name = rows_get(files, row, F_SOURCE), .new_name = rows_get(files, row, F_DEST),
		.moved = slice_is(status, "V") || slice_is(status, "C"), .binary = rows_bool(files, row, F_BINARY),
		.inserted = (uint64_t)rows_int(files, row, F_INSERTED), .deleted = (uint64_t)rows_int(files, row, F_DELETED),
	};
}

/* The files of a commit, of the cumulative diff for 0: a run of the rows, which begins at *at. */
static struct diff_stat_file *
take_files(struct reading *r, int *at, int64_t commit, struct buf *diff, size_t *count_r)
{
	struct diff_stat_file *stat;
	int end = *at;

	while (end < r->files->count && rows_int(r->files, end, F_COMMIT) == commit)
		end++;
	*count_r = (size_t)(end - *at);
	stat = arena_alloc(r->arena, (*count_r + 1) * sizeof(*stat));
	for (int i = 0; *at < end; i++, (*at)++) {
		stat[i] = stat_of(r->files, *at);
		buf_slice(diff, rows_bytes(r->arena, r->files, *at, F_DIFF));
	}
	return stat;
}

/* What a column of text can hold of a diff: what is no UTF-8, and NUL, is U+FFFD there. */
static struct slice
readable(struct reading *r, struct slice diff, bool *is_bytes_r)
{
	struct slice repaired = utf8_repair(r->arena, diff), piece;
	struct buf out = { 0 };

	*is_bytes_r = repaired.p != diff.p;
	if (repaired.n == 0 || memchr(repaired.p, '\0', repaired.n) == NULL)
		return repaired;
	*is_bytes_r = true;
	for (bool first = true; slice_cut(&repaired, '\0', &piece); first = false) {
		if (!first)
			utf8_encode(&out, 0xfffd);
		buf_slice(&out, piece);
	}
	repaired = taken(r, &out);
	buf_fini(&out);
	return repaired;
}

/* A paragraph, if there is anything to say. */
static void
add_note(struct buf *out, const char *title, struct slice text)
{
	if (text.n == 0)
		return;
	if (out->len > 0)
		buf_str(out, "\n\n");
	buf_str(out, title);
	buf_slice(out, text);
}

/* What is said besides, for a patch without a cover. */
static struct slice
note_of(struct reading *r)
{
	struct buf out = { 0 };
	struct slice note;

	add_note(&out, "Testing done:\n", text_strip(r->text->testing));
	add_note(&out, "Changes in this version:\n", text_strip(r->text->change));
	for (size_t i = 0; i < r->text->depends_count; i++) {
		if (out.len > 0)
			buf_str(&out, i == 0 ? "\n\n" : "\n");
		buf_printf(&out, "Depends-on: %.*sr/%lld/", SLICE_ARG(r->w->rb->site), (long long)r->text->depends[i]);
	}
	note = taken(r, &out);
	buf_fini(&out);
	return note;
}

static struct review_commit
commit_of(const struct rows *rows, int row)
{
	struct review_commit commit = {
		.id = rows_get(rows, row, C_COMMIT), .parent = rows_get(rows, row, C_PARENT),
		.message = rows_get(rows, row, C_MESSAGE),
		.author = { rows_get(rows, row, C_AUTHOR), rows_get(rows, row, C_EMAIL) },
		.author_date = { rows_int(rows, row, C_INSTANT), (int)rows_int(rows, row, C_OFFSET) },
		.committer = { rows_get(rows, row, C_COMMITTER), rows_get(rows, row, C_COMMITTER_EMAIL) },
		.committer_date = { rows_int(rows, row, C_COMMITTER_INSTANT), (int)rows_int(rows, row, C_COMMITTER_OFFSET) },
		.note = SLICE(""),
	};

	return commit;
}

/* Posted as one diff, without commits: the review request itself is the commit. */
static struct review_commit
squashed_of(struct reading *r)
{
	return (struct review_commit){
		.id = r->text->commit_id, .parent = SLICE(""),
		.message = slice_str(arena_printf(r->arena, "%.*s\n\n%.*s\n", SLICE_ARG(r->text->summary),
		    SLICE_ARG(r->text->description))),
		.author = r->m->mail.from, .author_date = { r->w->now / SECOND_US, 0 }, .note = SLICE(""),
	};
}

static void
read_patch(struct reading *r, struct series_patch *patch, unsigned number, int *at, int64_t commit)
{
	struct buf text = { 0 };
	struct slice body;

	patch->commit.number = number;
	patch->commit.files = take_files(r, at, commit, &text, &patch->commit.file_count);
	patch->diff = readable(r, taken(r, &text), &patch->commit.is_bytes);
	review_mail_id(&text, &r->m->mail, number);
	patch->msgid = taken(r, &text);
	review_mail_name(&text, &r->m->mail, number, review_subject(patch->commit.message, &body));
	patch->name = taken(r, &text);
	buf_fini(&text);
}

static void
read_patches(struct reading *r)
{
	struct series_making *m = r->m;
	bool squashed = r->commits->count == 0;
	struct buf unused = { 0 };
	int at = 0;

	m->count = squashed ? 1 : (size_t)r->commits->count;
	m->patches = arena_zalloc(r->arena, m->count * sizeof(*m->patches));
	for (size_t i = 0; i < m->count; i++)
		m->patches[i].commit = squashed ? squashed_of(r) : commit_of(r->commits, (int)i);
	m->mail.total = (unsigned)m->count;
	m->mail.cover = !squashed && !(m->count == 1 &&
	    review_says_all(m->patches[0].commit.message, r->text->summary, r->text->description));
	if (!m->mail.cover)
		m->patches[0].commit.note = note_of(r);
	if (!squashed)
		m->stat = take_files(r, &at, 0, &unused, &m->stat_count);
	for (size_t i = 0; i < m->count; i++)
		read_patch(r, &m->patches[i], (unsigned)i + 1, &at, squashed ? 0 : rows_int(r->commits, (int)i, C_ID));
	buf_fini(&unused);
}

static void
set_mail(struct reading *r)
{
	struct series_making *m = r->m;
	struct review_mail *mail = &m->mail;

	mail->request = r->w->request->id;
	mail->version = (int)rows_int(r->diffset, 0, DS_REVISION);
	mail->list_email = rows_get(r->project, 0, PROJECT_EMAIL);
	mail->url = slice_str(arena_printf(r->arena, "%.*sr/%lld/", SLICE_ARG(r->w->rb->site), (long long)mail->request));
	mail->branch = r->text->branch;
	mail->bugs = r->text->bugs;
	if (r->before->count > 0)
		mail->previous = rows_null(r->before, 0, V_COVER) ? rows_get(r->before, 0, V_PATCH) :
		    rows_get(r->before, 0, V_COVER);
	m->project = rows_int(r->project, 0, PROJECT_ID);
	m->base = rows_get(r->diffset, 0, DS_BASE);
	moment_from_seconds(r->w->now / SECOND_US, &m->now);
	m->now.microsecond = (int)(r->w->now % SECOND_US);
	m->now.has_offset = true;
}

/* Everything that is read; false: answered. */
static bool
look(struct reading *r)
{
	query_project(r);
	query_host(r);
	query_commits(r);
	query_users(r);
	query_before(r);
	if (!rb_flush(r->w))
		return false;
	if (r->project->count == 0 || r->diffset->count == 0) {
		(void)rb_fail_message(r->w->rb, 225, arena_printf(r->arena, "Error publishing: The repository \"%.*s\" has no project.",
		    SLICE_ARG(r->w->request->repository_name)));
		return false;
	}
	return find_host(r);
}

bool
series_read(struct series_making *m)
{
	struct reading r = { .m = m, .w = m->b->w, .arena = m->arena, .text = m->text };

	if (!look(&r))
		return false;
	set_mail(&r);
	set_people(&r);
	read_patches(&r);
	return true;
}
