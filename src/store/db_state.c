/* SPDX-License-Identifier: BSD-2-Clause */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db_inside.h"

enum err
db_meta_put(struct db *db, const char *name, const char *value)
{
	sqlite3_stmt *st = db->st[value == NULL ? Q_META_DELETE : Q_META_PUT];

	db_bind_key(st, name, strlen(name));
	if (value != NULL)
		sqlite3_bind_text(st, 2, value, -1, SQLITE_STATIC);
	return db_step(db, st);
}

enum err
db_meta_each(struct db *db, const char *prefix, db_meta *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[Q_META_EACH];
	size_t len = strlen(prefix);
	enum err e = OK;
	int rc;

	db_bind_key(st, prefix, len);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const char *value = (const char *)sqlite3_column_text(st, 1);

		if (name != NULL && strncmp(name, prefix, len) != 0)
			break;
		if (name != NULL && value != NULL)
			fn(ctx, name, value);
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		e = db_from_sqlite(db, rc);
	sqlite3_reset(st);
	return e;
}

struct wanted {
	const char *name;
	char *value;
};

static void
keep_wanted(void *ctx, const char *name, const char *value)
{
	struct wanted *w = ctx;

	if (strcmp(name, w->name) == 0)
		w->value = mem_str(value);
}

enum err
db_meta_get(struct db *db, const char *name, char **value)
{
	struct wanted w = {.name = name};
	enum err e = db_meta_each(db, name, keep_wanted, &w);

	if (w.value == NULL)
		return e != OK ? e : ERR_MISSING;
	*value = w.value;
	return OK;
}

uint64_t
db_state_sum(const char *kind, const char *key, const char *value)
{
	struct field one = {.name = (char *)(uintptr_t)key,
	    .value = (char *)(uintptr_t)value,
	    .len = (uint32_t)strlen(value)};
	struct fields f = {.list = &one, .count = 1};

	return fields_sum(kind, strlen(kind), &f);
}

enum err
db_state_put(struct db *db, const char *kind, const char *key, const char *value)
{
	sqlite3_stmt *st = db->st[value == NULL ? Q_STATE_DELETE : Q_STATE_PUT];

	db_bind_key(st, kind, strlen(kind));
	sqlite3_bind_text(st, 2, key, -1, SQLITE_STATIC);
	if (value != NULL) {
		sqlite3_bind_text(st, 3, value, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 4, (int64_t)db_state_sum(kind, key, value));
		sqlite3_bind_int64(st, 5, wall_now_s());
	}
	return db_step(db, st);
}

enum err
db_state_each(struct db *db, const char *kind, db_state *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[Q_STATE_EACH];
	enum err e;
	int rc;

	sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text[3];

		for (int i = 0; i < 3; i++) {
			text[i] = (const char *)sqlite3_column_text(st, i);
			text[i] = text[i] == NULL ? "" : text[i];
		}
		if (db_state_sum(text[0], text[1], text[2]) ==
		    (uint64_t)sqlite3_column_int64(st, 3))
			fn(ctx, text[0], text[1], text[2]);
		else
			log_error("store state is damaged kind=%.40s key=%.200s", text[0],
			    text[1]);
	}
	e = rc == SQLITE_DONE ? OK : db_from_sqlite(db, rc);
	sqlite3_reset(st);
	return e;
}
