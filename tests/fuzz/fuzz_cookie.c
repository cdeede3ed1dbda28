/* SPDX-License-Identifier: MIT
 *
 * Fuzz target of proto/cookie and of log-ins that are read from it (worker/reviewboard/rb_session.h).  Checked:
 *  - what is found lies within the header, and has no semicolon;
 *  - what is read as a log-in is, written anew, the same but for leading zeros and its MAC, which is verified then.
 */
#include "config.h"

#include "proto/cookie.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"
#include "worker/reviewboard/rb_session.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[RB_KEY_SIZE] = { 1 };
	struct slice header = slice_make((const char *)data, size), found = cookie_find(header, RB_COOKIE);
	struct rb_session session, again;
	struct buf text = { 0 };

	if (found.p == NULL)
		return 0;
	require(found.p >= header.p && found.p + found.n <= header.p + header.n && slice_index(found, ';') < 0);
	if (!rb_session_read(found, &session))
		return 0;
	(void)rb_session_verify(found, key, SLICE("secret"));
	rb_session_put(&text, &session, key, SLICE("secret"));
	require(rb_session_read(buf_as_slice(&text), &again));
	require(again.user == session.user && again.token == session.token && again.expires == session.expires);
	require(rb_session_verify(buf_as_slice(&text), key, SLICE("secret")));
	buf_fini(&text);
	return 0;
}
