/* SPDX-License-Identifier: MIT
 *
 * See listen.h.  Addresses come from checked settings.
 */
#include "config.h"

#include "master/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
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

static bool
is_unix(const char *address)
{
	return strncmp(address, unix_scheme, sizeof(unix_scheme) - 1) == 0;
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

/* Anyone may connect, as to a port; the directory can forbid it. */
static int
open_unix(struct listener *listener, char error_r[LISTEN_ERROR_MAX])
{
	const char *path = listener->address + sizeof(unix_scheme) - 1;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd = -1;

	if (strlen(path) >= sizeof(sun.sun_path))
		return fail(error_r, listener->address, "the path is too long");
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (remove_stale(path, &sun) < 0
	    || (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0
	    || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0) {
		(void)close_failed(fd);
		return fail(error_r, listener->address, strerror(errno));
	}
	if (chmod(path, 0666) < 0 || stat(path, &st) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
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

/* The held socket of that address that the new set has not taken yet. */
static const struct listener *
find(const struct listeners *held, size_t from, size_t to, const char *address, const struct listeners *taken)
{
	for (size_t i = from; i < to; i++)
		if (strcmp(held->item[i].address, address) == 0 && !has_fd(taken, held->item[i].fd))
			return &held->item[i];
	return NULL;
}

/*
 * Of the same kind first: with port 0 a public and the status address may read
 * the same.  One that changed its kind is bound all the same, so taken, too.
 */
static const struct listener *
find_held(const struct listeners *held, const char *address, bool public, const struct listeners *taken)
{
	const struct listener *found;

	if (held == NULL)
		return NULL;
	found = find(held, public ? 0 : held->public_count, public ? held->public_count : held->count, address, taken);
	return found != NULL ? found : find(held, 0, held->count, address, taken);
}

static int
add(struct listeners *listeners, const char *address, bool public, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX])
{
	struct listener *listener = &listeners->item[listeners->count];
	const struct listener *same = find_held(held, address, public, listeners);

	*listener = (struct listener){ .address = address, .fd = -1 };
	if (same != NULL) {
		listener->fd = same->fd;
		listener->dev = same->dev;
		listener->ino = same->ino;
	} else if ((is_unix(address) ? open_unix : open_tcp)(listener, error_r) < 0) {
		return -1;
	}
	listeners->count++;
	listeners->public_count += public;
	return 0;
}

int
listeners_open(struct listeners *listeners, const struct settings *settings, const struct listeners *held,
    char error_r[LISTEN_ERROR_MAX])
{
	const struct string_list *list = &settings->server.listen;

	*listeners = (struct listeners){ 0 };
	for (size_t i = 0; i < list->count; i++)
		if (add(listeners, list->item[i], true, held, error_r) < 0)
			goto fail;
	if (settings->server.status_listen[0] != '\0'
	    && add(listeners, settings->server.status_listen, false, held, error_r) < 0)
		goto fail;
	return 0;
fail:
	listeners_close(listeners, held);
	return -1;
}

/* Removes the file if it is still the one that we made: another server may have taken the path. */
static void
remove_file(const struct listener *listener)
{
	const char *path = listener->address + sizeof(unix_scheme) - 1;
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == listener->dev && st.st_ino == listener->ino)
		(void)unlink(path);
}

void
listeners_close(struct listeners *listeners, const struct listeners *kept)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->item[i];

		if (has_fd(kept, listener->fd))
			continue;
		if (is_unix(listener->address))
			remove_file(listener);
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
	for (size_t i = 0; i < listeners->count; i++) {
		const char *what = i < listeners->public_count ? "listening" : "status";
		const char *address = listeners->item[i].address;
		const char *colon = strrchr(address, ':');

		if (is_unix(address))
			log_info("%s on %s", what, address);
		else
			log_info("%s on http://%.*s:%u", what, (int)(colon - address), address,
			    bound_port(listeners->item[i].fd));
	}
}
