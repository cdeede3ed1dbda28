/* SPDX-License-Identifier: MIT
 *
 * See redis_url.h.
 */
#include "config.h"

#include "proto/redis_url.h"

enum { REDIS_PORT = 6379, SENTINEL_PORT = 26379 };

static const char NO_SCHEME[] = "must begin with redis://, redis+sentinel:// or unix:/";
static const char BAD_ESCAPE[] = "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL";
static const char TOO_LONG[] = "is too long";
static const char BAD_DATABASE[] = "the database is a number, at most 65535";

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decodes into a string of `size` bytes. */
static int
decode(char *out, size_t size, struct slice text, const char **reason_r)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '%') {
			int high = i + 2 < text.n ? hex_value(text.p[i + 1]) : -1;
			int low = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;

			if (high < 0 || low < 0) {
				*reason_r = BAD_ESCAPE;
				return -1;
			}
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0') {
			*reason_r = BAD_ESCAPE;
			return -1;
		}
		if (n + 1 >= size) {
			*reason_r = TOO_LONG;
			return -1;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return 0;
}

static int
database_parse(struct redis_url *url, struct slice text, const char **reason_r)
{
	uint64_t value;

	if (slice_uint(text, REDIS_DATABASE_MAX, &value) < 0) {
		*reason_r = BAD_DATABASE;
		return -1;
	}
	url->database = (unsigned)value;
	return 0;
}

/* USER:PASSWORD or :PASSWORD */
static int
who_parse(struct redis_url *url, struct slice text, const char **reason_r)
{
	ptrdiff_t colon = slice_index(text, ':');

	if (colon < 0 || (size_t)colon + 1 == text.n) {
		*reason_r = "before the @ stands USER:PASSWORD or :PASSWORD";
		return -1;
	}
	if (slice_index(slice_from(text, (size_t)colon + 1), '@') >= 0) {
		*reason_r = "an @ in a user or password is written %40";
		return -1;
	}
	if (decode(url->user, sizeof(url->user), slice_make(text.p, (size_t)colon), reason_r) < 0)
		return -1;
	return decode(url->password, sizeof(url->password), slice_from(text, (size_t)colon + 1), reason_r);
}

static bool
only(struct slice text, const char *more)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		    || (c != '\0' && strchr(more, c) != NULL)))
			return false;
	}
	return true;
}

/* HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT */
static int
host_parse(struct redis_url *url, struct slice text, uint16_t port, const char **reason_r)
{
	bool bracket = text.n > 0 && text.p[0] == '[';
	ptrdiff_t end = slice_index(text, bracket ? ']' : ':');
	struct slice name = slice_make(text.p, end < 0 ? text.n : (size_t)end);
	struct slice rest = slice_from(text, name.n);
	uint64_t number = port;

	if (bracket) {
		name = slice_from(name, 1);
		rest = slice_from(rest, end < 0 ? 0 : 1);
	}
	if (name.n == 0 || (bracket && end < 0) || !only(name, bracket ? ":." : ".-_")) {
		*reason_r = "a host is a name, an IPv4 address, or an IPv6 address in brackets";
		return -1;
	}
	if (rest.n > 0 && (rest.p[0] != ':' || slice_uint(slice_from(rest, 1), 65535, &number) < 0 || number == 0)) {
		*reason_r = "a port is a number from 1 to 65535";
		return -1;
	}
	if (name.n >= REDIS_HOST_MAX || url->hosts >= REDIS_HOSTS_MAX) {
		*reason_r = name.n >= REDIS_HOST_MAX ? TOO_LONG : "there are more than 8 sentinels";
		return -1;
	}
	memcpy(url->host[url->hosts].name, name.p, name.n);
	url->host[url->hosts].name[name.n] = '\0';
	url->host[url->hosts++].port = (uint16_t)number;
	return 0;
}

