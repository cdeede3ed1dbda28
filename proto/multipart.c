/* SPDX-License-Identifier: MIT
 *
 * multipart/form-data (patchwork-api.md, 6.3), read as Django's parser reads
 * it, which is lenient: a boundary counts wherever it stands, the last part
 * needs none behind it, what has no Content-Disposition is passed over.  Each
 * byte is looked at a bounded number of times: a part's head is at most
 * HEAD_MAX bytes, what is longer is none.
 */
#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/body_private.h"
#include "proto/digits.h"
#include "proto/params.h"
#include "proto/text.h"

enum {
	HEAD_MAX = 1024,	/* as the reference */
	BOUNDARY_MAX = 201	/* as Python's cgi.valid_boundary() */
};

struct part {
	struct slice name;	/* absent: not a field */
	bool name_utf8;		/* else in the form's charset */
	bool file;
	struct slice transfer;	/* Content-Transfer-Encoding; absent */
};

/* As Python's base64.b64decode() reads it; -1 when it is none. */
static int
decode_base64(struct arena *arena, struct slice in, struct slice *out_r)
{
	char *start = arena_alloc(arena, in.n / 4 * 3 + 4), *at = start;
	unsigned place = 0, pads = 0, bits = 0;
	bool ended = false;

	for (size_t i = 0; i < in.n && !ended; i++) {
		int digit = base64_digit(in.p[i]);

		if (in.p[i] == '=' && place >= 2)
			ended = place + ++pads >= 4;
		if (digit < 0)
			continue;
		pads = 0;
		bits = bits << 6 | (unsigned)digit;
		if (place > 0)
			*at++ = (char)(bits >> (6 - 2 * place) & 0xff);
		place = (place + 1) % 4;
	}
	*out_r = slice_make(start, (size_t)(at - start));
	return ended || place == 0 ? 0 : -1;
}

static void
take_disposition(struct arena *arena, struct slice params, struct part *part)
{
	struct slice piece;
	struct param param;

	part->name = SLICE_NONE;
	while (params_cut(&params, &piece)) {
		if (!params_read(arena, piece, &param))
			continue;
		if (slice_eq_nocase(param.name, SLICE("name"))) {
			part->name = slice_trim(param.value, PARAMS_SPACE);
			part->name_utf8 = param.utf8;
		} else if (slice_eq_nocase(param.name, SLICE("filename")) && param.value.n > 0) {
			part->file = true;
		}
	}
}

static void
take_header(struct arena *arena, struct slice line, struct part *part)
{
	struct slice value, name;

	if (!params_cut(&line, &value) || !text_is_ascii(value) || !slice_cut(&value, ':', &name) || value.p == NULL)
		return;
	if (slice_eq_nocase(name, SLICE("content-disposition")))
		take_disposition(arena, line, part);
	else if (slice_eq_nocase(name, SLICE("content-transfer-encoding")))
		part->transfer = slice_trim(value, PARAMS_SPACE);
}

static struct slice
to_utf8(struct form *form, enum charset charset, struct slice bytes)
{
	struct buf text = { 0 };
	struct slice copy;

	charset_put(&text, charset, bytes);
	copy = arena_slice(form->arena, buf_as_slice(&text));
	buf_fini(&text);
	return copy;
}

/* slice_cut() at CRLF. */
static bool
cut_line(struct slice *rest, struct slice *line)
{
	const char *end = rest->n > 0 ? memmem(rest->p, rest->n, "\r\n", 2) : NULL;

	if (rest->p == NULL)
		return false;
	*line = slice_make(rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n);
	*rest = end != NULL ? slice_from(*rest, line->n + 2) : SLICE_NONE;
	return true;
}

static int
take_part(struct form *form, struct slice bytes)
{
	const char *head_end = memmem(bytes.p, bytes.n < HEAD_MAX ? bytes.n : HEAD_MAX, "\r\n\r\n", 4);
	struct part part = { .name = SLICE_NONE };
	struct slice line, rest, data;

	if (head_end == NULL)
		return 0;
	rest = slice_make(bytes.p, (size_t)(head_end - bytes.p));
	data = slice_from(bytes, rest.n + 4);
	while (cut_line(&rest, &line))
		take_header(form->arena, line, &part);
	if (part.file || part.name.p == NULL)
		return 0;
	/* What is no base64 stays as it is. */
	if (slice_eq_nocase(part.transfer, SLICE("base64")) &&
	    decode_base64(form->arena, data, &line) == 0)
		data = line;
	return form_add(form, to_utf8(form, part.name_utf8 ? CHARSET_UTF8 : form->charset, part.name),
	    to_utf8(form, form->charset, data));
}

static bool
is_boundary(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= BOUNDARY_MAX && s.p[s.n - 1] != ' ';
}

int
multipart_parse(struct form *form, struct slice content_type, struct slice bytes, const char **detail_r)
{
	struct slice boundary = params_last(form->arena, content_type, "boundary");
	char needle[2 + BOUNDARY_MAX] = "--";

	if (!is_boundary(boundary)) {
		boundary = boundary.p == NULL ? SLICE("None") : utf8_repair(form->arena, boundary);
		*detail_r = arena_printf(form->arena, "Multipart form parse error - Invalid boundary in multipart: %.*s",
		    SLICE_ARG(boundary));
		return 400;
	}
	memcpy(needle + 2, boundary.p, boundary.n);
	while (bytes.n > 0) {
		const char *found = memmem(bytes.p, bytes.n, needle, boundary.n + 2);
		struct slice part = slice_make(bytes.p, found != NULL ? (size_t)(found - bytes.p) : bytes.n);

		bytes = slice_from(bytes, found != NULL ? part.n + boundary.n + 2 : bytes.n);
		/* the line break in front of a boundary belongs to it */
		if (take_part(form, found != NULL ? text_without_break(part) : part) < 0) {
			*detail_r = arena_printf(form->arena, "The form has more than %d fields.", BODY_FIELDS_MAX);
			return 400;
		}
	}
	return 0;
}
