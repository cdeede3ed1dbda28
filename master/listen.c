/* SPDX-License-Identifier: MIT
 *
 * See listen.h.  Addresses come from checked settings.
 */
#include "config.h"

#include "master/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { LISTEN_BACKLOG = 1024 };		/* cut by the kernel to net.core.somaxconn */

static const char unix_scheme[] = "unix:";

/* Of a unix socket's file; NULL: it is none. */
static const char *
path_of(const struct listener *listener)
{
	if (listener->kind == LISTENER_CONTROL)
		return listener->address;
	if (strncmp(listener->address, unix_scheme, sizeof(unix_scheme) - 1) == 0)
		return listener->address + sizeof(unix_scheme) - 1;
	return NULL;
}

static int
fail(char error_r[LISTEN_ERROR_MAX], const char *address, const char *reason)
{
	(void)snprintf(error_r, LISTEN_ERROR_MAX, "cannot listen on %s: %s", address, reason);
	return -1;
}

/* Closes the socket, if there is one, with the errno of what failed kept. */
static int
close_failed(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return -1;
}

/*
 * Removes the file that a server left which did not end well.  Who listens on
 * it would accept, or have a full queue; a refused connection tells that
 * nobody does.  Returns 0 when the path is free.
 */
static int
remove_stale(const char *path, const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, answered;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	answered = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	(void)close_failed(fd);
	if (answered < 0 && errno == ECONNREFUSED)
		return unlink(path);
	errno = EADDRINUSE;
	return -1;
}

/* The mode comes from the umask, so that the file has it from the start and nothing else can be meant. */
static int
bind_unix(int fd, const struct sockaddr_un *sun, mode_t mode)
{
	mode_t before = umask(0777 & ~mode);
	int status = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));

	(void)umask(before);
	return status;
}

/* Of the control socket: the workers' user may connect, and their group.  Whoever started us owns the others. */
static int
give_away(const struct listener *listener, const struct settings *settings)
{
	const char *name = settings->server.user;
	const struct passwd *user;

	if (listener->kind != LISTENER_CONTROL || name[0] == '\0' || geteuid() != 0)
		return 0;
	errno = 0;
	user = getpwnam(name);
	if (user == NULL) {
		if (errno == 0)
			errno = ESRCH;
		return -1;
	}
	return lchown(listener->address, user->pw_uid, user->pw_gid);
}

/*
 * Anyone may connect to a public or status socket, as to a port; the directory
 * can forbid it.
 */
static int
open_unix(struct listener *listener, const struct settings *settings, char error_r[LISTEN_ERROR_MAX])
{
	const char *path = path_of(listener);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mode = listener->kind == LISTENER_CONTROL ? 0660 : 0666;
	struct stat st;
	int fd = -1;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fail(error_r, listener->address, "the path is too long");
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (remove_stale(path, &sun) < 0
	    || (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0
	    || bind_unix(fd, &sun, mode) < 0) {
		(void)close_failed(fd);
		return fail(error_r, listener->address, strerror(errno));
	}
	/* Until it listens nobody can connect. */
	if (give_away(listener, settings) < 0 || lstat(path, &st) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
		(void)close_failed(fd);
		(void)fail(error_r, listener->address, strerror(errno));
		(void)unlink(path);
		return -1;
	}
	listener->fd = fd;
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	return 0;
}

/* Splits "host:port", "*:port" or "[v6]:port" and asks the resolver; *found_r is for freeaddrinfo. */
static int
resolve(const char *address, struct addrinfo **found_r, char error_r[LISTEN_ERROR_MAX])
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(address, ':');
	char host[256];
	size_t n = colon != NULL ? (size_t)(colon - address) : 0;
	bool bracketed = n > 2 && address[0] == '[';
	int code;

	if (n == 0 || n >= sizeof(host))
		return fail(error_r, address, "not an address");
	(void)snprintf(host, sizeof(host), "%.*s", (int)(bracketed ? n - 2 : n), address + (bracketed ? 1 : 0));
	hints.ai_family = bracketed ? AF_INET6 : strcmp(host, "*") == 0 ? AF_INET : AF_UNSPEC;
	code = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, colon + 1, &hints, found_r);
	if (code != 0)
		return fail(error_r, address, code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
	return 0;
}

