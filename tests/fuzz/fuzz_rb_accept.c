/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/rb_accept: the input is a header's value.  Checked:
 *  - without patches there are none;
 *  - what is asked for before all else, and first, is given;
 *  - an entity tag is found behind any list, with and without quotes.
 */
#include "config.h"

#include "proto/rb_accept.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice accept = slice_make((const char *)data, size);
	struct buf text = { 0 };

	require(rb_accept(accept, "draft-commits", false) != RB_FORMAT_PATCH);
	buf_str(&text, "text/x-patch,");
	buf_slice(&text, accept);
	require(rb_accept(buf_as_slice(&text), "draft-commit", true) == RB_FORMAT_PATCH);
	buf_reset(&text);
	buf_str(&text, "application/json,");
	buf_slice(&text, accept);
	require(rb_accept(buf_as_slice(&text), "draft-commit", true) == RB_FORMAT_JSON);
	buf_reset(&text);
	buf_slice(&text, accept);
	buf_str(&text, ",W/\"5d3b\"");
	require(rb_none_match(buf_as_slice(&text), SLICE("5d3b")));
	buf_fini(&text);
	return 0;
}
