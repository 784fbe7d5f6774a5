/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/pack.h"
#include "store/schema.h"

/* Another process that looks into the file may hold its lock for a moment. */
enum { BUSY_MS = 2000 };

struct db {
	sqlite3 *sql;
	sqlite3_stmt *st[Q_COUNT];
	struct tally tally; /* as it will be when the transaction is committed */
	char reason[200];
};

static enum err
from_sqlite(struct db *db, int rc)
{
	snprintf(db->reason, sizeof(db->reason), "%s",
	    db->sql != NULL ? sqlite3_errmsg(db->sql) : sqlite3_errstr(rc));
	rc &= 0xff;
	/* what we ask is right, so an error in it tells of tables that are not */
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR
	           ? ERR_CORRUPT
	           : ERR_IO;
}

MUST_CHECK static enum err
run(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : from_sqlite(db, rc);
}

/*
 * The first statement that reads the file: tells whether it is a database. *version is
 * what its tables are; the header's, one octet of which may have been hit, speaks only
 * of newer programs.
 */
MUST_CHECK static enum err
read_version(struct db *db, int *version, bool *in_header)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(db->sql, schema_version, -1, &st, NULL);
	int header = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		header = sqlite3_column_int(st, 0);
		*version = sqlite3_column_int(st, 1);
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return from_sqlite(db, rc);
	*in_header = header == *version;
	if (header <= SCHEMA_VERSION || header > SCHEMA_VERSION_MAX)
		return OK;
	snprintf(db->reason, sizeof(db->reason),
	    "schema version %d is newer than this program", header);
	return ERR_UNSUPPORTED;
}

/* fields_text(BLOB): fields of schema version 1 as they are written since. */
static void
fields_text(sqlite3_context *c, int count, sqlite3_value **values)
{
	const char *old = sqlite3_value_blob(values[0]);
	int len = sqlite3_value_bytes(values[0]);
	struct fields fields = {0};
	struct buf text = {0};

	(void)count;
	if (old == NULL || pack_parse_v1(old, (size_t)len, &fields) != OK) {
		/* its sum will tell */
		sqlite3_result_value(c, values[0]);
		return;
	}
	pack_write(&fields, &text);
	sqlite3_result_text(c, text.data, (int)text.len, SQLITE_TRANSIENT);
	fields_fini(&fields);
	buf_fini(&text);
}

