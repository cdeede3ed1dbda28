/* SPDX-License-Identifier: MIT
 *
 * See log.h.  The name and the level are the process's own, set before it
 * starts threads.
 */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static enum log_level current_level = LOG_LEVEL_INFO;
static char process_name[32] = "thimble";

void
log_set_process(const char *name)
{
	(void)snprintf(process_name, sizeof(process_name), "%s", name);
}

void
log_set_level(enum log_level level)
{
	current_level = level;
}

bool
log_enabled(enum log_level level)
{
	return level <= current_level;
}

/* Control characters would let a client forge log lines. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
}

static size_t
put_stamp(char *line, size_t size)
{
	struct timespec now;
	struct tm tm;
	char stamp[40];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	return (size_t)snprintf(line, size, "%s.%03ldZ %s[%d] ", stamp, now.tv_nsec / 1000000,
	    process_name, (int)getpid());
}

static void __attribute__((format(printf, 3, 0)))
put_line(const char *word, int error, const char *format, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	size_t n = put_stamp(line, sizeof(line));
	int added = snprintf(line + n, sizeof(line) - n, "%s: ", word);

	n += (size_t)added;
	added = vsnprintf(line + n, sizeof(line) - n, format, ap);
	make_printable(line + n);
	n += added > 0 ? (size_t)added : 0;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	if (error != 0) {
		added = snprintf(line + n, sizeof(line) - n, ": %s", strerror(error));
		n += added > 0 ? (size_t)added : 0;
		if (n > sizeof(line) - 2)
			n = sizeof(line) - 2;
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0) {
		/* There is nowhere left to say so. */
	}
	errno = saved;
}

#define LOG_BODY(level, word, error)				\
	do {							\
		va_list ap;					\
		if (!log_enabled(level))			\
			break;					\
		va_start(ap, format);				\
		put_line(word, error, format, ap);		\
		va_end(ap);					\
	} while (0)

void
log_fatal(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, "fatal", errno);
	exit(EXIT_FAILURE);
}

void
log_fatalx(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, "fatal", 0);
	exit(EXIT_FAILURE);
}

void
log_error(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, "error", errno);
}

void
log_errorx(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, "error", 0);
}

void
log_warn(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, "warning", errno);
}

void
log_warnx(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, "warning", 0);
}

void
log_info(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_INFO, "info", 0);
}

void
log_debug(const char *format, ...)
{
	LOG_BODY(LOG_LEVEL_DEBUG, "debug", 0);
}
