/* SPDX-License-Identifier: MIT
 *
 * See checks.h.
 */
#include "config.h"

#include "proto/checks.h"

#include <arpa/inet.h>

#include "base/buf.h"
#include "proto/text.h"
#include "proto/value.h"

enum { LABEL_MAX = 63, HOST_MAX = 253, PORT_DIGITS_MAX = 5, ADDRESS_MAX = 64 };

size_t
text_length(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.n; i++)
		count += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return count;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
text_is_slug(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!is_letter(text.p[i]) && !is_digit(text.p[i]) && text.p[i] != '-' && text.p[i] != '_')
			return false;
	return text.n > 0;
}

static bool
has_space(struct slice text)
{
	for (size_t n; text.n > 0; text = slice_from(text, n))
		if (text_is_space(utf8_decode(text, &n)))
			return true;
	return false;
}

/* Letters, digits and what lies between U+00A1 and U+FFFF, with hyphens inside. */
static bool
is_label(struct slice label, bool digits)
{
	size_t n;

	if (label.n == 0 || text_length(label) > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (; label.n > 0; label = slice_from(label, n)) {
		uint32_t code = utf8_decode(label, &n);
		char c = code < 0x80 ? (char)code : '\0';

		if (!(code >= 0xa1 && code <= 0xffff) && !is_letter(c) && c != '-' && !(digits && is_digit(c)))
			return false;
	}
	return true;
}

static bool
is_top_label(struct slice label)
{
	if (label.n > 4 && slice_eq_nocase(slice_make(label.p, 4), SLICE("xn--"))) {
		for (size_t i = 4; i < label.n; i++)
			if (!is_letter(label.p[i]) && !is_digit(label.p[i]))
				return false;
		return label.n <= LABEL_MAX;
	}
	return text_length(label) >= 2 && is_label(label, false);
}

static bool
is_name(struct slice host)
{
	struct slice label = SLICE_NONE, next;
	int labels = 0;

	if (slice_eq_nocase(host, SLICE("localhost")))
		return true;
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	while (slice_cut(&host, '.', &next)) {
		if (labels > 0 && !is_label(label, true))
			return false;
		label = next;
		labels++;
	}
	return labels >= 2 && is_top_label(label);
}

static bool
is_ipv4(struct slice host)
{
	struct slice part;
	uint64_t value;
	int parts = 0;

	while (slice_cut(&host, '.', &part)) {
		if (slice_uint(part, 255, &value) < 0 || (part.n > 1 && part.p[0] == '0'))
			return false;
		parts++;
	}
	return parts == 4;
}

static bool
is_ipv6(struct slice address)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char text[ADDRESS_MAX];

	if (address.n >= sizeof(text) || memchr(address.p, '\0', address.n) != NULL)
		return false;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	return inet_pton(AF_INET6, text, bytes) == 1;
}

/* Takes ":1234" off the end; false: what stands there is no port. */
static bool
cut_port(struct slice *host)
{
	size_t digits = 0;

	while (digits < host->n && is_digit(host->p[host->n - 1 - digits]))
		digits++;
	if (digits == host->n || host->p[host->n - 1 - digits] != ':')
		return true;
	host->n -= digits + 1;
	return digits > 0 && digits <= PORT_DIGITS_MAX;
}

static bool
is_host(struct slice host)
{
	if (!cut_port(&host) || host.n > HOST_MAX)
		return false;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return is_ipv6(slice_make(host.p + 1, host.n - 2));
	return is_ipv4(host) || is_name(host);
}

/* "user:password" before the '@'. */
static bool
is_user(struct slice user)
{
	struct slice name;

	return slice_cut(&user, ':', &name) && name.n > 0 && (user.p == NULL || slice_index(user, ':') < 0);
}

