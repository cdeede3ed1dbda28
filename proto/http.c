/* SPDX-License-Identifier: MIT
 *
 * See http.h.  The head is read once from left to right and refused at the
 * first byte that is wrong, so the verdict over a prefix is the verdict over
 * whatever follows it.  On the hot path of every request: bytes are classed by
 * one table, header values eight at a time.
 */
#include "config.h"

#include "proto/http.h"

enum {
	EMPTY_LINES_MAX = 8,		/* before the request line; else two bytes a call are quadratic */
	METHOD_MAX = 32,
	CHUNK_SIZE_DIGITS = 16,		/* 64 bits in hexadecimal */
	CHUNK_LINE_MAX = 256,
	CHUNK_OVERHEAD_MAX = 16 * 1024	/* extensions and trailers of a whole body */
};

/* Classes of bytes. */
enum {
	T = 1,		/* token (RFC 9110, 5.6.2) */
	G = 2,		/* request target: visible, no '#'; UTF-8 as some clients send it raw */
	V = 4,		/* field value: no control bytes but HTAB */
	A = 8,		/* authority without userinfo (RFC 3986, 3.2) */
	X = 16		/* hexadecimal digit */
};

static const unsigned char class[256] = {
	['\t'] = V, [' '] = V,
	['!'] = T | G | V | A, ['"'] = G | V, ['#'] = T | V, ['$' ... '\''] = T | G | V | A,
	['(' ... ')'] = G | V | A, ['*' ... '+'] = T | G | V | A, [','] = G | V | A,
	['-' ... '.'] = T | G | V | A, ['/'] = G | V, ['0' ... '9'] = T | G | V | A | X,
	[':' ... ';'] = G | V | A, ['<'] = G | V, ['='] = G | V | A, ['>' ... '@'] = G | V,
	['A' ... 'F'] = T | G | V | A | X, ['G' ... 'Z'] = T | G | V | A,
	['['] = G | V | A, ['\\'] = G | V, [']'] = G | V | A, ['^'] = T | G | V,
	['_'] = T | G | V | A, ['`'] = T | G | V,
	['a' ... 'f'] = T | G | V | A | X, ['g' ... 'z'] = T | G | V | A,
	['{'] = G | V, ['|'] = T | G | V, ['}'] = G | V, ['~'] = T | G | V | A,
	[0x80 ... 0xff] = G | V
};

/* What is left to parse, and what the headers said that only counts in the end. */
struct cursor {
	const char *at;
	const char *end;
	bool close;
	bool keep;
	bool has_length;
};

static bool
is(char c, int classes)
{
	return (class[(unsigned char)c] & classes) != 0;
}

static enum http_result
bad(struct http_head *head, int status, const char *reason)
{
	head->status = status;
	head->reason = reason;
	return HTTP_BAD;
}

/* The first byte from `p` on that is not of the class. */
static const char *
skip(const char *p, const char *end, int classes)
{
	while (p < end && is(*p, classes))
		p++;
	return p;
}

/*
 * The same for field values.  Eight bytes without one below 0x20 and without
 * 0x7f are skipped at once; a carry may report a byte that is neither, never
 * miss one, and the table decides.
 */
