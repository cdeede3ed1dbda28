/* SPDX-License-Identifier: MIT
 *
 * See answer.h.
 */
#include "config.h"

#include "worker/answer.h"

#include <string.h>

#include "base/arena.h"
#include "proto/mail.h"
#include "proto/moment.h"
#include "proto/uri.h"
#include "worker/idmap.h"
#include "worker/load.h"

/* Takes back what was written since, for a key that turns out to be left out. */
static void
put_field(struct answer *a, const struct field_plan *f, struct row row)
{
	size_t length = a->json.out->len;
	struct json before = a->json;

	json_key(&a->json, f->field->name);
	if (!f->field->put(a, f, row)) {
		a->json = before;
		a->json.out->len = length;
	}
}

void
answer_object(struct answer *a, struct row row)
{
	json_open(&a->json, '{');
	for (int i = 0; i < row.plan->field_count; i++) {
		const struct field_plan *f = &row.plan->fields[i];

		if (f->field->name != NULL && f->field->since <= a->version)
			put_field(a, f, row);
	}
	json_close(&a->json, '}');
}

void
answer_sub_object(struct answer *a, const struct field_plan *f, struct row row, uint32_t kinds)
{
	json_open(&a->json, '{');
	for (int i = 0; i < f->sub_count; i++)
		if (f->sub[i].field->only & kinds)
			put_field(a, &f->sub[i], row);
	json_close(&a->json, '}');
}

struct slice
answer_value(const struct answer *a, const struct field_plan *f, struct row row, int n)
{
	struct slice own = row_own(row, f, n);
	struct row other;

	if (f->column[n].foreign < 0 || own.p == NULL)
		return own;
	if (!load_find(a->load, f->of, rows_int(row.rows, row.index, row.offset + f->column[n].own), &other))
		return SLICE_NONE;
	return rows_get(other.rows, other.index, f->column[n].foreign);
}

bool
put_int(struct answer *a, const struct field_plan *f, struct row row)
{
	struct slice s = answer_value(a, f, row, 0);

	/* the database prints integers as JSON does */
	json_raw(&a->json, s.p == NULL ? SLICE("null") : s);
	return true;
}

bool
put_text(struct answer *a, const struct field_plan *f, struct row row)
{
	json_string_or_null(&a->json, answer_value(a, f, row, 0));
	return true;
}

bool
put_bool(struct answer *a, const struct field_plan *f, struct row row)
{
	int column = row.offset + f->column[0].own;

	if (rows_null(row.rows, row.index, column))
		json_null(&a->json);
	else
		json_bool(&a->json, rows_bool(row.rows, row.index, column));
	return true;
}

bool
put_date(struct answer *a, const struct field_plan *f, struct row row)
{
	struct slice s = answer_value(a, f, row, 0);

	if (s.p == NULL) {
		json_null(&a->json);
		return true;
	}
	json_string_begin(&a->json);
	/* what somebody else wrote there is shown as it is */
	if (moment_put_json(a->json.out, s) < 0)
		json_piece(&a->json, s);
	json_string_end(&a->json);
	return true;
}

/* All that the templates put into a URL is either encoded or digits. */
static void
put_template(struct answer *a, const struct field_plan *f, struct row row)
{
	struct buf *out = a->json.out;
	int n = 0;

	for (const char *t = f->field->url; *t != '\0'; t++) {
		const char *place = strchrnul(t, '%');
		struct slice value;

		buf_add(out, t, (size_t)(place - t));
		if (*place == '\0')
			break;
		t = place + 1;
		value = answer_value(a, f, row, n++);
		switch (*t) {
		case 'p':
			uri_encode_path(out, value);
			break;
		case 'm':
			uri_encode_msgid(out, value);
			break;
		default:
			buf_slice(out, value);
			break;
		}
	}
}

bool
put_api_url(struct answer *a, const struct field_plan *f, struct row row)
{
	json_string_begin(&a->json);
	buf_slice(a->json.out, a->api);
	put_template(a, f, row);
	buf_slice(a->json.out, a->format);
	json_string_end(&a->json);
	return true;
}

bool
put_plain_url(struct answer *a, const struct field_plan *f, struct row row)
{
	json_string_begin(&a->json);
	buf_slice(a->json.out, a->plain_api);
	put_template(a, f, row);
	json_string_end(&a->json);
	return true;
}

/* A series without a project (3.9 [Q]) has no page: null. */
bool
put_web_url(struct answer *a, const struct field_plan *f, struct row row)
{
	for (int i = 0; i < f->column_count; i++) {
		if (answer_value(a, f, row, i).p == NULL) {
			json_null(&a->json);
			return true;
		}
	}
	json_string_begin(&a->json);
	buf_slice(a->json.out, a->base);
	put_template(a, f, row);
	json_string_end(&a->json);
	return true;
}

bool
put_archive_url(struct answer *a, const struct field_plan *f, struct row row)
{
	struct buf url = { 0 };
	int found = mail_archive_url(&url, answer_value(a, f, row, 0), answer_value(a, f, row, 1));

	if (found > 0)
		json_string(&a->json, buf_as_slice(&url));
	else if (found == 0)
		json_null(&a->json);
	buf_fini(&url);
	return found >= 0;
}

