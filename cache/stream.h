/* SPDX-License-Identifier: MIT
 *
 * The stream by which the nodes of an installation tell each other of changes, in Redis (design, sections 4
 * and 5).  Messages have dense numbers, which the publishing script draws: in one step it raises the
 * number, stamps the tags, deletes their objects, and appends the message, whose id in the stream is its
 * number.  So a reader sees by the numbers whether it missed one.
 *
 * Number, nonce and stamps live in one key: if that is gone (flushed, evicted), it is another incarnation.
 * An incarnation is a text of two words, run_id of the server and nonce; it counts only if the
 * installation's database says so (thimble_bus).  Who drains the outbox claims one there, while it holds that row.
 *
 *	thimble:I:clock		hash: nonce (16 digits, as in keys), number, database; s:B (the number that last stamped bucket B, in
 *				decimal, of the objects' tags: stream_bucket); and the epochs, each the number that last raised it:
 *				e:patch:* (any tag "patch:ID"), e:patches.* (that tag), e:* (everything)
 *	thimble:I:stream	messages: t (tags, with spaces between), w (microseconds of the wall clock when it was published),
 *				n (nonce)
 *	thimble:I:NONCE:TAG	hash: an object's shapes, see cache/tier.h
 *
 * I and NONCE are 16 hexadecimal digits.  The bus process; one thread.  Everything may wait, for the
 * timeout at most, but stream_bell.
 */
#ifndef THIMBLE_CACHE_STREAM_H
#define THIMBLE_CACHE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/redis_url.h"

struct arena;
struct stream;

enum {
	STREAM_STAMPS = 4096,		/* buckets */
	STREAM_LENGTH = 100000,		/* messages that are kept, about */
	STREAM_MESSAGES_MAX = 256,	/* of one look */
	STREAM_TAGS_MAX = 256 * 1024,	/* bytes of a message's tags; more are "*" */
	STREAM_INCARNATION_MAX = 64
};

/* B, in decimal, of an object's tag. */
static inline unsigned
stream_bucket(uint64_t tag)
{
	/* the low bits of FNV's last multiplication depend on few of the text's */
	return (unsigned)((tag ^ tag >> 32) % STREAM_STAMPS);
}

enum stream_status {
	STREAM_OK,
	STREAM_AWAY,			/* Redis is not to be reached, or refuses what is asked */
	STREAM_OTHER			/* it is not, or no longer, the incarnation that was named */
};

struct stream_options {
	struct redis_url url;
	unsigned connect_ms, timeout_ms;
};

struct stream *stream_new(const struct stream_options *options);
void stream_free(struct stream **stream);

/* Which of the installations it is; before anything else, and whenever it is another one. */
void stream_set_installation(struct stream *stream, uint64_t installation);

struct stream_message {
	uint64_t number;
	struct slice tags;
	uint64_t published_us;		/* of the wall clock of who published it */
	uint64_t nonce;			/* stream_bell: of the incarnation that it was published to; 0: it does not say */
};

/* What Redis says of itself at one moment. */
struct stream_look {
	char incarnation[STREAM_INCARNATION_MAX];	/* "RUN_ID NONCE"; NONCE is "-" where there is no clock */
	uint64_t nonce;			/* 0: there is no clock */
	uint64_t database;		/* that it was claimed for */
	uint64_t number;		/* of the last message */
	struct stream_message message[STREAM_MESSAGES_MAX];
	size_t count;
	bool gap;			/* not all after `after` are to be had */
	bool more;			/* that is not all: look again */
};

/* Messages after number `after`, in order; in the arena.  `nonce`: if it is another one, none are given. */
enum stream_status stream_look(struct stream *stream, struct arena *arena, uint64_t nonce, uint64_t after,
    struct stream_look *look_r, const char **error_r);

/*
 * Makes the Redis that is connected a new incarnation, of that database: a new nonce, number 0, an empty stream, no objects.
 * For who holds the row of thimble_bus, and only then.
 */
enum stream_status stream_claim(struct stream *stream, uint64_t database, char incarnation_r[static STREAM_INCARNATION_MAX],
    const char **error_r);

/*
 * Publishes rows of tags as one message, if it still is this incarnation; of more than STREAM_TAGS_MAX
 * bytes it is "*".  *number_r is the message's.
 */
enum stream_status stream_publish(struct stream *stream, struct arena *arena, const char *incarnation,
    const struct slice *rows, size_t count, uint64_t *number_r, const char **error_r);

/*
 * The bell: a second connection that waits for a message after number `after`.  stream_ring_after asks for it, unless
 * that was asked already; stream_bell says whether it rang (or broke: it has to be asked for again), without waiting; the
 * descriptor, -1 without, becomes readable then.  *message_r, in the arena, is what it rang for; its number is 0 if that is
 * none.  The connection may lead elsewhere than the other one, or what it rang for be older than a claim: see `nonce`.
 */
enum stream_status stream_ring_after(struct stream *stream, uint64_t after, const char **error_r);
bool stream_bell(struct stream *stream, struct arena *arena, struct stream_message *message_r);
int stream_descriptor(const struct stream *stream);

#endif
