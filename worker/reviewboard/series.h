/* SPDX-License-Identifier: MIT
 *
 * A series in the making: series_read.c finds out what its messages say, then series.c, which of
 * the two alone writes the tracker's tables, makes their rows.  Part of the transaction of a publication (bridge.h); lives
 * in the request's arena.  Job thread.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_SERIES_H
#define THIMBLE_WORKER_REVIEWBOARD_SERIES_H

#include "proto/review_mail.h"
#include "worker/reviewboard/bridge.h"

struct series_patch {
	struct review_commit commit;
	struct slice diff;		/* as a column of text can hold it */
	struct slice msgid, name;
	int64_t id;			/* of its row, when that is made */
};

struct series_making {
	struct bridge *b;
	struct rb_write *w;
	const struct bridge_text *text;
	struct arena *arena;

	/* series_read */
	struct review_mail mail;
	struct moment now;
	int64_t project;
	struct slice base;		/* of the DS; absent: none */
	bool has_submitter;		/* the user is there (still) */
	int64_t delegate;		/* 0: none */
	struct series_patch *patches;
	size_t count;
	struct diff_stat_file *stat;	/* of the cumulative diff */
	size_t stat_count;

	/* of the rows: 0: not made (yet) */
	int64_t person, cover, series;
};

/*
 * Reads all that is needed into what is zeroed but for its first four members.  Writes nothing but, once and for
 * all series, the host of message ids.  False: answered.
 */
bool series_read(struct series_making *m);

#endif
