/* SPDX-License-Identifier: MIT
 *
 * See targets.h.
 */
#include "config.h"

#include "worker/reviewboard/targets.h"

#include "base/arena.h"
#include "worker/reviewboard/requests.h"

#define TABLE "thimble_rb_target"

/* Rows of an INSERT, of three parameters. */
enum { INSERT_ROWS = 30 };

/* ---- shown ---- */

/* Sorted by the RR, the kind, the place. */
enum { OF, KIND, ID, NAME, SHOWN };

/* Rows that are shown besides those of the resource. */
struct targets {
	struct rows *targets;		/* OF, KIND, .. */
	struct rows *blocks;		/* the same, where OF is what the others depend on; NULL: not shown */
};

/*
 * The summary of a RR that is not published, or whose repository is not public, is not told to those who look
 * at another one.
 */
#define SHOWN_SUMMARY "CASE WHEN d.is_public AND (d.repository_id IS NULL OR r.is_public) THEN d.summary ELSE '' END"
#define JOIN_REPOSITORY "LEFT JOIN thimble_rb_repository r ON r.id = d.repository_id "

static struct rows *
query_targets(struct rb *rb, const int64_t *ids, size_t count, bool draft)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT t.request_id, t.kind, t.target_id, COALESCE(u.username, g.name, " SHOWN_SUMMARY "), "
	    "u.id IS NOT NULL OR g.id IS NOT NULL OR d.id IS NOT NULL FROM " TABLE " t "
	    "LEFT JOIN auth_user u ON t.kind = 'P' AND u.id = t.target_id "
	    "LEFT JOIN auth_group g ON t.kind = 'G' AND g.id = t.target_id "
	    "LEFT JOIN thimble_rb_request d ON t.kind = 'D' AND d.id = t.target_id " JOIN_REPOSITORY
	    "WHERE t.draft = ");
	sql_bool(q, draft);
	sql_add(q, " AND t.request_id ");
	sql_ids(q, ids, count);
	sql_add(q, " ORDER BY t.request_id, t.kind, t.place, t.id");
	return rb_ask(rb, q);
}

/* Only published ones: an RR that is being written is nobody's to know. */
static struct rows *
query_blocks(struct rb *rb, const int64_t *ids, size_t count)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT t.target_id, 'B', t.request_id, " SHOWN_SUMMARY ", d.is_public FROM " TABLE " t "
	    "JOIN thimble_rb_request d ON d.id = t.request_id " JOIN_REPOSITORY
	    "WHERE t.kind = 'D' AND NOT t.draft AND d.is_public AND t.target_id ");
	sql_ids(q, ids, count);
	sql_add(q, " ORDER BY t.target_id, t.request_id");
	return rb_ask(rb, q);
}

static const char *
table_of(char kind)
{
	return kind == 'P' ? "auth_user" : kind == 'G' ? "auth_group" : "thimble_rb_request";
}

static void
tag_shown(struct rb *rb, const struct rows *rows)
{
	for (int i = 0; rows != NULL && i < rows->count; i++)
		rb_tag_object(rb, table_of(rows_get(rows, i, KIND).p[0]), rows_int(rows, i, ID));
}

void
targets_tag(struct rb *rb)
{
	rb_tag_collection(rb, TABLE, 0);
	rb_tag_column(rb, TABLE, "draft");
	rb_tag_column(rb, TABLE, "kind");
	rb_tag_column(rb, TABLE, "target_id");
}

static bool
load(struct rb *rb, const struct rows *rows, bool draft, void **loaded_r)
{
	struct targets *t = arena_zalloc(rb_arena(rb), sizeof(*t));
	int64_t *ids = arena_alloc(rb_arena(rb), ((size_t)rows->count + 1) * sizeof(*ids));

	*loaded_r = t;
	for (int i = 0; i < rows->count; i++)
		ids[i] = rows_int(rows, i, RB_CELL_PARENT);
	t->targets = query_targets(rb, ids, (size_t)rows->count, draft);
	if (!draft) {
		t->blocks = query_blocks(rb, ids, (size_t)rows->count);
		/* another RR that begins to depend on one of these is told of by its own tag only */
		targets_tag(rb);
	} else {
		rb_tag_table(rb, TABLE);
	}
	if (!rb_flush_reads(rb))
		return false;
	tag_shown(rb, t->targets);
	tag_shown(rb, t->blocks);
	return true;
}

