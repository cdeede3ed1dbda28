/* SPDX-License-Identifier: MIT
 *
 * The kinds of values that settings have: how each is read, checked and
 * written.  Checks go by form alone; whether an address can be bound or a
 * database be reached is found out by who tries.  The master and thimblectl,
 * while they read a configuration.
 */
#include "config.h"

#include "base/settings_private.h"

#include <arpa/inet.h>
#include <sched.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/settings.h"

enum { HOST_MAX = 255, UNIX_PATH_MAX = 107, WORKERS_AUTO_MAX = 64 };

static void *
field_of(const struct setting *setting, struct settings *settings)
{
	return (char *)settings + setting->offset;
}

static const void *
field_in(const struct setting *setting, const struct settings *settings)
{
	return (const char *)settings + setting->offset;
}

/* True when each byte of s is a letter, a digit, or in `others`. */
static bool
only(struct slice s, const char *others)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!plain && (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

/* A file says a few hundred bytes a value; what the kernel takes as a path bounds the rest. */
static int
string_store(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	const char **field = field_of(setting, settings);

	if (value.n > 4000) {
		*reason_r = "longer than 4000 bytes";
		return -1;
	}
	*field = arena_memdup(settings->arena, value.p, value.n);
	return 0;
}

static void
string_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const char *const *field = field_in(setting, settings);

	(void)mask;
	buf_str(out, *field);
}

/* --- numbers ------------------------------------------------------------ */

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* Largest first: values are printed in the largest that divides them. */
static const struct unit duration_units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
	{ "ms", 1 }, { NULL, 0 } };
static const struct unit size_units[] = { { "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 }, { NULL, 0 } };

static int
unit_parse(const struct unit *units, struct slice value, uint64_t *value_r)
{
	size_t digits = 0;
	struct slice suffix;
	uint64_t n;

	while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
		digits++;
	suffix = slice_from(value, digits);
	for (size_t i = 0; units[i].suffix != NULL; i++) {
		if (!slice_is(suffix, units[i].suffix))
			continue;
		if (slice_uint(slice_make(value.p, digits), UINT64_MAX / units[i].factor, &n) < 0)
			return -1;
		*value_r = n * units[i].factor;
		return 0;
	}
	return -1;
}

static void
unit_print(const struct unit *units, const char *zero, uint64_t value, struct buf *out)
{
	size_t i = 0;

	if (value == 0) {
		buf_str(out, zero);
		return;
	}
	while (value % units[i].factor != 0)
		i++;
	buf_printf(out, "%llu%s", (unsigned long long)(value / units[i].factor), units[i].suffix);
}

/* Says which values are allowed, in the unit they are written in. */
static const char *
out_of_bounds(const struct setting *setting, struct settings *settings, const struct unit *units, const char *zero)
{
	struct buf text = { 0 };
	const char *reason;

	buf_str(&text, "must be from ");
	unit_print(units, zero, setting->min, &text);
	buf_str(&text, " to ");
	unit_print(units, zero, setting->max, &text);
	reason = arena_memdup(settings->arena, text.data, text.len);
	buf_fini(&text);
	return reason;
}

static int
unit_store(const struct setting *setting, struct settings *settings, struct slice value, const struct unit *units,
    const char *zero, const char **reason_r)
{
	uint64_t *field = field_of(setting, settings);
	uint64_t n;

	if (slice_is(value, "0")) {
		n = 0;
	} else if (unit_parse(units, value, &n) < 0) {
		*reason_r = units == duration_units ? "not a duration such as 500ms, 10s, 5m or 1h"
		    : "not a size such as 64K, 16M, 1G or 0";
		return -1;
	}
	if (n < setting->min || n > setting->max) {
		*reason_r = out_of_bounds(setting, settings, units, zero);
		return -1;
	}
	*field = n;
	return 0;
}

static int
duration_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	return unit_store(setting, settings, value, duration_units, "0s", reason_r);
}

static void
duration_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const uint64_t *field = field_in(setting, settings);

	(void)mask;
	unit_print(duration_units, "0s", *field, out);
}

static int
size_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	return unit_store(setting, settings, value, size_units, "0", reason_r);
}

static void
size_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const uint64_t *field = field_in(setting, settings);

	(void)mask;
	unit_print(size_units, "0", *field, out);
}

static int
count_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	unsigned *field = field_of(setting, settings);
	uint64_t n;

	if (slice_uint(value, UINT64_MAX, &n) < 0) {
		*reason_r = "not a number";
		return -1;
	}
	if (n < setting->min || n > setting->max) {
		*reason_r = arena_printf(settings->arena, "must be from %llu to %llu",
		    (unsigned long long)setting->min, (unsigned long long)setting->max);
		return -1;
	}
	*field = (unsigned)n;
	return 0;
}