/* All steps or none. */
MUST_CHECK static enum err
migrate(struct db *db)
{
	int version = 0;
	bool in_header = true;
	char last[48];
	enum err e;

	e = read_version(db, &version, &in_header);
	if (e != OK || (version == SCHEMA_VERSION && in_header))
		return e;
	if (sqlite3_create_function(db->sql, "fields_text", 1, SQLITE_UTF8, NULL,
	        fields_text, NULL, NULL) != SQLITE_OK)
		return from_sqlite(db, SQLITE_NOMEM);
	e = db_begin(db);
	for (int v = version; e == OK && v < SCHEMA_VERSION; v++)
		e = run(db, schema_steps[v]);
	snprintf(last, sizeof(last), "PRAGMA user_version = %d", SCHEMA_VERSION);
	if (e == OK)
		e = run(db, last);
	if (e == OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

MUST_CHECK static enum err
load_tally(struct db *db)
{
	sqlite3_stmt *st = db->st[Q_ZONE_EACH];
	enum err e;
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *zone = (const char *)sqlite3_column_text(st, 0);
		size_t len = (size_t)sqlite3_column_bytes(st, 0);
		struct tally_zone *z =
		    tally_get(&db->tally, zone == NULL ? "" : zone, len);

		z->records = (uint64_t)sqlite3_column_int64(st, 1);
		z->sum = (uint64_t)sqlite3_column_int64(st, 2);
		z->serial = (uint32_t)sqlite3_column_int64(st, 3);
	}
	e = rc == SQLITE_DONE ? OK : from_sqlite(db, rc);
	sqlite3_reset(st);
	return e;
}

MUST_CHECK static enum err
prepare_queries(struct db *db)
{
	for (int q = 0; q < Q_COUNT; q++) {
		int rc = sqlite3_prepare_v3(db->sql, schema_queries[q], -1,
		    SQLITE_PREPARE_PERSISTENT, &db->st[q], NULL);

		if (rc != SQLITE_OK)
			return from_sqlite(db, rc);
	}
	return load_tally(db);
}

MUST_CHECK static enum err
prepare(struct db *db, enum db_mode mode)
{
	enum err e;

	sqlite3_busy_timeout(db->sql, BUSY_MS);
	if (mode == DB_READ)
		return prepare_queries(db);
	e = migrate(db);
	if (e == OK)
		e = run(db, "PRAGMA journal_mode = WAL");
	if (e == OK)
		e = run(db, mode == DB_SYNC_FULL ? "PRAGMA synchronous = FULL"
		                                 : "PRAGMA synchronous = NORMAL");
	/* also shows a folder or disk that can not be written */
	if (e == OK)
		e = run(db, "BEGIN IMMEDIATE; COMMIT");
	return e != OK ? e : prepare_queries(db);
}

/* A file of a folder that can not be written can be read only as it lies there. */
static int
open_file(struct db *db, const char *path, enum db_mode mode)
{
	char *uri;
	int rc;

	if (mode != DB_READ)
		return sqlite3_open_v2(path, &db->sql,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    NULL);
	uri = sqlite3_mprintf("file:%w?immutable=1", path);
	rc = sqlite3_open_v2(uri, &db->sql,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_free(uri);
	return rc;
}

enum err
db_open(const char *path, enum db_mode mode, struct db **out, struct buf *why)
{
	struct db *db = mem_new(sizeof(*db));
	int rc = open_file(db, path, mode);
	enum err e = rc == SQLITE_OK ? prepare(db, mode) : from_sqlite(db, rc);

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
	tally_fini(&db->tally);
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

static void
bind_key(sqlite3_stmt *st, const char *key, size_t len)
{
	sqlite3_bind_text(st, 1, key, (int)len, SQLITE_STATIC);
}

enum err
db_begin(struct db *db)
{
	return run(db, "BEGIN IMMEDIATE");
}

MUST_CHECK static enum err
write_tally(struct db *db)
{
	sqlite3_stmt *st = db->st[Q_ZONE_PUT];
	enum err e = OK;

	for (size_t i = 0; e == OK && i < db->tally.size; i++) {
		struct tally_zone *z = &db->tally.list[i];

		if (z->zone == NULL || !z->changed)
			continue;
		bind_key(st, z->zone, strlen(z->zone));
		sqlite3_bind_int64(st, 2, (int64_t)z->records);
		sqlite3_bind_int64(st, 3, (int64_t)z->sum);
		sqlite3_bind_int64(st, 4, z->serial);
		e = step(db, st);
		z->changed = false;
	}
	return e;
}

enum err
db_commit(struct db *db)
{
	enum err e = write_tally(db);

	if (e == OK)
		e = run(db, "COMMIT");
	if (e != OK)
		db_rollback(db);
	return e;
}

void
db_rollback(struct db *db)
{
	char reason[sizeof(db->reason)];

	/* some errors have rolled back already: then there is nothing to say */
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	/* the tally goes back too; a file that can not even be read says so again */
	memcpy(reason, db->reason, sizeof(reason));
	tally_fini(&db->tally);
	if (db->st[Q_ZONE_EACH] != NULL && load_tally(db) != OK)
		memcpy(db->reason, reason, sizeof(reason));
}

/* The row that a statement stands at; ERR_CORRUPT when its sum is wrong. */
MUST_CHECK static enum err
read_row(sqlite3_stmt *st, const char **key, size_t *key_len, struct fields *out)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);
	const char *packed = sqlite3_column_blob(st, 1);
	struct fields f = {0};

	*key = text == NULL ? "" : text;
	*key_len = (size_t)sqlite3_column_bytes(st, 0);
	if (packed == NULL || memchr(*key, '\0', *key_len) != NULL ||
	    pack_parse(packed, (size_t)sqlite3_column_bytes(st, 1), &f) != OK)
		return ERR_CORRUPT;
	if (fields_sum(*key, *key_len, &f) != (uint64_t)sqlite3_column_int64(st, 2)) {
		fields_fini(&f);
		return ERR_CORRUPT;
	}
	*out = f;
	return OK;
}

/* The row that is about to be replaced is no longer counted. */
MUST_CHECK static enum err
uncount(struct db *db, struct tally_zone *z, const char *key, size_t key_len)
{
	sqlite3_stmt *st = db->st[Q_SUM];
	enum err e = OK;
	int rc;

	bind_key(st, key, key_len);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		z->records--;
		z->sum -= (uint64_t)sqlite3_column_int64(st, 0);
	} else if (rc != SQLITE_DONE) {
		e = from_sqlite(db, rc);
	}
	sqlite3_reset(st);
	return e;
}