/* [WHO@]HOSTS; *path_r is what follows the first "/", absent without. */
static int
authority_parse(struct redis_url *url, struct slice text, struct slice *path_r, const char **reason_r)
{
	struct slice hosts, host;
	ptrdiff_t at = -1;

	*path_r = text;
	(void)slice_cut(path_r, '/', &hosts);
	/* the last one: who_parse says what is wrong with the others */
	for (size_t i = 0; i < hosts.n; i++)
		if (hosts.p[i] == '@')
			at = (ptrdiff_t)i;
	if (at >= 0) {
		if (who_parse(url, slice_make(hosts.p, (size_t)at), reason_r) < 0)
			return -1;
		hosts = slice_from(hosts, (size_t)at + 1);
	}
	if (url->kind == REDIS_TCP)
		return host_parse(url, hosts, REDIS_PORT, reason_r);
	while (slice_cut(&hosts, ',', &host))
		if (host_parse(url, host, SENTINEL_PORT, reason_r) < 0)
			return -1;
	return 0;
}

static int
tcp_parse(struct redis_url *url, struct slice text, const char **reason_r)
{
	struct slice path;

	if (authority_parse(url, text, &path, reason_r) < 0)
		return -1;
	return path.n == 0 ? 0 : database_parse(url, path, reason_r);
}

static int
sentinel_parse(struct redis_url *url, struct slice text, const char **reason_r)
{
	struct slice path, name = SLICE_NONE;

	if (authority_parse(url, text, &path, reason_r) < 0)
		return -1;
	if (path.n == 0 || !slice_cut(&path, '/', &name) || name.n == 0) {
		*reason_r = "behind the sentinels stands /PRIMARY, the name that they know it by";
		return -1;
	}
	if (decode(url->primary, sizeof(url->primary), name, reason_r) < 0)
		return -1;
	return path.n == 0 ? 0 : database_parse(url, path, reason_r);
}

/* /PATH?db=DATABASE&password=PASSWORD */
static int
unix_parse(struct redis_url *url, struct slice text, const char **reason_r)
{
	bool database = false, password = false;
	struct slice path, piece;

	(void)slice_cut(&text, '?', &path);
	if (path.n < 2 || path.p[1] == '/') {
		*reason_r = "behind unix: stands the path of a socket, which begins with one /";
		return -1;
	}
	if (decode(url->path, sizeof(url->path), path, reason_r) < 0)
		return -1;
	while (slice_cut(&text, '&', &piece)) {
		int status;

		if (!database && slice_has_prefix(piece, SLICE("db="))) {
			database = true;
			status = database_parse(url, slice_from(piece, 3), reason_r);
		} else if (!password && slice_has_prefix(piece, SLICE("password="))) {
			password = true;
			status = decode(url->password, sizeof(url->password), slice_from(piece, 9), reason_r);
		} else {
			*reason_r = "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between";
			return -1;
		}
		if (status < 0)
			return -1;
	}
	return 0;
}

int
redis_url_parse(struct redis_url *url_r, struct slice text, const char **reason_r)
{
	memset(url_r, 0, sizeof(*url_r));
	if (slice_has_prefix(text, SLICE("redis://"))) {
		url_r->kind = REDIS_TCP;
		return tcp_parse(url_r, slice_from(text, 8), reason_r);
	}
	if (slice_has_prefix(text, SLICE("redis+sentinel://"))) {
		url_r->kind = REDIS_SENTINEL;
		return sentinel_parse(url_r, slice_from(text, 17), reason_r);
	}
	if (slice_has_prefix(text, SLICE("unix:/"))) {
		url_r->kind = REDIS_UNIX;
		return unix_parse(url_r, slice_from(text, 5), reason_r);
	}
	*reason_r = NO_SCHEME;
	return -1;
}

int
redis_url_check(struct slice text, const char **reason_r)
{
	struct redis_url url;

	return redis_url_parse(&url, text, reason_r);
}
