/* SPDX-License-Identifier: MIT
 *
 * Addresses of Redis: each form, what each part may hold, and the words for what is wrong.
 */
#include "config.h"

#include "proto/redis_url.h"

#include <stdio.h>

#include <criterion/criterion.h>

static struct redis_url
good(const char *text)
{
	struct redis_url url;
	const char *reason = "";

	cr_assert_eq(redis_url_parse(&url, slice_str(text), &reason), 0, "%s: %s", text, reason);
	cr_expect_eq(redis_url_check(slice_str(text), &reason), 0);
	return url;
}

static void
bad(const char *text, const char *expected)
{
	struct redis_url url;
	const char *reason = NULL;

	cr_expect_eq(redis_url_parse(&url, slice_str(text), &reason), -1, "%s", text);
	cr_expect_str_eq(reason != NULL ? reason : "none", expected, "%s: %s", text, reason);
	cr_expect_eq(redis_url_check(slice_str(text), &reason), -1);
}

static void
hosts(const char *text, const char *expected)
{
	struct redis_url url = good(text);
	char got[200] = "";

	for (size_t i = 0; i < url.hosts; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %u;", url.host[i].name, url.host[i].port);
	cr_expect_str_eq(got, expected);
}

Test(redis_url, of_a_server)
{
	struct redis_url url = good("redis://thim%62le:s%40c%3ar%25t@redis.example.org:1234/7");

	cr_expect_eq(url.kind, REDIS_TCP);
	cr_expect_str_eq(url.user, "thimble");
	cr_expect_str_eq(url.password, "s@c:r%t");
	cr_expect_eq(url.database, 7);
	hosts("redis://thim%62le:s%40c%3ar%25t@redis.example.org:1234/7", "redis.example.org 1234;");
	url = good("redis://:a:b@h");
	cr_expect_str_eq(url.user, "");
	cr_expect_str_eq(url.password, "a:b");
	cr_expect_eq(url.database, 0);
	hosts("redis://h", "h 6379;");
	hosts("redis://h/", "h 6379;");
	hosts("redis://127.0.0.1:65535", "127.0.0.1 65535;");
	hosts("redis://[::1]", "::1 6379;");
	hosts("redis://:p@[2001:db8::7]:80/1", "2001:db8::7 80;");
	cr_expect_eq(good("redis://h/65535").database, 65535);
}

Test(redis_url, of_sentinels)
{
	struct redis_url url = good("redis+sentinel://:s%2fcret@a,b:1,[::1]:2/my%20primary/15");

	cr_expect_eq(url.kind, REDIS_SENTINEL);
	cr_expect_str_eq(url.password, "s/cret");
	cr_expect_str_eq(url.primary, "my primary");
	cr_expect_eq(url.database, 15);
	hosts("redis+sentinel://:s%2fcret@a,b:1,[::1]:2/my%20primary/15", "a 26379;b 1;::1 2;");
	hosts("redis+sentinel://1,2,3,4,5,6,7,8/p", "1 26379;2 26379;3 26379;4 26379;5 26379;6 26379;7 26379;8 26379;");
	cr_expect_eq(good("redis+sentinel://a/p/").database, 0);
}

Test(redis_url, of_a_socket)
{
	struct redis_url url = good("unix:/run/re%3fdis.sock");

	cr_expect_eq(url.kind, REDIS_UNIX);
	cr_expect_str_eq(url.path, "/run/re?dis.sock");
	cr_expect_str_eq(url.password, "");
	cr_expect_eq(url.database, 0);
	url = good("unix:/r?db=3&password=a:b@c%26");
	cr_expect_eq(url.database, 3);
	cr_expect_str_eq(url.password, "a:b@c&");
	cr_expect_eq(good("unix:/r?password=x&db=4").database, 4);
}

Test(redis_url, refuses_what_is_no_such_address)
{
	static const char *const others[] = { "", "redis", "redis:/h", "rediss://h", "Redis://h",
	    "localhost:6379", "unix:", "unix:r" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		bad(others[i], "must begin with redis://, redis+sentinel:// or unix:/");
}

Test(redis_url, refuses_bad_hosts_and_ports)
{
	static const char *const host[] = { "redis://", "redis:///1", "redis://:80", "redis://a b", "redis://a_b\"",
	    "redis://[::1", "redis://[]", "redis://::1", "redis://[a%41]", "redis://a,b", "redis+sentinel:///p",
	    "redis+sentinel://a,/p", "redis+sentinel://,a/p" };
	static const char *const port[] = { "redis://h:", "redis://h:0", "redis://h:65536", "redis://h:-1",
	    "redis://h:6379x", "redis://[::1]6379", "redis+sentinel://a:1,b:x/p" };

	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++)
		bad(host[i], "a host is a name, an IPv4 address, or an IPv6 address in brackets");
	for (size_t i = 0; i < sizeof(port) / sizeof(port[0]); i++)
		bad(port[i], "a port is a number from 1 to 65535");
	bad("redis+sentinel://1,2,3,4,5,6,7,8,9/p", "there are more than 8 sentinels");
}

Test(redis_url, refuses_bad_users_and_passwords)
{
	static const char *const who[] = { "redis://@h", "redis://secret@h", "redis://:@h", "redis://user:@h",
	    "redis+sentinel://x@h/p" };

	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++)
		bad(who[i], "before the @ stands USER:PASSWORD or :PASSWORD");
	bad("redis://:a@b@h", "an @ in a user or password is written %40");
	bad("redis://:a%4@h", "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL");
	bad("redis://:a%@h", "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL");
	bad("redis://a%00b:c@h", "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL");
	bad("unix:/r?password=%4z", "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL");
	bad("unix:/r?password=%zz", "a % stands before two hexadecimal digits (%25 is itself), and never for a NUL");
}

