/* SPDX-License-Identifier: MIT
 *
 * See kept.h.
 *
 * What is kept are answers to GET and HEAD: what was found, what is not there
 * (404), and redirects.  The key says all that the answer was made of: the
 * configuration's generation, the audience, the public URL, the path with its
 * version, the query in canonical form, the indentation, and at its end the
 * coding.  What the answer depends on says v->tags.
 *
 * The audience is everybody, where the representation is the same for all; else one
 * user, or those without an account.  In the loop it follows from credentials
 * that are known (known.h); when the answer is stored, from who really asked.
 *
 * An entry without a coding is made first; its coded forms are made from it when
 * somebody asks for them, and depend on the same.  Small answers have none.
 */
#include "config.h"

#include "worker/kept.h"

#include "base/arena.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "cache/region.h"
#include "proto/cookie.h"
#include "proto/rb_accept.h"
#include "proto/validator.h"
#include "store/store.h"
#include "worker/known.h"
#include "worker/resources/resources.h"
#include "worker/reviewboard/rb.h"
#include "worker/reviewboard/rb_session.h"
#include "worker/route.h"
#include "worker/shortcut.h"
#include "worker/slots.h"
#include "worker/tags.h"

enum {
	ENCODE_MIN = 1024,		/* bytes of a body that are worth a coding */
	PINS_KEPT_FREE = 16,		/* for answers that are copied */
	PINNED_PART = 4,		/* of the region, for all workers together */
	/* of an entry's `extra` */
	EXTRA_STATUS = 0x3ff,
	EXTRA_PLAIN = 0x400,		/* there is no coded form */

	EVERYBODY = -1			/* as an audience; else a user's id, or 0 */
};

static const char coding_marks[ENCODINGS] = { 'i', 'g', 'z' };

/* ---- keys ---- */

/* Whether the answer, once made, is one that can be given again. */
static bool
may_be_kept(const struct view *v)
{
	/* the page for browsers quotes the request as it was sent */
	if (v->service->region == NULL || !view_is_read(v) || v->representation != REPRESENTATION_JSON)
		return false;
	if (v->rb != NULL)
		return true;
	/* [Q] downloads do not say the same to HEAD as to GET (9.1) */
	return v->route->resource != NULL || v->request->method == METHOD_GET;
}

/* Whether the answer depends on who asks. */
static bool
is_personal(const struct view *v)
{
	const struct resource *r = v->route->resource;

	/* what people may see of reviews differs in too many ways */
	if (v->rb != NULL)
		return true;
	return r != NULL ? r->visible != NULL || r->login : v->route->run == download_bundle_mbox;
}

static int64_t
audience(const struct view *v, int64_t user)
{
	return is_personal(v) ? user : EVERYBODY;
}

/*
 * The same for the Review Board API, where people are known by their log-ins (reviewboard/rb_session.h): a
 * header begins a new one, and requests that are to be counted are all seen by a thread.
 */
static bool
find_reviews_audience(struct view *v)
{
	const struct settings *settings = v->service->settings;
	struct slice cookie = cookie_find(v->request->cookie, RB_COOKIE);

	if (v->request->authorization.p != NULL || settings->reviewboard.rate_limit != 0)
		return false;
	v->kept.audience = cookie.p != NULL ? known_find_session(v, cookie) : 0;
	return v->kept.audience != 0 ||
	    (cookie.p == NULL && !v->rb->resource->login && !settings->reviewboard.require_login);
}

/*
 * The audience as the loop knows it.  False: only a job thread can tell, or it
 * is nobody.
 */
static bool
find_audience(struct view *v)
{
	if (v->rb != NULL)
		return find_reviews_audience(v);

	const struct resource *r = v->route->resource;
	/* downloads that are the same for all do not look at credentials (9.1) */
	bool asked = v->request->authorization.p != NULL && (r != NULL || is_personal(v));
	int64_t user = asked ? known_find(v) : 0;

	if (user == 0 && (asked || (r != NULL && r->login)))
		return false;
	v->kept.audience = audience(v, user);
	return true;
}

