/* SPDX-License-Identifier: MIT
 *
 * The configuration: what is read, what is refused and with which words, and
 * that what is printed gives no password away and reads back as itself.
 */
#include "config.h"

#include "base/settings.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/log.h"

static struct settings *
parse_ok(const char *text)
{
	struct buf errors = { 0 };
	struct settings *s = settings_parse("t", slice_str(text), NULL, &errors);

	buf_byte(&errors, '\0');
	cr_assert_not_null(s, "refused: %s", errors.data);
	cr_assert_str_eq(errors.data, "");
	buf_fini(&errors);
	return s;
}

static void
refused(const char *text, const char *expected)
{
	struct buf errors = { 0 };
	struct settings *s = settings_parse("t", slice_str(text), NULL, &errors);

	buf_byte(&errors, '\0');
	cr_expect_null(s, "accepted: %s", text);
	cr_expect_str_eq(errors.data, expected);
	settings_free(&s);
	buf_fini(&errors);
}

/* One setting of [server] and the complaint that it must give. */
static void
refused_key(const char *section, const char *line, const char *complaint)
{
	char text[512], expected[512];

	(void)snprintf(text, sizeof(text), "[%s]\n%s\n", section, line);
	(void)snprintf(expected, sizeof(expected), "t:2: %s\n", complaint);
	refused(text, expected);
}

static void
prints(const struct settings *s, const char *line, bool expected)
{
	struct buf out = { 0 };

	settings_print(s, &out);
	buf_byte(&out, '\0');
	cr_expect((strstr(out.data, line) != NULL) == expected, "\"%s\" in:\n%s", line, out.data);
	buf_fini(&out);
}

Test(settings, defaults)
{
	struct settings *s = parse_ok("");

	cr_expect_eq(s->server.listen.count, 1);
	cr_expect_str_eq(s->server.listen.item[0], "127.0.0.1:8080");
	cr_expect_geq(s->server.workers, 1);
	cr_expect_eq(s->server.threads, 4);
	cr_expect_str_eq(s->server.user, "");
	cr_expect_str_eq(s->server.pid_file, "");
	cr_expect_str_eq(s->server.hosts.item[0], "*");
	cr_expect_eq(s->server.trusted_proxies_count, 1);
	cr_expect_eq(s->server.header_timeout, 10000);
	cr_expect_eq(s->server.keepalive_timeout, 75000);
	cr_expect_eq(s->server.max_body, 16u << 20);
	cr_expect_eq(s->cache.size, 256u << 20);
	cr_expect_eq(s->cache.stale_if_error, 0);
	cr_expect_eq(s->store.connections, 32);
	cr_expect_eq(s->api.page_size, 30);
	cr_expect_eq(s->api.max_page_size, 250);
	cr_expect_str_eq(s->reviewboard.prefix, "/reviews");
	cr_expect_str_eq(s->log.access, "off");
	cr_expect_eq(s->log.level, LOG_LEVEL_INFO);
	settings_free(&s);
	cr_expect_null(s);
}

Test(settings, reads_the_form_of_the_sample)
{
	struct settings *s = parse_ok("; comment\r\n# comment\n\n  [server]  ; trailing\n"
	    "listen = 127.0.0.1:1 ; may repeat\n\tlisten=[::]:2\nlisten = unix:/run/x;y.sock\n"
	    "workers =  3\t; processes\nuser =      ; nobody\nhosts = a.example.org, .example.net b\n"
	    "[log]\nlevel=debug\nformat = json\n[server]\nheader_timeout = 500ms\nstop_timeout = 1h\n"
	    "keepalive_timeout = 0\nmax_body = 64K");

	cr_expect_eq(s->server.listen.count, 3);
	cr_expect_str_eq(s->server.listen.item[0], "127.0.0.1:1");
	cr_expect_str_eq(s->server.listen.item[1], "[::]:2");
	cr_expect_str_eq(s->server.listen.item[2], "unix:/run/x;y.sock");
	cr_expect_eq(s->server.workers, 3);
	cr_expect_str_eq(s->server.user, "");
	cr_expect_eq(s->server.hosts.count, 3);
	cr_expect_str_eq(s->server.hosts.item[2], "b");
	cr_expect_eq(s->log.level, LOG_LEVEL_DEBUG);
	cr_expect_eq(s->log.format, ACCESS_JSON);
	cr_expect_eq(s->server.header_timeout, 500);
	cr_expect_eq(s->server.stop_timeout, 3600000);
	cr_expect_eq(s->server.keepalive_timeout, 0);
	cr_expect_eq(s->server.max_body, 65536);
	settings_free(&s);
}

