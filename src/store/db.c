/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* Another process that looks into the file may hold its lock for a moment. */
enum { SCHEMA_VERSION = 1, BUSY_MS = 2000 };

enum query { Q_PUT, Q_DELETE, Q_GET, Q_EACH, Q_META_PUT, Q_META_GET, Q_COUNT };

static const char *const queries[Q_COUNT] = {
    [Q_PUT] = "INSERT INTO record(key, fields, sum, changed) VALUES(?1, ?2, ?3, ?4) "
              "ON CONFLICT(key) DO UPDATE SET fields = ?2, sum = ?3, changed = ?4",
    [Q_DELETE] = "DELETE FROM record WHERE key = ?1",
    [Q_GET] = "SELECT key, fields, sum FROM record WHERE key = ?1",
    [Q_EACH] = "SELECT key, fields, sum FROM record WHERE key > ?1 ORDER BY key LIMIT ?2",
    [Q_META_PUT] = "INSERT INTO meta(name, value) VALUES(?1, ?2) "
                   "ON CONFLICT(name) DO UPDATE SET value = ?2",
    [Q_META_GET] = "SELECT value FROM meta WHERE name = ?1",
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS record(key TEXT PRIMARY KEY, fields BLOB NOT NULL,"
    " sum INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS damaged(key TEXT, fields BLOB, sum INTEGER,"
    " changed INTEGER);"
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT";

struct db {
	sqlite3 *sql;
	sqlite3_stmt *st[Q_COUNT];
	char reason[200];
};

static enum err
from_sqlite(struct db *db, int rc)
{
	snprintf(db->reason, sizeof(db->reason), "%s",
	    db->sql != NULL ? sqlite3_errmsg(db->sql) : sqlite3_errstr(rc));
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? ERR_CORRUPT : ERR_IO;
}

MUST_CHECK static enum err
run(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : from_sqlite(db, rc);
}

static void
on_version(void *ctx, sqlite3_stmt *st)
{
	*(int *)ctx = sqlite3_column_int(st, 0);
}

/* Runs a query that gives one row. */
MUST_CHECK static enum err
ask(struct db *db, const char *sql, void (*fn)(void *ctx, sqlite3_stmt *st), void *ctx)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return from_sqlite(db, rc);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		fn(ctx, st);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? OK : from_sqlite(db, rc);
}

MUST_CHECK static enum err
prepare(struct db *db, bool sync_full)
{
	int version = 0;
	enum err e;

	sqlite3_busy_timeout(db->sql, BUSY_MS);
	/* the first statement that reads the file: tells whether it is a database */
	e = ask(db, "PRAGMA user_version", on_version, &version);
	if (e == OK && version > SCHEMA_VERSION) {
		snprintf(db->reason, sizeof(db->reason),
		    "schema version %d is newer than this program", version);
		return ERR_UNSUPPORTED;
	}
	if (e == OK)
		e = run(db, "PRAGMA journal_mode = WAL");
	if (e == OK)
		e = run(db, sync_full ? "PRAGMA synchronous = FULL"
		                      : "PRAGMA synchronous = NORMAL");
	/* also shows a folder or disk that can not be written */
	if (e == OK)
		e = run(db, schema);
	for (int q = 0; e == OK && q < Q_COUNT; q++) {
		int rc = sqlite3_prepare_v3(
		    db->sql, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &db->st[q], NULL);

		if (rc != SQLITE_OK)
			e = from_sqlite(db, rc);
	}
	return e;
}

enum err
db_open(const char *path, bool sync_full, struct db **out, struct buf *why)
{
	struct db *db = mem_new(sizeof(*db));
	enum err e;
	int rc;

	rc = sqlite3_open_v2(path, &db->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	e = rc == SQLITE_OK ? prepare(db, sync_full) : from_sqlite(db, rc);
	if (e != OK) {
		buf_printf(why, "%s: %s", path, db->reason);
		db_close(db);
		return e;
	}
	*out = db;
	return OK;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (int q = 0; q < Q_COUNT; q++)
		sqlite3_finalize(db->st[q]);
	sqlite3_close(db->sql);
	mem_free(db);
}

const char *
db_reason(const struct db *db)
{
	return db->reason;
}

/* Steps a statement that gives no row, and makes it ready for the next time. */
MUST_CHECK static enum err
step(struct db *db, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	enum err e = rc == SQLITE_DONE ? OK : from_sqlite(db, rc);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return e;
}

enum err
db_begin(struct db *db)
{
	return run(db, "BEGIN IMMEDIATE");
}

enum err
db_commit(struct db *db)
{
	enum err e = run(db, "COMMIT");

	if (e != OK)
		db_rollback(db);
	return e;
}

void
db_rollback(struct db *db)
{
	/* some errors have rolled back already: then there is nothing to say */
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

static void
bind_key(sqlite3_stmt *st, const char *key, size_t len)
{
	sqlite3_bind_text(st, 1, key, (int)len, SQLITE_STATIC);
}

static void
pack(const struct fields *f, struct buf *out)
{
	for (size_t i = 0; i < f->count; i++) {
		buf_add(out, f->list[i].name, strlen(f->list[i].name) + 1);
		buf_add(out, f->list[i].value, f->list[i].len + 1);
	}
}

MUST_CHECK static enum err
unpack(const char *p, size_t len, struct fields *out)
{
	const char *end = p + len;
	struct fields f = {0};

	while (p < end) {
		const char *name_end = memchr(p, '\0', (size_t)(end - p));
		const char *value = name_end == NULL ? end : name_end + 1;
		const char *value_end =
		    value == end ? NULL : memchr(value, '\0', (size_t)(end - value));

		if (value_end == NULL ||
		    fields_set(&f, p, value, (size_t)(value_end - value)) != OK) {
			fields_fini(&f);
			return ERR_CORRUPT;
		}
		p = value_end + 1;
	}
	*out = f;
	return OK;
}

/* The row that a statement stands at; ERR_CORRUPT when its sum is wrong. */
MUST_CHECK static enum err
read_row(sqlite3_stmt *st, const char **key, size_t *key_len, struct fields *out)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);
	const char *blob = sqlite3_column_blob(st, 1);
	struct fields f = {0};

	*key = text == NULL ? "" : text;
	*key_len = (size_t)sqlite3_column_bytes(st, 0);
	if (blob == NULL || unpack(blob, (size_t)sqlite3_column_bytes(st, 1), &f) != OK)
		return ERR_CORRUPT;
	if (fields_sum(*key, *key_len, &f) != (uint64_t)sqlite3_column_int64(st, 2)) {
		fields_fini(&f);
		return ERR_CORRUPT;
	}
	*out = f;
	return OK;
}

enum err
db_put(struct db *db, const char *key, const struct fields *fields)
{
	sqlite3_stmt *st = db->st[fields->count == 0 ? Q_DELETE : Q_PUT];
	size_t key_len = strlen(key);
	struct buf packed = {0};
	enum err e;

	bind_key(st, key, key_len);
	if (fields->count != 0) {
		pack(fields, &packed);
		sqlite3_bind_blob(st, 2, packed.data, (int)packed.len, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, (int64_t)fields_sum(key, key_len, fields));
		sqlite3_bind_int64(st, 4, wall_now_s());
	}
	e = step(db, st);
	buf_fini(&packed);
	return e;
}

enum err
db_get(struct db *db, const char *key, struct fields *out)
{
	sqlite3_stmt *st = db->st[Q_GET];
	const char *found;
	size_t len;
	enum err e;
	int rc;

	bind_key(st, key, strlen(key));
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		e = read_row(st, &found, &len, out);
		if (e != OK)
			snprintf(db->reason, sizeof(db->reason), "the row is damaged");
	} else {
		e = rc == SQLITE_DONE ? ERR_MISSING : from_sqlite(db, rc);
	}
	sqlite3_reset(st);
	return e;
}

