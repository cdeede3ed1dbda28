/* SPDX-License-Identifier: MIT
 *
 * Short ways to the database for commands that ask or change a few rows.
 * Each is a snapshot or a transaction of its own; what is read lives in the command's arena.
 */
#ifndef THIMBLE_CTL_QUERY_H
#define THIMBLE_CTL_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct ctl;

enum { QUERY_STATEMENTS_MAX = 64 };

/* Statements of one transaction, and what they answered once it is done. */
struct change {
	struct ctl *ctl;
	struct store *store;
	struct sql *q[QUERY_STATEMENTS_MAX];
	struct rows *rows[QUERY_STATEMENTS_MAX];
	size_t count;
};

/* A statement to be filled in: for query_ask. */
struct sql *query_new(const struct ctl *ctl, const struct store *store);
/* Its rows; NULL after ctl_fail. */
struct rows *query_ask(const struct ctl *ctl, struct store *store, struct sql *q);

/* Asks for a project's id, by that or by its link name. */
void query_put_project(struct sql *q, const char *project);
/* The user of that name; CTL_OK, or CTL_FAILED after ctl_fail. */
int query_user(const struct ctl *ctl, struct store *store, const char *name, int64_t *id_r);

/* The next statement of the transaction, to be filled in. */
struct sql *change_add(struct change *change);
/*
 * Runs them all and commits, waking the server, too.  CTL_OK; CTL_FAILED after ctl_fail, in which
 * `conflict` (NULL: what the database says) stands for a key that refused a row.
 */
int change_run(struct change *change, const char *conflict);

/* The store of [store] url or that one, if it has the Review Board API's tables; NULL after ctl_fail. */
struct store *query_reviews(struct ctl *ctl, const char *url);

/* Characters of a text; -1 if it is no UTF-8 or holds control characters. */
int query_length(const char *text);

#endif
