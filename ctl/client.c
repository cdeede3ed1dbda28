/* SPDX-License-Identifier: MIT
 *
 * See client.h.
 *
 * A worker that leaves just then closes the connection without an answer, or
 * in the middle of one.  Whatever is asked may be asked again, so it is.
 */
#include "config.h"

#include "ctl/client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "ctl/ctl.h"

enum { TRIES = 3 };

/* How one try ended. */
enum outcome {
	ANSWERED,
	ABSENT,			/* nobody listens there */
	CUT,			/* the connection was closed before the answer was whole */
	LATE,
	BROKEN			/* errno says why */
};

static enum outcome
outcome_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return ABSENT;
	case EPIPE:
	case ECONNRESET:
		return CUT;
	case EAGAIN:
	case EINPROGRESS:
		return LATE;
	default:
		return BROKEN;
	}
}

static enum outcome
open_socket(const char *path, int *fd_r)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = CLIENT_TIMEOUT_S };
	enum outcome outcome;
	int saved;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path) >= (int)sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return BROKEN;
	}
	*fd_r = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd_r < 0)
		return BROKEN;
	/* connect(2) waits for room in the queue as long as a send may take. */
	if (setsockopt(*fd_r, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0
	    && setsockopt(*fd_r, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0
	    && connect(*fd_r, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return ANSWERED;
	outcome = outcome_of_errno();
	saved = errno;
	(void)close(*fd_r);
	errno = saved;
	return outcome;
}

static enum outcome
send_all(int fd, struct slice text)
{
	while (text.n > 0) {
		ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return outcome_of_errno();
		if (n > 0)
			text = slice_from(text, (size_t)n);
	}
	return ANSWERED;
}

/* Reads up to the end: we asked for the connection to be closed. */
static enum outcome
read_all(int fd, struct buf *in)
{
	enum { PIECE = 64 * 1024 };
	uint64_t until = monotonic_ms() + CLIENT_TIMEOUT_S * 1000;

	for (;;) {
		ssize_t n = recv(fd, buf_reserve(in, PIECE), PIECE, 0);

		if (n == 0)
			return ANSWERED;
		if (n < 0 && errno != EINTR)
			return outcome_of_errno();
		in->len += n > 0 ? (size_t)n : 0;
		if (in->len > CLIENT_ANSWER_MAX) {
			errno = EMSGSIZE;
			return BROKEN;
		}
		if (monotonic_ms() > until)
			return LATE;
	}
}

/* The status and the body of an answer; 0 when it is not whole. */
static unsigned
take_apart(struct slice in, struct slice *body_r)
{
	const struct slice name = SLICE("Content-Length: ");
	const char *end = memmem(in.p, in.n, "\r\n\r\n", 4);
	uint64_t status, length = 0;
	bool known = false;
	struct slice head, line;

	if (end == NULL || end - in.p < 12 || !slice_has_prefix(in, SLICE("HTTP/1.1 "))
	    || slice_uint(slice_make(in.p + 9, 3), 599, &status) < 0)
		return 0;
	*body_r = slice_from(in, (size_t)(end - in.p) + 4);
	head = slice_make(in.p, (size_t)(end - in.p));
	while (slice_cut(&head, '\n', &line))
		if (slice_has_prefix(line, name))
			known = slice_uint(slice_trim(slice_from(line, name.n), "\r"), CLIENT_ANSWER_MAX, &length) == 0;
	return known && length == body_r->n ? (unsigned)status : 0;
}

static enum outcome
try_once(const char *path, struct slice question, struct buf *in, unsigned *status_r, struct slice *body_r)
{
	enum outcome outcome;
	int fd = -1, saved;

	buf_reset(in);
	outcome = open_socket(path, &fd);
	if (outcome != ANSWERED)
		return outcome;
	outcome = send_all(fd, question);
	if (outcome == ANSWERED)
		outcome = read_all(fd, in);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (outcome == ANSWERED && (*status_r = take_apart(buf_as_slice(in), body_r)) == 0)
		return CUT;
	return outcome;
}

static int
complain(const struct ctl *ctl, const char *path, enum outcome outcome)
{
	switch (outcome) {
	case ABSENT:
		return ctl_fail(ctl, "no server answers on %s: is it running, with this [server] control set?", path);
	case CUT:
		return ctl_fail(ctl, "the server on %s ended before it had answered: try again", path);
	case LATE:
		return ctl_fail(ctl, "the server on %s does not answer within %d seconds", path, CLIENT_TIMEOUT_S);
	case ANSWERED:
	case BROKEN:
		break;
	}
	if (errno == EACCES || errno == EPERM)
		return ctl_fail(ctl, "you may not use %s: be root, or the server's user, or of its group", path);
	return ctl_fail(ctl, "cannot talk to the server on %s: %s", path, strerror(errno));
}

/* Reads the answer, whose text is in the arena. */
static int
understand(struct ctl *ctl, struct exchange *x, unsigned status)
{
	json_error_t error;
	const char *detail;
	int failed;

	x->answer = json_loadb(x->text.p, x->text.n, JSON_REJECT_DUPLICATES, &error);
	if (x->answer != NULL && status == 200)
		return CTL_OK;
	if (x->answer == NULL)
		return ctl_fail(ctl, "the server's answer (%u) cannot be read: %s", status, error.text);
	detail = json_string_value(json_object_get(x->answer, "detail"));
	failed = ctl_fail(ctl, "the server refuses (%u): %s", status, detail != NULL ? detail : "it does not say why");
	json_decref(x->answer);
	x->answer = NULL;
	return failed;
}

static struct slice
make_question(struct ctl *ctl, const struct exchange *x)
{
	if (x->body.p == NULL)
		return slice_str(arena_printf(ctl->arena, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		    x->method, x->path));
	return slice_str(arena_printf(ctl->arena, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s", x->method, x->path, x->body.n,
	    SLICE_ARG(x->body)));
}

int
client_ask(struct ctl *ctl, struct exchange *x)
{
	const char *path = ctl->settings->server.control;
	enum outcome outcome = CUT;
	struct buf in = { 0 };
	struct slice question = make_question(ctl, x), body;
	unsigned status = 0;

	x->answer = NULL;
	if (path[0] == '\0')
		return ctl_fail(ctl, "[server] control is not set in this configuration: without it nobody can talk to the server");
	for (int i = 0; i < TRIES && outcome == CUT; i++)
		outcome = try_once(path, question, &in, &status, &body);
	if (outcome == ANSWERED)
		x->text = arena_slice(ctl->arena, body);
	buf_fini(&in);
	return outcome == ANSWERED ? understand(ctl, x, status) : complain(ctl, path, outcome);
}
