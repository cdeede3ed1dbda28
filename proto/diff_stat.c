/* SPDX-License-Identifier: MIT
 *
 * See diff_stat.h.  A line is a name, a bar and a graph:
 *
 *	 src/lex.c | 12 ++++++++----
 *
 * They share the columns: the graph gets at most three eighths, the names what is left, and
 * what one does not need the other has.  Any process, any thread.
 */
#include "config.h"

#include "proto/diff_stat.h"

#include "base/arena.h"
#include "base/buf.h"
#include "proto/text.h"

enum {
	COLUMNS = 72,
	CHROME = 6,		/* " ", " | ", and the space before the graph, with one to spare */
	GRAPH_MIN = 6,
	BINARY_WIDTH = 3	/* "Bin" */
};

struct widths {
	size_t name, number, graph;
	uint64_t most;		/* changed lines of a file */
};

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes that both have in front, up to a slash, which is the last of them. */
static size_t
common_directory(struct slice a, struct slice b)
{
	size_t n = 0;

	for (size_t i = 0; i < smaller(a.n, b.n) && a.p[i] == b.p[i]; i++)
		if (a.p[i] == '/')
			n = i + 1;
	return n;
}

/* Bytes that both have at the end, from a slash on, which may be that of the front. */
static size_t
common_tail(struct slice a, struct slice b, size_t front)
{
	size_t n = 0, shared = front > 0 ? front - 1 : 0, most = smaller(a.n, b.n) - shared;

	for (size_t i = 1; i <= most && a.p[a.n - i] == b.p[b.n - i]; i++)
		if (a.p[a.n - i] == '/')
			n = i;
	return n;
}

/* "dir/{old => new}/file" */
static struct slice
moved_name(struct arena *arena, struct slice a, struct slice b)
{
	size_t front = common_directory(a, b), tail = common_tail(a, b, front);
	struct slice middle_a, middle_b;

	/* the slash may be in both */
	middle_a = a.n >= front + tail ? slice_make(a.p + front, a.n - front - tail) : SLICE("");
	middle_b = b.n >= front + tail ? slice_make(b.p + front, b.n - front - tail) : SLICE("");
	if (front + tail == 0)
		return slice_str(arena_printf(arena, "%.*s => %.*s", SLICE_ARG(a), SLICE_ARG(b)));
	return slice_str(arena_printf(arena, "%.*s{%.*s => %.*s}%.*s", (int)front, a.p, SLICE_ARG(middle_a),
	    SLICE_ARG(middle_b), (int)tail, a.p + a.n - tail));
}

/* Control characters would make other lines. */
static struct slice
one_line(struct arena *arena, struct slice s)
{
	char *copy = arena_memdup(arena, s.p, s.n);

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
			copy[i] = '?';
	return slice_make(copy, s.n);
}

static struct slice *
names_of(struct arena *arena, const struct diff_stat_file *files, size_t count)
{
	struct slice *names = arena_alloc(arena, (count + 1) * sizeof(*names));

	for (size_t i = 0; i < count; i++)
		names[i] = one_line(arena, files[i].moved ? moved_name(arena, files[i].old_name, files[i].new_name) :
		    files[i].new_name);
	return names;
}

