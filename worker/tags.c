/* SPDX-License-Identifier: MIT
 *
 * See tags.h.
 */
#include "config.h"

#include "worker/tags.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "cache/clock.h"
#include "cache/region.h"
#include "cache/tag.h"

/* The tables that answers read.  doc/tags.md says what their changes raise. */
static const struct tag_table tables[] = {
	{ "patchwork_patch", "patch", "patches", "project_id" },
	{ "patchwork_cover", "cover", "covers", "project_id" },
	{ "patchwork_series", "series", "series", "project_id" },
	{ "patchwork_bundle", "bundle", "bundles", "project_id" },
	{ "patchwork_event", "event", "events", "project_id" },
	{ "patchwork_check", "check", "checks", "patch_id" },
	{ "patchwork_patchcomment", "patch_comment", "patch_comments", "patch_id" },
	{ "patchwork_covercomment", "cover_comment", "cover_comments", "cover_id" },
	{ "patchwork_project", "project", "projects", NULL },
	{ "patchwork_person", "person", "people", NULL },
	{ "patchwork_state", "state", "states", NULL },
	{ "patchwork_patchrelation", "relation", "relations", NULL },
	{ "auth_user", "user", "users", NULL },
	{ "patchwork_userprofile", "user", "profiles", NULL },
	{ "patchwork_userprofile_maintainer_projects", "project", "maintainers", NULL },
	{ "patchwork_bundlepatch", "bundle", "bundle_patches", NULL },
	{ "authtoken_token", "auth", "tokens", NULL },
	{ "auth_group", "group", "groups", NULL },
	{ "thimble_rb_repository", "rb_repository", "rb_repositories", NULL },
	{ "thimble_rb_access", "auth", "rb_accesses", NULL },
	{ "thimble_rb_right", "auth", "rb_rights", NULL },
	{ "thimble_rb_token", "auth", "rb_tokens", NULL },
	{ "thimble_rb_logout", "auth", "rb_logouts", NULL },
	{ "thimble_rb_request", "rb_request", "rb_requests", NULL },
	{ "thimble_rb_draft", "rb_request", "rb_drafts", NULL },
	{ "thimble_rb_target", "rb_request", "rb_targets", NULL },
	{ "thimble_rb_diffset", "rb_diffset", "rb_diffsets", "request_id" },
	{ "thimble_rb_commit", "rb_diffset", "rb_commits", NULL },
	{ "thimble_rb_file", "rb_diffset", "rb_files", NULL },
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]), FIRST_SLOTS = 128, LOG_PART = 3000 };

struct tags {
	struct arena *arena;
	uint64_t *slots;		/* hashes, by open addressing, at most half full; 0: free */
	size_t capacity;		/* of slots, a power of two */
	size_t count;
	bool overflowed;
	bool verbose;
	uint32_t read;			/* bit n: tables[n] has left its coarse tag */
	bool has_last[TABLES];
	int64_t last[TABLES];		/* the object of before: rows often name the same again */
	struct buf text;		/* of all tags, if verbose */
};

const struct tag_table *
tag_table_of(const char *table)
{
	for (size_t i = 0; i < TABLES; i++)
		if (strcmp(tables[i].table, table) == 0)
			return &tables[i];
	return NULL;
}

static void
free_text(void *object)
{
	buf_fini(object);
}

struct tags *
tags_new(struct arena *arena)
{
	struct tags *tags = arena_zalloc(arena, sizeof(*tags));

	_Static_assert(TABLES <= 32, "a bit for each table");
	tags->arena = arena;
	tags->capacity = FIRST_SLOTS;
	tags->slots = arena_zalloc(arena, FIRST_SLOTS * sizeof(*tags->slots));
	tags->verbose = log_enabled(LOG_LEVEL_DEBUG);
	if (tags->verbose)
		arena_cleanup(arena, free_text, &tags->text);
	return tags;
}

