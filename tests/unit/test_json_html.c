/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/json_html.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "proto/json_html.h"

static bool
has(const struct buf *out, const char *text)
{
	return out->data != NULL && memmem(out->data, out->len, text, strlen(text)) != NULL;
}

#define CHECK_HAS(out, text) cr_assert(has(out, text), "no %s in:\n%.*s", (text), (int)(out)->len, (out)->data)
#define CHECK_HAS_NOT(out, text) cr_assert_not(has(out, text), "%s in:\n%.*s", (text), (int)(out)->len, (out)->data)

/* The inside of <pre> for this JSON. */
static void
check_json(const char *json, const char *expected)
{
	struct json_page page = { .title = SLICE("T"), .json = slice_str(json) };
	struct buf out = { 0 }, block = { 0 };

	json_html_put(&out, &page);
	buf_printf(&block, "<pre>\n%s</pre>", expected);
	buf_byte(&block, '\0');
	CHECK_HAS(&out, block.data);
	buf_fini(&block);
	buf_fini(&out);
}

Test(json_html, document)
{
	struct json_page page = {
		.title = SLICE("Patch List"),
		.request = SLICE("GET /api/1.2/patches/?page=2&q=a"),
		.status = SLICE("200 OK"),
		.raw_url = SLICE("/api/1.2/patches/?page=2&format=json"),
		.json = SLICE("[]"),
	};
	struct buf out = { 0 };

	json_html_put(&out, &page);
	cr_assert(slice_has_prefix(buf_as_slice(&out), SLICE("<!DOCTYPE html>\n")));
	cr_assert(slice_has_suffix(buf_as_slice(&out), SLICE("</html>\n")));
	CHECK_HAS(&out, "<title>Patch List</title>");
	CHECK_HAS(&out, "<h1>Patch List</h1>");
	CHECK_HAS(&out, "<code>GET /api/1.2/patches/?page=2&amp;q=a</code>");
	CHECK_HAS(&out, ">200 OK</span>");
	CHECK_HAS(&out, "<a href=\"/api/1.2/patches/?page=2&amp;format=json\">Raw JSON</a>");
	CHECK_HAS(&out, "prefers-color-scheme: dark");
	CHECK_HAS_NOT(&out, "<script");
	CHECK_HAS_NOT(&out, "src=");
	CHECK_HAS_NOT(&out, "url(");
	CHECK_HAS_NOT(&out, "rel=\"next\"");
	buf_fini(&out);
}

Test(json_html, nothing_to_show)
{
	struct json_page page = { .title = SLICE("Bundle Detail"), .status = SLICE("204 No Content") };
	struct buf out = { 0 };

	json_html_put(&out, &page);
	CHECK_HAS_NOT(&out, "<pre>");
	CHECK_HAS_NOT(&out, "Raw JSON");
	CHECK_HAS(&out, "No content");
	buf_fini(&out);
}

Test(json_html, outside_text_is_escaped)
{
	struct json_page page = {
		.title = SLICE("<script>&\"'"),
		.request = SLICE("GET /<script>"),
		.status = SLICE("200 <script>"),
		.raw_url = SLICE("/x\"><script>&'\x01 \xc3\xa9"),
		.json = SLICE("\"<script>&'\""),
	};
	struct buf out = { 0 };

	json_html_put(&out, &page);
	CHECK_HAS_NOT(&out, "<script");
	CHECK_HAS(&out, "<h1>&lt;script&gt;&amp;&quot;&#39;</h1>");
	CHECK_HAS(&out, "GET /&lt;script&gt;");
	CHECK_HAS(&out, "href=\"/x%22%3E%3Cscript%3E&amp;%27%01%20%C3%A9\"");
	CHECK_HAS(&out, "&quot;&lt;script&gt;&amp;&#39;&quot;");
	buf_fini(&out);
}

Test(json_html, foreign_links_are_left_out)
{
	static const char *const bad[] = { "javascript:alert(1)", "//example.org/", "x", "data:text/html,x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct json_page page = { .title = SLICE("T"), .raw_url = slice_str(bad[i]) };
		struct buf link = { 0 }, out = { 0 };

		buf_printf(&link, "<%s>; rel=\"next\"", bad[i]);
		page.link = buf_as_slice(&link);
		json_html_put(&out, &page);
		CHECK_HAS_NOT(&out, "href=");
		buf_fini(&link);
		buf_fini(&out);
	}
}

