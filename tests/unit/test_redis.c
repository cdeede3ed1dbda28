/* SPDX-License-Identifier: MIT
 *
 * Connections to Redis, against a server of the test's own, one that is no Redis at all, and, if
 * THIMBLE_TEST_SENTINEL_URL and _PRIMARY say so (see tests/with-redis), three sentinels.
 */
#include "config.h"

#include "cache/redis.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>

#include "redis_server.h"

enum { PLENTY_MS = 60000, SHORT_MS = 300 };	/* the short one only where it is to run out */

static struct redis_server server;

static void
start(void)
{
	redis_server_start(&server, "s3cret word");
}

static void
stop(void)
{
	redis_server_stop(&server);
}

static struct redis *
make(bool tcp, unsigned database, unsigned timeout_ms)
{
	struct redis_url url = redis_server_url(&server, tcp, database);

	return redis_new(&url, "unit-test", timeout_ms, timeout_ms);
}

/* A command of words with one space between. */
static enum redis_status
say(struct redis *redis, const char *text, redisReply **reply_r, const char **error_r)
{
	struct slice words[16], rest = slice_str(text);
	size_t count = 0;

	while (count < 16 && slice_cut(&rest, ' ', &words[count]))
		count++;
	return redis_command(redis, words, count, reply_r, error_r);
}

/* It has to answer that. */
static void
expect(struct redis *redis, const char *text, const char *expected)
{
	redisReply *reply;
	const char *error = NULL;
	enum redis_status status = say(redis, text, &reply, &error);
	char number[24];

	cr_assert_eq(status, REDIS_OK, "%s: %s", text, error);
	(void)snprintf(number, sizeof(number), "%lld", reply->integer);
	cr_expect_str_eq(reply->type == REDIS_REPLY_INTEGER ? number : reply->str != NULL ? reply->str : "(none)", expected,
	    "%s", text);
	freeReplyObject(reply);
}

/* It fails like that, with these words in the sentence. */
static void
expect_not(struct redis *redis, const char *text, enum redis_status expected, const char *words)
{
	redisReply *reply;
	const char *error = "none";
	enum redis_status status = say(redis, text, &reply, &error);

	cr_expect_eq(status, expected, "%s: %d", text, (int)status);
	cr_expect_not_null(strstr(error, words), "%s: %s", text, error);
	cr_expect_null(strstr(error, "s3cret"));
	cr_expect_null(reply);
	cr_expect_eq(redis_is_connected(redis), expected == REDIS_REFUSED);
}

TestSuite(redis, .init = start, .fini = stop, .timeout = 120);

Test(redis, connects_by_tcp_and_by_socket)
{
	const char *error;

	for (int tcp = 0; tcp < 2; tcp++) {
		struct redis *redis = make(tcp, 3, PLENTY_MS);

		cr_expect(!redis_is_connected(redis));
		cr_expect_eq(redis_descriptor(redis), -1);
		cr_expect_str_eq(redis_run_id(redis), "");
		expect(redis, "CLIENT GETNAME", "unit-test");
		expect(redis, tcp ? "SET tcp 1" : "SET socket 1", "OK");
		cr_expect(redis_is_connected(redis) && redis_descriptor(redis) >= 0);
		cr_expect_eq(strlen(redis_run_id(redis)), REDIS_RUN_ID);
		cr_expect_not_null(strstr(redis_server_text(&server, "INFO server"), redis_run_id(redis)));
		cr_expect_eq(redis_connect(redis, &error), REDIS_OK);
		redis_free(&redis);
	}
	cr_expect_not_null(strstr(redis_server_text(&server, "INFO keyspace"), "db3:keys=2,"));
	cr_expect_null(strstr(redis_server_text(&server, "INFO keyspace"), "db0"));
}

