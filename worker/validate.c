/* SPDX-License-Identifier: MIT
 *
 * Whether what a client sends for a field is a value of its kind, and the
 * reference's words for what is wrong (patchwork-api.md, 6.3 and 6.4).  A form is
 * turned into the JSON that would say the same.  Job thread.
 */
#include "config.h"

#include "base/arena.h"
#include "proto/checks.h"
#include "proto/text.h"
#include "worker/route.h"
#include "worker/write.h"

enum { INTEGER_TEXT_MAX = 1000 };

/* The answer that says what is wrong, as far as it is written. */
struct complaint {
	struct view *v;
	const char *outer;		/* the nested object that the fields are of; NULL: none */
	bool any, outer_open, field_open;
};

static void
complain(struct complaint *c, const char *field, struct slice message)
{
	struct json *j = &c->v->answer.json;

	if (!c->any) {
		view_begin_json(c->v);
		json_open(j, '{');
	}
	c->any = true;
	if (c->outer != NULL && !c->outer_open) {
		json_key(j, c->outer);
		json_open(j, '{');
		c->outer_open = true;
	}
	if (!c->field_open) {
		json_key(j, field);
		json_open(j, '[');
	}
	c->field_open = true;
	json_string(j, message);
}

static void
end_field(struct complaint *c)
{
	if (c->field_open)
		json_close(&c->v->answer.json, ']');
	c->field_open = false;
}

static void
end_outer(struct complaint *c)
{
	if (c->outer_open)
		json_close(&c->v->answer.json, '}');
	c->outer = NULL;
	c->outer_open = false;
}

/* A message with a value in it, which may hold anything. */
static void
complain_of(struct complaint *c, const char *field, const char *before, struct slice value, const char *behind)
{
	struct buf text = { 0 };

	buf_str(&text, before);
	buf_slice(&text, value);
	buf_str(&text, behind);
	complain(c, field, buf_as_slice(&text));
	buf_fini(&text);
}

/* ---- what is given ---- */

static struct value *
new_value(struct write *w, enum value_kind kind)
{
	struct value *value = arena_zalloc(w->v->request->arena, sizeof(*value));

	value->kind = kind;
	return value;
}

static const struct value *
form_list(struct write *w, const char *name)
{
	struct value *list = new_value(w, VALUE_ARRAY), *item;
	struct slice text;
	size_t at = 0;

	while (body_form_next(&w->body, name, &at, &text))
		list->count++;
	if (list->count == 0 && w->partial)
		return NULL;
	list->item = item = arena_zalloc(w->v->request->arena, (list->count + 1) * sizeof(*item));
	for (at = 0; body_form_next(&w->body, name, &at, &text); item++)
		*item = (struct value){ .kind = VALUE_STRING, .text = text };
	return list;
}

/*
 * A check box that is not ticked is not sent: what is not there is false, where all
 * fields are sent [Q].  A blank says null, or "", or nothing, whatever the field takes.
 */
static const struct value *
form_value(struct write *w, const struct writable *write, const char *name)
{
	struct slice text = body_form_last(&w->body, name);
	struct value *value;

	if (write->kind == WRITE_RELATIONS)
		return form_list(w, name);
	if (text.p == NULL && !w->partial && write->kind == WRITE_BOOL)
		return new_value(w, write->nullable ? VALUE_NULL : VALUE_BOOL);
	if (text.p == NULL || (text.n == 0 && !write->blank && !write->nullable && !write->required))
		return NULL;
	value = new_value(w, text.n == 0 && !write->blank && write->nullable ? VALUE_NULL : VALUE_STRING);
	if (value->kind == VALUE_STRING)
		value->text = text;
	return value;
}

static bool
form_has_members(const struct write *w, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < w->body.count; i++) {
		struct slice field = w->body.field[i].name;

		if (field.n > n && memcmp(field.p, name, n) == 0 && field.p[n] == '.')
			return true;
	}
	return false;
}