static const char *
skip_value(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;

	for (;;) {
		const char *stop;
		uint64_t w, del;

		for (; end - p >= 8; p += 8) {
			memcpy(&w, p, sizeof(w));
			del = w ^ (ones * 0x7f);
			if ((((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & tops)
				break;
		}
		stop = end - p > 8 ? p + 8 : end;
		p = skip(p, stop, V);
		if (p < stop || p == end)
			return p;
	}
}

static enum http_result
line_end(struct cursor *c, struct http_head *head)
{
	if (c->at == c->end)
		return HTTP_MORE;
	if (*c->at == '\n')
		return bad(head, 400, "A line ends in a bare LF.");
	if (*c->at != '\r')
		return bad(head, 400, "A forbidden byte in the request head.");
	if (c->end - c->at < 2)
		return HTTP_MORE;
	if (c->at[1] != '\n')
		return bad(head, 400, "A CR without LF in the request head.");
	c->at += 2;
	return HTTP_DONE;
}

static enum http_result
skip_empty_lines(struct cursor *c, struct http_head *head)
{
	for (int i = 0; c->at < c->end && (*c->at == '\r' || *c->at == '\n'); i++) {
		enum http_result result;

		if (i == EMPTY_LINES_MAX)
			return bad(head, 400, "Too many empty lines before the request.");
		result = line_end(c, head);
		if (result != HTTP_DONE)
			return result;
	}
	return HTTP_DONE;
}

static enum http_result
parse_method(struct cursor *c, struct http_head *head)
{
	const char *start = c->at;
	const char *stop = c->end - start > METHOD_MAX ? start + METHOD_MAX + 1 : c->end;

	c->at = skip(start, stop, T);
	if (c->at - start > METHOD_MAX)
		return bad(head, 501, "The method is not known here.");
	if (c->at == c->end)
		return HTTP_MORE;
	if (*c->at != ' ' || c->at == start)
		return bad(head, 400, "Malformed method.");
	head->method = slice_make(start, (size_t)(c->at - start));
	c->at++;
	return HTTP_DONE;
}

static enum http_result
parse_target(struct cursor *c, struct http_head *head)
{
	const char *start = c->at;
	const char *stop = c->end - start > HTTP_TARGET_MAX ? start + HTTP_TARGET_MAX + 1 : c->end;

	c->at = skip(start, stop, G);
	if (c->at - start > HTTP_TARGET_MAX)
		return bad(head, 414, "The request target is too long.");
	if (c->at == c->end)
		return HTTP_MORE;
	if (*c->at == '#')
		return bad(head, 400, "The request target has a fragment.");
	if (*c->at != ' ' || c->at == start)
		return bad(head, 400, "Malformed request target.");
	head->target = slice_make(start, (size_t)(c->at - start));
	c->at++;
	return HTTP_DONE;
}

static enum http_result
parse_version(struct cursor *c, struct http_head *head)
{
	static const char form[8] = "HTTP/d.d";
	const char *start = c->at;

	for (size_t i = 0; i < sizeof(form); i++, c->at++) {
		if (c->at == c->end)
			return HTTP_MORE;
		if (form[i] == 'd' ? *c->at < '0' || *c->at > '9' : *c->at != form[i])
			return bad(head, 400, "Malformed HTTP version.");
	}
	if (start[5] != '1')
		return bad(head, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
	head->minor = start[7] != '0';		/* 1.2 and later are to be read as 1.1 (RFC 9110, 2.5) */
	return HTTP_DONE;
}

static void
split_query(struct http_head *head, struct slice s)
{
	ptrdiff_t mark = slice_index(s, '?');

	head->path = mark < 0 ? s : slice_make(s.p, (size_t)mark);
	if (mark >= 0)
		head->query = slice_from(s, (size_t)mark + 1);
}

/* `rest` is what follows "http://" (RFC 9112, 3.2.2). */
static enum http_result
split_absolute(struct http_head *head, struct slice rest)
{
	const char *end = rest.p + rest.n;
	const char *at = skip(rest.p, end, A);

	/* A user name ('@', not of the class) or an empty host is an attempt to mislead (RFC 9110, 4.2). */
	if (at == rest.p || *rest.p == ':' || (at < end && *at != '/' && *at != '?'))
		return bad(head, 400, "Malformed authority in the request target.");
	head->authority = slice_make(rest.p, (size_t)(at - rest.p));
	split_query(head, slice_make(at, (size_t)(end - at)));
	if (head->path.n == 0)
		head->path = slice_make(rest.p - 1, 1);	/* the '/' before the authority stands in */
	return HTTP_DONE;
}

static enum http_result
split_target(struct http_head *head)
{
	struct slice target = head->target;
	ptrdiff_t colon;

	if (slice_is(head->method, "CONNECT"))
		return bad(head, 400, "CONNECT is for proxies.");
	if (target.p[0] == '/') {
		split_query(head, target);
		return HTTP_DONE;
	}
	if (slice_is(target, "*") && slice_is(head->method, "OPTIONS")) {
		head->path = target;
		return HTTP_DONE;
	}
	colon = slice_index(target, ':');
	if (colon > 0 && slice_has_prefix(slice_from(target, (size_t)colon), SLICE("://"))) {
		struct slice scheme = slice_make(target.p, (size_t)colon);

		/* https comes through proxies that end TLS. */
		if (slice_eq_nocase(scheme, SLICE("http")) || slice_eq_nocase(scheme, SLICE("https")))
			return split_absolute(head, slice_from(target, (size_t)colon + 3));
	}
	return bad(head, 400, "The request target is no path and no http URL.");
}

static enum http_result
parse_request_line(struct cursor *c, struct http_head *head)
{
	enum http_result result = parse_method(c, head);

	if (result == HTTP_DONE)
		result = parse_target(c, head);
	if (result == HTTP_DONE)
		result = parse_version(c, head);
	if (result == HTTP_DONE)
		result = line_end(c, head);
	return result == HTTP_DONE ? split_target(head) : result;
}

static void
take_connection(struct cursor *c, struct slice value)
{
	struct slice token;

	while (slice_cut(&value, ',', &token)) {
		token = slice_trim(token, " \t");
		if (slice_eq_nocase(token, SLICE("close")))
			c->close = true;
		else if (slice_eq_nocase(token, SLICE("keep-alive")))
			c->keep = true;
	}
}

/* Every second Content-Length is refused, an equal one too: nobody honest sends it. */
static enum http_result
take_content_length(struct cursor *c, struct http_head *head, struct slice value)
{
	if (c->has_length)
		return bad(head, 400, "Content-Length was sent twice.");
	if (head->chunked)
		return bad(head, 400, "Content-Length and Transfer-Encoding together.");
	if (slice_uint(value, INT64_MAX, &head->content_length) < 0)
		return bad(head, 400, "Malformed Content-Length.");
	c->has_length = true;
	return HTTP_DONE;
}

static enum http_result
take_transfer_encoding(struct cursor *c, struct http_head *head, struct slice value)
{
	if (head->minor == 0)
		return bad(head, 400, "Transfer-Encoding in HTTP/1.0.");
	if (head->chunked)
		return bad(head, 400, "Transfer-Encoding was sent twice.");
	if (c->has_length)
		return bad(head, 400, "Content-Length and Transfer-Encoding together.");
	if (!slice_eq_nocase(value, SLICE("chunked")))
		return bad(head, 501, "The only transfer coding known here is chunked.");
	head->chunked = true;
	return HTTP_DONE;
}

static enum http_result
take_host(struct http_head *head, struct slice value)
{
	if (head->host.p != NULL)
		return bad(head, 400, "Host was sent twice.");
	head->host = value;
	return HTTP_DONE;
}

static enum http_result
take_expect(struct http_head *head, struct slice value)
{
	if (!slice_eq_nocase(value, SLICE("100-continue")))
		return bad(head, 417, "The only expectation known here is 100-continue.");
	head->expect_continue = head->minor > 0;	/* ignored from 1.0 (RFC 9110, 10.1.1) */
	return HTTP_DONE;
}

/* Acts on the headers that matter to the connection; told apart by length first. */
static enum http_result
take_header(struct cursor *c, struct http_head *head, const struct http_header *h)
{
	switch (h->name.n) {
	case sizeof("Host") - 1:
		if (slice_eq_nocase(h->name, SLICE("Host")))
			return take_host(head, h->value);
		break;
	case sizeof("Expect") - 1:
		if (slice_eq_nocase(h->name, SLICE("Expect")))
			return take_expect(head, h->value);
		break;
	case sizeof("Connection") - 1:
		if (slice_eq_nocase(h->name, SLICE("Connection")))
			take_connection(c, h->value);
		break;
	case sizeof("Content-Length") - 1:
		if (slice_eq_nocase(h->name, SLICE("Content-Length")))
			return take_content_length(c, head, h->value);
		break;
	case sizeof("Transfer-Encoding") - 1:
		if (slice_eq_nocase(h->name, SLICE("Transfer-Encoding")))
			return take_transfer_encoding(c, head, h->value);
		break;
	}
	return HTTP_DONE;
}

static struct slice
trim_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return slice_make(p, (size_t)(end - p));
}

/* One header line; there is at least one byte and it is not CR. */
static enum http_result
parse_header(struct cursor *c, struct http_head *head)
{
	const char *start = c->at, *value;
	struct http_header *h;
	enum http_result result;

	if (head->header_count == HTTP_HEADERS_MAX)
		return bad(head, 431, "Too many headers.");
	h = &head->headers[head->header_count];
	if (*start == ' ' || *start == '\t')
		return bad(head, 400, "A folded header line.");
	c->at = skip(start, c->end, T);
	if (c->at == c->end)
		return HTTP_MORE;
	if (*c->at != ':' || c->at == start)
		return bad(head, 400, "Malformed header name.");
	h->name = slice_make(start, (size_t)(c->at - start));
	value = ++c->at;
	c->at = skip_value(value, c->end);
	h->value = trim_blanks(value, c->at);
	result = line_end(c, head);
	if (result != HTTP_DONE)
		return result;
	head->header_count++;
	return take_header(c, head, h);
}

static enum http_result
parse_headers(struct cursor *c, struct http_head *head)
{
	while (c->at < c->end && *c->at != '\r') {
		enum http_result result = parse_header(c, head);

		if (result != HTTP_DONE)
			return result;
	}
	return line_end(c, head);
}

/* What can be said only when all headers are there. */
static enum http_result
finish(struct cursor *c, struct http_head *head)
{
	if (head->host.p == NULL && head->minor > 0)
		return bad(head, 400, "The Host header is missing.");
	if (head->authority.p != NULL)
		head->host = head->authority;
	head->keep_alive = !c->close && (head->minor > 0 || c->keep);
	return HTTP_DONE;
}

/* All but the array of headers, which is large and bounded by its count. */
static void
reset(struct http_head *head)
{
	head->method = head->target = head->authority = SLICE_NONE;
	head->path = head->query = head->host = SLICE_NONE;
	head->minor = 0;
	head->header_count = 0;
	head->keep_alive = head->chunked = head->expect_continue = false;
	head->content_length = 0;
	head->length = 0;
	head->status = 0;
	head->reason = NULL;
}

enum http_result
http_parse_head(struct slice in, struct http_head *head)
{
	struct cursor c = { .at = in.n > 0 ? in.p : "" };
	const char *start = c.at;
	enum http_result result;

	c.end = start + (in.n > HTTP_HEAD_MAX ? HTTP_HEAD_MAX : in.n);
	reset(head);
	result = skip_empty_lines(&c, head);
	if (result == HTTP_DONE)
		result = parse_request_line(&c, head);
	if (result == HTTP_DONE)
		result = parse_headers(&c, head);
	if (result == HTTP_DONE)
		result = finish(&c, head);
	head->length = (size_t)(c.at - start);
	if (result == HTTP_MORE && in.n >= HTTP_HEAD_MAX)
		return bad(head, 431, "The request head is too long.");
	return result;
}

struct slice
http_header_get(const struct http_head *head, const char *name)
{
	struct slice wanted = slice_str(name);

	for (size_t i = 0; i < head->header_count; i++) {
		const struct http_header *h = &head->headers[i];

		if (h->name.n == wanted.n && slice_eq_nocase(h->name, wanted))
			return h->value;
	}
	return SLICE_NONE;
}

/* States of the chunk decoder, each named for what it waits for; 0 is the start. */
enum {
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER,		/* the start of a trailer line, or of the empty line */
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_LAST_LF,
	CHUNK_DONE,
	CHUNK_BAD
};

static enum http_result
chunks_bad(struct http_chunks *c, int status, const char *reason)
{
	c->state = CHUNK_BAD;
	c->status = status;
	c->reason = reason;
	return HTTP_BAD;
}

static unsigned
hex_value(char digit)
{
	return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)((digit | 0x20) - 'a') + 10;
}

static enum http_result
chunk_size(struct http_chunks *c, char byte, uint64_t max)
{
	if (is(byte, X)) {
		if (c->line++ == CHUNK_SIZE_DIGITS)
			return chunks_bad(c, 400, "A chunk size is too long.");
		c->left = c->left << 4 | hex_value(byte);
		return HTTP_MORE;
	}
	/* No white space before ';' or CR: some take it for part of the size. */
	if (c->line == 0 || (byte != ';' && byte != '\r'))
		return chunks_bad(c, 400, "Malformed chunk size.");
	if (c->left > max || c->total > max - c->left)
		return chunks_bad(c, 413, "The body is too large.");
	c->state = byte == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
	return HTTP_MORE;
}

/* One byte of an extension or a trailer, which nobody reads but which cost their sender nothing. */
static enum http_result
chunk_overhead(struct http_chunks *c, char byte, int classes)
{
	if (!is(byte, classes))
		return chunks_bad(c, 400, "A forbidden byte between chunks.");
	if (++c->trailers > CHUNK_OVERHEAD_MAX || (c->state == CHUNK_EXTENSION && ++c->line > CHUNK_LINE_MAX))
		return chunks_bad(c, 400, "Chunk extensions or trailers are too long.");
	return HTTP_MORE;
}

/* A byte of the trailers; the state is one of theirs, but for the LFs. */
static enum http_result
chunk_trailer(struct http_chunks *c, char byte)
{
	if (c->state == CHUNK_TRAILER_VALUE) {
		if (byte != '\r')
			return chunk_overhead(c, byte, V);
		c->state = CHUNK_TRAILER_LF;
	} else if (byte == '\r' && c->state == CHUNK_TRAILER) {
		c->state = CHUNK_LAST_LF;
	} else if (byte == ':' && c->state == CHUNK_TRAILER_NAME) {
		c->state = CHUNK_TRAILER_VALUE;
	} else {
		c->state = CHUNK_TRAILER_NAME;
		return chunk_overhead(c, byte, T);
	}
	return HTTP_MORE;
}

static enum http_result
chunk_expect(struct http_chunks *c, char byte, char wanted, int next)
{
	if (byte != wanted)
		return chunks_bad(c, 400, "Malformed line end in a chunked body.");
	c->state = next;
	c->line = 0;
	return next == CHUNK_DONE ? HTTP_DONE : HTTP_MORE;
}

/* Takes one byte that is not chunk data. */
static enum http_result
chunk_byte(struct http_chunks *c, char byte, uint64_t max)
{
	switch (c->state) {
	case CHUNK_SIZE:
		return chunk_size(c, byte, max);
	case CHUNK_EXTENSION:
		if (byte != '\r')
			return chunk_overhead(c, byte, V);
		c->state = CHUNK_SIZE_LF;
		return HTTP_MORE;
	case CHUNK_SIZE_LF:
		return chunk_expect(c, byte, '\n', c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER);
	case CHUNK_DATA_CR:
		return chunk_expect(c, byte, '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return chunk_expect(c, byte, '\n', CHUNK_SIZE);
	case CHUNK_TRAILER_LF:
		return chunk_expect(c, byte, '\n', CHUNK_TRAILER);
	case CHUNK_LAST_LF:
		return chunk_expect(c, byte, '\n', CHUNK_DONE);
	default:
		return chunk_trailer(c, byte);
	}
}

/* The call ends behind data, so HTTP_DONE never brings any. */
enum http_result
http_chunks_parse(struct http_chunks *c, struct slice in, uint64_t max, size_t *used_r, struct slice *data_r)
{
	enum http_result result = c->state == CHUNK_DONE ? HTTP_DONE : c->state == CHUNK_BAD ? HTTP_BAD : HTTP_MORE;
	size_t i = 0;

	*data_r = SLICE_NONE;
	while (result == HTTP_MORE && i < in.n) {
		if (c->state == CHUNK_DATA) {
			size_t n = c->left < in.n - i ? (size_t)c->left : in.n - i;

			*data_r = slice_make(in.p + i, n);
			i += n;
			c->left -= n;
			c->total += n;
			if (c->left == 0)
				c->state = CHUNK_DATA_CR;
			break;
		}
		result = chunk_byte(c, in.p[i++], max);
	}
	*used_r = i;
	return result;
}

const char *
http_reason(int status)
{
	switch (status) {
	case 100: return "Continue";
	case 101: return "Switching Protocols";
	case 200: return "OK";
	case 201: return "Created";
	case 202: return "Accepted";
	case 204: return "No Content";
	case 206: return "Partial Content";
	case 301: return "Moved Permanently";
	case 302: return "Found";
	case 303: return "See Other";
	case 304: return "Not Modified";
	case 307: return "Temporary Redirect";
	case 308: return "Permanent Redirect";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 408: return "Request Timeout";
	case 409: return "Conflict";
	case 410: return "Gone";
	case 411: return "Length Required";
	case 412: return "Precondition Failed";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 416: return "Range Not Satisfiable";
	case 417: return "Expectation Failed";
	case 421: return "Misdirected Request";
	case 422: return "Unprocessable Content";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	case 505: return "HTTP Version Not Supported";
	case 507: return "Insufficient Storage";
	default: return "Unknown";
	}
}
