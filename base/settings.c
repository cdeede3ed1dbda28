/* SPDX-License-Identifier: MIT
 *
 * The configuration file and its table.  A new key is a field in settings.h,
 * a line in `table`, a line in etc/thimble.conf.sample and an entry in
 * doc/thimbled.conf.5; tests/settings-documented compares the three.
 * The kinds of values are in settings_types.c.
 */
#include "config.h"

#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings_private.h"

enum {
	FILE_MAX = 64 * 1024,
	COMPLAINTS_MAX = 50,		/* then reading ends */
	WORKERS_MAX = 64,		/* half of the slots in shared memory: a reload needs twice as many */
	CONNECTIONS_MAX = 1024,
	SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR,
	KIB = 1024, MIB = 1024 * KIB, GIB = 1024 * MIB
};

static const char *const format_words[] = { [ACCESS_COMBINED] = "combined", [ACCESS_JSON] = "json", NULL };
static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug", NULL
};

#define SETTING(s, k, kind, text, may_reload, ...)					\
	{ .section = #s, .key = #k, .type = &setting_##kind, .initial = (text), .reloadable = (may_reload),	\
	  .offset = offsetof(struct settings, s.k), __VA_ARGS__ }
#define BOUNDS(low, high) .min = (low), .max = (high)

/* By section, in the order of the sample file; a section's keys stand together. */
static const struct setting table[] = {
	SETTING(server, listen, listen, "127.0.0.1:8080", true,
	    .about = "address to answer on; may repeat"),
	SETTING(server, workers, workers, "auto", true, BOUNDS(1, WORKERS_MAX),
	    .about = "processes; auto is one a processor"),
	SETTING(server, threads, count, "4", true, BOUNDS(2, 64),
	    .about = "threads of each worker, for what blocks"),
	SETTING(server, user, name, "", true,
	    .about = "whom the workers run as, if started as root"),
	SETTING(server, pid_file, path, "", false,
	    .about = "file with the process id of the master"),
	SETTING(server, base_url, base_url, "", true,
	    .about = "scheme and host of links; empty: from the request"),
	SETTING(server, hosts, hosts, "*", true,
	    .about = "values of Host that are answered"),
	SETTING(server, trusted_proxies, networks, "127.0.0.0/8", true,
	    .about = "networks whose X-Forwarded headers are believed"),
	SETTING(server, status_listen, address, "", true,
	    .about = "address of /healthz, /readyz and /metrics"),
	SETTING(server, control, socket, "", true,
	    .about = "socket that thimblectl talks to"),
	SETTING(server, header_timeout, duration, "10s", true, BOUNDS(100, HOUR),
	    .about = "for a request's head to arrive"),
	SETTING(server, keepalive_timeout, duration, "75s", true, BOUNDS(0, HOUR),
	    .about = "that an idle connection is kept"),
	SETTING(server, stop_timeout, duration, "30s", true, BOUNDS(0, 24 * HOUR),
	    .about = "for requests in flight after TERM"),
	SETTING(server, request_timeout, duration, "30s", true, BOUNDS(100, HOUR),
	    .about = "for an answer, then 503"),
	SETTING(server, max_body, size, "16M", true, BOUNDS(KIB, GIB),
	    .about = "largest body of a request"),
	SETTING(store, url, store_url, "sqlite:/var/lib/thimble/thimble.db", true,
	    .about = "the database"),
	SETTING(store, connections, count, "32", true, BOUNDS(1, CONNECTIONS_MAX),
	    .about = "connections to the database, of all workers together"),
	SETTING(cache, size, size, "256M", false, BOUNDS(0, 1024ULL * GIB),
	    .about = "shared memory of the cache; 0 turns it off"),
	SETTING(cache, redis, redis_url, "", true,
	    .about = "Redis shared by several nodes; empty: this node alone"),
	SETTING(cache, max_stale, duration, "1s", true, BOUNDS(100, 24 * HOUR),
	    .about = "how long an entry is trusted without word from the bus"),
	SETTING(cache, stale_if_error, duration, "0s", true, BOUNDS(0, 24 * HOUR),
	    .about = "how long old entries are served while the database is away"),
	SETTING(api, page_size, count, "30", true, BOUNDS(1, 10000),
	    .about = "items on a page"),
	SETTING(api, max_page_size, count, "250", true, BOUNDS(1, 10000),
	    .about = "most items that per_page may ask for"),
	SETTING(api, timezone, timezone, "UTC", true,
	    .about = "time zone of the database's timestamps"),
	SETTING(reviewboard, prefix, prefix, "/reviews", true,
	    .about = "path of the Review Board API"),
	SETTING(reviewboard, history, switch, "on", true,
	    .about = "whether series of commits are taken, and not only plain diffs"),
	SETTING(reviewboard, max_diff_size, size, "2M", true, BOUNDS(0, GIB),
	    .about = "largest diff; 0: no limit but max_body"),
	SETTING(reviewboard, require_login, switch, "off", true,
	    .about = "whether reading needs a user"),
	SETTING(reviewboard, rate_limit, count, "0", true, BOUNDS(0, 1000000),
	    .about = "requests a minute of each user; 0: no limit"),
	SETTING(reviewboard, oauth2, switch, "on", true,
	    .about = "whether OAuth2 tokens are taken"),
	SETTING(reviewboard, session_lifetime, duration, "365d", true, BOUNDS(SECOND, 3650ULL * DAY),
	    .about = "how long a log-in lasts"),
	SETTING(mail, lmtp_listen, address, "", true,
	    .about = "address that takes mail by LMTP"),
	SETTING(log, access, access, "off", true,
	    .about = "off, stderr, syslog or a file"),
	SETTING(log, format, choice, "combined", true, .words = format_words,
	    .about = "of the access log"),
	SETTING(log, level, choice, "info", true, .words = level_words,
	    .about = "least important messages that are logged"),
};

