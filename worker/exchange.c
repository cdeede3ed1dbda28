/* SPDX-License-Identifier: MIT
 *
 * See conn_private.h: one request and its answer, from the parsed head to the
 * line in the access log.  Loop only, but for run_job.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/settings.h"
#include "worker/access_log.h"
#include "worker/conn_private.h"
#include "worker/pages.h"
#include "worker/request.h"
#include "worker/slots.h"
#include "worker/status.h"

static void
count_in_flight(struct conns *conns, bool up)
{
	if (conns->o.slot != NULL)
		slots_add(&conns->o.slot->in_flight, up ? 1 : UINT64_MAX);
}

static void
free_body(void *object)
{
	buf_fini(object);
}

static struct request *
take_request(struct conns *conns)
{
	return conns->spare_count > 0 ? conns->spare[--conns->spare_count] : request_new();
}

static void
give_request(struct conns *conns, struct request *request)
{
#ifdef THIMBLE_SANITIZED
	(void)conns;
#else
	if (conns->spare_count < CONN_SPARES) {
		conns->spare[conns->spare_count++] = request_again(request);
		return;
	}
#endif
	request_free(&request);
}

struct exchange *
exchange_new(struct conn *c)
{
	struct request *request = take_request(c->conns);
	struct exchange *x = arena_alloc(request->arena, sizeof(*x));

	memset(x, 0, offsetof(struct exchange, line));

	request->started_us = c->conns->now_us;
	x->request = request;
	x->conn = c;
	x->conns = c->conns;
	arena_cleanup(request->arena, free_body, &x->body);
	count_in_flight(x->conns, true);
	return x;
}

static enum http_result
take_chunks(struct exchange *x, struct slice *in)
{
	enum http_result result;
	struct slice data;
	size_t used;

	do {
		result = http_chunks_parse(&x->chunks, *in, x->conns->o.settings->server.max_body, &used, &data);
		buf_slice(&x->body, data);
		*in = slice_from(*in, used);
	} while (result == HTTP_MORE && used > 0);
	return result;
}

enum http_result
exchange_take_body(struct exchange *x, struct slice *in, int *status_r, const char **reason_r)
{
	size_t n;

	if (x->chunked) {
		enum http_result result = take_chunks(x, in);

		if (result == HTTP_BAD) {
			*status_r = x->chunks.status;
			*reason_r = x->chunks.reason;
		}
		return result;
	}
	/* The buffer grows with what arrives, not with what was announced. */
	n = in->n < x->left ? in->n : (size_t)x->left;
	buf_add(&x->body, in->p, n);
	*in = slice_from(*in, n);
	x->left -= n;
	return x->left == 0 ? HTTP_DONE : HTTP_MORE;
}

uint64_t
exchange_received(const struct exchange *x)
{
	return x->body.len;
}

static struct exchange *
exchange_from_waiter(struct waiter *waiter)
{
	return (struct exchange *)(void *)((char *)waiter - offsetof(struct exchange, waiter));
}

static struct exchange *
exchange_from_job(struct job *job)
{
	return (struct exchange *)(void *)((char *)job - offsetof(struct exchange, job));
}

/* Job thread. */
static enum job_outcome
run_job(struct job *job)
{
	struct exchange *x = exchange_from_job(job);
	const struct conns_options *o = &x->conns->o;
	bool may_hash = job->lane == JOB_LANE_HASH;

	/* What waited for so long that nobody wants it any more must not hold up the others. */
	if (atomic_load_explicit(&x->orphaned, memory_order_relaxed))
		return JOB_DONE;
	return o->handler->run(o->context, x->request, may_hash) == SERVICE_NEEDS_HASH ? JOB_AGAIN_HASH : JOB_DONE;
}

static void
job_done(struct job *job)
{
	struct exchange *x = exchange_from_job(job);

	/* First those who wait for this answer: behind conn_answered it is gone. */
	if (x->waiter.fill != NULL)
		collapse_done(x->conns->o.collapse, &x->waiter);
	if (x->conn != NULL)
		conn_answered(x->conn, x);
	else
		request_free(&x->request);	/* x goes with it */
}

