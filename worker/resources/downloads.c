/* SPDX-License-Identifier: MIT
 *
 * The files behind the links of the answers: mboxes, raw diffs, and the short
 * forms that redirect to them (patchwork-api.md, section 9).  Job thread.
 *
 * A download costs three statements: what is asked for, its messages, their
 * comments (messages.h).  Each leaves its tags, for no plan knows what it reads.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/mail_header.h"
#include "proto/text.h"
#include "worker/resources/messages.h"
#include "worker/resources/resources.h"
#include "worker/tags.h"

static enum view_result
not_found(struct view *v)
{
	view_respond_page(v, 404);
	return VIEW_ANSWERED;
}

/* Completes the response; the body is in place. */
static enum view_result
respond(struct view *v, int status, const char *type, bool vary, struct slice name, struct slice value)
{
	struct response *response = &v->request->response;

	response->status = status;
	buf_printf(&response->head, "%sContent-Type: %s\r\n", vary ? "Vary: Cookie\r\n" : "", type);
	if (name.p != NULL) {
		buf_slice(&response->head, name);
		buf_str(&response->head, ": ");
		buf_slice(&response->head, value);
		buf_str(&response->head, "\r\n");
	}
	buf_printf(&response->head, "X-Frame-Options: DENY\r\nContent-Length: %zu\r\n\r\n", response->body.len);
	return VIEW_ANSWERED;
}

static enum view_result
respond_file(struct view *v, const char *type, bool vary, struct slice disposition)
{
	return respond(v, 200, type, vary, SLICE("Content-Disposition"), disposition);
}

static struct slice
disposition_of(struct view *v, struct slice name, const char *suffix)
{
	struct buf file = { 0 };
	struct slice value;

	text_file_name(&file, name);
	value = slice_str(arena_printf(v->request->arena, "attachment; filename=%.*s%s", SLICE_ARG(buf_as_slice(&file)),
	    suffix));
	buf_fini(&file);
	return value;
}

/* The tag of a row of that table. */
static void
collect(struct view *v, const char *table, int64_t id)
{
	tags_object(v->tags, tag_table_of(table), id);
}

/* A look-up that found nothing: any row, and these columns of any row. */
static void
collect_missing(struct view *v, const char *table, const char *columns)
{
	struct tag_scope all = { .table = tag_table_of(table) };

	tags_scope(v->tags, &all);
	tags_reads(v->tags, &all, columns);
}

/* A patch's segment: "%2F" that outlived the decoding of the path stands for a slash (9.1). */
static struct slice
msgid_of_segment(struct view *v, struct slice segment)
{
	char *out = arena_alloc(v->request->arena, segment.n + 2);
	size_t n = 0;

	out[n++] = '<';
	for (size_t i = 0; i < segment.n; i++) {
		if (segment.n - i >= 3 && memcmp(segment.p + i, "%2F", 3) == 0) {
			out[n++] = '/';
			i += 2;
		} else {
			out[n++] = segment.p[i];
		}
	}
	out[n++] = '>';
	return slice_make(out, n);
}

/* Columns of find_patch and its like. */
enum { F_ID, F_NAME, F_SERIES, F_NUMBER, F_DIFF, F_HEADERS };

/*
 * The object of a project by message id; NULL: the view is answered.  The
 * project's id comes behind the columns.
 */
static struct rows *
find_message(struct view *v, const char *columns, const char *table, struct slice msgid)
{
	struct sql *q = view_sql(v);
	struct rows *rows;

	sql_addf(q, "SELECT %s, t.project_id FROM %s t JOIN patchwork_project j ON j.id = t.project_id WHERE j.linkname = ", columns,
	    table);
	sql_string(q, v->name[0]);
	sql_add(q, " AND t.msgid = ");
	sql_string(q, msgid);
	rows = view_query(v, q);
	if (!view_flush(v))
		return NULL;
	if (rows->count == 0) {
		collect_missing(v, "patchwork_project", "t.linkname");
		collect_missing(v, table, "t.project_id t.msgid");
		view_respond_page(v, 404);
		return NULL;
	}
	/* link names are unique, and message ids within a project: only these rows decide */
	messages_collect(v, table, rows, 0, F_ID);
	messages_collect(v, "patchwork_project", rows, 0, rows->columns - 1);
	return rows;
}

