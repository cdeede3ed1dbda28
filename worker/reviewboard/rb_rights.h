/* SPDX-License-Identifier: MIT
 *
 * Who may see and change what (reviewboard-api.md, section 3), and the review request of the path
 * with all that decides about it, in one statement.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_RB_RIGHTS_H
#define THIMBLE_WORKER_REVIEWBOARD_RB_RIGHTS_H

#include "worker/reviewboard/rb.h"

struct rb_request_row {
	int64_t id, submitter;
	struct slice submitter_name;		/* absent: the user is gone */
	bool is_public, with_history;
	char status;				/* P S D */
	int64_t repository;			/* 0: none */
	struct slice repository_name, git_dir;	/* git_dir absent: trust */
	bool repository_public, repository_history, on_access_list;
	int64_t project;			/* of the repository; 0: none */
	int64_t draft;				/* id of thimble_rb_draft; 0: none */
	/* the DS that is not published; 0: none */
	int64_t draft_diffset, draft_revision;
	bool draft_finalized;
	int64_t published;			/* highest published revision; 0: none */
};

/* Queues the look-up of rb->request. */
struct rows *rb_query_request(struct rb *rb);
/* After the flush: leaves the tags of what was read; NULL if there is no such RR (the tag of its id is left). */
struct rb_request_row *rb_request_of(struct rb *rb, const struct rows *rows);

/* The same in one call, with a flush: absent: 100.  VIEW_GO_ON, or it is answered. */
enum view_result rb_find_request(struct rb *rb, struct rb_request_row **request_r);
/* For published resources: the same, and 101/103 for one who may not read it. */
enum view_result rb_find_readable(struct rb *rb, struct rb_request_row **request_r);
/*
 * For the draft's resources: RR and its draft exist, with a DS (if `diffset`) of rb->revision (if that is in
 * the path), else 100; the caller may edit, else 101.
 */
enum view_result rb_find_draft(struct rb *rb, bool diffset, struct rb_request_row **request_r);

/* submitter, administrators, can_edit_reviewrequest */
bool rb_may_edit(const struct rb *rb, const struct rb_request_row *request);
/* published and the repository is readable; or may edit */
bool rb_may_read(const struct rb *rb, const struct rb_request_row *request);
bool rb_may_see_repository(const struct rb *rb, bool is_public, bool on_access_list);

/*
 * Appends the condition for RRs of thimble_rb_request `t` in lists: published ones that are readable, and the
 * caller's own; `all`: unpublished ones too.
 */
void rb_add_readable(const struct rb *rb, struct sql *q, bool all);
/* Appends the condition for repositories of thimble_rb_repository under that alias. */
void rb_add_repository_readable(const struct rb *rb, struct sql *q, const char *alias);

#endif
