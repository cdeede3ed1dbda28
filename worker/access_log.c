/* SPDX-License-Identifier: MIT
 *
 * See access_log.h.  Lines are collected in a buffer that is written once per
 * turn of the loop.  The loop must not wait for a log: a file is opened
 * without blocking, syslog is a datagram socket of our own that does not
 * block either (syslog(3) would), and what cannot be written is dropped and
 * counted.  Standard error is the exception: whether it blocks belongs to
 * whoever gave it to us.
 */
#include "config.h"

#include "worker/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/slice.h"
#include "proto/json.h"
#include "worker/request.h"

enum {
	BACKLOG_MAX = 1024 * 1024,	/* bytes kept for a pipe that is full */
	COMPLAIN_SECONDS = 60,		/* between two complaints about dropped lines */
	SYSLOG_LINE_MAX = 8192,
	SYSLOG_PRIORITY = 3 * 8 + 6	/* daemon.info */
};

enum target { TARGET_OFF, TARGET_STDERR, TARGET_SYSLOG, TARGET_FILE };

struct access_log {
	enum target target;
	enum access_format format;
	const char *path;		/* the settings' */
	int fd;				/* -1: off, or syslog that is away */
	bool pipe;			/* not a regular file: whole lines, PIPE_BUF at most, stay whole */
	struct buf lines;
	uint64_t dropped;		/* lines since the last complaint */
	time_t complained;
	time_t stamp_time;		/* of which `stamp` is the text */
	char stamp[40];
};

static int
open_file(const char *path)
{
	/* O_NONBLOCK says nothing to a regular file and keeps a FIFO from holding the loop. */
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
}

static int
open_syslog(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
note_kind(struct access_log *log)
{
	struct stat st;

	log->pipe = log->fd >= 0 && fstat(log->fd, &st) == 0 && !S_ISREG(st.st_mode);
}

static enum target
target_from_name(const char *name)
{
	if (strcmp(name, "off") == 0 || name[0] == '\0')
		return TARGET_OFF;
	if (strcmp(name, "stderr") == 0)
		return TARGET_STDERR;
	return strcmp(name, "syslog") == 0 ? TARGET_SYSLOG : TARGET_FILE;
}

struct access_log *
access_log_new(const struct settings *settings)
{
	struct access_log *log = xcalloc(1, sizeof(*log));

	log->target = target_from_name(settings->log.access);
	log->format = settings->log.format;
	log->path = settings->log.access;
	log->fd = -1;
	if (log->target == TARGET_STDERR)
		log->fd = STDERR_FILENO;
	else if (log->target == TARGET_SYSLOG)
		log->fd = open_syslog();	/* it may come later */
	else if (log->target == TARGET_FILE && (log->fd = open_file(log->path)) < 0) {
		log_error("access log %s", log->path);
		free(log);
		return NULL;
	}
	note_kind(log);
	return log;
}

static void
close_target(struct access_log *log)
{
	if (log->fd >= 0 && log->fd != STDERR_FILENO)
		close(log->fd);
	log->fd = -1;
}

void
access_log_free(struct access_log **log_p)
{
	struct access_log *log = *log_p;

	if (log == NULL)
		return;
	*log_p = NULL;
	access_log_flush(log);
	close_target(log);
	buf_fini(&log->lines);
	free(log);
}

void
access_log_reopen(struct access_log *log)
{
	int fd;

	if (log->target != TARGET_FILE)
		return;
	access_log_flush(log);
	fd = open_file(log->path);
	if (fd < 0) {
		log_error("access log %s: going on with the old file", log->path);
		return;
	}
	close_target(log);
	log->fd = fd;
	note_kind(log);
}

static const char *
stamp(struct access_log *log)
{
	time_t now = time(NULL);
	struct tm tm;

	if (now != log->stamp_time) {
		log->stamp_time = now;
		(void)localtime_r(&now, &tm);
		if (log->format == ACCESS_JSON)
			(void)strftime(log->stamp, sizeof(log->stamp), "%Y-%m-%dT%H:%M:%S%z", &tm);
		else
			(void)strftime(log->stamp, sizeof(log->stamp), "%d/%b/%Y:%H:%M:%S %z", &tm);
	}
	return log->stamp;
}

/* A value for the combined format: what could end it or the line becomes \xHH. */
static void
put_escaped(struct buf *out, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf_byte(out, (char)c);
		} else {
			buf_str(out, "\\x");
			buf_byte(out, digits[c >> 4]);
			buf_byte(out, digits[c & 15]);
		}
	}
}

static void
put_quoted(struct buf *out, struct slice s)
{
	buf_str(out, " \"");
	if (s.n == 0)
		buf_byte(out, '-');
	put_escaped(out, s);
	buf_byte(out, '"');
}

static void
put_combined(struct access_log *log, const struct request *request, uint64_t sent)
{
	struct buf *out = &log->lines;

	put_escaped(out, request->client.p != NULL ? request->client : SLICE("-"));
	buf_printf(out, " - - [%s] \"", stamp(log));
	if (request->method_name.p == NULL) {
		/* Refused before it could be read. */
		buf_byte(out, '-');
	} else {
		put_escaped(out, request->method_name);
		buf_byte(out, ' ');
		put_escaped(out, request->path);
		if (request->query.p != NULL) {
			buf_byte(out, '?');
			put_escaped(out, request->query);
		}
		buf_printf(out, " HTTP/1.%u", request->http_minor);
	}
	buf_printf(out, "\" %d %llu", request->response.status, (unsigned long long)sent);
	put_quoted(out, request->referer);
	put_quoted(out, request->user_agent);
}

