/* SPDX-License-Identifier: MIT
 *
 * The configuration: one INI file, one table (settings.c) that names each key
 * once with its type, bounds, default and meaning (design, section 1).  Read
 * by the master and by thimblectl; a worker gets the finished struct across
 * the fork and never changes it.
 */
#ifndef THIMBLE_BASE_SETTINGS_H
#define THIMBLE_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "base/slice.h"

struct arena;
struct buf;

enum { SETTINGS_LIST_MAX = 32 };	/* addresses, hosts or networks of one key */

/* A network such as 127.0.0.0/8; IPv4 as v4-mapped IPv6. */
struct network {
	struct in6_addr address;
	unsigned prefix;		/* bits that count, 0-128 */
};

struct string_list {
	const char *item[SETTINGS_LIST_MAX];
	size_t count;
};

enum access_format { ACCESS_COMBINED, ACCESS_JSON };

/* Durations are in milliseconds, sizes in bytes.  Strings are never NULL. */
struct settings {
	struct {
		struct string_list listen;	/* "host:port", "[addr]:port", "unix:/path" */
		unsigned workers;		/* auto is resolved to the processors */
		unsigned threads;		/* per worker, at least 2 */
		const char *user;		/* "" : stay who we are */
		const char *pid_file;		/* "" : none */
		const char *base_url;		/* "" : from the request */
		struct string_list hosts;	/* "*", "name", ".suffix" */
		struct network trusted_proxies[SETTINGS_LIST_MAX];
		size_t trusted_proxies_count;
		const char *status_listen;	/* "" : off */
		const char *control;		/* "" : off */
		uint64_t header_timeout;
		uint64_t keepalive_timeout;
		uint64_t stop_timeout;
		uint64_t request_timeout;
		uint64_t max_body;
	} server;
	struct {
		const char *url;
		unsigned connections;
	} store;
	struct {
		uint64_t size;
		const char *redis;
		uint64_t max_stale;
		uint64_t stale_if_error;
	} cache;
	struct {
		unsigned page_size;
		unsigned max_page_size;
		const char *timezone;
	} api;
	struct {
		const char *prefix;
		bool history;			/* series of commits, besides plain diffs */
		uint64_t max_diff_size;		/* 0: no limit */
		bool require_login;
		unsigned rate_limit;		/* requests a minute; 0: no limit */
		bool oauth2;
		uint64_t session_lifetime;
	} reviewboard;
	struct {
		const char *lmtp_listen;
	} mail;
	struct {
		const char *access;		/* off, stderr, syslog or a path */
		enum access_format format;
		int level;			/* enum log_level */
	} log;
	struct arena *arena;		/* owns the strings */
};

/*
 * What says whether a value is well-formed where this folder does not know its form: 0,
 * or -1 with a sentence (static).
 */
typedef int settings_check_fn(struct slice text, const char **reason_r);

/*
 * Reads FILE; path NULL gives the defaults.  Returns a new struct for
 * settings_free, or NULL with every complaint in *errors, one "file:line: text"
 * a line.  An unknown section or key, a value out of bounds and a key given
 * twice (but `listen`) are errors.  `redis` (redis_url_check) looks at [cache] redis unless
 * that is empty; NULL: only its scheme is looked at.
 */
struct settings *settings_load(const char *path, settings_check_fn *redis, struct buf *errors);
/* The same of a text; `name` stands for the file in complaints. */
struct settings *settings_parse(const char *name, struct slice text, settings_check_fn *redis, struct buf *errors);
void settings_free(struct settings **settings);

/* The effective configuration as INI, passwords in URLs masked as "***". */
void settings_print(const struct settings *settings, struct buf *out);

/*
 * For a reload: copies what cannot change while the server runs from the
 * settings in force, and names in *notes, one a line, each key that differed.
 */
void settings_carry(struct settings *settings, const struct settings *in_force, struct buf *notes);

/* True when the address (v4-mapped for IPv4) lies in one of the networks. */
bool settings_trusts(const struct settings *settings, const struct in6_addr *address);

#endif
