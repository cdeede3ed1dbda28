/* SPDX-License-Identifier: MIT
 *
 * Blobs of a bare Git repository on this machine (reviewboard-api.md, 1.4, mode
 * "git-dir").  Only its objects are looked at: no configuration, no hooks, no
 * program runs, and it may belong to another user.
 *
 * Blocks on the disk: job threads, with no connection and no transaction held.
 */
#ifndef THIMBLE_WORKER_REVIEWBOARD_BLOBS_H
#define THIMBLE_WORKER_REVIEWBOARD_BLOBS_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * Looks for the ids (hex digits, perhaps abbreviated to four and more, or
 * anything that a client sent), one after the other, up to the first that is not one blob's: its
 * place in *missing_r, which is `count` if all are.  0, or -1 if the repository cannot be
 * opened or read, which is logged at most once a minute.
 */
int blobs_look(const char *git_dir, const struct slice *ids, size_t count, size_t *missing_r);

#endif