static size_t
count_writable(const struct field *fields)
{
	size_t count = 0;

	for (; fields->name != NULL || fields->columns != NULL; fields++)
		count += fields->write != NULL;
	return count;
}

static struct given *take_given(struct write *w, const struct field *fields, const struct value *json,
    const char *prefix, size_t *count_r);

static void
take_nested(struct write *w, struct given *given, const char *name)
{
	bool form = w->body.form;

	if (form && form_has_members(w, name))
		given->raw = new_value(w, VALUE_OBJECT);
	if (given->raw != NULL && given->raw->kind == VALUE_OBJECT)
		given->child = take_given(w, given->field->write->children, given->raw,
		    arena_printf(w->v->request->arena, "%s.", name), &given->children);
}

/* What the body, or the object in it, gives for each field that may be written. */
static struct given *
take_given(struct write *w, const struct field *fields, const struct value *json, const char *prefix, size_t *count_r)
{
	size_t count = count_writable(fields);
	struct given *list = arena_zalloc(w->v->request->arena, (count + 1) * sizeof(*list)), *given = list;

	for (; fields->name != NULL || fields->columns != NULL; fields++) {
		const char *name;

		if (fields->write == NULL)
			continue;
		name = arena_printf(w->v->request->arena, "%s%s", prefix, fields->name);
		given->field = fields;
		given->place.arena = w->v->request->arena;
		if (!w->body.form)
			given->raw = value_member(json, fields->name);
		else if (fields->write->kind != WRITE_NESTED)
			given->raw = form_value(w, fields->write, name);
		if (fields->write->kind == WRITE_NESTED)
			take_nested(w, given, name);
		given++;
	}
	*count_r = count;
	return list;
}

/* ---- look-ups ---- */

enum pk { PK_VALID, PK_WRONG_TYPE, PK_NONE };

/* An id as it may be given; -1 for one that no row has. */
static enum pk
read_pk(const struct value *value, int64_t *id_r)
{
	int result;

	*id_r = -1;
	switch (value->kind) {
	case VALUE_NULL:
		return PK_NONE;
	case VALUE_REAL:
		if (!(value->real > -1e15 && value->real < 1e15))
			return PK_NONE;
		*id_r = (int64_t)value->real;
		return PK_VALID;
	case VALUE_INTEGER:
	case VALUE_STRING:
		result = text_integer(value->text, id_r);
		if (result != 1)
			*id_r = -1;
		return result == 0 ? PK_WRONG_TYPE : result < 0 ? PK_NONE : PK_VALID;
	default:
		return PK_WRONG_TYPE;
	}
}

/* One item of a list of relations: an object's keys count as items [Q]. */
static struct value
item_of(const struct value *list, size_t i)
{
	if (list->kind == VALUE_OBJECT)
		return (struct value){ .kind = VALUE_STRING, .text = list->item[i].name };
	return list->item[i];
}

/* '#' is the id of the object that is written. */
static void
add_columns(const struct write *w, struct sql *q, const char *columns)
{
	char literal[2] = { 0, 0 };

	for (; *columns != '\0'; columns++) {
		if (*columns == '#') {
			sql_int(q, w->id);
			continue;
		}
		literal[0] = *columns;
		sql_add(q, literal);
	}
}

static void
look_up_relations(struct write *w, struct given *given)
{
	const struct writable *write = given->field->write;
	const struct value *raw = given->raw;
	bool list = write->kind == WRITE_RELATIONS;
	size_t count = !list ? 1 : raw->kind == VALUE_ARRAY || raw->kind == VALUE_OBJECT ? raw->count : 0;
	struct sql *q;

	given->id = arena_alloc(w->v->request->arena, (count + 1) * sizeof(*given->id));
	for (size_t i = 0; i < count; i++) {
		struct value item = list ? item_of(raw, i) : *raw;

		(void)read_pk(&item, &given->id[i]);
	}
	given->count = count;
	if (count == 0)
		return;
	q = write_sql(w);
	sql_add(q, "SELECT t.id");
	if (write->columns != NULL) {
		sql_add(q, ", ");
		add_columns(w, q, write->columns);
	}
	sql_addf(q, " FROM %s t WHERE t.id ", write->table);
	sql_ids(q, given->id, count);
	given->found = write_query(w, q);
}

