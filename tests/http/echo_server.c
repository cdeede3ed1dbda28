/* SPDX-License-Identifier: MIT
 *
 * The I/O half of a worker with a service that only tests want: worker_main
 * and all below it are the real ones, service_* and store_* are made up here.
 * It is its own master: it binds, prints "public PORT status PORT", and runs
 * the worker in this very process.  Standard input stands for the master's
 * pipe: its end means that the master is gone.
 *
 *   /echo, /job      what the service got, as JSON; from the loop, from a thread
 *   /hash            the same, from the hashing lane
 *   /sleep?MS        from a thread, after MS milliseconds
 *   /big?BYTES       a body of that size, from the loop
 *   /bye             a response that ends the connection
 *   /empty, /notmod  204 and 304
 *   /nothing         a service that forgets to answer
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/settings.h"
#include "proto/json.h"
#include "store/store.h"
#include "worker/request.h"
#include "worker/service.h"
#include "worker/shared.h"
#include "worker/worker.h"

/* ---- a store that is none ---- */

struct store {
	unsigned statements;
};

struct store *
store_new(const struct store_options *options)
{
	(void)options;
	return xcalloc(1, sizeof(struct store));
}

void
store_free(struct store **store)
{
	free(*store);
	*store = NULL;
}

void
store_trim(struct store *store, unsigned idle_ms)
{
	(void)store;
	(void)idle_ms;
}

struct store_stats
store_stats(const struct store *store)
{
	return (struct store_stats){ .open = 1, .statements = store->statements };
}

/* ---- the service ---- */

struct service {
	const char *unready;	/* a file; while it exists the database is away */
};

struct service *
service_new(const struct heritage *heritage, struct store *store)
{
	struct service *service = xcalloc(1, sizeof(*service));

	(void)heritage;
	(void)store;
	service->unready = getenv("UNREADY");
	return service;
}

void
service_free(struct service **service)
{
	free(*service);
	*service = NULL;
}

static void
finish(struct request *request, int status, const char *more)
{
	struct response *response = &request->response;

	response->status = status;
	buf_reset(&response->head);
	buf_printf(&response->head, "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n", more,
	    response->body.len);
}

void
service_error(struct request *request, int status, const char *detail)
{
	struct json j = json_writer(&request->response.body, 0);

	buf_reset(&request->response.body);
	json_open(&j, '{');
	json_key(&j, "detail");
	json_string(&j, slice_str(detail));
	json_close(&j, '}');
	finish(request, status, status == 503 ? "Retry-After: 1\r\n" : "");
}

static void
put(struct json *j, const char *key, struct slice value)
{
	json_key(j, key);
	if (value.p == NULL)
		json_null(j);
	else
		json_string(j, value);
}

static void
echo(struct request *request, const char *where)
{
	struct json j = json_writer(&request->response.body, 0);

	json_open(&j, '{');
	put(&j, "where", slice_str(where));
	put(&j, "method", request->method_name);
	put(&j, "path", request->path);
	put(&j, "query", request->query);
	put(&j, "host", request->host);
	put(&j, "accept", request->accept);
	put(&j, "authorization", request->authorization);
	put(&j, "cookie", request->cookie);
	put(&j, "content_type", request->content_type);
	put(&j, "user_agent", request->user_agent);
	put(&j, "referer", request->referer);
	put(&j, "client", request->client);
	put(&j, "body", request->body);
	json_key(&j, "https");
	json_bool(&j, request->https);
	json_key(&j, "minor");
	json_int(&j, request->http_minor);
	json_close(&j, '}');
	finish(request, 200, "");
}

static uint64_t
number(struct slice query)
{
	uint64_t value = 0;

	(void)slice_uint(query, 1 << 30, &value);
	return value;
}

static void
big(struct request *request)
{
	size_t size = number(request->query);
	char *at = buf_reserve(&request->response.body, size + 1);

	for (size_t i = 0; i < size; i++)
		at[i] = (char)('a' + i % 23);
	request->response.body.len = size;
	finish(request, 200, "");
}

bool
service_answer(struct service *service, struct request *request)
{
	(void)service;
	request->route = 1;
	if (slice_is(request->path, "/job") || slice_is(request->path, "/sleep") || slice_is(request->path, "/hash"))
		return false;
	if (slice_is(request->path, "/big")) {
		big(request);
	} else if (slice_is(request->path, "/empty")) {
		finish(request, 204, "");
	} else if (slice_is(request->path, "/notmod")) {
		finish(request, 304, "");
	} else if (slice_is(request->path, "/bye")) {
		echo(request, "loop");
		request->response.close = true;
	} else if (slice_is(request->path, "/echo") || slice_is(request->path, "*")) {
		echo(request, "loop");
	} else if (!slice_is(request->path, "/nothing")) {
		request->route = 0;
		service_error(request, 404, "Not found.");
	}
	return true;
}