static void
count_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const unsigned *field = field_in(setting, settings);

	(void)mask;
	buf_int(out, *field);
}

/* The processors that we may run on, which in a container are fewer than there are. */
static unsigned
processors(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	if (n < 1)
		n = 1;
	return n < WORKERS_AUTO_MAX ? (unsigned)n : WORKERS_AUTO_MAX;
}

static int
workers_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	unsigned *field = field_of(setting, settings);

	if (!slice_is(value, "auto"))
		return count_parse(setting, settings, value, reason_r);
	*field = processors();
	return 0;
}

/* --- words and names ---------------------------------------------------- */

static int
choice_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	unsigned *field = field_of(setting, settings);
	struct buf text = { 0 };

	for (unsigned i = 0; setting->words[i] != NULL; i++) {
		if (slice_is(value, setting->words[i])) {
			*field = i;
			return 0;
		}
	}
	buf_str(&text, "must be one of");
	for (unsigned i = 0; setting->words[i] != NULL; i++)
		buf_printf(&text, "%s %s", i > 0 ? "," : "", setting->words[i]);
	*reason_r = arena_memdup(settings->arena, text.data, text.len);
	buf_fini(&text);
	return -1;
}

static void
choice_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const unsigned *field = field_in(setting, settings);

	(void)mask;
	buf_str(out, setting->words[*field]);
}

static int
switch_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	bool *field = field_of(setting, settings);

	*field = slice_is(value, "on");
	if (*field || slice_is(value, "off"))
		return 0;
	*reason_r = "must be on or off";
	return -1;
}

static void
switch_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const bool *field = field_in(setting, settings);

	(void)mask;
	buf_str(out, *field ? "on" : "off");
}