bool
text_is_url(struct slice text)
{
	static const char *const schemes[] = { "http", "https", "ftp", "ftps" };
	ptrdiff_t colon = slice_index(text, ':'), at;
	struct slice scheme = slice_make(text.p, colon > 0 ? (size_t)colon : 0), rest;
	bool known = false;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		known |= slice_eq_nocase(scheme, slice_str(schemes[i]));
	rest = slice_from(text, scheme.n);
	if (!known || !slice_has_prefix(rest, SLICE("://")) || has_space(text))
		return false;
	rest = slice_from(rest, 3);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
		n++;
	rest.n = n;
	at = slice_index(rest, '@');
	if (at >= 0 && !is_user(slice_make(rest.p, (size_t)at)))
		return false;
	return is_host(at >= 0 ? slice_from(rest, (size_t)at + 1) : rest);
}

/* The ASCII letter that a letter of U+00C0 to U+017F is made of; '.': none. */
static const char plain_letters[] =
	"aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
	"aaaaaaccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.lllllll"
	"l..nnnnnnn..oooooo..rrrrrrsssssssstttt..uuuuuuuuuuuuwwyyyzzzzzzs";

enum { PLAIN_FIRST = 0xc0 };

/* 0 for what a slug leaves out. */
static char
slug_char(uint32_t code)
{
	if (code >= PLAIN_FIRST && code < PLAIN_FIRST + sizeof(plain_letters) - 1)
		return plain_letters[code - PLAIN_FIRST] != '.' ? plain_letters[code - PLAIN_FIRST] : '\0';
	if (code == 0xa0)
		return '-';
	if (code >= 0x80)
		return '\0';
	if (is_letter((char)code))
		return (char)(code | 0x20);
	if (is_digit((char)code) || code == '_')
		return (char)code;
	return code == '-' || text_is_space(code) ? '-' : '\0';
}

void
text_slugify(struct buf *out, struct slice text)
{
	size_t start = out->len;

	for (size_t n; text.n > 0; text = slice_from(text, n)) {
		char c = slug_char(utf8_decode(text, &n));

		if (c == '\0' || (c == '-' && out->len > start && out->data[out->len - 1] == '-'))
			continue;
		/* what is stripped at the ends */
		if ((c == '-' || c == '_') && out->len == start)
			continue;
		buf_byte(out, c);
	}
	while (out->len > start && (out->data[out->len - 1] == '-' || out->data[out->len - 1] == '_'))
		out->len--;
}

/* As repr() shows a string: in single quotes, unless it has those and no double ones. */
static void
put_repr(struct buf *out, struct slice text)
{
	char quote = slice_index(text, '\'') >= 0 && slice_index(text, '"') < 0 ? '"' : '\'';

	buf_byte(out, quote);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == quote || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\r' || c == '\t')
			buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if ((unsigned char)c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", (unsigned)c);
		else
			buf_byte(out, c);
	}
	buf_byte(out, quote);
}

static void
put_value(struct arena *arena, struct buf *out, const struct value *value, bool inside)
{
	bool object = value->kind == VALUE_OBJECT;

	switch (value->kind) {
	case VALUE_NULL:
		buf_str(out, "None");
		break;
	case VALUE_BOOL:
		buf_str(out, value->truth ? "True" : "False");
		break;
	case VALUE_STRING:
		if (inside)
			put_repr(out, value->text);
		else
			buf_slice(out, value->text);
		break;
	case VALUE_INTEGER:
	case VALUE_REAL:
		buf_slice(out, value_text(arena, value));
		break;
	default:
		buf_byte(out, object ? '{' : '[');
		for (size_t i = 0; i < value->count; i++) {
			if (i > 0)
				buf_str(out, ", ");
			if (object) {
				put_repr(out, value->item[i].name);
				buf_str(out, ": ");
			}
			put_value(arena, out, &value->item[i], true);
		}
		buf_byte(out, object ? '}' : ']');
	}
}

void
value_put_str(struct arena *arena, struct buf *out, const struct value *value)
{
	put_value(arena, out, value, false);
}
