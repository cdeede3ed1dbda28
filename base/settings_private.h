/* SPDX-License-Identifier: MIT
 *
 * What the table of settings (settings.c) and the types of its values
 * (settings_types.c) tell each other.
 */
#ifndef THIMBLE_BASE_SETTINGS_PRIVATE_H
#define THIMBLE_BASE_SETTINGS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buf;
struct setting;
struct settings;

/*
 * How values of one kind are read and written.  `parse` stores the value in
 * the field of the setting, its strings in the settings' arena; it returns 0,
 * or -1 with a reason that follows "key: ".  `print` adds the value as `parse`
 * reads it; with `mask`, passwords in it become "***".
 */
struct setting_type {
	int (*parse)(const struct setting *setting, struct settings *settings, struct slice value,
	    const char **reason_r);
	void (*print)(const struct setting *setting, const struct settings *settings, bool mask, struct buf *out);
};

struct setting {
	const char *section, *key;
	const struct setting_type *type;
	size_t offset;			/* of the field in struct settings */
	const char *initial;		/* the value without a file, as text */
	bool reloadable;		/* else the value at start stays */
	uint64_t min, max;		/* numbers: bounds, in units of the field */
	const char *const *words;	/* choices: NULL-terminated; the index is the value */
	const char *about;
};

extern const struct setting_type setting_access, setting_address, setting_base_url, setting_choice, setting_count,
    setting_duration, setting_hosts, setting_listen, setting_name, setting_networks, setting_path,
    setting_prefix, setting_redis_url, setting_size, setting_socket, setting_store_url, setting_switch,
    setting_timezone, setting_workers;

#endif
