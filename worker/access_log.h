/* SPDX-License-Identifier: MIT
 *
 * The access log: one line a request, combined or JSON.  Loop only.
 */
#ifndef THIMBLE_WORKER_ACCESS_LOG_H
#define THIMBLE_WORKER_ACCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct access_log;
struct request;
struct settings;

/* NULL with a logged reason if the file cannot be opened; an "off" log is an object too. */
struct access_log *access_log_new(const struct settings *settings);
void access_log_free(struct access_log **log);
/* Whether it notes anything at all; constant. */
bool access_log_is_on(const struct access_log *log);
/* Closes and opens the file again (USR1). */
void access_log_reopen(struct access_log *log);
/* Notes an answered request; `sent` is the bytes of its body that were sent. */
void access_log_put(struct access_log *log, const struct request *request, uint64_t sent, uint64_t duration_us);
/* Writes what is buffered; called once per turn of the loop. */
void access_log_flush(struct access_log *log);

#endif
