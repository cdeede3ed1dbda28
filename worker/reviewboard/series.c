/* SPDX-License-Identifier: MIT
 *
 * A draft's DS as a series of the tracker (reviewboard-api.md, section 4): the rows that mails with the same
 * commits would have left, in the order in which mails leave them.  See bridge.h.
 *
 * Message ids tell what was made already (`rr.REQUEST.vREVISION.NUMBER`), so that nothing is made twice.
 */
#include "config.h"

#include "worker/reviewboard/bridge.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/diff_hash.h"
#include "proto/review_mail.h"
#include "proto/text.h"
#include "worker/tags.h"

enum {
	SECOND_US = 1000000,
	HOST_MAX = 180,			/* bytes: a message id has room for it */
	REFERENCE_ROWS = SQL_PARAMS_MAX / 3,
	PATCH_ROWS = SQL_PARAMS_MAX / 14,
};

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

struct patch {
	struct review_commit commit;
	struct slice diff, msgid, name;
	int64_t id;
};

struct making {
	struct bridge *b;
	struct rb_write *w;
	const struct bridge_text *text;
	struct arena *arena;
	struct rows *project, *diffset, *commits, *files, *users, *before, *host;
	struct review_mail mail;
	struct moment now;
	struct patch *patches;
	size_t count;
	struct diff_stat_file *stat;	/* of the cumulative diff */
	size_t stat_count;
	int64_t person, delegate, cover, series;
};

/* ---- what there is ---- */

static void
query_project(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT j.id, j.listemail FROM patchwork_project j WHERE j.id = ");
	sql_int(q, m->w->request->project);
	m->project = rb_query(m->w, q);
	q = rb_sql(m->w);
	sql_add(q, "SELECT d.revision, d.base_commit_id FROM thimble_rb_diffset d WHERE d.id = ");
	sql_int(q, m->w->request->draft_diffset);
	m->diffset = rb_query(m->w, q);
	q = rb_sql(m->w);
	sql_add(q, "SELECT value FROM thimble_meta WHERE name = 'rb_host'");
	m->host = rb_query(m->w, q);
}

static void
query_commits(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT c.id, c.commit_id, c.parent_id, c.message, c.author_name, c.author_email, c.author_instant, "
	    "c.author_offset, c.committer_name, c.committer_email, c.committer_instant, c.committer_offset "
	    "FROM thimble_rb_commit c WHERE c.diffset_id = ");
	sql_int(q, m->w->request->draft_diffset);
	sql_add(q, " ORDER BY c.place, c.id");
	m->commits = rb_query(m->w, q);
	/* the cumulative diff is needed as such only where there is no other */
	q = rb_sql(m->w);
	sql_add(q, "SELECT f.commit_row, f.source_file, f.dest_file, f.status, f.is_binary, f.inserted, f.deleted, "
	    "CASE WHEN f.commit_row IS NOT NULL OR NOT EXISTS (SELECT 1 FROM thimble_rb_commit c WHERE c.diffset_id = "
	    "f.diffset_id) THEN f.diff END FROM thimble_rb_file f LEFT JOIN thimble_rb_commit k ON k.id = f.commit_row "
	    "WHERE f.diffset_id = ");
	sql_int(q, m->w->request->draft_diffset);
	sql_add(q, " ORDER BY COALESCE(k.place, -1), f.commit_row, f.place, f.id");
	m->files = rb_query(m->w, q);
}

/* The submitter and those whom it is for. */
static void
query_users(struct making *m)
{
	int64_t *ids = arena_alloc(m->arena, (m->text->people_count + 1) * sizeof(*ids));
	struct sql *q = rb_sql(m->w);

	ids[0] = m->w->request->submitter;
	if (m->text->people_count > 0)
		memcpy(ids + 1, m->text->people, m->text->people_count * sizeof(*ids));
	sql_add(q, "SELECT u.id, u.username, u.email, u.first_name, u.last_name FROM auth_user u WHERE u.id ");
	sql_ids(q, ids, m->text->people_count + 1);
	m->users = rb_query(m->w, q);
}