bool
targets_load(struct rb *rb, const struct rows *rows, void **loaded_r)
{
	return load(rb, rows, false, loaded_r);
}

bool
targets_load_drafts(struct rb *rb, const struct rows *rows, void **loaded_r)
{
	return load(rb, rows, true, loaded_r);
}

static void
put_url(struct rb *rb, struct buf *url, const struct rows *rows, int i)
{
	switch (rows_get(rows, i, KIND).p[0]) {
	case 'P':
		rb_put_name_url(rb, url, "users", rows_get(rows, i, NAME));
		break;
	case 'G':
		rb_put_name_url(rb, url, "groups", rows_get(rows, i, NAME));
		break;
	default:
		requests_put_url(rb, url, rows_int(rows, i, ID));
	}
}

static void
put(struct rb *rb, const struct rows *rows, int64_t request, char kind)
{
	struct buf url = { 0 };

	json_open(rb_json(rb), '[');
	for (int i = rows != NULL ? rb_first_of(rows, OF, request) : 0; rows != NULL && i < rows->count; i++) {
		if (rows_int(rows, i, OF) != request)
			break;
		if (rows_get(rows, i, KIND).p[0] != kind || !rows_bool(rows, i, SHOWN))
			continue;
		buf_reset(&url);
		put_url(rb, &url, rows, i);
		rb_put_link_object(rb, "GET", buf_as_slice(&url), rows_get(rows, i, NAME));
	}
	json_close(rb_json(rb), ']');
	buf_fini(&url);
}

static void
put_kind(struct rb *rb, struct rb_row row, char kind)
{
	const struct targets *t = row.loaded;
	const struct rows *rows = t == NULL ? NULL : kind == 'B' ? t->blocks : t->targets;

	put(rb, rows, rb_cell_int(row, RB_CELL_PARENT), kind);
}

void
targets_put_people(struct rb *rb, struct rb_row row, int cell)
{
	(void)cell;
	put_kind(rb, row, 'P');
}

void
targets_put_groups(struct rb *rb, struct rb_row row, int cell)
{
	(void)cell;
	put_kind(rb, row, 'G');
}

void
targets_put_depends(struct rb *rb, struct rb_row row, int cell)
{
	(void)cell;
	put_kind(rb, row, 'D');
}

void
targets_put_blocks(struct rb *rb, struct rb_row row, int cell)
{
	(void)cell;
	put_kind(rb, row, 'B');
}

/* ---- changed ---- */

enum { FOUND_NAME, FOUND_ID };

static bool
has_name(const struct targets_given *given, struct slice name)
{
	for (size_t i = 0; i < given->count; i++)
		if (slice_eq(given->name[i], name))
			return true;
	return false;
}

/* A number is the same however it is written. */
static struct slice
clean(struct rb *rb, const struct targets_given *given, struct slice name)
{
	uint64_t number;

	name = slice_trim(name, " \t\r\n");
	if (given->kind == 'D' && slice_uint(name, INT64_MAX, &number) == 0)
		return slice_str(arena_printf(rb_arena(rb), "%llu", (unsigned long long)number));
	return name;
}

static void
read_names(struct rb *rb, struct targets_given *given)
{
	struct slice rest = rb_text(rb, given->field), name;

	given->sent = rest.p != NULL;
	while (slice_cut(&rest, ',', &name)) {
		name = clean(rb, given, name);
		if (name.n == 0 || has_name(given, name))
			continue;
		if (given->count == TARGETS_MAX) {
			given->many = true;
			return;
		}
		given->name[given->count++] = name;
	}
}

static void
add_wanted(struct sql *q, const struct targets_given *given)
{
	bool any = false;

	for (size_t i = 0; i < given->count; i++) {
		uint64_t id = 0;

		/* what is no number names no RR */
		if (given->kind == 'D' && slice_uint(given->name[i], INT64_MAX, &id) != 0)
			continue;
		sql_add(q, any ? ", " : "(");
		any = true;
		if (given->kind == 'D')
			sql_int(q, (int64_t)id);
		else
			sql_string(q, given->name[i]);
	}
	sql_add(q, any ? ")" : "(NULL)");
}

