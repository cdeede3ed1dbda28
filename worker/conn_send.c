/* SPDX-License-Identifier: MIT
 *
 * See conn_private.h: what a connection's answers are to the socket.  All that
 * wait leave in one call, but for files (pages.h), of which each is one more.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <sys/sendfile.h>
#include <sys/socket.h>

#include "worker/conn_private.h"
#include "worker/socket.h"

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

_Static_assert(CONN_INTERIM == sizeof(interim) - 1, "its length");

/* What one turn writes: bytes in memory, and then perhaps those of a file. */
struct batch {
	struct iovec iov[CONN_READY_MAX * EXCHANGE_IOV + 1];
	int count;
	size_t bytes;			/* of the iov */
	int file;			/* -1: none */
	off_t offset;
	size_t file_bytes;
};

/* Adds what is left of one answer behind `sent` bytes.  False: the rest is in a file, with which the batch ends. */
static bool
gather_answer(struct batch *batch, const struct exchange *x, size_t sent)
{
	size_t left = exchange_length(x) - sent, at;

	batch->file = exchange_file(x);
	batch->count += exchange_iov(x, sent, batch->file >= 0, batch->iov + batch->count);
	if (batch->file < 0) {
		batch->bytes += left;
		return true;
	}
	at = sent > x->line_length ? sent - x->line_length : 0;
	batch->offset = (off_t)at;
	batch->file_bytes = x->head_length + x->body_length - at;
	batch->bytes += left - batch->file_bytes;
	return false;
}

static void
gather(const struct conn *c, struct batch *batch)
{
	size_t sent = c->sent;

	batch->count = 0;
	batch->bytes = batch->file_bytes = 0;
	for (struct exchange *x = c->ready; x != NULL; x = x->next) {
		if (!gather_answer(batch, x, sent))
			return;
		sent = 0;
	}
	batch->file = -1;
	if (c->continue_left > 0) {
		const char *from = interim + sizeof(interim) - 1 - c->continue_left;

		batch->iov[batch->count++] = (struct iovec){ (void *)(uintptr_t)from, c->continue_left };
		batch->bytes += c->continue_left;
	}
}

/* To the kernel one piece is less work than several: more than copying a little. */
static ssize_t
send_one_piece(int fd, const struct batch *batch, int flags)
{
	char together[CONN_TOGETHER], *at = together;

	if (batch->count == 1)
		return socket_send(fd, batch->iov[0].iov_base, batch->bytes, flags);
	for (int i = 0; i < batch->count; i++)
		at = mempcpy(at, batch->iov[i].iov_base, batch->iov[i].iov_len);
	return socket_send(fd, together, batch->bytes, flags);
}

static ssize_t
send_memory(int fd, struct batch *batch)
{
	struct msghdr message = { .msg_iov = batch->iov, .msg_iovlen = (size_t)batch->count };
	int flags = MSG_NOSIGNAL | (batch->file_bytes > 0 ? MSG_MORE : 0);
	ssize_t n;

	do {
		if (batch->count == 1 || batch->bytes <= CONN_TOGETHER)
			n = send_one_piece(fd, batch, flags);
		else
			n = sendmsg(fd, &message, flags);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* More than a turn's share at once would cost more, beside that others wait: the client takes some in between. */
static ssize_t
send_file(int fd, struct batch *batch)
{
	size_t share = batch->file_bytes < CONN_FILE_SHARE ? batch->file_bytes : CONN_FILE_SHARE;
	ssize_t n;

	do {
		n = sendfile(fd, batch->file, &batch->offset, share);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* Returns how many bytes the socket took, or -1. */
static ssize_t
send_batch(int fd, struct batch *batch)
{
	ssize_t n = batch->bytes > 0 ? send_memory(fd, batch) : 0, m;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0 || (size_t)n < batch->bytes || batch->file_bytes == 0)
		return n;
	m = send_file(fd, batch);
	if (m < 0 && errno != EAGAIN)
		return -1;
	return m < 0 ? n : n + m;
}

ssize_t
conn_send(const struct conn *c, size_t *whole_r)
{
	struct batch batch;

	gather(c, &batch);
	*whole_r = batch.bytes + batch.file_bytes;
	return send_batch(c->fd, &batch);
}