Test(redis, tells_why_it_does_not_get_in)
{
	struct redis_url url = redis_server_url(&server, true, 0);
	struct redis *redis = make(false, 99, PLENTY_MS);

	expect_not(redis, "PING", REDIS_AWAY, "SELECT: ERR DB index is out of range");
	redis_free(&redis);
	(void)snprintf(url.password, sizeof(url.password), "s3cret");
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect_not(redis, "PING", REDIS_AWAY, "AUTH: WRONGPASS");
	redis_free(&redis);
	(void)snprintf(url.user, sizeof(url.user), "nobody");
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect_not(redis, "PING", REDIS_AWAY, "AUTH: WRONGPASS");
	redis_free(&redis);
	url.user[0] = url.password[0] = '\0';
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect_not(redis, "PING", REDIS_AWAY, "NOAUTH");
	redis_free(&redis);
	redis_server_kill(&server);
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect_not(redis, "PING", REDIS_AWAY, "refused");
	redis_free(&redis);
}

Test(redis, has_a_user)
{
	struct redis_url url = redis_server_url(&server, true, 0);
	struct redis *redis;

	cr_assert_str_eq(redis_server_text(&server, "ACL SETUSER thimble on >else ~thimble:* +@all"), "OK");
	(void)snprintf(url.user, sizeof(url.user), "thimble");
	(void)snprintf(url.password, sizeof(url.password), "else");
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect(redis, "SET thimble:a 1", "OK");
	expect_not(redis, "SET a 1", REDIS_REFUSED, "NOPERM");
	expect(redis, "ACL WHOAMI", "thimble");
	redis_free(&redis);
}

Test(redis, what_is_refused_leaves_it_connected)
{
	struct redis *redis = make(false, 0, PLENTY_MS);
	static struct slice many[REDIS_ARGUMENTS_MAX + 1];
	redisReply *reply;
	const char *error;

	expect(redis, "SET a text", "OK");
	expect_not(redis, "INCR a", REDIS_REFUSED, "ERR value is not an integer");
	expect(redis, "GET a", "text");
	many[0] = SLICE("DEL");
	for (size_t i = 1; i <= REDIS_ARGUMENTS_MAX; i++)
		many[i] = i == 1 ? SLICE("a") : SLICE_NONE;
	cr_expect_eq(redis_command(redis, many, REDIS_ARGUMENTS_MAX + 1, &reply, &error), REDIS_REFUSED);
	cr_expect_eq(redis_command(redis, many, REDIS_ARGUMENTS_MAX, &reply, &error), REDIS_OK);
	cr_expect_eq(reply->integer, 1);
	freeReplyObject(reply);
	redis_free(&redis);
}

Test(redis, leaves_a_replica)
{
	struct redis *before = make(false, 0, PLENTY_MS), *after = make(false, 0, PLENTY_MS);
	struct redis_script script = { .text = "return redis.call('SET', 'a', '1')" };
	redisReply *reply;
	const char *error;

	redis_script_prepare(&script);
	expect(before, "SET a 1", "OK");
	cr_assert_str_eq(redis_server_text(&server, "REPLICAOF 127.0.0.1 1"), "OK");
	expect(before, "GET a", "1");
	expect_not(before, "SET a 2", REDIS_AWAY, "READONLY");
	expect_not(after, "GET a", REDIS_AWAY, "it is a replica");
	cr_assert_str_eq(redis_server_text(&server, "REPLICAOF NO ONE"), "OK");
	expect(before, "GET a", "1");
	cr_assert_str_eq(redis_server_text(&server, "REPLICAOF 127.0.0.1 1"), "OK");
	cr_expect_eq(redis_run(before, &script, NULL, 0, NULL, 0, &reply, &error), REDIS_AWAY);
	cr_expect_not_null(strstr(error, "READONLY"), "%s", error);
	redis_free(&before);
	redis_free(&after);
}

Test(redis, another_run_has_another_id)
{
	struct redis *redis = make(true, 0, PLENTY_MS);
	char first[REDIS_RUN_ID + 1];
	const char *error = "";

	expect(redis, "SET a 1", "OK");
	(void)snprintf(first, sizeof(first), "%s", redis_run_id(redis));
	redis_server_restart(&server, true);
	/* it is noticed that the other side has gone, before anything is sent */
	cr_assert_eq(redis_connect(redis, &error), REDIS_OK, "%s", error);
	cr_expect_str_neq(redis_run_id(redis), first);
	expect(redis, "GET a", "1");
	redis_server_kill(&server);
	expect_not(redis, "GET a", REDIS_AWAY, "");
	cr_expect_str_eq(redis_run_id(redis), "");
	redis_free(&redis);
}

