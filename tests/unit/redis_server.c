/* SPDX-License-Identifier: MIT
 *
 * See redis_server.h.
 */
#include "config.h"

#include "redis_server.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>

#include "base/mem.h"

enum { TRIES = 3000, TRY_US = 20000, ARGUMENTS_MAX = 24 };

static unsigned
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static void
become_server(const struct redis_server *server)
{
	char port[16];
	const char *arguments[ARGUMENTS_MAX] = { "redis-server", "--bind", "127.0.0.1", "--port", port,
	    "--unixsocket", server->socket, "--dir", server->directory, "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", server->log };
	size_t count = 17;
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)snprintf(port, sizeof(port), "%u", server->port);
	if (server->password != NULL) {
		arguments[count++] = "--requirepass";
		arguments[count++] = server->password;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(nothing, STDIN_FILENO);
	(void)dup2(nothing, STDOUT_FILENO);
	(void)dup2(nothing, STDERR_FILENO);
	/* what Criterion has open is not the server's */
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	(void)execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static redisContext *
connect_to(const struct redis_server *server)
{
	redisContext *context = redisConnectUnix(server->socket);

	if (context != NULL && context->err == 0 && server->password != NULL) {
		redisReply *reply = redisCommand(context, "AUTH %s", server->password);

		if (reply != NULL)
			freeReplyObject(reply);
	}
	return context;
}

static bool
answers(const struct redis_server *server)
{
	redisContext *context = connect_to(server);
	redisReply *reply = context != NULL && context->err == 0 ? redisCommand(context, "PING") : NULL;
	bool pong = reply != NULL && reply->type == REDIS_REPLY_STATUS;

	if (reply != NULL)
		freeReplyObject(reply);
	if (context != NULL)
		redisFree(context);
	return pong;
}

static void
launch(struct redis_server *server)
{
	int status, tries = 0;

	server->pid = fork();
	cr_assert(server->pid >= 0);
	if (server->pid == 0)
		become_server(server);
	while (!answers(server)) {
		if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
			server->pid = 0;
			redis_server_stop(server);
			if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
				cr_skip_test("redis-server is not installed");
			cr_assert_fail("redis-server ended with status %d", status);
		}
		cr_assert(++tries < TRIES, "redis-server does not answer");
		(void)usleep(TRY_US);
	}
}

void
redis_server_start(struct redis_server *server, const char *password)
{
	(void)signal(SIGPIPE, SIG_IGN);
	memset(server, 0, sizeof(*server));
	(void)snprintf(server->directory, sizeof(server->directory), "/tmp/thimble-redis.XXXXXX");
	cr_assert_not_null(mkdtemp(server->directory));
	(void)snprintf(server->socket, sizeof(server->socket), "%s/socket", server->directory);
	server->log = xasprintf("%s/log", server->directory);
	server->password = password;
	server->port = free_port();
	launch(server);
}

void
redis_server_kill(struct redis_server *server)
{
	if (server->pid == 0)
		return;
	(void)kill(server->pid, SIGKILL);
	(void)waitpid(server->pid, NULL, 0);
	server->pid = 0;
	(void)unlink(server->socket);
}

void
redis_server_restart(struct redis_server *server, bool data)
{
	char dump[96];

	if (data)
		(void)redis_server_text(server, "SAVE");
	redis_server_kill(server);
	(void)snprintf(dump, sizeof(dump), "%s/dump.rdb", server->directory);
	if (!data)
		(void)unlink(dump);
	launch(server);
}

void
redis_server_stop(struct redis_server *server)
{
	DIR *directory;

	redis_server_kill(server);
	directory = opendir(server->directory);
	if (directory != NULL) {
		for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
		(void)closedir(directory);
		(void)rmdir(server->directory);
	}
	free(server->log);
	server->log = NULL;
}

struct redis_url
redis_server_url(const struct redis_server *server, bool tcp, unsigned database)
{
	struct redis_url url = { .kind = tcp ? REDIS_TCP : REDIS_UNIX, .hosts = tcp ? 1 : 0, .database = database };

	if (tcp) {
		(void)snprintf(url.host[0].name, sizeof(url.host[0].name), "127.0.0.1");
		url.host[0].port = (uint16_t)server->port;
	} else {
		(void)snprintf(url.path, sizeof(url.path), "%s", server->socket);
	}
	if (server->password != NULL)
		(void)snprintf(url.password, sizeof(url.password), "%s", server->password);
	return url;
}

static redisReply *
command(const struct redis_server *server, const char *format, va_list ap)
{
	redisContext *context = connect_to(server);
	redisReply *reply;

	cr_assert(context != NULL && context->err == 0);
	reply = redisvCommand(context, format, ap);
	cr_assert_not_null(reply, "%s: %s", format, context->errstr);
	redisFree(context);
	return reply;
}

redisReply *
redis_server_command(const struct redis_server *server, const char *format, ...)
{
	redisReply *reply;
	va_list ap;

	va_start(ap, format);
	reply = command(server, format, ap);
	va_end(ap);
	return reply;
}

const char *
redis_server_text(const struct redis_server *server, const char *format, ...)
{
	static char text[4096];
	redisReply *reply;
	va_list ap;

	va_start(ap, format);
	reply = command(server, format, ap);
	va_end(ap);
	if (reply->type == REDIS_REPLY_INTEGER)
		(void)snprintf(text, sizeof(text), "%lld", reply->integer);
	else
		(void)snprintf(text, sizeof(text), "%s", reply->str != NULL ? reply->str : "(none)");
	freeReplyObject(reply);
	return text;
}
