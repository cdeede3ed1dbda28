/* SPDX-License-Identifier: MIT
 *
 * From a parsed head to a request: what the service needs of it is copied into
 * the request's arena, and what a proxy says of the client is believed or not.
 * Pure functions but for the memory; loop.
 */
#ifndef THIMBLE_WORKER_INTAKE_H
#define THIMBLE_WORKER_INTAKE_H

#include <stdbool.h>

#include <netinet/in.h>

#include "base/slice.h"

struct http_head;
struct request;
struct settings;
struct sockaddr_storage;

/* Who is at the other end of a socket. */
struct peer {
	struct in6_addr address;	/* v4-mapped for IPv4; unspecified for a unix socket */
	bool local;			/* a unix socket */
	bool trusted;			/* its X-Forwarded-* count: local, or in trusted_proxies */
};

struct peer peer_from_address(const struct settings *settings, const struct sockaddr_storage *address);

/* Sets `client`, which only the access log shows, to the peer itself: all that is known before there is a head. */
void intake_peer(struct request *request, const struct peer *peer);

/*
 * Sets everything that comes from the head, but `client`, see intake_client.  `host` is the authority of an
 * absolute-form target, else the Host header (RFC 9112, 3.2.2).  A trusted
 * peer's X-Forwarded-Proto, -Ssl and -Protocol decide `https`;
 * X-Forwarded-Host, -Port and Forwarded are ignored whoever sends them
 * (patchwork-api, 1.11).
 */
void intake_head(struct request *request, const struct peer *peer, const struct http_head *head);

/* Sets `client`: the peer, or whom a trusted one's X-Forwarded-For names. */
void intake_client(struct request *request, const struct settings *settings, const struct peer *peer,
    const struct http_head *head);

#endif
