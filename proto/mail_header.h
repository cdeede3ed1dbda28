/* SPDX-License-Identifier: MIT
 *
 * Writing the headers of a mail (patchwork-api.md, 9.4), as Python's email
 * package does.  Pure functions.
 */
#ifndef THIMBLE_PROTO_MAIL_HEADER_H
#define THIMBLE_PROTO_MAIL_HEADER_H

#include "base/slice.h"

struct arena;
struct buf;

/* "Name: value\n", folded at 78 columns.  One that would smuggle another in (the reference fails there) is left out. */
void mail_header_put(struct buf *out, struct arena *arena, struct slice name, struct slice value);

/* "Name <email>" as a header value (9.4, Address). */
void mail_header_put_address(struct buf *out, struct slice name, struct slice email);

/* One RFC 2047 encoded word of the whole text, q or b, whichever is shorter; not folded. */
void mail_header_put_word(struct buf *out, struct slice text);

/* Without line breaks. */
void mail_put_base64(struct buf *out, struct slice s);

#endif
