/* SPDX-License-Identifier: MIT
 *
 * See conn.h and conn_private.h: one connection.
 *
 * Everything that has arrived is parsed before anything is written, but for
 * two bounds: a request that needs a job thread holds up those behind it (they
 * wait unparsed in `in`), and so do CONN_READY_MAX answers.  While answers
 * cannot be written or a job runs, nothing is read, so what a connection can
 * make us keep is bounded by one read, one body and the answers.
 *
 * How long a client may take (each bound closes the connection):
 *   no request yet      header_timeout from the accept
 *   between requests    keepalive_timeout; CONN_DRAIN_GRACE_MS while the set drains
 *   a head              header_timeout from its first byte, however it drips; 408
 *   a body              header_timeout, and a second more per CONN_BODY_RATE bytes received; 408
 *   taking its answer   header_timeout without taking a byte
 *   a job               request_timeout; 503, and the answer of the job is dropped
 *   after a refusal     CONN_LINGER_MS to read it, what it still sends is thrown away
 *
 * Events are edge-triggered, which saves the kernel a look at each socket after
 * each answer: one comes when something arrives, whatever is left of what came
 * before.  So who leaves something unread looks again (look_again), or takes the
 * event off and adds it later, which makes it come for what is there.  A
 * writing event is added anew after each short write, likewise.
 *
 * A client that shuts down its writing side is answered all the same; whether
 * it is gone for good shows when its answer is written.
 *
 * Entry points are the callbacks, conn_answered and conn_drain; each ends with
 * conn_settle, which alone frees a connection that its callees gave up (`dead`).
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/settings.h"
#include "worker/conn_private.h"
#include "worker/request.h"
#include "worker/slots.h"
#include "worker/socket.h"

static bool
output_pending(const struct conn *c)
{
	return c->ready != NULL || c->continue_left > 0;
}

static struct slice
kept_input(const struct conn *c)
{
	if (c->in.len == 0)
		return SLICE("");
	return slice_make(c->in.data + c->in_at, c->in.len - c->in_at);
}

/* ---- phases and their bounds ---- */

static enum conn_phase
phase_now(const struct conn *c)
{
	if (c->phase == CONN_LINGER)
		return CONN_LINGER;
	if (c->working != NULL)
		return CONN_WORK;
	if (output_pending(c))
		return CONN_WRITE;
	if (c->reading != NULL)
		return CONN_BODY;
	return c->in.len > 0 ? CONN_HEAD : CONN_IDLE;
}

static bool
takes_input(enum conn_phase phase)
{
	return phase != CONN_WORK && phase != CONN_WRITE;
}

static uint64_t
idle_deadline(const struct conn *c)
{
	uint64_t at = c->since + (c->fresh ? c->conns->o.settings->server.header_timeout :
	    c->conns->o.settings->server.keepalive_timeout);
	uint64_t idle_since = c->since > c->conns->drain_since ? c->since : c->conns->drain_since;

	if (c->conns->draining && idle_since + CONN_DRAIN_GRACE_MS < at)
		at = idle_since + CONN_DRAIN_GRACE_MS;
	return at;
}

static uint64_t
phase_deadline(const struct conn *c)
{
	const struct settings *settings = c->conns->o.settings;

	switch (c->phase) {
	case CONN_IDLE:
		return idle_deadline(c);
	case CONN_HEAD:
		return c->since + settings->server.header_timeout;
	case CONN_BODY:
		return c->since + settings->server.header_timeout + exchange_received(c->reading) / CONN_BODY_RATE * 1000;
	case CONN_WORK:
		return c->since + settings->server.request_timeout;
	case CONN_WRITE:
		return c->stuck_since + settings->server.header_timeout;
	case CONN_LINGER:
		return c->since + CONN_LINGER_MS;
	}
	return c->since;
}

static uint64_t
write_deadline(const struct conn *c)
{
	return output_pending(c) ? c->stuck_since + c->conns->o.settings->server.header_timeout : UINT64_MAX;
}

static uint64_t
deadline(const struct conn *c)
{
	uint64_t phase = phase_deadline(c), write = write_deadline(c);

	return phase < write ? phase : write;
}

/* A timer that fires too early only looks again; so deadlines that move back, as nearly all do, cost nothing. */
static void
set_timer(struct conn *c, uint64_t now)
{
	uint64_t at = deadline(c), wait = at > now ? at - now : 0;
	struct timeval tv = { .tv_sec = (time_t)(wait / 1000), .tv_usec = (suseconds_t)(wait % 1000 * 1000 + 999) };

	if (c->timer_at != 0 && c->timer_at <= at)
		return;
	event_add(&c->timer, &tv);
	c->timer_at = at;
}

/* ---- output ---- */

