/* SPDX-License-Identifier: MIT
 *
 * A client of two nodes: writes through one, and asks the other one until it
 * says what was written.
 *
 *   bare_seen PORT_A PORT_B DIRECTORY COUNT PAUSE_US NAP_US
 *
 * DIRECTORY holds requests with all their bytes: write0 and write1, sent to A by
 * turns, and read, sent to B; and in said0 and said1 a text that B's answer has after
 * the one and after the other.  Before each write B is asked until its answer is
 * from its cache ("hit" in the header Cache-Status).  Behind it B is asked
 * again and again with a nap between; what that takes is a part of what is measured.
 * Prints for each write a line with the microseconds from A's answer to the sending of the
 * first request that B answered anew, those to that answer, which B had to make, and how many
 * old ones came before it.  From the first on B does not answer from its cache what it had there; it may have
 * stopped by up to a nap and a request earlier.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 1 << 20, TEXT_MAX = 1 << 16, PATIENCE_S = 10, WARM_UPS = 10000 };

struct node {
	int fd;
	char answer[ANSWER_MAX + 1];
	char *body;			/* in answer */
};

static void __attribute__((noreturn))
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bare_seen: %s: %s\n", what, why);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
nap(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	(void)nanosleep(&time, NULL);
}

static const char *
load(const char *directory, const char *name)
{
	char path[4096], *text = malloc(TEXT_MAX + 1);
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "r");
	if (f == NULL)
		die(path, strerror(errno));
	n = fread(text, 1, TEXT_MAX, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
open_node(struct node *node, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int on = 1;

	node->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (node->fd < 0 || connect(node->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("connect", strerror(errno));
	(void)setsockopt(node->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(node->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* Whether the answer is whole; its head ends with an empty line. */
static bool
is_whole(struct node *node, size_t length)
{
	char *end = strstr(node->answer, "\r\n\r\n"), *header = strcasestr(node->answer, "\r\nContent-Length:");

	if (end == NULL)
		return false;
	if (header == NULL || header > end)
		die("an answer without Content-Length", node->answer);
	node->body = end + 4;
	return length >= (size_t)(node->body - node->answer) + strtoul(header + 17, NULL, 10);
}

/* Sends a request and reads the answer, whose status is to be 200. */
static void
ask(struct node *node, const char *request)
{
	size_t length = 0;
	ssize_t n;

	if (send(node->fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		die("send", strerror(errno));
	do {
		n = recv(node->fd, node->answer + length, ANSWER_MAX - length, 0);
		if (n <= 0)
			die("receive", n == 0 ? "the server closed" : strerror(errno));
		length += (size_t)n;
		node->answer[length] = '\0';
	} while (!is_whole(node, length));
	if (strncmp(node->answer, "HTTP/1.1 200 ", 13) != 0)
		die("another status", node->answer);
}

static bool
is_hit(const struct node *node)
{
	const char *header = strcasestr(node->answer, "\r\nCache-Status:");
	const char *end = header != NULL ? strstr(header + 2, "\r\n") : NULL, *hit = header != NULL ? strstr(header, "; hit") : NULL;

	return hit != NULL && hit < end && header < node->body;
}

static void
warm(struct node *node, const char *request, long nap_us)
{
	for (int i = 0; i < WARM_UPS; i++) {
		ask(node, request);
		if (is_hit(node))
			return;
		nap(nap_us);
	}
	die("it is never in the cache", node->answer);
}

/* Prints one line. */
static void
await(struct node *node, const char *request, const char *said, int64_t written, long nap_us)
{
	for (long old = 0;; old++) {
		int64_t asked = now_us(), now;

		ask(node, request);
		now = now_us();
		if (strstr(node->body, said) != NULL) {
			(void)printf("%lld %lld %ld\n", (long long)(asked - written), (long long)(now - written), old);
			return;
		}
		if (now - written > PATIENCE_S * INT64_C(1000000))
			die("what was written is never seen", said);
		nap(nap_us);
	}
}

int
main(int argc, char **argv)
{
	static struct node a, b;
	const char *writes[2], *said[2], *request;

	if (argc != 7)
		die("usage", "bare_seen PORT_A PORT_B DIRECTORY COUNT PAUSE_US NAP_US");
	/* so that a nap is as long as it says */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	open_node(&a, atoi(argv[1]));
	open_node(&b, atoi(argv[2]));
	writes[0] = load(argv[3], "write0");
	writes[1] = load(argv[3], "write1");
	said[0] = load(argv[3], "said0");
	said[1] = load(argv[3], "said1");
	request = load(argv[3], "read");
	for (long i = 0, count = atol(argv[4]); i < count; i++) {
		warm(&b, request, atol(argv[6]));
		ask(&a, writes[i % 2]);
		await(&b, request, said[i % 2], now_us(), atol(argv[6]));
		nap(atol(argv[5]));
	}
	return 0;
}
