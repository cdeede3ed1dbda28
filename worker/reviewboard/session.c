/* SPDX-License-Identifier: MIT
 *
 * The log-in of the caller (reviewboard-api.md, 2.2).  It is made by any request with an Authorization header
 * (rb_auth.c); here it is looked at, and ended.
 */
#include "config.h"

#include <time.h>

#include "worker/reviewboard/rb_private.h"
#include "worker/reviewboard/rb_session.h"
#include "worker/reviewboard/rb_write.h"
#include "worker/reviewboard/users.h"

static void
put_links(struct rb *rb, bool expanded)
{
	struct buf url = { 0 };

	if (rb->limits.links.p != NULL && rb->limits.links.n == 0)
		return;
	json_key(rb_json(rb), "links");
	json_open(rb_json(rb), '{');
	if (rb->user.id != 0 && (rb->limits.links.p == NULL || rb_names(rb->limits.links, "delete"))) {
		rb_put_self(rb, &url, false);
		rb_put_link(rb, "delete", "DELETE", buf_as_slice(&url), SLICE_NONE);
		buf_reset(&url);
	}
	if (rb->limits.links.p == NULL || rb_names(rb->limits.links, "self")) {
		rb_put_self(rb, &url, true);
		rb_put_link(rb, "self", "GET", buf_as_slice(&url), SLICE_NONE);
		buf_reset(&url);
	}
	if (rb->user.id != 0 && !expanded && (rb->limits.links.p == NULL || rb_names(rb->limits.links, "user"))) {
		rb_put_name_url(rb, &url, "users", rb->user.name);
		rb_put_link(rb, "user", "GET", buf_as_slice(&url), rb->user.name);
	}
	json_close(rb_json(rb), '}');
	buf_fini(&url);
}

static enum view_result
get_item(struct rb *rb)
{
	bool expanded = rb->user.id != 0 && rb_names(rb->limits.expand, "user");
	struct slice fields = rb->limits.fields;
	struct rows *rows = NULL;

	if (expanded) {
		rows = rb_query_user(rb, rb->user.id);
		if (!rb_flush_reads(rb))
			return VIEW_STORE;
	}
	rb_open(rb);
	json_key(rb_json(rb), "session");
	json_open(rb_json(rb), '{');
	if (fields.p == NULL || rb_names(fields, "authenticated")) {
		json_key(rb_json(rb), "authenticated");
		json_bool(rb_json(rb), rb->user.id != 0);
	}
	put_links(rb, expanded);
	if (expanded && rows->count > 0 && (fields.p == NULL || rb_names(fields, "user"))) {
		json_key(rb_json(rb), "user");
		rb_put_item(rb, &rb_users, (struct rb_row){ .rows = rows });
	}
	json_close(rb_json(rb), '}');
	return rb_close(rb, 200, "session");
}

/* Notes that the log-in is over, and forgets those that would have ended by themselves. */
static enum view_result
end_session(struct rb_write *w)
{
	const struct rb_session *session = w->rb->session;
	struct sql *q = rb_sql(w);

	sql_add(q, "DELETE FROM thimble_rb_logout WHERE expires < ");
	sql_int(q, (int64_t)time(NULL));
	(void)rb_query(w, q);
	q = rb_sql(w);
	sql_add(q, "INSERT INTO thimble_rb_logout (nonce, user_id, expires) VALUES (");
	sql_string(q, slice_str(session->nonce));
	rb_add_int(q, session->user);
	rb_add_int(q, session->expires);
	sql_add(q, ") ON CONFLICT DO NOTHING");
	(void)rb_query(w, q);
	if (!rb_flush(w))
		return VIEW_STORE;
	written_user(&w->written, session->user);
	return rb_respond_nothing(w->rb);
}

static enum view_result
remove_session(struct rb *rb)
{
	/* also the one that this request would have begun */
	rb->set_cookie = rb_cookie_header(rb, SLICE(""), 0);
	return rb->session != NULL ? rb_write_run(rb, end_session, NULL) : rb_respond_nothing(rb);
}

const struct rb_resource rb_session = {
	.item = "session", .item_type = "session", .policy = "session", .item_methods = RB_GET | RB_DELETE,
	.get_item = get_item, .remove = remove_session,
};
