/* SPDX-License-Identifier: MIT
 *
 * The log of the whole process family: one line a message on stderr, which
 * systemd or a supervisor collects.  `fatal` and `warn` append the text of
 * errno, the twins with an x do not.  errno is kept.  Lines are written with
 * one write(2), so those of several processes do not mix.  Any thread.
 */
#ifndef THIMBLE_BASE_LOG_H
#define THIMBLE_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Names the process in each line ("master", "worker 2"); copied. */
void log_set_process(const char *name);
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* Logs and ends the process with status 1. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void log_fatalx(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_errorx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
