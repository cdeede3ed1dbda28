/* SPDX-License-Identifier: MIT
 *
 * JSON as a small readable page for a browser: the text indented and
 * highlighted, its links clickable, no script.  Pure functions.
 */
#ifndef THIMBLE_PROTO_JSON_HTML_H
#define THIMBLE_PROTO_JSON_HTML_H

#include "base/slice.h"

struct buf;

struct json_page {
	struct slice title;		/* "Patch List" */
	struct slice request;		/* "GET /api/1.2/patches/?page=2" */
	struct slice status;		/* "200 OK" */
	struct slice raw_url;		/* the same as JSON; absent: no such link */
	struct slice link;		/* value of the Link header, absent without one */
	struct slice json;		/* valid JSON, indented by 4; absent or empty: no body */
};

/* Appends the whole document, UTF-8; everything from outside is escaped. */
void json_html_put(struct buf *out, const struct json_page *page);

/* HTML text or the inside of a quoted attribute; what is not UTF-8 or a control becomes U+FFFD. */
void html_put_text(struct buf *out, struct slice text);

#endif