/* trusted_proxies is an array with a count beside it; its type knows both. */
enum { TABLE_SIZE = sizeof(table) / sizeof(table[0]) };

/* The state of reading one text. */
struct reader {
	const char *name;		/* of the file */
	struct settings *settings;
	settings_check_fn *redis;
	struct buf *errors;
	unsigned line;
	unsigned complaints;
	struct slice section;		/* absent before the first, and in one that is unknown */
	unsigned seen[TABLE_SIZE];	/* line that gave the key first, 0: default */
};

static void complain(struct reader *reader, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(struct reader *reader, unsigned line, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	reader->complaints++;
	buf_printf(reader->errors, "%s:%u: %s\n", reader->name, line, text);
}

/* What stands before a ";" at the start or behind a blank, without blanks around. */
static struct slice
without_comment(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ';' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t')) {
			s.n = i;
			break;
		}
	}
	return slice_trim(s, " \t\r");
}

static bool
has_control(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static void
read_section(struct reader *reader, struct slice line)
{
	struct slice name;

	line = without_comment(line);
	reader->section = SLICE_NONE;
	if (line.p[line.n - 1] != ']') {
		complain(reader, reader->line, "a section looks like [server]");
		return;
	}
	name = slice_trim(slice_make(line.p + 1, line.n - 2), " \t");
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (slice_is(name, table[i].section))
			reader->section = name;
	if (reader->section.p == NULL)
		complain(reader, reader->line, "unknown section [%.*s]", SLICE_ARG(name));
}

static const struct setting *
setting_find(struct slice section, struct slice key)
{
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (slice_is(section, table[i].section) && slice_is(key, table[i].key))
			return &table[i];
	return NULL;
}

static void
read_value(struct reader *reader, struct slice key, struct slice value)
{
	const struct setting *setting = setting_find(reader->section, key);
	const char *reason = NULL;
	unsigned *seen;

	if (setting == NULL) {
		complain(reader, reader->line, "unknown key \"%.*s\" in section [%.*s]", SLICE_ARG(key),
		    SLICE_ARG(reader->section));
		return;
	}
	seen = &reader->seen[setting - table];
	if (*seen != 0 && setting->type != &setting_listen) {
		complain(reader, reader->line, "%s was given before, in line %u", setting->key, *seen);
		return;
	}
	if (*seen == 0)
		*seen = reader->line;
	if (setting->type->parse(setting, reader->settings, value, &reason) < 0
	    || (setting->type == &setting_redis_url && value.n > 0 && reader->redis != NULL
	    && reader->redis(value, &reason) < 0))
		complain(reader, reader->line, "%s: %s", setting->key, reason);
}

static void
read_line(struct reader *reader, struct slice line)
{
	ptrdiff_t equals;
	struct slice key;

	line = slice_trim(line, " \t\r");
	if (line.n == 0 || line.p[0] == ';' || line.p[0] == '#')
		return;
	if (has_control(line)) {
		complain(reader, reader->line, "control character");
		return;
	}
	if (line.p[0] == '[') {
		read_section(reader, line);
		return;
	}
	equals = slice_index(line, '=');
	key = slice_trim(slice_make(line.p, equals < 0 ? 0 : (size_t)equals), " \t");
	if (key.n == 0) {
		complain(reader, reader->line, "neither [section] nor key = value");
		return;
	}
	/* A section that is unknown was complained of once; that is enough. */
	if (reader->section.p != NULL)
		read_value(reader, key, without_comment(slice_from(line, (size_t)equals + 1)));
	else if (reader->complaints == 0)
		complain(reader, reader->line, "%.*s stands before the first [section]", SLICE_ARG(key));
}

/* Gives each key that the text did not mention its default. */
static void
read_defaults(struct reader *reader)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const char *reason = NULL;

		if (reader->seen[i] == 0
		    && table[i].type->parse(&table[i], reader->settings, slice_str(table[i].initial), &reason) < 0)
			log_fatalx("default of %s.%s: %s", table[i].section, table[i].key, reason);
	}
}