void
tags_clear(struct tags *tags)
{
	memset(tags->slots, 0, tags->capacity * sizeof(*tags->slots));
	memset(tags->has_last, 0, sizeof(tags->has_last));
	tags->count = 0;
	tags->read = 0;
	tags->overflowed = false;
	buf_reset(&tags->text);
}

/* The hash's place, or the free one where it would stand. */
static uint64_t *
slot_of(const struct tags *tags, uint64_t hash)
{
	/* the low bits of FNV's last multiplication depend on few of the text's */
	size_t i = (size_t)(hash ^ hash >> 32) & (tags->capacity - 1);

	while (tags->slots[i] != 0 && tags->slots[i] != hash)
		i = (i + 1) & (tags->capacity - 1);
	return &tags->slots[i];
}

static void
grow(struct tags *tags)
{
	uint64_t *old = tags->slots;
	size_t old_capacity = tags->capacity;

	tags->capacity *= 2;
	tags->slots = arena_zalloc(tags->arena, tags->capacity * sizeof(*tags->slots));
	for (size_t i = 0; i < old_capacity; i++)
		if (old[i] != 0)
			*slot_of(tags, old[i]) = old[i];
}

/* True if it is new and its text is to be kept. */
static bool
add(struct tags *tags, uint64_t hash)
{
	uint64_t *slot;

	slot = slot_of(tags, hash);
	if (*slot == hash && hash != 0)
		return false;
	/* 0 says that a slot is free: what has such a tag is not kept */
	if (tags->count == REGION_TAGS_MAX || hash == 0) {
		tags->overflowed = true;
		return false;
	}
	*slot = hash;
	if (++tags->count * 2 > tags->capacity)
		grow(tags);
	return tags->verbose;
}

static size_t
number_of(const struct tag_table *table)
{
	return (size_t)(table - tables);
}

void
tags_table(struct tags *tags, const struct tag_table *table)
{
	uint32_t bit;

	if (tags == NULL)
		return;
	bit = (uint32_t)1 << number_of(table);
	if (tags->read & bit)
		return;
	tags->read |= bit;
	if (add(tags, tag_hash_column(tag_hash(slice_str(table->collection)), SLICE("*"))))
		buf_printf(&tags->text, "%s.* ", table->collection);
}

void
tags_object(struct tags *tags, const struct tag_table *table, int64_t id)
{
	size_t n;

	if (tags == NULL)
		return;
	tags_table(tags, table);
	n = number_of(table);
	if (tags->has_last[n] && tags->last[n] == id)
		return;
	tags->has_last[n] = true;
	tags->last[n] = id;
	if (add(tags, tag_hash_id(table->object, ':', id)))
		buf_printf(&tags->text, "%s:%lld ", table->object, (long long)id);
}

static uint64_t
collection_hash(const struct tag_table *table, int64_t scope)
{
	return scope == 0 ? tag_hash(slice_str(table->collection)) : tag_hash_id(table->collection, '@', scope);
}

static void
note_collection(struct tags *tags, const struct tag_table *table, int64_t scope)
{
	buf_str(&tags->text, table->collection);
	if (scope != 0)
		buf_printf(&tags->text, "@%lld", (long long)scope);
}

void
tags_collection(struct tags *tags, const struct tag_table *table, int64_t scope)
{
	if (tags == NULL)
		return;
	tags_table(tags, table);
	if (add(tags, collection_hash(table, scope))) {
		note_collection(tags, table, scope);
		buf_byte(&tags->text, ' ');
	}
}

void
tags_column(struct tags *tags, const struct tag_table *table, int64_t scope, struct slice column)
{
	if (tags == NULL)
		return;
	tags_table(tags, table);
	if (add(tags, tag_hash_column(collection_hash(table, scope), column))) {
		note_collection(tags, table, scope);
		buf_printf(&tags->text, ".%.*s ", SLICE_ARG(column));
	}
}

void
tags_scope(struct tags *tags, const struct tag_scope *scope)
{
	if (scope->count == 0)
		tags_collection(tags, scope->table, 0);
	for (size_t i = 0; i < scope->count; i++)
		tags_collection(tags, scope->table, scope->id[i]);
}

