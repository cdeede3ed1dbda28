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
	[BUS_TAKEN] = { "another-node", "another node without redis is at work on this database" },
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

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