Test(settings, reads_switches_and_days)
{
	struct settings *s = parse_ok("[reviewboard]\nhistory = off\nrequire_login = on\nsession_lifetime = 2d\n"
	    "max_diff_size = 0\nrate_limit = 60\n[server]\nstop_timeout = 24h\n");

	cr_expect_not(s->reviewboard.history);
	cr_expect(s->reviewboard.require_login);
	cr_expect(s->reviewboard.oauth2);
	cr_expect_eq(s->reviewboard.session_lifetime, 2 * 86400000);
	cr_expect_eq(s->reviewboard.max_diff_size, 0);
	cr_expect_eq(s->reviewboard.rate_limit, 60);
	prints(s, "history = off", true);
	prints(s, "require_login = on", true);
	prints(s, "session_lifetime = 2d", true);
	prints(s, "stop_timeout = 1d", true);
	settings_free(&s);
	refused_key("reviewboard", "history = yes", "history: must be on or off");
	refused_key("reviewboard", "oauth2 =", "oauth2: must be on or off");
	refused_key("reviewboard", "session_lifetime = 0", "session_lifetime: must be from 1s to 3650d");
}

Test(settings, says_where_and_what)
{
	refused("[server]\nlissten = 1\n", "t:2: unknown key \"lissten\" in section [server]\n");
	refused("[serv]\nlisten = 1\n", "t:1: unknown section [serv]\n");
	refused("listen = 1\n", "t:1: listen stands before the first [section]\n");
	refused("[server\n", "t:1: a section looks like [server]\n");
	refused("[\n", "t:1: a section looks like [server]\n");
	refused("[server]\nwhat\n= 3\n",
	    "t:2: neither [section] nor key = value\nt:3: neither [section] nor key = value\n");
	refused("[server]\nworkers = 1\n\nworkers = 1\n", "t:4: workers was given before, in line 2\n");
	refused("[server]\nthreads = 1\n[log]\nlevel = loud\n",
	    "t:2: threads: must be from 2 to 64\n"
	    "t:4: level: must be one of error, warn, info, debug\n");
	refused("[log]\nlevel = in\001fo\n", "t:2: control character\n");
	refused("[api]\npage_size = 300\n", "t:2: page_size: 300 is more than max_page_size, 250\n");
	refused("[api]\nmax_page_size = 20\n", "t:2: page_size: 30 is more than max_page_size, 20\n");
	refused("[server]\nstatus_listen = 127.0.0.1:8080\n",
	    "t:2: status_listen: this address is also in listen; the status is never on the public socket\n");
}

Test(settings, refuses_bad_numbers)
{
	refused_key("server", "workers = 0", "workers: must be from 1 to 64");
	refused_key("server", "workers = -1", "workers: not a number");
	refused_key("server", "workers = 99999999999999999999", "workers: not a number");
	refused_key("server", "workers =", "workers: not a number");
	refused_key("server", "header_timeout = 10", "header_timeout: not a duration such as 500ms, 10s, 5m or 1h");
	refused_key("server", "header_timeout = s", "header_timeout: not a duration such as 500ms, 10s, 5m or 1h");
	refused_key("server", "header_timeout = 50ms", "header_timeout: must be from 100ms to 1h");
	refused_key("server", "header_timeout = 5124095576030432h",
	    "header_timeout: not a duration such as 500ms, 10s, 5m or 1h");
	refused_key("server", "max_body = 1T", "max_body: not a size such as 64K, 16M, 1G or 0");
	refused_key("server", "max_body = 0", "max_body: must be from 1K to 1G");
	refused_key("cache", "size = 256m", "size: not a size such as 64K, 16M, 1G or 0");
}

Test(settings, refuses_bad_addresses)
{
	static const char *const bad[] = { "", "8080", ":8080", "host", "host:", "host:65536", "host:http", "[::1]",
	    "[]:1", "[1.2.3.4]:1", "[::1/64]:1", "[::g]:1", "::1:80", "unix:", "unix:x", "unix:/", "a b:1", "host:0x1" };
	static const char *const good[] = { "*:80", "localhost:1", "0.0.0.0:65535", "[::1]:80", "unix:/x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[100];

		(void)snprintf(line, sizeof(line), "listen = %s", bad[i]);
		refused_key("server", line, "listen: not an address such as 127.0.0.1:8080, [::]:8080 or unix:/path");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[100];
		struct settings *s;

		(void)snprintf(text, sizeof(text), "[server]\nlisten = %s\n", good[i]);
		s = parse_ok(text);
		cr_expect_str_eq(s->server.listen.item[0], good[i]);
		settings_free(&s);
	}
	refused("[server]\nlisten = a:1\nlisten = a:1\n", "t:3: listen: this address was given before\n");
}

