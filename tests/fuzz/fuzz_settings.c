/* SPDX-License-Identifier: MIT
 *
 * The configuration reader: a text is either refused with complaints that all
 * name the file and a line, or what is printed of it reads back and prints the
 * same again.
 */
#include "config.h"

#include "base/settings.h"

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

static void
check_complaints(struct slice errors)
{
	struct slice line;

	if (errors.n == 0 || errors.p[errors.n - 1] != '\n')
		abort();
	errors.n--;
	while (slice_cut(&errors, '\n', &line)) {
		struct slice number;

		if (!slice_has_prefix(line, SLICE("fuzz:")))
			abort();
		line = slice_from(line, 5);
		if (!slice_cut(&line, ':', &number) || slice_uint(number, 70000, &(uint64_t){ 0 }) < 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf errors = { 0 }, first = { 0 }, second = { 0 };
	struct settings *settings = settings_parse("fuzz", slice_make((const char *)data, size), NULL, &errors);

	if ((settings == NULL) != (errors.len > 0))
		abort();
	if (settings == NULL) {
		check_complaints(buf_as_slice(&errors));
	} else {
		settings_print(settings, &first);
		settings_free(&settings);
		settings = settings_parse("fuzz", buf_as_slice(&first), NULL, &errors);
		if (settings == NULL)
			abort();
		settings_print(settings, &second);
		if (!slice_eq(buf_as_slice(&first), buf_as_slice(&second)))
			abort();
		settings_free(&settings);
	}
	buf_fini(&errors);
	buf_fini(&first);
	buf_fini(&second);
	return 0;
}
