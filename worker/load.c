/* SPDX-License-Identifier: MIT
 *
 * See load.h.
 */
#include "config.h"

#include "worker/load.h"

#include "base/arena.h"
#include "worker/idmap.h"
#include "worker/objects.h"
#include "worker/tags.h"

/* Objects of one plan, by id. */
struct set {
	struct idmap map;	/* id -> row, of those that were kept or behind them; -1 while it is not there */
	int64_t *wanted;	/* ids asked for and not yet there */
	size_t wanted_count, wanted_capacity;
	struct rows kept;	/* found in the cache */
	struct rows *fetched;	/* given by the database; NULL: it was not asked */
};

/* Children of one list, by parent. */
struct children {
	const struct plan *plan;
	struct idmap map;	/* parent -> its first row */
	int *next;		/* row -> the next row of the same parent, -1: none */
	struct rows *rows;	/* column 0 is the parent */
};

struct load {
	struct arena *arena;
	const struct catalog *catalog;
	struct tags *tags;
	struct objects *objects;
	bool commits;		/* the snapshot ends with a commit */
	struct set sets[CATALOG_PLANS_MAX];
	struct children lists[CATALOG_MANYS_MAX];
};

struct load *
load_new(struct arena *arena, const struct catalog *catalog, struct tags *tags, struct objects *objects)
{
	struct load *load = arena_zalloc(arena, sizeof(*load));

	load->arena = arena;
	load->catalog = catalog;
	load->tags = tags;
	load->objects = objects;
	for (int i = 0; i < CATALOG_PLANS_MAX; i++)
		load->sets[i].map.arena = arena;
	for (int i = 0; i < CATALOG_MANYS_MAX; i++)
		load->lists[i].map.arena = arena;
	return load;
}

void
load_commits(struct load *load)
{
	load->commits = true;
}

static void
want(struct load *load, const struct plan *plan, int64_t id)
{
	struct set *set = &load->sets[plan->index];
	size_t before = set->map.count;

	(void)idmap_at(&set->map, id);
	if (set->map.count == before)
		return;
	tags_object(load->tags, plan->tags, id);	/* whether it is there or not */
	if (set->wanted_count == set->wanted_capacity) {
		size_t capacity = set->wanted_capacity ? set->wanted_capacity * 2 : 32;
		int64_t *grown = arena_alloc(load->arena, capacity * sizeof(*grown));

		if (set->wanted_count > 0)
			memcpy(grown, set->wanted, set->wanted_count * sizeof(*grown));
		set->wanted = grown;
		set->wanted_capacity = capacity;
	}
	set->wanted[set->wanted_count++] = id;
}

/* Asks for the objects that the rows name in the field's first column. */
static void
want_objects(struct load *load, const struct field_plan *f, const struct rows *rows)
{
	for (int row = 0; row < rows->count; row++)
		if (!rows_null(rows, row, f->column[0].own))
			want(load, f->of, rows_int(rows, row, f->column[0].own));
}

/* Queues the statement for the children of all parents among the rows. */
static void
query_children(struct load *load, const struct field_plan *f, const struct rows *rows, struct snapshot *snapshot)
{
	const struct many *many = f->field->many;
	struct children *list = &load->lists[f->many];
	int64_t *parents = arena_alloc(load->arena, ((size_t)rows->count + 1) * sizeof(*parents));
	size_t count = 0;
	struct sql *q;

	list->plan = f->many_plan;
	for (int row = 0; row < rows->count; row++)
		if (!rows_null(rows, row, f->column[0].own))
			parents[count++] = rows_int(rows, row, f->column[0].own);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		tags_object(load->tags, load->catalog->many_owner[f->many], parents[i]);
	if (load->catalog->many_through[f->many] != NULL)
		tags_table(load->tags, load->catalog->many_through[f->many]);
	q = sql_new(load->arena, load->catalog->dialect);
	sql_add(q, load->catalog->many_by_parent[f->many]);
	sql_ids(q, parents, count);
	sql_add(q, " ORDER BY ");
	sql_add(q, many->order);
	list->rows = store_query(snapshot, q);
}

/* Goes through the fields that the version shows, sub-fields too. */
static void
follow_fields(struct load *load, const struct field_plan *fields, int count, enum version version,
    const struct rows *rows, struct snapshot *snapshot)
{
	for (int i = 0; i < count; i++) {
		const struct field_plan *f = &fields[i];

		if (f->field->since > version)
			continue;
		if (f->of != NULL)
			want_objects(load, f, rows);
		/* several fields may show the same list */
		if (f->many >= 0 && load->lists[f->many].rows == NULL)
			query_children(load, f, rows, snapshot);
		follow_fields(load, f->sub, f->sub_count, version, rows, snapshot);
	}
}