enum service_result
service_run(struct service *service, struct request *request, bool may_hash)
{
	(void)service;
	if (slice_is(request->path, "/hash") && !may_hash)
		return SERVICE_NEEDS_HASH;
	if (slice_is(request->path, "/sleep")) {
		uint64_t ms = number(request->query);
		struct timespec pause = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000) };

		(void)nanosleep(&pause, NULL);
	}
	request->statements = 3;
	request->db_us = 1234;
	echo(request, may_hash ? "hash" : "job");
	return SERVICE_DONE;
}

void
service_beat(struct service *service)
{
	(void)service;
}

bool
service_again(struct service *service, struct request *request)
{
	(void)service;
	(void)request;
	return false;
}

bool
service_by_shortcut(struct service *service, struct request *request, const struct shortcut *shortcut)
{
	(void)service;
	(void)request;
	(void)shortcut;
	return false;
}

bool
service_learn(struct service *service, const struct request *request, struct shortcut *shortcut_r)
{
	(void)service;
	(void)request;
	(void)shortcut_r;
	return false;
}

void
service_finish(struct service *service, struct request *request)
{
	(void)service;
	(void)request;
}

const char *
service_route_name(unsigned route)
{
	static const char *const names[] = { "unrouted", "/echo" };

	return route < 2 ? names[route] : NULL;
}

bool
service_ready(struct service *service, struct arena *arena, const char **reason_r)
{
	if (service->unready == NULL || access(service->unready, F_OK) != 0)
		return true;
	*reason_r = arena_printf(arena, "The database is away: \"%s\".", "test");
	return false;
}

/* ---- the master ---- */

static int
bind_port(uint16_t *port_r)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		log_fatal("binding");
	*port_r = ntohs(address.sin_port);
	return fd;
}

static int
bind_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 64) != 0)
		log_fatal("binding %s", path);
	return fd;
}

static void
trust(struct settings *settings, const char *address, unsigned prefix)
{
	struct network *network = &settings->server.trusted_proxies[settings->server.trusted_proxies_count++];

	if (inet_pton(AF_INET6, address, &network->address) != 1)
		log_fatalx("bad network %s", address);
	network->prefix = prefix;
}

/* "name=value" arguments. */
static void
configure(struct settings *settings, int argc, char **argv, const char **path_r)
{
	struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {
		{ "header_timeout", &settings->server.header_timeout },
		{ "keepalive_timeout", &settings->server.keepalive_timeout },
		{ "request_timeout", &settings->server.request_timeout },
		{ "stop_timeout", &settings->server.stop_timeout },
		{ "max_body", &settings->server.max_body },
	};

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value == NULL)
			log_fatalx("%s: not name=value", argv[i]);
		*value++ = '\0';
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			if (strcmp(argv[i], numbers[k].name) == 0)
				*numbers[k].value = strtoull(value, NULL, 10);
		if (strcmp(argv[i], "threads") == 0)
			settings->server.threads = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "access") == 0)
			settings->log.access = value;
		else if (strcmp(argv[i], "format") == 0)
			settings->log.format = strcmp(value, "json") == 0 ? ACCESS_JSON : ACCESS_COMBINED;
		else if (strcmp(argv[i], "unix") == 0)
			*path_r = value;
		else if (strcmp(argv[i], "trust_loopback") == 0)
			trust(settings, "::ffff:127.0.0.0", 104);
		else if (strcmp(argv[i], "trust_documentation") == 0)
			trust(settings, "2001:db8::", 32);
	}
}

int
main(int argc, char **argv)
{
	struct settings settings = {
		.server = {
			.workers = 1, .threads = 4, .user = "", .header_timeout = 10000, .keepalive_timeout = 75000,
			.stop_timeout = 30000, .request_timeout = 30000, .max_body = 1024 * 1024,
		},
		.store = { .url = "sqlite:/nowhere", .connections = 4 },
		.api = { .timezone = "UTC" },
		.log = { .access = "off", .level = LOG_LEVEL_INFO },
	};
	struct heritage heritage = {
		.settings = &settings, .status_listener = -1, .control_listener = -1, .master_pipe = STDIN_FILENO
	};
	struct shared *shared;
	const char *path = NULL;
	uint16_t public_port, status_port;
	sigset_t all;
	int status;

	configure(&settings, argc, argv, &path);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		log_fatal("mmap");
	shared->workers[0].pid = getpid();
	shared->workers[0].state = WORKER_STARTING;
	shared->stopping = getenv("STOPPING") != NULL;
	heritage.shared = shared;
	heritage.listeners[heritage.listener_count++] = bind_port(&public_port);
	heritage.status_listener = bind_port(&status_port);
	if (path != NULL)
		heritage.listeners[heritage.listener_count++] = bind_path(path);
	printf("public %u status %u\n", public_port, status_port);
	fflush(stdout);
	status = worker_main(&heritage);
	munmap(shared, sizeof(*shared));
	return status;
}
