/* SPDX-License-Identifier: MIT
 *
 * See filters.h.
 */
#include "config.h"

#include "worker/reviewboard/filters.h"

void
filters_add_names(struct sql *q, const char *column, struct slice list)
{
	struct slice name;
	int count = 0;

	sql_addf(q, "%s IN (", column);
	while (count < FILTER_NAMES_MAX && slice_cut(&list, ',', &name)) {
		if (count++ > 0)
			sql_add(q, ", ");
		sql_string(q, slice_trim(name, " "));
	}
	sql_add(q, ")");
}
