/* SPDX-License-Identifier: MIT
 *
 * Tags: that what is collected is what the same text names, each once, and that
 * whatever the statements of the resources read leaves one.
 */
#include "config.h"

#include "worker/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/log.h"
#include "cache/clock.h"
#include "cache/region.h"
#include "cache/tag.h"
#include "worker/plan.h"
#include "worker/resources/resources.h"

enum { STAMPS = 1 << 24 };

static struct clock *
fresh(void)
{
	struct clock *clock = mmap(NULL, clock_size(STAMPS), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cr_assert_neq(clock, MAP_FAILED);
	cr_assert_eq(clock_init(clock, STAMPS), 0);
	return clock;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* The tags are those of the text, separated by spaces, in any order. */
static void
is_exactly(const struct tags *tags, const char *text)
{
	struct clock *clock = fresh();
	struct slice rest = slice_str(text), piece;
	uint32_t want[64] = { 0 }, *got;
	const uint32_t *stamps;
	size_t n = 0, count = tags_stamps(tags, clock, &stamps);

	while (slice_cut(&rest, ' ', &piece))
		want[n++] = clock_stamp(clock, tag_hash(piece));
	cr_assert_eq(count, n, "%zu tags, not %zu: %s", count, n, text);
	got = malloc((count + 1) * sizeof(*got));
	memcpy(got, stamps, count * sizeof(*got));
	qsort(want, n, sizeof(*want), by_number);
	qsort(got, count, sizeof(*got), by_number);
	cr_assert(memcmp(got, want, n * sizeof(*want)) == 0, "not the tags of: %s", text);
	free(got);
	munmap(clock, clock_size(STAMPS));
}

static const struct tag_table *
table_of(const char *name)
{
	const struct tag_table *table = tag_table_of(name);

	cr_assert_not_null(table, "%s", name);
	return table;
}

Test(tags, are_what_their_text_names)
{
	struct arena *arena = arena_new();
	struct tags *tags = tags_new(arena);

	tags_object(tags, table_of("patchwork_patch"), 42);
	tags_object(tags, table_of("patchwork_patchcomment"), INT64_MAX);
	tags_object(tags, table_of("patchwork_project"), -1);
	tags_object(tags, table_of("patchwork_person"), INT64_MIN);
	tags_object(tags, table_of("patchwork_state"), 0);
	tags_collection(tags, table_of("patchwork_patch"), 3);
	tags_collection(tags, table_of("patchwork_series"), 0);
	tags_column(tags, table_of("patchwork_patch"), 3, SLICE("state_id"));
	tags_column(tags, table_of("auth_user"), 0, SLICE("username"));
	tags_user(tags, 7);
	tags_add(tags, SLICE("anything"));
	is_exactly(tags, "patch:42 patches.* patch_comment:9223372036854775807 patch_comments.* project:-1 projects.* "
	    "person:-9223372036854775808 people.* state:0 states.* patches@3 series series.* patches@3.state_id "
	    "users.username users.* auth:7 auth.* anything");
	arena_free(&arena);
}

Test(tags, are_there_once)
{
	struct arena *arena = arena_new();
	struct tags *tags = tags_new(arena);

	for (int round = 0; round < 3; round++) {
		for (int id = 1; id <= 3; id++)
			tags_object(tags, table_of("patchwork_patch"), id);
		tags_collection(tags, table_of("patchwork_patch"), 3);
		tags_column(tags, table_of("patchwork_patch"), 3, SLICE("date"));
		tags_table(tags, table_of("patchwork_patch"));
		tags_user(tags, 7);
	}
	is_exactly(tags, "patch:1 patch:2 patch:3 patches.* patches@3 patches@3.date auth:7 auth.*");
	arena_free(&arena);
}

Test(tags, none_is_lost_as_they_become_many)
{
	struct arena *arena = arena_new();
	struct clock *clock = fresh();
	struct tags *tags = tags_new(arena);
	const uint32_t *stamps;
	bool *seen = calloc(STAMPS, sizeof(*seen));
	size_t count;

	for (int id = 1; id < REGION_TAGS_MAX; id++)
		tags_object(tags, table_of("patchwork_patch"), id);
	cr_assert_not(tags_overflowed(tags));
	count = tags_stamps(tags, clock, &stamps);
	cr_assert_eq(count, REGION_TAGS_MAX);
	for (size_t i = 0; i < count; i++)
		seen[stamps[i]] = true;
	cr_assert(seen[clock_stamp(clock, tag_hash(SLICE("patches.*")))]);
	for (int id = 1; id < REGION_TAGS_MAX; id++)
		cr_assert(seen[clock_stamp(clock, tag_hash_id("patch", ':', id))], "patch:%d", id);
	tags_object(tags, table_of("patchwork_patch"), 1);
	cr_assert_not(tags_overflowed(tags), "it was there");
	tags_object(tags, table_of("patchwork_patch"), REGION_TAGS_MAX);
	cr_assert(tags_overflowed(tags));
	free(seen);
	munmap(clock, clock_size(STAMPS));
	arena_free(&arena);
}

Test(tags, nothing_is_collected_without_a_cache)
{
	struct tag_scope scope = { .table = table_of("patchwork_patch") };
	const uint32_t *stamps;

	tags_object(NULL, table_of("patchwork_patch"), 1);
	tags_table(NULL, table_of("patchwork_patch"));
	tags_collection(NULL, table_of("patchwork_patch"), 1);
	tags_column(NULL, table_of("patchwork_patch"), 1, SLICE("date"));
	tags_scope(NULL, &scope);
	tags_reads(NULL, &scope, "t.date");
	tags_user(NULL, 1);
	tags_add(NULL, SLICE("anything"));
	tags_log(NULL, SLICE("/"));
	cr_assert_not(tags_overflowed(NULL));
	cr_assert_eq(tags_stamps(NULL, NULL, &stamps), 0);
}

Test(tags, columns_are_found_in_sql)
{
	struct arena *arena = arena_new();
	struct tags *tags = tags_new(arena);
	struct tag_scope scope = { .table = table_of("patchwork_patch"), .id = { 3, 5 }, .count = 2 };

	tags_reads(tags, &scope, NULL);
	tags_reads(tags, &scope, "");
	tags_reads(tags, &scope, "(t.state_id = 1 AND oc.patch_id = t.id)");
	tags_reads(tags, &scope, "patchwork_check.patch_id");
	scope.count = 0;
	tags_reads(tags, &scope, "t.date");
	is_exactly(tags, "patches@3.state_id patches@5.state_id patches.* checks checks.patch_id checks.* patches.date");
	arena_free(&arena);
}

Test(tags, a_scope_is_each_of_its_objects)
{
	struct arena *arena = arena_new();
	struct tags *tags = tags_new(arena);
	struct tag_scope scope = { .table = table_of("patchwork_check"), .id = { 42 }, .count = 1 };

	tags_scope(tags, &scope);
	scope.count = 0;
	scope.table = table_of("patchwork_event");
	tags_scope(tags, &scope);
	is_exactly(tags, "checks@42 checks.* events events.*");
	arena_free(&arena);
}

/*
 * What the resources' SQL reads.  An alias is found where its table stands
 * before it ("JOIN patchwork_project j"); `t` is the shape's own table.
 */
static struct slice
table_of_alias(const char *sql, struct slice alias)
{
	struct slice rest = slice_str(sql != NULL ? sql : ""), word, before = SLICE("");

	while (slice_cut(&rest, ' ', &word)) {
		word = slice_trim(word, "()");
		if (slice_eq(word, alias) && slice_index(before, '_') > 0)
			return before;
		before = word;
	}
	return SLICE_NONE;
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The next "alias.column" of *sql. */
static bool
next_column(const char **sql, struct slice *alias, struct slice *column)
{
	const char *p = *sql, *start;

	for (; *p != '\0'; p++) {
		if (!is_name(*p))
			continue;
		for (start = p; is_name(*p); p++)
			;
		*alias = slice_make(start, (size_t)(p - start));
		if (*p == '.' && is_name(p[1])) {
			for (start = ++p; is_name(*p); p++)
				;
			*column = slice_make(start, (size_t)(p - start));
			*sql = p;
			return true;
		}
		if (*p == '\0')
			break;
	}
	return false;
}

static bool
is_joined(const struct shape *shape, struct slice table)
{
	for (const struct joined *j = shape->joined; j != NULL && j->column != NULL; j++)
		if (slice_is(table, j->table))
			return true;
	return false;
}

/* Each table that a plan's columns come from, by way of these joins, leaves an object's tag. */
static void
plan_is_covered(const struct plan *plan, const char *joins, const char *through)
{
	for (int i = 0; i < plan->column_count; i++) {
		const char *rest = plan->expression[i];
		struct slice alias, column, table;

		while (next_column(&rest, &alias, &column)) {
			if (slice_is(alias, "t"))
				continue;
			table = table_of_alias(joins, alias);
			cr_expect(is_joined(plan->shape, table) || (through != NULL && slice_is(table, through)),
			    "%s: %s is read and leaves no tag", plan->shape->table, plan->expression[i]);
		}
	}
}

/* As are the tables that the joins go through. */
static void
joins_are_covered(const struct shape *shape, const char *joins, const char *through)
{
	struct slice rest = slice_str(joins != NULL ? joins : ""), word;

	while (slice_cut(&rest, ' ', &word))
		if (slice_has_prefix(word, SLICE("patchwork_")) || slice_has_prefix(word, SLICE("auth")))
			cr_expect(slice_is(word, shape->table) || is_joined(shape, word) ||
			    (through != NULL && slice_is(word, through)),
			    "%s: %.*s is joined and leaves no tag", shape->table, SLICE_ARG(word));
}

/* Each column of another table that an expression of a list reads is named by its `reads`. */
static void
sql_is_covered(const char *of, const char *expression, const char *more, const char *reads)
{
	const char *both[] = { expression, more };

	for (size_t i = 0; i < 2; i++) {
		const char *rest = both[i] != NULL ? both[i] : "";
		struct slice alias, column, table;

		while (next_column(&rest, &alias, &column)) {
			char wanted[128];

			if (slice_is(alias, "t") || slice_is(column, "id"))
				continue;
			table = table_of_alias(more, alias);
			if (table.p == NULL)
				table = table_of_alias(expression, alias);
			cr_assert_not_null(table.p, "%s: whose alias is %.*s?", of, SLICE_ARG(alias));
			(void)snprintf(wanted, sizeof(wanted), "%.*s.%.*s", SLICE_ARG(table), SLICE_ARG(column));
			cr_expect(reads != NULL && strstr(reads, wanted) != NULL, "%s reads %s and does not say so", of,
			    wanted);
		}
	}
}

static void
list_is_covered(const struct resource *r)
{
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++) {
		sql_is_covered(f->name, f->column, NULL, f->reads);
		cr_expect(f->reference == NULL || tag_table_of(f->reference->table) != NULL, "%s", f->name);
	}
	for (const struct order *o = r->orders; o != NULL && o->name != NULL; o++)
		sql_is_covered(o->name, o->expression, o->join, o->reads);
	sql_is_covered("visible", r->visible, NULL, NULL);
	sql_is_covered("hidden_below", r->hidden_below, NULL, NULL);
	for (size_t i = 0; r->search != NULL && r->search[i] != NULL; i++)
		sql_is_covered("search", r->search[i], NULL, NULL);
	if (r->parent_column != NULL)
		cr_expect(slice_is(slice_from(slice_str(r->parent_column), 2), tag_table_of(r->shape->table)->scope),
		    "%s is nested by another column than its scope", r->shape->table);
}

Test(tags, all_that_the_resources_read_leaves_one)
{
	static const struct resource *const all[] = { &bundles, &checks, &cover_comments, &covers, &events,
		&patch_comments, &patches, &people, &projects, &series, &users };
	struct catalog *catalog = catalog_new(DIALECT_SQLITE);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		(void)catalog_plan(catalog, all[i]->shape, false);
		(void)catalog_plan(catalog, all[i]->shape, true);
		list_is_covered(all[i]);
	}
	for (int i = 0; i < catalog->plan_count; i++) {
		const struct plan *plan = catalog->plans[i];

		cr_assert_not_null(plan->tags, "%s", plan->shape->table);
		cr_expect(plan->shape->key == NULL, "%s: tags go by id", plan->shape->table);
		/* what stands below a parent is reached by its list only */
		if (plan->shape->part)
			continue;
		plan_is_covered(plan, plan->from, NULL);
		joins_are_covered(plan->shape, plan->shape->joins, NULL);
	}
	for (int i = 0; i < catalog->many_count; i++) {
		const struct many *many = catalog->manys[i];

		char joins[512];

		(void)snprintf(joins, sizeof(joins), "%s %s", many->from, many->shape->joins != NULL ? many->shape->joins : "");
		plan_is_covered(catalog_plan(catalog, many->shape, false), joins, many->through);
		joins_are_covered(many->shape, joins, many->through);
	}
	catalog_free(&catalog);
}
