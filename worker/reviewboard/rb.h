/* SPDX-License-Identifier: MIT
 *
 * One request to the Review Board API (reviewboard-api.md), the second door
 * into the tracker.  It is a view as any other (worker/view.h) with `v->rb` set: routed,
 * cached and given to a job thread like those of Patchwork's API, but answered
 * by tables of its own: struct rb_resource.  One resource is one file here; the
 * engine knows none of them but by rb_route.c's table.
 *
 * The order of things: rb_route_find and rb_begin in the loop; in a job thread rb_run: who
 * asks (rb_auth.c), the gate (1.0, "Gate order"), the form, then the resource's own
 * function, which answers through rb_respond_* or rb_fail*.
 *
 * Keys of what is answered are sorted, at every level: tables of fields and links are
 * sorted by name (the engine looks, when it starts), `links` is put in between by the engine.
 *
 * Lives in the request's arena.  Job thread, but where it says otherwise.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RB_H
#define THIMBLE_WORKER_REVIEWBOARD_RB_H

#include "proto/rb_accept.h"
#include "proto/rb_query.h"
#include "proto/upload.h"
#include "store/store.h"
#include "worker/view.h"

enum { RB_GET = 1, RB_POST = 2, RB_PUT = 4, RB_DELETE = 8 };

enum { RB_EXPANSIONS_MAX = 8, RB_ROUTES_MAX = 32 };

struct rb_field_error;
struct rb_found;
struct rb_link;
struct rb_resource;
struct rb_session;
struct rb_token;

/* Who asks; id 0: nobody known. */
struct rb_user {
	int64_t id;
	struct slice name, email, first_name, last_name;
	bool admin;		/* is_superuser; may all that follows */
	bool edits_all;		/* can_edit_reviewrequest */
	bool submits_as;	/* can_submit_as_another_user */
};

/* A row that is shown; what its resource loaded besides (rb_resource.load), or NULL. */
struct rb_row {
	const struct rows *rows;
	int at;
	void *loaded;
};

/* Rows whose items stand in others, as asked for by `expand`. */
struct rb_expansion {
	const struct rb_link *link;
	const struct rows *rows;
	void *loaded;
};

struct rb {
	struct view *v;
	const struct rb_resource *resource;
	size_t route;		/* for rb_route_template */
	bool list;		/* the list was asked for, not an item */
	bool direct;		/* "/api/review-requests/", without the prefix */
	/* ids of the path: of review-requests/, of diffs/, of what stands behind; 0: not in it; -1: no row has it */
	int64_t request, revision, number;
	struct slice name;	/* of {name} and {commit}; absent: not in it */
	/* "http://host/reviews/" and what links of the API begin with: that + "api/", or "http://host/api/" */
	struct slice site, api;
	struct rb_limits limits;
	struct rb_window window;	/* of lists */
	bool counts_only;
	enum rb_format format;
	struct upload form;	/* of POST and PUT */
	struct rb_user user;
	const struct rb_token *token;	/* that the request came with; NULL: none, or it may do all */
	const struct rb_session *session;	/* of the cookie that was sent, if it is good; NULL: none */
	const char *set_cookie;	/* value of the header to be sent; NULL: none */
	struct buf lines;	/* of the head that is being made; freed with the arena */
	struct rb_field_error *errors, *last_error;	/* of error 105 */
	/* of the rows that are shown now */
	struct rb_expansion expansion[RB_EXPANSIONS_MAX];
	size_t expansions;
	bool has_stat;
	int64_t modified;	/* rb_set_modified; 0: no such header */
	void *own;		/* the resource's, between its functions */
};

static inline struct json *
rb_json(struct rb *rb)
{
	return &rb->v->answer.json;
}

static inline struct arena *
rb_arena(const struct rb *rb)
{
	return rb->v->request->arena;
}

static inline struct slice
rb_cell(struct rb_row row, int cell)
{
	return rows_get(row.rows, row.at, cell);
}

