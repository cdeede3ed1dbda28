/* SPDX-License-Identifier: MIT
 *
 * How the bus stands (bus.h), in words; apart from it, so that who tells of it needs no
 * database.
 */
#include "config.h"

#include "worker/bus.h"

static const struct {
	const char *word, *sentence;
} words[] = {
	[BUS_ABSENT] = { "absent", "no process is there to look for changes" },
	[BUS_LOOKING] = { "looking", "the database has not been looked at yet" },
	[BUS_HELD] = { "held", "the database tells of every change" },
	[BUS_AWAY] = { "away", "the database is away" },
	[BUS_UNTOLD] = { "no-triggers", "the database does not tell of every change; see thimblectl attach" },
	[BUS_STANDBY] = { "standby", "the database server is a standby" },
	[BUS_NO_RIGHTS] = { "no-rights", "no rights to read and delete in thimble_outbox" },
	[BUS_TAKEN] = { "another-node", "another node is at work on this database, and one of the two has no [cache] redis; "
	    "give all nodes the same" },
	[BUS_REDIS_AWAY] = { "redis-away", "Redis is away; see that it runs, and that [cache] redis names it" },
	[BUS_REDIS_OTHER] = { "redis-other", "the nodes follow another Redis than this one; give all nodes the same [cache] redis, "
	    "or, if this is the right one, restart it" },
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static const char *const redis_words[] = {
	[BUS_NO_REDIS] = "none", [BUS_REDIS_LOOKED_FOR] = "looking", [BUS_REDIS_FOLLOWED] = "followed",
	[BUS_REDIS_IS_AWAY] = "away", [BUS_REDIS_IS_ANOTHER] = "other",
};
enum { REDIS_WORDS = sizeof(redis_words) / sizeof(redis_words[0]) };

const char *
bus_word(enum bus_lease lease)
{
	return words[(unsigned)lease < WORDS ? lease : BUS_ABSENT].word;
}

const char *
bus_sentence(enum bus_lease lease)
{
	return words[(unsigned)lease < WORDS ? lease : BUS_ABSENT].sentence;
}

const char *
bus_redis_word(enum bus_redis redis)
{
	return redis_words[(unsigned)redis < REDIS_WORDS ? redis : BUS_NO_REDIS];
}