enum err
db_put(struct db *db, const char *key, const struct fields *fields)
{
	sqlite3_stmt *st = db->st[fields->count == 0 ? Q_DELETE : Q_PUT];
	size_t key_len = strlen(key);
	struct tally_zone *z = tally_of_key(&db->tally, key, key_len);
	struct buf packed = {0};
	enum err e = uncount(db, z, key, key_len);

	if (e != OK)
		return e;
	bind_key(st, key, key_len);
	z->changed = true;
	if (fields->count != 0) {
		uint64_t sum = fields_sum(key, key_len, fields);

		pack_write(fields, &packed);
		sqlite3_bind_text(st, 2, packed.data, (int)packed.len, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, (int64_t)sum);
		sqlite3_bind_int64(st, 4, wall_now_s());
		z->records++;
		z->sum += sum;
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
	sqlite3_stmt *st = db->st[value == NULL ? Q_META_DELETE : Q_META_PUT];

	bind_key(st, name, strlen(name));
	if (value != NULL)
		sqlite3_bind_text(st, 2, value, -1, SQLITE_STATIC);
	return step(db, st);
}

enum err
db_meta_each(struct db *db, const char *prefix, db_meta *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[Q_META_EACH];
	size_t len = strlen(prefix);
	enum err e = OK;
	int rc;

	bind_key(st, prefix, len);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const char *value = (const char *)sqlite3_column_text(st, 1);

		if (name != NULL && strncmp(name, prefix, len) != 0)
			break;
		if (name != NULL && value != NULL)
			fn(ctx, name, value);
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		e = from_sqlite(db, rc);
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

struct tally *
db_tally(struct db *db)
{
	return &db->tally;
}

enum err
db_each(struct db *db, const struct db_range *range, db_row *fn, void *ctx)
{
	sqlite3_stmt *st = db->st[range->down ? Q_DOWN : Q_UP];
	enum err e = OK;
	int rc;

	bind_key(st, range->after, strlen(range->after));
	/* a bound that is always there keeps SQLite off the pages beyond it */
	sqlite3_bind_text(
	    st, 2, range->before != NULL ? range->before : "\xff\xff", -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, range->max == 0 ? -1 : (int64_t)range->max);
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
	sqlite3_clear_bindings(st);
	return e;
}

enum err
db_set_aside(struct db *db, const char *key, size_t key_len)
{
	sqlite3_stmt *st = db->st[Q_ASIDE];
	enum err e;

	bind_key(st, key, key_len);
	e = step(db, st);
	if (e != OK)
		return e;
	st = db->st[Q_DELETE];
	bind_key(st, key, key_len);
	e = step(db, st);
	return e == OK && sqlite3_changes(db->sql) != 1 ? ERR_MISSING : e;
}