/* What no single key can tell. */
static void
check_together(struct reader *reader)
{
	const struct settings *s = reader->settings;
	const struct setting *size = setting_find(SLICE("api"), SLICE("page_size"));
	const struct setting *max = setting_find(SLICE("api"), SLICE("max_page_size"));
	const struct setting *status = setting_find(SLICE("server"), SLICE("status_listen"));
	unsigned line = reader->seen[size - table];
	bool any_port = slice_has_suffix(slice_str(s->server.status_listen), SLICE(":0"));

	if (s->api.page_size > s->api.max_page_size)
		complain(reader, line != 0 ? line : reader->seen[max - table],
		    "page_size: %u is more than max_page_size, %u", s->api.page_size, s->api.max_page_size);
	for (size_t i = 0; i < s->server.listen.count; i++)
		if (!any_port && strcmp(s->server.listen.item[i], s->server.status_listen) == 0)
			complain(reader, reader->seen[status - table],
			    "status_listen: this address is also in listen; the status is never on the public socket");
}

struct settings *
settings_parse(const char *name, struct slice text, settings_check_fn *redis, struct buf *errors)
{
	struct reader reader = { .name = name, .redis = redis, .errors = errors };
	struct settings *settings = xcalloc(1, sizeof(*settings));
	struct slice line;

	settings->arena = arena_new();
	reader.settings = settings;
	if (text.n > FILE_MAX) {
		complain(&reader, 1, "the file is larger than 64 KiB");
		text = SLICE_NONE;
	}
	while (slice_cut(&text, '\n', &line) && reader.complaints < COMPLAINTS_MAX) {
		reader.line++;
		read_line(&reader, line);
	}
	read_defaults(&reader);
	if (reader.complaints == 0)
		check_together(&reader);
	if (reader.complaints > 0)
		settings_free(&settings);
	return settings;
}

/* Reads at most one byte more than a file may have; -1 with errno. */
static int
read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = -1;
	int saved;

	if (fd < 0)
		return -1;
	while (text->len <= FILE_MAX) {
		n = read(fd, buf_reserve(text, FILE_MAX + 1 - text->len), FILE_MAX + 1 - text->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text->len += (size_t)n;
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

struct settings *
settings_load(const char *path, settings_check_fn *redis, struct buf *errors)
{
	struct settings *settings = NULL;
	struct buf text = { 0 };

	if (path == NULL)
		return settings_parse("defaults", SLICE(""), redis, errors);
	if (read_file(path, &text) < 0)
		buf_printf(errors, "%s: cannot be read: %s\n", path, strerror(errno));
	else
		settings = settings_parse(path, buf_as_slice(&text), redis, errors);
	buf_fini(&text);
	return settings;
}

void
settings_free(struct settings **settings)
{
	if (*settings == NULL)
		return;
	arena_free(&(*settings)->arena);
	free(*settings);
	*settings = NULL;
}

void
settings_print(const struct settings *settings, struct buf *out)
{
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (i == 0 || strcmp(table[i].section, table[i - 1].section) != 0)
			buf_printf(out, "%s[%s]\n", i > 0 ? "\n" : "", table[i].section);
		buf_printf(out, "%s = ", table[i].key);
		table[i].type->print(&table[i], settings, true, out);
		while (out->data[out->len - 1] == ' ')
			out->len--;
		buf_byte(out, '\n');
	}
}

void
settings_carry(struct settings *settings, const struct settings *in_force, struct buf *notes)
{
	struct buf was = { 0 }, is = { 0 };

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		const char *reason;

		if (table[i].reloadable)
			continue;
		buf_reset(&was);
		buf_reset(&is);
		table[i].type->print(&table[i], in_force, false, &was);
		table[i].type->print(&table[i], settings, false, &is);
		if (slice_eq(buf_as_slice(&was), buf_as_slice(&is)))
			continue;
		buf_printf(notes, "%s.%s\n", table[i].section, table[i].key);
		if (table[i].type->parse(&table[i], settings, buf_as_slice(&was), &reason) < 0)
			log_fatalx("%s.%s cannot be read back: %s", table[i].section, table[i].key, reason);
	}
	buf_fini(&was);
	buf_fini(&is);
}

static bool
network_has(const struct network *network, const struct in6_addr *address)
{
	unsigned bytes = network->prefix / 8, bits = network->prefix % 8;

	if (memcmp(network->address.s6_addr, address->s6_addr, bytes) != 0)
		return false;
	return bits == 0 || ((network->address.s6_addr[bytes] ^ address->s6_addr[bytes]) >> (8 - bits)) == 0;
}

bool
settings_trusts(const struct settings *settings, const struct in6_addr *address)
{
	for (size_t i = 0; i < settings->server.trusted_proxies_count; i++)
		if (network_has(&settings->server.trusted_proxies[i], address))
			return true;
	return false;
}
