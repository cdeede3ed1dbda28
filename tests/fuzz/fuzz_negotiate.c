/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/negotiate.  The input is an Accept header and a format,
 * parted by NUL.  Checked:
 *  - the indent is 0 to 8, and 0 without a representation;
 *  - a format that is none is told, whatever is accepted; any other is kept;
 *  - the case of the header's letters and empty entries make no difference;
 *  - with an entry for JSON of the highest precedence the answer is JSON.
 */
#include "config.h"

#include "proto/negotiate.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
require_same(const struct buf *accept, struct slice format, enum representation expected, unsigned expected_indent)
{
	unsigned indent;

	require(negotiate(buf_as_slice(accept), format, &indent) == expected && indent == expected_indent);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice format = slice_make(size > 0 ? (const char *)data : "", size), accept = SLICE_NONE;
	bool json, html;
	struct buf other = { 0 };
	enum representation got;
	unsigned indent = 99;

	(void)slice_cut(&format, '\0', &accept);
	json = format.n == 0 || slice_is(format, "json");
	html = format.n == 0 || slice_is(format, "api");
	got = negotiate(accept, format, &indent);
	require(indent <= 8);
	require(indent == 0 || got == REPRESENTATION_JSON || got == REPRESENTATION_HTML);
	require((got == REPRESENTATION_NO_FORMAT) == (!json && !html));
	require(got != REPRESENTATION_JSON || json);
	require(got != REPRESENTATION_HTML || html);

	for (size_t i = 0; i < accept.n; i++)
		buf_byte(&other, accept.p[i] >= 'a' && accept.p[i] <= 'z' ? (char)(accept.p[i] - 32) : accept.p[i]);
	require_same(&other, format, got, indent);
	buf_reset(&other);
	buf_str(&other, ", ,");
	buf_slice(&other, accept);
	buf_byte(&other, ',');
	require_same(&other, format, got, indent);
	if (json) {
		buf_reset(&other);
		buf_str(&other, "application/json;a=b;indent=3,");
		buf_slice(&other, accept);
		require_same(&other, format, REPRESENTATION_JSON, 3);
	}
	buf_fini(&other);
	return 0;
}