static size_t
digits_of(uint64_t n)
{
	size_t digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

static struct widths
widths_of(const struct diff_stat_file *files, const struct slice *names, size_t count)
{
	struct widths w = { 0 };
	size_t most;
	bool binary = false;

	for (size_t i = 0; i < count; i++) {
		/* wide characters count as one, as they do for all of the tracker */
		size_t columns = utf8_count(names[i]);

		w.name = columns > w.name ? columns : w.name;
		binary |= files[i].binary;
		if (!files[i].binary && files[i].inserted + files[i].deleted > w.most)
			w.most = files[i].inserted + files[i].deleted;
	}
	w.number = digits_of(w.most);
	if (binary && w.number < BINARY_WIDTH)
		w.number = BINARY_WIDTH;
	w.graph = w.most < COLUMNS ? (size_t)w.most : COLUMNS;
	if (w.name + w.number + CHROME + w.graph <= COLUMNS)
		return w;
	most = COLUMNS * 3 / 8 - w.number - CHROME;
	if (w.number + CHROME + GRAPH_MIN > COLUMNS * 3 / 8)
		most = GRAPH_MIN;
	w.graph = smaller(w.graph, most);
	if (w.name > COLUMNS - w.number - CHROME - w.graph)
		w.name = COLUMNS - w.number - CHROME - w.graph;
	else
		w.graph = COLUMNS - w.number - CHROME - w.name;
	return w;
}

/* The name in its columns; of one that is too long the end, from a slash on if there is one. */
static void
put_name(struct buf *out, struct slice name, size_t width)
{
	size_t columns = utf8_count(name);
	ptrdiff_t slash;

	if (columns > width) {
		buf_str(out, "...");
		width -= 3;
		for (size_t length; columns > width; columns--, name = slice_from(name, length))
			(void)utf8_decode(name, &length);
		slash = slice_index(name, '/');
		if (slash > 0)
			name = slice_from(name, (size_t)slash);
		columns = utf8_count(name);
	}
	buf_slice(out, name);
	for (; columns < width; columns++)
		buf_byte(out, ' ');
}

/* At least one sign for what is not nothing. */
static size_t
scale(uint64_t lines, const struct widths *w)
{
	if (lines == 0)
		return 0;
	return 1 + (size_t)((long double)lines * (long double)(w->graph - 1) / (long double)w->most);
}

static void
put_graph(struct buf *out, const struct diff_stat_file *file, const struct widths *w)
{
	size_t added = (size_t)file->inserted, deleted = (size_t)file->deleted;

	if (w->graph <= w->most) {
		size_t total = scale(file->inserted + file->deleted, w);

		if (total < 2 && added > 0 && deleted > 0)
			total = 2;
		if (added < deleted) {
			added = scale(added, w);
			deleted = total - added;
		} else {
			deleted = scale(deleted, w);
			added = total - deleted;
		}
	}
	if (added + deleted > 0)
		buf_byte(out, ' ');
	for (size_t i = 0; i < added; i++)
		buf_byte(out, '+');
	for (size_t i = 0; i < deleted; i++)
		buf_byte(out, '-');
}

static void
put_sum(struct buf *out, const struct diff_stat_file *files, size_t count)
{
	uint64_t inserted = 0, deleted = 0;

	for (size_t i = 0; i < count; i++) {
		inserted += files[i].binary ? 0 : files[i].inserted;
		deleted += files[i].binary ? 0 : files[i].deleted;
	}
	buf_printf(out, " %zu file%s changed", count, count == 1 ? "" : "s");
	if (count > 0 && (inserted > 0 || deleted == 0))
		buf_printf(out, ", %llu insertion%s(+)", (unsigned long long)inserted, inserted == 1 ? "" : "s");
	if (count > 0 && (deleted > 0 || inserted == 0))
		buf_printf(out, ", %llu deletion%s(-)", (unsigned long long)deleted, deleted == 1 ? "" : "s");
	buf_byte(out, '\n');
}

void
diff_stat_put(struct buf *out, struct arena *arena, const struct diff_stat_file *files, size_t count)
{
	const struct slice *names = names_of(arena, files, count);
	struct widths w = widths_of(files, names, count);

	for (size_t i = 0; i < count; i++) {
		const struct diff_stat_file *file = &files[i];

		buf_byte(out, ' ');
		put_name(out, names[i], w.name);
		if (file->binary) {
			buf_printf(out, " | %*s", (int)w.number, "Bin");
		} else {
			buf_printf(out, " | %*llu", (int)w.number, (unsigned long long)(file->inserted + file->deleted));
			put_graph(out, file, &w);
		}
		buf_byte(out, '\n');
	}
	put_sum(out, files, count);
}
