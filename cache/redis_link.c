/* SPDX-License-Identifier: MIT
 *
 * See redis_link.h.
 */
#include "config.h"

#include "cache/redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/monotonic.h"

static int
fail(struct redis_link *link, const char *reason)
{
	(void)snprintf(link->error, sizeof(link->error), "%s", reason);
	for (char *p = link->error; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	return -1;
}

static int
fail_as_context(struct redis_link *link)
{
	return fail(link, link->context->errstr[0] != '\0' ? link->context->errstr : "it failed");
}

/* What is left of the time, in milliseconds, rounded up; 0: none. */
static int
left_ms(uint64_t deadline)
{
	uint64_t now = monotonic_us();

	return now >= deadline ? 0 : (int)((deadline - now + 999) / 1000);
}

/* NULL makes hiredis give up with "Out of memory". */
#if HIREDIS_MAJOR >= 1
static void *
create_bounded_array(const redisReadTask *task, size_t elements)
{
	struct redis_link *link = task->privdata;

	return elements > REDIS_ELEMENTS_MAX ? NULL : link->create_array(task, elements);
}
#else
static void *
create_bounded_array(const redisReadTask *task, int elements)
{
	struct redis_link *link = task->privdata;

	return elements > REDIS_ELEMENTS_MAX ? NULL : link->create_array(task, elements);
}
#endif

/* hiredis connects with a timeout only where it blocks later on, too; from here on it does not. */
static int
opened(struct redis_link *link, redisContext *context)
{
	redisReader *reader;
	int flags;

	if (context == NULL)
		return fail(link, "out of memory");
	link->context = context;
	link->received = 0;
	if (context->err != 0) {
		(void)fail_as_context(link);
		redis_link_close(link);
		return -1;
	}
	flags = fcntl(context->fd, F_GETFL);
	(void)fcntl(context->fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(context->fd, F_SETFD, FD_CLOEXEC);
	context->flags &= ~REDIS_BLOCK;
	reader = context->reader;
	link->functions = *reader->fn;
	link->create_array = link->functions.createArray;
	link->functions.createArray = create_bounded_array;
	reader->fn = &link->functions;
	reader->privdata = link;
	return 0;
}

int
redis_link_open_tcp(struct redis_link *link, const char *host, uint16_t port, uint64_t deadline)
{
	int ms = left_ms(deadline);

	if (ms == 0)
		return fail(link, "no connection in time");
	return opened(link, redisConnectWithTimeout(host, port,
	    (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 }));
}

int
redis_link_open_unix(struct redis_link *link, const char *path, uint64_t deadline)
{
	int ms = left_ms(deadline);

	if (ms == 0)
		return fail(link, "no connection in time");
	return opened(link, redisConnectUnixWithTimeout(path,
	    (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 }));
}

void
redis_link_close(struct redis_link *link)
{
	if (link->context != NULL)
		redisFree(link->context);
	link->context = NULL;
}

int
redis_link_append(struct redis_link *link, size_t count, const char **words, const size_t *lengths)
{
	if (redisAppendCommandArgv(link->context, (int)count, words, lengths) != 0)
		return fail_as_context(link);
	return 0;
}

int
redis_link_flush(struct redis_link *link, uint64_t deadline)
{
	struct pollfd poller = { .fd = link->context->fd, .events = POLLOUT };
	int done = 0;

	for (;;) {
		int ms;

		if (redisBufferWrite(link->context, &done) != 0)
			return fail_as_context(link);
		if (done)
			return 0;
		ms = left_ms(deadline);
		if (ms == 0)
			return fail(link, "it does not take what is sent");
		(void)poll(&poller, 1, ms);
	}
}

/* Reads what there is. */
static int
receive(struct redis_link *link)
{
	size_t before = link->context->reader->len;

	if (redisBufferRead(link->context) != 0)
		return fail_as_context(link);
	link->received += link->context->reader->len - before;
	if (link->received > REDIS_REPLY_MAX)
		return fail(link, "its reply is larger than 8 MiB");
	return 0;
}

int
redis_link_reply(struct redis_link *link, redisReply **reply_r, uint64_t deadline)
{
	struct pollfd poller = { .fd = link->context->fd, .events = POLLIN };
	void *reply = NULL;

	*reply_r = NULL;
	for (;;) {
		int ready;

		if (redisGetReplyFromReader(link->context, &reply) != 0)
			return fail_as_context(link);
		if (reply != NULL) {
			link->received = 0;
			*reply_r = reply;
			return 1;
		}
		ready = poll(&poller, 1, left_ms(deadline));
		if (ready == 0 && left_ms(deadline) == 0)
			return 0;
		if (ready > 0 && receive(link) < 0)
			return -1;
		if (ready < 0 && errno != EINTR)
			return fail(link, strerror(errno));
	}
}

bool
redis_link_is_closed(const struct redis_link *link)
{
	char byte;
	ssize_t n = recv(link->context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}