static bool
find_object(const struct answer *a, const struct field_plan *f, struct row row, struct row *object_r)
{
	int column = row.offset + f->column[0].own;

	return !rows_null(row.rows, row.index, column) &&
	    load_find(a->load, f->of, rows_int(row.rows, row.index, column), object_r);
}

bool
put_object(struct answer *a, const struct field_plan *f, struct row row)
{
	struct row object;

	if (find_object(a, f, row, &object))
		answer_object(a, object);
	else
		json_null(&a->json);
	return true;
}

bool
put_object_list(struct answer *a, const struct field_plan *f, struct row row)
{
	struct row object;

	json_open(&a->json, '[');
	if (find_object(a, f, row, &object))
		answer_object(a, object);
	json_close(&a->json, ']');
	return true;
}

bool
put_children(struct answer *a, const struct field_plan *f, struct row row)
{
	int64_t parent = rows_int(row.rows, row.index, row.offset + f->column[0].own);
	struct row child;

	json_open(&a->json, '[');
	for (bool more = load_first(a->load, f, parent, &child); more; more = load_next(a->load, f, &child))
		answer_object(a, child);
	json_close(&a->json, ']');
	return true;
}

/*
 * Headers that share a name but for case, chained: a mail may bring thousands,
 * so comparing each with each will not do.
 */
struct header_chains {
	const struct mail_headers *headers;
	struct idmap first;	/* hash of the name -> its first header */
	int *next;
};

static int64_t
name_hash(struct slice name)
{
	uint64_t hash = 0xcbf29ce484222325u;	/* FNV-1a */

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		hash = (hash ^ (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c)) * 0x100000001b3u;
	}
	return (int64_t)hash;
}

static void
chain_headers(struct answer *a, const struct mail_headers *headers, struct header_chains *chains)
{
	*chains = (struct header_chains){ .headers = headers, .first = { .arena = a->arena } };
	chains->next = arena_alloc(a->arena, (headers->count + 1) * sizeof(*chains->next));
	for (size_t i = headers->count; i-- > 0;) {
		int *first = idmap_at(&chains->first, name_hash(headers->list[i].name));

		chains->next[i] = *first;
		*first = (int)i;
	}
}

/* The next header behind `at` of that name (any case), -1: none; at -1: the first. */
static int
chain_next(const struct header_chains *chains, struct slice name, int at)
{
	at = at < 0 ? idmap_get(&chains->first, name_hash(name)) : chains->next[at];
	while (at >= 0 && !slice_eq_nocase(chains->headers->list[at].name, name))
		at = chains->next[at];
	return at;
}

/* Several headers of a name make a list (2.7). */
static void
put_header_values(struct answer *a, const struct header_chains *chains, struct slice name)
{
	int first = chain_next(chains, name, -1);

	if (chain_next(chains, name, first) < 0) {
		json_string(&a->json, chains->headers->list[first].value);
		return;
	}
	json_open(&a->json, '[');
	for (int i = first; i >= 0; i = chain_next(chains, name, i))
		json_string(&a->json, chains->headers->list[i].value);
	json_close(&a->json, ']');
}

/* Whether this very spelling of the name is the first of its kind: it is a key then. */
static bool
is_first_spelling(const struct header_chains *chains, int at)
{
	struct slice name = chains->headers->list[at].name;
	int i = chain_next(chains, name, -1);

	while (!slice_eq(chains->headers->list[i].name, name))
		i = chain_next(chains, name, i);
	return i == at;
}

bool
put_headers(struct answer *a, const struct field_plan *f, struct row row)
{
	struct mail_headers headers;
	struct header_chains chains;

	mail_headers_parse(a->arena, answer_value(a, f, row, 0), &headers);
	chain_headers(a, &headers, &chains);
	json_open(&a->json, '{');
	for (size_t i = 0; i < headers.count; i++) {
		if (!is_first_spelling(&chains, (int)i))
			continue;
		json_key_slice(&a->json, headers.list[i].name);
		put_header_values(a, &chains, headers.list[i].name);
	}
	json_close(&a->json, '}');
	return true;
}

bool
put_subject(struct answer *a, const struct field_plan *f, struct row row)
{
	struct mail_headers headers;
	struct slice subject;

	mail_headers_parse(a->arena, answer_value(a, f, row, 0), &headers);
	subject = mail_headers_first(&headers, "Subject");
	json_string(&a->json, subject.p != NULL ? subject : SLICE(""));
	return true;
}

bool
put_null(struct answer *a, const struct field_plan *f, struct row row)
{
	(void)f;
	(void)row;
	json_null(&a->json);
	return true;
}

bool
put_empty_object(struct answer *a, const struct field_plan *f, struct row row)
{
	(void)f;
	(void)row;
	json_open(&a->json, '{');
	json_close(&a->json, '}');
	return true;
}
