/* SPDX-License-Identifier: MIT
 *
 * thimbled, the command line.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/settings.h"
#include "master/supervise.h"
#include "proto/redis_url.h"

static const char usage[] =
    "usage: thimbled [-c FILE] [-t | -T]\n"
    "       thimbled -V | -h\n"
    "\n"
    "  -c FILE  the configuration; without it the built-in defaults hold\n"
    "  -t       check the configuration and exit: 0, or 78 and what is wrong\n"
    "  -T       print the configuration in force, passwords masked, and exit\n"
    "  -V       print the version and those of the libraries\n"
    "  -h       print this\n";

static void
print_version(void)
{
	int pq = PQlibVersion();

	printf("thimbled %s\n", PACKAGE_VERSION);
	printf("libevent %s\n", event_get_version());
	printf("libpq %d.%d\n", pq / 10000, pq % 10000);
	printf("SQLite %s\n", sqlite3_libversion());
	printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
}

/* Output that was lost (a full disk) is not success. */
static int
print_done(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "thimbled: %s\n", strerror(errno));
		return EX_IOERR;
	}
	return status;
}

static int
print_settings(const struct settings *settings)
{
	struct buf text = { 0 };

	settings_print(settings, &text);
	(void)fwrite(text.data, 1, text.len, stdout);
	buf_fini(&text);
	return print_done(EXIT_SUCCESS);
}

/* A socket that became descriptor 2 would get our log lines. */
static void
open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static int
run(const char *path, bool test, bool print)
{
	struct buf errors = { 0 };
	struct settings *settings = settings_load(path, redis_url_check, &errors);
	int status = EXIT_SUCCESS;

	if (settings == NULL) {
		(void)fwrite(errors.data, 1, errors.len, stderr);
		status = EX_CONFIG;
	} else if (print) {
		status = print_settings(settings);
	} else if (test) {
		(void)fprintf(stderr, "%s: the configuration is good\n", path != NULL ? path : "defaults");
		if (settings->reviewboard.max_diff_size > settings->server.max_body)
			(void)fputs("warning: max_diff_size is larger than max_body, which no request may exceed\n", stderr);
	} else {
		status = supervise(path, &settings);
	}
	settings_free(&settings);
	buf_fini(&errors);
	return status;
}

int
main(int argc, char **argv)
{
	const char *path = NULL;
	bool test = false, print = false;
	int option;

	open_standard();
	while ((option = getopt(argc, argv, "c:tTVh")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'T':
			print = true;
			break;
		case 'V':
			print_version();
			return print_done(EXIT_SUCCESS);
		case 'h':
			(void)fputs(usage, stdout);
			return print_done(EXIT_SUCCESS);
		default:
			(void)fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "thimbled: %s: what is this?\n%s", argv[optind], usage);
		return EX_USAGE;
	}
	return run(path, test, print);
}