static int
name_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (!only(value, "._-")) {
		*reason_r = "not a user name";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

static int
timezone_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (value.n == 0 || !only(value, "_/+-") || value.p[0] == '/') {
		*reason_r = "not a time zone such as UTC or Europe/Berlin";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

static int
path_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (value.n > 0 && value.p[0] != '/') {
		*reason_r = "not an absolute path";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

static int
socket_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	_Static_assert(UNIX_PATH_MAX == 107, "the reason says so");
	if (value.n > UNIX_PATH_MAX) {
		*reason_r = "longer than the 107 bytes that a socket's path may have";
		return -1;
	}
	return path_parse(setting, settings, value, reason_r);
}

static int
access_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (!slice_is(value, "off") && !slice_is(value, "stderr") && !slice_is(value, "syslog")
	    && !(value.n > 1 && value.p[0] == '/')) {
		*reason_r = "must be off, stderr, syslog or an absolute path";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

/* A path under which links are made by appending "/...". */
static int
prefix_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (value.n < 2 || value.p[0] != '/' || value.p[value.n - 1] == '/' || !only(value, "/._~-")) {
		*reason_r = "must begin with / and not end with it";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

/* --- lists -------------------------------------------------------------- */

/* Takes the next item of a list with commas or blanks between; false at the end. */
static bool
item_next(struct slice *rest, struct slice *item)
{
	size_t n = 0;

	*rest = slice_trim(*rest, " \t,");
	while (n < rest->n && strchr(" \t,", rest->p[n]) == NULL)
		n++;
	*item = slice_make(rest->p, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

static bool
host_valid(struct slice host)
{
	if (slice_is(host, "*"))
		return true;
	if (slice_has_prefix(host, SLICE("[")) && slice_has_suffix(host, SLICE("]")))
		return host.n > 2 && only(slice_make(host.p + 1, host.n - 2), ":.");
	return host.n <= HOST_MAX && only(host, ".-_") && !slice_is(host, ".");
}

static int
hosts_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	struct string_list *list = field_of(setting, settings);
	struct slice item;

	list->count = 0;
	while (item_next(&value, &item)) {
		if (!host_valid(item)) {
			*reason_r = arena_printf(settings->arena, "\"%.*s\" is not *, a name, or .suffix",
			    SLICE_ARG(item));
			return -1;
		}
		if (list->count == SETTINGS_LIST_MAX) {
			*reason_r = "more than 32 hosts";
			return -1;
		}
		list->item[list->count++] = arena_memdup(settings->arena, item.p, item.n);
	}
	if (list->count == 0) {
		*reason_r = "names no host; * means any";
		return -1;
	}
	return 0;
}

static void
hosts_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const struct string_list *list = field_in(setting, settings);

	(void)mask;
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", list->item[i]);
}

/* Clears the bits of the address behind the prefix, so that equal networks look equal. */
static void
network_normalise(struct network *network)
{
	for (unsigned bit = network->prefix; bit < 128; bit++)
		network->address.s6_addr[bit / 8] &= (unsigned char)~(0x80u >> (bit % 8));
}

static int
network_parse(struct slice text, struct network *network_r)
{
	struct slice address = text, bits;
	char copy[INET6_ADDRSTRLEN];
	struct in_addr v4;
	uint64_t prefix, whole = 128;
	unsigned base = 0;
	ptrdiff_t slash = slice_index(text, '/');

	if (slash >= 0)
		address.n = (size_t)slash;
	if (address.n == 0 || address.n >= sizeof(copy))
		return -1;
	memcpy(copy, address.p, address.n);
	copy[address.n] = '\0';
	*network_r = (struct network){ 0 };
	if (inet_pton(AF_INET, copy, &v4) == 1) {
		network_r->address.s6_addr[10] = network_r->address.s6_addr[11] = 0xff;
		memcpy(network_r->address.s6_addr + 12, &v4, sizeof(v4));
		whole = 32;
		base = 96;
	} else if (inet_pton(AF_INET6, copy, &network_r->address) != 1) {
		return -1;
	}
	prefix = whole;
	if (slash >= 0) {
		bits = slice_from(text, (size_t)slash + 1);
		if (bits.n > 3 || slice_uint(bits, whole, &prefix) < 0)
			return -1;
	}
	network_r->prefix = base + (unsigned)prefix;
	network_normalise(network_r);
	return 0;
}

/* The only list of networks is server.trusted_proxies. */
static int
networks_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	struct slice item;
	size_t n = 0;

	(void)setting;
	while (item_next(&value, &item)) {
		if (n == SETTINGS_LIST_MAX) {
			*reason_r = "more than 32 networks";
			return -1;
		}
		if (network_parse(item, &settings->server.trusted_proxies[n++]) < 0) {
			*reason_r = arena_printf(settings->arena, "\"%.*s\" is not a network such as 10.0.0.0/8 or ::1",
			    SLICE_ARG(item));
			return -1;
		}
	}
	settings->server.trusted_proxies_count = n;
	return 0;
}

static void
networks_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	(void)setting;
	(void)mask;
	for (size_t i = 0; i < settings->server.trusted_proxies_count; i++) {
		const struct network *network = &settings->server.trusted_proxies[i];
		bool v4 = IN6_IS_ADDR_V4MAPPED(&network->address) && network->prefix >= 96;
		char text[INET6_ADDRSTRLEN] = "";

		if (v4)
			(void)inet_ntop(AF_INET, network->address.s6_addr + 12, text, sizeof(text));
		else
			(void)inet_ntop(AF_INET6, &network->address, text, sizeof(text));
		buf_printf(out, "%s%s/%u", i > 0 ? ", " : "", text, network->prefix - (v4 ? 96 : 0));
	}
}

/* --- addresses and URLs ------------------------------------------------- */

/* "host:port", "*:port", "[v6]:port" or "unix:/path". */
static bool
address_valid(struct slice address)
{
	struct slice host, port;
	uint64_t number;
	size_t colon = address.n;

	if (slice_has_prefix(address, SLICE("unix:")))
		return address.n > 6 && address.n - 5 <= UNIX_PATH_MAX && address.p[5] == '/';
	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return false;
	host = slice_make(address.p, colon - 1);
	port = slice_from(address, colon);
	if (port.n > 5 || slice_uint(port, 65535, &number) < 0)
		return false;
	if (host.p[0] == '[') {
		struct network network;

		return host.n > 2 && host.p[host.n - 1] == ']' && slice_index(host, '/') < 0
		    && slice_index(host, ':') >= 0 && network_parse(slice_make(host.p + 1, host.n - 2), &network) == 0;
	}
	return slice_is(host, "*") || (host.n <= HOST_MAX && only(host, ".-_"));
}

static const char not_an_address[] = "not an address such as 127.0.0.1:8080, [::]:8080 or unix:/path";

static int
address_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (value.n > 0 && !address_valid(value)) {
		*reason_r = not_an_address;
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

/* Each line adds one address. */
static int
listen_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	struct string_list *list = field_of(setting, settings);

	if (!address_valid(value)) {
		*reason_r = not_an_address;
		return -1;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (slice_is(value, list->item[i])) {
			*reason_r = "this address was given before";
			return -1;
		}
	}
	if (list->count == SETTINGS_LIST_MAX) {
		*reason_r = "more than 32 addresses";
		return -1;
	}
	list->item[list->count++] = arena_memdup(settings->arena, value.p, value.n);
	return 0;
}

static void
listen_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const struct string_list *list = field_in(setting, settings);

	(void)mask;
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_printf(out, "\n%s = ", setting->key);
		buf_str(out, list->item[i]);
	}
}

