/* SPDX-License-Identifier: MIT
 *
 * What the server answers: everything between a parsed request and the bytes
 * of its response.  The connection knows only this header; the service knows
 * nothing of sockets.
 */
#ifndef THIMBLE_WORKER_SERVICE_H
#define THIMBLE_WORKER_SERVICE_H

#include <stdbool.h>

#include "base/slice.h"

struct heritage;
struct request;
struct service;
struct shortcut;
struct store;

/* What a worker inherited, and its store; borrowed.  One per worker; called before threads start. */
struct service *service_new(const struct heritage *heritage, struct store *store);
void service_free(struct service **service);

/* Loop, now and then: notes in the worker's slot what Redis was asked. */
void service_beat(struct service *service);

/*
 * Loop: answers what needs no database (a bad host, an unknown path, a wrong
 * Accept).  Returns true when request->response is complete, false when
 * service_run has to be called by a job thread.  Never blocks.
 */
bool service_answer(struct service *service, struct request *request);

enum service_result {
	SERVICE_DONE,		/* request->response is complete */
	SERVICE_NEEDS_HASH	/* a password must be hashed: call again in the hashing lane */
};

/* Job thread: answers the request, with the database. */
enum service_result service_run(struct service *service, struct request *request, bool may_hash);

/*
 * Loop: looks once more whether a request that waited for another can be
 * answered without a job thread, as service_answer.
 */
bool service_again(struct service *service, struct request *request);

/*
 * Loop: answers a request of which nothing is known but its shortcut.  False:
 * the answer is not there; the request has to be read and to begin anew.
 */
bool service_by_shortcut(struct service *service, struct request *request, const struct shortcut *shortcut);
/* Loop: the shortcut to the answer that a request got, as far as the service knows it.  False: there is none. */
bool service_learn(struct service *service, const struct request *request, struct shortcut *shortcut_r);

/* Loop: the last touch to every response, before it is written. */
void service_finish(struct service *service, struct request *request);

/*
 * Any thread: makes {"detail": text} the response, replacing what was there.
 * 503 gets "Retry-After: 1".  `detail` is a literal or in the request's arena.
 */
void service_error(struct request *request, int status, const char *detail);

/* The template of a route ("/api/patches/{id}/") for statistics; "unrouted" for 0; NULL behind the last. */
const char *service_route_name(unsigned route);

/* Job thread: says whether the database answers; *reason_r is a sentence in the arena if not. */
struct arena;
bool service_ready(struct service *service, struct arena *arena, const char **reason_r);

#endif