Test(redis, does_not_wait_for_one_that_hangs)
{
	struct redis *redis = make(false, 0, SHORT_MS), *other = make(true, 0, SHORT_MS);

	expect(redis, "SET a first", "OK");
	expect(redis, "SET b second", "OK");
	cr_assert_eq(kill(server.pid, SIGSTOP), 0);
	expect_not(redis, "GET a", REDIS_AWAY, "no answer in time");
	expect_not(other, "GET a", REDIS_AWAY, "no answer in time");
	cr_assert_eq(kill(server.pid, SIGCONT), 0);
	while (!redis_is_connected(redis)) {
		const char *error;

		(void)redis_connect(redis, &error);
	}
	/* what it says late is for a connection that is gone */
	expect(redis, "GET b", "second");
	redis_free(&redis);
	redis_free(&other);
}

Test(redis, bounds_a_reply)
{
	struct redis *redis = make(false, 0, PLENTY_MS);

	(void)redis_server_text(&server, "SETRANGE large 8300000 x");
	(void)redis_server_text(&server, "SETRANGE larger 8400000 x");
	expect(redis, "STRLEN large", "8300001");
	expect(redis, "GETRANGE large 8300000 8300001", "x");
	expect(redis, "GET large", "");
	expect_not(redis, "GET larger", REDIS_AWAY, "larger than 8 MiB");
	(void)redis_server_text(&server, "EVAL %s 0", "for i = 1, 70000 do redis.call('RPUSH', 'list', i) end");
	expect(redis, "LRANGE list 0 65535", "(none)");
	expect_not(redis, "LRANGE list 0 65536", REDIS_AWAY, "Out of memory");
	expect(redis, "LLEN list", "70000");
	redis_free(&redis);
}

Test(redis, runs_scripts)
{
	struct redis *redis = make(false, 0, PLENTY_MS);
	struct redis_script script = { .text = "return {KEYS[1], ARGV[1], #ARGV[2]}" };
	struct redis_script bad = { .text = "return redis.call('NOSUCH')" };
	const struct slice key = SLICE("k"), arguments[] = { SLICE("a b\r\n"), SLICE_NONE };
	redisReply *reply;
	const char *error = NULL;

	redis_script_prepare(&script);
	redis_script_prepare(&bad);
	cr_expect_str_eq(redis_server_text(&server, "SCRIPT LOAD %s", script.text), script.sha1);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			(void)redis_server_text(&server, "SCRIPT FLUSH");
		cr_assert_eq(redis_run(redis, &script, &key, 1, arguments, 2, &reply, &error), REDIS_OK, "%s", error);
		cr_assert_eq(reply->elements, 3);
		cr_expect_str_eq(reply->element[0]->str, "k");
		cr_expect_str_eq(reply->element[1]->str, "a b\r\n");
		cr_expect_eq(reply->element[2]->integer, 0);
		freeReplyObject(reply);
	}
	cr_expect_eq(redis_run(redis, &bad, NULL, 0, NULL, 0, &reply, &error), REDIS_REFUSED);
	cr_expect_eq(redis_run(redis, &bad, &key, REDIS_ARGUMENTS_MAX, NULL, 1, &reply, &error), REDIS_REFUSED);
	cr_expect(redis_is_connected(redis));
	redis_free(&redis);
}

