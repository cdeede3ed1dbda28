/* SPDX-License-Identifier: MIT
 *
 * See table.h.
 */
#include "config.h"

#include "ctl/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { CELL_MAX = 256 };

struct table
table_new(struct arena *arena, const char *const *head, size_t columns)
{
	return (struct table){ .arena = arena, .head = head, .columns = columns };
}

void
table_add(struct table *table, const char *format, ...)
{
	char text[CELL_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	table->cell = arena_more(table->arena, table->cell, table->cells, &table->room, 128, sizeof(*table->cell));
	table->cell[table->cells++] = arena_strdup(table->arena, text);
}

static int
width_of(const struct table *table, size_t column)
{
	size_t width = strlen(table->head[column]) - (table->head[column][0] == '<');

	for (size_t i = column; i < table->cells; i += table->columns)
		if (strlen(table->cell[i]) > width)
			width = strlen(table->cell[i]);
	return (int)width;
}

static void
put_row(const struct table *table, const int *width, const char *const *cell)
{
	for (size_t i = 0; i < table->columns; i++) {
		bool left = table->head[i][0] == '<';
		const char *text = cell == table->head && left ? cell[i] + 1 : cell[i];

		(void)printf("%s%*s", i == 0 ? "" : "  ", left ? -width[i] : width[i], text);
	}
	(void)putchar('\n');
}

void
table_put(const struct table *table)
{
	int width[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->columns && i < TABLE_COLUMNS_MAX; i++)
		width[i] = width_of(table, i);
	put_row(table, width, table->head);
	for (size_t i = 0; i + table->columns <= table->cells; i += table->columns)
		put_row(table, width, table->cell + i);
}
