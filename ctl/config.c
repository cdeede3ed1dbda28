/* SPDX-License-Identifier: MIT
 *
 * `thimblectl config`: the effective configuration, passwords masked.
 */
#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/settings.h"
#include "base/slice.h"
#include "ctl/ctl.h"
#include "proto/json.h"

/* The one key that may repeat; it is an array in JSON, however often it stands there. */
#define REPEATED "listen"

/* {"section": {"key": "value", ...}, ...} from the lines of settings_print. */
static void
put_json(struct buf *out, struct slice ini)
{
	struct json j = json_writer(out, 2);
	bool in_section = false, in_list = false;
	struct slice line;

	json_open(&j, '{');
	while (slice_cut(&ini, '\n', &line)) {
		struct slice key;
		bool repeated;

		if (line.n == 0)
			continue;
		if (line.p[0] == '[') {
			if (in_list)
				json_close(&j, ']');
			if (in_section)
				json_close(&j, '}');
			json_key_slice(&j, slice_trim(line, "[]"));
			json_open(&j, '{');
			in_section = true;
			in_list = false;
			continue;
		}
		if (!slice_cut(&line, '=', &key))
			continue;
		key = slice_trim(key, " ");
		repeated = slice_is(key, REPEATED);
		if (in_list && !repeated)
			json_close(&j, ']');
		if (!repeated || !in_list)
			json_key_slice(&j, key);
		if (repeated && !in_list)
			json_open(&j, '[');
		in_list = repeated;
		json_string(&j, slice_trim(line, " "));
	}
	if (in_list)
		json_close(&j, ']');
	if (in_section)
		json_close(&j, '}');
	json_close(&j, '}');
	buf_byte(out, '\n');
}

int
config_command(struct ctl *ctl, int argc, char **argv)
{
	struct buf ini = { 0 }, json = { 0 };
	struct buf *out = ctl->json ? &json : &ini;
	int status = CTL_OK;

	if (argc > 1)
		return ctl_misused(ctl, "config takes no argument, but was given %s", argv[1]);
	settings_print(ctl->settings, &ini);
	if (ctl->json)
		put_json(&json, buf_as_slice(&ini));
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		status = ctl_fail(ctl, "cannot write the configuration to standard output");
	buf_fini(&ini);
	buf_fini(&json);
	return status;
}