static void
look_up(struct write *w, struct given *given)
{
	struct sql *q;

	if (given->raw == NULL)
		return;
	switch (given->field->write->kind) {
	case WRITE_RELATION:
	case WRITE_RELATIONS:
		look_up_relations(w, given);
		break;
	case WRITE_STATE:
		q = write_sql(w);
		sql_add(q, "SELECT t.id, t.slug FROM patchwork_state t ORDER BY t.ordering");
		w->states = write_query(w, q);
		break;
	default:
		break;
	}
}

/* ---- the kinds ---- */

static void
check_bool(struct complaint *c, struct given *given)
{
	static const char *const words[2][8] = {
		{ "f", "n", "no", "false", "off", "0", NULL }, { "t", "y", "yes", "true", "on", "1", NULL }
	};
	const struct value *raw = given->raw;
	const struct writable *write = given->field->write;

	if (raw->kind == VALUE_BOOL) {
		given->truth = raw->truth;
		return;
	}
	if (raw->kind == VALUE_INTEGER || raw->kind == VALUE_REAL) {
		struct slice text = value_text(c->v->request->arena, raw);

		given->truth = slice_is(text, "1") || slice_is(text, "1.0");
		if (given->truth || slice_is(text, "0") || slice_is(text, "0.0") || slice_is(text, "-0.0"))
			return;
	}
	if (raw->kind == VALUE_STRING) {
		for (int truth = 0; truth < 2; truth++)
			for (const char *const *word = words[truth]; *word != NULL; word++)
				if (slice_eq_nocase(raw->text, slice_str(*word))) {
					given->truth = truth == 1;
					return;
				}
		if (write->nullable && (raw->text.n == 0 || slice_eq_nocase(raw->text, SLICE("null")))) {
			given->null = true;
			return;
		}
	}
	complain(c, given->field->name, SLICE("Must be a valid boolean."));
}

/* "1.0" is an integer, too. */
static struct slice
without_zeros(struct slice text)
{
	size_t n;

	text = text_strip(text);
	n = text.n;
	while (n > 0 && text.p[n - 1] == '0')
		n--;
	return n > 0 && text.p[n - 1] == '.' ? slice_make(text.p, n - 1) : text;
}

static void
check_integer(struct complaint *c, struct given *given)
{
	const struct value *raw = given->raw;
	const char *name = given->field->name;
	struct slice text = value_text(c->v->request->arena, raw);
	int result;

	if (raw->kind == VALUE_STRING && text_length(text) > INTEGER_TEXT_MAX) {
		complain(c, name, SLICE("String value too large."));
		return;
	}
	text = text.p != NULL ? without_zeros(text) : SLICE("");
	result = text_integer(text, &given->number);
	if (result == 0) {
		complain(c, name, SLICE("A valid integer is required."));
		return;
	}
	if (result < 0)
		given->number = text_strip(text).p[0] == '-' ? INT64_MIN : INT64_MAX;
	if (given->field->write->bounded && given->number > INT32_MAX)
		complain(c, name, SLICE("Ensure this value is less than or equal to 2147483647."));
	if (given->field->write->bounded && given->number < 0)
		complain(c, name, SLICE("Ensure this value is greater than or equal to 0."));
}

static void
check_characters(struct complaint *c, const char *name, struct slice text)
{
	uint32_t surrogate = value_surrogate(text);

	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		complain(c, name, SLICE("Null characters are not allowed."));
	if (surrogate != 0)
		complain(c, name, slice_str(arena_printf(c->v->request->arena, "Surrogate characters are not allowed: U+%X.",
		    (unsigned)surrogate)));
}

