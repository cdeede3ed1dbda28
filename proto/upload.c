/* SPDX-License-Identifier: MIT
 *
 * See upload.h.  Each byte is searched for the boundary once: after one that turns out
 * to be content the search goes on behind it.
 */
#include "config.h"

#include "proto/upload.h"

#include <string.h>

#include "base/arena.h"
#include "proto/params.h"
#include "proto/text.h"

static const char no_boundary[] = "The Content-Type of the form names no boundary.";
static const char no_end[] = "The form has no end.";
static const char bad_head[] = "A part of the form has headers that cannot be read.";
static const char many_parts[] = "The form has too many parts.";

struct reader {
	struct arena *arena;
	struct slice rest;		/* behind the last delimiter */
	char delimiter[2 + 2 + UPLOAD_BOUNDARY_MAX];	/* "\r\n--" and the boundary */
	size_t length;
	struct form_field *field;
	struct upload_file *file;
	size_t fields, files;
	bool ended;
};

struct part {
	struct slice name;		/* absent: no field */
	struct slice filename;		/* absent: a text */
};

/* ---- delimiters ---- */

/* What follows a boundary: white space and a line's end, or "--".  How long it is; 0: anything else. */
static size_t
delimiter_end(struct slice s, bool *last_r)
{
	size_t n = 0;

	*last_r = s.n >= 2 && s.p[0] == '-' && s.p[1] == '-';
	if (*last_r)
		return 2;
	while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return s.n - n >= 2 && s.p[n] == '\r' && s.p[n + 1] == '\n' ? n + 2 : 0;
}

/* Takes what stands before the next delimiter off the front of r->rest, the delimiter too.  False: there is none. */
static bool
take_part(struct reader *r, struct slice *part_r)
{
	struct slice rest = r->rest;
	const char *at;

	while (rest.n > 0 && (at = memmem(rest.p, rest.n, r->delimiter, r->length)) != NULL) {
		struct slice behind = slice_from(rest, (size_t)(at - rest.p) + r->length);
		size_t n = delimiter_end(behind, &r->ended);

		if (n > 0) {
			*part_r = slice_make(r->rest.p, (size_t)(at - r->rest.p));
			r->rest = slice_from(behind, n);
			return true;
		}
		/* the CRLF behind may begin the delimiter itself */
		rest = behind;
	}
	return false;
}

/* Passes over what stands before the first delimiter, which needs no line's end before it if it comes first. */
static bool
begin(struct reader *r)
{
	struct slice first = slice_make(r->delimiter + 2, r->length - 2), preamble;
	size_t n;

	if (!slice_has_prefix(r->rest, first))
		return take_part(r, &preamble);
	n = delimiter_end(slice_from(r->rest, first.n), &r->ended);
	if (n == 0)
		return take_part(r, &preamble);
	r->rest = slice_from(r->rest, first.n + n);
	return true;
}

/* ---- parts ---- */

/* A browser of old sent the whole path. */
static struct slice
without_directories(struct slice name)
{
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '/' || name.p[i] == '\\')
			return slice_from(name, i + 1);
	return name;
}

static void
take_disposition(struct reader *r, struct slice params, struct part *part)
{
	struct slice piece;
	struct param param;

	while (params_cut(&params, &piece)) {
		if (!params_read(r->arena, piece, &param))
			continue;
		if (slice_eq_nocase(param.name, SLICE("name")))
			part->name = utf8_repair(r->arena, param.value);
		else if (slice_eq_nocase(param.name, SLICE("filename")))
			part->filename = without_directories(utf8_repair(r->arena, param.value));
	}
}

/* False: a line that is no header. */
static bool
take_header(struct reader *r, struct slice line, struct part *part)
{
	struct slice value, name, rest = line;

	if (!slice_cut(&rest, ':', &name) || rest.p == NULL || name.n == 0)
		return false;
	if (!slice_eq_nocase(slice_trim(name, PARAMS_SPACE), SLICE("content-disposition")))
		return true;
	if (params_cut(&rest, &value) && slice_eq_nocase(value, SLICE("form-data")))
		take_disposition(r, rest, part);
	return true;
}

