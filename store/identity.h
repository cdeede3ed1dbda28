/* SPDX-License-Identifier: MIT
 *
 * Which database a connection of PostgreSQL leads to, and which run of its server: the same
 * question, and the same number of its answer, for those that fill the cache and for the feed, which
 * tells of changes.  Private to store/.  Pure functions; any thread.
 */
#ifndef THIMBLE_STORE_IDENTITY_H
#define THIMBLE_STORE_IDENTITY_H

#include <stdint.h>

#include "base/slice.h"

/*
 * An expression: system identifier, database, timeline and start.  A copy of the data directory that is put
 * back has the first three in common with what it replaces, but it was started later.  A standby has
 * no timeline of its own, and promoted it is another one.  The start as a number: as text it depends on the session.
 */
#define IDENTITY_SQL \
	"concat((SELECT system_identifier FROM pg_control_system()), '/'," \
	" (SELECT oid FROM pg_database WHERE datname = current_database()), '/'," \
	" CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END, '/'," \
	" (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint)"

#define IDENTITY_START 0xcbf29ce484222325

/* The number with that text mixed in (FNV-1a); from IDENTITY_START on. */
uint64_t identity_mix(uint64_t number, struct slice text);
/* The number of IDENTITY_SQL's answer; never 0. */
uint64_t identity_number(struct slice text);

#endif