static void
check_text(struct complaint *c, struct given *given)
{
	static const char *const wrong[] = {
		[WRITE_TEXT] = "Not a valid string.", [WRITE_URL] = "Enter a valid URL.",
		[WRITE_SLUG] = "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.",
	};
	const struct writable *write = given->field->write;
	const char *name = given->field->name;
	struct slice text = value_text(c->v->request->arena, given->raw);

	if (text.p == NULL) {
		complain(c, name, slice_str(wrong[write->kind]));
		return;
	}
	given->text = text = text_strip(text);
	if (text.n == 0) {
		if (!write->blank)
			complain(c, name, SLICE("This field may not be blank."));
		return;
	}
	if (write->max_length > 0 && text_length(text) > write->max_length)
		complain(c, name, slice_str(arena_printf(c->v->request->arena,
		    "Ensure this field has no more than %u characters.", write->max_length)));
	check_characters(c, name, text);
	if ((write->kind == WRITE_URL && !text_is_url(text)) || (write->kind == WRITE_SLUG && !text_is_slug(text)))
		complain(c, name, slice_str(wrong[write->kind]));
}

static void
check_choice(struct complaint *c, struct given *given)
{
	const char *const *choices = given->field->write->choices;
	struct buf text = { 0 };
	bool found = false;

	value_put_str(c->v->request->arena, &text, given->raw);
	for (int64_t i = 0; choices[i] != NULL; i++) {
		bool name = given->raw->kind == VALUE_STRING && slice_is(buf_as_slice(&text), choices[i]);

		if (name || (text.len == 1 && text.data[0] == '0' + i)) {
			given->number = i;
			found = true;
		}
	}
	if (!found)
		complain_of(c, given->field->name, "\"", buf_as_slice(&text), "\" is not a valid choice.");
	buf_fini(&text);
}

static void
check_state(struct complaint *c, const struct write *w, struct given *given)
{
	const struct value *raw = given->raw;
	struct buf slug = { 0 }, message = { 0 };
	bool found = false;

	/* [Q] the reference fails on anything but a string */
	if (raw->kind != VALUE_STRING) {
		complain_of(c, given->field->name, "Incorrect type. Expected string value, received ",
		    slice_str(value_type(raw)), ".");
		return;
	}
	text_slugify(&slug, raw->text);
	buf_printf(&message, "Invalid state %.*s. Expected one of: ", SLICE_ARG(buf_as_slice(&slug)));
	for (int i = 0; i < w->states->count && !found; i++) {
		found = slice_eq(rows_get(w->states, i, 1), buf_as_slice(&slug));
		if (found)
			given->number = rows_int(w->states, i, 0);
		buf_str(&message, i > 0 ? ", " : "");
		buf_slice(&message, rows_get(w->states, i, 1));
	}
	buf_byte(&message, '.');
	if (!found)
		complain(c, given->field->name, buf_as_slice(&message));
	buf_fini(&slug);
	buf_fini(&message);
}

static bool
check_pk(struct complaint *c, const struct given *given, const struct value *item)
{
	struct buf text = { 0 };
	int64_t id;
	enum pk pk = read_pk(item, &id);
	bool valid = pk == PK_VALID && idmap_get(&given->place, id) >= 0;

	if (pk == PK_WRONG_TYPE) {
		complain_of(c, given->field->name, "Incorrect type. Expected pk value, received ",
		    slice_str(value_type(item)), ".");
	} else if (!valid) {
		value_put_str(c->v->request->arena, &text, item);
		complain_of(c, given->field->name, "Invalid pk \"", buf_as_slice(&text), "\" - object does not exist.");
	}
	buf_fini(&text);
	return valid;
}