Test(json_html, pages)
{
	struct json_page page = {
		.title = SLICE("T"),
		.link = SLICE("<http://example.org/?page=3&a=b>; rel=\"next\", <http://example.org/?page=1>; rel=\"prev\", "
		    "<https://example.org/>; rel=\"first\", <http://example.org/?page=9>; rel=\"last\""),
	};
	struct buf out = { 0 };

	json_html_put(&out, &page);
	CHECK_HAS(&out, "<a rel=\"first\" href=\"https://example.org/\">First page</a>\n"
	    "<a rel=\"prev\" href=\"http://example.org/?page=1\">Previous page</a>\n"
	    "<a rel=\"next\" href=\"http://example.org/?page=3&amp;a=b\">Next page</a>\n"
	    "<a rel=\"last\" href=\"http://example.org/?page=9\">Last page</a>\n");
	buf_fini(&out);
}

Test(json_html, broken_link_header)
{
	static const char *const broken[] = { "", "<", "<http://x", "<http://x>", "<http://x>; rel=\"next", "rel=\"next\"", ">;<" };

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		struct json_page page = { .title = SLICE("T"), .link = slice_str(broken[i]) };
		struct buf out = { 0 };

		json_html_put(&out, &page);
		CHECK_HAS_NOT(&out, "href=");
		buf_fini(&out);
	}
}

Test(json_html, tokens)
{
	check_json("{\n    \"a\": [\n        1,\n        -2.5e+3,\n        null,\n        true\n    ]\n}",
	    "{\n    <span class=\"k\">&quot;a&quot;</span>: [\n        <span class=\"n\">1</span>,\n"
	    "        <span class=\"n\">-2.5e+3</span>,\n        <span class=\"l\">null</span>,\n"
	    "        <span class=\"l\">true</span>\n    ]\n}");
	check_json("\"a\\\"b\\\\\"", "<span class=\"s\">&quot;a\\&quot;b\\\\&quot;</span>");
	check_json("\"1: true\"", "<span class=\"s\">&quot;1: true&quot;</span>");
	check_json("{\"http://x/\": \"\xc3\xa9\"}",
	    "{<span class=\"k\">&quot;http://x/&quot;</span>: <span class=\"s\">&quot;\xc3\xa9&quot;</span>}");
}

Test(json_html, urls)
{
	check_json("\"http://example.org/?a=1&b=%20\"",
	    "<span class=\"s\">&quot;<a href=\"http://example.org/?a=1&amp;b=%20\">http://example.org/?a=1&amp;b=%20</a>&quot;</span>");
	check_json("\"https:\\/\\/example.org\\/\\u00e9\\ud83d\\ude00\\\"\"",
	    "<span class=\"s\">&quot;<a href=\"https://example.org/%C3%A9%F0%9F%98%80%22\">"
	    "https:\\/\\/example.org\\/\\u00e9\\ud83d\\ude00\\&quot;</a>&quot;</span>");
	check_json("\"http://example.org/\\ud83d<'\"",
	    "<span class=\"s\">&quot;<a href=\"http://example.org/%EF%BF%BD%3C%27\">http://example.org/\\ud83d&lt;&#39;</a>&quot;</span>");
	/* Not an address alone. */
	check_json("\"http://example.org/ is it\"", "<span class=\"s\">&quot;http://example.org/ is it&quot;</span>");
	check_json("\"http://example.org/\\n\"", "<span class=\"s\">&quot;http://example.org/\\n&quot;</span>");
	check_json("\"javascript:http://x\"", "<span class=\"s\">&quot;javascript:http://x&quot;</span>");
}

Test(json_html, broken_json)
{
	check_json("\"http://x", "<span class=\"s\">&quot;http://x</span>");
	check_json("\"\\", "<span class=\"s\">&quot;\\</span>");
	check_json("<b>\x01\xff", "&lt;<span class=\"l\">b</span>&gt;\xef\xbf\xbd\xef\xbf\xbd");
	check_json("\"http://x/\\u12\"", "<span class=\"s\">&quot;<a href=\"http://x/%EF%BF%BD12\">http://x/\\u12</a>&quot;</span>");
}
