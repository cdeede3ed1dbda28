/* SPDX-License-Identifier: MIT
 *
 * See diff_hash.h.
 */
#include "config.h"

#include "proto/diff_hash.h"

#include <stdio.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "proto/digits.h"
#include "proto/text.h"

enum { SHA1_LENGTH = 20 };

/* The run of characters that are no white space. */
static struct slice
first_word(struct slice text)
{
	size_t n = 0, length;

	while (n < text.n && !text_is_space(utf8_decode(slice_from(text, n), &length)))
		n += length;
	return slice_make(text.p, n);
}

/* "--- a/dir/file  date" is "--- a/dir/file": the first component gives way. */
static bool
put_file(struct buf *out, struct slice line)
{
	bool old = slice_has_prefix(line, SLICE("--- "));
	struct slice name;
	ptrdiff_t slash;

	if (!old && !slice_has_prefix(line, SLICE("+++ ")))
		return false;
	name = first_word(slice_from(line, 4));
	if (name.n == 0)
		return false;
	slash = slice_index(name, '/');
	name = slash < 0 ? SLICE("") : slice_from(name, (size_t)slash + 1);
	buf_str(out, old ? "--- a/" : "+++ b/");
	buf_slice(out, name);
	return true;
}

/* Takes "SIGN line[,count]" off the front; the count is "1" if there is none. */
static bool
take_range(struct slice *text, char sign, struct slice *count_r)
{
	size_t n;

	if (text->n == 0 || text->p[0] != sign || (n = digits_leading(slice_from(*text, 1))) == 0)
		return false;
	*text = slice_from(*text, n + 1);
	*count_r = SLICE("1");
	if (text->n > 1 && text->p[0] == ',' && (n = digits_leading(slice_from(*text, 1))) > 0) {
		*count_r = slice_make(text->p + 1, n);
		*text = slice_from(*text, n + 1);
	}
	return true;
}

/* "@@ -1,2 +3,4 @@ here" is "@@ -2 +4 @@". */
static bool
put_hunk(struct buf *out, struct slice line)
{
	struct slice old, new;

	if (!slice_has_prefix(line, SLICE("@@ ")))
		return false;
	line = slice_from(line, 3);
	if (!take_range(&line, '-', &old) || !slice_has_prefix(line, SLICE(" ")))
		return false;
	line = slice_from(line, 1);
	if (!take_range(&line, '+', &new) || !slice_has_prefix(line, SLICE(" @@")))
		return false;
	buf_str(out, "@@ -");
	buf_slice(out, old);
	buf_str(out, " +");
	buf_slice(out, new);
	buf_str(out, " @@");
	return true;
}

static bool
put_line(struct buf *out, struct slice line)
{
	if (line.n == 0)
		return false;
	if (put_file(out, line) || put_hunk(out, line))
		return true;
	if (line.p[0] != '-' && line.p[0] != '+' && line.p[0] != ' ')
		return false;
	buf_slice(out, line);
	return true;
}

void
diff_hash(char hash_r[DIFF_HASH_MAX], struct slice diff)
{
	struct buf text = { 0 }, kept = { 0 };
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	struct slice rest, line;
	unsigned length;

	for (size_t i = 0; i < diff.n; i++)
		if (diff.p[i] != '\r')
			buf_byte(&text, diff.p[i]);
	rest = text_strip(buf_as_slice(&text));
	while (slice_cut(&rest, '\n', &line))
		if (put_line(&kept, line))
			buf_byte(&kept, '\n');
	(void)EVP_Digest(kept.len > 0 ? kept.data : "", kept.len, digest, &length, EVP_sha1(), NULL);
	for (int i = 0; i < SHA1_LENGTH; i++)
		(void)snprintf(hash_r + 2 * i, 3, "%02x", digest[i]);
	buf_fini(&text);
	buf_fini(&kept);
}