enum err
db_meta_put(struct db *db, const char *name, const char *value)
{
	sqlite3_stmt *st = db->st[Q_META_PUT];

	bind_key(st, name, strlen(name));
	sqlite3_bind_text(st, 2, value, -1, SQLITE_STATIC);
	return step(db, st);
}

enum err
db_meta_get(struct db *db, const char *name, char **value)
{
	sqlite3_stmt *st = db->st[Q_META_GET];
	enum err e = OK;
	int rc;

	bind_key(st, name, strlen(name));
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*value = mem_str((const char *)sqlite3_column_text(st, 0));
	else
		e = rc == SQLITE_DONE ? ERR_MISSING : from_sqlite(db, rc);
	sqlite3_reset(st);
	return e;
}

enum err
db_each(struct db *db, const char *after, size_t max, db_row *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[Q_EACH];
	enum err e = OK;
	int rc;

	bind_key(st, after, strlen(after));
	sqlite3_bind_int64(st, 2, max > INT64_MAX ? -1 : (int64_t)max);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct fields f = {0};
		const char *key;
		size_t len;
		bool good = read_row(st, &key, &len, &f) == OK;

		fn(ctx, key, len, good ? &f : NULL);
		fields_fini(&f);
	}
	if (rc != SQLITE_DONE)
		e = from_sqlite(db, rc);
	sqlite3_reset(st);
	return e;
}

enum err
db_set_aside(struct db *db, const char *key, size_t key_len)
{
	static const char *const sql[] = {"INSERT INTO damaged SELECT key, fields, sum, "
	                                  "changed FROM record WHERE key = ?1",
	    "DELETE FROM record WHERE key = ?1"};
	enum err e = db_begin(db);

	if (e != OK)
		return e;
	for (size_t i = 0; e == OK && i < 2; i++) {
		sqlite3_stmt *st;
		int rc = sqlite3_prepare_v2(db->sql, sql[i], -1, &st, NULL);

		if (rc != SQLITE_OK) {
			e = from_sqlite(db, rc);
			break;
		}
		bind_key(st, key, key_len);
		e = step(db, st);
		sqlite3_finalize(st);
	}
	if (e != OK) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
