/* SPDX-License-Identifier: MIT
 *
 * The index of the API (patchwork-api.md, 3.1): where the lists are.
 */
#include "config.h"

#include "worker/resources/resources.h"

#define LIST_URL(list) { list, .put = put_api_url, .url = list "/" }

static const struct field fields[] = {
	LIST_URL("projects"),
	LIST_URL("users"),
	LIST_URL("people"),
	LIST_URL("patches"),
	LIST_URL("covers"),
	LIST_URL("series"),
	LIST_URL("events"),
	LIST_URL("bundles"),
	FIELDS_END
};

static const struct shape shape = { .table = "index", .fields = fields };

const struct resource index_resource = {
	.shape = &shape,
	.list = { "Index", "" },
};