Test(redis, runs_scripts_without_waiting)
{
	struct redis *redis = make(false, 0, PLENTY_MS);
	struct redis_script one = { .text = "return redis.call('INCR', KEYS[1])" };
	struct redis_script two = { .text = "return redis.call('INCRBY', KEYS[1], 1000)" };
	struct redis_script bad = { .text = "return redis.error_reply('NOSCRIPT of its own')" };
	const struct slice key = SLICE("n");
	const char *error;

	redis_script_prepare(&one);
	redis_script_prepare(&two);
	redis_script_prepare(&bad);
	/* a server that never heard of them */
	cr_expect_eq(redis_run_later(redis, &one, &key, 1, NULL, 0, &error), REDIS_OK);
	cr_expect_eq(redis_run_later(redis, &two, &key, 1, NULL, 0, &error), REDIS_OK);
	expect(redis, "GET n", "1001");
	/* one that forgot them: that is lost, but the next one has the text */
	expect(redis, "SCRIPT FLUSH", "OK");
	cr_expect_eq(redis_run_later(redis, &one, &key, 1, NULL, 0, &error), REDIS_OK);
	cr_expect_eq(redis_run_later(redis, &two, &key, 1, NULL, 0, &error), REDIS_OK);
	expect(redis, "GET n", "1001");
	cr_expect_eq(redis_run_later(redis, &two, &key, 1, NULL, 0, &error), REDIS_OK);
	/* more of them than replies that may be owed; each command still gets its own */
	for (int i = 0; i < 300; i++)
		cr_expect_eq(redis_run_later(redis, &one, &key, 1, NULL, 0, &error), REDIS_OK);
	expect(redis, "GET n", "2301");
	expect(redis, "ECHO itself", "itself");
	cr_expect_eq(redis_run_later(redis, &bad, &key, 1, NULL, 0, &error), REDIS_OK);
	expect(redis, "ECHO itself", "itself");
	redis_free(&redis);
}

Test(redis, without_waiting_it_notices_a_hang)
{
	struct redis *redis = make(false, 0, SHORT_MS);
	struct redis_script script = { .text = "return 1" };
	enum redis_status status = REDIS_OK;
	unsigned count = 0;
	const char *error;

	redis_script_prepare(&script);
	cr_expect_eq(redis_run_later(redis, &script, NULL, 0, NULL, 0, &error), REDIS_OK);
	cr_assert_eq(kill(server.pid, SIGSTOP), 0);
	while (status == REDIS_OK && count < 1000) {
		status = redis_run_later(redis, &script, NULL, 0, NULL, 0, &error);
		count++;
	}
	cr_expect_eq(status, REDIS_AWAY);
	cr_expect(count > 1 && count <= 66, "%u were sent", count);
	cr_expect(!redis_is_connected(redis));
	(void)kill(server.pid, SIGCONT);
	/* and waits for none of those replies any more */
	while (redis_connect(redis, &error) != REDIS_OK)
		;
	expect(redis, "ECHO itself", "itself");
	redis_free(&redis);
}

Test(redis, without_waiting_it_leaves_a_replica)
{
	struct redis *redis = make(false, 0, PLENTY_MS);
	struct redis_script script = { .text = "return redis.call('SET', 'a', '1')" };
	redisReply *reply;
	const char *error;

	redis_script_prepare(&script);
	cr_expect_eq(redis_run(redis, &script, NULL, 0, NULL, 0, &reply, &error), REDIS_OK);
	freeReplyObject(reply);
	(void)redis_server_text(&server, "REPLICAOF 127.0.0.1 1");
	cr_expect_eq(redis_run_later(redis, &script, NULL, 0, NULL, 0, &error), REDIS_OK);
	expect_not(redis, "GET a", REDIS_AWAY, "READONLY");
	redis_free(&redis);
}

Test(redis, sends_now_and_receives_later)
{
	struct redis *redis = make(true, 0, PLENTY_MS);
	const struct slice words[] = { SLICE("BLPOP"), SLICE("list"), SLICE("0") };
	redisReply *reply;
	const char *error;

	cr_expect_eq(redis_receive(redis, &reply, &error), REDIS_AWAY);
	for (int i = 0; i < 2; i++) {
		struct pollfd poller;

		cr_assert_eq(redis_send(redis, words, 3, &error), REDIS_OK);
		cr_expect_eq(redis_receive(redis, &reply, &error), REDIS_OK);
		cr_expect_null(reply);
		(void)redis_server_text(&server, "RPUSH list %d", i);
		poller = (struct pollfd){ .fd = redis_descriptor(redis), .events = POLLIN };
		cr_assert_eq(poll(&poller, 1, PLENTY_MS), 1);
		cr_assert_eq(redis_receive(redis, &reply, &error), REDIS_OK);
		cr_assert_not_null(reply);
		cr_expect_str_eq(reply->element[1]->str, i == 0 ? "0" : "1");
		freeReplyObject(reply);
	}
	cr_assert_eq(redis_send(redis, words, 3, &error), REDIS_OK);
	redis_server_kill(&server);
	while (redis_receive(redis, &reply, &error) == REDIS_OK)
		cr_assert_null(reply);
	cr_expect_eq(redis_descriptor(redis), -1);
	redis_free(&redis);
}