/* Takes over what was found of the set's wanted objects; the others are wanted still. */
static void
take_kept(struct load *load, struct set *set, const struct object *object)
{
	size_t asked = set->wanted_count;

	set->wanted_count = 0;
	for (size_t i = 0; i < asked; i++) {
		size_t columns = (size_t)object[i].plan->column_count;

		if (object[i].cells == NULL) {
			set->wanted[set->wanted_count++] = object[i].id;
			continue;
		}
		if (set->kept.count == 0)
			set->kept = (struct rows){ 0, (int)columns,
				arena_alloc(load->arena, (asked - i) * columns * sizeof(*set->kept.cells)) };
		memcpy(&set->kept.cells[(size_t)set->kept.count * columns], object[i].cells,
		    columns * sizeof(*set->kept.cells));
		*idmap_at(&set->map, object[i].id) = set->kept.count++;
	}
}

/* Looks for all wanted objects in the cache, at once. */
static void
find_objects(struct load *load)
{
	struct object *object;
	size_t count = 0, n = 0;

	if (load->objects == NULL)
		return;
	for (int i = 0; i < load->catalog->plan_count; i++)
		count += load->sets[i].wanted_count;
	object = arena_alloc(load->arena, (count + 1) * sizeof(*object));
	for (int i = 0; i < load->catalog->plan_count; i++)
		for (size_t k = 0; k < load->sets[i].wanted_count; k++)
			object[n++] = (struct object){ load->catalog->plans[i], load->sets[i].wanted[k], NULL };
	objects_find(load->objects, object, count);
	n = 0;
	for (int i = 0; i < load->catalog->plan_count; i++) {
		size_t asked = load->sets[i].wanted_count;

		take_kept(load, &load->sets[i], object + n);
		n += asked;
	}
}

static void
query_objects(struct load *load, struct snapshot *snapshot)
{
	for (int i = 0; i < load->catalog->plan_count; i++) {
		const struct plan *plan = load->catalog->plans[i];
		struct set *set = &load->sets[i];
		struct sql *q;

		if (set->wanted_count == 0)
			continue;
		q = sql_new(load->arena, load->catalog->dialect);
		sql_add(q, plan->by_key);
		sql_ids(q, set->wanted, set->wanted_count);
		set->fetched = store_query(snapshot, q);
	}
}

static void
index_objects(struct load *load)
{
	for (int i = 0; i < load->catalog->plan_count; i++) {
		const struct plan *plan = load->catalog->plans[i];
		struct set *set = &load->sets[i];

		if (set->kept.count > 0)
			plan_collect(plan, load->tags, &set->kept, 0);
		if (set->fetched == NULL)
			continue;
		plan_collect(plan, load->tags, set->fetched, 0);
		for (int row = 0; row < set->fetched->count; row++)
			*idmap_at(&set->map, rows_int(set->fetched, row, plan->key)) = set->kept.count + row;
		objects_keep(load->objects, plan, set->fetched);
	}
	objects_share(load->objects);
}

static void
index_children(struct load *load, struct children *list)
{
	plan_collect(list->plan, load->tags, list->rows, 1);
	list->next = arena_alloc(load->arena, ((size_t)list->rows->count + 1) * sizeof(*list->next));
	for (int row = list->rows->count - 1; row >= 0; row--) {
		int *first = idmap_at(&list->map, rows_int(list->rows, row, 0));

		list->next[row] = *first;
		*first = row;
	}
}

enum store_status
load_rows(struct load *load, struct snapshot *snapshot, const struct plan *plan, const struct rows *rows,
    enum version version, const char **error_r)
{
	enum store_status status;

	plan_collect(plan, load->tags, rows, 0);
	follow_fields(load, plan->fields, plan->field_count, version, rows, snapshot);
	find_objects(load);
	query_objects(load, snapshot);
	status = load->commits ? store_commit(&snapshot, error_r) : store_flush_last(snapshot, error_r);
	if (status != STORE_OK)
		return status;
	index_objects(load);
	for (int i = 0; i < load->catalog->many_count; i++)
		if (load->lists[i].rows != NULL)
			index_children(load, &load->lists[i]);
	return STORE_OK;
}

bool
load_find(const struct load *load, const struct plan *plan, int64_t id, struct row *row_r)
{
	const struct set *set = &load->sets[plan->index];
	int row = idmap_get(&set->map, id);
	bool kept = row < set->kept.count;

	*row_r = (struct row){ plan, kept ? &set->kept : set->fetched, kept ? row : row - set->kept.count, 0 };
	return row >= 0;
}

bool
load_first(const struct load *load, const struct field_plan *f, int64_t parent, struct row *row_r)
{
	const struct children *list = &load->lists[f->many];
	int row = list->rows != NULL ? idmap_get(&list->map, parent) : -1;

	*row_r = (struct row){ f->many_plan, list->rows, row, 1 };
	return row >= 0;
}

bool
load_next(const struct load *load, const struct field_plan *f, struct row *row)
{
	row->index = load->lists[f->many].next[row->index];
	return row->index >= 0;
}
