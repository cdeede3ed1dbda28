/* SPDX-License-Identifier: MIT
 *
 * See json_html.h.  Every byte that is not in a literal of this file passes
 * put_text or put_url, which let no markup through; the JSON is coloured by
 * its tokens, and what is no token is text.  Any process, any thread.
 */
#include "config.h"

#include "proto/json_html.h"

#include <ctype.h>
#include <stdbool.h>

#include "base/buf.h"
#include "proto/text.h"

enum {
	URL_MAX = 2048,		/* bytes of a string in the JSON that becomes a link */
	RELATIONS_MAX = 8,	/* entries of the Link header that are shown */
};

static const char head[] =
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n"
	"<style>\n"
	":root { color-scheme: light dark; --page: #fbfbfa; --text: #24292f; --faint: #6b7280; --line: #dddcd8;\n"
	"  --box: #ffffff; --link: #0b5cad; --key: #7a3e9d; --string: #1c6b3c; --number: #a14b00; --literal: #9a2036; }\n"
	"@media (prefers-color-scheme: dark) { :root { --page: #16181c; --text: #d8dbe0; --faint: #8b929c;\n"
	"  --line: #31353c; --box: #1d2025; --link: #7db7f2; --key: #cfa2ec; --string: #8fd3a5; --number: #f0b072;\n"
	"  --literal: #f2919f; } }\n"
	"body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 3rem; background: var(--page);\n"
	"  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }\n"
	"h1 { margin: 0 0 .5rem; font-size: 1.5rem; font-weight: 600; }\n"
	"a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }\n"
	"code, pre { font: 13px/1.55 ui-monospace, \"Cascadia Mono\", \"DejaVu Sans Mono\", Menlo, monospace; }\n"
	".request { margin: 0 0 .5rem; overflow-wrap: anywhere; }\n"
	".status { margin-left: .5rem; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem;\n"
	"  color: var(--faint); font-size: .8rem; white-space: nowrap; }\n"
	"nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0 0 .75rem; font-size: .9rem; }\n"
	"pre { margin: 0; padding: 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem;\n"
	"  background: var(--box); }\n"
	".k { color: var(--key); } .s { color: var(--string); } .n { color: var(--number); } .l { color: var(--literal); }\n"
	".empty { color: var(--faint); }\n"
	"</style>\n";

/*
 * Escaping.
 */

void
html_put_text(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		size_t length;
		uint32_t code = utf8_decode(s, &length);

		switch (code) {
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '&':
			buf_str(out, "&amp;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		case '\'':
			buf_str(out, "&#39;");
			break;
		default:
			utf8_encode(out, (code < ' ' && code != '\n' && code != '\t') ||
			    (code >= 0x7f && code < 0xa0) ? 0xfffd : code);
		}
		s = slice_from(s, length);
	}
}

/* The inside of an href: what may not stand in a URL is percent-encoded. */
static void
put_url(struct buf *out, struct slice url)
{
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c == '&')
			buf_str(out, "&amp;");
		else if (c <= ' ' || c >= 0x7f || strchr("\"'<>\\^`{|}", c) != NULL)
			buf_printf(out, "%%%02X", (unsigned)c);
		else
			buf_byte(out, (char)c);
	}
}

static void
put_span(struct buf *out, char kind, struct slice text)
{
	buf_printf(out, "<span class=\"%c\">", kind);
	html_put_text(out, text);
	buf_str(out, "</span>");
}

static bool
is_web_url(struct slice url)
{
	return slice_has_prefix(url, SLICE("http://")) || slice_has_prefix(url, SLICE("https://"));
}

/* A path of this host; "//name" would be another one. */
static bool
is_path(struct slice url)
{
	return slice_has_prefix(url, SLICE("/")) && !slice_has_prefix(url, SLICE("//"));
}

/*
 * JSON.
 */

/* Bytes of the string at the front of s, its quotes included; all of s if it does not end. */
static size_t
string_length(struct slice s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* Four hex digits at the front of s, or -1. */
static int
hex4(struct slice s)
{
	int value = 0;

	if (s.n < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!isxdigit(c))
			return -1;
		value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* Takes "uXXXX", or two of them that make a pair, off the front of *s; a lone surrogate is U+FFFD. */
static uint32_t
take_unicode(struct slice *s)
{
	int high = hex4(slice_from(*s, 1)), low;

	if (high < 0) {
		*s = slice_from(*s, 1);
		return 0xfffd;
	}
	*s = slice_from(*s, 5);
	if (high < 0xd800 || high > 0xdfff)
		return (uint32_t)high;
	low = s->n >= 6 && s->p[0] == '\\' && s->p[1] == 'u' ? hex4(slice_from(*s, 2)) : -1;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*s = slice_from(*s, 6);
	return 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

/* What the inside of a JSON string means. */
static void
put_unescaped(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
		char c = s.p[0];
		const char *at;

		s = slice_from(s, 1);
		if (c != '\\' || s.n == 0) {
			buf_byte(out, c);
		} else if (s.p[0] == 'u') {
			utf8_encode(out, take_unicode(&s));
		} else {
			at = memchr(from, s.p[0], strlen(from));
			buf_byte(out, at != NULL ? to[at - from] : s.p[0]);
			s = slice_from(s, 1);
		}
	}
}

/* Does the string, without its quotes, mean an address and nothing else?  Then it is put into *url. */
static bool
find_url(struct slice inside, struct buf *url)
{
	if (inside.n > URL_MAX || inside.n == 0 || inside.p[0] != 'h')
		return false;
	put_unescaped(url, inside);
	for (size_t i = 0; i < url->len; i++)
		if ((unsigned char)url->data[i] <= ' ' || url->data[i] == 0x7f)
			return false;
	return is_web_url(buf_as_slice(url));
}

static void
put_string(struct buf *out, struct slice token)
{
	struct buf url = { 0 };
	bool whole = token.n >= 2 && token.p[token.n - 1] == '"';

	if (whole && find_url(slice_make(token.p + 1, token.n - 2), &url)) {
		buf_str(out, "<span class=\"s\">&quot;<a href=\"");
		put_url(out, buf_as_slice(&url));
		buf_str(out, "\">");
		html_put_text(out, slice_make(token.p + 1, token.n - 2));
		buf_str(out, "</a>&quot;</span>");
	} else {
		put_span(out, 's', token);
	}
	buf_fini(&url);
}

static bool
is_key(struct slice behind)
{
	size_t i = 0;

	while (i < behind.n && (behind.p[i] == ' ' || behind.p[i] == '\n'))
		i++;
	return i < behind.n && behind.p[i] == ':';
}

/* Bytes at the front of s that are in the set, at least 1. */
static size_t
run_length(struct slice s, const char *set)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != '\0' && strchr(set, s.p[n]) != NULL)
		n++;
	return n;
}