Test(settings, refuses_bad_words)
{
	refused_key("server", "pid_file = thimble.pid", "pid_file: not an absolute path");
	refused_key("server", "control = thimble.sock", "control: not an absolute path");
	refused_key("server", "base_url = ftp://x", "base_url: must be http://host or https://host, without a path");
	refused_key("server", "base_url = http://x/", "base_url: must be http://host or https://host, without a path");
	refused_key("server", "hosts = a/b", "hosts: \"a/b\" is not *, a name, or .suffix");
	refused_key("server", "hosts =", "hosts: names no host; * means any");
	refused_key("server", "trusted_proxies = 10.0.0.0/33",
	    "trusted_proxies: \"10.0.0.0/33\" is not a network such as 10.0.0.0/8 or ::1");
	refused_key("server", "user = a b", "user: not a user name");
	refused_key("store", "url = mysql://x", "url: must begin with sqlite: or postgresql:");
	refused_key("cache", "redis = localhost", "redis: must begin with redis://, redis+sentinel:// or unix:/");
	refused_key("api", "timezone =", "timezone: not a time zone such as UTC or Europe/Berlin");
	refused_key("reviewboard", "prefix = /", "prefix: must begin with / and not end with it");
	refused_key("log", "access = file", "access: must be off, stderr, syslog or an absolute path");
}

static int
refuse_redis(struct slice text, const char **reason_r)
{
	*reason_r = slice_has_suffix(text, SLICE("/bad")) ? "is bad" : NULL;
	return *reason_r != NULL ? -1 : 0;
}

Test(settings, asks_whether_redis_is_well_formed)
{
	struct buf errors = { 0 };
	struct settings *s = settings_parse("t", SLICE("[cache]\nredis =\n"), refuse_redis, &errors);

	cr_expect_not_null(s);
	settings_free(&s);
	s = settings_parse("t", SLICE("[cache]\nredis = redis://good ; /bad\n"), refuse_redis, &errors);
	cr_expect_not_null(s);
	settings_free(&s);
	s = settings_parse("t", SLICE("[cache]\n\nredis = redis://h/bad\n"), refuse_redis, &errors);
	cr_expect_null(s);
	buf_byte(&errors, '\0');
	cr_expect_str_eq(errors.data, "t:3: redis: is bad\n");
	buf_fini(&errors);
}

Test(settings, masks_passwords)
{
	struct settings *s = parse_ok("[store]\nurl = postgresql://user:s3cret@db.example.org:5432/p?sslmode=off\n"
	    "[cache]\nredis = redis://:s3cret@127.0.0.1:6379/0\n");

	cr_expect_str_eq(s->store.url, "postgresql://user:s3cret@db.example.org:5432/p?sslmode=off");
	prints(s, "s3cret", false);
	prints(s, "url = postgresql://user:***@db.example.org:5432/p?sslmode=off\n", true);
	prints(s, "redis = redis://:***@127.0.0.1:6379/0\n", true);
	settings_free(&s);

	s = parse_ok("[store]\nurl = postgres://h/p?user=u&password=s3cret&p%61ssword=s3cret\n"
	    "[cache]\nredis = redis://:s3c@ret/s3cret?s3cret@h\n");
	prints(s, "s3c", false);
	prints(s, "url = postgres://h/p?user=u&password=***&p%61ssword=***\n", true);
	prints(s, "redis = redis://:***@h\n", true);
	settings_free(&s);

	s = parse_ok("[cache]\nredis = redis+sentinel://:s3cret@a.example.org:1,b.example.org/primary/2\n");
	prints(s, "redis = redis+sentinel://:***@a.example.org:1,b.example.org/primary/2\n", true);
	settings_free(&s);
	s = parse_ok("[cache]\nredis = unix:/run//redis.sock?db=3&password=s3c:s3c//@s3c:\n");
	prints(s, "s3c", false);
	prints(s, "redis = unix:/run//redis.sock?db=3&password=***\n", true);
	settings_free(&s);

	s = parse_ok("[store]\nurl = postgresql://user@h:5432/p\n");
	prints(s, "url = postgresql://user@h:5432/p\n", true);
	settings_free(&s);
	s = parse_ok("[store]\nurl = sqlite:/srv/a:b@c.db\n");
	prints(s, "url = sqlite:/srv/a:b@c.db\n", true);
	settings_free(&s);
}