static void
make_key(struct view *v)
{
	struct slice page = uri_query_last(&v->query, "page");
	struct buf key = { 0 };

	v->kept.key = NULL;
	buf_printf(&key, "%llx %lld %u ", (unsigned long long)v->service->generation, (long long)v->kept.audience,
	    v->rb != NULL ? (unsigned)v->rb->format : v->answer.json.indent);
	buf_slice(&key, v->answer.base);
	/* encoded, so that what is in the path cannot look like a query or a page */
	uri_encode_path(&key, v->path);
	/* sorted and encoded anew; the page by itself, for there only the last one counts */
	uri_query_with_page(&key, &v->query, 0);
	if (page.p != NULL) {
		buf_str(&key, "#");
		uri_encode_form(&key, page);
	}
	buf_str(&key, " i");
	if (key.len <= REGION_KEY_MAX) {
		v->kept.key = arena_memdup(v->request->arena, key.data, key.len);
		v->kept.key_length = key.len;
	}
	buf_fini(&key);
}

static struct slice
key_for(struct view *v, enum encoding encoding)
{
	v->kept.key[v->kept.key_length - 1] = coding_marks[encoding];
	return slice_make(v->kept.key, v->kept.key_length);
}

/* ---- hits ---- */

/* An entry that the request holds. */
struct pinned {
	struct service *service;
	unsigned pin;
	size_t bytes;
};

/* Loop: requests are freed there. */
static void
unpin(void *object)
{
	const struct pinned *pinned = object;

	region_unpin(pinned->service->region, pinned->service->worker, pinned->pin);
	pinned->service->pinned--;
	pinned->service->pinned_bytes -= pinned->bytes;
}

/*
 * Slow readers may pin so many entries and bytes, of this worker's part; who comes
 * then gets a copy.
 */
static bool
may_pin(const struct service *service, size_t bytes)
{
	unsigned workers = service->settings->server.workers;

	return service->pinned < REGION_PINS_MAX - PINS_KEPT_FREE &&
	    service->pinned_bytes + bytes <= region_capacity(service->region) / PINNED_PART / (workers > 0 ? workers : 1);
}

/* Copies `n` bytes of the entry's value from `skip` on. */
static void
copy_value(struct buf *out, const struct region_hit *hit, size_t skip, size_t n)
{
	for (unsigned i = 0; i < hit->pieces && n > 0; i++) {
		struct slice piece = hit->piece[i];

		if (skip >= piece.n) {
			skip -= piece.n;
			continue;
		}
		piece = slice_from(piece, skip);
		skip = 0;
		if (piece.n > n)
			piece.n = n;
		buf_slice(out, piece);
		n -= piece.n;
	}
}

static void
pin(struct view *v, const struct region_hit *hit)
{
	struct pinned *pinned = arena_alloc(v->request->arena, sizeof(*pinned));

	*pinned = (struct pinned){ v->service, hit->pin, hit->length };
	v->service->pinned++;
	v->service->pinned_bytes += hit->length;
	arena_cleanup(v->request->arena, unpin, pinned);
}

static void
respond_held(struct view *v, const struct region_hit *hit)
{
	struct held *held = &v->request->response.held;

	_Static_assert((int)REGION_RUNS_MAX <= (int)RESPONSE_PIECES_MAX, "an entry's runs are pieces of a response");
	pin(v, hit);
	held->pieces = hit->pieces;
	held->entry = hit->entry;
	for (unsigned i = 0; i < hit->pieces; i++)
		held->piece[i] = hit->piece[i];
	held->head_length = hit->head_length;
	held->body_length = hit->length - hit->head_length;
}

