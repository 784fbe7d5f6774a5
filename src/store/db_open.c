/* SPDX-License-Identifier: BSD-2-Clause */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/db_inside.h"
#include "store/pack.h"

/* Another process that looks into the file may hold its lock for a moment. */
enum { BUSY_MS = 2000 };

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
		return db_from_sqlite(db, rc);
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
		return db_from_sqlite(db, SQLITE_NOMEM);
	e = db_begin(db);
	for (int v = version; e == OK && v < SCHEMA_VERSION; v++)
		e = db_run(db, schema_steps[v]);
	snprintf(last, sizeof(last), "PRAGMA user_version = %d", SCHEMA_VERSION);
	if (e == OK)
		e = db_run(db, last);
	if (e == OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

enum err
db_load_tally(struct db *db)
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
	}
	e = rc == SQLITE_DONE ? OK : db_from_sqlite(db, rc);
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
			return db_from_sqlite(db, rc);
	}
	return db_load_tally(db);
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
		e = db_run(db, "PRAGMA journal_mode = WAL");
	/* what is free holds no rows: see store/pages.h */
	if (e == OK)
		e = db_run(db, "PRAGMA secure_delete = ON");
	/* the log of one large write does not stay */
	if (e == OK)
		e = db_run(db, "PRAGMA journal_size_limit = 16777216");
	if (e == OK)
		e = db_run(db, mode == DB_SYNC_FULL ? "PRAGMA synchronous = FULL"
		                                    : "PRAGMA synchronous = NORMAL");
	/* also shows a folder or disk that can not be written */
	if (e == OK)
		e = db_run(db, "BEGIN IMMEDIATE; COMMIT");
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

MUST_CHECK static enum err
read_commits(struct db *db, const char *path, enum db_mode mode)
{
	char *text;
	enum err e = db_meta_get(db, "commits", &text);

	if (e == OK) {
		db->commits = strtoull(text, NULL, 10);
		mem_free(text);
	}
	tide_open(&db->tide, path, mode == DB_READ);
	return e == ERR_MISSING ? OK : e;
}

uint64_t
db_take_missing(struct db *db)
{
	uint64_t seen = db->tide.seen;

	if (seen <= db->commits)
		return 0;
	tide_write(&db->tide, db->commits);
	return seen - db->commits;
}

enum err
db_open(const char *path, enum db_mode mode, struct db **out, struct buf *why)
{
	struct db *db = mem_new(sizeof(*db));
	int rc;
	enum err e;

	db->tide.fd = -1;
	rc = open_file(db, path, mode);
	e = rc == SQLITE_OK ? prepare(db, mode) : db_from_sqlite(db, rc);
	if (e == OK && mode != DB_COPY)
		e = read_commits(db, path, mode);

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
	tide_close(&db->tide);
	mem_free(db);
}

const char *
db_reason(const struct db *db)
{
	return db->reason;
}
