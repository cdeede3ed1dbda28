/* SPDX-License-Identifier: MIT
 *
 * See query.h.
 */
#include "config.h"

#include "ctl/query.h"

#include <limits.h>

#include "base/arena.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "proto/text.h"
#include "store/reviewboard.h"

struct sql *
query_new(const struct ctl *ctl, const struct store *store)
{
	return sql_new(ctl->arena, store_dialect(store));
}

struct rows *
query_ask(const struct ctl *ctl, struct store *store, struct sql *q)
{
	struct snapshot *snapshot = NULL;
	const char *error = "";
	struct rows *rows = NULL;
	enum store_status status = store_begin(store, ctl->arena, &snapshot, &error);

	if (status == STORE_OK) {
		rows = store_query(snapshot, q);
		status = store_flush_last(snapshot, &error);
	}
	if (status == STORE_OK)
		return rows;
	(void)ctl_fail(ctl, "%s", error);
	return NULL;
}

void
query_put_project(struct sql *q, const char *project)
{
	uint64_t id;

	sql_add(q, "SELECT id FROM patchwork_project WHERE ");
	if (slice_uint(slice_str(project), INT64_MAX, &id) == 0) {
		sql_add(q, "id = ");
		sql_int(q, (int64_t)id);
	} else {
		sql_equals_nocase(q, "linkname", slice_str(project));
	}
}

int
query_user(const struct ctl *ctl, struct store *store, const char *name, int64_t *id_r)
{
	struct sql *q = query_new(ctl, store);
	struct rows *rows;

	sql_add(q, "SELECT id FROM auth_user WHERE username = ");
	sql_string(q, slice_str(name));
	rows = query_ask(ctl, store, q);
	if (rows == NULL)
		return CTL_FAILED;
	if (rows->count == 0)
		return ctl_fail(ctl, "there is no user %s", name);
	*id_r = rows_int(rows, 0, 0);
	return CTL_OK;
}

struct sql *
change_add(struct change *change)
{
	struct sql *q = query_new(change->ctl, change->store);

	if (change->count == QUERY_STATEMENTS_MAX)
		log_fatalx("too many statements in one change");
	change->q[change->count++] = q;
	return q;
}

static enum store_status
run(struct change *change, const char **error_r)
{
	struct snapshot *snapshot = NULL;
	enum store_status status = store_begin_write(change->store, change->ctl->arena, &snapshot, error_r);
	struct sql *q;

	if (status != STORE_OK)
		return status;
	for (size_t i = 0; i < change->count; i++)
		change->rows[i] = store_query(snapshot, change->q[i]);
	/* The sessions of the store are not followed by one: they wake their own server. */
	if (store_dialect(change->store) == DIALECT_POSTGRESQL) {
		q = query_new(change->ctl, change->store);
		sql_add(q, "SELECT pg_notify('thimble', '')");
		(void)store_query(snapshot, q);
	}
	return store_commit(&snapshot, error_r);
}

int
change_run(struct change *change, const char *conflict)
{
	const char *error = "";
	enum store_status status = run(change, &error);

	if (status == STORE_OK)
		return CTL_OK;
	if (status == STORE_CONFLICT && conflict != NULL)
		return ctl_fail(change->ctl, "%s", conflict);
	return ctl_fail(change->ctl, "%s%s%s", status == STORE_UNKNOWN ? "it is not known whether this was done: " : "", error,
	    status == STORE_REFUSED ? "; who may write to thimble's tables may do this, see --url" : "");
}

struct store *
query_reviews(struct ctl *ctl, const char *url)
{
	struct store *store = ctl_store(ctl, url);
	struct rows *rows;
	struct sql *q;

	if (store == NULL)
		return NULL;
	q = query_new(ctl, store);
	rb_schema_ask(q);
	rows = query_ask(ctl, store, q);
	if (rows != NULL && rows_bool(rows, 0, 0))
		return store;
	if (rows != NULL)
		(void)ctl_fail(ctl, "the database has no tables for reviews; run thimblectl attach");
	store_free(&store);
	return NULL;
}

int
query_length(const char *text)
{
	struct slice rest = slice_str(text);
	int length = 0;

	if (!utf8_valid(rest))
		return -1;
	while (rest.n > 0 && length < INT_MAX) {
		size_t n;
		uint32_t code = utf8_decode(rest, &n);

		if (code < 0x20 || code == 0x7f)
			return -1;
		rest = slice_from(rest, n);
		length++;
	}
	return length;
}