static void
respond_copied(struct view *v, const struct region_hit *hit)
{
	struct response *response = &v->request->response;

	copy_value(&response->head, hit, 0, hit->head_length);
	copy_value(&response->body, hit, hit->head_length, hit->length - hit->head_length);
	region_unpin(v->service->region, v->service->worker, hit->pin);
}

static void
respond_hit(struct view *v, const struct region_hit *hit)
{
	v->kept.outcome = KEPT_HIT;
	v->request->response.status = (int)(hit->extra & EXTRA_STATUS);
	if (may_pin(v->service, hit->length))
		respond_held(v, hit);
	else
		respond_copied(v, hit);
}

/* The birth of the oldest entry that is still trusted. */
static uint64_t
oldest(const struct service *service, uint64_t now)
{
	return region_oldest_ms(service->region, now, service->settings->cache.max_stale);
}

static bool
look_up(struct view *v, enum encoding encoding, uint64_t now, struct region_hit *hit)
{
	return region_get(v->service->region, v->service->worker, key_for(v, encoding), oldest(v->service, now), hit);
}

/* The plain form is there but not the one that the client takes: a thread makes it. */
static bool
is_for_encoding(struct view *v, const struct region_hit *hit)
{
	if (v->kept.encoding == ENCODING_IDENTITY || (hit->extra & EXTRA_PLAIN) || !may_pin(v->service, hit->length))
		return false;
	if (v->kept.plain == NULL)
		v->kept.plain = arena_alloc(v->request->arena, sizeof(*v->kept.plain));
	*v->kept.plain = *hit;
	pin(v, hit);
	return true;
}

bool
kept_find(struct view *v, uint64_t now)
{
	struct region_hit hit;

	v->kept.plain = NULL;
	if (v->kept.key == NULL) {
		v->kept.encoding = v->rb != NULL ? ENCODING_IDENTITY : encoding_choose(v->request->accept_encoding);
		if (!may_be_kept(v) || !find_audience(v))
			return false;
		make_key(v);
		if (v->kept.key == NULL)
			return false;
	}
	if (v->kept.encoding != ENCODING_IDENTITY && look_up(v, v->kept.encoding, now, &hit)) {
		respond_hit(v, &hit);
		return true;
	}
	if (look_up(v, ENCODING_IDENTITY, now, &hit) && !is_for_encoding(v, &hit)) {
		respond_hit(v, &hit);
		return true;
	}
	v->kept.outcome = KEPT_MISS;
	/* a copy: the job thread goes on with the key */
	v->request->fill_key = arena_slice(v->request->arena, key_for(v, v->kept.encoding));
	return false;
}

bool
kept_find_shortcut(struct view *v, const struct shortcut *shortcut)
{
	struct request *request = v->request;
	struct region_hit hit;

	request->method = shortcut->method;
	request->http_minor = shortcut->http_minor;
	request->route = shortcut->route;
	request->wants_cache_status = shortcut->wants_cache_status;
	/* that it came is all that is asked for later */
	request->accept_encoding = shortcut->takes_codings ? SLICE("") : SLICE_NONE;
	request->if_none_match = shortcut->if_none_match;
	if (!region_get_hashed(v->service->region, v->service->worker, shortcut->key, shortcut->key_hash,
	    oldest(v->service, request->started_us / 1000), &hit))
		return false;
	/* It was too small for a coding, and no longer is. */
	if (shortcut->encoding != ENCODING_IDENTITY && !(hit.extra & EXTRA_PLAIN) &&
	    shortcut->key.p[shortcut->key.n - 1] == coding_marks[ENCODING_IDENTITY]) {
		region_unpin(v->service->region, v->service->worker, hit.pin);
		return false;
	}
	respond_hit(v, &hit);
	return true;
}

