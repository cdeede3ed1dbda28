/* SPDX-License-Identifier: MIT
 *
 * /r/ID/, the page of a review request for people: the client prints its URL after posting
 * (reviewboard-api.md, 2.0).  It says what was published, and where the tracker has it; those
 * who may not see it are told that there is none.
 */
#include "config.h"

#include "base/arena.h"
#include "base/settings.h"
#include "proto/json_html.h"
#include "worker/reviewboard/rb_rights.h"
#include "worker/tags.h"

enum { SUMMARY, DESCRIPTION, TESTING, CLOSE };
enum { REVISION, SERIES, COMMITS, LINKNAME, PROJECT };

#define TYPE "text/html; charset=utf-8"

static void
begin_page(struct buf *out, struct slice title)
{
	buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	html_put_text(out, title);
	buf_str(out, "</title>\n</head>\n<body>\n<h1>");
	html_put_text(out, title);
	buf_str(out, "</h1>\n");
}

static enum view_result
respond(struct rb *rb, int status, struct buf *out)
{
	buf_str(out, "</body>\n</html>\n");
	return rb_respond_bytes(rb, status, TYPE, out);
}

static enum view_result
respond_nothing_there(struct rb *rb)
{
	struct buf out = { 0 };

	begin_page(&out, SLICE("Not found"));
	buf_str(&out, "<p>There is no such review request, or it is not published.</p>\n");
	return respond(rb, 404, &out);
}

static void
put_part(struct buf *out, const char *title, struct slice text)
{
	if (text.n == 0)
		return;
	buf_printf(out, "<h2>%s</h2>\n<pre>", title);
	html_put_text(out, text);
	buf_str(out, "</pre>\n");
}

static const char *
state_of(const struct rb_request_row *request)
{
	if (!request->is_public)
		return "a draft, not published";
	return request->status == 'S' ? "submitted" : request->status == 'D' ? "discarded" : "pending";
}

static void
put_revisions(struct rb *rb, struct buf *out, const struct rows *revisions)
{
	if (revisions->count == 0)
		return;
	buf_str(out, "<h2>Versions</h2>\n<ul>\n");
	for (int i = 0; i < revisions->count; i++) {
		long long series = rows_int(revisions, i, SERIES), revision = rows_int(revisions, i, REVISION);

		buf_printf(out, "<li>Version %lld: ", revision);
		/* a series that the tracker has no more has no pages */
		if (!rows_null(revisions, i, LINKNAME)) {
			buf_str(out, "<a href=\"");
			html_put_text(out, rb->v->answer.base);
			buf_str(out, "/project/");
			html_put_text(out, rows_get(revisions, i, LINKNAME));
			buf_printf(out, "/list/?series=%lld\">series %lld</a>, <a href=\"", series, series);
			html_put_text(out, rb->v->answer.base);
			buf_printf(out, "/series/%lld/mbox/\">mbox</a>, ", series);
		}
		buf_printf(out, "%lld commit%s</li>\n", (long long)rows_int(revisions, i, COMMITS),
		    rows_int(revisions, i, COMMITS) == 1 ? "" : "s");
	}
	buf_str(out, "</ul>\n");
}

static struct rows *
query_text(struct rb *rb, int64_t id)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT t.summary, t.description, t.testing_done, t.close_description FROM thimble_rb_request t WHERE t.id = ");
	sql_int(q, id);
	return rb_ask(rb, q);
}

static struct rows *
query_revisions(struct rb *rb, int64_t id)
{
	struct sql *q = rb_select(rb);

	sql_add(q, "SELECT d.revision, d.series_id, (SELECT count(*) FROM thimble_rb_commit c WHERE c.diffset_id = d.id), "
	    "j.linkname, s.project_id FROM thimble_rb_diffset d LEFT JOIN patchwork_series s ON s.id = d.series_id "
	    "LEFT JOIN patchwork_project j ON j.id = s.project_id WHERE d.published AND d.request_id = ");
	sql_int(q, id);
	sql_add(q, " ORDER BY d.revision");
	return rb_ask(rb, q);
}

/* Which DSs there are is part of the request; the links are of series and projects. */
static void
collect(struct rb *rb, const struct rows *revisions)
{
	rb_tag_table(rb, "thimble_rb_diffset");
	rb_tag_table(rb, "thimble_rb_commit");
	for (int i = 0; i < revisions->count; i++) {
		if (!rows_null(revisions, i, SERIES))
			rb_tag_object(rb, "patchwork_series", rows_int(revisions, i, SERIES));
		if (!rows_null(revisions, i, PROJECT))
			rb_tag_object(rb, "patchwork_project", rows_int(revisions, i, PROJECT));
	}
}

static enum view_result
get_item(struct rb *rb)
{
	struct rows *decides = rb_query_request(rb), *text = query_text(rb, rb->request),
	    *revisions = query_revisions(rb, rb->request);
	struct rb_request_row *request;
	struct buf out = { 0 };

	if (!rb_flush_reads(rb))
		return VIEW_STORE;
	request = rb_request_of(rb, decides);
	if (request == NULL || text->count == 0 || !rb_may_read(rb, request))
		return respond_nothing_there(rb);
	collect(rb, revisions);
	begin_page(&out, request->is_public ? rows_get(text, 0, SUMMARY) : SLICE("Draft"));
	buf_printf(&out, "<p>Review request %lld of ", (long long)request->id);
	html_put_text(&out, request->submitter_name);
	buf_printf(&out, ", %s</p>\n", state_of(request));
	put_part(&out, "Description", rows_get(text, 0, DESCRIPTION));
	put_part(&out, "Testing done", rows_get(text, 0, TESTING));
	put_part(&out, "Why it was closed", rows_get(text, 0, CLOSE));
	put_revisions(rb, &out, revisions);
	return respond(rb, 200, &out);
}

const struct rb_resource rb_pages = {
	.item = "page", .item_type = "page", .policy = "review_request", .item_methods = RB_GET, .get_item = get_item,
};