/* The first message of the version before; of a version that the tracker has no more there is none. */
static void
query_before(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT d.revision, (SELECT c.msgid FROM patchwork_cover c WHERE c.id = s.cover_letter_id), "
	    "(SELECT p.msgid FROM patchwork_patch p WHERE p.series_id = s.id AND p.number = 1) "
	    "FROM thimble_rb_diffset d JOIN patchwork_series s ON s.id = d.series_id WHERE d.published AND d.request_id = ");
	sql_int(q, m->w->request->id);
	sql_add(q, " ORDER BY d.revision DESC LIMIT 1");
	m->before = rb_query(m->w, q);
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
find_host(struct making *m)
{
	const char *base_url = m->w->rb->v->service->settings->server.base_url;
	struct slice own = host_of(m->arena, m->w->rb->site);
	struct sql *q;

	if (base_url[0] != '\0' || m->host->count > 0) {
		m->mail.host = base_url[0] != '\0' ? own : rows_get(m->host, 0, 0);
		return true;
	}
	q = rb_sql(m->w);
	sql_add(q, "INSERT INTO thimble_meta (name, value) VALUES ('rb_host', ");
	sql_string(q, own);
	sql_add(q, ") ON CONFLICT DO NOTHING");
	(void)rb_query(m->w, q);
	q = rb_sql(m->w);
	sql_add(q, "SELECT value FROM thimble_meta WHERE name = 'rb_host'");
	m->host = rb_query(m->w, q);
	if (!rb_flush(m->w))
		return false;
	m->mail.host = m->host->count > 0 ? rows_get(m->host, 0, 0) : own;
	return true;
}

/* -1: there is no such user (any more). */
static int
user_row(const struct making *m, int64_t id)
{
	for (int i = 0; i < m->users->count; i++)
		if (rows_int(m->users, i, U_ID) == id)
			return i;
	return -1;
}

static struct review_person
person_of(struct making *m, int row)
{
	struct slice first, last, username;
	struct review_person person = { SLICE(""), SLICE("") };

	if (row < 0)
		return person;
	first = rows_get(m->users, row, U_FIRST);
	last = rows_get(m->users, row, U_LAST);
	username = rows_get(m->users, row, U_USERNAME);
	person.name = text_strip(slice_str(arena_printf(m->arena, "%.*s %.*s", SLICE_ARG(first), SLICE_ARG(last))));
	if (person.name.n == 0)
		person.name = username;
	person.email = text_strip(rows_get(m->users, row, U_EMAIL));
	if (person.email.n == 0)
		person.email = slice_str(arena_printf(m->arena, "%.*s@%.*s", SLICE_ARG(username), SLICE_ARG(m->mail.host)));
	return person;
}

static void
set_people(struct making *m)
{
	struct review_person *copied = arena_alloc(m->arena, (m->text->people_count + 1) * sizeof(*copied));
	int submitter = user_row(m, m->w->request->submitter);

	m->mail.from = person_of(m, submitter);
	if (submitter < 0)
		m->mail.from.email = slice_str(arena_printf(m->arena, "nobody@%.*s", SLICE_ARG(m->mail.host)));
	for (size_t i = 0; i < m->text->people_count; i++) {
		int row = user_row(m, m->text->people[i]);

		if (row >= 0 && rows_get(m->users, row, U_EMAIL).n > 0)
			copied[m->mail.copied_count++] = person_of(m, row);
	}
	m->mail.copied = copied;
	if (m->text->people_count == 1 && user_row(m, m->text->people[0]) >= 0)
		m->delegate = m->text->people[0];
}

/* ---- the person who posts ---- */

static struct rows *
query_person(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT p.id, p.user_id FROM patchwork_person p WHERE ");
	sql_equals_nocase(q, "p.email", m->mail.from.email);
	sql_add(q, " ORDER BY p.id LIMIT 1");
	return rb_query(m->w, q);
}

static void
insert_person(struct making *m)
{
	const int64_t *user = user_row(m, m->w->request->submitter) >= 0 ? &m->w->request->submitter : NULL;
	struct sql *q = rb_sql(m->w);

	sql_add(q, "INSERT INTO patchwork_person (email, name, user_id) VALUES (");
	sql_string(q, m->mail.from.email);
	sql_add(q, ", ");
	sql_string(q, m->mail.from.name);
	sql_add(q, ", ");
	sql_int_or_null(q, user);
	/* another one may just be making it */
	sql_add(q, ") ON CONFLICT DO NOTHING");
	(void)rb_query(m->w, q);
}