static inline int64_t
rb_cell_int(struct rb_row row, int cell)
{
	return rows_int(row.rows, row.at, cell);
}

static inline bool
rb_cell_bool(struct rb_row row, int cell)
{
	return rows_bool(row.rows, row.at, cell);
}

/* ---- tables ---- */

/* Writes one value, of that cell of the row or of what it likes. */
typedef void rb_put_fn(struct rb *rb, struct rb_row row, int cell);

/* Of an item's payload; sorted by name, without "links"; the list ends with a NULL name. */
struct rb_field {
	const char *name;
	rb_put_fn *put;
	int cell;
	bool history;		/* left out where there is no diffviewer.dvcs ([reviewboard] history) */
};

/* Of an item's links; sorted by name; the list ends with a NULL name. */
struct rb_link {
	const char *name;
	const char *method;	/* "GET", "PUT", .. */
	/* Appends the URL (rb->api first); sets the title if there is one.  False: this item has no such link. */
	bool (*put)(struct rb *rb, struct buf *url, struct slice *title_r, struct rb_row row);
	const struct rb_resource *target;	/* of expand=NAME; NULL: cannot be expanded */
	int key;		/* cell of this row that the target's rows have as their cell 1; 0: the item's own id */
	bool single;		/* expanded, it is one object and no list */
};

/*
 * Cells of the rows of all resources that have items: 0 is the row's own id, 1 the id by which it is
 * looked up for expand (of the RR for drafts and diffs, of the DS for commits and files, of the row itself
 * for users and repositories).  A row holds all that its links need.
 */
enum { RB_CELL_ID, RB_CELL_PARENT, RB_CELL_FIRST };

struct rb_resource {
	const char *item, *list;	/* keys: "draft_commit", "draft_commits"; list NULL: there is but one item */
	const char *item_type, *list_type;	/* of media types: "draft-commit", "draft-commits" */
	const char *policy;			/* policy id: "draft_commit" */
	unsigned list_methods, item_methods;	/* RB_* */
	bool login;			/* nothing for anonymous callers; they never write */
	bool history;			/* part of diffviewer.dvcs */
	bool patch;			/* items have a text/x-patch form: rb->format */
	bool draft;			/* of a draft's DS; else of a published one */
	const struct rb_field *fields;
	const struct rb_link *links;
	/*
	 * GET.  They queue what they need, flush, look at rights, leave the tags, and answer: rb_respond_list,
	 * _count, _item, _patch.  Window and counts-only have been looked at.
	 */
	enum view_result (*get_list)(struct rb *rb);
	enum view_result (*get_item)(struct rb *rb);
	/*
	 * Called by the engine for rows that are about to be shown, as items, in a list or expanded: queues,
	 * flushes and keeps what the put functions need besides (target people of all of them).  *loaded_r comes
	 * back as row.loaded.  False: answered.
	 */
	bool (*load)(struct rb *rb, const struct rows *rows, void **loaded_r);
	/*
	 * For expand: rows, sorted by cell 1, which is one of the keys.  Those that the caller may not see are
	 * not there.  NULL: answered.
	 */
	struct rows *(*query_children)(struct rb *rb, const int64_t *keys, size_t count);
	/* Writes, mostly through rb_write_run (rb_write.h).  What their method bit does not name is not called. */
	enum view_result (*post)(struct rb *rb);
	enum view_result (*put)(struct rb *rb);
	enum view_result (*remove)(struct rb *rb);
	/* What a key that refused a row means; NULL: 100, for then it was a parent that is gone. */
	enum view_result (*conflict)(struct rb *rb);
	const char *const *known;	/* form fields of POST, NULL-terminated; NULL: unknown ones are no error */
};

/* All there are. */
extern const struct rb_resource rb_root, rb_info, rb_session, rb_users, rb_repositories, rb_repository_info,
    rb_validation, rb_commit_validation, rb_diff_validation, rb_requests, rb_draft, rb_draft_diffs, rb_draft_commits,
    rb_draft_files, rb_diffs, rb_commits, rb_files, rb_pages;

