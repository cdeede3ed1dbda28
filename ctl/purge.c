/* SPDX-License-Identifier: MIT
 *
 * `thimblectl purge`: makes the running server forget answers.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

/* The body of the request, or NULL when an argument is not text. */
static char *
make_body(char **tags, int count)
{
	json_t *list = json_array(), *root = json_object();
	bool good = true;
	char *text = NULL;

	for (int i = 0; i < count; i++)
		good = json_array_append_new(list, json_stringn(tags[i], slice_str(tags[i]).n)) == 0 && good;
	if (count > 0)
		good = json_object_set_new(root, "tags", list) == 0 && good;
	else
		good = json_object_set_new(root, "all", json_true()) == 0 && good;
	if (count == 0)
		json_decref(list);
	if (good)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static void
report(const struct ctl *ctl, const struct exchange *x)
{
	json_int_t tags = json_integer_value(json_object_get(x->answer, "tags"));

	if (ctl->json)
		(void)printf("%.*s\n", SLICE_ARG(x->text));
	else if (!json_is_true(json_object_get(x->answer, "cache")))
		(void)puts("The cache is off ([cache] size = 0): there was nothing to forget.");
	else if (json_is_true(json_object_get(x->answer, "all")))
		(void)puts("All answers are forgotten.");
	else
		(void)printf("All answers that depend on %s %lld tag%s are forgotten.\n", tags == 1 ? "this" : "these",
		    (long long)tags, tags == 1 ? "" : "s");
}

static int
purge(struct ctl *ctl, char **tags, int count)
{
	struct exchange x = { .method = "POST", .path = "/purge" };
	char *body = make_body(tags, count);
	int status;

	if (body == NULL)
		return ctl_misused(ctl, "a tag is printable ASCII, such as patch:42");
	x.body = slice_str(body);
	status = client_ask(ctl, &x);
	free(body);
	if (status != CTL_OK)
		return status;
	report(ctl, &x);
	json_decref(x.answer);
	return CTL_OK;
}

int
purge_command(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	bool all = false;
	int c;

	/* Options may follow tags: a --all behind them shall not be taken for one. */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'a')
			return ctl_misused(ctl, "purge does not know %s", argv[optind - 1]);
		all = true;
	}
	if (all && optind < argc)
		return ctl_misused(ctl, "purge takes tags or --all, not both");
	if (!all && optind == argc)
		return ctl_misused(ctl, "purge what? Give tags, such as patch:42, or --all for everything");
	return purge(ctl, argv + optind, argc - optind);
}
