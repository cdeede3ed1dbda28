/* SPDX-License-Identifier: MIT
 *
 * Completing a response of the Review Board API: the head (reviewboard-api.md, 1.0, "Headers"), and bodies
 * that are not made of rows.  Loop or job thread, whoever has the request.
 */
#include "config.h"

#include "worker/reviewboard/rb_private.h"

#include "base/arena.h"
#include "base/monotonic.h"
#include "proto/moment.h"
#include "proto/text.h"
#include "store/reviewboard.h"

#define REALM "Basic realm=\"Web API\""

void
rb_header(struct rb *rb, const char *name, struct slice value)
{
	buf_str(&rb->lines, name);
	buf_str(&rb->lines, ": ");
	buf_slice(&rb->lines, value);
	buf_str(&rb->lines, "\r\n");
}

void
rb_set_modified(struct rb *rb, int64_t changed)
{
	rb->modified = changed;
}

static void
put_modified(struct rb *rb)
{
	struct moment moment;
	struct buf date = { 0 };

	moment_from_seconds(rb->modified / SECOND_US, &moment);
	moment_put_rfc5322(&date, &moment);
	/* "Sat, 04 May 2024 07:20:00 -0000" */
	date.len -= sizeof("-0000") - 1;
	buf_str(&date, "GMT");
	rb_header(rb, "Last-Modified", buf_as_slice(&date));
	buf_fini(&date);
	rb->modified = 0;
}

/* Makes the head around the lines that were added, and the body the response's; takes it over. */
static enum view_result
complete(struct rb *rb, int status, struct slice type, struct buf *body)
{
	struct response *response = &rb->v->request->response;

	buf_reset(&response->head);
	/* first, as a 304 has it, too */
	buf_str(&response->head, "Vary: Accept, Cookie\r\n");
	buf_fini(&response->body);
	response->body = *body;
	*body = (struct buf){ 0 };
	response->status = status;
	if (type.p != NULL)
		rb_header(rb, "Content-Type", type);
	rb_header(rb, "X-Content-Type-Options", SLICE("nosniff"));
	if (status == 401)
		rb_header(rb, "WWW-Authenticate", SLICE(REALM));
	if (rb->modified != 0)
		put_modified(rb);
	buf_slice(&response->head, buf_as_slice(&rb->lines));
	buf_reset(&rb->lines);
	/* a 204 has no length (RFC 9110, 8.6) */
	if (status != 204)
		buf_printf(&response->head, "Content-Length: %zu\r\n", response->body.len);
	buf_str(&response->head, "\r\n");
	return VIEW_ANSWERED;
}

enum view_result
rb_respond_bytes(struct rb *rb, int status, const char *type, struct buf *body)
{
	return complete(rb, status, slice_str(type), body);
}

enum view_result
rb_respond_nothing(struct rb *rb)
{
	struct buf none = { 0 };

	return complete(rb, 204, SLICE_NONE, &none);
}

enum view_result
rb_fail_accept(struct rb *rb)
{
	struct buf none = { 0 };

	return complete(rb, 400, SLICE_NONE, &none);
}

enum view_result
rb_fail_method(struct rb *rb, unsigned methods)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ RB_GET, "GET" }, { RB_POST, "POST" }, { RB_PUT, "PUT" }, { RB_DELETE, "DELETE" },
	};
	struct buf allow = { 0 }, none = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(methods & names[i].bit))
			continue;
		if (allow.len > 0)
			buf_str(&allow, ", ");
		buf_str(&allow, names[i].name);
	}
	rb_header(rb, "Allow", buf_as_slice(&allow));
	buf_fini(&allow);
	return complete(rb, 405, SLICE_NONE, &none);
}

void
rb_open(struct rb *rb)
{
	view_begin_json(rb->v);
	rb->has_stat = false;
	json_open(rb_json(rb), '{');
}

void
rb_put_stat(struct rb *rb)
{
	json_key(rb_json(rb), "stat");
	json_string(rb_json(rb), SLICE("ok"));
	rb->has_stat = true;
}

enum view_result
rb_close(struct rb *rb, int status, const char *type)
{
	struct buf media = { 0 };

	if (!rb->has_stat)
		rb_put_stat(rb);
	json_close(rb_json(rb), '}');
	rb_put_media_type(&media, type);
	(void)complete(rb, status, buf_as_slice(&media), rb_json(rb)->out);
	buf_fini(&media);
	return VIEW_ANSWERED;
}

enum view_result
rb_respond_patch(struct rb *rb, const struct rows *rows, int cell, struct slice filename, int64_t changed)
{
	struct buf body = { 0 }, name = { 0 };

	for (int i = 0; i < rows->count; i++)
		buf_slice(&body, rows_bytes(rb_arena(rb), rows, i, cell));
	buf_str(&name, "inline; filename=");
	text_file_name(&name, filename);
	rb_header(rb, "Content-Disposition", buf_as_slice(&name));
	buf_fini(&name);
	rb->modified = changed;
	return complete(rb, 200, SLICE("text/x-patch"), &body);
}
