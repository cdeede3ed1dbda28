/* SPDX-License-Identifier: MIT
 *
 * The tests that both databases must pass (store_cases.c), and what each
 * program has to bring for them.
 */
#ifndef THIMBLE_TESTS_STORE_CASES_H
#define THIMBLE_TESTS_STORE_CASES_H

#include <stdbool.h>

#include "store/store.h"

enum { CASE_SLOTS = 3, CASE_TIMEOUT_MS = 1000 };

/* Brought by the program. */

/* Makes an empty database of this test's own and returns its URL (malloc); skips the test when it cannot. */
char *fixture_make_empty(void);
/* Removes it, after the store was closed. */
void fixture_remove(const char *url);
/* The URL of no database at all, in `url`. */
void fixture_absent_url(char *url, size_t size);
/* Does the database fold more than ASCII? */
extern const bool fixture_folds_unicode;

/* store_cases.c's, set up for each test of the suites `store` and `driver`. */
struct store_case {
	char *url;
	struct arena *arena;
	struct store *store;
	_Atomic int32_t slots[CASE_SLOTS];
};
extern struct store_case fx;

/* For .init and .fini of a suite. */
void store_case_init(void);
void store_case_fini(void);

/* A store of the test's database with other options. */
struct store *open_store(unsigned timeout_ms, unsigned quota, _Atomic int32_t *slots, unsigned slot_count);
/* Runs SQL that must succeed, on a connection of its own. */
void must_run(const char *script);
struct snapshot *must_begin(struct store *store);
struct snapshot *must_begin_write(struct store *store);
void must_commit(struct snapshot **snapshot);
void must_flush(struct snapshot *snapshot);
/* One statement without parameters in a snapshot of its own: the first cell, copied; "" for NULL or no row. */
const char *ask(struct store *store, const char *text);
struct sql *sql_text(const char *text);
/* Writes one statement in a transaction of its own. */
enum store_status write_text(struct store *store, const char *text, const char **error);
/* INSERT of a person; the text is a literal of the test's. */
struct sql *insert_person(const char *email);
/* How many persons there are. */
int people(void);

#endif
