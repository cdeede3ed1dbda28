/* SPDX-License-Identifier: MIT
 *
 * Connections to PostgreSQL as libpq makes them, and what thimblectl does over one; what the driver
 * does over them is in postgresql.c.  Blocks; job threads and thimblectl.
 */
#ifndef THIMBLE_STORE_POSTGRESQL_PRIVATE_H
#define THIMBLE_STORE_POSTGRESQL_PRIVATE_H

#include <libpq-fe.h>

#include "store/store.h"

struct arena;
struct driver_config;

/* What the operator is told when it is no PostgreSQL that answers. */
extern const char pg_pooler_sentence[];

/* What libpq says, as one line. */
const char *pg_one_line(struct arena *arena, const char *message);

/* NULL: see *status_r and *error_r.  statement_timeout_ms 0: none. */
PGconn *pg_connect(const struct driver_config *config, struct arena *arena, unsigned statement_timeout_ms,
    enum store_status *status_r, const char **error_r);

/* Of struct driver. */
int pg_check_url(const char *url, const char **error_r);
int pg_script(struct driver_config *config, struct arena *arena, const char *script, const char **error_r);
int pg_prepare_empty(struct driver_config *config, struct arena *arena, const char **error_r);

#endif
