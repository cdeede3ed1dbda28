/* SPDX-License-Identifier: MIT
 *
 * See intake.h.
 */
#include "config.h"

#include "worker/intake.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/settings.h"
#include "proto/http.h"
#include "worker/request.h"

static struct in6_addr
map_v4(struct in_addr v4)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(&mapped.s6_addr[12], &v4, sizeof(v4));
	return mapped;
}

struct peer
peer_from_address(const struct settings *settings, const struct sockaddr_storage *address)
{
	struct peer peer = { .local = address->ss_family != AF_INET && address->ss_family != AF_INET6 };

	if (address->ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		peer.address = map_v4(in.sin_addr);
	} else if (address->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		peer.address = in6.sin6_addr;
	}
	peer.trusted = peer.local || settings_trusts(settings, &peer.address);
	return peer;
}

static struct slice
address_text(struct arena *arena, const struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(address))
		(void)inet_ntop(AF_INET, &address->s6_addr[12], text, sizeof(text));
	else
		(void)inet_ntop(AF_INET6, address, text, sizeof(text));
	return slice_str(arena_strdup(arena, text));
}

void
intake_peer(struct request *request, const struct peer *peer)
{
	request->client = peer->local ? SLICE("unix:") : address_text(request->arena, &peer->address);
}

/*
 * An address as proxies write it: "192.0.2.1", "2001:db8::1", and with a port
 * "192.0.2.1:4711" or "[2001:db8::1]:4711".
 */
static bool
parse_address(struct slice s, struct in6_addr *address_r)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;
	ptrdiff_t at;

	if (s.n > 0 && s.p[0] == '[') {
		at = slice_index(s, ']');
		if (at < 0)
			return false;
		s = slice_make(s.p + 1, (size_t)at - 1);
	} else if ((at = slice_index(s, ':')) >= 0 && slice_index(slice_from(s, (size_t)at + 1), ':') < 0) {
		s.n = (size_t)at;
	}
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1) {
		*address_r = map_v4(v4);
		return true;
	}
	return inet_pton(AF_INET6, text, address_r) == 1;
}

/* Takes the last element off a comma-separated list; false when it is used up. */
static bool
cut_last(struct slice *rest, struct slice *piece)
{
	const char *comma;

	if (rest->p == NULL)
		return false;
	comma = memrchr(rest->p, ',', rest->n);
	if (comma == NULL) {
		*piece = *rest;
		*rest = SLICE_NONE;
	} else {
		*piece = slice_from(*rest, (size_t)(comma - rest->p) + 1);
		rest->n = (size_t)(comma - rest->p);
	}
	*piece = slice_trim(*piece, " \t");
	return true;
}

/*
 * Each proxy appends whom it talked to, so the list is read from its end: the
 * first address that is no proxy of ours is the client, whatever it wrote in
 * front of that itself.  Something that is no address ends the search.
 */
static void
take_forwarded_for(struct request *request, const struct settings *settings, const struct http_head *head)
{
	struct in6_addr client;
	bool found = false;

	for (size_t i = head->header_count; i-- > 0;) {
		struct slice rest = head->headers[i].value, piece;

		if (!slice_eq_nocase(head->headers[i].name, SLICE("X-Forwarded-For")))
			continue;
		while (cut_last(&rest, &piece)) {
			struct in6_addr address;

			if (!parse_address(piece, &address))
				goto out;
			client = address;
			found = true;
			if (!settings_trusts(settings, &address))
				goto out;
		}
	}
out:
	if (found)
		request->client = address_text(request->arena, &client);
}

/* The three headers that the reference's server reads, each with its one value; letter case counts. */
static bool
forwarded_https(const struct http_head *head)
{
	static const struct {
		struct slice name;
		struct slice value;
	} secure[] = {
		{ { "X-Forwarded-Proto", 17 }, { "https", 5 } },
		{ { "X-Forwarded-Ssl", 15 }, { "on", 2 } },
		{ { "X-Forwarded-Protocol", 20 }, { "ssl", 3 } },
	};

	for (size_t i = 0; i < head->header_count; i++)
		for (size_t k = 0; k < sizeof(secure) / sizeof(secure[0]); k++)
			if (slice_eq_nocase(head->headers[i].name, secure[k].name) &&
			    slice_eq(head->headers[i].value, secure[k].value))
				return true;
	return false;
}

/* A header's value, or several joined; absent if there is none. */
static struct slice
joined(struct arena *arena, const struct http_head *head, struct slice name, struct slice separator)
{
	struct slice value = SLICE_NONE;
	size_t total = 0;
	char *at = NULL;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < head->header_count; i++) {
			const struct http_header *h = &head->headers[i];

			if (!slice_eq_nocase(h->name, name))
				continue;
			if (pass == 0) {
				total += h->value.n + separator.n;
				continue;
			}
			if (at != value.p)
				at = mempcpy(at, separator.p, separator.n);
			at = mempcpy(at, h->value.p, h->value.n);
			value.n = (size_t)(at - value.p);
		}
		if (total == 0)
			return SLICE_NONE;
		if (pass == 0)
			value.p = at = arena_alloc(arena, total);
	}
	return value;
}

void
intake_client(struct request *request, const struct settings *settings, const struct peer *peer,
    const struct http_head *head)
{
	intake_peer(request, peer);
	if (peer->trusted)
		take_forwarded_for(request, settings, head);
}

void
intake_head(struct request *request, const struct peer *peer, const struct http_head *head)
{
	struct arena *arena = request->arena;

	request->method = method_from_name(head->method);
	request->method_name = arena_slice(arena, head->method);
	request->path = arena_slice(arena, head->path);
	request->query = arena_slice(arena, head->query);
	request->host = arena_slice(arena, head->authority.p != NULL ? head->authority : head->host);
	request->http_minor = head->minor;
	request->accept = joined(arena, head, SLICE("Accept"), SLICE(", "));
	request->accept_encoding = joined(arena, head, SLICE("Accept-Encoding"), SLICE(", "));
	request->if_none_match = joined(arena, head, SLICE("If-None-Match"), SLICE(", "));
	request->wants_cache_status = http_header_get(head, "Cache-Status").p != NULL;
	request->cookie = joined(arena, head, SLICE("Cookie"), SLICE("; "));
	request->authorization = arena_slice(arena, http_header_get(head, "Authorization"));
	request->content_type = arena_slice(arena, http_header_get(head, "Content-Type"));
	request->user_agent = arena_slice(arena, http_header_get(head, "User-Agent"));
	request->referer = arena_slice(arena, http_header_get(head, "Referer"));
	request->https = peer->trusted && forwarded_https(head);
}
