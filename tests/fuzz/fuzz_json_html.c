/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/json_html.  The input is the JSON and the other parts of
 * a page, parted by NUL.  Checked:
 *  - the page is UTF-8, and in its body there are no tags but those of the
 *    template, with attributes that hold no quote or bracket; what opens also
 *    closes, and no link leads anywhere but to http, https or a path;
 *  - the block without its tags, unescaped, is the JSON, but for bytes that
 *    are no UTF-8 and for control characters.
 */
#include "config.h"

#include "proto/json_html.h"

#include "base/buf.h"
#include "proto/text.h"
#include "tests/fuzz/fuzz.h"

/* Takes `literal` off the front of *s if it is there. */
static bool
take(struct slice *s, const char *literal)
{
	if (!slice_has_prefix(*s, slice_str(literal)))
		return false;
	*s = slice_from(*s, strlen(literal));
	return true;
}

static void
take_href(struct slice *s)
{
	struct slice url;

	require(take(s, "href=\""));
	require(slice_has_prefix(*s, SLICE("http://")) || slice_has_prefix(*s, SLICE("https://")) ||
	    (slice_has_prefix(*s, SLICE("/")) && !slice_has_prefix(*s, SLICE("//"))));
	require(slice_cut(s, '"', &url) && s->p != NULL);
	for (size_t i = 0; i < url.n; i++)
		require(url.p[i] > ' ' && url.p[i] < 0x7f && strchr("<>'\\", url.p[i]) == NULL);
	require(take(s, ">"));
}

/* Takes a tag off the front of *s; returns how many more elements are open behind it. */
static int
take_tag(struct slice *s)
{
	static const char *const opening[] = {
		"<span class=\"k\">", "<span class=\"s\">", "<span class=\"n\">", "<span class=\"l\">",
		"<span class=\"status\">", "<h1>", "<p class=\"request\">", "<p class=\"empty\">", "<code>", "<nav>", "<pre>",
	};
	static const char *const closing[] = { "</span>", "</a>", "</h1>", "</p>", "</code>", "</nav>", "</pre>" };

	for (size_t i = 0; i < sizeof(opening) / sizeof(*opening); i++)
		if (take(s, opening[i]))
			return 1;
	for (size_t i = 0; i < sizeof(closing) / sizeof(*closing); i++)
		if (take(s, closing[i]))
			return -1;
	require(take(s, "<a "));
	(void)(take(s, "rel=\"first\" ") || take(s, "rel=\"prev\" ") || take(s, "rel=\"next\" ") || take(s, "rel=\"last\" "));
	take_href(s);
	return 1;
}

/* Takes an entity off the front of *s; returns its character. */
static char
take_entity(struct slice *s)
{
	static const struct {
		const char *name;
		char character;
	} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&#39;", '\'' } };

	for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
		if (take(s, entities[i].name))
			return entities[i].character;
	abort();
}

/* The text of a piece of HTML. */
static void
put_text_of(struct buf *out, struct slice html)
{
	int open = 0;

	while (html.n > 0) {
		char c = html.p[0];

		require(c != '>' && c != '"' && c != '\'');
		if (c == '<') {
			open += take_tag(&html);
			require(open >= 0);
		} else if (c == '&') {
			buf_byte(out, take_entity(&html));
		} else {
			buf_byte(out, c);
			html = slice_from(html, 1);
		}
	}
	require(open == 0);
}

/* What the page shows of a text. */
static void
put_shown(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		size_t length;
		uint32_t code = utf8_decode(s, &length);
		bool control = (code < ' ' && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);

		utf8_encode(out, control ? 0xfffd : code);
		s = slice_from(s, length);
	}
}

/* What stands between the first `open` and the last `close`. */
static struct slice
between(struct slice s, const char *open, const char *close)
{
	const char *start = memmem(s.p, s.n, open, strlen(open));

	require(start != NULL);
	s = slice_from(s, (size_t)(start - s.p) + strlen(open));
	while (!slice_has_suffix(s, slice_str(close))) {
		require(s.n > 0);
		s.n--;
	}
	s.n -= strlen(close);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make(size > 0 ? (const char *)data : "", size), fields[6] = { SLICE_NONE };
	struct buf out = { 0 }, text = { 0 }, shown = { 0 };
	struct json_page page;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!slice_cut(&rest, '\0', &fields[i]))
			fields[i] = SLICE_NONE;
	page = (struct json_page){
		.json = fields[0],
		.title = fields[1],
		.link = fields[2],
		.raw_url = fields[3],
		.request = fields[4],
		.status = fields[5],
	};
	json_html_put(&out, &page);
	require(utf8_valid(buf_as_slice(&out)));
	put_text_of(&text, between(buf_as_slice(&out), "<body>\n", "</body>\n</html>\n"));
	if (page.json.n > 0) {
		buf_reset(&text);
		put_text_of(&text, between(buf_as_slice(&out), "<pre>\n", "</pre>\n</body>\n</html>\n"));
		put_shown(&shown, page.json);
		require(slice_eq(buf_as_slice(&text), buf_as_slice(&shown)));
	}
	buf_fini(&out);
	buf_fini(&text);
	buf_fini(&shown);
	return 0;
}
