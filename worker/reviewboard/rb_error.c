/* SPDX-License-Identifier: MIT
 *
 * Errors of the Review Board API (reviewboard-api.md, 1.5): one table, and the bodies that are made of
 * it.  Keys beside "err" are siblings of it, never inside.
 */
#include "config.h"

#include "worker/reviewboard/rb_private.h"

#include "base/arena.h"

/* Sorted by code. */
static const struct rb_error {
	int code, status;
	const char *msg, *type;
} errors[] = {
	{ 100, 404, "Object does not exist", "resource-does-not-exist" },
	{ 101, 403, "You don't have permission for this", "resource-permission-denied" },
	{ 102, 400, "Invalid attribute", "resource-attribute-invalid" },
	{ 103, 401, "You are not logged in", "auth-not-logged-in" },
	{ 104, 401, "The username or password was not correct", "auth-login-failed" },
	{ 105, 400, "One or more fields had errors", "request-field-error" },
	{ 112, 403, "Your OAuth2 token lacks the necessary scopes for this request.", "auth-oauth2-missing-scope" },
	{ 113, 403, "OAuth2 token access for this resource is prohibited.", "auth-oauth2-access-denied" },
	{ 114, 429, "API rate limit has been exceeded.", "request-rate-limit-exceeded" },
	{ 204, 409, "The commit ID specified has already been used.", "review-request-commit-id-already-exists" },
	{ 206, 400, "The repository path specified is not in the list of known repositories.", "repository-not-found" },
	{ 207, 400, "The file was not found in the repository.", "repository-file-not-found" },
	{ 208, 400, "User does not exist.", "user-not-found" },
	{ 209, 501, "The specified repository is not able to perform this action.", "repository-action-not-supported" },
	{ 211, 400, "You attempted to publish a review request without any modifications.",
	  "review-request-publish-no-changes" },
	{ 219, 400, "The specified diff file is empty.", "diff-empty" },
	{ 220, 400, "The specified diff file is too large.", "diff-too-large" },
	{ 224, 400, "The specified diff file could not be parsed.", "diff-parse-error" },
	{ 225, 500, "Error publishing.", "publish-error" },
	{ 233, 503, "The site is currently in read-only mode.", "read-only" },
};

static const struct rb_error *
error_of(int code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return &errors[i];
	return NULL;
}

static void
put_extra(struct rb *rb, const struct rb_extra *extra)
{
	struct json *j = rb_json(rb);

	json_key(j, extra->name);
	if (extra->resource != NULL)
		rb_put_item(rb, extra->resource, extra->row);
	else if (extra->text.p != NULL)
		json_string(j, extra->text);
	else
		json_int(j, extra->number);
}

/* The texts of one field, in the order in which they came. */
static void
put_texts(struct rb *rb, struct slice field)
{
	struct json *j = rb_json(rb);

	json_key_slice(j, field);
	json_open(j, '[');
	for (const struct rb_field_error *e = rb->errors; e != NULL; e = e->next)
		if (slice_eq(e->field, field))
			json_string(j, e->text);
	json_close(j, ']');
}

/* The next name behind `last` in their order; absent: none. */
static struct slice
next_field(const struct rb *rb, struct slice last)
{
	struct slice next = SLICE_NONE;

	for (const struct rb_field_error *e = rb->errors; e != NULL; e = e->next)
		if ((last.p == NULL || slice_compare(e->field, last) > 0) &&
		    (next.p == NULL || slice_compare(e->field, next) < 0))
			next = e->field;
	return next;
}

static void
put_fields(struct rb *rb)
{
	struct slice field = SLICE_NONE;

	json_key(rb_json(rb), "fields");
	json_open(rb_json(rb), '{');
	while ((field = next_field(rb, field)).p != NULL)
		put_texts(rb, field);
	json_close(rb_json(rb), '}');
}

static enum view_result
fail(struct rb *rb, int code, struct slice msg, const struct rb_extra *extra, size_t count, bool fields)
{
	const struct rb_error *error = error_of(code);
	struct json *j = rb_json(rb);

	rb_open(rb);
	json_key(j, "err");
	json_open(j, '{');
	json_key(j, "code");
	json_int(j, code);
	json_key(j, "msg");
	json_string(j, msg.p != NULL ? msg : slice_str(error->msg));
	json_key(j, "type");
	json_string(j, slice_str(error->type));
	json_close(j, '}');
	if (fields)
		put_fields(rb);
	for (size_t i = 0; i < count; i++)
		put_extra(rb, &extra[i]);
	json_key(j, "stat");
	json_string(j, SLICE("fail"));
	rb->has_stat = true;
	rb->modified = 0;
	return rb_close(rb, error->status, "error");
}

enum view_result
rb_fail(struct rb *rb, int code)
{
	return fail(rb, code, SLICE_NONE, NULL, 0, false);
}

enum view_result
rb_fail_with(struct rb *rb, int code, const struct rb_extra *extra, size_t count)
{
	return fail(rb, code, SLICE_NONE, extra, count, false);
}

enum view_result
rb_fail_reason(struct rb *rb, int code, const char *reason)
{
	const struct rb_extra extra = { .name = "reason", .text = slice_str(reason) };

	return fail(rb, code, SLICE_NONE, &extra, 1, false);
}

enum view_result
rb_fail_message(struct rb *rb, int code, const char *msg)
{
	return fail(rb, code, slice_str(msg), NULL, 0, false);
}

enum view_result
rb_not_found(struct rb *rb, const char *reason)
{
	return reason != NULL ? rb_fail_reason(rb, 100, reason) : rb_fail(rb, 100);
}

enum view_result
rb_forbidden(struct rb *rb)
{
	return rb_fail(rb, rb->user.id != 0 ? 101 : 103);
}


void
rb_add_field_error(struct rb *rb, struct slice field, struct slice text)
{
	struct rb_field_error *error = arena_alloc(rb_arena(rb), sizeof(*error));

	*error = (struct rb_field_error){ .field = field, .text = text };
	if (rb->errors == NULL)
		rb->errors = error;
	else
		rb->last_error->next = error;
	rb->last_error = error;
}

void
rb_field_error(struct rb *rb, const char *field, const char *text)
{
	rb_add_field_error(rb, slice_str(field), slice_str(text));
}

bool
rb_has_errors(const struct rb *rb)
{
	return rb->errors != NULL;
}

enum view_result
rb_fail_fields(struct rb *rb)
{
	return fail(rb, 105, SLICE_NONE, NULL, 0, true);
}

enum view_result
rb_fail_fields_reason(struct rb *rb, const char *reason)
{
	const struct rb_extra extra = { .name = "reason", .text = slice_str(reason) };

	return fail(rb, 105, SLICE_NONE, &extra, 1, rb->errors != NULL);
}