/*
 * `?series=` asks for the patches before this one as well (9.5): "*" or the id
 * of its series.  False: 404.
 */
static bool
wants_dependencies(struct view *v, const struct rows *patch, bool *wants_r)
{
	struct slice value = uri_query_last(&v->query, "series");
	int64_t id;

	*wants_r = value.n > 0;
	if (value.n == 0)
		return true;
	if (rows_null(patch, 0, F_SERIES))
		return false;
	return slice_is(value, "*") || (text_integer(value, &id) == 1 && id == rows_int(patch, 0, F_SERIES));
}

enum view_result
download_patch_mbox(struct view *v)
{
	struct rows *patch = find_message(v, "t.id, t.name, t.series_id, t.number", "patchwork_patch",
	    msgid_of_segment(v, v->name[1]));
	bool dependencies;
	struct sql *q;

	if (patch == NULL)
		return VIEW_ANSWERED;
	if (!wants_dependencies(v, patch, &dependencies))
		return not_found(v);
	q = messages_of_patches(v);
	sql_add(q, "WHERE t.id = ");
	sql_int(q, rows_int(patch, 0, F_ID));
	if (dependencies) {
		messages_collect(v, "patchwork_series", patch, 0, F_SERIES);
		sql_add(q, " OR (t.series_id = ");
		sql_int(q, rows_int(patch, 0, F_SERIES));
		sql_add(q, " AND t.number < ");
		sql_int(q, rows_int(patch, 0, F_NUMBER));
		sql_add(q, ") ORDER BY t.number");
	}
	if (!messages_put_patches(v, q))
		return VIEW_STORE;
	/* [Q] as recorded, only HEAD varies */
	return respond_file(v, "text/plain; charset=utf-8", v->request->method == METHOD_HEAD,
	    disposition_of(v, rows_get(patch, 0, F_NAME), ".patch"));
}

enum view_result
download_patch_raw(struct view *v)
{
	struct rows *patch = find_message(v, "t.id, t.name, t.series_id, t.number, t.diff, t.headers", "patchwork_patch",
	    msgid_of_segment(v, v->name[1]));
	struct slice diff;

	if (patch == NULL)
		return VIEW_ANSWERED;
	diff = rows_get(patch, 0, F_DIFF);
	if (!messages_load_diff(v, rows_get(patch, 0, F_HEADERS), rows_int(patch, 0, F_SERIES), rows_int(patch, 0, F_NUMBER),
	    &diff))
		return VIEW_STORE;
	/* [Q] a patch without a diff gives Python's word for it */
	buf_slice(&v->request->response.body, diff.p != NULL ? diff : SLICE("None"));
	return respond_file(v, "text/x-patch", false, disposition_of(v, rows_get(patch, 0, F_NAME), ".diff"));
}

enum view_result
download_cover_mbox(struct view *v)
{
	struct slice msgid = slice_str(arena_printf(v->request->arena, "<%.*s>", SLICE_ARG(v->name[1])));
	struct rows *cover = find_message(v, "t.id, t.name", "patchwork_cover", msgid);

	if (cover == NULL)
		return VIEW_ANSWERED;
	if (!messages_put_cover(v, rows_int(cover, 0, F_ID)))
		return VIEW_STORE;
	return respond_file(v, "text/plain", false, disposition_of(v, rows_get(cover, 0, F_NAME), ".mbox"));
}