static void
put_json(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		char c = s.p[0];
		size_t n;

		if (c == '"') {
			n = string_length(s);
			if (is_key(slice_from(s, n)))
				put_span(out, 'k', slice_make(s.p, n));
			else
				put_string(out, slice_make(s.p, n));
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			n = run_length(s, "0123456789+-.eE");
			put_span(out, 'n', slice_make(s.p, n));
		} else if (c >= 'a' && c <= 'z') {
			n = run_length(s, "abcdefghijklmnopqrstuvwxyz");
			put_span(out, 'l', slice_make(s.p, n));
		} else {
			/* Up to the next token, so that a character of several bytes stays in one piece. */
			for (n = 1; n < s.n && s.p[n] != '"' && s.p[n] != '-' && !isalnum((unsigned char)s.p[n]);)
				n++;
			html_put_text(out, slice_make(s.p, n));
		}
		s = slice_from(s, n);
	}
}

/*
 * The Link header: <url>; rel="name", ...
 */

struct relation {
	struct slice name, url;
};

/* Takes the next entry off *rest; returns false at the end or where the value makes no sense. */
static bool
take_relation(struct slice *rest, struct relation *relation)
{
	ptrdiff_t open = slice_index(*rest, '<'), end;
	struct slice tail, quoted;

	if (open < 0)
		return false;
	*rest = slice_from(*rest, (size_t)open + 1);
	end = slice_index(*rest, '>');
	if (end < 0)
		return false;
	relation->url = slice_make(rest->p, (size_t)end);
	*rest = slice_from(*rest, (size_t)end + 1);
	tail = slice_trim(*rest, "; ");
	relation->name = SLICE_NONE;
	if (slice_has_prefix(tail, SLICE("rel=\""))) {
		tail = slice_from(tail, strlen("rel=\""));
		if (slice_cut(&tail, '"', &quoted) && tail.p != NULL)
			relation->name = quoted;
	}
	return true;
}

static void
put_link(struct buf *out, const char *relation, const char *label, struct slice url)
{
	buf_str(out, "<a ");
	if (relation != NULL)
		buf_printf(out, "rel=\"%s\" ", relation);
	buf_str(out, "href=\"");
	put_url(out, url);
	buf_printf(out, "\">%s</a>\n", label);
}

static void
put_links(struct buf *out, const struct json_page *page)
{
	static const struct {
		const char *name, *label;
	} known[] = {
		{ "first", "First page" }, { "prev", "Previous page" }, { "next", "Next page" }, { "last", "Last page" },
	};
	struct relation relations[RELATIONS_MAX];
	struct slice rest = page->link;
	size_t count = 0;

	while (count < RELATIONS_MAX && take_relation(&rest, &relations[count]))
		count++;
	buf_str(out, "<nav>\n");
	if (is_web_url(page->raw_url) || is_path(page->raw_url))
		put_link(out, NULL, "Raw JSON", page->raw_url);
	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		for (size_t i = 0; i < count; i++)
			if (slice_is(relations[i].name, known[k].name) && is_web_url(relations[i].url))
				put_link(out, known[k].name, known[k].label, relations[i].url);
	buf_str(out, "</nav>\n");
}

void
json_html_put(struct buf *out, const struct json_page *page)
{
	buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
	buf_str(out, head);
	buf_str(out, "<title>");
	html_put_text(out, page->title);
	buf_str(out, "</title>\n</head>\n<body>\n<h1>");
	html_put_text(out, page->title);
	buf_str(out, "</h1>\n<p class=\"request\"><code>");
	html_put_text(out, page->request);
	buf_str(out, "</code><span class=\"status\">");
	html_put_text(out, page->status);
	buf_str(out, "</span></p>\n");
	put_links(out, page);
	if (page->json.n > 0) {
		buf_str(out, "<pre>");
		/* A browser drops a line break behind <pre>; this one is for it. */
		buf_byte(out, '\n');
		put_json(out, page->json);
		buf_str(out, "</pre>\n");
	} else {
		buf_str(out, "<p class=\"empty\">No content.</p>\n");
	}
	buf_str(out, "</body>\n</html>\n");
}
