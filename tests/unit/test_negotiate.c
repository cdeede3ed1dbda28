/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/negotiate.
 */
#include "config.h"

#include <criterion/criterion.h>

#include "proto/negotiate.h"

static void
check(const char *accept, const char *format, enum representation expected, unsigned expected_indent)
{
	unsigned indent = 99;
	enum representation got = negotiate(slice_str(accept), slice_str(format), &indent);

	cr_assert_eq(got, expected, "Accept: %s, format %s: %d", accept ? accept : "(absent)", format ? format : "(absent)",
	    (int)got);
	cr_assert_eq(indent, expected_indent, "Accept: %s: indent %u", accept ? accept : "(absent)", indent);
}

static void
check_type(const char *accept, enum representation expected)
{
	check(accept, NULL, expected, 0);
}

Test(negotiate, types)
{
	check_type(NULL, REPRESENTATION_JSON);
	check_type("*/*", REPRESENTATION_JSON);
	check_type("application/json", REPRESENTATION_JSON);
	check_type("APPLICATION/Json", REPRESENTATION_JSON);
	check_type("application/*", REPRESENTATION_JSON);
	check_type("*/json", REPRESENTATION_JSON);
	check_type("text/html", REPRESENTATION_HTML);
	check_type("text/*", REPRESENTATION_HTML);
	check_type("text/html; charset=utf-8", REPRESENTATION_HTML);
	check_type("  text/html\t;x", REPRESENTATION_HTML);
}

Test(negotiate, nothing_fits)
{
	static const char *const accept[] = {
		"", ",", "application/xml", "text/plain", "garbage", "*", "a/b/c", "application/json/x", "application/vnd.x+json",
		"application /json", ";q=1",
	};

	for (size_t i = 0; i < sizeof(accept) / sizeof(*accept); i++)
		check_type(accept[i], REPRESENTATION_NONE);
}

Test(negotiate, precedence)
{
	check_type("text/html, application/json", REPRESENTATION_JSON);
	check_type("text/html;q=0.1, application/json;q=0", REPRESENTATION_JSON);
	check_type("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", REPRESENTATION_HTML);
	check_type("application/xml, */*;q=0.1", REPRESENTATION_JSON);
	check_type("*/*, text/*", REPRESENTATION_HTML);
	check_type("application/*, text/html", REPRESENTATION_HTML);
	/* A parameter makes it more specific, a lone q does not. */
	check_type("application/json, text/html;level=1", REPRESENTATION_HTML);
	check_type("application/json, text/html;q=1", REPRESENTATION_JSON);
	check_type("application/json, text/html;q=1;level=1", REPRESENTATION_HTML);
	check_type("application/json, text/html;level", REPRESENTATION_JSON);
	/* A comma parts entries even in quotes, a semicolon does not. */
	check_type("text/html;a=\";application/json\"", REPRESENTATION_HTML);
}

Test(negotiate, format)
{
	check("*/*", "json", REPRESENTATION_JSON, 0);
	check("*/*", "api", REPRESENTATION_HTML, 0);
	check("text/html", "", REPRESENTATION_HTML, 0);
	check("text/html", "json", REPRESENTATION_NONE, 0);
	check("application/json", "api", REPRESENTATION_NONE, 0);
	check("text/html, application/json;x=1", "api", REPRESENTATION_HTML, 0);
	check("application/json;indent=4", "xml", REPRESENTATION_NO_FORMAT, 0);
	check("text/plain", "JSON", REPRESENTATION_NO_FORMAT, 0);
	check("*/*", "json ", REPRESENTATION_NO_FORMAT, 0);
}

Test(negotiate, indent)
{
	check("application/json; indent=4", NULL, REPRESENTATION_JSON, 4);
	check("application/json;INDENT = 2", NULL, REPRESENTATION_JSON, 2);
	check("*/*; indent=2", NULL, REPRESENTATION_JSON, 2);
	check("application/json; indent=\"3\"", NULL, REPRESENTATION_JSON, 3);
	check("application/json; indent=100", NULL, REPRESENTATION_JSON, 8);
	check("application/json; indent=99999999999999999999", NULL, REPRESENTATION_JSON, 8);
	check("application/json; indent=-99999999999999999999", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=-1", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=0", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=abc", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=2; indent=5", NULL, REPRESENTATION_JSON, 5);
	check("application/json; a=\";indent=4;\"", NULL, REPRESENTATION_JSON, 0);
	check("application/json; indent=2, application/json; indent=5", NULL, REPRESENTATION_JSON, 2);
	/* That of the entry that was chosen. */
	check("*/*; indent=2, application/json; indent=6, text/html", NULL, REPRESENTATION_JSON, 6);
	check("application/json, text/plain; indent=6", NULL, REPRESENTATION_JSON, 0);
	check("text/plain; indent=6", NULL, REPRESENTATION_NONE, 0);
}
