/* SPDX-License-Identifier: MIT
 *
 * What conns.c (the set), conn.c (one connection) and exchange.c (one request
 * and its answer) share.
 */
#ifndef THIMBLE_WORKER_CONN_PRIVATE_H
#define THIMBLE_WORKER_CONN_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <sys/queue.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/buf.h"
#include "proto/http.h"
#include "base/monotonic.h"
#include "worker/collapse.h"
#include "worker/conn.h"
#include "worker/intake.h"
#include "worker/jobs.h"
#include "worker/request.h"
#include "worker/shortcut.h"
#include "worker/worker.h"

enum {
	CONN_READY_MAX = 32,		/* answers that wait to be written together */
	CONN_READY_BYTES = 256 * 1024,	/* no further request is parsed beyond this */
	CONN_FILE_SHARE = 256 * 1024,	/* of a file in one turn */
	CONN_TOGETHER = 2 * 1024,	/* answers so small are copied into one piece to be written */
	CONN_LINGER_MS = 3000,		/* for a client to take its last answer */
	CONN_DRAIN_GRACE_MS = 1000,	/* draining: for a request that is on its way, the first one or another */
	CONN_INTERIM = 25,		/* bytes of the interim answer, 100 Continue */
	CONN_BODY_RATE = 64 * 1024,	/* bytes of a body that earn it another second */
#ifdef THIMBLE_SANITIZED
	CONN_SPARES = 1,		/* and never used: what is used after it was freed shall show */
#else
	CONN_SPARES = 64,
#endif
	EXCHANGE_LINE_MAX = 288,
	EXCHANGE_IOV = 1 + RESPONSE_PIECES_MAX
};

struct conn;

/*
 * One request and its answer.  It lives in the request's arena and belongs to
 * one place at a time: conn->reading, conn->working (and the job queue), or
 * the list conn->ready.
 */
struct exchange {
	struct exchange *next;		/* in conn->ready */
	struct conns *conns;
	struct conn *conn;		/* NULL: orphaned, nobody waits for the answer */
	atomic_bool orphaned;		/* the same for the job thread */
	struct request *request;
	struct job job;
	struct waiter waiter;		/* for the same answer as others */
	bool keep_alive;		/* the client's wish */
	bool chunked;
	uint64_t left;			/* bytes of a body with Content-Length still to come */
	struct http_chunks chunks;
	struct buf body;
	/* of the answer */
	uint64_t duration_us;
	size_t line_length;
	size_t head_length;
	size_t body_length;		/* bytes of it that are sent: none to HEAD */
	char line[EXCHANGE_LINE_MAX];	/* status line, Date, Connection; last, for it is not zeroed */
};

enum conn_phase {
	CONN_IDLE,	/* nothing of a next request is here */
	CONN_HEAD,	/* part of a head is in `in` */
	CONN_BODY,	/* `reading` lacks (part of) its body */
	CONN_WORK,	/* `working` is with the job threads */
	CONN_WRITE,	/* answers wait for the socket */
	CONN_LINGER	/* all was said; what still comes is thrown away */
};

/*
 * At most one of `reading` and `working` is set.  Input is taken in IDLE,
 * HEAD, BODY and LINGER; in the other phases the first read event that fires
 * takes the event off (`paused`), so a client that waits for its answer costs
 * no call.  An idle connection holds no memory but this struct.
 */