static void
check_relations(struct complaint *c, struct given *given)
{
	const struct value *raw = given->raw;

	for (int i = 0; given->found != NULL && i < given->found->count; i++)
		*idmap_at(&given->place, rows_int(given->found, i, 0)) = i;
	if (given->field->write->kind == WRITE_RELATION) {
		given->number = given->id[0];
		(void)check_pk(c, given, raw);
		return;
	}
	if (raw->kind != VALUE_ARRAY && raw->kind != VALUE_OBJECT) {
		complain_of(c, given->field->name, "Expected a list of items but got type \"",
		    slice_str(value_type(raw)), "\".");
		return;
	}
	for (size_t i = 0; i < raw->count; i++) {
		struct value item = item_of(raw, i);

		if (!check_pk(c, given, &item))
			return;
	}
}

static void check_all(struct complaint *c, struct write *w, struct given *given, size_t count);

/* An error inside stands inside. */
static void
check_nested(struct complaint *c, struct write *w, struct given *given)
{
	c->outer = given->field->name;
	if (given->raw->kind != VALUE_OBJECT) {
		complain_of(c, "detail", "Invalid data. Expected a dictionary, but got ",
		    slice_str(value_type(given->raw)), ".");
		end_field(c);
	} else {
		check_all(c, w, given->child, given->children);
	}
	end_outer(c);
}

static void
check_kind(struct complaint *c, struct write *w, struct given *given)
{
	switch (given->field->write->kind) {
	case WRITE_BOOL:
		check_bool(c, given);
		break;
	case WRITE_INTEGER:
		check_integer(c, given);
		break;
	case WRITE_CHOICE:
		check_choice(c, given);
		break;
	case WRITE_STATE:
		check_state(c, w, given);
		break;
	case WRITE_RELATION:
	case WRITE_RELATIONS:
		check_relations(c, given);
		break;
	case WRITE_NESTED:
		check_nested(c, w, given);
		break;
	default:
		check_text(c, given);
	}
}

/* "" names no row. */
static bool
is_null(const struct given *given)
{
	enum write_kind kind = given->field->write->kind;

	return given->raw->kind == VALUE_NULL || ((kind == WRITE_RELATION || kind == WRITE_STATE) &&
	    given->raw->kind == VALUE_STRING && given->raw->text.n == 0);
}

static void
check(struct complaint *c, struct write *w, struct given *given)
{
	const struct writable *write = given->field->write;
	const char *wrong = NULL;

	if (given->raw == NULL) {
		if (write->required && !w->partial)
			complain(c, given->field->name, SLICE("This field is required."));
	} else if (is_null(given)) {
		given->null = true;
		if (!write->nullable)
			complain(c, given->field->name, SLICE("This field may not be null."));
	} else {
		check_kind(c, w, given);
		if (!c->field_open && !c->outer_open && write->check != NULL)
			wrong = write->check(w, given);
	}
	if (wrong != NULL)
		complain(c, given->field->name, slice_str(wrong));
	end_field(c);
}

static void
check_all(struct complaint *c, struct write *w, struct given *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(c, w, &given[i]);
}

bool
validate_begin(struct write *w)
{
	const struct resource *r = w->v->route->resource;
	const struct value *json = w->body.json;

	if (r->gate != NULL && !r->gate(w))
		return false;
	if (json != NULL && json->kind == VALUE_NULL)
		return write_refuse_field(w, "detail", "No data provided");
	if (json != NULL && json->kind != VALUE_OBJECT)
		return write_refuse_field(w, "detail", arena_printf(w->v->request->arena,
		    "Invalid data. Expected a dictionary, but got %s.", value_type(json)));
	w->given = take_given(w, r->shape->fields, json, "", &w->count);
	for (size_t i = 0; i < w->count; i++)
		look_up(w, &w->given[i]);
	return true;
}

bool
validate_end(struct write *w)
{
	struct complaint c = { .v = w->v };

	check_all(&c, w, w->given, w->count);
	if (!c.any)
		return true;
	json_close(&w->v->answer.json, '}');
	view_respond(w->v, 400);
	return false;
}
