/* SPDX-License-Identifier: MIT
 *
 * See request.h.
 */
#include "config.h"

#include "worker/request.h"

#include "base/arena.h"

static void
response_fini(void *object)
{
	struct response *response = object;

	buf_fini(&response->head);
	buf_fini(&response->body);
}

static struct request *
request_in(struct arena *arena)
{
	struct request *request = arena_zalloc(arena, sizeof(*request));

	request->arena = arena;
	request->http_minor = 1;
	request->method = METHOD_OTHER;
	arena_cleanup(arena, response_fini, &request->response);
	return request;
}

void
response_finish(struct request *request, int status, const char *type)
{
	struct response *response = &request->response;

	response->status = status;
	buf_printf(&response->head, "Content-Type: %s\r\nCache-Control: no-store\r\n", type);
	if (status == 503)
		buf_str(&response->head, "Retry-After: 1\r\n");
	buf_printf(&response->head, "Content-Length: %zu\r\n\r\n", response->body.len);
}

struct request *
request_new(void)
{
	return request_in(arena_new());
}

struct request *
request_again(struct request *request)
{
	struct arena *arena = request->arena;

	arena_reset(arena);
	return request_in(arena);
}

void
request_free(struct request **request)
{
	struct arena *arena;

	if (*request == NULL)
		return;
	/* The request lies in its own arena: nothing may be written to it behind this. */
	arena = (*request)->arena;
	*request = NULL;
	arena_free(&arena);
}

enum method
method_from_name(struct slice name)
{
	static const char *const names[METHOD_OTHER] = {
		[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_OPTIONS] = "OPTIONS",
		[METHOD_POST] = "POST", [METHOD_PUT] = "PUT", [METHOD_PATCH] = "PATCH",
		[METHOD_DELETE] = "DELETE",
	};

	for (enum method m = METHOD_GET; m < METHOD_OTHER; m++)
		if (slice_is(name, names[m]))
			return m;
	return METHOD_OTHER;
}
