/* SPDX-License-Identifier: MIT
 *
 * Whom a review request, or its draft, is for, and what it depends on:
 * target_people, target_groups, depends_on, and, the other way round, blocks
 * (reviewboard-api.md, 2.4 and 2.5).  Rows of thimble_rb_target; groups are those of
 * Django.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_TARGETS_H
#define THIMBLE_WORKER_REVIEWBOARD_TARGETS_H

#include "worker/reviewboard/rb_write.h"

/* ---- shown: for rows whose cell RB_CELL_PARENT is the RR's id ---- */

/* As rb_resource.load: of RRs as they are published; of drafts. */
bool targets_load(struct rb *rb, const struct rows *rows, void **loaded_r);
bool targets_load_drafts(struct rb *rb, const struct rows *rows, void **loaded_r);

rb_put_fn targets_put_people, targets_put_groups, targets_put_depends, targets_put_blocks;

/* Leaves the tags of all targets there are: for what goes by targets of any RR. */
void targets_tag(struct rb *rb);

/* ---- changed: in a transaction ---- */

enum { TARGETS_MAX = 100 };		/* of one kind */

/* One field of a form, and what there is of what it names. */
struct targets_given {
	char kind;			/* P G D */
	const char *field;
	struct slice name[TARGETS_MAX];	/* each once, in the order given */
	size_t count;
	bool sent, many;		/* many: more than TARGETS_MAX */
	struct rows *found;		/* place in `name`, id */
};

enum { TARGETS_KINDS = 3 };

struct targets_change {
	struct targets_given given[TARGETS_KINDS];
};

/* Reads the form's fields and queues what has to be looked up. */
void targets_begin(struct rb_write *w, struct targets_change *change);
/* After the flush: notes what is unknown as errors of the fields. */
void targets_check(struct rb *rb, const struct targets_change *change);
/* Queues what makes the draft's targets those that were sent. */
void targets_save(struct rb_write *w, const struct targets_change *change);
/* Queues the copy of the RR's targets for a new draft. */
void targets_copy(struct rb_write *w, int64_t request);

#endif