enum view_result
download_series_mbox(struct view *v)
{
	struct sql *q = view_sql(v);
	struct rows *found;
	struct slice name;

	collect(v, "patchwork_series", v->id[0]);
	sql_add(q, "SELECT t.id, t.name FROM patchwork_series t WHERE t.id = ");
	sql_int(q, v->id[0]);
	found = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (found->count == 0)
		return not_found(v);
	q = messages_of_patches(v);
	sql_add(q, "WHERE t.series_id = ");
	sql_int(q, v->id[0]);
	sql_add(q, " ORDER BY t.number, t.id");
	if (!messages_put_patches(v, q))
		return VIEW_STORE;
	name = rows_get(found, 0, F_NAME);
	if (name.n == 0)
		name = slice_str(arena_printf(v->request->arena, "Untitled series #%lld", (long long)v->id[0]));
	return respond_file(v, "text/plain", false, disposition_of(v, name, ".patch"));
}

/*
 * A bundle's name goes into the header as it is: as Latin-1, or if it does not
 * fit, the whole value as one encoded word (9.1).  Control characters would
 * make other headers: they become spaces.
 */
static struct slice
bundle_disposition(struct view *v, int64_t id, struct slice name)
{
	struct buf text = { 0 }, latin = { 0 };
	struct slice value;
	bool fits = true;

	buf_printf(&text, "attachment; filename=bundle-%lld-%.*s.mbox", (long long)id, SLICE_ARG(name));
	for (size_t i = 0, n; i < text.len; i += n) {
		uint32_t code = utf8_decode(slice_from(buf_as_slice(&text), i), &n);

		fits &= code < 0x100;
		buf_byte(&latin, code < 0x20 || code == 0x7f ? ' ' : (char)code);
	}
	if (!fits) {
		buf_reset(&latin);
		mail_header_put_word(&latin, buf_as_slice(&text));
	}
	value = arena_slice(v->request->arena, buf_as_slice(&latin));
	buf_fini(&text);
	buf_fini(&latin);
	return value;
}

/* Credentials that fail count as none here (9.1). */
static enum view_result
identify_quietly(struct view *v)
{
	enum view_result result = auth_identify(v);

	if (result != VIEW_ANSWERED)
		return result;
	buf_reset(&v->request->response.head);
	buf_reset(&v->request->response.body);
	v->request->response.status = 0;
	return VIEW_GO_ON;
}

enum view_result
download_bundle_mbox(struct view *v)
{
	enum view_result result = identify_quietly(v);
	struct rows *bundle;
	struct sql *q;
	int64_t id;

	if (result != VIEW_GO_ON || (result = service_begin(v)) != VIEW_GO_ON)
		return result;
	q = view_sql(v);
	sql_add(q, "SELECT t.id, t.name, t.owner_id, t.public FROM patchwork_bundle t JOIN auth_user u ON u.id = t.owner_id "
	    "WHERE u.username = ");
	sql_string(q, v->name[0]);
	sql_add(q, " AND t.name = ");
	sql_string(q, v->name[1]);
	bundle = view_query(v, q);
	if (!view_flush(v))
		return VIEW_STORE;
	if (bundle->count == 0) {
		collect_missing(v, "auth_user", "t.username");
		collect_missing(v, "patchwork_bundle", "t.owner_id t.name");
		return not_found(v);
	}
	/* names are unique: only these rows decide */
	messages_collect(v, "patchwork_bundle", bundle, 0, F_ID);
	messages_collect(v, "auth_user", bundle, 0, 2);
	if (!rows_bool(bundle, 0, 3) && (!v->authenticated || rows_int(bundle, 0, 2) != v->answer.user))
		return respond(v, 404, "text/html; charset=utf-8", !v->authenticated, SLICE_NONE, SLICE_NONE);
	id = rows_int(bundle, 0, F_ID);
	tags_table(v->tags, tag_table_of("patchwork_bundlepatch"));
	q = messages_of_patches(v);
	sql_add(q, "JOIN patchwork_bundlepatch b ON b.patch_id = t.id WHERE b.bundle_id = ");
	sql_int(q, id);
	sql_add(q, " ORDER BY b.\"order\", b.id");
	if (!messages_put_patches(v, q))
		return VIEW_STORE;
	return respond_file(v, "text/plain", !v->authenticated, bundle_disposition(v, id, rows_get(bundle, 0, F_NAME)));
}