/* --- what is no Redis */

/* A process that says `first` to whoever comes, then `again` for ever; NULL: nothing. */
static pid_t
impostor(const char *path, const char *first, const char *again)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	pid_t pid;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(listener, 5), 0);
	pid = fork();
	if (pid != 0) {
		(void)close(listener);
		return pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		bool more = write(fd, first, strlen(first)) > 0;

		while (more && again != NULL) {
			more = write(fd, again, strlen(again)) > 0;
			(void)usleep(1000);
		}
		(void)close(fd);
	}
	_exit(0);
}

Test(redis, survives_what_is_no_redis)
{
	static const struct {
		const char *first, *again;
	} lies[] = {
		{ "", NULL }, { "HTTP/1.1 400 Bad Request\r\n\r\n", NULL }, { "+OK\r\n+OK\r\n", NULL },
		{ "*2000000000\r\n", "+\r\n" }, { "$2000000000\r\n", "x" }, { "+", "x" }, { "*-5\r\n", NULL }, { "$-5\r\n", NULL }, { "$99999999999999999999\r\n", NULL },
		{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "*1\r\n" }, { ":\r\n", ":1\r\n" },
		{ "+OK\r\n+OK\r\n*1\r\n$6\r\nmaster\r\n$10\r\nrun_id:abc\r\n", NULL }, { "+OK\r\n+OK\r\n*0\r\n", "+OK\r\n" },
		{ "+OK\r\n+OK\r\n*1\r\n*1\r\n:1\r\n", "+OK\r\n" }, { "-ERR \033[2Jno\x01 \xff\r\n", NULL },
	};

	redis_server_kill(&server);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct redis *redis = make(false, 0, SHORT_MS);
		pid_t pid = impostor(server.socket, lies[i].first, lies[i].again);
		const char *error = "";

		cr_expect_eq(redis_connect(redis, &error), REDIS_AWAY, "lie %zu", i);
		cr_expect(error[0] != '\0' && !redis_is_connected(redis));
		for (const char *p = error; *p != '\0'; p++)
			cr_expect((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f);
		redis_free(&redis);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

/* --- sentinels */

Test(sentinels, lead_to_the_new_primary, .timeout = 120)
{
	const char *text = getenv("THIMBLE_TEST_SENTINEL_URL"), *primary = getenv("THIMBLE_TEST_SENTINEL_PRIMARY");
	char first[REDIS_RUN_ID + 1];
	struct redis_url url;
	struct redis *redis;
	const char *error = "";

	if (text == NULL || primary == NULL)
		cr_skip_test("THIMBLE_TEST_SENTINEL_URL is not set");
	(void)signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(redis_url_parse(&url, slice_str(text), &error), 0, "%s", error);
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect(redis, "SET a 1", "OK");
	expect(redis, "WAIT 1 0", "1");
	(void)snprintf(first, sizeof(first), "%s", redis_run_id(redis));

	/* none of them knows a primary of that name; and then, the first is not there */
	(void)snprintf(url.primary, sizeof(url.primary), "another");
	redis_free(&redis);
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	cr_expect_eq(redis_connect(redis, &error), REDIS_AWAY);
	cr_expect_not_null(strstr(error, "it knows no primary of that name"), "%s", error);
	redis_free(&redis);
	(void)redis_url_parse(&url, slice_str(text), &error);
	url.host[0].port = 1;
	redis = redis_new(&url, "unit-test", PLENTY_MS, PLENTY_MS);
	expect(redis, "GET a", "1");

	cr_assert_eq(kill((pid_t)strtol(primary, NULL, 10), SIGKILL), 0);
	while (redis_connect(redis, &error) != REDIS_OK || strcmp(redis_run_id(redis), first) == 0)
		(void)usleep(20000);
	expect(redis, "GET a", "1");
	expect(redis, "SET a 2", "OK");
	redis_free(&redis);
}