bool
kept_learn(struct view *v, struct shortcut *shortcut)
{
	const struct request *request = v->request;

	if (v->kept.outcome != KEPT_HIT || request->authorization.p != NULL)
		return false;
	/* a log-in ends, and a shortcut would not see it */
	if (v->rb != NULL && request->cookie.p != NULL)
		return false;
	*shortcut = (struct shortcut){
		.method = request->method,
		.http_minor = request->http_minor,
		.takes_codings = request->accept_encoding.p != NULL,
		.wants_cache_status = request->wants_cache_status,
		.encoding = v->kept.encoding,
		.route = request->route,
		.key = slice_make(v->kept.key, v->kept.key_length),
		.if_none_match = request->if_none_match,
	};
	return true;
}

/* ---- filling ---- */

void
kept_begin(struct view *v)
{
	/* When a password is hashed, the snapshot is given up and another one opened: the first one counts. */
	if (v->service->region == NULL || v->kept.begun)
		return;
	v->kept.begun = true;
	/*
	 * In this order (objects.c says why): whatever the lease promises and whatever the clock has seen is in the
	 * stream up to the position that is noted, or is marked; and all of it is older than what is read from now on.
	 */
	v->kept.lease = region_lease_read(v->service->region);
	v->kept.filled_at = clock_read(region_clock(v->service->region));
	v->kept.fill = position_read(region_position(v->service->region));
	v->kept.born_ms = monotonic_ms();
}

void
kept_look(struct view *v)
{
	uint64_t database;

	if (v->service->region == NULL || v->snapshot == NULL)
		return;
	/* 0: the bus does not know, so there is no lease either */
	database = region_database(v->service->region);
	if (database != 0 && store_snapshot_database(v->snapshot) != database)
		v->kept.foreign = true;
}

/* Where the last line of a head begins, which is Content-Length. */
static size_t
last_line(struct slice head)
{
	size_t at = head.n - 4;

	while (at > 0 && head.p[at - 1] != '\n')
		at--;
	return at;
}

static bool
has_validator(struct slice head)
{
	return slice_has_prefix(head, SLICE("ETag: "));
}

/* The entity tag of a head that begins with one. */
static struct slice
validator_of(struct slice head)
{
	struct slice line = slice_from(head, sizeof("ETag: ") - 1);

	return slice_make(line.p, (size_t)slice_index(line, '\r'));
}

/* The lines of a head that tell of the data: all but the length, and Vary, which HEAD and GET may differ in (9.1). */
static void
put_data_lines(struct buf *out, struct slice head)
{
	struct slice line;

	head.n = last_line(head);
	while (slice_cut(&head, '\n', &line)) {
		if (line.n > 0 && !slice_has_prefix(line, SLICE("Vary: "))) {
			buf_slice(out, line);
			buf_byte(out, '\n');
		}
	}
}

void
kept_validate(struct view *v)
{
	struct response *response = &v->request->response;
	struct slice head = buf_as_slice(&response->head);
	struct buf with = { 0 };
	char tag[VALIDATOR_LONG];
	size_t n;

	_Static_assert((int)VALIDATOR_LONG >= (int)VALIDATOR_MAX, "the longest tag");
	/*
	 * Without a cache a digest would cost more than it saves: the answer is made anew each time.  Clients of
	 * the Review Board API are promised one.
	 */
	if ((v->service->region == NULL && v->rb == NULL) || response->status != 200 || !view_is_read(v) ||
	    v->representation != REPRESENTATION_JSON || has_validator(head))
		return;
	put_data_lines(&with, head);
	if (v->rb != NULL) {
		buf_printf(&with, "User: %lld\n", (long long)v->answer.user);
		n = validator_make_long(tag, buf_as_slice(&with), buf_as_slice(&response->body));
	} else {
		n = validator_make(tag, buf_as_slice(&with), buf_as_slice(&response->body), ENCODING_IDENTITY);
	}
	buf_reset(&with);
	buf_str(&with, "ETag: ");
	buf_add(&with, tag, n);
	buf_str(&with, "\r\n");
	buf_slice(&with, head);
	buf_fini(&response->head);
	response->head = with;
}

