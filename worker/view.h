/* SPDX-License-Identifier: MIT
 *
 * A view is one request after it was routed: what was asked for, who asks, and
 * the answer being made.  The engine's steps (negotiation in the loop; list,
 * detail, description, downloads in a job thread) hand it to each other.
 * Lives in the request's arena.
 */
#ifndef THIMBLE_WORKER_VIEW_H
#define THIMBLE_WORKER_VIEW_H

#include <stdatomic.h>

#include "cache/tier.h"
#include "proto/negotiate.h"
#include "proto/uri.h"
#include "worker/answer.h"
#include "worker/kept.h"
#include "worker/request.h"
#include "worker/resource.h"

struct credentials;
struct rb;
struct region;
struct route;
struct service;
struct settings;
struct tag_scope;
struct tags;
struct worker_slot;

enum { VIEW_IDS_MAX = 2, VIEW_NAMES_MAX = 2, VIEW_PARAMS_MAX = 1000 };

/* What the resources were compiled to; set by service_new, then constant. */
struct service {
	const struct settings *settings;
	struct store *store;
	struct credentials *credentials;
	struct catalog *catalog;
	struct region *region;		/* NULL: no cache */
	struct tier *tier;		/* objects shared with other nodes; NULL: none */
	struct tier_stats counted;	/* what is in the slot's counters already; loop only */
	unsigned worker;		/* ours among the region's workers */
	struct worker_slot *slot;	/* ours, for counting */
	unsigned pinned;		/* entries that requests hold; loop only */
	size_t pinned_bytes;
	uint64_t generation;		/* of the configuration: answers of another are not ours */
	int wake;			/* tells the bus of writes (wake.h); or -1 */
	atomic_bool has_reviews;	/* the tables of the Review Board API are there; job threads */
	_Atomic uint64_t *rates;	/* RATE_PLACES, for its rate limit (shared.h) */
};

struct view {
	struct service *service;
	struct request *request;
	const struct route *route;
	struct rb *rb;			/* of the Review Board API; NULL: of Patchwork's */

	/* from the path; an id that does not fit 64 bits is -1, which no row has */
	struct slice path;		/* decoded, with its final slash */
	int64_t id[VIEW_IDS_MAX];
	struct slice name[VIEW_NAMES_MAX];
	bool in_api;

	struct uri_query query;
	enum representation representation;
	struct answer answer;
	struct buf link;		/* value of the Link header; freed with the arena */
	struct slice location;		/* of the object that was made; absent: none was */
	struct kept kept;

	/* in a job thread */
	struct snapshot *snapshot;
	struct tags *tags;		/* of the answer; NULL: there is no cache */
	bool may_hash;
	bool authenticated;		/* answer.user is somebody */
};

/* How a step of a view ended. */
enum view_result {
	VIEW_ANSWERED,		/* the response is complete */
	VIEW_GO_ON,
	VIEW_NEEDS_HASH,
	VIEW_STORE		/* the database failed: view_store_failed has answered */
};

/* A statement with the store's dialect, in the request's arena. */
struct sql *view_sql(struct view *v);
struct rows *view_query(struct view *v, struct sql *q);
/* Sends what is queued.  False when the database failed: the response is the error then. */
bool view_flush(struct view *v);
/* Ends the snapshot and notes what it cost. */
void view_end(struct view *v);
/* Answers for a status other than STORE_OK, and logs it. */
void view_store_failed(struct view *v, enum store_status status, const char *error);

/* The methods of the route's view as Allow lists them (1.5). */
unsigned view_writes(const struct view *v);
bool view_is_read(const struct view *v);

/* Appends a condition of a resource, '@' replaced by the caller's id. */
void view_add_condition(const struct view *v, struct sql *q, const char *condition);

/*
 * Answers (respond.c).  Each completes the response, headers included.
 * view_respond takes the JSON that stands in v->answer.json.out.
 */
void view_begin_json(struct view *v);
void view_respond(struct view *v, int status);
void view_respond_detail(struct view *v, int status, const char *detail);
void view_respond_not_found(struct view *v, const char *model);
/* 204 */
void view_respond_nothing(struct view *v);
/* Pages that are not of the API: status, a title, and text/html. */
void view_respond_page(struct view *v, int status);

/* Borrows a connection and opens the snapshot, if the view has none. */
enum view_result service_begin(struct view *v);

/* The steps (a file each): they answer, or fail with the store. */
enum view_result auth_identify(struct view *v);
/*
 * Whether that is the password that belongs to the stored hash (empty: of nobody).  A hash is made only in its
 * lane (VIEW_NEEDS_HASH); meanwhile no connection is held: call service_begin again.
 */
enum view_result auth_judge(struct view *v, struct slice user, struct slice password, struct slice stored, bool *good_r);
enum view_result list_run(struct view *v);
enum view_result detail_run(struct view *v);
enum view_result describe_run(struct view *v);
/* 404 for a parent that is not there; asked in the same round trip as the rest. */
struct rows *detail_query_parent(struct view *v);
/* The object of the path, if the caller may see it. */
struct rows *detail_query_object(struct view *v);
/* The same if the caller may change it; for a list below a parent, the parent. */
struct rows *detail_query_writable(struct view *v);

/* Filters (filter.c), shared by lists and by the check detail. */
struct filters;
enum view_result filters_read(struct view *v, struct filters **filters_r);
bool filters_match_nothing(const struct filters *filters);
/*
 * Leaves the tags of what they compare, and narrows the scope to the projects
 * that they name.  Not for filters that match nothing: no row is looked at.
 */
void filters_collect(const struct filters *filters, struct tags *tags, struct tag_scope *scope);
/* Appends " AND ..." for each. */
void filters_add(const struct filters *filters, struct sql *q);
/* True, and the view is answered, when `q` holds a NUL (4.3). */
bool filters_refuse_nul(struct view *v);

#endif
