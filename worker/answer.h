/* SPDX-License-Identifier: MIT
 *
 * Writing one representation: the state of it, and the functions that write a
 * field's value from a row (the `put` of resource.h).  Job thread; lives in
 * the request's arena.
 */
#ifndef THIMBLE_WORKER_ANSWER_H
#define THIMBLE_WORKER_ANSWER_H

#include "proto/json.h"
#include "worker/plan.h"

struct arena;
struct load;

struct answer {
	struct arena *arena;
	struct json json;
	enum version version;
	/* Ready for a JSON string; made from the request (1.11, 2.6). */
	struct slice base;		/* "http://host" */
	struct slice api;		/* "http://host/api/1.1/" */
	struct slice plain_api;		/* "http://host/api/" */
	struct slice format;		/* "?format=json", or empty */
	int64_t user;			/* 0: anonymous */
	const struct load *load;
	bool partial;			/* of a PATCH: `related` is left out if there is none [Q] */
	const int64_t *unlisted;	/* patches that `related` leaves out; see write.h */
	size_t unlisted_count;
};

/* Writes the row as an object: each field that this version shows. */
void answer_object(struct answer *a, struct row row);
/* Writes the sub-fields whose `only` has a bit of `kinds`, as an object. */
void answer_sub_object(struct answer *a, const struct field_plan *f, struct row row, uint32_t kinds);

/* The n-th column of the field: its own cell, or through `of`; absent if NULL or not found. */
struct slice answer_value(const struct answer *a, const struct field_plan *f, struct row row, int n);

/* Columns: what the value is made of. */
bool put_int(struct answer *a, const struct field_plan *f, struct row row);
bool put_text(struct answer *a, const struct field_plan *f, struct row row);	/* NULL: null */
bool put_bool(struct answer *a, const struct field_plan *f, struct row row);	/* NULL: null */
bool put_date(struct answer *a, const struct field_plan *f, struct row row);
/* URLs by the template field->url, its places filled with the columns in order. */
bool put_api_url(struct answer *a, const struct field_plan *f, struct row row);	/* versioned, `format` echoed */
bool put_plain_url(struct answer *a, const struct field_plan *f, struct row row);	/* never versioned (2.6) */
bool put_web_url(struct answer *a, const struct field_plan *f, struct row row);
/* Columns "project>list_archive_url_format msgid" (2.8). */
bool put_archive_url(struct answer *a, const struct field_plan *f, struct row row);
/* The object `of` that the column names, or null; the same as a list of none or one. */
bool put_object(struct answer *a, const struct field_plan *f, struct row row);
bool put_object_list(struct answer *a, const struct field_plan *f, struct row row);
/* The children `many` of the column, as a list. */
bool put_children(struct answer *a, const struct field_plan *f, struct row row);
/* Mail headers as an object (2.7); the first Subject among them, or "". */
bool put_headers(struct answer *a, const struct field_plan *f, struct row row);
bool put_subject(struct answer *a, const struct field_plan *f, struct row row);
bool put_null(struct answer *a, const struct field_plan *f, struct row row);
bool put_empty_object(struct answer *a, const struct field_plan *f, struct row row);

#endif