static void
link_person(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "UPDATE patchwork_person SET user_id = ");
	sql_int(q, m->w->request->submitter);
	sql_add(q, " WHERE user_id IS NULL AND id = ");
	sql_int(q, m->person);
	(void)rb_query(m->w, q);
	written_object(&m->w->written, "patchwork_person", m->person);
	written_user(&m->w->written, m->w->request->submitter);
}

/* Of the person that `found` has, or that is made.  False: answered. */
static bool
find_person(struct making *m, struct rows *found)
{
	if (found->count == 0) {
		insert_person(m);
		found = query_person(m);
		if (!rb_flush(m->w))
			return false;
		if (found->count == 0) {
			(void)rb_fail_message(m->w->rb, 225, "Error publishing: There is no person for the submitter.");
			return false;
		}
		written_collection(&m->w->written, "patchwork_person", rows_int(found, 0, 0), 0);
		written_user(&m->w->written, m->w->request->submitter);
	}
	m->person = rows_int(found, 0, 0);
	if (rows_null(found, 0, 1) && user_row(m, m->w->request->submitter) >= 0)
		link_person(m);
	return true;
}

/* ---- the messages ---- */

static struct slice
taken(struct making *m, struct buf *text)
{
	struct slice copy = arena_slice(m->arena, buf_as_slice(text));

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
take_files(struct making *m, int *at, int64_t commit, struct buf *diff, size_t *count_r)
{
	struct diff_stat_file *stat;
	int end = *at;

	while (end < m->files->count && rows_int(m->files, end, F_COMMIT) == commit)
		end++;
	*count_r = (size_t)(end - *at);
	stat = arena_alloc(m->arena, (*count_r + 1) * sizeof(*stat));
	for (int i = 0; *at < end; i++, (*at)++) {
		stat[i] = stat_of(m->files, *at);
		buf_slice(diff, rows_bytes(m->arena, m->files, *at, F_DIFF));
	}
	return stat;
}

/* What a column of text can hold of a diff: what is no UTF-8, and NUL, is U+FFFD there. */
static struct slice
readable(struct making *m, struct slice diff, bool *is_bytes_r)
{
	struct slice repaired = utf8_repair(m->arena, diff), piece;
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
	repaired = taken(m, &out);
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
note_of(struct making *m)
{
	struct buf out = { 0 };
	struct slice note;

	add_note(&out, "Testing done:\n", text_strip(m->text->testing));
	add_note(&out, "Changes in this version:\n", text_strip(m->text->change));
	for (size_t i = 0; i < m->text->depends_count; i++) {
		if (out.len > 0)
			buf_str(&out, i == 0 ? "\n\n" : "\n");
		buf_printf(&out, "Depends-on: %.*sr/%lld/", SLICE_ARG(m->w->rb->site), (long long)m->text->depends[i]);
	}
	note = taken(m, &out);
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
squashed_of(struct making *m)
{
	return (struct review_commit){
		.id = m->text->commit_id, .parent = SLICE(""),
		.message = slice_str(arena_printf(m->arena, "%.*s\n\n%.*s\n", SLICE_ARG(m->text->summary),
		    SLICE_ARG(m->text->description))),
		.author = m->mail.from, .author_date = { m->w->now / SECOND_US, 0 }, .note = SLICE(""),
	};
}

static void
read_patch(struct making *m, struct patch *patch, unsigned number, int *at, int64_t commit)
{
	struct buf text = { 0 };
	struct slice body;

	patch->commit.number = number;
	patch->commit.files = take_files(m, at, commit, &text, &patch->commit.file_count);
	patch->diff = readable(m, taken(m, &text), &patch->commit.is_bytes);
	review_mail_id(&text, &m->mail, number);
	patch->msgid = taken(m, &text);
	review_mail_name(&text, &m->mail, number, review_subject(patch->commit.message, &body));
	patch->name = taken(m, &text);
	buf_fini(&text);
}

static void
read_patches(struct making *m)
{
	bool squashed = m->commits->count == 0;
	struct buf unused = { 0 };
	int at = 0;

	m->count = squashed ? 1 : (size_t)m->commits->count;
	m->patches = arena_zalloc(m->arena, m->count * sizeof(*m->patches));
	for (size_t i = 0; i < m->count; i++)
		m->patches[i].commit = squashed ? squashed_of(m) : commit_of(m->commits, (int)i);
	m->mail.total = (unsigned)m->count;
	m->mail.cover = !squashed && !(m->count == 1 &&
	    review_says_all(m->patches[0].commit.message, m->text->summary, m->text->description));
	if (!m->mail.cover)
		m->patches[0].commit.note = note_of(m);
	if (!squashed)
		m->stat = take_files(m, &at, 0, &unused, &m->stat_count);
	for (size_t i = 0; i < m->count; i++)
		read_patch(m, &m->patches[i], (unsigned)i + 1, &at, squashed ? 0 : rows_int(m->commits, (int)i, C_ID));
	buf_fini(&unused);
}

static void
set_mail(struct making *m)
{
	struct review_mail *mail = &m->mail;

	mail->request = m->w->request->id;
	mail->version = (int)rows_int(m->diffset, 0, DS_REVISION);
	mail->list_email = rows_get(m->project, 0, PROJECT_EMAIL);
	mail->url = slice_str(arena_printf(m->arena, "%.*sr/%lld/", SLICE_ARG(m->w->rb->site), (long long)mail->request));
	mail->branch = m->text->branch;
	mail->bugs = m->text->bugs;
	if (m->before->count > 0)
		mail->previous = rows_null(m->before, 0, V_COVER) ? rows_get(m->before, 0, V_PATCH) :
		    rows_get(m->before, 0, V_COVER);
	moment_from_seconds(m->w->now / SECOND_US, &m->now);
	m->now.microsecond = (int)(m->w->now % SECOND_US);
	m->now.has_offset = true;
}

static struct slice
first_msgid(const struct making *m)
{
	struct buf text = { 0 };
	struct slice id;

	review_mail_id(&text, &m->mail, m->mail.cover ? 0 : 1);
	id = arena_slice(m->arena, buf_as_slice(&text));
	buf_fini(&text);
	return id;
}

/* ---- what was made already ---- */

/* Columns of query_made. */
enum { MADE_SERIES, MADE_HEADERS };

static struct rows *
query_made(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "SELECT r.series_id, p.headers FROM patchwork_seriesreference r LEFT JOIN patchwork_patch p "
	    "ON p.series_id = r.series_id AND p.number = 1 WHERE r.project_id = ");
	sql_int(q, rows_int(m->project, 0, PROJECT_ID));
	sql_add(q, " AND r.msgid = ");
	sql_string(q, first_msgid(m));
	return rb_query(m->w, q);
}

/* The same commits, and not those of a review request that once had the number.  False: answered. */
static bool
was_made(struct making *m, const struct rows *made)
{
	struct slice headers = rows_get(made, 0, MADE_HEADERS), line;
	const char *wanted = arena_printf(m->arena, "X-Review-Commit: %.*s", SLICE_ARG(m->patches[0].commit.id));

	while (headers.n > 0 && slice_cut(&headers, '\n', &line)) {
		if (slice_is(line, wanted)) {
			m->series = rows_int(made, 0, MADE_SERIES);
			return true;
		}
	}
	(void)rb_fail_message(m->w->rb, 225, arena_printf(m->arena, "Error publishing: There is a message %.*s already.",
	    SLICE_ARG(first_msgid(m))));
	return false;
}

/* ---- rows ---- */

static void
add_text(struct sql *q, struct buf *text)
{
	sql_add(q, ", ");
	sql_string(q, arena_slice(q->arena, buf_as_slice(text)));
	buf_reset(text);
}

static struct rows *
insert_cover(struct making *m)
{
	struct review_commit *commits = arena_alloc(m->arena, m->count * sizeof(*commits));
	struct review_cover cover = {
		.date = { m->w->now / SECOND_US, 0 }, .summary = m->text->summary, .description = m->text->description,
		.testing = m->text->testing, .change = m->text->change, .base = rows_get(m->diffset, 0, DS_BASE),
		.commits = commits, .commit_count = m->count, .depends = m->text->depends,
		.depends_count = m->text->depends_count, .site = m->w->rb->site, .files = m->stat,
		.file_count = m->stat_count,
	};
	struct sql *q = rb_sql(m->w);
	struct buf text = { 0 };

	for (size_t i = 0; i < m->count; i++)
		commits[i] = m->patches[i].commit;
	sql_add(q, "INSERT INTO patchwork_cover (date, project_id, submitter_id, msgid, name, headers, content) VALUES (");
	sql_moment(q, &m->now);
	sql_add(q, ", ");
	sql_int(q, rows_int(m->project, 0, PROJECT_ID));
	sql_add(q, ", ");
	sql_int(q, m->person);
	review_mail_id(&text, &m->mail, 0);
	add_text(q, &text);
	review_mail_name(&text, &m->mail, 0, m->text->summary);
	add_text(q, &text);
	review_cover_headers(&text, m->arena, &m->mail, &cover);
	add_text(q, &text);
	review_cover_content(&text, m->arena, &m->mail, &cover);
	add_text(q, &text);
	sql_add(q, ") RETURNING id");
	buf_fini(&text);
	return rb_query(m->w, q);
}

static struct slice
cut(struct slice s, size_t characters)
{
	size_t n = 0;

	for (size_t length; n < s.n && characters > 0; characters--, n += length)
		(void)utf8_decode(slice_from(s, n), &length);
	return slice_make(s.p, n);
}

static struct rows *
insert_series(struct making *m)
{
	struct sql *q = rb_sql(m->w);

	sql_add(q, "INSERT INTO patchwork_series (name, date, version, total, project_id, submitter_id, cover_letter_id) VALUES (");
	sql_string(q, cut(text_strip(m->text->summary), REVIEW_NAME_MAX));
	sql_add(q, ", ");
	sql_moment(q, &m->now);
	sql_add(q, ", ");
	sql_int(q, m->mail.version);
	sql_add(q, ", ");
	sql_int(q, m->mail.total);
	sql_add(q, ", ");
	sql_int(q, rows_int(m->project, 0, PROJECT_ID));
	sql_add(q, ", ");
	sql_int(q, m->person);
	sql_add(q, ", ");
	sql_int_or_null(q, m->cover != 0 ? &m->cover : NULL);
	sql_add(q, ") RETURNING id");
	return rb_query(m->w, q);
}

static void
add_int(struct sql *q, int64_t value)
{
	sql_add(q, ", ");
	sql_int(q, value);
}

/* One row of the statement; 14 parameters. */
static void
add_patch(struct making *m, struct sql *q, const struct patch *patch)
{
	int64_t state = m->b->states->count > 0 ? rows_int(m->b->states, 0, STATE_ID) : 0;
	char hash[DIFF_HASH_MAX];
	struct buf text = { 0 };

	diff_hash(hash, patch->diff);
	sql_add(q, "(");
	sql_moment(q, &m->now);
	add_int(q, rows_int(m->project, 0, PROJECT_ID));
	add_int(q, m->person);
	buf_slice(&text, patch->msgid);
	add_text(q, &text);
	buf_slice(&text, patch->name);
	add_text(q, &text);
	review_patch_headers(&text, m->arena, &m->mail, &patch->commit);
	add_text(q, &text);
	review_patch_content(&text, m->arena, &m->mail, &patch->commit);
	add_text(q, &text);
	sql_add(q, ", ");
	sql_string(q, patch->diff);
	sql_add(q, ", ");
	sql_string(q, slice_make(hash, strlen(hash)));
	sql_add(q, ", ");
	sql_int_or_null(q, m->delegate != 0 ? &m->delegate : NULL);
	sql_add(q, ", ");
	sql_int_or_null(q, state != 0 ? &state : NULL);
	sql_add(q, ", ");
	sql_bool(q, false);
	add_int(q, m->series);
	add_int(q, patch->commit.number);
	sql_add(q, ")");
	buf_fini(&text);
}

/* False: answered. */
static bool
insert_patches(struct making *m)
{
	struct rows **made = arena_alloc(m->arena, (m->count / PATCH_ROWS + 1) * sizeof(struct rows *));

	for (size_t i = 0; i < m->count; i += PATCH_ROWS) {
		struct sql *q = rb_sql(m->w);

		sql_add(q, "INSERT INTO patchwork_patch (date, project_id, submitter_id, msgid, name, headers, content, diff, hash, "
		    "delegate_id, state_id, archived, series_id, number) VALUES ");
		for (size_t k = i; k < m->count && k < i + PATCH_ROWS; k++) {
			if (k > i)
				sql_add(q, ", ");
			add_patch(m, q, &m->patches[k]);
		}
		sql_add(q, " RETURNING id, number");
		made[i / PATCH_ROWS] = rb_query(m->w, q);
	}
	if (!rb_flush(m->w))
		return false;
	/* in whatever order they come */
	for (size_t i = 0; i < m->count; i += PATCH_ROWS)
		for (int k = 0; k < made[i / PATCH_ROWS]->count; k++)
			m->patches[rows_int(made[i / PATCH_ROWS], k, 1) - 1].id = rows_int(made[i / PATCH_ROWS], k, 0);
	return true;
}

static void
add_reference(struct making *m, struct sql **q, size_t *rows, struct slice msgid)
{
	if (*q == NULL) {
		*q = rb_sql(m->w);
		sql_add(*q, "INSERT INTO patchwork_seriesreference (project_id, series_id, msgid) VALUES (");
	} else {
		sql_add(*q, ", (");
	}
	sql_int(*q, rows_int(m->project, 0, PROJECT_ID));
	add_int(*q, m->series);
	sql_add(*q, ", ");
	sql_string(*q, msgid);
	sql_add(*q, ")");
	if (++*rows < REFERENCE_ROWS)
		return;
	(void)rb_query(m->w, *q);
	*q = NULL;
	*rows = 0;
}

static void
insert_references(struct making *m)
{
	struct sql *q = NULL;
	size_t rows = 0;

	if (m->mail.cover)
		add_reference(m, &q, &rows, first_msgid(m));
	for (size_t i = 0; i < m->count; i++)
		add_reference(m, &q, &rows, m->patches[i].msgid);
	if (q != NULL)
		(void)rb_query(m->w, q);
}

/* As mails that come in their order leave them (patchwork-api.md, 7.2). */
static void
insert_events(struct making *m)
{
	struct events *events = &m->b->events;
	int64_t project = rows_int(m->project, 0, PROJECT_ID);

	events_add(events, &(struct event){ .category = "series-created", .project = project, .series = m->series });
	if (m->cover != 0)
		events_add(events, &(struct event){ .category = "cover-created", .project = project, .cover = m->cover });
	for (size_t i = 0; i < m->count; i++) {
		events_add(events, &(struct event){ .category = "patch-created", .project = project,
		    .patch = m->patches[i].id });
		events_add(events, &(struct event){ .category = "patch-completed", .project = project,
		    .patch = m->patches[i].id, .series = m->series });
	}
	events_add(events, &(struct event){ .category = "series-completed", .project = project, .series = m->series });
	events_send(events);
}

static void
note_written(struct making *m)
{
	struct written *written = &m->w->written;
	int64_t project = rows_int(m->project, 0, PROJECT_ID);

	written_collection(written, "patchwork_series", m->series, project);
	if (m->cover != 0)
		written_collection(written, "patchwork_cover", m->cover, project);
	for (size_t i = 0; i < m->count; i++)
		written_collection(written, "patchwork_patch", m->patches[i].id, project);
}

/* False: answered. */
static bool
insert(struct making *m)
{
	struct rows *made;

	if (m->mail.cover) {
		made = insert_cover(m);
		if (!rb_flush(m->w))
			return false;
		m->cover = rows_int(made, 0, 0);
	}
	made = insert_series(m);
	if (!rb_flush(m->w))
		return false;
	m->series = rows_int(made, 0, 0);
	if (!insert_patches(m))
		return false;
	insert_references(m);
	insert_events(m);
	note_written(m);
	return true;
}

/* Everything that is read; false: answered. */
static bool
look(struct making *m)
{
	query_project(m);
	query_commits(m);
	query_users(m);
	query_before(m);
	if (!rb_flush(m->w))
		return false;
	if (m->project->count == 0 || m->diffset->count == 0) {
		(void)rb_fail_message(m->w->rb, 225, arena_printf(m->arena, "Error publishing: The repository \"%.*s\" has no project.",
		    SLICE_ARG(m->w->request->repository_name)));
		return false;
	}
	return find_host(m);
}

enum view_result
series_make(struct bridge *b, const struct bridge_text *text, int64_t *series_r)
{
	struct making m = { .b = b, .w = b->w, .text = text, .arena = rb_arena(b->w->rb) };
	struct rows *person, *made;

	if (!look(&m))
		return VIEW_ANSWERED;
	set_mail(&m);
	set_people(&m);
	read_patches(&m);
	person = query_person(&m);
	made = query_made(&m);
	if (!rb_flush(m.w) || (made->count > 0 && !was_made(&m, made)))
		return VIEW_ANSWERED;
	if (m.series == 0 && (!find_person(&m, person) || !insert(&m)))
		return VIEW_ANSWERED;
	*series_r = m.series;
	return VIEW_GO_ON;
}