struct conn {
	TAILQ_ENTRY(conn) link;		/* conns->list, oldest first */
	struct conns *conns;
	int fd;
	enum conn_phase phase;
	bool fresh;			/* no request yet */
	bool paused;			/* `readable` is not added */
	bool eof;			/* the client sends no more; it may still read */
	bool closing;			/* no further request; close when all is written */
	bool linger;			/* ... but not before the client had a chance to read it */
	bool moved;			/* a request began or changed its place: `since` starts anew */
	bool dead;			/* freed by conn_settle */
	struct peer peer;
	struct event readable;
	struct event writable;		/* added only after a short write */
	struct event timer;
	uint64_t timer_at;		/* ms; when the timer fires, not later than the deadline; 0: off */
	uint64_t since;			/* ms; when the phase began */
	uint64_t stuck_since;		/* ms; output pending: when the client last took something */
	int stuck_bytes;		/* what the kernel still had to deliver then */
	struct buf in;			/* input not parsed yet begins at in_at */
	size_t in_at;
	size_t parsed;			/* HEAD: length at which the parser wanted more */
	struct exchange *reading;
	struct exchange *working;	/* with a job thread, or waiting for one that is */
	struct exchange *ready;		/* answers in the order of the requests */
	struct exchange **ready_last;
	unsigned ready_count;
	unsigned continue_left;		/* bytes of the interim answer to write behind `ready` */
	size_t ready_bytes;
	size_t sent;			/* bytes of the first of `ready` that are written */
};

struct conns {
	struct conns_options o;
	TAILQ_HEAD(, conn) list;
	size_t count;
	struct event listeners[HERITAGE_SOCKETS_MAX];
	size_t listener_count;
	struct event resume;		/* accepting pauses until then */
	uint64_t complained;		/* ms; when a lack of descriptors was last logged */
	bool draining;
	uint64_t drain_since;		/* ms */
	struct slice head;		/* of the request that is being started, while its bytes are there; else absent */
	struct request *spare[CONN_SPARES];	/* made anew from requests that are over */
	unsigned spare_count;
	uint64_t now_us;		/* when the loop's present callback began */
	time_t date_time;		/* of which `date` is the text */
	char date[48];			/* "Date: ...\r\n" */
	size_t date_length;
};

/* Entry points call it first: what they do is done at that time, for one look at the clock. */
static inline void
conns_look_at_clock(struct conns *conns)
{
	conns->now_us = monotonic_us();
}

/* conns.c */
void conns_add(struct conns *conns, struct conn *c);
void conns_remove(struct conns *conns, struct conn *c);

/* conn.c */
void conn_open(struct conns *conns, int fd, const struct peer *peer);
void conn_free(struct conn *c);
/* A job of c's has ended; x is the answer. */
void conn_answered(struct conn *c, struct exchange *x);
/* The set began to drain; may free c. */
void conn_drain(struct conn *c);

/* conn_send.c */
/* Sends what is ready, in one turn, which comes to *whole_r bytes.  Returns how many the socket took, or -1: the client is gone. */
ssize_t conn_send(const struct conn *c, size_t *whole_r);

/* exchange.c */
struct exchange *exchange_new(struct conn *c);
/* Takes its body from the front of *in.  HTTP_BAD: *status_r and *reason_r say why. */
enum http_result exchange_take_body(struct exchange *x, struct slice *in, int *status_r, const char **reason_r);
uint64_t exchange_received(const struct exchange *x);
enum exchange_started { EXCHANGE_ANSWERED, EXCHANGE_WORKING };
/* The answer to what `in` begins with, by a shortcut, and the length of that head; NULL: it has to be read. */
struct exchange *exchange_by_shortcut(struct conn *c, struct slice in, size_t *length_r);
/* The request is complete: answers it or hands it to a job thread. */
enum exchange_started exchange_start(struct exchange *x);
/* The 503 of a request that takes too long; x, which a thread works on, is orphaned. */
struct exchange *exchange_time_out(struct exchange *x);
/* Nobody waits for x any more, which a thread works on; if x itself only waited, it is freed. */
void exchange_orphan(struct exchange *x);
/* The answer is complete: makes its first lines and counts it. */
void exchange_seal(struct exchange *x, bool closing);
size_t exchange_length(const struct exchange *x);
/* A file with all of it but its first lines (pages.h), or -1.  It is good until another answer is sealed. */
int exchange_file(const struct exchange *x);
/* What is to be written of it, but not of its file, behind the first `sent` bytes; returns how many of EXCHANGE_IOV were used. */
int exchange_iov(const struct exchange *x, size_t sent, bool without_file, struct iovec *iov);
/* Frees it; an answer of which `sent` bytes were written is logged. */
void exchange_finish(struct exchange **x, size_t sent);

#endif