static int
base_url_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	size_t scheme = slice_has_prefix(value, SLICE("http://")) ? 7 : slice_has_prefix(value, SLICE("https://")) ? 8 : 0;

	if (value.n > 0 && (scheme == 0 || value.n == scheme || !only(slice_from(value, scheme), ".-_:[]"))) {
		*reason_r = "must be http://host or https://host, without a path";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

static int
store_url_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (!slice_has_prefix(value, SLICE("sqlite:")) && !slice_has_prefix(value, SLICE("postgresql:"))
	    && !slice_has_prefix(value, SLICE("postgres:"))) {
		*reason_r = "must begin with sqlite: or postgresql:";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

static int
redis_url_parse(const struct setting *setting, struct settings *settings, struct slice value, const char **reason_r)
{
	if (value.n > 0 && !slice_has_prefix(value, SLICE("redis://"))
	    && !slice_has_prefix(value, SLICE("redis+sentinel://")) && !slice_has_prefix(value, SLICE("unix:/"))) {
		*reason_r = "must begin with redis://, redis+sentinel:// or unix:/";
		return -1;
	}
	return string_store(setting, settings, value, reason_r);
}

/*
 * Adds the query with the value of each parameter masked whose name speaks of
 * a password; a percent sign could hide such a name.
 */
static void
query_mask(struct slice query, struct buf *out)
{
	struct slice piece;
	const char *between = "?";

	while (slice_cut(&query, '&', &piece)) {
		ptrdiff_t equals = slice_index(piece, '=');
		struct slice name = slice_make(piece.p, equals < 0 ? piece.n : (size_t)equals);
		bool secret = memmem(name.p, name.n, "pass", 4) != NULL || memchr(name.p, '%', name.n) != NULL;

		buf_str(out, between);
		between = "&";
		if (equals >= 0 && secret) {
			buf_slice(out, name);
			buf_str(out, "=***");
		} else {
			buf_slice(out, piece);
		}
	}
}

/*
 * A password stands between the first colon behind "//" and an "@".  One with
 * an "@", "/" or "?" of its own is not a valid URL, but must not be shown
 * either: so the last "@" counts, wherever it is.
 */
static void
url_mask(struct slice url, struct buf *out)
{
	/* unix:/path: a password stands in the query only, where it may have all of these signs */
	bool local = slice_has_prefix(url, SLICE("unix:/")) && !slice_has_prefix(url, SLICE("unix://"));
	const char *slashes = local ? NULL : memmem(url.p, url.n, "//", 2);
	size_t from = slashes != NULL ? (size_t)(slashes - url.p) + 2 : url.n;
	size_t at = url.n;
	ptrdiff_t colon = slice_index(slice_from(url, from), ':');
	ptrdiff_t question;

	while (at > from && url.p[at - 1] != '@')
		at--;
	if (at > from && colon >= 0 && from + (size_t)colon < at - 1) {
		buf_add(out, url.p, from + (size_t)colon + 1);
		buf_str(out, "***");
		url = slice_from(url, at - 1);
	}
	question = slice_index(url, '?');
	buf_add(out, url.p, question < 0 ? url.n : (size_t)question);
	if (question >= 0)
		query_mask(slice_from(url, (size_t)question + 1), out);
}

static void
url_print(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out)
{
	const char *const *field = field_in(setting, settings);

	if (mask)
		url_mask(slice_str(*field), out);
	else
		buf_str(out, *field);
}

const struct setting_type setting_access = { access_parse, string_print };
const struct setting_type setting_address = { address_parse, string_print };
const struct setting_type setting_base_url = { base_url_parse, string_print };
const struct setting_type setting_choice = { choice_parse, choice_print };
const struct setting_type setting_count = { count_parse, count_print };
const struct setting_type setting_duration = { duration_parse, duration_print };
const struct setting_type setting_hosts = { hosts_parse, hosts_print };
const struct setting_type setting_listen = { listen_parse, listen_print };
const struct setting_type setting_name = { name_parse, string_print };
const struct setting_type setting_networks = { networks_parse, networks_print };
const struct setting_type setting_path = { path_parse, string_print };
const struct setting_type setting_prefix = { prefix_parse, string_print };
const struct setting_type setting_redis_url = { redis_url_parse, url_print };
const struct setting_type setting_size = { size_parse, size_print };
const struct setting_type setting_socket = { socket_parse, string_print };
const struct setting_type setting_store_url = { store_url_parse, url_print };
const struct setting_type setting_switch = { switch_parse, switch_print };
const struct setting_type setting_timezone = { timezone_parse, string_print };
const struct setting_type setting_workers = { workers_parse, count_print };
