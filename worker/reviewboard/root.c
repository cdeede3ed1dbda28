/* SPDX-License-Identifier: MIT
 *
 * The root and the server's information (reviewboard-api.md, 2.1): what clients look at first, and from
 * where they take all other URLs.
 */
#include "config.h"

#include "worker/reviewboard/rb.h"

#include "base/settings.h"

/*
 * What this server calls itself decides how the stock client behaves: below 2.0.14 it turns its cache off,
 * and its newest flows need what came with 7.0.
 */
#define PRODUCT "Review Board"
#define PRODUCT_VERSION "7.0.2"

enum { MAX_BINARY_SIZE = 10485760 };

static void
put_true(struct json *j, const char *name)
{
	json_key(j, name);
	json_bool(j, true);
}

static void
put_false(struct json *j, const char *name)
{
	json_key(j, name);
	json_bool(j, false);
}

static void
open_object(struct json *j, const char *name)
{
	json_key(j, name);
	json_open(j, '{');
}

static void
put_diffs(struct json *j, const struct settings *settings)
{
	open_object(j, "diffs");
	put_true(j, "base_commit_ids");
	/* what is binary is not stored but as a patch */
	put_false(j, "file_attachments");
	json_key(j, "max_binary_size");
	json_int(j, MAX_BINARY_SIZE);
	json_key(j, "max_diff_size");
	json_int(j, (int64_t)settings->reviewboard.max_diff_size);
	put_true(j, "moved_files");
	open_object(j, "validation");
	put_true(j, "base_commit_ids");
	json_close(j, '}');
	json_close(j, '}');
}

static void
put_review_requests(struct json *j, const struct settings *settings)
{
	open_object(j, "review_requests");
	put_true(j, "commit_ids");
	if (settings->reviewboard.history)
		put_true(j, "supports_history");
	put_true(j, "trivial_publish");
	json_close(j, '}');
}

static void
put_scmtools(struct json *j)
{
	open_object(j, "scmtools");
	open_object(j, "git");
	put_true(j, "empty_files");
	put_true(j, "symlinks");
	json_close(j, '}');
	json_key(j, "supported_tools");
	json_open(j, '[');
	json_string(j, SLICE("git"));
	json_close(j, ']');
	json_close(j, '}');
}

static void
put_capabilities(struct json *j, const struct settings *settings)
{
	open_object(j, "capabilities");
	open_object(j, "authentication");
	put_false(j, "client_web_login");
	json_close(j, '}');
	put_diffs(j, settings);
	open_object(j, "extra_data");
	put_true(j, "json_patching");
	json_close(j, '}');
	put_review_requests(j, settings);
	open_object(j, "review_uis");
	json_key(j, "supported_mimetypes");
	json_open(j, '[');
	json_close(j, ']');
	json_close(j, '}');
	put_scmtools(j);
	open_object(j, "text");
	put_true(j, "can_include_raw_values");
	put_false(j, "markdown");
	put_true(j, "per_field_text_types");
	json_close(j, '}');
	json_close(j, '}');
}

static void
put_product(struct json *j)
{
	open_object(j, "product");
	put_true(j, "is_release");
	json_key(j, "name");
	json_string(j, SLICE(PRODUCT));
	json_key(j, "package_version");
	json_string(j, SLICE(PRODUCT_VERSION));
	json_key(j, "version");
	json_string(j, SLICE(PRODUCT_VERSION));
	json_close(j, '}');
}

static void
put_site(struct rb *rb)
{
	struct json *j = rb_json(rb);

	open_object(j, "site");
	json_key(j, "administrators");
	json_open(j, '[');
	json_close(j, ']');
	json_key(j, "time_zone");
	json_string(j, SLICE("UTC"));
	json_key(j, "url");
	json_string(j, rb->site);
	json_close(j, '}');
}

/* "http://host/reviews/api/" and a path. */
static void
put_url(struct rb *rb, const char *name, const char *path)
{
	struct json *j = rb_json(rb);

	json_key(j, name);
	json_string_begin(j);
	json_piece(j, rb->api);
	json_piece(j, slice_str(path));
	json_string_end(j);
}

