/* SPDX-License-Identifier: MIT
 *
 * The address of a Redis, as [cache] redis gives it:
 *
 *	redis://[USER:PASSWORD@|:PASSWORD@]HOST[:PORT][/DATABASE]
 *	redis+sentinel://[USER:PASSWORD@|:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/PRIMARY[/DATABASE]
 *	unix:/PATH[?db=DATABASE][&password=PASSWORD]
 *
 * User, password, path and primary may be percent-encoded; [::1] is an IPv6 host.  Pure functions.
 */
#ifndef THIMBLE_PROTO_REDIS_URL_H
#define THIMBLE_PROTO_REDIS_URL_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	REDIS_HOSTS_MAX = 8, REDIS_HOST_MAX = 256, REDIS_PATH_MAX = 108, REDIS_WORD_MAX = 256,
	REDIS_DATABASE_MAX = 65535
};

enum redis_url_kind { REDIS_TCP, REDIS_UNIX, REDIS_SENTINEL };

struct redis_url {
	enum redis_url_kind kind;
	struct {
		char name[REDIS_HOST_MAX];
		uint16_t port;
	} host[REDIS_HOSTS_MAX];	/* TCP: one; sentinels: their own */
	size_t hosts;
	char path[REDIS_PATH_MAX];	/* of the unix socket */
	char user[REDIS_WORD_MAX];	/* "": none; for Redis itself, not for its sentinels */
	char password[REDIS_WORD_MAX];
	char primary[REDIS_WORD_MAX];	/* the name that the sentinels know it by */
	unsigned database;
};

/* 0, or -1 with a static sentence that says what is wrong with it. */
int redis_url_parse(struct redis_url *url_r, struct slice text, const char **reason_r);
/* The same for who only wants to know (a settings_check_fn). */
int redis_url_check(struct slice text, const char **reason_r);

#endif
