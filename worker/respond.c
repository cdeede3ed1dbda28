/* SPDX-License-Identifier: MIT
 *
 * Completing a response: status, header lines, body (patchwork-api.md, 1.7 to
 * 1.9).  Loop or job thread, whoever has the request.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/http.h"
#include "proto/json_html.h"
#include "worker/route.h"
#include "worker/service.h"
#include "worker/view.h"

static void
free_buf(void *buf)
{
	buf_fini(buf);
}

void
view_begin_json(struct view *v)
{
	struct buf *out = arena_zalloc(v->request->arena, sizeof(*out));
	/* a page for a browser wraps the indented text */
	unsigned indent = v->representation == REPRESENTATION_HTML ? 4 : v->answer.json.indent;

	arena_cleanup(v->request->arena, free_buf, out);
	v->answer.json = json_writer(out, indent);
}

/* GET is always there; the rest as the view has handlers, whatever the version (1.5). */
static void
put_allow(struct buf *head, unsigned writes)
{
	buf_str(head, "Allow: GET");
	if (writes & MAY_POST)
		buf_str(head, ", POST");
	if (writes & MAY_PUT)
		buf_str(head, ", PUT");
	if (writes & MAY_PATCH)
		buf_str(head, ", PATCH");
	if (writes & MAY_DELETE)
		buf_str(head, ", DELETE");
	buf_str(head, ", HEAD, OPTIONS\r\n");
}

static void
finish_head(struct response *response, int status)
{
	response->status = status;
	buf_str(&response->head, "Content-Length: ");
	buf_int(&response->head, (int64_t)response->body.len);
	buf_str(&response->head, "\r\n\r\n");
}

static struct slice
url_of(const struct view *v, const char *extra)
{
	const struct request *rq = v->request;
	struct slice path = rq->path;
	bool query = rq->query.p != NULL && rq->query.n > 0;

	return slice_str(arena_printf(rq->arena, "%.*s%s%.*s%s%s", SLICE_ARG(path), query ? "?" : "",
	    SLICE_ARG(rq->query), extra[0] == '\0' ? "" : query ? "&" : "?", extra));
}

/* A page for a browser: the JSON, readable. */
static void
put_page(struct view *v, int status)
{
	const struct request *rq = v->request;
	const struct resource *resource = v->route->resource;
	const struct description *d = v->route->kind == ROUTE_DETAIL ? &resource->detail : &resource->list;
	/* HEAD has the length of GET's page */
	struct slice method = rq->method == METHOD_HEAD ? SLICE("GET") : rq->method_name;
	struct json_page page = {
		.title = slice_str(d->name),
		.request = slice_str(arena_printf(rq->arena, "%.*s %.*s", SLICE_ARG(method), SLICE_ARG(url_of(v, "")))),
		.status = slice_str(arena_printf(rq->arena, "%d %s", status, http_reason(status))),
		.raw_url = uri_query_last(&v->query, "format").p != NULL ? SLICE_NONE : url_of(v, "format=json"),
		.link = v->link.len > 0 ? buf_as_slice(&v->link) : SLICE_NONE,
		.json = buf_as_slice(v->answer.json.out),
	};

	json_html_put(&v->request->response.body, &page);
}

void
view_respond(struct view *v, int status)
{
	struct response *response = &v->request->response;
	bool html = v->representation == REPRESENTATION_HTML;
	bool negotiated = html || v->representation == REPRESENTATION_JSON;

	buf_reset(&response->head);
	buf_reset(&response->body);
	buf_str(&response->head, negotiated ? "Vary: Accept, Cookie\r\n" : "Vary: Accept\r\n");
	buf_str(&response->head, html ? "Content-Type: text/html; charset=utf-8\r\n" : "Content-Type: application/json\r\n");
	if (v->link.len > 0 && status == 200) {
		buf_str(&response->head, "Link: ");
		buf_slice(&response->head, buf_as_slice(&v->link));
		buf_str(&response->head, "\r\n");
	}
	if (v->location.p != NULL && status == 201) {
		buf_str(&response->head, "Location: ");
		buf_slice(&response->head, v->location);
		buf_str(&response->head, "\r\n");
	}
	put_allow(&response->head, view_writes(v));
	buf_str(&response->head, "X-Frame-Options: DENY\r\n");
	if (html) {
		put_page(v, status);
	} else {
		buf_fini(&response->body);
		response->body = *v->answer.json.out;
		*v->answer.json.out = (struct buf){ 0 };
	}
	finish_head(response, status);
}

void
view_respond_nothing(struct view *v)
{
	struct response *response = &v->request->response;

	buf_reset(&response->head);
	buf_reset(&response->body);
	buf_str(&response->head, "Vary: Accept, Cookie\r\n");
	put_allow(&response->head, view_writes(v));
	/* a 204 has no length (RFC 9110, 8.6) */
	buf_str(&response->head, "X-Frame-Options: DENY\r\n\r\n");
	response->status = 204;
}

void
view_respond_detail(struct view *v, int status, const char *detail)
{
	view_begin_json(v);
	json_open(&v->answer.json, '{');
	json_key(&v->answer.json, "detail");
	json_string(&v->answer.json, slice_str(detail));
	json_close(&v->answer.json, '}');
	view_respond(v, status);
}

void
view_respond_not_found(struct view *v, const char *model)
{
	view_respond_detail(v, 404, arena_printf(v->request->arena, "No %s matches the given query.", model));
}

void
view_respond_page(struct view *v, int status)
{
	struct response *response = &v->request->response;

	buf_reset(&response->head);
	buf_reset(&response->body);
	/* the reference names a charset for its own pages, not for Django's (1.9) */
	buf_str(&response->head, status == 404 ? "Content-Type: text/html; charset=utf-8\r\nVary: Cookie\r\n" :
	    "Content-Type: text/html\r\n");
	if (status != 400)
		buf_str(&response->head, "X-Frame-Options: DENY\r\n");
	buf_printf(&response->body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>%s (%d)</title></head>\n"
	    "<body><h1>%s (%d)</h1></body>\n</html>\n", http_reason(status), status, http_reason(status), status);
	finish_head(response, status);
}

void
service_error(struct request *request, int status, const char *detail)
{
	struct response *response = &request->response;
	struct json j = json_writer(&response->body, 0);

	buf_reset(&response->head);
	buf_reset(&response->body);
	buf_str(&response->head, "Content-Type: application/json\r\n");
	if (status == 503)
		buf_str(&response->head, "Retry-After: 1\r\n");
	json_open(&j, '{');
	json_key(&j, "detail");
	json_string(&j, slice_str(detail));
	json_close(&j, '}');
	finish_head(response, status);
}
