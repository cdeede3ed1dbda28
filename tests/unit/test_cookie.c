/* SPDX-License-Identifier: MIT
 *
 * Tests of proto/cookie.
 */
#include "config.h"

#include "proto/cookie.h"

#include <criterion/criterion.h>

static bool
finds(const char *header, const char *value)
{
	struct slice found = cookie_find(slice_str(header), "id");

	return value == NULL ? found.p == NULL : found.p != NULL && slice_is(found, value);
}

Test(cookie, among_others)
{
	cr_assert(finds("id=1", "1") && finds("a=b; id=1; c=d", "1") && finds("a=b;id=1", "1") && finds("  id = 1  ", "1"));
	cr_assert(finds("id=", ""));
	cr_assert(finds("id=a=b", "a=b"));
}

Test(cookie, quoted)
{
	cr_assert(finds("id=\"1\"", "1") && finds("id=\"\"", "") && finds("id=\"", "\"") && finds("id=\"1", "\"1"));
}

Test(cookie, none)
{
	cr_assert(finds(NULL, NULL) && finds("", NULL) && finds("id", NULL) && finds("ID=1", NULL) && finds("xid=1", NULL));
	cr_assert(finds("a=id=1", NULL) && finds(";;;", NULL));
}

Test(cookie, the_first_of_a_name)
{
	cr_assert(finds("id=1; id=2", "1"));
}

Test(cookie, headers_that_were_joined)
{
	cr_assert(finds("a=b, id=1", "1") && finds("id=1, a=b", "1") && finds("a=b; c=d, id=1; e=f", "1"));
}