static void
look_up(struct rb_write *w, struct targets_given *given)
{
	struct sql *q = rb_sql(w);

	switch (given->kind) {
	case 'P':
		sql_add(q, "SELECT t.username, t.id FROM auth_user t WHERE t.is_active AND t.username IN ");
		add_wanted(q, given);
		break;
	case 'G':
		sql_add(q, "SELECT t.name, t.id FROM auth_group t WHERE t.name IN ");
		add_wanted(q, given);
		break;
	default:
		/* one's own draft may depend on another of one's own, which others learn of when both are published */
		sql_add(q, "SELECT t.id, t.id FROM thimble_rb_request t WHERE ");
		rb_add_readable(w->rb, q, false);
		sql_add(q, " AND t.id <> ");
		sql_int(q, w->request->id);
		sql_add(q, " AND t.id IN ");
		add_wanted(q, given);
	}
	given->found = rb_query(w, q);
}

void
targets_begin(struct rb_write *w, struct targets_change *change)
{
	static const struct { char kind; const char *field; } kinds[TARGETS_KINDS] = {
		{ 'D', "depends_on" }, { 'G', "target_groups" }, { 'P', "target_people" },
	};

	for (size_t i = 0; i < TARGETS_KINDS; i++) {
		struct targets_given *given = &change->given[i];

		given->kind = kinds[i].kind;
		given->field = kinds[i].field;
		given->count = 0;
		given->many = false;
		read_names(w->rb, given);
		if (given->count > 0)
			look_up(w, given);
	}
}

/* The id of a name, or 0. */
static int64_t
id_of(const struct targets_given *given, struct slice name)
{
	uint64_t number;
	bool is_number = given->kind == 'D' && slice_uint(name, INT64_MAX, &number) == 0;

	for (int i = 0; i < given->found->count; i++)
		if (is_number ? rows_int(given->found, i, FOUND_ID) == (int64_t)number :
		    slice_eq(rows_get(given->found, i, FOUND_NAME), name))
			return rows_int(given->found, i, FOUND_ID);
	return 0;
}

void
targets_check(struct rb *rb, const struct targets_change *change)
{
	for (size_t k = 0; k < TARGETS_KINDS; k++) {
		const struct targets_given *given = &change->given[k];

		if (given->many)
			rb_field_error(rb, given->field, arena_printf(rb_arena(rb), "More than %d names", TARGETS_MAX));
		for (size_t i = 0; i < given->count; i++)
			if (id_of(given, given->name[i]) == 0)
				rb_field_error(rb, given->field,
				    arena_memdup(rb_arena(rb), given->name[i].p, given->name[i].n));
	}
}

static void
insert(struct rb_write *w, const struct targets_given *given, size_t from, size_t to)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO " TABLE " (request_id, draft, kind, target_id, place) VALUES ");
	for (size_t i = from; i < to; i++) {
		sql_add(q, i > from ? ", (" : "(");
		sql_int(q, w->request->id);
		sql_addf(q, ", TRUE, '%c', ", given->kind);
		sql_int(q, id_of(given, given->name[i]));
		sql_add(q, ", ");
		sql_int(q, (int64_t)i + 1);
		sql_add(q, ")");
	}
	(void)rb_query(w, q);
}

static void
save(struct rb_write *w, const struct targets_given *given)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "DELETE FROM " TABLE " WHERE request_id = ");
	sql_int(q, w->request->id);
	sql_addf(q, " AND draft AND kind = '%c'", given->kind);
	(void)rb_query(w, q);
	for (size_t at = 0; at < given->count; at += INSERT_ROWS)
		insert(w, given, at, at + INSERT_ROWS < given->count ? at + INSERT_ROWS : given->count);
	written_collection(&w->written, TABLE, w->request->id, 0);
}

void
targets_save(struct rb_write *w, const struct targets_change *change)
{
	for (size_t i = 0; i < TARGETS_KINDS; i++)
		if (change->given[i].sent)
			save(w, &change->given[i]);
}

void
targets_copy(struct rb_write *w, int64_t request)
{
	struct sql *q = rb_sql(w);

	sql_add(q, "INSERT INTO " TABLE " (request_id, draft, kind, target_id, place) "
	    "SELECT t.request_id, TRUE, t.kind, t.target_id, t.place FROM " TABLE " t "
	    "WHERE NOT t.draft AND t.request_id = ");
	sql_int(q, request);
	sql_add(q, " ORDER BY t.id");
	(void)rb_query(w, q);
	written_collection(&w->written, TABLE, request, 0);
}
