/* SPDX-License-Identifier: MIT
 *
 * OPTIONS: what a view is and what it takes (patchwork-api.md, 1.6).
 * Job thread.
 */
#include "config.h"

#include "worker/route.h"

static const char *const type_names[] = {
	[META_FIELD] = "field", [META_INTEGER] = "integer", [META_STRING] = "string", [META_DATETIME] = "datetime",
	[META_BOOLEAN] = "boolean", [META_EMAIL] = "email", [META_URL] = "url", [META_SLUG] = "slug",
	[META_CHOICE] = "choice", [META_NESTED] = "nested object",
};

/* "Commit ref" for commit_ref. */
static void
put_label(struct json *j, const struct field *field)
{
	if (field->label != NULL) {
		json_string(j, slice_str(field->label));
		return;
	}
	if (strcmp(field->name, "id") == 0) {
		json_string(j, SLICE("ID"));
		return;
	}
	json_string_begin(j);
	for (const char *c = field->name; *c != '\0'; c++)
		buf_byte(j->out, c == field->name ? (char)(*c & ~0x20) : *c == '_' ? ' ' : *c);
	json_string_end(j);
}

static void
put_choices(struct json *j, const char *const *choices)
{
	json_open(j, '[');
	for (int64_t i = 0; choices[i] != NULL; i++) {
		json_open(j, '{');
		json_key(j, "value");
		json_int(j, i);
		json_key(j, "display_name");
		json_string(j, slice_str(choices[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_fields(struct json *j, const struct field *fields, enum dialect dialect);

static void
put_rules(struct json *j, const struct writable *write, enum dialect dialect)
{
	if (write->max_length > 0) {
		json_key(j, "max_length");
		json_int(j, write->max_length);
	}
	/* the reference knows no bounds over SQLite */
	if (write->bounded && dialect == DIALECT_POSTGRESQL) {
		json_key(j, "min_value");
		json_int(j, 0);
		json_key(j, "max_value");
		json_int(j, INT32_MAX);
	}
	if (write->children != NULL) {
		json_key(j, "children");
		put_fields(j, write->children, dialect);
	}
	if (write->choices != NULL) {
		json_key(j, "choices");
		put_choices(j, write->choices);
	}
}

static void
put_field(struct json *j, const struct field *field, enum dialect dialect)
{
	json_key(j, field->name);
	json_open(j, '{');
	json_key(j, "type");
	json_string(j, slice_str(type_names[field->type]));
	json_key(j, "required");
	json_bool(j, field->write != NULL && field->write->required);
	json_key(j, "read_only");
	json_bool(j, field->write == NULL);
	json_key(j, "label");
	put_label(j, field);
	if (field->help != NULL) {
		json_key(j, "help_text");
		json_string(j, slice_str(field->help));
	}
	if (field->write != NULL)
		put_rules(j, field->write, dialect);
	json_close(j, '}');
}

/* All fields, whatever the version. */
static void
put_fields(struct json *j, const struct field *fields, enum dialect dialect)
{
	json_open(j, '{');
	for (const struct field *field = fields; field->name != NULL || field->columns != NULL; field++)
		if (field->name != NULL)
			put_field(j, field, dialect);
	json_close(j, '}');
}

static void
put_types(struct json *j, const char *key, const char *const *types)
{
	json_key(j, key);
	json_open(j, '[');
	for (; *types != NULL; types++)
		json_string(j, slice_str(*types));
	json_close(j, ']');
}

/* Whether the caller would pass the permission checks of the view's PUT or POST. */
static enum view_result
find_action(struct view *v, const char **method_r)
{
	const struct resource *r = v->route->resource;
	unsigned writes = view_writes(v);
	struct rows *rows;

	*method_r = NULL;
	if (writes & MAY_POST) {
		if (r->list_write_open || (v->authenticated && v->answer.version >= r->list_writes_since))
			*method_r = "POST";
		return VIEW_GO_ON;
	}
	if (!(writes & MAY_PUT) || !v->authenticated || v->answer.version < r->detail_writes_since)
		return VIEW_GO_ON;
	rows = detail_query_writable(v);
	if (!view_flush(v))
		return VIEW_STORE;
	*method_r = rows->count > 0 ? "PUT" : NULL;
	return VIEW_GO_ON;
}

enum view_result
describe_run(struct view *v)
{
	static const char *const renders[] = { "application/json", "text/html", NULL };
	static const char *const parses[] = { "application/json", "application/x-www-form-urlencoded",
		"multipart/form-data", NULL };
	const struct resource *r = v->route->resource;
	const struct description *d = v->route->kind == ROUTE_DETAIL ? &r->detail : &r->list;
	struct json *j = &v->answer.json;
	const char *method;

	if (find_action(v, &method) != VIEW_GO_ON)
		return VIEW_STORE;
	view_begin_json(v);
	json_open(j, '{');
	json_key(j, "name");
	json_string(j, slice_str(d->name));
	json_key(j, "description");
	json_string(j, slice_str(d->text));
	put_types(j, "renders", renders);
	put_types(j, "parses", parses);
	if (method != NULL) {
		json_key(j, "actions");
		json_open(j, '{');
		json_key(j, method);
		put_fields(j, r->shape->fields, store_dialect(v->service->store));
		json_close(j, '}');
	}
	json_close(j, '}');
	view_respond(v, 200);
	return VIEW_ANSWERED;
}