static void
put_member(struct json *j, const char *key, struct slice value)
{
	json_key(j, key);
	json_string_or_null(j, value);
}

static void
put_number(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_int(j, (int64_t)value);
}

static void
put_json(struct access_log *log, const struct request *request, uint64_t sent, uint64_t duration_us)
{
	struct json j = json_writer(&log->lines, 0);

	json_open(&j, '{');
	put_member(&j, "time", slice_str(stamp(log)));
	put_member(&j, "client", request->client);
	put_member(&j, "method", request->method_name);
	json_key(&j, "path");
	if (request->path.p == NULL) {
		json_null(&j);
	} else {
		json_string_begin(&j);
		json_piece(&j, request->path);
		if (request->query.p != NULL) {
			json_piece(&j, SLICE("?"));
			json_piece(&j, request->query);
		}
		json_string_end(&j);
	}
	put_number(&j, "status", (uint64_t)request->response.status);
	put_number(&j, "bytes", sent);
	put_number(&j, "duration_us", duration_us);
	put_number(&j, "db_us", request->db_us);
	put_number(&j, "statements", request->statements);
	put_member(&j, "referer", request->referer);
	put_member(&j, "agent", request->user_agent);
	json_close(&j, '}');
}

void
access_log_put(struct access_log *log, const struct request *request, uint64_t sent, uint64_t duration_us)
{
	if (log->target == TARGET_OFF)
		return;
	if (log->lines.len > BACKLOG_MAX) {
		log->dropped++;
		return;
	}
	if (log->format == ACCESS_JSON)
		put_json(log, request, sent, duration_us);
	else
		put_combined(log, request, sent);
	buf_byte(&log->lines, '\n');
}

/* The front of what is buffered, up to the end of a line; `max` cuts only a line longer than that. */
static size_t
whole_lines(struct slice s, size_t max)
{
	const char *end;

	if (s.n <= max)
		return s.n;
	end = memrchr(s.p, '\n', max);
	return end != NULL ? (size_t)(end - s.p) + 1 : max;
}

static void
drop(struct access_log *log, struct slice lines)
{
	const char *end;

	while (lines.n > 0 && (end = memchr(lines.p, '\n', lines.n)) != NULL) {
		lines = slice_from(lines, (size_t)(end - lines.p) + 1);
		log->dropped++;
	}
}

static void
complain(struct access_log *log)
{
	time_t now = time(NULL);

	if (log->dropped == 0 || now - log->complained < COMPLAIN_SECONDS)
		return;
	log_warn("access log %s: %llu lines lost", log->path, (unsigned long long)log->dropped);
	log->dropped = 0;
	log->complained = now;
}

/* Writes to a file, pipe or terminal; returns how many bytes need no longer be kept. */
static size_t
write_stream(struct access_log *log, struct slice s)
{
	size_t done = 0;

	while (done < s.n) {
		size_t n = whole_lines(slice_from(s, done), log->pipe ? PIPE_BUF : SSIZE_MAX);
		ssize_t put = write(log->fd, s.p + done, n);

		if (put >= 0) {
			done += (size_t)put;
		} else if (errno == EAGAIN) {
			return done;
		} else if (errno != EINTR) {
			drop(log, slice_from(s, done));
			return s.n;
		}
	}
	return done;
}

static void
send_datagram(struct access_log *log, struct slice line)
{
	char packet[SYSLOG_LINE_MAX];
	int n = snprintf(packet, sizeof(packet), "<%d>thimbled[%d]: %.*s", SYSLOG_PRIORITY, (int)getpid(), SLICE_ARG(line));
	size_t length = n < (int)sizeof(packet) ? (size_t)n : sizeof(packet) - 1;

	for (int attempt = 0; attempt < 2; attempt++) {
		if (log->fd < 0)
			log->fd = open_syslog();
		if (log->fd < 0)
			break;
		if (send(log->fd, packet, length, MSG_NOSIGNAL) >= 0)
			return;
		if (errno == EAGAIN)
			break;
		/* The logger was started anew: its socket is another. */
		close_target(log);
	}
	log->dropped++;
}

static size_t
write_syslog(struct access_log *log, struct slice s)
{
	size_t all = s.n;
	struct slice line;

	while (s.n > 0 && slice_cut(&s, '\n', &line))
		send_datagram(log, line);
	return all;
}

void
access_log_flush(struct access_log *log)
{
	struct slice s = buf_as_slice(&log->lines);
	size_t done;

	if (s.n == 0)
		return;
	done = log->target == TARGET_SYSLOG ? write_syslog(log, s) : write_stream(log, s);
	if (done < s.n)
		memmove(log->lines.data, log->lines.data + done, s.n - done);
	log->lines.len = s.n - done;
	if (log->lines.len == 0 && log->lines.cap > BACKLOG_MAX / 4)
		buf_fini(&log->lines);
	complain(log);
}

bool
access_log_is_on(const struct access_log *log)
{
	return log->target != TARGET_OFF;
}
