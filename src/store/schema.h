/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The database's tables, the way from each older version to the next, and what is asked
 * of the newest: SQL text.
 *
 * Shape: schema_steps[v] leads from version v to v + 1; 0 is an empty file. A step may
 * call fields_text(BLOB), which db.c provides. Owner: static. Threads: any.
 * Errors: none. Source: sextant-state(5) says what each column means.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

/* What stands above the last in a file's header is damage, and no version of ours. */
enum { SCHEMA_VERSION = 3, SCHEMA_VERSION_MAX = 1000 };

enum query {
	Q_PUT,
	Q_COPY,
	Q_DELETE,
	Q_GET,
	Q_SUM,
	Q_UP,
	Q_DOWN,
	Q_META_PUT,
	Q_META_DELETE,
	Q_META_EACH,
	Q_STATE_PUT,
	Q_STATE_DELETE,
	Q_STATE_EACH,
	Q_ZONE_PUT,
	Q_ZONE_EACH,
	Q_ASIDE,
	Q_COUNT
};

/* One row: the version in the header, and the one that the tables tell. */
extern const char schema_version[];
extern const char *const schema_steps[SCHEMA_VERSION];
extern const char *const schema_queries[Q_COUNT];

#endif