static void
finish_written(struct conn *c, size_t n)
{
	c->sent += n;
	while (c->ready != NULL && c->sent >= exchange_length(c->ready)) {
		struct exchange *x = c->ready;
		size_t length = exchange_length(x);

		c->sent -= length;
		c->ready_bytes -= length;
		c->ready_count--;
		c->ready = x->next;
		if (c->ready == NULL)
			c->ready_last = &c->ready;
		exchange_finish(&x, length);
	}
	if (c->ready == NULL) {
		/* What goes beyond the last answer is of the interim one. */
		c->continue_left -= (unsigned)c->sent;
		c->sent = 0;
	}
}

/* Bytes that the kernel has and the client's kernel has not confirmed. */
static int
unconfirmed(const struct conn *c)
{
	int bytes;

	return ioctl(c->fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

/*
 * A socket is writable again only when a third of its buffer, which may be
 * megabytes, has drained; a slow client takes longer than any timeout for
 * that.  So before one is given up, what it took from the buffer counts.
 */
static bool
took_something(struct conn *c, uint64_t now)
{
	int bytes = unconfirmed(c);

	if (bytes >= c->stuck_bytes)
		return false;
	c->stuck_bytes = bytes;
	c->stuck_since = now;
	return true;
}

/* Not all was taken. */
static void
wait_for_client(struct conn *c, bool took)
{
	if (took || !event_pending(&c->writable, EV_WRITE, NULL)) {
		c->stuck_since = c->conns->now_us / 1000;
		c->stuck_bytes = unconfirmed(c);
	}
	event_add(&c->writable, NULL);
}

/* Writes what is ready, all at once but for files; asks for EV_WRITE if not all was taken. */
static void
conn_write(struct conn *c)
{
	size_t whole;
	ssize_t n;

	while (output_pending(c) && !c->dead) {
		n = conn_send(c, &whole);
		if (n < 0) {
			c->dead = true;		/* the client is gone */
			return;
		}
		if (c->conns->o.slot != NULL)
			slots_add(&c->conns->o.slot->bytes_sent, (uint64_t)n);
		finish_written(c, (size_t)n);
		if ((size_t)n < whole) {
			wait_for_client(c, n > 0);
			return;
		}
	}
	if (event_pending(&c->writable, EV_WRITE, NULL))
		event_del(&c->writable);
}

/* Takes over an answer that is complete. */
static void
conn_ready(struct conn *c, struct exchange *x)
{
	struct response *response = &x->request->response;

	if (response->status == 0)
		service_error(x->request, 500, "Internal Server Error");
	if (response->close || c->conns->draining)
		c->closing = c->linger = true;
	if (!x->keep_alive)
		c->closing = true;
	exchange_seal(x, c->closing);
	x->next = NULL;
	*c->ready_last = x;
	c->ready_last = &x->next;
	c->ready_count++;
	c->ready_bytes += exchange_length(x);
	c->moved = true;
}

/*
 * Answers what cannot be read as a request, or not in time, and gives up on
 * what follows.  `head` is what there is of a head when no request has begun.
 */
static void
conn_refuse(struct conn *c, struct slice head, int status, const char *reason)
{
	struct exchange *x = c->reading;

	if (x == NULL) {
		x = exchange_new(c);
		intake_peer(x->request, &c->peer);
		if (slice_has_prefix(head, SLICE("HEAD ")))
			x->request->method = METHOD_HEAD;
	}
	c->reading = NULL;
	c->closing = c->linger = true;
	if (c->conns->o.slot != NULL)
		atomic_fetch_add_explicit(&c->conns->o.slot->bad_requests, 1, memory_order_relaxed);
	service_error(x->request, status, reason);
	conn_ready(c, x);
}

/* ---- input ---- */

static void
conn_start(struct conn *c, struct exchange *x)
{
	if (exchange_start(x) == EXCHANGE_WORKING) {
		c->working = x;
		c->moved = true;
	} else {
		conn_ready(c, x);
	}
}

static void
begin_request(struct conn *c, const struct http_head *head, bool body_here)
{
	struct exchange *x = exchange_new(c);

	intake_head(x->request, &c->peer, head);
	if (c->conns->o.access_log != NULL)
		intake_client(x->request, c->conns->o.settings, &c->peer, head);
	x->keep_alive = head->keep_alive;
	x->chunked = head->chunked;
	x->left = head->content_length;
	c->reading = x;
	c->fresh = false;
	c->moved = true;
	c->parsed = 0;
	if (head->content_length > c->conns->o.settings->server.max_body) {
		conn_refuse(c, SLICE_NONE, 413, "The request body is too large.");
		return;
	}
	if (head->expect_continue && !body_here && (head->chunked || head->content_length > 0))
		c->continue_left = CONN_INTERIM;
}

/* Answers what is known byte for byte. */
static bool
take_shortcut(struct conn *c, struct slice *in)
{
	size_t length;
	struct exchange *x = exchange_by_shortcut(c, *in, &length);

	if (x == NULL)
		return false;
	*in = slice_from(*in, length);
	c->fresh = false;
	c->parsed = 0;
	conn_ready(c, x);
	return true;
}

/* Returns false when there is nothing more to parse. */
static bool
take_head(struct conn *c, struct slice *in)
{
	struct http_head head;

	if (in->n == 0)
		return false;
	if (c->conns->o.shortcuts != NULL && take_shortcut(c, in))
		return true;
	switch (http_parse_head(*in, &head)) {
	case HTTP_MORE:
		c->parsed = in->n;
		return false;
	case HTTP_BAD:
		conn_refuse(c, *in, head.status, head.reason);
		return false;
	case HTTP_DONE:
		break;
	}
	c->conns->head = head.chunked || head.content_length > 0 ? SLICE_NONE : slice_make(in->p, head.length);
	*in = slice_from(*in, head.length);
	begin_request(c, &head, in->n > 0);
	return true;
}

static bool
take_body(struct conn *c, struct slice *in)
{
	struct exchange *x = c->reading;
	const char *reason = NULL;
	int status = 400;

	switch (exchange_take_body(x, in, &status, &reason)) {
	case HTTP_MORE:
		return false;
	case HTTP_BAD:
		conn_refuse(c, SLICE_NONE, status, reason);
		return false;
	case HTTP_DONE:
		break;
	}
	c->reading = NULL;
	conn_start(c, x);
	return true;
}

/* Parses what it can.  True: it stopped only because enough answers are ready. */
static bool
conn_parse(struct conn *c, struct slice *in)
{
	bool enough = false;

	while (!enough && !c->closing && c->working == NULL) {
		enough = c->ready_count >= CONN_READY_MAX || c->ready_bytes >= CONN_READY_BYTES;
		if (!enough && !(c->reading != NULL ? take_body(c, in) : take_head(c, in)))
			break;
	}
	c->conns->head = SLICE_NONE;	/* the bytes may be gone now */
	return enough;
}

/* Keeps what was not parsed; `in` may be a part of c->in. */
static void
keep_input(struct conn *c, struct slice in)
{
	if (c->closing && in.n > 0) {
		/* Bytes thrown away unread would make the kernel reset the connection, answer and all. */
		c->linger = true;
		in.n = 0;
	}
	if (in.n == 0) {
		buf_fini(&c->in);
		c->in_at = 0;
	} else if (c->in.len > 0) {
		c->in_at = c->in.len - in.n;
	} else {
		buf_slice(&c->in, in);
	}
}

static void
conn_advance(struct conn *c, struct slice in)
{
	bool more;

	do {
		more = conn_parse(c, &in);
		conn_write(c);
	} while (more && !output_pending(c) && !c->dead);
	keep_input(c, in);
	/* After the end of input a request that is not whole will never be. */
	if (c->eof && c->working == NULL && !output_pending(c) && !c->closing)
		c->dead = true;
}

/* Part of a head came: without the end of a line, or much more than before, there is nothing new to parse. */
static bool
worth_parsing(const struct conn *c, struct slice got)
{
	return c->phase != CONN_HEAD || kept_input(c).n + got.n >= 2 * c->parsed || memchr(got.p, '\n', got.n) != NULL;
}

static void
conn_input(struct conn *c, struct slice got)
{
	bool parse = worth_parsing(c, got);

	if (c->in.len == 0) {
		conn_advance(c, got);
		return;
	}
	if (c->in_at > 0) {
		memmove(c->in.data, c->in.data + c->in_at, c->in.len - c->in_at);
		c->in.len -= c->in_at;
		c->in_at = 0;
	}
	buf_slice(&c->in, got);
	if (parse)
		conn_advance(c, kept_input(c));
}

/* Makes an event come if there is something to be read already. */
static void
look_again(struct conn *c)
{
	event_del(&c->readable);
	event_add(&c->readable, NULL);
}

/* `closed`: the client's end was seen, perhaps behind what is to be read. */
static void
conn_read(struct conn *c, bool closed)
{
	ssize_t n;

	do {
		n = socket_recv(c->fd, c->conns->o.scratch, CONN_SCRATCH, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EAGAIN)
			c->dead = true;
		return;
	}
	if (n == 0) {
		c->eof = true;
		/* It would fire for ever. */
		event_del(&c->readable);
		c->paused = true;
	} else if (n == CONN_SCRATCH || closed) {
		look_again(c);
	}
	if (c->phase == CONN_LINGER)
		c->dead = c->eof;
	else if (n > 0)
		conn_input(c, slice_make(c->conns->o.scratch, (size_t)n));
	else
		conn_advance(c, kept_input(c));
}

/* ---- the end ---- */

static void
begin_linger(struct conn *c)
{
	(void)shutdown(c->fd, SHUT_WR);
	c->phase = CONN_LINGER;
	c->moved = true;
}

/* All is written and nothing runs: does the connection go on? */
static void
decide_end(struct conn *c)
{
	if (!c->closing)
		return;
	if (c->linger && !c->eof)
		begin_linger(c);
	else
		c->dead = true;
}

static void
conn_settle(struct conn *c)
{
	enum conn_phase phase;
	uint64_t now;

	if (!c->dead && c->phase != CONN_LINGER && c->working == NULL && !output_pending(c))
		decide_end(c);
	if (c->dead) {
		conn_free(c);
		return;
	}
	now = c->conns->now_us / 1000;
	phase = phase_now(c);
	if (phase != c->phase || c->moved) {
		c->phase = phase;
		c->since = now;
		c->moved = false;
	}
	if (c->paused && !c->eof && takes_input(phase)) {
		c->paused = false;
		event_add(&c->readable, NULL);
	}
	set_timer(c, now);
}

/* ---- entry points ---- */

static void
readable_cb(int fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	conns_look_at_clock(c->conns);
	if (!takes_input(c->phase)) {
		event_del(&c->readable);
		c->paused = true;
		return;
	}
	conn_read(c, what & EV_CLOSED);
	conn_settle(c);
}

static void
writable_cb(int fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	conns_look_at_clock(c->conns);
	conn_write(c);
	if (!output_pending(c) && !c->dead)
		conn_advance(c, kept_input(c));
	conn_settle(c);
}

static void
expire(struct conn *c)
{
	switch (c->phase) {
	case CONN_HEAD:
		conn_refuse(c, kept_input(c), 408, "The request did not arrive in time.");
		break;
	case CONN_BODY:
		conn_refuse(c, SLICE_NONE, 408, "The request body did not arrive in time.");
		break;
	case CONN_WORK: {
		struct exchange *x = exchange_time_out(c->working);

		c->working = NULL;
		c->closing = c->linger = true;
		conn_ready(c, x);
		break;
	}
	case CONN_IDLE:
	case CONN_WRITE:
	case CONN_LINGER:
		c->dead = true;
		return;
	}
	conn_advance(c, kept_input(c));
}

static void
timer_cb(int fd, short what, void *arg)
{
	struct conn *c = arg;
	uint64_t now;

	(void)fd;
	(void)what;
	conns_look_at_clock(c->conns);
	now = c->conns->now_us / 1000;
	c->timer_at = 0;
	if (now >= write_deadline(c))
		c->dead = !took_something(c, now);
	else if (now >= phase_deadline(c))
		expire(c);
	conn_settle(c);
}

void
conn_answered(struct conn *c, struct exchange *x)
{
	conns_look_at_clock(c->conns);
	c->working = NULL;
	conn_ready(c, x);
	conn_advance(c, kept_input(c));
	conn_settle(c);
}

void
conn_drain(struct conn *c)
{
	/*
	 * A client without a request may just be sending one; it could not know.
	 * Closed now, the connection would be reset by it, and what the client had
	 * not read of earlier answers would be lost too.  So it has a grace, and
	 * the answer tells it that it was the last.
	 */
	conns_look_at_clock(c->conns);
	conn_settle(c);
}

void
conn_open(struct conns *conns, int fd, const struct peer *peer)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	conns_look_at_clock(conns);
	c->conns = conns;
	c->fd = fd;
	c->peer = *peer;
	c->fresh = c->moved = true;
	c->ready_last = &c->ready;
	event_assign(&c->readable, conns->o.base, fd, EV_READ | EV_CLOSED | EV_PERSIST | EV_ET, readable_cb, c);
	event_assign(&c->writable, conns->o.base, fd, EV_WRITE | EV_ET, writable_cb, c);
	evtimer_assign(&c->timer, conns->o.base, timer_cb, c);
	conns_add(conns, c);
	if (event_add(&c->readable, NULL) != 0)
		c->dead = true;
	conn_settle(c);
}

void
conn_free(struct conn *c)
{
	event_del(&c->readable);
	event_del(&c->writable);
	event_del(&c->timer);
	if (c->working != NULL)
		exchange_orphan(c->working);
	if (c->reading != NULL)
		exchange_finish(&c->reading, 0);
	for (struct exchange *x = c->ready, *next; x != NULL; x = next) {
		next = x->next;
		exchange_finish(&x, c->sent);
		c->sent = 0;
	}
	conns_remove(c->conns, c);
	close(c->fd);
	buf_fini(&c->in);
	free(c);
}