/* The first of the rows sorted by that cell that has the key, or the place where it would be. */
int rb_first_of(const struct rows *rows, int cell, int64_t key);

/* ---- answers: each completes the response, headers included, and returns VIEW_ANSWERED or VIEW_STORE ---- */

/* The rows of the window, of `total` there are: list, links self/create/prev/next, total_results; expands. */
enum view_result rb_respond_list(struct rb *rb, const struct rows *rows, uint64_t total);
/* counts-only */
enum view_result rb_respond_count(struct rb *rb, uint64_t total);
/* One or the other: what rb_ask_list found. */
enum view_result rb_respond_found(struct rb *rb, const struct rb_found *found);
/* {"ITEM": {..}, "stat": "ok"} of row `at`, in the form of rb->resource or of another one; 200 or 201. */
enum view_result rb_respond_item(struct rb *rb, int status, const struct rows *rows, int at);
enum view_result rb_respond_item_of(struct rb *rb, int status, const struct rb_resource *resource,
    const struct rows *rows, int at);
/* text/x-patch: the cell (rows_bytes) of all rows, joined; `changed` in microseconds is Last-Modified. */
enum view_result rb_respond_patch(struct rb *rb, const struct rows *rows, int cell, struct slice filename,
    int64_t changed);
/* 204 */
enum view_result rb_respond_nothing(struct rb *rb);
/* Any body that is no JSON: `type` is a whole media type; takes the bytes over. */
enum view_result rb_respond_bytes(struct rb *rb, int status, const char *type, struct buf *body);

/*
 * A payload of one's own: rb_open, keys in order with rb_json, rb_close with the name of its media type
 * ("server-info").  "stat" is put by rb_close, unless rb_put_stat was called, for keys that come behind it.
 */
void rb_open(struct rb *rb);
void rb_put_stat(struct rb *rb);
enum view_result rb_close(struct rb *rb, int status, const char *type);
/* An item as an object, within a payload that is open; nothing is loaded or expanded but what `row` has. */
void rb_put_item(struct rb *rb, const struct rb_resource *resource, struct rb_row row);
/* "NAME": {"href": url, "method": method, "title": title}; title absent: none. */
void rb_put_link(struct rb *rb, const char *name, const char *method, struct slice url, struct slice title);
/* {"href": .., "method": "GET", "title": ..} by itself, as lists of people have it. */
void rb_put_link_object(struct rb *rb, const char *method, struct slice url, struct slice title);
/* Appends "http://../api/LIST/NAME/": of what goes by its name, "users" or "groups". */
void rb_put_name_url(struct rb *rb, struct buf *url, const char *list, struct slice name);
/* The request's own URL, with its query or without. */
void rb_put_self(struct rb *rb, struct buf *url, bool query);
/* Last-Modified of the answer, in microseconds; before rb_respond_item. */
void rb_set_modified(struct rb *rb, int64_t changed);

/* ---- errors: rb_error.c has their table (1.5): status, msg, type.  All return VIEW_ANSWERED ---- */

struct rb_extra {
	const char *name;	/* "file": a key beside "err"; given in sorted order */
	struct slice text;	/* absent: `number`, or the item */
	int64_t number;
	const struct rb_resource *resource;	/* of an item; NULL: none */
	struct rb_row row;
};

enum view_result rb_fail(struct rb *rb, int code);
enum view_result rb_fail_reason(struct rb *rb, int code, const char *reason);
enum view_result rb_fail_with(struct rb *rb, int code, const struct rb_extra *extra, size_t count);
/* With a message of its own: 225, "Error publishing: .." */
enum view_result rb_fail_message(struct rb *rb, int code, const char *msg);
/* 100; `reason` may be NULL */
enum view_result rb_not_found(struct rb *rb, const char *reason);
/* 101, or 103 for the anonymous */
enum view_result rb_forbidden(struct rb *rb);

