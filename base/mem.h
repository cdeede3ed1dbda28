/* SPDX-License-Identifier: MIT
 *
 * Memory that cannot fail: a worker that is out of memory ends with a message
 * and the master starts another.  The master itself calls these only while it
 * starts or builds a new configuration.  Any process, any thread.
 */
#ifndef THIMBLE_BASE_MEM_H
#define THIMBLE_BASE_MEM_H

#include <stddef.h>

/* Each returns memory for free(3), never NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