Test(redis_url, refuses_bad_rests)
{
	static const char *const database[] = { "redis://h/x", "redis://h/1/", "redis://h/65536", "redis://h/-1",
	    "redis://h/0?db=1", "redis+sentinel://h/p/x", "unix:/r?db=", "unix:/r?db=1x" };

	for (size_t i = 0; i < sizeof(database) / sizeof(database[0]); i++)
		bad(database[i], "the database is a number, at most 65535");
	bad("redis+sentinel://h", "behind the sentinels stands /PRIMARY, the name that they know it by");
	bad("redis+sentinel://h/", "behind the sentinels stands /PRIMARY, the name that they know it by");
	bad("redis+sentinel://h//1", "behind the sentinels stands /PRIMARY, the name that they know it by");
	bad("unix:/", "behind unix: stands the path of a socket, which begins with one /");
	bad("unix:/?db=1", "behind unix: stands the path of a socket, which begins with one /");
	bad("unix://u:p@/run/redis.sock", "behind unix: stands the path of a socket, which begins with one /");
	bad("unix:/r?x=1", "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between");
	bad("unix:/r?", "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between");
	bad("unix:/r?db=1&db=1", "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between");
	bad("unix:/r?password=longer&password=x",
	    "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between");
	bad("unix:/r?db=1&", "behind the ? stand db=DATABASE and password=PASSWORD, once each, with a & between");
}

/* Each part fits to its last byte, and not with one more. */
Test(redis_url, bounds_each_part)
{
	static const struct {
		const char *before, *behind;
		size_t size;
	} part[] = {
		{ "redis://", "", REDIS_HOST_MAX }, { "redis://:", "@h", REDIS_WORD_MAX }, { "redis://", ":p@h", REDIS_WORD_MAX },
		{ "redis+sentinel://h/", "/1", REDIS_WORD_MAX }, { "unix:/r?password=", "", REDIS_WORD_MAX },
		{ "unix:/", "", REDIS_PATH_MAX - 1 },
	};
	char text[600], many[300];

	memset(many, 'x', sizeof(many));
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%.*s%s", part[i].before, (int)part[i].size - 1, many, part[i].behind);
		(void)good(text);
		(void)snprintf(text, sizeof(text), "%s%.*s%s", part[i].before, (int)part[i].size, many, part[i].behind);
		bad(text, "is too long");
	}
}