/* Makes the answer, in a job thread, unless somebody makes it already. */
static enum exchange_started
make_or_wait(struct exchange *x)
{
	const struct conns_options *o = &x->conns->o;

	if (o->collapse != NULL && x->request->fill_key.p != NULL &&
	    !collapse_enter(o->collapse, &x->waiter, x->request->fill_key))
		return EXCHANGE_WORKING;
	x->job = (struct job){ .run = run_job, .done_cb = job_done,
	    .lane = x->request->method >= METHOD_POST && x->request->method <= METHOD_DELETE ? JOB_LANE_WRITE : JOB_LANE_READ };
	if (jobs_submit(o->jobs, &x->job))
		return EXCHANGE_WORKING;
	if (o->slot != NULL)
		atomic_fetch_add_explicit(&o->slot->shed, 1, memory_order_relaxed);
	service_error(x->request, 503, "The server is too busy.");
	if (x->waiter.fill != NULL)
		collapse_done(o->collapse, &x->waiter);
	return EXCHANGE_ANSWERED;
}

/* Answers with what another was answered.  False: that was not for this one. */
static bool
take_answer(struct exchange *x, const struct exchange *leader)
{
	const struct response *from = &leader->request->response;
	struct response *to = &x->request->response;

	if (!from->shared || !collapse_may_take(&x->waiter, &leader->waiter) ||
	    !slice_eq(x->request->fill_key, leader->request->fill_key))
		return false;
	to->status = from->status;
	to->close = from->close;
	buf_slice(&to->head, buf_as_slice(&from->head));
	buf_slice(&to->body, buf_as_slice(&from->body));
	return true;
}

void
conns_wake(struct waiter *waiter, struct waiter *leader)
{
	struct exchange *x = exchange_from_waiter(waiter);
	const struct conns_options *o = &x->conns->o;
	const struct response *answer = leader != NULL ? &exchange_from_waiter(leader)->request->response : NULL;

	/* It will be no other the next time: nobody waits for that again. */
	waiter->alone = answer != NULL && answer->status != 0 && !answer->shared;

	if (o->handler->again(o->context, x->request) ||
	    (leader != NULL && take_answer(x, exchange_from_waiter(leader))) ||
	    make_or_wait(x) == EXCHANGE_ANSWERED)
		conn_answered(x->conn, x);
}

struct exchange *
exchange_by_shortcut(struct conn *c, struct slice in, size_t *length_r)
{
	const struct conns_options *o = &c->conns->o;
	const struct shortcut *shortcut = shortcuts_find(o->shortcuts, in, c->peer.trusted, length_r);
	struct exchange *x;

	if (shortcut == NULL)
		return NULL;
	x = exchange_new(c);
	x->keep_alive = shortcut->keep_alive;
	if (!o->handler->by_shortcut(o->context, x->request, shortcut))
		exchange_finish(&x, 0);
	return x;
}

/* The next one that sends the same bytes shall have it easier. */
static void
learn(struct exchange *x)
{
	const struct conns_options *o = &x->conns->o;
	struct shortcut shortcut;

	if (o->shortcuts == NULL || x->conns->head.p == NULL || !o->handler->learn(o->context, x->request, &shortcut))
		return;
	shortcut.keep_alive = x->keep_alive;
	shortcuts_learn(o->shortcuts, x->conns->head, x->conn->peer.trusted, &shortcut);
}

enum exchange_started
exchange_start(struct exchange *x)
{
	const struct conns_options *o = &x->conns->o;

	x->request->body = buf_as_slice(&x->body);
	x->request->started_us = x->conns->now_us;
	if (!o->handler->answer(o->context, x->request))
		return make_or_wait(x);
	learn(x);
	return EXCHANGE_ANSWERED;
}

void
exchange_orphan(struct exchange *x)
{
	x->conn = NULL;
	count_in_flight(x->conns, false);
	if (x->waiter.fill != NULL && !x->waiter.leads) {
		collapse_leave(x->conns->o.collapse, &x->waiter);
		request_free(&x->request);	/* x goes with it */
		return;
	}
	/* Others want the answer all the same. */
	if (!collapse_is_wanted(&x->waiter))
		atomic_store_explicit(&x->orphaned, true, memory_order_relaxed);
}

/*
 * What the connection set in a request is constant from then on, so it may be
 * copied while a thread works on it; the rest, the route included, is the
 * thread's.
 */
struct exchange *
exchange_time_out(struct exchange *old)
{
	struct exchange *x = exchange_new(old->conn);
	const struct request *from = old->request;
	struct request *to = x->request;

	to->method = from->method;
	to->method_name = arena_slice(to->arena, from->method_name);
	to->path = arena_slice(to->arena, from->path);
	to->query = arena_slice(to->arena, from->query);
	to->user_agent = arena_slice(to->arena, from->user_agent);
	to->referer = arena_slice(to->arena, from->referer);
	to->client = arena_slice(to->arena, from->client);
	to->http_minor = from->http_minor;
	to->started_us = from->started_us;
	exchange_orphan(old);
	if (x->conns->o.slot != NULL)
		atomic_fetch_add_explicit(&x->conns->o.slot->timeouts, 1, memory_order_relaxed);
	service_error(to, 503, "The request took too long.");
	return x;
}