static int
open_tcp(struct listener *listener, char error_r[LISTEN_ERROR_MAX])
{
	struct addrinfo *found;
	const int on = 1;
	int fd;

	if (resolve(listener->address, &found, error_r) < 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* [::] is IPv6 alone, or it could not stand beside *. */
	if (fd < 0
	    || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0
	    || (found->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
	    || bind(fd, found->ai_addr, found->ai_addrlen) < 0
	    || listen(fd, LISTEN_BACKLOG) < 0) {
		(void)close_failed(fd);
		(void)fail(error_r, listener->address, strerror(errno));
		freeaddrinfo(found);
		return -1;
	}
	freeaddrinfo(found);
	listener->fd = fd;
	return 0;
}

static bool
has_fd(const struct listeners *listeners, int fd)
{
	for (size_t i = 0; listeners != NULL && i < listeners->count; i++)
		if (listeners->item[i].fd == fd)
			return true;
	return false;
}

/*
 * The held socket of that address that the new set has not taken yet; of the
 * same kind first, for with port 0 a public and the status address may read the
 * same.  One that changed its kind is bound all the same, so taken, too.
 */
static const struct listener *
find_held(const struct listeners *held, const char *address, enum listener_kind kind, const struct listeners *taken)
{
	const struct listener *other = NULL;

	for (size_t i = 0; held != NULL && i < held->count; i++) {
		const struct listener *listener = &held->item[i];

		if (strcmp(listener->address, address) != 0 || has_fd(taken, listener->fd))
			continue;
		if (listener->kind == kind)
			return listener;
		if (other == NULL)
			other = listener;
	}
	return other;
}

/* What listeners_open is told. */
struct opening {
	struct listeners *listeners;
	const struct settings *settings;
	const struct listeners *held;
	char *error_r;
};

/* An address that is "" is not wanted. */
static int
add(const struct opening *o, const char *address, enum listener_kind kind)
{
	struct listener *listener = &o->listeners->item[o->listeners->count];
	const struct listener *same = find_held(o->held, address, kind, o->listeners);
	int status = 0;

	if (address[0] == '\0')
		return 0;
	*listener = (struct listener){ .kind = kind, .address = address, .fd = -1 };
	if (same != NULL) {
		listener->fd = same->fd;
		listener->dev = same->dev;
		listener->ino = same->ino;
	} else if (path_of(listener) != NULL) {
		status = open_unix(listener, o->settings, o->error_r);
	} else {
		status = open_tcp(listener, o->error_r);
	}
	if (status == 0)
		o->listeners->count++;
	return status;
}

int
listeners_open(struct listeners *listeners, const struct settings *settings, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX])
{
	const struct opening o = { listeners, settings, held, error_r };
	const struct string_list *list = &settings->server.listen;

	*listeners = (struct listeners){ 0 };
	for (size_t i = 0; i < list->count; i++)
		if (add(&o, list->item[i], LISTENER_PUBLIC) < 0)
			goto fail;
	if (add(&o, settings->server.status_listen, LISTENER_STATUS) < 0
	    || add(&o, settings->server.control, LISTENER_CONTROL) < 0)
		goto fail;
	return 0;
fail:
	listeners_close(listeners, held);
	return -1;
}

/* Whether the file is still the one that we made: another server may have taken the path. */
static bool
is_our_file(const struct listener *listener)
{
	struct stat st;

	return lstat(path_of(listener), &st) == 0 && st.st_dev == listener->dev && st.st_ino == listener->ino;
}

void
listeners_own(const struct listeners *listeners, const struct settings *settings)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->item[i];

		if (path_of(listener) != NULL && is_our_file(listener) && give_away(listener, settings) < 0)
			log_warn("%s cannot be given to %s", listener->address, settings->server.user);
	}
}

void
listeners_close(struct listeners *listeners, const struct listeners *kept)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->item[i];

		if (has_fd(kept, listener->fd))
			continue;
		if (path_of(listener) != NULL && is_our_file(listener))
			(void)unlink(path_of(listener));
		(void)close(listener->fd);
	}
	*listeners = (struct listeners){ 0 };
}

static unsigned
bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name;
	socklen_t n = sizeof(name);

	if (getsockname(fd, &name.any, &n) < 0)
		return 0;
	return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

void
listeners_log(const struct listeners *listeners)
{
	static const char *const words[] = {
		[LISTENER_PUBLIC] = "listening", [LISTENER_STATUS] = "status", [LISTENER_CONTROL] = "control"
	};

	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->item[i];
		const char *what = words[listener->kind], *address = listener->address;
		const char *colon = strrchr(address, ':');

		if (path_of(listener) != NULL)
			log_info("%s on %s", what, address);
		else
			log_info("%s on http://%.*s:%u", what, (int)(colon - address), address, bound_port(listener->fd));
	}
}