/* 105: errors are noted, in any order; texts are literals or in the arena.  rb_fail_fields answers with all of them. */
void rb_field_error(struct rb *rb, const char *field, const char *text);
bool rb_has_errors(const struct rb *rb);
enum view_result rb_fail_fields(struct rb *rb);
/* 105 with `reason` beside, and `fields` only if there are any. */
enum view_result rb_fail_fields_reason(struct rb *rb, const char *reason);

/* ---- the form ---- */

/* The text of a field; absent: not sent.  upload_file(&rb->form, "diff") is for files. */
struct slice rb_text(const struct rb *rb, const char *name);
/* The same; one that is not there is noted as "This field is required." */
struct slice rb_required(struct rb *rb, const char *name);
/* Notes that a text has more than `most` characters; 0: any number. */
void rb_check_length(struct rb *rb, const char *name, struct slice text, size_t most);
/* What the form makes of the stored extra_data.  False: noted as an error of the field. */
bool rb_extra_data(struct rb *rb, struct slice stored, struct slice *result_r);

/* ---- statements of reads ---- */

static inline struct sql *
rb_select(struct rb *rb)
{
	return view_sql(rb->v);
}

static inline struct rows *
rb_ask(struct rb *rb, struct sql *q)
{
	return view_query(rb->v, q);
}

/* False: the view is answered; return VIEW_STORE. */
static inline bool
rb_flush_reads(struct rb *rb)
{
	return view_flush(rb->v);
}

/* A list: how many there are, and those of the window; rows NULL: only their number was asked for. */
struct rb_found {
	struct rows *total, *rows;
};

/*
 * Asks for a list: `total` counts, `list` selects, in its order; the window is put behind it.  False: the view
 * is answered; return VIEW_STORE.
 */
bool rb_ask_list(struct rb *rb, struct sql *total, struct sql *list, struct rb_found *found_r);
/* Appends a condition of ours, '@' replaced by the caller's id. */
void rb_add_condition(const struct rb *rb, struct sql *q, const char *condition);

/* Tags by the names of tables; nothing without a cache. */
void rb_tag_object(struct rb *rb, const char *table, int64_t id);
void rb_tag_collection(struct rb *rb, const char *table, int64_t scope);
void rb_tag_column(struct rb *rb, const char *table, const char *column);
void rb_tag_table(struct rb *rb, const char *table);

/* ---- put functions ---- */

rb_put_fn rb_put_text;		/* NULL: null */
rb_put_fn rb_put_string;	/* NULL: "" */
rb_put_fn rb_put_int;		/* NULL: null */
rb_put_fn rb_put_bool;
rb_put_fn rb_put_time;		/* microseconds since 1970: "2024-05-04T07:20:00Z"; NULL: null */
rb_put_fn rb_put_extra;		/* the text of extra_data, as an object */
rb_put_fn rb_put_commas;	/* "a, b" as ["a", "b"] */
rb_put_fn rb_put_null, rb_put_false, rb_put_zero, rb_put_empty;
rb_put_fn rb_put_plain;		/* "plain" */

/* ---- the engine's own steps ---- */

/* Loop: whether the path is one of ours; then v->rb is set, without a resource if it leads nowhere. */
bool rb_route_find(struct view *v);
/* Loop: as service_answer. */
bool rb_begin(struct view *v);
enum view_result rb_run(struct view *v);
/* Job thread: Set-Cookie, after kept_store: what is kept has none. */
void rb_add_cookie(struct view *v);
/* rb_auth.c.  Who asks: rb->user, rb->token, rb->set_cookie. */
enum view_result rb_identify(struct rb *rb);
/* The template of a route, for statistics, from 0; NULL beyond the last. */
const char *rb_route_template(size_t number);
/* When a worker starts: logs which tables are not sorted. */
void rb_check_tables(void);

#endif