static void
put_root_link(struct rb *rb, const char *name, const char *path)
{
	struct buf url = { 0 };

	buf_slice(&url, rb->api);
	buf_str(&url, path);
	rb_put_link(rb, name, "GET", buf_as_slice(&url), SLICE_NONE);
	buf_fini(&url);
}

/* Sorted by name; "self" is the request's own URL. */
static void
put_root_links(struct rb *rb)
{
	struct buf self = { 0 };

	open_object(rb_json(rb), "links");
	put_root_link(rb, "info", "info/");
	put_root_link(rb, "repositories", "repositories/");
	put_root_link(rb, "review_requests", "review-requests/");
	rb_put_self(rb, &self, true);
	rb_put_link(rb, "self", "GET", buf_as_slice(&self), SLICE_NONE);
	put_root_link(rb, "session", "session/");
	put_root_link(rb, "users", "users/");
	put_root_link(rb, "validation", "validation/");
	json_close(rb_json(rb), '}');
	buf_fini(&self);
}

#define REQUEST "review-requests/{review_request_id}/"
#define DIFF REQUEST "diffs/{diff_revision}/"
#define DRAFT_DIFF REQUEST "draft/diffs/{diff_revision}/"

static void
put_templates(struct rb *rb)
{
	/* sorted by name */
	static const struct { const char *name, *path; bool history; } templates[] = {
		{ "commit_validation", "validation/commits/", false },
		{ "diff", DIFF, false },
		{ "diff_commit", DIFF "commits/{commit_id}/", true },
		{ "diff_commits", DIFF "commits/", true },
		{ "diff_validation", "validation/diffs/", false },
		{ "diffs", REQUEST "diffs/", false },
		{ "draft", REQUEST "draft/", false },
		{ "draft_commit", DRAFT_DIFF "draft-commits/{commit_id}/", true },
		{ "draft_commits", DRAFT_DIFF "draft-commits/", true },
		{ "draft_diff", DRAFT_DIFF, false },
		{ "draft_diffs", REQUEST "draft/diffs/", false },
		{ "info", "info/", false },
		{ "repositories", "repositories/", false },
		{ "repository", "repositories/{repository_id}/", false },
		{ "repository_info", "repositories/{repository_id}/info/", false },
		{ "review_request", REQUEST, false },
		{ "review_request_draft", REQUEST "draft/", false },
		{ "review_requests", "review-requests/", false },
		{ "root", "", false },
		{ "session", "session/", false },
		{ "user", "users/{username}/", false },
		{ "users", "users/", false },
		{ "validation", "validation/", false },
	};
	bool history = rb->v->service->settings->reviewboard.history;

	open_object(rb_json(rb), "uri_templates");
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (history || !templates[i].history)
			put_url(rb, templates[i].name, templates[i].path);
	json_close(rb_json(rb), '}');
}

static enum view_result
get_root(struct rb *rb)
{
	rb_open(rb);
	put_capabilities(rb_json(rb), rb->v->service->settings);
	put_root_links(rb);
	put_product(rb_json(rb));
	put_site(rb);
	rb_put_stat(rb);
	put_templates(rb);
	return rb_close(rb, 200, "root");
}

static enum view_result
get_info(struct rb *rb)
{
	rb_open(rb);
	open_object(rb_json(rb), "info");
	put_capabilities(rb_json(rb), rb->v->service->settings);
	put_product(rb_json(rb));
	put_site(rb);
	json_close(rb_json(rb), '}');
	return rb_close(rb, 200, "server-info");
}

const struct rb_resource rb_root = {
	.item = "root", .item_type = "root", .policy = "root", .item_methods = RB_GET, .get_item = get_root,
};

const struct rb_resource rb_info = {
	.item = "info", .item_type = "server-info", .policy = "server_info", .item_methods = RB_GET,
	.get_item = get_info,
};