/* A column of the table `t`, or of another by its name. */
static void
read_column(struct tags *tags, const struct tag_scope *scope, struct slice table, struct slice column)
{
	/* an id does not change: a row with another is another row */
	if (slice_is(column, "id"))
		return;
	if (slice_is(table, "t")) {
		if (scope->count == 0)
			tags_column(tags, scope->table, 0, column);
		for (size_t i = 0; i < scope->count; i++)
			tags_column(tags, scope->table, scope->id[i], column);
		return;
	}
	for (size_t i = 0; i < TABLES; i++) {
		if (slice_is(table, tables[i].table)) {
			tags_collection(tags, &tables[i], 0);
			tags_column(tags, &tables[i], 0, column);
		}
	}
}

/* Takes a name off the front of *sql; empty if there is none. */
static struct slice
take_name(const char **sql)
{
	const char *start = *sql;

	while ((**sql >= 'a' && **sql <= 'z') || (**sql >= 'A' && **sql <= 'Z') || **sql == '_' ||
	    (**sql >= '0' && **sql <= '9'))
		(*sql)++;
	return slice_make(start, (size_t)(*sql - start));
}

void
tags_reads(struct tags *tags, const struct tag_scope *scope, const char *sql)
{
	if (tags == NULL || sql == NULL)
		return;
	while (*sql != '\0') {
		struct slice table = take_name(&sql);

		if (table.n > 0 && *sql == '.') {
			sql++;
			read_column(tags, scope, table, take_name(&sql));
		} else if (table.n == 0) {
			sql++;
		}
	}
}

void
tags_user(struct tags *tags, int64_t user)
{
	if (tags == NULL)
		return;
	tags_add(tags, SLICE("auth.*"));
	if (add(tags, tag_hash_id("auth", ':', user)))
		buf_printf(&tags->text, "auth:%lld ", (long long)user);
}

void
tags_add(struct tags *tags, struct slice text)
{
	if (tags != NULL && add(tags, tag_hash(text)))
		buf_printf(&tags->text, "%.*s ", SLICE_ARG(text));
}

bool
tags_overflowed(const struct tags *tags)
{
	return tags != NULL && tags->overflowed;
}

size_t
tags_stamps(const struct tags *tags, const struct clock *clock, const uint32_t **stamps_r)
{
	uint32_t *stamps;
	size_t count = 0;

	*stamps_r = NULL;
	if (tags == NULL)
		return 0;
	stamps = arena_alloc(tags->arena, (tags->count + 1) * sizeof(*stamps));
	for (size_t i = 0; i < tags->capacity; i++)
		if (tags->slots[i] != 0)
			stamps[count++] = clock_stamp(clock, tags->slots[i]);
	*stamps_r = stamps;
	return count;
}

size_t
tags_hashes(const struct tags *tags, const uint64_t **hashes_r)
{
	uint64_t *hashes;
	size_t count = 0;

	*hashes_r = NULL;
	if (tags == NULL)
		return 0;
	hashes = arena_alloc(tags->arena, (tags->count + 1) * sizeof(*hashes));
	for (size_t i = 0; i < tags->capacity; i++)
		if (tags->slots[i] != 0)
			hashes[count++] = tags->slots[i];
	*hashes_r = hashes;
	return count;
}

void
tags_log(const struct tags *tags, struct slice path)
{
	struct slice rest;

	if (tags == NULL || !tags->verbose)
		return;
	/* a line of the log has an end: many tags take several */
	for (rest = buf_as_slice(&tags->text); rest.n > LOG_PART; ) {
		size_t n = LOG_PART;

		while (rest.p[n - 1] != ' ')
			n--;
		log_debug("tags of %.*s: %.*s", SLICE_ARG(path), (int)n, rest.p);
		rest = slice_from(rest, n);
	}
	log_debug("tags of %.*s: %.*s(%zu)", SLICE_ARG(path), SLICE_ARG(rest), tags->count);
}