static void
make_date(struct conns *conns)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (now == conns->date_time)
		return;
	(void)gmtime_r(&now, &tm);
	n = snprintf(conns->date, sizeof(conns->date), "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
	    days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	conns->date_length = (size_t)n;
	conns->date_time = now;
}

/* Status line, Date, and Connection where the version alone would say something else. */
static void
make_line(struct exchange *x, bool closing)
{
	const char *connection = "", *const *extra = x->request->response.extra;
	char *at = x->line;
	int status = x->request->response.status;

	if (closing)
		connection = "Connection: close\r\n";
	else if (x->request->http_minor == 0)
		connection = "Connection: keep-alive\r\n";
	make_date(x->conns);
	at = mempcpy(at, "HTTP/1.1 000 ", 13);
	at[-4] = (char)('0' + status / 100 % 10);
	at[-3] = (char)('0' + status / 10 % 10);
	at[-2] = (char)('0' + status % 10);
	at = stpcpy(at, http_reason(status));
	at = mempcpy(at, "\r\n", 2);
	at = mempcpy(at, x->conns->date, x->conns->date_length);
	at = stpcpy(at, connection);
	for (size_t i = 0; i < RESPONSE_EXTRA_MAX; i++)
		if (extra[i] != NULL)
			at = stpcpy(at, extra[i]);
	x->line_length = (size_t)(at - x->line);
}

void
exchange_seal(struct exchange *x, bool closing)
{
	struct response *response = &x->request->response;

	x->duration_us = x->conns->now_us - x->request->started_us;
	if (x->conns->o.handler->finish != NULL)
		x->conns->o.handler->finish(x->conns->o.context, x->request);
	make_line(x, closing);
	x->head_length = response->held.pieces > 0 ? response->held.head_length : response->head.len;
	x->body_length = response->held.pieces > 0 ? response->held.body_length : response->body.len;
	if (x->request->method == METHOD_HEAD || response->status == 204 || response->status == 304)
		x->body_length = 0;
	if (x->conns->o.slot != NULL)
		status_count(x->conns->o.slot, x->request, x->duration_us);
	if (x->conns->o.pages != NULL && x->body_length >= PAGES_MIN)
		pages_note(x->conns->o.pages, &response->held);
}

size_t
exchange_length(const struct exchange *x)
{
	return x->line_length + x->head_length + x->body_length;
}

/* Head and body, wherever they lie; returns how many parts. */
static int
answer_parts(const struct exchange *x, struct slice *part)
{
	const struct response *response = &x->request->response;
	size_t left = x->head_length + x->body_length;
	int count = 0;

	if (response->held.pieces == 0) {
		part[count++] = slice_make(response->head.data, x->head_length);
		part[count++] = slice_make(response->body.data, x->body_length);
		return count;
	}
	for (unsigned i = 0; i < response->held.pieces && left > 0; i++) {
		part[count] = response->held.piece[i];
		if (part[count].n > left)
			part[count].n = left;
		left -= part[count++].n;
	}
	return count;
}

int
exchange_iov(const struct exchange *x, size_t sent, bool without_file, struct iovec *iov)
{
	struct slice parts[EXCHANGE_IOV];
	int count = 0, total;

	parts[0] = slice_make(x->line, x->line_length);
	total = 1;
	if (!without_file)
		total += answer_parts(x, parts + 1);
	for (int i = 0; i < total; i++) {
		struct slice part = parts[i];

		if (sent >= part.n) {
			sent -= part.n;
			continue;
		}
		part = slice_from(part, sent);
		sent = 0;
		/* sendmsg only reads, whatever its type says. */
		iov[count++] = (struct iovec){ (void *)(uintptr_t)part.p, part.n };
	}
	return count;
}

int
exchange_file(const struct exchange *x)
{
	if (x->conns->o.pages == NULL || x->body_length < PAGES_MIN)
		return -1;
	return pages_find(x->conns->o.pages, &x->request->response.held);
}

void
exchange_finish(struct exchange **x_p, size_t sent)
{
	struct exchange *x = *x_p;
	struct request *request = x->request;
	struct conns *conns = x->conns;
	size_t head = exchange_length(x) - x->body_length;

	*x_p = NULL;
	count_in_flight(x->conns, false);
	if (x->line_length > 0 && x->conns->o.access_log != NULL)
		access_log_put(x->conns->o.access_log, request, sent > head ? sent - head : 0,
		    monotonic_us() - request->started_us);
	/* behind this x, which lies in it, is gone */
	give_request(conns, request);
}