static void
keep(struct view *v, enum encoding encoding, const uint32_t *stamps, size_t count, unsigned flags)
{
	const struct response *response = &v->request->response;
	const struct region_item item = {
		.key = key_for(v, encoding),
		.head = buf_as_slice(&response->head),
		.body = buf_as_slice(&response->body),
		.stamps = stamps,
		.stamp_count = count,
		.filled_at = v->kept.filled_at,
		.born_ms = v->kept.born_ms,
		.extra = (unsigned)response->status | flags,
	};

	v->kept.stored |= region_put(v->service->region, &item);
}

/* Makes the response the coded form of head and body.  False: it is as it was. */
static bool
encode(struct view *v, struct slice head, struct slice body)
{
	struct response *response = &v->request->response;
	struct buf coded = { 0 }, with = { 0 };
	struct slice validator = validator_of(head), rest;
	char tag[VALIDATOR_MAX];

	if (encoding_put(&coded, v->kept.encoding, body) < 0) {
		buf_fini(&coded);
		return false;
	}
	rest = slice_from(head, (size_t)(validator.p + validator.n - head.p));
	buf_str(&with, "ETag: ");
	buf_add(&with, tag, validator_mark(tag, validator, v->kept.encoding));
	buf_add(&with, rest.p, last_line(rest));
	buf_printf(&with, "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", encoding_name(v->kept.encoding), coded.len);
	buf_fini(&response->head);
	buf_fini(&response->body);
	response->head = with;
	response->body = coded;
	return true;
}

bool
kept_encode(struct view *v)
{
	const struct region_hit *plain = v->kept.plain;
	struct response *response = &v->request->response;
	struct buf head = { 0 }, body = { 0 };

	if (plain == NULL)
		return false;
	copy_value(&head, plain, 0, plain->head_length);
	copy_value(&body, plain, plain->head_length, plain->length - plain->head_length);
	response->status = (int)(plain->extra & EXTRA_STATUS);
	response->shared = true;
	v->kept.filled_at = plain->filled_at;
	v->kept.born_ms = plain->born_ms;
	if (encode(v, buf_as_slice(&head), buf_as_slice(&body))) {
		keep(v, v->kept.encoding, plain->stamps, plain->stamp_count, 0);
	} else {
		response->head = head;
		response->body = body;
		return true;
	}
	buf_fini(&head);
	buf_fini(&body);
	return true;
}

/* The key for who really asked. */
static bool
is_for_keeping(struct view *v)
{
	int64_t readers = audience(v, v->authenticated ? v->answer.user : 0);
	int status = v->request->response.status;

	if (v->kept.foreign || !may_be_kept(v) || (status != 200 && status != 404 && status != 301 && status != 302))
		return false;
	v->request->response.shared = v->kept.key != NULL && v->kept.audience == readers;
	if (!v->request->response.shared) {
		v->kept.audience = readers;
		make_key(v);
	}
	return v->kept.key != NULL && !tags_overflowed(v->tags);
}

void
kept_store(struct view *v)
{
	struct response *response = &v->request->response;
	const uint32_t *stamps;
	size_t count;
	bool plain;

	kept_validate(v);
	if (!is_for_keeping(v))
		return;
	count = tags_stamps(v->tags, region_clock(v->service->region), &stamps);
	plain = response->status != 200 || response->body.len < ENCODE_MIN;
	keep(v, ENCODING_IDENTITY, stamps, count, plain ? EXTRA_PLAIN : 0);
	if (plain || v->kept.encoding == ENCODING_IDENTITY)
		return;
	if (encode(v, buf_as_slice(&response->head), buf_as_slice(&response->body)))
		keep(v, v->kept.encoding, stamps, count, 0);
}

