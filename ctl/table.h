/* SPDX-License-Identifier: MIT
 *
 * A table of text for a terminal: columns as wide as they have to be.
 */
#ifndef THIMBLE_CTL_TABLE_H
#define THIMBLE_CTL_TABLE_H

#include <stddef.h>

struct arena;

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
	struct arena *arena;
	const char *const *head;	/* a column each; '<' in front: set to the left, else to the right */
	size_t columns;
	const char **cell;		/* rows * columns */
	size_t cells, room;
};

/* Borrows the head, `columns` texts. */
struct table table_new(struct arena *arena, const char *const *head, size_t columns);
/* Adds the next cell, row by row. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints it to standard output. */
void table_put(const struct table *table);

#endif