/* Takes the headers off the front of *bytes. */
static bool
take_head(struct reader *r, struct slice *bytes, struct part *part)
{
	for (size_t used = 0;;) {
		size_t left = bytes->n < UPLOAD_HEAD_MAX - used ? bytes->n : UPLOAD_HEAD_MAX - used;
		const char *end = left > 0 ? memmem(bytes->p, left, "\r\n", 2) : NULL;
		struct slice line;

		if (end == NULL)
			return false;
		line = slice_make(bytes->p, (size_t)(end - bytes->p));
		*bytes = slice_from(*bytes, line.n + 2);
		if (line.n == 0)
			return true;
		if (!take_header(r, line, part))
			return false;
		used += line.n + 2;
	}
}

static void
add_part(struct reader *r, const struct part *part, struct slice bytes)
{
	if (part->name.p == NULL)
		return;
	if (part->filename.p == NULL)
		r->field[r->fields++] = (struct form_field){ part->name, utf8_repair(r->arena, bytes) };
	else if (part->filename.n > 0)
		r->file[r->files++] = (struct upload_file){ part->name, part->filename, bytes };
}

/* ---- bodies ---- */

static const char *
read_parts(struct reader *r)
{
	struct slice bytes;

	r->field = arena_alloc(r->arena, UPLOAD_PARTS_MAX * sizeof(*r->field));
	r->file = arena_alloc(r->arena, UPLOAD_PARTS_MAX * sizeof(*r->file));
	if (!begin(r))
		return no_end;
	for (size_t parts = 0; !r->ended; parts++) {
		struct part part = { .name = SLICE_NONE };

		if (parts == UPLOAD_PARTS_MAX)
			return many_parts;
		if (!take_part(r, &bytes))
			return no_end;
		if (!take_head(r, &bytes, &part))
			return bad_head;
		add_part(r, &part, bytes);
	}
	return NULL;
}

static bool
is_boundary(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= UPLOAD_BOUNDARY_MAX;
}

static const char *
read_multipart(struct arena *arena, struct slice content_type, struct slice bytes, struct upload *upload)
{
	struct slice boundary = params_last(arena, content_type, "boundary");
	struct reader r = { .arena = arena, .rest = bytes, .delimiter = "\r\n--" };
	const char *error;

	if (!is_boundary(boundary))
		return no_boundary;
	memcpy(r.delimiter + 4, boundary.p, boundary.n);
	r.length = boundary.n + 4;
	error = read_parts(&r);
	*upload = (struct upload){ r.field, r.fields, r.file, r.files };
	return error;
}

static const char *
read_urlencoded(struct arena *arena, struct slice content_type, struct slice bytes, struct upload *upload)
{
	const char *error = NULL;
	struct body body;

	if (body_parse(arena, content_type, bytes, &body, &error) != 0)
		return error;
	upload->field = body.field;
	upload->fields = body.count;
	return NULL;
}

int
upload_parse(struct arena *arena, struct slice content_type, struct slice bytes, struct upload *upload_r,
    const char **error_r)
{
	struct slice rest = content_type, type = SLICE_NONE;

	*upload_r = (struct upload){ 0 };
	*error_r = NULL;
	(void)params_cut(&rest, &type);
	/* nothing at all is an empty form of any kind */
	if (bytes.n == 0)
		return 0;
	if (slice_eq_nocase(type, SLICE("multipart/form-data")))
		*error_r = read_multipart(arena, content_type, bytes, upload_r);
	else if (slice_eq_nocase(type, SLICE("application/x-www-form-urlencoded")))
		*error_r = read_urlencoded(arena, content_type, bytes, upload_r);
	if (*error_r != NULL)
		*upload_r = (struct upload){ 0 };
	return *error_r != NULL ? -1 : 0;
}

struct slice
upload_text(const struct upload *upload, const char *name)
{
	for (size_t i = upload->fields; i-- > 0;)
		if (slice_is(upload->field[i].name, name))
			return upload->field[i].value;
	return SLICE_NONE;
}

const struct upload_file *
upload_file(const struct upload *upload, const char *name)
{
	for (size_t i = upload->files; i-- > 0;)
		if (slice_is(upload->file[i].name, name))
			return &upload->file[i];
	return NULL;
}