static enum view_result
redirect(struct view *v, struct slice location, bool vary)
{
	return respond(v, 302, "text/html; charset=utf-8", vary, SLICE("Location"), location);
}

/* Columns of query_place. */
enum { P_LINKNAME, P_MSGID, P_ID, P_PROJECT };

/* Adds a look-up of a message by the id in the path; its kind is "patch" or "cover". */
static struct rows *
query_place(struct view *v, const char *kind, const char *joins, const char *id_column)
{
	struct sql *q = view_sql(v);

	tags_table(v->tags, tag_table_of(kind[0] == 'p' ? "patchwork_patch" : "patchwork_cover"));
	tags_table(v->tags, tag_table_of("patchwork_project"));
	sql_addf(q, "SELECT j.linkname, t.msgid, t.id, t.project_id FROM patchwork_%s t JOIN patchwork_project j ON j.id = t.project_id %s WHERE %s = ",
	    kind, joins, id_column);
	sql_int(q, v->id[0]);
	return view_query(v, q);
}

static enum view_result
redirect_to(struct view *v, const struct rows *place, const char *kind, const char *tail)
{
	struct buf location = { 0 };
	enum view_result result;

	messages_collect(v, kind[0] == 'p' ? "patchwork_patch" : "patchwork_cover", place, 0, P_ID);
	messages_collect(v, "patchwork_project", place, 0, P_PROJECT);
	buf_str(&location, "/project/");
	uri_encode_path(&location, rows_get(place, 0, P_LINKNAME));
	buf_printf(&location, "/%s/", kind);
	uri_encode_msgid(&location, rows_get(place, 0, P_MSGID));
	buf_str(&location, tail);
	result = redirect(v, buf_as_slice(&location), false);
	buf_fini(&location);
	return result;
}

/* Patch comments are looked up first: a cover's comment of the same id is never reached (9.1). */
static enum view_result
redirect_comment(struct view *v)
{
	struct rows *of_patch = query_place(v, "patch", "JOIN patchwork_patchcomment c ON c.patch_id = t.id", "c.id");
	struct rows *of_cover = query_place(v, "cover", "JOIN patchwork_covercomment c ON c.cover_id = t.id", "c.id");
	const char *tail = arena_printf(v->request->arena, "/#%lld", (long long)v->id[0]);

	collect(v, "patchwork_patchcomment", v->id[0]);
	collect(v, "patchwork_covercomment", v->id[0]);
	if (!view_flush(v))
		return VIEW_STORE;
	if (of_patch->count > 0)
		return redirect_to(v, of_patch, "patch", tail);
	return of_cover->count > 0 ? redirect_to(v, of_cover, "cover", tail) : not_found(v);
}

enum view_result
download_redirect(struct view *v)
{
	bool cover = slice_has_prefix(v->path, SLICE("/cover/"));
	const char *kind = cover ? "cover" : "patch";
	struct rows *place;

	if (slice_has_prefix(v->path, SLICE("/user/")))
		return redirect(v, slice_str(arena_printf(v->request->arena, "/user/login/?next=%.*s", SLICE_ARG(v->path))),
		    true);
	if (slice_has_prefix(v->path, SLICE("/comment/")))
		return redirect_comment(v);
	collect(v, cover ? "patchwork_cover" : "patchwork_patch", v->id[0]);
	place = query_place(v, kind, "", "t.id");
	if (!view_flush(v))
		return VIEW_STORE;
	if (place->count == 0)
		return not_found(v);
	return redirect_to(v, place, kind, slice_has_suffix(v->path, SLICE("/mbox/")) ? "/mbox/" :
	    slice_has_suffix(v->path, SLICE("/raw/")) ? "/raw/" : "/");
}
