/* SPDX-License-Identifier: MIT
 *
 * The repository that a request names (reviewboard-api.md, 2.3), and what other resources show of repositories.
 * Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_REPOSITORIES_H
#define THIMBLE_WORKER_REVIEWBOARD_REPOSITORIES_H

#include "worker/reviewboard/rb.h"

struct rb_repository {
	int64_t id;
	struct slice name;
	struct slice git_dir;		/* absent: trust */
	int64_t project;		/* 0: none */
	bool with_history;
};

/*
 * What the field `repository` names: an id, a name, a path or a mirror path.  VIEW_GO_ON, or it
 * is answered: 206 for none, for several, and, if `hidden_is_unknown`, for one that the caller
 * may not see, who else gets 101.  Reads in the view's snapshot.
 */
enum view_result rb_repository_find(struct rb *rb, struct slice named, bool hidden_is_unknown,
    struct rb_repository *repository_r);

/* Appends "http://../repositories/N/". */
void rb_put_repository_url(const struct rb *rb, struct buf *url, int64_t id);

/* 102 or 105 says why a repository takes no series of commits: the sentence, in the arena. */
const char *rb_repository_no_history(struct rb *rb, const struct rb_repository *repository);

#endif