void
kept_add_line(struct view *v, const char *line)
{
	struct response *response = &v->request->response;
	struct slice head = buf_as_slice(&response->head), first = SLICE("");
	struct buf with = { 0 };

	if (has_validator(head))
		first = slice_make(head.p, (size_t)slice_index(head, '\n') + 1);
	buf_slice(&with, first);
	buf_str(&with, line);
	buf_slice(&with, slice_from(head, first.n));
	buf_fini(&response->head);
	response->head = with;
}

/* ---- the last touch ---- */

/* The head of the response, as far as it lies in one piece. */
static struct slice
head_of(const struct response *response)
{
	const struct held *held = &response->held;
	struct slice piece;

	if (held->pieces == 0)
		return buf_as_slice(&response->head);
	piece = held->piece[0];
	return slice_make(piece.p, piece.n < held->head_length ? piece.n : held->head_length);
}

/* The line that begins there, its end included. */
static struct slice
line_at(struct slice head, size_t at)
{
	struct slice line = slice_from(head, at);

	line.n = (size_t)slice_index(line, '\n') + 1;
	return line;
}

/*
 * RFC 9110, 15.4.5: the fields that tell the client which of its copies is meant.  They stand first.
 * Only who sent an Authorization to the Review Board API gets a cookie, and relies on it.
 */
static void
respond_not_modified(struct view *v, struct slice head)
{
	struct response *response = &v->request->response;
	struct slice line = line_at(head, 0);
	size_t n = line.n;
	char *text;

	while (line = line_at(head, n), slice_has_prefix(line, SLICE("Vary: ")) || slice_has_prefix(line, SLICE("Set-Cookie: ")))
		n += line.n;
	text = arena_alloc(v->request->arena, n + 2);
	memcpy(mempcpy(text, head.p, n), "\r\n", 2);
	response->held = (struct held){ .pieces = 1, .piece[0] = slice_make(text, n + 2), .head_length = n + 2 };
	response->status = 304;
}

static void
count(struct view *v)
{
	struct worker_slot *slot = v->service->slot;
	_Atomic uint64_t *figure = v->request->response.status == 304 ? &slot->not_modified[v->request->route] : NULL;

	if (figure != NULL)
		slots_add(figure, 1);
	if (v->kept.outcome == KEPT_BYPASS)
		return;
	figure = v->kept.outcome == KEPT_HIT ? &slot->cache_hits[v->request->route] : &slot->cache_misses[v->request->route];
	slots_add(figure, 1);
}

/* RFC 9211. */
static const char *
cache_status(const struct view *v)
{
	static const char *const texts[] = {
		[KEPT_BYPASS] = "Cache-Status: thimble; fwd=bypass\r\n",
		[KEPT_HIT] = "Cache-Status: thimble; hit\r\n",
		[KEPT_MISS] = "Cache-Status: thimble; fwd=uri-miss\r\n",
	};

	if (v->kept.outcome == KEPT_MISS && v->kept.stored)
		return "Cache-Status: thimble; fwd=uri-miss; stored\r\n";
	return texts[v->kept.outcome];
}

/* Most send the one tag that they got, as they got it. */
static bool
client_has(const struct view *v, struct slice head)
{
	struct slice validator = validator_of(head), asked = v->request->if_none_match;

	/* the Review Board API's have no quotes */
	if (validator.n > 0 && validator.p[0] != '"')
		return rb_none_match(asked, validator);
	return slice_eq(asked, validator) || validator_none_match(asked, validator);
}

void
kept_finish(struct view *v)
{
	struct request *request = v->request;
	struct slice head = head_of(&request->response);

	if (request->response.status == 200 && request->if_none_match.p != NULL && has_validator(head) && client_has(v, head))
		respond_not_modified(v, head);
	/* without a cache there are no codings */
	head = head_of(&request->response);
	if (v->service->region != NULL && request->accept_encoding.p != NULL && slice_has_prefix(head, SLICE("ETag: \"")))
		request->response.extra[0] = "Vary: Accept-Encoding\r\n";
	if (request->wants_cache_status)
		request->response.extra[1] = cache_status(v);
	count(v);
}