Test(settings, what_is_printed_reads_back)
{
	struct settings *s = parse_ok("[server]\nlisten = *:1\nlisten = [::1]:2\nworkers = 7\n"
	    "trusted_proxies = 10.1.2.3/8 ::1, fd00::/8 0.0.0.0/0\nheader_timeout = 90s\nmax_body = 1025\n"
	    "stop_timeout = 120m\n[log]\nformat = json\nlevel = warn\n");
	struct buf first = { 0 }, second = { 0 };

	settings_print(s, &first);
	settings_free(&s);
	buf_byte(&first, '\0');
	cr_expect_not_null(strstr(first.data, "listen = *:1\nlisten = [::1]:2\n"));
	cr_expect_not_null(strstr(first.data, "trusted_proxies = 10.0.0.0/8, ::1/128, fd00::/8, 0.0.0.0/0\n"));
	cr_expect_not_null(strstr(first.data, "header_timeout = 90s\n"));
	cr_expect_not_null(strstr(first.data, "stop_timeout = 2h\n"));
	cr_expect_not_null(strstr(first.data, "max_body = 1025\n"));
	s = parse_ok(first.data);
	settings_print(s, &second);
	buf_byte(&second, '\0');
	cr_expect_str_eq(first.data, second.data);
	settings_free(&s);
	buf_fini(&first);
	buf_fini(&second);
}

static void
trusts(const struct settings *s, const char *address, bool expected)
{
	struct in6_addr a;

	cr_assert_eq(inet_pton(AF_INET6, address, &a), 1);
	cr_expect_eq(settings_trusts(s, &a), expected, "%s", address);
}

Test(settings, trusts_networks)
{
	struct settings *s = parse_ok("[server]\ntrusted_proxies = 127.0.0.0/8, 192.0.2.64/27, 2001:db8::/33, ::1\n");

	trusts(s, "::ffff:127.3.2.1", true);
	trusts(s, "::ffff:128.0.0.1", false);
	trusts(s, "::ffff:192.0.2.95", true);
	trusts(s, "::ffff:192.0.2.96", false);
	trusts(s, "::ffff:192.0.2.63", false);
	trusts(s, "2001:db8:7fff::", true);
	trusts(s, "2001:db8:8000::", false);
	trusts(s, "::1", true);
	trusts(s, "::2", false);
	settings_free(&s);
	s = parse_ok("[server]\ntrusted_proxies =\n");
	trusts(s, "::ffff:127.0.0.1", false);
	settings_free(&s);
}

Test(settings, carries_what_cannot_be_reloaded)
{
	struct settings *old = parse_ok("[server]\npid_file = /run/a\n[cache]\nsize = 1M\n");
	struct settings *new = parse_ok("[server]\npid_file = /run/b\nworkers = 2\n[cache]\nsize = 1M\n");
	struct buf notes = { 0 };

	settings_carry(new, old, &notes);
	buf_byte(&notes, '\0');
	settings_free(&old);
	cr_expect_str_eq(notes.data, "server.pid_file\n");
	cr_expect_str_eq(new->server.pid_file, "/run/a");
	cr_expect_eq(new->cache.size, 1u << 20);
	cr_expect_eq(new->server.workers, 2);
	settings_free(&new);
	buf_fini(&notes);
}

Test(settings, files)
{
	char path[] = "/tmp/test_settings.XXXXXX";
	char expected[100];
	static char large[64 * 1024 + 1];
	struct buf errors = { 0 };
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	memset(large, '\n', sizeof(large));
	cr_assert_eq(write(fd, large, sizeof(large)), sizeof(large));
	cr_expect_null(settings_load(path, NULL, &errors));
	(void)snprintf(expected, sizeof(expected), "%s:1: the file is larger than 64 KiB\n", path);
	cr_expect(slice_is(buf_as_slice(&errors), expected), "%.*s", SLICE_ARG(buf_as_slice(&errors)));
	cr_assert_eq(ftruncate(fd, 64 * 1024), 0);
	buf_reset(&errors);
	struct settings *s = settings_load(path, NULL, &errors);
	cr_expect_not_null(s);
	settings_free(&s);
	(void)close(fd);
	(void)unlink(path);
	cr_expect_null(settings_load(path, NULL, &errors));
	(void)snprintf(expected, sizeof(expected), "%s: cannot be read: No such file or directory\n", path);
	cr_expect(slice_is(buf_as_slice(&errors), expected), "%.*s", SLICE_ARG(buf_as_slice(&errors)));
	buf_fini(&errors);
}

Test(settings, stops_complaining)
{
	static char text[20000];
	struct buf errors = { 0 };
	unsigned lines = 0;

	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	cr_expect_null(settings_parse("t", slice_str(text), NULL, &errors));
	for (size_t i = 0; i < errors.len; i++)
		lines += errors.data[i] == '\n';
	cr_expect_eq(lines, 50);
	buf_fini(&errors);
}
