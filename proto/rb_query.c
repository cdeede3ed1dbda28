/* SPDX-License-Identifier: MIT
 *
 * See rb_query.h.
 */
#include "config.h"

#include "proto/rb_query.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/text.h"
#include "proto/upload.h"

#define START "start"
#define COUNT "max-results"

bool
rb_true(struct slice text)
{
	return slice_is(text, "1") || slice_eq_nocase(text, SLICE("true"));
}

/* ---- pages ---- */

/* A parameter that is an integer; one below zero is zero, one beyond 64 bits the largest.  False: it is none. */
static bool
read_number(const struct uri_query *query, const char *name, uint64_t *number, struct slice *bad)
{
	struct slice text = uri_query_last(query, name);
	int64_t value;

	*bad = SLICE_NONE;
	if (text.p == NULL)
		return true;
	switch (text_integer(text, &value)) {
	case 1:
		*number = value > 0 ? (uint64_t)value : 0;
		return true;
	case -1:
		*number = slice_index(text, '-') >= 0 ? 0 : INT64_MAX;
		return true;
	default:
		*bad = text;
		return false;
	}
}

bool
rb_window_read(const struct uri_query *query, struct rb_window *window)
{
	bool good;

	*window = (struct rb_window){ .start = 0, .count = RB_RESULTS_DEFAULT };
	good = read_number(query, START, &window->start, &window->bad_start);
	good = read_number(query, COUNT, &window->count, &window->bad_count) && good;
	if (window->count > RB_RESULTS_MAX)
		window->count = RB_RESULTS_MAX;
	return good;
}

static int
compare_params(const void *a, const void *b)
{
	const struct uri_param *x = *(const struct uri_param *const *)a, *y = *(const struct uri_param *const *)b;
	int order = slice_compare(x->key, y->key);

	return order != 0 ? order : x < y ? -1 : x > y;
}

void
rb_window_put(struct buf *out, const struct uri_query *query, uint64_t start, uint64_t count)
{
	const struct uri_param **sorted = xmalloc((query->count + 1) * sizeof(const struct uri_param *));
	size_t others = 0;

	for (size_t i = 0; i < query->count; i++)
		if (!slice_is(query->params[i].key, START) && !slice_is(query->params[i].key, COUNT))
			sorted[others++] = &query->params[i];
	if (others > 0)
		qsort(sorted, others, sizeof(const struct uri_param *), compare_params);
	buf_printf(out, "?" START "=%llu&" COUNT "=%llu", (unsigned long long)start, (unsigned long long)count);
	for (size_t i = 0; i < others; i++) {
		buf_byte(out, '&');
		uri_encode_form(out, sorted[i]->key);
		buf_byte(out, '=');
		uri_encode_form(out, sorted[i]->value);
	}
	free(sorted);
}

/* ---- limits ---- */

static struct slice
read_list(const struct uri_query *query, const char *name, const struct upload *form, const char *field)
{
	struct slice list = uri_query_last(query, name);

	if (list.p == NULL && form != NULL)
		list = upload_text(form, field);
	if (list.n > RB_LIST_MAX)
		list.n = RB_LIST_MAX;
	return list;
}

struct rb_limits
rb_limits_read(const struct uri_query *query, const struct upload *form)
{
	return (struct rb_limits){
		.fields = read_list(query, "only-fields", form, "only_fields"),
		.links = read_list(query, "only-links", form, "only_links"),
		.expand = read_list(query, "expand", form, "expand"),
	};
}

bool
rb_names(struct slice list, const char *name)
{
	struct slice item;

	while (slice_cut(&list, ',', &item))
		if (item.n > 0 && slice_is(slice_trim(item, " "), name))
			return true;
	return false;
}

bool
rb_is_common_field(struct slice name)
{
	static const char *const common[] = {
		"api_format", "callback", "_method", "expand", "only-fields", "only-links", "only_fields", "only_links",
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (slice_is(name, common[i]))
			return true;
	return false;
}
